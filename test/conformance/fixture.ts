// Reads .http fixtures: one call of a driver method, and the exchanges that it makes as they go over the wire.

/** Header fields in the order written, names as written. */
export type HeaderList = [name: string, value: string][]

/** A request as the fixture shows it. */
export interface FixtureRequest {
  method: string
  /** Path and query as on the request line. */
  target: string
  headers: HeaderList
  /** Text as written, a Buffer where it was written in base64, `undefined` where there is none. */
  body: string | Buffer | undefined
}

/** A response as the fixture shows it. */
export interface FixtureResponse {
  status: number
  reason: string
  headers: HeaderList
  /** Text as written, a Buffer where it was written in base64, `undefined` where there is none. */
  body: string | Buffer | undefined
}

/** One request and its answer. */
export interface Exchange {
  request: FixtureRequest
  response: FixtureResponse
}

const SOURCES = ['recorded', 'description', 'documentation', 'authored'] as const

/** Where a fixture's facts come from: a real server, a machine-readable description, the provider's pages, or us. */
export type FixtureSource = (typeof SOURCES)[number]

/** One call of a driver method, what it has to give, and what it says to the provider meanwhile. */
export interface Fixture {
  file: string
  /** The driver's method. */
  method: string
  args: unknown[]
  /** Partial match of the result (see {@link matchPartial}); `undefined` where the call resolves to nothing. */
  expect: unknown
  /** Given instead of `expect` where the call rejects: the error's class and a partial match of its fields. */
  throws?: { name: string; fields: Record<string, unknown> }
  source: FixtureSource
  /** Every comment by its key, `call`, `expect` and `source` among them. */
  comments: Record<string, string>
  exchanges: Exchange[]
}

/** An answer that stands alone, as a provider's error that is combined with every method. */
export interface ErrorFixture {
  file: string
  source: FixtureSource
  comments: Record<string, string>
  response: FixtureResponse
}

/**
 * Reads a fixture.
 *
 * @param text The file's text.
 * @param fileName Named in errors.
 * @throws Error with file and line where the text is not a fixture.
 */
export function parseFixture(text: string, fileName: string): Fixture {
  const reader = new Reader(text, fileName)
  const comments = reader.comments()
  const { method, args } = parseCall(reader, comments)
  const outcome = parseExpect(reader, comments)
  const source = parseSource(reader, comments)
  const exchanges: Exchange[] = []
  while (!reader.done) exchanges.push(parseExchange(reader))
  if (exchanges.length === 0) throw reader.error('no exchange', reader.line)
  return {
    file: fileName,
    method,
    args,
    ...outcome,
    source,
    comments: values(comments),
    exchanges,
  }
}

/**
 * Reads a fixture that is one response only: comments (of which `source` is needed) and the answer.
 *
 * @throws Error with file and line where the text is not such a fixture.
 */
export function parseErrorFixture(text: string, fileName: string): ErrorFixture {
  const reader = new Reader(text, fileName)
  const comments = reader.comments()
  const source = parseSource(reader, comments)
  reader.skipBlank()
  const response = parseResponse(reader, 'GET')
  if (!reader.done) throw reader.error('only one response is expected', reader.line)
  return { file: fileName, source, comments: values(comments), response }
}

interface Comment {
  line: number
  value: string
}

const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/
const REQUEST_LINE = /^([A-Z]+) (\S+) HTTP\/1\.[01]$/
const SEPARATOR = /^###\s*$/

class Reader {
  readonly file: string
  readonly lines: string[]
  /** Index of the line that is read next. */
  line = 0

  constructor(text: string, file: string) {
    this.file = file
    this.lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
    while (this.lines.at(-1)?.trim() === '') this.lines.pop()
  }

  get done(): boolean {
    return this.line >= this.lines.length
  }

  peek(): string | undefined {
    return this.lines[this.line]
  }

  skipBlank(): void {
    while (!this.done && this.peek()?.trim() === '') this.line++
  }

  error(problem: string, line: number): Error {
    return new Error(`${this.file}:${line + 1}: ${problem}`)
  }

  comments(): Map<string, Comment> {
    const found = new Map<string, Comment>()
    let current: Comment | undefined
    for (; this.peek()?.startsWith('#'); this.line++) {
      const text = this.peek() ?? ''
      const continued = /^# {3,}(.*)$/.exec(text)
      const started = /^# ?([A-Za-z][\w-]*):(?:\s+(.*))?$/.exec(text)
      if (continued && current) current.value = `${current.value} ${continued[1]?.trim()}`.trim()
      else if (started?.[1]) {
        if (found.has(started[1])) throw this.error(`a second '# ${started[1]}:'`, this.line)
        current = { line: this.line, value: started[2]?.trim() ?? '' }
        found.set(started[1], current)
      } else if (text.trim() !== '#') {
        throw this.error("a comment is '# key: value', continued on lines that start with '#   '", this.line)
      }
    }
    return found
  }

  headers(): HeaderList {
    const headers: HeaderList = []
    for (; !this.done && this.peek() !== '' && !SEPARATOR.test(this.peek() ?? ''); this.line++) {
      const match = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(this.peek() ?? '')
      if (!match) throw this.error(`not a header: ${this.peek()} (is a blank line missing before the body?)`, this.line)
      headers.push([match[1] ?? '', match[2] ?? ''])
    }
    if (this.peek() === '') this.line++
    return headers
  }

  /** Lines up to the one that `end` knows, less the blank ones that part them from it. */
  body(end: RegExp): string | Buffer | undefined {
    const start = this.line
    while (!this.done && !end.test(this.peek() ?? '')) this.line++
    const lines = this.lines.slice(start, this.line)
    while (lines.at(-1) === '') lines.pop()
    if (lines.length === 0) return undefined
    const text = lines.join('\n')
    const binary = /^< base64:([\s\S]*)$/.exec(text)
    if (!binary) return text
    const base64 = (binary[1] ?? '').replace(/\s+/g, '')
    const bytes = Buffer.from(base64, 'base64')
    if (bytes.toString('base64') !== base64) throw this.error('not base64', start)
    return bytes
  }
}

function parseExchange(reader: Reader): Exchange {
  // A remark may stand before each exchange, to say what it is for.
  while (!reader.done && (reader.peek()?.trim() === '' || /^#(?!##\s*$)/.test(reader.peek() ?? ''))) reader.line++
  const match = REQUEST_LINE.exec(reader.peek() ?? '')
  if (!match) throw reader.error(`a request line such as 'GET /v2/servers HTTP/1.1' is expected here`, reader.line)
  const [, method = '', target = ''] = match
  if (!target.startsWith('/') && target !== '*') throw reader.error('the target starts with a slash', reader.line)
  reader.line++
  const headers = parseHeaders(reader, false)
  const body = reader.body(new RegExp(`${STATUS_LINE.source}|${SEPARATOR.source}`))
  reader.skipBlank()
  return {
    request: { method, target, headers, body },
    response: parseResponse(reader, method),
  }
}

function parseResponse(reader: Reader, method: string): FixtureResponse {
  const match = STATUS_LINE.exec(reader.peek() ?? '')
  if (!match) throw reader.error(`a status line such as 'HTTP/1.1 200 OK' is expected here`, reader.line)
  reader.line++
  const headers = parseHeaders(reader, method === 'HEAD')
  const start = reader.line
  const body = reader.body(SEPARATOR)
  if (method === 'HEAD' && body !== undefined) throw reader.error('an answer to HEAD has no body', start)
  if (!reader.done) {
    reader.line++
    if (reader.done) throw reader.error("no exchange after '###'", reader.line - 1)
  }
  return { status: Number(match[1]), reason: match[2] ?? '', headers, body }
}

/** An answer to HEAD alone says a length, because there it is data: the size of what was asked for. */
function parseHeaders(reader: Reader, lengthAllowed: boolean): HeaderList {
  const start = reader.line
  const headers = reader.headers()
  const length = headers.findIndex(([name]) => name.toLowerCase() === 'content-length')
  if (length >= 0 && !lengthAllowed) throw reader.error('Content-Length is computed on replay', start + length)
  return headers
}

function need(reader: Reader, comments: Map<string, Comment>, key: string, hint: string): Comment {
  const comment = comments.get(key)
  if (!comment) throw reader.error(`no '# ${key}:' (${hint})`, 0)
  return comment
}

function parseCall(reader: Reader, comments: Map<string, Comment>): { method: string; args: unknown[] } {
  const { line, value } = need(reader, comments, 'call', 'the method and its arguments')
  const match = /^([A-Za-z_$][\w$]*)\(([\s\S]*)\)$/.exec(value)
  if (!match) throw reader.error(`a call is written as 'listNodes()' or 'getNode("1")'`, line)
  return {
    method: match[1] ?? '',
    args: parseJson(reader, `[${match[2]}]`, line) as unknown[],
  }
}

function parseExpect(reader: Reader, comments: Map<string, Comment>): Pick<Fixture, 'expect' | 'throws'> {
  const hint = "the result, 'undefined' where there is none, or 'throws NotFoundError {…}'"
  const { line, value } = need(reader, comments, 'expect', hint)
  const match = /^throws\s+([A-Za-z_$][\w$]*)\s*([\s\S]*)$/.exec(value)
  if (!match)
    return {
      expect: value === 'undefined' ? undefined : parseJson(reader, value, line),
    }
  const fields = match[2] ? parseJson(reader, match[2], line) : {}
  if (!isRecord(fields)) throw reader.error(`the fields of an error are an object`, line)
  return { expect: undefined, throws: { name: match[1] ?? '', fields } }
}

function parseSource(reader: Reader, comments: Map<string, Comment>): FixtureSource {
  const { line, value } = need(reader, comments, 'source', SOURCES.join(' | '))
  const source = SOURCES.find(known => known === value)
  if (!source) throw reader.error(`source is one of ${SOURCES.join(', ')}, not '${value}'`, line)
  return source
}

function parseJson(reader: Reader, text: string, line: number): unknown {
  try {
    return JSON.parse(text, revive)
  } catch (error) {
    throw reader.error(`not JSON: ${(error as Error).message}`, line)
  }
}

/** What JSON has no words for: `{"$text": "…"}`, `{"$base64": "…"}` and `{"$date": "…"}`. */
function revive(_key: string, value: unknown): unknown {
  if (!isRecord(value) || Object.keys(value).length !== 1) return value
  if (typeof value['$text'] === 'string') return Buffer.from(value['$text'])
  if (typeof value['$base64'] === 'string') return Buffer.from(value['$base64'], 'base64')
  if (typeof value['$date'] !== 'string') return value
  const date = new Date(value['$date'])
  if (Number.isNaN(date.getTime())) throw new Error(`${value['$date']} is not a date`)
  return date
}

/**
 * Compares a value with what is expected of it: an object may have more members than those expected, an array has
 * as many elements, `{"$match": "regex"}` holds for strings and numbers, a Date equals its ISO string.
 *
 * @returns The differences, each with its path; none where the value fits.
 */
export function matchPartial(actual: unknown, expected: unknown): string[] {
  const found: string[] = []
  compare(actual, expected, '', found)
  return found
}

function compare(actual: unknown, expected: unknown, path: string, found: string[]): void {
  const differ = (what: string = show(expected)) =>
    found.push(`${path || '(value)'}: expected ${what}, got ${show(actual)}`)
  if (expected instanceof Uint8Array) {
    if (!(actual instanceof Uint8Array) || Buffer.compare(actual, expected) !== 0) differ()
  } else if (expected instanceof Date || (actual instanceof Date && typeof expected === 'string')) {
    if (!(actual instanceof Date) || actual.getTime() !== new Date(expected).getTime()) differ()
  } else if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) differ()
    else if (actual.length !== expected.length) {
      found.push(`${path || '(value)'}: expected ${expected.length} elements, got ${actual.length}`)
    } else expected.forEach((item, index) => void compare(actual[index], item, `${path}[${index}]`, found))
  } else if (!isRecord(expected)) {
    const same = typeof actual === 'bigint' ? String(actual) === String(expected) : Object.is(actual, expected)
    if (!same) differ()
  } else if (typeof expected['$match'] === 'string' && Object.keys(expected).length === 1) {
    const text = actual instanceof Date ? actual.toISOString() : actual
    if (!/^(string|number|bigint)$/.test(typeof text) || !new RegExp(expected['$match']).test(String(text))) {
      differ(`/${expected['$match']}/`)
    }
  } else if (!isRecord(actual)) differ()
  else {
    for (const key of Object.keys(expected)) {
      compare(actual[key], expected[key], path ? `${path}.${key}` : key, found)
    }
  }
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('base64').slice(0, 60)}`
  if (typeof value === 'bigint' || typeof value === 'function' || value === undefined) return String(value)
  const name = isRecord(value) ? value.constructor?.name : undefined
  // A resource may hold its driver and anything behind it: its class says enough.
  if (name && name !== 'Object' && name !== 'Date') return name
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function values(comments: Map<string, Comment>): Record<string, string> {
  return Object.fromEntries([...comments].map(([key, { value }]) => [key, value]))
}
