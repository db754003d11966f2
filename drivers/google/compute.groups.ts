import type { CreateNodeOptions } from '../../lib/compute/types.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { zoneScope } from './compute.base.js'
import { type GCENodeOptions, sizeName, toRawInstance, word } from './compute.create.js'
import { GCEForwarding } from './compute.forwarding.js'
import type { GCEListOptions, GCEListZonalOptions } from './compute.lists.js'
import { nodeLink } from './compute.pools.js'
import { type Asker, checkName, idOf, pathTo, placeOf, zoneFor } from './compute.refs.js'
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
const toInstanceTemplate = resource<GCEInstanceTemplate>('global')
const toInstanceGroup = resource<GCEInstanceGroup>('zone')

/** Templates and groups. What is given has Google's own members. */
export abstract class GCEGroups extends GCEForwarding {
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
    const { name, description, ...node } = instanceTemplate
    const json = { name, description, properties: toRawTemplate(this, node, options) }
    await this.connection.insert('global', 'instanceTemplates', json, options)
    const made = await this.ex_getInstancetemplate({ id: instanceTemplate.name }, options)
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
