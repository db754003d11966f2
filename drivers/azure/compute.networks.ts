import { type CallOptions, operationOf } from '../../lib/options.js'
import type { Pager } from '../../lib/pager.js'
import { pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { checkNewName, groupOf, idOf, idPath, type ResourceId, refused } from './arm.ids.js'
import { below } from './compute.base.js'
import { AzureComputeKeys } from './compute.keys.js'
import {
  COMPUTE_VERSION,
  Made,
  NETWORK_VERSION,
  NETWORKS,
  NICS,
  NO_NODE,
  NSGS,
  PUBLIC_IPS,
  type RawNic,
  type RawPublicIp,
  SUBNETS,
  type Tags,
  VMS,
} from './compute.shared.js'

const version = NETWORK_VERSION

/** What all of Azure's network resources have. */
export interface AzureNetworkResource {
  readonly id: string
  readonly name: string
  readonly location: string | undefined
  readonly resourceGroup: string
  readonly tags: Tags
}
export interface AzureNetwork extends AzureNetworkResource {
  /** `['10.0.0.0/16']`. */
  readonly addressPrefixes: readonly string[]
  readonly subnets: readonly AzureSubnet[]
}
export interface AzureSubnet {
  readonly id: string
  readonly name: string
  readonly addressPrefix: string | undefined
  readonly securityGroupId: string | undefined
}
export interface AzurePublicIp extends AzureNetworkResource {
  /** Absent until Azure has given one. */
  readonly ip: string | undefined
  readonly allocation: string | undefined
  readonly sku: string | undefined
  readonly zones: readonly string[]
  /** Id of what has it. */
  readonly usedBy: string | undefined
  readonly fqdn: string | undefined
}
export interface AzureNetworkInterface extends AzureNetworkResource {
  readonly macAddress: string | undefined
  readonly nodeId: string | undefined
  readonly securityGroupId: string | undefined
  readonly acceleratedNetworking: boolean
  readonly configurations: readonly {
    readonly name: string | undefined
    readonly privateIp: string | undefined
    readonly subnetId: string | undefined
    readonly publicIpId: string | undefined
    readonly isPrimary: boolean
  }[]
}
/** What can be changed of a network interface, in Azure's own words. */
export interface AzureNicProperties {
  readonly enableAcceleratedNetworking?: boolean | undefined
  readonly enableIPForwarding?: boolean | undefined
  readonly networkSecurityGroup?: Ref | undefined
  readonly dnsSettings?: { readonly dnsServers?: readonly string[] | undefined } | undefined
  readonly ipConfigurations?: readonly object[] | undefined
}
/** One rule of a security group. */
export interface AzureSecurityRule {
  readonly name: string
  /** From 100 to 4096: the lowest is the first. */
  readonly priority: number
  readonly direction: 'Inbound' | 'Outbound'
  readonly access: 'Allow' | 'Deny'
  /** `'Tcp'`, `'Udp'`, `'Icmp'`, or `'*'`. */
  readonly protocol: string
  /** `'22'`, `'8000-8080'`, or `'*'`. */
  readonly destinationPortRange: string
  /** @defaultValue '*' */
  readonly sourceAddressPrefix?: string | undefined
  /** @defaultValue '*' */
  readonly destinationAddressPrefix?: string | undefined
}
export interface AzureSecurityGroup extends AzureNetworkResource {
  readonly rules: readonly AzureSecurityRule[]
}
/** What new network resources have. */
export interface AzureNewNetworkResource {
  readonly name: string
  /** @defaultValue the driver's */
  readonly resourceGroup?: string | undefined
  /** @defaultValue the driver's region */
  readonly location?: string | undefined
  readonly tags?: Tags | undefined
}

interface RawResource {
  readonly id: string
  readonly name: string
  readonly location?: string
  readonly tags?: Tags
}
interface RawSubnet {
  readonly id: string
  readonly name: string
  readonly properties?: { readonly addressPrefix?: string; readonly networkSecurityGroup?: Ref }
}
interface RawNetwork extends RawResource {
  readonly properties?: {
    readonly addressSpace?: { readonly addressPrefixes?: readonly string[] }
    readonly subnets?: readonly RawSubnet[]
  }
}
interface RawGroup extends RawResource {
  readonly properties?: {
    readonly securityRules?: readonly { readonly name: string; readonly properties: Omit<AzureSecurityRule, 'name'> }[]
  }
}

const common = ({ id, name, location, tags = {} }: RawResource): AzureNetworkResource => {
  if (typeof id !== 'string') throw new Error('The reply is no resource')
  return { id, name, location, resourceGroup: groupOf(id), tags }
}
const toSubnet = ({ id, name, properties = {} }: RawSubnet): AzureSubnet => ({
  ...{ id, name },
  addressPrefix: properties.addressPrefix,
  securityGroupId: properties.networkSecurityGroup?.id,
})
const toNetwork = (raw: RawNetwork): AzureNetwork => ({
  ...common(raw),
  addressPrefixes: raw.properties?.addressSpace?.addressPrefixes ?? [],
  subnets: (raw.properties?.subnets ?? []).map(toSubnet),
})
const toPublicIp = (raw: RawPublicIp): AzurePublicIp => ({
  ...common(raw),
  ip: raw.properties?.ipAddress,
  allocation: raw.properties?.publicIPAllocationMethod,
  sku: raw.sku?.name,
  zones: raw.zones ?? [],
  usedBy: raw.properties?.ipConfiguration?.id,
  fqdn: raw.properties?.dnsSettings?.fqdn,
})
const toNic = (raw: RawNic): AzureNetworkInterface => ({
  ...common(raw),
  macAddress: raw.properties?.macAddress,
  nodeId: raw.properties?.virtualMachine?.id,
  securityGroupId: raw.properties?.networkSecurityGroup?.id,
  acceleratedNetworking: raw.properties?.enableAcceleratedNetworking ?? false,
  configurations: (raw.properties?.ipConfigurations ?? []).map(({ name, properties = {} }) => ({
    name,
    privateIp: properties.privateIPAddress,
    subnetId: properties.subnet?.id,
    publicIpId: properties.publicIPAddress?.id,
    isPrimary: properties.primary ?? false,
  })),
})
const toGroup = (raw: RawGroup): AzureSecurityGroup => ({
  ...common(raw),
  rules: (raw.properties?.securityRules ?? []).map(
    ({
      name,
      properties: {
        priority,
        direction,
        access,
        protocol,
        destinationPortRange,
        sourceAddressPrefix,
        destinationAddressPrefix,
      },
    }) => ({
      ...{
        name,
        priority,
        direction,
        access,
        protocol,
        destinationPortRange,
        sourceAddressPrefix,
        destinationAddressPrefix,
      },
    }),
  ),
})

/** Networks, subnets, addresses, interfaces and security groups. */
export abstract class AzureComputeNetworks extends AzureComputeKeys {
  /**
   * Virtual networks with their subnets.
   *
   * @example
   * ```ts
   * for await (const { name, subnets } of driver.ex_listNetworks()) console.log(name, subnets)
   * ```
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks/list-all
   */
  ex_listNetworks(options?: CallOptions): Pager<AzureNetwork> {
    return this.connection.list({ path: below(NETWORKS), version, map: toNetwork }, options)
  }

  /**
   * Makes a virtual network with one subnet. It is awaited.
   *
   * @example
   * ```ts
   * const { subnets } = await driver.ex_createNetwork({ name: 'net', addressPrefix: '10.0.0.0/16', subnetPrefix: '10.0.0.0/24' })
   * ```
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks/create-or-update
   */
  async ex_createNetwork(
    network: AzureNewNetworkResource & { readonly addressPrefix: string; readonly subnetPrefix: string },
    options?: WaitOptions,
  ): Promise<AzureNetwork> {
    const subnets = [{ name: 'default', properties: { addressPrefix: network.subnetPrefix } }]
    return toNetwork(
      await this.#make<RawNetwork>(
        NETWORKS,
        network,
        { properties: { addressSpace: { addressPrefixes: [network.addressPrefix] }, subnets } },
        options,
      ),
    )
  }

  /**
   * Subnets of a virtual network.
   *
   * @example
   * ```ts
   * const subnets = await driver.ex_listSubnets({ id: 'net' })
   * ```
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/subnets/list
   */
  ex_listSubnets(network: Ref, options?: CallOptions): Pager<AzureSubnet> {
    return pager(async token => {
      const at = `${await this.connection.pathTo(network.id, NETWORKS, 'network.id', options)}/subnets`
      return this.connection.page({ path: at, version, map: toSubnet }, token, options)
    }, options)
  }

  /**
   * Whether an address of a network is free.
   *
   * @example
   * ```ts
   * const { isFree, others } = await driver.ex_checkIpAddressAvailability({ id: 'net' }, '10.0.0.9')
   * ```
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks/check-ip-address-availability
   */
  async ex_checkIpAddressAvailability(
    network: Ref,
    ip: string,
    options?: CallOptions,
  ): Promise<{ isFree: boolean; others: readonly string[] }> {
    const at = `${await this.connection.pathTo(network.id, NETWORKS, 'network.id', options)}/CheckIPAddressAvailability`
    const map = (raw: { available?: boolean; availableIPAddresses?: readonly string[] }) => ({
      isFree: raw.available ?? false,
      others: raw.availableIPAddresses ?? [],
    })
    return this.connection.one({ path: at, version, query: { ipAddress: ip } }, map, options)
  }

  /**
   * Public addresses.
   *
   * @example
   * ```ts
   * for await (const { name, ip, usedBy } of driver.ex_listPublicIps()) console.log(name, ip, usedBy)
   * ```
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/public-ip-addresses/list-all
   */
  ex_listPublicIps(options?: CallOptions): Pager<AzurePublicIp> {
    return this.connection.list({ path: below(PUBLIC_IPS), version, map: toPublicIp }, options)
  }

  /**
   * One public address.
   *
   * @example
   * ```ts
   * const { ip } = await driver.ex_getPublicIp('web-ip')
   * ```
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/public-ip-addresses/get
   */
  async ex_getPublicIp(publicIpId: string, options?: CallOptions): Promise<AzurePublicIp> {
    const at = await this.connection.pathTo(publicIpId, PUBLIC_IPS, 'publicIpId', options)
    return this.connection.one({ path: at, version }, toPublicIp, options)
  }

  /**
   * Makes a public address that stays the same. It is awaited.
   *
   * @example
   * ```ts
   * const { ip } = await driver.ex_createPublicIp({ name: 'web-ip' })
   * ```
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/public-ip-addresses/create-or-update
   */
  async ex_createPublicIp(
    publicIp: AzureNewNetworkResource & { readonly zones?: readonly string[] | undefined },
    options?: WaitOptions,
  ): Promise<AzurePublicIp> {
    const json = {
      sku: { name: 'Standard' },
      zones: publicIp.zones,
      properties: { publicIPAllocationMethod: 'Static' },
    }
    return toPublicIp(await this.#make<RawPublicIp>(PUBLIC_IPS, publicIp, json, options))
  }

  /**
   * Deletes a public address that nothing has. It is awaited.
   *
   * @example
   * ```ts
   * await driver.ex_deletePublicIp({ id: 'web-ip' })
   * ```
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/public-ip-addresses/delete
   */
  async ex_deletePublicIp(publicIp: Ref, options?: WaitOptions): Promise<void> {
    await this.#remove(publicIp, PUBLIC_IPS, 'publicIp.id', options)
  }

  /**
   * Network interfaces.
   *
   * @example
   * ```ts
   * for await (const { name, nodeId, configurations } of driver.ex_listNics()) console.log(name, nodeId, configurations)
   * ```
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/network-interfaces/list-all
   */
  ex_listNics(options?: CallOptions): Pager<AzureNetworkInterface> {
    return this.connection.list({ path: below(NICS), version, map: toNic }, options)
  }

  /**
   * One network interface.
   *
   * @example
   * ```ts
   * const { macAddress } = await driver.ex_getNic('web-nic')
   * ```
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/network-interfaces/get
   */
  async ex_getNic(nicId: string, options?: CallOptions): Promise<AzureNetworkInterface> {
    const at = await this.connection.pathTo(nicId, NICS, 'nicId', options)
    return this.connection.one({ path: at, version }, toNic, options)
  }

  /**
   * Makes a network interface. It is awaited.
   *
   * @example
   * ```ts
   * const nic = await driver.ex_createNetworkInterface({ name: 'web-nic', subnet: { id: subnetId }, publicIp: { id: 'web-ip' } })
   * ```
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/network-interfaces/create-or-update
   */
  async ex_createNetworkInterface(
    nic: AzureNewNetworkResource & {
      readonly subnet: Ref
      readonly publicIp?: Ref | undefined
      readonly securityGroup?: Ref | undefined
      readonly privateIp?: string | undefined
    },
    options?: WaitOptions,
  ): Promise<AzureNetworkInterface> {
    const place = async (ref: Ref | undefined, type: string, argument: string): Promise<Ref | undefined> =>
      ref && { id: idOf(await this.connection.locate(ref.id, type, argument, options)) }
    const subnet = await place(nic.subnet, SUBNETS, 'nic.subnet.id')
    const publicIPAddress = await place(nic.publicIp, PUBLIC_IPS, 'nic.publicIp.id')
    const networkSecurityGroup = await place(nic.securityGroup, NSGS, 'nic.securityGroup.id')
    const privateIPAllocationMethod = nic.privateIp === undefined ? 'Dynamic' : 'Static'
    const properties = { subnet, privateIPAddress: nic.privateIp, privateIPAllocationMethod, publicIPAddress }
    return toNic(
      await this.#make<RawNic>(
        NICS,
        nic,
        { properties: { ipConfigurations: [{ name: 'ipconfig', properties }], networkSecurityGroup } },
        options,
      ),
    )
  }

  /**
   * Changes a network interface: its security group, its own way of forwarding, its addresses, in Azure's own form. What is
   * absent stays. It is awaited.
   *
   * @example
   * ```ts
   * await driver.ex_updateNicProperties({ id: 'web-nic' }, { enableIPForwarding: true })
   * ```
   * @throws NotFoundError
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/network-interfaces/create-or-update
   */
  async ex_updateNicProperties(
    nic: Ref,
    properties: AzureNicProperties,
    options?: WaitOptions,
  ): Promise<AzureNetworkInterface> {
    const at = await this.connection.pathTo(nic.id, NICS, 'nic.id', options)
    const read = (raw: RawNic): RawNic => {
      if (typeof raw.id !== 'string') throw new Error('The reply is no network interface')
      return raw
    }
    const { location, tags, properties: old = {} } = await this.connection.one({ path: at, version }, read, options)
    const ipConfigurations = (old.ipConfigurations ?? []).map(({ name, properties: plain = {} }) => {
      const { privateIPAllocationMethod, privateIPAddress, primary, subnet, publicIPAddress } = plain
      const fixed = privateIPAllocationMethod === 'Static' ? { privateIPAddress } : {}
      const publicIp = publicIPAddress && { publicIPAddress: { id: publicIPAddress.id } }
      return {
        name,
        properties: { ...fixed, privateIPAllocationMethod, primary, subnet: subnet && { id: subnet.id }, ...publicIp },
      }
    })
    const { enableAcceleratedNetworking, enableIPForwarding, networkSecurityGroup: group } = old
    const kept = {
      enableAcceleratedNetworking,
      enableIPForwarding,
      ipConfigurations,
      networkSecurityGroup: group && { id: group.id },
    }
    const json = { location, tags, properties: { ...kept, ...properties } }
    const change = (raw: RawNic | undefined): AzureNetworkInterface => toNic(raw as RawNic)
    return this.connection.operate({ method: 'PUT', path: at, version, json }, change, options)
  }

  /**
   * Deletes a network interface that no node has. It is awaited.
   *
   * @example
   * ```ts
   * await driver.ex_destroyNic({ id: 'web-nic' })
   * ```
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/network-interfaces/delete
   */
  async ex_destroyNic(nic: Ref, options?: WaitOptions): Promise<void> {
    await this.#remove(nic, NICS, 'nic.id', options)
  }

  /**
   * Gives a node these network interfaces in place of those that it has; the first is the primary one. It is awaited.
   *
   * @example
   * ```ts
   * await driver.ex_updateNetworkProfileOfNode({ id: 'web' }, [{ id: 'web-nic' }, { id: 'second' }])
   * ```
   * @throws NodeDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/update
   */
  async ex_updateNetworkProfileOfNode(node: Ref, nics: readonly Ref[], options?: WaitOptions): Promise<void> {
    const networkInterfaces: object[] = []
    for (const [index, { id }] of nics.entries())
      networkInterfaces.push({
        id: idOf(await this.connection.locate(id, NICS, `nics[${index}].id`, options)),
        properties: { primary: index === 0 },
      })
    if (nics.length === 0) throw refused(this.provider, operationOf(options), 'nics', 'at least one')
    const at = await this.connection.pathTo(node.id, VMS, 'node.id', options)
    const json = { properties: { networkProfile: { networkInterfaces } } }
    await this.connection.operate(
      { method: 'PATCH', path: at, version: COMPUTE_VERSION, json, errors: NO_NODE },
      () => undefined,
      options,
    )
  }

  /**
   * Security groups with their rules.
   *
   * @example
   * ```ts
   * for await (const { name, rules } of driver.ex_listNetworkSecurityGroups()) console.log(name, rules)
   * ```
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/network-security-groups/list-all
   */
  ex_listNetworkSecurityGroups(options?: CallOptions): Pager<AzureSecurityGroup> {
    return this.connection.list({ path: below(NSGS), version, map: toGroup }, options)
  }

  /**
   * Makes a security group with these rules. It is awaited.
   *
   * @example
   * ```ts
   * const ssh = { name: 'ssh', priority: 100, direction: 'Inbound', access: 'Allow', protocol: 'Tcp', destinationPortRange: '22' } as const
   * await driver.ex_createNetworkSecurityGroup({ name: 'web', rules: [ssh] })
   * ```
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/network-security-groups/create-or-update
   */
  async ex_createNetworkSecurityGroup(
    group: AzureNewNetworkResource & { readonly rules?: readonly AzureSecurityRule[] | undefined },
    options?: WaitOptions,
  ): Promise<AzureSecurityGroup> {
    const any = { sourcePortRange: '*', sourceAddressPrefix: '*', destinationAddressPrefix: '*' }
    const securityRules = (group.rules ?? []).map(({ name, ...rule }) => ({ name, properties: { ...any, ...rule } }))
    return toGroup(await this.#make<RawGroup>(NSGS, group, { properties: { securityRules } }, options))
  }

  /**
   * Deletes a security group that nothing has. It is awaited.
   *
   * @example
   * ```ts
   * await driver.ex_deleteNetworkSecurityGroup({ id: 'web' })
   * ```
   * @see https://learn.microsoft.com/rest/api/virtualnetwork/network-security-groups/delete
   */
  async ex_deleteNetworkSecurityGroup(group: Ref, options?: WaitOptions): Promise<void> {
    await this.#remove(group, NSGS, 'group.id', options)
  }

  async #make<Raw>(
    type: string,
    given: AzureNewNetworkResource,
    json: object,
    options: WaitOptions | undefined,
  ): Promise<Raw> {
    checkNewName(this.provider, operationOf(options), 'name', given.name)
    const group = this.connection.group(given.resourceGroup, 'resourceGroup', options)
    const location = this.connection.location(given.location, 'location', options)
    const at: ResourceId = {
      subscription: await this.connection.subscription(options),
      group,
      type,
      names: [given.name],
    }
    const made = new Made(this.connection)
    try {
      return await made.put<Raw>(at, version, { location, tags: given.tags, ...json }, options)
    } catch (error) {
      return made.undo(error, options)
    }
  }

  async #remove({ id }: Ref, type: string, argument: string, options: WaitOptions | undefined): Promise<void> {
    const at = idPath(await this.connection.locate(id, type, argument, options))
    await this.connection.operate({ method: 'DELETE', path: at, version }, () => undefined, options)
  }
}
