import { NotFoundError } from '../../lib/errors.js'
import { LoadBalancerDriver } from '../../lib/loadbalancer/driver.js'
import type {
  Algorithm,
  LoadBalancer,
  Member,
  MemberAddress,
  MemberRef,
  UpdateBalancerOptions,
} from '../../lib/loadbalancer/types.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager, pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import {
  ALGORITHMS,
  algorithmOf,
  createAtOnce,
  createByParts,
  destroy,
  type OctaviaCreateBalancerOptions,
  orderOf,
  PROTOCOLS,
  poolProtocolOf,
} from './loadbalancer.create.js'
import { asIs, copyOf, extraOf, toBalancer, toMember, toNewMember, toSettings } from './loadbalancer.mapping.js'
import {
  changing,
  createThing,
  deleteThing,
  getThing,
  KINDS,
  listThings,
  membersOf,
  NO_BALANCER,
  type OctaviaChangeOptions,
  type OctaviaConnection,
  refused,
  updateThing,
  waitOf,
  waitUntilActive,
} from './loadbalancer.shared.js'
import type {
  OctaviaAlgorithm,
  OctaviaBalancerExtra,
  OctaviaBalancerSettings,
  OctaviaListener,
  OctaviaMemberExtra,
  OctaviaMemberSettings,
  OctaviaPool,
  OctaviaPoolMember,
} from './loadbalancer.types.js'

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
  readonly algorithms: readonly Algorithm[] = ALGORITHMS
  declare readonly connection: OctaviaConnection

  /** Nothing is asked.
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#create-listener */
  listProtocols(options?: CallOptions): Pager<string> {
    return onePage(async () => PROTOCOLS, options)
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
   * With its listener, a pool and its members: Octavia takes one after the other, and the call waits in between. If one of
   * them fails, the balancer is destroyed. What comes back is still PENDING, unless `ex_wait` is given.
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#create-a-load-balancer
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#creating-a-fully-populated-load-balancer
   */
  async createBalancer(
    balancer: OctaviaCreateBalancerOptions,
    options?: OctaviaChangeOptions,
  ): Promise<Owned<LoadBalancer<OctaviaBalancerExtra>>> {
    const order = orderOf(this, balancer, options)
    const raw = await (balancer.ex_inOneRequest
      ? createAtOnce(this, order, options)
      : createByParts(this, order, options))
    const { id } = raw as Ref
    const giveBack = (): Promise<void> => this.destroyBalancer({ id }, { ex_wait: true })
    try {
      if (options?.ex_wait) await waitUntilActive(this, { id }, waitOf(options))
      const isWhole = balancer.ex_inOneRequest && !options?.ex_wait
      return owned(isWhole ? toBalancer(this, raw, new Map()) : await this.getBalancer(id, options), giveBack)
    } catch (error) {
      await giveBack().catch(() => {})
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
    if (protocol !== undefined) poolProtocolOf(this, 'changes.protocol', protocol, options)
    const wanted = algorithm && algorithmOf(this, 'changes.algorithm', algorithm, options)
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
    await destroy(this, balancer, options)
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
}
