import { createHash } from 'node:crypto'
import * as zlib from 'node:zlib'

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html

/** A checksum that the service compares with what arrives. */
export type S3Checksum = 'MD5' | 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256'

/** A checksum that is taken chunk by chunk. */
export interface RunningChecksum {
  update(chunk: Uint8Array): void
  /** In Base64, as headers hold it. */
  digest(): string
}

/** The characters of each checksum in Base64. */
export const CHECKSUM_LENGTH: Readonly<Record<S3Checksum, number>> = {
  MD5: 24,
  CRC32: 8,
  CRC32C: 8,
  CRC64NVME: 12,
  SHA1: 28,
  SHA256: 44,
}

/** The header that carries it. */
export function checksumHeader(algorithm: S3Checksum): string {
  return algorithm === 'MD5' ? 'content-md5' : `x-amz-checksum-${algorithm.toLowerCase()}`
}

export function startChecksum(algorithm: S3Checksum): RunningChecksum {
  if (algorithm === 'CRC32') return new Crc32()
  if (algorithm === 'CRC32C') return new Crc32c()
  if (algorithm === 'CRC64NVME') return new Crc64()
  const hash = createHash(algorithm.toLowerCase())
  return { update: chunk => void hash.update(chunk), digest: () => hash.digest('base64') }
}

/** Of bytes at hand. */
export function checksumOf(algorithm: S3Checksum, bytes: Uint8Array): string {
  const running = startChecksum(algorithm)
  running.update(bytes)
  return running.digest()
}

class Crc32 implements RunningChecksum {
  #value = 0
  update(chunk: Uint8Array): void {
    this.#value = zlib.crc32(chunk, this.#value)
  }
  digest(): string {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(this.#value)
    return bytes.toString('base64')
  }
}

/** Tables for eight bytes at a time: `table[k * 256 + byte]` is what a byte k places before the last becomes. */
function slices(polynomial: number): Int32Array {
  const table = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
    table[byte] = value
  }
  for (let at = 256; at < table.length; at++) {
    const before = table[at - 256] as number
    table[at] = (before >>> 8) ^ (table[before & 0xff] as number)
  }
  return table
}

let castagnoli: Int32Array | undefined

class Crc32c implements RunningChecksum {
  #value = -1
  update(chunk: Uint8Array): void {
    castagnoli ??= slices(0x82f63b78)
    const t = castagnoli
    let crc = this.#value
    let at = 0
    for (const end = chunk.length - 7; at < end; at += 8) {
      const low = crc ^ (chunk[at]! | (chunk[at + 1]! << 8) | (chunk[at + 2]! << 16) | (chunk[at + 3]! << 24))
      crc =
        t[1792 + (low & 0xff)]! ^
        t[1536 + ((low >>> 8) & 0xff)]! ^
        t[1280 + ((low >>> 16) & 0xff)]! ^
        t[1024 + (low >>> 24)]! ^
        t[768 + chunk[at + 4]!]! ^
        t[512 + chunk[at + 5]!]! ^
        t[256 + chunk[at + 6]!]! ^
        t[chunk[at + 7]!]!
    }
    for (; at < chunk.length; at++) crc = (crc >>> 8) ^ t[(crc ^ chunk[at]!) & 0xff]!
    this.#value = crc
  }
  digest(): string {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(~this.#value)
    return bytes.toString('base64')
  }
}

/** The same for 64 bits: the low halves, then the high ones. */
function wideSlices(polynomial: bigint): [low: Int32Array, high: Int32Array] {
  const low = new Int32Array(8 * 256)
  const high = new Int32Array(8 * 256)
  const wide: bigint[] = []
  for (let byte = 0; byte < 256; byte++) {
    let value = BigInt(byte)
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n
    wide.push(value)
  }
  for (let at = 256; at < 8 * 256; at++) {
    const before = wide[at - 256] as bigint
    wide.push((before >> 8n) ^ (wide[Number(before & 0xffn)] as bigint))
  }
  for (const [at, value] of wide.entries()) {
    low[at] = Number(BigInt.asIntN(32, value))
    high[at] = Number(BigInt.asIntN(32, value >> 32n))
  }
  return [low, high]
}

let nvme: [Int32Array, Int32Array] | undefined

class Crc64 implements RunningChecksum {
  #low = -1
  #high = -1
  update(chunk: Uint8Array): void {
    nvme ??= wideSlices(0x9a6c9329ac4bc9b5n)
    const [l, h] = nvme
    let low = this.#low
    let high = this.#high
    let at = 0
    for (const end = chunk.length - 7; at < end; at += 8) {
      const a = low ^ (chunk[at]! | (chunk[at + 1]! << 8) | (chunk[at + 2]! << 16) | (chunk[at + 3]! << 24))
      const b = high ^ (chunk[at + 4]! | (chunk[at + 5]! << 8) | (chunk[at + 6]! << 16) | (chunk[at + 7]! << 24))
      const a0 = 1792 + (a & 0xff)
      const a1 = 1536 + ((a >>> 8) & 0xff)
      const a2 = 1280 + ((a >>> 16) & 0xff)
      const a3 = 1024 + (a >>> 24)
      const b0 = 768 + (b & 0xff)
      const b1 = 512 + ((b >>> 8) & 0xff)
      const b2 = 256 + ((b >>> 16) & 0xff)
      const b3 = b >>> 24
      low = l[a0]! ^ l[a1]! ^ l[a2]! ^ l[a3]! ^ l[b0]! ^ l[b1]! ^ l[b2]! ^ l[b3]!
      high = h[a0]! ^ h[a1]! ^ h[a2]! ^ h[a3]! ^ h[b0]! ^ h[b1]! ^ h[b2]! ^ h[b3]!
    }
    for (; at < chunk.length; at++) {
      const index = (low ^ chunk[at]!) & 0xff
      low = ((low >>> 8) | (high << 24)) ^ l[index]!
      high = (high >>> 8) ^ h[index]!
    }
    this.#low = low
    this.#high = high
  }
  digest(): string {
    const bytes = Buffer.alloc(8)
    bytes.writeInt32BE(~this.#high)
    bytes.writeInt32BE(~this.#low, 4)
    return bytes.toString('base64')
  }
}
