import * as xml from '../../lib/http/xml-shape.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { answer, type EC2Filters, listing } from './ec2.connection.js'
import { EC2SecurityGroups } from './ec2.security.js'
import { type EC2Tags, needed, TAGGED, tagged, toFilters, toTags } from './ec2.shared.js'
import type { QueryParams } from './query.js'

const ADDRESS = {
  publicIp: xml.string,
  allocationId: xml.string,
  associationId: xml.string,
  domain: xml.string,
  instanceId: xml.string,
  networkInterfaceId: xml.string,
  privateIpAddress: xml.string,
  tagSet: TAGGED,
}
type RawAddress = xml.XmlObjectValue<typeof ADDRESS>
// There are no pages of addresses.
const ADDRESSES = listing('DescribeAddresses', 'addressesSet', xml.object(ADDRESS))
const ALLOCATED = answer('AllocateAddress', ADDRESS)
const ASSOCIATED = answer('AssociateAddress', { associationId: xml.string })

/** A public IPv4 address of the account's. */
export interface EC2ElasticIp {
  readonly ip: string
  /** Its id. */
  readonly allocationId: string | undefined
  /** `'vpc'` or `'standard'`. */
  readonly domain: string | undefined
  /** Of what it leads to. */
  readonly associationId: string | undefined
  readonly nodeId: string | undefined
  readonly networkInterfaceId: string | undefined
  readonly privateIp: string | undefined
  readonly tags: EC2Tags
}
/** An address: as lists give it, or what is known of it. */
export interface EC2ElasticIpRef {
  readonly ip: string
  readonly allocationId?: string | undefined
  readonly associationId?: string | undefined
}
export interface EC2AllocateAddressOptions extends CallOptions {
  /** @defaultValue 'vpc' */
  ex_domain?: 'vpc' | 'standard' | undefined
  /** An address of one's own, or one that was released before. */
  ex_address?: string | undefined
  ex_name?: string | undefined
  ex_tags?: EC2Tags | undefined
}
export interface EC2ListAddressesOptions extends CallOptions {
  /** Only those that lead to a node. @defaultValue false */
  ex_onlyAssociated?: boolean | undefined
  ex_filters?: EC2Filters | undefined
}
export interface EC2AssociateAddressOptions extends CallOptions {
  /** Which of the node's private addresses it leads to. @defaultValue the main one */
  ex_privateIp?: string | undefined
  /** Takes it from where it leads now. @defaultValue true, in a VPC */
  ex_allowReassociation?: boolean | undefined
}

/** Elastic IP addresses. */
export abstract class EC2Addresses extends EC2SecurityGroups {
  /**
   * Takes a public address, which costs money until it is released.
   *
   * @example
   * ```ts
   * const address = await driver.ex_allocateAddress({ ex_name: 'web' })
   * await driver.ex_associateAddressWithNode(node, address)
   * ```
   * @throws QuotaExceededError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllocateAddress.html
   */
  async ex_allocateAddress(options?: EC2AllocateAddressOptions): Promise<Owned<EC2ElasticIp>> {
    const params = {
      Domain: options?.ex_domain ?? 'vpc',
      Address: options?.ex_address,
      TagSpecification: tagged('elastic-ip', options?.ex_name, options?.ex_tags),
    }
    const spec = { action: 'AllocateAddress', params, shape: ALLOCATED, map: toAddress, idempotent: false }
    const made = await this.connection.query(spec, options)
    return owned(made, () => this.ex_releaseAddress(made))
  }

  /**
   * Gives a public address back.
   *
   * @example
   * ```ts
   * await driver.ex_releaseAddress(address)
   * ```
   * @throws ConflictError while it leads somewhere.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReleaseAddress.html
   */
  async ex_releaseAddress(address: EC2ElasticIpRef, options?: CallOptions): Promise<void> {
    await this.connection.set('ReleaseAddress', fromAddress(address), options)
  }

  /**
   * The account's public addresses in the region.
   *
   * @example
   * ```ts
   * const idle = (await driver.ex_describeAllAddresses()).filter(({ associationId }) => associationId === undefined)
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddresses.html
   */
  ex_describeAllAddresses(options?: EC2ListAddressesOptions): Pager<EC2ElasticIp> {
    const params = { Filter: toFilters(options?.ex_filters) }
    const map = (raw: RawAddress): EC2ElasticIp[] => {
      const address = toAddress(raw)
      return options?.ex_onlyAssociated && address.associationId === undefined && address.nodeId === undefined
        ? []
        : [address]
    }
    return this.connection.each(ADDRESSES, map, params, options)
  }

  /**
   * The public addresses that lead to nodes, by the nodes' ids.
   *
   * @example
   * ```ts
   * const addresses = await driver.ex_describeAddresses(nodes)
   * console.log(addresses[nodes[0].id])
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddresses.html
   */
  async ex_describeAddresses(
    nodes: readonly Ref[],
    options?: CallOptions,
  ): Promise<Readonly<Record<string, readonly string[]>>> {
    if (nodes.length === 0) return {}
    const params = { Filter: toFilters({ 'instance-id': nodes.map(({ id }) => id) }) }
    const all = await this.connection.all(ADDRESSES, toAddress, params, options)
    const of = (id: string) => all.filter(({ nodeId }) => nodeId === id).map(({ ip }) => ip)
    return Object.fromEntries(nodes.map(({ id }) => [id, of(id)]))
  }

  /**
   * The public addresses that lead to a node.
   *
   * @example
   * ```ts
   * const [ip] = await driver.ex_describeAddressesForNode(node)
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAddresses.html
   */
  async ex_describeAddressesForNode(node: Ref, options?: CallOptions): Promise<readonly string[]> {
    return (await this.ex_describeAddresses([node], options))[node.id] ?? []
  }

  /**
   * Lets a public address lead to a node.
   *
   * @example
   * ```ts
   * const associationId = await driver.ex_associateAddressWithNode(node, { ip: '203.0.113.10', allocationId: 'eipalloc-1' })
   * ```
   * @returns the association's id; `undefined` outside a VPC.
   * @throws NodeDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html
   */
  async ex_associateAddressWithNode(
    node: Ref,
    address: EC2ElasticIpRef,
    options?: EC2AssociateAddressOptions,
  ): Promise<string | undefined> {
    const params = {
      InstanceId: node.id,
      ...fromAddress(address),
      PrivateIpAddress: options?.ex_privateIp,
      AllowReassociation: options?.ex_allowReassociation,
    }
    const map = ({ associationId }: { associationId?: string }) => associationId
    const spec = { action: 'AssociateAddress', params, shape: ASSOCIATED, map, idempotent: true }
    return this.connection.query(spec, options)
  }

  /**
   * The same as `ex_associateAddressWithNode`.
   *
   * @example
   * ```ts
   * await driver.ex_associateAddresses(node, address)
   * ```
   * @deprecated use `ex_associateAddressWithNode`
   * @throws NodeDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html
   */
  async ex_associateAddresses(
    node: Ref,
    address: EC2ElasticIpRef,
    options?: EC2AssociateAddressOptions,
  ): Promise<string | undefined> {
    return this.ex_associateAddressWithNode(node, address, options)
  }

  /**
   * Lets a public address lead nowhere.
   *
   * @example
   * ```ts
   * const [address] = await driver.ex_describeAllAddresses({ ex_onlyAssociated: true })
   * if (address) await driver.ex_disassociateAddress(address)
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateAddress.html
   */
  async ex_disassociateAddress(address: EC2ElasticIpRef, options?: CallOptions): Promise<void> {
    const { associationId: AssociationId, ip: PublicIp } = address
    await this.connection.set('DisassociateAddress', AssociationId ? { AssociationId } : { PublicIp }, options)
  }
}

/** Addresses in a VPC are known by their ids. */
function fromAddress({ ip, allocationId }: EC2ElasticIpRef): QueryParams {
  return allocationId === undefined ? { PublicIp: ip } : { AllocationId: allocationId }
}

function toAddress(raw: RawAddress): EC2ElasticIp {
  return {
    ip: needed(raw.publicIp, 'publicIp'),
    allocationId: raw.allocationId,
    domain: raw.domain,
    associationId: raw.associationId || undefined,
    nodeId: raw.instanceId || undefined,
    networkInterfaceId: raw.networkInterfaceId || undefined,
    privateIp: raw.privateIpAddress || undefined,
    tags: toTags(raw.tagSet),
  }
}
