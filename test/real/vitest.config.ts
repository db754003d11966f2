import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { defineConfig } from 'vitest/config'

const results = process.env['LIBCLOUD_TEST_RESULTS']
const first = process.argv.find(argument => argument.endsWith('.real.test.ts')) ?? 'real'
const suite = basename(dirname(first))
// What the suites of a folder share.
const shared = join(new URL('../..', import.meta.url).pathname, dirname(first), 'global.ts')

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/real/**/*.real.test.ts'],
    globalSetup: existsSync(shared) ? [shared] : [],
    maxWorkers: 1,
    fileParallelism: false,
    // Servers and tests share two cores: what fails there is tried once more, and said to have been.
    retry: process.env['CI'] ? 1 : 0,
    testTimeout: 120_000,
    hookTimeout: 1_200_000,
    reporters: results ? ['default', 'json'] : ['default'],
    ...(results ? { outputFile: { json: join(results, `${suite}.json`) } } : {}),
  },
})
