import type { VendorMeta } from '../../lib/meta.js'

export const meta: VendorMeta = {
  vendor: 'local',
  name: 'Local Storage',
  website: 'https://nodejs.org',
  docs: 'https://nodejs.org/api/fs.html',
  // A path is no secret, and no environment variable is looked at: files appear only where the program says.
  credentials: [{ option: 'key', secret: false }],
  drivers: [
    {
      api: 'storage',
      constant: 'LOCAL',
      class: 'LocalStorageDriver',
      file: 'storage',
      apiVersion: '1',
      transport: 'files',
      idempotency: 'none',
    },
  ],
}
