import type { ComputeApi } from '../../lib/compute/api.js'
import type { Node } from '../../lib/compute/types.js'
import { connect } from '../../lib/driver.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { ArmConnection } from './arm.connection.js'
import { refused } from './arm.ids.js'
import { type AzureStopOptions, act } from './compute.base.js'
import { AzureComputeNetworks } from './compute.networks.js'
import {
  type AzureNodeExtra,
  COMPUTE_VERSION,
  NO_FACTS,
  NO_NODE,
  type RawVm,
  type Tags,
  toNode,
  VMS,
} from './compute.shared.js'
import { ARM_CREDENTIALS, type AzureOptions, azureOptions } from './options.js'

export type * from './compute.base.js'
export type * from './compute.images.js'
export type * from './compute.keys.js'
export type * from './compute.networks.js'
export type { AzureNodeExtra } from './compute.shared.js'
export type * from './compute.volumes.js'
export type { AzureCloud, AzureOptions, AzureSignInOptions } from './options.js'

const version = COMPUTE_VERSION

/** A resource group. */
export interface AzureResourceGroup {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly tags: Tags
}
/** What a command has written. */
export interface AzureCommandResult {
  readonly code: string
  readonly message: string
}

/**
 * Virtual machines of Azure, with their disks, images, keys and networks. Ids are Azure's; a name alone does where the
 * driver has a resource group. A size is known by its name, an image by `'publisher:offer:sku:version'` or its id.
 *
 * @example
 * ```ts
 * const driver = new AzureNodeDriver({ tenantId, key: clientId, secret, subscriptionId, resourceGroup: 'web', region: 'westeurope' })
 * const image = { id: 'Canonical:ubuntu-24_04-lts:server:latest' }
 * const auth = new NodeAuthSSHKey(publicKey)
 * await using node = await driver.createNode({ name: 'web-1', size: { id: 'Standard_B2s' }, image, auth, ex_inboundPorts: [22] })
 * ```
 * @see https://learn.microsoft.com/azure/virtual-machines/
 */
export class AzureNodeDriver extends AzureComputeNetworks implements Partial<ComputeApi> {
  readonly provider = 'azure_arm'

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  constructor(options: AzureOptions = {}) {
    super({ vendor: 'azure', credentials: ARM_CREDENTIALS }, azureOptions(options, 'azure_arm'))
    connect(this, new ArmConnection(this))
  }

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
    return this.connection.list({ path: at, version: '2021-04-01', map }, options)
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
    await this.connection.operate({ method: 'DELETE', path: at, version: '2021-04-01' }, () => undefined, options)
  }

  /**
   * Gives a node another size. One that runs is restarted. It is awaited.
   *
   * @example
   * ```ts
   * await driver.ex_resizeNode({ id: 'web-1' }, { id: 'Standard_D4s_v5' })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/update
   */
  async ex_resizeNode(node: Ref, size: Ref, options?: WaitOptions): Promise<Node<AzureNodeExtra>> {
    return this.#patch(node, { properties: { hardwareProfile: { vmSize: size.id } } }, options)
  }

  /**
   * Writes the names and values that belong to a node: those that it has stay, unless they are replaced.
   *
   * @example
   * ```ts
   * await driver.ex_createTags({ id: 'web-1' }, { env: 'test' })
   * ```
   * @throws NotFoundError
   * @see https://learn.microsoft.com/rest/api/resources/tags/update-at-scope
   */
  async ex_createTags(
    node: Ref,
    tags: Tags,
    options?: CallOptions & { ex_replace?: boolean | undefined },
  ): Promise<Tags> {
    const at = `${await this.connection.pathTo(node.id, VMS, 'node.id', options)}/providers/Microsoft.Resources/tags/default`
    const json = { operation: options?.ex_replace ? 'Replace' : 'Merge', properties: { tags } }
    const map = (raw: { readonly properties?: { readonly tags?: Tags } }): Tags => raw.properties?.tags ?? {}
    return this.connection.one({ method: 'PATCH', path: at, version: '2021-04-01', json }, map, options)
  }

  /**
   * Runs a script in a node, and waits for its end.
   *
   * @example
   * ```ts
   * const [{ message }] = await driver.ex_runCommand({ id: 'web-1' }, ['uptime'])
   * ```
   * @throws NodeDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/run-command
   */
  async ex_runCommand(
    node: Ref,
    script: readonly string[],
    options?: WaitOptions & { ex_commandId?: string | undefined },
  ): Promise<AzureCommandResult[]> {
    if (script.length === 0) throw refused(this.provider, operationOf(options), 'script', 'lines of a script')
    const at = `${await this.connection.pathTo(node.id, VMS, 'node.id', options)}/runCommand`
    const json = { commandId: options?.ex_commandId ?? 'RunShellScript', script }
    type Raw = { readonly value?: readonly { readonly code?: string; readonly message?: string }[] }
    const map = (raw: Raw | undefined): AzureCommandResult[] =>
      (raw?.value ?? []).map(({ code = '', message = '' }) => ({ code, message }))
    return this.connection.operate({ method: 'POST', path: at, version, json, errors: NO_NODE }, map, options)
  }

  /**
   * Marks a node as one whose system was prepared to become an image: it can be started no more.
   *
   * @example
   * ```ts
   * await driver.stopNode(node)
   * await driver.ex_generalizeNode(node)
   * await driver.createImage(node, { name: 'web' })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/generalize
   */
  async ex_generalizeNode(node: Ref, options?: WaitOptions): Promise<void> {
    await act(this, node, 'generalize', options)
  }

  /**
   * Gives a node's machine back: nothing is charged but its disks and addresses. It is awaited.
   *
   * @example
   * ```ts
   * await driver.ex_deallocateNode({ id: 'web-1' })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/deallocate
   */
  async ex_deallocateNode(node: Ref, options?: WaitOptions): Promise<void> {
    await act(this, node, 'deallocate', options)
  }

  /**
   * The same as `startNode`.
   *
   * @example
   * ```ts
   * await driver.ex_startNode({ id: 'web-1' })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/start
   */
  async ex_startNode(node: Ref, options?: WaitOptions): Promise<void> {
    await this.startNode(node, options)
  }

  /**
   * The same as `stopNode`.
   *
   * @example
   * ```ts
   * await driver.ex_stopNode({ id: 'web-1' }, { ex_deallocate: false })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/power-off
   */
  async ex_stopNode(node: Ref, options?: AzureStopOptions): Promise<void> {
    await this.stopNode(node, options)
  }

  /**
   * Where a node's screen and serial log can be read for a while: addresses that need no credentials.
   *
   * @example
   * ```ts
   * const { serialLog } = await driver.ex_getBootDiagnostics({ id: 'web-1' })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/retrieve-boot-diagnostics-data
   */
  async ex_getBootDiagnostics(
    node: Ref,
    options?: CallOptions,
  ): Promise<{ serialLog: string | undefined; screenshot: string | undefined }> {
    const at = `${await this.connection.pathTo(node.id, VMS, 'node.id', options)}/retrieveBootDiagnosticsData`
    type Raw = { readonly serialConsoleLogBlobUri?: string; readonly consoleScreenshotBlobUri?: string }
    const map = (raw: Raw) => ({ serialLog: raw.serialConsoleLogBlobUri, screenshot: raw.consoleScreenshotBlobUri })
    return this.connection.one({ method: 'POST', path: at, version, errors: NO_NODE, idempotent: true }, map, options)
  }

  async #patch(node: Ref, json: object, options: WaitOptions | undefined): Promise<Node<AzureNodeExtra>> {
    const at = await this.connection.pathTo(node.id, VMS, 'node.id', options)
    const spec = { method: 'PATCH', path: at, version, json, errors: NO_NODE } as const
    return this.connection.operate(spec, (raw: RawVm | undefined) => toNode(this, raw as RawVm, NO_FACTS), options)
  }
}
