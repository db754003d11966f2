import { NotSupportedError } from '../../lib/errors.js'
import { readText } from '../../lib/http/message.js'
import { path, type QueryValues } from '../../lib/http/url.js'
import { operationOf } from '../../lib/options.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { LXDConnection } from './connection.js'
import { events, type LXDEvent, type LXDEventsOptions } from './events.js'
import { refuse } from './names.js'
import type {
  LXDCallOptions,
  LXDChangeOptions,
  LXDConfig,
  LXDListOptions,
  LXDOperation,
  LXDUpdateOptions,
} from './types.js'

/** What a server is. */
export interface LXDServerInfo {
  readonly config: Readonly<Record<string, string | boolean>>
  /** Names of what it has beyond the API's first version. */
  readonly apiExtensions: readonly string[]
  readonly apiStatus: string
  readonly apiVersion: string
  /** `'trusted'`, or `'untrusted'`: then it tells nothing of its environment. */
  readonly auth: string
  readonly authMethods: readonly string[]
  readonly public: boolean
  readonly environment: Readonly<Record<string, unknown>> & {
    readonly server: string
    readonly serverVersion: string
    readonly serverName: string
    readonly serverClustered: boolean
    readonly addresses: readonly string[]
    readonly architectures: readonly string[]
    readonly certificate: string
    readonly certificateFingerprint: string
  }
}
/** Something that the server complains of. */
export interface LXDWarning {
  readonly uuid: string
  readonly location: string
  readonly project: string
  readonly type: string
  readonly count: number
  readonly firstSeenAt: Date | undefined
  readonly lastSeenAt: Date | undefined
  readonly lastMessage: string
  readonly severity: string
  /** `'new'`, `'acknowledged'` or `'resolved'`. */
  readonly status: string
  readonly entityUrl: string
}
/** What `ex_query` takes. */
export interface LXDQueryOptions extends LXDChangeOptions {
  ex_json?: unknown
  ex_query?: QueryValues | undefined
}

/** The server itself, its operations, warnings and events. */
export class LXDServer {
  // Only declared: drivers have them from their own base class.
  declare readonly connection: LXDConnection
  declare readonly provider: string

  /**
   * The server's version, configuration and environment. Servers tell less to those whom they do not trust.
   * @example const { environment } = await driver.ex_getServer()
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/server/server_get
   */
  async ex_getServer(options?: LXDCallOptions): Promise<LXDServerInfo> {
    return this.connection.get('/1.0', options)
  }

  /**
   * Whether the server trusts this client.
   * @example if (!(await driver.ex_isTrusted())) await driver.ex_authenticate(token)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/server/server_get
   */
  async ex_isTrusted(options?: LXDCallOptions): Promise<boolean> {
    return (await this.ex_getServer(options)).auth === 'trusted'
  }

  /**
   * Whether the server has something that is newer than the API's first version.
   * @example await driver.ex_hasApiExtension('network_forward')
   * @see https://documentation.ubuntu.com/lxd/latest/api-extensions/
   */
  async ex_hasApiExtension(name: string, options?: LXDCallOptions): Promise<boolean> {
    return (await this.ex_getServer(options)).apiExtensions.includes(name)
  }

  /**
   * Rejects where the server does not have something.
   * @example await driver.ex_assertApiExtension('network_forward')
   * @throws NotSupportedError
   * @see https://documentation.ubuntu.com/lxd/latest/api-extensions/
   */
  async ex_assertApiExtension(name: string, options?: LXDCallOptions): Promise<void> {
    if (await this.ex_hasApiExtension(name, options)) return
    const { provider } = this
    const operation = operationOf(options)
    throw new NotSupportedError(`This '${provider}' server has no API extension '${name}'`, { provider, operation })
  }

  /**
   * Changes some of the server's own settings; an empty string unsets one.
   * @example await driver.ex_updateServerConfig({ 'images.auto_update_interval': '0' })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/server/server_patch
   */
  async ex_updateServerConfig(config: LXDConfig, options?: LXDUpdateOptions): Promise<void> {
    await this.connection.change({ method: 'PATCH', path: '/1.0', json: { config } }, options)
  }

  /**
   * The host's hardware: processors, memory, storage, network cards, graphics processors.
   * @example const { cpu, memory } = await driver.ex_getResources()
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/server/resources_get
   */
  async ex_getResources(options?: LXDCallOptions): Promise<Readonly<Record<string, unknown>>> {
    return this.connection.get('/1.0/resources', options)
  }

  /**
   * What instances use, in the text form of OpenMetrics.
   * @example const text = await driver.ex_getMetrics()
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/metrics/metrics_get
   */
  async ex_getMetrics(options?: LXDCallOptions): Promise<string> {
    const spec = { path: '/1.0/metrics', query: this.connection.query(options), read: readText }
    return (await this.connection.request(spec, options)).body
  }

  /**
   * Asks the API for anything: what it answers, under the API's own names. Something that goes on in the background is waited for.
   * @example const names = await driver.ex_query('GET', '/1.0/instances')
   * @see https://documentation.ubuntu.com/lxd/latest/api/
   */
  async ex_query(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    at: string,
    options?: LXDQueryOptions,
  ): Promise<unknown> {
    if (!/^\/1\.0(\/(?!\.{1,2}(\/|$))[\w.~:@+,=-]+)*$/.test(at))
      throw refuse(this.provider, 'at', at, "a path that begins with '/1.0'")
    const { ex_json: json, ex_query: query } = options ?? {}
    if (method !== 'GET') return this.connection.change({ method, path: at, json, query }, options)
    const asked = { ...this.connection.query(options), ...query }
    const { body } = await this.connection.request<{ metadata: unknown }>({ path: at, query: asked }, options)
    return body.metadata
  }

  /**
   * What happens, as it happens: the loop ends when it is left; an abort ends it with its reason. Connects again when the
   * daemon was restarted.
   * @example
   * ```ts
   * for await (const { metadata } of driver.ex_events({ ex_types: ['lifecycle'] })) console.log(metadata['action'])
   * ```
   * @see https://documentation.ubuntu.com/lxd/latest/events/
   */
  ex_events(options?: LXDEventsOptions): AsyncIterable<LXDEvent> {
    return events(this.connection, options)
  }

  /**
   * What goes on in the background.
   * @example for await (const { description } of driver.ex_listOperations()) console.log(description)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/operations/operations_get_recursion1
   */
  ex_listOperations(options?: LXDListOptions): Pager<LXDOperation> {
    const query = { recursion: 1, 'all-projects': options?.ex_allProjects }
    return onePage(async () => {
      type ByState = Readonly<Record<string, readonly LXDOperation[]>> | undefined
      const byState = await this.connection.get<ByState>('/1.0/operations', options, { query })
      return Object.values(byState ?? {}).flat()
    }, options)
  }

  /**
   * One operation, as it is now. The daemon forgets it a few seconds after its end.
   * @example const { status } = await driver.ex_getOperation(id)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/operations/operation_get
   */
  async ex_getOperation(operationId: string, options?: LXDCallOptions): Promise<LXDOperation> {
    return this.connection.get(path`/1.0/operations/${operationId}`, options)
  }

  /**
   * Waits until an operation is done.
   * @example await driver.ex_waitForOperation(id)
   * @throws LibcloudError when it has failed
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/operations/operation_wait_get
   */
  async ex_waitForOperation(operationId: string, options?: LXDChangeOptions): Promise<LXDOperation> {
    return this.connection.wait(await this.ex_getOperation(operationId, options), options)
  }

  /**
   * Cancels an operation, where it can be cancelled.
   * @example await driver.ex_cancelOperation(id)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/operations/operation_delete
   */
  async ex_cancelOperation(operationId: string, options?: LXDCallOptions): Promise<void> {
    await this.connection.change({ method: 'DELETE', path: path`/1.0/operations/${operationId}` }, options)
  }

  /**
   * What the server complains of.
   * @example for await (const { type, lastMessage } of driver.ex_listWarnings()) console.log(type, lastMessage)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/warnings/warnings_get_recursion1
   */
  ex_listWarnings(options?: LXDListOptions): Pager<LXDWarning> {
    return this.connection.list('/1.0/warnings', options)
  }

  /**
   * One of the server's complaints.
   * @example const { severity } = await driver.ex_getWarning(uuid)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/warnings/warning_get
   */
  async ex_getWarning(uuid: string, options?: LXDCallOptions): Promise<LXDWarning> {
    return this.connection.get(path`/1.0/warnings/${uuid}`, options)
  }

  /**
   * Marks a complaint as known, or as new again.
   * @example await driver.ex_updateWarning(uuid, { status: 'acknowledged' })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/warnings/warning_put
   */
  async ex_updateWarning(
    uuid: string,
    warning: { readonly status: 'new' | 'acknowledged' },
    options?: LXDUpdateOptions,
  ): Promise<void> {
    const spec = { method: 'PUT', path: path`/1.0/warnings/${uuid}`, json: { status: warning.status } } as const
    await this.connection.change(spec, options)
  }

  /**
   * Forgets a complaint.
   * @example await driver.ex_deleteWarning(uuid)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/warnings/warning_delete
   */
  async ex_deleteWarning(uuid: string, options?: LXDCallOptions): Promise<void> {
    await this.connection.change({ method: 'DELETE', path: path`/1.0/warnings/${uuid}` }, options)
  }
}
