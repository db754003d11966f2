import { NotFoundError } from '../../lib/errors.js'
import { path } from '../../lib/http/url.js'
import type { Pager } from '../../lib/pager.js'
import { toRaw } from './convert.js'
import { LXDExec } from './exec.js'
import {
  type LXDAction,
  type LXDInstance,
  type LXDInstanceState,
  type LXDPowerOptions,
  power,
} from './instances.shared.js'
import { checkConfig, checkDevices, exists, instanceName, instanceOf } from './names.js'
import type {
  LXDCallOptions,
  LXDChangeOptions,
  LXDConfig,
  LXDDevices,
  LXDListOptions,
  LXDName,
  LXDUpdateOptions,
} from './types.js'

/** An instance to be made, in the API's own terms. */
export interface LXDNewInstance extends LXDInstanceChange {
  readonly name: string
  /** `{ type: 'image', alias: 'debian' }`, `{ type: 'none' }`, `{ type: 'copy', source: 'web-1' }`. */
  readonly source: Readonly<Record<string, unknown>>
  /** @defaultValue 'container' */
  readonly type?: 'container' | 'virtual-machine' | undefined
  readonly instanceType?: string | undefined
}
/** What an instance may be changed to. */
export interface LXDInstanceChange {
  readonly description?: string | undefined
  readonly architecture?: string | undefined
  readonly config?: LXDConfig | undefined
  readonly devices?: LXDDevices | undefined
  readonly profiles?: readonly string[] | undefined
  readonly ephemeral?: boolean | undefined
}
/** What instances may use at most. */
export interface LXDLimits {
  /** How many processors, or which: `2`, `'0-3'`. `null` for no limit. */
  readonly cpu?: number | string | null | undefined
  /** With a unit, or a share of the host's: `'512MiB'`, `'10%'`. */
  readonly memory?: string | null | undefined
  readonly processes?: number | null | undefined
  /** A share of a processor's time: `'50%'`, `'10ms/100ms'`. */
  readonly cpuAllowance?: string | null | undefined
}
/** What `ex_copyInstance` takes. */
export interface LXDCopyOptions extends LXDChangeOptions {
  /** Without its snapshots. @defaultValue false */
  ex_instanceOnly?: boolean | undefined
  ex_config?: LXDConfig | undefined
  ex_devices?: LXDDevices | undefined
  /** @defaultValue those of the original */
  ex_profiles?: readonly string[] | undefined
  ex_ephemeral?: boolean | undefined
  /** The project that the copy is made in. @defaultValue that of the original */
  ex_toProject?: string | undefined
}
/** What `ex_moveInstance` takes: where to. */
export interface LXDMoveOptions extends LXDChangeOptions {
  /** A storage pool. */
  ex_pool?: string | undefined
  /** A project. */
  ex_toProject?: string | undefined
  /** Without its snapshots. @defaultValue false */
  ex_instanceOnly?: boolean | undefined
}

/** Instances: what they are, and what they do. */
export class LXDInstances extends LXDExec {
  /**
   * Instances, without what they use.
   * @example for await (const { name, status } of driver.ex_listInstances()) console.log(name, status)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instances_get_recursion1
   */
  ex_listInstances(options?: LXDListOptions): Pager<LXDInstance> {
    return this.connection.list('/1.0/instances', options)
  }

  /**
   * Instances with their state: addresses, memory, processes.
   * @example for await (const { name, state } of driver.ex_listInstancesFull()) console.log(name, state?.processes)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instances_get_recursion2
   */
  ex_listInstancesFull(options?: LXDListOptions): Pager<LXDInstance> {
    return this.connection.list('/1.0/instances', options, { query: { recursion: 2 } })
  }

  /**
   * Names of instances: the shortest of lists.
   * @example const names = await driver.ex_listInstanceNames()
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instances_get
   */
  ex_listInstanceNames(options?: LXDListOptions): Pager<string> {
    const map = (url: string): string =>
      decodeURIComponent(
        url
          .replace(/[?].*$/, '')
          .split('/')
          .at(-1) as string,
      )
    return this.connection.list('/1.0/instances', options, { query: { recursion: undefined }, map })
  }

  /**
   * One instance.
   * @example const { config, devices } = await driver.ex_getInstance('web-1')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_get
   */
  async ex_getInstance(instance: LXDName, options?: LXDCallOptions): Promise<LXDInstance> {
    const [name, found] = instanceOf(this.provider, instance, options)
    return this.connection.get(path`/1.0/instances/${name}`, found)
  }

  /**
   * Whether there is such an instance.
   * @example if (await driver.ex_hasInstance('web-1')) console.log('there')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_get
   */
  async ex_hasInstance(instance: LXDName, options?: LXDCallOptions): Promise<boolean> {
    return exists(this.ex_getInstance(instance, options))
  }

  /**
   * What an instance is doing, its addresses, and what it uses.
   * @example const { network, memory } = await driver.ex_getInstanceState('web-1')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_state_get
   */
  async ex_getInstanceState(instance: LXDName, options?: LXDCallOptions): Promise<LXDInstanceState> {
    const [name, found] = instanceOf(this.provider, instance, options)
    return this.connection.get(path`/1.0/instances/${name}/state`, found)
  }

  /**
   * Makes an instance of whatever source the API knows, and does not start it.
   * @example const { name } = await driver.ex_createInstance({ name: 'web-1', source: { type: 'image', alias: 'debian' } })
   * @throws ConflictError where there is one already
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instances_post
   */
  async ex_createInstance(instance: LXDNewInstance, options?: LXDChangeOptions): Promise<LXDInstance> {
    const name = instanceName(this.provider, instance.name, 'instance.name')
    checkConfig(this.provider, instance.config, 'instance.config')
    checkDevices(this.provider, instance.devices, 'instance.devices')
    await this.connection.change({ method: 'POST', path: '/1.0/instances', json: toRaw(instance) }, options)
    return this.ex_getInstance(name, options)
  }

  /**
   * Makes an instance that is a copy of another on this server, with its snapshots.
   * @example await driver.ex_copyInstance('web-1', 'web-2')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instances_post
   */
  async ex_copyInstance(instance: LXDName, newName: string, options?: LXDCopyOptions): Promise<LXDInstance> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const copy = instanceName(this.provider, newName, 'newName')
    const given = options ?? {}
    const { profiles } = await this.ex_getInstance(instance, options)
    const source = {
      type: 'copy',
      source: name,
      instance_only: given.ex_instanceOnly,
      project: this.connection.query(found).project,
    }
    const json = {
      name: copy,
      source,
      config: given.ex_config,
      devices: given.ex_devices,
      // The daemon would give the copy none, and so no root disk.
      profiles: given.ex_profiles ?? profiles,
      ephemeral: given.ex_ephemeral,
    }
    const there = { ...found, ex_project: given.ex_toProject ?? found?.ex_project }
    await this.connection.change({ method: 'POST', path: '/1.0/instances', json }, there)
    return this.ex_getInstance(copy, there)
  }

  /**
   * Changes some of what an instance is; what is not named stays. An empty string unsets a key.
   * @example await driver.ex_updateInstance('web-1', { config: { 'limits.memory': '512MiB' } })
   * @throws ConflictError where `ex_etag` is given, and it has changed since
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_patch
   */
  async ex_updateInstance(instance: LXDName, changes: LXDInstanceChange, options?: LXDUpdateOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    checkConfig(this.provider, changes.config, 'changes.config')
    checkDevices(this.provider, changes.devices, 'changes.devices')
    const spec = { method: 'PATCH', path: path`/1.0/instances/${name}`, json: toRaw(changes) } as const
    await this.connection.change(spec, found)
  }

  /**
   * Limits what an instance may use, from now on.
   * @example await driver.ex_setLimits('web-1', { cpu: 2, memory: '512MiB' })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_patch
   */
  async ex_setLimits(instance: LXDName, limits: LXDLimits, options?: LXDChangeOptions): Promise<void> {
    const { cpu, memory, processes, cpuAllowance } = limits
    const named = {
      'limits.cpu': cpu,
      'limits.memory': memory,
      'limits.processes': processes,
      'limits.cpu.allowance': cpuAllowance,
    }
    const given = Object.entries(named).filter(([, value]) => value !== undefined)
    const config = Object.fromEntries(given.map(([key, value]) => [key, value === null ? '' : String(value)]))
    await this.ex_updateInstance(instance, { config }, options)
  }

  /**
   * Gives an instance a device, or replaces one.
   * @example await driver.ex_addDevice('web-1', 'eth0', { type: 'nic', network: 'lxdbr0' })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_patch
   */
  async ex_addDevice(
    instance: LXDName,
    device: string,
    settings: LXDConfig,
    options?: LXDChangeOptions,
  ): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const given = { [device]: settings }
    checkDevices(this.provider, given, 'device')
    const at = path`/1.0/instances/${name}`
    const { value, etag } = await this.connection.tagged<LXDInstance>(at, found)
    const json = { devices: { ...value.devices, ...given } }
    await this.connection.change({ method: 'PATCH', path: at, json }, { ...found, ex_etag: etag } as LXDUpdateOptions)
  }

  /**
   * Takes a device from an instance.
   * @example await driver.ex_removeDevice('web-1', 'eth0')
   * @throws NotFoundError where it has no such device of its own
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_put
   */
  async ex_removeDevice(instance: LXDName, device: string, options?: LXDChangeOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const at = path`/1.0/instances/${name}`
    const { value, etag } = await this.connection.tagged<LXDInstance>(at, found)
    if (!Object.hasOwn(value.devices, device)) {
      const { provider } = this
      throw new NotFoundError(`Instance '${name}' has no device '${device}' of its own`, { provider })
    }
    const { architecture, config, devices, description, ephemeral, profiles } = value
    const left = Object.fromEntries(Object.entries(devices).filter(([key]) => key !== device))
    const json = { architecture, config, description, ephemeral, profiles, devices: left }
    await this.connection.change({ method: 'PUT', path: at, json }, { ...found, ex_etag: etag } as LXDUpdateOptions)
  }

  /**
   * Gives an instance another name. It must not run.
   * @example await driver.ex_renameInstance('web-1', 'web-2')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_post
   */
  async ex_renameInstance(instance: LXDName, newName: string, options?: LXDChangeOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const json = { name: instanceName(this.provider, newName, 'newName') }
    await this.connection.change({ method: 'POST', path: path`/1.0/instances/${name}`, json }, found)
  }

  /**
   * Moves an instance to another pool, project, or with `ex_target` cluster member.
   * @example await driver.ex_moveInstance('web-1', { ex_pool: 'fast' })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_post
   */
  async ex_moveInstance(instance: LXDName, options?: LXDMoveOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const { ex_pool: pool, ex_toProject: project, ex_instanceOnly: only, ex_target: target } = options ?? {}
    const json = { name, migration: true, pool, project, instance_only: only }
    // The member that it is moved to; the project is that which it is in.
    const spec = { method: 'POST', path: path`/1.0/instances/${name}`, json, query: { target } } as const
    await this.connection.change(spec, found)
  }

  /**
   * Deletes an instance that does not run, with its snapshots.
   * @example await driver.ex_deleteInstance('web-1')
   * @throws ConflictError while it runs
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_delete
   */
  async ex_deleteInstance(instance: LXDName, options?: LXDChangeOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    await this.connection.change({ method: 'DELETE', path: path`/1.0/instances/${name}` }, found)
  }

  /**
   * Starts an instance.
   * @example await driver.ex_startInstance('web-1')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_state_put
   */
  async ex_startInstance(instance: LXDName, options?: LXDPowerOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    await power(this.connection, name, 'start', found)
  }

  /**
   * Asks an instance to shut down; with `ex_force` it is ended at once.
   * @example await driver.ex_stopInstance('web-1', { ex_force: true })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_state_put
   */
  async ex_stopInstance(instance: LXDName, options?: LXDPowerOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    await power(this.connection, name, 'stop', found)
  }

  /**
   * Asks an instance to restart; with `ex_force` it is not asked.
   * @example await driver.ex_restartInstance('web-1', { ex_force: true })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_state_put
   */
  async ex_restartInstance(instance: LXDName, options?: LXDPowerOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    await power(this.connection, name, 'restart', found)
  }

  /**
   * Freezes all that runs in an instance.
   * @example await driver.ex_freezeInstance('web-1')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_state_put
   */
  async ex_freezeInstance(instance: LXDName, options?: LXDPowerOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    await power(this.connection, name, 'freeze', found)
  }

  /**
   * Lets a frozen instance go on.
   * @example await driver.ex_unfreezeInstance('web-1')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_state_put
   */
  async ex_unfreezeInstance(instance: LXDName, options?: LXDPowerOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    await power(this.connection, name, 'unfreeze', found)
  }

  /**
   * Starts, stops, restarts, freezes or thaws all instances of a project.
   * @example await driver.ex_changeAllInstances('stop', { ex_project: 'test' })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instances_put
   */
  async ex_changeAllInstances(action: LXDAction, options?: LXDPowerOptions): Promise<void> {
    const { ex_force: force, ex_timeout: timeout } = options ?? {}
    const json = { state: { action, force, timeout } }
    await this.connection.change({ method: 'PUT', path: '/1.0/instances', json, idempotent: false }, options)
  }
}
