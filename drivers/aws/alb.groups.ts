import { xml } from '../../lib/http/xml.js'
import type { Member } from '../../lib/loadbalancer/types.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { type AlbMemberExtra, listTargets } from './alb.balancers.js'
import { AlbListeners } from './alb.listeners.js'
import {
  type AlbHealthCheck,
  type AlbTargetGroup,
  targetGroupsOf,
  toRawHealthCheck,
  toTargetGroup,
} from './alb.shared.js'
import { act, one, PAIRS, type Pairs, toPairs, toRawPairs } from './elb.shared.js'

/** What `ex_createTargetGroup` takes. */
export interface AlbCreateTargetGroupOptions {
  /** At most 32 letters, digits and hyphens. */
  readonly name: string
  /** Absent for functions. `'http'`, `'https'`, `'tcp'`, `'tls'`, `'udp'`, `'tcp_udp'`, `'geneve'`. */
  readonly protocol?: string | undefined
  /** Of http and https. @defaultValue 'HTTP1' */
  readonly protocolVersion?: 'HTTP1' | 'HTTP2' | 'GRPC' | undefined
  readonly port?: number | undefined
  readonly vpc?: Ref | undefined
  /** @defaultValue 'instance' */
  readonly targetType?: 'instance' | 'ip' | 'lambda' | 'alb' | undefined
  readonly ipAddressType?: 'ipv4' | 'ipv6' | undefined
  readonly healthCheck?: AlbHealthCheck | undefined
  readonly tags?: Pairs | undefined
}
/** What traffic is sent to. */
export interface AlbTarget {
  /** Of an instance, function or balancer; or an address. */
  readonly id: string
  /** @defaultValue the target group's */
  readonly port?: number | undefined
  /** Of addresses outside the VPC: `'all'`. */
  readonly availabilityZone?: string | undefined
}
/** What `ex_listTargetGroups` takes. */
export interface AlbListTargetGroupsOptions extends CallOptions {
  /** Only those of this balancer. */
  ex_balancer?: Ref | undefined
  /** Only those that are called so. */
  ex_names?: readonly string[] | undefined
}

const ATTRIBUTES = xml.object({ Attributes: PAIRS })
const DESCRIBED = xml.object({ DescribeTargetGroupAttributesResult: ATTRIBUTES })
const MODIFIED = xml.object({ ModifyTargetGroupAttributesResult: ATTRIBUTES })

/** Target groups. */
export abstract class AlbTargetGroups extends AlbListeners {
  /**
   * Makes a target group. One that is the same and there already is given.
   *
   * @example
   * ```ts
   * const group = await driver.ex_createTargetGroup({ name: 'api', protocol: 'http', port: 8080, vpc: { id: 'vpc-0a1b2c3d' } })
   * ```
   * @throws ConflictError for a name that another has
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
   */
  async ex_createTargetGroup(
    group: AlbCreateTargetGroupOptions,
    options?: CallOptions,
  ): Promise<Owned<AlbTargetGroup>> {
    const params = {
      Name: group.name,
      Protocol: group.protocol?.toUpperCase(),
      ProtocolVersion: group.protocolVersion,
      Port: group.port,
      VpcId: group.vpc?.id,
      ...toRawHealthCheck(group.healthCheck, group.protocolVersion === 'GRPC'),
      TargetType: group.targetType,
      Tags: toRawPairs(group.tags),
      IpAddressType: group.ipAddressType,
    }
    const spec = { action: 'CreateTargetGroup', params, shape: targetGroupsOf('CreateTargetGroup'), idempotent: true }
    const made = toTargetGroup(
      one(this, 'target group', (await this.connection.query(spec, options)).result?.items, options),
    )
    return owned(made, () => this.ex_deleteTargetGroup(made))
  }

  /**
   * Target groups: all, or some.
   *
   * @example
   * ```ts
   * const groups = await driver.ex_listTargetGroups({ ex_balancer: balancer })
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @throws NotFoundError for a name that none has
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html
   */
  ex_listTargetGroups(options?: AlbListTargetGroupsOptions): Pager<AlbTargetGroup> {
    const params = { LoadBalancerArn: options?.ex_balancer?.id, Names: options?.ex_names }
    const shape = targetGroupsOf('DescribeTargetGroups')
    return this.connection.list(
      {
        action: 'DescribeTargetGroups',
        params,
        shape,
        items: reply => (reply.result?.items ?? []).map(toTargetGroup),
        next: reply => reply.result?.next,
        token: 'Marker',
      },
      options,
    )
  }

  /**
   * One target group.
   *
   * @example
   * ```ts
   * const { healthCheck } = await driver.ex_getTargetGroup(targetGroupId)
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html
   */
  async ex_getTargetGroup(targetGroupId: string, options?: CallOptions): Promise<AlbTargetGroup> {
    const params = { TargetGroupArns: [targetGroupId] }
    const spec = { action: 'DescribeTargetGroups', params, shape: targetGroupsOf('DescribeTargetGroups') }
    return toTargetGroup(one(this, 'target group', (await this.connection.query(spec, options)).result?.items, options))
  }

  /**
   * Changes how targets are looked at; what is absent stays.
   *
   * @example
   * ```ts
   * await driver.ex_modifyTargetGroup(group, { path: '/health', interval: 10 })
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyTargetGroup.html
   */
  async ex_modifyTargetGroup(
    group: Ref & { readonly protocolVersion?: string | undefined },
    check: AlbHealthCheck,
    options?: CallOptions,
  ): Promise<AlbTargetGroup> {
    const params = { TargetGroupArn: group.id, ...toRawHealthCheck(check, group.protocolVersion === 'GRPC') }
    const spec = { action: 'ModifyTargetGroup', params, shape: targetGroupsOf('ModifyTargetGroup'), idempotent: true }
    return toTargetGroup(one(this, 'target group', (await this.connection.query(spec, options)).result?.items, options))
  }

  /**
   * Deletes a target group to which no listener leads. Its targets are left as they are.
   *
   * @example
   * ```ts
   * await driver.ex_deleteTargetGroup(group)
   * ```
   * @throws ConflictError while a listener or a rule leads to it
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteTargetGroup.html
   */
  async ex_deleteTargetGroup(group: Ref, options?: CallOptions): Promise<void> {
    await act(this.connection, 'DeleteTargetGroup', { TargetGroupArn: group.id }, options)
  }

  /**
   * Sends traffic to targets.
   *
   * @example
   * ```ts
   * await driver.ex_registerTargets(group, [{ id: 'i-0a1b2c3d' }, { id: 'i-4e5f6a7b', port: 8081 }])
   * ```
   * @throws NotFoundError
   * @throws InvalidRequestError for targets that are not of the group's type
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html
   */
  async ex_registerTargets(group: Ref, targets: readonly AlbTarget[], options?: CallOptions): Promise<void> {
    const params = { TargetGroupArn: group.id, Targets: targets.map(toRawTarget) }
    await act(this.connection, 'RegisterTargets', params, options)
  }

  /**
   * Sends no more traffic to targets.
   *
   * @example
   * ```ts
   * await driver.ex_deregisterTargets(group, [{ id: 'i-0a1b2c3d' }])
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html
   */
  async ex_deregisterTargets(group: Ref, targets: readonly AlbTarget[], options?: CallOptions): Promise<void> {
    const params = { TargetGroupArn: group.id, Targets: targets.map(toRawTarget) }
    await act(this.connection, 'DeregisterTargets', params, options)
  }

  /**
   * The targets of a group, with their health.
   *
   * @example
   * ```ts
   * const sick = (await driver.ex_listTargets(group)).filter(({ extra }) => extra.health === 'unhealthy')
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html
   */
  ex_listTargets(
    group: Ref & { readonly targetType?: string | undefined },
    options?: CallOptions,
  ): Pager<Member<AlbMemberExtra>> {
    const known = { id: group.id, targetType: group.targetType ?? '', port: undefined }
    return onePage(() => listTargets(this, known, undefined, options), options)
  }

  /**
   * How a target group behaves: `deregistration_delay.timeout_seconds`, `stickiness.enabled` and the like.
   *
   * @example
   * ```ts
   * const attributes = await driver.ex_getTargetGroupAttributes(group)
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroupAttributes.html
   */
  async ex_getTargetGroupAttributes(group: Ref, options?: CallOptions): Promise<Pairs> {
    const params = { TargetGroupArn: group.id }
    const spec = { action: 'DescribeTargetGroupAttributes', params, shape: DESCRIBED }
    return toPairs((await this.connection.query(spec, options)).DescribeTargetGroupAttributesResult?.Attributes ?? [])
  }

  /**
   * Changes how a target group behaves; what is absent stays. Gives all attributes.
   *
   * @example
   * ```ts
   * await driver.ex_modifyTargetGroupAttributes(group, { 'stickiness.enabled': 'true', 'stickiness.type': 'lb_cookie' })
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyTargetGroupAttributes.html
   */
  async ex_modifyTargetGroupAttributes(group: Ref, attributes: Pairs, options?: CallOptions): Promise<Pairs> {
    const params = { TargetGroupArn: group.id, Attributes: toRawPairs(attributes) }
    const spec = { action: 'ModifyTargetGroupAttributes', params, shape: MODIFIED, idempotent: true }
    return toPairs((await this.connection.query(spec, options)).ModifyTargetGroupAttributesResult?.Attributes ?? [])
  }
}

const toRawTarget = ({
  id,
  port,
  availabilityZone,
}: AlbTarget): { Id: string; Port: number | undefined; AvailabilityZone: string | undefined } => ({
  Id: id,
  Port: port,
  AvailabilityZone: availabilityZone,
})
