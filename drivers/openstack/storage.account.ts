import { InvalidRequestError } from '../../lib/errors.js'
import { type Reply, readNothing } from '../../lib/http/message.js'
import { path, slashed } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import type { ObjectRef, StorageObject } from '../../lib/storage/types.js'
import { SwiftLargeObjects } from './storage.large.js'
import { descriptionOf } from './storage.manifest.js'
import { listPage, type RawBulkReply, type SwiftListOptions } from './storage.requests.js'
import {
  containerPath,
  fromHeader,
  metaDataOf,
  NO_CONTAINER,
  NO_OBJECT,
  numberOf,
  objectPath,
  type RawFolder,
  type RawObject,
  type SwiftObjectExtra,
  toHeader,
  toMetaHeaders,
  toObject,
} from './storage.shared.js'

/** What an account holds. Swift counts now and then: fresh changes may be missing. */
export interface SwiftAccount {
  readonly containerCount: number
  readonly objectCount: number
  readonly bytesUsed: number
  /** The most that it may hold. */
  readonly quotaBytes: number | undefined
  /** What signs temporary addresses. Not shown when it is printed. */
  readonly temporaryUrlKey: string | undefined
  readonly temporaryUrlKey2: string | undefined
  /** Names and values of one's own. */
  readonly metaData: Readonly<Record<string, string>>
}
/** What is to change of a container; what is absent stays, and an empty text removes. */
export interface SwiftContainerChanges {
  readonly metaData?: Readonly<Record<string, string>> | undefined
  /** Who may read: `.r:*` is everybody. */
  readonly readAcl?: string | undefined
  readonly writeAcl?: string | undefined
  /** The most bytes that it may hold; `null` for as many as one likes. */
  readonly quotaBytes?: number | null | undefined
  /** The most objects that it may hold; `null` for as many as one likes. */
  readonly quotaCount?: number | null | undefined
  /** Signs temporary addresses of this container alone. */
  readonly temporaryUrlKey?: string | undefined
}
/** What is kept beside an object's bytes from now on. */
export interface SwiftObjectChanges {
  /** In place of all that it has. @defaultValue none */
  readonly metaData?: Readonly<Record<string, string>> | undefined
  readonly contentType?: string | undefined
  /** @defaultValue none: it stays for ever */
  readonly deleteAt?: Date | undefined
  readonly contentEncoding?: string | undefined
  readonly contentDisposition?: string | undefined
}
/** What became of a removal of many. */
export interface SwiftBulkResult {
  readonly deleted: number
  readonly notFound: number
  /** What is still there, and why. */
  readonly errors: readonly { readonly container: string; readonly name: string; readonly status: string }[]
}
/** What is told of a list in the manner of a folder: an object, or names that go on. */
export type SwiftFolderEntry =
  | { readonly kind: 'object'; readonly object: StorageObject<SwiftObjectExtra> }
  | { readonly kind: 'folder'; readonly prefix: string }
/** What `ex_listFolder` takes. */
export interface SwiftListFolderOptions extends SwiftListOptions {
  /** What all names begin with. */
  ex_prefix?: string | undefined
  /** @defaultValue '/' */
  ex_delimiter?: string | undefined
}

/** Objects that one request removes. */
const BULK = 1000

/** The account, containers as a whole, and many objects at once. */
export abstract class SwiftAccounts extends SwiftLargeObjects {
  /**
   * Counts and metadata of the account.
   * @example const { bytesUsed, objectCount } = await driver.ex_getMetaData()
   * @see https://docs.openstack.org/api-ref/object-store/#show-account-metadata
   */
  async ex_getMetaData(options?: CallOptions): Promise<SwiftAccount> {
    const { headers } = await this.#account('HEAD', {}, options)
    const account: SwiftAccount = {
      containerCount: numberOf(headers['x-account-container-count']) ?? 0,
      objectCount: numberOf(headers['x-account-object-count']) ?? 0,
      bytesUsed: numberOf(headers['x-account-bytes-used']) ?? 0,
      quotaBytes: numberOf(headers['x-account-meta-quota-bytes']),
      temporaryUrlKey: undefined,
      temporaryUrlKey2: undefined,
      metaData: metaDataOf(headers, 'account'),
    }
    const [first, second] = this.#keysOf(headers)
    Object.defineProperty(account, 'temporaryUrlKey', { value: first, enumerable: false })
    Object.defineProperty(account, 'temporaryUrlKey2', { value: second, enumerable: false })
    return account
  }

  #keysOf(headers: Reply<void>['headers']): (string | undefined)[] {
    return ['x-account-meta-temp-url-key', 'x-account-meta-temp-url-key-2'].map(name => {
      const value = headers[name]
      if (value === undefined || value === '') return undefined
      this.connection.conceal(fromHeader(value))
      return fromHeader(value)
    })
  }

  /**
   * Sets names and values of the account; an empty value removes its name.
   * @example await driver.ex_updateAccountMetadata({ team: 'ops', old: '' })
   * @see https://docs.openstack.org/api-ref/object-store/#create-update-or-delete-account-metadata
   */
  async ex_updateAccountMetadata(metaData: Readonly<Record<string, string>>, options?: CallOptions): Promise<void> {
    await this.#account('POST', toMetaHeaders(this, 'account', metaData, options), options)
  }

  /**
   * Sets what signs temporary addresses. With two, one can be changed while addresses of the other are still good.
   * @example await driver.ex_setAccountMetadataTempUrlKey(randomBytes(32).toString('hex'))
   * @see https://docs.openstack.org/swift/latest/api/temporary_url_middleware.html
   */
  async ex_setAccountMetadataTempUrlKey(
    key: string,
    options?: CallOptions & { ex_second?: boolean | undefined },
  ): Promise<void> {
    if (key !== '') this.connection.conceal(key)
    const name = options?.ex_second ? 'x-account-meta-temp-url-key-2' : 'x-account-meta-temp-url-key'
    await this.#account('POST', { [name]: toHeader(this, 'key', key, options) }, options)
  }

  async #account(
    method: 'HEAD' | 'POST',
    headers: Record<string, string>,
    options?: CallOptions,
  ): Promise<Reply<void>> {
    return this.connection.request({ method, path: '', headers, idempotent: true, read: readNothing }, options)
  }

  /**
   * What this Swift can do, and its limits, each under its name, in Swift's own words.
   * @example const { swift, slo } = await driver.ex_getCapabilities()
   * @see https://docs.openstack.org/api-ref/object-store/#list-activated-capabilities
   */
  async ex_getCapabilities(
    options?: CallOptions,
  ): Promise<Readonly<Record<string, Readonly<Record<string, unknown>>>>> {
    const { origin, prefix } = await this.connection.endpoint(undefined, options)
    const start = prefix.replace(/\/v1(\.0)?(\/.*)?$/, '')
    const spec = { origin, path: `${start}/info` }
    return (await this.connection.request<Record<string, Record<string, unknown>>>(spec, options)).body
  }

  /**
   * Changes what is known of a container.
   * @example await driver.ex_updateContainer(container, { readAcl: '.r:*,.rlistings', quotaBytes: 2 ** 30 })
   * @see https://docs.openstack.org/api-ref/object-store/#create-update-or-delete-container-metadata
   * @throws ContainerDoesNotExistError
   */
  async ex_updateContainer(container: NamedRef, changes: SwiftContainerChanges, options?: CallOptions): Promise<void> {
    const { metaData, readAcl, writeAcl, quotaBytes, quotaCount, temporaryUrlKey: key } = changes
    const limit = (value: number | null | undefined): string | undefined =>
      value === undefined ? undefined : value === null ? '' : String(value)
    if (key) this.connection.conceal(key)
    await this.#post(
      container,
      {
        ...toMetaHeaders(this, 'container', metaData, options),
        'x-container-read': readAcl === undefined ? undefined : toHeader(this, 'changes.readAcl', readAcl, options),
        'x-container-write': writeAcl === undefined ? undefined : toHeader(this, 'changes.writeAcl', writeAcl, options),
        'x-container-meta-quota-bytes': limit(quotaBytes),
        'x-container-meta-quota-count': limit(quotaCount),
        'x-container-meta-temp-url-key':
          key === undefined ? undefined : toHeader(this, 'changes.temporaryUrlKey', key, options),
      },
      options,
    )
  }

  /**
   * Lets everybody read a container as a web site.
   * @example await driver.ex_enableStaticWebsite(container, 'index.html')
   * @see https://docs.openstack.org/swift/latest/api/static-website.html
   * @throws ContainerDoesNotExistError
   */
  async ex_enableStaticWebsite(container: NamedRef, indexFile: string, options?: CallOptions): Promise<void> {
    const headers = {
      'x-container-meta-web-index': toHeader(this, 'indexFile', indexFile, options),
      'x-container-read': '.r:*,.rlistings',
    }
    await this.#post(container, headers, options)
  }

  /**
   * Sets the page that a web site shows for errors: of `error.html`, Swift takes `404error.html` and the like.
   * @example await driver.ex_setErrorPage(container, 'error.html')
   * @see https://docs.openstack.org/swift/latest/api/static-website.html
   * @throws ContainerDoesNotExistError
   */
  async ex_setErrorPage(container: NamedRef, fileName: string, options?: CallOptions): Promise<void> {
    await this.#post(
      container,
      { 'x-container-meta-web-error': toHeader(this, 'fileName', fileName, options) },
      options,
    )
  }

  async #post(
    container: NamedRef,
    headers: Readonly<Record<string, string | undefined>>,
    options: CallOptions | undefined,
  ): Promise<void> {
    const at = containerPath(this, container, options)
    const spec = {
      method: 'POST',
      path: at,
      headers,
      idempotent: true,
      errors: NO_CONTAINER,
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  /**
   * Replaces an object's metadata; its bytes stay. Swift forgets what is not given, but for the content type.
   * @example await driver.ex_updateObject(object, { metaData: { ...object.metaData, reviewed: 'yes' } })
   * @see https://docs.openstack.org/api-ref/object-store/#create-or-update-object-metadata
   * @throws ObjectDoesNotExistError
   */
  async ex_updateObject(object: ObjectRef, changes: SwiftObjectChanges, options?: CallOptions): Promise<void> {
    const { metaData, deleteAt, contentEncoding, contentDisposition, contentType } = changes
    const description = {
      metaData,
      ex_deleteAt: deleteAt,
      ex_contentEncoding: contentEncoding,
      ex_contentDisposition: contentDisposition,
    }
    const headers = { ...descriptionOf(this, object.name, description), 'content-type': contentType }
    const at = objectPath(this, object, options)
    const spec = { method: 'POST', path: at, headers, idempotent: true, errors: NO_OBJECT, read: readNothing } as const
    await this.connection.request(spec, options)
  }

  /**
   * Removes many objects, of any containers, 1,000 in a request. A large object's segments stay.
   * @example const { deleted, errors } = await driver.ex_deleteObjects(await driver.listContainerObjects(container))
   * @see https://docs.openstack.org/api-ref/object-store/#bulk-delete
   */
  async ex_deleteObjects(objects: readonly ObjectRef[], options?: CallOptions): Promise<SwiftBulkResult> {
    let [deleted, notFound] = [0, 0]
    const errors: { container: string; name: string; status: string }[] = []
    for (let start = 0; start < objects.length; start += BULK) {
      const lines = objects
        .slice(start, start + BULK)
        .map(({ name, container }) => path`${container.name}/${slashed(name)}`)
      const result = await this.#bulk(lines, options)
      deleted += result['Number Deleted'] ?? 0
      notFound += result['Number Not Found'] ?? 0
      for (const [at, status] of result.Errors ?? []) {
        const [, container = '', name = ''] = /^\/?([^/]*)\/?(.*)$/s.exec(decodeURIComponent(at)) ?? []
        errors.push({ container, name, status })
      }
    }
    return { deleted, notFound, errors }
  }

  async #bulk(lines: readonly string[], options: CallOptions | undefined): Promise<RawBulkReply> {
    const spec = {
      method: 'POST',
      path: '',
      query: { 'bulk-delete': '' },
      headers: { 'content-type': 'text/plain' },
      body: `${lines.join('\n')}\n`,
      idempotent: true,
    } as const
    const { body } = await this.connection.request<RawBulkReply>(spec, options)
    // It answers 200 before it begins: what became of it stands in the body.
    const status = body?.['Response Status'] ?? '200'
    if (/^2/.test(status) || (body.Errors?.length ?? 0) > 0) return body
    const operation = operationOf(options)
    const message = `${operation}: '${this.provider}' answered ${status}: ${body['Response Body'] ?? ''}`
    throw new InvalidRequestError(message, { provider: this.provider, operation })
  }

  /**
   * What lies directly under a prefix: objects, and what longer names have in common up to the next delimiter.
   * @example for await (const entry of driver.ex_listFolder(container, { ex_prefix: 'logs/' })) console.log(entry)
   * @see https://docs.openstack.org/swift/latest/api/pseudo-hierarchical-folders-directories.html
   * @throws ContainerDoesNotExistError
   */
  ex_listFolder(container: NamedRef, options?: SwiftListFolderOptions): Pager<SwiftFolderEntry> {
    const at = containerPath(this, container, options)
    const { ex_prefix: prefix, ex_delimiter: delimiter = '/' } = options ?? {}
    const map = (raw: RawObject | RawFolder): SwiftFolderEntry =>
      'subdir' in raw
        ? { kind: 'folder', prefix: raw.subdir }
        : { kind: 'object', object: toObject(this, raw, container) }
    const token = (raw: RawObject | RawFolder): string => ('subdir' in raw ? raw.subdir : raw.name)
    const query = { prefix: prefix || undefined, delimiter }
    return pager(marker => listPage(this, at, { ...query, marker }, map, options, token), options)
  }
}
