import { createHash } from 'node:crypto'
import { CleanupError, LibcloudError, NotFoundError } from '../../lib/errors.js'
import { type ReplyHead, readNothing } from '../../lib/http/message.js'
import type { CallLimits } from '../../lib/limits.js'
import type { CallOptions } from '../../lib/options.js'
import type { Part } from '../../lib/storage/parts.js'
import { readXml } from './connection.js'
import { checksumHeader, type S3Checksum, startChecksum } from './s3.checksums.js'
import type { S3Connection } from './s3.connection.js'
import type { Headers } from './s3.headers.js'
import {
  document,
  escaped,
  INITIATED,
  PARTS,
  plainTag,
  type RawLate,
  type RawPart,
  readLate,
  UPLOADS,
} from './s3.shapes.js'
import { NO_BUCKET } from './s3.shared.js'
import { UNSIGNED_PAYLOAD } from './signature.js'

/** The most parts of one object. */
export function mostParts({ vendor }: S3Connection): number {
  return vendor.mostParts ?? 10_000
}

/** An object that is made in parts. */
export interface MultipartTarget {
  readonly bucket: string
  readonly key: string
  /** Of the object: told when the upload begins. */
  readonly headers: Headers
  /** Told with every request: the key that encrypts, where the service does not keep it. */
  readonly partHeaders: Headers
  /** Conditions, which hold when the upload is completed. */
  readonly lastHeaders: Headers
  readonly checksum: S3Checksum | undefined
  readonly concurrency: number
  /** Goes on with an upload that was left open, and leaves one open that fails. */
  readonly resume: boolean
}

/** A part as the list of all names it. */
interface DonePart {
  readonly number: number
  readonly tag: string
  /** Name and value of the element with its checksum. */
  readonly checksum?: readonly [string, string] | undefined
}

/** What makes a part. */
export interface PartWork {
  /** Sends the part, and tells its entity tag. */
  send(query: { partNumber: number; uploadId: string }, options: CallOptions): Promise<Omit<DonePart, 'number'>>
  readonly size: number
  /** In hexadecimal; asked of parts that the service may have already. */
  md5?(): string
}

/** Makes an object of parts, several at once; when that fails, the service is told to forget them. */
export class MultipartUpload {
  readonly #connection: S3Connection
  readonly #target: MultipartTarget
  readonly #limits: CallLimits
  readonly #running = new Set<Promise<void>>()
  readonly #done: DonePart[] = []
  #known = new Map<number, RawPart>()
  #uploadId = ''
  #size = 0

  constructor(connection: S3Connection, target: MultipartTarget, limits: CallLimits) {
    this.#connection = connection
    this.#target = target
    this.#limits = limits
  }

  /** Asks for parts until there are none, and completes the object. */
  async run(nextPart: (number: number) => Promise<PartWork | undefined>): Promise<ReplyHead & { body: RawLate }> {
    if (this.#target.resume) await this.#findOpen()
    if (this.#uploadId === '') await this.#begin()
    try {
      for (let number = 1; ; number++) {
        const part = await nextPart(number)
        if (part === undefined) break
        this.#size += part.size
        this.#start(number, part)
        while (this.#running.size >= this.#target.concurrency) await Promise.race(this.#running)
        if (this.#limits.failure) throw this.#limits.failure.error
      }
      await Promise.all(this.#running)
      if (this.#limits.failure) throw this.#limits.failure.error
      return await this.#complete()
    } catch (error) {
      throw await this.#abandon(error)
    }
  }

  async #begin(): Promise<void> {
    const { bucket, key, headers, checksum } = this.#target
    const algorithm = checksum === undefined || checksum === 'MD5' ? undefined : checksum
    const { body } = await this.#connection.ask(
      {
        method: 'POST',
        bucket,
        key,
        query: { uploads: '' },
        headers: { ...headers, 'x-amz-checksum-algorithm': algorithm },
        read: readXml(INITIATED),
        errors: NO_BUCKET,
      },
      this.#limits.next(),
    )
    this.#uploadId = body.UploadId ?? ''
  }

  /** The newest upload of this object that is open, and what it has. */
  async #findOpen(): Promise<void> {
    const { bucket, key } = this.#target
    const query = { uploads: '', prefix: key, 'max-uploads': 1000 }
    const spec = { bucket, query, read: readXml(UPLOADS), errors: NO_BUCKET }
    const { body } = await this.#connection.ask(spec, this.#limits.next())
    const open = body.Upload.filter(({ Key }) => Key === key)
    open.sort((a, b) => (b.Initiated?.getTime() ?? 0) - (a.Initiated?.getTime() ?? 0))
    const uploadId = open[0]?.UploadId
    if (uploadId === undefined) return
    for await (const part of partsOf(this.#connection, { bucket, key, uploadId }, () => this.#limits.next()))
      this.#known.set(part.PartNumber ?? 0, part)
    this.#uploadId = uploadId
  }

  #start(number: number, part: PartWork): void {
    const work = this.#send(number, part)
      .then(
        done => void this.#done.push({ ...done, number }),
        (error: unknown) => this.#limits.fail(error),
      )
      .finally(() => void this.#running.delete(work))
    this.#running.add(work)
  }

  async #send(number: number, part: PartWork): Promise<Omit<DonePart, 'number'>> {
    const known = this.#known.get(number)
    if (known?.ETag !== undefined && known.Size === part.size && plainTag(known.ETag) === part.md5?.())
      return { tag: known.ETag }
    return part.send({ partNumber: number, uploadId: this.#uploadId }, this.#limits.next())
  }

  async #complete(): Promise<ReplyHead & { body: RawLate }> {
    const { bucket, key, lastHeaders, partHeaders } = this.#target
    const parts = this.#done.sort((a, b) => a.number - b.number)
    const list = parts.map(({ number, tag, checksum }) => {
      const [name, value] = checksum ?? []
      const sum = name === undefined ? '' : `<${name}>${value}</${name}>`
      return `<Part><PartNumber>${number}</PartNumber><ETag>${escaped(tag)}</ETag>${sum}</Part>`
    })
    const spec = {
      method: 'POST',
      bucket,
      key,
      query: { uploadId: this.#uploadId },
      headers: { ...lastHeaders, ...partHeaders },
      xml: document('CompleteMultipartUpload', list.join('')),
      read: readLate('CompleteMultipartUploadResult', this.#connection.provider),
      // The service knows the upload by its id: asked twice, it makes the object once.
      idempotent: true,
    } as const
    try {
      return await this.#connection.ask(spec, this.#limits.next())
    } catch (error) {
      // The answer to an earlier attempt may have been lost.
      const found = error instanceof NotFoundError ? await this.#found(parts.length) : undefined
      if (found === undefined) throw error
      return found
    }
  }

  /** The object, if it is there and of as many parts and bytes. */
  async #found(parts: number): Promise<(ReplyHead & { body: RawLate }) | undefined> {
    const { bucket, key, partHeaders } = this.#target
    const spec = { method: 'HEAD', bucket, key, headers: partHeaders, read: readNothing } as const
    const reply = await this.#connection.ask(spec, this.#limits.next()).catch(() => undefined)
    const tag = plainTag(reply?.headers['etag'])
    if (reply === undefined || !tag?.endsWith(`-${parts}`)) return undefined
    return Number(reply.headers['content-length']) === this.#size ? { ...reply, body: { ETag: tag } } : undefined
  }

  /** Gives back what was sent, once nothing is under way any more. Tells the error to throw. */
  async #abandon(error: unknown): Promise<unknown> {
    this.#limits.fail(error)
    await Promise.all(this.#running)
    if (this.#target.resume) return error
    const { bucket, key } = this.#target
    const failure = await abortUpload(this.#connection, { bucket, key, uploadId: this.#uploadId }, this.#limits.last())
      .then(() => undefined)
      .catch((cause: unknown) => (cause instanceof NotFoundError ? undefined : cause))
    if (failure === undefined || !(error instanceof LibcloudError)) return error
    const { provider } = this.#connection
    const message = `${error.message}; and the parts of the upload '${this.#uploadId}' could not be given back`
    return new CleanupError(message, { provider, operation: error.operation, cause: error, errors: [error, failure] })
  }
}

/** An upload that is under way. */
export interface OpenUpload {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
export async function abortUpload(
  connection: S3Connection,
  { bucket, key, uploadId }: OpenUpload,
  options: CallOptions | undefined,
): Promise<void> {
  await connection.ask({ method: 'DELETE', bucket, key, query: { uploadId }, read: readNothing }, options)
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
export async function* partsOf(
  connection: S3Connection,
  { bucket, key, uploadId }: OpenUpload,
  options: () => CallOptions | undefined,
): AsyncGenerator<RawPart, void, undefined> {
  let marker: string | undefined
  do {
    const query = { uploadId, 'part-number-marker': marker }
    const { body } = await connection.ask({ bucket, key, query, read: readXml(PARTS) }, options())
    yield* body.Part
    marker = body.IsTruncated ? body.NextPartNumberMarker : undefined
  } while (marker !== undefined)
}

/** What is told of a piece that is sent: what it is checked by, and what its signature covers. */
export function bodyHeaders(
  connection: S3Connection,
  { chunks }: Part,
  checksum: S3Checksum | undefined,
): { headers: Record<string, string>; checksum: string | undefined } {
  const headers: Record<string, string> = {}
  const running = checksum === undefined ? undefined : startChecksum(checksum)
  const hash = connection.signsPayload ? createHash('sha256') : undefined
  for (const chunk of chunks) {
    running?.update(chunk)
    hash?.update(chunk)
  }
  const sum = running?.digest()
  if (checksum !== undefined && sum !== undefined) headers[checksumHeader(checksum)] = sum
  headers['x-amz-content-sha256'] = hash?.digest('hex') ?? UNSIGNED_PAYLOAD
  return { headers, checksum: sum }
}
