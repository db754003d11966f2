import type { DriverMeta, VendorMeta } from '../../lib/meta.js'

const common = { constant: 'DIGITAL_OCEAN', apiVersion: 'v2', transport: 'http', idempotency: 'none' } as const
const sameAgain = 'PATCH sets members to values: sent twice it leaves what it leaves when it is sent once'
const drivers: readonly DriverMeta[] = [
  {
    ...common,
    api: 'compute',
    class: 'DigitalOceanNodeDriver',
    file: 'compute',
    exempt: {
      'ex_updateVpc:repeatable': sameAgain,
      'ex_renameVpcPeering:repeatable': sameAgain,
      'copyImage:can be given back': 'a copy has the id of its original, which would be deleted with it',
    },
  },
  {
    ...common,
    api: 'dns',
    class: 'DigitalOceanDNSDriver',
    file: 'dns',
    exempt: { 'updateRecord:repeatable': sameAgain },
  },
  {
    ...common,
    api: 'loadbalancer',
    class: 'DigitalOceanLBDriver',
    file: 'loadbalancer',
    exempt: {
      'listProtocols:fixture': 'nothing is asked: the protocols stand in the documentation only',
      'balancerListMembers:pages': 'the first of its requests is for the balancer, and brings no page',
    },
  },
]

export const meta: VendorMeta = {
  vendor: 'digitalocean',
  name: 'DigitalOcean',
  website: 'https://www.digitalocean.com',
  docs: 'https://docs.digitalocean.com/reference/api/digitalocean/',
  credentials: [{ option: 'key', env: ['DIGITALOCEAN_TOKEN', 'DIGITALOCEAN_ACCESS_TOKEN'] }],
  // 250 a minute, and 5,000 an hour: https://docs.digitalocean.com/reference/api/digitalocean/#rate-limit
  pacing: { requests: 250, period: 60_000 },
  drivers,
}
