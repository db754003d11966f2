import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { GoogleDNSDriver } from '../../../drivers/google/dns.js'
import { type Handler, startReplay } from '../../conformance/replay.js'

const server = await startReplay()
afterAll(() => server.close())
beforeEach(() => server.play([]))
const driver = new GoogleDNSDriver({
  ...{ accessToken: 'ya29.token-of-this-test', project: 'my-project', dispatcher: server.dispatcher },
  retry: { retries: 2, minTimeout: 1, maxTimeout: 2 },
})
const zone = { id: 'example-com', domain: 'example.com' }
interface Set {
  readonly name: string
  readonly type: string
  readonly ttl: number
  readonly rrdatas: string[]
}

/** A zone that takes changes as Google does: what is deleted must be there as it is said to be. */
function played(sets: Map<string, Set>, meanwhile: () => void = () => {}): Handler {
  return (request, response) => {
    const reply = (status: number, body: object): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const url = new URL(request.target, 'http://x')
    if (request.method === 'GET' && url.pathname.endsWith('/rrsets')) {
      const [name, type] = [url.searchParams.get('name'), url.searchParams.get('type')]
      const rrsets = [...sets.values()].filter(
        each => (name ?? each.name) === each.name && (type ?? each.type) === each.type,
      )
      return reply(200, { rrsets })
    }
    if (request.method === 'GET') return reply(200, { id: '1', name: 'example-com', dnsName: 'example.com.' })
    meanwhile()
    const { additions, deletions } = JSON.parse(String(request.body)) as { additions: Set[]; deletions: Set[] }
    const keyOf = ({ name, type }: Set): string => `${name} ${type}`
    const isThere = (each: Set): boolean => JSON.stringify(sets.get(keyOf(each))) === JSON.stringify(each)
    const problem = (code: number, reason: string): void =>
      reply(code, { error: { code, message: 'No.', errors: [{ reason, message: 'No.' }] } })
    if (!deletions.every(isThere)) return problem(412, 'conditionNotMet')
    for (const each of deletions) sets.delete(keyOf(each))
    if (additions.some(each => sets.has(keyOf(each)))) return problem(409, 'alreadyExists')
    for (const each of additions) sets.set(keyOf(each), each)
    reply(200, { id: '7', status: 'done', additions, deletions })
  }
}
const www = (...rrdatas: string[]): Set => ({ name: 'www.example.com.', type: 'A', ttl: 300, rrdatas })

describe('GOOGLE: records', () => {
  it('lose nothing to another writer', async () => {
    const sets = new Map([['www.example.com. A', www('192.0.2.1')]])
    let others = 1
    const meanwhile = (): void => {
      if (others-- > 0) sets.set('www.example.com. A', www('192.0.2.1', '192.0.2.99'))
    }
    server.play(played(sets, meanwhile))
    await driver.createRecord(zone, { name: 'www', type: 'A', data: '192.0.2.2' })
    expect(sets.get('www.example.com. A')?.rrdatas).toEqual(['192.0.2.1', '192.0.2.99', '192.0.2.2'])
  })

  it('give up when others are faster each time', async () => {
    const sets = new Map([['www.example.com. A', www('192.0.2.1')]])
    let count = 0
    server.play(played(sets, () => void sets.set('www.example.com. A', www(`192.0.2.${10 + count++}`))))
    const call = driver.createRecord(zone, { name: 'www', type: 'A', data: '192.0.2.2' })
    await expect(call).rejects.toMatchObject({ code: 'CONFLICT', providerCode: 'conditionNotMet' })
    expect(count).toBe(4)
  })

  it('come and go, change and move', async () => {
    const sets = new Map<string, Set>()
    server.play(played(sets))
    const a = await driver.createRecord(zone, { name: 'www', type: 'A', data: '192.0.2.1', ttl: 60 })
    const b = await driver.createRecord(zone, { name: 'www', type: 'A', data: '192.0.2.2' })
    expect(b.ttl).toBe(60)
    const moved = await driver.updateRecord(b, { name: 'api', type: 'CNAME', data: 'www.example.com' })
    expect(moved).toMatchObject({ id: 'api/CNAME/www.example.com.', name: 'api', data: 'www.example.com' })
    await driver.deleteRecord(a)
    expect([...sets.keys()]).toEqual(['api.example.com. CNAME'])
    await expect(driver.deleteRecord(a)).rejects.toMatchObject({ name: 'RecordDoesNotExistError' })
  })

  it('are listed of a zone that is known by its id alone', async () => {
    server.play(played(new Map([['www.example.com. A', www('192.0.2.1', '192.0.2.2')]])))
    const records = await driver.listRecords({ id: 'example-com' })
    expect(records.map(({ name, data }) => [name, data])).toEqual([
      ['www', '192.0.2.1'],
      ['www', '192.0.2.2'],
    ])
    expect(server.requests).toHaveLength(2)
  })

  it.each([
    ['a type that Google has not', { name: 'x', type: 'LOC', data: 'x' }, 'record.type'],
    ['data that is none', { name: 'x', type: 'A', data: 'example.com' }, 'record.data'],
  ] as const)('are refused for %s, before anything is asked', async (_, record, argument) => {
    await expect(driver.createRecord(zone, record)).rejects.toMatchObject({ code: 'INVALID_REQUEST', argument })
    await expect(driver.createRecord({ id: 'example-com' }, record)).rejects.toMatchObject({ argument })
    expect(server.requests).toHaveLength(0)
  })

  it.each([
    ['ttl', { ttl: 60 }],
    ['type', { type: 'slave' }],
    ['domain', { domain: 'example.org' }],
  ] as const)('%s of a zone cannot be changed', async (member, changes) => {
    const call = driver.updateZone(zone, changes)
    await expect(call).rejects.toMatchObject({ code: 'INVALID_REQUEST', argument: `changes.${member}` })
    expect(server.requests).toHaveLength(0)
  })
})
