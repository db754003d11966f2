import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { GCEFirewalls } from './compute.firewalls.js'
import { type GCEListOptions, type GCEListRegionalOptions, regionScope } from './compute.lists.js'
import { type Asker, checkName, idOf, linkTo, pathTo, placeOf, regionFor } from './compute.refs.js'
import { type GCEResource, resource } from './compute.shared.js'
import type { GCEChangeOptions } from './operations.js'

/** How often, and how long, what is checked may not answer. */
export interface GCEHealthCheckTimes {
  /** Seconds from one to the next. @defaultValue 5 */
  readonly checkIntervalSec?: number | undefined
  /** Seconds to wait for an answer. @defaultValue 5 */
  readonly timeoutSec?: number | undefined
  /** @defaultValue 2 */
  readonly healthyThreshold?: number | undefined
  /** @defaultValue 2 */
  readonly unhealthyThreshold?: number | undefined
}
/** How it is found out whether something works. */
export interface GCEHealthCheck extends GCEResource, GCEHealthCheckTimes {
  readonly type?: GCEHealthCheckType | undefined
  readonly httpHealthCheck?: GCEHttpCheck | undefined
  readonly httpsHealthCheck?: GCEHttpCheck | undefined
  readonly http2HealthCheck?: GCEHttpCheck | undefined
  readonly tcpHealthCheck?: { readonly port?: number | undefined } | undefined
  readonly sslHealthCheck?: { readonly port?: number | undefined } | undefined
}
export type GCEHealthCheckType = 'HTTP' | 'HTTPS' | 'HTTP2' | 'TCP' | 'SSL'
/** What is asked for. */
export interface GCEHttpCheck {
  readonly port?: number | undefined
  readonly requestPath?: string | undefined
  readonly host?: string | undefined
}
export interface GCEHealthCheckOptions extends GCEHealthCheckTimes, GCEHttpCheck {
  readonly type?: GCEHealthCheckType | undefined
  readonly description?: string | undefined
}
export interface GCECreateHealthCheckOptions extends GCEHealthCheckOptions {
  readonly name: string
  readonly type: GCEHealthCheckType
}
/** A health check of the old kind: target pools take no other. */
export interface GCEHttpHealthCheck extends GCEResource, GCEHealthCheckTimes, GCEHttpCheck {}
export interface GCECreateHttpHealthCheckOptions extends GCEHealthCheckTimes, GCEHttpCheck {
  readonly name: string
  readonly description?: string | undefined
}
/** Instances of a region that share traffic. */
export interface GCETargetPool extends GCEResource {
  /** Address of its region. */
  readonly region: string
  /** Addresses of its instances. */
  readonly instances?: readonly string[] | undefined
  /** Addresses of its health checks. */
  readonly healthChecks?: readonly string[] | undefined
  readonly sessionAffinity?: string | undefined
  readonly backupPool?: string | undefined
  readonly failoverRatio?: number | undefined
}
export interface GCECreateTargetPoolOptions {
  readonly name: string
  readonly description?: string | undefined
  /** @defaultValue the driver's */
  readonly ex_region?: Ref | undefined
  readonly nodes?: readonly Ref[] | undefined
  /** Of the old kind: one at most. */
  readonly healthChecks?: readonly Ref[] | undefined
  /** @defaultValue 'NONE' */
  readonly sessionAffinity?: 'NONE' | 'CLIENT_IP' | 'CLIENT_IP_PROTO' | undefined
  readonly backup?: Ref | undefined
  /** From 0 to 1: with fewer healthy instances than this, the backup gets the traffic. */
  readonly failoverRatio?: number | undefined
}
/** Whether an instance of a pool works. */
export interface GCENodeHealth {
  /** The instance's id. */
  readonly nodeId: string
  readonly ip: string | undefined
  /** `'HEALTHY'` or `'UNHEALTHY'`. */
  readonly state: string
}
const toHealthCheck = resource<GCEHealthCheck>('global')
const toHttpHealthCheck = resource<GCEHttpHealthCheck>('global')
export const toTargetPool: ReturnType<typeof resource<GCETargetPool>> = resource<GCETargetPool>('region')
interface RawHealth {
  readonly healthStatus?: readonly {
    readonly instance?: string
    readonly ipAddress?: string
    readonly healthState?: string
  }[]
}

/** What traffic is shared by: health checks, target pools, forwarding rules. What is given has Google's own members. */
export abstract class GCEPools extends GCEFirewalls {
  /**
   * All health checks of the project.
   * @example for await (const { name } of driver.ex_listHealthchecks()) console.log(name)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/healthChecks/list
   */
  ex_listHealthchecks(options?: GCEListOptions): Pager<GCEHealthCheck> {
    const spec = { map: toHealthCheck, query: { filter: options?.ex_filter } }
    return this.connection.listIn('global', 'healthChecks', spec, options)
  }

  /**
   * One health check.
   * @example const { checkIntervalSec } = await driver.ex_getHealthcheck({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/healthChecks/get
   */
  async ex_getHealthcheck(healthCheck: Ref, options?: CallOptions): Promise<GCEHealthCheck> {
    const place = placeOf(this, healthCheck, 'global', 'healthCheck', options)
    return this.connection.get(place, 'healthChecks', toHealthCheck, undefined, options)
  }

  /**
   * Makes a health check.
   * @example await driver.ex_createHealthcheck({ name: 'web', type: 'HTTP', port: 80, requestPath: '/health' })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/healthChecks/insert
   */
  async ex_createHealthcheck(
    healthCheck: GCECreateHealthCheckOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<GCEHealthCheck>> {
    checkName(this, healthCheck.name, 'healthCheck.name', options)
    const json = { name: healthCheck.name, ...toRawHealthCheck(healthCheck) }
    await this.connection.insert('global', 'healthChecks', json, options)
    const made = await this.ex_getHealthcheck({ id: healthCheck.name }, options)
    return owned(made, () => this.ex_destroyHealthcheck(made))
  }

  /**
   * Deletes a health check.
   * @example await driver.ex_destroyHealthcheck({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/healthChecks/delete
   */
  async ex_destroyHealthcheck(healthCheck: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, healthCheck, 'global', 'healthCheck', options),
      'healthChecks',
      undefined,
      options,
    )
  }

  /**
   * Changes a health check. What is left out stays.
   * @example await driver.ex_updateHealthcheck({ id: 'web' }, { checkIntervalSec: 10 })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/healthChecks/patch
   */
  async ex_updateHealthcheck(
    healthCheck: Ref,
    changes: GCEHealthCheckOptions,
    options?: GCEChangeOptions,
  ): Promise<GCEHealthCheck> {
    const place = placeOf(this, healthCheck, 'global', 'healthCheck', options)
    await this.connection.act(place, 'healthChecks', { method: 'PATCH', json: toRawHealthCheck(changes) }, options)
    return this.ex_getHealthcheck(healthCheck, options)
  }

  /**
   * Health checks of the old kind, which target pools need.
   * @example for await (const { name } of driver.ex_listHttpHealthchecks()) console.log(name)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/httpHealthChecks/list
   */
  ex_listHttpHealthchecks(options?: GCEListOptions): Pager<GCEHttpHealthCheck> {
    const spec = { map: toHttpHealthCheck, query: { filter: options?.ex_filter } }
    return this.connection.listIn('global', 'httpHealthChecks', spec, options)
  }

  /**
   * One health check of the old kind.
   * @example const { requestPath } = await driver.ex_getHttpHealthcheck({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/httpHealthChecks/get
   */
  async ex_getHttpHealthcheck(httpHealthCheck: Ref, options?: CallOptions): Promise<GCEHttpHealthCheck> {
    const place = placeOf(this, httpHealthCheck, 'global', 'httpHealthCheck', options)
    return this.connection.get(place, 'httpHealthChecks', toHttpHealthCheck, undefined, options)
  }

  /**
   * Makes a health check of the old kind.
   * @example await driver.ex_createHttpHealthcheck({ name: 'web', port: 80, requestPath: '/health' })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/httpHealthChecks/insert
   */
  async ex_createHttpHealthcheck(
    httpHealthCheck: GCECreateHttpHealthCheckOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<GCEHttpHealthCheck>> {
    checkName(this, httpHealthCheck.name, 'httpHealthCheck.name', options)
    const json = { ...httpHealthCheck }
    await this.connection.insert('global', 'httpHealthChecks', json, options)
    const made = await this.ex_getHttpHealthcheck({ id: httpHealthCheck.name }, options)
    return owned(made, () => this.ex_destroyHttpHealthcheck(made))
  }

  /**
   * Deletes a health check of the old kind.
   * @example await driver.ex_destroyHttpHealthcheck({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/httpHealthChecks/delete
   */
  async ex_destroyHttpHealthcheck(httpHealthCheck: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, httpHealthCheck, 'global', 'httpHealthCheck', options),
      'httpHealthChecks',
      undefined,
      options,
    )
  }

  /**
   * All target pools of the project.
   * @example for await (const { id } of driver.ex_listTargetpools()) console.log(id)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/aggregatedList
   */
  ex_listTargetpools(options?: GCEListRegionalOptions): Pager<GCETargetPool> {
    const spec = { map: toTargetPool, query: { filter: options?.ex_filter } }
    return this.connection.listIn(regionScope(this, options), 'targetPools', spec, options)
  }

  /**
   * One target pool.
   * @example const { instances } = await driver.ex_getTargetpool({ id: 'europe-west3/web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/get
   */
  async ex_getTargetpool(targetPool: Ref, options?: CallOptions): Promise<GCETargetPool> {
    const place = placeOf(this, targetPool, 'region', 'targetPool', options)
    return this.connection.get(place, 'targetPools', toTargetPool, undefined, options)
  }

  /**
   * Makes a target pool.
   * @example await driver.ex_createTargetpool({ name: 'web', nodes: [{ id: 'europe-west3-a/web-1' }] })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/insert
   */
  async ex_createTargetpool(
    targetPool: GCECreateTargetPoolOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<GCETargetPool>> {
    checkName(this, targetPool.name, 'targetPool.name', options)
    const scope = `regions/${regionFor(this, targetPool.ex_region, 'targetPool.ex_region', options)}`
    const { nodes, healthChecks, backup } = targetPool
    const other = backup && placeOf(this, backup, 'region', 'targetPool.backup', options)
    const json = {
      name: targetPool.name,
      description: targetPool.description,
      sessionAffinity: targetPool.sessionAffinity,
      instances: nodes?.map(node => nodeLink(this, node, 'targetPool.nodes', options)),
      healthChecks: healthChecks?.map(check => checkLink(this, check, 'targetPool.healthChecks', options)),
      backupPool: other && linkTo(other, 'targetPools'),
      failoverRatio: targetPool.failoverRatio,
    }
    await this.connection.insert(scope, 'targetPools', json, options)
    const made = await this.ex_getTargetpool({ id: `${scope}/targetPools/${targetPool.name}` }, options)
    return owned(made, () => this.ex_destroyTargetpool(made))
  }

  /**
   * Deletes a target pool.
   * @example await driver.ex_destroyTargetpool({ id: 'europe-west3/web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/delete
   */
  async ex_destroyTargetpool(targetPool: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, targetPool, 'region', 'targetPool', options),
      'targetPools',
      undefined,
      options,
    )
  }

  /**
   * Adds an instance to a pool.
   * @example await driver.ex_targetpoolAddNode({ id: 'europe-west3/web' }, { id: 'europe-west3-a/web-1' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/addInstance
   */
  async ex_targetpoolAddNode(targetPool: Ref, node: Ref, options?: GCEChangeOptions): Promise<void> {
    const place = placeOf(this, targetPool, 'region', 'targetPool', options)
    const json = { instances: [{ instance: nodeLink(this, node, 'node', options) }] }
    await this.connection.act(place, 'targetPools:addInstance', { json }, options)
  }

  /**
   * Takes an instance from a pool.
   * @example await driver.ex_targetpoolRemoveNode({ id: 'europe-west3/web' }, { id: 'europe-west3-a/web-1' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/removeInstance
   */
  async ex_targetpoolRemoveNode(targetPool: Ref, node: Ref, options?: GCEChangeOptions): Promise<void> {
    const place = placeOf(this, targetPool, 'region', 'targetPool', options)
    const json = { instances: [{ instance: nodeLink(this, node, 'node', options) }] }
    await this.connection.act(place, 'targetPools:removeInstance', { json }, options)
  }

  /**
   * Checks the instances of a pool, which may have one check.
   * @example await driver.ex_targetpoolAddHealthcheck({ id: 'europe-west3/web' }, { id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/addHealthCheck
   */
  async ex_targetpoolAddHealthcheck(targetPool: Ref, healthCheck: Ref, options?: GCEChangeOptions): Promise<void> {
    const place = placeOf(this, targetPool, 'region', 'targetPool', options)
    const json = { healthChecks: [{ healthCheck: checkLink(this, healthCheck, 'healthCheck', options) }] }
    await this.connection.act(place, 'targetPools:addHealthCheck', { json }, options)
  }

  /**
   * Checks the instances of a pool no more.
   * @example await driver.ex_targetpoolRemoveHealthcheck({ id: 'europe-west3/web' }, { id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/removeHealthCheck
   */
  async ex_targetpoolRemoveHealthcheck(targetPool: Ref, healthCheck: Ref, options?: GCEChangeOptions): Promise<void> {
    const place = placeOf(this, targetPool, 'region', 'targetPool', options)
    const json = { healthChecks: [{ healthCheck: checkLink(this, healthCheck, 'healthCheck', options) }] }
    await this.connection.act(place, 'targetPools:removeHealthCheck', { json }, options)
  }

  /**
   * Says which pool gets the traffic when too few instances of this one work.
   * @example await driver.ex_targetpoolSetBackupTargetpool({ id: 'europe-west3/web' }, { id: 'europe-west3/spare' }, 0.5)
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/setBackup
   */
  async ex_targetpoolSetBackupTargetpool(
    targetPool: Ref,
    backup: Ref,
    failoverRatio: number,
    options?: GCEChangeOptions,
  ): Promise<void> {
    const place = placeOf(this, targetPool, 'region', 'targetPool', options)
    const target = linkTo(placeOf(this, backup, 'region', 'backup', options), 'targetPools')
    const query = { failoverRatio }
    await this.connection.act(place, 'targetPools:setBackup', { json: { target }, query }, options)
  }

  /**
   * Whether the instances of a pool work.
   * @example const health = await driver.ex_targetpoolGetHealth({ id: 'europe-west3/web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/getHealth
   */
  async ex_targetpoolGetHealth(targetPool: Ref, options?: CallOptions): Promise<GCENodeHealth[]> {
    const place = placeOf(this, targetPool, 'region', 'targetPool', options)
    const { instances = [] } = await this.connection.get(place, 'targetPools', toTargetPool, undefined, options)
    const found: GCENodeHealth[] = []
    for (const instance of instances) found.push(...(await healthOf(this, place, instance, options)))
    return found
  }
}

async function healthOf(
  { connection }: GCEPools,
  place: Parameters<typeof pathTo>[0],
  instance: string,
  options: CallOptions | undefined,
): Promise<GCENodeHealth[]> {
  const at = pathTo(place, 'targetPools')
  const spec = {
    method: 'POST',
    path: (project: string) => `${at(project)}/getHealth`,
    json: { instance },
    idempotent: true,
  } as const
  const map = ({ healthStatus = [] }: RawHealth): GCENodeHealth[] =>
    healthStatus.map(({ instance: link = instance, ipAddress, healthState = '' }) => ({
      nodeId: idOf(link, 'zone'),
      ip: ipAddress,
      state: healthState,
    }))
  return connection.one(spec, map, options)
}

/** Each kind has its own member. */
function toRawHealthCheck(check: GCEHealthCheckOptions): object {
  const { type, port, requestPath, host, description, ...times } = check
  const { checkIntervalSec, timeoutSec, healthyThreshold, unhealthyThreshold } = times
  const member = type === 'HTTP2' ? 'http2HealthCheck' : `${type?.toLowerCase()}HealthCheck`
  const about = type === 'TCP' || type === 'SSL' ? { port } : { port, requestPath, host }
  const common = { type, description, checkIntervalSec, timeoutSec, healthyThreshold, unhealthyThreshold }
  return type === undefined ? common : { ...common, [member]: about }
}

export function nodeLink(asker: Asker, node: Ref, argument: string, options: CallOptions | undefined): string {
  return linkTo(placeOf(asker, node, 'zone', argument, options), 'instances')
}

export function checkLink(asker: Asker, check: Ref, argument: string, options: CallOptions | undefined): string {
  return linkTo(placeOf(asker, check, 'global', argument, options), 'httpHealthChecks')
}
