import { TimeoutError } from '../../lib/errors.js'
import { type CallOptions, operationOf } from '../../lib/options.js'

/**
 * Waits for what is fetched for several calls, unless this call ends before: by its signal or its timeout.
 * @throws TimeoutError when its time runs out, or the signal's own reason
 */
export async function unless<T>(work: () => Promise<T>, options: CallOptions, provider: string): Promise<T> {
  const { signal, timeout } = options
  signal?.throwIfAborted()
  if (signal === undefined && timeout === undefined) return work()
  let end = (): void => {}
  const ended = new Promise<never>((_resolve, reject) => {
    const abort = (): void => reject(signal?.reason)
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: '${provider}' gave no token or address within the call's timeout of ${timeout} ms`
    const expire = (): void => reject(new TimeoutError(message, { provider, operation }))
    const timer = timeout === undefined ? undefined : setTimeout(expire, timeout)
    signal?.addEventListener('abort', abort, { once: true })
    end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  })
  try {
    return await Promise.race([work(), ended])
  } finally {
    end()
  }
}
