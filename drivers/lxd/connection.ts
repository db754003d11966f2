import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { keepOptions, optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import { ConnectionError } from '../../lib/errors.js'
import { Connection } from '../../lib/http/connection.js'
import type { ErrorTable, ProviderProblem } from '../../lib/http/errors.js'
import type { Reply, ReplyHead, RequestSpec } from '../../lib/http/message.js'
import type { Upgraded, UpgradeSpec } from '../../lib/http/upgrade.js'
import type { VendorMeta } from '../../lib/meta.js'
import type { CallOptions, DriverOptions } from '../../lib/options.js'
import { onePage, type Pager } from '../../lib/pager.js'
import { fromRaw } from './convert.js'
import { readProblem } from './errors.js'
import { imageSource, type LXDImageSource } from './instances.shared.js'
import { meta } from './meta.js'
import { OperationWait } from './operations.js'
import type { LXDCallOptions, LXDChangeOptions, LXDListOptions, LXDOperation } from './types.js'

/**
 * Without `host` the local daemon is spoken to, over its unix socket. With `host` it is HTTPS on port 8443: `clientCert` and
 * `clientKey` are then those of the command-line client, and the server's certificate is the one that it has pinned,
 * where they are not given.
 */
export interface LXDOptions extends DriverOptions {
  /** What calls work on that name no other. @defaultValue the server's project 'default' */
  project?: string | undefined
  /** The cluster member that is asked, and where instances are made. @defaultValue the server's choice */
  target?: string | undefined
}

/** Where daemon and client keep their things. */
export interface LXDPlaces {
  /** The unix sockets, the first that exists. */
  readonly sockets: (env: NodeJS.ProcessEnv) => readonly string[]
  /** Folders with the client's certificate. */
  readonly folders: (env: NodeJS.ProcessEnv) => readonly string[]
  /** Those who may use the socket. */
  readonly group: string
  /** What the headers of files and images begin with. */
  readonly headers: string
}

const PLACES: LXDPlaces = {
  sockets: env => {
    if (env['LXD_SOCKET']) return [env['LXD_SOCKET']]
    if (env['LXD_DIR']) return [join(env['LXD_DIR'], 'unix.socket')]
    return ['/var/snap/lxd/common/lxd/unix.socket', '/var/lib/lxd/unix.socket']
  },
  folders: env => [
    ...(env['LXD_CONF'] ? [env['LXD_CONF']] : []),
    join(homedir(), 'snap/lxd/common/config'),
    join(homedir(), '.config/lxc'),
  ],
  group: 'lxd',
  headers: 'X-LXD-',
}

/** What every reply is wrapped in. */
export interface RawEnvelope {
  readonly type: 'sync' | 'async' | 'error'
  readonly operation?: string
  readonly metadata: unknown
}

/** A request that changes something. */
export interface ChangeSpec extends Omit<RequestSpec, 'read'> {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
}

/** What something is, and by what tag the daemon knows that it is still so. */
export interface Tagged<T> {
  readonly value: T
  readonly etag: string | undefined
}

/** https://documentation.ubuntu.com/lxd/latest/rest-api/ */
export class LXDConnection extends Connection {
  /** Calls that name no project work on this one. */
  readonly project: string | undefined
  readonly target: string | undefined
  readonly places: LXDPlaces

  constructor(driver: BaseDriver, vendor: VendorMeta = meta, places: LXDPlaces = PLACES) {
    const options = optionsOf<LXDOptions>(driver)
    const local = options.host === undefined && options.dispatcher === undefined
    super(driver, { baseUrl: options.host === undefined ? 'http://localhost' : 'https://localhost:8443', meta: vendor })
    this.places = places
    this.project = options.project || undefined
    this.target = options.target || undefined
    if (local) {
      const all = places.sockets(process.env)
      const socketPath = options.socketPath ?? all.find(each => existsSync(each)) ?? all.at(-1)
      keepOptions(this, { ...options, socketPath })
    } else if (options.host !== undefined && options.secure !== false) {
      keepOptions(this, { ...options, ...identity(options, places.folders(process.env)) })
    }
  }

  override problem(text: string, head: ReplyHead): ProviderProblem {
    return readProblem(super.problem(text, head), text, head.status)
  }

  override async request<T = unknown>(spec: RequestSpec<T>, options: CallOptions = {}): Promise<Reply<T>> {
    return super.request(spec, options).catch(error => this.#explain(error))
  }

  override async stream(spec: RequestSpec, options: CallOptions = {}): Promise<Reply<Readable>> {
    return super.stream(spec, options).catch(error => this.#explain(error))
  }

  override async upgrade(spec: UpgradeSpec, options: CallOptions = {}): Promise<Upgraded> {
    return super.upgrade(spec, options).catch(error => this.#explain(error))
  }

  /** An image as the daemon wants to be told of it. */
  imageSource(id: string, options: LXDImageSource): Record<string, unknown> {
    return imageSource(id, options)
  }

  /** What something is. */
  async get<T>(at: string, options?: LXDCallOptions, also: Partial<RequestSpec> = {}): Promise<T> {
    return (await this.tagged<T>(at, options, also)).value
  }

  /** What something is, with its tag. */
  async tagged<T>(at: string, options?: LXDCallOptions, also: Partial<RequestSpec> = {}): Promise<Tagged<T>> {
    const query = { ...this.query(options), ...also.query }
    const { body, headers } = await this.request<T>({ ...also, path: at, query, read: this.#reader() }, options)
    return { value: body, etag: headers['etag'] }
  }

  /** A list: the daemon answers every one in one piece. */
  list<T, R = T>(
    at: string,
    options?: LXDListOptions,
    { map, ...also }: Partial<RequestSpec> & { map?: (item: T) => R } = {},
  ): Pager<R> {
    const filter = options?.ex_filter
    const all = options?.ex_allProjects
    const query = { recursion: 1, filter, 'all-projects': all, ...also.query }
    return onePage(async () => {
      const items = (await this.get<readonly T[] | undefined>(at, options, { ...also, query })) ?? []
      return map ? items.map(map) : (items as unknown as readonly R[])
    }, options)
  }

  /**
   * Changes something, and waits until it is done. Gives the operation, where it went on in the background.
   * @throws LibcloudError of the same class, whether the failure was answered or came later.
   */
  async change(spec: ChangeSpec, options?: LXDChangeOptions & { ex_etag?: string | undefined }): Promise<LXDOperation> {
    const query = { ...this.query(options), ...spec.query }
    const headers = { ...spec.headers, 'if-match': options?.ex_etag }
    // What was changed has another tag: a second attempt would be told of somebody else's change.
    const once = options?.ex_etag === undefined ? {} : { idempotent: false }
    const read = (bytes: Buffer, head: ReplyHead): RawEnvelope => this.envelope(bytes, head)
    const { body } = await this.request<RawEnvelope>({ ...once, ...spec, query, headers, read }, options)
    if (body.type !== 'async') return DONE
    const begun = fromRaw<LXDOperation>(body.metadata)
    options?.ex_onOperation?.(begun)
    return options?.ex_wait === false ? begun : this.wait(begun, options, spec.errors)
  }

  /** Waits until an operation is done. @throws LibcloudError when it has failed. */
  wait(operation: LXDOperation, options?: LXDChangeOptions, errors?: ErrorTable): Promise<LXDOperation> {
    return new OperationWait(this, options, errors).end(operation)
  }

  /** Reads the wrapping of a reply. */
  envelope(bytes: Buffer, head: ReplyHead): RawEnvelope {
    const body = this.read(bytes, head) as RawEnvelope | undefined
    if (body?.type !== 'sync' && body?.type !== 'async') throw new Error('it is not of the form that replies have')
    return body
  }

  /** What every request says beside: the project and the cluster member. */
  query(options?: LXDCallOptions): { project: string | undefined; target: string | undefined } {
    return { project: options?.ex_project ?? this.project, target: options?.ex_target ?? this.target }
  }

  #reader<T>(): (bytes: Buffer, head: ReplyHead) => T {
    return (bytes, head) => fromRaw<T>(this.envelope(bytes, head).metadata)
  }

  #explain(error: unknown): never {
    const { socketPath } = optionsOf<LXDOptions>(this)
    const { code } = ((error as Error | undefined)?.cause ?? {}) as { code?: string }
    if (!(error instanceof ConnectionError) || socketPath === undefined) throw error
    if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'ECONNREFUSED') throw error
    const tried = [...new Set([socketPath, ...this.places.sockets(process.env)])].join(', ')
    const { provider, operation } = error
    const why =
      code === 'EACCES'
        ? `only root and members of the group '${this.places.group}' may use it`
        : `no daemon listens there. If one runs, name its socket with 'socketPath', or be a member of the group '${this.places.group}'`
    throw new ConnectionError(`${operation ?? 'request'}: no '${provider}' at ${tried} (${code}): ${why}`, {
      provider,
      operation,
      cause: error.cause,
    })
  }
}

/** What was answered at once. */
const DONE: LXDOperation = {
  id: '',
  class: 'none',
  description: '',
  createdAt: undefined,
  updatedAt: undefined,
  status: 'Success',
  statusCode: 200,
  resources: undefined,
  metadata: undefined,
  mayCancel: false,
  err: '',
  location: '',
}

/** The command-line client's certificate, and the server's that it has pinned. */
function identity(options: LXDOptions, folders: readonly string[]): Partial<LXDOptions> {
  const read = (name: string): string | undefined => {
    const folder = folders.find(each => existsSync(join(each, name)))
    return folder === undefined ? undefined : readFileSync(join(folder, name), 'utf8')
  }
  const found: { -readonly [K in keyof LXDOptions]?: LXDOptions[K] } = {}
  if (options.clientCert === undefined && options.clientKey === undefined) {
    const [cert, key] = [read('client.crt'), read('client.key')]
    if (cert !== undefined && key !== undefined) Object.assign(found, { clientCert: cert, clientKey: key })
  }
  const { serverFingerprint, ca, verifyTls } = options
  const pinned = read(join('servercerts', `${options.host}.crt`))
  if (pinned !== undefined && serverFingerprint === undefined && ca === undefined && verifyTls === undefined) {
    found.serverFingerprint = fingerprintOf(pinned)
  }
  return found
}

/** SHA-256 of a certificate in PEM, as the API writes it: the name by which the server knows it. */
export function fingerprintOf(pem: string): string {
  const { X509Certificate } = process.getBuiltinModule('node:crypto')
  return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()
}
