import assert from 'node:assert/strict'
import type { BackupApi } from '../../../lib/backup/api.js'
import type { BackupDriver } from '../../../lib/backup/driver.js'
import {
  type BackupTarget,
  type BackupTargetJob,
  BackupTargetJobStatusType,
  type BackupTargetRecoveryPoint,
  type JobRef,
} from '../../../lib/backup/types.js'
import { LibcloudError, NotFoundError } from '../../../lib/errors.js'
import type { Ref } from '../../../lib/resource.js'
import {
  type Defer,
  endsOnAbort,
  foreign,
  Lifecycle,
  type LifecycleOptions,
  parallel,
  refuses,
  rejectsWith,
} from './tools.js'

/** What the suite of the backup API takes. */
export interface BackupLifecycleOptions extends LifecycleOptions<BackupDriver> {
  /** What is protected. @defaultValue '192.0.2.20' */
  readonly address?: string | undefined
  /** What `createTarget` is given beside: a type, `ex_` options. */
  readonly target?: object | undefined
  /** Targets made to be listed. @defaultValue 4 */
  readonly many?: number | undefined
}

const TARGETS = ['createTarget', 'listTargets', 'deleteTarget'] as const
const JOBS = [...TARGETS, 'createTargetJob', 'listTargetJobs', 'getTargetJob'] as const
const POINTS = [...JOBS, 'listRecoveryPoints', 'recoverTarget'] as const
const { RUNNING, PENDING, COMPLETED, CANCELLED, FAILED } = BackupTargetJobStatusType
const byId = ({ id }: Ref): string => id

class Suite extends Lifecycle<BackupDriver, BackupApi> {
  readonly choices: BackupLifecycleOptions
  constructor(choices: BackupLifecycleOptions) {
    super(choices)
    this.choices = choices
  }

  /** A target that is deleted when the test ends. */
  async open(api: BackupApi, defer: Defer): Promise<BackupTarget> {
    const { address = '192.0.2.20', target } = this.choices
    const created = await api.createTarget({ name: this.name(), address, ...target })
    defer(() => api.deleteTarget({ id: created.id }))
    return created.keep()
  }

  async untilStatus(
    api: BackupApi,
    job: JobRef,
    wanted: readonly BackupTargetJobStatusType[],
  ): Promise<BackupTargetJob> {
    return this.until(
      () => api.getTargetJob(job.target, job.id),
      ({ status, progress }) => {
        assert.ok(progress >= 0 && progress <= 100, `${progress} percent`)
        if (!wanted.includes(FAILED)) assert.notEqual(status, FAILED)
        return wanted.includes(status)
      },
      `that job ${job.id} is ${wanted.join(' or ')}`,
    )
  }

  /** A moment that the target can be restored to. */
  async point(api: BackupApi, target: BackupTarget): Promise<BackupTargetRecoveryPoint> {
    const job = await target.createJob()
    await this.untilStatus(api, job.keep(), [COMPLETED])
    const points = await target.listRecoveryPoints()
    const last = points.sort((a, b) => a.date.getTime() - b.date.getTime()).at(-1)
    assert.ok(last, 'a completed job leaves a recovery point')
    return last
  }

  async isListed(api: BackupApi, { id }: Ref): Promise<boolean> {
    return (await api.listTargets()).some(target => target.id === id)
  }
}

/** Runs the backup API on a driver that keeps what it is given. */
export function backupLifecycle(options: BackupLifecycleOptions): void {
  const suite = new Suite(options)
  options.describe(options.title ?? 'backup', () => {
    describeTargets(suite)
    describeJobs(suite)
    describePoints(suite)
    describeRefusals(suite)
  })
}

function describeTargets(suite: Suite): void {
  suite.test(
    'target: is created, listed, changed, and gone when it was deleted',
    [...TARGETS, 'updateTarget'],
    async (api, defer) => {
      const target = await suite.open(api, defer)
      assert.ok(api.getSupportedTargetTypes().includes(target.type), target.type)
      const listed = await suite.walk(() => api.listTargets(), byId, 1)
      assert.equal(listed.find(({ id }) => id === target.id)?.name, target.name)
      suite.assertPrivate(target)
      const name = suite.name()
      const changed = await target.update({ name })
      assert.deepEqual([changed.name, changed.address], [name, target.address])
      assert.equal((await api.listTargets()).find(({ id }) => id === target.id)?.name, name)
      await target.delete()
      await suite.until(
        () => suite.isListed(api, target),
        is => !is,
        'the removal of a target',
      )
      await rejectsWith(() => api.deleteTarget(target), NotFoundError)
      await rejectsWith(() => api.updateTarget(target, { name }), NotFoundError)
    },
  )
  suite.test('target: `await using` deletes it, and keep() keeps it', TARGETS, async (api, defer) => {
    const { address = '192.0.2.20', target } = suite.choices
    const ids: string[] = []
    {
      await using lost = await api.createTarget({ name: suite.name(), address, ...target })
      await using kept = await api.createTarget({ name: suite.name(), address, ...target })
      defer(() => api.deleteTarget(kept))
      kept.keep()
      ids.push(lost.id, kept.id)
    }
    await suite.until(
      () => suite.isListed(api, { id: ids[0] as string }),
      is => !is,
      'the removal of a target',
    )
    assert.ok(await suite.isListed(api, { id: ids[1] as string }))
  })
  suite.test('targets: are made at once, and the list can be gone on with', TARGETS, async (api, defer) => {
    const { many = 4 } = suite.choices
    const made = await parallel(many, () => suite.open(api, defer))
    assert.equal(new Set(made.map(byId)).size, many)
    const listed = (await suite.walk(() => api.listTargets(), byId, many)).map(byId)
    assert.deepEqual(
      made.map(byId).filter(id => !listed.includes(id)),
      [],
    )
  })
  suite.test(
    'target: is made of a node, and of a storage container',
    [...TARGETS, 'createTargetFromNode', 'createTargetFromStorageContainer'],
    async (api, defer, driver) => {
      const { address = '192.0.2.20' } = suite.choices
      const node = { id: 'n', name: suite.name(), publicIps: [address], driver: { provider: 'another' } }
      const ofNode = await api.createTargetFromNode(node)
      defer(() => api.deleteTarget(ofNode))
      assert.deepEqual([ofNode.name, ofNode.address], [node.name, address])
      if (!driver.targetTypes.includes('Object')) return
      const container = { name: suite.name(), getCdnUrl: async () => 'https://files.example.com/' }
      const ofContainer = await api.createTargetFromStorageContainer(container)
      defer(() => api.deleteTarget(ofContainer))
      assert.deepEqual([ofContainer.name, ofContainer.address], [container.name, 'https://files.example.com/'])
    },
  )
}

function describeJobs(suite: Suite): void {
  suite.test('job: begins, goes on, and is completed', JOBS, async (api, defer) => {
    const target = await suite.open(api, defer)
    const job = await target.createJob()
    job.keep()
    assert.equal((await api.getTargetJob(target, job.id)).id, job.id)
    const seen: number[] = []
    await suite.until(
      async () => {
        const found = await api.getTargetJob(target, job.id)
        seen.push(found.progress)
        return found.status
      },
      status => status === COMPLETED,
      'that the job is completed',
    )
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
      'progress grows',
    )
    assert.equal(seen.at(-1), 100)
    const listed = await suite.walk(() => api.listTargetJobs(target), byId, 1)
    assert.deepEqual(listed.map(byId), [job.id])
    suite.assertPrivate(listed[0] as object)
    await rejectsWith(() => api.getTargetJob(target, 'no-such-job'), NotFoundError)
  })
  suite.test(
    'job: is suspended, resumed and completed',
    [...JOBS, 'suspendTargetJob', 'resumeTargetJob'],
    async (api, defer) => {
      const job = await (await suite.open(api, defer)).createJob()
      job.keep()
      await suite.untilStatus(api, job, [RUNNING])
      await job.suspend()
      const paused = await suite.untilStatus(api, job, [PENDING])
      assert.ok(paused.progress < 100)
      await job.resume()
      await suite.untilStatus(api, job, [COMPLETED])
      await rejectsWith(() => api.suspendTargetJob(job), LibcloudError)
      await rejectsWith(() => api.resumeTargetJob(job), LibcloudError)
    },
  )
  suite.test(
    'job: is cancelled, also by `await using`, and leaves no recovery point',
    [...JOBS, 'cancelTargetJob', 'listRecoveryPoints'],
    async (api, defer) => {
      const target = await suite.open(api, defer)
      const job = await target.createJob()
      await job.cancel()
      await suite.untilStatus(api, job, [CANCELLED])
      await rejectsWith(() => api.cancelTargetJob(job), LibcloudError)
      const left: JobRef[] = []
      {
        await using second = await target.createJob()
        left.push(second)
      }
      await suite.untilStatus(api, left[0] as JobRef, [CANCELLED])
      assert.deepEqual(await target.listRecoveryPoints(), [])
    },
  )
  suite.test('job: that is at its end is let go by `await using`', [...JOBS, 'cancelTargetJob'], async (api, defer) => {
    const target = await suite.open(api, defer)
    await using job = await target.createJob()
    await suite.untilStatus(api, job, [COMPLETED])
  })
}

function describePoints(suite: Suite): void {
  suite.test('recovery point: is left by a job, found by its date, and restored', POINTS, async (api, defer) => {
    const target = await suite.open(api, defer)
    assert.deepEqual(await target.listRecoveryPoints(), [])
    const point = await suite.point(api, target)
    const time = point.date.getTime()
    const found = async (startDate?: number, endDate?: number): Promise<string[]> => {
      const dates = {
        startDate: startDate ? new Date(startDate) : undefined,
        endDate: endDate ? new Date(endDate) : undefined,
      }
      return (await target.listRecoveryPoints(dates)).map(byId)
    }
    assert.deepEqual(await found(), [point.id])
    assert.deepEqual(await found(time), [point.id], 'the first moment belongs to it')
    assert.deepEqual(await found(undefined, time), [], 'the last moment does not')
    assert.deepEqual(await found(time - 1000, time + 1000), [point.id])
    assert.deepEqual(await found(time + 1), [])
    const job = await point.recover()
    await suite.untilStatus(api, job, [COMPLETED])
    await suite.point(api, target)
    assert.equal((await suite.walk(() => api.listRecoveryPoints(target), byId, 2)).length, 2)
  })
  suite.test(
    'recovery point: is restored onto another target',
    [...POINTS, 'recoverTargetOutOfPlace'],
    async (api, defer) => {
      const [from, to] = [await suite.open(api, defer), await suite.open(api, defer)]
      const point = await suite.point(api, from)
      await suite.untilStatus(api, await point.recoverTo(to), [COMPLETED])
      assert.equal((await from.listRecoveryPoints()).length, 1)
    },
  )
  suite.test('recovery point: of another target, or none, is refused', POINTS, async (api, defer) => {
    const [a, b] = [await suite.open(api, defer), await suite.open(api, defer)]
    const point = await suite.point(api, a)
    assert.deepEqual(await b.listRecoveryPoints(), [])
    const before = (await api.listTargetJobs(b)).length
    await rejectsWith(() => api.recoverTarget(b, point), LibcloudError)
    await rejectsWith(() => api.recoverTarget(a, { id: 'no-such-point' }), NotFoundError)
    assert.equal((await api.listTargetJobs(b)).length, before)
  })
}

function describeRefusals(suite: Suite): void {
  suite.test(
    'bad input: is refused, and nothing comes of it',
    [...JOBS, 'updateTarget', 'listRecoveryPoints'],
    async (api, defer) => {
      const target = await suite.open(api, defer)
      const before = (await api.listTargets()).length
      const theirs = foreign({ id: target.id })
      await refuses([
        () => api.createTarget({ name: '', address: '192.0.2.1' }),
        () => api.createTarget({ name: 'a', address: '' }),
        () => api.createTarget({ name: 'a', address: '192.0.2.1', type: 'Thing' as never }),
        () => api.updateTarget(target, { name: '' }),
        () => api.listRecoveryPoints(target, { startDate: new Date(Number.NaN) }),
        () => api.deleteTarget(theirs),
        () => api.createTargetJob(theirs),
        () => api.listTargetJobs(theirs),
      ])
      assert.equal((await api.listTargets()).length, before)
      assert.deepEqual(await api.listTargetJobs(target), [])
    },
  )
  suite.test('abort: ends calls with its reason', JOBS, async (api, defer) => {
    const target = await suite.open(api, defer)
    await endsOnAbort(options => api.listTargets(options))
    await endsOnAbort(options => api.listTargetJobs(target, options))
    await endsOnAbort(options => api.createTargetJob(target, options))
    await rejectsWith(() => api.deleteTarget(target, { signal: AbortSignal.abort(new Error('stop')) }), Error)
    assert.ok(await suite.isListed(api, target), 'a call that never began did nothing')
  })
  suite.test('parallel: 20 calls on one driver do not mix', JOBS, async (api, defer) => {
    const targets = await parallel(4, () => suite.open(api, defer))
    const jobs = await parallel(20, async index => (await (targets[index % 4] as BackupTarget).createJob()).keep())
    assert.equal(new Set(jobs.map(byId)).size, 20)
    for (const [index, target] of targets.entries()) {
      const wanted = jobs.filter((_, at) => at % 4 === index).map(byId)
      assert.deepEqual((await api.listTargetJobs(target)).map(byId).sort(), wanted.sort())
    }
  })
}
