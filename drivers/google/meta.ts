import type { DriverMeta, VendorMeta } from '../../lib/meta.js'

const asked = 'nothing is asked: the address is made of the name'
const sameAgain = 'sent twice it leaves what it leaves when it is sent once'
const drivers: readonly DriverMeta[] = [
  {
    api: 'compute',
    constant: 'GCE',
    class: 'GCENodeDriver',
    file: 'compute',
    apiVersion: 'v1',
    transport: 'http',
    idempotency: 'token',
    exempt: {
      'listKeyPairs:pages': 'they stand in the metadata of the project, which comes as a whole',
    },
  },
  {
    api: 'loadbalancer',
    constant: 'GCE',
    class: 'GCELBDriver',
    file: 'loadbalancer',
    apiVersion: 'v1',
    transport: 'http',
    idempotency: 'token',
    exempt: {
      'listProtocols:fixture': 'nothing is asked: the protocols stand in the documentation only',
      'balancerListMembers:pages': 'the first of its requests is for the balancer, and brings no page',
    },
  },
  {
    api: 'dns',
    constant: 'GOOGLE',
    class: 'GoogleDNSDriver',
    file: 'dns',
    apiVersion: 'v1',
    transport: 'http',
    idempotency: 'none',
  },
  {
    api: 'storage',
    constant: 'GOOGLE_STORAGE',
    class: 'GoogleStorageDriver',
    file: 'storage',
    apiVersion: 'v1',
    transport: 'http',
    idempotency: 'none',
    exempt: {
      'getContainerCdnUrl:fixture': asked,
      'getObjectCdnUrl:fixture': asked,
      'uploadObjectViaStream:repeatable': sameAgain,
      'ex_startUpload:repeatable': 'an upload that nobody goes on with ends by itself',
      'ex_updateObject:repeatable': sameAgain,
      'ex_updateContainer:repeatable': sameAgain,
      'ex_setPermissions:repeatable': sameAgain,
      'enableObjectCdn:repeatable': sameAgain,
      'getObjectSignedUrl:repeatable': 'a signature is nothing that is made: it may be made again',
    },
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
