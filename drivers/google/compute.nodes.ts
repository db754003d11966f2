import type { CallOptions } from '../../lib/options.js'
import type { Ref } from '../../lib/resource.js'
import { act, GCEBase, type GCEScheduling, metadataOf, NO_NODE, type RawInstance } from './compute.base.js'
import { sizeName } from './compute.create.js'
import { type Place, pathTo, placeOf, zoneOf } from './compute.refs.js'
import type { GCEChangeOptions } from './operations.js'

/** What an instance has written to its console. */
export interface GCESerialOutput {
  readonly contents: string
  /** From where on to ask for what comes after it. */
  readonly next: string
}
export interface GCESerialOutputOptions extends CallOptions {
  /** 1 to 4. @defaultValue 1 */
  ex_port?: number | undefined
  /** From where on: the `next` of an earlier call. */
  ex_start?: string | undefined
}
/** An address by which an instance is reached from outside. */
export interface GCEAccessConfig {
  /** @defaultValue 'External NAT' */
  readonly name?: string | undefined
  /** An address that was reserved. @defaultValue any */
  readonly natIp?: string | undefined
  /** @defaultValue 'nic0' */
  readonly interface?: string | undefined
}

/** What can be done with an instance that is there. */
export abstract class GCENodes extends GCEBase {
  /**
   * Starts an instance that was stopped.
   * @example await driver.ex_startNode(node)
   * @throws NodeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/start
   */
  async ex_startNode(node: Ref, options?: GCEChangeOptions): Promise<void> {
    await act(this, node, 'start', {}, options)
  }

  /**
   * Stops an instance. Its disks are still paid for.
   * @example await driver.ex_stopNode(node)
   * @throws NodeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/stop
   */
  async ex_stopNode(node: Ref, options?: GCEChangeOptions): Promise<void> {
    await act(this, node, 'stop', {}, options)
  }

  /**
   * Keeps an instance's memory, and stops it.
   * @example await driver.ex_suspendNode(node)
   * @throws NodeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/suspend
   */
  async ex_suspendNode(node: Ref, options?: GCEChangeOptions): Promise<void> {
    await act(this, node, 'suspend', {}, options)
  }

  /**
   * Goes on with an instance that was suspended.
   * @example await driver.ex_resumeNode(node)
   * @throws NodeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/resume
   */
  async ex_resumeNode(node: Ref, options?: GCEChangeOptions): Promise<void> {
    await act(this, node, 'resume', {}, options)
  }

  /**
   * Replaces an instance's metadata. What others change at the same time is not lost: then it is a ConflictError.
   * @example await driver.ex_setNodeMetadata(node, { ...node.extra.metadata, 'enable-oslogin': 'TRUE' })
   * @throws NodeDoesNotExistError
   * @throws ConflictError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/setMetadata
   */
  async ex_setNodeMetadata(
    node: Ref,
    metadata: Readonly<Record<string, string>>,
    options?: GCEChangeOptions,
  ): Promise<void> {
    const { fingerprint } = (await rawNode(this, node, options)).metadata ?? {}
    const items = Object.entries(metadata).map(([key, value]) => ({ key, value }))
    await act(this, node, 'setMetadata', { json: { fingerprint, items } }, options)
  }

  /**
   * Replaces an instance's tags, by which firewalls and routes know it.
   * @example await driver.ex_setNodeTags(node, ['http-server'])
   * @throws NodeDoesNotExistError
   * @throws ConflictError when others change them at the same time.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/setTags
   */
  async ex_setNodeTags(node: Ref, tags: readonly string[], options?: GCEChangeOptions): Promise<void> {
    const { fingerprint } = (await rawNode(this, node, options)).tags ?? {}
    await act(this, node, 'setTags', { json: { fingerprint, items: tags } }, options)
  }

  /**
   * Replaces an instance's labels, by which it is found and paid for.
   * @example await driver.ex_setNodeLabels(node, { env: 'prod' })
   * @throws NodeDoesNotExistError
   * @throws ConflictError when others change them at the same time.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/setLabels
   */
  async ex_setNodeLabels(
    node: Ref,
    labels: Readonly<Record<string, string>>,
    options?: GCEChangeOptions,
  ): Promise<void> {
    const { labelFingerprint } = await rawNode(this, node, options)
    await act(this, node, 'setLabels', { json: { labelFingerprint, labels } }, options)
  }

  /**
   * Gives an instance another size. It must be stopped.
   * @example await driver.ex_setMachineType(node, { id: 'e2-standard-4' })
   * @throws NodeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/setMachineType
   */
  async ex_setMachineType(node: Ref, size: Ref, options?: GCEChangeOptions): Promise<void> {
    const zone = zoneOf(placeOf(this, node, 'zone', 'node', options))
    const machineType = `zones/${zone}/machineTypes/${sizeName(this, size, 'size', options)}`
    await act(this, node, 'setMachineType', { json: { machineType } }, options)
  }

  /**
   * Says what becomes of an instance when its host fails or is maintained.
   * @example await driver.ex_setNodeScheduling(node, { onHostMaintenance: 'MIGRATE', automaticRestart: true })
   * @throws NodeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/setScheduling
   */
  async ex_setNodeScheduling(node: Ref, scheduling: GCEScheduling, options?: GCEChangeOptions): Promise<void> {
    await act(this, node, 'setScheduling', { json: scheduling }, options)
  }

  /**
   * Says in whose name programs in an instance act. It must be stopped.
   * @example await driver.ex_setServiceAccount(node, email, ['https://www.googleapis.com/auth/cloud-platform'])
   * @throws NodeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/setServiceAccount
   */
  async ex_setServiceAccount(
    node: Ref,
    email: string,
    scopes: readonly string[],
    options?: GCEChangeOptions,
  ): Promise<void> {
    await act(this, node, 'setServiceAccount', { json: { email, scopes } }, options)
  }

  /**
   * Says whether an instance can be destroyed.
   * @example await driver.ex_setDeletionProtection(node, true)
   * @throws NodeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/setDeletionProtection
   */
  async ex_setDeletionProtection(node: Ref, isProtected: boolean, options?: GCEChangeOptions): Promise<void> {
    await act(this, node, 'setDeletionProtection', { query: { deletionProtection: isProtected } }, options)
  }

  /**
   * Lets an instance be reached from outside.
   * @example await driver.ex_addAccessConfig(node, { natIp: address.address })
   * @throws NodeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/addAccessConfig
   */
  async ex_addAccessConfig(node: Ref, config: GCEAccessConfig, options?: GCEChangeOptions): Promise<void> {
    const { name = 'External NAT', natIp: natIP, interface: networkInterface = 'nic0' } = config
    const json = { type: 'ONE_TO_ONE_NAT', name, natIP }
    await act(this, node, 'addAccessConfig', { json, query: { networkInterface } }, options)
  }

  /**
   * Lets an instance be reached from outside no more.
   * @example await driver.ex_deleteAccessConfig(node, {})
   * @throws NodeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/deleteAccessConfig
   */
  async ex_deleteAccessConfig(
    node: Ref,
    config: Pick<GCEAccessConfig, 'name' | 'interface'>,
    options?: GCEChangeOptions,
  ): Promise<void> {
    const { name: accessConfig = 'External NAT', interface: networkInterface = 'nic0' } = config
    await act(this, node, 'deleteAccessConfig', { query: { accessConfig, networkInterface } }, options)
  }

  /**
   * What an instance has written to its console, up to a MiB of it.
   * @example const { contents } = await driver.ex_getSerialOutput(node)
   * @throws NodeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/getSerialPortOutput
   */
  async ex_getSerialOutput(node: Ref, options?: GCESerialOutputOptions): Promise<GCESerialOutput> {
    const place = placeOf(this, node, 'zone', 'node', options)
    const query = { port: options?.ex_port, start: options?.ex_start }
    const at = pathTo(place, 'instances')
    const spec = { path: (project: string) => `${at(project)}/serialPort`, query, errors: NO_NODE }
    const map = (raw: { contents?: string; next?: string }): GCESerialOutput => ({
      contents: raw.contents ?? '',
      next: raw.next ?? '0',
    })
    return this.connection.one(spec, map, options)
  }

  /**
   * An instance's metadata, as it stands.
   * @example const { 'startup-script': script } = await driver.ex_getNodeMetadata(node)
   * @throws NodeDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/get
   */
  async ex_getNodeMetadata(node: Ref, options?: CallOptions): Promise<Readonly<Record<string, string>>> {
    return metadataOf((await rawNode(this, node, options)).metadata)
  }
}

/** An instance as Google has it: its fingerprints are needed to change it. */
export async function rawNode(driver: GCEBase, node: Ref, options: CallOptions | undefined): Promise<RawInstance> {
  const place: Place = placeOf(driver, node, 'zone', 'node', options)
  return driver.connection.get(place, 'instances', (raw: RawInstance) => raw, NO_NODE, options)
}
