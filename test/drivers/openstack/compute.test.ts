import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OpenStackNodeDriver } from '../../../drivers/openstack/compute.js'
import { NodeAuthPassword, NodeAuthSSHKey } from '../../../lib/compute/types.js'
import { CleanupError, ConflictError, InvalidRequestError, NotSupportedError } from '../../../lib/errors.js'
import { type ArrivedRequest, type Handler, type ReplayServer, startReplay } from '../../conformance/replay.js'
import { json } from './cloud.js'

const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOapjQw8JxJ5kE/TMghcTTFLSCcdsaAHoKiX/79wYUyc deploy'
const keyName = 'libcloud-013c5d2403493351c415d386b1e76c57'
const order = { name: 'web-1', size: { id: '42' }, image: { id: 'tiny' } }

type Answer = readonly [status: number, body?: unknown, headers?: object]
let server: ReplayServer
beforeEach(async () => {
  server = await startReplay()
})
afterEach(() => server.close())

/** Who answers to `METHOD /path`; what is not expected gets 501. */
function play(answers: Readonly<Record<string, Answer>>): void {
  const handler: Handler = ({ method, target }, response) => {
    const found = answers[`${method} ${target}`]
    if (found === undefined) response.writeHead(501).end()
    else json(response, found[0], found[1] ?? {}, found[2])
  }
  server.play(handler)
}
const driver = (compute = '2.93'): OpenStackNodeDriver =>
  new OpenStackNodeDriver({
    token: 'test-token',
    endpoints: {
      compute: 'http://compute.example.test/v2.1',
      image: 'http://image.example.test/v2',
      network: 'http://network.example.test/v2.0',
      'block-storage': 'http://volume.example.test/v3',
    },
    microversions: { compute },
    dispatcher: server.dispatcher,
    retry: false,
  })
const asked = (): string[] => server.requests.map(({ method, target }) => `${method} ${target}`)
const bodyOf = (request: ArrivedRequest | undefined): Record<string, Record<string, unknown>> =>
  JSON.parse(String(request?.body))
const made: Answer = [
  202,
  { server: { id: 'n1', adminPass: 'made by the cloud', security_groups: [{ name: 'default' }] } },
]

describe('OPENSTACK: createNode', () => {
  it('gives the user the key that it does not have, and uses the one that it has', async () => {
    play({ 'POST /v2.1/os-keypairs': [201], 'POST /v2.1/servers': made })
    const node = await driver().createNode({ ...order, auth: new NodeAuthSSHKey(publicKey) })
    expect(bodyOf(server.requests[0])).toEqual({ keypair: { name: keyName, public_key: publicKey } })
    expect(bodyOf(server.requests[1])['server']).toMatchObject({ key_name: keyName, networks: 'auto' })
    expect(node.extra.keyName).toBe(keyName)
    play({
      'POST /v2.1/os-keypairs': [409, { conflictingRequest: { code: 409, message: 'exists' } }],
      'POST /v2.1/servers': made,
    })
    await driver().createNode({ ...order, auth: new NodeAuthSSHKey(publicKey) })
    expect(asked()).toEqual(['POST /v2.1/os-keypairs', 'POST /v2.1/servers'])
  })

  it('takes a key away again that it gave for nothing, and only such a key', async () => {
    const refusal: Answer = [400, { badRequest: { code: 400, message: 'no such image' } }]
    play({
      'POST /v2.1/os-keypairs': [201],
      'POST /v2.1/servers': refusal,
      [`DELETE /v2.1/os-keypairs/${keyName}`]: [202],
    })
    const auth = new NodeAuthSSHKey(publicKey)
    await expect(driver().createNode({ ...order, auth })).rejects.toThrow(InvalidRequestError)
    expect(asked().at(-1)).toBe(`DELETE /v2.1/os-keypairs/${keyName}`)
    play({ 'POST /v2.1/os-keypairs': [201], 'POST /v2.1/servers': refusal })
    await expect(driver().createNode({ ...order, auth })).rejects.toThrow(CleanupError)
    play({ 'POST /v2.1/os-keypairs': [409], 'POST /v2.1/servers': refusal })
    await expect(driver().createNode({ ...order, auth })).rejects.toThrow(InvalidRequestError)
    expect(asked()).toHaveLength(2)
  })

  it('hides passwords, those that are given and those that the cloud makes', async () => {
    play({ 'POST /v2.1/servers': made })
    const node = await driver().createNode(order)
    expect(node.extra.password).toBe('made by the cloud')
    expect(inspect(node, { depth: 9, showHidden: false }) + JSON.stringify(node)).not.toContain('made by the cloud')
    await driver().createNode({ ...order, auth: new NodeAuthPassword('my own password') })
    expect(bodyOf(server.requests[1])['server']).toMatchObject({ adminPass: 'my own password' })
  })

  it('says what it asks for in the words that the cloud is old enough for', async () => {
    play({ 'POST /v2.1/servers': made })
    await driver('2.12').createNode(order)
    expect(bodyOf(server.requests[0])['server']).not.toHaveProperty('networks')
    expect(server.requests[0]?.headers['openstack-api-version']).toBe('compute 2.12')
    await expect(driver('2.12').createNode({ ...order, ex_tags: ['blue'] })).rejects.toThrow(NotSupportedError)
    await expect(driver('2.36').createNode({ ...order, ex_networks: 'none' })).rejects.toThrow(/2\.37.*up to 2\.36/)
    expect(server.requests).toHaveLength(1)
  })

  it('takes networks, ports, addresses, disks and hints', async () => {
    play({ 'POST /v2.1/servers': made })
    await driver().createNode({
      ...order,
      location: { id: 'az-1' },
      ex_networks: [{ id: 'net-1' }, { port: { id: 'port-1' } }, { network: { id: 'net-2' }, fixedIp: '10.0.0.7' }],
      ex_blockDevices: [
        { source: 'volume', id: 'vol-1', deleteOnTermination: true },
        { source: 'blank', size: 5, volumeType: 'fast' },
      ],
      ex_serverGroup: { id: 'group-1' },
      ex_schedulerHints: { different_host: ['n0'] },
      ex_userData: Buffer.from('#!/bin/sh\n'),
    })
    expect(bodyOf(server.requests[0])).toEqual({
      server: {
        name: 'web-1',
        flavorRef: '42',
        availability_zone: 'az-1',
        networks: [{ uuid: 'net-1' }, { port: 'port-1' }, { uuid: 'net-2', fixed_ip: '10.0.0.7' }],
        user_data: 'IyEvYmluL3NoCg==',
        block_device_mapping_v2: [
          {
            boot_index: 0,
            uuid: 'vol-1',
            source_type: 'volume',
            destination_type: 'volume',
            delete_on_termination: true,
          },
          {
            boot_index: -1,
            source_type: 'blank',
            destination_type: 'volume',
            volume_size: 5,
            delete_on_termination: false,
            volume_type: 'fast',
          },
        ],
      },
      'os:scheduler_hints': { different_host: ['n0'], group: 'group-1' },
    })
    expect(server.requests[0]?.headers['openstack-api-version']).toBe('compute 2.67')
  })
})

describe('OPENSTACK: what is ambiguous or fails half-way', () => {
  it('detachVolume names the servers that have the volume', async () => {
    const attachments = ['n1', 'n2'].map(id => ({ id: `a-${id}`, server_id: id }))
    play({
      'GET /v3/volumes/v1': [200, { volume: { id: 'v1', name: 'data', size: 1, status: 'in-use', attachments } }],
      'DELETE /v2.1/servers/n2/os-volume_attachments/v1': [202],
    })
    const both = driver().detachVolume({ id: 'v1' })
    await expect(both).rejects.toThrow(ConflictError)
    await expect(both).rejects.toThrow(/n1, n2 have it: 'ex_node'/)
    await driver().detachVolume({ id: 'v1' }, { ex_node: { id: 'n2' } })
    expect(asked().at(-1)).toBe('DELETE /v2.1/servers/n2/os-volume_attachments/v1')
  })

  it('ex_attachFloatingIpToNode names the ports', async () => {
    const port = (id: string, address?: string): object => ({
      id,
      name: '',
      network_id: 'net',
      fixed_ips: address === undefined ? [] : [{ ip_address: address }],
      device_id: 'n1',
    })
    const floatingip = { id: 'f1', floating_ip_address: '203.0.113.7', status: 'ACTIVE', port_id: 'p1' }
    play({
      'GET /v2.0/ports?device_id=n1': [200, { ports: [port('p1', '10.0.0.7'), port('p2', '10.1.0.7'), port('p3')] }],
      'GET /v2.0/ports?device_id=n2': [200, { ports: [port('p3'), port('p1', '10.0.0.7')] }],
      'PUT /v2.0/floatingips/f1': [200, { floatingip }],
    })
    const ambiguous = driver().ex_attachFloatingIpToNode({ id: 'n1' }, { id: 'f1' })
    await expect(ambiguous).rejects.toMatchObject({ argument: 'ex_port' })
    await expect(ambiguous).rejects.toThrow(/p1 \(10\.0\.0\.7\), p2 \(10\.1\.0\.7\)/)
    await driver().ex_attachFloatingIpToNode({ id: 'n2' }, { id: 'f1' })
    expect(bodyOf(server.requests.at(-1))).toEqual({ floatingip: { port_id: 'p1' } })
  })

  it('ex_uploadImage deletes what was begun when the bytes fail, and says when it cannot', async () => {
    const begun: Answer = [201, { id: 'i1', name: 'x', status: 'queued' }]
    const failing = (): Readable =>
      new Readable({
        read() {
          this.destroy(new Error('the disk is broken'))
        },
      })
    play({ 'POST /v2/images': begun, 'DELETE /v2/images/i1': [204] })
    const what = { name: 'x', diskFormat: 'raw' }
    await expect(driver().ex_uploadImage(failing(), what)).rejects.toThrow('the disk is broken')
    expect(asked().at(-1)).toBe('DELETE /v2/images/i1')
    play({ 'POST /v2/images': begun })
    const left = driver().ex_uploadImage(failing(), what)
    await expect(left).rejects.toThrow(CleanupError)
    await expect(left).rejects.toThrow(/'i1'/)
  })

  it('createImage finds the id where old clouds put it', async () => {
    const location = 'http://image.example.test/v2/images/i7'
    play({ 'POST /v2.1/servers/n1/action': [202, {}, { location }] })
    expect((await driver('2.1').createImage({ id: 'n1' }, { name: 'snap' })).id).toBe('i7')
    play({ 'POST /v2.1/servers/n1/action': [202, {}] })
    await expect(driver('2.1').createImage({ id: 'n1' }, { name: 'snap' })).rejects.toMatchObject({
      code: 'MALFORMED_RESPONSE',
    })
  })
})

describe('OPENSTACK: nodes', () => {
  it('have public addresses where these are floating, or of no private range', async () => {
    const address = (addr: string, type = 'fixed'): object => ({
      addr,
      version: addr.includes(':') ? 6 : 4,
      'OS-EXT-IPS:type': type,
    })
    const addresses = {
      inside: [address('10.0.0.7'), address('100.64.0.1', 'floating'), address('fd00::7'), address('172.32.0.1')],
      outside: [address('2001:db8::7'), address('172.31.255.254'), address('192.0.2.7')],
    }
    play({ 'GET /v2.1/servers/n1': [200, { server: { id: 'n1', name: 'n1', status: 'ACTIVE', addresses } }] })
    const { publicIps, privateIps } = await driver().getNode('n1')
    expect(publicIps).toEqual(['100.64.0.1', '172.32.0.1', '2001:db8::7', '192.0.2.7'])
    expect(privateIps).toEqual(['10.0.0.7', 'fd00::7', '172.31.255.254'])
  })

  it('ex_waitForState ends when the server has failed, with what the cloud says', async () => {
    const fault = { code: 500, message: 'No valid host was found.', created: '2026-01-01T00:00:00Z' }
    play({ 'GET /v2.1/servers/n1': [200, { server: { id: 'n1', name: 'n1', status: 'ERROR', fault } }] })
    await expect(driver().ex_waitForState({ id: 'n1' }, 'ACTIVE')).rejects.toThrow(/No valid host was found/)
  })
})
