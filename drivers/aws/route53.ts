import type { DNSApi } from '../../lib/dns/api.js'
import { connect } from '../../lib/driver.js'
import { path } from '../../lib/http/url.js'
import { xml } from '../../lib/http/xml.js'
import type { CallOptions } from '../../lib/options.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import type { AwsOptions } from './connection.js'
import { awsOptions } from './credentials.js'
import type { Route53Vpc } from './route53.base.js'
import { type Route53ChangeInfo, toChange } from './route53.changes.js'
import { Route53HealthChecks } from './route53.checks.js'
import { Route53Connection } from './route53.connection.js'
import { bareId, CHANGED } from './route53.sets.js'
import { aws } from './vendor.js'

export type { AwsOptions } from './connection.js'
export type * from './route53.base.js'
export type * from './route53.changes.js'
export type * from './route53.checks.js'
export type * from './route53.records.js'
export type {
  Route53Alias,
  Route53Change,
  Route53GeoLocation,
  Route53GeoProximity,
  Route53Policy,
  Route53RecordSet,
} from './route53.sets.js'

/** A zone of a network's, in short. */
export interface Route53ZoneSummary {
  readonly id: string
  /** Without a final dot. */
  readonly domain: string
  /** The account, or the service, that has it. */
  readonly owner: string
}

/**
 * Amazon Route 53, API 2013-04-01. The service has one host for all regions of a partition: `region` tells which
 * partition is meant. It takes five requests a second of an account, which calls of one driver wait for.
 */
export class Route53DNSDriver extends Route53HealthChecks implements Partial<DNSApi> {
  readonly provider = 'route53'

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  constructor(options: AwsOptions = {}) {
    super(aws, awsOptions(options, 'route53'))
    connect(this, new Route53Connection(this))
  }

  /**
   * Answers a private zone in one more network.
   *
   * @example
   * ```ts
   * await driver.ex_associateVpc(zone, { id: 'vpc-0a1b2c3d', region: 'eu-west-1' })
   * ```
   * @throws ZoneDoesNotExistError
   * @throws InvalidRequestError for a public zone
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_AssociateVPCWithHostedZone.html
   */
  async ex_associateVpc(zone: Ref, vpc: Route53Vpc, options?: CallOptions): Promise<Route53ChangeInfo> {
    return this.#changeVpc('AssociateVPCWithHostedZoneRequest', 'associatevpc', zone, vpc, options)
  }

  /**
   * Answers a private zone in a network no longer. The last one stays.
   *
   * @example
   * ```ts
   * await driver.ex_disassociateVpc(zone, { id: 'vpc-0a1b2c3d', region: 'eu-west-1' })
   * ```
   * @throws ZoneDoesNotExistError
   * @throws ConflictError for the last one
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_DisassociateVPCFromHostedZone.html
   */
  async ex_disassociateVpc(zone: Ref, vpc: Route53Vpc, options?: CallOptions): Promise<Route53ChangeInfo> {
    return this.#changeVpc('DisassociateVPCFromHostedZoneRequest', 'disassociatevpc', zone, vpc, options)
  }

  /**
   * The private zones that a network has, whosever they are.
   *
   * @example
   * ```ts
   * const zones = await driver.ex_listZonesByVpc({ id: 'vpc-0a1b2c3d', region: 'eu-west-1' })
   * ```
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByVPC.html
   */
  ex_listZonesByVpc(vpc: Route53Vpc, options?: CallOptions): Pager<Route53ZoneSummary> {
    return pager(async nexttoken => {
      const query = { vpcid: vpc.id, vpcregion: vpc.region, nexttoken }
      const page = await this.connection.ask('/2013-04-01/hostedzonesbyvpc', { query, shape: SUMMARIES }, options)
      const items = page.HostedZoneSummaries.map(({ HostedZoneId = '', Name = '', Owner }) => ({
        id: bareId(HostedZoneId),
        domain: Name.replace(/(?<=.)\.$/, ''),
        owner: Owner?.OwningAccount ?? Owner?.OwningService ?? '',
      }))
      return { items, next: page.NextToken || undefined }
    }, options)
  }

  async #changeVpc(
    root: string,
    action: string,
    zone: Ref,
    { id, region }: Route53Vpc,
    options: CallOptions | undefined,
  ): Promise<Route53ChangeInfo> {
    const request = {
      method: 'POST',
      document: [root, { VPC: { VPCRegion: region, VPCId: id } }],
      shape: CHANGED,
    } as const
    const at = path`/2013-04-01/hostedzone/${bareId(zone.id)}/${action}`
    return toChange((await this.connection.ask(at, request, options)).ChangeInfo ?? {})
  }
}

const SUMMARIES = xml.object({
  HostedZoneSummaries: xml.wrapped(
    'HostedZoneSummary',
    xml.object({
      HostedZoneId: xml.string,
      Name: xml.string,
      Owner: xml.object({ OwningAccount: xml.string, OwningService: xml.string }),
    }),
  ),
  NextToken: xml.string,
})
