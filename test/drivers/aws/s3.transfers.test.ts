import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checksumOf, type S3Checksum, startChecksum } from '../../../drivers/aws/s3.checksums.js'
import {
  CleanupError,
  ConflictError,
  InvalidRequestError,
  LibcloudError,
  MalformedResponseError,
  ObjectHashMismatchError,
  ServiceError,
} from '../../../lib/errors.js'
import { FakeStore, failure } from './s3.server.js'

const MIB = 1024 * 1024
/** Bytes that are different everywhere, and the same in every run. */
const bytesOf = (size: number): Buffer => {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; at += 4) bytes.writeUInt32LE(Math.imul(at, 2654435761) >>> 0, Math.min(at, size - 4))
  return bytes
}
const LARGE = bytesOf(12 * MIB + 5)
const BUCKET = { name: 'bucket' }
const KEY = '/bucket/key'
const PARTS = { partSize: 5 * MIB, concurrency: 2 }
async function* chunked(bytes: Buffer, size = 300_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

let store: FakeStore
let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 's3-'))
  store = new FakeStore()
  await store.start()
})
afterEach(async () => {
  rmSync(folder, { recursive: true })
  await store.stop()
})

describe('S3: uploads in parts', () => {
  it('repeat a part that fails, and no other', async () => {
    let failures = 2
    store.intervene = ({ query }, response) => {
      if (query.get('partNumber') !== '2' || failures-- <= 0) return undefined
      failure(response, 503, 'SlowDown')
      return true
    }
    const sent = await store.driver(PARTS).uploadObjectViaStream(chunked(LARGE), BUCKET, 'key')
    expect(sent).toMatchObject({ size: LARGE.length, hash: 'whole-3' })
    expect(store.objects.get(KEY)?.equals(LARGE)).toBe(true)
    expect(store.count('PUT', 'partNumber')).toBe(5)
  })

  it('are given up once a part cannot be sent, with the error of that part', async () => {
    store.intervene = ({ query }, response) => {
      if (query.get('partNumber') !== '2') return undefined
      failure(response, 403, 'AccessDenied')
      return true
    }
    const upload = store.driver(PARTS).uploadObjectViaStream(chunked(LARGE), BUCKET, 'key')
    await expect(upload).rejects.toMatchObject({ code: 'PERMISSION_DENIED', operation: 'uploadObjectViaStream' })
    expect(store.uploads.size).toBe(0)
    expect(store.objects.size).toBe(0)
    expect(store.count('DELETE', 'uploadId')).toBe(1)
  })

  it('tell what is left where it cannot be given back', async () => {
    store.intervene = ({ query, method }, response) => {
      if (method !== 'DELETE' && query.get('partNumber') !== '1') return undefined
      failure(response, 403, 'AccessDenied')
      return true
    }
    const upload = store.driver(PARTS).uploadObjectViaStream(chunked(LARGE), BUCKET, 'key')
    const error = await upload.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(CleanupError)
    expect((error as CleanupError).errors).toHaveLength(2)
    expect(String(error)).toContain("'u1'")
  })

  it('end with the reason when they are aborted, in whichever request', async () => {
    for (const when of ['uploads', 'partNumber', 'uploadId']) {
      const controller = new AbortController()
      const reason = new Error(`enough of ${when}`)
      store.intervene = ({ query, method }) => {
        if (method === 'DELETE' || !query.has(when) || (when === 'uploadId' && method !== 'POST')) return undefined
        controller.abort(reason)
        return true
      }
      const { signal } = controller
      const upload = store.driver(PARTS).uploadObjectViaStream(chunked(LARGE), BUCKET, 'key', { signal })
      await expect(upload).rejects.toBe(reason)
      expect(store.uploads.size).toBe(0)
      expect(store.objects.size).toBe(0)
    }
  })

  it('end in their time', async () => {
    store.intervene = ({ query }) => query.has('partNumber')
    const upload = store.driver(PARTS).uploadObjectViaStream(chunked(LARGE), BUCKET, 'key', { timeout: 300 })
    await expect(upload).rejects.toMatchObject({ code: 'TIMEOUT' })
    // On a machine that stood still, the time may have been over before the upload was known to have begun.
    if (store.count('PUT', 'partNumber') > 0) expect(store.uploads.size).toBe(0)
  })

  it('know that they are complete when the answer was lost', async () => {
    let lost = false
    store.intervene = ({ method, query, path }, response) => {
      if (method === 'POST' && query.has('uploadId') && !lost) {
        lost = true
        store.objects.set(path, LARGE)
        store.uploads.clear()
        response.destroy()
        return true
      }
      if (method !== 'HEAD') return undefined
      response.writeHead(200, { etag: '"abc-3"', 'content-length': LARGE.length }).end()
      return true
    }
    const sent = await store.driver(PARTS).uploadObjectViaStream(chunked(LARGE), BUCKET, 'key')
    expect(sent).toMatchObject({ size: LARGE.length, hash: 'abc-3' })
  })

  it('take an error for one although its status says success', async () => {
    let failures = 1
    store.intervene = ({ method, query }, response) => {
      if (method !== 'POST' || !query.has('uploadId') || failures-- <= 0) return undefined
      failure(response, 200, 'InternalError')
      return true
    }
    await store.driver(PARTS).uploadObjectViaStream(chunked(LARGE), BUCKET, 'key')
    expect(store.objects.get(KEY)?.equals(LARGE)).toBe(true)
    failures = 9
    const upload = store.driver({ ...PARTS, retry: false }).uploadObjectViaStream(chunked(LARGE), BUCKET, 'key')
    await expect(upload).rejects.toThrow(ServiceError)
    expect(store.uploads.size).toBe(0)
  })

  it('hold no more than the parts under way', async () => {
    let read = 0
    async function* counted(): AsyncGenerator<Buffer> {
      for (let at = 0; at < 40; at++) {
        read += MIB
        yield Buffer.alloc(MIB, at)
      }
    }
    let most = 0
    const arrived = (): number => [...store.uploads.values()].reduce((sum, parts) => sum + parts.size, 0) * 5 * MIB
    store.intervene = ({ query }) => {
      if (query.has('partNumber')) most = Math.max(most, read - arrived())
      return undefined
    }
    await store.driver(PARTS).uploadObjectViaStream(counted(), BUCKET, 'key')
    expect(store.objects.get(KEY)?.length).toBe(40 * MIB)
    // Two parts under way, one that is read, and a chunk.
    expect(most).toBeLessThanOrEqual(16 * MIB)
  })

  it('are given up when the source fails, lies, or yields no bytes', async () => {
    const driver = store.driver(PARTS)
    const broken = new Error('the source broke')
    async function* failing(): AsyncGenerator<Buffer> {
      yield* chunked(LARGE.subarray(0, 6 * MIB))
      throw broken
    }
    await expect(driver.uploadObjectViaStream(failing(), BUCKET, 'key')).rejects.toBe(broken)
    await expect(driver.uploadObjectViaStream(Readable.from(failing()), BUCKET, 'key')).rejects.toBe(broken)
    for (const contentLength of [1, 6 * MIB, LARGE.length - 1, LARGE.length + 1, 5 * MIB]) {
      const upload = driver.uploadObjectViaStream(chunked(LARGE), BUCKET, 'key', { contentLength })
      await expect(upload).rejects.toMatchObject({ argument: 'options.contentLength' })
    }
    const odd = Readable.from([{ no: 'bytes' }])
    await expect(driver.uploadObjectViaStream(odd, BUCKET, 'key')).rejects.toThrow(InvalidRequestError)
    expect(odd.destroyed).toBe(true)
    expect(store.objects.size + store.uploads.size).toBe(0)
  })

  it('go on with what the service has', async () => {
    const driver = store.driver(PARTS)
    async function* failing(): AsyncGenerator<Buffer> {
      yield* chunked(LARGE.subarray(0, 11 * MIB))
      throw new Error('the source broke')
    }
    await expect(driver.uploadObjectViaStream(failing(), BUCKET, 'key', { ex_resume: true })).rejects.toThrow('broke')
    expect(store.uploads.size).toBe(1)
    const has = store.uploads.get('u1')?.size ?? 0
    expect(has).toBeGreaterThan(0)
    const before = store.count('PUT', 'partNumber')
    await driver.uploadObjectViaStream(chunked(LARGE), BUCKET, 'key', { ex_resume: true })
    expect(store.objects.get(KEY)?.equals(LARGE)).toBe(true)
    expect(store.count('PUT', 'partNumber') - before).toBe(3 - has)
  })

  it('refuse sizes that the service would refuse when all has been sent', async () => {
    const driver = store.driver()
    for (const ex_partSize of [1, 5 * MIB - 1, 6 * 1024 * MIB, 5.5])
      await expect(driver.uploadObjectViaStream('x', BUCKET, 'k', { ex_partSize })).rejects.toThrow(/5 MiB/)
    for (const ex_concurrency of [0, -1, 1.5, 101])
      await expect(driver.uploadObjectViaStream('x', BUCKET, 'k', { ex_concurrency })).rejects.toThrow(/1 to 100/)
    await expect(driver.uploadObjectViaStream('x', BUCKET, 'k', { ex_checksum: 'CRC' as never })).rejects.toThrow(
      /CRC32C/,
    )
    expect(store.seen.length).toBe(0)
  })
})

describe('S3: uploads in one request', () => {
  it('are repeated, of whatever source, while they are small', async () => {
    let failures = 2
    store.intervene = (_seen, response) => {
      if (failures-- <= 0) return undefined
      failure(response, 500, 'InternalError')
      return true
    }
    await store.driver().uploadObjectViaStream(chunked(LARGE.subarray(0, 2 * MIB)), BUCKET, 'key')
    expect(store.objects.get(KEY)?.equals(LARGE.subarray(0, 2 * MIB))).toBe(true)
    expect(store.seen.length).toBe(3)
  })

  it('carry the checksum that is wanted', async () => {
    const wanted: Readonly<Record<S3Checksum, string>> = {
      MD5: 'content-md5',
      CRC32: 'x-amz-checksum-crc32',
      CRC32C: 'x-amz-checksum-crc32c',
      CRC64NVME: 'x-amz-checksum-crc64nvme',
      SHA1: 'x-amz-checksum-sha1',
      SHA256: 'x-amz-checksum-sha256',
    }
    for (const [algorithm, header] of Object.entries(wanted) as [S3Checksum, string][]) {
      await store.driver().uploadObjectViaStream('123456789', BUCKET, 'key', { ex_checksum: algorithm })
      expect(store.seen.at(-1)?.headers[header]).toBe(checksumOf(algorithm, Buffer.from('123456789')))
    }
    await store.driver().uploadObjectViaStream('123456789', BUCKET, 'key', { verifyHash: false })
    for (const header of Object.values(wanted)) expect(store.seen.at(-1)?.headers[header]).toBe(undefined)
  })

  it('are signed chunk by chunk, with their checksum behind them, as streams over plain HTTP', async () => {
    const source = Readable.from(chunked(LARGE))
    const options = { ex_multipart: false, contentLength: LARGE.length, ex_checksum: 'CRC32C' } as const
    await store.driver().uploadObjectViaStream(source, BUCKET, 'key', options)
    const { headers, body } = store.seen[0] as (typeof store.seen)[0]
    expect(store.seen.length).toBe(1)
    expect(headers).toMatchObject({
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
      'content-encoding': 'aws-chunked',
      'x-amz-trailer': 'x-amz-checksum-crc32c',
      'x-amz-decoded-content-length': String(LARGE.length),
      'content-length': String(body.length),
    })
    const { bytes, trailer, signatures } = unframed(body)
    expect(bytes.equals(LARGE)).toBe(true)
    expect(signatures.every(each => /^[0-9a-f]{64}$/.test(each))).toBe(true)
    expect(new Set(signatures).size).toBe(signatures.length)
    expect(trailer).toContain(`x-amz-checksum-crc32c:${checksumOf('CRC32C', LARGE)}\r\n`)
    expect(trailer).toMatch(/x-amz-trailer-signature:[0-9a-f]{64}\r\n\r\n$/)
  })

  it('are sent as they are, where nothing is to be signed or checked', async () => {
    const options = { ex_multipart: false, contentLength: LARGE.length, verifyHash: false }
    await store.driver({ signPayload: false }).uploadObjectViaStream(chunked(LARGE), BUCKET, 'key', options)
    expect(store.objects.get(KEY)?.equals(LARGE)).toBe(true)
    expect(store.seen[0]?.headers['x-amz-content-sha256']).toBe('UNSIGNED-PAYLOAD')
    await expect(
      store.driver().uploadObjectViaStream(chunked(LARGE), BUCKET, 'key', { ex_multipart: false }),
    ).rejects.toMatchObject({ argument: 'options.contentLength' })
  })
})

describe('S3: a stream in one request', () => {
  it('is compared with the entity tag where its checksum is an MD5', async () => {
    const options = { ex_multipart: false, contentLength: 10_000, ex_checksum: 'MD5' } as const
    const driver = store.driver({ signPayload: false })
    const source = (): AsyncGenerator<Buffer> => chunked(LARGE.subarray(0, 10_000), 1000)
    await driver.uploadObjectViaStream(source(), BUCKET, 'key', options)
    expect(store.objects.get(KEY)?.equals(LARGE.subarray(0, 10_000))).toBe(true)
    store.intervene = (_seen, response) => {
      response.writeHead(200, { etag: '"00000000000000000000000000000000"' }).end()
      return true
    }
    const upload = driver.uploadObjectViaStream(source(), BUCKET, 'key', options)
    await expect(upload).rejects.toThrow(ObjectHashMismatchError)
  })

  it('has its checksum behind it, unsigned, where nothing is signed', async () => {
    const options = { ex_multipart: false, contentLength: 100_000, ex_checksum: 'SHA256' } as const
    const bytes = LARGE.subarray(0, 100_000)
    await store.driver({ signPayload: false }).uploadObjectViaStream(chunked(bytes), BUCKET, 'key', options)
    const { headers, body } = store.seen[0] as (typeof store.seen)[0]
    expect(headers['x-amz-content-sha256']).toBe('STREAMING-UNSIGNED-PAYLOAD-TRAILER')
    const { bytes: arrived, trailer } = unframed(body)
    expect(arrived.equals(bytes)).toBe(true)
    expect(trailer).toBe(`x-amz-checksum-sha256:${checksumOf('SHA256', bytes)}\r\n\r\n`)
  })

  it('leaves nothing when it fails, or lies about its length', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield LARGE.subarray(0, 1000)
      throw new Error('the source broke')
    }
    const driver = store.driver()
    const options = { ex_multipart: false, contentLength: 2000 }
    await expect(driver.uploadObjectViaStream(failing(), BUCKET, 'key', options)).rejects.toThrow('the source broke')
    for (const length of [1999, 2001]) {
      const upload = driver.uploadObjectViaStream(chunked(LARGE.subarray(0, length), 500), BUCKET, 'key', options)
      await expect(upload).rejects.toThrow(InvalidRequestError)
    }
    expect(store.objects.size).toBe(0)
  })
})

/** What a body says in chunks. */
function unframed(body: Buffer): { bytes: Buffer; trailer: string; signatures: string[] } {
  const chunks: Buffer[] = []
  const signatures: string[] = []
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at)
    const [size = '', signature = ''] = body.subarray(at, end).toString().split(';chunk-signature=')
    signatures.push(signature)
    const length = Number.parseInt(size, 16)
    if (length === 0) return { bytes: Buffer.concat(chunks), trailer: body.subarray(end + 2).toString(), signatures }
    chunks.push(body.subarray(end + 2, end + 2 + length))
    at = end + 2 + length + 2
  }
}

describe('S3: checksums', () => {
  it('are the known ones, however the bytes are cut', () => {
    const check = { CRC32: 'cbf43926', CRC32C: 'e3069283', CRC64NVME: 'ae8b14860a799888' } as const
    for (const [algorithm, wanted] of Object.entries(check) as [S3Checksum, string][]) {
      expect(Buffer.from(checksumOf(algorithm, Buffer.from('123456789')), 'base64').toString('hex')).toBe(wanted)
      const bytes = LARGE.subarray(0, 1003)
      for (const size of [1, 7, 8, 9, 64]) {
        const running = startChecksum(algorithm)
        for (let at = 0; at < bytes.length; at += size) running.update(bytes.subarray(at, at + size))
        expect(running.digest()).toBe(checksumOf(algorithm, bytes))
      }
    }
  })
})

describe('S3: downloads to files', () => {
  const target = (): string => join(folder, 'file')
  const object = { name: 'key', container: BUCKET }
  beforeEach(() => {
    store.objects.set(KEY, LARGE)
  })

  it('come in parts, several at once, whole and in order', async () => {
    const progress: number[] = []
    const onProgress = ({ transferred }: { transferred: number }): void => void progress.push(transferred)
    await store.driver(PARTS).downloadObject(object, target(), { onProgress })
    expect(readFileSync(target()).equals(LARGE)).toBe(true)
    const ranges = store.seen.map(({ headers }) => headers.range).filter(Boolean)
    expect(ranges.sort()).toEqual(['bytes=0-5242879', 'bytes=10485760-12582916', 'bytes=5242880-10485759'])
    expect(progress.at(-1)).toBe(LARGE.length)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
  })

  it('go on with a part that broke off, where it broke off', async () => {
    let breaks = 2
    store.intervene = ({ headers }, response) => {
      const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '')
      if (!range || breaks-- <= 0) return undefined
      const [start, end] = [Number(range[1]), Number(range[2]) + 1]
      response.writeHead(206, { 'content-length': end - start })
      response.write(LARGE.subarray(start, start + 100_000), () => response.destroy())
      return true
    }
    await store.driver({ ...PARTS, concurrency: 1 + 1 }).downloadObject(object, target())
    expect(readFileSync(target()).equals(LARGE)).toBe(true)
    expect(store.seen.filter(({ headers }) => headers.range !== undefined).length).toBeGreaterThanOrEqual(4)
  })

  it('are of one version of the object', async () => {
    let changed = false
    store.intervene = ({ headers }, response) => {
      if (headers.range === undefined) return undefined
      expect(headers['if-match']).toBe(`"${createHash('md5').update(LARGE).digest('hex')}"`)
      if (!headers.range.startsWith('bytes=5242880')) return undefined
      changed = true
      failure(response, 412, 'PreconditionFailed')
      return true
    }
    await expect(store.driver(PARTS).downloadObject(object, target())).rejects.toThrow(ConflictError)
    expect(changed).toBe(true)
    expect(() => readFileSync(target())).toThrow()
  })

  it('fail where the bytes are not those of the checksum', async () => {
    store.intervene = ({ headers }, response) => {
      if (!headers.range?.startsWith('bytes=0-')) return undefined
      response.writeHead(206, { 'content-length': 5 * MIB }).end(Buffer.alloc(5 * MIB))
      return true
    }
    await expect(store.driver(PARTS).downloadObject(object, target())).rejects.toThrow(ObjectHashMismatchError)
    await store.driver(PARTS).downloadObject(object, target(), { verifyHash: false })
    expect(() => readFileSync(target())).not.toThrow()
  })

  it('do not compare entity tags that are no checksums', async () => {
    const kms = { 'x-amz-server-side-encryption': 'aws:kms', etag: '"00000000000000000000000000000000"' }
    store.intervene = ({ method }, response) => {
      response.writeHead(200, { ...kms, 'content-length': 5 }).end(method === 'HEAD' ? undefined : 'bytes')
      return true
    }
    await store.driver().downloadObject(object, target())
    expect(readFileSync(target(), 'utf8')).toBe('bytes')
  })

  it('end with the reason when they are aborted', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    store.intervene = ({ headers }) => {
      if (!headers.range?.startsWith('bytes=5242880')) return undefined
      controller.abort(reason)
      return true
    }
    const { signal } = controller
    await expect(store.driver(PARTS).downloadObject(object, target(), { signal })).rejects.toBe(reason)
    expect(() => readFileSync(target())).toThrow()
  })

  it('refuse a whole object in place of a part of it', async () => {
    store.intervene = ({ method }, response) => {
      if (method === 'HEAD') return undefined
      response.writeHead(200, { 'content-length': 4 }).end('more')
      return true
    }
    const range = store.driver().downloadObjectRangeAsStream(object, { start: 1, end: 2 })
    await expect(range).rejects.toThrow(MalformedResponseError)
    await expect(store.driver({ ...PARTS, retry: false }).downloadObject(object, target())).rejects.toThrow(
      LibcloudError,
    )
  })
})
