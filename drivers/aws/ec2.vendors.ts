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
      // Everybody has their own: the options `host`, `port` and `secure` say where it is.
      endpoint: 'http://localhost:8773',
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
      unknown: ['IncludePublicKey', 'IncludeDeprecated'],
    },
  },
]
