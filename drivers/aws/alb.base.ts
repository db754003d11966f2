import { ConflictError, LoadBalancerDoesNotExistError } from '../../lib/errors.js'
import { LoadBalancerDriver } from '../../lib/loadbalancer/driver.js'
import {
  Algorithm,
  type LoadBalancer,
  type Member,
  type MemberAddress,
  type MemberRef,
  type NodeAddress,
} from '../../lib/loadbalancer/types.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import {
  type AlbBalancerExtra,
  type AlbCreateBalancerOptions,
  type AlbMemberExtra,
  type AlbMemberOptions,
  type AlbUpdateBalancerOptions,
  CREATED,
  DESCRIBED,
  deleteGroup,
  listGroups,
  listListeners,
  listTargets,
  PROTOCOLS,
  type RawBalancer,
  setAlgorithm,
  toBalancer,
  toMember,
} from './alb.balancers.js'
import {
  type AlbListener,
  type AlbTargetGroup,
  listenersOf,
  targetGroupsOf,
  toListener,
  toRawHealthCheck,
  toTargetGroup,
} from './alb.shared.js'
import { act, afterwards, type BalancerConnection, orUndo, toRawPairs } from './elb.shared.js'
import { refused } from './refused.js'

/**
 * Balancers, whose ARNs are their ids. Members are targets in target groups: instances, known by their ids, or addresses.
 */
export abstract class AlbBase extends LoadBalancerDriver {
  /** Of application load balancers; network ones keep to the connection. */
  readonly algorithms: readonly Algorithm[] = [Algorithm.ROUND_ROBIN, Algorithm.LEAST_CONNECTIONS, Algorithm.RANDOM]
  declare readonly connection: BalancerConnection

  /** Nothing is asked.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html */
  listProtocols(options?: CallOptions): Pager<string> {
    return onePage(async () => Object.keys(PROTOCOLS), options)
  }

  /** Ports are not told: they are 0, and `extra.listeners` is absent.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html */
  listBalancers(options?: CallOptions): Pager<LoadBalancer<AlbBalancerExtra>> {
    const spec = { action: 'DescribeLoadBalancers', shape: DESCRIBED, token: 'Marker' }
    return this.connection.list(
      {
        ...spec,
        items: reply => (reply.result?.items ?? []).map(raw => toBalancer(this, raw, undefined)),
        next: reply => reply.result?.next,
      },
      options,
    )
  }

  /** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html */
  async getBalancer(balancerId: string, options?: CallOptions): Promise<LoadBalancer<AlbBalancerExtra>> {
    const params = { LoadBalancerArns: [balancerId] }
    const spec = { action: 'DescribeLoadBalancers', params, shape: DESCRIBED }
    const [raw] = (await this.connection.query(spec, options)).result?.items ?? []
    if (raw !== undefined) return toBalancer(this, raw, await listListeners(this, { id: balancerId }, options))
    const operation = operationOf(options)
    const { provider } = this
    const message = `${operation ?? 'request'}: '${provider}' has no such load balancer`
    throw new LoadBalancerDoesNotExistError(message, { provider, operation })
  }

  /**
   * Makes a balancer, a target group of the same name, and a listener that forwards to it. When one of them cannot be
   * made, or a member not be attached, the others are deleted again.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
   */
  async createBalancer(
    balancer: AlbCreateBalancerOptions,
    options?: CallOptions,
  ): Promise<Owned<LoadBalancer<AlbBalancerExtra>>> {
    const { name, ex_subnets: subnets } = balancer
    const order = this.#order(balancer, options)
    if (subnets === undefined) throw refused(this, 'balancer.ex_subnets', 'subnets, of two zones at least', options)
    const params = {
      Name: name,
      Subnets: subnets.map(({ id }) => id),
      SecurityGroups: balancer.ex_securityGroups?.map(({ id }) => id),
      Scheme: balancer.ex_scheme,
      Tags: toRawPairs(balancer.ex_tags),
      Type: order.type,
      IpAddressType: balancer.ex_ipAddressType,
    }
    const started = this.connection.now().getTime()
    // The service gives one that is the same for one that was made: it can be asked twice.
    const spec = { action: 'CreateLoadBalancer', params, shape: CREATED, idempotent: true }
    const raw: RawBalancer = (await this.connection.query(spec, options)).result?.items[0] ?? NO_BALANCER
    const id = raw.LoadBalancerArn ?? ''
    if (raw.CreatedTime !== undefined && raw.CreatedTime.getTime() < started - EARLIER) throw this.#exists(options)
    const groups: string[] = []
    const listener = await orUndo(
      this,
      `the balancer ${id}`,
      () => this.#furnish(balancer, order, raw, groups, options),
      async () => {
        await act(this.connection, 'DeleteLoadBalancer', { LoadBalancerArn: id }, afterwards(options))
        for (const group of groups) await deleteGroup(this, group, afterwards(options))
      },
      options,
    )
    const made = toBalancer(this, raw, [listener])
    return owned(made, () => this.destroyBalancer(made))
  }

  /**
   * The first listener is changed; the algorithm is that of the first target group.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyListener.html
   */
  async updateBalancer(
    balancer: Ref,
    changes: AlbUpdateBalancerOptions,
    options?: CallOptions,
  ): Promise<LoadBalancer<AlbBalancerExtra>> {
    const { port, protocol, algorithm, ex_certificateId: certificate } = changes
    if (changes.name !== undefined) throw refused(this, 'changes.name', 'absent: a balancer keeps its name', options)
    if (protocol !== undefined) this.#protocolOf(protocol, 'changes.protocol', options)
    const before = await this.getBalancer(balancer.id, options)
    const [first] = before.extra.listeners ?? []
    if (port !== undefined || protocol !== undefined || certificate !== undefined) {
      if (first === undefined) throw refused(this, 'balancer', 'a balancer that has a listener', options)
      const params = {
        ListenerArn: first.id,
        Port: port,
        Protocol: protocol?.toUpperCase(),
        Certificates: certificate === undefined ? undefined : [{ CertificateArn: certificate }],
      }
      const shape = listenersOf('ModifyListener')
      await this.connection.query({ action: 'ModifyListener', params, shape, idempotent: true }, options)
    }
    if (algorithm !== undefined) {
      const group = await this.#groupOf(balancer, options)
      await setAlgorithm(this, group.id, algorithm, options)
    }
    return this.getBalancer(balancer.id, options)
  }

  /**
   * Deletes the target group of the balancer's name too, which `createBalancer` has made; others stay.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html
   */
  async destroyBalancer(balancer: Ref, options?: CallOptions): Promise<void> {
    const [, name] = /:loadbalancer\/(?:app|net|gwy)\/([^/]+)\//.exec(balancer.id) ?? []
    const groups = await listGroups(this, balancer, options)
    await act(this.connection, 'DeleteLoadBalancer', { LoadBalancerArn: balancer.id }, options)
    const own = groups.find(group => group.name === name && group.balancerIds.length <= 1)
    if (own !== undefined) await deleteGroup(this, own.id, options)
  }

  /** The targets of all target groups of a balancer, with their health.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html */
  balancerListMembers(balancer: Ref, options?: CallOptions): Pager<Member<AlbMemberExtra>> {
    return onePage(async () => {
      const found: Member<AlbMemberExtra>[] = []
      for (const group of await listGroups(this, balancer, options)) {
        found.push(...(await listTargets(this, group, balancer, options)))
      }
      return found
    }, options)
  }

  /**
   * The node is attached as an instance, or with its address where the target group has addresses; its port is the
   * target group's.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html
   */
  override async balancerAttachComputeNode<M>(balancer: Ref, node: NodeAddress, options?: CallOptions): Promise<M> {
    const group = await this.#groupOf(balancer, options as AlbMemberOptions)
    const ip = node.privateIps?.[0] ?? node.publicIps[0]
    if (group.targetType === 'ip' && ip === undefined)
      throw refused(this, 'node', 'a node that has an address', options)
    const member = { id: node.id, ip: ip ?? '', port: group.port ?? 0 }
    return (await this.#register(balancer, group, member, options)) as M
  }

  /**
   * A member of a target group of instances needs its instance's id; of one of addresses its address counts.
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html
   */
  async balancerAttachMember(
    balancer: Ref,
    member: MemberAddress,
    options?: AlbMemberOptions,
  ): Promise<Member<AlbMemberExtra>> {
    const group = await this.#groupOf(balancer, options)
    if (group.targetType !== 'ip' && member.id === undefined) {
      throw refused(
        this,
        'member.id',
        `the id of a target: the target group's targets are of type ${group.targetType}`,
        options,
      )
    }
    return this.#register(balancer, group, { ...member, id: member.id ?? member.ip }, options)
  }

  /** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html */
  async balancerDetachMember(balancer: Ref, member: MemberRef, options?: AlbMemberOptions): Promise<void> {
    const { extra } = member as { extra?: Partial<AlbMemberExtra> }
    const known = options?.ex_targetGroup?.id ?? extra?.targetGroupId
    const group = known ?? (await this.#groupOf(balancer, options)).id
    const id = 'id' in member ? member.id : `${member.ip}:${member.port}`
    // `i-0a1b2c3d:80`, `[2001:db8::1]:80`
    const [, target = id, port] = /^(.*):(\d+)$/.exec(id) ?? []
    const Targets = [{ Id: target.replace(/^\[|\]$/g, ''), Port: port === undefined ? undefined : Number(port) }]
    await act(this.connection, 'DeregisterTargets', { TargetGroupArn: group, Targets }, options)
  }

  async #register(
    balancer: Ref,
    group: AlbTargetGroup,
    member: Required<MemberAddress>,
    options: CallOptions | undefined,
  ): Promise<Member<AlbMemberExtra>> {
    const target = (group.targetType === 'ip' ? member.ip : member.id) as string
    const Targets = [{ Id: target, Port: member.port }]
    await act(this.connection, 'RegisterTargets', { TargetGroupArn: group.id, Targets }, options)
    return toMember(this, group, { Target: { Id: target, Port: member.port } }, balancer, member.ip)
  }

  /** The target group that is meant, or the first one. */
  async #groupOf(balancer: Ref, options: AlbMemberOptions | undefined): Promise<AlbTargetGroup> {
    const wanted = options?.ex_targetGroup
    const params = wanted === undefined ? { LoadBalancerArn: balancer.id } : { TargetGroupArns: [wanted.id] }
    const shape = targetGroupsOf('DescribeTargetGroups')
    const reply = await this.connection.query({ action: 'DescribeTargetGroups', params, shape }, options)
    const [raw] = reply.result?.items ?? []
    if (raw === undefined) throw refused(this, 'balancer', 'a balancer that forwards to a target group', options)
    return toTargetGroup(raw)
  }

  /** The target group, its targets, and the listener; what is made is told to `groups`. */
  async #furnish(
    balancer: AlbCreateBalancerOptions,
    order: Order,
    { LoadBalancerArn, VpcId }: RawBalancer,
    groups: string[],
    options: CallOptions | undefined,
  ): Promise<AlbListener> {
    const { name, port, algorithm, ex_certificateId: certificate } = balancer
    const { targetType, targetPort, targetProtocol: Protocol, targets } = order
    const check = toRawHealthCheck(balancer.ex_healthCheck, false)
    const group = { Name: name, Protocol, Port: targetPort, VpcId, ...check, TargetType: targetType }
    const tags = { Tags: toRawPairs(balancer.ex_tags) }
    const params = { ...group, ...tags }
    const made = await this.connection.query(
      { action: 'CreateTargetGroup', params, shape: targetGroupsOf('CreateTargetGroup'), idempotent: true },
      options,
    )
    const TargetGroupArn = made.result?.items[0]?.TargetGroupArn ?? ''
    groups.push(TargetGroupArn)
    if (algorithm !== undefined) await setAlgorithm(this, TargetGroupArn, algorithm, options)
    if (targets.length > 0) await act(this.connection, 'RegisterTargets', { TargetGroupArn, Targets: targets }, options)
    const listener = {
      LoadBalancerArn,
      Protocol: order.protocol.toUpperCase(),
      Port: port,
      SslPolicy: balancer.ex_sslPolicy,
      Certificates: certificate === undefined ? undefined : [{ CertificateArn: certificate }],
      DefaultActions: [{ Type: 'forward', TargetGroupArn }],
    }
    const spec = { action: 'CreateListener', params: listener, shape: listenersOf('CreateListener'), idempotent: true }
    const [raw] = (await this.connection.query(spec, options)).result?.items ?? []
    return toListener(raw ?? { Certificates: [], DefaultActions: [], AlpnPolicy: [] })
  }

  /** What failed could not be undone with one that was there before. */
  #exists(options: CallOptions | undefined): ConflictError {
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: '${this.provider}' has a load balancer of this name already`
    return new ConflictError(message, { provider: this.provider, operation })
  }

  /** What a new balancer needs, checked. */
  #order(balancer: AlbCreateBalancerOptions, options: CallOptions | undefined): Order {
    const { members: ordered = [], port, algorithm, ex_certificateId: certificate } = balancer
    const protocol = this.#protocolOf(balancer.protocol ?? 'http', 'balancer.protocol', options)
    const isSecure = protocol === 'https' || protocol === 'tls'
    if (isSecure && certificate === undefined) {
      throw refused(this, 'balancer.ex_certificateId', `a certificate's ARN, for ${protocol}`, options)
    }
    const type = protocol.startsWith('http') ? 'application' : 'network'
    if (algorithm !== undefined && (type === 'network' || !this.algorithms.includes(algorithm))) {
      const allowed =
        type === 'network' ? 'absent: network load balancers have one' : `one of ${this.algorithms.join(', ')}`
      throw refused(this, 'balancer.algorithm', allowed, options)
    }
    const isInstances = ordered.every(({ id }) => id?.startsWith('i-'))
    const targetType = balancer.ex_targetType ?? (isInstances ? 'instance' : 'ip')
    if (targetType === 'instance' && !isInstances) {
      throw refused(this, 'balancer.members', 'members whose ids are those of instances', options)
    }
    const targets = ordered.map(member => ({
      Id: targetType === 'instance' ? (member.id as string) : member.ip,
      Port: member.port,
    }))
    const targetProtocol = (balancer.ex_targetProtocol ?? PROTOCOLS[protocol] ?? '').toUpperCase()
    return { type, protocol, targetType, targetProtocol, targetPort: ordered[0]?.port ?? port, targets }
  }

  #protocolOf(protocol: string, argument: string, options: CallOptions | undefined): string {
    if (Object.hasOwn(PROTOCOLS, protocol)) return protocol
    throw refused(this, argument, `one of ${Object.keys(PROTOCOLS).join(', ')}`, options)
  }
}

const NO_BALANCER: RawBalancer = { AvailabilityZones: [], SecurityGroups: [] }
/** Milliseconds by which a balancer must be older than the call to be another's, or of another call. */
const EARLIER = 300_000

interface Order {
  readonly type: 'application' | 'network'
  readonly protocol: string
  readonly targetType: 'instance' | 'ip'
  readonly targetProtocol: string
  readonly targetPort: number
  readonly targets: readonly { readonly Id: string; readonly Port: number }[]
}
