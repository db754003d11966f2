import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const results = process.env['LIBCLOUD_TEST_RESULTS']

const entry = (path: string): string => new URL(`../${path}`, import.meta.url).pathname

/** The drivers' suites are the longest, although their files are short: they come first, so that no worker waits for them. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => moduleId.includes('/every-driver/')
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter(file => !isLong(file))]
  }
}

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
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    reporters: results ? ['default', 'json'] : ['default'],
    ...(results ? { outputFile: { json: join(results, 'unit.json') } } : {}),
  },
})
