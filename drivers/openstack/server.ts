import type { NodeDriver } from '../../lib/compute/driver.js'
import { Node, NodeState } from '../../lib/compute/types.js'
import { orNothing, toDate } from './compute.shared.js'
import { isPublic, type OpenStackAddress, type RawAddress, toAddress } from './server-addresses.js'

// What Nova says of a server, and what becomes of it.

/** https://docs.openstack.org/api-guide/compute/server_concepts.html#server-status */
const STATES: Readonly<Record<string, NodeState>> = {
  ACTIVE: NodeState.RUNNING,
  BUILD: NodeState.PENDING,
  DELETED: NodeState.TERMINATED,
  ERROR: NodeState.ERROR,
  HARD_REBOOT: NodeState.REBOOTING,
  MIGRATING: NodeState.MIGRATING,
  PASSWORD: NodeState.RECONFIGURING,
  PAUSED: NodeState.PAUSED,
  REBOOT: NodeState.REBOOTING,
  REBUILD: NodeState.RECONFIGURING,
  RESCUE: NodeState.RUNNING,
  RESIZE: NodeState.RECONFIGURING,
  REVERT_RESIZE: NodeState.RECONFIGURING,
  SHELVED: NodeState.STOPPED,
  SHELVED_OFFLOADED: NodeState.STOPPED,
  SHUTOFF: NodeState.STOPPED,
  SOFT_DELETED: NodeState.TERMINATED,
  SUSPENDED: NodeState.SUSPENDED,
  VERIFY_RESIZE: NodeState.RUNNING,
}

/** What is being done tells more than the state, which stays what it was until it is done. */
const TASKS: Readonly<Record<string, NodeState>> = {
  deleting: NodeState.STOPPING,
  'soft-deleting': NodeState.STOPPING,
  'powering-off': NodeState.STOPPING,
  'powering-on': NodeState.STARTING,
}

export interface RawServer {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly tenant_id?: string
  readonly user_id?: string
  readonly hostId?: string
  readonly host_status?: string
  readonly created?: string
  readonly updated?: string
  readonly accessIPv4?: string
  readonly accessIPv6?: string
  readonly addresses?: Readonly<Record<string, readonly RawAddress[]>>
  readonly adminPass?: string
  readonly config_drive?: string
  readonly description?: string | null
  readonly fault?: { readonly code?: number; readonly message?: string; readonly created?: string }
  readonly flavor?: { readonly id?: string }
  /** An empty text where the server started from a volume. */
  readonly image?: { readonly id: string } | ''
  readonly key_name?: string | null
  readonly locked?: boolean
  readonly metadata?: Readonly<Record<string, string>>
  readonly progress?: number
  readonly security_groups?: readonly { readonly name: string }[]
  readonly tags?: readonly string[]
  readonly 'OS-DCF:diskConfig'?: string
  readonly 'OS-EXT-AZ:availability_zone'?: string
  readonly 'OS-EXT-SRV-ATTR:host'?: string | null
  readonly 'OS-EXT-SRV-ATTR:hostname'?: string
  readonly 'OS-EXT-SRV-ATTR:hypervisor_hostname'?: string | null
  readonly 'OS-EXT-SRV-ATTR:instance_name'?: string
  readonly 'OS-EXT-STS:power_state'?: number
  readonly 'OS-EXT-STS:task_state'?: string | null
  readonly 'OS-EXT-STS:vm_state'?: string
  readonly 'os-extended-volumes:volumes_attached'?: readonly { readonly id: string }[]
}

/** Why a server is in the state ERROR. */
export interface OpenStackFault {
  readonly code: number | undefined
  readonly message: string
  readonly createdAt: Date | undefined
}

/** What only OpenStack tells of a server. What a cloud does not show to this user is `undefined`. */
export interface OpenStackNodeExtra {
  /** The cloud's own word: `'ACTIVE'`, `'VERIFY_RESIZE'` … */
  readonly state: string
  /** Finer than `state`: `'active'`, `'resized'` … */
  readonly vmState: string | undefined
  /** What is being done to it: `'spawning'`, `'deleting'` …; `undefined` where nothing is. */
  readonly taskState: string | undefined
  /** 1 runs, 3 is paused, 4 is off, 6 crashed, 7 is suspended, 0 is unknown. */
  readonly powerState: number | undefined
  readonly projectId: string | undefined
  readonly userId: string | undefined
  readonly description: string | undefined
  readonly metadata: Readonly<Record<string, string>>
  readonly tags: readonly string[]
  readonly keyName: string | undefined
  /** Names; several groups may share one. */
  readonly securityGroups: readonly string[]
  /** By the network's name. */
  readonly addresses: Readonly<Record<string, readonly OpenStackAddress[]>>
  readonly accessIPv4: string | undefined
  readonly accessIPv6: string | undefined
  readonly availabilityZone: string | undefined
  readonly volumeIds: readonly string[]
  readonly configDrive: boolean
  readonly isLocked: boolean | undefined
  /** Percent, while it is built or rebuilt. */
  readonly progress: number | undefined
  /** `'AUTO'` or `'MANUAL'`: who partitions the disk. */
  readonly diskConfig: string | undefined
  readonly fault: OpenStackFault | undefined
  /** The same for all servers of a project that share a host, whatever the host's name is. */
  readonly hostId: string | undefined
  readonly hostStatus: string | undefined
  /** For administrators. */
  readonly host: string | undefined
  /** For administrators. */
  readonly hypervisorHostname: string | undefined
  /** For administrators. */
  readonly instanceName: string | undefined
  /** The administrator's password; only in what `createNode` gives. Printing does not show it. */
  readonly password?: string | undefined
  readonly updatedAt: Date | undefined
}

export type OpenStackNode = Node<OpenStackNodeExtra>

function addressesOf(raw: RawServer): Record<string, readonly OpenStackAddress[]> {
  const networks = Object.entries(raw.addresses ?? {})
  return Object.fromEntries(networks.map(([name, addresses]) => [name, addresses.map(toAddress)]))
}

function extraOf(raw: RawServer, addresses: OpenStackNodeExtra['addresses']): OpenStackNodeExtra {
  const { fault } = raw
  return {
    state: raw.status,
    vmState: raw['OS-EXT-STS:vm_state'],
    taskState: raw['OS-EXT-STS:task_state'] ?? undefined,
    powerState: raw['OS-EXT-STS:power_state'],
    projectId: raw.tenant_id,
    userId: raw.user_id,
    description: raw.description ?? undefined,
    metadata: raw.metadata ?? {},
    tags: raw.tags ?? [],
    keyName: raw.key_name ?? undefined,
    securityGroups: [...new Set((raw.security_groups ?? []).map(({ name }) => name))],
    addresses,
    accessIPv4: orNothing(raw.accessIPv4),
    accessIPv6: orNothing(raw.accessIPv6),
    availabilityZone: orNothing(raw['OS-EXT-AZ:availability_zone']),
    volumeIds: (raw['os-extended-volumes:volumes_attached'] ?? []).map(({ id }) => id),
    configDrive: raw.config_drive === 'True',
    isLocked: raw.locked,
    progress: raw.progress,
    diskConfig: raw['OS-DCF:diskConfig'],
    fault: fault && { code: fault.code, message: fault.message ?? '', createdAt: toDate(fault.created) },
    hostId: orNothing(raw.hostId),
    hostStatus: orNothing(raw.host_status),
    host: orNothing(raw['OS-EXT-SRV-ATTR:host']),
    hypervisorHostname: orNothing(raw['OS-EXT-SRV-ATTR:hypervisor_hostname']),
    instanceName: orNothing(raw['OS-EXT-SRV-ATTR:instance_name']),
    updatedAt: toDate(raw.updated),
  }
}

export function toNode(driver: NodeDriver, raw: RawServer): OpenStackNode {
  const addresses = addressesOf(raw)
  const all = Object.values(addresses).flat()
  const size = raw.flavor?.id
  const extra = extraOf(raw, addresses)
  if (raw.adminPass !== undefined) Object.defineProperty(extra, 'password', { value: raw.adminPass })
  return new Node(driver, {
    id: raw.id,
    name: raw.name,
    state: TASKS[raw['OS-EXT-STS:task_state'] ?? ''] ?? STATES[raw.status] ?? NodeState.UNKNOWN,
    publicIps: all.filter(isPublic).map(({ address }) => address),
    privateIps: all.filter(each => !isPublic(each)).map(({ address }) => address),
    size: size === undefined ? undefined : { id: size },
    image: raw.image ? { id: raw.image.id } : undefined,
    createdAt: toDate(raw.created),
    extra,
  })
}
