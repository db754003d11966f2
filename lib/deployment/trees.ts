import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, lstat, mkdir, readdir, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Stats } from 'ssh2'
import { InvalidRequestError } from '../errors.js'
import type { Session } from './session.js'
import { ask, listFolder, type OpenFile, openFile, openSftp, putFile, readAhead, remotePath } from './sftp.js'
import { fetchInto, type Moving, sendFile } from './transfer.js'
import type { TransferOptions, Transferred } from './types.js'

interface Tally {
  files: number
  bytes: number
  skipped: string[]
}

/** Sends a local file, or a folder with all that it holds. */
export async function upload(
  session: Session,
  local: string,
  given: string,
  options: TransferOptions,
  signal: AbortSignal,
): Promise<Transferred> {
  const tally: Tally = { files: 0, bytes: 0, skipped: [] }
  const target = remotePath(given)
  const send = async (from: string, to: string, top: boolean): Promise<void> => {
    signal.throwIfAborted()
    const stats = await (top ? stat(from) : lstat(from)).catch(cause => {
      throw new InvalidRequestError(`'localPath' cannot be read: ${from}`, { argument: 'localPath', cause })
    })
    if (stats.isDirectory()) {
      await makeFolder(session, to, stats.mode & 0o777)
      for (const name of await readdir(from)) await send(join(from, name), posix.join(to, name), false)
      return
    }
    if (!stats.isFile()) return void tally.skipped.push(from)
    tally.bytes += await sendOne(session, from, to, stats, options, signal)
    tally.files += 1
  }
  await send(local, target, true)
  return tally
}

function movingOf({ mode, onProgress, resume }: TransferOptions, path: string, signal: AbortSignal): Moving {
  const tell = onProgress && ((transferred: number, total: number) => onProgress({ transferred, total, path }))
  return { mode, resume: resume ?? false, onProgress: tell, signal }
}

async function sendOne(
  session: Session,
  from: string,
  to: string,
  stats: { readonly size: number; readonly mode: number },
  options: TransferOptions,
  signal: AbortSignal,
): Promise<number> {
  const moving = movingOf(options, from, signal)
  if (stats.size > 0) return sendFile(session, from, to, moving)
  // Files of the kernel say that they are empty, and are not.
  const settings = { mode: options.mode ?? stats.mode & 0o7777 }
  return (await putFile(session, to, createReadStream(from), settings, signal)).bytes
}

async function makeFolder(session: Session, path: string, mode: number): Promise<void> {
  const sftp = await openSftp(session)
  try {
    await ask(session, path, done => sftp.mkdir(path, { mode } as never, done))
  } catch (error) {
    const stats = await ask<Stats>(session, path, done => sftp.stat(path, done as never)).catch(() => undefined)
    if (!stats?.isDirectory()) throw error
  }
}

/** Fetches a file, or a folder with all that it holds. Links are skipped: a server could lead them anywhere. */
export async function download(
  session: Session,
  given: string,
  local: string,
  options: TransferOptions,
  signal: AbortSignal,
): Promise<Transferred> {
  const tally: Tally = { files: 0, bytes: 0, skipped: [] }
  const fetch = async (from: string, to: string, top: boolean): Promise<void> => {
    signal.throwIfAborted()
    const sftp = await openSftp(session)
    const look = (done: never): void => void (top ? sftp.stat(from, done) : sftp.lstat(from, done))
    const stats = await ask<Stats>(session, from, done => look(done as never))
    if (stats.isDirectory()) {
      await mkdir(to, { recursive: true })
      for (const { filename } of await listFolder(session, from)) {
        await fetch(posix.join(from, filename), join(to, filename), false)
      }
      return
    }
    if (!stats.isFile()) return void tally.skipped.push(from)
    tally.bytes += await fetchFile(session, from, to, options, signal)
    tally.files += 1
  }
  await fetch(remotePath(given), local, true)
  return tally
}

async function fetchFile(
  session: Session,
  from: string,
  to: string,
  options: TransferOptions,
  signal: AbortSignal,
): Promise<number> {
  const file = await openFile(session, from)
  try {
    const moving = movingOf(options, from, signal)
    // Files of the kernel say that they are empty, and are not.
    if (file.stats.size === 0) return await fetchStream(session, file, to, moving)
    return await fetchInto(session, file, to, moving)
  } catch (error) {
    signal.throwIfAborted()
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'ENOTDIR') throw error
    throw new InvalidRequestError(`'localPath' cannot be written: ${to}`, { argument: 'localPath', cause: error })
  } finally {
    await file.close()
  }
}

async function fetchStream(session: Session, file: OpenFile, to: string, moving: Moving): Promise<number> {
  const { signal, onProgress, mode } = moving
  const temporary = join(dirname(to), `.libcloud-${randomBytes(8).toString('hex')}`)
  let transferred = 0
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of readAhead(session, file, 0, signal)) {
      transferred += chunk.length
      yield chunk
      onProgress?.(transferred, transferred)
    }
  }
  try {
    const sink = createWriteStream(temporary, { flags: 'wx', mode: 0o600 })
    await pipeline(Readable.from(counted(), { objectMode: false }), sink, { signal })
    await chmod(temporary, mode ?? file.stats.mode & 0o777)
    await rename(temporary, to)
    return transferred
  } catch (error) {
    await unlink(temporary).catch(() => {})
    throw error
  }
}
