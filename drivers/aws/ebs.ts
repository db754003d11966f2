import type { BackupApi } from '../../lib/backup/api.js'
import { BackupDriver } from '../../lib/backup/driver.js'
import {
  BackupTarget,
  BackupTargetJob,
  BackupTargetJobStatusType,
  BackupTargetRecoveryPoint,
  BackupTargetType,
  type CreateTargetOptions,
  type JobRef,
  type ListRecoveryPointsOptions,
  type ProtectedNode,
  type UpdateTargetOptions,
} from '../../lib/backup/types.js'
import { optionsOf } from '../../lib/credentials.js'
import { connect } from '../../lib/driver.js'
import { ConflictError, NotFoundError } from '../../lib/errors.js'
import * as xml from '../../lib/http/xml-shape.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import type { AwsOptions } from './connection.js'
import { awsOptions } from './credentials.js'
import { answer, EC2Connection, itself, listing } from './ec2.connection.js'
import {
  type EC2Tags,
  type EC2VolumeType,
  needed,
  PAGE,
  refused,
  TAGGED,
  tagged,
  toFilters,
  toTags,
} from './ec2.shared.js'
import { aws } from './vendor.js'

export type { AwsOptions } from './connection.js'

/** The tag of volumes that are targets; its value is the target's name. */
const MARK = 'libcloud:backup'

const STATES: Readonly<Record<string, BackupTargetJobStatusType>> = {
  pending: BackupTargetJobStatusType.RUNNING,
  completed: BackupTargetJobStatusType.COMPLETED,
  error: BackupTargetJobStatusType.FAILED,
}

const VOLUME = xml.object({
  volumeId: xml.string,
  size: xml.number,
  availabilityZone: xml.string,
  status: xml.string,
  attachmentSet: xml.wrapped('item', xml.object({ instanceId: xml.string, attachTime: xml.date })),
  tagSet: TAGGED,
})
type RawVolume = xml.Infer<typeof VOLUME>
const VOLUMES = listing('DescribeVolumes', 'volumeSet', VOLUME, 500)
const SNAPSHOT = xml.object({
  snapshotId: xml.string,
  volumeId: xml.string,
  volumeSize: xml.number,
  status: xml.string,
  statusMessage: xml.string,
  progress: xml.string,
  startTime: xml.date,
  description: xml.string,
  encrypted: xml.boolean,
  tagSet: TAGGED,
})
type RawSnapshot = xml.Infer<typeof SNAPSHOT>
const SNAPSHOTS = listing('DescribeSnapshots', 'snapshotSet', SNAPSHOT, PAGE)
const SNAPPED = itself('CreateSnapshot', SNAPSHOT)
const RESTORED = answer('CreateVolume', { volumeId: xml.string })

/** What only EBS tells of a target. Of one that was just made nothing is known yet. */
export interface EBSTargetExtra {
  /** GiB. */
  readonly size: number | undefined
  readonly zone: string | undefined
  /** EC2's own word for the volume's state. */
  readonly state: string | undefined
  /** The nodes that the volume is attached to. */
  readonly nodeIds: readonly string[]
  readonly tags: EC2Tags
}
/** What only EBS tells of a snapshot, as a job or as a recovery point. */
export interface EBSSnapshotExtra {
  /** EC2's own word: `'pending'`, `'completed'`, `'error'` and others. */
  readonly state: string
  readonly statusMessage: string | undefined
  readonly startedAt: Date | undefined
  readonly description: string | undefined
  /** GiB. */
  readonly size: number | undefined
  readonly encrypted: boolean | undefined
  readonly tags: EC2Tags
}
export interface EBSCreateJobOptions extends CallOptions {
  ex_description?: string | undefined
  ex_tags?: EC2Tags | undefined
}
/** Where a volume is made of a recovery point. */
export interface EBSRestore {
  zone: string
  name?: string | undefined
  volumeType?: EC2VolumeType | undefined
  /** GiB. @defaultValue that of the snapshot */
  size?: number | undefined
  /** What EC2 knows the request by. @defaultValue one of its own */
  clientToken?: string | undefined
}

/**
 * Backups of volumes by snapshots. A target is a volume that has the tag `libcloud:backup`, whose value is its name; an
 * address is a volume's id. Any volume can be backed up, whether it is a target or not: methods that take a target take
 * `{ id: 'vol-…' }`. A job is a snapshot, and a recovery point one that is complete. EBS restores nothing in its place:
 * `ex_restoreVolume` makes a new volume.
 */
export class EBSBackupDriver extends BackupDriver implements Partial<BackupApi> {
  readonly provider = 'ebs'
  declare readonly connection: EC2Connection
  override readonly targetTypes: readonly BackupTargetType[] = [BackupTargetType.VOLUME]
  /** Where requests go. @defaultValue 'us-east-1' */
  override readonly region: string

  constructor(options: AwsOptions = {}) {
    super(aws, awsOptions(options, 'ebs'))
    this.region = optionsOf(this).region ?? 'us-east-1'
    connect(this, new EC2Connection(this, this.region))
  }

  /** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html */
  listTargets(options?: CallOptions): Pager<BackupTarget<EBSTargetExtra>> {
    const params = { Filter: toFilters({ 'tag-key': MARK }) }
    return this.connection.all(VOLUMES, raw => toTarget(this, raw), params, options)
  }

  /** Marks a volume, which may be listed then. The address is its id; the type can be no other than `'Volume'`.
   * @throws VolumeDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html */
  async createTarget(target: CreateTargetOptions, options?: CallOptions): Promise<Owned<BackupTarget<EBSTargetExtra>>> {
    const { name, address, type = BackupTargetType.VOLUME } = target
    if (type !== BackupTargetType.VOLUME) throw refused(this, 'target.type', "'Volume'", options)
    if (!/^vol-\w+$/.test(address)) throw refused(this, 'target.address', "a volume's id, such as 'vol-1a2b'", options)
    await mark(this, address, name, options)
    const tagSet = new Map([[MARK, name]])
    const made = toTarget(this, { volumeId: address, attachmentSet: [], tagSet })
    return owned(made, () => this.deleteTarget(made))
  }

  /** Marks the volume that was attached to the node first: its root.
   * @throws NotFoundError when it has none.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html */
  override async createTargetFromNode<T = Owned<BackupTarget<EBSTargetExtra>>>(
    node: ProtectedNode,
    options?: CallOptions,
  ): Promise<T> {
    const params = { Filter: toFilters({ 'attachment.instance-id': node.id }) }
    const volumes = await this.connection.all(VOLUMES, raw => raw, params, options)
    const attached = (raw: RawVolume): number => raw.attachmentSet[0]?.attachTime?.getTime() ?? Number.POSITIVE_INFINITY
    const [first] = volumes.sort((one, other) => attached(one) - attached(other))
    if (first === undefined) {
      const operation = operationOf(options)
      const message = `${operation}: no volume is attached to instance ${node.id}`
      throw new NotFoundError(message, { provider: this.provider, operation })
    }
    const address = needed(first.volumeId, 'volumeId')
    return this.createTarget({ name: node.name, address, type: BackupTargetType.VOLUME }, options) as Promise<T>
  }

  /** Gives a target another name. It always is the volume that it was.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html */
  async updateTarget(
    target: Ref,
    changes: UpdateTargetOptions,
    options?: CallOptions,
  ): Promise<BackupTarget<EBSTargetExtra>> {
    const { name, address } = changes
    if (address !== undefined && address !== target.id) {
      throw refused(this, 'changes.address', 'absent: a target is its volume, so make another target', options)
    }
    if (name !== undefined) await mark(this, target.id, name, options)
    const params = { VolumeId: [target.id] }
    const [found] = await this.connection.all(VOLUMES, raw => toTarget(this, raw), params, options)
    return needed(found, 'volumeSet')
  }

  /** Takes the mark away. The volume and its snapshots stay.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html */
  async deleteTarget(target: Ref, options?: CallOptions): Promise<void> {
    await this.connection.set('DeleteTags', { ResourceId: [target.id], Tag: [{ Key: MARK }] }, options)
  }

  /** The volume's snapshots that are complete.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html */
  listRecoveryPoints(
    target: Ref,
    options?: ListRecoveryPointsOptions,
  ): Pager<BackupTargetRecoveryPoint<EBSSnapshotExtra>> {
    const { startDate, endDate } = options ?? {}
    const params = { Filter: toFilters({ 'volume-id': target.id, status: 'completed' }) }
    const map = (raw: RawSnapshot) => {
      const point = toPoint(this, raw, target)
      const early = startDate !== undefined && point.date < startDate
      return early || (endDate !== undefined && point.date >= endDate) ? [] : [point]
    }
    return this.connection.each(SNAPSHOTS, map, params, options)
  }

  /** The volume's snapshots, those that are complete too.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html */
  listTargetJobs(target: Ref, options?: CallOptions): Pager<BackupTargetJob<EBSSnapshotExtra>> {
    const params = { Filter: toFilters({ 'volume-id': target.id }) }
    return this.connection.all(SNAPSHOTS, raw => toJob(this, raw, target), params, options)
  }

  /** Begins a snapshot.
   * @throws VolumeDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html */
  async createTargetJob(target: Ref, options?: EBSCreateJobOptions): Promise<Owned<BackupTargetJob<EBSSnapshotExtra>>> {
    const params = {
      VolumeId: target.id,
      Description: options?.ex_description,
      TagSpecification: tagged('snapshot', undefined, options?.ex_tags),
    }
    const map = (raw: RawSnapshot) => toJob(this, raw, target)
    const spec = { action: 'CreateSnapshot', params, shape: SNAPPED, map, idempotent: false }
    const made = await this.connection.query(spec, options)
    const cancel = (): Promise<void> =>
      this.cancelTargetJob(made).catch(error => {
        // It is complete, and stays.
        if (!(error instanceof ConflictError)) throw error
      })
    return owned(made, cancel)
  }

  /** Deletes a snapshot that is not complete.
   * @throws ConflictError when it is, so that no backup is lost.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSnapshot.html */
  async cancelTargetJob(job: JobRef, options?: CallOptions): Promise<void> {
    const params = { SnapshotId: [job.id] }
    const [found] = await this.connection.all(SNAPSHOTS, raw => toJob(this, raw, job.target), params, options)
    if (found?.status === BackupTargetJobStatusType.COMPLETED) {
      const operation = operationOf(options)
      const message = `${operation ?? 'cancelTargetJob'}: snapshot ${job.id} is complete already`
      throw new ConflictError(message, { provider: this.provider, operation })
    }
    await this.connection.set('DeleteSnapshot', { SnapshotId: job.id }, options)
  }

  /**
   * Makes a volume of a recovery point.
   *
   * @example
   * ```ts
   * const [point] = await driver.listRecoveryPoints(target)
   * if (point) await driver.ex_restoreVolume(point, { zone: 'us-east-1a', name: 'restored' })
   * ```
   * @returns the volume's id.
   * @throws SnapshotDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html
   */
  async ex_restoreVolume(recoveryPoint: Ref, volume: EBSRestore, options?: CallOptions): Promise<Owned<Ref>> {
    const params = {
      AvailabilityZone: volume.zone,
      SnapshotId: recoveryPoint.id,
      Size: volume.size,
      VolumeType: volume.volumeType,
      TagSpecification: tagged('volume', volume.name, undefined),
    }
    const map = ({ volumeId }: { volumeId?: string }) => ({ id: needed(volumeId, 'volumeId') })
    const spec = { action: 'CreateVolume', params, shape: RESTORED, map, token: volume.clientToken }
    const made = await this.connection.create(spec, options)
    return owned(made, () => this.connection.set('DeleteVolume', { VolumeId: made.id }, undefined))
  }

  /**
   * Deletes a recovery point.
   *
   * @example
   * ```ts
   * const endDate = new Date(Date.now() - 90 * 24 * 3_600_000)
   * for (const old of await driver.listRecoveryPoints(target, { endDate })) await driver.ex_deleteRecoveryPoint(old)
   * ```
   * @throws ConflictError while an image needs it.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSnapshot.html
   */
  async ex_deleteRecoveryPoint(recoveryPoint: Ref, options?: CallOptions): Promise<void> {
    await this.connection.set('DeleteSnapshot', { SnapshotId: recoveryPoint.id }, options)
  }
}

async function mark(
  { connection }: EBSBackupDriver,
  volumeId: string,
  Value: string,
  options: CallOptions | undefined,
): Promise<void> {
  await connection.set('CreateTags', { ResourceId: [volumeId], Tag: [{ Key: MARK, Value }] }, options)
}

function toTarget(driver: EBSBackupDriver, raw: RawVolume): BackupTarget<EBSTargetExtra> {
  const id = needed(raw.volumeId, 'volumeId')
  return new BackupTarget(driver, {
    id,
    name: raw.tagSet.get(MARK) || id,
    address: id,
    type: BackupTargetType.VOLUME,
    extra: {
      size: raw.size,
      zone: raw.availabilityZone,
      state: raw.status,
      nodeIds: raw.attachmentSet.map(({ instanceId }) => needed(instanceId, 'instanceId')),
      tags: toTags(raw.tagSet),
    },
  })
}

function toExtra(raw: RawSnapshot): EBSSnapshotExtra {
  return {
    state: raw.status ?? '',
    statusMessage: raw.statusMessage,
    startedAt: raw.startTime,
    description: raw.description || undefined,
    size: raw.volumeSize,
    encrypted: raw.encrypted,
    tags: toTags(raw.tagSet),
  }
}

function toJob(driver: EBSBackupDriver, raw: RawSnapshot, target: Ref): BackupTargetJob<EBSSnapshotExtra> {
  const extra = toExtra(raw)
  const progress = Number.parseFloat(raw.progress ?? '')
  return new BackupTargetJob(driver, {
    id: needed(raw.snapshotId, 'snapshotId'),
    status: Object.hasOwn(STATES, extra.state)
      ? (STATES[extra.state] as BackupTargetJobStatusType)
      : BackupTargetJobStatusType.PENDING,
    progress: Number.isNaN(progress) ? 0 : progress,
    target: { id: target.id },
    extra,
  })
}

function toPoint(driver: EBSBackupDriver, raw: RawSnapshot, target: Ref): BackupTargetRecoveryPoint<EBSSnapshotExtra> {
  return new BackupTargetRecoveryPoint(driver, {
    id: needed(raw.snapshotId, 'snapshotId'),
    date: needed(raw.startTime, 'startTime'),
    target: { id: target.id },
    extra: toExtra(raw),
  })
}
