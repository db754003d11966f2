// Record sets as Azure has them, and records as this library has them.
import {
  absoluteName,
  checked,
  fromContent,
  nameWithin,
  type PlainData,
  PRIORITY,
  plainEscapes,
  relativeName,
  TEXT,
} from '../../lib/dns/content.js'
import { formatData } from '../../lib/dns/rdata.js'
import { type RecordType, RecordType as Type } from '../../lib/dns/types.js'

/** https://learn.microsoft.com/azure/dns/dns-zones-records#record-types */
export const RECORD_TYPES: readonly RecordType[] = [
  Type.A,
  Type.AAAA,
  Type.CAA,
  Type.CNAME,
  Type.MX,
  Type.NS,
  Type.PTR,
  Type.SOA,
  Type.SRV,
  Type.TXT,
]

type Fields = Readonly<Record<string, unknown>>
/** A record set's properties. */
export interface RawSetProperties {
  readonly TTL?: number
  readonly fqdn?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly targetResource?: { readonly id?: string }
  readonly ARecords?: readonly Fields[]
  readonly AAAARecords?: readonly Fields[]
  readonly MXRecords?: readonly Fields[]
  readonly NSRecords?: readonly Fields[]
  readonly PTRRecords?: readonly Fields[]
  readonly SRVRecords?: readonly Fields[]
  readonly TXTRecords?: readonly Fields[]
  readonly CNAMERecord?: Fields
  readonly SOARecord?: Fields
  readonly caaRecords?: readonly Fields[]
}
export interface RawSet {
  readonly id?: string
  /** Relative to the zone; `@` for the zone's own. */
  readonly name: string
  /** `'Microsoft.Network/dnszones/A'`. */
  readonly type: string
  readonly etag?: string
  readonly properties?: RawSetProperties
}

const MEMBERS: Readonly<Record<string, keyof RawSetProperties>> = {
  A: 'ARecords',
  AAAA: 'AAAARecords',
  CAA: 'caaRecords',
  CNAME: 'CNAMERecord',
  MX: 'MXRecords',
  NS: 'NSRecords',
  PTR: 'PTRRecords',
  SOA: 'SOARecord',
  SRV: 'SRVRecords',
  TXT: 'TXTRecords',
}
/** The fields of a record's data, in the order of a zone file. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  A: ['ipv4Address'],
  AAAA: ['ipv6Address'],
  CAA: ['flags', 'tag', 'value'],
  CNAME: ['cname'],
  MX: ['preference', 'exchange'],
  NS: ['nsdname'],
  PTR: ['ptrdname'],
  SOA: ['host', 'email', 'serialNumber', 'refreshTime', 'retryTime', 'expireTime', 'minimumTTL'],
  SRV: ['priority', 'weight', 'port', 'target'],
}
const NUMBERS = /^(?:flags|preference|priority|weight|port|serialNumber|refreshTime|retryTime|expireTime|minimumTTL)$/
const NAMES = /^(?:cname|exchange|nsdname|ptrdname|target|host|email)$/

/** `'A'`, of `'Microsoft.Network/dnszones/A'`. */
export function typeOf({ type }: RawSet): RecordType {
  return type.slice(type.lastIndexOf('/') + 1).toUpperCase() as RecordType
}

/** The data of a set, one by one, as Azure has them. */
export function answersOf(set: RawSet): readonly Fields[] {
  const found = set.properties?.[MEMBERS[typeOf(set)] ?? 'ARecords']
  if (found === undefined || found === null) return []
  return (Array.isArray(found) ? found : [found]) as readonly Fields[]
}

/** The properties of a set with these data. */
export function withAnswers(type: RecordType, ttl: number, answers: readonly Fields[], old?: RawSet): RawSetProperties {
  const member = MEMBERS[type] as string
  const single = type === Type.CNAME || type === Type.SOA
  return {
    TTL: ttl,
    ...(old?.properties?.metadata && { metadata: old.properties.metadata }),
    [member]: single ? answers[0] : answers,
  }
}

const bare = (name: unknown): string => String(name ?? '').replace(/(?<=.)\.$/, '')

/** One of a set's data as this library has it. */
export function plainOf(type: RecordType, answer: Fields): PlainData {
  if (TEXT.has(type)) return { data: ((answer['value'] ?? []) as readonly string[]).join('') }
  const words = (FIELDS[type] ?? []).map(field => {
    const value = answer[field]
    if (field === 'value') return `"${String(value).replace(/["\\]/g, '\\$&')}"`
    return NAMES.test(field) ? bare(value) : String(value ?? '')
  })
  return fromContent(type, words.join(' '))
}

/** Data as Azure has it. Names are whole by themselves there, and texts in pieces of at most 255 bytes. */
export function answerOf(
  provider: string,
  argument: string,
  type: RecordType,
  plain: PlainData,
  domain: string,
): Fields {
  return checked(provider, argument, () => {
    const priority = PRIORITY.has(type) ? (plain.priority ?? 0) : plain.priority
    const content = plainEscapes(formatData(type, plain.data, priority, absoluteName(domain)).replaceAll('\t', ' '))
    if (TEXT.has(type)) return { value: pieces(plain.data) }
    const fields = FIELDS[type] ?? []
    const words = content.split(' ').filter(word => word !== '')
    const last = fields.length - 1
    const parts = [...words.slice(0, last), words.slice(last).join(' ')]
    return Object.fromEntries(fields.map((field, index) => [field, fieldOf(field, parts[index] ?? '')]))
  })
}

function fieldOf(field: string, text: string): string | number {
  if (NUMBERS.test(field)) return Number(text)
  if (NAMES.test(field)) return bare(text)
  return field === 'value' ? text.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1') : text
}

function pieces(text: string): string[] {
  const found: string[] = []
  let piece = ''
  let size = 0
  for (const char of text) {
    const bytes = Buffer.byteLength(char)
    if (size + bytes > 255) {
      found.push(piece)
      piece = ''
      size = 0
    }
    piece += char
    size += bytes
  }
  return [...found, piece]
}

/** A record's content in one line: what its id is made of. */
export function contentOf({ data, priority }: PlainData): string {
  return priority === undefined ? data : `${priority} ${data}`
}

/** Whether two data are the same. */
export function isSame(type: RecordType, a: PlainData, b: PlainData): boolean {
  const plain = (each: PlainData): string =>
    TEXT.has(type) ? each.data : contentOf(each).toLowerCase().replace(/\s+/g, ' ')
  return plain(a) === plain(b)
}

/** A set, and one of its data. */
export interface RecordPlace {
  /** Relative, as Azure has it: `@` for the zone's own. */
  readonly name: string
  readonly type: RecordType
  /** `undefined` of the SOA, of which there is one. */
  readonly content: string | undefined
}

/** The same for the same record as long as name, type and data stay. */
export function recordId({ name, type, content }: RecordPlace): string {
  const start = `${encodeURIComponent(name)}/${type}`
  return content === undefined ? start : `${start}/${encodeURIComponent(content)}`
}

/** Reads an id; `undefined` for what cannot be one. */
export function placeOf(id: string, domain: string): RecordPlace | undefined {
  const [name = '', type = '', content, ...more] = id.split('/')
  if (!RECORD_TYPES.includes(type as RecordType) || (type === Type.SOA) !== (content === undefined) || more.length > 0)
    return undefined
  try {
    const plain = content === undefined ? undefined : decodeURIComponent(content)
    const place = { name: setName(domain, decodeURIComponent(name)), type: type as RecordType, content: plain }
    return recordId(place).toLowerCase() === id.toLowerCase() ? place : undefined
  } catch {
    return undefined
  }
}

/** A name as Azure has it: relative, and `@` for the zone's own. @throws Malformed for what is none, or lies elsewhere */
export function setName(domain: string, name: string): string {
  return relativeName(domain, nameWithin(domain, name)) || '@'
}

/** A name as this library has it. */
export const plainName = (name: string): string => (name === '@' ? '' : name)
