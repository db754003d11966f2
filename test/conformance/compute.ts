import { COMPUTE, type ComputeMethod } from '../../lib/compute/api.js'
import { NodeDriver } from '../../lib/compute/driver.js'
import {
  KeyPair,
  Node,
  NodeImage,
  NodeLocation,
  NodeSize,
  NodeState,
  StorageVolume,
  StorageVolumeState,
  VolumeSnapshot,
  VolumeSnapshotState,
} from '../../lib/compute/types.js'
import type { Harness, Runner } from './harness.js'
import {
  checker,
  date,
  list,
  maybe,
  nothing,
  number,
  object,
  oneOf,
  owned,
  resource,
  type Shape,
  some,
  string,
} from './shapes.js'
import { type ApiSuite, describeDriver } from './suite.js'

const addresses = list(some)
const node = resource(Node, {
  id: some,
  name: string,
  state: oneOf(NodeState),
  publicIps: addresses,
  privateIps: addresses,
  createdAt: maybe(date),
  extra: object,
})
const size = resource(NodeSize, {
  id: some,
  name: string,
  ram: number,
  disk: number,
  vcpus: maybe(number),
  bandwidth: maybe(number),
  price: maybe(number),
  extra: object,
})
const image = resource(NodeImage, { id: some, name: string, extra: object })
const location = resource(NodeLocation, {
  id: some,
  name: string,
  country: maybe(some),
  extra: object,
})
const volume = resource(StorageVolume, {
  id: some,
  name: string,
  size: number,
  state: oneOf(StorageVolumeState),
  extra: object,
})
const snapshot = resource(VolumeSnapshot, {
  id: some,
  name: maybe(string),
  size: maybe(number),
  created: maybe(date),
  state: oneOf(VolumeSnapshotState),
  extra: object,
})
const keyPair = resource(KeyPair, {
  name: some,
  fingerprint: string,
  publicKey: maybe(string),
  privateKey: maybe(string),
  extra: object,
})
const running: Shape = (value, path) => {
  const { node: found, addresses: at } = value as {
    node: unknown
    addresses: unknown
  }
  node(found, `${path}.node`)
  addresses(at, `${path}.addresses`)
}

const SHAPES: Readonly<Record<ComputeMethod, Shape>> = {
  listNodes: list(node),
  getNode: node,
  createNode: owned(node),
  rebootNode: nothing,
  startNode: nothing,
  stopNode: nothing,
  destroyNode: nothing,
  listSizes: list(size),
  listLocations: list(location),
  listImages: list(image),
  getImage: image,
  createImage: owned(image),
  deleteImage: nothing,
  copyImage: owned(image),
  listVolumes: list(volume),
  getVolume: volume,
  createVolume: owned(volume),
  attachVolume: nothing,
  detachVolume: nothing,
  destroyVolume: nothing,
  listVolumeSnapshots: list(snapshot),
  createVolumeSnapshot: owned(snapshot),
  destroyVolumeSnapshot: nothing,
  listKeyPairs: list(keyPair),
  getKeyPair: keyPair,
  createKeyPair: owned(keyPair),
  importKeyPairFromString: owned(keyPair),
  importKeyPairFromFile: owned(keyPair),
  deleteKeyPair: nothing,
  waitUntilRunning: list(running),
  deployNode: owned(node),
}
const suite: ApiSuite = {
  description: COMPUTE,
  base: NodeDriver.prototype,
  checkShape: checker(SHAPES),
  missing: {
    getNode: 'NodeDoesNotExistError',
    rebootNode: 'NodeDoesNotExistError',
    startNode: 'NodeDoesNotExistError',
    stopNode: 'NodeDoesNotExistError',
    destroyNode: 'NodeDoesNotExistError',
    getVolume: 'VolumeDoesNotExistError',
    destroyVolume: 'VolumeDoesNotExistError',
    destroyVolumeSnapshot: 'SnapshotDoesNotExistError',
    getImage: 'ImageDoesNotExistError',
    deleteImage: 'ImageDoesNotExistError',
    getKeyPair: 'KeyPairDoesNotExistError',
    deleteKeyPair: 'KeyPairDoesNotExistError',
  },
}

/** Runs the suite of the compute API on a driver. */
export function computeConformance(runner: Runner, harness: Harness): void {
  describeDriver(runner, harness, suite)
}
