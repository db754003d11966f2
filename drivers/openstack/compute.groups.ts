import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { refused } from './compute.shared.js'
import { OpenStackComputeStates } from './compute.states.js'

interface RawGroup {
  readonly id: string
  readonly name: string
  /** Before 2.64. */
  readonly policies?: readonly string[]
  readonly policy?: string
  readonly rules?: { readonly max_server_per_host?: number }
  readonly members: readonly string[]
  readonly project_id?: string
  readonly user_id?: string
}
interface RawQuota {
  readonly limit: number
  readonly in_use?: number
  /** Neutron's word. */
  readonly used?: number
  readonly reserved?: number
}

export type OpenStackGroupPolicy = 'affinity' | 'anti-affinity' | 'soft-affinity' | 'soft-anti-affinity'
/** Servers that are to be placed together, or apart. */
export interface OpenStackServerGroup {
  readonly id: string
  readonly name: string
  readonly policy: string | undefined
  /** Of `'anti-affinity'`: how many of its servers a host may have. */
  readonly maxServersPerHost: number | undefined
  readonly nodeIds: readonly string[]
  readonly projectId: string | undefined
  readonly userId: string | undefined
}
export interface OpenStackCreateServerGroupOptions {
  name: string
  policy: OpenStackGroupPolicy
  /** Of `'anti-affinity'`. @defaultValue 1 */
  maxServersPerHost?: number | undefined
}
/** How much of something a project may have, and has. */
export interface OpenStackQuota {
  /** -1 where there is no limit. */
  readonly limit: number
  readonly used: number
  /** What has been asked for, and is not there yet. */
  readonly reserved: number
}
/** By what is limited, in the cloud's own words: `instances`, `cores`, `floatingip`, `gigabytes` … */
export type OpenStackQuotas = Readonly<Record<string, OpenStackQuota>>

/** With one policy, and its rules. */
const GROUP_VERSION = '2.64'

/** Server groups, and what a project may have. */
export abstract class OpenStackComputeGroups extends OpenStackComputeStates {
  /**
   * All server groups.
   *
   * @example
   * ```ts
   * const groups = await driver.ex_listServerGroups()
   * ```
   * @see https://docs.openstack.org/api-ref/compute/#list-server-groups
   */
  ex_listServerGroups(options?: CallOptions): Pager<OpenStackServerGroup> {
    const spec = { path: '/os-server-groups', member: 'server_groups', map: toGroup, microversion: GROUP_VERSION }
    return this.connection.listWhole(spec, options)
  }

  /**
   * One server group.
   *
   * @example
   * ```ts
   * const { nodeIds } = await driver.ex_getServerGroup('616fb98f-46ca-475e-917e-2563e5a8cd19')
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/compute/#show-server-group-details
   */
  async ex_getServerGroup(groupId: string, options?: CallOptions): Promise<OpenStackServerGroup> {
    const at = path`/os-server-groups/${groupId}`
    const spec = { path: at, member: 'server_group', map: toGroup, microversion: GROUP_VERSION }
    return this.connection.one(spec, options)
  }

  /**
   * Makes a server group, which servers join when they are made.
   *
   * @example
   * ```ts
   * const group = await driver.ex_addServerGroup({ name: 'db', policy: 'anti-affinity' })
   * await driver.createNode({ name: 'db-1', size, image, ex_serverGroup: group })
   * ```
   * @throws QuotaExceededError
   * @see https://docs.openstack.org/api-ref/compute/#create-server-group
   */
  async ex_addServerGroup(
    group: OpenStackCreateServerGroupOptions,
    options?: CallOptions,
  ): Promise<Owned<OpenStackServerGroup>> {
    const { name, policy, maxServersPerHost } = group
    const rules = maxServersPerHost === undefined ? undefined : { max_server_per_host: maxServersPerHost }
    const microversion = { wanted: GROUP_VERSION, least: GROUP_VERSION }
    const json = { server_group: { name, policy, rules } }
    const spec = { method: 'POST', path: '/os-server-groups', json, member: 'server_group', map: toGroup } as const
    const made = await this.connection.one({ ...spec, microversion }, options)
    return owned(made, () => this.ex_delServerGroup(made))
  }

  /**
   * Deletes a server group. Its servers stay.
   *
   * @example
   * ```ts
   * await driver.ex_delServerGroup(group)
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/compute/#delete-server-group
   */
  async ex_delServerGroup(group: Ref, options?: CallOptions): Promise<void> {
    const at = path`/os-server-groups/${group.id}`
    await this.connection.request({ method: 'DELETE', path: at, read: readNothing }, options)
  }

  /**
   * What the project may have of servers and what belongs to them, and has.
   *
   * @example
   * ```ts
   * const { totalCoresUsed, maxTotalCores } = await driver.ex_getLimits()
   * ```
   * @see https://docs.openstack.org/api-ref/compute/#show-rate-and-absolute-limits
   */
  async ex_getLimits(options?: CallOptions): Promise<Record<string, number>> {
    const map = ({ absolute }: { absolute: Record<string, number> }): Record<string, number> => ({ ...absolute })
    return this.connection.one({ path: '/limits', member: 'limits', map }, options)
  }

  /**
   * What a project may have of servers and what belongs to them, and has.
   *
   * @example
   * ```ts
   * const { instances } = await driver.ex_getQuotaSet()
   * ```
   * @param projectId @defaultValue the driver's own
   * @throws PermissionDeniedError for other projects than one's own
   * @see https://docs.openstack.org/api-ref/compute/#show-the-detail-of-quota
   */
  async ex_getQuotaSet(projectId?: string, options?: CallOptions): Promise<OpenStackQuotas> {
    const at = path`/os-quota-sets/${await this.#project(projectId, options)}/detail`
    return this.connection.one({ path: at, member: 'quota_set', map: toQuotas }, options)
  }

  /**
   * What a project may have of volumes and what belongs to them, and has.
   *
   * @example
   * ```ts
   * const { gigabytes } = await driver.ex_getVolumeQuotas()
   * ```
   * @param projectId @defaultValue the driver's own
   * @throws PermissionDeniedError for other projects than one's own
   * @see https://docs.openstack.org/api-ref/block-storage/v3/#show-quota-usage-for-a-project
   */
  async ex_getVolumeQuotas(projectId?: string, options?: CallOptions): Promise<OpenStackQuotas> {
    const at = path`/os-quota-sets/${await this.#project(projectId, options)}`
    const spec = { service: 'block-storage', path: at, query: { usage: true }, member: 'quota_set', map: toQuotas }
    return this.connection.one(spec, options)
  }

  /**
   * What a project may have of networks and what belongs to them, and has.
   *
   * @example
   * ```ts
   * const { floatingip } = await driver.ex_getNetworkQuotas()
   * ```
   * @param projectId @defaultValue the driver's own
   * @throws PermissionDeniedError for other projects than one's own
   * @see https://docs.openstack.org/api-ref/network/v2/#show-quota-details-for-a-tenant
   */
  async ex_getNetworkQuotas(projectId?: string, options?: CallOptions): Promise<OpenStackQuotas> {
    const at = path`/quotas/${await this.#project(projectId, options)}/details.json`
    return this.connection.one({ service: 'network', path: at, member: 'quota', map: toQuotas }, options)
  }

  async #project(given: string | undefined, options: CallOptions | undefined): Promise<string> {
    const projectId = given ?? (await this.connection.session(options)).projectId
    if (projectId === undefined) throw refused(this, 'projectId', "given: the driver's token is of no project", options)
    return projectId
  }
}

function toGroup(raw: RawGroup): OpenStackServerGroup {
  return {
    id: raw.id,
    name: raw.name,
    policy: raw.policy ?? raw.policies?.[0],
    maxServersPerHost: raw.rules?.max_server_per_host,
    nodeIds: raw.members,
    projectId: raw.project_id,
    userId: raw.user_id,
  }
}

function toQuotas(raw: Readonly<Record<string, unknown>>): OpenStackQuotas {
  const quotas = Object.entries(raw).filter(([, value]) => typeof value === 'object' && value !== null)
  return Object.fromEntries(
    (quotas as [string, RawQuota][]).map(([name, { limit, in_use, used, reserved }]) => [
      name,
      { limit, used: in_use ?? used ?? 0, reserved: reserved ?? 0 },
    ]),
  )
}
