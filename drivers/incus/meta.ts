import type { VendorMeta } from '../../lib/meta.js'

const common = { constant: 'INCUS', apiVersion: '1.0', transport: 'http', idempotency: 'none' } as const
const INHERITED = 'the methods are those of LXD, whose fixtures show them: here stand those that differ'
const LOOKS = { 'installImage:answers 404': 'what is not there is looked for elsewhere' }
const exempt = {
  fixture: INHERITED,
  pages: 'the daemon answers every list in one piece',
  'errors:401': 'the daemon answers 403 to whom it does not trust',
}

export const meta: VendorMeta = {
  vendor: 'incus',
  name: 'Incus',
  website: 'https://linuxcontainers.org/incus/',
  docs: 'https://linuxcontainers.org/incus/docs/main/rest-api/',
  credentials: [
    { option: 'project', env: ['INCUS_PROJECT'], required: false, secret: false },
    { option: 'clientCert', file: '~/.config/incus/client.crt', required: false, secret: false },
    { option: 'clientKey', file: '~/.config/incus/client.key', required: false, secret: false },
    { option: 'serverFingerprint', file: '~/.config/incus/servercerts/<host>.crt', required: false, secret: false },
    { option: 'target', required: false, secret: false },
  ],
  drivers: [
    { ...common, api: 'compute', class: 'IncusNodeDriver', file: 'compute', exempt },
    { ...common, api: 'container', class: 'IncusContainerDriver', file: 'container', exempt: { ...exempt, ...LOOKS } },
  ],
}
