import { optionsOf } from '../../lib/credentials.js'
import { InvalidRequestError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path, queryString, slashed } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { NamedRef } from '../../lib/resource.js'
import type { ObjectRef, SignedUrlOptions, StorageObject } from '../../lib/storage/types.js'
import type { OpenStackOptions } from './options.js'
import { descriptionOf, headerPath } from './storage.manifest.js'
import {
  containerPath,
  fromHeader,
  NO_CONTAINER,
  NO_OBJECT,
  NO_PLACE,
  numberOf,
  objectPath,
  refused,
  type SwiftObjectExtra,
} from './storage.shared.js'
import { SwiftVersions } from './storage.versions.js'

/** The catalog's type of Rackspace's network; OpenStack itself has no such service. */
const CDN = 'rax:object-cdn'

/** What Swift's constructor takes. */
export interface OpenStackSwiftOptions extends OpenStackOptions {
  /** What signs temporary addresses. @defaultValue the account's, which is asked for */
  temporaryUrlKey?: string | undefined
}
/** What Swift's `getObjectSignedUrl` takes. */
export interface SwiftSignedUrlOptions extends SignedUrlOptions {
  /** Only from this address, or from addresses of this range: `'192.0.2.0/24'`. */
  ex_ipRange?: string | undefined
  /** What the file is called when it is saved. */
  ex_fileName?: string | undefined
  /** Is shown, and not saved. @defaultValue false */
  ex_inline?: boolean | undefined
}
/** What `ex_getObjectTempUrl` takes. */
export interface SwiftTempUrlOptions extends CallOptions {
  /** @defaultValue 'GET' */
  ex_method?: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | undefined
  /** Seconds until the address is of no use. @defaultValue 3600 */
  ex_expiresIn?: number | undefined
  /** The name is what other names begin with: the address is good for all of them, with another name in its path. @defaultValue false */
  ex_isPrefix?: boolean | undefined
  ex_ipRange?: string | undefined
  ex_fileName?: string | undefined
  ex_inline?: boolean | undefined
}

/** What a content delivery network does for a container. */
export interface SwiftCdnContainer {
  readonly isEnabled: boolean
  /** Seconds that the network keeps what it has fetched. */
  readonly ttl: number | undefined
  readonly keepsLogs: boolean
  /** Addresses: with the name of an object behind them, they are the object's. */
  readonly url: string | undefined
  readonly sslUrl: string | undefined
  readonly streamingUrl: string | undefined
  readonly iosUrl: string | undefined
}
/** What `ex_enableCdn` takes. */
export interface SwiftEnableCdnOptions extends CallOptions {
  /** Seconds, from 900 to 31,536,000. @defaultValue 259200 */
  ex_ttl?: number | undefined
  /** Keeps logs of who asked, in the container `.CDN_ACCESS_LOGS`. */
  ex_keepsLogs?: boolean | undefined
}
/** What `ex_purgeObjectFromCdn` takes. */
export interface SwiftPurgeOptions extends CallOptions {
  /** Who is told when it is done. */
  ex_emails?: readonly string[] | undefined
}

/** Addresses that everybody can use, for ever or for a while. */
export abstract class SwiftAddresses extends SwiftVersions {
  /** Whether the cloud has a content delivery network of its own. */
  abstract readonly hasCdn: boolean

  /** Its address in the cloud's content delivery network, where the cloud has one; else its own, whoever may read there.
   * @see https://docs.openstack.org/swift/latest/overview_acl.html */
  async getContainerCdnUrl(container: NamedRef, options?: CallOptions): Promise<string> {
    if (this.hasCdn) return this.#cdnUrl(container, options)
    await this.getContainer(container.name, options)
    return this.#address(containerPath(this, container, options), options)
  }

  /** Its address in the cloud's content delivery network, where the cloud has one; else its own, whoever may read there.
   * @see https://docs.openstack.org/swift/latest/overview_acl.html */
  async getObjectCdnUrl(object: ObjectRef, options?: CallOptions): Promise<string> {
    if (this.hasCdn) return (await this.#cdnUrl(object.container, options)) + path`/${slashed(object.name)}`
    await this.getObject(object.container.name, object.name, options)
    return this.#address(objectPath(this, object, options), options)
  }

  async #address(at: string, options: CallOptions | undefined): Promise<string> {
    const { origin, prefix } = await this.connection.endpoint(undefined, options)
    return origin + prefix + at
  }

  /** Gives it to the cloud's content delivery network, where the cloud has one; else lets everybody read and list it.
   * @see https://docs.openstack.org/swift/latest/overview_acl.html */
  async enableContainerCdn(container: NamedRef, options?: CallOptions): Promise<void> {
    if (this.hasCdn) return this.ex_enableCdn(container, options)
    const spec = {
      method: 'POST',
      path: containerPath(this, container, options),
      headers: { 'x-container-read': '.r:*,.rlistings' },
      idempotent: true,
      errors: NO_CONTAINER,
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  async #cdnUrl(container: NamedRef, options: CallOptions | undefined): Promise<string> {
    const { isEnabled, url, sslUrl } = await this.ex_getCdnContainer(container, options)
    const found = sslUrl ?? url
    if (isEnabled && found !== undefined) return found
    throw refused(this, 'container', 'one that was given to the network: enableContainerCdn does that', options)
  }

  /**
   * What the cloud's content delivery network does for a container, in clouds that have one.
   * @example const { sslUrl, ttl } = await driver.ex_getCdnContainer(container)
   * @see https://docs-ospc.rackspace.com/cloud-files/v1/cdn-api-reference/cdn-container-services-operations
   * @throws ContainerDoesNotExistError when it was never given to the network
   * @throws NotSupportedError when the cloud has none
   */
  async ex_getCdnContainer(container: NamedRef, options?: CallOptions): Promise<SwiftCdnContainer> {
    const at = containerPath(this, container, options)
    const spec = { service: CDN, method: 'HEAD', path: at, errors: NO_CONTAINER, read: readNothing } as const
    const { headers } = await this.connection.request(spec, options)
    return {
      isEnabled: /^true$/i.test(headers['x-cdn-enabled'] ?? ''),
      ttl: numberOf(headers['x-ttl']),
      keepsLogs: /^true$/i.test(headers['x-log-retention'] ?? ''),
      url: headers['x-cdn-uri'],
      sslUrl: headers['x-cdn-ssl-uri'],
      streamingUrl: headers['x-cdn-streaming-uri'],
      iosUrl: headers['x-cdn-ios-uri'],
    }
  }

  /**
   * Gives a container to the cloud's content delivery network, or changes how the network keeps its objects.
   * @example await driver.ex_enableCdn(container, { ex_ttl: 86_400 })
   * @see https://docs-ospc.rackspace.com/cloud-files/v1/cdn-api-reference/cdn-container-services-operations
   * @throws ContainerDoesNotExistError
   * @throws NotSupportedError when the cloud has no such network
   */
  async ex_enableCdn(container: NamedRef, options?: SwiftEnableCdnOptions): Promise<void> {
    const { ex_ttl: ttl, ex_keepsLogs: keepsLogs } = options ?? {}
    await this.#changeCdn(container, true, { ttl, keepsLogs }, options)
  }

  /**
   * Takes a container away from the network, which goes on to show what it has until its time is over.
   * @example await driver.ex_disableCdn(container)
   * @see https://docs-ospc.rackspace.com/cloud-files/v1/cdn-api-reference/cdn-container-services-operations
   * @throws ContainerDoesNotExistError
   */
  async ex_disableCdn(container: NamedRef, options?: CallOptions): Promise<void> {
    await this.#changeCdn(container, false, {}, options)
  }

  async #changeCdn(
    container: NamedRef,
    isEnabled: boolean,
    { ttl, keepsLogs }: { readonly ttl?: number | undefined; readonly keepsLogs?: boolean | undefined },
    options: CallOptions | undefined,
  ): Promise<void> {
    const word = (value: boolean): string => (value ? 'True' : 'False')
    const spec = {
      service: CDN,
      method: 'PUT',
      path: containerPath(this, container, options),
      headers: {
        'x-cdn-enabled': word(isEnabled),
        'x-ttl': ttl === undefined ? undefined : String(ttl),
        'x-log-retention': keepsLogs === undefined ? undefined : word(keepsLogs),
      },
      errors: NO_CONTAINER,
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  /**
   * Removes an object from the network before its time is over. Rackspace allows 25 a day.
   * @example await driver.ex_purgeObjectFromCdn(object, { ex_emails: ['ops@example.com'] })
   * @see https://docs-ospc.rackspace.com/cloud-files/v1/cdn-api-reference/cdn-object-services-operations
   * @throws RateLimitError when the day's purges are used up
   * @throws NotSupportedError when the cloud has no such network
   */
  async ex_purgeObjectFromCdn(object: ObjectRef, options?: SwiftPurgeOptions): Promise<void> {
    const spec = {
      service: CDN,
      method: 'DELETE',
      path: objectPath(this, object, options),
      headers: { 'x-purge-email': options?.ex_emails?.join(', ') },
      errors: NO_OBJECT,
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  /**
   * The key that signs it is the driver's option, or else the account's, which is asked for.
   * @throws InvalidRequestError where there is no key, or a `contentType` is given: Swift cannot hold one to it.
   * @see https://docs.openstack.org/swift/latest/api/temporary_url_middleware.html
   */
  async getObjectSignedUrl(object: ObjectRef, options?: SwiftSignedUrlOptions): Promise<string> {
    if (options?.contentType !== undefined)
      throw refused(this, 'options.contentType', 'absent: Swift cannot hold an upload to it', options)
    const { method: ex_method, expiresIn: ex_expiresIn, ...rest } = options ?? {}
    return this.ex_getObjectTempUrl(object, { ...rest, ex_method, ex_expiresIn })
  }

  /**
   * An address that works without credentials for a while, for any method, or for all names that begin alike.
   * @example const url = await driver.ex_getObjectTempUrl(object, { ex_method: 'DELETE', ex_expiresIn: 60 })
   * @see https://docs.openstack.org/swift/latest/api/temporary_url_middleware.html
   * @throws InvalidRequestError where there is no key
   */
  async ex_getObjectTempUrl(object: ObjectRef, options?: SwiftTempUrlOptions): Promise<string> {
    const { ex_method: method = 'GET', ex_expiresIn: expiresIn = 3600, ex_isPrefix: isPrefix } = options ?? {}
    const { ex_ipRange: range, ex_fileName: fileName, ex_inline: inline } = options ?? {}
    const at = objectPath(this, object, options)
    const { origin, prefix } = await this.connection.endpoint(undefined, options)
    const key = await this.#temporaryUrlKey(options)
    const expires = Math.floor(Date.now() / 1000) + expiresIn
    // What is signed is not percent-encoded.
    const plain = `${decodeURIComponent(prefix)}/${object.container.name}/${object.name}`
    const lines = [method, String(expires), isPrefix ? `prefix:${plain}` : plain]
    if (range !== undefined) lines.unshift(`ip=${range}`)
    const { createHmac } = await import('node:crypto')
    const signature = createHmac('sha256', key).update(lines.join('\n')).digest('hex')
    const query = queryString({
      temp_url_sig: signature,
      temp_url_expires: expires,
      temp_url_prefix: isPrefix ? object.name : undefined,
      temp_url_ip_range: range,
      filename: fileName,
      inline: inline ? '' : undefined,
    })
    return origin + prefix + at + query
  }

  async #temporaryUrlKey(options: CallOptions | undefined): Promise<string> {
    const { temporaryUrlKey: own } = optionsOf<OpenStackSwiftOptions>(this)
    if (own !== undefined) return own
    const spec = { method: 'HEAD', path: '', read: readNothing } as const
    const { headers } = await this.connection.request(spec, options)
    const found = headers['x-account-meta-temp-url-key'] || headers['x-account-meta-temp-url-key-2']
    if (found) {
      this.connection.conceal(fromHeader(found))
      return fromHeader(found)
    }
    const { provider } = this
    const allowed = 'given, or set for the account: ex_setAccountMetadataTempUrlKey does that'
    const details = { provider, operation: operationOf(options), argument: 'temporaryUrlKey', allowed }
    throw new InvalidRequestError(`The option 'temporaryUrlKey' must be ${allowed}`, details)
  }

  /**
   * Makes an object that stands for another.
   * @example await driver.ex_createSymlink(object, { name: 'latest', container: object.container })
   * @see https://docs.openstack.org/swift/latest/middleware.html#symlink
   * @throws ContainerDoesNotExistError
   */
  async ex_createSymlink(
    target: ObjectRef,
    link: ObjectRef,
    options?: CallOptions,
  ): Promise<StorageObject<SwiftObjectExtra>> {
    const spec = {
      method: 'PUT',
      path: objectPath(this, link, options),
      headers: {
        ...descriptionOf(this, link.name, {}),
        'content-type': 'application/symlink',
        'x-symlink-target': headerPath(target).slice(1),
      },
      errors: NO_PLACE,
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
    return this.getObject(link.container.name, link.name, options)
  }
}
