import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { AzureBlobsStorageDriver } from '../../../drivers/azure/storage.js'
import { ConflictError, InvalidRequestError, PermissionDeniedError } from '../../../lib/errors.js'
import { enableDebug } from '../../../lib/http/trace.js'
import type { StorageDriver } from '../../../lib/storage/driver.js'
import type { Container } from '../../../lib/storage/types.js'
import { storageLifecycle } from '../../conformance/lifecycle/storage.js'
import { prove } from '../proof.js'
import { useServer } from '../use-server.js'
import { driverFor, type RealServer, startServer, stopServer } from './server.js'

const proof = prove('azure', 'storage')
let server: RealServer
let driver: AzureBlobsStorageDriver
useServer(
  'Azurite',
  async () => {
    server = await startServer()
    driver = proof.watch(driverFor(server))
  },
  async () => {
    await driver?.close()
    await stopServer(server)
  },
)

storageLifecycle({
  describe,
  it,
  title: 'AZURE_BLOBS (Azurite): lifecycle',
  pageSize: 1000,
  interval: 50,
  large: 20 * 1024 * 1024 + 17,
  reachable: true,
  ordered: false,
  uploadHeaders: { 'x-ms-blob-type': 'BlockBlob' },
  impossible: /\\|\.(\/|$)/,
  metaData: { my_key: 'a value', other: '1' },
  driver: async () => proof.watch(driverFor(server)) as StorageDriver,
})

let count = 0
/** A container that ends with its test, and all that is in it. */
async function withContainer(work: (container: Container) => Promise<void>): Promise<void> {
  count += 1
  const container = await driver.createContainer(`scenario-${count}`)
  try {
    await work(container)
  } finally {
    await driver.deleteContainer(container, { ex_force: true })
  }
}
const MIB = 1024 * 1024

describe('AZURE_BLOBS (Azurite): uploads', () => {
  it('blocks go side by side, and the blob has the checksum of the whole', () =>
    withContainer(async container => {
      const bytes = randomBytes(9 * MIB + 123)
      const seen: number[] = []
      const stored = await driver.uploadObjectViaStream(
        Readable.from([bytes.subarray(0, 5_000_000), bytes.subarray(5_000_000)]),
        container,
        'large',
        { ex_blockSize: MIB, ex_concurrency: 8, onProgress: ({ transferred }) => seen.push(transferred) },
      )
      expect(stored).toMatchObject({ size: bytes.length, hash: createHash('md5').update(bytes).digest('hex') })
      expect(seen.at(-1)).toBe(bytes.length)
      expect(await driver.getObject(container.name, 'large')).toMatchObject({ size: bytes.length, hash: stored.hash })
      const back = await buffer(await driver.downloadObjectAsStream(stored))
      expect(back.equals(bytes)).toBe(true)
      const part = await driver.downloadObjectRangeAsStream(stored, { start: MIB - 3, end: MIB + 5 })
      expect((await buffer(part)).equals(bytes.subarray(MIB - 3, MIB + 5))).toBe(true)
    }))

  it('what fails, lies about its length, or is aborted leaves no blob', () =>
    withContainer(async container => {
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield randomBytes(3 * MIB)
        throw new Error('the source is gone')
      }
      const options = { ex_blockSize: MIB }
      await expect(driver.uploadObjectViaStream(failing(), container, 'a', options)).rejects.toThrow(
        'the source is gone',
      )
      const short = { ...options, contentLength: 5 * MIB }
      const upload = driver.uploadObjectViaStream(Readable.from([randomBytes(2 * MIB)]), container, 'a', short)
      await expect(upload).rejects.toBeInstanceOf(InvalidRequestError)
      const controller = new AbortController()
      const endless = async function* (): AsyncGenerator<Uint8Array> {
        for (let sent = 0; ; sent++) {
          if (sent === 4) controller.abort('enough')
          yield randomBytes(MIB)
        }
      }
      const aborted = { ...options, signal: controller.signal }
      await expect(driver.uploadObjectViaStream(endless(), container, 'a', aborted)).rejects.toBe('enough')
      expect(await driver.listContainerObjects(container)).toEqual([])
    }))

  it('conditions: only new ones, only over what is known', () =>
    withContainer(async container => {
      const first = await driver.uploadObjectViaStream('one', container, 'a', { ex_onlyNew: true })
      const again = driver.uploadObjectViaStream('two', container, 'a', { ex_onlyNew: true })
      await expect(again).rejects.toBeInstanceOf(ConflictError)
      const etag = first.extra.etag ?? ''
      await driver.uploadObjectViaStream('three', container, 'a', { ex_ifMatch: etag })
      const stale = driver.uploadObjectViaStream('four', container, 'a', { ex_ifMatch: etag })
      await expect(stale).rejects.toBeInstanceOf(ConflictError)
      expect(await text(await driver.downloadObjectAsStream(first))).toBe('three')
    }))
})

describe('AZURE_BLOBS (Azurite): blobs', () => {
  it('metadata, properties, tiers, tags', () =>
    withContainer(async container => {
      const object = await driver.uploadObjectViaStream('x', container, 'a.txt', {
        metaData: { Owner: 'ops' },
        ex_tags: { project: 'apollo + co' },
      })
      expect(object.metaData).toEqual({ owner: 'ops' })
      expect(await driver.ex_getTags(object)).toEqual({ project: 'apollo + co' })
      await driver.ex_setTags(object, { a: '1', b: 'two' })
      expect(await driver.ex_getTags(object)).toEqual({ a: '1', b: 'two' })
      await driver.ex_setMetaData(object, { team: 'web' })
      await driver.ex_setProperties(object, { contentType: 'text/html', cacheControl: 'no-store' })
      await driver.ex_setTier(object, 'Cool')
      const now = await driver.getObject(container.name, 'a.txt')
      expect(now).toMatchObject({ contentType: 'text/html', metaData: { team: 'web' }, extra: { accessTier: 'Cool' } })
    }))

  it('snapshots keep what was', () =>
    withContainer(async container => {
      const object = await driver.uploadObjectViaStream('old', container, 'a')
      const snapshot = await driver.ex_createSnapshot(object)
      await driver.uploadObjectViaStream('new', container, 'a')
      expect(await text(await driver.downloadObjectAsStream(object, { ex_snapshot: snapshot }))).toBe('old')
      expect(await text(await driver.downloadObjectAsStream(object))).toBe('new')
      const all = await driver.listContainerObjects(container, { ex_include: ['snapshots'] })
      expect(new Set(all.map(each => each.extra.snapshot))).toEqual(new Set([snapshot, undefined]))
      await expect(driver.deleteObject(object)).rejects.toBeInstanceOf(ConflictError)
      await driver.deleteObject(object, { ex_snapshots: 'include' })
      expect(await driver.listContainerObjects(container, { ex_include: ['snapshots'] })).toEqual([])
    }))

  it('leases keep others away, from blobs and containers', () =>
    withContainer(async container => {
      const object = await driver.uploadObjectViaStream('x', container, 'a')
      const lease = await driver.ex_acquireLease(object, 15)
      await expect(driver.deleteObject(object)).rejects.toBeInstanceOf(ConflictError)
      await driver.uploadObjectViaStream('mine', container, 'a', { ex_leaseId: lease })
      await driver.ex_renewLease(object, lease)
      const other = '11111111-2222-3333-4444-555555555555'
      await driver.ex_changeLease(object, lease, other)
      await driver.ex_releaseLease(object, other)
      await driver.ex_acquireLease(object, 'infinite', { ex_leaseId: other })
      expect(await driver.ex_breakLease(object, 0)).toBe(0)
      await driver.deleteObject(object)
      const whole = await driver.ex_acquireLease({ name: container.name }, 60)
      await expect(driver.deleteContainer(container)).rejects.toBeInstanceOf(ConflictError)
      await driver.ex_releaseLease({ name: container.name }, whole)
    }))

  it('copies within the service', () =>
    withContainer(async container => {
      const object = await driver.uploadObjectViaStream(randomBytes(MIB), container, 'ä b/c', { metaData: { a: 'b' } })
      const copy = await driver.ex_copyObject(object, container, 'copy', { interval: 20 })
      expect(copy).toMatchObject({ name: 'copy', size: MIB, metaData: { a: 'b' }, hash: object.hash })
    }))

  it('append blobs grow at their end, once', () =>
    withContainer(async container => {
      const object = { name: 'log', container }
      await driver.ex_createAppendBlob(object, { contentType: 'text/plain' })
      expect(await driver.ex_appendBlock(object, 'one\n')).toBe(0)
      expect(await driver.ex_appendBlock(object, 'two\n', { ex_position: 4 })).toBe(4)
      await expect(driver.ex_appendBlock(object, 'two\n', { ex_position: 4 })).rejects.toBeInstanceOf(ConflictError)
      expect(await text(await driver.downloadObjectAsStream(object))).toBe('one\ntwo\n')
    }))

  it('page blobs are written in the middle', () =>
    withContainer(async container => {
      const object = { name: 'disk', container }
      await driver.ex_createPageBlob(object, 4096)
      await driver.ex_writePages(object, 1024, new Uint8Array(1024).fill(7))
      expect(await driver.ex_listPageRanges(object)).toEqual([{ start: 1024, end: 2048 }])
      await driver.ex_clearPages(object, { start: 1024, end: 1536 })
      expect(await driver.ex_listPageRanges(object)).toEqual([{ start: 1536, end: 2048 }])
      await driver.ex_resizePageBlob(object, 8192)
      const bytes = await buffer(await driver.downloadObjectAsStream(object))
      expect([bytes.length, bytes[1535], bytes[1536], bytes[2048]]).toEqual([8192, 0, 7, 0])
      await expect(driver.ex_writePages(object, 100, new Uint8Array(512))).rejects.toBeInstanceOf(InvalidRequestError)
    }))
})

describe('AZURE_BLOBS (Azurite): who may', () => {
  it('addresses that carry their signature are good for what they say, and for nothing else', () =>
    withContainer(async container => {
      const object = await driver.uploadObjectViaStream('x', container, "a b'c+d%41?.txt")
      const url = await driver.getObjectSignedUrl(object, { expiresIn: 60, contentType: 'text/special' })
      const reply = await fetch(url)
      expect([reply.status, await reply.text(), reply.headers.get('content-type')]).toEqual([200, 'x', 'text/special'])
      expect((await fetch(url, { method: 'DELETE' })).status).toBe(403)
      expect((await fetch(url.replace('sp=r', 'sp=d'), { method: 'DELETE' })).status).toBe(403)
      const late = await driver.getObjectSignedUrl(object, { ex_startsAt: new Date(Date.now() - 7_200_000) })
      expect((await fetch(late)).status).toBe(403)
      const listing = await driver.ex_getContainerSignedUrl(container, { expiresIn: 60 })
      expect((await fetch(`${listing}&restype=container&comp=list`)).status).toBe(200)
      const sasToken = new URL(listing).search
      await using guest = driverFor(server, { secret: undefined, sasToken } as never)
      expect((await guest.listContainerObjects(container)).map(({ name }) => name)).toEqual([object.name])
      await expect(guest.deleteObject(object)).rejects.toBeInstanceOf(PermissionDeniedError)
    }))

  it('containers can be opened to everybody, and closed again', () =>
    withContainer(async container => {
      const object = await driver.uploadObjectViaStream('x', container, 'a')
      const url = await driver.getObjectCdnUrl(object)
      expect((await fetch(url)).status).not.toBe(200)
      await driver.enableContainerCdn(container)
      expect((await fetch(url)).status).toBe(200)
      expect((await driver.getContainer(container.name)).extra.publicAccess).toBe('blob')
      await driver.ex_setContainerAccess(container, undefined)
      expect((await fetch(url)).status).not.toBe(200)
      await driver.ex_setContainerMetaData(container, { owner: 'ops' })
      expect((await driver.getContainer(container.name)).extra.metaData).toEqual({ owner: 'ops' })
    }))

  it('another key is refused; neither it nor a signature is shown', async () => {
    const secret = randomBytes(64).toString('base64')
    let traced = ''
    enableDebug({ write: (part: string) => (traced += part) } as never)
    try {
      await using stranger = driverFor(server, { secret })
      const error: unknown = await stranger.listContainers().catch(each => each)
      expect(error).toBeInstanceOf(PermissionDeniedError)
      await using guest = driverFor(server, {
        secret: undefined,
        sasToken: '?sv=2026-06-06&sig=SECRET-SIGNATURE',
      } as never)
      await guest.listContainers().catch(() => {})
      const shown = [inspect(error, { depth: 9 }), inspect(stranger, { depth: 9 }), JSON.stringify(stranger)].join()
      for (const hidden of [secret, 'SECRET-SIGNATURE']) {
        expect(shown).not.toContain(hidden)
        expect(traced).not.toContain(hidden)
      }
      expect(traced).not.toMatch(/SharedKey devstoreaccount1:[^[]/)
    } finally {
      enableDebug(undefined)
    }
  })
})

describe('AZURE_BLOBS (Azurite): proof', () => {
  it('is as it was', () => proof.settle(`Azurite ${server.version}`))
})
