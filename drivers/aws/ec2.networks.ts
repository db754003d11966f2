import * as xml from '../../lib/http/xml-shape.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { EC2Addresses } from './ec2.addresses.js'
import { answer, type EC2Filters, listing } from './ec2.connection.js'
import { type EC2Tagged, type EC2Tags, named, needed, PAGE, TAGGED, tagged, toFilters } from './ec2.shared.js'

const IPV6_SET = xml.wrapped('item', xml.object({ ipv6CidrBlock: xml.string }))
const VPC = xml.object({
  vpcId: xml.string,
  state: xml.string,
  cidrBlock: xml.string,
  cidrBlockAssociationSet: xml.wrapped('item', xml.object({ cidrBlock: xml.string })),
  ipv6CidrBlockAssociationSet: IPV6_SET,
  dhcpOptionsId: xml.string,
  instanceTenancy: xml.string,
  isDefault: xml.boolean,
  ownerId: xml.string,
  tagSet: TAGGED,
})
type RawVpc = xml.Infer<typeof VPC>
const VPCS = listing('DescribeVpcs', 'vpcSet', VPC, PAGE)
const VPC_CREATED = answer('CreateVpc', { vpc: VPC })

const SUBNET = xml.object({
  subnetId: xml.string,
  state: xml.string,
  vpcId: xml.string,
  cidrBlock: xml.string,
  ipv6CidrBlockAssociationSet: IPV6_SET,
  availableIpAddressCount: xml.number,
  availabilityZone: xml.string,
  defaultForAz: xml.boolean,
  mapPublicIpOnLaunch: xml.boolean,
  assignIpv6AddressOnCreation: xml.boolean,
  ownerId: xml.string,
  tagSet: TAGGED,
})
type RawSubnet = xml.Infer<typeof SUBNET>
const SUBNETS = listing('DescribeSubnets', 'subnetSet', SUBNET, PAGE)
const SUBNET_CREATED = answer('CreateSubnet', { subnet: SUBNET })

/** A virtual private cloud. */
export interface EC2Network extends EC2Tagged {
  /** `'pending'` or `'available'`. */
  readonly state: string
  readonly cidrBlock: string
  /** All of them. */
  readonly cidrBlocks: readonly string[]
  readonly ipv6CidrBlocks: readonly string[]
  readonly dhcpOptionsId: string | undefined
  /** `'default'`, `'dedicated'` or `'host'`. */
  readonly instanceTenancy: string | undefined
  readonly isDefault: boolean
  readonly ownerId: string | undefined
}
/** A part of a VPC that lies in a zone. */
export interface EC2Subnet extends EC2Tagged {
  /** `'pending'` or `'available'`. */
  readonly state: string
  readonly vpcId: string
  readonly cidrBlock: string
  readonly ipv6CidrBlocks: readonly string[]
  readonly availableIps: number | undefined
  readonly zone: string | undefined
  /** Where nodes are made that no other subnet is named for. */
  readonly isDefault: boolean
  /** Nodes have public IPv4 addresses. */
  readonly publicIpOnLaunch: boolean
  readonly ipv6OnLaunch: boolean
  readonly ownerId: string | undefined
}
export interface EC2CreateNetwork {
  /** `'10.0.0.0/16'` */
  cidrBlock: string
  name?: string | undefined
  /** @defaultValue 'default' */
  instanceTenancy?: 'default' | 'dedicated' | undefined
  /** With IPv6 addresses of Amazon's. @defaultValue false */
  ipv6?: boolean | undefined
  tags?: EC2Tags | undefined
}
export interface EC2CreateSubnet {
  /** Within the VPC's: `'10.0.1.0/24'`. */
  cidrBlock: string
  /** Of 64 bits. */
  ipv6CidrBlock?: string | undefined
  /** @defaultValue EC2's choice */
  availabilityZone?: string | undefined
  name?: string | undefined
  tags?: EC2Tags | undefined
}
/** What is to change of a subnet; what is absent stays. */
export interface EC2ModifySubnet {
  publicIpOnLaunch?: boolean | undefined
  ipv6OnLaunch?: boolean | undefined
  dns64?: boolean | undefined
}
/** What is to change of a VPC; what is absent stays. */
export interface EC2ModifyNetwork {
  /** Nodes with public addresses have public names. */
  dnsHostnames?: boolean | undefined
  /** There is a name server. */
  dnsSupport?: boolean | undefined
}
export interface EC2ListNetworksOptions extends CallOptions {
  ex_networkIds?: readonly string[] | undefined
  ex_filters?: EC2Filters | undefined
}
export interface EC2ListSubnetsOptions extends CallOptions {
  ex_subnetIds?: readonly string[] | undefined
  ex_filters?: EC2Filters | undefined
}

/** Virtual private clouds and their subnets. */
export abstract class EC2Networks extends EC2Addresses {
  /**
   * The region's VPCs.
   *
   * @example
   * ```ts
   * const [standard] = await driver.ex_listNetworks({ ex_filters: { 'is-default': 'true' } })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html
   */
  ex_listNetworks(options?: EC2ListNetworksOptions): Pager<EC2Network> {
    const params = { VpcId: options?.ex_networkIds, Filter: toFilters(options?.ex_filters) }
    return this.connection.all(VPCS, toNetwork, params, options)
  }

  /**
   * Makes a VPC, with a route table, a network ACL and a security group, and without a way out: see `ex_createVpc`.
   *
   * @example
   * ```ts
   * const network = await driver.ex_createNetwork({ cidrBlock: '10.0.0.0/16', name: 'staging' })
   * const subnet = await driver.ex_createSubnet(network, { cidrBlock: '10.0.1.0/24' })
   * ```
   * @throws QuotaExceededError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html
   */
  async ex_createNetwork(network: EC2CreateNetwork, options?: CallOptions): Promise<Owned<EC2Network>> {
    const params = {
      CidrBlock: network.cidrBlock,
      InstanceTenancy: network.instanceTenancy,
      AmazonProvidedIpv6CidrBlock: network.ipv6,
      TagSpecification: tagged('vpc', network.name, network.tags),
    }
    const map = ({ vpc }: { vpc?: RawVpc }) => toNetwork(needed(vpc, 'vpc'))
    const spec = { action: 'CreateVpc', params, shape: VPC_CREATED, map, idempotent: false }
    const made = await this.connection.query(spec, options)
    return owned(made, () => this.ex_deleteNetwork(made))
  }

  /**
   * Deletes a VPC in which nothing is left: see `ex_deleteVpc`.
   *
   * @example
   * ```ts
   * await driver.ex_deleteNetwork({ id: 'vpc-1a2b3c4d' })
   * ```
   * @throws ConflictError while there is something in it.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html
   */
  async ex_deleteNetwork(network: Ref, options?: CallOptions): Promise<void> {
    await this.connection.set('DeleteVpc', { VpcId: network.id }, options)
  }

  /**
   * Changes how names are resolved in a VPC.
   *
   * @example
   * ```ts
   * await driver.ex_modifyNetworkAttribute(network, { dnsHostnames: true })
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcAttribute.html
   */
  async ex_modifyNetworkAttribute(network: Ref, changes: EC2ModifyNetwork, options?: CallOptions): Promise<void> {
    const all = { EnableDnsSupport: changes.dnsSupport, EnableDnsHostnames: changes.dnsHostnames }
    for (const [name, Value] of Object.entries(all)) {
      if (Value === undefined) continue
      await this.connection.set('ModifyVpcAttribute', { VpcId: network.id, [name]: { Value } }, options)
    }
  }

  /**
   * The region's subnets.
   *
   * @example
   * ```ts
   * const subnets = await driver.ex_listSubnets({ ex_filters: { 'vpc-id': network.id } })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html
   */
  ex_listSubnets(options?: EC2ListSubnetsOptions): Pager<EC2Subnet> {
    const params = { SubnetId: options?.ex_subnetIds, Filter: toFilters(options?.ex_filters) }
    return this.connection.all(SUBNETS, toSubnet, params, options)
  }

  /**
   * Makes a subnet of a VPC.
   *
   * @example
   * ```ts
   * const subnet = await driver.ex_createSubnet({ id: 'vpc-1a2b3c4d' }, { cidrBlock: '10.0.1.0/24', name: 'web' })
   * await driver.createNode({ name: 'web-1', size, image, ex_subnet: subnet })
   * ```
   * @throws ConflictError when another subnet has these addresses.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html
   */
  async ex_createSubnet(network: Ref, subnet: EC2CreateSubnet, options?: CallOptions): Promise<Owned<EC2Subnet>> {
    const params = {
      VpcId: network.id,
      CidrBlock: subnet.cidrBlock,
      Ipv6CidrBlock: subnet.ipv6CidrBlock,
      AvailabilityZone: subnet.availabilityZone,
      TagSpecification: tagged('subnet', subnet.name, subnet.tags),
    }
    const map = ({ subnet: raw }: { subnet?: RawSubnet }) => toSubnet(needed(raw, 'subnet'))
    const spec = { action: 'CreateSubnet', params, shape: SUBNET_CREATED, map, idempotent: false }
    const made = await this.connection.query(spec, options)
    return owned(made, () => this.ex_deleteSubnet(made))
  }

  /**
   * Deletes a subnet.
   *
   * @example
   * ```ts
   * await driver.ex_deleteSubnet({ id: 'subnet-9d4a7b6c' })
   * ```
   * @throws ConflictError while there is something in it.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSubnet.html
   */
  async ex_deleteSubnet(subnet: Ref, options?: CallOptions): Promise<void> {
    await this.connection.set('DeleteSubnet', { SubnetId: subnet.id }, options)
  }

  /**
   * Changes what nodes get that are made in a subnet.
   *
   * @example
   * ```ts
   * await driver.ex_modifySubnetAttribute(subnet, { publicIpOnLaunch: true })
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySubnetAttribute.html
   */
  async ex_modifySubnetAttribute(subnet: Ref, changes: EC2ModifySubnet, options?: CallOptions): Promise<void> {
    const all = {
      MapPublicIpOnLaunch: changes.publicIpOnLaunch,
      AssignIpv6AddressOnCreation: changes.ipv6OnLaunch,
      EnableDns64: changes.dns64,
    }
    // One attribute at a time is what EC2 takes.
    for (const [name, Value] of Object.entries(all)) {
      if (Value === undefined) continue
      await this.connection.set('ModifySubnetAttribute', { SubnetId: subnet.id, [name]: { Value } }, options)
    }
  }

  /**
   * Waits until a VPC is there.
   *
   * @example
   * ```ts
   * await driver.ex_waitForNetwork(network)
   * ```
   * @throws TimeoutError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html
   */
  async ex_waitForNetwork(network: Ref, options?: WaitOptions): Promise<EC2Network> {
    const look = async (lookOptions: CallOptions) => {
      // Asked for by a filter, which finds nothing where an id would be an error: EC2 may not know it yet.
      const params = { Filter: toFilters({ 'vpc-id': network.id }) }
      const [value] = await this.connection.all(VPCS, toNetwork, params, lookOptions)
      return value?.state === 'available' ? ({ done: true, value } as const) : { state: value?.state }
    }
    return this.connection.poll(`network ${network.id} to be available`, look, options)
  }
}

function toIpv6(raw: readonly { ipv6CidrBlock?: string }[]): readonly string[] {
  return raw.map(({ ipv6CidrBlock }) => needed(ipv6CidrBlock, 'ipv6CidrBlock'))
}

function toNetwork(raw: RawVpc): EC2Network {
  const cidrBlock = needed(raw.cidrBlock, 'cidrBlock')
  const blocks = raw.cidrBlockAssociationSet.map(each => needed(each.cidrBlock, 'cidrBlock'))
  return {
    ...named(raw.vpcId, raw.tagSet, 'vpcId'),
    state: raw.state ?? '',
    cidrBlock,
    cidrBlocks: blocks.length > 0 ? blocks : [cidrBlock],
    ipv6CidrBlocks: toIpv6(raw.ipv6CidrBlockAssociationSet),
    dhcpOptionsId: raw.dhcpOptionsId,
    instanceTenancy: raw.instanceTenancy,
    isDefault: raw.isDefault ?? false,
    ownerId: raw.ownerId,
  }
}

function toSubnet(raw: RawSubnet): EC2Subnet {
  return {
    ...named(raw.subnetId, raw.tagSet, 'subnetId'),
    state: raw.state ?? '',
    vpcId: needed(raw.vpcId, 'vpcId'),
    cidrBlock: raw.cidrBlock ?? '',
    ipv6CidrBlocks: toIpv6(raw.ipv6CidrBlockAssociationSet),
    availableIps: raw.availableIpAddressCount,
    zone: raw.availabilityZone,
    isDefault: raw.defaultForAz ?? false,
    publicIpOnLaunch: raw.mapPublicIpOnLaunch ?? false,
    ipv6OnLaunch: raw.assignIpv6AddressOnCreation ?? false,
    ownerId: raw.ownerId,
  }
}
