import { readNothing } from '../../lib/http/message.js'
import type { CallOptions } from '../../lib/options.js'
import type { NamedRef } from '../../lib/resource.js'
import type { ObjectRef } from '../../lib/storage/types.js'
import { AzureBlobsBlobs } from './storage.blobs.js'
import { checkContainerName } from './storage.connection.js'
import { checkNumber, type Headers, NO_BLOB, NO_CONTAINER, refuse } from './storage.shared.js'

/** A blob, or a container. */
export type AzureLeased = ObjectRef | NamedRef

export interface AzureAcquireLeaseOptions extends CallOptions {
  /** A GUID of one's own. @defaultValue one that the service makes */
  ex_leaseId?: string | undefined
}

/** Leases: nobody else changes or deletes what is leased. https://learn.microsoft.com/rest/api/storageservices/lease-blob */
export abstract class AzureBlobsLeases extends AzureBlobsBlobs {
  async #lease(on: AzureLeased, headers: Headers, options: CallOptions | undefined): Promise<Headers> {
    const container = 'container' in on ? on.container : on
    const isBlob = 'container' in on
    checkContainerName(container.name, this.provider)
    const path = this.connection.pathOf(container.name, isBlob ? on.name : undefined)
    const query = isBlob ? { comp: 'lease' } : { restype: 'container', comp: 'lease' }
    const errors = isBlob ? NO_BLOB : NO_CONTAINER
    const spec = { method: 'PUT', path, query, headers, errors, idempotent: false, read: readNothing } as const
    return (await this.connection.request(spec, options)).headers
  }

  /**
   * Leases a blob or a container: for 15 to 60 seconds, or until it is released (`'infinite'`). Tells the lease's id.
   *
   * @example
   * ```ts
   * const leaseId = await driver.ex_acquireLease(object, 60)
   * await driver.uploadObjectViaStream('mine', object.container, object.name, { ex_leaseId: leaseId })
   * ```
   * @throws ConflictError where somebody else has one
   * @see https://learn.microsoft.com/rest/api/storageservices/lease-blob
   */
  async ex_acquireLease(
    on: AzureLeased,
    seconds: number | 'infinite',
    options?: AzureAcquireLeaseOptions,
  ): Promise<string> {
    if (seconds !== 'infinite' && !(Number.isSafeInteger(seconds) && seconds >= 15 && seconds <= 60))
      refuse(this, 'seconds', "a whole number from 15 to 60, or 'infinite'", options)
    const headers = {
      'x-ms-lease-action': 'acquire',
      'x-ms-lease-duration': seconds === 'infinite' ? '-1' : String(seconds),
      'x-ms-proposed-lease-id': options?.ex_leaseId,
    }
    return (await this.#lease(on, headers, options))['x-ms-lease-id'] ?? ''
  }

  /**
   * Begins a lease's time anew.
   *
   * @example
   * ```ts
   * await driver.ex_renewLease(object, leaseId)
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/lease-blob
   */
  async ex_renewLease(on: AzureLeased, leaseId: string, options?: CallOptions): Promise<void> {
    await this.#lease(on, { 'x-ms-lease-action': 'renew', 'x-ms-lease-id': leaseId }, options)
  }

  /**
   * Gives a lease another id.
   *
   * @example
   * ```ts
   * await driver.ex_changeLease(object, leaseId, crypto.randomUUID())
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/lease-blob
   */
  async ex_changeLease(on: AzureLeased, leaseId: string, newLeaseId: string, options?: CallOptions): Promise<void> {
    const headers = {
      'x-ms-lease-action': 'change',
      'x-ms-lease-id': leaseId,
      'x-ms-proposed-lease-id': newLeaseId,
    }
    await this.#lease(on, headers, options)
  }

  /**
   * Ends a lease of one's own.
   *
   * @example
   * ```ts
   * await driver.ex_releaseLease(object, leaseId)
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/lease-blob
   */
  async ex_releaseLease(on: AzureLeased, leaseId: string, options?: CallOptions): Promise<void> {
    await this.#lease(on, { 'x-ms-lease-action': 'release', 'x-ms-lease-id': leaseId }, options)
  }

  /**
   * Ends whoever's lease: after so many seconds, 0 to 60. Tells how many are left.
   *
   * @example
   * ```ts
   * await driver.ex_breakLease(object, 0)
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/lease-blob
   */
  async ex_breakLease(on: AzureLeased, seconds: number, options?: CallOptions): Promise<number> {
    checkNumber(this, 'seconds', seconds, 'a whole number from 0 to 60', seconds >= 0 && seconds <= 60, options)
    const headers = { 'x-ms-lease-action': 'break', 'x-ms-lease-break-period': String(seconds) }
    return Number((await this.#lease(on, headers, options))['x-ms-lease-time'] ?? 0)
  }
}
