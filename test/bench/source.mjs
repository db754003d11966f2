import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'

/** A file that each subject has for itself. */
export const scratch = name => join(tmpdir(), `libcloud-bench-${name}`)

const BLOCK = Buffer.alloc(64 * 1024, 'libcloud')

/** A stream of so many bytes, made as they are read. */
export function bytes(size) {
  let left = size
  return new Readable({
    read() {
      if (left <= 0) return void this.push(null)
      const block = left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK
      left -= block.length
      this.push(block)
    },
  })
}

/** Reads a stream to its end; how many bytes there were is checked. */
export function consume(stream, size) {
  return new Promise((resolve, reject) => {
    let received = 0
    stream.on('data', chunk => {
      received += chunk.length
    })
    stream.on('end', () => (received === size ? resolve() : reject(new Error(`${received} bytes came, not ${size}`))))
    stream.on('error', reject)
  })
}
