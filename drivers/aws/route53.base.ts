import { checked, nameWithin } from '../../lib/dns/content.js'
import { DNSDriver } from '../../lib/dns/driver.js'
import { type CreateZoneOptions, type RecordType, type UpdateZoneOptions, Zone, ZoneType } from '../../lib/dns/types.js'
import { type LibcloudError, ZoneAlreadyExistsError } from '../../lib/errors.js'
import { idempotencyToken } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { xml } from '../../lib/http/xml.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { refused } from './refused.js'
import type { Route53Connection } from './route53.connection.js'
import { fromWireName, plainHost, toWireName } from './route53.names.js'
import { bareId, CHANGED, type Place, type RawChange, RECORD_TYPES, readPage, sendChanges } from './route53.sets.js'

const HOSTED_ZONE = xml.object({
  Id: xml.string,
  Name: xml.string,
  CallerReference: xml.string,
  Config: xml.object({ Comment: xml.string, PrivateZone: xml.boolean }),
  ResourceRecordSetCount: xml.number,
  LinkedService: xml.object({ ServicePrincipal: xml.string, Description: xml.string }),
})
const VPC = xml.object({ VPCRegion: xml.string, VPCId: xml.string })
const ZONES = xml.object({
  HostedZones: xml.wrapped('HostedZone', HOSTED_ZONE),
  IsTruncated: xml.boolean,
  NextMarker: xml.string,
  NextDNSName: xml.string,
  NextHostedZoneId: xml.string,
})
const ONE_ZONE = xml.object({
  HostedZone: HOSTED_ZONE,
  DelegationSet: xml.object({ Id: xml.string, NameServers: xml.wrapped('NameServer', xml.string) }),
  VPCs: xml.wrapped('VPC', VPC),
  VPC,
  ChangeInfo: xml.object({ Id: xml.string, Status: xml.string }),
})
type RawOneZone = xml.Infer<typeof ONE_ZONE>

/** A network in which a private zone is answered. */
export interface Route53Vpc {
  readonly id: string
  readonly region: string
}
/** What only Route 53 tells of a zone. A list tells less than `getZone`. */
export interface Route53ZoneExtra {
  readonly isPrivate: boolean
  readonly comment: string | undefined
  /** What the zone was created with: see `ex_callerReference`. */
  readonly callerReference: string
  readonly recordSetCount: number | undefined
  /** Hosts to delegate the domain to, without final dots; none for private zones, and in lists. */
  readonly nameServers: readonly string[]
  readonly delegationSetId: string | undefined
  /** Of a private zone; empty in lists. */
  readonly vpcs: readonly Route53Vpc[]
  /** The service that keeps the zone, which nobody else may change. */
  readonly linkedService: string | undefined
  /** Of a zone that was just created: `ex_waitForChange` waits until all name servers have it. */
  readonly changeId: string | undefined
}
/** What Route 53's `createZone` takes. */
export interface Route53CreateZoneOptions extends CreateZoneOptions {
  /** At most 256 characters. */
  ex_comment?: string | undefined
  /** Makes it a private zone, which only this network has. More are added by `ex_associateVpc`. */
  ex_vpc?: Route53Vpc | undefined
  /** Name servers that several zones have in common. */
  ex_delegationSet?: Ref | undefined
  /** Tells this creation from others: a second one with the same gives the zone of the first. @defaultValue a random one */
  ex_callerReference?: string | undefined
}
/** What Route 53's `updateZone` takes: nothing else of a zone can be changed. */
export interface Route53UpdateZoneOptions extends UpdateZoneOptions {
  /** Empty for none. */
  ex_comment?: string | undefined
}
/** What Route 53's `listZones` takes. */
export interface Route53ListZonesOptions extends CallOptions {
  /** Only those with these name servers. */
  ex_delegationSet?: Ref | undefined
}

/** How many changes a batch may have: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html */
const MOST_CHANGES = 1000
/** How many characters all values of a batch may have. */
const MOST_CHARACTERS = 32_000

/** Zones. */
export abstract class Route53Zones extends DNSDriver {
  readonly recordTypes: readonly RecordType[] = RECORD_TYPES
  declare readonly connection: Route53Connection

  /** @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZones.html */
  listZones(options?: Route53ListZonesOptions): Pager<Zone<Route53ZoneExtra>> {
    const set = options?.ex_delegationSet
    return pager(async marker => {
      const query = { marker, delegationsetid: set && bareId(set.id) }
      const page = await this.connection.ask('/2013-04-01/hostedzone', { query, shape: ZONES }, options)
      const items = page.HostedZones.map(raw => this.#toZone({ HostedZone: raw, VPCs: [] }))
      return { items, next: page.IsTruncated ? page.NextMarker : undefined }
    }, options)
  }

  /** @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZone.html */
  async getZone(zoneId: string, options?: CallOptions): Promise<Zone<Route53ZoneExtra>> {
    const at = path`/2013-04-01/hostedzone/${bareId(zoneId)}`
    return this.#toZone(await this.connection.ask(at, { shape: ONE_ZONE }, options))
  }

  /**
   * There may be several zones of one domain.
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html
   */
  async createZone(zone: Route53CreateZoneOptions, options?: CallOptions): Promise<Owned<Zone<Route53ZoneExtra>>> {
    const { domain, type, ttl, ex_comment: comment, ex_vpc: vpc, ex_delegationSet: set } = zone
    if (type === ZoneType.SLAVE) throw refused(this, 'zone.type', `absent or '${ZoneType.MASTER}'`, options)
    if (ttl !== undefined) throw refused(this, 'zone.ttl', 'absent: each record set has its own', options)
    const name = checked(this.provider, 'zone.domain', () => toWireName(nameWithin(domain, '')))
    const reference = zone.ex_callerReference ?? idempotencyToken()
    const content = {
      Name: name,
      VPC: vpc && { VPCRegion: vpc.region, VPCId: vpc.id },
      CallerReference: reference,
      HostedZoneConfig:
        comment === undefined && vpc === undefined ? undefined : { Comment: comment, PrivateZone: vpc !== undefined },
      DelegationSetId: set && bareId(set.id),
    }
    const request = {
      method: 'POST',
      document: ['CreateHostedZoneRequest', content],
      shape: ONE_ZONE,
      // The reference keeps it from being made twice.
      idempotent: true,
    } as const
    const made = await this.connection.ask('/2013-04-01/hostedzone', request, options).then(
      raw => this.#toZone(raw),
      (error: LibcloudError) => this.#createdBefore(error, name, reference, options),
    )
    return owned(made, () => this.deleteZone(made))
  }

  /**
   * Only the comment of a zone can be changed.
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHostedZoneComment.html
   */
  async updateZone(
    zone: Ref,
    changes: Route53UpdateZoneOptions,
    options?: CallOptions,
  ): Promise<Zone<Route53ZoneExtra>> {
    const { domain, type, ttl, ex_comment: comment } = changes
    if (domain !== undefined) throw refused(this, 'changes.domain', 'absent: a zone keeps its name', options)
    if (type === ZoneType.SLAVE) throw refused(this, 'changes.type', `absent or '${ZoneType.MASTER}'`, options)
    if (ttl !== undefined) throw refused(this, 'changes.ttl', 'absent: each record set has its own', options)
    if (comment === undefined) return this.getZone(zone.id, options)
    const request = {
      method: 'POST',
      document: ['UpdateHostedZoneCommentRequest', { Comment: comment }],
      shape: xml.object({ HostedZone: HOSTED_ZONE }),
      idempotent: true,
    } as const
    const { HostedZone } = await this.connection.ask(path`/2013-04-01/hostedzone/${bareId(zone.id)}`, request, options)
    return this.#toZone({ HostedZone: HostedZone ?? {}, VPCs: [] })
  }

  /**
   * A zone with more records than it was created with is emptied first, in as few batches as its size allows.
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_DeleteHostedZone.html
   */
  async deleteZone(zone: Ref, options?: CallOptions): Promise<void> {
    const at = path`/2013-04-01/hostedzone/${bareId(zone.id)}`
    const request = { method: 'DELETE', shape: CHANGED } as const
    try {
      await this.connection.ask(at, request, options)
    } catch (error) {
      if ((error as LibcloudError).providerCode !== 'HostedZoneNotEmpty') throw error
      await this.ex_deleteAllRecords(zone, options)
      await this.connection.ask(at, request, options)
    }
  }

  /**
   * Deletes all records of a zone but those that it cannot be without: the SOA, and the zone's own name servers.
   *
   * @example
   * ```ts
   * await driver.ex_deleteAllRecords(zone)
   * ```
   * @throws ZoneDoesNotExistError
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
   */
  async ex_deleteAllRecords(zone: Ref, options?: CallOptions): Promise<void> {
    const id = bareId(zone.id)
    const gone: RawChange[] = []
    let origin: string | undefined
    let next: Place | undefined = {}
    while (next !== undefined) {
      const page: Awaited<ReturnType<typeof readPage>> = await readPage(this.connection, id, next, options)
      // A zone's own name comes first, with its SOA.
      origin ??= page.sets.find(({ Type }) => Type === 'SOA')?.Name
      for (const set of page.sets) {
        const isOwn = set.Name === origin && (set.Type === 'SOA' || set.Type === 'NS')
        if (!isOwn) gone.push(['DELETE', set])
      }
      next = page.next
    }
    for (const batch of batches(gone)) await sendChanges(this.connection, id, batch, options)
  }

  /**
   * The zones of a domain, and those whose domains come after it in the service's order.
   *
   * @example
   * ```ts
   * const [zone] = await driver.ex_listZonesByName('example.com')
   * ```
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByName.html
   */
  ex_listZonesByName(domain: string, options?: CallOptions): Pager<Zone<Route53ZoneExtra>> {
    const name = checked(this.provider, 'domain', () => toWireName(nameWithin(domain, '')))
    return pager(async token => {
      const [dnsname = name, hostedzoneid] = token?.split(' ') ?? []
      const query = { dnsname, hostedzoneid }
      const page = await this.connection.ask('/2013-04-01/hostedzonesbyname', { query, shape: ZONES }, options)
      const found = page.HostedZones.filter(each => fromWireName(each.Name ?? '') === fromWireName(name))
      const items = found.map(raw => this.#toZone({ HostedZone: raw, VPCs: [] }))
      const { NextDNSName: after = '', NextHostedZoneId: id } = page
      const isMore = page.IsTruncated && fromWireName(after) === fromWireName(name)
      return { items, next: isMore ? `${after} ${id}` : undefined }
    }, options)
  }

  /** A creation whose answer was lost is refused the second time: then the zone is there. */
  async #createdBefore(
    error: LibcloudError,
    name: string,
    reference: string,
    options: CallOptions | undefined,
  ): Promise<Zone<Route53ZoneExtra>> {
    if (!(error instanceof ZoneAlreadyExistsError) || error.providerCode !== 'HostedZoneAlreadyExists') throw error
    for await (const zone of this.ex_listZonesByName(plainHost(name), options)) {
      if (zone.extra.callerReference === reference) return this.getZone(zone.id, options)
    }
    throw error
  }

  #toZone({
    HostedZone: raw = {},
    DelegationSet: set,
    VPCs,
    VPC: own,
    ChangeInfo: change,
  }: RawOneZone): Zone<Route53ZoneExtra> {
    const id = bareId(raw.Id ?? '')
    const domain = plainHost(raw.Name ?? '')
    this.connection.domains.set(id, domain)
    const vpcs = own === undefined ? VPCs : [own]
    return new Zone(this, {
      id,
      domain,
      type: ZoneType.MASTER,
      extra: {
        isPrivate: raw.Config?.PrivateZone ?? false,
        comment: raw.Config?.Comment || undefined,
        callerReference: raw.CallerReference ?? '',
        recordSetCount: raw.ResourceRecordSetCount,
        nameServers: (set?.NameServers ?? []).map(plainHost),
        delegationSetId: set?.Id === undefined ? undefined : bareId(set.Id),
        vpcs: vpcs.map(({ VPCId = '', VPCRegion = '' }) => ({ id: VPCId, region: VPCRegion })),
        linkedService: raw.LinkedService?.ServicePrincipal,
        changeId: change?.Id === undefined ? undefined : bareId(change.Id),
      },
    })
  }
}

/** A zone's domain: as it was given, or asked for once. */
export async function domainOf(driver: Route53Zones, zone: Ref, options: CallOptions | undefined): Promise<string> {
  if ('domain' in zone && typeof zone.domain === 'string') {
    const { domain } = zone
    checked(driver.provider, 'zone', () => nameWithin(domain, ''))
    return domain
  }
  return driver.connection.domains.get(bareId(zone.id)) ?? (await driver.getZone(zone.id, options)).domain
}

/** As few batches as the service's limits allow. */
function* batches(changes: readonly RawChange[]): Generator<RawChange[], void, undefined> {
  let batch: RawChange[] = []
  let size = 0
  for (const change of changes) {
    const characters = change[1].ResourceRecords.reduce((sum, { Value = '' }) => sum + Value.length, 0)
    if (batch.length > 0 && (batch.length >= MOST_CHANGES || size + characters > MOST_CHARACTERS)) {
      yield batch
      batch = []
      size = 0
    }
    batch.push(change)
    size += characters
  }
  if (batch.length > 0) yield batch
}
