import { isDeepStrictEqual } from 'node:util'
import type { LXDConnection } from './connection.js'
import { toRaw } from './convert.js'
import type { LXDCallOptions, LXDChangeOptions } from './types.js'

type Mutable<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends Date
    ? T
    : T extends readonly (infer E)[]
      ? Mutable<E>[]
      : T extends object
        ? { -readonly [K in keyof T]: Mutable<T[K]> }
        : T

/** Where a thing stands, and what of it can be written. */
export interface RecordPlace {
  readonly at: string
  readonly writable: readonly string[]
  /** Named with every call: project and cluster member. */
  readonly options: LXDCallOptions | undefined
}

/**
 * Something of the server that is edited and then saved, all or nothing. What somebody else has changed meanwhile is not
 * undone: then `save` rejects with ConflictError, and `sync` tells what it is now.
 */
export class LXDRecord<T extends object> {
  /** What it is, with the edits that were not saved yet: to be edited. */
  value: Mutable<T>
  readonly #connection: LXDConnection
  readonly #place: RecordPlace
  #saved: T
  #etag: string | undefined

  constructor(connection: LXDConnection, place: RecordPlace, value: T, etag: string | undefined) {
    this.#connection = connection
    this.#place = place
    this.#saved = value
    this.#etag = etag
    this.value = structuredClone(value) as Mutable<T>
  }

  /** Whether there are edits that were not saved. */
  get dirty(): boolean {
    return !isDeepStrictEqual(this.value, this.#saved)
  }

  /** By what the server knows that it is still as it was read. */
  get etag(): string | undefined {
    return this.#etag
  }

  /** Takes the edits back. */
  rollback(): this {
    this.value = structuredClone(this.#saved) as Mutable<T>
    return this
  }

  /**
   * Reads what it is now. Edits stay, and can then be saved over it; with `{ rollback: true }` they are taken back.
   * @throws NotFoundError where it is gone
   */
  async sync({ rollback = false, ...options }: LXDCallOptions & { rollback?: boolean } = {}): Promise<this> {
    const { value, etag } = await this.#connection.tagged<T>(this.#place.at, { ...this.#place.options, ...options })
    const edits = this.#edits()
    this.#saved = value
    this.#etag = etag
    this.rollback()
    if (!rollback) Object.assign(this.value, edits)
    return this
  }

  /**
   * Writes all edits, and reads what it is then. Without edits nothing is sent.
   * @throws ConflictError where somebody has changed it since it was read
   */
  async save(options?: LXDChangeOptions): Promise<this> {
    if (!this.dirty) return this
    const { at, writable } = this.#place
    const given = { ...this.#place.options, ...options }
    const parts = Object.fromEntries(Object.entries(this.value).filter(([name]) => writable.includes(name)))
    const json = toRaw(parts)
    await this.#connection.change({ method: 'PUT', path: at, json }, {
      ...given,
      ex_etag: this.#etag,
    } as LXDChangeOptions)
    return this.sync({ ...options, rollback: true })
  }

  /** Deletes it. */
  async delete(options?: LXDChangeOptions): Promise<void> {
    const given = { ...this.#place.options, ...options }
    await this.#connection.change({ method: 'DELETE', path: this.#place.at }, given)
  }

  toJSON(): object {
    return this.value
  }

  /** What was edited, member by member. */
  #edits(): Partial<Mutable<T>> {
    const before = this.#saved as Readonly<Record<string, unknown>>
    const entries = Object.entries(this.value).filter(([name, each]) => !isDeepStrictEqual(each, before[name]))
    return Object.fromEntries(entries) as Partial<Mutable<T>>
  }
}

/** Reads something that is to be edited. */
export async function openRecord<T extends object>(
  connection: LXDConnection,
  at: string,
  writable: readonly string[],
  options: LXDCallOptions | undefined,
): Promise<LXDRecord<T>> {
  const { value, etag } = await connection.tagged<T>(at, options)
  const { ex_project, ex_target } = options ?? {}
  return new LXDRecord<T>(connection, { at, writable, options: { ex_project, ex_target } }, value, etag)
}
