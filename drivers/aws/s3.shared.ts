import type { Readable } from 'node:stream'
import { ContainerDoesNotExistError, MalformedResponseError, ObjectDoesNotExistError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { type Reply, readNothing } from '../../lib/http/message.js'
import { operationOf } from '../../lib/options.js'
import type { NamedRef } from '../../lib/resource.js'
import type { StorageDriver } from '../../lib/storage/driver.js'
import { type ByteRange, type ObjectRef, StorageObject } from '../../lib/storage/types.js'

import type { S3Connection } from './s3.connection.js'
import { customerKeyHeaders, extraOf, type Headers, md5Of, metaOf } from './s3.headers.js'
import { readListing } from './s3.listing.js'
import { decoded, plainTag, type RawListing, type RawObject } from './s3.shapes.js'
import type { S3ListOptions, S3Object, S3ObjectExtra, S3ReadOptions, S3StreamOptions } from './s3.types.js'

/** Errors of requests whose status says what is missing. */
export const NO_BUCKET: ErrorTable = { 404: ContainerDoesNotExistError }
export const NO_OBJECT: ErrorTable = { NoSuchBucket: ContainerDoesNotExistError, 404: ObjectDoesNotExistError }

const MEBIBYTE = 1024 * 1024
export const DEFAULT_PART: number = 8 * MEBIBYTE
/** The least that a part may have, unless it is the last. */
const LEAST_PART: number = 5 * MEBIBYTE
const MOST_PART: number = 5 * 1024 * MEBIBYTE

/** Refuses what the service would refuse when all has been sent. */
export function checkPartSize(value: number, refuse: (allowed: string) => never): number {
  if (Number.isSafeInteger(value) && value >= LEAST_PART && value <= MOST_PART) return value
  return refuse(`a whole number of bytes from ${LEAST_PART} (5 MiB) to ${MOST_PART} (5 GiB)`)
}
export function checkConcurrency(value: number, refuse: (allowed: string) => never): number {
  return Number.isSafeInteger(value) && value >= 1 && value <= 100 ? value : refuse('a whole number from 1 to 100')
}

/** One page of a list. */
export async function listPage(
  connection: S3Connection,
  container: NamedRef,
  token: string | undefined,
  { prefix, ex_delimiter, ex_startAfter, ex_pageSize, ...options }: S3ListOptions = {},
): Promise<RawListing> {
  const query = {
    'list-type': 2,
    // XML has no words for some characters that names may have.
    'encoding-type': connection.vendor.listsPlain ? undefined : 'url',
    prefix: prefix || undefined,
    delimiter: ex_delimiter,
    'start-after': ex_startAfter,
    'max-keys': ex_pageSize,
    'continuation-token': token,
  }
  const spec = { bucket: container.name, query, read: readListing, errors: NO_BUCKET }
  return (await connection.ask(spec, options)).body
}

/** An object, as lists tell it. */
export function toListed(
  driver: StorageDriver,
  raw: RawObject,
  encoding: string | undefined,
  container: NamedRef,
): S3Object {
  const etag = plainTag(raw.ETag)
  return new StorageObject(driver, {
    name: decoded(raw.Key ?? '', encoding),
    size: raw.Size ?? 0,
    hash: etag,
    lastModified: raw.LastModified,
    container,
    extra: { etag, storageClass: raw.StorageClass },
  })
}

/** An object, by the headers of a reply that tells of it. */
export function toObject(driver: StorageDriver, name: string, container: NamedRef, headers: Headers): S3Object {
  const modified = headers['last-modified']
  return new StorageObject<S3ObjectExtra>(driver, {
    name,
    size: lengthIn(headers) ?? 0,
    hash: md5Of(headers) ?? plainTag(headers['etag']),
    contentType: headers['content-type'],
    lastModified: modified === undefined ? undefined : new Date(modified),
    metaData: metaOf(headers),
    container,
    extra: extraOf(headers),
  })
}

export function lengthIn(headers: Headers): number | undefined {
  const length = headers['content-length']
  return length === undefined ? undefined : Number(length)
}

/** What is known of an object. */
export function headObject(
  connection: S3Connection,
  { container, name }: ObjectRef,
  options: S3ReadOptions | undefined,
): Promise<Reply<void>> {
  return connection.ask(
    {
      method: 'HEAD',
      bucket: container.name,
      key: name,
      query: { versionId: options?.ex_versionId },
      headers: customerKeyHeaders(connection, options),
      read: readNothing,
      errors: { 404: ObjectDoesNotExistError },
    },
    options,
  )
}

/** An object's bytes, or some of them; of no other version than that with this entity tag. */
export async function openObject(
  connection: S3Connection,
  { container, name }: ObjectRef,
  range: ByteRange | undefined,
  options: S3StreamOptions | undefined,
  tag?: string,
): Promise<Reply<Readable>> {
  const last = range?.end === undefined ? '' : range.end - 1
  const reply = await connection.open(
    {
      bucket: container.name,
      key: name,
      query: { versionId: options?.ex_versionId },
      headers: {
        range: range === undefined ? undefined : `bytes=${range.start}-${last}`,
        'if-match': tag === undefined ? undefined : `"${tag}"`,
        ...customerKeyHeaders(connection, options),
      },
      errors: NO_OBJECT,
    },
    options,
  )
  if (range === undefined || reply.status === 206) return reply
  reply.body.on('error', () => {}).destroy()
  const { provider } = connection
  const operation = operationOf(options)
  const message = `${operation ?? 'download'}: '${provider}' sent the whole object in place of a part of it`
  throw new MalformedResponseError(message, { provider, operation, status: reply.status })
}
