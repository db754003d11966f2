import { optionsOf } from '../../lib/credentials.js'
import { InvalidCredentialsError, type LibcloudError } from '../../lib/errors.js'
import type { Connection } from '../../lib/http/connection.js'
import type { OutgoingRequest, Refusal } from '../../lib/http/message.js'
import type { CallOptions } from '../../lib/options.js'
import { forAll, type Lasting, orElse, Renewed } from '../../lib/renewed.js'
import type { AzureSignInOptions } from './options.js'

/** Who signs in: what the services' drivers call by different names. */
export interface Principal {
  readonly clientId: string | undefined
  readonly clientSecret: string | undefined
  /** What tokens are for: `https://management.azure.com`. */
  readonly resource: string
}
/** Where tokens come from. */
export interface TokenSource {
  /** Asks for a new token. */
  fetch(options: CallOptions): Promise<Lasting<string>>
  /** The subscription that it belongs to, where it tells. */
  subscription?(options: CallOptions): Promise<string | undefined>
}

/** Milliseconds before its end in which calls wait for a new token, and in which one is fetched beside them. */
const EARLY = 120_000
const AHEAD = 300_000

/** The token of a connection, which all its calls share. */
export class AzureCredentials {
  readonly #connection: Connection
  readonly #principal: Principal
  readonly #renewed: Renewed<string>
  #source: Promise<TokenSource> | undefined

  constructor(connection: Connection, principal: Principal) {
    this.#connection = connection
    this.#principal = principal
    const { provider } = connection
    const fetch = async (options: CallOptions): Promise<Lasting<string>> => (await this.source(options)).fetch(options)
    this.#renewed = new Renewed({ provider, what: 'token', fetch, early: EARLY, ahead: AHEAD })
  }

  /** Puts a token on a request: it is fetched when none is known. */
  sign(request: OutgoingRequest, options: CallOptions): void | Promise<void> {
    const { token } = optionsOf<AzureSignInOptions>(this.#connection)
    if (typeof token === 'string' && token !== '') return this.#bear(token, request)
    if (typeof token === 'function') return this.#ask(token).then(fetched => this.#bear(fetched, request))
    const current = this.#renewed.current()
    if (current !== undefined) return this.#bear(current, request)
    return this.#renewed.get(options).then(fetched => this.#bear(fetched, request))
  }

  async #ask(token: () => string | Promise<string>): Promise<string> {
    const fetched: unknown = await token()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    if (typeof fetched === 'string' && fetched !== '' && !/[\u0000-\u0020\u007f]/.test(fetched)) return fetched
    const { provider } = this.#connection
    throw new InvalidCredentialsError(`Bad credentials for '${provider}': the function 'token' gave no token`, {
      provider,
    })
  }

  #bear(token: string, request: OutgoingRequest): void {
    this.#connection.conceal(token)
    request.headers['authorization'] = `Bearer ${token}`
  }

  /** A token may be withdrawn before its time: it is renewed once, by whoever finds out first. */
  async mend(error: LibcloudError, { request }: Refusal, options: CallOptions): Promise<boolean> {
    const used = request.headers['authorization']?.replace(/^Bearer /, '')
    const { token } = optionsOf<AzureSignInOptions>(this.#connection)
    if (error.status !== 401 || used === undefined || (typeof token === 'string' && token !== '')) return false
    if (typeof token === 'function') return (await this.#ask(token)) !== used
    this.#renewed.refuse(used)
    return (await this.#renewed.get(options)) !== used
  }

  /** Where tokens come from. */
  async source(options: CallOptions): Promise<TokenSource> {
    const { provider } = this.#connection
    const find = (): Promise<TokenSource> => {
      this.#source ??= this.#find(forAll(options))
      return this.#source
    }
    return orElse(find, options, { provider, what: 'credentials' })
  }

  async #find(options: CallOptions): Promise<TokenSource> {
    try {
      const { findSource } = await import('./credentials.sources.js')
      return await findSource(this.#connection, this.#principal, options)
    } catch (error) {
      this.#source = undefined
      throw error
    }
  }
}
