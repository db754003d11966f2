import { NodeDriver } from '../../lib/compute/driver.js'
import { Node, NodeState } from '../../lib/compute/types.js'
import { ConflictError, NodeDoesNotExistError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { type GCECreateNodeOptions, type GCENodeOptions, toRawInstance } from './compute.create.js'
import { checkName, idOf, lastPart, type Place, placeOf, refused, zoneFor } from './compute.refs.js'
import type { GCEChangeOptions, GoogleComputeConnection } from './operations.js'

/** `TERMINATED` is a machine that was stopped: it can be started again. https://cloud.google.com/compute/docs/instances/instance-life-cycle */
const STATES: Readonly<Record<string, NodeState>> = {
  PROVISIONING: NodeState.PENDING,
  STAGING: NodeState.STARTING,
  RUNNING: NodeState.RUNNING,
  PENDING_STOP: NodeState.STOPPING,
  STOPPING: NodeState.STOPPING,
  DEPROVISIONING: NodeState.STOPPING,
  STOPPED: NodeState.STOPPED,
  TERMINATED: NodeState.STOPPED,
  SUSPENDING: NodeState.STOPPING,
  SUSPENDED: NodeState.SUSPENDED,
  REPAIRING: NodeState.RECONFIGURING,
}

/** The error of a request about one instance. */
export const NO_NODE: ErrorTable = { 404: NodeDoesNotExistError }

export interface RawMetadata {
  readonly fingerprint?: string
  readonly items?: readonly { readonly key: string; readonly value?: string }[]
}
interface RawInterface {
  readonly name?: string
  readonly network?: string
  readonly subnetwork?: string
  readonly networkIP?: string
  readonly accessConfigs?: readonly { readonly name?: string; readonly natIP?: string }[]
  readonly ipv6Address?: string
  readonly ipv6AccessConfigs?: readonly { readonly externalIpv6?: string }[]
  readonly ipv6AccessType?: string
}
interface RawAttachedDisk {
  readonly deviceName?: string
  readonly source?: string
  readonly boot?: boolean
  readonly autoDelete?: boolean
  readonly mode?: string
  readonly type?: string
  readonly diskSizeGb?: string
}
export interface RawInstance {
  readonly id: string
  readonly name: string
  readonly selfLink: string
  readonly zone: string
  readonly status: string
  readonly statusMessage?: string
  readonly description?: string
  readonly machineType: string
  readonly cpuPlatform?: string
  readonly creationTimestamp?: string
  readonly lastStartTimestamp?: string
  readonly networkInterfaces?: readonly RawInterface[]
  readonly disks?: readonly RawAttachedDisk[]
  readonly metadata?: RawMetadata
  readonly tags?: { readonly items?: readonly string[]; readonly fingerprint?: string }
  readonly labels?: Readonly<Record<string, string>>
  readonly labelFingerprint?: string
  readonly serviceAccounts?: readonly { readonly email?: string; readonly scopes?: readonly string[] }[]
  readonly scheduling?: GCEScheduling
  readonly canIpForward?: boolean
  readonly deletionProtection?: boolean
  readonly hostname?: string
  readonly guestAccelerators?: readonly { readonly acceleratorType?: string; readonly acceleratorCount?: number }[]
}

/** What becomes of an instance when its host fails or is maintained, in Google's words. */
export interface GCEScheduling {
  readonly onHostMaintenance?: 'MIGRATE' | 'TERMINATE' | undefined
  readonly automaticRestart?: boolean | undefined
  readonly preemptible?: boolean | undefined
  readonly provisioningModel?: 'STANDARD' | 'SPOT' | undefined
  readonly instanceTerminationAction?: 'DELETE' | 'STOP' | undefined
}
/** A network card of an instance. */
export interface GCENodeInterface {
  /** `'nic0'`. */
  readonly name: string
  /** Ids that `ex_getNetwork` and `ex_getSubnetwork` take. */
  readonly network: string | undefined
  readonly subnetwork: string | undefined
  readonly privateIp: string | undefined
  readonly publicIp: string | undefined
}
/** A disk of an instance. */
export interface GCENodeDisk {
  readonly deviceName: string
  /** The volume's id; a local one has none. */
  readonly volumeId: string | undefined
  readonly isBoot: boolean
  /** Whether it is deleted with the instance. */
  readonly autoDelete: boolean
  /** GiB. */
  readonly size: number | undefined
}
/** What only Google tells of an instance. */
export interface GCENodeExtra {
  /** The provider's own word: `'RUNNING'`, `'TERMINATED'` … */
  readonly state: string
  /** Why it is in that state. */
  readonly stateMessage: string | undefined
  /** A number, which does in place of the name. */
  readonly number: string
  readonly zone: string
  readonly selfLink: string
  readonly description: string
  readonly cpuPlatform: string | undefined
  readonly startedAt: Date | undefined
  readonly interfaces: readonly GCENodeInterface[]
  readonly disks: readonly GCENodeDisk[]
  readonly metadata: Readonly<Record<string, string>>
  readonly tags: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly serviceAccounts: readonly { readonly email?: string; readonly scopes?: readonly string[] }[]
  readonly scheduling: GCEScheduling
  readonly canIpForward: boolean
  readonly isProtected: boolean
  readonly hostname: string | undefined
  readonly accelerators: readonly { readonly type: string; readonly count: number }[]
}
export interface GCEListNodesOptions extends CallOptions {
  /** Only this zone's; `'all'` where the driver has a zone, and all are wanted. @defaultValue the driver's zone, else all */
  ex_zone?: string | undefined
  /** Google's own filter: `'labels.env = prod'`. */
  ex_filter?: string | undefined
}
/** Several instances alike, but for their names. */
export interface GCECreateMultipleNodesOptions extends GCENodeOptions {
  size: Ref
  image: Ref
  location?: Ref | undefined
  names: readonly string[]
}

/** Instances. What changes one is awaited. */
export abstract class GCEBase extends NodeDriver {
  declare readonly connection: GoogleComputeConnection

  /** @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/list */
  listNodes(options?: GCEListNodesOptions): Pager<Node<GCENodeExtra>> {
    const spec = { map: (raw: RawInstance) => toNode(this, raw), query: { filter: options?.ex_filter } }
    return this.connection.listIn(zoneScope(this, options), 'instances', { ...spec, keep: inRegion(this) }, options)
  }

  /** @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/get */
  async getNode(nodeId: string, options?: CallOptions): Promise<Node<GCENodeExtra>> {
    const place = placeOf(this, { id: nodeId }, 'zone', 'nodeId', options)
    return this.connection.get(place, 'instances', (raw: RawInstance) => toNode(this, raw), NO_NODE, options)
  }

  /**
   * Is awaited until Google has made the instance; it may still be booting. Of one that fails nothing is left; when the
   * signal or the timeout ends the wait, it may yet come to be. The key of `auth` goes into the instance's metadata, for
   * the user that `ex_sshUser` says.
   * @throws ServiceError when the zone has no room for it.
   * @throws QuotaExceededError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/insert
   */
  async createNode(node: GCECreateNodeOptions, options?: GCEChangeOptions): Promise<Owned<Node<GCENodeExtra>>> {
    checkName(this, node.name, 'node.name', options)
    const zone = zoneFor(this, node.location, 'node.location', options)
    const json = { name: node.name, ...toRawInstance(this, node, zone, options) }
    const template = node.ex_template && placeOf(this, node.ex_template, 'global', 'node.ex_template', options)
    const query = { sourceInstanceTemplate: template && `global/instanceTemplates/${template.name}` }
    const errors = { 409: ConflictError }
    await this.connection.insert(`zones/${zone}`, 'instances', json, options, { query, errors })
    const made = await this.getNode(`${zone}/${node.name}`, options)
    return owned(made, () => this.destroyNode(made))
  }

  /** At once, as by its button: `ex_stopNode` and `startNode` let the system end its work.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/reset */
  async rebootNode(node: Ref, options?: GCEChangeOptions): Promise<void> {
    await act(this, node, 'reset', {}, options)
  }

  /** @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/start */
  async startNode(node: Ref, options?: GCEChangeOptions): Promise<void> {
    await act(this, node, 'start', {}, options)
  }

  /** @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/stop */
  async stopNode(node: Ref, options?: GCEChangeOptions): Promise<void> {
    await act(this, node, 'stop', {}, options)
  }

  /** Disks go with it that were made to.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/delete */
  async destroyNode(node: Ref, options?: GCEChangeOptions): Promise<void> {
    const place = placeOf(this, node, 'zone', 'node', options)
    await this.connection.remove(place, 'instances', NO_NODE, options)
  }

  /**
   * One instance by its name, wherever it is.
   *
   * @example
   * ```ts
   * const node = await driver.ex_getNode('web-1')
   * ```
   * @throws NodeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList
   */
  async ex_getNode(name: string, options?: GCEListNodesOptions): Promise<Node<GCENodeExtra>> {
    checkName(this, name, 'name', options)
    const spec = { map: (raw: RawInstance) => toNode(this, raw), query: { filter: `name = ${name}` } }
    const scope = zoneScope(this, { ...options, ex_zone: options?.ex_zone ?? 'all' })
    for await (const node of this.connection.listIn(scope, 'instances', spec, options)) return node
    throw new NodeDoesNotExistError(`ex_getNode: '${this.provider}' has no instance '${name}'`, {
      provider: this.provider,
      operation: 'ex_getNode',
    })
  }

  /**
   * Makes several instances, alike but for their names, all at the same time: all of them, or an error that tells which
   * were not made, when those that were are destroyed again.
   *
   * @example
   * ```ts
   * const size = { id: 'e2-small' }
   * const image = { id: 'debian-cloud/family/debian-12' }
   * const nodes = await driver.ex_createMultipleNodes({ names: ['web-1', 'web-2'], size, image })
   * ```
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/insert
   */
  async ex_createMultipleNodes(
    nodes: GCECreateMultipleNodesOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<Node<GCENodeExtra>>[]> {
    const { names, ...common } = nodes
    if (!Array.isArray(names) || names.length === 0) throw refused(this, 'nodes.names', 'a list of names', options)
    for (const name of names) checkName(this, name, 'nodes.names', options)
    const made = await Promise.allSettled(names.map(name => this.createNode({ ...common, name }, options)))
    const failed = made.find((each): each is PromiseRejectedResult => each.status === 'rejected')
    const good = made.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
    if (!failed) return good
    if (!options?.signal?.aborted) await Promise.allSettled(good.map(node => this.destroyNode(node)))
    throw failed.reason
  }

  /**
   * Destroys several instances at the same time.
   *
   * @example
   * ```ts
   * await driver.ex_destroyMultipleNodes([{ id: 'europe-west3-a/web-1' }, { id: 'europe-west3-a/web-2' }])
   * ```
   * @throws NodeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/delete
   */
  async ex_destroyMultipleNodes(nodes: readonly Ref[], options?: GCEChangeOptions): Promise<void> {
    const places = nodes.map(node => placeOf(this, node, 'zone', 'nodes', options))
    const gone = await Promise.allSettled(
      places.map(place => this.connection.remove(place, 'instances', NO_NODE, options)),
    )
    const failed = gone.find((each): each is PromiseRejectedResult => each.status === 'rejected')
    if (failed) throw failed.reason
  }
}

/** Where a list is asked for: one zone, or `undefined` for all. */
export function zoneScope(
  driver: GCEBase,
  options: { readonly ex_zone?: string | undefined } | undefined,
): string | undefined {
  const { ex_zone: wanted = driver.connection.zone } = options ?? {}
  return wanted === undefined || wanted === 'all'
    ? undefined
    : `zones/${zoneFor(driver, { id: wanted }, 'options.ex_zone', undefined)}`
}

/** A driver with a region, but without a zone, lists what the region has. */
export function inRegion(driver: GCEBase): (raw: { readonly zone?: string | undefined }) => boolean {
  const { zone, region } = driver.connection
  return raw => zone !== undefined || region === undefined || (lastPart(raw.zone)?.startsWith(`${region}-`) ?? true)
}

/** Does something with an instance. */
export async function act(
  driver: GCEBase,
  node: Ref,
  verb: string,
  spec: { readonly json?: object; readonly query?: Readonly<Record<string, string | boolean | undefined>> },
  options: GCEChangeOptions | undefined,
): Promise<Place> {
  const place = placeOf(driver, node, 'zone', 'node', options)
  await driver.connection.act(place, `instances:${verb}`, { ...spec, errors: NO_NODE }, options)
  return place
}

/** The addresses of all network cards, those of IPv6 last. */
function addresses(cards: readonly RawInterface[], isPublic: boolean): string[] {
  const found: string[] = []
  const later: string[] = []
  for (const card of cards) {
    const { networkIP, accessConfigs = [], ipv6AccessConfigs = [] } = card
    if (isPublic) {
      for (const { natIP } of accessConfigs) if (natIP) found.push(natIP)
      for (const { externalIpv6 } of ipv6AccessConfigs) if (externalIpv6) later.push(externalIpv6)
    } else {
      if (networkIP) found.push(networkIP)
      if (card.ipv6Address && card.ipv6AccessType === 'INTERNAL') later.push(card.ipv6Address)
    }
  }
  return later.length > 0 ? [...found, ...later] : found
}

/** Metadata as names and values. */
export function metadataOf(raw: RawMetadata | undefined): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { key, value = '' } of raw?.items ?? []) found[key] = value
  return found
}

export function toNode(driver: GCEBase, raw: RawInstance): Node<GCENodeExtra> {
  const cards = raw.networkInterfaces ?? []
  const zone = lastPart(raw.zone)
  return new Node(driver, {
    id: `${zone}/${raw.name}`,
    name: raw.name,
    state: STATES[raw.status] ?? NodeState.UNKNOWN,
    publicIps: addresses(cards, true),
    privateIps: addresses(cards, false),
    size: { id: lastPart(raw.machineType) },
    createdAt: raw.creationTimestamp === undefined ? undefined : new Date(raw.creationTimestamp),
    extra: {
      state: raw.status,
      stateMessage: raw.statusMessage,
      number: raw.id,
      zone,
      selfLink: raw.selfLink,
      description: raw.description ?? '',
      cpuPlatform: raw.cpuPlatform,
      startedAt: raw.lastStartTimestamp === undefined ? undefined : new Date(raw.lastStartTimestamp),
      interfaces: cards.map(toInterface),
      disks: (raw.disks ?? []).map(toDisk),
      metadata: metadataOf(raw.metadata),
      tags: raw.tags?.items ?? [],
      labels: raw.labels ?? {},
      serviceAccounts: raw.serviceAccounts ?? [],
      scheduling: raw.scheduling ?? {},
      canIpForward: raw.canIpForward ?? false,
      isProtected: raw.deletionProtection ?? false,
      hostname: raw.hostname,
      accelerators: (raw.guestAccelerators ?? []).map(({ acceleratorType = '', acceleratorCount = 0 }) => ({
        type: lastPart(acceleratorType),
        count: acceleratorCount,
      })),
    },
  })
}

function toInterface({
  name = '',
  network,
  subnetwork,
  networkIP,
  accessConfigs = [],
}: RawInterface): GCENodeInterface {
  return {
    name,
    network: network === undefined ? undefined : idOf(network, 'global'),
    subnetwork: subnetwork === undefined ? undefined : idOf(subnetwork, 'region'),
    privateIp: networkIP,
    publicIp: accessConfigs[0]?.natIP,
  }
}

function toDisk({ deviceName = '', source, boot, autoDelete, diskSizeGb }: RawAttachedDisk): GCENodeDisk {
  return {
    deviceName,
    volumeId: source === undefined ? undefined : idOf(source, 'zone'),
    isBoot: boot ?? false,
    autoDelete: autoDelete ?? false,
    size: diskSizeGb === undefined ? undefined : Number(diskSizeGb),
  }
}
