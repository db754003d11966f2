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
  type RecoverOptions,
  type UpdateTargetOptions,
} from '../../lib/backup/types.js'
import { ConflictError, NotFoundError } from '../../lib/errors.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { meta } from './meta.js'
import { isBroken, Table } from './state.js'
import {
  aboutCall,
  type DummyError,
  type DummyFailing,
  type DummyFailOptions,
  type DummyOptions,
  type DummyWorld,
  enterWorld,
  perform,
  performList,
  worldOf,
} from './world.js'

/** What only this driver tells of a job. */
export interface DummyJobExtra {
  readonly kind: 'backup' | 'recovery'
  readonly isSuspended: boolean
  readonly startedAt: Date
  /** Of a recovery. */
  readonly recoveryPointId: string | undefined
  /** Of a recovery: what is restored, a part of it or the whole. */
  readonly path: string | undefined
  /** Of a recovery out of place: what it is restored onto. */
  readonly recoveryTargetId: string | undefined
}

interface TargetRow {
  readonly id: string
  readonly type: BackupTargetType
  name: string
  address: string
}
interface JobRow extends Omit<DummyJobExtra, 'isSuspended'> {
  readonly id: string
  readonly targetId: string
  /** It breaks off at half way. */
  readonly fails: boolean
  /** Milliseconds of work that were done before `since`. */
  done: number
  /** When it began, or was resumed; `undefined` while it is suspended or after it was cancelled. */
  since: number | undefined
  isCancelled: boolean
}
interface State {
  readonly targets: Table<TargetRow>
  readonly jobs: Table<JobRow>
}
interface Progress {
  readonly status: BackupTargetJobStatusType
  readonly percent: number
}

/** Targets, jobs and recovery points in memory. A job goes on with the world's time; one that is completed leaves a point. */
export class DummyBackupDriver extends BackupDriver implements Partial<BackupApi> {
  readonly provider = 'dummy'
  readonly targetTypes: readonly BackupTargetType[] = Object.values(BackupTargetType)

  constructor(options: DummyOptions = {}) {
    super(meta, options)
    enterWorld(this, 'backup', options)
  }

  listTargets(options?: CallOptions): Pager<BackupTarget> {
    return performList(
      this,
      'listTargets',
      undefined,
      options,
      token => stateOf(this).targets.page(token, worldOf(this).pageSize, options),
      row => this.#toTarget(row),
    )
  }

  /** Jobs of a target whose name ends with `-broken` fail at half way. */
  async createTarget(target: CreateTargetOptions, options?: CallOptions): Promise<Owned<BackupTarget>> {
    const created = await perform(this, 'createTarget', target.name, options, () => {
      const { name, address, type = BackupTargetType.VIRTUAL } = target
      return this.#toTarget(stateOf(this).targets.insert({ name, address, type }))
    })
    return owned(created, () => this.deleteTarget({ id: created.id }))
  }

  async updateTarget(target: Ref, changes: UpdateTargetOptions, options?: CallOptions): Promise<BackupTarget> {
    return perform(this, 'updateTarget', target.id, options, () => {
      const row = this.#target(target, options)
      row.name = changes.name ?? row.name
      row.address = changes.address ?? row.address
      return this.#toTarget(row)
    })
  }

  /** Its jobs and recovery points go with it. */
  async deleteTarget(target: Ref, options?: CallOptions): Promise<void> {
    await perform(this, 'deleteTarget', target.id, options, () => {
      const { targets, jobs } = stateOf(this)
      const { id } = this.#target(target, options)
      for (const job of jobs.all(({ targetId }) => targetId === id)) jobs.remove(job.id)
      targets.remove(id)
    })
  }

  listRecoveryPoints(target: Ref, options?: ListRecoveryPointsOptions): Pager<BackupTargetRecoveryPoint> {
    const { startDate, endDate } = options ?? {}
    const isWanted = (row: JobRow): boolean => {
      const date = this.#pointOf(row)
      if (date === undefined || row.targetId !== target.id) return false
      return (startDate === undefined || date >= startDate) && (endDate === undefined || date < endDate)
    }
    return performList(
      this,
      'listRecoveryPoints',
      target.id,
      options,
      token => {
        this.#target(target, options)
        return stateOf(this).jobs.page(token, worldOf(this).pageSize, options, isWanted)
      },
      row => {
        const date = this.#pointOf(row) as Date
        return new BackupTargetRecoveryPoint(this, { id: pointId(row), date, target, extra: {} })
      },
    )
  }

  async recoverTarget(
    target: Ref,
    recoveryPoint: Ref,
    options?: RecoverOptions,
  ): Promise<BackupTargetJob<DummyJobExtra>> {
    return perform(this, 'recoverTarget', target.id, options, () =>
      this.#recover(target, recoveryPoint, undefined, options),
    )
  }

  async recoverTargetOutOfPlace(
    target: Ref,
    recoveryPoint: Ref,
    recoveryTarget: Ref,
    options?: RecoverOptions,
  ): Promise<BackupTargetJob<DummyJobExtra>> {
    return perform(this, 'recoverTargetOutOfPlace', target.id, options, () =>
      this.#recover(target, recoveryPoint, this.#target(recoveryTarget, options).id, options),
    )
  }

  listTargetJobs(target: Ref, options?: CallOptions): Pager<BackupTargetJob<DummyJobExtra>> {
    return performList(
      this,
      'listTargetJobs',
      target.id,
      options,
      token => {
        this.#target(target, options)
        const isWanted = ({ targetId }: JobRow): boolean => targetId === target.id
        return stateOf(this).jobs.page(token, worldOf(this).pageSize, options, isWanted)
      },
      row => this.#toJob(row, target),
    )
  }

  async createTargetJob(target: Ref, options?: CallOptions): Promise<Owned<BackupTargetJob<DummyJobExtra>>> {
    const job = await perform(this, 'createTargetJob', target.id, options, () => {
      this.#target(target, options)
      return this.#toJob(this.#begin(target, { kind: 'backup' }), target)
    })
    return owned(job, () => this.#cancelIfRunning({ id: job.id, target: { id: target.id } }))
  }

  async resumeTargetJob(job: JobRef, options?: CallOptions): Promise<void> {
    await perform(this, 'resumeTargetJob', job.id, options, () => {
      this.#jobIn(job, BackupTargetJobStatusType.PENDING, options).since = worldOf(this).now.getTime()
    })
  }

  async suspendTargetJob(job: JobRef, options?: CallOptions): Promise<void> {
    await perform(this, 'suspendTargetJob', job.id, options, () => {
      const row = this.#jobIn(job, BackupTargetJobStatusType.RUNNING, options)
      row.done = this.#workOf(row)
      row.since = undefined
    })
  }

  /** @throws ConflictError for a job that is at its end. */
  async cancelTargetJob(job: JobRef, options?: CallOptions): Promise<void> {
    await perform(this, 'cancelTargetJob', job.id, options, () => this.#cancel(job, options))
  }

  /**
   * The world that the driver is in: to be shared with another driver, or to be looked at.
   * @example new DummyNodeDriver({ world: driver.ex_world() })
   */
  ex_world(_options?: CallOptions): DummyWorld {
    return worldOf(this)
  }
  /**
   * Lets time pass in the driver's world, in milliseconds: at once, also before the promise is awaited.
   * @example await driver.ex_advance(60_000)
   */
  async ex_advance(ms: number, _options?: CallOptions): Promise<void> {
    worldOf(this).advance(ms)
  }
  /**
   * Lets the next calls of a method fail: see {@link DummyWorld.fail}.
   * @example await driver.ex_fail('createTargetJob', ServiceError, { times: 2 })
   */
  async ex_fail(operation: DummyFailing, error: DummyError, options?: DummyFailOptions): Promise<void> {
    worldOf(this).fail(operation, error, options)
  }

  #target({ id }: Ref, options: CallOptions | undefined): TargetRow {
    return stateOf(this).targets.get(id, options)
  }
  #job({ id, target }: JobRef, options: CallOptions | undefined): JobRow {
    this.#target(target, options)
    return stateOf(this).jobs.get(id, options, ({ targetId }) => targetId === target.id)
  }
  #jobIn(job: JobRef, wanted: BackupTargetJobStatusType, options: CallOptions | undefined): JobRow {
    const row = this.#job(job, options)
    const { status } = this.#progressOf(row)
    if (status === wanted) return row
    throw new ConflictError(`Job '${row.id}' is ${status}, not ${wanted}`, aboutCall(options))
  }

  #begin(target: Ref, about: Partial<JobRow> & Pick<JobRow, 'kind'>): JobRow {
    const { now } = worldOf(this)
    const { targets, jobs } = stateOf(this)
    return jobs.insert({
      targetId: target.id,
      startedAt: now,
      since: now.getTime(),
      done: 0,
      isCancelled: false,
      fails: isBroken(targets.find(target.id)?.name),
      recoveryPointId: undefined,
      path: undefined,
      recoveryTargetId: undefined,
      ...about,
    })
  }

  #recover(
    target: Ref,
    recoveryPoint: Ref,
    recoveryTargetId: string | undefined,
    options: RecoverOptions | undefined,
  ): BackupTargetJob<DummyJobExtra> {
    this.#target(target, options)
    const [point] = stateOf(this).jobs.all(
      row => row.targetId === target.id && pointId(row) === recoveryPoint.id && this.#pointOf(row) !== undefined,
    )
    if (!point) throw new NotFoundError(`There is no recovery point '${recoveryPoint.id}'`, aboutCall(options))
    const about = {
      kind: 'recovery',
      recoveryPointId: recoveryPoint.id,
      recoveryTargetId,
      path: options?.path,
    } as const
    return this.#toJob(this.#begin(target, about), target)
  }

  #cancel(job: JobRef, options: CallOptions | undefined): void {
    const row = this.#job(job, options)
    const { status } = this.#progressOf(row)
    if (status !== BackupTargetJobStatusType.RUNNING && status !== BackupTargetJobStatusType.PENDING)
      throw new ConflictError(`Job '${row.id}' is ${status}`, aboutCall(options))
    row.done = this.#workOf(row)
    row.since = undefined
    row.isCancelled = true
  }

  async #cancelIfRunning(job: JobRef): Promise<void> {
    try {
      await this.cancelTargetJob(job)
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error // it is at its end
    }
  }

  /** Milliseconds of work that are done. */
  #workOf({ done, since }: JobRow): number {
    return done + (since === undefined ? 0 : worldOf(this).now.getTime() - since)
  }

  #progressOf(row: JobRow): Progress {
    const duration = worldOf(this).duration('job')
    const share = duration === 0 ? 1 : Math.min(1, this.#workOf(row) / duration)
    const percent = Math.floor(share * 100)
    if (row.isCancelled) return { status: BackupTargetJobStatusType.CANCELLED, percent }
    if (row.fails && share >= 0.5) return { status: BackupTargetJobStatusType.FAILED, percent: 50 }
    if (share >= 1) return { status: BackupTargetJobStatusType.COMPLETED, percent }
    const isSuspended = row.since === undefined
    return { status: isSuspended ? BackupTargetJobStatusType.PENDING : BackupTargetJobStatusType.RUNNING, percent }
  }

  /** When a backup was completed: its recovery point. */
  #pointOf(row: JobRow): Date | undefined {
    if (row.kind !== 'backup' || this.#progressOf(row).status !== BackupTargetJobStatusType.COMPLETED) return undefined
    return new Date((row.since ?? row.startedAt.getTime()) + worldOf(this).duration('job') - row.done)
  }

  #toTarget({ id, name, address, type }: TargetRow): BackupTarget {
    return new BackupTarget(this, { id, name, address, type, extra: {} })
  }

  #toJob(row: JobRow, target: Ref): BackupTargetJob<DummyJobExtra> {
    const { id, kind, startedAt, recoveryPointId, path, recoveryTargetId } = row
    const { status, percent } = this.#progressOf(row)
    const isSuspended = status === BackupTargetJobStatusType.PENDING
    const extra = { kind, isSuspended, startedAt, recoveryPointId, path, recoveryTargetId }
    return new BackupTargetJob(this, { id, status, progress: percent, target, extra })
  }
}

function stateOf(driver: DummyBackupDriver): State {
  return worldOf(driver).part('backup', () => ({
    targets: new Table<TargetRow>('target', NotFoundError),
    jobs: new Table<JobRow>('job', NotFoundError),
  }))
}

const pointId = ({ id }: JobRow): string => id.replace('job', 'point')
