import { setTimeout as sleep } from 'node:timers/promises'
import { TimeoutError, WaitError } from './errors.js'
import { channels } from './http/events.js'
import { type CallOptions, operationOf } from './options.js'

/** What a wait tells while it goes on. */
export interface WaitProgress {
  /** The state just seen, in the provider's word or ours. */
  readonly state: string | undefined
  /** Percent done, where the provider says. */
  readonly percent?: number | undefined
  /** Milliseconds since the wait began. */
  readonly elapsed: number
}

/** How to wait. `timeout` bounds the whole wait. */
export interface WaitOptions extends CallOptions {
  /** Milliseconds between two looks, shortened at random by up to a quarter. @defaultValue 5000 */
  interval?: number | undefined
  /** Called after every look. */
  onProgress?: ((progress: WaitProgress) => void) | undefined
}

/** One look: done with a value, failed for good, or still going on. */
export type Look<T> =
  | { readonly done: true; readonly value: T }
  | { readonly failed: string; readonly state?: string | undefined; readonly cause?: unknown }
  | {
      readonly state: string | undefined
      readonly percent?: number | undefined
      /** Milliseconds before which the provider wants no further look: a longer pause than `interval`. */
      readonly retryAfter?: number | undefined
    }

/** What the wait is for, and by whom, for its errors. */
export interface WaitSubject {
  readonly provider: string
  /** Reads well after 'waiting for': `'node web-1 to be running'`. */
  readonly what: string
  /** @defaultValue 600000 */
  readonly timeout?: number | undefined
  /** @defaultValue 5000 */
  readonly interval?: number | undefined
}

/**
 * Looks again and again until something is done. A failure state ends it at once; so do the signal and the timeout.
 * @throws WaitError in a failure state, with the last state seen.
 * @throws TimeoutError when time runs out; its message tells the last state seen.
 */
export async function poll<T>(
  look: (options: CallOptions) => Promise<Look<T>>,
  subject: WaitSubject,
  options: WaitOptions = {},
): Promise<T> {
  const { signal, onProgress } = options
  const started = performance.now()
  const timeout = options.timeout ?? subject.timeout ?? 600_000
  const interval = options.interval ?? subject.interval ?? 5000
  const about = { provider: subject.provider, operation: operationOf(options) }
  const where = about.operation === undefined ? '' : `${about.operation}, '${about.provider}': `
  let state: string | undefined
  const gaveUp = (cause?: unknown): TimeoutError => {
    const message = `${where}Gave up after ${timeout} ms waiting for ${subject.what}; last state: ${state ?? 'unknown'}`
    return new TimeoutError(message, cause === undefined ? about : { ...about, cause })
  }
  const left = (): number => timeout - (performance.now() - started)
  for (;;) {
    signal?.throwIfAborted()
    if (left() <= 0) throw gaveUp()
    const seen = await look({ ...options, timeout: left() }).catch(error => {
      // The look had what was left of the wait's time: timers are exact to a millisecond or two.
      throw error instanceof TimeoutError && left() <= 2 ? gaveUp(error) : error
    })
    if ('done' in seen) return seen.value
    state = seen.state
    if ('failed' in seen) {
      const cause = seen.cause === undefined ? {} : { cause: seen.cause }
      throw new WaitError(`${where}Failed while waiting for ${subject.what}: ${seen.failed}`, {
        ...about,
        ...cause,
        lastState: state,
      })
    }
    const elapsed = performance.now() - started
    const progress = { state, percent: seen.percent, elapsed }
    if (channels.poll.hasSubscribers) channels.poll.publish({ ...about, what: subject.what, ...progress })
    onProgress?.(progress)
    const wanted = Math.max(interval * (1 - Math.random() / 4), seen.retryAfter ?? 0)
    const pause = Math.max(0, Math.min(wanted, timeout - elapsed))
    // The timer's own AbortError would hide the caller's reason.
    await sleep(pause, undefined, signal ? { signal } : {}).catch(error => {
      signal?.throwIfAborted()
      throw error
    })
  }
}
