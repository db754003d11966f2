// Record sets as Google has them, and records as this library has them.
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
import { quoteText } from '../../lib/dns/presentation.js'
import { formatData } from '../../lib/dns/rdata.js'
import { type RecordType, RecordType as Type } from '../../lib/dns/types.js'

/** https://cloud.google.com/dns/docs/records-overview#supported_dns_record_types */
export const RECORD_TYPES: readonly RecordType[] = [
  Type.A,
  Type.AAAA,
  Type.ALIAS,
  Type.CAA,
  Type.CNAME,
  Type.DNSKEY,
  Type.DS,
  Type.HTTPS,
  Type.MX,
  Type.NAPTR,
  Type.NS,
  Type.PTR,
  Type.SOA,
  Type.SPF,
  Type.SRV,
  Type.SSHFP,
  Type.SVCB,
  Type.TLSA,
  Type.TXT,
]

/** Names, or hosts and shares of traffic, and the data that each gets. */
export interface RawRoutingPolicy {
  readonly wrr?: { readonly items?: readonly RawRoutingItem[] }
  readonly geo?: { readonly items?: readonly RawRoutingItem[]; readonly enableFencing?: boolean }
  readonly primaryBackup?: {
    readonly backupGeoTargets?: { readonly items?: readonly RawRoutingItem[] }
    readonly trickleTraffic?: number
  }
}
interface RawRoutingItem {
  readonly weight?: number
  readonly location?: string
  readonly rrdatas?: readonly string[]
}
export interface RawRecordSet {
  readonly name: string
  readonly type: string
  readonly ttl?: number
  readonly rrdatas?: readonly string[]
  readonly signatureRrdatas?: readonly string[]
  readonly routingPolicy?: RawRoutingPolicy
}

/** Which of several answers this one is. */
export interface GoogleRouting {
  readonly policy: 'weighted' | 'geolocation' | 'failover'
  readonly weight: number | undefined
  /** Google's name of the region that gets it. */
  readonly location: string | undefined
}

/** The data of a set, one by one; those of a routing policy with what they depend on. */
export function answersOf(set: RawRecordSet): { content: string; routing: GoogleRouting | undefined }[] {
  const plain = (set.rrdatas ?? []).map(content => ({ content, routing: undefined }))
  const { wrr, geo, primaryBackup } = set.routingPolicy ?? {}
  const routed = (policy: GoogleRouting['policy'], items: readonly RawRoutingItem[] = []) =>
    items.flatMap(({ weight, location, rrdatas = [] }) =>
      rrdatas.map(content => ({ content, routing: { policy, weight, location } })),
    )
  const backup = primaryBackup?.backupGeoTargets?.items
  return [
    ...plain,
    ...routed('weighted', wrr?.items),
    ...routed('geolocation', geo?.items),
    ...routed('failover', backup),
  ]
}

/** A set of records, and one of them. */
export interface RecordPlace {
  /** Absolute. */
  readonly name: string
  readonly type: RecordType
  /** `undefined` of the SOA, of which there is one. */
  readonly content: string | undefined
}

/** The same for the same record as long as name, type and data stay. */
export function recordId(name: string, type: string, content: string): string {
  const start = `${encodeURIComponent(name) || '@'}/${type}`
  return type === Type.SOA ? start : `${start}/${encodeURIComponent(content)}`
}

/** Reads an id; `undefined` for what cannot be one. */
export function placeOf(id: string, domain: string): RecordPlace | undefined {
  const [name = '', type = '', content, ...more] = id.split('/')
  if (!RECORD_TYPES.includes(type as RecordType) || (type === Type.SOA) !== (content === undefined) || more.length > 0)
    return undefined
  try {
    return {
      name: nameWithin(domain, decodeURIComponent(name)),
      type: type as RecordType,
      content: content === undefined ? undefined : decodeURIComponent(content),
    }
  } catch {
    return undefined
  }
}

/** Data as Google has it: host names absolute, texts in quotes, the priority first. */
export function toContent(
  provider: string,
  argument: string,
  type: RecordType,
  plain: PlainData,
  domain: string,
): string {
  return checked(provider, argument, () => {
    if (TEXT.has(type)) return quoteText(plain.data)
    const priority = PRIORITY.has(type) ? (plain.priority ?? 0) : plain.priority
    // ALIAS is no type of DNS; it has what CNAME has.
    const known = type === Type.ALIAS ? Type.CNAME : type
    return plainEscapes(formatData(known, plain.data, priority, absoluteName(domain)).replaceAll('\t', ' '))
  })
}

/** Whether two data are the same, in whichever form. */
export function isSame(type: RecordType, a: string, b: string): boolean {
  if (a === b) return true
  const plain = (content: string): string => {
    const { data, priority = '' } = fromContent(type, content)
    return `${priority} ${TEXT.has(type) ? data : data.toLowerCase().replace(/\s+/g, ' ')}`
  }
  return plain(a) === plain(b)
}

/** A name of a record within its zone; empty for the zone's own. */
export function shortName(domain: string, name: string): string {
  return relativeName(domain, name)
}
