import type { DriverMeta } from '../../lib/meta.js'

export const route53: DriverMeta = {
  api: 'dns',
  constant: 'ROUTE53',
  class: 'Route53DNSDriver',
  file: 'route53',
  apiVersion: '2013-04-01',
  transport: 'http',
  idempotency: 'token',
  exempt: {
    exportZoneToBindZoneFile: 'it writes a file: the base class is tested for that',
    exportZoneToBindFormat: 'it is a list of records, as text',
  },
}
