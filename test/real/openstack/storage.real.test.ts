import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OpenStackSwiftStorageDriver } from '../../../drivers/openstack/storage.js'
import { storageLifecycle } from '../../conformance/lifecycle/storage.js'
import { prove } from '../proof.js'
import { openstack } from './client.js'
import { storageStage } from './scenes.storage.js'
import { type RealCloud, stopCloud } from './server.js'
import { cloudFor, methods, optionsFor, restart, USER } from './services.js'

const proof = prove('openstack', 'storage')
const cloud = await cloudFor('OPENSTACK_SWIFT')
const MIB = 1024 ** 2
const KEY = 'a-key-for-temporary-addresses'

/** Bytes that are nowhere kept: every block is another. */
async function* bytes(total: number): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < total; at += MIB) {
    const block = Buffer.alloc(Math.min(MIB, total - at))
    for (let offset = 0; offset + 4 <= block.length; offset += 4096) block.writeUInt32LE((at + offset) >>> 0, offset)
    yield block
  }
}
async function sum(chunks: AsyncIterable<Uint8Array>): Promise<{ readonly digest: string; readonly size: number }> {
  const hash = createHash('sha1')
  let size = 0
  for await (const chunk of chunks) {
    hash.update(chunk)
    size += chunk.length
  }
  return { digest: hash.digest('hex'), size }
}

describe.skipIf(cloud === undefined)('OPENSTACK_SWIFT', () => {
  const running = cloud as RealCloud
  let driver: OpenStackSwiftStorageDriver
  let before: string[]
  const containers = async (): Promise<string[]> => (await driver.listContainers()).map(({ name }) => name)

  beforeAll(async () => {
    driver = proof.watch(new OpenStackSwiftStorageDriver(optionsFor(running)))
    before = await containers()
    await driver.ex_setAccountMetadataTempUrlKey(KEY)
  })
  afterAll(async () => {
    await driver.close()
    await stopCloud(running)
  })

  storageLifecycle({
    describe,
    it: (name, body) => it(name, context => body(context)),
    driver: async () => driver,
    reachable: true,
    many: 20,
    large: 20 * MIB + 17,
    secrets: [running?.password ?? '', KEY],
  })

  describe('large objects', () => {
    it('2 GiB go up as segments and come down again, in little memory', async () => {
      await using container = await driver.createContainer('libcloud-large')
      const total = 2048 * MIB
      const wanted = await sum(bytes(total))
      let most = 0
      const watch = setInterval(() => {
        const { rss } = process.memoryUsage()
        most = Math.max(most, rss)
      }, 50)
      const { rss: atFirst } = process.memoryUsage()
      const options = { contentLength: total, ex_segmentSize: 32 * MIB, ex_concurrency: 3 }
      const object = await driver.uploadObjectViaStream(bytes(total), container, 'large', options)
      const found = await sum(await driver.downloadObjectAsStream(object))
      clearInterval(watch)
      expect(most - atFirst).toBeLessThan(700 * MIB)
      console.log(`2 GiB: at most ${Math.round((most - atFirst) / MIB)} MiB more memory than before`)
      expect(found).toEqual(wanted)
      expect(object).toMatchObject({ size: total, extra: { largeObject: 'static' } })
      expect(await driver.ex_listSegments(object)).toHaveLength(64)
      const part = await driver.downloadObjectRangeAsStream(object, { start: 32 * MIB - 1, end: 32 * MIB + 4 })
      const chunks: Buffer[] = []
      for await (const chunk of part) chunks.push(chunk as Buffer)
      expect(Buffer.concat(chunks).readUInt32LE(1)).toBe(32 * MIB)
      await object.delete()
      expect(await driver.listContainerObjects({ name: 'libcloud-large_segments' })).toEqual([])
      await driver.deleteContainer({ name: 'libcloud-large_segments' })
    }, 600_000)

    it('are left by failures as they were, and their segments nowhere', async () => {
      await using container = await driver.createContainer('libcloud-broken')
      const options = { contentLength: 20 * MIB, ex_segmentSize: 2 * MIB }
      const old = await driver.uploadObjectViaStream(bytes(20 * MIB), container, 'o', options)
      const segments = await driver.ex_listSegments(old)
      async function* broken(): AsyncGenerator<Buffer, void, undefined> {
        yield* bytes(9 * MIB)
        throw new Error('the source broke')
      }
      const controller = new AbortController()
      async function* stalled(): AsyncGenerator<Buffer, void, undefined> {
        yield* bytes(9 * MIB)
        controller.abort(new Error('no longer wanted'))
        await new Promise(() => {})
      }
      const { signal } = controller
      const tries = [
        [broken(), options, /the source broke/],
        [bytes(19 * MIB), options, /yield/],
        [bytes(21 * MIB), options, /yield/],
        [stalled(), { ...options, signal }, /no longer wanted/],
      ] as const
      for (const [source, how, message] of tries)
        await expect(driver.uploadObjectViaStream(source, container, 'o', how)).rejects.toThrow(message)
      expect(await driver.ex_listSegments(old)).toEqual(segments)
      const left = await driver.listContainerObjects({ name: 'libcloud-broken_segments' })
      expect(left).toHaveLength(segments.length)
      expect(await sum(await driver.downloadObjectAsStream(old))).toEqual(await sum(bytes(20 * MIB)))
      await old.delete()
      await driver.deleteContainer({ name: 'libcloud-broken_segments' })
    })

    it('are gone on with where a try has stopped', async () => {
      await using container = await driver.createContainer('libcloud-resumed')
      const options = { ex_segmentSize: 2 * MIB, ex_resumeKey: 'nightly', ex_concurrency: 1, contentLength: 10 * MIB }
      async function* broken(): AsyncGenerator<Buffer, void, undefined> {
        yield* bytes(7 * MIB)
        throw new Error('the source broke')
      }
      await expect(driver.uploadObjectViaStream(broken(), container, 'o', options)).rejects.toThrow('the source broke')
      const place = { name: 'libcloud-resumed_segments' }
      const kept = await driver.listContainerObjects(place)
      expect(kept.length).toBeGreaterThan(0)
      const object = await driver.uploadObjectViaStream(bytes(10 * MIB), container, 'o', options)
      const again = await driver.listContainerObjects(place)
      expect(again).toHaveLength(5)
      for (const { name, lastModified } of kept)
        expect(again.find(each => each.name === name)?.lastModified).toEqual(lastModified)
      expect(await sum(await driver.downloadObjectAsStream(object))).toEqual(await sum(bytes(10 * MIB)))
      await object.delete()
      await driver.deleteContainer(place)
    })

    it('segments in parallel, beside the same bytes sent by undici alone', async () => {
      await using container = await driver.createContainer('libcloud-measured')
      const { request } = await import('undici')
      const [size, count] = [16 * MIB, 16]
      const block = Buffer.alloc(size, 'x')
      const { token } = await driver.connection.session()
      const { origin, prefix } = await driver.connection.endpoint()
      const bare = async (): Promise<void> => {
        const queue = Array.from({ length: count }, (_, index) => index)
        const worker = async (): Promise<void> => {
          for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
            const url = `${origin}${prefix}/libcloud-measured/bare-${index}`
            const headers = { 'x-auth-token': token }
            const { body } = await request(url, { method: 'PUT', headers, body: block })
            await body.dump()
          }
        }
        await Promise.all(Array.from({ length: 3 }, worker))
      }
      async function* blocks(): AsyncGenerator<Buffer, void, undefined> {
        for (let index = 0; index < count; index++) yield block
      }
      const ours = (): Promise<unknown> =>
        driver.uploadObjectViaStream(blocks(), container, 'ours', {
          contentLength: size * count,
          ex_segmentSize: size,
          ex_concurrency: 3,
          ex_segmentContainer: 'libcloud-measured',
        })
      const times: Record<string, number[]> = { bare: [], ours: [] }
      for (let round = 0; round < 3; round++) {
        for (const [name, send] of Object.entries({ bare, ours })) {
          const started = performance.now()
          await send()
          times[name]?.push(performance.now() - started)
        }
      }
      const [least, own] = [Math.min(...(times['bare'] ?? [])), Math.min(...(times['ours'] ?? []))]
      console.log(`256 MiB as 16 segments: ${(own / least).toFixed(2)} times bare undici (${Math.round(least)} ms)`)
      const { errors } = await driver.ex_deleteObjects(await driver.listContainerObjects(container))
      expect(errors).toEqual([])
    }, 300_000)
  })

  describe('lists', () => {
    it('a thousand names, page by page, in their order', async () => {
      await using container = await driver.createContainer('libcloud-many')
      const names = Array.from({ length: 300 }, (_, index) => `o//${String(index).padStart(4, '0')} +é`)
      let next = 0
      const worker = async (): Promise<void> => {
        for (let index = next++; index < names.length; index = next++)
          await driver.uploadObjectViaStream('x', container, names[index] as string)
      }
      await Promise.all(Array.from({ length: 8 }, worker))
      const pages: number[] = []
      const found: string[] = []
      for await (const { items } of driver.listContainerObjects(container, { ex_pageSize: 100 }).pages()) {
        pages.push(items.length)
        for (const { name } of items) found.push(name)
      }
      expect(found).toEqual(names)
      expect(pages).toEqual([100, 100, 100, 0])
      const { deleted } = await driver.ex_deleteObjects(await driver.listContainerObjects(container))
      expect(deleted).toBe(300)
    })
  })

  describe('methods', () => methods(running, storageStage, proof))

  describe('in the end', () => {
    it("objects are as Debian's own client says", async () => {
      await using container = await driver.createContainer('libcloud-read')
      await driver.uploadObjectViaStream('first', container, 'a.txt', { metaData: { color: 'red' } })
      await driver.uploadObjectViaStream('second one', container, 'b.json')
      const [shown, list, one] = (await openstack(running, USER, [
        ['container show', 'libcloud-read'],
        ['object list --long', 'libcloud-read'],
        ['object show', 'libcloud-read', 'a.txt'],
      ])) as [Record<string, unknown>, Record<string, unknown>[], Record<string, unknown>]
      const objects = await driver.listContainerObjects(container)
      expect(list.map(each => [each['Name'], each['Bytes'], each['Hash'], each['Content Type']])).toEqual(
        objects.map(({ name, size, hash, contentType }) => [name, size, hash, contentType]),
      )
      const { extra } = await driver.getContainer('libcloud-read')
      expect([Number(shown['object_count']), Number(shown['bytes_used'])]).toEqual([extra.objectCount, extra.bytesUsed])
      const object = await driver.getObject('libcloud-read', 'a.txt')
      expect([Number(one['content-length']), one['etag'], one['content-type']]).toEqual([
        object.size,
        object.hash,
        object.contentType,
      ])
      expect(JSON.stringify(one['properties'])).toContain('red')
      for (const each of objects) await each.delete()
    })

    it('objects are reached although the proxy stops and starts again under load', async context => {
      if (running.dir === '') return context.skip('this cloud is not ours to stop')
      await using container = await driver.createContainer('libcloud-again')
      await driver.uploadObjectViaStream('still there', container, 'o')
      const options = optionsFor(running, USER, { retry: { retries: 60, maxTimeout: 1000 }, timeout: 120_000 })
      await using steady = new OpenStackSwiftStorageDriver(options)
      let going = true
      let count = 0
      const load = Array.from({ length: 4 }, async (_, index) => {
        while (going) {
          await steady.uploadObjectViaStream(`content ${index}`, container, `o${index}`)
          expect((await steady.getObject('libcloud-again', `o${index}`)).size).toBe(9)
          count += 1
        }
      })
      await restart(running, 'swift')
      const then = count
      while (count < then + 8) await new Promise(resolve => setTimeout(resolve, 100))
      going = false
      await Promise.all(load)
      await driver.ex_deleteObjects(await driver.listContainerObjects(container))
    })

    it('the account is as it was', async () => {
      await storageStage.close(driver)
      expect(await containers()).toEqual(before.filter(name => !/^(photos|phones|films)/.test(name)))
    })
    it('proof is kept', () => proof.settle(running.version))
  })
})
