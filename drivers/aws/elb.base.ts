import { LoadBalancerDoesNotExistError } from '../../lib/errors.js'
import { xml } from '../../lib/http/xml.js'
import { LoadBalancerDriver } from '../../lib/loadbalancer/driver.js'
import {
  Algorithm,
  type CreateBalancerOptions,
  LoadBalancer,
  LoadBalancerState,
  Member,
  type MemberAddress,
  type MemberRef,
  type UpdateBalancerOptions,
} from '../../lib/loadbalancer/types.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { afterwards, type BalancerConnection, members, NOTHING, orUndo, type Pairs, toRawPairs } from './elb.shared.js'
import type { QueryParams } from './query.js'
import { refused } from './refused.js'

const PROTOCOLS = ['http', 'https', 'tcp', 'ssl'] as const
/** What a listener speaks. */
export type ElbProtocol = (typeof PROTOCOLS)[number]

const LISTENER = xml.object({
  Protocol: xml.string,
  LoadBalancerPort: xml.number,
  InstanceProtocol: xml.string,
  InstancePort: xml.number,
  SSLCertificateId: xml.string,
})
type RawListener = xml.Infer<typeof LISTENER>
/** How instances are looked at, as the service has it. */
export interface RawHealthCheck {
  readonly Target?: string
  readonly Interval?: number
  readonly Timeout?: number
  readonly UnhealthyThreshold?: number
  readonly HealthyThreshold?: number
}
export const HEALTH_CHECK: xml.XmlShape<RawHealthCheck> = xml.object({
  Target: xml.string,
  Interval: xml.number,
  Timeout: xml.number,
  UnhealthyThreshold: xml.number,
  HealthyThreshold: xml.number,
})
const DESCRIPTION = xml.object({
  LoadBalancerName: xml.string,
  DNSName: xml.string,
  CanonicalHostedZoneName: xml.string,
  CanonicalHostedZoneNameID: xml.string,
  ListenerDescriptions: members(xml.object({ Listener: LISTENER, PolicyNames: members(xml.string) })),
  AvailabilityZones: members(xml.string),
  Subnets: members(xml.string),
  VPCId: xml.string,
  Instances: members(xml.object({ InstanceId: xml.string })),
  HealthCheck: HEALTH_CHECK,
  SourceSecurityGroup: xml.object({ OwnerAlias: xml.string, GroupName: xml.string }),
  SecurityGroups: members(xml.string),
  CreatedTime: xml.date,
  Scheme: xml.string,
})
type RawBalancer = xml.Infer<typeof DESCRIPTION>
const BALANCERS = xml.object({
  DescribeLoadBalancersResult: xml.object({ LoadBalancerDescriptions: members(DESCRIPTION), NextMarker: xml.string }),
})
const HEALTH = xml.object({
  DescribeInstanceHealthResult: xml.object({
    InstanceStates: members(
      xml.object({ InstanceId: xml.string, State: xml.string, ReasonCode: xml.string, Description: xml.string }),
    ),
  }),
})

/** Where a balancer listens, and where to its traffic goes. */
export interface ElbListener {
  readonly port: number
  readonly protocol: ElbProtocol
  readonly instancePort: number
  /** @defaultValue http for http and https, tcp for tcp and ssl */
  readonly instanceProtocol?: ElbProtocol | undefined
  /** The certificate of https and ssl: an ARN of ACM or IAM. */
  readonly certificateId?: string | undefined
}
/** A listener as the service tells of it. */
export interface ElbListenerDescription extends ElbListener {
  readonly policyNames: readonly string[]
}
/** How instances are looked at. */
export interface ElbHealthCheck {
  /** `'HTTP:80/health'`, `'TCP:22'`. */
  readonly target: string
  /** Seconds between two looks: 5 to 300. */
  readonly interval: number
  /** Seconds: 2 to 60. */
  readonly timeout: number
  /** Failures in a row that take an instance out: 2 to 10. */
  readonly unhealthyThreshold: number
  /** Successes in a row that take it in again: 2 to 10. */
  readonly healthyThreshold: number
}
/** What only ELB tells of a balancer. */
export interface ElbBalancerExtra {
  readonly listeners: readonly ElbListenerDescription[]
  readonly instanceIds: readonly string[]
  readonly availabilityZones: readonly string[]
  readonly subnetIds: readonly string[]
  readonly vpcId: string | undefined
  readonly securityGroupIds: readonly string[]
  /** The group to let in at the instances, as `owner/name`. */
  readonly sourceSecurityGroup: string | undefined
  readonly healthCheck: ElbHealthCheck | undefined
  readonly scheme: string | undefined
  readonly createdAt: Date | undefined
  readonly dnsName: string
  /** For aliases in Route 53. */
  readonly hostedZoneId: string | undefined
}
/** What only ELB tells of a member, which is an instance. */
export interface ElbMemberExtra {
  /** `InService`, `OutOfService` or `Unknown`. */
  readonly health: string | undefined
  /** Whose fault it is: `ELB` or `Instance`. */
  readonly reasonCode: string | undefined
  readonly description: string | undefined
}
/** What `createBalancer` takes. A balancer is in zones, or in subnets of a VPC. */
export interface ElbCreateBalancerOptions extends CreateBalancerOptions {
  /** @defaultValue the region's zone `a`, where no subnets are given */
  ex_availabilityZones?: readonly string[] | undefined
  ex_subnets?: readonly Ref[] | undefined
  ex_securityGroups?: readonly Ref[] | undefined
  /** Makes it one for the VPC alone. */
  ex_scheme?: 'internal' | undefined
  ex_tags?: Pairs | undefined
  /** The certificate that the balancer shows for https and ssl: an ARN of ACM or IAM. */
  ex_certificateId?: string | undefined
  /** What instances speak. @defaultValue http for http and https, tcp for tcp and ssl */
  ex_instanceProtocol?: ElbProtocol | undefined
  /** Further ones, beside that of `port` and `protocol`. */
  ex_listeners?: readonly ElbListener[] | undefined
}
/** What `updateBalancer` takes: the first listener is replaced by another. */
export interface ElbUpdateBalancerOptions extends UpdateBalancerOptions {
  /** The certificate of a listener that becomes one of https or ssl. */
  ex_certificateId?: string | undefined
}

/**
 * Balancers, whose names are their ids. Members are instances, known by their ids alone: the service does not tell their
 * addresses. Requests of http and https go to whoever has the fewest, connections of tcp and ssl in turns.
 */
export abstract class ElbBase extends LoadBalancerDriver {
  readonly algorithms: readonly Algorithm[] = [Algorithm.ROUND_ROBIN, Algorithm.LEAST_CONNECTIONS]
  declare readonly connection: BalancerConnection

  /** Nothing is asked.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-listener-config.html */
  listProtocols(options?: CallOptions): Pager<string> {
    return onePage(async () => PROTOCOLS, options)
  }

  /** @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancers.html */
  listBalancers(options?: CallOptions): Pager<LoadBalancer<ElbBalancerExtra>> {
    return this.connection.list(
      {
        action: 'DescribeLoadBalancers',
        shape: BALANCERS,
        items: reply =>
          (reply.DescribeLoadBalancersResult?.LoadBalancerDescriptions ?? []).map(raw => toBalancer(this, raw)),
        next: reply => reply.DescribeLoadBalancersResult?.NextMarker,
        token: 'Marker',
      },
      options,
    )
  }

  /** @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancers.html */
  async getBalancer(balancerId: string, options?: CallOptions): Promise<LoadBalancer<ElbBalancerExtra>> {
    const reply = await this.connection.query(
      { action: 'DescribeLoadBalancers', params: { LoadBalancerNames: [balancerId] }, shape: BALANCERS },
      options,
    )
    const [raw] = reply.DescribeLoadBalancersResult?.LoadBalancerDescriptions ?? []
    if (raw !== undefined) return toBalancer(this, raw)
    const operation = operationOf(options)
    const { provider } = this
    const message = `${operation ?? 'request'}: '${provider}' has no such load balancer`
    throw new LoadBalancerDoesNotExistError(message, { provider, operation })
  }

  /**
   * Members need the ids of their instances, and have all the same port. A balancer whose members cannot be attached is
   * deleted again.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancer.html
   */
  async createBalancer(
    balancer: ElbCreateBalancerOptions,
    options?: CallOptions,
  ): Promise<Owned<LoadBalancer<ElbBalancerExtra>>> {
    const { name, members: ordered = [], ex_subnets: subnets, ex_availabilityZones: zones } = balancer
    const listener = this.#firstListener(balancer, options)
    const instances = ordered.map((member, index) => this.#instanceOf(member, `balancer.members[${index}]`, options))
    const params = {
      LoadBalancerName: name,
      Listeners: [listener, ...(balancer.ex_listeners ?? [])].map(toRawListener),
      AvailabilityZones: zones ?? (subnets === undefined ? [`${this.connection.scope.region}a`] : undefined),
      Subnets: subnets?.map(({ id }) => id),
      SecurityGroups: balancer.ex_securityGroups?.map(({ id }) => id),
      Scheme: balancer.ex_scheme,
      Tags: toRawPairs(balancer.ex_tags),
    }
    await this.connection.query({ action: 'CreateLoadBalancer', params, shape: NOTHING }, options)
    const made = await orUndo(
      this,
      `the balancer ${name}`,
      async () => {
        if (instances.length > 0) await this.#register(name, instances, options)
        return this.getBalancer(name, options)
      },
      () => this.destroyBalancer({ id: name }, afterwards(options)),
      options,
    )
    return owned(made, () => this.destroyBalancer(made))
  }

  /**
   * The first listener is replaced by one of another port or protocol, without its policies. Where the port stays, nobody
   * listens for a moment.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancerListeners.html
   */
  async updateBalancer(
    balancer: Ref,
    changes: ElbUpdateBalancerOptions,
    options?: CallOptions,
  ): Promise<LoadBalancer<ElbBalancerExtra>> {
    if (changes.name !== undefined) throw refused(this, 'changes.name', 'absent: a balancer keeps its name', options)
    const { extra } = await this.getBalancer(balancer.id, options)
    const [first] = extra.listeners
    if (first === undefined) throw refused(this, 'balancer', 'a balancer that listens', options)
    const protocol = this.#protocolOf(changes.protocol ?? first.protocol, 'changes.protocol', options)
    this.#checkAlgorithm(changes.algorithm, protocol, 'changes', options)
    const isSecure = protocol === 'https' || protocol === 'ssl'
    const certificateId = isSecure ? (changes.ex_certificateId ?? first.certificateId) : undefined
    if (isSecure && certificateId === undefined) {
      throw refused(this, 'changes.ex_certificateId', `a certificate's ARN, for ${protocol}`, options)
    }
    const port = changes.port ?? first.port
    if (port === first.port && protocol === first.protocol) return this.getBalancer(balancer.id, options)
    const { policyNames: _policies, ...old } = first
    const next = { ...old, port, protocol, certificateId, instanceProtocol: instanceProtocol(protocol) }
    if (port !== first.port) await this.#listen(balancer, next, options)
    await this.#unlisten(balancer, first.port, options)
    if (port === first.port) {
      const restore = (): Promise<void> => this.#listen(balancer, old, afterwards(options))
      await orUndo(this, 'the new listener', () => this.#listen(balancer, next, options), restore, options)
    }
    return this.getBalancer(balancer.id, options)
  }

  /**
   * The service takes it for done when there is no such balancer.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DeleteLoadBalancer.html
   */
  async destroyBalancer(balancer: Ref, options?: CallOptions): Promise<void> {
    const params = { LoadBalancerName: balancer.id }
    await this.connection.query({ action: 'DeleteLoadBalancer', params, shape: NOTHING, idempotent: true }, options)
  }

  /** Instances, with what the balancer thinks of their health; their port is that of the first listener.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeInstanceHealth.html */
  balancerListMembers(balancer: Ref, options?: CallOptions): Pager<Member<ElbMemberExtra>> {
    return onePage(async () => {
      const { extra } = await this.getBalancer(balancer.id, options)
      const params = { LoadBalancerName: balancer.id }
      const reply = await this.connection.query({ action: 'DescribeInstanceHealth', params, shape: HEALTH }, options)
      const port = extra.listeners[0]?.instancePort ?? 0
      return (reply.DescribeInstanceHealthResult?.InstanceStates ?? []).map(raw => {
        const { InstanceId: id = '', State: health, ReasonCode: reasonCode, Description: description } = raw
        return new Member(this, { id, ip: '', port, balancer, extra: { health, reasonCode, description } })
      })
    }, options)
  }

  /**
   * The member is the instance of `member.id`; its address and port are not sent: traffic goes where listeners lead to.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_RegisterInstancesWithLoadBalancer.html
   */
  async balancerAttachMember(balancer: Ref, member: MemberAddress, options?: CallOptions): Promise<Member> {
    const id = this.#instanceOf(member, 'member', options)
    await this.#register(balancer.id, [id], options)
    return new Member(this, { id, ip: member.ip, port: member.port, balancer, extra: {} })
  }

  /** @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DeregisterInstancesFromLoadBalancer.html */
  async balancerDetachMember(balancer: Ref, member: MemberRef, options?: CallOptions): Promise<void> {
    const id = this.#instanceOf('id' in member ? member : {}, 'member', options)
    const params = { LoadBalancerName: balancer.id, Instances: [{ InstanceId: id }] }
    const spec = { action: 'DeregisterInstancesFromLoadBalancer', params, shape: NOTHING, idempotent: true }
    await this.connection.query(spec, options)
  }

  async #register(name: string, ids: readonly string[], options: CallOptions | undefined): Promise<void> {
    const params = { LoadBalancerName: name, Instances: ids.map(InstanceId => ({ InstanceId })) }
    const spec = { action: 'RegisterInstancesWithLoadBalancer', params, shape: NOTHING, idempotent: true }
    await this.connection.query(spec, options)
  }

  async #listen(balancer: Ref, listener: ElbListener, options: CallOptions | undefined): Promise<void> {
    const params = { LoadBalancerName: balancer.id, Listeners: [toRawListener(listener)] }
    // Twice the same is once, to the service.
    const spec = { action: 'CreateLoadBalancerListeners', params, shape: NOTHING, idempotent: true }
    await this.connection.query(spec, options)
  }

  async #unlisten(balancer: Ref, port: number, options: CallOptions | undefined): Promise<void> {
    const params = { LoadBalancerName: balancer.id, LoadBalancerPorts: [port] }
    const spec = { action: 'DeleteLoadBalancerListeners', params, shape: NOTHING, idempotent: true }
    await this.connection.query(spec, options)
  }

  #firstListener(balancer: ElbCreateBalancerOptions, options: CallOptions | undefined): ElbListener {
    const { port, members: ordered = [], algorithm, ex_certificateId: certificateId } = balancer
    const protocol = this.#protocolOf(balancer.protocol ?? 'http', 'balancer.protocol', options)
    this.#checkAlgorithm(algorithm, protocol, 'balancer', options)
    const instancePort = ordered[0]?.port ?? port
    if (ordered.some(member => member.port !== instancePort)) {
      throw refused(this, 'balancer.members', 'members that all have the same port', options)
    }
    if ((protocol === 'https' || protocol === 'ssl') && certificateId === undefined) {
      throw refused(this, 'balancer.ex_certificateId', `a certificate's ARN, for ${protocol}`, options)
    }
    return { port, protocol, instancePort, instanceProtocol: balancer.ex_instanceProtocol, certificateId }
  }

  #instanceOf(
    { id }: { readonly id?: string | undefined },
    argument: string,
    options: CallOptions | undefined,
  ): string {
    if (id === undefined) throw refused(this, `${argument}.id`, 'the id of an instance: members are instances', options)
    return id
  }

  #protocolOf(protocol: string, argument: string, options: CallOptions | undefined): ElbProtocol {
    const known = PROTOCOLS.find(each => each === protocol)
    if (known === undefined) throw refused(this, argument, `one of ${PROTOCOLS.join(', ')}`, options)
    return known
  }

  #checkAlgorithm(
    algorithm: Algorithm | undefined,
    protocol: ElbProtocol,
    of: 'balancer' | 'changes',
    options: CallOptions | undefined,
  ): void {
    const own = protocol.startsWith('http') ? Algorithm.LEAST_CONNECTIONS : Algorithm.ROUND_ROBIN
    if (algorithm === undefined || algorithm === own) return
    throw refused(this, `${of}.algorithm`, `absent or '${own}', which ${protocol} has`, options)
  }
}

const instanceProtocol = (protocol: ElbProtocol): ElbProtocol => (protocol.startsWith('http') ? 'http' : 'tcp')

/** A listener, as the service has it. */
export function toRawListener(listener: ElbListener): QueryParams {
  const { port, protocol, instancePort, certificateId } = listener
  return {
    Protocol: protocol.toUpperCase(),
    LoadBalancerPort: port,
    InstanceProtocol: (listener.instanceProtocol ?? instanceProtocol(protocol)).toUpperCase(),
    InstancePort: instancePort,
    SSLCertificateId: certificateId,
  }
}

function toListener(raw: RawListener, policyNames: readonly string[]): ElbListenerDescription {
  return {
    port: raw.LoadBalancerPort ?? 0,
    protocol: (raw.Protocol ?? '').toLowerCase() as ElbProtocol,
    instancePort: raw.InstancePort ?? 0,
    instanceProtocol: raw.InstanceProtocol?.toLowerCase() as ElbProtocol | undefined,
    certificateId: raw.SSLCertificateId,
    policyNames,
  }
}

function toBalancer(driver: ElbBase, raw: RawBalancer): LoadBalancer<ElbBalancerExtra> {
  const { LoadBalancerName: name = '', DNSName: dnsName = '', HealthCheck: check, SourceSecurityGroup: group } = raw
  const listeners = raw.ListenerDescriptions.map(each => toListener(each.Listener ?? {}, each.PolicyNames))
  return new LoadBalancer(driver, {
    id: name,
    name,
    // The service has no state of balancers: those that are there work.
    state: LoadBalancerState.RUNNING,
    ip: dnsName,
    port: listeners[0]?.port ?? 0,
    extra: {
      listeners,
      instanceIds: raw.Instances.map(({ InstanceId }) => InstanceId ?? ''),
      availabilityZones: raw.AvailabilityZones,
      subnetIds: raw.Subnets,
      vpcId: raw.VPCId,
      securityGroupIds: raw.SecurityGroups,
      sourceSecurityGroup: group && `${group.OwnerAlias}/${group.GroupName}`,
      healthCheck: check && toHealthCheck(check),
      scheme: raw.Scheme,
      createdAt: raw.CreatedTime,
      dnsName,
      hostedZoneId: raw.CanonicalHostedZoneNameID,
    },
  })
}

/** A health check of the service's. */
export function toHealthCheck(raw: RawHealthCheck): ElbHealthCheck {
  return {
    target: raw.Target ?? '',
    interval: raw.Interval ?? 0,
    timeout: raw.Timeout ?? 0,
    unhealthyThreshold: raw.UnhealthyThreshold ?? 0,
    healthyThreshold: raw.HealthyThreshold ?? 0,
  }
}
