// Balancers and targets: what the service tells of them, and how it is read.
import { ConflictError } from '../../lib/errors.js'
import { xml } from '../../lib/http/xml.js'
import type { LoadBalancerDriver } from '../../lib/loadbalancer/driver.js'
import {
  Algorithm,
  type CreateBalancerOptions,
  LoadBalancer,
  LoadBalancerState,
  Member,
  type UpdateBalancerOptions,
} from '../../lib/loadbalancer/types.js'
import type { CallOptions } from '../../lib/options.js'
import type { Ref } from '../../lib/resource.js'
import {
  type AlbHealthCheck,
  type AlbListener,
  type AlbTargetGroup,
  listenersOf,
  listOf,
  type RawReply,
  targetGroupsOf,
  toListener,
  toTargetGroup,
} from './alb.shared.js'
import { act, type BalancerConnection, members, type Pairs } from './elb.shared.js'

/** A driver, as far as these functions need it. */
export interface AlbDriver extends LoadBalancerDriver {
  readonly connection: BalancerConnection
}

const STATES: Readonly<Record<string, LoadBalancerState>> = {
  active: LoadBalancerState.RUNNING,
  active_impaired: LoadBalancerState.RUNNING,
  provisioning: LoadBalancerState.PENDING,
  failed: LoadBalancerState.ERROR,
}
const ALGORITHMS: Readonly<Partial<Record<Algorithm, string>>> = {
  [Algorithm.ROUND_ROBIN]: 'round_robin',
  [Algorithm.LEAST_CONNECTIONS]: 'least_outstanding_requests',
  [Algorithm.RANDOM]: 'weighted_random',
}
/** What balancers speak, and what their targets then do. */
export const PROTOCOLS: Readonly<Record<string, string>> = {
  http: 'HTTP',
  https: 'HTTP',
  tcp: 'TCP',
  tls: 'TCP',
  udp: 'UDP',
  tcp_udp: 'TCP_UDP',
}

/** A balancer, as the service has it. */
export interface RawBalancer {
  readonly LoadBalancerArn?: string
  readonly DNSName?: string
  readonly CanonicalHostedZoneId?: string
  readonly CreatedTime?: Date
  readonly LoadBalancerName?: string
  readonly Scheme?: string
  readonly VpcId?: string
  readonly State?: { Code?: string; Reason?: string }
  readonly Type?: string
  readonly AvailabilityZones: {
    ZoneName?: string
    SubnetId?: string
    LoadBalancerAddresses: { IpAddress?: string; AllocationId?: string; PrivateIPv4Address?: string }[]
  }[]
  readonly SecurityGroups: string[]
  readonly IpAddressType?: string
}
const BALANCER: xml.XmlShape<RawBalancer> = xml.object({
  LoadBalancerArn: xml.string,
  DNSName: xml.string,
  CanonicalHostedZoneId: xml.string,
  CreatedTime: xml.date,
  LoadBalancerName: xml.string,
  Scheme: xml.string,
  VpcId: xml.string,
  State: xml.object({ Code: xml.string, Reason: xml.string }),
  Type: xml.string,
  AvailabilityZones: members(
    xml.object({
      ZoneName: xml.string,
      SubnetId: xml.string,
      LoadBalancerAddresses: members(
        xml.object({ IpAddress: xml.string, AllocationId: xml.string, PrivateIPv4Address: xml.string }),
      ),
    }),
  ),
  SecurityGroups: members(xml.string),
  IpAddressType: xml.string,
})
/** The replies that balancers come in. */
export const DESCRIBED: xml.XmlShape<RawReply<RawBalancer>> = listOf('DescribeLoadBalancers', 'LoadBalancers', BALANCER)
export const CREATED: xml.XmlShape<RawReply<RawBalancer>> = listOf('CreateLoadBalancer', 'LoadBalancers', BALANCER)
const HEALTH = listOf(
  'DescribeTargetHealth',
  'TargetHealthDescriptions',
  xml.object({
    Target: xml.object({ Id: xml.string, Port: xml.number, AvailabilityZone: xml.string }),
    HealthCheckPort: xml.string,
    TargetHealth: xml.object({ State: xml.string, Reason: xml.string, Description: xml.string }),
  }),
)

/** What only this generation tells of a balancer. */
export interface AlbBalancerExtra {
  /** The service's own word: `active`, `provisioning`, `active_impaired`, `failed`. */
  readonly state: string
  readonly stateReason: string | undefined
  readonly type: 'application' | 'network' | 'gateway' | (string & {})
  readonly scheme: string | undefined
  readonly vpcId: string | undefined
  readonly zones: readonly { readonly name: string; readonly subnetId: string; readonly ips: readonly string[] }[]
  readonly securityGroupIds: readonly string[]
  readonly ipAddressType: string | undefined
  readonly createdAt: Date | undefined
  readonly dnsName: string
  /** For aliases in Route 53. */
  readonly hostedZoneId: string
  /** Lists do not tell them. */
  readonly listeners: readonly AlbListener[] | undefined
}
/** What only this generation tells of a member. */
export interface AlbMemberExtra {
  readonly targetGroupId: string
  /** `healthy`, `unhealthy`, `initial`, `unused`, `draining`, `unavailable`. */
  readonly health: string | undefined
  readonly reason: string | undefined
  readonly description: string | undefined
  readonly availabilityZone: string | undefined
}
/** What `createBalancer` takes: http and https make an application load balancer, other protocols a network one. */
export interface AlbCreateBalancerOptions extends CreateBalancerOptions {
  /** Of two zones at least, for an application load balancer. The service has no default. */
  ex_subnets?: readonly Ref[] | undefined
  ex_securityGroups?: readonly Ref[] | undefined
  /** @defaultValue 'internet-facing' */
  ex_scheme?: 'internal' | 'internet-facing' | undefined
  /** @defaultValue 'ipv4' */
  ex_ipAddressType?: 'ipv4' | 'dualstack' | undefined
  ex_tags?: Pairs | undefined
  /** The certificate that the balancer shows for https and tls: an ARN of ACM or IAM. */
  ex_certificateId?: string | undefined
  ex_sslPolicy?: string | undefined
  /** What targets speak. @defaultValue http for http and https, tcp for tcp and tls, udp, tcp_udp */
  ex_targetProtocol?: string | undefined
  /** @defaultValue 'instance' where members have ids of instances, or there are none; else 'ip' */
  ex_targetType?: 'instance' | 'ip' | undefined
  ex_healthCheck?: AlbHealthCheck | undefined
}
/** What `updateBalancer` takes: `port` and `protocol` are those of the first listener. */
export interface AlbUpdateBalancerOptions extends UpdateBalancerOptions {
  /** The certificate of a listener that becomes one of https or tls. */
  ex_certificateId?: string | undefined
}
/** Which of a balancer's target groups is meant. */
export interface AlbMemberOptions extends CallOptions {
  /** @defaultValue the balancer's first one */
  ex_targetGroup?: Ref | undefined
}

/** All listeners of a balancer. */
export async function listListeners(
  { connection }: AlbDriver,
  balancer: Ref,
  options: CallOptions | undefined,
): Promise<AlbListener[]> {
  const params = { LoadBalancerArn: balancer.id }
  const spec = { action: 'DescribeListeners', params, shape: listenersOf('DescribeListeners'), token: 'Marker' }
  return connection.list(
    { ...spec, items: reply => (reply.result?.items ?? []).map(toListener), next: reply => reply.result?.next },
    options,
  )
}

export async function listGroups(
  { connection }: AlbDriver,
  balancer: Ref,
  options: CallOptions | undefined,
): Promise<AlbTargetGroup[]> {
  const params = { LoadBalancerArn: balancer.id }
  const shape = targetGroupsOf('DescribeTargetGroups')
  const spec = { action: 'DescribeTargetGroups', params, shape, token: 'Marker' }
  return connection.list(
    { ...spec, items: reply => (reply.result?.items ?? []).map(toTargetGroup), next: reply => reply.result?.next },
    options,
  )
}

/** The targets of a group. */
export async function listTargets(
  driver: AlbDriver,
  group: Pick<AlbTargetGroup, 'id' | 'targetType' | 'port'>,
  balancer: Ref | undefined,
  options: CallOptions | undefined,
): Promise<Member<AlbMemberExtra>[]> {
  const spec = { action: 'DescribeTargetHealth', params: { TargetGroupArn: group.id }, shape: HEALTH }
  const reply = await driver.connection.query(spec, options)
  return (reply.result?.items ?? []).map(raw => toMember(driver, group, raw, balancer))
}

export async function setAlgorithm(
  { connection }: AlbDriver,
  groupId: string,
  algorithm: Algorithm,
  options: CallOptions | undefined,
): Promise<void> {
  const Attributes = [{ Key: 'load_balancing.algorithm.type', Value: ALGORITHMS[algorithm] ?? algorithm }]
  await act(connection, 'ModifyTargetGroupAttributes', { TargetGroupArn: groupId, Attributes }, options)
}

/** A group that a balancer had a moment ago may be in use for some seconds more. */
export async function deleteGroup(
  { connection }: AlbDriver,
  id: string,
  options: CallOptions | undefined,
): Promise<void> {
  await connection.poll(
    `target group ${id} to be free`,
    async lookOptions => {
      try {
        await act(connection, 'DeleteTargetGroup', { TargetGroupArn: id }, lookOptions)
      } catch (error) {
        if (error instanceof ConflictError) return { state: 'in use' }
        throw error
      }
      return { done: true, value: undefined }
    },
    { timeout: 120_000, ...options, interval: 2000 },
  )
}

interface RawTarget {
  readonly Target?: { Id?: string; Port?: number; AvailabilityZone?: string }
  readonly TargetHealth?: { State?: string; Reason?: string; Description?: string }
}

export function toMember(
  driver: AlbDriver,
  { id: targetGroupId, targetType, port: groupPort }: Pick<AlbTargetGroup, 'id' | 'targetType' | 'port'>,
  { Target: target, TargetHealth: health }: RawTarget,
  balancer: Ref | undefined,
  knownIp = '',
): Member<AlbMemberExtra> {
  const { Id: id = '', Port: port = groupPort ?? 0, AvailabilityZone: availabilityZone } = target ?? {}
  const { State, Reason: reason, Description: description } = health ?? {}
  return new Member(driver, {
    id: `${id.includes(':') && targetType === 'ip' ? `[${id}]` : id}:${port}`,
    ip: targetType === 'ip' ? id : knownIp,
    port,
    balancer,
    extra: { targetGroupId, health: State, reason, description, availabilityZone },
  })
}

export function toBalancer(
  driver: AlbDriver,
  raw: RawBalancer,
  listeners: readonly AlbListener[] | undefined,
): LoadBalancer<AlbBalancerExtra> {
  const { DNSName: dnsName = '', State: state } = raw
  return new LoadBalancer(driver, {
    id: raw.LoadBalancerArn ?? '',
    name: raw.LoadBalancerName ?? '',
    state: STATES[state?.Code ?? ''] ?? LoadBalancerState.UNKNOWN,
    ip: dnsName,
    port: listeners?.[0]?.port ?? 0,
    extra: {
      state: state?.Code ?? '',
      stateReason: state?.Reason,
      type: raw.Type ?? '',
      scheme: raw.Scheme,
      vpcId: raw.VpcId,
      zones: raw.AvailabilityZones.map(({ ZoneName = '', SubnetId = '', LoadBalancerAddresses }) => ({
        name: ZoneName,
        subnetId: SubnetId,
        ips: LoadBalancerAddresses.map(each => each.IpAddress ?? each.PrivateIPv4Address ?? ''),
      })),
      securityGroupIds: raw.SecurityGroups,
      ipAddressType: raw.IpAddressType,
      createdAt: raw.CreatedTime,
      dnsName,
      hostedZoneId: raw.CanonicalHostedZoneId ?? '',
      listeners,
    },
  })
}
