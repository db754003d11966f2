import type { DriverMeta, VendorMeta } from '../../lib/meta.js'
import { ebs, ec2 } from './ec2.meta.js'
import { alb, elb } from './elb.meta.js'
import { route53 } from './route53.meta.js'
import { s3 } from './s3.meta.js'

const drivers: readonly DriverMeta[] = [ec2, s3, route53, elb, alb, ebs]

export const meta: VendorMeta = {
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
  drivers,
}
