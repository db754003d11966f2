// What nodes and volumes of EC2 tell, and what methods for them take: types only, so that it is loaded by nobody.
import type { CreateNodeOptions, CreateVolumeOptions, CreateVolumeSnapshotOptions } from '../../lib/compute/types.js'
import type { CallOptions } from '../../lib/options.js'
import type { Ref } from '../../lib/resource.js'
import type { EC2Filters } from './ec2.connection.js'
import type { EC2InstanceOptions } from './ec2.instances.js'
import type { EC2GroupName, EC2Reason, EC2Tags, EC2VolumeType } from './ec2.shared.js'

/** A volume that is attached to a node. */
export interface EC2NodeDevice {
  /** `'/dev/sda1'` */
  readonly deviceName: string
  readonly volumeId: string | undefined
  /** `'attaching'`, `'attached'`, `'detaching'` or `'detached'`. */
  readonly status: string | undefined
  readonly attachedAt: Date | undefined
  readonly deleteOnTermination: boolean | undefined
}

/** How a node may ask for its metadata. */
export interface EC2MetadataOptions {
  /** `'required'`: only with a token, by version 2 of the service. */
  readonly httpTokens?: 'optional' | 'required' | undefined
  /** How many hops a token may go, 1 to 64: 2 reaches containers. */
  readonly httpPutResponseHopLimit?: number | undefined
  readonly httpEndpoint?: 'enabled' | 'disabled' | undefined
  readonly httpProtocolIpv6?: 'enabled' | 'disabled' | undefined
  /** Whether the node's tags are among them. */
  readonly instanceMetadataTags?: 'enabled' | 'disabled' | undefined
}

/** A node's metadata options as they are. */
export interface EC2NodeMetadataOptions {
  /** `'pending'` until a change has reached the node, then `'applied'`. */
  readonly state: string | undefined
  readonly httpTokens: string | undefined
  readonly httpPutResponseHopLimit: number | undefined
  readonly httpEndpoint: string | undefined
  readonly httpProtocolIpv6: string | undefined
  readonly instanceMetadataTags: string | undefined
}

/** What only EC2 tells of a node. */
export interface EC2NodeExtra {
  /** EC2's own word: `'pending'`, `'running'`, `'shutting-down'`, `'terminated'`, `'stopping'` or `'stopped'`. */
  readonly state: string
  /** Why it is in that state. */
  readonly reason: EC2Reason | undefined
  readonly availabilityZone: string | undefined
  readonly placementGroup: string | undefined
  /** `'default'`, `'dedicated'` or `'host'`. */
  readonly tenancy: string | undefined
  readonly keyName: string | undefined
  /** The number in its reservation. */
  readonly launchIndex: number | undefined
  readonly dnsName: string | undefined
  readonly privateDnsName: string | undefined
  readonly subnetId: string | undefined
  readonly vpcId: string | undefined
  readonly networkInterfaceIds: readonly string[]
  readonly groups: readonly EC2GroupName[]
  readonly sourceDestCheck: boolean | undefined
  readonly architecture: string | undefined
  /** `'windows'`, or nothing. */
  readonly platform: string | undefined
  readonly platformDetails: string | undefined
  readonly rootDeviceName: string | undefined
  readonly rootDeviceType: string | undefined
  readonly blockDevices: readonly EC2NodeDevice[]
  readonly virtualizationType: string | undefined
  readonly hypervisor: string | undefined
  readonly iamProfile: { readonly arn: string | undefined; readonly id: string | undefined } | undefined
  readonly ebsOptimized: boolean | undefined
  readonly enaSupport: boolean | undefined
  /** `'disabled'`, `'disabling'`, `'enabled'` or `'pending'`. */
  readonly monitoring: string | undefined
  /** `'spot'`, `'scheduled'`, or nothing. */
  readonly lifecycle: string | undefined
  readonly spotRequestId: string | undefined
  readonly metadataOptions: EC2NodeMetadataOptions | undefined
  readonly clientToken: string | undefined
  readonly tags: EC2Tags
}

/** What `createNode` takes. An image is known by its id, a size by its name, a location by its zone's name. */
export interface EC2CreateNodeOptions extends CreateNodeOptions, EC2InstanceOptions {}

/** Several nodes alike. */
export interface EC2CreateNodesOptions extends EC2CreateNodeOptions {
  /** Fewer are not made. @defaultValue `ex_maxCount` */
  ex_minCount?: number | undefined
  ex_maxCount: number
}

export interface EC2ListNodesOptions extends CallOptions {
  ex_nodeIds?: readonly string[] | undefined
  /** See EC2's page on `DescribeInstances`. */
  ex_filters?: EC2Filters | undefined
}

export interface EC2StopNodeOptions extends CallOptions {
  /** Keeps the memory on the root volume, where the node was made for it. @defaultValue false */
  ex_hibernate?: boolean | undefined
  /** Does not wait for the system to shut down. @defaultValue false */
  ex_force?: boolean | undefined
}

/** A node that a volume is attached to. */
export interface EC2VolumeAttachment {
  readonly nodeId: string
  readonly device: string | undefined
  readonly status: string | undefined
  readonly attachedAt: Date | undefined
  readonly deleteOnTermination: boolean | undefined
}

/** What only EC2 tells of a volume. */
export interface EC2VolumeExtra {
  /** EC2's own word: `'creating'`, `'available'`, `'in-use'`, `'deleting'`, `'deleted'` or `'error'`. */
  readonly state: string
  readonly zone: string | undefined
  readonly createdAt: Date | undefined
  /** The snapshot that it began as. */
  readonly snapshotId: string | undefined
  readonly volumeType: string | undefined
  readonly iops: number | undefined
  /** MiB a second. */
  readonly throughput: number | undefined
  readonly encrypted: boolean | undefined
  readonly kmsKeyId: string | undefined
  readonly multiAttach: boolean | undefined
  readonly attachments: readonly EC2VolumeAttachment[]
  readonly tags: EC2Tags
}

/** What a volume becomes, and what it was. */
export interface EC2VolumeModification {
  readonly volumeId: string
  /** `'modifying'`, `'optimizing'`, `'completed'` or `'failed'`; it can be used all the time. */
  readonly state: string
  readonly statusMessage: string | undefined
  /** Percent. */
  readonly progress: number | undefined
  readonly startedAt: Date | undefined
  readonly endedAt: Date | undefined
  readonly target: EC2VolumeShape
  readonly original: EC2VolumeShape
}

export interface EC2VolumeShape {
  /** GiB. */
  readonly size: number | undefined
  readonly iops: number | undefined
  readonly volumeType: string | undefined
  /** MiB a second. */
  readonly throughput: number | undefined
}

export interface EC2CreateVolumeOptions extends CreateVolumeOptions {
  /** @defaultValue 'gp2' */
  ex_volumeType?: EC2VolumeType | undefined
  /** Of io1, io2 and gp3 volumes. */
  ex_iops?: number | undefined
  /** MiB a second, of gp3 volumes. */
  ex_throughput?: number | undefined
  ex_encrypted?: boolean | undefined
  /** A key of KMS. @defaultValue the account's key for EBS */
  ex_kmsKeyId?: string | undefined
  /** Of io1 and io2 volumes. @defaultValue false */
  ex_multiAttach?: boolean | undefined
  ex_tags?: EC2Tags | undefined
  /** What EC2 knows the request by. @defaultValue one of its own */
  ex_clientToken?: string | undefined
}

export interface EC2ListVolumesOptions extends CallOptions {
  /** Only those that are attached to this node. */
  ex_node?: Ref | undefined
  ex_volumeIds?: readonly string[] | undefined
  ex_filters?: EC2Filters | undefined
}

export interface EC2DetachVolumeOptions extends CallOptions {
  /** As if it was pulled out: what the system has not written is lost. @defaultValue false */
  ex_force?: boolean | undefined
}

export interface EC2CreateVolumeSnapshotOptions extends CreateVolumeSnapshotOptions {
  ex_description?: string | undefined
  /** Tags of the snapshot; its name is the tag `Name`. */
  ex_metadata?: EC2Tags | undefined
}

/** What is to change of a volume; what is absent stays. */
export interface EC2ModifyVolume {
  /** GiB: not less than before. */
  size?: number | undefined
  volumeType?: EC2VolumeType | undefined
  iops?: number | undefined
  /** MiB a second. */
  throughput?: number | undefined
  multiAttach?: boolean | undefined
}

export interface EC2ListModificationsOptions extends CallOptions {
  ex_volumeIds?: readonly string[] | undefined
  ex_filters?: EC2Filters | undefined
}

export interface EC2AddVolume {
  /** GiB. @defaultValue 8 */
  size?: number | undefined
  /** @defaultValue 'gp2' */
  driveType?: EC2VolumeType | undefined
}

/** What a node has written to its console. */
export interface EC2ConsoleOutput {
  readonly nodeId: string
  /** When it was last written down. */
  readonly timestamp: Date | undefined
  readonly output: string
}

/** What is to change of a node; what is absent stays. Most of it needs a stopped node. */
export interface EC2ModifyInstance {
  instanceType?: string | undefined
  /** Up to 16 KiB; read when the node starts the next time, by those who look for it. */
  userData?: string | Uint8Array | undefined
  /** Ids of all security groups that it is to have. */
  groupIds?: readonly string[] | undefined
  /** `false` for what routes. */
  sourceDestCheck?: boolean | undefined
  disableApiTermination?: boolean | undefined
  disableApiStop?: boolean | undefined
  ebsOptimized?: boolean | undefined
  enaSupport?: boolean | undefined
  instanceInitiatedShutdownBehavior?: 'stop' | 'terminate' | undefined
  kernel?: string | undefined
  ramdisk?: string | undefined
}

/** What can be asked of a node one by one. */
export type EC2InstanceAttribute =
  | 'instanceType'
  | 'userData'
  | 'kernel'
  | 'ramdisk'
  | 'rootDeviceName'
  | 'sriovNetSupport'
  | 'instanceInitiatedShutdownBehavior'
  | 'disableApiTermination'
  | 'disableApiStop'
  | 'ebsOptimized'
  | 'enaSupport'
  | 'sourceDestCheck'

/** An IAM instance profile that a node has. */
export interface EC2IamProfileAssociation {
  readonly id: string
  readonly nodeId: string
  /** `'associating'`, `'associated'`, `'disassociating'` or `'disassociated'`. */
  readonly state: string
  readonly arn: string | undefined
  readonly profileId: string | undefined
}

/** What EC2's own checks of a node say. */
export interface EC2NodeStatus {
  readonly nodeId: string
  readonly zone: string | undefined
  readonly state: string | undefined
  /** Of the node's system: `'ok'`, `'impaired'`, `'initializing'` and others. */
  readonly instanceStatus: string | undefined
  /** Of what is below it. */
  readonly systemStatus: string | undefined
  /** What EC2 is going to do with the node. */
  readonly events: readonly EC2NodeEvent[]
}

export interface EC2NodeEvent {
  readonly id: string | undefined
  /** `'instance-reboot'`, `'instance-retirement'` and others. */
  readonly code: string | undefined
  readonly description: string | undefined
  readonly notBefore: Date | undefined
  readonly notAfter: Date | undefined
}

export interface EC2ConsoleOptions extends CallOptions {
  /** What the console shows now, on sizes with Nitro. @defaultValue false */
  ex_latest?: boolean | undefined
}

export interface EC2ListProfilesOptions extends CallOptions {
  ex_filters?: EC2Filters | undefined
}

export interface EC2ListStatusOptions extends CallOptions {
  ex_nodeIds?: readonly string[] | undefined
  /** Also of nodes that do not run. @defaultValue false */
  ex_all?: boolean | undefined
  ex_filters?: EC2Filters | undefined
}
