import { checked, nameWithin } from '../../lib/dns/content.js'
import type { Record, RecordType } from '../../lib/dns/types.js'
import { path } from '../../lib/http/url.js'
import { xml } from '../../lib/http/xml.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { domainOf } from './route53.base.js'
import { toValue, toWireName } from './route53.names.js'
import { checkType, type Route53RecordExtra, Route53Records, toRecords } from './route53.records.js'
import {
  bareId,
  CHANGED,
  type RawChangeInfo,
  type RawRecordSet,
  type Route53Alias,
  type Route53Change,
  type Route53Policy,
  type Route53RecordSet,
  readPage,
  sendChanges,
  toRawAlias,
  toRawPolicy,
  toRawSet,
  toRecordSet,
} from './route53.sets.js'

/** A change, and whether all name servers have it. */
export interface Route53ChangeInfo {
  readonly id: string
  /** `INSYNC` when all name servers have it. */
  readonly status: 'PENDING' | 'INSYNC' | (string & {})
  readonly submittedAt: Date | undefined
  readonly comment: string | undefined
}
/** What `ex_changeRecordSets` takes. */
export interface Route53ChangeOptions extends CallOptions {
  /** Told by the service in the history of changes; at most 256 characters. */
  ex_comment?: string | undefined
}
/** What `ex_createMultiValueRecord` takes. */
export interface Route53MultiValueOptions {
  /** Relative to the zone; empty for its own name. */
  readonly name: string
  readonly type: RecordType
  /** As `data` of a record; those of MX and SRV begin with their priorities. */
  readonly values: readonly string[]
  /** Seconds. @defaultValue 300 */
  readonly ttl?: number | undefined
  readonly policy?: Route53Policy | undefined
}
/** What `ex_createAliasRecord` takes. */
export interface Route53AliasOptions extends Route53Alias {
  /** Relative to the zone; empty for its own name. */
  readonly name: string
  /** That of the target. @defaultValue 'A' */
  readonly type?: RecordType | undefined
  readonly policy?: Route53Policy | undefined
}

/** Record sets as a whole, and what becomes of changes. */
export abstract class Route53Changes extends Route53Records {
  /**
   * The record sets of a zone, of every type, with all that chooses among them.
   *
   * @example
   * ```ts
   * for await (const set of driver.ex_listRecordSets(zone)) console.log(set.name, set.type, set.values)
   * ```
   * @throws ZoneDoesNotExistError
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html
   */
  ex_listRecordSets(zone: Ref, options?: CallOptions): Pager<Route53RecordSet> {
    return pager(async token => {
      const domain = await domainOf(this, zone, options)
      const [name, type, identifier] = token?.split(' ').map(decodeURIComponent) ?? []
      const start = { name, type, identifier: identifier || undefined }
      const { sets, next } = await readPage(this.connection, bareId(zone.id), start, options)
      const after = next && [next.name, next.type, next.identifier].map(each => encodeURIComponent(each ?? ''))
      return { items: sets.map(set => toRecordSet(set, domain)), next: after?.join(' ') }
    }, options)
  }

  /**
   * Applies changes to record sets: all of them or, when one cannot be, none. At most 1000 at once.
   *
   * @example
   * ```ts
   * const blue = { name: 'www', type: 'A', ttl: 60, values: ['192.0.2.1'], setIdentifier: 'blue', weight: 90 }
   * const green = { ...blue, values: ['192.0.2.2'], setIdentifier: 'green', weight: 10 }
   * const change = await driver.ex_changeRecordSets(zone, [
   *   { action: 'UPSERT', recordSet: blue },
   *   { action: 'UPSERT', recordSet: green },
   * ])
   * await driver.ex_waitForChange(change)
   * ```
   * @throws RecordAlreadyExistsError for a creation of what is there
   * @throws RecordDoesNotExistError for a deletion of what is not there
   * @throws ConflictError for a deletion of what is otherwise than told
   * @throws ZoneDoesNotExistError
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
   */
  async ex_changeRecordSets(
    zone: Ref,
    changes: readonly Route53Change[],
    options?: Route53ChangeOptions,
  ): Promise<Route53ChangeInfo> {
    const domain = await domainOf(this, zone, options)
    const raw = changes.map(({ action, recordSet }, index) => {
      const set = toRawSet(this.provider, `changes[${index}].recordSet`, recordSet, domain)
      return [action, set] as const
    })
    return toChange(await sendChanges(this.connection, bareId(zone.id), raw, options, options?.ex_comment))
  }

  /**
   * Makes a record set of several values at once. None of its name and type may be there.
   *
   * @example
   * ```ts
   * const values = ['192.0.2.1', '192.0.2.2']
   * const records = await driver.ex_createMultiValueRecord(zone, { name: 'www', type: 'A', values, ttl: 60 })
   * ```
   * @throws RecordAlreadyExistsError
   * @throws ZoneDoesNotExistError
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
   */
  async ex_createMultiValueRecord(
    zone: Ref,
    record: Route53MultiValueOptions,
    options?: Route53ChangeOptions,
  ): Promise<Record<Route53RecordExtra>[]> {
    const domain = await domainOf(this, zone, options)
    const { type, values, ttl = 300, policy = {} } = record
    checkType(this, 'record.type', type, options)
    const set: RawRecordSet = {
      Name: checked(this.provider, 'record.name', () => toWireName(nameWithin(domain, record.name))),
      Type: type,
      ...toRawPolicy(policy),
      TTL: ttl,
      ResourceRecords: values.map((data, index) => ({
        Value: checked(this.provider, `record.values[${index}]`, () => toValue(type, { data }, domain)),
      })),
    }
    const change = await sendChanges(this.connection, bareId(zone.id), [['CREATE', set]], options, options?.ex_comment)
    return toRecords(this, set, zone, domain, change.Id)
  }

  /**
   * Makes a record that has another name's answers as its own: of a load balancer, a distribution, a bucket's website,
   * or another record of the zone.
   *
   * @example
   * ```ts
   * const { dnsName, hostedZoneId } = balancer.extra
   * await driver.ex_createAliasRecord(zone, { name: '', zoneId: hostedZoneId, target: dnsName })
   * ```
   * @throws RecordAlreadyExistsError
   * @throws ZoneDoesNotExistError
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
   */
  async ex_createAliasRecord(
    zone: Ref,
    record: Route53AliasOptions,
    options?: Route53ChangeOptions,
  ): Promise<Owned<Record<Route53RecordExtra>>> {
    const domain = await domainOf(this, zone, options)
    const { name, type = 'A', policy = {} } = record
    checkType(this, 'record.type', type, options)
    const set: RawRecordSet = {
      Name: checked(this.provider, 'record.name', () => toWireName(nameWithin(domain, name))),
      Type: type,
      ...toRawPolicy(policy),
      ResourceRecords: [],
      AliasTarget: checked(this.provider, 'record.target', () => toRawAlias(record)),
    }
    const change = await sendChanges(this.connection, bareId(zone.id), [['CREATE', set]], options, options?.ex_comment)
    const [made] = toRecords(this, set, zone, domain, change.Id)
    const created = made as Record<Route53RecordExtra>
    return owned(created, () => this.deleteRecord(created))
  }

  /**
   * Whether all name servers have a change: `extra.changeId` of what was just made.
   *
   * @example
   * ```ts
   * const { status } = await driver.ex_getChange({ id: record.extra.changeId })
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetChange.html
   */
  async ex_getChange(change: Ref, options?: CallOptions): Promise<Route53ChangeInfo> {
    const at = path`/2013-04-01/change/${bareId(change.id)}`
    return toChange((await this.connection.ask(at, { shape: CHANGED }, options)).ChangeInfo ?? {})
  }

  /**
   * Waits until all name servers have a change, which takes a minute at most.
   *
   * @example
   * ```ts
   * const record = await driver.createRecord(zone, { name: 'www', type: 'A', data: '192.0.2.1' })
   * await driver.ex_waitForChange({ id: record.extra.changeId })
   * ```
   * @throws NotFoundError
   * @throws TimeoutError
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetChange.html
   */
  async ex_waitForChange(change: Ref, options?: WaitOptions): Promise<Route53ChangeInfo> {
    return this.connection.poll(
      `change ${bareId(change.id)} to reach all name servers`,
      async lookOptions => {
        const value = await this.ex_getChange(change, lookOptions)
        return value.status === 'INSYNC' ? { done: true, value } : { state: value.status }
      },
      options,
    )
  }

  /**
   * The tags of a zone.
   *
   * @example
   * ```ts
   * const { team } = await driver.ex_listTags(zone)
   * ```
   * @throws ZoneDoesNotExistError
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListTagsForResource.html
   */
  async ex_listTags(zone: Ref, options?: CallOptions): Promise<{ readonly [key: string]: string }> {
    const { ResourceTagSet } = await this.connection.ask(
      path`/2013-04-01/tags/hostedzone/${bareId(zone.id)}`,
      { shape: TAGS },
      options,
    )
    return Object.fromEntries((ResourceTagSet?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))
  }

  /**
   * Adds tags to a zone, writes others anew, and takes away those whose value is `undefined`. At most 10 of each.
   *
   * @example
   * ```ts
   * await driver.ex_changeTags(zone, { team: 'dns', old: undefined })
   * ```
   * @throws ZoneDoesNotExistError
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeTagsForResource.html
   */
  async ex_changeTags(
    zone: Ref,
    tags: { readonly [key: string]: string | undefined },
    options?: CallOptions,
  ): Promise<void> {
    const added = Object.entries(tags).filter(([, value]) => value !== undefined)
    const removed = Object.entries(tags).filter(([, value]) => value === undefined)
    const content = {
      AddTags: added.length > 0 ? { Tag: added.map(([Key, Value]) => ({ Key, Value })) } : undefined,
      RemoveTagKeys: removed.length > 0 ? { Key: removed.map(([key]) => key) } : undefined,
    }
    const request = {
      method: 'POST',
      document: ['ChangeTagsForResourceRequest', content],
      shape: NOTHING,
      idempotent: true,
    } as const
    await this.connection.ask(path`/2013-04-01/tags/hostedzone/${bareId(zone.id)}`, request, options)
  }
}

const NOTHING = xml.object({})
const TAGS = xml.object({
  ResourceTagSet: xml.object({ Tags: xml.wrapped('Tag', xml.object({ Key: xml.string, Value: xml.string })) }),
})

/** A change of the service's. */
export function toChange(raw: RawChangeInfo): Route53ChangeInfo {
  return {
    id: bareId(raw.Id ?? ''),
    status: raw.Status ?? '',
    submittedAt: raw.SubmittedAt,
    comment: raw.Comment || undefined,
  }
}
