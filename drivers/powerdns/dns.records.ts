import { checked, fromContent, nameWithin, relativeName } from '../../lib/dns/content.js'
import {
  type CreateRecordOptions,
  type ListRecordsOptions,
  Record,
  type RecordRef,
  RecordType,
  type UpdateRecordOptions,
} from '../../lib/dns/types.js'
import { InvalidRequestError, RecordAlreadyExistsError, RecordDoesNotExistError } from '../../lib/errors.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { checkedDomain, normalContent, toContent } from './content.js'
import { PowerDNSZones } from './dns.base.js'
import {
  alone,
  findRecord,
  patchRRsets,
  placeOf,
  type RawChange,
  type RawRecord,
  type RawRRset,
  RECORD_TYPES,
  type RecordPlace,
  readEach,
  readRRset,
  readRRsets,
  recordId,
  replacing,
} from './rrsets.js'

/** What a new RRset has when nobody says: https://doc.powerdns.com/authoritative/settings.html#default-ttl */
const DEFAULT_TTL = 3600

/** What only PowerDNS tells of a record. */
export interface PowerDNSRecordExtra {
  /** A disabled record is kept, but not served. */
  readonly isDisabled: boolean
  /** Name and data as the server has them. */
  readonly fullName: string
  readonly content: string
  /** When it was last changed, where the server's version and backend tell. */
  readonly modifiedAt: Date | undefined
}
/** What PowerDNS's `listRecords` takes. */
export interface PowerDNSListRecordsOptions extends ListRecordsOptions {
  /** Only disabled records, or only those that are served. */
  ex_disabled?: boolean | undefined
}
/** What PowerDNS's `createRecord` takes. */
export interface PowerDNSCreateRecordOptions extends CreateRecordOptions {
  /** Keeps the record without serving it. @defaultValue false */
  ex_disabled?: boolean | undefined
}
/** What PowerDNS's `updateRecord` takes. */
export interface PowerDNSUpdateRecordOptions extends UpdateRecordOptions {
  ex_disabled?: boolean | undefined
}

/** Where a record is written to. */
interface Target {
  readonly name: string
  readonly type: RecordType
  readonly content: string
}

/** Records. */
export abstract class PowerDNSRecords extends PowerDNSZones {
  /**
   * Types that this library has no word for, such as LUA, are left out: `ex_listRRsets` has them.
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#get--servers-server_id-zones-zone_id
   */
  listRecords(zone: Ref, options?: PowerDNSListRecordsOptions): Pager<Record<PowerDNSRecordExtra>> {
    return onePage(async () => {
      const domain = checkedDomain(this.provider, zone)
      const { name, type, ex_disabled: disabled } = options ?? {}
      const full = name === undefined ? undefined : this.#fullName('options.name', domain, name)
      const found: Record<PowerDNSRecordExtra>[] = []
      for (const rrset of await readRRsets(this, zone, { name: full, type }, options)) {
        if (!RECORD_TYPES.includes(rrset.type as RecordType)) continue
        for (const raw of rrset.records) {
          if (disabled === undefined || disabled === (raw.disabled ?? false))
            found.push(this.#toRecord(raw, rrset, zone, domain))
        }
      }
      return found
    }, options)
  }

  /** @see https://doc.powerdns.com/authoritative/http-api/zone.html#get--servers-server_id-zones-zone_id */
  async getRecord(zoneId: string, recordId: string, options?: CallOptions): Promise<Record<PowerDNSRecordExtra>> {
    const zone = { id: zoneId }
    const domain = checkedDomain(this.provider, zone)
    const place = this.#placeOf(recordId, domain, options)
    const rrset = await readRRset(this, zone, place, options)
    return this.#toRecord(this.#found(rrset, place, domain, options), rrset as RawRRset, zone, domain)
  }

  /**
   * Adds to the records of its name and type, whose TTL they share: a TTL that is given becomes that of all of them, and
   * none keeps theirs, or is 3600 for the first. PowerDNS has no way to add one record alone: its records are read, and
   * written back with the new one. Calls of one driver wait for each other; what another program changes between the two
   * requests is lost.
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#patch--servers-server_id-zones-zone_id
   */
  async createRecord(
    zone: Ref,
    record: PowerDNSCreateRecordOptions,
    options?: CallOptions,
  ): Promise<Owned<Record<PowerDNSRecordExtra>>> {
    const domain = checkedDomain(this.provider, zone)
    const { type, ttl, ex_disabled: disabled = false } = record
    const target = this.#target('record', record.name, type, record, domain)
    const created = await alone(
      this,
      zone,
      [target],
      async () => {
        const rrset = await readRRset(this, zone, target, options)
        this.#refuseTwins(rrset?.records ?? [], target, domain, options)
        const added = { content: target.content, disabled }
        const newTtl = ttl ?? ttlOf(rrset) ?? DEFAULT_TTL
        const change = replacing(target.name, type, newTtl, [...(rrset?.records ?? []), added])
        await patchRRsets(this, zone, [change], options)
        return this.#toRecord(added, { ...target, ttl: newTtl, records: [] }, zone, domain)
      },
      options,
    )
    return owned(created, () => this.deleteRecord(created))
  }

  /**
   * Name and type can change too: the record then leaves its RRset for another, in one step. See `createRecord` for the
   * TTL, and for what another program may do meanwhile. Of the SOA the server counts the serial number itself.
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#patch--servers-server_id-zones-zone_id
   */
  async updateRecord(
    record: RecordRef,
    changes: PowerDNSUpdateRecordOptions,
    options?: CallOptions,
  ): Promise<Record<PowerDNSRecordExtra>> {
    const { zone } = record
    const domain = checkedDomain(this.provider, zone)
    const place = this.#placeOf(record.id, domain, options)
    const name = changes.name === undefined ? place.name : this.#fullName('changes.name', domain, changes.name)
    const type = changes.type ?? place.type
    const isMoved = name !== place.name || type !== place.type
    return alone(
      this,
      zone,
      [place, { name, type }],
      async () => {
        const [from, there] = await readEach(this, zone, isMoved ? [place, { name, type }] : [place], options)
        const to = isMoved ? there : from
        const old = this.#found(from, place, domain, options)
        const target = this.#changed(old, place, { ...changes, name, type }, domain)
        const others = to?.records.filter(each => each !== old) ?? []
        this.#refuseTwins(others, target, domain, options)
        const written = { content: target.content, disabled: changes.ex_disabled ?? old.disabled ?? false }
        const ttl = changes.ttl ?? ttlOf(to) ?? (from as RawRRset).ttl
        const patch: RawChange[] = [replacing(name, type, ttl, [...others, written])]
        if (isMoved) patch.unshift(leaving(from as RawRRset, place, old))
        await patchRRsets(this, zone, patch, options)
        if (type === RecordType.SOA) return this.getRecord(zone.id, recordId('', type, '', domain), options)
        return this.#toRecord(written, { ...target, ttl, records: [] }, zone, domain)
      },
      options,
    )
  }

  /**
   * The last record of its name and type takes their comments with it.
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#patch--servers-server_id-zones-zone_id
   */
  async deleteRecord(record: RecordRef, options?: CallOptions): Promise<void> {
    const { zone } = record
    const domain = checkedDomain(this.provider, zone)
    const place = this.#placeOf(record.id, domain, options)
    await alone(
      this,
      zone,
      [place],
      async () => {
        const rrset = await readRRset(this, zone, place, options)
        const gone = this.#found(rrset, place, domain, options)
        await patchRRsets(this, zone, [leaving(rrset as RawRRset, place, gone)], options)
      },
      options,
    )
  }

  /** Disabled records are left out. `ex_exportZone` gives the server's own text, with every type that it knows. */
  override exportZoneToBindFormat(zone: Ref, options?: CallOptions): Promise<string> {
    return super.exportZoneToBindFormat(zone, served(options))
  }

  /** Disabled records are left out. */
  override exportZoneToBindZoneFile(zone: Ref, filePath: string, options?: CallOptions): Promise<void> {
    return super.exportZoneToBindZoneFile(zone, filePath, served(options))
  }

  #fullName(argument: string, domain: string, name: string): string {
    return checked(this.provider, argument, () => nameWithin(domain, name))
  }

  #target(
    argument: string,
    name: string,
    type: RecordType,
    given: { readonly data: string; readonly priority?: number | undefined },
    domain: string,
  ): Target {
    if (!RECORD_TYPES.includes(type)) {
      const allowed = `one of ${RECORD_TYPES.join(', ')}`
      const details = { provider: this.provider, argument: `${argument}.type`, allowed }
      throw new InvalidRequestError(`'${argument}.type' must be ${allowed}`, details)
    }
    return {
      name: this.#fullName(`${argument}.name`, domain, name),
      type,
      content: checked(this.provider, `${argument}.data`, () => toContent(type, given, domain)),
    }
  }

  /** What does not change keeps the very form that the server has it in. */
  #changed(
    old: RawRecord,
    place: RecordPlace,
    changes: PowerDNSUpdateRecordOptions & { readonly name: string; readonly type: RecordType },
    domain: string,
  ): Target {
    const { name, type, data, priority } = changes
    if (data === undefined && priority === undefined && type === place.type) return { name, type, content: old.content }
    const before = fromContent(place.type, old.content)
    const after = { data: data ?? before.data, priority: priority ?? before.priority }
    return this.#target('changes', name, type, after, domain)
  }

  #placeOf(id: string, domain: string, options: CallOptions | undefined): RecordPlace {
    const place = placeOf(this, id, domain)
    if (place === undefined) throw this.#missing(options)
    return place
  }

  #found(rrset: RawRRset | undefined, place: RecordPlace, domain: string, options: CallOptions | undefined): RawRecord {
    const found = findRecord(rrset, place, domain)
    if (found === undefined) throw this.#missing(options)
    return found
  }

  #missing(options: CallOptions | undefined): RecordDoesNotExistError {
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: '${this.provider}' has no such record`
    return new RecordDoesNotExistError(message, { provider: this.provider, operation })
  }

  /** The server would answer that two records are the same; it has no code for that. */
  #refuseTwins(
    records: readonly RawRecord[],
    { type, content }: Target,
    domain: string,
    options: CallOptions | undefined,
  ): void {
    const same = (each: RawRecord): boolean =>
      normalContent(type, each.content, domain) === normalContent(type, content, domain)
    // There is one SOA, whatever it says.
    if (!records.some(each => type === RecordType.SOA || same(each))) return
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: '${this.provider}' has this record already`
    throw new RecordAlreadyExistsError(message, { provider: this.provider, operation })
  }

  #toRecord(raw: RawRecord, rrset: RawRRset, zone: Ref, domain: string): Record<PowerDNSRecordExtra> {
    const type = rrset.type as RecordType
    const name = relativeName(domain, rrset.name)
    return new Record(this, {
      id: recordId(name, type, raw.content, domain),
      name,
      type,
      ...fromContent(type, raw.content),
      ttl: rrset.ttl,
      zone,
      extra: {
        isDisabled: raw.disabled ?? false,
        fullName: rrset.name,
        content: raw.content,
        modifiedAt: raw.modified_at ? new Date(raw.modified_at * 1000) : undefined,
      },
    })
  }
}

/** An RRset that only comments are left of has no TTL. */
function ttlOf(rrset: RawRRset | undefined): number | undefined {
  return rrset !== undefined && rrset.records.length > 0 ? rrset.ttl : undefined
}

function leaving(rrset: RawRRset, { name, type }: RecordPlace, record: RawRecord): RawChange {
  return replacing(
    name,
    type,
    rrset.ttl,
    rrset.records.filter(each => each !== record),
  )
}

function served(options: CallOptions | undefined): PowerDNSListRecordsOptions {
  return { ...options, ex_disabled: false } as PowerDNSListRecordsOptions
}
