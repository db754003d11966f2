import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import {
  ContainerAlreadyExistsError,
  ContainerDoesNotExistError,
  ContainerIsNotEmptyError,
  InvalidRequestError,
  NotFoundError,
} from '../../../lib/errors.js'
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
import { describeBroken, describeDownloads, describeUploads, TEXT } from './storage.transfers.js'
import { endsOnAbort, foreign, Lifecycle, parallel, refuses, rejectsWith } from './tools.js'

export type { StorageLifecycleOptions } from './storage.common.js'

/** Runs the storage API on a driver that keeps what it is given: in memory, on a disk, at a real provider. */
export function storageLifecycle(options: StorageLifecycleOptions): void {
  const suite: Suite = new Lifecycle(options)
  options.describe(options.title ?? 'storage', () => {
    describeContainers(suite)
    describeUploads(suite, options)
    describeBroken(suite)
    describeDownloads(suite, options)
    describeLists(suite, options)
    describeRefusals(suite)
    describeAddresses(suite, options)
    describeParallel(suite)
  })
}

function describeContainers(suite: Suite): void {
  suite.test(
    'container: is created, found, listed, and gone when it was deleted',
    ['createContainer', 'getContainer', 'listContainers', 'deleteContainer'],
    async (api, defer) => {
      const name = suite.name()
      defer(() => api.deleteContainer({ name }))
      const created = await api.createContainer(name)
      assert.equal(created.name, name)
      assert.equal((await api.getContainer(name)).name, name)
      const listed = await suite.walk(
        () => api.listContainers(),
        each => each.name,
        1,
      )
      assert.ok(listed.some(each => each.name === name))
      suite.assertPrivate(created)
      await created.delete()
      await suite.gone(() => api.getContainer(name), ContainerDoesNotExistError)
      await rejectsWith(() => api.deleteContainer({ name }), ContainerDoesNotExistError)
      assert.ok(!(await api.listContainers()).some(each => each.name === name))
    },
  )
  suite.test(
    'container: cannot be created twice',
    ['createContainer', 'deleteContainer', 'uploadObjectViaStream', 'listContainerObjects', 'deleteObject'],
    async (api, defer) => {
      const { name } = await openContainer(suite, api, defer)
      await api.uploadObjectViaStream('kept', { name }, 'kept')
      await rejectsWith(() => api.createContainer(name), ContainerAlreadyExistsError)
      assert.deepEqual(
        (await api.listContainerObjects({ name })).map(each => each.name),
        ['kept'],
      )
    },
  )
  suite.test(
    'container: `await using` deletes it, and keep() keeps it',
    ['createContainer', 'getContainer', 'deleteContainer'],
    async (api, defer) => {
      const [lost, kept] = [suite.name(), suite.name()]
      defer(() => api.deleteContainer({ name: lost }))
      defer(() => api.deleteContainer({ name: kept }))
      {
        await using container = await api.createContainer(lost)
        assert.equal((await api.getContainer(container.name)).name, lost)
        await using other = await api.createContainer(kept)
        other.keep()
      }
      await suite.gone(() => api.getContainer(lost), ContainerDoesNotExistError)
      assert.equal((await api.getContainer(kept)).name, kept)
    },
  )
  suite.test('container: is not deleted while it holds an object', UP, async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    await api.uploadObjectViaStream('kept', container, 'a/b')
    await rejectsWith(() => api.deleteContainer(container), ContainerIsNotEmptyError)
    assert.equal((await bytesOf(api, at(container, 'a/b'))).toString(), 'kept')
    await api.deleteObject(at(container, 'a/b'))
    await api.deleteContainer(container)
    await suite.gone(() => Promise.resolve(api.listContainerObjects(container)), NotFoundError)
  })
}

function describeLists(suite: Suite, options: StorageLifecycleOptions): void {
  suite.test('list: is whole, in order, and can be gone on with', UP, async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    const many = Array.from({ length: options.many ?? 7 }, (_, index) => `o/${String(index).padStart(5, '0')}`)
    const nested = options.nested === false ? [] : ['o', 'p']
    const wanted = [...many, ...nested, 'o!', 'p/x', 'p0'].sort(byBytes)
    for (const name of wanted) await api.uploadObjectViaStream(name, container, name)
    const found = await suite.walk(
      () => api.listContainerObjects(container),
      each => each.name,
      wanted.length,
    )
    const listed = found.map(each => each.name)
    assert.deepEqual(options.ordered === false ? listed.sort(byBytes) : listed, wanted)
    for (const object of found) assert.equal(object.size, object.name.length)
  })
  suite.test('list: a prefix is taken to the letter', UP, async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    const nested = options.nested === false ? [] : ['a']
    const wanted = [...nested, 'a*', 'a/b', 'ab', 'A', 'b/a', 'ü/1', 'a%']
    for (const name of wanted) await api.uploadObjectViaStream('x', container, name)
    for (const prefix of ['', 'a', 'a*', 'a/', 'a/b', 'ab', 'ü', 'a%', 'b/', 'c', '.', '../', '/']) {
      const expected = wanted.filter(name => name.startsWith(prefix)).sort(byBytes)
      assert.deepEqual((await names(api, container, prefix)).sort(byBytes), expected, `prefix ${prefix}`)
    }
  })
  suite.test('list: of a container that is not there is refused', ['listContainerObjects'], async api => {
    const container = { name: suite.name() }
    await rejectsWith(() => api.listContainerObjects(container), ContainerDoesNotExistError)
    await rejectsWith(async () => {
      for await (const _object of api.listContainerObjects(container)) assert.fail('it has an object')
    }, ContainerDoesNotExistError)
  })
}

function describeRefusals(suite: Suite): void {
  suite.test('bad names: are refused, and nothing comes of them', [...UP, 'listContainers'], async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    const before = (await api.listContainers()).map(each => each.name)
    for (const name of ['', '..', 'a/b', '../up', 'a\0b', 'a\nb'])
      await rejectsWith(() => api.createContainer(name), InvalidRequestError)
    assert.deepEqual(
      (await api.listContainers()).map(each => each.name),
      before,
    )
    const bad = ['', '.', '..', '../up', 'a/../../up', 'a/.', 'a\0b', '\ud800']
    for (const name of bad) {
      await refuses([
        () => api.uploadObjectViaStream('x', container, name),
        () => api.getObject(container.name, name),
        () => api.downloadObjectAsStream(at(container, name)),
        () => api.deleteObject(at(container, name)),
      ])
    }
    await refuses([
      () => api.uploadObjectViaStream(7 as never, container, 'a'),
      () => api.uploadObjectViaStream('x', container, 'a', { metaData: { a: 'b\nc' } }),
      () => api.uploadObjectViaStream('x', container, 'a', { timeout: -1 }),
    ])
    assert.deepEqual(await names(api, container), [])
  })
  suite.test("another provider's resources: are refused", UP, async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    await api.uploadObjectViaStream('x', container, 'a')
    const theirs = foreign({ name: container.name })
    const object = foreign({ name: 'a', container: { name: container.name } })
    await refuses([
      () => api.listContainerObjects(theirs),
      () => api.uploadObjectViaStream('y', theirs, 'a'),
      () => api.deleteContainer(theirs),
      () => api.downloadObjectAsStream(object),
      () => api.deleteObject(object),
      () => api.deleteObject(at(theirs, 'a')),
    ])
    assert.equal((await bytesOf(api, at(container, 'a'))).toString(), 'x')
  })
  suite.test('abort: ends calls with its reason', [...UP, 'getContainer', 'listContainers'], async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    const object = await api.uploadObjectViaStream('x', container, 'a')
    const created = suite.name()
    defer(() => api.deleteContainer({ name: created }))
    await endsOnAbort(options => api.listContainers(options))
    await endsOnAbort(options => api.getContainer(container.name, options))
    await endsOnAbort(options => api.createContainer(created, options))
    await endsOnAbort(options => api.listContainerObjects(container, options))
    await endsOnAbort(options => api.getObject(container.name, 'a', options))
    await endsOnAbort(options => api.uploadObjectViaStream(Readable.from([Buffer.from('x')]), container, 'b', options))
    await endsOnAbort(async options => read(await api.downloadObjectAsStream(object, options)))
    const refused = { signal: AbortSignal.abort(new Error('stop')) }
    await rejectsWith(() => api.deleteObject(object, refused), Error)
    assert.equal((await bytesOf(api, object)).toString(), 'x', 'a call that never began did nothing')
  })
}

function describeAddresses(suite: Suite, options: StorageLifecycleOptions): void {
  suite.test('signed address: is one, and can be fetched', [...UP, 'getObjectSignedUrl'], async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    const name = 'a folder/ö & ?.txt'
    const object = await api.uploadObjectViaStream(TEXT, container, name)
    const url = new URL(await api.getObjectSignedUrl(object, { expiresIn: 600 }))
    assert.match(url.protocol, /^https?:$/)
    assert.ok(decodeURIComponent(url.pathname).endsWith(`/${name}`), url.pathname)
    assert.notEqual(url.search, '', 'it carries a signature')
    for (const secret of options.secrets ?? []) assert.ok(!url.href.includes(secret), 'it carries the secret itself')
    if (!options.reachable) return
    const reply = await fetch(url)
    assert.equal(reply.status, 200)
    assert.equal(await reply.text(), TEXT)
    url.pathname += '0'
    assert.ok((await fetch(url)).status >= 400, 'an address that was changed is of no use')
    const to = await api.getObjectSignedUrl(at(container, 'put'), { method: 'PUT' })
    assert.ok((await fetch(to, { method: 'PUT', body: 'put there', headers: { ...options.uploadHeaders } })).ok)
    assert.equal((await bytesOf(api, at(container, 'put'))).toString(), 'put there')
  })
  suite.test('public address: names its object', [...UP, 'getObjectCdnUrl'], async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    const object = await api.uploadObjectViaStream(TEXT, container, 'a b/ö.txt')
    const url = new URL(await api.getObjectCdnUrl(object))
    assert.ok(decodeURIComponent(url.pathname).endsWith('/a b/ö.txt'), url.pathname)
  })
}

function describeParallel(suite: Suite): void {
  suite.test('parallel: 20 calls on one driver do not mix', UP, async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    const content = (index: number): string => `${index}-`.repeat(5000 + index)
    await parallel(20, index =>
      api.uploadObjectViaStream(Readable.from([Buffer.from(content(index))]), container, `o${index}`),
    )
    const back = await parallel(20, async index => (await bytesOf(api, at(container, `o${index}`))).toString())
    for (const [index, text] of back.entries()) assert.equal(text, content(index))
    assert.equal((await names(api, container)).length, 20)
  })
  suite.test('parallel: of 20 uploads to one name one is there, whole', UP, async (api, defer) => {
    const container = await openContainer(suite, api, defer)
    const all = Array.from({ length: 20 }, (_, index) => `${index}-`.repeat(20_000 + index))
    await parallel(20, index =>
      api.uploadObjectViaStream(Readable.from([Buffer.from(all[index] ?? '')]), container, 'one'),
    )
    const found = await api.getObject(container.name, 'one')
    const text = (await bytesOf(api, found)).toString()
    assert.ok(all.includes(text), 'it is none of those that were sent')
    assert.equal(found.size, text.length)
    assert.deepEqual(await names(api, container), ['one'])
  })
}
