import type { DriverMeta, VendorMeta } from '../../lib/meta.js'

const drivers: readonly DriverMeta[] = [
  {
    api: 'dns',
    constant: 'GOOGLE',
    class: 'GoogleDNSDriver',
    file: 'dns',
    apiVersion: 'v1',
    transport: 'http',
    idempotency: 'none',
  },
]

export const meta: VendorMeta = {
  vendor: 'google',
  name: 'Google Cloud',
  website: 'https://cloud.google.com',
  docs: 'https://cloud.google.com/apis/docs/overview',
  credentials: [
    { option: 'accessToken', env: ['GOOGLE_OAUTH_ACCESS_TOKEN', 'CLOUDSDK_AUTH_ACCESS_TOKEN'], required: false },
    {
      option: 'key',
      env: ['GOOGLE_APPLICATION_CREDENTIALS'],
      file: '~/.config/gcloud/application_default_credentials.json',
      required: false,
    },
    { option: 'secret', required: false },
    {
      option: 'project',
      env: ['GOOGLE_CLOUD_PROJECT', 'GCLOUD_PROJECT', 'CLOUDSDK_CORE_PROJECT'],
      required: false,
      secret: false,
    },
    { option: 'region', env: ['CLOUDSDK_COMPUTE_REGION'], required: false, secret: false },
    { option: 'zone', env: ['CLOUDSDK_COMPUTE_ZONE'], required: false, secret: false },
    { option: 'quotaProject', env: ['GOOGLE_CLOUD_QUOTA_PROJECT'], required: false, secret: false },
    { option: 'subject', required: false, secret: false },
    { option: 'scopes', required: false, secret: false },
  ],
  drivers,
}
