import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { checkContainerName, objectParts } from '../../../drivers/local/names.js'
import { LocalStorageDriver } from '../../../drivers/local/storage.js'
import { inFolder } from '../../../drivers/local/tree.js'
import { LibcloudError } from '../../../lib/errors.js'
import { freshRoot, snapshot, textOf } from './support.js'

const SECRET = 'what lies outside'
const system = process.platform
afterEach(() => {
  Object.defineProperty(process, 'platform', { value: system })
})

/** A root with two containers, one full of links that lead out of it, and canaries all around. */
function trap(): { root: string; outside: string } {
  const root = freshRoot()
  const around = dirname(root)
  const outside = join(around, 'outside')
  mkdirSync(join(outside, 'sub'), { recursive: true })
  for (const file of ['secret', 'outside/secret', 'outside/sub/secret']) writeFileSync(join(around, file), SECRET)
  for (const folder of ['c/real', 'other']) mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'other/secret'), SECRET)
  writeFileSync(join(root, 'secret'), SECRET)
  const links = {
    'c/out': '../../outside',
    'c/real/out': outside,
    'c/secret': '../../secret',
    'c/loop': '.',
    'c/up': '..',
    'c/dangling': '../../made',
    linked: '../outside',
  }
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(root, path))
  return { root, outside }
}

/** All that must stay as it is: everything but the container's own files and folders, and our own folder. */
function rest(root: string): Record<string, string> {
  const found = snapshot(dirname(root))
  return Object.fromEntries(
    Object.entries(found).filter(([path, what]) => !/^root\/(c|\.libcloud)\//.test(path) || what.startsWith('->')),
  )
}

const PIECES = [
  ...[
    '..',
    '.',
    '',
    'c',
    'other',
    'root',
    'out',
    'up',
    'loop',
    'secret',
    'dangling',
    'linked',
    'outside',
    'sub',
    'real',
  ],
  ...['.libcloud', '.LIBCLOUD', '.lib\u200bcloud', 'tmp', 'meta', '%2e%2e', '..%2f', '\\', '..\\..', 'CON', 'c:', '~'],
  ...['\0', '\n', 'é', 'e\u0301', '\ud800', 'a'.repeat(255), 'a'.repeat(256), '__proto__', 'file', 'x'],
]
const hostile = fc
  .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 5 })
  .chain(pieces => fc.constantFrom(pieces.join('/'), pieces.join(''), `/${pieces.join('/')}`, `${pieces.join('/')}/`))

describe.each(['linux', 'darwin'] as const)('LOCAL: hostile names (%s)', platform => {
  it('every method: nothing outside the container is made, read, changed or removed', {
    timeout: 120_000,
  }, async () => {
    const { root } = trap()
    Object.defineProperty(process, 'platform', { value: platform })
    const driver = new LocalStorageDriver({ key: root })
    const before = rest(root)
    const attempt = async (work: () => PromiseLike<unknown>): Promise<unknown> => {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof LibcloudError)) throw error
        expect(error.message).not.toContain(root)
        return undefined
      }
    }
    let stored = 0
    const attack = async (name: string, containerName: string): Promise<void> => {
      const container = { name: containerName }
      const object = { name, container }
      const made = await attempt(() => driver.uploadObjectViaStream('mine', container, name))
      if (made) {
        stored += 1
        expect((await driver.listContainerObjects(container, { prefix: name })).map(each => each.name)).toContain(name)
      }
      const text = await attempt(() => textOf(driver.downloadObjectAsStream(object)))
      expect([undefined, 'mine']).toContain(text)
      await attempt(() => driver.getObject(containerName, name))
      for (const each of ((await attempt(() => driver.listContainerObjects(container, { prefix: name }))) as []) ??
        []) {
        expect(each).toMatchObject({ size: 4 })
      }
      const url = (await attempt(() => driver.getObjectCdnUrl(object))) as string | undefined
      if (url) expect(new URL(url).pathname.startsWith(`${root}/c/`)).toBe(true)
      await attempt(() => driver.deleteObject(object))
    }
    await fc.assert(
      fc.asyncProperty(
        hostile,
        fc.constantFrom('c', 'c', 'c', 'linked', '.libcloud', '..', '.', 'c/..', 'c/real'),
        attack,
      ),
      // Some that are stored, whatever chance brings.
      { numRuns: 150, examples: ['x', 'file/x', '~', 'real/file', 'é'].map(name => [name, 'c']) },
    )
    expect(stored).toBeGreaterThanOrEqual(5)
    expect(rest(root)).toEqual(before)
    await fc.assert(
      fc.asyncProperty(hostile, async name => {
        fc.pre(!['c', 'other'].includes(name))
        await attempt(() => driver.getContainer(name))
        await attempt(() => driver.listContainerObjects({ name }))
        await attempt(async () => (await driver.createContainer(name)).delete())
        await attempt(() => driver.deleteContainer({ name }))
      }),
      { numRuns: 150 },
    )
    expect(rest(root)).toEqual(before)
  })

  it('every method: links, pipes and sockets are no objects, and are left alone', async () => {
    const { root } = trap()
    Object.defineProperty(process, 'platform', { value: platform })
    const driver = new LocalStorageDriver({ key: root })
    const server = createServer().listen(join(root, 'c/socket'))
    await new Promise(resolve => server.once('listening', resolve))
    const before = snapshot(root)
    const container = { name: 'c' }
    try {
      for (const name of ['secret', 'out/secret', 'out', 'dangling', 'socket', 'loop/real', 'up/other/secret']) {
        for (const call of [
          () => driver.getObject('c', name),
          () => driver.downloadObjectAsStream({ name, container }),
          () => driver.deleteObject({ name, container }),
        ]) {
          await expect(call(), name).rejects.toMatchObject({ name: 'ObjectDoesNotExistError' })
        }
        const upload = driver.uploadObjectViaStream('mine', container, name)
        await expect(upload, name).rejects.toMatchObject({ name: 'ConflictError' })
      }
      expect(await driver.listContainerObjects(container)).toEqual([])
      await expect(driver.deleteContainer(container)).rejects.toMatchObject({ name: 'ContainerIsNotEmptyError' })
      await expect(driver.getContainer('linked')).rejects.toMatchObject({ name: 'ContainerDoesNotExistError' })
      await expect(driver.createContainer('linked')).rejects.toMatchObject({ name: 'ConflictError' })
      const files = Object.keys(snapshot(root)).filter(path => !path.startsWith('.libcloud/'))
      expect(files).toEqual(Object.keys(before))
    } finally {
      server.close()
    }
  })

  it('our own folder may be a link: then nothing is written through it', async () => {
    const { root, outside } = trap()
    Object.defineProperty(process, 'platform', { value: platform })
    symlinkSync(outside, join(root, '.libcloud'))
    const driver = new LocalStorageDriver({ key: root })
    const before = snapshot(outside)
    await expect(driver.uploadObjectViaStream('mine', { name: 'c' }, 'x')).rejects.toBeInstanceOf(LibcloudError)
    expect(snapshot(outside)).toEqual(before)
    expect(await driver.getObject('other', 'secret')).toMatchObject({ metaData: {} })
  })
})

describe('LOCAL: hostile neighbours', () => {
  it.each(['linux', 'darwin'] as const)('a folder exchanged for a link after it was entered (%s)', async platform => {
    const { root, outside } = trap()
    mkdirSync(join(root, 'c/d'))
    writeFileSync(join(root, 'c/d/secret'), 'inside')
    const before = snapshot(outside)
    Object.defineProperty(process, 'platform', { value: platform })
    await inFolder(root, ['c', 'd'], async folder => {
      renameSync(join(root, 'c/d'), join(root, 'c/moved'))
      symlinkSync(outside, join(root, 'c/d'))
      if (platform === 'linux') {
        const file = await folder.openFile('secret')
        expect(await file.readFile('utf8').finally(() => file.close())).toBe('inside')
        writeFileSync(folder.at('new'), 'mine')
        expect(readdirSync(join(root, 'c/moved')).sort()).toEqual(['new', 'secret'])
      } else {
        await expect(folder.openFile('secret')).rejects.toMatchObject({ code: 'ENOTDIR' })
        await expect(folder.verify()).rejects.toMatchObject({ code: 'ENOTDIR' })
      }
    })
    expect(snapshot(outside)).toEqual(before)
  })

  it('a folder that is exchanged for a link at any moment leads nowhere', { timeout: 120_000 }, async context => {
    if (process.platform !== 'linux' || !existsSync('/proc/self/fd')) context.skip()
    const { root, outside } = trap()
    mkdirSync(join(root, 'c/d'))
    writeFileSync(join(root, 'c/d/secret'), 'inside')
    const before = snapshot(outside)
    const worker = new Worker(
      `const { renameSync, symlinkSync, unlinkSync, rmdirSync } = require('node:fs')
       const { workerData: { at, outside } } = require('node:worker_threads')
       for (const end = Date.now() + 900; Date.now() < end; ) {
         try {
           renameSync(at, at + '-real')
           symlinkSync(outside, at)
           unlinkSync(at)
         } catch {}
         try { rmdirSync(at) } catch {}
         try { renameSync(at + '-real', at) } catch {}
       }`,
      { eval: true, workerData: { at: join(root, 'c/d'), outside } },
    )
    let running = true
    const exited = new Promise(resolve => worker.once('exit', resolve)).then(() => {
      running = false
    })
    const driver = new LocalStorageDriver({ key: root })
    const container = { name: 'c' }
    const outcomes = new Set<string>()
    for (let round = 0; running; round++) {
      const text = await textOf(driver.downloadObjectAsStream({ name: 'd/secret', container })).catch(
        error => error.name,
      )
      outcomes.add(text)
      await driver.uploadObjectViaStream('mine', container, `d/x${round % 5}`).catch(error => outcomes.add(error.name))
      await driver.deleteObject({ name: 'd/sub/secret', container }).catch(() => {})
      for (const each of await driver.listContainerObjects(container)) outcomes.add(each.name.replace(/x\d$/, 'x'))
    }
    await exited
    expect(snapshot(outside)).toEqual(before)
    const real = join(root, 'c/d-real')
    if (existsSync(real)) {
      rmSync(join(root, 'c/d'), { recursive: true, force: true })
      renameSync(real, join(root, 'c/d'))
    }
    expect(await textOf(driver.downloadObjectAsStream({ name: 'd/secret', container }))).toBe('inside')
    expect(outcomes).not.toContain(SECRET)
    expect(readdirSync(join(root, '.libcloud/tmp'))).toEqual([])
    rmSync(join(root, 'c'), { recursive: true })
  })

  it('names: what Windows cannot have, and what no system can have', () => {
    const about = { provider: 'local', operation: 'test' }
    for (const name of [
      'con',
      'NUL.txt',
      'com1',
      'a:b',
      'a\\b',
      'trailing.',
      'trailing ',
      'a?',
      'LIBCLO~1',
      'x/aux/y',
    ]) {
      expect(() => objectParts(name, about, 'win32'), name).toThrow("an object's name must")
      expect(objectParts(name, about, 'linux')).toEqual(name.split('/'))
    }
    for (const name of [
      '',
      '/a',
      'a/',
      'a//b',
      '..',
      'a/../b',
      'a\0',
      '\ud800',
      'é'.repeat(128),
      `${'a/'.repeat(2100)}a`,
    ]) {
      expect(() => objectParts(name, about, 'linux'), name).toThrow("an object's name must")
    }
    for (const name of [
      '.libcloud',
      '.LibCloud',
      '.lib\u200bcloud',
      '..',
      '.',
      'a/b',
      'a\\b',
      'a\n',
      'é'.repeat(128),
    ]) {
      expect(() => checkContainerName(name, about, 'linux'), name).toThrow("a container's name must")
    }
    for (const name of ['con', 'a ', '.git', 'é', 'é'.repeat(127)]) checkContainerName(name, about, 'linux')
    expect(() => checkContainerName('con', about, 'win32')).toThrow("a container's name must")
  })
})
