import type { Readable } from 'node:stream'
import * as check from '../check.js'
import { type ApiDescription, type ApiRules, calls, lists, provided } from '../driver.js'
import { type BodySource, isBodySource } from '../http/body.js'
import type { CallOptions } from '../options.js'
import type { Owned } from '../owned.js'
import type { Pager } from '../pager.js'
import type { NamedRef } from '../resource.js'
import type {
  ByteRange,
  Container,
  DownloadOptions,
  ListObjectsOptions,
  ObjectRef,
  SignedUrlOptions,
  StorageObject,
  StreamOptions,
  UploadOptions,
} from './types.js'

/**
 * Every base method; see the note on `ComputeApi` for what all of them reject with.
 * Those that name a container also reject with ContainerDoesNotExistError, those that name an object with
 * ObjectDoesNotExistError.
 */
export interface StorageApi {
  /** All containers (buckets). */
  readonly listContainers: (options?: CallOptions) => Pager<Container>
  /** One container. @throws ContainerDoesNotExistError */
  readonly getContainer: (containerName: string, options?: CallOptions) => Promise<Container>
  /** Makes a container. @throws ContainerAlreadyExistsError @throws InvalidContainerNameError */
  readonly createContainer: (containerName: string, options?: CallOptions) => Promise<Owned<Container>>
  /** Deletes a container. @throws ContainerIsNotEmptyError */
  readonly deleteContainer: (container: NamedRef, options?: CallOptions) => Promise<void>
  /** The objects of a container, in the order of their names where the provider keeps one. */
  readonly listContainerObjects: (container: NamedRef, options?: ListObjectsOptions) => Pager<StorageObject>
  /** What is known of one object. @throws ObjectDoesNotExistError */
  readonly getObject: (containerName: string, objectName: string, options?: CallOptions) => Promise<StorageObject>
  /** Sends a local file. */
  readonly uploadObject: (
    filePath: string,
    container: NamedRef,
    objectName: string,
    options?: UploadOptions,
  ) => Promise<StorageObject>
  /** Sends a stream, an iterable or bytes, of any size, without holding it. An object that cannot be completed does not appear. */
  readonly uploadObjectViaStream: (
    source: BodySource,
    container: NamedRef,
    objectName: string,
    options?: UploadOptions,
  ) => Promise<StorageObject>
  /** Saves an object to a file, which appears only when it is whole and its checksum is right. */
  readonly downloadObject: (object: ObjectRef, destinationPath: string, options?: DownloadOptions) => Promise<void>
  /** An object's bytes as they come. */
  readonly downloadObjectAsStream: (object: ObjectRef, options?: StreamOptions) => Promise<Readable>
  /** Saves a part of an object to a file. */
  readonly downloadObjectRange: (
    object: ObjectRef,
    destinationPath: string,
    range: ByteRange,
    options?: DownloadOptions,
  ) => Promise<void>
  /** A part of an object's bytes as they come. */
  readonly downloadObjectRangeAsStream: (
    object: ObjectRef,
    range: ByteRange,
    options?: StreamOptions,
  ) => Promise<Readable>
  /** Deletes an object. */
  readonly deleteObject: (object: ObjectRef, options?: CallOptions) => Promise<void>
  /** A container's public address. */
  readonly getContainerCdnUrl: (container: NamedRef, options?: CallOptions) => Promise<string>
  /** An object's public address. */
  readonly getObjectCdnUrl: (object: ObjectRef, options?: CallOptions) => Promise<string>
  /** Makes a container public. */
  readonly enableContainerCdn: (container: NamedRef, options?: CallOptions) => Promise<void>
  /** Makes an object public. */
  readonly enableObjectCdn: (object: ObjectRef, options?: CallOptions) => Promise<void>
  /** An address that works without credentials for a while, to download an object or to upload one. */
  readonly getObjectSignedUrl: (object: ObjectRef, options?: SignedUrlOptions) => Promise<string>
}
export type StorageMethod = keyof StorageApi

const object = check.refWithin('name', 'container', check.namedRef, check.objectName)
const source: check.Check = (value, path) =>
  isBodySource(value)
    ? undefined
    : { path, value, allowed: 'a Readable, a web stream, an iterable of bytes, a Blob, bytes or a string' }
const range: check.Check = (value, path, context) => {
  const complaint = check.members({ start: check.integer(), end: check.optional(check.integer(1)) })(
    value,
    path,
    context,
  )
  if (complaint) return complaint
  const { start, end } = value as ByteRange
  return end !== undefined && end <= start
    ? { path: `${path}.end`, value: end, allowed: `greater than start (${start}), or absent` }
    : undefined
}
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const HEADER_VALUE = /^[^\u0000-\u001f\u007f]*$/
const headers: check.Check = (value, path) => {
  const allowed =
    'an object of strings without control characters, whose names are letters, digits, hyphens and underscores'
  if (typeof value !== 'object' || value === null) return { path, value, allowed }
  for (const [name, text] of Object.entries(value)) {
    if (!/^[\w-]+$/.test(name) || typeof text !== 'string' || !HEADER_VALUE.test(text))
      return { path: `${path}.${name.slice(0, 60)}`, value: text, allowed }
  }
  return undefined
}
const onProgress = check.optional(check.callback)
const verifyHash = check.optional(check.flag)
const upload = {
  contentType: check.optional(check.name),
  metaData: check.optional(headers),
  headers: check.optional(headers),
  verifyHash,
  contentLength: check.optional(check.integer()),
  onProgress,
}
const download = {
  overwriteExisting: check.optional(check.flag),
  deleteOnFailure: check.optional(check.flag),
  verifyHash,
  onProgress,
}
const signed = {
  method: check.optional(check.oneOf(['GET', 'PUT'])),
  expiresIn: check.optional(check.integer(1)),
  contentType: check.optional(check.name),
}

/** How each method answers, and what its arguments must be. */
export const STORAGE_METHODS: ApiRules<StorageApi> = {
  listContainers: lists(),
  getContainer: calls({ containerName: check.name }),
  createContainer: calls({ containerName: check.name }),
  deleteContainer: calls({ container: check.namedRef }),
  listContainerObjects: lists({ container: check.namedRef }, { prefix: check.optional(check.text) }),
  getObject: calls({ containerName: check.name, objectName: check.objectName }),
  uploadObject: provided(
    calls({ filePath: check.filePath, container: check.namedRef, objectName: check.objectName }, upload),
    'uploadObjectViaStream',
  ),
  uploadObjectViaStream: calls({ source, container: check.namedRef, objectName: check.objectName }, upload),
  downloadObject: provided(
    calls({ object, destinationPath: check.filePath }, download),
    'downloadObjectAsStream',
    'getObject',
  ),
  downloadObjectAsStream: calls({ object }, { onProgress }),
  downloadObjectRange: provided(
    calls({ object, destinationPath: check.filePath, range }, download),
    'downloadObjectRangeAsStream',
  ),
  downloadObjectRangeAsStream: calls({ object, range }, { onProgress }),
  deleteObject: calls({ object }),
  getContainerCdnUrl: calls({ container: check.namedRef }),
  getObjectCdnUrl: calls({ object }),
  enableContainerCdn: calls({ container: check.namedRef }),
  enableObjectCdn: calls({ object }),
  getObjectSignedUrl: calls({ object }, signed),
}

export const STORAGE: ApiDescription = { api: 'storage', rules: STORAGE_METHODS }
