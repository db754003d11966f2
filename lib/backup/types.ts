import type { BaseDriver } from '../driver.js'
import type { CallOptions } from '../options.js'
import type { Owned } from '../owned.js'
import type { Pager } from '../pager.js'
import { type Ref, Resource } from '../resource.js'
import type { BackupApi } from './api.js'
import type { BackupDriver } from './driver.js'

export const BackupTargetType = {
  VIRTUAL: 'Virtual',
  PHYSICAL: 'Physical',
  FILESYSTEM: 'Filesystem',
  DATABASE: 'Database',
  OBJECT: 'Object',
  VOLUME: 'Volume',
} as const
/** What kind of thing is protected. */
export type BackupTargetType = (typeof BackupTargetType)[keyof typeof BackupTargetType]

export const BackupTargetJobStatusType = {
  RUNNING: 'Running',
  CANCELLED: 'Cancelled',
  FAILED: 'Failed',
  COMPLETED: 'Completed',
  PENDING: 'Pending',
} as const
/** How far a backup or a restore has come. */
export type BackupTargetJobStatusType = (typeof BackupTargetJobStatusType)[keyof typeof BackupTargetJobStatusType]

/** The driver with every base method: at run time the base class has them all, as stubs. */
export function asApi(driver: BaseDriver): BackupApi {
  return driver as unknown as BackupApi
}

/** What every driver's `createTarget` takes. */
export interface CreateTargetOptions {
  name: string
  /** What is protected: an address, a host name, an id, as the driver's own page says. */
  address: string
  /** @defaultValue 'Virtual' */
  type?: BackupTargetType | undefined
}
/** What is to change; what is absent stays. */
export interface UpdateTargetOptions {
  name?: string | undefined
  address?: string | undefined
}
export interface ListRecoveryPointsOptions extends CallOptions {
  /** Only points of this moment or later. */
  startDate?: Date | undefined
  /** Only points before this moment. */
  endDate?: Date | undefined
}
export interface RecoverOptions extends CallOptions {
  /** What part is restored, or where to. */
  path?: string | undefined
}
/** A job, known by its id and its target's. */
export interface JobRef extends Ref {
  readonly target: Ref
}
/** A restore point, known by its id and its target's. */
export interface RecoveryPointRef extends Ref {
  readonly target: Ref
}
/** A compute node of any driver, as a backup needs it. */
export interface ProtectedNode extends Ref {
  readonly name: string
  readonly publicIps: readonly string[]
  readonly privateIps?: readonly string[] | undefined
}
/** A storage container of any driver, as a backup needs it. */
export interface ProtectedContainer {
  readonly name: string
  getCdnUrl(options?: CallOptions): Promise<string>
}

export interface BackupTargetFields<Extra extends object> {
  id: string
  name: string
  address: string
  type: BackupTargetType
  extra: Extra
}
/** What is protected. */
export class BackupTarget<Extra extends object = object> extends Resource implements Ref {
  declare readonly driver: BackupDriver
  readonly id: string
  readonly name: string
  readonly address: string
  readonly type: BackupTargetType
  readonly extra: Extra
  constructor(driver: BackupDriver, fields: BackupTargetFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.name = fields.name
    this.address = fields.address
    this.type = fields.type
    this.extra = fields.extra
  }
  update(changes: UpdateTargetOptions, options?: CallOptions): Promise<BackupTarget> {
    return asApi(this.driver).updateTarget(this, changes, options)
  }
  delete(options?: CallOptions): Promise<void> {
    return asApi(this.driver).deleteTarget(this, options)
  }
  listRecoveryPoints(options?: ListRecoveryPointsOptions): Pager<BackupTargetRecoveryPoint> {
    return asApi(this.driver).listRecoveryPoints(this, options)
  }
  createJob(options?: CallOptions): Promise<Owned<BackupTargetJob>> {
    return asApi(this.driver).createTargetJob(this, options)
  }
}

export interface BackupTargetJobFields<Extra extends object> {
  id: string
  status: BackupTargetJobStatusType
  progress: number
  target: Ref
  extra: Extra
}
/** A backup or a restore that goes on. */
export class BackupTargetJob<Extra extends object = object> extends Resource implements JobRef {
  declare readonly driver: BackupDriver
  readonly id: string
  readonly status: BackupTargetJobStatusType
  /** Percent. */
  readonly progress: number
  readonly target: Ref
  readonly extra: Extra
  constructor(driver: BackupDriver, fields: BackupTargetJobFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.status = fields.status
    this.progress = fields.progress
    this.target = fields.target
    this.extra = fields.extra
  }
  cancel(options?: CallOptions): Promise<void> {
    return asApi(this.driver).cancelTargetJob(this, options)
  }
  suspend(options?: CallOptions): Promise<void> {
    return asApi(this.driver).suspendTargetJob(this, options)
  }
  resume(options?: CallOptions): Promise<void> {
    return asApi(this.driver).resumeTargetJob(this, options)
  }
}

export interface BackupTargetRecoveryPointFields<Extra extends object> {
  id: string
  date: Date
  target: Ref
  extra: Extra
}
/** A moment that a target can be restored to. */
export class BackupTargetRecoveryPoint<Extra extends object = object> extends Resource implements RecoveryPointRef {
  declare readonly driver: BackupDriver
  readonly id: string
  readonly date: Date
  readonly target: Ref
  readonly extra: Extra
  constructor(driver: BackupDriver, fields: BackupTargetRecoveryPointFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.date = fields.date
    this.target = fields.target
    this.extra = fields.extra
  }
  recover(options?: RecoverOptions): Promise<BackupTargetJob> {
    return asApi(this.driver).recoverTarget(this.target, this, options)
  }
  recoverTo(recoveryTarget: Ref, options?: RecoverOptions): Promise<BackupTargetJob> {
    return asApi(this.driver).recoverTargetOutOfPlace(this.target, this, recoveryTarget, options)
  }
}
