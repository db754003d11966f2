import type { VendorMeta } from '../../lib/meta.js'

const TWICE = 'it says what is to be in the end: twice is no more than once'

export const meta: VendorMeta = {
  vendor: 'powerdns',
  name: 'PowerDNS',
  website: 'https://www.powerdns.com',
  docs: 'https://doc.powerdns.com/authoritative/http-api/',
  credentials: [
    { option: 'key', env: ['PDNS_API_KEY', 'POWERDNS_API_KEY'] },
    { option: 'serverId', env: ['PDNS_SERVER_NAME'], fallback: 'localhost', required: false, secret: false },
  ],
  drivers: [
    {
      api: 'dns',
      constant: 'POWERDNS',
      class: 'PowerDNSDriver',
      file: 'dns',
      apiVersion: 'v1',
      transport: 'http',
      idempotency: 'none',
      exempt: {
        pages: 'the server answers every list in one piece',
        'ex_replaceRRset:repeatable': TWICE,
        'ex_deleteRRset:repeatable': TWICE,
        'ex_extendRRset:repeatable': TWICE,
        'ex_pruneRRset:repeatable': TWICE,
        'ex_setComments:repeatable': TWICE,
        exportZoneToBindZoneFile:
          'it writes a file: the base class is tested for that, and the suite of the real server',
      },
    },
  ],
}
