import { path } from '../../lib/http/url.js'
import type { Pager } from '../../lib/pager.js'
import { toRaw } from './convert.js'
import { exists, nameOf } from './names.js'
import { LXDProfiles } from './profiles.js'
import { volumePath } from './storage.shared.js'
import type { LXDCallOptions, LXDChangeOptions, LXDConfig, LXDListOptions, LXDName, LXDUpdateOptions } from './types.js'

/** Where the bytes of instances, images and volumes lie. */
export interface LXDStoragePool {
  readonly name: string
  readonly description: string
  /** `'dir'`, `'zfs'`, `'btrfs'`, `'lvm'`, `'ceph'` … */
  readonly driver: string
  readonly status: string
  readonly config: LXDConfig
  readonly locations: readonly string[] | undefined
  readonly usedBy: readonly string[] | undefined
}
export interface LXDStoragePoolChange {
  readonly description?: string | undefined
  readonly config?: LXDConfig | undefined
}
export interface LXDNewStoragePool extends LXDStoragePoolChange {
  readonly name: string
  readonly driver: string
}
/** How full a pool is. */
export interface LXDStorageResources {
  /** Bytes. */
  readonly space: { readonly used: number; readonly total: number }
  /** How many files there are, and may be. */
  readonly inodes: { readonly used: number; readonly total: number }
}
/** `'custom'` volumes are those that users make. */
export type LXDVolumeType = 'custom' | 'container' | 'virtual-machine' | 'image'
/** A volume of a pool. */
export interface LXDStorageVolume {
  readonly name: string
  readonly type: string
  readonly description: string
  /** `'filesystem'`, `'block'` or `'iso'`. */
  readonly contentType: string
  readonly config: LXDConfig
  readonly location: string
  readonly project?: string | undefined
  readonly pool?: string | undefined
  readonly createdAt: Date | undefined
  readonly usedBy: readonly string[] | undefined
}
export interface LXDStorageVolumeChange {
  readonly description?: string | undefined
  readonly config?: LXDConfig | undefined
}
/** A custom volume to be made. */
export interface LXDNewStorageVolume extends LXDStorageVolumeChange {
  readonly name: string
  /** @defaultValue 'filesystem' */
  readonly contentType?: 'filesystem' | 'block' | undefined
  /** A copy: `{ type: 'copy', pool: 'default', name: 'data' }`. */
  readonly source?: Readonly<Record<string, unknown>> | undefined
}
/** What all calls about volumes take. */
export interface LXDVolumeOptions extends LXDUpdateOptions {
  /** @defaultValue 'custom' */
  ex_type?: LXDVolumeType | undefined
}
/** What `ex_renameStorageVolume` takes. */
export interface LXDMoveVolumeOptions extends LXDChangeOptions {
  /** Another pool. */
  ex_toPool?: string | undefined
  /** Another project. */
  ex_toProject?: string | undefined
}

/** Storage pools and volumes. */
export class LXDStorage extends LXDProfiles {
  /**
   * Storage pools.
   * @example for await (const { name } of driver.ex_listStoragePools()) console.log(name)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pools_get_recursion1
   */
  ex_listStoragePools(options?: LXDListOptions): Pager<LXDStoragePool> {
    return this.connection.list('/1.0/storage-pools', options)
  }

  /**
   * One storage pool.
   * @example const { driver, config } = await driver.ex_getStoragePool('fast')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_get
   */
  async ex_getStoragePool(pool: LXDName, options?: LXDCallOptions): Promise<LXDStoragePool> {
    return this.connection.get(path`/1.0/storage-pools/${nameOf(this.provider, pool, 'pool')}`, options)
  }

  /**
   * Whether there is such a storage pool.
   * @example if (await driver.ex_hasStoragePool('fast')) console.log('there')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_get
   */
  async ex_hasStoragePool(pool: LXDName, options?: LXDCallOptions): Promise<boolean> {
    return exists(this.ex_getStoragePool(pool, options))
  }

  /**
   * Makes a storage pool.
   * @example await driver.ex_createStoragePool({ name: 'fast', driver: 'zfs', config: { source: '/dev/sdb' } })
   * @throws ConflictError where there is one already
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pools_post
   */
  async ex_createStoragePool(pool: LXDNewStoragePool, options?: LXDChangeOptions): Promise<LXDStoragePool> {
    const name = nameOf(this.provider, pool.name, 'pool.name')
    await this.connection.change({ method: 'POST', path: '/1.0/storage-pools', json: toRaw(pool) }, options)
    return this.ex_getStoragePool(name, options)
  }

  /**
   * Changes some of what a storage pool is; what is not named stays. An empty string unsets a key.
   * @example await driver.ex_updateStoragePool('fast', { description: 'Fast' })
   * @throws ConflictError where `ex_etag` is given, and it has changed since
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_patch
   */
  async ex_updateStoragePool(pool: LXDName, changes: LXDStoragePoolChange, options?: LXDUpdateOptions): Promise<void> {
    await this.connection.change(
      { method: 'PATCH', path: path`/1.0/storage-pools/${nameOf(this.provider, pool, 'pool')}`, json: toRaw(changes) },
      options,
    )
  }

  /**
   * Deletes a storage pool.
   * @example await driver.ex_deleteStoragePool('fast')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pools_delete
   */
  async ex_deleteStoragePool(pool: LXDName, options?: LXDChangeOptions): Promise<void> {
    await this.connection.change(
      { method: 'DELETE', path: path`/1.0/storage-pools/${nameOf(this.provider, pool, 'pool')}` },
      options,
    )
  }

  /**
   * How full a pool is.
   * @example const { space } = await driver.ex_getStoragePoolResources('default')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_resources
   */
  async ex_getStoragePoolResources(pool: LXDName, options?: LXDCallOptions): Promise<LXDStorageResources> {
    return this.connection.get(path`/1.0/storage-pools/${nameOf(this.provider, pool, 'pool')}/resources`, options)
  }

  /**
   * Volumes of a pool, of all kinds.
   * @example for await (const { type, name } of driver.ex_listStorageVolumes('default')) console.log(type, name)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_get_recursion1
   */
  ex_listStorageVolumes(pool: LXDName, options?: LXDListOptions): Pager<LXDStorageVolume> {
    return this.connection.list(path`/1.0/storage-pools/${nameOf(this.provider, pool, 'pool')}/volumes`, options)
  }

  /**
   * One volume.
   * @example const { config } = await driver.ex_getStorageVolume('default', 'data')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volume_type_get
   */
  async ex_getStorageVolume(pool: LXDName, volume: LXDName, options?: LXDVolumeOptions): Promise<LXDStorageVolume> {
    const at = volumePath(this.provider, pool, volume, options)
    return this.connection.get(at, options)
  }

  /**
   * Whether there is such a volume.
   * @example if (await driver.ex_hasStorageVolume('default', 'data')) console.log('there')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volume_type_get
   */
  async ex_hasStorageVolume(pool: LXDName, volume: LXDName, options?: LXDVolumeOptions): Promise<boolean> {
    return exists(this.ex_getStorageVolume(pool, volume, options))
  }

  /**
   * Makes a custom volume, empty or as a copy.
   * @example await driver.ex_createStorageVolume('default', { name: 'data', config: { size: '5GiB' } })
   * @throws ConflictError where there is one already
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_post
   */
  async ex_createStorageVolume(
    pool: LXDName,
    volume: LXDNewStorageVolume,
    options?: LXDChangeOptions,
  ): Promise<LXDStorageVolume> {
    const name = nameOf(this.provider, volume.name, 'volume.name')
    const at = path`/1.0/storage-pools/${nameOf(this.provider, pool, 'pool')}/volumes/custom`
    await this.connection.change({ method: 'POST', path: at, json: toRaw(volume) }, options)
    return this.ex_getStorageVolume(pool, name, options)
  }

  /**
   * Changes some of what a volume is; what is not named stays. An empty string unsets a key.
   * @example await driver.ex_updateStorageVolume('default', 'data', { config: { size: '10GiB' } })
   * @throws ConflictError where `ex_etag` is given, and it has changed since
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volume_type_patch
   */
  async ex_updateStorageVolume(
    pool: LXDName,
    volume: LXDName,
    changes: LXDStorageVolumeChange,
    options?: LXDVolumeOptions,
  ): Promise<void> {
    const at = volumePath(this.provider, pool, volume, options)
    await this.connection.change({ method: 'PATCH', path: at, json: toRaw(changes) }, options)
  }

  /**
   * Gives a custom volume another name, or moves it to another pool or project.
   * @example await driver.ex_renameStorageVolume('default', 'data', 'data', { ex_toPool: 'fast' })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volume_type_post
   */
  async ex_renameStorageVolume(
    pool: LXDName,
    volume: LXDName,
    newName: string,
    options?: LXDMoveVolumeOptions,
  ): Promise<void> {
    const at = volumePath(this.provider, pool, volume, undefined)
    const { ex_toPool, ex_toProject: project } = options ?? {}
    const json = { name: nameOf(this.provider, newName, 'newName'), pool: ex_toPool, project }
    await this.connection.change({ method: 'POST', path: at, json }, options)
  }

  /**
   * Deletes a volume that nothing uses, with its snapshots.
   * @example await driver.ex_deleteStorageVolume('default', 'data')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volume_type_delete
   */
  async ex_deleteStorageVolume(pool: LXDName, volume: LXDName, options?: LXDVolumeOptions): Promise<void> {
    const at = volumePath(this.provider, pool, volume, options)
    await this.connection.change({ method: 'DELETE', path: at }, options)
  }

  /**
   * How full a volume is, where its driver can tell.
   * @example const { usage } = await driver.ex_getStorageVolumeState('default', 'data')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volume_type_state_get
   */
  async ex_getStorageVolumeState(
    pool: LXDName,
    volume: LXDName,
    options?: LXDVolumeOptions,
  ): Promise<{ readonly usage: { readonly used: number } | undefined }> {
    const at = volumePath(this.provider, pool, volume, options)
    return this.connection.get(`${at}/state`, options)
  }
}
