import { optionsOf } from '../../lib/credentials.js'
import type { CallOptions } from '../../lib/options.js'
import { forAll, type Lasting, orElse, Renewed } from '../../lib/renewed.js'
import type { GoogleConnection } from './connection.js'
import type { GoogleOptions } from './options.js'

/** A token, and until when it is good on the clock of `Date.now()`. */
export type GoogleToken = Lasting<string>
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

/** Milliseconds before its end when a token is renewed. */
const EARLY = 180_000

/** The token of a connection, which all its calls share, and where it comes from. */
export class GoogleCredentials {
  readonly #connection: GoogleConnection
  /** A token that is used as it is. */
  readonly #given: string | undefined
  readonly #tokens: Renewed<string>
  #source: Promise<TokenSource> | undefined
  #found: TokenSource | undefined

  constructor(connection: GoogleConnection) {
    this.#connection = connection
    this.#given = optionsOf<GoogleOptions>(connection).accessToken || undefined
    const { provider } = connection
    const fetch = async (options: CallOptions): Promise<GoogleToken> => {
      const token = await (await this.source(options)).fetch(options)
      connection.conceal(token.value)
      return token
    }
    this.#tokens = new Renewed({ provider, what: 'token', early: EARLY, now: () => Date.now(), fetch })
  }

  /** What is known without waiting. */
  current(): string | undefined {
    return this.#given ?? this.#tokens.current()
  }

  /** The project that requests are counted for, once a token was fetched. */
  get quotaProject(): string | undefined {
    return this.#found?.quotaProject
  }

  async token(options: CallOptions): Promise<string> {
    return this.#given ?? this.#tokens.get(options)
  }

  /** A token was refused: true where another can be had. */
  async renewed(refused: string, options: CallOptions): Promise<boolean> {
    if (this.#given !== undefined) return false
    this.#tokens.refuse(refused)
    return (await this.#tokens.get(options)) !== refused
  }

  /** Where tokens come from: found out once. */
  async source(options: CallOptions): Promise<TokenSource> {
    const find = (): Promise<TokenSource> => {
      this.#source ??= this.#find(forAll(options))
      return this.#source
    }
    return orElse(find, options, { provider: this.#connection.provider, what: 'credentials' })
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
}
