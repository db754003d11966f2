import { optionsOf } from '../../lib/credentials.js'
import { connect } from '../../lib/driver.js'
import { InvalidRequestError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { queryString } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { NamedRef } from '../../lib/resource.js'
import type { StorageApi } from '../../lib/storage/api.js'
import type { ObjectRef, SignedUrlOptions, StorageObject } from '../../lib/storage/types.js'
import { OpenStackConnection } from './connection.js'
import { meta } from './meta.js'
import type { OpenStackOptions } from './options.js'
import { descriptionOf, headerPath } from './storage.manifest.js'
import {
  containerPath,
  fromHeader,
  NO_CONTAINER,
  NO_PLACE,
  objectPath,
  refused,
  type SwiftObjectExtra,
} from './storage.shared.js'
import { SwiftVersions } from './storage.versions.js'

export type { OpenStackOptions } from './options.js'
export type * from './storage.account.js'
export type * from './storage.base.js'
export type * from './storage.large.js'
export type * from './storage.objects.js'
export type { SwiftListOptions } from './storage.requests.js'
export type { SwiftContainerExtra, SwiftObjectExtra } from './storage.shared.js'
export type * from './storage.versions.js'

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

/**
 * OpenStack Swift. Objects of more than 5 GiB, and streams of unknown length that have more than 16 MiB, are sent as segments,
 * which are kept in a container of their own: see {@link SwiftUploadOptions}.
 */
export class OpenStackSwiftStorageDriver extends SwiftVersions implements Partial<StorageApi> {
  readonly provider: string = 'openstack_swift'

  constructor(options: OpenStackSwiftOptions = {}) {
    super(meta, options)
    connect(this, new OpenStackConnection(this, { service: 'object-store' }))
  }

  /** Its address; whether everybody may read there is another matter.
   * @see https://docs.openstack.org/swift/latest/overview_acl.html */
  async getContainerCdnUrl(container: NamedRef, options?: CallOptions): Promise<string> {
    await this.getContainer(container.name, options)
    return this.#address(containerPath(this, container, options), options)
  }

  /** Its address; whether everybody may read there is another matter.
   * @see https://docs.openstack.org/swift/latest/overview_acl.html */
  async getObjectCdnUrl(object: ObjectRef, options?: CallOptions): Promise<string> {
    await this.getObject(object.container.name, object.name, options)
    return this.#address(objectPath(this, object, options), options)
  }

  async #address(at: string, options: CallOptions | undefined): Promise<string> {
    const { origin, prefix } = await this.connection.endpoint(undefined, options)
    return origin + prefix + at
  }

  /** Lets everybody read and list it.
   * @see https://docs.openstack.org/swift/latest/overview_acl.html */
  async enableContainerCdn(container: NamedRef, options?: CallOptions): Promise<void> {
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
