import type { BaseDriver } from '../driver.js'
import type { CallOptions } from '../options.js'
import type { Pager } from '../pager.js'
import { type Ref, Resource } from '../resource.js'
import type { LoadBalancerApi } from './api.js'
import type { LoadBalancerDriver } from './driver.js'

export const LoadBalancerState = {
  RUNNING: 'running',
  PENDING: 'pending',
  UNKNOWN: 'unknown',
  ERROR: 'error',
  DELETED: 'deleted',
} as const
/** What a balancer is doing. */
export type LoadBalancerState = (typeof LoadBalancerState)[keyof typeof LoadBalancerState]

export const MemberCondition = { ENABLED: 'enabled', DISABLED: 'disabled', DRAINING: 'draining' } as const
/** Whether a member gets traffic. */
export type MemberCondition = (typeof MemberCondition)[keyof typeof MemberCondition]

export const Algorithm = {
  RANDOM: 'random',
  ROUND_ROBIN: 'round_robin',
  LEAST_CONNECTIONS: 'least_connections',
  WEIGHTED_ROUND_ROBIN: 'weighted_round_robin',
  WEIGHTED_LEAST_CONNECTIONS: 'weighted_least_connections',
  SHORTEST_RESPONSE: 'shortest_response',
  PERSISTENT_IP: 'persistent_ip',
  LEAST_CONNECTIONS_MEMBER: 'least_connections_member',
  LEAST_CONNECTIONS_NODE: 'least_connections_node',
  OBSERVED_MEMBER: 'observed_member',
  OBSERVED_NODE: 'observed_node',
  PREDICTIVE_MEMBER: 'predictive_member',
  PREDICTIVE_NODE: 'predictive_node',
} as const
/** How a balancer chooses a member. */
export type Algorithm = (typeof Algorithm)[keyof typeof Algorithm]

/** The driver with every base method: at run time the base class has them all, as stubs. */
export function asApi(driver: BaseDriver): LoadBalancerApi {
  return driver as unknown as LoadBalancerApi
}

/** Where a member listens. */
export interface MemberAddress {
  ip: string
  port: number
  /** The provider's id of the member, or of the node that it is. */
  id?: string | undefined
}
/** A compute node of any driver, as a balancer needs it. */
export interface NodeAddress extends Ref {
  readonly publicIps: readonly string[]
  readonly privateIps?: readonly string[] | undefined
}
/** A member, known by its id or its address. */
export type MemberRef = Ref | { readonly ip: string; readonly port: number }

/** What every driver's `createBalancer` takes. */
export interface CreateBalancerOptions {
  name: string
  /** The port that the balancer listens on. */
  port: number
  /** One of `listProtocols`. @defaultValue 'http' */
  protocol?: string | undefined
  /** One of `listSupportedAlgorithms`. @defaultValue the provider's */
  algorithm?: Algorithm | undefined
  members?: readonly MemberAddress[] | undefined
}
/** What is to change; what is absent stays. */
export interface UpdateBalancerOptions {
  name?: string | undefined
  port?: number | undefined
  protocol?: string | undefined
  algorithm?: Algorithm | undefined
}

export interface LoadBalancerFields<Extra extends object> {
  id: string
  name: string
  state: LoadBalancerState
  ip: string
  port: number
  extra: Extra
}
/** A load balancer. */
export class LoadBalancer<Extra extends object = object> extends Resource implements Ref {
  declare readonly driver: LoadBalancerDriver
  readonly id: string
  readonly name: string
  readonly state: LoadBalancerState
  /** Address or host name; empty until the provider has given one. */
  readonly ip: string
  /** The first port that it listens on. */
  readonly port: number
  readonly extra: Extra
  constructor(driver: LoadBalancerDriver, fields: LoadBalancerFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.name = fields.name
    this.state = fields.state
    this.ip = fields.ip
    this.port = fields.port
    this.extra = fields.extra
  }
  attachComputeNode(node: NodeAddress, options?: CallOptions): Promise<Member> {
    return asApi(this.driver).balancerAttachComputeNode(this, node, options)
  }
  attachMember(member: MemberAddress, options?: CallOptions): Promise<Member> {
    return asApi(this.driver).balancerAttachMember(this, member, options)
  }
  detachMember(member: MemberRef, options?: CallOptions): Promise<void> {
    return asApi(this.driver).balancerDetachMember(this, member, options)
  }
  listMembers(options?: CallOptions): Pager<Member> {
    return asApi(this.driver).balancerListMembers(this, options)
  }
  update(changes: UpdateBalancerOptions, options?: CallOptions): Promise<LoadBalancer> {
    return asApi(this.driver).updateBalancer(this, changes, options)
  }
  destroy(options?: CallOptions): Promise<void> {
    return asApi(this.driver).destroyBalancer(this, options)
  }
}

export interface MemberFields<Extra extends object> {
  id: string
  ip: string
  port: number
  balancer?: Ref | undefined
  extra: Extra
}
/** What a balancer sends traffic to. */
export class Member<Extra extends object = object> extends Resource implements Ref {
  declare readonly driver: LoadBalancerDriver
  /** The provider's id, or `ip:port` where it has none. */
  readonly id: string
  readonly ip: string
  readonly port: number
  readonly balancer: Ref | undefined
  readonly extra: Extra
  constructor(driver: LoadBalancerDriver, fields: MemberFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.ip = fields.ip
    this.port = fields.port
    this.balancer = fields.balancer
    this.extra = fields.extra
  }
}
