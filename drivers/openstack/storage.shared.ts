// Swift says everything of a container or an object in headers, and lists them in JSON.
import {
  ContainerDoesNotExistError,
  InvalidContainerNameError,
  InvalidRequestError,
  ObjectDoesNotExistError,
  ObjectHashMismatchError,
  RateLimitError,
} from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import type { ReplyHead } from '../../lib/http/message.js'
import { path, slashed } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { NamedRef } from '../../lib/resource.js'
import type { StorageDriver } from '../../lib/storage/driver.js'
import { Container, type ObjectRef, StorageObject } from '../../lib/storage/types.js'

/** The proxy's own word for too many requests is 498. */
const BUSY: ErrorTable = { 498: RateLimitError }
export const NO_CONTAINER: ErrorTable = { ...BUSY, 404: ContainerDoesNotExistError }
export const NO_OBJECT: ErrorTable = { ...BUSY, 404: ObjectDoesNotExistError }
/** Of an upload: the container is what may be missing, and 422 is a checksum that does not fit. */
export const NO_PLACE: ErrorTable = { ...NO_CONTAINER, 422: ObjectHashMismatchError }

/** https://docs.openstack.org/swift/latest/api/object_api_v1_overview.html */
const CONTAINER_NAME_BYTES = 256
const OBJECT_NAME_BYTES = 1024
/** What one object may have, unless it is made of segments. */
export const MAX_OBJECT: number = 5 * 1024 ** 3

export interface RawContainer {
  readonly name: string
  readonly count: number
  readonly bytes: number
  readonly last_modified?: string
}
export interface RawObject {
  readonly name: string
  readonly hash: string
  readonly bytes: number
  readonly content_type?: string
  readonly last_modified: string
  /** Of a static large object, whose `hash` is its manifest's. */
  readonly slo_etag?: string
  readonly version_id?: string
  readonly is_latest?: boolean
  readonly symlink_path?: string
}
/** What stands for all names that go on after a delimiter. */
export interface RawFolder {
  readonly subdir: string
}

/** What only Swift tells of a container. A list tells of counts alone. */
export interface SwiftContainerExtra {
  readonly objectCount: number | undefined
  /** Bytes of all objects. */
  readonly bytesUsed: number | undefined
  readonly lastModified: Date | undefined
  readonly storagePolicy: string | undefined
  /** Who may read, in Swift's words: `.r:*` is everybody. */
  readonly readAcl: string | undefined
  readonly writeAcl: string | undefined
  /** Whether versions of its objects are kept. */
  readonly isVersioned: boolean
  readonly quotaBytes: number | undefined
  readonly quotaCount: number | undefined
  /** Names and values of one's own, and those by which Swift is told what to do (`web-index`, `temp-url-key` is left out). */
  readonly metaData: Readonly<Record<string, string>>
}
/** What only Swift tells of an object. A list tells less than `getObject`. */
export interface SwiftObjectExtra {
  /** What a large object is made of: a list of segments, or all objects whose names begin alike. */
  readonly largeObject: 'static' | 'dynamic' | undefined
  /** Where a dynamic large object's segments are: `container/prefix`. */
  readonly segmentPrefix: string | undefined
  /** As Swift has it: a large object's is no checksum of its bytes. */
  readonly etag: string | undefined
  readonly deleteAt: Date | undefined
  readonly versionId: string | undefined
  readonly contentEncoding: string | undefined
  readonly contentDisposition: string | undefined
  /** Of a symbolic link: `container/object`. */
  readonly symlinkTarget: string | undefined
}

/** Where a container is. @throws InvalidContainerNameError */
export function containerPath(driver: StorageDriver, { name }: NamedRef, options?: CallOptions): string {
  checkContainerName(driver, name, options)
  return path`/${name}`
}

/** Where an object is. @throws InvalidRequestError for a name that is too long */
export function objectPath(driver: StorageDriver, { name, container }: ObjectRef, options?: CallOptions): string {
  checkContainerName(driver, container.name, options)
  // An empty name would make it the container's path.
  if (name === '' || Buffer.byteLength(name) > OBJECT_NAME_BYTES)
    throw refused(driver, 'objectName', `from 1 to ${OBJECT_NAME_BYTES} bytes long`, options)
  return path`/${container.name}/${slashed(name)}`
}

function checkContainerName({ provider }: StorageDriver, name: string, options?: CallOptions): void {
  const bad =
    name === '' || name === '.' || name === '..' || name.includes('/') || Buffer.byteLength(name) > CONTAINER_NAME_BYTES
  if (!bad) return
  const allowed = `from 1 to ${CONTAINER_NAME_BYTES} bytes long, without '/', and not '.' or '..'`
  const operation = operationOf(options)
  const details = { provider, operation, argument: 'containerName', allowed }
  throw new InvalidContainerNameError(`${operation ?? 'request'}: A container's name must be ${allowed}`, details)
}

/** The error of an argument that Swift could not take. */
export function refused(
  { provider }: StorageDriver,
  argument: string,
  allowed: string,
  options?: CallOptions,
): InvalidRequestError {
  const operation = operationOf(options)
  const details = { provider, operation, argument, allowed }
  return new InvalidRequestError(`${operation ?? 'request'}: '${argument}' must be ${allowed}`, details)
}

/** Text as a header's value: bytes of UTF-8, which is what Swift keeps. @throws InvalidRequestError before anything is sent */
export function toHeader(driver: StorageDriver, argument: string, text: string, options?: CallOptions): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text) || !text.isWellFormed())
    throw refused(driver, argument, 'text in one line, without control characters', options)
  return Buffer.from(text).toString('latin1')
}

/** A header's value as text. */
export function fromHeader(value: string): string {
  const bytes = Buffer.from(value, 'latin1')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return value
  }
}

/** Metadata as headers: `x-object-meta-color`. Names with an underscore would be lost on the way. */
export function toMetaHeaders(
  driver: StorageDriver,
  kind: 'account' | 'container' | 'object',
  metaData: Readonly<Record<string, string>> = {},
  options?: CallOptions,
): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(metaData)) {
    if (!/^[A-Za-z0-9-]+$/.test(name)) {
      throw refused(driver, `metaData.${name.slice(0, 60)}`, 'named with letters, digits and hyphens', options)
    }
    headers[`x-${kind}-meta-${name.toLowerCase()}`] = toHeader(driver, `metaData.${name}`, value, options)
  }
  return headers
}

/** The headers that begin so, without their beginning; of account and container without the keys of temporary addresses. */
export function metaDataOf(
  headers: ReplyHead['headers'],
  kind: 'account' | 'container' | 'object',
): Record<string, string> {
  const start = `x-${kind}-meta-`
  const found: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(start) || value === undefined) continue
    const key = name.slice(start.length)
    if (kind === 'object' || !key.startsWith('temp-url-key')) found[key] = fromHeader(value)
  }
  return found
}

/** A header that is a number. */
export function numberOf(value: string | undefined): number | undefined {
  return value === undefined || value === '' || Number.isNaN(Number(value)) ? undefined : Number(value)
}

/** Lists give times without a zone: it is UTC. */
export function dateOf(value: string | undefined): Date | undefined {
  if (value === undefined || value === '') return undefined
  const date = new Date(/^\d{4}-.*\d$/.test(value) ? `${value}Z` : value)
  return Number.isNaN(date.getTime()) ? undefined : date
}

const secondsOf = (value: string | undefined): Date | undefined => {
  const seconds = numberOf(value)
  return seconds === undefined ? undefined : new Date(seconds * 1000)
}

/** Without quotes. */
export const plainEtag = (value: string | undefined): string | undefined => value?.replace(/^"|"$/g, '')

export function toContainer(driver: StorageDriver, raw: RawContainer): Container<SwiftContainerExtra> {
  const extra = {
    objectCount: raw.count,
    bytesUsed: raw.bytes,
    lastModified: dateOf(raw.last_modified),
    storagePolicy: undefined,
    readAcl: undefined,
    writeAcl: undefined,
    isVersioned: false,
    quotaBytes: undefined,
    quotaCount: undefined,
    metaData: {},
  }
  return new Container(driver, { name: raw.name, extra })
}

/** A container of the headers that a HEAD answers with. */
export function containerOf(
  driver: StorageDriver,
  name: string,
  headers: ReplyHead['headers'],
): Container<SwiftContainerExtra> {
  const extra = {
    objectCount: numberOf(headers['x-container-object-count']),
    bytesUsed: numberOf(headers['x-container-bytes-used']),
    lastModified: dateOf(headers['last-modified']),
    storagePolicy: headers['x-storage-policy'],
    readAcl: headers['x-container-read'],
    writeAcl: headers['x-container-write'],
    isVersioned: /^true$/i.test(headers['x-versions-enabled'] ?? ''),
    quotaBytes: numberOf(headers['x-container-meta-quota-bytes']),
    quotaCount: numberOf(headers['x-container-meta-quota-count']),
    metaData: metaDataOf(headers, 'container'),
  }
  return new Container(driver, { name, extra })
}

/** An object as a list has it. */
export function toObject(driver: StorageDriver, raw: RawObject, container: NamedRef): StorageObject<SwiftObjectExtra> {
  const isStatic = raw.slo_etag !== undefined
  return new StorageObject(driver, {
    name: raw.name,
    size: raw.bytes,
    hash: isStatic ? undefined : raw.hash,
    contentType: raw.content_type,
    lastModified: dateOf(raw.last_modified),
    container,
    extra: {
      largeObject: isStatic ? 'static' : undefined,
      segmentPrefix: undefined,
      etag: isStatic ? plainEtag(raw.slo_etag) : raw.hash,
      deleteAt: undefined,
      versionId: raw.version_id,
      contentEncoding: undefined,
      contentDisposition: undefined,
      symlinkTarget: raw.symlink_path,
    },
  })
}

/** An object of the headers that a HEAD answers with. */
export function objectOf(
  driver: StorageDriver,
  { name, container }: ObjectRef,
  headers: ReplyHead['headers'],
): StorageObject<SwiftObjectExtra> {
  const extra = extraOf(headers)
  return new StorageObject(driver, {
    name,
    size: numberOf(headers['content-length']) ?? 0,
    hash: extra.largeObject === undefined ? extra.etag : undefined,
    contentType: headers['content-type'],
    lastModified: dateOf(headers['last-modified']),
    metaData: metaDataOf(headers, 'object'),
    container,
    extra,
  })
}

/** What the headers of an object tell that only Swift has. */
export function extraOf(headers: ReplyHead['headers']): SwiftObjectExtra {
  const manifest = headers['x-object-manifest']
  const isStatic = /^true$/i.test(headers['x-static-large-object'] ?? '')
  const target = headers['x-symlink-target']
  return {
    largeObject: isStatic ? 'static' : manifest === undefined ? undefined : 'dynamic',
    segmentPrefix: manifest === undefined ? undefined : decoded(manifest),
    etag: plainEtag(headers['etag']),
    deleteAt: secondsOf(headers['x-delete-at']),
    versionId: headers['x-object-version-id'],
    contentEncoding: headers['content-encoding'],
    contentDisposition: headers['content-disposition'],
    symlinkTarget: target === undefined ? undefined : decoded(target),
  }
}

/** Some headers are percent-encoded. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return fromHeader(text)
  }
}
