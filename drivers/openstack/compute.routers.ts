import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { neutron } from './compute.networks.js'
import { OpenStackComputePorts } from './compute.ports.js'
import { type OpenStackListOptions, orNothing, toDate } from './compute.shared.js'

interface RawRouter {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly description?: string
  readonly admin_state_up: boolean
  readonly external_gateway_info: {
    readonly network_id: string
    readonly enable_snat?: boolean
    readonly external_fixed_ips?: readonly { readonly subnet_id: string; readonly ip_address: string }[]
  } | null
  readonly routes?: readonly { readonly destination: string; readonly nexthop: string }[]
  readonly ha?: boolean
  readonly distributed?: boolean
  readonly availability_zones?: readonly string[]
  readonly tags?: readonly string[]
  readonly project_id?: string
  readonly tenant_id?: string
  readonly created_at?: string
  readonly updated_at?: string
}

/** A router's way out. */
export interface OpenStackGateway {
  /** The external network. */
  readonly networkId: string
  /** Whether what goes out gets the router's address. */
  readonly isSnatEnabled: boolean | undefined
  readonly addresses: readonly string[]
}
/** What connects networks with each other, and with the outside. */
export interface OpenStackRouter {
  readonly id: string
  readonly name: string
  /** The cloud's own word: `'ACTIVE'`, `'ALLOCATING'`, `'ERROR'`. */
  readonly state: string
  readonly description: string | undefined
  readonly isEnabled: boolean
  readonly gateway: OpenStackGateway | undefined
  readonly routes: readonly { readonly destination: string; readonly nexthop: string }[]
  readonly isHighlyAvailable: boolean | undefined
  readonly isDistributed: boolean | undefined
  readonly availabilityZones: readonly string[]
  readonly tags: readonly string[]
  readonly projectId: string | undefined
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
}
export interface OpenStackCreateRouterOptions {
  name: string
  description?: string | undefined
  /** @defaultValue true */
  isEnabled?: boolean | undefined
  /** An external network that it leads to. */
  externalNetwork?: Ref | undefined
  /** @defaultValue the cloud's choice */
  isSnatEnabled?: boolean | undefined
}

/** Routers. */
export abstract class OpenStackComputeRouters extends OpenStackComputePorts {
  /**
   * All routers of the project.
   *
   * @example
   * ```ts
   * const routers = await driver.ex_listRouters()
   * ```
   * @see https://docs.openstack.org/api-ref/network/v2/#list-routers
   */
  ex_listRouters(options?: OpenStackListOptions): Pager<OpenStackRouter> {
    const spec = { ...neutron, path: '/routers', member: 'routers', map: toRouter, limit: options?.ex_limit }
    return this.connection.list(spec, options)
  }

  /**
   * One router.
   *
   * @example
   * ```ts
   * const { gateway } = await driver.ex_getRouter('f8a44de0-fc8e-45df-93c7-f79bf3b01c95')
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#show-router-details
   */
  async ex_getRouter(routerId: string, options?: CallOptions): Promise<OpenStackRouter> {
    const spec = { ...neutron, path: path`/routers/${routerId}`, member: 'router', map: toRouter }
    return this.connection.one(spec, options)
  }

  /**
   * Makes a router.
   *
   * @example
   * ```ts
   * const router = await driver.ex_createRouter({ name: 'way-out', externalNetwork: out })
   * await driver.ex_addRouterSubnet(router, subnet)
   * ```
   * @throws QuotaExceededError
   * @see https://docs.openstack.org/api-ref/network/v2/#create-router
   */
  async ex_createRouter(router: OpenStackCreateRouterOptions, options?: CallOptions): Promise<Owned<OpenStackRouter>> {
    const { name, description, isEnabled, externalNetwork, isSnatEnabled } = router
    const gateway = externalNetwork && { network_id: externalNetwork.id, enable_snat: isSnatEnabled }
    const json = { router: { name, description, admin_state_up: isEnabled, external_gateway_info: gateway } }
    const spec = { ...neutron, method: 'POST', path: '/routers', json, member: 'router', map: toRouter } as const
    const made = await this.connection.one(spec, options)
    return owned(made, () => this.ex_deleteRouter(made))
  }

  /**
   * Deletes a router that no subnet is connected to.
   *
   * @example
   * ```ts
   * await driver.ex_deleteRouter(router)
   * ```
   * @throws NotFoundError
   * @throws ConflictError where it is in use
   * @see https://docs.openstack.org/api-ref/network/v2/#delete-router
   */
  async ex_deleteRouter(router: Ref, options?: CallOptions): Promise<void> {
    const spec = { ...neutron, method: 'DELETE', path: path`/routers/${router.id}`, read: readNothing } as const
    await this.connection.request(spec, options)
  }

  /**
   * Connects a subnet to a router, which becomes its gateway.
   *
   * @example
   * ```ts
   * await driver.ex_addRouterSubnet(router, subnet)
   * ```
   * @returns the id of the port that connects them
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#add-interface-to-router
   */
  async ex_addRouterSubnet(router: Ref, subnet: Ref, options?: CallOptions): Promise<string> {
    return this.#connect(router, 'add', { subnet_id: subnet.id }, options)
  }

  /**
   * Connects a port to a router.
   *
   * @example
   * ```ts
   * await driver.ex_addRouterPort(router, port)
   * ```
   * @returns the port's id
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#add-interface-to-router
   */
  async ex_addRouterPort(router: Ref, port: Ref, options?: CallOptions): Promise<string> {
    return this.#connect(router, 'add', { port_id: port.id }, options)
  }

  /**
   * Disconnects a subnet from a router.
   *
   * @example
   * ```ts
   * await driver.ex_delRouterSubnet(router, subnet)
   * ```
   * @returns the id of the port that connected them, which is deleted
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#remove-interface-from-router
   */
  async ex_delRouterSubnet(router: Ref, subnet: Ref, options?: CallOptions): Promise<string> {
    return this.#connect(router, 'remove', { subnet_id: subnet.id }, options)
  }

  /**
   * Disconnects a port from a router, and deletes it.
   *
   * @example
   * ```ts
   * await driver.ex_delRouterPort(router, port)
   * ```
   * @returns the port's id
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#remove-interface-from-router
   */
  async ex_delRouterPort(router: Ref, port: Ref, options?: CallOptions): Promise<string> {
    return this.#connect(router, 'remove', { port_id: port.id }, options)
  }

  async #connect(router: Ref, what: 'add' | 'remove', json: object, options: CallOptions | undefined): Promise<string> {
    const routerPath = path`/routers/${router.id}`
    const spec = { ...neutron, method: 'PUT', path: `${routerPath}/${what}_router_interface`, json } as const
    return this.connection.one({ ...spec, member: 'port_id', map: (id: string) => id }, options)
  }
}

function toRouter(raw: RawRouter): OpenStackRouter {
  const out = raw.external_gateway_info
  return {
    id: raw.id,
    name: raw.name,
    state: raw.status,
    description: orNothing(raw.description),
    isEnabled: raw.admin_state_up,
    gateway: out
      ? {
          networkId: out.network_id,
          isSnatEnabled: out.enable_snat,
          addresses: (out.external_fixed_ips ?? []).map(({ ip_address }) => ip_address),
        }
      : undefined,
    routes: raw.routes ?? [],
    isHighlyAvailable: raw.ha,
    isDistributed: raw.distributed,
    availabilityZones: raw.availability_zones ?? [],
    tags: raw.tags ?? [],
    projectId: raw.project_id ?? raw.tenant_id,
    createdAt: toDate(raw.created_at),
    updatedAt: toDate(raw.updated_at),
  }
}
