import { NotFoundError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { neutron, type OpenStackNetwork, toNetwork } from './compute.networks.js'
import { OpenStackComputeSecurity } from './compute.security.js'
import { type OpenStackListOptions, orNothing, refused, toDate } from './compute.shared.js'

interface RawFloatingIp {
  readonly id: string
  readonly floating_ip_address: string
  readonly floating_network_id: string
  readonly fixed_ip_address: string | null
  readonly port_id: string | null
  readonly port_details?: { readonly device_id?: string } | null
  readonly router_id: string | null
  readonly status: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly project_id?: string
  readonly tenant_id?: string
  readonly created_at?: string
  readonly updated_at?: string
}

/** An address that can be moved from server to server. */
export interface OpenStackFloatingIp {
  readonly id: string
  readonly ipAddress: string
  /** The external network that it is of. */
  readonly networkId: string
  /** The cloud's own word: `'ACTIVE'`, `'DOWN'`, `'ERROR'`. */
  readonly state: string
  /** What leads to whoever has it; `undefined` while nobody has. */
  readonly portId: string | undefined
  readonly nodeId: string | undefined
  readonly fixedIpAddress: string | undefined
  readonly routerId: string | undefined
  readonly description: string | undefined
  readonly tags: readonly string[]
  readonly projectId: string | undefined
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
}
export interface OpenStackListFloatingIpsOptions extends OpenStackListOptions {
  /** Only those that this port has. */
  ex_port?: Ref | undefined
}
export interface OpenStackCreateFloatingIpOptions extends CallOptions {
  description?: string | undefined
  /** The address that is wanted; needs an administrator in most clouds. */
  ex_address?: string | undefined
  /** Who has it from the beginning. */
  ex_port?: Ref | undefined
}
export interface OpenStackAttachFloatingIpOptions extends CallOptions {
  /** Which of the server's ports it leads to. @defaultValue the only one that has an address */
  ex_port?: Ref | undefined
  /** Which of the port's addresses it leads to. @defaultValue the cloud's choice */
  ex_fixedIp?: string | undefined
}

/** Floating addresses. */
export abstract class OpenStackComputeAddresses extends OpenStackComputeSecurity {
  /**
   * Networks that floating addresses come from.
   *
   * @example
   * ```ts
   * const [pool] = await driver.ex_listFloatingIpPools()
   * const address = await driver.ex_createFloatingIp(pool)
   * ```
   * @see https://docs.openstack.org/api-ref/network/v2/#list-networks
   */
  ex_listFloatingIpPools(options?: OpenStackListOptions): Pager<OpenStackNetwork> {
    const spec = { ...neutron, path: '/networks', member: 'networks', map: toNetwork, limit: options?.ex_limit }
    return this.connection.list({ ...spec, query: { 'router:external': true } }, options)
  }

  /**
   * All floating addresses of the project.
   *
   * @example
   * ```ts
   * const free = (await driver.ex_listFloatingIps()).filter(({ portId }) => portId === undefined)
   * ```
   * @see https://docs.openstack.org/api-ref/network/v2/#list-floating-ips
   */
  ex_listFloatingIps(options?: OpenStackListFloatingIpsOptions): Pager<OpenStackFloatingIp> {
    const query = { port_id: options?.ex_port?.id }
    const spec = { ...neutron, path: '/floatingips', member: 'floatingips', map: toFloatingIp, query }
    return this.connection.list({ ...spec, limit: options?.ex_limit }, options)
  }

  /**
   * The floating address that has been written down.
   *
   * @example
   * ```ts
   * const { nodeId } = await driver.ex_getFloatingIp('203.0.113.7')
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#list-floating-ips
   */
  async ex_getFloatingIp(ipAddress: string, options?: CallOptions): Promise<OpenStackFloatingIp> {
    const query = { floating_ip_address: ipAddress }
    const spec = { ...neutron, path: '/floatingips', member: 'floatingips', map: toFloatingIp, query }
    const { items } = await this.connection.page(spec, undefined, options)
    const [found] = items
    if (found !== undefined) return found
    const operation = operationOf(options)
    const message = `${operation}: the project has no floating address ${ipAddress}`
    throw new NotFoundError(message, { provider: this.provider, operation })
  }

  /**
   * Gives the project a floating address of a pool.
   *
   * @example
   * ```ts
   * const address = await driver.ex_createFloatingIp(pool)
   * await driver.ex_attachFloatingIpToNode(node, address)
   * ```
   * @throws QuotaExceededError
   * @see https://docs.openstack.org/api-ref/network/v2/#create-floating-ip
   */
  async ex_createFloatingIp(
    pool: Ref,
    options?: OpenStackCreateFloatingIpOptions,
  ): Promise<Owned<OpenStackFloatingIp>> {
    const floatingip = {
      floating_network_id: pool.id,
      description: options?.description,
      floating_ip_address: options?.ex_address,
      port_id: options?.ex_port?.id,
    }
    const spec = { ...neutron, method: 'POST', path: '/floatingips', json: { floatingip } } as const
    const made = await this.connection.one({ ...spec, member: 'floatingip', map: toFloatingIp }, options)
    return owned(made, () => this.ex_deleteFloatingIp(made))
  }

  /**
   * Gives a floating address back, also if a server has it.
   *
   * @example
   * ```ts
   * await driver.ex_deleteFloatingIp(address)
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#delete-floating-ip
   */
  async ex_deleteFloatingIp(address: Ref, options?: CallOptions): Promise<void> {
    const spec = { ...neutron, method: 'DELETE', path: path`/floatingips/${address.id}`, read: readNothing } as const
    await this.connection.request(spec, options)
  }

  /**
   * Leads a floating address to a server.
   *
   * @example
   * ```ts
   * await driver.ex_attachFloatingIpToNode(node, address)
   * ```
   * @throws InvalidRequestError where the server has several ports, and none is named: it tells them
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#update-floating-ip
   */
  async ex_attachFloatingIpToNode(
    node: Ref,
    address: Ref,
    options?: OpenStackAttachFloatingIpOptions,
  ): Promise<OpenStackFloatingIp> {
    const portId = options?.ex_port?.id ?? (await this.#onlyPortOf(node, options))
    return this.#lead(address, { port_id: portId, fixed_ip_address: options?.ex_fixedIp }, options)
  }

  /**
   * Leads a floating address to nobody. The project keeps it.
   *
   * @example
   * ```ts
   * await driver.ex_detachFloatingIpFromNode(node, address)
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#update-floating-ip
   */
  async ex_detachFloatingIpFromNode(_node: Ref, address: Ref, options?: CallOptions): Promise<OpenStackFloatingIp> {
    return this.#lead(address, { port_id: null }, options)
  }

  async #lead(address: Ref, floatingip: object, options: CallOptions | undefined): Promise<OpenStackFloatingIp> {
    const spec = { ...neutron, method: 'PUT', path: path`/floatingips/${address.id}`, json: { floatingip } } as const
    return this.connection.one({ ...spec, member: 'floatingip', map: toFloatingIp }, options)
  }

  async #onlyPortOf(node: Ref, options: CallOptions | undefined): Promise<string> {
    const ports = await this.ex_getNodePorts({ id: node.id }, { ...options })
    const found = ports.filter(({ fixedIps }) => fixedIps.length > 0)
    const [port, ...others] = found
    if (port !== undefined && others.length === 0) return port.id
    const ids = found.map(({ id, fixedIps }) => `${id} (${fixedIps.map(({ address }) => address).join(', ')})`)
    const which =
      ids.length === 0 ? 'a port with an address: the node has none' : `one of the node's ports: ${ids.join(', ')}`
    throw refused(this, 'ex_port', which, options)
  }
}

function toFloatingIp(raw: RawFloatingIp): OpenStackFloatingIp {
  return {
    id: raw.id,
    ipAddress: raw.floating_ip_address,
    networkId: raw.floating_network_id,
    state: raw.status,
    portId: raw.port_id ?? undefined,
    nodeId: orNothing(raw.port_details?.device_id),
    fixedIpAddress: orNothing(raw.fixed_ip_address),
    routerId: orNothing(raw.router_id),
    description: orNothing(raw.description),
    tags: raw.tags ?? [],
    projectId: raw.project_id ?? raw.tenant_id,
    createdAt: toDate(raw.created_at),
    updatedAt: toDate(raw.updated_at),
  }
}
