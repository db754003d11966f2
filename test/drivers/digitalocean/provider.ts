// A provider on loopback that answers with what stands in the fixtures, or with a failure.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Exchange, FixtureResponse } from '../../conformance/fixture.js'
import { parseErrorFixture, parseFixture } from '../../conformance/fixture.js'
import { type ArrivedRequest, answer, type ReplayServer, startReplay } from '../../conformance/replay.js'

const folder = join(import.meta.dirname, '../../../fixtures/digitalocean')

/** The exchanges of a fixture: `'compute/getNode'`. */
export function exchanges(name: string): Exchange[] {
  const file = join(folder, `${name}.http`)
  return parseFixture(readFileSync(file, 'utf8'), file).exchanges
}
/** The last answer of a fixture, with other members in its body where they are given. */
export function reply(name: string, member?: string, changes: object = {}): FixtureResponse {
  const { response } = exchanges(name).at(-1) as Exchange
  if (member === undefined) return response
  const body = JSON.parse(String(response.body))
  return { ...response, body: JSON.stringify({ ...body, [member]: { ...body[member], ...changes } }) }
}
/** An answer of the provider's errors, with another message where it is given. */
export function failure(status: number, message?: string): FixtureResponse {
  const file = join(folder, 'errors', `${status}.http`)
  const { response } = parseErrorFixture(readFileSync(file, 'utf8'), file)
  if (message === undefined) return response
  return { ...response, body: JSON.stringify({ ...JSON.parse(String(response.body)), message }) }
}

/** Who answers, in this order, and to what; a request that is not expected gets none of them. */
export type Script = readonly (readonly [request: string, response: FixtureResponse])[]

/** Plays a script, and tells the requests as `METHOD /path` in the end. */
export async function provider(script: Script): Promise<ReplayServer & { readonly bodies: unknown[] }> {
  const server = await startReplay()
  let next = 0
  server.play((request, response) => {
    const [wanted, found] = script[next++] ?? []
    const asked = `${request.method} ${request.target.split('?')[0]}`
    if (found === undefined || wanted !== asked) response.writeHead(501).end(`${asked}, not ${wanted ?? 'anything'}`)
    else answer(response, found)
  })
  const bodyOf = ({ body }: ArrivedRequest): unknown => (body.length === 0 ? undefined : JSON.parse(body.toString()))
  return Object.defineProperty(server, 'bodies', { get: () => server.requests.map(bodyOf) }) as never
}
