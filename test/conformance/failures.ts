// What a caller gets when the provider refuses, fails, says nonsense, or goes silent; and that nothing is made twice.
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type { BaseDriver } from '../../lib/driver.js'
import { LibcloudError } from '../../lib/errors.js'
import { parseRetryAfter } from '../../lib/http/errors.js'
import type { ErrorFixture, Fixture } from './fixture.js'
import { invoke, optionsIndex, type Runner, settle, TEST_KEY, TEST_SECRET } from './harness.js'
import { answer } from './replay.js'
import type { Session } from './suite.js'

const CODES: Readonly<Record<number, readonly string[]>> = {
  400: ['INVALID_REQUEST'],
  401: ['INVALID_CREDENTIALS'],
  403: ['PERMISSION_DENIED', 'QUOTA_EXCEEDED', 'INVALID_CREDENTIALS'],
  404: ['NOT_FOUND'],
  409: ['CONFLICT'],
  412: ['CONFLICT'],
  422: ['INVALID_REQUEST', 'CONFLICT', 'QUOTA_EXCEEDED', 'NOT_FOUND'],
  429: ['RATE_LIMIT', 'QUOTA_EXCEEDED'],
  500: ['SERVICE'],
  503: ['SERVICE', 'RATE_LIMIT'],
}
/** Some protocols ask for everything by POST, and say in the form whether it is to be read. */
const asks = ({ exchanges: [first] }: Fixture): boolean =>
  /(?:^|&)Action=(?:Describe|Get|List)/.test(String(first?.request.body))
const isRead = (fixture: Fixture): boolean =>
  /^(GET|HEAD)$/.test(fixture.exchanges[0]?.request.method ?? '') || asks(fixture)
const isPost = (fixture: Fixture): boolean =>
  /^(POST|PATCH)$/.test(fixture.exchanges[0]?.request.method ?? '') && !asks(fixture)

/** One fixture of each method, the plainest: a method fails alike whatever it is called with. */
function plainest(session: Session): Fixture[] {
  const found = new Map<string, Fixture>()
  for (const fixture of session.fixtures.calls) {
    if (!fixture.throws && !found.has(fixture.method)) found.set(fixture.method, fixture)
  }
  return [...found.values()]
}

const call = async (session: Session, fixture: Fixture, driver: BaseDriver, options: object = {}): Promise<unknown> =>
  settle(invoke(driver, fixture.method, fixture.args, session.suite.description, options))

export function describeFailures({ it }: Runner, session: Session): void {
  const { errors } = session.fixtures
  for (const fixture of plainest(session)) {
    const { method } = fixture
    const test = (group: string, body: () => Promise<void>): void => {
      if (!session.exempt(group, method)) it(`${method}: ${group}`, body)
    }
    test('abort', () => aborts(session, fixture))
    for (const error of errors) test(`answers ${error.response.status}`, () => fails(session, fixture, error))
    if (isRead(fixture)) test('is asked again after 503 and 429', () => repeats(session, fixture))
    if (isPost(fixture)) test('is not sent twice', () => sendsOnce(session, fixture))
    test('malformed', () => readsNonsense(session, fixture))
    test('another driver', () => refusesStrangers(session, fixture))
    test('wrong types', () => refusesTypes(session, fixture))
  }
}

async function aborts(session: Session, fixture: Fixture): Promise<void> {
  const server = await session.server()
  const driver = await session.driver()
  const reason = new Error('the caller has had enough')
  server.play([])
  await assert.rejects(
    call(session, fixture, driver, { signal: AbortSignal.abort(reason) }),
    error => error === reason,
    'a signal that has fired',
  )
  assert.equal(server.requests.length, 0, 'nothing is sent after an abort')
  const controller = new AbortController()
  let closed: Promise<unknown> | undefined
  server.play((_request, _response, socket) => {
    closed = new Promise(resolve => socket.once('close', resolve))
    controller.abort(reason)
  })
  await assert.rejects(
    call(session, fixture, driver, { signal: controller.signal }),
    error => error === reason,
    'a signal that fires while the reply is awaited',
  )
  await closed
  assert.equal(server.requests.length, 1, 'an aborted request is not repeated')
}

async function fails(session: Session, fixture: Fixture, { response }: ErrorFixture): Promise<void> {
  const server = await session.server()
  const driver = await session.driver({ retry: false })
  server.play((_request, reply) => answer(reply, response))
  const error = await call(session, fixture, driver).then(
    () => assert.fail(`it resolved after ${response.status}`),
    (caught: unknown) => caught,
  )
  assert.ok(error instanceof LibcloudError, inspect(error))
  assert.ok(
    CODES[response.status]?.includes(error.code) ?? error.code !== 'LIBCLOUD',
    `${response.status} became ${error.code}`,
  )
  assert.equal(error.status, response.status)
  assert.equal(error.provider, driver.provider)
  assert.equal(error.operation, fixture.method)
  assert.equal(server.requests.length, 1)
  const headers = new Map(response.headers.map(([name, value]) => [name.toLowerCase(), value]))
  const requestId = headers.get('x-request-id')
  if (requestId !== undefined) assert.ok(error.requestId, 'the request id is kept')
  if (headers.has('retry-after') && response.status === 429)
    assert.equal(error.retryAfter, parseRetryAfter(headers.get('retry-after')))
  const shown = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error) + String(error)
  assert.ok(!shown.includes(TEST_KEY) && !shown.includes(TEST_SECRET), 'the error shows a secret')
}

async function repeats(session: Session, fixture: Fixture): Promise<void> {
  const server = await session.server()
  for (const status of [503, 429]) {
    const driver = await session.driver()
    let failures = 1
    let next = 0
    server.play((_request, reply) => {
      if (failures-- > 0) reply.writeHead(status, status === 429 ? { 'retry-after': '0' } : {}).end()
      else
        answer(
          reply,
          fixture.exchanges[next++]?.response ?? {
            status: 501,
            reason: '',
            headers: [],
            body: '',
          },
        )
    })
    await call(session, fixture, driver)
    assert.equal(server.requests.length, fixture.exchanges.length + 1, `after ${status}`)
    assert.equal(server.requests[0]?.target, server.requests[1]?.target)
  }
}

/** A request that makes or changes something is sent again only with a token that the provider knows it by. */
async function sendsOnce(session: Session, fixture: Fixture): Promise<void> {
  const server = await session.server()
  const calls: string[] = []
  for (const cut of [false, true]) {
    const driver = await session.driver()
    server.play((_request, reply, socket) => (cut ? socket.destroy() : reply.writeHead(503).end()))
    const error = await call(session, fixture, driver).then(
      () => assert.fail('it resolved'),
      (caught: unknown) => caught,
    )
    assert.ok(error instanceof LibcloudError, inspect(error))
    const bodies = server.requests.map(({ body }) => body.toString())
    calls.push(bodies[0] ?? '')
    if (bodies.length === 1) {
      if (cut)
        assert.deepEqual([error.code, (error as { mayHaveHappened?: boolean }).mayHaveHappened], ['CONNECTION', true])
    } else {
      const repeatable = session.harness.driver.idempotency === 'token' || session.exempt('repeatable', fixture.method)
      assert.ok(repeatable, `it was sent ${bodies.length} times`)
      assert.equal(new Set(bodies).size, 1, 'all attempts carry the same token')
      assertToken(session, fixture, calls)
    }
  }
}

const CREATES = /^(ex_)?(create|copy|import|deploy|request)/

/** What makes something, and is sent again, has a token: the caller's, or one of its own in each call. */
function assertToken(session: Session, { method, args, exchanges }: Fixture, calls: readonly string[]): void {
  const [first, ...others] = exchanges
  if (!CREATES.test(method) || first === undefined || others.length > 0 || session.exempt('repeatable', method)) return
  const ofItsOwn = `${first.request.target} ${first.request.body}`.includes('{{any}}')
  assert.ok(ofItsOwn || /token|reference/i.test(JSON.stringify(args)), 'it is sent again without a token')
  if (ofItsOwn) assert.equal(new Set(calls).size, calls.length, 'each call has a token of its own')
}

async function readsNonsense(session: Session, fixture: Fixture): Promise<void> {
  const first = fixture.exchanges[0]?.response
  if (first === undefined || first.status >= 300 || typeof first.body !== 'string' || !/^\s*[[{<]/.test(first.body))
    return
  const server = await session.server()
  const driver = await session.driver({ retry: false })
  const { body } = first
  for (const nonsense of ['<html>Gateway</html', body.slice(0, Math.floor(body.length / 2))]) {
    server.play((_request, reply) => answer(reply, { ...first, body: nonsense }))
    const error = await call(session, fixture, driver).then(
      result => result,
      (caught: unknown) => caught,
    )
    // A call that takes no notice of the body is right to succeed.
    if (error === undefined || (Array.isArray(error) === false && !(error instanceof Error)))
      assert.equal(error, undefined, 'nonsense was taken for a result')
    else assert.ok(error instanceof LibcloudError && error.code === 'MALFORMED_RESPONSE', inspect(error))
  }
}

async function refusesStrangers(session: Session, fixture: Fixture): Promise<void> {
  const server = await session.server()
  const driver = await session.driver()
  server.play([])
  for (const [index, arg] of fixture.args.entries()) {
    if (
      typeof arg !== 'object' ||
      arg === null ||
      !('id' in arg || 'name' in arg) ||
      index >= optionsIndex(driver, fixture.method, session.suite.description)
    )
      continue
    const keys = Object.keys(arg)
    if (
      !keys.every(key => ['id', 'name', 'zone', 'container', 'target'].includes(key)) ||
      (keys.includes('name') && fixture.method.startsWith('create'))
    )
      continue
    const args = [...fixture.args]
    args[index] = { ...arg, driver: { provider: 'another' } }
    await assert.rejects(call(session, { ...fixture, args }, driver), {
      code: 'INVALID_REQUEST',
    })
  }
  assert.equal(server.requests.length, 0, 'nothing is sent for a resource of another driver')
}

async function refusesTypes(session: Session, fixture: Fixture): Promise<void> {
  if (fixture.method.startsWith('ex_')) return
  const server = await session.server()
  const driver = await session.driver()
  server.play([])
  const rule = session.suite.description.rules[fixture.method]
  for (const index of (rule?.args ?? []).keys()) {
    for (const wrong of [undefined, 42, null, Symbol('s')]) {
      const args = [...fixture.args]
      args[index] = wrong
      await assert.rejects(call(session, { ...fixture, args }, driver), (error: unknown) => {
        assert.ok(error instanceof LibcloudError && error.code === 'INVALID_REQUEST', inspect(error))
        assert.ok(
          (error as { argument?: string }).argument?.startsWith(rule?.args[index]?.[0] ?? '?'),
          'the error names the argument',
        )
        return true
      })
    }
  }
  for (const options of [{ timeout: -1 }, { signal: {} }, { retry: 'often' }]) {
    await assert.rejects(call(session, fixture, driver, options), {
      code: 'INVALID_REQUEST',
    })
  }
  assert.equal(server.requests.length, 0, 'nothing is sent with a bad argument')
}
