import type { CallOptions } from '../../lib/options.js'
import type { ObjectRef } from '../../lib/storage/types.js'
import { checkContainerName } from './storage.connection.js'
import { AzureBlobsLeases } from './storage.leases.js'
import { PAGES, readXml } from './storage.shapes.js'
import { blobHeaders, changeBlob, checkNumber, leaseHeaders, NO_BLOB } from './storage.shared.js'
import type { AzureLeaseOptions, AzureReadOptions, AzureUploadOptions } from './storage.types.js'

export type AzureMakeOptions = Pick<
  AzureUploadOptions,
  'contentType' | 'metaData' | 'headers' | 'ex_leaseId' | 'ex_onlyNew' | 'ex_ifMatch' | 'ex_tags'
> &
  CallOptions
export interface AzureAppendOptions extends AzureLeaseOptions {
  /** Only where the blob has this many bytes: what is sent twice is not appended twice. @throws ConflictError */
  ex_position?: number | undefined
}
/** Bytes from `start` up to, but not with, `end`. */
export interface AzurePageRange {
  readonly start: number
  readonly end: number
}

const PAGE = 512
const MOST_PAGES = 4 * 1024 * 1024
const MOST_APPENDED = 100 * 1024 * 1024

/** Append blobs, to which is added at the end, and page blobs, which are disks. */
export abstract class AzureBlobsKinds extends AzureBlobsLeases {
  /**
   * Makes an append blob without content.
   *
   * @example
   * ```ts
   * await driver.ex_createAppendBlob({ name: 'log.txt', container })
   * await driver.ex_appendBlock({ name: 'log.txt', container }, 'a line\n')
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/put-blob
   */
  async ex_createAppendBlob(object: ObjectRef, options?: AzureMakeOptions): Promise<void> {
    const headers = { ...blobHeaders(this, object.name, options ?? {}), 'x-ms-blob-type': 'AppendBlob' }
    await changeBlob(this, { object, headers, idempotent: false }, options)
  }

  /**
   * Adds at most 100 MiB at the end of an append blob. Tells where it begins.
   *
   * @example
   * ```ts
   * const position = await driver.ex_appendBlock(object, 'another line\n')
   * ```
   * @throws ConnectionError that says `mayHaveHappened`, when the answer was lost: without `ex_position` it is not repeated
   * @see https://learn.microsoft.com/rest/api/storageservices/append-block
   */
  async ex_appendBlock(object: ObjectRef, content: string | Uint8Array, options?: AzureAppendOptions): Promise<number> {
    const body = typeof content === 'string' ? Buffer.from(content) : content
    const good = body.length > 0 && body.length <= MOST_APPENDED
    checkNumber(this, 'content.length', body.length, `from 1 to ${MOST_APPENDED} bytes`, good, options)
    const headers = {
      ...leaseHeaders(options),
      'x-ms-blob-condition-appendpos': options?.ex_position === undefined ? undefined : String(options.ex_position),
    }
    const request = { object, query: { comp: 'appendblock' }, headers, body, idempotent: false }
    return Number((await changeBlob(this, request, options))['x-ms-blob-append-offset'] ?? 0)
  }

  /**
   * Makes a page blob of a size, a multiple of 512 bytes. It reads as zeros, and only what is written is paid for.
   *
   * @example
   * ```ts
   * await driver.ex_createPageBlob({ name: 'disk.vhd', container }, 1024 ** 3)
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/put-blob
   */
  async ex_createPageBlob(object: ObjectRef, size: number, options?: AzureMakeOptions): Promise<void> {
    checkNumber(this, 'size', size, 'a multiple of 512', size >= 0 && size % PAGE === 0, options)
    const headers = {
      ...blobHeaders(this, object.name, options ?? {}),
      'x-ms-blob-type': 'PageBlob',
      'x-ms-blob-content-length': String(size),
    }
    await changeBlob(this, { object, headers, idempotent: false }, options)
  }

  /**
   * Changes the size of a page blob.
   *
   * @example
   * ```ts
   * await driver.ex_resizePageBlob(object, 2 * 1024 ** 3)
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/set-blob-properties
   */
  async ex_resizePageBlob(object: ObjectRef, size: number, options?: AzureLeaseOptions): Promise<void> {
    checkNumber(this, 'size', size, 'a multiple of 512', size >= 0 && size % PAGE === 0, options)
    const headers = { ...leaseHeaders(options), 'x-ms-blob-content-length': String(size) }
    await changeBlob(this, { object, query: { comp: 'properties' }, headers }, options)
  }

  /**
   * Writes whole pages of 512 bytes, at most 4 MiB at a time.
   *
   * @example
   * ```ts
   * await driver.ex_writePages(object, 0, new Uint8Array(512).fill(1))
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/put-page
   */
  async ex_writePages(
    object: ObjectRef,
    start: number,
    content: Uint8Array,
    options?: AzureLeaseOptions,
  ): Promise<void> {
    const { length } = content
    checkNumber(this, 'start', start, 'a multiple of 512', start >= 0 && start % PAGE === 0, options)
    const good = length > 0 && length % PAGE === 0 && length <= MOST_PAGES
    checkNumber(this, 'content.length', length, `a multiple of 512, at most ${MOST_PAGES}`, good, options)
    const headers = {
      ...leaseHeaders(options),
      'x-ms-page-write': 'update',
      'x-ms-range': `bytes=${start}-${start + length - 1}`,
    }
    await changeBlob(this, { object, query: { comp: 'page' }, headers, body: content }, options)
  }

  /**
   * Gives pages back: they read as zeros.
   *
   * @example
   * ```ts
   * await driver.ex_clearPages(object, { start: 0, end: 512 })
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/put-page
   */
  async ex_clearPages(object: ObjectRef, { start, end }: AzurePageRange, options?: AzureLeaseOptions): Promise<void> {
    checkNumber(this, 'range.start', start, 'a multiple of 512', start >= 0 && start % PAGE === 0, options)
    checkNumber(this, 'range.end', end, 'a multiple of 512 above start', end > start && end % PAGE === 0, options)
    const headers = { ...leaseHeaders(options), 'x-ms-page-write': 'clear', 'x-ms-range': `bytes=${start}-${end - 1}` }
    await changeBlob(this, { object, query: { comp: 'page' }, headers }, options)
  }

  /**
   * Which pages of a page blob have been written.
   *
   * @example
   * ```ts
   * for (const { start, end } of await driver.ex_listPageRanges(object)) console.log(start, end)
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/get-page-ranges
   */
  async ex_listPageRanges(object: ObjectRef, options?: AzureReadOptions): Promise<AzurePageRange[]> {
    checkContainerName(object.container.name, this.provider)
    const path = this.connection.pathOf(object.container.name, object.name)
    const query = { comp: 'pagelist', snapshot: options?.ex_snapshot }
    const spec = { path, query, headers: leaseHeaders(options), errors: NO_BLOB, read: readXml(PAGES) }
    const { body } = await this.connection.request(spec, options)
    return body.PageRange.map(({ Start = 0, End = 0 }) => ({ start: Start, end: End + 1 }))
  }
}
