import type { LoadBalancerDriver } from '../../lib/loadbalancer/driver.js'
import { LoadBalancer, LoadBalancerState } from '../../lib/loadbalancer/types.js'
import type { Ref } from '../../lib/resource.js'
import { toDate, toNumber } from './account.js'
import type { RawRegion } from './compute.shared.js'

// A balancer and its settings, which are written as they are read.

const STATES: Readonly<Record<string, LoadBalancerState>> = {
  new: LoadBalancerState.PENDING,
  active: LoadBalancerState.RUNNING,
  errored: LoadBalancerState.ERROR,
}

export interface RawForwardingRule {
  readonly entry_protocol: DigitalOceanEntryProtocol
  readonly entry_port: number
  readonly target_protocol: DigitalOceanTargetProtocol
  readonly target_port: number
  readonly certificate_id?: string | undefined
  readonly tls_passthrough?: boolean | undefined
}
interface RawHealthCheck {
  readonly protocol?: 'http' | 'https' | 'tcp' | undefined
  readonly port?: number | undefined
  readonly path?: string | undefined
  readonly check_interval_seconds?: number | undefined
  readonly response_timeout_seconds?: number | undefined
  readonly unhealthy_threshold?: number | undefined
  readonly healthy_threshold?: number | undefined
}
interface RawStickySessions {
  readonly type?: 'cookies' | 'none' | undefined
  readonly cookie_name?: string | undefined
  readonly cookie_ttl_seconds?: number | undefined
}
interface RawGlobalSettings {
  readonly target_protocol?: 'http' | 'https' | 'http2' | undefined
  readonly target_port?: number | undefined
  readonly cdn?: { readonly is_enabled?: boolean | undefined } | undefined
  readonly region_priorities?: Readonly<Record<string, number>> | undefined
  readonly failover_threshold?: number | undefined
}
interface RawDomain {
  readonly name?: string | undefined
  readonly is_managed?: boolean | undefined
  readonly certificate_id?: string | undefined
}
/** What can be written. */
export interface RawSettings {
  readonly name?: string | undefined
  readonly forwarding_rules?: readonly RawForwardingRule[] | undefined
  readonly health_check?: RawHealthCheck | undefined
  readonly sticky_sessions?: RawStickySessions | undefined
  readonly size_unit?: number | undefined
  readonly size?: string | undefined
  readonly project_id?: string | undefined
  readonly redirect_http_to_https?: boolean | undefined
  readonly enable_proxy_protocol?: boolean | undefined
  readonly enable_backend_keepalive?: boolean | undefined
  readonly http_idle_timeout_seconds?: number | undefined
  readonly disable_lets_encrypt_dns_records?: boolean | undefined
  readonly firewall?: DigitalOceanBalancerFirewall | undefined
  readonly domains?: readonly RawDomain[] | undefined
  readonly glb_settings?: RawGlobalSettings | undefined
  readonly target_load_balancer_ids?: readonly string[] | undefined
  readonly tls_cipher_policy?: 'DEFAULT' | 'STRONG' | undefined
  readonly tag?: string | undefined
  readonly droplet_ids?: readonly number[] | null | undefined
}
export interface RawBalancer extends RawSettings {
  readonly id: string
  readonly name: string
  readonly ip?: string
  readonly ipv6?: string
  readonly algorithm?: string
  readonly status: string
  readonly created_at: string
  readonly region?: RawRegion | null
  readonly vpc_uuid?: string
  readonly network?: 'EXTERNAL' | 'INTERNAL'
  readonly network_stack?: 'IPV4' | 'DUALSTACK'
  readonly type?: DigitalOceanBalancerType
}

export type DigitalOceanEntryProtocol = 'http' | 'https' | 'http2' | 'http3' | 'tcp' | 'udp'
export type DigitalOceanTargetProtocol = 'http' | 'https' | 'http2' | 'tcp' | 'udp'
export type DigitalOceanBalancerType = 'REGIONAL' | 'REGIONAL_NETWORK' | 'GLOBAL'

/** From where to where traffic goes. */
export interface DigitalOceanForwardingRule {
  readonly entryProtocol: DigitalOceanEntryProtocol
  readonly entryPort: number
  readonly targetProtocol: DigitalOceanTargetProtocol
  /** Where the droplets listen. */
  readonly targetPort: number
  /** The certificate that the balancer shows for https, http2 and http3. */
  readonly certificateId?: string | undefined
  /** Leaves encryption to the droplets. */
  readonly tlsPassthrough?: boolean | undefined
}
/** How droplets are found to be well. Times are in seconds. */
export interface DigitalOceanHealthCheck {
  /** @defaultValue 'http' */
  readonly protocol?: 'http' | 'https' | 'tcp' | undefined
  /** @defaultValue 80 */
  readonly port?: number | undefined
  /** @defaultValue '/' */
  readonly path?: string | undefined
  /** @defaultValue 10 */
  readonly interval?: number | undefined
  /** @defaultValue 5 */
  readonly timeout?: number | undefined
  /** Failures after which a droplet gets no more traffic. @defaultValue 5 */
  readonly unhealthyThreshold?: number | undefined
  /** Successes after which it gets traffic again. @defaultValue 3 */
  readonly healthyThreshold?: number | undefined
}
/** Whether a client stays with its droplet. */
export interface DigitalOceanStickySessions {
  readonly type: 'cookies' | 'none'
  readonly cookieName?: string | undefined
  /** Seconds. */
  readonly cookieTtl?: number | undefined
}
/** Who may connect: each in the form `'ip:1.2.3.4'` or `'cidr:1.2.0.0/16'`. */
export interface DigitalOceanBalancerFirewall {
  readonly allow?: readonly string[] | undefined
  readonly deny?: readonly string[] | undefined
}
/** A domain of a global balancer. */
export interface DigitalOceanBalancerDomain {
  readonly name: string
  /** Its records are DigitalOcean's to make. */
  readonly isManaged?: boolean | undefined
  readonly certificateId?: string | undefined
}
/** What only global balancers have. */
export interface DigitalOceanGlobalSettings {
  readonly targetProtocol?: 'http' | 'https' | 'http2' | undefined
  readonly targetPort?: number | undefined
  readonly cdn?: boolean | undefined
  /** By slug; lower ones come first. */
  readonly regionPriorities?: Readonly<Record<string, number>> | undefined
  /** Percentage of failures at which the next region is taken. */
  readonly failoverThreshold?: number | undefined
}

/** What can be said of a balancer at any time. */
export interface DigitalOceanBalancerSettings {
  /** All rules, also the first one, which `port` and `protocol` are otherwise about. */
  ex_forwardingRules?: readonly DigitalOceanForwardingRule[] | undefined
  ex_healthCheck?: DigitalOceanHealthCheck | undefined
  ex_stickySessions?: DigitalOceanStickySessions | undefined
  /** How many machines the balancer has, from 1 to 100. @defaultValue 1 */
  ex_sizeUnit?: number | undefined
  /** @deprecated for regions without `ex_sizeUnit`: AMS2, NYC2 and SFO1 */
  ex_size?: 'lb-small' | 'lb-medium' | 'lb-large' | undefined
  /** All droplets that have this tag are members, now and later, and no others. */
  ex_tag?: string | undefined
  /** The id of a project. @defaultValue the account's default project */
  ex_projectId?: string | undefined
  /** @defaultValue false */
  ex_redirectHttpToHttps?: boolean | undefined
  /** Tells droplets the client's address by the PROXY protocol. @defaultValue false */
  ex_enableProxyProtocol?: boolean | undefined
  /** Keeps connections to droplets open. @defaultValue false */
  ex_enableBackendKeepalive?: boolean | undefined
  /** Seconds, from 30 to 600. @defaultValue 60 */
  ex_httpIdleTimeout?: number | undefined
  /** @defaultValue false */
  ex_disableLetsEncryptDnsRecords?: boolean | undefined
  ex_firewall?: DigitalOceanBalancerFirewall | undefined
  /** @defaultValue 'DEFAULT' */
  ex_tlsCipherPolicy?: 'DEFAULT' | 'STRONG' | undefined
  /** Domains of a global balancer. */
  ex_domains?: readonly DigitalOceanBalancerDomain[] | undefined
  ex_globalSettings?: DigitalOceanGlobalSettings | undefined
  /** The regional balancers of a global one. */
  ex_targetBalancers?: readonly Ref[] | undefined
}

/** What only DigitalOcean tells of a balancer. */
export interface DigitalOceanBalancerExtra {
  /** The provider's own word: `'new'`, `'active'` or `'errored'`. */
  readonly state: string
  readonly type: DigitalOceanBalancerType | undefined
  /** Slug of the region; a global balancer has none. */
  readonly region: string | undefined
  readonly createdAt: Date | undefined
  readonly ipv6: string | undefined
  readonly nodeIds: readonly string[]
  /** Empty where the members are chosen one by one. */
  readonly tag: string
  readonly forwardingRules: readonly DigitalOceanForwardingRule[]
  readonly healthCheck: DigitalOceanHealthCheck | undefined
  readonly stickySessions: DigitalOceanStickySessions | undefined
  readonly sizeUnit: number | undefined
  readonly size: string | undefined
  readonly algorithm: string | undefined
  readonly projectId: string | undefined
  readonly vpcId: string | undefined
  readonly network: 'EXTERNAL' | 'INTERNAL' | undefined
  readonly networkStack: 'IPV4' | 'DUALSTACK' | undefined
  readonly redirectHttpToHttps: boolean
  readonly enableProxyProtocol: boolean
  readonly enableBackendKeepalive: boolean
  /** Seconds. */
  readonly httpIdleTimeout: number | undefined
  readonly disableLetsEncryptDnsRecords: boolean
  readonly firewall: DigitalOceanBalancerFirewall | undefined
  readonly tlsCipherPolicy: 'DEFAULT' | 'STRONG' | undefined
  readonly domains: readonly DigitalOceanBalancerDomain[]
  readonly globalSettings: DigitalOceanGlobalSettings | undefined
  readonly targetBalancerIds: readonly string[]
}

export function toBalancer(driver: LoadBalancerDriver, raw: RawBalancer): LoadBalancer<DigitalOceanBalancerExtra> {
  const forwardingRules = (raw.forwarding_rules ?? []).map(toRule)
  const extra = {
    state: raw.status,
    type: raw.type,
    region: raw.region?.slug,
    createdAt: toDate(raw.created_at),
    ipv6: raw.ipv6 || undefined,
    nodeIds: (raw.droplet_ids ?? []).map(String),
    tag: raw.tag ?? '',
    forwardingRules,
    healthCheck: raw.health_check && toHealthCheck(raw.health_check),
    stickySessions: raw.sticky_sessions && toStickySessions(raw.sticky_sessions),
    sizeUnit: raw.size_unit,
    size: raw.size,
    algorithm: raw.algorithm,
    projectId: raw.project_id,
    vpcId: raw.vpc_uuid,
    network: raw.network,
    networkStack: raw.network_stack,
    redirectHttpToHttps: raw.redirect_http_to_https ?? false,
    enableProxyProtocol: raw.enable_proxy_protocol ?? false,
    enableBackendKeepalive: raw.enable_backend_keepalive ?? false,
    httpIdleTimeout: raw.http_idle_timeout_seconds,
    disableLetsEncryptDnsRecords: raw.disable_lets_encrypt_dns_records ?? false,
    firewall: raw.firewall,
    tlsCipherPolicy: raw.tls_cipher_policy,
    domains: (raw.domains ?? []).map(toDomain),
    globalSettings: raw.glb_settings && toGlobalSettings(raw.glb_settings),
    targetBalancerIds: raw.target_load_balancer_ids ?? [],
  }
  return new LoadBalancer(driver, {
    id: raw.id,
    name: raw.name,
    state: STATES[raw.status] ?? LoadBalancerState.UNKNOWN,
    ip: raw.ip ?? '',
    port: forwardingRules[0]?.entryPort ?? 0,
    extra,
  })
}

export function toRawSettings(settings: DigitalOceanBalancerSettings): RawSettings {
  const { ex_healthCheck: check, ex_stickySessions: sticky, ex_globalSettings: global } = settings
  return {
    forwarding_rules: settings.ex_forwardingRules?.map(toRawRule),
    health_check: check && toRawHealthCheck(check),
    sticky_sessions: sticky && {
      type: sticky.type,
      cookie_name: sticky.cookieName,
      cookie_ttl_seconds: sticky.cookieTtl,
    },
    size_unit: settings.ex_sizeUnit,
    size: settings.ex_size,
    tag: settings.ex_tag,
    project_id: settings.ex_projectId,
    redirect_http_to_https: settings.ex_redirectHttpToHttps,
    enable_proxy_protocol: settings.ex_enableProxyProtocol,
    enable_backend_keepalive: settings.ex_enableBackendKeepalive,
    http_idle_timeout_seconds: settings.ex_httpIdleTimeout,
    disable_lets_encrypt_dns_records: settings.ex_disableLetsEncryptDnsRecords,
    firewall: settings.ex_firewall,
    tls_cipher_policy: settings.ex_tlsCipherPolicy,
    domains: settings.ex_domains?.map(({ name, isManaged, certificateId }) => ({
      name,
      is_managed: isManaged,
      certificate_id: certificateId,
    })),
    glb_settings: global && toRawGlobalSettings(global),
    target_load_balancer_ids: settings.ex_targetBalancers?.map(target => target.id),
  }
}

export function toRawNodeIds(nodes: readonly Ref[]): number[] {
  return nodes.map(node => toNumber(node.id, 'nodes[].id'))
}

export function toRawRule(rule: DigitalOceanForwardingRule): RawForwardingRule {
  return {
    entry_protocol: rule.entryProtocol,
    entry_port: rule.entryPort,
    target_protocol: rule.targetProtocol,
    target_port: rule.targetPort,
    certificate_id: rule.certificateId,
    tls_passthrough: rule.tlsPassthrough,
  }
}

export function toRule(raw: RawForwardingRule): DigitalOceanForwardingRule {
  return {
    entryProtocol: raw.entry_protocol,
    entryPort: raw.entry_port,
    targetProtocol: raw.target_protocol,
    targetPort: raw.target_port,
    certificateId: raw.certificate_id || undefined,
    tlsPassthrough: raw.tls_passthrough,
  }
}

function toRawHealthCheck(check: DigitalOceanHealthCheck): RawHealthCheck {
  return {
    protocol: check.protocol,
    port: check.port,
    path: check.path,
    check_interval_seconds: check.interval,
    response_timeout_seconds: check.timeout,
    unhealthy_threshold: check.unhealthyThreshold,
    healthy_threshold: check.healthyThreshold,
  }
}

function toHealthCheck(raw: RawHealthCheck): DigitalOceanHealthCheck {
  return {
    protocol: raw.protocol,
    port: raw.port,
    path: raw.path,
    interval: raw.check_interval_seconds,
    timeout: raw.response_timeout_seconds,
    unhealthyThreshold: raw.unhealthy_threshold,
    healthyThreshold: raw.healthy_threshold,
  }
}

function toStickySessions(raw: RawStickySessions): DigitalOceanStickySessions {
  return { type: raw.type ?? 'none', cookieName: raw.cookie_name, cookieTtl: raw.cookie_ttl_seconds }
}

function toDomain(raw: RawDomain): DigitalOceanBalancerDomain {
  return { name: raw.name ?? '', isManaged: raw.is_managed, certificateId: raw.certificate_id || undefined }
}

function toRawGlobalSettings(settings: DigitalOceanGlobalSettings): RawGlobalSettings {
  return {
    target_protocol: settings.targetProtocol,
    target_port: settings.targetPort,
    cdn: settings.cdn === undefined ? undefined : { is_enabled: settings.cdn },
    region_priorities: settings.regionPriorities,
    failover_threshold: settings.failoverThreshold,
  }
}

function toGlobalSettings(raw: RawGlobalSettings): DigitalOceanGlobalSettings {
  return {
    targetProtocol: raw.target_protocol,
    targetPort: raw.target_port,
    cdn: raw.cdn?.is_enabled,
    regionPriorities: raw.region_priorities,
    failoverThreshold: raw.failover_threshold,
  }
}
