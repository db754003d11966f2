// Names, values and ids: Route 53 writes names and texts as zone files do, but its escapes are octal.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
import { absoluteName, fromContent, type PlainData, PRIORITY, TEXT } from '../../lib/dns/content.js'
import { quoteText, readName, unescapeText } from '../../lib/dns/presentation.js'
import { formatData } from '../../lib/dns/rdata.js'
import { type RecordType, RecordType as Type } from '../../lib/dns/types.js'

const octal = (byte: number): string => `\\${byte.toString(8).padStart(3, '0')}`

/** A name as the service takes it, of one in this library's form. */
export function toWireName(name: string): string {
  const { labels } = readName(name)
  if (labels.length === 0) return '.'
  return `${labels.map((label, index) => (label === '*' && index === 0 ? label : wireLabel(label))).join('.')}.`
}

function wireLabel(label: string): string {
  let text = ''
  for (const byte of unescapeText(label)) {
    const char = String.fromCharCode(byte)
    text += /[a-zA-Z0-9_-]/.test(char) ? char : octal(byte)
  }
  return text
}

/** An absolute name in this library's form, of one of the service's. */
export function fromWireName(name: string): string {
  const decimal = decimalEscapes(name)
  try {
    return absoluteName(decimal)
  } catch {
    return decimal.toLowerCase()
  }
}

/** A host name without its dot. */
export const plainHost = (name: string): string => fromWireName(name).replace(/(?<=.)\.$/, '')

/** What the service writes as `\303` is `\195` in zone files. */
export function decimalEscapes(text: string): string {
  return text.replace(/\\([0-3][0-7]{2}|.)/gs, (whole, code: string) =>
    code.length === 3 ? `\\${String(Number.parseInt(code, 8)).padStart(3, '0')}` : whole,
  )
}

/** And the other way about. */
export function octalEscapes(text: string): string {
  return text.replace(/\\(\d{3}|.)/gs, (whole, code: string) => (code.length === 3 ? octal(Number(code)) : whole))
}

/** A value as the service takes it. @throws Malformed for data that the type cannot have. */
export function toValue(type: RecordType, { data, priority }: PlainData, domain: string): string {
  if (TEXT.has(type)) return octalEscapes(quoteText(data))
  const lead = PRIORITY.has(type) ? (priority ?? 0) : priority
  return octalEscapes(formatData(type, data, lead, absoluteName(domain)).replaceAll('\t', ' '))
}

/** A value as data. */
export function fromValue(type: RecordType, value: string): PlainData {
  return fromContent(type, decimalEscapes(value))
}

/** A value in the one form by which two of them can be compared, and that is part of ids. */
export function normalValue(type: RecordType, value: string): string {
  const text = decimalEscapes(value)
  try {
    const normal = formatData(type, text, undefined, '.').replaceAll('\t', ' ')
    return TEXT.has(type) ? normal : normal.toLowerCase()
  } catch {
    return text
  }
}

/** Where a record stands. */
export interface RecordPlace {
  /** Relative to the zone. */
  readonly name: string
  readonly type: RecordType
  /** In the form of {@link normalValue}; `undefined` for the zone's SOA, and for an alias. */
  readonly value: string | undefined
  readonly setIdentifier: string | undefined
}

/**
 * `www/A/192.0.2.1`, with the set's identifier behind it where there are several sets: the service has no ids of records.
 * The SOA, of which there is one, and an alias have no value in it.
 */
export function recordId({ name, type, value, setIdentifier }: RecordPlace): string {
  const parts = [name || '@', type, value ?? '', setIdentifier ?? '']
  while (parts.at(-1) === '') parts.pop()
  return parts.map(encodeURIComponent).join('/')
}

/** Reads an id; `undefined` for what cannot be one. */
export function placeOf(id: string, types: readonly RecordType[]): RecordPlace | undefined {
  try {
    const [name = '', type = '', value = '', setIdentifier = '', ...more] = id.split('/').map(decodeURIComponent)
    if (name === '' || more.length > 0 || !types.includes(type as RecordType)) return undefined
    readName(name === '@' ? '' : name)
    return {
      name: name === '@' ? '' : name,
      type: type as RecordType,
      value: type === Type.SOA || value === '' ? undefined : value,
      setIdentifier: setIdentifier || undefined,
    }
  } catch {
    return undefined
  }
}
