import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import type { Dispatcher } from 'undici'
import { optionsOf } from '../credentials.js'
import { ConnectionError, InvalidRequestError, LibcloudError, MalformedResponseError, TimeoutError } from '../errors.js'
import type { DriverOptions } from '../options.js'
import {
  type BodySource,
  type BodyWatch,
  discard,
  expectFailure,
  markReceived,
  WatchedStream,
  watchedChunks,
} from './body.js'
import { type Call, failureOf, pacerOf, prepare, requestIdOf } from './call.js'
import { Exchange, type ExchangeWatch } from './exchange.js'
import type { OutgoingRequest, Refusal, ReplyHead, RequestSpec } from './message.js'
import { redactorOf } from './redact.js'
import { LONGEST } from './retry.js'
import type { WatchedRequest } from './sockets.js'
import { traceFailure, traceId, traceReply, traceRequest, traceSink } from './trace.js'

const MAX_REDIRECTS = 5
const MAX_ERROR_BYTES = 1024 * 1024
/** What undici refuses to send. */
const REFUSED = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])
/** Failures that another attempt would meet too: certificates, proxies, limits, mocks. */
const LASTING =
  /CERT|SELF_SIGNED|_TLS|SSL|HOSTNAME_MISMATCH|INVALID_CA|VERIFY|ERR_OSSL|PROXY_REFUSED|HEADERS_OVERFLOW|RESPONSE_EXCEEDED|UND_MOCK/

function isFailure(status: number, { accept, redirect }: RequestSpec): boolean {
  // A redirect that was not followed is no answer either.
  return status >= (redirect === 'manual' ? 400 : 300) && !accept?.includes(status)
}

/** Ends a request of undici's, which takes an emitter for a signal: an AbortSignal costs as much as a small call. */
class Ending {
  aborted = false
  reason: unknown
  #listener: (() => void) | undefined

  fire(reason: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    this.#listener?.()
  }
  on(event: string, listener: () => void): this {
    return this.once(event, listener)
  }
  once(_event: string, listener: () => void): this {
    this.#listener = listener
    return this
  }
  removeListener(_event: string, _listener: () => void): this {
    this.#listener = undefined
    return this
  }
}

/** One attempt at a request: its timer, its abort, its reply. */
export class Attempt implements ExchangeWatch {
  head: ReplyHead = { status: 0, headers: {}, requestId: undefined }
  /** What was sent last, and what it was refused with: for those who mend it. */
  #request: OutgoingRequest | undefined
  #refusal: Refusal | undefined
  readonly #call: Call
  #controller: AbortController | undefined
  #ending: Ending | undefined
  readonly #lost: boolean
  #timer: NodeJS.Timeout | undefined
  #limit = 0
  /** When the attempt, or the last chunk of its upload, began. */
  #moved = 0
  /** Whether the timer is that of the whole call. */
  #last = false
  /** What is being waited for. */
  #waiting: { end(reason: unknown): void } | undefined
  /** What the caller's own source of bytes failed with: not ours to translate. */
  #sourceError: { readonly error: unknown } | undefined
  /** What the way to the provider failed with: ours to translate. */
  #wireError: { readonly error: unknown } | undefined
  /** What is being sent and has not been read to its end. */
  #source: BodySource | undefined
  /** Set when the attempt ended before its time. */
  #over: { readonly reason: unknown } | undefined
  /** The reply as a stream, or whole. */
  #reply: Dispatcher.ResponseData | undefined
  #whole: Exchange | undefined
  #traceId: string | undefined
  #traced = false
  #handedOver = false
  #released = false
  /** Set when the first byte is about to leave: from then on it may have happened. */
  #sent = false

  /** `lost` says that an earlier attempt may have done what is asked. */
  constructor(call: Call, lost: boolean) {
    this.#call = call
    this.#lost = lost
    const { signal } = call.options
    signal?.throwIfAborted()
    signal?.addEventListener('abort', this.#abort)
  }

  /** Ends the attempt after so many milliseconds, and in any case at the call's deadline. */
  #arm(limit: number): void {
    this.#limit = limit
    this.#moved = performance.now()
    this.#wait(limit)
  }

  #wait(limit: number): void {
    clearTimeout(this.#timer)
    if (this.#released) return
    const left = Math.max(0, this.#call.deadline - performance.now())
    this.#last = left <= limit
    const wait = this.#last ? left : limit
    this.#timer = Number.isFinite(wait) ? setTimeout(this.#expire, Math.min(wait, LONGEST)) : undefined
  }

  #abort = (): void => this.#end(this.#call.options.signal?.reason)
  #expire = (): void => {
    // Chunks only tell when they moved: a timer for each would cost more than to send it.
    const rest = this.#limit - (performance.now() - this.#moved)
    if (!this.#last && rest > 1) this.#wait(rest)
    else this.#end(this.#timedOut(this.#last))
  }
  #end(reason: unknown): void {
    this.#over ??= { reason }
    this.#controller?.abort(reason)
    this.#ending?.fire(reason)
    this.#waiting?.end(reason)
  }

  /** Made for those who ask for it: signals are costly beside a small call. */
  #signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#over) this.#controller.abort(this.#over.reason)
    return this.#controller.signal
  }

  /** Waits for something that may take no notice of the attempt's end: undici does not while it connects. */
  #orEnd<T>(work: Promise<T>, discardLate: (value: T) => void = () => {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (reason: unknown): void => {
        work.then(discardLate, () => {})
        reject(reason)
      }
      this.#waiting = { end }
      if (this.#over) end(this.#over.reason)
      work.then(resolve, reject)
    })
  }

  get #mayHaveHappened(): boolean {
    return (this.#sent || this.#lost) && !this.#call.reads
  }

  #timedOut(over: boolean): TimeoutError {
    const { connection, operation, total, attemptTimeout } = this.#call
    const which = over ? `within the call's timeout of ${total} ms` : `for ${attemptTimeout} ms`
    return new TimeoutError(`${operation ?? 'request'}: '${connection.provider}' gave no complete answer ${which}`, {
      provider: connection.provider,
      operation,
      retryable: !over,
      mayHaveHappened: this.#mayHaveHappened,
    })
  }

  /** Whether the reply is an error. */
  get failed(): boolean {
    return isFailure(this.head.status, this.#call.spec)
  }

  /** Sends the request and waits for the reply's head, following redirects. */
  async run(): Promise<void> {
    const { connection, spec, method, attemptTimeout } = this.#call
    const turn = pacerOf(connection).turn(() => this.#signal())
    if (turn) {
      // Waiting for a turn is no part of the attempt.
      this.#arm(Number.POSITIVE_INFINITY)
      await turn
    }
    this.#arm(attemptTimeout)
    const dispatcher = await this.#call.sockets.dispatcher
    let request = prepare(connection, spec, method, this.#call.streamed)
    let signed = !spec.unsigned
    for (let hops = 0; ; hops++) {
      if (signed) {
        const signing = connection.sign(request, this.#call.options)
        if (signing !== undefined) await this.#orEnd(signing)
      }
      await this.#exchange(dispatcher, request)
      const next = this.#redirection(request)
      if (next === undefined) return
      if (hops >= MAX_REDIRECTS) throw this.#refuse(`more than ${MAX_REDIRECTS} redirects`)
      if (this.#reply) await this.#reply.body.dump({ limit: MAX_ERROR_BYTES })
      signed &&= next.origin === request.origin
      request = signed ? next : this.#stripped(next)
    }
  }

  async #exchange(dispatcher: Dispatcher, request: OutgoingRequest): Promise<void> {
    const { streamed, attemptTimeout, method, connection, sockets } = this.#call
    this.#request = request
    const write = traceSink()
    if (write) {
      this.#traceId = traceId()
      this.#traced = false
      request.headers['x-lc-request-id'] = this.#traceId
      const { socketPath, verifyTls } = optionsOf<DriverOptions>(connection)
      const traced = {
        ...request,
        id: this.#traceId,
        url: request.origin + request.target,
        socketPath,
        insecure: verifyTls === false,
      }
      traceRequest(write, traced, redactorOf(connection))
    }
    if (this.#over) throw this.#over.reason
    const options: Dispatcher.DispatchOptions = {
      origin: request.origin,
      path: request.target,
      method,
      headers: request.headers,
      body: request.body === null ? this.#streamBody() : (request.body ?? null),
      // The attempt has a timer of its own; a stream's idle time is watched by undici.
      headersTimeout: 0,
      bodyTimeout: streamed ? attemptTimeout : 0,
      // undici would close the connection after every HEAD.
      ...(method === 'HEAD' ? { reset: false } : {}),
    }
    const { direct } = sockets
    const { status, headers } =
      streamed || direct === undefined
        ? await this.#sendFor(dispatcher, options)
        : await this.#sendWhole(direct, options)
    this.head = { status, headers, requestId: requestIdOf(headers) }
    if (streamed && !this.failed) this.#trace(null)
  }

  /** For the exchange: the first byte is about to leave. */
  onSending(): void {
    if (!this.#over) this.#sent = true
  }

  /** For the exchange: how many bytes of body are wanted after this status. */
  limit(status: number): number {
    const { spec, connection, method } = this.#call
    // The length that a HEAD tells is that of another reply.
    if (method === 'HEAD') return Number.POSITIVE_INFINITY
    return isFailure(status, spec) ? MAX_ERROR_BYTES : connection.maxResponseBytes
  }

  /** Waits for the head of a reply, whose body is a stream. */
  async #sendFor(
    dispatcher: Dispatcher,
    options: Dispatcher.DispatchOptions,
  ): Promise<{ status: number; headers: ReplyHead['headers'] }> {
    const ending = new Ending()
    this.#ending = ending
    if (this.#over) ending.fire(this.#over.reason)
    const asked = { ...options, signal: ending, onSending: () => this.onSending() } as unknown as WatchedRequest
    const reply = await this.#onWire(
      this.#orEnd(dispatcher.request(asked), late => late.body.on('error', () => {}).destroy()),
    )
    this.#reply = reply
    const headers = reply.headers as Record<string, string | string[] | undefined>
    for (const name in headers) {
      const value = headers[name]
      if (Array.isArray(value)) headers[name] = value.join(', ')
    }
    return { status: reply.statusCode, headers: headers as ReplyHead['headers'] }
  }

  /** Waits for a whole reply. */
  async #sendWhole(dispatcher: Dispatcher, options: Dispatcher.DispatchOptions): Promise<Exchange> {
    const exchange = new Exchange(this)
    this.#whole = exchange
    this.#waiting = exchange
    await this.#onWire(exchange.send(dispatcher, options))
    return exchange
  }

  /** Marks what fails on the way to the provider. */
  async #onWire<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      this.#wireError = { error }
      throw error
    }
  }

  #streamBody(): Readable | null {
    const { body } = this.#call.spec
    if (body === undefined) return null
    if (typeof body !== 'function') return this.#watch(body)
    try {
      this.#source = body()
    } catch (error) {
      this.#sourceError = { error }
      throw error
    }
    expectFailure(this.#source)
    return this.#watch(this.#source)
  }

  /** An upload goes on for as long as it moves: every chunk starts the attempt's time anew. */
  #watch(source: BodySource): Readable {
    const watch: BodyWatch = {
      onStart: () => {
        this.#source = source
      },
      onChunk: () => {
        this.#moved = performance.now()
      },
      onEnd: () => {
        this.#source = undefined
      },
      onError: error => {
        this.#sourceError = { error }
      },
    }
    const watched = source instanceof Readable ? new WatchedStream(source, watch) : watchedChunks(source, watch)
    return watched as unknown as Readable
  }

  #redirection(request: OutgoingRequest): OutgoingRequest | undefined {
    const { status, headers } = this.head
    const { spec, method, connection } = this.#call
    const location = headers['location']
    if (
      status < 300 ||
      status > 399 ||
      status === 304 ||
      status === 300 ||
      location === undefined ||
      spec.redirect === 'manual' ||
      spec.redirect === 'error'
    )
      return undefined
    if (method !== 'GET' && method !== 'HEAD') throw this.#refuse(`a redirect of a ${method}`)
    let url: URL
    try {
      url = new URL(location, request.origin + request.target)
    } catch {
      throw this.#refuse('a redirect to an invalid address')
    }
    if (url.protocol !== 'https:' && (url.protocol !== 'http:' || request.origin.startsWith('https:'))) {
      throw this.#refuse('a redirect to an address that is not protected')
    }
    const prepared = prepare(connection, { ...spec, origin: url.origin, path: '/' }, method, this.#call.streamed)
    prepared.target = url.pathname + url.search
    return prepared
  }

  /** A request to another host: what it carries must not be of use there. */
  #stripped(request: OutgoingRequest): OutgoingRequest {
    const { host, accept, range } = request.headers
    const headers: Record<string, string> = { 'user-agent': request.headers['user-agent'] as string }
    for (const [name, value] of Object.entries({ host, accept, range })) if (value !== undefined) headers[name] = value
    return { ...request, headers }
  }

  #refuse(what: string): MalformedResponseError {
    const { connection, operation } = this.#call
    const { status, requestId } = this.head
    const message = `${operation ?? 'request'}: '${connection.provider}' answered with ${what}`
    return new MalformedResponseError(message, { provider: connection.provider, operation, status, requestId })
  }

  /** The whole body, decompressed, up to a limit. */
  async readAll(limit: number): Promise<Buffer> {
    const whole = this.#whole ? this.#collected(this.#whole, limit) : await this.#collect(limit)
    const encoding = this.head.headers['content-encoding']?.trim().toLowerCase()
    const packed = encoding !== undefined && encoding !== 'identity' && whole.length > 0
    const body = packed ? await this.#decompress(whole, encoding, limit) : whole
    if (this.#traceId !== undefined) this.#trace(body.toString())
    return body
  }

  #tooLarge(limit: number): MalformedResponseError {
    return this.#refuse(`more than maxResponseBytes (${limit} bytes)`)
  }

  #collected({ broken, tooLarge }: Exchange, limit: number): Buffer {
    if (tooLarge) throw this.#tooLarge(limit)
    if (!broken) return (this.#whole as Exchange).body()
    this.#wireError = broken
    throw broken.error
  }

  async #collect(limit: number): Promise<Buffer> {
    const { body } = this.#reply as Dispatcher.ResponseData
    const chunks: Buffer[] = []
    let size = 0
    const tooLarge = (): MalformedResponseError => {
      body.on('error', () => {}).destroy()
      return this.#tooLarge(limit)
    }
    const declared = Number(this.head.headers['content-length'])
    if (declared > limit && this.#call.method !== 'HEAD') throw tooLarge()
    const collect = async (): Promise<boolean> => {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        size += chunk.length
        if (size > limit) return false
        chunks.push(chunk)
      }
      return true
    }
    if (!(await this.#onWire(collect()))) throw tooLarge()
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
  }

  async #decompress(body: Buffer, encoding: string, limit: number): Promise<Buffer> {
    const zlib = await import('node:zlib')
    const methods = { gzip: zlib.gunzip, 'x-gzip': zlib.gunzip, deflate: zlib.inflate, br: zlib.brotliDecompress }
    const method = methods[encoding as keyof typeof methods]
    if (method === undefined) throw this.#refuse('an unknown content-encoding')
    try {
      return await promisify<Buffer, { maxOutputLength: number }, Buffer>(method)(body, { maxOutputLength: limit })
    } catch (cause) {
      const large = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      throw this.#refuse(large ? `more than maxResponseBytes (${limit} bytes)` : `a body that is not ${encoding}`)
    }
  }

  #trace(body: string | null): void {
    const write = traceSink()
    if (!write || this.#traceId === undefined || this.#traced) return
    this.#traced = true
    const { statusText = '' } = (this.#whole ?? this.#reply ?? {}) as { statusText?: string }
    traceReply(write, this.#traceId, { ...this.head, statusText, body }, redactorOf(this.#call.connection))
  }

  /** The body as a stream whose failures are this library's errors, and that ends with the caller's signal. */
  handOver(): Readable {
    const { body } = this.#reply as Dispatcher.ResponseData
    const { sockets } = this.#call
    this.#handedOver = true
    this.#arm(Number.POSITIVE_INFINITY)
    sockets.enter()
    body.once('close', () => {
      this.#release()
      sockets.leave()
    })
    const destroy = body._destroy
    body._destroy = (error, done) =>
      destroy.call(body, error, cause => {
        // Whoever destroys a stream without an error wants none.
        if (!error || !cause) return done(null)
        this.#wireError = { error: cause }
        done(this.translate(cause) as Error)
      })
    // What a dispatcher of the user's hands over may belong to somebody else: a mock's reply.
    if (optionsOf<DriverOptions>(this.#call.connection).dispatcher === undefined) markReceived(body)
    return body
  }

  /** The error that the reply tells. */
  async failure(): Promise<LibcloudError> {
    const { method } = this.#call
    const body = method === 'HEAD' ? Buffer.alloc(0) : await this.readAll(MAX_ERROR_BYTES).catch(() => Buffer.alloc(0))
    const text = body.toString()
    if (this.#request) this.#refusal = { ...this.head, request: this.#request, text }
    return failureOf(this.#call, this.head, text)
  }

  /** Whether the connection could mend what the request was refused for. */
  async mended(error: unknown): Promise<boolean> {
    const { connection, spec, options } = this.#call
    if (!this.#refusal || this.head.status >= 500 || spec.unsigned || !(error instanceof LibcloudError)) return false
    return connection.mend(error, this.#refusal, options)
  }

  /** A body that its reader refused. */
  malformed(cause: unknown, body: Buffer): LibcloudError {
    if (cause instanceof LibcloudError && !(cause instanceof MalformedResponseError)) return cause
    const { connection, operation } = this.#call
    const type = this.head.headers['content-type'] ?? 'no content type'
    const reason = cause instanceof Error ? redactorOf(connection).values(cause.message).slice(0, 200) : ''
    return new MalformedResponseError(
      `${operation ?? 'request'}: the reply of '${connection.provider}' (${type}) cannot be read: ${reason}`,
      {
        provider: connection.provider,
        operation,
        status: this.head.status,
        requestId: this.head.requestId,
        body: redactorOf(connection).excerpt(body.toString()),
      },
    )
  }

  /** Any failure as one of this library's errors; the caller's own reason for an abort is left as it is. */
  translate(error: unknown): unknown {
    const { options } = this.#call
    if (options.signal?.aborted) return options.signal.reason
    if (error instanceof LibcloudError) return this.#named(error)
    if (this.#sourceError?.error === error) return error
    if (this.#over) return this.#over.reason
    if (this.#wireError?.error !== error) return error
    return this.#broken(error)
  }

  /** What failed may know nothing of the call that it was a part of: a source, a signer. */
  #named(error: LibcloudError): LibcloudError {
    const { connection, operation } = this.#call
    if (error.provider === undefined) Object.assign(error, { provider: connection.provider, operation })
    return error
  }

  /** What the way to the provider failed with, as an error of this library. */
  #broken(error: unknown): LibcloudError {
    const { connection, operation } = this.#call
    const redactor = redactorOf(connection)
    const write = traceSink()
    if (write && this.#traceId !== undefined && !this.#traced) traceFailure(write, this.#traceId, error, redactor)
    const { code = '', message = '', errors } = (error ?? {}) as { code?: string; message?: string; errors?: Error[] }
    if (code === 'UND_ERR_BODY_TIMEOUT' || code === 'UND_ERR_HEADERS_TIMEOUT') return this.#timedOut(false)
    // The parser's errors carry what it read: a reply, with whatever is in it.
    if (Object.hasOwn(error as object, 'data')) Object.defineProperty(error, 'data', { value: undefined })
    // A name with several addresses fails with an error for each.
    const said = redactor.values(message || (errors?.[0]?.message ?? ''))
    const details = { provider: connection.provider, operation, cause: error, requestId: this.head.requestId }
    if (REFUSED.has(code)) {
      return new InvalidRequestError(`${operation ?? 'request'}: the request cannot be sent: ${said}`, details)
    }
    const mayHaveHappened = this.#mayHaveHappened
    const why = [code, said].filter(Boolean).join(': ').slice(0, 300)
    const after = mayHaveHappened ? ' The provider may have done what was asked: look before asking again.' : ''
    return new ConnectionError(
      `${operation ?? 'request'}: no complete answer from '${connection.provider}' (${why}).${after}`,
      { ...details, retryable: !LASTING.test(code), mayHaveHappened },
    )
  }

  /** Gives everything back, but what was handed over to the caller. */
  end(): void {
    if (this.#handedOver) return
    this.#release()
    const body = this.#reply?.body
    if (body && !body.readableEnded && !body.destroyed) body.on('error', () => {}).destroy()
  }

  #release(): void {
    this.#released = true
    clearTimeout(this.#timer)
    discard(this.#source)
    this.#call.options.signal?.removeEventListener('abort', this.#abort)
  }
}
