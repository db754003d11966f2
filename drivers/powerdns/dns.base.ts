import { absoluteName, checked } from '../../lib/dns/content.js'
import { DNSDriver } from '../../lib/dns/driver.js'
import { type CreateZoneOptions, type RecordType, type UpdateZoneOptions, Zone, ZoneType } from '../../lib/dns/types.js'
import { InvalidRequestError, ZoneAlreadyExistsError, ZoneDoesNotExistError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import type { PowerDNSConnection } from './connection.js'
import { RECORD_TYPES } from './rrsets.js'

/** The kinds that are copies of another server's zone. */
const COPIES: ReadonlySet<string> = new Set(['Slave', 'Secondary', 'Consumer'])
// The server takes any other word for 'Native'.
const KINDS = ['Native', 'Master', 'Slave', 'Producer', 'Consumer'] as const

/** How a zone is kept: `Native` leaves replication to the database, `Master` notifies, `Slave` copies another server's. */
export type PowerDNSZoneKind = (typeof KINDS)[number]

interface RawZone {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly url?: string
  readonly serial?: number
  readonly notified_serial?: number
  readonly edited_serial?: number
  readonly last_check?: number
  readonly masters?: readonly string[]
  readonly dnssec?: boolean
  readonly nsec3param?: string
  readonly nsec3narrow?: boolean
  readonly presigned?: boolean
  readonly soa_edit?: string
  readonly soa_edit_api?: string
  readonly api_rectify?: boolean
  readonly catalog?: string
  readonly account?: string
  readonly master_tsig_key_ids?: readonly string[]
  readonly slave_tsig_key_ids?: readonly string[]
}

/** What only PowerDNS tells of a zone. A list tells less than `getZone`. */
export interface PowerDNSZoneExtra {
  /** {@link PowerDNSZoneKind}, or a kind that is newer than this driver. */
  readonly kind: string
  /** The SOA's serial number. */
  readonly serial: number | undefined
  /** The serial number as queries see it. */
  readonly editedSerial: number | undefined
  /** The serial number that other servers were last notified of. */
  readonly notifiedSerial: number | undefined
  /** When a copy was last compared with its original; `undefined` if never. */
  readonly lastCheck: Date | undefined
  /** The servers that a copy comes from, as addresses with or without a port. */
  readonly masters: readonly string[]
  readonly isSigned: boolean | undefined
  readonly nsec3Param: string | undefined
  readonly nsec3Narrow: boolean | undefined
  readonly soaEdit: string | undefined
  readonly soaEditApi: string | undefined
  readonly apiRectify: boolean | undefined
  readonly catalog: string | undefined
  readonly account: string | undefined
  readonly masterTsigKeyIds: readonly string[]
  readonly slaveTsigKeyIds: readonly string[]
}

/** What of a zone can be set at any time; what is absent stays. */
interface PowerDNSZoneSettings {
  /** @defaultValue 'Native', for slaves 'Slave' */
  ex_kind?: PowerDNSZoneKind | undefined
  /** The servers that a copy comes from: addresses, with a port after a colon where it is not 53. */
  ex_masters?: readonly string[] | undefined
  /** A name that means something to you. */
  ex_account?: string | undefined
  /** The catalog zone that this one is a member of. */
  ex_catalog?: string | undefined
  /** How the serial number is changed when the zone is asked for; see the server's documentation. */
  ex_soaEdit?: string | undefined
  /** How the serial number is changed by changes through the API. @defaultValue 'DEFAULT' on the server's side */
  ex_soaEditApi?: string | undefined
  /** Whether changes through the API order the zone for DNSSEC. */
  ex_apiRectify?: boolean | undefined
  /** Whether the zone is signed: makes or removes its keys. */
  ex_dnssec?: boolean | undefined
  /** The parameters of NSEC3, such as `'1 0 0 -'`; empty for NSEC. */
  ex_nsec3Param?: string | undefined
  ex_nsec3Narrow?: boolean | undefined
  ex_masterTsigKeyIds?: readonly string[] | undefined
  ex_slaveTsigKeyIds?: readonly string[] | undefined
}
/** What PowerDNS's `createZone` takes. */
export interface PowerDNSCreateZoneOptions extends CreateZoneOptions, PowerDNSZoneSettings {
  /** Host names of its name servers: without them the zone has no NS records. */
  ex_nameservers?: readonly string[] | undefined
  /** Records in the form of a zone file. */
  ex_zoneFile?: string | undefined
}
/** What PowerDNS's `updateZone` takes. */
export interface PowerDNSUpdateZoneOptions extends UpdateZoneOptions, PowerDNSZoneSettings {}

/** Zones. */
export abstract class PowerDNSZones extends DNSDriver {
  readonly recordTypes: readonly RecordType[] = RECORD_TYPES
  declare readonly connection: PowerDNSConnection

  /** @see https://doc.powerdns.com/authoritative/http-api/zone.html#get--servers-server_id-zones */
  listZones(options?: CallOptions): Pager<Zone<PowerDNSZoneExtra>> {
    return onePage(async () => {
      const spec = { path: path`${this.connection.root}/zones` }
      const { body } = await this.connection.request<readonly RawZone[]>(spec, options)
      return body.map(raw => this.#toZone(raw))
    }, options)
  }

  /** @see https://doc.powerdns.com/authoritative/http-api/zone.html#get--servers-server_id-zones-zone_id */
  async getZone(zoneId: string, options?: CallOptions): Promise<Zone<PowerDNSZoneExtra>> {
    const spec = {
      path: path`${this.connection.root}/zones/${zoneId}`,
      query: { rrsets: false },
      errors: { 404: ZoneDoesNotExistError },
    }
    const { body } = await this.connection.request<RawZone>(spec, options)
    return this.#toZone(body)
  }

  /** @see https://doc.powerdns.com/authoritative/http-api/zone.html#post--servers-server_id-zones */
  async createZone(zone: PowerDNSCreateZoneOptions, options?: CallOptions): Promise<Owned<Zone<PowerDNSZoneExtra>>> {
    this.#refuse('createZone', 'zone', zone)
    const { provider } = this
    const kind = zone.ex_kind ?? (zone.type === ZoneType.SLAVE ? 'Slave' : 'Native')
    const json = {
      ...toRawSettings(zone),
      name: checked(provider, 'zone.domain', () => absoluteName(zone.domain)),
      kind,
      nameservers: zone.ex_nameservers?.map((host, index) =>
        checked(provider, `zone.ex_nameservers[${index}]`, () => absoluteName(host)),
      ),
      zone: zone.ex_zoneFile,
    }
    const spec = {
      method: 'POST',
      path: path`${this.connection.root}/zones`,
      query: { rrsets: false },
      json,
      errors: { 409: ZoneAlreadyExistsError },
    } as const
    const { body } = await this.connection.request<RawZone>(spec, options)
    return owned(this.#toZone(body), () => this.deleteZone({ id: body.id }))
  }

  /**
   * Its name and its TTL cannot be changed: a zone has no TTL of its own.
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#put--servers-server_id-zones-zone_id
   */
  async updateZone(
    zone: Ref,
    changes: PowerDNSUpdateZoneOptions,
    options?: CallOptions,
  ): Promise<Zone<PowerDNSZoneExtra>> {
    this.#refuse('updateZone', 'changes', changes)
    const kind = changes.ex_kind ?? (await this.#kindFor(zone, changes.type, options))
    const spec = {
      method: 'PUT',
      path: path`${this.connection.root}/zones/${zone.id}`,
      json: { ...toRawSettings(changes), kind },
      errors: { 404: ZoneDoesNotExistError },
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
    return this.getZone(zone.id, options)
  }

  /** @see https://doc.powerdns.com/authoritative/http-api/zone.html#delete--servers-server_id-zones-zone_id */
  async deleteZone(zone: Ref, options?: CallOptions): Promise<void> {
    const spec = {
      method: 'DELETE',
      path: path`${this.connection.root}/zones/${zone.id}`,
      errors: { 404: ZoneDoesNotExistError },
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  #refuse(method: string, argument: string, given: PowerDNSUpdateZoneOptions): void {
    const wrong = (member: string, allowed: string): InvalidRequestError =>
      new InvalidRequestError(`${method}: '${argument}.${member}' must be ${allowed}`, {
        provider: this.provider,
        argument: `${argument}.${member}`,
        allowed,
      })
    if (given.ttl !== undefined) throw wrong('ttl', 'absent: each RRset has its own')
    if (method === 'updateZone' && given.domain !== undefined) throw wrong('domain', 'absent: a zone keeps its name')
    const { type, ex_kind: kind } = given
    if (kind === undefined) return
    if (!KINDS.includes(kind)) throw wrong('ex_kind', `one of ${KINDS.map(each => `'${each}'`).join(', ')}`)
    if (type !== undefined && typeOf(kind) !== type) throw wrong('ex_kind', `a kind of '${type}'`)
  }

  /** A kind that is of the type already stays: there are several of each. */
  async #kindFor(zone: Ref, type: ZoneType | undefined, options?: CallOptions): Promise<string | undefined> {
    if (type === undefined) return undefined
    const { extra } = await this.getZone(zone.id, options)
    if (typeOf(extra.kind) === type) return extra.kind
    return type === ZoneType.SLAVE ? 'Slave' : 'Native'
  }

  #toZone(raw: RawZone): Zone<PowerDNSZoneExtra> {
    const domain = raw.name.replace(/\.\.[^.]*$/, '').replace(/(?<=.)\.$/, '')
    return new Zone(this, { id: raw.id, domain, type: typeOf(raw.kind), extra: toZoneExtra(raw) })
  }
}

function typeOf(kind: string): ZoneType {
  return COPIES.has(kind) ? ZoneType.SLAVE : ZoneType.MASTER
}

function toRawSettings(zone: PowerDNSZoneSettings): object {
  return {
    masters: zone.ex_masters,
    account: zone.ex_account,
    catalog: zone.ex_catalog,
    soa_edit: zone.ex_soaEdit,
    soa_edit_api: zone.ex_soaEditApi,
    api_rectify: zone.ex_apiRectify,
    dnssec: zone.ex_dnssec,
    nsec3param: zone.ex_nsec3Param,
    nsec3narrow: zone.ex_nsec3Narrow,
    master_tsig_key_ids: zone.ex_masterTsigKeyIds,
    slave_tsig_key_ids: zone.ex_slaveTsigKeyIds,
  }
}

function toZoneExtra(raw: RawZone): PowerDNSZoneExtra {
  return {
    kind: raw.kind,
    serial: raw.serial,
    editedSerial: raw.edited_serial,
    notifiedSerial: raw.notified_serial,
    lastCheck: raw.last_check ? new Date(raw.last_check * 1000) : undefined,
    masters: raw.masters ?? [],
    isSigned: raw.dnssec,
    nsec3Param: raw.nsec3param || undefined,
    nsec3Narrow: raw.nsec3narrow,
    soaEdit: raw.soa_edit || undefined,
    soaEditApi: raw.soa_edit_api || undefined,
    apiRectify: raw.api_rectify,
    catalog: raw.catalog || undefined,
    account: raw.account || undefined,
    masterTsigKeyIds: raw.master_tsig_key_ids ?? [],
    slaveTsigKeyIds: raw.slave_tsig_key_ids ?? [],
  }
}
