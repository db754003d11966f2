import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import type { GCEListOptions } from './compute.lists.js'
import { type Asker, checkName, linkTo, placeOf } from './compute.refs.js'
import { type GCEResource, resource } from './compute.shared.js'
import { GCEWeb } from './compute.web.js'
import type { GCEChangeOptions } from './operations.js'

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
const toTargetHttpProxy = resource<GCETargetHttpProxy>('global')
const toTargetHttpsProxy = resource<GCETargetHttpsProxy>('global')
const toSslCertificate = resource<GCESslCertificate>('global')

/** Proxies and certificates. What is given has Google's own members. */
export abstract class GCEProxies extends GCEWeb {
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
    const json = {
      name: targetHttpProxy.name,
      description: targetHttpProxy.description,
      urlMap: mapLink(this, targetHttpProxy.urlMap, 'targetHttpProxy.urlMap', options),
    }
    await this.connection.insert('global', 'targetHttpProxies', json, options)
    const made = await this.ex_getTargethttpproxy({ id: targetHttpProxy.name }, options)
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
    const json = {
      name: targetHttpsProxy.name,
      description: targetHttpsProxy.description,
      urlMap: mapLink(this, targetHttpsProxy.urlMap, 'targetHttpsProxy.urlMap', options),
      sslCertificates: certificateLinks(this, targetHttpsProxy.sslCertificates, options),
    }
    await this.connection.insert('global', 'targetHttpsProxies', json, options)
    const made = await this.ex_getTargethttpsproxy({ id: targetHttpsProxy.name }, options)
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
    const { privateKey, certificate, domains } = sslCertificate
    if (privateKey !== undefined) this.connection.conceal(privateKey)
    const json = {
      name: sslCertificate.name,
      description: sslCertificate.description,
      ...(domains ? { type: 'MANAGED', managed: { domains } } : { certificate, privateKey }),
    }
    await this.connection.insert('global', 'sslCertificates', json, options)
    const made = await this.ex_getSslcertificate({ id: sslCertificate.name }, options)
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

function mapLink(asker: Asker, urlMap: Ref, argument: string, options: CallOptions | undefined): string {
  return linkTo(placeOf(asker, urlMap, 'global', argument, options), 'urlMaps')
}

function certificateLinks(asker: Asker, certificates: readonly Ref[], options: CallOptions | undefined): string[] {
  return certificates.map(each => linkTo(placeOf(asker, each, 'global', 'sslCertificates', options), 'sslCertificates'))
}
