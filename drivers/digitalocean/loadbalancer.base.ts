import { InvalidRequestError, LoadBalancerDoesNotExistError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { LoadBalancerDriver } from '../../lib/loadbalancer/driver.js'
import {
  Algorithm,
  type CreateBalancerOptions,
  type LoadBalancer,
  Member,
  type MemberAddress,
  type MemberRef,
  type UpdateBalancerOptions,
} from '../../lib/loadbalancer/types.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager, pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { toNumber } from './account.js'
import type { RawDroplet } from './compute.base.js'
import type { DigitalOceanConnection } from './connection.js'
import {
  type DigitalOceanBalancerExtra,
  type DigitalOceanBalancerSettings,
  type DigitalOceanBalancerType,
  type DigitalOceanEntryProtocol,
  type DigitalOceanForwardingRule,
  type DigitalOceanTargetProtocol,
  type RawBalancer,
  type RawForwardingRule,
  type RawSettings,
  toBalancer,
  toRawNodeIds,
  toRawSettings,
} from './loadbalancer.shared.js'

const PROTOCOLS: readonly DigitalOceanEntryProtocol[] = ['http', 'https', 'http2', 'http3', 'tcp', 'udp']

/** The error of a request about one balancer. */
export const NO_BALANCER: ErrorTable = { 404: LoadBalancerDoesNotExistError }

/** What only DigitalOcean tells of a member: it is a droplet. */
export interface DigitalOceanMemberExtra {
  readonly name: string
  readonly publicIps: readonly string[]
  readonly privateIps: readonly string[]
}
/** What `createBalancer` takes. The region must be given, here or to the driver, but for a global balancer. */
export interface DigitalOceanCreateBalancerOptions extends CreateBalancerOptions, DigitalOceanBalancerSettings {
  /** Slug. @defaultValue the driver's region */
  ex_region?: string | undefined
  /** What droplets speak. @defaultValue http behind a certificate or http3, else what the balancer speaks */
  ex_targetProtocol?: DigitalOceanTargetProtocol | undefined
  /** The certificate that the balancer shows for https, http2 and http3. */
  ex_certificate?: Ref | undefined
  /** Leaves encryption to the droplets. */
  ex_tlsPassthrough?: boolean | undefined
  /** @defaultValue the region's default VPC */
  ex_vpc?: Ref | undefined
  /** An internal balancer has no public address. @defaultValue 'EXTERNAL' */
  ex_network?: 'EXTERNAL' | 'INTERNAL' | undefined
  /** @defaultValue 'IPV4' */
  ex_networkStack?: 'IPV4' | 'DUALSTACK' | undefined
  /** @defaultValue 'REGIONAL' */
  ex_type?: DigitalOceanBalancerType | undefined
}
/** What `updateBalancer` takes. `port` and `protocol` are those of the first forwarding rule. */
export interface DigitalOceanUpdateBalancerOptions extends UpdateBalancerOptions, DigitalOceanBalancerSettings {
  /** The members from now on, in place of those that it has and of its tag. */
  ex_nodes?: readonly Ref[] | undefined
}

/**
 * Balancers. Members are droplets, known by their ids; one known by its address alone is looked up among all droplets,
 * page by page. A member's port is where the first forwarding rule leads to: members cannot have ports of their own.
 */
export abstract class DigitalOceanLBBase extends LoadBalancerDriver {
  /** The algorithm can be chosen no more. */
  readonly algorithms: readonly Algorithm[] = [Algorithm.ROUND_ROBIN]
  declare readonly connection: DigitalOceanConnection

  /** Nothing is asked.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/loadBalancers_create */
  listProtocols(options?: CallOptions): Pager<string> {
    return onePage(async () => PROTOCOLS, options)
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/loadBalancers_list */
  listBalancers(options?: CallOptions): Pager<LoadBalancer<DigitalOceanBalancerExtra>> {
    const map = (raw: RawBalancer): LoadBalancer<DigitalOceanBalancerExtra> => toBalancer(this, raw)
    const keep = (raw: RawBalancer): boolean => this.region === undefined || raw.region?.slug === this.region
    return this.connection.list({ path: '/v2/load_balancers', member: 'load_balancers', map, keep }, options)
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/loadBalancers_get */
  async getBalancer(balancerId: string, options?: CallOptions): Promise<LoadBalancer<DigitalOceanBalancerExtra>> {
    return toBalancer(this, await getRaw(this, balancerId, options))
  }

  /**
   * Members have all the same port, to which the balancer's port leads.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/loadBalancers_create
   */
  async createBalancer(
    balancer: DigitalOceanCreateBalancerOptions,
    options?: CallOptions,
  ): Promise<Owned<LoadBalancer<DigitalOceanBalancerExtra>>> {
    checkAlgorithm(this, balancer.algorithm, 'balancer', options)
    const rules = balancer.ex_forwardingRules ?? [firstRule(this, balancer, options)]
    const region = balancer.ex_region ?? this.region
    if (region === undefined && balancer.ex_type !== 'GLOBAL') {
      throw refused(this, 'balancer.ex_region', "a region's slug: the driver has no region", options)
    }
    const json = {
      ...toRawSettings({ ...balancer, ex_forwardingRules: rules }),
      name: balancer.name,
      region,
      vpc_uuid: balancer.ex_vpc?.id,
      network: balancer.ex_network,
      network_stack: balancer.ex_networkStack,
      type: balancer.ex_type,
      droplet_ids: balancer.ex_tag === undefined ? await nodeIdsOf(this, balancer.members ?? [], options) : undefined,
    }
    const map = (raw: RawBalancer): LoadBalancer<DigitalOceanBalancerExtra> => toBalancer(this, raw)
    const spec = { method: 'POST', path: '/v2/load_balancers', json, member: 'load_balancer', map } as const
    const made = await this.connection.one(spec, options)
    return owned(made, () => this.destroyBalancer(made))
  }

  /**
   * DigitalOcean drops what is not written again: so the balancer is read first, and a change that another makes in
   * between is lost.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/loadBalancers_update
   */
  async updateBalancer(
    balancer: Ref,
    changes: DigitalOceanUpdateBalancerOptions,
    options?: CallOptions,
  ): Promise<LoadBalancer<DigitalOceanBalancerExtra>> {
    checkAlgorithm(this, changes.algorithm, 'changes', options)
    if (changes.protocol !== undefined) protocolOf(this, changes.protocol, 'changes.protocol', options)
    const json = toRawUpdate(await getRaw(this, balancer.id, options), changes)
    const map = (changed: RawBalancer): LoadBalancer<DigitalOceanBalancerExtra> => toBalancer(this, changed)
    const spec = { method: 'PUT', path: path`/v2/load_balancers/${balancer.id}`, json, errors: NO_BALANCER } as const
    return this.connection.one({ ...spec, member: 'load_balancer', map }, options)
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/loadBalancers_delete */
  async destroyBalancer(balancer: Ref, options?: CallOptions): Promise<void> {
    const at = path`/v2/load_balancers/${balancer.id}`
    await this.connection.request({ method: 'DELETE', path: at, errors: NO_BALANCER, read: readNothing }, options)
  }

  /** A member's address is its droplet's first public one, or else its first private one.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/loadBalancers_get */
  balancerListMembers(balancer: Ref, options?: CallOptions): Pager<Member<DigitalOceanMemberExtra>> {
    let raw: RawBalancer | undefined
    return pager(async token => {
      if (token === undefined || raw === undefined) raw = await getRaw(this, balancer.id, options)
      const ids = new Set(raw.droplet_ids)
      if (ids.size === 0) return { items: [] }
      const port = raw.forwarding_rules?.[0]?.target_port ?? raw.glb_settings?.target_port ?? 0
      const map = (droplet: RawDroplet): Member<DigitalOceanMemberExtra> => toMember(this, droplet, port, balancer)
      const keep = (droplet: RawDroplet): boolean => ids.has(droplet.id)
      return this.connection.page({ path: '/v2/droplets', member: 'droplets', map, keep }, token, options)
    }, options)
  }

  /**
   * The member is the droplet of `member.id`, or else the one that has the address. Its port is not sent.
   * @throws InvalidRequestError when no droplet has the address, or the balancer finds its droplets by a tag.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/loadBalancers_add_droplets
   */
  async balancerAttachMember(balancer: Ref, member: MemberAddress, options?: CallOptions): Promise<Member> {
    const [id] = await nodeIdsOf(this, [member], options)
    await changeMembers(this, 'POST', balancer, [id as number], options)
    return new Member(this, { id: String(id), ip: member.ip, port: member.port, balancer, extra: {} })
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/loadBalancers_remove_droplets */
  async balancerDetachMember(balancer: Ref, member: MemberRef, options?: CallOptions): Promise<void> {
    const ids = await nodeIdsOf(this, ['id' in member ? { id: member.id, ip: '' } : member], options)
    await changeMembers(this, 'DELETE', balancer, ids, options)
  }
}

async function getRaw(
  { connection }: DigitalOceanLBBase,
  balancerId: string,
  options: CallOptions | undefined,
): Promise<RawBalancer> {
  const map = (raw: RawBalancer): RawBalancer => raw
  const at = path`/v2/load_balancers/${balancerId}`
  return connection.one({ path: at, errors: NO_BALANCER, member: 'load_balancer', map }, options)
}

/** Adds droplets to a balancer, or takes them away. */
export async function changeMembers(
  { connection }: DigitalOceanLBBase,
  method: 'POST' | 'DELETE',
  balancer: Ref,
  ids: readonly number[],
  options: CallOptions | undefined,
): Promise<void> {
  const at = path`/v2/load_balancers/${balancer.id}/droplets`
  const json = { droplet_ids: ids }
  await connection.request({ method, path: at, json, errors: NO_BALANCER, read: readNothing }, options)
}

/** Droplets that are known by their addresses alone are looked up in one list, which is read as far as needed. */
async function nodeIdsOf(
  driver: DigitalOceanLBBase,
  members: readonly Pick<MemberAddress, 'id' | 'ip'>[],
  options: CallOptions | undefined,
): Promise<number[]> {
  const wanted = new Set(members.filter(member => member.id === undefined).map(member => member.ip))
  const found = new Map<string, number>()
  if (wanted.size > 0) {
    const map = (droplet: RawDroplet): RawDroplet => droplet
    const droplets = driver.connection.list({ path: '/v2/droplets', member: 'droplets', map }, options)
    for await (const droplet of droplets) {
      for (const ip of addressesOf(droplet)) if (wanted.delete(ip)) found.set(ip, droplet.id)
      if (wanted.size === 0) break
    }
  }
  if (wanted.size > 0) throw refused(driver, 'member.ip', 'the address of a droplet', options)
  return members.map(({ id, ip }) => (id === undefined ? (found.get(ip) as number) : toNumber(id, 'member.id')))
}

function addressesOf(droplet: RawDroplet, type?: 'public' | 'private'): string[] {
  const all = [...(droplet.networks.v4 ?? []), ...(droplet.networks.v6 ?? [])]
  return all.filter(each => type === undefined || each.type === type).map(each => each.ip_address)
}

function toMember(
  driver: DigitalOceanLBBase,
  droplet: RawDroplet,
  port: number,
  balancer: Ref,
): Member<DigitalOceanMemberExtra> {
  const publicIps = addressesOf(droplet, 'public')
  const privateIps = addressesOf(droplet, 'private')
  const ip = publicIps[0] ?? privateIps[0] ?? ''
  const extra = { name: droplet.name, publicIps, privateIps }
  return new Member(driver, { id: String(droplet.id), ip, port, balancer, extra })
}

function firstRule(
  driver: DigitalOceanLBBase,
  balancer: DigitalOceanCreateBalancerOptions,
  options: CallOptions | undefined,
): DigitalOceanForwardingRule {
  const { port, members = [], ex_certificate: certificate, ex_tlsPassthrough: tlsPassthrough } = balancer
  const targetPort = members[0]?.port ?? port
  if (members.some(member => member.port !== targetPort)) {
    throw refused(driver, 'balancer.members', 'members that all have the same port', options)
  }
  const entryProtocol = protocolOf(driver, balancer.protocol ?? 'http', 'balancer.protocol', options)
  const same = entryProtocol === 'http3' || certificate !== undefined ? 'http' : entryProtocol
  const targetProtocol = balancer.ex_targetProtocol ?? same
  return { entryProtocol, entryPort: port, targetProtocol, targetPort, certificateId: certificate?.id, tlsPassthrough }
}

/** A changed balancer in the form in which it is written: what is not written again is lost. */
function toRawUpdate(raw: RawBalancer, changes: DigitalOceanUpdateBalancerOptions): object {
  const { id, ip, ipv6, status, created_at, algorithm, region, ...written } = raw
  const settings = Object.entries(toRawSettings(changes)).filter(([, value]) => value !== undefined)
  const forwarding_rules = changedRules(raw.forwarding_rules ?? [], changes)
  const merged: RawSettings = { ...written, forwarding_rules, ...Object.fromEntries(settings) }
  const { tag, droplet_ids, size, size_unit, ...others } = merged
  const nodes = changes.ex_nodes && toRawNodeIds(changes.ex_nodes)
  return {
    ...others,
    name: changes.name ?? raw.name,
    region: region?.slug,
    // Only one of each two may be written.
    ...(tag && !nodes ? { tag } : { droplet_ids: nodes ?? droplet_ids ?? [] }),
    ...(size_unit !== undefined && changes.ex_size === undefined ? { size_unit } : { size }),
  }
}

/** The rules with another port or protocol of the first one, where these change. */
function changedRules(
  rules: readonly RawForwardingRule[],
  { port, protocol }: UpdateBalancerOptions,
): readonly RawForwardingRule[] {
  const [first, ...rest] = rules
  if (first === undefined) return rules
  const changed = {
    ...first,
    entry_port: port ?? first.entry_port,
    entry_protocol: (protocol as DigitalOceanEntryProtocol | undefined) ?? first.entry_protocol,
  }
  // Droplets that speak what the balancer speaks go on to do so.
  const follows = first.entry_protocol === first.target_protocol && changed.entry_protocol !== 'http3'
  return [
    follows ? { ...changed, target_protocol: changed.entry_protocol as DigitalOceanTargetProtocol } : changed,
    ...rest,
  ]
}

function protocolOf(
  driver: DigitalOceanLBBase,
  protocol: string,
  argument: string,
  options: CallOptions | undefined,
): DigitalOceanEntryProtocol {
  const known = PROTOCOLS.find(each => each === protocol)
  if (known === undefined) throw refused(driver, argument, `one of ${PROTOCOLS.join(', ')}`, options)
  return known
}

function checkAlgorithm(
  driver: DigitalOceanLBBase,
  algorithm: Algorithm | undefined,
  of: 'balancer' | 'changes',
  options: CallOptions | undefined,
): void {
  if (algorithm === undefined || driver.algorithms.includes(algorithm)) return
  throw refused(driver, `${of}.algorithm`, `absent, or '${driver.algorithms.join("', '")}'`, options)
}

function refused(
  { provider }: DigitalOceanLBBase,
  argument: string,
  allowed: string,
  options: CallOptions | undefined,
): InvalidRequestError {
  const operation = operationOf(options)
  const details = { provider, operation, argument, allowed }
  return new InvalidRequestError(`${operation}: '${argument}' must be ${allowed}`, details)
}
