import { fromContent } from '../../lib/dns/content.js'
import {
  type CreateRecordOptions,
  type ListRecordsOptions,
  Record,
  type RecordRef,
  type RecordType,
  type UpdateRecordOptions,
} from '../../lib/dns/types.js'
import { InvalidRequestError, RecordAlreadyExistsError, RecordDoesNotExistError } from '../../lib/errors.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { NO_ZONE, zonePath } from './dns.base.js'
import { bare, change, domainOf, fullName, GoogleDNSChanges, readSet, rewrite } from './dns.changes.js'
import {
  answersOf,
  type GoogleRouting,
  isSame,
  placeOf,
  type RawRecordSet,
  RECORD_TYPES,
  type RecordPlace,
  recordId,
  shortName,
  toContent,
} from './dns.shared.js'

/** Seconds that a new set's records may be kept when nobody says: what Google's console proposes. */
const DEFAULT_TTL = 300

/** What only Google tells of a record. */
export interface GoogleRecordExtra {
  /** Name and data as Google has them. */
  readonly fullName: string
  readonly content: string
  /** Whom it is given, where its set has a routing policy. Such records are changed by `ex_replaceRecordSet` only. */
  readonly routing: GoogleRouting | undefined
}

/** What a record's set becomes. */
interface Target {
  readonly name: string
  readonly type: RecordType
  readonly content: string
}

/** Records. */
export abstract class GoogleDNSRecords extends GoogleDNSChanges {
  /** @see https://cloud.google.com/dns/docs/reference/rest/v1/resourceRecordSets/list */
  listRecords(zone: Ref, options?: ListRecordsOptions): Pager<Record<GoogleRecordExtra>> {
    let domain: string | undefined
    return pager(async token => {
      domain ??= await domainOf(this, zone, options)
      const within = domain
      const name = options?.name === undefined ? undefined : fullName(this, 'options.name', within, options.name)
      // Of a type Google tells only beside a name.
      const query = { name, type: name === undefined ? undefined : options?.type }
      const at = (project: string): string => `${zonePath(zone.id)(project)}/rrsets`
      const map = (raw: RawRecordSet): Record<GoogleRecordExtra>[] => this.#toRecords(raw, zone, within)
      const keep = ({ type }: RawRecordSet): boolean =>
        RECORD_TYPES.includes(type as RecordType) && (options?.type === undefined || options.type === type)
      const page = await this.connection.page(
        { path: at, member: 'rrsets', query, map, keep, errors: NO_ZONE },
        token,
        options,
      )
      return { ...page, items: page.items.flat() }
    }, options)
  }

  /** @see https://cloud.google.com/dns/docs/reference/rest/v1/resourceRecordSets/list */
  async getRecord(zoneId: string, recordId: string, options?: CallOptions): Promise<Record<GoogleRecordExtra>> {
    const zone = { id: zoneId }
    const domain = await domainOf(this, zone, options)
    const place = this.#placeOf(recordId, domain, options)
    const set = await readSet(this, zone, place, options)
    return this.#found(set, place, zone, domain, options)
  }

  /**
   * Adds to the records of its name and type, whose TTL they share: a TTL that is given becomes that of all of them, and
   * none keeps theirs, or is 300 for the first. It is awaited. What others change meanwhile is not lost.
   * @see https://cloud.google.com/dns/docs/reference/rest/v1/changes/create
   */
  async createRecord(
    zone: Ref,
    record: CreateRecordOptions,
    options?: WaitOptions,
  ): Promise<Owned<Record<GoogleRecordExtra>>> {
    const known = 'domain' in zone
    // What is wrong is said before the zone is asked for.
    if (!known) this.#target('record', record.name, record.type, record, 'example.com')
    const domain = await domainOf(this, zone, options)
    const target = this.#target('record', record.name, record.type, record, domain)
    const created = await rewrite(options, async () => {
      const old = await readSet(this, zone, target, options)
      this.#refuseTwins(old, target, undefined, options)
      return () => this.#write(zone, domain, { old, target, ttl: record.ttl }, options)
    })
    return owned(created, () => this.deleteRecord(created))
  }

  /**
   * Name and type can change too: the record then leaves its set for another, in one step. See `createRecord` for the TTL.
   * @see https://cloud.google.com/dns/docs/reference/rest/v1/changes/create
   */
  async updateRecord(
    record: RecordRef,
    changes: UpdateRecordOptions,
    options?: WaitOptions,
  ): Promise<Record<GoogleRecordExtra>> {
    const { zone } = record
    const domain = await domainOf(this, zone, options)
    const place = this.#placeOf(record.id, domain, options)
    const name = changes.name === undefined ? place.name : fullName(this, 'changes.name', domain, changes.name)
    const type = changes.type ?? place.type
    return rewrite(options, async () => {
      const from = await readSet(this, zone, place, options)
      const old = this.#found(from, place, zone, domain, options)
      this.#refuseRouted(old, options)
      const isMoved = name !== place.name || type !== place.type
      const data = changes.data ?? old.data
      const priority = changes.priority ?? old.priority
      const asItIs = changes.data === undefined && changes.priority === undefined && type === place.type
      const content = asItIs
        ? old.extra.content
        : toContent(this.provider, 'changes.data', type, { data, priority }, domain)
      const target = { name, type, content }
      const to = isMoved ? await readSet(this, zone, target, options) : from
      this.#refuseTwins(to, target, isMoved ? undefined : old.extra.content, options)
      const ttl = changes.ttl ?? to?.ttl ?? from?.ttl
      const leaving = isMoved && from ? { set: from, content: old.extra.content } : undefined
      const replaced = isMoved ? undefined : old.extra.content
      return () => this.#write(zone, domain, { old: to, target, ttl, replaced, leaving }, options)
    })
  }

  /** @see https://cloud.google.com/dns/docs/reference/rest/v1/changes/create */
  async deleteRecord(record: RecordRef, options?: WaitOptions): Promise<void> {
    const { zone } = record
    const domain = await domainOf(this, zone, options)
    const place = this.#placeOf(record.id, domain, options)
    await rewrite(options, async () => {
      const set = await readSet(this, zone, place, options)
      const found = this.#found(set, place, zone, domain, options)
      this.#refuseRouted(found, options)
      const { additions, deletions } = without(set as RawRecordSet, found.extra.content)
      return () => change(this, zone, domain, { additions, deletions }, options)
    })
  }

  async #write(
    zone: Ref,
    domain: string,
    { old, target, ttl, replaced, leaving }: Rewriting,
    options: WaitOptions | undefined,
  ): Promise<Record<GoogleRecordExtra>> {
    const { name, type, content } = target
    const others = (old?.rrdatas ?? []).filter(each => each !== replaced)
    const written = { name, type, ttl: ttl ?? old?.ttl ?? DEFAULT_TTL, rrdatas: [...others, content] }
    const left = leaving ? without(leaving.set, leaving.content) : { additions: [], deletions: [] }
    const additions = [...left.additions, written]
    const deletions = [...left.deletions, ...(old ? [bare(old)] : [])]
    const { additions: done } = await change(this, zone, domain, { additions, deletions }, options)
    const set = done.find(each => each.name === shortName(domain, name) && each.type === type)
    const stored = set?.rrdatas?.find(each => isSame(type, each, content)) ?? content
    return this.#toRecord({ ...written, rrdatas: [stored] }, stored, undefined, zone, domain)
  }

  #target(
    argument: string,
    name: string,
    type: RecordType,
    plain: { readonly data: string; readonly priority?: number | undefined },
    domain: string,
  ): Target {
    if (!RECORD_TYPES.includes(type)) {
      const allowed = `one of ${RECORD_TYPES.join(', ')}`
      const details = { provider: this.provider, argument: `${argument}.type`, allowed }
      throw new InvalidRequestError(`'${argument}.type' must be ${allowed}`, details)
    }
    const content = toContent(this.provider, `${argument}.data`, type, plain, domain)
    return { name: fullName(this, `${argument}.name`, domain, name), type, content }
  }

  #placeOf(id: string, domain: string, options: CallOptions | undefined): RecordPlace {
    const place = placeOf(id, domain)
    if (place === undefined) throw this.#missing(options)
    return place
  }

  #found(
    set: RawRecordSet | undefined,
    place: RecordPlace,
    zone: Ref,
    domain: string,
    options: CallOptions | undefined,
  ): Record<GoogleRecordExtra> {
    const { content, type } = place
    const found = set && answersOf(set).find(each => content === undefined || isSame(type, each.content, content))
    if (set === undefined || found === undefined) throw this.#missing(options)
    return this.#toRecord(set, found.content, found.routing, zone, domain)
  }

  #missing(options: CallOptions | undefined): RecordDoesNotExistError {
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: '${this.provider}' has no such record`
    return new RecordDoesNotExistError(message, { provider: this.provider, operation })
  }

  #refuseRouted({ extra }: Record<GoogleRecordExtra>, options: CallOptions | undefined): void {
    if (extra.routing === undefined) return
    const allowed = 'a record without a routing policy: ex_replaceRecordSet changes those'
    const operation = operationOf(options)
    const details = { provider: this.provider, operation, argument: 'record', allowed }
    throw new InvalidRequestError(`${operation ?? 'request'}: 'record' must be ${allowed}`, details)
  }

  #refuseTwins(
    set: RawRecordSet | undefined,
    { type, content }: Target,
    but: string | undefined,
    options: CallOptions | undefined,
  ): void {
    const twin = set && answersOf(set).find(each => each.content !== but && isSame(type, each.content, content))
    if (!twin) return
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: '${this.provider}' has this record already`
    throw new RecordAlreadyExistsError(message, { provider: this.provider, operation })
  }

  #toRecords(set: RawRecordSet, zone: Ref, domain: string): Record<GoogleRecordExtra>[] {
    return answersOf(set).map(({ content, routing }) => this.#toRecord(set, content, routing, zone, domain))
  }

  #toRecord(
    set: RawRecordSet,
    content: string,
    routing: GoogleRouting | undefined,
    zone: Ref,
    domain: string,
  ): Record<GoogleRecordExtra> {
    const type = set.type as RecordType
    const name = shortName(domain, set.name)
    return new Record(this, {
      id: recordId(name, type, content),
      name,
      type,
      ...fromContent(type, content),
      ttl: set.ttl,
      zone,
      extra: { fullName: set.name, content, routing },
    })
  }
}

/** What is to be written: into which set, in place of which of its data, and which set it leaves for that. */
interface Rewriting {
  readonly old: RawRecordSet | undefined
  readonly target: Target
  readonly ttl: number | undefined
  readonly replaced?: string | undefined
  readonly leaving?: { readonly set: RawRecordSet; readonly content: string } | undefined
}

function without(set: RawRecordSet, content: string): { additions: RawRecordSet[]; deletions: RawRecordSet[] } {
  const rrdatas = (set.rrdatas ?? []).filter(each => each !== content)
  return { additions: rrdatas.length > 0 ? [{ ...bare(set), rrdatas }] : [], deletions: [bare(set)] }
}
