// Plays a provider: a real server on loopback that answers with fixtures, and a dispatcher that leads requests to it.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { Agent, type Dispatcher } from 'undici'
import type { Exchange, FixtureRequest, FixtureResponse } from './fixture.js'

/** A request as it arrived. */
export interface ArrivedRequest {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}
/** Answers a request, or does something worse to it. */
export type Handler = (request: ArrivedRequest, response: ServerResponse, socket: IncomingMessage['socket']) => void

/** A provider on loopback. */
export interface ReplayServer {
  /** Leads every request here, whatever host it is meant for. */
  readonly dispatcher: Dispatcher
  /** What arrived since `play`. */
  readonly requests: readonly ArrivedRequest[]
  /** What was wrong with it. */
  readonly problems: readonly string[]
  /** Called for every exchange that took place. */
  onExchange: ((request: ArrivedRequest, response: FixtureResponse) => void) | undefined
  /** From now on requests are answered by this: exchanges in their order, or a function. */
  play(script: readonly Exchange[] | Handler): void
  close(): Promise<void>
}

class LoopbackDispatcher extends Agent {
  readonly #origin: string
  constructor(origin: string) {
    super({ keepAliveTimeout: 5000, connections: 16 })
    this.#origin = origin
  }
  override dispatch(options: Agent.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return super.dispatch({ ...options, origin: this.#origin }, handler)
  }
}

/** Starts a provider that knows nothing yet. */
export async function startReplay(): Promise<ReplayServer> {
  let handler: Handler = (_request, response) => void response.writeHead(501).end()
  let requests: ArrivedRequest[] = []
  const problems: string[] = []
  const server: Server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', chunk => chunks.push(chunk))
    incoming.on('error', () => {})
    incoming.on('end', () => {
      const headers: Record<string, string> = {}
      for (const [name, value] of Object.entries(incoming.headers))
        headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
      const request = {
        method: incoming.method ?? '',
        target: incoming.url ?? '',
        headers,
        body: Buffer.concat(chunks),
      }
      requests.push(request)
      handler(request, response, incoming.socket)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  // A runner that has come to its end is not kept waiting; the client's sockets keep the process while a reply is due.
  server.unref()
  server.on('connection', socket => socket.unref())
  const dispatcher = new LoopbackDispatcher(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const replay: ReplayServer = {
    dispatcher,
    get requests() {
      return requests
    },
    problems,
    onExchange: undefined,
    play(script) {
      requests = []
      problems.length = 0
      if (typeof script === 'function') {
        handler = script
        return
      }
      let next = 0
      handler = (request, response) => {
        const exchange = script[next]
        next += 1
        if (exchange === undefined) {
          problems.push(`request ${next} was not expected: ${request.method} ${request.target}`)
          response.writeHead(501).end()
          return
        }
        problems.push(...differences(request, exchange.request).map(problem => `request ${next}: ${problem}`))
        replay.onExchange?.(request, exchange.response)
        answer(response, exchange.response)
      }
    },
    async close() {
      await dispatcher.destroy()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return replay
}

/** Sends a fixture's response. */
export function answer(response: ServerResponse, fixture: FixtureResponse): void {
  const body = fixture.body ?? ''
  const headers = fixture.headers.flat()
  const named = fixture.headers.some(([name]) => name.toLowerCase() === 'content-length')
  if (!named && fixture.status !== 204 && fixture.status !== 304)
    headers.push('Content-Length', String(Buffer.byteLength(body)))
  response.writeHead(fixture.status, fixture.reason, headers)
  response.end(body)
}

const ANY = '{{any}}'
/** What the fixtures' drivers are constructed with, and how it looks in Base64: a header that has it must be shown. */
const CREDENTIALS = /test-(?:key|secret)|dGVzdC1rZX|dGVzdC1zZWNyZX/

/** What is not as the fixture says. `{{any}}` stands for any text that is not empty. */
export function differences(request: ArrivedRequest, expected: FixtureRequest): string[] {
  const found: string[] = []
  const [path, query = ''] = request.target.split('?')
  const [expectedPath, expectedQuery = ''] = expected.target.split('?')
  if (request.method !== expected.method) found.push(`method ${request.method}, not ${expected.method}`)
  if (path !== expectedPath) found.push(`path ${path}, not ${expectedPath}`)
  if (!matches(sortedQuery(query), sortedQuery(expectedQuery))) found.push(`query ?${query}, not ?${expectedQuery}`)
  for (const [name, value] of expected.headers) {
    const arrived = request.headers[name.toLowerCase()]
    if (!matches(arrived, value)) found.push(`header ${name}: ${arrived}, not ${value}`)
  }
  const shown = new Set(expected.headers.map(([name]) => name.toLowerCase()))
  for (const [name, value] of Object.entries(request.headers)) {
    if (!shown.has(name) && CREDENTIALS.test(value)) found.push(`header ${name} carries a credential`)
  }
  const type = request.headers['content-type'] ?? ''
  if (!sameBody(request.body, expected.body, type))
    found.push(`body ${request.body.toString().slice(0, 1000)}, not ${String(expected.body).slice(0, 1000)}`)
  return found
}

function sortedQuery(query: string): string[][] {
  return [...new URLSearchParams(query)].sort((a, b) => (a[0] + a[1] < b[0] + b[1] ? -1 : 1))
}

function sameBody(body: Buffer, expected: string | Buffer | undefined, type: string): boolean {
  if (expected === undefined) return body.length === 0
  if (typeof expected !== 'string') return body.equals(expected)
  const text = body.toString()
  if (type.startsWith('application/x-www-form-urlencoded'))
    return matches(sortedQuery(text), sortedQuery(expected.trim()))
  if (!/json/.test(type)) return text.trim() === expected.trim()
  try {
    return matches(JSON.parse(text), JSON.parse(expected))
  } catch {
    return false
  }
}

function matches(actual: unknown, expected: unknown): boolean {
  if (expected === ANY) return typeof actual === 'string' && actual !== ''
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((each, index) => matches(actual[index], each))
    )
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return false
    const names = Object.keys(expected)
    return (
      isDeepStrictEqual(names.sort(), Object.keys(actual).sort()) &&
      names.every(name => matches(Reflect.get(actual, name), Reflect.get(expected, name)))
    )
  }
  return Object.is(actual, expected)
}
