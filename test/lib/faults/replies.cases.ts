import { setTimeout as sleep } from 'node:timers/promises'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import type { Fault } from './table.js'
import { type Asked, chunkOf, forever, headOf, reply } from './wire.js'

const OK = 'HTTP/1.1 200 OK'
const CHUNKED = 'Transfer-Encoding: chunked'
const LOST = {
  read: 'ConnectionError, retryable',
  create: 'ConnectionError, retryable, may have happened',
  stream: 'ConnectionError, retryable',
} as const
const LATE = {
  hangs: true,
  read: 'TimeoutError, retryable',
  create: 'TimeoutError, retryable, may have happened',
  stream: 'TimeoutError, retryable',
} as const
const MALFORMED = {
  read: 'MalformedResponseError 200',
  create: 'MalformedResponseError 200',
  stream: 'value',
} as const
const WHOLE = { read: 'value', create: 'value', stream: 'value' } as const

const half = (text: string): string => text.slice(0, text.length / 2)
const zipped = (good: string): Buffer => gzipSync(good.padEnd(400))
/** A body that opens so many times, and closes as often. */
const DEEP = 50_000

/** Times: nothing is lost, but it takes long, or for ever. */
export const times: readonly Fault[] = [
  { wire: 'never answers', answer: () => {}, ...LATE },
  {
    wire: 'accepts the connection and never reads',
    answer: () => {},
    server: { greet: socket => void socket.pause() },
    ...LATE,
  },
  { wire: 'sends half a head, and then nothing', answer: it => it.say('HTTP/1.1 200 OK\r\nConte'), ...LATE },
  {
    wire: 'sends a head for ever, byte by byte',
    answer: it => {
      it.say('HTTP/1.1 200 OK\r\nX-A: ')
      return it.drip(forever('a'), 5)
    },
    ...LATE,
  },
  { wire: 'sends a head, and then no body', answer: it => it.say(headOf(OK, 'Content-Length: 9')), ...LATE },
  {
    wire: 'sends half a body, and then nothing',
    answer: (it, good) => it.say(headOf(OK, `Content-Length: ${good.length}`), half(good)),
    ...LATE,
  },
  {
    wire: 'declares more than it sends, and keeps the connection',
    answer: (it, good) => it.say(headOf(OK, `Content-Length: ${good.length + 1}`), good),
    ...LATE,
  },
  {
    wire: 'sends a body for ever, byte by byte; the call has a timeout',
    answer: async it => {
      it.say(headOf(OK, CHUNKED))
      await it.drip(forever(chunkOf(' ')), 10)
    },
    ...LATE,
    stream: 'TimeoutError',
    // A stream may go on for as long as it moves: only the call's own time ends it.
    read: 'TimeoutError',
    create: 'TimeoutError, may have happened',
    driver: { attemptTimeout: 15_000 },
    call: { timeout: 400 },
  },
  {
    wire: 'sends an interim answer (103) for ever, and no other',
    answer: it => it.drip(forever('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'), 10),
    ...LATE,
  },
  {
    wire: 'answers late: before the head, and before the body',
    answer: async (it, good) => {
      await sleep(60)
      it.say(headOf(OK, `Content-Length: ${good.length}`))
      await sleep(60)
      it.say(good)
    },
    ...WHOLE,
  },
  {
    wire: 'sends head and body byte by byte, whole in the end',
    answer: (it, good) => it.drip(reply(good).toString()),
    ...WHOLE,
  },
]

/** The connection ends too early. */
export const cuts: readonly Fault[] = [
  { wire: 'closes the connection before the head', answer: it => it.socket.end(), ...LOST },
  { wire: 'resets the connection before the head', answer: it => it.reset(), ...LOST },
  { wire: 'closes the connection in the head', answer: it => it.socket.end('HTTP/1.1 200 OK\r\nConte'), ...LOST },
  {
    wire: 'closes the connection in the body',
    answer: (it, good) => it.socket.end(headOf(OK, `Content-Length: ${good.length}`) + half(good)),
    ...LOST,
  },
  {
    wire: 'resets the connection in the body',
    answer: (it, good) =>
      it.socket.write(headOf(OK, `Content-Length: ${good.length}`) + half(good), () => setTimeout(it.reset, 20)),
    ...LOST,
  },
  {
    wire: 'closes the connection in a chunk',
    answer: (it, good) => it.socket.end(`${headOf(OK, CHUNKED)}${good.length.toString(16)}\r\n${half(good)}`),
    ...LOST,
  },
  {
    wire: 'closes the connection after a chunk that is not the last',
    answer: (it, good) => it.socket.end(headOf(OK, CHUNKED) + chunkOf(good)),
    ...LOST,
  },
  {
    wire: 'closes the connection in a compressed body',
    answer: (it, good) => {
      const body = zipped(good)
      it.say(headOf(OK, 'Content-Encoding: gzip', `Content-Length: ${body.length}`), body.subarray(0, 20))
      it.socket.end()
    },
    ...LOST,
  },
  {
    wire: 'sends half of a compressed body as if it were all',
    answer: (it, good) => it.say(reply(zipped(good).subarray(0, 20), OK, 'Content-Encoding: gzip')),
    ...MALFORMED,
    values: { stream: zipped('abcdefgh').subarray(0, 20) },
  },
  {
    wire: 'sends half of a brotli body as if it were all',
    answer: (it, good) =>
      it.say(reply(brotliCompressSync(good.padEnd(400)).subarray(0, 8), OK, 'Content-Encoding: br')),
    ...MALFORMED,
    values: { stream: brotliCompressSync('abcdefgh'.padEnd(400)).subarray(0, 8) },
  },
]

/** What is no HTTP, or hardly. */
export const garbage: readonly Fault[] = [
  { wire: 'answers in another protocol', answer: it => it.say('SSH-2.0-OpenSSH_9.6\r\n'), ...LOST },
  { wire: 'answers with bytes at random', answer: it => it.say(Buffer.from([0, 255, 22, 3, 1, 13, 10, 0])), ...LOST },
  {
    wire: 'has an HTTP version that does not exist',
    answer: (it, good) => it.say(reply(good, 'HTTP/9.9 200 OK')),
    ...LOST,
  },
  { wire: 'has a status that is no number', answer: (it, good) => it.say(reply(good, 'HTTP/1.1 2x0 OK')), ...LOST },
  { wire: 'has a chunk length that is no number', answer: it => it.say(headOf(OK, CHUNKED), 'zz\r\nab\r\n'), ...LOST },
  {
    wire: 'has a Content-Length that is no number',
    answer: it => it.say(headOf(OK, 'Content-Length: many'), 'ab'),
    ...LOST,
  },
  {
    wire: 'has two different Content-Lengths',
    answer: (it, good) => it.say(headOf(OK, `Content-Length: ${good.length}`, 'Content-Length: 3'), good),
    ...LOST,
  },
  {
    wire: 'has a Content-Length and is chunked',
    answer: (it, good) => it.say(headOf(OK, CHUNKED, 'Content-Length: 3'), chunkOf(good), '0\r\n\r\n'),
    ...LOST,
  },
  { wire: 'has a NUL in a header', answer: (it, good) => it.say(reply(good, OK, 'X-A: a\0b')), ...LOST },
  {
    wire: 'has headers of more than 16 KiB',
    answer: (it, good) => it.say(reply(good, OK, `X-A: ${'a'.repeat(20_000)}`)),
    read: 'ConnectionError',
    create: 'ConnectionError, may have happened',
    stream: 'ConnectionError',
  },
  {
    wire: 'has headers without end',
    answer: it => {
      it.say('HTTP/1.1 200 OK\r\n')
      return it.drip(forever(`X-A: ${'a'.repeat(1000)}\r\n`), 0)
    },
    read: 'ConnectionError',
    create: 'ConnectionError, may have happened',
    stream: 'ConnectionError',
  },
  {
    wire: 'switches protocols (101) unasked',
    answer: it => it.say(headOf('HTTP/1.1 101 Switching Protocols', 'Upgrade: x', 'Connection: upgrade')),
    ...LOST,
  },
  // undici takes a 100 that it has not asked for to be an error.
  {
    wire: 'says 100 Continue unasked',
    answer: (it, good) => it.say(headOf('HTTP/1.1 100 Continue'), reply(good)),
    ...LOST,
  },
  {
    wire: 'sends other interim answers (102, 103) before the answer',
    answer: (it, good) =>
      it.say(headOf('HTTP/1.1 102 Processing'), headOf('HTTP/1.1 103 Early Hints', 'Link: </a>'), reply(good)),
    ...WHOLE,
  },
  {
    wire: 'sends more than its Content-Length',
    answer: (it, good) => it.say(reply(good), 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx'),
    ...WHOLE,
  },
  {
    wire: 'speaks HTTP/1.0: the end of the connection ends the body',
    answer: (it, good) => it.socket.end(headOf('HTTP/1.0 200 OK') + good),
    ...WHOLE,
  },
  { wire: 'speaks HTTP/1.1 without a length', answer: (it, good) => it.socket.end(headOf(OK) + good), ...WHOLE },
  {
    wire: 'repeats headers, and names some like members of objects',
    answer: (it, good) =>
      it.say(
        reply(
          good,
          OK,
          'X-A: 1',
          'X-A: 2',
          'Constructor: a',
          'Constructor: b',
          '__proto__: c',
          '__proto__: d',
          'toString: e',
        ),
      ),
    ...WHOLE,
  },
  {
    wire: 'ends its lines with LF alone',
    answer: (it, good) => it.say(reply(good).toString().replaceAll('\r', '')),
    ...LOST,
  },
]

const text =
  (body: string | Uint8Array, ...headers: string[]) =>
  (it: Asked): void =>
    it.say(reply(body, OK, ...headers))
const page = '<!DOCTYPE html><p>Please log in'
const invalid = Buffer.from('{"a":"\xff\xfe"}', 'latin1')
/** The same number of bytes for ever, faster than a reader wants them. */
const endless = (it: Asked): Promise<void> => {
  it.say(headOf(OK, CHUNKED))
  return it.drip(forever(chunkOf(Buffer.alloc(65_536, 32))), 0)
}
const LIMITED = { driver: { maxResponseBytes: 100_000 }, says: /maxResponseBytes/ } as const
/** Eight thousand bytes for eight million. */
const bomb = gzipSync(Buffer.alloc(8_000_000, 32))

/** HTTP in order, but what is in it is not. */
export const contents: readonly Fault[] = [
  {
    wire: 'answers with a page of HTML',
    answer: text(page, 'Content-Type: text/html'),
    ...MALFORMED,
    says: /text\/html/,
    values: { stream: Buffer.from(page) },
  },
  {
    wire: 'answers rightly under a wrong content type',
    answer: (it, good) => it.say(reply(good, OK, 'Content-Type: image/png')),
    ...WHOLE,
  },
  {
    wire: 'answers with an empty body',
    answer: text(''),
    ...WHOLE,
    xml: 'MalformedResponseError 200',
    values: { json: undefined, create: undefined, stream: Buffer.alloc(0) },
  },
  {
    wire: 'answers with half a document',
    answer: (it, good) => it.say(reply(half(good))),
    ...MALFORMED,
    values: { stream: Buffer.from('abcd') },
  },
  {
    wire: 'answers with two documents',
    answer: (it, good) => it.say(reply(good + good)),
    ...MALFORMED,
    values: { stream: Buffer.from('abcdefghabcdefgh') },
  },
  { wire: 'answers in bytes that are not UTF-8', answer: text(invalid), ...MALFORMED, values: { stream: invalid } },
  {
    wire: 'begins with a byte order mark',
    answer: (it, good) => it.say(reply(`\ufeff${good}`)),
    ...WHOLE,
    values: { stream: Buffer.from('\ufeffabcdefgh') },
  },
  {
    wire: `nests ${DEEP} deep`,
    answer: it => {
      const [open, close] = it.target === '/xml' ? ['<r>', '</r>'] : ['[', ']']
      it.say(reply(open.repeat(DEEP) + close.repeat(DEEP)))
    },
    ...WHOLE,
    xml: 'MalformedResponseError 200',
    values: { json: expect.any(Array), create: expect.any(Array), stream: expect.any(Buffer) },
  },
  {
    wire: 'has a content encoding that nobody knows',
    answer: (it, good) => it.say(reply(good, OK, 'Content-Encoding: rot13')),
    ...MALFORMED,
  },
  {
    wire: 'says gzip of what is plain',
    answer: (it, good) => it.say(reply(good, OK, 'Content-Encoding: gzip')),
    ...MALFORMED,
  },
  {
    wire: 'declares more than maxResponseBytes',
    answer: text(Buffer.alloc(100_001, 32)),
    ...MALFORMED,
    ...LIMITED,
    values: { stream: Buffer.alloc(100_001, 32) },
  },
  {
    wire: 'sends chunks without end',
    answer: endless,
    ...MALFORMED,
    ...LIMITED,
    // The reader takes four MiB and leaves.
    values: { stream: expect.any(Buffer) },
  },
  {
    wire: 'sends a body of declared but absurd length',
    answer: it => {
      it.say(headOf(OK, `Content-Length: ${2 ** 52}`))
      return it.drip(forever(Buffer.alloc(65_536, 32)), 0)
    },
    ...MALFORMED,
    ...LIMITED,
    values: { stream: expect.any(Buffer) },
  },
  {
    wire: 'sends a small gzip body that unpacks to a large one',
    answer: text(bomb, 'Content-Encoding: gzip'),
    ...MALFORMED,
    ...LIMITED,
    values: { stream: bomb },
  },
]
