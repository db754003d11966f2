import * as xml from '../../lib/http/xml-shape.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { EC2Attributes } from './ec2.attributes.js'
import { answer, type EC2Filters, listing } from './ec2.connection.js'
import { type EC2Tagged, type EC2Tags, named, needed, PAGE, TAGGED, tagged, toFilters } from './ec2.shared.js'
import type { QueryParams } from './query.js'

const PERMISSION = xml.object({
  ipProtocol: xml.string,
  fromPort: xml.number,
  toPort: xml.number,
  ipRanges: xml.wrapped('item', xml.object({ cidrIp: xml.string, description: xml.string })),
  ipv6Ranges: xml.wrapped('item', xml.object({ cidrIpv6: xml.string, description: xml.string })),
  prefixListIds: xml.wrapped('item', xml.object({ prefixListId: xml.string, description: xml.string })),
  groups: xml.wrapped(
    'item',
    xml.object({ groupId: xml.string, groupName: xml.string, userId: xml.string, description: xml.string }),
  ),
})
type RawPermission = xml.Infer<typeof PERMISSION>
const GROUP = xml.object({
  groupId: xml.string,
  groupName: xml.string,
  groupDescription: xml.string,
  ownerId: xml.string,
  vpcId: xml.string,
  ipPermissions: xml.wrapped('item', PERMISSION),
  ipPermissionsEgress: xml.wrapped('item', PERMISSION),
  tagSet: TAGGED,
})
type RawGroup = xml.Infer<typeof GROUP>
const GROUPS = listing('DescribeSecurityGroups', 'securityGroupInfo', GROUP, PAGE)
const CREATED = answer('CreateSecurityGroup', { groupId: xml.string })

/** What a security group lets through. Without a port or protocol, all. */
export interface EC2SecurityGroupRule {
  /** `'tcp'`, `'udp'`, `'icmp'`, `'icmpv6'`, a number, or `'-1'` for all. */
  readonly protocol: string
  /** Of ICMP the type, or -1 for all. */
  readonly fromPort: number | undefined
  /** Of ICMP the code, or -1 for all. */
  readonly toPort: number | undefined
  readonly cidrIps: readonly EC2Described[]
  readonly cidrIpv6s: readonly EC2Described[]
  readonly prefixLists: readonly EC2Described[]
  readonly groups: readonly EC2GroupPair[]
}
/** A range of addresses or a list of such, and what it is. */
export interface EC2Described {
  readonly value: string
  readonly description: string | undefined
}
/** A group whose members are let through. */
export interface EC2GroupPair {
  readonly groupId?: string | undefined
  readonly groupName?: string | undefined
  /** The account that has it. */
  readonly userId?: string | undefined
  readonly description?: string | undefined
}
export interface EC2SecurityGroup {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly ownerId: string | undefined
  readonly vpcId: string | undefined
  readonly ingress: readonly EC2SecurityGroupRule[]
  readonly egress: readonly EC2SecurityGroupRule[]
  readonly tags: EC2Tags
}
/** A rule that is given or taken away. */
export interface EC2RuleChange {
  /** @defaultValue 'tcp' */
  protocol?: string | undefined
  /** Of ICMP the type, or -1 for all. */
  fromPort?: number | undefined
  /** Of ICMP the code, or -1 for all. */
  toPort?: number | undefined
  cidrIps?: readonly string[] | undefined
  cidrIpv6s?: readonly string[] | undefined
  prefixListIds?: readonly string[] | undefined
  groupPairs?: readonly EC2GroupPair[] | undefined
  /** Of each range of addresses. */
  description?: string | undefined
}
/** A rule for one range of addresses. */
export interface EC2PlainRule {
  fromPort: number
  toPort: number
  /** @defaultValue '0.0.0.0/0' */
  cidrIp?: string | undefined
  /** @defaultValue 'tcp' */
  protocol?: string | undefined
}
export interface EC2CreateSecurityGroup {
  name: string
  description: string
  /** @defaultValue the default VPC */
  vpcId?: string | undefined
  tags?: EC2Tags | undefined
}
export interface EC2ListSecurityGroupsOptions extends CallOptions {
  ex_groupIds?: readonly string[] | undefined
  /** Of groups in the default VPC. */
  ex_groupNames?: readonly string[] | undefined
  ex_filters?: EC2Filters | undefined
}

/** Security groups and their rules. */
export abstract class EC2SecurityGroups extends EC2Attributes {
  /**
   * The names of all security groups.
   *
   * @example
   * ```ts
   * const names = await driver.ex_listSecurityGroups()
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html
   */
  ex_listSecurityGroups(options?: CallOptions): Pager<string> {
    return this.connection.all(GROUPS, raw => needed(raw.groupName, 'groupName'), {}, options)
  }

  /**
   * Security groups with their rules.
   *
   * @example
   * ```ts
   * const [web] = await driver.ex_getSecurityGroups({ ex_filters: { 'group-name': 'web' } })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html
   */
  ex_getSecurityGroups(options?: EC2ListSecurityGroupsOptions): Pager<EC2SecurityGroup> {
    const params = {
      GroupId: options?.ex_groupIds,
      GroupName: options?.ex_groupNames,
      Filter: toFilters(options?.ex_filters),
    }
    return this.connection.all(GROUPS, toGroup, params, options)
  }

  /**
   * Makes a security group, which lets everything out and nothing in.
   *
   * @example
   * ```ts
   * const group = await driver.ex_createSecurityGroup({ name: 'web', description: 'HTTP from everywhere' })
   * await driver.ex_authorizeSecurityGroupIngress(group, { fromPort: 80, toPort: 80, cidrIps: ['0.0.0.0/0'] })
   * ```
   * @returns its id.
   * @throws ConflictError when the VPC has a group of this name.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
   */
  async ex_createSecurityGroup(group: EC2CreateSecurityGroup, options?: CallOptions): Promise<Owned<Ref>> {
    const params = {
      GroupName: group.name,
      GroupDescription: group.description,
      VpcId: group.vpcId,
      TagSpecification: tagged('security-group', undefined, group.tags),
    }
    const map = ({ groupId }: { groupId?: string }) => ({ id: needed(groupId, 'groupId') })
    const spec = { action: 'CreateSecurityGroup', params, shape: CREATED, map, idempotent: false }
    const made = await this.connection.query(spec, options)
    return owned(made, () => this.ex_deleteSecurityGroupById(made.id))
  }

  /**
   * Deletes a security group that is known by its id.
   *
   * @example
   * ```ts
   * await driver.ex_deleteSecurityGroupById('sg-903004f8')
   * ```
   * @throws ConflictError while something uses it.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
   */
  async ex_deleteSecurityGroupById(groupId: string, options?: CallOptions): Promise<void> {
    await this.connection.set('DeleteSecurityGroup', { GroupId: groupId }, options)
  }

  /**
   * Deletes a security group of the default VPC.
   *
   * @example
   * ```ts
   * await driver.ex_deleteSecurityGroupByName('web')
   * ```
   * @throws ConflictError while something uses it.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
   */
  async ex_deleteSecurityGroupByName(name: string, options?: CallOptions): Promise<void> {
    await this.connection.set('DeleteSecurityGroup', { GroupName: name }, options)
  }

  /**
   * The same as `ex_deleteSecurityGroupByName`.
   *
   * @example
   * ```ts
   * await driver.ex_deleteSecurityGroup('web')
   * ```
   * @throws ConflictError while something uses it.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
   */
  async ex_deleteSecurityGroup(name: string, options?: CallOptions): Promise<void> {
    await this.ex_deleteSecurityGroupByName(name, options)
  }

  /**
   * Lets one range of addresses in, in a group of the default VPC.
   *
   * @example
   * ```ts
   * await driver.ex_authorizeSecurityGroup('web', { fromPort: 443, toPort: 443 })
   * ```
   * @throws ConflictError when it has that rule.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
   */
  async ex_authorizeSecurityGroup(name: string, rule: EC2PlainRule, options?: CallOptions): Promise<void> {
    const params = {
      GroupName: name,
      IpProtocol: rule.protocol ?? 'tcp',
      FromPort: rule.fromPort,
      ToPort: rule.toPort,
      CidrIp: rule.cidrIp ?? '0.0.0.0/0',
    }
    await this.connection.act('AuthorizeSecurityGroupIngress', params, options)
  }

  /**
   * Lets something in.
   *
   * @example
   * ```ts
   * const rule = { fromPort: 22, toPort: 22, cidrIps: ['203.0.113.0/24'], description: 'the office' }
   * await driver.ex_authorizeSecurityGroupIngress({ id: 'sg-903004f8' }, rule)
   * ```
   * @throws ConflictError when it has that rule.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
   */
  async ex_authorizeSecurityGroupIngress(group: Ref, rule: EC2RuleChange, options?: CallOptions): Promise<void> {
    await this.connection.act('AuthorizeSecurityGroupIngress', fromRule(group, rule), options)
  }

  /**
   * Lets something out.
   *
   * @example
   * ```ts
   * await driver.ex_authorizeSecurityGroupEgress(group, { protocol: '-1', cidrIpv6s: ['::/0'] })
   * ```
   * @throws ConflictError when it has that rule.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupEgress.html
   */
  async ex_authorizeSecurityGroupEgress(group: Ref, rule: EC2RuleChange, options?: CallOptions): Promise<void> {
    await this.connection.act('AuthorizeSecurityGroupEgress', fromRule(group, rule), options)
  }

  /**
   * No longer lets something in.
   *
   * @example
   * ```ts
   * await driver.ex_revokeSecurityGroupIngress(group, { fromPort: 22, toPort: 22, cidrIps: ['203.0.113.0/24'] })
   * ```
   * @throws NotFoundError when it has no such rule.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
   */
  async ex_revokeSecurityGroupIngress(group: Ref, rule: EC2RuleChange, options?: CallOptions): Promise<void> {
    await this.connection.act('RevokeSecurityGroupIngress', fromRule(group, rule), options)
  }

  /**
   * No longer lets something out.
   *
   * @example
   * ```ts
   * await driver.ex_revokeSecurityGroupEgress(group, { protocol: '-1', cidrIps: ['0.0.0.0/0'] })
   * ```
   * @throws NotFoundError when it has no such rule.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupEgress.html
   */
  async ex_revokeSecurityGroupEgress(group: Ref, rule: EC2RuleChange, options?: CallOptions): Promise<void> {
    await this.connection.act('RevokeSecurityGroupEgress', fromRule(group, rule), options)
  }

  /**
   * Lets everybody in, by TCP, UDP and ICMP, in a group of the default VPC. Rules that it has are no error.
   *
   * @example
   * ```ts
   * await driver.ex_authorizeSecurityGroupPermissive('sandbox')
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
   */
  async ex_authorizeSecurityGroupPermissive(name: string, options?: CallOptions): Promise<void> {
    const all = [
      { protocol: 'tcp', fromPort: 0, toPort: 65_535 },
      { protocol: 'udp', fromPort: 0, toPort: 65_535 },
      { protocol: 'icmp', fromPort: -1, toPort: -1 },
    ]
    for (const rule of all) {
      await this.ex_authorizeSecurityGroup(name, rule, options).catch(error => {
        if (error?.providerCode !== 'InvalidPermission.Duplicate') throw error
      })
    }
  }
}

function fromRule(group: Ref, rule: EC2RuleChange): QueryParams {
  const { protocol: IpProtocol = 'tcp', fromPort: FromPort, toPort: ToPort, description: Description } = rule
  return {
    GroupId: group.id,
    IpPermissions: [
      {
        IpProtocol,
        FromPort,
        ToPort,
        IpRanges: rule.cidrIps?.map(CidrIp => ({ CidrIp, Description })),
        Ipv6Ranges: rule.cidrIpv6s?.map(CidrIpv6 => ({ CidrIpv6, Description })),
        PrefixListIds: rule.prefixListIds?.map(PrefixListId => ({ PrefixListId, Description })),
        Groups: rule.groupPairs?.map(pair => ({
          GroupId: pair.groupId,
          GroupName: pair.groupName,
          UserId: pair.userId,
          Description: pair.description ?? Description,
        })),
      },
    ],
  }
}

function toRule(raw: RawPermission): EC2SecurityGroupRule {
  const described = (value: string | undefined, description: string | undefined): EC2Described => ({
    value: needed(value, 'ipPermissions'),
    description,
  })
  return {
    protocol: raw.ipProtocol ?? '-1',
    fromPort: raw.fromPort,
    toPort: raw.toPort,
    cidrIps: raw.ipRanges.map(each => described(each.cidrIp, each.description)),
    cidrIpv6s: raw.ipv6Ranges.map(each => described(each.cidrIpv6, each.description)),
    prefixLists: raw.prefixListIds.map(each => described(each.prefixListId, each.description)),
    groups: raw.groups,
  }
}

function toGroup(raw: RawGroup): EC2SecurityGroup {
  const { id, tags }: EC2Tagged = named(raw.groupId, raw.tagSet, 'groupId')
  return {
    id,
    name: raw.groupName ?? id,
    description: raw.groupDescription ?? '',
    ownerId: raw.ownerId,
    vpcId: raw.vpcId,
    ingress: raw.ipPermissions.map(toRule),
    egress: raw.ipPermissionsEgress.map(toRule),
    tags,
  }
}
