import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { OpenStackNodeDriver } from '../../../drivers/openstack/compute.js'
import {
  GandiCloudNodeDriver,
  OpenTelekomCloudNodeDriver,
  RackspaceNodeDriver,
} from '../../../drivers/openstack/compute.vendors.gen.js'
import type { OpenStackOptions } from '../../../drivers/openstack/options.js'
import {
  InvalidCredentialsError,
  InvalidRequestError,
  NotSupportedError,
  PermissionDeniedError,
  QuotaExceededError,
} from '../../../lib/errors.js'
import { enableDebug } from '../../../lib/http/trace.js'
import { json, type Keystone, login, PROJECT, startKeystone } from './cloud.js'

let cloud: Keystone
let before: NodeJS.ProcessEnv
let folder: string
beforeEach(async () => {
  before = { ...process.env }
  for (const name of Object.keys(process.env)) if (name.startsWith('OS_')) delete process.env[name]
  folder = mkdtempSync(join(tmpdir(), 'libcloud-openstack-test-'))
  process.env['XDG_CONFIG_HOME'] = folder
  cloud = await startKeystone()
})
afterEach(async () => {
  process.env = before
  rmSync(folder, { recursive: true, force: true })
  await cloud.server.close()
})

const driver = (options: OpenStackOptions = login): OpenStackNodeDriver =>
  new OpenStackNodeDriver({
    dispatcher: cloud.server.dispatcher,
    retry: false,
    microversions: { compute: '2.93' },
    ...options,
  })
const asked = (): string[] =>
  cloud.server.requests.map(({ method, target, headers }) => `${method} ${headers['host']}${target}`)

describe('OPENSTACK: tokens', () => {
  it('are fetched once for any number of calls', async () => {
    const made = driver()
    let release = (): void => {}
    cloud.ready = new Promise<void>(resolve => {
      release = resolve
    })
    const all = Array.from({ length: 20 }, () => made.listNodes())
    const results = Promise.all(all)
    release()
    await results
    await made.listNodes()
    expect(cloud.asked).toHaveLength(1)
    expect(asked().filter(each => each === 'GET compute.example.test/v2.1/servers/detail')).toHaveLength(21)
  })

  it('are fetched anew when one is refused, once for all who meet that, and each call is sent again once', async () => {
    const made = driver()
    await made.listNodes()
    cloud.revoked.add('token-1')
    await Promise.all(Array.from({ length: 8 }, () => made.listNodes()))
    expect(cloud.asked).toHaveLength(2)
    cloud.revoked.add('token-2').add('token-3')
    await expect(made.listNodes()).rejects.toThrow(InvalidCredentialsError)
    expect(cloud.asked).toHaveLength(3)
  })

  it('are fetched anew in the midst of a list', async () => {
    const made = driver()
    const page = (ids: string[], more: boolean): object => ({
      servers: ids.map(id => ({ id, name: id, status: 'ACTIVE' })),
      servers_links: more
        ? [{ rel: 'next', href: 'http://elsewhere.example/v2.1/servers/detail?limit=2&marker=b' }]
        : [],
    })
    cloud.serve = ({ target }, response) => {
      if (!target.includes('marker')) cloud.revoked.add('token-1')
      json(response, 200, target.includes('marker=b') ? page(['c'], false) : page(['a', 'b'], true))
    }
    const nodes = await made.listNodes({ ex_limit: 2 })
    expect(nodes.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    expect(cloud.asked).toHaveLength(2)
    expect(asked().at(-1)).toBe('GET compute.example.test/v2.1/servers/detail?limit=2&marker=b')
  })

  it('are renewed before they expire', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const made = driver()
      await made.listNodes()
      await made.listNodes()
      expect(cloud.asked).toHaveLength(1)
      vi.setSystemTime(Date.now() + cloud.life - 10_000)
      await Promise.all([made.listNodes(), made.listNodes()])
      expect(cloud.asked).toHaveLength(2)
    } finally {
      vi.useRealTimers()
    }
  })

  it('end for nobody else when one caller has had enough', async () => {
    const made = driver()
    let release = (): void => {}
    cloud.ready = new Promise<void>(resolve => {
      release = resolve
    })
    const controller = new AbortController()
    const reason = new Error('enough')
    const one = made.getNode('one', { signal: controller.signal })
    const other = made.listNodes()
    const both = Promise.allSettled([one, other])
    controller.abort(reason)
    release()
    const [first, second] = await both
    expect(first).toEqual({ status: 'rejected', reason })
    expect(second.status).toBe('fulfilled')
    cloud.ready = new Promise(() => {})
    await expect(driver().listNodes({ timeout: 20 })).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  it('and passwords are shown nowhere', async () => {
    let trace = ''
    enableDebug({
      write: text => {
        trace += text
        return true
      },
    })
    try {
      const made = driver()
      await made.listNodes()
      expect(trace).toContain('/v3/auth/tokens')
      const shown =
        trace + inspect(made, { depth: 9, showHidden: true }) + inspect(made.connection, { depth: 9, showHidden: true })
      expect(shown).not.toContain('a good password')
      expect(shown).not.toContain('token-1')
    } finally {
      enableDebug(undefined)
    }
  })

  it('that are given are used as they are, and not renewed', async () => {
    const made = driver({ token: 'mine', endpoints: { compute: 'http://nova.example.test/v2.1/' } })
    await made.listNodes()
    expect(asked()).toEqual(['GET nova.example.test/v2.1/servers/detail'])
    expect(cloud.server.requests[0]?.headers['x-auth-token']).toBe('mine')
    cloud.revoked.add('mine')
    await expect(made.listNodes()).rejects.toThrow(InvalidCredentialsError)
    await expect(made.listVolumes()).rejects.toThrow(/authUrl/)
    const found = driver({ token: 'other', authUrl: login.authUrl, region: 'RegionTwo' })
    await found.listNodes()
    expect(asked().slice(-2)).toEqual([
      'GET identity.example.test/v3/auth/catalog',
      'GET compute-two.example.test/v2.1/servers/detail',
    ])
  })
})

describe('OPENSTACK: who one is', () => {
  const user = { name: 'demo', domain: { id: 'default' }, password: 'a good password' }
  const cases: readonly [string, OpenStackOptions, object][] = [
    ['a project by its name', {}, { project: { name: 'demo', domain: { id: 'default' } } }],
    ['a project by its id', { project: undefined, projectId: 'p1' }, { project: { id: 'p1' } }],
    ['a project of another domain', { projectDomain: 'Corp' }, { project: { name: 'demo', domain: { name: 'Corp' } } }],
    ['a domain', { scope: 'domain', domain: 'Default' }, { domain: { name: 'Default' } }],
    ['the system', { scope: 'system' }, { system: { all: true } }],
    ['a trust', { trustId: 't1' }, { 'OS-TRUST:trust': { id: 't1' } }],
  ]
  for (const [name, options, scope] of cases) {
    it(`asks for a token of ${name}`, async () => {
      await driver({ ...login, ...options }).listNodes()
      const domain = options.domain === undefined ? user.domain : { name: options.domain }
      const identity = { methods: ['password'], password: { user: { ...user, domain } } }
      expect(cloud.asked).toEqual([{ auth: { identity, scope } }])
    })
  }

  it('is told by application credentials, tokens and API keys', async () => {
    await driver({ ...login, key: 'ac1', authType: 'applicationCredential' }).listNodes()
    await driver({ ...login, key: undefined, secret: undefined, token: 'mine' }).listNodes()
    await driver({ ...login, userId: 'u1' }).listNodes()
    const secret = 'a good password'
    const scope = { project: { name: 'demo', domain: { id: 'default' } } }
    expect(cloud.asked).toEqual([
      { auth: { identity: { methods: ['application_credential'], application_credential: { id: 'ac1', secret } } } },
      { auth: { identity: { methods: ['token'], token: { id: 'mine' } }, scope } },
      { auth: { identity: { methods: ['password'], password: { user: { id: 'u1', password: secret } } }, scope } },
    ])
    cloud.serve = ({ target, body }, response) => {
      if (target !== '/v2.0/tokens') return json(response, 200, { servers: [] })
      expect(JSON.parse(body.toString())).toEqual({
        auth: { 'RAX-KSKEY:apiKeyCredentials': { username: 'demo', apiKey: secret }, tenantName: 'demo' },
      })
      const endpoints = [{ region: 'DFW', tenantId: '1', publicURL: 'https://dfw.servers.example.test/v2/1' }]
      const token = { id: 'rax-token', expires: '2099-01-01T00:00:00Z', tenant: { id: '1' } }
      json(response, 200, { access: { token, serviceCatalog: [{ type: 'compute', name: 'cs', endpoints }] } })
    }
    const v2 = { authUrl: 'https://identity.example.test/v2.0/', authType: 'rackspaceApiKey', region: 'dfw' } as const
    let trace = ''
    enableDebug({
      write: text => {
        trace += text
        return true
      },
    })
    await driver({ ...login, ...v2 })
      .listNodes()
      .finally(() => enableDebug(undefined))
    expect(asked().at(-1)).toBe('GET dfw.servers.example.test/v2/1/servers/detail')
    expect(cloud.server.requests.at(-1)?.headers['x-auth-token']).toBe('rax-token')
    expect(trace).not.toMatch(/rax-token|a good password/)
  })

  it('is asked for where it is missing, naming what and where', async () => {
    await expect(driver({}).listNodes()).rejects.toThrow(/authUrl.*clouds\.yaml.*OS_AUTH_URL/)
    await expect(driver({ ...login, secret: undefined }).listNodes()).rejects.toThrow(/'secret' \(password\)/)
    await expect(driver({ ...login, key: undefined }).listNodes()).rejects.toThrow(InvalidCredentialsError)
    expect(cloud.server.requests).toHaveLength(0)
  })

  it('is checked when the driver is made', () => {
    const bad: readonly [string, object][] = [
      ['authUrl', { authUrl: 'keystone.example.com' }],
      ['interface', { interface: 'private' }],
      ['scope', { scope: 'everything' }],
      ['authType', { authType: 'kerberos' }],
      ['endpoints.compute', { endpoints: { compute: 'nova' } }],
      ['microversions.compute', { microversions: { compute: 'latest' } }],
    ]
    for (const [argument, options] of bad) {
      expect(() => driver({ ...login, ...options })).toThrow(expect.objectContaining({ argument }))
    }
  })
})

describe('OPENSTACK: vendors', () => {
  it('are asked at their own addresses, whatever the environment says of another cloud', async () => {
    process.env['OS_AUTH_URL'] = 'http://mine.example.test/v3'
    process.env['OS_USERNAME'] = 'me'
    process.env['OS_PASSWORD'] = 'my password'
    const common = { dispatcher: cloud.server.dispatcher, retry: false, secret: 'a good password' } as const
    await expect(new GandiCloudNodeDriver(common).listNodes()).rejects.toThrow(InvalidCredentialsError)
    expect(cloud.server.requests).toHaveLength(0)
    const region = { region: 'RegionTwo', microversions: { compute: '2.93' } } as const
    await new GandiCloudNodeDriver({ ...common, key: 'demo', project: 'demo', ...region }).listNodes()
    expect(asked()[0]).toBe('POST keystone.sd6.api.gandi.net:5000/v3/auth/tokens')
    const domain = { name: 'public' }
    expect(cloud.asked[0]).toMatchObject({ auth: { scope: { project: { name: 'demo', domain } } } })
    const otc = new OpenTelekomCloudNodeDriver({ ...common, key: 'demo', project: 'demo', region: 'eu-nl' })
    await expect(otc.listNodes()).rejects.toMatchObject({ argument: 'region', provider: 'otc' })
    expect(asked().at(-1)).toBe('POST iam.eu-nl.otc.t-systems.com/v3/auth/tokens')
    const rackspace = new RackspaceNodeDriver({ ...common, key: 'demo' })
    await expect(rackspace.listNodes()).rejects.toMatchObject({ provider: 'rackspace', operation: 'listNodes' })
    expect(asked().at(-1)).toBe('POST identity.api.rackspacecloud.com/v2.0/tokens')
    expect(rackspace.region).toBe('DFW')
  })
})

describe('OPENSTACK: the catalog', () => {
  it('tells a service by region and interface, and what there is where there is none', async () => {
    await driver({ ...login, interface: 'internal' }).listNodes()
    expect(asked().at(-1)).toBe('GET compute-internal.example.test/v2.1/servers/detail')
    const elsewhere = driver({ ...login, region: 'Mars' }).listNodes()
    await expect(elsewhere).rejects.toMatchObject({
      argument: 'region',
      allowed: expect.stringContaining("'RegionTwo'"),
    })
    const unsaid = driver({ ...login, region: undefined }).listNodes()
    await expect(unsaid).rejects.toMatchObject({ argument: 'region', allowed: expect.stringContaining("'RegionOne'") })
    const admin = driver({ ...login, interface: 'admin' }).listNodes()
    await expect(admin).rejects.toMatchObject({ argument: 'interface', allowed: expect.stringContaining("'internal'") })
    const images = driver().listImages()
    await expect(images).rejects.toThrow(NotSupportedError)
    await expect(images).rejects.toThrow(/no service 'image'.*'compute', 'network', 'volumev3', 'volume'/)
  })

  it('gives each service its version, and the newest name of several', async () => {
    cloud.serve = ({ target }, response) =>
      json(response, 200, target.includes('networks') ? { networks: [] } : { volumes: [] })
    const made = driver()
    await made.ex_listNetworks()
    await made.listVolumes()
    expect(asked().slice(-2)).toEqual([
      'GET network.example.test/v2.0/networks',
      `GET volume.example.test/v3/${PROJECT}/volumes/detail`,
    ])
  })

  it('is not asked where an address is given', async () => {
    const endpoints = { compute: 'http://here.example.test/compute' }
    await driver({ ...login, endpoints }).listNodes()
    expect(asked().at(-1)).toBe('GET here.example.test/compute/v2.1/servers/detail')
  })
})

describe('OPENSTACK: microversions', () => {
  it('are as new as both sides know, and asked for once', async () => {
    const made = driver({ ...login, microversions: undefined })
    await Promise.all([made.listNodes(), made.getNode('one').catch(() => {}), made.listSizes().catch(() => {})])
    expect(asked().filter(each => each === 'GET compute.example.test/v2.1/')).toHaveLength(1)
    const versions = cloud.server.requests.map(({ headers }) => headers['openstack-api-version'])
    expect(versions.filter(each => each !== undefined).sort()).toEqual(['compute 2.46', 'compute 2.46', 'compute 2.60'])
  })

  it('that the cloud does not have are refused, telling both', async () => {
    const made = driver({ ...login, microversions: undefined })
    const lock = made.ex_lockNode({ id: 'one' }, { ex_reason: 'x' })
    await expect(lock).rejects.toThrow(/2\.73 of the service 'compute', which has microversions up to 2\.60 only/)
    await expect(lock).rejects.toThrow(NotSupportedError)
  })
})

describe('OPENSTACK: errors', () => {
  const cases: readonly [string, number, unknown, object][] = [
    [
      'Neutron',
      409,
      { NeutronError: { type: 'OverQuota', message: "Quota exceeded for resources: ['network'].", detail: '' } },
      { name: QuotaExceededError.name, providerCode: 'OverQuota' },
    ],
    [
      'Nova',
      403,
      { forbidden: { code: 403, message: "Policy doesn't allow os_compute_api:os-quota-sets:show to be performed." } },
      { name: PermissionDeniedError.name, providerCode: 'forbidden' },
    ],
    [
      'Nova',
      403,
      {
        forbidden: {
          code: 403,
          message: 'Quota exceeded for instances: Requested 1, but already used 3 of 3 instances',
        },
      },
      { name: QuotaExceededError.name },
    ],
    [
      'Cinder',
      413,
      {
        overLimit: {
          code: 413,
          message: 'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota.',
        },
      },
      { name: QuotaExceededError.name, providerCode: 'overLimit' },
    ],
    [
      'Glance',
      404,
      { message: 'No image found with ID nope<br /><br />\n\n\n', code: '404 Not Found', title: 'Not Found' },
      {
        name: 'NodeDoesNotExistError',
        providerCode: 'Not Found',
        message: expect.stringMatching(/No image found with ID nope$/),
      },
    ],
    [
      'Designate',
      400,
      { code: 400, type: 'invalid_object', message: 'Provided object does not match schema', request_id: 'req-1' },
      { name: InvalidRequestError.name, providerCode: 'invalid_object', requestId: 'req-1' },
    ],
    [
      'Octavia',
      400,
      { faultcode: 'Client', faultstring: 'Invalid input for field/attribute name.', debuginfo: null },
      { name: InvalidRequestError.name, providerCode: 'Client', message: expect.stringContaining('Invalid input') },
    ],
  ]
  for (const [service, status, body, expected] of cases) {
    it(`of ${service} (${status}) keep their own words`, async () => {
      cloud.serve = (_request, response) => json(response, status, body)
      await expect(driver().getNode('one')).rejects.toMatchObject({ status, operation: 'getNode', ...expected })
    })
  }

  it('in pages of HTML are read too', async () => {
    cloud.serve = (_request, response) =>
      response
        .writeHead(404, { 'content-type': 'text/html' })
        .end(
          '<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1>The resource &quot;x&quot; could not be found.<br /><br /></body></html>',
        )
    await expect(driver().getNode('one')).rejects.toThrow(/404: The resource "x" could not be found\.$/)
  })
})

describe('OPENSTACK: clouds.yaml and the environment', () => {
  const yaml = `
clouds:
  one:
    auth: {auth_url: "http://identity.example.test:5000", username: demo, project_name: demo, user_domain_name: Default, project_domain_name: Default}
    region_name: RegionTwo
    interface: public
    compute_endpoint_override: http://override.example.test/v2.1
  two:
    auth_type: v3applicationcredential
    auth: {auth_url: "http://identity.example.test/v3", application_credential_id: ac1, application_credential_secret: hush hush}
    region_name: RegionOne
`
  const secure = 'clouds:\n  one:\n    auth: {password: from the other file}\n'
  const put = (): void => {
    writeFileSync(join(folder, 'clouds.yaml'), yaml)
    writeFileSync(join(folder, 'secure.yaml'), secure)
    process.env['OS_CLIENT_CONFIG_FILE'] = join(folder, 'clouds.yaml')
    process.env['OS_CLIENT_SECURE_FILE'] = join(folder, 'secure.yaml')
  }

  it('give what the options do not', async () => {
    put()
    await driver({ cloud: 'one' }).listNodes()
    const domain = { name: 'Default' }
    const user = { name: 'demo', domain, password: 'from the other file' }
    const scope = { project: { name: 'demo', domain } }
    expect(cloud.asked).toEqual([{ auth: { identity: { methods: ['password'], password: { user } }, scope } }])
    expect(asked()).toEqual(
      ['POST identity.example.test:5000/v3/auth/tokens', 'GET override.example.test/v2.1/servers/detail'].slice(
        cloud.asked.length === 0 ? 1 : 0,
      ),
    )
    process.env['OS_CLOUD'] = 'two'
    await driver({}).listNodes()
    expect(cloud.asked[1]).toMatchObject({
      auth: { identity: { application_credential: { id: 'ac1', secret: 'hush hush' } } },
    })
  })

  it('name the clouds that there are', async () => {
    put()
    await expect(driver({ cloud: 'three' }).listNodes()).rejects.toThrow(/'one', 'two'/)
    writeFileSync(join(folder, 'clouds.yaml'), 'clouds: {one: [')
    const broken = driver({ cloud: 'one' }).listNodes()
    await expect(broken).rejects.toThrow(/YAML or JSON/)
  })

  it('may name a vendor, of whom the rest is known', async () => {
    const clouds = [
      'one: {profile: otc, auth: {username: me, password: mine, project_name: p}, region_name: eu-nl}',
      'two: {profile: rackspace, auth: {username: me, api_key: my-key}}',
    ]
    writeFileSync(join(folder, 'clouds.yaml'), `clouds:\n${clouds.map(each => `  ${each}\n`).join('')}`)
    process.env['OS_CLIENT_CONFIG_FILE'] = join(folder, 'clouds.yaml')
    await driver({ cloud: 'one', region: undefined })
      .listNodes()
      .catch(() => {})
    expect(asked()).toEqual(['POST iam.eu-nl.otc.t-systems.com/v3/auth/tokens'])
    await driver({ cloud: 'two' })
      .listNodes()
      .catch(() => {})
    expect(asked().at(-1)).toBe('POST identity.api.rackspacecloud.com/v2.0/tokens')
    expect(JSON.parse(String(cloud.server.requests.at(-1)?.body))).toEqual({
      auth: { 'RAX-KSKEY:apiKeyCredentials': { username: 'me', apiKey: 'my-key' } },
    })
  })

  it('are not mixed with an authUrl of another cloud', async () => {
    process.env['OS_AUTH_URL'] = 'http://mine.example.test/v3'
    process.env['OS_USERNAME'] = 'me'
    process.env['OS_PASSWORD'] = 'my password'
    process.env['OS_PROJECT_NAME'] = 'mine'
    process.env['OS_REGION_NAME'] = 'RegionOne'
    await expect(driver({ authUrl: 'http://other.example.test/v3' }).listNodes()).rejects.toThrow(
      InvalidCredentialsError,
    )
    expect(cloud.server.requests).toHaveLength(0)
    await driver({}).listNodes()
    await driver({ authUrl: 'http://mine.example.test' }).listNodes()
    expect(cloud.asked).toHaveLength(2)
    expect(cloud.asked[0]).toEqual(cloud.asked[1])
    expect(cloud.asked[0]).toMatchObject({
      auth: { identity: { password: { user: { name: 'me', password: 'my password', domain: { id: 'default' } } } } },
    })
  })
})
