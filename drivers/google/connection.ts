import { optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import { InvalidRequestError, type LibcloudError } from '../../lib/errors.js'
import { Connection } from '../../lib/http/connection.js'
import type { ErrorTable, ProviderProblem } from '../../lib/http/errors.js'
import type { OutgoingRequest, Refusal, ReplyHead, RequestSpec } from '../../lib/http/message.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Page, type Pager, pager } from '../../lib/pager.js'
import { forAll, orElse } from '../../lib/renewed.js'
import { GoogleCredentials } from './credentials.js'
import { meta } from './meta.js'
import { CLOUD_PLATFORM, checkForms, type GoogleOptions } from './options.js'
import { ERRORS, problemOf } from './problem.js'

/** A request whose path names the project, which may have to be found out. */
export interface ProjectSpec extends Omit<RequestSpec, 'read' | 'path'> {
  readonly path: string | ((project: string) => string)
}
/** The request of a list; `map` and `keep` are given each item. */
export interface ListSpec<Raw, T> extends ProjectSpec {
  /** The reply's member that holds the items. @defaultValue 'items' */
  readonly member?: string | undefined
  readonly map: (raw: Raw) => T
  /** Which items are wanted, where the provider cannot be asked for them alone. */
  readonly keep?: ((raw: Raw) => boolean) | undefined
}
type RawList = Readonly<Record<string, unknown>> & { readonly nextPageToken?: string }

/**
 * What all services of Google share: who asks, in which project, and what refusals mean. The token is fetched when it is
 * first needed, anew before it ends or when it is refused, and once for all calls that wait for it.
 *
 * @see https://cloud.google.com/docs/authentication
 */
export class GoogleConnection extends Connection {
  override readonly errors: ErrorTable = ERRORS
  readonly scopes: readonly string[]
  readonly credentials: GoogleCredentials
  readonly zone: string | undefined
  #project: Promise<string> | undefined

  constructor(driver: BaseDriver, baseUrl: string) {
    super(driver, { baseUrl, meta })
    const options = optionsOf<GoogleOptions>(driver)
    checkForms(options, driver.provider)
    this.scopes = options.scopes ?? [CLOUD_PLATFORM]
    this.zone = options.zone || undefined
    this.credentials = new GoogleCredentials(this)
  }

  override sign(request: OutgoingRequest, options: CallOptions): void | Promise<void> {
    const current = this.credentials.current()
    if (current !== undefined) return this.#authorize(request, current)
    return this.credentials.token(options).then(token => this.#authorize(request, token))
  }

  #authorize(request: OutgoingRequest, token: string): void {
    request.headers['authorization'] = `Bearer ${token}`
    const quotaProject = optionsOf<GoogleOptions>(this).quotaProject || this.credentials.quotaProject
    if (quotaProject) request.headers['x-goog-user-project'] = quotaProject
  }

  /** A token may be withdrawn before its time: it is renewed once, by whoever finds out first. */
  override async mend(error: LibcloudError, { request }: Refusal, options: CallOptions): Promise<boolean> {
    const used = request.headers['authorization']?.replace(/^Bearer /, '')
    if (error.status !== 401 || used === undefined) return false
    return this.credentials.renewed(used, options)
  }

  override problem(text: string, head: ReplyHead): ProviderProblem {
    try {
      return problemOf(text)
    } catch {
      return super.problem(text, head)
    }
  }

  /**
   * The project that is worked in: found out once.
   * @throws InvalidRequestError where neither the options nor the credentials tell.
   */
  async projectId(options: CallOptions = {}): Promise<string> {
    const { project } = optionsOf<GoogleOptions>(this)
    if (project) return project
    const find = (): Promise<string> => {
      this.#project ??= this.#findProject(forAll(options))
      return this.#project
    }
    return orElse(find, options, { provider: this.provider, what: 'project' })
  }

  async #findProject(options: CallOptions): Promise<string> {
    const found = await this.credentials
      .source(options)
      .then(source => source.project(options))
      .catch((error: unknown) => {
        this.#project = undefined
        throw error
      })
    if (found) {
      checkForms({ project: found }, this.provider)
      return found
    }
    this.#project = undefined
    const allowed = 'given: neither the credentials nor GOOGLE_CLOUD_PROJECT tell one'
    const operation = operationOf(options)
    const details = { provider: this.provider, operation, argument: 'project', allowed }
    throw new InvalidRequestError(`${operation ?? 'request'}: 'project' must be ${allowed}`, details)
  }

  /** Sends a request and maps its reply while it is read: a reply of another form is malformed. */
  async one<Raw, T>({ path, ...spec }: ProjectSpec, map: (raw: Raw) => T, options?: CallOptions): Promise<T> {
    const located = typeof path === 'string' ? path : path(await this.projectId(options))
    const read = (body: Buffer, head: ReplyHead): T => {
      const raw = this.read(body, head)
      if (typeof raw !== 'object' || raw === null) throw new Error('The reply is no object')
      return map(raw as Raw)
    }
    return (await this.request<T>({ ...spec, path: located, read } as RequestSpec<T>, options)).body
  }

  /** A list, page by page. */
  list<Raw, T>(spec: ListSpec<Raw, T>, options?: CallOptions): Pager<T> {
    return pager(token => this.page(spec, token, options), options)
  }

  /** One page of a list: an empty one has no items. */
  page<Raw, T>(spec: ListSpec<Raw, T>, token: string | undefined, options?: CallOptions): Promise<Page<T>> {
    const { member = 'items', map, keep = () => true, ...rest } = spec
    const query = { ...spec.query, pageToken: token }
    const take = (body: RawList): Page<T> => ({
      items: ((body[member] ?? []) as readonly Raw[]).filter(each => keep(each)).map(each => map(each)),
      next: body.nextPageToken || undefined,
    })
    return this.one({ ...rest, query }, take, options)
  }
}
