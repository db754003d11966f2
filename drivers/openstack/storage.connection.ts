import { optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import { InvalidCredentialsError, type LibcloudError } from '../../lib/errors.js'
import { type Refusal, readNothing } from '../../lib/http/message.js'
import type { CallOptions } from '../../lib/options.js'
import { type Lasting, Renewed } from '../../lib/renewed.js'
import { type Endpoint, toEndpoint } from './catalog.js'
import { OpenStackConnection } from './connection.js'
import type { Session } from './identity.js'
import type { OpenStackOptions } from './options.js'
import type { CloudPreset } from './settings.js'

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
  readonly #own: Renewed<OwnSession>

  constructor(driver: BaseDriver, preset?: CloudPreset) {
    super(driver, { service: 'object-store', preset })
    const url = optionsOf<OpenStackOptions>(driver).authUrl ?? preset?.authUrl
    const fetch = (options: CallOptions): Promise<Lasting<OwnSession>> => this.#ask(options)
    this.#own = new Renewed({ provider: this.provider, what: 'token', fetch, early: 0 })
    this.#given = url !== undefined && /\/auth\/v1(\.0)?\/*$/.test(url) ? url : undefined
  }

  override async session(options: CallOptions = {}): Promise<Session> {
    return this.#given === undefined ? super.session(options) : (await this.#own.get(options)).session
  }

  override async endpoint(service: string = this.service, options: CallOptions = {}): Promise<Endpoint> {
    if (this.#given === undefined || service !== this.service) return super.endpoint(service, options)
    const { endpoints } = await this.settings()
    const given = endpoints[service]
    return given === undefined
      ? (await this.#own.get(options)).endpoint
      : toEndpoint(given, service, undefined, `endpoints.${service}`)
  }

  override async mend(error: LibcloudError, refusal: Refusal, options: CallOptions): Promise<boolean> {
    if (this.#given === undefined) return super.mend(error, refusal, options)
    const used = refusal.request.headers['x-auth-token']
    if (error.status !== 401 || used === undefined) return false
    const known = this.#own.current()
    if (known?.session.token === used) this.#own.refuse(known)
    return (await this.#own.get(options)).session.token !== used
  }

  async #ask(options: CallOptions): Promise<Lasting<OwnSession>> {
    const { key, secret } = await this.settings()
    if (key === undefined || secret === undefined) {
      const message = `No credentials for '${this.provider}': 'key' (account:user) and 'secret' are both needed.`
      throw new InvalidCredentialsError(message, { provider: this.provider })
    }
    const { origin, pathname } = new URL(this.#given as string)
    const headers = { 'x-auth-user': key, 'x-auth-key': secret }
    const spec = { origin, path: pathname.replace(/\/+$/, ''), headers, unsigned: true, read: readNothing }
    const { headers: told } = await this.request(spec, options)
    const token = told['x-auth-token'] ?? told['x-storage-token']
    const url = told['x-storage-url']
    if (token === undefined || url === undefined) {
      const message = `'${this.provider}' answered without a token or without the account's address`
      throw new InvalidCredentialsError(message, { provider: this.provider })
    }
    this.conceal(token)
    const session = { token, expiresAt: Number.POSITIVE_INFINITY, catalog: [], projectId: undefined, userId: undefined }
    return { value: { session, endpoint: toEndpoint(url, this.service, undefined, 'X-Storage-Url') } }
  }
}
