import { NotFoundError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path, slashed } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import type { ObjectRef, StorageObject } from '../../lib/storage/types.js'
import { Joint } from './storage.joint.js'
import { checkPrefix, descriptionOf, headerPath, putDynamic, putManifest, segmentsOf } from './storage.manifest.js'
import { SwiftObjects, type SwiftUploadOptions } from './storage.objects.js'
import {
  listRaw,
  makeSegmentContainer,
  removeSegments,
  type Segment,
  type SegmentPlan,
  type SwiftHolder,
} from './storage.segments.js'
import { MAX_OBJECT, NO_OBJECT, NO_PLACE, objectPath, type SwiftObjectExtra } from './storage.shared.js'

/** A part of a large object: an object of its own. */
export interface SwiftSegment {
  readonly container: string
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** MD5, in hexadecimal. */
  readonly etag: string
}
/** What `ex_createStaticLargeObject` takes of each segment. */
export interface SwiftSegmentRef extends ObjectRef {
  /** Is compared, where it is given. */
  readonly size?: number | undefined
  /** Is compared, where it is given. */
  readonly hash?: string | undefined
  /** Only these of its bytes, such as `'0-1023'` or `'-100'`. */
  readonly range?: string | undefined
}
/** What `ex_copyObject` takes. */
export interface SwiftCopyOptions extends CallOptions {
  /** Only the original's, unless something is given here. */
  ex_metaData?: Readonly<Record<string, string>> | undefined
  ex_contentType?: string | undefined
  /** Leaves the original's metadata behind. @defaultValue false */
  ex_freshMetaData?: boolean | undefined
  /** Copies the list of a static large object's segments, and not their bytes: both objects have the same. @defaultValue false */
  ex_shareSegments?: boolean | undefined
  /** Where the segments of a copy go that is too large for one object. @defaultValue the container's name followed by `_segments` */
  ex_segmentContainer?: string | undefined
  /** An older version of the original. */
  ex_versionId?: string | undefined
}

/** Large objects, and copies. */
export abstract class SwiftLargeObjects extends SwiftObjects {
  /**
   * Sends a local file as segments, whatever its size: 64 MiB each, unless `ex_segmentSize` says otherwise.
   * @example await driver.ex_multipartUploadObject('/var/backups/db.tar', { name: 'backups' }, 'db.tar', { ex_segmentSize: 2 ** 28 })
   * @see https://docs.openstack.org/swift/latest/overview_large_objects.html
   * @throws InvalidRequestError when the file cannot be read
   */
  async ex_multipartUploadObject(
    filePath: string,
    container: NamedRef,
    objectName: string,
    options?: SwiftUploadOptions,
  ): Promise<StorageObject<SwiftObjectExtra>> {
    const sized = { ...options, ex_segmentSize: options?.ex_segmentSize ?? 64 * 1024 ** 2 }
    return this.uploadObject<StorageObject<SwiftObjectExtra>>(filePath, container, objectName, sized)
  }

  /**
   * Makes one object of up to 1,000 that are there, in any containers.
   * @example await driver.ex_createStaticLargeObject({ name: 'films' }, 'film.mp4', [{ name: '1', container }, { name: '2', container }])
   * @see https://docs.openstack.org/swift/latest/overview_large_objects.html#static-large-objects
   * @throws InvalidRequestError where a segment is not there, or not as it was said to be: the message tells which
   */
  async ex_createStaticLargeObject(
    container: NamedRef,
    objectName: string,
    segments: readonly SwiftSegmentRef[],
    options?: SwiftUploadOptions,
  ): Promise<StorageObject<SwiftObjectExtra>> {
    const object = { name: objectName, container }
    const json = segments.map(({ name, container: { name: place }, size, hash, range }) => ({
      path: `/${place}/${name}`,
      etag: hash,
      size_bytes: size,
      range,
    }))
    const spec = {
      method: 'PUT',
      path: objectPath(this, object, options),
      query: { 'multipart-manifest': 'put' },
      headers: descriptionOf(this, objectName, options),
      body: JSON.stringify(json),
      errors: NO_PLACE,
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
    return this.getObject(container.name, objectName, options)
  }

  /**
   * Makes an object of all those whose names begin as `segmentPrefix` says, `container/prefix`, now and later, in the order
   * of their names.
   * @example await driver.ex_createDynamicLargeObject({ name: 'logs' }, 'today.log', 'logs_segments/today/')
   * @see https://docs.openstack.org/swift/latest/overview_large_objects.html#dynamic-large-objects
   * @throws ContainerDoesNotExistError
   */
  async ex_createDynamicLargeObject(
    container: NamedRef,
    objectName: string,
    segmentPrefix: string,
    options?: SwiftUploadOptions,
  ): Promise<StorageObject<SwiftObjectExtra>> {
    const place = checkPrefix(this, segmentPrefix, options)
    await putDynamic(this, { name: objectName, container }, place, options)
    return this.getObject(container.name, objectName, options)
  }

  /**
   * What a large object is made of; nothing for any other.
   * @example for await (const { name, size } of driver.ex_listSegments(object)) console.log(name, size)
   * @see https://docs.openstack.org/swift/latest/overview_large_objects.html#retrieving-a-large-object
   * @throws ObjectDoesNotExistError
   */
  ex_listSegments(object: ObjectRef, options?: CallOptions): Pager<SwiftSegment> {
    return onePage(async () => {
      const { extra } = await this.getObject(object.container.name, object.name, options)
      return segmentsOf(this, object, extra, options)
    }, options)
  }

  /**
   * Removes what tries of an upload with `ex_resumeKey` have left. An upload that was completed needs its segments.
   * @returns How many there were.
   * @example await driver.ex_deleteUpload({ name: 'db.tar', container: { name: 'backups' } }, 'nightly-2026-11-21')
   * @see https://docs.openstack.org/api-ref/object-store/#delete-object
   */
  async ex_deleteUpload(
    object: ObjectRef,
    resumeKey: string,
    options?: CallOptions & Pick<SwiftUploadOptions, 'ex_segmentContainer'>,
  ): Promise<number> {
    const container = options?.ex_segmentContainer ?? `${object.container.name}_segments`
    const found: { container: string; name: string }[] = []
    for await (const { name } of listRaw(this, container, `${object.name}/${resumeKey}/`, options ?? {}))
      found.push({ container, name })
    await removeSegments(this, found, options ?? {})
    return found.length
  }

  /**
   * Copies an object within the account, on Swift's side. One of more than 5 GiB is copied segment by segment; any other
   * becomes a plain object, also where the original is of segments.
   * @example await driver.ex_copyObject(object, { name: 'copy.txt', container: { name: 'archive' } })
   * @see https://docs.openstack.org/api-ref/object-store/#copy-object
   * @throws ObjectDoesNotExistError
   */
  async ex_copyObject(
    object: ObjectRef,
    target: ObjectRef,
    options?: SwiftCopyOptions,
  ): Promise<StorageObject<SwiftObjectExtra>> {
    const { ex_versionId: version, ex_shareSegments: shares = false } = options ?? {}
    const from = await this.getObject(object.container.name, object.name, options)
    if (from.extra.largeObject !== undefined && from.size > MAX_OBJECT && !shares)
      return copySegments(this, from, target, options)
    const { ex_metaData: metaData, ex_contentType: contentType } = options ?? {}
    const described = descriptionOf(this, target.name, { metaData, contentType })
    const headers = {
      ...described,
      'content-type': contentType,
      'x-copy-from': headerPath(object) + (version === undefined ? '' : `?version-id=${encodeURIComponent(version)}`),
      'x-fresh-metadata': options?.ex_freshMetaData ? 'true' : undefined,
    }
    const spec = {
      method: 'PUT',
      path: objectPath(this, target, options),
      query: { 'multipart-manifest': shares && from.extra.largeObject !== undefined ? 'get' : undefined },
      headers,
      errors: NO_OBJECT,
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
    return this.getObject(target.container.name, target.name, options)
  }
}

/** What no single object may hold: its segments are copied, and a new list is made of them. */
async function copySegments(
  driver: SwiftLargeObjects,
  from: StorageObject<SwiftObjectExtra>,
  target: ObjectRef,
  options: SwiftCopyOptions | undefined,
): Promise<StorageObject<SwiftObjectExtra>> {
  const container = options?.ex_segmentContainer ?? `${target.container.name}_segments`
  const plan: SegmentPlan = {
    kind: 'static',
    container,
    prefix: `${target.name}/${Date.now().toString(36)}-${crypto.randomUUID()}/`,
    size: MAX_OBJECT,
    concurrency: 3,
    resumes: false,
    verifies: true,
  }
  const joint = new Joint(driver.provider, options)
  try {
    const own = joint.options
    const old = await segmentsOf(driver, from, from.extra, own)
    await makeSegmentContainer(driver, container, own)
    const copied = await copyAll(driver, plan, old, joint)
    const metaData = options?.ex_freshMetaData ? {} : from.metaData
    return await putManifest(driver, target, plan, copied, {
      ...own,
      metaData: { ...metaData, ...options?.ex_metaData },
      contentType: options?.ex_contentType ?? from.contentType,
    })
  } finally {
    joint.end()
  }
}

async function copyAll(
  driver: SwiftHolder,
  { container, prefix, concurrency }: SegmentPlan,
  old: readonly Segment[],
  joint: Joint,
): Promise<Segment[]> {
  const made = old.map((each, index) => ({ ...each, container, name: `${prefix}${String(index).padStart(8, '0')}` }))
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < old.length && !joint.signal.aborted; index = next++) {
      const [from, to] = [old[index] as Segment, made[index] as Segment]
      const spec = {
        method: 'PUT',
        path: path`/${to.container}/${slashed(to.name)}`,
        headers: { 'x-copy-from': path`/${from.container}/${slashed(from.name)}` },
        errors: { 404: NotFoundError },
        read: readNothing,
      } as const
      await driver.connection.request(spec, joint.options).catch(error => joint.fail(error))
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  if (!joint.signal.aborted) return made
  await removeSegments(driver, made.slice(0, next), joint.options, { error: joint.signal.reason })
  throw joint.signal.reason
}
