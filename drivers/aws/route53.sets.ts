// Record sets are what the service stores: all values of one name, type and, where there are several sets, identifier.
import { checked, nameWithin, relativeName } from '../../lib/dns/content.js'
import { type RecordType, RecordType as Type } from '../../lib/dns/types.js'
import { path } from '../../lib/http/url.js'
import { xml } from '../../lib/http/xml.js'
import type { CallOptions } from '../../lib/options.js'
import type { XmlContent } from './document.js'
import type { Route53Connection } from './route53.connection.js'
import { fromWireName, plainHost, toWireName } from './route53.names.js'

/** https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html */
export const RECORD_TYPES: readonly RecordType[] = [
  Type.A,
  Type.AAAA,
  Type.CAA,
  Type.CNAME,
  Type.DS,
  Type.HTTPS,
  Type.MX,
  Type.NAPTR,
  Type.NS,
  Type.PTR,
  Type.SOA,
  Type.SPF,
  Type.SRV,
  Type.SSHFP,
  Type.SVCB,
  Type.TLSA,
  Type.TXT,
]

/** A record set, as the service has it. */
export interface RawRecordSet {
  readonly Name?: string
  readonly Type?: string
  readonly SetIdentifier?: string
  readonly Weight?: number
  readonly Region?: string
  readonly GeoLocation?: { ContinentCode?: string; CountryCode?: string; SubdivisionCode?: string }
  readonly Failover?: string
  readonly MultiValueAnswer?: boolean
  readonly TTL?: number
  readonly ResourceRecords: { Value?: string }[]
  readonly AliasTarget?: { HostedZoneId?: string; DNSName?: string; EvaluateTargetHealth?: boolean }
  readonly HealthCheckId?: string
  readonly TrafficPolicyInstanceId?: string
  readonly CidrRoutingConfig?: { CollectionId?: string; LocationName?: string }
  readonly GeoProximityLocation?: {
    AWSRegion?: string
    LocalZoneGroup?: string
    Coordinates?: { Latitude?: string; Longitude?: string }
    Bias?: number
  }
}
/** What became of a change, as the service has it. */
export interface RawChangeInfo {
  readonly Id?: string
  readonly Status?: string
  readonly SubmittedAt?: Date
  readonly Comment?: string
}

const RECORD_SET: xml.XmlShape<RawRecordSet> = xml.object({
  Name: xml.string,
  Type: xml.string,
  SetIdentifier: xml.string,
  Weight: xml.number,
  Region: xml.string,
  GeoLocation: xml.object({ ContinentCode: xml.string, CountryCode: xml.string, SubdivisionCode: xml.string }),
  Failover: xml.string,
  MultiValueAnswer: xml.boolean,
  TTL: xml.number,
  ResourceRecords: xml.wrapped('ResourceRecord', xml.object({ Value: xml.string })),
  AliasTarget: xml.object({ HostedZoneId: xml.string, DNSName: xml.string, EvaluateTargetHealth: xml.boolean }),
  HealthCheckId: xml.string,
  TrafficPolicyInstanceId: xml.string,
  CidrRoutingConfig: xml.object({ CollectionId: xml.string, LocationName: xml.string }),
  GeoProximityLocation: xml.object({
    AWSRegion: xml.string,
    LocalZoneGroup: xml.string,
    Coordinates: xml.object({ Latitude: xml.string, Longitude: xml.string }),
    Bias: xml.number,
  }),
})
const PAGE = xml.object({
  ResourceRecordSets: xml.wrapped('ResourceRecordSet', RECORD_SET),
  IsTruncated: xml.boolean,
  NextRecordName: xml.string,
  NextRecordType: xml.string,
  NextRecordIdentifier: xml.string,
})
/** What became of a change. */
export const CHANGE_INFO: xml.XmlShape<RawChangeInfo> = xml.object({
  Id: xml.string,
  Status: xml.string,
  SubmittedAt: xml.date,
  Comment: xml.string,
})
/** A reply that tells of a change. */
export const CHANGED: xml.XmlShape<{ ChangeInfo?: RawChangeInfo }> = xml.object({ ChangeInfo: CHANGE_INFO })

/** Another name, whose answers a record has as its own. */
export interface Route53Alias {
  /** The hosted zone of the target: of the same zone, or that which its service tells. */
  readonly zoneId: string
  /** Host name, without a final dot. */
  readonly target: string
  /** Whether the target's health is the record's own. @defaultValue false */
  readonly evaluateTargetHealth?: boolean | undefined
}
/** Where on Earth those are who ask. */
export interface Route53GeoLocation {
  /** Two letters: AF, AN, AS, EU, OC, NA, SA. */
  readonly continent?: string | undefined
  /** ISO 3166-1, or `*` for all that no other set is for. */
  readonly country?: string | undefined
  /** Of the country: ISO 3166-2 without the country. */
  readonly subdivision?: string | undefined
}
/** Where a resource is, for answers with what is nearest. */
export interface Route53GeoProximity {
  readonly region?: string | undefined
  readonly localZoneGroup?: string | undefined
  /** Degrees, as text with at most two decimals. */
  readonly coordinates?: { readonly latitude: string; readonly longitude: string } | undefined
  /** From -99 to 99: draws more traffic to it, or less. */
  readonly bias?: number | undefined
}
/** How one of several sets of the same name and type is chosen. */
export interface Route53Policy {
  /** Tells the sets of a name and type apart; needed for all of what follows. */
  readonly setIdentifier?: string | undefined
  /** From 0 to 255. */
  readonly weight?: number | undefined
  /** Where the resource is: answers go to those for whom it is quickest. */
  readonly latencyRegion?: string | undefined
  readonly geoLocation?: Route53GeoLocation | undefined
  readonly geoProximity?: Route53GeoProximity | undefined
  readonly failover?: 'PRIMARY' | 'SECONDARY' | undefined
  /** Whether up to eight healthy sets are given at once. */
  readonly isMultiValue?: boolean | undefined
  readonly healthCheckId?: string | undefined
  readonly cidr?: { readonly collectionId: string; readonly location: string } | undefined
}
/** All values of one name and type, with what chooses among several such sets. */
export interface Route53RecordSet extends Route53Policy {
  /** Relative to the zone; empty for its own name. */
  readonly name: string
  readonly type: string
  /** Seconds; an alias has none. */
  readonly ttl?: number | undefined
  /** As in a zone file: host names end with a dot, texts are quoted. Empty for an alias. */
  readonly values: readonly string[]
  readonly alias?: Route53Alias | undefined
}
/** A change to one record set. `UPSERT` makes it, or writes it in place of what is there. */
export interface Route53Change {
  readonly action: 'CREATE' | 'DELETE' | 'UPSERT'
  /** `DELETE` wants it exactly as it is. */
  readonly recordSet: Route53RecordSet
}

/** Where to go on with a list of record sets. */
export interface Place {
  readonly name?: string | undefined
  readonly type?: string | undefined
  readonly identifier?: string | undefined
}

/** A page of record sets, in the service's order. */
export async function readPage(
  connection: Route53Connection,
  zoneId: string,
  start: Place & { readonly maxitems?: number | undefined },
  options: CallOptions | undefined,
): Promise<{ sets: RawRecordSet[]; next: Place | undefined }> {
  const page = await connection.ask(
    path`/2013-04-01/hostedzone/${zoneId}/rrset`,
    { query: { ...start }, shape: PAGE },
    options,
  )
  const next = { name: page.NextRecordName, type: page.NextRecordType, identifier: page.NextRecordIdentifier }
  return { sets: page.ResourceRecordSets, next: page.IsTruncated && next.name ? next : undefined }
}

/** One record set, if it is there. */
export async function readSet(
  connection: Route53Connection,
  zoneId: string,
  wanted: { readonly name: string; readonly type: string; readonly setIdentifier?: string | undefined },
  options: CallOptions | undefined,
): Promise<RawRecordSet | undefined> {
  const { name, type, setIdentifier: identifier } = wanted
  const { sets } = await readPage(connection, zoneId, { name, type, identifier, maxitems: 1 }, options)
  return sets.find(
    each =>
      fromWireName(each.Name ?? '') === fromWireName(name) && each.Type === type && each.SetIdentifier === identifier,
  )
}

export type RawChange = readonly [action: Route53Change['action'], set: RawRecordSet]

/** Applies changes, all or none. https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html */
export async function sendChanges(
  connection: Route53Connection,
  zoneId: string,
  changes: readonly RawChange[],
  options: CallOptions | undefined,
  comment?: string,
): Promise<RawChangeInfo> {
  const Change = changes.map(([Action, set]) => ({ Action, ResourceRecordSet: toXml(set) }))
  const request = {
    method: 'POST',
    document: ['ChangeResourceRecordSetsRequest', { ChangeBatch: { Comment: comment, Changes: { Change } } }],
    shape: CHANGED,
    // The second time the same is found to be there; what is created or deleted is not.
    idempotent: changes.every(([action]) => action === 'UPSERT'),
  } as const
  return (await connection.ask(path`/2013-04-01/hostedzone/${zoneId}/rrset/`, request, options)).ChangeInfo ?? {}
}

/** In the order of the service's schema, which it wants. */
function toXml(set: RawRecordSet): XmlContent {
  const { ResourceRecords } = set
  return {
    Name: set.Name,
    Type: set.Type,
    SetIdentifier: set.SetIdentifier,
    Weight: set.Weight,
    Region: set.Region,
    GeoLocation: set.GeoLocation,
    Failover: set.Failover,
    MultiValueAnswer: set.MultiValueAnswer,
    TTL: set.TTL,
    ResourceRecords: ResourceRecords.length > 0 ? { ResourceRecord: ResourceRecords } : undefined,
    AliasTarget: set.AliasTarget,
    HealthCheckId: set.HealthCheckId,
    TrafficPolicyInstanceId: set.TrafficPolicyInstanceId,
    CidrRoutingConfig: set.CidrRoutingConfig,
    GeoProximityLocation: set.GeoProximityLocation,
  }
}

/** What turns one set into another: it is taken away exactly as it is known to be, so that no change of another's is lost. */
export function difference(before: RawRecordSet | undefined, after: RawRecordSet | undefined): RawChange[] {
  // The sets that a zone cannot be without cannot be taken away either.
  if (after !== undefined && before !== undefined && (after.Type === Type.SOA || after.Type === Type.NS)) {
    return [['UPSERT', after]]
  }
  const changes: RawChange[] = []
  if (before !== undefined) changes.push(['DELETE', before])
  if (after !== undefined) changes.push(['CREATE', after])
  return changes
}

/** A policy, as the service has it. */
export function toRawPolicy(policy: Route53Policy): Omit<RawRecordSet, 'ResourceRecords'> {
  const { geoLocation: geo, geoProximity: near, cidr } = policy
  const raw = {
    SetIdentifier: policy.setIdentifier,
    Weight: policy.weight,
    Region: policy.latencyRegion,
    GeoLocation: geo && {
      ContinentCode: geo.continent,
      CountryCode: geo.country,
      SubdivisionCode: geo.subdivision,
    },
    Failover: policy.failover,
    MultiValueAnswer: policy.isMultiValue,
    HealthCheckId: policy.healthCheckId,
    CidrRoutingConfig: cidr && { CollectionId: cidr.collectionId, LocationName: cidr.location },
    GeoProximityLocation: near && {
      AWSRegion: near.region,
      LocalZoneGroup: near.localZoneGroup,
      Coordinates: near.coordinates && {
        Latitude: near.coordinates.latitude,
        Longitude: near.coordinates.longitude,
      },
      Bias: near.bias,
    },
  }
  return defined(raw)
}

/** Without the members that say nothing. */
function defined<T>(value: object): T {
  const members = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(
    members.map(([name, each]) => [name, typeof each === 'object' && each !== null ? defined(each) : each]),
  ) as T
}

/** A policy of the service's. */
export function toPolicy(raw: RawRecordSet): Route53Policy {
  const { GeoLocation: geo, GeoProximityLocation: near, CidrRoutingConfig: cidr } = raw
  const place = near?.Coordinates
  return {
    setIdentifier: raw.SetIdentifier,
    weight: raw.Weight,
    latencyRegion: raw.Region,
    geoLocation: geo && { continent: geo.ContinentCode, country: geo.CountryCode, subdivision: geo.SubdivisionCode },
    geoProximity: near && {
      region: near.AWSRegion,
      localZoneGroup: near.LocalZoneGroup,
      coordinates: place && { latitude: place.Latitude ?? '', longitude: place.Longitude ?? '' },
      bias: near.Bias,
    },
    failover: raw.Failover as Route53Policy['failover'],
    isMultiValue: raw.MultiValueAnswer,
    healthCheckId: raw.HealthCheckId,
    cidr: cidr && { collectionId: cidr.CollectionId ?? '', location: cidr.LocationName ?? '' },
  }
}

/** An alias, as the service has it. */
export function toRawAlias({
  zoneId,
  target,
  evaluateTargetHealth = false,
}: Route53Alias): NonNullable<RawRecordSet['AliasTarget']> {
  return { HostedZoneId: bareId(zoneId), DNSName: toWireName(target), EvaluateTargetHealth: evaluateTargetHealth }
}
export function toAlias(raw: RawRecordSet): Route53Alias | undefined {
  const { AliasTarget: alias } = raw
  if (alias === undefined) return undefined
  const { HostedZoneId: zoneId = '', DNSName = '', EvaluateTargetHealth: evaluateTargetHealth = false } = alias
  return { zoneId, target: plainHost(DNSName), evaluateTargetHealth }
}

/** A record set in this library's form. */
export function toRecordSet(raw: RawRecordSet, domain: string): Route53RecordSet {
  return {
    name: relativeName(domain, fromWireName(raw.Name ?? '')),
    type: raw.Type ?? '',
    ttl: raw.TTL,
    values: raw.ResourceRecords.map(({ Value }) => Value ?? ''),
    alias: toAlias(raw),
    ...toPolicy(raw),
  }
}

/** A record set in the service's form. */
export function toRawSet(provider: string, argument: string, set: Route53RecordSet, domain: string): RawRecordSet {
  const name = checked(provider, `${argument}.name`, () => toWireName(nameWithin(domain, set.name)))
  const alias = set.alias
  return {
    Name: name,
    Type: set.type,
    ...toRawPolicy(set),
    ...(set.ttl === undefined ? {} : { TTL: set.ttl }),
    ResourceRecords: set.values.map(Value => ({ Value })),
    ...(alias ? { AliasTarget: checked(provider, `${argument}.alias`, () => toRawAlias(alias)) } : {}),
  }
}

/** `Z1PA6795UKMFR9` of `/hostedzone/Z1PA6795UKMFR9`. */
export const bareId = (id: string): string => id.replace(/^\/?(?:hostedzone|change|healthcheck|delegationset)\//, '')
