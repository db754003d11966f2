import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { GCEGroups } from './compute.groups.js'
import type { GCEListOptions } from './compute.lists.js'
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
/** Takes requests for a URL map. */
export interface GCETargetHttpProxy extends GCEResource {
  /** Address of its URL map. */
  readonly urlMap: string
}
export interface GCECreateTargetHttpProxyOptions {
  readonly name: string
  readonly description?: string | undefined
  readonly urlMap: Ref
}
/** Takes requests by TLS for a URL map. */
export interface GCETargetHttpsProxy extends GCETargetHttpProxy {
  /** Addresses of its certificates. */
  readonly sslCertificates?: readonly string[] | undefined
}
export interface GCECreateTargetHttpsProxyOptions extends GCECreateTargetHttpProxyOptions {
  /** The first is for those who do not say which they want. */
  readonly sslCertificates: readonly Ref[]
}
/** A certificate that HTTPS proxies show. */
export interface GCESslCertificate extends GCEResource {
  readonly type?: 'SELF_MANAGED' | 'MANAGED' | undefined
  /** PEM. */
  readonly certificate?: string | undefined
  readonly expireTime?: string | undefined
  readonly subjectAlternativeNames?: readonly string[] | undefined
  readonly managed?: { readonly status?: string; readonly domains?: readonly string[] } | undefined
}
/** A certificate of one's own, or domains for which Google gets one. */
export interface GCECreateSslCertificateOptions {
  readonly name: string
  readonly description?: string | undefined
  /** PEM, with those between it and the authority. */
  readonly certificate?: string | undefined
  /** PEM. It is never shown again. */
  readonly privateKey?: string | undefined
  readonly domains?: readonly string[] | undefined
}

const toBackendService = resource<GCEBackendService>('global')
const toUrlMap = resource<GCEUrlMap>('global')
const toTargetHttpProxy = resource<GCETargetHttpProxy>('global')
const toTargetHttpsProxy = resource<GCETargetHttpsProxy>('global')
const toSslCertificate = resource<GCESslCertificate>('global')

/** What balancers of HTTP are made of. What is given has Google's own members. */
export abstract class GCEWeb extends GCEGroups {
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
    const scope = 'global'
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
    await this.connection.insert(scope, 'backendServices', json, options)
    const made = await this.ex_getBackendservice({ id: `${backendService.name}` }, options)
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
    const scope = 'global'
    const json = {
      name: urlMap.name,
      description: urlMap.description,
      defaultService: serviceLink(this, urlMap.defaultService, 'urlMap.defaultService', options),
      hostRules: urlMap.hostRules,
      pathMatchers: urlMap.pathMatchers?.map(each => toRawMatcher(this, each, options)),
    }
    await this.connection.insert(scope, 'urlMaps', json, options)
    const made = await this.ex_getUrlmap({ id: `${urlMap.name}` }, options)
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

  /**
   * All HTTP proxies of the project.
   * @example for await (const { name } of driver.ex_listTargethttpproxies()) console.log(name)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetHttpProxies/list
   */
  ex_listTargethttpproxies(options?: GCEListOptions): Pager<GCETargetHttpProxy> {
    const spec = { map: toTargetHttpProxy, query: { filter: options?.ex_filter } }
    return this.connection.listIn('global', 'targetHttpProxies', spec, options)
  }

  /**
   * One HTTP proxy.
   * @example const { urlMap } = await driver.ex_getTargethttpproxy({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetHttpProxies/get
   */
  async ex_getTargethttpproxy(targetHttpProxy: Ref, options?: CallOptions): Promise<GCETargetHttpProxy> {
    const place = placeOf(this, targetHttpProxy, 'global', 'targetHttpProxy', options)
    return this.connection.get(place, 'targetHttpProxies', toTargetHttpProxy, undefined, options)
  }

  /**
   * Makes a HTTP proxy.
   * @example await driver.ex_createTargethttpproxy({ name: 'web', urlMap: { id: 'web' } })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetHttpProxies/insert
   */
  async ex_createTargethttpproxy(
    targetHttpProxy: GCECreateTargetHttpProxyOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<GCETargetHttpProxy>> {
    checkName(this, targetHttpProxy.name, 'targetHttpProxy.name', options)
    const scope = 'global'
    const json = {
      name: targetHttpProxy.name,
      description: targetHttpProxy.description,
      urlMap: mapLink(this, targetHttpProxy.urlMap, 'targetHttpProxy.urlMap', options),
    }
    await this.connection.insert(scope, 'targetHttpProxies', json, options)
    const made = await this.ex_getTargethttpproxy({ id: `${targetHttpProxy.name}` }, options)
    return owned(made, () => this.ex_destroyTargethttpproxy(made))
  }

  /**
   * Deletes a HTTP proxy.
   * @example await driver.ex_destroyTargethttpproxy({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetHttpProxies/delete
   */
  async ex_destroyTargethttpproxy(targetHttpProxy: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, targetHttpProxy, 'global', 'targetHttpProxy', options),
      'targetHttpProxies',
      undefined,
      options,
    )
  }

  /**
   * All HTTPS proxies of the project.
   * @example for await (const { name } of driver.ex_listTargethttpsproxies()) console.log(name)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetHttpsProxies/list
   */
  ex_listTargethttpsproxies(options?: GCEListOptions): Pager<GCETargetHttpsProxy> {
    const spec = { map: toTargetHttpsProxy, query: { filter: options?.ex_filter } }
    return this.connection.listIn('global', 'targetHttpsProxies', spec, options)
  }

  /**
   * One HTTPS proxy.
   * @example const { sslCertificates } = await driver.ex_getTargethttpsproxy({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetHttpsProxies/get
   */
  async ex_getTargethttpsproxy(targetHttpsProxy: Ref, options?: CallOptions): Promise<GCETargetHttpsProxy> {
    const place = placeOf(this, targetHttpsProxy, 'global', 'targetHttpsProxy', options)
    return this.connection.get(place, 'targetHttpsProxies', toTargetHttpsProxy, undefined, options)
  }

  /**
   * Makes a HTTPS proxy.
   * @example await driver.ex_createTargethttpsproxy({ name: 'web', urlMap: { id: 'web' }, sslCertificates: [{ id: 'web' }] })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetHttpsProxies/insert
   */
  async ex_createTargethttpsproxy(
    targetHttpsProxy: GCECreateTargetHttpsProxyOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<GCETargetHttpsProxy>> {
    checkName(this, targetHttpsProxy.name, 'targetHttpsProxy.name', options)
    const scope = 'global'
    const json = {
      name: targetHttpsProxy.name,
      description: targetHttpsProxy.description,
      urlMap: mapLink(this, targetHttpsProxy.urlMap, 'targetHttpsProxy.urlMap', options),
      sslCertificates: certificateLinks(this, targetHttpsProxy.sslCertificates, options),
    }
    await this.connection.insert(scope, 'targetHttpsProxies', json, options)
    const made = await this.ex_getTargethttpsproxy({ id: `${targetHttpsProxy.name}` }, options)
    return owned(made, () => this.ex_destroyTargethttpsproxy(made))
  }

  /**
   * Deletes a HTTPS proxy.
   * @example await driver.ex_destroyTargethttpsproxy({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetHttpsProxies/delete
   */
  async ex_destroyTargethttpsproxy(targetHttpsProxy: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, targetHttpsProxy, 'global', 'targetHttpsProxy', options),
      'targetHttpsProxies',
      undefined,
      options,
    )
  }

  /**
   * Replaces the certificates of an HTTPS proxy.
   * @example await driver.ex_targethttpsproxySetSslcertificates({ id: 'web' }, [{ id: 'web-2027' }])
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetHttpsProxies/setSslCertificates
   */
  async ex_targethttpsproxySetSslcertificates(
    targetHttpsProxy: Ref,
    sslCertificates: readonly Ref[],
    options?: GCEChangeOptions,
  ): Promise<void> {
    const { name } = placeOf(this, targetHttpsProxy, 'global', 'targetHttpsProxy', options)
    const json = { sslCertificates: certificateLinks(this, sslCertificates, options) }
    // Unlike all others, these two stand without 'global'.
    const path = (project: string): string =>
      `/compute/v1/projects/${project}/targetHttpsProxies/${name}/setSslCertificates`
    await this.connection.change({ path, json }, options)
  }

  /**
   * Gives an HTTPS proxy another URL map.
   * @example await driver.ex_targethttpsproxySetUrlmap({ id: 'web' }, { id: 'web-2' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetHttpsProxies/setUrlMap
   */
  async ex_targethttpsproxySetUrlmap(targetHttpsProxy: Ref, urlMap: Ref, options?: GCEChangeOptions): Promise<void> {
    const { name } = placeOf(this, targetHttpsProxy, 'global', 'targetHttpsProxy', options)
    const json = { urlMap: mapLink(this, urlMap, 'urlMap', options) }
    const path = (project: string): string => `/compute/v1/projects/${project}/targetHttpsProxies/${name}/setUrlMap`
    await this.connection.change({ path, json }, options)
  }

  /**
   * All certificates of the project.
   * @example for await (const { name } of driver.ex_listSslcertificates()) console.log(name)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/sslCertificates/list
   */
  ex_listSslcertificates(options?: GCEListOptions): Pager<GCESslCertificate> {
    const spec = { map: toSslCertificate, query: { filter: options?.ex_filter } }
    return this.connection.listIn('global', 'sslCertificates', spec, options)
  }

  /**
   * One certificate.
   * @example const { expireTime } = await driver.ex_getSslcertificate({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/sslCertificates/get
   */
  async ex_getSslcertificate(sslCertificate: Ref, options?: CallOptions): Promise<GCESslCertificate> {
    const place = placeOf(this, sslCertificate, 'global', 'sslCertificate', options)
    return this.connection.get(place, 'sslCertificates', toSslCertificate, undefined, options)
  }

  /**
   * Makes a certificate.
   * @example await driver.ex_createSslcertificate({ name: 'web', domains: ['www.example.com'] })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/sslCertificates/insert
   */
  async ex_createSslcertificate(
    sslCertificate: GCECreateSslCertificateOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<GCESslCertificate>> {
    checkName(this, sslCertificate.name, 'sslCertificate.name', options)
    const scope = 'global'
    const { privateKey, certificate, domains } = sslCertificate
    if (privateKey !== undefined) this.connection.conceal(privateKey)
    const json = {
      name: sslCertificate.name,
      description: sslCertificate.description,
      ...(domains ? { type: 'MANAGED', managed: { domains } } : { certificate, privateKey }),
    }
    await this.connection.insert(scope, 'sslCertificates', json, options)
    const made = await this.ex_getSslcertificate({ id: `${sslCertificate.name}` }, options)
    return owned(made, () => this.ex_destroySslcertificate(made))
  }

  /**
   * Deletes a certificate.
   * @example await driver.ex_destroySslcertificate({ id: 'web' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/sslCertificates/delete
   */
  async ex_destroySslcertificate(sslCertificate: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(
      placeOf(this, sslCertificate, 'global', 'sslCertificate', options),
      'sslCertificates',
      undefined,
      options,
    )
  }
}

function serviceLink(asker: Asker, service: Ref, argument: string, options: CallOptions | undefined): string {
  return linkTo(placeOf(asker, service, 'global', argument, options), 'backendServices')
}

function mapLink(asker: Asker, urlMap: Ref, argument: string, options: CallOptions | undefined): string {
  return linkTo(placeOf(asker, urlMap, 'global', argument, options), 'urlMaps')
}

function certificateLinks(asker: Asker, certificates: readonly Ref[], options: CallOptions | undefined): string[] {
  return certificates.map(each => linkTo(placeOf(asker, each, 'global', 'sslCertificates', options), 'sslCertificates'))
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
