// Names and data: relative, plain and without final dots here; absolute and in the server's canonical form there.
import { Fields, joinName, Malformed, quote, quoteText, readName, unescapeText } from '../../lib/dns/presentation.js'
import { formatData } from '../../lib/dns/rdata.js'
import { type RecordType, RecordType as Type, type Zone } from '../../lib/dns/types.js'
import { InvalidRequestError } from '../../lib/errors.js'
import type { Ref } from '../../lib/resource.js'

/** A record's data as this library has it. */
export interface PlainData {
  readonly data: string
  readonly priority?: number | undefined
}

const TEXT: ReadonlySet<string> = new Set([Type.TXT, Type.SPF])
const SERVICE: ReadonlySet<string> = new Set([Type.SVCB, Type.HTTPS])
/** Types whose data loses its first field, because it is the record's priority. */
const PRIORITY: ReadonlySet<string> = new Set([Type.MX, Type.SRV, Type.URI, ...SERVICE])
/** Types with host names, and which fields of the data, less the priority, are some. */
const HOSTS: Readonly<Record<string, readonly number[]>> = {
  AFSDB: [1],
  ALIAS: [0],
  CNAME: [0],
  DNAME: [0],
  HTTPS: [0],
  MX: [0],
  NS: [0],
  NSEC: [0],
  PTR: [0],
  RP: [0, 1],
  RRSIG: [7],
  SOA: [0, 1],
  SRV: [2],
  SVCB: [0],
}
const HEXADECIMAL: ReadonlySet<string> = new Set([Type.DS, Type.SSHFP, Type.TLSA])

/** A zone's domain. A mere id is the domain too, with `=2F` and the like for what a path cannot hold. */
function domainOf(zone: Ref): string {
  if ('domain' in zone && typeof zone.domain === 'string') return (zone as Zone).domain
  const name = zone.id.replace(/=([0-9A-Fa-f]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  )
  // A variant of a zone, for views, has its name behind two dots.
  return name.replace(/\.\.[^.]*$/, '').replace(/(?<=.)\.$/, '')
}

/** Runs what may find a name or data malformed, and says in which argument. */
export function checked<T>(provider: string, argument: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    throw new InvalidRequestError(`'${argument}' cannot be sent: ${error.message}`, { provider, argument })
  }
}

/** A zone's domain, of which it is sure that names can be made with it. */
export function checkedDomain(provider: string, zone: Ref): string {
  const domain = domainOf(zone)
  checked(provider, 'zone', () => absoluteName(domain))
  return domain
}

/** The server's form of a name: with its dot, in lower case, U-labels as A-labels. */
export function absoluteName(text: string): string {
  return plainEscapes(joinName(readName(text).labels)).toLowerCase()
}

/** The server's form of a name that is relative to a domain; a final dot says that it is not. */
export function nameWithin(domain: string, text: string): string {
  if (text === '' || text === '@') return absoluteName(domain)
  const { labels, absolute } = readName(text)
  return plainEscapes(joinName(absolute ? labels : [...labels, ...readName(domain).labels])).toLowerCase()
}

/** A name of the server's, relative to a domain; empty for the domain's own. */
export function relativeName(domain: string, name: string): string {
  const origin = absoluteName(domain)
  const lower = name.toLowerCase()
  if (lower === origin) return ''
  if (origin === '.') return lower.slice(0, -1)
  return lower.endsWith(`.${origin}`) ? lower.slice(0, -origin.length - 1) : lower
}

/** Data as the server has it. It knows one form of each, and refuses others or changes them to it. */
export function toContent(type: RecordType, { data, priority }: PlainData, domain: string): string {
  if (TEXT.has(type)) return quoteText(data)
  return canonical(type, data, PRIORITY.has(type) ? (priority ?? 0) : priority, absoluteName(domain))
}

/** The server's content in the one form by which two of them can be compared. */
export function normalContent(type: RecordType, content: string, domain: string): string {
  try {
    if (TEXT.has(type)) return formatData(type, content, undefined, '.')
    return canonical(type, content, undefined, absoluteName(domain))
  } catch {
    return content
  }
}

/** The server's content as data: final dots, quotes of texts and priorities are not part of it. */
export function fromContent(type: RecordType, content: string): PlainData {
  if (TEXT.has(type)) return { data: plainText(content) }
  const [, first = '', rest = content] = (PRIORITY.has(type) && /^(\d+)\s+(.*)$/s.exec(content)) || []
  const data = withoutDots(type, rest)
  return first === '' ? { data } : { data, priority: Number(first) }
}

function withoutDots(type: RecordType, text: string): string {
  const strip = (field: string): string => field.replace(/(?<=.)\.$/, '')
  // Its strings may hold blanks: only the end is sure to be the host.
  if (type === Type.NAPTR) return text.replace(/\S+$/, strip)
  const hosts = HOSTS[type] ?? []
  let index = 0
  return hosts.length === 0 ? text : text.replace(/\S+/g, field => (hosts.includes(index++) ? strip(field) : field))
}

/** The strings of a text, joined. What is not UTF-8 cannot be plain text: it stays as the server has it. */
function plainText(content: string): string {
  try {
    const fields = new Fields(content)
    const parts: Buffer[] = []
    while (!fields.done) parts.push(unescapeText(fields.next().text))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts))
  } catch {
    return content
  }
}

function canonical(type: RecordType, data: string, priority: number | undefined, origin: string): string {
  if (SERVICE.has(type)) return serviceContent(data, priority)
  // ALIAS is no type of DNS; it has what CNAME has.
  const text = formatData(type === Type.ALIAS ? Type.CNAME : type, data, priority, origin).replaceAll('\t', ' ')
  if (HEXADECIMAL.has(type)) return text.toLowerCase()
  if (type === Type.AAAA) return new URL(`http://[${text}]`).hostname.slice(1, -1)
  return type === Type.LOC ? locationContent(text) : plainEscapes(text)
}

/** The server escapes dots and backslashes in names, and what cannot be printed, and no more. */
function plainEscapes(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\\(["();@$])/g, (whole, char?: string) => char ?? whole)
}

const metres = (text: string | undefined, fallback: string): string =>
  `${Number.parseFloat(text ?? fallback).toFixed(2)}m`

/** A location with everything that may be left out. */
function locationContent(text: string): string {
  const angle = String.raw`(\d+)(?: (\d+))?(?: ([\d.]+))?`
  const match = new RegExp(
    `^${angle} ([NS]) ${angle} ([EW]) (-?[\\d.]+)m?(?: ([\\d.]+)m?)?(?: ([\\d.]+)m?)?(?: ([\\d.]+)m?)?$`,
  ).exec(text)
  if (!match) return text
  const [, d1, m1 = '0', s1 = '0', ns, d2, m2 = '0', s2 = '0', ew, altitude, size, horizontal, vertical] = match
  const seconds = (each: string): string => Number(each).toFixed(3)
  const sizes = [metres(altitude, '0'), metres(size, '1'), metres(horizontal, '10000'), metres(vertical, '10')]
  return [d1, m1, seconds(s1), ns, d2, m2, seconds(s2), ew, ...sizes].join(' ')
}

const SERVICE_KEYS = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint', 'dohpath', 'ohttp']

const keyNumber = (key: string): number => {
  const known = SERVICE_KEYS.indexOf(key)
  return known >= 0 ? known : Number(/^key(\d{1,5})$/.exec(key)?.[1] ?? Number.NaN)
}

/** Parameters in the order of their numbers; only `ech` and those without a name are quoted. */
function serviceContent(text: string, priority: number | undefined): string {
  const fields = new Fields(text)
  const leads = /^[ \t]*\d+(?:[ \t]|$)/.test(text)
  const lead = leads ? fields.next().text : String(priority ?? 0)
  if (!(Number(lead) <= 0xffff)) throw new Malformed('its priority is no number from 0 to 65535')
  const target = plainEscapes(joinName(readName(fields.next().text).labels))
  const params: { key: string; text: string }[] = []
  while (!fields.done) {
    const { key, value } = fields.param()
    if (Number.isNaN(keyNumber(key))) throw new Malformed('its data has no valid service parameter')
    params.push({ key, text: value === undefined ? key : `${key}=${serviceValue(key, value)}` })
  }
  params.sort((a, b) => keyNumber(a.key) - keyNumber(b.key))
  return [Number(lead), target, ...params.map(each => each.text)].join(' ')
}

function serviceValue(key: string, value: string): string {
  const quoted = quote(unescapeText(value))
  if (key === 'ech' || /^key\d/.test(key)) return quoted
  const plain = quoted.slice(1, -1)
  return plain === '' || /[\s();"]/.test(plain) ? quoted : plain
}
