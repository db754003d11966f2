import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkedDomain, normalContent, toContent } from '../../../drivers/powerdns/content.js'
import { PowerDNSDriver, type PowerDNSOptions } from '../../../drivers/powerdns/dns.js'
import { absoluteName, fromContent, nameWithin, relativeName } from '../../../lib/dns/content.js'
import type { RecordType } from '../../../lib/dns/types.js'
import { InvalidCredentialsError, InvalidRequestError, RecordDoesNotExistError } from '../../../lib/errors.js'
import { enableDebug } from '../../../lib/http/trace.js'
import { KeyedQueue } from '../../../lib/queue.js'
import { type ReplayServer, startReplay } from '../../conformance/replay.js'

const zone = { id: 'example.com.' }
const root = '/api/v1/servers/localhost'

let server: ReplayServer
beforeAll(async () => {
  server = await startReplay()
})
afterAll(() => server.close())

interface Stored {
  content: string
  disabled?: boolean
}
/** A server of one RRset, which takes its time: what is not kept in order is lost. */
function keep(records: Stored[], { version = '5.0.2', type = 'A', status = (): number => 204 } = {}): Stored[] {
  server.play(async ({ method, target, body }, reply) => {
    await new Promise(resolve => setTimeout(resolve, 5))
    if (target === root) return void reply.end(JSON.stringify({ id: 'localhost', version }))
    if (method === 'GET') {
      const rrset = { name: 'www.example.com.', type, ttl: 300, records, comments: [] }
      // Servers add what else has comments.
      const stray = { name: 'stray.example.com.', type, ttl: 0, records: [], comments: [{ content: 'x' }] }
      return void reply.end(JSON.stringify({ name: zone.id, rrsets: [stray, ...(records.length > 0 ? [rrset] : [])] }))
    }
    const { rrsets } = JSON.parse(body.toString()) as { rrsets: { name: string; records?: Stored[] }[] }
    const code = status()
    if (code === 204 && rrsets[0]?.name === 'www.example.com.') records.splice(0, 99, ...(rrsets[0].records ?? []))
    reply.writeHead(code).end(code === 204 ? undefined : '{"error":"Bad","errors":["one","two"]}')
  })
  return records
}
const driver = (options: PowerDNSOptions = {}): PowerDNSDriver =>
  new PowerDNSDriver({ key: 'test-key', dispatcher: server.dispatcher, retry: false, ...options })
const asked = (): string[] => server.requests.map(({ method, target }) => `${method} ${target.replace(root, '')}`)

describe('POWERDNS', () => {
  it('reads its key and its server from the environment, and speaks plain HTTP to loopback', () => {
    const names = ['PDNS_API_KEY', 'POWERDNS_API_KEY', 'PDNS_SERVER_NAME']
    const before = names.map(name => process.env[name])
    try {
      for (const name of names) delete process.env[name]
      expect(() => new PowerDNSDriver()).toThrow(InvalidCredentialsError)
      process.env['POWERDNS_API_KEY'] = 'one'
      process.env['PDNS_SERVER_NAME'] = 'other'
      const made = new PowerDNSDriver()
      expect(made.connection.origin).toBe('http://127.0.0.1:8081')
      expect(made.connection.root.text).toBe('/api/v1/servers/other')
      const far = new PowerDNSDriver({ host: 'dns.example.com', port: 443, secure: true, serverId: 'a/b' })
      expect(far.connection.origin).toBe('https://dns.example.com')
      expect(far.connection.root.text).toBe('/api/v1/servers/a%2Fb')
    } finally {
      for (const [index, name] of names.entries()) {
        if (before[index] === undefined) delete process.env[name]
        else process.env[name] = before[index]
      }
    }
  })

  it('createRecord: calls of one driver wait for each other, and none is lost', async () => {
    const stored = keep([])
    const one = driver()
    await Promise.all(
      [1, 2, 3, 4].map(last => one.createRecord(zone, { name: 'www', type: 'A', data: `192.0.2.${last}` })),
    )
    expect(stored.map(({ content }) => content)).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'])
    expect(asked().filter(line => line === 'GET ')).toHaveLength(1)
    expect(asked()).toContain('GET /zones/example.com.?rrset_name=www.example.com.&rrset_type=A')
  })

  it('createRecord: a refused one holds nobody up, nor does one that gave up waiting', async () => {
    const answers = [422, 204]
    const stored = keep([], { status: () => answers.shift() ?? 204 })
    const one = driver()
    const stop = new AbortController()
    const add = (last: number, options = {}): Promise<unknown> =>
      one.createRecord(zone, { name: 'www', type: 'A', data: `192.0.2.${last}` }, options)
    const calls = [add(1), add(2, { signal: stop.signal }), add(3)]
    setTimeout(() => stop.abort(new Error('enough')), 2)
    const [refused, aborted, done] = await Promise.allSettled(calls)
    expect(refused).toMatchObject({ status: 'rejected', reason: { status: 422 } })
    expect(String((refused as PromiseRejectedResult).reason)).toContain('Bad; one; two')
    expect(aborted).toMatchObject({ status: 'rejected', reason: { message: 'enough' } })
    expect(done?.status).toBe('fulfilled')
    expect(stored).toEqual([{ content: '192.0.2.3', disabled: false }])
  })

  it('createRecord: asks a server that hides disabled records for the whole zone', async () => {
    for (const version of ['4.9.12', 'unknown']) {
      const stored = keep([{ content: '192.0.2.1', disabled: true }], { version })
      await driver().createRecord(zone, { name: 'www', type: 'A', data: '192.0.2.2' })
      expect(stored).toHaveLength(2)
      expect(asked()).toEqual(['GET ', 'GET /zones/example.com.', 'PATCH /zones/example.com.'])
    }
  })

  it('updateRecord: a move reads both RRsets, and writes both at once', async () => {
    keep([{ content: '192.0.2.1' }, { content: '192.0.2.2', disabled: true }])
    const moved = await driver().updateRecord({ id: 'www/A/192.0.2.2', zone }, { name: '' })
    expect(moved).toMatchObject({ id: '@/A/192.0.2.2', ttl: 300, extra: { isDisabled: true } })
    expect(asked()).toEqual([
      'GET ',
      'GET /zones/example.com.?rrset_name=www.example.com.&rrset_type=A',
      'GET /zones/example.com.?rrset_name=example.com.&rrset_type=A',
      'PATCH /zones/example.com.',
    ])
    expect(JSON.parse(server.requests[3]?.body.toString() ?? '').rrsets).toMatchObject([
      { name: 'www.example.com.', changetype: 'REPLACE', records: [{ content: '192.0.2.1' }] },
      { name: 'example.com.', changetype: 'REPLACE', records: [{ content: '192.0.2.2', disabled: true }] },
    ])
  })

  it('getRecord: what cannot be an id is not asked for', async () => {
    server.play([])
    for (const id of ['1', '@/SOA/x', 'www/A', 'www/A/x/y', 'www/XX/y', 'www/A/%']) {
      await expect(driver().getRecord(zone.id, id)).rejects.toThrow(RecordDoesNotExistError)
    }
    expect(server.requests).toHaveLength(0)
  })

  it('deleteZone: what the server would decode twice is not sent', async () => {
    server.play([])
    const refused = driver({ retry: 2 }).deleteZone({ id: '%65xample.com.' })
    await expect(refused).rejects.toMatchObject({ name: 'InvalidRequestError', provider: 'powerdns' })
    expect(server.requests).toHaveLength(0)
  })

  it('ex_getTsigKey: the secret is in no trace', async () => {
    let trace = ''
    enableDebug({
      write: text => {
        trace += text
        return true
      },
    })
    try {
      server.play(
        (_request, reply) => void reply.end('{"id":"t.","name":"t","algorithm":"hmac-sha256","key":"c2VjcmV0"}'),
      )
      expect((await driver().ex_getTsigKey('t.')).secret).toBe('c2VjcmV0')
    } finally {
      enableDebug(undefined)
    }
    expect(trace).toContain('/tsigkeys/t.')
    expect(trace).not.toContain('c2VjcmV0')
  })
})

describe('POWERDNS: names and data', () => {
  it('names are absolute there and relative here', () => {
    expect(nameWithin('example.com', 'WWW')).toBe('www.example.com.')
    expect(nameWithin('example.com', '')).toBe('example.com.')
    expect(nameWithin('example.com', '@')).toBe('example.com.')
    expect(nameWithin('example.com', 'www.example.com.')).toBe('www.example.com.')
    expect(nameWithin('.', 'com')).toBe('com.')
    expect(absoluteName('bücher.example')).toBe('xn--bcher-kva.example.')
    expect(relativeName('example.com', 'a.b.Example.com.')).toBe('a.b')
    expect(relativeName('example.com', 'example.com.')).toBe('')
    expect(relativeName('example.com', 'notexample.com.')).toBe('notexample.com.')
    expect(relativeName('.', 'com.')).toBe('com')
  })

  it('the id of a zone tells its domain', () => {
    const domain = (id: string): string => checkedDomain('powerdns', { id })
    expect(domain('example.com.')).toBe('example.com')
    expect(domain('0=2F25.2.0.192.in-addr.arpa.')).toBe('0/25.2.0.192.in-addr.arpa')
    expect(domain('=2E')).toBe('.')
    expect(domain('example.com..private')).toBe('example.com')
    expect(() => domain('.a')).toThrow(InvalidRequestError)
  })

  const forms: readonly [RecordType, string, number | undefined, string][] = [
    ['AAAA', '2001:DB8:0::1', undefined, '2001:db8::1'],
    ['MX', 'mail.example.net', 10, '10 mail.example.net.'],
    ['MX', 'mail.example.net.', undefined, '0 mail.example.net.'],
    ['SRV', '5 5060 sip.example.net', 1, '1 5 5060 sip.example.net.'],
    ['SRV', '0 0 .', 0, '0 0 0 .'],
    ['CNAME', 'a\\.b.example.net', undefined, 'a\\.b.example.net.'],
    ['CNAME', 'a@b.example.net', undefined, 'a@b.example.net.'],
    ['CAA', '0 issue ca.example.net', undefined, '0 issue "ca.example.net"'],
    ['TLSA', '3 1 1 ABCDEF01', undefined, '3 1 1 abcdef01'],
    ['LOC', '52 N 4 53 E 2m', undefined, '52 0 0.000 N 4 53 0.000 E 2.00m 1.00m 10000.00m 10.00m'],
    ['NAPTR', '1 2 "u" "E2U sip" "" .', undefined, '1 2 "u" "E2U sip" "" .'],
    ['URI', '1 "https://example.net/a b"', 5, '5 1 "https://example.net/a b"'],
    ['HTTPS', '. port=8443 alpn="h2,h3"', 1, '1 . alpn=h2,h3 port=8443'],
    ['SVCB', 'x.example.net key9=a ech=AQID', 2, '2 x.example.net. ech="AQID" key9="a"'],
    ['SOA', 'ns.example.net me.example.net 1 2 3 4 5', undefined, 'ns.example.net. me.example.net. 1 2 3 4 5'],
    ['TXT', '"a" \\', undefined, '"\\"a\\" \\\\"'],
  ]
  it('data is canonical there and plain here, and the same when it comes back', () => {
    for (const [type, data, priority, content] of forms) {
      expect(toContent(type, { data, priority }, 'example.com'), type).toBe(content)
      const plain = fromContent(type, content)
      expect(toContent(type, plain, 'example.com'), type).toBe(content)
      expect(normalContent(type, content, 'example.com'), type).toBe(content)
      expect(JSON.stringify(plain), type).not.toMatch(/example\.net\./)
    }
  })

  it('texts of any kind come back as they were', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), text => {
        fc.pre(text.isWellFormed())
        const content = toContent('TXT', { data: text }, 'example.com')
        expect(content).toMatch(
          /^"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\.)*"(?: "(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\.)*")*$/,
        )
        expect(fromContent('TXT', content).data).toBe(text)
        expect(normalContent('TXT', content, 'example.com')).toBe(content)
      }),
      { numRuns: 300 },
    )
  })

  it('texts that are not Unicode stay as the server has them', () => {
    expect(fromContent('TXT', '"\\255"').data).toBe('"\\255"')
  })
})

describe('KeyedQueue', () => {
  it('lets work with other keys go on, and forgets what is done', async () => {
    const queue = new KeyedQueue()
    const log: string[] = []
    const work = (name: string, time: number) => async (): Promise<void> => {
      log.push(`${name} begins`)
      await new Promise(resolve => setTimeout(resolve, time))
      log.push(`${name} ends`)
    }
    await Promise.all([
      queue.run(['a', 'b'], work('first', 20)),
      queue.run(['b'], work('second', 1)),
      queue.run(['c'], work('other', 1)),
    ])
    expect(log).toEqual(['first begins', 'other begins', 'other ends', 'first ends', 'second begins', 'second ends'])
  })
})
