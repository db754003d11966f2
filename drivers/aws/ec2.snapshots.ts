import { VolumeSnapshot, VolumeSnapshotState } from '../../lib/compute/types.js'
import { SnapshotDoesNotExistError } from '../../lib/errors.js'
import * as xml from '../../lib/http/xml-shape.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import type { EC2Base } from './ec2.base.js'
import { answer, type EC2Filters, listing } from './ec2.connection.js'
import { type EC2Tags, needed, PAGE, TAGGED, tagged, toFilters, toTags } from './ec2.shared.js'
import { EC2Sizes } from './ec2.sizes.js'
import type { QueryParams } from './query.js'

const STATES: Readonly<Record<string, VolumeSnapshotState>> = {
  pending: VolumeSnapshotState.CREATING,
  completed: VolumeSnapshotState.AVAILABLE,
  error: VolumeSnapshotState.ERROR,
  recovering: VolumeSnapshotState.RESTORING,
}

/** A snapshot as EC2 tells it. */
export interface RawSnapshot {
  snapshotId?: string
  volumeId?: string
  status?: string
  statusMessage?: string
  startTime?: Date
  progress?: string
  ownerId?: string
  ownerAlias?: string
  volumeSize?: number
  description?: string
  encrypted?: boolean
  kmsKeyId?: string
  storageTier?: string
  tagSet: Map<string, string>
}
export const SNAPSHOT: xml.XmlShape<RawSnapshot> = xml.object({
  snapshotId: xml.string,
  volumeId: xml.string,
  status: xml.string,
  statusMessage: xml.string,
  startTime: xml.date,
  progress: xml.string,
  ownerId: xml.string,
  ownerAlias: xml.string,
  volumeSize: xml.number,
  description: xml.string,
  encrypted: xml.boolean,
  kmsKeyId: xml.string,
  storageTier: xml.string,
  tagSet: TAGGED,
})
const SNAPSHOTS = listing('DescribeSnapshots', 'snapshotSet', SNAPSHOT, PAGE)
const COPIED = answer('CopySnapshot', { snapshotId: xml.string, tagSet: TAGGED })

const TASK_DETAIL = xml.object({
  snapshotId: xml.string,
  status: xml.string,
  statusMessage: xml.string,
  progress: xml.string,
  diskImageSize: xml.number,
  format: xml.string,
  url: xml.string,
  description: xml.string,
})
const TASK = { importTaskId: xml.string, description: xml.string, snapshotTaskDetail: TASK_DETAIL }
type RawTask = xml.XmlObjectValue<typeof TASK>
const TASKS = listing('DescribeImportSnapshotTasks', 'importSnapshotTaskSet', xml.object(TASK), 500)
const IMPORTING = answer('ImportSnapshot', TASK)

/** What only EC2 tells of a snapshot. */
export interface EC2SnapshotExtra {
  /** EC2's own word: `'pending'`, `'completed'`, `'error'`, `'recoverable'` or `'recovering'`. */
  readonly state: string
  readonly statusMessage: string | undefined
  /** Percent. */
  readonly progress: number | undefined
  /** `'vol-ffffffff'` where it was copied or imported. */
  readonly volumeId: string | undefined
  readonly ownerId: string | undefined
  /** `'amazon'` and the like. */
  readonly ownerAlias: string | undefined
  readonly description: string | undefined
  readonly encrypted: boolean | undefined
  readonly kmsKeyId: string | undefined
  /** `'standard'` or `'archive'`. */
  readonly storageTier: string | undefined
  readonly tags: EC2Tags
}
export interface EC2ListSnapshotsOptions extends CallOptions {
  /** An account's id, `'self'` or `'amazon'`; `'all'` for those of everybody who shares them. @defaultValue 'self' */
  ex_owner?: string | undefined
  ex_snapshotIds?: readonly string[] | undefined
  ex_filters?: EC2Filters | undefined
}
/** A snapshot of another region, or one's own again. */
export interface EC2CopySnapshot {
  /** @defaultValue the driver's own */
  sourceRegion?: string | undefined
  name?: string | undefined
  description?: string | undefined
  /** Of what is encrypted already, the copy always is. @defaultValue false */
  encrypted?: boolean | undefined
  kmsKeyId?: string | undefined
}
/** A disk's image in S3. */
export interface EC2ImportSnapshot {
  description?: string | undefined
  /** `'VHD'`, `'VMDK'` or `'RAW'`. */
  format?: string | undefined
  /** `'https://…'` or `'s3://…'`, in place of a bucket. */
  url?: string | undefined
  bucket?: string | undefined
  /** The object's name in the bucket. */
  key?: string | undefined
  /** What EC2 assumes to read the bucket. @defaultValue 'vmimport' */
  roleName?: string | undefined
  encrypted?: boolean | undefined
  kmsKeyId?: string | undefined
  /** What EC2 knows the request by. @defaultValue one of its own */
  clientToken?: string | undefined
  name?: string | undefined
}
/** An import that goes on, or is done. */
export interface EC2ImportSnapshotTask {
  readonly id: string
  /** `'active'`, `'completed'`, `'deleting'` or `'deleted'`. */
  readonly status: string
  readonly statusMessage: string | undefined
  /** Percent. */
  readonly progress: number | undefined
  /** When it is completed. */
  readonly snapshotId: string | undefined
  readonly format: string | undefined
  readonly description: string | undefined
}
export interface EC2ListImportTasksOptions extends CallOptions {
  ex_taskIds?: readonly string[] | undefined
  ex_filters?: EC2Filters | undefined
}
/** Who may make volumes of a snapshot, or boot an image. */
export interface EC2PermissionChange {
  /** Ids of accounts. */
  addUserIds?: readonly string[] | undefined
  removeUserIds?: readonly string[] | undefined
  /** `true`: everybody may; `false`: only those named. */
  public?: boolean | undefined
}

/** Snapshots of volumes. */
export abstract class EC2Snapshots extends EC2Sizes {
  /**
   * Snapshots of all volumes: one's own, unless another owner is asked for.
   *
   * @example
   * ```ts
   * const old = await driver.ex_listSnapshots({ ex_filters: { status: 'completed', 'tag:stage': 'test' } })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
   */
  ex_listSnapshots(options?: EC2ListSnapshotsOptions): Pager<VolumeSnapshot<EC2SnapshotExtra>> {
    const { ex_owner: owner = 'self', ex_snapshotIds: SnapshotId, ex_filters: filters } = options ?? {}
    const Owner = owner === 'all' || SnapshotId !== undefined ? undefined : [owner]
    return listSnapshots(this, { SnapshotId, Owner, Filter: toFilters(filters) }, options)
  }

  /**
   * One snapshot.
   *
   * @example
   * ```ts
   * const { state, extra } = await driver.ex_getSnapshot('snap-0123456789abcdef0')
   * ```
   * @throws SnapshotDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
   */
  async ex_getSnapshot(snapshotId: string, options?: CallOptions): Promise<VolumeSnapshot<EC2SnapshotExtra>> {
    const [snapshot] = await listSnapshots(this, { SnapshotId: [snapshotId] }, options)
    if (snapshot !== undefined) return snapshot
    const operation = operationOf(options)
    const message = `${operation}: there is no snapshot ${snapshotId}`
    throw new SnapshotDoesNotExistError(message, { provider: this.provider, operation })
  }

  /**
   * Copies a snapshot into the driver's region. It resolves when the copy has begun: `ex_waitForSnapshot` waits for it.
   *
   * @example
   * ```ts
   * const copy = await driver.ex_copySnapshot({ id: 'snap-0123456789abcdef0' }, { sourceRegion: 'eu-west-1' })
   * await driver.ex_waitForSnapshot(copy)
   * ```
   * @returns the copy's id: nothing else is known of it yet.
   * @throws SnapshotDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html
   */
  async ex_copySnapshot(snapshot: Ref, copy: EC2CopySnapshot, options?: CallOptions): Promise<Owned<Ref>> {
    const params = {
      SourceSnapshotId: snapshot.id,
      SourceRegion: copy.sourceRegion ?? this.region,
      Description: copy.description,
      Encrypted: copy.encrypted ?? (copy.kmsKeyId === undefined ? undefined : true),
      KmsKeyId: copy.kmsKeyId,
      TagSpecification: tagged('snapshot', copy.name, undefined),
    }
    const map = (raw: { snapshotId?: string }) => ({ id: needed(raw.snapshotId, 'snapshotId') })
    const spec = { action: 'CopySnapshot', params, shape: COPIED, map, idempotent: false }
    const made = await this.connection.query(spec, options)
    return owned(made, () => this.connection.set('DeleteSnapshot', { SnapshotId: made.id }, undefined))
  }

  /**
   * Waits until a snapshot is complete.
   *
   * @example
   * ```ts
   * const snapshot = await volume.snapshot()
   * await driver.ex_waitForSnapshot(snapshot, { onProgress: ({ percent }) => console.log(percent) })
   * ```
   * @throws WaitError when it has failed.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
   */
  async ex_waitForSnapshot(snapshot: Ref, options?: WaitOptions): Promise<VolumeSnapshot<EC2SnapshotExtra>> {
    const look = async (lookOptions: CallOptions) => {
      const value = await this.ex_getSnapshot(snapshot.id, lookOptions)
      const { state, progress: percent, statusMessage } = value.extra
      if (state === 'completed') return { done: true, value } as const
      return state === 'error' ? { failed: statusMessage ?? 'it has failed', state } : { state, percent }
    }
    return this.connection.poll(`snapshot ${snapshot.id} to be completed`, look, options)
  }

  /**
   * Makes a snapshot of a disk's image that lies in S3, and waits for it.
   *
   * @example
   * ```ts
   * const disk = { format: 'VMDK', bucket: 'images', key: 'appliance.vmdk' }
   * const snapshot = await driver.ex_importSnapshot(disk, { timeout: 3_600_000 })
   * ```
   * @throws WaitError when the import has failed.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportSnapshot.html
   */
  async ex_importSnapshot(disk: EC2ImportSnapshot, options?: WaitOptions): Promise<VolumeSnapshot<EC2SnapshotExtra>> {
    const bucket = disk.bucket === undefined ? undefined : { S3Bucket: disk.bucket, S3Key: disk.key }
    const params = {
      Description: disk.description,
      DiskContainer: { Format: disk.format, Url: disk.url, UserBucket: bucket, Description: disk.description },
      RoleName: disk.roleName,
      Encrypted: disk.encrypted,
      KmsKeyId: disk.kmsKeyId,
      TagSpecification: tagged('import-snapshot-task', disk.name, undefined),
    }
    const spec = { action: 'ImportSnapshot', params, shape: IMPORTING, map: toTask, token: disk.clientToken }
    const task = await this.connection.create(spec, options)
    const look = async (lookOptions: CallOptions) => {
      const [seen] = await this.connection.all(TASKS, toTask, { ImportTaskId: [task.id] }, lookOptions)
      const state = seen?.status
      if (state === 'completed') return { done: true, value: needed(seen?.snapshotId, 'snapshotId') } as const
      if (state === 'deleting' || state === 'deleted') return { failed: seen?.statusMessage ?? `it is ${state}`, state }
      return { state, percent: seen?.progress }
    }
    const id = await this.connection.poll(`import ${task.id} to be completed`, look, options)
    return this.ex_getSnapshot(id, options)
  }

  /**
   * Imports of snapshots, those of the last days too.
   *
   * @example
   * ```ts
   * for await (const { id, status } of driver.ex_describeImportSnapshotTasks()) console.log(id, status)
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImportSnapshotTasks.html
   */
  ex_describeImportSnapshotTasks(options?: EC2ListImportTasksOptions): Pager<EC2ImportSnapshotTask> {
    const params = { ImportTaskId: options?.ex_taskIds, Filters: toFilters(options?.ex_filters) }
    return this.connection.all(TASKS, toTask, params, options)
  }

  /**
   * Says who may make volumes of a snapshot.
   *
   * @example
   * ```ts
   * await driver.ex_modifySnapshotAttribute(snapshot, { addUserIds: ['123456789012'] })
   * ```
   * @throws SnapshotDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html
   */
  async ex_modifySnapshotAttribute(
    snapshot: Ref,
    permissions: EC2PermissionChange,
    options?: CallOptions,
  ): Promise<void> {
    const params = { SnapshotId: snapshot.id, CreateVolumePermission: fromPermissions(permissions) }
    await this.connection.set('ModifySnapshotAttribute', params, options)
  }
}

/** `Add.1.UserId=…` */
export function fromPermissions(change: EC2PermissionChange): QueryParams {
  const who = (ids: readonly string[] | undefined, everybody: boolean) => [
    ...(ids ?? []).map(UserId => ({ UserId })),
    ...(everybody ? [{ Group: 'all' }] : []),
  ]
  return {
    Add: who(change.addUserIds, change.public === true),
    Remove: who(change.removeUserIds, change.public === false),
  }
}

export function listSnapshots(
  driver: EC2Base,
  params: QueryParams,
  options: CallOptions | undefined,
): Pager<VolumeSnapshot<EC2SnapshotExtra>> {
  return driver.connection.all(SNAPSHOTS, raw => toSnapshot(driver, raw), params, options)
}

/** `'50%'` */
function toPercent(text: string | undefined): number | undefined {
  const percent = Number.parseFloat(text ?? '')
  return Number.isNaN(percent) ? undefined : percent
}

export function toSnapshot(driver: EC2Base, raw: RawSnapshot): VolumeSnapshot<EC2SnapshotExtra> {
  const state = raw.status ?? ''
  return new VolumeSnapshot(driver, {
    id: needed(raw.snapshotId, 'snapshotId'),
    name: raw.tagSet.get('Name') || undefined,
    size: raw.volumeSize,
    created: raw.startTime,
    state: Object.hasOwn(STATES, state) ? (STATES[state] as VolumeSnapshotState) : VolumeSnapshotState.UNKNOWN,
    extra: {
      state,
      statusMessage: raw.statusMessage,
      progress: toPercent(raw.progress),
      volumeId: raw.volumeId,
      ownerId: raw.ownerId,
      ownerAlias: raw.ownerAlias,
      description: raw.description || undefined,
      encrypted: raw.encrypted,
      kmsKeyId: raw.kmsKeyId,
      storageTier: raw.storageTier,
      tags: toTags(raw.tagSet),
    },
  })
}

function toTask(raw: RawTask): EC2ImportSnapshotTask {
  const detail = raw.snapshotTaskDetail
  return {
    id: needed(raw.importTaskId, 'importTaskId'),
    status: detail?.status ?? '',
    statusMessage: detail?.statusMessage,
    progress: toPercent(detail?.progress),
    snapshotId: detail?.snapshotId || undefined,
    format: detail?.format,
    description: raw.description,
  }
}
