// Documents at random, well-formed and broken, read by this library, saxes and fast-xml-parser.
// LIBCLOUD_FUZZ_RUNS says how many of each kind; LIBCLOUD_FUZZ_SEED repeats a run.

import fc from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { MalformedResponseError } from '../../../lib/errors.js'
import { parseXml, readXml, type XmlElement, XmlReader, xml } from '../../../lib/http/xml.js'

const RUNS = Number(process.env['LIBCLOUD_FUZZ_RUNS'] ?? 1000)
const PARAMETERS = { numRuns: RUNS }
const TIMEOUT = 5000 + RUNS * 5

interface Tree {
  name: string
  attributes: [string, string][]
  text: string
  children: Tree[]
}

const toTree = ({ name, attributes, text, children }: XmlElement): Tree => ({
  name,
  attributes: [...attributes],
  text,
  children: children.map(toTree),
})

/** What saxes reads, or `undefined` where it refuses. */
function withSaxes(text: string): Tree | undefined {
  const parser = new SaxesParser({ position: false })
  const top: Tree = { name: '', attributes: [], text: '', children: [] }
  const stack = [top]
  parser.on('opentag', ({ name, attributes }) => {
    const tree: Tree = { name, attributes: Object.entries(attributes), text: '', children: [] }
    stack.at(-1)!.children.push(tree)
    stack.push(tree)
  })
  const add = (value: string) => {
    stack.at(-1)!.text += value
  }
  parser.on('text', add)
  parser.on('cdata', add)
  parser.on('closetag', () => stack.pop())
  try {
    parser.write(text).close()
  } catch {
    return undefined
  }
  return top.children[0]
}

/** What this library reads; only one kind of error is allowed. */
function accepted<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof MalformedResponseError && error.message.length < 200) return undefined
    throw error
  }
}

function inPieces<T>(bytes: Uint8Array, cuts: readonly number[], shape: xml.XmlShape<T>): T {
  const reader = new XmlReader(shape)
  let at = 0
  for (const cut of [...cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    reader.write(bytes.slice(at, cut))
    at = cut
  }
  return reader.end()
}

/** Whether this library refuses on purpose what may be well-formed. */
function restricted(text: string): boolean {
  if (text.includes('<!DOCTYPE')) return true
  const declaration = /^\ufeff?<\?xml\s.*?\?>/s.exec(text)?.[0] ?? ''
  if (/version\s*=/.test(declaration) && !/version\s*=\s*["']1\.0["']/.test(declaration)) return true
  return /encoding\s*=/.test(declaration) && !/encoding\s*=\s*["'](utf-8|utf8|us-ascii)["']/i.test(declaration)
}

/** Where saxes accepts what XML does not allow. */
function saxesIsLenient(text: string): boolean {
  // Between the target and what follows there has to be a space, unless nothing follows.
  return /<\?[^ \t\r\n?]+\?[^>]/.test(text)
}

function check(text: string, cuts: readonly number[] = []): 'accepted' | 'refused' {
  const bytes = Buffer.from(text)
  const ours = accepted(() => parseXml(bytes))
  const tree = ours && toTree(ours)
  // However it comes, and whoever wants it.
  const cut = accepted(() => inPieces(bytes, cuts, xml.element))
  expect(cut && toTree(cut), text).toEqual(tree)
  const skipped = accepted(() => readXml(text, xml.object({})))
  expect(skipped !== undefined, text).toBe(tree !== undefined)
  const theirs = withSaxes(text)
  if (theirs === undefined) expect(tree, text).toBeUndefined()
  else if (tree !== undefined || (!restricted(text) && !saxesIsLenient(text))) expect(tree, text).toEqual(theirs)
  return tree === undefined ? 'refused' : 'accepted'
}

const oneOf = (...values: string[]) => fc.constantFrom(...values)
const join = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map(all => all.join(''))
const several = (part: fc.Arbitrary<string>, maxLength: number) =>
  fc.array(part, { maxLength }).map(all => all.join(''))

const START = [
  'a',
  'b',
  'Z',
  '_',
  ':',
  '\u00c0',
  '\u0370',
  '\u200c',
  '\u3001',
  '\ufdf0',
  '\ufffd',
  '\u{10000}',
  '\u{effff}',
]
const nameStart = oneOf(...START)
const nameRest = oneOf(...START, '-', '.', '0', '9', '\u00b7', '\u0300', '\u203f', '\u2040')
const name = fc.oneof(
  { weight: 3, arbitrary: oneOf('a', 'ab', 'Key', 'Contents', 'x:y', '__proto__', 'constructor', 'item') },
  { weight: 1, arbitrary: join(nameStart, several(nameRest, 4)) },
)
const space = oneOf(' ', '\n', '\t', '\r\n', '\r', '  ')
const maybeSpace = oneOf('', '', '', ' ', '\n', '\r')
const reference = oneOf(
  ...[
    '&lt;',
    '&gt;',
    '&amp;',
    '&quot;',
    '&apos;',
    '&#65;',
    '&#x41;',
    '&#xfFfd;',
    '&#x10FFFF;',
    '&#9;',
    '&#13;',
    '&#0010;',
  ],
)
const character = fc.oneof(
  {
    weight: 5,
    arbitrary: oneOf('a', 'b', '0', ' ', ']', ']]', '>', '-', '?', '/', '=', ';', '!', '\r', '\r\n', '\n', '\t'),
  },
  {
    weight: 1,
    arbitrary: oneOf(
      '\u007f',
      '\u0085',
      '\u00e9',
      '\u2028',
      '\ud7ff',
      '\ue000',
      '\ufeff',
      '\ufffd',
      '\u{1f600}',
      '\u{10ffff}',
    ),
  },
)
const plain = several(character, 6)
const text = several(fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: reference }), 4).map(value =>
  // Nor may two texts, side by side, make this of their ends.
  value.replaceAll(']]>', ']] >').replace(/^\]*>/, '&gt;'),
)
const comment = several(fc.oneof(character, oneOf('<', '&', '"')), 6).map(
  body => `<!--${body.replace(/-+/g, '-').replace(/-$/, '')}-->`,
)
const cdata = several(fc.oneof(character, oneOf('<', '&', '"')), 6).map(
  body => `<![CDATA[${body.replaceAll(']]>', '')}]]>`,
)
const instruction = join(oneOf('a', 'xml-b', 'xmlc'), oneOf('', ' ', ' b', ' b="<&"', ' ?', '\r\n??')).map(
  body => `<?${body}?>`,
)
const misc = several(fc.oneof(space, comment, instruction), 3)
const quoted = fc.oneof(
  text.map(value => `"${value.replaceAll('"', '')}"`),
  text.map(value => `'${value.replaceAll("'", '').replaceAll('"', '&quot;')}"'`),
)
const attributes = fc
  .uniqueArray(fc.tuple(name, quoted, space, maybeSpace, maybeSpace), { maxLength: 3, selector: ([key]) => key })
  .map(all => all.map(([key, value, before, left, right]) => `${before}${key}${left}=${right}${value}`).join(''))

const { element } = fc.letrec<{ element: string; content: string }>(tie => ({
  element: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(name, attributes, maybeSpace).map(([tag, attached, end]) => `<${tag}${attached}${end}/>`),
    fc
      .tuple(name, attributes, maybeSpace, tie('content'), maybeSpace)
      .map(([tag, attached, end, content, last]) => `<${tag}${attached}${end}>${content}</${tag}${last}>`),
  ),
  content: several(fc.oneof({ depthSize: 'small' }, text, cdata, comment, instruction, tie('element')), 4),
}))

const declaration = oneOf(
  '',
  '',
  '\ufeff',
  '<?xml version="1.0"?>',
  "<?xml version='1.0' encoding='UTF-8'?>",
  '\ufeff<?xml\tversion = "1.0"\nencoding="utf-8" standalone="no" ?>',
  '<?xml version="1.0" encoding="US-ASCII"?>',
)
const document = join(declaration, misc, element, misc)
const cuts = fc.array(fc.nat(1000), { maxLength: 5 })

const PIECES = [
  ...[
    '<',
    '>',
    '&',
    ';',
    '"',
    "'",
    '=',
    '/',
    '!',
    '?',
    '-',
    '--',
    ']',
    ']]>',
    '<!--',
    '-->',
    '<![CDATA[',
    '<?',
    '?>',
    '</',
    '/>',
  ],
  ...[
    ' ',
    '\r',
    '\n',
    '\0',
    '\u0001',
    '\u000b',
    '\u001f',
    '\ufffe',
    '\uffff',
    '\ufeff',
    '\u00d7',
    '\u0300',
    '\u{f0000}',
  ],
  ...[
    'a',
    '0',
    '#',
    'x',
    ':',
    '.',
    'xml',
    '<?xml version="1.0"?>',
    '<!DOCTYPE a>',
    '&#x;',
    '&#xd800;',
    '&b;',
    'a="1"',
    ' a="1"',
    '<a>',
    '</a>',
    '<a/>',
    'encoding="latin1"',
    '1.1',
  ],
]
/** Takes out some characters somewhere, and puts others in: new ones, or a part of the same document. */
const mutation = fc.record({
  at: fc.nat(10_000),
  remove: fc.oneof({ weight: 3, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(20) }),
  insert: fc.oneof(oneOf('', ...PIECES), fc.record({ from: fc.nat(10_000), length: fc.nat(12) })),
})

function mutate(
  original: string,
  mutations: readonly (typeof mutation extends fc.Arbitrary<infer T> ? T : never)[],
): string {
  let characters = Array.from(original)
  for (const { at, remove, insert } of mutations) {
    const place = at % (characters.length + 1)
    const from = typeof insert === 'string' ? 0 : insert.from % (characters.length + 1)
    const added = typeof insert === 'string' ? Array.from(insert) : characters.slice(from, from + insert.length)
    characters = [...characters.slice(0, place), ...added, ...characters.slice(place + remove)]
  }
  return characters.join('')
}

describe('fuzz', () => {
  it(
    'well-formed documents are read as saxes reads them',
    () => {
      fc.assert(
        fc.property(document, cuts, (text, places) => {
          expect(check(text, places), text).toBe('accepted')
        }),
        PARAMETERS,
      )
    },
    TIMEOUT,
  )

  it(
    'mutated documents are refused where saxes refuses, and otherwise read the same',
    () => {
      const counts = { accepted: 0, refused: 0 }
      fc.assert(
        fc.property(document, fc.array(mutation, { minLength: 1, maxLength: 3 }), cuts, (text, mutations, places) => {
          counts[check(mutate(text, mutations), places)]++
        }),
        PARAMETERS,
      )
      // Either would be a test of nothing.
      expect(counts.accepted).toBeGreaterThan(RUNS / 50)
      expect(counts.refused).toBeGreaterThan(RUNS / 50)
    },
    TIMEOUT,
  )

  it(
    'bytes that were changed are refused, or read the same however they are cut',
    () => {
      fc.assert(
        fc.property(document, fc.nat(10_000), fc.nat(255), cuts, (text, at, byte, places) => {
          const bytes = Buffer.from(text)
          bytes[at % bytes.length] = byte
          const whole = accepted(() => parseXml(bytes))
          const cut = accepted(() => inPieces(bytes, places, xml.element))
          expect(cut).toEqual(whole)
          const valid = Buffer.compare(Buffer.from(bytes.toString()), bytes) === 0
          if (!valid) expect(whole, text).toBeUndefined()
          else check(bytes.toString())
        }),
        PARAMETERS,
      )
    },
    TIMEOUT,
  )

  it(
    'documents are read the same cut at every byte',
    () => {
      fc.assert(
        fc.property(document, text => {
          const bytes = Buffer.from(text)
          const whole = toTree(parseXml(bytes))
          for (let cut = 1; cut < bytes.length; cut++)
            expect(toTree(inPieces(bytes, [cut], xml.element))).toEqual(whole)
          expect(toTree(inPieces(bytes, [...bytes.keys()], xml.element))).toEqual(whole)
        }),
        { ...PARAMETERS, numRuns: Math.ceil(RUNS / 10) },
      )
    },
    TIMEOUT,
  )

  it(
    'plain documents are read as fast-xml-parser reads them',
    () => {
      fc.assert(
        fc.property(plainElement, text => {
          const parsed = parser.parse(text) as Ordered[]
          expect(toTree(parseXml(text)), text).toEqual(fromOrdered(parsed[0]!))
        }),
        { ...PARAMETERS, numRuns: Math.ceil(RUNS / 2) },
      )
    },
    TIMEOUT,
  )
})

// Where fast-xml-parser and XML agree: no spaces in attributes that XML replaces, no instructions, no names that an
// object has already, no numeric references.
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
})
type Ordered = Record<string, Ordered[] | string | Record<string, string>>

function fromOrdered(node: Ordered): Tree {
  const tag = Object.keys(node).find(key => key !== ':@')!
  const inside = node[tag] as Ordered[]
  return {
    name: tag,
    attributes: Object.entries((node[':@'] ?? {}) as Record<string, string>),
    text: inside.map(part => (typeof part['#text'] === 'string' ? part['#text'] : '')).join(''),
    children: inside.filter(part => !('#text' in part)).map(fromOrdered),
  }
}

const plainName = oneOf('a', 'ab', 'Key', 'x:y', '_', 'a-b', 'c.d', '\u00c0', '\u3001')
const plainText = several(
  oneOf('a', ' ', '\n', '\u00e9', '\u{1f600}', ']', '&lt;', '&gt;', '&amp;', '&quot;', '&apos;', '&amp;lt;', '/', '='),
  6,
)
const plainAttributes = fc
  .uniqueArray(fc.tuple(plainName, plainText), { maxLength: 3, selector: ([key]) => key })
  .map(all => all.map(([key, value]) => ` ${key}="x${value.replaceAll('\n', '')}"`).join(''))
const { plainElement } = fc.letrec<{ plainElement: string }>(tie => ({
  plainElement: fc
    .tuple(
      plainName,
      plainAttributes,
      several(
        fc.oneof(
          { depthSize: 'small' },
          plainText,
          plainText.map(value => `<![CDATA[${value}]]>`),
          tie('plainElement'),
        ),
        3,
      ),
    )
    .map(([tag, attached, content]) => `<${tag}${attached}>${content}</${tag}>`),
}))
