import { NodeDriver } from '../../lib/compute/driver.js'
import { type CreateNodeOptions, type Node, NodeAuthPassword, NodeAuthSSHKey } from '../../lib/compute/types.js'
import { NodeDoesNotExistError } from '../../lib/errors.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import type { ArmConnection } from './arm.connection.js'
import { checkNewName, idOf, idPath, type ResourceId, readId, refused } from './arm.ids.js'
import {
  type AzureNodeExtra,
  COMPUTE_VERSION,
  type Facts,
  KEYS,
  MADE,
  Made,
  NETWORK_VERSION,
  NETWORKS,
  NICS,
  NO_FACTS,
  NO_KEY,
  NO_NODE,
  NSGS,
  PUBLIC_IPS,
  type RawNic,
  type RawPublicIp,
  type RawStatus,
  type RawVm,
  SUBNETS,
  type Tags,
  toNode,
  VMS,
} from './compute.shared.js'

const version = COMPUTE_VERSION

/** What `createNode` takes. */
export interface AzureCreateNodeOptions extends CreateNodeOptions {
  /** @defaultValue the driver's */
  ex_resourceGroup?: string | undefined
  /** A key pair of the driver's resource group, or its id, in place of `auth`. */
  ex_keyName?: string | undefined
  /** The user that may log in. @defaultValue 'azureuser' */
  ex_userName?: string | undefined
  /** Network interfaces that are there already. @defaultValue a new one, which goes with the node */
  ex_networkInterfaces?: readonly Ref[] | undefined
  /** The subnet of the new network interface. @defaultValue a network of its own, which goes with the node */
  ex_subnet?: Ref | undefined
  /** Whether the new network interface has a public address of its own. @defaultValue true */
  ex_assignPublicIp?: boolean | undefined
  /** TCP ports that may be reached from everywhere, of the new network interface. @defaultValue none but those of the subnet's security group */
  ex_inboundPorts?: readonly number[] | undefined
  /** A security group for the new network interface. */
  ex_securityGroup?: Ref | undefined
  /** For cloud-init: what runs at the first start. */
  ex_customData?: string | undefined
  /** What the node may ask the metadata service for. */
  ex_userData?: string | undefined
  ex_tags?: Tags | undefined
  /** Availability zones: `['1']`. */
  ex_zones?: readonly string[] | undefined
  ex_availabilitySet?: Ref | undefined
  /** GiB. @defaultValue the image's */
  ex_diskSize?: number | undefined
  /** `'Premium_LRS'`, `'StandardSSD_LRS'` … */
  ex_diskType?: string | undefined
  /** A spot node may be taken away; `maxPrice` is in US dollars an hour, -1 for the price of others. */
  ex_spot?:
    | { readonly maxPrice?: number | undefined; readonly evictionPolicy?: 'Deallocate' | 'Delete' | undefined }
    | undefined
  /** What an image of the marketplace that has a price asks for. */
  ex_plan?: { readonly name: string; readonly publisher: string; readonly product: string } | undefined
  /** @defaultValue 'Standard' */
  ex_securityType?: 'Standard' | 'TrustedLaunch' | 'ConfidentialVM' | undefined
  /** What of a confidential node's disks is encrypted. @defaultValue 'VMGuestStateOnly' */
  ex_diskEncryption?: 'VMGuestStateOnly' | 'DiskWithVMGuestState' | undefined
  /** Keeps screen and serial log in Azure's own storage. @defaultValue false */
  ex_bootDiagnostics?: boolean | undefined
}
/** What `stopNode` takes. */
export interface AzureStopOptions extends WaitOptions {
  /** Gives the machine back: nothing is charged but its disks and addresses. @defaultValue true */
  ex_deallocate?: boolean | undefined
  /** Pulls the plug, where it is not given back. */
  ex_skipShutdown?: boolean | undefined
}

/** Nodes. */
export abstract class AzureComputeNodes extends NodeDriver {
  declare readonly connection: ArmConnection
  override readonly features = { createNode: ['sshKey', 'password'] as const }

  /** Azure tells states and addresses apart from machines: they are asked for first, for all machines at once.
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/list-all */
  listNodes(options?: CallOptions): Pager<Node<AzureNodeExtra>> {
    let facts: Facts | undefined
    const at = below('Microsoft.Compute/virtualMachines')
    return pager(async token => {
      facts ??= await this.#facts(options)
      const known = facts
      return this.connection.page({ path: at, version, map: (raw: RawVm) => toNode(this, raw, known) }, token, options)
    }, options)
  }

  async #facts(options: CallOptions | undefined): Promise<Facts> {
    const pairs = async <Raw extends Ref, T>(
      what: string,
      of: string,
      value: (raw: Raw) => T,
      query = {},
    ): Promise<Map<string, T>> => {
      const map = (raw: Raw): [string, T] => [raw.id.toLowerCase(), value(raw)]
      return new Map(await this.connection.list({ path: below(what), version: of, query, map }, options))
    }
    const view = (raw: RawVm): readonly RawStatus[] => raw.properties.instanceView?.statuses ?? []
    return {
      statuses: await pairs(VMS, version, view, { statusOnly: 'true' }),
      nics: await pairs(NICS, NETWORK_VERSION, (raw: RawNic) => raw),
      publicIps: await pairs(PUBLIC_IPS, NETWORK_VERSION, (raw: RawPublicIp) => raw.properties?.ipAddress),
    }
  }

  /** @see https://learn.microsoft.com/rest/api/compute/virtual-machines/get */
  async getNode(nodeId: string, options?: CallOptions): Promise<Node<AzureNodeExtra>> {
    const raw = await readVm(this, nodeId, 'nodeId', options)
    const nics = new Map<string, RawNic>()
    for (const { id } of raw.properties.networkProfile?.networkInterfaces ?? []) {
      const at = readId(id)
      if (!at) continue
      const spec = {
        path: idPath(at),
        version: NETWORK_VERSION,
        query: { $expand: 'ipConfigurations/publicIPAddress' },
      }
      nics.set(id.toLowerCase(), await this.connection.one(spec, (nic: RawNic) => nic, options))
    }
    return toNode(this, raw, { ...NO_FACTS, nics })
  }

  /**
   * What the node needs is made first and awaited: a network of its own where no subnet is given, a security group where
   * ports are, a public address, a network interface. It goes with the node, and is removed when anything fails.
   * The image is `'publisher:offer:sku:version'`, or the id of an image of one's own or of a gallery.
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/create-or-update
   */
  async createNode(node: AzureCreateNodeOptions, options?: WaitOptions): Promise<Owned<Node<AzureNodeExtra>>> {
    const operation = operationOf(options)
    checkNewName(this.provider, operation, 'node.name', node.name)
    if (node.name.length > 64) throw refused(this.provider, operation, 'node.name', 'of at most 64 characters')
    const group = this.connection.group(node.ex_resourceGroup, 'node.ex_resourceGroup', options)
    const location = this.connection.location(node.location?.id, 'node.location', options)
    const subscription = await this.connection.subscription(options)
    const at: ResourceId = { subscription, group, type: VMS, names: [node.name] }
    const profile = await this.#profile(node, location, options)
    const made = new Made(this.connection)
    try {
      const kept: string[] = []
      const interfaces = node.ex_networkInterfaces
        ? await this.#interfaces(node.ex_networkInterfaces, options)
        : [await this.#network(node, at, location, made, kept, options)]
      const tags = kept.length > 0 ? { ...node.ex_tags, [MADE]: kept.join(',') } : node.ex_tags
      const { properties, ...top } = profile
      const json = { ...top, tags, properties: { ...properties, networkProfile: { networkInterfaces: interfaces } } }
      const raw = await made.put<RawVm>(at, version, json, options, false)
      const created = toNode(this, raw, NO_FACTS)
      return owned(created, () => this.destroyNode(created))
    } catch (error) {
      return made.undo(error, options)
    }
  }

  async #interfaces(given: readonly Ref[], options: CallOptions | undefined): Promise<object[]> {
    const ids: object[] = []
    for (const [index, { id }] of given.entries()) {
      const place = await this.connection.locate(id, NICS, `node.ex_networkInterfaces[${index}].id`, options)
      ids.push({ id: idOf(place), properties: { primary: index === 0 } })
    }
    return ids
  }

  /** A network interface, and all that it needs. */
  async #network(
    node: AzureCreateNodeOptions,
    at: ResourceId,
    location: string,
    made: Made,
    kept: string[],
    options: WaitOptions | undefined,
  ): Promise<object> {
    const place = (type: string, suffix: string): ResourceId => ({ ...at, type, names: [`${node.name}-${suffix}`] })
    const {
      ex_subnet: given,
      ex_securityGroup: group,
      ex_inboundPorts: ports,
      ex_assignPublicIp: isPublic = true,
      ex_zones: zones,
    } = node
    // What is given is read before anything is made.
    const subnetAt = given && (await this.connection.locate(given.id, SUBNETS, 'node.ex_subnet.id', options))
    const groupAt = group && (await this.connection.locate(group.id, NSGS, 'node.ex_securityGroup.id', options))
    let subnet = subnetAt && idOf(subnetAt)
    if (subnet === undefined) {
      const network = place(NETWORKS, 'net')
      const subnets = [{ name: 'default', properties: { addressPrefix: '10.0.0.0/24' } }]
      await made.put(
        network,
        NETWORK_VERSION,
        { location, properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] }, subnets } },
        options,
      )
      kept.push('net')
      subnet = `${idOf(network)}/subnets/default`
    }
    let securityGroup = groupAt && idOf(groupAt)
    if (securityGroup === undefined && ports !== undefined) {
      const rules = ports.map((port, index) => inbound(port, 1000 + index * 10))
      await made.put(place(NSGS, 'nsg'), NETWORK_VERSION, { location, properties: { securityRules: rules } }, options)
      kept.push('nsg')
      securityGroup = idOf(place(NSGS, 'nsg'))
    }
    let address: object | undefined
    if (isPublic) {
      const json = { location, sku: { name: 'Standard' }, zones, properties: { publicIPAllocationMethod: 'Static' } }
      await made.put(place(PUBLIC_IPS, 'ip'), NETWORK_VERSION, json, options)
      address = { id: idOf(place(PUBLIC_IPS, 'ip')), properties: { deleteOption: 'Delete' } }
    }
    const properties = { subnet: { id: subnet }, privateIPAllocationMethod: 'Dynamic', publicIPAddress: address }
    const nic = {
      location,
      properties: {
        ipConfigurations: [{ name: 'ipconfig', properties }],
        networkSecurityGroup: securityGroup && { id: securityGroup },
      },
    }
    await made.put(place(NICS, 'nic'), NETWORK_VERSION, nic, options)
    return { id: idOf(place(NICS, 'nic')), properties: { primary: true, deleteOption: 'Delete' } }
  }

  async #profile(
    node: AzureCreateNodeOptions,
    location: string,
    options: CallOptions | undefined,
  ): Promise<{ properties: object; location: string }> {
    const {
      ex_plan: plan,
      ex_zones: zones,
      ex_spot: spot,
      ex_securityType: security = 'Standard',
      ex_availabilitySet: set,
    } = node
    const managedDisk = {
      ...(node.ex_diskType !== undefined && { storageAccountType: node.ex_diskType }),
      ...(security === 'ConfidentialVM' && {
        securityProfile: { securityEncryptionType: node.ex_diskEncryption ?? 'VMGuestStateOnly' },
      }),
    }
    const availabilitySet = set && {
      id: idOf(
        await this.connection.locate(
          set.id,
          'Microsoft.Compute/availabilitySets',
          'node.ex_availabilitySet.id',
          options,
        ),
      ),
    }
    const base64 = (text: string | undefined): string | undefined => {
      if (text === undefined) return undefined
      const encoded = Buffer.from(text).toString('base64')
      // What runs at the first start often holds what nobody else may see.
      if (encoded.length >= 4) this.connection.conceal(encoded)
      return encoded
    }
    return {
      location,
      ...(plan && { plan }),
      ...(zones && { zones }),
      properties: {
        hardwareProfile: { vmSize: node.size.id },
        storageProfile: {
          imageReference: imageReference(this, node.image.id, options),
          osDisk: {
            createOption: 'FromImage',
            diskSizeGB: node.ex_diskSize,
            ...(Object.keys(managedDisk).length > 0 && { managedDisk }),
            deleteOption: 'Delete',
          },
        },
        osProfile: {
          computerName: computerName(node.name),
          ...(await login(this, node, options)),
          customData: base64(node.ex_customData),
        },
        userData: base64(node.ex_userData),
        ...(availabilitySet && { availabilitySet }),
        ...(spot && {
          priority: 'Spot',
          evictionPolicy: spot.evictionPolicy ?? 'Deallocate',
          billingProfile: { maxPrice: spot.maxPrice ?? -1 },
        }),
        ...(security !== 'Standard' && {
          securityProfile: { securityType: security, uefiSettings: { secureBootEnabled: true, vTpmEnabled: true } },
        }),
        ...(node.ex_bootDiagnostics && { diagnosticsProfile: { bootDiagnostics: { enabled: true } } }),
      },
    }
  }

  /** It is awaited.
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/restart */
  async rebootNode(node: Ref, options?: WaitOptions): Promise<void> {
    await act(this, node, 'restart', options)
  }
  /** It is awaited.
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/start */
  async startNode(node: Ref, options?: WaitOptions): Promise<void> {
    await act(this, node, 'start', options)
  }
  /** By default the machine is given back, so that it costs nothing. It is awaited.
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/deallocate */
  async stopNode(node: Ref, options?: AzureStopOptions): Promise<void> {
    if (options?.ex_deallocate !== false) return act(this, node, 'deallocate', options)
    return act(this, node, 'powerOff', options, { skipShutdown: options.ex_skipShutdown })
  }

  /** With its disk, network interface and public address, and with the network and security group that were made for it. It is awaited.
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/delete */
  async destroyNode(node: Ref, options?: WaitOptions): Promise<void> {
    const place = await this.connection.locate(node.id, VMS, 'node.id', options)
    const raw = await readVm(this, node.id, 'node.id', options)
    await this.connection.operate(
      { method: 'DELETE', path: idPath(place), version, errors: NO_NODE },
      () => undefined,
      options,
    )
    const made = raw.tags?.[MADE]?.split(',') ?? []
    for (const [suffix, type] of [
      ['nsg', NSGS],
      ['net', NETWORKS],
    ] as const) {
      if (!made.includes(suffix)) continue
      const at = idPath({ ...place, type, names: [`${raw.name}-${suffix}`] })
      await this.connection.operate({ method: 'DELETE', path: at, version: NETWORK_VERSION }, () => undefined, options)
    }
  }
}

/** A list's place, of all of the subscription. */
export function below(type: string): (subscription: string) => string {
  const [namespace = '', name = ''] = type.split('/')
  return subscription => path`/subscriptions/${subscription}/providers/${namespace}/${name}`
}

/** A machine as Azure has it, with its state. */
export async function readVm(
  { connection }: AzureComputeNodes,
  id: string,
  argument: string,
  options: CallOptions | undefined,
): Promise<RawVm> {
  const at = await connection.pathTo(id, VMS, argument, options)
  const read = (raw: RawVm): RawVm => {
    if (typeof raw.id !== 'string' || typeof raw.properties !== 'object') throw new Error('The reply is no machine')
    return raw
  }
  return connection.one({ path: at, version, query: { $expand: 'instanceView' }, errors: NO_NODE }, read, options)
}

/** Does something with a machine that has no result, and waits for its end. */
export async function act(
  { connection }: AzureComputeNodes,
  node: Ref,
  verb: string,
  options: WaitOptions | undefined,
  query: { readonly skipShutdown?: boolean | undefined } = {},
): Promise<void> {
  const at = `${await connection.pathTo(node.id, VMS, 'node.id', options)}/${verb}`
  const spec = { method: 'POST', path: at, version, query, errors: { ...NO_NODE, 404: NodeDoesNotExistError } } as const
  await connection.operate(spec, () => undefined, options, { result: false })
}

/** `{ publisher, offer, sku, version }`, or `{ id }`. @throws InvalidRequestError for what is neither */
export function imageReference(
  { provider }: AzureComputeNodes,
  image: string,
  options: CallOptions | undefined,
  argument = 'node.image.id',
): object {
  const [publisher, offer, sku, imageVersion = 'latest', ...more] = image.split(':')
  const isUrn = [publisher, offer, sku, imageVersion].every(
    each => each !== undefined && /^[\w.-]+$/.test(each) && !/^\.+$/.test(each),
  )
  if (isUrn && more.length === 0) return { publisher, offer, sku, version: imageVersion }
  const id = readId(image)
  if (id) return { id: idOf(id) }
  if (/^\/CommunityGalleries\/[\w.-]+\/Images\/[\w.-]+(?:\/Versions\/[\w.-]+)?$/i.test(image))
    return { communityGalleryImageId: image }
  if (/^\/SharedGalleries\/[\w.-]+\/Images\/[\w.-]+(?:\/Versions\/[\w.-]+)?$/i.test(image))
    return { sharedGalleryImageId: image }
  throw refused(provider, operationOf(options), argument, "'publisher:offer:sku:version', or the id of an image")
}

/** Machines are called by their host's name within: at most 64 letters, digits and hyphens. */
function computerName(name: string): string {
  return name
    .replace(/[^A-Za-z0-9-]/g, '-')
    .slice(0, 64)
    .replace(/-+$/, '')
}

function inbound(port: number, priority: number): object {
  const any = {
    protocol: 'Tcp',
    access: 'Allow',
    direction: 'Inbound',
    sourcePortRange: '*',
    sourceAddressPrefix: '*',
    destinationAddressPrefix: '*',
  }
  return { name: `allow-${port}`, properties: { ...any, priority, destinationPortRange: String(port) } }
}

async function login(
  driver: AzureComputeNodes,
  node: AzureCreateNodeOptions,
  options: CallOptions | undefined,
): Promise<object> {
  const { auth, ex_keyName: keyName, ex_userName: adminUsername = 'azureuser' } = node
  if (auth instanceof NodeAuthPassword) return { adminUsername, adminPassword: auth.password }
  if (auth === undefined && keyName === undefined)
    throw refused(
      driver.provider,
      operationOf(options),
      'node.auth',
      "a NodeAuthSSHKey or a NodeAuthPassword, or 'ex_keyName' must name a key pair: Azure makes no machine without",
    )
  const keyData = auth instanceof NodeAuthSSHKey ? auth.publicKey : await storedKey(driver, keyName ?? '', options)
  const publicKeys = [{ path: `/home/${adminUsername}/.ssh/authorized_keys`, keyData }]
  return { adminUsername, linuxConfiguration: { disablePasswordAuthentication: true, ssh: { publicKeys } } }
}

async function storedKey(
  { connection }: AzureComputeNodes,
  name: string,
  options: CallOptions | undefined,
): Promise<string> {
  const at = await connection.pathTo(name, KEYS, 'node.ex_keyName', options)
  const read = (raw: { readonly properties?: { readonly publicKey?: string } }): string =>
    raw.properties?.publicKey?.trim() ?? ''
  return connection.one({ path: at, version, errors: NO_KEY }, read, options)
}
