import {
  type AttachVolumeOptions,
  type CreateVolumeOptions,
  type CreateVolumeSnapshotOptions,
  StorageVolume,
  StorageVolumeState,
  VolumeSnapshot,
  VolumeSnapshotState,
} from '../../lib/compute/types.js'
import { SnapshotDoesNotExistError, VolumeDoesNotExistError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { act, inRegion, zoneScope } from './compute.base.js'
import { imageLink, word } from './compute.create.js'
import { GCEImages } from './compute.images.js'
import { rawNode } from './compute.nodes.js'
import { checkName, idOf, lastPart, linkTo, placeOf, refused, zoneFor, zoneOf } from './compute.refs.js'
import { date } from './compute.shared.js'
import type { GCEChangeOptions } from './operations.js'

const NO_VOLUME: ErrorTable = { 404: VolumeDoesNotExistError }
const NO_SNAPSHOT: ErrorTable = { 404: SnapshotDoesNotExistError }

const VOLUME_STATES: Readonly<Record<string, StorageVolumeState>> = {
  CREATING: StorageVolumeState.CREATING,
  RESTORING: StorageVolumeState.CREATING,
  READY: StorageVolumeState.AVAILABLE,
  DELETING: StorageVolumeState.DELETING,
  FAILED: StorageVolumeState.ERROR,
}
const SNAPSHOT_STATES: Readonly<Record<string, VolumeSnapshotState>> = {
  CREATING: VolumeSnapshotState.CREATING,
  UPLOADING: VolumeSnapshotState.CREATING,
  READY: VolumeSnapshotState.AVAILABLE,
  DELETING: VolumeSnapshotState.DELETING,
  FAILED: VolumeSnapshotState.ERROR,
}

interface RawDisk {
  readonly id: string
  readonly name: string
  readonly selfLink: string
  readonly zone?: string
  readonly status: string
  readonly sizeGb: string
  readonly type?: string
  readonly description?: string
  readonly sourceImage?: string
  readonly sourceSnapshot?: string
  readonly users?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly labelFingerprint?: string
  readonly creationTimestamp?: string
  readonly lastAttachTimestamp?: string
}
interface RawSnapshot {
  readonly id: string
  readonly name: string
  readonly selfLink: string
  readonly status: string
  readonly diskSizeGb?: string
  readonly storageBytes?: string
  readonly sourceDisk?: string
  readonly description?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly storageLocations?: readonly string[]
  readonly creationTimestamp?: string
}
/** What only Google tells of a disk. */
export interface GCEVolumeExtra {
  /** The provider's own word: `'READY'`, `'CREATING'` … A disk that is attached is ready too: see `nodeIds`. */
  readonly state: string
  readonly zone: string
  /** `'pd-standard'`, `'pd-balanced'`, `'pd-ssd'` … */
  readonly type: string | undefined
  readonly description: string
  /** The instances that it is attached to. */
  readonly nodeIds: readonly string[]
  /** Address of what it was made of. */
  readonly sourceImage: string | undefined
  readonly sourceSnapshot: string | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly createdAt: Date | undefined
  readonly attachedAt: Date | undefined
  readonly selfLink: string
}
/** What only Google tells of a snapshot. */
export interface GCESnapshotExtra {
  /** The provider's own word: `'READY'`, `'UPLOADING'` … */
  readonly state: string
  /** The volume that it was made of, which need not be there any more. */
  readonly volumeId: string | undefined
  readonly description: string
  /** Bytes that are paid for. */
  readonly storedBytes: number | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly locations: readonly string[]
  readonly selfLink: string
}
export interface GCEListVolumesOptions extends CallOptions {
  /** Only this zone's; `'all'` for all. @defaultValue the driver's zone, else all */
  ex_zone?: string | undefined
  ex_filter?: string | undefined
}
export interface GCECreateVolumeOptions extends CreateVolumeOptions {
  /** @defaultValue 'pd-standard' */
  ex_diskType?: string | undefined
  /** The volume begins as a copy of this image. */
  ex_image?: Ref | undefined
  ex_description?: string | undefined
  ex_labels?: Readonly<Record<string, string>> | undefined
}
export interface GCEAttachVolumeOptions extends AttachVolumeOptions, GCEChangeOptions {
  /** Whether it can be read only, and then be attached to several instances. @defaultValue false */
  ex_readOnly?: boolean | undefined
  /** Whether it is deleted with the instance. @defaultValue false */
  ex_autoDelete?: boolean | undefined
}
export interface GCECreateSnapshotOptions extends CreateVolumeSnapshotOptions, GCEChangeOptions {
  ex_description?: string | undefined
  ex_labels?: Readonly<Record<string, string>> | undefined
  /** @defaultValue near the volume */
  ex_storageLocations?: readonly string[] | undefined
}

/** Disks and their snapshots. */
export abstract class GCEVolumes extends GCEImages {
  /** @see https://cloud.google.com/compute/docs/reference/rest/v1/disks/list */
  listVolumes(options?: GCEListVolumesOptions): Pager<StorageVolume<GCEVolumeExtra>> {
    const spec = {
      map: (raw: RawDisk) => toVolume(this, raw),
      keep: inRegion(this),
      query: { filter: options?.ex_filter },
    }
    return this.connection.listIn(zoneScope(this, options), 'disks', spec, options)
  }

  /** @see https://cloud.google.com/compute/docs/reference/rest/v1/disks/get */
  async getVolume(volumeId: string, options?: CallOptions): Promise<StorageVolume<GCEVolumeExtra>> {
    const place = placeOf(this, { id: volumeId }, 'zone', 'volumeId', options)
    return this.connection.get(place, 'disks', (raw: RawDisk) => toVolume(this, raw), NO_VOLUME, options)
  }

  /** @see https://cloud.google.com/compute/docs/reference/rest/v1/disks/insert */
  async createVolume(
    volume: GCECreateVolumeOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<StorageVolume<GCEVolumeExtra>>> {
    checkName(this, volume.name, 'volume.name', options)
    const zone = zoneFor(this, volume.location, 'volume.location', options)
    const { snapshot, ex_image: image, ex_diskType: type } = volume
    const from = snapshot && placeOf(this, snapshot, 'global', 'volume.snapshot', options)
    const json = {
      name: volume.name,
      sizeGb: String(volume.size),
      type: type && `zones/${zone}/diskTypes/${word(this, type, 'volume.ex_diskType', options)}`,
      sourceSnapshot: from && linkTo(from, 'snapshots'),
      sourceImage: image && imageLink(this, image, 'volume.ex_image', options),
      description: volume.ex_description,
      labels: volume.ex_labels,
    }
    await this.connection.insert(`zones/${zone}`, 'disks', json, options)
    const made = await this.getVolume(`${zone}/${volume.name}`, options)
    return owned(made, () => this.destroyVolume(made))
  }

  /** `device` names it below `/dev/disk/by-id/google-` on the instance, which must be of the same zone.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/attachDisk */
  async attachVolume(node: Ref, volume: Ref, options?: GCEAttachVolumeOptions): Promise<void> {
    const disk = placeOf(this, volume, 'zone', 'volume', options)
    const { scope } = placeOf(this, node, 'zone', 'node', options)
    if (scope !== disk.scope) throw refused(this, 'volume', `of the node's zone, ${lastPart(scope)}`, options)
    const json = {
      source: linkTo(disk, 'disks'),
      deviceName: options?.device?.replace(/^\/dev\/(?:disk\/by-id\/google-)?/, '') ?? disk.name,
      mode: options?.ex_readOnly ? 'READ_ONLY' : 'READ_WRITE',
      autoDelete: options?.ex_autoDelete ?? false,
    }
    await act(this, node, 'attachDisk', { json }, options)
  }

  /** From all instances that it is attached to.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/detachDisk */
  async detachVolume(volume: Ref, options?: GCEChangeOptions): Promise<void> {
    const { id, extra } = await this.getVolume(volume.id, options)
    if (extra.nodeIds.length === 0) throw refused(this, 'volume', 'attached to an instance', options)
    for (const nodeId of extra.nodeIds) {
      const { disks = [] } = await rawNode(this, { id: nodeId }, options)
      const found = disks.find(({ source }) => source !== undefined && idOf(source, 'zone') === id)
      if (found === undefined) continue
      await act(this, { id: nodeId }, 'detachDisk', { query: { deviceName: found.deviceName } }, options)
    }
  }

  /** @see https://cloud.google.com/compute/docs/reference/rest/v1/disks/delete */
  async destroyVolume(volume: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(placeOf(this, volume, 'zone', 'volume', options), 'disks', NO_VOLUME, options)
  }

  /** @see https://cloud.google.com/compute/docs/reference/rest/v1/snapshots/list */
  listVolumeSnapshots(volume: Ref, options?: CallOptions): Pager<VolumeSnapshot<GCESnapshotExtra>> {
    const { scope, name } = placeOf(this, volume, 'zone', 'volume', options)
    const isOf = ({ sourceDisk = '' }: RawSnapshot): boolean => sourceDisk.endsWith(`/${scope}/disks/${name}`)
    const spec = { map: (raw: RawSnapshot) => toSnapshot(this, raw), keep: isOf }
    return this.connection.listIn('global', 'snapshots', spec, options)
  }

  /** Without a name it is called after the volume and the time.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/snapshots/insert */
  async createVolumeSnapshot(
    volume: Ref,
    options?: GCECreateSnapshotOptions,
  ): Promise<Owned<VolumeSnapshot<GCESnapshotExtra>>> {
    const place = placeOf(this, volume, 'zone', 'volume', options)
    const name =
      options?.name ?? `${place.name.slice(0, 40)}-${new Date().toISOString().replace(/\D/g, '').slice(0, 17)}`
    checkName(this, name, 'options.name', options)
    const { ex_description: description, ex_labels: labels, ex_storageLocations: storageLocations } = options ?? {}
    const json = { name, description, labels, storageLocations, sourceDisk: linkTo(place, 'disks') }
    await this.connection.insert('global', 'snapshots', json, options)
    const made = await this.ex_getSnapshot({ id: name }, options)
    return owned(made, () => this.destroyVolumeSnapshot(made))
  }

  /** @see https://cloud.google.com/compute/docs/reference/rest/v1/snapshots/delete */
  async destroyVolumeSnapshot(snapshot: Ref, options?: GCEChangeOptions): Promise<void> {
    const place = placeOf(this, snapshot, 'global', 'snapshot', options)
    await this.connection.remove(place, 'snapshots', NO_SNAPSHOT, options)
  }

  /**
   * One disk, as `getVolume` finds it.
   * @example const { size } = await driver.ex_getVolume('europe-west3-a/data')
   * @throws VolumeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/disks/get
   */
  async ex_getVolume(volumeId: string, options?: CallOptions): Promise<StorageVolume<GCEVolumeExtra>> {
    return this.getVolume(volumeId, options)
  }

  /**
   * Makes a disk larger, also while it is in use. Its file system must be told.
   * @example await driver.ex_resizeVolume({ id: 'europe-west3-a/data' }, 200)
   * @throws VolumeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/disks/resize
   */
  async ex_resizeVolume(volume: Ref, size: number, options?: GCEChangeOptions): Promise<void> {
    if (!Number.isSafeInteger(size) || size < 1) throw refused(this, 'size', 'a whole number of GiB', options)
    const place = placeOf(this, volume, 'zone', 'volume', options)
    await this.connection.act(place, 'disks:resize', { json: { sizeGb: String(size) }, errors: NO_VOLUME }, options)
  }

  /**
   * Replaces a disk's labels.
   * @example await driver.ex_setVolumeLabels({ id: 'europe-west3-a/data' }, { env: 'prod' })
   * @throws VolumeDoesNotExistError
   * @throws ConflictError when others change them at the same time.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/disks/setLabels
   */
  async ex_setVolumeLabels(
    volume: Ref,
    labels: Readonly<Record<string, string>>,
    options?: GCEChangeOptions,
  ): Promise<void> {
    const place = placeOf(this, volume, 'zone', 'volume', options)
    const read = (raw: RawDisk): string | undefined => raw.labelFingerprint
    const labelFingerprint = await this.connection.get(place, 'disks', read, NO_VOLUME, options)
    const json = { labelFingerprint, labels }
    await this.connection.act(place, 'disks:setLabels', { json, errors: NO_VOLUME }, options)
  }

  /**
   * Says whether a disk is deleted with its instance.
   * @example await driver.ex_setVolumeAutoDelete(node, 'data', false)
   * @throws NodeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/setDiskAutoDelete
   */
  async ex_setVolumeAutoDelete(
    node: Ref,
    deviceName: string,
    autoDelete: boolean,
    options?: GCEChangeOptions,
  ): Promise<void> {
    await act(this, node, 'setDiskAutoDelete', { query: { autoDelete, deviceName } }, options)
  }

  /**
   * All snapshots of the project.
   * @example for await (const { name, size } of driver.ex_listSnapshots()) console.log(name, size)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/snapshots/list
   */
  ex_listSnapshots(options?: CallOptions): Pager<VolumeSnapshot<GCESnapshotExtra>> {
    return this.connection.listIn('global', 'snapshots', { map: (raw: RawSnapshot) => toSnapshot(this, raw) }, options)
  }

  /**
   * One snapshot.
   * @example const { state } = await driver.ex_getSnapshot({ id: 'data-1' })
   * @throws SnapshotDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/snapshots/get
   */
  async ex_getSnapshot(snapshot: Ref, options?: CallOptions): Promise<VolumeSnapshot<GCESnapshotExtra>> {
    const place = placeOf(this, snapshot, 'global', 'snapshot', options)
    return this.connection.get(place, 'snapshots', (raw: RawSnapshot) => toSnapshot(this, raw), NO_SNAPSHOT, options)
  }
}

function toVolume(driver: GCEVolumes, raw: RawDisk): StorageVolume<GCEVolumeExtra> {
  const nodeIds = (raw.users ?? []).map(link => idOf(link, 'zone'))
  const state = VOLUME_STATES[raw.status] ?? StorageVolumeState.UNKNOWN
  const isUsed = state === StorageVolumeState.AVAILABLE && nodeIds.length > 0
  return new StorageVolume(driver, {
    id: idOf(raw.selfLink, 'zone'),
    name: raw.name,
    size: Number(raw.sizeGb),
    state: isUsed ? StorageVolumeState.INUSE : state,
    extra: {
      state: raw.status,
      zone: zoneOf({ scope: `zones/${lastPart(raw.zone) ?? ''}`, name: raw.name }),
      type: lastPart(raw.type),
      description: raw.description ?? '',
      nodeIds,
      sourceImage: raw.sourceImage,
      sourceSnapshot: raw.sourceSnapshot,
      labels: raw.labels ?? {},
      createdAt: date(raw.creationTimestamp),
      attachedAt: date(raw.lastAttachTimestamp),
      selfLink: raw.selfLink,
    },
  })
}

function toSnapshot(driver: GCEVolumes, raw: RawSnapshot): VolumeSnapshot<GCESnapshotExtra> {
  return new VolumeSnapshot(driver, {
    id: raw.name,
    name: raw.name,
    size: raw.diskSizeGb === undefined ? undefined : Number(raw.diskSizeGb),
    created: date(raw.creationTimestamp),
    state: SNAPSHOT_STATES[raw.status] ?? VolumeSnapshotState.UNKNOWN,
    extra: {
      state: raw.status,
      volumeId: raw.sourceDisk === undefined ? undefined : idOf(raw.sourceDisk, 'zone'),
      description: raw.description ?? '',
      storedBytes: raw.storageBytes === undefined ? undefined : Number(raw.storageBytes),
      labels: raw.labels ?? {},
      locations: raw.storageLocations ?? [],
      selfLink: raw.selfLink,
    },
  })
}
