import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  ContainerDoesNotExistError,
  InvalidRequestError,
  LibcloudError,
  ObjectDoesNotExistError,
} from '../../../lib/errors.js'
import type { BodySource } from '../../../lib/http/body.js'
import type { StorageApi } from '../../../lib/storage/api.js'
import type { Container } from '../../../lib/storage/types.js'
import {
  at,
  byBytes,
  bytesOf,
  names,
  openContainer,
  read,
  type StorageLifecycleOptions,
  type Suite,
  UP,
} from './storage.common.js'
import { type Defer, rejectsWith } from './tools.js'

/** Names that a careless driver breaks: on the wire, in a path, in a pattern, or in its order. */
const NAMES = [
  'plain',
  'with space',
  'a/b/c.txt',
  'a/b!',
  'a/b0',
  '100%',
  '%2F',
  '%41',
  'a+b&c=d?e#f',
  'quote\'"quote',
  'back\\slash',
  '[brackets]*{braces}',
  '.hidden/.file',
  '...three',
  'ünïcödé/ÄÖ.txt',
  'e\u0301-decomposed',
  '\uff5a-wide',
  '\u{1f600}-face',
]

/** What most objects hold. */
export const TEXT = 'bytes, and ünïcödé\n'
const HALVES = [Buffer.from(TEXT).subarray(0, 9), Buffer.from(TEXT).subarray(9)]
/** Everything that may be uploaded, with the same bytes. */
const SOURCES: Readonly<Record<string, () => BodySource>> = {
  'a string': () => TEXT,
  bytes: () => new Uint8Array(Buffer.from(TEXT)),
  'a Blob': () => new Blob([TEXT]),
  'a Readable': () => Readable.from(HALVES),
  'a web stream': () => new Blob([TEXT]).stream() as unknown as BodySource,
  'an iterable': () => HALVES,
  'an async iterable': () =>
    (async function* () {
      yield* HALVES
    })(),
}

/** What is sent, and comes back. */
export function describeUploads(suite: Suite, options: StorageLifecycleOptions): void {
  suite.test('object: comes back as it was sent, whatever it was sent from', UP, async (api, defer, driver) => {
    const container = await openContainer(suite, api, defer)
    for (const [what, source] of Object.entries(SOURCES)) {
      const sent = await api.uploadObjectViaStream(source(), container, `${what}.txt`)
      const found = await api.getObject(container.name, `${what}.txt`)
      for (const object of [sent, found]) {
        assert.equal(object.name, `${what}.txt`)
        assert.equal(object.size, Buffer.byteLength(TEXT), what)
        assert.equal(object.container.name, container.name)
        const { hashType } = driver
        if (hashType) assert.equal(object.hash, createHash(hashType).update(TEXT).digest('hex'), what)
      }
      assert.equal((await bytesOf(api, found)).toString(), TEXT, what)
      suite.assertPrivate(found)
    }
    assert.equal((await names(api, container)).length, Object.keys(SOURCES).length)
  })
  suite.test('object: may be empty', UP, async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    for (const source of ['', Readable.from([])]) {
      await api.uploadObjectViaStream(source, container, 'empty')
      assert.equal((await api.getObject(container.name, 'empty')).size, 0)
      assert.equal((await bytesOf(api, at(container, 'empty'))).length, 0)
    }
  })
  suite.test('object: has its content type and its metadata, its own or none', UP, async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    const metaData = options.metaData ?? { 'my-key': 'a value', other: '1' }
    await api.uploadObjectViaStream('x', container, 'a.bin', { contentType: 'text/x-own', metaData })
    await api.uploadObjectViaStream('x', container, 'b.json')
    const [a, b] = [await api.getObject(container.name, 'a.bin'), await api.getObject(container.name, 'b.json')]
    assert.equal(a.contentType, 'text/x-own')
    assert.deepEqual({ ...a.metaData }, metaData)
    assert.match(b.contentType ?? '', /^application\/json/)
    assert.deepEqual({ ...b.metaData }, {})
    if (a.lastModified) assert.ok(Math.abs(a.lastModified.getTime()) > 0)
  })
  suite.test('object: is replaced whole', UP, async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    await api.uploadObjectViaStream('the first, and longer', container, 'o.txt', { metaData: { first: 'yes' } })
    await api.uploadObjectViaStream('second', container, 'o.txt', { contentType: 'text/x-second' })
    const found = await api.getObject(container.name, 'o.txt')
    assert.equal(found.size, 6)
    assert.equal(found.contentType, 'text/x-second')
    assert.deepEqual({ ...found.metaData }, {})
    assert.equal((await bytesOf(api, found)).toString(), 'second')
    assert.deepEqual(await names(api, container), ['o.txt'])
  })
  suite.test('object: a large one goes through as a stream, and is reported', UP, async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    const total = options.large ?? 3_000_017
    const sum = createHash('sha256')
    async function* source(): AsyncGenerator<Buffer> {
      for (let left = total; left > 0; left -= 65_536) {
        const chunk = randomBytes(Math.min(left, 65_536))
        sum.update(chunk)
        yield chunk
      }
    }
    const up: number[] = []
    await api.uploadObjectViaStream(source(), container, 'large', { onProgress: each => up.push(each.transferred) })
    const down: number[] = []
    const received = createHash('sha256')
    const report = { onProgress: (each: { transferred: number }) => down.push(each.transferred) }
    for await (const chunk of await api.downloadObjectAsStream(at(container, 'large'), report)) received.update(chunk)
    assert.equal(received.digest('hex'), sum.digest('hex'))
    for (const reports of [up, down]) {
      assert.equal(reports.at(-1), total, 'the last report is the whole')
      assert.ok(reports.length > 1, 'it is reported on the way')
      assert.deepEqual(
        reports,
        [...reports].sort((a, b) => a - b),
        'reports grow',
      )
    }
  })
  const { ordered } = options
  suite.test('object: every name comes back as it is', UP, async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    const all = NAMES.filter(name => !options.impossible?.test(name))
    for (const name of all) await api.uploadObjectViaStream(`bytes of ${name}`, container, name)
    const listed = await names(api, container)
    assert.deepEqual(ordered === false ? [...listed].sort(byBytes) : listed, [...all].sort(byBytes))
    for (const name of all) {
      assert.equal((await api.getObject(container.name, name)).name, name)
      assert.equal((await bytesOf(api, at(container, name))).toString(), `bytes of ${name}`)
    }
    const [first, ...rest] = all as [string, ...string[]]
    await api.deleteObject(at(container, first))
    await rejectsWith(() => api.getObject(container.name, first), ObjectDoesNotExistError)
    assert.equal((await names(api, container)).length, rest.length, 'nothing else went with it')
  })
}

/** Yields a little, and then what `then` says: an error, or nothing for ever. */
async function* halting(then: () => Promise<never>): AsyncGenerator<Buffer> {
  yield Buffer.alloc(1000, 'x')
  await then()
}

/** A test of what becomes of an upload that comes to no end; `old.txt` is there before, and must be there after. */
function testBroken(
  suite: Suite,
  title: string,
  upload: (api: StorageApi, container: Container, name: string) => Promise<void>,
): void {
  suite.test(title, UP, async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    await api.uploadObjectViaStream('old', container, 'old.txt')
    for (const name of ['old.txt', 'new.txt']) await upload(api, container, name)
    await rejectsWith(() => api.getObject(container.name, 'new.txt'), ObjectDoesNotExistError)
    assert.equal((await bytesOf(api, at(container, 'old.txt'))).toString(), 'old', 'the old object is untouched')
    assert.deepEqual(await names(api, container), ['old.txt'], 'nothing half is listed')
    await api.deleteObject(at(container, 'old.txt'))
    await api.deleteContainer(container) // what is left of an upload would be in its way
  })
}

/** What is not sent whole. */
export function describeBroken(suite: Suite): void {
  testBroken(suite, 'upload: whose source fails leaves nothing', async (api, container, name) => {
    const broken = halting(() => Promise.reject(new Error('the source broke')))
    const error = await rejectsWith(() => api.uploadObjectViaStream(broken, container, name), Error)
    assert.match(`${error} ${error.cause}`, /the source broke/)
  })
  testBroken(
    suite,
    'upload: that is aborted while its source stalls ends at once and leaves nothing',
    async (api, container, name) => {
      const controller = new AbortController()
      const reason = new Error('no longer wanted')
      const stalled = halting(() => {
        setTimeout(() => controller.abort(reason), 20)
        return new Promise(() => {})
      })
      const { signal } = controller
      const error = await rejectsWith(() => api.uploadObjectViaStream(stalled, container, name, { signal }), Error)
      assert.equal(error, reason)
    },
  )
  testBroken(suite, 'upload: with another length than it said leaves nothing', async (api, container, name) => {
    for (const contentLength of [5, 5000]) {
      const source = Readable.from([Buffer.alloc(1000)])
      await rejectsWith(() => api.uploadObjectViaStream(source, container, name, { contentLength }), LibcloudError)
    }
  })
  suite.test('upload: into a container that is not there is refused', [...UP, 'getContainer'], async api => {
    const container = { name: suite.name() }
    await rejectsWith(() => api.uploadObjectViaStream('x', container, 'a'), ContainerDoesNotExistError)
    await rejectsWith(() => api.getContainer(container.name), ContainerDoesNotExistError)
  })
}

async function openFolder(defer: Defer): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lifecycle-'))
  defer(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** What is fetched. */
export function describeDownloads(suite: Suite, options: StorageLifecycleOptions): void {
  suite.test(
    'file: is sent, saved, and not replaced unless that is wanted',
    [...UP, 'uploadObject', 'downloadObject'],
    async (api, defer) => {
      const folder = await openFolder(defer)
      const container = await openContainer(suite, api, defer)
      const bytes = randomBytes(200_001)
      const [from, to] = [join(folder, 'from'), join(folder, 'to')]
      await writeFile(from, bytes)
      const sent = await api.uploadObject(from, container, 'file.bin')
      assert.equal(sent.size, bytes.length)
      await api.downloadObject(sent, to)
      assert.ok(bytes.equals(await readFile(to)))
      await writeFile(to, 'mine')
      await rejectsWith(() => api.downloadObject(sent, to), InvalidRequestError)
      assert.equal(await readFile(to, 'utf8'), 'mine')
      await api.downloadObject(at(container, 'file.bin'), to, { overwriteExisting: true })
      assert.ok(bytes.equals(await readFile(to)))
      await rejectsWith(
        () => api.downloadObject(at(container, 'missing'), join(folder, 'none')),
        ObjectDoesNotExistError,
      )
      await rejectsWith(() => api.uploadObject(join(folder, 'missing'), container, 'none'), InvalidRequestError)
      assert.deepEqual((await readdir(folder)).sort(), ['from', 'to'], 'nothing else is left in the folder')
      assert.deepEqual(await names(api, container), ['file.bin'])
    },
  )
  suite.test('range: gives these bytes and no others', [...UP, 'downloadObjectRangeAsStream'], async (api, defer) => {
    const folder = await openFolder(defer)
    const container = await openContainer(suite, api, defer)
    const bytes = randomBytes(70_000)
    const object = await api.uploadObjectViaStream(bytes, container, 'o')
    const ranges = [
      { start: 0 },
      { start: 0, end: 1 },
      { start: 65_535, end: 65_537 },
      { start: 69_999 },
      { start: 69_000, end: 90_000 },
    ]
    for (const [index, range] of ranges.entries()) {
      const wanted = bytes.subarray(range.start, range.end)
      assert.ok(wanted.equals(await read(await api.downloadObjectRangeAsStream(object, range))), JSON.stringify(range))
      const file = join(folder, String(index))
      await api.downloadObjectRange(object, file, range)
      assert.ok(wanted.equals(await readFile(file)), `to a file: ${JSON.stringify(range)}`)
    }
    await rejectsWith(async () => read(await api.downloadObjectRangeAsStream(object, { start: 70_000 })), LibcloudError)
    await rejectsWith(
      () => api.downloadObjectRangeAsStream(at(container, 'none'), { start: 0 }),
      ObjectDoesNotExistError,
    )
  })
  suite.test('download: that is aborted on the way ends with the reason', UP, async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    const object = await api.uploadObjectViaStream(Buffer.alloc(options.large ?? 3_000_017), container, 'o')
    const controller = new AbortController()
    const stream = await api.downloadObjectAsStream(object, { signal: controller.signal })
    let received = 0
    const reason = new Error('no longer wanted')
    const error = await rejectsWith(async () => {
      for await (const chunk of stream) {
        received += (chunk as Uint8Array).length
        controller.abort(reason)
      }
    }, Error)
    assert.equal(error, reason)
    assert.ok(received < object.size, 'it did not go on to the end')
  })
  suite.test('object: is gone when it was deleted', UP, async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    const object = await api.uploadObjectViaStream('x', container, 'a/o')
    await object.delete()
    await rejectsWith(() => api.getObject(container.name, 'a/o'), ObjectDoesNotExistError)
    await rejectsWith(() => api.downloadObjectAsStream(object), ObjectDoesNotExistError)
    assert.deepEqual(await names(api, container), [])
  })
}
