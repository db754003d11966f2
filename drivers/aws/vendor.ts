import type { VendorMeta } from '../../lib/meta.js'

/** What drivers need to know of their vendor: `meta.ts` adds what only tools do. */
export const aws: Omit<VendorMeta, 'drivers'> = {
  vendor: 'aws',
  name: 'Amazon Web Services',
  website: 'https://aws.amazon.com',
  docs: 'https://docs.aws.amazon.com/',
  credentials: [
    { option: 'key', env: ['AWS_ACCESS_KEY_ID'], file: '~/.aws/credentials', required: false },
    { option: 'secret', env: ['AWS_SECRET_ACCESS_KEY'], file: '~/.aws/credentials', required: false },
    { option: 'sessionToken', env: ['AWS_SESSION_TOKEN', 'AWS_SECURITY_TOKEN'], required: false },
    { option: 'profile', env: ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'], required: false, secret: false },
    {
      option: 'region',
      env: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
      file: '~/.aws/config',
      required: false,
      secret: false,
    },
    { option: 'dualStack', required: false, secret: false },
    { option: 'fips', required: false, secret: false },
  ],
}
