import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import type { GCEListOptions } from './compute.lists.js'
import { GCEManagers } from './compute.managers.js'
import { type Asker, checkName, linkTo, placeOf } from './compute.refs.js'
import { type GCEResource, resource } from './compute.shared.js'
import type { GCEChangeOptions } from './operations.js'

/** Instances that do the work of a backend service, in Google's form. */
export interface GCEBackend {
  /** Address of the group. */
  readonly group: string
  readonly balancingMode?: string | undefined
  readonly maxUtilization?: number | undefined
  readonly maxRate?: number | undefined
  readonly maxRatePerInstance?: number | undefined
  readonly capacityScaler?: number | undefined
}
/** Groups that share a work, and how it is shared. */
export interface GCEBackendService extends GCEResource {
  readonly backends?: readonly GCEBackend[] | undefined
  /** Addresses of its health checks. */
  readonly healthChecks?: readonly string[] | undefined
  readonly protocol?: string | undefined
  readonly portName?: string | undefined
  readonly timeoutSec?: number | undefined
  readonly sessionAffinity?: string | undefined
  readonly enableCDN?: boolean | undefined
  readonly loadBalancingScheme?: string | undefined
}
export interface GCEBackendOptions {
  /** An instance group, managed or not: `'<zone>/<name>'`. */
  readonly group: Ref
  /** @defaultValue 'UTILIZATION' */
  readonly balancingMode?: 'UTILIZATION' | 'RATE' | 'CONNECTION' | undefined
  /** From 0 to 1. */
  readonly maxUtilization?: number | undefined
  /** Requests a second. */
  readonly maxRate?: number | undefined
  readonly maxRatePerInstance?: number | undefined
  /** From 0 to 1. */
  readonly capacityScaler?: number | undefined
}
export interface GCECreateBackendServiceOptions {
  readonly name: string
  readonly description?: string | undefined
  /** @defaultValue 'HTTP' */
  readonly protocol?: 'HTTP' | 'HTTPS' | 'HTTP2' | 'TCP' | 'SSL' | 'UDP' | 'GRPC' | undefined
  /** The named port of its groups. @defaultValue 'http' */
  readonly portName?: string | undefined
  /** @defaultValue 30 */
  readonly timeoutSec?: number | undefined
  readonly backends?: readonly GCEBackendOptions[] | undefined
  readonly healthChecks?: readonly Ref[] | undefined
  /** @defaultValue 'NONE' */
  readonly sessionAffinity?: 'NONE' | 'CLIENT_IP' | 'GENERATED_COOKIE' | undefined
  readonly enableCDN?: boolean | undefined
  readonly loadBalancingScheme?: 'EXTERNAL' | 'EXTERNAL_MANAGED' | 'INTERNAL_SELF_MANAGED' | undefined
}
/** Which backend service gets which paths. */
export interface GCEUrlMap extends GCEResource {
  /** Address of the backend service that gets all others. */
  readonly defaultService?: string | undefined
  readonly hostRules?: readonly GCEHostRule[] | undefined
  readonly pathMatchers?: readonly { readonly name: string; readonly defaultService?: string }[] | undefined
  readonly fingerprint?: string | undefined
}
/** Which matcher is for which hosts. */
export interface GCEHostRule {
  readonly hosts: readonly string[]
  readonly pathMatcher: string
}
/** Paths of some hosts. */
export interface GCEPathMatcherOptions {
  readonly name: string
  readonly defaultService: Ref
  readonly pathRules?: readonly { readonly paths: readonly string[]; readonly service: Ref }[] | undefined
}
export interface GCECreateUrlMapOptions {
  readonly name: string
  readonly description?: string | undefined
  readonly defaultService: Ref
  readonly hostRules?: readonly GCEHostRule[] | undefined
  readonly pathMatchers?: readonly GCEPathMatcherOptions[] | undefined
}
const toBackendService = resource<GCEBackendService>('global')
const toUrlMap = resource<GCEUrlMap>('global')

/** What balancers of HTTP are made of. What is given has Google's own members. */
export abstract class GCEWeb extends GCEManagers {
  /**
   * All backend services of the project.
   * @example for await (const { name } of driver.ex_listBackendservices()) console.log(name)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/backendServices/list
   */
  ex_listBackendservices(options?: GCEListOptions): Pager<GCEBackendService> {
    const spec = { map: toBackendService, query: { filter: options?.ex_filter } }
    return this.connection.listIn('global', 'backendServices', spec, options)
  }

  /**
   * One backend service.
   * @example const { backends } = await driver.ex_getBackendservice({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/backendServices/get
   */
  async ex_getBackendservice(backendService: Ref, options?: CallOptions): Promise<GCEBackendService> {
    const place = placeOf(this, backendService, 'global', 'backendService', options)
    return this.connection.get(place, 'backendServices', toBackendService, undefined, options)
  }

  /**
   * Makes a backend service.
   * @example await driver.ex_createBackendservice({ name: 'web', backends: [{ group: { id: 'web' } }], healthChecks: [{ id: 'web' }] })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/backendServices/insert
   */
  async ex_createBackendservice(
    backendService: GCECreateBackendServiceOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<GCEBackendService>> {
    checkName(this, backendService.name, 'backendService.name', options)
    const { healthChecks = [] } = backendService
    const json = {
      name: backendService.name,
      description: backendService.description,
      protocol: backendService.protocol ?? 'HTTP',
      portName: backendService.portName,
      timeoutSec: backendService.timeoutSec,
      sessionAffinity: backendService.sessionAffinity,
      enableCDN: backendService.enableCDN,
      loadBalancingScheme: backendService.loadBalancingScheme,
      backends: backendService.backends?.map(each => toRawBackend(this, each, options)),
      healthChecks: healthChecks.map(each =>
        linkTo(placeOf(this, each, 'global', 'backendService.healthChecks', options), 'healthChecks'),
      ),
    }
    await this.connection.insert('global', 'backendServices', json, options)
    const made = await this.ex_getBackendservice({ id: backendService.name }, options)
    return owned(made, () => this.ex_destroyBackendservice(made))
  }

  /**
   * Deletes a backend service.
   * @example await driver.ex_destroyBackendservice({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/backendServices/delete
   */
  async ex_destroyBackendservice(backendService: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, backendService, 'global', 'backendService', options),
      'backendServices',
      undefined,
      options,
    )
  }

  /**
   * All URL maps of the project.
   * @example for await (const { name } of driver.ex_listUrlmaps()) console.log(name)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/urlMaps/list
   */
  ex_listUrlmaps(options?: GCEListOptions): Pager<GCEUrlMap> {
    const spec = { map: toUrlMap, query: { filter: options?.ex_filter } }
    return this.connection.listIn('global', 'urlMaps', spec, options)
  }

  /**
   * One URL map.
   * @example const { defaultService } = await driver.ex_getUrlmap({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/urlMaps/get
   */
  async ex_getUrlmap(urlMap: Ref, options?: CallOptions): Promise<GCEUrlMap> {
    const place = placeOf(this, urlMap, 'global', 'urlMap', options)
    return this.connection.get(place, 'urlMaps', toUrlMap, undefined, options)
  }

  /**
   * Makes a URL map.
   * @example await driver.ex_createUrlmap({ name: 'web', defaultService: { id: 'web' } })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/urlMaps/insert
   */
  async ex_createUrlmap(urlMap: GCECreateUrlMapOptions, options?: GCEChangeOptions): Promise<Owned<GCEUrlMap>> {
    checkName(this, urlMap.name, 'urlMap.name', options)
    const json = {
      name: urlMap.name,
      description: urlMap.description,
      defaultService: serviceLink(this, urlMap.defaultService, 'urlMap.defaultService', options),
      hostRules: urlMap.hostRules,
      pathMatchers: urlMap.pathMatchers?.map(each => toRawMatcher(this, each, options)),
    }
    await this.connection.insert('global', 'urlMaps', json, options)
    const made = await this.ex_getUrlmap({ id: urlMap.name }, options)
    return owned(made, () => this.ex_destroyUrlmap(made))
  }

  /**
   * Deletes a URL map.
   * @example await driver.ex_destroyUrlmap({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/urlMaps/delete
   */
  async ex_destroyUrlmap(urlMap: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(placeOf(this, urlMap, 'global', 'urlMap', options), 'urlMaps', undefined, options)
  }
}

function serviceLink(asker: Asker, service: Ref, argument: string, options: CallOptions | undefined): string {
  return linkTo(placeOf(asker, service, 'global', argument, options), 'backendServices')
}

function toRawBackend(asker: Asker, backend: GCEBackendOptions, options: CallOptions | undefined): object {
  const { group, ...rest } = backend
  const place = placeOf(asker, group, 'zone', 'backendService.backends', options)
  const { balancingMode, maxUtilization, maxRate, maxRatePerInstance, capacityScaler } = rest
  const limits = { balancingMode, maxUtilization, maxRate, maxRatePerInstance, capacityScaler }
  return { group: linkTo(place, 'instanceGroups'), ...limits }
}

function toRawMatcher(
  asker: Asker,
  { name, defaultService, pathRules }: GCEPathMatcherOptions,
  options: CallOptions | undefined,
): object {
  return {
    name,
    defaultService: serviceLink(asker, defaultService, 'urlMap.pathMatchers', options),
    pathRules: pathRules?.map(({ paths, service }) => ({
      paths,
      service: serviceLink(asker, service, 'urlMap.pathMatchers', options),
    })),
  }
}
