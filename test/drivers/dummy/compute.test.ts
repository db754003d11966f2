import { describe, it } from 'vitest'
import { DummyNodeDriver } from '../../../drivers/dummy/compute.js'
import { computeLifecycle } from '../../conformance/lifecycle/compute.js'

const secrets = ['the-key-of-this-test', 'the-secret-of-this-test']
const [key, secret] = secrets

computeLifecycle({
  describe,
  it,
  title: 'DUMMY: compute lifecycle',
  driver: async () => new DummyNodeDriver({ key, secret, pageSize: 3, transition: 20, latency: 1 }),
  interval: 5,
  timeout: 60_000,
  many: 7,
  pageSize: 3,
  sourceRegion: 'west',
  secrets,
})
computeLifecycle({
  describe,
  it,
  title: 'DUMMY: compute lifecycle, where all is done at once',
  driver: async () => new DummyNodeDriver({ key, secret, region: 'my-region' }),
  interval: 1,
  timeout: 60_000,
  sourceRegion: 'west',
  secrets,
})
