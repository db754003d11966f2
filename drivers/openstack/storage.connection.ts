import { optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import { InvalidCredentialsError, type LibcloudError } from '../../lib/errors.js'
import { type Refusal, readNothing } from '../../lib/http/message.js'
import type { CallOptions } from '../../lib/options.js'
import { type Endpoint, toEndpoint } from './catalog.js'
import { OpenStackConnection } from './connection.js'
import type { Session } from './identity.js'
import type { OpenStackOptions } from './options.js'
import type { CloudPreset } from './settings.js'
import { unless } from './unless.js'

interface OwnSession {
  readonly session: Session
  readonly endpoint: Endpoint
}

/**
 * Swift behind keystone; or behind its own first authentication, which has no catalog: the token comes with the account's
 * address.
 *
 * @see https://docs.openstack.org/swift/latest/overview_auth.html#tempauth
 */
export class SwiftConnection extends OpenStackConnection {
  readonly #given: string | undefined
  #own: OwnSession | undefined
  #pending: Promise<OwnSession> | undefined

  constructor(driver: BaseDriver, preset?: CloudPreset) {
    super(driver, { service: 'object-store', preset })
    const url = optionsOf<OpenStackOptions>(driver).authUrl ?? preset?.authUrl
    this.#given = url !== undefined && /\/auth\/v1(\.0)?\/*$/.test(url) ? url : undefined
  }

  override async session(options: CallOptions = {}): Promise<Session> {
    return this.#given === undefined ? super.session(options) : (await this.#login(options)).session
  }

  override async endpoint(service: string = this.service, options: CallOptions = {}): Promise<Endpoint> {
    if (this.#given === undefined || service !== this.service) return super.endpoint(service, options)
    const { endpoints } = await this.settings()
    const given = endpoints[service]
    return given === undefined
      ? (await this.#login(options)).endpoint
      : toEndpoint(given, service, undefined, `endpoints.${service}`)
  }

  override async mend(error: LibcloudError, refusal: Refusal, options: CallOptions): Promise<boolean> {
    if (this.#given === undefined) return super.mend(error, refusal, options)
    const used = refusal.request.headers['x-auth-token']
    if (error.status !== 401 || used === undefined) return false
    if (this.#own?.session.token === used) this.#own = undefined
    return (await this.#login(options)).session.token !== used
  }

  async #login(options: CallOptions): Promise<OwnSession> {
    if (this.#own) return this.#own
    this.#pending ??= this.#ask(this.#given as string).finally(() => {
      this.#pending = undefined
    })
    const pending = this.#pending
    return unless(() => pending, options, this.provider)
  }

  async #ask(authUrl: string): Promise<OwnSession> {
    const { key, secret } = await this.settings()
    if (key === undefined || secret === undefined) {
      const message = `No credentials for '${this.provider}': 'key' (account:user) and 'secret' are both needed.`
      throw new InvalidCredentialsError(message, { provider: this.provider })
    }
    const { origin, pathname } = new URL(authUrl)
    const headers = { 'x-auth-user': key, 'x-auth-key': secret }
    const { headers: told } = await this.request({
      origin,
      path: pathname.replace(/\/+$/, ''),
      headers,
      unsigned: true,
      read: readNothing,
    })
    const token = told['x-auth-token'] ?? told['x-storage-token']
    const url = told['x-storage-url']
    if (token === undefined || url === undefined) {
      const message = `'${this.provider}' answered without a token or without the account's address`
      throw new InvalidCredentialsError(message, { provider: this.provider })
    }
    this.conceal(token)
    const session = { token, expiresAt: Number.POSITIVE_INFINITY, catalog: [], projectId: undefined, userId: undefined }
    this.#own = { session, endpoint: toEndpoint(url, this.service, undefined, 'X-Storage-Url') }
    return this.#own
  }
}
