import type { Readable } from 'node:stream'
import { NotSupportedError } from '../../lib/errors.js'
import type { ProviderProblem } from '../../lib/http/errors.js'
import type { Reply, ReplyHead } from '../../lib/http/message.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { onePage, type Page, type Pager, pager } from '../../lib/pager.js'
import { forAll, orElse } from '../../lib/renewed.js'
import { type Endpoint, factsOf, findEndpoint, toEndpoint } from './catalog.js'
import { identityEndpoint, OpenStackIdentityConnection } from './connection.identity.js'
import { newest, type VersionRange, versionsIn } from './microversions.js'
import { problemOf } from './problem.js'
import { itemsOf, type ListSpec, nextOf, type OneSpec, type RawReply, type ServiceSpec } from './reply.js'

export type { OpenStackConnectionSettings } from './connection.identity.js'

/**
 * All services of a cloud: `request` and `stream` take a request's path without the beginning that the catalog tells,
 * find out where its service is, and add the token, which all calls share. It is fetched when it is first needed,
 * and anew before it expires or when it is refused.
 *
 * @see https://docs.openstack.org/api-ref/identity/v3/
 */
export class OpenStackConnection extends OpenStackIdentityConnection {
  readonly #endpoints = new Map<string, Endpoint>()
  readonly #versions = new Map<string, Promise<VersionRange | undefined>>()

  override problem(text: string, head: ReplyHead): ProviderProblem {
    return problemOf(text, head)
  }

  /**
   * Where a service answers.
   * @throws NotSupportedError where the cloud does not have it, telling what it has
   * @throws InvalidRequestError where it is in other regions, or has other interfaces, only
   */
  async endpoint(service: string = this.service, options: CallOptions = {}): Promise<Endpoint> {
    return (
      this.#endpoints.get(service) ??
      (await orElse(() => this.#findEndpoint(service, options), options, this.#waits('address')))
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
    const catalog = await this.catalog(options)
    const { region, interface: wanted } = settings
    const operation = operationOf(options)
    const url = findEndpoint(catalog, { service, region, interface: wanted, provider: this.provider, operation })
    const { projectId } = await this.session(options)
    return this.#found(service, toEndpoint(url, service, projectId, `the catalog's address of '${service}'`))
  }

  #waits(what: string): { readonly provider: string; readonly what: string } {
    return { provider: this.provider, what }
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
      const { origin, root } = await this.endpoint(service, forAll(options))
      const read = (body: Buffer, head: ReplyHead) => versionsIn(this.read(body, head))
      return (await super.request({ origin, path: root, read, accept: [300] }, forAll(options))).body
    }
    let range = this.#versions.get(service)
    if (range === undefined) {
      range = fetch()
      this.#versions.set(service, range)
      range.catch(() => this.#versions.delete(service))
    }
    const found = range
    return orElse(() => found, options, this.#waits('versions'))
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
