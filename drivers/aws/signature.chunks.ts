import { EMPTY_HASH, type HmacKey, type Signature, sha256, timestamp } from './signature.js'

// Bodies that carry more than their bytes: each chunk with a signature of its own, and checksums after the last.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html

/** What stands for the payload in the signature of a request whose chunks are signed. */
export const STREAMING_SIGNED = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
/** The same, with headers after the body, which are signed too. */
export const STREAMING_SIGNED_TRAILER = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER'
/** Headers after a body that is not signed: over TLS. */
export const STREAMING_UNSIGNED_TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'

/** Bytes in a signed chunk: services want 8 KiB at least, of all but the last. */
export const CHUNK_SIZE: number = 64 * 1024

/** The signatures of a body's chunks, of which each holds the one before it. */
export class ChunkSigner {
  readonly #key: HmacKey
  readonly #head: string
  #last: string

  /** `seed` is the signature of the request itself. */
  constructor(seed: Pick<Signature, 'key' | 'scope' | 'signature'>, date: Date) {
    this.#key = seed.key
    this.#head = `${timestamp(date)}\n${seed.scope}\n`
    this.#last = seed.signature
  }

  chunk(bytes: Uint8Array): string {
    return this.#sign('AWS4-HMAC-SHA256-PAYLOAD', `${EMPTY_HASH}\n${sha256(bytes)}`)
  }

  /** `trailer` are the lines that follow the body, each with a line feed. */
  trailer(trailer: string): string {
    return this.#sign('AWS4-HMAC-SHA256-TRAILER', sha256(trailer))
  }

  #sign(kind: string, what: string): string {
    this.#last = this.#key.hex(`${kind}\n${this.#head}${this.#last}\n${what}`)
    return this.#last
  }
}

/** How a body is framed. */
export interface Framing {
  /** Signs the chunks; without it they are only framed. */
  readonly signer?: ChunkSigner | undefined
  /** The header after the body, and what it will hold once all has been read. */
  readonly trailer?: { readonly name: string; value(): string } | undefined
}

const SIGNATURE = ';chunk-signature='
const SIGNATURE_LENGTH = SIGNATURE.length + 64

/** The length of the framed body of so many bytes. */
export function framedLength(bytes: number, signed: boolean, trailer?: { name: string; valueLength: number }): number {
  const frame = (size: number): number => size.toString(16).length + (signed ? SIGNATURE_LENGTH : 0) + 4 + size
  const whole = Math.floor(bytes / CHUNK_SIZE)
  const rest = bytes % CHUNK_SIZE
  const last = frame(0) - 2
  const lines = trailer === undefined ? 0 : trailer.name.length + 1 + trailer.valueLength + 2
  const signature = trailer !== undefined && signed ? 'x-amz-trailer-signature:'.length + 64 + 2 : 0
  return whole * frame(CHUNK_SIZE) + (rest > 0 ? frame(rest) : 0) + last + lines + signature + 2
}

/** Frames a body: chunks of one size, then an empty one, then what follows. */
export async function* framed(
  source: AsyncIterable<Uint8Array>,
  { signer, trailer }: Framing,
): AsyncGenerator<Uint8Array, void, undefined> {
  const head = (bytes: Uint8Array): Buffer => {
    const signature = signer === undefined ? '' : `${SIGNATURE}${signer.chunk(bytes)}`
    return Buffer.from(`${bytes.length.toString(16)}${signature}\r\n`)
  }
  const end = Buffer.from('\r\n')
  for await (const bytes of sized(source)) yield Buffer.concat([head(bytes), bytes, end])
  let rest = head(new Uint8Array()).toString()
  if (trailer !== undefined) {
    const line = `${trailer.name}:${trailer.value()}`
    rest += `${line}\r\n`
    if (signer !== undefined) rest += `x-amz-trailer-signature:${signer.trailer(`${line}\n`)}\r\n`
  }
  yield Buffer.from(`${rest}\r\n`)
}

/** The same bytes in pieces of one size; the last may be shorter. */
async function* sized(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let kept: Uint8Array[] = []
  let size = 0
  for await (let bytes of source) {
    while (size + bytes.length >= CHUNK_SIZE) {
      const taken = bytes.subarray(0, CHUNK_SIZE - size)
      yield kept.length === 0 ? taken : Buffer.concat([...kept, taken])
      bytes = bytes.subarray(taken.length)
      kept = []
      size = 0
    }
    if (bytes.length > 0) {
      kept.push(bytes)
      size += bytes.length
    }
  }
  if (size > 0) yield Buffer.concat(kept)
}
