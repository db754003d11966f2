import type { Readable } from 'node:stream'
import { ContainerAlreadyExistsError, ContainerIsNotEmptyError, MalformedResponseError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import { StorageDriver } from '../../lib/storage/driver.js'
import { type HashType, reported } from '../../lib/storage/transfer.js'
import type {
  ByteRange,
  Container,
  DownloadOptions,
  ListObjectsOptions,
  ObjectRef,
  StorageObject,
  StreamOptions,
} from '../../lib/storage/types.js'
import type { OpenStackConnection } from './connection.js'
import { listPage, natureOf, removeLarge, removeObject, type SwiftListOptions } from './storage.requests.js'
import {
  containerOf,
  containerPath,
  NO_CONTAINER,
  NO_OBJECT,
  numberOf,
  objectOf,
  objectPath,
  type RawContainer,
  type RawObject,
  type SwiftContainerExtra,
  type SwiftObjectExtra,
  toContainer,
  toHeader,
  toMetaHeaders,
  toObject,
} from './storage.shared.js'

/** What Swift's `listContainers` takes. */
export interface SwiftListContainersOptions extends SwiftListOptions {
  /** Only containers whose names begin with this. */
  ex_prefix?: string | undefined
}
/** What Swift's `listContainerObjects` takes. */
export interface SwiftListObjectsOptions extends ListObjectsOptions, SwiftListOptions {
  /** Only names after this one. */
  ex_startAfter?: string | undefined
  /** Only names before this one. */
  ex_endBefore?: string | undefined
}
/** What Swift's `createContainer` takes. */
export interface SwiftCreateContainerOptions extends CallOptions {
  /** Where its objects are kept: one of those that `ex_getCapabilities` tells of. It cannot be changed. */
  ex_storagePolicy?: string | undefined
  ex_metaData?: Readonly<Record<string, string>> | undefined
  /** Who may read: `.r:*` is everybody, `.rlistings` lets them list, too; else `project:user`, with commas between. */
  ex_readAcl?: string | undefined
  ex_writeAcl?: string | undefined
}
/** What Swift's downloads and `getObject` take. */
export interface SwiftVersionOptions extends CallOptions {
  /** An older version of the object, in a container that keeps them. */
  ex_versionId?: string | undefined
}
/** What Swift's downloads take. */
export interface SwiftStreamOptions extends StreamOptions, SwiftVersionOptions {}
/** What Swift's downloads into files take. */
export interface SwiftDownloadOptions extends DownloadOptions, SwiftVersionOptions {}
/** What Swift's `deleteObject` takes. */
export interface SwiftDeleteObjectOptions extends CallOptions {
  /** Leaves a large object's segments where they are, and asks nothing before: others may need them. @defaultValue false */
  ex_keepSegments?: boolean | undefined
}

/** Containers and objects, but for uploads. */
export abstract class SwiftBase extends StorageDriver {
  override readonly hashType: HashType = 'md5'
  declare readonly connection: OpenStackConnection

  /** @see https://docs.openstack.org/api-ref/object-store/#show-account-details-and-list-containers */
  listContainers(options?: SwiftListContainersOptions): Pager<Container<SwiftContainerExtra>> {
    const map = (raw: RawContainer): Container<SwiftContainerExtra> => toContainer(this, raw)
    return pager(marker => listPage(this, '', { prefix: options?.ex_prefix, marker }, map, options), options)
  }

  /** @see https://docs.openstack.org/api-ref/object-store/#show-container-metadata */
  async getContainer(containerName: string, options?: CallOptions): Promise<Container<SwiftContainerExtra>> {
    const at = containerPath(this, { name: containerName }, options)
    const spec = { method: 'HEAD', path: at, errors: NO_CONTAINER, read: readNothing } as const
    const { headers } = await this.connection.request(spec, options)
    return containerOf(this, containerName, headers)
  }

  /**
   * Swift takes one that is there for success: its answer tells them apart. It is changed in no way.
   * @see https://docs.openstack.org/api-ref/object-store/#create-container
   */
  async createContainer(
    containerName: string,
    options?: SwiftCreateContainerOptions,
  ): Promise<Owned<Container<SwiftContainerExtra>>> {
    const at = containerPath(this, { name: containerName }, options)
    const headers = this.#settings(options)
    const spec = {
      method: 'PUT',
      path: at,
      headers: { 'x-storage-policy': options?.ex_storagePolicy },
      // Sent again after an answer that was lost, it would seem to have been there before.
      idempotent: false,
      errors: { 409: ContainerAlreadyExistsError },
      read: readNothing,
    } as const
    const { status, headers: told } = await this.connection.request(spec, options)
    if (status !== 201) {
      const { provider } = this
      const operation = operationOf(options)
      const message = `${operation}: '${provider}' has a container '${containerName}' already`
      throw new ContainerAlreadyExistsError(message, { provider, operation, status })
    }
    const container = containerOf(this, containerName, { ...told, ...headers })
    const made = owned(container, () => this.deleteContainer(container))
    if (Object.keys(headers).length > 0) {
      const post = { method: 'POST', path: at, headers, idempotent: true, read: readNothing } as const
      await this.connection.request(post, options).catch(async error => {
        await made[Symbol.asyncDispose]()
        throw error
      })
    }
    return made
  }

  #settings(options: SwiftCreateContainerOptions | undefined): Record<string, string> {
    const { ex_metaData: metaData, ex_readAcl: readAcl, ex_writeAcl: writeAcl } = options ?? {}
    return {
      ...toMetaHeaders(this, 'container', metaData, options),
      ...(readAcl === undefined ? {} : { 'x-container-read': toHeader(this, 'options.ex_readAcl', readAcl, options) }),
      ...(writeAcl === undefined
        ? {}
        : { 'x-container-write': toHeader(this, 'options.ex_writeAcl', writeAcl, options) }),
    }
  }

  /** @see https://docs.openstack.org/api-ref/object-store/#delete-container */
  async deleteContainer(container: NamedRef, options?: CallOptions): Promise<void> {
    const at = containerPath(this, container, options)
    const errors = { ...NO_CONTAINER, 409: ContainerIsNotEmptyError }
    await this.connection.request({ method: 'DELETE', path: at, errors, read: readNothing }, options)
  }

  /**
   * In the order of the names' UTF-8. A dynamic large object is listed with the size of its manifest, which is 0.
   * @see https://docs.openstack.org/api-ref/object-store/#show-container-details-and-list-objects
   */
  listContainerObjects(container: NamedRef, options?: SwiftListObjectsOptions): Pager<StorageObject<SwiftObjectExtra>> {
    const at = containerPath(this, container, options)
    const map = (raw: RawObject): StorageObject<SwiftObjectExtra> => toObject(this, raw, container)
    const { prefix, ex_startAfter: start, ex_endBefore: end } = options ?? {}
    const query = { prefix: prefix || undefined, end_marker: end }
    return pager(marker => listPage(this, at, { ...query, marker: marker ?? start }, map, options), options)
  }

  /** @see https://docs.openstack.org/api-ref/object-store/#show-object-metadata */
  async getObject(
    containerName: string,
    objectName: string,
    options?: SwiftVersionOptions,
  ): Promise<StorageObject<SwiftObjectExtra>> {
    const ref = { name: objectName, container: { name: containerName } }
    const spec = {
      method: 'HEAD',
      path: objectPath(this, ref, options),
      query: { 'version-id': options?.ex_versionId },
      errors: NO_OBJECT,
      read: readNothing,
    } as const
    const { headers } = await this.connection.request(spec, options)
    return objectOf(this, ref, headers)
  }

  /**
   * A dynamic large object that comes from a list is asked for its size first: the list has that of its manifest.
   * @see https://docs.openstack.org/api-ref/object-store/#get-object-content-and-metadata
   */
  override downloadObject(object: ObjectRef, destinationPath: string, options?: SwiftDownloadOptions): Promise<void> {
    const { name, container } = object
    const mayBeManifest = 'size' in object && object.size === 0
    return super.downloadObject(mayBeManifest ? { name, container } : object, destinationPath, options)
  }

  /** @see https://docs.openstack.org/api-ref/object-store/#get-object-content-and-metadata */
  async downloadObjectAsStream(object: ObjectRef, options?: SwiftStreamOptions): Promise<Readable> {
    return this.#read(object, undefined, options)
  }

  /** @throws InvalidRequestError when the object ends before `range.start`.
   * @see https://docs.openstack.org/api-ref/object-store/#get-object-content-and-metadata */
  async downloadObjectRangeAsStream(
    object: ObjectRef,
    range: ByteRange,
    options?: SwiftStreamOptions,
  ): Promise<Readable> {
    return this.#read(object, `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}`, options)
  }

  async #read(
    object: ObjectRef,
    range: string | undefined,
    options: SwiftStreamOptions | undefined,
  ): Promise<Readable> {
    const spec = {
      path: objectPath(this, object, options),
      query: { 'version-id': options?.ex_versionId },
      headers: { range, accept: '*/*' },
      errors: NO_OBJECT,
    }
    const { status, headers, body } = await this.connection.stream(spec, options)
    if (range !== undefined && status !== 206) {
      body.on('error', () => {}).destroy()
      const { provider } = this
      const operation = operationOf(options)
      const message = `${operation}: '${provider}' answered ${status} with the whole object, not with the range`
      throw new MalformedResponseError(message, { provider, operation, status })
    }
    return reported(body, numberOf(headers['content-length']), options)
  }

  /**
   * A large object's segments go with it, unless its container keeps versions, which need them. Where only the name is
   * given, it is asked first what it is.
   * @see https://docs.openstack.org/api-ref/object-store/#delete-object
   */
  async deleteObject(object: ObjectRef, options?: SwiftDeleteObjectOptions): Promise<void> {
    if (options?.ex_keepSegments) return removeObject(this, object, options)
    const known = 'extra' in object ? (object.extra as Partial<SwiftObjectExtra>) : undefined
    // A list does not tell a dynamic large object from one that is empty, nor whether versions are kept.
    const isPlain = known !== undefined && known.largeObject === undefined && (object as StorageObject).size > 0
    if (isPlain) return removeObject(this, object, options)
    await removeLarge(this, object, await natureOf(this, object, options), options)
  }
}
