import { describe, expect, it } from 'vitest'
import { checkRegion, globalEndpoint, partitionOf, regionalEndpoint } from '../../../drivers/aws/regions.js'

/** Service, region, dual-stack and FIPS, and where the vendor's own tools send requests. */
const ENDPOINTS: readonly (readonly [service: string, region: string, choice: string, url: string])[] = [
  ['ec2', 'us-east-1', '--', 'https://ec2.us-east-1.amazonaws.com'],
  ['ec2', 'us-east-1', 'D-', 'https://ec2.us-east-1.api.aws'],
  ['ec2', 'us-east-1', '-F', 'https://ec2-fips.us-east-1.amazonaws.com'],
  ['ec2', 'us-east-1', 'DF', 'https://ec2-fips.us-east-1.api.aws'],
  ['ec2', 'us-west-2', '--', 'https://ec2.us-west-2.amazonaws.com'],
  ['ec2', 'us-west-2', 'D-', 'https://ec2.us-west-2.api.aws'],
  ['ec2', 'us-west-2', '-F', 'https://ec2-fips.us-west-2.amazonaws.com'],
  ['ec2', 'us-west-2', 'DF', 'https://ec2-fips.us-west-2.api.aws'],
  ['ec2', 'eu-west-1', '--', 'https://ec2.eu-west-1.amazonaws.com'],
  ['ec2', 'eu-west-1', 'D-', 'https://ec2.eu-west-1.api.aws'],
  ['ec2', 'eu-west-1', '-F', 'https://ec2-fips.eu-west-1.amazonaws.com'],
  ['ec2', 'eu-west-1', 'DF', 'https://ec2-fips.eu-west-1.api.aws'],
  ['ec2', 'ap-south-2', '--', 'https://ec2.ap-south-2.amazonaws.com'],
  ['ec2', 'ap-south-2', 'D-', 'https://ec2.ap-south-2.api.aws'],
  ['ec2', 'ap-south-2', '-F', 'https://ec2-fips.ap-south-2.amazonaws.com'],
  ['ec2', 'ap-south-2', 'DF', 'https://ec2-fips.ap-south-2.api.aws'],
  ['ec2', 'cn-north-1', '--', 'https://ec2.cn-north-1.amazonaws.com.cn'],
  ['ec2', 'cn-north-1', 'D-', 'https://ec2.cn-north-1.api.amazonwebservices.com.cn'],
  ['ec2', 'cn-north-1', '-F', 'https://ec2-fips.cn-north-1.amazonaws.com.cn'],
  ['ec2', 'cn-north-1', 'DF', 'https://ec2-fips.cn-north-1.api.amazonwebservices.com.cn'],
  ['ec2', 'cn-northwest-1', '--', 'https://ec2.cn-northwest-1.amazonaws.com.cn'],
  ['ec2', 'cn-northwest-1', 'D-', 'https://ec2.cn-northwest-1.api.amazonwebservices.com.cn'],
  ['ec2', 'cn-northwest-1', '-F', 'https://ec2-fips.cn-northwest-1.amazonaws.com.cn'],
  ['ec2', 'cn-northwest-1', 'DF', 'https://ec2-fips.cn-northwest-1.api.amazonwebservices.com.cn'],
  ['ec2', 'us-gov-west-1', '--', 'https://ec2.us-gov-west-1.amazonaws.com'],
  ['ec2', 'us-gov-west-1', 'D-', 'https://ec2.us-gov-west-1.api.aws'],
  ['ec2', 'us-gov-west-1', '-F', 'https://ec2.us-gov-west-1.amazonaws.com'],
  ['ec2', 'us-gov-west-1', 'DF', 'https://ec2-fips.us-gov-west-1.api.aws'],
  ['ec2', 'us-gov-east-1', '--', 'https://ec2.us-gov-east-1.amazonaws.com'],
  ['ec2', 'us-gov-east-1', 'D-', 'https://ec2.us-gov-east-1.api.aws'],
  ['ec2', 'us-gov-east-1', '-F', 'https://ec2.us-gov-east-1.amazonaws.com'],
  ['ec2', 'us-gov-east-1', 'DF', 'https://ec2-fips.us-gov-east-1.api.aws'],
  ['ec2', 'us-iso-east-1', '--', 'https://ec2.us-iso-east-1.c2s.ic.gov'],
  ['ec2', 'us-iso-east-1', 'D-', 'https://ec2.us-iso-east-1.api.aws.ic.gov'],
  ['ec2', 'us-iso-east-1', '-F', 'https://ec2-fips.us-iso-east-1.c2s.ic.gov'],
  ['ec2', 'us-iso-east-1', 'DF', 'https://ec2-fips.us-iso-east-1.api.aws.ic.gov'],
  ['ec2', 'us-isob-east-1', '--', 'https://ec2.us-isob-east-1.sc2s.sgov.gov'],
  ['ec2', 'us-isob-east-1', 'D-', 'https://ec2.us-isob-east-1.api.aws.scloud'],
  ['ec2', 'us-isob-east-1', '-F', 'https://ec2-fips.us-isob-east-1.sc2s.sgov.gov'],
  ['ec2', 'us-isob-east-1', 'DF', 'https://ec2-fips.us-isob-east-1.api.aws.scloud'],
  ['ec2', 'eu-isoe-west-1', '--', 'https://ec2.eu-isoe-west-1.cloud.adc-e.uk'],
  ['ec2', 'eu-isoe-west-1', 'D-', 'https://ec2.eu-isoe-west-1.api.cloud-aws.adc-e.uk'],
  ['ec2', 'eu-isoe-west-1', '-F', 'https://ec2-fips.eu-isoe-west-1.cloud.adc-e.uk'],
  ['ec2', 'eu-isoe-west-1', 'DF', 'https://ec2-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk'],
  ['ec2', 'us-isof-south-1', '--', 'https://ec2.us-isof-south-1.csp.hci.ic.gov'],
  ['ec2', 'us-isof-south-1', 'D-', 'https://ec2.us-isof-south-1.api.aws.hci.ic.gov'],
  ['ec2', 'us-isof-south-1', '-F', 'https://ec2-fips.us-isof-south-1.csp.hci.ic.gov'],
  ['ec2', 'us-isof-south-1', 'DF', 'https://ec2-fips.us-isof-south-1.api.aws.hci.ic.gov'],
  ['ec2', 'eusc-de-east-1', '--', 'https://ec2.eusc-de-east-1.amazonaws.eu'],
  ['ec2', 'eusc-de-east-1', 'D-', 'https://ec2.eusc-de-east-1.api.amazonwebservices.eu'],
  ['ec2', 'eusc-de-east-1', '-F', 'https://ec2-fips.eusc-de-east-1.amazonaws.eu'],
  ['ec2', 'eusc-de-east-1', 'DF', 'https://ec2-fips.eusc-de-east-1.api.amazonwebservices.eu'],
  ['route53', 'us-east-1', '--', 'https://route53.amazonaws.com'],
  ['route53', 'us-east-1', 'D-', 'https://route53.global.api.aws'],
  ['route53', 'us-east-1', '-F', 'https://route53-fips.amazonaws.com'],
  ['route53', 'us-east-1', 'DF', 'https://route53-fips.global.api.aws'],
  ['route53', 'us-west-2', '--', 'https://route53.amazonaws.com'],
  ['route53', 'us-west-2', 'D-', 'https://route53.global.api.aws'],
  ['route53', 'us-west-2', '-F', 'https://route53-fips.amazonaws.com'],
  ['route53', 'us-west-2', 'DF', 'https://route53-fips.global.api.aws'],
  ['route53', 'eu-west-1', '--', 'https://route53.amazonaws.com'],
  ['route53', 'eu-west-1', 'D-', 'https://route53.global.api.aws'],
  ['route53', 'eu-west-1', '-F', 'https://route53-fips.amazonaws.com'],
  ['route53', 'eu-west-1', 'DF', 'https://route53-fips.global.api.aws'],
  ['route53', 'ap-south-2', '--', 'https://route53.amazonaws.com'],
  ['route53', 'ap-south-2', 'D-', 'https://route53.global.api.aws'],
  ['route53', 'ap-south-2', '-F', 'https://route53-fips.amazonaws.com'],
  ['route53', 'ap-south-2', 'DF', 'https://route53-fips.global.api.aws'],
  ['route53', 'cn-north-1', '--', 'https://route53.amazonaws.com.cn'],
  ['route53', 'cn-north-1', 'D-', 'https://route53.global.api.amazonwebservices.com.cn'],
  ['route53', 'cn-north-1', '-F', 'https://route53-fips.amazonaws.com.cn'],
  ['route53', 'cn-north-1', 'DF', 'https://route53-fips.api.amazonwebservices.com.cn'],
  ['route53', 'cn-northwest-1', '--', 'https://route53.amazonaws.com.cn'],
  ['route53', 'cn-northwest-1', 'D-', 'https://route53.global.api.amazonwebservices.com.cn'],
  ['route53', 'cn-northwest-1', '-F', 'https://route53-fips.amazonaws.com.cn'],
  ['route53', 'cn-northwest-1', 'DF', 'https://route53-fips.api.amazonwebservices.com.cn'],
  ['route53', 'us-gov-west-1', '--', 'https://route53.us-gov.amazonaws.com'],
  ['route53', 'us-gov-west-1', 'D-', 'https://route53.us-gov.api.aws'],
  ['route53', 'us-gov-west-1', '-F', 'https://route53.us-gov.amazonaws.com'],
  ['route53', 'us-gov-west-1', 'DF', 'https://route53.us-gov.api.aws'],
  ['route53', 'us-gov-east-1', '--', 'https://route53.us-gov.amazonaws.com'],
  ['route53', 'us-gov-east-1', 'D-', 'https://route53.us-gov.api.aws'],
  ['route53', 'us-gov-east-1', '-F', 'https://route53.us-gov.amazonaws.com'],
  ['route53', 'us-gov-east-1', 'DF', 'https://route53.us-gov.api.aws'],
  ['route53', 'us-iso-east-1', '--', 'https://route53.c2s.ic.gov'],
  ['route53', 'us-iso-east-1', 'D-', 'https://route53.api.aws.ic.gov'],
  ['route53', 'us-iso-east-1', '-F', 'https://route53-fips.c2s.ic.gov'],
  ['route53', 'us-iso-east-1', 'DF', 'https://route53-fips.api.aws.ic.gov'],
  ['route53', 'us-isob-east-1', '--', 'https://route53.sc2s.sgov.gov'],
  ['route53', 'us-isob-east-1', 'D-', 'https://route53.api.aws.scloud'],
  ['route53', 'us-isob-east-1', '-F', 'https://route53-fips.sc2s.sgov.gov'],
  ['route53', 'us-isob-east-1', 'DF', 'https://route53-fips.api.aws.scloud'],
  ['route53', 'eu-isoe-west-1', '--', 'https://route53.cloud.adc-e.uk'],
  ['route53', 'eu-isoe-west-1', 'D-', 'https://route53.api.cloud-aws.adc-e.uk'],
  ['route53', 'eu-isoe-west-1', '-F', 'https://route53-fips.cloud.adc-e.uk'],
  ['route53', 'eu-isoe-west-1', 'DF', 'https://route53-fips.api.cloud-aws.adc-e.uk'],
  ['route53', 'us-isof-south-1', '--', 'https://route53.csp.hci.ic.gov'],
  ['route53', 'us-isof-south-1', 'D-', 'https://route53.api.aws.hci.ic.gov'],
  ['route53', 'us-isof-south-1', '-F', 'https://route53-fips.csp.hci.ic.gov'],
  ['route53', 'us-isof-south-1', 'DF', 'https://route53-fips.api.aws.hci.ic.gov'],
  ['route53', 'eusc-de-east-1', '--', 'https://route53.amazonaws.eu'],
  ['route53', 'eusc-de-east-1', 'D-', 'https://route53.global.api.amazonwebservices.eu'],
  ['route53', 'eusc-de-east-1', '-F', 'https://route53-fips.amazonaws.eu'],
  ['route53', 'eusc-de-east-1', 'DF', 'https://route53-fips.api.amazonwebservices.eu'],
]

describe('AWS endpoints', () => {
  it('are those of the vendor, in every partition', () => {
    for (const [service, region, choice, url] of ENDPOINTS) {
      const wanted = { dualStack: choice[0] === 'D', fips: choice[1] === 'F' }
      const endpoint = service === 'route53' ? globalEndpoint : regionalEndpoint
      expect([region, choice, endpoint(service, region, wanted)]).toEqual([region, choice, url])
    }
  })

  it('sign global services where their partition has them', () => {
    const regions = ['eu-west-1', 'cn-north-1', 'us-gov-east-1', 'us-isob-west-1', 'eu-isoe-west-1', 'us-isof-east-1']
    expect(regions.map(region => partitionOf(region).globalRegion)).toEqual([
      'us-east-1',
      'cn-northwest-1',
      'us-gov-west-1',
      'us-isob-east-1',
      'eu-isoe-west-1',
      'us-isof-south-1',
    ])
  })

  it('are nowhere else', () => {
    for (const region of ['', 'evil.example.com#', 'eu-west-1/', 'EU-WEST-1', '-a', 'a'.repeat(64), 'x@evil']) {
      expect(() => checkRegion(region, 'ec2')).toThrow(/'region' must be/)
    }
    expect(checkRegion('eu-west-1', 'ec2')).toBe('eu-west-1')
  })
})
