import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidRequestError } from '../../../lib/errors.js'
import { parseRetryAfter } from '../../../lib/http/errors.js'
import { EncodedPath, encode, formBody, path, queryString, slashed } from '../../../lib/http/url.js'
import { pager } from '../../../lib/pager.js'
import { loopback, rig } from './rig.js'

const numRuns = Number(process.env['LIBCLOUD_FUZZ_RUNS'] ?? 1000)
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '.', '..', '../x', '%2e', 'a/b', 'a?b#c', '\r\nX: 1', '\0', '\ud800', "!'()*~"),
)
const orRefused = <T>(make: () => T): T | undefined => {
  try {
    return make()
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidRequestError)
    return undefined
  }
}

describe('URL encoders', () => {
  it('a part of a path stays one part, and reads back as it was', () => {
    fc.assert(
      fc.property(text, text, (one, two) => {
        const made = orRefused(() => path`/a/${one}/b/${two}`)
        if (made === undefined) return
        expect(made).toMatch(/^\/a\/[A-Za-z0-9\-._~%]+\/b\/[A-Za-z0-9\-._~%]+$/)
        const url = new URL(made, 'http://h')
        expect(url.pathname).toBe(made)
        expect(url.pathname.split('/').map(decodeURIComponent)).toEqual(['', 'a', one, 'b', two])
      }),
      { numRuns },
    )
  })

  it('an object name keeps its slashes and nothing else', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), parts => {
        const name = parts.join('/')
        const made = orRefused(() => path`/bucket/${slashed(name)}`)
        if (made === undefined) return
        expect(new URL(made, 'http://h').pathname).toBe(made)
        expect(decodeURIComponent(made)).toBe(`/bucket/${name}`)
      }),
      { numRuns },
    )
  })

  it('a query and a form read back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 6 }), pairs => {
        const wellFormed = pairs.filter(pair => pair.every(each => each.isWellFormed()))
        const values = Object.fromEntries(wellFormed)
        const query = queryString(values)
        expect(query).toMatch(/^(\?[A-Za-z0-9\-._~%=&]*)?$/)
        expect(Object.fromEntries(new URLSearchParams(query))).toEqual({ ...values })
        expect(Object.fromEntries(new URLSearchParams(formBody(values)))).toEqual({ ...values })
      }),
      { numRuns },
    )
  })

  it('encodes as RFC 3986 says', () => {
    expect(encode("AZaz09-._~ !'()*/?é")).toBe('AZaz09-._~%20%21%27%28%29%2A%2F%3F%C3%A9')
    expect(path`/a/${7}/${new EncodedPath('b/c')}`).toBe('/a/7/b/c')
    expect(() => path`/a/${undefined as unknown as string}`).toThrow(InvalidRequestError)
  })
})

describe('headers', () => {
  it('arrive as they were given, alone, or are refused before anything is sent', async () => {
    await using server = await loopback((_request, response) => response.end('{}'))
    await using driver = rig(server)
    await fc.assert(
      fc.asyncProperty(text, async value => {
        const before = server.requests.length
        const error = await driver.connection.request({ path: '/', headers: { 'x-a': value } }).catch(caught => caught)
        if (error instanceof Error) {
          expect(error).toBeInstanceOf(InvalidRequestError)
          expect(server.requests.length).toBe(before)
          return
        }
        const { rawHeaders } = server.requests.at(-1) as { rawHeaders: string[] }
        expect(
          rawHeaders
            .filter((_, index) => index % 2 === 0)
            .map(name => name.toLowerCase())
            .sort(),
        ).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent', 'x-a'])
        expect(rawHeaders[rawHeaders.indexOf('x-a') + 1]).toBe(value.replace(/^[ \t]+|[ \t]+$/g, ''))
      }),
      { numRuns: Math.min(numRuns, 400) },
    )
  })
})

describe('Retry-After', () => {
  it('is never negative, never NaN, and never read out of nonsense', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          fc.double().map(String),
          fc.date().map(date => (Number.isNaN(date.getTime()) ? '' : date.toUTCString())),
        ),
        value => {
          const pause = parseRetryAfter(value)
          if (pause !== undefined) expect(pause).toBeGreaterThanOrEqual(0)
          if (!/^\s*(\d|[A-Za-z]{3,9},? )/.test(value)) expect(pause).toBeUndefined()
        },
      ),
      { numRuns },
    )
  })

  it('reads seconds and dates', () => {
    const now = Date.parse('2026-11-20T20:00:00Z')
    expect(parseRetryAfter('120', now)).toBe(120_000)
    expect(parseRetryAfter('0.5', now)).toBe(500)
    expect(parseRetryAfter('Fri, 20 Nov 2026 20:01:00 GMT', now)).toBe(60_000)
    expect(parseRetryAfter('Fri, 20 Nov 2026 19:00:00 GMT', now)).toBe(0)
    expect(parseRetryAfter('Friday, 20-Nov-26 20:01:00 GMT', now)).toBe(60_000)
    expect(parseRetryAfter('Fri Nov 20 20:01:00 2026', now)).toBe(60_000)
    // Whoever asks for so much does not want another request at once.
    expect(parseRetryAfter('99999999999', now)).toBe(99_999_999_999_000)
    expect(parseRetryAfter('9'.repeat(400), now)).toBe(Number.MAX_SAFE_INTEGER)
    for (const nonsense of [undefined, '', 'soon', '-1', '+1', '1e9', '2026-11-20'])
      expect(parseRetryAfter(nonsense, now)).toBeUndefined()
  })
})

describe('page tokens', () => {
  it('walk any chain of pages once, resume anywhere, and end at a circle', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 8 }),
        fc.option(fc.nat(7)),
        async (tokens, back) => {
          const chain = [undefined, ...tokens]
          const circle = back !== null && back + 1 < chain.length ? chain[back + 1] : undefined
          const asked: (string | undefined)[] = []
          const list = pager(async token => {
            asked.push(token)
            const at = chain.indexOf(token)
            return { items: [at], next: chain[at + 1] ?? circle }
          })
          if (circle !== undefined) await expect(list).rejects.toMatchObject({ code: 'MALFORMED_RESPONSE' })
          else expect(await list).toEqual(chain.map((_, index) => index))
          expect(asked).toEqual(chain)
          if (circle !== undefined || tokens.length === 0) return
          const middle = tokens[Math.floor(tokens.length / 2)]
          const rest: number[] = []
          for await (const page of list.pages(middle)) rest.push(...page.items)
          expect(rest[0]).toBe(chain.indexOf(middle))
        },
      ),
      { numRuns: Math.min(numRuns, 300) },
    )
  })
})
