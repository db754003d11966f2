import { InvalidRequestError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { type DigitalOceanAction, toDate, toNumber } from './account.js'
import { DigitalOceanComputeNetworks } from './compute.networks.js'
import type { RawRegion } from './compute.shared.js'

interface RawReservedIp {
  readonly ip: string
  readonly region: RawRegion
  readonly droplet?: { readonly id: number } | null
  readonly locked?: boolean
  readonly project_id?: string
}
interface RawReservedIpv6 {
  readonly ip: string
  readonly region_slug: string
  readonly reserved_at?: string
  readonly droplet?: { readonly id: number } | null
}

/** An address that is kept, and can be moved from droplet to droplet of its region. */
export interface DigitalOceanReservedIp {
  /** The address. */
  readonly id: string
  /** The address. */
  readonly ip: string
  /** Slug of the region. */
  readonly region: string
  /** The droplet that it leads to. */
  readonly nodeId: string | undefined
  /** It is being moved; only of IPv4. */
  readonly locked: boolean | undefined
  /** Only of IPv4. */
  readonly projectId: string | undefined
  /** Only of IPv6. */
  readonly reservedAt: Date | undefined
}
/** Where an address is to be: at a droplet, or in a region for later use. */
export interface DigitalOceanCreateReservedIpOptions {
  node?: Ref | undefined
  /** Slug. @defaultValue the driver's region */
  region?: string | undefined
  /** Where there is no `node`. @defaultValue the account's default project */
  projectId?: string | undefined
}

/** Reserved addresses, which were called floating addresses until 2022. */
export abstract class DigitalOceanComputeAddresses extends DigitalOceanComputeNetworks {
  /**
   * All reserved IPv4 addresses.
   *
   * @example
   * ```ts
   * for await (const { ip, nodeId } of driver.ex_listReservedIps()) console.log(ip, nodeId ?? 'free')
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPs_list
   */
  ex_listReservedIps(options?: CallOptions): Pager<DigitalOceanReservedIp> {
    return this.connection.list({ path: '/v2/reserved_ips', member: 'reserved_ips', map: toReservedIp }, options)
  }

  /**
   * One reserved IPv4 address.
   *
   * @example
   * ```ts
   * const { nodeId } = await driver.ex_getReservedIp('45.55.96.47')
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPs_get
   */
  async ex_getReservedIp(ip: string, options?: CallOptions): Promise<DigitalOceanReservedIp> {
    const at = path`/v2/reserved_ips/${ip}`
    return this.connection.one({ path: at, member: 'reserved_ip', map: toReservedIp }, options)
  }

  /**
   * Reserves an IPv4 address, at a droplet or in a region. One that leads nowhere is charged for.
   *
   * @example
   * ```ts
   * const { ip } = await driver.ex_createReservedIp({ node })
   * ```
   * @throws InvalidRequestError when there is neither droplet nor region.
   * @throws QuotaExceededError when the account may have no more.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPs_create
   */
  async ex_createReservedIp(
    at: DigitalOceanCreateReservedIpOptions,
    options?: CallOptions,
  ): Promise<Owned<DigitalOceanReservedIp>> {
    const json =
      at.node === undefined
        ? { region: regionOf(this, at, options), project_id: at.projectId }
        : { droplet_id: toNumber(at.node.id, 'at.node.id') }
    const spec = { method: 'POST', path: '/v2/reserved_ips', json, member: 'reserved_ip', map: toReservedIp } as const
    const made = await this.connection.one(spec, options)
    return owned(made, () => this.ex_deleteReservedIp(made))
  }

  /**
   * Gives a reserved IPv4 address back.
   *
   * @example
   * ```ts
   * await driver.ex_deleteReservedIp({ id: '45.55.96.47' })
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPs_delete
   */
  async ex_deleteReservedIp(ip: Ref, options?: CallOptions): Promise<void> {
    const at = path`/v2/reserved_ips/${ip.id}`
    await this.connection.request({ method: 'DELETE', path: at, read: readNothing }, options)
  }

  /**
   * Lets a reserved IPv4 address lead to a droplet of its region, and no more to another.
   *
   * @example
   * ```ts
   * await driver.ex_waitForAction(await driver.ex_attachReservedIp(standby, { id: '45.55.96.47' }))
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPsActions_post
   */
  async ex_attachReservedIp(node: Ref, ip: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    const json = { type: 'assign', droplet_id: toNumber(node.id, 'node.id') }
    return this.connection.act(path`/v2/reserved_ips/${ip.id}/actions`, json, {}, options)
  }

  /**
   * Lets a reserved IPv4 address lead nowhere. It stays reserved.
   *
   * @example
   * ```ts
   * await driver.ex_detachReservedIp({ id: '45.55.96.47' })
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPsActions_post
   */
  async ex_detachReservedIp(ip: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    return this.connection.act(path`/v2/reserved_ips/${ip.id}/actions`, { type: 'unassign' }, {}, options)
  }

  /**
   * What was done to a reserved IPv4 address.
   *
   * @example
   * ```ts
   * const actions = await driver.ex_listReservedIpActions({ id: '45.55.96.47' })
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPsActions_list
   */
  ex_listReservedIpActions(ip: Ref, options?: CallOptions): Pager<DigitalOceanAction> {
    return this.connection.listActions({ path: path`/v2/reserved_ips/${ip.id}/actions`, perPage: false }, options)
  }

  /**
   * All reserved IPv6 addresses.
   *
   * @example
   * ```ts
   * const addresses = await driver.ex_listReservedIpv6s()
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPv6_list
   */
  ex_listReservedIpv6s(options?: CallOptions): Pager<DigitalOceanReservedIp> {
    return this.connection.list({ path: '/v2/reserved_ipv6', member: 'reserved_ipv6s', map: toReservedIpv6 }, options)
  }

  /**
   * One reserved IPv6 address.
   *
   * @example
   * ```ts
   * const { nodeId } = await driver.ex_getReservedIpv6('2409:40d0:f7:1017:74b4:3a96:105e:4c6e')
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPv6_get
   */
  async ex_getReservedIpv6(ip: string, options?: CallOptions): Promise<DigitalOceanReservedIp> {
    const at = path`/v2/reserved_ipv6/${ip}`
    return this.connection.one({ path: at, member: 'reserved_ipv6', map: toReservedIpv6 }, options)
  }

  /**
   * Reserves an IPv6 address in a region, and lets it lead nowhere.
   *
   * @example
   * ```ts
   * const address = await driver.ex_createReservedIpv6({ region: 'nyc3' })
   * await driver.ex_attachReservedIpv6(node, address)
   * ```
   * @throws InvalidRequestError when there is no region.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPv6_create
   */
  async ex_createReservedIpv6(
    at: Pick<DigitalOceanCreateReservedIpOptions, 'region'>,
    options?: CallOptions,
  ): Promise<Owned<DigitalOceanReservedIp>> {
    const json = { region_slug: regionOf(this, at, options) }
    const spec = { method: 'POST', path: '/v2/reserved_ipv6', json, member: 'reserved_ipv6' } as const
    const made = await this.connection.one({ ...spec, map: toReservedIpv6 }, options)
    return owned(made, () => this.ex_deleteReservedIpv6(made))
  }

  /**
   * Gives a reserved IPv6 address back. It must lead nowhere.
   *
   * @example
   * ```ts
   * await driver.ex_deleteReservedIpv6(address)
   * ```
   * @throws NotFoundError
   * @throws InvalidRequestError while it leads to a droplet.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPv6_delete
   */
  async ex_deleteReservedIpv6(ip: Ref, options?: CallOptions): Promise<void> {
    const at = path`/v2/reserved_ipv6/${ip.id}`
    await this.connection.request({ method: 'DELETE', path: at, read: readNothing }, options)
  }

  /**
   * Lets a reserved IPv6 address lead to a droplet of its region.
   *
   * @example
   * ```ts
   * await driver.ex_attachReservedIpv6(node, { id: '2409:40d0:f7:1017:74b4:3a96:105e:4c6e' })
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPv6Actions_post
   */
  async ex_attachReservedIpv6(node: Ref, ip: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    const json = { type: 'assign', droplet_id: toNumber(node.id, 'node.id') }
    return this.connection.act(path`/v2/reserved_ipv6/${ip.id}/actions`, json, {}, options)
  }

  /**
   * Lets a reserved IPv6 address lead nowhere. It stays reserved.
   *
   * @example
   * ```ts
   * await driver.ex_detachReservedIpv6(address)
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPv6Actions_post
   */
  async ex_detachReservedIpv6(ip: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    return this.connection.act(path`/v2/reserved_ipv6/${ip.id}/actions`, { type: 'unassign' }, {}, options)
  }

  /**
   * All reserved IPv4 addresses, by their former name.
   *
   * @example
   * ```ts
   * const addresses = await driver.ex_listFloatingIps()
   * ```
   * @deprecated use `ex_listReservedIps`
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPs_list
   */
  ex_listFloatingIps(options?: CallOptions): Pager<DigitalOceanReservedIp> {
    return this.ex_listReservedIps(options)
  }

  /**
   * One reserved IPv4 address, by its former name.
   *
   * @example
   * ```ts
   * const address = await driver.ex_getFloatingIp('45.55.96.47')
   * ```
   * @throws NotFoundError
   * @deprecated use `ex_getReservedIp`
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPs_get
   */
  async ex_getFloatingIp(ip: string, options?: CallOptions): Promise<DigitalOceanReservedIp> {
    return this.ex_getReservedIp(ip, options)
  }

  /**
   * Reserves an IPv4 address in a region, by its former name.
   *
   * @example
   * ```ts
   * const address = await driver.ex_createFloatingIp({ id: 'nyc3' })
   * ```
   * @deprecated use `ex_createReservedIp`
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPs_create
   */
  async ex_createFloatingIp(location: Ref, options?: CallOptions): Promise<Owned<DigitalOceanReservedIp>> {
    return this.ex_createReservedIp({ region: location.id }, options)
  }

  /**
   * Gives a reserved IPv4 address back, by its former name.
   *
   * @example
   * ```ts
   * await driver.ex_deleteFloatingIp({ id: '45.55.96.47' })
   * ```
   * @throws NotFoundError
   * @deprecated use `ex_deleteReservedIp`
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPs_delete
   */
  async ex_deleteFloatingIp(ip: Ref, options?: CallOptions): Promise<void> {
    return this.ex_deleteReservedIp(ip, options)
  }

  /**
   * Lets a reserved IPv4 address lead to a droplet, by its former name.
   *
   * @example
   * ```ts
   * await driver.ex_attachFloatingIpToNode(node, { id: '45.55.96.47' })
   * ```
   * @throws NotFoundError
   * @deprecated use `ex_attachReservedIp`
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPsActions_post
   */
  async ex_attachFloatingIpToNode(node: Ref, ip: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    return this.ex_attachReservedIp(node, ip, options)
  }

  /**
   * Lets a reserved IPv4 address lead nowhere, by its former name. It can lead to one droplet only, so that the droplet
   * is not asked for.
   *
   * @example
   * ```ts
   * await driver.ex_detachFloatingIpFromNode(node, { id: '45.55.96.47' })
   * ```
   * @throws NotFoundError
   * @deprecated use `ex_detachReservedIp`
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/reservedIPsActions_post
   */
  async ex_detachFloatingIpFromNode(_node: Ref, ip: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    return this.ex_detachReservedIp(ip, options)
  }
}

function regionOf(
  driver: DigitalOceanComputeAddresses,
  at: Pick<DigitalOceanCreateReservedIpOptions, 'region'>,
  options: CallOptions | undefined,
): string {
  const region = at.region ?? driver.region
  if (region !== undefined) return region
  const operation = operationOf(options)
  const details = { provider: driver.provider, operation, argument: 'at.region', allowed: "a region's slug" }
  throw new InvalidRequestError(`${operation}: '${details.argument}' must be ${details.allowed}`, details)
}

function toReservedIp(raw: RawReservedIp): DigitalOceanReservedIp {
  return {
    id: raw.ip,
    ip: raw.ip,
    region: raw.region.slug,
    nodeId: toNodeId(raw.droplet),
    locked: raw.locked,
    projectId: raw.project_id,
    reservedAt: undefined,
  }
}

function toReservedIpv6(raw: RawReservedIpv6): DigitalOceanReservedIp {
  return {
    id: raw.ip,
    ip: raw.ip,
    region: raw.region_slug,
    nodeId: toNodeId(raw.droplet),
    locked: undefined,
    projectId: undefined,
    reservedAt: toDate(raw.reserved_at),
  }
}

/** An address without droplet has `null` there, or an object without members. */
function toNodeId(droplet: { readonly id?: number } | null | undefined): string | undefined {
  return droplet?.id === undefined ? undefined : String(droplet.id)
}
