import { describe, it } from 'vitest'
import { DummyBackupDriver } from '../../../drivers/dummy/backup.js'
import { backupLifecycle } from '../../conformance/lifecycle/backup.js'

const secrets = ['the-key-of-this-test', 'the-secret-of-this-test']
const [key, secret] = secrets

backupLifecycle({
  describe,
  it,
  title: 'DUMMY: backup lifecycle',
  driver: async () =>
    new DummyBackupDriver({
      key,
      secret,
      pageSize: 3,
      latency: 1,
      transition: { balancer: 20, container: 20, cluster: 20, job: 150 },
    }),
  interval: 5,
  timeout: 60_000,
  many: 7,
  pageSize: 3,
  secrets,
})
