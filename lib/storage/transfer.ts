import { createHash, type Hash, randomBytes } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { finished, Readable, Transform } from 'node:stream'
import { InvalidRequestError, ObjectHashMismatchError } from '../errors.js'
import {
  type BodySource,
  bytesOf,
  chunksOf,
  expectFailure,
  isReceived,
  lengthOf,
  markReceived,
  release,
} from '../http/body.js'
import { operationOf, type Progress } from '../options.js'
import type { DownloadOptions, StreamOptions, UploadOptions } from './types.js'

/** Checksums that providers give as an object's `hash`. */
export type HashType = 'md5' | 'sha1' | 'sha256'

/** What is uploaded, with its checksum taken on the way. */
export interface UploadSource {
  /** The bytes. To be read once. */
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>
  /** The same, as a request's body: a stream stays one, which is sent with half of the work. To be read in place of `chunks`. */
  readonly body: BodySource
  /** How many there are, where that is known beforehand. */
  readonly length: number | undefined
  /** The checksum of what has been read, in hexadecimal; `undefined` when nobody wants it. */
  digest(): string | undefined
  /** How many have been read. */
  transferred(): number
}

/** Prepares what the caller gave for sending: bytes of one form, counted, reported, and summed. */
export function uploadSource(source: BodySource, options: UploadOptions = {}, hashType?: HashType): UploadSource {
  expectFailure(source)
  const length = lengthOf(source) ?? options.contentLength
  const hash = hashType !== undefined && options.verifyHash !== false ? createHash(hashType) : undefined
  let transferred = 0
  let digest: string | undefined
  const account: Account = {
    take(chunk) {
      const bytes = bytesOf(chunk)
      options.signal?.throwIfAborted()
      hash?.update(bytes)
      transferred += bytes.byteLength
      return bytes
    },
    taken: () => options.onProgress?.({ transferred, total: length }),
    end() {
      if (length === undefined || transferred === length) return
      const details = { argument: 'options.contentLength', allowed: 'the number of bytes that the source yields' }
      throw new InvalidRequestError(`The source yielded ${transferred} bytes, not ${length}`, details)
    },
  }
  const chunks = accounted(source, account)
  return {
    chunks,
    body: source instanceof Readable ? new AccountedStream(source, account) : chunks,
    length,
    transferred: () => transferred,
    digest: () => {
      digest ??= hash?.digest('hex')
      return digest
    },
  }
}

/** What is done with each chunk of an upload: before it is handed on, after that, and when there are no more. */
interface Account {
  take(chunk: unknown): Uint8Array
  taken(): void
  end(): void
}

async function* accounted(source: BodySource, account: Account): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunksOf(source)) {
    yield account.take(chunk)
    account.taken()
  }
  account.end()
}

/** Nothing is taken from the source before this is read. */
class AccountedStream extends Readable {
  readonly #source: Readable
  readonly #account: Account
  #started = false

  constructor(source: Readable, account: Account) {
    super({ highWaterMark: 64 * 1024 })
    this.#source = source
    this.#account = account
    expectFailure(this)
  }

  override _read(): void {
    if (this.#started) this.#source.resume()
    else this.#start()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#source.destroy()
    done(error)
  }

  #start(): void {
    this.#started = true
    this.#source.on('data', chunk =>
      this.#orFail(() => {
        if (this.destroyed) return
        if (!this.push(this.#account.take(chunk))) this.#source.pause()
        this.#account.taken()
      }),
    )
    finished(this.#source, { writable: false }, error =>
      this.#orFail(() => {
        if (error) throw error
        this.#account.end()
        this.push(null)
      }),
    )
  }

  #orFail(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.destroy(error as Error)
    }
  }
}

/**
 * Compares checksums.
 * @throws ObjectHashMismatchError
 */
export function verifyHash(ours: string | undefined, theirs: string | undefined, about: About): void {
  if (ours === undefined || theirs === undefined || ours === theirs.toLowerCase()) return
  throw new ObjectHashMismatchError(
    `${where(about)}the checksum of what was transferred is ${ours}, not ${theirs}`,
    about,
  )
}

/** Reports progress of a download, and fails it when the signal fires, also where the source takes no notice of it. */
export function reported(stream: Readable, total: number | undefined, { onProgress }: StreamOptions = {}): Readable {
  if (!onProgress) return stream
  let transferred = 0
  const report = (progress: Progress): void => onProgress(progress)
  const through = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      transferred += chunk.byteLength
      report({ transferred, total })
      done(null, chunk)
    },
  })
  stream.once('error', error => through.destroy(error))
  through.once('close', () => stream.destroy())
  if (isReceived(stream)) markReceived(through)
  return stream.pipe(through)
}

/** What a file is to be when it is whole. */
export interface Expectation {
  readonly provider: string
  readonly size?: number | undefined
  readonly hash?: string | undefined
  readonly hashType?: HashType | undefined
}

/**
 * Writes a stream to a file that appears only when it is whole. Until then it is `<destination>.<random>.part`.
 * @throws InvalidRequestError when the file exists and may not be replaced, or cannot be written.
 * @throws ObjectHashMismatchError
 */
export async function saveToFile(
  openStream: () => Promise<Readable>,
  destination: string,
  expected: Expectation,
  options: DownloadOptions = {},
): Promise<void> {
  const { overwriteExisting = false, deleteOnFailure = true } = options
  const about = { provider: expected.provider, operation: operationOf(options) }
  const temporary = `${destination}.${randomBytes(6).toString('hex')}.part`
  if (!overwriteExisting) await refuseExisting(destination, about)
  const file = await open(temporary, 'wx', 0o666).catch(cause => {
    throw unwritable(cause, about)
  })
  const unwritten = (cause: unknown): never => {
    throw unwritable(cause, about)
  }
  let renamed = false
  try {
    const hash =
      expected.hash === undefined || options.verifyHash === false ? undefined : createHash(expected.hashType ?? 'md5')
    let size = 0
    try {
      const stream = await openStream()
      const own = isReceived(stream)
      await eachChunk(stream, options.signal, async chunk => {
        hash?.update(chunk)
        size += chunk.byteLength
        await writeAll(file, chunk).catch(unwritten)
        if (own) release(chunk)
      })
    } finally {
      await file.close().catch(unwritten)
    }
    compare(size, hash, expected, about)
    if (overwriteExisting) await rename(temporary, destination).catch(unwritten)
    else await placeNew(temporary, destination, about)
    renamed = true
  } catch (error) {
    if (!deleteOnFailure)
      await rename(temporary, `${destination}.part`).then(
        () => {
          renamed = true
        },
        () => {},
      )
    throw error
  } finally {
    if (!renamed) await rm(temporary, { force: true })
  }
}

/**
 * Takes a stream's chunks one after another. It ends with the signal, also where the stream stands still and takes no
 * notice of it. Chunks come as they were received: an async iterator would copy those that wait into a new one.
 */
async function eachChunk(
  stream: Readable,
  signal: AbortSignal | undefined,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const stop = (): void => void stream.destroy()
  signal?.addEventListener('abort', stop)
  if (signal?.aborted) stop()
  let taking: Promise<void> | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      stream.on('data', (chunk: Uint8Array) => {
        stream.pause()
        taking = take(chunk).then(() => void stream.resume())
        taking.catch(error => {
          reject(error)
          stream.destroy()
        })
      })
      stream.resume() // it may have been paused
      // The end may be told while the last chunk is still being taken.
      finished(stream, { writable: false }, error => (error ? reject(error) : resolve(taking)))
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
    await taking?.catch(() => {})
  }
  signal?.throwIfAborted()
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) at += (await file.write(chunk, at)).bytesWritten
}

type About = { provider: string; operation?: string | undefined }

const where = ({ provider, operation }: About): string => `${operation ?? 'transfer'}, '${provider}': `

function compare(size: number, hash: Hash | undefined, expected: Expectation, about: About): void {
  if (expected.size !== undefined && size !== expected.size) {
    throw new ObjectHashMismatchError(`${where(about)}${size} bytes were received, not ${expected.size}`, about)
  }
  verifyHash(hash?.digest('hex'), expected.hash, about)
}

async function refuseExisting(destination: string, about: About): Promise<void> {
  const existing = await open(destination, 'r').catch(() => undefined)
  if (!existing) return
  await existing.close()
  throw exists(about)
}

/** A link, unlike a rename, fails where a file has come to be in the meantime. */
async function placeNew(temporary: string, destination: string, about: About): Promise<void> {
  try {
    await link(temporary, destination)
    await rm(temporary, { force: true })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw exists(about)
    // A file system without links.
    await rename(temporary, destination).catch(error => {
      throw unwritable(error, about)
    })
  }
}

function exists(about: About): InvalidRequestError {
  const details = {
    ...about,
    argument: 'destinationPath',
    allowed: 'the path of a file that does not exist, unless overwriteExisting is true',
  }
  return new InvalidRequestError(`'destinationPath' must be ${details.allowed}`, details)
}
function unwritable(cause: unknown, about: About): InvalidRequestError {
  const { code } = cause as NodeJS.ErrnoException
  const details = {
    ...about,
    argument: 'destinationPath',
    allowed: 'a path in a folder that exists, can be written to, and has room',
    cause,
  }
  return new InvalidRequestError(`'destinationPath' must be ${details.allowed} (${code})`, details)
}

const TYPES: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  bin: 'application/octet-stream',
  bmp: 'image/bmp',
  bz2: 'application/x-bzip2',
  css: 'text/css',
  csv: 'text/csv',
  gif: 'image/gif',
  gz: 'application/gzip',
  htm: 'text/html',
  html: 'text/html',
  ico: 'image/vnd.microsoft.icon',
  iso: 'application/x-iso9660-image',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: 'text/javascript',
  json: 'application/json',
  md: 'text/markdown',
  mjs: 'text/javascript',
  mov: 'video/quicktime',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  ogg: 'audio/ogg',
  otf: 'font/otf',
  pdf: 'application/pdf',
  png: 'image/png',
  sh: 'application/x-sh',
  svg: 'image/svg+xml',
  tar: 'application/x-tar',
  tgz: 'application/gzip',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  ts: 'video/mp2t',
  ttf: 'font/ttf',
  txt: 'text/plain',
  wasm: 'application/wasm',
  wav: 'audio/wav',
  webm: 'video/webm',
  webp: 'image/webp',
  woff: 'font/woff',
  woff2: 'font/woff2',
  xml: 'application/xml',
  xz: 'application/x-xz',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  zip: 'application/zip',
  zst: 'application/zstd',
}

/** The content type that an object's name suggests. */
export function guessContentType(name: string): string {
  const ending = /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(TYPES, ending) ? (TYPES[ending] as string) : 'application/octet-stream'
}
