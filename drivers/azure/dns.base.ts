import { absoluteName, checked } from '../../lib/dns/content.js'
import { DNSDriver } from '../../lib/dns/driver.js'
import { type CreateZoneOptions, type RecordType, type UpdateZoneOptions, Zone, ZoneType } from '../../lib/dns/types.js'
import { ZoneAlreadyExistsError, ZoneDoesNotExistError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import type { ArmConnection } from './arm.connection.js'
import { groupOf, nameOf, type ResourceId, refused } from './arm.ids.js'
import { RECORD_TYPES } from './dns.sets.js'

/** The newest version that is no preview. https://learn.microsoft.com/rest/api/dns/ */
export const DNS_VERSION = '2018-05-01'
const ZONES = 'Microsoft.Network/dnsZones'

/** The error of a request about one zone. */
export const NO_ZONE: ErrorTable = {
  404: ZoneDoesNotExistError,
  ParentResourceNotFound: ZoneDoesNotExistError,
  ResourceGroupNotFound: ZoneDoesNotExistError,
  ResourceNotFound: ZoneDoesNotExistError,
  NotFound: ZoneDoesNotExistError,
}

interface RawZone {
  readonly id: string
  readonly name: string
  readonly location?: string
  readonly etag?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly properties?: {
    readonly zoneType?: 'Public' | 'Private'
    readonly nameServers?: readonly string[]
    readonly numberOfRecordSets?: number
    readonly maxNumberOfRecordSets?: number
    readonly registrationVirtualNetworks?: readonly { readonly id: string }[]
    readonly resolutionVirtualNetworks?: readonly { readonly id: string }[]
  }
}

/** What only Azure tells of a zone. */
export interface AzureZoneExtra {
  readonly resourceGroup: string
  readonly etag: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly zoneType: 'Public' | 'Private'
  /** Without their final dots. */
  readonly nameServers: readonly string[]
  readonly recordSets: number | undefined
  readonly maxRecordSets: number | undefined
  /** Ids of networks whose machines are registered in a private zone, and of those that may ask it. */
  readonly registrationNetworks: readonly string[]
  readonly resolutionNetworks: readonly string[]
}
export interface AzureCreateZoneOptions extends CreateZoneOptions {
  /** @defaultValue the driver's */
  ex_resourceGroup?: string | undefined
  ex_tags?: Readonly<Record<string, string>> | undefined
}
export interface AzureUpdateZoneOptions extends UpdateZoneOptions {
  /** In place of all that it has. */
  ex_tags?: Readonly<Record<string, string>> | undefined
  /** The zone as it was read: when it has changed since, nothing is changed. */
  ex_ifMatch?: string | undefined
}
export interface AzureListZonesOptions extends CallOptions {
  /** Only the zones of this resource group. @defaultValue all of the subscription */
  ex_resourceGroup?: string | undefined
}

/** Zones. */
export abstract class AzureDNSZones extends DNSDriver {
  declare readonly connection: ArmConnection
  override readonly recordTypes: readonly RecordType[] = RECORD_TYPES

  /** @see https://learn.microsoft.com/rest/api/dns/zones/list */
  listZones(options?: AzureListZonesOptions): Pager<Zone<AzureZoneExtra>> {
    const group = options?.ex_resourceGroup
    if (group !== undefined) this.connection.group(group, 'options.ex_resourceGroup', options)
    const at = (subscription: string): string =>
      group === undefined
        ? path`/subscriptions/${subscription}/providers/Microsoft.Network/dnszones`
        : path`/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Network/dnsZones`
    const map = (raw: RawZone): Zone<AzureZoneExtra> => toZone(this, raw)
    return this.connection.list({ path: at, version: DNS_VERSION, map }, options)
  }

  /** The id is Azure's, or the domain of a zone in the driver's resource group.
   * @see https://learn.microsoft.com/rest/api/dns/zones/get */
  async getZone(zoneId: string, options?: CallOptions): Promise<Zone<AzureZoneExtra>> {
    const at = await this.connection.pathTo(zoneId, ZONES, 'zoneId', options)
    return this.connection.one(
      { path: at, version: DNS_VERSION, errors: NO_ZONE },
      (raw: RawZone) => toZone(this, raw),
      options,
    )
  }

  /** Azure's zones are masters, and have no TTL of their own.
   * @see https://learn.microsoft.com/rest/api/dns/zones/create-or-update */
  async createZone(zone: AzureCreateZoneOptions, options?: CallOptions): Promise<Owned<Zone<AzureZoneExtra>>> {
    refuseUnknown(this, 'zone', zone, options)
    const domain = checked(this.provider, 'zone.domain', () => absoluteName(zone.domain)).slice(0, -1)
    const group = this.connection.group(zone.ex_resourceGroup, 'zone.ex_resourceGroup', options)
    const at = (subscription: string): string =>
      path`/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Network/dnsZones/${domain}`
    const json = { location: 'global', tags: zone.ex_tags, properties: { zoneType: 'Public' } }
    const headers = { 'if-none-match': '*' }
    const errors = { 409: ZoneAlreadyExistsError, 412: ZoneAlreadyExistsError }
    const spec = { method: 'PUT', path: at, version: DNS_VERSION, json, headers, errors } as const
    const made = await this.connection.one(spec, (raw: RawZone) => toZone(this, raw), options)
    return owned(made, () => this.deleteZone(made))
  }

  /** Only tags can be changed.
   * @see https://learn.microsoft.com/rest/api/dns/zones/update */
  async updateZone(zone: Ref, changes: AzureUpdateZoneOptions, options?: CallOptions): Promise<Zone<AzureZoneExtra>> {
    refuseUnknown(this, 'changes', changes, options)
    if (changes.domain !== undefined)
      throw refused(this.provider, operationOf(options), 'changes.domain', 'absent: a domain cannot be changed')
    const at = await this.connection.pathTo(zone.id, ZONES, 'zone.id', options)
    const headers = { 'if-match': changes.ex_ifMatch }
    const json = { tags: changes.ex_tags }
    const spec = { method: 'PATCH', path: at, version: DNS_VERSION, json, headers, errors: NO_ZONE } as const
    return this.connection.one(spec, (raw: RawZone) => toZone(this, raw), options)
  }

  /** It is awaited.
   * @see https://learn.microsoft.com/rest/api/dns/zones/delete */
  async deleteZone(zone: Ref, options?: WaitOptions): Promise<void> {
    const at = await this.connection.pathTo(zone.id, ZONES, 'zone.id', options)
    await this.connection.operate(
      { method: 'DELETE', path: at, version: DNS_VERSION, errors: NO_ZONE },
      () => undefined,
      options,
    )
  }
}

/** Where a zone is: its last name is its domain. */
export async function zoneAt(
  driver: AzureDNSZones,
  zone: Ref,
  options: CallOptions | undefined,
): Promise<ResourceId & { readonly domain: string }> {
  const at = await driver.connection.locate(zone.id, ZONES, 'zone.id', options)
  return { ...at, domain: at.names[0] as string }
}

function refuseUnknown(
  driver: AzureDNSZones,
  argument: string,
  { type, ttl }: UpdateZoneOptions,
  options: CallOptions | undefined,
): void {
  if (type !== undefined && type !== ZoneType.MASTER)
    throw refused(driver.provider, operationOf(options), `${argument}.type`, "'master': Azure copies no zones")
  if (ttl !== undefined)
    throw refused(driver.provider, operationOf(options), `${argument}.ttl`, 'absent: records alone have one')
}

function toZone(driver: AzureDNSZones, { id, name, etag, tags = {}, properties = {} }: RawZone): Zone<AzureZoneExtra> {
  const ids = (networks: readonly { readonly id: string }[] = []): string[] => networks.map(each => each.id)
  return new Zone(driver, {
    id,
    domain: name || nameOf(id),
    type: ZoneType.MASTER,
    extra: {
      resourceGroup: groupOf(id),
      etag,
      tags,
      zoneType: properties.zoneType ?? 'Public',
      nameServers: (properties.nameServers ?? []).map(each => each.replace(/\.$/, '')),
      recordSets: properties.numberOfRecordSets,
      maxRecordSets: properties.maxNumberOfRecordSets,
      registrationNetworks: ids(properties.registrationVirtualNetworks),
      resolutionNetworks: ids(properties.resolutionVirtualNetworks),
    },
  })
}
