import { InvalidRequestError } from '../../lib/errors.js'

/** A part of AWS with its own accounts and host names. */
export interface Partition {
  readonly name: 'aws' | 'aws-cn' | 'aws-us-gov' | 'aws-iso' | 'aws-iso-b' | 'aws-iso-e' | 'aws-iso-f' | 'aws-eusc'
  readonly suffix: string
  /** Of hosts that are reached over IPv6 too. */
  readonly dualStackSuffix: string
  /** Where services without regions sign. */
  readonly globalRegion: string
}

const PARTITIONS: readonly (readonly [RegExp, Partition])[] = [
  [
    /^cn-/,
    {
      name: 'aws-cn',
      suffix: 'amazonaws.com.cn',
      dualStackSuffix: 'api.amazonwebservices.com.cn',
      globalRegion: 'cn-northwest-1',
    },
  ],
  [
    /^us-gov-/,
    { name: 'aws-us-gov', suffix: 'amazonaws.com', dualStackSuffix: 'api.aws', globalRegion: 'us-gov-west-1' },
  ],
  [
    /^us-isob-/,
    { name: 'aws-iso-b', suffix: 'sc2s.sgov.gov', dualStackSuffix: 'api.aws.scloud', globalRegion: 'us-isob-east-1' },
  ],
  [
    /^us-iso-/,
    { name: 'aws-iso', suffix: 'c2s.ic.gov', dualStackSuffix: 'api.aws.ic.gov', globalRegion: 'us-iso-east-1' },
  ],
  [
    /^eu-isoe-/,
    {
      name: 'aws-iso-e',
      suffix: 'cloud.adc-e.uk',
      dualStackSuffix: 'api.cloud-aws.adc-e.uk',
      globalRegion: 'eu-isoe-west-1',
    },
  ],
  [
    /^us-isof-/,
    {
      name: 'aws-iso-f',
      suffix: 'csp.hci.ic.gov',
      dualStackSuffix: 'api.aws.hci.ic.gov',
      globalRegion: 'us-isof-south-1',
    },
  ],
  [
    /^eusc-/,
    {
      name: 'aws-eusc',
      suffix: 'amazonaws.eu',
      dualStackSuffix: 'api.amazonwebservices.eu',
      globalRegion: 'eusc-de-east-1',
    },
  ],
]
const COMMERCIAL: Partition = {
  name: 'aws',
  suffix: 'amazonaws.com',
  dualStackSuffix: 'api.aws',
  globalRegion: 'us-east-1',
}

/** The partition of a region: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
export function partitionOf(region: string): Partition {
  return PARTITIONS.find(([names]) => names.test(region))?.[1] ?? COMMERCIAL
}

/** Refuses what would lead requests, and their signatures, to another host. */
export function checkRegion(region: string, provider: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(region)) return region
  const allowed = "a region's name, such as 'eu-west-1'"
  const message = `'region' must be ${allowed}, not ${JSON.stringify(region).slice(0, 80)}`
  throw new InvalidRequestError(message, { provider, argument: 'region', allowed })
}

/** Which of a service's endpoints is meant. */
export interface EndpointChoice {
  readonly dualStack?: boolean | undefined
  readonly fips?: boolean | undefined
}

/** `https://ec2.eu-west-1.amazonaws.com`: https://docs.aws.amazon.com/general/latest/gr/rande.html */
export function regionalEndpoint(service: string, region: string, { dualStack, fips }: EndpointChoice): string {
  const { name, suffix, dualStackSuffix } = partitionOf(region)
  // In GovCloud the usual hosts are validated already: https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/using-govcloud-endpoints.html
  const isNamed = fips && !(name === 'aws-us-gov' && !dualStack)
  return `https://${service}${isNamed ? '-fips' : ''}.${region}.${dualStack ? dualStackSuffix : suffix}`
}

/** Partitions whose global services have hosts of their own for IPv6. */
const GLOBAL_DUAL_STACK: ReadonlySet<string> = new Set(['aws', 'aws-cn', 'aws-eusc'])

/** `https://route53.amazonaws.com`, of a service that has one host for all regions: https://docs.aws.amazon.com/general/latest/gr/r53.html */
export function globalEndpoint(service: string, region: string, { dualStack, fips }: EndpointChoice): string {
  const { name, suffix, dualStackSuffix } = partitionOf(region)
  const host = dualStack ? dualStackSuffix : suffix
  if (name === 'aws-us-gov') return `https://${service}.us-gov.${host}`
  const isOwn = dualStack && GLOBAL_DUAL_STACK.has(name) && !(fips && name !== 'aws')
  return `https://${service}${fips ? '-fips' : ''}.${isOwn ? 'global.' : ''}${host}`
}
