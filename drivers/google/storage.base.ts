import type { Readable } from 'node:stream'
import {
  ContainerAlreadyExistsError,
  ContainerIsNotEmptyError,
  InvalidContainerNameError,
  MalformedResponseError,
} from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import { StorageDriver } from '../../lib/storage/driver.js'
import { type HashType, reported } from '../../lib/storage/transfer.js'
import type {
  ByteRange,
  Container,
  ListObjectsOptions,
  ObjectRef,
  StorageObject,
  StreamOptions,
} from '../../lib/storage/types.js'
import {
  bucketPath,
  conditions,
  type GoogleBucketExtra,
  type GoogleObjectExtra,
  type GooglePreconditions,
  type GoogleStorageConnection,
  NO_BUCKET,
  NO_OBJECT,
  objectPath,
  type RawBucket,
  type RawObject,
  toContainer,
  toObject,
} from './storage.shared.js'

export interface GoogleCreateContainerOptions extends CallOptions {
  /** `'EU'`, `'EUROPE-WEST3'` … @defaultValue the driver's region, else `'US'` */
  ex_location?: string | undefined
  /** @defaultValue 'STANDARD' */
  ex_storageClass?: 'STANDARD' | 'NEARLINE' | 'COLDLINE' | 'ARCHIVE' | undefined
  ex_labels?: Readonly<Record<string, string>> | undefined
  /** Keeps what is replaced or deleted. @defaultValue false */
  ex_versioned?: boolean | undefined
  /** Lets the bucket's policy alone say who may do what. @defaultValue what the organisation has set, else false */
  ex_uniformAccess?: boolean | undefined
}
export interface GoogleListObjectsOptions extends ListObjectsOptions {
  /** Old versions too. @defaultValue false */
  ex_versions?: boolean | undefined
  /** Only names that fit: `'logs/**\/*.gz'`. */
  ex_matchGlob?: string | undefined
  /** Only names from this one on. */
  ex_startOffset?: string | undefined
  /** Only names before this one. */
  ex_endOffset?: string | undefined
}
export interface GoogleObjectOptions extends CallOptions, GooglePreconditions {
  /** This version of the object, not the newest. */
  ex_generation?: string | undefined
}
export interface GoogleStreamOptions extends StreamOptions, GooglePreconditions {
  /** This version of the object, not the newest. */
  ex_generation?: string | undefined
}

/** Buckets, and objects as they are read and deleted. */
export abstract class GoogleStorageBase extends StorageDriver {
  declare readonly connection: GoogleStorageConnection
  override readonly hashType: HashType = 'md5'

  /** @see https://cloud.google.com/storage/docs/json_api/v1/buckets/list */
  listContainers(options?: CallOptions): Pager<Container<GoogleBucketExtra>> {
    const map = (raw: RawBucket): Container<GoogleBucketExtra> => toContainer(this, raw)
    return this.connection.list({ ...this.#inProject('/storage/v1/b', options), map }, options)
  }

  // The project is a parameter here, and stands in the path everywhere else.
  #inProject(at: string, _options: CallOptions | undefined): { path: (project: string) => string } {
    return { path: project => `${at}?project=${encodeURIComponent(project)}` }
  }

  /** @see https://cloud.google.com/storage/docs/json_api/v1/buckets/get */
  async getContainer(containerName: string, options?: CallOptions): Promise<Container<GoogleBucketExtra>> {
    const spec = { path: bucketPath(containerName), errors: NO_BUCKET }
    return this.connection.one(spec, (raw: RawBucket) => toContainer(this, raw), options)
  }

  /** @see https://cloud.google.com/storage/docs/json_api/v1/buckets/insert */
  async createContainer(
    containerName: string,
    options?: GoogleCreateContainerOptions,
  ): Promise<Owned<Container<GoogleBucketExtra>>> {
    checkName(this, containerName, options)
    const { ex_versioned: enabled, ex_uniformAccess: isUniform } = options ?? {}
    const json = {
      name: containerName,
      location: options?.ex_location ?? this.region?.toUpperCase(),
      storageClass: options?.ex_storageClass,
      labels: options?.ex_labels,
      versioning: enabled === undefined ? undefined : { enabled },
      iamConfiguration: isUniform === undefined ? undefined : { uniformBucketLevelAccess: { enabled: isUniform } },
    }
    const errors = { 409: ContainerAlreadyExistsError }
    const spec = { ...this.#inProject('/storage/v1/b', options), method: 'POST', json, errors } as const
    const made = await this.connection.one(spec, (raw: RawBucket) => toContainer(this, raw), options)
    return owned(made, () => this.deleteContainer(made))
  }

  /** @see https://cloud.google.com/storage/docs/json_api/v1/buckets/delete */
  async deleteContainer(container: NamedRef, options?: CallOptions): Promise<void> {
    const errors = { ...NO_BUCKET, 409: ContainerIsNotEmptyError }
    const spec = { method: 'DELETE', path: bucketPath(container.name), errors, read: readNothing } as const
    await this.connection.request(spec, options)
  }

  /** In the order of their names, which is that of their bytes.
   * @see https://cloud.google.com/storage/docs/json_api/v1/objects/list */
  listContainerObjects(
    container: NamedRef,
    options?: GoogleListObjectsOptions,
  ): Pager<StorageObject<GoogleObjectExtra>> {
    const query = {
      prefix: options?.prefix,
      versions: options?.ex_versions,
      matchGlob: options?.ex_matchGlob,
      startOffset: options?.ex_startOffset,
      endOffset: options?.ex_endOffset,
    }
    const map = (raw: RawObject): StorageObject<GoogleObjectExtra> => toObject(this, raw, container)
    return this.connection.list({ path: `${bucketPath(container.name)}/o`, query, map, errors: NO_BUCKET }, options)
  }

  /** @see https://cloud.google.com/storage/docs/json_api/v1/objects/get */
  async getObject(
    containerName: string,
    objectName: string,
    options?: GoogleObjectOptions,
  ): Promise<StorageObject<GoogleObjectExtra>> {
    const container = { name: containerName }
    const query = { generation: options?.ex_generation, ...conditions(options) }
    const spec = { path: objectPath({ name: objectName, container }), query, errors: NO_OBJECT }
    return this.connection.one(spec, (raw: RawObject) => toObject(this, raw, container), options)
  }

  /** As it is stored: what was uploaded in gzip comes so.
   * @see https://cloud.google.com/storage/docs/json_api/v1/objects/get */
  async downloadObjectAsStream(object: ObjectRef, options?: GoogleStreamOptions): Promise<Readable> {
    const { body, headers } = await this.connection.stream(download(object, options), options)
    const length = headers['content-length']
    return reported(body, length === undefined ? undefined : Number(length), options)
  }

  /** @see https://cloud.google.com/storage/docs/json_api/v1/objects/get */
  async downloadObjectRangeAsStream(
    object: ObjectRef,
    range: ByteRange,
    options?: GoogleStreamOptions,
  ): Promise<Readable> {
    const { start, end } = range
    const spec = download(object, options, { range: `bytes=${start}-${end === undefined ? '' : end - 1}` })
    const { body, headers, status } = await this.connection.stream(spec, options)
    if (status !== 206) {
      body.on('error', () => {}).destroy()
      const operation = operationOf(options)
      const message = `${operation ?? 'download'}: '${this.provider}' gave the whole object, not the range`
      throw new MalformedResponseError(message, { provider: this.provider, operation, status })
    }
    const length = headers['content-length']
    return reported(body, length === undefined ? undefined : Number(length), options)
  }

  /** In a bucket with versions, the object becomes an old version, unless `ex_generation` names one.
   * @see https://cloud.google.com/storage/docs/json_api/v1/objects/delete */
  async deleteObject(object: ObjectRef, options?: GoogleObjectOptions): Promise<void> {
    const query = { generation: options?.ex_generation, ...conditions(options) }
    const spec = { method: 'DELETE', path: objectPath(object), query, errors: NO_OBJECT, read: readNothing } as const
    await this.connection.request(spec, options)
  }
}

function download(object: ObjectRef, options: GoogleStreamOptions | undefined, headers: Record<string, string> = {}) {
  const query = { alt: 'media', generation: options?.ex_generation, ...conditions(options) }
  // Without it what is stored in gzip would be unpacked, and be of another length and checksum than is known of it.
  return { path: objectPath(object), query, errors: NO_OBJECT, headers: { 'accept-encoding': 'gzip', ...headers } }
}

/** https://cloud.google.com/storage/docs/buckets#naming */
function checkName(driver: StorageDriver, name: string, options: CallOptions | undefined): void {
  const good =
    /^[a-z0-9][a-z0-9._-]*[a-z0-9]$/.test(name) &&
    name.length >= 3 &&
    name.length <= 222 &&
    name.split('.').every(part => part.length > 0 && part.length <= 63) &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^goog|google/.test(name)
  if (good) return
  const allowed =
    "3 to 63 lower case letters, digits, hyphens, underscores and dots, from a letter or digit to one, without 'google'"
  const operation = operationOf(options)
  const details = { provider: driver.provider, operation, argument: 'containerName', allowed }
  throw new InvalidContainerNameError(`${operation ?? 'request'}: 'containerName' must be ${allowed}`, details)
}
