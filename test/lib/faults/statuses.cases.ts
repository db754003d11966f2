import { gzipSync } from 'node:zlib'
import type { Fault } from './table.js'
import { type Asked, chunkOf, forever, headOf, reply } from './wire.js'

const error = (what: string): Pick<Fault, 'read' | 'create' | 'stream'> => ({ read: what, create: what, stream: what })
const saying =
  (status: string, body = '{"message":"no"}', ...headers: string[]) =>
  (it: Asked): void =>
    it.say(reply(body, `HTTP/1.1 ${status}`, ...headers))
/** Fails once, and then does what it should. */
const once =
  (status: string, ...headers: string[]) =>
  (it: Asked, good: string): void =>
    it.earlier === 0 ? it.say(reply('{}', `HTTP/1.1 ${status}`, ...headers)) : it.say(reply(good))
const endless =
  (status: string, part: Buffer, ...headers: string[]) =>
  (it: Asked): Promise<void> => {
    it.say(headOf(`HTTP/1.1 ${status}`, 'Transfer-Encoding: chunked', ...headers))
    return it.drip(forever(part), 0)
  }
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString()

const ASKED_AGAIN = { read: 'value', stream: 'value' } as const
const BUSY = { ...ASKED_AGAIN, create: 'RateLimitError 429, retryable' } as const

/** Statuses, and what `Retry-After` says beside them. */
export const statuses: readonly Fault[] = [
  { wire: '400', answer: saying('400 Bad Request'), ...error('InvalidRequestError 400'), says: /answered 400: no/ },
  { wire: '401', answer: saying('401 Unauthorized'), ...error('InvalidCredentialsError 401') },
  { wire: '403', answer: saying('403 Forbidden'), ...error('PermissionDeniedError 403') },
  { wire: '404', answer: saying('404 Not Found'), ...error('NotFoundError 404') },
  { wire: '409', answer: saying('409 Conflict'), ...error('ConflictError 409') },
  { wire: '429, again and again', answer: saying('429 Too Many'), ...error('RateLimitError 429, retryable') },
  { wire: '500, again and again', answer: saying('500 Oops'), ...error('ServiceError 500, retryable') },
  { wire: '501', answer: saying('501 Not Implemented'), ...error('ServiceError 501') },
  { wire: '503, again and again', answer: saying('503 Unavailable'), ...error('ServiceError 503, retryable') },
  { wire: '500 once, then 200', answer: once('500 Oops'), ...ASKED_AGAIN, create: 'ServiceError 500, retryable' },
  { wire: '429 once without Retry-After, then 200', answer: once('429 Too Many'), ...BUSY },
  { wire: '429 once with Retry-After: 0', answer: once('429 Too Many', 'Retry-After: 0'), ...BUSY },
  {
    wire: '429 once with Retry-After in seconds',
    answer: once('429 Too Many', 'Retry-After: 0.2'),
    ...BUSY,
    error: { retryAfter: 200 },
  },
  {
    wire: '503 once with Retry-After as a date to come',
    answer: it =>
      once('503 Unavailable', `Retry-After: ${inSeconds(1)}`)(
        it,
        it.target === '/xml' ? '<r><a>1</a></r>' : it.target === '/stream' ? 'abcdefgh' : '{"a":1}',
      ),
    ...ASKED_AGAIN,
    create: 'ServiceError 503, retryable',
  },
  {
    wire: '503 once with Retry-After as a date gone by',
    answer: once('503 Unavailable', 'Retry-After: Fri, 20 Nov 2020 20:00:00 GMT'),
    ...ASKED_AGAIN,
    create: 'ServiceError 503, retryable',
    error: { retryAfter: 0 },
  },
  {
    wire: '429 once with a Retry-After that makes no sense',
    answer: once('429 Too Many', 'Retry-After: soon'),
    ...BUSY,
    error: { retryAfter: undefined },
  },
  {
    wire: '429 once with a negative Retry-After',
    answer: once('429 Too Many', 'Retry-After: -5'),
    ...BUSY,
    error: { retryAfter: undefined },
  },
  {
    wire: '429 once with two Retry-After',
    answer: once('429 Too Many', 'Retry-After: 0', 'Retry-After: 0'),
    ...BUSY,
    error: { retryAfter: undefined },
  },
  {
    wire: '429 with a Retry-After of an hour',
    answer: once('429 Too Many', 'Retry-After: 3600'),
    ...error('RateLimitError 429, retryable'),
    once: true,
    error: { retryAfter: 3_600_000 },
  },
  {
    wire: '429 with a Retry-After of ages',
    answer: once('429 Too Many', 'Retry-After: 99999999999999999999'),
    ...error('RateLimitError 429, retryable'),
    once: true,
    error: { retryAfter: Number.MAX_SAFE_INTEGER },
  },
  {
    wire: '503 with Retry-After as a date in the year 9999',
    answer: once('503 Unavailable', 'Retry-After: Fri, 31 Dec 9999 23:59:59 GMT'),
    ...error('ServiceError 503, retryable'),
    once: true,
  },
  { wire: '404 with a page of HTML', answer: saying('404 Not Found', '<html>no'), ...error('NotFoundError 404') },
  { wire: '404 with an empty body', answer: saying('404 Not Found', ''), ...error('NotFoundError 404') },
  {
    wire: '404 with a body that is cut off',
    answer: it => it.socket.end(headOf('HTTP/1.1 404 Not Found', 'Content-Length: 9')),
    ...error('NotFoundError 404'),
  },
  {
    wire: '404 with a body that never comes',
    answer: it => it.say(headOf('HTTP/1.1 404 Not Found', 'Content-Length: 9')),
    hangs: true,
    ...error('NotFoundError 404'),
  },
  {
    wire: '403 with a body without end',
    answer: endless('403 Forbidden', chunkOf(Buffer.alloc(65_536, 32))),
    ...error('PermissionDeniedError 403'),
  },
  {
    wire: '403 with a small gzip body that unpacks to a large one',
    answer: it =>
      it.say(reply(gzipSync(Buffer.alloc(8_000_000, 32)), 'HTTP/1.1 403 Forbidden', 'Content-Encoding: gzip')),
    ...error('PermissionDeniedError 403'),
  },
  {
    wire: '402 with a body that is not gzip, though it says so',
    answer: saying('402 Pay', 'no', 'Content-Encoding: gzip'),
    ...error('PermissionDeniedError 402'),
  },
]

/** Where a redirect leads. */
const moved =
  (location: string | undefined, status = '302 Found', body = '') =>
  (it: Asked, good: string): void =>
    it.target.startsWith('/there')
      ? it.say(reply(good))
      : it.say(reply(body, `HTTP/1.1 ${status}`, ...(location === undefined ? [] : [`Location: ${location}`])))
const REFUSED = error('MalformedResponseError 302')
const FOLLOWED = { read: 'value', create: 'MalformedResponseError 302', stream: 'value' } as const

/** Redirects: those of reads are followed. */
export const redirects: readonly Fault[] = [
  { wire: '302 to the same host', answer: moved('/there'), ...FOLLOWED },
  { wire: '303', answer: moved('/there', '303 See Other'), ...FOLLOWED, create: 'MalformedResponseError 303' },
  { wire: '307', answer: moved('/there', '307 Temporary Redirect'), ...FOLLOWED, create: 'MalformedResponseError 307' },
  { wire: '308', answer: moved('/there', '308 Permanent Redirect'), ...FOLLOWED, create: 'MalformedResponseError 308' },
  { wire: '302 without Location', answer: moved(undefined), ...REFUSED, says: /answered 302/ },
  { wire: '302 without Location, with a body', answer: moved(undefined, '302 Found', '{"a":1}'), ...REFUSED },
  { wire: '300', answer: moved('/there', '300 Multiple Choices'), ...error('MalformedResponseError 300') },
  {
    wire: '304, although no condition was set',
    answer: it => it.say(headOf('HTTP/1.1 304 Not Modified')),
    ...error('MalformedResponseError 304'),
  },
  { wire: '302 in a circle', answer: it => moved(it.target)(it, ''), ...REFUSED, asked: 6 },
  { wire: '302 to ever other addresses', answer: it => moved(`${it.target}x`)(it, ''), ...REFUSED, asked: 6 },
  { wire: '302 to file:', answer: moved('file:///etc/hostname'), ...REFUSED },
  { wire: '302 to ftp:', answer: moved('ftp://127.0.0.1/a'), ...REFUSED },
  { wire: '302 to data:', answer: moved('data:application/json,{"a":1}'), ...REFUSED },
  { wire: '302 to what is no address', answer: moved('http://[::1/'), ...REFUSED },
  {
    wire: '302 to two addresses',
    answer: it => it.say(headOf('HTTP/1.1 302 Found', 'Location: http://a b', 'Location: /there', 'Content-Length: 0')),
    ...REFUSED,
  },
  {
    wire: '302 to a host that refuses connections',
    answer: moved('http://127.0.0.1:1/there'),
    read: 'ConnectionError, retryable',
    create: 'MalformedResponseError 302',
    stream: 'ConnectionError, retryable',
  },
  {
    wire: '302 with a body without end',
    answer: (it, good) =>
      it.target === '/there'
        ? it.say(reply(good))
        : endless('302 Found', chunkOf(Buffer.alloc(65_536)), 'Location: /there')(it),
    ...FOLLOWED,
  },
  {
    wire: '302 with a body that never comes',
    answer: it => it.say(headOf('HTTP/1.1 302 Found', 'Location: /there', 'Content-Length: 9')),
    hangs: true,
    read: 'TimeoutError, retryable',
    create: 'MalformedResponseError 302',
    stream: 'TimeoutError, retryable',
  },
]
