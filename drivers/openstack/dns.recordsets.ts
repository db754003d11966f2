// Record sets are what Designate stores: all records of one name and type, with one TTL.
import { absoluteName, PRIORITY, plainEscapes, TEXT } from '../../lib/dns/content.js'
import { Fields, Malformed, quote, unescapeText } from '../../lib/dns/presentation.js'
import { formatData } from '../../lib/dns/rdata.js'
import { type RecordType, RecordType as Type } from '../../lib/dns/types.js'
import {
  RecordAlreadyExistsError,
  RecordDoesNotExistError,
  ZoneAlreadyExistsError,
  ZoneDoesNotExistError,
} from '../../lib/errors.js'
import type { ErrorTable, ProviderProblem } from '../../lib/http/errors.js'
import type { ReplyHead } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { KeyedQueue } from '../../lib/queue.js'
import type { Ref } from '../../lib/resource.js'
import { OpenStackConnection } from './connection.js'

/** https://docs.openstack.org/designate/latest/user/rest/recordset.html */
export const RECORD_TYPES: readonly RecordType[] = [
  Type.A,
  Type.AAAA,
  Type.CAA,
  Type.CERT,
  Type.CNAME,
  Type.MX,
  Type.NAPTR,
  Type.NS,
  Type.PTR,
  Type.SOA,
  Type.SPF,
  Type.SRV,
  Type.SSHFP,
  Type.TXT,
]
/** What a string of a text may have, quotes and escapes counted: Designate takes it for the 255 bytes of DNS. */
const STRING = 255

export interface RawRecordset {
  readonly id: string
  readonly zone_id: string
  readonly zone_name: string
  readonly project_id?: string
  readonly name: string
  readonly type: string
  readonly ttl: number | null
  readonly records: readonly string[]
  readonly description: string | null
  readonly status: string
  readonly action: string
  readonly version?: number
  readonly created_at?: string | null
  readonly updated_at?: string | null
}

const CODES: ErrorTable = {
  zone_not_found: ZoneDoesNotExistError,
  recordset_not_found: RecordDoesNotExistError,
  duplicate_zone: ZoneAlreadyExistsError,
  duplicate_recordset: RecordAlreadyExistsError,
}
export const NO_ZONE: ErrorTable = { ...CODES, 404: ZoneDoesNotExistError }
export const NO_RECORD: ErrorTable = { ...CODES, 404: RecordDoesNotExistError }

/** https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html */
export class DesignateConnection extends OpenStackConnection {
  override readonly errors: ErrorTable = CODES
  /** Changes to one record set wait for each other. */
  readonly writes: KeyedQueue = new KeyedQueue()

  /** What is wrong with an object stands in a list beside the message; an id that is no UUID is that of nothing. */
  override problem(text: string, head: ReplyHead): ProviderProblem {
    const problem = super.problem(text, head)
    if (problem.code === 'invalid_uuid') {
      const isRecord = /recordset/.test(problem.message ?? '')
      return { ...problem, errorClass: isRecord ? RecordDoesNotExistError : ZoneDoesNotExistError }
    }
    try {
      const { errors } = JSON.parse(text) as { errors?: { errors?: readonly { message?: string }[] } }
      const said = (errors?.errors ?? []).map(({ message }) => message).filter(each => typeof each === 'string')
      const { code, message } = problem
      return said.length === 0 ? problem : { ...problem, code, message: [message, ...said].filter(Boolean).join(': ') }
    } catch {
      return problem
    }
  }
}

/** A record's data as Designate has it. */
export function toContent(
  type: RecordType,
  { data, priority }: { readonly data: string; readonly priority?: number | undefined },
  domain: string,
): string {
  if (TEXT.has(type)) return quotedText(data)
  const origin = absoluteName(domain)
  const text = formatData(type, data, PRIORITY.has(type) ? (priority ?? 0) : priority, origin).replaceAll('\t', ' ')
  if (type === Type.AAAA) return new URL(`http://[${text}]`).hostname.slice(1, -1)
  if (type === Type.SSHFP) return text.toLowerCase()
  if (type === Type.NAPTR) return unquotedStrings(text)
  return type === Type.CAA ? unquotedValue(text) : plainEscapes(text)
}

/** A text whose strings are short enough for Designate. */
function quotedText(data: string): string {
  if (!data.isWellFormed()) throw new Malformed('it is not well-formed Unicode')
  const bytes = Buffer.from(data)
  if (bytes.length > 65_000) throw new Malformed('it has more than 65000 bytes')
  const strings: string[] = []
  let start = 0
  let length = 2
  for (let at = 0; at < bytes.length; at++) {
    const size = quote(bytes.subarray(at, at + 1)).length - 2
    if (length + size > STRING) {
      strings.push(quote(bytes.subarray(start, at)))
      start = at
      length = 2
    }
    length += size
  }
  strings.push(quote(bytes.subarray(start)))
  return strings.join(' ')
}

/** Designate takes a CAA's value without its quotes alone. */
function unquotedValue(text: string): string {
  const [, lead = '', value = ''] = /^(\d+ \S+ )"((?:[^"\\]|\\.)*)"$/.exec(text) ?? []
  return lead === '' ? text : lead + unescapeText(value).toString()
}

/** Designate takes a NAPTR's strings without their quotes alone, and none that is empty. */
function unquotedStrings(text: string): string {
  const fields = new Fields(text)
  const found: string[] = []
  while (!fields.done) {
    const { text: field, quoted } = fields.next()
    const value = unescapeText(field).toString()
    found.push(quoted && (value === '' || /[\s"]/.test(value)) ? `"${field}"` : quoted ? value : field)
  }
  return found.join(' ')
}

/** Designate's content in the one form by which two of them can be compared. */
export function normalContent(type: RecordType, content: string, domain: string): string {
  try {
    if (TEXT.has(type)) {
      const fields = new Fields(content)
      const parts: Buffer[] = []
      while (!fields.done) parts.push(unescapeText(fields.next().text))
      return quote(Buffer.concat(parts))
    }
    return toContent(type, { data: content }, domain)
  } catch {
    return content
  }
}

/** A record's id: that of its set, and what it says, percent-encoded. The zone's SOA changes by itself. */
export function recordId(set: RawRecordset, content: string): string {
  if (set.type === Type.SOA) return set.id
  return `${set.id}/${encodeURIComponent(normalContent(set.type as RecordType, content, set.zone_name))}`
}

/** What an id names; `undefined` for what cannot be one. */
export function placeOf(id: string): { readonly set: string; readonly content: string | undefined } | undefined {
  const [, set = '', content] = /^([0-9a-f-]{32,36})(?:\/(.*))?$/i.exec(id) ?? []
  if (set === '') return undefined
  try {
    return { set, content: content === undefined ? undefined : decodeURIComponent(content) }
  } catch {
    return undefined
  }
}

/** A driver, as far as these functions need it. */
export interface RecordsetHolder {
  readonly provider: string
  readonly connection: DesignateConnection
}

/** One record set, by its id. */
export function readSet(
  { connection }: RecordsetHolder,
  zone: Ref,
  id: string,
  options?: CallOptions,
): Promise<RawRecordset> {
  const at = path`/zones/${zone.id}/recordsets/${id}`
  return connection.one({ path: at, map: (raw: RawRecordset) => raw, errors: NO_RECORD }, options)
}

/** One record set, by its name and type, if it is there. */
export async function findSet(
  { connection }: RecordsetHolder,
  zone: Ref,
  name: string,
  type: string,
  options?: CallOptions,
): Promise<RawRecordset | undefined> {
  const at = path`/zones/${zone.id}/recordsets`
  // A star in a filter means anything.
  const query = { name: name.includes('*') ? undefined : name, type }
  const list = { path: at, member: 'recordsets', query, map: (raw: RawRecordset) => raw, errors: NO_ZONE }
  for await (const set of connection.list(list, options)) if (set.name === name && set.type === type) return set
  return undefined
}

/** What a record set has from now on. */
export interface SetChanges {
  readonly records?: readonly string[] | undefined
  readonly ttl?: number | null | undefined
  readonly description?: string | null | undefined
}

export function createSet(
  { connection }: RecordsetHolder,
  zone: Ref,
  set: SetChanges & { readonly name: string; readonly type: string },
  options?: CallOptions,
): Promise<RawRecordset> {
  const at = path`/zones/${zone.id}/recordsets`
  const spec = { method: 'POST', path: at, json: set, errors: NO_ZONE } as const
  return connection.one({ ...spec, map: (raw: RawRecordset) => raw }, options)
}

export function updateSet(
  { connection }: RecordsetHolder,
  zone: Ref,
  id: string,
  changes: SetChanges,
  options?: CallOptions,
): Promise<RawRecordset> {
  const at = path`/zones/${zone.id}/recordsets/${id}`
  const spec = { method: 'PUT', path: at, json: changes, errors: NO_RECORD } as const
  return connection.one({ ...spec, map: (raw: RawRecordset) => raw }, options)
}

export async function deleteSet(
  { connection }: RecordsetHolder,
  zone: Ref,
  id: string,
  options?: CallOptions,
): Promise<void> {
  const at = path`/zones/${zone.id}/recordsets/${id}`
  await connection.request({ method: 'DELETE', path: at, errors: NO_RECORD }, options)
}
