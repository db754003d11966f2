import { afterAll, beforeAll, describe, it } from 'vitest'
import type { StorageDriver } from '../../../lib/storage/driver.js'
import { storageLifecycle } from '../../conformance/lifecycle/storage.js'
import { prove } from '../proof.js'
import { driverFor, type RealServer, startServer, stopServer } from './server.js'

const proof = prove('aws', 'storage')
let server: RealServer

beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await stopServer(server)
})

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
