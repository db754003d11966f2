// What the lifecycle suite does not ask: parts, versions, copies, signatures of several kinds.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import type { S3FamilyStorageDriver, S3Options } from '../../../drivers/aws/s3.js'
import {
  InvalidCredentialsError,
  InvalidRequestError,
  LibcloudError,
  ObjectDoesNotExistError,
  PermissionDeniedError,
} from '../../../lib/errors.js'
import type { NamedRef } from '../../../lib/resource.js'

type Driver = S3FamilyStorageDriver<'s3'>
const MIB = 1024 * 1024
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

let count = 0
/** Runs a scenario in a bucket of its own. */
async function withBucket(driver: Driver, work: (bucket: NamedRef) => Promise<void>): Promise<void> {
  count += 1
  const bucket = (await driver.createContainer(`scenario-${process.pid}-${count}`)).keep()
  try {
    await work(bucket)
  } finally {
    await driver.ex_cleanupAllMultipartUploads(bucket)
    const versions = await driver.ex_listVersions(bucket)
    await driver.ex_deleteObjects(bucket, versions)
    await driver.deleteContainer(bucket)
  }
}

async function bytesOf(driver: Driver, bucket: NamedRef, name: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of await driver.downloadObjectAsStream({ name, container: bucket })) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Every scenario, on a server that `make` makes drivers for. */
export function describeScenarios(title: string, make: (options?: S3Options) => Driver): void {
  describe(`${title}: parts`, () => {
    const bytes = randomBytes(23 * MIB + 123)

    it('make an object of a stream of unknown length, and of a file', async () => {
      const driver = make({ partSize: 5 * MIB })
      await withBucket(driver, async bucket => {
        for (const source of [chunked(bytes, 70_001), Readable.from(chunked(bytes, 300_000)), bytes]) {
          const sent = await driver.uploadObjectViaStream(source, bucket, 'large', { metaData: { a: 'b' } })
          expect(sent).toMatchObject({ size: bytes.length, metaData: { a: 'b' } })
          expect(sent.extra.etag).toMatch(/-5$/)
          const found = await driver.getObject(bucket.name, 'large')
          expect(found).toMatchObject({ size: bytes.length, hash: sent.hash, metaData: { a: 'b' } })
          expect(md5(await bytesOf(driver, bucket, 'large'))).toBe(md5(bytes))
        }
        const folder = await mkdtemp(join(tmpdir(), 's3-scenario-'))
        const file = join(folder, 'file')
        await driver.downloadObject({ name: 'large', container: bucket }, file)
        expect(md5(await readFile(file))).toBe(md5(bytes))
        await driver.uploadObject(file, bucket, 'again')
        await driver.downloadObject({ name: 'again', container: bucket }, file, { overwriteExisting: true })
        expect(md5(await readFile(file))).toBe(md5(bytes))
        expect(await readdir(folder)).toEqual(['file'])
        await rm(folder, { recursive: true })
      })
    })

    it('leave nothing of an upload that fails, is aborted, or lies about its length', async () => {
      const driver = make({ partSize: 5 * MIB })
      await withBucket(driver, async bucket => {
        const controller = new AbortController()
        const enough = new Error('enough')
        async function* aborted(): AsyncGenerator<Uint8Array> {
          yield* chunked(bytes, MIB)
          controller.abort(enough)
          await new Promise(() => {})
        }
        async function* failing(): AsyncGenerator<Uint8Array> {
          yield* chunked(bytes, MIB)
          throw new Error('the source broke')
        }
        const send = (source: AsyncGenerator<Uint8Array>, options: object): Promise<unknown> =>
          driver.uploadObjectViaStream(source, bucket, 'x', options)
        await expect(send(failing(), {})).rejects.toThrow('the source broke')
        await expect(send(aborted(), { signal: controller.signal })).rejects.toBe(enough)
        for (const contentLength of [bytes.length - 1, bytes.length + 1, 6 * MIB])
          await expect(send(chunked(bytes, MIB), { contentLength })).rejects.toThrow(InvalidRequestError)
        await expect(driver.getObject(bucket.name, 'x')).rejects.toThrow(ObjectDoesNotExistError)
        expect(await driver.ex_iterateMultipartUploads(bucket)).toEqual([])
      })
    })

    it('are gone on with, when that is wanted', async () => {
      const driver = make({ partSize: 5 * MIB, concurrency: 2 })
      await withBucket(driver, async bucket => {
        async function* failing(): AsyncGenerator<Uint8Array> {
          yield* chunked(bytes.subarray(0, 16 * MIB), MIB)
          throw new Error('the source broke')
        }
        const options = { ex_resume: true }
        await expect(driver.uploadObjectViaStream(failing(), bucket, 'r', options)).rejects.toThrow('broke')
        const [open, ...others] = await driver.ex_iterateMultipartUploads(bucket)
        expect(open).toMatchObject({ name: 'r' })
        expect(others).toEqual([])
        await driver.uploadObjectViaStream(chunked(bytes, MIB), bucket, 'r', options)
        expect(await driver.ex_iterateMultipartUploads(bucket)).toEqual([])
        expect(md5(await bytesOf(driver, bucket, 'r'))).toBe(md5(bytes))
      })
    })

    it('are given up one by one, and all', async () => {
      const driver = make({ partSize: 5 * MIB, concurrency: 1 })
      await withBucket(driver, async bucket => {
        async function* failing(): AsyncGenerator<Uint8Array> {
          yield* chunked(bytes.subarray(0, 6 * MIB), MIB)
          throw new Error('the source broke')
        }
        for (const name of ['a b/ü', 'c', 'd'])
          await driver.uploadObjectViaStream(failing(), bucket, name, { ex_resume: true }).catch(() => {})
        const open = await driver.ex_iterateMultipartUploads(bucket)
        expect(open.map(({ name }) => name)).toEqual(['a b/ü', 'c', 'd'])
        await driver.ex_abortMultipartUpload({ name: 'c', container: bucket }, open[1]?.id ?? '')
        expect(await driver.ex_cleanupAllMultipartUploads(bucket)).toBe(2)
        expect(await driver.ex_iterateMultipartUploads(bucket)).toEqual([])
      })
    })
  })

  describe(`${title}: objects`, () => {
    it('are copied with their metadata, or with other', async () => {
      const driver = make()
      await withBucket(driver, async bucket => {
        const source = await driver.uploadObjectViaStream('text', bucket, 'a +%/ü', {
          contentType: 'text/x-own',
          metaData: { k: 'v' },
        })
        const copy = await driver.ex_copyObject(source, bucket, 'copy?')
        expect(copy).toMatchObject({ name: 'copy?', size: 4, contentType: 'text/x-own', metaData: { k: 'v' } })
        expect(await driver.getObject(bucket.name, 'copy?')).toMatchObject({
          hash: md5(Buffer.from('text')),
          contentType: 'text/x-own',
          metaData: { k: 'v' },
        })
        await driver.ex_copyObject(source, bucket, source.name, { contentType: 'text/plain', metaData: { n: 'w' } })
        expect(await driver.getObject(bucket.name, source.name)).toMatchObject({
          contentType: 'text/plain',
          metaData: { n: 'w' },
        })
      })
    })

    it('are listed by folder, and deleted many at once', async () => {
      const driver = make()
      await withBucket(driver, async bucket => {
        const names = ['p/a', 'p/b c/1', 'p/b c/2', 'p/ü+/1', 'q', '<&>"\'']
        for (const name of names) await driver.uploadObjectViaStream(name, bucket, name)
        const pages = await driver.ex_listFolder(bucket, { prefix: 'p/' })
        expect(pages.flatMap(({ objects }) => objects.map(({ name }) => name))).toEqual(['p/a'])
        expect(pages.flatMap(({ prefixes }) => prefixes).sort()).toEqual(['p/b c/', 'p/ü+/'])
        const small = await driver.listContainerObjects(bucket, { ex_pageSize: 2, ex_startAfter: 'p/a' })
        expect(small.map(({ name }) => name)).toEqual(['p/b c/1', 'p/b c/2', 'p/ü+/1', 'q'])
        const failures = await driver.ex_deleteObjects(
          bucket,
          [...names, 'none'].map(name => ({ name })),
        )
        expect(failures).toEqual([])
        expect(await driver.listContainerObjects(bucket)).toEqual([])
      })
    })

    it('keep versions', async () => {
      const driver = make()
      await withBucket(driver, async bucket => {
        expect(await driver.ex_getVersioning(bucket)).toBe(undefined)
        await driver.ex_setVersioning(bucket, 'Enabled')
        expect(await driver.ex_getVersioning(bucket)).toBe('Enabled')
        const first = await driver.uploadObjectViaStream('first', bucket, 'o ü')
        await driver.uploadObjectViaStream('second!', bucket, 'o ü')
        const object = { name: 'o ü', container: bucket }
        await driver.deleteObject(object)
        await expect(driver.getObject(bucket.name, 'o ü')).rejects.toThrow(ObjectDoesNotExistError)
        const versions = await driver.ex_listVersions(bucket)
        expect(versions.map(({ name }) => name)).toEqual(['o ü', 'o ü', 'o ü'])
        expect(versions.filter(({ isDeleteMarker }) => isDeleteMarker)).toMatchObject([{ isLatest: true }])
        const oldest = versions.find(({ size, isDeleteMarker }) => size === 5 && !isDeleteMarker)?.versionId ?? ''
        if (first.extra.versionId !== undefined) expect(first.extra.versionId).toBe(oldest)
        expect((await driver.getObject(bucket.name, 'o ü', { ex_versionId: oldest })).size).toBe(5)
        await driver.deleteObject(object, { ex_versionId: oldest })
        expect((await driver.ex_listVersions(bucket)).length).toBe(2)
        await driver.ex_setVersioning(bucket, 'Suspended')
      })
    })

    it('tell who may do what, and let everybody list them when that is wanted', async () => {
      const driver = make()
      await withBucket(driver, async bucket => {
        const object = await driver.uploadObjectViaStream('public', bucket, 'o')
        // The server's own interface knows anonymous readers; its S3 interface asks for a signature always.
        const { host } = new URL(await driver.getObjectCdnUrl(object))
        const status = async (): Promise<number> => (await fetch(`http://${host}/v1/AUTH_test/${bucket.name}/o`)).status
        expect(await status()).toBe(401)
        await driver.enableContainerCdn(bucket)
        expect(await status()).toBe(200)
        await driver.ex_setContainerAcl(bucket, 'private')
        expect(await status()).toBe(401)
        const { owner, grants } = await driver.ex_getContainerAcl(bucket)
        expect(owner).toBe('test:tester')
        expect(grants).toEqual([{ permission: 'FULL_CONTROL', grantee: 'test:tester', type: 'CanonicalUser' }])
        expect((await driver.ex_getObjectAcl(object)).owner).toBe('test:tester')
        expect(await driver.getContainerCdnUrl(bucket)).toMatch(new RegExp(`/${bucket.name}$`))
      })
    })
  })

  describe(`${title}: signatures`, () => {
    it('of addresses hold for what they were made for', async () => {
      const driver = make()
      await withBucket(driver, async bucket => {
        const object = { name: 'a +%/ü?', container: bucket }
        const to = await driver.getObjectSignedUrl(object, { method: 'PUT', contentType: 'text/x-own' })
        const wrong = await fetch(to, { method: 'PUT', body: 'x', headers: { 'content-type': 'text/other' } })
        expect(wrong.status).toBe(403)
        const put = await fetch(to, { method: 'PUT', body: 'there', headers: { 'content-type': 'text/x-own' } })
        expect(put.status).toBe(200)
        expect(await (await fetch(await driver.getObjectSignedUrl(object))).text()).toBe('there')
        expect((await driver.getObject(bucket.name, object.name)).contentType).toBe('text/x-own')
      })
    })

    it('are refused with a wrong secret, and with a key that nobody has', async () => {
      const driver = make({ secret: 'another-secret' })
      await expect(driver.listContainers()).rejects.toThrow(InvalidCredentialsError)
      const stranger = make({ key: 'test:nobody' })
      const error = await stranger.listContainers().catch((caught: unknown) => caught)
      expect(error instanceof InvalidCredentialsError || error instanceof PermissionDeniedError).toBe(true)
    })

    it('are made again when the clock is wrong', async () => {
      const driver = make()
      const real = Date.now
      const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() + 3_600_000)
      try {
        expect(Array.isArray(await driver.listContainers())).toBe(true)
      } finally {
        clock.mockRestore()
      }
    })

    it('cover what is sent over a way that can be listened to', async () => {
      const driver = make()
      await withBucket(driver, async bucket => {
        const headers = { 'x-amz-checksum-sha256': 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=' }
        await driver.uploadObjectViaStream('hello', bucket, 'o', { headers })
        const wrong = { headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }, verifyHash: false }
        await expect(driver.uploadObjectViaStream('hello', bucket, 'o', wrong)).rejects.toThrow(LibcloudError)
        expect((await bytesOf(driver, bucket, 'o')).toString()).toBe('hello')
      })
    })
  })
}
