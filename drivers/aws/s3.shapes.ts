// What S3 answers with: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html
import { InvalidRequestError, ServiceError } from '../../lib/errors.js'
import type { BodyReader } from '../../lib/http/message.js'
import { xml } from '../../lib/http/xml.js'
import { readXml } from './connection.js'

export interface RawBucket {
  Name?: string
  CreationDate?: Date
  BucketRegion?: string
}
export const BUCKETS: xml.XmlShape<{ Buckets: RawBucket[]; ContinuationToken?: string }> = xml.named(
  'ListAllMyBucketsResult',
  xml.object({
    Buckets: xml.wrapped('Bucket', xml.object({ Name: xml.string, CreationDate: xml.date, BucketRegion: xml.string })),
    ContinuationToken: xml.string,
  }),
)

export interface RawObject {
  Key?: string
  LastModified?: Date
  ETag?: string
  Size?: number
  StorageClass?: string
}
export interface RawListing {
  Contents: RawObject[]
  CommonPrefixes: { Prefix?: string }[]
  IsTruncated?: boolean
  NextContinuationToken?: string
  EncodingType?: string
}
const OBJECT = {
  Key: xml.string,
  LastModified: xml.date,
  ETag: xml.string,
  Size: xml.number,
  StorageClass: xml.string,
}
export const LISTING: xml.XmlShape<RawListing> = xml.named(
  'ListBucketResult',
  xml.object({
    Contents: xml.list(xml.object(OBJECT)),
    CommonPrefixes: xml.list(xml.object({ Prefix: xml.string })),
    IsTruncated: xml.boolean,
    NextContinuationToken: xml.string,
    EncodingType: xml.string,
  }),
)

export interface RawVersion extends RawObject {
  VersionId?: string
  IsLatest?: boolean
}
export interface RawVersions {
  Version: RawVersion[]
  DeleteMarker: RawVersion[]
  IsTruncated?: boolean
  NextKeyMarker?: string
  NextVersionIdMarker?: string
  EncodingType?: string
}
const VERSION = { ...OBJECT, VersionId: xml.string, IsLatest: xml.boolean }
export const VERSIONS: xml.XmlShape<RawVersions> = xml.named(
  'ListVersionsResult',
  xml.object({
    Version: xml.list(xml.object(VERSION)),
    DeleteMarker: xml.list(xml.object(VERSION)),
    IsTruncated: xml.boolean,
    NextKeyMarker: xml.string,
    NextVersionIdMarker: xml.string,
    EncodingType: xml.string,
  }),
)

export const INITIATED: xml.XmlShape<{ UploadId?: string }> = xml.named(
  'InitiateMultipartUploadResult',
  xml.object({ UploadId: xml.string }),
)
/** What a long operation answers with: its result, or an error. */
export interface RawLate {
  Code?: string
  Message?: string
  ETag?: string
  LastModified?: Date
}
export const LATE: xml.XmlShape<RawLate> = xml.object({
  Code: xml.string,
  Message: xml.string,
  ETag: xml.string,
  LastModified: xml.date,
})

export interface RawUpload {
  Key?: string
  UploadId?: string
  Initiated?: Date
  StorageClass?: string
}
export interface RawUploads {
  Upload: RawUpload[]
  IsTruncated?: boolean
  NextKeyMarker?: string
  NextUploadIdMarker?: string
  EncodingType?: string
}
export const UPLOADS: xml.XmlShape<RawUploads> = xml.named(
  'ListMultipartUploadsResult',
  xml.object({
    Upload: xml.list(
      xml.object({ Key: xml.string, UploadId: xml.string, Initiated: xml.date, StorageClass: xml.string }),
    ),
    IsTruncated: xml.boolean,
    NextKeyMarker: xml.string,
    NextUploadIdMarker: xml.string,
    EncodingType: xml.string,
  }),
)

export interface RawPart {
  PartNumber?: number
  ETag?: string
  Size?: number
}
export const PARTS: xml.XmlShape<{ Part: RawPart[]; IsTruncated?: boolean; NextPartNumberMarker?: string }> = xml.named(
  'ListPartsResult',
  xml.object({
    Part: xml.list(xml.object({ PartNumber: xml.number, ETag: xml.string, Size: xml.number })),
    IsTruncated: xml.boolean,
    NextPartNumberMarker: xml.string,
  }),
)

export interface RawDeleted {
  Key?: string
  VersionId?: string
  Code?: string
  Message?: string
}
const DELETION = { Key: xml.string, VersionId: xml.string }
export const DELETED: xml.XmlShape<{ Deleted: RawDeleted[]; Error: RawDeleted[] }> = xml.named(
  'DeleteResult',
  xml.object({
    Deleted: xml.list(xml.object(DELETION)),
    Error: xml.list(xml.object({ ...DELETION, Code: xml.string, Message: xml.string })),
  }),
)

export const TAGGING: xml.XmlShape<{ TagSet: { Key?: string; Value?: string }[] }> = xml.named(
  'Tagging',
  xml.object({ TagSet: xml.wrapped('Tag', xml.object({ Key: xml.string, Value: xml.string })) }),
)

export interface RawGrantee {
  Type?: string
  ID?: string
  DisplayName?: string
  URI?: string
  EmailAddress?: string
}
export interface RawPolicy {
  Owner?: { ID?: string; DisplayName?: string }
  AccessControlList: { Grantee?: RawGrantee; Permission?: string }[]
}
export const POLICY: xml.XmlShape<RawPolicy> = xml.named(
  'AccessControlPolicy',
  xml.object({
    Owner: xml.object({ ID: xml.string, DisplayName: xml.string }),
    AccessControlList: xml.wrapped(
      'Grant',
      xml.object({
        Grantee: xml.object({
          Type: xml.attribute('xsi:type'),
          ID: xml.string,
          DisplayName: xml.string,
          URI: xml.string,
          EmailAddress: xml.string,
        }),
        Permission: xml.string,
      }),
    ),
  }),
)

export const VERSIONING: xml.XmlShape<{ Status?: string }> = xml.named(
  'VersioningConfiguration',
  xml.object({ Status: xml.string }),
)

/**
 * Reads what may be an error in spite of its status: it is sent before the work is done, so that the connection stays.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
export function readLate(root: string, provider: string): BodyReader<RawLate> {
  const readError = readXml(xml.named('Error', LATE))
  const readWhole = readXml(xml.named(root, LATE))
  return (body, { status, requestId }) => {
    const begin = body.subarray(0, 512).toString()
    if (!/^(?:\s|<\?[^>]*>)*<Error[\s>]/.test(begin)) return readWhole(body)
    const { Code, Message } = readError(body)
    throw new ServiceError(`'${provider}' answered ${status}, and then ${Code}: ${Message}`, {
      provider,
      status,
      requestId,
      providerCode: Code,
      retryable: Code === 'InternalError' || Code === 'SlowDown',
    })
  }
}

/** A text of a list that was asked for in the encoding of URLs, because XML has no words for some characters. */
export function decoded(text: string, encoding: string | undefined): string {
  if (encoding !== 'url' || !/[%+]/.test(text)) return text
  return decodeURIComponent(text.replaceAll('+', ' '))
}

/** An ETag without its quotes. */
export function plainTag(tag: string | undefined): string | undefined {
  if (tag === undefined) return undefined
  return tag.startsWith('"') && tag.endsWith('"') ? tag.slice(1, -1) : tag
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
}
/** Whether a document can hold the text: XML has no words for most control characters. */
export function fitsXml(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text) && text.isWellFormed()
}

/** A text as part of a document. @throws InvalidRequestError when no document can hold it. */
export function escaped(text: string): string {
  if (!fitsXml(text)) {
    const allowed = 'well-formed Unicode without control characters'
    throw new InvalidRequestError(`A text of a document must be ${allowed}`, { argument: 'text', allowed })
  }
  return text.replace(/[&<>"'\r\n\t]/g, char => ESCAPES[char] as string)
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'
/** A document for the service. */
export function document(root: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><${root} xmlns="${NAMESPACE}">${content}</${root}>`
}
