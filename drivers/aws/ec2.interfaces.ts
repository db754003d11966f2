import { NotFoundError } from '../../lib/errors.js'
import * as xml from '../../lib/http/xml-shape.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { answer, type EC2Filters, listing } from './ec2.connection.js'
import type { EC2Network, EC2Subnet } from './ec2.networks.js'
import { EC2Routes } from './ec2.routes.js'
import {
  type EC2GroupName,
  type EC2Tagged,
  type EC2Tags,
  GROUPS,
  named,
  needed,
  PAGE,
  TAGGED,
  tagged,
  toFilters,
  toGroupNames,
} from './ec2.shared.js'

const ASSOCIATION = xml.object({ publicIp: xml.string, allocationId: xml.string, associationId: xml.string })
const INTERFACE = xml.object({
  networkInterfaceId: xml.string,
  status: xml.string,
  interfaceType: xml.string,
  description: xml.string,
  subnetId: xml.string,
  vpcId: xml.string,
  availabilityZone: xml.string,
  ownerId: xml.string,
  requesterManaged: xml.boolean,
  macAddress: xml.string,
  privateIpAddress: xml.string,
  privateDnsName: xml.string,
  sourceDestCheck: xml.boolean,
  groupSet: GROUPS,
  association: ASSOCIATION,
  attachment: xml.object({
    attachmentId: xml.string,
    instanceId: xml.string,
    deviceIndex: xml.number,
    status: xml.string,
    attachTime: xml.date,
    deleteOnTermination: xml.boolean,
  }),
  ipv6AddressesSet: xml.wrapped('item', xml.object({ ipv6Address: xml.string })),
  privateIpAddressesSet: xml.wrapped(
    'item',
    xml.object({ privateIpAddress: xml.string, primary: xml.boolean, association: ASSOCIATION }),
  ),
  tagSet: TAGGED,
})
type RawInterface = xml.Infer<typeof INTERFACE>
const INTERFACES = listing('DescribeNetworkInterfaces', 'networkInterfaceSet', INTERFACE, PAGE)
const CREATED = answer('CreateNetworkInterface', { networkInterface: INTERFACE })
const ATTACHED = answer('AttachNetworkInterface', { attachmentId: xml.string })

/** An address of an interface, and the public one that leads to it. */
export interface EC2InterfaceIp {
  readonly ip: string
  readonly primary: boolean
  readonly publicIp: string | undefined
  /** Of the elastic address. */
  readonly allocationId: string | undefined
  readonly associationId: string | undefined
}
export interface EC2InterfaceAttachment {
  readonly id: string
  readonly nodeId: string | undefined
  readonly deviceIndex: number | undefined
  /** `'attaching'`, `'attached'`, `'detaching'` or `'detached'`. */
  readonly status: string | undefined
  readonly attachedAt: Date | undefined
  readonly deleteOnTermination: boolean | undefined
}
/** A network interface. */
export interface EC2NetworkInterface extends EC2Tagged {
  /** `'available'`, `'in-use'` and others. */
  readonly state: string
  /** `'interface'`, `'nat_gateway'` and others. */
  readonly type: string | undefined
  readonly description: string
  readonly subnetId: string | undefined
  readonly vpcId: string | undefined
  readonly zone: string | undefined
  readonly ownerId: string | undefined
  /** It is a part of something else, which is to be deleted in its place. */
  readonly requesterManaged: boolean
  readonly macAddress: string | undefined
  readonly privateIp: string | undefined
  readonly privateDnsName: string | undefined
  readonly publicIp: string | undefined
  readonly privateIps: readonly EC2InterfaceIp[]
  readonly ipv6Addresses: readonly string[]
  readonly sourceDestCheck: boolean | undefined
  readonly groups: readonly EC2GroupName[]
  readonly attachment: EC2InterfaceAttachment | undefined
}
export interface EC2CreateNetworkInterface {
  name?: string | undefined
  description?: string | undefined
  /** @defaultValue the VPC's default group */
  securityGroupIds?: readonly string[] | undefined
  /** @defaultValue one of the subnet's */
  privateIpAddress?: string | undefined
  /** Beside the main one. */
  secondaryPrivateIpAddressCount?: number | undefined
  ipv6AddressCount?: number | undefined
  tags?: EC2Tags | undefined
  /** What EC2 knows the request by. @defaultValue one of its own */
  clientToken?: string | undefined
}
/** An interface for a node that runs. */
export interface EC2AddNetworkInterface {
  /** @defaultValue the node's */
  subnet?: Ref | undefined
  /** @defaultValue 1 */
  ipv4AddressCount?: number | undefined
  /** @defaultValue 0 */
  ipv6AddressCount?: number | undefined
  /** Elastic addresses that are taken for it, and lead to as many of its own. @defaultValue 0 */
  ipv4PublicIpCount?: number | undefined
}
export interface EC2ListInterfacesOptions extends CallOptions {
  ex_interfaceIds?: readonly string[] | undefined
  ex_filters?: EC2Filters | undefined
}
export interface EC2DetachInterfaceOptions extends CallOptions {
  /** Without the system's consent. @defaultValue false */
  ex_force?: boolean | undefined
}

export interface EC2CreateVpc {
  name: string
  /** Of the VPC and of its one subnet. @defaultValue '192.168.0.0/20' */
  cidrBlock?: string | undefined
  /** @defaultValue EC2's choice */
  availabilityZone?: string | undefined
}
/** A VPC with a way out. */
export interface EC2Vpc {
  readonly id: string
  readonly network: EC2Network
  readonly subnets: readonly EC2Subnet[]
  /** Lets everything in and out. */
  readonly securityGroupIds: readonly string[]
}

/** Network interfaces, and VPCs with all that nodes in them need. */
export abstract class EC2Interfaces extends EC2Routes {
  /**
   * The region's network interfaces.
   *
   * @example
   * ```ts
   * const interfaces = await driver.ex_listNetworkInterfaces({ ex_filters: { 'attachment.instance-id': node.id } })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
   */
  ex_listNetworkInterfaces(options?: EC2ListInterfacesOptions): Pager<EC2NetworkInterface> {
    const params = { NetworkInterfaceId: options?.ex_interfaceIds, Filter: toFilters(options?.ex_filters) }
    return this.connection.all(INTERFACES, toInterface, params, options)
  }

  /**
   * Makes a network interface in a subnet.
   *
   * @example
   * ```ts
   * const second = await driver.ex_createNetworkInterface(subnet, { name: 'eth1', securityGroupIds: ['sg-903004f8'] })
   * await driver.ex_attachNetworkInterfaceToNode(second, node, 1)
   * ```
   * @throws QuotaExceededError when the subnet has no address left.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInterface.html
   */
  async ex_createNetworkInterface(
    subnet: Ref,
    network: EC2CreateNetworkInterface,
    options?: CallOptions,
  ): Promise<Owned<EC2NetworkInterface>> {
    const params = {
      SubnetId: subnet.id,
      Description: network.description,
      SecurityGroupId: network.securityGroupIds,
      PrivateIpAddress: network.privateIpAddress,
      SecondaryPrivateIpAddressCount: network.secondaryPrivateIpAddressCount,
      Ipv6AddressCount: network.ipv6AddressCount,
      TagSpecification: tagged('network-interface', network.name, network.tags),
    }
    const map = (raw: { networkInterface?: RawInterface }) =>
      toInterface(needed(raw.networkInterface, 'networkInterface'))
    const spec = { action: 'CreateNetworkInterface', params, shape: CREATED, map, token: network.clientToken }
    const made = await this.connection.create(spec, options)
    return owned(made, () => this.ex_deleteNetworkInterface(made))
  }

  /**
   * Deletes a network interface.
   *
   * @example
   * ```ts
   * await driver.ex_deleteNetworkInterface({ id: 'eni-0123456789abcdef0' })
   * ```
   * @throws ConflictError while it is attached.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNetworkInterface.html
   */
  async ex_deleteNetworkInterface(network: Ref, options?: CallOptions): Promise<void> {
    await this.connection.set('DeleteNetworkInterface', { NetworkInterfaceId: network.id }, options)
  }

  /**
   * Attaches a network interface to a node.
   *
   * @example
   * ```ts
   * const attachmentId = await driver.ex_attachNetworkInterfaceToNode(second, node, 1)
   * ```
   * @param deviceIndex 1 for the first beside the main one.
   * @returns the attachment's id.
   * @throws QuotaExceededError when a node of that size may have no more.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachNetworkInterface.html
   */
  async ex_attachNetworkInterfaceToNode(
    network: Ref,
    node: Ref,
    deviceIndex: number,
    options?: CallOptions,
  ): Promise<string> {
    const params = { NetworkInterfaceId: network.id, InstanceId: node.id, DeviceIndex: deviceIndex }
    const map = ({ attachmentId }: { attachmentId?: string }) => needed(attachmentId, 'attachmentId')
    const spec = { action: 'AttachNetworkInterface', params, shape: ATTACHED, map, idempotent: false }
    return this.connection.query(spec, options)
  }

  /**
   * Detaches a network interface.
   *
   * @example
   * ```ts
   * await driver.ex_detachNetworkInterface('eni-attach-0123456789abcdef0')
   * ```
   * @param attachmentId as `ex_attachNetworkInterfaceToNode` gives it, and lists do.
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachNetworkInterface.html
   */
  async ex_detachNetworkInterface(attachmentId: string, options?: EC2DetachInterfaceOptions): Promise<void> {
    const params = { AttachmentId: attachmentId, Force: options?.ex_force }
    await this.connection.set('DetachNetworkInterface', params, options)
  }

  /**
   * Makes a network interface and attaches it to a node, with as many addresses as are wanted. It goes with the node;
   * its elastic addresses are released by `ex_removeNetworkInterface`. Where that fails, all is given back.
   *
   * @example
   * ```ts
   * const added = await driver.ex_addNetworkInterface(node, { ipv4AddressCount: 2, ipv4PublicIpCount: 1 })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachNetworkInterface.html
   */
  async ex_addNetworkInterface(
    node: Ref,
    network: EC2AddNetworkInterface,
    options?: CallOptions,
  ): Promise<EC2NetworkInterface> {
    const { addInterface } = await import('./ec2.hotplug.js')
    return addInterface(this, node, network, options)
  }

  /**
   * Detaches the network interface that has an address, deletes it, and releases its elastic addresses.
   *
   * @example
   * ```ts
   * await driver.ex_removeNetworkInterface(node, '10.0.1.17')
   * ```
   * @param ip one of its private or public addresses.
   * @throws NotFoundError when the node has no interface with that address.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachNetworkInterface.html
   */
  async ex_removeNetworkInterface(node: Ref, ip: string, options?: WaitOptions): Promise<void> {
    const all = await this.ex_listNetworkInterfaces({
      ...options,
      ex_filters: { 'attachment.instance-id': node.id },
    })
    const found = all.find(({ privateIps, ipv6Addresses }) =>
      [...ipv6Addresses, ...privateIps.flatMap(each => [each.ip, each.publicIp])].includes(ip),
    )
    if (found === undefined) {
      const operation = operationOf(options)
      const message = `${operation}: instance ${node.id} has no network interface with the address ${ip}`
      throw new NotFoundError(message, { provider: this.provider, operation })
    }
    const { removeInterface } = await import('./ec2.hotplug.js')
    await removeInterface(this, found, options)
  }

  /**
   * Makes a VPC with IPv4 and IPv6 addresses, an Internet gateway, routes to it, one subnet whose nodes have public
   * addresses, and a security group that lets everything in: a place for tests. Where any of it fails, all of it is
   * deleted again.
   *
   * @example
   * ```ts
   * await using vpc = await driver.ex_createVpc({ name: 'integration' })
   * const [subnet] = vpc.subnets
   * const node = await driver.createNode({ name: 'a', size, image, ex_subnet: subnet, ex_securityGroupIds: vpc.securityGroupIds })
   * ```
   * @throws QuotaExceededError
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/how-it-works.html
   */
  async ex_createVpc(vpc: EC2CreateVpc, options?: WaitOptions): Promise<Owned<EC2Vpc>> {
    const { createVpc } = await import('./ec2.vpc-steps.js')
    const made = await createVpc(this, vpc, options)
    return owned(made, () => this.ex_deleteVpc(made))
  }

  /**
   * The VPC of a name, or one that is made for it as `ex_createVpc` does.
   *
   * @example
   * ```ts
   * const vpc = await driver.ex_getOrCreateVpc({ name: 'integration', cidrBlock: '10.4.0.0/20' })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html
   */
  async ex_getOrCreateVpc(vpc: EC2CreateVpc, options?: WaitOptions): Promise<EC2Vpc> {
    const [network] = await this.ex_listNetworks({ ...options, ex_filters: { 'tag:Name': vpc.name } })
    if (network === undefined) return (await this.ex_createVpc(vpc, options)).keep()
    const within = { ...options, ex_filters: { 'vpc-id': network.id } }
    const subnets = await this.ex_listSubnets(within)
    const groups = await this.ex_getSecurityGroups(within)
    return { id: network.id, network, subnets, securityGroupIds: groups.map(({ id }) => id) }
  }

  /**
   * Deletes a VPC and all that is in it: nodes, NAT gateways, network interfaces, subnets, route tables, security
   * groups and Internet gateways. It waits for nodes to be gone.
   *
   * @example
   * ```ts
   * await driver.ex_deleteVpc({ id: 'vpc-1a2b3c4d' }, { timeout: 900_000 })
   * ```
   * @throws ConflictError where something is in it that this knows nothing of.
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/delete-vpc.html
   */
  async ex_deleteVpc(vpc: Ref, options?: WaitOptions): Promise<void> {
    const { deleteVpc } = await import('./ec2.vpc-steps.js')
    await deleteVpc(this, vpc, options)
  }
}

function toInterfaceIps(raw: RawInterface): readonly EC2InterfaceIp[] {
  return raw.privateIpAddressesSet.map(({ privateIpAddress, primary, association }) => ({
    ip: needed(privateIpAddress, 'privateIpAddress'),
    primary: primary ?? false,
    publicIp: association?.publicIp,
    allocationId: association?.allocationId,
    associationId: association?.associationId,
  }))
}

function toInterface(raw: RawInterface): EC2NetworkInterface {
  const { attachment } = raw
  return {
    ...named(raw.networkInterfaceId, raw.tagSet, 'networkInterfaceId'),
    state: raw.status ?? '',
    type: raw.interfaceType,
    description: raw.description ?? '',
    subnetId: raw.subnetId,
    vpcId: raw.vpcId,
    zone: raw.availabilityZone,
    ownerId: raw.ownerId,
    requesterManaged: raw.requesterManaged ?? false,
    macAddress: raw.macAddress,
    privateIp: raw.privateIpAddress,
    privateDnsName: raw.privateDnsName,
    publicIp: raw.association?.publicIp,
    privateIps: toInterfaceIps(raw),
    ipv6Addresses: raw.ipv6AddressesSet.map(({ ipv6Address }) => needed(ipv6Address, 'ipv6Address')),
    sourceDestCheck: raw.sourceDestCheck,
    groups: toGroupNames(raw.groupSet),
    attachment: attachment && {
      id: needed(attachment.attachmentId, 'attachmentId'),
      nodeId: attachment.instanceId,
      deviceIndex: attachment.deviceIndex,
      status: attachment.status,
      attachedAt: attachment.attachTime,
      deleteOnTermination: attachment.deleteOnTermination,
    },
  }
}
