import type { DriverMeta, VendorMeta } from '../../lib/meta.js'
import { ebs, ec2 } from './ec2.meta.js'
import { alb, elb } from './elb.meta.js'
import { route53 } from './route53.meta.js'
import { s3 } from './s3.meta.js'
import { aws } from './vendor.js'

const drivers: readonly DriverMeta[] = [ec2, s3, route53, elb, alb, ebs]

export const meta: VendorMeta = { ...aws, drivers }
