import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { act, NO_NODE } from './compute.base.js'
import { neutron } from './compute.networks.js'
import { OpenStackComputeRouters } from './compute.routers.js'
import { type OpenStackListOptions, orNothing, toDate } from './compute.shared.js'

interface RawRule {
  readonly id: string
  readonly security_group_id: string
  readonly direction: 'ingress' | 'egress'
  readonly ethertype: string
  readonly protocol: string | null
  readonly port_range_min: number | null
  readonly port_range_max: number | null
  readonly remote_ip_prefix: string | null
  readonly remote_group_id: string | null
  readonly description?: string | null
  readonly created_at?: string
}
interface RawGroup {
  readonly id: string
  readonly name: string
  readonly description?: string
  readonly stateful?: boolean
  readonly security_group_rules?: readonly RawRule[]
  readonly tags?: readonly string[]
  readonly project_id?: string
  readonly tenant_id?: string
  readonly created_at?: string
  readonly updated_at?: string
}

/** What may come in, or go out. */
export interface OpenStackSecurityGroupRule {
  readonly id: string
  readonly securityGroupId: string
  readonly direction: 'ingress' | 'egress'
  readonly version: 4 | 6
  /** `'tcp'`, `'udp'`, `'icmp'`, a number …; `undefined` for all. */
  readonly protocol: string | undefined
  /** The first port, or ICMP's type; `undefined` for all. */
  readonly fromPort: number | undefined
  /** The last port, or ICMP's code; `undefined` for all. */
  readonly toPort: number | undefined
  /** The other side, in CIDR notation; `undefined` for all. */
  readonly cidr: string | undefined
  /** The other side: whoever is in this group. */
  readonly sourceSecurityGroupId: string | undefined
  readonly description: string | undefined
  readonly createdAt: Date | undefined
}
/** Rules that ports have in common. What none allows is refused. */
export interface OpenStackSecurityGroup {
  readonly id: string
  readonly name: string
  readonly description: string | undefined
  /** Whether the answers to what is allowed are allowed too. */
  readonly isStateful: boolean | undefined
  readonly rules: readonly OpenStackSecurityGroupRule[]
  readonly tags: readonly string[]
  readonly projectId: string | undefined
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
}
export interface OpenStackListSecurityGroupsOptions extends OpenStackListOptions {
  ex_name?: string | undefined
  /** @defaultValue those of all projects that the user may see */
  ex_projectId?: string | undefined
}
export interface OpenStackCreateSecurityGroupRuleOptions {
  /** @defaultValue 'ingress' */
  direction?: 'ingress' | 'egress' | undefined
  /** @defaultValue 4, or as the CIDR says */
  version?: 4 | 6 | undefined
  /** `'tcp'`, `'udp'`, `'icmp'`, or a number. @defaultValue all */
  protocol?: string | undefined
  /** The first port, or ICMP's type. @defaultValue all */
  fromPort?: number | undefined
  /** The last port, or ICMP's code. @defaultValue `fromPort` for protocols with ports */
  toPort?: number | undefined
  /** The other side, in CIDR notation. @defaultValue all */
  cidr?: string | undefined
  /** The other side: whoever is in this group. */
  sourceSecurityGroup?: Ref | undefined
  description?: string | undefined
}

/** Security groups. */
export abstract class OpenStackComputeSecurity extends OpenStackComputeRouters {
  /**
   * All security groups.
   *
   * @example
   * ```ts
   * const [web] = await driver.ex_listSecurityGroups({ ex_name: 'web' })
   * ```
   * @see https://docs.openstack.org/api-ref/network/v2/#list-security-groups
   */
  ex_listSecurityGroups(options?: OpenStackListSecurityGroupsOptions): Pager<OpenStackSecurityGroup> {
    const query = { name: options?.ex_name, project_id: options?.ex_projectId }
    const spec = { ...neutron, path: '/security-groups', member: 'security_groups', map: toGroup, query }
    return this.connection.list({ ...spec, limit: options?.ex_limit }, options)
  }

  /**
   * One security group, with its rules.
   *
   * @example
   * ```ts
   * const { rules } = await driver.ex_getSecurityGroup('85cc3048-abc3-43cc-89b3-377341426ac5')
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#show-security-group
   */
  async ex_getSecurityGroup(groupId: string, options?: CallOptions): Promise<OpenStackSecurityGroup> {
    const spec = { ...neutron, path: path`/security-groups/${groupId}`, member: 'security_group', map: toGroup }
    return this.connection.one(spec, options)
  }

  /**
   * The security groups that a server's ports have, without their rules.
   *
   * @example
   * ```ts
   * const groups = await driver.ex_getNodeSecurityGroups(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#list-security-groups-by-server
   */
  ex_getNodeSecurityGroups(node: Ref, options?: CallOptions): Pager<OpenStackSecurityGroup> {
    const at = path`/servers/${node.id}/os-security-groups`
    const map = (raw: RawGroup): OpenStackSecurityGroup => ({ ...toGroup(raw), rules: [] })
    return this.connection.listWhole({ path: at, errors: NO_NODE, member: 'security_groups', map }, options)
  }

  /**
   * Makes a security group. It lets everything out, and nothing in.
   *
   * @example
   * ```ts
   * const group = await driver.ex_createSecurityGroup('web', 'HTTP from everywhere')
   * await driver.ex_createSecurityGroupRule(group, { protocol: 'tcp', fromPort: 80, toPort: 80 })
   * ```
   * @throws QuotaExceededError
   * @see https://docs.openstack.org/api-ref/network/v2/#create-security-group
   */
  async ex_createSecurityGroup(
    name: string,
    description: string,
    options?: CallOptions,
  ): Promise<Owned<OpenStackSecurityGroup>> {
    const json = { security_group: { name, description } }
    const spec = { ...neutron, method: 'POST', path: '/security-groups', json, member: 'security_group' } as const
    const made = await this.connection.one({ ...spec, map: toGroup }, options)
    return owned(made, () => this.ex_deleteSecurityGroup(made))
  }

  /**
   * Deletes a security group that no port has.
   *
   * @example
   * ```ts
   * await driver.ex_deleteSecurityGroup(group)
   * ```
   * @throws NotFoundError
   * @throws ConflictError where it is in use
   * @see https://docs.openstack.org/api-ref/network/v2/#delete-security-group
   */
  async ex_deleteSecurityGroup(group: Ref, options?: CallOptions): Promise<void> {
    const spec = { ...neutron, method: 'DELETE', path: path`/security-groups/${group.id}`, read: readNothing } as const
    await this.connection.request(spec, options)
  }

  /**
   * Allows something.
   *
   * @example
   * ```ts
   * await driver.ex_createSecurityGroupRule(group, { protocol: 'tcp', fromPort: 22, toPort: 22, cidr: '192.0.2.0/24' })
   * ```
   * @throws ConflictError where there is such a rule
   * @throws QuotaExceededError
   * @see https://docs.openstack.org/api-ref/network/v2/#create-security-group-rule
   */
  async ex_createSecurityGroupRule(
    group: Ref,
    rule: OpenStackCreateSecurityGroupRuleOptions,
    options?: CallOptions,
  ): Promise<Owned<OpenStackSecurityGroupRule>> {
    const { version = rule.cidr?.includes(':') ? 6 : 4, protocol, fromPort, toPort } = rule
    const json = {
      security_group_rule: {
        security_group_id: group.id,
        direction: rule.direction ?? 'ingress',
        ethertype: `IPv${version}`,
        protocol,
        port_range_min: fromPort,
        port_range_max: toPort ?? (/icmp/i.test(protocol ?? '') ? undefined : fromPort),
        remote_ip_prefix: rule.cidr,
        remote_group_id: rule.sourceSecurityGroup?.id,
        description: rule.description,
      },
    }
    const spec = { ...neutron, method: 'POST', path: '/security-group-rules', json } as const
    const made = await this.connection.one({ ...spec, member: 'security_group_rule', map: toRule }, options)
    return owned(made, () => this.ex_deleteSecurityGroupRule(made))
  }

  /**
   * Takes a rule away.
   *
   * @example
   * ```ts
   * await driver.ex_deleteSecurityGroupRule(rule)
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/network/v2/#delete-security-group-rule
   */
  async ex_deleteSecurityGroupRule(rule: Ref, options?: CallOptions): Promise<void> {
    const at = path`/security-group-rules/${rule.id}`
    await this.connection.request({ ...neutron, method: 'DELETE', path: at, read: readNothing }, options)
  }

  /**
   * Gives all ports of a server a security group.
   *
   * @example
   * ```ts
   * await driver.ex_addSecurityGroupToNode(group, node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#add-security-group-to-a-server-addsecuritygroup-action
   */
  async ex_addSecurityGroupToNode(group: Ref, node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { addSecurityGroup: { name: group.id } }, options)
  }

  /**
   * Takes a security group from all ports of a server.
   *
   * @example
   * ```ts
   * await driver.ex_removeSecurityGroupFromNode(group, node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#remove-security-group-from-a-server-removesecuritygroup-action
   */
  async ex_removeSecurityGroupFromNode(group: Ref, node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { removeSecurityGroup: { name: group.id } }, options)
  }
}

function toRule(raw: RawRule): OpenStackSecurityGroupRule {
  return {
    id: raw.id,
    securityGroupId: raw.security_group_id,
    direction: raw.direction,
    version: raw.ethertype === 'IPv6' ? 6 : 4,
    protocol: orNothing(raw.protocol),
    fromPort: raw.port_range_min ?? undefined,
    toPort: raw.port_range_max ?? undefined,
    cidr: orNothing(raw.remote_ip_prefix),
    sourceSecurityGroupId: orNothing(raw.remote_group_id),
    description: orNothing(raw.description),
    createdAt: toDate(raw.created_at),
  }
}

function toGroup(raw: RawGroup): OpenStackSecurityGroup {
  return {
    id: raw.id,
    name: raw.name,
    description: orNothing(raw.description),
    isStateful: raw.stateful,
    rules: (raw.security_group_rules ?? []).map(toRule),
    tags: raw.tags ?? [],
    projectId: raw.project_id ?? raw.tenant_id,
    createdAt: toDate(raw.created_at),
    updatedAt: toDate(raw.updated_at),
  }
}
