import { createHash } from 'node:crypto'
import { type FileHandle, readdir, unlink } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { Readable } from 'node:stream'
import { LibcloudError } from '../errors.js'
import { runCommand } from './exec.js'
import { shellQuote } from './quote.js'
import type { Session } from './session.js'
import { ask, chunkOf, depthOf, listFolder, openSftp, readChunk } from './sftp.js'

/** The name that a file has until it is whole. */
export interface Partial {
  readonly name: string
  /** What all partial files for one target begin with; `undefined` where none is left for later. */
  readonly family: string | undefined
}

const digest = (facts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16)

/** A name that tells the target and what its source was: a source that was changed since finds nothing to go on with. */
export function partialOf(target: readonly unknown[], source: readonly unknown[]): Partial {
  const family = `.libcloud-${digest(target)}-`
  return { name: `${family}${digest(source)}.part`, family }
}

/** Removes what is left of transfers to the same target of what the source was before: remote files, or local ones. */
export async function dropOlder(session: Session | undefined, target: string, family: string): Promise<void> {
  const isOlder = (name: string): boolean => name.startsWith(family) && name.endsWith('.part')
  if (!session) {
    for (const name of (await readdir(dirname(target)).catch(() => [])).filter(isOlder)) {
      await unlink(join(dirname(target), name)).catch(() => {})
    }
    return
  }
  const folder = posix.dirname(target)
  const sftp = await openSftp(session)
  for (const { filename } of await listFolder(session, folder)) {
    if (!isOlder(filename)) continue
    await ask(session, target, done => sftp.unlink(posix.join(folder, filename), done)).catch(() => {})
  }
}

interface Halves {
  readonly local: FileHandle
  readonly remote: string
  /** How much both have at most. */
  readonly bytes: number
}

/**
 * How many bytes both files begin with in common; 0 where they differ. The last pieces do not count: of those, a later one
 * may have been written and an earlier one not.
 */
export async function sameStart(session: Session, halves: Halves, signal: AbortSignal): Promise<number> {
  const sftp = await openSftp(session)
  const chunk = chunkOf(sftp)
  const bytes = Math.max(0, Math.floor(halves.bytes / chunk) - depthOf(sftp)) * chunk
  if (bytes === 0) return 0
  const remote =
    (await hashThere(session, halves.remote, bytes, signal)) ?? (await hashRead(session, halves.remote, bytes, signal))
  const local = await hashOf(halves.local.createReadStream({ start: 0, end: bytes - 1, autoClose: false, signal }))
  return remote === local ? bytes : 0
}

async function hashOf(stream: Readable): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of stream) hash.update(piece as Buffer)
  return hash.digest('hex')
}

/** By a command: the content stays where it is. `undefined` where the server runs none, or has none for it. */
async function hashThere(
  session: Session,
  path: string,
  bytes: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const hash = 'sha256sum || shasum -a 256 || openssl dgst -sha256 -r'
  const file = path.startsWith('/') ? path : `./${path}`
  const line = `sh -c ${shellQuote(`head -c ${bytes} -- "$1" | { ${hash}; } 2>/dev/null`)} sh ${shellQuote(file)}`
  try {
    const { stdout } = await runCommand(session, line, { signal })
    return /^[0-9a-f]{64}\b/.exec(stdout)?.[0]
  } catch (error) {
    signal.throwIfAborted()
    if (session.ended || !(error instanceof LibcloudError)) throw error
    return undefined
  }
}

/** By reading it all: slow, but it needs nothing of the server but the file. */
async function hashRead(session: Session, path: string, bytes: number, signal: AbortSignal): Promise<string> {
  const sftp = await openSftp(session)
  const handle = await ask<Buffer>(session, path, done => sftp.open(path, 'r', done as never))
  const chunk = chunkOf(sftp)
  async function* pieces(): AsyncGenerator<Buffer> {
    const read = async (position: number): Promise<Buffer> => {
      const buffer = Buffer.allocUnsafe(Math.min(chunk, bytes - position))
      return buffer.subarray(0, await readChunk(session, sftp, { path, handle }, buffer, position))
    }
    const queue: Promise<Buffer>[] = []
    try {
      for (let position = 0; position < bytes || queue.length > 0; ) {
        for (; position < bytes && queue.length < depthOf(sftp); position += chunk) queue.push(read(position))
        signal.throwIfAborted()
        yield await (queue.shift() as Promise<Buffer>)
      }
    } finally {
      await Promise.allSettled(queue)
    }
  }
  try {
    return await hashOf(Readable.from(pieces()))
  } finally {
    await ask(session, path, done => sftp.close(handle, done)).catch(() => {})
  }
}
