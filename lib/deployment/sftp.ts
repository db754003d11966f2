import { randomBytes } from 'node:crypto'
import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attributes, FileEntry, SFTPWrapper, Stats } from 'ssh2'
import {
  ConnectionError,
  InvalidRequestError,
  LibcloudError,
  NotFoundError,
  NotSupportedError,
  PermissionDeniedError,
  ServiceError,
} from '../errors.js'
import type { Progress } from '../options.js'
import { lost, requireOpen, type Session } from './session.js'
import type { PutOptions } from './types.js'

/** Everybody's packets hold 32 KiB: with its header a piece fits in one of SSH's. */
const SMALL = 28_672
/** OpenSSH's hold 256 KiB: a piece fills seven of SSH's packets, and begins where a page does. */
const LARGE = 225_280
/** Bytes under way at once: twice the window, so that the server always has the next request when it has answered one. */
const AHEAD = 4_194_304

/** How much is asked for, or sent, in one request. */
export function chunkOf(sftp: SFTPWrapper): number {
  const { _maxWriteLen = 0 } = sftp as SFTPWrapper & { _maxWriteLen?: number }
  return _maxWriteLen >= LARGE ? LARGE : SMALL
}

/** How many requests are under way at once. */
export function depthOf(sftp: SFTPWrapper): number {
  return Math.min(64, Math.ceil(AHEAD / chunkOf(sftp)))
}

type Callback<T> = (error?: Error | null, value?: T) => void

/** How often a server that has no session to give is asked again: it counts each for a moment after its end. */
const PATIENCE = 5

/** Opens the file channel of a session: once, for all transfers. */
export function openSftp(session: Session): Promise<SFTPWrapper> {
  requireOpen(session)
  session.sftp ??= openPatiently(session).catch(error => {
    session.sftp = undefined
    throw error
  })
  return session.sftp
}

async function openPatiently(session: Session): Promise<SFTPWrapper> {
  for (let tries = 1; ; tries++) {
    try {
      return await openOnce(session)
    } catch (cause) {
      if (session.ended) throw session.ended
      const { reason, message } = cause as Error & { reason?: unknown }
      if (typeof reason !== 'number')
        throw new NotSupportedError(`${session.label} offers no SFTP: ${message}`, { cause })
      if (tries >= PATIENCE) throw new ConnectionError(`${session.label} has no session to give: ${message}`, { cause })
      await sleep(25 * 2 ** tries)
    }
  }
}

function openOnce(session: Session): Promise<SFTPWrapper> {
  return new Promise<SFTPWrapper>((resolve, reject) => {
    session.ssh.sftp((error, sftp) => {
      if (error) return reject(error)
      sftp.on('error', () => {})
      sftp.once('close', () => {
        session.sftp = undefined
        const closed = new Error('the server closed the file channel')
        for (const lose of session.asking) lose(closed)
      })
      resolve(sftp)
    })
  })
}

/** One request, its failure as an error of ours. */
export function ask<T = void>(session: Session, path: string, send: (done: Callback<T>) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const fail = (error: Error): void => {
      session.asking.delete(fail)
      reject(explain(session, path, error))
    }
    const done: Callback<T> = (error, value) => {
      if (error) return fail(error)
      session.asking.delete(fail)
      resolve(value as T)
    }
    if (session.ended) return fail(session.ended)
    session.asking.add(fail)
    try {
      send(done)
    } catch (error) {
      fail(error as Error)
    }
  })
}

function explain(session: Session, path: string, cause: Error): LibcloudError {
  if (cause instanceof LibcloudError && cause !== session.ended) return cause
  const { code } = cause as Error & { code?: unknown }
  const message = `${path} on ${session.label}: ${cause.message}`
  const details = { cause, providerCode: typeof code === 'number' ? String(code) : undefined }
  if (session.ended || code === undefined) return lost(session, cause)
  if (code === 2) return new NotFoundError(message, details)
  if (code === 3) return new PermissionDeniedError(message, details)
  if (code === 6 || code === 7) return new ConnectionError(message, details)
  return code === 8 ? new NotSupportedError(message, details) : new ServiceError(message, details)
}

/** A path as SFTP takes it: what does not begin with / lies in the user's home. */
export function remotePath(path: string): string {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    const details = { argument: 'path', allowed: 'a string that is not empty, without NUL' }
    throw new InvalidRequestError(`'path' must be ${details.allowed}`, details)
  }
  return path === '~' ? '.' : path.startsWith('~/') ? path.slice(2).replace(/^\/+/, '') || '.' : path
}

/** What is to be written, in pieces. */
export type Source = string | Uint8Array | Readable

async function* pieces(source: Source): AsyncGenerator<Uint8Array> {
  if (typeof source === 'string') yield Buffer.from(source)
  else if (source instanceof Uint8Array) yield source
  else for await (const piece of source) yield typeof piece === 'string' ? Buffer.from(piece) : (piece as Uint8Array)
}

const sizeOf = (source: Source): number | undefined =>
  typeof source === 'string' ? Buffer.byteLength(source) : source instanceof Uint8Array ? source.length : undefined

/** Writes a file under another name and renames it when it is whole. Resolves to its full path. */
export async function putFile(
  session: Session,
  path: string,
  source: Source,
  options: PutOptions & { total?: number | undefined },
  signal: AbortSignal,
): Promise<{ path: string; bytes: number }> {
  const stop = (): void => void (source instanceof Readable && source.destroy())
  // A source that has nothing to give would otherwise be waited for.
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await putWhole(session, path, source, options, signal)
  } catch (error) {
    stop()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function putWhole(
  session: Session,
  given: string,
  source: Source,
  options: PutOptions & { total?: number | undefined },
  signal: AbortSignal,
): Promise<{ path: string; bytes: number }> {
  const path = remotePath(given)
  const { mode = 0o644, onProgress, total = sizeOf(source) } = options
  if (!(Number.isInteger(mode) && mode >= 0 && mode <= 0o7777)) {
    const allowed = 'permission bits: 0 to 0o7777'
    throw new InvalidRequestError(`'mode' must be ${allowed}`, { argument: 'options.mode', allowed })
  }
  const sftp = await openSftp(session)
  const temporary = posix.join(posix.dirname(path), `.libcloud-${randomBytes(8).toString('hex')}`)
  const handle = await ask<Buffer>(session, path, done =>
    sftp.open(temporary, 'wx', { mode: 0o600 } as Attributes, done as never),
  )
  try {
    const bytes = await write(session, sftp, { path, handle, source, signal, onProgress, total }).finally(() =>
      ask(session, path, done => sftp.close(handle, done)).catch(() => {}),
    )
    await ask(session, path, done => sftp.chmod(temporary, mode, done))
    signal.throwIfAborted()
    await renameOver(session, sftp, temporary, path)
    return { path: await ask<string>(session, path, done => sftp.realpath(path, done as never)), bytes }
  } catch (error) {
    await ask(session, path, done => sftp.unlink(temporary, done)).catch(() => {})
    throw error
  }
}

/** OpenSSH's extension replaces a file in one step; the protocol's own rename refuses to. */
export async function renameOver(session: Session, sftp: SFTPWrapper, from: string, to: string): Promise<void> {
  try {
    return await ask(session, to, done => sftp.ext_openssh_rename(from, to, done))
  } catch (error) {
    // ssh2 throws, without a code, where the server does not have it.
    const absent = error instanceof NotSupportedError || /does not support/i.test(String((error as Error).cause))
    if (!absent) throw error
  }
  await ask(session, to, done => sftp.unlink(to, done)).catch(error => {
    if (!(error instanceof NotFoundError)) throw error
  })
  await ask(session, to, done => sftp.rename(from, to, done))
}

interface Writing {
  readonly path: string
  readonly handle: Buffer
  readonly source: Source
  readonly signal: AbortSignal
  readonly onProgress: ((progress: Progress) => void) | undefined
  readonly total: number | undefined
}

/** Many requests under way at once, no more than the window: the memory is bounded whatever the size. */
async function write(session: Session, sftp: SFTPWrapper, writing: Writing): Promise<number> {
  const { path, handle, source, signal, onProgress, total } = writing
  const under = new Set<Promise<void>>()
  let failure: { error: unknown } | undefined
  const [size, depth] = [chunkOf(sftp), depthOf(sftp)]
  let [position, transferred] = [0, 0]
  for await (const piece of pieces(source)) {
    for (let at = 0; at < piece.length; at += size) {
      const chunk = Buffer.from(piece.buffer, piece.byteOffset + at, Math.min(size, piece.length - at))
      while (under.size >= depth && !failure) await Promise.race(under)
      if (failure) throw failure.error
      signal.throwIfAborted()
      const place = position
      position += chunk.length
      const sent = ask(session, path, done => sftp.write(handle, chunk, 0, chunk.length, place, done))
        .then(() => {
          transferred += chunk.length
          onProgress?.({ transferred, total })
        })
        .catch(error => {
          failure ??= { error }
        })
        .finally(() => under.delete(sent))
      under.add(sent)
    }
  }
  await Promise.all(under)
  if (failure) throw (failure as { error: unknown }).error
  return transferred
}

/** A file that is open on the server. */
export interface OpenFile {
  readonly path: string
  readonly handle: Buffer
  readonly stats: Stats
  readonly close: () => Promise<void>
}

/** Opens a file to be read. */
export async function openFile(session: Session, given: string): Promise<OpenFile> {
  const path = remotePath(given)
  const sftp = await openSftp(session)
  const handle = await ask<Buffer>(session, path, done => sftp.open(path, 'r', done as never))
  const close = (): Promise<void> => ask(session, path, done => sftp.close(handle, done)).catch(() => {})
  try {
    return { path, handle, close, stats: await ask<Stats>(session, path, done => sftp.fstat(handle, done as never)) }
  } catch (error) {
    await close()
    throw error
  }
}

/** Reads a file ahead, in order, to its end, wherever that is by then; and closes it. */
export async function* readAhead(
  session: Session,
  file: OpenFile,
  start: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const sftp = await openSftp(session)
  const chunk = chunkOf(sftp)
  const readAt = (place: number): Promise<Buffer> => {
    const buffer = Buffer.allocUnsafe(chunk)
    const read = readChunk(session, sftp, file, buffer, place).then(bytes => buffer.subarray(0, bytes))
    read.catch(() => {}) // what fails behind the first failure is nobody's concern
    return read
  }
  const queue: Promise<Buffer>[] = []
  let position = start
  try {
    for (;;) {
      // A file that turns out to be small costs two requests, not a window of them.
      const depth = position === start ? 2 : depthOf(sftp)
      for (; queue.length < depth; position += chunk) queue.push(readAt(position))
      const piece = await (queue.shift() as Promise<Buffer>)
      signal.throwIfAborted()
      if (piece.length > 0) yield piece
      if (piece.length < chunk) return
    }
  } finally {
    await Promise.allSettled(queue)
    await file.close()
  }
}

/** Fills the buffer, unless the file ends before: servers may give less than was asked for. Resolves to the bytes read. */
export async function readChunk(
  session: Session,
  sftp: SFTPWrapper,
  { path, handle }: Pick<OpenFile, 'path' | 'handle'>,
  buffer: Buffer,
  position: number,
): Promise<number> {
  let filled = 0
  while (filled < buffer.length) {
    const read = await ask<number>(session, path, done =>
      sftp.read(handle, buffer, filled, buffer.length - filled, position + filled, (error, bytes) => {
        const { code } = (error ?? {}) as { code?: number }
        if (code === 1) done(null, 0)
        else done(error ?? null, bytes)
      }),
    )
    if (read === 0) break
    filled += read
  }
  return filled
}

/** What a folder holds, without itself and the one above. Names that are none come from a server that means harm. */
export async function listFolder(session: Session, path: string): Promise<FileEntry[]> {
  const sftp = await openSftp(session)
  const entries = await ask<FileEntry[]>(session, path, done => sftp.readdir(path, done as never))
  for (const { filename } of entries) {
    if (/[/\0]/.test(filename) || filename === '') {
      throw new ServiceError(`${path} on ${session.label}: the server lists a name that is not one`)
    }
  }
  return entries.filter(({ filename }) => filename !== '.' && filename !== '..')
}

/** Removes a file, or, when told so, a folder with all that it holds. Links are removed, not followed. */
export async function removePath(
  session: Session,
  path: string,
  recursive: boolean,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const sftp = await openSftp(session)
  if (!recursive) return ask(session, path, done => sftp.unlink(path, done))
  const stats = await ask<Stats>(session, path, done => sftp.lstat(path, done as never))
  if (!stats.isDirectory()) return ask(session, path, done => sftp.unlink(path, done))
  for (const { filename } of await listFolder(session, path)) {
    await removePath(session, posix.join(path, filename), true, signal)
  }
  await ask(session, path, done => sftp.rmdir(path, done))
}
