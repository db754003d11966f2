import { LoadBalancerDoesNotExistError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import type { LoadBalancerDriver } from '../../lib/loadbalancer/driver.js'
import { Algorithm, LoadBalancer, LoadBalancerState, Member } from '../../lib/loadbalancer/types.js'
import type { Ref } from '../../lib/resource.js'
import { groupOf } from './arm.ids.js'

/** https://learn.microsoft.com/rest/api/load-balancer/ */
export const NETWORK_VERSION = '2024-07-01'
export const BALANCERS = 'Microsoft.Network/loadBalancers'
/** On public addresses that were made for a balancer, and go with it. */
export const MADE_FOR = 'libcloud-balancer'

/** The error of a request about one balancer. */
export const NO_BALANCER: ErrorTable = {
  404: LoadBalancerDoesNotExistError,
  ResourceNotFound: LoadBalancerDoesNotExistError,
  ResourceGroupNotFound: LoadBalancerDoesNotExistError,
}

type Tags = Readonly<Record<string, string>>
export interface RawFrontend {
  readonly id?: string
  readonly name: string
  readonly zones?: readonly string[]
  readonly properties?: {
    readonly privateIPAddress?: string
    readonly publicIPAddress?: Ref & { readonly tags?: Tags; readonly properties?: { readonly ipAddress?: string } }
    readonly subnet?: Ref
  }
}
export interface RawBackendAddress {
  readonly name: string
  readonly properties?: {
    readonly ipAddress?: string
    readonly virtualNetwork?: Ref
    readonly subnet?: Ref
    readonly adminState?: 'None' | 'Up' | 'Down'
    readonly networkInterfaceIPConfiguration?: Ref
  }
}
export interface RawPool {
  readonly id?: string
  readonly name: string
  readonly etag?: string
  readonly properties?: {
    readonly loadBalancerBackendAddresses?: readonly RawBackendAddress[]
    readonly backendIPConfigurations?: readonly Ref[]
  }
}
export interface RawRule {
  readonly id?: string
  readonly name: string
  readonly properties: {
    readonly protocol: string
    readonly frontendPort: number
    readonly backendPort?: number
    readonly loadDistribution?: string
    readonly idleTimeoutInMinutes?: number
    readonly enableFloatingIP?: boolean
    readonly frontendIPConfiguration?: Ref
    readonly backendAddressPool?: Ref
    readonly probe?: Ref
  }
}
export interface RawProbe {
  readonly name: string
  readonly properties: {
    readonly protocol: string
    readonly port: number
    readonly requestPath?: string
    readonly intervalInSeconds?: number
    readonly numberOfProbes?: number
  }
}
export interface RawBalancer {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly etag?: string
  readonly tags?: Tags
  readonly sku?: { readonly name?: string; readonly tier?: string }
  readonly properties?: {
    readonly provisioningState?: string
    readonly frontendIPConfigurations?: readonly RawFrontend[]
    readonly backendAddressPools?: readonly RawPool[]
    readonly loadBalancingRules?: readonly RawRule[]
    readonly probes?: readonly RawProbe[]
    readonly inboundNatRules?: readonly object[]
    readonly outboundRules?: readonly object[]
  }
}

/** One of a balancer's rules. */
export interface AzureBalancerRule {
  readonly name: string
  /** `'tcp'`, `'udp'` or `'all'`. */
  readonly protocol: string
  readonly port: number
  readonly memberPort: number
  readonly algorithm: Algorithm | undefined
}
/** What only Azure tells of a balancer. */
export interface AzureBalancerExtra {
  /** Azure's own word. */
  readonly state: string
  readonly location: string
  readonly resourceGroup: string
  readonly sku: string | undefined
  readonly tags: Tags
  readonly rules: readonly AzureBalancerRule[]
  /** Ids of the public addresses that it listens on. */
  readonly publicIpIds: readonly string[]
  /** Names of its pools of members. */
  readonly pools: readonly string[]
}
/** What only Azure tells of a member. */
export interface AzureMemberExtra {
  /** The network that its address is in. */
  readonly networkId: string | undefined
  /** The pool that it is in. */
  readonly pool: string
  /** The configuration of a network interface that was put into the pool, in place of an address. */
  readonly ipConfigurationId: string | undefined
}

const STATES: Readonly<Record<string, LoadBalancerState>> = {
  Succeeded: LoadBalancerState.RUNNING,
  Updating: LoadBalancerState.PENDING,
  Deleting: LoadBalancerState.PENDING,
  Failed: LoadBalancerState.ERROR,
}
/** https://learn.microsoft.com/azure/load-balancer/distribution-mode-concepts */
export const DISTRIBUTIONS: Readonly<Partial<Record<Algorithm, string>>> = {
  [Algorithm.RANDOM]: 'Default',
  [Algorithm.PERSISTENT_IP]: 'SourceIP',
}

export function algorithmOf(rule: RawRule): Algorithm | undefined {
  const { loadDistribution = 'Default' } = rule.properties
  return loadDistribution === 'Default'
    ? Algorithm.RANDOM
    : /^SourceIP/.test(loadDistribution)
      ? Algorithm.PERSISTENT_IP
      : undefined
}

export function toBalancer(driver: LoadBalancerDriver, raw: RawBalancer): LoadBalancer<AzureBalancerExtra> {
  const { id, name, location, tags = {}, sku, properties = {} } = raw
  const {
    frontendIPConfigurations: frontends = [],
    loadBalancingRules: rules = [],
    backendAddressPools: pools = [],
  } = properties
  const state = properties.provisioningState ?? 'Succeeded'
  const addresses = frontends.map(
    ({ properties: at = {} }) => at.publicIPAddress?.properties?.ipAddress ?? at.privateIPAddress,
  )
  return new LoadBalancer<AzureBalancerExtra>(driver, {
    id,
    name,
    state: STATES[state] ?? LoadBalancerState.UNKNOWN,
    ip: addresses.find(each => each !== undefined) ?? '',
    port: rules[0]?.properties.frontendPort ?? 0,
    extra: {
      state,
      location,
      resourceGroup: groupOf(id),
      sku: sku?.name,
      tags,
      rules: rules.map(rule => ({
        name: rule.name,
        protocol: rule.properties.protocol.toLowerCase(),
        port: rule.properties.frontendPort,
        memberPort: rule.properties.backendPort ?? rule.properties.frontendPort,
        algorithm: algorithmOf(rule),
      })),
      publicIpIds: frontends.flatMap(({ properties: at = {} }) => (at.publicIPAddress ? [at.publicIPAddress.id] : [])),
      pools: pools.map(each => each.name),
    },
  })
}

/** The members of all pools. Of network interfaces the address stands beside them, once Azure knows it. */
export function toMembers(driver: LoadBalancerDriver, raw: RawBalancer, balancer: Ref): Member<AzureMemberExtra>[] {
  const { loadBalancingRules: rules = [], backendAddressPools: pools = [] } = raw.properties ?? {}
  return pools.flatMap(pool => {
    const rule =
      rules.find(({ properties }) => properties.backendAddressPool?.id.toLowerCase() === pool.id?.toLowerCase()) ??
      rules[0]
    const port = rule?.properties.backendPort ?? rule?.properties.frontendPort ?? 0
    return (pool.properties?.loadBalancerBackendAddresses ?? []).map(({ name, properties: at = {} }) => {
      const extra = {
        networkId: at.virtualNetwork?.id ?? at.subnet?.id.replace(/\/subnets\/[^/]+$/i, ''),
        pool: pool.name,
        ipConfigurationId: at.networkInterfaceIPConfiguration?.id,
      }
      return new Member<AzureMemberExtra>(driver, { id: name, ip: at.ipAddress ?? '', port, balancer, extra })
    })
  })
}
