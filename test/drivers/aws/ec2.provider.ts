// EC2 on loopback: it answers actions in the order of a script, with what fixtures show.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { type FixtureResponse, parseFixture } from '../../conformance/fixture.js'
import { answer, type ReplayServer, startReplay } from '../../conformance/replay.js'

const FIXTURES = join(import.meta.dirname, '../../../fixtures/aws')

/** What a fixture shows as its answer: the last one's, unless another is asked for. */
export function reply(name: string, at?: number): FixtureResponse {
  const file = join(FIXTURES, `${name}.http`)
  const { exchanges } = parseFixture(readFileSync(file, 'utf8'), file)
  return exchanges.at(at ?? -1)!.response
}

/** EC2's way of saying no. */
export function failure(code: string, status = 400): FixtureResponse {
  const body = `<Response><Errors><Error><Code>${code}</Code><Message>no</Message></Error></Errors><RequestID>r</RequestID></Response>`
  return { status, reason: '', headers: [['Content-Type', 'text/xml']], body }
}

/** An action that is done, and tells nothing. */
export const DONE: FixtureResponse = {
  status: 200,
  reason: 'OK',
  headers: [['Content-Type', 'text/xml']],
  body: '<DoneResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><return>true</return></DoneResponse>',
}

export type Script = readonly (readonly [action: string, response: FixtureResponse])[]

/** Actions that were asked for, and with what. */
export interface Arrived {
  readonly action: string
  readonly form: Readonly<Record<string, string>>
  readonly host: string
  readonly path: string
}

let shared: Promise<ReplayServer> | undefined
afterAll(async () => (await shared)?.close())

/** Answers actions as the script says, and notes them; any other gets a 501. */
export async function play(script: Script): Promise<{ dispatcher: ReplayServer['dispatcher']; arrived: Arrived[] }> {
  shared ??= startReplay()
  const server = await shared
  const arrived: Arrived[] = []
  let next = 0
  server.play(({ body, headers, target }, response) => {
    const form = Object.fromEntries(new URLSearchParams(body.toString()))
    const action = form['Action'] ?? ''
    arrived.push({ action, form, host: headers['host'] ?? '', path: target })
    const step = script[next++]
    answer(response, step?.[0] === action ? step[1] : { ...DONE, status: 501 })
  })
  return { dispatcher: server.dispatcher, arrived }
}
