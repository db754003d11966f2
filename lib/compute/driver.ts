import type { DeployNodeOptions } from '../deployment/types.js'
import { BaseDriver, implementedMethods, installStubs, isImplemented, type Supporting } from '../driver.js'
import { InvalidRequestError } from '../errors.js'
import type { VendorMeta } from '../meta.js'
import type { CallOptions, DriverOptions } from '../options.js'
import { operationOf } from '../options.js'
import type { Owned } from '../owned.js'
import type { Ref } from '../resource.js'
import { COMPUTE, type ComputeApi, type ComputeMethod } from './api.js'
import {
  type CreateNodeFeature,
  type Node,
  NodeState,
  type RunningNode,
  type WaitUntilRunningOptions,
} from './types.js'

const FAILED: readonly NodeState[] = [NodeState.ERROR, NodeState.TERMINATED]

/** Its type has no base methods: a driver writes those its provider supports. At run time stubs stand for the rest. */
export abstract class NodeDriver extends BaseDriver {
  /** Ways of logging in that `createNode` can arrange. */
  readonly features: { readonly createNode: readonly CreateNodeFeature[] } = { createNode: [] }

  constructor(vendor: Pick<VendorMeta, 'vendor' | 'credentials'>, options: DriverOptions) {
    super(COMPUTE, vendor, options)
  }

  /** Whether the driver has all of these methods. `this: D`, not `this` types: unions of drivers narrow correctly. */
  supports<D extends NodeDriver, const M extends readonly [ComputeMethod, ...ComputeMethod[]]>(
    this: D,
    ...methods: M
  ): this is D & Supporting<ComputeApi, M> {
    return methods.every(method => isImplemented(this, method, COMPUTE))
  }

  /** Uploads a public key that a file holds. @throws InvalidRequestError when the file cannot be read */
  async importKeyPairFromFile<K>(
    this: NodeDriver & {
      importKeyPairFromString: (name: string, publicKey: string, options?: CallOptions) => Promise<K>
    },
    name: string,
    path: string,
    options?: CallOptions,
  ): Promise<K> {
    const { readFile } = await import('node:fs/promises')
    let publicKey: string
    try {
      publicKey = await readFile(path, { encoding: 'utf8', ...(options?.signal ? { signal: options.signal } : {}) })
    } catch (cause) {
      options?.signal?.throwIfAborted()
      const details = { provider: this.provider, argument: 'path', allowed: 'the path of a readable file', cause }
      throw new InvalidRequestError(`importKeyPairFromFile: 'path' must be ${details.allowed}`, details)
    }
    return this.importKeyPairFromString(name, publicKey.trim(), options)
  }

  /**
   * Waits until all these nodes run and have an address.
   * @throws WaitError as soon as one of them has failed or is gone.
   * @throws TimeoutError with the last state seen.
   */
  async waitUntilRunning<N extends Node>(
    this: NodeDriver & { getNode: (nodeId: string, options?: CallOptions) => Promise<N> },
    nodes: readonly Ref[],
    options?: WaitUntilRunningOptions,
  ): Promise<RunningNode<N>[]> {
    const { poll } = await import('../poller.js')
    const wait = (id: string): Promise<RunningNode<N>> =>
      poll(
        async look => {
          const node = await this.getNode(id, look)
          const addresses = reachable(node, options)
          if (node.state === NodeState.RUNNING && addresses.length > 0)
            return { done: true, value: { node, addresses } }
          if (FAILED.includes(node.state)) return { failed: `it is ${node.state}`, state: node.state }
          return { state: node.state === NodeState.RUNNING ? 'running, without an address' : node.state }
        },
        { provider: this.provider, what: `node ${id} to be running` },
        options,
      )
    return Promise.all(nodes.map(({ id }) => wait(id)))
  }

  /**
   * Creates a node, waits until it runs, logs in over SSH and runs a deployment: see the guide's page on deployment.
   * Provided for every driver that can create nodes, with that driver's own `ex_` options and result.
   * @throws DeploymentError, which carries the node, when anything fails after the node was made.
   */
  async deployNode<O, N extends Node>(
    this: NodeDriver & {
      createNode: (node: O, options?: CallOptions) => Promise<Owned<N>>
      getNode: (nodeId: string, options?: CallOptions) => Promise<Node>
    },
    node: O & DeployNodeOptions,
    options?: CallOptions,
  ): Promise<Owned<N>> {
    const { deployNode } = await import('../deployment/deploy.js')
    return deployNode(this, node, operationOf(options), options)
  }
}

function reachable(node: Node, options: WaitUntilRunningOptions = {}): readonly string[] {
  const addresses = node[options.sshInterface ?? 'publicIps']
  return options.forceIpv4 === false ? addresses : addresses.filter(address => !address.includes(':'))
}

installStubs(NodeDriver, COMPUTE)

/** Any compute driver's class, for code that knows the provider only at run time. */
export type NodeDriverClass = new (options: DriverOptions) => NodeDriver

/** The base methods that a driver class has. */
export function supportedMethods(driverClass: { readonly prototype: NodeDriver }): ComputeMethod[] {
  return implementedMethods(driverClass, COMPUTE) as ComputeMethod[]
}
