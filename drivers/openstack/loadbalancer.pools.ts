import { readNothing } from '../../lib/http/message.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { OctaviaListeners } from './loadbalancer.listeners.js'
import {
  changing,
  createThing,
  deleteThing,
  getThing,
  KINDS,
  listThings,
  membersOf,
  type OctaviaChangeOptions,
  toRaw,
  updateThing,
} from './loadbalancer.shared.js'
import type {
  OctaviaMemberSettings,
  OctaviaNewMember,
  OctaviaNewPool,
  OctaviaPool,
  OctaviaPoolMember,
  OctaviaPoolSettings,
} from './loadbalancer.types.js'

/** Pools and their members. */
export abstract class OctaviaPools extends OctaviaListeners {
  /**
   * All pools, or those of one balancer.
   * @example for await (const { id, algorithm } of driver.ex_listPools(balancer)) console.log(id, algorithm)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#list-pools
   */
  ex_listPools(balancer: Ref | undefined, options?: CallOptions): Pager<OctaviaPool> {
    return listThings(this, KINDS.pool, options, { loadbalancer_id: balancer?.id })
  }

  /**
   * One pool.
   * @example const pool = await driver.ex_getPool(poolId)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#show-pool-details
   * @throws NotFoundError
   */
  ex_getPool(poolId: string, options?: CallOptions): Promise<OctaviaPool> {
    return getThing(this, KINDS.pool, poolId, options)
  }

  /**
   * Makes a pool for a balancer, or for one of its listeners where `listenerId` is given.
   * @example await driver.ex_createPool(balancer, { protocol: 'HTTP', algorithm: 'LEAST_CONNECTIONS' })
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#create-pool
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  async ex_createPool(
    balancer: Ref,
    pool: OctaviaNewPool,
    options?: OctaviaChangeOptions,
  ): Promise<Owned<OctaviaPool>> {
    // One of the two says where it belongs.
    const settings = pool.listenerId === undefined ? { ...pool, loadbalancerId: balancer.id } : pool
    const made = await changing(this, balancer, options, () =>
      createThing<OctaviaPool>(this, KINDS.pool, settings, options),
    )
    return owned(made, () => this.ex_deletePool(made, { ex_wait: true }))
  }

  /**
   * Changes a pool; what is absent stays.
   * @example await driver.ex_updatePool(pool, { name: 'other' })
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#update-a-pool
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  ex_updatePool(pool: Ref, changes: OctaviaPoolSettings, options?: OctaviaChangeOptions): Promise<OctaviaPool> {
    return changing(
      this,
      () => this.#balancerOf(pool, options),
      options,
      () => updateThing(this, KINDS.pool, pool, changes, options),
    )
  }

  /**
   * Deletes a pool.
   * @example await driver.ex_deletePool(pool)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#remove-a-pool
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  ex_deletePool(pool: Ref, options?: OctaviaChangeOptions): Promise<void> {
    return changing(
      this,
      () => this.#balancerOf(pool, options),
      options,
      () => deleteThing(this, KINDS.pool, pool, options),
    )
  }

  /**
   * A pool's members.
   * @example for await (const { address, weight } of driver.ex_listMembers(pool)) console.log(address, weight)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#list-members
   * @throws NotFoundError
   */
  ex_listMembers(pool: Ref, options?: CallOptions): Pager<OctaviaPoolMember> {
    return listThings(this, membersOf(pool), options)
  }

  /**
   * One member of a pool.
   * @example const { operatingStatus } = await driver.ex_getMember(pool, memberId)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#show-member-details
   * @throws NotFoundError
   */
  ex_getMember(pool: Ref, memberId: string, options?: CallOptions): Promise<OctaviaPoolMember> {
    return getThing(this, membersOf(pool), memberId, options)
  }

  /**
   * Adds a member to a pool.
   * @example await driver.ex_createMember(pool, { address: '192.0.2.10', protocolPort: 80, weight: 10 })
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#create-member
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  async ex_createMember(
    pool: Ref,
    member: OctaviaNewMember,
    options?: OctaviaChangeOptions,
  ): Promise<Owned<OctaviaPoolMember>> {
    const made = await changing(
      this,
      () => this.#balancerOf(pool, options),
      options,
      () => createThing<OctaviaPoolMember>(this, membersOf(pool), member, options),
    )
    return owned(made, () => this.ex_deleteMember(pool, made, { ex_wait: true }))
  }

  /**
   * Changes a member; what is absent stays.
   * @example await driver.ex_updateMember(pool, member, { weight: 0 })
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#update-a-member
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  ex_updateMember(
    pool: Ref,
    member: Ref,
    changes: OctaviaMemberSettings,
    options?: OctaviaChangeOptions,
  ): Promise<OctaviaPoolMember> {
    return changing(
      this,
      () => this.#balancerOf(pool, options),
      options,
      () => updateThing(this, membersOf(pool), member, changes, options),
    )
  }

  /**
   * Takes a member away from a pool.
   * @example await driver.ex_deleteMember(pool, member)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#remove-a-member
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  ex_deleteMember(pool: Ref, member: Ref, options?: OctaviaChangeOptions): Promise<void> {
    return changing(
      this,
      () => this.#balancerOf(pool, options),
      options,
      () => deleteThing(this, membersOf(pool), member, options),
    )
  }

  /**
   * Gives a pool these members in place of those that it has, in one change; with `ex_additive`, beside them.
   * @example await driver.ex_replaceMembers(pool, [{ address: '192.0.2.10', protocolPort: 80 }])
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#batch-update-members
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  async ex_replaceMembers(
    pool: Ref,
    members: readonly OctaviaNewMember[],
    options?: OctaviaChangeOptions & { ex_additive?: boolean | undefined },
  ): Promise<void> {
    const spec = {
      method: 'PUT',
      path: membersOf(pool).path,
      query: { additive_only: options?.ex_additive },
      json: { members: members.map(toRaw) },
      read: readNothing,
    } as const
    await changing(
      this,
      () => this.#balancerOf(pool, options),
      options,
      () => this.connection.request(spec, options),
    )
  }

  async #balancerOf({ id }: Ref, options: CallOptions | undefined): Promise<Ref | undefined> {
    const { balancerIds } = await getThing<OctaviaPool>(this, KINDS.pool, id, options)
    return balancerIds[0] === undefined ? undefined : { id: balancerIds[0] }
  }
}
