import { Readable } from 'node:stream'
import { LibcloudError, MalformedResponseError } from '../../lib/errors.js'
import { CallLimits } from '../../lib/limits.js'
import type { StorageApi } from '../../lib/storage/api.js'
import { saveToFile } from '../../lib/storage/transfer.js'
import type { ObjectRef } from '../../lib/storage/types.js'
import type { S3Connection } from './s3.connection.js'
import { md5Of } from './s3.headers.js'
import { plainTag } from './s3.shapes.js'
import { checkConcurrency, checkPartSize, headObject, lengthIn, openObject } from './s3.shared.js'
import type { S3DownloadOptions } from './s3.types.js'
import { S3UploadStorageDriver } from './s3.upload.js'

/** How often a part is asked for again, where it broke off, without a byte of it coming. */
const TRIES = 4

/** Downloads to files: in parts what is large. */
export abstract class S3DownloadStorageDriver<P extends string>
  extends S3UploadStorageDriver<P>
  implements Partial<StorageApi>
{
  /**
   * Saves an object to a file, which appears only when it is whole. What is larger than a part comes in parts, several
   * at once, all of one version; a part that breaks off is gone on with. Where the entity tag is an MD5, it is compared.
   * @throws ObjectHashMismatchError
   * @throws InvalidRequestError when the file exists and `overwriteExisting` is not set, or cannot be written.
   * @throws ConflictError when the object is replaced meanwhile.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
   */
  override async downloadObject(
    object: ObjectRef,
    destinationPath: string,
    options?: S3DownloadOptions,
  ): Promise<void> {
    const { connection, provider, hashType } = this
    const { ex_partSize, ex_concurrency } = options ?? {}
    const refuse = (argument: string) => (allowed: string) => connection.refuse(`options.${argument}`, allowed, options)
    const partSize = ex_partSize === undefined ? this.partSize : checkPartSize(ex_partSize, refuse('ex_partSize'))
    const concurrency =
      ex_concurrency === undefined ? this.concurrency : checkConcurrency(ex_concurrency, refuse('ex_concurrency'))
    const { headers } = await headObject(connection, object, options)
    const size = lengthIn(headers) ?? 0
    const expected = { provider, size, hash: md5Of(headers), hashType }
    const isSmall = size <= partSize || concurrency === 1
    const limits = new CallLimits(options ?? {}, provider)
    try {
      const open = async (): Promise<Readable> => {
        if (isSmall) return this.downloadObjectAsStream(object, options)
        const tag = plainTag(headers['etag'])
        const plan = { object, size, tag, partSize, concurrency, options: options ?? {} }
        return Readable.from(parallelChunks(connection, plan, limits))
      }
      await saveToFile(open, destinationPath, expected, options)
    } catch (error) {
      limits.fail(error)
      options?.signal?.throwIfAborted()
      throw error
    } finally {
      limits.end()
    }
  }
}

interface Plan {
  readonly object: ObjectRef
  readonly size: number
  readonly tag: string | undefined
  readonly partSize: number
  readonly concurrency: number
  readonly options: S3DownloadOptions
}

/** The parts of an object in their order, of which several are under way. */
async function* parallelChunks(
  connection: S3Connection,
  plan: Plan,
  limits: CallLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { size, partSize, concurrency, options } = plan
  const running: Promise<Buffer[]>[] = []
  let asked = 0
  let transferred = 0
  const more = (): void => {
    while (running.length < concurrency && asked < size) {
      const end = Math.min(asked + partSize, size)
      const part = fetchPart(connection, plan, { start: asked, end }, limits)
      // Its failure is told when it is its turn.
      part.catch((error: unknown) => limits.fail(error))
      running.push(part)
      asked = end
    }
  }
  try {
    for (more(); running.length > 0; more()) {
      for (const chunk of await (running.shift() as Promise<Buffer[]>)) {
        yield chunk
        transferred += chunk.length
        options.onProgress?.({ transferred, total: size })
      }
    }
  } finally {
    if (running.length > 0) limits.fail(new Error('The download is over'))
  }
}

/** One part: where it breaks off, the rest is asked for. */
async function fetchPart(
  connection: S3Connection,
  { object, tag, options }: Plan,
  { start, end }: { start: number; end: number },
  limits: CallLimits,
): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  let at = start
  for (let tries = 0; at < end; ) {
    const before = at
    try {
      const { ex_versionId, ex_customerKey } = options
      const range = { start: at, end }
      const call = { ...limits.next(), ex_versionId, ex_customerKey }
      const { body } = await openObject(connection, object, range, call, tag)
      for await (const chunk of body as AsyncIterable<Buffer>) {
        chunks.push(chunk)
        at += chunk.length
      }
      if (at !== end) throw incomplete(connection, at - start, end - start)
    } catch (error) {
      if (limits.failure) throw limits.failure.error
      tries = at > before ? 0 : tries + 1
      if (!(error instanceof LibcloudError && error.retryable) || tries >= TRIES || options.retry === false) throw error
    }
  }
  return chunks
}

function incomplete({ provider }: S3Connection, came: number, wanted: number): MalformedResponseError {
  const message = `'${provider}' sent ${came} bytes of a part of ${wanted}`
  return new MalformedResponseError(message, { provider, retryable: came < wanted })
}
