import type { Node } from '../../lib/compute/types.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import {
  type DigitalOceanAccount,
  type DigitalOceanAction,
  numberOrText,
  type RawAction,
  toAction,
  toNumber,
} from './account.js'
import {
  act,
  DigitalOceanComputeBase,
  type DigitalOceanNodeExtra,
  NO_NODE,
  type RawDroplet,
  toNode,
} from './compute.base.js'

interface RawKernel {
  readonly id: number
  readonly name: string
  readonly version: string
}

/** A kernel that an old droplet may boot. */
export interface DigitalOceanKernel {
  readonly id: string
  readonly name: string
  readonly version: string
}
export interface DigitalOceanResizeOptions extends CallOptions {
  /** Grows the disk too, which cannot be undone. @defaultValue false */
  ex_disk?: boolean | undefined
}
/** What can be done to all droplets of a tag. */
export type DigitalOceanTagAction =
  | 'power_cycle'
  | 'power_on'
  | 'power_off'
  | 'shutdown'
  | 'enable_ipv6'
  | 'enable_backups'
  | 'disable_backups'
  | 'snapshot'
export interface DigitalOceanTagActionOptions extends CallOptions {
  /** The snapshots' name. */
  ex_name?: string | undefined
}

/** What is done to droplets. Every action resolves when it is accepted: `ex_waitForAction` waits for its end. */
export abstract class DigitalOceanComputeActions extends DigitalOceanComputeBase {
  /**
   * One droplet: the same as `getNode`.
   *
   * @example
   * ```ts
   * const node = await driver.ex_getNodeDetails('3164444')
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_get
   */
  async ex_getNodeDetails(nodeId: string, options?: CallOptions): Promise<Node<DigitalOceanNodeExtra>> {
    return this.getNode(nodeId, options)
  }

  /**
   * Powers a droplet on.
   *
   * @example
   * ```ts
   * await driver.ex_waitForAction(await driver.ex_powerOnNode(node))
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async ex_powerOnNode(node: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    return act(this, node, { type: 'power_on' }, options)
  }

  /**
   * Cuts a droplet's power, as if its plug were pulled: better is `stopNode`, and this where it does not help.
   *
   * @example
   * ```ts
   * await driver.ex_waitForAction(await driver.ex_powerOffNode(node))
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async ex_powerOffNode(node: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    return act(this, node, { type: 'power_off' }, options)
  }

  /**
   * Asks the system in the droplet to shut down. The action is completed when it was asked, whether it obeys or not.
   *
   * @example
   * ```ts
   * const action = await driver.ex_shutdownNode(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async ex_shutdownNode(node: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    return act(this, node, { type: 'shutdown' }, options)
  }

  /**
   * Switches a droplet off and on again, like its reset button.
   *
   * @example
   * ```ts
   * await driver.ex_hardReboot(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async ex_hardReboot(node: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    return act(this, node, { type: 'power_cycle' }, options)
  }

  /**
   * Gives a droplet another name.
   *
   * @example
   * ```ts
   * await driver.ex_renameNode(node, 'web-2.example.com')
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async ex_renameNode(node: Ref, name: string, options?: CallOptions): Promise<DigitalOceanAction> {
    return act(this, node, { type: 'rename', name }, options)
  }

  /**
   * Gives a droplet, which must be off, another size.
   *
   * @example
   * ```ts
   * await driver.ex_resizeNode(node, { id: 's-2vcpu-2gb' }, { ex_disk: true })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async ex_resizeNode(node: Ref, size: Ref, options?: DigitalOceanResizeOptions): Promise<DigitalOceanAction> {
    return act(this, node, { type: 'resize', size: size.id, disk: options?.ex_disk }, options)
  }

  /**
   * Begins a droplet anew from an image, with the same addresses. Everything on its disk is lost.
   *
   * @example
   * ```ts
   * await driver.ex_rebuildNode(node, { id: 'ubuntu-20-04-x64' })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async ex_rebuildNode(node: Ref, image: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    return act(this, node, { type: 'rebuild', image: numberOrText(image.id) }, options)
  }

  /**
   * Puts a droplet back to one of its backups. What changed on its disk since then is lost.
   *
   * @example
   * ```ts
   * const [backup] = await driver.ex_listNodeBackups(node)
   * if (backup) await driver.ex_restoreNode(node, backup)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async ex_restoreNode(node: Ref, image: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    return act(this, node, { type: 'restore', image: toNumber(image.id, 'image.id') }, options)
  }

  /**
   * Sets a new password for root, which DigitalOcean sends by mail.
   *
   * @example
   * ```ts
   * await driver.ex_resetPassword(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async ex_resetPassword(node: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    return act(this, node, { type: 'password_reset' }, options)
  }

  /**
   * Gives a droplet an IPv6 address, which it keeps. Its system must be told of it too.
   *
   * @example
   * ```ts
   * await driver.ex_enableIpv6(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async ex_enableIpv6(node: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    return act(this, node, { type: 'enable_ipv6' }, options)
  }

  /**
   * Kernels that a droplet may boot: none, but of droplets made before March 2017.
   *
   * @example
   * ```ts
   * const kernels = await driver.ex_listKernels(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_list_kernels
   */
  ex_listKernels(node: Ref, options?: CallOptions): Pager<DigitalOceanKernel> {
    const map = ({ id, name, version }: RawKernel): DigitalOceanKernel => ({ id: String(id), name, version })
    const at = path`/v2/droplets/${node.id}/kernels`
    return this.connection.list({ path: at, errors: NO_NODE, member: 'kernels', map }, options)
  }

  /**
   * Lets an old droplet boot another of its kernels.
   *
   * @example
   * ```ts
   * const [kernel] = await driver.ex_listKernels(node)
   * if (kernel) await driver.ex_changeKernel(node, kernel)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async ex_changeKernel(node: Ref, kernel: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    return act(this, node, { type: 'change_kernel', kernel: toNumber(kernel.id, 'kernel.id') }, options)
  }

  /**
   * What was done to a droplet, newest first.
   *
   * @example
   * ```ts
   * for await (const action of driver.ex_listNodeActions(node)) console.log(action.type, action.status)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_list
   */
  ex_listNodeActions(node: Ref, options?: CallOptions): Pager<DigitalOceanAction> {
    return this.connection.listActions({ path: path`/v2/droplets/${node.id}/actions`, errors: NO_NODE }, options)
  }

  /**
   * Does the same to all droplets that have a tag.
   *
   * @example
   * ```ts
   * const actions = await driver.ex_actOnTaggedNodes('web', 'power_off')
   * await Promise.all(actions.map(action => driver.ex_waitForAction(action)))
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post_byTag
   */
  async ex_actOnTaggedNodes(
    tagName: string,
    type: DigitalOceanTagAction,
    options?: DigitalOceanTagActionOptions,
  ): Promise<DigitalOceanAction[]> {
    const map = (raw: readonly RawAction[] | null): DigitalOceanAction[] => (raw ?? []).map(toAction)
    const json = { type, name: options?.ex_name }
    const query = { tag_name: tagName }
    const spec = { method: 'POST', path: '/v2/droplets/actions', query, json, member: 'actions', map } as const
    return this.connection.one(spec, options)
  }

  /**
   * Deletes all droplets that have a tag.
   *
   * @example
   * ```ts
   * await driver.ex_destroyTaggedNodes('staging')
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_destroy_byTag
   */
  async ex_destroyTaggedNodes(tagName: string, options?: CallOptions): Promise<void> {
    const spec = { method: 'DELETE', path: '/v2/droplets', query: { tag_name: tagName }, read: readNothing } as const
    await this.connection.request(spec, options)
  }

  /**
   * The account's other droplets on the same machine.
   *
   * @example
   * ```ts
   * const neighbors = await driver.ex_listNeighbors(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_list_neighbors
   */
  ex_listNeighbors(node: Ref, options?: CallOptions): Pager<Node<DigitalOceanNodeExtra>> {
    const map = (raw: RawDroplet): Node<DigitalOceanNodeExtra> => toNode(this, raw)
    const at = path`/v2/droplets/${node.id}/neighbors`
    return this.connection.listWhole({ path: at, errors: NO_NODE, member: 'droplets', map }, options)
  }

  /**
   * The ids of droplets that share a machine, machine by machine.
   *
   * @example
   * ```ts
   * for (const ids of await driver.ex_listNeighborIds()) console.log('on one machine:', ids)
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_list_neighborsIds
   */
  ex_listNeighborIds(options?: CallOptions): Pager<string[]> {
    const map = (ids: readonly number[]): string[] => ids.map(String)
    return this.connection.listWhole(
      { path: '/v2/reports/droplet_neighbors_ids', member: 'neighbor_ids', map },
      options,
    )
  }

  /**
   * Waits until an action is completed.
   *
   * @example
   * ```ts
   * const action = await driver.ex_resizeNode(node, { id: 's-2vcpu-2gb' })
   * await driver.ex_waitForAction(action, { timeout: 300_000, onProgress: ({ state }) => console.log(state) })
   * ```
   * @throws WaitError when the action has failed.
   * @throws TimeoutError with the last state seen.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/actions_get
   */
  async ex_waitForAction(action: Ref, options?: WaitOptions): Promise<DigitalOceanAction> {
    return this.connection.waitForAction(action, options)
  }

  /**
   * What was done in the account, newest first.
   *
   * @example
   * ```ts
   * for await (const event of driver.ex_listEvents()) console.log(event.startedAt, event.type, event.resourceType)
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/actions_list
   */
  ex_listEvents(options?: CallOptions): Pager<DigitalOceanAction> {
    return this.connection.listActions({ path: '/v2/actions' }, options)
  }

  /**
   * One action, as it stands now.
   *
   * @example
   * ```ts
   * const { status } = await driver.ex_getEvent('36804636')
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/actions_get
   */
  async ex_getEvent(eventId: string, options?: CallOptions): Promise<DigitalOceanAction> {
    return this.connection.getAction(eventId, options)
  }

  /**
   * Whose token it is, and what the account may have.
   *
   * @example
   * ```ts
   * const { email, dropletLimit } = await driver.ex_accountInfo()
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/account_get
   */
  async ex_accountInfo(options?: CallOptions): Promise<DigitalOceanAccount> {
    return this.connection.account(options)
  }
}
