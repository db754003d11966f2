import type { Readable } from 'node:stream'
import { ContainerIsNotEmptyError, MalformedResponseError } from '../../lib/errors.js'
import { type Reply, readNothing } from '../../lib/http/message.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import type { StorageApi } from '../../lib/storage/api.js'
import { StorageDriver } from '../../lib/storage/driver.js'
import { type HashType, reported } from '../../lib/storage/transfer.js'
import type { ByteRange, Container, ObjectRef } from '../../lib/storage/types.js'
import { type AzureBlobsConnection, checkContainerName } from './storage.connection.js'
import { BLOBS, CONTAINERS, type RawBlob, readXml } from './storage.shapes.js'
import {
  blobOf,
  checkNumber,
  containerOf,
  leaseHeaders,
  metadataHeaders,
  NO_BLOB,
  NO_CONTAINER,
  refuse,
  toBlob,
  toContainer,
  versionQuery,
} from './storage.shared.js'
import type {
  AzureBlob,
  AzureContainerExtra,
  AzureCreateContainerOptions,
  AzureDeleteContainerOptions,
  AzureDeleteOptions,
  AzureListContainersOptions,
  AzureListOptions,
  AzureReadOptions,
  AzureStreamOptions,
} from './storage.types.js'

/** Containers and blobs. */
export abstract class AzureBlobsBase extends StorageDriver implements Partial<StorageApi> {
  readonly provider = 'azure_blobs'
  override readonly hashType: HashType = 'md5'
  declare readonly connection: AzureBlobsConnection

  /** @see https://learn.microsoft.com/rest/api/storageservices/list-containers2 */
  listContainers(options?: AzureListContainersOptions): Pager<Container<AzureContainerExtra>> {
    checkPageSize(this, options)
    return pager(async marker => {
      const query = { comp: 'list', include: 'metadata', maxresults: options?.ex_pageSize, marker }
      const path = `${this.connection.root}/`
      const { body } = await this.connection.request({ path, query, read: readXml(CONTAINERS) }, options)
      return { items: body.Containers.map(raw => toContainer(this, raw)), next: body.NextMarker || undefined }
    }, options)
  }

  /** @see https://learn.microsoft.com/rest/api/storageservices/get-container-properties */
  async getContainer(containerName: string, options?: CallOptions): Promise<Container<AzureContainerExtra>> {
    checkContainerName(containerName, this.provider)
    const path = this.connection.pathOf(containerName)
    const query = { restype: 'container' }
    const spec = { method: 'HEAD', path, query, errors: NO_CONTAINER, read: readNothing } as const
    const { headers } = await this.connection.request(spec, options)
    return containerOf(this, containerName, headers)
  }

  /** @see https://learn.microsoft.com/rest/api/storageservices/create-container */
  async createContainer(
    containerName: string,
    options?: AzureCreateContainerOptions,
  ): Promise<Owned<Container<AzureContainerExtra>>> {
    checkContainerName(containerName, this.provider)
    const { headers } = await this.connection.request(
      {
        method: 'PUT',
        path: this.connection.pathOf(containerName),
        query: { restype: 'container' },
        headers: {
          'x-ms-blob-public-access': options?.ex_publicAccess,
          ...metadataHeaders(this, options?.ex_metaData, options),
        },
        // Sent again, it would meet what it made itself.
        idempotent: false,
        read: readNothing,
      },
      options,
    )
    const container = containerOf(this, containerName, headers)
    return owned(container, () => this.deleteContainer(container))
  }

  /**
   * Azure itself would delete a container with all that is in it: what is not empty is refused, unless `ex_force` is given.
   * @see https://learn.microsoft.com/rest/api/storageservices/delete-container
   */
  async deleteContainer(container: NamedRef, options?: AzureDeleteContainerOptions): Promise<void> {
    const { connection, provider } = this
    checkContainerName(container.name, provider)
    if (!options?.ex_force) {
      const first = await this.#page(container, undefined, { ...options, ex_pageSize: 1 })
      if (first.Blobs.length > 0 || first.NextMarker) {
        const operation = operationOf(options)
        const message = `${operation ?? 'request'}: '${provider}' has blobs in the container: delete them first, or give ex_force`
        throw new ContainerIsNotEmptyError(message, { provider, operation })
      }
    }
    await connection.request(
      {
        method: 'DELETE',
        path: connection.pathOf(container.name),
        query: { restype: 'container' },
        headers: leaseHeaders(options),
        errors: NO_CONTAINER,
        read: readNothing,
      },
      options,
    )
  }

  /** @see https://learn.microsoft.com/rest/api/storageservices/list-blobs */
  listContainerObjects(container: NamedRef, options?: AzureListOptions): Pager<AzureBlob> {
    return pager(async marker => {
      const { Blobs, NextMarker } = await this.#page(container, marker, options)
      const items = Blobs.map(raw => toBlob(this, raw, container))
      return { items, next: NextMarker || undefined }
    }, options)
  }

  async #page(
    container: NamedRef,
    marker: string | undefined,
    options: AzureListOptions | undefined,
  ): Promise<{ Blobs: RawBlob[]; NextMarker?: string }> {
    const { prefix, ex_include = [], ex_pageSize, ...rest } = options ?? {}
    checkContainerName(container.name, this.provider)
    checkPageSize(this, options)
    const path = this.connection.pathOf(container.name)
    const include = ['metadata', ...ex_include].join(',')
    const query = {
      restype: 'container',
      comp: 'list',
      include,
      maxresults: ex_pageSize,
      prefix: prefix || undefined,
      marker,
    }
    return (await this.connection.request({ path, query, errors: NO_CONTAINER, read: readXml(BLOBS) }, rest)).body
  }

  /** @see https://learn.microsoft.com/rest/api/storageservices/get-blob-properties */
  async getObject(containerName: string, objectName: string, options?: AzureReadOptions): Promise<AzureBlob> {
    const path = this.#pathOf({ name: objectName, container: { name: containerName } })
    const query = versionQuery(options)
    const headers = leaseHeaders(options)
    const spec = { method: 'HEAD', path, query, headers, errors: NO_BLOB, read: readNothing } as const
    const reply = await this.connection.request(spec, options)
    return blobOf(this, objectName, { name: containerName }, reply.headers)
  }

  #pathOf({ container, name }: ObjectRef): string {
    checkContainerName(container.name, this.provider)
    return this.connection.pathOf(container.name, name)
  }

  /** @see https://learn.microsoft.com/rest/api/storageservices/get-blob */
  async downloadObjectAsStream(object: ObjectRef, options?: AzureStreamOptions): Promise<Readable> {
    const { body, headers } = await this.#open(object, undefined, options)
    return reported(body, lengthIn(headers), options)
  }

  /** @see https://learn.microsoft.com/rest/api/storageservices/get-blob */
  async downloadObjectRangeAsStream(
    object: ObjectRef,
    range: ByteRange,
    options?: AzureStreamOptions,
  ): Promise<Readable> {
    const { body, headers } = await this.#open(object, range, options)
    return reported(body, lengthIn(headers), options)
  }

  async #open(object: ObjectRef, range: ByteRange | undefined, options?: AzureStreamOptions): Promise<Reply<Readable>> {
    const last = range?.end === undefined ? '' : range.end - 1
    const reply = await this.connection.stream(
      {
        path: this.#pathOf(object),
        query: versionQuery(options),
        headers: {
          ...leaseHeaders(options),
          'x-ms-range': range === undefined ? undefined : `bytes=${range.start}-${last}`,
        },
        errors: NO_BLOB,
      },
      options,
    )
    const isEmpty = range !== undefined && range.start > 0 && lengthIn(reply.headers) === 0
    if (range === undefined || (reply.status === 206 && !isEmpty)) return reply
    reply.body.on('error', () => {}).destroy()
    if (isEmpty) refuse(this, 'range.start', 'within the blob', options)
    const operation = operationOf(options)
    const message = `${operation ?? 'download'}: '${this.provider}' sent the whole blob in place of a part of it`
    throw new MalformedResponseError(message, { provider: this.provider, operation, status: reply.status })
  }

  /** @see https://learn.microsoft.com/rest/api/storageservices/delete-blob */
  async deleteObject(object: ObjectRef, options?: AzureDeleteOptions): Promise<void> {
    await this.connection.request(
      {
        method: 'DELETE',
        path: this.#pathOf(object),
        query: versionQuery(options),
        headers: { ...leaseHeaders(options), 'x-ms-delete-snapshots': options?.ex_snapshots },
        errors: NO_BLOB,
        read: readNothing,
      },
      options,
    )
  }
}

function checkPageSize(driver: StorageDriver, options: AzureListContainersOptions | undefined): void {
  const size = options?.ex_pageSize
  const isGood = size === undefined || (size >= 1 && size <= 5000)
  checkNumber(driver, 'options.ex_pageSize', size ?? 1, 'a whole number from 1 to 5000', isGood, options)
}

function lengthIn(headers: Readonly<Record<string, string | undefined>>): number | undefined {
  const length = headers['content-length']
  return length === undefined ? undefined : Number(length)
}
