import type { VendorMeta } from '../../lib/meta.js'

const common = { constant: 'LXD', apiVersion: '1.0', transport: 'http', idempotency: 'none' } as const

export const meta: VendorMeta = {
  vendor: 'lxd',
  name: 'LXD',
  website: 'https://canonical.com/lxd',
  docs: 'https://documentation.ubuntu.com/lxd/latest/api/',
  credentials: [
    { option: 'project', env: ['LXD_PROJECT'], required: false, secret: false },
    { option: 'clientCert', file: '~/.config/lxc/client.crt', required: false, secret: false },
    { option: 'clientKey', file: '~/.config/lxc/client.key', required: false, secret: false },
    { option: 'serverFingerprint', file: '~/.config/lxc/servercerts/<host>.crt', required: false, secret: false },
    { option: 'target', required: false, secret: false },
  ],
  drivers: [
    { ...common, api: 'compute', class: 'LXDNodeDriver', file: 'compute' },
    { ...common, api: 'container', class: 'LXDContainerDriver', file: 'container' },
  ],
}
