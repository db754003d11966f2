import { TimeoutError } from './errors.js'
import { type CallOptions, operationOf } from './options.js'

/** A limit of time, and the caller's signal, for a call of many requests. */
export class CallLimits {
  readonly #controller = new AbortController()
  readonly #options: CallOptions
  readonly #deadline: number
  readonly #timer: NodeJS.Timeout | undefined
  /** What ended the call. */
  failure: { readonly error: unknown } | undefined

  constructor(options: CallOptions, provider: string) {
    options.signal?.throwIfAborted()
    this.#options = options
    const { timeout, signal } = options
    this.#deadline = timeout === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeout
    signal?.addEventListener('abort', this.#abort)
    const operation = operationOf(options)
    const expire = (): void => {
      const message = `${operation ?? 'transfer'}: not done within the call's timeout of ${timeout} ms`
      this.fail(new TimeoutError(message, { provider, operation }))
    }
    this.#timer = timeout === undefined ? undefined : setTimeout(expire, timeout)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  #abort = (): void => this.fail(this.#options.signal?.reason)

  /** Ends all that is under way. The first reason counts. */
  fail(error: unknown): void {
    if (this.failure) return
    this.failure = { error }
    this.#controller.abort(error)
  }

  /** The options of the next request. */
  next(): CallOptions {
    const left = this.#deadline - performance.now()
    // Parts are streamed: a timeout of their own would be the driver's for short calls.
    const timeout = Number.isFinite(left) ? { timeout: Math.max(1, left) } : {}
    return { ...this.#options, ...timeout, signal: this.#controller.signal }
  }

  /** The options of a request that tidies up when nothing else may go on. */
  last(): CallOptions {
    return { ...this.#options, timeout: 30_000, signal: undefined }
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#options.signal?.removeEventListener('abort', this.#abort)
  }
}
