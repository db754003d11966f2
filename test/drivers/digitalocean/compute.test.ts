import { describe, expect, it } from 'vitest'
import { DigitalOceanNodeDriver } from '../../../drivers/digitalocean/compute.js'
import { NodeAuthPassword, NodeAuthSSHKey } from '../../../lib/compute/types.js'
import {
  CleanupError,
  ConflictError,
  InvalidRequestError,
  KeyPairAlreadyExistsError,
  QuotaExceededError,
  WaitError,
} from '../../../lib/errors.js'
import { answer } from '../../conformance/replay.js'
import { failure, provider, reply, type Script } from './provider.js'

const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOapjQw8JxJ5kE/TMghcTTFLSCcdsaAHoKiX/79wYUyc deploy'
const fingerprint = '01:3c:5d:24:03:49:33:51:c4:15:d3:86:b1:e7:6c:57'
const encoded = fingerprint.replaceAll(':', '%3A')
const node = { name: 'web-1', size: { id: 's-1vcpu-1gb' }, image: { id: 'ubuntu-20-04-x64' } }
const auth = new NodeAuthSSHKey(publicKey)
const key = reply('compute/importKeyPairFromString')
const noContent = reply('compute/deleteKeyPair')

async function play(script: Script, region?: string) {
  const server = await provider(script)
  const { dispatcher } = server
  const driver = new DigitalOceanNodeDriver({ key: 'test-key', dispatcher, region, retry: false, pacing: false })
  return { server, driver, asked: () => server.requests.map(({ method, target }) => `${method} ${target}`) }
}

describe('DIGITAL_OCEAN', () => {
  it('createNode: takes the key that the account has', async () => {
    const found = reply('compute/ex_renameKeyPair')
    const { server, driver } = await play([
      [`GET /v2/account/keys/${encoded}`, found],
      ['POST /v2/droplets', reply('compute/createNode')],
    ])
    await driver.createNode({ ...node, auth, ex_sshKeys: ['289794'] })
    expect(server.bodies[1]).toMatchObject({ ssh_keys: [289794, 512189] })
  })

  it('createNode: gives the account a key that it does not have', async () => {
    const { server, driver } = await play([
      [`GET /v2/account/keys/${encoded}`, failure(404)],
      ['POST /v2/account/keys', key],
      ['POST /v2/droplets', reply('compute/createNode')],
    ])
    await driver.createNode({ ...node, auth })
    expect(server.bodies[1]).toEqual({
      name: `libcloud-${fingerprint.replaceAll(':', '')}`,
      public_key: publicKey,
    })
    expect(server.bodies[2]).toMatchObject({ ssh_keys: [512189] })
  })

  it('createNode: takes a key away again that it gave for nothing', async () => {
    const { driver, asked } = await play([
      [`GET /v2/account/keys/${encoded}`, failure(404)],
      ['POST /v2/account/keys', key],
      ['POST /v2/droplets', failure(422)],
      ['DELETE /v2/account/keys/512189', noContent],
    ])
    await expect(driver.createNode({ ...node, auth })).rejects.toMatchObject({ status: 422, operation: 'createNode' })
    expect(asked()).toHaveLength(4)
  })

  it('createNode: leaves a key alone that the account had before', async () => {
    const { driver, asked } = await play([
      [`GET /v2/account/keys/${encoded}`, reply('compute/ex_renameKeyPair')],
      ['POST /v2/droplets', failure(422)],
    ])
    await expect(driver.createNode({ ...node, auth })).rejects.toBeInstanceOf(InvalidRequestError)
    expect(asked()).toHaveLength(2)
  })

  it('createNode: takes the key away also after an abort', async () => {
    const { server, driver } = await play([])
    const controller = new AbortController()
    const reason = new Error('enough')
    server.play(({ method, target }, response) => {
      if (target === '/v2/droplets') controller.abort(reason)
      else answer(response, method === 'GET' ? failure(404) : method === 'POST' ? key : noContent)
    })
    await expect(driver.createNode({ ...node, auth }, { signal: controller.signal })).rejects.toBe(reason)
    expect(server.requests.at(-1)).toMatchObject({ method: 'DELETE', target: '/v2/account/keys/512189' })
  })

  it('createNode: tells when a key could not be taken away', async () => {
    const { driver } = await play([
      [`GET /v2/account/keys/${encoded}`, failure(404)],
      ['POST /v2/account/keys', key],
      ['POST /v2/droplets', failure(422)],
      ['DELETE /v2/account/keys/512189', failure(403)],
    ])
    const error = await driver.createNode({ ...node, auth }).catch(caught => caught)
    expect(error).toBeInstanceOf(CleanupError)
    expect(error).toMatchObject({ cause: { status: 422 }, errors: [{ status: 403 }], operation: 'createNode' })
  })

  it('createNode: sends nothing where a password is wanted, or the key is none', async () => {
    const { driver, asked } = await play([])
    const password = new NodeAuthPassword('correct horse')
    const wrong = [{ auth: password }, { auth: new NodeAuthSSHKey('ssh-ed25519 nonsense') }]
    for (const each of wrong) {
      await expect(driver.createNode({ ...node, ...each })).rejects.toBeInstanceOf(InvalidRequestError)
    }
    expect(asked()).toEqual([])
    expect(driver.features.createNode).toEqual(['sshKey'])
  })

  it('createNode: is made in the region of the driver, unless another is named', async () => {
    const { server, driver } = await play(
      [
        ['POST /v2/droplets', reply('compute/createNode')],
        ['POST /v2/droplets', reply('compute/createNode')],
      ],
      'fra1',
    )
    await driver.createNode(node)
    await driver.createNode({ ...node, location: { id: 'nyc3' } })
    expect(server.bodies).toMatchObject([{ region: 'fra1' }, { region: 'nyc3' }])
  })

  it('listNodes: shows the droplets of the driver’s region', async () => {
    const listed = reply('compute/listNodes.filtered')
    const script: Script = [['GET /v2/droplets', listed]]
    expect(await (await play(script, 'nyc3')).driver.listNodes()).toHaveLength(1)
    expect(await (await play(script, 'fra1')).driver.listNodes()).toEqual([])
  })

  it('createImage: waits until the snapshot is made, and tells of it', async () => {
    const going = reply('compute/ex_getEvent', 'action', { id: 36804748, status: 'in-progress', completed_at: null })
    const { driver, asked } = await play([
      ['POST /v2/droplets/3164444/actions', reply('compute/ex_snapshotNode')],
      ['GET /v2/actions/36804748', going],
      ['GET /v2/actions/36804748', going],
      ['GET /v2/actions/36804748', reply('compute/ex_getEvent')],
      ['GET /v2/droplets/3164444/snapshots', reply('compute/ex_listNodeSnapshots')],
      ['GET /v2/images/6372321', reply('compute/getImage')],
    ])
    const seen: unknown[] = []
    const options = { interval: 1, onProgress: ({ state }: { state: unknown }) => void seen.push(state) }
    await driver.createImage({ id: '3164444' }, { name: 'web-01-1595954862243' }, options)
    expect(seen).toEqual(['in-progress', 'in-progress'])
    expect(asked()).toHaveLength(6)
  })

  it('createImage: fails with the snapshot', async () => {
    const { driver } = await play([
      ['POST /v2/droplets/3164444/actions', reply('compute/ex_snapshotNode')],
      ['GET /v2/actions/36804748', reply('compute/ex_getEvent', 'action', { status: 'errored', type: 'snapshot' })],
    ])
    const made = driver.createImage({ id: '3164444' }, { name: 'before' }, { interval: 1 })
    await expect(made).rejects.toBeInstanceOf(WaitError)
    await expect(made).rejects.toMatchObject({ lastState: 'errored', operation: 'createImage' })
  })

  it('copyImage: goes to the driver’s region, and is not destroyed with the block', async () => {
    const { server, driver, asked } = await play(
      [
        ['POST /v2/images/7555620/actions', reply('compute/ex_transferImage')],
        ['GET /v2/actions/36805527', reply('compute/ex_getEvent')],
        ['GET /v2/images/7555620', reply('compute/getImage')],
      ],
      'fra1',
    )
    {
      await using image = await driver.copyImage({ sourceRegion: 'nyc3', image: { id: '7555620' }, name: 'copy' })
      expect(image.id).toBe('6918990')
    }
    expect(server.bodies[0]).toEqual({ type: 'transfer', region: 'fra1' })
    expect(asked()).toHaveLength(3)
  })

  it('refuses what it cannot do before any request', async () => {
    const { driver, asked } = await play([])
    const refused = [
      [driver.copyImage({ sourceRegion: 'nyc3', image: { id: '1' }, name: 'copy' }), 'copy.ex_region'],
      [driver.createVolume({ name: 'data', size: 10 }), 'volume.location'],
      [driver.attachVolume({ id: '1' }, { id: '2' }, { device: '/dev/sdb' }), 'options.device'],
      [driver.attachVolume({ id: 'web-1' }, { id: '2' }), 'node.id'],
      [driver.ex_createReservedIp({}), 'at.region'],
      [driver.ex_restoreNode({ id: '1' }, { id: 'ubuntu-20-04-x64' }), 'image.id'],
    ] as const
    for (const [call, argument] of refused) {
      await expect(call).rejects.toMatchObject({ code: 'INVALID_REQUEST', argument })
    }
    expect(asked()).toEqual([])
  })

  it('createVolumeSnapshot: finds a name where none is given', async () => {
    const made = reply('compute/createVolumeSnapshot')
    const { server, driver } = await play([['POST /v2/volumes/506f78a4/snapshots', made]])
    await driver.createVolumeSnapshot({ id: '506f78a4' })
    expect(server.bodies[0]).toEqual({ name: expect.stringMatching(/^506f78a4-20\d{12}$/) })
  })

  it('tells failures apart by their words where their codes are the same', async () => {
    const told = async (message: string): Promise<unknown> => {
      const { driver } = await play([['POST /v2/droplets', failure(422, message)]])
      return driver.createNode(node).catch(caught => caught)
    }
    const limit = await told('creating this/these droplet(s) will exceed your droplet limit')
    expect(limit).toBeInstanceOf(QuotaExceededError)
    expect(limit).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      status: 422,
      providerCode: 'unprocessable_entity',
      operation: 'createNode',
      requestId: '515850a0-a812-50bf-aa3c-d0d21d287e40',
    })
    expect(await told('Droplet already has a pending event.')).toBeInstanceOf(ConflictError)
    expect(await told('SSH Key is already in use on your account')).toBeInstanceOf(KeyPairAlreadyExistsError)
    expect(await told('You specified an invalid size')).toBeInstanceOf(InvalidRequestError)
  })
})
