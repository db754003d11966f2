import { optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import { InvalidRequestError, type LibcloudError } from '../../lib/errors.js'
import { Connection } from '../../lib/http/connection.js'
import type { ErrorTable, ProviderProblem } from '../../lib/http/errors.js'
import type { OutgoingRequest, Refusal, ReplyHead, RequestSpec } from '../../lib/http/message.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Page, type Pager, pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import { idPath, isName, type ResourceId, readId, refused } from './arm.ids.js'
import { awaitOperation, localPart } from './arm.operations.js'
import { ERRORS, problemOf } from './arm.problem.js'
import { AzureCredentials } from './credentials.js'
import { ARM_CREDENTIALS, type AzureOptions, checkForms, cloudOf } from './options.js'

/** A request to the resource manager. */
export interface ArmSpec extends Omit<RequestSpec, 'read' | 'path'> {
  /** Below the subscription where it begins with `providers/` or `resourceGroups`; else whole. */
  readonly path: string | ((subscription: string) => string)
  /** The version of the resource provider's API. */
  readonly version: string
}
/** The request of a list; `map` and `keep` are given each item. */
export interface ArmListSpec<Raw, T> extends ArmSpec {
  readonly map: (raw: Raw) => T
  /** Which items are wanted, where the provider cannot be asked for them alone. */
  readonly keep?: ((raw: Raw) => boolean) | undefined
}
interface RawList<Raw> {
  readonly value?: readonly Raw[]
  readonly nextLink?: string | null
}

/**
 * Azure's resource manager: who asks, in which subscription, how long operations are waited for, and what refusals mean.
 *
 * @see https://learn.microsoft.com/rest/api/azure/
 */
export class ArmConnection extends Connection {
  override readonly errors: ErrorTable = ERRORS
  readonly credentials: AzureCredentials
  readonly resourceGroup: string | undefined
  readonly region: string | undefined

  constructor(driver: BaseDriver) {
    const options = optionsOf<AzureOptions>(driver)
    checkForms(options, driver.provider)
    const { management: resource } = cloudOf(options)
    super(driver, { baseUrl: resource, meta: { name: 'Microsoft Azure', credentials: ARM_CREDENTIALS } })
    this.resourceGroup = options.resourceGroup || undefined
    this.region = options.region || undefined
    const { key: clientId, secret: clientSecret } = options
    this.credentials = new AzureCredentials(this, { clientId, clientSecret, resource })
  }

  override sign(request: OutgoingRequest, options: CallOptions): void | Promise<void> {
    return this.credentials.sign(request, options)
  }
  override mend(error: LibcloudError, refusal: Refusal, options: CallOptions): Promise<boolean> {
    return this.credentials.mend(error, refusal, options)
  }

  override problem(text: string, head: ReplyHead): ProviderProblem {
    const requestId = head.headers['x-ms-request-id'] ?? head.headers['x-ms-correlation-request-id']
    try {
      return { requestId, ...problemOf(text) }
    } catch {
      return super.problem(text, head)
    }
  }

  /** @throws InvalidRequestError where neither the options nor the credentials tell the subscription. */
  async subscription(options: CallOptions = {}): Promise<string> {
    const { subscriptionId } = optionsOf<AzureOptions>(this)
    if (subscriptionId) return subscriptionId
    const source = await this.credentials.source(options)
    const found = await source.subscription?.(options)
    if (found) {
      checkForms({ subscriptionId: found }, this.provider)
      return found
    }
    const allowed = 'given: neither the credentials nor AZURE_SUBSCRIPTION_ID tell one'
    throw refused(this.provider, operationOf(options), 'subscriptionId', allowed)
  }

  /** The group that new things go to. @throws InvalidRequestError where none is given */
  group(given: string | undefined, argument: string, options: CallOptions | undefined): string {
    const group = given ?? this.resourceGroup
    if (group !== undefined && isName(group) && !group.endsWith('.')) return group
    const allowed = "a resource group's name; the driver's option 'resourceGroup' is taken where none is given"
    throw refused(this.provider, operationOf(options), argument, allowed)
  }

  /** The location that new things go to. @throws InvalidRequestError where none is given */
  location(given: string | undefined, argument: string, options: CallOptions | undefined): string {
    const location = given ?? this.region
    if (location !== undefined && /^[A-Za-z0-9]+$/.test(location)) return location
    const allowed = "a location's name, such as 'westeurope'; the driver's option 'region' is taken where none is given"
    throw refused(this.provider, operationOf(options), argument, allowed)
  }

  /**
   * Reads what a caller gave for a resource: an id as Azure writes it, or a name in the driver's resource group.
   * @throws InvalidRequestError for what is neither, or another kind of resource's.
   */
  async locate(id: string, type: string, argument: string, options: CallOptions | undefined): Promise<ResourceId> {
    const known = readId(id)
    if (known && known.type.toLowerCase() === type.toLowerCase()) return { ...known, type }
    const isPlain = !id.includes('/') && type.split('/').length === 2 && isName(id)
    if (isPlain && !known) {
      const group = this.group(undefined, argument, options)
      return { subscription: await this.subscription(options), group, type, names: [id] }
    }
    const allowed = `the id of ${type}, '/subscriptions/…/resourceGroups/…/providers/${type.split('/')[0]}/…', or a name in the driver's resource group`
    throw refused(this.provider, operationOf(options), argument, allowed)
  }

  /** The path of such a resource. */
  async pathTo(id: string, type: string, argument: string, options: CallOptions | undefined): Promise<string> {
    return idPath(await this.locate(id, type, argument, options))
  }

  /** Makes a request of a path and a version. */
  async spec({ path, version, ...spec }: ArmSpec, options: CallOptions = {}): Promise<RequestSpec> {
    const located = typeof path === 'string' ? path : path(await this.subscription(options))
    return { ...spec, path: located, query: { ...spec.query, 'api-version': version } }
  }

  /** Sends a request and maps its reply while it is read: a reply of another form is malformed. */
  async one<Raw, T>(spec: ArmSpec, map: (raw: Raw) => T, options?: CallOptions): Promise<T> {
    const read = (body: Buffer, head: ReplyHead): T => {
      const raw = this.read(body, head)
      if (typeof raw !== 'object' || raw === null) throw new Error('The reply is no object')
      return map(raw as Raw)
    }
    return (await this.request<T>({ ...(await this.spec(spec, options)), read } as RequestSpec<T>, options)).body
  }

  /**
   * Sends a request that begins a long operation, waits for its end, and gives what it came to: the resource of a PUT or
   * PATCH, the result of a POST.
   */
  async operate<Raw, T>(
    spec: ArmSpec,
    map: (raw: Raw | undefined) => T,
    options: WaitOptions = {},
    { wait = true }: { readonly wait?: boolean } = {},
  ): Promise<T> {
    const request = await this.spec(spec, options)
    const read = (body: Buffer, head: ReplyHead): unknown => {
      const raw = this.read(body, head)
      if (raw !== undefined && (typeof raw !== 'object' || raw === null)) throw new Error('The reply is no object')
      if ((head.status === 200 || head.status === 201) && raw !== undefined) map(raw as Raw)
      return raw
    }
    const reply = await this.request({ ...request, read }, options)
    if (!wait) return map(reply.body as Raw | undefined)
    return map((await awaitOperation(this, request, reply, options)) as Raw | undefined)
  }

  /** A list, page by page. */
  list<Raw, T>(spec: ArmListSpec<Raw, T>, options?: CallOptions): Pager<T> {
    return pager(token => this.page(spec, token, options), options)
  }

  /** One page of a list. The token is the next page's path and query. */
  async page<Raw, T>(spec: ArmListSpec<Raw, T>, token: string | undefined, options?: CallOptions): Promise<Page<T>> {
    const { map, keep = () => true, ...first } = spec
    const { path, query } = await this.spec(first, options)
    const next = token === undefined ? undefined : this.#resumed(token, path, options)
    const take = (raw: RawList<Raw>): Page<T> => {
      if (raw.value !== undefined && !Array.isArray(raw.value)) throw new Error('The reply is no list')
      return {
        items: (raw.value ?? []).filter(each => keep(each)).map(each => map(each)),
        next: raw.nextLink ? localPart(raw.nextLink, this.origin) : undefined,
      }
    }
    const read = (body: Buffer, head: ReplyHead): Page<T> => {
      const raw = this.read(body, head)
      if (typeof raw !== 'object' || raw === null) throw new Error('The reply is no object')
      return take(raw as RawList<Raw>)
    }
    const { version: _version, path: _path, ...rest } = first
    const request = { ...rest, path, query, ...next, read } as RequestSpec<Page<T>>
    return (await this.request<Page<T>>(request, options)).body
  }

  /** A token is part of an address: it must lead to the same list. */
  #resumed(token: string, path: string, options: CallOptions | undefined): Pick<RequestSpec, 'path' | 'query'> {
    const url = token.startsWith('/') && URL.canParse(token, this.origin) ? new URL(token, this.origin) : undefined
    if (url?.origin !== this.origin || !url.pathname.toLowerCase().startsWith('/subscriptions/')) {
      const allowed = `the 'next' of an earlier page of ${path}`
      throw new InvalidRequestError(`${operationOf(options) ?? 'list'}: the page's token must be ${allowed}`, {
        provider: this.provider,
        operation: operationOf(options),
        argument: 'token',
        allowed,
      })
    }
    return { path: url.pathname, query: Object.fromEntries(url.searchParams) }
  }
}
