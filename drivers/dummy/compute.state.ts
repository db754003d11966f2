import type { NodeDriver } from '../../lib/compute/driver.js'
import { NodeState, type StorageVolumeState, type VolumeSnapshotState } from '../../lib/compute/types.js'
import {
  ImageDoesNotExistError,
  KeyPairDoesNotExistError,
  NodeDoesNotExistError,
  NotFoundError,
  SnapshotDoesNotExistError,
  VolumeDoesNotExistError,
} from '../../lib/errors.js'
import type { CallOptions } from '../../lib/options.js'
import type { Ref } from '../../lib/resource.js'
import { badArgument, type Course, Table } from './state.js'
import { worldOf } from './world.js'

export interface LocationRow {
  readonly id: string
  readonly name: string
  readonly country: string | undefined
}
export interface SizeRow {
  readonly id: string
  readonly name: string
  readonly ram: number
  readonly disk: number
  readonly vcpus: number
  readonly bandwidth: number
  readonly price: number
  /** Locations that do not have it. */
  readonly notIn: readonly string[]
}
export interface ImageRow {
  readonly id: string
  readonly name: string
  readonly description: string | undefined
  /** Where it lies; that of an image for everybody is everywhere. */
  readonly location: string | undefined
  readonly course: Course<'pending' | 'available'>
}
export interface NodeRow {
  readonly id: string
  readonly name: string
  readonly sizeId: string
  readonly imageId: string
  readonly location: string
  readonly keyName: string | undefined
  readonly createdAt: Date
  /** Its addresses follow from it. */
  readonly number: number
  course: Course<NodeState>
  /** When nothing more is told of it. */
  goneAt: number | undefined
}
export interface VolumeRow {
  readonly id: string
  readonly name: string
  readonly size: number
  readonly location: string
  readonly snapshotId: string | undefined
  course: Course<StorageVolumeState>
  attachment: { readonly nodeId: string; readonly device: string } | undefined
}
export interface SnapshotRow {
  readonly id: string
  readonly name: string | undefined
  readonly size: number
  readonly volumeId: string
  readonly created: Date
  readonly course: Course<VolumeSnapshotState>
}
export interface KeyRow {
  /** Its name. */
  readonly id: string
  readonly publicKey: string
  readonly fingerprint: string
}
export interface ComputeState {
  readonly locations: Table<LocationRow>
  readonly sizes: Table<SizeRow>
  readonly images: Table<ImageRow>
  readonly nodes: Table<NodeRow>
  readonly volumes: Table<VolumeRow>
  readonly snapshots: Table<SnapshotRow>
  readonly keys: Table<KeyRow>
}

const LOCATIONS: readonly LocationRow[] = [
  { id: 'east', name: 'East', country: 'JP' },
  { id: 'west', name: 'West', country: 'US' },
  { id: 'north', name: 'North', country: 'FI' },
]
// Plans and images that end with '-broken' make nodes that end in the state ERROR.
const SIZES: readonly SizeRow[] = [
  { id: 'small', name: 'Small', ram: 1024, disk: 25, vcpus: 1, bandwidth: 1000, price: 0.01, notIn: [] },
  { id: 'medium', name: 'Medium', ram: 4096, disk: 80, vcpus: 2, bandwidth: 4000, price: 0.04, notIn: [] },
  { id: 'large', name: 'Large', ram: 16_384, disk: 320, vcpus: 8, bandwidth: 8000, price: 0.16, notIn: ['north'] },
  { id: 'small-broken', name: 'Broken', ram: 1024, disk: 25, vcpus: 1, bandwidth: 1000, price: 0.01, notIn: [] },
]
const IMAGES: readonly (readonly [string, string])[] = [
  ['debian-12', 'Debian 12'],
  ['debian-13', 'Debian 13'],
  ['ubuntu-24.04', 'Ubuntu 24.04'],
  ['debian-12-broken', 'Debian 12, which does not boot'],
]

function makeState(): ComputeState {
  const state: ComputeState = {
    locations: new Table('location', NotFoundError),
    sizes: new Table('size', NotFoundError),
    images: new Table('image', ImageDoesNotExistError),
    nodes: new Table('node', NodeDoesNotExistError),
    volumes: new Table('volume', VolumeDoesNotExistError),
    snapshots: new Table('snapshot', SnapshotDoesNotExistError),
    keys: new Table('key pair', KeyPairDoesNotExistError),
  }
  for (const row of LOCATIONS) state.locations.insert({ ...row })
  for (const row of SIZES) state.sizes.insert({ ...row })
  const course = { steps: [], end: 'available' } as const
  for (const [id, name] of IMAGES)
    state.images.insert({ id, name, description: undefined, location: undefined, course })
  return state
}

/** What there is to compute with. A region that the driver was given exists, whatever its name. */
export function stateOf(driver: NodeDriver): ComputeState {
  const state = worldOf(driver).part('compute', makeState)
  const { region } = driver
  if (region !== undefined && !state.locations.find(region))
    state.locations.insert({ id: region, name: region, country: undefined })
  return state
}

/** Whether a driver sees what lies somewhere: one with a region sees that region, and what is everywhere. */
export function sees(driver: NodeDriver, location: string | undefined): boolean {
  return driver.region === undefined || location === undefined || location === driver.region
}

/** A node that is still told of, where the driver looks. */
export function isThere(driver: NodeDriver): (row: NodeRow) => boolean {
  const now = worldOf(driver).now.getTime()
  return ({ goneAt, location }) => sees(driver, location) && (goneAt === undefined || now < goneAt)
}

/** The place that was asked for, else the driver's region, else the first one. */
export function placeOf(driver: NodeDriver, asked: Ref | undefined, options: CallOptions | undefined): string {
  const { locations } = stateOf(driver)
  const id = asked?.id ?? driver.region ?? LOCATIONS[0]?.id ?? ''
  if (locations.find(id)) return id
  throw badArgument('location', 'one of listLocations', options)
}

/** The states in which a node can do nothing more. */
export const DEAD: readonly NodeState[] = [NodeState.TERMINATED, NodeState.ERROR]
