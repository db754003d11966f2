import type { NodeDriver } from '../../lib/compute/driver.js'
import { Node, NodeState } from '../../lib/compute/types.js'
import {
  CleanupError,
  ImageDoesNotExistError,
  KeyPairDoesNotExistError,
  NodeDoesNotExistError,
  SnapshotDoesNotExistError,
  VolumeDoesNotExistError,
} from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { Ref } from '../../lib/resource.js'
import type { ArmConnection } from './arm.connection.js'
import { groupOf, idPath, type ResourceId } from './arm.ids.js'

/** The newest versions that are no preview. https://learn.microsoft.com/rest/api/compute/ */
export const COMPUTE_VERSION = '2024-07-01'
export const DISK_VERSION = '2024-03-02'
export const NETWORK_VERSION = '2024-07-01'
export const RESOURCES_VERSION = '2022-12-01'

export const VMS = 'Microsoft.Compute/virtualMachines'
export const DISKS = 'Microsoft.Compute/disks'
export const SNAPSHOTS = 'Microsoft.Compute/snapshots'
export const IMAGES = 'Microsoft.Compute/images'
export const KEYS = 'Microsoft.Compute/sshPublicKeys'
export const NICS = 'Microsoft.Network/networkInterfaces'
export const PUBLIC_IPS = 'Microsoft.Network/publicIPAddresses'
export const NSGS = 'Microsoft.Network/networkSecurityGroups'
export const NETWORKS = 'Microsoft.Network/virtualNetworks'
export const SUBNETS = 'Microsoft.Network/virtualNetworks/subnets'

const none = (error: ErrorTable[string]): ErrorTable =>
  ({ 404: error, ResourceNotFound: error, ResourceGroupNotFound: error, NotFound: error }) as ErrorTable
export const NO_NODE: ErrorTable = none(NodeDoesNotExistError)
export const NO_VOLUME: ErrorTable = none(VolumeDoesNotExistError)
export const NO_SNAPSHOT: ErrorTable = none(SnapshotDoesNotExistError)
export const NO_IMAGE: ErrorTable = none(ImageDoesNotExistError)
export const NO_KEY: ErrorTable = none(KeyPairDoesNotExistError)

/** What made a node's network says in its tags: it goes with the node. */
export const MADE = 'libcloud-made'

/** Names and values that belong to a resource. */
export type Tags = Readonly<Record<string, string>>
/** How long what is awaited may take, and who hears of it. */
export interface RawStatus {
  readonly code?: string
  readonly displayStatus?: string
}
export interface RawVm {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly tags?: Tags
  readonly zones?: readonly string[]
  readonly plan?: { readonly name?: string; readonly publisher?: string; readonly product?: string }
  readonly properties: {
    readonly vmId?: string
    readonly provisioningState?: string
    readonly timeCreated?: string
    readonly priority?: string
    readonly hardwareProfile?: { readonly vmSize?: string }
    readonly storageProfile?: {
      readonly imageReference?: {
        readonly id?: string
        readonly publisher?: string
        readonly offer?: string
        readonly sku?: string
        readonly version?: string
        readonly exactVersion?: string
      }
      readonly osDisk?: { readonly osType?: string; readonly name?: string; readonly managedDisk?: Partial<Ref> }
      readonly dataDisks?: readonly RawDataDisk[]
    }
    readonly osProfile?: { readonly computerName?: string; readonly adminUsername?: string }
    readonly networkProfile?: {
      readonly networkInterfaces?: readonly (Ref & { readonly properties?: { readonly primary?: boolean } })[]
    }
    readonly availabilitySet?: Ref
    readonly instanceView?: {
      readonly statuses?: readonly RawStatus[]
      readonly bootDiagnostics?: { readonly serialConsoleLogBlobUri?: string }
    }
  }
}
export interface RawDataDisk {
  readonly lun: number
  readonly name?: string
  readonly createOption: string
  readonly caching?: string
  readonly managedDisk?: Partial<Ref>
}
export interface RawNic {
  readonly id: string
  readonly name: string
  readonly location?: string
  readonly tags?: Tags
  readonly properties?: {
    readonly macAddress?: string
    readonly primary?: boolean
    readonly virtualMachine?: Ref
    readonly networkSecurityGroup?: Ref
    readonly enableAcceleratedNetworking?: boolean
    readonly enableIPForwarding?: boolean
    readonly ipConfigurations?: readonly {
      readonly name?: string
      readonly properties?: {
        readonly privateIPAddress?: string
        readonly privateIPAllocationMethod?: string
        readonly primary?: boolean
        readonly subnet?: Ref
        readonly publicIPAddress?: Ref & { readonly properties?: { readonly ipAddress?: string } }
      }
    }[]
  }
}
export interface RawPublicIp {
  readonly id: string
  readonly name: string
  readonly location?: string
  readonly tags?: Tags
  readonly zones?: readonly string[]
  readonly sku?: { readonly name?: string }
  readonly properties?: {
    readonly ipAddress?: string
    readonly publicIPAllocationMethod?: string
    readonly publicIPAddressVersion?: string
    readonly ipConfiguration?: Ref
    readonly dnsSettings?: { readonly fqdn?: string }
  }
}

/** What only Azure tells of a node. */
export interface AzureNodeExtra {
  /** Azure's own word, such as `'PowerState/running'`; what it is to become, where nothing tells the power. */
  readonly state: string
  readonly provisioningState: string | undefined
  readonly vmId: string | undefined
  readonly location: string
  readonly resourceGroup: string
  readonly zones: readonly string[]
  readonly tags: Tags
  readonly osType: string | undefined
  readonly userName: string | undefined
  readonly computerName: string | undefined
  readonly networkInterfaceIds: readonly string[]
  readonly osDiskId: string | undefined
  readonly dataDisks: readonly { readonly lun: number; readonly id: string | undefined }[]
  readonly availabilitySetId: string | undefined
  /** `'Spot'`, or nothing. */
  readonly priority: string | undefined
}

/** https://learn.microsoft.com/azure/virtual-machines/states-billing */
const STATES: Readonly<Record<string, NodeState>> = {
  'PowerState/running': NodeState.RUNNING,
  'PowerState/starting': NodeState.STARTING,
  'PowerState/stopping': NodeState.STOPPING,
  'PowerState/stopped': NodeState.STOPPED,
  'PowerState/deallocating': NodeState.STOPPING,
  'PowerState/deallocated': NodeState.STOPPED,
  Creating: NodeState.PENDING,
  Updating: NodeState.UPDATING,
  Migrating: NodeState.MIGRATING,
  Deleting: NodeState.STOPPING,
  Failed: NodeState.ERROR,
}

/** What is known of nodes beside themselves. */
export interface Facts {
  readonly statuses: ReadonlyMap<string, readonly RawStatus[]>
  readonly nics: ReadonlyMap<string, RawNic>
  readonly publicIps: ReadonlyMap<string, string | undefined>
}
export const NO_FACTS: Facts = { statuses: new Map(), nics: new Map(), publicIps: new Map() }

function addressesOf(raw: RawVm, { nics, publicIps }: Facts): { publicIps: string[]; privateIps: string[] } {
  const found = { publicIps: [] as string[], privateIps: [] as string[] }
  for (const { id } of raw.properties.networkProfile?.networkInterfaces ?? []) {
    for (const { properties = {} } of nics.get(id.toLowerCase())?.properties?.ipConfigurations ?? []) {
      if (properties.privateIPAddress) found.privateIps.push(properties.privateIPAddress)
      const { publicIPAddress: at } = properties
      const ip = at && (at.properties?.ipAddress ?? publicIps.get(at.id.toLowerCase()))
      if (ip) found.publicIps.push(ip)
    }
  }
  return found
}

/** `'publisher:offer:sku:version'`, or the id of an image of one's own. */
function imageOf({ storageProfile }: RawVm['properties']): Ref | undefined {
  const { id, publisher, offer, sku, version } = storageProfile?.imageReference ?? {}
  if (publisher !== undefined) return { id: [publisher, offer, sku, version].join(':') }
  return id === undefined ? undefined : { id }
}

export function toNode(driver: NodeDriver, raw: RawVm, facts: Facts): Node<AzureNodeExtra> {
  const { id, name, location, zones = [], tags = {}, properties } = raw
  const { storageProfile = {}, provisioningState, hardwareProfile, timeCreated } = properties
  const statuses = properties.instanceView?.statuses ?? facts.statuses.get(id.toLowerCase()) ?? []
  const power = statuses.find(
    ({ code = '' }) =>
      code !== '' && !/^(?:ProvisioningState|OSState|EncryptionState|HibernationState|vmState)\//i.test(code),
  )
  const state = power?.code ?? provisioningState ?? ''
  return new Node<AzureNodeExtra>(driver, {
    id,
    name,
    state: STATES[state] ?? NodeState.UNKNOWN,
    ...addressesOf(raw, facts),
    size: hardwareProfile?.vmSize === undefined ? undefined : { id: hardwareProfile.vmSize },
    image: imageOf(properties),
    createdAt: timeCreated === undefined ? undefined : new Date(timeCreated),
    extra: {
      state,
      provisioningState,
      vmId: properties.vmId,
      location,
      resourceGroup: groupOf(id),
      zones,
      tags,
      osType: storageProfile.osDisk?.osType,
      userName: properties.osProfile?.adminUsername,
      computerName: properties.osProfile?.computerName,
      networkInterfaceIds: (properties.networkProfile?.networkInterfaces ?? []).map(each => each.id),
      osDiskId: storageProfile.osDisk?.managedDisk?.id,
      dataDisks: (storageProfile.dataDisks ?? []).map(({ lun, managedDisk }) => ({ lun, id: managedDisk?.id })),
      availabilitySetId: properties.availabilitySet?.id,
      priority: properties.priority,
    },
  })
}

/** What was made for something that then failed: it is taken away again, last first. */
export class Made {
  readonly #connection: ArmConnection
  readonly #paths: { path: string; version: string }[] = []
  constructor(connection: ArmConnection) {
    this.#connection = connection
  }

  /** Makes a resource, and waits for it. What was accepted is remembered, however it ends. */
  async put<Raw>(
    at: ResourceId,
    version: string,
    json: object,
    options: CallOptions | undefined,
    wait = true,
  ): Promise<Raw> {
    const place = { path: idPath(at), version }
    let accepted = false
    const accept = (raw: Raw | undefined): Raw => {
      if (!accepted) this.#paths.push(place)
      accepted = true
      if (raw === undefined) throw new Error('The reply is empty')
      return raw
    }
    const headers = { 'if-none-match': '*' }
    return this.#connection.operate({ method: 'PUT', ...place, json, headers }, accept, options, { wait })
  }

  /** @throws CleanupError when something is left; else the error itself */
  async undo(error: unknown, options: CallOptions | undefined): Promise<never> {
    const errors: unknown[] = []
    const left: string[] = []
    for (const place of this.#paths.reverse()) {
      await this.#connection
        .operate({ method: 'DELETE', ...place }, () => undefined)
        .catch((failure: unknown) => {
          errors.push(failure)
          left.push(place.path)
        })
    }
    if (left.length === 0) throw error
    const operation = operationOf(options)
    const message = `${operation}: it failed, and what was made for it could not be removed: ${left.join(', ')}`
    throw new CleanupError(message, {
      provider: this.#connection.provider,
      operation,
      cause: error,
      errors: [error, ...errors],
    })
  }
}
