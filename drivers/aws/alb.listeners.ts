import { xml } from '../../lib/http/xml.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { AlbBase } from './alb.base.js'
import {
  type AlbAction,
  type AlbCondition,
  type AlbListener,
  type AlbRule,
  listenersOf,
  listOf,
  rulesOf,
  toListener,
  toRaw,
  toRule,
} from './alb.shared.js'
import { act, one, type Pairs, toRawPairs } from './elb.shared.js'

/** What a listener is, or is to be. */
export interface AlbListenerSettings {
  readonly port?: number | undefined
  /** `'http'`, `'https'`, `'tcp'`, `'tls'`, `'udp'`, `'tcp_udp'`. */
  readonly protocol?: string | undefined
  /** What is done with requests that no rule is for. */
  readonly actions?: readonly AlbAction[] | undefined
  /** The certificate that is shown to those who ask for no name that another has. */
  readonly certificateId?: string | undefined
  readonly sslPolicy?: string | undefined
  /** Of tls: `HTTP1Only`, `HTTP2Only`, `HTTP2Optional`, `HTTP2Preferred`, `None`. */
  readonly alpnPolicy?: string | undefined
}
/** What `ex_createListener` takes. */
export interface AlbCreateListenerOptions extends AlbListenerSettings {
  readonly port: number
  readonly protocol: string
  readonly actions: readonly AlbAction[]
  readonly tags?: Pairs | undefined
}
/** What `ex_createListenerRule` takes. */
export interface AlbCreateRuleOptions {
  /** From 1 to 50000; smaller ones come first. */
  readonly priority: number
  /** All of them must hold. */
  readonly conditions: readonly AlbCondition[]
  readonly actions: readonly AlbAction[]
  readonly tags?: Pairs | undefined
}
/** A certificate that a listener shows. */
export interface AlbCertificate {
  readonly id: string
  readonly isDefault: boolean
}

const CERTIFICATES = listOf(
  'DescribeListenerCertificates',
  'Certificates',
  xml.object({ CertificateArn: xml.string, IsDefault: xml.boolean }),
)

/** Listeners and their rules. */
export abstract class AlbListeners extends AlbBase {
  /**
   * Listens on a port. A listener that is the same and there already stays.
   *
   * @example
   * ```ts
   * const redirectConfig = { statusCode: 'HTTP_301', protocol: 'HTTPS', port: '443' } as const
   * const actions = [{ type: 'redirect', redirectConfig }] as const
   * await driver.ex_createListener(balancer, { port: 80, protocol: 'http', actions })
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @throws ConflictError for a port that has another listener
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
   */
  async ex_createListener(
    balancer: Ref,
    listener: AlbCreateListenerOptions,
    options?: CallOptions,
  ): Promise<Owned<AlbListener>> {
    const params = { LoadBalancerArn: balancer.id, ...toSettings(listener), Tags: toRawPairs(listener.tags) }
    const spec = { action: 'CreateListener', params, shape: listenersOf('CreateListener'), idempotent: true }
    const made = toListener(one(this, 'listener', (await this.connection.query(spec, options)).result?.items, options))
    return owned(made, () => this.ex_deleteListener(made))
  }

  /**
   * The listeners of a balancer.
   *
   * @example
   * ```ts
   * for await (const listener of driver.ex_listListeners(balancer)) console.log(listener.port, listener.protocol)
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListeners.html
   */
  ex_listListeners(balancer: Ref, options?: CallOptions): Pager<AlbListener> {
    const params = { LoadBalancerArn: balancer.id }
    const spec = { action: 'DescribeListeners', params, shape: listenersOf('DescribeListeners'), token: 'Marker' }
    return this.connection.list(
      { ...spec, items: reply => (reply.result?.items ?? []).map(toListener), next: reply => reply.result?.next },
      options,
    )
  }

  /**
   * One listener.
   *
   * @example
   * ```ts
   * const { actions } = await driver.ex_getListener(listenerId)
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListeners.html
   */
  async ex_getListener(listenerId: string, options?: CallOptions): Promise<AlbListener> {
    const params = { ListenerArns: [listenerId] }
    const spec = { action: 'DescribeListeners', params, shape: listenersOf('DescribeListeners') }
    return toListener(one(this, 'listener', (await this.connection.query(spec, options)).result?.items, options))
  }

  /**
   * Changes a listener; what is absent stays.
   *
   * @example
   * ```ts
   * await driver.ex_modifyListener(listener, { sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' })
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyListener.html
   */
  async ex_modifyListener(listener: Ref, changes: AlbListenerSettings, options?: CallOptions): Promise<AlbListener> {
    const params = { ListenerArn: listener.id, ...toSettings(changes) }
    const spec = { action: 'ModifyListener', params, shape: listenersOf('ModifyListener'), idempotent: true }
    return toListener(one(this, 'listener', (await this.connection.query(spec, options)).result?.items, options))
  }

  /**
   * Deletes a listener, with its rules.
   *
   * @example
   * ```ts
   * await driver.ex_deleteListener(listener)
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteListener.html
   */
  async ex_deleteListener(listener: Ref, options?: CallOptions): Promise<void> {
    await act(this.connection, 'DeleteListener', { ListenerArn: listener.id }, options)
  }

  /**
   * The certificates that a listener shows, by the names that are asked for.
   *
   * @example
   * ```ts
   * const certificates = await driver.ex_listListenerCertificates(listener)
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListenerCertificates.html
   */
  ex_listListenerCertificates(listener: Ref, options?: CallOptions): Pager<AlbCertificate> {
    const params = { ListenerArn: listener.id }
    return this.connection.list(
      {
        action: 'DescribeListenerCertificates',
        params,
        shape: CERTIFICATES,
        items: reply =>
          (reply.result?.items ?? []).map(({ CertificateArn: id = '', IsDefault: isDefault = false }) => ({
            id,
            isDefault,
          })),
        next: reply => reply.result?.next,
        token: 'Marker',
      },
      options,
    )
  }

  /**
   * Shows further certificates to those who ask for their names.
   *
   * @example
   * ```ts
   * await driver.ex_addListenerCertificates(listener, [{ id: 'arn:aws:acm:eu-west-1:123456789012:certificate/…' }])
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddListenerCertificates.html
   */
  async ex_addListenerCertificates(listener: Ref, certificates: readonly Ref[], options?: CallOptions): Promise<void> {
    const params = { ListenerArn: listener.id, Certificates: certificates.map(({ id }) => ({ CertificateArn: id })) }
    await act(this.connection, 'AddListenerCertificates', params, options)
  }

  /**
   * Shows certificates no longer.
   *
   * @example
   * ```ts
   * await driver.ex_removeListenerCertificates(listener, [certificate])
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RemoveListenerCertificates.html
   */
  async ex_removeListenerCertificates(
    listener: Ref,
    certificates: readonly Ref[],
    options?: CallOptions,
  ): Promise<void> {
    const params = { ListenerArn: listener.id, Certificates: certificates.map(({ id }) => ({ CertificateArn: id })) }
    await act(this.connection, 'RemoveListenerCertificates', params, options)
  }

  /**
   * Does something else with some of a listener's requests.
   *
   * @example
   * ```ts
   * await driver.ex_createListenerRule(listener, {
   *   priority: 10,
   *   conditions: [{ field: 'path-pattern', values: ['/api/*'] }],
   *   actions: [{ type: 'forward', targetGroupArn: group.id }],
   * })
   * ```
   * @throws NotFoundError
   * @throws ConflictError for a priority that another rule has
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html
   */
  async ex_createListenerRule(
    listener: Ref,
    rule: AlbCreateRuleOptions,
    options?: CallOptions,
  ): Promise<Owned<AlbRule>> {
    const params = {
      ListenerArn: listener.id,
      Conditions: toRaw(rule.conditions),
      Priority: rule.priority,
      Actions: toRaw(rule.actions),
      Tags: toRawPairs(rule.tags),
    }
    const spec = { action: 'CreateRule', params, shape: rulesOf('CreateRule') }
    const made = toRule(one(this, 'rule', (await this.connection.query(spec, options)).result?.items, options))
    return owned(made, () => this.ex_deleteListenerRule(made))
  }

  /**
   * The rules of a listener; the default comes last.
   *
   * @example
   * ```ts
   * for await (const rule of driver.ex_listListenerRules(listener)) console.log(rule.priority, rule.conditions)
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeRules.html
   */
  ex_listListenerRules(listener: Ref, options?: CallOptions): Pager<AlbRule> {
    const params = { ListenerArn: listener.id }
    const spec = { action: 'DescribeRules', params, shape: rulesOf('DescribeRules'), token: 'Marker' }
    return this.connection.list(
      { ...spec, items: reply => (reply.result?.items ?? []).map(toRule), next: reply => reply.result?.next },
      options,
    )
  }

  /**
   * One rule.
   *
   * @example
   * ```ts
   * const { conditions } = await driver.ex_getRule(ruleId)
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeRules.html
   */
  async ex_getRule(ruleId: string, options?: CallOptions): Promise<AlbRule> {
    const spec = { action: 'DescribeRules', params: { RuleArns: [ruleId] }, shape: rulesOf('DescribeRules') }
    return toRule(one(this, 'rule', (await this.connection.query(spec, options)).result?.items, options))
  }

  /**
   * Changes a rule; what is absent stays. Its priority is changed by `ex_setRulePriorities`.
   *
   * @example
   * ```ts
   * await driver.ex_modifyRule(rule, { conditions: [{ field: 'host-header', values: ['api.example.com'] }] })
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyRule.html
   */
  async ex_modifyRule(
    rule: Ref,
    changes: Partial<Pick<AlbCreateRuleOptions, 'conditions' | 'actions'>>,
    options?: CallOptions,
  ): Promise<AlbRule> {
    const { conditions, actions } = changes
    const params = {
      RuleArn: rule.id,
      Conditions: conditions && toRaw(conditions),
      Actions: actions && toRaw(actions),
    }
    const spec = { action: 'ModifyRule', params, shape: rulesOf('ModifyRule'), idempotent: true }
    return toRule(one(this, 'rule', (await this.connection.query(spec, options)).result?.items, options))
  }

  /**
   * Gives rules of one listener other priorities, all at once.
   *
   * @example
   * ```ts
   * await driver.ex_setRulePriorities([{ rule: first, priority: 20 }, { rule: second, priority: 10 }])
   * ```
   * @throws NotFoundError
   * @throws ConflictError for a priority that another rule has
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetRulePriorities.html
   */
  async ex_setRulePriorities(
    priorities: readonly { readonly rule: Ref; readonly priority: number }[],
    options?: CallOptions,
  ): Promise<AlbRule[]> {
    const params = {
      RulePriorities: priorities.map(({ rule, priority }) => ({ RuleArn: rule.id, Priority: priority })),
    }
    const spec = { action: 'SetRulePriorities', params, shape: rulesOf('SetRulePriorities'), idempotent: true }
    return ((await this.connection.query(spec, options)).result?.items ?? []).map(toRule)
  }

  /**
   * Deletes a rule.
   *
   * @example
   * ```ts
   * await driver.ex_deleteListenerRule(rule)
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteRule.html
   */
  async ex_deleteListenerRule(rule: Ref, options?: CallOptions): Promise<void> {
    await act(this.connection, 'DeleteRule', { RuleArn: rule.id }, options)
  }
}

function toSettings(settings: AlbListenerSettings) {
  const { certificateId, alpnPolicy } = settings
  return {
    Protocol: settings.protocol?.toUpperCase(),
    Port: settings.port,
    SslPolicy: settings.sslPolicy,
    Certificates: certificateId === undefined ? undefined : [{ CertificateArn: certificateId }],
    DefaultActions: settings.actions && toRaw(settings.actions),
    AlpnPolicy: alpnPolicy === undefined ? undefined : [alpnPolicy],
  }
}
