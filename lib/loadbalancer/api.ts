import * as check from '../check.js'
import { type ApiDescription, type ApiRules, calls, lists, provided, tells } from '../driver.js'
import type { CallOptions } from '../options.js'
import type { Owned } from '../owned.js'
import type { Pager } from '../pager.js'
import type { Ref } from '../resource.js'
import {
  Algorithm,
  type CreateBalancerOptions,
  type LoadBalancer,
  type Member,
  type MemberAddress,
  type MemberRef,
  type NodeAddress,
  type UpdateBalancerOptions,
} from './types.js'

/**
 * Every base method; see the note on `ComputeApi` for what all of them reject with.
 * Those that change a balancer also reject with LoadBalancerImmutableError while it is being built or changed.
 */
export interface LoadBalancerApi {
  /** Protocols that a balancer may speak: 'http', 'tcp' … */
  readonly listProtocols: (options?: CallOptions) => Pager<string>
  /** The algorithms that the provider has. Nothing is asked. */
  readonly listSupportedAlgorithms: () => Algorithm[]
  /** All balancers. */
  readonly listBalancers: (options?: CallOptions) => Pager<LoadBalancer>
  /** One balancer. @throws LoadBalancerDoesNotExistError */
  readonly getBalancer: (balancerId: string, options?: CallOptions) => Promise<LoadBalancer>
  /** Orders a balancer with its first members. It is never ordered twice. */
  readonly createBalancer: (balancer: CreateBalancerOptions, options?: CallOptions) => Promise<Owned<LoadBalancer>>
  /** Changes a balancer. */
  readonly updateBalancer: (
    balancer: Ref,
    changes: UpdateBalancerOptions,
    options?: CallOptions,
  ) => Promise<LoadBalancer>
  /** Deletes a balancer. Its members are left as they are. */
  readonly destroyBalancer: (balancer: Ref, options?: CallOptions) => Promise<void>
  /** The members of a balancer. */
  readonly balancerListMembers: (balancer: Ref, options?: CallOptions) => Pager<Member>
  /** Sends traffic to a compute node: its first address, and the balancer's port. */
  readonly balancerAttachComputeNode: (balancer: Ref, node: NodeAddress, options?: CallOptions) => Promise<Member>
  /** Sends traffic to an address and port. */
  readonly balancerAttachMember: (balancer: Ref, member: MemberAddress, options?: CallOptions) => Promise<Member>
  /** Sends no more traffic to a member. */
  readonly balancerDetachMember: (balancer: Ref, member: MemberRef, options?: CallOptions) => Promise<void>
}
export type LoadBalancerMethod = keyof LoadBalancerApi

const port = check.integer(1, 65_535)
const address = { ip: check.name, port, id: check.optional(check.name) }
const algorithm = check.optional(check.oneOf(Algorithm))
const protocol = check.optional(check.name)
const memberRef: check.Check = (value, path, context) => {
  const byAddress = typeof value === 'object' && value !== null && !('id' in value) && 'ip' in value
  return (byAddress ? check.members({ ip: check.name, port }) : check.ref)(value, path, context)
}
const node: check.Check = (value, path, context) =>
  check.anyRef(value, path, context) ?? check.members({ publicIps: check.listOf(check.name) })(value, path, context)

/** How each method answers, and what its arguments must be. */
export const LOADBALANCER_METHODS: ApiRules<LoadBalancerApi> = {
  listProtocols: lists(),
  listSupportedAlgorithms: provided(tells(), 'createBalancer'),
  listBalancers: lists(),
  getBalancer: calls({ balancerId: check.name }),
  createBalancer: calls({
    balancer: check.members({
      name: check.name,
      port,
      protocol,
      algorithm,
      members: check.optional(check.listOf(check.members(address))),
    }),
  }),
  updateBalancer: calls({
    balancer: check.ref,
    changes: check.members({ name: check.optional(check.name), port: check.optional(port), protocol, algorithm }),
  }),
  destroyBalancer: calls({ balancer: check.ref }),
  balancerListMembers: lists({ balancer: check.ref }),
  balancerAttachComputeNode: provided(calls({ balancer: check.ref, node }), 'balancerAttachMember', 'getBalancer'),
  balancerAttachMember: calls({ balancer: check.ref, member: check.members(address) }),
  balancerDetachMember: calls({ balancer: check.ref, member: memberRef }),
}

export const LOADBALANCER: ApiDescription = { api: 'loadbalancer', rules: LOADBALANCER_METHODS }
