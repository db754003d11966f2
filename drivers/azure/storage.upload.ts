import { createHash, type Hash, randomBytes } from 'node:crypto'
import { type BodySource, discard, expectFailure } from '../../lib/http/body.js'
import { type ReplyHead, readNothing } from '../../lib/http/message.js'
import { CallLimits } from '../../lib/limits.js'
import { operationOf } from '../../lib/options.js'
import type { NamedRef } from '../../lib/resource.js'
import type { StorageApi } from '../../lib/storage/api.js'
import { joined, type Part, PartReader, sendParts, sliced } from '../../lib/storage/parts.js'
import { verifyHash } from '../../lib/storage/transfer.js'
import { AzureBlobsBase } from './storage.base.js'
import { checkContainerName } from './storage.connection.js'
import { escaped } from './storage.shapes.js'
import { blobHeaders, blobOf, type Headers, hexOf, NO_CONTAINER, refuse } from './storage.shared.js'
import type { AzureBlob, AzureUploadOptions } from './storage.types.js'

const MEBIBYTE = 1024 * 1024
export const DEFAULT_BLOCK: number = 8 * MEBIBYTE
const MOST_BLOCK = 4000 * MEBIBYTE
/** https://learn.microsoft.com/azure/storage/blobs/scalability-targets */
const MOST_BLOCKS = 50_000

/** An upload, with all that was asked of it. */
interface Job {
  readonly path: string
  readonly headers: Headers
  readonly blockSize: number
  readonly concurrency: number
  readonly verifies: boolean
  readonly repeatable: boolean
  readonly options: AzureUploadOptions
}

/** Uploads: in one request what fits in a block, in blocks side by side what is larger. */
export abstract class AzureBlobsUpload extends AzureBlobsBase implements Partial<StorageApi> {
  /** Bytes of a block. */
  protected abstract readonly blockSize: number
  /** Blocks under way at once. */
  protected abstract readonly concurrency: number

  /**
   * What is larger than a block is sent in blocks, several at once, each of which is repeated by itself when it fails. The
   * blob appears, or is replaced, only when all are there; blocks of an upload that failed are seen by nobody, and the
   * service forgets them after a week.
   * @throws InvalidRequestError when the source yields another number of bytes than `contentLength` said.
   * @see https://learn.microsoft.com/rest/api/storageservices/put-blob
   * @see https://learn.microsoft.com/rest/api/storageservices/put-block-list
   */
  async uploadObjectViaStream(
    source: BodySource,
    container: NamedRef,
    objectName: string,
    options?: AzureUploadOptions,
  ): Promise<AzureBlob> {
    expectFailure(source)
    try {
      const job = this.#job(container, objectName, options ?? {})
      const { size, headers, hash } = await this.#upload(source, job)
      const told = { ...headers, 'content-length': String(size), 'content-type': job.headers['x-ms-blob-content-type'] }
      const metaData: Record<string, string> = {}
      for (const [name, value] of Object.entries(job.headers))
        if (name.startsWith('x-ms-meta-')) metaData[name] = value ?? ''
      return blobOf(this, objectName, container, {
        ...told,
        ...metaData,
        'x-ms-blob-type': 'BlockBlob',
        'x-ms-blob-content-md5': hash ?? headers['content-md5'],
      })
    } catch (error) {
      discard(source)
      options?.signal?.throwIfAborted()
      throw error
    }
  }

  #job(container: NamedRef, name: string, options: AzureUploadOptions): Job {
    const { ex_blockSize, ex_concurrency, ex_onlyNew, ex_ifMatch } = options
    checkContainerName(container.name, this.provider)
    const blockSize = ex_blockSize ?? this.blockSize
    const concurrency = ex_concurrency ?? this.concurrency
    if (!isBlockSize(blockSize)) refuse(this, 'options.ex_blockSize', BLOCK_SIZES, options)
    if (!isConcurrency(concurrency)) refuse(this, 'options.ex_concurrency', CONCURRENCIES, options)
    return {
      path: this.connection.pathOf(container.name, name),
      headers: blobHeaders(this, name, options),
      blockSize,
      concurrency,
      verifies: options.verifyHash !== false,
      // Sent again, a condition would fail for what was stored the first time.
      repeatable: !ex_onlyNew && ex_ifMatch === undefined,
      options,
    }
  }

  async #upload(source: BodySource, job: Job): Promise<Uploaded> {
    const { options, provider } = { options: job.options, provider: this.provider }
    const reader = new PartReader(source, { length: options.contentLength, onProgress: options.onProgress })
    const limits = new CallLimits(options, provider)
    const stop = (): void => reader.stop(limits.failure?.error)
    limits.signal.addEventListener('abort', stop)
    try {
      const size = sizeOfBlocks(job.blockSize, reader.length)
      const first = await reader.next(size)
      // A source that said its length is read to its end, to see whether that is so.
      const isWhole =
        first === undefined || first.length < size || (reader.length === size && (await reader.next(1)) === undefined)
      return isWhole ? await this.#put(first, job, limits) : await this.#blocks(first, reader, size, job, limits)
    } finally {
      limits.signal.removeEventListener('abort', stop)
      limits.end()
    }
  }

  /** Bytes at hand in one request, which is repeated when it fails. */
  async #put(part: Part | undefined, job: Job, limits: CallLimits): Promise<Uploaded> {
    const whole = part ?? EMPTY
    const md5 = job.verifies ? md5Of(whole) : undefined
    const { headers } = await this.connection.request(
      {
        method: 'PUT',
        path: job.path,
        headers: { ...job.headers, 'x-ms-blob-type': 'BlockBlob', 'content-md5': md5 },
        body: whole.length > MEBIBYTE ? () => sliced(whole) : joined(whole),
        contentLength: whole.length,
        idempotent: job.repeatable,
        errors: NO_CONTAINER,
        read: readNothing,
      },
      limits.next(),
    )
    const about = { provider: this.provider, operation: operationOf(job.options) }
    verifyHash(hexOf(md5), hexOf(headers['content-md5']), about)
    return { size: whole.length, headers, hash: md5 }
  }

  async #blocks(first: Part, reader: PartReader, size: number, job: Job, limits: CallLimits): Promise<Uploaded> {
    // Names of one length, as the service wants them, and nobody else's.
    const upload = randomBytes(8).toString('hex')
    const nameOf = (index: number): string =>
      Buffer.from(`${upload}-${String(index).padStart(5, '0')}`).toString('base64')
    const whole = job.verifies ? createHash('md5') : undefined
    const next = async (index: number): Promise<Part | undefined> => {
      const part = index === 0 ? first : await reader.next(size)
      if (part === undefined) return undefined
      if (index >= MOST_BLOCKS)
        refuse(this, 'options.ex_blockSize', `more: there are above ${MOST_BLOCKS} blocks`, job.options)
      for (const chunk of part.chunks) whole?.update(chunk)
      return part
    }
    const send = (part: Part, index: number): Promise<void> => this.#putBlock(part, nameOf(index), job, limits)
    const count = await sendParts(next, send, { concurrency: job.concurrency, limits })
    return this.#commit(
      Array.from({ length: count }, (_, index) => nameOf(index)),
      reader.transferred,
      whole,
      job,
      limits,
    )
  }

  /** @see https://learn.microsoft.com/rest/api/storageservices/put-block */
  async #putBlock(part: Part, blockid: string, { path, headers, verifies }: Job, limits: CallLimits): Promise<void> {
    await this.connection.request(
      {
        method: 'PUT',
        path,
        query: { comp: 'block', blockid },
        headers: {
          'x-ms-lease-id': headers['x-ms-lease-id'],
          'content-md5': verifies ? md5Of(part) : undefined,
        },
        body: () => sliced(part),
        contentLength: part.length,
        errors: NO_CONTAINER,
        read: readNothing,
      },
      limits.next(),
    )
  }

  async #commit(
    names: readonly string[],
    size: number,
    whole: Hash | undefined,
    job: Job,
    limits: CallLimits,
  ): Promise<Uploaded> {
    const list = names.map(name => `<Latest>${escaped(name)}</Latest>`).join('')
    const hash = whole?.digest('base64')
    const { headers } = await this.connection.request(
      {
        method: 'PUT',
        path: job.path,
        query: { comp: 'blocklist' },
        headers: { ...job.headers, 'x-ms-blob-content-md5': hash, 'content-type': 'application/xml' },
        body: `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`,
        idempotent: job.repeatable,
        errors: NO_CONTAINER,
        read: readNothing,
      },
      limits.next(),
    )
    // The checksum in the reply is that of the list.
    return { size, headers: { ...headers, 'content-md5': undefined }, hash }
  }
}

const EMPTY: Part = { chunks: [], length: 0 }

/** MD5, in base64. */
function md5Of({ chunks }: Part): string {
  const hash = createHash('md5')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('base64')
}

/** What an upload came to. */
interface Uploaded {
  readonly size: number
  readonly headers: ReplyHead['headers']
  /** MD5, in base64. */
  readonly hash: string | undefined
}

export const BLOCK_SIZES: string = `a whole number of bytes from 1 to ${MOST_BLOCK}`
export const CONCURRENCIES = 'a whole number from 1 to 64'
export const isBlockSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 1 && value <= MOST_BLOCK
export const isConcurrency = (value: number): boolean => Number.isSafeInteger(value) && value >= 1 && value <= 64

/** Blocks grow with what is known to be larger than as many of them can hold. */
function sizeOfBlocks(wanted: number, length: number | undefined): number {
  return Math.max(wanted, Math.ceil((length ?? 0) / MOST_BLOCKS))
}
