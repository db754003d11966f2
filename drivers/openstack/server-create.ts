import type { CreateNodeOptions } from '../../lib/compute/types.js'
import { NodeAuthPassword } from '../../lib/compute/types.js'
import type { Ref } from '../../lib/resource.js'
import { atLeast } from './microversions.js'

/** A network interface that a server begins with: a network, or a port that exists. */
export interface OpenStackNic {
  readonly network?: Ref | undefined
  readonly port?: Ref | undefined
  /** The address it is to have in the network. */
  readonly fixedIp?: string | undefined
  /** By which the server knows it. */
  readonly tag?: string | undefined
}
/** A disk that a server begins with. */
export interface OpenStackBlockDevice {
  /** What the disk is made of; `'blank'` is an empty one. */
  readonly source: 'volume' | 'snapshot' | 'image' | 'blank'
  /** Of the volume, the snapshot or the image. */
  readonly id?: string | undefined
  /** Where it lies: on the host, or in a volume that outlives it. @defaultValue 'volume' */
  readonly destination?: 'volume' | 'local' | undefined
  /** GiB; needed where a volume is made of something smaller, or of nothing. */
  readonly size?: number | undefined
  /** 0 is the disk that is booted from; -1 is not booted from. @defaultValue 0 for the first, -1 for the others */
  readonly bootIndex?: number | undefined
  /** Whether the volume goes with the server. @defaultValue false */
  readonly deleteOnTermination?: boolean | undefined
  /** The type of the volume that is made. Needs microversion 2.67. */
  readonly volumeType?: string | undefined
  /** The device's name on the node. @defaultValue the hypervisor's choice */
  readonly device?: string | undefined
}

/** What a server may be made with. */
export interface OpenStackServerOptions {
  /** Name of a key pair that the user has. The key of `auth` is added to the user's instead. */
  ex_keyName?: string | undefined
  /** Cloud-init's configuration, or a script: up to 65535 bytes in base64, which is made here. */
  ex_userData?: string | Uint8Array | undefined
  /** Whether the server finds its metadata on a disk too. @defaultValue the cloud's choice */
  ex_configDrive?: boolean | undefined
  ex_metadata?: Readonly<Record<string, string>> | undefined
  /** Names or ids; for ports that exist, those of the port are kept. @defaultValue the project's group 'default' */
  ex_securityGroups?: readonly (string | Ref)[] | undefined
  /** Its networks, in this order; `'auto'` is the only one that the project has; `'none'` leaves it without. @defaultValue 'auto' */
  ex_networks?: readonly (Ref | OpenStackNic)[] | 'auto' | 'none' | undefined
  /** In place of `location`. */
  ex_availabilityZone?: string | undefined
  /** Disks. With one that is booted from, the image is not used. */
  ex_blockDevices?: readonly OpenStackBlockDevice[] | undefined
  /** Boots from a volume of so many GiB that is made of the image. */
  ex_bootVolumeSize?: number | undefined
  /** `'AUTO'` grows the root partition to the size's disk. @defaultValue what the image says */
  ex_diskConfig?: 'AUTO' | 'MANUAL' | undefined
  /** A group that says where its servers are placed. */
  ex_serverGroup?: Ref | undefined
  /** What else the scheduler is told. */
  ex_schedulerHints?: Readonly<Record<string, unknown>> | undefined
  ex_description?: string | undefined
  /** Needs microversion 2.52. */
  ex_tags?: readonly string[] | undefined
  /** What the server calls itself, where that is not its name. Needs microversion 2.90. */
  ex_hostname?: string | undefined
}
/** What `createNode` takes. */
export interface OpenStackCreateNodeOptions extends CreateNodeOptions, OpenStackServerOptions {}

/** From here on a server's flavor is told without its id, and no later one tells more that is needed. */
export const SERVER_VERSION = '2.46'

/** The microversions that a creation needs. */
export function createVersion(node: OpenStackServerOptions): { wanted: string; least?: string } {
  const needs: readonly (readonly [boolean, string])[] = [
    [node.ex_hostname !== undefined, '2.90'],
    [node.ex_blockDevices?.some(each => each.volumeType !== undefined) ?? false, '2.67'],
    [node.ex_tags !== undefined, '2.52'],
    [node.ex_networks === 'none', '2.37'],
    [node.ex_description !== undefined, '2.19'],
  ]
  const least = needs.find(([needed]) => needed)?.[1]
  if (least === undefined) return { wanted: SERVER_VERSION }
  return { wanted: atLeast(SERVER_VERSION, least) ? SERVER_VERSION : least, least }
}

function networksOf(node: OpenStackServerOptions, version: string | undefined): unknown {
  const { ex_networks: networks = 'auto' } = node
  // Older ones know no words, and do by themselves what 'auto' asks for.
  if (typeof networks === 'string') return version !== undefined && atLeast(version, '2.37') ? networks : undefined
  return networks.map(each => {
    const { network, port, fixedIp, tag } = 'id' in each ? { network: each } : (each as OpenStackNic)
    return { uuid: network?.id, port: port?.id, fixed_ip: fixedIp, tag }
  })
}

function devicesOf(node: OpenStackCreateNodeOptions): readonly OpenStackBlockDevice[] {
  const { ex_bootVolumeSize: size, ex_blockDevices: devices = [] } = node
  if (size === undefined) return devices
  return [{ source: 'image', id: node.image.id, size, deleteOnTermination: true, bootIndex: 0 }, ...devices]
}

function toRawDevice(device: OpenStackBlockDevice, index: number): object {
  const { source, id, destination = 'volume', size, deleteOnTermination = false } = device
  return {
    boot_index: device.bootIndex ?? (index === 0 ? 0 : -1),
    uuid: id,
    source_type: source,
    destination_type: destination,
    volume_size: size,
    delete_on_termination: deleteOnTermination,
    volume_type: device.volumeType,
    device_name: device.device,
  }
}

/** The body that makes a server. */
export function toRawCreate(
  node: OpenStackCreateNodeOptions,
  keyName: string | undefined,
  version: string | undefined,
): object {
  const devices = devicesOf(node).map(toRawDevice)
  const boots = devices.some(each => (each as { boot_index: number }).boot_index === 0)
  const { ex_userData: userData, ex_serverGroup: group, ex_schedulerHints: hints } = node
  const server = {
    name: node.name,
    flavorRef: node.size.id,
    imageRef: boots ? undefined : node.image.id,
    key_name: keyName ?? node.ex_keyName,
    adminPass: node.auth instanceof NodeAuthPassword ? node.auth.password : undefined,
    availability_zone: node.ex_availabilityZone ?? node.location?.id,
    networks: networksOf(node, version),
    security_groups: node.ex_securityGroups?.map(each => ({ name: typeof each === 'string' ? each : each.id })),
    metadata: node.ex_metadata,
    user_data: userData === undefined ? undefined : Buffer.from(userData as string).toString('base64'),
    config_drive: node.ex_configDrive,
    block_device_mapping_v2: devices.length === 0 ? undefined : devices,
    'OS-DCF:diskConfig': node.ex_diskConfig,
    description: node.ex_description,
    tags: node.ex_tags,
    hostname: node.ex_hostname,
  }
  const all = { ...hints, ...(group === undefined ? {} : { group: group.id }) }
  return { server, 'os:scheduler_hints': Object.keys(all).length === 0 ? undefined : all }
}
