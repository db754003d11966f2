// Names and data: relative, plain and without final dots here; absolute and in the server's canonical form there.
import { absoluteName, checked, type PlainData, PRIORITY, plainEscapes, SERVICE, TEXT } from '../../lib/dns/content.js'
import { Fields, joinName, Malformed, quote, quoteText, readName, unescapeText } from '../../lib/dns/presentation.js'
import { formatData } from '../../lib/dns/rdata.js'
import { type RecordType, RecordType as Type, type Zone } from '../../lib/dns/types.js'
import type { Ref } from '../../lib/resource.js'

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

/** A zone's domain, of which it is sure that names can be made with it. */
export function checkedDomain(provider: string, zone: Ref): string {
  const domain = domainOf(zone)
  checked(provider, 'zone', () => absoluteName(domain))
  return domain
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

function canonical(type: RecordType, data: string, priority: number | undefined, origin: string): string {
  if (SERVICE.has(type)) return serviceContent(data, priority)
  // ALIAS is no type of DNS; it has what CNAME has.
  const text = formatData(type === Type.ALIAS ? Type.CNAME : type, data, priority, origin).replaceAll('\t', ' ')
  if (HEXADECIMAL.has(type)) return text.toLowerCase()
  if (type === Type.AAAA) return new URL(`http://[${text}]`).hostname.slice(1, -1)
  return type === Type.LOC ? locationContent(text) : plainEscapes(text)
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
