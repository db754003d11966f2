import type { DNSApi } from '../../lib/dns/api.js'
import { checked } from '../../lib/dns/content.js'
import type { RecordType } from '../../lib/dns/types.js'
import { connect } from '../../lib/driver.js'
import { RecordDoesNotExistError } from '../../lib/errors.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { Pager } from '../../lib/pager.js'
import { pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { ArmConnection } from './arm.connection.js'
import { idPath, refused } from './arm.ids.js'
import { DNS_VERSION, NO_ZONE, zoneAt } from './dns.base.js'
import { AzureDNSRecords, dropSet, putSet, readSet } from './dns.records.js'
import {
  answerOf,
  answersOf,
  plainName,
  plainOf,
  type RawSet,
  RECORD_TYPES,
  setName,
  typeOf,
  withAnswers,
} from './dns.sets.js'
import { ARM_CREDENTIALS, type AzureOptions, azureOptions } from './options.js'

export type * from './dns.base.js'
export type * from './dns.records.js'
export type { AzureCloud, AzureOptions, AzureSignInOptions } from './options.js'

/** One of a set's data, in the form of this library. */
export interface AzureRecordData {
  readonly data: string
  readonly priority?: number | undefined
}
/** All records of one name and type. */
export interface AzureRecordSet {
  /** Relative to the zone; empty for the zone's own. */
  readonly name: string
  readonly type: RecordType
  /** Seconds. */
  readonly ttl: number
  readonly records: readonly AzureRecordData[]
  /** Id of a public address, a Traffic Manager profile or a CDN endpoint whose addresses are given in place of data. */
  readonly targetResource?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Told, and not written. */
  readonly etag?: string | undefined
}
export interface AzureSetOptions extends CallOptions {
  /** The set as it was read: when it has changed since, nothing is written. */
  ex_ifMatch?: string | undefined
}

/**
 * Zones and records of Azure DNS. A zone's id is Azure's, and the domain alone does where the driver has a resource group;
 * a record's id is its name, type and data, so that a change of these changes it.
 *
 * Azure stores record sets: the records of one name and type share their TTL, and are written together, unless somebody
 * else has written in between.
 *
 * @example
 * ```ts
 * const driver = new AzureDNSDriver({ tenantId, key: clientId, secret, subscriptionId, resourceGroup: 'dns' })
 * await driver.createRecord({ id: 'example.com' }, { name: 'www', type: 'A', data: '192.0.2.1' })
 * ```
 */
export class AzureDNSDriver extends AzureDNSRecords implements Partial<DNSApi> {
  readonly provider = 'azure_dns'

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  constructor(options: AzureOptions = {}) {
    super({ vendor: 'azure', credentials: ARM_CREDENTIALS }, azureOptions(options, 'azure_dns'))
    connect(this, new ArmConnection(this))
  }

  /**
   * Record sets with their metadata, and with those that are aliases.
   *
   * @example
   * ```ts
   * for await (const { name, type, ttl, records } of driver.ex_listRecordSets(zone)) console.log(name, type, ttl, records)
   * ```
   * @throws ZoneDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/dns/record-sets/list-by-dns-zone
   */
  ex_listRecordSets(zone: Ref, options?: CallOptions): Pager<AzureRecordSet> {
    return pager(async token => {
      const at = await zoneAt(this, zone, options)
      const keep = (raw: RawSet): boolean => RECORD_TYPES.includes(typeOf(raw))
      const spec = { path: `${idPath(at)}/recordsets`, version: DNS_VERSION, map: toSet, keep, errors: NO_ZONE }
      return this.connection.page(spec, token, options)
    }, options)
  }

  /**
   * One record set.
   *
   * @example
   * ```ts
   * const { ttl, records, etag } = await driver.ex_getRecordSet(zone, 'www', 'A')
   * ```
   * @throws ZoneDoesNotExistError
   * @throws RecordDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/dns/record-sets/get
   */
  async ex_getRecordSet(zone: Ref, name: string, type: RecordType, options?: CallOptions): Promise<AzureRecordSet> {
    const at = await zoneAt(this, zone, options)
    const set = await readSet(this, at, this.#place(at.domain, name, type, options), options)
    if (set) return toSet(set)
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: '${this.provider}' has no such records`
    throw new RecordDoesNotExistError(message, { provider: this.provider, operation })
  }

  /**
   * Replaces the records of one name and type, or makes them: with their metadata, or as an alias of a resource.
   *
   * @example
   * ```ts
   * const target = '/subscriptions/…/resourceGroups/web/providers/Microsoft.Network/publicIPAddresses/web'
   * await driver.ex_setRecordSet(zone, { name: '', type: 'A', ttl: 300, records: [], targetResource: target })
   * ```
   * @throws ZoneDoesNotExistError
   * @throws ConflictError when the set is not the one of `ex_ifMatch` any more.
   * @see https://learn.microsoft.com/azure/dns/dns-alias
   */
  async ex_setRecordSet(zone: Ref, set: AzureRecordSet, options?: AzureSetOptions): Promise<AzureRecordSet> {
    const at = await zoneAt(this, zone, options)
    const place = this.#place(at.domain, set.name, set.type, options)
    const answers = set.records.map((each, index) =>
      answerOf(this.provider, `set.records[${index}].data`, set.type, each, at.domain),
    )
    const { targetResource, metadata } = set
    const properties =
      targetResource === undefined
        ? withAnswers(set.type, set.ttl, answers)
        : { TTL: set.ttl, targetResource: { id: targetResource } }
    const old = { ...(options?.ex_ifMatch === undefined ? {} : { etag: options.ex_ifMatch }) }
    return toSet(await putSet(this, at, place, { ...properties, ...(metadata && { metadata }) }, old, options))
  }

  /**
   * Deletes all records of a name and type. That there are none is no error.
   *
   * @example
   * ```ts
   * await driver.ex_deleteRecordSet(zone, 'www', 'A')
   * ```
   * @throws ZoneDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/dns/record-sets/delete
   */
  async ex_deleteRecordSet(zone: Ref, name: string, type: RecordType, options?: AzureSetOptions): Promise<void> {
    const at = await zoneAt(this, zone, options)
    await dropSet(this, at, this.#place(at.domain, name, type, options), options?.ex_ifMatch, options)
  }

  #place(
    domain: string,
    name: string,
    type: RecordType,
    options: CallOptions | undefined,
  ): { name: string; type: RecordType } {
    if (!RECORD_TYPES.includes(type))
      throw refused(this.provider, operationOf(options), 'type', `one of ${RECORD_TYPES.join(', ')}`)
    return { name: checked(this.provider, 'name', () => setName(domain, name)), type }
  }
}

function toSet(raw: RawSet): AzureRecordSet {
  const type = typeOf(raw)
  const { properties = {} } = raw
  return {
    name: plainName(raw.name),
    type,
    ttl: properties.TTL ?? 0,
    records: answersOf(raw).map(each => plainOf(type, each)),
    targetResource: properties.targetResource?.id || undefined,
    metadata: properties.metadata ?? {},
    etag: raw.etag,
  }
}
