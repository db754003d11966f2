import type { DriverMeta } from '../../lib/meta.js'

const noPages = 'EC2 gives this list as a whole'

export const ec2: DriverMeta = {
  api: 'compute',
  constant: 'EC2',
  class: 'EC2NodeDriver',
  file: 'ec2',
  apiVersion: '2016-11-15',
  transport: 'http',
  family: { base: 'EC2LikeNodeDriver', options: 'EC2LikeOptions' },
  idempotency: 'token',
  exempt: {
    'listLocations:pages': noPages,
    'listKeyPairs:pages': noPages,
    'deleteKeyPair:missing': 'EC2 takes no notice of a key pair that is not there',
  },
}
