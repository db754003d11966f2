import type { DNSApi } from '../../lib/dns/api.js'
import { checked, nameWithin, relativeName } from '../../lib/dns/content.js'
import type { Zone } from '../../lib/dns/types.js'
import { connect } from '../../lib/driver.js'
import { readNothing, readText } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Look, WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { type DesignateZoneExtra, dateOf, waitForZone } from './dns.base.js'
import { DesignateConnection, NO_RECORD, NO_ZONE, type RawRecordset, readSet } from './dns.recordsets.js'
import { DesignateTransfers } from './dns.transfers.js'
import { meta } from './meta.js'
import type { OpenStackOptions } from './options.js'

export type * from './dns.base.js'
export type * from './dns.records.js'
export type * from './dns.transfers.js'
export type { OpenStackOptions } from './options.js'

/** All records of one name and type, as Designate has them. */
export interface DesignateRecordset {
  readonly id: string
  /** Relative to the zone; empty for the zone's own. */
  readonly name: string
  /** Any type that Designate knows. */
  readonly type: string
  /** Seconds; `undefined` where the zone's holds. */
  readonly ttl: number | undefined
  /** In Designate's form: host names with their final dot, texts in quotes, the priority first. */
  readonly records: readonly string[]
  readonly description: string | undefined
  readonly state: string
  readonly action: string
  readonly zoneId: string
  readonly domain: string
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
}
/** What `ex_createRecordset` takes. */
export interface DesignateNewRecordset {
  /** Relative to the zone; empty for the zone's own. */
  readonly name: string
  readonly type: string
  /** In Designate's form; see {@link DesignateRecordset.records}. */
  readonly records: readonly string[]
  /** @defaultValue the zone's */
  readonly ttl?: number | undefined
  readonly description?: string | undefined
}
/** What `ex_updateRecordset` takes; what is absent stays. */
export interface DesignateRecordsetChanges {
  readonly records?: readonly string[] | undefined
  /** `null` for the zone's. */
  readonly ttl?: number | null | undefined
  readonly description?: string | null | undefined
}
/** What `ex_searchRecordsets` takes. */
export interface DesignateSearchOptions extends CallOptions {
  /** The whole name, absolute; `*` stands for any text. */
  ex_name?: string | undefined
  ex_type?: string | undefined
  /** What one of its records says; `*` stands for any text. */
  ex_data?: string | undefined
}
/** A name server of a zone. */
export interface DesignateNameServer {
  readonly hostname: string
  readonly priority: number
}
/** What an address of the cloud is called. */
export interface DesignatePtr {
  /** `region:id` */
  readonly id: string
  readonly address: string | undefined
  /** The host name; `undefined` where there is none. */
  readonly name: string | undefined
  readonly ttl: number | undefined
  readonly description: string | undefined
  readonly state: string
}
/** How many of each there may be. */
export interface DesignateQuota {
  readonly zones?: number | undefined
  readonly zoneRecordsets?: number | undefined
  readonly zoneRecords?: number | undefined
  readonly recordsetRecords?: number | undefined
  readonly apiExportSize?: number | undefined
}

interface RawPtr {
  readonly id: string
  readonly address?: string | null
  readonly ptrdname?: string | null
  readonly ttl?: number | null
  readonly description?: string | null
  readonly status?: string
}
interface RawQuota {
  readonly zones?: number
  readonly zone_recordsets?: number
  readonly zone_records?: number
  readonly recordset_records?: number
  readonly api_export_size?: number
}

/**
 * OpenStack Designate. Changes take effect when all name servers have them: `ex_wait` says whether a call waits for that.
 */
export class DesignateDNSDriver extends DesignateTransfers implements Partial<DNSApi> {
  readonly provider = 'designate'

  constructor(options: OpenStackOptions = {}) {
    super(meta, options)
    connect(this, new DesignateConnection(this, { service: 'dns' }))
  }

  /**
   * Waits until all name servers have what a zone is now.
   * @example await driver.ex_waitUntilActive(zone, { timeout: 60_000 })
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#show-a-zone
   * @throws WaitError when one of them fails
   * @throws TimeoutError
   */
  ex_waitUntilActive(zone: Ref, options?: WaitOptions): Promise<Zone<DesignateZoneExtra>> {
    return waitForZone(this, zone, options)
  }

  /**
   * The name servers of a zone.
   * @example const hosts = (await driver.ex_listNameServers(zone)).map(({ hostname }) => hostname)
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#get-the-name-servers-for-a-zone
   * @throws ZoneDoesNotExistError
   */
  ex_listNameServers(zone: Ref, options?: CallOptions): Pager<DesignateNameServer> {
    const map = ({ hostname, priority }: DesignateNameServer): DesignateNameServer => ({ hostname, priority })
    const at = path`/zones/${zone.id}/nameservers`
    return this.connection.listWhole({ path: at, member: 'nameservers', map, errors: NO_ZONE }, options)
  }

  /**
   * Fetches a slave zone from its master now.
   * @example await driver.ex_transferZoneFromMaster(zone)
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#manually-trigger-an-update-of-a-secondary-zone
   * @throws ZoneDoesNotExistError
   */
  async ex_transferZoneFromMaster(zone: Ref, options?: CallOptions): Promise<void> {
    const spec = {
      method: 'POST',
      path: path`/zones/${zone.id}/tasks/xfr`,
      errors: NO_ZONE,
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  /**
   * The zone as the text of a zone file, made by Designate.
   * @example const text = await driver.ex_exportZone(zone)
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#create-zone-export
   * @throws ZoneDoesNotExistError
   */
  async ex_exportZone(zone: Ref, options?: WaitOptions): Promise<string> {
    const spec = { method: 'POST', path: path`/zones/${zone.id}/tasks/export`, errors: NO_ZONE } as const
    const { id } = await this.connection.one({ ...spec, map: (raw: RawTask) => raw }, options)
    const task = path`/zones/tasks/exports/${id}`
    await this.#finished(`the export of zone ${zone.id}`, task, options)
    const headers = { accept: 'text/dns' }
    return (await this.connection.request({ path: `${task}/export`, headers, read: readText }, options)).body
  }

  /**
   * Makes a zone of the text of a zone file.
   * @example await using zone = await driver.ex_importZone(await readFile('example.com.zone', 'utf8'))
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#create-a-zone-import
   * @throws WaitError when Designate cannot read it: the message tells why
   */
  async ex_importZone(zoneFile: string, options?: WaitOptions): Promise<Owned<Zone<DesignateZoneExtra>>> {
    const spec = {
      method: 'POST',
      path: '/zones/tasks/imports',
      headers: { 'content-type': 'text/dns' },
      body: zoneFile,
    } as const
    const { id } = await this.connection.one({ ...spec, map: (raw: RawTask) => raw }, options)
    const { zone_id: zoneId } = await this.#finished('the import', path`/zones/tasks/imports/${id}`, options)
    const made = await this.getZone(zoneId ?? '', options)
    return owned(made, () => this.deleteZone({ id: made.id }))
  }

  #finished(what: string, at: string, options: WaitOptions | undefined): Promise<RawTask> {
    const look = async (lookOptions: CallOptions): Promise<Look<RawTask>> => {
      const value = await this.connection.one({ path: at, map: (raw: RawTask) => raw }, lookOptions)
      if (value.status === 'COMPLETE') return { done: true, value }
      if (value.status === 'ERROR') return { failed: value.message ?? 'it is in an error', state: value.status }
      return { state: value.status }
    }
    return this.connection.poll(`${what} to be complete`, look, { interval: 1000, ...options })
  }

  /**
   * All record sets of a zone, of every type.
   * @example for await (const { name, records } of driver.ex_listRecordsets(zone)) console.log(name, records)
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#list-recordsets-in-a-zone
   * @throws ZoneDoesNotExistError
   */
  ex_listRecordsets(zone: Ref, options?: CallOptions): Pager<DesignateRecordset> {
    const at = path`/zones/${zone.id}/recordsets`
    return this.connection.list({ path: at, member: 'recordsets', map: toRecordset, errors: NO_ZONE }, options)
  }

  /**
   * Record sets of all zones, by what they are called or say.
   * @example const uses = await driver.ex_searchRecordsets({ ex_type: 'A', ex_data: '192.0.2.1' })
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#list-all-recordsets-owned-by-project
   */
  ex_searchRecordsets(options?: DesignateSearchOptions): Pager<DesignateRecordset> {
    const { ex_name: name, ex_type: type, ex_data: data } = options ?? {}
    const list = { path: '/recordsets', member: 'recordsets', query: { name, type, data }, map: toRecordset }
    return this.connection.list(list, options)
  }

  /**
   * One record set.
   * @example const { records } = await driver.ex_getRecordset(zone, record.extra.recordsetId)
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#show-a-recordset
   * @throws RecordDoesNotExistError
   */
  async ex_getRecordset(zone: Ref, recordsetId: string, options?: CallOptions): Promise<DesignateRecordset> {
    return toRecordset(await readSet(this, zone, recordsetId, options))
  }

  /**
   * Makes a record set.
   * @example await driver.ex_createRecordset(zone, { name: 'www', type: 'A', ttl: 60, records: ['192.0.2.1', '192.0.2.2'] })
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#create-recordset
   * @throws RecordAlreadyExistsError
   */
  async ex_createRecordset(
    zone: Ref,
    recordset: DesignateNewRecordset,
    options?: CallOptions,
  ): Promise<Owned<DesignateRecordset>> {
    const { type, records, ttl, description } = recordset
    const known = (zone as Partial<Zone>).domain
    const domain = known ?? (await this.getZone(zone.id, options)).domain
    const name = checked(this.provider, 'recordset.name', () => nameWithin(domain, recordset.name))
    const json = { name, type, records, ttl, description }
    const spec = { method: 'POST', path: path`/zones/${zone.id}/recordsets`, json, errors: NO_ZONE } as const
    const made = await this.connection.one({ ...spec, map: toRecordset }, options)
    return owned(made, () => this.ex_deleteRecordset(zone, made))
  }

  /**
   * Changes a record set as a whole.
   * @example await driver.ex_updateRecordset(zone, recordset, { records: ['192.0.2.9'], ttl: null })
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#update-a-recordset
   * @throws RecordDoesNotExistError
   */
  async ex_updateRecordset(
    zone: Ref,
    recordset: Ref,
    changes: DesignateRecordsetChanges,
    options?: CallOptions,
  ): Promise<DesignateRecordset> {
    const { records, ttl, description } = changes
    const at = path`/zones/${zone.id}/recordsets/${recordset.id}`
    const spec = { method: 'PUT', path: at, json: { records, ttl, description }, errors: NO_RECORD } as const
    return this.connection.one({ ...spec, map: toRecordset }, options)
  }

  /**
   * Deletes a record set with all its records.
   * @example await driver.ex_deleteRecordset(zone, recordset)
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#delete-a-recordset
   * @throws RecordDoesNotExistError
   */
  async ex_deleteRecordset(zone: Ref, recordset: Ref, options?: CallOptions): Promise<void> {
    const at = path`/zones/${zone.id}/recordsets/${recordset.id}`
    await this.connection.request({ method: 'DELETE', path: at, errors: NO_RECORD, read: readNothing }, options)
  }

  /**
   * What the project's floating IPs are called.
   * @example for await (const { address, name } of driver.ex_listPtrs()) console.log(address, name)
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#list-floatingip-s-ptr-record
   */
  ex_listPtrs(options?: CallOptions): Pager<DesignatePtr> {
    return this.connection.list({ path: '/reverse/floatingips', member: 'floatingips', map: toPtr }, options)
  }

  /**
   * What a floating IP is called.
   * @example const { name } = await driver.ex_getPtr('RegionOne', floatingIp)
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#show-floatingip-s-ptr-record
   * @throws NotFoundError
   */
  ex_getPtr(region: string, floatingIp: Ref, options?: CallOptions): Promise<DesignatePtr> {
    return this.connection.one(
      { path: path`/reverse/floatingips/${`${region}:${floatingIp.id}`}`, map: toPtr },
      options,
    )
  }

  /**
   * Gives a floating IP a name, in place of one that it has; without a name, none.
   * @example await driver.ex_setPtr('RegionOne', floatingIp, { name: 'mail.example.com', ttl: 3600 })
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#set-floatingip-s-ptr-record
   * @throws NotFoundError
   */
  ex_setPtr(
    region: string,
    floatingIp: Ref,
    ptr: Partial<Pick<DesignatePtr, 'name' | 'ttl' | 'description'>>,
    options?: CallOptions,
  ): Promise<DesignatePtr> {
    const { name, ttl, description } = ptr
    const ptrdname = name === undefined ? null : `${name.replace(/\.$/, '')}.`
    const at = path`/reverse/floatingips/${`${region}:${floatingIp.id}`}`
    const spec = { method: 'PATCH', path: at, json: { ptrdname, ttl, description } } as const
    const none = { id: `${region}:${floatingIp.id}` }
    // Taking a name away is answered with nothing.
    const map = (raw: RawPtr | undefined): DesignatePtr => toPtr(raw ?? none)
    return this.connection.mapped(spec, body => map(body as unknown as RawPtr | undefined), options)
  }

  /**
   * How many of each a project may have.
   * @example const { zones } = await driver.ex_getQuota(projectId)
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#view-quotas
   */
  ex_getQuota(projectId: string, options?: CallOptions): Promise<DesignateQuota> {
    return this.connection.one({ path: path`/quotas/${projectId}`, map: toQuota }, options)
  }

  /**
   * Sets how many of each a project may have; what is absent stays. For administrators.
   * @example await driver.ex_updateQuota(projectId, { zones: 50 })
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#set-quotas
   * @throws PermissionDeniedError
   */
  ex_updateQuota(projectId: string, quota: DesignateQuota, options?: CallOptions): Promise<DesignateQuota> {
    const { zones, zoneRecordsets, zoneRecords, recordsetRecords, apiExportSize } = quota
    const json = {
      zones,
      zone_recordsets: zoneRecordsets,
      zone_records: zoneRecords,
      recordset_records: recordsetRecords,
      api_export_size: apiExportSize,
    }
    // Quotas of other projects are an administrator's business, who has to say so.
    const headers = { 'x-auth-all-projects': 'true' }
    const spec = { method: 'PATCH', path: path`/quotas/${projectId}`, json, headers, idempotent: false } as const
    return this.connection.one({ ...spec, map: toQuota }, options)
  }
}

interface RawTask {
  readonly id: string
  readonly status: string
  readonly message?: string | null
  readonly zone_id?: string | null
}

function toRecordset(raw: RawRecordset): DesignateRecordset {
  return {
    id: raw.id,
    name: relativeName(raw.zone_name, raw.name),
    type: raw.type,
    ttl: raw.ttl ?? undefined,
    records: raw.records,
    description: raw.description ?? undefined,
    state: raw.status,
    action: raw.action,
    zoneId: raw.zone_id,
    domain: raw.zone_name.replace(/(?<=.)\.$/, ''),
    createdAt: dateOf(raw.created_at),
    updatedAt: dateOf(raw.updated_at),
  }
}

function toPtr(raw: RawPtr): DesignatePtr {
  return {
    id: raw.id,
    address: raw.address ?? undefined,
    name: raw.ptrdname?.replace(/\.$/, '') ?? undefined,
    ttl: raw.ttl ?? undefined,
    description: raw.description ?? undefined,
    state: raw.status ?? 'INACTIVE',
  }
}

function toQuota(raw: RawQuota): DesignateQuota {
  return {
    zones: raw.zones,
    zoneRecordsets: raw.zone_recordsets,
    zoneRecords: raw.zone_records,
    recordsetRecords: raw.recordset_records,
    apiExportSize: raw.api_export_size,
  }
}
