import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { type GCEListOptions, type GCEListRegionalOptions, regionScope } from './compute.lists.js'
import { checkName, linkTo, placeOf, regionFor } from './compute.refs.js'
import { type GCEResource, resource } from './compute.shared.js'
import { GCEVolumes } from './compute.volumes.js'
import type { GCEChangeOptions } from './operations.js'

/** A network of one's own. */
export interface GCENetwork extends GCEResource {
  /** Whether each region has a subnetwork by itself. */
  readonly autoCreateSubnetworks?: boolean | undefined
  /** Addresses of its subnetworks. */
  readonly subnetworks?: readonly string[] | undefined
  /** Of a network of the old kind. */
  readonly IPv4Range?: string | undefined
  readonly gatewayIPv4?: string | undefined
  /** Bytes of a packet. */
  readonly mtu?: number | undefined
  readonly routingConfig?: { readonly routingMode?: string } | undefined
}
export interface GCECreateNetworkOptions {
  readonly name: string
  readonly description?: string | undefined
  /** `'auto'` has a subnetwork in each region, `'custom'` those that are made, `'legacy'` none. @defaultValue 'auto' */
  readonly mode?: 'auto' | 'custom' | 'legacy' | undefined
  /** Of a network of the old kind: `'10.240.0.0/16'`. */
  readonly cidr?: string | undefined
  /** @defaultValue 1460 */
  readonly mtu?: number | undefined
  /** @defaultValue 'REGIONAL' */
  readonly routingMode?: 'REGIONAL' | 'GLOBAL' | undefined
}
/** The part of a network that a region has. */
export interface GCESubnetwork extends GCEResource {
  /** Address of its network. */
  readonly network: string
  /** Address of its region. */
  readonly region?: string | undefined
  readonly ipCidrRange?: string | undefined
  readonly gatewayAddress?: string | undefined
  readonly privateIpGoogleAccess?: boolean | undefined
  readonly secondaryIpRanges?: readonly { readonly rangeName?: string; readonly ipCidrRange?: string }[] | undefined
}
export interface GCECreateSubnetworkOptions {
  readonly name: string
  readonly description?: string | undefined
  readonly network: Ref
  readonly ipCidrRange: string
  /** @defaultValue the driver's */
  readonly ex_region?: Ref | undefined
  /** Whether instances without addresses of their own reach Google's services. @defaultValue false */
  readonly privateIpGoogleAccess?: boolean | undefined
  readonly secondaryIpRanges?: readonly { readonly rangeName: string; readonly ipCidrRange: string }[] | undefined
}
/** Where packets for some addresses go. */
export interface GCERoute extends GCEResource {
  readonly network: string
  readonly destRange: string
  readonly priority?: number | undefined
  readonly tags?: readonly string[] | undefined
  readonly nextHopInstance?: string | undefined
  readonly nextHopIp?: string | undefined
  readonly nextHopGateway?: string | undefined
  readonly nextHopNetwork?: string | undefined
}
export interface GCECreateRouteOptions {
  readonly name: string
  readonly description?: string | undefined
  /** `'192.0.2.0/24'`. */
  readonly destRange: string
  /** @defaultValue 'default' */
  readonly network?: Ref | undefined
  /** The lower, the sooner. @defaultValue 1000 */
  readonly priority?: number | undefined
  /** Only for instances with these tags. */
  readonly tags?: readonly string[] | undefined
  readonly nextHopNode?: Ref | undefined
  readonly nextHopIp?: string | undefined
}
const toNetwork = resource<GCENetwork>('global')
const toSubnetwork = resource<GCESubnetwork>('region')
const toRoute = resource<GCERoute>('global')

/** Networks, and what belongs to them. What is given has Google's own members. */
export abstract class GCENetworks extends GCEVolumes {
  /**
   * All networks of the project.
   * @example for await (const { name } of driver.ex_listNetworks()) console.log(name)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/networks/list
   */
  ex_listNetworks(options?: GCEListOptions): Pager<GCENetwork> {
    const spec = { map: toNetwork, query: { filter: options?.ex_filter } }
    return this.connection.listIn('global', 'networks', spec, options)
  }

  /**
   * One network.
   * @example const { subnetworks } = await driver.ex_getNetwork({ id: 'lan' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/networks/get
   */
  async ex_getNetwork(network: Ref, options?: CallOptions): Promise<GCENetwork> {
    const place = placeOf(this, network, 'global', 'network', options)
    return this.connection.get(place, 'networks', toNetwork, undefined, options)
  }

  /**
   * Makes a network.
   * @example const lan = await driver.ex_createNetwork({ name: 'lan', mode: 'custom' })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/networks/insert
   */
  async ex_createNetwork(network: GCECreateNetworkOptions, options?: GCEChangeOptions): Promise<Owned<GCENetwork>> {
    checkName(this, network.name, 'network.name', options)
    const { mode = 'auto', cidr } = network
    const json = {
      name: network.name,
      description: network.description,
      // A network of the old kind has one range of addresses, and no subnetworks.
      autoCreateSubnetworks: mode === 'legacy' ? undefined : mode === 'auto',
      IPv4Range: mode === 'legacy' ? cidr : undefined,
      mtu: network.mtu,
      routingConfig: network.routingMode && { routingMode: network.routingMode },
    }
    await this.connection.insert('global', 'networks', json, options)
    const made = await this.ex_getNetwork({ id: network.name }, options)
    return owned(made, () => this.ex_destroyNetwork(made))
  }

  /**
   * Deletes a network.
   * @example await driver.ex_destroyNetwork({ id: 'lan' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/networks/delete
   */
  async ex_destroyNetwork(network: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(placeOf(this, network, 'global', 'network', options), 'networks', undefined, options)
  }

  /**
   * Subnetworks of the driver's region, or of all.
   * @example for await (const { id } of driver.ex_listSubnetworks()) console.log(id)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/subnetworks/aggregatedList
   */
  ex_listSubnetworks(options?: GCEListRegionalOptions): Pager<GCESubnetwork> {
    const spec = { map: toSubnetwork, query: { filter: options?.ex_filter } }
    return this.connection.listIn(regionScope(this, options), 'subnetworks', spec, options)
  }

  /**
   * One subnetwork.
   * @example const { ipCidrRange } = await driver.ex_getSubnetwork({ id: 'europe-west3/lan-1' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/subnetworks/get
   */
  async ex_getSubnetwork(subnetwork: Ref, options?: CallOptions): Promise<GCESubnetwork> {
    const place = placeOf(this, subnetwork, 'region', 'subnetwork', options)
    return this.connection.get(place, 'subnetworks', toSubnetwork, undefined, options)
  }

  /**
   * Makes a subnetwork.
   * @example await driver.ex_createSubnetwork({ name: 'lan-1', network: { id: 'lan' }, ipCidrRange: '10.0.0.0/24' })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/subnetworks/insert
   */
  async ex_createSubnetwork(
    subnetwork: GCECreateSubnetworkOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<GCESubnetwork>> {
    checkName(this, subnetwork.name, 'subnetwork.name', options)
    const scope = `regions/${regionFor(this, subnetwork.ex_region, 'subnetwork.ex_region', options)}`
    const network = placeOf(this, subnetwork.network, 'global', 'subnetwork.network', options)
    const json = {
      name: subnetwork.name,
      description: subnetwork.description,
      network: linkTo(network, 'networks'),
      ipCidrRange: subnetwork.ipCidrRange,
      privateIpGoogleAccess: subnetwork.privateIpGoogleAccess,
      secondaryIpRanges: subnetwork.secondaryIpRanges,
    }
    await this.connection.insert(scope, 'subnetworks', json, options)
    const made = await this.ex_getSubnetwork({ id: `${scope}/subnetworks/${subnetwork.name}` }, options)
    return owned(made, () => this.ex_destroySubnetwork(made))
  }

  /**
   * Deletes a subnetwork.
   * @example await driver.ex_destroySubnetwork({ id: 'europe-west3/lan-1' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/subnetworks/delete
   */
  async ex_destroySubnetwork(subnetwork: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, subnetwork, 'region', 'subnetwork', options),
      'subnetworks',
      undefined,
      options,
    )
  }

  /**
   * All routes of the project.
   * @example for await (const { name } of driver.ex_listRoutes()) console.log(name)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/routes/list
   */
  ex_listRoutes(options?: GCEListOptions): Pager<GCERoute> {
    const spec = { map: toRoute, query: { filter: options?.ex_filter } }
    return this.connection.listIn('global', 'routes', spec, options)
  }

  /**
   * One route.
   * @example const { destRange } = await driver.ex_getRoute({ id: 'to-office' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/routes/get
   */
  async ex_getRoute(route: Ref, options?: CallOptions): Promise<GCERoute> {
    const place = placeOf(this, route, 'global', 'route', options)
    return this.connection.get(place, 'routes', toRoute, undefined, options)
  }

  /**
   * Makes a route.
   * @example await driver.ex_createRoute({ name: 'to-office', destRange: '192.0.2.0/24', nextHopIp: '10.0.0.9' })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/routes/insert
   */
  async ex_createRoute(route: GCECreateRouteOptions, options?: GCEChangeOptions): Promise<Owned<GCERoute>> {
    checkName(this, route.name, 'route.name', options)
    const { network = { id: 'default' }, nextHopNode: node } = route
    const hop = node && linkTo(placeOf(this, node, 'zone', 'route.nextHopNode', options), 'instances')
    const json = {
      name: route.name,
      description: route.description,
      network: linkTo(placeOf(this, network, 'global', 'route.network', options), 'networks'),
      destRange: route.destRange,
      priority: route.priority ?? 1000,
      tags: route.tags,
      nextHopInstance: hop,
      nextHopIp: route.nextHopIp,
      // Without any other hop, what leaves the network goes to the Internet.
      nextHopGateway: hop || route.nextHopIp ? undefined : 'global/gateways/default-internet-gateway',
    }
    await this.connection.insert('global', 'routes', json, options)
    const made = await this.ex_getRoute({ id: route.name }, options)
    return owned(made, () => this.ex_destroyRoute(made))
  }

  /**
   * Deletes a route.
   * @example await driver.ex_destroyRoute({ id: 'to-office' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/routes/delete
   */
  async ex_destroyRoute(route: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(placeOf(this, route, 'global', 'route', options), 'routes', undefined, options)
  }
}
