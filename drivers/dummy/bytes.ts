import { Readable } from 'node:stream'
import { TimeoutError } from '../../lib/errors.js'
import type { BodySource } from '../../lib/http/body.js'
import type { UploadSource } from '../../lib/storage/transfer.js'
import type { UploadOptions } from '../../lib/storage/types.js'
import { aboutCall } from './world.js'

const CHUNK = 64 * 1024

/** Reads a source to its end. The signal and the timeout end it at once, also while the source yields nothing. */
export async function collect(source: BodySource, upload: UploadSource, options: UploadOptions = {}): Promise<Buffer> {
  const { signal, timeout } = options
  let stop = (_reason: unknown): void => {}
  const ended = new Promise<never>((_resolve, reject) => {
    stop = reject
  })
  const aborted = (): void => stop(signal?.reason)
  signal?.addEventListener('abort', aborted, { once: true })
  const late = (): void => stop(new TimeoutError(`The source was not read within ${timeout} ms`, aboutCall(options)))
  const timer = timeout === undefined ? undefined : setTimeout(late, timeout)
  try {
    return await Promise.race([read(upload), ended])
  } catch (error) {
    release(source, upload, error)
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', aborted)
  }
}

async function read({ chunks }: UploadSource): Promise<Buffer> {
  const parts: Uint8Array[] = []
  // Copies, because a source may use its buffer again.
  for await (const chunk of chunks) parts.push(Uint8Array.from(chunk))
  return Buffer.concat(parts)
}

/** Not awaited: a generator that waits for its source answers `return` only after it. */
function release(source: BodySource, { chunks }: UploadSource, error: unknown): void {
  chunks.return().catch(() => {})
  if (source instanceof Readable) source.destroy(error instanceof Error ? error : undefined).on('error', () => {})
}

/** Bytes as a stream of copies, which breaks in the middle where it is to be `lost`. */
export function streamOf(bytes: Buffer, lost: Error | undefined, signal: AbortSignal | undefined): Readable {
  const end = lost ? Math.floor(bytes.length / 2) : bytes.length
  let at = 0
  const stream = new Readable({
    highWaterMark: CHUNK,
    read() {
      if (at < end) {
        const next = Math.min(at + CHUNK, end)
        const chunk = Buffer.from(bytes.subarray(at, next))
        at = next
        this.push(chunk)
      } else if (lost) this.destroy(lost)
      else this.push(null)
    },
  })
  const aborted = (): void => void stream.destroy(signal?.reason)
  signal?.addEventListener('abort', aborted, { once: true })
  stream.once('close', () => signal?.removeEventListener('abort', aborted))
  return stream
}
