import type { AttachVolumeOptions, CreateVolumeOptions, CreateVolumeSnapshotOptions } from '../../lib/compute/types.js'
import {
  ConflictError,
  NodeDoesNotExistError,
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
import { OpenStackComputeImages } from './compute.images.js'
import { type OpenStackListOptions, orNothing } from './compute.shared.js'
import {
  type OpenStackSnapshot,
  type OpenStackVolume,
  type RawSnapshot,
  type RawVolume,
  toSnapshot,
  toVolume,
} from './volume.js'

interface RawType {
  readonly id: string
  readonly name: string
  readonly description?: string | null
  readonly is_public?: boolean
  readonly extra_specs?: Readonly<Record<string, string>>
}

/** A kind of volume: what it lies on, and how fast it is. */
export interface OpenStackVolumeType {
  readonly id: string
  readonly name: string
  readonly description: string | undefined
  readonly isPublic: boolean | undefined
  readonly extraSpecs: Readonly<Record<string, string>>
}
export interface OpenStackListVolumesOptions extends OpenStackListOptions {
  ex_name?: string | undefined
  /** The cloud's own word: `'available'`. */
  ex_status?: string | undefined
  /** Volumes of all projects. Needs an administrator. @defaultValue false */
  ex_allProjects?: boolean | undefined
}
export interface OpenStackCreateVolumeOptions extends CreateVolumeOptions {
  ex_description?: string | undefined
  /** Name or id. @defaultValue the cloud's */
  ex_type?: string | undefined
  /** The volume begins as a copy of this image. */
  ex_image?: Ref | undefined
  /** The volume begins as a copy of this one. */
  ex_sourceVolume?: Ref | undefined
  ex_metadata?: Readonly<Record<string, string>> | undefined
}
export interface OpenStackAttachVolumeOptions extends AttachVolumeOptions {
  /** By which the server knows it. Needs microversion 2.49. */
  ex_tag?: string | undefined
  /** Whether the volume goes with the server. Needs microversion 2.79. @defaultValue false */
  ex_deleteOnTermination?: boolean | undefined
}
export interface OpenStackDetachVolumeOptions extends CallOptions {
  /** From which server, where several have it; one request is spared where it is known. @defaultValue the only one that has it */
  ex_node?: Ref | undefined
}
export interface OpenStackDestroyVolumeOptions extends CallOptions {
  /** Deletes its snapshots too. @defaultValue false */
  ex_cascade?: boolean | undefined
}
export interface OpenStackCreateVolumeSnapshotOptions extends CreateVolumeSnapshotOptions {
  ex_description?: string | undefined
  /** Also of a volume that a server has. @defaultValue false */
  ex_force?: boolean | undefined
  ex_metadata?: Readonly<Record<string, string>> | undefined
}

const NO_VOLUME: ErrorTable = { 404: VolumeDoesNotExistError }
const NO_SNAPSHOT: ErrorTable = { 404: SnapshotDoesNotExistError }
const storage = { service: 'block-storage' } as const

/** Block volumes and their snapshots. */
export abstract class OpenStackComputeVolumes extends OpenStackComputeImages {
  /** @see https://docs.openstack.org/api-ref/block-storage/v3/#list-accessible-volumes-with-details */
  listVolumes(options?: OpenStackListVolumesOptions): Pager<OpenStackVolume> {
    const query = {
      name: options?.ex_name,
      status: options?.ex_status,
      all_tenants: options?.ex_allProjects ? 1 : undefined,
    }
    const map = (raw: RawVolume): OpenStackVolume => toVolume(this, raw)
    const spec = { ...storage, path: '/volumes/detail', member: 'volumes', map, query, limit: options?.ex_limit }
    return this.connection.list(spec, options)
  }

  /** @see https://docs.openstack.org/api-ref/block-storage/v3/#show-a-volume-s-details */
  async getVolume(volumeId: string, options?: CallOptions): Promise<OpenStackVolume> {
    const map = (raw: RawVolume): OpenStackVolume => toVolume(this, raw)
    const spec = { ...storage, path: path`/volumes/${volumeId}`, errors: NO_VOLUME, member: 'volume', map }
    return this.connection.one(spec, options)
  }

  /** Resolves when the volume is ordered: it is `'creating'` until it can be used.
   * @see https://docs.openstack.org/api-ref/block-storage/v3/#create-a-volume */
  async createVolume(volume: OpenStackCreateVolumeOptions, options?: CallOptions): Promise<Owned<OpenStackVolume>> {
    const json = {
      volume: {
        name: volume.name,
        size: volume.size,
        availability_zone: volume.location?.id,
        snapshot_id: volume.snapshot?.id,
        source_volid: volume.ex_sourceVolume?.id,
        imageRef: volume.ex_image?.id,
        description: volume.ex_description,
        volume_type: volume.ex_type,
        metadata: volume.ex_metadata,
      },
    }
    const map = (raw: RawVolume): OpenStackVolume => toVolume(this, raw)
    const spec = { ...storage, method: 'POST', path: '/volumes', json, member: 'volume', map } as const
    const made = await this.connection.one(spec, options)
    return owned(made, () => this.destroyVolume(made))
  }

  /** Resolves when it is accepted: the volume is `'attaching'` until the server has it.
   * @see https://docs.openstack.org/api-ref/compute/#attach-a-volume-to-an-instance */
  async attachVolume(node: Ref, volume: Ref, options?: OpenStackAttachVolumeOptions): Promise<void> {
    const { device, ex_tag: tag, ex_deleteOnTermination: deletes } = options ?? {}
    const json = { volumeAttachment: { volumeId: volume.id, device, tag, delete_on_termination: deletes } }
    const least = deletes === undefined ? (tag === undefined ? undefined : '2.49') : '2.79'
    const microversion = least === undefined ? undefined : { wanted: least, least }
    const at = path`/servers/${node.id}/os-volume_attachments`
    // Either of them may be what there is not.
    const errors = { 404: NodeDoesNotExistError }
    const spec = { method: 'POST', path: at, json, errors, microversion, read: readNothing } as const
    await this.connection.request(spec, options)
  }

  /** Resolves when it is accepted: the volume is `'detaching'` until the server has let go of it.
   * @throws ConflictError where no server has it, or several have and none is named
   * @see https://docs.openstack.org/api-ref/compute/#detach-a-volume-from-an-instance */
  async detachVolume(volume: Ref, options?: OpenStackDetachVolumeOptions): Promise<void> {
    const nodeId = options?.ex_node?.id ?? (await this.#holderOf(volume, options))
    const at = path`/servers/${nodeId}/os-volume_attachments/${volume.id}`
    await this.connection.request({ method: 'DELETE', path: at, errors: NO_VOLUME, read: readNothing }, options)
  }

  async #holderOf(volume: Ref, options: CallOptions | undefined): Promise<string> {
    const { extra } = await this.getVolume(volume.id, options)
    const [attachment, ...others] = extra.attachments
    if (attachment !== undefined && others.length === 0) return attachment.nodeId
    const who =
      attachment === undefined
        ? 'no server has it'
        : `the servers ${extra.attachments.map(({ nodeId }) => nodeId).join(', ')} have it: 'ex_node' says which is meant`
    const operation = operationOf(options)
    const message = `${operation}: the volume ${volume.id} cannot be detached: ${who}`
    throw new ConflictError(message, { provider: this.provider, operation })
  }

  /** @see https://docs.openstack.org/api-ref/block-storage/v3/#delete-a-volume */
  async destroyVolume(volume: Ref, options?: OpenStackDestroyVolumeOptions): Promise<void> {
    const query = { cascade: options?.ex_cascade || undefined }
    const spec = { ...storage, method: 'DELETE', path: path`/volumes/${volume.id}`, query, errors: NO_VOLUME } as const
    await this.connection.request({ ...spec, read: readNothing }, options)
  }

  /** @see https://docs.openstack.org/api-ref/block-storage/v3/#list-snapshots-and-details */
  listVolumeSnapshots(volume: Ref, options?: OpenStackListOptions): Pager<OpenStackSnapshot> {
    return this.#snapshots({ volume_id: volume.id }, options)
  }

  #snapshots(query: { volume_id?: string }, options: OpenStackListOptions | undefined): Pager<OpenStackSnapshot> {
    const map = (raw: RawSnapshot): OpenStackSnapshot => toSnapshot(this, raw)
    const spec = { ...storage, path: '/snapshots/detail', member: 'snapshots', map, query, limit: options?.ex_limit }
    return this.connection.list(spec, options)
  }

  /** @see https://docs.openstack.org/api-ref/block-storage/v3/#create-a-snapshot */
  async createVolumeSnapshot(
    volume: Ref,
    options?: OpenStackCreateVolumeSnapshotOptions,
  ): Promise<Owned<OpenStackSnapshot>> {
    const snapshot = {
      volume_id: volume.id,
      name: options?.name,
      description: options?.ex_description,
      force: options?.ex_force,
      metadata: options?.ex_metadata,
    }
    const map = (raw: RawSnapshot): OpenStackSnapshot => toSnapshot(this, raw)
    const spec = { ...storage, method: 'POST', path: '/snapshots', json: { snapshot }, errors: NO_VOLUME } as const
    const made = await this.connection.one({ ...spec, member: 'snapshot', map }, options)
    return owned(made, () => this.destroyVolumeSnapshot(made))
  }

  /** @see https://docs.openstack.org/api-ref/block-storage/v3/#delete-a-snapshot */
  async destroyVolumeSnapshot(snapshot: Ref, options?: CallOptions): Promise<void> {
    const at = path`/snapshots/${snapshot.id}`
    const spec = { ...storage, method: 'DELETE', path: at, errors: NO_SNAPSHOT, read: readNothing } as const
    await this.connection.request(spec, options)
  }

  /**
   * One volume: as `getVolume`.
   *
   * @example
   * ```ts
   * const volume = await driver.ex_getVolume('6edbc2f4-1507-44f8-ac0d-eed1d2608d38')
   * ```
   * @deprecated `getVolume` is the same
   * @throws VolumeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/block-storage/v3/#show-a-volume-s-details
   */
  async ex_getVolume(volumeId: string, options?: CallOptions): Promise<OpenStackVolume> {
    return this.getVolume(volumeId, options)
  }

  /**
   * Makes a volume larger. It cannot be made smaller. Its file system is to be grown afterwards.
   *
   * @example
   * ```ts
   * await driver.ex_resizeVolume(volume, 20)
   * ```
   * @param size GiB.
   * @throws VolumeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/block-storage/v3/#extend-a-volume-size
   */
  async ex_resizeVolume(volume: Ref, size: number, options?: CallOptions): Promise<void> {
    const at = path`/volumes/${volume.id}/action`
    const json = { 'os-extend': { new_size: size } }
    const spec = { ...storage, method: 'POST', path: at, json, errors: NO_VOLUME, read: readNothing } as const
    // From 3.42 on also while a server has it.
    await this.connection.request({ ...spec, microversion: '3.42' }, options)
  }

  /**
   * Kinds of volumes that one can have.
   *
   * @example
   * ```ts
   * const [type] = await driver.ex_listVolumeTypes()
   * ```
   * @see https://docs.openstack.org/api-ref/block-storage/v3/#list-all-volume-types
   */
  ex_listVolumeTypes(options?: OpenStackListOptions): Pager<OpenStackVolumeType> {
    const spec = { ...storage, path: '/types', member: 'volume_types', map: toType, limit: options?.ex_limit }
    return this.connection.list(spec, options)
  }

  /**
   * Snapshots of all volumes.
   *
   * @example
   * ```ts
   * const snapshots = await driver.ex_listSnapshots()
   * ```
   * @see https://docs.openstack.org/api-ref/block-storage/v3/#list-snapshots-and-details
   */
  ex_listSnapshots(options?: OpenStackListOptions): Pager<OpenStackSnapshot> {
    return this.#snapshots({}, options)
  }

  /**
   * One snapshot of a volume.
   *
   * @example
   * ```ts
   * const { state } = await driver.ex_getSnapshot('d32019d3-bc6e-4319-9c1d-6722fc136a22')
   * ```
   * @throws SnapshotDoesNotExistError
   * @see https://docs.openstack.org/api-ref/block-storage/v3/#show-a-snapshot-s-details
   */
  async ex_getSnapshot(snapshotId: string, options?: CallOptions): Promise<OpenStackSnapshot> {
    const map = (raw: RawSnapshot): OpenStackSnapshot => toSnapshot(this, raw)
    const spec = { ...storage, path: path`/snapshots/${snapshotId}`, errors: NO_SNAPSHOT, member: 'snapshot', map }
    return this.connection.one(spec, options)
  }

  /**
   * Makes a snapshot of a volume: as `createVolumeSnapshot`.
   *
   * @example
   * ```ts
   * const snapshot = await driver.ex_createSnapshot(volume, { name: 'before', ex_force: true })
   * ```
   * @deprecated `createVolumeSnapshot` is the same
   * @throws VolumeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/block-storage/v3/#create-a-snapshot
   */
  async ex_createSnapshot(
    volume: Ref,
    options?: OpenStackCreateVolumeSnapshotOptions,
  ): Promise<Owned<OpenStackSnapshot>> {
    return this.createVolumeSnapshot(volume, options)
  }

  /**
   * Deletes a snapshot: as `destroyVolumeSnapshot`.
   *
   * @example
   * ```ts
   * await driver.ex_deleteSnapshot(snapshot)
   * ```
   * @deprecated `destroyVolumeSnapshot` is the same
   * @throws SnapshotDoesNotExistError
   * @see https://docs.openstack.org/api-ref/block-storage/v3/#delete-a-snapshot
   */
  async ex_deleteSnapshot(snapshot: Ref, options?: CallOptions): Promise<void> {
    await this.destroyVolumeSnapshot(snapshot, options)
  }
}

function toType(raw: RawType): OpenStackVolumeType {
  return {
    id: raw.id,
    name: raw.name,
    description: orNothing(raw.description),
    isPublic: raw.is_public,
    extraSpecs: raw.extra_specs ?? {},
  }
}
