import { NodeDriver } from '../../lib/compute/driver.js'
import { Node, NodeState } from '../../lib/compute/types.js'
import { type CredentialSource, optionsOf } from '../../lib/credentials.js'
import { InvalidRequestError, NodeDoesNotExistError } from '../../lib/errors.js'
import { idempotencyToken } from '../../lib/http/message.js'
import * as xml from '../../lib/http/xml-shape.js'
import type { VendorMeta } from '../../lib/meta.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import type { AwsOptions } from './connection.js'
import { awsOptions } from './credentials.js'
import { answer, type EC2Connection, listing } from './ec2.connection.js'
import { isUnknownYet, onceKnown, remember, youngNode } from './ec2.recent.js'
import { GROUPS, needed, PAGE, REASON, TAGGED, toFilters, toGroupNames, toReason, toTags } from './ec2.shared.js'
import type {
  EC2CreateNodeOptions,
  EC2CreateNodesOptions,
  EC2ListNodesOptions,
  EC2NodeExtra,
  EC2NodeMetadataOptions,
  EC2StopNodeOptions,
} from './ec2.types.js'
import type { EC2Vendor } from './ec2.vendors.js'
import type { QueryParams } from './query.js'
import { aws } from './vendor.js'

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html */
const STATES: Readonly<Record<string, NodeState>> = {
  pending: NodeState.PENDING,
  running: NodeState.RUNNING,
  'shutting-down': NodeState.STOPPING,
  terminated: NodeState.TERMINATED,
  stopping: NodeState.STOPPING,
  stopped: NodeState.STOPPED,
}

const ASSOCIATION = xml.object({ publicIp: xml.string })
const INTERFACE = xml.object({
  networkInterfaceId: xml.string,
  association: ASSOCIATION,
  ipv6AddressesSet: xml.wrapped('item', xml.object({ ipv6Address: xml.string })),
  privateIpAddressesSet: xml.wrapped('item', xml.object({ privateIpAddress: xml.string, association: ASSOCIATION })),
})
const INSTANCE = xml.object({
  instanceId: xml.string,
  imageId: xml.string,
  instanceState: xml.object({ name: xml.string }),
  privateDnsName: xml.string,
  dnsName: xml.string,
  reason: xml.string,
  stateReason: REASON,
  keyName: xml.string,
  amiLaunchIndex: xml.number,
  instanceType: xml.string,
  launchTime: xml.date,
  placement: xml.object({ availabilityZone: xml.string, groupName: xml.string, tenancy: xml.string }),
  monitoring: xml.object({ state: xml.string }),
  subnetId: xml.string,
  vpcId: xml.string,
  privateIpAddress: xml.string,
  ipAddress: xml.string,
  ipv6Address: xml.string,
  architecture: xml.string,
  platform: xml.string,
  platformDetails: xml.string,
  rootDeviceType: xml.string,
  rootDeviceName: xml.string,
  blockDeviceMapping: xml.wrapped(
    'item',
    xml.object({
      deviceName: xml.string,
      ebs: xml.object({
        volumeId: xml.string,
        status: xml.string,
        attachTime: xml.date,
        deleteOnTermination: xml.boolean,
      }),
    }),
  ),
  virtualizationType: xml.string,
  hypervisor: xml.string,
  clientToken: xml.string,
  tagSet: TAGGED,
  groupSet: GROUPS,
  sourceDestCheck: xml.boolean,
  networkInterfaceSet: xml.wrapped('item', INTERFACE),
  iamInstanceProfile: xml.object({ arn: xml.string, id: xml.string }),
  ebsOptimized: xml.boolean,
  enaSupport: xml.boolean,
  instanceLifecycle: xml.string,
  spotInstanceRequestId: xml.string,
  metadataOptions: xml.object({
    state: xml.string,
    httpTokens: xml.string,
    httpPutResponseHopLimit: xml.number,
    httpEndpoint: xml.string,
    httpProtocolIpv6: xml.string,
    instanceMetadataTags: xml.string,
  }),
})
type RawInstance = xml.Infer<typeof INSTANCE>

const RESERVATION = xml.object({ instancesSet: xml.wrapped('item', INSTANCE) })
// Pages hold reservations; each holds the instances that were made by one request.
const INSTANCES = listing('DescribeInstances', 'reservationSet', RESERVATION, PAGE)
const RUN = answer('RunInstances', { instancesSet: xml.wrapped('item', INSTANCE) })

/** Servers. Power actions resolve when EC2 has accepted them, and go on: `ex_waitForNode` waits for them. */
export abstract class EC2Base extends NodeDriver {
  declare readonly connection: EC2Connection
  /** Where requests go. @defaultValue 'us-east-1' */
  override readonly region: string

  /** @throws InvalidRequestError when an option is not of its kind. */
  constructor(options: AwsOptions, vendor?: EC2Vendor) {
    super(vendor === undefined ? aws : elsewhere(vendor), vendor === undefined ? awsOptions(options, 'ec2') : options)
    const { region, host } = optionsOf(this)
    this.region = region ?? vendor?.region ?? 'us-east-1'
    if (vendor === undefined || host !== undefined) return
    const { regions, provider, place } = vendor
    const wrong = (argument: string, allowed: string): InvalidRequestError =>
      new InvalidRequestError(`The option '${argument}' must be ${allowed}`, { provider, argument, allowed })
    if (place.host !== undefined) throw wrong('host', place.host)
    if (regions !== undefined && !regions.includes(this.region)) throw wrong('region', `one of ${regions.join(', ')}`)
  }

  /** Nodes that are no more are listed for about an hour, as TERMINATED.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
  listNodes(options?: EC2ListNodesOptions): Pager<Node<EC2NodeExtra>> {
    return listInstances(this, { InstanceId: options?.ex_nodeIds, Filter: toFilters(options?.ex_filters) }, options)
  }

  /** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
  async getNode(nodeId: string, options?: CallOptions): Promise<Node<EC2NodeExtra>> {
    const found = listInstances(this, { InstanceId: [nodeId] }, options)
    const made = youngNode(this.connection, nodeId)
    const [node] = await found.catch(error => {
      // Not all of EC2 knows at once of what it has made.
      if (made !== undefined && isUnknownYet(error)) return [made]
      throw error
    })
    if (node !== undefined) return node
    const operation = operationOf(options)
    const message = `${operation}: there is no instance ${nodeId}`
    throw new NodeDoesNotExistError(message, { provider: this.provider, operation })
  }

  /**
   * The name becomes the tag `Name`, in the same request. The key of `auth` is found among the account's by its
   * fingerprint, or added to them, where it stays; it is removed again only when the node cannot be made.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
   */
  async createNode(node: EC2CreateNodeOptions, options?: CallOptions): Promise<Owned<Node<EC2NodeExtra>>> {
    const [made] = await runInstances(this, node, { MinCount: 1, MaxCount: 1 }, options)
    return made
  }

  /**
   * Makes several nodes at once, alike also in their names: as many as can be had, but not fewer than `ex_minCount`.
   *
   * @example
   * ```ts
   * const size = { id: 't3.micro' }
   * const image = { id: 'ami-0abcdef1234567890' }
   * const nodes = await driver.ex_createNodes({ name: 'worker', size, image, ex_minCount: 2, ex_maxCount: 5 })
   * await driver.waitUntilRunning(nodes)
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
   */
  async ex_createNodes(nodes: EC2CreateNodesOptions, options?: CallOptions): Promise<Owned<Node<EC2NodeExtra>>[]> {
    const { ex_maxCount: MaxCount, ex_minCount: MinCount = MaxCount } = nodes
    return runInstances(this, nodes, { MinCount, MaxCount }, options)
  }

  /** Asks the system to restart; after some minutes EC2 does it by force.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RebootInstances.html */
  async rebootNode(node: Ref, options?: CallOptions): Promise<void> {
    await this.connection.act('RebootInstances', { InstanceId: [node.id] }, options)
  }

  /** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StartInstances.html */
  async startNode(node: Ref, options?: CallOptions): Promise<void> {
    await this.connection.set('StartInstances', { InstanceId: [node.id] }, options)
  }

  /** A stopped node costs only its volumes and addresses.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StopInstances.html */
  async stopNode(node: Ref, options?: EC2StopNodeOptions): Promise<void> {
    const params = { InstanceId: [node.id], Hibernate: options?.ex_hibernate, Force: options?.ex_force }
    await this.connection.set('StopInstances', params, options)
  }

  /** Volumes that are to stay were made, or changed, so that they do.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html */
  async destroyNode(node: Ref, options?: CallOptions): Promise<void> {
    const destroy = (callOptions: CallOptions | undefined): Promise<void> =>
      this.connection.set('TerminateInstances', { InstanceId: [node.id] }, callOptions)
    await onceKnown(this.connection, node.id, destroy, options)
  }

  /**
   * The same as `startNode`.
   *
   * @example
   * ```ts
   * await driver.ex_startNode({ id: 'i-1234567890abcdef0' })
   * ```
   * @deprecated use `startNode`
   * @throws NodeDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StartInstances.html
   */
  async ex_startNode(node: Ref, options?: CallOptions): Promise<void> {
    await this.startNode(node, options)
  }

  /**
   * The same as `stopNode`.
   *
   * @example
   * ```ts
   * await driver.ex_stopNode({ id: 'i-1234567890abcdef0' })
   * ```
   * @deprecated use `stopNode`
   * @throws NodeDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StopInstances.html
   */
  async ex_stopNode(node: Ref, options?: EC2StopNodeOptions): Promise<void> {
    await this.stopNode(node, options)
  }

  /**
   * Waits until a node is in a state: `'running'`, `'stopped'` or `'terminated'`.
   *
   * @example
   * ```ts
   * await node.stop()
   * await driver.ex_waitForNode(node, 'stopped')
   * ```
   * @throws WaitError when the node is gone, and something else is waited for.
   * @throws TimeoutError with the last state seen.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
   */
  async ex_waitForNode(
    node: Ref,
    state: 'running' | 'stopped' | 'terminated',
    options?: WaitOptions,
  ): Promise<Node<EC2NodeExtra>> {
    const look = async (lookOptions: CallOptions) => {
      const value = await this.getNode(node.id, lookOptions)
      const seen = value.extra.state
      if (seen === state) return { done: true, value } as const
      return seen === 'terminated' ? { failed: 'it is terminated', state: seen } : { state: seen }
    }
    return this.connection.poll(`instance ${node.id} to be ${state}`, look, options)
  }
}

/** What AWS's places hold is nobody else's business: neither its keys nor its regions go to another cloud. */
function elsewhere({ place: { keys } }: EC2Vendor): Pick<VendorMeta, 'vendor' | 'credentials'> {
  const credentials = aws.credentials.map((source): CredentialSource => {
    if (source.option === 'key') return { option: 'key', env: keys[0] }
    if (source.option === 'secret') return { option: 'secret', env: keys[1] }
    const { env: _, file: __, ...rest } = source
    return rest
  })
  return { vendor: aws.vendor, credentials }
}

/** Instances, out of their reservations. */
function listInstances(
  driver: EC2Base,
  params: QueryParams,
  options: CallOptions | undefined,
): Pager<Node<EC2NodeExtra>> {
  const { connection } = driver
  const map = (raw: xml.Infer<typeof RESERVATION>) => raw.instancesSet.map(each => toNode(driver, each))
  return connection.each(INSTANCES, map, params, options)
}

async function runInstances(
  driver: EC2Base,
  node: EC2CreateNodeOptions,
  count: { readonly MinCount: number; readonly MaxCount: number },
  options: CallOptions | undefined,
): Promise<[Owned<Node<EC2NodeExtra>>, ...Owned<Node<EC2NodeExtra>>[]]> {
  const [{ fromInstanceOptions }, { withKey }] = await Promise.all([
    import('./ec2.instances.js'),
    import('./ec2.keys.js'),
  ])
  const params = await fromInstanceOptions(driver, node, options)
  return withKey(driver, node.auth, node.ex_keyName, options, async KeyName => {
    const made = await driver.connection.create(
      {
        action: 'RunInstances',
        params: { ...count, ...params, KeyName },
        shape: RUN,
        map: ({ instancesSet }) => {
          const nodes = instancesSet.map(each => toNode(driver, each))
          return [needed(nodes[0], 'instancesSet'), ...nodes.slice(1)] as const
        },
        token: node.ex_clientToken ?? idempotencyToken(),
      },
      options,
    )
    const own = (each: Node<EC2NodeExtra>) => {
      remember(driver.connection, each)
      return owned(each, () => driver.destroyNode(each))
    }
    const [first, ...others] = made
    return [own(first), ...others.map(own)]
  })
}

function toNode(driver: EC2Base, raw: RawInstance): Node<EC2NodeExtra> {
  const id = needed(raw.instanceId, 'instanceId')
  const state = raw.instanceState?.name ?? ''
  const size = raw.instanceType
  const image = raw.imageId
  return new Node(driver, {
    id,
    name: raw.tagSet.get('Name') || id,
    state: Object.hasOwn(STATES, state) ? (STATES[state] as NodeState) : NodeState.UNKNOWN,
    ...toAddresses(raw),
    size: size === undefined ? undefined : { id: size },
    image: image === undefined ? undefined : { id: image },
    createdAt: raw.launchTime,
    extra: toExtra(raw, state),
  })
}

function toExtra(raw: RawInstance, state: string): EC2NodeExtra {
  return {
    state,
    reason: toReason(raw.stateReason) ?? (raw.reason ? { code: undefined, message: raw.reason } : undefined),
    availabilityZone: raw.placement?.availabilityZone,
    placementGroup: raw.placement?.groupName || undefined,
    tenancy: raw.placement?.tenancy,
    keyName: raw.keyName,
    launchIndex: raw.amiLaunchIndex,
    dnsName: raw.dnsName || undefined,
    privateDnsName: raw.privateDnsName || undefined,
    subnetId: raw.subnetId,
    vpcId: raw.vpcId,
    networkInterfaceIds: raw.networkInterfaceSet.map(each => needed(each.networkInterfaceId, 'networkInterfaceId')),
    groups: toGroupNames(raw.groupSet),
    sourceDestCheck: raw.sourceDestCheck,
    architecture: raw.architecture,
    platform: raw.platform,
    platformDetails: raw.platformDetails,
    rootDeviceName: raw.rootDeviceName,
    rootDeviceType: raw.rootDeviceType,
    blockDevices: raw.blockDeviceMapping.map(({ deviceName, ebs }) => ({
      deviceName: needed(deviceName, 'deviceName'),
      volumeId: ebs?.volumeId,
      status: ebs?.status,
      attachedAt: ebs?.attachTime,
      deleteOnTermination: ebs?.deleteOnTermination,
    })),
    virtualizationType: raw.virtualizationType,
    hypervisor: raw.hypervisor,
    iamProfile: raw.iamInstanceProfile && { arn: raw.iamInstanceProfile.arn, id: raw.iamInstanceProfile.id },
    ebsOptimized: raw.ebsOptimized,
    enaSupport: raw.enaSupport,
    monitoring: raw.monitoring?.state,
    lifecycle: raw.instanceLifecycle,
    spotRequestId: raw.spotInstanceRequestId,
    metadataOptions: raw.metadataOptions && toMetadataOptions(raw.metadataOptions),
    clientToken: raw.clientToken || undefined,
    tags: toTags(raw.tagSet),
  }
}

export function toMetadataOptions(raw: Partial<EC2NodeMetadataOptions>): EC2NodeMetadataOptions {
  const { state, httpTokens, httpPutResponseHopLimit, httpEndpoint, httpProtocolIpv6, instanceMetadataTags } = raw
  return { state, httpTokens, httpPutResponseHopLimit, httpEndpoint, httpProtocolIpv6, instanceMetadataTags }
}

/** The main address first. IPv6 addresses are public: whether they can be reached is the security groups' affair. */
function toAddresses(raw: RawInstance): { publicIps: readonly string[]; privateIps: readonly string[] } {
  const publicIps: string[] = []
  const privateIps: string[] = []
  const put = (list: string[], address: string | undefined): void => {
    if (address !== undefined && address !== '' && !list.includes(address)) list.push(address)
  }
  put(publicIps, raw.ipAddress)
  put(privateIps, raw.privateIpAddress)
  for (const { association, privateIpAddressesSet } of raw.networkInterfaceSet) {
    put(publicIps, association?.publicIp)
    for (const each of privateIpAddressesSet) {
      put(publicIps, each.association?.publicIp)
      put(privateIps, each.privateIpAddress)
    }
  }
  put(publicIps, raw.ipv6Address)
  for (const { ipv6AddressesSet } of raw.networkInterfaceSet)
    for (const { ipv6Address } of ipv6AddressesSet) put(publicIps, ipv6Address)
  return { publicIps, privateIps }
}
