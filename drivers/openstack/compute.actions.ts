import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import type { Ref } from '../../lib/resource.js'
import { act, NO_NODE } from './compute.base.js'
import { OpenStackComputeKeys } from './compute.keys.js'
import { type OpenStackNode, type RawServer, toNode } from './server.js'
import { SERVER_VERSION } from './server-create.js'

export interface OpenStackRebuildOptions extends CallOptions {
  /** @defaultValue the server's own name */
  ex_name?: string | undefined
  /** @defaultValue one that the cloud makes */
  ex_password?: string | undefined
  ex_metadata?: Readonly<Record<string, string>> | undefined
  ex_description?: string | undefined
  ex_diskConfig?: 'AUTO' | 'MANUAL' | undefined
  /** Needs microversion 2.54. @defaultValue the server's own */
  ex_keyName?: string | undefined
  /** Needs microversion 2.57. @defaultValue the server's own */
  ex_userData?: string | Uint8Array | undefined
}
export interface OpenStackRescueOptions extends CallOptions {
  /** @defaultValue one that the cloud makes */
  ex_password?: string | undefined
  /** The image that the server runs from meanwhile. @defaultValue the cloud's choice */
  ex_image?: Ref | undefined
}
/** What is to change; what is absent stays. */
export interface OpenStackUpdateNodeOptions {
  name?: string | undefined
  description?: string | undefined
  accessIPv4?: string | undefined
  accessIPv6?: string | undefined
  diskConfig?: 'AUTO' | 'MANUAL' | undefined
  /** Needs microversion 2.90. */
  hostname?: string | undefined
}

/** What is done to servers. Each resolves when it is accepted, and goes on. */
export abstract class OpenStackComputeActions extends OpenStackComputeKeys {
  /**
   * One server, with all that the cloud tells: as `getNode`.
   *
   * @example
   * ```ts
   * const { extra } = await driver.ex_getNodeDetails('9168b536-cd40-4630-b43f-b259807c6e87')
   * ```
   * @deprecated `getNode` is the same
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#show-server-details
   */
  async ex_getNodeDetails(nodeId: string, options?: CallOptions): Promise<OpenStackNode> {
    return this.getNode(nodeId, options)
  }

  /**
   * Changes what is said of a server.
   *
   * @example
   * ```ts
   * await driver.ex_updateNode(node, { description: 'for the holidays' })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#update-server
   */
  async ex_updateNode(node: Ref, what: OpenStackUpdateNodeOptions, options?: CallOptions): Promise<OpenStackNode> {
    const { diskConfig, ...plain } = what
    const json = { server: { ...plain, 'OS-DCF:diskConfig': diskConfig } }
    const map = (raw: RawServer): OpenStackNode => toNode(this, raw)
    const least = what.hostname !== undefined ? '2.90' : what.description !== undefined ? '2.19' : undefined
    const microversion =
      least === '2.90' ? { wanted: least, least } : { wanted: SERVER_VERSION, ...(least && { least }) }
    const spec = { method: 'PUT', path: path`/servers/${node.id}`, json, errors: NO_NODE, microversion } as const
    return this.connection.one({ ...spec, member: 'server', map }, options)
  }

  /**
   * Gives a server another name. What the system in it calls itself stays.
   *
   * @example
   * ```ts
   * await driver.ex_setServerName(node, 'web-2')
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#update-server
   */
  async ex_setServerName(node: Ref, name: string, options?: CallOptions): Promise<OpenStackNode> {
    return this.ex_updateNode(node, { name }, options)
  }

  /**
   * Gives the administrator of the system in the server another password.
   *
   * @example
   * ```ts
   * await driver.ex_setPassword(node, password)
   * ```
   * @throws NodeDoesNotExistError
   * @throws ConflictError where the server does not run
   * @see https://docs.openstack.org/api-ref/compute/#change-administrative-password-changepassword-action
   */
  async ex_setPassword(node: Ref, password: string, options?: CallOptions): Promise<void> {
    this.connection.conceal(password)
    await act(this, node, { changePassword: { adminPass: password } }, options)
  }

  /**
   * Asks the system in the server to restart: as `rebootNode`.
   *
   * @example
   * ```ts
   * await driver.ex_softRebootNode(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#reboot-server-reboot-action
   */
  async ex_softRebootNode(node: Ref, options?: CallOptions): Promise<void> {
    await this.rebootNode(node, options)
  }

  /**
   * Restarts a server without asking the system in it.
   *
   * @example
   * ```ts
   * await driver.ex_hardRebootNode(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#reboot-server-reboot-action
   */
  async ex_hardRebootNode(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { reboot: { type: 'HARD' } }, options)
  }

  /**
   * Powers a stopped server on: as `startNode`.
   *
   * @example
   * ```ts
   * await driver.ex_startNode(node)
   * ```
   * @deprecated `startNode` is the same
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#start-server-os-start-action
   */
  async ex_startNode(node: Ref, options?: CallOptions): Promise<void> {
    await this.startNode(node, options)
  }

  /**
   * Shuts a server down: as `stopNode`.
   *
   * @example
   * ```ts
   * await driver.ex_stopNode(node)
   * ```
   * @deprecated `stopNode` is the same
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#stop-server-os-stop-action
   */
  async ex_stopNode(node: Ref, options?: CallOptions): Promise<void> {
    await this.stopNode(node, options)
  }

  /**
   * Makes a server anew from an image, with the same id, addresses and volumes. What its disk holds is lost.
   *
   * @example
   * ```ts
   * await driver.ex_rebuild(node, { id: imageId })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#rebuild-server-rebuild-action
   */
  async ex_rebuild(node: Ref, image: Ref, options?: OpenStackRebuildOptions): Promise<OpenStackNode> {
    const { ex_userData: userData, ex_keyName: key, ex_description: description } = options ?? {}
    const rebuild = {
      imageRef: image.id,
      name: options?.ex_name,
      adminPass: options?.ex_password,
      metadata: options?.ex_metadata,
      description,
      'OS-DCF:diskConfig': options?.ex_diskConfig,
      key_name: key,
      user_data: userData === undefined ? undefined : Buffer.from(userData as string).toString('base64'),
    }
    const needs = [userData !== undefined && '2.57', key !== undefined && '2.54', description !== undefined && '2.19']
    const least = needs.find(each => each !== false)
    const wanted = least === undefined || least === '2.19' ? SERVER_VERSION : least
    const microversion = least === undefined ? wanted : { wanted, least: least as string }
    const map = (raw: RawServer): OpenStackNode => toNode(this, raw)
    const at = path`/servers/${node.id}/action`
    const spec = { method: 'POST', path: at, json: { rebuild }, errors: NO_NODE, microversion } as const
    return this.connection.one({ ...spec, member: 'server', map } as const, options)
  }

  /**
   * Gives a server another size. When it is in the state `VERIFY_RESIZE`, `ex_confirmResize` makes it final, or
   * `ex_revertResize` undoes it.
   *
   * @example
   * ```ts
   * await driver.ex_resize(node, { id: '3' })
   * await driver.ex_waitForState(node, 'VERIFY_RESIZE')
   * await driver.ex_confirmResize(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#resize-server-resize-action
   */
  async ex_resize(node: Ref, size: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { resize: { flavorRef: size.id } }, options)
  }

  /**
   * Makes a new size final.
   *
   * @example
   * ```ts
   * await driver.ex_confirmResize(node)
   * ```
   * @throws NodeDoesNotExistError
   * @throws ConflictError where the server is not in the state `VERIFY_RESIZE`
   * @see https://docs.openstack.org/api-ref/compute/#confirm-resized-server-confirmresize-action
   */
  async ex_confirmResize(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { confirmResize: null }, options)
  }

  /**
   * Gives a server the size again that it had.
   *
   * @example
   * ```ts
   * await driver.ex_revertResize(node)
   * ```
   * @throws NodeDoesNotExistError
   * @throws ConflictError where the server is not in the state `VERIFY_RESIZE`
   * @see https://docs.openstack.org/api-ref/compute/#revert-resized-server-revertresize-action
   */
  async ex_revertResize(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { revertResize: null }, options)
  }

  /**
   * Holds a server, with its memory where it is.
   *
   * @example
   * ```ts
   * await driver.ex_pauseNode(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#pause-server-pause-action
   */
  async ex_pauseNode(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { pause: null }, options)
  }

  /**
   * Lets a paused server go on.
   *
   * @example
   * ```ts
   * await driver.ex_unpauseNode(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#unpause-server-unpause-action
   */
  async ex_unpauseNode(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { unpause: null }, options)
  }

  /**
   * Holds a server, with its memory on disk.
   *
   * @example
   * ```ts
   * await driver.ex_suspendNode(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#suspend-server-suspend-action
   */
  async ex_suspendNode(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { suspend: null }, options)
  }

  /**
   * Lets a suspended server go on.
   *
   * @example
   * ```ts
   * await driver.ex_resumeNode(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#resume-suspended-server-resume-action
   */
  async ex_resumeNode(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { resume: null }, options)
  }

  /**
   * Starts a server from another image, with its own disk beside it.
   *
   * @example
   * ```ts
   * const password = await driver.ex_rescue(node)
   * ```
   * @returns the administrator's password meanwhile, where the cloud tells it
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#rescue-server-rescue-action
   */
  async ex_rescue(node: Ref, options?: OpenStackRescueOptions): Promise<string | undefined> {
    const rescue = { adminPass: options?.ex_password, rescue_image_ref: options?.ex_image?.id }
    const at = path`/servers/${node.id}/action`
    const spec = { method: 'POST', path: at, json: { rescue }, errors: NO_NODE } as const
    return this.connection.mapped(spec, ({ adminPass }) => adminPass as string | undefined, options)
  }

  /**
   * Starts a server from its own disk again.
   *
   * @example
   * ```ts
   * await driver.ex_unrescue(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#unrescue-server-unrescue-action
   */
  async ex_unrescue(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { unrescue: null }, options)
  }

  /**
   * What a user has written down about a server.
   *
   * @example
   * ```ts
   * const { role } = await driver.ex_getMetadata(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#list-all-metadata
   */
  async ex_getMetadata(node: Ref, options?: CallOptions): Promise<Record<string, string>> {
    const spec = { path: path`/servers/${node.id}/metadata`, errors: NO_NODE, member: 'metadata', map: toMetadata }
    return this.connection.one(spec, options)
  }

  /**
   * What a user has written down about a server: as `ex_getMetadata`.
   *
   * @example
   * ```ts
   * const { role } = await driver.ex_getMetadataForNode(node)
   * ```
   * @deprecated `ex_getMetadata` is the same
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#list-all-metadata
   */
  async ex_getMetadataForNode(node: Ref, options?: CallOptions): Promise<Record<string, string>> {
    return this.ex_getMetadata(node, options)
  }

  /**
   * Writes down something about a server, in place of what was written down before.
   *
   * @example
   * ```ts
   * await driver.ex_setMetadata(node, { role: 'web' })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#replace-metadata-items
   */
  async ex_setMetadata(
    node: Ref,
    metadata: Readonly<Record<string, string>>,
    options?: CallOptions,
  ): Promise<Record<string, string>> {
    const at = path`/servers/${node.id}/metadata`
    const spec = { method: 'PUT', path: at, json: { metadata }, errors: NO_NODE } as const
    return this.connection.one({ ...spec, member: 'metadata', map: toMetadata }, options)
  }

  /**
   * Replaces a server's tags.
   *
   * @example
   * ```ts
   * await driver.ex_setTags(node, ['web', 'blue'])
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#replace-tags
   */
  async ex_setTags(node: Ref, tags: readonly string[], options?: CallOptions): Promise<void> {
    const spec = { method: 'PUT', path: path`/servers/${node.id}/tags`, json: { tags }, errors: NO_NODE } as const
    await this.connection.request(
      { ...spec, microversion: { wanted: '2.26', least: '2.26' }, read: readNothing },
      options,
    )
  }
}

const toMetadata = (raw: Record<string, string>): Record<string, string> => ({ ...raw })
