import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { toDate, toNumber } from './account.js'
import { DigitalOceanComputeAddresses } from './compute.addresses.js'
import { NO_NODE } from './compute.base.js'

interface RawPeer {
  readonly addresses?: readonly string[]
  readonly droplet_ids?: readonly number[]
  readonly load_balancer_uids?: readonly string[]
  readonly kubernetes_ids?: readonly string[]
  readonly tags?: readonly string[] | null
}
interface RawRule {
  readonly protocol: DigitalOceanFirewallRule['protocol']
  readonly ports: string
  readonly sources?: RawPeer
  readonly destinations?: RawPeer
}
interface RawFirewall {
  readonly id: string
  readonly name: string
  readonly status: DigitalOceanFirewall['status']
  readonly created_at: string
  readonly droplet_ids: readonly number[] | null
  readonly tags: readonly string[] | null
  readonly inbound_rules: readonly RawRule[] | null
  readonly outbound_rules: readonly RawRule[] | null
  readonly pending_changes?: readonly {
    readonly droplet_id: number
    readonly removing: boolean
    readonly status: string
  }[]
}

/** Whom a rule is about: everything that any of its members names. */
export interface DigitalOceanFirewallPeer {
  /** Addresses and networks, of IPv4 and IPv6: `'18.0.0.0/8'`, `'::/0'`. */
  readonly addresses?: readonly string[] | undefined
  readonly nodeIds?: readonly string[] | undefined
  readonly balancerIds?: readonly string[] | undefined
  readonly kubernetesIds?: readonly string[] | undefined
  /** Droplets that have any of these tags. */
  readonly tags?: readonly string[] | undefined
}
/** Traffic that is allowed; all other is not. */
export interface DigitalOceanFirewallRule {
  readonly protocol: 'tcp' | 'udp' | 'icmp'
  /** One port, a range such as `'8000-9000'`, or `'0'` for all; always `'0'` for ICMP. */
  readonly ports: string
  /** Where inbound traffic comes from, or outbound traffic goes to. */
  readonly peer: DigitalOceanFirewallPeer
}
/** Rules in both directions. */
export interface DigitalOceanFirewallRules {
  inboundRules?: readonly DigitalOceanFirewallRule[] | undefined
  outboundRules?: readonly DigitalOceanFirewallRule[] | undefined
}
/** Rules, and the droplets that they hold for. */
export interface DigitalOceanFirewall {
  readonly id: string
  readonly name: string
  /** `'waiting'` until all droplets obey it. */
  readonly status: 'waiting' | 'succeeded' | 'failed'
  readonly createdAt: Date | undefined
  readonly nodeIds: readonly string[]
  readonly tags: readonly string[]
  readonly inboundRules: readonly DigitalOceanFirewallRule[]
  readonly outboundRules: readonly DigitalOceanFirewallRule[]
  /** Droplets that do not obey it yet, or still do. */
  readonly pendingChanges: readonly { readonly nodeId: string; readonly removing: boolean; readonly status: string }[]
}
/** What a firewall is made of: one rule at least. */
export interface DigitalOceanFirewallOptions extends DigitalOceanFirewallRules {
  name: string
  nodes?: readonly Ref[] | undefined
  /** Holds for all droplets that have any of these tags, also for those that get one later. */
  tags?: readonly string[] | undefined
}

/** Firewalls. */
export abstract class DigitalOceanComputeFirewalls extends DigitalOceanComputeAddresses {
  /**
   * All firewalls.
   *
   * @example
   * ```ts
   * const firewalls = await driver.ex_listFirewalls()
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/firewalls_list
   */
  ex_listFirewalls(options?: CallOptions): Pager<DigitalOceanFirewall> {
    return this.connection.list({ path: '/v2/firewalls', member: 'firewalls', map: toFirewall }, options)
  }

  /**
   * The firewalls that hold for a droplet.
   *
   * @example
   * ```ts
   * const firewalls = await driver.ex_listNodeFirewalls(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_list_firewalls
   */
  ex_listNodeFirewalls(node: Ref, options?: CallOptions): Pager<DigitalOceanFirewall> {
    const at = path`/v2/droplets/${node.id}/firewalls`
    return this.connection.list({ path: at, errors: NO_NODE, member: 'firewalls', map: toFirewall }, options)
  }

  /**
   * One firewall.
   *
   * @example
   * ```ts
   * const { status } = await driver.ex_getFirewall('bb4b2611-3d72-467b-8602-280330ecd65c')
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/firewalls_get
   */
  async ex_getFirewall(firewallId: string, options?: CallOptions): Promise<DigitalOceanFirewall> {
    const at = path`/v2/firewalls/${firewallId}`
    return this.connection.one({ path: at, member: 'firewall', map: toFirewall }, options)
  }

  /**
   * Makes a firewall.
   *
   * @example
   * ```ts
   * const all = { addresses: ['0.0.0.0/0', '::/0'] }
   * await driver.ex_createFirewall({
   *   name: 'web',
   *   tags: ['web'],
   *   inboundRules: [{ protocol: 'tcp', ports: '443', peer: all }],
   *   outboundRules: [{ protocol: 'tcp', ports: '0', peer: all }],
   * })
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/firewalls_create
   */
  async ex_createFirewall(
    firewall: DigitalOceanFirewallOptions,
    options?: CallOptions,
  ): Promise<Owned<DigitalOceanFirewall>> {
    const json = toRawFirewall(firewall)
    const spec = { method: 'POST', path: '/v2/firewalls', json, member: 'firewall', map: toFirewall } as const
    const made = await this.connection.one(spec, options)
    return owned(made, () => this.ex_deleteFirewall(made))
  }

  /**
   * Changes a firewall. What is absent stays: DigitalOcean would drop it, so that the firewall is read first, and a
   * change that another makes in between is lost.
   *
   * @example
   * ```ts
   * await driver.ex_updateFirewall(firewall, { name: 'web-2' })
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/firewalls_update
   */
  async ex_updateFirewall(
    firewall: Ref,
    changes: Partial<DigitalOceanFirewallOptions>,
    options?: CallOptions,
  ): Promise<DigitalOceanFirewall> {
    const { name, nodeIds, tags, inboundRules, outboundRules } = await this.ex_getFirewall(firewall.id, options)
    const json = toRawFirewall({
      name: changes.name ?? name,
      nodes: changes.nodes ?? nodeIds.map(id => ({ id })),
      tags: changes.tags ?? tags,
      inboundRules: changes.inboundRules ?? inboundRules,
      outboundRules: changes.outboundRules ?? outboundRules,
    })
    const at = path`/v2/firewalls/${firewall.id}`
    return this.connection.one({ method: 'PUT', path: at, json, member: 'firewall', map: toFirewall }, options)
  }

  /**
   * Deletes a firewall: its droplets are open again, as far as no other holds for them.
   *
   * @example
   * ```ts
   * await driver.ex_deleteFirewall(firewall)
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/firewalls_delete
   */
  async ex_deleteFirewall(firewall: Ref, options?: CallOptions): Promise<void> {
    const at = path`/v2/firewalls/${firewall.id}`
    await this.connection.request({ method: 'DELETE', path: at, read: readNothing }, options)
  }

  /**
   * Lets a firewall hold for more droplets.
   *
   * @example
   * ```ts
   * await driver.ex_addNodesToFirewall(firewall, [node])
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/firewalls_assign_droplets
   */
  async ex_addNodesToFirewall(firewall: Ref, nodes: readonly Ref[], options?: CallOptions): Promise<void> {
    return change(this, 'POST', firewall, 'droplets', () => toRawNodes(nodes), options)
  }

  /**
   * Lets a firewall hold for some droplets no more.
   *
   * @example
   * ```ts
   * await driver.ex_removeNodesFromFirewall(firewall, [node])
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/firewalls_delete_droplets
   */
  async ex_removeNodesFromFirewall(firewall: Ref, nodes: readonly Ref[], options?: CallOptions): Promise<void> {
    return change(this, 'DELETE', firewall, 'droplets', () => toRawNodes(nodes), options)
  }

  /**
   * Lets a firewall hold for the droplets of more tags.
   *
   * @example
   * ```ts
   * await driver.ex_addTagsToFirewall(firewall, ['frontend'])
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/firewalls_add_tags
   */
  async ex_addTagsToFirewall(firewall: Ref, tags: readonly string[], options?: CallOptions): Promise<void> {
    return change(this, 'POST', firewall, 'tags', () => ({ tags }), options)
  }

  /**
   * Lets a firewall hold for the droplets of some tags no more.
   *
   * @example
   * ```ts
   * await driver.ex_removeTagsFromFirewall(firewall, ['frontend'])
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/firewalls_delete_tags
   */
  async ex_removeTagsFromFirewall(firewall: Ref, tags: readonly string[], options?: CallOptions): Promise<void> {
    return change(this, 'DELETE', firewall, 'tags', () => ({ tags }), options)
  }

  /**
   * Adds rules to a firewall.
   *
   * @example
   * ```ts
   * const rule = { protocol: 'tcp', ports: '3306', peer: { nodeIds: ['49696269'] } } as const
   * await driver.ex_addRulesToFirewall(firewall, { inboundRules: [rule] })
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/firewalls_add_rules
   */
  async ex_addRulesToFirewall(firewall: Ref, rules: DigitalOceanFirewallRules, options?: CallOptions): Promise<void> {
    return change(this, 'POST', firewall, 'rules', () => toRawRules(rules), options)
  }

  /**
   * Takes rules from a firewall: those that are the same in all their members.
   *
   * @example
   * ```ts
   * const { inboundRules } = await driver.ex_getFirewall(firewall.id)
   * await driver.ex_removeRulesFromFirewall(firewall, { inboundRules: inboundRules.slice(1) })
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/firewalls_delete_rules
   */
  async ex_removeRulesFromFirewall(
    firewall: Ref,
    rules: DigitalOceanFirewallRules,
    options?: CallOptions,
  ): Promise<void> {
    return change(this, 'DELETE', firewall, 'rules', () => toRawRules(rules), options)
  }
}

async function change(
  { connection }: DigitalOceanComputeFirewalls,
  method: 'POST' | 'DELETE',
  firewall: Ref,
  what: 'droplets' | 'tags' | 'rules',
  json: () => object,
  options: CallOptions | undefined,
): Promise<void> {
  const at = path`/v2/firewalls/${firewall.id}/${what}`
  await connection.request({ method, path: at, json: json(), read: readNothing }, options)
}

function toRawNodes(nodes: readonly Ref[]): { readonly droplet_ids: readonly number[] } {
  return { droplet_ids: nodes.map(node => toNumber(node.id, 'nodes[].id')) }
}

function toRawRules({ inboundRules, outboundRules }: DigitalOceanFirewallRules): object {
  const rule = ({ protocol, ports }: DigitalOceanFirewallRule) => ({ protocol, ports })
  return {
    inbound_rules: inboundRules?.map(each => ({ ...rule(each), sources: toRawPeer(each.peer) })),
    outbound_rules: outboundRules?.map(each => ({ ...rule(each), destinations: toRawPeer(each.peer) })),
  }
}

function toRawPeer(peer: DigitalOceanFirewallPeer): object {
  return {
    addresses: peer.addresses,
    droplet_ids: peer.nodeIds?.map(id => toNumber(id, 'peer.nodeIds[]')),
    load_balancer_uids: peer.balancerIds,
    kubernetes_ids: peer.kubernetesIds,
    tags: peer.tags,
  }
}

function toRawFirewall({ name, nodes, tags, ...rules }: DigitalOceanFirewallOptions): object {
  return { name, ...toRawRules(rules), ...(nodes && toRawNodes(nodes)), tags }
}

function toPeer(raw: RawPeer = {}): DigitalOceanFirewallPeer {
  return {
    addresses: raw.addresses,
    nodeIds: raw.droplet_ids?.map(String),
    balancerIds: raw.load_balancer_uids,
    kubernetesIds: raw.kubernetes_ids,
    tags: raw.tags ?? undefined,
  }
}

function toFirewall(raw: RawFirewall): DigitalOceanFirewall {
  const rule = ({ protocol, ports, sources, destinations }: RawRule): DigitalOceanFirewallRule => ({
    protocol,
    ports,
    peer: toPeer(sources ?? destinations),
  })
  return {
    id: raw.id,
    name: raw.name,
    status: raw.status,
    createdAt: toDate(raw.created_at),
    nodeIds: (raw.droplet_ids ?? []).map(String),
    tags: raw.tags ?? [],
    inboundRules: (raw.inbound_rules ?? []).map(rule),
    outboundRules: (raw.outbound_rules ?? []).map(rule),
    pendingChanges: (raw.pending_changes ?? []).map(({ droplet_id, removing, status }) => ({
      nodeId: String(droplet_id),
      removing,
      status,
    })),
  }
}
