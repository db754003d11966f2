// A load balancing service on loopback that answers actions with what stands in the fixtures, or with an error.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Exchange, type FixtureResponse, parseFixture } from '../../conformance/fixture.js'
import { answer, type ReplayServer } from '../../conformance/replay.js'

const folder = join(import.meta.dirname, '../../../fixtures/aws')

/** The answers of a fixture, by action. */
export function answersOf(name: string): Map<string, FixtureResponse> {
  const { exchanges } = parseFixture(readFileSync(join(folder, `${name}.http`), 'utf8'), name)
  return new Map(exchanges.map((each: Exchange) => [actionOf(String(each.request.body)), each.response]))
}
export const actionOf = (body: string): string => new URLSearchParams(body).get('Action') ?? ''
export const failure = (code: string, status = 400): FixtureResponse => ({
  status,
  reason: 'Bad Request',
  headers: [],
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>No</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`,
})

/** Answers each action from these, the later ones first; a list is used up. */
export function serve(
  server: ReplayServer,
  ...sources: readonly (Map<string, FixtureResponse> | { readonly [action: string]: readonly FixtureResponse[] })[]
): void {
  const counts = new Map<string, number>()
  server.play((request, response) => {
    const action = actionOf(request.body.toString())
    const count = counts.get(action) ?? 0
    counts.set(action, count + 1)
    for (const source of [...sources].reverse()) {
      const found = source instanceof Map ? source.get(action) : source[action]?.[count]
      if (found !== undefined) return answer(response, found)
    }
    response.writeHead(501).end(action)
  })
}
export const actions = ({ requests }: ReplayServer): string[] => requests.map(({ body }) => actionOf(body.toString()))
