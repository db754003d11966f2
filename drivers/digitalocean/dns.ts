import type { DNSApi } from '../../lib/dns/api.js'
import { DNSDriver } from '../../lib/dns/driver.js'
import {
  type CreateRecordOptions,
  type CreateZoneOptions,
  type ListRecordsOptions,
  Record,
  type RecordRef,
  RecordType,
  type UpdateRecordOptions,
  Zone,
  ZoneType,
} from '../../lib/dns/types.js'
import { connect } from '../../lib/driver.js'
import {
  InvalidRequestError,
  RecordDoesNotExistError,
  ZoneAlreadyExistsError,
  ZoneDoesNotExistError,
} from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import type { DigitalOceanAccount, DigitalOceanAction } from './account.js'
import { DigitalOceanConnection, type DigitalOceanOptions } from './connection.js'
import { meta } from './meta.js'

const RECORD_TYPES: readonly RecordType[] = [
  RecordType.A,
  RecordType.AAAA,
  RecordType.CAA,
  RecordType.CNAME,
  RecordType.MX,
  RecordType.NS,
  RecordType.SOA,
  RecordType.SRV,
  RecordType.TXT,
]

interface RawDomain {
  readonly name: string
  readonly ttl: number | null
  readonly zone_file: string | null
}
interface RawRecord {
  readonly id: number
  readonly type: RecordType
  readonly name: string
  readonly data: string
  readonly priority: number | null
  readonly port: number | null
  readonly ttl: number
  readonly weight: number | null
  readonly flags: number | null
  readonly tag: string | null
}
/** What only DigitalOcean tells of a zone. */
export interface DigitalOceanZoneExtra {
  /** The zone as a BIND zone file; it holds the SOA record, which is not among the records. */
  readonly zoneFile: string | undefined
}

/** Domains and records; a zone's id is its domain. A new domain gets its NS records from DigitalOcean. */
export class DigitalOceanDNSDriver extends DNSDriver implements Partial<DNSApi> {
  readonly provider = 'digital_ocean'
  readonly recordTypes: readonly RecordType[] = RECORD_TYPES
  declare readonly connection: DigitalOceanConnection

  constructor(options: DigitalOceanOptions = {}) {
    super(meta, options)
    connect(this, new DigitalOceanConnection(this))
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/domains_list */
  listZones(options?: CallOptions): Pager<Zone<DigitalOceanZoneExtra>> {
    const map = (raw: RawDomain): Zone<DigitalOceanZoneExtra> => this.#toZone(raw)
    return this.connection.list({ path: '/v2/domains', member: 'domains', map }, options)
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/domains_get */
  async getZone(zoneId: string, options?: CallOptions): Promise<Zone<DigitalOceanZoneExtra>> {
    const map = (raw: RawDomain): Zone<DigitalOceanZoneExtra> => this.#toZone(raw)
    const spec = { path: path`/v2/domains/${zoneId}`, errors: { 404: ZoneDoesNotExistError }, member: 'domain', map }
    return this.connection.one(spec, options)
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/domains_create */
  async createZone(zone: CreateZoneOptions, options?: CallOptions): Promise<Owned<Zone<DigitalOceanZoneExtra>>> {
    if (zone.type === ZoneType.SLAVE || zone.ttl !== undefined) {
      const argument = zone.ttl === undefined ? 'zone.type' : 'zone.ttl'
      const allowed = zone.ttl === undefined ? "'master'" : 'absent: each record has its own'
      throw new InvalidRequestError(`createZone: '${argument}' must be ${allowed}`, {
        provider: this.provider,
        argument,
        allowed,
      })
    }
    const spec = {
      method: 'POST',
      path: '/v2/domains',
      json: { name: zone.domain },
      errors: { 409: ZoneAlreadyExistsError },
      member: 'domain',
      map: (raw: RawDomain) => this.#toZone(raw),
    } as const
    const created = await this.connection.one(spec, options)
    return owned(created, () => this.deleteZone(created))
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/domains_delete */
  async deleteZone(zone: Ref, options?: CallOptions): Promise<void> {
    const spec = {
      method: 'DELETE',
      path: path`/v2/domains/${zone.id}`,
      errors: { 404: ZoneDoesNotExistError },
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/domains_list_records */
  listRecords(zone: Ref, options?: ListRecordsOptions): Pager<Record> {
    // The filter wants the whole name, not the relative one.
    const name = options?.name === undefined ? undefined : absolute(options.name, zone.id)
    const query = { type: options?.type, name }
    const map = (raw: RawRecord): Record => this.#toRecord(raw, zone)
    const spec = { path: path`/v2/domains/${zone.id}/records`, errors: { 404: ZoneDoesNotExistError } }
    return this.connection.list({ ...spec, member: 'domain_records', map, query }, options)
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/domains_get_record */
  async getRecord(zoneId: string, recordId: string, options?: CallOptions): Promise<Record> {
    const map = (raw: RawRecord): Record => this.#toRecord(raw, { id: zoneId })
    const spec = { path: path`/v2/domains/${zoneId}/records/${recordId}`, errors: { 404: RecordDoesNotExistError } }
    return this.connection.one({ ...spec, member: 'domain_record', map }, options)
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/domains_create_record */
  async createRecord(zone: Ref, record: CreateRecordOptions, options?: CallOptions): Promise<Owned<Record>> {
    // Some types must have these two, although only CAA has values for them.
    const none = { flags: null, tag: null }
    const json = { type: record.type, name: record.name || '@', ttl: record.ttl, ...none, ...toRawData(record) }
    const spec = {
      method: 'POST',
      path: path`/v2/domains/${zone.id}/records`,
      json,
      errors: { 404: ZoneDoesNotExistError },
      member: 'domain_record',
      map: (raw: RawRecord) => this.#toRecord(raw, zone),
    } as const
    const created = await this.connection.one(spec, options)
    return owned(created, () => this.deleteRecord(created))
  }

  /** What is not given stays; of a record whose data is made of parts (MX, SRV, CAA) the type must be given with them.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/domains_patch_record */
  async updateRecord(record: RecordRef, changes: UpdateRecordOptions, options?: CallOptions): Promise<Record> {
    const type = changes.type ?? ('type' in record ? (record as Record).type : undefined)
    const known = type ?? (await this.getRecord(record.zone.id, record.id, options)).type
    const { data, priority } = changes
    const parts = data === undefined ? { priority } : toRawData({ type: known, data, priority })
    const json = { type: known, name: changes.name === '' ? '@' : changes.name, ttl: changes.ttl, ...parts }
    const spec = {
      method: 'PATCH',
      path: path`/v2/domains/${record.zone.id}/records/${record.id}`,
      json,
      errors: { 404: RecordDoesNotExistError },
      idempotent: true,
      member: 'domain_record',
      map: (raw: RawRecord) => this.#toRecord(raw, record.zone),
    } as const
    return this.connection.one(spec, options)
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/domains_delete_record */
  async deleteRecord(record: RecordRef, options?: CallOptions): Promise<void> {
    const at = path`/v2/domains/${record.zone.id}/records/${record.id}`
    await this.connection.request(
      { method: 'DELETE', path: at, errors: { 404: RecordDoesNotExistError }, read: readNothing },
      options,
    )
  }

  /**
   * Whose token it is, and what the account may have.
   *
   * @example
   * ```ts
   * const { email } = await driver.ex_accountInfo()
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/account_get
   */
  async ex_accountInfo(options?: CallOptions): Promise<DigitalOceanAccount> {
    return this.connection.account(options)
  }

  /**
   * What was done in the account, newest first.
   *
   * @example
   * ```ts
   * for await (const event of driver.ex_listEvents()) console.log(event.startedAt, event.type)
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/actions_list
   */
  ex_listEvents(options?: CallOptions): Pager<DigitalOceanAction> {
    return this.connection.listActions({ path: '/v2/actions' }, options)
  }

  /**
   * One action, as it stands now.
   *
   * @example
   * ```ts
   * const { status } = await driver.ex_getEvent('36804636')
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/actions_get
   */
  async ex_getEvent(eventId: string, options?: CallOptions): Promise<DigitalOceanAction> {
    return this.connection.getAction(eventId, options)
  }

  #toZone(raw: RawDomain): Zone<DigitalOceanZoneExtra> {
    const extra = { zoneFile: raw.zone_file ?? undefined }
    return new Zone(this, { id: raw.name, domain: raw.name, type: ZoneType.MASTER, ttl: raw.ttl ?? undefined, extra })
  }

  #toRecord(raw: RawRecord, zone: Ref): Record {
    return new Record(this, {
      id: String(raw.id),
      name: raw.name === '@' ? '' : raw.name,
      type: raw.type,
      data: fromRawData(raw, zone.id),
      ttl: raw.ttl,
      priority: raw.priority ?? undefined,
      zone,
      extra: {},
    })
  }
}

function absolute(name: string, domain: string): string {
  return name === '' || name === '@' ? domain : `${name}.${domain}`
}

/** Types whose data is a host: sent without a final dot it is refused, and it is given back without one. */
const HOSTS: ReadonlySet<string> = new Set([RecordType.CNAME, RecordType.MX, RecordType.NS, RecordType.SRV])
const toHost = (host: string): string => (host === '@' || host.endsWith('.') ? host : `${host}.`)

/** SRV and CAA have their parts in members of their own; `@` is the domain itself. */
function fromRawData({ type, data, weight, port, flags, tag }: RawRecord, domain: string): string {
  const host = HOSTS.has(type) && data === '@' ? domain : data
  if (type === RecordType.SRV) return `${weight ?? 0} ${port ?? 0} ${host}`
  return type === RecordType.CAA ? `${flags ?? 0} ${tag ?? 'issue'} "${data.replace(/^"|"$/g, '')}"` : host
}

function toRawData({ type, data, priority }: Pick<CreateRecordOptions, 'type' | 'data' | 'priority'>): object {
  if (type === RecordType.MX) return { data: toHost(data), priority: priority ?? 0 }
  if (type === RecordType.SRV) {
    const [, weight, port, target = ''] = parts(data, /^(\d+)\s+(\d+)\s+(\S+)$/, "'weight port target'")
    return { data: toHost(target), priority: priority ?? 0, weight: Number(weight), port: Number(port) }
  }
  if (type === RecordType.CAA) {
    const [, flags, tag, value] = parts(data, /^(\d+)\s+(\w+)\s+"?([^"]*)"?$/, `'flags tag "value"'`)
    return { data: value, flags: Number(flags), tag }
  }
  return { data: HOSTS.has(type) ? toHost(data) : data, priority }
}

function parts(data: string, form: RegExp, allowed: string): RegExpExecArray {
  const found = form.exec(data)
  if (!found) throw new InvalidRequestError(`'record.data' must be ${allowed}`, { argument: 'record.data', allowed })
  return found
}
