import { optionsOf } from '../../lib/credentials.js'
import { connect } from '../../lib/driver.js'
import { InvalidRequestError, NotSupportedError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { NamedRef } from '../../lib/resource.js'
import type { StorageApi } from '../../lib/storage/api.js'
import type { ObjectRef } from '../../lib/storage/types.js'
import { BLOBS_CREDENTIALS } from './options.js'
import { AzureBlobsConnection, type AzureBlobsOptions, blobsOptions, checkContainerName } from './storage.connection.js'
import { AzureBlobsKinds } from './storage.kinds.js'
import { sasQuery } from './storage.sas.js'
import { type Headers, leaseHeaders, metadataHeaders, NO_CONTAINER } from './storage.shared.js'
import type { SharedKey } from './storage.shared-key.js'
import type { AzureLeaseOptions, AzureSignedUrlOptions } from './storage.types.js'
import { BLOCK_SIZES, CONCURRENCIES, DEFAULT_BLOCK, isBlockSize, isConcurrency } from './storage.upload.js'

/**
 * Azure Blob Storage.
 *
 * @example
 * ```ts
 * const driver = new AzureBlobsStorageDriver({ key: 'account', secret: process.env.AZURE_STORAGE_KEY })
 * await driver.uploadObject('backup.tar', { name: 'backups' }, '2026/backup.tar')
 * ```
 * @see https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
 */
export class AzureBlobsStorageDriver extends AzureBlobsKinds implements Partial<StorageApi> {
  protected readonly blockSize: number
  protected readonly concurrency: number

  /** @throws InvalidCredentialsError when the account is missing, or its key is none. */
  constructor(options: AzureBlobsOptions = {}) {
    super({ vendor: 'azure', credentials: BLOBS_CREDENTIALS }, blobsOptions(options))
    const { blockSize = DEFAULT_BLOCK, concurrency = 4 } = optionsOf<AzureBlobsOptions>(this)
    if (!isBlockSize(blockSize)) this.#refuse('blockSize', BLOCK_SIZES)
    if (!isConcurrency(concurrency)) this.#refuse('concurrency', CONCURRENCIES)
    this.blockSize = blockSize
    this.concurrency = concurrency
    connect(this, new AzureBlobsConnection(this))
  }

  #refuse(argument: string, allowed: string): never {
    const { provider } = this
    throw new InvalidRequestError(`The option '${argument}' must be ${allowed}`, { provider, argument, allowed })
  }

  /** The address; it is of use to others only where the container is public. */
  async getContainerCdnUrl(container: NamedRef, _options?: CallOptions): Promise<string> {
    checkContainerName(container.name, this.provider)
    return this.connection.origin + this.connection.pathOf(container.name)
  }

  /** The address; it is of use to others only where the container is public. */
  async getObjectCdnUrl({ container, name }: ObjectRef, _options?: CallOptions): Promise<string> {
    checkContainerName(container.name, this.provider)
    return this.connection.origin + this.connection.pathOf(container.name, name)
  }

  /**
   * Lets everybody read the container's blobs whose names they know. The account must allow it.
   * @see https://learn.microsoft.com/rest/api/storageservices/set-container-acl
   */
  async enableContainerCdn(container: NamedRef, options?: CallOptions): Promise<void> {
    await this.#changeContainer(container, 'acl', { 'x-ms-blob-public-access': 'blob' }, options)
  }

  /**
   * An address with a service SAS. Nothing is asked: it is made of the account's key.
   * @throws NotSupportedError without `secret`.
   * @see https://learn.microsoft.com/rest/api/storageservices/create-service-sas
   */
  async getObjectSignedUrl(object: ObjectRef, options?: AzureSignedUrlOptions): Promise<string> {
    const { method = 'GET', contentType, ex_permissions } = options ?? {}
    const address = await this.getObjectCdnUrl(object)
    const what = {
      container: object.container.name,
      blob: object.name,
      contentType: method === 'GET' ? contentType : undefined,
    }
    return `${address}?${this.#sas(what, ex_permissions ?? (method === 'PUT' ? 'cw' : 'r'), options)}`
  }

  #sharedKey(options: CallOptions | undefined): SharedKey {
    const { sharedKey } = this.connection
    if (sharedKey) return sharedKey
    const { provider } = this
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: '${provider}' makes signed addresses with the account's key only: give 'secret'`
    throw new NotSupportedError(message, { provider, operation })
  }

  /**
   * Replaces what a container has of one's own names and values.
   *
   * @example
   * ```ts
   * await driver.ex_setContainerMetaData({ name: 'backups' }, { owner: 'ops' })
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/set-container-metadata
   */
  async ex_setContainerMetaData(
    container: NamedRef,
    metaData: Readonly<Record<string, string>>,
    options?: AzureLeaseOptions,
  ): Promise<void> {
    const headers = { ...leaseHeaders(options), ...metadataHeaders(this, metaData, options) }
    await this.#changeContainer(container, 'metadata', headers, options)
  }

  /**
   * Who may read a container without credentials: `'container'`, `'blob'`, or nobody.
   *
   * @example
   * ```ts
   * await driver.ex_setContainerAccess({ name: 'backups' }, undefined)
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/set-container-acl
   */
  async ex_setContainerAccess(
    container: NamedRef,
    access: 'container' | 'blob' | undefined,
    options?: AzureLeaseOptions,
  ): Promise<void> {
    await this.#changeContainer(
      container,
      'acl',
      { ...leaseHeaders(options), 'x-ms-blob-public-access': access },
      options,
    )
  }

  /**
   * An address that works for a whole container: by default to list it and to read what is in it.
   *
   * @example
   * ```ts
   * const url = await driver.ex_getContainerSignedUrl({ name: 'backups' }, { expiresIn: 600 })
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/create-service-sas
   */
  async ex_getContainerSignedUrl(container: NamedRef, options?: AzureSignedUrlOptions): Promise<string> {
    const address = await this.getContainerCdnUrl(container)
    return `${address}?${this.#sas({ container: container.name }, options?.ex_permissions ?? 'rl', options)}`
  }

  async #changeContainer(
    container: NamedRef,
    comp: 'acl' | 'metadata',
    headers: Headers,
    options: CallOptions | undefined,
  ): Promise<void> {
    checkContainerName(container.name, this.provider)
    const path = this.connection.pathOf(container.name)
    const query = { restype: 'container', comp }
    const spec = { method: 'PUT', path, query, headers, errors: NO_CONTAINER, read: readNothing } as const
    await this.connection.request(spec, options)
  }

  #sas(
    what: { readonly container: string; readonly blob?: string | undefined; readonly contentType?: string | undefined },
    permissions: string,
    options: AzureSignedUrlOptions | undefined,
  ): string {
    const { expiresIn = 3600, ex_startsAt, ex_ip, ex_contentDisposition } = options ?? {}
    const grant = {
      ...what,
      permissions,
      starts: ex_startsAt,
      expires: new Date((ex_startsAt?.getTime() ?? Date.now()) + expiresIn * 1000),
      protocol: this.connection.origin.startsWith('https:') ? 'https' : 'https,http',
      version: this.connection.version,
      ip: ex_ip,
      contentDisposition: ex_contentDisposition,
    }
    return sasQuery(grant, this.#sharedKey(options))
  }
}
