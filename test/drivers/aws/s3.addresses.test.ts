import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type S3Options, S3StorageDriver } from '../../../drivers/aws/s3.js'
import * as stores from '../../../drivers/aws/s3.vendors.gen.js'
import { VENDORS } from '../../../drivers/aws/s3.vendors.js'
import { InvalidContainerNameError, InvalidCredentialsError, InvalidRequestError } from '../../../lib/errors.js'
import { getDriver, Provider } from '../../../lib/storage/index.js'
import { type ArrivedRequest, type ReplayServer, startReplay } from '../../conformance/replay.js'

const KEYS = { key: 'test-key', secret: 'test-secret' }
let server: ReplayServer
beforeAll(async () => {
  server = await startReplay()
})
afterAll(() => server.close())

type Answer = (request: ArrivedRequest, response: ServerResponse) => void
let answer: Answer
beforeEach(() => {
  answer = (_request, response) => void response.writeHead(200, { 'content-length': 0 }).end()
  server.play((request, response) => answer(request, response))
})

const driver = (options: S3Options = {}): S3StorageDriver =>
  new S3StorageDriver({ ...KEYS, region: 'us-east-1', retry: false, dispatcher: server.dispatcher, ...options })
/** Where a request went: its host and its target. */
const went = ({ headers, target }: ArrivedRequest): string => `${headers['host']}${target}`
const regionOf = ({ headers }: ArrivedRequest): string | undefined =>
  /Credential=[^/]+\/\d+\/([^/]+)\/s3\//.exec(headers['authorization'] ?? '')?.[1]

describe('S3: addresses', () => {
  it('have the bucket in the host where that is possible, or in the path', async () => {
    const cases: [S3Options, string, string][] = [
      [{}, 'bucket', 'bucket.s3.us-east-1.amazonaws.com/key'],
      [{}, 'with.dots', 's3.us-east-1.amazonaws.com/with.dots/key'],
      [{}, 'Old_Bucket', 's3.us-east-1.amazonaws.com/Old_Bucket/key'],
      [{ addressing: 'path' }, 'bucket', 's3.us-east-1.amazonaws.com/bucket/key'],
      [{ region: 'cn-north-1' }, 'bucket', 'bucket.s3.cn-north-1.amazonaws.com.cn/key'],
      [{ region: 'eu-west-1', dualStack: true }, 'bucket', 'bucket.s3.dualstack.eu-west-1.amazonaws.com/key'],
      [{ region: 'us-gov-west-1', fips: true }, 'bucket', 'bucket.s3-fips.us-gov-west-1.amazonaws.com/key'],
      [{ host: 'store.example', port: 9000 }, 'bucket', 'store.example:9000/bucket/key'],
      [{ host: 'store.example', addressing: 'virtual' }, 'bucket', 'bucket.store.example/key'],
    ]
    for (const [options, bucket, wanted] of cases) {
      await driver(options).getObject(bucket, 'key')
      expect(went(server.requests.at(-1) as ArrivedRequest)).toBe(wanted)
    }
  })

  it('keep keys as they are', async () => {
    const keys = ['a//b', '//', 'a+b c', 'ü/漢/😀', '%2F%', "!'()*", 'a?b#c', 'a\u0001\n', '.../..a', ';&=:@']
    for (const key of keys) {
      await driver().getObject('bucket', key)
      const { target } = server.requests.at(-1) as ArrivedRequest
      expect(decodeURIComponent(target.slice(1))).toBe(key)
    }
    for (const key of ['.', '..', 'a/../b', '', 'x'.repeat(1025), 'ü'.repeat(513)])
      await expect(driver().getObject('bucket', key)).rejects.toThrow(InvalidRequestError)
  })

  it('refuse names that no bucket can have, before any request', async () => {
    const count = server.requests.length
    const bad = [
      'ab',
      'Upper',
      'a_b',
      '-abc',
      'abc-',
      'a..b',
      'a.-b',
      '192.0.2.1',
      'xn--abc',
      'abc-s3alias',
      'x'.repeat(64),
    ]
    for (const name of bad) await expect(driver().createContainer(name)).rejects.toThrow(InvalidContainerNameError)
    for (const name of ['a/b', 'evil.example/x', 'a b', 'ü', 'a@b', 'a..b', 'ab', 'a#b', 'a?b', 'a:1'])
      await expect(driver().getContainer(name)).rejects.toThrow(InvalidContainerNameError)
    for (const region of ['evil.example/', 'a.b', 'EU', '']) expect(() => driver({ region })).toThrow()
    expect(server.requests.length).toBe(count)
  })

  it('are signed for a while, without asking', async () => {
    const count = server.requests.length
    const object = { name: 'a b', container: { name: 'bucket' } }
    const url = new URL(await driver().getObjectSignedUrl(object, { expiresIn: 60, ex_versionId: 'v1' }))
    expect(url.origin + url.pathname).toBe('https://bucket.s3.us-east-1.amazonaws.com/a%20b')
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      versionId: 'v1',
      'X-Amz-Expires': '60',
      'X-Amz-SignedHeaders': 'host',
    })
    const put = await driver().getObjectSignedUrl(object, { method: 'PUT', contentType: 'text/plain' })
    expect(new URL(put).searchParams.get('X-Amz-SignedHeaders')).toBe('content-type;host')
    expect(url.href + put).not.toContain('test-secret')
    await expect(driver().getObjectSignedUrl(object, { expiresIn: 604_801 })).rejects.toThrow(/604800/)
    expect(server.requests.length).toBe(count)
  })
})

describe("S3: buckets in other regions than the driver's", () => {
  const elsewhere: Record<string, Answer> = {
    'a redirect that names the region': (_request, response) =>
      response
        .writeHead(301, { 'x-amz-bucket-region': 'eu-west-3', 'content-type': 'application/xml' })
        .end('<Error><Code>PermanentRedirect</Code><Endpoint>bucket.s3.eu-west-3.amazonaws.com</Endpoint></Error>'),
    'a redirect to the region': (_request, response) =>
      response.writeHead(307, { location: 'https://bucket.s3.eu-west-3.amazonaws.com/key' }).end(),
    'a refusal that names the region': (_request, response) =>
      response
        .writeHead(400, { 'content-type': 'application/xml' })
        .end('<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>'),
  }
  for (const [title, refuse] of Object.entries(elsewhere)) {
    it(`are found after ${title}, and known from then on`, async () => {
      answer = (request, response) => {
        if (regionOf(request) !== 'eu-west-3') refuse(request, response)
        else response.writeHead(200, { etag: '"5d41402abc4b2a76b9719d911017c592"', 'content-length': 0 }).end()
      }
      const one = driver()
      const before = server.requests.length
      await one.uploadObjectViaStream('hello', { name: 'bucket' }, 'key')
      await one.getObject('bucket', 'key')
      const sent = server.requests.slice(before)
      expect(sent.map(went)).toEqual([
        'bucket.s3.us-east-1.amazonaws.com/key',
        'bucket.s3.eu-west-3.amazonaws.com/key',
        'bucket.s3.eu-west-3.amazonaws.com/key',
      ])
      expect(sent.map(regionOf)).toEqual(['us-east-1', 'eu-west-3', 'eu-west-3'])
      expect(sent[1]?.body.toString()).toBe('hello')
      await one.getObject('with.dots', 'key').catch(() => {})
      expect(await one.getObjectSignedUrl({ name: 'k', container: { name: 'bucket' } })).toContain('.eu-west-3.')
    })
  }

  it('are not followed from one to the other for ever, nor to hosts that are no regions', async () => {
    let turn = 0
    answer = (_request, response) => {
      turn += 1
      response.writeHead(301, { 'x-amz-bucket-region': `eu-west-${turn}` }).end()
    }
    const before = server.requests.length
    await expect(driver().getContainer('bucket')).rejects.toThrow()
    expect(server.requests.length - before).toBe(2)
    answer = (_request, response) =>
      void response.writeHead(301, { 'x-amz-bucket-region': 'evil.example/', location: 'https://evil.example/' }).end()
    await expect(driver().getContainer('bucket')).rejects.toThrow()
    expect(server.requests.length - before).toBe(3)
  })
})

describe('S3: the clock', () => {
  it('is corrected once, and then reported', async () => {
    const skewed = new Date(Date.now() + 3_600_000).toUTCString()
    let right = true
    answer = (request, response) => {
      const day = request.headers['x-amz-date'] ?? ''
      const theirs = new Date(skewed).toISOString().slice(0, 13).replace(/[-:]/g, '')
      if (right && day.startsWith(theirs)) response.writeHead(200, { 'content-length': 0 }).end()
      else
        response
          .writeHead(403, { date: skewed, 'content-type': 'application/xml' })
          .end('<Error><Code>RequestTimeTooSkewed</Code><Message>too skewed</Message></Error>')
    }
    const one = driver()
    const before = server.requests.length
    await one.deleteContainer({ name: 'bucket' })
    await one.deleteContainer({ name: 'bucket' })
    expect(server.requests.length - before).toBe(3)
    right = false
    await expect(one.deleteContainer({ name: 'bucket' })).rejects.toThrow(InvalidCredentialsError)
    expect(server.requests.length - before).toBe(4)
  })
})

describe('S3: lists', () => {
  const page = (contents: string): void => {
    answer = (_request, response) =>
      void response
        .writeHead(200, { 'content-type': 'application/xml' })
        .end(`<ListBucketResult><EncodingType>url</EncodingType>${contents}</ListBucketResult>`)
  }
  const item = (key: string, more = ''): string =>
    `<Contents><Key>${key}</Key><LastModified>2024-01-31T10:00:00.000Z</LastModified><ETag>&quot;e1&quot;</ETag>${more}<Size>7</Size><StorageClass>STANDARD</StorageClass></Contents>`
  const names = async (): Promise<string[]> =>
    (await driver().listContainerObjects({ name: 'bucket' })).map(({ name }) => name)

  it('are read alike, in whichever form they come', async () => {
    const forms = [
      item('a%2Bb+c') + item('d'),
      `${item('a%2Bb+c')}\n${item('d')}\n`,
      item('a%2Bb+c', '<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>') +
        item('d'),
      item('a%2Bb+c', '<Owner><ID>o</ID></Owner>') + item('d'),
      item('a%2Bb+c') + item('d', '<New>1</New>'),
      `<!-- ${item('no')} -->${item('a%2Bb+c')}${item('d')}`,
      `${item('a%2Bb+c')}<!-- ${item('no')} -->${item('d')}`,
      `${item('a%2Bb+c')}<Contents><Size>7</Size><Key>d</Key></Contents>`,
    ]
    for (const form of forms) {
      page(form)
      expect(await names(), form).toEqual(['a+b c', 'd'])
    }
    page(item('a&amp;b'))
    expect(await names()).toEqual(['a&b'])
    page('')
    expect(await names()).toEqual([])
  })

  it('are refused where they are no documents', async () => {
    for (const broken of [
      `${item('a')}<Contents>`,
      `${item('a')}</Contents>`,
      `${item('a')}&evil;`,
      '<Contents><Key>a</Contents>',
    ]) {
      page(broken)
      await expect(names(), broken).rejects.toMatchObject({ code: 'MALFORMED_RESPONSE' })
    }
  })
})

describe('S3: options', () => {
  it('are refused where they mean nothing', () => {
    for (const wrong of [
      { partSize: 1 },
      { concurrency: 0 },
      { checksum: 'CRC' },
      { addressing: 'host' },
      { signPayload: 'yes' },
    ])
      expect(() => driver(wrong as S3Options), JSON.stringify(wrong)).toThrow(InvalidRequestError)
  })

  it('keep what would change the signature or the body', async () => {
    for (const name of ['Authorization', 'Host', 'content-length', 'X-Amz-Date', 'x-amz-content-sha256']) {
      const options = { headers: { [name]: 'x' } }
      await expect(driver().uploadObjectViaStream('x', { name: 'bucket' }, 'k', options)).rejects.toThrow(
        /left to this/,
      )
    }
    const metaData = { name: 'ü' }
    await expect(driver().uploadObjectViaStream('x', { name: 'bucket' }, 'k', { metaData })).rejects.toThrow(/ASCII/)
    const ex_customerKey = Buffer.alloc(31)
    await expect(driver().getObject('bucket', 'k', { ex_customerKey })).rejects.toThrow(/32 bytes/)
  })
})

describe('S3-compatible stores', () => {
  type Store = new (options: S3Options) => S3StorageDriver
  const classes = stores as unknown as Readonly<Record<string, Store>>

  it('have a class and a constant each', async () => {
    for (const vendor of VENDORS) {
      const Class = classes[vendor.class] as Store
      expect(await getDriver(vendor.provider as 's3'), vendor.provider).toBe(Class)
      const host = vendor.host === undefined ? {} : { host: 'store.example' }
      const made = new Class({ ...KEYS, ...host, dispatcher: server.dispatcher })
      expect(made.provider).toBe(vendor.provider)
      await made.getObject('bucket', 'key')
      const request = server.requests.at(-1) as ArrivedRequest
      expect(regionOf(request), vendor.provider).toBe(vendor.region)
      expect(went(request)).toMatch(vendor.addressing === 'path' ? /^[^/]+\/bucket\/key$/ : /^bucket\.[^/]+\/key$/)
      for (const region of vendor.regions ?? []) {
        await new Class({ ...KEYS, ...host, region, dispatcher: server.dispatcher }).getContainer('bucket')
        expect(regionOf(server.requests.at(-1) as ArrivedRequest)).toBe(region)
      }
    }
    expect(Provider.WASABI).toBe('wasabi')
  })

  it('refuse regions that they do not have, and want a host where everybody has another', () => {
    const wrong = { ...KEYS, region: 'mars-1' }
    // @ts-expect-error: the type knows the regions
    expect(() => new stores.WasabiStorageDriver(wrong)).not.toThrow(TypeError)
    expect(() => new stores.WasabiStorageDriver(wrong as never)).toThrow(/us-east-1/)
    expect(
      () => new stores.WasabiStorageDriver({ ...KEYS, host: 's3.mars-1.wasabisys.com', region: 'mars-1' as never }),
    ).not.toThrow()
    for (const Class of [stores.CloudflareR2StorageDriver, stores.MinIOStorageDriver, stores.S3RGWStorageDriver])
      expect(() => new Class(KEYS)).toThrow(/'host' must be/)
  })

  it('take no keys from where those of AWS lie', () => {
    const before = { ...process.env }
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'aws', AWS_SECRET_ACCESS_KEY: 'aws' })
    try {
      expect(() => new stores.WasabiStorageDriver()).toThrow(/WASABI_ACCESS_KEY_ID/)
      Object.assign(process.env, { WASABI_ACCESS_KEY_ID: 'one', WASABI_SECRET_ACCESS_KEY: 'two' })
      expect(() => new stores.WasabiStorageDriver()).not.toThrow()
    } finally {
      process.env = before
    }
  })

  it('have their quirks', async () => {
    const { dispatcher } = server
    answer = (_request, response) =>
      void response.writeHead(200, { 'content-type': 'application/xml' }).end('<ListBucketResult/>')
    await new stores.DigitalOceanSpacesStorageDriver({ ...KEYS, dispatcher }).listContainerObjects({ name: 'bucket' })
    expect(went(server.requests.at(-1) as ArrivedRequest)).toBe('bucket.nyc3.digitaloceanspaces.com/?list-type=2')
    const american = new stores.OvhStorageDriver({ ...KEYS, region: 'us-east-va', dispatcher })
    await american.listContainerObjects({ name: 'bucket' })
    expect(server.requests.at(-1)?.headers['host']).toBe('bucket.s3.us-east-va.io.cloud.ovh.us')
  })
})
