import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { OctaviaHealthMonitors } from './loadbalancer.monitors.js'
import {
  changing,
  createThing,
  deleteThing,
  getThing,
  KINDS,
  listThings,
  type OctaviaChangeOptions,
  rulesOf,
  updateThing,
} from './loadbalancer.shared.js'
import type {
  OctaviaL7Policy,
  OctaviaL7PolicySettings,
  OctaviaL7Rule,
  OctaviaL7RuleSettings,
  OctaviaListener,
  OctaviaNewL7Policy,
  OctaviaNewL7Rule,
} from './loadbalancer.types.js'

/** L7 policies and their rules. */
export abstract class OctaviaL7 extends OctaviaHealthMonitors {
  /**
   * All policies, or those of one listener.
   * @example for await (const { action, position } of driver.ex_listL7Policies(listener)) console.log(position, action)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#list-l7-policies
   */
  ex_listL7Policies(listener: Ref | undefined, options?: CallOptions): Pager<OctaviaL7Policy> {
    return listThings(this, KINDS.l7Policy, options, { listener_id: listener?.id })
  }

  /**
   * One policy.
   * @example const l7Policy = await driver.ex_getL7Policy(l7PolicyId)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#show-l7-policy-details
   * @throws NotFoundError
   */
  ex_getL7Policy(l7PolicyId: string, options?: CallOptions): Promise<OctaviaL7Policy> {
    return getThing(this, KINDS.l7Policy, l7PolicyId, options)
  }

  /**
   * Makes a policy of a listener: what becomes of requests that all its rules hold for. It needs a rule to do anything.
   * @example await driver.ex_createL7Policy(listener, { action: 'REDIRECT_TO_URL', redirectUrl: 'https://example.com/' })
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#create-an-l7-policy
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  async ex_createL7Policy(
    listener: Ref,
    l7Policy: OctaviaNewL7Policy,
    options?: OctaviaChangeOptions,
  ): Promise<Owned<OctaviaL7Policy>> {
    const settings = { ...l7Policy, listenerId: listener.id }
    const made = await changing(
      this,
      () => this.#balancerOfListener(listener, options),
      options,
      () => createThing<OctaviaL7Policy>(this, KINDS.l7Policy, settings, options),
    )
    return owned(made, () => this.ex_deleteL7Policy(made, { ex_wait: true }))
  }

  /**
   * Changes a policy; what is absent stays.
   * @example await driver.ex_updateL7Policy(l7Policy, { name: 'other' })
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#update-a-l7-policy
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  ex_updateL7Policy(
    l7Policy: Ref,
    changes: OctaviaL7PolicySettings,
    options?: OctaviaChangeOptions,
  ): Promise<OctaviaL7Policy> {
    return changing(
      this,
      () => this.#balancerOf(l7Policy, options),
      options,
      () => updateThing(this, KINDS.l7Policy, l7Policy, changes, options),
    )
  }

  /**
   * Deletes a policy.
   * @example await driver.ex_deleteL7Policy(l7Policy)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#remove-a-l7-policy
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  ex_deleteL7Policy(l7Policy: Ref, options?: OctaviaChangeOptions): Promise<void> {
    return changing(
      this,
      () => this.#balancerOf(l7Policy, options),
      options,
      () => deleteThing(this, KINDS.l7Policy, l7Policy, options),
    )
  }

  /**
   * A policy's rules.
   * @example for await (const { type, value } of driver.ex_listL7Rules(policy)) console.log(type, value)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#list-l7-rules
   * @throws NotFoundError
   */
  ex_listL7Rules(l7Policy: Ref, options?: CallOptions): Pager<OctaviaL7Rule> {
    return listThings(this, rulesOf(l7Policy), options)
  }

  /**
   * One rule of a policy.
   * @example const rule = await driver.ex_getL7Rule(policy, ruleId)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#show-l7-rule-details
   * @throws NotFoundError
   */
  ex_getL7Rule(l7Policy: Ref, ruleId: string, options?: CallOptions): Promise<OctaviaL7Rule> {
    return getThing(this, rulesOf(l7Policy), ruleId, options)
  }

  /**
   * Adds a rule to a policy.
   * @example await driver.ex_createL7Rule(policy, { type: 'PATH', compareType: 'STARTS_WITH', value: '/images' })
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#create-an-l7-rule
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  async ex_createL7Rule(
    l7Policy: Ref,
    rule: OctaviaNewL7Rule,
    options?: OctaviaChangeOptions,
  ): Promise<Owned<OctaviaL7Rule>> {
    const made = await changing(
      this,
      () => this.#balancerOf(l7Policy, options),
      options,
      () => createThing<OctaviaL7Rule>(this, rulesOf(l7Policy), rule, options),
    )
    return owned(made, () => this.ex_deleteL7Rule(l7Policy, made, { ex_wait: true }))
  }

  /**
   * Changes a rule; what is absent stays.
   * @example await driver.ex_updateL7Rule(policy, rule, { value: '/pictures' })
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#update-a-l7-rule
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  ex_updateL7Rule(
    l7Policy: Ref,
    rule: Ref,
    changes: OctaviaL7RuleSettings,
    options?: OctaviaChangeOptions,
  ): Promise<OctaviaL7Rule> {
    return changing(
      this,
      () => this.#balancerOf(l7Policy, options),
      options,
      () => updateThing(this, rulesOf(l7Policy), rule, changes, options),
    )
  }

  /**
   * Deletes a rule.
   * @example await driver.ex_deleteL7Rule(policy, rule)
   * @see https://docs.openstack.org/api-ref/load-balancer/v2/#remove-a-l7-rule
   * @throws LoadBalancerImmutableError while the balancer is being changed
   */
  ex_deleteL7Rule(l7Policy: Ref, rule: Ref, options?: OctaviaChangeOptions): Promise<void> {
    return changing(
      this,
      () => this.#balancerOf(l7Policy, options),
      options,
      () => deleteThing(this, rulesOf(l7Policy), rule, options),
    )
  }

  async #balancerOf({ id }: Ref, options: CallOptions | undefined): Promise<Ref | undefined> {
    const { listenerId } = await getThing<OctaviaL7Policy>(this, KINDS.l7Policy, id, options)
    return this.#balancerOfListener({ id: listenerId }, options)
  }

  async #balancerOfListener({ id }: Ref, options: CallOptions | undefined): Promise<Ref | undefined> {
    const { balancerIds } = await getThing<OctaviaListener>(this, KINDS.listener, id, options)
    return balancerIds[0] === undefined ? undefined : { id: balancerIds[0] }
  }
}
