import {
  type AttachVolumeOptions,
  type CreateVolumeOptions,
  type CreateVolumeSnapshotOptions,
  StorageVolume,
  StorageVolumeState,
  VolumeSnapshot,
  VolumeSnapshotState,
} from '../../lib/compute/types.js'
import { ConflictError } from '../../lib/errors.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { nodeRow } from './compute.base.js'
import { DummyNodeDriverImages } from './compute.images.js'
import { DEAD, placeOf, type SnapshotRow, sees, stateOf, type VolumeRow } from './compute.state.js'
import { badArgument, course, stateAt } from './state.js'
import { aboutCall, perform, performList, worldOf } from './world.js'

/** What only this driver tells of a volume. */
export interface DummyVolumeExtra {
  readonly location: string
  /** The snapshot that it began as. */
  readonly snapshotId: string | undefined
  /** The node that it is attached to. */
  readonly nodeId: string | undefined
  readonly device: string | undefined
}
/** What only this driver tells of a snapshot. */
export interface DummySnapshotExtra {
  readonly volumeId: string
}

/** Volumes and their snapshots. */
export abstract class DummyNodeDriverVolumes extends DummyNodeDriverImages {
  listVolumes(options?: CallOptions): Pager<StorageVolume<DummyVolumeExtra>> {
    const isWanted = ({ location }: VolumeRow): boolean => sees(this, location)
    return performList(
      this,
      'listVolumes',
      undefined,
      options,
      token => stateOf(this).volumes.page(token, worldOf(this).pageSize, options, isWanted),
      row => this.#toVolume(row),
    )
  }

  async getVolume(volumeId: string, options?: CallOptions): Promise<StorageVolume<DummyVolumeExtra>> {
    return perform(this, 'getVolume', volumeId, options, () => this.#toVolume(this.#row(volumeId, options)))
  }

  async createVolume(
    volume: CreateVolumeOptions,
    options?: CallOptions,
  ): Promise<Owned<StorageVolume<DummyVolumeExtra>>> {
    const created = await perform(this, 'createVolume', volume.name, options, () => {
      const world = worldOf(this)
      if (volume.snapshot) this.#checkSnapshot(volume.snapshot, volume.size, options)
      const row: Omit<VolumeRow, 'id'> = {
        name: volume.name,
        size: volume.size,
        location: placeOf(this, volume.location, options),
        snapshotId: volume.snapshot?.id,
        course: course<StorageVolumeState>(
          world.now,
          world.duration('volume'),
          [StorageVolumeState.CREATING],
          StorageVolumeState.AVAILABLE,
        ),
        attachment: undefined,
      }
      return this.#toVolume(stateOf(this).volumes.insert(row))
    })
    return owned(created, () => this.destroyVolume({ id: created.id }))
  }

  /** Both must lie in the same location.
   * @throws ConflictError unless the volume is available, the node lives, and the device is free. */
  async attachVolume(node: Ref, volume: Ref, options?: AttachVolumeOptions): Promise<void> {
    await perform(this, 'attachVolume', volume.id, options, () => {
      const { now } = worldOf(this)
      const row = this.#row(volume.id, options)
      const to = nodeRow(this, node.id, options)
      const [state, nodeState] = [stateAt(row.course, now), stateAt(to.course, now)]
      if (state !== StorageVolumeState.AVAILABLE)
        throw new ConflictError(`Volume '${row.id}' is ${state}, not available`, aboutCall(options))
      if (DEAD.includes(nodeState)) throw new ConflictError(`Node '${to.id}' is ${nodeState}`, aboutCall(options))
      if (row.location !== to.location) throw badArgument('volume', `one in '${to.location}', as the node`, options)
      const taken = stateOf(this)
        .volumes.all(({ attachment }) => attachment?.nodeId === to.id)
        .map(({ attachment }) => attachment?.device)
      const device = options?.device ?? freeDevice(taken)
      if (taken.includes(device)) throw new ConflictError(`Node '${to.id}' has a ${device} already`, aboutCall(options))
      row.attachment = { nodeId: to.id, device }
      row.course = this.#soon(StorageVolumeState.ATTACHING, StorageVolumeState.INUSE)
    })
  }

  /** @throws ConflictError for a volume that is not attached. */
  async detachVolume(volume: Ref, options?: CallOptions): Promise<void> {
    await perform(this, 'detachVolume', volume.id, options, () => {
      const row = this.#row(volume.id, options)
      if (!row.attachment) throw new ConflictError(`Volume '${row.id}' is not attached`, aboutCall(options))
      row.attachment = undefined
      row.course = this.#soon(StorageVolumeState.UPDATING, StorageVolumeState.AVAILABLE)
    })
  }

  /** Its snapshots stay.
   * @throws ConflictError for a volume that is attached. */
  async destroyVolume(volume: Ref, options?: CallOptions): Promise<void> {
    await perform(this, 'destroyVolume', volume.id, options, () => {
      const row = this.#row(volume.id, options)
      if (row.attachment)
        throw new ConflictError(`Volume '${row.id}' is attached to '${row.attachment.nodeId}'`, aboutCall(options))
      stateOf(this).volumes.remove(row.id)
    })
  }

  listVolumeSnapshots(volume: Ref, options?: CallOptions): Pager<VolumeSnapshot<DummySnapshotExtra>> {
    const isWanted = ({ volumeId }: SnapshotRow): boolean => volumeId === volume.id
    return performList(
      this,
      'listVolumeSnapshots',
      volume.id,
      options,
      token => {
        const { snapshots } = stateOf(this)
        if (snapshots.all(isWanted).length === 0) this.#row(volume.id, options) // snapshots may outlive their volume
        return snapshots.page(token, worldOf(this).pageSize, options, isWanted)
      },
      row => this.#toSnapshot(row),
    )
  }

  async createVolumeSnapshot(
    volume: Ref,
    options?: CreateVolumeSnapshotOptions,
  ): Promise<Owned<VolumeSnapshot<DummySnapshotExtra>>> {
    const created = await perform(this, 'createVolumeSnapshot', volume.id, options, () => {
      const world = worldOf(this)
      const { id, size, course: going } = this.#row(volume.id, options)
      if (stateAt(going, world.now) === StorageVolumeState.CREATING)
        throw new ConflictError(`Volume '${id}' is still being created`, aboutCall(options))
      const row: Omit<SnapshotRow, 'id'> = {
        name: options?.name,
        size,
        volumeId: id,
        created: world.now,
        course: course<VolumeSnapshotState>(
          world.now,
          world.duration('snapshot'),
          [VolumeSnapshotState.CREATING],
          VolumeSnapshotState.AVAILABLE,
        ),
      }
      return this.#toSnapshot(stateOf(this).snapshots.insert(row))
    })
    return owned(created, () => this.destroyVolumeSnapshot({ id: created.id }))
  }

  async destroyVolumeSnapshot(snapshot: Ref, options?: CallOptions): Promise<void> {
    await perform(this, 'destroyVolumeSnapshot', snapshot.id, options, () => {
      const { snapshots } = stateOf(this)
      snapshots.remove(snapshots.get(snapshot.id, options).id)
    })
  }

  #row(id: string, options: CallOptions | undefined): VolumeRow {
    return stateOf(this).volumes.get(id, options, ({ location }) => sees(this, location))
  }

  #soon(through: StorageVolumeState, to: StorageVolumeState): VolumeRow['course'] {
    const world = worldOf(this)
    return course(world.now, world.duration('volume'), [through], to)
  }

  #checkSnapshot(snapshot: Ref, size: number, options: CallOptions | undefined): void {
    const row = stateOf(this).snapshots.get(snapshot.id, options)
    if (stateAt(row.course, worldOf(this).now) !== VolumeSnapshotState.AVAILABLE)
      throw new ConflictError(`Snapshot '${row.id}' is not ready yet`, aboutCall(options))
    if (size < row.size) throw badArgument('volume.size', `at least the snapshot's ${row.size} GiB`, options)
  }

  #toVolume({ id, name, size, course: going, ...row }: VolumeRow): StorageVolume<DummyVolumeExtra> {
    const { nodeId, device } = row.attachment ?? {}
    const extra = { location: row.location, snapshotId: row.snapshotId, nodeId, device }
    return new StorageVolume(this, { id, name, size, state: stateAt(going, worldOf(this).now), extra })
  }

  #toSnapshot({ id, name, size, created, ...row }: SnapshotRow): VolumeSnapshot<DummySnapshotExtra> {
    const state = stateAt(row.course, worldOf(this).now)
    return new VolumeSnapshot(this, { id, name, size, created, state, extra: { volumeId: row.volumeId } })
  }
}

/** The first of /dev/vdb, /dev/vdc … that is free. */
function freeDevice(taken: readonly (string | undefined)[]): string {
  for (let letter = 'b'.charCodeAt(0); ; letter++) {
    const device = `/dev/vd${String.fromCharCode(letter)}`
    if (!taken.includes(device)) return device
  }
}
