import { randomBytes, randomInt } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { type FileHandle, lstat, open, unlink } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { ConnectionError, InvalidRequestError } from '../../lib/errors.js'
import type { UploadSource } from '../../lib/storage/transfer.js'
import type { ByteRange } from '../../lib/storage/types.js'
import { type Identity, removeOld } from './descriptions.js'
import { type About, SourceFailure, translate } from './errors.js'
import { type Limits, unlessAborted } from './limits.js'
import { HIDDEN } from './names.js'
import { inFolder } from './tree.js'

const CHUNK = 256 * 1024
const UNFINISHED: readonly string[] = [HIDDEN, 'tmp']
/** An upload that has not moved for a day is that of a process which is no more. */
const UNFINISHED_AGE = 86_400_000

/** Calls `work` with a new file outside every container, and removes it if it is still there afterwards. */
export async function withTemporary<T>(root: string, work: (path: string, file: FileHandle) => Promise<T>): Promise<T> {
  const name = randomBytes(12).toString('hex')
  return inFolder(
    root,
    UNFINISHED,
    async folder => {
      const path = folder.at(name)
      const file = await open(path, 'wx', 0o666)
      try {
        return await work(path, file)
      } finally {
        await file.close()
        await unlink(path).catch(() => {})
      }
    },
    0,
  )
}

/** Removes what processes left that ended in the middle of an upload. */
export async function removeUnfinished(root: string): Promise<void> {
  await inFolder(root, UNFINISHED, folder => removeOld(folder, UNFINISHED_AGE)).catch(() => {})
}

/** Fills a file, and tells what it is then. */
export async function fill(
  path: string,
  file: FileHandle,
  source: UploadSource,
  signal: AbortSignal,
  sync: boolean,
): Promise<BigIntStats> {
  const { chunks } = source
  try {
    for (;;) {
      const next = await unlessAborted(chunks.next(), signal).catch(cause => {
        throw signal.aborted ? signal.reason : new SourceFailure('The source failed', { cause })
      })
      if (next.done) break
      await writeAll(file, next.value)
    }
  } catch (error) {
    // Not waited for: a source that hangs hangs here too.
    chunks.return().catch(() => {})
    throw error
  }
  signal.throwIfAborted()
  // Clocks of file systems tick some hundred times a second. Random digits below the millisecond tell apart what is
  // written within one tick, also by other programs.
  const now = Date.now() / 1000 + randomInt(1, 1000) / 1_000_000
  await file.utimes(now, now)
  if (sync) await file.sync()
  await file.close()
  return lstat(path, { bigint: true })
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) at += (await file.write(chunk, at)).bytesWritten
}

/** An open file's bytes from `start` up to `end`. Closes the file, and ends the limits, when it is done. */
export class ContentStream extends Readable {
  readonly #file: FileHandle
  readonly #limits: Limits
  readonly #about: About
  readonly #before: Identity
  readonly #end: number
  #at: number
  #abort = (): void => void this.destroy(this.#limits.signal.reason)

  constructor(file: FileHandle, before: Identity, start: number, end: number, limits: Limits, about: About) {
    super({ highWaterMark: CHUNK })
    this.#file = file
    this.#before = before
    this.#at = start
    this.#end = end
    this.#limits = limits
    this.#about = about
    limits.signal.addEventListener('abort', this.#abort)
    if (limits.signal.aborted) this.#abort()
  }

  override _read(): void {
    this.#next().then(
      chunk => void this.push(chunk),
      error => void this.destroy(translate(error, this.#about) as Error),
    )
  }

  async #next(): Promise<Buffer | null> {
    const wanted = Math.min(CHUNK, this.#end - this.#at)
    if (wanted > 0) {
      const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(wanted), 0, wanted, this.#at)
      if (bytesRead === 0) throw this.#changed('shortened')
      this.#at += bytesRead
      return bytesRead === wanted ? buffer : buffer.subarray(0, bytesRead)
    }
    // A file that only grew is a log: the bytes that were there are as they were.
    const now = await this.#file.stat({ bigint: true })
    if (now.size < this.#before.size) throw this.#changed('shortened')
    if (now.size === this.#before.size && now.mtimeNs !== this.#before.mtimeNs) throw this.#changed('changed')
    return null
  }

  #changed(how: string): ConnectionError {
    const text = `${this.#about.operation ?? 'download'}: the file was ${how} by another program while it was read`
    return new ConnectionError(text, { ...this.#about, retryable: true })
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#limits.signal.removeEventListener('abort', this.#abort)
    this.#limits.end()
    // Waits for a read under way.
    this.#file.close().then(
      () => done(error),
      failed => done(error ?? failed),
    )
  }
}

/**
 * Where the bytes that were asked for begin and end.
 * @throws InvalidRequestError when there are none.
 */
export function boundsOf(range: ByteRange | undefined, size: number, about: About): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: size }
  if (range.start < size) return { start: range.start, end: Math.min(range.end ?? size, size) }
  const allowed = `less than the object's size (${size})`
  throw new InvalidRequestError(`${about.operation}: 'range.start' must be ${allowed}`, {
    ...about,
    argument: 'range.start',
    allowed,
  })
}
