// What Octavia's things look like in this library. Where a setting may be absent, Octavia has a default of its own.

/** Whether a thing is made, being changed, or broken: `ACTIVE`, `PENDING_UPDATE`, `ERROR` … */
interface OctaviaThing {
  readonly id: string
  readonly name: string
  /** `ACTIVE`, `PENDING_CREATE`, `PENDING_UPDATE`, `PENDING_DELETE`, `ERROR`, `DELETED` … */
  readonly state: string
  /** Whether it does its work: `ONLINE`, `OFFLINE`, `DEGRADED`, `ERROR`, `NO_MONITOR` … */
  readonly operatingStatus: string
  readonly adminStateUp: boolean
  readonly projectId: string
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
  readonly tags: readonly string[]
}
/** What can be said of everything. */
interface OctaviaCommon {
  readonly name?: string | undefined
  /** `false` switches it off. @defaultValue true */
  readonly adminStateUp?: boolean | undefined
  readonly tags?: readonly string[] | undefined
}

/** What only Octavia tells of a balancer. */
export interface OctaviaBalancerExtra extends Omit<OctaviaThing, 'id' | 'name'> {
  readonly description: string
  readonly vipAddress: string | undefined
  readonly vipPortId: string | undefined
  readonly vipSubnetId: string | undefined
  readonly vipNetworkId: string | undefined
  readonly vipQosPolicyId: string | undefined
  /** Which driver of Octavia's makes it: `amphora`, `ovn` … */
  readonly provider: string
  readonly flavorId: string | undefined
  readonly availabilityZone: string | undefined
  readonly listenerIds: readonly string[]
  readonly poolIds: readonly string[]
}

/** What can be said of a balancer at any time. */
export interface OctaviaBalancerSettings {
  ex_description?: string | undefined
  /** `false` switches it off. */
  ex_adminStateUp?: boolean | undefined
  ex_tags?: readonly string[] | undefined
  ex_vipQosPolicyId?: string | null | undefined
}
export type OctaviaListenerProtocol = 'HTTP' | 'HTTPS' | 'TCP' | 'UDP' | 'SCTP' | 'TERMINATED_HTTPS' | 'PROMETHEUS'
export type OctaviaPoolProtocol = 'HTTP' | 'HTTPS' | 'TCP' | 'UDP' | 'SCTP' | 'PROXY' | 'PROXYV2'
export type OctaviaAlgorithm = 'ROUND_ROBIN' | 'LEAST_CONNECTIONS' | 'SOURCE_IP' | 'SOURCE_IP_PORT'

/** What can be said of a listener at any time. `null` goes back to Octavia's default. */
export interface OctaviaListenerSettings extends OctaviaCommon {
  readonly description?: string | undefined
  /** The most connections at a time; -1 for any number. */
  readonly connectionLimit?: number | null | undefined
  readonly defaultPoolId?: string | null | undefined
  /** The certificate that is shown for TERMINATED_HTTPS: a reference to Barbican's PKCS12 secret or container. */
  readonly defaultTlsContainerRef?: string | null | undefined
  /** Certificates for other names (SNI). */
  readonly sniContainerRefs?: readonly string[] | null | undefined
  /** `{ 'X-Forwarded-For': 'true' }` */
  readonly insertHeaders?: Readonly<Record<string, string>> | undefined
  /** Who may connect, as networks. */
  readonly allowedCidrs?: readonly string[] | null | undefined
  /** Milliseconds that a client may be silent. */
  readonly timeoutClientData?: number | null | undefined
  /** Milliseconds until a member has answered to a connection. */
  readonly timeoutMemberConnect?: number | null | undefined
  /** Milliseconds that a member may be silent. */
  readonly timeoutMemberData?: number | null | undefined
  /** Milliseconds that are waited for more of a TCP packet. */
  readonly timeoutTcpInspect?: number | null | undefined
  /** The authority of clients' certificates, in Barbican. */
  readonly clientCaTlsContainerRef?: string | null | undefined
  readonly clientCrlContainerRef?: string | null | undefined
  readonly clientAuthentication?: 'NONE' | 'OPTIONAL' | 'MANDATORY' | null | undefined
  /** In OpenSSL's form, with colons between. */
  readonly tlsCiphers?: string | null | undefined
  /** `['TLSv1.2', 'TLSv1.3']` */
  readonly tlsVersions?: readonly string[] | null | undefined
  readonly alpnProtocols?: readonly string[] | null | undefined
}
/** What `ex_createListener` takes. */
export interface OctaviaNewListener extends OctaviaListenerSettings {
  readonly protocol: OctaviaListenerProtocol
  readonly protocolPort: number
}
/** Where a balancer listens. */
export interface OctaviaListener extends OctaviaThing {
  readonly description: string
  readonly protocol: string
  readonly protocolPort: number
  readonly connectionLimit: number
  readonly defaultPoolId: string | undefined
  readonly defaultTlsContainerRef: string | undefined
  readonly sniContainerRefs: readonly string[]
  readonly insertHeaders: Readonly<Record<string, string>>
  readonly allowedCidrs: readonly string[] | undefined
  readonly timeoutClientData: number | undefined
  readonly timeoutMemberConnect: number | undefined
  readonly timeoutMemberData: number | undefined
  readonly timeoutTcpInspect: number | undefined
  readonly clientCaTlsContainerRef: string | undefined
  readonly clientCrlContainerRef: string | undefined
  readonly clientAuthentication: string | undefined
  readonly tlsCiphers: string | undefined
  readonly tlsVersions: readonly string[] | undefined
  readonly alpnProtocols: readonly string[] | undefined
  readonly balancerIds: readonly string[]
  readonly l7PolicyIds: readonly string[]
}

/** How a client stays with its member. */
export interface OctaviaSessionPersistence {
  readonly type: 'SOURCE_IP' | 'HTTP_COOKIE' | 'APP_COOKIE'
  /** For APP_COOKIE. */
  readonly cookieName?: string | undefined
  /** Seconds, for SOURCE_IP with UDP and SCTP. */
  readonly persistenceTimeout?: number | undefined
  /** A netmask, for SOURCE_IP with UDP and SCTP. */
  readonly persistenceGranularity?: string | undefined
}
/** What can be said of a pool at any time. */
export interface OctaviaPoolSettings extends OctaviaCommon {
  readonly description?: string | undefined
  readonly algorithm?: OctaviaAlgorithm | undefined
  readonly sessionPersistence?: OctaviaSessionPersistence | null | undefined
  /** Speaks TLS to members. */
  readonly tlsEnabled?: boolean | undefined
  /** The certificate that is shown to members, in Barbican. */
  readonly tlsContainerRef?: string | null | undefined
  /** The authority of members' certificates, in Barbican. */
  readonly caTlsContainerRef?: string | null | undefined
  readonly crlContainerRef?: string | null | undefined
  readonly tlsCiphers?: string | null | undefined
  readonly tlsVersions?: readonly string[] | null | undefined
  readonly alpnProtocols?: readonly string[] | null | undefined
}
/** What `ex_createPool` takes. */
export interface OctaviaNewPool extends OctaviaPoolSettings {
  readonly protocol: OctaviaPoolProtocol
  readonly algorithm: OctaviaAlgorithm
  /** The listener that sends its traffic here. @defaultValue none */
  readonly listenerId?: string | undefined
}
/** Members among which traffic is shared. */
export interface OctaviaPool extends OctaviaThing {
  readonly description: string
  readonly protocol: string
  readonly algorithm: string
  readonly sessionPersistence: OctaviaSessionPersistence | undefined
  readonly healthMonitorId: string | undefined
  readonly tlsEnabled: boolean | undefined
  readonly tlsContainerRef: string | undefined
  readonly caTlsContainerRef: string | undefined
  readonly crlContainerRef: string | undefined
  readonly tlsCiphers: string | undefined
  readonly tlsVersions: readonly string[] | undefined
  readonly alpnProtocols: readonly string[] | undefined
  readonly balancerIds: readonly string[]
  readonly listenerIds: readonly string[]
  readonly memberIds: readonly string[]
}

/** What can be said of a member at any time. */
export interface OctaviaMemberSettings extends OctaviaCommon {
  /** Its part of the traffic, from 0 to 256. @defaultValue 1 */
  readonly weight?: number | undefined
  /** Gets traffic only when no other is well. */
  readonly backup?: boolean | undefined
  /** Where it is asked how it is. @defaultValue its own address */
  readonly monitorAddress?: string | null | undefined
  readonly monitorPort?: number | null | undefined
}
/** What `ex_createMember` takes. */
export interface OctaviaNewMember extends OctaviaMemberSettings {
  readonly address: string
  readonly protocolPort: number
  /** How it is reached. @defaultValue through the network of the balancer's address */
  readonly subnetId?: string | undefined
}
/** What a pool sends traffic to. */
export interface OctaviaPoolMember extends OctaviaThing {
  readonly address: string
  readonly protocolPort: number
  readonly weight: number
  readonly backup: boolean
  readonly subnetId: string | undefined
  readonly monitorAddress: string | undefined
  readonly monitorPort: number | undefined
}
/** What only Octavia tells of a member. */
export interface OctaviaMemberExtra extends Omit<OctaviaPoolMember, 'id' | 'address' | 'protocolPort'> {
  readonly poolId: string
}

/** What can be said of a health monitor at any time. Times are in seconds. */
export interface OctaviaHealthMonitorSettings extends OctaviaCommon {
  /** Between two looks. */
  readonly delay?: number | undefined
  /** For one look; less than `delay`. */
  readonly timeout?: number | undefined
  /** Successes after which a member is well, from 1 to 10. */
  readonly maxRetries?: number | undefined
  /** Failures after which it is not. @defaultValue 3 */
  readonly maxRetriesDown?: number | null | undefined
  readonly httpMethod?: string | null | undefined
  readonly httpVersion?: number | null | undefined
  readonly urlPath?: string | null | undefined
  /** `'200'`, `'200,202'`, `'200-204'` */
  readonly expectedCodes?: string | null | undefined
  readonly domainName?: string | null | undefined
}
/** What `ex_createHealthMonitor` takes. */
export interface OctaviaNewHealthMonitor extends OctaviaHealthMonitorSettings {
  readonly type: 'HTTP' | 'HTTPS' | 'PING' | 'TCP' | 'TLS-HELLO' | 'UDP-CONNECT' | 'SCTP'
  readonly delay: number
  readonly timeout: number
  readonly maxRetries: number
}
/** How a pool's members are found to be well. */
export interface OctaviaHealthMonitor extends OctaviaThing {
  readonly type: string
  readonly delay: number
  readonly timeout: number
  readonly maxRetries: number
  readonly maxRetriesDown: number | undefined
  readonly httpMethod: string | undefined
  readonly httpVersion: number | undefined
  readonly urlPath: string | undefined
  readonly expectedCodes: string | undefined
  readonly domainName: string | undefined
  readonly poolIds: readonly string[]
}

/** What can be said of a policy at any time. */
export interface OctaviaL7PolicySettings extends OctaviaCommon {
  readonly description?: string | undefined
  readonly action?: 'REDIRECT_TO_POOL' | 'REDIRECT_TO_URL' | 'REDIRECT_PREFIX' | 'REJECT' | undefined
  readonly redirectPoolId?: string | null | undefined
  readonly redirectUrl?: string | null | undefined
  readonly redirectPrefix?: string | null | undefined
  readonly redirectHttpCode?: 301 | 302 | 303 | 307 | 308 | null | undefined
  /** From 1: the first one comes first. @defaultValue the last */
  readonly position?: number | null | undefined
}
/** What `ex_createL7Policy` takes. */
export interface OctaviaNewL7Policy extends OctaviaL7PolicySettings {
  readonly action: NonNullable<OctaviaL7PolicySettings['action']>
}
/** What a listener does with requests that all its rules hold for. */
export interface OctaviaL7Policy extends OctaviaThing {
  readonly description: string
  readonly action: string
  readonly listenerId: string
  readonly redirectPoolId: string | undefined
  readonly redirectUrl: string | undefined
  readonly redirectPrefix: string | undefined
  readonly redirectHttpCode: number | undefined
  readonly position: number
  readonly ruleIds: readonly string[]
}
/** What can be said of a rule at any time. */
export interface OctaviaL7RuleSettings extends Omit<OctaviaCommon, 'name'> {
  readonly type?:
    | 'COOKIE'
    | 'FILE_TYPE'
    | 'HEADER'
    | 'HOST_NAME'
    | 'PATH'
    | 'SSL_CONN_HAS_CERT'
    | 'SSL_DN_FIELD'
    | 'SSL_VERIFY_RESULT'
    | undefined
  readonly compareType?: 'CONTAINS' | 'ENDS_WITH' | 'EQUAL_TO' | 'REGEX' | 'STARTS_WITH' | undefined
  /** The name of a header, a cookie or a field. */
  readonly key?: string | null | undefined
  readonly value?: string | undefined
  /** Holds where it would not. @defaultValue false */
  readonly invert?: boolean | undefined
}
/** What `ex_createL7Rule` takes. */
export interface OctaviaNewL7Rule extends OctaviaL7RuleSettings {
  readonly type: NonNullable<OctaviaL7RuleSettings['type']>
  readonly compareType: NonNullable<OctaviaL7RuleSettings['compareType']>
  readonly value: string
}
/** What must hold of a request. */
export interface OctaviaL7Rule extends Omit<OctaviaThing, 'name'> {
  readonly type: string
  readonly compareType: string
  readonly key: string | undefined
  readonly value: string
  readonly invert: boolean
}

/** What went through. */
export interface OctaviaStatistics {
  readonly activeConnections: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly requestErrors: number
  readonly totalConnections: number
}
/** How a balancer and all that belongs to it are. */
export interface OctaviaStatus {
  readonly id: string
  readonly name: string | undefined
  /** `ACTIVE`, `PENDING_UPDATE`, `ERROR` … */
  readonly state: string
  readonly operatingStatus: string
  /** Listeners of a balancer, pools of a listener, members and the monitor of a pool. */
  readonly parts: readonly OctaviaStatus[]
}
/** Who makes balancers. */
export interface OctaviaProvider {
  readonly name: string
  readonly description: string
}
/** A kind of balancer. */
export interface OctaviaFlavor {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly enabled: boolean
  readonly flavorProfileId: string
}
/** Where balancers can be. */
export interface OctaviaAvailabilityZone {
  readonly name: string
  readonly description: string
  readonly enabled: boolean
  readonly availabilityZoneProfileId: string
}
/** How many of each a project may have; -1 for any number. */
export interface OctaviaQuota {
  readonly loadBalancer: number | undefined
  readonly listener: number | undefined
  readonly pool: number | undefined
  readonly member: number | undefined
  readonly healthMonitor: number | undefined
  readonly l7policy: number | undefined
  readonly l7rule: number | undefined
}
/** A machine that does a balancer's work; seen by administrators. */
export interface OctaviaAmphora {
  readonly id: string
  /** `ALLOCATED`, `BOOTING`, `READY` … */
  readonly status: string
  readonly role: string | undefined
  readonly balancerId: string | undefined
  readonly computeId: string | undefined
  readonly lbNetworkIp: string | undefined
  readonly vrrpIp: string | undefined
  readonly haIp: string | undefined
  readonly imageId: string | undefined
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
}
