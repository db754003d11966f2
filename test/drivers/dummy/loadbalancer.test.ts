import { describe, it } from 'vitest'
import { DummyLBDriver } from '../../../drivers/dummy/loadbalancer.js'
import { loadBalancerLifecycle } from '../../conformance/lifecycle/loadbalancer.js'

const secrets = ['the-key-of-this-test', 'the-secret-of-this-test']
const [key, secret] = secrets

loadBalancerLifecycle({
  describe,
  it,
  title: 'DUMMY: loadbalancer lifecycle',
  driver: async () =>
    new DummyLBDriver({
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
