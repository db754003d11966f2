import { describe, it } from 'vitest'
import type { S3FamilyStorageDriver } from '../../../drivers/aws/s3.js'
import type { StorageDriver } from '../../../lib/storage/driver.js'
import { storageLifecycle } from '../../conformance/lifecycle/storage.js'
import { prove } from '../proof.js'
import { useServer } from '../use-server.js'
import { describeScenarios } from './scenarios.js'
import { driverFor, type RealServer, startServer, stopServer } from './server.js'

const proof = prove('aws', 'storage')
let server: RealServer

useServer(
  'Swift',
  async () => {
    server = await startServer()
  },
  async () => {
    await stopServer(server)
  },
)

storageLifecycle({
  describe,
  it,
  title: 'S3 (Swift): lifecycle',
  pageSize: 1000,
  interval: 50,
  large: 12 * 1024 * 1024 + 17,
  reachable: true,
  driver: async () => proof.watch(driverFor(server)) as StorageDriver,
})

describeScenarios('S3 (Swift)', options => proof.watch(driverFor(server, options)) as S3FamilyStorageDriver<'s3'>)

describe('S3 (Swift): proof', () => {
  it('is as it was', () => {
    proof.settle(`OpenStack Swift ${server.version.replace(/-.*/, '')}`)
  })
})
