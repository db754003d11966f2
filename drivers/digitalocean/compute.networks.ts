import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { toDate } from './account.js'
import { DigitalOceanComputeVolumes } from './compute.volumes.js'

interface RawVpc {
  readonly id: string
  readonly urn: string
  readonly name: string
  readonly description?: string
  readonly region: string
  readonly ip_range: string
  readonly default: boolean
  readonly created_at: string
}
interface RawMember {
  readonly name: string
  readonly urn: string
  readonly created_at: string
}
interface RawPeering {
  readonly id: string
  readonly name: string
  readonly status: DigitalOceanPeeringStatus
  readonly vpc_ids: readonly string[]
  readonly created_at: string
}

/** A private network of one region. */
export interface DigitalOceanVpc {
  readonly id: string
  readonly name: string
  readonly description: string
  /** Slug of the region. */
  readonly region: string
  /** In CIDR notation: `'10.10.10.0/24'`. */
  readonly ipRange: string
  /** Whether it is where the region's droplets go when nothing else is said. */
  readonly isDefault: boolean
  readonly urn: string
  readonly createdAt: Date | undefined
}
/** Something that lies in a VPC. */
export interface DigitalOceanVpcMember {
  /** The part of the URN behind its type. */
  readonly id: string
  /** `'droplet'`, `'dbaas'`, `'loadbalancer'`, `'kubernetes'` … */
  readonly type: string
  readonly name: string
  readonly urn: string
  readonly createdAt: Date | undefined
}
export type DigitalOceanPeeringStatus = 'PROVISIONING' | 'ACTIVE' | 'DELETING'
/** Two VPCs whose members reach each other. */
export interface DigitalOceanVpcPeering {
  readonly id: string
  readonly name: string
  readonly status: DigitalOceanPeeringStatus
  readonly vpcIds: readonly string[]
  readonly createdAt: Date | undefined
}
export interface DigitalOceanCreateVpcOptions {
  name: string
  /** Slug. @defaultValue the driver's region */
  region?: string | undefined
  description?: string | undefined
  /** In CIDR notation, from /28 to /16. @defaultValue DigitalOcean's choice */
  ipRange?: string | undefined
}
/** What is to change; what is absent stays. */
export interface DigitalOceanUpdateVpcOptions {
  name?: string | undefined
  description?: string | undefined
  /** `true` makes it the default of its region, in place of another. */
  isDefault?: true | undefined
}
export interface DigitalOceanVpcMembersOptions extends CallOptions {
  /** Only members of this kind: `'droplet'`. */
  ex_resourceType?: string | undefined
}

/** Private networks, and what connects them. */
export abstract class DigitalOceanComputeNetworks extends DigitalOceanComputeVolumes {
  /**
   * All VPCs.
   *
   * @example
   * ```ts
   * const vpcs = await driver.ex_listVpcs()
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/vpcs_list
   */
  ex_listVpcs(options?: CallOptions): Pager<DigitalOceanVpc> {
    return this.connection.list({ path: '/v2/vpcs', member: 'vpcs', map: toVpc }, options)
  }

  /**
   * One VPC.
   *
   * @example
   * ```ts
   * const { ipRange } = await driver.ex_getVpc('5a4981aa-9653-4bd1-bef5-d6bff52042e4')
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/vpcs_get
   */
  async ex_getVpc(vpcId: string, options?: CallOptions): Promise<DigitalOceanVpc> {
    return this.connection.one({ path: path`/v2/vpcs/${vpcId}`, member: 'vpc', map: toVpc }, options)
  }

  /**
   * Makes a VPC.
   *
   * @example
   * ```ts
   * const vpc = await driver.ex_createVpc({ name: 'backend', region: 'fra1', ipRange: '10.10.10.0/24' })
   * await driver.createNode({ name: 'db-1', size, image, location: { id: 'fra1' }, ex_vpc: vpc })
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/vpcs_create
   */
  async ex_createVpc(vpc: DigitalOceanCreateVpcOptions, options?: CallOptions): Promise<Owned<DigitalOceanVpc>> {
    const { name, description, ipRange } = vpc
    const json = { name, region: vpc.region ?? this.region, description, ip_range: ipRange }
    const spec = { method: 'POST', path: '/v2/vpcs', json, member: 'vpc', map: toVpc } as const
    const made = await this.connection.one(spec, options)
    return owned(made, () => this.ex_deleteVpc(made))
  }

  /**
   * Changes a VPC.
   *
   * @example
   * ```ts
   * await driver.ex_updateVpc(vpc, { isDefault: true })
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/vpcs_patch
   */
  async ex_updateVpc(vpc: Ref, changes: DigitalOceanUpdateVpcOptions, options?: CallOptions): Promise<DigitalOceanVpc> {
    const json = { name: changes.name, description: changes.description, default: changes.isDefault }
    const spec = { method: 'PATCH', path: path`/v2/vpcs/${vpc.id}`, json, idempotent: true } as const
    return this.connection.one({ ...spec, member: 'vpc', map: toVpc }, options)
  }

  /**
   * Deletes a VPC, which must be empty, and not the default of its region.
   *
   * @example
   * ```ts
   * await driver.ex_deleteVpc(vpc)
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/vpcs_delete
   */
  async ex_deleteVpc(vpc: Ref, options?: CallOptions): Promise<void> {
    const at = path`/v2/vpcs/${vpc.id}`
    await this.connection.request({ method: 'DELETE', path: at, read: readNothing }, options)
  }

  /**
   * What lies in a VPC.
   *
   * @example
   * ```ts
   * const droplets = await driver.ex_listVpcMembers(vpc, { ex_resourceType: 'droplet' })
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/vpcs_list_members
   */
  ex_listVpcMembers(vpc: Ref, options?: DigitalOceanVpcMembersOptions): Pager<DigitalOceanVpcMember> {
    const map = (raw: RawMember): DigitalOceanVpcMember => {
      const [, type = '', id = ''] = raw.urn.split(':')
      return { id, type, name: raw.name, urn: raw.urn, createdAt: toDate(raw.created_at) }
    }
    const query = { resource_type: options?.ex_resourceType }
    const at = path`/v2/vpcs/${vpc.id}/members`
    return this.connection.list({ path: at, query, member: 'members', map }, options)
  }

  /**
   * All peerings of VPCs.
   *
   * @example
   * ```ts
   * for await (const { name, status } of driver.ex_listVpcPeerings()) console.log(name, status)
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/vpcPeerings_list
   */
  ex_listVpcPeerings(options?: CallOptions): Pager<DigitalOceanVpcPeering> {
    const query = { region: this.region }
    return this.connection.list({ path: '/v2/vpc_peerings', query, member: 'vpc_peerings', map: toPeering }, options)
  }

  /**
   * One peering.
   *
   * @example
   * ```ts
   * const { status } = await driver.ex_getVpcPeering('6b5c619c-359c-44ca-87e2-47e98170c01d')
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/vpcPeerings_get
   */
  async ex_getVpcPeering(peeringId: string, options?: CallOptions): Promise<DigitalOceanVpcPeering> {
    const at = path`/v2/vpc_peerings/${peeringId}`
    return this.connection.one({ path: at, member: 'vpc_peering', map: toPeering }, options)
  }

  /**
   * Lets the members of two VPCs reach each other. It is ready when its status is `'ACTIVE'`.
   *
   * @example
   * ```ts
   * const peering = await driver.ex_createVpcPeering('frankfurt-london', [frankfurt, london])
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/vpcPeerings_create
   */
  async ex_createVpcPeering(
    name: string,
    vpcs: readonly [Ref, Ref],
    options?: CallOptions,
  ): Promise<Owned<DigitalOceanVpcPeering>> {
    const json = { name, vpc_ids: vpcs.map(vpc => vpc.id) }
    const spec = { method: 'POST', path: '/v2/vpc_peerings', json, member: 'vpc_peering', map: toPeering } as const
    const made = await this.connection.one(spec, options)
    return owned(made, () => this.ex_deleteVpcPeering(made))
  }

  /**
   * Gives a peering another name.
   *
   * @example
   * ```ts
   * await driver.ex_renameVpcPeering(peering, 'fra-lon')
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/vpcPeerings_patch
   */
  async ex_renameVpcPeering(peering: Ref, name: string, options?: CallOptions): Promise<DigitalOceanVpcPeering> {
    const at = path`/v2/vpc_peerings/${peering.id}`
    const spec = { method: 'PATCH', path: at, json: { name }, idempotent: true } as const
    return this.connection.one({ ...spec, member: 'vpc_peering', map: toPeering }, options)
  }

  /**
   * Parts two VPCs again. It goes on when this resolves.
   *
   * @example
   * ```ts
   * await driver.ex_deleteVpcPeering(peering)
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/vpcPeerings_delete
   */
  async ex_deleteVpcPeering(peering: Ref, options?: CallOptions): Promise<void> {
    const at = path`/v2/vpc_peerings/${peering.id}`
    await this.connection.request({ method: 'DELETE', path: at, read: readNothing }, options)
  }
}

function toVpc(raw: RawVpc): DigitalOceanVpc {
  return {
    id: raw.id,
    name: raw.name,
    description: raw.description ?? '',
    region: raw.region,
    ipRange: raw.ip_range,
    isDefault: raw.default,
    urn: raw.urn,
    createdAt: toDate(raw.created_at),
  }
}

function toPeering(raw: RawPeering): DigitalOceanVpcPeering {
  return {
    id: raw.id,
    name: raw.name,
    status: raw.status,
    vpcIds: raw.vpc_ids,
    createdAt: toDate(raw.created_at),
  }
}
