import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import type { PowerDNSDriver, PowerDNSZoneExtra } from '../../../drivers/powerdns/dns.js'
import type { CreateRecordOptions, Zone } from '../../../lib/dns/types.js'
import { RecordType, ZoneType } from '../../../lib/dns/types.js'
import {
  ConflictError,
  InvalidCredentialsError,
  InvalidRequestError,
  LibcloudError,
  NotFoundError,
  RecordAlreadyExistsError,
  RecordDoesNotExistError,
  ZoneAlreadyExistsError,
  ZoneDoesNotExistError,
} from '../../../lib/errors.js'
import { enableDebug } from '../../../lib/http/trace.js'
import { dnsLifecycle } from '../../conformance/lifecycle/dns.js'
import { EVERY_TYPE } from '../../lib/dns/every-type.js'
import { prove } from '../proof.js'
import { useServer } from '../use-server.js'
import { answer, dig, driverFor, type RealServer, startServer, stopServer } from './server.js'

const proof = prove('powerdns', 'dns')
let server: RealServer
let driver: PowerDNSDriver
const folder = mkdtempSync(join(tmpdir(), 'libcloud-powerdns-test-'))

useServer(
  'PowerDNS',
  async () => {
    server = await startServer()
    driver = proof.watch(driverFor(server))
  },
  async () => {
    await driver?.close()
    await stopServer(server)
  },
)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let count = 0
/** A zone that ends with its test. */
async function withZone<T>(work: (zone: Zone<PowerDNSZoneExtra>) => Promise<T>, options: object = {}): Promise<T> {
  count += 1
  const nameservers = ['ns1.example.test', 'ns2.example.test']
  await using zone = await driver.createZone({
    domain: `zone${count}.example`,
    ex_nameservers: nameservers,
    ...options,
  })
  return await work(zone)
}

describe('POWERDNS: zones', () => {
  it('are made, listed, read, changed and deleted', async () => {
    const made = (
      await driver.createZone({ domain: 'Life.Example', ex_account: 'me', ex_nameservers: ['ns1.example.net'] })
    ).keep()
    expect(made).toMatchObject({ id: 'life.example.', domain: 'life.example', type: ZoneType.MASTER })
    expect(made.extra).toMatchObject({ kind: 'Native', account: 'me', isSigned: false })
    expect(await driver.getZone(made.id)).toEqual(made)
    expect(await driver.getZone('life.example')).toEqual(made)
    const listed = (await driver.listZones()).find(({ id }) => id === made.id)
    expect(listed).toMatchObject({ domain: 'life.example', extra: { kind: 'Native', account: 'me' } })
    expect(await dig(server, 'life.example', 'NS')).toEqual(['ns1.example.net.'])

    const changed = await driver.updateZone(made, {
      ex_kind: 'Master',
      ex_account: 'you',
      ex_soaEditApi: 'INCREASE',
      ex_apiRectify: true,
    })
    expect(changed.extra).toMatchObject({ kind: 'Master', account: 'you', soaEditApi: 'INCREASE', apiRectify: true })
    expect((await driver.updateZone(made, { type: ZoneType.MASTER })).extra.kind).toBe('Master')
    const slave = await driver.updateZone(made, { type: ZoneType.SLAVE, ex_masters: ['127.0.0.1:9'] })
    expect(slave).toMatchObject({ type: ZoneType.SLAVE, extra: { kind: 'Slave', masters: ['127.0.0.1:9'] } })
    expect(slave.extra.account).toBe('you')
    await driver.deleteZone(made)
    await expect(driver.getZone(made.id)).rejects.toThrow(ZoneDoesNotExistError)
  })

  it('have every kind', async () => {
    for (const kind of ['Native', 'Master', 'Slave', 'Producer', 'Consumer'] as const) {
      await using zone = await driver.createZone({ domain: `${kind}.kind.example`, ex_kind: kind })
      const type = kind === 'Slave' || kind === 'Consumer' ? ZoneType.SLAVE : ZoneType.MASTER
      expect([zone.extra.kind, zone.type]).toEqual([kind, type])
    }
    const bad = { domain: 'bad.kind.example', ex_kind: 'Bogus' as 'Native' }
    await expect(driver.createZone(bad)).rejects.toMatchObject({ argument: 'zone.ex_kind' })
  })

  it('may have names that a path cannot hold, and records below them', async () => {
    for (const domain of ['0/25.2.0.192.in-addr.arpa', '_tcp.example.com', 'xn--bcher-kva.example', '.']) {
      await using zone = await driver.createZone({ domain })
      expect(zone.domain).toBe(domain)
      const ref = { id: zone.id }
      const record = await driver.createRecord(ref, { name: '7', type: RecordType.PTR, data: 'host.example.net' })
      expect(await driver.listRecords(ref, { name: '7' })).toMatchObject([{ id: record.id, name: '7' }])
      expect(await dig(server, domain === '.' ? '7.' : `7.${domain}`, 'PTR')).toEqual(['host.example.net.'])
    }
    await using german = await driver.createZone({ domain: 'bücher.beispiel' })
    expect(german.domain).toBe('xn--bcher-kva.beispiel')
  })

  it('take the records of a zone file', () =>
    withZone(
      async zone => {
        expect(await dig(server, `a.${zone.domain}`, 'A')).toEqual(['192.0.2.9'])
      },
      {
        domain: 'file.example',
        ex_nameservers: undefined,
        ex_zoneFile: '$ORIGIN file.example.\n@ 60 IN SOA a b 1 2 3 4 5\na 60 IN A 192.0.2.9\n',
      },
    ))
})

describe('POWERDNS: records', () => {
  const odd = new Set(['multi', 'svcb', 'with\\.dot'])
  const cases = EVERY_TYPE.map((each, index) => ({ ...each, index })).filter(
    ({ type, name, data }) =>
      (RecordType as Record<string, string>)[type] !== undefined &&
      !['SOA', 'NS', 'DNSKEY', 'ALIAS', 'GEO', 'REDIRECT', 'URL', 'WKS', 'NSEC', 'RRSIG'].includes(type) &&
      !odd.has(name) &&
      !data.includes('\n'),
  )

  it(`of ${new Set(cases.map(({ type }) => type)).size} types are written, read, and served as they were meant`, () =>
    withZone(async zone => {
      for (const { type, data, priority, loaded = '', index } of cases) {
        const name = `t${index}`
        const what: CreateRecordOptions = {
          name,
          type: type as RecordType,
          data: data === '@' ? zone.domain : data,
          priority,
        }
        const made = await driver.createRecord(zone, what)
        const read = await driver.getRecord(zone.id, made.id)
        expect(read, type).toEqual({ ...made, zone: { id: zone.id } })
        expect(await driver.listRecords(zone, { name }), type).toEqual([made])
        const expected = data === '@' ? `${zone.domain}.` : loaded
        expect((await dig(server, `${name}.${zone.domain}`, type)).join('|'), type).toBe(expected)
        // What is read can be written again, and is the same record then.
        const again = { data: read.data, priority: read.priority }
        expect(await driver.updateRecord(read, again), type).toEqual(read)
      }
    }))

  it('of types that are not answered plainly are written and read', () =>
    withZone(async zone => {
      const material = Buffer.alloc(32, 7).toString('base64')
      const rest: CreateRecordOptions[] = [
        { name: 'alias', type: RecordType.ALIAS, data: 'elsewhere.example.net' },
        { name: 'nsec', type: RecordType.NSEC, data: 'host.example.com A MX RRSIG NSEC TYPE1234' },
        {
          name: 'nsec',
          type: RecordType.RRSIG,
          data: `NSEC 8 3 86400 20300101000000 20260101000000 2642 ${zone.domain} ${material}`,
        },
        { name: '', type: RecordType.DNSKEY, data: `257 3 15 ${material}` },
        { name: 'below', type: RecordType.NS, data: 'ns1.example.net' },
        {
          name: 'svc',
          type: RecordType.SVCB,
          data: 'pool.example.net mandatory=alpn alpn=h2,h3 no-default-alpn ech="AQID" ipv6hint=2001:db8::1 key667="abc"',
          priority: 16,
        },
      ]
      for (const what of rest) {
        const made = await driver.createRecord(zone, what)
        expect(made).toMatchObject(what)
        expect(await driver.getRecord(zone.id, made.id)).toEqual({ ...made, zone: { id: zone.id } })
      }
      for (const type of [RecordType.GEO, RecordType.REDIRECT, RecordType.URL, RecordType.WKS]) {
        await expect(driver.createRecord(zone, { name: 'x', type, data: '192.0.2.1 6 25' })).rejects.toMatchObject({
          argument: 'record.type',
        })
      }
      const covered = new Set([...cases, ...rest].map(({ type }) => type))
      expect(driver.listRecordTypes().filter(type => !covered.has(type))).toEqual(['SOA'])
    }))

  it('join the RRset of their name and type, whose TTL they share', () =>
    withZone(async zone => {
      const a = await driver.createRecord(zone, { name: 'www', type: RecordType.A, data: '192.0.2.1' })
      expect(a.ttl).toBe(3600)
      const b = await driver.createRecord(zone, { name: 'www', type: RecordType.A, data: '192.0.2.2', ttl: 60 })
      const c = await driver.createRecord(zone, { name: 'WWW', type: RecordType.A, data: '192.0.2.3' })
      expect([b.ttl, c.ttl, c.name]).toEqual([60, 60, 'www'])
      const all = await driver.listRecords(zone, { name: 'www' })
      expect(all.map(({ data, ttl }) => `${data} ${ttl}`)).toEqual(['192.0.2.1 60', '192.0.2.2 60', '192.0.2.3 60'])
      expect(await dig(server, `www.${zone.domain}`, 'A')).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3'])
      await driver.deleteRecord(b)
      expect(await dig(server, `www.${zone.domain}`, 'A')).toEqual(['192.0.2.1', '192.0.2.3'])
      await expect(driver.deleteRecord(b)).rejects.toThrow(RecordDoesNotExistError)
      await expect(driver.getRecord(zone.id, b.id)).rejects.toThrow(RecordDoesNotExistError)
      const again = { name: 'www', type: RecordType.A, data: '192.0.2.3' }
      await expect(driver.createRecord(zone, again)).rejects.toThrow(RecordAlreadyExistsError)
      await driver.deleteRecord(a)
      await driver.deleteRecord(c)
      expect(await driver.listRecords(zone, { name: 'www' })).toEqual([])
    }))

  it('change their data, TTL, name and type, and leave the others alone', () =>
    withZone(async zone => {
      const mx = await driver.createRecord(zone, {
        name: '',
        type: RecordType.MX,
        data: 'mail.example.net',
        priority: 10,
      })
      await driver.createRecord(zone, { name: '', type: RecordType.MX, data: 'backup.example.net', priority: 20 })
      const preferred = await driver.updateRecord(mx, { priority: 5 })
      expect(preferred).toMatchObject({ data: 'mail.example.net', priority: 5, ttl: 3600, name: '' })
      const moved = await driver.updateRecord(preferred, { name: 'sub', ttl: 120 })
      expect(moved).toMatchObject({ data: 'mail.example.net', priority: 5, ttl: 120, name: 'sub' })
      expect(await dig(server, zone.domain, 'MX')).toEqual(['20 backup.example.net.'])
      expect(await dig(server, `sub.${zone.domain}`, 'MX')).toEqual(['5 mail.example.net.'])
      const other = await driver.updateRecord(moved, { type: RecordType.CNAME, data: 'www.example.net' })
      expect(other).toMatchObject({ type: 'CNAME', priority: undefined, ttl: 120 })
      expect(await dig(server, `sub.${zone.domain}`, 'CNAME')).toEqual(['www.example.net.'])
      await expect(driver.updateRecord(moved, { ttl: 1 })).rejects.toThrow(RecordDoesNotExistError)
      // A mere id is enough.
      const { ttl } = await driver.updateRecord({ id: other.id, zone: { id: zone.id } }, { ttl: 30 })
      expect(ttl).toBe(30)
      const a = await driver.createRecord(zone, { name: 'twin', type: RecordType.A, data: '192.0.2.1' })
      await driver.createRecord(zone, { name: 'twin', type: RecordType.A, data: '192.0.2.2' })
      await expect(driver.updateRecord(a, { data: '192.0.2.2' })).rejects.toThrow(RecordAlreadyExistsError)
    }))

  it('have one SOA, whose serial number the server counts', () =>
    withZone(async zone => {
      const [soa] = await driver.listRecords(zone, { type: RecordType.SOA })
      expect(soa?.id).toBe('@/SOA')
      const data = 'ns9.example.net host\\.master.example.net 1 7200 900 1209600 300'
      const changed = await driver.updateRecord(soa!, { data, ttl: 900 })
      expect(changed.data).toMatch(/^ns9\.example\.net host\\\.master\.example\.net 20\d{8} 7200 900 1209600 300$/)
      expect(await dig(server, zone.domain, 'SOA')).toEqual([changed.data.replace(/(\.net)(?= )/g, '$1.')])
      const second = { name: '', type: RecordType.SOA, data }
      await expect(driver.createRecord(zone, second)).rejects.toThrow(RecordAlreadyExistsError)
    }))

  it('that are disabled are kept, not served, not exported, and not lost', () =>
    withZone(async zone => {
      const off = await driver.createRecord(zone, {
        name: 'x',
        type: RecordType.A,
        data: '192.0.2.1',
        ex_disabled: true,
      })
      expect(off.extra.isDisabled).toBe(true)
      expect(await dig(server, `x.${zone.domain}`, 'A')).toEqual([])
      const on = await driver.createRecord(zone, { name: 'x', type: RecordType.A, data: '192.0.2.2' })
      expect(await driver.listRecords(zone, { name: 'x' })).toHaveLength(2)
      expect((await driver.listRecords(zone, { name: 'x', ex_disabled: true })).map(({ id }) => id)).toEqual([off.id])
      expect(await driver.exportZoneToBindFormat(zone)).not.toContain('192.0.2.1')
      await driver.deleteRecord(on)
      const back = await driver.updateRecord(off, { ex_disabled: false })
      expect(back.extra.isDisabled).toBe(false)
      expect(await dig(server, `x.${zone.domain}`, 'A')).toEqual(['192.0.2.1'])
    }))

  it('made at once through one driver are all there', () =>
    withZone(async zone => {
      const made = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          driver.createRecord(zone, { name: 'many', type: RecordType.A, data: `192.0.2.${index + 1}` }),
        ),
      )
      expect(await dig(server, `many.${zone.domain}`, 'A')).toHaveLength(12)
      await Promise.all(made.slice(0, 6).map(record => driver.deleteRecord(record)))
      expect(await dig(server, `many.${zone.domain}`, 'A')).toHaveLength(6)
    }))

  it('are listed by the thousand', () =>
    withZone(async zone => {
      const text = Array.from({ length: 2000 }, (_, index) => `n${index} 60 IN A 192.0.${index >> 8}.${index & 255}\n`)
      const big = `$ORIGIN big.example.\n@ 60 IN SOA a b 1 2 3 4 5\n${text.join('')}`
      await using whole = await driver.createZone({ domain: 'big.example', ex_zoneFile: big })
      const all = await driver.listRecords(whole)
      expect(all).toHaveLength(2001)
      expect(new Set(all.map(({ id }) => id)).size).toBe(2001)
      expect(zone.domain).toBeTruthy()
    }))

  it('of other types than this library knows are among the RRsets', () =>
    withZone(async zone => {
      const lua = { name: 'lua', type: 'LUA', ttl: 60, records: [{ content: 'A "ifportup(443, {\'192.0.2.1\'})"' }] }
      await driver.ex_replaceRRset(zone, lua)
      expect((await driver.listRecords(zone)).map(({ type }) => type)).not.toContain('LUA')
      expect(await driver.ex_listRRsets(zone, { ex_type: 'LUA' })).toMatchObject([
        { name: 'lua', type: 'LUA', ttl: 60 },
      ])
      await driver.ex_deleteRRset(zone, lua)
      expect(await driver.ex_listRRsets(zone, { ex_name: 'lua' })).toEqual([])
    }))
})

describe('POWERDNS: texts', () => {
  const texts = [
    'v=spf1 -all',
    '"quoted"',
    '"one" "two"',
    'a "b" \\ ; (c) $INCLUDE /etc/passwd @',
    '\\',
    '\\"',
    '\\010',
    '$GENERATE 1-9 x A 192.0.2.$',
    'grüße 漢字 😀',
    '',
    ' ',
    'x'.repeat(255),
    'x'.repeat(256),
    `${'é'.repeat(127)}é${'ab'.repeat(300)}`,
  ]
  it('are stored as they are, whatever they hold', () =>
    withZone(async zone => {
      for (const [index, data] of texts.entries()) {
        const made = await driver.createRecord(zone, { name: `t${index}`, type: RecordType.TXT, data })
        expect(made.data).toBe(data)
        expect((await driver.getRecord(zone.id, made.id)).data).toBe(data)
        const [answer = ''] = await dig(server, `t${index}.${zone.domain}`, 'TXT')
        const strings = [...answer.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, inner = '']) => inner)
        const bytes = strings.map(inner =>
          inner.replace(/\\(\d{3}|.)/g, (_, code: string) =>
            code.length === 3 ? String.fromCharCode(Number(code)) : code,
          ),
        )
        expect(Buffer.from(bytes.join(''), 'latin1').toString()).toBe(data)
      }
    }))

  it('of several strings keep them until the text itself is changed', () =>
    withZone(async zone => {
      const records = [{ content: '"one" "two"' }, { content: '"onetwo"' }]
      await driver.ex_replaceRRset(zone, { name: 'multi', type: 'TXT', ttl: 60, records })
      const [first, second] = await driver.listRecords(zone, { name: 'multi' })
      expect([first?.data, second?.data, first?.id === second?.id]).toEqual(['onetwo', 'onetwo', false])
      await driver.updateRecord(first!, { ttl: 90 })
      expect(await dig(server, `multi.${zone.domain}`, 'TXT')).toEqual(['"one" "two"', '"onetwo"'])
    }))

  it('that would leave their place are refused, or stay in it', () =>
    withZone(async zone => {
      const evil = ['a\r\nb', 'a\0b', 'a\nevil 60 IN A 192.0.2.66', '\ud800']
      for (const data of evil) {
        for (const what of [
          { name: 'x', type: RecordType.TXT, data },
          { name: data, type: RecordType.A, data: '192.0.2.1' },
          { name: 'x', type: RecordType.CNAME, data },
        ]) {
          await expect(driver.createRecord(zone, what)).rejects.toThrow(InvalidRequestError)
        }
      }
      const names = [
        'a b',
        'a"b',
        '$INCLUDE',
        'a\\',
        'a;b',
        '(a)',
        'a..b',
        '.a',
        'x'.repeat(64),
        'a@b',
        "a'b",
        '../..',
        '%2e%2e',
        '<a>',
      ]
      for (const name of names) {
        const outcome: unknown = await driver.createRecord(zone, { name, type: RecordType.A, data: '192.0.2.1' }).then(
          record => driver.getRecord(zone.id, record.id),
          (error: unknown) => error,
        )
        if (outcome instanceof Error) expect(outcome, name).toBeInstanceOf(InvalidRequestError)
        else expect(outcome, name).toMatchObject({ name: name.toLowerCase() })
      }
      const german = await driver.createRecord(zone, { name: 'straße', type: RecordType.CNAME, data: 'bücher.example' })
      expect(german).toMatchObject({ name: 'xn--strae-oqa', data: 'xn--bcher-kva.example' })
      const contents = [';', '$INCLUDE x', '192.0.2.1\\', '192.0.2.1 192.0.2.2', '"192.0.2.1"', 'host', '1.2.3', '::1']
      for (const data of contents) {
        const what = { name: 'y', type: RecordType.A, data }
        await expect(driver.createRecord(zone, what), data).rejects.toThrow(InvalidRequestError)
      }
      expect(await dig(server, `evil.${zone.domain}`, 'A')).toEqual([])
    }))
})

describe('POWERDNS: errors', () => {
  const missing = { id: 'missing.example.' }
  it('tell that a zone is missing, or there already', async () => {
    await withZone(async zone => {
      const twice = driver.createZone({ domain: zone.domain })
      await expect(twice).rejects.toThrow(ZoneAlreadyExistsError)
      await expect(twice).rejects.toMatchObject({ status: 409, operation: 'createZone', provider: 'powerdns' })
    })
    const record = { id: 'www/A/192.0.2.1', zone: missing }
    const calls = [
      () => driver.getZone(missing.id),
      () => driver.updateZone(missing, { ex_account: 'x' }),
      () => driver.deleteZone(missing),
      () => driver.listRecords(missing),
      () => driver.getRecord(missing.id, record.id),
      () => driver.createRecord(missing, { name: 'x', type: RecordType.A, data: '192.0.2.1' }),
      () => driver.updateRecord(record, { ttl: 1 }),
      () => driver.deleteRecord(record),
      () => driver.exportZoneToBindFormat(missing),
      () => driver.ex_exportZone(missing),
      () => driver.ex_notifyZone(missing),
      () => driver.ex_listMetadata(missing),
      () => driver.ex_listCryptoKeys(missing),
    ]
    for (const call of calls) await expect(call(), String(call)).rejects.toThrow(ZoneDoesNotExistError)
  })

  it('tell what is wrong with a record', () =>
    withZone(async zone => {
      await driver.createRecord(zone, { name: 'www', type: RecordType.A, data: '192.0.2.1' })
      const beside = driver.createRecord(zone, { name: 'www', type: RecordType.CNAME, data: 'example.net' })
      await expect(beside).rejects.toThrow(/Conflicts with pre-existing RRset/)
      const outside = driver.createRecord(zone, { name: 'www.example.net.', type: RecordType.A, data: '192.0.2.1' })
      await expect(outside).rejects.toThrow(/out of zone/)
      await expect(outside).rejects.toMatchObject({ status: 422, code: 'INVALID_REQUEST' })
      for (const id of ['nonsense', 'www/A', 'www/A/%', 'www/NOPE/x', 'www/A/192.0.2.1/x', '@/SOA/x']) {
        await expect(driver.getRecord(zone.id, id), id).rejects.toThrow(RecordDoesNotExistError)
      }
    }))

  it('keep percent signs from being decoded twice', () =>
    withZone(async zone => {
      const alias = { id: zone.id.replace('z', '%7a') }
      expect(alias.id).not.toBe(zone.id)
      await expect(driver.deleteZone(alias)).rejects.toThrow(InvalidRequestError)
      expect((await driver.getZone(zone.id)).domain).toBe(zone.domain)
      await driver.createRecord(zone, { name: 'x', type: RecordType.TXT, data: '100% of it' })
      await expect(driver.ex_searchData('100%*')).rejects.toThrow(InvalidRequestError)
      expect(await driver.ex_searchData('*100? of*')).toHaveLength(1)
    }))

  it('tell that the key is wrong, or the server another', async () => {
    await using stranger = driverFor(server, { key: 'not-the-key' })
    await expect(stranger.listZones()).rejects.toThrow(InvalidCredentialsError)
    await expect(stranger.createZone({ domain: 'x.example' })).rejects.toMatchObject({ status: 401 })
    await using elsewhere = driverFor(server, { serverId: 'other' })
    await expect(elsewhere.listZones()).rejects.toThrow(NotFoundError)
    await using nobody = driverFor({ ...server, port: 1 }, { retry: false })
    await expect(nobody.listZones()).rejects.toMatchObject({ code: 'CONNECTION' })
  })
})

describe('POWERDNS: what only it has', () => {
  it('comments on RRsets', () =>
    withZone(async zone => {
      const record = await driver.createRecord(zone, { name: 'www', type: RecordType.A, data: '192.0.2.1' })
      await driver.ex_setComments(record, [{ content: 'first "of" two', account: 'ops' }, { content: 'second' }])
      const comments = await driver.ex_listComments(record)
      expect(comments).toMatchObject([
        { content: 'first "of" two', account: 'ops' },
        { content: 'second', account: '' },
      ])
      expect(Math.abs(Date.now() - (comments[0]?.modifiedAt?.getTime() ?? 0))).toBeLessThan(600_000)
      await driver.createRecord(zone, { name: 'www', type: RecordType.A, data: '192.0.2.2' })
      expect(await driver.ex_listComments({ zone, name: 'www', type: 'A' })).toHaveLength(2)
      expect(await driver.ex_listRRsets(zone, { ex_name: 'www' })).toMatchObject([
        { name: 'www', type: 'A', records: [{ content: '192.0.2.1' }, { content: '192.0.2.2' }], comments },
      ])
      await driver.ex_setComments(record, [])
      expect(await driver.ex_listComments(record)).toEqual([])
    }))

  it('single records added and removed in one step, by servers that have it', () =>
    withZone(async zone => {
      const one = { name: 'acme', type: 'TXT', ttl: 60, content: '"token"' }
      const [major = 0, minor = 0, patch = 0] = server.version.split('.').map(Number)
      const has = major > 5 || (major === 5 && (minor > 0 || patch >= 2)) || (major === 4 && minor === 9 && patch >= 12)
      if (has) {
        await driver.ex_extendRRset(zone, one)
        expect(await dig(server, `acme.${zone.domain}`, 'TXT')).toEqual(['"token"'])
        await driver.ex_pruneRRset(zone, one)
        expect(await dig(server, `acme.${zone.domain}`, 'TXT')).toEqual([])
      } else {
        await expect(driver.ex_extendRRset(zone, one)).rejects.toThrow(/Changetype not understood/)
        await expect(driver.ex_pruneRRset(zone, one)).rejects.toThrow(InvalidRequestError)
      }
    }))

  it('metadata', () =>
    withZone(async zone => {
      await driver.ex_addMetadata(zone, 'ALLOW-AXFR-FROM', ['127.0.0.1'])
      await driver.ex_addMetadata(zone, 'ALLOW-AXFR-FROM', ['127.0.0.2'])
      expect(await driver.ex_getMetadata(zone, 'ALLOW-AXFR-FROM')).toEqual({
        kind: 'ALLOW-AXFR-FROM',
        values: ['127.0.0.1', '127.0.0.2'],
      })
      expect((await driver.ex_setMetadata(zone, 'X-OWNER', ['a', 'b "c"'])).values).toEqual(['a', 'b "c"'])
      expect((await driver.ex_setMetadata(zone, 'X-OWNER', ['d'])).values).toEqual(['d'])
      const kinds = (await driver.ex_listMetadata(zone)).map(({ kind }) => kind)
      expect(kinds).toEqual(expect.arrayContaining(['ALLOW-AXFR-FROM', 'X-OWNER']))
      await driver.ex_deleteMetadata(zone, 'X-OWNER')
      await driver.ex_deleteMetadata(zone, 'X-OWNER')
      expect((await driver.ex_getMetadata(zone, 'X-OWNER')).values).toEqual([])
      await expect(driver.ex_getMetadata(zone, 'BOGUS')).rejects.toThrow(InvalidRequestError)
    }))

  it('DNSSEC', () =>
    withZone(async zone => {
      await driver.createRecord(zone, { name: 'www', type: RecordType.A, data: '192.0.2.1' })
      expect(await dig(server, zone.domain, 'DNSKEY')).toEqual([])
      const [key] = await driver.ex_enableDnssec(zone)
      expect(key).toMatchObject({ type: 'csk', isActive: true, isPublished: true, privateKey: undefined })
      expect(key?.ds.length).toBeGreaterThan(0)
      expect((await driver.getZone(zone.id)).extra).toMatchObject({ isSigned: true, apiRectify: true })
      const served = (await dig(server, zone.domain, 'DNSKEY')).map(text => text.split(' ').slice(3).join(''))
      expect(served).toEqual([key?.dnskey.split(' ').slice(3).join('')])
      expect(await answer(server, `www.${zone.domain}`, 'A', '+dnssec')).toMatch(/\sRRSIG\sA 13 3 3600 /)

      const extra = (
        await driver.ex_createCryptoKey(zone, { type: 'zsk', algorithm: 'ED25519', isActive: false })
      ).keep()
      expect(extra).toMatchObject({ algorithm: 'ED25519', isActive: false, isPublished: true })
      await driver.ex_activateCryptoKey(zone, extra.id)
      await driver.ex_unpublishCryptoKey(zone, extra.id)
      const read = await driver.ex_getCryptoKey(zone, extra.id)
      expect(read).toMatchObject({ isActive: true, isPublished: false })
      expect(read.privateKey).toMatch(/Private-key-format/)
      await driver.ex_publishCryptoKey(zone, extra.id)
      await driver.ex_deactivateCryptoKey(zone, extra.id)
      const found = (await driver.ex_listCryptoKeys(zone)).find(({ id }) => id === extra.id)
      expect(found).toMatchObject({ isActive: false, isPublished: true })
      await driver.ex_deleteCryptoKey(zone, extra.id)
      await expect(driver.ex_getCryptoKey(zone, extra.id)).rejects.toThrow(NotFoundError)
      await expect(driver.ex_deleteCryptoKey(zone, extra.id)).rejects.toThrow(NotFoundError)
      await expect(driver.ex_activateCryptoKey(zone, extra.id)).rejects.toThrow(NotFoundError)
      // A key that was there before is the same key.
      const given = await driver.ex_createCryptoKey(zone, { type: 'zsk', privateKey: read.privateKey })
      expect(given.dnskey).toBe(read.dnskey)

      await driver.ex_rectifyZone(zone)
      await driver.updateZone(zone, { ex_nsec3Param: '1 0 0 -' })
      expect((await driver.getZone(zone.id)).extra.nsec3Param).toBe('1 0 0 -')
      expect(await dig(server, zone.domain, 'NSEC3PARAM')).toEqual(['1 0 0 -'])
      await driver.ex_disableDnssec(zone)
      expect(await driver.ex_listCryptoKeys(zone)).toEqual([])
      expect(await dig(server, zone.domain, 'DNSKEY')).toEqual([])
    }))

  it('TSIG keys, with which a zone is fetched', () =>
    withZone(async zone => {
      const made = (await driver.ex_createTsigKey({ name: 'transfer' })).keep()
      expect(made).toMatchObject({ id: 'transfer.', name: 'transfer', algorithm: 'hmac-sha256' })
      expect(Buffer.from(made.secret ?? '', 'base64')).toHaveLength(64)
      await expect(driver.ex_createTsigKey({ name: 'transfer' })).rejects.toThrow(ConflictError)
      expect((await driver.ex_getTsigKey(made.id)).secret).toBe(made.secret)
      expect(await driver.ex_listTsigKeys()).toEqual([expect.objectContaining({ id: made.id })])
      await driver.updateZone(zone, { ex_masterTsigKeyIds: [made.id] })
      expect((await driver.getZone(zone.id)).extra.masterTsigKeyIds).toEqual([made.id])
      const transfer = async (secret = ''): Promise<string> => {
        const key = `hmac-sha256:${made.name}:${secret}`
        return answer(server, zone.domain, 'AXFR', '-y', key).catch(() => 'refused')
      }
      expect(await transfer(made.secret)).toContain('SOA')
      expect(await transfer(Buffer.alloc(64).toString('base64'))).not.toContain('SOA')
      const changed = await driver.ex_updateTsigKey(made.id, { name: 'renamed', algorithm: 'hmac-sha512' })
      expect(changed).toMatchObject({ id: 'renamed.', algorithm: 'hmac-sha512' })
      expect(changed.secret).toBe(made.secret)
      await expect(driver.ex_getTsigKey(made.id)).rejects.toThrow(NotFoundError)
      await driver.ex_deleteTsigKey(changed.id)
      await expect(driver.ex_deleteTsigKey(changed.id)).rejects.toThrow(NotFoundError)
    }))

  it('secrets that nothing prints', () =>
    withZone(async zone => {
      let trace = ''
      enableDebug({
        write: text => {
          trace += text
          return true
        },
      })
      try {
        await using mute = driverFor(server)
        const key = await mute.ex_createCryptoKey(zone, { type: 'csk' })
        const whole = await mute.ex_getCryptoKey(zone, key.id)
        const tsig = await mute.ex_createTsigKey({ name: 'hidden' })
        await using other = driverFor(server)
        const same = await other.ex_getTsigKey(tsig.id)
        await other.ex_updateTsigKey(tsig.id, { algorithm: 'hmac-sha512' })
        await tsig[Symbol.asyncDispose]()
        const material = /PrivateKey: (\S+)/.exec(whole.privateKey ?? '')?.[1] ?? 'none'
        expect(same.secret).toBe(tsig.secret)
        const shown = [trace, inspect([key, whole, tsig, same], { depth: 9 }), JSON.stringify([key, whole, tsig, same])]
        for (const text of shown) {
          expect(text).not.toContain(material)
          expect(text).not.toContain(tsig.secret)
          expect(text).not.toContain(server.key)
        }
      } finally {
        enableDebug(undefined)
      }
      expect(JSON.stringify(await driver.ex_getConfig())).not.toContain(server.key)
    }))

  it('zones copied from another server, and notifications', async () => {
    const copying = await startServer()
    try {
      await using copies = driverFor(copying)
      await withZone(
        async zone => {
          await driver.createRecord(zone, { name: 'www', type: RecordType.A, data: '192.0.2.1' })
          await expect(driver.ex_retrieveZone(zone)).rejects.toThrow(InvalidRequestError)
          const masters = [`127.0.0.1:${server.dnsPort}`]
          const copy = await copies.createZone({ domain: zone.domain, type: ZoneType.SLAVE, ex_masters: masters })
          const watched = proof.watch(copies)
          expect(await watched.ex_retrieveZone(copy)).toMatch(/Added retrieval request/)
          const read = (): Promise<string[]> => dig(copying, `www.${zone.domain}`, 'A')
          await expect.poll(read, { timeout: 30_000, interval: 200 }).toEqual(['192.0.2.1'])
          const exported = copies.exportZoneToBindFormat(copy)
          await expect(exported).rejects.toThrow(InvalidRequestError)
          expect(await driver.ex_notifyZone(zone)).toMatch(/queued/)
        },
        { ex_kind: 'Master' },
      )
    } finally {
      await stopServer(copying)
    }
  })

  it('the server itself: settings, numbers, search, cache, autoprimaries', () =>
    withZone(async zone => {
      expect(await driver.ex_listServers()).toEqual([
        { id: 'localhost', daemonType: 'authoritative', version: server.version },
      ])
      expect(await driver.ex_getServer()).toMatchObject({ version: server.version })
      expect((await driver.ex_getConfig())['local-port']).toBe(String(server.dnsPort))
      const [uptime] = await driver.ex_listStatistics({ ex_statistic: 'uptime' })
      expect(Number(uptime?.value)).toBeGreaterThanOrEqual(0)
      const all = await driver.ex_listStatistics()
      const plain = await driver.ex_listStatistics({ ex_includeRings: false })
      expect(all.some(({ type }) => type === 'RingStatisticItem')).toBe(true)
      expect(plain.some(({ type }) => type === 'RingStatisticItem')).toBe(false)
      await expect(driver.ex_listStatistics({ ex_statistic: 'nope' })).rejects.toThrow(InvalidRequestError)

      await driver.createRecord(zone, { name: 'needle', type: RecordType.A, data: '192.0.2.77' })
      const found = await driver.ex_searchData(`needle*${zone.domain}*`)
      expect(found).toMatchObject([{ kind: 'record', type: 'A', content: '192.0.2.77', zoneId: zone.id }])
      const zones = await driver.ex_searchData(`${zone.domain}*`, { ex_objectType: 'zone', ex_max: 1 })
      expect(zones).toMatchObject([{ kind: 'zone', name: `${zone.domain}.`, zoneId: zone.id }])
      expect(await driver.ex_flushCache(zone.domain)).toBeGreaterThanOrEqual(0)

      const primary = { ip: '192.0.2.53', nameserver: 'ns1.example.net', account: 'me' }
      await driver.ex_createAutoprimary(primary)
      await expect(driver.ex_createAutoprimary(primary)).rejects.toThrow(LibcloudError)
      expect(await driver.ex_listAutoprimaries()).toEqual([primary])
      await driver.ex_deleteAutoprimary(primary)
      expect(await driver.ex_listAutoprimaries()).toEqual([])
    }))

  it('views and networks, by servers that have them', async () => {
    if (Number.parseInt(server.version, 10) >= 5) return
    for (const call of [
      () => driver.ex_listViews(),
      () => driver.ex_listViewZones('inside'),
      () => driver.ex_addZoneToView('inside', 'example.com'),
      () => driver.ex_removeZoneFromView('inside', { id: 'example.com.' }),
      () => driver.ex_listNetworks(),
      () => driver.ex_getNetwork('192.0.2.0', 24),
      () => driver.ex_setNetwork('192.0.2.0', 24, 'inside'),
    ]) {
      await expect(call(), String(call)).rejects.toThrow(NotFoundError)
    }
  })
})

dnsLifecycle({
  describe,
  it,
  title: 'POWERDNS: lifecycle',
  driver: async () => proof.watch(driverFor(server)),
  interval: 20,
  many: 20,
  domain: name => `${name}.example`,
  records: [{ name: 'ptr', type: RecordType.PTR, data: 'host.example.net' }],
  skip: { 'zone: is changed': 'it changes the TTL, and a zone has none here' },
})

describe('POWERDNS: export', () => {
  const check = (domain: string, text: string): string => {
    const file = join(folder, `${domain}.zone`)
    writeFileSync(file, text)
    // -D prints the zone as named loads it, in its own order and form.
    const out = execFileSync('named-checkzone', [
      '-i',
      'none',
      '-k',
      'ignore',
      '-D',
      '-o',
      '-',
      domain,
      file,
    ]).toString()
    return out
      .split('\n')
      .map(line => line.replace(/\s+/g, ' ').trim())
      .filter(line => line !== '' && !line.startsWith(';') && !line.startsWith('zone ') && line !== 'OK')
      .sort()
      .join('\n')
  }

  it('says the same as the server does itself', () =>
    withZone(async zone => {
      for (const [index, { type, data, priority, loaded }] of EVERY_TYPE.entries()) {
        if (!['A', 'AAAA', 'MX', 'SRV', 'CAA', 'DS', 'TLSA', 'NAPTR', 'SSHFP', 'URI', 'LOC', 'PTR'].includes(type))
          continue
        expect(loaded).toBeTruthy()
        await driver.createRecord(zone, { name: `t${index}`, type: type as RecordType, data, priority })
      }
      await driver.createRecord(zone, { name: 'txt', type: RecordType.TXT, data: 'a "b" \\ ; é $INCLUDE x' })
      await driver.createRecord(zone, { name: 'txt', type: RecordType.TXT, data: 'x'.repeat(300) })
      const own = await driver.exportZoneToBindFormat(zone)
      const theirs = await driver.ex_exportZone(zone)
      expect(check(zone.domain, own)).toBe(check(zone.domain, theirs))
      const file = join(folder, 'export.zone')
      await driver.exportZoneToBindZoneFile(zone, file)
      const body = (text: string): string => text.replace(/^;.*\n/, '')
      expect(body(readFileSync(file, 'utf8'))).toBe(body(own))
    }))
})

describe('POWERDNS: proof', () => {
  it('is kept', () => {
    proof.settle(`pdns-server ${server.version}`)
  })
})
