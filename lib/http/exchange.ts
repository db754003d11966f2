import type { Dispatcher } from 'undici'

/** What an exchange needs to know of its attempt. */
export interface ExchangeWatch {
  /** The first byte is about to leave. */
  onSending(): void
  /** How many bytes of body are wanted after this status. */
  limit(status: number): number
}

/**
 * One request and its whole reply, straight from undici's parser. `dispatcher.request` would make a stream, an abort
 * signal's listener and an async resource of each, which is most of what a small call costs.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  status = 0
  statusText = ''
  headers: Record<string, string | undefined> = {}
  /** What ended the body before its time. */
  broken: { readonly error: unknown } | undefined
  /** More came than was wanted. */
  tooLarge = false
  readonly #watch: ExchangeWatch
  readonly #chunks: Buffer[] = []
  #size = 0
  #limit = 0
  #over = false
  #abort: ((reason?: Error) => void) | undefined
  #resolve: (() => void) | undefined
  #reject: ((error: unknown) => void) | undefined

  constructor(watch: ExchangeWatch) {
    this.#watch = watch
  }

  /** Waits for the whole reply. Once its head has come, a failure does not reject but is {@link broken}. */
  send(dispatcher: Dispatcher, options: Dispatcher.DispatchOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      dispatcher.dispatch(options, this)
    })
  }

  /** Ends it at once, whatever undici is waiting for. */
  end(reason: unknown): void {
    if (this.#over) return
    this.#fail(reason)
    this.#abort?.()
  }

  /** The body, as it came. */
  body(): Buffer {
    return this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)
  }

  onConnect(abort: (reason?: Error) => void): void {
    // Ended while undici was connecting: nothing leaves.
    if (this.#over) abort()
    else {
      this.#abort = abort
      this.#watch.onSending()
    }
  }

  onHeaders(status: number, raw: Buffer[], _resume: () => void, statusText: string): boolean {
    if (status < 200 || this.#over) return true
    this.status = status
    this.statusText = statusText
    for (let at = 0; at < raw.length; at += 2) {
      const name = (raw[at] as Buffer).toString('latin1').toLowerCase()
      const value = (raw[at + 1] as Buffer).toString('latin1')
      const before = this.headers[name]
      // A member of Object.prototype is no header.
      this.headers[name] = typeof before === 'string' ? `${before}, ${value}` : value
    }
    this.#limit = this.#watch.limit(status)
    if (Number(this.headers['content-length']) > this.#limit) this.#refuse()
    return true
  }

  onData(chunk: Buffer): boolean {
    if (this.#over) return true
    this.#size += chunk.length
    if (this.#size <= this.#limit) this.#chunks.push(chunk)
    else this.#refuse()
    return true
  }

  onComplete(): void {
    this.#over = true
    this.#resolve?.()
  }

  onError(error: Error): void {
    if (!this.#over) this.#fail(error)
  }

  #refuse(): void {
    this.tooLarge = true
    this.onComplete()
    this.#abort?.()
  }

  #fail(error: unknown): void {
    this.#over = true
    if (this.status === 0) this.#reject?.(error)
    else {
      this.broken = { error }
      this.#resolve?.()
    }
  }
}
