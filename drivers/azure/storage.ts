import { optionsOf } from '../../lib/credentials.js'
import { connect } from '../../lib/driver.js'
import { InvalidRequestError, NotSupportedError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { NamedRef } from '../../lib/resource.js'
import type { StorageApi } from '../../lib/storage/api.js'
import type { ObjectRef } from '../../lib/storage/types.js'
import { meta } from './meta.js'
import { AzureBlobsConnection, type AzureBlobsOptions, checkContainerName } from './storage.connection.js'
import { sasQuery } from './storage.sas.js'
import { NO_CONTAINER } from './storage.shared.js'
import type { SharedKey } from './storage.shared-key.js'
import type { AzureSignedUrlOptions } from './storage.types.js'
import {
  AzureBlobsUpload,
  BLOCK_SIZES,
  CONCURRENCIES,
  DEFAULT_BLOCK,
  isBlockSize,
  isConcurrency,
} from './storage.upload.js'

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
export class AzureBlobsStorageDriver extends AzureBlobsUpload implements Partial<StorageApi> {
  protected readonly blockSize: number
  protected readonly concurrency: number

  /** @throws InvalidCredentialsError when the account, or what to sign with, is missing. */
  constructor(options: AzureBlobsOptions = {}) {
    super(meta, options)
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
    checkContainerName(container.name, this.provider)
    await this.connection.request(
      {
        method: 'PUT',
        path: this.connection.pathOf(container.name),
        query: { restype: 'container', comp: 'acl' },
        headers: { 'x-ms-blob-public-access': 'blob' },
        errors: NO_CONTAINER,
        read: readNothing,
      },
      options,
    )
  }

  /**
   * An address with a service SAS. Nothing is asked: it is made of the account's key.
   * @throws NotSupportedError without `secret`.
   * @see https://learn.microsoft.com/rest/api/storageservices/create-service-sas
   */
  async getObjectSignedUrl(object: ObjectRef, options?: AzureSignedUrlOptions): Promise<string> {
    const { method = 'GET', expiresIn = 3600 } = options ?? {}
    const permissions = options?.ex_permissions ?? (method === 'PUT' ? 'cw' : 'r')
    const address = await this.getObjectCdnUrl(object)
    const query = sasQuery(
      {
        container: object.container.name,
        blob: object.name,
        permissions,
        starts: options?.ex_startsAt,
        expires: new Date((options?.ex_startsAt?.getTime() ?? Date.now()) + expiresIn * 1000),
        protocol: address.startsWith('https:') ? 'https' : 'https,http',
        version: this.connection.version,
        ip: options?.ex_ip,
        contentDisposition: options?.ex_contentDisposition,
        contentType: method === 'GET' ? options?.contentType : undefined,
      },
      this.#sharedKey(options),
    )
    return `${address}?${query}`
  }

  #sharedKey(options: CallOptions | undefined): SharedKey {
    const { sharedKey } = this.connection
    if (sharedKey) return sharedKey
    const { provider } = this
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: '${provider}' makes signed addresses with the account's key only: give 'secret'`
    throw new NotSupportedError(message, { provider, operation })
  }
}
