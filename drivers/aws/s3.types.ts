import type { CallOptions } from '../../lib/options.js'
import type {
  DownloadOptions,
  ListObjectsOptions,
  SignedUrlOptions,
  StorageObject,
  StreamOptions,
  UploadOptions,
} from '../../lib/storage/types.js'
import type { S3Checksum } from './s3.checksums.js'

/** Access control lists that have names: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl */
export type S3CannedAcl =
  | 'private'
  | 'public-read'
  | 'public-read-write'
  | 'authenticated-read'
  | 'aws-exec-read'
  | 'bucket-owner-read'
  | 'bucket-owner-full-control'

/** How an object is kept: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html */
export type S3StorageClass =
  | 'STANDARD'
  | 'REDUCED_REDUNDANCY'
  | 'STANDARD_IA'
  | 'ONEZONE_IA'
  | 'INTELLIGENT_TIERING'
  | 'GLACIER'
  | 'GLACIER_IR'
  | 'DEEP_ARCHIVE'
  | 'EXPRESS_ONEZONE'
  | (string & {})

/** Encryption by the service, with its own key or with one of its key management. */
export interface S3Encryption {
  readonly type: 'AES256' | 'aws:kms' | 'aws:kms:dsse'
  /** The key's id or ARN. @defaultValue the account's own key for S3 */
  readonly keyId?: string | undefined
  /** What the key's policies and logs see of the object. */
  readonly context?: Readonly<Record<string, string>> | undefined
  /** Asks the key management for a key of the bucket, in place of one for each object. */
  readonly bucketKey?: boolean | undefined
}

/** What encrypts with a key that the service does not keep (SSE-C). */
export interface S3CustomerKey {
  /** 32 bytes. Without them nobody can read the object again. */
  ex_customerKey?: Uint8Array | undefined
}

/** Which version of an object is meant. */
export interface S3ReadOptions extends CallOptions, S3CustomerKey {
  /** @defaultValue the newest version */
  ex_versionId?: string | undefined
}
export interface S3StreamOptions extends StreamOptions, S3ReadOptions {}
export interface S3DownloadOptions extends DownloadOptions, S3ReadOptions {
  /** Bytes that are asked for at once. @defaultValue the driver's `partSize` */
  ex_partSize?: number | undefined
  /** Parts under way at once; 1 for one stream. @defaultValue the driver's `concurrency` */
  ex_concurrency?: number | undefined
}
export interface S3DeleteOptions extends CallOptions {
  /** Deletes this version for good. @defaultValue hides the object, in a bucket that keeps versions */
  ex_versionId?: string | undefined
}

/** How a new object is kept, and by whom it may be read. */
export interface S3ObjectOptions extends S3CustomerKey {
  ex_acl?: S3CannedAcl | undefined
  /** @defaultValue 'STANDARD' */
  ex_storageClass?: S3StorageClass | undefined
  /** @defaultValue the bucket's own */
  ex_encryption?: S3Encryption | undefined
  ex_tags?: Readonly<Record<string, string>> | undefined
}

export interface S3UploadOptions extends UploadOptions, S3ObjectOptions {
  /** What the upload is checked by, unless `verifyHash` is false. @defaultValue the driver's `checksum` */
  ex_checksum?: S3Checksum | undefined
  /** Bytes of a part. @defaultValue the driver's `partSize`; more where there would be above 10,000 */
  ex_partSize?: number | undefined
  /** Parts under way at once. @defaultValue the driver's `concurrency` */
  ex_concurrency?: number | undefined
  /**
   * `false` sends a stream whose `contentLength` is known, up to 5 GiB, in one request and without holding any of it; it is
   * not repeated. `true` sends even a small object in parts. @defaultValue in parts what is larger than one
   */
  ex_multipart?: boolean | undefined
  /**
   * Goes on with the upload of this object that was left open, and leaves it open when it fails again: parts that the
   * service has already, of the same size and MD5, are not sent twice. @defaultValue false
   */
  ex_resume?: boolean | undefined
}

export interface S3ListOptions extends ListObjectsOptions {
  /** Leaves out what is deeper: only objects without this text after the prefix. `'/'` lists one folder. */
  ex_delimiter?: string | undefined
  /** Only objects whose names come after this one. */
  ex_startAfter?: string | undefined
  /** Items of a page, up to 1000. */
  ex_pageSize?: number | undefined
}

export interface S3CreateBucketOptions extends CallOptions {
  /** Another region than the driver's. */
  ex_location?: string | undefined
  ex_acl?: S3CannedAcl | undefined
  /** Lets objects be locked against deletion. It cannot be changed later. */
  ex_objectLock?: boolean | undefined
}

export interface S3SignedUrlOptions extends SignedUrlOptions {
  ex_versionId?: string | undefined
  /** The type and the file name that the download shall have: `Content-Type`, `Content-Disposition`. */
  ex_response?:
    | { readonly contentType?: string | undefined; readonly contentDisposition?: string | undefined }
    | undefined
}

export interface S3BucketExtra {
  /** When it was made; lists tell it. */
  readonly creationTime: Date | undefined
  /** Where it is, as far as the service tells. */
  readonly region: string | undefined
}

export interface S3ObjectExtra {
  /** The entity tag: an MD5 only of what was sent in one request, and not encrypted with keys of one's own. */
  readonly etag: string | undefined
  readonly storageClass: string | undefined
  readonly versionId?: string | undefined
  /** `AES256`, `aws:kms`; of the service's own encryption. */
  readonly encryption?: string | undefined
  readonly kmsKeyId?: string | undefined
  readonly cacheControl?: string | undefined
  readonly contentEncoding?: string | undefined
  readonly contentDisposition?: string | undefined
  readonly contentLanguage?: string | undefined
  /** Whether an archived object is being, or has been, brought back. */
  readonly restore?: string | undefined
  /** When a rule of the bucket will delete it. */
  readonly expiration?: string | undefined
}

export type S3Object = StorageObject<S3ObjectExtra>

/** A version of an object, or the mark of its deletion. */
export interface S3Version {
  readonly name: string
  readonly versionId: string
  readonly isLatest: boolean
  /** Says that the object was deleted. */
  readonly isDeleteMarker: boolean
  readonly size: number
  readonly etag: string | undefined
  readonly lastModified: Date | undefined
  readonly storageClass: string | undefined
}

/** An upload in parts that is not complete. */
export interface S3Upload {
  readonly id: string
  /** The object's name. */
  readonly name: string
  readonly created: Date | undefined
  readonly storageClass: string | undefined
}

/** What stands in a folder: objects, and the prefixes of what is deeper. */
export interface S3Folder {
  readonly objects: readonly S3Object[]
  readonly prefixes: readonly string[]
}

/** Who may do what. */
export interface S3Grant {
  readonly permission: 'FULL_CONTROL' | 'READ' | 'WRITE' | 'READ_ACP' | 'WRITE_ACP' | (string & {})
  /** An account's canonical id, the address of a group, or an email address. */
  readonly grantee: string
  readonly type: 'CanonicalUser' | 'Group' | 'AmazonCustomerByEmail'
}
export interface S3Acl {
  readonly owner: string | undefined
  readonly grants: readonly S3Grant[]
}

/** An object that could not be deleted. */
export interface S3DeleteFailure {
  readonly name: string
  readonly versionId: string | undefined
  readonly code: string
  readonly message: string
}
