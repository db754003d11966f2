import { NotFoundError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { LoadBalancerDriver } from '../../lib/loadbalancer/driver.js'
import {
  Algorithm,
  type CreateBalancerOptions,
  type LoadBalancer,
  type Member,
  type MemberAddress,
  type MemberRef,
  type UpdateBalancerOptions,
} from '../../lib/loadbalancer/types.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager, pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { asIs, copyOf, extraOf, toBalancer, toMember, toNewMember, toSettings } from './loadbalancer.mapping.js'
import {
  changing,
  createThing,
  deleteThing,
  ending,
  getThing,
  KINDS,
  listThings,
  membersOf,
  NO_BALANCER,
  type OctaviaChangeOptions,
  type OctaviaConnection,
  refused,
  toRaw,
  updateThing,
  waitUntilActive,
} from './loadbalancer.shared.js'
import type {
  OctaviaAlgorithm,
  OctaviaBalancerExtra,
  OctaviaBalancerSettings,
  OctaviaListener,
  OctaviaListenerSettings,
  OctaviaMemberExtra,
  OctaviaMemberSettings,
  OctaviaNewHealthMonitor,
  OctaviaPool,
  OctaviaPoolMember,
  OctaviaPoolProtocol,
  OctaviaPoolSettings,
} from './loadbalancer.types.js'

/** What a balancer speaks, and what its members do then. */
const PROTOCOLS: Readonly<Record<string, OctaviaPoolProtocol>> = {
  http: 'HTTP',
  https: 'HTTPS',
  tcp: 'TCP',
  udp: 'UDP',
  sctp: 'SCTP',
  terminated_https: 'HTTP',
}
const ALGORITHMS: Readonly<Partial<Record<Algorithm, OctaviaAlgorithm>>> = {
  [Algorithm.ROUND_ROBIN]: 'ROUND_ROBIN',
  [Algorithm.LEAST_CONNECTIONS]: 'LEAST_CONNECTIONS',
  [Algorithm.PERSISTENT_IP]: 'SOURCE_IP',
}

/** What Octavia's `createBalancer` takes. One of `ex_vipSubnet`, `ex_vipNetwork` and `ex_vipPort` must be given. */
export interface OctaviaCreateBalancerOptions extends CreateBalancerOptions, OctaviaBalancerSettings {
  /** Where its address is taken from. */
  ex_vipSubnet?: Ref | undefined
  ex_vipNetwork?: Ref | undefined
  ex_vipPort?: Ref | undefined
  /** @defaultValue any of the subnet or network */
  ex_vipAddress?: string | undefined
  /** @defaultValue the cloud's: `amphora` for most */
  ex_provider?: string | undefined
  ex_flavor?: Ref | undefined
  ex_availabilityZone?: string | undefined
  /** More about its listener, such as certificates: see `ex_createListener`. */
  ex_listener?: OctaviaListenerSettings | undefined
  /** More about its pool, such as session persistence, and what it speaks to members. */
  ex_pool?: (OctaviaPoolSettings & { readonly protocol?: OctaviaPoolProtocol | undefined }) | undefined
  /** How its members are found to be well. @defaultValue nobody looks */
  ex_healthMonitor?: OctaviaNewHealthMonitor | undefined
  /** How its members are reached. @defaultValue through the network of the balancer's address */
  ex_memberSubnet?: Ref | undefined
}
/** What Octavia's `updateBalancer` takes. */
export interface OctaviaUpdateBalancerOptions extends UpdateBalancerOptions, OctaviaBalancerSettings {}
/** What Octavia's `balancerAttachMember` takes. */
export interface OctaviaMemberAddress extends MemberAddress, OctaviaMemberExtensions {}
/** What only Octavia can be told of a new member. */
export interface OctaviaMemberExtensions {
  /** @defaultValue the pool of the balancer's first listener */
  ex_pool?: Ref | undefined
  ex_subnet?: Ref | undefined
  ex_settings?: OctaviaMemberSettings | undefined
}
/** What Octavia's `destroyBalancer` takes. */
export interface OctaviaDestroyOptions extends OctaviaChangeOptions {
  /** Also destroys its listeners, pools and all that is theirs. Without, Octavia refuses while there are any. @defaultValue true */
  ex_cascade?: boolean | undefined
}

/**
 * Balancers, each with one listener and its pool: the base methods' `port`, `protocol`, `algorithm` and members are theirs.
 * Those of a balancer with several are reached by the methods for listeners and pools.
 */
export abstract class OctaviaBalancers extends LoadBalancerDriver {
  readonly algorithms: readonly Algorithm[] = Object.keys(ALGORITHMS) as Algorithm[]
  declare readonly connection: OctaviaConnection

  /** Nothing is asked.
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#create-listener */
  listProtocols(options?: CallOptions): Pager<string> {
    return onePage(async () => Object.keys(PROTOCOLS), options)
  }

  /** All listeners are listed with the first balancer that has some: only they know the ports.
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#list-load-balancers */
  listBalancers(
    options?: CallOptions & { ex_pageSize?: number | undefined },
  ): Pager<LoadBalancer<OctaviaBalancerExtra>> {
    let listeners: Promise<Map<string, OctaviaListener>> | undefined
    const fetch = async (): Promise<Map<string, OctaviaListener>> => {
      const found = new Map<string, OctaviaListener>()
      for await (const each of listThings<OctaviaListener>(this, KINDS.listener, options)) found.set(each.id, each)
      return found
    }
    const { path: at, many } = KINDS.balancer
    const list = { path: at, member: many, limit: options?.ex_pageSize, map: asIs }
    return pager(async marker => {
      const page = await this.connection.page(list, marker, options)
      const needed = page.items.some(raw => extraOf(raw).listenerIds.length > 0)
      if (needed) listeners ??= fetch()
      const known = await listeners
      return { ...page, items: page.items.map(raw => toBalancer(this, raw, known)) }
    }, options)
  }

  /** @see https://docs.openstack.org/api-ref/load-balancer/v2/#show-load-balancer-details */
  async getBalancer(balancerId: string, options?: CallOptions): Promise<LoadBalancer<OctaviaBalancerExtra>> {
    const raw = await this.#read(balancerId, options)
    const listeners = extraOf(raw).listenerIds.length > 0 ? await this.#listeners({ id: balancerId }, options) : []
    return toBalancer(this, raw, new Map(listeners.map(each => [each.id, each])))
  }

  /**
   * With its listener, pool and members in one request: all are made, or none. It is PENDING until it runs.
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#creating-a-fully-populated-load-balancer
   */
  async createBalancer(
    balancer: OctaviaCreateBalancerOptions,
    options?: OctaviaChangeOptions,
  ): Promise<Owned<LoadBalancer<OctaviaBalancerExtra>>> {
    const { name, port, protocol = 'http', members = [] } = balancer
    if (!balancer.ex_vipSubnet && !balancer.ex_vipNetwork && !balancer.ex_vipPort)
      throw refused(this, 'balancer.ex_vipSubnet', 'given, or else ex_vipNetwork or ex_vipPort', options)
    const poolProtocol = this.#poolProtocol('balancer.protocol', protocol, options)
    const pool = {
      name,
      protocol: poolProtocol,
      algorithm: this.#algorithm('balancer.algorithm', balancer.algorithm ?? Algorithm.ROUND_ROBIN, options),
      ...balancer.ex_pool,
    }
    const listener = { name, protocol: protocol.toUpperCase(), protocolPort: port, ...balancer.ex_listener }
    const monitor = balancer.ex_healthMonitor
    const settings = {
      ...toSettings(balancer),
      name,
      vipSubnetId: balancer.ex_vipSubnet?.id,
      vipNetworkId: balancer.ex_vipNetwork?.id,
      vipPortId: balancer.ex_vipPort?.id,
      vipAddress: balancer.ex_vipAddress,
      provider: balancer.ex_provider,
      flavorId: balancer.ex_flavor?.id,
      availabilityZone: balancer.ex_availabilityZone,
      listeners: [
        {
          ...toRaw(listener),
          default_pool: {
            ...toRaw(pool),
            members: members.map(each => toRaw(toNewMember(each, balancer.ex_memberSubnet))),
            ...(monitor === undefined ? {} : { healthmonitor: toRaw(monitor) }),
          },
        },
      ],
    }
    // Not through the table of names: these are whole things, and not their ids.
    const { listeners, ...plain } = settings
    const json = { loadbalancer: { ...toRaw(plain), listeners } }
    const spec = {
      method: 'POST',
      path: KINDS.balancer.path,
      json,
      member: 'loadbalancer',
      map: (raw: object) => raw,
    } as const
    const raw = await this.connection.one(spec, options)
    const { id } = raw as Ref
    const destroy = (): Promise<void> => this.destroyBalancer({ id }, { ex_wait: true })
    const made = toBalancer(this, raw, new Map())
    if (!options?.ex_wait) return owned(made, destroy)
    try {
      await waitUntilActive(
        this,
        made,
        typeof options.ex_wait === 'object' ? { ...options, ...options.ex_wait } : options,
      )
      return owned(await this.getBalancer(id, options), destroy)
    } catch (error) {
      await destroy().catch(() => {})
      throw error
    }
  }

  /**
   * The algorithm is that of the first listener's pool. A listener keeps its port and protocol for ever: for others, a new
   * one takes its place, the old one goes, and the call waits in between, whether or not `ex_wait` is given.
   * @throws InvalidRequestError when the old listener has L7 policies, which would go with it.
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#update-a-load-balancer
   */
  async updateBalancer(
    balancer: Ref,
    changes: OctaviaUpdateBalancerOptions,
    options?: OctaviaChangeOptions,
  ): Promise<LoadBalancer<OctaviaBalancerExtra>> {
    const { name, port, protocol, algorithm } = changes
    if (protocol !== undefined) this.#poolProtocol('changes.protocol', protocol, options)
    const wanted = algorithm && this.#algorithm('changes.algorithm', algorithm, options)
    const settings = { ...toSettings(changes), name }
    const hasOwn = Object.values(settings).some(value => value !== undefined)
    const needsListener = port !== undefined || protocol !== undefined || wanted !== undefined
    if (hasOwn || !needsListener)
      await changing(this, balancer, options, () =>
        updateThing(this, KINDS.balancer, balancer, settings, options, asIs, NO_BALANCER),
      )
    if (needsListener) {
      const waiting = { ...options, ex_wait: options?.ex_wait || true }
      const after = hasOwn || port !== undefined || protocol !== undefined ? waiting : options
      const [listener] = await this.#listeners(balancer, options)
      if (listener === undefined) throw refused(this, 'balancer', 'one that has a listener', options)
      if (wanted !== undefined) await this.#changeAlgorithm(balancer, listener, wanted, after)
      if (port !== undefined || protocol !== undefined)
        await this.#replaceListener(balancer, listener, { port, protocol }, waiting)
    }
    return this.getBalancer(balancer.id, options)
  }

  async #changeAlgorithm(
    balancer: Ref,
    listener: OctaviaListener,
    algorithm: OctaviaAlgorithm,
    options: OctaviaChangeOptions | undefined,
  ): Promise<void> {
    const id = listener.defaultPoolId
    if (id === undefined) throw refused(this, 'balancer', 'one whose first listener has a pool', options)
    await changing(this, balancer, options, () =>
      updateThing<OctaviaPool>(this, KINDS.pool, { id }, { algorithm }, options),
    )
  }

  async #replaceListener(
    balancer: Ref,
    old: OctaviaListener,
    { port, protocol }: UpdateBalancerOptions,
    options: OctaviaChangeOptions,
  ): Promise<void> {
    const next = protocol?.toUpperCase() ?? old.protocol
    const protocolPort = port ?? old.protocolPort
    if (protocolPort === old.protocolPort && next === old.protocol) return
    if (old.l7PolicyIds.length > 0)
      throw refused(this, 'changes.port', 'as it is: the listener has L7 policies, which would be lost', options)
    const make = (): Promise<OctaviaListener> =>
      createThing(
        this,
        KINDS.listener,
        { ...copyOf(old), loadbalancerId: balancer.id, protocol: next, protocolPort },
        options,
      )
    const remove = (id: string): Promise<void> =>
      changing(this, balancer, options, () => deleteThing(this, KINDS.listener, { id }, options))
    // Two listeners may have the same port only if they do not speak the same: then the old one goes first.
    if (protocolPort === old.protocolPort) {
      await remove(old.id)
      await changing(this, balancer, options, make)
      return
    }
    const made = await changing(this, balancer, options, make)
    await remove(old.id).catch(async error => {
      await remove(made.id).catch(() => {})
      throw error
    })
  }

  /** Its listeners, pools, members and monitors go with it.
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#remove-a-load-balancer */
  async destroyBalancer(balancer: Ref, options?: OctaviaDestroyOptions): Promise<void> {
    const cascade = options?.ex_cascade ?? true
    const spec = {
      method: 'DELETE',
      path: path`/lbaas/loadbalancers/${balancer.id}`,
      query: { cascade: cascade || undefined },
      errors: NO_BALANCER,
      read: readNothing,
    } as const
    await ending(this, balancer, options, async () => {
      await this.connection.request(spec, options)
    })
  }

  /** Those of the pool of the first listener; of a balancer without listeners, of its first pool.
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#list-members */
  balancerListMembers(
    balancer: Ref,
    options?: CallOptions & { ex_pageSize?: number | undefined },
  ): Pager<Member<OctaviaMemberExtra>> {
    let pool: Ref | undefined
    return pager(async marker => {
      if (marker === undefined || pool === undefined) pool = await this.#pool(balancer, options)
      if (pool === undefined) return { items: [] }
      const { id } = pool
      const { path: at, many } = membersOf(pool)
      const map = (raw: object): Member<OctaviaMemberExtra> => toMember(this, raw, id, balancer)
      return this.connection.page({ path: at, member: many, limit: options?.ex_pageSize, map }, marker, options)
    }, options)
  }

  /** @throws InvalidRequestError when the balancer has no pool.
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#create-member */
  async balancerAttachMember(
    balancer: Ref,
    member: OctaviaMemberAddress,
    options?: OctaviaChangeOptions,
  ): Promise<Member<OctaviaMemberExtra>> {
    const pool = member.ex_pool ?? (await this.#pool(balancer, options))
    if (pool === undefined) throw refused(this, 'balancer', 'one that has a pool', options)
    const settings = { ...toNewMember(member, member.ex_subnet), ...member.ex_settings }
    const map = (raw: object): Member<OctaviaMemberExtra> => toMember(this, raw, pool.id, balancer)
    return changing(this, balancer, options, () => createThing(this, membersOf(pool), settings, options, map))
  }

  /** One that is known by its address alone is looked for in the pool.
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#remove-a-member */
  async balancerDetachMember(balancer: Ref, member: MemberRef, options?: OctaviaChangeOptions): Promise<void> {
    const known = (member as { extra?: Partial<OctaviaMemberExtra> }).extra?.poolId
    const pool = known === undefined ? await this.#pool(balancer, options) : { id: known }
    const id = pool && ('id' in member ? member.id : await this.#find(pool, member, options))
    if (pool === undefined || id === undefined) {
      const { provider } = this
      const operation = operationOf(options)
      throw new NotFoundError(`${operation}: '${provider}' has no such member`, { provider, operation })
    }
    await changing(this, balancer, options, () => deleteThing(this, membersOf(pool), { id }, options))
  }

  async #find(
    pool: Ref,
    { ip, port }: { readonly ip: string; readonly port: number },
    options: CallOptions | undefined,
  ): Promise<string | undefined> {
    const query = { address: ip, protocol_port: port }
    const found = await listThings<OctaviaPoolMember>(this, membersOf(pool), options, query)
    return found.find(each => each.address === ip && each.protocolPort === port)?.id
  }

  #read(balancerId: string, options: CallOptions | undefined): Promise<object> {
    return getThing(this, KINDS.balancer, balancerId, options, asIs, NO_BALANCER)
  }

  /** A balancer's listeners; the one that was made first comes first. */
  async #listeners({ id }: Ref, options: CallOptions | undefined): Promise<OctaviaListener[]> {
    const found = await listThings<OctaviaListener>(this, KINDS.listener, options, { loadbalancer_id: id })
    return found.sort((a, b) => Number(a.createdAt ?? 0) - Number(b.createdAt ?? 0))
  }

  async #pool(balancer: Ref, options: CallOptions | undefined): Promise<Ref | undefined> {
    const { listenerIds, poolIds } = extraOf(await this.#read(balancer.id, options))
    const [only] = poolIds
    if (poolIds.length < 2 || listenerIds.length === 0) return only === undefined ? undefined : { id: only }
    const [first] = await this.#listeners(balancer, options)
    const id = first?.defaultPoolId ?? only
    return id === undefined ? undefined : { id }
  }

  #poolProtocol(argument: string, protocol: string, options: CallOptions | undefined): OctaviaPoolProtocol {
    const found = Object.hasOwn(PROTOCOLS, protocol) ? PROTOCOLS[protocol] : undefined
    if (found === undefined) throw refused(this, argument, `one of ${Object.keys(PROTOCOLS).join(', ')}`, options)
    return found
  }

  #algorithm(argument: string, algorithm: Algorithm, options: CallOptions | undefined): OctaviaAlgorithm {
    const found = ALGORITHMS[algorithm]
    if (found === undefined) throw refused(this, argument, `one of ${this.algorithms.join(', ')}`, options)
    return found
  }
}
