// Every text that a caller can give is replaced by texts that try to get out of their place.
import assert from 'node:assert/strict'
import { LibcloudError } from '../../lib/errors.js'
import type { Exchange, Fixture } from './fixture.js'
import { invoke, type Runner, settle } from './harness.js'
import { type ArrivedRequest, answer } from './replay.js'
import type { Session } from './suite.js'

const MUTATIONS: readonly ((text: string) => string)[] = [
  text => `${text}\r\nX-Evil: 1`,
  text => `${text}\0`,
  text => `../${text}`,
  text => `${text}/../../x`,
  text => `%2e%2e/${text}`,
  text => `${text}?x=1&y=2`,
  text => `${text}#part`,
  text => ` ${text} b`,
  text => `${text}é漢字😀`,
  text => `${text}\ud800`,
  () => '..',
  () => '.',
  () => '',
]

export function describeHostility({ it }: Runner, session: Session): void {
  for (const fixture of session.fixtures.calls) {
    const places = [...textsIn(fixture.args, [])]
    if (fixture.throws || places.length === 0 || session.exempt('hostile', fixture.method)) continue
    const label = fixture.file.replace(/^.*\//, '').replace(/\.http$/, '')
    it(`${label}: keeps hostile texts where they belong`, async () => {
      for (const place of places)
        for (const mutate of MUTATIONS) await attack(session, fixture, place, mutate(place.text))
    })
  }
}

interface Place {
  readonly path: readonly (string | number)[]
  readonly text: string
}

function* textsIn(value: unknown, path: readonly (string | number)[]): Generator<Place> {
  if (typeof value === 'string') yield { path, text: value }
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* textsIn(item, [...path, index])
  else if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value) && !(value instanceof Date)) {
    for (const [key, item] of Object.entries(value)) yield* textsIn(item, [...path, key])
  }
}

function withText(value: unknown, path: readonly (string | number)[], text: string): unknown {
  const [first, ...rest] = path
  if (first === undefined) return text
  if (Array.isArray(value)) return value.map((item, index) => (index === first ? withText(item, rest, text) : item))
  return Object.fromEntries(
    Object.entries(value as object).map(([key, item]) => [key, key === first ? withText(item, rest, text) : item]),
  )
}

async function attack(session: Session, fixture: Fixture, place: Place, text: string): Promise<void> {
  const server = await session.server()
  const driver = await session.driver({ retry: false })
  let next = 0
  server.play((_request, reply) => {
    const exchange = fixture.exchanges[next++]
    if (exchange) answer(reply, exchange.response)
    else reply.writeHead(404).end()
  })
  const args = withText(fixture.args, place.path, text) as unknown[]
  const about = `${place.path.join('.')} = ${JSON.stringify(text)}`
  const outcome = await Promise.resolve()
    .then(() =>
      settle(
        invoke(driver, fixture.method, args, session.suite.description, {
          timeout: 5000,
        }),
      ),
    )
    .then(
      () => undefined,
      (error: unknown) => error,
    )
  if (outcome !== undefined) assert.ok(outcome instanceof LibcloudError, `${about}: ${outcome}`)
  const isStorage = session.suite.description.api === 'storage'
  for (const [index, request] of server.requests.entries()) {
    const exchange = fixture.exchanges[index]
    if (exchange && !(isStorage && isWholeName(request, exchange, place.text, text)))
      assertInPlace(request, exchange, place.text, about)
  }
}

/** An object's name has slashes of its own: it must stand in the path as it is, with nothing added or resolved. */
function isWholeName(request: ArrivedRequest, { request: shown }: Exchange, original: string, text: string): boolean {
  const [path = ''] = request.target.split('?')
  const [shownPath = ''] = shown.target.split('?')
  const decoded = decodeURIComponent(shownPath)
  if (!text.includes('/') || !decoded.endsWith(`/${original}`) || /(^|\/)\.{1,2}(\/|$)/.test(path)) return false
  return decodeURIComponent(path) === decoded.slice(0, -original.length) + text
}

/** The request has the path that the fixture shows, segment by segment, and no parameter or header beside it. */
function assertInPlace(request: ArrivedRequest, { request: shown }: Exchange, original: string, about: string): void {
  assert.equal(request.method, shown.method, about)
  const [path = '', query = ''] = request.target.split('?')
  const [shownPath = '', shownQuery = ''] = shown.target.split('?')
  const segments = path.split('/')
  const shownSegments = shownPath.split('/')
  assert.equal(segments.length, shownSegments.length, `${about} led to ${path}`)
  for (const [index, segment] of segments.entries()) {
    assert.match(segment, /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-F]{2})*$/, `${about} led to ${path}`)
    assert.ok(!/^(?:\.|%2e){1,2}$/i.test(segment), `${about} led to ${path}`)
    const plain = decodeURIComponent(shownSegments[index] ?? '')
    if (!plain.includes(original)) assert.equal(decodeURIComponent(segment), plain, `${about} led to ${path}`)
  }
  const names = new Set(new URLSearchParams(shownQuery).keys())
  for (const name of new URLSearchParams(query).keys()) assert.ok(names.has(name), `${about} led to ?${query}`)
  assert.equal(request.headers['x-evil'], undefined, about)
  const host = shown.headers.find(([name]) => name.toLowerCase() === 'host')?.[1]
  if (host !== undefined) assert.equal(request.headers['host'], host, about)
}
