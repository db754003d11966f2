import { isUtf8 } from 'node:buffer'
import type { XmlMember, XmlNode } from './xml-values.js'
import { SKIPPED } from './xml-values.js'

// What the lexer knows of XML's bytes, names and references.

export const TAB = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SPACE = 0x20
export const BANG = 0x21
export const QUOTE = 0x22
export const AMP = 0x26
export const APOSTROPHE = 0x27
export const DASH = 0x2d
export const SLASH = 0x2f
export const SEMICOLON = 0x3b
export const LT = 0x3c
export const EQUALS = 0x3d
export const GT = 0x3e
export const QUESTION = 0x3f
export const BRACKET = 0x5d

export const PLAIN = 0
export const BEYOND_ASCII = 1
export const SPECIAL = 2

/** A class for each byte. Those of `special`, and the control characters that XML forbids, are to be looked at. */
function byteClasses(special: string): Uint8Array {
  const classes = new Uint8Array(256).fill(BEYOND_ASCII, 0x80).fill(SPECIAL, 0, SPACE)
  for (const allowed of [TAB, LF, CR]) classes[allowed] = PLAIN
  for (const character of special) classes[character.charCodeAt(0)] = SPECIAL
  return classes
}

export const IN_TEXT: Uint8Array = byteClasses('<&]\r')
export const IN_CDATA: Uint8Array = byteClasses(']\r')
export const IN_COMMENT: Uint8Array = byteClasses('-')
export const IN_INSTRUCTION: Uint8Array = byteClasses('?')
export const IN_ATTRIBUTE: Uint8Array = byteClasses('<&"\'\t\n\r')

export const IN_NAME: Uint8Array = new Uint8Array(256).fill(1, 0x80)
for (const character of ':_-.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789') {
  IN_NAME[character.charCodeAt(0)] = 1
}

const NAME_START =
  ':A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
const NAME = new RegExp(`^[${NAME_START}][${NAME_START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}]*$`, 'u')

/** A name that was seen and found valid. */
export interface Name {
  readonly name: string
  /** Without the prefix. */
  readonly local: string
  readonly bytes: Uint8Array
  /** The name that came after this one when last seen: replies repeat themselves, so that it mostly comes again. */
  next: Name
  /** What the name last meant, and in which node. */
  owner: XmlNode | undefined
  member: XmlMember
  /** Whether it is among NAMES: only such names lead to a next one, or a document could fill the memory with names. */
  kept: boolean
}

// No name has this byte, nor has any text in UTF-8.
export const NO_NAME: Name = {
  name: '',
  local: '',
  bytes: new Uint8Array([0xff]),
  next: undefined as unknown as Name,
  owner: undefined,
  member: SKIPPED,
  kept: true,
}
NO_NAME.next = NO_NAME
/** Names by their hash. One that takes the place of another costs no more than a little time. */
const NAMES: Name[] = new Array<Name>(2048).fill(NO_NAME)
const LONGEST_KEPT_NAME = 64

function makeName(bytes: Uint8Array, name: string, hash: number): Name {
  const local = name.slice(name.indexOf(':') + 1)
  const kept = bytes.length <= LONGEST_KEPT_NAME
  const made: Name = { name, local, bytes, next: NO_NAME, owner: undefined, member: SKIPPED, kept }
  if (kept) {
    const place = hash & (NAMES.length - 1)
    const other = NAMES[place]!
    if (other !== NO_NAME) {
      other.kept = false
      other.next = NO_NAME
    }
    NAMES[place] = made
  }
  return made
}

/** The name between two places that holds nothing but bytes of names; `undefined`: it is not valid. */
export function findName(bytes: Buffer, from: number, to: number, hash: number): Name | undefined {
  const known = NAMES[hash & (NAMES.length - 1)]!
  if (known.bytes.length === to - from && same(bytes, from, known.bytes)) return known
  const text = bytes.toString('utf8', from, to)
  return NAME.test(text) ? makeName(Uint8Array.from(bytes.subarray(from, to)), text, hash) : undefined
}

export function same(bytes: Uint8Array, from: number, name: Uint8Array): boolean {
  for (let at = 0; at < name.length; at++) if (bytes[from + at] !== name[at]) return false
  return true
}

export function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
])
/** Room for leading zeros, none for filling the memory. */
export const LONGEST_REFERENCE = 64

/** The character that a reference between `&` and `;` means. */
export function dereference(name: string): string | undefined {
  if (name.charCodeAt(0) !== 0x23) return ENTITIES.get(name)
  const hexadecimal = /^#x([0-9a-fA-F]+)$/.exec(name)
  const decimal = /^#([0-9]+)$/.exec(name)
  const code = hexadecimal !== null ? Number.parseInt(hexadecimal[1]!, 16) : Number(decimal?.[1])
  const valid =
    (code >= SPACE && code <= 0xd7ff) ||
    code === TAB ||
    code === LF ||
    code === CR ||
    (code >= 0xe000 && code <= 0xfffd)
  return valid || (code >= 0x10000 && code <= 0x10ffff) ? String.fromCodePoint(code) : undefined
}

/** XML 1.0 in UTF-8, of which US-ASCII is a part. */
export const DECLARATION: RegExp = declarationPattern()

function declarationPattern(): RegExp {
  const space = '[ \\t\\r\\n]'
  const part = (name: string, value: string) => `${space}+${name}${space}*=${space}*(?:"(?:${value})"|'(?:${value})')`
  const encoding = part('encoding', '[uU][tT][fF]-?8|[uU][sS]-[aA][sS][cC][iI][iI]')
  return new RegExp(
    `^<\\?xml${part('version', '1\\.0')}(?:${encoding})?(?:${part('standalone', 'yes|no')})?${space}*\\?>$`,
  )
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed()
}

/** How many bytes there are up to a character that the end cuts through. */
export function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!
    if (byte >= 0x80 && byte < 0xc0) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

/** How many bytes there are up to the first that are no UTF-8. */
export function validUtf8(bytes: Buffer): number {
  let low = 0
  let high = bytes.length
  while (low < high) {
    const middle = (low + high + 1) >> 1
    const part = bytes.subarray(0, middle)
    if (isUtf8(part.subarray(0, wholeCharacters(part)))) low = middle
    else high = middle - 1
  }
  return wholeCharacters(bytes.subarray(0, low))
}

/** Looks for the end of a token that starts with `token`, in the chunks that follow. */
export function tokenEnd(token: Buffer): ((chunk: Buffer) => boolean) | undefined {
  // Too short to tell what it is, and so short that it may be read again.
  if (token.length < 9) return undefined
  const start = token.toString('latin1', 0, 9)
  if (start.startsWith('<!--')) return delimiterEnd(DASH, 2, token.subarray(4))
  if (start === '<![CDATA[') return delimiterEnd(BRACKET, 2, token.subarray(9))
  return start[1] === '?' ? delimiterEnd(QUESTION, 1, token.subarray(2)) : tagEnd(token)
}

/** Looks for `>` behind as many of the byte as there must be. */
function delimiterEnd(byte: number, count: number, start: Buffer): (chunk: Buffer) => boolean {
  let seen = 0
  const search = (chunk: Buffer): boolean => {
    for (let at = 0; at < chunk.length; at++) {
      if (chunk[at] === byte) seen++
      else if (chunk[at] === GT && seen >= count) return true
      else seen = 0
    }
    return false
  }
  search(start)
  return search
}

function tagEnd(start: Buffer): (chunk: Buffer) => boolean {
  let quote = 0
  const search = (chunk: Buffer): boolean => {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (quote !== 0) quote = byte === quote ? 0 : quote
      else if (byte === QUOTE || byte === APOSTROPHE) quote = byte
      else if (byte === GT) return true
    }
    return false
  }
  search(start)
  return search
}
