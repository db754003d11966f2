import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { checkNewName, groupOf } from './arm.ids.js'
import { below } from './compute.base.js'
import { AzureComputeNetworks } from './compute.networks.js'
import { COMPUTE_VERSION, NO_NODE, type Tags, VMS } from './compute.shared.js'

const version = COMPUTE_VERSION
const GROUPS_VERSION = '2021-04-01'

/** A resource group. */
export interface AzureResourceGroup {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly tags: Tags
}
/** Nodes that are kept on different racks. */
export interface AzureAvailabilitySet {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly resourceGroup: string
  readonly faultDomains: number | undefined
  readonly updateDomains: number | undefined
  readonly nodeIds: readonly string[]
}
/** What Azure's agent runs in a node. */
export interface AzureExtension {
  readonly id: string
  readonly name: string
  readonly publisher: string | undefined
  readonly type: string | undefined
  readonly version: string | undefined
  /** Azure's own word. */
  readonly state: string | undefined
}
export interface AzureNewExtension {
  readonly name: string
  /** `'Microsoft.Azure.Extensions'`. */
  readonly publisher: string
  /** `'CustomScript'`. */
  readonly type: string
  /** `'2.1'`. */
  readonly version: string
  readonly settings?: object | undefined
  /** What nobody may read afterwards. */
  readonly protectedSettings?: object | undefined
}
interface RawSet {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly properties?: {
    readonly platformFaultDomainCount?: number
    readonly platformUpdateDomainCount?: number
    readonly virtualMachines?: readonly Ref[]
  }
}
interface RawExtension {
  readonly id: string
  readonly name: string
  readonly properties?: {
    readonly publisher?: string
    readonly type?: string
    readonly typeHandlerVersion?: string
    readonly provisioningState?: string
  }
}

/** Resource groups, availability sets, extensions. */
export abstract class AzureComputeGroups extends AzureComputeNetworks {
  /**
   * The resource groups of the subscription.
   *
   * @example
   * ```ts
   * for await (const { name, location } of driver.ex_listResourceGroups()) console.log(name, location)
   * ```
   * @see https://learn.microsoft.com/rest/api/resources/resource-groups/list
   */
  ex_listResourceGroups(options?: CallOptions): Pager<AzureResourceGroup> {
    const at = (subscription: string): string => path`/subscriptions/${subscription}/resourcegroups`
    const map = ({ id, name, location, tags = {} }: AzureResourceGroup): AzureResourceGroup => ({
      id,
      name,
      location,
      tags,
    })
    return this.connection.list({ path: at, version: GROUPS_VERSION, map }, options)
  }

  /**
   * Deletes a resource group with all that is in it. It is awaited.
   *
   * @example
   * ```ts
   * await driver.ex_deleteResourceGroup('test-1')
   * ```
   * @see https://learn.microsoft.com/rest/api/resources/resource-groups/delete
   */
  async ex_deleteResourceGroup(name: string, options?: WaitOptions): Promise<void> {
    const group = this.connection.group(name, 'name', options)
    const at = (subscription: string): string => path`/subscriptions/${subscription}/resourcegroups/${group}`
    await this.connection.operate({ method: 'DELETE', path: at, version: GROUPS_VERSION }, () => undefined, options)
  }

  /**
   * Makes a resource group, or changes its tags.
   *
   * @example
   * ```ts
   * const { id } = await driver.ex_createResourceGroup('test-1', 'westeurope', { env: 'test' })
   * ```
   * @see https://learn.microsoft.com/rest/api/resources/resource-groups/create-or-update
   */
  async ex_createResourceGroup(
    name: string,
    location: string,
    tags: Tags | undefined,
    options?: CallOptions,
  ): Promise<AzureResourceGroup> {
    const group = this.connection.group(name, 'name', options)
    const json = { location: this.connection.location(location, 'location', options), tags }
    const at = (subscription: string): string => path`/subscriptions/${subscription}/resourcegroups/${group}`
    const spec = { method: 'PUT', path: at, version: GROUPS_VERSION, json } as const
    const map = (raw: AzureResourceGroup): AzureResourceGroup => {
      if (typeof raw.id !== 'string') throw new Error('The reply is no group')
      return { id: raw.id, name: raw.name, location: raw.location, tags: raw.tags ?? {} }
    }
    return this.connection.one(spec, map, options)
  }

  /**
   * Availability sets.
   *
   * @example
   * ```ts
   * for await (const { name, nodeIds } of driver.ex_listAvailabilitySets()) console.log(name, nodeIds)
   * ```
   * @see https://learn.microsoft.com/rest/api/compute/availability-sets/list-by-subscription
   */
  ex_listAvailabilitySets(options?: CallOptions): Pager<AzureAvailabilitySet> {
    const at = below('Microsoft.Compute/availabilitySets')
    return this.connection.list({ path: at, version, map: toSet }, options)
  }

  /**
   * Makes an availability set: the nodes in it are kept on different racks, and are not all updated at once.
   *
   * @example
   * ```ts
   * const set = await driver.ex_createAvailabilitySet('web', { faultDomains: 2, updateDomains: 5 })
   * ```
   * @see https://learn.microsoft.com/rest/api/compute/availability-sets/create-or-update
   */
  async ex_createAvailabilitySet(
    name: string,
    domains: { readonly faultDomains: number; readonly updateDomains: number },
    options?: CallOptions,
  ): Promise<AzureAvailabilitySet> {
    checkNewName(this.provider, operationOf(options), 'name', name)
    const group = this.connection.group(undefined, 'resourceGroup', options)
    const at = (subscription: string): string =>
      path`/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Compute/availabilitySets/${name}`
    const { faultDomains: platformFaultDomainCount, updateDomains: platformUpdateDomainCount } = domains
    const location = this.connection.location(undefined, 'region', options)
    const json = {
      location,
      sku: { name: 'Aligned' },
      properties: { platformFaultDomainCount, platformUpdateDomainCount },
    }
    return this.connection.one({ method: 'PUT', path: at, version, json }, toSet, options)
  }

  /**
   * The extensions of a node.
   *
   * @example
   * ```ts
   * for await (const { name, state } of driver.ex_listExtensions({ id: 'web-1' })) console.log(name, state)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machine-extensions/list
   */
  ex_listExtensions(node: Ref, options?: CallOptions): Pager<AzureExtension> {
    return pager(async token => {
      const at = `${await this.connection.pathTo(node.id, VMS, 'node.id', options)}/extensions`
      return this.connection.page({ path: at, version, map: toExtension, errors: NO_NODE }, token, options)
    }, options)
  }

  /**
   * Gives a node an extension, or changes it. It is awaited.
   *
   * @example
   * ```ts
   * const settings = { commandToExecute: 'apt-get -y upgrade' }
   * const script = { name: 'up', publisher: 'Microsoft.Azure.Extensions', type: 'CustomScript', version: '2.1', settings }
   * await driver.ex_createExtension({ id: 'web-1' }, script)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machine-extensions/create-or-update
   */
  async ex_createExtension(node: Ref, extension: AzureNewExtension, options?: WaitOptions): Promise<AzureExtension> {
    checkNewName(this.provider, operationOf(options), 'extension.name', extension.name)
    const at = (await this.connection.pathTo(node.id, VMS, 'node.id', options)) + path`/extensions/${extension.name}`
    const { publisher, type, version: typeHandlerVersion, settings, protectedSettings } = extension
    for (const text of textsIn(protectedSettings)) this.connection.conceal(text)
    const location = this.connection.location(undefined, 'region', options)
    const json = { location, properties: { publisher, type, typeHandlerVersion, settings, protectedSettings } }
    const spec = { method: 'PUT', path: at, version, json, errors: NO_NODE } as const
    return this.connection.operate(spec, (raw: RawExtension | undefined) => toExtension(raw as RawExtension), options)
  }
}

function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string' && value.length >= 4) yield value
  else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) yield* textsIn(each)
}

function toSet({ id, name, location, properties = {} }: RawSet): AzureAvailabilitySet {
  if (typeof id !== 'string') throw new Error('The reply is no availability set')
  return {
    ...{ id, name, location, resourceGroup: groupOf(id) },
    faultDomains: properties.platformFaultDomainCount,
    updateDomains: properties.platformUpdateDomainCount,
    nodeIds: (properties.virtualMachines ?? []).map(each => each.id),
  }
}
function toExtension({ id, name, properties = {} }: RawExtension): AzureExtension {
  if (typeof id !== 'string') throw new Error('The reply is no extension')
  const { publisher, type, typeHandlerVersion, provisioningState } = properties
  return { id, name, publisher, type, version: typeHandlerVersion, state: provisioningState }
}
