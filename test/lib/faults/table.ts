// Runs a table of faults: each one for every way to ask.
import { beforeAll, describe, expect, it } from 'vitest'
import type { CallOptions, DriverOptions } from '../../../lib/options.js'
import { ask, type Caller, driverFor, GOOD, told } from './callers.js'
import { watched, within } from './watch.js'
import { type Asked, type WireOptions, wire } from './wire.js'

/** What a server does, and what each caller gets for it: an error as {@link told} tells it, or `value`. */
export interface Fault {
  readonly wire: string
  /** Answers; `good` is what would have been right. */
  readonly answer: (asked: Asked, good: string) => unknown
  readonly read: string
  /** @defaultValue as `read` */
  readonly xml?: string
  readonly create: string
  readonly stream: string
  /** What the readers get in place of the usual value. */
  readonly values?: Partial<Record<Caller, unknown>>
  /** Nothing but the attempt's time ends it. */
  readonly hangs?: boolean
  readonly driver?: DriverOptions
  readonly call?: CallOptions
  readonly server?: WireOptions
  /** Stands in the error's message. */
  readonly says?: RegExp
  /** What else the error has. */
  readonly error?: object
  /** It is not asked again, although it may be. */
  readonly once?: boolean
  /** How often a reader asks. @defaultValue once, and once more where that may help */
  readonly asked?: number
}

const CALLERS: readonly Caller[] = ['json', 'xml', 'create', 'stream']
const VALUES: Readonly<Record<Caller, unknown>> = {
  json: { a: 1 },
  create: { a: 1 },
  xml: { a: 1 },
  stream: Buffer.from(GOOD.stream),
}

/** What a fault's table says for a caller. */
export function expected(fault: Fault, caller: Caller): string {
  if (caller === 'create' || caller === 'stream') return fault[caller]
  return caller === 'xml' ? (fault.xml ?? fault.read) : fault.read
}

/** Tests of a table. */
export function play(title: string, faults: readonly Fault[]): void {
  describe(title, () => {
    // Loading undici takes time that is no part of what is measured.
    beforeAll(() => import('undici'))
    for (const fault of faults)
      it(fault.wire, () =>
        watched(async signal => {
          await Promise.all(CALLERS.map(caller => playOne(fault, caller, signal)))
        }),
      )
  })
}

async function playOne(fault: Fault, caller: Caller, signal: AbortSignal): Promise<void> {
  await using server = await wire(asked => fault.answer(asked, GOOD[caller]), fault.server)
  const hanging = fault.hangs ? { attemptTimeout: 500, retry: false as const } : {}
  const driver = driverFor(server.port, { ...hanging, ...fault.driver })
  const call = ask(driver, caller, { signal, ...fault.call })
  const outcome = await within(
    caller,
    call.then(
      value => ({ value }),
      error => ({ error }),
    ),
  )
  const got = 'value' in outcome ? 'value' : told(outcome.error)
  expect(`${caller}: ${got}`).toBe(`${caller}: ${expected(fault, caller)}`)
  const values = { ...VALUES, ...fault.values }
  if ('value' in outcome) expect(outcome.value).toEqual(values[caller])
  else {
    expect(outcome.error).toMatchObject({ provider: 'rig', operation: 'listThings' })
    expect(outcome.error.message).toMatch(/listThings.*'rig'/s)
    if (fault.error) expect(outcome.error).toMatchObject(fault.error)
    if (fault.says) expect(outcome.error.message).toMatch(fault.says)
    const again = outcome.error.retryable && caller !== 'create' && !fault.hangs && !fault.once
    // A stream that breaks off is its reader's to ask for again.
    const heard = fault.server?.greet ? 0 : again ? 2 : 1
    if (caller !== 'stream') expect(server.asked).toHaveLength(caller === 'create' ? heard : (fault.asked ?? heard))
  }
  await within('close', driver.close())
}
