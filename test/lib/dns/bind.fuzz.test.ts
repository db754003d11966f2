import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BindRecord, formatBindZone } from '../../../lib/dns/bind.js'
import { InvalidRequestError } from '../../../lib/errors.js'
import { EVERY_TYPE } from './every-type.js'
import { hasNamed, loadZone } from './named.js'

const OPTIONS = { version: '1.2.3', generatedAt: new Date('2026-02-03T04:05:06Z') }

async function exported(records: BindRecord[], nameservers: string[] = []): Promise<string> {
  const zone = { domain: 'example.com', type: 'master' } as const
  let text = ''
  for await (const line of formatBindZone(zone, records, { ...OPTIONS, nameservers })) text += line
  return text
}

async function accepted(record: BindRecord): Promise<string | undefined> {
  try {
    return await exported([record])
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error
    expect(error.message).toContain('Record 0 (')
    return undefined
  }
}

/**
 * What a master file says by RFC 1035, section 5.1, as lists of tokens: entries end with a line unless a parenthesis is
 * open; quotes hide everything but their own end, and a line break too where a server is lenient.
 */
function tokenize(text: string): string[][] {
  const entries: string[][] = []
  let entry: string[] = []
  let token: string | undefined
  let depth = 0
  const endToken = (): void => {
    if (token !== undefined) entry.push(token)
    token = undefined
  }
  const endEntry = (): void => {
    endToken()
    if (entry.length > 0) entries.push(entry)
    entry = []
  }
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === '\\') token = (token ?? '') + char + (text[++at] ?? '')
    else if (char === '"') {
      endToken()
      token = '"'
      for (at++; at < text.length && text[at] !== '"'; at++) token += text[at] === '\\' ? `\\${text[++at]}` : text[at]
      endToken()
    } else if (char === ';') {
      endToken()
      while (at + 1 < text.length && !/[\r\n]/.test(text[at + 1]!)) at++
    } else if (char === '(') depth++
    else if (char === ')') depth--
    else if (/[\r\n\u2028\u2029\u0085\v\f]/.test(char)) depth > 0 ? endToken() : endEntry()
    else if (char === ' ' || char === '\t') endToken()
    else token = (token ?? '') + char
  }
  endEntry()
  return entries
}

const hostile = fc.constantFrom(
  '\n',
  '\r',
  '\r\n',
  '\0',
  '\t',
  ' ',
  ';',
  '(',
  ')',
  '"',
  '\\',
  "'",
  '@',
  '$',
  '.',
  '..',
  '\\"',
  '\\\n',
  '\\010',
  '\\0',
  '\u2028',
  '\u0085',
  '\ud800',
  'é',
  '。',
  '１',
  '$INCLUDE /etc/hosts',
  '$ORIGIN evil.',
  '$GENERATE 1-9 a$ A 1.2.3.4',
  '\nevil 1 IN A 192.0.2.66\n',
  'IN',
  'A',
  'example.com.',
  'evil.example.',
  'www',
  '10',
  '0',
  '*',
  '_x',
  '=',
  '192.0.2.1',
) // prettier-ignore
const nasty = fc.oneof(
  fc.array(hostile, { maxLength: 8 }).map(parts => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }),
)
const types = [...new Set(EVERY_TYPE.map(record => record.type))]
/** Good data with something bad in one place of it: it gets further than noise does. */
const spoiled = fc.tuple(fc.constantFrom(...EVERY_TYPE), nasty, fc.nat(), fc.nat(20)).map(([record, bad, at, cut]) => {
  const start = at % (record.data.length + 1)
  return { ...record, data: record.data.slice(0, start) + bad + record.data.slice(start + cut) }
})
const noise = fc.record({
  name: nasty,
  type: fc.oneof(fc.constantFrom(...types), nasty),
  data: nasty,
  priority: fc.option(fc.nat(70000), { nil: undefined }),
})
const record: fc.Arbitrary<BindRecord> = fc.oneof(
  noise,
  spoiled,
  fc.tuple(spoiled, nasty).map(([good, name]) => ({ ...good, name })),
)

describe('formatBindZone, fuzzed', () => {
  it('the tokenizer sees what an injection would add', () => {
    const seen = tokenize(
      '$ORIGIN a.\na. 1 IN TXT "x;\\"" ; c\nb. 1 IN A 1.2.3.4\r$INCLUDE x\nc. ( 1\nIN ) A 1.2.3.4\n',
    )
    expect(seen.map(entry => entry[0])).toEqual(['$ORIGIN', 'a.', 'b.', '$INCLUDE', 'c.'])
    expect(seen[1]).toEqual(['a.', '1', 'IN', 'TXT', '"x;\\"'])
  })

  it('one record never becomes two, nor a directive', async () => {
    let written = 0
    await fc.assert(
      fc.asyncProperty(record, async given => {
        const text = await accepted(given)
        if (text === undefined) return
        written++
        expect(text).toMatch(/^[\t\n\x20-\x7e]*$/)
        const entries = tokenize(text)
        const directives = entries.filter(([first]) => first!.startsWith('$'))
        expect(directives).toEqual([
          ['$ORIGIN', 'example.com.'],
          ['$TTL', '3600'],
        ])
        const records = entries.filter(([first]) => !first!.startsWith('$'))
        const own = records.filter(entry => entry[3] !== 'SOA' || given.type.toUpperCase() === 'SOA')
        expect(own.length).toBeLessThanOrEqual(1)
        expect(records.length).toBeLessThanOrEqual(2)
        for (const [name, ttl, inClass, type] of own) {
          expect(name!.toLowerCase()).toMatch(/(^|\.)example\.com\.$/)
          expect([ttl, inClass, type]).toEqual([String(given.ttl ?? 3600), 'IN', given.type.toUpperCase()])
        }
      }),
      { numRuns: 4000 },
    )
    // Were nearly everything refused, the property would say little.
    expect(written).toBeGreaterThan(400)
  })

  it('text survives: what is read back is what was given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 600 }), async data => {
        fc.pre(!data.trimStart().startsWith('"'))
        const text = await accepted({ name: 'x', type: 'TXT', data })
        const strings = tokenize(text!).at(-1)!.slice(4)
        const bytes = strings.map(string => {
          const plain = string
            .slice(1)
            .replace(/\\(\d{3}|.)/g, (_, code: string) =>
              code.length === 3 ? String.fromCharCode(Number(code)) : code,
            )
          expect(plain.length).toBeLessThanOrEqual(255)
          return Buffer.from(plain, 'latin1')
        })
        expect(Buffer.concat(bytes).toString()).toBe(data)
      }),
    )
  })

  it.skipIf(!hasNamed)('BIND loads every accepted record, and no other', async () => {
    // Each record has a name of its own, so that no two are one and none stands where it may not.
    const free = new Set(EVERY_TYPE.filter(({ type, loaded }) => loaded && type !== 'SOA').map(({ type }) => type))
    const samples = fc.sample(record, { numRuns: 6000, seed: 42 }).filter(({ type }) => free.has(type))
    const records: BindRecord[] = []
    for (const [index, sample] of samples.entries()) {
      const unique = { ...sample, name: sample.name === '' ? `r${index}` : `r${index}.${sample.name}` }
      if (!unique.name.endsWith('.') && (await accepted(unique)) !== undefined) records.push(unique)
    }
    expect(records.length).toBeGreaterThan(300)
    const zone = await exported(records, ['ns.example.net'])
    const { ok, messages, records: loaded } = loadZone('example.com', zone)
    expect(ok, messages.slice(0, 4000)).toBe(true)
    expect(loaded.length).toBe(records.length + 2)
    const owners = (list: { type: string }[]): string[] => list.map(({ type }) => type).sort()
    expect(owners(loaded)).toEqual(owners([...records, { type: 'SOA' }, { type: 'NS' }]))
  })
})
