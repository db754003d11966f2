import type { ComputeApi } from '../../lib/compute/api.js'
import type { Node, StorageVolume } from '../../lib/compute/types.js'
import { connect } from '../../lib/driver.js'
import { MalformedResponseError } from '../../lib/errors.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { ArmConnection, type ArmSpec } from './arm.connection.js'
import { idPath, readId, refused } from './arm.ids.js'
import { type AzureStopOptions, act } from './compute.base.js'
import { AzureComputeGroups } from './compute.groups.js'
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
import type { AzureVolumeExtra } from './compute.volumes.js'
import { ARM_CREDENTIALS, type AzureOptions, azureOptions } from './options.js'

export type * from './compute.base.js'
export type * from './compute.groups.js'
export type * from './compute.images.js'
export type * from './compute.keys.js'
export type * from './compute.networks.js'
export type { AzureNodeExtra } from './compute.shared.js'
export type * from './compute.volumes.js'
export type { AzureCloud, AzureOptions, AzureSignInOptions } from './options.js'

const version = COMPUTE_VERSION

/** What a command has written. */
export interface AzureCommandResult {
  readonly code: string
  readonly message: string
}

/** A key of a storage account. Printing it shows it. */
export interface AzureStorageKey {
  readonly name: string
  readonly value: string
  /** `'FULL'` or `'READ'`. */
  readonly permissions: string
}
/** What is counted, and what each unit of it costs from which number on. */
export interface AzureMeter {
  readonly id: string
  readonly name: string | undefined
  readonly category: string | undefined
  readonly region: string | undefined
  readonly unit: string | undefined
  readonly rates: Readonly<Record<string, number>>
}
export interface AzureRatecard {
  readonly currency: string
  readonly meters: readonly AzureMeter[]
}
export interface AzureRatecardOptions extends CallOptions {
  /** @defaultValue 'USD' */
  ex_currency?: string | undefined
  /** @defaultValue 'en-US' */
  ex_locale?: string | undefined
  /** Country of the offer. @defaultValue 'US' */
  ex_region?: string | undefined
}
interface RawRatecard {
  readonly Currency?: string
  readonly Meters?: readonly {
    readonly MeterId: string
    readonly MeterName?: string
    readonly MeterCategory?: string
    readonly MeterRegion?: string
    readonly Unit?: string
    readonly MeterRates?: Readonly<Record<string, number>>
  }[]
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
export class AzureNodeDriver extends AzureComputeGroups implements Partial<ComputeApi> {
  readonly provider = 'azure_arm'

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  constructor(options: AzureOptions = {}) {
    super({ vendor: 'azure', credentials: ARM_CREDENTIALS }, azureOptions(options, 'azure_arm'))
    connect(this, new ArmConnection(this))
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
    return this.#told({ method: 'POST', path: at, version, errors: NO_NODE, idempotent: true }, map, options)
  }

  /**
   * The same as `getNode`.
   *
   * @example
   * ```ts
   * const { state } = await driver.ex_getNode('web-1')
   * ```
   * @throws NodeDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machines/get
   */
  async ex_getNode(nodeId: string, options?: CallOptions): Promise<Node<AzureNodeExtra>> {
    return this.getNode(nodeId, options)
  }

  /**
   * The same as `getVolume`.
   *
   * @example
   * ```ts
   * const { size } = await driver.ex_getVolume('data')
   * ```
   * @throws VolumeDoesNotExistError
   * @see https://learn.microsoft.com/rest/api/compute/disks/get
   */
  async ex_getVolume(volumeId: string, options?: CallOptions): Promise<StorageVolume<AzureVolumeExtra>> {
    return this.getVolume(volumeId, options)
  }

  /**
   * Whether ultra disks may be attached to a node. The node must be given back before. It is awaited.
   *
   * @example
   * ```ts
   * await driver.ex_createAdditionalCapabilities({ id: 'web-1' }, { ultraSSDEnabled: true })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://learn.microsoft.com/azure/virtual-machines/disks-enable-ultra-ssd
   */
  async ex_createAdditionalCapabilities(
    node: Ref,
    capabilities: { readonly ultraSSDEnabled?: boolean | undefined },
    options?: WaitOptions,
  ): Promise<Node<AzureNodeExtra>> {
    const { ultraSSDEnabled } = capabilities
    return this.#patch(node, { properties: { additionalCapabilities: { ultraSSDEnabled } } }, options)
  }

  /**
   * Deletes whatever an id stands for. Each kind of resource has versions of its own. It is awaited.
   *
   * @example
   * ```ts
   * await driver.ex_deleteResource(subnet.id, '2024-07-01')
   * ```
   * @throws NotFoundError
   * @see https://learn.microsoft.com/rest/api/resources/resources/delete-by-id
   */
  async ex_deleteResource(resourceId: string, apiVersion: string, options?: WaitOptions): Promise<void> {
    const operation = operationOf(options)
    const at = readId(resourceId)
    if (!at)
      throw refused(this.provider, operation, 'resourceId', "an id, '/subscriptions/…/resourceGroups/…/providers/…'")
    if (!/^\d{4}-\d\d-\d\d(?:-preview)?$/.test(apiVersion))
      throw refused(this.provider, operation, 'apiVersion', "a date, such as '2024-07-01'")
    await this.connection.operate({ method: 'DELETE', path: idPath(at), version: apiVersion }, () => undefined, options)
  }

  /**
   * The two keys of a storage account: `AzureBlobsStorageDriver` takes one as its `secret`.
   *
   * @example
   * ```ts
   * const [{ value: secret }] = await driver.ex_getStorageAccountKeys({ id: 'account' })
   * ```
   * @throws NotFoundError
   * @see https://learn.microsoft.com/rest/api/storagerp/storage-accounts/list-keys
   */
  async ex_getStorageAccountKeys(account: Ref, options?: CallOptions): Promise<AzureStorageKey[]> {
    const type = 'Microsoft.Storage/storageAccounts'
    const at = `${await this.connection.pathTo(account.id, type, 'account.id', options)}/listKeys`
    type Raw = {
      readonly keys?: readonly { readonly keyName?: string; readonly value?: string; readonly permissions?: string }[]
    }
    const map = (raw: Raw): AzureStorageKey[] =>
      (raw.keys ?? []).map(({ keyName = '', value = '', permissions = '' }) => {
        this.connection.conceal(value)
        return { name: keyName, value, permissions }
      })
    return this.#told({ method: 'POST', path: at, version: '2023-01-01', idempotent: true }, map, options)
  }

  /**
   * What things cost under an offer, by their meters.
   *
   * @example
   * ```ts
   * const { meters } = await driver.ex_getRatecard('MS-AZR-0003P', { ex_currency: 'EUR' })
   * ```
   * @see https://learn.microsoft.com/previous-versions/azure/reference/mt219004(v=azure.100)
   */
  async ex_getRatecard(offerId: string, options?: AzureRatecardOptions): Promise<AzureRatecard> {
    const { ex_currency: currency = 'USD', ex_locale: locale = 'en-US', ex_region: region = 'US' } = options ?? {}
    const words = { offerId, 'options.ex_currency': currency, 'options.ex_locale': locale, 'options.ex_region': region }
    for (const [argument, word] of Object.entries(words))
      if (!/^[A-Za-z0-9-]+$/.test(word))
        throw refused(this.provider, operationOf(options), argument, 'letters, digits and hyphens')
    const $filter = `OfferDurableId eq '${offerId}' and Currency eq '${currency}' and Locale eq '${locale}' and RegionInfo eq '${region}'`
    const at = (subscription: string): string =>
      path`/subscriptions/${subscription}/providers/Microsoft.Commerce/RateCard`
    const map = (raw: RawRatecard): AzureRatecard => ({
      currency: raw.Currency ?? currency,
      meters: (raw.Meters ?? []).map(meter => ({
        id: meter.MeterId,
        name: meter.MeterName,
        category: meter.MeterCategory,
        region: meter.MeterRegion,
        unit: meter.Unit,
        rates: meter.MeterRates ?? {},
      })),
    })
    return this.connection.one({ path: at, version: '2016-08-31-preview', query: { $filter } }, map, options)
  }

  /** A reply that tells secrets under harmless names: unlike a parsed one, a streamed one is in no trace. */
  async #told<Raw, T>(spec: ArmSpec, map: (raw: Raw) => T, options: CallOptions | undefined): Promise<T> {
    const { body, status, requestId } = await this.connection.stream(await this.connection.spec(spec, options), options)
    const chunks: Buffer[] = []
    for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(Buffer.from(chunk))
    try {
      return map(JSON.parse(Buffer.concat(chunks).toString()) as Raw)
    } catch {
      const { provider } = this
      const operation = operationOf(options)
      const message = `${operation}: '${provider}' answered what cannot be read`
      throw new MalformedResponseError(message, { provider, operation, status, requestId })
    }
  }

  async #patch(node: Ref, json: object, options: WaitOptions | undefined): Promise<Node<AzureNodeExtra>> {
    const at = await this.connection.pathTo(node.id, VMS, 'node.id', options)
    const spec = { method: 'PATCH', path: at, version, json, errors: NO_NODE } as const
    return this.connection.operate(spec, (raw: RawVm | undefined) => toNode(this, raw as RawVm, NO_FACTS), options)
  }
}
