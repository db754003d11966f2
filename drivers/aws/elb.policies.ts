import { NotFoundError } from '../../lib/errors.js'
import { xml } from '../../lib/http/xml.js'
import type { CallOptions } from '../../lib/options.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { ElbBase, type ElbListener, toRawListener } from './elb.base.js'
import { act, members, type Pairs } from './elb.shared.js'
import type { QueryParams } from './query.js'

const POLICIES = xml.object({
  DescribeLoadBalancerPoliciesResult: xml.object({
    PolicyDescriptions: members(
      xml.object({
        PolicyName: xml.string,
        PolicyTypeName: xml.string,
        PolicyAttributeDescriptions: members(xml.object({ AttributeName: xml.string, AttributeValue: xml.string })),
      }),
    ),
  }),
})
const POLICY_TYPES = xml.object({
  DescribeLoadBalancerPolicyTypesResult: xml.object({
    PolicyTypeDescriptions: members(
      xml.object({
        PolicyTypeName: xml.string,
        Description: xml.string,
        PolicyAttributeTypeDescriptions: members(
          xml.object({
            AttributeName: xml.string,
            AttributeType: xml.string,
            Description: xml.string,
            DefaultValue: xml.string,
            Cardinality: xml.string,
          }),
        ),
      }),
    ),
  }),
})

/** A policy of a balancer: for ciphers, stickiness, back-end authentication or the proxy protocol. */
export interface ElbPolicy {
  readonly name: string
  readonly typeName: string
  /** An attribute that stands several times has several values. */
  readonly attributes: readonly { readonly name: string; readonly value: string }[]
}
/** What policies there can be. */
export interface ElbPolicyType {
  readonly name: string
  readonly description: string
  readonly attributes: readonly {
    readonly name: string
    readonly type: string
    readonly description: string | undefined
    readonly defaultValue: string | undefined
    /** `ONE`, `ZERO_OR_ONE`, `ZERO_OR_MORE` or `ONE_OR_MORE`. */
    readonly cardinality: string
  }[]
}

/** Listeners and policies. */
export abstract class ElbPolicies extends ElbBase {
  /**
   * Listens on further ports. A listener that is there already, and is the same, stays.
   *
   * @example
   * ```ts
   * await driver.ex_createBalancerListeners(balancer, [{ port: 8080, protocol: 'http', instancePort: 80 }])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @throws ConflictError for a port that has another listener
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancerListeners.html
   */
  async ex_createBalancerListeners(
    balancer: Ref,
    listeners: readonly ElbListener[],
    options?: CallOptions,
  ): Promise<void> {
    await act(
      this.connection,
      'CreateLoadBalancerListeners',
      named(balancer, { Listeners: listeners.map(toRawListener) }),
      options,
    )
  }

  /**
   * Listens on ports no longer.
   *
   * @example
   * ```ts
   * await driver.ex_deleteBalancerListeners(balancer, [8080])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DeleteLoadBalancerListeners.html
   */
  async ex_deleteBalancerListeners(balancer: Ref, ports: readonly number[], options?: CallOptions): Promise<void> {
    await act(this.connection, 'DeleteLoadBalancerListeners', named(balancer, { LoadBalancerPorts: ports }), options)
  }

  /**
   * Shows another certificate on a port.
   *
   * @example
   * ```ts
   * await driver.ex_setListenerCertificate(balancer, 443, 'arn:aws:acm:eu-west-1:123456789012:certificate/…')
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @throws NotFoundError for a port or certificate that is not there
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_SetLoadBalancerListenerSSLCertificate.html
   */
  async ex_setListenerCertificate(
    balancer: Ref,
    port: number,
    certificateId: string,
    options?: CallOptions,
  ): Promise<void> {
    const params = { LoadBalancerPort: port, SSLCertificateId: certificateId }
    await act(this.connection, 'SetLoadBalancerListenerSSLCertificate', named(balancer, params), options)
  }

  /**
   * Makes a policy of a type, which a listener or the port of instances can then have.
   *
   * @example
   * ```ts
   * await driver.ex_createBalancerPolicy(balancer, 'proxy', 'ProxyProtocolPolicyType', { ProxyProtocol: 'true' })
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @throws ConflictError for a name that is taken
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancerPolicy.html
   */
  async ex_createBalancerPolicy(
    balancer: Ref,
    name: string,
    typeName: string,
    attributes: Pairs,
    options?: CallOptions,
  ): Promise<void> {
    const PolicyAttributes = Object.entries(attributes).map(([AttributeName, AttributeValue]) => ({
      AttributeName,
      AttributeValue,
    }))
    const params = { PolicyName: name, PolicyTypeName: typeName, PolicyAttributes }
    await act(this.connection, 'CreateLoadBalancerPolicy', named(balancer, params), options, false)
  }

  /**
   * Makes a policy by which who came once comes to the same instance again: by a cookie of the balancer's, or one of the
   * application's.
   *
   * @example
   * ```ts
   * await driver.ex_createCookieStickinessPolicy(balancer, 'sticky', { expiration: 3600 })
   * await driver.ex_createCookieStickinessPolicy(balancer, 'session', { cookie: 'JSESSIONID' })
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @throws ConflictError for a name that is taken
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLBCookieStickinessPolicy.html
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateAppCookieStickinessPolicy.html
   */
  async ex_createCookieStickinessPolicy(
    balancer: Ref,
    name: string,
    stickiness: { readonly expiration?: number | undefined; readonly cookie?: string | undefined },
    options?: CallOptions,
  ): Promise<void> {
    const { expiration, cookie } = stickiness
    const [action, params]: readonly [string, QueryParams] =
      cookie === undefined
        ? ['CreateLBCookieStickinessPolicy', { PolicyName: name, CookieExpirationPeriod: expiration }]
        : ['CreateAppCookieStickinessPolicy', { PolicyName: name, CookieName: cookie }]
    await act(this.connection, action, named(balancer, params), options, false)
  }

  /**
   * Deletes a policy that no listener has.
   *
   * @example
   * ```ts
   * await driver.ex_deleteBalancerPolicy(balancer, 'proxy')
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DeleteLoadBalancerPolicy.html
   */
  async ex_deleteBalancerPolicy(balancer: Ref, name: string, options?: CallOptions): Promise<void> {
    await act(this.connection, 'DeleteLoadBalancerPolicy', named(balancer, { PolicyName: name }), options)
  }

  /**
   * The policies of a balancer.
   *
   * @example
   * ```ts
   * for await (const policy of driver.ex_listBalancerPolicies(balancer)) console.log(policy.name, policy.typeName)
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancerPolicies.html
   */
  ex_listBalancerPolicies(balancer: Ref, options?: CallOptions): Pager<ElbPolicy> {
    return onePage(async () => {
      const params = { LoadBalancerName: balancer.id }
      const spec = { action: 'DescribeLoadBalancerPolicies', params, shape: POLICIES }
      const reply = await this.connection.query(spec, options)
      return (reply.DescribeLoadBalancerPoliciesResult?.PolicyDescriptions ?? []).map(raw => ({
        name: raw.PolicyName ?? '',
        typeName: raw.PolicyTypeName ?? '',
        attributes: raw.PolicyAttributeDescriptions.map(({ AttributeName: name = '', AttributeValue: value = '' }) => ({
          name,
          value,
        })),
      }))
    }, options)
  }

  /**
   * The types that policies can be of, with their attributes.
   *
   * @example
   * ```ts
   * const types = await driver.ex_listBalancerPolicyTypes()
   * ```
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancerPolicyTypes.html
   */
  ex_listBalancerPolicyTypes(options?: CallOptions): Pager<ElbPolicyType> {
    return onePage(async () => {
      const spec = { action: 'DescribeLoadBalancerPolicyTypes', shape: POLICY_TYPES, errors: { 404: NotFoundError } }
      const reply = await this.connection.query(spec, options)
      return (reply.DescribeLoadBalancerPolicyTypesResult?.PolicyTypeDescriptions ?? []).map(raw => ({
        name: raw.PolicyTypeName ?? '',
        description: raw.Description ?? '',
        attributes: raw.PolicyAttributeTypeDescriptions.map(each => ({
          name: each.AttributeName ?? '',
          type: each.AttributeType ?? '',
          description: each.Description,
          defaultValue: each.DefaultValue || undefined,
          cardinality: each.Cardinality ?? '',
        })),
      }))
    }, options)
  }

  /**
   * Gives the port of the instances these policies, and no others.
   *
   * @example
   * ```ts
   * await driver.ex_setBalancerPoliciesBackendServer(balancer, 80, ['proxy'])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @throws NotFoundError for a policy that is not there
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_SetLoadBalancerPoliciesForBackendServer.html
   */
  async ex_setBalancerPoliciesBackendServer(
    balancer: Ref,
    instancePort: number,
    policyNames: readonly string[],
    options?: CallOptions,
  ): Promise<void> {
    const params = { InstancePort: instancePort, PolicyNames: all(policyNames) }
    await act(this.connection, 'SetLoadBalancerPoliciesForBackendServer', named(balancer, params), options)
  }

  /**
   * Gives the listener of a port these policies, and no others.
   *
   * @example
   * ```ts
   * await driver.ex_setBalancerPoliciesListener(balancer, 443, ['sticky'])
   * ```
   * @throws LoadBalancerDoesNotExistError
   * @throws NotFoundError for a policy or listener that is not there
   * @see https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_SetLoadBalancerPoliciesOfListener.html
   */
  async ex_setBalancerPoliciesListener(
    balancer: Ref,
    port: number,
    policyNames: readonly string[],
    options?: CallOptions,
  ): Promise<void> {
    const params = { LoadBalancerPort: port, PolicyNames: all(policyNames) }
    await act(this.connection, 'SetLoadBalancerPoliciesOfListener', named(balancer, params), options)
  }
}

const named = (balancer: Ref, params: QueryParams): QueryParams => ({ LoadBalancerName: balancer.id, ...params })

/** None takes away those that are there: it has to be said. */
const all = (names: readonly string[]): readonly string[] | '' => (names.length === 0 ? '' : names)
