import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { OpenStackComputeGroups } from './compute.groups.js'
import { type OpenStackListOptions, orNothing, toDate } from './compute.shared.js'

interface RawNetwork {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly description?: string
  readonly admin_state_up: boolean
  readonly shared: boolean
  readonly subnets: readonly string[]
  readonly mtu?: number
  readonly tags?: readonly string[]
  readonly project_id?: string
  readonly tenant_id?: string
  readonly port_security_enabled?: boolean
  readonly availability_zones?: readonly string[]
  readonly 'router:external'?: boolean
  readonly 'provider:network_type'?: string
  readonly 'provider:physical_network'?: string | null
  readonly 'provider:segmentation_id'?: number | null
  readonly created_at?: string
  readonly updated_at?: string
}
interface RawSubnet {
  readonly id: string
  readonly name: string
  readonly network_id: string
  readonly description?: string
  readonly cidr: string
  readonly ip_version: number
  readonly gateway_ip: string | null
  readonly enable_dhcp: boolean
  readonly dns_nameservers: readonly string[]
  readonly host_routes: readonly OpenStackHostRoute[]
  readonly allocation_pools: readonly OpenStackAllocationPool[]
  readonly ipv6_address_mode?: string | null
  readonly ipv6_ra_mode?: string | null
  readonly tags?: readonly string[]
  readonly project_id?: string
  readonly tenant_id?: string
  readonly created_at?: string
  readonly updated_at?: string
}

/** A network. */
export interface OpenStackNetwork {
  readonly id: string
  readonly name: string
  /** The cloud's own word: `'ACTIVE'`, `'DOWN'`, `'BUILD'`, `'ERROR'`. */
  readonly state: string
  readonly description: string | undefined
  /** Whether it is switched on. */
  readonly isEnabled: boolean
  /** Whether all projects may use it. */
  readonly isShared: boolean
  /** Whether it leads out of the cloud: floating addresses come from such a network. */
  readonly isExternal: boolean
  readonly subnetIds: readonly string[]
  /** Bytes. */
  readonly mtu: number | undefined
  readonly isPortSecurityEnabled: boolean | undefined
  readonly availabilityZones: readonly string[]
  readonly tags: readonly string[]
  readonly projectId: string | undefined
  /** For administrators: `'vxlan'`, `'vlan'`, `'flat'` … */
  readonly providerType: string | undefined
  /** For administrators. */
  readonly physicalNetwork: string | undefined
  /** For administrators: the VLAN's number, or the tunnel's. */
  readonly segmentationId: number | undefined
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
}
/** Where packets for others go. */
export interface OpenStackHostRoute {
  /** In CIDR notation. */
  readonly destination: string
  readonly nexthop: string
}
/** Addresses that are given out. */
export interface OpenStackAllocationPool {
  readonly start: string
  readonly end: string
}
/** A range of addresses in a network. */
export interface OpenStackSubnet {
  readonly id: string
  readonly name: string
  readonly networkId: string
  readonly description: string | undefined
  /** In CIDR notation. */
  readonly cidr: string
  readonly version: 4 | 6
  readonly gatewayIp: string | undefined
  readonly isDhcpEnabled: boolean
  readonly dnsNameservers: readonly string[]
  readonly hostRoutes: readonly OpenStackHostRoute[]
  readonly allocationPools: readonly OpenStackAllocationPool[]
  /** `'slaac'`, `'dhcpv6-stateful'` or `'dhcpv6-stateless'`. */
  readonly ipv6AddressMode: string | undefined
  readonly ipv6RaMode: string | undefined
  readonly tags: readonly string[]
  readonly projectId: string | undefined
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
}
export interface OpenStackListNetworksOptions extends OpenStackListOptions {
  ex_name?: string | undefined
  /** Only those that lead out of the cloud, or only the others. */
  ex_external?: boolean | undefined
}
export interface OpenStackCreateNetworkOptions {
  name: string
  description?: string | undefined
  /** @defaultValue true */
  isEnabled?: boolean | undefined
  /** Needs an administrator. @defaultValue false */
  isShared?: boolean | undefined
  /** Needs an administrator. @defaultValue false */
  isExternal?: boolean | undefined
  /** Bytes. */
  mtu?: number | undefined
  isPortSecurityEnabled?: boolean | undefined
  availabilityZoneHints?: readonly string[] | undefined
  /** Needs an administrator. */
  providerType?: string | undefined
  /** Needs an administrator. */
  physicalNetwork?: string | undefined
  /** Needs an administrator. */
  segmentationId?: number | undefined
}
export interface OpenStackCreateSubnetOptions extends OpenStackUpdateSubnetOptions {
  network: Ref
  /** In CIDR notation. */
  cidr: string
  /** @defaultValue as the CIDR says */
  version?: 4 | 6 | undefined
  ipv6AddressMode?: string | undefined
  ipv6RaMode?: string | undefined
}
/** What a subnet may be told, and told anew. */
export interface OpenStackUpdateSubnetOptions {
  name?: string | undefined
  description?: string | undefined
  /** `null` for none. @defaultValue the first address */
  gatewayIp?: string | null | undefined
  /** @defaultValue true */
  isDhcpEnabled?: boolean | undefined
  dnsNameservers?: readonly string[] | undefined
  hostRoutes?: readonly OpenStackHostRoute[] | undefined
  allocationPools?: readonly OpenStackAllocationPool[] | undefined
}

export const neutron = { service: 'network' } as const

/** Networks and subnets. */
export abstract class OpenStackComputeNetworks extends OpenStackComputeGroups {
  /**
   * All networks that the project may use.
   *
   * @example
   * ```ts
   * const [out] = await driver.ex_listNetworks({ ex_external: true })
   * ```
   * @see https://docs.openstack.org/api-ref/network/v2/#list-networks
   */
  ex_listNetworks(options?: OpenStackListNetworksOptions): Pager<OpenStackNetwork> {
    const query = { name: options?.ex_name, 'router:external': options?.ex_external }
    const spec = { ...neutron, path: '/networks', member: 'networks', map: toNetwork, query, limit: options?.ex_limit }
    return this.connection.list(spec, options)
  }

  /**
   * One network.
   *
   * @example
   * ```ts
   * const { subnetIds } = await driver.ex_getNetwork('d32019d3-bc6e-4319-9c1d-6722fc136a22')
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#show-network-details
   */
  async ex_getNetwork(networkId: string, options?: CallOptions): Promise<OpenStackNetwork> {
    const spec = { ...neutron, path: path`/networks/${networkId}`, member: 'network', map: toNetwork }
    return this.connection.one(spec, options)
  }

  /**
   * Makes a network. It has no addresses before `ex_createSubnet`.
   *
   * @example
   * ```ts
   * const network = await driver.ex_createNetwork({ name: 'backend' })
   * await driver.ex_createSubnet({ name: 'backend', network, cidr: '10.1.0.0/24' })
   * ```
   * @throws QuotaExceededError
   * @see https://docs.openstack.org/api-ref/network/v2/#create-network
   */
  async ex_createNetwork(
    network: OpenStackCreateNetworkOptions,
    options?: CallOptions,
  ): Promise<Owned<OpenStackNetwork>> {
    const json = {
      network: {
        name: network.name,
        description: network.description,
        admin_state_up: network.isEnabled,
        shared: network.isShared,
        'router:external': network.isExternal,
        mtu: network.mtu,
        port_security_enabled: network.isPortSecurityEnabled,
        availability_zone_hints: network.availabilityZoneHints,
        'provider:network_type': network.providerType,
        'provider:physical_network': network.physicalNetwork,
        'provider:segmentation_id': network.segmentationId,
      },
    }
    const spec = { ...neutron, method: 'POST', path: '/networks', json, member: 'network', map: toNetwork } as const
    const made = await this.connection.one(spec, options)
    return owned(made, () => this.ex_deleteNetwork(made))
  }

  /**
   * Deletes a network that nothing is connected to, with its subnets.
   *
   * @example
   * ```ts
   * await driver.ex_deleteNetwork(network)
   * ```
   * @throws NotFoundError
   * @throws ConflictError where it is in use
   * @see https://docs.openstack.org/api-ref/network/v2/#delete-network
   */
  async ex_deleteNetwork(network: Ref, options?: CallOptions): Promise<void> {
    const spec = { ...neutron, method: 'DELETE', path: path`/networks/${network.id}`, read: readNothing } as const
    await this.connection.request(spec, options)
  }

  /**
   * All subnets that the project may use.
   *
   * @example
   * ```ts
   * const subnets = await driver.ex_listSubnets()
   * ```
   * @see https://docs.openstack.org/api-ref/network/v2/#list-subnets
   */
  ex_listSubnets(options?: OpenStackListOptions): Pager<OpenStackSubnet> {
    const spec = { ...neutron, path: '/subnets', member: 'subnets', map: toSubnet, limit: options?.ex_limit }
    return this.connection.list(spec, options)
  }

  /**
   * One subnet.
   *
   * @example
   * ```ts
   * const { cidr } = await driver.ex_getSubnet('08eae331-0402-425a-923c-34f7cfe39c1b')
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#show-subnet-details
   */
  async ex_getSubnet(subnetId: string, options?: CallOptions): Promise<OpenStackSubnet> {
    const spec = { ...neutron, path: path`/subnets/${subnetId}`, member: 'subnet', map: toSubnet }
    return this.connection.one(spec, options)
  }

  /**
   * Gives a network addresses.
   *
   * @example
   * ```ts
   * const subnet = await driver.ex_createSubnet({ network, cidr: '10.1.0.0/24', dnsNameservers: ['9.9.9.9'] })
   * ```
   * @throws QuotaExceededError
   * @see https://docs.openstack.org/api-ref/network/v2/#create-subnet
   */
  async ex_createSubnet(subnet: OpenStackCreateSubnetOptions, options?: CallOptions): Promise<Owned<OpenStackSubnet>> {
    const { network, cidr, version = cidr.includes(':') ? 6 : 4, ...rest } = subnet
    const json = {
      subnet: {
        network_id: network.id,
        cidr,
        ip_version: version,
        ipv6_address_mode: rest.ipv6AddressMode,
        ipv6_ra_mode: rest.ipv6RaMode,
        ...toRawSubnet(rest),
      },
    }
    const spec = { ...neutron, method: 'POST', path: '/subnets', json, member: 'subnet', map: toSubnet } as const
    const made = await this.connection.one(spec, options)
    return owned(made, () => this.ex_deleteSubnet(made))
  }

  /**
   * Changes a subnet.
   *
   * @example
   * ```ts
   * await driver.ex_updateSubnet(subnet, { dnsNameservers: ['9.9.9.9', '149.112.112.112'] })
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#update-subnet
   */
  async ex_updateSubnet(
    subnet: Ref,
    what: OpenStackUpdateSubnetOptions,
    options?: CallOptions,
  ): Promise<OpenStackSubnet> {
    const json = { subnet: toRawSubnet(what) }
    const spec = { ...neutron, method: 'PUT', path: path`/subnets/${subnet.id}`, json } as const
    return this.connection.one({ ...spec, member: 'subnet', map: toSubnet }, options)
  }

  /**
   * Deletes a subnet whose addresses nobody has.
   *
   * @example
   * ```ts
   * await driver.ex_deleteSubnet(subnet)
   * ```
   * @throws NotFoundError
   * @throws ConflictError where it is in use
   * @see https://docs.openstack.org/api-ref/network/v2/#delete-subnet
   */
  async ex_deleteSubnet(subnet: Ref, options?: CallOptions): Promise<void> {
    const spec = { ...neutron, method: 'DELETE', path: path`/subnets/${subnet.id}`, read: readNothing } as const
    await this.connection.request(spec, options)
  }
}

export function toNetwork(raw: RawNetwork): OpenStackNetwork {
  return {
    id: raw.id,
    name: raw.name,
    state: raw.status,
    description: orNothing(raw.description),
    isEnabled: raw.admin_state_up,
    isShared: raw.shared,
    isExternal: raw['router:external'] ?? false,
    subnetIds: raw.subnets,
    mtu: raw.mtu,
    isPortSecurityEnabled: raw.port_security_enabled,
    availabilityZones: raw.availability_zones ?? [],
    tags: raw.tags ?? [],
    projectId: raw.project_id ?? raw.tenant_id,
    providerType: raw['provider:network_type'],
    physicalNetwork: orNothing(raw['provider:physical_network']),
    segmentationId: raw['provider:segmentation_id'] ?? undefined,
    createdAt: toDate(raw.created_at),
    updatedAt: toDate(raw.updated_at),
  }
}

function toRawSubnet(subnet: OpenStackUpdateSubnetOptions): object {
  return {
    name: subnet.name,
    description: subnet.description,
    gateway_ip: subnet.gatewayIp,
    enable_dhcp: subnet.isDhcpEnabled,
    dns_nameservers: subnet.dnsNameservers,
    host_routes: subnet.hostRoutes,
    allocation_pools: subnet.allocationPools,
  }
}

function toSubnet(raw: RawSubnet): OpenStackSubnet {
  return {
    id: raw.id,
    name: raw.name,
    networkId: raw.network_id,
    description: orNothing(raw.description),
    cidr: raw.cidr,
    version: raw.ip_version === 6 ? 6 : 4,
    gatewayIp: orNothing(raw.gateway_ip),
    isDhcpEnabled: raw.enable_dhcp,
    dnsNameservers: raw.dns_nameservers,
    hostRoutes: raw.host_routes,
    allocationPools: raw.allocation_pools,
    ipv6AddressMode: orNothing(raw.ipv6_address_mode),
    ipv6RaMode: orNothing(raw.ipv6_ra_mode),
    tags: raw.tags ?? [],
    projectId: raw.project_id ?? raw.tenant_id,
    createdAt: toDate(raw.created_at),
    updatedAt: toDate(raw.updated_at),
  }
}
