import { InvalidRequestError, type LibcloudErrorClass } from '../../lib/errors.js'
import type { CallOptions } from '../../lib/options.js'
import type { Page } from '../../lib/pager.js'
import { aboutCall } from './world.js'

/** Rows of one kind by their id, in the order in which they came. */
export class Table<T extends { readonly id: string }> {
  readonly #kind: string
  readonly #missing: LibcloudErrorClass
  readonly #rows = new Map<string, { readonly place: number; readonly row: T }>()
  #count = 0

  /** `kind` begins the ids: `node-1`. `missing` is the class of the error for what is not there. */
  constructor(kind: string, missing: LibcloudErrorClass) {
    this.#kind = kind
    this.#missing = missing
  }

  /** How many were ever added. */
  get count(): number {
    return this.#count
  }
  /** Adds a row, with the next id unless it is given one. */
  insert<R extends Omit<T, 'id'> & { readonly id?: string }>(row: R): T {
    this.#count += 1
    const whole = Object.assign(row, { id: row.id ?? `${this.#kind}-${this.#count}` }) as unknown as T
    this.#rows.set(whole.id, { place: this.#count, row: whole })
    return whole
  }
  find(id: string): T | undefined {
    return this.#rows.get(id)?.row
  }
  /** The row, or an error of the right class. `isVisible`: rows that are gone although they are still kept. */
  get(id: string, options: CallOptions | undefined, isVisible: (row: T) => boolean = () => true): T {
    const row = this.find(id)
    if (row && isVisible(row)) return row
    throw new this.#missing(`There is no ${this.#kind} '${id}'`, aboutCall(options))
  }
  remove(id: string): void {
    this.#rows.delete(id)
  }
  all(isWanted: (row: T) => boolean = () => true): T[] {
    return [...this.#rows.values()].map(({ row }) => row).filter(isWanted)
  }
  /** One page. Its token is the place of its last row, so that it holds good when rows before it are removed. */
  page(
    token: string | undefined,
    size: number,
    options: CallOptions | undefined,
    isWanted: (row: T) => boolean = () => true,
  ): Page<T> {
    if (token !== undefined && !/^\d{1,15}$/.test(token)) throw badToken(options)
    const after = Number(token ?? 0)
    const rest = [...this.#rows.values()].filter(({ place, row }) => place > after && isWanted(row))
    const items = rest.slice(0, size)
    const next = rest.length > size ? String(items.at(-1)?.place) : undefined
    return { items: items.map(({ row }) => row), next }
  }
}

/** A page's token that no page gave. */
export function badToken(options: CallOptions | undefined): InvalidRequestError {
  return badArgument('token', "the 'next' of an earlier page", options)
}

/** An argument that this provider does not take. */
export function badArgument(argument: string, allowed: string, options: CallOptions | undefined): InvalidRequestError {
  const about = aboutCall(options)
  return new InvalidRequestError(`${about.operation}: '${argument}' must be ${allowed}`, {
    ...about,
    argument,
    allowed,
  })
}

/** States that follow each other by themselves: nothing runs meanwhile, whoever looks sees how far it has come. */
export interface Course<S extends string> {
  readonly steps: readonly { readonly state: S; readonly until: number }[]
  readonly end: S
}

/** A course that begins now, goes through these states in equal parts of `ms`, and stays in the last. */
export function course<S extends string>(now: Date, ms: number, states: readonly S[], end: S): Course<S> {
  const part = ms / Math.max(1, states.length)
  const steps = states.map((state, index) => ({ state, until: now.getTime() + part * (index + 1) }))
  return { steps, end }
}

/** The state at a moment. */
export function stateAt<S extends string>({ steps, end }: Course<S>, now: Date): S {
  return steps.find(({ until }) => now.getTime() < until)?.state ?? end
}

/** Whether a name asks for failure: `small-broken`. */
export const isBroken = (...names: readonly (string | undefined)[]): boolean =>
  names.some(name => name?.endsWith('-broken'))

/** The n-th address of a range that is set apart for tests (RFC 2544) or for private networks (RFC 1918). */
export function addressOf(range: '198.18' | '198.19' | '10.0', n: number): string {
  return `${range}.${Math.floor(n / 250) % 256}.${(n % 250) + 1}`
}
