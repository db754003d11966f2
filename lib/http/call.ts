import type { Readable } from 'node:stream'
import { optionsOf } from '../credentials.js'
import {
  InvalidRequestError,
  LibcloudError,
  type LibcloudErrorClass,
  NotFoundError,
  RateLimitError,
  TimeoutError,
} from '../errors.js'
import { type CallOptions, type DriverOptions, operationOf, type Pacing } from '../options.js'
import { Attempt } from './attempt.js'
import { discard } from './body.js'
import type { Connection } from './connection.js'
import { errorClass, isRetryable, type ProviderProblem, parseRetryAfter } from './errors.js'
import { channels } from './events.js'
import type { BodyReader, HttpMethod, OutgoingRequest, Reply, ReplyHead, RequestSpec } from './message.js'
import { Pacer } from './pacer.js'
import { redactorOf } from './redact.js'
import { retryPolicy, withRetry } from './retry.js'
import { type Sockets, socketsOf } from './sockets.js'
import { formBody, queryString } from './url.js'

export { closeSockets } from './sockets.js'

const REPEATABLE = new Set<HttpMethod>(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])
const REQUEST_ID = [
  'x-request-id',
  'x-amz-request-id',
  'x-amzn-requestid',
  'x-openstack-request-id',
  'x-ms-request-id',
  'request-id',
]

/** One call of a connection: what all its attempts share. */
export interface Call {
  readonly connection: Connection
  readonly sockets: Sockets
  readonly spec: RequestSpec
  readonly method: HttpMethod
  readonly options: CallOptions
  readonly operation: string | undefined
  readonly repeatable: boolean
  /** Changes nothing at the provider, so that nothing can have happened. */
  readonly reads: boolean
  /** On the clock of `performance.now()`. */
  readonly deadline: number
  readonly total: number | undefined
  readonly attemptTimeout: number
  readonly streamed: boolean
}

const pacers = new WeakMap<Connection, Pacer>()

/** The pace of a connection, which all its calls share. */
export function pacerOf(connection: Connection): Pacer {
  let pacer = pacers.get(connection)
  if (pacer === undefined) {
    const given: Pacing | false | undefined = optionsOf<DriverOptions>(connection).pacing
    pacer = new Pacer(given ?? connection.pacing)
    pacers.set(connection, pacer)
  }
  return pacer
}

/** Sends a request and reads its reply. */
export function sendParsed<T>(connection: Connection, spec: RequestSpec<T>, options: CallOptions): Promise<Reply<T>> {
  return send(connection, spec, options, false, async attempt => {
    const body = await attempt.readAll(connection.maxResponseBytes)
    const read = spec.read ?? (connection.read as unknown as BodyReader<T>)
    try {
      return { ...attempt.head, body: read.call(connection, body, attempt.head) }
    } catch (cause) {
      throw attempt.malformed(cause, body)
    }
  })
}

/** Sends a request and hands over its reply as it comes. */
export function sendStreamed(
  connection: Connection,
  spec: RequestSpec,
  options: CallOptions,
): Promise<Reply<Readable>> {
  return send(connection, spec, options, true, async attempt => ({ ...attempt.head, body: attempt.handOver() }))
}

/** A call that is about to begin. */
export function openCall(connection: Connection, spec: RequestSpec, options: CallOptions, streamed: boolean): Call {
  const driver = optionsOf<DriverOptions>(connection)
  const method = spec.method ?? 'GET'
  const total = options.timeout ?? (streamed || isStream(spec.body) ? undefined : (driver.timeout ?? 300_000))
  return {
    connection,
    sockets: socketsOf(connection),
    spec,
    method,
    options,
    operation: operationOf(options),
    repeatable: spec.idempotent ?? REPEATABLE.has(method),
    reads: spec.idempotent !== false && (method === 'GET' || method === 'HEAD' || spec.intent === 'read'),
    deadline: total === undefined ? Number.POSITIVE_INFINITY : performance.now() + total,
    total,
    attemptTimeout: driver.attemptTimeout ?? 60_000,
    streamed,
  }
}

async function send<R>(
  connection: Connection,
  spec: RequestSpec<never> | RequestSpec,
  options: CallOptions,
  streamed: boolean,
  finish: (attempt: Attempt) => Promise<R>,
): Promise<R> {
  options.signal?.throwIfAborted()
  const started = performance.now()
  const call = openCall(connection, spec as RequestSpec, options, streamed)
  const { provider } = connection
  const about = { provider, operation: call.operation, method: call.method, path: spec.path }
  if (channels.start.hasSubscribers) channels.start.publish(about)
  let count = 1
  // The answer to an earlier attempt was lost: what it asked for may have been done.
  let lost = false
  let mayMend = canRepeat(spec.body)
  const attemptOnce = async (number: number): Promise<R> => {
    count = number
    const attempt = new Attempt(call, lost)
    try {
      await attempt.run()
      let gone = lost && call.method === 'DELETE' && attempt.head.status === 404
      if (attempt.failed && !gone) {
        const failure = await attempt.failure()
        gone = lost && spec.intent === 'delete' && failure instanceof NotFoundError
        if (!gone) throw failure
      }
      // The body tells of an error, not of what was deleted.
      const done = gone ? ({ ...attempt.head, body: undefined } as R) : await finish(attempt)
      if (channels.end.hasSubscribers) {
        const { status } = attempt.head
        channels.end.publish({ ...about, attempt: number, status, duration: performance.now() - started })
      }
      return done
    } catch (error) {
      if (!mayMend || !(await attempt.mended(error))) throw attempt.translate(error)
    } finally {
      attempt.end()
    }
    mayMend = false
    return attemptOnce(number)
  }
  call.sockets.enter()
  try {
    return await withRetry(attemptOnce, {
      policy: retryPolicy(options.retry, optionsOf<DriverOptions>(connection).retry),
      signal: options.signal,
      deadline: call.deadline,
      pauseAfter: error => pauseAfter(error, call.repeatable && canRepeat(spec.body)),
      timedOut: cause => timedOut(call, cause, lost),
      onRetry: (error, attempt) => {
        lost ||= !call.reads && mayHaveHappened(error)
        if (channels.retry.hasSubscribers) channels.retry.publish({ ...about, attempt, error })
      },
    })
  } catch (error) {
    if (typeof spec.body !== 'function') discard(spec.body)
    options.signal?.throwIfAborted()
    if (channels.error.hasSubscribers) {
      const { status } = error as { status?: number }
      channels.error.publish({ ...about, attempt: count, status, error, duration: performance.now() - started })
    }
    throw error
  } finally {
    call.sockets.leave()
  }
}

function timedOut({ connection, operation, total }: Call, cause: unknown, lost: boolean): TimeoutError {
  const { provider } = connection
  const message = `${operation ?? 'request'}: '${provider}' gave no complete answer within the call's timeout of ${total} ms`
  return new TimeoutError(message, { provider, operation, cause, mayHaveHappened: lost })
}

/** The error that a reply is. */
export function failureOf({ connection, spec, operation }: Call, head: ReplyHead, text: string): LibcloudError {
  const { provider } = connection
  const redactor = redactorOf(connection)
  const problem = problemOf(connection, text, head)
  const { message } = problem
  const code = problem.code === undefined ? undefined : redactor.values(problem.code)
  const requestId = problem.requestId ?? head.requestId
  const ErrorClass: LibcloudErrorClass = errorClass(head.status, problem, spec.errors, connection.errors)
  const retryAfter = parseRetryAfter(head.headers['retry-after'])
  if (retryAfter !== undefined && (head.status === 429 || head.status === 503)) {
    pacerOf(connection).hold(Math.min(retryAfter, 60_000))
  }
  const said = message === undefined ? '' : `: ${redactor.values(message).slice(0, 500)}`
  const named = code === undefined ? '' : ` (${code})`
  return new ErrorClass(`${operation ?? 'request'}: '${provider}' answered ${head.status}${named}${said}`, {
    provider,
    operation,
    status: head.status,
    providerCode: code,
    requestId: requestId === undefined ? undefined : redactor.values(requestId),
    // Some say with a 400 that there were too many requests.
    retryable: isRetryable(head.status) || ErrorClass === RateLimitError,
    retryAfter,
    body: redactor.excerpt(text),
  })
}

/** A reply that its vendor's reader did not expect, such as a page of a proxy, is still the error that its status tells. */
function problemOf(connection: Connection, text: string, head: ReplyHead): ProviderProblem {
  try {
    return connection.problem(text, head)
  } catch {
    return {}
  }
}

/** What a request that may be repeated waits for after this error; `undefined` if it must not be sent again. */
function pauseAfter(error: unknown, repeatable: boolean): number | undefined {
  if (!(error instanceof LibcloudError) || !error.retryable) return undefined
  // Not a byte had left: sending it is no repetition.
  const unsent =
    (error.code === 'CONNECTION' || error.code === 'TIMEOUT') &&
    !(error as { mayHaveHappened?: boolean }).mayHaveHappened
  return repeatable || unsent ? (error.retryAfter ?? 0) : undefined
}

function isStream(body: RequestSpec['body']): boolean {
  return body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)
}
function canRepeat(body: RequestSpec['body']): boolean {
  return !isStream(body) || typeof body === 'function' || body instanceof Blob
}

/** The request's id in a reply's headers. */
export function requestIdOf(headers: ReplyHead['headers']): string | undefined {
  for (const name of REQUEST_ID) if (headers[name] !== undefined) return headers[name]
  return undefined
}

/** A request's target, headers and body, before it is signed. */
export function prepare(
  connection: Connection,
  spec: RequestSpec,
  method: HttpMethod,
  streamed: boolean,
): OutgoingRequest {
  if (!spec.path.startsWith('/') || /[\s#\\]/.test(spec.path)) {
    const allowed = "a path that begins with '/', without spaces, '#' and '\\'"
    throw new InvalidRequestError(`'path' must be ${allowed}`, {
      provider: connection.provider,
      argument: 'path',
      allowed,
    })
  }
  const origin = spec.origin ?? connection.origin
  const headers: Record<string, string> = {
    host: origin.slice(origin.indexOf('//') + 2),
    ...connection.headers,
    'user-agent': connection.userAgent,
  }
  // What is streamed is wanted as it is stored, with its length and checksum.
  if (!streamed && method !== 'HEAD') headers['accept-encoding'] = 'gzip, deflate, br'
  let body: OutgoingRequest['body']
  if (spec.json !== undefined) {
    headers['content-type'] = 'application/json'
    body = JSON.stringify(spec.json)
  } else if (spec.form !== undefined) {
    headers['content-type'] = 'application/x-www-form-urlencoded'
    body = formBody(spec.form)
  } else if (isStream(spec.body)) body = null
  else body = spec.body as string | Uint8Array | undefined
  for (const [name, value] of Object.entries(spec.headers ?? {})) {
    if (value === undefined) continue
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    if (/[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(value)) {
      const allowed = 'Latin-1 without control characters'
      throw new InvalidRequestError(`The header '${name}' must be ${allowed}`, {
        provider: connection.provider,
        argument: name,
        allowed,
      })
    }
    headers[name.toLowerCase()] = value
  }
  if (body === null && spec.contentLength !== undefined) headers['content-length'] = String(spec.contentLength)
  else if (typeof body === 'string') headers['content-length'] = String(Buffer.byteLength(body))
  else if (body) headers['content-length'] = String(body.byteLength)
  else if (body === undefined && (method === 'POST' || method === 'PUT' || method === 'PATCH'))
    headers['content-length'] = '0'
  const query = queryString(spec.query)
  const target = spec.path.includes('?') ? spec.path + query.replace('?', '&') : spec.path + query
  return { method, origin, target, headers, body }
}

/** Whether the provider may have acted, although the attempt failed. */
function mayHaveHappened(error: unknown): boolean {
  return (
    error instanceof LibcloudError &&
    ((error.status ?? 0) >= 500 || (error as { mayHaveHappened?: boolean }).mayHaveHappened === true)
  )
}
