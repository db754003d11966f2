import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const results = process.env['LIBCLOUD_TEST_RESULTS']

const entry = (path: string): string => new URL(`../${path}`, import.meta.url).pathname

export default defineConfig({
  resolve: {
    alias: [
      { find: /^libcloud$/, replacement: entry('lib/index.ts') },
      {
        find: /^libcloud\/testing$/,
        replacement: entry('test/conformance/index.ts'),
      },
      { find: /^libcloud\/driver$/, replacement: entry('lib/driver-kit.ts') },
      { find: /^libcloud\/pricing$/, replacement: entry('lib/pricing.ts') },
      {
        find: /^libcloud\/drivers\/(\w+)$/,
        replacement: entry('drivers/$1/index.gen.ts'),
      },
      { find: /^libcloud\/(\w+)$/, replacement: entry('lib/$1/index.ts') },
    ],
  },
  test: {
    root: entry(''),
    include: ['test/**/*.test.ts'],
    exclude: ['test/real/**', 'node_modules/**'],
    setupFiles: [entry('test/fuzz-seed.ts')],
    maxWorkers: 2,
    testTimeout: 60_000,
    reporters: results ? ['default', 'json'] : ['default'],
    ...(results ? { outputFile: { json: join(results, 'unit.json') } } : {}),
  },
})
