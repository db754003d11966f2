import { describe, expect, it } from 'vitest'
import { matchPartial, parseErrorFixture, parseFixture } from '../../conformance/fixture.js'

const CREATE = `# call: createNode({"name":"web-1","size":{"id":"s-1vcpu-1gb"},
#   "image":{"id":"debian-12-x64"}}, {"timeout":1000})
# expect: {"id":"3164444","state":"pending"}
# source: description
# page: https://docs.example.com/api/#create
POST /v2/droplets?dry=no HTTP/1.1
Host: api.example.com
Content-Type: application/json

{"name":"web-1","region":"nyc3"}

HTTP/1.1 202 Accepted
Content-Type: application/json
X-Request-Id: 4d9d8375

{
  "droplet": {

    "id": 3164444
  }
}
###
# the second answer says that it runs
GET /v2/droplets/3164444 HTTP/1.1

HTTP/1.1 204 No Content
X-Empty:
`

function fixture(lines: string): ReturnType<typeof parseFixture> {
  return parseFixture(lines, 'case.http')
}

const HEAD = '# call: f()\n# expect: undefined\n# source: authored\n'

describe('parseFixture', () => {
  it('reads a call, what it gives, and its exchanges', () => {
    const parsed = fixture(CREATE)
    expect(parsed.method).toBe('createNode')
    expect(parsed.args).toEqual([
      { name: 'web-1', size: { id: 's-1vcpu-1gb' }, image: { id: 'debian-12-x64' } },
      { timeout: 1000 },
    ])
    expect(parsed.expect).toEqual({ id: '3164444', state: 'pending' })
    expect(parsed.throws).toBeUndefined()
    expect(parsed.source).toBe('description')
    expect(parsed.comments['page']).toBe('https://docs.example.com/api/#create')
    expect(parsed.exchanges).toHaveLength(2)
    const [create, poll] = parsed.exchanges
    expect(create?.request).toEqual({
      method: 'POST',
      target: '/v2/droplets?dry=no',
      headers: [
        ['Host', 'api.example.com'],
        ['Content-Type', 'application/json'],
      ],
      body: '{"name":"web-1","region":"nyc3"}',
    })
    expect(create?.response.status).toBe(202)
    expect(create?.response.reason).toBe('Accepted')
    expect(JSON.parse(String(create?.response.body))).toEqual({ droplet: { id: 3164444 } })
    expect(poll?.request).toEqual({ method: 'GET', target: '/v2/droplets/3164444', headers: [], body: undefined })
    expect(poll?.response).toEqual({ status: 204, reason: 'No Content', headers: [['X-Empty', '']], body: undefined })
  })

  it('reads files with CRLF line ends alike', () => {
    expect(fixture(CREATE.replaceAll('\n', '\r\n'))).toEqual(fixture(CREATE))
  })

  it('reads texts, bytes and dates in arguments', () => {
    const call = '# call: f({"$text":"hé"}, {"a":[{"$date":"2024-02-03T04:05:06Z"}]}, {"$base64":"AAE="}, null)'
    const parsed = fixture(`${call}\n# expect: undefined\n# source: authored\nGET / HTTP/1.1\n\nHTTP/1.1 200 OK\n`)
    expect(parsed.args).toEqual([
      Buffer.from('hé'),
      { a: [new Date('2024-02-03T04:05:06Z')] },
      Buffer.from([0, 1]),
      null,
    ])
    expect(parsed.expect).toBeUndefined()
  })

  it('reads an expected error with its fields, or without', () => {
    const rest = '# source: authored\nGET / HTTP/1.1\n\nHTTP/1.1 404 Not Found\n'
    const parsed = fixture(`# call: f()\n# expect: throws NotFoundError {"status":404}\n${rest}`)
    expect(parsed.throws).toEqual({ name: 'NotFoundError', fields: { status: 404 } })
    expect(fixture(`# call: f()\n# expect: throws NotFoundError\n${rest}`).throws).toEqual({
      name: 'NotFoundError',
      fields: {},
    })
  })

  it('reads binary bodies', () => {
    const parsed = fixture(
      `${HEAD}PUT /k HTTP/1.1\n\n< base64: AAEC\n\nHTTP/1.1 200 OK\n\n< base64: //79\n  /Pv6\n###\nGET / HTTP/1.1\n\nHTTP/1.1 200 OK\n\n###a\n`,
    )
    expect(parsed.exchanges[0]?.request.body).toEqual(Buffer.from([0, 1, 2]))
    expect(parsed.exchanges[0]?.response.body).toEqual(Buffer.from([255, 254, 253, 252, 251, 250]))
    expect(parsed.exchanges[1]?.response.body).toBe('###a')
  })

  it('keeps the length that an answer to HEAD tells', () => {
    const parsed = fixture(`${HEAD}HEAD /k HTTP/1.1\n\nHTTP/1.1 200 OK\nContent-Length: 12\n`)
    expect(parsed.exchanges[0]?.response.headers).toEqual([['Content-Length', '12']])
  })

  const ok = 'GET / HTTP/1.1\n\nHTTP/1.1 200 OK\n'
  const refused: [string, string, RegExp][] = [
    ['no call', `# expect: 1\n# source: authored\n${ok}`, /^case\.http:1: no '# call:'/],
    ['a malformed call', `# call: f(\n# expect: 1\n# source: authored\n${ok}`, /^case\.http:1: a call/],
    [
      'arguments that are not JSON',
      `# call: f({a:1})\n# expect: 1\n# source: authored\n${ok}`,
      /^case\.http:1: not JSON/,
    ],
    ['no expectation', `# call: f()\n# source: authored\n${ok}`, /no '# expect:'/],
    [
      'an expectation that is not JSON',
      `# call: f()\n# expect: {\n# source: authored\n${ok}`,
      /^case\.http:2: not JSON/,
    ],
    ['an unknown source', `# call: f()\n# expect: 1\n# source: guess\n${ok}`, /^case\.http:3: source is one of/],
    ['a comment said twice', `# call: f()\n# call: g()\n${ok}`, /^case\.http:2: a second '# call:'/],
    ['a bare comment', `# hello\n${ok}`, /^case\.http:1: a comment/],
    ['no exchange', HEAD, /no exchange/],
    ['an absolute target', `${HEAD}GET http://a/ HTTP/1.1\n\nHTTP/1.1 200 OK\n`, /^case\.http:4: the target/],
    ['a request without an answer', `${HEAD}GET / HTTP/1.1\nHost: a\n`, /^case\.http:6: a status line/],
    ['a body without a blank line', `${HEAD}GET / HTTP/1.1\n{}\n\nHTTP/1.1 200 OK\n`, /^case\.http:5: not a header/],
    [
      'a written length',
      `${HEAD}GET / HTTP/1.1\n\nHTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\n{}`,
      /^case\.http:8: Content-L/,
    ],
    ['a body after HEAD', `${HEAD}HEAD / HTTP/1.1\n\nHTTP/1.1 200 OK\n\n{}`, /^case\.http:8: an answer to HEAD/],
    ['a separator at the end', `${HEAD}${ok}###\n`, /^case\.http:7: no exchange after/],
    ['bad base64', `${HEAD}PUT / HTTP/1.1\n\n< base64: A*\n\nHTTP/1.1 200 OK\n`, /^case\.http:6: not base64/],
    [
      'a bad date',
      `# call: f({"$date":"x"})\n# expect: 1\n# source: authored\n${ok}`,
      /^case\.http:1: .*x is not a date/,
    ],
  ]
  for (const [name, text, problem] of refused) {
    it(`refuses ${name}, naming file and line`, () => expect(() => fixture(text)).toThrow(problem))
  }
})

describe('parseErrorFixture', () => {
  it('reads an answer that stands alone', () => {
    const parsed = parseErrorFixture(
      '# source: documentation\n# page: https://a\n\nHTTP/1.1 429 Too Many Requests\nRetry-After: 1\n\n{"id":"x"}\n',
      'errors/429.http',
    )
    expect(parsed).toEqual({
      file: 'errors/429.http',
      source: 'documentation',
      comments: { source: 'documentation', page: 'https://a' },
      response: { status: 429, reason: 'Too Many Requests', headers: [['Retry-After', '1']], body: '{"id":"x"}' },
    })
  })
  it('refuses a request', () => {
    expect(() => parseErrorFixture(`# source: authored\nGET / HTTP/1.1\n`, 'e.http')).toThrow(
      /^e\.http:2: a status line/,
    )
  })
})

describe('matchPartial', () => {
  it('lets objects have more than is expected, and arrays not', () => {
    expect(matchPartial({ a: 1, b: { c: [{ d: 1, e: 2 }] } }, { b: { c: [{ d: 1 }] } })).toEqual([])
    expect(matchPartial({ b: { c: [{ d: 1 }, {}] } }, { b: { c: [{ d: 1 }] } })).toEqual([
      'b.c: expected 1 elements, got 2',
    ])
  })
  it('tells every difference with its path', () => {
    expect(matchPartial([{ id: '1', extra: { size: '1' } }], [{ id: '2', extra: { size: 1, x: null } }])).toEqual([
      '[0].id: expected "2", got "1"',
      '[0].extra.size: expected 1, got "1"',
      '[0].extra.x: expected null, got undefined',
    ])
    expect(matchPartial(undefined, { a: 1 })).toEqual(['(value): expected {"a":1}, got undefined'])
    expect(matchPartial([], {})).toEqual(['(value): expected {}, got []'])
    expect(matchPartial({}, [])).toEqual(['(value): expected [], got {}'])
  })
  it('knows patterns, dates, bytes and big integers', () => {
    expect(matchPartial({ a: 'x-12', n: 12 }, { a: { $match: '^x-\\d+$' }, n: { $match: '^1' } })).toEqual([])
    expect(matchPartial({ a: 'y' }, { a: { $match: '^x' } })).toEqual(['a: expected /^x/, got "y"'])
    expect(matchPartial(undefined, { $match: '' })).toHaveLength(1)
    const date = new Date('2024-01-02T03:04:05Z')
    expect(matchPartial(date, '2024-01-02T03:04:05Z')).toEqual([])
    expect(matchPartial(date, '2024-01-02T03:04:05.000Z')).toEqual([])
    expect(matchPartial(date, '2024-01-02T03:04:06Z')).toHaveLength(1)
    expect(matchPartial('2024-01-02T03:04:05Z', date)).toHaveLength(1)
    expect(matchPartial(Buffer.from('a'), Buffer.from('a'))).toEqual([])
    expect(matchPartial('a', Buffer.from('a'))).toHaveLength(1)
    expect(matchPartial(12n, 12)).toEqual([])
  })
  it('reads inherited members and names a resource by its class alone', () => {
    class Node {
      readonly secret = 'hidden'
      get id(): string {
        return 'a'
      }
    }
    expect(matchPartial(new Node(), { id: 'a' })).toEqual([])
    expect(matchPartial(new Node(), 'a')).toEqual(['(value): expected "a", got Node'])
  })
})
