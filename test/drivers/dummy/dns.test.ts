import { describe, it } from 'vitest'
import { DummyDNSDriver } from '../../../drivers/dummy/dns.js'
import { dnsLifecycle } from '../../conformance/lifecycle/dns.js'

const secrets = ['the-key-of-this-test', 'the-secret-of-this-test']
const [key, secret] = secrets

dnsLifecycle({
  describe,
  it,
  title: 'DUMMY: dns lifecycle',
  driver: async () =>
    new DummyDNSDriver({
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
