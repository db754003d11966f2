import { NodeDriver } from '../../lib/compute/driver.js'
import {
  type CreateImageOptions,
  type CreateNodeOptions,
  Node,
  NodeAuthSSHKey,
  NodeImage,
  NodeLocation,
  NodeSize,
  NodeState,
} from '../../lib/compute/types.js'
import { ImageDoesNotExistError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { path } from '../../lib/http/url.js'
import type { VendorMeta } from '../../lib/meta.js'
import type { CallOptions, DriverOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { extended, type LXDExtensions } from './extensions.js'
import { imageName, type LXDImage, publishImage } from './images.shared.js'
import {
  addressesOf,
  createInstance,
  isPrivate,
  type LXDInstance,
  type LXDInstanceOptions,
  NO_NODE,
  power,
  readInstance,
  removeInstance,
  shutDown,
  startNew,
} from './instances.shared.js'
import { listPlaces } from './locations.js'
import { instanceOf, nameOf } from './names.js'
import { bytes, GIB, MIB } from './quantities.js'
import type { LXDConfig, LXDDevices, LXDListOptions } from './types.js'

const STATES: Readonly<Record<string, NodeState>> = {
  Running: NodeState.RUNNING,
  Stopped: NodeState.STOPPED,
  Frozen: NodeState.PAUSED,
  Starting: NodeState.STARTING,
  Stopping: NodeState.STOPPING,
  Aborting: NodeState.STOPPING,
  Freezing: NodeState.RUNNING,
  Thawed: NodeState.RUNNING,
  Ready: NodeState.RUNNING,
  Error: NodeState.ERROR,
}
const NO_IMAGE: ErrorTable = { 404: ImageDoesNotExistError }

/** What only LXD tells of a node. */
export interface LXDNodeExtra {
  /** The daemon's word: `'Running'`, `'Stopped'`, `'Frozen'`, `'Error'`. */
  readonly state: string
  /** `'container'` or `'virtual-machine'`. */
  readonly type: string
  readonly architecture: string
  readonly description: string
  readonly project: string
  /** The cluster member; `'none'` where there is no cluster. */
  readonly location: string
  readonly profiles: readonly string[]
  /** With what its profiles say. */
  readonly config: LXDConfig
  /** With what its profiles say. */
  readonly devices: LXDDevices
  readonly ephemeral: boolean
  readonly lastUsedAt: Date | undefined
  /** Of its first process, on the host; 0 when it does not run. */
  readonly pid: number
}
/** What only LXD tells of a size, which is a profile. */
export interface LXDSizeExtra {
  readonly description: string
  readonly config: LXDConfig
  readonly devices: LXDDevices
}
/** What `createNode` takes: a size is a profile, an image a fingerprint, an alias, or a public server's `ubuntu:24.04`. */
export interface LXDCreateNodeOptions extends CreateNodeOptions, LXDInstanceOptions {
  /** Does not start it. @defaultValue false */
  ex_stopped?: boolean | undefined
}
interface RawProfile {
  readonly name: string
  readonly description: string
  readonly config: LXDConfig
  readonly devices: LXDDevices
}

// Declared with its type: a class cannot extend an expression whose type is not written down.
const Base: abstract new (
  ...args: [vendor: Pick<VendorMeta, 'vendor' | 'credentials'>, options: DriverOptions]
) => NodeDriver & LXDExtensions = extended(NodeDriver)

/**
 * Containers and virtual machines as nodes; a node's id is its name, `project/name` in another project than the driver's.
 * Profiles are the sizes, the cluster's members the locations.
 */
export abstract class LXDComputeBase extends Base {
  override readonly features = { createNode: ['sshKey'] } as const

  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instances_get_recursion2 */
  listNodes(options?: LXDListOptions): Pager<Node<LXDNodeExtra>> {
    const map = (raw: LXDInstance): Node<LXDNodeExtra> => this.#node(raw)
    return this.connection.list('/1.0/instances', options, { query: { recursion: 2 }, map })
  }

  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_get_recursion1 */
  async getNode(nodeId: string, options?: CallOptions): Promise<Node<LXDNodeExtra>> {
    const [name, found] = instanceOf(this.provider, nodeId, options, 'nodeId')
    return this.#node(await readInstance(this.connection, name, found, NO_NODE))
  }

  /**
   * Makes an instance and starts it. Cloud-init, where the image has it, gets the key of `auth` and `ex_userData`.
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instances_post
   */
  async createNode(node: LXDCreateNodeOptions, options?: CallOptions): Promise<Owned<Node<LXDNodeExtra>>> {
    const { name, image, size, location, auth } = node
    const target = location === undefined || location.id === 'none' ? {} : { ex_target: location.id }
    const size_ = nameOf(this.provider, size, 'node.size')
    const profiles = size_ === 'default' ? ['default'] : ['default', size_]
    const source = this.connection.imageSource(image.id, node)
    const config: LXDConfig =
      auth instanceof NodeAuthSSHKey ? { 'cloud-init.vendor-data': withKey(auth.publicKey) } : {}
    await createInstance(this.connection, { name, source, profiles, config }, node, { ...options, ...target })
    if (!node.ex_stopped) await startNew(this.connection, name, options)
    return owned(await this.getNode(name, options), () => this.destroyNode({ id: name }))
  }

  /** Without asking it to shut down. @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_state_put */
  async rebootNode(node: Ref, options?: CallOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, node, options, 'node')
    await power(this.connection, name, 'restart', { ...found, ex_force: true }, NO_NODE)
  }

  /** Thaws it where it is frozen. @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_state_put */
  async startNode(node: Ref, options?: CallOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, node, options, 'node')
    await power(this.connection, name, 'start', found, NO_NODE)
  }

  /**
   * Asks it to shut down, and ends it when it has not after 30 seconds.
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_state_put
   */
  async stopNode(node: Ref, options?: CallOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, node, options, 'node')
    await shutDown(this.connection, name, found, NO_NODE)
  }

  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_delete */
  async destroyNode(node: Ref, options?: CallOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, node, options, 'node')
    await removeInstance(this.connection, name, found, NO_NODE)
  }

  /** Profiles: what they say of processors, memory and the root disk. @see https://documentation.ubuntu.com/lxd/latest/api/#/profiles/profiles_get_recursion1 */
  listSizes(options?: CallOptions): Pager<NodeSize<LXDSizeExtra>> {
    const map = (raw: RawProfile): NodeSize<LXDSizeExtra> => toSize(this, raw)
    return this.connection.list('/1.0/profiles', options, { map })
  }

  /** The members of the cluster; the server itself where there is none. @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster/cluster_members_get_recursion1 */
  listLocations(options?: CallOptions): Pager<NodeLocation> {
    const map = ({ id, name, ...extra }: { id: string; name: string }): NodeLocation =>
      new NodeLocation(this, { id, name, extra })
    return onePage(async () => (await listPlaces(this.connection, options)).map(map), options)
  }

  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_get_recursion1 */
  listImages(options?: LXDListOptions): Pager<NodeImage<LXDImage>> {
    return this.connection.list('/1.0/images', options, { map: (raw: LXDImage) => toImage(this, raw) })
  }

  /** By its fingerprint. @see https://documentation.ubuntu.com/lxd/latest/api/#/images/image_get */
  async getImage(imageId: string, options?: CallOptions): Promise<NodeImage<LXDImage>> {
    const also = { errors: NO_IMAGE }
    return toImage(this, await this.connection.get<LXDImage>(path`/1.0/images/${imageId}`, options, also))
  }

  /**
   * Of a node that runs a snapshot is taken first, and deleted afterwards. The name becomes an alias.
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_post
   */
  async createImage(node: Ref, image: CreateImageOptions, options?: CallOptions): Promise<Owned<NodeImage<LXDImage>>> {
    const [name, found] = instanceOf(this.provider, node, options, 'node')
    const fingerprint = await publishImage(this.connection, name, image, found)
    return owned(await this.getImage(fingerprint, found), () => this.deleteImage({ id: fingerprint }))
  }

  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/images/image_delete */
  async deleteImage(image: Ref, options?: CallOptions): Promise<void> {
    const spec = { method: 'DELETE', path: path`/1.0/images/${image.id}`, errors: NO_IMAGE } as const
    await this.connection.change(spec, options)
  }

  #node(raw: LXDInstance): Node<LXDNodeExtra> {
    return toNode(this, raw, this.connection.project ?? 'default')
  }
}

/** Vendor data: what users say in theirs stands beside it. */
function withKey(publicKey: string): string {
  return `#cloud-config\nssh_authorized_keys:\n  - ${JSON.stringify(publicKey)}\n`
}

function toNode(driver: NodeDriver, raw: LXDInstance, project: string): Node<LXDNodeExtra> {
  const addresses = addressesOf(raw)
  const base = raw.config['volatile.base_image']
  const profile = raw.profiles.at(-1)
  return new Node(driver, {
    id: raw.project === undefined || raw.project === project ? raw.name : `${raw.project}/${raw.name}`,
    name: raw.name,
    state: STATES[raw.status] ?? NodeState.UNKNOWN,
    // An instance has the addresses of its networks, private ones among them, and no others to be reached at.
    publicIps: addresses,
    privateIps: addresses.filter(isPrivate),
    size: profile === undefined ? undefined : { id: profile },
    image: base === undefined ? undefined : { id: base },
    createdAt: raw.createdAt,
    extra: {
      state: raw.status,
      type: raw.type,
      architecture: raw.architecture,
      description: raw.description,
      project: raw.project,
      location: raw.location,
      profiles: raw.profiles,
      config: raw.expandedConfig ?? raw.config,
      devices: raw.expandedDevices ?? raw.devices,
      ephemeral: raw.ephemeral,
      lastUsedAt: raw.lastUsedAt,
      pid: raw.state?.pid ?? 0,
    },
  })
}

function toSize(driver: NodeDriver, raw: RawProfile): NodeSize<LXDSizeExtra> {
  const { name, description, config, devices } = raw
  const root = Object.values(devices).find(({ type, path: at }) => type === 'disk' && at === '/')
  const cpus = config['limits.cpu']
  return new NodeSize(driver, {
    id: name,
    name,
    ram: Math.round(bytes(config['limits.memory']) / MIB),
    disk: Math.round(bytes(root?.['size']) / GIB),
    // '0-3' and '1,3' name processors; a number counts them.
    vcpus: cpus !== undefined && /^\d+$/.test(cpus) ? Number(cpus) : undefined,
    extra: { description, config, devices },
  })
}

function toImage(driver: NodeDriver, raw: LXDImage): NodeImage<LXDImage> {
  return new NodeImage(driver, { id: raw.fingerprint, name: imageName(raw), extra: raw })
}
