import type { Readable } from 'node:stream'
import { optionsOf } from '../../lib/credentials.js'
import { connect } from '../../lib/driver.js'
import { InvalidRequestError } from '../../lib/errors.js'
import { type Reply, readNothing } from '../../lib/http/message.js'
import type { VendorMeta } from '../../lib/meta.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import type { StorageApi } from '../../lib/storage/api.js'
import { StorageDriver } from '../../lib/storage/driver.js'
import { type HashType, reported } from '../../lib/storage/transfer.js'
import { type ByteRange, Container, type ObjectRef } from '../../lib/storage/types.js'
import { readXml } from './connection.js'
import { awsOptions } from './credentials.js'
import { CHECKSUM_LENGTH, type S3Checksum } from './s3.checksums.js'
import { S3Connection, type S3Options, type S3Vendor } from './s3.connection.js'
import { checkNewBucket } from './s3.names.js'
import { BUCKETS, document, escaped } from './s3.shapes.js'
import {
  checkConcurrency,
  checkPartSize,
  DEFAULT_PART,
  headObject,
  lengthIn,
  listPage,
  NO_BUCKET,
  NO_OBJECT,
  openObject,
  toListed,
  toObject,
} from './s3.shared.js'
import type {
  S3BucketExtra,
  S3CreateBucketOptions,
  S3DeleteOptions,
  S3ListOptions,
  S3Object,
  S3ReadOptions,
  S3SignedUrlOptions,
  S3StreamOptions,
} from './s3.types.js'
import { aws } from './vendor.js'

/** Seven days: no signature is good for longer. */
const LONGEST_ADDRESS = 604_800

/** Other stores' keys are not taken from where those of AWS lie. */
function credentialsOf({ provider, endpoint }: S3Vendor): Pick<VendorMeta, 'vendor' | 'credentials'> {
  if (endpoint === undefined) return aws
  const name = provider.toUpperCase()
  const credentials = aws.credentials.map(source => {
    if (source.option === 'key') return { option: 'key', env: [`${name}_ACCESS_KEY_ID`] }
    if (source.option === 'secret') return { option: 'secret', env: [`${name}_SECRET_ACCESS_KEY`] }
    const { env: _, file: __, ...rest } = source
    return rest
  })
  return { vendor: aws.vendor, credentials }
}

/** Buckets and objects: what all stores have that speak S3. */
export abstract class S3BaseStorageDriver<P extends string> extends StorageDriver implements Partial<StorageApi> {
  readonly provider: P
  override readonly hashType: HashType = 'md5'
  declare readonly connection: S3Connection
  /** Bytes of a part. */
  protected readonly partSize: number
  /** Parts under way at once. */
  protected readonly concurrency: number
  /** What uploads are checked by. */
  protected readonly checksum: S3Checksum

  /** @throws InvalidRequestError when an option is not of its kind. */
  constructor(vendor: S3Vendor<P>, options: S3Options) {
    super(credentialsOf(vendor), vendor.endpoint === undefined ? awsOptions(options, vendor.provider) : options)
    this.provider = vendor.provider
    const { regions } = vendor
    const { region, host, partSize, concurrency, checksum, addressing, signPayload } = optionsOf<S3Options>(this)
    if (region !== undefined && regions?.length && !regions.includes(region) && host === undefined)
      this.#refuse('region', `one of ${regions.join(', ')}`)
    if (vendor.host !== undefined && host === undefined) this.#refuse('host', vendor.host)
    if (addressing !== undefined && addressing !== 'virtual' && addressing !== 'path')
      this.#refuse('addressing', "'virtual' or 'path'")
    if (signPayload !== undefined && typeof signPayload !== 'boolean') this.#refuse('signPayload', 'true or false')
    if (partSize !== undefined) checkPartSize(partSize, allowed => this.#refuse('partSize', allowed))
    if (concurrency !== undefined) checkConcurrency(concurrency, allowed => this.#refuse('concurrency', allowed))
    if (checksum !== undefined && !Object.hasOwn(CHECKSUM_LENGTH, checksum))
      this.#refuse('checksum', `one of ${Object.keys(CHECKSUM_LENGTH).join(', ')}`)
    this.partSize = partSize ?? DEFAULT_PART
    this.concurrency = concurrency ?? 4
    this.checksum = checksum ?? vendor.checksum ?? 'MD5'
    connect(this, new S3Connection(this, vendor))
  }

  #refuse(argument: string, allowed: string): never {
    const { provider } = this
    throw new InvalidRequestError(`The option '${argument}' must be ${allowed}`, { provider, argument, allowed })
  }

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
  listContainers(options?: CallOptions): Pager<Container<S3BucketExtra>> {
    return pager(async token => {
      const query = { 'continuation-token': token }
      const { body } = await this.connection.ask({ query, read: readXml(BUCKETS) }, options)
      const items = body.Buckets.map(({ Name = '', CreationDate, BucketRegion }) => {
        if (BucketRegion !== undefined) this.connection.learn(Name, BucketRegion)
        return this.#toContainer(Name, CreationDate, BucketRegion)
      })
      return { items, next: body.ContinuationToken || undefined }
    }, options)
  }

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html */
  async getContainer(containerName: string, options?: CallOptions): Promise<Container<S3BucketExtra>> {
    const { headers } = await this.#headBucket(containerName, options)
    return this.#toContainer(containerName, undefined, headers['x-amz-bucket-region'])
  }

  async #headBucket(bucket: string, options: CallOptions | undefined): Promise<Reply<void>> {
    return this.connection.ask({ method: 'HEAD', bucket, read: readNothing, errors: NO_BUCKET }, options)
  }

  /**
   * Makes a bucket in the driver's region. In `us-east-1`, AWS takes the making of a bucket that is one's own already for
   * done.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
   */
  async createContainer(
    containerName: string,
    options?: S3CreateBucketOptions,
  ): Promise<Owned<Container<S3BucketExtra>>> {
    const { connection } = this
    checkNewBucket(containerName, this.provider)
    const { ex_location, ex_acl, ex_objectLock } = options ?? {}
    const region = ex_location ?? connection.scope.region
    const { tellsLocation = false } = connection.vendor
    if (ex_location !== undefined) connection.learn(containerName, ex_location)
    const told = ex_location !== undefined || tellsLocation
    const location = `<LocationConstraint>${escaped(region)}</LocationConstraint>`
    await connection.ask(
      {
        method: 'PUT',
        bucket: containerName,
        headers: {
          'x-amz-acl': ex_acl,
          'x-amz-bucket-object-lock-enabled': ex_objectLock ? 'true' : undefined,
        },
        xml: told && region !== 'us-east-1' ? document('CreateBucketConfiguration', location) : undefined,
        read: readNothing,
        // Sent again, it would meet what it made itself.
        idempotent: false,
      },
      options,
    )
    const container = this.#toContainer(containerName, undefined, region)
    return owned(container, () => this.deleteContainer(container))
  }

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html */
  async deleteContainer(container: NamedRef, options?: CallOptions): Promise<void> {
    const spec = { method: 'DELETE', bucket: container.name, errors: NO_BUCKET, read: readNothing } as const
    await this.connection.ask(spec, options)
  }

  /**
   * In the order of the names' UTF-8, a thousand at a time: however many there are, no more than a page is held.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
   */
  listContainerObjects(container: NamedRef, options?: S3ListOptions): Pager<S3Object> {
    return pager(async token => {
      const body = await listPage(this.connection, container, token, options)
      const { Contents, EncodingType, NextContinuationToken } = body
      const items: S3Object[] = []
      for (const raw of Contents) items.push(toListed(this, raw, EncodingType, container))
      return { items, next: NextContinuationToken || undefined }
    }, options)
  }

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html */
  async getObject(containerName: string, objectName: string, options?: S3ReadOptions): Promise<S3Object> {
    const { headers } = await headObject(
      this.connection,
      { name: objectName, container: { name: containerName } },
      options,
    )
    return toObject(this, objectName, { name: containerName }, headers)
  }

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
  async downloadObjectAsStream(object: ObjectRef, options?: S3StreamOptions): Promise<Readable> {
    const { body, headers } = await openObject(this.connection, object, undefined, options)
    return reported(body, lengthIn(headers), options)
  }

  /**
   * @throws InvalidRequestError when the object ends before `range.start`.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
   */
  async downloadObjectRangeAsStream(object: ObjectRef, range: ByteRange, options?: S3StreamOptions): Promise<Readable> {
    const { body, headers } = await openObject(this.connection, object, range, options)
    return reported(body, lengthIn(headers), options)
  }

  /**
   * That the object was not there is no error to S3. In a bucket that keeps versions it is hidden, unless its version is
   * given.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
   */
  async deleteObject(object: ObjectRef, options?: S3DeleteOptions): Promise<void> {
    await this.connection.ask(
      {
        method: 'DELETE',
        bucket: object.container.name,
        key: object.name,
        query: { versionId: options?.ex_versionId },
        errors: NO_OBJECT,
        read: readNothing,
      },
      options,
    )
  }

  /**
   * The bucket's address, which is of use where its contents are public. Asks for the bucket's region.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
   */
  async getContainerCdnUrl(container: NamedRef, options?: CallOptions): Promise<string> {
    await this.#headBucket(container.name, options)
    const { origin, path } = this.connection.place(container.name, undefined)
    return origin + path
  }

  /**
   * The object's address, which is of use where it is public.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
   */
  async getObjectCdnUrl(object: ObjectRef, options?: CallOptions): Promise<string> {
    await headObject(this.connection, object, options)
    const { origin, path } = this.connection.place(object.container.name, object.name)
    return origin + path
  }

  /**
   * Lets everybody list the bucket. AWS refuses it where access control lists are disabled, which is the rule for new
   * buckets.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html
   */
  async enableContainerCdn(container: NamedRef, options?: CallOptions): Promise<void> {
    await this.connection.ask(
      {
        method: 'PUT',
        bucket: container.name,
        query: { acl: '' },
        headers: { 'x-amz-acl': 'public-read' },
        errors: NO_BUCKET,
        read: readNothing,
      },
      options,
    )
  }

  /**
   * Lets everybody read the object. AWS refuses it where access control lists are disabled, which is the rule for new
   * buckets.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html
   */
  async enableObjectCdn(object: ObjectRef, options?: CallOptions): Promise<void> {
    await this.connection.ask(
      {
        method: 'PUT',
        bucket: object.container.name,
        key: object.name,
        query: { acl: '' },
        headers: { 'x-amz-acl': 'public-read' },
        errors: NO_OBJECT,
        read: readNothing,
      },
      options,
    )
  }

  /**
   * An address to download from, or to upload to, made without asking the service: of the region where the bucket is
   * known to be, or else of the driver's. Temporary credentials end sooner than it may.
   * @throws InvalidRequestError when `expiresIn` is more than seven days.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
   */
  async getObjectSignedUrl(object: ObjectRef, options?: S3SignedUrlOptions): Promise<string> {
    const { method = 'GET', expiresIn = 3600, contentType, ex_versionId, ex_response } = options ?? {}
    if (expiresIn > LONGEST_ADDRESS)
      this.connection.refuse('options.expiresIn', `at most ${LONGEST_ADDRESS} seconds`, options)
    const query = {
      versionId: ex_versionId,
      'response-content-type': ex_response?.contentType,
      'response-content-disposition': ex_response?.contentDisposition,
    }
    const headers = method === 'PUT' && contentType !== undefined ? { 'content-type': contentType } : {}
    const spec = { method, bucket: object.container.name, key: object.name, query, headers }
    return this.connection.signedUrl(spec, expiresIn, options)
  }

  #toContainer(name: string, creationTime: Date | undefined, region: string | undefined): Container<S3BucketExtra> {
    return new Container(this, { name, extra: { creationTime, region } })
  }
}
