import type { Readable } from 'node:stream'
import { keepOptions, optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import { InvalidCredentialsError, type LibcloudError, NotSupportedError } from '../../lib/errors.js'
import { Connection } from '../../lib/http/connection.js'
import type { ProviderProblem } from '../../lib/http/errors.js'
import type { OutgoingRequest, Refusal, Reply, ReplyHead } from '../../lib/http/message.js'
import type { VendorMeta } from '../../lib/meta.js'
import { type CallOptions, OPERATION, operationOf, PROVIDER } from '../../lib/options.js'
import { onePage, type Page, type Pager, pager } from '../../lib/pager.js'
import { type Endpoint, factsOf, findEndpoint, toEndpoint } from './catalog.js'
import { type RawV3Catalog, type Session, toCatalog, tokenRequest, toSession } from './identity.js'
import { meta } from './meta.js'
import { newest, type VersionRange, versionsIn } from './microversions.js'
import type { OpenStackOptions, OpenStackService } from './options.js'
import { problemOf } from './problem.js'
import { itemsOf, type ListSpec, nextOf, type OneSpec, type RawReply, type ServiceSpec } from './reply.js'
import { type CloudPreset, checkOptions, type Settings, settle } from './settings.js'
import { tlsOptions } from './tls.js'
import { unless } from './unless.js'

/** What a driver says of itself to its connection. */
export interface OpenStackConnectionSettings {
  /** The service that requests go to unless they say another. */
  readonly service: OpenStackService | (string & {})
  /** What a vendor's row says of its cloud. */
  readonly preset?: CloudPreset | undefined
  readonly meta?: Pick<VendorMeta, 'name' | 'credentials' | 'pacing'> | undefined
}

/** Milliseconds before its end when a token is renewed, and at most this part of its life. */
const EARLY = 30_000

/**
 * All services of a cloud: `request` and `stream` take a request's path without the beginning that the catalog tells,
 * find out where its service is, and add the token, which all calls share. It is fetched when it is first needed,
 * and anew before it expires or when it is refused.
 *
 * @see https://docs.openstack.org/api-ref/identity/v3/
 */
export class OpenStackConnection extends Connection {
  readonly service: string
  readonly #preset: CloudPreset
  #settings: Promise<Settings> | undefined
  #session: Session | undefined
  /** When to renew it, on the clock of `Date.now()`. */
  #renewAt = 0
  #pending: Promise<Session> | undefined
  #endpoints = new Map<string, Endpoint>()
  readonly #versions = new Map<string, Promise<VersionRange | undefined>>()

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
  }

  override async sign(request: OutgoingRequest, options: CallOptions): Promise<void> {
    request.headers['x-auth-token'] = (this.#current() ?? (await this.session(options))).token
  }

  /** A token may end before its time: it is renewed once, by whoever finds out first. */
  override async mend(error: LibcloudError, { request }: Refusal, options: CallOptions): Promise<boolean> {
    if (error.status !== 401) return false
    const { authType } = await this.settings()
    const used = request.headers['x-auth-token']
    if (used === undefined || authType === 'token') return false
    if (this.#session?.token === used) this.#session = undefined
    const { token } = await unless(() => this.session(options), options, this.provider)
    return token !== used
  }

  override problem(text: string, head: ReplyHead): ProviderProblem {
    return problemOf(text, head)
  }

  /** What options, `clouds.yaml` and the environment say together. */
  async settings(): Promise<Settings> {
    this.#settings ??= this.#settle()
    return this.#settings
  }

  async #settle(): Promise<Settings> {
    const options = optionsOf<OpenStackOptions>(this)
    const settings = await settle(options, this.#preset, this.provider)
    for (const secret of [settings.secret, settings.token]) if (secret !== undefined) this.conceal(secret)
    if (settings.tls) keepOptions(this, { ...(await tlsOptions(settings.tls)), ...options })
    return settings
  }

  #current(): Session | undefined {
    return this.#session !== undefined && Date.now() < this.#renewAt ? this.#session : undefined
  }

  /** The token and what came with it: fetched once for all who ask meanwhile. */
  async session(options: CallOptions = {}): Promise<Session> {
    const current = this.#current()
    if (current) return current
    this.#pending ??= this.#fetchSession(shared(options)).finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #fetchSession(options: CallOptions): Promise<Session> {
    const settings = await this.settings()
    const { token, authType, authUrl, project, projectId, scope, trustId } = settings
    const started = Date.now()
    const plain = project === undefined && projectId === undefined && scope === undefined && trustId === undefined
    const asGiven = authType === 'token' && token !== undefined && (plain || authUrl === undefined)
    const session = asGiven
      ? { token, expiresAt: Number.POSITIVE_INFINITY, catalog: undefined, projectId, userId: undefined }
      : await this.#authenticate(settings, started, options)
    this.conceal(session.token)
    const life = session.expiresAt - started
    this.#renewAt = session.expiresAt - Math.min(EARLY, life / 10)
    this.#session = session
    return session
  }

  async #authenticate(settings: Settings, started: number, options: CallOptions): Promise<Session> {
    const old = settings.identityVersion === 2
    const { origin, prefix } = identityEndpoint(settings, this.provider)
    const spec = {
      method: 'POST',
      origin,
      path: `${prefix}${old ? '/tokens' : '/auth/tokens'}`,
      json: tokenRequest(settings, this.provider),
      idempotent: true,
      unsigned: true,
      read: (body: Buffer, head: ReplyHead) =>
        toSession(this.read(body, head), head.headers['x-subject-token'], started),
    } as const
    return (await super.request(spec, options)).body
  }

  /** What services the cloud has, where and with which interfaces. */
  async catalog(options: CallOptions = {}): Promise<NonNullable<Session['catalog']>> {
    return unless(() => this.#fetchCatalog(options), options, this.provider)
  }

  async #fetchCatalog(options: CallOptions): Promise<NonNullable<Session['catalog']>> {
    const session = await this.session(options)
    if (session.catalog) return session.catalog
    const { origin, prefix } = identityEndpoint(await this.settings(), this.provider)
    const read = (body: Buffer, head: ReplyHead) => toCatalog(this.read(body, head) as RawV3Catalog)
    const { body } = await super.request({ origin, path: `${prefix}/auth/catalog`, read }, shared(options))
    if (this.#session === session) this.#session = { ...session, catalog: body }
    return body
  }

  /**
   * Where a service answers.
   * @throws NotSupportedError where the cloud does not have it, telling what it has
   * @throws InvalidRequestError where it is in other regions, or has other interfaces, only
   */
  async endpoint(service: string = this.service, options: CallOptions = {}): Promise<Endpoint> {
    return (
      this.#endpoints.get(service) ?? (await unless(() => this.#findEndpoint(service, options), options, this.provider))
    )
  }

  async #findEndpoint(service: string, options: CallOptions): Promise<Endpoint> {
    const settings = await this.settings()
    const override = settings.endpoints[service]
    if (override !== undefined) {
      const { projectId = undefined } = factsOf(service).inProject ? await this.session(options) : {}
      return this.#found(service, toEndpoint(override, service, projectId, `endpoints.${service}`))
    }
    if (service === 'identity') return this.#found(service, identityEndpoint(settings, this.provider))
    const catalog = await this.#fetchCatalog(options)
    const { region, interface: wanted } = settings
    const operation = operationOf(options)
    const url = findEndpoint(catalog, { service, region, interface: wanted, provider: this.provider, operation })
    const { projectId } = await this.session(options)
    return this.#found(service, toEndpoint(url, service, projectId, `the catalog's address of '${service}'`))
  }

  #found(service: string, endpoint: Endpoint): Endpoint {
    this.#endpoints.set(service, endpoint)
    return endpoint
  }

  /**
   * The newest microversion that a service has, up to the one that is asked for; `undefined` where it has none at all.
   * @throws NotSupportedError where it has none as new as `least`
   */
  async microversion(
    {
      service = this.service,
      wanted,
      least,
    }: { service?: string | undefined; wanted: string; least?: string | undefined },
    options: CallOptions = {},
  ): Promise<string | undefined> {
    const { microversions } = await this.settings()
    const pinned = microversions[service]
    const range = pinned === undefined ? await this.#range(service, options) : { min: '0.0', max: pinned }
    const found = range && newest(range, wanted)
    if (least === undefined || (found !== undefined && newest({ min: '0.0', max: found }, least) === least))
      return found
    const operation = operationOf(options)
    const has = range === undefined ? 'has no microversions' : `has microversions up to ${range.max} only`
    const message = `${operation ?? 'request'}: this needs microversion ${least} of the service '${service}', which ${has}`
    throw new NotSupportedError(message, { provider: this.provider, operation })
  }

  #range(service: string, options: CallOptions): Promise<VersionRange | undefined> {
    const fetch = async (): Promise<VersionRange | undefined> => {
      const { origin, root } = await this.endpoint(service, shared(options))
      const read = (body: Buffer, head: ReplyHead) => versionsIn(this.read(body, head))
      return (await super.request({ origin, path: root, read, accept: [300] }, shared(options))).body
    }
    let range = this.#versions.get(service)
    if (range === undefined) {
      range = fetch()
      this.#versions.set(service, range)
      range.catch(() => this.#versions.delete(service))
    }
    const found = range
    return unless(() => found, options, this.provider)
  }

  async #located<S extends ServiceSpec>(spec: S, options: CallOptions): Promise<S> {
    const service = spec.service ?? this.service
    const { origin, prefix } = this.#endpoints.get(service) ?? (await this.endpoint(service, options))
    const located = { ...spec, origin, path: prefix + spec.path }
    const { microversion } = spec
    if (microversion === undefined) return located
    const asked = typeof microversion === 'string' ? { wanted: microversion } : microversion
    const version = await this.microversion({ service, ...asked }, options)
    if (version === undefined) return located
    const name = factsOf(service).microversion ?? service
    const old = name === 'compute' ? { 'x-openstack-nova-api-version': version } : {}
    return { ...located, headers: { 'openstack-api-version': `${name} ${version}`, ...old, ...spec.headers } }
  }

  override async request<T = unknown>(spec: ServiceSpec<T>, options: CallOptions = {}): Promise<Reply<T>> {
    return super.request(spec.origin === undefined ? await this.#located(spec, options) : spec, options)
  }

  override async stream(spec: ServiceSpec, options: CallOptions = {}): Promise<Reply<Readable>> {
    return super.stream(spec.origin === undefined ? await this.#located(spec, options) : spec, options)
  }

  /** Sends a request and maps its reply while it is read: a reply of another form is malformed. */
  async mapped<T>(spec: Omit<ServiceSpec, 'read'>, map: (body: RawReply) => T, options?: CallOptions): Promise<T> {
    const read = (bytes: Buffer, head: ReplyHead): T => map(this.read(bytes, head) as RawReply)
    return (await this.request<T>({ ...spec, read } as ServiceSpec<T>, options)).body
  }

  /** A reply's one thing: what stands in `member`, or the whole reply where there is none. */
  one<Raw, T>({ member, map, ...spec }: OneSpec<Raw, T>, options?: CallOptions): Promise<T> {
    const take = (body: RawReply): T => {
      const found = member === undefined ? body : body[member]
      if (found === undefined || found === null) throw new Error(`The reply has no '${member}'`)
      return map(found as Raw)
    }
    return this.mapped(spec, take, options)
  }

  /** A list, page by page. */
  list<Raw, T>(spec: ListSpec<Raw, T>, options?: CallOptions): Pager<T> {
    return pager(marker => this.page(spec, marker, options), options)
  }

  /** One page of a list. */
  page<Raw, T>(list: ListSpec<Raw, T>, marker: string | undefined, options?: CallOptions): Promise<Page<T>> {
    const { member, map, keep, limit, ...spec } = list
    const query = { ...spec.query, limit, marker }
    const take = (body: RawReply): Page<T> => ({ items: itemsOf(list, body), next: nextOf(member, body) })
    return this.mapped({ ...spec, query }, take, options)
  }

  /** A list that comes as a whole. */
  listWhole<Raw, T>(list: ListSpec<Raw, T>, options?: CallOptions): Pager<T> {
    return this.listWith(async () => list, options)
  }

  /** A list that comes as a whole, and whose request is to be found out first. */
  listWith<Raw, T>(find: () => Promise<ListSpec<Raw, T>>, options?: CallOptions): Pager<T> {
    return onePage(async () => {
      const list = await find()
      const { member, map, keep, limit, ...spec } = list
      return this.mapped(spec, body => itemsOf(list, body), options)
    }, options)
  }
}

/** What is fetched for all who wait for it ends with none of them. */
function shared(options: CallOptions): CallOptions {
  const { [OPERATION]: operation, [PROVIDER]: provider } = options as { [OPERATION]?: string; [PROVIDER]?: string }
  return { retry: options.retry, [OPERATION]: operation, [PROVIDER]: provider } as CallOptions
}

function identityEndpoint({ authUrl, identityVersion, endpoints }: Settings, provider: string): Endpoint {
  const { identity } = endpoints
  if (authUrl !== undefined) {
    return toEndpoint(`${authUrl}/${identityVersion === 2 ? 'v2.0' : 'v3'}`, 'identity', undefined, 'authUrl')
  }
  if (identity !== undefined) return toEndpoint(identity, 'identity', undefined, 'endpoints.identity')
  const message = `No credentials for '${provider}': what stands in no 'endpoints' is looked for at 'authUrl', which is not given.`
  throw new InvalidCredentialsError(message, { provider })
}
