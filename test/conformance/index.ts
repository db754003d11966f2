// The conformance suite, for drivers of this package and of others: `import … from 'libcloud/testing'`.
export { backupConformance } from './backup.js'
export { computeConformance } from './compute.js'
export { containerConformance } from './container.js'
export { type Contract, loadContract, type Violation } from './contract.js'
export { dnsConformance } from './dns.js'
export {
  type ErrorFixture,
  type Exchange,
  type Fixture,
  matchPartial,
  parseErrorFixture,
  parseFixture,
} from './fixture.js'
export { type Harness, type Runner, TEST_KEY, TEST_SECRET } from './harness.js'
export { type BackupLifecycleOptions, backupLifecycle } from './lifecycle/backup.js'
export { type ComputeLifecycleOptions, computeLifecycle } from './lifecycle/compute.js'
export { type ContainerLifecycleOptions, containerLifecycle } from './lifecycle/container.js'
export { type DNSLifecycleOptions, dnsLifecycle } from './lifecycle/dns.js'
export { type LoadBalancerLifecycleOptions, loadBalancerLifecycle } from './lifecycle/loadbalancer.js'
export { type StorageLifecycleOptions, storageLifecycle } from './lifecycle/storage.js'
export type { LifecycleOptions, LifecycleRunner } from './lifecycle/tools.js'
export { loadBalancerConformance } from './loadbalancer.js'
export { type ReplayServer, startReplay } from './replay.js'
export { storageConformance } from './storage.js'
