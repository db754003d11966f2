import { TimeoutError } from '../../lib/errors.js'
import type { CallOptions } from '../../lib/options.js'
import type { About } from './errors.js'

/** A call's time and its caller's signal in one. `end` must be called, or a timer goes on. */
export interface Limits {
  readonly signal: AbortSignal
  end(): void
}

/** `timeout` is what counts where the call has none of its own. */
export function limitsOf(options: CallOptions | undefined, timeout: number | undefined, about: About): Limits {
  options?.signal?.throwIfAborted()
  const controller = new AbortController()
  const caller = options?.signal
  const abort = (): void => controller.abort(caller?.reason)
  caller?.addEventListener('abort', abort)
  const total = options?.timeout ?? timeout
  const expire = (): void => {
    const text = `${about.operation ?? 'the call'}: not done within the call's timeout of ${total} ms`
    controller.abort(new TimeoutError(text, about))
  }
  const timer = total === undefined ? undefined : setTimeout(expire, total)
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer)
      caller?.removeEventListener('abort', abort)
    },
  }
}

/** The promise's value, unless the signal fires before it. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      promise.catch(() => {})
      return reject(signal.reason)
    }
    const abort = (): void => reject(signal.reason)
    // Taken off again at once: a race with one long-lived promise would keep a trace of every chunk.
    signal.addEventListener('abort', abort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** The values of all, or the first failure, but not before all have ended: what they use is closed next. */
export async function allDone<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}
