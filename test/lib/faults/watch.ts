// Whatever a call takes, it gives back: sockets, timers, files, listeners.
import { getEventListeners } from 'node:events'
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'

type Counts = Record<string, number>

function resources(): Counts {
  const counts: Counts = { files: files() }
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

function files(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0 // not on Linux
  }
}

function surplus(before: Counts): string[] {
  return Object.entries(resources())
    .filter(([name, count]) => count > (before[name] ?? 0))
    .map(([name, count]) => `${name}: ${before[name] ?? 0} before, ${count} now`)
}

/** Waits until something is so, which says what it is until then; the limit is only there to end what hangs. */
export async function until(isSo: () => true | string, limit = 8000): Promise<void> {
  const end = performance.now() + limit
  for (let so = isSo(); so !== true; so = isSo()) {
    if (performance.now() > end) expect.fail(`${so}, after ${limit} ms`)
    await sleep(5)
  }
}

/** Ends what hangs, and says what it was. */
export async function within<T>(what: string, promise: PromiseLike<T>, limit = 10_000): Promise<T> {
  const end = new AbortController()
  const hang = sleep(limit, undefined, { signal: end.signal }).then(() =>
    expect.fail(`${what}: not within ${limit} ms`),
  )
  try {
    return await Promise.race([promise, hang])
  } finally {
    end.abort()
    await hang.catch(() => {})
  }
}

/** Runs a case with a signal to hand to its calls, and checks that nothing of it is left behind. */
export async function watched(run: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const trouble: unknown[] = []
  const note = (problem: unknown): void => void trouble.push(problem)
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  process.on('warning', note)
  const { signal } = new AbortController()
  try {
    const before = resources()
    await run(signal)
    await until(() => surplus(before).length === 0 || `left behind: ${surplus(before).join('; ')}`)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(trouble).toEqual([])
  } finally {
    process.off('unhandledRejection', note)
    process.off('uncaughtException', note)
    process.off('warning', note)
  }
}
