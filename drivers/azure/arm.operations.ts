// Long operations, in all the forms in which the resource manager tells of them.
import { ServiceError } from '../../lib/errors.js'
import { parseRetryAfter } from '../../lib/http/errors.js'
import type { Reply, RequestSpec } from '../../lib/http/message.js'
import { operationOf } from '../../lib/options.js'
import type { Look, WaitOptions } from '../../lib/poller.js'
import type { ArmConnection } from './arm.connection.js'
import { nameOf } from './arm.ids.js'
import { ERRORS, type RawError, told } from './arm.problem.js'

/** What an address tells of an operation: https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations */
interface RawOperation {
  readonly status?: string
  readonly percentComplete?: number
  readonly error?: RawError | null
  readonly properties?: { readonly output?: unknown; readonly provisioningState?: string } | null
}
type Body = RawOperation | undefined

const FAILED = /^(?:failed|canceled|cancelled)$/i
const DONE = /^(?:succeeded|ready)$/i

/** The path and query of an address of the same host. @throws Error for any other: it would be given the token */
export function localPart(address: string, origin: string): string {
  const url = URL.canParse(address, origin) ? new URL(address, origin) : undefined
  if (url?.origin !== origin) throw new Error('The reply leads to another host')
  return url.pathname + url.search
}

type Place = Pick<RequestSpec, 'path' | 'query'>
function placeOf(address: string, connection: ArmConnection): Place {
  const { pathname, searchParams } = new URL(localPart(address, connection.origin), connection.origin)
  return { path: pathname, query: Object.fromEntries(searchParams) }
}

/** Waits for the end of what a request began. */
export async function awaitOperation(
  connection: ArmConnection,
  request: RequestSpec,
  first: Reply<unknown>,
  options: WaitOptions,
  result: boolean,
): Promise<unknown> {
  const { 'azure-asyncoperation': operation, location } = first.headers
  const isChange = request.method === 'PUT' || request.method === 'PATCH'
  const what = `${operationOf(options) ?? request.method} of ${nameOf(request.path)} to be done`
  const wait = (look: Poll): Promise<unknown> => poll(connection, what, first, look, options)
  const read = async (place: Place, look: WaitOptions): Promise<Reply<unknown>> =>
    connection.request({ ...place, errors: request.errors }, look)
  if (operation !== undefined) {
    const place = placeOf(operation, connection)
    const output = await wait(async look => statusOf(connection, await read(place, look), options))
    if (isChange) return (await read({ path: request.path, query: request.query }, options)).body
    if (output !== undefined || !result || request.method === 'DELETE' || location === undefined) return output
    return (await read(placeOf(location, connection), options)).body
  }
  if (first.status === 202 && location !== undefined) {
    let place = placeOf(location, connection)
    const body = await wait(async look => {
      const reply = await read(place, look)
      if (reply.status !== 202) return { done: true, value: reply.body }
      if (reply.headers['location'] !== undefined) place = placeOf(reply.headers['location'], connection)
      return { state: 'InProgress', retryAfter: parseRetryAfter(reply.headers['retry-after']) }
    })
    return isChange && body === undefined
      ? (await read({ path: request.path, query: request.query }, options)).body
      : body
  }
  const state = (first.body as Body)?.properties?.provisioningState
  if (!isChange || state === undefined || DONE.test(state)) return first.body
  const place = { path: request.path, query: request.query }
  return wait(async look => resourceOf(connection, await read(place, look), options))
}

type Poll = (look: WaitOptions) => Promise<Look<unknown>>

/** The first look is the answer that began it: the next one comes when the provider wants it. */
async function poll(
  connection: ArmConnection,
  what: string,
  first: Reply<unknown>,
  look: Poll,
  options: WaitOptions,
): Promise<unknown> {
  let isFirst = true
  const retryAfter = parseRetryAfter(first.headers['retry-after'])
  return connection.poll(
    what,
    async limits => {
      if (!isFirst) return look(limits)
      isFirst = false
      return { state: (first.body as Body)?.properties?.provisioningState ?? 'InProgress', retryAfter }
    },
    { interval: 2000, ...options },
  )
}

function statusOf(connection: ArmConnection, reply: Reply<unknown>, options: WaitOptions): Look<unknown> {
  const body = reply.body as Body
  const { status: state = reply.status === 202 ? 'InProgress' : 'Succeeded', percentComplete: percent } = body ?? {}
  if (DONE.test(state)) return { done: true, value: body?.properties?.output }
  if (FAILED.test(state)) return failed(connection, state, body?.error, reply, options)
  return { state, percent, retryAfter: parseRetryAfter(reply.headers['retry-after']) }
}

function resourceOf(connection: ArmConnection, reply: Reply<unknown>, options: WaitOptions): Look<unknown> {
  const body = reply.body as Body
  const state = body?.properties?.provisioningState ?? 'Succeeded'
  if (DONE.test(state)) return { done: true, value: body }
  if (FAILED.test(state)) return failed(connection, state, body?.error, reply, options)
  return { state, retryAfter: parseRetryAfter(reply.headers['retry-after']) }
}

/** An operation's error has no status: its code tells the class; else it is one of waiting. */
function failed(
  { provider }: ArmConnection,
  state: string,
  error: RawError | null | undefined,
  { requestId }: Reply<unknown>,
  options: WaitOptions,
): Look<never> {
  const { code, message = `the operation ended as ${state}` } = error ? told(error) : { code: undefined }
  if (code === undefined || !Object.hasOwn(ERRORS, code))
    return { failed: code === undefined ? message : `${code}: ${message}`, state }
  const Class = ERRORS[code] ?? ServiceError
  const operation = operationOf(options)
  throw new Class(`${operation ?? 'request'}: ${message}`, { provider, operation, providerCode: code, requestId })
}
