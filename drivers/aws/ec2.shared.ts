import { InvalidRequestError } from '../../lib/errors.js'
import * as xml from '../../lib/http/xml-shape.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { EC2Filters } from './ec2.connection.js'
import type { QueryParam, QueryParams } from './query.js'

/** Tags by their keys. */
export type EC2Tags = Readonly<Record<string, string>>

/** A code, and what it means. */
export interface EC2Reason {
  readonly code: string | undefined
  readonly message: string | undefined
}
/** A security group, as other things name it. */
export interface EC2GroupName {
  readonly id: string
  readonly name: string | undefined
}

export const TAGS: xml.XmlMap<string> = xml.map(xml.string, { entry: 'item', key: 'key', value: 'value' })
export const TAGGED: xml.XmlMap<string> = xml.named('tagSet', TAGS)
/** A code and its meaning. */
export const REASON: xml.XmlShape<{ code?: string; message?: string }> = xml.object({
  code: xml.string,
  message: xml.string,
})
export const GROUPS: xml.XmlList<{ groupId?: string; groupName?: string }> = xml.wrapped(
  'item',
  xml.object({ groupId: xml.string, groupName: xml.string }),
)
/** Text in an element of its own: `<instanceType><value>t3.micro</value></instanceType>`. */
export const VALUE: xml.XmlShape<{ value?: string }> = xml.object({ value: xml.string })

/** What a reply must have. */
export function needed<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`The reply has no '${name}'`)
  return value
}

export function toTags(raw: ReadonlyMap<string, string>): EC2Tags {
  return raw.size === 0 ? NO_TAGS : Object.fromEntries(raw)
}
const NO_TAGS: EC2Tags = Object.freeze({})

export function toGroupNames(raw: readonly { groupId?: string; groupName?: string }[]): readonly EC2GroupName[] {
  return raw.map(({ groupId, groupName }) => ({ id: needed(groupId, 'groupId'), name: groupName }))
}

export function toReason(raw: { code?: string; message?: string } | undefined): EC2Reason | undefined {
  return raw && { code: raw.code, message: raw.message }
}

/** `Filter.1.Name=…`; what is there already stays. */
export function toFilters(
  filters: EC2Filters | undefined,
  also: Readonly<Record<string, string | undefined>> = {},
): QueryParam {
  const all = [...Object.entries(also), ...Object.entries(filters ?? {})]
  return all
    .filter(([, value]) => value !== undefined)
    .map(([Name, value]) => ({ Name, Value: typeof value === 'string' ? [value] : value }))
}

/** `Tag.1.Key=…` */
export function toTagList(tags: EC2Tags): QueryParam {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

/** Tags of what is made, so that it never is without them. */
export function tagged(type: string, name: string | undefined, tags: EC2Tags | undefined): QueryParam {
  const all = { ...(name === undefined ? {} : { Name: name }), ...tags }
  return Object.keys(all).length === 0 ? undefined : [{ ResourceType: type, Tag: toTagList(all) }]
}

/** What only EC2 would refuse, and later. */
export function refused(
  { provider }: { readonly provider: string },
  argument: string,
  allowed: string,
  options: CallOptions | undefined,
): InvalidRequestError {
  const operation = operationOf(options)
  const message = `${operation === undefined ? '' : `${operation}: `}'${argument}' must be ${allowed}`
  return new InvalidRequestError(message, { provider, operation, argument, allowed })
}

/** A storage device of a node, or of an image. */
export interface EC2BlockDevice {
  /** `'/dev/sda1'` */
  deviceName?: string | undefined
  /** Of an instance store: `'ephemeral0'`. */
  virtualName?: string | undefined
  ebs?: EC2BlockDeviceVolume | undefined
  /** Leaves out a device that the image has. */
  noDevice?: boolean | undefined
}
/** The volume behind a device. */
export interface EC2BlockDeviceVolume {
  deleteOnTermination?: boolean | undefined
  iops?: number | undefined
  snapshotId?: string | undefined
  /** GiB. */
  volumeSize?: number | undefined
  volumeType?: EC2VolumeType | undefined
  kmsKeyId?: string | undefined
  /** MiB a second, of a gp3 volume. */
  throughput?: number | undefined
  encrypted?: boolean | undefined
}
/** What a volume is made of. */
export type EC2VolumeType = 'standard' | 'io1' | 'io2' | 'gp2' | 'gp3' | 'sc1' | 'st1'

/** `BlockDeviceMapping.1.Ebs.VolumeSize=…` */
export function fromBlockDevices(devices: readonly EC2BlockDevice[] | undefined): QueryParam {
  return devices?.map(({ deviceName, virtualName, ebs, noDevice }) => ({
    DeviceName: deviceName,
    VirtualName: virtualName,
    Ebs: ebs && fromVolume(ebs),
    NoDevice: noDevice ? '' : undefined,
  }))
}

function fromVolume(volume: EC2BlockDeviceVolume): QueryParams {
  return {
    DeleteOnTermination: volume.deleteOnTermination,
    Iops: volume.iops,
    SnapshotId: volume.snapshotId,
    VolumeSize: volume.volumeSize,
    VolumeType: volume.volumeType,
    KmsKeyId: volume.kmsKeyId,
    Throughput: volume.throughput,
    Encrypted: volume.encrypted,
  }
}

/** A size of pages that all lists without one of their own take. */
export const PAGE = 1000

/** A member of each kind of things that has tags. */
export interface EC2Tagged {
  readonly id: string
  /** The tag `Name`, or the id. */
  readonly name: string
  readonly tags: EC2Tags
}
/** What is common to things with tags. */
export function named(id: string | undefined, tagSet: ReadonlyMap<string, string>, what: string): EC2Tagged {
  const known = needed(id, what)
  return { id: known, name: tagSet.get('Name') || known, tags: toTags(tagSet) }
}
