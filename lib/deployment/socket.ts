import { Socket } from 'node:net'

/** What one read may take from the socket: a quarter of the system calls that Node's own 64 KiB need. */
const READ_SIZE = 262_144

type Done = (error?: Error | null) => void

/**
 * A socket as ssh2 needs one. ssh2 writes each packet in three pieces, which would be three system calls and, without
 * Nagle's algorithm, three segments: what is written in one turn of the event loop goes out together. And it is done with
 * what it reads when it returns, once the connection is encrypted: then one buffer serves for all.
 */
export class SSHSocket extends Socket {
  /** From now on the same memory is read into again and again. */
  encrypted = false

  constructor() {
    let shared: Buffer | undefined
    super({
      onread: {
        buffer: () => {
          if (!this.encrypted) return Buffer.allocUnsafeSlow(16_384)
          shared ??= Buffer.allocUnsafeSlow(READ_SIZE)
          return shared
        },
        callback: (bytes: number, buffer: Uint8Array) => {
          this.emit('data', Buffer.from(buffer.buffer, buffer.byteOffset, bytes))
          return true
        },
      },
    } as never)
  }

  override write(chunk: string | Uint8Array, encoding?: BufferEncoding | Done, done?: Done): boolean {
    if (this.writableCorked === 0) {
      this.cork()
      process.nextTick(() => this.uncork())
    }
    return super.write(chunk, encoding as BufferEncoding, done)
  }
}
