import type { NodeDriver } from '../../lib/compute/driver.js'
import { StorageVolume, StorageVolumeState, VolumeSnapshot, VolumeSnapshotState } from '../../lib/compute/types.js'
import { orNothing, toDate } from './compute.shared.js'

// What Cinder says of volumes and snapshots, and what becomes of it.

/** https://docs.openstack.org/api-ref/block-storage/v3/#volumes-volumes */
const VOLUME_STATES: Readonly<Record<string, StorageVolumeState>> = {
  creating: StorageVolumeState.CREATING,
  available: StorageVolumeState.AVAILABLE,
  reserved: StorageVolumeState.ATTACHING,
  attaching: StorageVolumeState.ATTACHING,
  detaching: StorageVolumeState.UPDATING,
  'in-use': StorageVolumeState.INUSE,
  maintenance: StorageVolumeState.UPDATING,
  deleting: StorageVolumeState.DELETING,
  'awaiting-transfer': StorageVolumeState.AVAILABLE,
  error: StorageVolumeState.ERROR,
  error_deleting: StorageVolumeState.ERROR,
  error_backing_up: StorageVolumeState.ERROR,
  error_restoring: StorageVolumeState.ERROR,
  error_extending: StorageVolumeState.ERROR,
  error_managing: StorageVolumeState.ERROR,
  'backing-up': StorageVolumeState.BACKUP,
  'restoring-backup': StorageVolumeState.UPDATING,
  downloading: StorageVolumeState.CREATING,
  uploading: StorageVolumeState.UPDATING,
  retyping: StorageVolumeState.MIGRATING,
  extending: StorageVolumeState.UPDATING,
  managing: StorageVolumeState.UPDATING,
}
const SNAPSHOT_STATES: Readonly<Record<string, VolumeSnapshotState>> = {
  creating: VolumeSnapshotState.CREATING,
  available: VolumeSnapshotState.AVAILABLE,
  backing_up: VolumeSnapshotState.UPDATING,
  'backing-up': VolumeSnapshotState.UPDATING,
  deleting: VolumeSnapshotState.DELETING,
  error: VolumeSnapshotState.ERROR,
  error_deleting: VolumeSnapshotState.ERROR,
  restoring: VolumeSnapshotState.RESTORING,
  unmanaging: VolumeSnapshotState.DELETING,
}

export interface RawVolumeAttachment {
  readonly id: string
  readonly attachment_id?: string
  readonly server_id: string
  readonly device?: string | null
  readonly attached_at?: string
}
export interface RawVolume {
  readonly id: string
  readonly name: string | null
  readonly status: string
  readonly size: number
  readonly description?: string | null
  readonly volume_type?: string | null
  readonly availability_zone?: string | null
  readonly snapshot_id?: string | null
  readonly source_volid?: string | null
  readonly attachments?: readonly RawVolumeAttachment[]
  readonly metadata?: Readonly<Record<string, string>>
  readonly bootable?: string
  readonly encrypted?: boolean
  readonly multiattach?: boolean
  readonly user_id?: string
  readonly 'os-vol-tenant-attr:tenant_id'?: string
  readonly volume_image_metadata?: Readonly<Record<string, string>>
  readonly created_at?: string | null
  readonly updated_at?: string | null
}
export interface RawSnapshot {
  readonly id: string
  readonly name: string | null
  readonly status: string
  readonly size: number
  readonly volume_id: string
  readonly description?: string | null
  readonly metadata?: Readonly<Record<string, string>>
  readonly 'os-extended-snapshot-attributes:progress'?: string
  readonly 'os-extended-snapshot-attributes:project_id'?: string
  readonly created_at?: string | null
  readonly updated_at?: string | null
}

/** How a volume is connected to a server. */
export interface OpenStackVolumeAttachment {
  readonly id: string
  readonly nodeId: string
  /** The device's name on the node, as far as the hypervisor knows it. */
  readonly device: string | undefined
  readonly attachedAt: Date | undefined
}
/** What only OpenStack tells of a volume. */
export interface OpenStackVolumeExtra {
  /** The cloud's own word: `'available'`, `'in-use'`, `'error_extending'` … */
  readonly state: string
  readonly description: string | undefined
  readonly type: string | undefined
  readonly availabilityZone: string | undefined
  readonly snapshotId: string | undefined
  /** The volume that it is a copy of. */
  readonly sourceVolumeId: string | undefined
  readonly attachments: readonly OpenStackVolumeAttachment[]
  readonly metadata: Readonly<Record<string, string>>
  /** Of the image that it was made of. */
  readonly imageMetadata: Readonly<Record<string, string>>
  readonly isBootable: boolean
  readonly isEncrypted: boolean
  /** Whether several servers may have it at a time. */
  readonly isMultiattach: boolean
  readonly projectId: string | undefined
  readonly userId: string | undefined
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
}
export type OpenStackVolume = StorageVolume<OpenStackVolumeExtra>

/** What only OpenStack tells of a volume's snapshot. */
export interface OpenStackSnapshotExtra {
  readonly state: string
  readonly volumeId: string
  readonly description: string | undefined
  readonly metadata: Readonly<Record<string, string>>
  /** Percent. */
  readonly progress: number | undefined
  readonly projectId: string | undefined
  readonly updatedAt: Date | undefined
}
export type OpenStackSnapshot = VolumeSnapshot<OpenStackSnapshotExtra>

function toAttachment(raw: RawVolumeAttachment): OpenStackVolumeAttachment {
  return {
    id: raw.attachment_id ?? raw.id,
    nodeId: raw.server_id,
    device: orNothing(raw.device),
    attachedAt: toDate(raw.attached_at),
  }
}

export function toVolume(driver: NodeDriver, raw: RawVolume): OpenStackVolume {
  return new StorageVolume(driver, {
    id: raw.id,
    name: raw.name ?? '',
    size: raw.size,
    state: VOLUME_STATES[raw.status] ?? StorageVolumeState.UNKNOWN,
    extra: {
      state: raw.status,
      description: orNothing(raw.description),
      type: orNothing(raw.volume_type),
      availabilityZone: orNothing(raw.availability_zone),
      snapshotId: orNothing(raw.snapshot_id),
      sourceVolumeId: orNothing(raw.source_volid),
      attachments: (raw.attachments ?? []).map(toAttachment),
      metadata: raw.metadata ?? {},
      imageMetadata: raw.volume_image_metadata ?? {},
      isBootable: raw.bootable === 'true',
      isEncrypted: raw.encrypted ?? false,
      isMultiattach: raw.multiattach ?? false,
      projectId: raw['os-vol-tenant-attr:tenant_id'],
      userId: raw.user_id,
      createdAt: toDate(raw.created_at),
      updatedAt: toDate(raw.updated_at),
    },
  })
}

export function toSnapshot(driver: NodeDriver, raw: RawSnapshot): OpenStackSnapshot {
  const progress = Number.parseInt(raw['os-extended-snapshot-attributes:progress'] ?? '', 10)
  return new VolumeSnapshot(driver, {
    id: raw.id,
    name: orNothing(raw.name),
    size: raw.size,
    created: toDate(raw.created_at),
    state: SNAPSHOT_STATES[raw.status] ?? VolumeSnapshotState.UNKNOWN,
    extra: {
      state: raw.status,
      volumeId: raw.volume_id,
      description: orNothing(raw.description),
      metadata: raw.metadata ?? {},
      progress: Number.isNaN(progress) ? undefined : progress,
      projectId: raw['os-extended-snapshot-attributes:project_id'],
      updatedAt: toDate(raw.updated_at),
    },
  })
}
