import { CleanupError, LibcloudError, NodeDoesNotExistError, NotFoundError, ServiceError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import type { Ref } from '../../lib/resource.js'
import type { LXDConnection } from './connection.js'
import { checkConfig, checkDevices, instanceName } from './names.js'
import type { LXDCallOptions, LXDChangeOptions, LXDConfig, LXDDevices, LXDOperation } from './types.js'

/** The error of a request about one node. */
export const NO_NODE: ErrorTable = { 404: NodeDoesNotExistError }

/** An address of an instance. */
export interface LXDAddress {
  /** `'inet'` or `'inet6'`. */
  readonly family: string
  readonly address: string
  readonly netmask: string
  /** `'global'`, `'link'` or `'local'`. */
  readonly scope: string
}
/** A network interface of an instance. */
export interface LXDInterface {
  readonly addresses: readonly LXDAddress[]
  readonly counters: Readonly<Record<string, number>>
  readonly hwaddr: string
  /** Its name on the host. */
  readonly hostName: string
  readonly mtu: number
  readonly state: string
  readonly type: string
}
/** What an instance is doing, and what it uses. */
export interface LXDInstanceState {
  readonly status: string
  readonly statusCode: number
  /** By device: bytes used. */
  readonly disk: Readonly<Record<string, { readonly usage: number; readonly total?: number }>> | undefined
  /** Bytes. */
  readonly memory: { readonly usage: number; readonly usagePeak: number; readonly swapUsage: number }
  /** By interface. */
  readonly network: Readonly<Record<string, LXDInterface>> | undefined
  /** Of its first process, on the host; 0 when it does not run. */
  readonly pid: number
  /** -1 where it cannot be told. */
  readonly processes: number
  /** Nanoseconds of processor time. */
  readonly cpu: { readonly usage: number }
}
/** A container or a virtual machine. */
export interface LXDInstance {
  readonly name: string
  readonly description: string
  /** `'container'` or `'virtual-machine'`. */
  readonly type: string
  readonly architecture: string
  /** Its own configuration: https://documentation.ubuntu.com/lxd/latest/reference/instance_options/ */
  readonly config: LXDConfig
  readonly devices: LXDDevices
  /** With what its profiles say. */
  readonly expandedConfig: LXDConfig
  readonly expandedDevices: LXDDevices
  readonly profiles: readonly string[]
  /** It is deleted when it stops. */
  readonly ephemeral: boolean
  /** Its state in memory was kept when it was stopped. */
  readonly stateful: boolean
  /** The daemon's word: `'Running'`, `'Stopped'`, `'Frozen'`, `'Error'`. */
  readonly status: string
  readonly statusCode: number
  readonly createdAt: Date | undefined
  readonly lastUsedAt: Date | undefined
  /** The cluster member; `'none'` where there is no cluster. */
  readonly location: string
  readonly project: string
  /** Only where it was asked for. */
  readonly state?: LXDInstanceState | undefined
}

/** Where an image is found. */
export interface LXDImageSource {
  /** Another server's address, where the image is not this one's. */
  ex_server?: string | undefined
  /** @defaultValue 'lxd', of another server */
  ex_protocol?: 'lxd' | 'simplestreams' | 'oci' | 'incus' | undefined
  /** The other server's certificate in PEM, where nobody signed it. */
  ex_certificate?: string | undefined
  /** For an image that is not public. */
  ex_secret?: string | undefined
}
/** What an instance may be made with. */
export interface LXDInstanceOptions extends LXDImageSource {
  /** @defaultValue 'container' */
  ex_type?: 'container' | 'virtual-machine' | undefined
  ex_description?: string | undefined
  /** Its own configuration, above its profiles'. */
  ex_config?: LXDConfig | undefined
  ex_devices?: LXDDevices | undefined
  /** In this order, the last wins. @defaultValue 'default', and the size */
  ex_profiles?: readonly string[] | undefined
  /** Deleted when it stops. @defaultValue false */
  ex_ephemeral?: boolean | undefined
  /** Another cloud's name of a size: `'aws:t2.micro'`, `'c2-m4'`. */
  ex_instanceType?: string | undefined
  /** Cloud-init's configuration or a script; of images that have cloud-init. */
  ex_userData?: string | undefined
  /** Cloud-init's configuration of the network. */
  ex_networkConfig?: string | undefined
  /** The pool of its root disk, in place of the profiles'. */
  ex_storagePool?: string | undefined
  /** A network of its interface `eth0`, in place of the profiles'. */
  ex_network?: string | undefined
}

/** Public servers of images: `ubuntu:24.04` names an image as the command-line client does. */
export const REMOTES: Readonly<Record<string, string>> = {
  ubuntu: 'https://cloud-images.ubuntu.com/releases/',
  'ubuntu-daily': 'https://cloud-images.ubuntu.com/daily/',
  'ubuntu-minimal': 'https://cloud-images.ubuntu.com/minimal/releases/',
  'ubuntu-minimal-daily': 'https://cloud-images.ubuntu.com/minimal/daily/',
  images: 'https://images.lxd.canonical.com/',
}

/** An image as the daemon wants to be told of it: by fingerprint or alias, here or at another server. */
export function imageSource(
  id: string,
  options: LXDImageSource,
  remotes: Readonly<Record<string, string>> = REMOTES,
): Record<string, unknown> {
  const colon = id.indexOf(':')
  const remote = colon > 0 ? remotes[id.slice(0, colon)] : undefined
  const known = remote === undefined ? id : id.slice(colon + 1)
  const named = /^[0-9a-f]{12,64}$/.test(known) ? { fingerprint: known } : { alias: known }
  const { ex_server: server = remote, ex_protocol: protocol, ex_certificate: certificate, ex_secret: secret } = options
  if (server === undefined) return { type: 'image', ...named }
  const spoken = protocol ?? (remote === undefined ? 'lxd' : 'simplestreams')
  return { type: 'image', ...named, mode: 'pull', server, protocol: spoken, certificate, secret }
}

/** An instance to be made. */
export interface NewInstance {
  readonly name: string
  readonly source: Record<string, unknown>
  readonly profiles: readonly string[]
  readonly config?: LXDConfig | undefined
}

/** Makes an instance, which does not run yet. */
export async function createInstance(
  connection: LXDConnection,
  { name, source, profiles, config }: NewInstance,
  given: LXDInstanceOptions,
  options?: LXDChangeOptions,
): Promise<void> {
  const { provider } = connection
  instanceName(provider, name)
  checkConfig(provider, given.ex_config, 'ex_config')
  checkDevices(provider, given.ex_devices, 'ex_devices')
  const { ex_userData: user, ex_networkConfig: network, ex_storagePool: pool, ex_network: nic } = given
  const json = {
    name,
    source,
    type: given.ex_type ?? 'container',
    description: given.ex_description,
    profiles: given.ex_profiles ?? profiles,
    ephemeral: given.ex_ephemeral,
    instance_type: given.ex_instanceType,
    config: {
      ...config,
      ...(user === undefined ? {} : { 'cloud-init.user-data': user }),
      ...(network === undefined ? {} : { 'cloud-init.network-config': network }),
      ...given.ex_config,
    },
    devices: {
      ...(pool === undefined ? {} : { root: { type: 'disk', path: '/', pool } }),
      ...(nic === undefined ? {} : { eth0: { type: 'nic', name: 'eth0', network: nic } }),
      ...given.ex_devices,
    },
  }
  await connection.change({ method: 'POST', path: '/1.0/instances', json }, options)
}

/** One instance, with its state and addresses. */
export function readInstance(
  connection: LXDConnection,
  name: string,
  options?: LXDCallOptions,
  errors?: ErrorTable,
): Promise<LXDInstance> {
  return connection.get<LXDInstance>(path`/1.0/instances/${name}`, options, { query: { recursion: 1 }, errors })
}

export type LXDAction = 'start' | 'stop' | 'restart' | 'freeze' | 'unfreeze'

/** How an instance is started, stopped and so on. */
export interface LXDPowerOptions extends LXDChangeOptions {
  /** Does not ask it to shut down, but ends it. @defaultValue false; true for what restarts or stops base methods use */
  ex_force?: boolean | undefined
  /** Seconds that it has to shut down; -1 for as long as it takes. @defaultValue 30 */
  ex_timeout?: number | undefined
  /** Keeps its memory on disk when it stops, and takes it from there when it starts. @defaultValue false */
  ex_stateful?: boolean | undefined
}

/** Starts, stops, restarts, freezes or thaws an instance. Not repeated: a second one would find it done. */
export function power(
  connection: LXDConnection,
  name: string,
  action: LXDAction,
  options?: LXDPowerOptions,
  errors?: ErrorTable,
): Promise<LXDOperation> {
  const { ex_force: force = false, ex_timeout: timeout = 30, ex_stateful: stateful } = options ?? {}
  const json = { action, force, timeout, stateful }
  const spec = { method: 'PUT', path: path`/1.0/instances/${name}/state`, json, errors, idempotent: false } as const
  return connection.change(spec, options)
}

/** Asks an instance to shut down, and ends it where it does not. */
export async function shutDown(
  connection: LXDConnection,
  name: string,
  options?: LXDChangeOptions,
  errors?: ErrorTable,
): Promise<void> {
  await power(connection, name, 'stop', options, errors).catch(error => {
    if (!hasFailed(error)) throw error
    return power(connection, name, 'stop', { ...options, ex_force: true }, errors)
  })
}

/** Deletes an instance, running or not. */
export async function removeInstance(
  connection: LXDConnection,
  name: string,
  options?: LXDChangeOptions,
  errors?: ErrorTable,
): Promise<void> {
  const at = path`/1.0/instances/${name}`
  const { status, ephemeral } = await connection.get<LXDInstance>(at, options, { errors })
  if (status !== 'Stopped' && status !== 'Error') {
    await power(connection, name, 'stop', { ...options, ex_force: true }, errors)
  }
  const removal = connection.change({ method: 'DELETE', path: at, errors }, options)
  // What is deleted when it stops may be gone before it is asked for.
  await removal.catch(error => {
    if (!(ephemeral && error instanceof NotFoundError)) throw error
  })
}

/** The daemon has tried and failed: nothing of it goes on. */
const hasFailed = (error: unknown): boolean => error instanceof ServiceError && error.providerCode === 'Failure'

/** The daemon has said no, at once or later: what became of it is known. */
const isRefused = (error: unknown): boolean =>
  error instanceof LibcloudError && (error.providerCode === 'Failure' || (error.status ?? 500) < 500)

/** Starts what was just made; what the daemon does not start is not left behind. */
export async function startNew(connection: LXDConnection, name: string, options?: LXDCallOptions): Promise<void> {
  await power(connection, name, 'start', options).catch(async error => {
    if (!isRefused(error)) throw error
    const { provider } = connection
    // The caller's signal and time are spent, and the wreck is to go all the same.
    await removeInstance(connection, name, { ex_project: options?.ex_project, timeout: 60_000 }).catch(failure => {
      if (failure instanceof NotFoundError) return
      const message = `Instance '${name}' was made but does not start, and could not be removed`
      throw new CleanupError(message, { provider, cause: error, errors: [error, failure] })
    })
    throw error
  })
}

/** The project that a reference names, where it names one. */
export const inProject = (options: CallOptions | undefined, project: Ref | undefined): LXDCallOptions | undefined =>
  project === undefined ? options : { ...options, ex_project: project.id }

/** Addresses that reach an instance: all but those of its own loopback and links. */
export function addressesOf({ state }: LXDInstance): string[] {
  return Object.values(state?.network ?? {}).flatMap(({ addresses }) =>
    (addresses ?? []).filter(({ scope }) => scope === 'global').map(({ address }) => address),
  )
}

const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd])/i
export const isPrivate = (address: string): boolean => PRIVATE.test(address)
