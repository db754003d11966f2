import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { Agent } from 'undici'
import { expect } from 'vitest'
import { BaseDriver, connect } from '../../../lib/driver.js'
import { Connection } from '../../../lib/http/connection.js'
import type { RequestSpec } from '../../../lib/http/message.js'
import type { CallOptions, DriverOptions } from '../../../lib/options.js'
import { driverFor } from './callers.js'
import { LISTING, outcome, type Story } from './story.js'
import { within } from './watch.js'
import { type Asked, drained, headOf, NOBODY, reply, type Wire, wire } from './wire.js'

type Answer = (asked: Asked) => unknown
interface Calling extends CallOptions {
  readonly spec?: Partial<RequestSpec>
  readonly driver?: DriverOptions
  readonly check?: (server: Wire) => unknown
}

/** Makes one call to a server that answers so. */
async function calling(
  signal: AbortSignal,
  answer: Answer,
  { spec, driver: given, check, ...options }: Calling = {},
): Promise<string> {
  await using server = await wire(answer)
  await using driver = driverFor(server.port, given)
  const call = driver.connection.request({ path: '/a', ...spec }, { ...LISTING, signal, ...options })
  const result = await outcome(call)
  await check?.(server)
  return result
}

const fine: Answer = it => it.say(reply('{}'))
const asked =
  (times: number) =>
  (server: Wire): void =>
    expect(server.asked).toHaveLength(times)
/** The first answer is right, and the second request of a connection finds it closed. */
const closing: Answer = it => (it.earlierHere === 0 ? it.say(reply('{}')) : it.reset())

/** Two calls on one connection, which the server closes as the second is written. */
async function onKept(signal: AbortSignal, spec: Partial<RequestSpec>, times: number): Promise<string> {
  await using server = await wire(closing)
  await using driver = driverFor(server.port)
  const options = { ...LISTING, signal }
  await driver.connection.request({ path: '/first' }, options)
  await sleep(20) // until undici takes the connection for free
  const result = await outcome(driver.connection.request({ path: '/second', ...spec }, options))
  expect(server.asked).toHaveLength(times)
  expect(server.connections).toBe(times - 1)
  return result
}

/** A server that closes the kept connection between two requests. */
async function onClosed(signal: AbortSignal, say: (it: Asked) => void): Promise<string> {
  await using server = await wire(it => (it.target === '/first' ? say(it) : fine(it)))
  await using driver = driverFor(server.port)
  const options = { ...LISTING, signal }
  await driver.connection.request({ path: '/first' }, options)
  await sleep(50)
  return await outcome(driver.connection.request({ method: 'POST', path: '/second' }, options))
}

/** Connections that are kept from one request to the next. */
export const kept: readonly Story[] = [
  { wire: 'the server closes it as a read is written', gets: 'value', run: s => onKept(s, {}, 3) },
  {
    wire: 'the server closes it as a replacement is written',
    gets: 'value',
    run: s => onKept(s, { method: 'PUT', json: {} }, 3),
  },
  {
    wire: 'the server closes it as a creation is written',
    gets: 'ConnectionError, retryable, may have happened',
    run: s => onKept(s, { method: 'POST', json: {} }, 2),
  },
  {
    wire: 'the server closes it as a creation with the provider’s token is written',
    gets: 'value',
    run: s => onKept(s, { method: 'POST', json: {}, idempotent: true }, 3),
  },
  {
    wire: 'the server has closed it before a creation',
    gets: 'value',
    run: s => onClosed(s, it => it.socket.end(reply('{}'))),
  },
  {
    wire: 'the server said Connection: close',
    gets: 'value',
    run: s => onClosed(s, it => it.say(reply('{}', 'HTTP/1.1 200 OK', 'Connection: close'))),
  },
  {
    wire: 'the server says more than was asked, and closes it',
    gets: 'value',
    run: s => onClosed(s, it => it.socket.end(Buffer.concat([reply('{}'), reply('{"stray":1}')]))),
  },
]

class OddConnection extends Connection {
  constructor(driver: BaseDriver, how: Partial<Pick<Connection, 'sign' | 'problem'>>) {
    super(driver, { baseUrl: 'http://127.0.0.1', meta: { name: 'Rig', credentials: [] } })
    Object.assign(this, how)
  }
}
class OddDriver extends BaseDriver {
  readonly provider = 'rig'
  declare readonly connection: Connection
  constructor(options: DriverOptions, how: Partial<Pick<Connection, 'sign' | 'problem'>>) {
    super({ api: 'compute', rules: {} }, { vendor: 'rig', credentials: [] }, options)
    connect(this, new OddConnection(this, how))
  }
}
async function oddly(
  signal: AbortSignal,
  answer: Answer,
  how: Partial<Pick<Connection, 'sign' | 'problem'>>,
): Promise<string> {
  await using server = await wire(answer)
  await using driver = new OddDriver(
    { port: server.port, proxy: false, attemptTimeout: 500, retry: { retries: 1, minTimeout: 1 } },
    how,
  )
  return await outcome(driver.connection.request({ path: '/a' }, { ...LISTING, signal }))
}

const POST = { method: 'POST', json: {} } as const
const PUT = { method: 'PUT', json: {} } as const
const refused = async (
  signal: AbortSignal,
  spec: Partial<RequestSpec>,
  options: DriverOptions = {},
): Promise<string> => {
  await using driver = driverFor(NOBODY, options)
  return await outcome(driver.connection.request({ path: '/a', ...spec }, { ...LISTING, signal }), error =>
    expect(error.message).toMatch(/ECONNREFUSED: connect/),
  )
}
/** A dispatcher whose connections come to nothing. */
async function unconnected(
  signal: AbortSignal,
  connector: Agent.Options['connect'],
  options: DriverOptions = {},
): Promise<string> {
  const dispatcher = new Agent({ connect: connector } as Agent.Options)
  try {
    await using driver = driverFor(80, { dispatcher, attemptTimeout: 500, retry: false, ...options })
    return await outcome(driver.connection.request({ ...POST, path: '/a' }, { ...LISTING, signal }))
  } finally {
    await dispatcher.destroy()
  }
}

/** The way to the server, and what a call does in all its attempts. */
export const calls: readonly Story[] = [
  { wire: 'nobody listens, to a read', gets: 'ConnectionError, retryable', run: s => refused(s, {}) },
  { wire: 'nobody listens, to a creation', gets: 'ConnectionError, retryable', run: s => refused(s, POST) },
  {
    wire: 'nobody listens on any of a name’s addresses',
    gets: 'ConnectionError, retryable',
    run: s => refused(s, POST, { host: 'localhost' }),
  },
  {
    wire: 'the name of the host is unknown',
    gets: 'ConnectionError, retryable',
    run: s =>
      unconnected(s, {
        lookup: (_name, _options, done) =>
          done(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), ''),
      }),
  },
  { wire: 'the connection is never made', gets: 'TimeoutError, retryable', run: s => unconnected(s, () => {}) },
  {
    wire: 'the caller aborts while the connection is being made',
    gets: "'enough', as it is",
    run: async () => {
      const controller = new AbortController()
      setTimeout(() => controller.abort(new Error('enough')), 20)
      return unconnected(controller.signal, () => {}, { attemptTimeout: 15_000 })
    },
  },
  {
    wire: 'a replacement’s answer is lost, and then nobody listens',
    gets: 'ConnectionError, retryable, may have happened',
    run: async s => {
      const server = await wire(it => {
        it.reset()
        void server[Symbol.asyncDispose]()
      })
      await using driver = driverFor(server.port, { retry: { retries: 2, minTimeout: 100, maxTimeout: 100 } })
      return await outcome(driver.connection.request({ ...PUT, path: '/a' }, { ...LISTING, signal: s }))
    },
  },
  {
    wire: 'a deletion’s answer is lost, and the next finds nothing (404, with a page of HTML)',
    gets: 'value',
    run: s =>
      calling(s, it => (it.earlier === 0 ? it.reset() : it.say(reply('<html>', 'HTTP/1.1 404 Not Found'))), {
        spec: { method: 'DELETE' },
      }),
  },
  {
    wire: 'a GET that changes something (`idempotent: false`) is cut off',
    gets: 'ConnectionError, retryable, may have happened',
    run: s => calling(s, it => it.reset(), { spec: { idempotent: false }, check: asked(1) }),
  },
  {
    wire: '503 until the call’s time is over, to a read',
    gets: 'TimeoutError',
    run: s =>
      calling(s, it => it.say(reply('', 'HTTP/1.1 503 Busy')), {
        timeout: 300,
        retry: { retries: 99, minTimeout: 200, maxTimeout: 200 },
      }),
  },
  {
    wire: '503 until the call’s time is over, to a replacement',
    gets: 'TimeoutError, may have happened',
    run: s =>
      calling(s, it => it.say(reply('', 'HTTP/1.1 503 Busy')), {
        spec: PUT,
        timeout: 300,
        retry: { retries: 99, minTimeout: 200, maxTimeout: 200 },
      }),
  },
  {
    wire: '503, and then silence until the call’s time is over, to a creation with the provider’s token',
    gets: 'TimeoutError, may have happened',
    run: s =>
      calling(s, it => (it.earlier === 0 ? it.say(reply('', 'HTTP/1.1 429 Busy')) : undefined), {
        spec: { ...POST, idempotent: true },
        timeout: 500,
        check: asked(2),
      }),
  },
  {
    wire: 'a timeout longer than timers last',
    gets: 'value, value',
    run: async s => {
      const late: Answer = it => setTimeout(() => fine(it), 30)
      const once: Answer = it => (it.earlier === 0 ? it.say(reply('', 'HTTP/1.1 503 Busy')) : late(it))
      return [
        await calling(s, once, { timeout: 2 ** 33 }),
        await calling(s, once, { timeout: Number.POSITIVE_INFINITY }),
      ].join(', ')
    },
  },
  {
    wire: 'the signer never ends',
    gets: 'TimeoutError, retryable',
    run: s => oddly(s, fine, { sign: () => new Promise(() => {}) }),
  },
  {
    wire: 'the signer fails',
    gets: "'no key', as it is",
    run: s => oddly(s, fine, { sign: () => Promise.reject(Object.assign(new Error('no key'), { code: 'ENOENT' })) }),
  },
  {
    wire: 'the vendor’s reader of errors fails',
    gets: 'PermissionDeniedError 403',
    run: s =>
      oddly(s, it => it.say(reply('<html>', 'HTTP/1.1 403 Forbidden')), {
        problem: () => {
          throw new TypeError('no such element')
        },
      }),
  },
  {
    wire: 'what is no HTTP holds a secret: no error shows it',
    gets: 'ConnectionError, retryable',
    run: async s => {
      await using server = await wire(it => it.say('SECRET token=hidden-thing-1\r\n\r\n'))
      await using driver = driverFor(server.port)
      const call = driver.connection.request({ path: '/a' }, { ...LISTING, signal: s })
      return await outcome(call, error =>
        expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hidden-thing-1'),
      )
    },
  },
  {
    wire: 'a hundred calls under one signal, which is aborted',
    gets: "'enough', as it is",
    run: async () => {
      await using server = await wire(() => {})
      await using driver = driverFor(server.port)
      const controller = new AbortController()
      const options = { ...LISTING, signal: controller.signal }
      const calls = Array.from({ length: 100 }, () => outcome(driver.connection.request({ path: '/a' }, options)))
      setTimeout(() => controller.abort(new Error('enough')), 50)
      return [...new Set(await Promise.all(calls))].join(', ')
    },
  },
  {
    wire: 'the caller aborts at any moment after a failure: nothing is sent any more',
    gets: "'enough', as it is",
    run: async () => {
      const results = new Set<string>()
      for (let turns = 0; turns < 40; turns++) {
        const controller = new AbortController()
        const abortLater = async (): Promise<void> => {
          for (let turn = 0; turn < turns; turn++) await undefined
          controller.abort(new Error('enough'))
        }
        await using server = await wire(it => it.say(reply('', 'HTTP/1.1 503 Busy')))
        const problem = (): object => {
          void abortLater()
          return {}
        }
        await using driver = new OddDriver(
          { port: server.port, proxy: false, retry: { retries: 3, minTimeout: 0 } },
          { problem },
        )
        results.add(await outcome(driver.connection.request({ path: '/a' }, { ...LISTING, signal: controller.signal })))
        expect(server.asked).toHaveLength(1)
      }
      return [...results].join(', ')
    },
  },
  {
    wire: 'the driver is closed while calls are under way, one of them between two attempts',
    gets: 'value, value',
    run: async signal => {
      const answer: Answer = async it => {
        if (it.target === '/again' && it.earlier < 2) return it.say(reply('', 'HTTP/1.1 503 Busy'))
        await sleep(100)
        return fine(it)
      }
      await using server = await wire(answer)
      const driver = driverFor(server.port, { retry: { retries: 1, minTimeout: 150, maxTimeout: 150 } })
      const calls = ['/again', '/once'].map(path =>
        outcome(driver.connection.request({ path }, { ...LISTING, signal })),
      )
      await sleep(60)
      await within('close', driver.close())
      expect(server.sockets.size).toBeLessThanOrEqual(2)
      return (await Promise.all(calls)).join(', ')
    },
  },
  {
    wire: 'the provider has asked for a pause: other calls wait too, and one that cannot sends nothing',
    gets: 'TimeoutError',
    run: async signal => {
      await using server = await wire(it => it.say(reply('', 'HTTP/1.1 429 Busy', 'Retry-After: 3600')))
      await using driver = driverFor(server.port)
      const options = { ...LISTING, signal }
      expect(await outcome(driver.connection.request({ path: '/a' }, options))).toBe('RateLimitError 429, retryable')
      const result = await outcome(driver.connection.request({ ...POST, path: '/b' }, { ...options, timeout: 200 }))
      expect(server.asked).toHaveLength(1)
      return result
    },
  },
]

const MIB = 1024 * 1024
/** Sends without end, as fast as it is read. */
const flood: Answer = async it => {
  it.say(headOf('HTTP/1.1 200 OK', `Content-Length: ${2 ** 40}`))
  const part = Buffer.alloc(256 * 1024)
  while (!it.socket.destroyed) {
    if (!it.socket.write(part)) await drained(it.socket)
  }
}
async function streaming(
  signal: AbortSignal,
  answer: Answer,
  read: (server: Wire, body: NodeJS.ReadableStream & { destroy(): void }) => Promise<unknown>,
  options: Calling = {},
): Promise<string> {
  await using server = await wire(answer)
  await using driver = driverFor(server.port, options.driver)
  const { timeout } = options
  const { body } = await driver.connection.stream({ path: '/a' }, { ...LISTING, signal, timeout })
  return await outcome(read(server, body))
}

/** Bodies that are handed over as they come. */
export const streams: readonly Story[] = [
  {
    wire: 'the reader destroys the stream, with nobody listening',
    gets: 'value',
    run: s => streaming(s, flood, async (_server, body) => body.destroy()),
  },
  {
    wire: 'the reader leaves its loop',
    gets: 'value',
    run: s =>
      streaming(s, flood, async (_server, body) => {
        for await (const chunk of body) if (chunk.length > 0) break
      }),
  },
  {
    wire: 'the reader fails in its loop',
    gets: "'no room', as it is",
    run: s =>
      streaming(s, flood, async (_server, body) => {
        for await (const _ of body) throw new Error('no room')
      }),
  },
  {
    wire: 'the reader is slower than the server: no more is sent than the sockets hold, and the reader may take its time',
    gets: 'value',
    run: s =>
      streaming(
        s,
        flood,
        async (server, body) => {
          for await (const _ of body) {
            await sleep(1800)
            expect(server.sent()).toBeLessThan(32 * MIB)
            break
          }
        },
        { driver: { attemptTimeout: 500 } },
      ),
  },
  {
    wire: 'the reader takes 256 MiB: memory does not grow with what is read',
    gets: 'value',
    run: s =>
      streaming(s, flood, async (_server, body) => {
        let [size, most] = [0, 0]
        const before = process.memoryUsage()
        for await (const chunk of body) {
          size += chunk.length
          const { heapUsed, arrayBuffers } = process.memoryUsage()
          most = Math.max(most, heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers)
          if (size > 256 * MIB) break
        }
        // Node collects when it likes, and the server is in the same process.
        expect(most).toBeLessThan(128 * MIB)
      }),
  },
  {
    wire: 'the call’s time is over while the stream is being read',
    gets: 'TimeoutError',
    run: s =>
      streaming(
        s,
        flood,
        async (_server, body) => {
          for await (const _ of body) await sleep(1)
        },
        { timeout: 400 },
      ),
  },
  {
    wire: 'the caller aborts before anything is read',
    gets: "'enough', as it is",
    run: async () => {
      const controller = new AbortController()
      return await streaming(controller.signal, flood, async (_server, body) => {
        controller.abort(new Error('enough'))
        for await (const _ of body);
      })
    },
  },
]
