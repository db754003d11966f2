import { createHash } from 'node:crypto'
import { type BodySource, discard, expectFailure } from '../../lib/http/body.js'
import { type ReplyHead, readNothing } from '../../lib/http/message.js'
import { CallLimits } from '../../lib/limits.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { NamedRef } from '../../lib/resource.js'
import type { StorageApi } from '../../lib/storage/api.js'
import { joined, type Part, PartReader, sliced } from '../../lib/storage/parts.js'
import { verifyHash } from '../../lib/storage/transfer.js'
import { StorageObject } from '../../lib/storage/types.js'
import { S3BaseStorageDriver } from './s3.base.js'
import { CHECKSUM_LENGTH, checksumHeader, type S3Checksum, startChecksum } from './s3.checksums.js'
import { SEED, type Seed } from './s3.connection.js'
import { customerKeyHeaders, extraOf, type Headers, md5Of, objectHeaders } from './s3.headers.js'
import { bodyHeaders, MultipartUpload, mostParts, type PartWork } from './s3.multipart.js'
import { plainTag } from './s3.shapes.js'
import { checkConcurrency, checkPartSize, NO_BUCKET } from './s3.shared.js'
import type { S3Object, S3ObjectExtra, S3UploadOptions } from './s3.types.js'
import {
  ChunkSigner,
  framed,
  framedLength,
  STREAMING_SIGNED,
  STREAMING_SIGNED_TRAILER,
  STREAMING_UNSIGNED_TRAILER,
} from './signature.chunks.js'
import { UNSIGNED_PAYLOAD } from './signature.js'

/** Conditions on what is there already. */
const CONDITIONS = ['if-match', 'if-none-match']
/** Bytes above which a body is sent slice by slice. */
const LARGE = 1024 * 1024

const EMPTY: Part = { chunks: [new Uint8Array()], length: 0 }

/** An upload, with all that was asked of it. */
interface Job {
  readonly bucket: string
  readonly key: string
  readonly headers: Headers
  readonly partHeaders: Headers
  readonly checksum: S3Checksum | undefined
  readonly partSize: number
  readonly concurrency: number
  readonly options: S3UploadOptions
}

/** Uploads: in one request what is small, in parts what is large, and without ever holding more than those under way. */
export abstract class S3UploadStorageDriver<P extends string>
  extends S3BaseStorageDriver<P>
  implements Partial<StorageApi>
{
  /**
   * What is larger than a part is sent in parts, several at once, each of which is repeated by itself when it fails.
   * An upload that cannot be completed leaves neither an object nor parts.
   * @throws InvalidRequestError when the source yields another number of bytes than `contentLength` said.
   * @throws CleanupError when an upload failed, and its parts could not be given back.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
   */
  async uploadObjectViaStream(
    source: BodySource,
    container: NamedRef,
    objectName: string,
    options?: S3UploadOptions,
  ): Promise<S3Object> {
    expectFailure(source)
    try {
      const job = this.#job(container, objectName, options ?? {})
      const head = await this.#upload(source, job)
      return this.#uploaded(container, job, head)
    } catch (error) {
      discard(source)
      options?.signal?.throwIfAborted()
      throw error
    }
  }

  #job(container: NamedRef, key: string, options: S3UploadOptions): Job {
    const { connection } = this
    const { ex_partSize, ex_concurrency, ex_checksum, verifyHash } = options
    const refuse = (argument: string) => (allowed: string) => connection.refuse(`options.${argument}`, allowed, options)
    if (ex_checksum !== undefined && !Object.hasOwn(CHECKSUM_LENGTH, ex_checksum))
      refuse('ex_checksum')(`one of ${Object.keys(CHECKSUM_LENGTH).join(', ')}`)
    connection.place(container.name, key)
    return {
      bucket: container.name,
      key,
      headers: objectHeaders(connection, key, options),
      partHeaders: customerKeyHeaders(connection, options),
      checksum: verifyHash === false ? undefined : (ex_checksum ?? this.checksum),
      partSize: ex_partSize === undefined ? this.partSize : checkPartSize(ex_partSize, refuse('ex_partSize')),
      concurrency:
        ex_concurrency === undefined ? this.concurrency : checkConcurrency(ex_concurrency, refuse('ex_concurrency')),
      options,
    }
  }

  async #upload(source: BodySource, job: Job): Promise<Uploaded> {
    const { options, partSize } = job
    const reader = new PartReader(source, { length: options.contentLength, onProgress: options.onProgress })
    const inOne = options.ex_multipart === false
    if (inOne && !(typeof source === 'string' || source instanceof Uint8Array)) {
      if (reader.length === undefined)
        this.connection.refuse('options.contentLength', 'given where ex_multipart is false', options)
      return this.#putStream(reader, reader.length, job)
    }
    const limits = new CallLimits(options, this.provider)
    const stop = (): void => reader.stop(limits.failure?.error)
    limits.signal.addEventListener('abort', stop)
    try {
      const size = inOne
        ? Math.max(1, reader.length ?? 1)
        : sizeOfParts(partSize, reader.length, 1, mostParts(this.connection))
      const first = await reader.next(size)
      // A source that said its length is read to its end, to see whether that is so.
      const whole =
        first === undefined || first.length < size || (reader.length === size && (await reader.next(1)) === undefined)
      if (whole && !options.ex_multipart && !options.ex_resume) return await this.#put(first, job, limits)
      return await this.#multipart(first, reader, job, limits)
    } finally {
      limits.signal.removeEventListener('abort', stop)
      limits.end()
    }
  }

  /** Bytes at hand in one request, which is repeated when it fails. */
  async #put(part: Part | undefined, job: Job, limits: CallLimits): Promise<Uploaded> {
    const whole = part ?? EMPTY
    const { headers } = bodyHeaders(this.connection, whole, job.checksum)
    const reply = await this.connection.ask(
      {
        method: 'PUT',
        bucket: job.bucket,
        key: job.key,
        headers: { ...job.headers, ...headers },
        body: whole.length > LARGE ? () => sliced(whole) : joined(whole),
        contentLength: whole.length,
        errors: NO_BUCKET,
        read: readNothing,
      },
      limits.next(),
    )
    return { size: whole.length, headers: reply.headers, tag: reply.headers['etag'] }
  }

  async #multipart(first: Part | undefined, reader: PartReader, job: Job, limits: CallLimits): Promise<Uploaded> {
    const { bucket, key, partHeaders, checksum, concurrency, options } = job
    const conditions = Object.entries(job.headers).filter(([name]) => CONDITIONS.includes(name))
    const headers = Object.fromEntries(Object.entries(job.headers).filter(([name]) => !CONDITIONS.includes(name)))
    const target = {
      bucket,
      key,
      headers,
      partHeaders,
      lastHeaders: Object.fromEntries(conditions),
      checksum,
      concurrency,
      resume: options.ex_resume ?? false,
    }
    const most = mostParts(this.connection)
    let size = 0
    const { body, headers: last } = await new MultipartUpload(this.connection, target, limits).run(async number => {
      const part =
        number === 1 ? (first ?? EMPTY) : await reader.next(sizeOfParts(job.partSize, reader.length, number, most))
      if (part === undefined) return undefined
      if (number > most) this.connection.refuse('options.ex_partSize', `more: there are above ${most} parts`, options)
      size += part.length
      return this.#work(part, job)
    })
    return { size, headers: last, tag: body.ETag }
  }

  #work(part: Part, { bucket, key, partHeaders, checksum }: Job): PartWork {
    return {
      size: part.length,
      md5: () => {
        const hash = createHash('md5')
        for (const chunk of part.chunks) hash.update(chunk)
        return hash.digest('hex')
      },
      send: async (query, options) => {
        const { headers, checksum: sum } = bodyHeaders(this.connection, part, checksum)
        const reply = await this.connection.ask(
          {
            method: 'PUT',
            bucket,
            key,
            query,
            headers: { ...partHeaders, ...headers },
            body: () => sliced(part),
            contentLength: part.length,
            read: readNothing,
          },
          options,
        )
        const named = sum !== undefined && checksum !== 'MD5'
        return {
          tag: reply.headers['etag'] ?? '',
          checksum: named ? [`Checksum${checksum}`, sum] : undefined,
        }
      },
    }
  }

  /** A stream as it comes, in one request: what is not held cannot be sent twice. */
  async #putStream(reader: PartReader, length: number, job: Job): Promise<Uploaded> {
    const { connection, provider } = this
    const { checksum, options } = job
    const running = checksum === undefined ? undefined : startChecksum(checksum)
    // An MD5 cannot follow a body: it is compared with the entity tag.
    const isTrailed = running !== undefined && checksum !== 'MD5'
    const trailer = isTrailed
      ? { name: checksumHeader(checksum as S3Checksum), value: () => running.digest() }
      : undefined
    const seed: Seed = { signature: undefined, date: undefined }
    const chunks = chunksOfReader(reader, running)
    const { body, contentLength, headers } = streamed(chunks, length, {
      seed: connection.signsPayload ? seed : undefined,
      trailer,
      valueLength: checksum === undefined ? 0 : CHECKSUM_LENGTH[checksum],
      encoding: job.headers['content-encoding'],
    })
    const reply = await connection.ask(
      {
        method: 'PUT',
        bucket: job.bucket,
        key: job.key,
        headers: { ...job.headers, ...headers },
        body,
        contentLength,
        errors: NO_BUCKET,
        read: readNothing,
      },
      { ...options, [SEED]: seed } as CallOptions,
    )
    const ours = checksum === 'MD5' ? Buffer.from(running?.digest() ?? '', 'base64').toString('hex') : undefined
    verifyHash(ours, md5Of(reply.headers), { provider, operation: operationOf(options) })
    return { size: reader.transferred, headers: reply.headers, tag: reply.headers['etag'] }
  }

  #uploaded(container: NamedRef, { key, headers, options }: Job, { size, headers: reply, tag }: Uploaded): S3Object {
    const etag = plainTag(tag)
    const metaData: Record<string, string> = {}
    for (const [name, value] of Object.entries(options.metaData ?? {})) metaData[name.toLowerCase()] = value
    const extra = { ...extraOf(reply), etag, storageClass: options.ex_storageClass ?? 'STANDARD' }
    return new StorageObject<S3ObjectExtra>(this, {
      name: key,
      size,
      hash: md5Of({ ...reply, etag: tag }) ?? etag,
      contentType: headers['content-type'],
      metaData,
      container,
      extra,
    })
  }
}

/** What an upload came to. */
interface Uploaded {
  readonly size: number
  readonly headers: ReplyHead['headers']
  readonly tag: string | undefined
}

/** How a stream is framed. */
interface StreamedOptions {
  /** Where the request's signature will be, on which those of the chunks build. */
  readonly seed: Seed | undefined
  readonly trailer: { readonly name: string; value(): string } | undefined
  /** The trailer's characters. */
  readonly valueLength: number
  /** What the object itself is encoded with. */
  readonly encoding: string | undefined
}

/** A stream as a body, with the headers that tell of its frames; as it is, where nothing is signed or follows it. */
function streamed(
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
  length: number,
  { seed, trailer, valueLength, encoding }: StreamedOptions,
): { body: AsyncIterable<Uint8Array>; contentLength: number; headers: Headers } {
  if (seed === undefined && trailer === undefined)
    return { body: chunks, contentLength: length, headers: { 'x-amz-content-sha256': UNSIGNED_PAYLOAD } }
  const signed = trailer === undefined ? STREAMING_SIGNED : STREAMING_SIGNED_TRAILER
  const body = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    const { signature, date } = seed ?? {}
    // The request is signed by now: nothing is read before it is sent.
    const signer = signature && date ? new ChunkSigner(signature, date) : undefined
    yield* framed(chunks, { signer, trailer })
  }
  return {
    body: body(),
    contentLength: framedLength(length, seed !== undefined, trailer && { name: trailer.name, valueLength }),
    headers: {
      'content-encoding': encoding === undefined ? 'aws-chunked' : `aws-chunked,${encoding}`,
      'x-amz-content-sha256': seed === undefined ? STREAMING_UNSIGNED_TRAILER : signed,
      'x-amz-decoded-content-length': String(length),
      'x-amz-trailer': trailer?.name,
    },
  }
}

async function* chunksOfReader(
  reader: PartReader,
  running: { update(chunk: Uint8Array): void } | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (;;) {
      const part = await reader.next(64 * 1024)
      if (part === undefined) return
      const bytes = joined(part)
      running?.update(bytes)
      yield bytes
    }
  } finally {
    reader.stop(new Error('The request is over'))
  }
}

/** Parts grow, so that there are never too many: of a length that is known all alike, else every tenth doubles. */
function sizeOfParts(partSize: number, length: number | undefined, number: number, most: number): number {
  if (length !== undefined) return Math.max(partSize, Math.ceil(length / most))
  return partSize * 2 ** Math.floor(((number - 1) * 10) / most)
}
