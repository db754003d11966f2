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
  NodeDoesNotExistError,
  SnapshotDoesNotExistError,
  VolumeDoesNotExistError,
} from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { LXDComputeBase } from './compute.base.js'
import { type LXDInstance, NO_NODE } from './instances.shared.js'
import { instanceOf, instancePath, nameOf, refuse } from './names.js'
import { bytes, GIB } from './quantities.js'
import type { LXDConfig, LXDDevices } from './types.js'

/** Volumes are named for every kind of storage. */
const PART = /^[A-Za-z0-9][A-Za-z0-9_.:-]*$/
const NO_VOLUME: ErrorTable = { 404: VolumeDoesNotExistError }
const NO_SNAPSHOT: ErrorTable = { 404: SnapshotDoesNotExistError }

interface RawVolume {
  readonly name: string
  readonly type: string
  readonly contentType: string
  readonly description: string
  readonly config: LXDConfig
  readonly location: string
  readonly usedBy: readonly string[] | undefined
  readonly createdAt: Date | undefined
}
interface RawSnapshot {
  readonly name: string
  readonly description: string
  readonly config: LXDConfig
  readonly contentType: string
  readonly createdAt: Date | undefined
  readonly expiresAt: Date | undefined
}

/** What only LXD tells of a volume. */
export interface LXDVolumeExtra {
  readonly pool: string
  readonly description: string
  /** `'filesystem'` or `'block'`. */
  readonly contentType: string
  readonly config: LXDConfig
  readonly location: string
  /** Names of the instances that have it. */
  readonly instances: readonly string[]
}
/** What only LXD tells of a snapshot. */
export interface LXDVolumeSnapshotExtra {
  readonly pool: string
  readonly volumeId: string
  readonly description: string
  readonly config: LXDConfig
  readonly expiresAt: Date | undefined
}
/** What `createVolume` takes. */
export interface LXDCreateVolumeOptions extends CreateVolumeOptions {
  /** @defaultValue the snapshot's, or 'default' */
  ex_pool?: string | undefined
  /** A directory in containers, or a disk in virtual machines. @defaultValue 'filesystem' */
  ex_contentType?: 'filesystem' | 'block' | undefined
  ex_description?: string | undefined
  ex_config?: LXDConfig | undefined
}
/** What `attachVolume` takes. */
export interface LXDAttachVolumeOptions extends AttachVolumeOptions {
  /** Where a volume with a file system is seen in the instance. @defaultValue '/mnt/' and the volume's name */
  ex_path?: string | undefined
}

/** Custom volumes of all storage pools: a volume's id is `pool/name`, a snapshot's `pool/volume/name`. */
export abstract class LXDComputeVolumes extends LXDComputeBase {
  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_get_recursion1 */
  listVolumes(options?: CallOptions): Pager<StorageVolume<LXDVolumeExtra>> {
    return onePage(async () => {
      const pools = await this.connection.list<{ name: string }>('/1.0/storage-pools', options)
      const found: StorageVolume<LXDVolumeExtra>[] = []
      for (const { name: pool } of pools) {
        const at = path`/1.0/storage-pools/${pool}/volumes/custom`
        const raw = await this.connection.list<RawVolume>(at, options)
        // The daemon lists snapshots among volumes.
        found.push(...raw.filter(({ name }) => !name.includes('/')).map(each => this.#volume(pool, each)))
      }
      return found
    }, options)
  }

  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volume_type_get */
  async getVolume(volumeId: string, options?: CallOptions): Promise<StorageVolume<LXDVolumeExtra>> {
    const { pool, at } = this.#place(volumeId, 'volumeId')
    return this.#volume(pool, await this.connection.get<RawVolume>(at, options, { errors: NO_VOLUME }))
  }

  /**
   * Pools of the driver 'dir' hold no volume to its size, unless their file system knows project quotas.
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_post
   */
  async createVolume(
    volume: LXDCreateVolumeOptions,
    options?: CallOptions,
  ): Promise<Owned<StorageVolume<LXDVolumeExtra>>> {
    const { size, snapshot, location } = volume
    const name = nameOf(this.provider, volume.name, 'volume.name')
    const from = snapshot === undefined ? undefined : this.#snapshotPlace(snapshot.id)
    const pool = nameOf(this.provider, volume.ex_pool ?? from?.pool ?? 'default', 'volume.ex_pool')
    const json = {
      name,
      description: volume.ex_description,
      content_type: volume.ex_contentType,
      config: { size: `${size}GiB`, ...volume.ex_config },
      source: from && { type: 'copy', pool: from.pool, name: `${from.volume}/${from.name}` },
    }
    const errors = from ? NO_SNAPSHOT : undefined
    const target = location === undefined || location.id === 'none' ? {} : { ex_target: location.id }
    const spec = { method: 'POST', path: path`/1.0/storage-pools/${pool}/volumes/custom`, json, errors } as const
    await this.connection.change(spec, { ...options, ...target })
    const id = `${pool}/${name}`
    return owned(await this.getVolume(id, options), () => this.destroyVolume({ id }))
  }

  /**
   * The device in the instance is named after the volume, unless `device` names it.
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_patch
   */
  async attachVolume(node: Ref, volume: Ref, options?: LXDAttachVolumeOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, node, options, 'node')
    const { pool, name: source, at } = this.#place(volume.id, 'volume')
    const device = nameOf(this.provider, (options?.device ?? source).replace(/^\/dev\//, ''), 'options.device')
    const { contentType } = await this.connection.get<RawVolume>(at, found, { errors: NO_VOLUME })
    const seen = instancePath(this.provider, options?.ex_path ?? `/mnt/${source}`, 'options.ex_path')
    const errors = { 404: NodeDoesNotExistError }
    const instance = path`/1.0/instances/${name}`
    const { value, etag } = await this.connection.tagged<LXDInstance>(instance, found, { errors })
    if (Object.hasOwn(value.devices, device)) {
      const { provider } = this
      throw new ConflictError(`Instance '${name}' has a device '${device}' already`, { provider })
    }
    const disk = { type: 'disk', pool, source, ...(contentType === 'block' ? {} : { path: seen }) }
    const json = { devices: { ...value.devices, [device]: disk } }
    await this.connection.change({ method: 'PATCH', path: instance, json, errors }, { ...found, ex_etag: etag })
  }

  /** From every instance that has it. @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_put */
  async detachVolume(volume: Ref, options?: CallOptions): Promise<void> {
    const { pool, name } = this.#place(volume.id, 'volume')
    const { extra } = await this.getVolume(volume.id, options)
    if (extra.instances.length === 0) {
      const { provider } = this
      throw new ConflictError(`Volume '${volume.id}' is attached to no instance`, { provider })
    }
    for (const instance of extra.instances) {
      const at = path`/1.0/instances/${instance}`
      const { value, etag } = await this.connection.tagged<LXDInstance>(at, options, { errors: NO_NODE })
      const { architecture, config, devices, description, ephemeral, profiles } = value
      const left = Object.entries(devices).filter(([, each]) => each['pool'] !== pool || each['source'] !== name)
      const kept: LXDDevices = Object.fromEntries(left)
      const json = { architecture, config, devices: kept, description, ephemeral, profiles }
      await this.connection.change({ method: 'PUT', path: at, json }, { ...options, ex_etag: etag } as CallOptions)
    }
  }

  /** With its snapshots. @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volume_type_delete */
  async destroyVolume(volume: Ref, options?: CallOptions): Promise<void> {
    const { at } = this.#place(volume.id, 'volume')
    await this.connection.change({ method: 'DELETE', path: at, errors: NO_VOLUME }, options)
  }

  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_snapshots_get_recursion1 */
  listVolumeSnapshots(volume: Ref, options?: CallOptions): Pager<VolumeSnapshot<LXDVolumeSnapshotExtra>> {
    const { at } = this.#place(volume.id, 'volume')
    const map = (raw: RawSnapshot): VolumeSnapshot<LXDVolumeSnapshotExtra> => this.#snapshot(volume.id, raw)
    return this.connection.list(`${at}/snapshots`, options, { errors: NO_VOLUME, map })
  }

  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_snapshots_post */
  async createVolumeSnapshot(
    volume: Ref,
    options?: CreateVolumeSnapshotOptions,
  ): Promise<Owned<VolumeSnapshot<LXDVolumeSnapshotExtra>>> {
    const { at } = this.#place(volume.id, 'volume')
    const name = nameOf(this.provider, options?.name ?? `snap-${crypto.randomUUID().slice(0, 8)}`, 'options.name')
    const spec = { method: 'POST', path: `${at}/snapshots`, json: { name }, errors: NO_VOLUME } as const
    await this.connection.change(spec, options)
    const one = `${at}/snapshots${path`/${name}`}`
    const raw = await this.connection.get<RawSnapshot>(one, options, { errors: NO_SNAPSHOT })
    const made = this.#snapshot(volume.id, raw)
    return owned(made, () => this.destroyVolumeSnapshot(made))
  }

  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_snapshot_delete */
  async destroyVolumeSnapshot(snapshot: Ref, options?: CallOptions): Promise<void> {
    const { pool, volume, name } = this.#snapshotPlace(snapshot.id)
    const at = path`/1.0/storage-pools/${pool}/volumes/custom/${volume}/snapshots/${name}`
    await this.connection.change({ method: 'DELETE', path: at, errors: NO_SNAPSHOT }, options)
  }

  #place(id: string, argument: string): { pool: string; name: string; at: string } {
    const parts = id.split('/')
    if (parts.length !== 2 || !parts.every(each => PART.test(each)))
      throw refuse(this.provider, argument, id, "a volume's id: 'pool/name'")
    const [pool, name] = parts.map(each => nameOf(this.provider, each, argument)) as [string, string]
    return { pool, name, at: path`/1.0/storage-pools/${pool}/volumes/custom/${name}` }
  }

  #snapshotPlace(id: string): { pool: string; volume: string; name: string } {
    const parts = id.split('/')
    if (parts.length !== 3 || !parts.every(each => PART.test(each)))
      throw refuse(this.provider, 'snapshot', id, "a snapshot's id: 'pool/volume/name'")
    const [pool, volume, name] = parts.map(each => nameOf(this.provider, each, 'snapshot')) as [string, string, string]
    return { pool, volume, name }
  }

  #volume(pool: string, raw: RawVolume): StorageVolume<LXDVolumeExtra> {
    const { name, description, contentType, config, location, usedBy = [] } = raw
    const instances = usedBy.flatMap(each => /^\/1\.0\/instances\/([^/?]+)/.exec(each)?.[1] ?? [])
    return new StorageVolume(this, {
      id: `${pool}/${name}`,
      name,
      size: Math.round(bytes(config['size']) / GIB),
      state: usedBy.length > 0 ? StorageVolumeState.INUSE : StorageVolumeState.AVAILABLE,
      extra: { pool, description, contentType, config, location, instances },
    })
  }

  #snapshot(volumeId: string, raw: RawSnapshot): VolumeSnapshot<LXDVolumeSnapshotExtra> {
    const { description, config, createdAt, expiresAt } = raw
    const name = raw.name.split('/').at(-1) as string
    const pool = volumeId.split('/')[0] as string
    return new VolumeSnapshot(this, {
      id: `${volumeId}/${name}`,
      name,
      size: Math.round(bytes(config['size']) / GIB) || undefined,
      created: createdAt,
      state: VolumeSnapshotState.AVAILABLE,
      extra: { pool, volumeId, description, config, expiresAt },
    })
  }
}
