import { constants, createPublicKey, generateKeyPairSync, publicEncrypt } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EC2NodeDriver } from '../../../drivers/aws/ec2.js'
import { EucNodeDriver, OutscaleSASNodeDriver } from '../../../drivers/aws/ec2.vendors.gen.js'
import { NodeAuthPassword, NodeAuthSSHKey } from '../../../lib/compute/types.js'
import {
  CleanupError,
  ConflictError,
  ImageDoesNotExistError,
  InvalidRequestError,
  NodeDoesNotExistError,
  QuotaExceededError,
  VolumeDoesNotExistError,
} from '../../../lib/errors.js'
import { generateKeyPair } from '../../../lib/keys.js'
import { DONE, failure, play, reply, type Script } from './ec2.provider.js'

const PUBLIC_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN0lT9fJRf/qjWSiIlrtB9cJ4Bk1lAlOnwPbXfH3Plfz me@laptop'
const node = { name: 'web-1', size: { id: 't3.micro' }, image: { id: 'ami-0abcdef1234567890' } }
const auth = new NodeAuthSSHKey(PUBLIC_KEY)
const NOT_FOUND = failure('InvalidInstanceID.NotFound')
const credentials = { key: 'test-key', secret: 'test-secret' }

async function ec2(script: Script, options: object = {}) {
  const { dispatcher, arrived } = await play(script)
  const driver = new EC2NodeDriver({ ...credentials, region: 'us-east-1', retry: false, dispatcher, ...options })
  return { driver, arrived, asked: () => arrived.map(({ action }) => action) }
}
const caught = (call: Promise<unknown>): Promise<unknown> => call.then(() => undefined).catch((error: unknown) => error)

describe('EC2: login', () => {
  it('createNode: takes the key pair that the account has', async () => {
    const { driver, arrived } = await ec2([
      ['DescribeKeyPairs', reply('ec2/ex_findOrImportKeypairByKeyMaterial.found')],
      ['RunInstances', reply('ec2/createNode')],
    ])
    await driver.createNode({ ...node, auth })
    expect(arrived[1]?.form).toMatchObject({ KeyName: 'laptop', ImageId: node.image.id })
  })

  it('createNode: gives the account a key pair that it does not have, and leaves it', async () => {
    const { driver, arrived, asked } = await ec2([
      ['DescribeKeyPairs', reply('ec2/ex_findOrImportKeypairByKeyMaterial', 0)],
      ['ImportKeyPair', reply('ec2/ex_findOrImportKeypairByKeyMaterial')],
      ['RunInstances', reply('ec2/createNode')],
    ])
    await driver.createNode({ ...node, auth })
    expect(asked()).toEqual(['DescribeKeyPairs', 'ImportKeyPair', 'RunInstances'])
    expect(arrived[2]?.form['KeyName']).toBe(arrived[1]?.form['KeyName'])
    expect(Buffer.from(arrived[1]?.form['PublicKeyMaterial'] ?? '', 'base64').toString()).toBe(PUBLIC_KEY)
  })

  it('createNode: knows an RSA key by the fingerprint of its DER form', async () => {
    const { publicKey } = await generateKeyPair({ type: 'rsa', bits: 2048 })
    const { spkiFingerprint } = await import('../../../lib/keys.js')
    const found = reply('ec2/ex_findOrImportKeypairByKeyMaterial', 0)
    const body = String(found.body).replace(
      /<keyFingerprint>.*?</,
      `<keyFingerprint>${spkiFingerprint(publicKey, 'md5')}<`,
    )
    const { driver, arrived } = await ec2([
      ['DescribeKeyPairs', { ...found, body }],
      ['RunInstances', reply('ec2/createNode')],
    ])
    await driver.createNode({ ...node, auth: new NodeAuthSSHKey(publicKey) })
    expect(arrived[1]?.form['KeyName']).toBe('my-key-pair')
  })

  it('createNode: takes a key pair away again that was imported for nothing', async () => {
    const { driver, arrived, asked } = await ec2([
      ['DescribeKeyPairs', reply('ec2/ex_findOrImportKeypairByKeyMaterial', 0)],
      ['ImportKeyPair', reply('ec2/ex_findOrImportKeypairByKeyMaterial')],
      ['RunInstances', failure('VcpuLimitExceeded')],
      ['DeleteKeyPair', DONE],
    ])
    await expect(driver.createNode({ ...node, auth })).rejects.toBeInstanceOf(QuotaExceededError)
    expect(asked()).toEqual(['DescribeKeyPairs', 'ImportKeyPair', 'RunInstances', 'DeleteKeyPair'])
    expect(arrived[3]?.form['KeyName']).toBe(arrived[1]?.form['KeyName'])
  })

  it('createNode: tells of a key pair that it could not take away', async () => {
    const { driver } = await ec2([
      ['DescribeKeyPairs', reply('ec2/ex_findOrImportKeypairByKeyMaterial', 0)],
      ['ImportKeyPair', reply('ec2/ex_findOrImportKeypairByKeyMaterial')],
      ['RunInstances', failure('VcpuLimitExceeded')],
      ['DeleteKeyPair', failure('UnauthorizedOperation', 403)],
    ])
    const error = await caught(driver.createNode({ ...node, auth }))
    expect(error).toBeInstanceOf(CleanupError)
    expect((error as CleanupError).cause).toBeInstanceOf(QuotaExceededError)
  })

  it('createNode: refuses passwords, two keys, and user data that is too long, before any request', async () => {
    const { driver, arrived } = await ec2([])
    for (const [wrong, argument] of [
      [{ auth: new NodeAuthPassword('correct horse battery staple') }, 'node.auth'],
      [{ auth, ex_keyName: 'laptop' }, 'node.ex_keyName'],
      [{ ex_userData: 'x'.repeat(16_385) }, 'node.ex_userData'],
      [{ ex_assignPublicIp: true, ex_securityGroups: ['web'] }, 'node.ex_securityGroups'],
    ] as const) {
      const error = await caught(driver.createNode({ ...node, ...wrong }))
      expect(error).toBeInstanceOf(InvalidRequestError)
      expect(error).toMatchObject({ argument, operation: 'createNode', provider: 'ec2' })
    }
    expect(arrived).toEqual([])
  })

  it('createNode: takes user data of 16 KiB, and bytes as they are', async () => {
    const data = Buffer.alloc(16_384, 0xfe)
    const { driver, arrived } = await ec2([['RunInstances', reply('ec2/createNode')]])
    await driver.createNode({ ...node, ex_userData: data })
    expect(Buffer.from(arrived[0]?.form['UserData'] ?? '', 'base64').equals(data)).toBe(true)
  })

  it('ex_importKeypair: uploads the key of a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'libcloud-ec2-'))
    try {
      await writeFile(join(folder, 'id.pub'), `${PUBLIC_KEY}\n`)
      const { driver, arrived } = await ec2([['ImportKeyPair', reply('ec2/importKeyPairFromString')]])
      const key = await driver.ex_importKeypair('laptop', join(folder, 'id.pub'))
      expect(key.name).toBe('laptop')
      expect(Buffer.from(arrived[0]?.form['PublicKeyMaterial'] ?? '', 'base64').toString()).toContain('me@laptop')
      await expect(driver.ex_importKeypair('laptop', join(folder, 'none.pub'))).rejects.toBeInstanceOf(
        InvalidRequestError,
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('ex_getPasswordData: opens the password with the private key, and says when there is none yet', async () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    const padded = { key: createPublicKey(privateKey), padding: constants.RSA_PKCS1_PADDING }
    const sealed = publicEncrypt(padded, Buffer.from('T0p:sécret')).toString('base64')
    const said = (data: string) => ({
      ...DONE,
      body: `<GetPasswordDataResponse><requestId>r</requestId><instanceId>i-1</instanceId><timestamp>2024-03-01T10:00:00.000Z</timestamp><passwordData>${data}</passwordData></GetPasswordDataResponse>`,
    })
    const { driver } = await ec2([
      ['GetPasswordData', said(`\n${sealed}\n`)],
      ['GetPasswordData', said('')],
      ['GetPasswordData', said(sealed)],
    ])
    expect(await driver.ex_getPasswordData({ id: 'i-1' }, privateKey)).toBe('T0p:sécret')
    expect(await driver.ex_getPasswordData({ id: 'i-1' }, privateKey)).toBeUndefined()
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const pem = other.export({ type: 'pkcs8', format: 'pem' }).toString()
    const error = await caught(driver.ex_getPasswordData({ id: 'i-1' }, pem))
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', argument: 'privateKey' })
  })

  it('ex_getPasswordData: asks nothing for a key that opens nothing', async () => {
    const { driver, arrived } = await ec2([])
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    for (const wrong of ['no key', pem]) {
      const error = await caught(driver.ex_getPasswordData({ id: 'i-1' }, wrong))
      expect(error).toMatchObject({ code: 'INVALID_REQUEST', argument: 'privateKey' })
      expect(String(error)).not.toContain(wrong.slice(30, 60) || wrong)
    }
    expect(arrived).toEqual([])
  })
})

describe('EC2: what was made a moment ago', () => {
  it('getNode: is the node as it was made, while EC2 does not know it everywhere', async () => {
    const { driver } = await ec2([
      ['RunInstances', reply('ec2/createNode')],
      ['DescribeInstances', NOT_FOUND],
      ['DescribeInstances', reply('ec2/getNode')],
    ])
    const made = await driver.createNode(node)
    expect((await driver.getNode(made.id)).state).toBe('pending')
    expect((await driver.getNode(made.id)).state).toBe('running')
  })

  it('getNode: is an error for any other', async () => {
    const { driver } = await ec2([
      ['RunInstances', reply('ec2/createNode')],
      ['DescribeInstances', NOT_FOUND],
    ])
    await driver.createNode(node)
    await expect(driver.getNode('i-0fedcba9876543210')).rejects.toBeInstanceOf(NodeDoesNotExistError)
  })

  it('await using: destroys a node that EC2 does not know everywhere yet', async () => {
    const { driver, asked } = await ec2([
      ['RunInstances', reply('ec2/createNode')],
      ['TerminateInstances', NOT_FOUND],
      ['TerminateInstances', reply('ec2/destroyNode')],
    ])
    {
      await using made = await driver.createNode(node)
      expect(made.name).toBe('web-1')
    }
    expect(asked()).toEqual(['RunInstances', 'TerminateInstances', 'TerminateInstances'])
  })
})

describe('EC2: repetition', () => {
  it('createNode: is sent again with the same token after an answer was lost, and another call has another', async () => {
    const busy = failure('RequestLimitExceeded', 503)
    const retry = { retries: 2, minTimeout: 1, maxTimeout: 1 }
    const { driver, arrived } = await ec2(
      [
        ['RunInstances', busy],
        ['RunInstances', reply('ec2/createNode')],
        ['RunInstances', reply('ec2/createNode')],
      ],
      { retry },
    )
    await driver.createNode(node)
    await driver.createNode(node)
    const tokens = arrived.map(({ form }) => form['ClientToken'])
    expect(tokens[0]).toBe(tokens[1])
    expect(tokens[2]).not.toBe(tokens[0])
  })

  it('destroyVolume: has succeeded when the answer was lost, and the volume is not found the second time', async () => {
    const script = [
      ['DeleteVolume', failure('InternalError', 500)],
      ['DeleteVolume', failure('InvalidVolume.NotFound')],
    ] as const
    const retry = { retries: 1, minTimeout: 1, maxTimeout: 1 }
    const { driver, asked } = await ec2(script, { retry })
    await driver.destroyVolume({ id: 'vol-1' })
    expect(asked()).toEqual(['DeleteVolume', 'DeleteVolume'])
    const { driver: other } = await ec2([['DeleteVolume', failure('InvalidVolume.NotFound')]], { retry })
    await expect(other.destroyVolume({ id: 'vol-1' })).rejects.toBeInstanceOf(VolumeDoesNotExistError)
  })

  it('ex_createNetwork: has no token, and is not sent again', async () => {
    const { driver, asked } = await ec2([['CreateVpc', failure('InternalError', 500)]], { retry: 3 })
    await expect(driver.ex_createNetwork({ cidrBlock: '10.0.0.0/16' })).rejects.toMatchObject({ code: 'SERVICE' })
    expect(asked()).toEqual(['CreateVpc'])
  })
})

describe('EC2: lists', () => {
  it('listSizes: of a zone are those that are offered there, looked up once for all pages', async () => {
    const offered = {
      ...DONE,
      body: '<DescribeInstanceTypeOfferingsResponse><instanceTypeOfferingSet><item><instanceType>g4dn.xlarge</instanceType></item></instanceTypeOfferingSet></DescribeInstanceTypeOfferingsResponse>',
    }
    const { driver, arrived, asked } = await ec2([
      ['DescribeInstanceTypeOfferings', offered],
      ['DescribeInstanceTypes', reply('ec2/listSizes', 0)],
      ['DescribeInstanceTypes', reply('ec2/listSizes', 1)],
    ])
    const sizes = await driver.listSizes({ location: { id: 'us-east-1b' } })
    expect(sizes.map(({ id }) => id)).toEqual(['g4dn.xlarge'])
    expect(asked()).toEqual(['DescribeInstanceTypeOfferings', 'DescribeInstanceTypes', 'DescribeInstanceTypes'])
    expect(arrived[0]?.form).toMatchObject({ LocationType: 'availability-zone', 'Filter.1.Value.1': 'us-east-1b' })
  })

  it('listImages: refuses a zone of another region', async () => {
    const { driver, arrived } = await ec2([])
    const error = await caught(driver.listImages({ location: { id: 'eu-west-1a' } }))
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', argument: 'options.location' })
    expect(arrived).toEqual([])
  })

  it('finders: refuse what is no release', async () => {
    const { driver, arrived } = await ec2([])
    for (const call of [driver.ex_releasedImage('24.04'), driver.ex_dailyImage('*'), driver.ex_debianImage('trixie')])
      expect(await caught(call)).toMatchObject({ code: 'INVALID_REQUEST', argument: 'release' })
    expect(arrived).toEqual([])
  })

  it('finders: know Canonical in China', async () => {
    const { driver, arrived } = await ec2([['DescribeImages', reply('ec2/ex_releasedImage.none')]], {
      region: 'cn-north-1',
    })
    await expect(driver.ex_releasedImage('noble')).rejects.toBeInstanceOf(ImageDoesNotExistError)
    expect(arrived[0]).toMatchObject({ host: 'ec2.cn-north-1.amazonaws.com.cn' })
    expect(arrived[0]?.form['Owner.1']).toBe('837727238323')
  })
})

describe('EC2: tags', () => {
  it('ex_deleteTags: of none takes none, where EC2 would take all', async () => {
    const { driver, arrived } = await ec2([])
    await driver.ex_deleteTags({ id: 'vol-1' }, {})
    await driver.ex_createTags({ id: 'vol-1' }, {})
    expect(arrived).toEqual([])
  })

  it('ex_describeTags: a tag may have any name', async () => {
    const tags =
      '<tagSet><item><key>__proto__</key><value>1</value></item><item><key>constructor</key><value>2</value></item></tagSet>'
    const body = `<DescribeTagsResponse>${tags}</DescribeTagsResponse>`
    const { driver } = await ec2([['DescribeTags', { ...DONE, body }]])
    const found = await driver.ex_describeTags({ id: 'vol-1' })
    expect(Object.entries(found)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ])
  })
})

describe('EC2: what is made in several steps', () => {
  it('attachVolume: says when a node has no device free', async () => {
    const full = reply('ec2/getNode')
    const devices = [...'fghijklmnop'].map(letter => `<item><deviceName>/dev/sd${letter}</deviceName></item>`).join('')
    const body = String(full.body).replace(/<blockDeviceMapping>/, `<blockDeviceMapping>${devices}`)
    const { driver, asked } = await ec2([['DescribeInstances', { ...full, body }]])
    await expect(driver.attachVolume({ id: 'i-1' }, { id: 'vol-1' })).rejects.toBeInstanceOf(ConflictError)
    expect(asked()).toEqual(['DescribeInstances'])
  })

  it('ex_addVolume: destroys the volume that it cannot attach', async () => {
    const { driver, asked } = await ec2([
      ['DescribeInstances', reply('ec2/getNode')],
      ['CreateVolume', reply('ec2/createVolume')],
      ['DescribeVolumes', reply('ec2/getVolume')],
      ['AttachVolume', failure('AttachmentLimitExceeded')],
      ['DetachVolume', failure('IncorrectState')],
      ['DescribeVolumes', reply('ec2/getVolume')],
      ['DeleteVolume', DONE],
    ])
    await expect(driver.ex_addVolume({ id: 'i-1' }, {}, { interval: 1 })).rejects.toBeInstanceOf(QuotaExceededError)
    expect(asked().slice(-3)).toEqual(['DetachVolume', 'DescribeVolumes', 'DeleteVolume'])
  })

  it('ex_addNetworkInterface: gives back interface and address', async () => {
    const fixture = 'ec2/ex_addNetworkInterface'
    const { driver, asked } = await ec2([
      ['DescribeInstances', reply(fixture, 0)],
      ['DescribeNetworkInterfaces', reply(fixture, 1)],
      ['CreateNetworkInterface', reply(fixture, 2)],
      ['AttachNetworkInterface', reply(fixture, 3)],
      ['ModifyNetworkInterfaceAttribute', DONE],
      ['AllocateAddress', reply(fixture, 5)],
      ['AssociateAddress', failure('InvalidParameterValue')],
      ['ReleaseAddress', DONE],
      ['DetachNetworkInterface', DONE],
      ['DescribeNetworkInterfaces', reply('ec2/ex_removeNetworkInterface', 5)],
      ['DeleteNetworkInterface', DONE],
    ])
    const call = driver.ex_addNetworkInterface({ id: 'i-1' }, { ipv4PublicIpCount: 1 })
    await expect(call).rejects.toMatchObject({ providerCode: 'InvalidParameterValue' })
    expect(asked().slice(-4)).toEqual([
      'ReleaseAddress',
      'DetachNetworkInterface',
      'DescribeNetworkInterfaces',
      'DeleteNetworkInterface',
    ])
  })

  it('ex_createVpc: deletes a gateway that it cannot attach, and the network', async () => {
    const fixture = 'ec2/ex_createVpc'
    const nothing = (action: string, set: string) =>
      [action, { ...DONE, body: `<${action}Response><${set}/></${action}Response>` }] as const
    const { driver, asked } = await ec2([
      ['CreateVpc', reply(fixture, 0)],
      ['DescribeVpcs', reply(fixture, 1)],
      ['ModifyVpcAttribute', DONE],
      ['CreateInternetGateway', reply(fixture, 3)],
      ['AttachInternetGateway', failure('Resource.AlreadyAssociated')],
      ['DeleteInternetGateway', DONE],
      nothing('DescribeInstances', 'reservationSet'),
      nothing('DescribeNatGateways', 'natGatewaySet'),
      nothing('DescribeNetworkInterfaces', 'networkInterfaceSet'),
      nothing('DescribeInternetGateways', 'internetGatewaySet'),
      nothing('DescribeSubnets', 'subnetSet'),
      nothing('DescribeRouteTables', 'routeTableSet'),
      nothing('DescribeSecurityGroups', 'securityGroupInfo'),
      ['DeleteVpc', DONE],
    ])
    await expect(driver.ex_createVpc({ name: 'a' }, { interval: 1 })).rejects.toBeInstanceOf(ConflictError)
    expect(asked()).toContain('DeleteInternetGateway')
    expect(asked().at(-1)).toBe('DeleteVpc')
  })

  it('ex_createVpc: tells what it could not delete', async () => {
    const { driver } = await ec2([
      ['CreateVpc', reply('ec2/ex_createVpc', 0)],
      ['DescribeVpcs', failure('UnauthorizedOperation', 403)],
      ['DescribeInstances', failure('UnauthorizedOperation', 403)],
    ])
    const error = await caught(driver.ex_createVpc({ name: 'a' }))
    expect(error).toBeInstanceOf(CleanupError)
    expect(String(error)).toContain('vpc-a01106c2')
  })

  it('ex_getOrCreateVpc: makes one where there is none of the name', async () => {
    const none = { ...DONE, body: '<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>' }
    const fixture = 'ec2/ex_createVpc'
    const steps = [
      'CreateVpc',
      'DescribeVpcs',
      'ModifyVpcAttribute',
      'CreateInternetGateway',
      'AttachInternetGateway',
      'DescribeRouteTables',
      'CreateRoute',
      'CreateRoute',
      'CreateSubnet',
      'ModifySubnetAttribute',
      'ModifySubnetAttribute',
      'CreateSecurityGroup',
      'AuthorizeSecurityGroupIngress',
    ]
    const { driver, asked } = await ec2([
      ['DescribeVpcs', none],
      ...steps.map((action, at) => [action, reply(fixture, at)] as const),
    ])
    const vpc = await driver.ex_getOrCreateVpc({ name: 'integration' }, { interval: 1 })
    expect(vpc.id).toBe('vpc-a01106c2')
    expect(asked()).toEqual(['DescribeVpcs', ...steps])
  })
})

describe('EC2: elsewhere', () => {
  it('regions, dual-stack and FIPS have hosts of their own', async () => {
    for (const [options, host] of [
      [{ region: 'eu-west-1' }, 'ec2.eu-west-1.amazonaws.com'],
      [{ region: 'eu-west-1', dualStack: true }, 'ec2.eu-west-1.api.aws'],
      [{ region: 'us-east-1', fips: true }, 'ec2-fips.us-east-1.amazonaws.com'],
      [{ region: 'cn-north-1' }, 'ec2.cn-north-1.amazonaws.com.cn'],
    ] as const) {
      const { driver, arrived } = await ec2([['DescribeInstances', reply('ec2/getNode')]], options)
      await driver.listNodes()
      expect(arrived[0]?.host).toBe(host)
    }
  })

  it('EUCALYPTUS: is where its host says, under a path, and gets no parameter that it does not know', async () => {
    expect(() => new EucNodeDriver(credentials)).toThrow(/'host' must be/)
    const { dispatcher, arrived } = await play([
      ['DescribeImages', reply('ec2/getImage')],
      ['RunInstances', reply('ec2/createNode')],
    ])
    const driver = new EucNodeDriver({ ...credentials, host: 'compute.cloud.example.com', port: 8773, dispatcher })
    await driver.listImages()
    await driver.createNode(node)
    expect(driver.provider).toBe('eucalyptus')
    expect(arrived[0]).toMatchObject({ path: '/services/compute', host: 'compute.cloud.example.com:8773' })
    expect(Object.keys(arrived[0]?.form ?? {})).toEqual(['Action', 'Version'])
    expect(arrived[1]?.form['ClientToken']).toMatch(/^[\da-f-]{36}$/)
  })

  it('OUTSCALE_SAS: has regions of its own', async () => {
    const { dispatcher, arrived } = await play([['DescribeInstances', reply('ec2/getNode')]])
    const driver = new OutscaleSASNodeDriver({ ...credentials, region: 'eu-west-2', dispatcher })
    await driver.listNodes()
    expect(arrived[0]?.host).toBe('fcu.eu-west-2.outscale.com')
    expect(() => new OutscaleSASNodeDriver({ ...credentials, region: 'us-east-1' as 'eu-west-2' })).toThrow(
      /'region' must be one of eu-west-2/,
    )
  })
})
