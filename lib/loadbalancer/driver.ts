import { BaseDriver, implementedMethods, installStubs, isImplemented, type Supporting } from '../driver.js'
import { InvalidRequestError } from '../errors.js'
import type { VendorMeta } from '../meta.js'
import { type CallOptions, type DriverOptions, operationOf } from '../options.js'
import type { Ref } from '../resource.js'
import { LOADBALANCER, type LoadBalancerApi, type LoadBalancerMethod } from './api.js'
import type { Algorithm, LoadBalancer, MemberAddress, NodeAddress } from './types.js'

/** Its type has no base methods: a driver writes those its provider supports. At run time stubs stand for the rest. */
export abstract class LoadBalancerDriver extends BaseDriver {
  /** The algorithms that the provider has. */
  abstract readonly algorithms: readonly Algorithm[]

  constructor(vendor: Pick<VendorMeta, 'vendor' | 'credentials'>, options: DriverOptions) {
    super(LOADBALANCER, vendor, options)
  }

  /** Whether the driver has all of these methods. */
  supports<D extends LoadBalancerDriver, const M extends readonly [LoadBalancerMethod, ...LoadBalancerMethod[]]>(
    this: D,
    ...methods: M
  ): this is D & Supporting<LoadBalancerApi, M> {
    return methods.every(method => isImplemented(this, method, LOADBALANCER))
  }

  /** The algorithms that the provider has. Nothing is asked. */
  listSupportedAlgorithms(): Algorithm[] {
    return [...this.algorithms]
  }

  /** Sends traffic to a compute node: its first public address, else its first private one, and the balancer's port. */
  async balancerAttachComputeNode<M>(
    this: LoadBalancerDriver & {
      getBalancer: (balancerId: string, options?: CallOptions) => Promise<LoadBalancer>
      balancerAttachMember: (balancer: Ref, member: MemberAddress, options?: CallOptions) => Promise<M>
    },
    balancer: Ref,
    node: NodeAddress,
    options?: CallOptions,
  ): Promise<M> {
    const ip = node.publicIps[0] ?? node.privateIps?.[0]
    if (ip === undefined) {
      const details = {
        provider: this.provider,
        operation: operationOf(options),
        argument: 'node',
        allowed: 'a node that has an address',
      }
      throw new InvalidRequestError(`balancerAttachComputeNode: 'node' must be ${details.allowed}`, details)
    }
    const port =
      'port' in balancer ? (balancer as LoadBalancer).port : (await this.getBalancer(balancer.id, options)).port
    return this.balancerAttachMember(balancer, { id: node.id, ip, port }, options)
  }
}

installStubs(LoadBalancerDriver, LOADBALANCER)

/** Any load balancer driver's class, for code that knows the provider only at run time. */
export type LoadBalancerDriverClass = new (options: DriverOptions) => LoadBalancerDriver

/** The base methods that a driver class has. */
export function supportedMethods(driverClass: { readonly prototype: LoadBalancerDriver }): LoadBalancerMethod[] {
  return implementedMethods(driverClass, LOADBALANCER) as LoadBalancerMethod[]
}
