import type { DriverMeta, VendorMeta } from '../../lib/meta.js'

const same: Pick<DriverMeta, 'constant' | 'apiVersion' | 'transport' | 'idempotency'> = {
  constant: 'DUMMY',
  apiVersion: '1',
  transport: 'memory',
  idempotency: 'none',
}

export const meta: VendorMeta = {
  vendor: 'dummy',
  name: 'Dummy',
  // The guide's page, as the generated page links to it: there is no provider behind this driver.
  website: '../testing.md',
  docs: '../testing.md',
  // Taken so that code written for a real provider runs unchanged; nothing is checked.
  credentials: [
    { option: 'key', required: false },
    { option: 'secret', required: false },
  ],
  drivers: [
    { api: 'compute', class: 'DummyNodeDriver', file: 'compute', ...same },
    { api: 'storage', class: 'DummyStorageDriver', file: 'storage', ...same },
    { api: 'dns', class: 'DummyDNSDriver', file: 'dns', ...same },
    { api: 'loadbalancer', class: 'DummyLBDriver', file: 'loadbalancer', ...same },
    { api: 'container', class: 'DummyContainerDriver', file: 'container', ...same },
    { api: 'backup', class: 'DummyBackupDriver', file: 'backup', ...same },
  ],
}
