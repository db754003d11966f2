// Writes fixtures/azure/storage from the emulator: `node --import ./test/tools/ts.mjs test/real/azure/record.ts`.
// Requests stand as they are sent to an account's own host; what the emulator makes up is kept.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AzureBlobsStorageDriver } from '../../../drivers/azure/storage.js'
import { signSharedKey } from '../../../drivers/azure/storage.shared-key.js'
import type { OutgoingRequest } from '../../../lib/http/message.js'
import { driverFor, type RealServer, startServer, stopServer } from './server.js'

const root = fileURLToPath(new URL('../../../fixtures/azure/', import.meta.url))
const HOST = 'account.blob.core.windows.net'
const SENT = /^(accept|content-(type|md5|encoding)|if-|range|x-ms-)/
const KEPT = /^(content-(type|md5|encoding|range)|etag|last-modified|x-ms-)/

interface Recorder {
  readonly port: number
  readonly exchanges: string[]
  close(): void
}

const title = (name: string): string => name.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase())
/** What differs from one run to the next. */
const blank = (text: string): string =>
  text.replace(/(blockid=)[\w%=]+/, '$1{{any}}').replace(/<Latest>[^<]+<\/Latest>/g, '<Latest>{{any}}</Latest>')

/** Stands before the emulator as the account's own host, signs anew, and keeps what goes over the wire. */
async function startRecorder({ account, key, port }: RealServer): Promise<Recorder> {
  const exchanges: string[] = []
  const own = new RegExp(`(http://127\\.0\\.0\\.1:\\d+)?/${account}/`, 'g')
  const proxy = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const { method = '', url = '' } = request
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(request.headers)) {
      if (SENT.test(name) || name === 'content-length') headers[name] = String(value)
    }
    const recorded = { ...headers, authorization: '', 'x-ms-date': '' }
    if (headers['x-ms-copy-source'])
      headers['x-ms-copy-source'] = headers['x-ms-copy-source'].replace(
        /^http:\/\/[^/]+/,
        `http://127.0.0.1:${port}/${account}`,
      )
    const outgoing = { method, origin: '', target: `/${account}${url}`, headers, body } as OutgoingRequest
    signSharedKey(outgoing, { account, key })
    const { 'content-length': _, ...sent } = outgoing.headers
    const reply = await fetch(`http://127.0.0.1:${port}${outgoing.target}`, {
      method,
      headers: sent,
      ...(body.length > 0 ? { body } : method === 'PUT' ? { body: new Uint8Array() } : {}),
    })
    const text = Buffer.from(await reply.arrayBuffer())
    const lines = [`${method} ${blank(url)} HTTP/1.1`, `Host: ${HOST}`]
    for (const [name, value] of Object.entries(recorded)) {
      if (name === 'content-length') continue
      const shown = name === 'x-ms-copy-source' ? value.replace(/^http:\/\/[^/]+/, `https://${HOST}`) : value
      lines.push(`${title(name)}: ${name === 'authorization' || name === 'x-ms-date' ? '{{any}}' : shown}`)
    }
    if (body.length > 0) lines.push('', body.includes(0) || body[0] === 7 ? '{{any}}' : blank(body.toString()))
    lines.push('', `HTTP/1.1 ${reply.status} ${reply.statusText}`.trimEnd())
    for (const [name, value] of reply.headers) {
      const isLength = name === 'content-length' && method === 'HEAD'
      if (KEPT.test(name) || isLength) lines.push(`${title(name)}: ${value.replace(own, `https://${HOST}/`)}`)
    }
    const shown = text.toString().replace(own, `https://${HOST}/`)
    exchanges.push(lines.join('\n') + (text.length > 0 ? `\n\n${shown}` : ''))
    const back: Record<string, string> = {}
    for (const [name, value] of reply.headers) if (KEPT.test(name)) back[name] = value
    response.writeHead(reply.status, {
      ...back,
      'content-length': method === 'HEAD' ? (reply.headers.get('content-length') ?? '0') : text.length,
    })
    response.end(text)
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  return { port: (proxy.address() as AddressInfo).port, exchanges, close: () => proxy.close() }
}

type Step = (driver: AzureBlobsStorageDriver) => Promise<unknown>
interface Scene {
  readonly method: string
  readonly name?: string
  readonly args: readonly unknown[]
  readonly before?: Step
  readonly throws?: string
  /** Asked for with this many in a page, where the call itself does not say. */
  readonly expect?: string
}

const container = { name: 'backups' }
const object = { name: '2026/a b.txt', container }
const disk = { name: 'disk', container }
const log = { name: 'log', container }
const lease = '11111111-2222-3333-4444-555555555555'
const other = '99999999-2222-3333-4444-555555555555'

const stored: Step = driver =>
  driver.uploadObjectViaStream('bytes', container, object.name, {
    contentType: 'text/plain',
    metaData: { owner: 'ops' },
  })
const leased: Step = async driver => {
  await stored(driver)
  await driver.ex_acquireLease(object, 'infinite', { ex_leaseId: lease })
}
const several: Step = async driver => {
  for (const name of ['a', 'b/c', 'ü']) await driver.uploadObjectViaStream(name, container, name)
}
const appended: Step = driver => driver.ex_createAppendBlob(log)
const paged: Step = async driver => {
  await driver.ex_createPageBlob(disk, 4096)
  await driver.ex_writePages(disk, 1024, new Uint8Array(512).fill(7))
}

/** Each begins with the empty container alone. */
const SCENES: readonly Scene[] = [
  {
    method: 'listContainers',
    args: [{ ex_pageSize: 1 }],
    before: async driver => (await driver.createContainer('new')).keep(),
  },
  { method: 'getContainer', args: ['backups'] },
  { method: 'getContainer', name: 'missing', args: ['missing'], throws: 'ContainerDoesNotExistError' },
  { method: 'createContainer', args: ['new', { ex_publicAccess: 'blob', ex_metaData: { owner: 'ops' } }] },
  { method: 'createContainer', name: 'twice', args: ['backups'], throws: 'ContainerAlreadyExistsError' },
  { method: 'deleteContainer', args: [container] },
  { method: 'deleteContainer', name: 'full', args: [container], before: stored, throws: 'ContainerIsNotEmptyError' },
  { method: 'deleteContainer', name: 'force', args: [container, { ex_force: true }], before: stored },
  {
    method: 'deleteContainer',
    name: 'missing',
    args: [{ name: 'missing' }, { ex_force: true }],
    throws: 'ContainerDoesNotExistError',
  },
  { method: 'listContainerObjects', args: [container, { ex_pageSize: 2 }], before: several },
  { method: 'listContainerObjects', name: 'prefix', args: [container, { prefix: 'b/' }], before: several },
  { method: 'getObject', args: ['backups', object.name], before: stored },
  { method: 'getObject', name: 'missing', args: ['backups', 'none'], throws: 'ObjectDoesNotExistError' },
  {
    method: 'uploadObjectViaStream',
    args: [
      'bytes',
      container,
      object.name,
      { contentType: 'text/plain', metaData: { owner: 'ops' }, ex_accessTier: 'Cool' },
    ],
  },
  { method: 'downloadObjectAsStream', args: [object], before: stored, expect: '"bytes"' },
  { method: 'downloadObjectRangeAsStream', args: [object, { start: 1, end: 3 }], before: stored, expect: '"yt"' },
  { method: 'deleteObject', args: [object], before: stored },
  { method: 'enableContainerCdn', args: [container] },
  { method: 'ex_setMetaData', args: [object, { team: 'web' }], before: stored },
  {
    method: 'ex_setProperties',
    args: [object, { contentType: 'text/html', cacheControl: 'no-store' }],
    before: stored,
  },
  { method: 'ex_setTier', args: [object, 'Cool'], before: stored },
  { method: 'ex_createSnapshot', args: [object], before: stored },
  {
    method: 'ex_getTags',
    args: [object],
    before: async driver => {
      await stored(driver)
      await driver.ex_setTags(object, { project: 'apollo' })
    },
  },
  { method: 'ex_setTags', args: [object, { project: 'apollo' }], before: stored },
  { method: 'ex_copyObject', args: [object, container, 'copy'], before: stored },
  { method: 'ex_acquireLease', args: [object, 60, { ex_leaseId: lease }], before: stored },
  { method: 'ex_acquireLease', name: 'container', args: [container, 'infinite', { ex_leaseId: lease }] },
  {
    method: 'ex_acquireLease',
    name: 'taken',
    args: [object, 60, { ex_leaseId: other }],
    before: leased,
    throws: 'ConflictError',
  },
  { method: 'ex_renewLease', args: [object, lease], before: leased },
  { method: 'ex_changeLease', args: [object, lease, other], before: leased },
  { method: 'ex_releaseLease', args: [object, lease], before: leased },
  { method: 'ex_breakLease', args: [object, 0], before: leased },
  { method: 'ex_createAppendBlob', args: [log, { contentType: 'text/plain' }] },
  { method: 'ex_appendBlock', args: [log, 'a line\n', { ex_position: 0 }], before: appended },
  { method: 'ex_createPageBlob', args: [disk, 4096] },
  { method: 'ex_resizePageBlob', args: [disk, 8192], before: paged },
  { method: 'ex_clearPages', args: [disk, { start: 1024, end: 1536 }], before: paged },
  { method: 'ex_listPageRanges', args: [disk], before: paged },
  { method: 'ex_setContainerMetaData', args: [container, { owner: 'ops' }] },
  { method: 'ex_setContainerAccess', args: [container, 'container'] },
]

async function play(server: RealServer, scene: Scene): Promise<void> {
  const { method, args, before } = scene
  await using helper = driverFor(server)
  for (const each of await helper.listContainers()) {
    const held = { name: each.name }
    if (each.extra.leaseState === 'leased') await helper.ex_breakLease(held, 0)
    await helper.deleteContainer(held, { ex_force: true })
  }
  ;(await helper.createContainer(container.name)).keep()
  await before?.(helper)
  const recorder = await startRecorder(server)
  await using driver = driverFor({ ...server, account: 'account', port: recorder.port }, { pathStyle: false })
  const call = Reflect.get(driver, method) as (...args: unknown[]) => Promise<unknown>
  const outcome = await call.apply(driver, [...args]).then(
    value => value,
    (error: unknown) => error,
  )
  if (scene.expect !== undefined) await (outcome as { toArray(): Promise<unknown> }).toArray()
  recorder.close()
  if ((outcome instanceof Error ? outcome.name : undefined) !== scene.throws) throw outcome
  const file = join(root, 'storage', `${method}${scene.name === undefined ? '' : `.${scene.name}`}.http`)
  writeFileSync(file, `${heading(scene, outcome)}\n${recorder.exchanges.join('\n\n###\n\n')}\n`)
}

function heading({ method, args, throws, expect }: Scene, outcome: unknown): string {
  const shown = (value: unknown): string => JSON.stringify(value)
  const result = outcome === undefined ? 'undefined' : shown(outcome)
  const expected = outcome instanceof Error ? `throws ${throws} ${shown({ operation: method })}` : (expect ?? result)
  const call = `${method}(${args.map(shown).join(', ')})`
  return [`# call: ${call}`, `# expect: ${expected}`, '# source: recorded'].join('\n')
}

const server = await startServer()
try {
  mkdirSync(join(root, 'storage'), { recursive: true })
  for (const scene of SCENES) {
    try {
      await play(server, scene)
    } catch (cause) {
      throw new Error(`${scene.method} ${scene.name ?? ''}`, { cause })
    }
  }
  console.log(`${readdirSync(join(root, 'storage')).length} fixtures`)
} finally {
  await stopServer(server)
}
