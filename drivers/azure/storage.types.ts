import type { CallOptions } from '../../lib/options.js'
import type {
  ListObjectsOptions,
  SignedUrlOptions,
  StorageObject,
  StreamOptions,
  UploadOptions,
} from '../../lib/storage/types.js'

/** What a container has beside its name. */
export interface AzureContainerExtra {
  readonly etag?: string | undefined
  readonly lastModified?: Date | undefined
  readonly leaseStatus?: string | undefined
  readonly leaseState?: string | undefined
  /** `container`: all may be listed and read; `blob`: what is known by name may be read; absent: nothing. */
  readonly publicAccess?: string | undefined
  readonly metaData: Readonly<Record<string, string>>
}
/** What a blob has beside what all objects have. */
export interface AzureBlobExtra {
  readonly etag?: string | undefined
  readonly blobType?: string | undefined
  readonly accessTier?: string | undefined
  readonly archiveStatus?: string | undefined
  readonly contentEncoding?: string | undefined
  readonly createdAt?: Date | undefined
  readonly leaseStatus?: string | undefined
  readonly leaseState?: string | undefined
  readonly copyStatus?: string | undefined
  readonly copyId?: string | undefined
  readonly snapshot?: string | undefined
  readonly versionId?: string | undefined
  readonly isDeleted?: boolean | undefined
}
export type AzureBlob = StorageObject<AzureBlobExtra>

/** Where blobs are kept: the colder, the cheaper to keep and the dearer to read. */
export type AzureAccessTier = 'Hot' | 'Cool' | 'Cold' | 'Archive'

/** What requests of a blob that is leased must name. */
export interface AzureLeaseOptions extends CallOptions {
  ex_leaseId?: string | undefined
}
export interface AzureListContainersOptions extends CallOptions {
  /** Containers in a page: 1 to 5,000. @defaultValue 5000 */
  ex_pageSize?: number | undefined
}
export interface AzureListOptions extends ListObjectsOptions {
  /** What else is listed. */
  ex_include?: readonly ('snapshots' | 'versions' | 'deleted' | 'uncommittedblobs' | 'copy')[] | undefined
  /** Blobs in a page: 1 to 5,000. @defaultValue 5000 */
  ex_pageSize?: number | undefined
}
export interface AzureReadOptions extends AzureLeaseOptions {
  /** The time of a snapshot, as it was told when it was made. */
  ex_snapshot?: string | undefined
  ex_versionId?: string | undefined
}
export interface AzureStreamOptions extends AzureReadOptions, StreamOptions {}
export interface AzureDeleteOptions extends AzureReadOptions {
  /** `include`: its snapshots too; `only`: them alone. @defaultValue none, so that a blob with snapshots stays */
  ex_snapshots?: 'include' | 'only' | undefined
}
export interface AzureUploadOptions extends UploadOptions {
  /** Bytes of a block: 1 to 4,194,304,000. @defaultValue the driver's `blockSize` */
  ex_blockSize?: number | undefined
  /** Blocks that are sent at once: 1 to 64. @defaultValue the driver's `concurrency` */
  ex_concurrency?: number | undefined
  ex_accessTier?: AzureAccessTier | undefined
  ex_leaseId?: string | undefined
  /** Only where there is no blob of this name yet. @throws ConflictError @defaultValue false */
  ex_onlyNew?: boolean | undefined
  /** Only where the blob that is there has this entity tag. @throws ConflictError */
  ex_ifMatch?: string | undefined
  /** Index tags, by which blobs of all containers are found. */
  ex_tags?: Readonly<Record<string, string>> | undefined
}
export interface AzureCreateContainerOptions extends CallOptions {
  ex_publicAccess?: 'container' | 'blob' | undefined
  ex_metaData?: Readonly<Record<string, string>> | undefined
}
export interface AzureDeleteContainerOptions extends AzureLeaseOptions {
  /** Deletes what is in it too. @defaultValue false */
  ex_force?: boolean | undefined
}
export interface AzureSignedUrlOptions extends SignedUrlOptions {
  /** Letters of the documentation; given, `method` says nothing. @see https://learn.microsoft.com/rest/api/storageservices/create-service-sas */
  ex_permissions?: string | undefined
  ex_startsAt?: Date | undefined
  /** Addresses that may use it: one, or `198.51.100.10-198.51.100.20`. */
  ex_ip?: string | undefined
  ex_contentDisposition?: string | undefined
}
