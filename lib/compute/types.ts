import type { BaseDriver } from '../driver.js'
import type { CallOptions } from '../options.js'
import type { Owned } from '../owned.js'
import type { Pager } from '../pager.js'
import type { WaitOptions } from '../poller.js'
import { type NamedRef, type Ref, Resource } from '../resource.js'
import type { ComputeApi } from './api.js'
import type { NodeDriver } from './driver.js'

export const NodeState = {
  RUNNING: 'running',
  STARTING: 'starting',
  REBOOTING: 'rebooting',
  TERMINATED: 'terminated',
  PENDING: 'pending',
  UNKNOWN: 'unknown',
  STOPPING: 'stopping',
  STOPPED: 'stopped',
  SUSPENDED: 'suspended',
  ERROR: 'error',
  PAUSED: 'paused',
  RECONFIGURING: 'reconfiguring',
  MIGRATING: 'migrating',
  NORMAL: 'normal',
  UPDATING: 'updating',
} as const
/** What a node is doing. A provider's state that we do not know is `'unknown'`, and stands in `extra.state`. */
export type NodeState = (typeof NodeState)[keyof typeof NodeState]

export const StorageVolumeState = {
  AVAILABLE: 'available',
  ERROR: 'error',
  INUSE: 'inuse',
  CREATING: 'creating',
  DELETING: 'deleting',
  DELETED: 'deleted',
  BACKUP: 'backup',
  ATTACHING: 'attaching',
  UNKNOWN: 'unknown',
  MIGRATING: 'migrating',
  UPDATING: 'updating',
} as const
/** What a volume is doing. */
export type StorageVolumeState = (typeof StorageVolumeState)[keyof typeof StorageVolumeState]

export const VolumeSnapshotState = {
  AVAILABLE: 'available',
  ERROR: 'error',
  CREATING: 'creating',
  DELETING: 'deleting',
  RESTORING: 'restoring',
  UNKNOWN: 'unknown',
  UPDATING: 'updating',
} as const
/** What a snapshot is doing. */
export type VolumeSnapshotState = (typeof VolumeSnapshotState)[keyof typeof VolumeSnapshotState]

export const NodeImageMemberState = { ACCEPTED: 'accepted', PENDING: 'pending', REJECTED: 'rejected' } as const
/** Whether an account has taken an image that was shared with it. */
export type NodeImageMemberState = (typeof NodeImageMemberState)[keyof typeof NodeImageMemberState]

/** The driver with every base method: at run time the base class has them all, as stubs. */
export function asApi(driver: BaseDriver): ComputeApi {
  return driver as unknown as ComputeApi
}

// Not properties, which `util.inspect` shows with `showHidden` even where they are not enumerable.
const secrets = new WeakMap<object, string>()

/** Logs in with a public key: the provider puts it on the node. */
export class NodeAuthSSHKey {
  /** In the one-line form of OpenSSH. */
  readonly publicKey: string
  constructor(publicKey: string) {
    this.publicKey = publicKey
  }
}
/** Logs in with a password: the provider sets it on the node. Printing does not show it. */
export class NodeAuthPassword {
  /** The library or the provider made it. */
  readonly generated: boolean
  constructor(password: string, generated = false) {
    secrets.set(this, password)
    this.generated = generated
  }
  get password(): string {
    return secrets.get(this) as string
  }
}

/** Ways of logging in that a driver's `createNode` can arrange. */
export type CreateNodeFeature = 'sshKey' | 'password' | 'generatedPassword'

/** What every driver's `createNode` takes. */
export interface CreateNodeOptions {
  name: string
  size: Ref
  image: Ref
  /** Zone, region or data centre. @defaultValue the driver's region, or the provider's choice */
  location?: Ref | undefined
  /** How to log in; see {@link NodeDriver.features}. */
  auth?: NodeAuthSSHKey | NodeAuthPassword | undefined
}
/** What every driver's `createVolume` takes. */
export interface CreateVolumeOptions {
  name: string
  /** GiB. */
  size: number
  location?: Ref | undefined
  /** The volume begins as a copy of this snapshot. */
  snapshot?: Ref | undefined
}
export interface CreateVolumeSnapshotOptions extends CallOptions {
  name?: string | undefined
}
export interface AttachVolumeOptions extends CallOptions {
  /** The device's name on the node, such as `/dev/sdb`. @defaultValue the provider's choice */
  device?: string | undefined
}
export interface CreateImageOptions {
  name: string
  description?: string | undefined
}
export interface CopyImageOptions {
  /** The region that the image lies in. */
  sourceRegion: string
  image: Ref
  name: string
  description?: string | undefined
}
export interface LocationOptions extends CallOptions {
  /** Only what this location has. */
  location?: Ref | undefined
}
export interface CreateKeyPairOptions {
  name: string
}
export interface WaitUntilRunningOptions extends WaitOptions {
  /** Which address is waited for. @defaultValue 'publicIps' */
  sshInterface?: 'publicIps' | 'privateIps' | undefined
  /** Takes no notice of IPv6 addresses. @defaultValue true */
  forceIpv4?: boolean | undefined
}
/** A node that runs, with the addresses it can be reached at. */
export interface RunningNode<N = Node> {
  readonly node: N
  readonly addresses: readonly string[]
}

/** `Extra` defaults to `object`, not to a record: an interface is assignable to the one and not to the other. */
export interface NodeFields<Extra extends object> {
  id: string
  name: string
  state: NodeState
  publicIps: readonly string[]
  privateIps: readonly string[]
  size?: Ref | undefined
  image?: Ref | undefined
  createdAt?: Date | undefined
  extra: Extra
}
/** A server. */
export class Node<Extra extends object = object> extends Resource implements Ref {
  declare readonly driver: NodeDriver
  readonly id: string
  readonly name: string
  readonly state: NodeState
  readonly publicIps: readonly string[]
  readonly privateIps: readonly string[]
  /** The plan, or its id alone, where the provider tells it. */
  readonly size: Ref | undefined
  readonly image: Ref | undefined
  readonly createdAt: Date | undefined
  /** What only this provider tells. */
  readonly extra: Extra
  constructor(driver: NodeDriver, fields: NodeFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.name = fields.name
    this.state = fields.state
    this.publicIps = fields.publicIps
    this.privateIps = fields.privateIps
    this.size = fields.size
    this.image = fields.image
    this.createdAt = fields.createdAt
    this.extra = fields.extra
  }
  reboot(options?: CallOptions): Promise<void> {
    return asApi(this.driver).rebootNode(this, options)
  }
  start(options?: CallOptions): Promise<void> {
    return asApi(this.driver).startNode(this, options)
  }
  stop(options?: CallOptions): Promise<void> {
    return asApi(this.driver).stopNode(this, options)
  }
  /** The same as {@link Node.stop}, under the name that the driver's method has. */
  stopNode(options?: CallOptions): Promise<void> {
    return this.stop(options)
  }
  destroy(options?: CallOptions): Promise<void> {
    return asApi(this.driver).destroyNode(this, options)
  }
  /** The node as it is now. */
  refresh(options?: CallOptions): Promise<Node> {
    return asApi(this.driver).getNode(this.id, options)
  }
}

export interface NodeSizeFields<Extra extends object> {
  id: string
  name: string
  ram: number
  disk: number
  vcpus?: number | undefined
  bandwidth?: number | undefined
  price?: number | undefined
  extra: Extra
}
/** A plan: what a node may be made of. */
export class NodeSize<Extra extends object = object> extends Resource implements Ref {
  declare readonly driver: NodeDriver
  readonly id: string
  readonly name: string
  /** Memory in MiB. */
  readonly ram: number
  /** Disk in GiB; 0 where it is chosen apart. */
  readonly disk: number
  readonly vcpus: number | undefined
  /** Included traffic in GB a month; `undefined` where unknown or without limit. */
  readonly bandwidth: number | undefined
  /** An hour's price, in the currency of the provider's price list; `undefined` where unknown. */
  readonly price: number | undefined
  readonly extra: Extra
  constructor(driver: NodeDriver, fields: NodeSizeFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.name = fields.name
    this.ram = fields.ram
    this.disk = fields.disk
    this.vcpus = fields.vcpus
    this.bandwidth = fields.bandwidth
    this.price = fields.price
    this.extra = fields.extra
  }
}

export interface NodeImageFields<Extra extends object> {
  id: string
  name: string
  extra: Extra
}
/** An operating system's image, or one's own. */
export class NodeImage<Extra extends object = object> extends Resource implements Ref {
  declare readonly driver: NodeDriver
  readonly id: string
  readonly name: string
  readonly extra: Extra
  constructor(driver: NodeDriver, fields: NodeImageFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.name = fields.name
    this.extra = fields.extra
  }
  delete(options?: CallOptions): Promise<void> {
    return asApi(this.driver).deleteImage(this, options)
  }
}

export interface NodeImageMemberFields<Extra extends object> {
  id: string
  imageId: string
  state: NodeImageMemberState
  created?: Date | undefined
  extra: Extra
}
/** An account that an image is shared with. */
export class NodeImageMember<Extra extends object = object> extends Resource implements Ref {
  declare readonly driver: NodeDriver
  /** The account's id. */
  readonly id: string
  readonly imageId: string
  readonly state: NodeImageMemberState
  readonly created: Date | undefined
  readonly extra: Extra
  constructor(driver: NodeDriver, fields: NodeImageMemberFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.imageId = fields.imageId
    this.state = fields.state
    this.created = fields.created
    this.extra = fields.extra
  }
}

export interface NodeLocationFields<Extra extends object> {
  id: string
  name: string
  country?: string | undefined
  extra: Extra
}
/** A zone, region or data centre. */
export class NodeLocation<Extra extends object = object> extends Resource implements Ref {
  declare readonly driver: NodeDriver
  readonly id: string
  readonly name: string
  /** ISO 3166 code of two letters, where known. */
  readonly country: string | undefined
  readonly extra: Extra
  constructor(driver: NodeDriver, fields: NodeLocationFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.name = fields.name
    this.country = fields.country
    this.extra = fields.extra
  }
}

export interface StorageVolumeFields<Extra extends object> {
  id: string
  name: string
  size: number
  state: StorageVolumeState
  extra: Extra
}
/** A block volume. */
export class StorageVolume<Extra extends object = object> extends Resource implements Ref {
  declare readonly driver: NodeDriver
  readonly id: string
  readonly name: string
  /** GiB. */
  readonly size: number
  readonly state: StorageVolumeState
  readonly extra: Extra
  constructor(driver: NodeDriver, fields: StorageVolumeFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.name = fields.name
    this.size = fields.size
    this.state = fields.state
    this.extra = fields.extra
  }
  listSnapshots(options?: CallOptions): Pager<VolumeSnapshot> {
    return asApi(this.driver).listVolumeSnapshots(this, options)
  }
  attach(node: Ref, options?: AttachVolumeOptions): Promise<void> {
    return asApi(this.driver).attachVolume(node, this, options)
  }
  detach(options?: CallOptions): Promise<void> {
    return asApi(this.driver).detachVolume(this, options)
  }
  snapshot(options?: CreateVolumeSnapshotOptions): Promise<Owned<VolumeSnapshot>> {
    return asApi(this.driver).createVolumeSnapshot(this, options)
  }
  destroy(options?: CallOptions): Promise<void> {
    return asApi(this.driver).destroyVolume(this, options)
  }
}

export interface VolumeSnapshotFields<Extra extends object> {
  id: string
  name?: string | undefined
  size?: number | undefined
  created?: Date | undefined
  state: VolumeSnapshotState
  extra: Extra
}
/** A volume as it was at a moment. */
export class VolumeSnapshot<Extra extends object = object> extends Resource implements Ref {
  declare readonly driver: NodeDriver
  readonly id: string
  readonly name: string | undefined
  /** GiB. */
  readonly size: number | undefined
  readonly created: Date | undefined
  readonly state: VolumeSnapshotState
  readonly extra: Extra
  constructor(driver: NodeDriver, fields: VolumeSnapshotFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.name = fields.name
    this.size = fields.size
    this.created = fields.created
    this.state = fields.state
    this.extra = fields.extra
  }
  destroy(options?: CallOptions): Promise<void> {
    return asApi(this.driver).destroyVolumeSnapshot(this, options)
  }
}

export interface KeyPairFields<Extra extends object> {
  name: string
  fingerprint: string
  publicKey?: string | undefined
  privateKey?: string | undefined
  extra: Extra
}
/** An SSH key that the provider puts on nodes. */
export class KeyPair<Extra extends object = object> extends Resource implements NamedRef {
  declare readonly driver: NodeDriver
  readonly name: string
  /** In the form that the provider shows. */
  readonly fingerprint: string
  readonly publicKey: string | undefined
  readonly extra: Extra
  constructor(driver: NodeDriver, fields: KeyPairFields<Extra>) {
    super(driver)
    this.name = fields.name
    this.fingerprint = fields.fingerprint
    this.publicKey = fields.publicKey
    this.extra = fields.extra
    if (fields.privateKey !== undefined) secrets.set(this, fields.privateKey)
  }
  /** Only right after `createKeyPair`; printing does not show it. */
  get privateKey(): string | undefined {
    return secrets.get(this)
  }
  delete(options?: CallOptions): Promise<void> {
    return asApi(this.driver).deleteKeyPair(this, options)
  }
}
