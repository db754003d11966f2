import type { Readable } from 'node:stream'
import { type BodySource, isBodySource, lengthOf } from '../../lib/http/body.js'
import { path } from '../../lib/http/url.js'
import type { Pager } from '../../lib/pager.js'
import { toRaw } from './convert.js'
import { exists, nameOf, refuse } from './names.js'
import type { LXDVolumeOptions } from './storage.js'
import { LXDStorage } from './storage.js'
import { volumePath } from './storage.shared.js'
import type { LXDChangeOptions, LXDConfig, LXDName } from './types.js'

/** A volume as it was at a moment. */
export interface LXDStorageVolumeSnapshot {
  readonly name: string
  readonly description: string
  readonly config: LXDConfig
  readonly contentType: string
  readonly createdAt: Date | undefined
  /** When it is deleted by itself. */
  readonly expiresAt: Date | undefined
}
/** What `ex_createStorageVolumeSnapshot` takes. */
export interface LXDVolumeSnapshotOptions extends LXDVolumeOptions {
  /** When it is deleted by itself. @defaultValue never */
  ex_expiresAt?: Date | undefined
}
/** What can be fetched of a volume, to be imported elsewhere. */
export interface LXDStorageVolumeBackup {
  readonly name: string
  readonly createdAt: Date | undefined
  readonly expiresAt: Date | undefined
  readonly volumeOnly: boolean
  readonly optimizedStorage: boolean
}
/** What `ex_createStorageVolumeBackup` takes. */
export interface LXDVolumeBackupOptions extends LXDVolumeOptions {
  /** When it is deleted by itself. @defaultValue never */
  ex_expiresAt?: Date | undefined
  /** Without snapshots. @defaultValue false */
  ex_volumeOnly?: boolean | undefined
  /** @defaultValue the server's choice */
  ex_compression?: 'none' | 'gzip' | 'bzip2' | 'xz' | 'lzma' | 'zstd' | undefined
}
/** What `ex_importStorageVolume` takes. */
export interface LXDImportVolumeOptions extends LXDChangeOptions {
  /** @defaultValue the name that the backup says */
  ex_name?: string | undefined
  /** Bytes of a stream, where known. */
  ex_contentLength?: number | undefined
}

/** Snapshots and backups of volumes. */
export class LXDStorageParts extends LXDStorage {
  /**
   * Snapshots of a volume.
   * @example for await (const { name } of driver.ex_listStorageVolumeSnapshots('default', 'data')) console.log(name)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_snapshots_get_recursion1
   */
  ex_listStorageVolumeSnapshots(
    pool: LXDName,
    volume: LXDName,
    options?: LXDVolumeOptions,
  ): Pager<LXDStorageVolumeSnapshot> {
    const at = volumePath(this.provider, pool, volume, options)
    return this.connection.list(`${at}/snapshots`, options, { map: shortName<LXDStorageVolumeSnapshot> })
  }

  /**
   * One snapshot of a volume.
   * @example const { expiresAt } = await driver.ex_getStorageVolumeSnapshot('default', 'data', 'monday')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_snapshot_get
   */
  async ex_getStorageVolumeSnapshot(
    pool: LXDName,
    volume: LXDName,
    snapshot: LXDName,
    options?: LXDVolumeOptions,
  ): Promise<LXDStorageVolumeSnapshot> {
    const at = `${volumePath(this.provider, pool, volume, options)}${path`/snapshots/${nameOf(this.provider, snapshot, 'snapshot')}`}`
    return shortName(await this.connection.get<LXDStorageVolumeSnapshot>(at, options))
  }

  /**
   * Whether a volume has such a snapshot.
   * @example if (await driver.ex_hasStorageVolumeSnapshot('default', 'data', 'monday')) console.log('there')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_snapshot_get
   */
  async ex_hasStorageVolumeSnapshot(
    pool: LXDName,
    volume: LXDName,
    snapshot: LXDName,
    options?: LXDVolumeOptions,
  ): Promise<boolean> {
    return exists(this.ex_getStorageVolumeSnapshot(pool, volume, snapshot, options))
  }

  /**
   * Keeps a volume as it is now.
   * @example await driver.ex_createStorageVolumeSnapshot('default', 'data', 'monday')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_snapshots_post
   */
  async ex_createStorageVolumeSnapshot(
    pool: LXDName,
    volume: LXDName,
    snapshot: string,
    options?: LXDVolumeSnapshotOptions,
  ): Promise<LXDStorageVolumeSnapshot> {
    const at = volumePath(this.provider, pool, volume, options)
    const json = { name: nameOf(this.provider, snapshot, 'snapshot'), expires_at: options?.ex_expiresAt?.toISOString() }
    await this.connection.change({ method: 'POST', path: `${at}/snapshots`, json }, options)
    return this.ex_getStorageVolumeSnapshot(pool, volume, snapshot, options)
  }

  /**
   * Changes a snapshot of a volume: its description, and when it is deleted by itself.
   * @example await driver.ex_updateStorageVolumeSnapshot('default', 'data', 'monday', { description: 'Before' })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_snapshot_patch
   */
  async ex_updateStorageVolumeSnapshot(
    pool: LXDName,
    volume: LXDName,
    snapshot: LXDName,
    changes: { readonly description?: string; readonly expiresAt?: Date },
    options?: LXDVolumeOptions,
  ): Promise<void> {
    const at = `${volumePath(this.provider, pool, volume, options)}${path`/snapshots/${nameOf(this.provider, snapshot, 'snapshot')}`}`
    await this.connection.change({ method: 'PATCH', path: at, json: toRaw(changes) }, options)
  }

  /**
   * Gives a snapshot of a volume another name.
   * @example await driver.ex_renameStorageVolumeSnapshot('default', 'data', 'monday', 'tuesday')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_snapshot_post
   */
  async ex_renameStorageVolumeSnapshot(
    pool: LXDName,
    volume: LXDName,
    snapshot: LXDName,
    newName: string,
    options?: LXDVolumeOptions,
  ): Promise<void> {
    const at = `${volumePath(this.provider, pool, volume, options)}${path`/snapshots/${nameOf(this.provider, snapshot, 'snapshot')}`}`
    const json = { name: nameOf(this.provider, newName, 'newName') }
    await this.connection.change({ method: 'POST', path: at, json }, options)
  }

  /**
   * Makes a volume again what it was; what was written since is lost.
   * @example await driver.ex_restoreStorageVolume('default', 'data', 'monday')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volume_type_put
   */
  async ex_restoreStorageVolume(
    pool: LXDName,
    volume: LXDName,
    snapshot: LXDName,
    options?: LXDVolumeOptions,
  ): Promise<void> {
    const at = volumePath(this.provider, pool, volume, options)
    const json = { restore: nameOf(this.provider, snapshot, 'snapshot') }
    await this.connection.change({ method: 'PUT', path: at, json }, options)
  }

  /**
   * Deletes a snapshot of a volume.
   * @example await driver.ex_deleteStorageVolumeSnapshot('default', 'data', 'monday')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_snapshot_delete
   */
  async ex_deleteStorageVolumeSnapshot(
    pool: LXDName,
    volume: LXDName,
    snapshot: LXDName,
    options?: LXDVolumeOptions,
  ): Promise<void> {
    const at = `${volumePath(this.provider, pool, volume, options)}${path`/snapshots/${nameOf(this.provider, snapshot, 'snapshot')}`}`
    await this.connection.change({ method: 'DELETE', path: at }, options)
  }

  /**
   * Backups of a volume that the server keeps.
   * @example for await (const { name } of driver.ex_listStorageVolumeBackups('default', 'data')) console.log(name)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_backups_get_recursion1
   */
  ex_listStorageVolumeBackups(
    pool: LXDName,
    volume: LXDName,
    options?: LXDVolumeOptions,
  ): Pager<LXDStorageVolumeBackup> {
    const at = volumePath(this.provider, pool, volume, options)
    return this.connection.list(`${at}/backups`, options, { map: shortName<LXDStorageVolumeBackup> })
  }

  /**
   * One backup of a volume.
   * @example const { expiresAt } = await driver.ex_getStorageVolumeBackup('default', 'data', 'monday')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_backup_get
   */
  async ex_getStorageVolumeBackup(
    pool: LXDName,
    volume: LXDName,
    backup: LXDName,
    options?: LXDVolumeOptions,
  ): Promise<LXDStorageVolumeBackup> {
    const at = `${volumePath(this.provider, pool, volume, options)}${path`/backups/${nameOf(this.provider, backup, 'backup')}`}`
    return shortName(await this.connection.get<LXDStorageVolumeBackup>(at, options))
  }

  /**
   * Makes a backup of a volume: a file at the server, to be fetched.
   * @example await driver.ex_createStorageVolumeBackup('default', 'data', 'monday')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_backups_post
   */
  async ex_createStorageVolumeBackup(
    pool: LXDName,
    volume: LXDName,
    backup: string,
    options?: LXDVolumeBackupOptions,
  ): Promise<LXDStorageVolumeBackup> {
    const at = volumePath(this.provider, pool, volume, options)
    const { ex_expiresAt: expiry, ex_volumeOnly: only, ex_compression } = options ?? {}
    const name = nameOf(this.provider, backup, 'backup')
    const json = { name, expires_at: expiry?.toISOString(), volume_only: only, compression_algorithm: ex_compression }
    await this.connection.change({ method: 'POST', path: `${at}/backups`, json }, options)
    return this.ex_getStorageVolumeBackup(pool, volume, backup, options)
  }

  /**
   * Deletes a backup of a volume.
   * @example await driver.ex_deleteStorageVolumeBackup('default', 'data', 'monday')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_backup_delete
   */
  async ex_deleteStorageVolumeBackup(
    pool: LXDName,
    volume: LXDName,
    backup: LXDName,
    options?: LXDVolumeOptions,
  ): Promise<void> {
    const at = `${volumePath(this.provider, pool, volume, options)}${path`/backups/${nameOf(this.provider, backup, 'backup')}`}`
    await this.connection.change({ method: 'DELETE', path: at }, options)
  }

  /**
   * A backup's bytes, as they come. The stream must be read, or destroyed.
   * @example await pipeline(await driver.ex_exportStorageVolumeBackup('default', 'data', 'monday'), createWriteStream('data.tar.gz'))
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_backup_export_get
   */
  async ex_exportStorageVolumeBackup(
    pool: LXDName,
    volume: LXDName,
    backup: LXDName,
    options?: LXDVolumeOptions,
  ): Promise<Readable> {
    const at = `${volumePath(this.provider, pool, volume, options)}${path`/backups/${nameOf(this.provider, backup, 'backup')}`}`
    const spec = { path: `${at}/export`, query: this.connection.query(options) }
    return (await this.connection.stream(spec, options)).body
  }

  /**
   * Makes a custom volume of a backup.
   * @example await driver.ex_importStorageVolume('default', createReadStream('data.tar.gz'), { ex_name: 'data-2' })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volumes_type_post
   */
  async ex_importStorageVolume(pool: LXDName, source: BodySource, options?: LXDImportVolumeOptions): Promise<void> {
    if (!isBodySource(source)) throw refuse(this.provider, 'source', source, 'bytes, a stream or an iterable of bytes')
    const { ex_name: name, ex_contentLength } = options ?? {}
    const headers = { 'content-type': 'application/octet-stream', [`${this.connection.places.headers}name`]: name }
    const at = path`/1.0/storage-pools/${nameOf(this.provider, pool, 'pool')}/volumes/custom`
    const contentLength = lengthOf(source) ?? ex_contentLength
    await this.connection.change({ method: 'POST', path: at, body: source, contentLength, headers }, options)
  }
}

/** Servers name a volume's snapshots and backups after it: `data/monday`. */
function shortName<T extends { readonly name: string }>(part: T): T {
  return { ...part, name: part.name.split('/').at(-1) as string }
}
