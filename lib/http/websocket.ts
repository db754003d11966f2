import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { ConnectionError, MalformedResponseError } from '../errors.js'
import type { CallOptions } from '../options.js'
import type { Connection } from './connection.js'
import type { RequestSpec } from './message.js'

/** What a websocket brings. */
export interface WebSocketMessage {
  readonly isText: boolean
  readonly data: Buffer
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const OPCODE = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const
/**
 * Milliseconds without a byte before a ping is answered: to write to a server that has closed breaks the socket, and what
 * it had sent before would be lost.
 */
const PONG_DELAY = 500
const MAX_MESSAGE = 64 * 1024 * 1024

interface Frame {
  readonly isFinal: boolean
  readonly opcode: number
  readonly data: Buffer
}

/**
 * The client's end of a websocket (RFC 6455) on a socket of the connection's own dispatcher: TLS, client certificates and
 * unix sockets hold for it too. Reads no more than its reader takes: a slow reader slows the server down.
 */
export class WebSocketChannel {
  readonly #socket: Duplex
  readonly #about: { readonly provider: string }
  #closed = false
  /** What a ping said that was not answered yet. */
  #asked: Buffer | undefined

  constructor(socket: Duplex, provider: string) {
    this.#socket = socket
    this.#about = { provider }
  }

  /**
   * The messages, until either side closes. To be asked for once.
   * @throws ConnectionError when the socket breaks before it is closed.
   */
  async *messages(): AsyncGenerator<WebSocketMessage, void, undefined> {
    let parts: Buffer[] = []
    let size = 0
    let isText = false
    for await (const { isFinal, opcode, data } of this.#frames()) {
      if (opcode === OPCODE.CLOSE) return this.close()
      if (opcode === OPCODE.PING) this.#asked = data
      if (opcode > OPCODE.BINARY) continue
      if (opcode !== OPCODE.CONTINUATION) isText = opcode === OPCODE.TEXT
      size += data.length
      if (size > MAX_MESSAGE) throw new MalformedResponseError('A message is larger than 64 MiB', this.#about)
      parts.push(data)
      if (!isFinal) continue
      yield { isText, data: parts.length === 1 ? data : Buffer.concat(parts) }
      parts = []
      size = 0
    }
  }

  /** Sends a message: a string as text, bytes as they are. Resolves when more may be sent. */
  send(message: string | Uint8Array): Promise<void> {
    const isText = typeof message === 'string'
    return this.#write(isText ? OPCODE.TEXT : OPCODE.BINARY, isText ? Buffer.from(message) : message)
  }

  /** Says that this side is done, and gives the socket back. */
  close(code = 1000): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#socket.destroyed) return
    this.#socket.end(frame(OPCODE.CLOSE, Buffer.from([code >> 8, code & 0xff])))
    // The server's answer tells nothing new, but what it sends meanwhile has to be read.
    this.#socket.resume()
    const timer = setTimeout(() => this.#socket.destroy(), 1000)
    this.#socket.once('close', () => clearTimeout(timer)).once('end', () => this.#socket.destroy())
  }

  /** Gives the socket back at once. */
  destroy(): void {
    this.#closed = true
    this.#socket.destroy()
  }

  async #write(opcode: number, data: Uint8Array): Promise<void> {
    if (this.#closed || this.#socket.destroyed) throw this.#broken('it is closed')
    if (this.#socket.write(frame(opcode, data))) return
    const gone = new AbortController()
    const close = once(this.#socket, 'close', { signal: gone.signal }).then(() => {
      throw this.#broken('it was closed while a message was being sent')
    })
    try {
      await Promise.race([once(this.#socket, 'drain', { signal: gone.signal }), close])
    } catch (cause) {
      throw cause instanceof ConnectionError ? cause : this.#broken((cause as Error).message, cause)
    } finally {
      close.catch(() => {})
      gone.abort()
    }
  }

  async *#frames(): AsyncGenerator<Frame, void, undefined> {
    let held: Buffer = Buffer.alloc(0)
    let idle: NodeJS.Timeout | undefined
    try {
      for await (const chunk of this.#socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        clearTimeout(idle)
        held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
        for (let size = frameSize(held); size !== undefined && held.length >= size; size = frameSize(held)) {
          yield readFrame(held.subarray(0, size))
          held = held.subarray(size)
        }
        if (this.#asked !== undefined) idle = setTimeout(() => this.#pong(), PONG_DELAY).unref()
      }
    } catch (cause) {
      if (cause instanceof MalformedResponseError) throw cause
      if (!this.#closed) throw this.#broken((cause as Error).message, cause)
    } finally {
      clearTimeout(idle)
    }
    if (!this.#closed) throw this.#broken('the server went away')
  }

  #pong(): void {
    const asked = this.#asked ?? Buffer.alloc(0)
    this.#asked = undefined
    this.#write(OPCODE.PONG, asked).catch(() => {}) // whether the socket still works is told by what is read
  }

  #broken(why: string, cause?: unknown): ConnectionError {
    const { provider } = this.#about
    return new ConnectionError(`The websocket of '${provider}' broke: ${why}`, {
      provider,
      cause,
      mayHaveHappened: true,
    })
  }
}

/** Where a frame ends, once its head is there. */
function frameSize(bytes: Buffer): number | undefined {
  if (bytes.length < 2) return undefined
  const second = bytes[1] as number
  if (second & 0x80) throw new MalformedResponseError('The server sent a masked frame')
  const short = second & 0x7f
  if (short < 126) return 2 + short
  if (short === 126) return bytes.length < 4 ? undefined : 4 + bytes.readUInt16BE(2)
  if (bytes.length < 10) return undefined
  const long = bytes.readBigUInt64BE(2)
  if (long > BigInt(MAX_MESSAGE)) throw new MalformedResponseError('A frame is larger than 64 MiB')
  return 10 + Number(long)
}

function readFrame(bytes: Buffer): Frame {
  const first = bytes[0] as number
  if (first & 0x70) throw new MalformedResponseError('The server sent a frame with reserved bits')
  const short = (bytes[1] as number) & 0x7f
  const head = short < 126 ? 2 : short === 126 ? 4 : 10
  return { isFinal: (first & 0x80) !== 0, opcode: first & 0x0f, data: bytes.subarray(head) }
}

/** A client's frame: masked, as the protocol wants it. */
function frame(opcode: number, data: Uint8Array): Buffer {
  const { length } = data
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const head = 2 + extra + 4
  const bytes = Buffer.allocUnsafe(head + length)
  bytes[0] = 0x80 | opcode
  bytes[1] = 0x80 | (extra === 0 ? length : extra === 2 ? 126 : 127)
  if (extra === 2) bytes.writeUInt16BE(length, 2)
  else if (extra === 8) bytes.writeBigUInt64BE(BigInt(length), 2)
  const mask = randomBytes(4)
  mask.copy(bytes, 2 + extra)
  for (let at = 0; at < length; at++) bytes[head + at] = (data[at] as number) ^ (mask[at & 3] as number)
  return bytes
}

/** Opens a websocket. @throws LibcloudError of the class that the server's refusal says. */
export async function openWebSocket(
  connection: Connection,
  spec: Pick<RequestSpec, 'path' | 'query' | 'headers' | 'errors' | 'origin'> & { readonly subprotocol?: string },
  options: CallOptions = {},
): Promise<WebSocketChannel> {
  const { subprotocol, ...rest } = spec
  const key = randomBytes(16).toString('base64')
  const headers = {
    ...spec.headers,
    'sec-websocket-key': key,
    'sec-websocket-version': '13',
    'sec-websocket-protocol': subprotocol,
  }
  const { head, socket } = await connection.upgrade({ ...rest, headers, protocol: 'websocket' }, options)
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64')
  if (head.headers['sec-websocket-accept'] === accept) return new WebSocketChannel(socket, connection.provider)
  socket.destroy()
  const { provider } = connection
  throw new MalformedResponseError(`'${provider}' did not answer the websocket's key`, {
    provider,
    status: head.status,
  })
}
