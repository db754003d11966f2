import { describe, expect, it } from 'vitest'
import { EBSBackupDriver } from '../../../drivers/aws/ebs.js'
import { failure, play, reply, type Script } from './ec2.provider.js'

const VOLUME = { id: 'vol-049df61146c4d7901' }

async function ebs(script: Script) {
  const { dispatcher, arrived } = await play(script)
  const options = { key: 'test-key', secret: 'test-secret', region: 'us-east-1', retry: false, dispatcher } as const
  return { driver: new EBSBackupDriver(options), asked: () => arrived.map(({ action }) => action) }
}

describe('EBS', () => {
  it('protects volumes, and nothing else', async () => {
    const { driver, asked } = await ebs([])
    expect(driver.getSupportedTargetTypes()).toEqual(['Volume'])
    const address = VOLUME.id
    for (const [target, argument] of [
      [{ name: 'a', address, type: 'Virtual' }, 'target.type'],
      [{ name: 'a', address: '203.0.113.1' }, 'target.address'],
    ] as const) {
      await expect(driver.createTarget(target)).rejects.toMatchObject({ code: 'INVALID_REQUEST', argument })
    }
    const changes = { address: 'vol-0fedcba9876543210' }
    await expect(driver.updateTarget(VOLUME, changes)).rejects.toMatchObject({ argument: 'changes.address' })
    expect(asked()).toEqual([])
  })

  it('await using: cancels a job that runs', async () => {
    const { driver, asked } = await ebs([
      ['CreateSnapshot', reply('ebs/createTargetJob')],
      ['DescribeSnapshots', reply('ebs/cancelTargetJob', 0)],
      ['DeleteSnapshot', reply('ebs/cancelTargetJob')],
    ])
    {
      await using job = await driver.createTargetJob(VOLUME)
      expect(job.status).toBe('Running')
    }
    expect(asked()).toEqual(['CreateSnapshot', 'DescribeSnapshots', 'DeleteSnapshot'])
  })

  it('await using: leaves a backup that is complete', async () => {
    const { driver, asked } = await ebs([
      ['CreateSnapshot', reply('ebs/createTargetJob')],
      ['DescribeSnapshots', reply('ebs/cancelTargetJob.complete')],
    ])
    {
      await using job = await driver.createTargetJob(VOLUME)
      expect(job.target.id).toBe(VOLUME.id)
    }
    expect(asked()).toEqual(['CreateSnapshot', 'DescribeSnapshots'])
  })

  it('await using: tells when a job cannot be cancelled', async () => {
    const { driver } = await ebs([
      ['CreateSnapshot', reply('ebs/createTargetJob')],
      ['DescribeSnapshots', failure('UnauthorizedOperation', 403)],
    ])
    const job = await driver.createTargetJob(VOLUME)
    await expect(job[Symbol.asyncDispose]()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  })

  it('getTargetJob: finds a job among the volume’s snapshots', async () => {
    const { driver } = await ebs([
      ['DescribeSnapshots', reply('ebs/listTargetJobs', 0)],
      ['DescribeSnapshots', reply('ebs/listTargetJobs', 1)],
    ])
    expect(await driver.getTargetJob(VOLUME, 'snap-1a2b3c4d')).toMatchObject({ status: 'Running', progress: 30 })
  })
})
