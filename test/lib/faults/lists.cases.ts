import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Connection } from '../../../lib/http/connection.js'
import type { CallOptions } from '../../../lib/options.js'
import { type Pager, pager } from '../../../lib/pager.js'
import type { Look, WaitOptions } from '../../../lib/poller.js'
import { driverFor } from './callers.js'
import { LISTING, outcome, type Story } from './story.js'
import { type Asked, reply, type Wire, wire } from './wire.js'

type Answer = (asked: Asked) => unknown
interface Things {
  readonly items: readonly number[]
  readonly next?: string
}

/** A list as drivers make it. */
function listThings(connection: Connection, options: CallOptions): Pager<number> {
  return pager(async token => {
    const { body } = await connection.request<Things>({ path: '/things', query: { token } }, options)
    return body
  }, options)
}

const page = (it: Asked, items: readonly number[], next?: string): void =>
  it.say(reply(JSON.stringify({ items, next })))
/** Three pages, the second of which is answered in another way. */
const secondly =
  (answer: Answer): Answer =>
  it => {
    if (it.target === '/things') page(it, [1, 2], 'b')
    else if (it.target.endsWith('=b')) answer(it)
    else page(it, [5])
  }
const second: Answer = it => page(it, [3, 4], 'c')

interface Listing {
  readonly controller?: AbortController
  readonly each?: (item: number) => unknown
  readonly sees: readonly number[]
  readonly check?: (server: Wire) => void
  readonly attemptTimeout?: number
}
async function listing(signal: AbortSignal, answer: Answer, given: Listing): Promise<string> {
  await using server = await wire(answer)
  const { attemptTimeout = 15_000 } = given
  await using driver = driverFor(server.port, { attemptTimeout })
  const list = listThings(driver.connection, { ...LISTING, signal: given.controller?.signal ?? signal })
  const seen: number[] = []
  const walk = async (): Promise<void> => {
    for await (const item of list) {
      seen.push(item)
      if (given.each?.(item) === 'leave') break
    }
  }
  const result = await outcome(walk())
  expect(seen).toEqual(given.sees)
  given.check?.(server)
  // Awaited, the same list says the same, unless the fault was the reader's own.
  if (!given.controller && !given.each) expect(await outcome(list)).toBe(result)
  return result
}
const asked =
  (times: number) =>
  (server: Wire): void =>
    expect(server.asked).toHaveLength(times)

/** Lists: pages are asked for one by one. */
export const lists: readonly Story[] = [
  { wire: 'three pages', gets: 'value', run: s => listing(s, secondly(second), { sees: [1, 2, 3, 4, 5] }) },
  {
    wire: 'the second page fails (403)',
    gets: 'PermissionDeniedError 403',
    run: s =>
      listing(
        s,
        secondly(it => it.say(reply('', 'HTTP/1.1 403 Forbidden'))),
        { sees: [1, 2], check: asked(2) },
      ),
  },
  {
    wire: 'the second page fails once (500)',
    gets: 'value',
    run: s =>
      listing(
        s,
        secondly(it => (it.earlier === 1 ? it.say(reply('', 'HTTP/1.1 500 Oops')) : second(it))),
        { sees: [1, 2, 3, 4, 5], check: asked(4) },
      ),
  },
  {
    wire: 'the second page is cut off',
    gets: 'ConnectionError, retryable',
    run: s =>
      listing(
        s,
        secondly(it => it.reset()),
        { sees: [1, 2], check: asked(3) },
      ),
  },
  {
    wire: 'the second page never comes',
    gets: 'TimeoutError, retryable',
    run: s =>
      listing(
        s,
        secondly(() => {}),
        { sees: [1, 2], attemptTimeout: 400 },
      ),
  },
  {
    wire: 'the second page is no JSON',
    gets: 'MalformedResponseError 200',
    run: s =>
      listing(
        s,
        secondly(it => it.say(reply('<html>'))),
        { sees: [1, 2] },
      ),
  },
  {
    wire: 'the second page names itself as the next, for ever',
    gets: 'MalformedResponseError',
    run: s =>
      listing(
        s,
        secondly(it => page(it, [3], 'b')),
        { sees: [1, 2], check: asked(2) },
      ),
  },
  {
    wire: 'the reader leaves the loop on the first page',
    gets: 'value',
    run: s => listing(s, secondly(second), { sees: [1], each: () => 'leave', check: asked(1) }),
  },
  {
    wire: 'the caller aborts between two pages',
    gets: "'enough', as it is",
    run: s => {
      const controller = new AbortController()
      return listing(s, secondly(second), {
        sees: [1, 2],
        controller,
        each: item => item === 2 && controller.abort(new Error('enough')),
        check: asked(1),
      })
    },
  },
  {
    wire: 'the caller aborts while the second page is on its way',
    gets: "'enough', as it is",
    run: s => {
      const controller = new AbortController()
      const answer = secondly(() => void setTimeout(() => controller.abort(new Error('enough')), 20))
      return listing(s, answer, { sees: [1, 2], controller, check: asked(2) })
    },
  },
]

interface Waiting extends WaitOptions {
  readonly says?: RegExp
}
/** A wait as drivers make it. */
async function waiting(signal: AbortSignal, answer: Answer, { says, ...given }: Waiting = {}): Promise<string> {
  await using server = await wire(answer)
  await using driver = driverFor(server.port)
  const { connection } = driver
  const look = async (options: CallOptions): Promise<Look<string>> => {
    const { state } = (await connection.request<{ state: string }>({ path: '/thing' }, options)).body
    if (state === 'broken') return { failed: 'out of disks', state }
    return state === 'done' ? { done: true, value: state } : { state }
  }
  const options = { ...LISTING, signal, interval: 5, ...given }
  return await outcome(connection.poll('thing 7 to be done', look, options), error => {
    if (says) expect(error.message).toMatch(says)
  })
}
const state = (it: Asked, word: string): void => it.say(reply(JSON.stringify({ state: word })))
/** New twice, and then something else. */
const then =
  (answer: Answer): Answer =>
  it =>
    it.earlier < 2 ? state(it, 'new') : answer(it)

/** Waits: the same question again and again. */
export const waits: readonly Story[] = [
  {
    wire: 'done in the end',
    gets: 'value',
    run: s =>
      waiting(
        s,
        then(it => state(it, 'done')),
      ),
  },
  {
    wire: 'a state of failure',
    gets: 'WaitError',
    run: s =>
      waiting(
        s,
        then(it => state(it, 'broken')),
        { says: /out of disks/ },
      ),
  },
  {
    wire: 'never done',
    gets: 'TimeoutError',
    run: s => waiting(s, it => state(it, 'new'), { timeout: 200, says: /thing 7 to be done; last state: new/ }),
  },
  {
    wire: 'a look that never ends',
    gets: 'TimeoutError',
    run: s =>
      waiting(
        s,
        then(() => {}),
        { timeout: 500, says: /last state: new/ },
      ),
  },
  {
    wire: 'a look that fails (404)',
    gets: 'NotFoundError 404',
    run: s =>
      waiting(
        s,
        then(it => it.say(reply('', 'HTTP/1.1 404 Gone'))),
      ),
  },
  {
    wire: 'a look that fails once (503)',
    gets: 'value',
    run: s =>
      waiting(
        s,
        then(it => (it.earlier === 2 ? it.say(reply('', 'HTTP/1.1 503 Busy')) : state(it, 'done'))),
      ),
  },
  {
    wire: 'a look that is cut off',
    gets: 'ConnectionError, retryable',
    run: s =>
      waiting(
        s,
        then(it => it.reset()),
      ),
  },
  {
    wire: 'the one that is told fails',
    gets: "'not now', as it is",
    run: s =>
      waiting(s, it => state(it, 'new'), {
        onProgress: () => {
          throw new Error('not now')
        },
      }),
  },
  {
    wire: 'the caller aborts in a pause',
    gets: "'enough', as it is",
    run: async () => {
      const controller = new AbortController()
      const abort = async (): Promise<void> => {
        await sleep(20)
        controller.abort(new Error('enough'))
      }
      return waiting(controller.signal, it => state(it, 'new'), { interval: 60_000, onProgress: () => void abort() })
    },
  },
  {
    wire: 'the caller aborts in a look',
    gets: "'enough', as it is",
    run: async () => {
      const controller = new AbortController()
      return waiting(
        controller.signal,
        then(() => controller.abort(new Error('enough'))),
      )
    },
  },
]
