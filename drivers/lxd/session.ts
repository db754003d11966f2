import { Readable, Writable } from 'node:stream'
import { path } from '../../lib/http/url.js'
import { openWebSocket, type WebSocketChannel } from '../../lib/http/websocket.js'
import type { LXDConnection } from './connection.js'
import type { LXDChangeOptions, LXDOperation } from './types.js'

/** A terminal's size in characters. */
export interface LXDTerminalSize {
  readonly width: number
  readonly height: number
}

/** Signals that can be sent to a command, by name. */
export type LXDSignal =
  | 'SIGHUP'
  | 'SIGINT'
  | 'SIGQUIT'
  | 'SIGKILL'
  | 'SIGUSR1'
  | 'SIGUSR2'
  | 'SIGTERM'
  | 'SIGCONT'
  | 'SIGSTOP'
  | 'SIGWINCH'

const SIGNALS: Readonly<Record<LXDSignal, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGTERM: 15,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGWINCH: 28,
}

/** Names of the operation's websockets, each with its secret. */
export type Sockets = Readonly<Record<string, string>>

/**
 * A command, or a console, that goes on: its streams, and its end. What it writes must be read, or it will wait. Ends by
 * itself, with `close()`, or with the signal that it was opened with; nothing of it is left then.
 */
export class LXDSession implements AsyncDisposable {
  /** What the command reads; end it to tell the command that there is no more. */
  readonly stdin: Writable
  /** What it writes; of a terminal all that it shows. */
  readonly stdout: Readable
  /** What it writes beside; of a terminal nothing. */
  readonly stderr: Readable
  /** Its exit code; 128 and the signal where one has ended it. Rejects when that cannot be told any more. */
  readonly exitCode: Promise<number>
  readonly #channels: Readonly<Record<string, WebSocketChannel>>
  readonly #abort = new AbortController()

  constructor(
    connection: LXDConnection,
    operation: LXDOperation,
    channels: Readonly<Record<string, WebSocketChannel>>,
    options: LXDChangeOptions = {},
  ) {
    this.#channels = channels
    const { '0': input, '1': output, '2': errors } = channels as Record<string, WebSocketChannel>
    this.stdin = writable(input as WebSocketChannel)
    // Of a terminal both directions share a socket.
    this.stdout = readable(output ?? (input as WebSocketChannel))
    this.stderr = errors ? readable(errors) : Readable.from([])
    const { signal } = options
    const stop = (): void => this.#abort.abort(signal?.reason)
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop)
    const waiting = { ...options, signal: this.#abort.signal, ex_onOperation: undefined, ex_wait: undefined }
    this.exitCode = connection
      .wait(operation, waiting)
      .then(({ metadata }) => Number(metadata?.['return'] ?? 0))
      .finally(() => {
        signal?.removeEventListener('abort', stop)
        // Its last words may still be on their way, and come by the first socket where there is no other.
        channels['control']?.close()
        if (output) input?.close()
      })
    this.exitCode.catch(error => {
      for (const stream of [this.stdin, this.stdout, this.stderr]) stream.on('error', () => {}).destroy(error)
      for (const channel of Object.values(channels)) channel.destroy()
    })
    this.#drain()
  }

  /** Tells a terminal its new size. */
  async resize({ width, height }: LXDTerminalSize): Promise<void> {
    await this.#control({ command: 'window-resize', args: { width: String(width), height: String(height) } })
  }

  /** Sends the command a signal. */
  async kill(signal: LXDSignal = 'SIGTERM'): Promise<void> {
    await this.#control({ command: 'signal', signal: SIGNALS[signal] })
  }

  /** Ends it: the command is killed where it still runs, and all sockets are given back. */
  async close(): Promise<void> {
    await this.#control({ command: 'signal', signal: SIGNALS.SIGKILL }).catch(() => {})
    for (const channel of Object.values(this.#channels)) channel.close()
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.on('error', () => {}).destroy()
    await this.exitCode.catch(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #control(message: object): Promise<void> {
    await this.#channels['control']?.send(JSON.stringify(message))
  }

  /** The control channel brings nothing, but that it was closed. */
  #drain(): void {
    const drain = async (): Promise<void> => {
      for await (const _message of this.#channels['control']?.messages() ?? []);
    }
    drain().catch(() => {})
  }
}

function writable(channel: WebSocketChannel): Writable {
  return new Writable({
    highWaterMark: 64 * 1024,
    write: (chunk: Buffer, _encoding, done) => void channel.send(chunk).then(() => done(), done),
    // An empty text says that there is no more; the command's own end comes later.
    final: done =>
      void channel.send('').then(
        () => done(),
        () => done(),
      ),
  }).on('error', () => {})
}

/** What a channel brings until it says that there is no more. */
function readable(channel: WebSocketChannel): Readable {
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for await (const { isText, data } of channel.messages()) {
      if (isText && data.length === 0) break
      if (data.length > 0) yield data
    }
    channel.close()
  }
  return Readable.from(chunks(), { objectMode: false, highWaterMark: 64 * 1024 }).on('error', () => {})
}

/** Connects to all of an operation's websockets, or to none. */
export async function openSession(
  connection: LXDConnection,
  operation: LXDOperation,
  options: LXDChangeOptions,
): Promise<LXDSession> {
  const fds = (operation.metadata?.['fds'] ?? {}) as Sockets
  const at = path`/1.0/operations/${operation.id}/websocket`
  const { signal } = options
  const opened = await Promise.allSettled(
    Object.entries(fds).map(async ([name, secret]) => {
      connection.conceal(secret)
      const channel = await openWebSocket(connection, { path: at, query: { secret } }, { ...options, signal })
      return [name, channel] as const
    }),
  )
  const channels = opened.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
  // A command may be over before its control could be taken.
  const isWhole = Object.keys(fds).every(name => name === 'control' || channels.some(([each]) => each === name))
  if (isWhole) return new LXDSession(connection, operation, Object.fromEntries(channels), options)
  const failed = opened.find(each => each.status === 'rejected')
  for (const [, channel] of channels) channel.destroy()
  const cancel = { method: 'DELETE', path: path`/1.0/operations/${operation.id}` } as const
  await connection.request(cancel, { timeout: 5000, retry: false }).catch(() => {})
  throw failed?.reason
}
