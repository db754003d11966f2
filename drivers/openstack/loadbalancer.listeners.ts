import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { OctaviaBalancers } from './loadbalancer.base.js'
import {
  changing,
  createThing,
  deleteThing,
  fromRaw,
  getThing,
  KINDS,
  listThings,
  type OctaviaChangeOptions,
  updateThing,
} from './loadbalancer.shared.js'
import type {
  OctaviaListener,
  OctaviaListenerSettings,
  OctaviaNewListener,
  OctaviaStatistics,
} from './loadbalancer.types.js'

/** Listeners: the ports that a balancer has. */
export abstract class OctaviaListeners extends OctaviaBalancers {
  /**
   * All listeners, or those of one balancer.
   * @example for await (const { protocolPort } of driver.ex_listListeners(balancer)) console.log(protocolPort)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#list-listeners
   */
  ex_listListeners(balancer: Ref | undefined, options?: CallOptions): Pager<OctaviaListener> {
    return listThings(this, KINDS.listener, options, { loadbalancer_id: balancer?.id })
  }

  /**
   * One listener.
   * @example const listener = await driver.ex_getListener(listenerId)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#show-listener-details
   * @throws NotFoundError
   */
  ex_getListener(listenerId: string, options?: CallOptions): Promise<OctaviaListener> {
    return getThing(this, KINDS.listener, listenerId, options)
  }

  /**
   * Lets a balancer listen on a further port.
   * @example await driver.ex_createListener(balancer, { protocol: 'HTTP', protocolPort: 8080, defaultPoolId: pool.id })
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#create-listener
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  async ex_createListener(
    balancer: Ref,
    listener: OctaviaNewListener,
    options?: OctaviaChangeOptions,
  ): Promise<Owned<OctaviaListener>> {
    const settings = { ...listener, loadbalancerId: balancer.id }
    const made = await changing(this, balancer, options, () =>
      createThing<OctaviaListener>(this, KINDS.listener, settings, options),
    )
    return owned(made, () => this.ex_deleteListener(made, { ex_wait: true }))
  }

  /**
   * Changes a listener; what is absent stays.
   * @example await driver.ex_updateListener(listener, { name: 'other' })
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#update-a-listener
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  ex_updateListener(
    listener: Ref,
    changes: OctaviaListenerSettings,
    options?: OctaviaChangeOptions,
  ): Promise<OctaviaListener> {
    return changing(
      this,
      () => this.#balancerOf(listener, options),
      options,
      () => updateThing(this, KINDS.listener, listener, changes, options),
    )
  }

  /**
   * Deletes a listener.
   * @example await driver.ex_deleteListener(listener)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#remove-a-listener
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  ex_deleteListener(listener: Ref, options?: OctaviaChangeOptions): Promise<void> {
    return changing(
      this,
      () => this.#balancerOf(listener, options),
      options,
      () => deleteThing(this, KINDS.listener, listener, options),
    )
  }

  /**
   * What went through a listener.
   * @example const { bytesIn, bytesOut } = await driver.ex_getListenerStatistics(listener)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#get-listener-statistics
   * @throws NotFoundError
   */
  ex_getListenerStatistics(listener: Ref, options?: CallOptions): Promise<OctaviaStatistics> {
    const spec = { path: path`/lbaas/listeners/${listener.id}/stats`, member: 'stats', map: fromRaw<OctaviaStatistics> }
    return this.connection.one(spec, options)
  }

  async #balancerOf({ id }: Ref, options: CallOptions | undefined): Promise<Ref | undefined> {
    const { balancerIds } = await getThing<OctaviaListener>(this, KINDS.listener, id, options)
    return balancerIds[0] === undefined ? undefined : { id: balancerIds[0] }
  }
}
