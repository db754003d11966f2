import { checked } from '../../lib/dns/content.js'
import {
  type CreateRecordOptions,
  type ListRecordsOptions,
  Record,
  type RecordRef,
  type RecordType,
  RecordType as Type,
  type UpdateRecordOptions,
} from '../../lib/dns/types.js'
import { ConflictError, NotFoundError, RecordAlreadyExistsError, RecordDoesNotExistError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { idPath, type ResourceId, refused } from './arm.ids.js'
import { AzureDNSZones, DNS_VERSION, NO_ZONE, zoneAt } from './dns.base.js'
import {
  answerOf,
  answersOf,
  contentOf,
  isSame,
  placeOf,
  plainName,
  plainOf,
  type RawSet,
  type RawSetProperties,
  RECORD_TYPES,
  type RecordPlace,
  recordId,
  setName,
  typeOf,
  withAnswers,
} from './dns.sets.js'

/** Seconds that a new set's records may be kept when nobody says: what Azure's portal proposes. */
const DEFAULT_TTL = 3600

type Fields = Readonly<{ [name: string]: unknown }>
/** A zone, by its place and domain. */
export type ZoneAt = ResourceId & { readonly domain: string }

/** What only Azure tells of a record. */
export interface AzureRecordExtra {
  readonly fqdn: string | undefined
  /** Of the set that it belongs to. */
  readonly etag: string | undefined
  readonly metadata: Readonly<{ [name: string]: string }>
  /** The resource whose address the set has, where it is an alias: such a record's type is ALIAS, and this its data. */
  readonly targetResource: string | undefined
}

interface Target {
  readonly name: string
  readonly type: RecordType
  readonly answer: Fields
}

/** Records. */
export abstract class AzureDNSRecords extends AzureDNSZones {
  /** @see https://learn.microsoft.com/rest/api/dns/record-sets/list-by-dns-zone */
  listRecords(zone: Ref, options?: ListRecordsOptions): Pager<Record<AzureRecordExtra>> {
    return pager(async token => {
      const at = await zoneAt(this, zone, options)
      const wanted = options?.type
      if (wanted !== undefined && !RECORD_TYPES.includes(wanted)) return { items: [] }
      const { name } = options ?? {}
      const only =
        name === undefined ? undefined : checked(this.provider, 'options.name', () => setName(at.domain, name))
      const map = (raw: RawSet): Record<AzureRecordExtra>[] => this.#toRecords(raw, zone)
      const keep = (raw: RawSet): boolean =>
        RECORD_TYPES.includes(typeOf(raw)) && (only === undefined || raw.name.toLowerCase() === only)
      const below = wanted === undefined ? '/recordsets' : path`/${wanted}`
      const spec = { path: idPath(at) + below, version: DNS_VERSION, map, keep, errors: NO_ZONE }
      const page = await this.connection.page(spec, token, options)
      return { ...page, items: page.items.flat() }
    }, options)
  }

  /** @see https://learn.microsoft.com/rest/api/dns/record-sets/get */
  async getRecord(zoneId: string, recordId: string, options?: CallOptions): Promise<Record<AzureRecordExtra>> {
    const zone = { id: zoneId }
    const at = await zoneAt(this, zone, options)
    const place = this.#placeOf(recordId, at, options)
    return this.#found(await readSet(this, at, place, options), place, zone, options)
  }

  /**
   * Adds to the records of its name and type, whose TTL they share: a TTL that is given becomes that of all of them, and
   * none keeps theirs, or is 3600 for the first. What others change meanwhile is not lost.
   * @see https://learn.microsoft.com/rest/api/dns/record-sets/create-or-update
   */
  async createRecord(
    zone: Ref,
    record: CreateRecordOptions,
    options?: CallOptions,
  ): Promise<Owned<Record<AzureRecordExtra>>> {
    const at = await zoneAt(this, zone, options)
    const target = this.#target('record', record.name, record.type, record, at.domain, options)
    const created = await rewrite(options, async () => {
      const old = await readSet(this, at, target, options)
      return () => this.#add(at, zone, target, old, record.ttl, options)
    })
    return owned(created, () => this.deleteRecord(created))
  }

  /**
   * Where name or type change, the record is written in its new place before it leaves the old one: should the last step
   * fail, the new one is taken away again. See `createRecord` for the TTL.
   * @see https://learn.microsoft.com/rest/api/dns/record-sets/create-or-update
   */
  async updateRecord(
    record: RecordRef,
    changes: UpdateRecordOptions,
    options?: CallOptions,
  ): Promise<Record<AzureRecordExtra>> {
    const { zone } = record
    const at = await zoneAt(this, zone, options)
    const place = this.#placeOf(record.id, at, options)
    return rewrite(options, async () => {
      const set = await readSet(this, at, place, options)
      const found = this.#found(set, place, zone, options)
      const { name = found.name, type = found.type, data = found.data } = changes
      const priority = changes.priority ?? (type === found.type ? found.priority : undefined)
      const target = this.#target('changes', name, type, { data, priority }, at.domain, options)
      if (target.name !== place.name || target.type !== place.type) {
        const there = await readSet(this, at, target, options)
        return () => this.#move(record, at, target, there, changes.ttl, options)
      }
      const others = this.#without(set as RawSet, place)
      this.#refuseTwins(others, target, options)
      return () => this.#write(at, zone, target, [...others, target.answer], set, changes.ttl, options)
    })
  }

  async #move(
    record: RecordRef,
    at: ZoneAt,
    target: Target,
    there: RawSet | undefined,
    ttl: number | undefined,
    options: CallOptions | undefined,
  ): Promise<Record<AzureRecordExtra>> {
    const moved = await this.#add(at, record.zone, target, there, ttl, options)
    try {
      await this.deleteRecord(record, options)
      return moved
    } catch (error) {
      await this.deleteRecord(moved).catch(() => {})
      throw error
    }
  }

  /** @see https://learn.microsoft.com/rest/api/dns/record-sets/delete */
  async deleteRecord(record: RecordRef, options?: CallOptions): Promise<void> {
    const { zone } = record
    const at = await zoneAt(this, zone, options)
    const place = this.#placeOf(record.id, at, options)
    await rewrite(options, async () => {
      const set = await readSet(this, at, place, options)
      this.#found(set, place, zone, options)
      const left = this.#without(set as RawSet, place)
      return async () => {
        if (left.length === 0) return dropSet(this, at, place, set?.etag, options)
        await putSet(this, at, place, withAnswers(place.type, ttlOf(set), left, set), set, options)
      }
    })
  }

  async #add(
    at: ZoneAt,
    zone: Ref,
    target: Target,
    old: RawSet | undefined,
    ttl: number | undefined,
    options: CallOptions | undefined,
  ): Promise<Record<AzureRecordExtra>> {
    const before = old ? answersOf(old) : []
    if (old?.properties?.targetResource?.id)
      throw refused(this.provider, operationOf(options), 'record', 'one whose name has no alias of this type')
    this.#refuseTwins(before, target, options)
    if ((target.type === Type.CNAME || target.type === Type.SOA) && before.length > 0) throw this.#exists(options)
    return this.#write(at, zone, target, [...before, target.answer], old, ttl, options)
  }

  async #write(
    at: ZoneAt,
    zone: Ref,
    target: Target,
    answers: readonly Fields[],
    old: RawSet | undefined,
    ttl: number | undefined,
    options: CallOptions | undefined,
  ): Promise<Record<AzureRecordExtra>> {
    const set = await putSet(this, at, target, withAnswers(target.type, ttl ?? ttlOf(old), answers, old), old, options)
    const wanted = plainOf(target.type, target.answer)
    const stored = answersOf(set).find(each => isSame(target.type, plainOf(target.type, each), wanted))
    return this.#toRecord(set, stored ?? target.answer, zone)
  }

  #target(
    argument: string,
    name: string,
    type: RecordType,
    plain: { readonly data: string; readonly priority?: number | undefined },
    domain: string,
    options: CallOptions | undefined,
  ): Target {
    if (!RECORD_TYPES.includes(type))
      throw refused(this.provider, operationOf(options), `${argument}.type`, `one of ${RECORD_TYPES.join(', ')}`)
    const answer = answerOf(this.provider, `${argument}.data`, type, plain, domain)
    return { name: checked(this.provider, `${argument}.name`, () => setName(domain, name)), type, answer }
  }

  #placeOf(id: string, at: ZoneAt, options: CallOptions | undefined): RecordPlace {
    const place = placeOf(id, at.domain)
    if (place === undefined) throw this.#missing(options)
    return place
  }

  #found(
    set: RawSet | undefined,
    place: RecordPlace,
    zone: Ref,
    options: CallOptions | undefined,
  ): Record<AzureRecordExtra> {
    const found = set && this.#toRecords(set, zone).find(each => each.id === recordId(place) || isPlace(each, place))
    if (!found) throw this.#missing(options)
    return found
  }

  /** What a set has beside a record: nothing, where it is an alias. */
  #without(set: RawSet, place: RecordPlace): Fields[] {
    return answersOf(set).filter(each => !isContent(place, contentOf(plainOf(place.type, each))))
  }

  #refuseTwins(others: readonly Fields[], { type, answer }: Target, options: CallOptions | undefined): void {
    const wanted = plainOf(type, answer)
    if (others.some(each => isSame(type, plainOf(type, each), wanted))) throw this.#exists(options)
  }

  #exists(options: CallOptions | undefined): RecordAlreadyExistsError {
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: '${this.provider}' has this record already`
    return new RecordAlreadyExistsError(message, { provider: this.provider, operation })
  }
  #missing(options: CallOptions | undefined): RecordDoesNotExistError {
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: '${this.provider}' has no such record`
    return new RecordDoesNotExistError(message, { provider: this.provider, operation })
  }

  #toRecords(set: RawSet, zone: Ref): Record<AzureRecordExtra>[] {
    const target = set.properties?.targetResource?.id
    if (target) return [this.#toRecord(set, undefined, zone)]
    return answersOf(set).map(each => this.#toRecord(set, each, zone))
  }

  #toRecord(set: RawSet, answer: Fields | undefined, zone: Ref): Record<AzureRecordExtra> {
    const { name, etag, properties = {} } = set
    const type = typeOf(set)
    const targetResource = properties.targetResource?.id || undefined
    const plain = answer === undefined ? { data: targetResource ?? '' } : plainOf(type, answer)
    const content = type === Type.SOA ? undefined : contentOf(plain)
    return new Record<AzureRecordExtra>(this, {
      id: recordId({ name, type, content }),
      name: plainName(name),
      type: answer === undefined ? Type.ALIAS : type,
      ...plain,
      ttl: properties.TTL,
      zone,
      extra: { fqdn: properties.fqdn?.replace(/\.$/, ''), etag, metadata: properties.metadata ?? {}, targetResource },
    })
  }
}

const ttlOf = (set: RawSet | undefined): number => set?.properties?.TTL ?? DEFAULT_TTL

function isContent({ type, content }: RecordPlace, other: string): boolean {
  if (content === undefined) return true
  return type === Type.TXT ? other === content : other.toLowerCase() === content.toLowerCase()
}
function isPlace(record: Record<AzureRecordExtra>, place: RecordPlace): boolean {
  return isContent(place, contentOf(record))
}

function setPath(at: ZoneAt, { name, type }: Pick<RecordPlace, 'name' | 'type'>): string {
  return idPath(at) + path`/${type}/${name}`
}

/** One set, as it stands; `undefined` where there is none, but a zone. */
export async function readSet(
  { connection }: AzureDNSZones,
  at: ZoneAt,
  place: Pick<RecordPlace, 'name' | 'type'>,
  options: CallOptions | undefined,
): Promise<RawSet | undefined> {
  const errors = { ...NO_ZONE, NotFound: RecordDoesNotExistError }
  const spec = { path: setPath(at, place), version: DNS_VERSION, errors }
  try {
    return await connection.one(spec, (raw: RawSet) => whole(raw), options)
  } catch (error) {
    // Of a zone that is not there it says so.
    if (error instanceof NotFoundError && error.providerCode === 'NotFound') return undefined
    throw error
  }
}

/** Writes a set, unless somebody else has changed it. */
export async function putSet(
  { connection }: AzureDNSZones,
  at: ZoneAt,
  place: Pick<RecordPlace, 'name' | 'type'>,
  properties: RawSetProperties,
  old: Pick<RawSet, 'etag'> | undefined,
  options: CallOptions | undefined,
): Promise<RawSet> {
  const headers = old ? { 'if-match': old.etag } : { 'if-none-match': '*' }
  const spec = {
    method: 'PUT',
    path: setPath(at, place),
    version: DNS_VERSION,
    json: { properties },
    headers,
    errors: NO_ZONE,
  } as const
  return connection.one(spec, (raw: RawSet) => whole(raw), options)
}

/** Deletes a set, unless somebody else has changed it. */
export async function dropSet(
  { connection }: AzureDNSZones,
  at: ZoneAt,
  place: Pick<RecordPlace, 'name' | 'type'>,
  etag: string | undefined,
  options: CallOptions | undefined,
): Promise<void> {
  const headers = { 'if-match': etag }
  const spec = { method: 'DELETE', path: setPath(at, place), version: DNS_VERSION, headers, errors: NO_ZONE } as const
  await connection.request({ ...(await connection.spec(spec, options)), read: readNothing }, options)
}

function whole(raw: RawSet): RawSet {
  if (typeof raw.name !== 'string' || typeof raw.type !== 'string') throw new Error('The reply is no record set')
  return raw
}

/** A set is written as it was read, or not at all: when somebody else was faster, it is read again. */
async function rewrite<T>(options: CallOptions | undefined, prepare: () => Promise<() => Promise<T>>): Promise<T> {
  for (let left = options?.retry === false ? 0 : 3; ; left--) {
    const write = await prepare()
    try {
      return await write()
    } catch (error) {
      const isLate = error instanceof ConflictError && error.status === 412
      if (!isLate || left === 0) throw error
    }
  }
}
