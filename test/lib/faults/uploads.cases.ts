import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { channels } from '../../../lib/http/events.js'
import type { RequestSpec } from '../../../lib/http/message.js'
import type { DriverOptions } from '../../../lib/options.js'
import { driverFor } from './callers.js'
import { LISTING, outcome, type Story } from './story.js'
import { until } from './watch.js'
import { type Asked, headOf, NOBODY, reply, type Wire, type WireOptions, wire } from './wire.js'

const PART = Buffer.alloc(65_536, 97)

interface Sending {
  readonly spec: Omit<RequestSpec, 'path'>
  readonly answer?: (asked: Asked) => unknown
  readonly server?: WireOptions
  readonly driver?: DriverOptions
  readonly timeout?: number
  readonly check?: (server: Wire) => unknown
}

/** Sends something, and looks at what the server got. */
async function sending(signal: AbortSignal, { spec, server: options, timeout, ...given }: Sending): Promise<string> {
  const answer = given.answer ?? (asked => asked.say(reply('{}')))
  await using server = await wire(answer, options)
  await using driver = driverFor(server.port, given.driver)
  const put: RequestSpec = { method: 'PUT', path: '/a', ...spec }
  const result = await outcome(driver.connection.request(put, { ...LISTING, signal, timeout }))
  await given.check?.(server)
  return result
}

/** Sends to a port where nobody listens. */
async function sendingNowhere(signal: AbortSignal, spec: Omit<RequestSpec, 'path'>): Promise<string> {
  await using driver = driverFor(NOBODY)
  return await outcome(driver.connection.request({ method: 'PUT', path: '/a', ...spec }, { ...LISTING, signal }))
}

async function withFile<T>(run: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'libcloud-'))
  const path = join(folder, 'file')
  writeFileSync(path, Buffer.alloc(4 * 1024 * 1024, 98))
  try {
    return await run(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function* parts(count: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let sent = 0; sent < count; sent++) yield PART
}
async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
  yield PART
  await sleep(5)
  throw new Error('the disk is on fire')
}
/** Goes on for ever, and tells how much was taken of it, and whether it was left in order. */
function endless(pause = 0): AsyncGenerator<Uint8Array, void, undefined> & { taken: number; left: boolean } {
  const seen = { taken: 0, left: false }
  async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        await sleep(pause)
        seen.taken += PART.length
        yield PART
      }
    } finally {
      seen.left = true
    }
  }
  const made = bytes()
  Object.defineProperties(made, { taken: { get: () => seen.taken }, left: { get: () => seen.left } })
  return made as typeof made & typeof seen
}
/** Yields nothing, ever. */
const silent = (): Readable => new Readable({ read() {} })
const IDLE = { attemptTimeout: 500, retry: false } as const
const UNHEARD = 'ConnectionError, retryable'

/** What is sent as a stream. */
export const uploads: readonly Story[] = [
  {
    wire: 'a stream of known length arrives whole',
    gets: 'value',
    run: signal =>
      sending(signal, {
        spec: { body: parts(4), contentLength: 4 * PART.length },
        check: ({ asked }) => {
          expect(asked[0]?.headers['content-length']).toBe(String(4 * PART.length))
          expect(asked[0]?.body.length).toBe(4 * PART.length)
        },
      }),
  },
  {
    wire: 'a stream of unknown length arrives in chunks',
    gets: 'value',
    run: signal =>
      sending(signal, {
        spec: { body: parts(4) },
        check: ({ asked }) => {
          expect(asked[0]?.headers['transfer-encoding']).toBe('chunked')
          expect(asked[0]?.body.match(/a+/g)?.join('').length).toBe(4 * PART.length)
        },
      }),
  },
  {
    wire: 'a web stream arrives',
    gets: 'value',
    run: signal => sending(signal, { spec: { body: ReadableStream.from(parts(2)) as ReadableStream<Uint8Array> } }),
  },
  {
    wire: 'the source fails midway',
    gets: "'the disk is on fire', as it is",
    run: signal => sending(signal, { spec: { body: failing() }, check: ({ asked }) => expect(asked).toHaveLength(0) }),
  },
  {
    wire: 'the source fails midway, its length known',
    gets: "'the disk is on fire', as it is",
    run: signal => sending(signal, { spec: { body: failing(), contentLength: 3 * PART.length } }),
  },
  {
    wire: 'the source throws what is no Error',
    gets: "'smoke', as it is",
    run: signal =>
      sending(signal, {
        spec: {
          body: (async function* () {
            yield PART
            throw 'smoke'
          })(),
        },
      }),
  },
  {
    wire: 'the function that makes the source throws',
    gets: "'no such file', as it is",
    run: signal =>
      sending(signal, {
        spec: {
          body: () => {
            throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
          },
        },
        check: ({ asked }) => expect(asked).toHaveLength(0),
      }),
  },
  {
    wire: 'the function that makes the source throws what is no Error, at the second attempt',
    gets: "'smoke', as it is",
    run: signal => {
      let made = 0
      return sending(signal, {
        answer: it => it.say(reply('', 'HTTP/1.1 503 Unavailable')),
        spec: {
          body: () => {
            if (made++ > 0) throw 'smoke'
            return parts(1)
          },
        },
      })
    },
  },
  {
    wire: 'the file of a stream does not exist',
    gets: "'ENOENT: no such file or directory, open '/nowhere/at/all'', as it is",
    run: signal => sending(signal, { spec: { body: () => createReadStream('/nowhere/at/all') } }),
  },
  {
    wire: 'the source is destroyed midway',
    gets: "'Premature close', as it is",
    run: signal => {
      const body = new Readable({ read() {} })
      body.push(PART)
      setTimeout(() => body.destroy(), 20)
      return sending(signal, { spec: { body } })
    },
  },
  {
    wire: 'the source was destroyed before',
    gets: "'Premature close', as it is",
    run: signal => {
      const body = Readable.from([PART])
      body.destroy()
      return sending(signal, { spec: { body } })
    },
  },
  {
    wire: 'the source yields objects',
    gets: 'InvalidRequestError',
    run: signal => sending(signal, { spec: { body: Readable.from([{ a: 1 }]) } }),
  },
  {
    wire: 'the source yields less than its declared length',
    gets: 'InvalidRequestError',
    run: signal => sending(signal, { spec: { body: parts(1), contentLength: 2 * PART.length } }),
  },
  {
    wire: 'the source yields more than its declared length',
    gets: 'InvalidRequestError',
    run: signal => sending(signal, { spec: { body: parts(3), contentLength: 2 * PART.length } }),
  },
  {
    wire: 'the source never yields: the attempt ends, and the source is destroyed',
    gets: 'TimeoutError, retryable, may have happened',
    run: async signal => {
      const body = silent()
      const result = await sending(signal, { spec: { body }, driver: IDLE })
      await until(() => body.destroyed || 'the source is still open')
      return result
    },
  },
  {
    wire: 'a generator never yields',
    gets: 'TimeoutError, retryable, may have happened',
    run: signal =>
      sending(signal, {
        spec: {
          body: (async function* (): AsyncGenerator<Uint8Array> {
            await new Promise(() => {})
          })(),
        },
        driver: IDLE,
      }),
  },
  {
    wire: 'the source yields for ever: the call’s timeout ends it, and the source is left',
    gets: 'TimeoutError, may have happened',
    run: async signal => {
      const body = endless(1)
      const result = await sending(signal, { spec: { body }, timeout: 500 })
      await until(() => body.left || 'the source is still being read')
      return result
    },
  },
  {
    wire: 'the server never reads: no more is taken from the source than the sockets hold',
    gets: 'TimeoutError, retryable, may have happened',
    run: async signal => {
      const body = endless()
      const server: WireOptions = { greet: socket => void socket.pause() }
      const result = await sending(signal, { spec: { body }, server, driver: IDLE })
      expect(body.taken).toBeLessThan(32 * 1024 * 1024)
      await until(() => body.left || 'the source is still being read')
      return result
    },
  },
  {
    wire: 'the server resets the connection midway',
    gets: 'ConnectionError, retryable, may have happened',
    run: async signal => {
      const body = endless(1)
      const server: WireOptions = { early: true }
      const result = await sending(signal, { spec: { body }, server, answer: it => setTimeout(it.reset, 30) })
      await until(() => body.left || 'the source is still being read')
      return result
    },
  },
  {
    wire: 'the server refuses (413) while the upload is going on, and closes the connection',
    gets: 'InvalidRequestError 413',
    run: async signal => {
      const body = endless(1)
      const answer = (it: Asked): void => {
        it.socket.resume().end(reply('{"message":"too large"}', 'HTTP/1.1 413 Content Too Large', 'Connection: close'))
      }
      const result = await sending(signal, { spec: { body }, server: { early: true }, answer })
      await until(() => body.left || 'the source is still being read')
      return result
    },
  },
  {
    wire: 'the server refuses (413) while the upload is going on, and reads no more',
    gets: 'InvalidRequestError 413',
    run: async signal => {
      const body = endless()
      const answer = (it: Asked): void => {
        it.socket.pause().write(reply('{"message":"too large"}', 'HTTP/1.1 413 Content Too Large'))
      }
      const result = await sending(signal, { spec: { body }, server: { early: true }, answer })
      await until(() => body.left || 'the source is still being read')
      return result
    },
  },
  {
    wire: 'the server refuses (401) while the source waits for its next part',
    gets: 'InvalidCredentialsError 401',
    run: async signal => {
      const body = silent()
      body.push(PART)
      const answer = (it: Asked): void => it.say(reply('', 'HTTP/1.1 401 Unauthorized'))
      const result = await sending(signal, { spec: { body }, server: { early: true }, answer })
      await until(() => body.destroyed || 'the source is still open')
      return result
    },
  },
  {
    wire: 'the server accepts (200) before the upload is over',
    gets: 'value',
    run: async signal => {
      const body = endless(1)
      const result = await sending(signal, { spec: { body }, server: { early: true } })
      await until(() => body.left || 'the source is still being read')
      return result
    },
  },
  {
    wire: 'the caller aborts midway, and the source is left',
    gets: "'enough', as it is",
    run: async () => {
      const body = endless(1)
      const controller = new AbortController()
      setTimeout(() => controller.abort(new Error('enough')), 50)
      const result = await sending(controller.signal, { spec: { body } })
      await until(() => body.left || 'the source is still being read')
      return result
    },
  },
  {
    wire: 'nobody listens: a file that was to be sent is closed',
    gets: UNHEARD,
    run: signal => withFile(path => sendingNowhere(signal, { body: createReadStream(path) })),
  },
  {
    wire: 'nobody listens: a file that a function opens is closed, at each attempt',
    gets: UNHEARD,
    run: signal => withFile(path => sendingNowhere(signal, { body: () => createReadStream(path) })),
  },
  {
    wire: 'nobody listens at first: a stream of which nothing was taken is sent by the second attempt, also by a creation',
    gets: 'value',
    run: async signal => {
      const folder = mkdtempSync(join(tmpdir(), 'libcloud-'))
      const path = join(folder, 'socket')
      let server: Promise<Wire> | undefined
      const listen = (): void => {
        server = wire(it => it.say(reply('{}')), { path })
      }
      channels.retry.subscribe(listen)
      try {
        const retry = { retries: 1, minTimeout: 300, maxTimeout: 300 }
        await using driver = driverFor(80, { socketPath: path, retry })
        const spec = { method: 'POST', path: '/a', body: parts(2), contentLength: 2 * PART.length } as const
        const result = await outcome(driver.connection.request(spec, { ...LISTING, signal }))
        await using listening = await server
        expect(listening?.asked.map(({ body }) => body.length)).toEqual([2 * PART.length])
        return result
      } finally {
        channels.retry.unsubscribe(listen)
        rmSync(folder, { recursive: true })
      }
    },
  },
  {
    wire: 'a file is refused (503): it is closed, and opened again for the next attempt',
    gets: 'value',
    run: signal =>
      withFile(path => {
        let opened = 0
        const body = (): Readable => {
          opened += 1
          return createReadStream(path)
        }
        const answer = (it: Asked): void =>
          it.say(it.earlier === 0 ? reply('', 'HTTP/1.1 503 Unavailable') : reply('{}'))
        return sending(signal, {
          spec: { body },
          answer,
          check: ({ asked }) => {
            expect(opened).toBe(2)
            expect(asked).toHaveLength(2)
          },
        })
      }),
  },
  {
    wire: 'a header that HTTP does not let a request have',
    gets: 'InvalidRequestError',
    run: signal => sending(signal, { spec: { headers: { expect: '100-continue' }, body: 'a' } }),
  },
  {
    wire: 'the server says 100 Continue unasked, and then answers',
    gets: 'ConnectionError, retryable, may have happened',
    run: signal =>
      sending(signal, { spec: { body: 'a' }, answer: it => it.say(headOf('HTTP/1.1 100 Continue'), reply('{}')) }),
  },
]
