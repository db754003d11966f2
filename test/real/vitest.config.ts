import { basename, join } from 'node:path'
import { defineConfig } from 'vitest/config'

const results = process.env['LIBCLOUD_TEST_RESULTS']
const suite = basename(process.argv.find(argument => argument.endsWith('.real.test.ts')) ?? 'real')

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/real/**/*.real.test.ts'],
    maxWorkers: 1,
    // Servers and tests share two cores: what fails there is tried once more, and said to have been.
    retry: process.env['CI'] ? 1 : 0,
    testTimeout: 120_000,
    hookTimeout: 600_000,
    reporters: results ? ['default', 'json'] : ['default'],
    ...(results ? { outputFile: { json: join(results, `${suite}.json`) } } : {}),
  },
})
