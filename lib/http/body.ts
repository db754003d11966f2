import { finished, Readable, Stream } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { InvalidRequestError } from '../errors.js'

/** Bytes to be sent: at hand, or as they come. */
export type BodySource =
  | string
  | Uint8Array
  | Blob
  | Readable
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array>

/** A stream, an iterable or a blob as an iterable of bytes; a string or bytes as they are. */
export function chunksOf(source: BodySource): AsyncIterable<Uint8Array | string> | Iterable<Uint8Array> {
  if (typeof source === 'string') return [Buffer.from(source)]
  if (source instanceof Uint8Array) return [source]
  if (source instanceof Blob) return source.stream() as unknown as AsyncIterable<Uint8Array>
  return source as AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>
}

/** A chunk as bytes. */
export function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (typeof chunk === 'string') return Buffer.from(chunk)
  const allowed = 'bytes or strings'
  throw new InvalidRequestError(`'source' must yield ${allowed}, not ${typeof chunk}`, { argument: 'source', allowed })
}

/** How many bytes there are, where that is known without reading them. */
export function lengthOf(source: BodySource): number | undefined {
  if (typeof source === 'string') return Buffer.byteLength(source)
  if (source instanceof Uint8Array) return source.byteLength
  return source instanceof Blob ? source.size : undefined
}

/** Whether the value can be sent: what {@link BodySource} says, checked. */
export function isBodySource(value: unknown): value is BodySource {
  if (typeof value === 'string' || value instanceof Uint8Array || value instanceof Blob || value instanceof Readable)
    return true
  if (typeof value !== 'object' || value === null) return false
  return Symbol.asyncIterator in value || Symbol.iterator in value
}

/** Gives back what will not be read to its end: a file would stay open. */
export function discard(source: unknown): void {
  if (source instanceof Readable) source.on('error', () => {}).destroy()
  else if (source instanceof ReadableStream)
    source.cancel().catch(() => {}) // refused while somebody reads it
  else if (isIterator(source)) Promise.resolve(source.return?.()).catch(() => {})
}

function isIterator(value: unknown): value is AsyncIterator<unknown> {
  return typeof (value as { next?: unknown } | null | undefined)?.next === 'function'
}

/** A stream that fails before anybody reads it would end the process: whoever reads it is told all the same. */
export function expectFailure(source: unknown): void {
  if (source instanceof Readable) source.on('error', () => {})
}

// Streams from the network, whose chunks nobody else has.
const received = new WeakSet<Readable>()

/** Says that a stream's chunks belong to whoever reads it. */
export function markReceived(stream: Readable): void {
  received.add(stream)
}
export function isReceived(stream: Readable): boolean {
  return received.has(stream)
}

/**
 * Gives a chunk's memory back at once, when nothing else can lie in it. The garbage collector would come for it only after
 * some 70 MB of them. Node 20 cannot.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) {
    ;(buffer as ArrayBuffer & { transfer?(length: number): unknown }).transfer?.(0)
  }
}

/** Who wants to know how far a source has been read. */
export interface BodyWatch {
  /** It is about to be read. */
  onStart(): void
  onChunk(): void
  /** It has been read to its end. */
  onEnd(): void
  onError(error: unknown): void
}

/** What a source yields, as bytes. */
export async function* watchedChunks(
  source: BodySource,
  watch: BodyWatch,
): AsyncGenerator<Uint8Array, void, undefined> {
  watch.onStart()
  try {
    for await (const chunk of chunksOf(source)) {
      watch.onChunk()
      yield bytesOf(chunk)
    }
  } catch (error) {
    watch.onError(error)
    throw error
  }
  watch.onEnd()
}

/**
 * What a stream yields, as bytes: as much of a stream as undici asks for. A Readable would buffer, and iterating a
 * stream costs about as much as sending it.
 */
export class WatchedStream extends Stream {
  destroyed = false
  readonly #source: Readable
  readonly #watch: BodyWatch
  #started = false

  constructor(source: Readable, watch: BodyWatch) {
    super()
    this.#source = source
    this.#watch = watch
  }

  pause(): void {
    this.#source.pause()
  }

  // Nothing is taken before undici has a connection: another attempt can send the same stream.
  resume(): void {
    if (this.#started) this.#source.resume()
    else this.#start()
  }

  destroy(error?: unknown): void {
    if (this.destroyed) return
    this.destroyed = true
    if (this.#started) this.#source.pause()
    process.nextTick(() => {
      if (error && this.listenerCount('error') > 0) this.emit('error', error)
      this.emit('close')
    })
  }

  #start(): void {
    this.#started = true
    this.#watch.onStart()
    this.#source.on('data', chunk => {
      if (this.destroyed) return
      this.#watch.onChunk()
      try {
        this.emit('data', bytesOf(chunk))
      } catch (error) {
        this.#fail(error)
      }
    })
    finished(this.#source, { writable: false }, error => {
      if (this.destroyed) return
      if (error) return this.#fail(error)
      this.#watch.onEnd()
      this.emit('end')
      this.destroy()
    })
  }

  #fail(error: unknown): void {
    this.#watch.onError(error)
    this.destroy(error)
  }
}
