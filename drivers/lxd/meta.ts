import type { VendorMeta } from '../../lib/meta.js'

const common = { constant: 'LXD', apiVersion: '1.0', transport: 'http', idempotency: 'none' } as const

const SOCKETS = 'it goes over websockets, which no fixture shows: the suite of the real server does'
const LOCAL = 'it reads or writes files of this machine: the suite of the real server does it'
const PEER = 'it needs two servers: the suite of the real server has them'
const LOOKS = 'that there is no such thing is its answer'
const same = (group: string, reason: string, ...methods: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(methods.map(method => [`${method}:${group}`, reason]))

/** What of the `ex_` methods does not fit. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  ...same('fixture', SOCKETS, 'ex_execute', 'ex_openExec', 'ex_openConsole', 'ex_events'),
  ...same('fixture', LOCAL, 'ex_uploadFile', 'ex_downloadFile', 'ex_pushDirectory', 'ex_pullDirectory'),
  ...same('fixture', PEER, 'ex_copyInstanceTo', 'ex_migrateInstance', 'ex_copyImageTo'),
  'ex_uploadSplitImage:fixture': 'its form has a boundary made anew each time: the suite of the real server sends one',
  'errors:401': 'the daemon answers 403 to whom it does not trust',
  'ex_generateClientCertificate:fixture': 'nothing is asked of the server',
  ...same(
    'answers 404',
    LOOKS,
    'ex_hasInstance',
    'ex_hasImage',
    'ex_hasNetwork',
    'ex_hasNetworkForward',
    'ex_hasNetworkAcl',
    'ex_hasNetworkZone',
    'ex_hasNetworkZoneRecord',
    'ex_hasProfile',
    'ex_hasProject',
    'ex_hasStoragePool',
    'ex_hasStorageVolume',
    'ex_hasStorageVolumeSnapshot',
    'ex_hasClusterGroup',
  ),
}

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
    {
      ...common,
      api: 'compute',
      class: 'LXDNodeDriver',
      file: 'compute',
      exempt: { pages: 'the daemon answers every list in one piece', ...EXTENSIONS },
    },
    {
      ...common,
      api: 'container',
      class: 'LXDContainerDriver',
      file: 'container',
      exempt: {
        pages: 'the daemon answers every list in one piece',
        'errors:401': 'the daemon answers 403 to whom it does not trust',
        'installImage:answers 404': 'what is not there is looked for elsewhere',
        fixture: 'the ex_ methods are those of the compute driver, whose fixtures show them',
      },
    },
  ],
}
