import { openSync, writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import type { Redactor } from './redact.js'

/** Where traces go: the path of a file, which is appended to, or a stream. */
export type TraceTarget = string | Pick<Writable, 'write'>

type Sink = (text: string) => void
let sink: Sink | undefined
let readEnvironment = false
let counter = 0

function open(target: TraceTarget): Sink {
  if (typeof target !== 'string') return text => void target.write(text)
  // The streams of the process are written as they are: opening their path anew can fail, or truncate a redirected file.
  const fd = target === '/dev/stderr' ? 2 : target === '/dev/stdout' ? 1 : openSync(target, 'a', 0o600)
  return text => {
    for (let rest: Buffer = Buffer.from(text); rest.length > 0; ) {
      try {
        rest = rest.subarray(writeSync(fd, rest))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      }
    }
  }
}

/** Prints every request as a curl command, and every reply, to a file or stream; `undefined` stops it. */
export function enableDebug(target: TraceTarget | undefined): void {
  readEnvironment = true
  sink = target === undefined ? undefined : open(target)
}

/** Where traces go now; `undefined` when nobody wants them. */
export function traceSink(): Sink | undefined {
  if (!readEnvironment) {
    readEnvironment = true
    const target = process.env['LIBCLOUD_DEBUG']
    if (target) sink = open(target)
  }
  return sink
}

/** An id for a request or a reply: unique in this process, and unlikely to repeat in a file that several append to. */
export function traceId(): string {
  counter += 1
  return `${process.pid}${Date.now() % 1_000_000}${String(counter).padStart(4, '0')}`
}

/** A request as it goes out. */
export interface TracedRequest {
  readonly id: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** `undefined` for none, `null` for a stream, which is not read for the trace. */
  readonly body: string | Uint8Array | null | undefined
  readonly socketPath?: string | undefined
  readonly insecure?: boolean | undefined
}

/** A reply as it came in. */
export interface TracedReply {
  readonly status: number
  readonly statusText: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** `null` for a stream. */
  readonly body: string | null
}

const unredacted = (): boolean => process.env['LIBCLOUD_DEBUG_UNREDACTED'] === '1'
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
const title = (name: string): string => name.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase())

/** A request as a command that sends the same: curl adds nothing of its own, and reads nothing into the URL. */
export function curlCommand(request: TracedRequest, redactor: Redactor): string {
  const show = !unredacted()
  const { method, headers, body } = request
  const parts = ['curl -i', '--globoff', '--path-as-is', method === 'HEAD' ? '--head' : `-X ${method}`]
  if (request.socketPath !== undefined) parts.push(`--unix-socket ${quote(request.socketPath)}`)
  if (request.insecure) parts.push('--insecure')
  if ('accept-encoding' in headers) parts.push('--compressed')
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'transfer-encoding') continue
    parts.push(`-H ${quote(`${title(name)}: ${show ? redactor.header(name, value) : value}`)}`)
  }
  // Headers that curl would add by itself.
  for (const name of ['accept', 'user-agent', ...(body === undefined ? [] : ['content-type', 'expect'])]) {
    if (!(name in headers)) parts.push(`-H ${quote(`${title(name)}:`)}`)
  }
  let before = ''
  if (body === null) parts.push('--data-binary @-')
  else if (typeof body === 'string' && !body.includes('\0')) {
    const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded')
    const shown = show ? (form ? redactor.form(body) : redactor.body(body)) : body
    // A body that is cut for its secrets has another length than its header says.
    if (shown !== body) parts.splice(parts.findIndex(part => /^-H 'Content-Length:/.test(part)) >>> 0, 1)
    parts.push(`--data-raw ${quote(shown)}`)
  } else if (body !== undefined && body.length > 0) {
    before = `printf %s ${quote(encodedBody(body, show ? redactor : undefined))} | base64 -d | `
    parts.push('--data-binary @-')
  }
  parts.push(quote(show ? redactor.url(request.url) : request.url))
  return before + parts.join(' ')
}

/** Bytes as they are, unless they are a text that has secrets. */
function encodedBody(body: string | Uint8Array, redactor: Redactor | undefined): string {
  const bytes = Buffer.from(body as Uint8Array)
  const text = bytes.toString()
  const shown = redactor?.body(text) ?? text
  return (shown === text ? bytes : Buffer.from(shown)).toString('base64')
}

/** Prints a request. */
export function traceRequest(write: Sink, request: TracedRequest, redactor: Redactor): void {
  const stream = request.body === null ? '# body: a stream\n' : ''
  write(`# -------- begin ${request.id} request ----------\n${stream}${curlCommand(request, redactor)}\n`)
}

/** Prints a reply, as it stood on the wire. */
export function traceReply(write: Sink, requestId: string, reply: TracedReply, redactor: Redactor): void {
  const id = `${requestId}:${traceId()}`
  const show = !unredacted()
  const lines = [`HTTP/1.1 ${reply.status} ${reply.statusText}`.trimEnd()]
  for (const [name, values] of Object.entries(reply.headers)) {
    for (const value of Array.isArray(values) ? values : [values]) {
      if (value !== undefined) lines.push(`${title(name)}: ${show ? redactor.header(name, String(value)) : value}`)
    }
  }
  const body = reply.body === null ? '# body: a stream' : pretty(show ? redactor.body(reply.body) : reply.body)
  write(
    `# -------- begin ${id} response ----------\n${lines.join('\n')}\n\n${body}\n# -------- end ${id} response ----------\n`,
  )
}

/** Prints that no reply came. */
export function traceFailure(write: Sink, requestId: string, error: unknown, redactor: Redactor): void {
  const id = `${requestId}:${traceId()}`
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  write(
    `# -------- begin ${id} failure ----------\n# ${redactor.values(message)}\n# -------- end ${id} failure ----------\n`,
  )
}

function pretty(body: string): string {
  if (!process.env['LIBCLOUD_DEBUG_PRETTY_PRINT_RESPONSE']) return body
  const text = body.trimStart()
  if (text.startsWith('{') || text.startsWith('[')) {
    try {
      return JSON.stringify(JSON.parse(text), undefined, 2)
    } catch {
      return body
    }
  }
  return text.startsWith('<') ? indentXml(text) : body
}

/** One element a line; text stays beside its tags, so that nothing is added to it. */
function indentXml(xml: string): string {
  let depth = 0
  const lines = xml.replace(/>\s*</g, '>\n<').split('\n')
  return lines
    .map(line => {
      if (line.startsWith('</')) depth = Math.max(0, depth - 1)
      const indented = '  '.repeat(depth) + line
      if (/^<[^!?/]/.test(line) && !line.endsWith('/>') && !/<\/[^>]*>$/.test(line)) depth += 1
      return indented
    })
    .join('\n')
}
