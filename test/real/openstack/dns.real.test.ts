import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DesignateDNSDriver } from '../../../drivers/openstack/dns.js'
import { type CreateRecordOptions, RecordType } from '../../../lib/dns/types.js'
import { dnsLifecycle } from '../../conformance/lifecycle/dns.js'
import { prove } from '../proof.js'
import { openstack } from './client.js'
import { dnsStage } from './scenes.dns.js'
import { type RealCloud, stopCloud } from './server.js'
import { cloudFor, dig, methods, optionsFor, restart, USER } from './services.js'

const proof = prove('openstack', 'dns')
const cloud = await cloudFor('DESIGNATE')
const OTHERS: readonly string[] = ['NS', 'PTR', 'SPF', 'SSHFP', 'CERT']
const QUICK = { ex_wait: { interval: 200 } } as const

/** One of each type that can be made, and what a name server answers. */
const RECORDS: readonly (CreateRecordOptions & { readonly answer: string })[] = [
  { name: 'a', type: 'A', data: '192.0.2.1', answer: '192.0.2.1' },
  { name: 'aaaa', type: 'AAAA', data: '2001:DB8::1', answer: '2001:db8::1' },
  { name: 'cname', type: 'CNAME', data: 'target.example.net', answer: 'target.example.net.' },
  { name: 'mx', type: 'MX', data: 'mail.example.net', priority: 10, answer: '10 mail.example.net.' },
  { name: 'sub', type: 'NS', data: 'ns.example.net', answer: '' },
  { name: 'ptr', type: 'PTR', data: 'host.example.net', answer: 'host.example.net.' },
  {
    name: '_sip._tcp',
    type: 'SRV',
    data: '5 5060 sip.example.net',
    priority: 20,
    answer: '20 5 5060 sip.example.net.',
  },
  { name: 'spf', type: 'SPF', data: 'v=spf1 -all', answer: '"v=spf1 -all"' },
  { name: 'txt', type: 'TXT', data: 'say "hi" \\ ; \u00fc', answer: '"say \\"hi\\" \\\\ ; \\195\\188"' },
  { name: '*.wild', type: 'TXT', data: 'any', answer: '"any"' },
  { name: 'caa', type: 'CAA', data: '0 issue "ca.example.net"', answer: '0 issue "ca.example.net"' },
  {
    name: 'ssh',
    type: 'SSHFP',
    data: '1 1 abcdef0123456789abcdef0123456789abcdef01',
    answer: '1 1 ABCDEF0123456789ABCDEF0123456789ABCDEF01',
  },
  {
    name: 'naptr',
    type: 'NAPTR',
    data: '100 50 "U" "E2U+sip" "!^.*$!sip:info@example.net!" sip.example.net',
    answer: '100 50 "U" "E2U+sip" "!^.*$!sip:info@example.net!" sip.example.net.',
  },
  { name: 'cert', type: 'CERT', data: '1 2 3 aGVsbG8=', answer: 'PKIX 2 DSA aGVsbG8=' },
]

describe.skipIf(cloud === undefined)('DESIGNATE', () => {
  const running = cloud as RealCloud
  let driver: DesignateDNSDriver
  let before: string[]
  const zones = async (): Promise<string[]> => (await driver.listZones()).map(({ domain }) => domain).sort()

  beforeAll(async () => {
    driver = proof.watch(new DesignateDNSDriver(optionsFor(running)))
    before = await zones()
  })
  afterAll(async () => {
    await driver.close()
    await stopCloud(running)
  })

  dnsLifecycle({
    describe,
    it: (name, body) => it(name, context => body(context)),
    driver: async () => driver,
    interval: 300,
    timeout: 120_000,
    many: 3,
    domain: name => `${name}.lifecycle.example`,
    // Those that the suite does not have itself.
    records: RECORDS.map(({ answer, ...record }) => record).filter(({ type }) => OTHERS.includes(type)),
    secrets: [running?.password ?? ''],
  })

  it('records of every type are served by a real name server', async () => {
    expect(RECORDS.map(({ type }) => type)).toEqual(
      expect.arrayContaining(driver.listRecordTypes().filter(type => type !== RecordType.SOA)),
    )
    await using zone = await driver.createZone({ domain: 'served.example' }, QUICK)
    for (const { answer, ...record } of RECORDS) await driver.createRecord(zone, { ...record, ttl: 300 })
    await driver.ex_waitUntilActive(zone, { interval: 200 })
    const seen: [string, string[]][] = []
    for (const { name, type } of RECORDS) {
      const asked = name.replace('*', 'some')
      seen.push([`${name} ${type}`, await dig(running, `${asked}.served.example`, type)])
    }
    const wanted = RECORDS.map(({ name, type, answer }) => [`${name} ${type}`, answer === '' ? [] : [answer]])
    expect(seen).toEqual(wanted)
    const record = (await driver.listRecords(zone, { name: 'a', type: 'A' }))[0]
    await record?.update({ data: '192.0.2.2' })
    await driver.ex_waitUntilActive(zone, { interval: 200 })
    expect(await dig(running, 'a.served.example', 'A')).toEqual(['192.0.2.2'])
    const [soa] = await dig(running, 'served.example', 'SOA')
    expect(soa).toContain(` ${(await driver.getZone(zone.id)).extra.serial} `)
  })

  it("zones and records are as Debian's own client says", async () => {
    await using zone = await driver.createZone({ domain: 'read.example', ttl: 1234, ex_description: 'read me' }, QUICK)
    await driver.createRecord(zone, { name: 'www', type: 'A', data: '192.0.2.1', ttl: 60 })
    await driver.createRecord(zone, { name: 'www', type: 'A', data: '192.0.2.2' }, QUICK)
    const [shown, sets] = (await openstack(running, USER, [
      ['zone show', zone.id],
      ['recordset list', zone.id],
    ])) as [Record<string, unknown>, Record<string, unknown>[]]
    const { domain, ttl, extra } = await driver.getZone(zone.id)
    expect([
      shown['name'],
      shown['ttl'],
      shown['description'],
      shown['status'],
      shown['serial'],
      shown['email'],
    ]).toEqual([`${domain}.`, ttl, extra.description, extra.state, extra.serial, extra.email])
    const theirs = sets
      .map(each => `${each['name']} ${each['type']} ${String(each['records']).split('\n').sort()}`)
      .sort()
    const ours = (await driver.ex_listRecordsets(zone)).map(
      ({ name, type, records }) => `${name === '' ? '' : `${name}.`}read.example. ${type} ${[...records].sort()}`,
    )
    expect(theirs).toEqual(ours.sort())
  })

  it('zones are reached although the API stops and starts again under load', async context => {
    if (running.dir === '') return context.skip('this cloud is not ours to stop')
    await using zone = await driver.createZone({ domain: 'again.example' }, QUICK)
    const options = optionsFor(running, USER, { retry: { retries: 60, maxTimeout: 1000 }, timeout: 120_000 })
    await using steady = new DesignateDNSDriver(options)
    let going = true
    let count = 0
    const load = Array.from({ length: 3 }, async () => {
      while (going) {
        expect((await steady.getZone(zone.id)).domain).toBe('again.example')
        count += 1
      }
    })
    await restart(running, 'designate-api')
    const then = count
    while (count < then + 8) await new Promise(resolve => setTimeout(resolve, 100))
    going = false
    await Promise.all(load)
  })

  describe('methods', () => methods(running, dnsStage, proof))

  describe('in the end', () => {
    it('the zones are as they were', async () => {
      await dnsStage.close(driver)
      expect(await zones()).toEqual(before.filter(domain => !/^(example|slave)\./.test(domain)))
    })
    it('proof is kept', () => proof.settle(running.version))
  })
})
