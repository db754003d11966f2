import { TimeoutError } from '../errors.js'
import { type CallOptions, operationOf } from '../options.js'

/** A signal that fires with the caller's, or when time runs out; `done` lets go of both. */
export interface Lifetime {
  readonly signal: AbortSignal
  done(): void
}

/** `what` reads well after 'Gave up on'. @throws the caller's reason when it has fired already */
export function lifetime(what: string, options: CallOptions | undefined): Lifetime {
  const { signal, timeout } = options ?? {}
  signal?.throwIfAborted()
  const controller = new AbortController()
  const abort = (): void => controller.abort(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  const expire = (): void => {
    const details = { operation: operationOf(options), mayHaveHappened: true }
    controller.abort(new TimeoutError(`Gave up on ${what} after ${Math.round(timeout ?? 0)} ms`, details))
  }
  const timer = timeout === undefined ? undefined : setTimeout(expire, timeout)
  const done = (): void => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
  return { signal: controller.signal, done }
}

/**
 * Runs work that ends, at the latest, with the caller's signal or the timeout.
 * @throws TimeoutError when time runs out; the signal's own reason when the caller aborts.
 */
export async function within<T>(
  what: string,
  options: CallOptions | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, done } = lifetime(what, options)
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  try {
    return await Promise.race([work(signal), stopped])
  } finally {
    done()
  }
}
