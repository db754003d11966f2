import type { DNSApi } from '../../lib/dns/api.js'
import { absoluteName, checked, nameWithin, relativeName } from '../../lib/dns/content.js'
import { DNSDriver } from '../../lib/dns/driver.js'
import {
  type CreateRecordOptions,
  type CreateZoneOptions,
  type ListRecordsOptions,
  Record,
  type RecordRef,
  RecordType,
  type UpdateRecordOptions,
  type UpdateZoneOptions,
  Zone,
  ZoneType,
} from '../../lib/dns/types.js'
import { connect } from '../../lib/driver.js'
import {
  InvalidRequestError,
  RecordAlreadyExistsError,
  RecordDoesNotExistError,
  ZoneAlreadyExistsError,
  ZoneDoesNotExistError,
} from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { path, type QueryValues } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { type Page, type Pager, pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { meta } from './meta.js'
import type { OpenStackOptions } from './options.js'
import { RackspaceDNSConnection } from './rackspace.jobs.js'

export type { OpenStackOptions } from './options.js'

const NO_ZONE: ErrorTable = { 404: ZoneDoesNotExistError, 409: ZoneAlreadyExistsError }
const NO_RECORD: ErrorTable = { 404: RecordDoesNotExistError, 409: RecordAlreadyExistsError }
/** https://docs-ospc.rackspace.com/cloud-dns/v1/general-api-info/supported-record-types */
const TYPES: readonly RecordType[] = [
  RecordType.A,
  RecordType.AAAA,
  RecordType.CNAME,
  RecordType.MX,
  RecordType.NS,
  RecordType.PTR,
  RecordType.SRV,
  RecordType.TXT,
]
/** Fewer seconds are refused. */
const LEAST_TTL = 300

interface RawDomain {
  readonly id: number | string
  readonly name: string
  readonly ttl?: number
  readonly emailAddress?: string
  readonly comment?: string
  readonly accountId?: number
  readonly created?: string
  readonly updated?: string
  readonly nameservers?: readonly { readonly name: string }[]
}
interface RawRecord {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly data: string
  readonly ttl?: number
  readonly priority?: number
  readonly comment?: string
  readonly created?: string
  readonly updated?: string
}
type RawList<K extends string, T> = Readonly<globalThis.Record<K, readonly T[] | undefined>> & {
  readonly links?: readonly { readonly rel: string; readonly href: string }[]
}

/** What only Rackspace tells of a zone. A list tells less than `getZone`. */
export interface RackspaceZoneExtra {
  readonly email: string | undefined
  readonly comment: string | undefined
  readonly nameServers: readonly string[]
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
}
/** What only Rackspace tells of a record. */
export interface RackspaceRecordExtra {
  readonly comment: string | undefined
  readonly fullName: string
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
}
/** What Rackspace's `createZone` takes. */
export interface RackspaceCreateZoneOptions extends CreateZoneOptions {
  /** Who is responsible. @defaultValue hostmaster at the domain */
  ex_email?: string | undefined
  /** At most 160 characters. */
  ex_comment?: string | undefined
}
/** What Rackspace's `updateZone` takes. */
export interface RackspaceUpdateZoneOptions extends UpdateZoneOptions {
  ex_email?: string | undefined
  ex_comment?: string | undefined
}
/** What Rackspace's `createRecord` takes. */
export interface RackspaceCreateRecordOptions extends CreateRecordOptions {
  ex_comment?: string | undefined
}
/** What Rackspace's `updateRecord` takes. */
export interface RackspaceUpdateRecordOptions extends UpdateRecordOptions {
  ex_comment?: string | undefined
}
/** Something that has addresses: a server or a balancer, as its own service knows it. */
export interface RackspaceDevice {
  /** The service's name in the catalog. */
  readonly service: 'cloudServersOpenStack' | 'cloudLoadBalancers'
  /** The thing's own address in that service. */
  readonly href: string
}
/** What an address is called. */
export interface RackspacePtrRecord {
  readonly id: string
  /** The host name. */
  readonly domain: string
  readonly ip: string
  /** Seconds. */
  readonly ttl: number | undefined
  readonly comment: string | undefined
}
/** What `ex_createPtrRecord` and `ex_updatePtrRecord` take. */
export interface RackspaceNewPtrRecord {
  readonly domain: string
  readonly ip: string
  /** Seconds; at least 300. */
  readonly ttl?: number | undefined
  readonly comment?: string | undefined
}

/**
 * Rackspace Cloud DNS. Changes are jobs: each call waits until its job is done.
 * `key` is the user's name, `secret` the API key.
 */
export class RackspaceDNSDriver extends DNSDriver implements Partial<DNSApi> {
  readonly provider = 'rackspace'
  readonly recordTypes: readonly RecordType[] = TYPES
  declare readonly connection: RackspaceDNSConnection

  constructor(options: OpenStackOptions = {}) {
    super(meta, options)
    connect(this, new RackspaceDNSConnection(this))
  }

  /** @see https://docs-ospc.rackspace.com/cloud-dns/v1/api-reference/domains */
  listZones(options?: CallOptions): Pager<Zone<RackspaceZoneExtra>> {
    const map = (raw: RawDomain): Zone<RackspaceZoneExtra> => this.#toZone(raw)
    return pager(token => this.#page('/domains', {}, 'domains', map, token, NO_ZONE, options), options)
  }

  /** @see https://docs-ospc.rackspace.com/cloud-dns/v1/api-reference/domains */
  async getZone(zoneId: string, options?: CallOptions): Promise<Zone<RackspaceZoneExtra>> {
    const query = { showRecords: false, showSubdomains: false }
    const map = (raw: RawDomain): Zone<RackspaceZoneExtra> => this.#toZone(raw)
    return this.connection.one({ path: path`/domains/${zoneId}`, query, map, errors: NO_ZONE }, options)
  }

  /** @see https://docs-ospc.rackspace.com/cloud-dns/v1/api-reference/domains */
  async createZone(zone: RackspaceCreateZoneOptions, options?: CallOptions): Promise<Owned<Zone<RackspaceZoneExtra>>> {
    if (zone.type === ZoneType.SLAVE) throw this.#refused('zone.type', "'master': copies are not offered", options)
    this.#checkTtl('zone.ttl', zone.ttl, options)
    const name = checked(this.provider, 'zone.domain', () => absoluteName(zone.domain)).slice(0, -1)
    const emailAddress = zone.ex_email ?? `hostmaster@${name}`
    const json = { domains: [{ name, emailAddress, ttl: zone.ttl, comment: zone.ex_comment }] }
    const spec = { method: 'POST', path: '/domains', json, errors: NO_ZONE } as const
    const done = await this.connection.change<RawList<'domains', RawDomain>>(spec, options)
    const [raw] = done?.domains ?? []
    if (raw === undefined) throw this.#refused('zone', 'one that the job tells of', options)
    const made = this.#toZone(raw)
    return owned(made, () => this.deleteZone(made))
  }

  /** Its name cannot be changed.
   * @see https://docs-ospc.rackspace.com/cloud-dns/v1/api-reference/domains */
  async updateZone(
    zone: Ref,
    changes: RackspaceUpdateZoneOptions,
    options?: CallOptions,
  ): Promise<Zone<RackspaceZoneExtra>> {
    for (const member of ['domain', 'type'] as const)
      if (changes[member] !== undefined) throw this.#refused(`changes.${member}`, 'absent: it stays', options)
    this.#checkTtl('changes.ttl', changes.ttl, options)
    const json = { ttl: changes.ttl, emailAddress: changes.ex_email, comment: changes.ex_comment }
    const spec = { method: 'PUT', path: path`/domains/${zone.id}`, json, errors: NO_ZONE } as const
    await this.connection.change(spec, options)
    return this.getZone(zone.id, options)
  }

  /** Zones of subdomains stay.
   * @see https://docs-ospc.rackspace.com/cloud-dns/v1/api-reference/domains */
  async deleteZone(zone: Ref, options?: CallOptions): Promise<void> {
    const query = { deleteSubdomains: false }
    const spec = { method: 'DELETE', path: path`/domains/${zone.id}`, query, errors: NO_ZONE } as const
    await this.connection.change(spec, options)
  }

  /** @see https://docs-ospc.rackspace.com/cloud-dns/v1/api-reference/records */
  listRecords(zone: Ref, options?: ListRecordsOptions): Pager<Record<RackspaceRecordExtra>> {
    const { type, name } = options ?? {}
    let domain: string | undefined
    return pager(async token => {
      domain ??= await this.#domainOf(zone, options)
      const known = domain
      const full = name === undefined ? undefined : this.#fullName('options.name', known, name)
      const map = (raw: RawRecord): RawRecord => raw
      const at = path`/domains/${zone.id}/records`
      const page = await this.#page(at, { type, name: full }, 'records', map, token, NO_ZONE, options)
      const wanted = page.items.filter(
        raw =>
          TYPES.includes(raw.type as RecordType) &&
          (type === undefined || raw.type === type) &&
          (full === undefined || raw.name.toLowerCase() === full),
      )
      return { ...page, items: wanted.map(raw => this.#toRecord(raw, zone, known)) }
    }, options)
  }

  /** @see https://docs-ospc.rackspace.com/cloud-dns/v1/api-reference/records */
  async getRecord(zoneId: string, recordId: string, options?: CallOptions): Promise<Record<RackspaceRecordExtra>> {
    const zone = { id: zoneId }
    const domain = await this.#domainOf(zone, options)
    const at = path`/domains/${zoneId}/records/${recordId}`
    const map = (raw: RawRecord): Record<RackspaceRecordExtra> => this.#toRecord(raw, zone, domain)
    return this.connection.one({ path: at, map, errors: NO_RECORD }, options)
  }

  /** @see https://docs-ospc.rackspace.com/cloud-dns/v1/api-reference/records */
  async createRecord(
    zone: Ref,
    record: RackspaceCreateRecordOptions,
    options?: CallOptions,
  ): Promise<Owned<Record<RackspaceRecordExtra>>> {
    this.#checkType('record.type', record.type, options)
    this.#checkTtl('record.ttl', record.ttl, options)
    const domain = await this.#domainOf(zone, options)
    const { type, data, ttl, priority, ex_comment: comment } = record
    const name = this.#fullName('record.name', domain, record.name)
    const prior = type === RecordType.MX || type === RecordType.SRV ? (priority ?? 0) : undefined
    const json = { records: [{ name, type, data: plain(data), ttl, priority: prior, comment }] }
    const errors = { 404: ZoneDoesNotExistError, 409: RecordAlreadyExistsError }
    const spec = { method: 'POST', path: path`/domains/${zone.id}/records`, json, errors } as const
    const done = await this.connection.change<RawList<'records', RawRecord>>(spec, options)
    const [raw] = done?.records ?? []
    if (raw === undefined) throw this.#refused('record', 'one that the job tells of', options)
    const made = this.#toRecord(raw, zone, domain)
    return owned(made, () => this.deleteRecord(made))
  }

  /** Its type cannot be changed.
   * @see https://docs-ospc.rackspace.com/cloud-dns/v1/api-reference/records */
  async updateRecord(
    record: RecordRef,
    changes: RackspaceUpdateRecordOptions,
    options?: CallOptions,
  ): Promise<Record<RackspaceRecordExtra>> {
    const { zone } = record
    this.#checkTtl('changes.ttl', changes.ttl, options)
    const old = await this.getRecord(zone.id, record.id, options)
    if (changes.type !== undefined && changes.type !== old.type)
      throw this.#refused('changes.type', `'${old.type}': a record keeps its type`, options)
    const domain = await this.#domainOf(zone, options)
    const name = changes.name === undefined ? old.extra.fullName : this.#fullName('changes.name', domain, changes.name)
    // What is not sent again is lost.
    const json = {
      name,
      data: changes.data === undefined ? old.data : plain(changes.data),
      ttl: changes.ttl ?? old.ttl,
      priority: changes.priority ?? old.priority,
      comment: changes.ex_comment ?? old.extra.comment,
    }
    const at = path`/domains/${zone.id}/records/${record.id}`
    await this.connection.change({ method: 'PUT', path: at, json, errors: NO_RECORD }, options)
    return this.getRecord(zone.id, record.id, options)
  }

  /** @see https://docs-ospc.rackspace.com/cloud-dns/v1/api-reference/records */
  async deleteRecord(record: RecordRef, options?: CallOptions): Promise<void> {
    const at = path`/domains/${record.zone.id}/records/${record.id}`
    await this.connection.change({ method: 'DELETE', path: at, errors: NO_RECORD }, options)
  }

  /**
   * What a server's or balancer's addresses are called.
   * @example for await (const { ip, domain } of driver.ex_listPtrRecords(device)) console.log(ip, domain)
   * @see https://docs-ospc.rackspace.com/cloud-dns/v1/api-reference/reverse-dns-ptr-records
   * @throws NotFoundError
   */
  ex_listPtrRecords(device: RackspaceDevice, options?: CallOptions): Pager<RackspacePtrRecord> {
    const at = path`/rdns/${device.service}`
    return pager(token => this.#page(at, { href: device.href }, 'records', toPtr, token, {}, options), options)
  }

  /**
   * What one address is called.
   * @example const { domain } = await driver.ex_getPtrRecord(device, recordId)
   * @see https://docs-ospc.rackspace.com/cloud-dns/v1/api-reference/reverse-dns-ptr-records
   * @throws RecordDoesNotExistError
   */
  async ex_getPtrRecord(device: RackspaceDevice, recordId: string, options?: CallOptions): Promise<RackspacePtrRecord> {
    const at = path`/rdns/${device.service}/${recordId}`
    const query = { href: device.href }
    return this.connection.one({ path: at, query, map: toPtr, errors: NO_RECORD }, options)
  }

  /**
   * Gives an address a name.
   * @example await driver.ex_createPtrRecord(device, { domain: 'web.example.com', ip: '192.0.2.7' })
   * @see https://docs-ospc.rackspace.com/cloud-dns/v1/api-reference/reverse-dns-ptr-records
   * @throws RecordAlreadyExistsError
   */
  async ex_createPtrRecord(
    device: RackspaceDevice,
    record: RackspaceNewPtrRecord,
    options?: CallOptions,
  ): Promise<Owned<RackspacePtrRecord>> {
    const json = toRawPtr(device, record)
    const spec = { method: 'POST', path: '/rdns', json, errors: NO_RECORD } as const
    const done = await this.connection.change<RawList<'records', RawRecord>>(spec, options)
    const [raw] = done?.records ?? []
    if (raw === undefined) throw this.#refused('record', 'one that the job tells of', options)
    const made = toPtr(raw)
    return owned(made, () => this.ex_deletePtrRecord(device, made))
  }

  /**
   * Gives an address another name.
   * @example await driver.ex_updatePtrRecord(device, ptr, { domain: 'shop.example.com', ip: ptr.ip })
   * @see https://docs-ospc.rackspace.com/cloud-dns/v1/api-reference/reverse-dns-ptr-records
   * @throws RecordDoesNotExistError
   */
  async ex_updatePtrRecord(
    device: RackspaceDevice,
    record: Ref,
    changes: RackspaceNewPtrRecord,
    options?: CallOptions,
  ): Promise<void> {
    const json = toRawPtr(device, changes, record.id)
    await this.connection.change({ method: 'PUT', path: '/rdns', json, errors: NO_RECORD }, options)
  }

  /**
   * Takes an address's name away.
   * @example await driver.ex_deletePtrRecord(device, ptr)
   * @see https://docs-ospc.rackspace.com/cloud-dns/v1/api-reference/reverse-dns-ptr-records
   * @throws RecordDoesNotExistError
   */
  async ex_deletePtrRecord(
    device: RackspaceDevice,
    record: Pick<RackspacePtrRecord, 'ip'>,
    options?: CallOptions,
  ): Promise<void> {
    const query = { href: device.href, ip: record.ip }
    const spec = { method: 'DELETE', path: path`/rdns/${device.service}`, query, errors: NO_RECORD } as const
    await this.connection.change(spec, options)
  }

  async #page<Raw, T>(
    at: string,
    query: QueryValues,
    member: 'domains' | 'records',
    map: (raw: Raw) => T,
    token: string | undefined,
    errors: ErrorTable,
    options: CallOptions | undefined,
  ): Promise<Page<T>> {
    const spec = { path: at, query: { ...query, limit: 100, offset: token ?? 0 }, errors }
    return this.connection.mapped(
      spec,
      body => {
        const list = body as unknown as RawList<string, Raw>
        const items = list[member]
        if (!Array.isArray(items)) throw new Error(`The reply has no list '${member}'`)
        const next = list.links?.find(({ rel }) => rel === 'next')?.href
        // Of the address only the offset is taken: requests go where the driver says.
        const offset = next === undefined ? undefined : new URL(next, 'http://localhost').searchParams.get('offset')
        return { items: (items as Raw[]).map(map), next: offset ?? undefined }
      },
      options,
    )
  }

  async #domainOf(zone: Ref, options: CallOptions | undefined): Promise<string> {
    const { domain } = zone as Partial<Zone>
    const found = typeof domain === 'string' ? domain : (await this.getZone(zone.id, options)).domain
    checked(this.provider, 'zone', () => absoluteName(found))
    return found
  }

  #fullName(argument: string, domain: string, name: string): string {
    return checked(this.provider, argument, () => nameWithin(domain, name)).slice(0, -1)
  }

  #checkTtl(argument: string, ttl: number | undefined, options: CallOptions | undefined): void {
    if (ttl !== undefined && ttl < LEAST_TTL) throw this.#refused(argument, `at least ${LEAST_TTL} seconds`, options)
  }

  #checkType(argument: string, type: RecordType, options: CallOptions | undefined): void {
    if (!TYPES.includes(type)) throw this.#refused(argument, `one of ${TYPES.join(', ')}`, options)
  }

  #refused(argument: string, allowed: string, options: CallOptions | undefined): InvalidRequestError {
    const operation = operationOf(options)
    const details = { provider: this.provider, operation, argument, allowed }
    return new InvalidRequestError(`${operation}: '${argument}' must be ${allowed}`, details)
  }

  #toZone(raw: RawDomain): Zone<RackspaceZoneExtra> {
    return new Zone(this, {
      id: String(raw.id),
      domain: raw.name,
      type: ZoneType.MASTER,
      ttl: raw.ttl,
      extra: {
        email: raw.emailAddress,
        comment: raw.comment,
        nameServers: (raw.nameservers ?? []).map(({ name }) => name),
        createdAt: dateOf(raw.created),
        updatedAt: dateOf(raw.updated),
      },
    })
  }

  #toRecord(raw: RawRecord, zone: Ref, domain: string): Record<RackspaceRecordExtra> {
    return new Record(this, {
      id: raw.id,
      name: relativeName(domain, `${raw.name}.`),
      type: raw.type as RecordType,
      data: raw.data,
      ttl: raw.ttl,
      priority: raw.priority,
      zone,
      extra: {
        comment: raw.comment,
        fullName: raw.name,
        createdAt: dateOf(raw.created),
        updatedAt: dateOf(raw.updated),
      },
    })
  }
}

/** Host names have no dot at their end. */
const plain = (data: string): string => data.replace(/(?<=[^.])\.$/, '')

/** `2011-06-24T01:23:15.000+0000` */
function dateOf(value: string | undefined): Date | undefined {
  if (value === undefined) return undefined
  const date = new Date(value.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  return Number.isNaN(date.getTime()) ? undefined : date
}

function toPtr(raw: RawRecord): RackspacePtrRecord {
  return { id: raw.id, domain: raw.name, ip: raw.data, ttl: raw.ttl, comment: raw.comment }
}

function toRawPtr({ service, href }: RackspaceDevice, record: RackspaceNewPtrRecord, id?: string): object {
  const { domain, ip, ttl, comment } = record
  return {
    recordsList: { records: [{ id, name: domain, type: 'PTR', data: ip, ttl, comment }] },
    link: { content: '', href, rel: service },
  }
}
