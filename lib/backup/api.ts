import * as check from '../check.js'
import { type ApiDescription, type ApiRules, calls, lists, provided, tells } from '../driver.js'
import type { CallOptions } from '../options.js'
import type { Owned } from '../owned.js'
import type { Pager } from '../pager.js'
import type { Ref } from '../resource.js'
import {
  type BackupTarget,
  type BackupTargetJob,
  type BackupTargetRecoveryPoint,
  BackupTargetType,
  type CreateTargetOptions,
  type JobRef,
  type ListRecoveryPointsOptions,
  type ProtectedContainer,
  type ProtectedNode,
  type RecoverOptions,
  type UpdateTargetOptions,
} from './types.js'

/** Every base method; see the note on `ComputeApi` for what all of them reject with. */
export interface BackupApi {
  /** The kinds of target that the service can protect. Nothing is asked. */
  readonly getSupportedTargetTypes: () => BackupTargetType[]
  /** What is protected. */
  readonly listTargets: (options?: CallOptions) => Pager<BackupTarget>
  /** Protects an address. */
  readonly createTarget: (target: CreateTargetOptions, options?: CallOptions) => Promise<Owned<BackupTarget>>
  /** Protects a compute node: its first address. */
  readonly createTargetFromNode: (node: ProtectedNode, options?: CallOptions) => Promise<Owned<BackupTarget>>
  /** Protects a storage container: its public address. */
  readonly createTargetFromStorageContainer: (
    container: ProtectedContainer,
    options?: CallOptions,
  ) => Promise<Owned<BackupTarget>>
  /** Changes a target. */
  readonly updateTarget: (target: Ref, changes: UpdateTargetOptions, options?: CallOptions) => Promise<BackupTarget>
  /** Protects it no longer. */
  readonly deleteTarget: (target: Ref, options?: CallOptions) => Promise<void>
  /** Moments that a target can be restored to, between two dates if asked. */
  readonly listRecoveryPoints: (target: Ref, options?: ListRecoveryPointsOptions) => Pager<BackupTargetRecoveryPoint>
  /** Restores a target in its place. */
  readonly recoverTarget: (target: Ref, recoveryPoint: Ref, options?: RecoverOptions) => Promise<BackupTargetJob>
  /** Restores a target onto another one. */
  readonly recoverTargetOutOfPlace: (
    target: Ref,
    recoveryPoint: Ref,
    recoveryTarget: Ref,
    options?: RecoverOptions,
  ) => Promise<BackupTargetJob>
  /** The jobs of a target. */
  readonly listTargetJobs: (target: Ref, options?: CallOptions) => Pager<BackupTargetJob>
  /** One job. @throws NotFoundError */
  readonly getTargetJob: (target: Ref, jobId: string, options?: CallOptions) => Promise<BackupTargetJob>
  /** Begins a backup. Disposing of what it returns cancels the job if it still runs. */
  readonly createTargetJob: (target: Ref, options?: CallOptions) => Promise<Owned<BackupTargetJob>>
  /** Goes on with a job. */
  readonly resumeTargetJob: (job: JobRef, options?: CallOptions) => Promise<void>
  /** Pauses a job. */
  readonly suspendTargetJob: (job: JobRef, options?: CallOptions) => Promise<void>
  /** Cancels a job. */
  readonly cancelTargetJob: (job: JobRef, options?: CallOptions) => Promise<void>
}
export type BackupMethod = keyof BackupApi

const target = check.ref
const job = check.refWithin('id', 'target', check.ref)
const path = check.optional(check.name)
const node: check.Check = (value, at, context) =>
  check.anyRef(value, at, context) ??
  check.members({ name: check.name, publicIps: check.listOf(check.name) })(value, at, context)
const create = { name: check.name, address: check.name, type: check.optional(check.oneOf(BackupTargetType)) }

/** How each method answers, and what its arguments must be. */
export const BACKUP_METHODS: ApiRules<BackupApi> = {
  getSupportedTargetTypes: provided(tells(), 'listTargets'),
  listTargets: lists(),
  createTarget: calls({ target: check.members(create) }),
  createTargetFromNode: provided(calls({ node }), 'createTarget'),
  createTargetFromStorageContainer: provided(
    calls({ container: check.members({ name: check.name, getCdnUrl: check.callback }) }),
    'createTarget',
  ),
  updateTarget: calls({
    target,
    changes: check.members({ name: check.optional(check.name), address: check.optional(check.name) }),
  }),
  deleteTarget: calls({ target }),
  listRecoveryPoints: lists({ target }, { startDate: check.optional(check.date), endDate: check.optional(check.date) }),
  recoverTarget: calls({ target, recoveryPoint: check.ref }, { path }),
  recoverTargetOutOfPlace: calls({ target, recoveryPoint: check.ref, recoveryTarget: check.ref }, { path }),
  listTargetJobs: lists({ target }),
  getTargetJob: provided(calls({ target, jobId: check.name }), 'listTargetJobs'),
  createTargetJob: calls({ target }),
  resumeTargetJob: calls({ job }),
  suspendTargetJob: calls({ job }),
  cancelTargetJob: calls({ job }),
}

export const BACKUP: ApiDescription = { api: 'backup', rules: BACKUP_METHODS }
