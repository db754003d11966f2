import { describe, it } from 'vitest'
import { DummyStorageDriver } from '../../../drivers/dummy/storage.js'
import { storageLifecycle } from '../../conformance/lifecycle/storage.js'

const secrets = ['the-key-of-this-test', 'the-secret-of-this-test']

storageLifecycle({
  describe,
  it,
  title: 'DUMMY: storage lifecycle',
  driver: async () => new DummyStorageDriver({ key: secrets[0], secret: secrets[1], pageSize: 3 }),
  interval: 5,
  pageSize: 3,
  secrets,
})
