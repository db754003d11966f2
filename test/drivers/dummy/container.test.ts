import { describe, it } from 'vitest'
import { DummyContainerDriver } from '../../../drivers/dummy/container.js'
import { containerLifecycle } from '../../conformance/lifecycle/container.js'

const secrets = ['the-key-of-this-test', 'the-secret-of-this-test']
const [key, secret] = secrets

containerLifecycle({
  describe,
  it,
  title: 'DUMMY: container lifecycle',
  driver: async () =>
    new DummyContainerDriver({
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
