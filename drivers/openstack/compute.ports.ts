import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { NO_NODE } from './compute.base.js'
import { neutron, OpenStackComputeNetworks } from './compute.networks.js'
import { type OpenStackListOptions, orNothing, toDate } from './compute.shared.js'

interface RawFixedIp {
  readonly subnet_id?: string
  readonly ip_address?: string
}
export interface RawPort {
  readonly id: string
  readonly name: string
  readonly network_id: string
  readonly status: string
  readonly description?: string
  readonly admin_state_up: boolean
  readonly mac_address: string
  readonly fixed_ips: readonly RawFixedIp[]
  readonly device_id: string
  readonly device_owner: string
  readonly security_groups: readonly string[]
  readonly allowed_address_pairs?: readonly { readonly ip_address: string; readonly mac_address?: string }[]
  readonly port_security_enabled?: boolean
  readonly tags?: readonly string[]
  readonly project_id?: string
  readonly tenant_id?: string
  readonly 'binding:vnic_type'?: string
  readonly created_at?: string
  readonly updated_at?: string
}
interface RawInterface {
  readonly port_id: string
  readonly net_id: string
  readonly port_state: string
  readonly mac_addr: string
  readonly fixed_ips: readonly RawFixedIp[]
}

/** An address of a port. */
export interface OpenStackFixedIp {
  readonly subnetId?: string | undefined
  readonly address?: string | undefined
}
/** Where something is connected to a network. */
export interface OpenStackPort {
  readonly id: string
  readonly name: string
  readonly networkId: string
  /** The cloud's own word: `'ACTIVE'`, `'DOWN'`, `'BUILD'`, `'ERROR'`. */
  readonly state: string
  readonly description: string | undefined
  readonly isEnabled: boolean
  readonly macAddress: string
  readonly fixedIps: readonly OpenStackFixedIp[]
  /** What it is connected to: a server's id, mostly. */
  readonly deviceId: string | undefined
  /** `'compute:nova'`, `'network:router_interface'` … */
  readonly deviceOwner: string | undefined
  readonly securityGroupIds: readonly string[]
  /** Further addresses that it may send from. */
  readonly allowedAddressPairs: readonly OpenStackAddressPair[]
  readonly isPortSecurityEnabled: boolean | undefined
  readonly vnicType: string | undefined
  readonly tags: readonly string[]
  readonly projectId: string | undefined
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
}
export interface OpenStackAddressPair {
  /** An address, or several in CIDR notation. */
  readonly address: string
  /** @defaultValue the port's own */
  readonly macAddress?: string | undefined
}
/** A server's connection to a network. */
export interface OpenStackNodeInterface {
  readonly portId: string
  readonly networkId: string
  readonly state: string
  readonly macAddress: string
  readonly fixedIps: readonly OpenStackFixedIp[]
}
export interface OpenStackListPortsOptions extends OpenStackListOptions {
  ex_network?: Ref | undefined
  ex_node?: Ref | undefined
}
/** What a port may be told, and told anew. */
export interface OpenStackUpdatePortOptions {
  name?: string | undefined
  description?: string | undefined
  isEnabled?: boolean | undefined
  fixedIps?: readonly OpenStackFixedIp[] | undefined
  securityGroups?: readonly Ref[] | undefined
  allowedAddressPairs?: readonly OpenStackAddressPair[] | undefined
  isPortSecurityEnabled?: boolean | undefined
}
export interface OpenStackCreatePortOptions extends OpenStackUpdatePortOptions {
  network: Ref
  macAddress?: string | undefined
  /** `'normal'`, `'direct'` … */
  vnicType?: string | undefined
}
/** What a server is connected to: a port that exists, or a network, in which it gets one. */
export interface OpenStackCreateInterfaceOptions {
  port?: Ref | undefined
  network?: Ref | undefined
  /** The address it is to have in the network. */
  fixedIp?: string | undefined
  /** By which the server knows it. Needs microversion 2.49. */
  tag?: string | undefined
}

/** Ports, and servers' interfaces. */
export abstract class OpenStackComputePorts extends OpenStackComputeNetworks {
  /**
   * All ports of the project.
   *
   * @example
   * ```ts
   * const ports = await driver.ex_listPorts({ ex_network: network })
   * ```
   * @see https://docs.openstack.org/api-ref/network/v2/#list-ports
   */
  ex_listPorts(options?: OpenStackListPortsOptions): Pager<OpenStackPort> {
    const query = { network_id: options?.ex_network?.id, device_id: options?.ex_node?.id }
    const spec = { ...neutron, path: '/ports', member: 'ports', map: toPort, query, limit: options?.ex_limit }
    return this.connection.list(spec, options)
  }

  /**
   * The ports that a server has.
   *
   * @example
   * ```ts
   * const [port] = await driver.ex_getNodePorts(node)
   * ```
   * @see https://docs.openstack.org/api-ref/network/v2/#list-ports
   */
  ex_getNodePorts(node: Ref, options?: OpenStackListOptions): Pager<OpenStackPort> {
    return this.ex_listPorts({ ...options, ex_node: node })
  }

  /**
   * One port.
   *
   * @example
   * ```ts
   * const { fixedIps } = await driver.ex_getPort('46d4bfb9-b26e-41f3-bd2e-e6dcc1ccedb2')
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#show-port-details
   */
  async ex_getPort(portId: string, options?: CallOptions): Promise<OpenStackPort> {
    const spec = { ...neutron, path: path`/ports/${portId}`, member: 'port', map: toPort }
    return this.connection.one(spec, options)
  }

  /**
   * Makes a port, which a server may be connected with when it is made or later.
   *
   * @example
   * ```ts
   * const port = await driver.ex_createPort({ network, fixedIps: [{ address: '10.1.0.10' }] })
   * await driver.createNode({ name: 'db-1', size, image, ex_networks: [{ port }] })
   * ```
   * @throws QuotaExceededError
   * @see https://docs.openstack.org/api-ref/network/v2/#create-port
   */
  async ex_createPort(port: OpenStackCreatePortOptions, options?: CallOptions): Promise<Owned<OpenStackPort>> {
    const { network, macAddress, vnicType, ...rest } = port
    const begin = { network_id: network.id, mac_address: macAddress, 'binding:vnic_type': vnicType }
    const json = { port: { ...begin, ...toRawPort(rest) } }
    const spec = { ...neutron, method: 'POST', path: '/ports', json, member: 'port', map: toPort } as const
    const made = await this.connection.one(spec, options)
    return owned(made, () => this.ex_deletePort(made))
  }

  /**
   * Changes a port.
   *
   * @example
   * ```ts
   * await driver.ex_updatePort(port, { allowedAddressPairs: [{ address: '10.1.0.100' }] })
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#update-port
   */
  async ex_updatePort(port: Ref, what: OpenStackUpdatePortOptions, options?: CallOptions): Promise<OpenStackPort> {
    const json = { port: toRawPort(what) }
    const spec = { ...neutron, method: 'PUT', path: path`/ports/${port.id}`, json } as const
    return this.connection.one({ ...spec, member: 'port', map: toPort }, options)
  }

  /**
   * Deletes a port.
   *
   * @example
   * ```ts
   * await driver.ex_deletePort(port)
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#delete-port
   */
  async ex_deletePort(port: Ref, options?: CallOptions): Promise<void> {
    const spec = { ...neutron, method: 'DELETE', path: path`/ports/${port.id}`, read: readNothing } as const
    await this.connection.request(spec, options)
  }

  /**
   * A server's connections to networks.
   *
   * @example
   * ```ts
   * const interfaces = await driver.ex_listInterfaces(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#list-port-interfaces
   */
  ex_listInterfaces(node: Ref, options?: CallOptions): Pager<OpenStackNodeInterface> {
    const at = path`/servers/${node.id}/os-interface`
    const spec = { path: at, errors: NO_NODE, member: 'interfaceAttachments', map: toInterface }
    return this.connection.listWhole(spec, options)
  }

  /**
   * Connects a server to a network while it runs.
   *
   * @example
   * ```ts
   * const { macAddress } = await driver.ex_addInterface(node, { network })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#create-interface
   */
  async ex_addInterface(
    node: Ref,
    what: OpenStackCreateInterfaceOptions,
    options?: CallOptions,
  ): Promise<OpenStackNodeInterface> {
    const { port, network, fixedIp, tag } = what
    const fixedIps = fixedIp === undefined ? undefined : [{ ip_address: fixedIp }]
    const attachment = { port_id: port?.id, net_id: network?.id, fixed_ips: fixedIps, tag }
    const at = path`/servers/${node.id}/os-interface`
    const microversion = tag === undefined ? undefined : { wanted: '2.49', least: '2.49' }
    const spec = { method: 'POST', path: at, json: { interfaceAttachment: attachment }, errors: NO_NODE } as const
    return this.connection.one({ ...spec, microversion, member: 'interfaceAttachment', map: toInterface }, options)
  }

  /**
   * Connects a server with a port while it runs.
   *
   * @example
   * ```ts
   * await driver.ex_attachPortInterface(node, port)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#create-interface
   */
  async ex_attachPortInterface(node: Ref, port: Ref, options?: CallOptions): Promise<OpenStackNodeInterface> {
    return this.ex_addInterface(node, { port: { id: port.id } }, options)
  }

  /**
   * Disconnects a server from a port while it runs. A port that the cloud made for the server is deleted.
   *
   * @example
   * ```ts
   * await driver.ex_detachPortInterface(node, port)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#detach-interface
   */
  async ex_detachPortInterface(node: Ref, port: Ref, options?: CallOptions): Promise<void> {
    const at = path`/servers/${node.id}/os-interface/${port.id}`
    await this.connection.request({ method: 'DELETE', path: at, errors: NO_NODE, read: readNothing }, options)
  }
}

const toFixedIp = ({ subnet_id, ip_address }: RawFixedIp): OpenStackFixedIp => ({
  subnetId: subnet_id,
  address: ip_address,
})

function toRawPort(port: OpenStackUpdatePortOptions): object {
  return {
    name: port.name,
    description: port.description,
    admin_state_up: port.isEnabled,
    fixed_ips: port.fixedIps?.map(({ subnetId, address }) => ({ subnet_id: subnetId, ip_address: address })),
    security_groups: port.securityGroups?.map(({ id }) => id),
    allowed_address_pairs: port.allowedAddressPairs?.map(({ address, macAddress }) => ({
      ip_address: address,
      mac_address: macAddress,
    })),
    port_security_enabled: port.isPortSecurityEnabled,
  }
}

function toInterface(raw: RawInterface): OpenStackNodeInterface {
  return {
    portId: raw.port_id,
    networkId: raw.net_id,
    state: raw.port_state,
    macAddress: raw.mac_addr,
    fixedIps: raw.fixed_ips.map(toFixedIp),
  }
}

function toPort(raw: RawPort): OpenStackPort {
  return {
    id: raw.id,
    name: raw.name,
    networkId: raw.network_id,
    state: raw.status,
    description: orNothing(raw.description),
    isEnabled: raw.admin_state_up,
    macAddress: raw.mac_address,
    fixedIps: raw.fixed_ips.map(toFixedIp),
    deviceId: orNothing(raw.device_id),
    deviceOwner: orNothing(raw.device_owner),
    securityGroupIds: raw.security_groups,
    allowedAddressPairs: (raw.allowed_address_pairs ?? []).map(each => ({
      address: each.ip_address,
      macAddress: each.mac_address,
    })),
    isPortSecurityEnabled: raw.port_security_enabled,
    vnicType: raw['binding:vnic_type'],
    tags: raw.tags ?? [],
    projectId: raw.project_id ?? raw.tenant_id,
    createdAt: toDate(raw.created_at),
    updatedAt: toDate(raw.updated_at),
  }
}
