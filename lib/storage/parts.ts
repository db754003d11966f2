import { finished, Readable } from 'node:stream'
import { InvalidRequestError } from '../errors.js'
import { type BodySource, bytesOf, chunksOf, discard, expectFailure, lengthOf } from '../http/body.js'
import type { CallLimits } from '../limits.js'
import type { Progress } from '../options.js'

/** Some of a source's bytes, as they came: to put them together would cost a third of what it costs to send them. */
export interface Part {
  readonly chunks: readonly Uint8Array[]
  readonly length: number
}

export interface PartReaderOptions {
  /** Bytes of the source, where they are known; another number is a failure. */
  readonly length?: number | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** What is held of a stream before it is asked to wait. */
const AHEAD = 1024 * 1024
/** Chunks that are smaller than this are put together. */
const SMALL = 16 * 1024
const BLOCK = 64 * 1024
/** The most that is sent at once: a call with a large body in one piece would seem to stand still. */
const SLICE = 512 * 1024

/** Reads a source piece by piece. What it yields must stay as it is: pieces hold it until they are sent. */
export class PartReader {
  readonly length: number | undefined
  /** How many bytes have been read. */
  transferred = 0
  readonly #source: BodySource
  readonly #iterator: AsyncIterator<Uint8Array | string> | Iterator<Uint8Array> | undefined
  readonly #onProgress: PartReaderOptions['onProgress']
  #queue: Uint8Array[] = []
  #queued = 0
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #wake: (() => void) | undefined

  constructor(source: BodySource, { length, onProgress }: PartReaderOptions) {
    expectFailure(source)
    this.#source = source
    this.length = lengthOf(source) ?? length
    this.#onProgress = onProgress
    if (source instanceof Readable) this.#listen(source)
    else this.#iterator = iteratorOf(source)
  }

  /** The next piece of this size, or what is left; `undefined` at the end. */
  async next(size: number): Promise<Part | undefined> {
    const chunks: Uint8Array[] = []
    let block: Buffer | undefined
    let used = 0
    let length = 0
    while (length < size) {
      const chunk = this.#queue[0] ?? (await this.#more())
      if (chunk === undefined) break
      const piece = this.#take(chunk, size - length)
      length += piece.length
      if (block !== undefined && (piece.length >= SMALL || used + piece.length > BLOCK)) {
        chunks.push(block.subarray(0, used))
        block = undefined
      }
      if (piece.length >= SMALL) chunks.push(piece)
      else {
        if (block === undefined) {
          block = Buffer.allocUnsafe(BLOCK)
          used = 0
        }
        block.set(piece, used)
        used += piece.length
      }
    }
    if (block !== undefined) chunks.push(block.subarray(0, used))
    return length === 0 ? undefined : { chunks, length }
  }

  /** Ends the reading: whoever waits for a piece is told why. */
  stop(error: unknown): void {
    this.#failure ??= { error }
    this.#wake?.()
    discard(this.#iterator ?? this.#source)
    discard(this.#source)
  }

  #take(chunk: Uint8Array, most: number): Uint8Array {
    const piece = chunk.length <= most ? chunk : chunk.subarray(0, most)
    if (piece === chunk) this.#queue.shift()
    else this.#queue[0] = chunk.subarray(most)
    this.#queued -= piece.length
    return piece
  }

  /** Waits for a chunk; there is none at the end. */
  async #more(): Promise<Uint8Array | undefined> {
    while (this.#queue.length === 0) {
      if (this.#failure) throw this.#failure.error
      if (this.#ended) return undefined
      if (this.#iterator === undefined) {
        const source = this.#source as Readable
        await new Promise<void>(resolve => {
          this.#wake = resolve
          source.resume()
        })
      } else await this.#pull(this.#iterator)
    }
    return this.#queue[0]
  }

  async #pull(iterator: AsyncIterator<Uint8Array | string> | Iterator<Uint8Array>): Promise<void> {
    const next = Promise.resolve(iterator.next())
    // Whoever stops the reading does not wait for a source that stands still.
    const result = await new Promise<IteratorResult<Uint8Array | string> | undefined>((resolve, reject) => {
      this.#wake = () => resolve(undefined)
      next.then(resolve, reject)
    })
    if (result === undefined) return
    if (result.done) this.#end()
    else this.#add(result.value)
  }

  #listen(source: Readable): void {
    source.pause()
    source.on('data', chunk => {
      try {
        this.#add(chunk)
      } catch (error) {
        this.#failure ??= { error }
      }
      if (this.#queued >= AHEAD || this.#failure) source.pause()
      this.#wake?.()
    })
    finished(source, { writable: false }, error => {
      try {
        if (error) throw error
        this.#end()
      } catch (failure) {
        this.#failure ??= { error: failure }
      }
      this.#wake?.()
    })
  }

  #add(chunk: unknown): void {
    const bytes = bytesOf(chunk)
    this.transferred += bytes.length
    if (this.length !== undefined && this.transferred > this.length) this.#refuse(`more than ${this.length}`)
    if (bytes.length === 0) return
    this.#queue.push(bytes)
    this.#queued += bytes.length
    this.#onProgress?.({ transferred: this.transferred, total: this.length })
  }

  #end(): void {
    if (this.length !== undefined && this.transferred !== this.length)
      this.#refuse(`${this.transferred}, not ${this.length}`)
    this.#ended = true
  }

  #refuse(what: string): never {
    const details = { argument: 'options.contentLength', allowed: 'the number of bytes that the source yields' }
    throw new InvalidRequestError(`The source yielded ${what} bytes`, details)
  }
}

function iteratorOf(source: BodySource): AsyncIterator<Uint8Array | string> | Iterator<Uint8Array> {
  const chunks = chunksOf(source)
  return Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]()
}

/** A piece as a body: no more than a slice at a time, so that its way can be watched. A stream is sent cheaper than an iterable. */
export function sliced(part: Part): Readable {
  const rest = slices(part)
  return new Readable({
    highWaterMark: 1,
    read() {
      const { value } = rest.next()
      this.push(value ?? null)
    },
  })
}

function* slices({ chunks }: Part): Generator<Uint8Array, void, undefined> {
  for (const chunk of chunks) {
    if (chunk.length <= SLICE) yield chunk
    else for (let at = 0; at < chunk.length; at += SLICE) yield chunk.subarray(at, at + SLICE)
  }
}

/** A piece in one. */
export function joined({ chunks }: Part): Uint8Array {
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks)
}

/**
 * Sends pieces side by side, in the order in which `next` gives them; the first failure ends all others, and is thrown when
 * nothing is under way any more.
 */
export async function sendParts(
  next: (index: number) => Promise<Part | undefined>,
  send: (part: Part, index: number) => Promise<void>,
  { concurrency, limits }: { readonly concurrency: number; readonly limits: CallLimits },
): Promise<number> {
  const running = new Set<Promise<void>>()
  let index = 0
  try {
    for (; limits.failure === undefined; index++) {
      const part = await next(index)
      if (part === undefined) break
      const work = send(part, index)
        .catch(error => limits.fail(error))
        .finally(() => {
          running.delete(work)
        })
      running.add(work)
      if (running.size >= concurrency) await Promise.race(running)
    }
  } catch (error) {
    limits.fail(error)
  }
  await Promise.all(running)
  if (limits.failure) throw limits.failure.error
  return index
}
