import {
  type AttachVolumeOptions,
  StorageVolume,
  StorageVolumeState,
  type VolumeSnapshot,
} from '../../lib/compute/types.js'
import { ConflictError, VolumeDoesNotExistError } from '../../lib/errors.js'
import * as xml from '../../lib/http/xml-shape.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { answer, itself, listing } from './ec2.connection.js'
import { needed, TAGGED, tagged, toFilters, toTags } from './ec2.shared.js'
import {
  type EC2SnapshotExtra,
  EC2Snapshots,
  listSnapshots,
  type RawSnapshot,
  SNAPSHOT,
  toSnapshot,
} from './ec2.snapshots.js'
import type {
  EC2AddVolume,
  EC2CreateVolumeOptions,
  EC2CreateVolumeSnapshotOptions,
  EC2DetachVolumeOptions,
  EC2ListModificationsOptions,
  EC2ListVolumesOptions,
  EC2ModifyVolume,
  EC2VolumeExtra,
  EC2VolumeModification,
} from './ec2.types.js'

const STATES: Readonly<Record<string, StorageVolumeState>> = {
  creating: StorageVolumeState.CREATING,
  available: StorageVolumeState.AVAILABLE,
  'in-use': StorageVolumeState.INUSE,
  deleting: StorageVolumeState.DELETING,
  deleted: StorageVolumeState.DELETED,
  error: StorageVolumeState.ERROR,
}

const VOLUME = {
  volumeId: xml.string,
  size: xml.number,
  snapshotId: xml.string,
  availabilityZone: xml.string,
  status: xml.string,
  createTime: xml.date,
  attachmentSet: xml.wrapped(
    'item',
    xml.object({
      instanceId: xml.string,
      device: xml.string,
      status: xml.string,
      attachTime: xml.date,
      deleteOnTermination: xml.boolean,
    }),
  ),
  tagSet: TAGGED,
  volumeType: xml.string,
  iops: xml.number,
  throughput: xml.number,
  encrypted: xml.boolean,
  kmsKeyId: xml.string,
  multiAttachEnabled: xml.boolean,
}
const VOLUME_ITEM = xml.object(VOLUME)
type RawVolume = xml.Infer<typeof VOLUME_ITEM>
const VOLUMES = listing('DescribeVolumes', 'volumeSet', VOLUME_ITEM, 500)
const CREATED = answer('CreateVolume', VOLUME)
const SNAPPED = itself('CreateSnapshot', SNAPSHOT)
const ZONES = listing('DescribeAvailabilityZones', 'availabilityZoneInfo', xml.object({ zoneName: xml.string }))

const MODIFICATION = xml.object({
  volumeId: xml.string,
  modificationState: xml.string,
  statusMessage: xml.string,
  targetSize: xml.number,
  targetIops: xml.number,
  targetVolumeType: xml.string,
  targetThroughput: xml.number,
  originalSize: xml.number,
  originalIops: xml.number,
  originalVolumeType: xml.string,
  originalThroughput: xml.number,
  progress: xml.number,
  startTime: xml.date,
  endTime: xml.date,
})
type RawModification = xml.Infer<typeof MODIFICATION>
const MODIFICATIONS = listing('DescribeVolumesModifications', 'volumeModificationSet', MODIFICATION, 500)
const MODIFIED = answer('ModifyVolume', { volumeModification: MODIFICATION })

/** Volumes of Elastic Block Store. Attaching and detaching resolve when they are accepted: `ex_waitForVolume` waits. */
export abstract class EC2Volumes extends EC2Snapshots {
  /** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html */
  listVolumes(options?: EC2ListVolumesOptions): Pager<StorageVolume<EC2VolumeExtra>> {
    const attached = { 'attachment.instance-id': options?.ex_node?.id }
    const params = { VolumeId: options?.ex_volumeIds, Filter: toFilters(options?.ex_filters, attached) }
    return this.connection.all(VOLUMES, raw => toVolume(this, raw), params, options)
  }

  /** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html */
  async getVolume(volumeId: string, options?: CallOptions): Promise<StorageVolume<EC2VolumeExtra>> {
    const [volume] = await this.connection.all(VOLUMES, raw => toVolume(this, raw), { VolumeId: [volumeId] }, options)
    if (volume !== undefined) return volume
    const operation = operationOf(options)
    const message = `${operation}: there is no volume ${volumeId}`
    throw new VolumeDoesNotExistError(message, { provider: this.provider, operation })
  }

  /** A volume lies in a zone: the location, or the first zone of the region.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html */
  async createVolume(
    volume: EC2CreateVolumeOptions,
    options?: CallOptions,
  ): Promise<Owned<StorageVolume<EC2VolumeExtra>>> {
    const zone = volume.location?.id ?? (await firstZone(this, options))
    const params = {
      AvailabilityZone: zone,
      Size: volume.size,
      SnapshotId: volume.snapshot?.id,
      VolumeType: volume.ex_volumeType,
      Iops: volume.ex_iops,
      Throughput: volume.ex_throughput,
      Encrypted: volume.ex_encrypted ?? (volume.ex_kmsKeyId === undefined ? undefined : true),
      KmsKeyId: volume.ex_kmsKeyId,
      MultiAttachEnabled: volume.ex_multiAttach,
      TagSpecification: tagged('volume', volume.name, volume.ex_tags),
    }
    const map = (raw: RawVolume) => toVolume(this, raw)
    const spec = { action: 'CreateVolume', params, shape: CREATED, map, token: volume.ex_clientToken }
    const made = await this.connection.create(spec, options)
    return owned(made, () => this.destroyVolume(made))
  }

  /** Without a device, the first of `/dev/sdf` to `/dev/sdp` that the node has free.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachVolume.html */
  async attachVolume(node: Ref, volume: Ref, options?: AttachVolumeOptions): Promise<void> {
    const device = options?.device ?? (await freeDevice(this, node, options))
    const params = { VolumeId: volume.id, InstanceId: node.id, Device: device }
    await this.connection.act('AttachVolume', params, options)
  }

  /** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachVolume.html */
  async detachVolume(volume: Ref, options?: EC2DetachVolumeOptions): Promise<void> {
    await this.connection.act('DetachVolume', { VolumeId: volume.id, Force: options?.ex_force }, options)
  }

  /** @throws ConflictError while it is attached.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVolume.html */
  async destroyVolume(volume: Ref, options?: CallOptions): Promise<void> {
    await this.connection.set('DeleteVolume', { VolumeId: volume.id }, options)
  }

  /** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html */
  listVolumeSnapshots(volume: Ref, options?: CallOptions): Pager<VolumeSnapshot<EC2SnapshotExtra>> {
    return listSnapshots(this, { Filter: toFilters({ 'volume-id': volume.id }) }, options)
  }

  /** Resolves when the snapshot has begun: what is written to the volume from then on is not in it.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html */
  async createVolumeSnapshot(
    volume: Ref,
    options?: EC2CreateVolumeSnapshotOptions,
  ): Promise<Owned<VolumeSnapshot<EC2SnapshotExtra>>> {
    const params = {
      VolumeId: volume.id,
      Description: options?.ex_description,
      TagSpecification: tagged('snapshot', options?.name, options?.ex_metadata),
    }
    const map = (raw: RawSnapshot) => toSnapshot(this, raw)
    const spec = { action: 'CreateSnapshot', params, shape: SNAPPED, map, idempotent: false }
    const made = await this.connection.query(spec, options)
    return owned(made, () => this.destroyVolumeSnapshot(made))
  }

  /** @throws ConflictError while an image needs it.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSnapshot.html */
  async destroyVolumeSnapshot(snapshot: Ref, options?: CallOptions): Promise<void> {
    await this.connection.set('DeleteSnapshot', { SnapshotId: snapshot.id }, options)
  }

  /**
   * Changes a volume's size, kind or speed while it is in use. A file system on it is to be grown afterwards.
   *
   * @example
   * ```ts
   * await driver.ex_modifyVolume(volume, { size: 100, volumeType: 'gp3' })
   * await driver.ex_waitForVolumeModification(volume)
   * ```
   * @throws VolumeDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVolume.html
   */
  async ex_modifyVolume(volume: Ref, changes: EC2ModifyVolume, options?: CallOptions): Promise<EC2VolumeModification> {
    const params = {
      VolumeId: volume.id,
      Size: changes.size,
      VolumeType: changes.volumeType,
      Iops: changes.iops,
      Throughput: changes.throughput,
      MultiAttachEnabled: changes.multiAttach,
    }
    const map = (raw: xml.Infer<typeof MODIFIED>) =>
      toModification(needed(raw.volumeModification, 'volumeModification'))
    return this.connection.query({ action: 'ModifyVolume', params, shape: MODIFIED, map }, options)
  }

  /**
   * Changes of volumes, those of the last weeks too.
   *
   * @example
   * ```ts
   * const [change] = await driver.ex_describeVolumesModifications({ ex_volumeIds: [volume.id] })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumesModifications.html
   */
  ex_describeVolumesModifications(options?: EC2ListModificationsOptions): Pager<EC2VolumeModification> {
    const params = { VolumeId: options?.ex_volumeIds, Filter: toFilters(options?.ex_filters) }
    return this.connection.all(MODIFICATIONS, toModification, params, options)
  }

  /**
   * Waits until a volume has the size and kind that were asked for. EC2 goes on optimizing it for hours.
   *
   * @example
   * ```ts
   * await driver.ex_waitForVolumeModification(volume, { timeout: 600_000 })
   * ```
   * @throws WaitError when the change has failed.
   * @see https://docs.aws.amazon.com/ebs/latest/userguide/monitoring-volume-modifications.html
   */
  async ex_waitForVolumeModification(volume: Ref, options?: WaitOptions): Promise<EC2VolumeModification> {
    const look = async (lookOptions: CallOptions) => {
      const params = { VolumeId: [volume.id] }
      const [value] = await this.connection.all(MODIFICATIONS, toModification, params, lookOptions)
      if (value?.state === 'completed' || value?.state === 'optimizing') return { done: true, value } as const
      if (value?.state === 'failed') return { failed: value.statusMessage ?? 'it has failed', state: value.state }
      return { state: value?.state, percent: value?.progress }
    }
    return this.connection.poll(`volume ${volume.id} to be changed`, look, options)
  }

  /**
   * Waits until a volume is in a state: `'available'` after it was made or detached, `'in-use'` after it was attached.
   *
   * @example
   * ```ts
   * await volume.detach()
   * await driver.ex_waitForVolume(volume, 'available')
   * ```
   * @throws WaitError when it has failed.
   * @see https://docs.aws.amazon.com/ebs/latest/userguide/ebs-describing-volumes.html
   */
  async ex_waitForVolume(
    volume: Ref,
    state: 'available' | 'in-use',
    options?: WaitOptions,
  ): Promise<StorageVolume<EC2VolumeExtra>> {
    const look = async (lookOptions: CallOptions) => {
      const value = await this.getVolume(volume.id, lookOptions)
      const seen = value.extra.state
      const settled = value.extra.attachments.every(({ status }) => status === 'attached' || status === undefined)
      if (seen === state && settled) return { done: true, value } as const
      return seen === 'error' || seen === 'deleted' ? { failed: `it is ${seen}`, state: seen } : { state: seen }
    }
    return this.connection.poll(`volume ${volume.id} to be ${state}`, look, options)
  }

  /**
   * Makes a volume, attaches it to a node at the first free device, and sees to it that it goes with the node.
   * It is destroyed again where it cannot be attached.
   *
   * @example
   * ```ts
   * const volume = await driver.ex_addVolume(node, { size: 20, driveType: 'gp3' })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachVolume.html
   */
  async ex_addVolume(node: Ref, volume: EC2AddVolume, options?: WaitOptions): Promise<StorageVolume<EC2VolumeExtra>> {
    const { name, extra } = await this.getNode(node.id, options)
    const { size = 8, driveType: ex_volumeType = 'gp2' } = volume
    const location = { id: needed(extra.availabilityZone, 'availabilityZone') }
    const device = firstFree(this, extra.blockDevices, options)
    const made = await this.createVolume({ name: `${name} ${device}`, size, location, ex_volumeType }, options)
    try {
      await this.ex_waitForVolume(made, 'available', options)
      await this.attachVolume(node, made, { ...options, device })
      const attached = await this.ex_waitForVolume(made, 'in-use', options)
      const Ebs = { VolumeId: made.id, DeleteOnTermination: true }
      const params = { InstanceId: node.id, BlockDeviceMapping: [{ DeviceName: device, Ebs }] }
      await this.connection.set('ModifyInstanceAttribute', params, options)
      return attached
    } catch (error) {
      const { giveBack } = await import('./ec2.cleanup.js')
      return giveBack(this, `the volume ${made.id}`, error, options, async cleaning => {
        await this.connection.set('DetachVolume', { VolumeId: made.id, Force: true }, cleaning).catch(() => {})
        await this.ex_waitForVolume(made, 'available', cleaning)
        await this.destroyVolume(made, cleaning)
      })
    }
  }
}

async function firstZone({ connection }: EC2Volumes, options: CallOptions | undefined): Promise<string> {
  const params = { Filter: toFilters({ state: 'available', 'zone-type': 'availability-zone' }) }
  const [zone] = await connection.all(ZONES, raw => needed(raw.zoneName, 'zoneName'), params, options)
  return needed(zone, 'availabilityZoneInfo')
}

// sda to sde may be the root's, or the image's: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/device_naming.html
const DEVICES = [...'fghijklmnop'].map(letter => `/dev/sd${letter}`)

async function freeDevice(driver: EC2Volumes, node: Ref, options: CallOptions | undefined): Promise<string> {
  const { extra } = await driver.getNode(node.id, options)
  return firstFree(driver, extra.blockDevices, options)
}

function firstFree(
  { provider }: EC2Volumes,
  used: readonly { readonly deviceName: string }[],
  options: CallOptions | undefined,
): string {
  const taken = new Set(used.map(({ deviceName }) => deviceName.replace(/^(\/dev\/)?(xv|s)d/, '/dev/sd')))
  const free = DEVICES.find(name => !taken.has(name))
  if (free !== undefined) return free
  const operation = operationOf(options)
  throw new ConflictError(`${operation}: the node has no free device from /dev/sdf to /dev/sdp`, {
    provider,
    operation,
  })
}

function toVolume(driver: EC2Volumes, raw: RawVolume): StorageVolume<EC2VolumeExtra> {
  const id = needed(raw.volumeId, 'volumeId')
  const state = raw.status ?? ''
  return new StorageVolume(driver, {
    id,
    name: raw.tagSet.get('Name') || id,
    size: raw.size ?? 0,
    state: Object.hasOwn(STATES, state) ? (STATES[state] as StorageVolumeState) : StorageVolumeState.UNKNOWN,
    extra: {
      state,
      zone: raw.availabilityZone,
      createdAt: raw.createTime,
      snapshotId: raw.snapshotId || undefined,
      volumeType: raw.volumeType,
      iops: raw.iops,
      throughput: raw.throughput,
      encrypted: raw.encrypted,
      kmsKeyId: raw.kmsKeyId,
      multiAttach: raw.multiAttachEnabled,
      attachments: raw.attachmentSet.map(each => ({
        nodeId: needed(each.instanceId, 'instanceId'),
        device: each.device,
        status: each.status,
        attachedAt: each.attachTime,
        deleteOnTermination: each.deleteOnTermination,
      })),
      tags: toTags(raw.tagSet),
    },
  })
}

function toModification(raw: RawModification): EC2VolumeModification {
  return {
    volumeId: needed(raw.volumeId, 'volumeId'),
    state: raw.modificationState ?? '',
    statusMessage: raw.statusMessage,
    progress: raw.progress,
    startedAt: raw.startTime,
    endedAt: raw.endTime,
    target: {
      size: raw.targetSize,
      iops: raw.targetIops,
      volumeType: raw.targetVolumeType,
      throughput: raw.targetThroughput,
    },
    original: {
      size: raw.originalSize,
      iops: raw.originalIops,
      volumeType: raw.originalVolumeType,
      throughput: raw.originalThroughput,
    },
  }
}
