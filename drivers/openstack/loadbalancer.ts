import { connect } from '../../lib/driver.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { LoadBalancerApi } from '../../lib/loadbalancer/api.js'
import type { LoadBalancer } from '../../lib/loadbalancer/types.js'
import type { CallOptions } from '../../lib/options.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { OctaviaL7 } from './loadbalancer.l7.js'
import {
  changing,
  fromRaw,
  NO_BALANCER,
  type OctaviaChangeOptions,
  OctaviaConnection,
  waitUntilActive,
} from './loadbalancer.shared.js'
import type {
  OctaviaAmphora,
  OctaviaAvailabilityZone,
  OctaviaBalancerExtra,
  OctaviaFlavor,
  OctaviaProvider,
  OctaviaQuota,
  OctaviaStatistics,
  OctaviaStatus,
} from './loadbalancer.types.js'
import { meta } from './meta.js'
import type { OpenStackOptions } from './options.js'

export type * from './loadbalancer.base.js'
export type { OctaviaCreateBalancerOptions } from './loadbalancer.create.js'
export type { OctaviaChangeOptions } from './loadbalancer.shared.js'
export type * from './loadbalancer.types.js'
export type { OpenStackOptions } from './options.js'

interface RawStatus {
  readonly id: string
  readonly name?: string
  readonly provisioning_status: string
  readonly operating_status: string
  readonly listeners?: readonly RawStatus[]
  readonly pools?: readonly RawStatus[]
  readonly members?: readonly RawStatus[]
  readonly healthmonitor?: RawStatus
  readonly health_monitor?: RawStatus
  readonly l7policies?: readonly RawStatus[]
  readonly rules?: readonly RawStatus[]
}
interface RawQuota {
  readonly loadbalancer?: number | null
  readonly load_balancer?: number | null
  readonly listener?: number | null
  readonly pool?: number | null
  readonly member?: number | null
  readonly healthmonitor?: number | null
  readonly health_monitor?: number | null
  readonly l7policy?: number | null
  readonly l7rule?: number | null
}

/**
 * OpenStack Octavia. Every change makes a balancer PENDING, and until it is ACTIVE again Octavia refuses the next one: calls
 * that change something wait if `ex_wait` says so.
 */
export class OctaviaLBDriver extends OctaviaL7 implements Partial<LoadBalancerApi> {
  readonly provider = 'octavia'

  constructor(options: OpenStackOptions = {}) {
    super(meta, options)
    connect(this, new OctaviaConnection(this))
  }

  /**
   * Waits until a balancer can be changed.
   * @example await driver.ex_waitUntilActive(balancer, { timeout: 300_000 })
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#provisioning-status-codes
   * @throws WaitError when it is in an error
   * @throws TimeoutError
   */
  async ex_waitUntilActive(balancer: Ref, options?: WaitOptions): Promise<LoadBalancer<OctaviaBalancerExtra>> {
    await waitUntilActive(this, balancer, options)
    return this.getBalancer(balancer.id, options)
  }

  /**
   * How a balancer and all that belongs to it are.
   * @example const { operatingStatus, parts } = await driver.ex_getBalancerStatus(balancer)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#get-the-load-balancer-status-tree
   * @throws LoadBalancerDoesNotExistError
   */
  ex_getBalancerStatus(balancer: Ref, options?: CallOptions): Promise<OctaviaStatus> {
    const at = path`/lbaas/loadbalancers/${balancer.id}/status`
    const map = (raw: { readonly loadbalancer: RawStatus }): OctaviaStatus => toStatus(raw.loadbalancer)
    return this.connection.one({ path: at, member: 'statuses', map, errors: NO_BALANCER }, options)
  }

  /**
   * What went through a balancer.
   * @example const { activeConnections } = await driver.ex_getBalancerStatistics(balancer)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#get-load-balancer-statistics
   * @throws LoadBalancerDoesNotExistError
   */
  ex_getBalancerStatistics(balancer: Ref, options?: CallOptions): Promise<OctaviaStatistics> {
    const at = path`/lbaas/loadbalancers/${balancer.id}/stats`
    return this.connection.one(
      { path: at, member: 'stats', map: fromRaw<OctaviaStatistics>, errors: NO_BALANCER },
      options,
    )
  }

  /**
   * Makes new machines for a balancer, one after the other. For administrators.
   * @example await driver.ex_failOverBalancer(balancer, { ex_wait: true })
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#failover-a-load-balancer
   * @throws PermissionDeniedError
   */
  async ex_failOverBalancer(balancer: Ref, options?: OctaviaChangeOptions): Promise<void> {
    const at = path`/lbaas/loadbalancers/${balancer.id}/failover`
    const spec = { method: 'PUT', path: at, idempotent: false, errors: NO_BALANCER, read: readNothing } as const
    await changing(this, balancer, options, () => this.connection.request(spec, options))
  }

  /**
   * Who makes balancers.
   * @example const names = (await driver.ex_listProviders()).map(({ name }) => name)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#list-providers
   */
  ex_listProviders(options?: CallOptions): Pager<OctaviaProvider> {
    return this.connection.list(
      { path: '/lbaas/providers', member: 'providers', map: fromRaw<OctaviaProvider> },
      options,
    )
  }

  /**
   * The kinds of balancers that the cloud offers.
   * @example const [flavor] = await driver.ex_listFlavors()
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#list-flavors
   */
  ex_listFlavors(options?: CallOptions): Pager<OctaviaFlavor> {
    return this.connection.list({ path: '/lbaas/flavors', member: 'flavors', map: fromRaw<OctaviaFlavor> }, options)
  }

  /**
   * Where balancers can be.
   * @example const zones = await driver.ex_listAvailabilityZones()
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#list-availability-zones
   */
  ex_listAvailabilityZones(options?: CallOptions): Pager<OctaviaAvailabilityZone> {
    const list = {
      path: '/lbaas/availabilityzones',
      member: 'availability_zones',
      map: fromRaw<OctaviaAvailabilityZone>,
    }
    return this.connection.list(list, options)
  }

  /**
   * How many of each a project may have.
   * @example const { loadBalancer } = await driver.ex_getQuota(projectId)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#show-project-quota
   */
  ex_getQuota(projectId: string, options?: CallOptions): Promise<OctaviaQuota> {
    return this.connection.one({ path: path`/lbaas/quotas/${projectId}`, member: 'quota', map: toQuota }, options)
  }

  /**
   * Sets how many of each a project may have; what is absent stays. For administrators.
   * @example await driver.ex_updateQuota(projectId, { loadBalancer: 10 })
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#update-a-quota
   * @throws PermissionDeniedError
   */
  ex_updateQuota(projectId: string, quota: Partial<OctaviaQuota>, options?: CallOptions): Promise<OctaviaQuota> {
    const { loadBalancer, healthMonitor, ...rest } = quota
    const json = { quota: { ...rest, load_balancer: loadBalancer, health_monitor: healthMonitor } }
    const at = path`/lbaas/quotas/${projectId}`
    return this.connection.one({ method: 'PUT', path: at, json, member: 'quota', map: toQuota }, options)
  }

  /**
   * Gives a project the cloud's own quota again. For administrators.
   * @example await driver.ex_resetQuota(projectId)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#reset-a-quota
   * @throws PermissionDeniedError
   */
  async ex_resetQuota(projectId: string, options?: CallOptions): Promise<void> {
    const spec = { method: 'DELETE', path: path`/lbaas/quotas/${projectId}`, read: readNothing } as const
    await this.connection.request(spec, options)
  }

  /**
   * The machines that do the work, all or those of one balancer. For administrators.
   * @example for await (const { role, vrrpIp } of driver.ex_listAmphorae(balancer)) console.log(role, vrrpIp)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#list-amphora
   * @throws PermissionDeniedError
   */
  ex_listAmphorae(balancer: Ref | undefined, options?: CallOptions): Pager<OctaviaAmphora> {
    const map = (raw: object): OctaviaAmphora => toAmphora(raw)
    const query = { loadbalancer_id: balancer?.id }
    return this.connection.list({ path: '/octavia/amphorae', member: 'amphorae', query, map }, options)
  }
}

function toStatus(raw: RawStatus): OctaviaStatus {
  const { listeners = [], pools = [], members = [], l7policies = [], rules = [] } = raw
  const monitor = raw.healthmonitor ?? raw.health_monitor
  const parts = [...listeners, ...pools, ...members, ...l7policies, ...rules, ...(monitor ? [monitor] : [])]
  return {
    id: raw.id,
    name: raw.name,
    state: raw.provisioning_status,
    operatingStatus: raw.operating_status,
    parts: parts.map(toStatus),
  }
}

function toQuota(raw: RawQuota): OctaviaQuota {
  return {
    loadBalancer: raw.load_balancer ?? raw.loadbalancer ?? undefined,
    listener: raw.listener ?? undefined,
    pool: raw.pool ?? undefined,
    member: raw.member ?? undefined,
    healthMonitor: raw.health_monitor ?? raw.healthmonitor ?? undefined,
    l7policy: raw.l7policy ?? undefined,
    l7rule: raw.l7rule ?? undefined,
  }
}

function toAmphora(raw: object): OctaviaAmphora {
  const {
    id,
    status,
    role,
    loadbalancerId: balancerId,
    ...rest
  } = fromRaw<OctaviaAmphora & { readonly loadbalancerId?: string }>(raw)
  const { computeId, lbNetworkIp, vrrpIp, haIp, imageId, createdAt, updatedAt } = rest
  return { id, status, role, balancerId, computeId, lbNetworkIp, vrrpIp, haIp, imageId, createdAt, updatedAt }
}
