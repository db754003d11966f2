import * as xml from '../../lib/http/xml-shape.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { answer, type EC2Filters, listing } from './ec2.connection.js'
import { EC2Networks } from './ec2.networks.js'
import { type EC2Tagged, type EC2Tags, named, needed, PAGE, TAGGED, tagged, toFilters } from './ec2.shared.js'

const GATEWAY = xml.object({
  internetGatewayId: xml.string,
  attachmentSet: xml.wrapped('item', xml.object({ vpcId: xml.string, state: xml.string })),
  ownerId: xml.string,
  tagSet: TAGGED,
})
type RawGateway = xml.Infer<typeof GATEWAY>
const GATEWAYS = listing('DescribeInternetGateways', 'internetGatewaySet', GATEWAY, PAGE)
const GATEWAY_CREATED = answer('CreateInternetGateway', { internetGateway: GATEWAY })

const NAT = xml.object({
  natGatewayId: xml.string,
  state: xml.string,
  failureCode: xml.string,
  failureMessage: xml.string,
  subnetId: xml.string,
  vpcId: xml.string,
  connectivityType: xml.string,
  createTime: xml.date,
  natGatewayAddressSet: xml.wrapped(
    'item',
    xml.object({
      allocationId: xml.string,
      publicIp: xml.string,
      privateIp: xml.string,
      networkInterfaceId: xml.string,
    }),
  ),
  tagSet: TAGGED,
})
type RawNat = xml.Infer<typeof NAT>
const NATS = listing('DescribeNatGateways', 'natGatewaySet', NAT, PAGE)
const NAT_CREATED = answer('CreateNatGateway', { natGateway: NAT })

/** A VPC's way to the Internet. */
export interface EC2InternetGateway extends EC2Tagged {
  /** The VPC that it is attached to. */
  readonly vpcId: string | undefined
  /** `'attaching'`, `'available'`, `'detaching'`; nothing where it is attached to none. */
  readonly state: string | undefined
  readonly ownerId: string | undefined
}
/** What gives nodes with private addresses a way out. */
export interface EC2NatGateway extends EC2Tagged {
  /** `'pending'`, `'available'`, `'failed'`, `'deleting'` or `'deleted'`. */
  readonly state: string
  readonly failure: string | undefined
  readonly subnetId: string | undefined
  readonly vpcId: string | undefined
  /** `'public'` or `'private'`. */
  readonly connectivity: string | undefined
  readonly createdAt: Date | undefined
  readonly addresses: readonly EC2NatAddress[]
}
export interface EC2NatAddress {
  readonly allocationId: string | undefined
  readonly publicIp: string | undefined
  readonly privateIp: string | undefined
  readonly networkInterfaceId: string | undefined
}
export interface EC2CreateInternetGatewayOptions extends CallOptions {
  ex_name?: string | undefined
  ex_tags?: EC2Tags | undefined
}
export interface EC2CreateNatGateway {
  /** Of an elastic address; a public gateway needs one. */
  allocationId?: string | undefined
  /** @defaultValue 'public' */
  connectivity?: 'public' | 'private' | undefined
  privateIp?: string | undefined
  name?: string | undefined
  tags?: EC2Tags | undefined
  /** What EC2 knows the request by. @defaultValue one of its own */
  clientToken?: string | undefined
}
export interface EC2ListInternetGatewaysOptions extends CallOptions {
  ex_gatewayIds?: readonly string[] | undefined
  ex_filters?: EC2Filters | undefined
}
export interface EC2ListNatGatewaysOptions extends CallOptions {
  ex_gatewayIds?: readonly string[] | undefined
  ex_filters?: EC2Filters | undefined
}

/** Internet and NAT gateways. */
export abstract class EC2Gateways extends EC2Networks {
  /**
   * The region's Internet gateways.
   *
   * @example
   * ```ts
   * const [gateway] = await driver.ex_listInternetGateways({ ex_filters: { 'attachment.vpc-id': network.id } })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInternetGateways.html
   */
  ex_listInternetGateways(options?: EC2ListInternetGatewaysOptions): Pager<EC2InternetGateway> {
    const params = { InternetGatewayId: options?.ex_gatewayIds, Filter: toFilters(options?.ex_filters) }
    return this.connection.all(GATEWAYS, toGateway, params, options)
  }

  /**
   * Makes an Internet gateway, which is to be attached to a VPC and routed to.
   *
   * @example
   * ```ts
   * const gateway = await driver.ex_createInternetGateway({ ex_name: 'staging' })
   * await driver.ex_attachInternetGateway(gateway, network)
   * ```
   * @throws QuotaExceededError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateInternetGateway.html
   */
  async ex_createInternetGateway(options?: EC2CreateInternetGatewayOptions): Promise<Owned<EC2InternetGateway>> {
    const params = { TagSpecification: tagged('internet-gateway', options?.ex_name, options?.ex_tags) }
    const map = (raw: { internetGateway?: RawGateway }) => toGateway(needed(raw.internetGateway, 'internetGateway'))
    const spec = { action: 'CreateInternetGateway', params, shape: GATEWAY_CREATED, map, idempotent: false }
    const made = await this.connection.query(spec, options)
    return owned(made, () => this.ex_deleteInternetGateway(made))
  }

  /**
   * Deletes an Internet gateway.
   *
   * @example
   * ```ts
   * await driver.ex_deleteInternetGateway({ id: 'igw-0123456789abcdef0' })
   * ```
   * @throws ConflictError while it is attached.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteInternetGateway.html
   */
  async ex_deleteInternetGateway(gateway: Ref, options?: CallOptions): Promise<void> {
    await this.connection.set('DeleteInternetGateway', { InternetGatewayId: gateway.id }, options)
  }

  /**
   * Attaches an Internet gateway to a VPC.
   *
   * @example
   * ```ts
   * await driver.ex_attachInternetGateway(gateway, network)
   * ```
   * @throws ConflictError when it is attached already.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachInternetGateway.html
   */
  async ex_attachInternetGateway(gateway: Ref, network: Ref, options?: CallOptions): Promise<void> {
    const params = { InternetGatewayId: gateway.id, VpcId: network.id }
    await this.connection.act('AttachInternetGateway', params, options)
  }

  /**
   * Detaches an Internet gateway from its VPC.
   *
   * @example
   * ```ts
   * await driver.ex_detachInternetGateway(gateway, network)
   * ```
   * @throws ConflictError while nodes of the VPC have public addresses.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachInternetGateway.html
   */
  async ex_detachInternetGateway(gateway: Ref, network: Ref, options?: CallOptions): Promise<void> {
    const params = { InternetGatewayId: gateway.id, VpcId: network.id }
    await this.connection.set('DetachInternetGateway', params, options)
  }

  /**
   * The region's NAT gateways, those deleted within the last hour too.
   *
   * @example
   * ```ts
   * const gateways = await driver.ex_listNatGateways({ ex_filters: { state: 'available' } })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNatGateways.html
   */
  ex_listNatGateways(options?: EC2ListNatGatewaysOptions): Pager<EC2NatGateway> {
    const params = { NatGatewayId: options?.ex_gatewayIds, Filter: toFilters(options?.ex_filters) }
    return this.connection.all(NATS, toNat, params, options)
  }

  /**
   * Makes a NAT gateway in a subnet. It resolves when it is accepted: `ex_waitForNatGateway` waits for it.
   *
   * @example
   * ```ts
   * const address = await driver.ex_allocateAddress()
   * const gateway = await driver.ex_createNatGateway(subnet, { allocationId: address.allocationId })
   * await driver.ex_waitForNatGateway(gateway, 'available')
   * ```
   * @throws QuotaExceededError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html
   */
  async ex_createNatGateway(
    subnet: Ref,
    gateway: EC2CreateNatGateway,
    options?: CallOptions,
  ): Promise<Owned<EC2NatGateway>> {
    const params = {
      SubnetId: subnet.id,
      AllocationId: gateway.allocationId,
      ConnectivityType: gateway.connectivity,
      PrivateIpAddress: gateway.privateIp,
      TagSpecification: tagged('natgateway', gateway.name, gateway.tags),
    }
    const map = (raw: { natGateway?: RawNat }) => toNat(needed(raw.natGateway, 'natGateway'))
    const spec = { action: 'CreateNatGateway', params, shape: NAT_CREATED, map, token: gateway.clientToken }
    const made = await this.connection.create(spec, options)
    return owned(made, () => this.ex_deleteNatGateway(made))
  }

  /**
   * Deletes a NAT gateway; its elastic address stays.
   *
   * @example
   * ```ts
   * await driver.ex_deleteNatGateway({ id: 'nat-04ae55e711cec5680' })
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNatGateway.html
   */
  async ex_deleteNatGateway(gateway: Ref, options?: CallOptions): Promise<void> {
    await this.connection.set('DeleteNatGateway', { NatGatewayId: gateway.id }, options)
  }

  /**
   * Waits until a NAT gateway can be used, or is gone.
   *
   * @example
   * ```ts
   * await driver.ex_deleteNatGateway(gateway)
   * await driver.ex_waitForNatGateway(gateway, 'deleted')
   * ```
   * @throws WaitError when it has failed.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNatGateways.html
   */
  async ex_waitForNatGateway(
    gateway: Ref,
    state: 'available' | 'deleted',
    options?: WaitOptions,
  ): Promise<EC2NatGateway> {
    const look = async (lookOptions: CallOptions) => {
      const params = { NatGatewayId: [gateway.id] }
      const [value] = await this.connection.all(NATS, toNat, params, lookOptions)
      const seen = needed(value, 'natGatewaySet')
      if (seen.state === state) return { done: true, value: seen } as const
      const gone = seen.state === 'failed' || seen.state === 'deleted'
      return gone ? { failed: seen.failure ?? `it is ${seen.state}`, state: seen.state } : { state: seen.state }
    }
    return this.connection.poll(`NAT gateway ${gateway.id} to be ${state}`, look, options)
  }
}

function toGateway(raw: RawGateway): EC2InternetGateway {
  const [attachment] = raw.attachmentSet
  return {
    ...named(raw.internetGatewayId, raw.tagSet, 'internetGatewayId'),
    vpcId: attachment?.vpcId,
    state: attachment?.state,
    ownerId: raw.ownerId,
  }
}

function toNat(raw: RawNat): EC2NatGateway {
  return {
    ...named(raw.natGatewayId, raw.tagSet, 'natGatewayId'),
    state: raw.state ?? '',
    failure: raw.failureMessage ?? raw.failureCode,
    subnetId: raw.subnetId,
    vpcId: raw.vpcId,
    connectivity: raw.connectivityType,
    createdAt: raw.createTime,
    addresses: raw.natGatewayAddressSet.map(({ allocationId, publicIp, privateIp, networkInterfaceId }) => ({
      allocationId,
      publicIp,
      privateIp,
      networkInterfaceId,
    })),
  }
}
