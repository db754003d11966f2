import { setTimeout as sleep } from 'node:timers/promises'
import type { CallOptions, RetryOptions } from '../options.js'

/** A policy with every default filled in. */
export interface RetryPolicy {
  readonly retries: number
  readonly minTimeout: number
  readonly maxTimeout: number
  readonly maxRetryAfter: number
}

/** The options of a call, or of its driver, with every default filled in. */
export function retryPolicy(call: CallOptions['retry'], driver: CallOptions['retry']): RetryPolicy {
  const own = call ?? driver
  const given: RetryOptions = own === false ? { retries: 0 } : typeof own === 'number' ? { retries: own } : (own ?? {})
  const { retries, minTimeout, maxTimeout, maxRetryAfter } = given
  return {
    retries: retries ?? 4,
    minTimeout: minTimeout ?? 500,
    maxTimeout: maxTimeout ?? 8000,
    maxRetryAfter: maxRetryAfter ?? 60_000,
  }
}

/** What the loop needs to know of a call. */
export interface Retrying {
  readonly policy: RetryPolicy
  readonly signal: AbortSignal | undefined
  /** When the whole call must be over, on the clock of `performance.now()`. */
  readonly deadline: number
  /** Milliseconds that the provider asked to wait, if the error may be followed by another attempt; `undefined` if not. */
  pauseAfter(error: unknown): number | undefined
  /** The error of a call whose time ran out in a pause. */
  timedOut(last: unknown): Error
  /** Told before each further attempt. */
  onRetry(error: unknown, attempt: number): void
}

/** No timer of Node's runs longer; a longer one would end at once. */
export const LONGEST: number = 2 ** 31 - 1

/** Attempts until one succeeds, one fails for good, or time is up. p-retry is loaded only once something failed. */
export async function withRetry<T>(attempt: (number: number) => Promise<T>, call: Retrying): Promise<T> {
  let last: unknown
  try {
    return await attempt(1)
  } catch (error) {
    if (call.policy.retries === 0 || call.pauseAfter(error) === undefined) throw error
    last = error
  }
  const { default: pRetry } = await import('p-retry')
  call.signal?.throwIfAborted() // it may have fired meanwhile
  const { policy, deadline } = call
  const end = new AbortController()
  let attempting = false
  const stop = (): void => end.abort(call.signal?.reason)
  // An attempt ends at the deadline by itself, and knows best what became of it.
  const expire = (): void => {
    if (!attempting) end.abort(call.timedOut(last))
  }
  const left = Math.min(deadline - performance.now(), LONGEST)
  const timer = Number.isFinite(deadline) ? setTimeout(expire, left) : undefined
  call.signal?.addEventListener('abort', stop)
  const again = async (number: number): Promise<T> => {
    if (number === 1) throw last
    attempting = true
    try {
      return await attempt(number)
    } catch (error) {
      last = error
      throw error
    } finally {
      attempting = false
    }
  }
  const repeatable = (error: unknown): boolean => {
    const pause = call.pauseAfter(error)
    return (
      pause !== undefined && pause <= Math.min(policy.maxRetryAfter, LONGEST) && performance.now() + pause < deadline
    )
  }
  try {
    return await pRetry(again, {
      retries: policy.retries,
      minTimeout: policy.minTimeout,
      maxTimeout: policy.maxTimeout,
      randomize: true,
      signal: end.signal,
      shouldRetry: ({ error }) => repeatable(error),
      onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
        if (retriesLeft === 0 || !repeatable(error)) return
        call.onRetry(error, attemptNumber + 1)
        const pause = call.pauseAfter(error) ?? 0
        if (pause > 0) await sleep(pause, undefined, { signal: end.signal })
      },
    })
  } catch {
    // The timer's own AbortError would hide what ended the pause; p-retry's own TypeError, what is thrown and no Error.
    throw end.signal.aborted ? end.signal.reason : last
  } finally {
    clearTimeout(timer)
    call.signal?.removeEventListener('abort', stop)
  }
}
