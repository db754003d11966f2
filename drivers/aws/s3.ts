import type { StorageApi } from '../../lib/storage/api.js'
import type { S3Options, S3Vendor } from './s3.connection.js'
import { S3LifecycleStorageDriver } from './s3.lifecycle.js'

export type { S3Checksum } from './s3.checksums.js'
export type { S3Options, S3Vendor } from './s3.connection.js'
export type { S3CopyOptions } from './s3.copy.js'
export type { S3LifecycleRule, S3RestoreOptions } from './s3.lifecycle.js'
export type { S3Deletion } from './s3.manage.js'
export type {
  S3Acl,
  S3BucketExtra,
  S3CannedAcl,
  S3CreateBucketOptions,
  S3DeleteFailure,
  S3DeleteOptions,
  S3DownloadOptions,
  S3Encryption,
  S3Folder,
  S3Grant,
  S3ListOptions,
  S3Object,
  S3ObjectExtra,
  S3ReadOptions,
  S3SignedUrlOptions,
  S3StorageClass,
  S3StreamOptions,
  S3Upload,
  S3UploadOptions,
  S3Version,
} from './s3.types.js'

/** What AWS itself is among the stores that speak S3. */
const AWS: S3Vendor<'s3'> = {
  provider: 's3',
  class: 'S3StorageDriver',
  name: 'Amazon S3',
  docs: 'https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html',
  region: 'us-east-1',
  checksum: 'CRC32',
  tellsLocation: true,
}

/** Stores that speak S3: each is a row of data in `s3.vendors.ts`, and a class of its own. */
export class S3FamilyStorageDriver<P extends string>
  extends S3LifecycleStorageDriver<P>
  implements Partial<StorageApi>
{
  /** `vendor` is the store's row. */
  constructor(vendor: S3Vendor<P>, options: S3Options) {
    super(vendor, options)
  }
}

/** Amazon S3: buckets as containers. https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html */
export class S3StorageDriver extends S3FamilyStorageDriver<'s3'> {
  constructor(options: S3Options = {}) {
    super(AWS, options)
  }
}
