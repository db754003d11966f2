import { BACKUP, type BackupMethod } from '../../lib/backup/api.js'
import { BackupDriver } from '../../lib/backup/driver.js'
import {
  BackupTarget,
  BackupTargetJob,
  BackupTargetJobStatusType,
  BackupTargetRecoveryPoint,
  BackupTargetType,
} from '../../lib/backup/types.js'
import type { Harness, Runner } from './harness.js'
import {
  checker,
  date,
  list,
  nothing,
  number,
  object,
  oneOf,
  owned,
  resource,
  type Shape,
  some,
  string,
} from './shapes.js'
import { type ApiSuite, describeDriver } from './suite.js'

const target = resource(BackupTarget, {
  id: some,
  name: string,
  address: string,
  type: oneOf(BackupTargetType),
  extra: object,
})
const job = resource(BackupTargetJob, {
  id: some,
  status: oneOf(BackupTargetJobStatusType),
  progress: number,
  target: object,
  extra: object,
})
const point = resource(BackupTargetRecoveryPoint, {
  id: some,
  date,
  target: object,
  extra: object,
})

const SHAPES: Readonly<Record<BackupMethod, Shape>> = {
  getSupportedTargetTypes: list(oneOf(BackupTargetType)),
  listTargets: list(target),
  createTarget: owned(target),
  createTargetFromNode: owned(target),
  createTargetFromStorageContainer: owned(target),
  updateTarget: target,
  deleteTarget: nothing,
  listRecoveryPoints: list(point),
  recoverTarget: job,
  recoverTargetOutOfPlace: job,
  listTargetJobs: list(job),
  getTargetJob: job,
  createTargetJob: owned(job),
  resumeTargetJob: nothing,
  suspendTargetJob: nothing,
  cancelTargetJob: nothing,
}
const suite: ApiSuite = {
  description: BACKUP,
  base: BackupDriver.prototype,
  checkShape: checker(SHAPES),
}

/** Runs the suite of the backup API on a driver. */
export function backupConformance(runner: Runner, harness: Harness): void {
  describeDriver(runner, harness, suite)
}
