import type { FamilyMember } from '../../lib/meta.js'
import type { EC2Place } from './ec2.connection.js'

/** A cloud that speaks EC2's API. */
export interface EC2Vendor extends FamilyMember {
  readonly place: EC2Place
}

export const VENDORS: readonly EC2Vendor[] = [
  {
    provider: 'eucalyptus',
    class: 'EucNodeDriver',
    name: 'Eucalyptus',
    docs: 'https://docs.eucalyptus.cloud/eucalyptus/5/',
    region: 'eucalyptus',
    place: {
      endpoint: 'https://localhost:8773',
      host: "the name of the cloud's web services, such as 'compute.cloud.example.com'",
      keys: [
        ['EUCALYPTUS_ACCESS_KEY_ID', 'EC2_ACCESS_KEY'],
        ['EUCALYPTUS_SECRET_ACCESS_KEY', 'EC2_SECRET_KEY'],
      ],
      path: '/services/compute',
      unknown: ['MaxResults', 'IncludePublicKey', 'IncludeDeprecated'],
    },
  },
  {
    provider: 'outscale_inc',
    class: 'OutscaleINCNodeDriver',
    name: 'Outscale INC',
    docs: 'https://docs.outscale.com/en/userguide/About-the-APIs.html',
    regions: ['us-east-2', 'us-west-1'],
    region: 'us-east-2',
    place: {
      endpoint: 'https://fcu.{region}.outscale.com',
      keys: [
        ['OUTSCALE_INC_ACCESS_KEY_ID', 'OSC_ACCESS_KEY'],
        ['OUTSCALE_INC_SECRET_ACCESS_KEY', 'OSC_SECRET_KEY'],
      ],
      unknown: ['IncludePublicKey', 'IncludeDeprecated'],
    },
  },
  {
    provider: 'outscale_sas',
    class: 'OutscaleSASNodeDriver',
    name: 'Outscale SAS',
    docs: 'https://docs.outscale.com/en/userguide/About-the-APIs.html',
    regions: ['eu-west-2', 'cloudgouv-eu-west-1', 'ap-northeast-1'],
    region: 'eu-west-2',
    place: {
      endpoint: 'https://fcu.{region}.outscale.com',
      keys: [
        ['OUTSCALE_SAS_ACCESS_KEY_ID', 'OSC_ACCESS_KEY'],
        ['OUTSCALE_SAS_SECRET_ACCESS_KEY', 'OSC_SECRET_KEY'],
      ],
      unknown: ['IncludePublicKey', 'IncludeDeprecated'],
    },
  },
]
