import type { DriverMeta } from '../../lib/meta.js'

const noPages = 'EC2 gives this list as a whole'
const cleansUp = 'what was made for nothing is given back, by further requests: tested by itself'

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
    'ex_importKeypair:fixture': 'it reads a file: tested with files',
    'ex_getPasswordData:fixture': 'it takes a private key: tested with one that is made for it',
    'ex_createVpc:options reach every request': cleansUp,
    'ex_addVolume:options reach every request': cleansUp,
    'ex_addNetworkInterface:options reach every request': cleansUp,
    'ex_createTags:repeatable': 'tags are set to values: sent twice it leaves what it leaves when it is sent once',
    'deleteKeyPair:missing': 'EC2 takes no notice of a key pair that is not there',
  },
}

export const ebs: DriverMeta = {
  api: 'backup',
  constant: 'EBS',
  class: 'EBSBackupDriver',
  file: 'ebs',
  apiVersion: '2016-11-15',
  transport: 'http',
  idempotency: 'token',
  exempt: {
    'createTarget:repeatable': 'a tag is set to a value: sent twice it leaves what it leaves when it is sent once',
  },
}
