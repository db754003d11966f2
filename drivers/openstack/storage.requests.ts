// Requests that several of the driver's files make.
import { CleanupError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import type { QueryValues } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { Page } from '../../lib/pager.js'
import type { ObjectRef } from '../../lib/storage/types.js'
import { listRaw, removeSegments, type SwiftHolder } from './storage.segments.js'
import { extraOf, NO_CONTAINER, NO_OBJECT, objectPath, refused, type SwiftObjectExtra } from './storage.shared.js'

/** Names in a page, unless one asks for another number: Swift gives up to 10,000. */
const PAGE = 5000

/** What Swift's lists take. */
export interface SwiftListOptions extends CallOptions {
  /** Names in a page, from 1 to 10,000. @defaultValue 5000 */
  ex_pageSize?: number | undefined
}

/** A page of names; the last of them asks for the next page. */
export async function listPage<Raw, T>(
  driver: SwiftHolder,
  at: string,
  query: QueryValues,
  map: (raw: Raw) => T,
  options: SwiftListOptions | undefined,
  tokenOf: (raw: Raw) => string | undefined = raw => (raw as { readonly name?: string }).name,
): Promise<Page<T>> {
  const limit = options?.ex_pageSize ?? PAGE
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000)
    throw refused(driver, 'options.ex_pageSize', 'a number from 1 to 10000', options)
  const read = (body: Buffer): Page<T> => {
    const raw = body.length === 0 ? [] : (JSON.parse(body.toString()) as readonly Raw[])
    const last = raw.length < limit ? undefined : raw.at(-1)
    return { items: raw.map(map), next: last === undefined ? undefined : tokenOf(last) }
  }
  const spec = { path: at, query: { format: 'json', limit, ...query }, errors: NO_CONTAINER, read }
  return (await driver.connection.request(spec, options)).body
}

/** Removes one object. */
export async function removeObject(
  driver: SwiftHolder,
  object: ObjectRef,
  options: CallOptions | undefined,
  query?: QueryValues,
): Promise<void> {
  const at = objectPath(driver, object, options)
  const spec = { method: 'DELETE', path: at, query, errors: NO_OBJECT, read: readNothing } as const
  await driver.connection.request(spec, options)
}

/** What an object is made of. Of a symbolic link it tells what the link is, not what it leads to. */
export async function natureOf(
  driver: SwiftHolder,
  object: ObjectRef,
  options: CallOptions | undefined,
): Promise<SwiftObjectExtra> {
  const spec = {
    method: 'HEAD',
    path: objectPath(driver, object, options),
    query: { symlink: 'get' },
    errors: NO_OBJECT,
    read: readNothing,
  } as const
  return extraOf((await driver.connection.request(spec, options)).headers)
}

/** What Swift says of a removal of many. */
export interface RawBulkReply {
  readonly 'Response Status': string
  readonly 'Response Body'?: string
  readonly 'Number Deleted'?: number
  readonly 'Number Not Found'?: number
  readonly Errors?: readonly (readonly [name: string, status: string])[]
}

/** Removes an object with its segments, if it has some and nobody else needs them. */
export async function removeLarge(
  driver: SwiftHolder,
  object: ObjectRef,
  { largeObject, segmentPrefix, versionId }: SwiftObjectExtra,
  options: CallOptions | undefined,
): Promise<void> {
  if (largeObject === undefined || versionId !== undefined) return removeObject(driver, object, options)
  if (largeObject === 'static') return removeStatic(driver, object, options)
  await removeObject(driver, object, options)
  await removePrefix(driver, segmentPrefix ?? '', options ?? {})
}

async function removeStatic(driver: SwiftHolder, object: ObjectRef, options: CallOptions | undefined): Promise<void> {
  const spec = {
    method: 'DELETE',
    path: objectPath(driver, object, options),
    query: { 'multipart-manifest': 'delete' },
    errors: NO_OBJECT,
  } as const
  const { body } = await driver.connection.request<RawBulkReply>(spec, options)
  const errors = body?.Errors ?? []
  if (errors.length === 0 && /^20/.test(body?.['Response Status'] ?? '200')) return
  const { provider } = driver
  const operation = operationOf(options)
  const [name, status] = errors[0] ?? ['', `${body['Response Status']} ${body['Response Body'] ?? ''}`.trim()]
  const message = `${operation}: '${provider}' could not remove all segments: ${errors.length} failed, such as '${name}' (${status})`
  throw new CleanupError(message, { provider, operation, errors })
}

/** Removes a dynamic large object's segments: all that begin as its manifest says. */
async function removePrefix(driver: SwiftHolder, place: string, options: CallOptions): Promise<void> {
  const at = place.indexOf('/')
  // Without a prefix the manifest means the whole container: that is more than this object.
  if (at < 1 || at === place.length - 1) return
  const container = place.slice(0, at)
  let batch: { container: string; name: string }[] = []
  for await (const { name } of listRaw(driver, container, place.slice(at + 1), options)) {
    batch.push({ container, name })
    if (batch.length < 1000) continue
    await removeSegments(driver, batch, options)
    batch = []
  }
  await removeSegments(driver, batch, options)
}
