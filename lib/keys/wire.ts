/**
 * A key that is not one. Its message never repeats what was read, which may be private.
 * @internal
 */
export class MalformedKey extends Error {}

/**
 * Reads the encoding of RFC 4251, section 5, and never beyond its end.
 * @internal
 */
export class WireReader {
  readonly #bytes: Buffer
  #at = 0
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  take(length: number): Buffer {
    const bytes = this.#bytes.subarray(this.#at, this.#at + length)
    if (bytes.length !== length) throw new MalformedKey('its data ends too early')
    this.#at += length
    return bytes
  }

  uint32(): number {
    return this.take(4).readUInt32BE()
  }

  string(): Buffer {
    return this.take(this.uint32())
  }

  /** A positive integer without its leading zeros. */
  mpint(): Buffer {
    const bytes = this.string()
    const first = bytes[0]
    const padded = first === 0 && bytes.length > 1 && bytes[1]! >= 0x80
    if (first === undefined || first >= 0x80 || (first === 0 && !padded)) {
      throw new MalformedKey('one of its numbers is not positive or not in its shortest form')
    }
    return padded ? bytes.subarray(1) : bytes
  }

  rest(): Buffer {
    return this.take(this.#bytes.length - this.#at)
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new MalformedKey('its data goes on after its end')
  }
}

/** @internal */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** @internal */
export function wireString(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([uint32(bytes.length), bytes])
}

/**
 * The content of a positive integer, as both SSH and DER write it: no leading zeros but one before a set high bit.
 * @internal
 */
export function integerBytes(magnitude: Uint8Array): Buffer {
  let start = 0
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++
  const bytes = Buffer.from(magnitude.subarray(start))
  return bytes[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes
}

/** @internal */
export const wireInteger = (magnitude: Uint8Array): Buffer => wireString(integerBytes(magnitude))

/**
 * Base64 in its one canonical form, or nothing.
 * @internal
 */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return text !== '' && bytes.toString('base64') === text ? bytes : undefined
}
