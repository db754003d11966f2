import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { OctaviaPools } from './loadbalancer.pools.js'
import {
  changing,
  createThing,
  deleteThing,
  getThing,
  KINDS,
  listThings,
  type OctaviaChangeOptions,
  updateThing,
} from './loadbalancer.shared.js'
import type {
  OctaviaHealthMonitor,
  OctaviaHealthMonitorSettings,
  OctaviaNewHealthMonitor,
  OctaviaPool,
} from './loadbalancer.types.js'

/** Health monitors. */
export abstract class OctaviaHealthMonitors extends OctaviaPools {
  /**
   * All health monitors.
   * @example for await (const { type, poolIds } of driver.ex_listHealthMonitors()) console.log(type, poolIds)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#list-health-monitors
   */
  ex_listHealthMonitors(options?: CallOptions): Pager<OctaviaHealthMonitor> {
    return listThings(this, KINDS.healthMonitor, options)
  }

  /**
   * One health monitor.
   * @example const healthMonitor = await driver.ex_getHealthMonitor(healthMonitorId)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#show-health-monitor-details
   * @throws NotFoundError
   */
  ex_getHealthMonitor(healthMonitorId: string, options?: CallOptions): Promise<OctaviaHealthMonitor> {
    return getThing(this, KINDS.healthMonitor, healthMonitorId, options)
  }

  /**
   * Lets a pool find out how its members are. A pool has one monitor at most.
   * @example await driver.ex_createHealthMonitor(pool, { type: 'HTTP', delay: 5, timeout: 3, maxRetries: 2, urlPath: '/health' })
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#create-health-monitor
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  async ex_createHealthMonitor(
    pool: Ref,
    healthMonitor: OctaviaNewHealthMonitor,
    options?: OctaviaChangeOptions,
  ): Promise<Owned<OctaviaHealthMonitor>> {
    const settings = { ...healthMonitor, poolId: pool.id }
    const made = await changing(
      this,
      () => this.#balancerOfPool(pool, options),
      options,
      () => createThing<OctaviaHealthMonitor>(this, KINDS.healthMonitor, settings, options),
    )
    return owned(made, () => this.ex_deleteHealthMonitor(made, { ex_wait: true }))
  }

  /**
   * Changes a health monitor; what is absent stays.
   * @example await driver.ex_updateHealthMonitor(healthMonitor, { name: 'other' })
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#update-a-health-monitor
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  ex_updateHealthMonitor(
    healthMonitor: Ref,
    changes: OctaviaHealthMonitorSettings,
    options?: OctaviaChangeOptions,
  ): Promise<OctaviaHealthMonitor> {
    return changing(
      this,
      () => this.#balancerOf(healthMonitor, options),
      options,
      () => updateThing(this, KINDS.healthMonitor, healthMonitor, changes, options),
    )
  }

  /**
   * Deletes a health monitor.
   * @example await driver.ex_deleteHealthMonitor(healthMonitor)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#remove-a-health-monitor
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  ex_deleteHealthMonitor(healthMonitor: Ref, options?: OctaviaChangeOptions): Promise<void> {
    return changing(
      this,
      () => this.#balancerOf(healthMonitor, options),
      options,
      () => deleteThing(this, KINDS.healthMonitor, healthMonitor, options),
    )
  }

  async #balancerOf({ id }: Ref, options: CallOptions | undefined): Promise<Ref | undefined> {
    const { poolIds } = await getThing<OctaviaHealthMonitor>(this, KINDS.healthMonitor, id, options)
    return poolIds[0] === undefined ? undefined : this.#balancerOfPool({ id: poolIds[0] }, options)
  }

  async #balancerOfPool({ id }: Ref, options: CallOptions | undefined): Promise<Ref | undefined> {
    const { balancerIds } = await getThing<OctaviaPool>(this, KINDS.pool, id, options)
    return balancerIds[0] === undefined ? undefined : { id: balancerIds[0] }
  }
}
