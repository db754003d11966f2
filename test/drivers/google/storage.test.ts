import { createHash, createPublicKey, verify } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GoogleOptions, GoogleStorageDriver } from '../../../drivers/google/storage.js'
import { signedUrl } from '../../../drivers/google/storage.signature.js'
import { storageLifecycle } from '../../conformance/lifecycle/storage.js'
import { type BucketServer, startBuckets } from './bucket-server.js'
import { EMAIL, keyPair } from './issuer.js'

const TOKEN = 'ya29.the-token-of-this-test'
const MIB = 1024 * 1024
const shared = await startBuckets()

const make = ({ port }: BucketServer, options: GoogleOptions = {}): GoogleStorageDriver =>
  new GoogleStorageDriver({
    ...{ accessToken: TOKEN, project: 'my-project', host: '127.0.0.1', port, secure: false, proxy: false },
    retry: { retries: 3, minTimeout: 1, maxTimeout: 2 },
    ...options,
  })

storageLifecycle({
  describe,
  it,
  title: 'GOOGLE_STORAGE: storage lifecycle against a server that keeps to the description',
  driver: async () => make(shared),
  interval: 5,
  pageSize: 3,
  secrets: [TOKEN],
  skip: { 'signed address: is one, and can be fetched': 'a token cannot sign: see the tests of signed addresses' },
})

describe('GOOGLE_STORAGE: uploads in parts', () => {
  let server: BucketServer
  let driver: GoogleStorageDriver
  const container = { name: 'photos' }
  const bytes = Buffer.alloc(3 * MIB + 17, 'A piece of what is sent, which has no period of 256. ')
  const md5 = createHash('md5').update(bytes).digest('hex')
  const small = { ex_chunkSize: MIB }

  beforeEach(async () => {
    server = await startBuckets()
    driver = make(server)
    await driver.createContainer('photos')
  })
  afterEach(async () => {
    expect(server.violations).toEqual([])
    await server[Symbol.asyncDispose]()
  })
  async function* pieces(size = 100_000): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const parts = (): string[] =>
    server.arrived.filter(({ method }) => method === 'PUT').map(({ headers }) => String(headers['content-range']))
  const stored = (): Buffer | undefined => server.objects.get('photos')?.get('cat')?.bytes

  it('sends what has no known length, and says it with the last part', async () => {
    const object = await driver.uploadObjectViaStream(pieces(), container, 'cat', small)
    expect(object).toMatchObject({ name: 'cat', size: bytes.length, hash: md5 })
    expect(parts()).toEqual([
      'bytes 0-1048575/*',
      'bytes 1048576-2097151/*',
      'bytes 2097152-3145727/*',
      `bytes 3145728-3145744/${bytes.length}`,
    ])
    expect(stored()?.equals(bytes)).toBe(true)
  })

  it('knows the last part also where all are of one size', async () => {
    await driver.uploadObjectViaStream(bytes.subarray(0, 2 * MIB), container, 'cat', small)
    expect(parts()).toEqual(['bytes 0-1048575/*', 'bytes 1048576-2097151/2097152'])
    expect(stored()?.length).toBe(2 * MIB)
  })

  it('sends nothing in parts too', async () => {
    async function* none(): AsyncGenerator<Uint8Array> {}
    await driver.uploadObjectViaStream(none(), container, 'cat')
    expect(parts()).toEqual(['bytes */0'])
    expect(stored()?.length).toBe(0)
  })

  it('sends no credentials with parts, whose address is one', async () => {
    await driver.uploadObjectViaStream(pieces(), container, 'cat', small)
    for (const { method, headers } of server.arrived) expect(headers.authorization !== undefined).toBe(method !== 'PUT')
  })

  it('sends the rest of a part of which a part arrived', async () => {
    server.takes = 2 * 262_144
    await driver.uploadObjectViaStream(pieces(), container, 'cat', small)
    expect(parts().slice(0, 2)).toEqual(['bytes 0-1048575/*', 'bytes 524288-1048575/*'])
    expect(stored()?.equals(bytes)).toBe(true)
  })

  it.each<[string, 'cut' | number]>([
    ['the server fails', 503],
    ['the connection breaks after it was stored', 'cut'],
  ])('asks how much has arrived when %s', async (_, fault) => {
    let failures = 1
    server.fault = ({ headers }) =>
      headers['content-range']?.startsWith('bytes 1048576-') && failures-- > 0 ? fault : undefined
    await driver.uploadObjectViaStream(pieces(), container, 'cat', small)
    expect(parts()).toContain('bytes */*')
    expect(stored()?.equals(bytes)).toBe(true)
  })

  it('finds the object when the answer to the last part was lost', async () => {
    let failures = 1
    server.fault = ({ headers }) =>
      /\/\d+$/.test(headers['content-range'] ?? '') && failures-- > 0 ? 'cut' : undefined
    const object = await driver.uploadObjectViaStream(pieces(), container, 'cat', small)
    expect(object.hash).toBe(md5)
    expect(server.objects.get('photos')?.size).toBe(1)
  })

  it('takes back what cannot be completed', async () => {
    server.fault = ({ headers }) => (headers['content-range']?.startsWith('bytes 1048576-') ? 403 : undefined)
    const call = driver.uploadObjectViaStream(pieces(), container, 'cat', small)
    await expect(call).rejects.toMatchObject({ code: 'PERMISSION_DENIED', operation: 'uploadObjectViaStream' })
    expect(server.sessions.size).toBe(0)
    expect(stored()).toBeUndefined()
  })

  it('gives up after as many failures as it may repeat', async () => {
    server.fault = ({ headers }) => (headers['content-range']?.startsWith('bytes 1048576-') ? 503 : undefined)
    const call = driver.uploadObjectViaStream(pieces(), container, 'cat', { ...small, retry: 2 })
    await expect(call).rejects.toMatchObject({ code: 'SERVICE', status: 503 })
    expect(parts().filter(range => range.startsWith('bytes 1048576-'))).toHaveLength(3)
    expect(server.sessions.size).toBe(0)
  })

  it('takes back what is aborted, and says why', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    server.fault = ({ headers }) => {
      if (headers['content-range']?.startsWith('bytes 1048576-')) controller.abort(reason)
      return undefined
    }
    const call = driver.uploadObjectViaStream(pieces(), container, 'cat', { ...small, signal: controller.signal })
    await expect(call).rejects.toBe(reason)
    expect(server.sessions.size).toBe(0)
  })

  it('takes back what its source fails with', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* pieces()
      throw new Error('the disk is gone')
    }
    const call = driver.uploadObjectViaStream(broken(), container, 'cat', small)
    await expect(call).rejects.toThrow('the disk is gone')
    expect(server.sessions.size).toBe(0)
    expect(stored()).toBeUndefined()
  })

  it.each([
    ['in one request', Buffer.from('Hello'), {}, { code: 'INVALID_REQUEST' }],
    ['in parts', bytes, small, { code: 'HASH_MISMATCH' }],
  ])('keeps nothing of what is not stored as it was sent, %s', async (_, source, options, error) => {
    server.corrupts = true
    await expect(driver.uploadObjectViaStream(source, container, 'cat', options)).rejects.toMatchObject(error)
    expect(stored()).toBeUndefined()
  })

  it('goes by the generation', async () => {
    await driver.uploadObjectViaStream('one', container, 'cat', { ex_ifGenerationMatch: '0' })
    const late = driver.uploadObjectViaStream('two', container, 'cat', { ex_ifGenerationMatch: '0' })
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT', status: 412, providerCode: 'conditionNotMet' })
    const { extra } = await driver.getObject('photos', 'cat')
    await driver.uploadObjectViaStream('two', container, 'cat', { ex_ifGenerationMatch: extra.generation })
    expect(stored()?.toString()).toBe('two')
  })

  it('refuses what is no size of a part, and a length that is none, before anything is sent', async () => {
    const before = server.arrived.length
    await expect(driver.uploadObjectViaStream('x', container, 'cat', { ex_chunkSize: 1000 })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      argument: 'options.ex_chunkSize',
    })
    const longer = driver.uploadObjectViaStream(pieces(), container, 'cat', { contentLength: 5 })
    await expect(longer).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    expect(server.arrived.length).toBe(before)
  })

  it('lets somebody else send the parts', async () => {
    const session = await driver.ex_startUpload(container, 'cat', { contentType: 'image/jpeg' })
    const response = await fetch(session.uri, {
      method: 'PUT',
      headers: { 'content-range': `bytes 0-${MIB - 1}/*` },
      body: bytes.subarray(0, MIB),
      redirect: 'manual',
    })
    expect(response.status).toBe(308)
    expect(await driver.ex_getUploadStatus(session)).toEqual({ isDone: false, received: MIB })
    await driver.ex_abortUpload(session)
    await expect(driver.ex_getUploadStatus(session)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const stranger = { uri: session.uri.replace('127.0.0.1', 'example.com') }
    await expect(driver.ex_abortUpload(stranger)).rejects.toMatchObject({ argument: 'session.uri' })
  })
})

describe('GOOGLE_STORAGE: signed addresses', () => {
  const base = {
    origin: 'https://storage.googleapis.com',
    method: 'GET',
    bucket: 'test-bucket',
    object: 'test-object',
    expiresIn: 10,
    date: new Date('2019-02-01T09:00:00Z'),
  } as const
  // https://github.com/googleapis/conformance-tests/blob/main/storage/v1/v4_signatures.json
  it.each([
    ['GET', {}, '00e2fb794ea93d7adb703edaebdd509821fcc7d4f1a79ac5c8d2b394df109320'],
    ['PUT', { method: 'PUT' }, '78742860705da91404222d5d66ff89850292471199c3c2808d116ad12e6177b4'],
    [
      'a header',
      { method: 'POST', headers: { 'X-Goog-Resumable': 'start' } },
      '877f8b40179d2753296f2fd6de815ab40503c7a3c446a7b44aa4e74422ff4daf',
    ],
    [
      'a name that begins with a slash',
      { object: '/path/with/slashes/under_score/amper&sand/file.ext' },
      '63c601ecd6ccfec84f1113fc906609cbdf7651395f4300cecd96ddd2c35164f8',
    ],
    [
      'headers in their order',
      { headers: { BAR: 'BAR-value', foo: 'foo-value' } },
      '59c1ac1a6ee7d773d5c4487ecc861d60b71c4871dd18fc7d8485fac09df1d296',
    ],
    [
      'colons in headers',
      { headers: { BAR: '2023-02-10T03:', foo: '2023-02-10T02:00:00Z' } },
      'a2a6df7e6bd818894e1f60ac3c393901b512ca1cf1061ba602dace3fb38c19a6',
    ],
  ] as const)('are signed as Google signs them: %s', async (_, request, digest) => {
    let signed = ''
    const email = 'test-iam-credentials@dummy-project-id.iam.gserviceaccount.com'
    const sign = (text: string): Buffer => {
      signed = text
      return Buffer.from('00', 'hex')
    }
    const url = await signedUrl({ ...base, ...request }, { email, sign })
    expect(signed).toBe(`GOOG4-RSA-SHA256\n20190201T090000Z\n20190201/auto/storage/goog4_request\n${digest}`)
    expect(new URL(url).searchParams.get('X-Goog-Credential')).toBe(`${email}/20190201/auto/storage/goog4_request`)
  })

  it("carry the service account's signature, and nothing is asked", async () => {
    const { privateKey, publicKey } = keyPair()
    const raw = { type: 'service_account', client_email: EMAIL, private_key: privateKey }
    const driver = new GoogleStorageDriver({ key: JSON.stringify(raw), host: 'storage.invalid' })
    const object = { name: 'a b/ü.txt', container: { name: 'photos' } }
    const url = new URL(await driver.getObjectSignedUrl(object, { expiresIn: 60 }))
    const query = Object.fromEntries(url.searchParams)
    const [parameters = ''] = url.search.slice(1).split('&X-Goog-Signature=')
    const canonical = [
      'GET',
      '/photos/a%20b/%C3%BC.txt',
      parameters,
      'host:storage.invalid',
      '',
      'host',
      'UNSIGNED-PAYLOAD',
    ]
    const digest = createHash('sha256').update(canonical.join('\n')).digest('hex')
    const time = query['X-Goog-Date'] ?? ''
    const text = `GOOG4-RSA-SHA256\n${time}\n${time.slice(0, 8)}/auto/storage/goog4_request\n${digest}`
    const signature = Buffer.from(query['X-Goog-Signature'] ?? '', 'hex')
    expect(
      verify(
        'RSA-SHA256',
        Buffer.from(text),
        createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
        signature,
      ),
    ).toBe(true)
    expect(query['X-Goog-Expires']).toBe('60')
  })

  it('are of use for seven days at most, and need somebody who can sign', async () => {
    const driver = new GoogleStorageDriver({ accessToken: TOKEN, project: 'my-project' })
    const object = { name: 'cat', container: { name: 'photos' } }
    const long = driver.getObjectSignedUrl(object, { expiresIn: 604_801 })
    await expect(long).rejects.toMatchObject({ code: 'INVALID_REQUEST', argument: 'options.expiresIn' })
    await expect(driver.getObjectSignedUrl(object)).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' })
  })

  it('are made without a request of public objects', async () => {
    const driver = new GoogleStorageDriver({ accessToken: TOKEN })
    const object = { name: 'a b/ü.txt', container: { name: 'photos' } }
    expect(await driver.getObjectCdnUrl(object)).toBe('https://storage.googleapis.com/photos/a%20b/%C3%BC.txt')
    expect(await driver.getContainerCdnUrl({ name: 'photos' })).toBe('https://storage.googleapis.com/photos')
  })

  it.each(['UPPER', 'ab', 'google-photos', 'goog1', '192.0.2.1', 'a..b', '-a-', 'a'.repeat(64)])(
    'no bucket is called %s',
    async name => {
      const driver = new GoogleStorageDriver({ accessToken: TOKEN, project: 'my-project', host: 'storage.invalid' })
      await expect(driver.createContainer(name)).rejects.toMatchObject({ name: 'InvalidContainerNameError' })
    },
  )
})
