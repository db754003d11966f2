import type { CreateNodeOptions } from '../../lib/compute/types.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { zoneScope } from './compute.base.js'
import { type GCENodeOptions, sizeName, toRawInstance, word } from './compute.create.js'
import type { GCEListOptions, GCEListZonalOptions } from './compute.lists.js'
import { GCEPools, nodeLink } from './compute.pools.js'
import { type Asker, checkName, idOf, linkTo, pathTo, placeOf, zoneFor } from './compute.refs.js'
import { type GCEResource, resource } from './compute.shared.js'
import type { GCEChangeOptions } from './operations.js'

/** What instances are made from. It cannot be changed. */
export interface GCEInstanceTemplate extends GCEResource {
  /** What an instance has, in Google's form. */
  readonly properties: { readonly machineType?: string; readonly [member: string]: unknown }
}
/** As for `createNode`, but that places are found out when an instance is made. */
export interface GCECreateInstanceTemplateOptions
  extends Omit<CreateNodeOptions, 'location'>,
    Omit<GCENodeOptions, 'ex_template' | 'ex_hostname' | 'ex_volumes'> {
  description?: string | undefined
}
/** A port with a name, by which balancers know it. */
export interface GCENamedPort {
  readonly name: string
  readonly port: number
}
/** Instances of one's own choice that are dealt with together. */
export interface GCEInstanceGroup extends GCEResource {
  /** Address of its zone. */
  readonly zone: string
  readonly network?: string | undefined
  readonly size?: number | undefined
  readonly namedPorts?: readonly GCENamedPort[] | undefined
}
export interface GCECreateInstanceGroupOptions {
  readonly name: string
  readonly description?: string | undefined
  /** @defaultValue the driver's */
  readonly ex_zone?: Ref | undefined
  readonly namedPorts?: readonly GCENamedPort[] | undefined
}
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

const toInstanceTemplate = resource<GCEInstanceTemplate>('global')
const toInstanceGroup = resource<GCEInstanceGroup>('zone')
const toInstanceGroupManager = resource<GCEInstanceGroupManager>('zone')
const toAutoscaler = resource<GCEAutoscaler>('zone')

/** Templates and groups. What is given has Google's own members. */
export abstract class GCEGroups extends GCEPools {
  /**
   * All instance templates of the project.
   * @example for await (const { name } of driver.ex_listInstancetemplates()) console.log(name)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceTemplates/list
   */
  ex_listInstancetemplates(options?: GCEListOptions): Pager<GCEInstanceTemplate> {
    const spec = { map: toInstanceTemplate, query: { filter: options?.ex_filter } }
    return this.connection.listIn('global', 'instanceTemplates', spec, options)
  }

  /**
   * One instance template.
   * @example const { properties } = await driver.ex_getInstancetemplate({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceTemplates/get
   */
  async ex_getInstancetemplate(instanceTemplate: Ref, options?: CallOptions): Promise<GCEInstanceTemplate> {
    const place = placeOf(this, instanceTemplate, 'global', 'instanceTemplate', options)
    return this.connection.get(place, 'instanceTemplates', toInstanceTemplate, undefined, options)
  }

  /**
   * Makes an instance template.
   * @example await driver.ex_createInstancetemplate({
   *   name: 'web',
   *   size: { id: 'e2-small' },
   *   image: { id: 'debian-cloud/family/debian-12' },
   * })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceTemplates/insert
   */
  async ex_createInstancetemplate(
    instanceTemplate: GCECreateInstanceTemplateOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<GCEInstanceTemplate>> {
    checkName(this, instanceTemplate.name, 'instanceTemplate.name', options)
    const scope = 'global'
    const { name, description, ...node } = instanceTemplate
    const json = { name, description, properties: toRawTemplate(this, node, options) }
    await this.connection.insert(scope, 'instanceTemplates', json, options)
    const made = await this.ex_getInstancetemplate({ id: `${instanceTemplate.name}` }, options)
    return owned(made, () => this.ex_destroyInstancetemplate(made))
  }

  /**
   * Deletes an instance template.
   * @example await driver.ex_destroyInstancetemplate({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceTemplates/delete
   */
  async ex_destroyInstancetemplate(instanceTemplate: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, instanceTemplate, 'global', 'instanceTemplate', options),
      'instanceTemplates',
      undefined,
      options,
    )
  }

  /**
   * Instance groups of the driver's zone, or of all.
   * @example for await (const { id } of driver.ex_listInstancegroups()) console.log(id)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroups/aggregatedList
   */
  ex_listInstancegroups(options?: GCEListZonalOptions): Pager<GCEInstanceGroup> {
    const spec = { map: toInstanceGroup, query: { filter: options?.ex_filter } }
    return this.connection.listIn(zoneScope(this, options), 'instanceGroups', spec, options)
  }

  /**
   * One instance group.
   * @example const { size } = await driver.ex_getInstancegroup({ id: 'europe-west3-a/web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroups/get
   */
  async ex_getInstancegroup(instanceGroup: Ref, options?: CallOptions): Promise<GCEInstanceGroup> {
    const place = placeOf(this, instanceGroup, 'zone', 'instanceGroup', options)
    return this.connection.get(place, 'instanceGroups', toInstanceGroup, undefined, options)
  }

  /**
   * Makes an instance group.
   * @example await driver.ex_createInstancegroup({ name: 'web', namedPorts: [{ name: 'http', port: 80 }] })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroups/insert
   */
  async ex_createInstancegroup(
    instanceGroup: GCECreateInstanceGroupOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<GCEInstanceGroup>> {
    checkName(this, instanceGroup.name, 'instanceGroup.name', options)
    const scope = `zones/${zoneFor(this, instanceGroup.ex_zone, 'instanceGroup.ex_zone', options)}`
    // Its network is that of the first instance.
    const { name, description, namedPorts } = instanceGroup
    const json = { name, description, namedPorts }
    await this.connection.insert(scope, 'instanceGroups', json, options)
    const made = await this.ex_getInstancegroup({ id: `${scope}/instanceGroups/${instanceGroup.name}` }, options)
    return owned(made, () => this.ex_destroyInstancegroup(made))
  }

  /**
   * Deletes an instance group.
   * @example await driver.ex_destroyInstancegroup({ id: 'europe-west3-a/web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroups/delete
   */
  async ex_destroyInstancegroup(instanceGroup: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, instanceGroup, 'zone', 'instanceGroup', options),
      'instanceGroups',
      undefined,
      options,
    )
  }

  /**
   * Adds instances to a group.
   * @example await driver.ex_instancegroupAddInstances({ id: 'europe-west3-a/web' }, [{ id: 'europe-west3-a/web-1' }])
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroups/addInstances
   */
  async ex_instancegroupAddInstances(
    instanceGroup: Ref,
    nodes: readonly Ref[],
    options?: GCEChangeOptions,
  ): Promise<void> {
    const place = placeOf(this, instanceGroup, 'zone', 'instanceGroup', options)
    const json = { instances: nodes.map(node => ({ instance: nodeLink(this, node, 'nodes', options) })) }
    await this.connection.act(place, 'instanceGroups:addInstances', { json }, options)
  }

  /**
   * Takes instances from a group.
   * @example await driver.ex_instancegroupRemoveInstances({ id: 'europe-west3-a/web' }, [{ id: 'europe-west3-a/web-1' }])
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroups/removeInstances
   */
  async ex_instancegroupRemoveInstances(
    instanceGroup: Ref,
    nodes: readonly Ref[],
    options?: GCEChangeOptions,
  ): Promise<void> {
    const place = placeOf(this, instanceGroup, 'zone', 'instanceGroup', options)
    const json = { instances: nodes.map(node => ({ instance: nodeLink(this, node, 'nodes', options) })) }
    await this.connection.act(place, 'instanceGroups:removeInstances', { json }, options)
  }

  /**
   * Replaces the ports of a group that balancers know by name.
   * @example await driver.ex_instancegroupSetNamedPorts({ id: 'europe-west3-a/web' }, [{ name: 'http', port: 80 }])
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroups/setNamedPorts
   */
  async ex_instancegroupSetNamedPorts(
    instanceGroup: Ref,
    namedPorts: readonly GCENamedPort[],
    options?: GCEChangeOptions,
  ): Promise<void> {
    const place = placeOf(this, instanceGroup, 'zone', 'instanceGroup', options)
    const json = { namedPorts }
    await this.connection.act(place, 'instanceGroups:setNamedPorts', { json }, options)
  }

  /**
   * The ids of a group's instances.
   * @example const ids = await driver.ex_instancegroupListInstances({ id: 'europe-west3-a/web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/instanceGroups/listInstances
   */
  ex_instancegroupListInstances(instanceGroup: Ref, options?: CallOptions): Pager<string> {
    const at = pathTo(placeOf(this, instanceGroup, 'zone', 'instanceGroup', options), 'instanceGroups')
    const spec = {
      method: 'POST',
      path: (project: string) => `${at(project)}/listInstances`,
      json: { instanceState: 'ALL' },
      idempotent: true,
      map: (raw: { readonly instance: string }) => idOf(raw.instance, 'zone'),
    } as const
    return this.connection.list(spec, options)
  }

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

interface RawManaged {
  readonly instance: string
  readonly instanceStatus?: string
  readonly currentAction?: string
  readonly version?: { readonly instanceTemplate?: string }
}

function templateLink(asker: Asker, template: Ref, argument: string, options: CallOptions | undefined): string {
  return linkTo(placeOf(asker, template, 'global', argument, options), 'instanceTemplates')
}

/** What an instance of any zone has: sizes, disks and accelerators are named without one. */
function toRawTemplate(
  asker: Asker,
  node: Omit<GCECreateInstanceTemplateOptions, 'name' | 'description'>,
  options: CallOptions | undefined,
): object {
  const { ex_diskType: diskType, ex_accelerators: accelerators, ex_body: body, ...rest } = node
  const raw = toRawInstance(asker, { ...rest, ex_accelerators: undefined }, 'any', options) as {
    disks: readonly { initializeParams: object }[]
  }
  const type = diskType && word(asker, diskType, 'instanceTemplate.ex_diskType', options)
  const disks = raw.disks.map(disk => ({ ...disk, initializeParams: { ...disk.initializeParams, diskType: type } }))
  const guestAccelerators = accelerators?.map(({ type: acceleratorType, count: acceleratorCount }) => ({
    acceleratorType: word(asker, acceleratorType, 'instanceTemplate.ex_accelerators', options),
    acceleratorCount,
  }))
  const machineType = sizeName(asker, node.size, 'instanceTemplate.size', options)
  return {
    ...raw,
    machineType,
    disks,
    ...(guestAccelerators && { guestAccelerators }),
    deletionProtection: undefined,
    ...body,
  }
}
