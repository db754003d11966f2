import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { OpenStackComputeActions } from './compute.actions.js'
import { act, NO_NODE } from './compute.base.js'
import { type OpenStackListOptions, orNothing, toDate } from './compute.shared.js'
import type { OpenStackNode } from './server.js'

interface RawAction {
  readonly action: string
  readonly request_id: string
  readonly start_time: string
  readonly message?: string | null
  readonly user_id?: string
  readonly updated_at?: string
  readonly events?: readonly {
    readonly event: string
    readonly result: string | null
    readonly start_time: string
    readonly finish_time: string | null
  }[]
}

/** A step of an action. */
export interface OpenStackActionEvent {
  /** `'compute__do_build_and_run_instance'` */
  readonly name: string
  /** `'Success'`, `'Error'`; absent while it goes on. */
  readonly result: string | undefined
  readonly startedAt: Date | undefined
  readonly finishedAt: Date | undefined
}
/** What was done to a server. */
export interface OpenStackServerAction {
  /** The id of the request that asked for it. */
  readonly id: string
  /** `'create'`, `'reboot'`, `'attach_volume'` … */
  readonly action: string
  /** What went wrong: `'Error'`. */
  readonly message: string | undefined
  readonly userId: string | undefined
  readonly startedAt: Date | undefined
  readonly updatedAt: Date | undefined
  /** Its steps; told of one action only, not in lists. */
  readonly events: readonly OpenStackActionEvent[]
}
export type OpenStackConsole = 'novnc' | 'spice-html5' | 'rdp-html5' | 'serial' | 'webmks'
export interface OpenStackLockOptions extends CallOptions {
  /** Told to those who meet the lock. Needs microversion 2.73. */
  ex_reason?: string | undefined
}
export interface OpenStackUnshelveOptions extends CallOptions {
  /** Needs microversion 2.77. */
  ex_availabilityZone?: string | undefined
}

const CONSOLES: Readonly<Record<OpenStackConsole, string>> = {
  novnc: 'vnc',
  'spice-html5': 'spice',
  'rdp-html5': 'rdp',
  serial: 'serial',
  webmks: 'mks',
}

/** What servers are in the midst of, what was done to them, and what they show. */
export abstract class OpenStackComputeStates extends OpenStackComputeActions {
  /**
   * Takes a server from its host, and keeps its disk as an image: it costs less, and may start again elsewhere.
   *
   * @example
   * ```ts
   * await driver.ex_shelveNode(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#shelve-server-shelve-action
   */
  async ex_shelveNode(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { shelve: null }, options)
  }

  /**
   * Gives a shelved server a host again, and starts it.
   *
   * @example
   * ```ts
   * await driver.ex_unshelveNode(node, { ex_availabilityZone: 'nova' })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#unshelve-restore-shelved-server-unshelve-action
   */
  async ex_unshelveNode(node: Ref, options?: OpenStackUnshelveOptions): Promise<void> {
    const { ex_availabilityZone: zone } = options ?? {}
    if (zone === undefined) await act(this, node, { unshelve: null }, options)
    else {
      const microversion = { wanted: '2.77', least: '2.77' }
      await act(this, node, { unshelve: { availability_zone: zone } }, options, microversion)
    }
  }

  /**
   * Keeps everybody but administrators from changing a server.
   *
   * @example
   * ```ts
   * await driver.ex_lockNode(node, { ex_reason: 'payroll runs' })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#lock-server-lock-action
   */
  async ex_lockNode(node: Ref, options?: OpenStackLockOptions): Promise<void> {
    const { ex_reason: reason } = options ?? {}
    if (reason === undefined) await act(this, node, { lock: null }, options)
    else await act(this, node, { lock: { locked_reason: reason } }, options, { wanted: '2.73', least: '2.73' })
  }

  /**
   * Lets a server be changed again.
   *
   * @example
   * ```ts
   * await driver.ex_unlockNode(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#unlock-server-unlock-action
   */
  async ex_unlockNode(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { unlock: null }, options)
  }

  /**
   * Waits until a server is in a state, in the cloud's own word, and nothing is being done to it.
   *
   * @example
   * ```ts
   * await driver.ex_stopNode(node)
   * const stopped = await driver.ex_waitForState(node, 'SHUTOFF')
   * ```
   * @throws WaitError as soon as the server has failed
   * @throws TimeoutError when time runs out
   * @see https://docs.openstack.org/api-guide/compute/server_concepts.html
   */
  async ex_waitForState(node: Ref, state: string, options?: WaitOptions): Promise<OpenStackNode> {
    const look = async (lookOptions: CallOptions) => {
      const value = await this.getNode(node.id, lookOptions)
      const { state: now, taskState, fault } = value.extra
      if (now === state && taskState === undefined) return { done: true, value } as const
      return now === 'ERROR' ? { failed: fault?.message ?? 'the server has failed', state: now } : { state: now }
    }
    return this.connection.poll(`node ${node.id} to be ${state}`, look, options)
  }

  /**
   * What a server has written to its console.
   *
   * @example
   * ```ts
   * const log = await driver.ex_getConsoleOutput(node, 100)
   * ```
   * @param length The last lines, so many. @defaultValue all that the cloud has
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#show-console-output-os-getconsoleoutput-action
   */
  async ex_getConsoleOutput(node: Ref, length: number | undefined, options?: CallOptions): Promise<string> {
    const json = { 'os-getConsoleOutput': { length } }
    const at = path`/servers/${node.id}/action`
    const map = (raw: string): string => raw
    // It changes nothing, whatever its method says.
    const spec = { method: 'POST', path: at, json, errors: NO_NODE, member: 'output', map, idempotent: true } as const
    return this.connection.one(spec, options)
  }

  /**
   * An address at which a server's console can be seen and used for a while. Whoever has it gets in.
   *
   * @example
   * ```ts
   * const url = await driver.ex_getConsoleUrl(node, 'novnc')
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#create-remote-console
   */
  async ex_getConsoleUrl(node: Ref, type: OpenStackConsole, options?: CallOptions): Promise<string> {
    const json = { remote_console: { protocol: CONSOLES[type], type } }
    const at = path`/servers/${node.id}/remote-consoles`
    const microversion = { wanted: '2.8', least: '2.6' }
    const map = (raw: { readonly url: string }): string => raw.url
    const spec = {
      method: 'POST',
      path: at,
      json,
      errors: NO_NODE,
      microversion,
      member: 'remote_console',
      map,
    } as const
    return this.connection.one(spec, options)
  }

  /**
   * What was done to a server, newest first.
   *
   * @example
   * ```ts
   * for await (const { action, message } of driver.ex_listServerActions(node)) console.log(action, message)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#list-actions-for-server
   */
  ex_listServerActions(node: Ref, options?: OpenStackListOptions): Pager<OpenStackServerAction> {
    const at = path`/servers/${node.id}/os-instance-actions`
    const spec = { path: at, errors: NO_NODE, member: 'instanceActions', map: toAction, microversion: '2.58' }
    const list = { ...spec, limit: options?.ex_limit }
    return this.connection.list(list, options)
  }

  /**
   * One thing that was done to a server, with its steps.
   *
   * @example
   * ```ts
   * const [last] = await driver.ex_listServerActions(node)
   * const { events } = await driver.ex_getServerAction(node, last.id)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#show-server-action-details
   */
  async ex_getServerAction(node: Ref, requestId: string, options?: CallOptions): Promise<OpenStackServerAction> {
    const at = path`/servers/${node.id}/os-instance-actions/${requestId}`
    const spec = { path: at, errors: NO_NODE, member: 'instanceAction', map: toAction, microversion: '2.58' }
    return this.connection.one(spec, options)
  }
}

function toAction(raw: RawAction): OpenStackServerAction {
  const events = (raw.events ?? []).map(each => ({
    name: each.event,
    result: orNothing(each.result),
    startedAt: toDate(each.start_time),
    finishedAt: toDate(each.finish_time),
  }))
  return {
    id: raw.request_id,
    action: raw.action,
    message: orNothing(raw.message),
    userId: raw.user_id,
    startedAt: toDate(raw.start_time),
    updatedAt: toDate(raw.updated_at),
    events,
  }
}
