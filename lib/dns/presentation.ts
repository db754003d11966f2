import { domainToASCII } from 'node:url'

/**
 * Something cannot be written in a zone file. `bind.ts` turns it into an error that names the record.
 * @internal
 */
export class Malformed extends Error {}

/** A name has at most 255 octets, each of which may be written with four characters. */
const NAME_MAX = 255
const NAME_TEXT_MAX = NAME_MAX * 4
const RDATA_MAX = 65535

const isBlank = (char: string | undefined): boolean => char === ' ' || char === '\t'
const ddd = (byte: number): string => `\\${String(byte).padStart(3, '0')}`

/**
 * The octets that a piece of presentation format stands for: `\DDD` and `\X` are undone, all else is UTF-8.
 * @internal
 */
export function unescapeText(text: string): Buffer {
  const parts: Buffer[] = []
  for (const [whole, escaped] of text.matchAll(/\\([0-9]{3}|[^0-9])?|[^\\]+/gu)) {
    if (whole[0] !== '\\') parts.push(Buffer.from(whole))
    else if (escaped === undefined) throw new Malformed('a backslash has nothing to escape')
    else if (escaped.length !== 3) parts.push(Buffer.from(escaped))
    else if (Number(escaped) > 255) throw new Malformed('an escape is beyond \\255')
    else parts.push(Buffer.of(Number(escaped)))
  }
  return Buffer.concat(parts)
}

/**
 * A quoted character string. Line breaks become `\010`: nothing in it can end the line or the string.
 * @internal
 */
export function quote(bytes: Uint8Array): string {
  let text = '"'
  for (const byte of bytes) {
    if (byte < 0x20 || byte > 0x7e) text += ddd(byte)
    else if (byte === 0x22 || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`
    else text += String.fromCharCode(byte)
  }
  return `${text}"`
}

/**
 * Text for the inside of a comment, which only a line break could end.
 * @internal
 */
export function commentText(text: string): string {
  let safe = ''
  for (const byte of Buffer.from(text)) safe += byte < 0x20 || byte > 0x7e ? ddd(byte) : String.fromCharCode(byte)
  return safe
}

/** `node:url` reads a whole URL host: what is not a letter, a digit, `-` or `_` would be cut off or read as an address. */
function toALabel(label: string): string {
  const ascii = /^[\w\-\u{80}-\u{10ffff}]+$/u.test(label) ? domainToASCII(label) : ''
  if (!/^[\w-]{1,63}$/.test(ascii)) throw new Malformed('a label is not a valid internationalised name')
  return ascii
}

function toLabel(text: string): string {
  if (/[^\0-\x7f]/.test(text)) return toALabel(text)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\0-\x1f\x7f]/.test(text)) throw new Malformed('a name holds a control character')
  const bytes = unescapeText(text)
  if (bytes.length === 0) throw new Malformed('a name has an empty label')
  if (bytes.length > 63) throw new Malformed('a label has more than 63 octets')
  let label = ''
  for (const byte of bytes) {
    const char = String.fromCharCode(byte)
    if (byte < 0x21 || byte > 0x7e) label += ddd(byte)
    else label += '".();\\@$'.includes(char) ? `\\${char}` : char
  }
  return label
}

/** A name as its escaped labels. `absolute`: it was written with a dot at its end. */
export interface NameText {
  labels: string[]
  absolute: boolean
}

/**
 * Splits a name at its unescaped dots, converts U-labels to A-labels and escapes what a zone file gives a meaning to.
 * @internal
 */
export function readName(text: string): NameText {
  if (text === '.') return { labels: [], absolute: true }
  if (text.length > NAME_TEXT_MAX) throw new Malformed('a name has more than 255 octets')
  const labels: string[] = []
  let start = 0
  for (let end = 0; end < text.length; end++) {
    if (text[end] === '\\') end++
    else if (text[end] === '.') {
      labels.push(toLabel(text.slice(start, end)))
      start = end + 1
    }
  }
  const absolute = start === text.length
  if (!absolute) labels.push(toLabel(text.slice(start)))
  return { labels, absolute: absolute && labels.length > 0 }
}

/**
 * The absolute name of these labels, with its dot.
 * @internal
 */
export function joinName(labels: readonly string[]): string {
  const octets = labels.reduce((sum, label) => sum + 1 + label.replace(/\\(?:\d{3}|.)/g, 'x').length, 1)
  if (octets > NAME_MAX) throw new Malformed('a name has more than 255 octets')
  return `${labels.join('.')}.`
}

/**
 * A host name inside data: always fully qualified, whether or not its dot is there; `@` is the zone itself.
 * @internal
 */
export const hostName = (text: string, origin: string): string =>
  text === '@' ? origin : joinName(readName(text).labels)

/**
 * A mailbox of SOA and RP. Providers also give it as an address; the dots before the `@` then belong to one label.
 * @internal
 */
export function mailbox(text: string, origin: string): string {
  const [, local, domain] = /^([^@\\]+)@([^@]+)$/.exec(text) ?? []
  if (local === undefined || domain === undefined) return hostName(text, origin)
  return joinName([toLabel(local.replaceAll('.', '\\.')), ...readName(domain).labels])
}

/** One field of a record's data, still escaped. */
export interface Field {
  text: string
  quoted: boolean
}

/**
 * Reads a record's data field by field. Only blanks and tabs part fields: a line break stays in its field, which is
 * then refused or escaped by whoever reads it.
 * @internal
 */
export class Fields {
  readonly #text: string
  #at = 0
  constructor(text: string) {
    this.#text = text
  }

  /** Whether all was read. */
  get done(): boolean {
    while (isBlank(this.#text[this.#at])) this.#at++
    return this.#at >= this.#text.length
  }

  /** The number of fields from here on. */
  get count(): number {
    const at = this.#at
    let count = 0
    while (!this.done) {
      this.next()
      count++
    }
    this.#at = at
    return count
  }

  next(): Field {
    if (this.done) throw new Malformed('its data has too few fields')
    const text = this.#text
    const quoted = text[this.#at] === '"'
    const start = quoted ? this.#at + 1 : this.#at
    let end = start
    for (; end < text.length; end++) {
      if (text[end] === '\\') end++
      else if (quoted ? text[end] === '"' : isBlank(text[end])) break
    }
    this.#at = quoted ? end + 1 : end
    if (!quoted) return { text: text.slice(start, end), quoted }
    if (end >= text.length) throw new Malformed('a quote is not closed')
    const after = text[this.#at]
    if (after !== undefined && after !== '"' && !isBlank(after)) throw new Malformed('text follows a closing quote')
    return { text: text.slice(start, end), quoted }
  }

  /** An unquoted field that a pattern allows. */
  word(pattern: RegExp, what: string): string {
    const { text, quoted } = this.next()
    if (quoted || !pattern.test(text)) throw new Malformed(`its data has no valid ${what}`)
    return text
  }

  /** All that is left, which may be a value with blanks that somebody left unquoted. */
  rest(): Field {
    if (this.done) throw new Malformed('its data has too few fields')
    if (this.#text[this.#at] === '"') return this.next()
    const start = this.#at
    this.#at = this.#text.length
    let end = this.#at
    while (isBlank(this.#text[end - 1])) end--
    return { text: this.#text.slice(start, end), quoted: false }
  }

  /** `key`, `key=value` or `key="value"`. */
  param(): { key: string; value: string | undefined } {
    if (this.done) throw new Malformed('its data has too few fields')
    const pattern = /([a-z0-9-]+)(?:=(?:"((?:\\.|[^"\\])*)"|((?:\\.|[^\s"\\])*)))?(?=[ \t]|$)/sy
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (!match) throw new Malformed('its data has no valid service parameter')
    this.#at = pattern.lastIndex
    return { key: match[1] ?? '', value: match[2] ?? match[3] }
  }
}

/** The strings of `"one" "two"`, or nothing where the text is not wholly made of quoted strings. */
function quotedStrings(text: string): Buffer[] | undefined {
  try {
    const fields = new Fields(text)
    const strings: Buffer[] = []
    while (!fields.done) {
      const field = fields.next()
      if (!field.quoted) return undefined
      strings.push(unescapeText(field.text))
    }
    return strings.length > 0 ? strings : undefined
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

/**
 * TXT data: quoted strings are kept as they are divided; anything else is one raw text, in which a backslash is a
 * backslash. A string holds 255 octets, so that a longer one is divided.
 * @internal
 */
export function textStrings(data: string): string {
  const parts: string[] = []
  let octets = 0
  for (const bytes of quotedStrings(data) ?? [Buffer.from(data)]) {
    for (let at = 0; at === 0 || at < bytes.length; at += 255) {
      const part = bytes.subarray(at, at + 255)
      octets += part.length + 1
      if (octets > RDATA_MAX) throw new Malformed('its data has more than 65535 octets')
      parts.push(quote(part))
    }
  }
  return parts.join(' ')
}

/**
 * Plain text as the strings of a zone file: whatever it holds is text, quotes and backslashes too.
 * @throws Malformed when it is not Unicode, or too long for a record.
 */
export function quoteText(data: string): string {
  if (!data.isWellFormed()) throw new Malformed('it is not well-formed Unicode')
  const bytes = Buffer.from(data)
  if (bytes.length > 65_000) throw new Malformed('it has more than 65000 bytes')
  const parts: string[] = []
  for (let at = 0; at === 0 || at < bytes.length; at += 255) parts.push(quote(bytes.subarray(at, at + 255)))
  return parts.join(' ')
}
