// A call of many requests and a source that may stall: what ends one of them ends all.
import { TimeoutError } from '../../lib/errors.js'
import { discard } from '../../lib/http/body.js'
import { type CallOptions, operationOf } from '../../lib/options.js'

/** Ends with the caller's signal, with the call's time, or with the first failure of one of its parts. */
export class Joint {
  readonly #controller = new AbortController()
  readonly #options: CallOptions
  readonly #timer: NodeJS.Timeout | undefined

  constructor(provider: string, options: CallOptions = {}) {
    this.#options = options
    const { signal, timeout } = options
    if (signal?.aborted) this.#stop()
    signal?.addEventListener('abort', this.#stop)
    if (timeout === undefined) return
    const operation = operationOf(options)
    const expire = (): void => {
      const message = `${operation ?? 'request'}: '${provider}' was not done within the call's timeout of ${timeout} ms`
      this.fail(new TimeoutError(message, { provider, operation, mayHaveHappened: true }))
    }
    this.#timer = setTimeout(expire, Math.min(timeout, 2 ** 31 - 1))
  }

  readonly #stop = (): void => this.fail(this.#options.signal?.reason)

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** What each of the requests is given. */
  get options(): CallOptions {
    return { ...this.#options, timeout: undefined, signal: this.#controller.signal }
  }

  /** Ends all that is under way. The first reason stays. */
  fail(reason: unknown): void {
    this.#controller.abort(reason)
  }

  /** Gives the timer and the caller's signal back. */
  end(): void {
    clearTimeout(this.#timer)
    this.#options.signal?.removeEventListener('abort', this.#stop)
  }

  /** What an iterable yields, until this ends: also where the iterable stands still. */
  async *read<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    const iterator = source[Symbol.asyncIterator]()
    let refuse: (reason: unknown) => void = () => {}
    const stop = (): void => refuse(this.signal.reason)
    // Not Promise.race with a promise that lasts: it would keep everything that was ever read.
    const next = (): Promise<IteratorResult<T>> =>
      new Promise((resolve, reject) => {
        refuse = reject
        if (this.signal.aborted) return stop()
        iterator.next().then(resolve, reject)
      })
    this.signal.addEventListener('abort', stop)
    let done = false
    try {
      for (;;) {
        const { value, done: isLast } = await next()
        done = isLast === true
        if (isLast) return
        yield value
      }
    } finally {
      this.signal.removeEventListener('abort', stop)
      // One that stands still never answers: it is not waited for.
      if (!done) discard(iterator)
    }
  }
}
