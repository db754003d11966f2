import { describe, expect, it } from 'vitest'
import { DigitalOceanDNSDriver } from '../../../drivers/digitalocean/dns.js'
import type { CreateRecordOptions } from '../../../lib/dns/types.js'
import { InvalidRequestError } from '../../../lib/errors.js'
import { provider, reply } from './provider.js'

const zone = { id: 'example.com' }

async function create(record: CreateRecordOptions) {
  const made = reply('dns/createRecord')
  const server = await provider([['POST /v2/domains/example.com/records', made]])
  const driver = new DigitalOceanDNSDriver({ key: 'test-key', dispatcher: server.dispatcher })
  const error = await driver.createRecord(zone, record).then(
    () => undefined,
    (caught: unknown) => caught,
  )
  return { error, sent: server.bodies[0] }
}

describe('DIGITAL_OCEAN', () => {
  it('createRecord: takes the data of CAA and SRV apart', async () => {
    const cases: [CreateRecordOptions, object][] = [
      [
        { name: '', type: 'CAA', data: '128 iodef mailto:a@example.com' },
        { flags: 128, tag: 'iodef' },
      ],
      [
        { name: '', type: 'CAA', data: '0 issue ";"' },
        { flags: 0, tag: 'issue', data: ';' },
      ],
      [
        { name: '_x._tcp', type: 'SRV', data: '0 443 a.example.com.' },
        { weight: 0, port: 443, priority: 0, data: 'a.example.com.' },
      ],
      // Hosts are refused without their final dot.
      [
        { name: '_x._tcp', type: 'SRV', data: '0 443 a.example.com' },
        { data: 'a.example.com.', port: 443 },
      ],
      [{ name: 'www', type: 'CNAME', data: 'a.example.com' }, { data: 'a.example.com.' }],
      [{ name: 'www', type: 'CNAME', data: '@' }, { data: '@' }],
      [{ name: 'sub', type: 'NS', data: 'ns.example.net' }, { data: 'ns.example.net.' }],
      [{ name: '', type: 'MX', data: 'mail.example.com' }, { data: 'mail.example.com.' }],
      [{ name: '', type: 'TXT', data: 'plain text' }, { data: 'plain text' }],
      [
        { name: '', type: 'MX', data: 'mail.example.com.' },
        { data: 'mail.example.com.', priority: 0 },
      ],
    ]
    for (const [record, sent] of cases) expect((await create(record)).sent).toMatchObject(sent)
  })

  it('createRecord: sends nothing where such data cannot be taken apart', async () => {
    const cases: CreateRecordOptions[] = [
      { name: '', type: 'CAA', data: 'letsencrypt.org' },
      { name: '', type: 'CAA', data: '0 issue "a" "b"' },
      { name: '_x._tcp', type: 'SRV', data: '10 0 443 a.example.com.' },
      { name: '_x._tcp', type: 'SRV', data: 'a.example.com.' },
    ]
    for (const record of cases) {
      const { error, sent } = await create(record)
      expect(error, record.data).toBeInstanceOf(InvalidRequestError)
      expect(sent).toBeUndefined()
    }
  })

  it('listRecords: gives the domain where a host is @', async () => {
    const raw = { id: 1, type: 'CNAME', name: 'www', data: '@', ttl: 60, priority: null }
    const body = { domain_records: [raw, { ...raw, type: 'SRV', weight: 1, port: 2 }], links: {}, meta: { total: 2 } }
    const listed = reply('dns/listRecords')
    const server = await provider([['GET /v2/domains/example.com/records', { ...listed, body: JSON.stringify(body) }]])
    const driver = new DigitalOceanDNSDriver({ key: 'test-key', dispatcher: server.dispatcher })
    expect((await driver.listRecords(zone)).map(({ data }) => data)).toEqual(['example.com', '1 2 example.com'])
  })

  it('listRecords: reads back what createRecord was given', async () => {
    const server = await provider([['GET /v2/domains/example.com/records', reply('dns/listRecords')]])
    const driver = new DigitalOceanDNSDriver({ key: 'test-key', dispatcher: server.dispatcher })
    for (const { name, type, data, priority } of await driver.listRecords(zone)) {
      const { sent, error } = await create({ name, type, data, ...(priority === undefined ? {} : { priority }) })
      expect(error).toBeUndefined()
      expect(sent).toMatchObject({ type })
    }
  })
})
