import { createHash } from 'node:crypto'
import { queryString } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { guessContentType } from '../../lib/storage/transfer.js'
import type { ObjectDescription } from '../../lib/storage/types.js'
import type { S3Connection } from './s3.connection.js'
import { plainTag } from './s3.shapes.js'
import type { S3CustomerKey, S3Encryption, S3ObjectExtra, S3ObjectOptions } from './s3.types.js'

export type Headers = Readonly<Record<string, string | undefined>>

/** What this library says itself. */
const OURS =
  /^(authorization|host|content-length|transfer-encoding|connection|x-amz-date|x-amz-content-sha256|x-amz-security-token)$/i

/** The headers of a new object. */
export function objectHeaders(
  connection: S3Connection,
  name: string,
  options: ObjectDescription &
    S3ObjectOptions &
    CallOptions & { headers?: Readonly<Record<string, string>> | undefined },
): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = {}
  for (const [header, value] of Object.entries(options.headers ?? {})) {
    if (OURS.test(header)) connection.refuse(`options.headers.${header}`, 'left to this library', options)
    headers[header.toLowerCase()] = value
  }
  return {
    ...headers,
    'content-type': options.contentType ?? guessContentType(name),
    ...metaHeaders(connection, options),
    'x-amz-acl': options.ex_acl,
    'x-amz-storage-class': options.ex_storageClass,
    'x-amz-tagging': options.ex_tags === undefined ? undefined : tagQuery(options.ex_tags),
    ...encryptionHeaders(options.ex_encryption),
    ...customerKeyHeaders(connection, options),
  }
}

/** Metadata as headers: in ASCII, which is all that comes back as it was sent. */
function metaHeaders(connection: S3Connection, options: ObjectDescription & CallOptions): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.metaData ?? {})) {
    if (!/^[\x20-\x7e]*$/.test(value))
      connection.refuse(`options.metaData.${name}`, 'printable ASCII characters', options)
    headers[`x-amz-meta-${name.toLowerCase()}`] = value
  }
  return headers
}

/** `a=1&b=2` */
export function tagQuery(tags: Readonly<Record<string, string>>): string {
  return queryString(tags).slice(1)
}

function encryptionHeaders(encryption: S3Encryption | undefined): Record<string, string | undefined> {
  if (encryption === undefined) return {}
  const { type, keyId, context, bucketKey } = encryption
  const name = 'x-amz-server-side-encryption'
  return {
    [name]: type,
    [`${name}-aws-kms-key-id`]: keyId,
    [`${name}-context`]: context === undefined ? undefined : Buffer.from(JSON.stringify(context)).toString('base64'),
    [`${name}-bucket-key-enabled`]: bucketKey === undefined ? undefined : String(bucketKey),
  }
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html */
export function customerKeyHeaders(
  connection: S3Connection,
  options: (S3CustomerKey & CallOptions) | undefined,
  prefix = 'x-amz-',
): Record<string, string> {
  const key = options?.ex_customerKey
  if (key === undefined) return {}
  if (!(key instanceof Uint8Array) || key.length !== 32)
    connection.refuse('options.ex_customerKey', '32 bytes', options)
  const text = Buffer.from(key).toString('base64')
  connection.conceal(text)
  return {
    [`${prefix}server-side-encryption-customer-algorithm`]: 'AES256',
    [`${prefix}server-side-encryption-customer-key`]: text,
    [`${prefix}server-side-encryption-customer-key-md5`]: createHash('md5').update(key).digest('base64'),
  }
}

/** The metadata in a reply's headers. */
export function metaOf(headers: Headers): Record<string, string> {
  const metaData: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith('x-amz-meta-') && value !== undefined) metaData[name.slice('x-amz-meta-'.length)] = value
  return metaData
}

/** What the headers of an object tell beside it. */
export function extraOf(headers: Headers): S3ObjectExtra {
  return {
    etag: plainTag(headers['etag']),
    storageClass: headers['x-amz-storage-class'] ?? 'STANDARD',
    versionId: headers['x-amz-version-id'],
    encryption: headers['x-amz-server-side-encryption'],
    kmsKeyId: headers['x-amz-server-side-encryption-aws-kms-key-id'],
    cacheControl: headers['cache-control'],
    contentEncoding: headers['content-encoding'],
    contentDisposition: headers['content-disposition'],
    contentLanguage: headers['content-language'],
    restore: headers['x-amz-restore'],
    expiration: headers['x-amz-expiration'],
  }
}

/** The entity tag, where it is the MD5 of the bytes: not of parts, and not of what was encrypted with one's own keys. */
export function md5Of(headers: Headers): string | undefined {
  const tag = plainTag(headers['etag'])
  const keyed =
    headers['x-amz-server-side-encryption']?.startsWith('aws:kms') ||
    headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined
  return keyed || tag === undefined || !/^[0-9a-f]{32}$/i.test(tag) ? undefined : tag
}
