import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import {
  type DownloadPricingFileOptions,
  downloadPricingFile,
  getSizePrice,
  invalidatePricingCache,
  setPricing,
} from 'libcloud/pricing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

const META = { currency: 'EUR', unit: 'hour', date: '2026-01', source: 'a price list' }
const tableOf = (price: number): string => JSON.stringify({ compute: { mine: { ...META, prices: { small: price } } } })
const OLD = tableOf(1)
const NEW = tableOf(2)
const HOME = process.env['HOME']

let keys: string
let ca: string
let server: Server
let origin: string
let answer: (request: IncomingMessage, response: ServerResponse) => void
let requests: string[]

let home: string
let path: string

beforeAll(async () => {
  keys = await mkdtemp(join(tmpdir(), 'pricing-tls-'))
  const [key, cert] = [join(keys, 'key.pem'), join(keys, 'cert.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  await promisify(execFile)('openssl', ['req', '-x509', ...curve, '-out', cert, '-days', '1', ...subject])
  ca = await readFile(cert, 'utf8')
  server = createServer({ key: await readFile(key), cert: ca }, (request, response) => {
    requests.push(request.url ?? '')
    answer(request, response)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise(done => server.close(done))
  await rm(keys, { recursive: true })
})

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'pricing-'))
  path = join(home, '.libcloud', 'pricing.json')
  process.env['HOME'] = home
  requests = []
  answer = (_request, response) => response.end(NEW)
  invalidatePricingCache()
})
afterEach(async () => {
  if (HOME === undefined) delete process.env['HOME']
  else process.env['HOME'] = HOME
  invalidatePricingCache()
  await rm(home, { recursive: true })
})

const download = (options: Partial<DownloadPricingFileOptions> = {}) =>
  downloadPricingFile({ fileUrl: `${origin}/pricing.json`, ca, proxy: false, retry: false, ...options })

/** A file that is there before, and must be there after. */
async function withOld(): Promise<void> {
  await download()
  await writeFile(path, OLD)
  invalidatePricingCache()
}
async function expectOld(): Promise<void> {
  await expect(readFile(path, 'utf8')).resolves.toBe(OLD)
  await expect(readdir(join(home, '.libcloud'))).resolves.toEqual(['pricing.json'])
  await expect(getSizePrice('compute', 'mine', 'small')).resolves.toBe(1)
}

describe('downloadPricingFile', () => {
  it('puts a good file into the home directory', async () => {
    const sha256 = createHash('sha256').update(NEW).digest('hex')
    await expect(download()).resolves.toEqual({ filePath: path, bytes: NEW.length, sha256, tables: 1 })
    await expect(readFile(path, 'utf8')).resolves.toBe(NEW)
    await expect(readdir(join(home, '.libcloud'))).resolves.toEqual(['pricing.json'])
  })

  it('replaces the old file, and forgets its prices, but not those that were set', async () => {
    await withOld()
    setPricing('compute', 'set', { ...META, prices: { small: 9 } })
    await expect(getSizePrice('compute', 'mine', 'small')).resolves.toBe(1)
    await download()
    await expect(getSizePrice('compute', 'mine', 'small')).resolves.toBe(2)
    await expect(getSizePrice('compute', 'set', 'small')).resolves.toBe(9)
  })

  it("takes Apache Libcloud's form, compressed, at another path, of a known SHA-256", async () => {
    const text = JSON.stringify({ updated: 1_767_312_000, compute: { a: { small: 1 }, b: { small: 0 } }, storage: {} })
    answer = (_request, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(text))
    const filePath = join(home, 'deep', 'er', 'p.json')
    const sha256 = createHash('sha256').update(text).digest('hex').toUpperCase()
    await expect(download({ filePath, sha256 })).resolves.toMatchObject({ filePath, tables: 1 })
    await expect(readFile(filePath, 'utf8')).resolves.toBe(text)
  })

  it('follows redirects to https, with the query of the address', async () => {
    answer = (request, response) => {
      if (request.url === '/latest?sig=abcdef') response.writeHead(302, { location: '/pricing.json?v=2' }).end()
      else response.end(NEW)
    }
    await download({ fileUrl: `${origin}/latest?sig=abcdef` })
    expect(requests).toEqual(['/latest?sig=abcdef', '/pricing.json?v=2'])
  })

  it('asks again after a failure that passes', async () => {
    answer = (_request, response) => {
      if (requests.length === 1) response.writeHead(503).end()
      else response.end(NEW)
    }
    await download({ retry: { retries: 1, minTimeout: 1 } })
    expect(requests).toHaveLength(2)
  })
})

describe('downloadPricingFile leaves the old file when', () => {
  it.each<[string, string | Buffer, Partial<DownloadPricingFileOptions>, string]>([
    ['the new one is too large', NEW, { maxResponseBytes: NEW.length - 1 }, 'maxResponseBytes'],
    ['it is not JSON', NEW.slice(0, -1), {}, 'it is not JSON'],
    ['it has no tables', '{}', {}, "must be an object with 'compute'"],
    ['it has no prices', '{"compute": {}}', {}, 'it has no prices'],
    ['a price is 0', tableOf(0), {}, 'must be a price above 0'],
    ['a table has another structure', '{"updated": 1, "compute": {"a": {"b": [1]}}}', {}, "'a' → 'b' must be a price"],
    ['the SHA-256 is another', NEW, { sha256: '0'.repeat(64) }, 'SHA-256'],
  ])('%s', async (_what, body, options, message) => {
    await withOld()
    answer = (_request, response) => response.end(body)
    await expect(download(options)).rejects.toMatchObject({
      code: 'MALFORMED_RESPONSE',
      message: expect.stringContaining(message),
    })
    await expectOld()
  })

  it('a large one comes in pieces of unknown length, or small and compressed', async () => {
    await withOld()
    const large = ' '.repeat(200_000) + NEW
    answer = (_request, response) => {
      response.write(large.slice(0, 100_000))
      response.end(large.slice(100_000))
    }
    await expect(download({ maxResponseBytes: 100_000 })).rejects.toThrow('maxResponseBytes')
    answer = (_request, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(large))
    await expect(download({ maxResponseBytes: 100_000 })).rejects.toThrow('maxResponseBytes')
    await expectOld()
  })

  it.each([
    ['a declared length', { 'content-length': NEW.length }],
    ['pieces', {}],
  ])('it is cut off, with %s', async (_what, headers) => {
    await withOld()
    answer = (_request, response) => {
      response.writeHead(200, headers)
      response.write(NEW.slice(0, 20), () => response.destroy())
    }
    await expect(download()).rejects.toMatchObject({ code: 'CONNECTION' })
    await expectOld()
  })

  it('the server says no', async () => {
    await withOld()
    answer = (_request, response) => response.writeHead(404).end(NEW)
    await expect(download()).rejects.toMatchObject({ code: 'NOT_FOUND', operation: 'downloadPricingFile' })
    await expectOld()
  })

  it('a redirect leads to http', async () => {
    await withOld()
    answer = (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/pricing.json' }).end()
    await expect(download()).rejects.toMatchObject({ code: 'MALFORMED_RESPONSE' })
    await expectOld()
  })

  it('the certificate is not trusted', async () => {
    await withOld()
    const before = requests.length
    await expect(download({ ca: undefined })).rejects.toMatchObject({ code: 'CONNECTION' })
    expect(requests).toHaveLength(before)
    await expectOld()
  })

  it('it is aborted, or takes too long', async () => {
    await withOld()
    answer = (_request, response) => response.write(NEW.slice(0, 20))
    const reason = new Error('enough')
    await expect(download({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await expect(download({ timeout: 100 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    await expectOld()
  })
})

describe('downloadPricingFile refuses before it asks', () => {
  it.each<[string, Partial<DownloadPricingFileOptions>, string]>([
    ['no address', { fileUrl: undefined as unknown as string }, 'options.fileUrl'],
    ['http', { fileUrl: 'http://127.0.0.1/pricing.json' }, 'options.fileUrl'],
    ['a file', { fileUrl: 'file:///etc/passwd' }, 'options.fileUrl'],
    ['a password in the address', { fileUrl: 'https://me:secret-word@127.0.0.1/' }, 'options.fileUrl'],
    ['half a SHA-256', { sha256: 'abc' }, 'options.sha256'],
    ['a size of 0', { maxResponseBytes: 0 }, 'options.maxResponseBytes'],
  ])('%s', async (_what, options, argument) => {
    const error = await download(options).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', argument })
    expect((error as Error).message).not.toContain('secret-word')
    expect(requests).toEqual([])
  })

  it('says which path cannot be written to', async () => {
    const filePath = join(home, 'file', 'pricing.json')
    await writeFile(join(home, 'file'), '')
    await expect(download({ filePath })).rejects.toMatchObject({ code: 'INVALID_REQUEST', argument: 'filePath' })
    // A directory is not replaced, and nothing is left beside it.
    await expect(download({ filePath: home })).rejects.toMatchObject({ argument: 'filePath' })
    await expect(readdir(home)).resolves.toEqual(['file'])
  })

  it('shows no signature of the address', async () => {
    answer = (_request, response) => response.writeHead(403).end('no: signed-value-1')
    const error = await download({ fileUrl: `${origin}/p.json?x=signed-value-1` }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(JSON.stringify(error)).not.toContain('signed-value-1')
  })
})
