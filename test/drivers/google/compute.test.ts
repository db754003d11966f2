import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { GCENodeDriver, type GoogleOptions } from '../../../drivers/google/compute.js'
import { GCELBDriver } from '../../../drivers/google/loadbalancer.js'
import { NodeAuthPassword, NodeAuthSSHKey } from '../../../lib/compute/types.js'
import { type Handler, startReplay } from '../../conformance/replay.js'

const P = 'https://www.googleapis.com/compute/v1/projects/my-project'
const Z = `${P}/zones/europe-west3-a`
const server = await startReplay()
afterAll(() => server.close())

const common = {
  ...{ accessToken: 'ya29.token-of-this-test', project: 'my-project', zone: 'europe-west3-a' },
  retry: { retries: 3, minTimeout: 1, maxTimeout: 2 },
  dispatcher: server.dispatcher,
}
const make = (options: GoogleOptions = {}): GCENodeDriver => new GCENodeDriver({ ...common, ...options })
const driver = make()

const operation = (status: string, more: object = {}): object => ({
  ...{ name: 'operation-1', operationType: 'insert', status, progress: status === 'DONE' ? 100 : 40 },
  ...{ zone: Z, selfLink: `${Z}/operations/operation-1`, targetLink: `${Z}/instances/web-1` },
  ...more,
})
const instance = (name = 'web-1', more: object = {}): object => ({
  ...{ id: '1', name, zone: Z, status: 'RUNNING', machineType: `${Z}/machineTypes/e2-small` },
  selfLink: `${Z}/instances/${name}`,
  ...more,
})
type Route = readonly [RegExp, () => object | number | 'cut']
/** Answers each request by the first route that fits; of several answers one after another. */
function routes(...table: Route[]): Handler {
  return (request, response, socket) => {
    const found = table.find(([form]) => form.test(`${request.method} ${request.target}`))
    const answer = found?.[1]() ?? 501
    if (answer === 'cut') return void socket.destroy()
    if (typeof answer === 'number') return void response.writeHead(answer).end()
    const { status = 200, body = answer } = answer as { status?: unknown; body?: object }
    const code = typeof status === 'number' ? status : 200
    response.writeHead(code, { 'content-type': 'application/json' })
    response.end(JSON.stringify(typeof status === 'number' ? body : answer))
  }
}
const inTurn =
  <T>(...answers: T[]): (() => T) =>
  () =>
    (answers.length > 1 ? answers.shift() : answers[0]) as T
const asked = (): string[] =>
  server.requests.map(({ method, target }) => `${method} ${target.split('?')[0]?.split('/my-project/')[1]}`)
const refusal = (code: number, reason: string, message: string, details: object[] = []): object => ({
  status: code,
  body: { error: { code, message, errors: [{ reason, message, domain: 'global' }], details } },
})
const plan = { size: { id: 'e2-small' }, image: { id: 'debian-cloud/family/debian-12' } }

beforeEach(() => server.play([]))

describe('GCE: operations', () => {
  it('are awaited, with progress, and tell what Google notes', async () => {
    const warnings = [{ code: 'DISK_SIZE_LARGER_THAN_IMAGE_SIZE', message: 'The disk is larger.' }]
    const running = inTurn(operation('PENDING'), operation('RUNNING'), operation('DONE', { warnings }))
    server.play(routes([/POST .*\/start/, () => operation('PENDING')], [/GET .*operation-1/, running]))
    const seen: unknown[] = []
    const noted: unknown[] = []
    await driver.startNode(
      { id: 'web-1' },
      {
        interval: 1,
        onProgress: ({ state, percent }) => seen.push([state, percent]),
        ex_onWarning: warning => noted.push(warning),
      },
    )
    expect(seen).toEqual([
      ['PENDING', 40],
      ['RUNNING', 40],
    ])
    expect(noted).toEqual(warnings)
  })

  it('need no second look when they are done at once', async () => {
    server.play(routes([/POST/, () => operation('DONE')]))
    await driver.startNode({ id: 'web-1' })
    expect(server.requests).toHaveLength(1)
  })

  it('are asked for again, by the same id, when the answer is lost', async () => {
    const answers = inTurn<object | number | 'cut'>(503, 'cut', operation('DONE'))
    server.play(routes([/POST .*instances\?/, answers], [/GET .*instances\/web-1/, () => instance()]))
    await driver.createNode({ name: 'web-1', ...plan })
    const ids = server.requests
      .filter(({ method }) => method === 'POST')
      .map(({ target }) => target.split('requestId=')[1])
    expect(ids).toHaveLength(3)
    expect(new Set(ids).size).toBe(1)
    expect(ids[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  })

  it.each([
    ['QUOTA_EXCEEDED', 403, 'QUOTA_EXCEEDED'],
    ['ZONE_RESOURCE_POOL_EXHAUSTED', 503, 'SERVICE'],
    ['RESOURCE_NOT_FOUND', 404, 'NOT_FOUND'],
    ['RESOURCE_IN_USE_BY_ANOTHER_RESOURCE', 400, 'CONFLICT'],
    ['INVALID_FIELD_VALUE', 400, 'INVALID_REQUEST'],
    ['PERMISSIONS_ERROR', 403, 'PERMISSION_DENIED'],
    ['NEVER_HEARD_OF', undefined, 'SERVICE'],
  ])('that fail with %s tell it', async (code, status, expected) => {
    const errors = [
      { code, message: 'It went wrong.', location: 'resource.disks[0]' },
      { code: 'ANOTHER', message: 'So did this.' },
    ]
    const failed = operation('DONE', { error: { errors }, httpErrorStatusCode: status })
    server.play(routes([/POST/, () => operation('RUNNING')], [/GET .*operation-1/, () => failed]))
    const error = await driver.startNode({ id: 'web-1' }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: expected,
      providerCode: code,
      operation: 'startNode',
      requestId: 'operation-1',
    })
    expect((error as Error).message).toBe(
      `startNode: ${code}: It went wrong. (resource.disks[0]); ANOTHER: So did this.`,
    )
  })

  it('end with the signal, and with their time', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const look = (): object => {
      controller.abort(reason)
      return operation('RUNNING')
    }
    server.play(routes([/POST/, () => operation('RUNNING')], [/GET/, look]))
    await expect(driver.startNode({ id: 'web-1' }, { signal: controller.signal })).rejects.toBe(reason)
    server.play(routes([/POST/, () => operation('RUNNING')], [/GET/, () => operation('RUNNING')]))
    const late = driver.startNode({ id: 'web-1' }, { timeout: 300, interval: 1 })
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT', operation: 'startNode' })
  })

  it('of regions and of the whole project are looked for there', async () => {
    const region = operation('RUNNING', { zone: undefined, region: `${P}/regions/europe-west3` })
    server.play(routes([/DELETE/, () => region], [/GET/, () => operation('DONE')]))
    await driver.ex_destroyAddress({ id: 'europe-west3/ip-1' })
    expect(asked()).toEqual([
      'DELETE regions/europe-west3/addresses/ip-1',
      'GET regions/europe-west3/operations/operation-1',
    ])
    server.play(routes([/DELETE/, () => operation('RUNNING', { zone: undefined })], [/GET/, () => operation('DONE')]))
    await driver.ex_destroyNetwork({ id: 'lan' })
    expect(asked()).toEqual(['DELETE global/networks/lan', 'GET global/operations/operation-1'])
  })
})

describe('GCE: what cannot be is refused before anything is asked', () => {
  const N = { id: 'europe-west3-a/web-1' }
  it.each<[string, () => PromiseLike<unknown>, string]>([
    ['a name', () => driver.createNode({ name: 'Web 1', ...plan }), 'node.name'],
    ['a name that is too long', () => driver.createNode({ name: 'a'.repeat(64), ...plan }), 'node.name'],
    ['an id', () => driver.getNode('a/b/c'), 'nodeId.id'],
    ['an address of something regional', () => driver.getNode(`${P}/regions/europe-west3/addresses/x`), 'nodeId.id'],
    ['an image', () => driver.createNode({ name: 'web-1', ...plan, image: { id: 'a/b/c/d' } }), 'node.image.id'],
    ['a size', () => driver.createNode({ name: 'web-1', ...plan, size: { id: 'E2 small' } }), 'node.size.id'],
    ['a zone', () => driver.createNode({ name: 'web-1', ...plan, location: { id: '../x' } }), 'node.location'],
    ['no zone', () => make({ zone: undefined }).createNode({ name: 'web-1', ...plan }), 'node.location'],
    ['a name without a zone', () => make({ zone: undefined }).getNode('web-1'), 'nodeId.id'],
    ['a volume of another zone', () => driver.attachVolume(N, { id: 'us-east1-b/data' }), 'volume'],
    [
      'a first volume of another zone',
      () => driver.createNode({ name: 'web-1', ...plan, ex_volumes: [{ id: 'us-east1-b/data' }] }),
      'node.ex_volumes',
    ],
    [
      'a password',
      () => driver.createNode({ name: 'web-1', ...plan, auth: new NodeAuthPassword('secret') }),
      'node.auth',
    ],
    ['a key of nothing', () => driver.importKeyPairFromString('ada', 'no key'), 'publicKey'],
    ["a family in an image's place", () => driver.deleteImage({ id: 'family/ours' }), 'image.id'],
    ['a release', () => driver.ex_dailyImage('24.04'), 'release'],
    ['an operation', () => driver.ex_waitForOperation({ id: 'x' }), 'operation.id'],
  ])('%s', async (_, call, argument) => {
    const error = await Promise.resolve(call()).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', argument, provider: 'gce' })
    expect(server.requests).toHaveLength(0)
  })
})

describe('GCE: places', () => {
  const listed = async (given: GCENodeDriver, options: object = {}): Promise<string[]> => {
    const found = ['europe-west3-a', 'us-east1-b'].map(zone => ({
      zone: `${P}/zones/${zone}`,
      selfLink: `${P}/zones/${zone}/instances/x`,
    }))
    const items = Object.fromEntries(found.map(more => [more.zone, { instances: [instance('x', more)] }]))
    server.play(routes([/aggregated/, () => ({ items })], [/zones/, () => ({ items: [instance()] })]))
    return (await given.listNodes(options)).map(({ id }) => id)
  }
  it('are those of the zone, of the region, or all', async () => {
    expect(await listed(driver)).toEqual(['europe-west3-a/web-1'])
    expect(await listed(driver, { ex_zone: 'all' })).toEqual(['europe-west3-a/x', 'us-east1-b/x'])
    expect(await listed(make({ zone: undefined, region: 'us-east1' }))).toEqual(['us-east1-b/x'])
    expect(await listed(make({ zone: undefined, region: undefined }))).toEqual(['europe-west3-a/x', 'us-east1-b/x'])
  })
  it('tell the region', () => {
    expect(driver.region).toBe('europe-west3')
    expect(driver.connection.region).toBe('europe-west3')
  })
  it.each([
    ['web-1', 'zones/europe-west3-a/instances/web-1'],
    ['us-east1-b/web-1', 'zones/us-east1-b/instances/web-1'],
    ['4123456789012345678', 'zones/europe-west3-a/instances/4123456789012345678'],
    ['zones/us-east1-b/instances/web-1', 'zones/us-east1-b/instances/web-1'],
    [`${Z}/instances/web-1`, 'zones/europe-west3-a/instances/web-1'],
  ])('are read from %s', async (id, target) => {
    server.play(routes([/GET/, () => instance()]))
    await driver.getNode(id)
    expect(asked()).toEqual([`GET ${target}`])
  })
})

describe('GCE: errors', () => {
  it('tell that the API is not enabled, and where it can be', async () => {
    const message =
      'Compute Engine API has not been used in project 1 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/compute.googleapis.com then retry.'
    const details = [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'SERVICE_DISABLED', domain: 'googleapis.com' },
    ]
    server.play(routes([/GET/, () => refusal(403, 'accessNotConfigured', message, details)]))
    const error = await Promise.resolve(driver.listNodes()).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED', providerCode: 'SERVICE_DISABLED', status: 403 })
    expect((error as Error).message).toContain('Enable it by visiting')
  })
  it.each([
    [403, 'rateLimitExceeded', 'RATE_LIMIT'],
    [403, 'quotaExceeded', 'QUOTA_EXCEEDED'],
    [400, 'resourceInUseByAnotherResource', 'CONFLICT'],
    [400, 'invalid', 'INVALID_REQUEST'],
  ])('of status %i and reason %s', async (status, reason, code) => {
    server.play(routes([/GET/, () => refusal(status, reason, 'No.')]))
    await expect(driver.getNode('web-1')).rejects.toMatchObject({ code, providerCode: reason })
  })
})

describe('GCE: creations', () => {
  it('put the key of `auth` where the instance looks for it', async () => {
    server.play(routes([/POST/, () => operation('DONE')], [/GET/, () => instance()]))
    const auth = new NodeAuthSSHKey('ssh-ed25519 AAAAC3Nz ada@example.com')
    await driver.createNode({ name: 'web-1', ...plan, auth, ex_metadata: { 'ssh-keys': 'bob:ssh-ed25519 AAAAB' } })
    const { metadata } = JSON.parse(String(server.requests[0]?.body))
    expect(metadata.items).toEqual([
      { key: 'ssh-keys', value: 'bob:ssh-ed25519 AAAAB\nada:ssh-ed25519 AAAAC3Nz ada@example.com' },
    ])
  })

  it('of several leave nothing when one fails', async () => {
    const body = (name: string): Route => [new RegExp(`GET .*instances/${name}$`), () => instance(name)]
    const inserts = inTurn(operation('DONE'), refusal(409, 'alreadyExists', 'It is there.'))
    server.play(routes([/POST .*instances\?/, inserts], body('a'), body('b'), [/DELETE/, () => operation('DONE')]))
    const call = driver.ex_createMultipleNodes({ names: ['a', 'b'], ...plan })
    await expect(call).rejects.toMatchObject({ code: 'CONFLICT', providerCode: 'alreadyExists' })
    expect(asked().filter(each => each.startsWith('DELETE'))).toHaveLength(1)
  })

  it('of a balancer tell what is left when it cannot be cleaned up', async () => {
    const lb = new GCELBDriver(common)
    const taken = refusal(409, 'alreadyExists', 'It is there.')
    const made = operation('DONE', { zone: undefined })
    server.play(
      routes(
        [/POST .*targetPools/, () => made],
        [/POST .*forwardingRules/, () => taken],
        [/DELETE/, () => refusal(403, 'forbidden', 'No.')],
      ),
    )
    const error = await lb.createBalancer({ name: 'web', port: 80 }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'CLEANUP' })
    expect((error as Error).message).toContain('web-tp')
  })
})
