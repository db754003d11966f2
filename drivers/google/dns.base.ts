import { absoluteName, checked } from '../../lib/dns/content.js'
import { DNSDriver } from '../../lib/dns/driver.js'
import { type CreateZoneOptions, type RecordType, type UpdateZoneOptions, Zone, ZoneType } from '../../lib/dns/types.js'
import { InvalidRequestError, ZoneAlreadyExistsError, ZoneDoesNotExistError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import type { GoogleConnection } from './connection.js'
import { RECORD_TYPES } from './dns.shared.js'

/** The error of a request about one zone. */
export const NO_ZONE: ErrorTable = { 404: ZoneDoesNotExistError }

interface RawZone {
  readonly id: string
  readonly name: string
  readonly dnsName: string
  readonly description?: string
  readonly creationTime?: string
  readonly nameServers?: readonly string[]
  readonly visibility?: 'public' | 'private'
  readonly labels?: Readonly<Record<string, string>>
  readonly dnssecConfig?: { readonly state?: GoogleDnssecState; readonly nonExistence?: string }
  readonly privateVisibilityConfig?: { readonly networks?: readonly { readonly networkUrl?: string }[] }
  readonly forwardingConfig?: { readonly targetNameServers?: readonly { readonly ipv4Address?: string }[] }
  readonly peeringConfig?: { readonly targetNetwork?: { readonly networkUrl?: string } }
}
interface RawOperation {
  readonly id: string
  readonly status: string
  readonly zoneContext?: { readonly newValue?: RawZone }
}

/** Whether a zone is signed. `'transfer'` signs with keys that were brought along, and makes no new ones. */
export type GoogleDnssecState = 'off' | 'on' | 'transfer'
/** What only Google tells of a zone. */
export interface GoogleZoneExtra {
  /** A number. The zone's id is its name, which does as well. */
  readonly number: string
  readonly description: string
  readonly createdAt: Date | undefined
  /** Without their final dots. */
  readonly nameServers: readonly string[]
  /** Who may ask: everybody, or the networks in `networks`. */
  readonly visibility: 'public' | 'private'
  readonly labels: Readonly<Record<string, string>>
  readonly dnssec: GoogleDnssecState
  /** Addresses of networks that see a private zone. */
  readonly networks: readonly string[]
  /** IPv4 addresses of servers that are asked in this one's place. */
  readonly forwardingTargets: readonly string[]
  /** Address of the network whose private zones are asked in this one's place. */
  readonly peeringNetwork: string | undefined
}
/** What only Google can be told of a zone. */
export interface GoogleZoneOptions {
  ex_description?: string | undefined
  ex_labels?: Readonly<Record<string, string>> | undefined
  ex_dnssec?: GoogleDnssecState | undefined
  /** Addresses of networks that see a private zone. */
  ex_networks?: readonly string[] | undefined
  /** IPv4 addresses of servers that are asked in this zone's place: of private zones only. */
  ex_forwardingTargets?: readonly string[] | undefined
  /** Address of a network whose private zones are asked in this one's place: of private zones only. */
  ex_peeringNetwork?: string | undefined
}
export interface GoogleCreateZoneOptions extends CreateZoneOptions, GoogleZoneOptions {
  /** The zone's own name: lower case letters, digits and hyphens. @defaultValue made of the domain */
  ex_name?: string | undefined
  /** @defaultValue 'public' */
  ex_visibility?: 'public' | 'private' | undefined
}
export interface GoogleUpdateZoneOptions extends UpdateZoneOptions, GoogleZoneOptions {}
export interface GoogleListZonesOptions extends CallOptions {
  /** Only the zones of this domain: several may have it, for different networks. */
  ex_domain?: string | undefined
}

/** Zones. */
export abstract class GoogleDNSZones extends DNSDriver {
  declare readonly connection: GoogleConnection
  override readonly recordTypes: readonly RecordType[] = RECORD_TYPES

  /** @see https://cloud.google.com/dns/docs/reference/rest/v1/managedZones/list */
  listZones(options?: GoogleListZonesOptions): Pager<Zone<GoogleZoneExtra>> {
    const domain = options?.ex_domain
    const dnsName = domain && checked(this.provider, 'options.ex_domain', () => absoluteName(domain))
    const at = (project: string): string => path`/dns/v1/projects/${project}/managedZones`
    const spec = { path: at, member: 'managedZones', query: { dnsName }, map: (raw: RawZone) => toZone(this, raw) }
    return this.connection.list(spec, options)
  }

  /** @see https://cloud.google.com/dns/docs/reference/rest/v1/managedZones/get */
  async getZone(zoneId: string, options?: CallOptions): Promise<Zone<GoogleZoneExtra>> {
    const spec = { path: zonePath(zoneId), errors: NO_ZONE }
    return this.connection.one(spec, (raw: RawZone) => toZone(this, raw), options)
  }

  /** Google's zones are masters, and have no TTL of their own.
   * @see https://cloud.google.com/dns/docs/reference/rest/v1/managedZones/create */
  async createZone(zone: GoogleCreateZoneOptions, options?: CallOptions): Promise<Owned<Zone<GoogleZoneExtra>>> {
    refuseUnknown(this, 'zone', zone, options)
    const dnsName = checked(this.provider, 'zone.domain', () => absoluteName(zone.domain))
    const json = {
      name: zone.ex_name ?? nameOf(dnsName),
      dnsName,
      visibility: zone.ex_visibility ?? 'public',
      // It must be there, and may be empty.
      description: zone.ex_description ?? '',
      ...toRawOptions(zone),
    }
    const at = (project: string): string => path`/dns/v1/projects/${project}/managedZones`
    const spec = { method: 'POST', path: at, json, errors: { 409: ZoneAlreadyExistsError } } as const
    const made = await this.connection.one(spec, (raw: RawZone) => toZone(this, raw), options)
    return owned(made, () => this.deleteZone(made))
  }

  /** Only what Google's own options say can be changed; what is absent stays. It is awaited.
   * @see https://cloud.google.com/dns/docs/reference/rest/v1/managedZones/patch */
  async updateZone(zone: Ref, changes: GoogleUpdateZoneOptions, options?: WaitOptions): Promise<Zone<GoogleZoneExtra>> {
    refuseUnknown(this, 'changes', changes, options)
    if (changes.domain !== undefined)
      throw refused(this, 'changes.domain', 'absent: a domain cannot be changed', options)
    const json = { description: changes.ex_description, ...toRawOptions(changes) }
    const spec = { method: 'PATCH', path: zonePath(zone.id), json, errors: NO_ZONE } as const
    const asIs = (raw: RawOperation): RawOperation => {
      if (typeof raw.id !== 'string') throw new Error('The reply is no operation')
      return raw
    }
    let operation = await this.connection.one(spec, asIs, options)
    if (operation.status !== 'done') {
      const { id } = operation
      operation = await this.connection.poll(
        `zone ${zone.id} to be changed`,
        async look => {
          const at = (project: string): string =>
            path`/dns/v1/projects/${project}/managedZones/${zone.id}/operations/${id}`
          const value = await this.connection.one({ path: at, errors: NO_ZONE }, asIs, look)
          return value.status === 'done' ? { done: true, value } : { state: value.status }
        },
        { interval: 1000, ...options },
      )
    }
    const changed = operation.zoneContext?.newValue
    return changed ? toZone(this, changed) : this.getZone(zone.id, options)
  }

  /** A zone must have no records but its SOA and its own NS.
   * @see https://cloud.google.com/dns/docs/reference/rest/v1/managedZones/delete */
  async deleteZone(zone: Ref, options?: CallOptions): Promise<void> {
    const at = zonePath(zone.id)(await this.connection.projectId(options))
    await this.connection.request({ method: 'DELETE', path: at, errors: NO_ZONE, read: readNothing }, options)
  }
}

/** A zone's place, and what is below it. */
export function zonePath(id: string): (project: string) => string {
  return project => path`/dns/v1/projects/${project}/managedZones/${id}`
}

function refused(
  driver: GoogleDNSZones,
  argument: string,
  allowed: string,
  options: CallOptions | undefined,
): InvalidRequestError {
  const operation = operationOf(options)
  const details = { provider: driver.provider, operation, argument, allowed }
  return new InvalidRequestError(`${operation ?? 'request'}: '${argument}' must be ${allowed}`, details)
}

function refuseUnknown(
  driver: GoogleDNSZones,
  argument: string,
  { type, ttl }: UpdateZoneOptions,
  options: CallOptions | undefined,
): void {
  if (type !== undefined && type !== ZoneType.MASTER)
    throw refused(driver, `${argument}.type`, "'master': Google copies no zones", options)
  if (ttl !== undefined) throw refused(driver, `${argument}.ttl`, 'absent: records alone have one', options)
}

/** `example.com.` becomes `example-com`. It begins with a letter, and has at most 63 characters. */
function nameOf(dnsName: string): string {
  const plain = dnsName.replace(/\.$/, '').replace(/[^a-z0-9]+/g, '-')
  return (/^[a-z]/.test(plain) ? plain : `zone-${plain}`).slice(0, 63).replace(/-+$/, '')
}

function toRawOptions(zone: GoogleZoneOptions): object {
  const { ex_networks: networks, ex_forwardingTargets: targets, ex_peeringNetwork: peering } = zone
  return {
    labels: zone.ex_labels,
    dnssecConfig: zone.ex_dnssec && { state: zone.ex_dnssec },
    privateVisibilityConfig: networks && { networks: networks.map(networkUrl => ({ networkUrl })) },
    forwardingConfig: targets && { targetNameServers: targets.map(ipv4Address => ({ ipv4Address })) },
    peeringConfig: peering === undefined ? undefined : { targetNetwork: { networkUrl: peering } },
  }
}

const given = (values: readonly (string | undefined)[] = []): string[] =>
  values.filter((each): each is string => each !== undefined)

function toZone(driver: GoogleDNSZones, raw: RawZone): Zone<GoogleZoneExtra> {
  return new Zone(driver, {
    id: raw.name,
    domain: raw.dnsName.replace(/(?<=.)\.$/, ''),
    type: ZoneType.MASTER,
    extra: {
      number: raw.id,
      description: raw.description ?? '',
      createdAt: raw.creationTime === undefined ? undefined : new Date(raw.creationTime),
      nameServers: (raw.nameServers ?? []).map(each => each.replace(/\.$/, '')),
      visibility: raw.visibility ?? 'public',
      labels: raw.labels ?? {},
      dnssec: raw.dnssecConfig?.state ?? 'off',
      networks: given(raw.privateVisibilityConfig?.networks?.map(each => each.networkUrl)),
      forwardingTargets: given(raw.forwardingConfig?.targetNameServers?.map(each => each.ipv4Address)),
      peeringNetwork: raw.peeringConfig?.targetNetwork?.networkUrl,
    },
  })
}
