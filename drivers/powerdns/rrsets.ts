// RRsets are what the server stores: all records of one name and type, with one TTL and comments of their own.
import { checked, nameWithin } from '../../lib/dns/content.js'
import { type RecordType, RecordType as Type } from '../../lib/dns/types.js'
import { ZoneDoesNotExistError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { KeyedQueue } from '../../lib/queue.js'
import type { Ref } from '../../lib/resource.js'
import type { PowerDNSConnection } from './connection.js'
import { normalContent } from './content.js'

/** The record types that PowerDNS knows: https://doc.powerdns.com/authoritative/appendices/types.html */
export const RECORD_TYPES: readonly RecordType[] = [
  Type.A,
  Type.AAAA,
  Type.AFSDB,
  Type.ALIAS,
  Type.CAA,
  Type.CERT,
  Type.CNAME,
  Type.DNAME,
  Type.DNSKEY,
  Type.DS,
  Type.HINFO,
  Type.HTTPS,
  Type.KEY,
  Type.LOC,
  Type.MX,
  Type.NAPTR,
  Type.NS,
  Type.NSEC,
  Type.OPENPGPKEY,
  Type.PTR,
  Type.RP,
  Type.RRSIG,
  Type.SOA,
  Type.SPF,
  Type.SRV,
  Type.SSHFP,
  Type.SVCB,
  Type.TLSA,
  Type.TXT,
  Type.URI,
]

export interface RawComment {
  readonly content: string
  readonly account?: string
  readonly modified_at?: number
}
export interface RawRecord {
  readonly content: string
  readonly disabled?: boolean
  readonly modified_at?: number
}
export interface RawRRset {
  readonly name: string
  readonly type: string
  readonly ttl: number
  readonly records: readonly RawRecord[]
  readonly comments?: readonly RawComment[]
}
/** A change to one RRset; what is not given stays. */
export interface RawChange {
  readonly name: string
  readonly type: string
  readonly changetype: 'REPLACE' | 'DELETE' | 'EXTEND' | 'PRUNE'
  readonly ttl?: number | undefined
  readonly records?: readonly RawRecord[] | undefined
  readonly comments?: readonly RawComment[] | undefined
}

/** A driver, as far as these functions need it. */
export interface RRsetDriver {
  readonly provider: string
  readonly connection: PowerDNSConnection
}

interface State {
  readonly writes: KeyedQueue
  /** Whether the server's filter by name leaves disabled records in. */
  filters?: boolean
}
const states = new WeakMap<PowerDNSConnection, State>()

function stateOf(connection: PowerDNSConnection): State {
  let state = states.get(connection)
  if (state === undefined) {
    state = { writes: new KeyedQueue() }
    states.set(connection, state)
  }
  return state
}

/**
 * Before version 5 the filter by name hides disabled records: what is read with it and written back is lost. Such servers
 * are asked for the whole zone. The version is asked for once.
 */
async function canFilter(connection: PowerDNSConnection, options?: CallOptions): Promise<boolean> {
  const state = stateOf(connection)
  if (state.filters === undefined) {
    const { body } = await connection.request<{ version?: string }>({ path: connection.root.text }, options)
    state.filters = Number.parseInt(body.version ?? '', 10) >= 5
  }
  return state.filters
}

/** The RRsets of a zone; those of one name where one is given, absolute. */
export async function readRRsets(
  { connection }: RRsetDriver,
  zone: Ref,
  filter: { name?: string | undefined; type?: string | undefined },
  options?: CallOptions,
): Promise<readonly RawRRset[]> {
  const { name, type } = filter
  const narrow = name !== undefined && (await canFilter(connection, options))
  const spec = {
    path: path`${connection.root}/zones/${zone.id}`,
    query: narrow ? { rrset_name: name, rrset_type: type } : {},
    errors: { 404: ZoneDoesNotExistError },
  }
  const { body } = await connection.request<{ rrsets?: readonly RawRRset[] }>(spec, options)
  // Servers also answer with the comments of other names, and with other types of the same.
  return (body.rrsets ?? []).filter(
    each => (name === undefined || each.name.toLowerCase() === name) && (type === undefined || each.type === type),
  )
}

/** One RRset, if it is there. */
export async function readRRset(
  driver: RRsetDriver,
  zone: Ref,
  place: { readonly name: string; readonly type: string },
  options?: CallOptions,
): Promise<RawRRset | undefined> {
  const [found] = await readRRsets(driver, zone, place, options)
  return found
}

/** Several RRsets, in their order, where they are there. A server that cannot filter is asked once for all of them. */
export async function readEach(
  driver: RRsetDriver,
  zone: Ref,
  places: readonly { readonly name: string; readonly type: string }[],
  options?: CallOptions,
): Promise<(RawRRset | undefined)[]> {
  if (await canFilter(driver.connection, options)) {
    return Promise.all(places.map(place => readRRset(driver, zone, place, options)))
  }
  const all = await readRRsets(driver, zone, {}, options)
  return places.map(({ name, type }) => all.find(each => each.name.toLowerCase() === name && each.type === type))
}

/** Applies changes, all or none. Twice does no more than once. */
export async function patchRRsets(
  { connection }: RRsetDriver,
  zone: Ref,
  rrsets: readonly RawChange[],
  options?: CallOptions,
): Promise<void> {
  const spec = {
    method: 'PATCH',
    path: path`${connection.root}/zones/${zone.id}`,
    json: { rrsets },
    idempotent: true,
    errors: { 404: ZoneDoesNotExistError },
    read: readNothing,
  } as const
  await connection.request(spec, options)
}

/** Reads, changes and writes RRsets while no other call of this driver does so with the same ones. */
export async function alone<T>(
  { connection }: RRsetDriver,
  zone: Ref,
  rrsets: readonly { name: string; type: string }[],
  work: () => Promise<T>,
  options?: CallOptions,
): Promise<T> {
  const id = zone.id.replace(/\.$/, '').toLowerCase()
  const keys = new Set(rrsets.map(({ name, type }) => `${id} ${name} ${type}`))
  return stateOf(connection).writes.run([...keys], work, options?.signal)
}

/** An RRset's records in place of those that it has; none of them deletes it, and its comments. */
export function replacing(name: string, type: string, ttl: number, records: readonly RawRecord[]): RawChange {
  if (records.length === 0) return { name, type, changetype: 'DELETE' }
  const plain = records.map(({ content, disabled = false }) => ({ content, disabled }))
  return { name, type, ttl, changetype: 'REPLACE', records: plain }
}

/** Where a record stands, and what it says; the zone's SOA needs no more than its type. */
export interface RecordPlace {
  /** Absolute. */
  readonly name: string
  readonly type: RecordType
  /** In the form of {@link normalContent}. */
  readonly content: string | undefined
}

/** `www/A/192.0.2.1`: PowerDNS has no ids of records, so that the record itself is its id, percent-encoded. */
export function recordId(name: string, type: RecordType, content: string, domain: string): string {
  const start = `${encodeURIComponent(name) || '@'}/${type}`
  // There is one, and the server changes its serial by itself.
  return type === Type.SOA ? start : `${start}/${encodeURIComponent(normalContent(type, content, domain))}`
}

/** Reads an id; `undefined` for what cannot be one. */
export function placeOf(driver: RRsetDriver, id: string, domain: string): RecordPlace | undefined {
  const [name = '', type = '', content, ...more] = id.split('/')
  const isSoa = type === Type.SOA
  if (!RECORD_TYPES.includes(type as RecordType) || isSoa !== (content === undefined) || more.length > 0)
    return undefined
  try {
    return {
      name: checked(driver.provider, 'id', () => nameWithin(domain, decodeURIComponent(name))),
      type: type as RecordType,
      content: content === undefined ? undefined : decodeURIComponent(content),
    }
  } catch {
    return undefined
  }
}

/** The record that an id names, among those of its RRset. */
export function findRecord(rrset: RawRRset | undefined, place: RecordPlace, domain: string): RawRecord | undefined {
  return rrset?.records.find(
    ({ content }) => place.content === undefined || normalContent(place.type, content, domain) === place.content,
  )
}
