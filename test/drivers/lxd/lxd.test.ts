import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { derOf, generateClientCertificate } from '../../../drivers/lxd/certificate.js'
import { LXDNodeDriver } from '../../../drivers/lxd/compute.js'
import { fingerprintOf, type LXDOptions } from '../../../drivers/lxd/connection.js'
import { LXDContainerDriver } from '../../../drivers/lxd/container.js'
import { fromRaw, toRaw } from '../../../drivers/lxd/convert.js'
import { imageSource } from '../../../drivers/lxd/instances.shared.js'
import { bytes } from '../../../drivers/lxd/quantities.js'
import { NodeAuthSSHKey } from '../../../lib/compute/types.js'
import { optionsOf } from '../../../lib/credentials.js'
import {
  ConflictError,
  ConnectionError,
  InvalidCredentialsError,
  InvalidRequestError,
  MalformedResponseError,
  NodeDoesNotExistError,
  NotFoundError,
  QuotaExceededError,
  ServiceError,
} from '../../../lib/errors.js'
import { type ReplayServer, startReplay } from '../../conformance/replay.js'

let server: ReplayServer
beforeAll(async () => {
  server = await startReplay()
})
afterAll(() => server.close())

const id = '1d3d1d4e-6d2c-4a57-9f0b-7c1d1f1f2a33'
const sync = (metadata: unknown): object => ({ type: 'sync', status_code: 200, metadata })
const operation = (status: string, code: number, also: object = {}): object => ({
  id,
  class: 'task',
  description: 'Working',
  status,
  status_code: code,
  may_cancel: false,
  err: '',
  metadata: null,
  ...also,
})
const started = (also: object = {}): object => ({ type: 'async', metadata: operation('Running', 103, also) })

/** Answers one after another; a number is an error's status. */
function play(...answers: readonly (object | readonly [status: number, error: string])[]): void {
  let next = 0
  server.play((_request, reply) => {
    const answer = answers[Math.min(next++, answers.length - 1)] as object
    if (!Array.isArray(answer)) return void reply.setHeader('etag', `tag-${next}`).end(JSON.stringify(answer))
    const [status, error] = answer
    reply.writeHead(status).end(JSON.stringify({ type: 'error', error, error_code: status, metadata: null }))
  })
}
const driver = (options: LXDOptions = {}): LXDNodeDriver =>
  new LXDNodeDriver({ dispatcher: server.dispatcher, retry: false, ...options })
const asked = (): string[] => server.requests.map(({ method, target }) => `${method} ${target}`)
const bodies = (): unknown[] =>
  server.requests.map(({ body }) => (body.length > 0 ? JSON.parse(body.toString()) : undefined))

describe('LXD', () => {
  it('names: are written as this library does, but for those that users choose', () => {
    const raw = {
      created_at: '2026-11-21T10:00:00.5Z',
      last_used_at: '1970-01-01T00:00:00Z',
      expires_at: '0001-01-01T00:00:00Z',
      config: { 'limits.cpu': '2', my_key: 'x' },
      devices: { my_disk: { type: 'disk', boot_priority: '1' } },
      state: { network: { my_nic: { host_name: 'veth', addresses: null } }, memory: { usage_peak: 1 } },
    }
    const own = {
      createdAt: new Date('2026-11-21T10:00:00.5Z'),
      lastUsedAt: undefined,
      expiresAt: undefined,
      config: { 'limits.cpu': '2', my_key: 'x' },
      devices: { my_disk: { type: 'disk', boot_priority: '1' } },
      state: { network: { my_nic: { hostName: 'veth', addresses: undefined } }, memory: { usagePeak: 1 } },
    }
    expect(fromRaw(raw)).toEqual(own)
    const given = { expiresAt: new Date(0), config: { aB: 'c' }, ports: [{ listenPort: '80' }] }
    expect(toRaw(given)).toEqual({
      expires_at: '1970-01-01T00:00:00.000Z',
      config: { aB: 'c' },
      ports: [{ listen_port: '80' }],
    })
  })

  it('quantities: are read with either kind of unit', () => {
    expect(['5GiB', '1MB', '10', '50%', undefined].map(bytes)).toEqual([5 * 1024 ** 3, 1_000_000, 10, 0, 0])
  })

  it('images: are named by fingerprint, alias, or public server', () => {
    expect(imageSource('f2d226579108', {})).toEqual({ type: 'image', fingerprint: 'f2d226579108' })
    expect(imageSource('debian/12', {})).toEqual({ type: 'image', alias: 'debian/12' })
    expect(imageSource('ubuntu:24.04', {})).toMatchObject({ alias: '24.04', protocol: 'simplestreams', mode: 'pull' })
    expect(imageSource('a', { ex_server: 'https://x' })).toMatchObject({
      alias: 'a',
      server: 'https://x',
      protocol: 'lxd',
    })
  })

  it('socket: is looked for where daemons put it', () => {
    const before = { socket: process.env['LXD_SOCKET'], dir: process.env['LXD_DIR'] }
    const folder = mkdtempSync(join(tmpdir(), 'libcloud-lxd-'))
    try {
      delete process.env['LXD_SOCKET']
      process.env['LXD_DIR'] = folder
      const made = new LXDNodeDriver()
      expect(optionsOf(made.connection).socketPath).toBe(join(folder, 'unix.socket'))
      process.env['LXD_SOCKET'] = '/run/other.socket'
      expect(optionsOf(new LXDNodeDriver().connection).socketPath).toBe('/run/other.socket')
      expect(optionsOf(new LXDNodeDriver({ socketPath: '/mine' }).connection).socketPath).toBe('/mine')
      expect(new LXDNodeDriver({ host: '10.0.0.1' }).connection.origin).toBe('https://10.0.0.1:8443')
    } finally {
      rmSync(folder, { recursive: true })
      for (const [name, value] of Object.entries({ LXD_SOCKET: before.socket, LXD_DIR: before.dir })) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    }
  })

  it('socket: that is missing is named with the places tried, and the group', async () => {
    const nowhere = new LXDNodeDriver({ socketPath: '/run/no-such.socket', retry: false })
    const error = await nowhere.listNodes().catch((caught: Error) => caught)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(String(error)).toMatch(/listNodes: .*\/run\/no-such\.socket.*group 'lxd'/)
    await nowhere.close()
  })

  it("certificates: are the command-line client's, and so is the server's that it has pinned", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'libcloud-lxd-'))
    const before = process.env['LXD_CONF']
    try {
      const mine = await generateClientCertificate('me')
      const theirs = await generateClientCertificate('server')
      mkdirSync(join(folder, 'servercerts'))
      writeFileSync(join(folder, 'client.crt'), mine.certificate)
      writeFileSync(join(folder, 'client.key'), mine.privateKey)
      writeFileSync(join(folder, 'servercerts/10.0.0.1.crt'), theirs.certificate)
      process.env['LXD_CONF'] = folder
      const options = optionsOf(new LXDNodeDriver({ host: '10.0.0.1' }).connection)
      expect(options).toMatchObject({ clientCert: mine.certificate, clientKey: mine.privateKey })
      expect(options.serverFingerprint).toBe(fingerprintOf(theirs.certificate))
      expect(optionsOf(new LXDNodeDriver({ host: '10.0.0.2' }).connection).serverFingerprint).toBeUndefined()
    } finally {
      if (before === undefined) delete process.env['LXD_CONF']
      else process.env['LXD_CONF'] = before
      rmSync(folder, { recursive: true })
    }
  })

  it('certificates: that are made are of their keys', async () => {
    const { certificate, privateKey } = await generateClientCertificate('ci äöü')
    const read = new X509Certificate(certificate)
    expect(read.subject).toBe('O=libcloud\nCN=ci äöü')
    const { createPrivateKey } = await import('node:crypto')
    expect(read.checkPrivateKey(createPrivateKey(privateKey))).toBe(true)
    expect(read.verify(read.publicKey)).toBe(true)
    expect(Buffer.from(derOf('lxd', certificate), 'base64').equals(read.raw)).toBe(true)
    expect(() => derOf('lxd', privateKey)).toThrow(InvalidRequestError)
  })

  it('errors: of whom the server does not trust tell how to be trusted', async () => {
    play([403, 'not authorized'])
    const error = await driver()
      .listNodes()
      .catch((caught: Error) => caught)
    expect(error).toBeInstanceOf(InvalidCredentialsError)
    expect(String(error)).toMatch(/ex_authenticate/)
  })

  it('errors: have the same class whether they are answered or come later', async () => {
    const said = [
      ['Instance "web-1" already exists', ConflictError],
      ['The instance is already stopped', ConflictError],
      ['Reached maximum number of instances in project', QuotaExceededError],
    ] as const
    for (const [message, errorClass] of said) {
      play([400, message])
      await expect(driver().ex_startInstance('web-1')).rejects.toThrow(errorClass)
      play(started(), sync(operation('Failure', 400, { err: message })))
      await expect(driver().ex_startInstance('web-1')).rejects.toThrow(errorClass)
    }
    play(started(), sync(operation('Failure', 400, { err: 'Instance not found' })))
    await expect(driver().startNode({ id: 'web-1' })).rejects.toThrow(NodeDoesNotExistError)
    play(started(), sync(operation('Failure', 400, { err: 'Failed to run: forkstart' })))
    await expect(driver().startNode({ id: 'web-1' })).rejects.toThrow(ServiceError)
    play({ type: 'strange' })
    await expect(driver().startNode({ id: 'web-1' })).rejects.toThrow(MalformedResponseError)
  })

  it('operations: that the daemon has forgotten may have been done', async () => {
    play(started(), [404, 'not found'])
    const error = await driver()
      .ex_startInstance('web-1')
      .catch((caught: Error) => caught)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ mayHaveHappened: true, requestId: id })
  })

  it('operations: are watched, not waited for, or cancelled', async () => {
    const progress = sync(operation('Running', 103, { metadata: { download_progress: '50%' } }))
    play(started(), progress, sync(operation('Success', 200)))
    const told: unknown[] = []
    await driver().ex_startInstance('web-1', {
      ex_onOperation: ({ status, metadata }) => told.push([status, metadata?.['downloadProgress']]),
    })
    expect(told).toEqual([
      ['Running', undefined],
      ['Running', '50%'],
      ['Success', undefined],
    ])
    play(started())
    await driver().ex_startInstance('web-1', { ex_wait: false })
    expect(asked()).toEqual(['PUT /1.0/instances/web-1/state'])
    const controller = new AbortController()
    const reason = new Error('enough')
    server.play((request, reply) => {
      if (request.method === 'PUT') reply.end(JSON.stringify(started({ may_cancel: true })))
      else if (request.method === 'DELETE') reply.end(JSON.stringify(sync({})))
      else controller.abort(reason)
    })
    await expect(driver().ex_startInstance('web-1', { signal: controller.signal })).rejects.toBe(reason)
    expect(asked().at(-1)).toBe(`DELETE /1.0/operations/${id}`)
  })

  it('project and target: are said with every request, and in ids', async () => {
    play(sync([]))
    await driver({ project: 'test', target: 'one' }).listNodes()
    expect(asked()).toEqual(['GET /1.0/instances?project=test&target=one&recursion=2'])
    play(sync({ name: 'web-1', config: {}, profiles: [], status: 'Running', project: 'other', devices: {} }))
    const node = await driver().getNode('other/web-1')
    expect(node.id).toBe('other/web-1')
    expect(asked()[0]).toContain('project=other')
  })

  it('createNode: what the daemon does not start is not left behind', async () => {
    const made = { name: 'web-1', status: 'Stopped', config: {}, profiles: [], devices: {} }
    const done = sync(operation('Success', 200))
    play(
      started(),
      done,
      started(),
      sync(operation('Failure', 400, { err: 'Failed to run' })),
      sync(made),
      started(),
      done,
    )
    const node = { name: 'web-1', size: { id: 'default' }, image: { id: 'debian' } }
    await expect(driver().createNode(node)).rejects.toThrow(/Failed to run/)
    expect(asked().at(-2)).toBe('DELETE /1.0/instances/web-1')
  })

  it('createNode: gives cloud-init the key and the user data', async () => {
    play(
      started(),
      sync(operation('Success', 200)),
      sync({ name: 'a', config: {}, profiles: [], devices: {}, status: 'Stopped' }),
    )
    const auth = new NodeAuthSSHKey('ssh-ed25519 AAAA me')
    await driver().createNode({
      name: 'a',
      size: { id: 'small' },
      image: { id: 'debian' },
      location: { id: 'none' },
      auth,
      ex_userData: '#cloud-config',
      ex_stopped: true,
    })
    expect(bodies()[0]).toMatchObject({
      profiles: ['default', 'small'],
      config: {
        'cloud-init.vendor-data': '#cloud-config\nssh_authorized_keys:\n  - "ssh-ed25519 AAAA me"\n',
        'cloud-init.user-data': '#cloud-config',
      },
    })
    expect(asked()[0]).toBe('POST /1.0/instances')
  })

  it('stopNode: ends what does not shut down', async () => {
    const done = sync(operation('Success', 200))
    play(started(), sync(operation('Failure', 400, { err: 'Failed shutting down instance' })), started(), done)
    await driver().stopNode({ id: 'a' })
    expect(bodies().filter(Boolean)).toEqual([
      { action: 'stop', force: false, timeout: 30 },
      { action: 'stop', force: true, timeout: 30 },
    ])
  })

  it('records: are dirty when edited, and saved with their tag', async () => {
    const profile = { name: 'small', description: '', config: { 'limits.cpu': '1' }, devices: {}, used_by: [] }
    play(sync(profile), sync({}), sync({ ...profile, description: 'Mine' }))
    const record = await driver().ex_editProfile('small')
    await record.save()
    expect(asked().length).toBe(1)
    record.value.description = 'Mine'
    record.value.config['limits.cpu'] = '2'
    expect(record.dirty).toBe(true)
    await record.save()
    expect([record.dirty, record.value.description, record.etag]).toEqual([false, 'Mine', 'tag-3'])
    expect(server.requests[1]).toMatchObject({ method: 'PUT', headers: { 'if-match': 'tag-1' } })
    expect(bodies()[1]).toEqual({ description: 'Mine', config: { 'limits.cpu': '2' }, devices: {} })
    play([412, "ETag doesn't match"])
    record.value.description = 'Again'
    await expect(record.save()).rejects.toThrow(ConflictError)
    play(sync({ ...profile, config: {} }))
    await record.sync()
    expect([record.dirty, record.value.description, record.value.config]).toEqual([true, 'Again', {}])
    expect(record.rollback().value.description).toBe('')
  })

  it('files: whose directory has impossible names are not fetched', async () => {
    server.play((_request, reply) =>
      reply
        .setHeader('x-lxd-type', 'directory')
        .setHeader('x-lxd-mode', '0755')
        .end(JSON.stringify(sync(['../x']))),
    )
    await expect(driver().ex_pullDirectory('a', '/etc', join(tmpdir(), 'never'))).rejects.toThrow(
      MalformedResponseError,
    )
  })

  it('containers: clusters are projects', async () => {
    play(sync([{ name: 'k', config: {}, profiles: [], devices: {}, status: 'Odd', project: 'test' }]))
    const containers = new LXDContainerDriver({ dispatcher: server.dispatcher, retry: false })
    const [found] = await containers.listContainers({ cluster: { id: 'test' } })
    expect(found).toMatchObject({ id: 'test/k', state: 'unknown', extra: { state: 'Odd' } })
    play([404, 'not found'])
    await expect(containers.getCluster('none')).rejects.toThrow(NotFoundError)
  })
})
