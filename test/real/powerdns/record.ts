// Writes fixtures/powerdns from a real server: `node --import ./test/tools/ts.mjs test/real/powerdns/record.ts`.
// What changes from run to run (serial numbers, times) is written as it was; keys of DNSSEC are blanked.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PowerDNSDriver } from '../../../drivers/powerdns/dns.js'
import { driverFor, type RealServer, startServer, stopServer } from './server.js'

const root = fileURLToPath(new URL('../../../fixtures/powerdns/', import.meta.url))
const KEPT = ['content-type', 'location', 'retry-after']
const SECRET = 'c2hhcmVkLWJ5LXR3by1uYW1lLXNlcnZlcnM='

/** Stands before the server, and keeps what goes over the wire. */
interface Recorder {
  readonly port: number
  readonly exchanges: string[]
  close(): void
}

async function startRecorder(server: RealServer): Promise<Recorder> {
  const exchanges: string[] = []
  const proxy = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const sent = Buffer.concat(chunks)
    const { method = '', url = '', headers } = request
    const reply = await fetch(server.api + url, {
      method,
      headers: { ...(headers as Record<string, string>), connection: 'close', host: new URL(server.api).host },
      ...(sent.length > 0 ? { body: sent } : {}),
    })
    const body = blank(await reply.text())
    const kept = KEPT.filter(name => reply.headers.has(name)).map(name => `${title(name)}: ${reply.headers.get(name)}`)
    const lines = [`${method} ${url} HTTP/1.1`, 'X-API-Key: test-key', `Accept: ${headers.accept}`]
    if (sent.length > 0) lines.push(`Content-Type: ${headers['content-type']}`, '', pretty(sent.toString()))
    lines.push('', [`HTTP/1.1 ${reply.status} ${reply.statusText}`.trimEnd(), ...kept].join('\n'))
    exchanges.push(lines.join('\n') + (body === '' ? '' : `\n\n${body}`))
    // The driver gets what the fixture holds.
    response.writeHead(reply.status, { 'content-type': reply.headers.get('content-type') ?? '' }).end(body)
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  return { port: (proxy.address() as AddressInfo).port, exchanges, close: () => proxy.close() }
}

const title = (name: string): string => name.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase())

/** Lists of a hundred settings or numbers are cut to the first few. */
function pretty(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(Array.isArray(value) ? value.slice(0, 4) : value, undefined, 1)
  } catch {
    return text
  }
}

function blank(text: string): string {
  const blanked = text.replace(/(PrivateKey: )[^\\]+/, `$1${Buffer.alloc(32).toString('base64')}`)
  return pretty(blanked)
}

type Step = (driver: PowerDNSDriver) => Promise<unknown>
interface Scene {
  readonly method: string
  /** For a second fixture of a method. */
  readonly name?: string
  readonly args: readonly unknown[]
  readonly before?: Step
  /** Seen in the result, beside what JSON shows. */
  readonly hidden?: object
  readonly throws?: string
  /** A pattern for a result that is text with the time in it. */
  readonly match?: string
}

const zone = { id: 'example.com.' }
const www = { name: 'www', type: 'A', data: '192.0.2.1' } as const
const record = { id: 'www/A/192.0.2.1', zone }
const primary = { ip: '192.0.2.53', nameserver: 'ns1.example.net', account: 'ops' }
const tsig = { name: 'transfer', algorithm: 'hmac-sha256', secret: SECRET }
const privateKey = `Private-key-format: v1.2\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: ${Buffer.alloc(32).toString('base64')}\n`

const twoRecords: Step = async driver => {
  await driver.createRecord(zone, { ...www, ttl: 300 })
  await driver.createRecord(zone, { ...www, data: '192.0.2.2' })
}
const oneKey: Step = async driver => driver.ex_createCryptoKey(zone, { type: 'csk' }).then(key => key.keep())
const transferKey: Step = async driver => driver.ex_createTsigKey(tsig).then(key => key.keep())
const owner: Step = async driver => driver.ex_addMetadata(zone, 'X-OWNER', ['team-dns'])
const master: Step = async driver => driver.updateZone(zone, { ex_kind: 'Master' })
const slave: Step = async driver => driver.updateZone(zone, { type: 'slave', ex_masters: ['192.0.2.53'] })
const comments: Step = async driver => {
  await twoRecords(driver)
  await driver.ex_setComments(record, [{ content: 'moved on Monday', account: 'ops' }])
}

/** Each begins with the zone example.com alone. */
const SCENES: readonly Scene[] = [
  { method: 'listZones', args: [] },
  { method: 'getZone', args: [zone.id] },
  { method: 'getZone', name: 'missing', args: ['missing.example.'], throws: 'ZoneDoesNotExistError' },
  {
    method: 'createZone',
    args: [{ domain: 'example.org', ex_kind: 'Master', ex_nameservers: ['ns1.example.org'], ex_account: 'ops' }],
  },
  { method: 'createZone', name: 'slave', args: [{ domain: 'example.org', type: 'slave', ex_masters: ['192.0.2.53'] }] },
  { method: 'createZone', name: 'twice', args: [{ domain: 'example.com' }], throws: 'ZoneAlreadyExistsError' },
  { method: 'updateZone', args: [zone, { ex_kind: 'Master', ex_account: 'ops' }] },
  { method: 'updateZone', name: 'type', args: [zone, { type: 'slave', ex_masters: ['192.0.2.53'] }] },
  { method: 'deleteZone', args: [zone] },
  { method: 'listRecords', args: [zone], before: twoRecords },
  { method: 'listRecords', name: 'name', args: [zone, { name: 'www', type: 'A' }], before: twoRecords },
  { method: 'getRecord', args: [zone.id, record.id], before: twoRecords },
  { method: 'createRecord', args: [zone, { name: 'www', type: 'A', data: '192.0.2.3' }], before: twoRecords },
  {
    method: 'createRecord',
    name: 'mx',
    args: [zone, { name: '', type: 'MX', data: 'mail.example.com', priority: 10, ttl: 300 }],
  },
  { method: 'createRecord', name: 'twice', args: [zone, www], before: twoRecords, throws: 'RecordAlreadyExistsError' },
  { method: 'updateRecord', args: [record, { data: '192.0.2.9', ttl: 60 }], before: twoRecords },
  { method: 'updateRecord', name: 'moved', args: [record, { name: 'web' }], before: twoRecords },
  { method: 'deleteRecord', args: [record], before: twoRecords },
  {
    method: 'exportZoneToBindFormat',
    args: [zone],
    before: twoRecords,
    match: 'www\\.example\\.com\\.\\t300\\tIN\\tA\\t192\\.0\\.2\\.2\\n',
  },
  { method: 'ex_listRRsets', args: [zone], before: comments },
  {
    method: 'ex_replaceRRset',
    args: [
      zone,
      { name: 'www', type: 'A', ttl: 300, records: [{ content: '192.0.2.7' }], comments: [{ content: 'new' }] },
    ],
  },
  { method: 'ex_deleteRRset', args: [zone, { name: 'www', type: 'A' }], before: twoRecords },
  { method: 'ex_listComments', args: [record], before: comments },
  { method: 'ex_setComments', args: [record, [{ content: 'moved on Monday', account: 'ops' }]], before: twoRecords },
  { method: 'ex_notifyZone', args: [zone], before: master },
  { method: 'ex_retrieveZone', args: [zone], before: slave },
  { method: 'ex_rectifyZone', args: [zone] },
  { method: 'ex_exportZone', args: [zone], before: twoRecords },
  { method: 'ex_listMetadata', args: [zone], before: owner },
  { method: 'ex_getMetadata', args: [zone, 'X-OWNER'], before: owner },
  { method: 'ex_addMetadata', args: [zone, 'ALLOW-AXFR-FROM', ['192.0.2.53']] },
  { method: 'ex_setMetadata', args: [zone, 'X-OWNER', ['team-web']], before: owner },
  { method: 'ex_deleteMetadata', args: [zone, 'X-OWNER'], before: owner },
  { method: 'ex_enableDnssec', args: [zone] },
  { method: 'ex_disableDnssec', args: [zone], before: oneKey },
  { method: 'ex_listCryptoKeys', args: [zone], before: oneKey },
  { method: 'ex_getCryptoKey', args: [zone, '1'], before: oneKey, hidden: { privateKey } },
  { method: 'ex_createCryptoKey', args: [zone, { type: 'csk', algorithm: 'ECDSAP256SHA256' }], hidden: { privateKey } },
  { method: 'ex_activateCryptoKey', args: [zone, '1'], before: oneKey },
  { method: 'ex_deactivateCryptoKey', args: [zone, '1'], before: oneKey },
  { method: 'ex_publishCryptoKey', args: [zone, '1'], before: oneKey },
  { method: 'ex_unpublishCryptoKey', args: [zone, '1'], before: oneKey },
  { method: 'ex_deleteCryptoKey', args: [zone, '1'], before: oneKey },
  { method: 'ex_listTsigKeys', args: [], before: transferKey },
  { method: 'ex_getTsigKey', args: ['transfer.'], before: transferKey, hidden: { secret: SECRET } },
  { method: 'ex_createTsigKey', args: [tsig], hidden: { secret: SECRET } },
  {
    method: 'ex_updateTsigKey',
    args: ['transfer.', { algorithm: 'hmac-sha512' }],
    before: transferKey,
    hidden: { secret: SECRET },
  },
  { method: 'ex_deleteTsigKey', args: ['transfer.'], before: transferKey },
  { method: 'ex_listServers', args: [] },
  { method: 'ex_getServer', args: [] },
  { method: 'ex_getConfig', args: [] },
  { method: 'ex_listStatistics', args: [{ ex_includeRings: false }] },
  { method: 'ex_searchData', args: ['www*', { ex_max: 5 }], before: comments },
  { method: 'ex_flushCache', args: ['example.com'] },
  { method: 'ex_listAutoprimaries', args: [], before: driver => driver.ex_createAutoprimary(primary) },
  { method: 'ex_createAutoprimary', args: [primary] },
  { method: 'ex_deleteAutoprimary', args: [primary], before: driver => driver.ex_createAutoprimary(primary) },
]

async function play(server: RealServer, scene: Scene): Promise<void> {
  const { method, args, before } = scene
  await using helper = driverFor(server)
  for (const each of await helper.listZones()) await helper.deleteZone(each)
  const keys = new Set((await helper.ex_listTsigKeys()).map(({ id }) => id))
  for (const id of keys) await helper.ex_deleteTsigKey(id)
  for (const each of await helper.ex_listAutoprimaries()) await helper.ex_deleteAutoprimary(each)
  await helper.createZone({ domain: 'example.com', ex_nameservers: ['ns1.example.com'] }).then(made => made.keep())
  await before?.(helper)
  const recorder = await startRecorder(server)
  await using driver = driverFor({ ...server, port: recorder.port })
  const call = Reflect.get(driver, method) as (...args: unknown[]) => Promise<unknown>
  const outcome = await call.apply(driver, [...args]).then(
    value => value,
    (error: unknown) => error,
  )
  recorder.close()
  if ((outcome instanceof Error ? outcome.name : undefined) !== scene.throws) throw outcome
  const file = join(root, 'dns', `${method}${scene.name === undefined ? '' : `.${scene.name}`}.http`)
  writeFileSync(file, `${heading(scene, outcome)}\n${recorder.exchanges.join('\n\n###\n\n')}\n`)
}

function heading({ method, args, throws, hidden, match }: Scene, outcome: unknown): string {
  const shown = (value: unknown): string => JSON.stringify(value)
  const expected =
    outcome instanceof Error
      ? `throws ${throws} ${shown({ operation: method })}`
      : outcome === undefined
        ? 'undefined'
        : shown(match !== undefined ? { $match: match } : hidden === undefined ? outcome : { ...outcome, ...hidden })
  const call = `${method}(${args.map(shown).join(', ')})`
  return [`# call: ${call}`, `# expect: ${expected}`, '# source: recorded'].join('\n')
}

/** What the server answers to what is wrong: no call, only the response. */
const ERRORS: readonly (readonly [path: string, init: RequestInit])[] = [
  ['/zones', { headers: { 'x-api-key': 'wrong' } }],
  ['/zones/missing.example.', {}],
  ['/zones', { method: 'POST', body: JSON.stringify({ name: 'example.com.', kind: 'Native' }) }],
  ['/zones', { method: 'POST', body: JSON.stringify({ name: 'a b.example.', kind: 'Native' }) }],
]

async function playError(server: RealServer, [path, init]: (typeof ERRORS)[number]): Promise<void> {
  const headers = { 'x-api-key': server.key, accept: 'application/json', 'content-type': 'application/json' }
  const url = `${server.api}/api/v1/servers/localhost${path}`
  const reply = await fetch(url, { ...init, headers: { ...headers, ...(init.headers as object) } })
  const lines = [
    '# source: recorded',
    `HTTP/1.1 ${reply.status} ${reply.statusText}`,
    `Content-Type: ${reply.headers.get('content-type')}`,
    '',
    pretty(await reply.text()),
  ]
  writeFileSync(join(root, 'errors', `${reply.status}.http`), `${lines.join('\n')}\n`)
}

const server = await startServer()
try {
  mkdirSync(join(root, 'dns'), { recursive: true })
  mkdirSync(join(root, 'errors'), { recursive: true })
  for (const scene of SCENES) await play(server, scene)
  for (const error of ERRORS) await playError(server, error)
  console.log(`${readdirSync(join(root, 'dns')).length} fixtures`)
} finally {
  await stopServer(server)
}
