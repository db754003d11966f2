import { createHash } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { codeOf, translate } from '../../../drivers/local/errors.js'
import { LocalStorageDriver } from '../../../drivers/local/storage.js'
import type { LibcloudError } from '../../../lib/errors.js'
import { freshDriver, freshRoot, snapshot, textOf } from './support.js'

const md5 = (text: string | Buffer): string => createHash('md5').update(text).digest('hex')
const errorOf = async (work: PromiseLike<unknown>): Promise<LibcloudError> => {
  const outcome = await Promise.resolve(work).then(
    () => undefined,
    (error: LibcloudError) => error,
  )
  if (outcome === undefined) throw new Error('it resolved')
  return outcome
}

describe('LOCAL', () => {
  it('constructor: takes a path, relative ones from where the program stands now', async () => {
    const root = freshRoot()
    expect(() => new LocalStorageDriver({ key: 'a\0b' })).toThrow("'key' must be")
    expect(() => new LocalStorageDriver({} as never)).toThrow("the option 'key' is not given")
    const missing = new LocalStorageDriver({ key: join(root, 'nowhere') })
    const error = await errorOf(missing.listContainers())
    expect(error).toMatchObject({ name: 'InvalidRequestError', operation: 'listContainers', providerCode: 'ENOENT' })
    expect(error.message).not.toContain(root)
    expect(readdirSync(root)).toEqual([])
    const before = process.cwd()
    try {
      process.chdir(root)
      const driver = new LocalStorageDriver({ key: '.' })
      process.chdir(before)
      await driver.createContainer('here')
    } finally {
      process.chdir(before)
    }
    expect(readdirSync(root)).toEqual(['here'])
    expect(inspect(missing)).toBe("LocalStorageDriver { provider: 'local' }")
  })

  it('uploadObjectViaStream: keeps content type, metadata and checksum', async () => {
    const { driver, root } = freshDriver()
    const container = await driver.createContainer('c')
    const given = await driver.uploadObjectViaStream(Readable.from(['hel', 'lo']), container, 'a/b.json', {
      contentType: 'application/x-mine',
      metaData: { 'X-Name': 'wörld' },
    })
    const object = await driver.getObject('c', 'a/b.json')
    for (const each of [given, object, ...(await driver.listContainerObjects(container))]) {
      expect(each).toMatchObject({
        name: 'a/b.json',
        size: 5,
        hash: md5('hello'),
        contentType: 'application/x-mine',
        metaData: { 'x-name': 'wörld' },
      })
      expect(Math.abs(Date.now() - (each.lastModified?.getTime() ?? 0))).toBeLessThan(60_000)
    }
    expect(readFileSync(join(root, 'c/a/b.json'), 'utf8')).toBe('hello')
    expect(object.container.name).toBe('c')
    await driver.uploadObjectViaStream('plain', container, 'a/b.json')
    expect(await driver.getObject('c', 'a/b.json')).toMatchObject({ contentType: 'application/json', metaData: {} })
    expect(
      Object.keys(snapshot(root)).filter(path => path.startsWith('.libcloud/meta/c/') && !path.endsWith('/')),
    ).toHaveLength(1)
  })

  it('uploadObject and downloadObject: files there and back, empty ones too', async () => {
    const { driver, root } = freshDriver()
    const container = await driver.createContainer('c')
    const source = join(root, '..', 'source')
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(1_000_001, 'ab')]) {
      writeFileSync(source, bytes)
      const object = await driver.uploadObject(source, container, 'file', { verifyHash: bytes.length > 0 })
      expect(object.hash).toBe(bytes.length > 0 ? md5(bytes) : undefined)
      const target = join(root, '..', `target-${bytes.length}`)
      const seen: number[] = []
      await driver.downloadObject(object, target, { onProgress: ({ transferred }) => seen.push(transferred) })
      expect(readFileSync(target).equals(bytes)).toBe(true)
      expect(seen.at(-1) ?? 0).toBe(bytes.length)
    }
    const object = await driver.getObject('c', 'file')
    await driver.uploadObjectViaStream('other', container, 'file')
    await expect(driver.downloadObject(object, join(root, '..', 'never'))).rejects.toMatchObject({
      name: 'ObjectHashMismatchError',
    })
  })

  it('downloadObjectRangeAsStream: gives the bytes between, and refuses what begins beyond the end', async () => {
    const { driver } = freshDriver()
    const container = await driver.createContainer('c')
    const object = await driver.uploadObjectViaStream('0123456789', container, 'digits')
    expect(await textOf(driver.downloadObjectRangeAsStream(object, { start: 2, end: 5 }))).toBe('234')
    expect(await textOf(driver.downloadObjectRangeAsStream(object, { start: 7 }))).toBe('789')
    expect(await textOf(driver.downloadObjectRangeAsStream(object, { start: 9, end: 999 }))).toBe('9')
    await expect(driver.downloadObjectRangeAsStream(object, { start: 10 })).rejects.toMatchObject({
      name: 'InvalidRequestError',
      argument: 'range.start',
    })
  })

  it('uploadObjectViaStream: an upload that fails or is aborted leaves everything as it was', async () => {
    const { driver, root } = freshDriver()
    const container = await driver.createContainer('c')
    await driver.uploadObjectViaStream('old', container, 'kept')
    const before = snapshot(root)
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half')
      throw new RangeError('mine')
    }
    expect(await errorOf(driver.uploadObjectViaStream(broken(), container, 'new/one'))).toBeInstanceOf(RangeError)
    const short = driver.uploadObjectViaStream(Readable.from(['abc']), container, 'kept', { contentLength: 4 })
    expect(await errorOf(short)).toMatchObject({ name: 'InvalidRequestError' })
    const reason = new Error('enough')
    const hanging = (): Readable => new Readable({ read() {} })
    const controller = new AbortController()
    const aborted = errorOf(driver.uploadObjectViaStream(hanging(), container, 'kept', { signal: controller.signal }))
    await sleep(20)
    controller.abort(reason)
    expect(await aborted).toBe(reason)
    const late = driver.uploadObjectViaStream(hanging(), container, 'new/two', { timeout: 30 })
    expect(await errorOf(late)).toMatchObject({ name: 'TimeoutError', operation: 'uploadObjectViaStream' })
    expect(await errorOf(driver.uploadObjectViaStream('x', container, 'y', { signal: controller.signal }))).toBe(reason)
    // Its error comes before anyone reads it.
    const unreadable = createReadStream(join(root, '..', 'nowhere'))
    const error = await errorOf(driver.uploadObjectViaStream(unreadable, container, 'new/three'))
    expect(error).toMatchObject({ name: 'InvalidRequestError', argument: 'source', providerCode: 'ENOENT' })
    expect(error.message).not.toContain(root)
    const unread = hanging()
    await errorOf(driver.uploadObjectViaStream(unread, { name: 'none' }, 'x'))
    expect(unread.destroyed).toBe(true)
    expect(snapshot(root)).toEqual(before)
  })

  it('uploadObjectViaStream: no reader sees an object before it is whole', async () => {
    const { driver, root } = freshDriver()
    const container = await driver.createContainer('c')
    await driver.uploadObjectViaStream('old', container, 'a/b', { metaData: { version: 'old' } })
    const seen: unknown[] = []
    const look = async (): Promise<void> => {
      const { metaData } = await driver.getObject('c', 'a/b')
      seen.push([metaData, await textOf(driver.downloadObjectAsStream({ name: 'a/b', container }))])
      seen.push((await driver.listContainerObjects(container)).map(({ name }) => name))
      seen.push(Object.keys(snapshot(join(root, 'c'))))
    }
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (let count = 0; count < 3; count++) {
        yield Buffer.alloc(100_000, 'n')
        await look()
      }
    }
    await driver.uploadObjectViaStream(source(), container, 'a/b', { metaData: { version: 'new' } })
    const old = [[{ version: 'old' }, 'old'], ['a/b'], ['a/', 'a/b']]
    expect(seen).toEqual([...old, ...old, ...old])
    expect(await driver.getObject('c', 'a/b')).toMatchObject({ size: 300_000, metaData: { version: 'new' } })
  })

  it('getObject: files of other programs, and changed ones, are objects without a description', async () => {
    const { driver, root } = freshDriver()
    const container = await driver.createContainer('c')
    mkdirSync(join(root, 'c/x'))
    writeFileSync(join(root, 'c/x/foreign.html'), '<p>')
    const foreign = await driver.getObject('c', 'x/foreign.html')
    expect(foreign).toMatchObject({ size: 3, contentType: 'text/html', hash: undefined, metaData: {} })
    expect(await textOf(driver.downloadObjectAsStream(foreign))).toBe('<p>')
    const options = { metaData: { a: 'b' }, contentType: 'x/y' }
    for (const change of [
      (path: string) => writeFileSync(path, 'NEW'), // as long as before, within the same tick of the clock
      (path: string) => appendFileSync(path, '!'),
      (path: string) => {
        writeFileSync(`${path}~`, 'new')
        renameSync(`${path}~`, path)
      },
    ]) {
      await driver.uploadObjectViaStream('old', container, 'own.txt', options)
      expect(await driver.getObject('c', 'own.txt')).toMatchObject(options)
      change(join(root, 'c/own.txt'))
      expect(await driver.getObject('c', 'own.txt')).toMatchObject({
        contentType: 'text/plain',
        hash: undefined,
        metaData: {},
      })
    }
    expect((await driver.listContainerObjects(container)).map(each => each.contentType)).toEqual([
      'text/plain',
      'text/html',
    ])
  })

  it('getObject: a copy of the whole root keeps its descriptions, and does without them', async () => {
    const { driver, root } = freshDriver()
    await driver.uploadObjectViaStream('bytes', await driver.createContainer('c'), 'a', { metaData: { k: 'v' } })
    const copy = join(root, '..', 'copy')
    cpSync(root, copy, { recursive: true })
    // What copies keep of a time differs; this one keeps all of it.
    const { mtimeNs } = statSync(join(root, 'c/a'), { bigint: true })
    const seconds = `${mtimeNs / 1_000_000_000n}.${String(mtimeNs % 1_000_000_000n).padStart(9, '0')}`
    utimesSync(join(copy, 'c/a'), seconds, seconds)
    const there = new LocalStorageDriver({ key: copy })
    const exact = statSync(join(copy, 'c/a'), { bigint: true }).mtimeNs === mtimeNs
    if (exact) expect(await there.getObject('c', 'a')).toMatchObject({ metaData: { k: 'v' }, hash: md5('bytes') })
    rmSync(join(copy, '.libcloud'), { recursive: true })
    expect(await there.getObject('c', 'a')).toMatchObject({ size: 5, metaData: {}, hash: undefined })
  })

  it("getObject: a damaged description, or one that is another name's, counts for nothing", async () => {
    const { driver, root } = freshDriver()
    await driver.uploadObjectViaStream('bytes', await driver.createContainer('c'), 'a', { metaData: { k: 'v' } })
    const file = Object.keys(snapshot(root)).find(path => /^\.libcloud\/meta\/c\/..\/./.test(path)) as string
    const whole = JSON.parse(readFileSync(join(root, file), 'utf8'))
    for (const text of [
      '',
      '{',
      'null',
      JSON.stringify({ ...whole, name: 'b' }),
      JSON.stringify({ ...whole, metaData: { k: 1 } }),
      JSON.stringify({ ...whole, version: 2 }),
    ]) {
      writeFileSync(join(root, file), text)
      expect(await driver.getObject('c', 'a')).toMatchObject({ metaData: {}, hash: undefined })
    }
    writeFileSync(join(root, file), JSON.stringify(whole))
    expect(await driver.getObject('c', 'a')).toMatchObject({ metaData: { k: 'v' }, hash: md5('bytes') })
  })

  it('downloadObjectAsStream: a file that shrinks or changes fails; one that is deleted, replaced or grows is read on', async () => {
    const { driver, root } = freshDriver()
    const container = await driver.createContainer('c')
    const path = join(root, 'c/big')
    const begin = async (): Promise<AsyncIterator<Buffer>> => {
      await driver.uploadObjectViaStream(Buffer.alloc(2_000_000, 'a'), container, 'big')
      const stream = await driver.downloadObjectAsStream({ name: 'big', container })
      const chunks = stream[Symbol.asyncIterator]()
      await chunks.next()
      return chunks
    }
    const finish = async (chunks: AsyncIterator<Buffer>): Promise<number> => {
      let size = 0
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) size += next.value.length
      return size
    }
    for (const change of [() => truncateSync(path, 600_000), () => writeFileSync(path, Buffer.alloc(2_000_000, 'b'))]) {
      const chunks = await begin()
      change()
      expect(await errorOf(finish(chunks))).toMatchObject({
        name: 'ConnectionError',
        retryable: true,
        operation: 'downloadObjectAsStream',
      })
    }
    for (const change of [
      () => driver.deleteObject({ name: 'big', container }),
      () => driver.uploadObjectViaStream('short', container, 'big'),
      () => appendFileSync(path, 'more'),
    ]) {
      const chunks = await begin()
      await change()
      expect(await finish(chunks)).toBeGreaterThan(1_000_000)
    }
  })

  it('downloadObjectAsStream: ends with its signal, and gives its file back', async () => {
    const { driver } = freshDriver()
    const container = await driver.createContainer('c')
    await driver.uploadObjectViaStream(Buffer.alloc(2_000_000), container, 'big')
    const openFiles = (): number => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0)
    const before = openFiles()
    const reason = new Error('enough')
    const controller = new AbortController()
    const object = { name: 'big', container }
    const stream = await driver.downloadObjectAsStream(object, { signal: controller.signal, onProgress: () => {} })
    const reading = errorOf(textOf(Promise.resolve(stream)))
    controller.abort(reason)
    expect(await reading).toBe(reason)
    for (const left of [await driver.downloadObjectAsStream(object), await driver.downloadObjectAsStream(object)]) {
      await new Promise(resolve => left.once('close', resolve).destroy())
    }
    for await (const _ of await driver.downloadObjectAsStream(object)) break
    await expect(textOf(driver.downloadObjectAsStream(object, { timeout: 0 }))).rejects.toThrow('timeout of 0 ms')
    await sleep(20)
    expect(openFiles()).toBeLessThanOrEqual(before)
  })

  it('deleteObject: takes the folders that become empty with it, and nothing else', async () => {
    const { driver, root } = freshDriver()
    const container = await driver.createContainer('c')
    await driver.uploadObjectViaStream('1', container, 'a/b/c/1')
    await driver.uploadObjectViaStream('2', container, 'a/2')
    await driver.deleteObject({ name: 'a/b/c/1', container })
    expect(Object.keys(snapshot(join(root, 'c')))).toEqual(['a/', 'a/2'])
    await expect(driver.deleteObject({ name: 'a/b/c/1', container })).rejects.toMatchObject({
      name: 'ObjectDoesNotExistError',
      operation: 'deleteObject',
    })
    await driver.deleteObject({ name: 'a/2', container })
    expect(Object.keys(snapshot(join(root, 'c')))).toEqual([])
    await driver.deleteContainer(container)
    expect(Object.keys(snapshot(root)).filter(path => !path.endsWith('/'))).toEqual([])
  })

  it('deleteObject: does not disturb uploads into the folders that it removes', async () => {
    const { driver } = freshDriver()
    const container = await driver.createContainer('c')
    for (let round = 0; round < 40; round++) {
      await driver.uploadObjectViaStream('x', container, 'd/e/old')
      await Promise.all([
        driver.deleteObject({ name: 'd/e/old', container }),
        driver.uploadObjectViaStream('y', container, 'd/e/new'),
      ])
      expect(await textOf(driver.downloadObjectAsStream({ name: 'd/e/new', container }))).toBe('y')
      await driver.deleteObject({ name: 'd/e/new', container })
    }
  })

  it('deleteContainer: never removes what was reported as uploaded', async () => {
    const { driver } = freshDriver()
    const outcomes = new Set<string>()
    for (let round = 0; round < 60; round++) {
      const container = await driver.createContainer('c')
      const upload = driver.uploadObjectViaStream('x', container, 'deep/er/object')
      await sleep(0)
      for (let turn = 0; turn < round % 20; turn++) await new Promise(setImmediate)
      const [uploaded, deleted] = await Promise.allSettled([upload, driver.deleteContainer(container)])
      outcomes.add(`${uploaded.status} ${deleted.status}`)
      if (uploaded.status === 'fulfilled') {
        expect(deleted).toMatchObject({ reason: { name: 'ContainerIsNotEmptyError' } })
        expect((await driver.listContainerObjects(container)).map(({ name }) => name)).toEqual(['deep/er/object'])
        await driver.deleteObject(uploaded.value)
        await driver.deleteContainer(container)
      } else expect(uploaded.reason).toMatchObject({ name: 'ContainerDoesNotExistError' })
    }
    // Which of the two it is, is chance; both never.
    for (const outcome of outcomes) expect(outcome).toMatch(/^(fulfilled rejected|rejected fulfilled)$/)
  })

  it('createContainer: knows folders, files and other things that are there', async () => {
    const { driver, root } = freshDriver()
    mkdirSync(join(root, 'folder'))
    writeFileSync(join(root, 'file'), '')
    await expect(driver.createContainer('folder')).rejects.toMatchObject({ name: 'ContainerAlreadyExistsError' })
    await expect(driver.createContainer('file')).rejects.toMatchObject({ name: 'ConflictError' })
    await expect(driver.getContainer('file')).rejects.toMatchObject({ name: 'ContainerDoesNotExistError' })
    expect((await driver.listContainers()).map(({ name }) => name)).toEqual(['folder'])
    {
      await using made = await driver.createContainer('passing')
      expect(existsSync(join(root, made.name))).toBe(true)
    }
    expect(existsSync(join(root, 'passing'))).toBe(false)
  })

  it('every method: a container or an object that is missing has its own error', async () => {
    const { driver, root } = freshDriver()
    const none = { name: 'none' }
    const calls = (container: { name: string }, name: string): (() => PromiseLike<unknown>)[] => [
      () => driver.getObject(container.name, name),
      () => driver.downloadObjectAsStream({ name, container }),
      () => driver.downloadObject({ name, container }, join(root, '..', 'x')),
      () => driver.downloadObjectRangeAsStream({ name, container }, { start: 0 }),
      () => driver.deleteObject({ name, container }),
      () => driver.getObjectCdnUrl({ name, container }),
      () => driver.enableObjectCdn({ name, container }),
    ]
    for (const call of [
      ...calls(none, 'a/b'),
      () => driver.getContainer('none'),
      () => driver.deleteContainer(none),
      () => driver.listContainerObjects(none),
      () => driver.listContainerObjects(none, { prefix: 'a/b/c' }),
      () => driver.uploadObjectViaStream('x', none, 'a'),
      () => driver.getContainerCdnUrl(none),
      () => driver.enableContainerCdn(none),
    ]) {
      expect(await errorOf(call())).toMatchObject({ name: 'ContainerDoesNotExistError', provider: 'local' })
    }
    const container = await driver.createContainer('c')
    await driver.uploadObjectViaStream('x', container, 'file')
    mkdirSync(join(root, 'c/folder'))
    for (const name of ['none', 'none/none', 'folder', 'file/below']) {
      for (const call of calls(container, name)) {
        const error = await errorOf(call())
        expect(error).toMatchObject({ name: 'ObjectDoesNotExistError', provider: 'local' })
        expect(error.message).not.toContain(root)
      }
    }
    expect(Object.keys(snapshot(root)).filter(path => path.startsWith('none'))).toEqual([])
  })

  it("uploadObjectViaStream: 'a' and 'a/b' exclude each other, folders without objects do not count", async () => {
    const { driver, root } = freshDriver()
    const container = await driver.createContainer('c')
    await driver.uploadObjectViaStream('x', container, 'a')
    const below = await errorOf(driver.uploadObjectViaStream('x', container, 'a/b/c'))
    expect(below).toMatchObject({ name: 'ConflictError', code: 'CONFLICT' })
    expect(below.message).toContain("'a' is an object")
    await driver.uploadObjectViaStream('x', container, 'd/e')
    const above = await errorOf(driver.uploadObjectViaStream('x', container, 'd'))
    expect(above).toMatchObject({ name: 'ConflictError' })
    expect(above.message).toContain('objects lie in it')
    mkdirSync(join(root, 'c/empty/empty'), { recursive: true })
    await driver.uploadObjectViaStream('x', container, 'empty')
    expect((await driver.listContainerObjects(container)).map(({ name }) => name)).toEqual(['a', 'd/e', 'empty'])
    await expect(driver.deleteContainer(container)).rejects.toMatchObject({ name: 'ContainerIsNotEmptyError' })
  })

  it('getObjectCdnUrl and getContainerCdnUrl: the address of the file, whatever its name', async () => {
    const { driver, root } = freshDriver()
    const container = await driver.createContainer('c d#1')
    expect(fileURLToPath(await driver.getContainerCdnUrl(container))).toBe(join(root, 'c d#1'))
    await driver.enableContainerCdn(container)
    for (const name of ['a b/c', '%41', 'q?x=1#y', 'é漢字😀', 'a\\b', 'new\nline', 'it\'s "quoted"']) {
      const object = await driver.uploadObjectViaStream('x', container, name)
      await driver.enableObjectCdn(object)
      const url = await driver.getObjectCdnUrl(object)
      expect(url).toMatch(/^file:\/\/\/[!-~]+$/)
      expect(readFileSync(fileURLToPath(url), 'utf8')).toBe('x')
    }
  })

  it('uploadObjectViaStream: old litter of a name goes with the next upload, young litter stays', async () => {
    const { driver, root } = freshDriver()
    const container = await driver.createContainer('c')
    await driver.uploadObjectViaStream('x', container, 'a')
    const file = Object.keys(snapshot(root)).find(path => /^\.libcloud\/meta\/c\/..\/./.test(path)) as string
    const [old, young] = [join(root, `${file}1`), join(root, `${file}2`)]
    for (const path of [old, young]) writeFileSync(path, '{}')
    utimesSync(old, 1, 1)
    await driver.uploadObjectViaStream('y', container, 'a')
    expect([old, young, join(root, file)].map(path => existsSync(path))).toEqual([false, true, false])
  })

  it('the option sync waits for the disk and changes nothing else', async () => {
    const root = freshRoot()
    const driver = new LocalStorageDriver({ key: root, sync: true })
    const object = await driver.uploadObjectViaStream('x', await driver.createContainer('c'), 'a/b', {
      metaData: { k: 'v' },
    })
    expect(await driver.getObject('c', 'a/b')).toMatchObject({ metaData: { k: 'v' }, hash: object.hash })
  })

  it('files and folders have the rights that the umask leaves', async context => {
    if (process.platform === 'win32') context.skip()
    const { driver, root } = freshDriver()
    const mask = process.umask()
    await driver.uploadObjectViaStream('x', await driver.createContainer('c'), 'd/f')
    const modes = ['c', 'c/d', 'c/d/f'].map(path => statSync(join(root, path)).mode & 0o777)
    expect(modes).toEqual([0o777 & ~mask, 0o777 & ~mask, 0o666 & ~mask])
    // Replacing and deleting need no rights on the file itself.
    chmodSync(join(root, 'c/d/f'), 0)
    await driver.uploadObjectViaStream('y', { name: 'c' }, 'd/f')
    expect(await textOf(driver.downloadObjectAsStream({ name: 'd/f', container: { name: 'c' } }))).toBe('y')
  })

  it("errors of the system become this library's", () => {
    const about = { provider: 'local', operation: 'test' }
    const classes = Object.entries({
      EACCES: 'PermissionDeniedError',
      EPERM: 'PermissionDeniedError',
      EROFS: 'PermissionDeniedError',
      ENOSPC: 'QuotaExceededError',
      EDQUOT: 'QuotaExceededError',
      ENAMETOOLONG: 'InvalidRequestError',
      EMFILE: 'ServiceError',
      EIO: 'ServiceError',
    })
    for (const [code, name] of classes) {
      const cause = Object.assign(new Error(`${code}: /secret/path`), { code, syscall: 'open', path: '/secret/path' })
      const error = translate(cause, about) as LibcloudError
      expect(error).toMatchObject({ name, cause, providerCode: code, retryable: code === 'EMFILE' })
      expect(JSON.stringify(error)).not.toContain('secret')
      expect(codeOf(cause)).toBe(code)
    }
    const own = new TypeError('a bug')
    expect(translate(own, about)).toBe(own)
  })
})
