import { keepOptions, optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import { InvalidCredentialsError, type LibcloudError, MalformedResponseError } from '../../lib/errors.js'
import { Connection } from '../../lib/http/connection.js'
import type { OutgoingRequest, Refusal, ReplyHead, RequestSpec } from '../../lib/http/message.js'
import type { VendorMeta } from '../../lib/meta.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { forAll, type Lasting, orElse, Renewed } from '../../lib/renewed.js'
import { type CatalogEntry, type Endpoint, toEndpoint } from './catalog.js'
import { type RawV3Catalog, type Session, toCatalog, tokenRequest, toSession } from './identity.js'
import { meta } from './meta.js'
import type { OpenStackOptions, OpenStackService } from './options.js'
import { type CloudPreset, checkOptions, type Settings, settle } from './settings.js'
import { tlsOptions } from './tls.js'

/** What a driver says of itself to its connection. */
export interface OpenStackConnectionSettings {
  /** The service that requests go to unless they say another. */
  readonly service: OpenStackService | (string & {})
  /** What a vendor's row says of its cloud. */
  readonly preset?: CloudPreset | undefined
  readonly meta?: Pick<VendorMeta, 'name' | 'credentials' | 'pacing'> | undefined
}

/** Milliseconds before its end when a token is renewed. */
const EARLY = 30_000

/** Who one is: a token, which all calls share. It is fetched when it is first needed, and anew before it expires or when it is refused. */
export abstract class OpenStackIdentityConnection extends Connection {
  readonly service: string
  readonly #preset: CloudPreset
  #settings: Promise<Settings> | undefined
  readonly #sessions: Renewed<Session>
  #catalog: Promise<readonly CatalogEntry[]> | undefined

  constructor(driver: BaseDriver, settings: OpenStackConnectionSettings) {
    const options = optionsOf<OpenStackOptions>(driver)
    const { authUrl, endpoints = {} } = options
    const given = [authUrl, settings.preset?.authUrl, ...Object.values(endpoints)].find(each =>
      URL.canParse(each ?? ''),
    )
    super(driver, { baseUrl: new URL(given ?? 'https://localhost:5000').origin, meta: settings.meta ?? meta })
    checkOptions(options, this.provider)
    this.service = settings.service
    this.#preset = settings.preset ?? {}
    const fetch = (fetchOptions: CallOptions): Promise<Lasting<Session>> => this.#fetchSession(fetchOptions)
    this.#sessions = new Renewed({ provider: this.provider, what: 'token', fetch, early: EARLY })
  }

  override async sign(request: OutgoingRequest, options: CallOptions): Promise<void> {
    request.headers['x-auth-token'] = (this.#sessions.current() ?? (await this.session(options))).token
  }

  /** A token may end before its time: it is renewed once, by whoever finds out first. */
  override async mend(error: LibcloudError, { request }: Refusal, options: CallOptions): Promise<boolean> {
    if (error.status !== 401) return false
    const { authType } = await this.settings()
    const used = request.headers['x-auth-token']
    if (used === undefined || authType === 'token') return false
    const current = this.#sessions.current()
    if (current?.token === used) this.#sessions.refuse(current)
    return (await this.session(options)).token !== used
  }

  /** What options, `clouds.yaml` and the environment say together. */
  async settings(): Promise<Settings> {
    this.#settings ??= this.#settle().catch(error => {
      this.#settings = undefined // a file may be put right
      throw error
    })
    return this.#settings
  }

  async #settle(): Promise<Settings> {
    const options = optionsOf<OpenStackOptions>(this)
    const settings = await settle(options, this.#preset, this.provider)
    for (const secret of [settings.secret, settings.token]) if (secret !== undefined) this.conceal(secret)
    if (settings.tls) keepOptions(this, { ...(await tlsOptions(settings.tls)), ...options })
    return settings
  }

  /** The token and what came with it: fetched once for all who ask meanwhile. */
  async session(options: CallOptions = {}): Promise<Session> {
    return this.#sessions.get(options)
  }

  async #fetchSession(options: CallOptions): Promise<Lasting<Session>> {
    const settings = await this.settings()
    const { token, authType, authUrl, project, projectId, scope, trustId } = settings
    const plain = project === undefined && projectId === undefined && scope === undefined && trustId === undefined
    if (authType === 'token' && token !== undefined && (plain || authUrl === undefined)) {
      return { value: { token, expiresAt: undefined, catalog: undefined, projectId, userId: undefined } }
    }
    const session = await this.#authenticate(settings, Date.now(), options)
    return { value: session, expiresAt: session.expiresAt }
  }

  async #authenticate(settings: Settings, started: number, options: CallOptions): Promise<Session> {
    const { origin, prefix } = identityEndpoint(settings, this.provider)
    const json = tokenRequest(settings, this.provider)
    const spec = { method: 'POST', origin, json, idempotent: true, unsigned: true } as const
    if (settings.identityVersion === 2) return this.#authenticateOld({ ...spec, path: `${prefix}/tokens` }, options)
    const read = (body: Buffer, head: ReplyHead): Session =>
      toSession(this.read(body, head), head.headers['x-subject-token'], started)
    return (await super.request({ ...spec, path: `${prefix}/auth/tokens`, read }, options)).body
  }

  /** The token stands in a member whose name does not tell it: the reply is read as a stream, which no trace shows. */
  async #authenticateOld(spec: RequestSpec, options: CallOptions): Promise<Session> {
    const { status, body } = await super.stream(spec, options)
    const chunks: Buffer[] = []
    for await (const chunk of body) chunks.push(chunk as Buffer)
    try {
      const session = toSession(JSON.parse(Buffer.concat(chunks).toString()), undefined, 0)
      this.conceal(session.token)
      return session
    } catch {
      const operation = operationOf(options)
      const message = `${operation ?? 'request'}: '${this.provider}' answered what is not a token`
      throw new MalformedResponseError(message, { provider: this.provider, operation, status })
    }
  }

  /** What services the cloud has, where and with which interfaces. */
  async catalog(options: CallOptions = {}): Promise<readonly CatalogEntry[]> {
    const { catalog } = await this.session(options)
    if (catalog) return catalog
    this.#catalog ??= this.#fetchCatalog(forAll(options)).finally(() => {
      this.#catalog = undefined
    })
    const pending = this.#catalog
    return orElse(() => pending, options, { provider: this.provider, what: 'catalog' })
  }

  async #fetchCatalog(options: CallOptions): Promise<readonly CatalogEntry[]> {
    const { origin, prefix } = identityEndpoint(await this.settings(), this.provider)
    const read = (body: Buffer, head: ReplyHead) => toCatalog(this.read(body, head) as RawV3Catalog)
    return (await super.request({ origin, path: `${prefix}/auth/catalog`, read }, options)).body
  }
}

/** Where keystone answers. */
export function identityEndpoint({ authUrl, identityVersion, endpoints }: Settings, provider: string): Endpoint {
  const { identity } = endpoints
  if (authUrl !== undefined) {
    return toEndpoint(`${authUrl}/${identityVersion === 2 ? 'v2.0' : 'v3'}`, 'identity', undefined, 'authUrl')
  }
  if (identity !== undefined) return toEndpoint(identity, 'identity', undefined, 'endpoints.identity')
  const message = `No credentials for '${provider}': what stands in no 'endpoints' is looked for at 'authUrl', which is not given.`
  throw new InvalidCredentialsError(message, { provider })
}
