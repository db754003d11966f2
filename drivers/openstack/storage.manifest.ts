// What makes segments one object.
import { readNothing } from '../../lib/http/message.js'
import { path, slashed } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { verifyHash } from '../../lib/storage/transfer.js'
import type { ObjectRef, StorageObject } from '../../lib/storage/types.js'

export { descriptionOf } from './storage.objects.js'

import { descriptionOf, type SwiftObjects, type SwiftUploadOptions, toUploaded } from './storage.objects.js'
import {
  isUncertain,
  listRaw,
  manifestEtag,
  removeSegments,
  type Segment,
  type SegmentPlan,
  type SwiftHolder,
} from './storage.segments.js'
import { NO_OBJECT, NO_PLACE, objectPath, plainEtag, refused, type SwiftObjectExtra } from './storage.shared.js'

/** A line of a manifest as Swift gives it back. */
export interface RawManifestEntry {
  readonly name: string
  readonly hash: string
  readonly bytes: number
  readonly range?: string
  readonly sub_slo?: boolean
}

/** Makes the object that consists of these segments. If that fails, they are removed. */
export async function putManifest(
  driver: SwiftObjects,
  object: ObjectRef,
  plan: SegmentPlan,
  segments: readonly Segment[],
  options: SwiftUploadOptions,
): Promise<StorageObject<SwiftObjectExtra>> {
  const size = segments.reduce((sum, each) => sum + each.size, 0)
  const etag = manifestEtag(segments)
  const { kind } = plan
  const segmentPrefix = `${plan.container}/${plan.prefix}`
  const done = (modified: string | undefined): StorageObject<SwiftObjectExtra> => {
    const made = kind === 'static' ? { etag, largeObject: kind } : { etag, largeObject: kind, segmentPrefix }
    return toUploaded(driver, object, size, modified, made, options)
  }
  try {
    const headers = await (kind === 'static'
      ? putStatic(driver, object, segments, options)
      : putDynamic(driver, object, segmentPrefix, options))
    // Of a dynamic one the answer's ETag is that of the empty manifest.
    if (kind === 'static')
      verifyHash(etag, plainEtag(headers['etag']), { provider: driver.provider, operation: operationOf(options) })
    return done(headers['last-modified'])
  } catch (error) {
    const found = isUncertain(error) ? await lookAgain(driver, object, options) : undefined
    // The answer was lost, not the request: unless the caller has given up, it is done.
    if (found !== undefined && isOurs(found, kind, etag, segmentPrefix)) {
      if (!options.signal?.aborted) return done(found['last-modified'])
      await driver.deleteObject(object, { ex_keepSegments: true }).catch(() => {})
    }
    if (!plan.resumes) await removeSegments(driver, segments, options, { error })
    throw error
  }
}

type Headers = Readonly<Record<string, string | undefined>>

function isOurs(found: Headers, kind: 'static' | 'dynamic', etag: string, segmentPrefix: string): boolean {
  if (kind === 'static') return plainEtag(found['etag']) === etag
  return found['x-object-manifest'] === encodedPrefix(segmentPrefix)
}

async function lookAgain(driver: SwiftObjects, object: ObjectRef, options: CallOptions): Promise<Headers | undefined> {
  const spec = { method: 'HEAD', path: objectPath(driver, object, options), read: readNothing } as const
  const own = { ...options, signal: undefined, timeout: undefined }
  return driver.connection.request(spec, own).then(
    ({ headers }) => headers,
    () => undefined,
  )
}

/** https://docs.openstack.org/swift/latest/overview_large_objects.html#static-large-objects */
async function putStatic(
  driver: SwiftObjects,
  object: ObjectRef,
  segments: readonly Segment[],
  options: SwiftUploadOptions,
): Promise<Headers> {
  const json = segments.map(({ container, name, etag, size }) => ({
    path: `/${container}/${name}`,
    etag,
    size_bytes: size,
  }))
  const spec = {
    method: 'PUT',
    path: objectPath(driver, object, options),
    query: { 'multipart-manifest': 'put' },
    headers: descriptionOf(driver, object.name, options),
    // Not `json`: the content type is the object's.
    body: JSON.stringify(json),
    errors: NO_PLACE,
    read: readNothing,
  } as const
  return (await driver.connection.request(spec, options)).headers
}

/** https://docs.openstack.org/swift/latest/overview_large_objects.html#dynamic-large-objects */
export async function putDynamic(
  driver: SwiftObjects,
  object: ObjectRef,
  segmentPrefix: string,
  options: SwiftUploadOptions | undefined,
): Promise<Headers> {
  const headers = { ...descriptionOf(driver, object.name, options), 'x-object-manifest': encodedPrefix(segmentPrefix) }
  const at = objectPath(driver, object, options)
  const spec = { method: 'PUT', path: at, headers, errors: NO_PLACE, read: readNothing } as const
  return (await driver.connection.request(spec, options)).headers
}

/** `container/prefix`, percent-encoded. */
export function encodedPrefix(place: string): string {
  const at = place.indexOf('/')
  const [container, prefix] = [place.slice(0, at), place.slice(at + 1)]
  const start = path`/${container}/`.slice(1)
  return (
    start +
    prefix
      .split('/')
      .map(each => encodeURIComponent(each))
      .join('/')
  )
}

/** The segments that a large object has now. */
export async function segmentsOf(
  driver: SwiftHolder,
  object: ObjectRef,
  extra: SwiftObjectExtra,
  options: CallOptions | undefined,
): Promise<Segment[]> {
  if (extra.largeObject === undefined) return []
  if (extra.largeObject === 'dynamic') {
    const place = extra.segmentPrefix ?? ''
    const at = place.indexOf('/')
    const found: Segment[] = []
    if (at < 1) return found
    const container = place.slice(0, at)
    for await (const { name, bytes, hash } of listRaw(driver, container, place.slice(at + 1), options ?? {}))
      found.push({ container, name, size: bytes, etag: hash })
    return found
  }
  const spec = {
    path: objectPath(driver, object, options),
    query: { 'multipart-manifest': 'get' },
    errors: NO_OBJECT,
  }
  const { body } = await driver.connection.request<readonly RawManifestEntry[]>(spec, options)
  return body.map(({ name, hash, bytes }) => {
    const [, container = '', rest = ''] = /^\/?([^/]+)\/(.*)$/s.exec(name) ?? []
    return { container, name: rest, size: bytes, etag: hash }
  })
}

/** Checks where a dynamic large object's segments are said to be. */
export function checkPrefix(driver: SwiftObjects, place: string, options: CallOptions | undefined): string {
  if (/^[^/]+\/./s.test(place) && place.isWellFormed()) return place
  throw refused(driver, 'segmentPrefix', "like 'container/prefix', with both of them", options)
}

/** A name as part of a header's path. */
export const headerPath = ({ container, name }: ObjectRef): string => path`/${container.name}/${slashed(name)}`
