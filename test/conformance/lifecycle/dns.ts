import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DNSApi } from '../../../lib/dns/api.js'
import type { DNSDriver } from '../../../lib/dns/driver.js'
import type { CreateRecordOptions, Record, Zone } from '../../../lib/dns/types.js'
import {
  LibcloudError,
  RecordAlreadyExistsError,
  RecordDoesNotExistError,
  ZoneAlreadyExistsError,
  ZoneDoesNotExistError,
} from '../../../lib/errors.js'
import type { Ref } from '../../../lib/resource.js'
import {
  type Defer,
  endsOnAbort,
  foreign,
  Lifecycle,
  type LifecycleOptions,
  parallel,
  refuses,
  rejectsWith,
} from './tools.js'

/** What the suite of the DNS API takes. */
export interface DNSLifecycleOptions extends LifecycleOptions<DNSDriver> {
  /** Makes a domain of a name that no other test uses. @defaultValue `<name>.example.com` */
  readonly domain?: ((name: string) => string) | undefined
  /** Seconds that the records live: some providers have a least value. @defaultValue 600 */
  readonly ttl?: number | undefined
  /** Zones, and records, made to be listed. @defaultValue 5 */
  readonly many?: number | undefined
  /** Records beside the suite's own, by type, that are tried. */
  readonly records?: readonly CreateRecordOptions[] | undefined
}

type Suite = Lifecycle<DNSDriver, DNSApi> & { readonly choices: DNSLifecycleOptions }
const ZONES = ['createZone', 'getZone', 'listZones', 'deleteZone'] as const
const RECORDS = [...ZONES, 'createRecord', 'getRecord', 'listRecords', 'deleteRecord'] as const
const byId = ({ id }: Ref): string => id

/** Data that a careless driver changes on its way: priorities, parts, quotes, long text. */
const SAMPLES: readonly CreateRecordOptions[] = [
  { name: 'a', type: 'A', data: '192.0.2.1' },
  { name: 'aaaa', type: 'AAAA', data: '2001:db8::1' },
  { name: 'cname', type: 'CNAME', data: 'target.example.net' },
  { name: 'mx', type: 'MX', data: 'mail.example.net', priority: 10 },
  { name: 'txt', type: 'TXT', data: 'v=spf1 include:example.net ~all' },
  { name: 'long', type: 'TXT', data: `k=${'0123456789'.repeat(40)}` },
  { name: '_sip._tcp', type: 'SRV', data: '5 5060 sip.example.net', priority: 20 },
  { name: 'caa', type: 'CAA', data: '0 issue "ca.example.net"' },
  { name: 'deep.er', type: 'A', data: '192.0.2.2' },
  { name: '*', type: 'A', data: '192.0.2.3' },
]

/** A host name's last dot may be left out, and so may the quotes of a value. */
const plain = (data: string): string => data.replaceAll('"', '').replace(/\.$/, '')

async function openZone(suite: Suite, api: DNSApi, defer: Defer): Promise<Zone> {
  const zone = await api.createZone({ domain: domainOf(suite) })
  defer(() => api.deleteZone({ id: zone.id }))
  return zone.keep()
}
function domainOf(suite: Suite): string {
  const name = suite.name()
  return suite.choices.domain?.(name) ?? `${name}.example.com`
}
const address = (suite: Suite, name: string, data = '192.0.2.1'): CreateRecordOptions => ({
  name,
  type: 'A',
  data,
  ttl: suite.choices.ttl ?? 600,
})
const own = (records: readonly Record[]): Record[] =>
  records.filter(({ type, name }) => type !== 'SOA' && (type !== 'NS' || name !== ''))

/** Runs the DNS API on a driver that keeps what it is given. */
export function dnsLifecycle(options: DNSLifecycleOptions): void {
  const suite: Suite = Object.assign(new Lifecycle<DNSDriver, DNSApi>(options), { choices: options })
  options.describe(options.title ?? 'dns', () => {
    describeZones(suite)
    describeRecords(suite)
    describeChanges(suite)
    describeExport(suite)
    describeRefusals(suite)
  })
}

function describeZones(suite: Suite): void {
  suite.test('zone: is created, found, listed, and gone when it was deleted', ZONES, async (api, defer) => {
    const domain = domainOf(suite)
    const zone = await api.createZone({ domain })
    defer(() => api.deleteZone({ id: zone.id }))
    assert.equal(zone.domain, domain)
    assert.equal((await api.getZone(zone.id)).domain, domain)
    const listed = await suite.walk(() => api.listZones(), byId, 1)
    assert.equal(listed.find(({ id }) => id === zone.id)?.domain, domain)
    suite.assertPrivate(zone)
    await zone.delete()
    await suite.gone(() => api.getZone(zone.id), ZoneDoesNotExistError)
    await rejectsWith(() => api.deleteZone({ id: zone.id }), ZoneDoesNotExistError)
    assert.ok(!(await api.listZones()).some(({ id }) => id === zone.id))
  })
  suite.test('zone: cannot be created twice', [...ZONES, 'listRecords'], async (api, defer) => {
    const { id, domain } = await openZone(suite, api, defer)
    const before = (await api.listRecords({ id })).length
    await rejectsWith(() => api.createZone({ domain }), ZoneAlreadyExistsError)
    assert.equal((await api.listZones()).filter(zone => zone.domain === domain).length, 1)
    assert.equal((await api.listRecords({ id })).length, before)
  })
  suite.test('zone: `await using` deletes it, and keep() keeps it', ZONES, async (api, defer) => {
    const ids: string[] = []
    {
      await using lost = await api.createZone({ domain: domainOf(suite) })
      await using kept = await api.createZone({ domain: domainOf(suite) })
      defer(() => api.deleteZone({ id: kept.id }))
      kept.keep()
      ids.push(lost.id, kept.id)
    }
    await suite.gone(() => api.getZone(ids[0] as string), ZoneDoesNotExistError)
    assert.equal((await api.getZone(ids[1] as string)).id, ids[1])
  })
  suite.test('zones: the list is whole, and can be gone on with', ZONES, async (api, defer) => {
    const made: string[] = []
    for (let left = suite.choices.many ?? 5; left > 0; left--) made.push((await openZone(suite, api, defer)).id)
    const listed = (await suite.walk(() => api.listZones(), byId, made.length)).map(byId)
    assert.deepEqual(
      made.filter(id => !listed.includes(id)),
      [],
    )
  })
  suite.test('zone: is changed', [...ZONES, 'updateZone'], async (api, defer) => {
    const zone = await openZone(suite, api, defer)
    assert.equal((await zone.update({ ttl: 7200 })).ttl, 7200)
    const found = await api.getZone(zone.id)
    assert.deepEqual([found.ttl, found.domain, found.type], [7200, zone.domain, zone.type])
  })
}

function describeRecords(suite: Suite): void {
  suite.test('records: of each type come back as they were given', RECORDS, async (api, defer, driver) => {
    const zone = await openZone(suite, api, defer)
    const { ttl = 600, records = [] } = suite.choices
    const types = driver.listRecordTypes()
    const samples = [...SAMPLES, ...records].filter(({ type }) => types.includes(type))
    assert.ok(samples.length >= 2, `of the types ${types} none is known here`)
    for (const sample of samples) {
      const created = await api.createRecord(zone, { ...sample, ttl })
      const found = await api.getRecord(zone.id, created.id)
      for (const record of [created, found]) {
        assert.deepEqual([record.name, record.type, plain(record.data)], [sample.name, sample.type, plain(sample.data)])
        if (sample.priority !== undefined) assert.equal(record.priority, sample.priority, sample.type)
        if (record.ttl !== undefined) assert.equal(record.ttl, ttl, sample.type)
      }
    }
    const listed = own(await suite.walk(() => api.listRecords(zone), byId, samples.length))
    const key = (record: { name: string; type: string; data: string }): string =>
      `${record.name} ${record.type} ${plain(record.data)}`
    assert.deepEqual(listed.map(key).sort(), samples.map(key).sort())
  })
  suite.test("record: may have the zone's own name", RECORDS, async (api, defer) => {
    const zone = await openZone(suite, api, defer)
    const created = await api.createRecord(zone, address(suite, ''))
    assert.equal(created.name, '')
    assert.equal((await api.getRecord(zone.id, created.id)).name, '')
    assert.deepEqual(
      own(await api.listRecords(zone)).map(({ name }) => name),
      [''],
    )
  })
  suite.test('records: several of one name and type stand beside each other', RECORDS, async (api, defer) => {
    const zone = await openZone(suite, api, defer)
    for (const last of [1, 2, 3]) await api.createRecord(zone, address(suite, 'www', `192.0.2.${last}`))
    const data = async (): Promise<string[]> =>
      own(await api.listRecords(zone))
        .map(each => each.data)
        .sort()
    assert.deepEqual(await data(), ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
    const second = own(await api.listRecords(zone)).find(each => each.data === '192.0.2.2')
    await api.deleteRecord(second as Record)
    assert.deepEqual(await data(), ['192.0.2.1', '192.0.2.3'], 'only the one is deleted')
  })
  suite.test('records: are chosen by name and type', RECORDS, async (api, defer) => {
    const zone = await openZone(suite, api, defer)
    for (const name of ['', 'a', 'a.b', 'b']) await api.createRecord(zone, address(suite, name))
    await api.createRecord(zone, { name: 'a', type: 'TXT', data: 'text', ttl: suite.choices.ttl ?? 600 })
    const found = async (filter: object): Promise<string[]> =>
      own(await api.listRecords(zone, filter))
        .map(({ name, type }) => `${name} ${type}`)
        .sort()
    assert.deepEqual(await found({ name: 'a' }), ['a A', 'a TXT'])
    assert.deepEqual(await found({ type: 'A' }), [' A', 'a A', 'a.b A', 'b A'])
    assert.deepEqual(await found({ name: 'a', type: 'TXT' }), ['a TXT'])
    assert.deepEqual(await found({ name: '', type: 'A' }), [' A'])
    assert.deepEqual(await found({ name: 'none' }), [])
  })
  suite.test('records: belong to their zone, and go with it', RECORDS, async (api, defer) => {
    const [a, b] = [await openZone(suite, api, defer), await openZone(suite, api, defer)]
    await api.createRecord(a, address(suite, 'www', '192.0.2.1'))
    await api.createRecord(b, address(suite, 'www', '192.0.2.2'))
    const data = async (zone: Ref): Promise<string[]> => own(await api.listRecords(zone)).map(each => each.data)
    assert.deepEqual([await data(a), await data(b)], [['192.0.2.1'], ['192.0.2.2']])
    await api.deleteZone(a)
    await suite.gone(() => api.getZone(a.id), ZoneDoesNotExistError)
    const again = await api.createZone({ domain: a.domain })
    defer(() => api.deleteZone({ id: again.id }))
    assert.deepEqual([await data(again.keep()), await data(b)], [[], ['192.0.2.2']])
  })
  suite.test('records: the list is whole, and can be gone on with', RECORDS, async (api, defer) => {
    const zone = await openZone(suite, api, defer)
    const wanted = Array.from({ length: suite.choices.many ?? 5 }, (_, index) => `www${index}`)
    for (const name of wanted) await api.createRecord(zone, address(suite, name))
    const listed = own(await suite.walk(() => api.listRecords(zone), byId, wanted.length))
    assert.deepEqual(listed.map(({ name }) => name).sort(), [...wanted].sort())
  })
}

function describeChanges(suite: Suite): void {
  suite.test('record: is changed, and what was not given stays', [...RECORDS, 'updateRecord'], async (api, defer) => {
    const zone = await openZone(suite, api, defer)
    await api.createRecord(zone, address(suite, 'other', '192.0.2.9'))
    const record = await api.createRecord(zone, address(suite, 'www'))
    const changed = await record.update({ data: '192.0.2.7' })
    assert.deepEqual([changed.name, changed.type, changed.data], ['www', 'A', '192.0.2.7'])
    const slower = await api.updateRecord(changed, { ttl: 1200 })
    const found = await api.getRecord(zone.id, slower.id)
    assert.deepEqual([found.name, found.data], ['www', '192.0.2.7'])
    if (found.ttl !== undefined) assert.equal(found.ttl, 1200)
    const all = own(await api.listRecords(zone)).map(({ name, data }) => `${name} ${data}`)
    assert.deepEqual(all.sort(), ['other 192.0.2.9', 'www 192.0.2.7'], 'no other record is touched')
  })
  suite.test('record: is gone when it was deleted, and `await using` deletes it', RECORDS, async (api, defer) => {
    const zone = await openZone(suite, api, defer)
    const record = await api.createRecord(zone, address(suite, 'www'))
    await record.delete()
    await suite.gone(() => api.getRecord(zone.id, record.id), RecordDoesNotExistError)
    await rejectsWith(() => api.deleteRecord(record), RecordDoesNotExistError)
    {
      await using lost = await api.createRecord(zone, address(suite, 'lost'))
      await using kept = await api.createRecord(zone, address(suite, 'kept'))
      assert.notEqual(lost.id, kept.id)
      kept.keep()
    }
    assert.deepEqual(
      own(await api.listRecords(zone)).map(({ name }) => name),
      ['kept'],
    )
  })
  suite.test('record: the same cannot be added twice', RECORDS, async (api, defer) => {
    const zone = await openZone(suite, api, defer)
    await api.createRecord(zone, address(suite, 'www'))
    await rejectsWith(() => api.createRecord(zone, address(suite, 'www')), RecordAlreadyExistsError)
    assert.equal(own(await api.listRecords(zone)).length, 1)
  })
  suite.test('parallel: 20 records that are added at once are all there', RECORDS, async (api, defer) => {
    const zone = await openZone(suite, api, defer)
    const made = await parallel(20, index => api.createRecord(zone, address(suite, `www${index}`, `192.0.2.${index}`)))
    assert.equal(new Set(made.map(byId)).size, 20)
    const found = await parallel(20, index => api.getRecord(zone.id, made[index]?.id as string))
    for (const [index, { name, data }] of found.entries())
      assert.deepEqual([name, data], [`www${index}`, `192.0.2.${index}`])
    assert.equal(own(await api.listRecords(zone)).length, 20)
  })
}

function describeExport(suite: Suite): void {
  suite.test('export: is a zone file with every record', [...RECORDS, 'exportZoneToBindFormat'], async (api, defer) => {
    const zone = await openZone(suite, api, defer)
    await api.createRecord(zone, address(suite, 'www', '192.0.2.77'))
    const text = await api.exportZoneToBindFormat(zone)
    assert.match(text, new RegExp(`^\\$ORIGIN ${zone.domain.replaceAll('.', '\\.')}\\.$`, 'm'))
    assert.match(
      text,
      new RegExp(`^www\\.${zone.domain.replaceAll('.', '\\.')}\\.\t\\d+\tIN\tA\t192\\.0\\.2\\.77$`, 'm'),
    )
    const folder = await mkdtemp(join(tmpdir(), 'lifecycle-'))
    defer(() => rm(folder, { recursive: true, force: true }))
    await api.exportZoneToBindZoneFile({ id: zone.id }, join(folder, 'zone'))
    const withoutTime = (whole: string): string => whole.replace(/^;.*$|\tSOA\t.*$/gm, '')
    assert.equal(withoutTime(await readFile(join(folder, 'zone'), 'utf8')), withoutTime(text))
  })
}

function describeRefusals(suite: Suite): void {
  suite.test('bad input: is refused, and nothing comes of it', RECORDS, async (api, defer) => {
    const zone = await openZone(suite, api, defer)
    const before = (await api.listRecords(zone)).length
    const zones = (await api.listZones()).length
    const good = address(suite, 'www')
    await refuses([
      () => api.createZone({ domain: '' }),
      () => api.createZone({ domain: 'a..b' }),
      () => api.createZone({ domain: `${'a'.repeat(64)}.com` }),
      () => api.createZone({ domain: 'a b.com' }),
      () => api.createRecord(zone, { ...good, type: 'NOPE' as never }),
      () => api.createRecord(zone, { ...good, data: 'a\nb' }),
      () => api.createRecord(zone, { ...good, ttl: -1 }),
      () => api.createRecord(zone, { ...good, name: 'a\0b' }),
      () => api.createRecord(foreign({ id: zone.id }), good),
      () => api.deleteZone(foreign({ id: zone.id })),
      () => api.deleteRecord(foreign({ id: 'x', zone: { id: zone.id } })),
      () => api.deleteRecord({ id: 'x' } as never),
    ])
    assert.equal((await api.listRecords(zone)).length, before)
    assert.equal((await api.listZones()).length, zones)
  })
  suite.test('record: whose data is not of its type is refused', RECORDS, async (api, defer) => {
    const zone = await openZone(suite, api, defer)
    await rejectsWith(() => api.createRecord(zone, address(suite, 'www', 'no address')), LibcloudError)
    assert.deepEqual(own(await api.listRecords(zone)), [])
  })
  suite.test('zone: that is gone has no records, and takes none', RECORDS, async (api, defer) => {
    const zone = await openZone(suite, api, defer)
    const record = await api.createRecord(zone, address(suite, 'www'))
    await api.deleteZone(zone)
    await suite.gone(() => api.getZone(zone.id), ZoneDoesNotExistError)
    await rejectsWith(() => api.listRecords(zone), ZoneDoesNotExistError)
    await rejectsWith(() => api.createRecord(zone, address(suite, 'www')), ZoneDoesNotExistError)
    const error = (await rejectsWith(() => api.getRecord(zone.id, record.id), LibcloudError)) as LibcloudError
    assert.equal(error.code, 'NOT_FOUND')
  })
  suite.test('abort: ends calls with its reason', RECORDS, async (api, defer) => {
    const zone = await openZone(suite, api, defer)
    const record = await api.createRecord(zone, address(suite, 'www'))
    await endsOnAbort(options => api.listZones(options))
    await endsOnAbort(options => api.getZone(zone.id, options))
    await endsOnAbort(options => api.listRecords(zone, options))
    await endsOnAbort(options => api.createRecord(zone, address(suite, 'aborted'), options))
    await rejectsWith(() => api.deleteRecord(record, { signal: AbortSignal.abort(new Error('stop')) }), Error)
    assert.equal((await api.getRecord(zone.id, record.id)).id, record.id, 'a call that never began did nothing')
  })
}
