import type { Readable } from 'node:stream'
import type { BaseDriver } from '../driver.js'
import type { BodySource } from '../http/body.js'
import type { CallOptions, Progress } from '../options.js'
import type { Pager } from '../pager.js'
import { type NamedRef, Resource } from '../resource.js'
import type { StorageApi } from './api.js'
import type { StorageDriver } from './driver.js'

/** What can be uploaded. */
export type { BodySource } from '../http/body.js'

/** The driver with every base method: at run time the base class has them all, as stubs. */
export function asApi(driver: BaseDriver): StorageApi {
  return driver as unknown as StorageApi
}

/** An object, known by its name and its container's. */
export interface ObjectRef extends NamedRef {
  readonly container: NamedRef
}

export interface ListObjectsOptions extends CallOptions {
  /** Only objects whose names begin with this. */
  prefix?: string | undefined
}
/** What is kept beside an object's bytes. */
export interface ObjectDescription {
  /** @defaultValue guessed from the object's name, else `application/octet-stream` */
  contentType?: string | undefined
  /** Names and values of one's own; names are lower case when they are read again. */
  metaData?: Readonly<Record<string, string>> | undefined
}
export interface UploadOptions extends CallOptions, ObjectDescription {
  /** Further headers of the request, for what the provider knows and this library does not. */
  headers?: Readonly<Record<string, string>> | undefined
  /** Compares a checksum of what was sent with what the provider has. @defaultValue true */
  verifyHash?: boolean | undefined
  /** Bytes, for a stream whose length is known: some providers need it, all are faster with it. */
  contentLength?: number | undefined
  onProgress?: ((progress: Progress) => void) | undefined
}
export interface StreamOptions extends CallOptions {
  onProgress?: ((progress: Progress) => void) | undefined
}
export interface DownloadOptions extends StreamOptions {
  /** Replaces a file that is there. @defaultValue false */
  overwriteExisting?: boolean | undefined
  /** Removes what was written when the download fails; else it stays as `<destination>.part`. @defaultValue true */
  deleteOnFailure?: boolean | undefined
  /** Compares a checksum of what was received with the object's, where it has one. @defaultValue true */
  verifyHash?: boolean | undefined
}
/** Bytes from `start` up to, but not with, `end`. */
export interface ByteRange {
  readonly start: number
  /** @defaultValue the object's end */
  readonly end?: number | undefined
}
export interface SignedUrlOptions extends CallOptions {
  /** What the address is for. @defaultValue 'GET' */
  method?: 'GET' | 'PUT' | undefined
  /** Seconds until the address is of no use. @defaultValue 3600 */
  expiresIn?: number | undefined
  /** The type that an upload must have. */
  contentType?: string | undefined
}

export interface ContainerFields<Extra extends object> {
  name: string
  extra: Extra
}
/** A bucket. */
export class Container<Extra extends object = object> extends Resource implements NamedRef {
  declare readonly driver: StorageDriver
  readonly name: string
  readonly extra: Extra
  constructor(driver: StorageDriver, fields: ContainerFields<Extra>) {
    super(driver)
    this.name = fields.name
    this.extra = fields.extra
  }
  listObjects(options?: ListObjectsOptions): Pager<StorageObject> {
    return asApi(this.driver).listContainerObjects(this, options)
  }
  getObject(name: string, options?: CallOptions): Promise<StorageObject> {
    return asApi(this.driver).getObject(this.name, name, options)
  }
  getCdnUrl(options?: CallOptions): Promise<string> {
    return asApi(this.driver).getContainerCdnUrl(this, options)
  }
  enableCdn(options?: CallOptions): Promise<void> {
    return asApi(this.driver).enableContainerCdn(this, options)
  }
  uploadObject(filePath: string, objectName: string, options?: UploadOptions): Promise<StorageObject> {
    return asApi(this.driver).uploadObject(filePath, this, objectName, options)
  }
  uploadObjectViaStream(source: BodySource, objectName: string, options?: UploadOptions): Promise<StorageObject> {
    return asApi(this.driver).uploadObjectViaStream(source, this, objectName, options)
  }
  downloadObject(objectName: string, destinationPath: string, options?: DownloadOptions): Promise<void> {
    return asApi(this.driver).downloadObject({ name: objectName, container: this }, destinationPath, options)
  }
  downloadObjectAsStream(objectName: string, options?: StreamOptions): Promise<Readable> {
    return asApi(this.driver).downloadObjectAsStream({ name: objectName, container: this }, options)
  }
  deleteObject(objectName: string, options?: CallOptions): Promise<void> {
    return asApi(this.driver).deleteObject({ name: objectName, container: this }, options)
  }
  /** Deletes the container, which must be empty. */
  delete(options?: CallOptions): Promise<void> {
    return asApi(this.driver).deleteContainer(this, options)
  }
}

export interface ObjectFields<Extra extends object> {
  name: string
  size: number
  container: NamedRef
  hash?: string | undefined
  contentType?: string | undefined
  lastModified?: Date | undefined
  metaData?: Readonly<Record<string, string>> | undefined
  extra: Extra
}
/** An object in a container: what is known of it, not its bytes. */
export class StorageObject<Extra extends object = object> extends Resource implements ObjectRef {
  declare readonly driver: StorageDriver
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** The provider's checksum or ETag, without quotes. */
  readonly hash: string | undefined
  /** Lists of some providers do not tell it; `getObject` does. */
  readonly contentType: string | undefined
  readonly lastModified: Date | undefined
  /** Lists of most providers do not tell it; `getObject` does. */
  readonly metaData: Readonly<Record<string, string>>
  declare readonly container: NamedRef
  readonly extra: Extra
  constructor(driver: StorageDriver, fields: ObjectFields<Extra>) {
    super(driver)
    this.name = fields.name
    this.size = fields.size
    this.hash = fields.hash
    this.contentType = fields.contentType
    this.lastModified = fields.lastModified
    this.metaData = fields.metaData ?? {}
    this.extra = fields.extra
    Object.defineProperty(this, 'container', { value: fields.container, enumerable: true })
  }
  getCdnUrl(options?: CallOptions): Promise<string> {
    return asApi(this.driver).getObjectCdnUrl(this, options)
  }
  enableCdn(options?: CallOptions): Promise<void> {
    return asApi(this.driver).enableObjectCdn(this, options)
  }
  /** An address that works without credentials for a while. */
  getSignedUrl(options?: SignedUrlOptions): Promise<string> {
    return asApi(this.driver).getObjectSignedUrl(this, options)
  }
  download(destinationPath: string, options?: DownloadOptions): Promise<void> {
    return asApi(this.driver).downloadObject(this, destinationPath, options)
  }
  asStream(options?: StreamOptions): Promise<Readable> {
    return asApi(this.driver).downloadObjectAsStream(this, options)
  }
  downloadRange(destinationPath: string, range: ByteRange, options?: DownloadOptions): Promise<void> {
    return asApi(this.driver).downloadObjectRange(this, destinationPath, range, options)
  }
  rangeAsStream(range: ByteRange, options?: StreamOptions): Promise<Readable> {
    return asApi(this.driver).downloadObjectRangeAsStream(this, range, options)
  }
  delete(options?: CallOptions): Promise<void> {
    return asApi(this.driver).deleteObject(this, options)
  }
}
