import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { zoneScope } from './compute.base.js'
import { GCEGroups, type GCENamedPort } from './compute.groups.js'
import type { GCEListZonalOptions } from './compute.lists.js'
import { nodeLink } from './compute.pools.js'
import { type Asker, checkName, idOf, linkTo, pathTo, placeOf, zoneFor } from './compute.refs.js'
import { type GCEResource, resource } from './compute.shared.js'
import type { GCEChangeOptions } from './operations.js'

/** Instances that Google makes of a template, and keeps at their number. */
export interface GCEInstanceGroupManager extends GCEResource {
  readonly zone: string
  /** Address of the template. */
  readonly instanceTemplate: string
  readonly instanceGroup?: string | undefined
  readonly targetSize: number
  readonly baseInstanceName: string
  readonly status?: { readonly isStable?: boolean } | undefined
  readonly currentActions?: Readonly<Record<string, number>> | undefined
}
export interface GCECreateInstanceGroupManagerOptions {
  readonly name: string
  readonly description?: string | undefined
  /** @defaultValue the driver's */
  readonly ex_zone?: Ref | undefined
  readonly template: Ref
  readonly targetSize: number
  /** What the instances' names begin with. @defaultValue the group's name */
  readonly baseInstanceName?: string | undefined
  readonly namedPorts?: readonly GCENamedPort[] | undefined
  /** Pools that instances are added to. */
  readonly targetPools?: readonly Ref[] | undefined
}
/** An instance of a managed group. */
export interface GCEManagedInstance {
  /** The instance's id. */
  readonly nodeId: string
  /** `'RUNNING'`, `'STAGING'` …; absent until there is one. */
  readonly status: string | undefined
  /** What is being done with it: `'NONE'`, `'CREATING'`, `'DELETING'` … */
  readonly currentAction: string
  /** Address of its template. */
  readonly template: string | undefined
}
/** Keeps a group's number to what it has to do. */
export interface GCEAutoscaler extends GCEResource {
  readonly zone: string
  /** Address of the group. */
  readonly target: string
  readonly autoscalingPolicy?: GCEAutoscalingPolicy | undefined
  readonly recommendedSize?: number | undefined
  readonly status?: string | undefined
}
/** In Google's form. */
export interface GCEAutoscalingPolicy {
  readonly minNumReplicas?: number | undefined
  readonly maxNumReplicas?: number | undefined
  readonly coolDownPeriodSec?: number | undefined
  readonly cpuUtilization?: { readonly utilizationTarget: number } | undefined
  readonly loadBalancingUtilization?: { readonly utilizationTarget: number } | undefined
}
export interface GCECreateAutoscalerOptions {
  readonly name: string
  readonly description?: string | undefined
  /** @defaultValue the driver's */
  readonly ex_zone?: Ref | undefined
  /** The managed group. */
  readonly target: Ref
  readonly policy: GCEAutoscalingPolicy
}
/** When instances that do not work are made anew. */
export interface GCEAutoHealingPolicy {
  readonly healthCheck: Ref
  /** Seconds that a new instance may take. @defaultValue 0 */
  readonly initialDelaySec?: number | undefined
}
const toInstanceGroupManager = resource<GCEInstanceGroupManager>('zone')
const toAutoscaler = resource<GCEAutoscaler>('zone')
interface RawManaged {
  readonly instance: string
  readonly instanceStatus?: string
  readonly currentAction?: string
  readonly version?: { readonly instanceTemplate?: string }
}

/** Managed instance groups and autoscalers. What is given has Google's own members. */
export abstract class GCEManagers extends GCEGroups {
  /**
   * Managed instance groups of the driver's zone, or of all.
   * @example for await (const { id } of driver.ex_listInstancegroupmanagers()) console.log(id)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/aggregatedList
   */
  ex_listInstancegroupmanagers(options?: GCEListZonalOptions): Pager<GCEInstanceGroupManager> {
    const spec = { map: toInstanceGroupManager, query: { filter: options?.ex_filter } }
    return this.connection.listIn(zoneScope(this, options), 'instanceGroupManagers', spec, options)
  }

  /**
   * One managed instance group.
   * @example const { targetSize } = await driver.ex_getInstancegroupmanager({ id: 'europe-west3-a/web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/get
   */
  async ex_getInstancegroupmanager(instanceGroupManager: Ref, options?: CallOptions): Promise<GCEInstanceGroupManager> {
    const place = placeOf(this, instanceGroupManager, 'zone', 'instanceGroupManager', options)
    return this.connection.get(place, 'instanceGroupManagers', toInstanceGroupManager, undefined, options)
  }

  /**
   * Makes a managed instance group.
   * @example await driver.ex_createInstancegroupmanager({ name: 'web', template: { id: 'web' }, targetSize: 3 })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/insert
   */
  async ex_createInstancegroupmanager(
    instanceGroupManager: GCECreateInstanceGroupManagerOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<GCEInstanceGroupManager>> {
    checkName(this, instanceGroupManager.name, 'instanceGroupManager.name', options)
    const scope = `zones/${zoneFor(this, instanceGroupManager.ex_zone, 'instanceGroupManager.ex_zone', options)}`
    const { template, targetPools } = instanceGroupManager
    const json = {
      name: instanceGroupManager.name,
      description: instanceGroupManager.description,
      baseInstanceName: instanceGroupManager.baseInstanceName ?? instanceGroupManager.name,
      instanceTemplate: templateLink(this, template, 'instanceGroupManager.template', options),
      targetSize: instanceGroupManager.targetSize,
      namedPorts: instanceGroupManager.namedPorts,
      targetPools: targetPools?.map(each =>
        linkTo(placeOf(this, each, 'region', 'instanceGroupManager.targetPools', options), 'targetPools'),
      ),
    }
    await this.connection.insert(scope, 'instanceGroupManagers', json, options)
    const made = await this.ex_getInstancegroupmanager(
      { id: `${scope}/instanceGroupManagers/${instanceGroupManager.name}` },
      options,
    )
    return owned(made, () => this.ex_destroyInstancegroupmanager(made))
  }

  /**
   * Deletes a managed instance group.
   * @example await driver.ex_destroyInstancegroupmanager({ id: 'europe-west3-a/web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/delete
   */
  async ex_destroyInstancegroupmanager(instanceGroupManager: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, instanceGroupManager, 'zone', 'instanceGroupManager', options),
      'instanceGroupManagers',
      undefined,
      options,
    )
  }

  /**
   * Says how many instances a managed group is to have.
   * @example await driver.ex_instancegroupmanagerResize({ id: 'europe-west3-a/web' }, 5)
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/resize
   */
  async ex_instancegroupmanagerResize(
    instanceGroupManager: Ref,
    size: number,
    options?: GCEChangeOptions,
  ): Promise<void> {
    const place = placeOf(this, instanceGroupManager, 'zone', 'instanceGroupManager', options)
    const query = { size }
    await this.connection.act(place, 'instanceGroupManagers:resize', { query }, options)
  }

  /**
   * Makes instances of a managed group anew.
   * @example await driver.ex_instancegroupmanagerRecreateInstances({ id: 'europe-west3-a/web' }, [{ id: 'europe-west3-a/web-1' }])
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/recreateInstances
   */
  async ex_instancegroupmanagerRecreateInstances(
    instanceGroupManager: Ref,
    nodes: readonly Ref[],
    options?: GCEChangeOptions,
  ): Promise<void> {
    const place = placeOf(this, instanceGroupManager, 'zone', 'instanceGroupManager', options)
    const json = { instances: nodes.map(node => nodeLink(this, node, 'nodes', options)) }
    await this.connection.act(place, 'instanceGroupManagers:recreateInstances', { json }, options)
  }

  /**
   * Destroys instances of a managed group, which is then smaller by them.
   * @example await driver.ex_instancegroupmanagerDeleteInstances({ id: 'europe-west3-a/web' }, [{ id: 'europe-west3-a/web-1' }])
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/deleteInstances
   */
  async ex_instancegroupmanagerDeleteInstances(
    instanceGroupManager: Ref,
    nodes: readonly Ref[],
    options?: GCEChangeOptions,
  ): Promise<void> {
    const place = placeOf(this, instanceGroupManager, 'zone', 'instanceGroupManager', options)
    const json = { instances: nodes.map(node => nodeLink(this, node, 'nodes', options)) }
    await this.connection.act(place, 'instanceGroupManagers:deleteInstances', { json }, options)
  }

  /**
   * Says what new instances of a managed group are made of.
   * @example await driver.ex_instancegroupmanagerSetInstancetemplate({ id: 'europe-west3-a/web' }, { id: 'web-2' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/setInstanceTemplate
   */
  async ex_instancegroupmanagerSetInstancetemplate(
    instanceGroupManager: Ref,
    template: Ref,
    options?: GCEChangeOptions,
  ): Promise<void> {
    const place = placeOf(this, instanceGroupManager, 'zone', 'instanceGroupManager', options)
    const json = { instanceTemplate: templateLink(this, template, 'template', options) }
    await this.connection.act(place, 'instanceGroupManagers:setInstanceTemplate', { json }, options)
  }

  /**
   * Says when instances of a managed group that do not work are made anew; without policies, never.
   * @example await driver.ex_instancegroupmanagerSetAutohealingpolicies({ id: 'europe-west3-a/web' }, [{ healthCheck: { id: 'web' } }])
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/patch
   */
  async ex_instancegroupmanagerSetAutohealingpolicies(
    instanceGroupManager: Ref,
    policies: readonly GCEAutoHealingPolicy[],
    options?: GCEChangeOptions,
  ): Promise<void> {
    const place = placeOf(this, instanceGroupManager, 'zone', 'instanceGroupManager', options)
    const autoHealingPolicies = policies.map(({ healthCheck, initialDelaySec }) => ({
      healthCheck: linkTo(placeOf(this, healthCheck, 'global', 'policies.healthCheck', options), 'healthChecks'),
      initialDelaySec,
    }))
    await this.connection.act(
      place,
      'instanceGroupManagers',
      { method: 'PATCH', json: { autoHealingPolicies } },
      options,
    )
  }

  /**
   * The instances of a managed group, and what is being done with them.
   * @example for await (const { nodeId, currentAction } of driver.ex_instancegroupmanagerListManagedInstances({ id: 'europe-west3-a/web' }))
   *   console.log(nodeId, currentAction)
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers/listManagedInstances
   */
  ex_instancegroupmanagerListManagedInstances(
    instanceGroupManager: Ref,
    options?: CallOptions,
  ): Pager<GCEManagedInstance> {
    const place = placeOf(this, instanceGroupManager, 'zone', 'instanceGroupManager', options)
    const at = pathTo(place, 'instanceGroupManagers')
    const spec = {
      method: 'POST',
      path: (project: string) => `${at(project)}/listManagedInstances`,
      member: 'managedInstances',
      idempotent: true,
      map: (raw: RawManaged): GCEManagedInstance => ({
        nodeId: idOf(raw.instance, 'zone'),
        status: raw.instanceStatus,
        currentAction: raw.currentAction ?? 'NONE',
        template: raw.version?.instanceTemplate,
      }),
    } as const
    return this.connection.list(spec, options)
  }

  /**
   * Autoscalers of the driver's zone, or of all.
   * @example for await (const { id } of driver.ex_listAutoscalers()) console.log(id)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/autoscalers/aggregatedList
   */
  ex_listAutoscalers(options?: GCEListZonalOptions): Pager<GCEAutoscaler> {
    const spec = { map: toAutoscaler, query: { filter: options?.ex_filter } }
    return this.connection.listIn(zoneScope(this, options), 'autoscalers', spec, options)
  }

  /**
   * One autoscaler.
   * @example const { recommendedSize } = await driver.ex_getAutoscaler({ id: 'europe-west3-a/web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/autoscalers/get
   */
  async ex_getAutoscaler(autoscaler: Ref, options?: CallOptions): Promise<GCEAutoscaler> {
    const place = placeOf(this, autoscaler, 'zone', 'autoscaler', options)
    return this.connection.get(place, 'autoscalers', toAutoscaler, undefined, options)
  }

  /**
   * Makes an autoscaler.
   * @example const policy = { minNumReplicas: 1, maxNumReplicas: 5, cpuUtilization: { utilizationTarget: 0.6 } }
   * await driver.ex_createAutoscaler({ name: 'web', target: { id: 'web' }, policy })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/autoscalers/insert
   */
  async ex_createAutoscaler(
    autoscaler: GCECreateAutoscalerOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<GCEAutoscaler>> {
    checkName(this, autoscaler.name, 'autoscaler.name', options)
    const scope = `zones/${zoneFor(this, autoscaler.ex_zone, 'autoscaler.ex_zone', options)}`
    const group = placeOf(this, autoscaler.target, 'zone', 'autoscaler.target', options)
    const json = {
      name: autoscaler.name,
      description: autoscaler.description,
      target: linkTo(group, 'instanceGroupManagers'),
      autoscalingPolicy: autoscaler.policy,
    }
    await this.connection.insert(scope, 'autoscalers', json, options)
    const made = await this.ex_getAutoscaler({ id: `${scope}/autoscalers/${autoscaler.name}` }, options)
    return owned(made, () => this.ex_destroyAutoscaler(made))
  }

  /**
   * Deletes an autoscaler.
   * @example await driver.ex_destroyAutoscaler({ id: 'europe-west3-a/web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/autoscalers/delete
   */
  async ex_destroyAutoscaler(autoscaler: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, autoscaler, 'zone', 'autoscaler', options),
      'autoscalers',
      undefined,
      options,
    )
  }

  /**
   * Changes an autoscaler. What its policy leaves out stays.
   * @example await driver.ex_updateAutoscaler({ id: 'europe-west3-a/web' }, { maxNumReplicas: 9 })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/autoscalers/patch
   */
  async ex_updateAutoscaler(
    autoscaler: Ref,
    policy: GCEAutoscalingPolicy,
    options?: GCEChangeOptions,
  ): Promise<GCEAutoscaler> {
    const { scope, name } = placeOf(this, autoscaler, 'zone', 'autoscaler', options)
    const json = { autoscalingPolicy: policy }
    const path = (project: string): string => `/compute/v1/projects/${project}/${scope}/autoscalers`
    await this.connection.change({ method: 'PATCH', path, query: { autoscaler: name }, json }, options)
    return this.ex_getAutoscaler(autoscaler, options)
  }
}

function templateLink(asker: Asker, template: Ref, argument: string, options: CallOptions | undefined): string {
  return linkTo(placeOf(asker, template, 'global', argument, options), 'instanceTemplates')
}
