import { checked, nameWithin, relativeName } from '../../lib/dns/content.js'
import {
  type CreateRecordOptions,
  type ListRecordsOptions,
  Record,
  type RecordRef,
  RecordType,
  type UpdateRecordOptions,
} from '../../lib/dns/types.js'
import { RecordAlreadyExistsError, RecordDoesNotExistError } from '../../lib/errors.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { type Pager, pager } from '../../lib/pager.js'
import { KeyedQueue } from '../../lib/queue.js'
import type { Ref } from '../../lib/resource.js'
import { refused } from './refused.js'
import { domainOf, Route53Zones } from './route53.base.js'
import {
  fromValue,
  fromWireName,
  normalValue,
  placeOf,
  type RecordPlace,
  recordId,
  toValue,
  toWireName,
} from './route53.names.js'
import {
  bareId,
  difference,
  type Place,
  type RawRecordSet,
  RECORD_TYPES,
  type Route53Alias,
  type Route53Policy,
  readPage,
  readSet,
  sendChanges,
  toAlias,
  toPolicy,
  toRawAlias,
  toRawPolicy,
} from './route53.sets.js'

/** Seconds, of a record set when nobody says. */
const DEFAULT_TTL = 300

/** What only Route 53 tells of a record. */
export interface Route53RecordExtra extends Route53Policy {
  /** With its final dot. */
  readonly fullName: string
  /** As the service has it; `undefined` for an alias. */
  readonly value: string | undefined
  /** What an alias leads to. */
  readonly alias: Route53Alias | undefined
  /** Of a record that was just changed: `ex_waitForChange` waits until all name servers have it. */
  readonly changeId: string | undefined
}
/** What Route 53's `listRecords` takes. */
export interface Route53ListRecordsOptions extends ListRecordsOptions {
  /** Only aliases, or all but aliases. */
  ex_alias?: boolean | undefined
}
/** What Route 53's `createRecord` takes. */
export interface Route53CreateRecordOptions extends CreateRecordOptions {
  /** Makes it one of several sets of its name and type, of which one is chosen. */
  ex_policy?: Route53Policy | undefined
  /** Told by the service in the history of changes. */
  ex_comment?: string | undefined
}
/** What Route 53's `updateRecord` takes. */
export interface Route53UpdateRecordOptions extends UpdateRecordOptions {
  /** In place of all that the record's set has. */
  ex_policy?: Route53Policy | undefined
  /** Leads an alias elsewhere. */
  ex_alias?: Route53Alias | undefined
  ex_comment?: string | undefined
}

/** A record that was found, and the set that it is in. */
interface Found {
  readonly set: RawRecordSet
  /** Its place among the set's values; -1 for an alias. */
  readonly index: number
}

/** Records. */
export abstract class Route53Records extends Route53Zones {
  readonly #writes = new KeyedQueue()

  /**
   * A record is one value of a set; an alias has its target as data, and `extra.alias`.
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html
   */
  listRecords(zone: Ref, options?: Route53ListRecordsOptions): Pager<Record<Route53RecordExtra>> {
    return pager(async token => {
      const domain = await domainOf(this, zone, options)
      const { name, type, ex_alias: alias } = options ?? {}
      const wanted = name === undefined ? undefined : this.#wireName('options.name', domain, name)
      const start = token === undefined ? { name: wanted, type: wanted && type } : fromToken(token)
      const { sets, next } = await readPage(this.connection, bareId(zone.id), start, options)
      const isWanted = (each: { readonly name?: string | undefined; readonly type?: string | undefined }): boolean =>
        (wanted === undefined || fromWireName(each.name ?? '') === fromWireName(wanted)) &&
        (type === undefined || each.type === type)
      const items = sets
        .filter(set => isWanted({ name: set.Name, type: set.Type }))
        .filter(set => alias === undefined || alias === (set.AliasTarget !== undefined))
        .flatMap(set => toRecords(this, set, zone, domain))
      // Names come in order: behind the wanted one there is nothing.
      const isOver = wanted !== undefined && next !== undefined && !isWanted(next)
      return { items, next: next === undefined || isOver ? undefined : toToken(next) }
    }, options)
  }

  /** @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html */
  async getRecord(zoneId: string, recordId: string, options?: CallOptions): Promise<Record<Route53RecordExtra>> {
    const zone = { id: zoneId }
    const domain = await domainOf(this, zone, options)
    const { set, index } = await this.#find(zone, this.#place(recordId, options), domain, options)
    return toRecord(this, set, index, zone, domain)
  }

  /**
   * Adds to the set of its name and type, where there is one, whose TTL all of its records share: a TTL that is given
   * becomes that of all of them. The set is written in place of what was read: when another changes it in between, it is
   * a ConflictError, and nothing is lost. The TTL of a new set is 300 seconds.
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
   */
  async createRecord(
    zone: Ref,
    record: Route53CreateRecordOptions,
    options?: CallOptions,
  ): Promise<Owned<Record<Route53RecordExtra>>> {
    const domain = await domainOf(this, zone, options)
    const { type, ttl, ex_policy: policy = {} } = record
    checkType(this, 'record.type', type, options)
    const name = this.#wireName('record.name', domain, record.name)
    const value = checked(this.provider, 'record.data', () => toValue(type, record, domain))
    const { setIdentifier } = policy
    const created = await this.#alone(zone, [{ name, type, setIdentifier }], options, async () => {
      const before = await readSet(this.connection, bareId(zone.id), { name, type, setIdentifier }, options)
      const values = before?.ResourceRecords ?? []
      const twin = values.some(each => normalValue(type, each.Value ?? '') === normalValue(type, value))
      if (twin || before?.AliasTarget) throw this.#exists(options)
      const set = {
        ...(before ?? { Name: name, Type: type }),
        ...toRawPolicy(policy),
        TTL: ttl ?? before?.TTL ?? DEFAULT_TTL,
        ResourceRecords: [...values, { Value: value }],
      }
      const change = await this.#write(zone, before, set, options, record.ex_comment)
      return toRecord(this, set, values.length, zone, domain, change)
    })
    return owned(created, () => this.deleteRecord(created))
  }

  /**
   * Name and type can change too: the record then leaves its set for another, in one step. See `createRecord` for what
   * another may do meanwhile.
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
   */
  async updateRecord(
    record: RecordRef,
    changes: Route53UpdateRecordOptions,
    options?: CallOptions,
  ): Promise<Record<Route53RecordExtra>> {
    const { zone } = record
    const domain = await domainOf(this, zone, options)
    const place = this.#place(record.id, options)
    const from = { ...place, name: this.#wireName('record.id', domain, place.name) }
    const name = changes.name === undefined ? from.name : this.#wireName('changes.name', domain, changes.name)
    const type = changes.type ?? place.type
    checkType(this, 'changes.type', type, options)
    const setIdentifier = changes.ex_policy ? changes.ex_policy.setIdentifier : place.setIdentifier
    const to = { name, type, setIdentifier }
    const isMoved = name !== from.name || type !== from.type || setIdentifier !== from.setIdentifier
    return this.#alone(zone, [from, to], options, async () => {
      const found = await this.#find(zone, place, domain, options)
      const there = isMoved ? await readSet(this.connection, bareId(zone.id), to, options) : undefined
      const written = this.#changed(found, there, { ...changes, name, type }, isMoved, domain, options)
      const sets = isMoved
        ? [...difference(found.set, without(found)), ...difference(there, written.set)]
        : difference(found.set, written.set)
      const change = await sendChanges(this.connection, bareId(zone.id), sets, options, changes.ex_comment)
      return toRecord(this, written.set, written.index, zone, domain, change.Id)
    })
  }

  /** @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html */
  async deleteRecord(record: RecordRef, options?: CallOptions): Promise<void> {
    const { zone } = record
    const domain = await domainOf(this, zone, options)
    const place = this.#place(record.id, options)
    const name = this.#wireName('record.id', domain, place.name)
    await this.#alone(zone, [{ ...place, name }], options, async () => {
      const found = await this.#find(zone, place, domain, options)
      await this.#write(zone, found.set, without(found), options)
    })
  }

  /** Aliases are left out: zone files have no word for them. */
  override exportZoneToBindFormat(zone: Ref, options?: CallOptions): Promise<string> {
    return super.exportZoneToBindFormat(zone, plain(options))
  }

  /** Aliases are left out: zone files have no word for them. */
  override exportZoneToBindZoneFile(zone: Ref, filePath: string, options?: CallOptions): Promise<void> {
    return super.exportZoneToBindZoneFile(zone, filePath, plain(options))
  }

  /** The set that a record becomes part of. */
  #changed(
    { set, index }: Found,
    there: RawRecordSet | undefined,
    changes: Route53UpdateRecordOptions & { readonly name: string; readonly type: RecordType },
    isMoved: boolean,
    domain: string,
    options: CallOptions | undefined,
  ): Found {
    const { name, type, data, priority, ttl, ex_policy: policy, ex_alias: alias } = changes
    const old = set.ResourceRecords[index]?.Value
    if (old === undefined ? data !== undefined || ttl !== undefined : alias !== undefined) {
      const [member, allowed] =
        old === undefined
          ? [data === undefined ? 'ttl' : 'data', 'absent: the record is an alias, which ex_alias changes']
          : ['ex_alias', 'absent: the record is no alias']
      throw refused(this, `changes.${member}`, allowed, options)
    }
    const { Name: _name, Type: _type, TTL: oldTtl, ResourceRecords: values, AliasTarget: target, ...rest } = set
    const base = { Name: name, Type: type, ...(policy ? toRawPolicy(policy) : rest) }
    if (old === undefined) {
      if (there !== undefined) throw this.#exists(options)
      const AliasTarget = alias ? checked(this.provider, 'changes.ex_alias', () => toRawAlias(alias)) : (target ?? {})
      return { set: { ...base, ResourceRecords: [], AliasTarget }, index: -1 }
    }
    const before = fromValue(set.Type as RecordType, old)
    const isSame = data === undefined && priority === undefined && type === set.Type
    const after = { data: data ?? before.data, priority: priority ?? before.priority }
    // What does not change keeps the very form that the service has it in.
    const value = isSame ? old : checked(this.provider, 'changes.data', () => toValue(type, after, domain))
    const others = isMoved ? (there?.ResourceRecords ?? []) : values.filter((_, at) => at !== index)
    const twin = others.some(each => normalValue(type, each.Value ?? '') === normalValue(type, value))
    if (twin || there?.AliasTarget) throw this.#exists(options)
    const at = isMoved ? others.length : index
    const written = [...others.slice(0, at), { Value: value }, ...others.slice(at)]
    const TTL = ttl ?? there?.TTL ?? oldTtl ?? DEFAULT_TTL
    return { set: { ...(isMoved && there && !policy ? there : base), TTL, ResourceRecords: written }, index: at }
  }

  /** Writes a set in place of another; the change's id. */
  async #write(
    zone: Ref,
    before: RawRecordSet | undefined,
    after: RawRecordSet | undefined,
    options: CallOptions | undefined,
    comment?: string,
  ): Promise<string | undefined> {
    return (await sendChanges(this.connection, bareId(zone.id), difference(before, after), options, comment)).Id
  }

  /** Reads, changes and writes sets while no other call of this driver does so with the same ones. */
  #alone<T>(
    zone: Ref,
    sets: readonly { readonly name: string; readonly type: string; readonly setIdentifier?: string | undefined }[],
    options: CallOptions | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const keys = sets.map(set => JSON.stringify([bareId(zone.id), set.name, set.type, set.setIdentifier]))
    return this.#writes.run([...new Set(keys)], work, options?.signal)
  }

  async #find(zone: Ref, place: RecordPlace, domain: string, options: CallOptions | undefined): Promise<Found> {
    const { type, value, setIdentifier } = place
    const name = this.#wireName('record.id', domain, place.name)
    const set = await readSet(this.connection, bareId(zone.id), { name, type, setIdentifier }, options)
    if (set === undefined) throw this.#missing(options)
    if (value === undefined && set.AliasTarget) return { set, index: -1 }
    const index = set.ResourceRecords.findIndex(
      each => type === RecordType.SOA || normalValue(type, each.Value ?? '') === value,
    )
    if (index < 0) throw this.#missing(options)
    return { set, index }
  }

  #wireName(argument: string, domain: string, name: string): string {
    return checked(this.provider, argument, () => toWireName(nameWithin(domain, name)))
  }

  #place(id: string, options: CallOptions | undefined): RecordPlace {
    const place = placeOf(id, RECORD_TYPES)
    if (place === undefined) throw this.#missing(options)
    return place
  }

  #missing(options: CallOptions | undefined): RecordDoesNotExistError {
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: '${this.provider}' has no such record`
    return new RecordDoesNotExistError(message, { provider: this.provider, operation })
  }

  #exists(options: CallOptions | undefined): RecordAlreadyExistsError {
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: '${this.provider}' has this record already`
    return new RecordAlreadyExistsError(message, { provider: this.provider, operation })
  }
}

/** The records of a set. */
export function toRecords(
  driver: Route53Records,
  set: RawRecordSet,
  zone: Ref,
  domain: string,
  changeId?: string,
): Record<Route53RecordExtra>[] {
  // A type that is newer than this package has records of which nothing could be said.
  if (!RECORD_TYPES.includes(set.Type as RecordType)) return []
  if (set.AliasTarget) return [toRecord(driver, set, -1, zone, domain, changeId)]
  return set.ResourceRecords.map((_, index) => toRecord(driver, set, index, zone, domain, changeId))
}

function toRecord(
  driver: Route53Records,
  set: RawRecordSet,
  index: number,
  zone: Ref,
  domain: string,
  changeId?: string,
): Record<Route53RecordExtra> {
  const type = set.Type as RecordType
  const fullName = fromWireName(set.Name ?? '')
  const name = relativeName(domain, fullName)
  const value = set.ResourceRecords[index]?.Value
  const alias = toAlias(set)
  const normal = value === undefined || type === RecordType.SOA ? undefined : normalValue(type, value)
  return new Record(driver, {
    id: recordId({ name, type, value: normal, setIdentifier: set.SetIdentifier }),
    name,
    type,
    ...(value === undefined ? { data: alias?.target ?? '' } : fromValue(type, value)),
    ttl: set.TTL,
    zone,
    extra: { fullName, value, alias, ...toPolicy(set), changeId: changeId && bareId(changeId) },
  })
}

/** Refuses a type that the service has no records of. */
export function checkType(
  driver: Route53Records,
  argument: string,
  type: RecordType,
  options: CallOptions | undefined,
): void {
  if (!RECORD_TYPES.includes(type)) throw refused(driver, argument, `one of ${RECORD_TYPES.join(', ')}`, options)
}

/** A set without a record; nothing where it was the last. */
function without({ set, index }: Found): RawRecordSet | undefined {
  const left = set.ResourceRecords.filter((_, at) => at !== index)
  return left.length > 0 ? { ...set, ResourceRecords: left } : undefined
}

function plain(options: CallOptions | undefined): Route53ListRecordsOptions {
  return { ...options, ex_alias: false } as Route53ListRecordsOptions
}

const toToken = ({ name = '', type = '', identifier }: Place): string =>
  JSON.stringify(identifier === undefined ? [name, type] : [name, type, identifier])

function fromToken(token: string): Place {
  try {
    const [name, type, identifier] = JSON.parse(token) as string[]
    return { name, type, identifier }
  } catch {
    return { name: token }
  }
}
