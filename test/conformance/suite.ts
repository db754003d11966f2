// The suite that every driver runs, of whichever API: its surface, its exchanges, and what becomes of failures.
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { type ApiDescription, type BaseDriver, implementedMethods } from '../../lib/driver.js'
import { enableDebug } from '../../lib/http/trace.js'
import { Resource } from '../../lib/resource.js'
import { describeFailures } from './failures.js'
import type { Fixture } from './fixture.js'
import { matchPartial } from './fixture.js'
import {
  type Fixtures,
  type Harness,
  invoke,
  isPager,
  ownMethods,
  type Runner,
  readFixtures,
  settle,
  TEST_KEY,
  TEST_SECRET,
} from './harness.js'
import { describeHostility } from './hostility.js'
import { describePromises } from './promises.js'
import { type ReplayServer, startReplay } from './replay.js'

/** What an API adds: what its results must look like. */
export interface ApiSuite {
  readonly description: ApiDescription
  /** The API's base class's prototype. */
  readonly base: object
  /** Complains of a result that is not of the form that the method promises. */
  readonly checkShape: (method: string, result: unknown) => void
  /** The error of each method that is given what does not exist; of several, one. */
  readonly missing?: Readonly<Record<string, string | readonly string[]>>
}

/** All that the tests of one driver share. */
export interface Session {
  readonly harness: Harness
  readonly suite: ApiSuite
  readonly fixtures: Fixtures
  /** Started at the first use, and left to the process's end: runners differ in their hooks. */
  server(): Promise<ReplayServer>
  /** A driver whose requests reach the server. */
  driver(options?: object): Promise<BaseDriver>
  /** Whether a group of the suite, or a group for one method, does not fit this driver. */
  exempt(group: string, method?: string): boolean
}

let shared: Promise<ReplayServer> | undefined

function openSession(harness: Harness, suite: ApiSuite): Session {
  const server = async (): Promise<ReplayServer> => {
    shared ??= startReplay()
    return shared
  }
  const { driverClass, driver: meta } = harness
  return {
    harness,
    suite,
    fixtures: readFixtures(harness),
    server,
    async driver(options = {}) {
      const { dispatcher } = await server()
      const quick = {
        retry: {
          retries: 2,
          minTimeout: 1,
          maxTimeout: 2,
          maxRetryAfter: 5000,
        },
        pacing: false as const,
      }
      return new driverClass({
        key: TEST_KEY,
        secret: TEST_SECRET,
        ...quick,
        ...harness.options,
        dispatcher,
        ...options,
      })
    },
    exempt(group, method) {
      const { exempt = {} } = meta
      return (
        Object.hasOwn(exempt, group) ||
        (method !== undefined && (Object.hasOwn(exempt, method) || Object.hasOwn(exempt, `${method}:${group}`)))
      )
    },
  }
}

/** Runs everything that can be asked of a driver without its provider. */
export function describeDriver(runner: Runner, harness: Harness, suite: ApiSuite): void {
  const session = openSession(harness, suite)
  const { describe } = runner
  describe(`${harness.driver.constant} (${harness.driver.api})`, () => {
    describe('surface', () => describeSurface(runner, session))
    if (harness.driver.transport !== 'http') return
    describe('exchanges', () => describeExchanges(runner, session))
    describe('failures', () => describeFailures(runner, session))
    describe('promises', () => describePromises(runner, session))
    describe('hostile arguments', () => describeHostility(runner, session))
  })
}

/** What the driver's own methods need a fixture for. */
function needsFixture(session: Session): string[] {
  const { harness, suite } = session
  const { rules } = suite.description
  const own = ownMethods(harness.driverClass, suite.base)
  return own.filter(name => name.startsWith('ex_') || (Object.hasOwn(rules, name) && rules[name]?.kind !== 'value'))
}

function describeSurface({ it }: Runner, session: Session): void {
  const { harness, suite, fixtures } = session
  const { rules } = suite.description
  it('has base methods and ex_ methods, and no others', async () => {
    const stray = ownMethods(harness.driverClass, suite.base).filter(
      name => !Object.hasOwn(rules, name) && !name.startsWith('ex_'),
    )
    assert.deepEqual(stray, [])
  })
  it('takes options as the last argument of every method, and gives no argument a default value', async () => {
    const driver = await session.driver()
    for (const name of ownMethods(harness.driverClass, suite.base)) {
      const { length } = Reflect.get(driver, name) as { length: number }
      const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
      if (rule && rule.kind !== 'value')
        assert.equal(length, rule.args.length + 1, `${name} declares ${length} parameters`)
      else if (!rule) assert.ok(length > 0, `${name} declares no options`)
    }
  })
  it('knows its provider by its constant', async () => {
    assert.equal((await session.driver()).provider, harness.driver.constant.toLowerCase())
  })
  it('shows no secret when it is printed', async () => {
    const driver = await session.driver()
    const all = { depth: 9, showHidden: true, customInspect: false }
    const shown = inspect(driver) + inspect(driver, all) + inspect(driver.connection, all) + JSON.stringify(driver)
    for (const { option, secret } of harness.meta.credentials) {
      if (secret === false) continue
      const value = option === 'key' ? TEST_KEY : TEST_SECRET
      assert.ok(!shown.includes(value), `the option '${option}' is shown`)
    }
  })
  const supported = implementedMethods(harness.driverClass, suite.description)
  it('rejects what it does not support, before any request', async () => {
    const server = await session.server()
    const driver = await session.driver()
    server.play([])
    for (const name of Object.keys(rules).filter(
      name => !supported.includes(name) && rules[name]?.kind !== 'value' && !rules[name]?.needs,
    )) {
      await assert.rejects(async () => invoke(driver, name, [], suite.description), {
        name: 'NotSupportedError',
        operation: name,
        provider: driver.provider,
      })
      assert.equal((driver as unknown as { supports(name: string): boolean }).supports(name), false)
    }
    assert.equal(server.requests.length, 0)
  })
  if (harness.driver.transport !== 'http') return
  it('has a fixture for every method', async () => {
    const present = new Set(fixtures.calls.map(fixture => fixture.method))
    assert.deepEqual(
      needsFixture(session).filter(name => !present.has(name) && !session.exempt('fixture', name)),
      [],
    )
  })
  it('has the errors of its provider as fixtures', async () => {
    const present = fixtures.errors.map(({ response }) => response.status)
    const wanted = [401, 404, 429, 503].filter(status => !session.exempt(`errors:${status}`))
    assert.deepEqual(
      wanted.filter(status => !present.includes(status)),
      [],
    )
  })
}

function describeExchanges({ it }: Runner, session: Session): void {
  for (const fixture of session.fixtures.calls) {
    const label = fixture.file.replace(/^.*\//, '').replace(/\.http$/, '')
    it(`${label}: sends and reads what the fixture shows`, () => replayOne(session, fixture))
    if (fixture.exchanges.length > 1 && isPaged(session, fixture) && !session.exempt('pages', fixture.method))
      it(`${label}: walks the pages`, () => walkPages(session, fixture))
  }
  const lists = Object.entries(session.suite.description.rules).filter(([, rule]) => rule.kind === 'pager')
  for (const [method] of lists) {
    const own = session.fixtures.calls.filter(fixture => fixture.method === method)
    if (own.length === 0 || session.exempt('pages', method)) continue
    it(`${method}: has a fixture of two pages`, async () => {
      assert.ok(
        own.some(fixture => fixture.exchanges.length > 1),
        'meta.ts says `exempt` where a list has one page only, and why',
      )
    })
  }
}

function isPaged({ suite }: Session, { method }: Fixture): boolean {
  const { rules } = suite.description
  return Object.hasOwn(rules, method) && rules[method]?.kind === 'pager'
}

async function replayOne(session: Session, fixture: Fixture): Promise<void> {
  const server = await session.server()
  const driver = await session.driver({ retry: false })
  let trace = ''
  enableDebug({
    write: text => {
      trace += text
      return true
    },
  })
  const violations: string[] = []
  server.onExchange = (request, response) => {
    for (const { where, pointer, problem } of session.fixtures.contract?.check({
      request: { ...request, path: request.target },
      response,
    }) ?? []) {
      violations.push(`${where} ${pointer}: ${problem}`)
    }
  }
  server.play(fixture.exchanges)
  try {
    const call = settle(invoke(driver, fixture.method, fixture.args, session.suite.description))
    if (fixture.throws) {
      const { name, fields } = fixture.throws
      const error = await call.then(
        () => assert.fail('it resolved'),
        (caught: unknown) => caught,
      )
      assert.equal((error as Error).name, name, inspect(error))
      assert.deepEqual(matchPartial(error, fields), [])
    } else {
      const result = await call
      assert.deepEqual(matchPartial(result, fixture.expect), [], inspect(result, { depth: 4 }))
      if (!fixture.method.startsWith('ex_')) session.suite.checkShape(fixture.method, result)
      assertPrivate(result, fixture)
      for (const each of Array.isArray(result) ? result : [result])
        if (each instanceof Resource) assert.equal(each.driver, driver, 'a resource knows its driver')
    }
  } finally {
    enableDebug(undefined)
    server.onExchange = undefined
    assert.deepEqual(server.problems, [], 'requests')
  }
  assert.equal(server.requests.length, fixture.exchanges.length, 'how many requests were sent')
  assert.deepEqual(violations, [], 'against the contract')
  assert.ok(!trace.includes(TEST_KEY) && !trace.includes(TEST_SECRET), `the trace shows a secret:\n${trace}`)
}

function assertPrivate(result: unknown, fixture: Fixture): void {
  const shown = inspect(result, { depth: 9, showHidden: true }) + JSON.stringify(result)
  assert.ok(!shown.includes(TEST_KEY) && !shown.includes(TEST_SECRET), `${fixture.method}'s result shows a secret`)
}

async function walkPages(session: Session, fixture: Fixture): Promise<void> {
  const server = await session.server()
  const driver = await session.driver()
  const { description } = session.suite
  const start = (): ReturnType<typeof invoke> => {
    server.play(fixture.exchanges)
    return invoke(driver, fixture.method, fixture.args, description)
  }
  const list = start()
  assert.ok(isPager(list), 'a list is a Pager')
  assert.equal(server.requests.length, 0, 'nothing is sent before the list is asked for')
  const tokens: (string | undefined)[] = []
  const all: unknown[] = []
  for await (const page of list.pages()) {
    tokens.push(page.next)
    all.push(...page.items)
  }
  assert.equal(tokens.length, fixture.exchanges.length, 'one page for each exchange')
  assert.equal(tokens.at(-1), undefined, 'the last page has no next')
  const broken = start()
  assert.ok(isPager(broken))
  for await (const _item of broken) break
  assert.equal(server.requests.length, 1, 'a loop that is left asks for no further page')
  server.play(fixture.exchanges.slice(1))
  const resumed = invoke(driver, fixture.method, fixture.args, description)
  assert.ok(isPager(resumed))
  const rest: unknown[] = []
  for await (const page of resumed.pages(tokens[0])) rest.push(...page.items)
  assert.deepEqual(
    JSON.parse(JSON.stringify(rest)),
    JSON.parse(JSON.stringify(all.slice(all.length - rest.length))),
    'a token resumes the list',
  )
  assert.ok(rest.length > 0)
}
