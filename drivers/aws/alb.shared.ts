// What the files of the second generation share: shapes, and the types of what they hold.
import { xml } from '../../lib/http/xml.js'
import { members } from './elb.shared.js'
import type { QueryParam, QueryParams } from './query.js'

const TARGET_GROUPS = members(xml.object({ TargetGroupArn: xml.string, Weight: xml.number }))
const ACTION = xml.object({
  Type: xml.string,
  TargetGroupArn: xml.string,
  Order: xml.number,
  AuthenticateOidcConfig: xml.object({
    Issuer: xml.string,
    AuthorizationEndpoint: xml.string,
    TokenEndpoint: xml.string,
    UserInfoEndpoint: xml.string,
    ClientId: xml.string,
    SessionCookieName: xml.string,
    Scope: xml.string,
    SessionTimeout: xml.number,
    OnUnauthenticatedRequest: xml.string,
    UseExistingClientSecret: xml.boolean,
  }),
  AuthenticateCognitoConfig: xml.object({
    UserPoolArn: xml.string,
    UserPoolClientId: xml.string,
    UserPoolDomain: xml.string,
    SessionCookieName: xml.string,
    Scope: xml.string,
    SessionTimeout: xml.number,
    OnUnauthenticatedRequest: xml.string,
  }),
  RedirectConfig: xml.object({
    Protocol: xml.string,
    Port: xml.string,
    Host: xml.string,
    Path: xml.string,
    Query: xml.string,
    StatusCode: xml.string,
  }),
  FixedResponseConfig: xml.object({ MessageBody: xml.string, StatusCode: xml.string, ContentType: xml.string }),
  ForwardConfig: xml.object({
    TargetGroups: TARGET_GROUPS,
    TargetGroupStickinessConfig: xml.object({ Enabled: xml.boolean, DurationSeconds: xml.number }),
  }),
})
const VALUES = xml.object({ Values: members(xml.string) })
const CONDITION = xml.object({
  Field: xml.string,
  Values: members(xml.string),
  HostHeaderConfig: VALUES,
  PathPatternConfig: VALUES,
  HttpHeaderConfig: xml.object({ HttpHeaderName: xml.string, Values: members(xml.string) }),
  QueryStringConfig: xml.object({ Values: members(xml.object({ Key: xml.string, Value: xml.string })) }),
  HttpRequestMethodConfig: VALUES,
  SourceIpConfig: VALUES,
})
const LISTENER: xml.XmlShape<RawListener> = xml.object({
  ListenerArn: xml.string,
  LoadBalancerArn: xml.string,
  Port: xml.number,
  Protocol: xml.string,
  Certificates: members(xml.object({ CertificateArn: xml.string, IsDefault: xml.boolean })),
  SslPolicy: xml.string,
  DefaultActions: members(ACTION),
  AlpnPolicy: members(xml.string),
})
const RULE: xml.XmlShape<RawRule> = xml.object({
  RuleArn: xml.string,
  Priority: xml.string,
  Conditions: members(CONDITION),
  Actions: members(ACTION),
  IsDefault: xml.boolean,
})
const TARGET_GROUP: xml.XmlShape<RawTargetGroup> = xml.object({
  TargetGroupArn: xml.string,
  TargetGroupName: xml.string,
  Protocol: xml.string,
  ProtocolVersion: xml.string,
  Port: xml.number,
  VpcId: xml.string,
  TargetType: xml.string,
  IpAddressType: xml.string,
  HealthCheckProtocol: xml.string,
  HealthCheckPort: xml.string,
  HealthCheckEnabled: xml.boolean,
  HealthCheckPath: xml.string,
  HealthCheckIntervalSeconds: xml.number,
  HealthCheckTimeoutSeconds: xml.number,
  HealthyThresholdCount: xml.number,
  UnhealthyThresholdCount: xml.number,
  Matcher: xml.object({ HttpCode: xml.string, GrpcCode: xml.string }),
  LoadBalancerArns: members(xml.string),
})

/** A listener, as the service has it. */
export interface RawListener {
  readonly ListenerArn?: string
  readonly LoadBalancerArn?: string
  readonly Port?: number
  readonly Protocol?: string
  readonly Certificates: { CertificateArn?: string; IsDefault?: boolean }[]
  readonly SslPolicy?: string
  readonly DefaultActions: object[]
  readonly AlpnPolicy: string[]
}
interface RawRule {
  readonly RuleArn?: string
  readonly Priority?: string
  readonly Conditions: object[]
  readonly Actions: object[]
  readonly IsDefault?: boolean
}
/** A target group, as the service has it. */
export interface RawTargetGroup {
  readonly TargetGroupArn?: string
  readonly TargetGroupName?: string
  readonly Protocol?: string
  readonly ProtocolVersion?: string
  readonly Port?: number
  readonly VpcId?: string
  readonly TargetType?: string
  readonly IpAddressType?: string
  readonly HealthCheckProtocol?: string
  readonly HealthCheckPort?: string
  readonly HealthCheckEnabled?: boolean
  readonly HealthCheckPath?: string
  readonly HealthCheckIntervalSeconds?: number
  readonly HealthCheckTimeoutSeconds?: number
  readonly HealthyThresholdCount?: number
  readonly UnhealthyThresholdCount?: number
  readonly Matcher?: { HttpCode?: string; GrpcCode?: string }
  readonly LoadBalancerArns: string[]
}

/** The result of an action, of which a list is wanted. */
export interface RawReply<T> {
  readonly result?: { items: T[]; next?: string }
}
const reply = <T>(action: string, list: string, of: xml.XmlShape<T>): xml.XmlShape<RawReply<T>> => {
  const result = xml.object({ items: xml.named(list, members(of)), next: xml.named('NextMarker', xml.string) })
  return xml.object({ result: xml.named(`${action}Result`, result) })
}
/** The replies of actions that give listeners, rules or target groups. */
export const listenersOf = (action: string): xml.XmlShape<RawReply<RawListener>> => reply(action, 'Listeners', LISTENER)
export const rulesOf = (action: string): xml.XmlShape<RawReply<RawRule>> => reply(action, 'Rules', RULE)
export const targetGroupsOf = (action: string): xml.XmlShape<RawReply<RawTargetGroup>> =>
  reply(action, 'TargetGroups', TARGET_GROUP)
export { reply as listOf }

/** Where a rule's or a listener's traffic goes. The last action forwards, redirects or answers. */
export interface AlbAction {
  readonly type: 'forward' | 'redirect' | 'fixed-response' | 'authenticate-oidc' | 'authenticate-cognito'
  /** Of a forward to one target group. */
  readonly targetGroupArn?: string | undefined
  /** Of a forward to several. */
  readonly forwardConfig?:
    | {
        readonly targetGroups: readonly { readonly targetGroupArn: string; readonly weight?: number | undefined }[]
        readonly targetGroupStickinessConfig?:
          | { readonly enabled: boolean; readonly durationSeconds?: number | undefined }
          | undefined
      }
    | undefined
  /** What is absent stays as it was asked: `#{host}` and the like stand for it. */
  readonly redirectConfig?:
    | {
        readonly statusCode: 'HTTP_301' | 'HTTP_302'
        readonly protocol?: string | undefined
        readonly port?: string | undefined
        readonly host?: string | undefined
        readonly path?: string | undefined
        readonly query?: string | undefined
      }
    | undefined
  readonly fixedResponseConfig?:
    | {
        readonly statusCode: string
        readonly contentType?: string | undefined
        readonly messageBody?: string | undefined
      }
    | undefined
  readonly authenticateOidcConfig?:
    | (AlbAuthentication & {
        readonly issuer: string
        readonly authorizationEndpoint: string
        readonly tokenEndpoint: string
        readonly userInfoEndpoint: string
        readonly clientId: string
        /** Never told again. */
        readonly clientSecret?: string | undefined
        readonly useExistingClientSecret?: boolean | undefined
      })
    | undefined
  readonly authenticateCognitoConfig?:
    | (AlbAuthentication & {
        readonly userPoolArn: string
        readonly userPoolClientId: string
        readonly userPoolDomain: string
      })
    | undefined
  /** Smaller ones come first. */
  readonly order?: number | undefined
}
/** How users are made known. */
export interface AlbAuthentication {
  readonly sessionCookieName?: string | undefined
  readonly scope?: string | undefined
  /** Seconds. */
  readonly sessionTimeout?: number | undefined
  readonly onUnauthenticatedRequest?: 'deny' | 'allow' | 'authenticate' | undefined
}
/** What a request must have for a rule to hold. */
export interface AlbCondition {
  readonly field: 'host-header' | 'path-pattern' | 'http-header' | 'query-string' | 'http-request-method' | 'source-ip'
  /** Of host headers and path patterns: the same as their own configuration. */
  readonly values?: readonly string[] | undefined
  readonly hostHeaderConfig?: { readonly values: readonly string[] } | undefined
  readonly pathPatternConfig?: { readonly values: readonly string[] } | undefined
  readonly httpHeaderConfig?: { readonly httpHeaderName: string; readonly values: readonly string[] } | undefined
  readonly queryStringConfig?:
    | { readonly values: readonly { readonly key?: string | undefined; readonly value: string }[] }
    | undefined
  readonly httpRequestMethodConfig?: { readonly values: readonly string[] } | undefined
  readonly sourceIpConfig?: { readonly values: readonly string[] } | undefined
}
/** Where a balancer listens. */
export interface AlbListener {
  readonly id: string
  readonly balancerId: string
  readonly port: number
  /** In lower case: `'https'`. */
  readonly protocol: string
  readonly certificateIds: readonly string[]
  readonly sslPolicy: string | undefined
  readonly alpnPolicy: string | undefined
  readonly actions: readonly AlbAction[]
}
/** What is done with some of a listener's requests. */
export interface AlbRule {
  readonly id: string
  /** From 1 to 50000, the smallest first; `undefined` for the default, which comes last. */
  readonly priority: number | undefined
  readonly isDefault: boolean
  readonly conditions: readonly AlbCondition[]
  readonly actions: readonly AlbAction[]
}
/** How targets are looked at. */
export interface AlbHealthCheck {
  readonly protocol?: string | undefined
  /** `'traffic-port'` or a number. */
  readonly port?: string | undefined
  readonly enabled?: boolean | undefined
  readonly path?: string | undefined
  /** Seconds between two looks: 5 to 300. */
  readonly interval?: number | undefined
  /** Seconds: 2 to 120. */
  readonly timeout?: number | undefined
  readonly healthyThreshold?: number | undefined
  readonly unhealthyThreshold?: number | undefined
  /** The codes that are healthy: `'200-299'`, or of gRPC with `protocolVersion` GRPC. */
  readonly matcher?: string | undefined
}
/** Targets that are sent traffic together. */
export interface AlbTargetGroup {
  readonly id: string
  readonly name: string
  /** In lower case. */
  readonly protocol: string | undefined
  readonly protocolVersion: string | undefined
  readonly port: number | undefined
  readonly vpcId: string | undefined
  readonly targetType: 'instance' | 'ip' | 'lambda' | 'alb' | (string & {})
  readonly ipAddressType: string | undefined
  readonly healthCheck: AlbHealthCheck
  readonly balancerIds: readonly string[]
}

const withFirst = (value: unknown, change: (first: string) => string): unknown => {
  if (Array.isArray(value)) return value.map(each => withFirst(each, change))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(
    ([, each]) => each !== undefined && !(Array.isArray(each) && !each.length),
  )
  return Object.fromEntries(
    members.map(([name, each]) => [change(name.charAt(0)) + name.slice(1), withFirst(each, change)]),
  )
}
/** Members as the service names them. */
export const toRaw = (value: object | readonly object[]): QueryParam =>
  withFirst(value, first => first.toUpperCase()) as QueryParam
/** Members as this library names them. */
export const fromRaw = <T>(value: unknown): T => withFirst(value, first => first.toLowerCase()) as T

export function toListener(raw: RawListener): AlbListener {
  return {
    id: raw.ListenerArn ?? '',
    balancerId: raw.LoadBalancerArn ?? '',
    port: raw.Port ?? 0,
    protocol: (raw.Protocol ?? '').toLowerCase(),
    certificateIds: raw.Certificates.map(({ CertificateArn }) => CertificateArn ?? ''),
    sslPolicy: raw.SslPolicy,
    alpnPolicy: raw.AlpnPolicy[0],
    actions: fromRaw(raw.DefaultActions),
  }
}

export function toRule(raw: RawRule): AlbRule {
  const isDefault = raw.IsDefault ?? false
  return {
    id: raw.RuleArn ?? '',
    priority: isDefault ? undefined : Number(raw.Priority),
    isDefault,
    conditions: fromRaw(raw.Conditions),
    actions: fromRaw(raw.Actions),
  }
}

export function toTargetGroup(raw: RawTargetGroup): AlbTargetGroup {
  return {
    id: raw.TargetGroupArn ?? '',
    name: raw.TargetGroupName ?? '',
    protocol: raw.Protocol?.toLowerCase(),
    protocolVersion: raw.ProtocolVersion,
    port: raw.Port,
    vpcId: raw.VpcId,
    targetType: raw.TargetType ?? '',
    ipAddressType: raw.IpAddressType,
    healthCheck: {
      protocol: raw.HealthCheckProtocol?.toLowerCase(),
      port: raw.HealthCheckPort,
      enabled: raw.HealthCheckEnabled,
      path: raw.HealthCheckPath,
      interval: raw.HealthCheckIntervalSeconds,
      timeout: raw.HealthCheckTimeoutSeconds,
      healthyThreshold: raw.HealthyThresholdCount,
      unhealthyThreshold: raw.UnhealthyThresholdCount,
      matcher: raw.Matcher?.HttpCode ?? raw.Matcher?.GrpcCode,
    },
    balancerIds: raw.LoadBalancerArns,
  }
}

/** A health check, as the service has it. */
export function toRawHealthCheck(check: AlbHealthCheck | undefined, isGrpc: boolean): QueryParams {
  const { matcher } = check ?? {}
  return {
    HealthCheckProtocol: check?.protocol?.toUpperCase(),
    HealthCheckPort: check?.port,
    HealthCheckEnabled: check?.enabled,
    HealthCheckPath: check?.path,
    HealthCheckIntervalSeconds: check?.interval,
    HealthCheckTimeoutSeconds: check?.timeout,
    HealthyThresholdCount: check?.healthyThreshold,
    UnhealthyThresholdCount: check?.unhealthyThreshold,
    Matcher: matcher === undefined ? undefined : isGrpc ? { GrpcCode: matcher } : { HttpCode: matcher },
  }
}
