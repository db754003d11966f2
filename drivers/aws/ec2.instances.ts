import type { NodeImage } from '../../lib/compute/types.js'
import * as xml from '../../lib/http/xml-shape.js'
import type { CallOptions } from '../../lib/options.js'
import type { Ref } from '../../lib/resource.js'
import { answer, type EC2Connection } from './ec2.connection.js'
import { type EC2BlockDevice, type EC2Tags, fromBlockDevices, needed, refused, tagged } from './ec2.shared.js'
import type { EC2CreateNodeOptions, EC2MetadataOptions } from './ec2.types.js'
import type { QueryParam, QueryParams } from './query.js'

/** A network interface of a node that is to be made. */
export interface EC2InstanceInterface {
  /** @defaultValue its place in the list */
  deviceIndex?: number | undefined
  /** One that is there already. */
  networkInterface?: Ref | undefined
  subnet?: Ref | undefined
  securityGroupIds?: readonly string[] | undefined
  privateIpAddress?: string | undefined
  secondaryPrivateIpAddressCount?: number | undefined
  ipv6AddressCount?: number | undefined
  associatePublicIpAddress?: boolean | undefined
  deleteOnTermination?: boolean | undefined
  description?: string | undefined
}

/** What an instance may be made with. */
export interface EC2InstanceOptions {
  /** A key pair of the account; not beside `auth`. */
  ex_keyName?: string | undefined
  /** Cloud-init's configuration, or a script: up to 16 KiB. It is encoded for EC2. */
  ex_userData?: string | Uint8Array | undefined
  /** Names of security groups, in the default VPC. */
  ex_securityGroups?: readonly string[] | undefined
  ex_securityGroupIds?: readonly string[] | undefined
  /** Tags of the node; its name is the tag `Name`. */
  ex_metadata?: EC2Tags | undefined
  /** Tags of the volumes that are made with it. */
  ex_volumeTags?: EC2Tags | undefined
  /** What EC2 knows the request by: given again within a day, it makes nothing more. @defaultValue one of its own */
  ex_clientToken?: string | undefined
  ex_blockDeviceMappings?: readonly EC2BlockDevice[] | undefined
  /** GiB of the root volume. The image is looked up for its name of that device, unless it tells it. */
  ex_diskSize?: number | undefined
  /** Name or ARN of an IAM instance profile. */
  ex_iamProfile?: string | undefined
  ex_ebsOptimized?: boolean | undefined
  ex_subnet?: Ref | undefined
  ex_placementGroup?: string | undefined
  /** @defaultValue 'default' */
  ex_tenancy?: 'default' | 'dedicated' | 'host' | undefined
  /** Whether there is a public IPv4 address. @defaultValue as the subnet says */
  ex_assignPublicIp?: boolean | undefined
  /** How many IPv6 addresses there are, of the subnet's. */
  ex_ipv6AddressCount?: number | undefined
  ex_privateIpAddress?: string | undefined
  /** In place of one interface made of the options above. */
  ex_networkInterfaces?: readonly EC2InstanceInterface[] | undefined
  /** Destroys the node when its system shuts down. @defaultValue false */
  ex_terminateOnShutdown?: boolean | undefined
  /** Buys what is left over, which may be taken away. @defaultValue false */
  ex_spot?: boolean | undefined
  /** The most to be paid for an hour, in dollars. @defaultValue the price on demand */
  ex_spotMaxPrice?: number | undefined
  ex_metadataOptions?: EC2MetadataOptions | undefined
  /** Measures every minute, at a price. @defaultValue false */
  ex_monitoring?: boolean | undefined
  /** Refuses `destroyNode`. @defaultValue false */
  ex_disableApiTermination?: boolean | undefined
  /** Of burstable sizes. */
  ex_cpuCredits?: 'standard' | 'unlimited' | undefined
  /** Lets `stopNode` keep the memory. @defaultValue false */
  ex_hibernation?: boolean | undefined
  /** What it does not say stands in the template. */
  ex_launchTemplate?: EC2LaunchTemplateRef | undefined
  /** Whatever else `RunInstances` takes, by EC2's own names. */
  ex_params?: QueryParams | undefined
}
/** A launch template by its id or name. */
export interface EC2LaunchTemplateRef {
  id?: string | undefined
  name?: string | undefined
  /** A number, `'$Latest'` or `'$Default'`. @defaultValue '$Default' */
  version?: string | undefined
}

/** Before it is encoded: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
const USER_DATA_MOST = 16_384

/** A driver, as far as making instances needs it. */
interface Maker {
  readonly provider: string
  readonly region: string
  readonly connection: EC2Connection
}

/** The parameters of `RunInstances`. */
export async function fromInstanceOptions(
  driver: Maker,
  node: EC2CreateNodeOptions,
  options: CallOptions | undefined,
): Promise<QueryParams> {
  const { location, ex_spot: spot, ex_spotMaxPrice: MaxPrice } = node
  const userData = fromUserData(driver, node.ex_userData, options)
  const network = fromNetwork(driver, node, options)
  const BlockDeviceMapping = await fromDevices(driver, node, options)
  return {
    ImageId: node.image.id,
    InstanceType: node.size.id,
    UserData: userData,
    Placement: {
      // A location may be the region itself: then the zone is EC2's choice.
      AvailabilityZone: location === undefined || location.id === driver.region ? undefined : location.id,
      GroupName: node.ex_placementGroup,
      Tenancy: node.ex_tenancy,
    },
    ...network,
    BlockDeviceMapping,
    IamInstanceProfile: fromProfile(node.ex_iamProfile),
    EbsOptimized: node.ex_ebsOptimized,
    InstanceInitiatedShutdownBehavior: fromFlag(node.ex_terminateOnShutdown, 'terminate', 'stop'),
    InstanceMarketOptions:
      spot || MaxPrice !== undefined ? { MarketType: 'spot', SpotOptions: { MaxPrice } } : undefined,
    MetadataOptions: node.ex_metadataOptions && fromMetadataOptions(node.ex_metadataOptions),
    Monitoring: { Enabled: node.ex_monitoring },
    DisableApiTermination: node.ex_disableApiTermination,
    CreditSpecification: { CpuCredits: node.ex_cpuCredits },
    HibernationOptions: { Configured: node.ex_hibernation },
    LaunchTemplate: fromTemplate(node.ex_launchTemplate),
    TagSpecification: fromTags(node),
    ...node.ex_params,
  }
}

function fromFlag(flag: boolean | undefined, yes: string, no: string): string | undefined {
  return flag === undefined ? undefined : flag ? yes : no
}

/** User data as EC2 takes it. */
export function fromUserData(
  driver: { readonly provider: string },
  data: string | Uint8Array | undefined,
  options: CallOptions | undefined,
): string | undefined {
  if (data === undefined) return undefined
  const bytes = Buffer.from(data)
  if (bytes.length <= USER_DATA_MOST) return bytes.toString('base64')
  throw refused(driver, 'node.ex_userData', `at most ${USER_DATA_MOST} bytes, not ${bytes.length}`, options)
}

/** By name, or by ARN. */
export function fromProfile(profile: string | undefined): QueryParam {
  return profile?.startsWith('arn:') ? { Arn: profile } : { Name: profile }
}

export function fromMetadataOptions(metadata: EC2MetadataOptions): QueryParams {
  return {
    HttpTokens: metadata.httpTokens,
    HttpPutResponseHopLimit: metadata.httpPutResponseHopLimit,
    HttpEndpoint: metadata.httpEndpoint,
    HttpProtocolIpv6: metadata.httpProtocolIpv6,
    InstanceMetadataTags: metadata.instanceMetadataTags,
  }
}

export function fromTemplate(template: EC2LaunchTemplateRef | undefined): QueryParam {
  if (template === undefined) return undefined
  return { LaunchTemplateId: template.id, LaunchTemplateName: template.name, Version: template.version }
}

function fromTags(node: EC2CreateNodeOptions): QueryParam {
  const own = tagged('instance', node.name, node.ex_metadata) as readonly QueryParam[]
  const volumes = tagged('volume', undefined, node.ex_volumeTags) as readonly QueryParam[] | undefined
  return volumes === undefined ? own : [...own, ...volumes]
}

/** Whether there is a public address can be said of an interface only, and then all of the network is said there. */
function fromNetwork(driver: Maker, node: EC2CreateNodeOptions, options: CallOptions | undefined): QueryParams {
  const given = node.ex_networkInterfaces
  if (given === undefined && node.ex_assignPublicIp === undefined) {
    return {
      SubnetId: node.ex_subnet?.id,
      SecurityGroup: node.ex_securityGroups,
      SecurityGroupId: node.ex_securityGroupIds,
      Ipv6AddressCount: node.ex_ipv6AddressCount,
      PrivateIpAddress: node.ex_privateIpAddress,
    }
  }
  if (node.ex_securityGroups !== undefined) {
    const allowed = 'absent where interfaces or public addresses are asked for: give ex_securityGroupIds'
    throw refused(driver, 'node.ex_securityGroups', allowed, options)
  }
  const only: EC2InstanceInterface = {
    subnet: node.ex_subnet,
    securityGroupIds: node.ex_securityGroupIds,
    ipv6AddressCount: node.ex_ipv6AddressCount,
    privateIpAddress: node.ex_privateIpAddress,
    associatePublicIpAddress: node.ex_assignPublicIp,
  }
  return { NetworkInterface: (given ?? [only]).map(fromInterface) }
}

function fromInterface(each: EC2InstanceInterface, index: number): QueryParams {
  return {
    DeviceIndex: each.deviceIndex ?? index,
    NetworkInterfaceId: each.networkInterface?.id,
    SubnetId: each.subnet?.id,
    SecurityGroupId: each.securityGroupIds,
    PrivateIpAddress: each.privateIpAddress,
    SecondaryPrivateIpAddressCount: each.secondaryPrivateIpAddressCount,
    Ipv6AddressCount: each.ipv6AddressCount,
    AssociatePublicIpAddress: each.associatePublicIpAddress,
    DeleteOnTermination: each.deleteOnTermination,
    Description: each.description,
  }
}

const ROOT_DEVICES = answer('DescribeImages', {
  imagesSet: xml.wrapped('item', xml.object({ rootDeviceName: xml.string })),
})

async function fromDevices(
  { connection }: Maker,
  { image, ex_diskSize: volumeSize, ex_blockDeviceMappings: given }: EC2CreateNodeOptions,
  options: CallOptions | undefined,
): Promise<QueryParam> {
  if (volumeSize === undefined) return fromBlockDevices(given)
  const known = (image as Partial<NodeImage<{ rootDeviceName?: string | undefined }>>).extra?.rootDeviceName
  const map = ({ imagesSet }: { imagesSet: { rootDeviceName?: string }[] }): string =>
    needed(imagesSet[0]?.rootDeviceName, 'rootDeviceName')
  const params = { ImageId: [image.id] }
  const spec = { action: 'DescribeImages', params, shape: ROOT_DEVICES, map }
  const deviceName = known ?? (await connection.query(spec, options))
  return fromBlockDevices([{ deviceName, ebs: { volumeSize, deleteOnTermination: true } }, ...(given ?? [])])
}
