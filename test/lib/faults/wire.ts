// Servers that break HTTP on purpose: what goes over the wire is written byte by byte.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'

/** One request that has come in, and the socket to answer it on. */
export interface Asked {
  readonly socket: Socket
  readonly method: string
  readonly target: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** How many requests came before it, on all sockets. */
  readonly earlier: number
  /** How many requests came before it on this socket. */
  readonly earlierHere: number
  /** Sends text, byte for byte. */
  say(...parts: (string | Uint8Array)[]): void
  /** Sends a part each few milliseconds, until all are sent or the client is gone. */
  drip(parts: Iterable<string | Uint8Array>, pause?: number): Promise<void>
  /** Closes the connection with a reset. */
  reset(): void
}

/** A server on loopback that is closed with all its sockets. */
export interface Wire extends AsyncDisposable {
  readonly port: number
  /** Sockets that are open now. */
  readonly sockets: ReadonlySet<Socket>
  /** Sockets that were ever opened. */
  readonly connections: number
  readonly asked: readonly Asked[]
  /** What the server sent, in bytes, on sockets now closed or open. */
  sent(): number
}

/** How a server listens. */
export interface WireOptions {
  readonly tls?: TlsOptions
  /** The path of a unix socket, in place of a port. */
  readonly path?: string
  /** Answers as soon as the request's head is there: its body comes in, or not, while the answer is on its way. */
  readonly early?: boolean
  /** Sees each connection before it says anything. */
  readonly greet?: (socket: Socket) => void
}

/** Starts a server that answers each request with whatever the function writes. */
export async function wire(
  answer: (asked: Asked) => unknown,
  { tls, path, early = false, greet }: WireOptions = {},
): Promise<Wire> {
  const sockets = new Set<Socket>()
  const asked: Asked[] = []
  let connections = 0
  let sent = 0
  const serve = (socket: Socket): void => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      sent += socket.bytesWritten
    })
    greet?.(socket)
    let text = ''
    let here = 0
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      for (let taken = take(text, early); taken !== undefined; taken = take(text, early)) {
        text = text.slice(taken.length)
        const one = { ...taken.request, ...tools(socket), socket, earlier: asked.length, earlierHere: here++ }
        asked.push(one)
        answer(one)
        if (early) return void socket.removeAllListeners('data')
      }
    })
  }
  const server: Server = tls ? createTlsServer(tls, serve).on('tlsClientError', () => {}) : createServer(serve)
  await new Promise<void>(resolve =>
    server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path }, resolve),
  )
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    asked,
    get connections() {
      return connections
    },
    sent: () => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, sent),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

type Request = Pick<Asked, 'method' | 'target' | 'headers' | 'body'>

/** The first request of what has come in, and how long it is. */
function take(text: string, early: boolean): { request: Request; length: number } | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const [method = '', target = ''] = first.split(' ')
  const headers: Record<string, string> = {}
  for (const line of lines) headers[line.slice(0, line.indexOf(':')).toLowerCase()] = line.slice(line.indexOf(':') + 2)
  const request = { method, target, headers, body: '' }
  const start = end + 4
  if (early) return { request, length: text.length }
  if (headers['transfer-encoding'] === 'chunked') {
    const last = text.indexOf('0\r\n\r\n', start)
    return last < 0 ? undefined : { request: { ...request, body: text.slice(start, last) }, length: last + 5 }
  }
  const length = start + Number(headers['content-length'] ?? 0)
  return text.length < length ? undefined : { request: { ...request, body: text.slice(start, length) }, length }
}

function tools(socket: Socket): Pick<Asked, 'say' | 'drip' | 'reset'> {
  return {
    say: (...parts) => {
      for (const part of parts) if (!socket.destroyed) socket.write(part)
    },
    async drip(parts, pause = 2) {
      for (const part of parts) {
        if (socket.destroyed) return
        if (!socket.write(part)) await drained(socket)
        await sleep(pause)
      }
    },
    reset: () => void socket.resetAndDestroy(),
  }
}

/** Waits until a socket takes more, or is gone. */
export async function drained(socket: Socket): Promise<void> {
  const over = new AbortController()
  const either = ['drain', 'close'].map(event => once(socket, event, { signal: over.signal }).catch(() => {}))
  await Promise.race(either)
  over.abort()
}

/** A reply with its length. */
export function reply(body: string | Uint8Array, head = 'HTTP/1.1 200 OK', ...headers: string[]): Buffer {
  const bytes = Buffer.from(body)
  return Buffer.concat([Buffer.from(headOf(head, `Content-Length: ${bytes.length}`, ...headers)), bytes])
}

/** A reply's head. */
export function headOf(status: string, ...headers: string[]): string {
  return `${[status, ...headers].join('\r\n')}\r\n\r\n`
}

/** A chunk of a chunked body. */
export function chunkOf(bytes: string | Uint8Array): Buffer {
  const data = Buffer.from(bytes)
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')])
}

/** The same again and again. */
export function* forever<T>(part: T): Generator<T, never, undefined> {
  for (;;) yield part
}

/** A port on which nobody listens: what is free at one moment may be another test's at the next. */
export const NOBODY = 1
