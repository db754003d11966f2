import { TimeoutError } from './errors.js'
import { type CallOptions, OPERATION, operationOf, PROVIDER } from './options.js'

const LONGEST = 2 ** 31 - 1

/** Options for work that is done for all who wait for it: it ends with none of them. */
export function forAll(options: CallOptions): CallOptions {
  const { [OPERATION]: operation, [PROVIDER]: provider } = options as { [OPERATION]?: string; [PROVIDER]?: string }
  return { retry: options.retry, [OPERATION]: operation, [PROVIDER]: provider } as CallOptions
}

/**
 * Waits for work that is done for several calls, unless this call ends before: by its signal or its timeout.
 * @throws TimeoutError when its time runs out, or the signal's own reason
 */
export async function orElse<T>(
  work: () => Promise<T>,
  options: CallOptions,
  { provider, what }: { readonly provider: string; readonly what: string },
): Promise<T> {
  const { signal, timeout } = options
  signal?.throwIfAborted()
  if (signal === undefined && timeout === undefined) return work()
  let end = (): void => {}
  const ended = new Promise<never>((_resolve, reject) => {
    const abort = (): void => reject(signal?.reason)
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: '${provider}' gave no ${what} within the call's timeout of ${timeout} ms`
    const expire = (): void => reject(new TimeoutError(message, { provider, operation }))
    const timer = timeout === undefined ? undefined : setTimeout(expire, Math.min(timeout, LONGEST))
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

/** What is good for a while. */
export interface Lasting<T> {
  readonly value: T
  /** On the clock of `now`; absent where it has no end. */
  readonly expiresAt?: number | undefined
}

/** How a value is renewed. */
export interface RenewedSettings<T> {
  readonly provider: string
  /** What it is called in an error: `'token'`. */
  readonly what: string
  readonly fetch: (options: CallOptions) => Promise<Lasting<T>>
  /** Milliseconds before the end in which calls wait for a new one. At most a twelfth of its life. */
  readonly early: number
  /** Milliseconds before the end in which a new one is fetched while the old one is used. At most a quarter of its life. */
  readonly ahead?: number | undefined
  readonly now?: (() => number) | undefined
}

/** Milliseconds between two attempts while what is known is still good. */
const PAUSE = 30_000

/** A token: fetched when it is first needed, once for all who wait for it, and anew before it ends or when it is refused. */
export class Renewed<T> {
  readonly #settings: RenewedSettings<T>
  readonly #now: () => number
  #known: Lasting<T> | undefined
  #pending: Promise<T> | undefined
  /** Milliseconds that it was good for when it came. */
  #life = 0
  /** When renewing may be tried again. */
  #pausedUntil = 0

  constructor(settings: RenewedSettings<T>) {
    this.#settings = settings
    this.#now = settings.now ?? Date.now
  }

  /** What is known and good, without waiting. */
  current(): T | undefined {
    const known = this.#known
    if (known === undefined) return undefined
    if (known.expiresAt === undefined) return known.value
    const { early, ahead = early } = this.#settings
    const now = this.#now()
    const left = known.expiresAt - now
    // What lives a quarter of an hour only is not renewed all the time.
    if (left > Math.min(ahead, this.#life / 4)) return known.value
    if (now < this.#pausedUntil) return left > 0 || this.#life <= 0 ? known.value : undefined
    if (left <= Math.min(early, this.#life / 12)) return undefined
    this.#fetch({}).catch(() => {}) // a call that has to wait will hear of it
    return known.value
  }

  /** What is known, or a new one. */
  async get(options: CallOptions = {}): Promise<T> {
    return this.current() ?? orElse(() => this.#fetch(options), options, this.#settings)
  }

  /** Forgets what was refused, unless there is another one by now. */
  refuse(value: T): void {
    if (this.#known?.value === value) this.#known = undefined
  }

  #fetch(options: CallOptions): Promise<T> {
    this.#pending ??= this.#renew(forAll(options)).finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #renew(options: CallOptions): Promise<T> {
    const { fetch, ahead = this.#settings.early } = this.#settings
    const started = this.#now()
    try {
      const found = await fetch(options)
      this.#known = found
      this.#life = (found.expiresAt ?? started) - started
      // A service in trouble gives old ones, which others may take all the same.
      this.#pausedUntil = this.#life > 0 || found.expiresAt === undefined ? 0 : started + ahead / 3
      return found.value
    } catch (error) {
      const known = this.#known
      this.#pausedUntil = this.#now() + PAUSE
      if (known?.expiresAt !== undefined && known.expiresAt > this.#now()) return known.value
      throw error
    }
  }
}
