import type { ReplyHead } from '../../lib/http/message.js'
import { queryString, slashed } from '../../lib/http/url.js'
import { CallLimits } from '../../lib/limits.js'
import type { CallOptions } from '../../lib/options.js'
import type { NamedRef } from '../../lib/resource.js'
import type { ObjectDescription, ObjectRef } from '../../lib/storage/types.js'
import type { S3Connection } from './s3.connection.js'
import { S3DownloadStorageDriver } from './s3.download.js'
import { customerKeyHeaders, objectHeaders, tagQuery } from './s3.headers.js'
import { MultipartUpload, mostParts, type PartWork } from './s3.multipart.js'
import { checkBucket, checkKey } from './s3.names.js'
import { plainTag, type RawLate, readLate } from './s3.shapes.js'
import { headObject, lengthIn, NO_OBJECT, toObject } from './s3.shared.js'
import type { S3Object, S3ObjectOptions } from './s3.types.js'

/** The largest object that is copied in one request. */
const MOST_AT_ONCE = 5 * 1024 ** 3
const LEAST_COPY_PART = 256 * 1024 * 1024

/** What a copy is to be. What is not given is as it is with the original, but for its access control list. */
export interface S3CopyOptions extends CallOptions, ObjectDescription, S3ObjectOptions {
  /** @defaultValue the newest version */
  ex_sourceVersionId?: string | undefined
  /** The key that the original is encrypted with, where the service does not keep it. */
  ex_sourceCustomerKey?: Uint8Array | undefined
  /** Bytes of a part, of what is larger than 5 GiB. @defaultValue 268435456 */
  ex_partSize?: number | undefined
}

/** Copies that the service makes itself. */
export abstract class S3CopyStorageDriver<P extends string> extends S3DownloadStorageDriver<P> {
  /**
   * Copies an object within the service, whatever its size. With `contentType` or `metaData` the copy has these and no
   * others; without them those of the original. An object can be copied onto itself to change them.
   *
   * @example
   * await driver.ex_copyObject({ name: 'a.txt', container: { name: 'from' } }, { name: 'to' }, 'b.txt')
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
   */
  async ex_copyObject(
    source: ObjectRef,
    container: NamedRef,
    objectName: string,
    options?: S3CopyOptions,
  ): Promise<S3Object> {
    const { connection } = this
    const given = options ?? {}
    const { ex_sourceVersionId: versionId, ex_sourceCustomerKey: key } = given
    const original = await headObject(connection, source, { ...given, ex_versionId: versionId, ex_customerKey: key })
    const size = lengthIn(original.headers) ?? 0
    const copy: Copy = { source, bucket: container.name, key: objectName, options: given, original, size }
    const inParts = size > MOST_AT_ONCE && !connection.vendor.copiesAtOnce
    const { headers, body } = inParts ? await copyInParts(connection, copy) : await copyAtOnce(connection, copy)
    const { contentType, metaData } = given
    const replaced = contentType !== undefined || metaData !== undefined
    const described = toObject(this, objectName, container, {
      ...(replaced ? objectHeaders(connection, objectName, given) : original.headers),
      'content-length': String(size),
      'last-modified': body.LastModified?.toUTCString(),
      'x-amz-version-id': headers['x-amz-version-id'],
      'x-amz-server-side-encryption': headers['x-amz-server-side-encryption'],
      etag: body.ETag,
    })
    return described
  }
}

interface Copy {
  readonly source: ObjectRef
  readonly bucket: string
  readonly key: string
  readonly options: S3CopyOptions
  readonly original: ReplyHead
  readonly size: number
}

/** What tells the service where to copy from. */
function sourceHeaders(connection: S3Connection, { source, options, original }: Copy): Record<string, string> {
  checkBucket(source.container.name, connection.provider)
  checkKey(source.name, connection.provider)
  const { ex_sourceVersionId: version, ex_sourceCustomerKey: key } = options
  const tag = plainTag(original.headers['etag'])
  return {
    'x-amz-copy-source': `/${source.container.name}/${slashed(source.name).text}${queryString({ versionId: version })}`,
    ...(tag === undefined ? {} : { 'x-amz-copy-source-if-match': `"${tag}"` }),
    ...customerKeyHeaders(connection, { ...options, ex_customerKey: key }, 'x-amz-copy-source-'),
  }
}

function copyAtOnce(connection: S3Connection, copy: Copy): Promise<ReplyHead & { body: RawLate }> {
  const { bucket, key, options } = copy
  const { contentType, metaData, ex_tags } = options
  const replaces = contentType !== undefined || metaData !== undefined
  const { 'content-type': type, ...headers } = objectHeaders(connection, key, options)
  return connection.ask(
    {
      method: 'PUT',
      bucket,
      key,
      headers: {
        ...headers,
        ...sourceHeaders(connection, copy),
        'content-type': replaces ? type : undefined,
        'x-amz-metadata-directive': replaces ? 'REPLACE' : undefined,
        'x-amz-tagging-directive': ex_tags === undefined ? undefined : 'REPLACE',
      },
      errors: NO_OBJECT,
      read: readLate('CopyObjectResult', connection.provider),
    },
    options,
  )
}

/** The metadata of the original must be told: parts bring none. */
async function copyInParts(connection: S3Connection, copy: Copy): Promise<ReplyHead & { body: RawLate }> {
  const { bucket, key, options, original, size } = copy
  const kept: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(original.headers))
    if (/^(x-amz-meta-.*|cache-control|content-(type|disposition|encoding|language))$/.test(name)) kept[name] = value
  const replaces = options.contentType !== undefined || options.metaData !== undefined
  const { 'content-type': type, ...headers } = objectHeaders(connection, key, options)
  const tags = options.ex_tags === undefined ? undefined : tagQuery(options.ex_tags)
  const limits = new CallLimits(options, connection.provider)
  const partSize = Math.max(options.ex_partSize ?? LEAST_COPY_PART, Math.ceil(size / mostParts(connection)))
  const partHeaders = customerKeyHeaders(connection, options)
  const target = {
    bucket,
    key,
    headers: { ...(replaces ? { 'content-type': type } : kept), ...headers, 'x-amz-tagging': tags },
    partHeaders,
    lastHeaders: {},
    checksum: undefined,
    concurrency: 4,
    resume: false,
  }
  const from = { ...sourceHeaders(connection, copy), ...partHeaders }
  try {
    return await new MultipartUpload(connection, target, limits).run(async number => {
      const start = (number - 1) * partSize
      const end = Math.min(start + partSize, size)
      return start >= size ? undefined : copyPart(connection, { bucket, key, headers: from, start, end })
    })
  } catch (error) {
    options.signal?.throwIfAborted()
    throw error
  } finally {
    limits.end()
  }
}

interface CopiedPart {
  readonly bucket: string
  readonly key: string
  readonly headers: Record<string, string>
  readonly start: number
  readonly end: number
}

function copyPart(connection: S3Connection, { bucket, key, headers, start, end }: CopiedPart): PartWork {
  return {
    size: end - start,
    send: async (query, options) => {
      const range = { 'x-amz-copy-source-range': `bytes=${start}-${end - 1}` }
      const read = readLate('CopyPartResult', connection.provider)
      const spec = { method: 'PUT', bucket, key, query, headers: { ...headers, ...range }, read } as const
      const { body } = await connection.ask(spec, options)
      return { tag: body.ETag ?? '' }
    },
  }
}
