import * as check from '../../lib/check.js'
import { optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import {
  type ErrorDetails,
  InvalidRequestError,
  LibcloudError,
  type LibcloudErrorClass,
  TimeoutError,
} from '../../lib/errors.js'
import type { ApiName } from '../../lib/meta.js'
import { type CallOptions, type DriverOptions, operationOf } from '../../lib/options.js'
import { type Page, type Pager, pager } from '../../lib/pager.js'
import { DummyClock } from './clock.js'

/** What takes time to change its state. */
export type DummyKind = 'node' | 'image' | 'volume' | 'snapshot' | 'balancer' | 'container' | 'cluster' | 'job'

/** One operation that a world was asked for. */
export interface DummyCall {
  readonly api: ApiName
  /** The base method that does the work: `'createNode'` also where `deployNode` was called. */
  readonly operation: string
  /** Id or name of the thing concerned. */
  readonly about: string | undefined
  /** When it was called, on the world's clock. */
  readonly at: Date
  readonly outcome: 'pending' | 'done' | 'failed'
  /** What it failed with. */
  readonly error?: unknown
}
/** Which calls are to fail: a method's name, `'*'` for every one, or a function that chooses. */
export type DummyFailing = string | ((call: DummyCall) => boolean)
/** What they fail with: an error, an error's class, or a function that makes one. */
export type DummyError = Error | LibcloudErrorClass | ((call: DummyCall) => Error)
/** How often, and when. */
export interface DummyFailOptions {
  /** How many calls fail; `Infinity` for all. @defaultValue 1 */
  times?: number | undefined
  /** The call does its work first, and then fails: the reply was lost. @defaultValue false */
  after?: boolean | undefined
}
/** A failure that was arranged. */
export interface DummyFailure extends DummyFailOptions {
  operation: DummyFailing
  error: DummyError
}

/** What a world is like. */
export interface DummyWorldOptions {
  /** Milliseconds that each call takes, or each call of a method; `'*'` is the rest. @defaultValue 0 */
  latency?: number | Readonly<Record<string, number>> | undefined
  /** Milliseconds until a change of state is done, or one for each kind of thing. @defaultValue 0: at once */
  transition?: number | Readonly<Partial<Record<DummyKind, number>>> | undefined
  /** `'virtual'` time moves only by what calls take and by `advance`: nothing waits. @defaultValue 'real' */
  clock?: 'real' | 'virtual' | undefined
  /** When the virtual clock begins. @defaultValue 2026-01-01T00:00:00Z */
  startDate?: Date | undefined
  /** Items on each page of a list. @defaultValue 50 */
  pageSize?: number | undefined
  /** What generated passwords and signatures follow from. @defaultValue 1 */
  seed?: number | undefined
  /** Calls that are to fail. */
  failures?: readonly DummyFailure[] | undefined
}
/** `world` shares one world between drivers, also of several APIs; without it each driver has its own. */
export interface DummyOptions extends DriverOptions, DummyWorldOptions {
  world?: DummyWorld | undefined
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
interface Arranged {
  readonly failure: DummyFailure
  left: number
}

const worldChecks = check.members({
  clock: check.optional(check.oneOf(['real', 'virtual'])),
  startDate: check.optional(check.date),
  pageSize: check.optional(check.integer(1)),
  seed: check.optional(check.integer()),
})
const START = Date.UTC(2026, 0, 1)
const OWN_OPTIONS = ['latency', 'transition', 'clock', 'startDate', 'pageSize', 'seed', 'failures'] as const

/** All that the drivers of one make-believe provider share: its things, its time, and what is to go wrong. */
export class DummyWorld {
  readonly pageSize: number
  readonly #options: DummyWorldOptions
  readonly #clock: DummyClock
  readonly #parts = new Map<ApiName, object>()
  #calls: Mutable<DummyCall>[] = []
  #arranged: Arranged[] = []
  #random = 0

  constructor(options: DummyWorldOptions = {}) {
    const complaint = worldChecks(options, 'options', { provider: 'dummy' })
    if (complaint) throw check.invalidArgument(complaint, 'dummy')
    this.#options = options
    this.pageSize = options.pageSize ?? 50
    this.#clock = new DummyClock(options.clock === 'virtual', this.#start())
    this.#begin()
  }

  /** Every operation so far, in the order of the calls. */
  get calls(): readonly DummyCall[] {
    return this.#calls
  }
  /** What time it is in this world. */
  get now(): Date {
    return new Date(this.#clock.now())
  }
  /** Lets time pass at once, in milliseconds. */
  advance(ms: number): void {
    const complaint = check.milliseconds(ms, 'ms', { provider: 'dummy' })
    if (complaint) throw check.invalidArgument(complaint, 'dummy')
    this.#clock.advance(ms)
  }
  /** Lets the next calls of a method fail. Failures of the same calls come in the order in which they were arranged. */
  fail(operation: DummyFailing, error: DummyError, { times = 1, after = false }: DummyFailOptions = {}): void {
    this.#arranged.push({ failure: { operation, error, after }, left: times })
  }
  /** Back to the beginning: nothing exists, nothing was called, only the failures of the constructor are arranged. */
  reset(): void {
    this.#clock.reset(this.#start())
    this.#parts.clear()
    this.#calls = []
    this.#arranged = []
    this.#begin()
  }

  /** Milliseconds until a thing of this kind has changed. @internal */
  duration(kind: DummyKind): number {
    const { transition = 0 } = this.#options
    return typeof transition === 'number' ? transition : (transition[kind] ?? 0)
  }
  /** What one API's drivers keep here. @internal */
  part<T extends object>(api: ApiName, make: () => T): T {
    const existing = this.#parts.get(api) as T | undefined
    if (existing) return existing
    const made = make()
    this.#parts.set(api, made)
    return made
  }
  /** Text that follows from the seed and from how much was asked for before. @internal */
  randomText(length: number): string {
    const letters = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789'
    return Array.from({ length }, () => letters[Math.floor(this.#nextRandom() * letters.length)]).join('')
  }
  /**
   * A call arrives: it is noted, takes its time, and fails if it is to fail beforehand.
   * @internal
   */
  async arrive(call: Omit<DummyCall, 'at' | 'outcome'>, options: CallOptions, timeout: number): Promise<Arrival> {
    options.signal?.throwIfAborted()
    const noted: Mutable<DummyCall> = { ...call, at: this.now, outcome: 'pending' }
    this.#calls.push(noted)
    try {
      const { latency = 0 } = this.#options
      const takes = typeof latency === 'number' ? latency : (latency[call.operation] ?? latency['*'] ?? 0)
      await this.#clock.sleep(Math.min(takes, timeout), options.signal)
      options.signal?.throwIfAborted()
      if (takes > timeout) {
        throw new TimeoutError(`${call.operation}: no reply within ${timeout} ms`, aboutCall(options))
      }
      const failure = this.#take(noted, operationOf(options))
      if (failure && !failure.after) throw madeError(failure, noted, options)
      return { noted, lost: failure && madeError(failure, noted, options) }
    } catch (error) {
      Object.assign(noted, { outcome: 'failed', error })
      throw error
    }
  }

  #start(): number {
    return this.#options.startDate?.getTime() ?? START
  }
  #begin(): void {
    this.#random = this.#options.seed ?? 1
    for (const { operation, error, ...how } of this.#options.failures ?? []) this.fail(operation, error, how)
  }
  /** Mulberry32: small, and the same everywhere. */
  #nextRandom(): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0
    let t = Math.imul(this.#random ^ (this.#random >>> 15), 1 | this.#random)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  #take(call: DummyCall, outer: string | undefined): DummyFailure | undefined {
    const found = this.#arranged.find(({ failure: { operation } }) =>
      typeof operation === 'function'
        ? operation(call)
        : operation === '*' || operation === call.operation || operation === outer,
    )
    if (!found) return undefined
    found.left -= 1
    if (found.left <= 0) this.#arranged.splice(this.#arranged.indexOf(found), 1)
    return found.failure
  }
}

/** A call that has arrived. @internal */
export interface Arrival {
  readonly noted: Mutable<DummyCall>
  /** What it is to fail with when its work is done. */
  readonly lost: Error | undefined
}

function madeError({ error, after }: DummyFailure, call: DummyCall, options: CallOptions): Error {
  if (error instanceof Error) return error
  if (!isErrorClass(error)) return error(call)
  const message = `${call.operation}: this failure was arranged${after ? ', after the work was done' : ''}`
  const details: ErrorDetails & { mayHaveHappened?: boolean } = aboutCall(options)
  return new error(message, { ...details, ...(after ? { mayHaveHappened: true } : {}) })
}
function isErrorClass(value: LibcloudErrorClass | ((call: DummyCall) => Error)): value is LibcloudErrorClass {
  return (value as { prototype?: unknown }).prototype instanceof LibcloudError
}

/** What an error of this call tells of it. */
export function aboutCall(options: CallOptions | undefined): { provider: string; operation: string | undefined } {
  return { provider: 'dummy', operation: operationOf(options) }
}

const places = new WeakMap<BaseDriver, { readonly world: DummyWorld; readonly api: ApiName }>()

/** Puts a driver into its world. */
export function enterWorld(driver: BaseDriver, api: ApiName, options: DummyOptions): void {
  const own = OWN_OPTIONS.find(name => options.world !== undefined && options[name] !== undefined)
  if (own !== undefined || (options.world !== undefined && !(options.world instanceof DummyWorld))) {
    const argument = own ?? 'world'
    const allowed = own === undefined ? 'a DummyWorld' : "absent where 'world' is given, which has its own"
    throw new InvalidRequestError(`'${argument}' must be ${allowed}`, { provider: 'dummy', argument, allowed })
  }
  places.set(driver, { world: options.world ?? new DummyWorld(options), api })
}

/** The world that a driver is in. */
export function worldOf(driver: BaseDriver): DummyWorld {
  return (places.get(driver) as { world: DummyWorld }).world
}

/** A call arrives at a driver's world: see {@link DummyWorld.arrive}. */
export async function arrive(
  driver: BaseDriver,
  operation: string,
  about: string | undefined,
  options: CallOptions = {},
): Promise<Arrival> {
  const { world, api } = places.get(driver) as { world: DummyWorld; api: ApiName }
  const timeout = options.timeout ?? optionsOf(driver).timeout ?? 300_000
  return world.arrive({ api, operation, about }, options, timeout)
}

/** One operation: it arrives, does its work in one go, and answers, or fails although the work is done. */
export async function perform<T>(
  driver: BaseDriver,
  operation: string,
  about: string | undefined,
  options: CallOptions | undefined,
  work: () => T | Promise<T>,
): Promise<T> {
  const { noted, lost } = await arrive(driver, operation, about, options)
  try {
    const result = await work()
    if (lost) throw lost
    noted.outcome = 'done'
    return result
  } catch (error) {
    Object.assign(noted, { outcome: 'failed', error })
    throw error
  }
}

/** A list: one operation a page. */
export function performList<Row, T>(
  driver: BaseDriver,
  operation: string,
  about: string | undefined,
  options: CallOptions | undefined,
  page: (token: string | undefined) => Page<Row>,
  map: (row: Row) => T,
): Pager<T> {
  return pager(
    token =>
      perform(driver, operation, about, options, () => {
        const { items, next } = page(token)
        return { items: items.map(map), next }
      }),
    options,
  )
}
