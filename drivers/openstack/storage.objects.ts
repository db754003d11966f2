import { InvalidRequestError, NotFoundError, ObjectHashMismatchError } from '../../lib/errors.js'
import { type BodySource, bytesOf, discard, expectFailure, lengthOf } from '../../lib/http/body.js'
import { readNothing } from '../../lib/http/message.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { NamedRef } from '../../lib/resource.js'
import { StorageDriver } from '../../lib/storage/driver.js'
import { guessContentType, uploadSource, verifyHash } from '../../lib/storage/transfer.js'
import { type ObjectRef, StorageObject, type UploadOptions } from '../../lib/storage/types.js'
import { SwiftBase } from './storage.base.js'
import { Joint } from './storage.joint.js'
import { putManifest, segmentsOf } from './storage.manifest.js'
import { natureOf } from './storage.requests.js'
import {
  checkSegments,
  counter,
  dropSegmentContainer,
  filePieces,
  heldPieces,
  MAX_SEGMENTS,
  makeSegmentContainer,
  removeSegments,
  type Segment,
  type SegmentPlan,
  sendPieces,
} from './storage.segments.js'
import {
  dateOf,
  MAX_OBJECT,
  NO_PLACE,
  objectPath,
  plainEtag,
  refused,
  type SwiftObjectExtra,
  toHeader,
  toMetaHeaders,
} from './storage.shared.js'

const MIB = 1024 ** 2
/** A stream of unknown length is held up to here before it becomes segments, which then have this size. */
const HELD = 16 * MIB
/** Segments of what is known to be large. */
const SEGMENT = 64 * MIB
/** Up to here segments are held in memory, several at once; larger ones of a stream are sent as they come, one by one. */
const HOLDABLE = 64 * MIB

/** What Swift's uploads take. */
export interface SwiftUploadOptions extends UploadOptions {
  /**
   * Sends what is longer than this many bytes as segments of this size. Of a stream, `ex_concurrency` segments are held in
   * memory at a time, unless they are larger than 64 MiB.
   * @defaultValue 64 MiB or what makes 1,000 segments, for what is known to have more than 5 GiB; 16 MiB for streams of
   * unknown length that have more; files and streams of known length up to 5 GiB are one object
   */
  ex_segmentSize?: number | undefined
  /** How many segments are sent at once. @defaultValue 3; 1 for segments of streams that are larger than 64 MiB */
  ex_concurrency?: number | undefined
  /** Where segments are kept. @defaultValue the container's name followed by `_segments`; it is made if need be */
  ex_segmentContainer?: string | undefined
  /** Whether a list of segments is kept, or only what their names begin with. @defaultValue 'static' */
  ex_largeObject?: 'static' | 'dynamic' | undefined
  /**
   * A name of one's own for an upload in segments that can be gone on with: segments of a try that failed stay, and those
   * that are there are not sent again by the next try of this name, source and segment size.
   */
  ex_resumeKey?: string | undefined
  /** Removes the segments of a large object that this one replaces. @defaultValue true for what is sent as segments, for which the old object is looked at beforehand, else false */
  ex_removeOldSegments?: boolean | undefined
  /** When Swift deletes the object. */
  ex_deleteAt?: Date | undefined
  /** Seconds until Swift deletes the object. */
  ex_deleteAfter?: number | undefined
  ex_contentEncoding?: string | undefined
  ex_contentDisposition?: string | undefined
}

/** Uploads. */
export abstract class SwiftObjects extends SwiftBase {
  /**
   * Sends a local file. What is sent as segments is read from the file again where one must be sent again.
   * @throws InvalidRequestError when the file cannot be read.
   * @see https://docs.openstack.org/api-ref/object-store/#create-or-replace-object
   */
  override async uploadObject<O>(
    this: StorageDriver & {
      uploadObjectViaStream: (
        source: BodySource,
        container: NamedRef,
        objectName: string,
        options?: UploadOptions,
      ) => Promise<O>
    },
    filePath: string,
    container: NamedRef,
    objectName: string,
    options?: SwiftUploadOptions,
  ): Promise<O> {
    const { stat } = await import('node:fs/promises')
    const found = await stat(filePath).catch(() => undefined)
    const length = found?.isFile() ? found.size : 0
    if (length <= (options?.ex_segmentSize ?? MAX_OBJECT)) {
      return StorageDriver.prototype.uploadObject.call(this, filePath, container, objectName, options) as Promise<O>
    }
    const driver = this as unknown as SwiftObjects
    return (await sendFile(driver, filePath, length, { name: objectName, container }, options)) as O
  }

  /**
   * The object appears when it is whole; what was there stays till then. What fails leaves no segments.
   * @throws ObjectHashMismatchError
   * @throws QuotaExceededError when the container or the account may not hold as much.
   * @see https://docs.openstack.org/api-ref/object-store/#create-or-replace-object
   * @see https://docs.openstack.org/swift/latest/overview_large_objects.html
   */
  async uploadObjectViaStream(
    source: BodySource,
    container: NamedRef,
    objectName: string,
    options?: SwiftUploadOptions,
  ): Promise<StorageObject<SwiftObjectExtra>> {
    expectFailure(source)
    try {
      checkUpload(this, options)
      const object = { name: objectName, container }
      objectPath(this, object, options)
      const length = lengthOf(source) ?? options?.contentLength
      if (length !== undefined && length <= (options?.ex_segmentSize ?? MAX_OBJECT)) {
        return await (isBytes(source)
          ? putBytes(this, object, [bytesOf(source)], options)
          : putStream(this, object, source, length, options))
      }
      return await sendStream(this, object, source, length, options)
    } catch (error) {
      discard(source)
      throw error
    }
  }
}

/** A file that is to be sent as segments. */
async function sendFile(
  driver: SwiftObjects,
  filePath: string,
  length: number,
  object: ObjectRef,
  options: SwiftUploadOptions | undefined,
): Promise<StorageObject<SwiftObjectExtra>> {
  checkUpload(driver, options)
  const plan = planFor(driver, object, length, options, false)
  const joint = new Joint(driver.provider, options)
  const onSent = counter(length, options?.onProgress)
  const send = (): Promise<Segment[]> => sendPieces(driver, plan, filePieces(filePath, length, plan), joint, onSent)
  try {
    return await segmented(driver, object, plan, { ...options, ...joint.options }, send)
  } finally {
    joint.end()
  }
}

const isBytes = (source: BodySource): source is string | Uint8Array =>
  typeof source === 'string' || source instanceof Uint8Array

function checkUpload(driver: SwiftObjects, options: SwiftUploadOptions | undefined): void {
  const { ex_segmentSize: size, ex_concurrency: concurrency, ex_deleteAfter: after, ex_resumeKey: key } = options ?? {}
  checkSegments(driver, size, concurrency, options)
  if (after !== undefined && !(Number.isInteger(after) && after > 0))
    throw refused(driver, 'options.ex_deleteAfter', 'a whole number of seconds from 1 up', options)
  if (key !== undefined && !/^[\w.-]{1,100}$/.test(key))
    throw refused(driver, 'options.ex_resumeKey', 'up to 100 letters, digits, dots, hyphens and underscores', options)
}

/** What is kept beside an object's bytes, as headers. */
export function descriptionOf(
  driver: SwiftObjects,
  objectName: string,
  options: SwiftUploadOptions | undefined,
): Record<string, string | undefined> {
  const { ex_deleteAt: at, ex_deleteAfter: after } = options ?? {}
  const { ex_contentEncoding: encoding, ex_contentDisposition: disposition } = options ?? {}
  return {
    'content-type': options?.contentType ?? guessContentType(objectName),
    'content-encoding': encoding,
    'content-disposition':
      disposition === undefined ? undefined : toHeader(driver, 'contentDisposition', disposition, options),
    'x-delete-at': at === undefined ? undefined : String(Math.floor(at.getTime() / 1000)),
    'x-delete-after': after === undefined ? undefined : String(after),
    ...toMetaHeaders(driver, 'object', options?.metaData, options),
    ...options?.headers,
  }
}

type Description = Record<string, string | undefined>

/** Bytes at hand: Swift checks them itself, and they can be sent again. */
async function putBytes(
  driver: SwiftObjects,
  object: ObjectRef,
  parts: readonly Uint8Array[],
  options: SwiftUploadOptions | undefined,
): Promise<StorageObject<SwiftObjectExtra>> {
  const { createHash } = await import('node:crypto')
  const size = parts.reduce((sum, part) => sum + part.byteLength, 0)
  const hash = options?.verifyHash === false ? undefined : createHash('md5')
  for (const part of parts) hash?.update(part)
  const etag = hash?.digest('hex')
  const headers = { ...descriptionOf(driver, object.name, options), etag }
  const [only = new Uint8Array()] = parts
  const tell = progress(size, options)
  const body = parts.length > 1 ? { body: () => told(parts, tell), contentLength: size } : { body: only }
  const made = await put(driver, object, { headers, ...body }, etag, size, options)
  if (parts.length < 2) tell(size)
  return made
}

/** Reports how far it is. What is sent a second time is not reported again. */
function progress(total: number, options: SwiftUploadOptions | undefined): (transferred: number) => void {
  let most = 0
  return transferred => {
    if (transferred > most) options?.onProgress?.({ transferred, total })
    most = Math.max(most, transferred)
  }
}

async function* told(
  parts: readonly Uint8Array[],
  tell: (transferred: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let transferred = 0
  for (const part of parts) {
    yield part
    transferred += part.byteLength
    tell(transferred)
  }
}

/** A stream of known length, as it comes. */
async function putStream(
  driver: SwiftObjects,
  object: ObjectRef,
  source: BodySource,
  length: number,
  options: SwiftUploadOptions | undefined,
): Promise<StorageObject<SwiftObjectExtra>> {
  const upload = uploadSource(source, { ...options, contentLength: length }, 'md5')
  const headers = descriptionOf(driver, object.name, options)
  const body = heldBack(upload.chunks, length)
  return put(driver, object, { headers, body, contentLength: length }, () => upload.digest(), length, options)
}

/** Each chunk goes when the next is there: what is longer than it said is found out before its last byte has left. */
async function* heldBack(
  chunks: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array | undefined
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.byteLength
    if (size > length) {
      const details = { argument: 'options.contentLength', allowed: 'the number of bytes that the source yields' }
      throw new InvalidRequestError(`The source yielded more than ${length} bytes`, details)
    }
    if (held) yield held
    held = chunk
  }
  if (held) yield held
}

async function put(
  driver: SwiftObjects,
  object: ObjectRef,
  request: { headers: Description; body: BodySource | (() => BodySource); contentLength?: number },
  digest: string | undefined | (() => string | undefined),
  size: number,
  options: SwiftUploadOptions | undefined,
): Promise<StorageObject<SwiftObjectExtra>> {
  const old = options?.ex_removeOldSegments ? await oldSegments(driver, object, options) : []
  const spec = {
    ...request,
    method: 'PUT',
    path: objectPath(driver, object, options),
    errors: NO_PLACE,
    read: readNothing,
  } as const
  const { headers } = await driver.connection.request(spec, options)
  const etag = plainEtag(headers['etag'])
  try {
    const ours = typeof digest === 'function' ? digest() : digest
    verifyHash(ours, etag, { provider: driver.provider, operation: operationOf(options) })
  } catch (error) {
    await driver.deleteObject(object, { ...options, ex_keepSegments: true }).catch(() => {})
    throw error
  }
  await removeSegments(driver, old, options ?? {})
  return toUploaded(driver, object, size, headers['last-modified'], { etag, largeObject: undefined }, options)
}

/** What is known of an object that was sent just now. */
export function toUploaded(
  driver: SwiftObjects,
  { name, container }: ObjectRef,
  size: number,
  modified: string | undefined,
  made: Pick<SwiftObjectExtra, 'etag' | 'largeObject'> & { readonly segmentPrefix?: string | undefined },
  options: SwiftUploadOptions | undefined,
): StorageObject<SwiftObjectExtra> {
  const { metaData = {}, ex_deleteAt: deleteAt } = options ?? {}
  return new StorageObject(driver, {
    name,
    size,
    hash: made.largeObject === undefined ? made.etag : undefined,
    contentType: options?.contentType ?? guessContentType(name),
    lastModified: dateOf(modified),
    metaData: Object.fromEntries(Object.entries(metaData).map(([key, value]) => [key.toLowerCase(), value])),
    container,
    extra: {
      segmentPrefix: undefined,
      ...made,
      deleteAt,
      versionId: undefined,
      contentEncoding: options?.ex_contentEncoding,
      contentDisposition: options?.ex_contentDisposition,
      symlinkTarget: undefined,
    },
  })
}

/** The segments that an object has which is about to be replaced: none where a container keeps its versions. */
async function oldSegments(
  driver: SwiftObjects,
  object: ObjectRef,
  options: CallOptions | undefined,
): Promise<Segment[]> {
  try {
    const extra = await natureOf(driver, object, options)
    return extra.versionId === undefined ? await segmentsOf(driver, object, extra, options) : []
  } catch (error) {
    if (error instanceof NotFoundError) return []
    throw error
  }
}

/** How what has this length is cut. */
function planFor(
  driver: SwiftObjects,
  { name, container }: ObjectRef,
  length: number | undefined,
  options: SwiftUploadOptions | undefined,
  isStream: boolean,
): SegmentPlan {
  const { ex_segmentSize, ex_concurrency, ex_resumeKey: key, ex_largeObject: kind = 'static' } = options ?? {}
  const wanted = length === undefined ? HELD : Math.max(SEGMENT, Math.ceil(length / MAX_SEGMENTS))
  const size = ex_segmentSize ?? wanted
  if (kind === 'static' && length !== undefined && length > size * MAX_SEGMENTS) {
    const least = Math.ceil(length / MAX_SEGMENTS)
    throw refused(driver, 'options.ex_segmentSize', `at least ${least}: a manifest has up to 1,000 segments`, options)
  }
  const id = key ?? `${Date.now().toString(36)}-${crypto.randomUUID()}`
  return {
    kind,
    container: options?.ex_segmentContainer ?? `${container.name}_segments`,
    prefix: `${name}/${id}/${size}/`,
    size,
    concurrency: ex_concurrency ?? (isStream && size > HOLDABLE ? 1 : 3),
    resumes: key !== undefined,
    verifies: options?.verifyHash !== false,
  }
}

/** A stream that may be too long for one object. */
async function sendStream(
  driver: SwiftObjects,
  object: ObjectRef,
  source: BodySource,
  length: number | undefined,
  options: SwiftUploadOptions | undefined,
): Promise<StorageObject<SwiftObjectExtra>> {
  const plan = planFor(driver, object, length, options, true)
  const joint = new Joint(driver.provider, options)
  const quiet = { contentLength: length, verifyHash: false, signal: joint.signal }
  try {
    const chunks = joint.read(uploadSource(source, quiet).chunks)
    // What nobody knows the length of grows with its segments: the first 250 are small, and the last 500 hold 500 GiB.
    const grows = options?.ex_segmentSize === undefined && length === undefined
    const sizeOf = (index: number): number => (grows && index >= 250 ? HOLDABLE : plan.size)
    const pieces = heldPieces(chunks, sizeOf, plan.verifies)
    const first = await pieces.next()
    if (first.done) throw new ObjectHashMismatchError('The source ended without an end', { provider: driver.provider })
    if (first.value.isLast) {
      const parts = (first.value.body as () => Uint8Array[])()
      await pieces.return(undefined)
      return await putBytes(driver, object, parts, { ...options, signal: joint.signal, timeout: undefined })
    }
    async function* all(): typeof pieces {
      yield first.value as Exclude<typeof first.value, void>
      yield* pieces
    }
    const onSent = counter(length, options?.onProgress)
    const send = (): Promise<Segment[]> => sendPieces(driver, plan, all(), joint, onSent)
    return await segmented(driver, object, plan, { ...options, ...joint.options }, send)
  } finally {
    joint.end()
  }
}

/** Sends segments and their manifest, and takes away what is not needed: of this upload if it fails, else of the old object. */
async function segmented(
  driver: SwiftObjects,
  object: ObjectRef,
  plan: SegmentPlan,
  options: SwiftUploadOptions,
  send: () => Promise<Segment[]>,
): Promise<StorageObject<SwiftObjectExtra>> {
  let isNew = false
  try {
    const old = options.ex_removeOldSegments === false ? [] : await oldSegments(driver, object, options)
    isNew = await makeSegmentContainer(driver, plan.container, options)
    const segments = await send()
    const made = await putManifest(driver, object, plan, segments, options)
    const kept = new Set(segments.map(({ container, name }) => `${container}/${name}`))
    const left = old.filter(({ container, name }) => !kept.has(`${container}/${name}`))
    await removeSegments(driver, left, options)
    return made
  } catch (error) {
    if (isNew && !plan.resumes) await dropSegmentContainer(driver, plan.container, options).catch(() => {})
    throw error
  }
}
