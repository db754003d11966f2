// What an upload is sent in: https://cloud.google.com/storage/docs/resumable-uploads
import { createHash } from 'node:crypto'
import { invalidArgument } from '../../lib/check.js'
import { LibcloudError, MalformedResponseError } from '../../lib/errors.js'
import { type BodySource, discard } from '../../lib/http/body.js'
import { type Reply, readJson, readNothing } from '../../lib/http/message.js'
import { path, type QueryValues } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { NamedRef } from '../../lib/resource.js'
import { guessContentType } from '../../lib/storage/transfer.js'
import type { UploadOptions } from '../../lib/storage/types.js'
import { conditions, type GoogleStorageConnection, NO_BUCKET, type RawObject } from './storage.shared.js'
import type {
  GoogleObjectDescription,
  GoogleStorageUploads,
  GoogleUploadOptions,
  GoogleUploadSession,
} from './storage.uploads.js'

/** Bytes. Google takes parts in multiples of this only. */
const UNIT = 256 * 1024
/** Bytes of a part that is held until it has arrived. */
const CHUNK = 16 * 1024 * 1024
/** Bytes of what is sent with its description in one request. */
export const SMALL: number = 1024 * 1024

/** What is uploaded, and where to. */
export interface Target {
  readonly container: NamedRef
  readonly objectName: string
  readonly options: GoogleUploadOptions | undefined
}
interface Chunk {
  readonly bytes: Buffer
  readonly isLast: boolean
}

export function chunkSize(driver: GoogleStorageUploads, options: GoogleUploadOptions | undefined): number {
  const size = options?.ex_chunkSize ?? CHUNK
  if (Number.isSafeInteger(size) && size > 0 && size % UNIT === 0) return size
  throw invalidArgument(
    { path: 'options.ex_chunkSize', value: size, allowed: `a multiple of ${UNIT}` },
    driver.provider,
    operationOf(options),
  )
}

/** The same chunks, which end with the signal also where the source stands still and takes no notice of it. */
export async function* abortable(
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
  source: BodySource,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (signal === undefined) return yield* chunks
  let abort = (): void => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason)
  })
  aborted.catch(() => {})
  signal.addEventListener('abort', abort, { once: true })
  let isDone = false
  try {
    for (;;) {
      signal.throwIfAborted()
      const next = await Promise.race([chunks.next(), aborted])
      isDone = next.done === true
      if (next.done) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    if (!isDone) {
      discard(source)
      // It ends when the source does, which may be never.
      chunks.return().catch(() => {})
    }
  }
}

/** Chunks of one size, the last of which is known to be it. */
export async function* inChunks(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Chunk, void, undefined> {
  let held: Uint8Array[] = []
  let length = 0
  for await (const piece of source) {
    let rest: Uint8Array = piece
    while (rest.byteLength > 0) {
      // It is known that there is more only when more has come.
      if (length === size) {
        yield { bytes: Buffer.concat(held), isLast: false }
        held = []
        length = 0
      }
      const taken = rest.subarray(0, size - length)
      // The source may use its buffer again.
      held.push(Buffer.from(taken))
      length += taken.byteLength
      rest = rest.subarray(taken.byteLength)
    }
  }
  yield { bytes: Buffer.concat(held), isLast: true }
}

/** The only chunk of what is as long as it was said to be. */
export async function allOf(
  driver: GoogleStorageUploads,
  chunks: AsyncGenerator<Chunk, void, undefined>,
  options: CallOptions | undefined,
): Promise<Buffer> {
  const { value } = await chunks.next()
  if (value?.isLast) return value.bytes
  await chunks.return()
  const allowed = 'the number of bytes that the source yields'
  const complaint = { path: 'options.contentLength', value: value?.bytes.byteLength, allowed }
  throw invalidArgument(complaint, driver.provider, operationOf(options))
}

/** What is known of an object, in Google's form. */
export function toRawDescription(options: (UploadOptions & GoogleObjectDescription) | undefined): object {
  return {
    cacheControl: options?.ex_cacheControl,
    contentDisposition: options?.ex_contentDisposition,
    contentEncoding: options?.ex_contentEncoding,
    contentLanguage: options?.ex_contentLanguage,
    storageClass: options?.ex_storageClass,
    customTime: options?.ex_customTime?.toISOString(),
    metadata: options?.metaData,
  }
}

const typeOf = ({ objectName, options }: Target): string => options?.contentType ?? guessContentType(objectName)

function describe(target: Target): object {
  return { name: target.objectName, contentType: typeOf(target), ...toRawDescription(target.options) }
}

function parameters(uploadType: string, { options }: Target): QueryValues {
  const { ex_predefinedAcl: predefinedAcl, ex_kmsKeyName: kmsKeyName } = options ?? {}
  return { uploadType, predefinedAcl, kmsKeyName, ...conditions(options) }
}

const uploadPath = ({ container }: Target): string => path`/upload/storage/v1/b/${container.name}/o`

/**
 * Description and bytes in one request. Google compares the checksum before there is an object; sent twice, it leaves what
 * it leaves when it is sent once.
 */
export async function sendWhole(
  connection: GoogleStorageConnection,
  target: Target,
  bytes: Buffer,
): Promise<RawObject> {
  const md5 = createHash('md5').update(bytes).digest()
  const md5Hash = target.options?.verifyHash === false ? undefined : md5.toString('base64')
  // It must not occur in the bytes: nobody can foresee their checksum within them.
  const boundary = `libcloud-${md5.toString('hex')}`
  const body = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n`),
    Buffer.from(JSON.stringify({ ...describe(target), md5Hash })),
    Buffer.from(`\r\n--${boundary}\r\nContent-Type: ${typeOf(target)}\r\n\r\n`),
    bytes,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
  const spec = {
    method: 'POST',
    path: uploadPath(target),
    query: parameters('multipart', target),
    headers: { 'content-type': `multipart/related; boundary=${boundary}`, ...target.options?.headers },
    body,
    errors: NO_BUCKET,
    idempotent: true,
  } as const
  return connection.one(spec, (raw: RawObject) => raw, target.options)
}

export async function startSession(
  connection: GoogleStorageConnection,
  target: Target,
  length: number | undefined,
): Promise<string> {
  const spec = {
    method: 'POST',
    path: uploadPath(target),
    query: parameters('resumable', target),
    headers: {
      'x-upload-content-type': typeOf(target),
      'x-upload-content-length': length === undefined ? undefined : String(length),
      ...target.options?.headers,
    },
    json: describe(target),
    errors: NO_BUCKET,
    // One that nobody uses ends by itself.
    idempotent: true,
    read: readNothing,
  } as const
  const { headers } = await connection.request(spec, target.options)
  const { location } = headers
  if (location !== undefined && URL.canParse(location)) {
    const id = new URL(location).searchParams.get('upload_id')
    if (id !== null) connection.conceal(id)
    return location
  }
  const operation = operationOf(target.options)
  const message = `${operation ?? 'upload'}: '${connection.provider}' did not say where the parts go`
  throw new MalformedResponseError(message, { provider: connection.provider, operation })
}

export async function sendParts(
  connection: GoogleStorageConnection,
  target: Target,
  parts: AsyncIterable<Chunk>,
  length: number | undefined,
): Promise<RawObject> {
  const uri = await startSession(connection, target, length)
  let offset = 0
  try {
    for await (const { bytes, isLast } of parts) {
      const done = await sendPart(connection, uri, { bytes, isLast, offset }, target.options)
      if (done) return done
      offset += bytes.byteLength
    }
  } catch (error) {
    await abort(connection, uri, { timeout: 10_000, retry: 1 }).catch(() => {})
    throw error
  }
  throw new MalformedResponseError(`'${connection.provider}' wants more than there is`, {
    provider: connection.provider,
  })
}

/** Sends a part until all of it has arrived; the last gives the object. */
async function sendPart(
  connection: GoogleStorageConnection,
  uri: string,
  { bytes, isLast, offset }: Chunk & { readonly offset: number },
  options: GoogleUploadOptions | undefined,
): Promise<RawObject | undefined> {
  const end = offset + bytes.byteLength
  const total = isLast ? String(end) : '*'
  let failures = 0
  let standstills = 0
  let from = offset
  for (;;) {
    const rest = bytes.subarray(from - offset)
    const range = rest.byteLength === 0 ? `bytes */${total}` : `bytes ${from}-${end - 1}/${total}`
    const reply = await put(connection, uri, range, rest, options).catch(async error => {
      const { retry } = options ?? {}
      const most = retry === false ? 0 : typeof retry === 'number' ? retry : (retry?.retries ?? 4)
      if (!(error instanceof LibcloudError && error.retryable) || ++failures > most) throw error
      // Nobody knows how much of it has arrived. Google does.
      return askStatus(connection, uri, options)
    })
    if (reply.status !== 308) return reply.body as RawObject
    const received = arrived(reply.headers['range'])
    if (received === end && !isLast) return undefined
    if (received < offset || received > end) throw lost(connection, received, options)
    if (received <= from && ++standstills > 8) throw lost(connection, received, options)
    from = received
  }
}

function lost(connection: GoogleStorageConnection, received: number, options: CallOptions | undefined): LibcloudError {
  const operation = operationOf(options)
  const message = `${operation ?? 'upload'}: '${connection.provider}' has ${received} bytes, and takes no more`
  return new MalformedResponseError(message, { provider: connection.provider, operation })
}

/** Bytes, of `bytes=0-524287`; without a range nothing has arrived. */
export function arrived(range: string | undefined): number {
  const last = /-(\d+)$/.exec(range ?? '')?.[1]
  return last === undefined ? 0 : Number(last) + 1
}

/** What somebody else has kept may be anything: requests go to Google only, and to an upload. */
export function checkedUri(
  driver: GoogleStorageUploads,
  session: GoogleUploadSession,
  options: CallOptions | undefined,
): string {
  const uri: unknown = session?.uri
  if (typeof uri === 'string' && URL.canParse(uri)) {
    const { origin, protocol, hostname, pathname, searchParams } = new URL(uri)
    const isGoogle = protocol === 'https:' && /(?:^|\.)googleapis\.com$/.test(hostname)
    const isUpload = /^\/upload\/storage\/v1\/b\/[^/]+\/o$/.test(pathname)
    const isKnown = [...searchParams.keys()].every(name => SESSION_PARAMETERS.has(name))
    const hasId = /^[\w-]+$/.test(searchParams.get('upload_id') ?? '')
    if ((isGoogle || origin === driver.connection.origin) && isUpload && isKnown && hasId && !/\s/.test(uri)) return uri
  }
  const allowed = 'the address that ex_startUpload gave'
  throw invalidArgument({ path: 'session.uri', value: 'another', allowed }, driver.provider, operationOf(options))
}

const SESSION_PARAMETERS: ReadonlySet<string> = new Set([
  'uploadType',
  'upload_id',
  'name',
  'predefinedAcl',
  'kmsKeyName',
  'ifGenerationMatch',
  'ifGenerationNotMatch',
  'ifMetagenerationMatch',
  'ifMetagenerationNotMatch',
])

function session(uri: string): { origin: string; path: string; unsigned: true } {
  const { origin, pathname, search } = new URL(uri)
  return { origin, path: pathname + search, unsigned: true }
}

function put(
  connection: GoogleStorageConnection,
  uri: string,
  range: string,
  body: Uint8Array,
  options: CallOptions | undefined,
): Promise<Reply<unknown>> {
  const headers = { 'content-range': range }
  // 308 says that more is wanted; it is no redirect.
  const spec = { ...session(uri), method: 'PUT', headers, body, accept: [308], redirect: 'manual' } as const
  return connection.request({ ...spec, idempotent: false, read: readParts }, options)
}

export function askStatus(
  connection: GoogleStorageConnection,
  uri: string,
  options: CallOptions | undefined,
): Promise<Reply<unknown>> {
  const headers = { 'content-range': 'bytes */*' }
  const spec = { ...session(uri), method: 'PUT', headers, accept: [308], redirect: 'manual', read: readParts } as const
  return connection.request(spec, options)
}

const readParts: typeof readJson = (body, head) => (head.status === 308 ? undefined : readJson(body, head))

/** It is answered with 499, which is the end that was wanted. */
export async function abort(connection: GoogleStorageConnection, uri: string, options?: CallOptions): Promise<void> {
  const spec = { ...session(uri), method: 'DELETE', accept: [499], read: readNothing } as const
  await connection.request(spec, options)
}
