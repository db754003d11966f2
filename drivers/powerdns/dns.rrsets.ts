import { checked, nameWithin, relativeName } from '../../lib/dns/content.js'
import type { RecordRef } from '../../lib/dns/types.js'
import type { CallOptions } from '../../lib/options.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { checkedDomain } from './content.js'
import { PowerDNSRecords } from './dns.records.js'
import { alone, patchRRsets, type RawChange, type RawComment, type RawRRset, readRRset, readRRsets } from './rrsets.js'

/** A comment on an RRset. */
export interface PowerDNSComment {
  readonly content: string
  /** Who wrote it; empty for nobody. */
  readonly account: string
  /** When it was last changed. */
  readonly modifiedAt: Date | undefined
}
/** What `ex_setComments` takes for each comment. */
export interface PowerDNSNewComment {
  readonly content: string
  /** @defaultValue nobody */
  readonly account?: string | undefined
  /** @defaultValue now */
  readonly modifiedAt?: Date | undefined
}
/** The name and the type that an RRset's records share. */
export interface PowerDNSRRsetRef {
  /** Relative to the zone; empty for the zone's own. */
  readonly name: string
  /** Any type that the server knows, such as `LUA`. */
  readonly type: string
}
/** A record of an RRset, as the server has it. */
export interface PowerDNSContent {
  /** In the server's form: host names with their final dot, texts in quotes, the priority first. */
  readonly content: string
  /** Kept, but not served. @defaultValue false */
  readonly isDisabled?: boolean | undefined
}
/** All records of one name and type. */
export interface PowerDNSRRset extends PowerDNSRRsetRef {
  /** Seconds. */
  readonly ttl: number
  readonly records: readonly PowerDNSContent[]
  readonly comments: readonly PowerDNSComment[]
}
/** What `ex_replaceRRset` takes. */
export interface PowerDNSNewRRset extends PowerDNSRRsetRef {
  /** Seconds. */
  readonly ttl: number
  readonly records: readonly PowerDNSContent[]
  /** @defaultValue those that it has */
  readonly comments?: readonly PowerDNSNewComment[] | undefined
}
/** What `ex_extendRRset` and `ex_pruneRRset` take. */
export interface PowerDNSOneRecord extends PowerDNSRRsetRef {
  /** Seconds: those of the RRset, where there is one. */
  readonly ttl: number
  /** In the server's form; see {@link PowerDNSContent}. */
  readonly content: string
}
/** What `ex_listRRsets` takes. */
export interface PowerDNSListRRsetsOptions extends CallOptions {
  /** Only those of this name, relative to the zone. */
  ex_name?: string | undefined
  /** Only those of this type. */
  ex_type?: string | undefined
}

/** RRsets, as the server has them, and their comments. */
export abstract class PowerDNSRRsets extends PowerDNSRecords {
  /**
   * All RRsets of a zone, of every type, with disabled records and comments.
   * @example for await (const rrset of driver.ex_listRRsets(zone)) console.log(rrset.name, rrset.type, rrset.comments)
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#get--servers-server_id-zones-zone_id
   * @throws ZoneDoesNotExistError
   */
  ex_listRRsets(zone: Ref, options?: PowerDNSListRRsetsOptions): Pager<PowerDNSRRset> {
    return onePage(async () => {
      const domain = checkedDomain(this.provider, zone)
      const { ex_name: relative, ex_type: type } = options ?? {}
      const name = relative === undefined ? undefined : this.#fullName('options.ex_name', domain, relative)
      const found = await readRRsets(this, zone, { name, type }, options)
      return found.map(raw => toRRset(raw, domain))
    }, options)
  }

  /**
   * Writes all records of a name and type, in place of those that are there; of none, it is deleted.
   * @example await driver.ex_replaceRRset(zone, { name: 'www', type: 'A', ttl: 300, records: [{ content: '192.0.2.1' }] })
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#patch--servers-server_id-zones-zone_id
   * @throws ZoneDoesNotExistError
   * @throws InvalidRequestError when the server does not like a record: the message tells which
   */
  async ex_replaceRRset(zone: Ref, rrset: PowerDNSNewRRset, options?: CallOptions): Promise<void> {
    const { ttl, type, comments } = rrset
    const records = rrset.records.map(({ content, isDisabled = false }) => ({ content, disabled: isDisabled }))
    const name = this.#fullName('rrset.name', checkedDomain(this.provider, zone), rrset.name)
    await this.#patch(
      zone,
      { name, type, ttl, changetype: 'REPLACE', records, comments: comments?.map(toRawComment) },
      options,
    )
  }

  /**
   * Deletes all records of a name and type, and their comments.
   * @example await driver.ex_deleteRRset(zone, { name: 'www', type: 'A' })
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#patch--servers-server_id-zones-zone_id
   * @throws ZoneDoesNotExistError
   */
  async ex_deleteRRset(zone: Ref, rrset: PowerDNSRRsetRef, options?: CallOptions): Promise<void> {
    const name = this.#fullName('rrset.name', checkedDomain(this.provider, zone), rrset.name)
    await this.#patch(zone, { name, type: rrset.type, changetype: 'DELETE' }, options)
  }

  /**
   * Adds one record in one step, so that several programs can do so at once; one that is there already stays. Servers
   * have it from 4.9.12 and 5.0.2, and refuse it before. They refuse a TTL that is not the RRset's, and take no account
   * of its disabled records: those are lost. `createRecord` keeps them.
   * @example await driver.ex_extendRRset(zone, { name: '_acme-challenge', type: 'TXT', ttl: 60, content: '"token"' })
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#rrset
   * @throws ZoneDoesNotExistError
   * @throws InvalidRequestError by servers that do not have it
   */
  async ex_extendRRset(zone: Ref, record: PowerDNSOneRecord, options?: CallOptions): Promise<void> {
    await this.#one('EXTEND', zone, record, options)
  }

  /**
   * Removes one record in one step; one that is not there is no error. See `ex_extendRRset` for what it needs.
   * @example await driver.ex_pruneRRset(zone, { name: '_acme-challenge', type: 'TXT', ttl: 60, content: '"token"' })
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#rrset
   * @throws ZoneDoesNotExistError
   * @throws InvalidRequestError by servers that do not have it
   */
  async ex_pruneRRset(zone: Ref, record: PowerDNSOneRecord, options?: CallOptions): Promise<void> {
    await this.#one('PRUNE', zone, record, options)
  }

  /**
   * The comments on the RRset of a record.
   * @example const comments = await driver.ex_listComments(record)
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#comment
   * @throws ZoneDoesNotExistError
   */
  ex_listComments(
    rrset: RecordRef | (PowerDNSRRsetRef & { readonly zone: Ref }),
    options?: CallOptions,
  ): Pager<PowerDNSComment> {
    return onePage(async () => {
      const { zone } = rrset
      const found = await readRRset(this, zone, this.#rrsetOf(rrset), options)
      return (found?.comments ?? []).map(toComment)
    }, options)
  }

  /**
   * Writes the comments on an RRset, in place of those that are there. Its records stay as they are.
   * @example await driver.ex_setComments(record, [{ content: 'moved on Monday', account: 'ops' }])
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#comment
   * @throws ZoneDoesNotExistError
   */
  async ex_setComments(
    rrset: RecordRef | (PowerDNSRRsetRef & { readonly zone: Ref }),
    comments: readonly PowerDNSNewComment[],
    options?: CallOptions,
  ): Promise<void> {
    const { name, type } = this.#rrsetOf(rrset)
    await this.#patch(rrset.zone, { name, type, changetype: 'REPLACE', comments: comments.map(toRawComment) }, options)
  }

  #fullName(argument: string, domain: string, name: string): string {
    return checked(this.provider, argument, () => nameWithin(domain, name))
  }

  /** A record tells its RRset by its id. */
  #rrsetOf(rrset: RecordRef | (PowerDNSRRsetRef & { readonly zone: Ref })): PowerDNSRRsetRef {
    const domain = checkedDomain(this.provider, rrset.zone)
    if ('type' in rrset) return { name: this.#fullName('rrset.name', domain, rrset.name), type: rrset.type }
    const [name = '', type = ''] = rrset.id.split('/')
    return { name: this.#fullName('rrset.id', domain, decode(name)), type }
  }

  async #one(
    changetype: 'EXTEND' | 'PRUNE',
    zone: Ref,
    { name, type, ttl, content }: PowerDNSOneRecord,
    options?: CallOptions,
  ): Promise<void> {
    const full = this.#fullName('record.name', checkedDomain(this.provider, zone), name)
    await this.#patch(zone, { name: full, type, ttl, changetype, records: [{ content }] }, options)
  }

  async #patch(zone: Ref, change: RawChange, options?: CallOptions): Promise<void> {
    await alone(this, zone, [change], () => patchRRsets(this, zone, [change], options), options)
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function toRRset(raw: RawRRset, domain: string): PowerDNSRRset {
  return {
    name: relativeName(domain, raw.name),
    type: raw.type,
    ttl: raw.ttl,
    records: raw.records.map(({ content, disabled = false }) => ({ content, isDisabled: disabled })),
    comments: (raw.comments ?? []).map(toComment),
  }
}

function toComment({ content, account = '', modified_at: modified }: RawComment): PowerDNSComment {
  return { content, account, modifiedAt: modified ? new Date(modified * 1000) : undefined }
}

function toRawComment({ content, account = '', modifiedAt }: PowerDNSNewComment): RawComment {
  return modifiedAt === undefined
    ? { content, account }
    : { content, account, modified_at: Math.floor(modifiedAt.getTime() / 1000) }
}
