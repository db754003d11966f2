import { connect } from '../../lib/driver.js'
import { xml } from '../../lib/http/xml.js'
import type { LoadBalancerApi } from '../../lib/loadbalancer/api.js'
import type { CallOptions } from '../../lib/options.js'
import type { Ref } from '../../lib/resource.js'
import type { AwsOptions } from './connection.js'
import { awsOptions } from './credentials.js'
import { type ElbHealthCheck, HEALTH_CHECK, toHealthCheck } from './elb.base.js'
import { ElbPolicies } from './elb.policies.js'
import { act, BalancerConnection, members, PAIRS, type Pairs, toPairs, toRawPairs } from './elb.shared.js'
import { aws } from './vendor.js'

export type { AwsOptions } from './connection.js'
export type {
  ElbBalancerExtra,
  ElbCreateBalancerOptions,
  ElbHealthCheck,
  ElbListener,
  ElbListenerDescription,
  ElbMemberExtra,
  ElbProtocol,
  ElbUpdateBalancerOptions,
} from './elb.base.js'
export type * from './elb.policies.js'

const CHECKED = xml.object({ ConfigureHealthCheckResult: xml.object({ HealthCheck: HEALTH_CHECK }) })
const ATTRIBUTES = xml.object({
  LoadBalancerAttributes: xml.object({
    CrossZoneLoadBalancing: xml.object({ Enabled: xml.boolean }),
    AccessLog: xml.object({
      Enabled: xml.boolean,
      S3BucketName: xml.string,
      EmitInterval: xml.number,
      S3BucketPrefix: xml.string,
    }),
    ConnectionDraining: xml.object({ Enabled: xml.boolean, Timeout: xml.number }),
    ConnectionSettings: xml.object({ IdleTimeout: xml.number }),
    AdditionalAttributes: PAIRS,
  }),
})
type RawAttributes = NonNullable<xml.Infer<typeof ATTRIBUTES>['LoadBalancerAttributes']>
const DESCRIBED = xml.object({ DescribeLoadBalancerAttributesResult: ATTRIBUTES })
const MODIFIED = xml.object({ ModifyLoadBalancerAttributesResult: ATTRIBUTES })
const TAGS = xml.object({
  DescribeTagsResult: xml.object({ TagDescriptions: members(xml.object({ Tags: PAIRS })) }),
})

/** How a balancer behaves. */
export interface ElbAttributes {
  /** Whether each zone's part of the balancer sends to the instances of all zones. */
  readonly crossZone?: boolean | undefined
  /** Whether, and for how many seconds, a member that is taken out may finish what it does. */
  readonly connectionDraining?: { readonly enabled: boolean; readonly timeout?: number | undefined } | undefined
  /** Seconds without data after which a connection is closed. */
  readonly idleTimeout?: number | undefined
  /** Where to requests are logged. */
  readonly accessLog?:
    | {
        readonly enabled: boolean
        readonly bucket?: string | undefined
        readonly prefix?: string | undefined
        /** Minutes: 5 or 60. */
        readonly interval?: number | undefined
      }
    | undefined
  /** What has no name of its own, such as `elb.http.desyncmitigationmode`. */
  readonly additional?: Pairs | undefined
}

/** Elastic Load Balancing of the first generation, API 2012-06-01: classic load balancers. */
export class ElasticLBDriver extends ElbPolicies implements Partial<LoadBalancerApi> {
  readonly provider = 'elb'

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  constructor(options: AwsOptions = {}) {
    super(aws, awsOptions(options, 'elb'))
    connect(this, new BalancerConnection(this, '2012-06-01'))
  }

  /**
   * Sets how instances are looked at.
   *
   * @example
   * ```ts
   * const check = { target: 'HTTP:80/health', interval: 30, timeout: 5, unhealthyThreshold: 2, healthyThreshold: 10 }
   * await driver.ex_configureHealthCheck(balancer, check)
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_ConfigureHealthCheck.html
   */
  async ex_configureHealthCheck(balancer: Ref, check: ElbHealthCheck, options?: CallOptions): Promise<ElbHealthCheck> {
    const HealthCheck = {
      Target: check.target,
      Interval: check.interval,
      Timeout: check.timeout,
      UnhealthyThreshold: check.unhealthyThreshold,
      HealthyThreshold: check.healthyThreshold,
    }
    const params = { LoadBalancerName: balancer.id, HealthCheck }
    const spec = { action: 'ConfigureHealthCheck', params, shape: CHECKED, idempotent: true }
    const reply = await this.connection.query(spec, options)
    return toHealthCheck(reply.ConfigureHealthCheckResult?.HealthCheck ?? {})
  }

  /**
   * How a balancer behaves.
   *
   * @example
   * ```ts
   * const { idleTimeout } = await driver.ex_getAttributes(balancer)
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancerAttributes.html
   */
  async ex_getAttributes(balancer: Ref, options?: CallOptions): Promise<ElbAttributes> {
    const params = { LoadBalancerName: balancer.id }
    const spec = { action: 'DescribeLoadBalancerAttributes', params, shape: DESCRIBED }
    const reply = await this.connection.query(spec, options)
    return toAttributes(reply.DescribeLoadBalancerAttributesResult?.LoadBalancerAttributes)
  }

  /**
   * Changes how a balancer behaves; what is absent stays. Gives what it was asked to change.
   *
   * @example
   * ```ts
   * await driver.ex_modifyAttributes(balancer, { connectionDraining: { enabled: true, timeout: 60 } })
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_ModifyLoadBalancerAttributes.html
   */
  async ex_modifyAttributes(balancer: Ref, changes: ElbAttributes, options?: CallOptions): Promise<ElbAttributes> {
    const { crossZone, connectionDraining: draining, idleTimeout, accessLog: log, additional } = changes
    const LoadBalancerAttributes = {
      CrossZoneLoadBalancing: crossZone === undefined ? undefined : { Enabled: crossZone },
      AccessLog: log && {
        Enabled: log.enabled,
        S3BucketName: log.bucket,
        EmitInterval: log.interval,
        S3BucketPrefix: log.prefix,
      },
      ConnectionDraining: draining && { Enabled: draining.enabled, Timeout: draining.timeout },
      ConnectionSettings: idleTimeout === undefined ? undefined : { IdleTimeout: idleTimeout },
      AdditionalAttributes: toRawPairs(additional),
    }
    const params = { LoadBalancerName: balancer.id, LoadBalancerAttributes }
    const spec = { action: 'ModifyLoadBalancerAttributes', params, shape: MODIFIED, idempotent: true }
    const reply = await this.connection.query(spec, options)
    return toAttributes(reply.ModifyLoadBalancerAttributesResult?.LoadBalancerAttributes)
  }

  /**
   * The tags of a balancer.
   *
   * @example
   * ```ts
   * const { team } = await driver.ex_listTags(balancer)
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeTags.html
   */
  async ex_listTags(balancer: Ref, options?: CallOptions): Promise<Pairs> {
    const params = { LoadBalancerNames: [balancer.id] }
    const reply = await this.connection.query({ action: 'DescribeTags', params, shape: TAGS }, options)
    return toPairs(reply.DescribeTagsResult?.TagDescriptions[0]?.Tags ?? [])
  }

  /**
   * Adds tags to a balancer, and writes others anew.
   *
   * @example
   * ```ts
   * await driver.ex_addTags(balancer, { team: 'web' })
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_AddTags.html
   */
  async ex_addTags(balancer: Ref, tags: Pairs, options?: CallOptions): Promise<void> {
    await act(this.connection, 'AddTags', { LoadBalancerNames: [balancer.id], Tags: toRawPairs(tags) }, options)
  }

  /**
   * Takes tags away from a balancer.
   *
   * @example
   * ```ts
   * await driver.ex_removeTags(balancer, ['team'])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_RemoveTags.html
   */
  async ex_removeTags(balancer: Ref, keys: readonly string[], options?: CallOptions): Promise<void> {
    const params = { LoadBalancerNames: [balancer.id], Tags: keys.map(Key => ({ Key })) }
    await act(this.connection, 'RemoveTags', params, options)
  }

  /**
   * Gives a balancer in a VPC these security groups, and no others.
   *
   * @example
   * ```ts
   * await driver.ex_setSecurityGroups(balancer, [{ id: 'sg-0a1b2c3d' }])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_ApplySecurityGroupsToLoadBalancer.html
   */
  async ex_setSecurityGroups(balancer: Ref, groups: readonly Ref[], options?: CallOptions): Promise<void> {
    const params = { LoadBalancerName: balancer.id, SecurityGroups: groups.map(({ id }) => id) }
    await act(this.connection, 'ApplySecurityGroupsToLoadBalancer', params, options)
  }

  /**
   * Extends a balancer to further subnets of its VPC.
   *
   * @example
   * ```ts
   * await driver.ex_attachSubnets(balancer, [{ id: 'subnet-0a1b2c3d' }])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_AttachLoadBalancerToSubnets.html
   */
  async ex_attachSubnets(balancer: Ref, subnets: readonly Ref[], options?: CallOptions): Promise<void> {
    const params = { LoadBalancerName: balancer.id, Subnets: subnets.map(({ id }) => id) }
    await act(this.connection, 'AttachLoadBalancerToSubnets', params, options)
  }

  /**
   * Draws a balancer back from subnets. Instances in them get no more traffic.
   *
   * @example
   * ```ts
   * await driver.ex_detachSubnets(balancer, [{ id: 'subnet-0a1b2c3d' }])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DetachLoadBalancerFromSubnets.html
   */
  async ex_detachSubnets(balancer: Ref, subnets: readonly Ref[], options?: CallOptions): Promise<void> {
    const params = { LoadBalancerName: balancer.id, Subnets: subnets.map(({ id }) => id) }
    await act(this.connection, 'DetachLoadBalancerFromSubnets', params, options)
  }

  /**
   * Extends a balancer that is in no VPC to further zones.
   *
   * @example
   * ```ts
   * await driver.ex_enableZones(balancer, ['eu-west-1b'])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_EnableAvailabilityZonesForLoadBalancer.html
   */
  async ex_enableZones(balancer: Ref, zones: readonly string[], options?: CallOptions): Promise<void> {
    const params = { LoadBalancerName: balancer.id, AvailabilityZones: zones }
    await act(this.connection, 'EnableAvailabilityZonesForLoadBalancer', params, options)
  }

  /**
   * Draws a balancer that is in no VPC back from zones.
   *
   * @example
   * ```ts
   * await driver.ex_disableZones(balancer, ['eu-west-1b'])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DisableAvailabilityZonesForLoadBalancer.html
   */
  async ex_disableZones(balancer: Ref, zones: readonly string[], options?: CallOptions): Promise<void> {
    const params = { LoadBalancerName: balancer.id, AvailabilityZones: zones }
    await act(this.connection, 'DisableAvailabilityZonesForLoadBalancer', params, options)
  }
}

function toAttributes(raw: RawAttributes | undefined): ElbAttributes {
  const { AccessLog: log, ConnectionDraining: draining } = raw ?? {}
  return {
    crossZone: raw?.CrossZoneLoadBalancing?.Enabled,
    connectionDraining: draining && { enabled: draining.Enabled ?? false, timeout: draining.Timeout },
    idleTimeout: raw?.ConnectionSettings?.IdleTimeout,
    accessLog: log && {
      enabled: log.Enabled ?? false,
      bucket: log.S3BucketName,
      prefix: log.S3BucketPrefix,
      interval: log.EmitInterval,
    },
    additional: toPairs(raw?.AdditionalAttributes ?? []),
  }
}
