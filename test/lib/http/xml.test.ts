import { describe, expect, expectTypeOf, it } from 'vitest'
import { MalformedResponseError } from '../../../lib/errors.js'
import { parseXml, readXml, readXmlStream, streamXml, type XmlElement, XmlReader, xml } from '../../../lib/http/xml.js'

const Listing = xml.named(
  'ListBucketResult',
  xml.object({
    Name: xml.string,
    IsTruncated: xml.boolean,
    MaxKeys: xml.number,
    NextContinuationToken: xml.string,
    Contents: xml.list(
      xml.object({
        Key: xml.string,
        LastModified: xml.date,
        ETag: xml.string,
        Size: xml.number,
        Owner: xml.object({ ID: xml.string, kind: xml.attribute('xsi:type') }),
      }),
    ),
    CommonPrefixes: xml.list(xml.object({ Prefix: xml.string })),
  }),
)

const LISTING = `<?xml version="1.0" encoding="UTF-8"?>
<!-- made up --><?note to nobody?>
<s3:ListBucketResult xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <Name>photos</Name><Unknown><Name>not this</Name>&lt;<![CDATA[ <Name> ]]></Unknown>
  <MaxKeys>1000</MaxKeys>\r
  <IsTruncated>false</IsTruncated>
  <Contents>
    <Key>a&amp;b/\u00fc\u{1f600} &#x263a;&#10;.txt</Key>
    <LastModified>2009-10-12T17:50:30.123Z</LastModified>
    <ETag>&quot;fba9dede5f27731c9771645a39863328&quot;</ETag>
    <Size>434234</Size>
    <Owner xsi:type='Canonical "User"'><ID>75aa</ID></Owner>
  </Contents>
  <s3:Contents><Key><![CDATA[x]] ]>]]>]]&gt;y<!-- z --></Key><Size/></s3:Contents>
</s3:ListBucketResult>
<!-- end -->
`

const LISTED = {
  Name: 'photos',
  MaxKeys: 1000,
  IsTruncated: false,
  Contents: [
    {
      Key: 'a&b/\u00fc\u{1f600} \u263a\n.txt',
      LastModified: new Date(Date.UTC(2009, 9, 12, 17, 50, 30, 123)),
      ETag: '"fba9dede5f27731c9771645a39863328"',
      Size: 434234,
      Owner: { ID: '75aa', kind: 'Canonical "User"' },
    },
    { Key: 'x]] ]>]]>y' },
  ],
  CommonPrefixes: [],
}

async function* chunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const values = <T>(shape: xml.XmlShape<T>, text: string): T => readXml(text, shape)
const one = <T>(shape: xml.XmlShape<T>, text: string): T | undefined =>
  readXml(`<r><v>${text}</v></r>`, xml.object({ v: shape })).v as T | undefined

describe('readXml', () => {
  it('turns a listing into typed values', () => {
    const listing = readXml(LISTING, Listing)
    expect(listing).toEqual(LISTED)
    expectTypeOf(listing.Contents).toEqualTypeOf<
      {
        Key?: string
        LastModified?: Date
        ETag?: string
        Size?: number
        Owner?: { ID?: string; kind?: string }
      }[]
    >()
    expectTypeOf(listing.MaxKeys).toEqualTypeOf<number | undefined>()
    expect(readXml(Buffer.from(LISTING), Listing)).toEqual(LISTED)
    expect(readXml(new Uint8Array(Buffer.from(`\ufeff${LISTING}`)), Listing)).toEqual(LISTED)
    expect(readXml(`\ufeff${LISTING}`, Listing)).toEqual(LISTED)
  })

  it('reads wrapped lists, maps, renamed members and texts with attributes', () => {
    const Reply = xml.object({
      machines: xml.named(
        'reservationSet',
        xml.wrapped(
          'item',
          xml.object({ id: xml.named('instanceId', xml.string), groups: xml.wrapped('item', xml.string) }),
        ),
      ),
      tags: xml.map(xml.number),
      labels: xml.map(xml.wrapped('member', xml.string), { entry: 'label', key: 'name', value: 'all' }),
      link: xml.object({ href: xml.attribute('href'), size: xml.attribute('size', xml.number), title: xml.text() }),
      rest: xml.element,
    })
    const reply = readXml(
      `<Reply><reservationSet><item><instanceId>i-1</instanceId><groups><item>a</item><item/></groups></item><item/></reservationSet>
      <tags><entry><key>one</key><value>1</value></entry><entry><value>2</value><key>__proto__</key></entry></tags>
      <labels><label><name>x</name><all><member>1</member><member>2</member></all></label></labels>
      <link xmlns:size="urn:none" href="/a?b&amp;c" size=" 12 ">A <b>bold</b> title</link><rest a="1"><c/></rest></Reply>`,
      Reply,
    )
    expect(reply.machines).toEqual([{ id: 'i-1', groups: ['a', ''] }, { groups: [] }])
    expect(reply.tags).toEqual(
      new Map([
        ['one', 1],
        ['__proto__', 2],
      ]),
    )
    expect(reply.labels).toEqual(new Map([['x', ['1', '2']]]))
    expect(reply.link).toEqual({ href: '/a?b&c', size: 12, title: 'A  title' })
    expect(reply.rest?.children[0]?.name).toBe('c')
    expectTypeOf(reply.tags).toEqualTypeOf<Map<string, number>>()
    expect(readXml('<Reply/>', Reply)).toEqual({ machines: [], tags: new Map(), labels: new Map() })
  })

  it('converts numbers, booleans and dates, and takes an empty element for no value', () => {
    for (const [text, value] of [
      ['0', 0],
      ['-12', -12],
      [' 42\n', 42],
      ['1.5e3', 1500],
      ['.5', 0.5],
      ['9007199254740991', 9007199254740991],
      ['4<!-- -->2', 42],
      ['&#x34;2', 42],
      ['', undefined],
      [' ', undefined],
    ] as const) {
      expect(one(xml.number, text), text).toBe(value)
    }
    for (const text of [
      'x',
      '1 2',
      '0x10',
      'NaN',
      'Infinity',
      '1e999',
      '9007199254740993',
      '--1',
      '1,5',
      '\u0661',
      '.',
    ]) {
      expect(() => one(xml.number, text), text).toThrow(/r\.v is not a number/)
    }
    expect([' true ', 'false', '1', '0', ''].map(text => one(xml.boolean, text))).toEqual([
      true,
      false,
      true,
      false,
      undefined,
    ])
    expect(() => one(xml.boolean, 'yes')).toThrow(/r\.v is neither true nor false/)
    for (const [text, value] of [
      ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.000Z'],
      ['2024-02-29T23:59:59.289999Z', '2024-02-29T23:59:59.289Z'],
      ['2024-02-29T23:59:59.2', '2024-02-29T23:59:59.200Z'],
      ['2024-03-01T01:30:00+02:00', '2024-02-29T23:30:00.000Z'],
      ['2024-03-01T01:30:00-0130', '2024-03-01T03:00:00.000Z'],
      ['2024-03-01', '2024-03-01T00:00:00.000Z'],
      ['Wed, 09 Sep 2009 09:20:02 GMT', '2009-09-09T09:20:02.000Z'],
    ]) {
      expect(one(xml.date, text!)?.toISOString(), text).toBe(value)
    }
    expect(one(xml.date, '')).toBeUndefined()
    for (const text of [
      '2023-02-29T00:00:00Z',
      '2024-04-31T00:00:00.000Z',
      '2024-13-01',
      '2024-01-01T24:00:00Z',
      'now',
      '2024-01-01T00:00:60Z',
      'Wed, 09 Foo 2009 09:20:02 GMT',
      '2024-01-01T00:00:00+99:00',
    ]) {
      expect(() => one(xml.date, text), text).toThrow(/r\.v is not a date/)
    }
  })

  it('names the path of a value that does not fit', () => {
    const text = '<ListBucketResult><Contents><Size>big</Size></Contents></ListBucketResult>'
    expect(() => readXml(text, Listing)).toThrow(MalformedResponseError)
    expect(() => readXml(text, Listing)).toThrow(
      'Malformed XML: ListBucketResult.Contents.Size is not a number, or too large a one (at byte 44)',
    )
    expect(() => readXml('<Error><Code>x</Code></Error>', Listing)).toThrow(/unexpected root element/)
    expect(() => values(xml.object({ a: xml.string }), '<r><a>1</a><a>1</a></r>')).toThrow(
      /r\.a is there more than once/,
    )
    expect(() => values(xml.object({ a: xml.list(xml.number) }), '<r><a>1</a><a/></r>')).toThrow(/r\.a is empty/)
    expect(() => values(xml.object({ a: xml.map(xml.number) }), '<r><a><entry><key>1</key></entry></a></r>')).toThrow(
      /r\.a\.entry has no key or no value/,
    )
  })

  it('takes a wrapped list in parts', () => {
    const shape = xml.object({ a: xml.wrapped('b', xml.number) })
    expect(readXml('<r><a><b>1</b></a><a/><a><b>2</b></a></r>', shape)).toEqual({ a: [1, 2] })
  })

  it('leaves prototypes alone, whatever the names', () => {
    const text =
      '<r><__proto__><polluted>1</polluted></__proto__><constructor><prototype>1</prototype></constructor><toString>a</toString></r>'
    expect(readXml(text, xml.object({ a: xml.string }))).toEqual({})
    const value = readXml(
      text,
      xml.object({ toString: xml.string, constructor: xml.object({ prototype: xml.string }) }),
    )
    expect(Object.entries(value)).toEqual([
      ['constructor', { prototype: '1' }],
      ['toString', 'a'],
    ])
    expect(parseXml(text).children.map(({ name }) => name)).toEqual(['__proto__', 'constructor', 'toString'])
    expect(parseXml('<a __proto__="b"/>').attributes.get('__proto__')).toBe('b')
    expect('polluted' in {}).toBe(false)
    expect(() => xml.object({ ['__proto__']: xml.string })).toThrow(TypeError)
  })

  it('matches a prefix only where the name has one', () => {
    const shape = xml.object({ b: xml.string, c: xml.named('x:c', xml.string) })
    expect(readXml('<a><n:b>1</n:b><y:c>2</y:c><c>3</c><x:c>4</x:c></a>', shape)).toEqual({ b: '1', c: '4' })
  })

  it('reads one name differently in different places', () => {
    const shape = xml.object({ a: xml.object({ v: xml.string }), b: xml.object({ v: xml.number }), v: xml.boolean })
    const text = '<r><a><v>1</v></a><b><v>1</v></b><v>1</v></r>'
    for (let time = 0; time < 3; time++) {
      expect(readXml(text, shape)).toEqual({ a: { v: '1' }, b: { v: 1 }, v: true })
    }
  })

  it('refuses shapes that make no sense', () => {
    expect(() => xml.list(xml.list(xml.string))).toThrow(TypeError)
    expect(() => xml.wrapped('a', xml.attribute('b'))).toThrow(TypeError)
    expect(() => readXml('<a/>', xml.text())).toThrow(TypeError)
    // @ts-expect-error an attribute is text
    expect(() => xml.attribute('a', xml.object({}))).toThrow(TypeError)
  })
})

const REFUSED: Record<string, RegExp> = {
  '': /no root/,
  ' \n': /no root/,
  '<!-- a -->': /no root/,
  a: /outside the root/,
  '<a/>b': /outside the root/,
  '<a/>&#32;': /outside the root/,
  '<a/><![CDATA[]]>': /outside the root/,
  '<a/><b/>': /several root/,
  '<a>': /cut off/,
  '<a><b></b>': /cut off/,
  '<a': /cut off/,
  '<a/': /cut off/,
  '<a/><': /cut off/,
  '<a/>]': /outside the root/,
  '<a>\r': /cut off/,
  '<a>]]': /cut off/,
  '<a>&am': /cut off/,
  '<a></b>': /does not match/,
  '<a></ab>': /does not match/,
  '<ab></a>': /does not match/,
  '<a></ a>': /does not match/,
  '<a></>': /does not match/,
  '</a>': /does not match/,
  '<a/></a>': /does not match/,
  '<a></a b>': /invalid closing tag/,
  '<>': /invalid name/,
  '< a/>': /invalid name/,
  '<<>': /invalid name/,
  '<<a/>': /invalid name/,
  '<1/>': /invalid name/,
  '<-a/>': /invalid name/,
  '<a\u00d7/>': /invalid name/,
  '<\u0300a/>': /invalid name/,
  '<a/ >': /invalid tag/,
  '<a b="1"c="2"/>': /invalid tag/,
  '<a b="1" b="2"/>': /given twice/,
  '<a b="1" c="" b="1"/>': /given twice/,
  '<a b/>': /without a value/,
  '<a b c="1"/>': /without a value/,
  '<a b=c/>': /without quotes/,
  '<a b="<"/>': /< in an attribute/,
  '<a b="\u0001"/>': /invalid character/,
  '<a b="&x;"/>': /undefined entity/,
  '<a b="&"/>': /cut off|undefined entity/,
  '<a =""/>': /invalid name/,
  '<a>]]></a>': /]]> in text/,
  '<a>]]]></a>': /]]> in text/,
  '<a>\0</a>': /invalid character/,
  '<a>\u001f</a>': /invalid character/,
  '<a>\ufffe</a>': /invalid character/,
  '<a>\uffff</a>': /invalid character/,
  '<a>\ud800</a>': /surrogate/,
  '<a>\udc00</a>': /surrogate/,
  '<a>&nbsp;</a>': /undefined entity/,
  '<a>&constructor;</a>': /undefined entity/,
  '<a>& </a>': /undefined entity|cut off/,
  '<a>&#0;</a>': /undefined entity/,
  '<a>&#xD800;</a>': /undefined entity/,
  '<a>&#xFFFE;</a>': /undefined entity/,
  '<a>&#x110000;</a>': /undefined entity/,
  '<a>&#X41;</a>': /undefined entity/,
  '<a>&#;</a>': /undefined entity/,
  '<a>&#x;</a>': /undefined entity/,
  '<a>&#-1;</a>': /undefined entity/,
  '<a>&;</a>': /undefined entity/,
  [`<a>&#${'0'.repeat(100)}65;</a>`]: /undefined entity/,
  '<!DOCTYPE a><a/>': /document type/,
  '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>': /document type/,
  '<a><!ELEMENT a></a>': /invalid markup/,
  '<!-a--><a/>': /invalid markup/,
  '<a><![cdata[]]></a>': /invalid markup/,
  '<!-- a -- b --><a/>': /-- in a comment/,
  '<!-- a ---><a/>': /-- in a comment/,
  '<!--\u0002--><a/>': /invalid character/,
  '<!--': /cut off/,
  '<!-->--': /cut off/,
  '<a><![CDATA[\u0003]]></a>': /invalid character/,
  '<a><![CDATA[ ]] ></a>': /cut off/,
  '<??><a/>': /invalid name/,
  '<?b??><a/>': /processing instruction/,
  '<?\ufeffb?c?><a/>': /processing instruction/,
  '<? a?><a/>': /invalid name/,
  '<?a': /cut off/,
  '<?a?': /cut off/,
  '<?a b': /cut off/,
  '<?a?b?><a/>': /processing instruction/,
  '<?a\u0004?><a/>': /processing instruction/,
  '<?a \u0004?><a/>': /invalid character/,
  '<?XML version="1.0"?><a/>': /processing instruction/,
  ' <?xml version="1.0"?><a/>': /after the start/,
  '<a><?xml version="1.0"?></a>': /after the start/,
  '<?xml?><a/>': /XML declaration/,
  '<?xml encoding="UTF-8"?><a/>': /XML declaration/,
  '<?xml version="1.1"?><a/>': /XML declaration/,
  '<?xml version="1.0" encoding="ISO-8859-1"?><a/>': /XML declaration/,
  '<?xml version="1.0" encoding="UTF-16"?><a/>': /XML declaration/,
  '<?xml version="1.0" standalone="maybe"?><a/>': /XML declaration/,
  '<?xml version="1.0"encoding="UTF-8"?><a/>': /XML declaration/,
  '<?xml version="1.0" standalone="yes" encoding="UTF-8"?><a/>': /XML declaration/,
}

describe('what is malformed', () => {
  it.each(Object.entries(REFUSED))('%j', (text, reason) => {
    let error: unknown
    try {
      parseXml(text)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(MalformedResponseError)
    expect((error as Error).message).toMatch(reason)
    expect((error as Error).message).toMatch(/at byte \d+\)$/)
    expect((error as Error).message.length).toBeLessThan(160)
    // However it is cut, and in parts of the document that nobody asked for.
    expect(() => inCharacters(text, xml.element)).toThrow(MalformedResponseError)
    if (Buffer.from(text).toString() === text)
      expect(() => inBytes(text, 1, xml.element)).toThrow(MalformedResponseError)
    expect(() => readXml(text, xml.object({}))).toThrow(MalformedResponseError)
  })

  it('is refused as bytes that are no UTF-8', () => {
    for (const hex of ['80', 'c3', 'c3c3', 'c080', 'eda080', 'f4908080', 'ff', 'e282', 'f09f98']) {
      const bytes = Buffer.concat([Buffer.from('<a>'), Buffer.from(hex, 'hex'), Buffer.from('</a>')])
      expect(() => parseXml(bytes), hex).toThrow(/invalid UTF-8/)
      const reader = new XmlReader(xml.element)
      expect(() => {
        for (const byte of bytes) reader.write(Uint8Array.of(byte))
        reader.end()
      }, hex).toThrow(/invalid UTF-8/)
    }
    expect(() => parseXml(Buffer.from('<a/>\xc3', 'latin1'))).toThrow(/invalid UTF-8/)
  })

  it('is told with its place', () => {
    const text = `<a>${'\u00fc'.repeat(30_000)}`
    const place = Buffer.byteLength(text)
    for (const bad of ['\0', '\uffff', '<b><', '&x;']) {
      const at = place + (bad === '<b><' ? 4 : 0)
      expect(() => parseXml(`${text}${bad}</a>`), bad).toThrow(`(at byte ${at})`)
    }
    const bytes = Buffer.concat([Buffer.from(text), Buffer.of(0xff), Buffer.from('</a>')])
    expect(() => parseXml(bytes)).toThrow(`(at byte ${place})`)
    expect(() => {
      const reader = new XmlReader(xml.element)
      for (const byte of bytes) reader.write(Uint8Array.of(byte))
    }).toThrow(`(at byte ${place})`)
  })

  it('ends the reader', () => {
    const reader = new XmlReader(xml.string)
    expect(() => reader.write('<a>\0')).toThrow(MalformedResponseError)
    expect(() => reader.write('</a>')).toThrow(TypeError)
    expect(() => reader.end()).toThrow(TypeError)
  })
})

function inBytes<T>(text: string, size: number, shape: xml.XmlShape<T>): T {
  const reader = new XmlReader(shape)
  const bytes = Buffer.from(text)
  // One buffer for all pieces: none of it may be needed later.
  const piece = Buffer.alloc(size)
  for (let at = 0; at < bytes.length; at += size) {
    const length = bytes.copy(piece, 0, at, at + size)
    reader.write(piece.subarray(0, length))
    piece.fill(0xff)
  }
  return reader.end()
}

function inCharacters<T>(text: string, shape: xml.XmlShape<T>): T {
  const reader = new XmlReader(shape)
  for (let at = 0; at < text.length; at++) reader.write(text.charAt(at))
  return reader.end()
}

describe('parseXml', () => {
  it('gives names, attributes, children and text', () => {
    const root: XmlElement = parseXml(
      `<?xml version='1.0' encoding='us-ascii' standalone='yes'?>\r\n<e:Error a = '1"' b="\t&#9;\r\n&lt;">x<Code>NoSuchKey</Code>y&#x1F600;\r\nz\r<e:Message/></e:Error>\r`,
    )
    expect(root.name).toBe('e:Error')
    expect([...root.attributes]).toEqual([
      ['a', '1"'],
      ['b', ' \t <'],
    ])
    expect(root.text).toBe('xy\u{1f600}\nz\n')
    expect(root.child('Code')?.text).toBe('NoSuchKey')
    expect(root.child('Message')?.name).toBe('e:Message')
    expect(root.child('sage')).toBeUndefined()
  })

  it.each([
    '<a/>',
    '<a/>\r',
    '<a></a\n>',
    '<?a?><a/><?b ??><?c ???>',
    '<!----><a/><!-- - -->',
    '<a>]] ]> ]</a>',
    '<a>></a>',
    '<a b=">"/>',
    '<a b=\'"\' c="\'"/>',
    '<a><![CDATA[]]></a>',
    '<a><![CDATA[]]]]><![CDATA[>]]></a>',
    '<a>\u007f\u0085\u2028</a>',
    '<\u{10000}:_-.\u00b7/>',
    '<:/>',
    '<?xml-stylesheet a?><a/>',
    '<?xml version="1.0" ?><a/>',
  ])('accepts %j', text => {
    expect(parseXml(text)).toEqual(inBytes(text, 1, xml.element))
  })

  it('keeps to its limits', () => {
    const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth)
    expect(parseXml(nested(256)).name).toBe('a')
    expect(() => parseXml(nested(257))).toThrow(/more than 256 deep/)
    expect(() => parseXml(nested(3), { maxDepth: 2 })).toThrow(/more than 2 deep/)
    expect(() => parseXml('<a></a>', { maxBytes: 6 })).toThrow(/larger than 6 bytes/)
    const reader = new XmlReader(xml.element, { maxItemBytes: 1000 })
    reader.write('<a b="')
    expect(() => {
      for (let at = 0; at < 200; at++) reader.write('0123456789')
    }).toThrow(/token of over 1000 bytes/)
  })

  it('is not slowed by a token that comes byte by byte', () => {
    for (const [start, end] of [
      ['<a b="', '"/>'],
      ['<!--', '--><a/>'],
      ['<?b ', '?><a/>'],
      ['<a><![CDATA[', ']]></a>'],
      ['<a>', '</a>'],
    ]) {
      const reader = new XmlReader(xml.element)
      reader.write(start!)
      // Hostile, because each may be the end.
      for (let at = 0; at < 300_000; at++) reader.write(at % 2 ? ']' : start === '<a>' ? '\t' : '>')
      reader.write(end!)
      expect(reader.end().name).toBe('a')
    }
  })

  it('does not keep what it has read of endless names', () => {
    let text = ''
    for (let at = 0; at < 20_000; at++) text += `<n${at}/>`
    expect(parseXml(`<a>${text}</a>`).children.map(({ name }) => name)).toEqual(
      Array.from({ length: 20_000 }, (_, at) => `n${at}`),
    )
  })
})

describe('cut anywhere', () => {
  it('gives the same at every size of piece', () => {
    for (let size = 1; size < 70; size++) expect(inBytes(LISTING, size, Listing), `${size}`).toEqual(LISTED)
  })

  it('gives the same for every two pieces of bytes and of text', () => {
    const bytes = Buffer.from(LISTING)
    for (let cut = 0; cut <= bytes.length; cut++) {
      const reader = new XmlReader(Listing)
      reader.write(bytes.subarray(0, cut))
      reader.write(bytes.subarray(cut))
      expect(reader.end(), `byte ${cut}`).toEqual(LISTED)
    }
    for (let cut = 0; cut <= LISTING.length; cut++) {
      const reader = new XmlReader(Listing)
      reader.write(LISTING.slice(0, cut))
      reader.write(LISTING.slice(cut))
      expect(reader.end(), `character ${cut}`).toEqual(LISTED)
    }
  })

  it('reads documents larger than the pieces it works in', () => {
    const text = '\u00fc\u{1f600}x'.repeat(40_000)
    const root = parseXml(`<a b="${text}"><c>${text}</c><d><![CDATA[${text}]]></d><!--${text}--></a>`)
    expect(root.attributes.get('b')).toBe(text)
    expect(root.children.map(child => child.text)).toEqual([text, text])
  })

  it('refuses half of a surrogate pair between pieces', () => {
    const reader = new XmlReader(xml.string)
    reader.write('<a>\ud83d')
    expect(() => reader.write(Buffer.from('</a>'))).toThrow(/surrogate/)
  })
})

describe('readXmlStream', () => {
  it('reads a stream', async () => {
    expect(await readXmlStream(chunks(LISTING, 100), Listing)).toEqual(LISTED)
    await expect(readXmlStream(chunks(LISTING, 100), Listing, { maxBytes: 200 })).rejects.toThrow(
      /larger than 200 bytes/,
    )
    await expect(readXmlStream(chunks(LISTING.slice(0, -40), 100), Listing)).rejects.toThrow(/cut off/)
  })
})

describe('streamXml', () => {
  it('gives each item as it arrives, and the rest at the end', async () => {
    let sent = 0
    const source = async function* () {
      for await (const chunk of chunks(LISTING, 10)) {
        sent += chunk.length
        yield chunk
      }
    }
    const items = streamXml(source(), Listing, 'Contents')
    expect(() => items.value).toThrow(TypeError)
    const seen: (string | undefined)[] = []
    for await (const item of items) {
      expectTypeOf(item).toEqualTypeOf<(typeof Listing extends xml.XmlShape<infer T> ? T : never)['Contents'][number]>()
      expect(item).toEqual(LISTED.Contents[seen.length])
      if (seen.length === 0) expect(sent).toBeLessThan(LISTING.length - 100)
      seen.push(item.Key)
    }
    expect(seen).toEqual(LISTED.Contents.map(({ Key }) => Key))
    expect(items.value).toEqual({ ...LISTED, Contents: [] })
  })

  it('finds the list by its path, not by its shape', async () => {
    const item = xml.object({ v: xml.number, inner: xml.wrapped('item', xml.object({ v: xml.number })) })
    const set = xml.wrapped('item', item)
    const result = xml.object({ set, other: set })
    const shape = xml.object({ first: result, second: result })
    const half =
      '<set><item><v>1</v><inner><item><v>7</v></item></inner></item><item><v>2</v></item></set><other><item/></other>'
    const items = streamXml(chunks(`<r><first>${half}</first><second>${half}</second></r>`, 5), shape, 'second.set')
    const seen: unknown[] = []
    for await (const value of items) seen.push(value)
    expect(seen).toEqual([
      { v: 1, inner: [{ v: 7 }] },
      { v: 2, inner: [] },
    ])
    expect(items.value.first?.set).toHaveLength(2)
    expect(items.value.second?.set).toHaveLength(0)
    expect(items.value.second?.other).toEqual([{ inner: [] }])
    // @ts-expect-error there is no such list
    expect(() => streamXml(chunks('', 1), shape, 'second.nothing')).toThrow(TypeError)
    // @ts-expect-error this is no list
    expect(() => streamXml(chunks('', 1), shape, 'second')).toThrow(TypeError)
  })

  it('closes the source when the loop ends early', async () => {
    let closed = false
    const source = async function* () {
      try {
        yield Buffer.from('<ListBucketResult><Contents/><Contents/>')
        throw new Error('read too far')
      } finally {
        closed = true
      }
    }
    for await (const _ of streamXml(source(), Listing, 'Contents')) break
    expect(closed).toBe(true)
  })

  it('limits an item, not the document', async () => {
    const item = `<Contents><Key>${'k'.repeat(80)}</Key></Contents>`
    const text = (items: string) => `<ListBucketResult>${items}</ListBucketResult>`
    let count = 0
    for await (const _ of streamXml(chunks(text(item.repeat(100)), 7), Listing, 'Contents', { maxItemBytes: 120 }))
      count++
    expect(count).toBe(100)
    const large = text(item + item.replace('</Key>', `${'k'.repeat(20)}</Key>`))
    for (const size of [7, 1000]) {
      await expect(async () => {
        for await (const _ of streamXml(chunks(large, size), Listing, 'Contents', { maxItemBytes: 120 })) count++
      }).rejects.toThrow(/ListBucketResult\.Contents(\.Key)? is larger than 120 bytes/)
    }
    const endless = async function* () {
      yield '<ListBucketResult><Contents>'
      while (true) yield `<Key>${'x'.repeat(1000)}</Key>`.repeat(10)
    }
    await expect(async () => {
      for await (const _ of streamXml(endless(), xml.object({ Contents: xml.list(xml.object({})) }), 'Contents'))
        count++
    }).rejects.toThrow(/is larger than 16777216 bytes/)
  })
})
