import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Route53DNSDriver } from '../../../drivers/aws/route53.js'
import {
  decimalEscapes,
  fromValue,
  fromWireName,
  normalValue,
  octalEscapes,
  placeOf,
  recordId,
  toValue,
  toWireName,
} from '../../../drivers/aws/route53.names.js'
import { RECORD_TYPES } from '../../../drivers/aws/route53.sets.js'
import { absoluteName } from '../../../lib/dns/content.js'
import { ConflictError, RecordAlreadyExistsError, RecordDoesNotExistError } from '../../../lib/errors.js'
import { type Exchange, parseFixture } from '../../conformance/fixture.js'
import { answer, type Handler, type ReplayServer, startReplay } from '../../conformance/replay.js'

const zone = { id: 'Z1PA6795UKMFR9', domain: 'example.com' }
const folder = join(import.meta.dirname, '../../../fixtures/aws/route53')
const exchanges = (name: string): Exchange[] =>
  parseFixture(readFileSync(join(folder, `${name}.http`), 'utf8'), name).exchanges

let server: ReplayServer
beforeAll(async () => {
  server = await startReplay()
})
afterAll(() => server.close())
const make = (script: readonly Exchange[] | Handler, options: object = {}): Route53DNSDriver => {
  server.play(script)
  const retry = { minTimeout: 1, maxTimeout: 2 }
  const { dispatcher } = server
  return new Route53DNSDriver({ key: 'AKIA', secret: 'a-secret', dispatcher, pacing: false, retry, ...options })
}

describe('ROUTE53 names and values', () => {
  it('a name that is sent and comes back is the same', () => {
    const octets = fc.uint8Array({ minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(fc.array(octets, { minLength: 1, maxLength: 5 }), labels => {
        // Lower case, as names are compared.
        const text = labels
          .map(label =>
            [...label]
              .map(byte => `\\${String(byte >= 65 && byte <= 90 ? byte + 32 : byte).padStart(3, '0')}`)
              .join(''),
          )
          .join('.')
        const name = absoluteName(text)
        const wire = toWireName(name)
        expect(wire).toMatch(/^(\*\.)?(([a-z0-9_-]|\\[0-3][0-7]{2})*\.)*$/)
        expect(fromWireName(wire)).toBe(name)
      }),
      { seed: 53, numRuns: 500 },
    )
  })

  it('a wildcard is a star, and only at the beginning', () => {
    expect(toWireName('*.example.com.')).toBe('*.example.com.')
    expect(toWireName('a.*.example.com.')).toBe('a.\\052.example.com.')
    expect(toWireName('a*.example.com.')).toBe('a\\052.example.com.')
    expect(fromWireName('\\052.Example.com.')).toBe('*.example.com.')
  })

  it('text of any kind comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), data => {
        const value = toValue('TXT', { data }, 'example.com')
        expect(value).toMatch(/^[\x20-\x7e]*$/)
        expect(fromValue('TXT', value)).toEqual({ data })
      }),
      { seed: 53, numRuns: 500 },
    )
  })

  it('escapes are octal there and decimal here', () => {
    expect(octalEscapes('"a\\195\\\\195\\""')).toBe('"a\\303\\\\195\\""')
    expect(decimalEscapes('"a\\303\\\\303\\""')).toBe('"a\\195\\\\303\\""')
  })

  it('one value has one form, whatever the service has', () => {
    const same: readonly (readonly ['MX' | 'TXT' | 'CNAME' | 'AAAA', string, string])[] = [
      ['MX', '10  Mail.example.com', '10 mail.example.com.'],
      ['TXT', '"a" ', '"a"'],
      ['CNAME', 'www.EXAMPLE.com', 'www.example.com.'],
    ]
    for (const [type, one, other] of same) expect(normalValue(type, one)).toBe(normalValue(type, other))
    expect(normalValue('TXT', '"A"')).not.toBe(normalValue('TXT', '"a"'))
  })

  it('an id says where its record stands', () => {
    const places = [
      { name: '', type: 'SOA', value: undefined, setIdentifier: undefined },
      { name: 'www', type: 'A', value: '192.0.2.1', setIdentifier: undefined },
      { name: 'app', type: 'A', value: undefined, setIdentifier: 'blue/green' },
      { name: '*.a\\.b', type: 'TXT', value: '"50% / é"', setIdentifier: 'x' },
    ] as const
    for (const place of places) expect(placeOf(recordId(place), RECORD_TYPES)).toEqual(place)
    for (const id of ['', 'www', 'www/LOC/x', 'a/A/b/c/d', '%/A/x', 'a..b/A/x']) {
      expect(placeOf(id, RECORD_TYPES)).toBeUndefined()
    }
  })
})

describe('ROUTE53', () => {
  it('createZone: a creation whose answer was lost gives the zone that it made', async () => {
    const [, ...lookUp] = exchanges('createZone.again')
    const references: string[] = []
    const driver = make((request, response, socket) => {
      const { length } = server.requests
      references.push(/<CallerReference>(.*)<\/CallerReference>/.exec(request.body.toString())?.[1] ?? '')
      if (length === 1) socket.destroy()
      else if (length === 2) answer(response, (exchanges('createZone.again')[0] as Exchange).response)
      else {
        const said = (lookUp[length - 3] as Exchange).response
        const body = String(said.body).replaceAll('myUniqueIdentifier', references[0] as string)
        answer(response, { ...said, body })
      }
    })
    const made = await driver.createZone({ domain: 'example.com' })
    expect(made).toMatchObject({ id: zone.id, extra: { callerReference: references[0] } })
    expect(references[0]).toMatch(/^[0-9a-f-]{36}$/)
    expect(references[1]).toBe(references[0])
  })

  it('createZone: a zone of another’s is not taken for one’s own', async () => {
    const driver = make(exchanges('createZone.again').slice(0, 2))
    await expect(driver.createZone({ domain: 'example.com', ex_callerReference: 'mine' })).rejects.toMatchObject({
      name: 'ZoneAlreadyExistsError',
    })
  })

  it('refuses what the service cannot do, before any request', async () => {
    const driver = make([])
    const refusals: readonly (readonly [Promise<unknown>, string])[] = [
      [driver.createZone({ domain: 'example.com', type: 'slave' }), 'zone.type'],
      [driver.createZone({ domain: 'example.com', ttl: 60 }), 'zone.ttl'],
      [driver.updateZone(zone, { domain: 'example.net' }), 'changes.domain'],
      [driver.createRecord(zone, { name: 'www', type: 'LOC', data: 'x' }), 'record.type'],
      [driver.createRecord(zone, { name: 'www', type: 'A', data: 'no address' }), 'record.data'],
      [driver.createRecord(zone, { name: 'a..b', type: 'A', data: '192.0.2.1' }), 'record.name'],
      [
        driver.ex_createMultiValueRecord(zone, { name: 'x', type: 'A', values: ['192.0.2.1', '?'] }),
        'record.values[1]',
      ],
      [driver.ex_createAliasRecord(zone, { name: 'x', zoneId: 'Z', target: 'a..b' }), 'record.target'],
    ]
    for (const [call, argument] of refusals) {
      await expect(call).rejects.toMatchObject({ code: 'INVALID_REQUEST', argument })
    }
    expect(server.requests).toHaveLength(0)
  })

  it('updateRecord: an alias has no data, and a value no target', async () => {
    const target = { zoneId: 'Z', target: 'example.net' }
    const alias = make(exchanges('updateRecord.alias').slice(0, 1))
    await expect(alias.updateRecord({ id: 'app/A', zone }, { data: '192.0.2.1' })).rejects.toMatchObject({
      argument: 'changes.data',
    })
    const value = make(exchanges('updateRecord').slice(0, 1))
    await expect(value.updateRecord({ id: 'www/A/192.0.2.1', zone }, { ex_alias: target })).rejects.toMatchObject({
      argument: 'changes.ex_alias',
    })
  })

  it('createRecord: calls that write the same set wait for each other', async () => {
    let set: string[] = []
    const driver = make((request, response) => {
      const body = request.body.toString()
      if (request.method === 'POST') {
        const created = body.slice(body.indexOf('<Action>CREATE'))
        set = [...created.matchAll(/<Value>([^<]*)<\/Value>/g)].map(([, value]) => value as string)
        answer(response, (exchanges('createRecord')[1] as Exchange).response)
        return
      }
      const values = set.map(each => `<ResourceRecord><Value>${each}</Value></ResourceRecord>`).join('')
      const found = `<ResourceRecordSet><Name>www.example.com.</Name><Type>A</Type><TTL>60</TTL><ResourceRecords>${values}</ResourceRecords></ResourceRecordSet>`
      response.end(
        `<ListResourceRecordSetsResponse><ResourceRecordSets>${set.length > 0 ? found : ''}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>1</MaxItems></ListResourceRecordSetsResponse>`,
      )
    })
    const addresses = Array.from({ length: 10 }, (_, index) => `192.0.2.${index + 1}`)
    await Promise.all(addresses.map(data => driver.createRecord(zone, { name: 'www', type: 'A', data })))
    expect(set).toEqual(addresses)
  })

  it('ex_deleteAllRecords: keeps to the limits of a batch, and to what a zone needs', async () => {
    const own = ['SOA', 'NS'].map(type => ['example.com.', type, 'x'] as const)
    const many = Array.from({ length: 1500 }, (_, index) => [`n${index}.example.com.`, 'A', '192.0.2.1'] as const)
    const long = Array.from({ length: 3 }, (_, index) => [`t${index}.example.com.`, 'TXT', 'x'.repeat(11_000)] as const)
    const sets = [...own, ['sub.example.com.', 'NS', 'x'] as const, ...many, ...long].map(
      ([name, type, value]) =>
        `<ResourceRecordSet><Name>${name}</Name><Type>${type}</Type><TTL>1</TTL><ResourceRecords><ResourceRecord><Value>${value}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>`,
    )
    const driver = make((request, response) => {
      if (request.method === 'POST') answer(response, (exchanges('createRecord')[1] as Exchange).response)
      else
        response.end(`<R><ResourceRecordSets>${sets.join('')}</ResourceRecordSets><IsTruncated>false</IsTruncated></R>`)
    })
    await driver.ex_deleteAllRecords(zone)
    const batches = server.requests.slice(1).map(({ body }) => body.toString())
    const counts = batches.map(body => body.split('<Action>DELETE').length - 1)
    expect(counts).toEqual([1000, 501 + 2, 1])
    expect(batches.join('')).not.toContain('<Type>SOA')
    expect(batches.join('')).toContain('<Name>sub.example.com.</Name><Type>NS')
  })

  it('ex_changeTags: takes away what has no value', async () => {
    const driver = make(exchanges('ex_changeTags').map(each => ({ ...each })))
    await driver.ex_changeTags(zone, { old: undefined })
    expect(server.requests[0]?.body.toString()).toContain('<RemoveTagKeys><Key>old</Key></RemoveTagKeys>')
    expect(server.requests[0]?.body.toString()).not.toContain('AddTags')
  })

  it('exportZoneToBindFormat: leaves aliases out', async () => {
    const text = await make(exchanges('listRecords')).exportZoneToBindFormat({ ...zone, type: 'master' } as never)
    expect(text).toContain('192.0.2.2')
    expect(text).toContain('caf\\195\\169')
    expect(text).not.toContain('elb.amazonaws.com')
  })

  it('says why a batch was refused', async () => {
    const messages = [
      ["[Tried to create resource record set [name='a.', type='A'] but it already exists]", RecordAlreadyExistsError],
      ["[Tried to delete resource record set [name='a.', type='A'] but it was not found]", RecordDoesNotExistError],
      ['[… but the values provided do not match the current values]', ConflictError],
    ] as const
    for (const [message, errorClass] of messages) {
      const error = `<ErrorResponse><Error><Type>Sender</Type><Code>InvalidChangeBatch</Code><Message>${message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`
      const driver = make((_request, response) => void response.writeHead(400).end(error))
      const recordSet = { name: 'a', type: 'A', values: [], ttl: 1 }
      const refused = driver.ex_changeRecordSets(zone, [{ action: 'CREATE', recordSet }])
      await expect(refused).rejects.toBeInstanceOf(errorClass)
      await expect(refused).rejects.toMatchObject({ requestId: 'r-1', status: 400 })
    }
  })

  it('goes where its partition has it', () => {
    const origin = (options: object): string => make([], options).connection.origin
    expect(origin({})).toBe('https://route53.amazonaws.com')
    expect(origin({ region: 'cn-north-1' })).toBe('https://route53.amazonaws.com.cn')
    expect(origin({ region: 'us-gov-west-1', fips: true })).toBe('https://route53.us-gov.amazonaws.com')
    expect(make([], { region: 'cn-north-1' }).connection.scope).toEqual({
      service: 'route53',
      region: 'cn-northwest-1',
    })
  })
})
