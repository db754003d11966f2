import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { zoneScope } from './compute.base.js'
import { type GCEListRegionalOptions, type GCEListZonalOptions, regionOrGlobal, regionScope } from './compute.lists.js'
import { GCEPools, nodeLink } from './compute.pools.js'
import { type Asker, checkName, linkTo, placeOf, refused, zoneFor } from './compute.refs.js'
import { type GCEResource, resource } from './compute.shared.js'
import type { GCEChangeOptions } from './operations.js'

/** An address whose traffic goes somewhere. */
export interface GCEForwardingRule extends GCEResource {
  readonly region?: string | undefined
  readonly IPAddress: string
  readonly IPProtocol?: string | undefined
  readonly portRange?: string | undefined
  readonly ports?: readonly string[] | undefined
  /** Address of the target. */
  readonly target?: string | undefined
  readonly backendService?: string | undefined
  readonly loadBalancingScheme?: string | undefined
}
/** Where traffic goes: one of these. */
export interface GCEForwardingTarget {
  readonly targetPool?: Ref | undefined
  readonly targetInstance?: Ref | undefined
  readonly targetHttpProxy?: Ref | undefined
  readonly targetHttpsProxy?: Ref | undefined
}
export interface GCECreateForwardingRuleOptions {
  readonly name: string
  readonly description?: string | undefined
  /** `{ id: 'global' }` for one of proxies. @defaultValue the driver's */
  readonly ex_region?: Ref | undefined
  /** One that was reserved. @defaultValue any */
  readonly IPAddress?: string | undefined
  /** @defaultValue 'TCP' */
  readonly IPProtocol?: 'TCP' | 'UDP' | 'ESP' | 'AH' | 'SCTP' | 'ICMP' | undefined
  /** `'80'` or `'8000-8080'`. */
  readonly portRange?: string | undefined
  /** Of internal balancers. */
  readonly ports?: readonly string[] | undefined
  readonly target?: GCEForwardingTarget | undefined
  readonly backendService?: Ref | undefined
  readonly loadBalancingScheme?: 'EXTERNAL' | 'INTERNAL' | 'EXTERNAL_MANAGED' | 'INTERNAL_MANAGED' | undefined
}
/** An instance that gets traffic as it comes. */
export interface GCETargetInstance extends GCEResource {
  readonly zone: string
  /** Address of the instance. */
  readonly instance: string
}
export interface GCECreateTargetInstanceOptions {
  readonly name: string
  readonly description?: string | undefined
  readonly node: Ref
  /** @defaultValue the driver's */
  readonly ex_zone?: Ref | undefined
}
export const toForwardingRule: ReturnType<typeof resource<GCEForwardingRule>> =
  resource<GCEForwardingRule>('regionOrGlobal')
const toTargetInstance = resource<GCETargetInstance>('zone')

/** Forwarding rules, and target instances. What is given has Google's own members. */
export abstract class GCEForwarding extends GCEPools {
  /**
   * Forwarding rules of the driver's region, or of all places.
   * @example for await (const { id } of driver.ex_listForwardingRules()) console.log(id)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/forwardingRules/aggregatedList
   */
  ex_listForwardingRules(options?: GCEListRegionalOptions): Pager<GCEForwardingRule> {
    const spec = { map: toForwardingRule, query: { filter: options?.ex_filter } }
    return this.connection.listIn(regionScope(this, options), 'forwardingRules', spec, options)
  }

  /**
   * One forwarding rule.
   * @example const { IPAddress } = await driver.ex_getForwardingRule({ id: 'europe-west3/web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/forwardingRules/get
   */
  async ex_getForwardingRule(forwardingRule: Ref, options?: CallOptions): Promise<GCEForwardingRule> {
    const place = placeOf(this, forwardingRule, 'regionOrGlobal', 'forwardingRule', options)
    return this.connection.get(place, 'forwardingRules', toForwardingRule, undefined, options)
  }

  /**
   * Makes a forwarding rule.
   * @example await driver.ex_createForwardingRule({ name: 'web', portRange: '80', target: { targetPool: { id: 'web' } } })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/forwardingRules/insert
   */
  async ex_createForwardingRule(
    forwardingRule: GCECreateForwardingRuleOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<GCEForwardingRule>> {
    checkName(this, forwardingRule.name, 'forwardingRule.name', options)
    const scope = regionOrGlobal(this, forwardingRule, options)
    const { backendService } = forwardingRule
    const target = targetLink(this, forwardingRule.target, options)
    const json = {
      name: forwardingRule.name,
      description: forwardingRule.description,
      IPAddress: forwardingRule.IPAddress,
      IPProtocol: forwardingRule.IPProtocol ?? 'TCP',
      portRange: forwardingRule.portRange,
      ports: forwardingRule.ports,
      target,
      backendService:
        backendService &&
        linkTo(
          placeOf(this, backendService, 'regionOrGlobal', 'forwardingRule.backendService', options),
          'backendServices',
        ),
      loadBalancingScheme: forwardingRule.loadBalancingScheme,
    }
    await this.connection.insert(scope, 'forwardingRules', json, options)
    const made = await this.ex_getForwardingRule({ id: `${scope}/forwardingRules/${forwardingRule.name}` }, options)
    return owned(made, () => this.ex_destroyForwardingRule(made))
  }

  /**
   * Deletes a forwarding rule.
   * @example await driver.ex_destroyForwardingRule({ id: 'europe-west3/web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/forwardingRules/delete
   */
  async ex_destroyForwardingRule(forwardingRule: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, forwardingRule, 'regionOrGlobal', 'forwardingRule', options),
      'forwardingRules',
      undefined,
      options,
    )
  }

  /**
   * Target instances of the driver's zone, or of all.
   * @example for await (const { id } of driver.ex_listTargetinstances()) console.log(id)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetInstances/aggregatedList
   */
  ex_listTargetinstances(options?: GCEListZonalOptions): Pager<GCETargetInstance> {
    const spec = { map: toTargetInstance, query: { filter: options?.ex_filter } }
    return this.connection.listIn(zoneScope(this, options), 'targetInstances', spec, options)
  }

  /**
   * One target instance.
   * @example const { instance } = await driver.ex_getTargetinstance({ id: 'europe-west3-a/vpn' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetInstances/get
   */
  async ex_getTargetinstance(targetInstance: Ref, options?: CallOptions): Promise<GCETargetInstance> {
    const place = placeOf(this, targetInstance, 'zone', 'targetInstance', options)
    return this.connection.get(place, 'targetInstances', toTargetInstance, undefined, options)
  }

  /**
   * Makes a target instance.
   * @example await driver.ex_createTargetinstance({ name: 'vpn', node: { id: 'europe-west3-a/vpn-1' } })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetInstances/insert
   */
  async ex_createTargetinstance(
    targetInstance: GCECreateTargetInstanceOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<GCETargetInstance>> {
    checkName(this, targetInstance.name, 'targetInstance.name', options)
    const scope = `zones/${zoneFor(this, targetInstance.ex_zone, 'targetInstance.ex_zone', options)}`
    const json = {
      name: targetInstance.name,
      description: targetInstance.description,
      instance: nodeLink(this, targetInstance.node, 'targetInstance.node', options),
    }
    await this.connection.insert(scope, 'targetInstances', json, options)
    const made = await this.ex_getTargetinstance({ id: `${scope}/targetInstances/${targetInstance.name}` }, options)
    return owned(made, () => this.ex_destroyTargetinstance(made))
  }

  /**
   * Deletes a target instance.
   * @example await driver.ex_destroyTargetinstance({ id: 'europe-west3-a/vpn' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetInstances/delete
   */
  async ex_destroyTargetinstance(targetInstance: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, targetInstance, 'zone', 'targetInstance', options),
      'targetInstances',
      undefined,
      options,
    )
  }
}

function targetLink(
  asker: Asker,
  target: GCEForwardingTarget | undefined,
  options: CallOptions | undefined,
): string | undefined {
  if (target === undefined) return undefined
  const { targetPool, targetInstance, targetHttpProxy, targetHttpsProxy } = target
  const at = 'forwardingRule.target'
  if (targetPool) return linkTo(placeOf(asker, targetPool, 'region', at, options), 'targetPools')
  if (targetInstance) return linkTo(placeOf(asker, targetInstance, 'zone', at, options), 'targetInstances')
  if (targetHttpProxy) return linkTo(placeOf(asker, targetHttpProxy, 'global', at, options), 'targetHttpProxies')
  if (targetHttpsProxy) return linkTo(placeOf(asker, targetHttpsProxy, 'global', at, options), 'targetHttpsProxies')
  throw refused(asker, at, 'one of targetPool, targetInstance, targetHttpProxy and targetHttpsProxy', options)
}
