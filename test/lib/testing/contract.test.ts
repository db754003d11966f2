import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Contract, type ContractFile, loadContract } from '../../conformance/contract.js'
import { print } from '../../tools/contracts/print.js'
import { readDescriptions, reduceTo, usedOperations } from '../../tools/contracts.js'
import * as descriptions from './descriptions.js'

const folder = mkdtempSync(join(tmpdir(), 'contracts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0

function write(content: object | string, name = `${files++}/api.json`): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** A contract as users load it: printed and read again. */
function contractOf(...contents: object[]): Contract {
  return loadContract(
    print(
      readDescriptions(
        'test',
        contents.map(content => write(content)),
      ),
    ),
  )
}

interface Options {
  body?: unknown
  type?: string
  headers?: Record<string, string>
  status?: number
  reply?: unknown
  replyType?: string
}

/** What the contract says of an exchange, a line each. */
function check(contract: Contract, method: string, path: string, options: Options = {}): string[] {
  const { body, reply, status = 200 } = options
  const text = (value: unknown) =>
    (typeof value === 'object' && value !== null ? JSON.stringify(value) : value) as string
  const type = (value: unknown, given: string | undefined) =>
    value === undefined ? {} : { 'Content-Type': given ?? 'application/json; charset=utf-8' }
  return contract
    .check({
      request: { method, path, headers: { ...type(body, options.type), ...options.headers }, body: text(body) },
      response: { status, headers: [...Object.entries(type(reply, options.replyType))], body: text(reply) },
    })
    .map(({ where, pointer, problem }) => `${where} ${pointer}: ${problem}`)
}

describe('OpenAPI 3.0', () => {
  const contract = contractOf(descriptions.OPENAPI_30)
  const create = (body: object) => check(contract, 'POST', '/v2/servers', { body, status: 500 })
  const list = (query: string, headers = {}) => check(contract, 'GET', `/v2/servers?${query}`, { headers, status: 500 })

  it('accepts what it describes', () => {
    const network = { addresses: ['192.0.2.1'], network: '192.0.2.0/24' }
    const key = '4de7ac8b-495b-4884-9a69-1050c6793cd6'
    const more = { created: '2024-01-02T03:04:05Z', key, mode: null, free: { any: 1 }, mail: '?', labels: { a: 'b' } }
    const body = { name: 'web', password: 'x', cpus: 1, ...network, ...more, parent: null }
    const reply = { id: 1, name: 'web', parent: { id: 2, name: 'db' }, unknown: 1 }
    expect(check(contract, 'POST', '/v2/servers', { body, status: 201, reply })).toEqual([])
    expect(list('page=1&on=false&tag=a&tag=b&ids=1,2', { 'x-mode': 'fast' })).toEqual([])
    expect(check(contract, 'GET', '/v2/servers/12')).toEqual([])
    expect(check(contract, 'DELETE', '/v2/servers/12', { status: 204 })).toEqual([])
    expect(check(contract, 'GET', '/v2/servers/actions', { status: 302 })).toEqual([])
  })
  it('refuses operations and paths that it does not describe', () => {
    expect(check(contract, 'PUT', '/v2/servers')).toEqual([
      'request operation: PUT /v2/servers is not in the description',
    ])
    expect(check(contract, 'GET', '/servers/1')).toEqual([
      'request operation: GET /servers/1 is not in the description',
    ])
    expect(check(contract, 'GET', '/v2/servers/1/')).toHaveLength(1)
    expect(check(contract, 'GET', '/v2/servers/abc')).toEqual(['request path.id: integer expected, not "abc"'])
  })
  it('refuses parameters that are unknown, missing or of the wrong type', () => {
    expect(list('page=0')).toEqual(['request query.page: 0 is less than 1'])
    expect(list('')).toEqual(['request query.page: missing'])
    expect(list('page=1&size=2')).toEqual(['request query.size: not in the description'])
    expect(list('page=one&on=1')).toEqual([
      'request query.page: integer expected, not "one"',
      'request query.on: boolean expected, not "1"',
    ])
    expect(list('page=1&page=2')).toEqual(['request query.page: integer expected, not ["1","2"]'])
    expect(list('page=1&tag=a&tag=c')).toEqual(['request query.tag[1]: one of "a", "b" expected, not "c"'])
    expect(list('page=1&tag=a,b')).toEqual(['request query.tag[0]: one of "a", "b" expected, not "a,b"'])
    expect(list('page=1&ids=1,x')).toEqual(['request query.ids[1]: integer expected, not "x"'])
    expect(list('page=1', { 'X-MODE': 'slow' })).toEqual(['request header.x-mode: one of "fast" expected, not "slow"'])
  })
  it('refuses bodies with members that are unknown, missing, out of range or of the wrong type', () => {
    expect(create({})).toEqual(['request body.name: missing'])
    expect(create({ name: 'web', size: 1 })).toEqual(['request body.size: not in the description'])
    expect(create({ name: 'web', parent: { name: 'db', size: 1 } })).toEqual([
      'request body.parent.size: not in the description',
    ])
    expect(create({ name: 'Web' })).toEqual(['request body.name: "Web" does not match ^[a-z]+$'])
    expect(create({ name: 'w' })).toEqual(['request body.name: shorter than 2 characters'])
    expect(create({ name: 'webweb' })).toEqual(['request body.name: longer than 5 characters'])
    expect(create({ name: 'web', cpus: 0 })).toEqual(['request body.cpus: 0 is not more than 0'])
    expect(create({ name: 'web', cpus: 9 })).toEqual(['request body.cpus: 9 is more than 8'])
    expect(create({ name: 'web', cpus: '1' })).toEqual(['request body.cpus: integer expected, not "1"'])
    expect(create({ name: 'web', cpus: 1.5 })).toEqual(['request body.cpus: integer expected, not 1.5'])
    expect(create({ name: 'web', cpus: null })).toEqual(['request body.cpus: integer expected, not null'])
    expect(create({ name: 'web', labels: { a: 1 } })).toEqual(['request body.labels.a: string expected, not 1'])
    expect(create({ name: 'web', mode: 'warp' })).toEqual([
      'request body.mode: one of "slow", "fast" expected, not "warp"',
    ])
    expect(create({ name: 'web', addresses: [] })).toEqual(['request body.addresses: fewer than 1 elements'])
  })
  it('refuses values that are not of their format', () => {
    const formats = { addresses: ['x'], created: '1704164645', network: '192.0.2.0', key: '1' }
    expect(create({ name: 'web', ...formats })).toEqual([
      'request body.addresses[0]: "x" is not a ipv4',
      'request body.created: "1704164645" is not a date-time',
      'request body.key: "1" is not a uuid',
      'request body.network: "192.0.2.0" is not a cidr',
    ])
  })
  it('refuses readOnly members in requests and writeOnly ones in responses, and asks for neither there', () => {
    expect(create({ name: 'web', id: 1 })).toEqual(['request body.id: readOnly, so not in a request'])
    expect(create({ name: 'web', owner: {}, former: {}, next: { size: 1 } })).toEqual([
      'request body.former: readOnly, so not in a request',
      'request body.next: readOnly, so not in a request',
      'request body.owner: readOnly, so not in a request',
    ])
    const reply = { id: 1, name: 'web', password: 'x' }
    expect(check(contract, 'POST', '/v2/servers', { body: { name: 'web' }, status: 201, reply })).toEqual([
      'response body.password: writeOnly, so not in a response',
    ])
  })
  it('refuses bodies that are missing, superfluous, malformed or of another media type', () => {
    expect(check(contract, 'POST', '/v2/servers', { status: 500 })).toEqual(['request body: missing'])
    expect(check(contract, 'GET', '/v2/servers/1', { body: {} })).toEqual([
      'request body: the description has none here',
    ])
    expect(check(contract, 'POST', '/v2/servers', { body: '{', status: 500 })[0]).toMatch(/^request body: .*JSON/)
    expect(check(contract, 'POST', '/v2/servers', { body: 'name=web', type: 'text/plain', status: 500 })).toEqual([
      'request header.content-type: text/plain is not in the description',
    ])
  })
  it('reads objects in queries, and leaves to HTTP the fields that are its own', () => {
    expect(list('page=1&zone=a&rack=2&only=true&where[a]=1')).toEqual([])
    expect(list('page=1&only=false')).toEqual(['request query.only: one of true expected, not false'])
    expect(list('page=1&were[a]=1')).toEqual(['request query.were[a]: not in the description'])
  })
  it('knows what one part of a schema says of members that another part requires', () => {
    const replace = (body: unknown, type?: string) =>
      check(contract, 'PUT', '/v2/disks', { body, status: 204, ...(type ? { type } : {}) })
    expect(replace({ size: 1 })).toEqual([])
    expect(replace({})).toEqual(['request body.size: missing'])
    expect(replace('<disk><any/></disk>', 'application/xml')).toEqual([])
    const request = { method: 'PUT', path: '/v2/disks', headers: { 'content-type': 'application/json' } }
    const bytes = { ...request, body: Buffer.from('{"id":1,"size":2}') }
    expect(contract.check({ request: bytes, response: { status: 204, headers: {} } })).toEqual([
      { where: 'request', pointer: 'body.id', problem: 'readOnly, so not in a request' },
    ])
  })
  it('takes one branch of oneOf, and only what that branch knows', () => {
    const disk = (body: object) => check(contract, 'POST', '/v2/disks', { body, status: 500 })
    expect(disk({ size: 1 })).toEqual([])
    expect(disk({ from: 'a', kind: 'b' })).toEqual([])
    expect(disk({ size: 1, kind: 'b' })).toEqual(['request body.kind: not in the description'])
    expect(disk({ kind: 'b' })).toHaveLength(2)
    expect(disk({ size: 'x' })).toEqual(['request body.size: integer expected, not "x"'])
    expect(disk({ size: 1, forbidden: 1 })).toContain('request body: what the description excludes')
  })
  it('checks responses by their status', () => {
    const one = (status: number, reply?: unknown) => check(contract, 'GET', '/v2/servers/1', { status, reply })
    expect(one(404, { code: 'x' })).toEqual([])
    expect(one(404, {})).toEqual(['response body.code: missing'])
    expect(one(503, 'whatever')).toEqual([])
    expect(one(202)).toEqual(['response status: 202 is not in the description'])
    expect(one(200, {})).toEqual(['response body: the description has none here'])
    expect(check(contract, 'GET', '/v2/servers?page=1')).toEqual(['response body: missing'])
    const reply = { servers: [{ id: '1', name: 'web' }, { name: 'db' }] }
    expect(check(contract, 'GET', '/v2/servers?page=1', { reply })).toEqual([
      'response body.servers[0].id: integer expected, not "1"',
      'response body.servers[1].id: missing',
    ])
    expect(check(contract, 'POST', '/v2/disks', { body: { size: 1 }, reply: { id: 1, more: 2 } })).toEqual([
      'response body.more: not in the description',
    ])
    expect(check(contract, 'GET', '/v2/servers?page=1', { reply: '<html>', replyType: 'text/html' })).toEqual([
      'response header.content-type: text/html is not in the description',
    ])
  })
  it('says so where a schema is missing from it', () => {
    const broken = loadContract({ ...contract.file, schemas: {} })
    expect(check(broken, 'POST', '/v2/servers', { body: {}, status: 500 })).toEqual([
      "request body: the contract has no schema 'Server'",
    ])
  })
  it('leaves out what is newer than it', () => {
    const page = 'https://docs.example.com'
    const newer = [
      { method: 'POST', path: '/v2/servers', member: 'body.labels', page, reason: 'numbers' },
      { method: 'POST', path: '/v2/servers', member: 'body.parent', page, reason: 'size' },
      { method: 'POST', path: '/v2/servers', member: 'body.addresses[]', page, reason: 'lists' },
      { method: 'POST', path: '/v2/servers', member: 'body.cpus', page, reason: 'a text' },
      { method: 'GET', path: '/v2/volumes/{id}', page, reason: 'all of it' },
    ]
    const later = loadContract({ ...contract.file, newer })
    const body = {
      name: 'web',
      labels: { a: 1 },
      parent: { name: 'db', size: 1 },
      cpus: 'x',
      addresses: ['b', 'c'],
      labelset: 1,
    }
    expect(check(later, 'POST', '/v2/servers', { body, status: 500 })).toEqual([
      'request body.labelset: not in the description',
    ])
    expect(check(later, 'GET', '/v2/volumes/1')).toEqual([])
    expect(check(later, 'GET', '/v2/volumes')).toHaveLength(1)
  })
})

describe('OpenAPI 3.1', () => {
  const contract = contractOf(descriptions.OPENAPI_31)
  const patch = (body: object) => check(contract, 'PATCH', '/api/v1/zones/example.com.', { body, status: 204 })
  it('knows lists of types, const, numeric exclusiveMinimum and discriminators', () => {
    expect(patch({ type: 'REPLACE', ttl: 1 })).toEqual([])
    expect(patch({ type: 'REPLACE', ttl: null })).toEqual([])
    expect(patch({ type: 'DELETE' })).toEqual([])
    expect(patch({ type: 'REPLACE', ttl: 0 })).toEqual(['request body.ttl: 0 is not more than 0'])
    expect(patch({ type: 'REPLACE', ttl: '1' })).toEqual(['request body.ttl: integer or null expected, not "1"'])
    expect(patch({ type: 'DELETE', ttl: 1 })).toEqual(['request body.ttl: not in the description'])
    expect(patch({ type: 'DELETE', force: false })).toEqual(['request body.force: true expected, not false'])
  })
})

describe('Swagger 2.0', () => {
  const contract = contractOf(descriptions.SWAGGER_2)
  const create = (query: string, body: object) =>
    check(contract, 'POST', `/v1.56/containers/create${query}`, { body, status: 201, reply: { Id: 'a' } })
  it('accepts what it describes', () => {
    expect(create('?name=/web&flags=1&flags=2&names=a|b', { Image: 'a', Env: ['B=1'], Size: null })).toEqual([])
    expect(check(contract, 'POST', '/v1.56/build', { body: 'tar', type: 'application/octet-stream' })).toEqual([])
    const type = 'application/x-www-form-urlencoded'
    expect(check(contract, 'POST', '/v1.56/login', { body: 'ttl=1', type })).toEqual([])
  })
  it('refuses what it does not', () => {
    expect(create('?name=_&flags=1,2&names=a|c', { Image: 1, Envs: [], Env: [1] })).toEqual([
      'request query.name: "_" does not match ^/?[a-z]+$',
      'request query.flags[0]: integer expected, not "1,2"',
      'request query.names[1]: one of "a", "b" expected, not "c"',
      'request body.Env[0]: string expected, not 1',
      'request body.Image: string expected, not 1',
      'request body.Envs: not in the description',
    ])
    const options = { body: { Image: 'a' }, status: 201, reply: { ID: 'a' } }
    expect(check(contract, 'POST', '/v1.56/containers/create', options)).toEqual(['response body.Id: missing'])
    const type = 'application/x-www-form-urlencoded'
    expect(check(contract, 'POST', '/v1.56/login', { body: 'ttl=x&a=b', type })).toEqual([
      'request body.ttl: integer expected, not "x"',
      'request body.a: not in the description',
    ])
  })
})

describe('Google Discovery', () => {
  const contract = contractOf(descriptions.DISCOVERY)
  it('accepts what it describes', () => {
    const body = { name: 'a', size: '12', labels: { a: 'b' } }
    expect(check(contract, 'POST', '/storage/v1/b?project=p', { body, reply: body })).toEqual([])
    const patch = '/storage/v1/b/a/b?fields=a&fields=b&alt=json'
    expect(check(contract, 'PATCH', patch, { body: {}, reply: {} })).toEqual([])
    expect(check(contract, 'GET', '/storage/v1/o?alt=media', { reply: 'bytes', replyType: 'text/plain' })).toEqual([])
    const upload = '/upload/storage/v1/o?uploadType='
    expect(check(contract, 'POST', `${upload}media`, { body: 'bytes', type: 'text/plain', reply: body })).toEqual([])
    expect(check(contract, 'POST', `${upload}resumable`, { body: { size: '1' } })).toEqual([])
    expect(check(contract, 'PUT', `${upload}resumable&upload_id=x`, { body: 'b', type: 'a/b', status: 308 })).toEqual(
      [],
    )
  })
  it('refuses what it does not', () => {
    expect(check(contract, 'POST', '/storage/v1/b', { body: { size: 12 }, reply: { name: 'A' } })).toEqual([
      'request query.project: missing',
      'request body.size: string expected, not 12',
      'request body.name: missing',
      'response body.name: "A" does not match ^(?:[a-z]+)$',
    ])
    const upload = '/upload/storage/v1/o?uploadType=resumable'
    expect(check(contract, 'POST', upload, { body: { size: '1', nam: 'a' } })).toEqual([
      'request body.nam: not in the description',
    ])
    expect(check(contract, 'GET', '/storage/v1/o?alt=xml', { reply: {} })).toEqual([
      'request query.alt: one of "json" expected, not "xml"',
    ])
  })
})

const FORM = 'application/x-www-form-urlencoded'
const XML = 'application/xml'

describe('botocore: ec2', () => {
  const contract = contractOf(descriptions.BOTOCORE_EC2)
  const ask = (fields: string, reply?: string) =>
    check(contract, 'POST', '/', { body: `Version=2016-11-15&${fields}`, type: FORM, reply, replyType: XML })
  const root = (inner: string) =>
    `<DescribeInstancesResponse xmlns="x"><requestId>a</requestId>${inner}</DescribeInstancesResponse>`
  it('accepts what it describes', () => {
    const fields = 'Filter.1.Name=a&Filter.1.Value.1=b&Filter.1.Value.2=c&InstanceId.1=i&DryRun=false&NextOne=t'
    const item =
      '<item><instanceState>running</instanceState><coreCount/><launchTime>2024-01-02T03:04:05.000Z</launchTime></item>'
    expect(ask(`Action=DescribeInstances&${fields}`, root(`<instancesSet>${item}</instancesSet>`))).toEqual([])
    const path = '/?Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i&X-Amz-Signature=s'
    expect(check(contract, 'GET', path, { status: 400 })).toEqual([])
    expect(ask('Action=DescribeRegions', '<DescribeRegionsResponse/>')).toEqual([])
  })
  it('refuses what it does not', () => {
    expect(ask('Action=DescribeInstance')).toEqual([
      'request operation: POST / DescribeInstance is not in the description',
    ])
    expect(ask('Action=DescribeRegions&Filter.1.Name=a')).toEqual(['request body.Filter: not in the description'])
    expect(ask('Action=DescribeInstances&Filters.1.Name=a&Filter.1.Values.1=b&DryRun=no&token=t')).toEqual([
      'request body.InstanceId: missing',
      'request body.DryRun: boolean expected, not "no"',
      'request body.Filter[0].Values: not in the description',
      'request body.Filters: not in the description',
      'request body.token: not in the description',
    ])
    expect(ask('Action=DescribeInstances&InstanceId.1=i&Filter.1=x')).toEqual([
      'request body.Filter[0]: object expected, not "x"',
    ])
    expect(ask('Action=DescribeInstances&InstanceId.2=i')).toEqual(['request body.InstanceId: .1 expected, not .2'])
    expect(check(contract, 'POST', '/', { body: 'Action=DescribeRegions&Version=2014-01-01', type: FORM })).toEqual([
      'request body.Version: 2016-11-15 expected, not 2014-01-01',
    ])
  })
  it('refuses responses of another form', () => {
    const reply = (inner: string) => ask('Action=DescribeInstances&InstanceId.1=i', inner)
    expect(reply(root('<instancesSet><member><coreCount>x</coreCount></member></instancesSet>'))).toEqual([
      'response body.instancesSet: <item> expected, not <member>',
      'response body.instancesSet[0].coreCount: integer expected, not "x"',
    ])
    expect(reply(root('<instancesSet><item><instanceState>on</instanceState></item></instancesSet>'))).toEqual([
      'response body.instancesSet[0].instanceState: one of "running", "stopped" expected, not "on"',
    ])
    expect(reply('<Other/>')).toEqual(['response body: <DescribeInstancesResponse> expected, not <Other>'])
    expect(reply('<DescribeInstancesResponse>')[0]).toMatch(/^response body: /)
  })
})

describe('botocore: query', () => {
  const contract = contractOf(descriptions.BOTOCORE_QUERY, {
    ...descriptions.BOTOCORE_QUERY,
    metadata: { ...descriptions.BOTOCORE_QUERY.metadata, apiVersion: '2015-12-01', uid: 'elbv2-2015-12-01' },
    shapes: { ...descriptions.BOTOCORE_QUERY.shapes, Names: { type: 'list', member: { shape: 'Integer' } } },
  })
  const ask = (fields: string, result: string) => {
    const reply = `<DescribeLoadBalancersResponse>${result}</DescribeLoadBalancersResponse>`
    return check(contract, 'POST', '/', {
      body: `Action=DescribeLoadBalancers&${fields}`,
      type: FORM,
      reply,
      replyType: XML,
    })
  }
  const ok = '<DescribeLoadBalancersResult><Count>1</Count></DescribeLoadBalancersResult>'
  it('accepts what it describes, lists with and without an element around them, and maps', () => {
    const fields = 'Names.member.1=a&Attributes.entry.1.key=k&Attributes.entry.1.value=1&Item.1=a&Item.2=b'
    expect(ask(`Version=2012-06-01&${fields}`, ok)).toEqual([])
    const names = '<Names><member>a</member></Names><Summary><entry><key>a</key><value>1</value></entry></Summary>'
    expect(ask('Version=2012-06-01', ok.replace('<Count>', `${names}<Count>`))).toEqual([])
    expect(ask('Version=2012-06-01&Names=', ok)).toEqual([])
  })
  it('tells versions of the same action apart', () => {
    expect(ask('Version=2015-12-01&Names.member.1=1', ok)).toEqual([])
    expect(ask('Version=2015-12-01&Names.member.1=a', ok)).toEqual(['request body.Names[0]: integer expected, not "a"'])
  })
  it('refuses what it does not', () => {
    expect(ask('Version=2012-06-01&Names.1=a', ok)).toEqual(['request body.Names: .member.1 expected, not .1'])
    expect(ask('Version=2012-06-01&Attributes.entry.1.key=k&Attributes.entry.1.value=x', ok)).toEqual([
      'request body.Attributes.k: integer expected, not "x"',
    ])
    expect(ask('Version=2012-06-01', '<Count>1</Count>')).toEqual(['response body: no <DescribeLoadBalancersResult>'])
    expect(ask('Version=2012-06-01', '<DescribeLoadBalancersResult/>')).toEqual(['response body.Count: missing'])
  })
})

describe('botocore: rest-xml', () => {
  const contract = contractOf(descriptions.BOTOCORE_S3, descriptions.BOTOCORE_ROUTE53)
  const host = (name: string) => ({ headers: { Host: name } })
  it('takes any reply where none is described', () => {
    const headers = { Host: 'b.s3.amazonaws.com' }
    expect(check(contract, 'PUT', '/k', { headers, reply: '<Error/>', replyType: XML })).toEqual([])
  })
  it('reads buckets from the host or the path', () => {
    const reply =
      '<R><IsTruncated>false</IsTruncated><Contents><Key>a</Key></Contents><Contents><Key>b</Key></Contents></R>'
    const options = { reply, replyType: XML }
    expect(
      check(contract, 'GET', '/?max-keys=2', { ...host('my.bucket.s3.eu-west-1.amazonaws.com'), ...options }),
    ).toEqual([])
    expect(check(contract, 'GET', '/bucket?max-keys=2', { ...host('s3.amazonaws.com'), ...options })).toEqual([])
    expect(check(contract, 'GET', '/bucket/', { ...host('s3.amazonaws.com'), ...options })).toEqual([])
    const other = loadContract(contract.file, { hosts: { s3: '^(?<Bucket>.+)\\.nyc3\\.example\\.com$' } })
    const request = { method: 'PUT', path: '/a/b', headers: { host: 'x.nyc3.example.com' } }
    expect(other.operation(request)?.id).toBe('PutObject')
  })
  it('tells operations on one path apart by what they need', () => {
    const put = (path: string) =>
      contract.operation({ method: 'PUT', path, headers: host('b.s3.amazonaws.com').headers })?.id
    expect(put('/a/b.txt')).toBe('PutObject')
    expect(put('/a/b.txt?partNumber=1')).toBe('UploadPart')
    const acl = { method: 'GET', path: '/?acl', headers: host('b.s3.amazonaws.com').headers }
    expect(contract.operation(acl)?.id).toBe('GetBucketAcl')
    const zone = {
      method: 'POST',
      path: '/2013-04-01/hostedzone/Z/rrset',
      headers: host('route53.amazonaws.com').headers,
    }
    expect(contract.operation(zone)?.id).toBe('Change')
    expect(contract.operation({ ...zone, path: '/2013-04-01/hostedzon/Z/rrset' })).toBeUndefined()
  })
  it('refuses parameters, bodies and replies of another form', () => {
    const s3 = host('b.s3.amazonaws.com')
    expect(check(contract, 'GET', '/?max-keys=x&foo=1', { ...s3 })).toEqual([
      'request query.max-keys: integer expected, not "x"',
      'request query.foo: not in the description',
    ])
    const storage = { headers: { ...s3.headers, 'x-amz-storage-class': 'COLD' } }
    expect(check(contract, 'PUT', '/k', { ...storage, body: 'data', type: 'text/plain' })).toEqual([
      'request header.x-amz-storage-class: one of "STANDARD", "GLACIER" expected, not "COLD"',
    ])
    const many = (body: string) => check(contract, 'POST', '/?delete', { ...s3, body, type: XML })
    expect(
      many('<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object><Quiet>true</Quiet></Delete>'),
    ).toEqual([])
    expect(many('<Deletes/>')).toEqual(['request body: <Delete> expected, not <Deletes>'])
    expect(many('<Delete><Object><Name>b</Name></Object><Quiet>yes</Quiet><Quiet>no</Quiet></Delete>')).toEqual([
      'request body.Quiet: more than once',
      'request body.Object[0].Key: missing',
      'request body.Object[0].Name: not in the description',
      'request body.Quiet: boolean expected, not "no"',
    ])
    const reply =
      '<R><AccessControlList><Grant xsi:type="User" xmlns:xsi="x"><ID>a</ID></Grant></AccessControlList></R>'
    expect(check(contract, 'GET', '/?acl', { ...s3, reply, replyType: XML })).toEqual([
      'response body.AccessControlList[0].xsi:type: one of "Group", "CanonicalUser" expected, not "User"',
    ])
  })
  it('checks documents that are the whole input', () => {
    const change = (body: string, reply = '<ChangeResponse><Status>PENDING</Status></ChangeResponse>', zone = 'Z1') => {
      const options = { ...host('route53.amazonaws.com'), body, type: XML, reply, replyType: XML }
      return check(contract, 'POST', `/2013-04-01/hostedzone/${zone}/rrset/`, options)
    }
    const one = (inner: string) =>
      `<ChangeRequest xmlns="x"><Changes><Change>${inner}</Change></Changes></ChangeRequest>`
    expect(change(one('<Action>CREATE</Action><TTL>60</TTL>'))).toEqual([])
    expect(change(one('<Action>UPSERT</Action><Ttl>60</Ttl>'))).toEqual([
      'request body.Changes[0].Action: one of "CREATE", "DELETE" expected, not "UPSERT"',
      'request body.Changes[0].Ttl: not in the description',
    ])
    expect(change(one('<Action>CREATE</Action><TTL>101</TTL>'), '<A/>', 'Z1234')).toEqual([
      'request path.Id: longer than 4 characters',
      'request body.Changes[0].TTL: 101 is more than 100',
      'response body.Status: missing',
    ])
  })
})

describe('Azure', () => {
  for (const [name, content] of Object.entries(descriptions.AZURE)) write(content, `azure/${name}`)
  const contract = loadContract(readDescriptions('azure', [join(folder, 'azure/compute/stable/compute.json')]))
  const path = '/subscriptions/s/machines/m'
  it('follows references to other files', () => {
    const body = { location: 'w', properties: { size: 'S' } }
    const reply = { id: 'a', location: 'w', properties: { id: 'b', size: 'M' } }
    expect(check(contract, 'PUT', `${path}?api-version=2019-07-01`, { body, reply })).toEqual([])
    expect(check(contract, 'GET', '/subscriptions/s/groups/g/locks?api-version=1')).toEqual([])
  })
  it('refuses what it does not describe', () => {
    const body = { properties: { size: 'L', id: 'a', sizes: 1 } }
    expect(check(contract, 'PUT', path, { body, reply: { location: 1 } })).toEqual([
      'request query.api-version: missing',
      'request body.properties.id: readOnly, so not in a request',
      'request body.properties.size: one of "S", "M" expected, not "L"',
      'request body.properties.sizes: not in the description',
      'request body.location: missing',
      'response body.location: string expected, not 1',
    ])
  })
})

describe('the tool', () => {
  for (const [name, content] of Object.entries(descriptions.MANY_FILES)) write(content, `many/${name}`)
  const yaml = join(folder, 'many/api.yml')

  it('follows references through many files of YAML', () => {
    const contract = loadContract(readDescriptions('many', [yaml]))
    const ask = (body: object) => check(contract, 'POST', '/v2/keys', { body, status: 201, reply: { key: body } })
    expect(ask({ name: 'a', region: 'nyc' })).toEqual([])
    expect(ask({ region: 'fra' })).toHaveLength(4)
    expect(Object.keys(contract.file.schemas)).toEqual(['key'])
  })
  it('says no prose', () => {
    expect(print(readDescriptions('x', [write(descriptions.OPENAPI_30)]))).not.toContain('never printed')
  })
  it('keeps the schemas that are needed, circles too, and no others', () => {
    const all = readDescriptions('x', [write(descriptions.OPENAPI_30)])
    expect(Object.keys(reduceTo(all, ({ id }) => id === 'create').schemas).sort()).toEqual([
      'Base',
      'Empty',
      'Owner',
      'Server',
    ])
    expect(reduceTo(all, ({ id }) => id === 'actions').schemas).toEqual({})
  })
  it('refuses references that lead nowhere, and files of no known format', () => {
    const broken = { openapi: '3.0.0', paths: { '/a': { get: { $ref: '#/components/none' } } } }
    expect(() => readDescriptions('x', [write(broken)])).toThrow(/refers to #\/components\/none/)
    expect(() => readDescriptions('x', [write({ hello: 1 })])).toThrow(/neither OpenAPI/)
  })

  const fixtures = join(folder, 'fixtures')
  const head = '# call: f()\n# expect: undefined\n# source: authored\n'
  write(`${head}GET /v2/servers?page=1 HTTP/1.1\n\nHTTP/1.1 200 OK\n`, 'fixtures/acme/compute/listNodes.http')
  write(`${head}GET /v2/servers/1/odd HTTP/1.1\n\nHTTP/1.1 200 OK\n`, 'fixtures/acme/compute/odd.http')
  write('# source: authored\nHTTP/1.1 404 Not Found\n', 'fixtures/acme/errors/404.http')

  it('finds the operations that fixtures use, and tells of requests that use none', () => {
    const contract = contractOf(descriptions.OPENAPI_30)
    const unknown: string[] = []
    const used = usedOperations(contract, join(fixtures, 'acme'), line => void unknown.push(line))
    expect([...used].map(({ id }) => id)).toEqual(['list'])
    expect(unknown).toEqual(['compute/odd.http: GET /v2/servers/1/odd'])
  })
  it('writes the same file each time, and keeps what was written by hand', () => {
    const tool = join(import.meta.dirname, '../../tools')
    const run = (...args: string[]) => {
      const command = ['--import', join(tool, 'ts.mjs'), join(tool, 'contracts.ts'), 'acme', ...args]
      return execFileSync(process.execPath, [...command, '--fixtures', fixtures], { stdio: 'pipe' }).toString()
    }
    const description = write(descriptions.OPENAPI_30, 'acme.json')
    expect(() => run(description)).toThrow(/--source and --date/)
    run(description, '--source', 'https://api.example.com/openapi.json', '--date', '2024-01-02')
    const out = join(fixtures, 'contracts/acme.json')
    const first = JSON.parse(readFileSync(out, 'utf8')) as ContractFile
    expect(first.operations.map(({ id }) => id)).toEqual(['list'])
    expect(first).toMatchObject({
      vendor: 'acme',
      date: '2024-01-02',
      version: '2',
      format: 'openapi 3.0.3',
      newer: [],
    })
    const newer = [{ method: 'GET', path: '/v2/disks', page: 'https://docs.example.com', reason: 'new' }]
    writeFileSync(out, print({ ...first, newer }))
    const edited = readFileSync(out, 'utf8')
    run(description)
    expect(readFileSync(out, 'utf8')).toBe(edited)
    run(description, '--only', '^(get|delete)$')
    expect(JSON.parse(readFileSync(out, 'utf8')).operations.map(({ id }: { id: string }) => id)).toEqual([
      'delete',
      'get',
    ])
    run(description, '--all', '--base', '/v3')
    expect(JSON.parse(readFileSync(out, 'utf8')).operations).toHaveLength(7)
    expect(readFileSync(out, 'utf8')).toContain('"/v3/servers/{id}"')
  })
})
