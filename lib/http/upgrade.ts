import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { optionsOf } from '../credentials.js'
import { ConnectionError, LibcloudError, TimeoutError } from '../errors.js'
import { type CallOptions, type DriverOptions, operationOf } from '../options.js'
import { type Call, failureOf, openCall, prepare, requestIdOf } from './call.js'
import type { Connection } from './connection.js'
import type { ReplyHead, RequestSpec } from './message.js'
import { redactorOf } from './redact.js'
import { traceFailure, traceId, traceReply, traceRequest, traceSink } from './trace.js'

/** A request for another protocol on the socket that it came by. */
export interface UpgradeSpec
  extends Omit<RequestSpec, 'json' | 'form' | 'body' | 'contentLength' | 'read' | 'redirect'> {
  /** What the `Upgrade` header says: `'websocket'`. */
  readonly protocol: string
}

/** A socket that speaks another protocol from now on, and the reply that said so. */
export interface Upgraded {
  readonly head: ReplyHead
  /** Belongs to the caller: to be ended or destroyed. */
  readonly socket: Duplex
}

/** Waits for the reply; undici's own `upgrade` does not tell what a server said that refused. */
class Handshake implements Dispatcher.DispatchHandler {
  head: ReplyHead = { status: 0, headers: {}, requestId: undefined }
  readonly #chunks: Buffer[] = []
  readonly #resolve: (socket: Duplex | undefined) => void
  readonly #reject: (error: unknown) => void
  readonly #calls: Call
  #over: { readonly reason: unknown } | undefined
  #abort: ((reason: Error) => void) | undefined
  constructor(call: Call, resolve: (socket: Duplex | undefined) => void, reject: (error: unknown) => void) {
    this.#calls = call
    this.#resolve = resolve
    this.#reject = reject
  }

  /** What a server said that refused. */
  get text(): string {
    return Buffer.concat(this.#chunks).toString()
  }

  end(reason: unknown): void {
    this.#over ??= { reason }
    this.#reject(reason)
    this.#abort?.(reason as Error)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#abort = reason => controller.abort(reason)
    if (this.#over) controller.abort(this.#over.reason as Error)
  }
  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
    socket: Duplex,
  ): void {
    // Nobody listens yet, and a socket's error that nobody hears ends the process.
    socket.on('error', () => {})
    if (this.#over) return void socket.destroy()
    this.#read(status, headers)
    this.#resolve(socket)
  }
  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#read(status, headers)
  }
  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#chunks.length < 64) this.#chunks.push(chunk)
  }
  onResponseEnd(): void {
    this.#resolve(undefined)
  }
  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    // undici refuses a reply that does not upgrade, once it has its head.
    if (this.head.status === 0) this.#reject(this.#over?.reason ?? broken(this.#calls, error))
    else this.#resolve(undefined)
  }

  #read(status: number, raw: Record<string, string | string[] | undefined>): void {
    const headers: Record<string, string | undefined> = {}
    for (const [name, value] of Object.entries(raw)) headers[name] = Array.isArray(value) ? value.join(', ') : value
    this.head = { status, headers, requestId: requestIdOf(headers) }
  }
}

/** Asks for another protocol, once. */
export async function sendUpgrade(connection: Connection, spec: UpgradeSpec, options: CallOptions): Promise<Upgraded> {
  const { protocol, ...rest } = spec
  const call = openCall(connection, rest as RequestSpec, options, true)
  const { signal } = options
  signal?.throwIfAborted()
  const request = prepare(connection, call.spec, call.method, true)
  await connection.sign(request, options)
  const dispatcher = await call.sockets.dispatcher
  signal?.throwIfAborted()
  const trace = traced(connection, request)
  let handshake!: Handshake
  const answered = new Promise<Duplex | undefined>((resolve, reject) => {
    handshake = new Handshake(call, resolve, reject)
  })
  const limit = options.timeout ?? call.attemptTimeout
  const timer = setTimeout(() => handshake.end(timedOut(call, limit)), limit)
  const abort = (): void => handshake.end(signal?.reason)
  signal?.addEventListener('abort', abort)
  call.sockets.enter()
  try {
    const { origin, target: path, method, headers } = request
    dispatcher.dispatch(
      { origin, path, method, headers, upgrade: protocol, headersTimeout: 0, bodyTimeout: 0 },
      handshake,
    )
    const socket = await answered
    trace?.reply(handshake.head, handshake.text)
    if (socket === undefined) throw failureOf(call, handshake.head, handshake.text)
    return { head: handshake.head, socket }
  } catch (error) {
    if (handshake.head.status === 0) trace?.failure(error)
    signal?.throwIfAborted()
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
    call.sockets.leave()
  }
}

type Traced = { reply(head: ReplyHead, text: string): void; failure(error: unknown): void }
function traced(connection: Connection, request: ReturnType<typeof prepare>): Traced | undefined {
  const write = traceSink()
  if (!write) return undefined
  const id = traceId()
  const { socketPath, verifyTls } = optionsOf<DriverOptions>(connection)
  const redactor = redactorOf(connection)
  const url = request.origin + request.target
  traceRequest(write, { ...request, id, url, socketPath, insecure: verifyTls === false }, redactor)
  return {
    reply: (head, body) => traceReply(write, id, { ...head, statusText: '', body }, redactor),
    failure: error => traceFailure(write, id, error, redactor),
  }
}

function broken({ connection, operation }: Call, cause: unknown): unknown {
  if (cause instanceof LibcloudError) return cause
  const { code = '', message = '' } = (cause ?? {}) as { code?: string; message?: string }
  const why = [code, redactorOf(connection).values(message)].filter(Boolean).join(': ').slice(0, 300)
  const { provider } = connection
  return new ConnectionError(`${operation ?? 'request'}: no complete answer from '${provider}' (${why}).`, {
    provider,
    operation,
    cause,
    retryable: true,
  })
}

function timedOut({ connection, options }: Call, limit: number): TimeoutError {
  const operation = operationOf(options)
  const { provider } = connection
  const message = `${operation ?? 'request'}: '${provider}' gave no complete answer for ${limit} ms`
  return new TimeoutError(message, { provider, operation, retryable: true })
}
