import { checked, fromContent, nameWithin, relativeName } from '../../lib/dns/content.js'
import {
  type CreateRecordOptions,
  type ListRecordsOptions,
  Record,
  type RecordRef,
  RecordType,
  type UpdateRecordOptions,
  type Zone,
} from '../../lib/dns/types.js'
import { InvalidRequestError, RecordAlreadyExistsError, RecordDoesNotExistError } from '../../lib/errors.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { type DesignateChangeOptions, DesignateZones, dateOf, waitForZone, waitOf } from './dns.base.js'
import {
  createSet,
  deleteSet,
  findSet,
  NO_ZONE,
  normalContent,
  placeOf,
  type RawRecordset,
  RECORD_TYPES,
  readSet,
  recordId,
  type SetChanges,
  toContent,
  updateSet,
} from './dns.recordsets.js'

/** What only Designate tells of a record: it is one of a set, all of one name and type. */
export interface DesignateRecordExtra {
  /** The set's id. */
  readonly recordsetId: string
  /** The set's: `ACTIVE`, `PENDING` while name servers are told, `ERROR`. */
  readonly state: string
  readonly action: string
  /** Of the set. */
  readonly description: string | undefined
  /** Name and data as Designate has them. */
  readonly fullName: string
  readonly content: string
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
}
/** What Designate's `listRecords` takes. */
export interface DesignateListRecordsOptions extends ListRecordsOptions {
  /** Only records in this state. */
  ex_state?: string | undefined
  /** Record sets in a page. @defaultValue the server's: 20 for most */
  ex_pageSize?: number | undefined
}
/** What Designate's `createRecord` takes. */
export interface DesignateCreateRecordOptions extends CreateRecordOptions {
  /** Of all records of this name and type. */
  ex_description?: string | undefined
}
/** What Designate's `updateRecord` takes. */
export interface DesignateUpdateRecordOptions extends UpdateRecordOptions {
  ex_description?: string | null | undefined
}

/** Records. Designate knows sets of them: those of one name and type have one TTL, and are written together. */
export abstract class DesignateRecords extends DesignateZones {
  /**
   * Types that this library has no word for are left out.
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#list-recordsets-in-a-zone
   */
  listRecords(zone: Ref, options?: DesignateListRecordsOptions): Pager<Record<DesignateRecordExtra>> {
    const { name, type, ex_state: status, ex_pageSize: limit } = options ?? {}
    return pager(async marker => {
      // Only the domain makes a name whole; a zone that is known by its id alone is asked for it.
      const domain = name === undefined ? '' : await this.#domainOf(zone, options)
      const full = name === undefined ? undefined : this.#fullName('options.name', domain, name)
      const list = {
        path: path`/zones/${zone.id}/recordsets`,
        member: 'recordsets',
        // A star in a filter means anything.
        query: { name: full?.includes('*') ? undefined : full, type, status },
        limit,
        map: (raw: RawRecordset) => raw,
        errors: NO_ZONE,
      }
      const page = await this.connection.page(list, marker, options)
      const wanted = page.items.filter(
        set => RECORD_TYPES.includes(set.type as RecordType) && (full === undefined || set.name === full),
      )
      return { ...page, items: wanted.flatMap(set => set.records.map(content => this.#toRecord(set, content, zone))) }
    }, options)
  }

  /** @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#show-a-recordset */
  async getRecord(zoneId: string, recordId: string, options?: CallOptions): Promise<Record<DesignateRecordExtra>> {
    const place = this.#placeOf(recordId, options)
    const set = await readSet(this, { id: zoneId }, place.set, options)
    return this.#toRecord(set, this.#found(set, place.content, options), { id: zoneId })
  }

  /**
   * Adds to the records of its name and type, whose TTL they share: a TTL that is given becomes that of all of them. Designate
   * cannot add one record alone: its set is read, and written back with the new one. Calls of one driver wait for each other;
   * what another program changes between the two requests is lost.
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#create-recordset
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#update-a-recordset
   */
  async createRecord(
    zone: Ref,
    record: DesignateCreateRecordOptions,
    options?: DesignateChangeOptions,
  ): Promise<Owned<Record<DesignateRecordExtra>>> {
    const domain = await this.#domainOf(zone, options)
    const { type, ttl, ex_description: description } = record
    const name = this.#fullName('record.name', domain, record.name)
    const content = this.#content('record', type, record, domain)
    const set = await this.#alone(zone, [`${name} ${type}`], options, async () => {
      const there = await findSet(this, zone, name, type, options)
      if (there === undefined)
        return createSet(this, zone, { name, type, ttl, description, records: [content] }, options)
      this.#refuseTwin(there, there.records, content, options)
      return updateSet(this, zone, there.id, { ttl, description, records: [...there.records, content] }, options)
    })
    if (options?.ex_wait) await waitForZone(this, zone, waitOf(options))
    const made = this.#toRecord(set, this.#found(set, normalContent(type, content, domain), options), zone)
    return owned(made, () => this.deleteRecord(made))
  }

  /**
   * Name and type can change too: the record then leaves its set for another, in two steps. See `createRecord` for the TTL,
   * and for what another program may do meanwhile.
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#update-a-recordset
   */
  async updateRecord(
    record: RecordRef,
    changes: DesignateUpdateRecordOptions,
    options?: DesignateChangeOptions,
  ): Promise<Record<DesignateRecordExtra>> {
    const { zone } = record
    const place = this.#placeOf(record.id, options)
    const before = await readSet(this, zone, place.set, options)
    const domain = before.zone_name.replace(/(?<=.)\.$/, '')
    const name = changes.name === undefined ? before.name : this.#fullName('changes.name', domain, changes.name)
    const type = changes.type ?? (before.type as RecordType)
    const isMoved = name !== before.name || type !== before.type
    const keys = [`${before.name} ${before.type}`, `${name} ${type}`]
    const changed = await this.#alone(zone, isMoved ? keys : keys.slice(1), options, async () => {
      const from = await readSet(this, zone, place.set, options)
      const old = this.#found(from, place.content, options)
      const content = this.#changedContent(old, from, { ...changes, type }, domain)
      const { ttl, ex_description: description } = changes
      const settings: SetChanges = { ttl, description }
      const set = isMoved
        ? await this.#move(zone, from, old, { name, type, content, ...settings }, options)
        : await this.#replace(zone, from, old, content, settings, options)
      return this.#toRecord(set, this.#found(set, normalContent(type, content, domain), options), zone)
    })
    if (options?.ex_wait) await waitForZone(this, zone, waitOf(options))
    return changed
  }

  /** The last record of its name and type takes their set with it.
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#delete-a-recordset */
  async deleteRecord(record: RecordRef, options?: DesignateChangeOptions): Promise<void> {
    const { zone } = record
    const place = this.#placeOf(record.id, options)
    const { name, type } = await readSet(this, zone, place.set, options)
    await this.#alone(zone, [`${name} ${type}`], options, async () => {
      const set = await readSet(this, zone, place.set, options)
      await this.#leave(zone, set, this.#found(set, place.content, options), options)
    })
    if (options?.ex_wait) await waitForZone(this, zone, waitOf(options))
  }

  async #leave(zone: Ref, set: RawRecordset, content: string, options: CallOptions | undefined): Promise<void> {
    const records = set.records.filter(each => each !== content)
    if (records.length === 0) await deleteSet(this, zone, set.id, options)
    else await updateSet(this, zone, set.id, { records }, options)
  }

  #replace(
    zone: Ref,
    set: RawRecordset,
    old: string,
    content: string,
    settings: SetChanges,
    options: CallOptions | undefined,
  ): Promise<RawRecordset> {
    const others = set.records.filter(each => each !== old)
    this.#refuseTwin(set, others, content, options)
    const records = set.records.map(each => (each === old ? content : each))
    return updateSet(this, zone, set.id, { ...settings, records }, options)
  }

  /** First it is written where it goes: if the second step fails, it is there twice, and not lost. */
  async #move(
    zone: Ref,
    from: RawRecordset,
    old: string,
    { name, type, content, ...settings }: SetChanges & { name: string; type: RecordType; content: string },
    options: CallOptions | undefined,
  ): Promise<RawRecordset> {
    const to = await findSet(this, zone, name, type, options)
    if (to) this.#refuseTwin(to, to.records, content, options)
    const ttl = settings.ttl ?? from.ttl ?? undefined
    const set = to
      ? await updateSet(this, zone, to.id, { ...settings, records: [...to.records, content] }, options)
      : await createSet(this, zone, { ...settings, ttl, name, type, records: [content] }, options)
    await this.#leave(zone, from, old, options)
    return set
  }

  /** Reads and writes record sets while no other call of this driver does so with the same ones. */
  #alone<T>(zone: Ref, keys: readonly string[], options: CallOptions | undefined, work: () => Promise<T>): Promise<T> {
    const all = keys.map(key => `${zone.id} ${key}`)
    return this.connection.writes.run(all, work, options?.signal)
  }

  async #domainOf(zone: Ref, options: CallOptions | undefined): Promise<string> {
    const { domain } = zone as Partial<Zone>
    return typeof domain === 'string' ? domain : (await this.getZone(zone.id, options)).domain
  }

  #fullName(argument: string, domain: string, name: string): string {
    return checked(this.provider, argument, () => nameWithin(domain, name))
  }

  #content(
    argument: string,
    type: RecordType,
    given: { readonly data: string; readonly priority?: number | undefined },
    domain: string,
  ): string {
    if (!RECORD_TYPES.includes(type)) {
      const allowed = `one of ${RECORD_TYPES.join(', ')}`
      const details = { provider: this.provider, argument: `${argument}.type`, allowed }
      throw new InvalidRequestError(`'${argument}.type' must be ${allowed}`, details)
    }
    return checked(this.provider, `${argument}.data`, () => toContent(type, given, domain))
  }

  /** What does not change keeps the very form that Designate has it in. */
  #changedContent(
    old: string,
    from: RawRecordset,
    { type, data, priority }: UpdateRecordOptions & { readonly type: RecordType },
    domain: string,
  ): string {
    if (data === undefined && priority === undefined && type === from.type) return old
    const before = fromContent(from.type as RecordType, old)
    const after = { data: data ?? before.data, priority: priority ?? before.priority }
    return this.#content('changes', type, after, domain)
  }

  #found(set: RawRecordset, content: string | undefined, options: CallOptions | undefined): string {
    const type = set.type as RecordType
    const found =
      content === undefined && type === RecordType.SOA
        ? set.records[0]
        : set.records.find(each => normalContent(type, each, set.zone_name) === content)
    if (found !== undefined) return found
    throw this.#missing(options)
  }

  #placeOf(id: string, options: CallOptions | undefined): NonNullable<ReturnType<typeof placeOf>> {
    const place = placeOf(id)
    if (place === undefined) throw this.#missing(options)
    return place
  }

  #missing(options: CallOptions | undefined): RecordDoesNotExistError {
    const operation = operationOf(options)
    const message = `${operation}: '${this.provider}' has no such record`
    return new RecordDoesNotExistError(message, { provider: this.provider, operation })
  }

  #refuseTwin(set: RawRecordset, records: readonly string[], content: string, options: CallOptions | undefined): void {
    const normal = (each: string): string => normalContent(set.type as RecordType, each, set.zone_name)
    if (!records.some(each => normal(each) === normal(content))) return
    const operation = operationOf(options)
    const message = `${operation}: '${this.provider}' has this record already`
    throw new RecordAlreadyExistsError(message, { provider: this.provider, operation })
  }

  #toRecord(set: RawRecordset, content: string, zone: Ref): Record<DesignateRecordExtra> {
    const type = set.type as RecordType
    return new Record(this, {
      id: recordId(set, content),
      name: relativeName(set.zone_name, set.name),
      type,
      ...fromContent(type, content),
      ttl: set.ttl ?? undefined,
      zone,
      extra: {
        recordsetId: set.id,
        state: set.status,
        action: set.action,
        description: set.description ?? undefined,
        fullName: set.name,
        content,
        createdAt: dateOf(set.created_at),
        updatedAt: dateOf(set.updated_at),
      },
    })
  }
}
