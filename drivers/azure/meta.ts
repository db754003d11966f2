import type { VendorMeta } from '../../lib/meta.js'

export const meta: VendorMeta = {
  vendor: 'azure',
  name: 'Microsoft Azure',
  website: 'https://azure.microsoft.com',
  docs: 'https://learn.microsoft.com/rest/api/azure/',
  credentials: [
    { option: 'key', env: ['AZURE_STORAGE_ACCOUNT'], required: false, secret: false },
    { option: 'secret', env: ['AZURE_STORAGE_KEY', 'AZURE_STORAGE_ACCESS_KEY'], required: false },
    { option: 'sasToken', env: ['AZURE_STORAGE_SAS_TOKEN'], required: false },
    { option: 'token', required: false, secret: false },
    { option: 'pathStyle', required: false, secret: false },
    { option: 'blockSize', required: false, secret: false },
    { option: 'concurrency', required: false, secret: false },
  ],
  drivers: [
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
