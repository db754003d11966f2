import { afterAll, beforeAll, beforeEach } from 'vitest'

/**
 * Starts a suite's server before its tests, and stops it after them. One that cannot be installed or started, twice, is no
 * failure of the library: it is reported, and the tests are skipped. `stop` must cope with what was only half started.
 */
export function useServer(name: string, start: () => Promise<void>, stop: () => Promise<void>): void {
  let isUp = false
  beforeAll(async () => {
    for (const attempt of [1, 2]) {
      try {
        await start()
        isUp = true
        return
      } catch (error) {
        console.error(`!!! ${name} could not be started (attempt ${attempt} of 2): ${error}`)
        await stop().catch(() => {})
      }
    }
    console.error(`!!! ${name}: ALL TESTS ARE SKIPPED, because there is no server. This run proves nothing of it.`)
  })
  beforeEach(context => {
    if (!isUp) context.skip(`${name} could not be started`)
  })
  afterAll(async () => {
    if (isUp) await stop()
  })
}
