// A Cloud Storage of one's own on loopback, which keeps what it is given and forgets what it is told to. Every exchange is
// held against Google's description.
import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { loadContract } from '../../conformance/contract.js'

interface Stored {
  readonly name: string
  readonly bytes: Buffer
  readonly generation: number
  readonly about: Record<string, unknown>
}
interface Session {
  readonly bucket: string
  readonly about: Record<string, unknown>
  bytes: Buffer
  object?: Stored
}
interface Answer {
  readonly status: number
  readonly body?: object | Buffer | string
  readonly headers?: Record<string, string>
}
/** A request as it arrived. */
export interface Arrived {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}
/** What a test may do with the server. */
export interface BucketServer extends AsyncDisposable {
  readonly port: number
  readonly origin: string
  readonly arrived: Arrived[]
  /** What does not fit Google's description. */
  readonly violations: string[]
  /** Open uploads. */
  readonly sessions: Map<string, Session>
  readonly objects: Map<string, Map<string, Stored>>
  /** Plays a fault in place of an answer: `cut` closes the connection once the request was carried out. */
  fault: (request: Arrived) => 'cut' | number | undefined
  /** Takes so many bytes of the next part only. */
  takes: number
  /** Stores other bytes than it was sent. */
  corrupts: boolean
}

const contractFile = join(import.meta.dirname, '../../../fixtures/contracts/google.json')
const problem = (code: number, message: string, reason: string): Answer => ({
  status: code,
  body: { error: { code, message, errors: [{ message, domain: 'global', reason }] } },
})
const NO_BUCKET = problem(404, 'The specified bucket does not exist.', 'notFound')
const NO_OBJECT = problem(404, 'No such object: it', 'notFound')
const PAGE = 3

function describe(bucket: string, { name, bytes, generation, about }: Stored): object {
  const md5Hash = createHash('md5').update(bytes).digest('base64')
  const time = '2026-01-02T03:04:05.000Z'
  const { contentType = 'application/octet-stream', metadata } = about
  const more = { contentType, ...(metadata !== undefined && { metadata }), timeCreated: time, updated: time }
  return {
    kind: 'storage#object',
    name,
    bucket,
    size: String(bytes.length),
    md5Hash,
    generation: String(generation),
    ...more,
  }
}

/** Starts one that is empty. */
export async function startBuckets(): Promise<BucketServer> {
  const contract = loadContract(JSON.parse(readFileSync(contractFile, 'utf8')))
  const state = {
    arrived: [] as Arrived[],
    violations: [] as string[],
    sessions: new Map<string, Session>(),
    objects: new Map<string, Map<string, Stored>>(),
    fault: (() => undefined) as BucketServer['fault'],
    takes: Number.POSITIVE_INFINITY,
    corrupts: false,
    origin: '',
  }
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    const { method = '', url = '', headers } = incoming
    const { pathname: path, searchParams: query } = new URL(url, state.origin)
    const request = { method, path, query, headers, body: Buffer.concat(chunks) }
    state.arrived.push(request)
    const fault = state.fault(request)
    const early = typeof fault === 'number'
    const answer = early ? problem(fault, 'Played', 'backendError') : serve(state, request)
    if (fault === 'cut') return void incoming.socket.destroy()
    const { status, body } = answer
    const isJson = typeof body === 'object' && !Buffer.isBuffer(body)
    const content = isJson ? JSON.stringify(body) : (body ?? '')
    const type: Record<string, string> =
      body === undefined ? {} : { 'content-type': isJson ? 'application/json' : 'text/plain' }
    const own = { ...type, 'content-length': String(Buffer.byteLength(content)), ...answer.headers }
    if (!early) {
      const shown = { method, path: url, headers, body: request.body.toString('latin1') }
      for (const { where, pointer, problem: what } of contract.check({
        request: shown,
        response: { status, headers: own, body: content.toString('latin1') },
      }))
        if (path.startsWith('/storage/') || method !== 'DELETE')
          state.violations.push(`${method} ${url} ${where} ${pointer}: ${what}`)
    }
    response.writeHead(status, own).end(content)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  state.origin = `http://127.0.0.1:${port}`
  return Object.assign(state, {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  })
}

type State = Pick<BucketServer, 'sessions' | 'objects' | 'corrupts' | 'takes' | 'origin'>

function serve(state: State, request: Arrived): Answer {
  const [, place, , , , bucket = '', , ...rest] = request.path.startsWith('/upload')
    ? request.path.split('/')
    : `/x${request.path}`.split('/')
  const name = decodeURIComponent(bucket)
  if (place === 'upload') return upload(state, request, name)
  if (bucket === '') return buckets(state, request)
  const objects = state.objects.get(name)
  if (!objects) return NO_BUCKET
  if (rest.length > 0) return object(state, request, name, decodeURIComponent(rest[0] ?? ''))
  if (request.path.endsWith('/o')) return page(request, [...objects.values()], each => describe(name, each))
  if (request.method !== 'DELETE') return { status: 200, body: { kind: 'storage#bucket', name } }
  if (objects.size > 0) return problem(409, 'The bucket you tried to delete is not empty.', 'conflict')
  state.objects.delete(name)
  return { status: 204 }
}

function buckets({ objects }: State, request: Arrived): Answer {
  if (request.method === 'GET') {
    const all = [...objects.keys()].map(name => ({ name }))
    return page(request, all, ({ name }) => ({ kind: 'storage#bucket', name }))
  }
  const { name } = JSON.parse(String(request.body)) as { name: string }
  if (objects.has(name)) return problem(409, 'The requested bucket name is not available.', 'conflict')
  objects.set(name, new Map())
  return { status: 200, body: { kind: 'storage#bucket', name } }
}

function page<T extends { name: string }>({ query }: Arrived, all: readonly T[], map: (each: T) => object): Answer {
  const after = query.get('pageToken')
  const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
  const found = all
    .filter(({ name }) => name.startsWith(query.get('prefix') ?? ''))
    .sort((a, b) => compare(a.name, b.name))
    .filter(({ name }) => after === null || compare(name, Buffer.from(after, 'base64url').toString()) > 0)
  const last = found[PAGE - 1]
  const nextPageToken = last && found.length > PAGE ? Buffer.from(last.name).toString('base64url') : undefined
  return { status: 200, body: { items: found.slice(0, PAGE).map(map), ...(nextPageToken && { nextPageToken }) } }
}

function object({ objects }: State, { method, query, headers }: Arrived, bucket: string, name: string): Answer {
  const found = objects.get(bucket)?.get(name)
  const generation = query.get('generation')
  if (!found || (generation !== null && generation !== String(found.generation))) return NO_OBJECT
  if (method === 'DELETE') {
    objects.get(bucket)?.delete(name)
    return { status: 204 }
  }
  if (query.get('alt') !== 'media') return { status: 200, body: describe(bucket, found) }
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? []
  if (from === undefined) return { status: 200, body: found.bytes }
  if (Number(from) >= found.bytes.length)
    return problem(416, 'Request range not satisfiable', 'requestedRangeNotSatisfiable')
  return { status: 206, body: found.bytes.subarray(Number(from), to === '' ? undefined : Number(to) + 1) }
}

let generations = 1_700_000_000_000_000

function store(state: State, bucket: string, about: Record<string, unknown>, bytes: Buffer): Stored {
  const kept = state.corrupts ? Buffer.concat([bytes, Buffer.from('!')]) : bytes
  const stored = { name: String(about['name']), bytes: kept, generation: ++generations, about }
  state.objects.get(bucket)?.set(stored.name, stored)
  return stored
}

function upload(state: State, request: Arrived, bucket: string): Answer {
  const { query, headers, body, method } = request
  const objects = state.objects.get(bucket)
  const id = query.get('upload_id')
  if (id !== null) return part(state, request, id)
  if (!objects || method !== 'POST') return NO_BUCKET
  const multipart = /boundary=(.+)$/.exec(headers['content-type'] ?? '')?.[1]
  const text = body.toString('latin1')
  const [, first = '{}', bytes = ''] =
    multipart === undefined
      ? ['', String(body)]
      : text.split(`--${multipart}`).map(each => each.slice(each.indexOf('\r\n\r\n') + 4, -2))
  const about = JSON.parse(Buffer.from(first, multipart === undefined ? 'utf8' : 'latin1').toString()) as Record<
    string,
    unknown
  >
  const expected = query.get('ifGenerationMatch')
  const current = objects.get(String(about['name']))?.generation ?? 0
  if (expected !== null && expected !== String(current))
    return problem(412, 'At least one of the pre-conditions you specified did not hold.', 'conditionNotMet')
  if (query.get('uploadType') === 'resumable') {
    const session = randomUUID()
    state.sessions.set(session, { bucket, about, bytes: Buffer.alloc(0) })
    const location = `${state.origin}${request.path}?uploadType=resumable&upload_id=${session}`
    return { status: 200, headers: { location } }
  }
  const content = Buffer.from(bytes, 'latin1')
  const md5 = createHash('md5').update(content).digest('base64')
  if (state.corrupts && about['md5Hash'] !== undefined)
    return problem(
      400,
      `Provided MD5 hash "${about['md5Hash']}" doesn't match calculated MD5 hash "x${md5}".`,
      'invalid',
    )
  return { status: 200, body: describe(bucket, store(state, bucket, about, content)) }
}

function part(state: State, { method, headers, body }: Arrived, id: string): Answer {
  const session = state.sessions.get(id)
  if (!session) return problem(404, 'Not Found', 'notFound')
  if (method === 'DELETE') {
    state.sessions.delete(id)
    return { status: 499 }
  }
  if (session.object) return { status: 200, body: describe(session.bucket, session.object) }
  const [, from, , total = '*'] = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? []
  if (from !== undefined) {
    if (Number(from) !== session.bytes.length || (total === '*' && body.length % 262_144 !== 0))
      return problem(400, 'Invalid range', 'invalid')
    session.bytes = Buffer.concat([session.bytes, body.subarray(0, state.takes)])
    state.takes = Number.POSITIVE_INFINITY
  }
  if (total === String(session.bytes.length)) {
    session.object = store(state, session.bucket, session.about, session.bytes)
    return { status: 200, body: describe(session.bucket, session.object) }
  }
  const { length } = session.bytes
  return { status: 308, headers: length > 0 ? { range: `bytes=0-${length - 1}` } : {} }
}
