import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, type FileHandle, open, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join, posix } from 'node:path'
import type { Attributes, OpenMode, SFTPWrapper, Stats } from 'ssh2'
import { ConflictError, InvalidRequestError, NotFoundError } from '../errors.js'
import { dropOlder, type Partial, partialOf, sameStart } from './partial.js'
import type { Session } from './session.js'
import { ask, chunkOf, depthOf, openSftp, readChunk, renameOver } from './sftp.js'

/** How one file is transferred. */
export interface Moving {
  readonly mode: number | undefined
  /** Goes on where an earlier transfer of the same file ended. */
  readonly resume: boolean
  readonly onProgress: ((transferred: number, total: number) => void) | undefined
  readonly signal: AbortSignal
}

/** Sends a regular file of a known size. */
export async function sendFile(session: Session, local: string, path: string, moving: Moving): Promise<number> {
  const sftp = await openSftp(session)
  const source = await open(local, 'r').catch(cause => {
    throw new InvalidRequestError(`'localPath' cannot be read: ${local}`, { argument: 'localPath', cause })
  })
  try {
    const { size, mtimeMs, mode } = await source.stat()
    const folder = posix.dirname(path)
    const partial = moving.resume
      ? partialOf([posix.basename(path)], [size, mtimeMs])
      : { name: `.libcloud-${randomBytes(8).toString('hex')}`, family: undefined }
    const temporary = posix.join(folder, partial.name)
    const target = { session, sftp, path, temporary }
    try {
      await sendInto(target, local, source, size, partial, moving)
      const after = await source.stat()
      if (moving.resume && (after.size !== size || after.mtimeMs !== mtimeMs)) throw changed(local)
      await ask(session, path, done => sftp.chmod(temporary, (moving.mode ?? mode) & 0o7777, done))
      moving.signal.throwIfAborted()
      await renameOver(session, sftp, temporary, path)
      return size
    } catch (error) {
      // What a resumed transfer has sent is for the next one, unless it is worth nothing.
      if (!moving.resume || error instanceof ConflictError) {
        await ask(session, path, done => sftp.unlink(temporary, done)).catch(() => {})
      }
      throw error
    }
  } finally {
    await source.close()
  }
}

interface Remote {
  readonly session: Session
  readonly sftp: SFTPWrapper
  readonly path: string
  readonly temporary: string
}

const changed = (path: string): ConflictError => new ConflictError(`${path} was changed while it was transferred`)

async function sendInto(
  { session, sftp, path, temporary }: Remote,
  local: string,
  source: FileHandle,
  size: number,
  partial: Partial,
  moving: Moving,
): Promise<void> {
  const openAs = (flags: string): Promise<Buffer> =>
    ask<Buffer>(session, path, done =>
      sftp.open(temporary, flags as OpenMode, { mode: 0o600 } as Attributes, done as never),
    )
  let begun = 0
  let handle: Buffer | undefined
  if (partial.family !== undefined) {
    const stats = await ask<Stats>(session, path, done => sftp.lstat(temporary, done as never)).catch(absent)
    if (stats?.isFile()) {
      handle = await openAs('r+')
      begun = await sameStart(
        session,
        { local: source, remote: temporary, bytes: Math.min(stats.size, size) },
        moving.signal,
      )
      if (stats.size > size)
        await ask(session, path, done => sftp.fsetstat(handle as Buffer, { size } as Attributes, done))
    } else await dropOlder(session, path, partial.family)
  }
  handle ??= await openAs('wx')
  const to = handle
  try {
    await pump(sftp, begun, size, moving, async (buffer, position) => {
      const bytes = await readLocal(source, buffer, position)
      if (bytes < buffer.length) throw changed(local)
      await ask(session, path, done => sftp.write(to, buffer, 0, bytes, position, done))
    })
  } finally {
    await ask(session, path, done => sftp.close(to, done)).catch(() => {})
  }
}

const absent = (error: unknown): undefined => {
  if (!(error instanceof NotFoundError)) throw error
}

async function readLocal(file: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

/** Fetches a regular file of a known size; the handle is closed by the caller. */
export async function fetchInto(
  session: Session,
  from: { readonly path: string; readonly handle: Buffer; readonly stats: Stats },
  to: string,
  moving: Moving,
): Promise<number> {
  const { path, handle, stats } = from
  const sftp = await openSftp(session)
  const { host, port } = session.target
  const partial = moving.resume
    ? partialOf([basename(to)], [host, port, path, stats.size, stats.mtime])
    : { name: `.libcloud-${randomBytes(8).toString('hex')}`, family: undefined }
  const temporary = join(dirname(to), partial.name)
  try {
    const held = partial.family === undefined ? undefined : await stat(temporary).catch(() => undefined)
    const flags = held
      ? constants.O_RDWR | constants.O_NOFOLLOW
      : constants.O_RDWR | constants.O_CREAT | constants.O_EXCL
    if (!held && partial.family !== undefined) await dropOlder(undefined, to, partial.family)
    const file = await open(temporary, flags, 0o600)
    try {
      const begun = held
        ? await sameStart(session, { local: file, remote: path, bytes: Math.min(held.size, stats.size) }, moving.signal)
        : 0
      if (held && held.size > stats.size) await file.truncate(stats.size)
      await pump(sftp, begun, stats.size, moving, async (buffer, position) => {
        const bytes = await readChunk(session, sftp, { path, handle }, buffer, position)
        if (bytes < buffer.length) throw changed(path)
        await file.write(buffer, 0, bytes, position)
      })
    } finally {
      await file.close()
    }
    const after = await ask<Stats>(session, path, done => sftp.fstat(handle, done as never))
    if (moving.resume && (after.size !== stats.size || after.mtime !== stats.mtime)) throw changed(path)
    // Set-user-id bits of a strange machine's files have no business here.
    await chmod(temporary, moving.mode ?? stats.mode & 0o777)
    moving.signal.throwIfAborted()
    await rename(temporary, to)
    return stats.size
  } catch (error) {
    if (!moving.resume || error instanceof ConflictError) await unlink(temporary).catch(() => {})
    throw error
  }
}

/**
 * Moves a file piece by piece, many pieces at once and each to its own place: none waits for the one before. The memory is
 * that of the pieces under way, whatever the size.
 */
async function pump(
  sftp: SFTPWrapper,
  begin: number,
  end: number,
  { signal, onProgress }: Moving,
  move: (buffer: Buffer, position: number) => Promise<void>,
): Promise<void> {
  const chunk = chunkOf(sftp)
  let [next, transferred] = [begin, begin]
  let failure: { error: unknown } | undefined
  const work = async (): Promise<void> => {
    const memory = Buffer.allocUnsafeSlow(Math.min(chunk, end - begin))
    while (next < end && !failure) {
      const position = next
      next += chunk
      const piece = memory.subarray(0, Math.min(chunk, end - position))
      try {
        signal.throwIfAborted()
        await move(piece, position)
        transferred += piece.length
        onProgress?.(transferred, end)
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  const workers = Math.min(depthOf(sftp), Math.ceil((end - begin) / chunk))
  await Promise.all(Array.from({ length: workers }, work))
  if (failure) throw (failure as { error: unknown }).error
  signal.throwIfAborted()
}
