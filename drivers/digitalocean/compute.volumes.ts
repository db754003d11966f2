import {
  type AttachVolumeOptions,
  type CreateVolumeOptions,
  type CreateVolumeSnapshotOptions,
  StorageVolume,
  StorageVolumeState,
  VolumeSnapshot,
  VolumeSnapshotState,
} from '../../lib/compute/types.js'
import {
  ConflictError,
  InvalidRequestError,
  SnapshotDoesNotExistError,
  VolumeDoesNotExistError,
} from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { type DigitalOceanAction, toDate, toNumber } from './account.js'
import { DigitalOceanComputeKeys } from './compute.keys.js'
import type { RawRegion } from './compute.shared.js'

const NO_VOLUME: ErrorTable = { 404: VolumeDoesNotExistError }
const NO_SNAPSHOT: ErrorTable = { 404: SnapshotDoesNotExistError }

interface RawVolume {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly size_gigabytes: number
  readonly droplet_ids: readonly number[] | null
  readonly created_at: string
  readonly tags?: readonly string[] | null
  readonly region: RawRegion
  readonly filesystem_type: string
  readonly filesystem_label: string
}
interface RawSnapshot {
  readonly id: string
  readonly name: string
  readonly created_at: string
  readonly regions: readonly string[]
  readonly min_disk_size: number
  readonly size_gigabytes: number
  readonly resource_id: string
  readonly resource_type: 'droplet' | 'volume'
  readonly tags: readonly string[] | null
}

/** What only DigitalOcean tells of a volume. */
export interface DigitalOceanVolumeExtra {
  readonly description: string
  /** The droplet that it is attached to: one, or none. */
  readonly nodeIds: readonly string[]
  /** Slug of the region. */
  readonly region: string
  readonly createdAt: Date | undefined
  readonly tags: readonly string[]
  /** `'ext4'` or `'xfs'`; empty where DigitalOcean has not formatted it. */
  readonly filesystemType: string
  readonly filesystemLabel: string
}
/** What only DigitalOcean tells of a snapshot. */
export interface DigitalOceanSnapshotExtra {
  /** What it is a snapshot of. */
  readonly resourceType: 'droplet' | 'volume'
  /** The droplet's or volume's id. */
  readonly resourceId: string
  /** Slugs of the regions that it lies in. */
  readonly regions: readonly string[]
  /** The smallest disk or volume that it fits on, in GiB. */
  readonly minDiskSize: number
  readonly tags: readonly string[]
}
export interface DigitalOceanCreateVolumeOptions extends CreateVolumeOptions {
  ex_description?: string | undefined
  /** Formats the volume. @defaultValue it is left as it is */
  ex_filesystemType?: 'ext4' | 'xfs' | undefined
  /** Up to 16 characters for ext4, 12 for xfs. */
  ex_filesystemLabel?: string | undefined
  ex_tags?: readonly string[] | undefined
}
export interface DigitalOceanCreateVolumeSnapshotOptions extends CreateVolumeSnapshotOptions {
  ex_tags?: readonly string[] | undefined
}
export interface DigitalOceanListVolumesOptions extends CallOptions {
  ex_name?: string | undefined
}
export interface DigitalOceanListSnapshotsOptions extends CallOptions {
  ex_resourceType?: 'droplet' | 'volume' | undefined
}

/** Volumes. Attaching and detaching resolve when they are accepted: `ex_listVolumeActions` tells when they are done. */
export abstract class DigitalOceanComputeVolumes extends DigitalOceanComputeKeys {
  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/volumes_list */
  listVolumes(options?: DigitalOceanListVolumesOptions): Pager<StorageVolume<DigitalOceanVolumeExtra>> {
    const map = (raw: RawVolume): StorageVolume<DigitalOceanVolumeExtra> => toVolume(this, raw)
    const query = { region: this.region, name: options?.ex_name }
    return this.connection.list({ path: '/v2/volumes', member: 'volumes', map, query }, options)
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/volumes_get */
  async getVolume(volumeId: string, options?: CallOptions): Promise<StorageVolume<DigitalOceanVolumeExtra>> {
    const map = (raw: RawVolume): StorageVolume<DigitalOceanVolumeExtra> => toVolume(this, raw)
    const at = path`/v2/volumes/${volumeId}`
    return this.connection.one({ path: at, errors: NO_VOLUME, member: 'volume', map }, options)
  }

  /** A volume must have a region: its location, or the driver's.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/volumes_create */
  async createVolume(
    volume: DigitalOceanCreateVolumeOptions,
    options?: CallOptions,
  ): Promise<Owned<StorageVolume<DigitalOceanVolumeExtra>>> {
    const region = volume.location?.id ?? this.region
    if (region === undefined) throw refused(this, 'volume.location', "given: the driver's region is not set", options)
    const json = {
      name: volume.name,
      size_gigabytes: volume.size,
      region,
      snapshot_id: volume.snapshot?.id,
      description: volume.ex_description,
      filesystem_type: volume.ex_filesystemType,
      filesystem_label: volume.ex_filesystemLabel,
      tags: volume.ex_tags,
    }
    const map = (raw: RawVolume): StorageVolume<DigitalOceanVolumeExtra> => toVolume(this, raw)
    const spec = { method: 'POST', path: '/v2/volumes', json, member: 'volume', map } as const
    const made = await this.connection.one(spec, options)
    return owned(made, () => this.destroyVolume(made))
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/volumeActions_post_byId */
  async attachVolume(node: Ref, volume: Ref, options?: AttachVolumeOptions): Promise<void> {
    if (options?.device !== undefined) {
      throw refused(this, 'options.device', 'absent: the device is named after the volume', options)
    }
    const json = { type: 'attach', droplet_id: toNumber(node.id, 'node.id') }
    await this.connection.act(path`/v2/volumes/${volume.id}/actions`, json, NO_VOLUME, options)
  }

  /** A volume known by its id alone, or not attached when it was read, is read first, for its droplet's id.
   * @throws ConflictError when it is not attached.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/volumeActions_post_byId */
  async detachVolume(volume: Ref, options?: CallOptions): Promise<void> {
    const known = (volume as { readonly extra?: Partial<DigitalOceanVolumeExtra> }).extra?.nodeIds?.[0]
    const nodeId = known ?? (await this.getVolume(volume.id, options)).extra.nodeIds[0]
    if (nodeId === undefined) {
      const details = { provider: this.provider, operation: operationOf(options) }
      throw new ConflictError(`detachVolume: volume ${volume.id} is not attached`, details)
    }
    const json = { type: 'detach', droplet_id: toNumber(nodeId, 'volume.extra.nodeIds') }
    await this.connection.act(path`/v2/volumes/${volume.id}/actions`, json, NO_VOLUME, options)
  }

  /** @throws ConflictError while it is attached.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/volumes_delete */
  async destroyVolume(volume: Ref, options?: CallOptions): Promise<void> {
    const at = path`/v2/volumes/${volume.id}`
    await this.connection.request({ method: 'DELETE', path: at, errors: NO_VOLUME, read: readNothing }, options)
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/volumeSnapshots_list */
  listVolumeSnapshots(volume: Ref, options?: CallOptions): Pager<VolumeSnapshot<DigitalOceanSnapshotExtra>> {
    const map = (raw: RawSnapshot): VolumeSnapshot<DigitalOceanSnapshotExtra> => toSnapshot(this, raw)
    const at = path`/v2/volumes/${volume.id}/snapshots`
    return this.connection.list({ path: at, errors: NO_VOLUME, member: 'snapshots', map }, options)
  }

  /** A snapshot must have a name: without one it is called after the volume's id and the time.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/volumeSnapshots_create */
  async createVolumeSnapshot(
    volume: Ref,
    options?: DigitalOceanCreateVolumeSnapshotOptions,
  ): Promise<Owned<VolumeSnapshot<DigitalOceanSnapshotExtra>>> {
    const name = options?.name ?? `${volume.id}-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}`
    const json = { name, tags: options?.ex_tags }
    const map = (raw: RawSnapshot): VolumeSnapshot<DigitalOceanSnapshotExtra> => toSnapshot(this, raw)
    const spec = { method: 'POST', path: path`/v2/volumes/${volume.id}/snapshots`, json, errors: NO_VOLUME } as const
    const made = await this.connection.one({ ...spec, member: 'snapshot', map }, options)
    return owned(made, () => this.destroyVolumeSnapshot(made))
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/volumeSnapshots_delete_byId */
  async destroyVolumeSnapshot(snapshot: Ref, options?: CallOptions): Promise<void> {
    const at = path`/v2/volumes/snapshots/${snapshot.id}`
    await this.connection.request({ method: 'DELETE', path: at, errors: NO_SNAPSHOT, read: readNothing }, options)
  }

  /**
   * Makes a volume larger; it cannot be made smaller. Its file system is to be grown afterwards.
   *
   * @example
   * ```ts
   * await driver.ex_waitForAction(await driver.ex_resizeVolume(volume, 200))
   * ```
   * @param size GiB, up to 16384.
   * @throws VolumeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/volumeActions_post_byId
   */
  async ex_resizeVolume(volume: Ref, size: number, options?: CallOptions): Promise<DigitalOceanAction> {
    const json = { type: 'resize', size_gigabytes: size }
    return this.connection.act(path`/v2/volumes/${volume.id}/actions`, json, NO_VOLUME, options)
  }

  /**
   * What was done to a volume.
   *
   * @example
   * ```ts
   * await driver.attachVolume(node, volume)
   * const [attaching] = await driver.ex_listVolumeActions(volume)
   * if (attaching) await driver.ex_waitForAction(attaching)
   * ```
   * @throws VolumeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/volumeActions_list
   */
  ex_listVolumeActions(volume: Ref, options?: CallOptions): Pager<DigitalOceanAction> {
    return this.connection.listActions({ path: path`/v2/volumes/${volume.id}/actions`, errors: NO_VOLUME }, options)
  }

  /**
   * Deletes a volume that is known by its name, which only one in a region has.
   *
   * @example
   * ```ts
   * await driver.ex_destroyVolumeByName('data', 'fra1')
   * ```
   * @throws VolumeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/volumes_delete_byName
   */
  async ex_destroyVolumeByName(name: string, region: string, options?: CallOptions): Promise<void> {
    const spec = { method: 'DELETE', path: '/v2/volumes', query: { name, region }, errors: NO_VOLUME } as const
    await this.connection.request({ ...spec, read: readNothing }, options)
  }

  /**
   * All snapshots of the account, of volumes and of droplets. The latter are images too.
   *
   * @example
   * ```ts
   * const snapshots = await driver.ex_listSnapshots({ ex_resourceType: 'volume' })
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/snapshots_list
   */
  ex_listSnapshots(options?: DigitalOceanListSnapshotsOptions): Pager<VolumeSnapshot<DigitalOceanSnapshotExtra>> {
    const map = (raw: RawSnapshot): VolumeSnapshot<DigitalOceanSnapshotExtra> => toSnapshot(this, raw)
    const query = { resource_type: options?.ex_resourceType }
    return this.connection.list({ path: '/v2/snapshots', member: 'snapshots', map, query }, options)
  }

  /**
   * One snapshot, of a volume or of a droplet.
   *
   * @example
   * ```ts
   * const { extra } = await driver.ex_getSnapshot('fbe805e8-866b-11e6-96bf-000f53315a41')
   * ```
   * @throws SnapshotDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/snapshots_get
   */
  async ex_getSnapshot(snapshotId: string, options?: CallOptions): Promise<VolumeSnapshot<DigitalOceanSnapshotExtra>> {
    const map = (raw: RawSnapshot): VolumeSnapshot<DigitalOceanSnapshotExtra> => toSnapshot(this, raw)
    const at = path`/v2/snapshots/${snapshotId}`
    return this.connection.one({ path: at, errors: NO_SNAPSHOT, member: 'snapshot', map }, options)
  }

  /**
   * Deletes a snapshot, of a volume or of a droplet.
   *
   * @example
   * ```ts
   * await driver.ex_deleteSnapshot({ id: '6372321' })
   * ```
   * @throws SnapshotDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/snapshots_delete
   */
  async ex_deleteSnapshot(snapshot: Ref, options?: CallOptions): Promise<void> {
    const at = path`/v2/snapshots/${snapshot.id}`
    await this.connection.request({ method: 'DELETE', path: at, errors: NO_SNAPSHOT, read: readNothing }, options)
  }
}

function refused(
  { provider }: DigitalOceanComputeVolumes,
  argument: string,
  allowed: string,
  options: CallOptions | undefined,
): InvalidRequestError {
  const operation = operationOf(options)
  return new InvalidRequestError(`${operation}: '${argument}' must be ${allowed}`, {
    provider,
    operation,
    argument,
    allowed,
  })
}

function toVolume(driver: DigitalOceanComputeVolumes, raw: RawVolume): StorageVolume<DigitalOceanVolumeExtra> {
  const nodeIds = (raw.droplet_ids ?? []).map(String)
  return new StorageVolume(driver, {
    id: raw.id,
    name: raw.name,
    size: raw.size_gigabytes,
    state: nodeIds.length > 0 ? StorageVolumeState.INUSE : StorageVolumeState.AVAILABLE,
    extra: {
      description: raw.description,
      nodeIds,
      region: raw.region.slug,
      createdAt: toDate(raw.created_at),
      tags: raw.tags ?? [],
      filesystemType: raw.filesystem_type,
      filesystemLabel: raw.filesystem_label,
    },
  })
}

/** A snapshot is shown when it is made, and not before. */
function toSnapshot(driver: DigitalOceanComputeVolumes, raw: RawSnapshot): VolumeSnapshot<DigitalOceanSnapshotExtra> {
  return new VolumeSnapshot(driver, {
    id: raw.id,
    name: raw.name,
    size: raw.size_gigabytes,
    created: toDate(raw.created_at),
    state: VolumeSnapshotState.AVAILABLE,
    extra: {
      resourceType: raw.resource_type,
      resourceId: raw.resource_id,
      regions: raw.regions,
      minDiskSize: raw.min_disk_size,
      tags: raw.tags ?? [],
    },
  })
}
