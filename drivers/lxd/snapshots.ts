import type { Readable } from 'node:stream'
import { type BodySource, isBodySource, lengthOf } from '../../lib/http/body.js'
import { path } from '../../lib/http/url.js'
import type { Pager } from '../../lib/pager.js'
import { LXDInstanceParts } from './instances.parts.js'
import { instanceName, instanceOf, nameOf, refuse } from './names.js'
import type {
  LXDCallOptions,
  LXDChangeOptions,
  LXDConfig,
  LXDDevices,
  LXDListOptions,
  LXDName,
  LXDUpdateOptions,
} from './types.js'

/** An instance as it was at a moment. */
export interface LXDSnapshot {
  readonly name: string
  readonly createdAt: Date | undefined
  /** When it is deleted by itself. */
  readonly expiresAt: Date | undefined
  readonly lastUsedAt: Date | undefined
  /** With what was in memory. */
  readonly stateful: boolean
  readonly architecture: string
  readonly config: LXDConfig
  readonly devices: LXDDevices
  readonly expandedConfig: LXDConfig
  readonly expandedDevices: LXDDevices
  readonly profiles: readonly string[]
  readonly ephemeral: boolean
  /** Bytes; -1 where it cannot be told. */
  readonly size: number
}
/** What `ex_createSnapshot` takes. */
export interface LXDSnapshotOptions extends LXDChangeOptions {
  /** With what is in memory. @defaultValue false */
  ex_stateful?: boolean | undefined
  /** When it is deleted by itself. @defaultValue never */
  ex_expiresAt?: Date | undefined
}
/** What `ex_restoreSnapshot` takes. */
export interface LXDRestoreOptions extends LXDChangeOptions {
  /** With what was in memory. @defaultValue false */
  ex_stateful?: boolean | undefined
}
/** What can be fetched of an instance, to be imported elsewhere. */
export interface LXDBackup {
  readonly name: string
  readonly createdAt: Date | undefined
  /** When it is deleted by itself. */
  readonly expiresAt: Date | undefined
  readonly instanceOnly: boolean
  /** In the storage driver's own form. */
  readonly optimizedStorage: boolean
}
/** What `ex_createBackup` takes. */
export interface LXDBackupOptions extends LXDChangeOptions {
  /** When it is deleted by itself. @defaultValue never */
  ex_expiresAt?: Date | undefined
  /** Without snapshots. @defaultValue false */
  ex_instanceOnly?: boolean | undefined
  /** In the storage driver's own form: smaller, and only for the same driver. @defaultValue false */
  ex_optimizedStorage?: boolean | undefined
  /** @defaultValue the server's choice */
  ex_compression?: 'none' | 'gzip' | 'bzip2' | 'xz' | 'lzma' | 'zstd' | undefined
}
/** What `ex_importBackup` takes. */
export interface LXDImportOptions extends LXDChangeOptions {
  /** @defaultValue the name that the backup says */
  ex_name?: string | undefined
  ex_pool?: string | undefined
  /** Bytes of a stream, where known. */
  ex_contentLength?: number | undefined
}

/** Snapshots and backups of instances. */
export class LXDSnapshots extends LXDInstanceParts {
  /**
   * An instance's snapshots.
   * @example for await (const { name, createdAt } of driver.ex_listSnapshots('web-1')) console.log(name, createdAt)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_snapshots_get_recursion1
   */
  ex_listSnapshots(instance: LXDName, options?: LXDListOptions): Pager<LXDSnapshot> {
    const [name, found] = instanceOf(this.provider, instance, options)
    return this.connection.list(path`/1.0/instances/${name}/snapshots`, found)
  }

  /**
   * One of an instance's snapshots.
   * @example const { createdAt } = await driver.ex_getSnapshot('web-1', 'before')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_snapshot_get
   */
  async ex_getSnapshot(instance: LXDName, snapshot: LXDName, options?: LXDCallOptions): Promise<LXDSnapshot> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const at = path`/1.0/instances/${name}/snapshots/${nameOf(this.provider, snapshot, 'snapshot')}`
    return this.connection.get(at, found)
  }

  /**
   * Keeps an instance as it is now, running or not.
   * @example await driver.ex_createSnapshot('web-1', 'before', { ex_expiresAt: new Date(Date.now() + 86_400_000) })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_snapshots_post
   */
  async ex_createSnapshot(instance: LXDName, snapshot: string, options?: LXDSnapshotOptions): Promise<LXDSnapshot> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const { ex_stateful: stateful, ex_expiresAt: expiry } = options ?? {}
    const json = { name: nameOf(this.provider, snapshot, 'snapshot'), stateful, expires_at: expiry?.toISOString() }
    await this.connection.change({ method: 'POST', path: path`/1.0/instances/${name}/snapshots`, json }, found)
    return this.ex_getSnapshot(instance, snapshot, options)
  }

  /**
   * Changes when a snapshot is deleted by itself; `undefined` for never.
   * @example await driver.ex_updateSnapshot('web-1', 'before', { expiresAt: undefined })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_snapshot_put
   */
  async ex_updateSnapshot(
    instance: LXDName,
    snapshot: LXDName,
    changes: { readonly expiresAt: Date | undefined },
    options?: LXDUpdateOptions,
  ): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const at = path`/1.0/instances/${name}/snapshots/${nameOf(this.provider, snapshot, 'snapshot')}`
    const json = { expires_at: changes.expiresAt?.toISOString() ?? '0001-01-01T00:00:00Z' }
    await this.connection.change({ method: 'PUT', path: at, json }, found)
  }

  /**
   * Gives a snapshot another name.
   * @example await driver.ex_renameSnapshot('web-1', 'before', 'after')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_snapshot_post
   */
  async ex_renameSnapshot(
    instance: LXDName,
    snapshot: LXDName,
    newName: string,
    options?: LXDChangeOptions,
  ): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const at = path`/1.0/instances/${name}/snapshots/${nameOf(this.provider, snapshot, 'snapshot')}`
    const json = { name: nameOf(this.provider, newName, 'newName') }
    await this.connection.change({ method: 'POST', path: at, json }, found)
  }

  /**
   * Makes an instance again what it was; what has happened since is lost.
   * @example await driver.ex_restoreSnapshot('web-1', 'before')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_put
   */
  async ex_restoreSnapshot(instance: LXDName, snapshot: LXDName, options?: LXDRestoreOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const json = { restore: nameOf(this.provider, snapshot, 'snapshot'), stateful: options?.ex_stateful }
    await this.connection.change({ method: 'PUT', path: path`/1.0/instances/${name}`, json }, found)
  }

  /**
   * Deletes a snapshot.
   * @example await driver.ex_deleteSnapshot('web-1', 'before')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_snapshot_delete
   */
  async ex_deleteSnapshot(instance: LXDName, snapshot: LXDName, options?: LXDChangeOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const at = path`/1.0/instances/${name}/snapshots/${nameOf(this.provider, snapshot, 'snapshot')}`
    await this.connection.change({ method: 'DELETE', path: at }, found)
  }

  /**
   * An instance's backups that the server keeps.
   * @example for await (const { name } of driver.ex_listBackups('web-1')) console.log(name)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_backups_get_recursion1
   */
  ex_listBackups(instance: LXDName, options?: LXDListOptions): Pager<LXDBackup> {
    const [name, found] = instanceOf(this.provider, instance, options)
    return this.connection.list(path`/1.0/instances/${name}/backups`, found, { map: shortName })
  }

  /**
   * One of an instance's backups.
   * @example const { expiresAt } = await driver.ex_getBackup('web-1', 'monday')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_backup_get
   */
  async ex_getBackup(instance: LXDName, backup: LXDName, options?: LXDCallOptions): Promise<LXDBackup> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const at = path`/1.0/instances/${name}/backups/${nameOf(this.provider, backup, 'backup')}`
    return shortName(await this.connection.get<LXDBackup>(at, found))
  }

  /**
   * Makes a backup of an instance: a file at the server, to be fetched.
   * @example
   * ```ts
   * await driver.ex_createBackup('web-1', 'monday')
   * const stream = await driver.ex_exportBackup('web-1', 'monday')
   * ```
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_backups_post
   */
  async ex_createBackup(instance: LXDName, backup: string, options?: LXDBackupOptions): Promise<LXDBackup> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const given = options ?? {}
    const json = {
      name: nameOf(this.provider, backup, 'backup'),
      expires_at: given.ex_expiresAt?.toISOString(),
      instance_only: given.ex_instanceOnly,
      optimized_storage: given.ex_optimizedStorage,
      compression_algorithm: given.ex_compression,
    }
    await this.connection.change({ method: 'POST', path: path`/1.0/instances/${name}/backups`, json }, found)
    return this.ex_getBackup(instance, backup, options)
  }

  /**
   * Gives a backup another name.
   * @example await driver.ex_renameBackup('web-1', 'monday', 'tuesday')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_backup_post
   */
  async ex_renameBackup(
    instance: LXDName,
    backup: LXDName,
    newName: string,
    options?: LXDChangeOptions,
  ): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const at = path`/1.0/instances/${name}/backups/${nameOf(this.provider, backup, 'backup')}`
    const json = { name: nameOf(this.provider, newName, 'newName') }
    await this.connection.change({ method: 'POST', path: at, json }, found)
  }

  /**
   * Deletes a backup.
   * @example await driver.ex_deleteBackup('web-1', 'monday')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_backup_delete
   */
  async ex_deleteBackup(instance: LXDName, backup: LXDName, options?: LXDChangeOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const at = path`/1.0/instances/${name}/backups/${nameOf(this.provider, backup, 'backup')}`
    await this.connection.change({ method: 'DELETE', path: at }, found)
  }

  /**
   * A backup's bytes, as they come. The stream must be read, or destroyed.
   * @example await pipeline(await driver.ex_exportBackup('web-1', 'monday'), createWriteStream('web-1.tar.gz'))
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_backup_export
   */
  async ex_exportBackup(instance: LXDName, backup: LXDName, options?: LXDCallOptions): Promise<Readable> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const at = path`/1.0/instances/${name}/backups/${nameOf(this.provider, backup, 'backup')}`
    const spec = { path: `${at}/export`, query: this.connection.query(found) }
    return (await this.connection.stream(spec, found)).body
  }

  /**
   * Makes an instance of a backup.
   * @example await driver.ex_importBackup(createReadStream('web-1.tar.gz'), { ex_name: 'web-2' })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instances_post
   */
  async ex_importBackup(source: BodySource, options?: LXDImportOptions): Promise<void> {
    const { ex_name: name, ex_pool: pool, ex_contentLength } = options ?? {}
    if (name !== undefined) instanceName(this.provider, name, 'ex_name')
    if (!isBodySource(source)) throw refuse(this.provider, 'source', source, 'bytes, a stream or an iterable of bytes')
    const { headers: prefix } = this.connection.places
    const headers = { 'content-type': 'application/octet-stream', [`${prefix}name`]: name, [`${prefix}pool`]: pool }
    const contentLength = lengthOf(source) ?? ex_contentLength
    await this.connection.change(
      { method: 'POST', path: '/1.0/instances', body: source, contentLength, headers },
      options,
    )
  }
}

/** The daemon names a backup after its instance: `web-1/monday`. */
function shortName(backup: LXDBackup): LXDBackup {
  return { ...backup, name: backup.name.split('/').at(-1) as string }
}
