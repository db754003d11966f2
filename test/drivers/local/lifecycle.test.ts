import { describe, it } from 'vitest'
import { LocalStorageDriver } from '../../../drivers/local/storage.js'
import { storageLifecycle } from '../../conformance/lifecycle/storage.js'
import { freshRoot } from './support.js'

const options = {
  describe,
  it,
  pageSize: 1000,
  interval: 10,
  // A file system has no file and folder of one name.
  nested: false,
}

storageLifecycle({
  ...options,
  title: 'LOCAL: lifecycle',
  driver: async () => new LocalStorageDriver({ key: freshRoot() }),
})

storageLifecycle({
  ...options,
  title: 'LOCAL: lifecycle on a system that cannot hold folders open',
  driver: async () => {
    Object.defineProperty(process, 'platform', { value: 'darwin' })
    return new LocalStorageDriver({ key: freshRoot() })
  },
})
