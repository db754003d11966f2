// The parts of a large object: cut from a stream or a file, sent side by side, listed in a manifest, removed on failure.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { CleanupError, ConflictError, LibcloudError, NotFoundError } from '../../lib/errors.js'
import type { BodySource } from '../../lib/http/body.js'
import { readNothing } from '../../lib/http/message.js'
import { type CallOptions, operationOf, type Progress } from '../../lib/options.js'
import type { StorageDriver } from '../../lib/storage/driver.js'
import { verifyHash } from '../../lib/storage/transfer.js'
import type { OpenStackConnection } from './connection.js'
import type { Joint } from './storage.joint.js'
import {
  containerPath,
  NO_CONTAINER,
  NO_PLACE,
  objectPath,
  plainEtag,
  type RawObject,
  refused,
} from './storage.shared.js'

/** As much of a driver as this needs. */
export type SwiftHolder = StorageDriver & { readonly connection: OpenStackConnection }

/** A segment that is there. */
export interface Segment {
  readonly container: string
  readonly name: string
  readonly size: number
  /** MD5, in hexadecimal. */
  readonly etag: string
}
/** How a large object is sent. */
export interface SegmentPlan {
  readonly kind: 'static' | 'dynamic'
  readonly container: string
  /** What the names of its segments begin with. */
  readonly prefix: string
  /** Bytes of each but the last. */
  readonly size: number
  /** How many are sent at once. */
  readonly concurrency: number
  /** Segments of an earlier try that are there are not sent again, and stay when this one fails. */
  readonly resumes: boolean
  readonly verifies: boolean
}
/** A piece that can be sent. */
interface Piece {
  readonly size: number
  readonly body: BodySource | (() => BodySource)
  /** Known before it is sent, or after. */
  readonly md5: () => string | undefined
  readonly isKnown: boolean
}

/** What Swift takes in one manifest: https://docs.openstack.org/swift/latest/overview_large_objects.html */
export const MAX_SEGMENTS = 1000
const DIGITS = 8

/** Sends what comes, piece by piece. Pieces come in their order; several are under way at a time. */
export async function sendPieces(
  driver: SwiftHolder,
  plan: SegmentPlan,
  pieces: AsyncIterable<Piece>,
  joint: Joint,
  onSent: (bytes: number) => void,
): Promise<Segment[]> {
  const there = plan.resumes ? await listSegments(driver, plan, joint.options) : new Map<string, RawObject>()
  const sent: Segment[] = []
  const active = new Set<Promise<void>>()
  let attempted = 0
  const start = (piece: Piece): void => {
    const index = attempted++
    const task = sendPiece(driver, plan, index, piece, there, joint.options)
      .then(
        segment => {
          sent[index] = segment
          onSent(segment.size)
        },
        // The first failure ends the others; what they fail with is its echo.
        error => joint.fail(error),
      )
      .finally(() => active.delete(task))
    active.add(task)
  }
  try {
    for await (const piece of pieces) {
      start(piece)
      if (active.size >= plan.concurrency) await Promise.race(active)
      joint.signal.throwIfAborted()
    }
    await Promise.all(active)
    joint.signal.throwIfAborted()
    return sent
  } catch (error) {
    joint.fail(error)
    await Promise.all(active)
    if (!plan.resumes) await removeSegments(driver, namesOf(plan, attempted), joint.options, { error })
    throw error
  }
}

const segmentName = (plan: SegmentPlan, index: number): string => `${plan.prefix}${String(index).padStart(DIGITS, '0')}`

function namesOf(plan: SegmentPlan, count: number): { container: string; name: string }[] {
  return Array.from({ length: count }, (_, index) => ({ container: plan.container, name: segmentName(plan, index) }))
}

async function sendPiece(
  driver: SwiftHolder,
  plan: SegmentPlan,
  index: number,
  piece: Piece,
  there: ReadonlyMap<string, RawObject>,
  options: CallOptions,
): Promise<Segment> {
  const { container } = plan
  const name = segmentName(plan, index)
  const old = there.get(name)
  if (old && old.bytes === piece.size && piece.isKnown && old.hash === piece.md5())
    return { container, name, size: piece.size, etag: old.hash }
  const reply = await driver.connection.request(
    {
      method: 'PUT',
      path: objectPath(driver, { name, container: { name: container } }, options),
      headers: {
        'content-type': 'application/octet-stream',
        etag: plan.verifies && piece.isKnown ? piece.md5() : undefined,
      },
      body: piece.body,
      contentLength: piece.size,
      errors: NO_PLACE,
      read: readNothing,
    },
    options,
  )
  const etag = plainEtag(reply.headers['etag']) ?? ''
  verifyHash(piece.md5(), etag, { provider: driver.provider, operation: operationOf(options) })
  return { container, name, size: piece.size, etag }
}

/** What an earlier try left. */
async function listSegments(
  driver: SwiftHolder,
  plan: SegmentPlan,
  options: CallOptions,
): Promise<Map<string, RawObject>> {
  const found = new Map<string, RawObject>()
  for await (const raw of listRaw(driver, plan.container, plan.prefix, options)) found.set(raw.name, raw)
  return found
}

/** All objects of a container whose names begin so. @throws ContainerDoesNotExistError */
export async function* listRaw(
  driver: SwiftHolder,
  container: string,
  prefix: string,
  options: CallOptions,
): AsyncGenerator<RawObject, void, undefined> {
  const limit = 5000
  for (let marker: string | undefined; ; ) {
    const spec = {
      path: containerPath(driver, { name: container }, options),
      query: { format: 'json', limit, prefix, marker },
      errors: NO_CONTAINER,
    }
    const { body = [] } = await driver.connection.request<readonly RawObject[]>(spec, options)
    yield* body
    if (body.length < limit) return
    marker = body.at(-1)?.name
  }
}

/** What makes a removal necessary: then it is done whatever the call's signal says by now. */
export interface Failure {
  readonly error: unknown
}

/**
 * Removes segments. A few go one after the other.
 * @throws CleanupError with the failure as its cause, where some could not be removed
 */
export async function removeSegments(
  driver: SwiftHolder,
  segments: readonly { readonly container: string; readonly name: string }[],
  options: CallOptions,
  failure?: Failure,
): Promise<void> {
  const own: CallOptions = failure === undefined ? options : { ...options, signal: undefined, timeout: undefined }
  const errors: unknown[] = []
  let at = 0
  const worker = async (): Promise<void> => {
    for (let next = segments[at++]; next !== undefined && !own.signal?.aborted; next = segments[at++]) {
      const { name, container } = next
      const path = objectPath(driver, { name, container: { name: container } }, own)
      await driver.connection.request({ method: 'DELETE', path, read: readNothing }, own).catch((error: unknown) => {
        if (!(error instanceof NotFoundError)) errors.push(error)
      })
    }
  }
  await Promise.all(Array.from({ length: Math.min(4, Math.ceil(segments.length / 4)) }, worker))
  own.signal?.throwIfAborted()
  if (errors.length === 0) return
  if (failure === undefined && segments.length === 1) throw errors[0]
  const { provider } = driver
  const operation = operationOf(options)
  const [first] = segments
  const where = `'${first?.container}', beginning with '${first?.name.slice(0, -DIGITS)}'`
  const message = `${operation ?? 'request'}: '${provider}' kept ${errors.length} segments, in ${where}`
  throw new CleanupError(message, { provider, operation, errors, cause: failure?.error ?? errors[0] })
}

/** Makes the container of segments. Tells whether it is new. */
export async function makeSegmentContainer(driver: SwiftHolder, name: string, options: CallOptions): Promise<boolean> {
  const spec = { method: 'PUT', path: containerPath(driver, { name }, options), read: readNothing } as const
  return (await driver.connection.request(spec, options)).status === 201
}

/** Removes the container of segments again, if nobody else has put anything there. */
export async function dropSegmentContainer(driver: SwiftHolder, name: string, options: CallOptions): Promise<void> {
  const own: CallOptions = { ...options, signal: undefined, timeout: undefined }
  const spec = { method: 'DELETE', path: containerPath(driver, { name }, own), read: readNothing } as const
  await driver.connection.request(spec, own).catch((error: unknown) => {
    if (!(error instanceof ConflictError) && !(error instanceof NotFoundError)) throw error
  })
}

/** Checks what was asked for. */
export function checkSegments(
  driver: StorageDriver,
  size: number | undefined,
  concurrency: number | undefined,
  options?: CallOptions,
): void {
  const bad = (value: number | undefined, least: number, most: number): boolean =>
    value !== undefined && !(Number.isSafeInteger(value) && value >= least && value <= most)
  if (bad(size, 1, 5 * 1024 ** 3))
    throw refused(driver, 'options.ex_segmentSize', 'a number of bytes from 1 to 5368709120', options)
  if (bad(concurrency, 1, 64)) throw refused(driver, 'options.ex_concurrency', 'a number from 1 to 64', options)
}

/** Cuts a stream into pieces that are held in memory, so that they can be sent side by side, and again. */
export async function* heldPieces(
  chunks: AsyncIterable<Uint8Array>,
  sizeOf: (index: number) => number,
  hashes: boolean,
): AsyncGenerator<Piece & { readonly isLast: boolean }, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]()
  let rest: Uint8Array | undefined
  let isLast = false
  try {
    for (let index = 0; !isLast; index++) {
      const size = sizeOf(index)
      const parts: Uint8Array[] = []
      const hash = hashes ? createHash('md5') : undefined
      let held = 0
      while (held < size) {
        const next: Uint8Array | undefined = rest ?? (await nextOf(iterator))
        rest = undefined
        if (next === undefined) {
          isLast = true
          break
        }
        const part = next.byteLength > size - held ? next.subarray(0, size - held) : next
        if (part.byteLength < next.byteLength) rest = next.subarray(part.byteLength)
        if (part.byteLength === 0) continue
        hash?.update(part)
        parts.push(part)
        held += part.byteLength
      }
      // Whether it is the last is known only when nothing follows.
      if (!isLast && rest === undefined) {
        rest = await nextOf(iterator)
        isLast = rest === undefined
      }
      if (held === 0 && index > 0) return
      const md5 = hash?.digest('hex')
      yield { size: held, body: () => parts, md5: () => md5, isKnown: md5 !== undefined, isLast }
    }
  } finally {
    if (!isLast) await iterator.return?.(undefined)
  }
}

async function nextOf(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  for (;;) {
    const { done, value } = await iterator.next()
    if (done) return undefined
    if (value.byteLength > 0) return value
  }
}

/** Parts of a file, read while they are sent, and again when they must be sent again. */
export async function* filePieces(
  file: string,
  length: number,
  { size, resumes, verifies }: SegmentPlan,
): AsyncGenerator<Piece, void, undefined> {
  for (let start = 0; start < length; start += size) {
    const end = Math.min(start + size, length)
    let digest: string | undefined
    // A part that may be there already has to be read to know.
    if (resumes) digest = await md5Of(file, start, end)
    const isKnown = digest !== undefined
    const body = async function* (): AsyncGenerator<Uint8Array> {
      const hash = isKnown || !verifies ? undefined : createHash('md5')
      for await (const chunk of createReadStream(file, { start, end: end - 1, highWaterMark: 256 * 1024 })) {
        hash?.update(chunk as Buffer)
        yield chunk as Buffer
      }
      digest ??= hash?.digest('hex')
    }
    yield { size: end - start, body, md5: () => digest, isKnown }
  }
}

async function md5Of(file: string, start: number, end: number): Promise<string> {
  const hash = createHash('md5')
  for await (const chunk of createReadStream(file, { start, end: end - 1, highWaterMark: 256 * 1024 }))
    hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** What a static large object's ETag is: the checksum of its segments' checksums. */
export function manifestEtag(segments: readonly Segment[]): string {
  const hash = createHash('md5')
  for (const { etag } of segments) hash.update(etag)
  return hash.digest('hex')
}

/** Reports bytes as segments arrive. */
export function counter(
  total: number | undefined,
  onProgress: ((progress: Progress) => void) | undefined,
): (bytes: number) => void {
  let transferred = 0
  return bytes => {
    transferred += bytes
    onProgress?.({ transferred, total })
  }
}

/** Whether an error leaves it open if what was asked was done. */
export function isUncertain(error: unknown): boolean {
  const { status, mayHaveHappened } = error as { status?: number; mayHaveHappened?: boolean }
  return !(error instanceof LibcloudError) || mayHaveHappened === true || (status ?? 0) >= 500
}
