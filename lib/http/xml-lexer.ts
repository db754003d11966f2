import { isAscii, isUtf8 } from 'node:buffer'
import { MalformedResponseError } from '../errors.js'
import {
  AMP,
  APOSTROPHE,
  asBuffer,
  BANG,
  BEYOND_ASCII,
  BRACKET,
  CR,
  DASH,
  DECLARATION,
  dereference,
  EQUALS,
  findName,
  GT,
  IN_ATTRIBUTE,
  IN_CDATA,
  IN_COMMENT,
  IN_INSTRUCTION,
  IN_NAME,
  IN_TEXT,
  isSpace,
  isWellFormed,
  LF,
  LONGEST_REFERENCE,
  LT,
  type Name,
  NO_NAME,
  QUESTION,
  QUOTE,
  SEMICOLON,
  SLASH,
  SPECIAL,
  same,
  tokenEnd,
  validUtf8,
  wholeCharacters,
} from './xml-bytes.js'
import { SKIPPED, type XmlMember, type XmlNode } from './xml-values.js'

// The reader works on bytes, which are several times cheaper to look at than a string's characters. Beside the bytes it
// keeps the same as a Latin-1 string, a character for each byte: values of plain ASCII, which most are, are cut out of
// it. A token that the end of a chunk cuts through is kept and read again from its start when it is complete.

/** Limits of a reader. */
export interface XmlLimits {
  /** The largest document, in bytes. Default: no limit. */
  maxBytes?: number
  /** The largest single token, and the largest single item of a list read item by item. Default: 16 MiB. */
  maxItemBytes?: number
  /** How deep elements may stand in one another. Default: 256. */
  maxDepth?: number
}

/** An open element. Frames are used again and again. */
export interface Frame {
  name: Name
  node: XmlNode
  /** Where the value goes when the element ends. */
  member: XmlMember
  /** The object, array, map or element that is being filled. */
  target: unknown
  text: string
}

const EMPTY: Buffer = Buffer.alloc(0)
const PIECE = 32 * 1024
export const MEBIBYTE: number = 1024 * 1024

/**
 * Takes a document apart and checks it. The elements go to `open` and `close`; text gathers in `top`, if it is wanted.
 */
export abstract class XmlLexer {
  /** The part being read, the same as Latin-1, and how many bytes went before it. */
  protected bytes: Buffer = EMPTY
  #characters = ''
  protected offset = 0
  /** The token that the last chunk ended in; `#ending` looks for its end, without reading all of it again. */
  #pieces: Buffer[] = []
  #pending = 0
  #ending: ((chunk: Buffer) => boolean) | undefined
  /** The bytes of a character, or the half of a surrogate pair, that the last chunk ended in. */
  #partial: Buffer = EMPTY
  #surrogate = ''
  #total = 0
  /** Where the document starts: behind the byte order mark, if there is one. */
  #first = 0
  #started = false
  protected ended = false

  protected readonly frames: Frame[] = []
  protected depth = 0
  protected top: Frame
  /** A run of plain text that is not in `#top.text` yet: most values are nothing else, and need no string. */
  protected from = 0
  protected to = 0
  protected beyondAscii = false
  #previous: Name = NO_NAME
  protected readonly attributeNames: Name[] = []
  protected readonly attributeValues: string[] = []
  /** Second results of the functions below. */
  #emptyElement = false
  #nameFound: Name = NO_NAME
  #valueFound = ''

  protected complete = false
  protected readonly limits: Required<XmlLimits>

  constructor(limits: XmlLimits, start: XmlNode) {
    const { maxBytes = Number.POSITIVE_INFINITY, maxItemBytes = 16 * MEBIBYTE, maxDepth = 256 } = limits
    this.limits = { maxBytes, maxItemBytes, maxDepth }
    this.top = { name: NO_NAME, node: start, member: SKIPPED, target: undefined, text: '' }
    this.frames.push(this.top)
  }

  /** An element starts. `at` is where, within the chunk. Its attributes are in `attributeNames` and `attributeValues`. */
  protected abstract open(name: Name, at: number): void
  /** The topmost element has ended. */
  protected abstract close(at: number): void
  /** The chunk is read up to `at`. */
  protected abstract pause(at: number): void

  /** Reads on. The chunk's memory may be used for something else afterwards. */
  write(chunk: string | Uint8Array): void {
    if (this.ended) throw new TypeError('The document has ended')
    // If this throws, then nothing may follow.
    this.ended = true
    if (typeof chunk !== 'string' && this.#surrogate !== '') this.fail('half of a surrogate pair', this.#pending)
    const bytes = typeof chunk === 'string' ? this.#encode(chunk) : asBuffer(chunk)
    // A string cut out of another keeps all of it in memory, hence pieces of a size that one can afford to keep.
    for (let at = 0; at < bytes.length; at += PIECE) this.#accept(bytes.subarray(at, at + PIECE))
    this.ended = false
  }

  /** Nothing follows. */
  protected finish(): void {
    if (this.ended) throw new TypeError('The document has ended')
    this.ended = true
    if (this.#partial.length > 0 || this.#surrogate !== '') this.fail('invalid UTF-8', this.#pending)
    // A carriage return is kept to see whether a line feed follows.
    const rest = Buffer.concat(this.#pieces)
    if (this.depth > 0 || (rest.length > 0 && !(rest.length === 1 && rest[0] === CR))) {
      this.fail('the document is cut off', rest.length)
    }
    if (!this.complete) this.fail('there is no root element', this.#pending)
  }

  /** Characters, as a string has them, to bytes. */
  #encode(chunk: string): Buffer {
    const text = this.#surrogate + chunk
    const last = text.charCodeAt(text.length - 1)
    const cut = last >= 0xd800 && last <= 0xdbff ? text.length - 1 : text.length
    this.#surrogate = text.slice(cut)
    const whole = cut === text.length ? text : text.slice(0, cut)
    if (!isWellFormed(whole)) this.fail('half of a surrogate pair', this.#pending)
    return Buffer.from(whole)
  }

  /** Checks the encoding, then goes on with the whole characters. */
  #accept(chunk: Buffer): void {
    this.#total += chunk.length
    if (this.#total > this.limits.maxBytes) this.fail(`larger than ${this.limits.maxBytes} bytes`, this.#pending)
    let whole = this.#partial.length === 0 ? chunk : Buffer.concat([this.#partial, chunk])
    const ascii = isAscii(whole)
    if (!ascii) {
      const cut = wholeCharacters(whole)
      this.#partial = Buffer.from(whole.subarray(cut))
      whole = whole.subarray(0, cut)
      if (!isUtf8(whole)) this.fail('invalid UTF-8', this.#pending + validUtf8(whole))
      // U+FFFE and U+FFFF are the characters beyond ASCII that XML forbids.
      const forbidden = Math.max(whole.indexOf('\ufffe'), whole.indexOf('\uffff'))
      if (forbidden >= 0) this.fail('invalid character', this.#pending + forbidden)
    }
    if (whole.length === 0) return
    if (!this.#started) {
      this.#started = true
      if (!ascii && whole[0] === 0xef && whole[1] === 0xbb && whole[2] === 0xbf) {
        whole = whole.subarray(3)
        this.offset = this.#first = 3
      }
    }
    this.#resume(whole)
  }

  /** Puts the token that was cut through together. */
  #resume(chunk: Buffer): void {
    if (this.#pending === 0) {
      this.#run(chunk)
      return
    }
    if (this.#ending !== undefined && !this.#ending(chunk)) {
      this.#keep(Buffer.from(chunk))
      return
    }
    const whole = Buffer.concat([...this.#pieces, chunk])
    this.#pieces = []
    this.#pending = 0
    this.#run(whole)
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#pending += piece.length
    if (this.#pending > this.limits.maxItemBytes) this.fail(`a token of over ${this.limits.maxItemBytes} bytes`, 0)
  }

  #run(bytes: Buffer): void {
    this.bytes = bytes
    this.#characters = bytes.toString('latin1')
    let at = 0
    // What is at its end in mid-token gives where the token starts, inverted.
    while (at >= 0 && at < bytes.length) {
      at =
        bytes[at] === LT ? this.#markup(bytes, at) : this.depth > 0 ? this.#text(bytes, at) : this.#outside(bytes, at)
    }
    this.flush()
    const read = at < 0 ? ~at : at
    this.pause(read)
    this.bytes = EMPTY
    this.#characters = ''
    this.offset += read
    if (read === bytes.length) return
    const rest = Buffer.from(bytes.subarray(read))
    this.#ending = rest[0] === LT ? tokenEnd(rest) : undefined
    this.#keep(rest)
  }

  /** Around the root. */
  #outside(bytes: Buffer, at: number): number {
    while (isSpace(bytes[at])) at++
    if (at < bytes.length && bytes[at] !== LT) this.fail('text outside the root element', at)
    return at
  }

  #text(bytes: Buffer, at: number): number {
    const end = bytes.length
    let from = at
    let beyondAscii = 0
    while (true) {
      while (at < end) {
        const kind = IN_TEXT[bytes[at]!]!
        if (kind === SPECIAL) break
        beyondAscii |= kind
        at++
      }
      const byte = at < end ? bytes[at]! : LT
      if (byte === BRACKET && at + 1 < end && bytes[at + 1] !== BRACKET) {
        at++
        continue
      }
      this.#append(from, at, beyondAscii !== 0)
      if (byte === LT) return at
      const next = this.#special(bytes, at, byte)
      if (next < 0) return next
      from = at = next
      beyondAscii = 0
    }
  }

  /** What in text is not as it stands. */
  #special(bytes: Buffer, at: number, byte: number): number {
    const end = bytes.length
    if (byte === AMP) {
      const next = this.#reference(bytes, at)
      if (next >= 0) this.#appendString(this.#valueFound)
      return next
    }
    if (byte === CR) return this.#carriageReturn(bytes, at)
    if (byte !== BRACKET) return this.fail('invalid character', at)
    if (at + 2 >= end) return ~at
    if (bytes[at + 2] === GT) return this.fail(']]> in text', at)
    this.#append(at, at + 1, false)
    return at + 1
  }

  /** XML has line feeds only. */
  #carriageReturn(bytes: Buffer, at: number): number {
    if (at + 1 === bytes.length) return ~at
    this.#appendString('\n')
    return bytes[at + 1] === LF ? at + 2 : at + 1
  }

  /** Leaves the character in `#valueFound`. */
  #reference(bytes: Buffer, at: number): number {
    const limit = Math.min(bytes.length, at + LONGEST_REFERENCE)
    let end = at + 1
    while (end < limit && bytes[end] !== SEMICOLON) end++
    if (end === bytes.length && end < at + LONGEST_REFERENCE) return ~at
    const value = bytes[end] === SEMICOLON ? dereference(this.#characters.slice(at + 1, end)) : undefined
    if (value === undefined) return this.fail('undefined entity or invalid reference', at)
    this.#valueFound = value
    return end + 1
  }

  #append(from: number, to: number, beyondAscii: boolean): void {
    if (from === to || !this.top.node.wantsText) return
    if (this.from !== this.to) this.flush()
    if (this.from === this.to && this.top.text === '') {
      this.from = from
      this.to = to
      this.beyondAscii = beyondAscii
    } else this.top.text += this.slice(from, to, beyondAscii)
  }

  #appendString(text: string): void {
    if (!this.top.node.wantsText) return
    this.flush()
    this.top.text += text
  }

  protected flush(): void {
    if (this.from === this.to) return
    this.top.text += this.slice(this.from, this.to, this.beyondAscii)
    this.from = this.to = 0
  }

  protected slice(from: number, to: number, beyondAscii: boolean): string {
    return beyondAscii ? this.bytes.toString('utf8', from, to) : this.#characters.slice(from, to)
  }

  #markup(bytes: Buffer, at: number): number {
    switch (bytes[at + 1]) {
      case SLASH:
        return this.#closingTag(bytes, at)
      case BANG:
        return this.#declaration(bytes, at)
      case QUESTION:
        return this.#instruction(bytes, at)
      case undefined:
        return ~at
      default:
        return this.#openingTag(bytes, at)
    }
  }

  #openingTag(bytes: Buffer, at: number): number {
    const guess = this.#previous.next
    let stop = at + 1 + guess.bytes.length
    let name = guess
    if (stop >= bytes.length || !same(bytes, at + 1, guess.bytes) || IN_NAME[bytes[stop]!] === 1) {
      stop = this.#name(bytes, at + 1)
      if (stop === bytes.length) return ~at
      name = this.#nameFound
    }
    if (this.attributeNames.length > 0) this.attributeNames.length = 0
    this.#emptyElement = false
    if (bytes[stop] === GT) stop++
    else {
      stop = this.#attributes(bytes, stop)
      if (stop < 0) return ~at
    }
    if (this.#previous.kept) this.#previous.next = name
    this.#previous = name
    this.open(name, at)
    if (this.#emptyElement) this.close(stop)
    return stop
  }

  /** Leaves the name in `#nameFound`, unless it goes on to the end of the chunk. */
  #name(bytes: Buffer, from: number): number {
    let hash = 0
    let at = from
    while (at < bytes.length && IN_NAME[bytes[at]!] === 1) hash = (hash * 31 + bytes[at++]!) | 0
    if (at === bytes.length) return at
    this.#nameFound = findName(bytes, from, at, hash) ?? this.fail('invalid name', from)
    return at
  }

  /** The rest of an opening tag: leaves the attributes in `#attributeNames` and `#attributeValues`. */
  #attributes(bytes: Buffer, at: number): number {
    const end = bytes.length
    while (true) {
      const before = at
      while (isSpace(bytes[at])) at++
      if (at === end) return -1
      if (bytes[at] === GT) return this.#checkAttributes(at + 1)
      if (bytes[at] === SLASH) {
        if (at + 1 === end) return -1
        if (bytes[at + 1] !== GT) return this.fail('invalid tag', at)
        this.#emptyElement = true
        return this.#checkAttributes(at + 2)
      }
      if (at === before) return this.fail('invalid tag', at)
      at = this.#name(bytes, at)
      if (at === end) return -1
      const name = this.#nameFound
      while (isSpace(bytes[at])) at++
      if (at === end) return -1
      if (bytes[at] !== EQUALS) return this.fail('attribute without a value', at)
      at++
      while (isSpace(bytes[at])) at++
      if (at === end) return -1
      at = this.#attributeValue(bytes, at)
      if (at < 0) return -1
      this.attributeValues[this.attributeNames.length] = this.#valueFound
      this.attributeNames.push(name)
    }
  }

  #checkAttributes(at: number): number {
    const names = this.attributeNames
    if (names.length > 1 && new Set(names.map(({ name }) => name)).size < names.length) {
      this.fail('attribute given twice', at - 1)
    }
    return at
  }

  /** Leaves the value in `#valueFound`. */
  #attributeValue(bytes: Buffer, at: number): number {
    const quote = bytes[at]
    if (quote !== QUOTE && quote !== APOSTROPHE) return this.fail('attribute value without quotes', at)
    const end = bytes.length
    let from = ++at
    let value = ''
    while (true) {
      while (at < end && IN_ATTRIBUTE[bytes[at]!]! < SPECIAL) at++
      if (at === end) return -1
      const byte = bytes[at]!
      if (byte === quote) break
      if (byte === QUOTE || byte === APOSTROPHE) {
        at++
        continue
      }
      value += bytes.toString('utf8', from, at)
      if (byte === AMP) {
        at = this.#reference(bytes, at)
        if (at < 0) return -1
        value += this.#valueFound
      } else if (isSpace(byte)) {
        if (byte === CR && at + 1 === end) return -1
        at += byte === CR && bytes[at + 1] === LF ? 2 : 1
        value += ' '
      } else return this.fail(byte === LT ? '< in an attribute value' : 'invalid character', at)
      from = at
    }
    this.#valueFound = value + bytes.toString('utf8', from, at)
    return at + 1
  }

  #closingTag(bytes: Buffer, at: number): number {
    const open = this.top.name.bytes
    let stop = at + 2 + open.length
    if (stop >= bytes.length) {
      stop = at + 2
      while (stop < bytes.length && IN_NAME[bytes[stop]!] === 1) stop++
      if (stop === bytes.length) return ~at
      stop = -1
    } else if (!same(bytes, at + 2, open)) stop = -1
    if (stop < 0 || this.depth === 0 || IN_NAME[bytes[stop]!] === 1) {
      return this.fail('a closing tag does not match the opening one', at)
    }
    while (isSpace(bytes[stop])) stop++
    if (stop === bytes.length) return ~at
    if (bytes[stop] !== GT) return this.fail('invalid closing tag', at)
    this.close(stop + 1)
    return stop + 1
  }

  /** Comments and CDATA. */
  #declaration(bytes: Buffer, at: number): number {
    const start = this.#characters.slice(at, at + 9)
    if (start.startsWith('<!--')) return this.#comment(bytes, at)
    if (start === '<![CDATA[') {
      if (this.depth === 0) return this.fail('text outside the root element', at)
      return this.#cdata(bytes, at)
    }
    if (at + start.length === bytes.length && ('<!--'.startsWith(start) || '<![CDATA['.startsWith(start))) return ~at
    return this.fail(start.startsWith('<!D') ? 'a document type is not accepted' : 'invalid markup', at)
  }

  #comment(bytes: Buffer, start: number): number {
    const end = bytes.length
    let at = start + 4
    while (true) {
      while (at < end && IN_COMMENT[bytes[at]!]! < SPECIAL) at++
      if (at < end && bytes[at] !== DASH) return this.fail('invalid character', at)
      if (at + 2 >= end) return ~start
      if (bytes[at + 1] === DASH) return bytes[at + 2] === GT ? at + 3 : this.fail('-- in a comment', at)
      at++
    }
  }

  #cdata(bytes: Buffer, start: number): number {
    const end = bytes.length
    // It is read once to see that it is whole, so that nothing is taken twice.
    const close = bytes.indexOf(']]>', start + 9, 'latin1')
    if (close < 0) return ~start
    let at = start + 9
    let from = at
    let beyondAscii = 0
    while (at < close) {
      const kind = IN_CDATA[bytes[at]!]!
      beyondAscii |= kind
      if (kind < SPECIAL || bytes[at] === BRACKET) at++
      else if (bytes[at] === CR) {
        this.#append(from, at, (beyondAscii & BEYOND_ASCII) !== 0)
        from = at = this.#carriageReturn(bytes, at)
        beyondAscii = 0
      } else return this.fail('invalid character', at)
    }
    this.#append(from, close, (beyondAscii & BEYOND_ASCII) !== 0)
    return Math.min(close + 3, end)
  }

  #instruction(bytes: Buffer, start: number): number {
    const end = bytes.length
    let at = this.#name(bytes, start + 2)
    if (at === end) return ~start
    const target = this.#nameFound.name
    if (!isSpace(bytes[at]) && bytes[at] !== QUESTION) return this.fail('invalid processing instruction', at)
    if (target !== 'xml' && target.toLowerCase() === 'xml') return this.fail('invalid processing instruction', at)
    const withoutSpace = bytes[at] === QUESTION
    while (true) {
      while (at < end && IN_INSTRUCTION[bytes[at]!]! < SPECIAL) at++
      if (at < end && bytes[at] !== QUESTION) return this.fail('invalid character', at)
      if (at + 1 >= end) return ~start
      if (bytes[at + 1] === GT) break
      if (withoutSpace) return this.fail('invalid processing instruction', at)
      at++
    }
    if (target === 'xml') this.#checkXmlDeclaration(start, at + 2)
    return at + 2
  }

  #checkXmlDeclaration(start: number, end: number): void {
    if (this.offset + start !== this.#first) this.fail('an XML declaration after the start', start)
    if (!DECLARATION.test(this.#characters.slice(start, end))) {
      this.fail('invalid XML declaration, or neither XML 1.0 nor UTF-8', start)
    }
  }

  protected fail(reason: string, at: number): never {
    throw new MalformedResponseError(`Malformed XML: ${reason} (at byte ${this.offset + at})`)
  }
}
