import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, lstat, mkdir, readdir, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Stats } from 'ssh2'
import { InvalidRequestError, NotFoundError } from '../errors.js'
import type { Progress } from '../options.js'
import type { Session } from './session.js'
import { ask, listFolder, openFile, openSftp, putFile, remotePath } from './sftp.js'
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
    const onProgress = options.onProgress && ((progress: Progress) => options.onProgress?.({ ...progress, path: from }))
    const settings = { mode: options.mode ?? stats.mode & 0o7777, onProgress, total: stats.size }
    const { bytes } = await putFile(session, to, createReadStream(from), settings, signal)
    tally.files += 1
    tally.bytes += bytes
  }
  await send(local, target, true)
  return tally
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
  { mode, onProgress }: TransferOptions,
  signal: AbortSignal,
): Promise<number> {
  const { stats, chunks } = await openFile(session, from, signal)
  const temporary = join(dirname(to), `.libcloud-${randomBytes(8).toString('hex')}`)
  let transferred = 0
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      transferred += chunk.length
      yield chunk
      onProgress?.({ transferred, total: stats.size, path: from })
    }
  }
  try {
    await pipeline(
      Readable.from(counted(), { objectMode: false }),
      createWriteStream(temporary, { flags: 'wx', mode: 0o600 }),
      {
        signal,
      },
    )
    // Set-user-id bits of a strange machine's files have no business here.
    await chmod(temporary, mode ?? stats.mode & 0o777)
    await rename(temporary, to)
    return transferred
  } catch (error) {
    await chunks.return(undefined).catch(() => {})
    await unlink(temporary).catch(() => {})
    signal.throwIfAborted()
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' || error instanceof NotFoundError) throw error
    throw new InvalidRequestError(`'localPath' cannot be written: ${to}`, { argument: 'localPath', cause: error })
  }
}
