import { connect } from '../../lib/driver.js'
import { xml } from '../../lib/http/xml.js'
import type { LoadBalancerApi } from '../../lib/loadbalancer/api.js'
import { type LoadBalancer, LoadBalancerState } from '../../lib/loadbalancer/types.js'
import type { CallOptions } from '../../lib/options.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import type { AlbBalancerExtra } from './alb.balancers.js'
import { AlbTargetGroups } from './alb.groups.js'
import { listOf } from './alb.shared.js'
import type { AwsOptions } from './connection.js'
import { awsOptions } from './credentials.js'
import { act, BalancerConnection, members, PAIRS, type Pairs, toPairs, toRawPairs } from './elb.shared.js'
import { aws } from './vendor.js'

export type {
  AlbBalancerExtra,
  AlbCreateBalancerOptions,
  AlbMemberExtra,
  AlbMemberOptions,
  AlbUpdateBalancerOptions,
} from './alb.balancers.js'
export type * from './alb.groups.js'
export type * from './alb.listeners.js'
export type {
  AlbAction,
  AlbAuthentication,
  AlbCondition,
  AlbHealthCheck,
  AlbListener,
  AlbRule,
  AlbTargetGroup,
} from './alb.shared.js'
export type { AwsOptions } from './connection.js'

const ATTRIBUTES = xml.object({ Attributes: PAIRS })
const DESCRIBED = xml.object({ DescribeLoadBalancerAttributesResult: ATTRIBUTES })
const MODIFIED = xml.object({ ModifyLoadBalancerAttributesResult: ATTRIBUTES })
const TAGS = xml.object({
  DescribeTagsResult: xml.object({
    TagDescriptions: members(xml.object({ ResourceArn: xml.string, Tags: PAIRS })),
  }),
})
const POLICIES = listOf(
  'DescribeSSLPolicies',
  'SslPolicies',
  xml.object({
    Name: xml.string,
    SslProtocols: members(xml.string),
    Ciphers: members(xml.object({ Name: xml.string, Priority: xml.number })),
  }),
)

/** Which protocols and ciphers a listener takes. */
export interface AlbSslPolicy {
  readonly name: string
  readonly protocols: readonly string[]
  /** In the order of preference. */
  readonly ciphers: readonly string[]
}

/** Elastic Load Balancing of the second generation, API 2015-12-01: application and network load balancers. */
export class ApplicationLBDriver extends AlbTargetGroups implements Partial<LoadBalancerApi> {
  readonly provider = 'alb'

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  constructor(options: AwsOptions = {}) {
    super(aws, awsOptions(options, 'alb'))
    connect(this, new BalancerConnection(this, '2015-12-01'))
  }

  /**
   * Waits until a balancer takes traffic.
   *
   * @example
   * ```ts
   * const balancer = await driver.createBalancer({ name: 'web', port: 80, ex_subnets: [first, second] })
   * await driver.ex_waitForBalancer(balancer)
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @throws WaitError when it fails
   * @throws TimeoutError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerState.html
   */
  async ex_waitForBalancer(balancer: Ref, options?: WaitOptions): Promise<LoadBalancer<AlbBalancerExtra>> {
    return this.connection.poll(
      `balancer ${balancer.id} to be active`,
      async lookOptions => {
        const value = await this.getBalancer(balancer.id, lookOptions)
        const { state, stateReason } = value.extra
        if (value.state === LoadBalancerState.RUNNING) return { done: true, value }
        if (value.state === LoadBalancerState.ERROR) return { failed: stateReason ?? 'it failed', state }
        return { state }
      },
      options,
    )
  }

  /**
   * How a balancer behaves: `idle_timeout.timeout_seconds`, `deletion_protection.enabled`, `access_logs.s3.bucket` and the like.
   *
   * @example
   * ```ts
   * const attributes = await driver.ex_getAttributes(balancer)
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancerAttributes.html
   */
  async ex_getAttributes(balancer: Ref, options?: CallOptions): Promise<Pairs> {
    const params = { LoadBalancerArn: balancer.id }
    const spec = { action: 'DescribeLoadBalancerAttributes', params, shape: DESCRIBED }
    return toPairs((await this.connection.query(spec, options)).DescribeLoadBalancerAttributesResult?.Attributes ?? [])
  }

  /**
   * Changes how a balancer behaves; what is absent stays. Gives all attributes.
   *
   * @example
   * ```ts
   * await driver.ex_modifyAttributes(balancer, { 'deletion_protection.enabled': 'true' })
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyLoadBalancerAttributes.html
   */
  async ex_modifyAttributes(balancer: Ref, attributes: Pairs, options?: CallOptions): Promise<Pairs> {
    const params = { LoadBalancerArn: balancer.id, Attributes: toRawPairs(attributes) }
    const spec = { action: 'ModifyLoadBalancerAttributes', params, shape: MODIFIED, idempotent: true }
    return toPairs((await this.connection.query(spec, options)).ModifyLoadBalancerAttributesResult?.Attributes ?? [])
  }

  /**
   * The tags of a balancer, target group, listener or rule.
   *
   * @example
   * ```ts
   * const { team } = await driver.ex_listTags(balancer)
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
   */
  async ex_listTags(resource: Ref, options?: CallOptions): Promise<Pairs> {
    const spec = { action: 'DescribeTags', params: { ResourceArns: [resource.id] }, shape: TAGS }
    const reply = await this.connection.query(spec, options)
    return toPairs(reply.DescribeTagsResult?.TagDescriptions[0]?.Tags ?? [])
  }

  /**
   * Adds tags to a balancer, target group, listener or rule, and writes others anew.
   *
   * @example
   * ```ts
   * await driver.ex_addTags(balancer, { team: 'web' })
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddTags.html
   */
  async ex_addTags(resource: Ref, tags: Pairs, options?: CallOptions): Promise<void> {
    await act(this.connection, 'AddTags', { ResourceArns: [resource.id], Tags: toRawPairs(tags) }, options)
  }

  /**
   * Takes tags away from a balancer, target group, listener or rule.
   *
   * @example
   * ```ts
   * await driver.ex_removeTags(balancer, ['team'])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RemoveTags.html
   */
  async ex_removeTags(resource: Ref, keys: readonly string[], options?: CallOptions): Promise<void> {
    await act(this.connection, 'RemoveTags', { ResourceArns: [resource.id], TagKeys: keys }, options)
  }

  /**
   * Gives a balancer these security groups, and no others.
   *
   * @example
   * ```ts
   * await driver.ex_setSecurityGroups(balancer, [{ id: 'sg-0a1b2c3d' }])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSecurityGroups.html
   */
  async ex_setSecurityGroups(balancer: Ref, groups: readonly Ref[], options?: CallOptions): Promise<void> {
    const params = { LoadBalancerArn: balancer.id, SecurityGroups: groups.map(({ id }) => id) }
    await act(this.connection, 'SetSecurityGroups', params, options)
  }

  /**
   * Puts a balancer in these subnets, and no others.
   *
   * @example
   * ```ts
   * await driver.ex_setSubnets(balancer, [{ id: 'subnet-0a1b2c3d' }, { id: 'subnet-4e5f6a7b' }])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSubnets.html
   */
  async ex_setSubnets(balancer: Ref, subnets: readonly Ref[], options?: CallOptions): Promise<void> {
    const params = { LoadBalancerArn: balancer.id, Subnets: subnets.map(({ id }) => id) }
    await act(this.connection, 'SetSubnets', params, options)
  }

  /**
   * Gives a balancer addresses of IPv6 too, or takes them away.
   *
   * @example
   * ```ts
   * await driver.ex_setIpAddressType(balancer, 'dualstack')
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetIpAddressType.html
   */
  async ex_setIpAddressType(balancer: Ref, type: 'ipv4' | 'dualstack', options?: CallOptions): Promise<void> {
    await act(this.connection, 'SetIpAddressType', { LoadBalancerArn: balancer.id, IpAddressType: type }, options)
  }

  /**
   * The policies that say which protocols and ciphers a listener takes.
   *
   * @example
   * ```ts
   * const policies = await driver.ex_listSslPolicies()
   * ```
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeSSLPolicies.html
   */
  ex_listSslPolicies(options?: CallOptions): Pager<AlbSslPolicy> {
    return this.connection.list(
      {
        action: 'DescribeSSLPolicies',
        shape: POLICIES,
        items: reply =>
          (reply.result?.items ?? []).map(raw => ({
            name: raw.Name ?? '',
            protocols: raw.SslProtocols,
            ciphers: raw.Ciphers.map(({ Name }) => Name ?? ''),
          })),
        next: reply => reply.result?.next,
        token: 'Marker',
      },
      options,
    )
  }
}
