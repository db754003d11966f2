// What the library promises of every call beside its result: options that reach each request, errors of the right class,
// pages that fail aloud, states that are not guessed, and resources that can be given back.
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type { BaseDriver } from '../../lib/driver.js'
import { LibcloudError } from '../../lib/errors.js'
import type { Exchange, Fixture } from './fixture.js'
import { invoke, isPager, type Runner, settle } from './harness.js'
import { type ArrivedRequest, answer, differences, type Handler } from './replay.js'
import type { Session } from './suite.js'

export function describePromises({ it }: Runner, session: Session): void {
  const timed = new Set<string>()
  for (const fixture of session.fixtures.calls) {
    const label = fixture.file.replace(/^.*\//, '').replace(/\.http$/, '')
    const test = (group: string, body: () => Promise<void>): void => {
      if (!session.exempt(group, fixture.method)) it(`${label}: ${group}`, body)
    }
    if (fixture.throws) continue
    test('options reach every request', () => passesOptionsOn(session, fixture))
    if (!timed.has(fixture.method)) test('timeout', () => endsInTime(session, fixture))
    timed.add(fixture.method)
    if (isList(session, fixture) && fixture.exchanges.length > 1) {
      test('a later page fails aloud', () => failsLater(session, fixture))
      test('lists at the same time', () => keepsApart(session, fixture))
    }
    if (!fixture.method.startsWith('ex_')) {
      test('unknown states', () => knowsNoState(session, fixture))
      if (/^(create|import|copy|deploy)/.test(fixture.method))
        test('can be given back', () => givesBack(session, fixture))
    }
  }
  const missing = session.suite.missing ?? {}
  for (const [method, names] of Object.entries(missing)) {
    const fixtures = session.fixtures.calls.filter(each => each.method === method)
    if (fixtures.some(({ throws }) => !throws) && !session.exempt('missing', method))
      it(`${method}: says what it did not find`, () => namesMissing(session, fixtures, [names].flat()))
  }
}

const isList = ({ suite }: Session, { method }: Fixture): boolean =>
  Object.hasOwn(suite.description.rules, method) && suite.description.rules[method]?.kind === 'pager'

const run = async (session: Session, fixture: Fixture, driver: BaseDriver, options: object = {}): Promise<unknown> =>
  settle(invoke(driver, fixture.method, fixture.args, session.suite.description, options))

/** Answers as the fixture shows, but for one request. */
function playBut(exchanges: readonly Exchange[], index: number, instead: Handler): Handler {
  let next = 0
  return (request, response, socket) => {
    const exchange = exchanges[next]
    if (next++ === index || exchange === undefined) instead(request, response, socket)
    else answer(response, exchange.response)
  }
}

/** Signal, timeout and retry hold for the whole call, whichever of its requests is under way. */
async function passesOptionsOn(session: Session, fixture: Fixture): Promise<void> {
  const server = await session.server()
  for (const [index, { request }] of fixture.exchanges.entries()) {
    const reason = new Error(`enough at request ${index + 1}`)
    const controller = new AbortController()
    server.play(playBut(fixture.exchanges, index, () => controller.abort(reason)))
    await assert.rejects(
      run(session, fixture, await session.driver(), { signal: controller.signal }),
      error => error === reason,
      `request ${index + 1} takes no notice of the signal`,
    )
    assert.equal(server.requests.length, index + 1)
    if (request.method !== 'GET') continue
    server.play(playBut(fixture.exchanges, index, (_request, response) => void response.writeHead(503).end()))
    await run(session, fixture, await session.driver(), { retry: false }).catch(() => {})
    assert.equal(server.requests.length, index + 1, `request ${index + 1} takes no notice of 'retry'`)
  }
}

/** Of a request that is under way when its time ends: one that had not left yet could arrive in the next test. */
async function endsInTime(session: Session, fixture: Fixture): Promise<void> {
  const server = await session.server()
  for (const timeout of [20, 200, 2000]) {
    server.play(() => {})
    const driver = await session.driver({ timeout: 15_000 })
    const started = performance.now()
    await assert.rejects(run(session, fixture, driver, { timeout }), { code: 'TIMEOUT' })
    assert.ok(performance.now() - started < 12_000, "the driver's timeout was kept, not the call's")
    if (server.requests.length > 0) return
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

async function failsLater(session: Session, fixture: Fixture): Promise<void> {
  const server = await session.server()
  for (let index = 1; index < fixture.exchanges.length; index++) {
    server.play(playBut(fixture.exchanges, index, (_request, response) => void response.writeHead(401).end()))
    const error = await run(session, fixture, await session.driver()).catch((caught: unknown) => caught)
    assert.ok(error instanceof LibcloudError && error.status === 401, `page ${index + 1} became ${inspect(error)}`)
  }
}

/** One driver serves any number of calls at once: what one asks for is not what another does. */
async function keepsApart(session: Session, fixture: Fixture): Promise<void> {
  const server = await session.server()
  const { exchanges } = fixture
  const targets = new Set(exchanges.map(({ request: { method, target, body } }) => `${method} ${target} ${body}`))
  if (targets.size < exchanges.length) return // what is asked twice cannot be told apart
  const strays: string[] = []
  const play: Handler = (request: ArrivedRequest, response) => {
    const known = exchanges.find(({ request: shown }) => differences(request, shown).length === 0)
    if (known) answer(response, known.response)
    else {
      strays.push(`${request.method} ${request.target}`)
      response.writeHead(501).end()
    }
  }
  const driver = await session.driver({ retry: false })
  const list = (): unknown => invoke(driver, fixture.method, fixture.args, session.suite.description)
  const pages = async (token?: string): Promise<{ items: readonly unknown[]; next?: string }[]> => {
    const found = list()
    assert.ok(isPager(found))
    const all: { items: readonly unknown[]; next?: string }[] = []
    for await (const page of found.pages(token)) all.push(page)
    return all
  }
  server.play(play)
  const alone = await pages()
  const token = alone[0]?.next
  if (token === undefined) return
  const [first, rest] = await Promise.all([pages(), pages(token)])
  assert.deepEqual(strays, [], 'requests that the fixture does not show')
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
  assert.deepEqual(plain(first), plain(alone))
  assert.deepEqual(plain(rest), plain(alone.slice(1)))
}

const STRANGE = 'libcloud-strange'

/** A state that the provider invents tomorrow is UNKNOWN, and its word stands in `extra.state`. */
async function knowsNoState(session: Session, fixture: Fixture): Promise<void> {
  const server = await session.server()
  server.play(fixture.exchanges)
  const result = await run(session, fixture, await session.driver())
  const words = new Set(stateful(result).map(({ extra }) => extra.state))
  if (words.size === 0) return
  const replaced = fixture.exchanges.map(({ request, response }) => {
    let body = response.body
    for (const word of words) {
      if (typeof body !== 'string') continue
      body = body.replaceAll(`"${word}"`, `"${STRANGE}"`).replaceAll(`>${word}<`, `>${STRANGE}<`)
    }
    return { request, response: { ...response, body } }
  })
  server.play(replaced)
  const strange = stateful(await run(session, fixture, await session.driver()))
  assert.ok(strange.length > 0)
  for (const { state, extra } of strange) {
    assert.equal(extra.state, STRANGE)
    assert.equal(state, 'unknown', `a state that nobody knows became '${state}'`)
  }
}

interface Stateful {
  readonly state: string
  readonly extra: { readonly state: string }
}
function stateful(result: unknown): Stateful[] {
  return (Array.isArray(result) ? result : [result]).filter(
    (each): each is Stateful => typeof each?.state === 'string' && typeof each?.extra?.state === 'string',
  )
}

/** `await using` destroys what was made, and nothing else; once; and not what was kept. */
async function givesBack(session: Session, fixture: Fixture): Promise<void> {
  const server = await session.server()
  const make = async (): Promise<AsyncDisposable & { id?: string; name?: string; extra?: object; keep(): unknown }> => {
    server.play(fixture.exchanges)
    const made = await run(session, fixture, await session.driver({ retry: false }))
    server.play((_request, response) => void response.writeHead(404).end())
    return made as Awaited<ReturnType<typeof make>>
  }
  const owned = await make()
  await new Promise(resolve => setTimeout(resolve, 5))
  assert.equal(server.requests.length, 0, 'what was made is left alone')
  await Promise.resolve(owned[Symbol.asyncDispose]()).catch(() => {})
  // Some are known to their provider by another id than to this library.
  const { id, name, extra = {} } = owned
  const ids = [id, name, ...(id === undefined ? Object.values(extra) : [])]
  const known = ids.filter(each => (typeof each === 'string' && each !== '') || typeof each === 'number').map(String)
  // A bucket stands in the host's name.
  const asked = server.requests.map(
    ({ target, headers, body }) => `${headers['host']} ${decodeURIComponent(target)} ${body}`,
  )
  assert.ok(asked.length > 0, 'nothing is asked of the provider')
  // A driver may read first; what it reads is not there.
  const read = server.requests.every(({ method }) => method === 'GET' || method === 'HEAD')
  assert.ok(
    read || asked.some(text => known.some(each => text.includes(each))),
    `${known.join(' or ')} is to be destroyed, not ${asked.join(', ')}`,
  )
  const count = server.requests.length
  await Promise.resolve(owned[Symbol.asyncDispose]()).catch(() => {})
  assert.equal(server.requests.length, count, 'it is destroyed once')
  const kept = await make()
  kept.keep()
  await kept[Symbol.asyncDispose]()
  assert.equal(server.requests.length, 0, 'what was kept stays')
}

/** The error of a 404 says what was not found: of the vendor's own fixture for 404, or of one of the method's. */
async function namesMissing(session: Session, fixtures: readonly Fixture[], wanted: readonly string[]): Promise<void> {
  if (fixtures.some(({ throws }) => throws !== undefined && wanted.includes(throws.name))) return
  const response = session.fixtures.errors.find(error => error.response.status === 404)?.response
  if (response === undefined) return
  const server = await session.server()
  const names: string[] = []
  for (const fixture of fixtures.filter(({ throws }) => !throws)) {
    // Which of its requests names the thing is the driver's business.
    for (const index of fixture.exchanges.keys()) {
      server.play(playBut(fixture.exchanges, index, (_request, reply) => answer(reply, response)))
      const caught = await run(session, fixture, await session.driver()).catch((error: Error) => error)
      if (caught instanceof Error) names.push(caught.name)
    }
  }
  const hint = 'where the status does not tell, a fixture <method>.missing.http shows what does'
  assert.ok(
    names.some(each => wanted.includes(each)),
    `a ${wanted.join(' or ')} is promised, not ${[...new Set(names)].join(', ')}: ${hint}`,
  )
}
