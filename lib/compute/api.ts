import * as check from '../check.js'
import type { DeployNodeOptions } from '../deployment/types.js'
import { type ApiDescription, type ApiRules, calls, lists, provided } from '../driver.js'
import type { CallOptions } from '../options.js'
import type { Owned } from '../owned.js'
import type { Pager } from '../pager.js'
import type { NamedRef, Ref } from '../resource.js'
import {
  type AttachVolumeOptions,
  type CopyImageOptions,
  type CreateImageOptions,
  type CreateKeyPairOptions,
  type CreateNodeOptions,
  type CreateVolumeOptions,
  type CreateVolumeSnapshotOptions,
  type KeyPair,
  type LocationOptions,
  type Node,
  NodeAuthPassword,
  NodeAuthSSHKey,
  type NodeImage,
  type NodeLocation,
  type NodeSize,
  type RunningNode,
  type StorageVolume,
  type VolumeSnapshot,
  type WaitUntilRunningOptions,
} from './types.js'

/**
 * Every base method. They are properties of function type, not methods, so that parameters are compared strictly:
 * a driver may add optional `ex_` options and may take more kinds of resource, but may not ask for more.
 *
 * All of them reject with InvalidRequestError for bad arguments, before any request; with InvalidCredentialsError,
 * PermissionDeniedError, NotFoundError, ConflictError, QuotaExceededError, RateLimitError or ServiceError as the
 * provider answers; with ConnectionError and TimeoutError where it does not; and with the signal's reason on abort.
 */
export interface ComputeApi {
  /** All servers of the account, in the driver's region if it has one. */
  readonly listNodes: (options?: CallOptions) => Pager<Node>
  /** One server. @throws NodeDoesNotExistError */
  readonly getNode: (nodeId: string, options?: CallOptions) => Promise<Node>
  /** Orders a server, and returns before it runs: see `waitUntilRunning`. It is never ordered twice. */
  readonly createNode: (node: CreateNodeOptions, options?: CallOptions) => Promise<Owned<Node>>
  /** Restarts a server. */
  readonly rebootNode: (node: Ref, options?: CallOptions) => Promise<void>
  /** Powers a stopped server on. */
  readonly startNode: (node: Ref, options?: CallOptions) => Promise<void>
  /** Shuts a server down so that it can be started again. Most providers still charge for it. */
  readonly stopNode: (node: Ref, options?: CallOptions) => Promise<void>
  /** Deletes a server for good. */
  readonly destroyNode: (node: Ref, options?: CallOptions) => Promise<void>
  /** Plans one can order, with an hour's price where known. */
  readonly listSizes: (options?: LocationOptions) => Pager<NodeSize>
  /** Zones, regions or data centres. */
  readonly listLocations: (options?: CallOptions) => Pager<NodeLocation>
  /** Images one can boot. */
  readonly listImages: (options?: LocationOptions) => Pager<NodeImage>
  /** One image. @throws ImageDoesNotExistError */
  readonly getImage: (imageId: string, options?: CallOptions) => Promise<NodeImage>
  /** Makes an image of a server. */
  readonly createImage: (node: Ref, image: CreateImageOptions, options?: CallOptions) => Promise<Owned<NodeImage>>
  /** Deletes an image of one's own. */
  readonly deleteImage: (image: Ref, options?: CallOptions) => Promise<void>
  /** Copies an image from another region into the driver's. */
  readonly copyImage: (copy: CopyImageOptions, options?: CallOptions) => Promise<Owned<NodeImage>>
  /** All block volumes. */
  readonly listVolumes: (options?: CallOptions) => Pager<StorageVolume>
  /** One volume. @throws VolumeDoesNotExistError */
  readonly getVolume: (volumeId: string, options?: CallOptions) => Promise<StorageVolume>
  /** Makes a volume, empty or from a snapshot. */
  readonly createVolume: (volume: CreateVolumeOptions, options?: CallOptions) => Promise<Owned<StorageVolume>>
  /** Connects a volume to a server. */
  readonly attachVolume: (node: Ref, volume: Ref, options?: AttachVolumeOptions) => Promise<void>
  /** Disconnects a volume from its server. */
  readonly detachVolume: (volume: Ref, options?: CallOptions) => Promise<void>
  /** Deletes a volume. */
  readonly destroyVolume: (volume: Ref, options?: CallOptions) => Promise<void>
  /** Snapshots of one volume. */
  readonly listVolumeSnapshots: (volume: Ref, options?: CallOptions) => Pager<VolumeSnapshot>
  /** Makes a snapshot of a volume. */
  readonly createVolumeSnapshot: (volume: Ref, options?: CreateVolumeSnapshotOptions) => Promise<Owned<VolumeSnapshot>>
  /** Deletes a snapshot. */
  readonly destroyVolumeSnapshot: (snapshot: Ref, options?: CallOptions) => Promise<void>
  /** SSH keys kept at the provider. */
  readonly listKeyPairs: (options?: CallOptions) => Pager<KeyPair>
  /** One key. @throws KeyPairDoesNotExistError */
  readonly getKeyPair: (name: string, options?: CallOptions) => Promise<KeyPair>
  /** Lets the provider make a key pair: `privateKey` is there only now. */
  readonly createKeyPair: (keyPair: CreateKeyPairOptions, options?: CallOptions) => Promise<Owned<KeyPair>>
  /** Uploads a public key. @throws KeyPairAlreadyExistsError */
  readonly importKeyPairFromString: (name: string, publicKey: string, options?: CallOptions) => Promise<Owned<KeyPair>>
  /** Uploads a public key that a file holds. */
  readonly importKeyPairFromFile: (name: string, path: string, options?: CallOptions) => Promise<Owned<KeyPair>>
  /** Removes a key from the provider; nodes that have it keep it. */
  readonly deleteKeyPair: (keyPair: NamedRef, options?: CallOptions) => Promise<void>
  /** Waits until all these nodes run and have an address. @throws WaitError @throws TimeoutError */
  readonly waitUntilRunning: (nodes: readonly Ref[], options?: WaitUntilRunningOptions) => Promise<RunningNode[]>
  /** Creates a node, waits for it, logs in, and runs a deployment. @throws DeploymentError, which carries the node */
  readonly deployNode: (node: CreateNodeOptions & DeployNodeOptions, options?: CallOptions) => Promise<Owned<Node>>
}
export type ComputeMethod = keyof ComputeApi

const auth: check.Check = (value, path, context) => {
  if (value instanceof NodeAuthSSHKey) return check.name(value.publicKey, `${path}.publicKey`, context)
  if (value instanceof NodeAuthPassword) return check.name(value.password, `${path}.password`, context)
  return { path, value, allowed: 'a NodeAuthSSHKey or a NodeAuthPassword' }
}
const location = check.optional(check.ref)
const createNode = {
  name: check.name,
  size: check.ref,
  image: check.ref,
  location,
  auth: check.optional(auth),
}
const image = { name: check.name, description: check.optional(check.text) }
const wait = {
  interval: check.optional(check.milliseconds),
  onProgress: check.optional(check.callback),
  sshInterface: check.optional(check.oneOf(['publicIps', 'privateIps'])),
  forceIpv4: check.optional(check.flag),
}

/** How each method answers, and what its arguments must be. */
export const COMPUTE_METHODS: ApiRules<ComputeApi> = {
  listNodes: lists(),
  getNode: calls({ nodeId: check.name }),
  createNode: calls({ node: check.members(createNode) }),
  rebootNode: calls({ node: check.ref }),
  startNode: calls({ node: check.ref }),
  stopNode: calls({ node: check.ref }),
  destroyNode: calls({ node: check.ref }),
  listSizes: lists({}, { location }),
  listLocations: lists(),
  listImages: lists({}, { location }),
  getImage: calls({ imageId: check.name }),
  createImage: calls({ node: check.ref, image: check.members(image) }),
  deleteImage: calls({ image: check.ref }),
  copyImage: calls({ copy: check.members({ sourceRegion: check.name, image: check.ref, ...image }) }),
  listVolumes: lists(),
  getVolume: calls({ volumeId: check.name }),
  createVolume: calls({
    volume: check.members({
      name: check.name,
      size: check.integer(1, 1_048_576),
      location,
      snapshot: check.optional(check.ref),
    }),
  }),
  attachVolume: calls({ node: check.ref, volume: check.ref }, { device: check.optional(check.name) }),
  detachVolume: calls({ volume: check.ref }),
  destroyVolume: calls({ volume: check.ref }),
  listVolumeSnapshots: lists({ volume: check.ref }),
  createVolumeSnapshot: calls({ volume: check.ref }, { name: check.optional(check.name) }),
  destroyVolumeSnapshot: calls({ snapshot: check.ref }),
  listKeyPairs: lists(),
  getKeyPair: calls({ name: check.name }),
  createKeyPair: calls({ keyPair: check.members({ name: check.name }) }),
  importKeyPairFromString: calls({ name: check.name, publicKey: check.text }),
  importKeyPairFromFile: provided(calls({ name: check.name, path: check.filePath }), 'importKeyPairFromString'),
  deleteKeyPair: calls({ keyPair: check.namedRef }),
  waitUntilRunning: provided(calls({ nodes: check.listOf(check.ref, 1) }, wait), 'getNode'),
  deployNode: provided(
    calls({ node: check.members({ ...createNode, deploy: check.something }) }),
    'createNode',
    'getNode',
  ),
}

export const COMPUTE: ApiDescription = { api: 'compute', rules: COMPUTE_METHODS }
