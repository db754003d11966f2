import { optionsOf } from '../../lib/credentials.js'
import { TimeoutError } from '../../lib/errors.js'
import { type CallOptions, OPERATION, operationOf, PROVIDER } from '../../lib/options.js'
import type { GoogleConnection } from './connection.js'
import type { GoogleOptions } from './options.js'

/** A token, and until when it is good on the clock of `Date.now()`. */
export interface GoogleToken {
  readonly value: string
  readonly expiresAt: number
}
/** Whose name a text can be signed in, and how. */
export interface Signer {
  readonly email: string
  /** Gives the RSA signature with SHA-256. */
  sign(text: string): Buffer | Promise<Buffer>
}
/** Where tokens come from. */
export interface TokenSource {
  /** Asks for a new token. */
  fetch(options: CallOptions): Promise<GoogleToken>
  /** The project that the credentials belong to. */
  project(options: CallOptions): Promise<string | undefined>
  /** The project that requests are counted for. */
  readonly quotaProject?: string | undefined
  /** Absent where the credentials are nobody's that could sign. */
  readonly signer?: ((options: CallOptions) => Promise<Signer>) | undefined
}

/** Milliseconds before its end when a token is renewed, and at most this part of its life. */
const EARLY = 180_000

/** The token of a connection, which all its calls share: fetched once for all who wait for it. */
export class GoogleCredentials {
  readonly #connection: GoogleConnection
  #source: Promise<TokenSource> | undefined
  #found: TokenSource | undefined
  #token: GoogleToken | undefined
  #renewAt = 0
  #pending: Promise<GoogleToken> | undefined

  constructor(connection: GoogleConnection) {
    this.#connection = connection
    const { accessToken } = optionsOf<GoogleOptions>(connection)
    if (!accessToken) return
    this.#token = { value: accessToken, expiresAt: Number.POSITIVE_INFINITY }
    this.#renewAt = Number.POSITIVE_INFINITY
  }

  /** What is known without waiting. */
  current(): string | undefined {
    return this.#token !== undefined && Date.now() < this.#renewAt ? this.#token.value : undefined
  }

  /** The project that requests are counted for, once a token was fetched. */
  get quotaProject(): string | undefined {
    return this.#found?.quotaProject
  }

  async token(options: CallOptions): Promise<string> {
    const current = this.current()
    if (current !== undefined) return current
    this.#pending ??= this.#fetch(shared(options)).finally(() => {
      this.#pending = undefined
    })
    return (await unless(this.#pending, options, this.#connection.provider)).value
  }

  /** A token was refused: true where another can be had. */
  async renewed(refused: string, options: CallOptions): Promise<boolean> {
    if (this.#token?.value === refused) {
      if (this.#token.expiresAt === Number.POSITIVE_INFINITY) return false
      this.#token = undefined
    }
    return (await this.token(options)) !== refused
  }

  /** Where tokens come from. */
  async source(options: CallOptions): Promise<TokenSource> {
    this.#source ??= this.#find(shared(options))
    return unless(this.#source, options, this.#connection.provider)
  }

  async #find(options: CallOptions): Promise<TokenSource> {
    try {
      const { findSource } = await import('./credentials.sources.js')
      this.#found = await findSource(this.#connection, options)
      return this.#found
    } catch (error) {
      this.#source = undefined
      throw error
    }
  }

  async #fetch(options: CallOptions): Promise<GoogleToken> {
    const source = await this.source(options)
    const started = Date.now()
    const token = await source.fetch(options)
    this.#connection.conceal(token.value)
    this.#token = token
    this.#renewAt = token.expiresAt - Math.min(EARLY, Math.max(0, token.expiresAt - started) / 4)
    return token
  }
}

/** What is fetched for all who wait for it ends with none of them. */
function shared(options: CallOptions): CallOptions {
  const { [OPERATION]: operation, [PROVIDER]: provider } = options as { [OPERATION]?: string; [PROVIDER]?: string }
  return { retry: options.retry, [OPERATION]: operation, [PROVIDER]: provider } as CallOptions
}

/** Waits for what is fetched for several calls, unless this one ends before. */
async function unless<T>(work: Promise<T>, options: CallOptions, provider: string): Promise<T> {
  const { signal, timeout } = options
  if (signal === undefined && timeout === undefined) return work
  signal?.throwIfAborted()
  const { promise: ended, reject } = withReject()
  const abort = (): void => reject(signal?.reason)
  const operation = operationOf(options)
  const message = `${operation ?? 'request'}: '${provider}' gave no token within the call's timeout of ${timeout} ms`
  const expire = (): void => reject(new TimeoutError(message, { provider, operation }))
  const timer = timeout === undefined ? undefined : setTimeout(expire, Math.min(timeout, 2 ** 31 - 1))
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, ended])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

function withReject(): { promise: Promise<never>; reject: (reason: unknown) => void } {
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<never>((_resolve, rejects) => {
    reject = rejects
  })
  return { promise, reject }
}
