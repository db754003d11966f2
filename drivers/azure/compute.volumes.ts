import {
  type AttachVolumeOptions,
  type CreateVolumeOptions,
  type CreateVolumeSnapshotOptions,
  StorageVolume,
  StorageVolumeState,
  VolumeSnapshot,
  VolumeSnapshotState,
} from '../../lib/compute/types.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { checkNewName, groupOf, idOf, idPath, type ResourceId, refused } from './arm.ids.js'
import { below, readVm } from './compute.base.js'
import { AzureComputeImages } from './compute.images.js'
import {
  COMPUTE_VERSION,
  DISK_VERSION,
  DISKS,
  Made,
  NO_NODE,
  NO_SNAPSHOT,
  NO_VOLUME,
  type RawDataDisk,
  type RawVm,
  SNAPSHOTS,
  type Tags,
  VMS,
} from './compute.shared.js'

const version = DISK_VERSION

interface RawDisk {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly managedBy?: string
  readonly tags?: Tags
  readonly zones?: readonly string[]
  readonly sku?: { readonly name?: string }
  readonly properties?: {
    readonly diskSizeGB?: number
    readonly diskState?: string
    readonly provisioningState?: string
    readonly timeCreated?: string
    readonly osType?: string
    readonly incremental?: boolean
    readonly creationData?: { readonly createOption?: string; readonly sourceResourceId?: string }
  }
}

/** What only Azure tells of a volume. */
export interface AzureVolumeExtra {
  /** Azure's own word. */
  readonly state: string
  readonly location: string
  readonly resourceGroup: string
  /** `'Premium_LRS'`, `'StandardSSD_LRS'` … */
  readonly sku: string | undefined
  readonly zones: readonly string[]
  readonly tags: Tags
  readonly osType: string | undefined
  /** The machine that it is attached to. */
  readonly nodeId: string | undefined
  readonly sourceId: string | undefined
  readonly createdAt: Date | undefined
}
/** What only Azure tells of a snapshot. */
export interface AzureSnapshotExtra {
  /** Azure's own word. */
  readonly state: string
  readonly location: string
  readonly resourceGroup: string
  readonly tags: Tags
  /** The volume that it is of. */
  readonly sourceId: string | undefined
  readonly incremental: boolean
}
export interface AzureCreateVolumeOptions extends CreateVolumeOptions {
  /** @defaultValue the driver's */
  ex_resourceGroup?: string | undefined
  /** @defaultValue 'StandardSSD_LRS' */
  ex_sku?: string | undefined
  /** One availability zone: a machine of the same can have it. */
  ex_zones?: readonly string[] | undefined
  ex_tags?: Tags | undefined
}
export interface AzureCreateSnapshotOptions extends CreateVolumeSnapshotOptions {
  /** Keeps only what has changed since the one before. @defaultValue true */
  ex_incremental?: boolean | undefined
  ex_tags?: Tags | undefined
  interval?: number | undefined
}

const STATES: Readonly<Record<string, StorageVolumeState>> = {
  Unattached: StorageVolumeState.AVAILABLE,
  Attached: StorageVolumeState.INUSE,
  Reserved: StorageVolumeState.INUSE,
  Frozen: StorageVolumeState.INUSE,
  ActiveSAS: StorageVolumeState.INUSE,
  ReadyToUpload: StorageVolumeState.CREATING,
  ActiveUpload: StorageVolumeState.CREATING,
}
const SNAPSHOT_STATES: Readonly<Record<string, VolumeSnapshotState>> = {
  Succeeded: VolumeSnapshotState.AVAILABLE,
  Creating: VolumeSnapshotState.CREATING,
  Updating: VolumeSnapshotState.UPDATING,
  Deleting: VolumeSnapshotState.DELETING,
  Failed: VolumeSnapshotState.ERROR,
}

/** Managed disks and their snapshots. */
export abstract class AzureComputeVolumes extends AzureComputeImages {
  /** @see https://learn.microsoft.com/rest/api/compute/disks/list */
  listVolumes(options?: CallOptions): Pager<StorageVolume<AzureVolumeExtra>> {
    return this.connection.list({ path: below(DISKS), version, map: (raw: RawDisk) => this.#toVolume(raw) }, options)
  }

  /** @see https://learn.microsoft.com/rest/api/compute/disks/get */
  async getVolume(volumeId: string, options?: CallOptions): Promise<StorageVolume<AzureVolumeExtra>> {
    return this.#toVolume(await this.#readDisk(volumeId, 'volumeId', options))
  }

  /** It is awaited.
   * @see https://learn.microsoft.com/rest/api/compute/disks/create-or-update */
  async createVolume(
    volume: AzureCreateVolumeOptions,
    options?: WaitOptions,
  ): Promise<Owned<StorageVolume<AzureVolumeExtra>>> {
    checkNewName(this.provider, operationOf(options), 'volume.name', volume.name)
    const group = this.connection.group(volume.ex_resourceGroup, 'volume.ex_resourceGroup', options)
    const location = this.connection.location(volume.location?.id, 'volume.location', options)
    const source =
      volume.snapshot && (await this.connection.locate(volume.snapshot.id, SNAPSHOTS, 'volume.snapshot.id', options))
    const at: ResourceId = {
      subscription: await this.connection.subscription(options),
      group,
      type: DISKS,
      names: [volume.name],
    }
    const creationData = source ? { createOption: 'Copy', sourceResourceId: idOf(source) } : { createOption: 'Empty' }
    const { ex_sku: sku = 'StandardSSD_LRS', ex_zones: zones, ex_tags: tags, size } = volume
    const json = { location, sku: { name: sku }, zones, tags, properties: { creationData, diskSizeGB: size } }
    const made = new Made(this.connection)
    try {
      const created = this.#toVolume(await made.put<RawDisk>(at, version, json, options))
      return owned(created, () => this.destroyVolume(created))
    } catch (error) {
      return made.undo(error, options)
    }
  }

  /** The device is the number of the disk (LUN): the lowest that is free where none is given. It is awaited.
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/update */
  async attachVolume(node: Ref, volume: Ref, options?: AttachVolumeOptions): Promise<void> {
    const { device } = options ?? {}
    if (device !== undefined && !/^\d{1,2}$/.test(device))
      throw refused(this.provider, operationOf(options), 'options.device', 'the number of a disk, from 0 to 63')
    const disk = await this.connection.locate(volume.id, DISKS, 'volume.id', options)
    const vm = await readVm(this, node.id, 'node.id', options)
    const disks = vm.properties.storageProfile?.dataDisks ?? []
    const used = new Set(disks.map(({ lun }) => lun))
    let lun = Number(device ?? 0)
    if (device === undefined) while (used.has(lun)) lun++
    if (used.has(lun))
      throw refused(this.provider, operationOf(options), 'options.device', 'a number that no disk of the node has')
    await this.#writeDisks(vm, [...disks, { lun, createOption: 'Attach', managedDisk: { id: idOf(disk) } }], options)
  }

  /** It is awaited.
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/update */
  async detachVolume(volume: Ref, options?: WaitOptions): Promise<void> {
    const disk = await this.#readDisk(volume.id, 'volume.id', options)
    if (!disk.managedBy) throw refused(this.provider, operationOf(options), 'volume', 'attached to a node')
    const vm = await readVm(this, disk.managedBy, 'volume.id', options)
    const disks = vm.properties.storageProfile?.dataDisks ?? []
    await this.#writeDisks(
      vm,
      disks.filter(({ managedDisk }) => managedDisk?.id?.toLowerCase() !== disk.id.toLowerCase()),
      options,
    )
  }

  /** It is awaited.
   * @see https://learn.microsoft.com/rest/api/compute/disks/delete */
  async destroyVolume(volume: Ref, options?: WaitOptions): Promise<void> {
    const at = await this.connection.pathTo(volume.id, DISKS, 'volume.id', options)
    await this.connection.operate({ method: 'DELETE', path: at, version, errors: NO_VOLUME }, () => undefined, options)
  }

  /** Azure tells all snapshots; those of the volume are kept.
   * @see https://learn.microsoft.com/rest/api/compute/snapshots/list */
  listVolumeSnapshots(volume: Ref, options?: CallOptions): Pager<VolumeSnapshot<AzureSnapshotExtra>> {
    const wanted = volume.id.toLowerCase()
    const keep = ({ properties = {} }: RawDisk): boolean => {
      const source = properties.creationData?.sourceResourceId?.toLowerCase() ?? ''
      return source === wanted || (!wanted.includes('/') && source.endsWith(`/disks/${wanted}`))
    }
    return this.connection.list(
      { path: below(SNAPSHOTS), version, map: (raw: RawDisk) => this.#toSnapshot(raw), keep },
      options,
    )
  }

  /** It is awaited.
   * @see https://learn.microsoft.com/rest/api/compute/snapshots/create-or-update */
  async createVolumeSnapshot(
    volume: Ref,
    options?: AzureCreateSnapshotOptions,
  ): Promise<Owned<VolumeSnapshot<AzureSnapshotExtra>>> {
    const disk = await this.#readDisk(volume.id, 'volume.id', options)
    const name = options?.name ?? `${disk.name}-${new Date().toISOString().slice(0, 19).replace(/\D/g, '')}`
    checkNewName(this.provider, operationOf(options), 'options.name', name)
    const place = await this.connection.locate(disk.id, DISKS, 'volume.id', options)
    const at: ResourceId = { ...place, type: SNAPSHOTS, names: [name] }
    const { ex_incremental: incremental = true, ex_tags: tags } = options ?? {}
    const json = {
      location: disk.location,
      tags,
      properties: { creationData: { createOption: 'Copy', sourceResourceId: disk.id }, incremental },
    }
    const made = new Made(this.connection)
    try {
      const created = this.#toSnapshot(await made.put<RawDisk>(at, version, json, options))
      return owned(created, () => this.destroyVolumeSnapshot(created))
    } catch (error) {
      return made.undo(error, options)
    }
  }

  /** It is awaited.
   * @see https://learn.microsoft.com/rest/api/compute/snapshots/delete */
  async destroyVolumeSnapshot(snapshot: Ref, options?: WaitOptions): Promise<void> {
    const at = await this.connection.pathTo(snapshot.id, SNAPSHOTS, 'snapshot.id', options)
    await this.connection.operate(
      { method: 'DELETE', path: at, version, errors: NO_SNAPSHOT },
      () => undefined,
      options,
    )
  }

  /**
   * Makes a volume larger: it cannot become smaller. It is awaited.
   *
   * @example
   * ```ts
   * const { size } = await driver.ex_resizeVolume({ id: 'data' }, 128)
   * ```
   * @throws VolumeDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/compute/disks/update
   */
  async ex_resizeVolume(volume: Ref, size: number, options?: WaitOptions): Promise<StorageVolume<AzureVolumeExtra>> {
    if (!Number.isSafeInteger(size) || size < 1)
      throw refused(this.provider, operationOf(options), 'size', 'a whole number of GiB')
    const at = await this.connection.pathTo(volume.id, DISKS, 'volume.id', options)
    const spec = {
      method: 'PATCH',
      path: at,
      version,
      json: { properties: { diskSizeGB: size } },
      errors: NO_VOLUME,
    } as const
    return this.connection.operate(spec, (raw: RawDisk | undefined) => this.#toVolume(raw as RawDisk), options)
  }

  /**
   * One snapshot.
   *
   * @example
   * ```ts
   * const { state } = await driver.ex_getSnapshot('data-20260131')
   * ```
   * @throws SnapshotDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/compute/snapshots/get
   */
  async ex_getSnapshot(snapshotId: string, options?: CallOptions): Promise<VolumeSnapshot<AzureSnapshotExtra>> {
    const at = await this.connection.pathTo(snapshotId, SNAPSHOTS, 'snapshotId', options)
    return this.connection.one(
      { path: at, version, errors: NO_SNAPSHOT },
      (raw: RawDisk) => this.#toSnapshot(raw),
      options,
    )
  }

  async #readDisk(id: string, argument: string, options: CallOptions | undefined): Promise<RawDisk> {
    const at = await this.connection.pathTo(id, DISKS, argument, options)
    const read = (raw: RawDisk): RawDisk => {
      if (typeof raw.id !== 'string' || typeof raw.name !== 'string') throw new Error('The reply is no disk')
      return raw
    }
    return this.connection.one({ path: at, version, errors: NO_VOLUME }, read, options)
  }

  async #writeDisks(vm: RawVm, disks: readonly RawDataDisk[], options: WaitOptions | undefined): Promise<void> {
    const dataDisks = disks.map(({ lun, name, caching, managedDisk }) => ({
      lun,
      name,
      createOption: 'Attach',
      caching,
      managedDisk: { id: managedDisk?.id },
    }))
    const at = idPath(await this.connection.locate(vm.id, VMS, 'node.id', options))
    const json = { properties: { storageProfile: { dataDisks } } }
    await this.connection.operate(
      { method: 'PATCH', path: at, version: COMPUTE_VERSION, json, errors: NO_NODE },
      () => undefined,
      options,
    )
  }

  #toVolume({
    id,
    name,
    location,
    managedBy,
    tags = {},
    zones = [],
    sku,
    properties = {},
  }: RawDisk): StorageVolume<AzureVolumeExtra> {
    const state = properties.diskState ?? properties.provisioningState ?? ''
    return new StorageVolume<AzureVolumeExtra>(this, {
      id,
      name,
      size: properties.diskSizeGB ?? 0,
      state: STATES[state] ?? (state === 'Creating' ? StorageVolumeState.CREATING : StorageVolumeState.UNKNOWN),
      extra: {
        state,
        location,
        resourceGroup: groupOf(id),
        sku: sku?.name,
        zones,
        tags,
        osType: properties.osType,
        nodeId: managedBy || undefined,
        sourceId: properties.creationData?.sourceResourceId,
        createdAt: properties.timeCreated === undefined ? undefined : new Date(properties.timeCreated),
      },
    })
  }

  #toSnapshot({ id, name, location, tags = {}, properties = {} }: RawDisk): VolumeSnapshot<AzureSnapshotExtra> {
    const state = properties.provisioningState ?? ''
    return new VolumeSnapshot<AzureSnapshotExtra>(this, {
      id,
      name,
      size: properties.diskSizeGB,
      created: properties.timeCreated === undefined ? undefined : new Date(properties.timeCreated),
      state: SNAPSHOT_STATES[state] ?? VolumeSnapshotState.UNKNOWN,
      extra: {
        state,
        location,
        resourceGroup: groupOf(id),
        tags,
        sourceId: properties.creationData?.sourceResourceId,
        incremental: properties.incremental ?? false,
      },
    })
  }
}
