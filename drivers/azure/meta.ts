import type { DriverMeta, VendorMeta } from '../../lib/meta.js'
import { allCredentials } from './options.js'

const waits = 'what is not at its end is waited for, whatever its state is called'
const cleansUp = 'what was made for nothing is given back, by further requests: tested by itself'
const dns: DriverMeta = {
  api: 'dns',
  constant: 'AZURE_DNS',
  class: 'AzureDNSDriver',
  file: 'dns',
  apiVersion: '2018-05-01',
  transport: 'http',
  idempotency: 'none',
  exempt: {
    'updateRecord:options reach every request': cleansUp,
    'updateZone:repeatable': 'tags are set to values: sent twice it leaves what it leaves when it is sent once',
  },
}

const loadbalancer: DriverMeta = {
  api: 'loadbalancer',
  constant: 'AZURE_LB',
  class: 'AzureLBDriver',
  file: 'loadbalancer',
  apiVersion: '2024-07-01',
  transport: 'http',
  idempotency: 'none',
  exempt: {
    'listProtocols:fixture': 'nothing is asked',
    'listProtocols:pages': 'nothing is asked',
    'balancerListMembers:pages': 'members stand in the balancer',
    'createBalancer:unknown states': waits,
    'updateBalancer:unknown states': waits,
    'createBalancer:options reach every request': cleansUp,
  },
}

export const meta: VendorMeta = {
  vendor: 'azure',
  name: 'Microsoft Azure',
  website: 'https://azure.microsoft.com',
  docs: 'https://learn.microsoft.com/rest/api/azure/',
  credentials: allCredentials(),
  drivers: [
    dns,
    loadbalancer,
    {
      api: 'storage',
      constant: 'AZURE_BLOBS',
      class: 'AzureBlobsStorageDriver',
      file: 'storage',
      apiVersion: '2026-06-06',
      transport: 'http',
      idempotency: 'none',
      exempt: {
        'downloadObject:fixture': 'it writes a file: tested with files, and on a real server',
        'getObjectSignedUrl:fixture': 'it asks nothing of the service: tested on a real server',
        'ex_getContainerSignedUrl:fixture': 'it asks nothing of the service: tested on a real server',
        'getContainerCdnUrl:fixture': 'it asks nothing of the service: tested on a real server',
        'getObjectCdnUrl:fixture': 'it asks nothing of the service: tested on a real server',
        'ex_writePages:fixture': 'it takes bytes, which a fixture has no words for: tested on a real server',
      },
    },
  ],
}
