// What the lifecycle suites share: one driver made at its first use, clean-up that always happens, and looking again.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import type { BaseDriver } from '../../../lib/driver.js'
import { InvalidRequestError, NotFoundError } from '../../../lib/errors.js'
import type { CallOptions } from '../../../lib/options.js'
import type { Pager } from '../../../lib/pager.js'

/** A test runner's two functions: those of vitest, node:test, mocha or jest. A test is skipped through its context. */
export interface LifecycleRunner {
  readonly describe: (name: string, body: () => void) => unknown
  readonly it: (name: string, body: (context?: unknown) => Promise<void>) => unknown
}

/** What every lifecycle suite takes. It makes things and destroys them: give it an account that is meant for that. */
export interface LifecycleOptions<D extends BaseDriver> extends LifecycleRunner {
  /** Makes the driver. Called once, when the first test runs. */
  readonly driver: () => Promise<D>
  /** The suite's heading. @defaultValue the API's name */
  readonly title?: string | undefined
  /** Milliseconds between two looks at something that changes. @defaultValue 1000 */
  readonly interval?: number | undefined
  /** Milliseconds that a change may take. @defaultValue 300000 */
  readonly timeout?: number | undefined
  /** What the names of all that is made begin with: letters, digits and hyphens. @defaultValue 'lifecycle' */
  readonly prefix?: string | undefined
  /** Tests that do not fit, by their titles, each with the reason. */
  readonly skip?: Readonly<Record<string, string>> | undefined
  /** Texts that nothing printed may hold: the driver's credentials. */
  readonly secrets?: readonly string[] | undefined
  /** The most items that a page of this driver's lists has: then longer lists must come in several pages. */
  readonly pageSize?: number | undefined
}

/** Things to be undone when a test ends, in reverse order. */
export type Defer = (undo: () => Promise<unknown>) => void

/** A suite under way. */
export class Lifecycle<D extends BaseDriver, Api> {
  readonly options: LifecycleOptions<D>
  #driver: Promise<D> | undefined
  #names = 0
  constructor(options: LifecycleOptions<D>) {
    this.options = options
  }

  /** A name that no other test uses, nor another run of it. */
  name(): string {
    this.#names += 1
    const { prefix = 'lifecycle' } = this.options
    return `${prefix}-${process.pid.toString(36)}${Date.now().toString(36).slice(-5)}-${this.#names}`
  }

  /** A test, which is skipped where the driver has not all of these methods. What it defers is always undone. */
  test(
    title: string,
    methods: readonly (keyof Api & string)[],
    body: (api: Api, defer: Defer, driver: D) => Promise<void>,
  ): void {
    const { it, skip = {} } = this.options
    it(title, async context => {
      const reason = Object.hasOwn(skip, title) ? skip[title] : undefined
      if (reason !== undefined) return skipTest(context, reason)
      this.#driver ??= this.options.driver()
      const driver = await this.#driver
      const missing = methods.filter(method => !supports(driver, method))
      if (missing.length > 0) return skipTest(context, `the driver has no ${missing.join(', ')}`)
      await withCleanUp(defer => body(driver as unknown as Api, defer, driver))
    })
  }

  /** Looks until it is as wanted. */
  async until<T>(look: () => Promise<T>, isWanted: (value: T) => boolean, what: string): Promise<T> {
    const { interval = 1000, timeout = 300_000 } = this.options
    const end = performance.now() + timeout
    for (;;) {
      const seen = await look()
      if (isWanted(seen)) return seen
      if (performance.now() > end) assert.fail(`${what} did not happen in ${timeout} ms: ${inspect(seen)}`)
      await sleep(interval)
    }
  }

  /** Looks until it is gone: not found, or in a state that means so. */
  async gone<T>(
    look: () => Promise<T>,
    missing: ErrorClass,
    isGone: (value: T) => boolean = () => false,
  ): Promise<void> {
    const seen = (): Promise<boolean> =>
      look().then(isGone, error => {
        if (error instanceof missing) return true
        throw error
      })
    await this.until(seen, done => done, 'the removal')
  }

  /** A list as users walk it: whole, page by page, left early, and gone on with in the middle. */
  async walk<T>(list: () => Pager<T>, key: (item: T) => string, least: number): Promise<T[]> {
    const all = await list()
    assert.ok(all.length >= least, `the list has ${all.length} items, not ${least}`)
    const keys = all.map(key)
    assert.equal(new Set(keys).size, keys.length, `an item is listed twice: ${keys}`)
    const streamed: string[] = []
    for await (const item of list()) streamed.push(key(item))
    assert.deepEqual(streamed, keys, 'iterating gives what awaiting gives')
    const pages: { keys: string[]; next: string | undefined }[] = []
    for await (const page of list().pages()) pages.push({ keys: page.items.map(key), next: page.next })
    assert.deepEqual(
      pages.flatMap(page => page.keys),
      keys,
      'the pages are the list',
    )
    assert.equal(pages.at(-1)?.next, undefined, 'the last page has no next')
    const { pageSize } = this.options
    if (pageSize !== undefined) {
      assert.ok(Math.max(0, ...pages.map(page => page.keys.length)) <= pageSize, 'a page is too large')
      if (keys.length > pageSize) assert.ok(pages.length > 1, `${keys.length} items came in one page`)
    }
    for await (const item of list()) {
      assert.equal(key(item), keys[0], 'a loop that is left began at the beginning')
      break
    }
    for (const [index, { next }] of pages.entries()) {
      if (next === undefined) continue
      const rest: string[] = []
      for await (const page of list().pages(next)) rest.push(...page.items.map(key))
      const expected = pages.slice(index + 1).flatMap(page => page.keys)
      assert.deepEqual(rest, expected, `the token after page ${index + 1} resumes the list`)
    }
    return all
  }

  /** Neither printing nor JSON shows a secret, or the driver. */
  assertPrivate(value: object, secrets: readonly string[] = []): void {
    assert.ok(!Object.keys(value).includes('driver'), 'a resource shows its driver')
    const shown = inspect(value, { depth: 12 }) + JSON.stringify(value) + inspect({ ...value }, { depth: 12 })
    for (const secret of [...secrets, ...(this.options.secrets ?? [])]) {
      assert.ok(!shown.includes(secret), `a secret is shown: ${shown.replaceAll(secret, '<here>')}`)
    }
  }
}

/** A constructor of errors, for `instanceof`. */
export type ErrorClass = abstract new (...args: never[]) => Error

function supports(driver: BaseDriver, method: string): boolean {
  return (driver as unknown as { supports(method: string): boolean }).supports(method)
}

/** vitest's `skip` throws, that of node:test returns, and mocha has `this`: then the test passes. */
function skipTest(context: unknown, reason: string): void {
  const { skip } = (context ?? {}) as { skip?: (reason: string) => void }
  if (typeof skip === 'function') skip.call(context, reason)
}

/** Runs a body; then undoes what it deferred, last things first. What is gone already needs no undoing. */
export async function withCleanUp(body: (defer: Defer) => Promise<void>): Promise<void> {
  const undo: (() => Promise<unknown>)[] = []
  const failures: unknown[] = []
  try {
    await body(each => undo.push(each))
  } catch (error) {
    failures.push(error)
  }
  for (const each of undo.reverse()) {
    try {
      await each()
    } catch (error) {
      if (!(error instanceof NotFoundError)) failures.push(error)
    }
  }
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join('\nand then: '))
  if (failures.length === 1) throw failures[0]
}

/** Rejects with an error of this class. */
export async function rejectsWith(call: () => PromiseLike<unknown>, wanted: ErrorClass): Promise<Error> {
  const error = await failureOf(call)
  assert.ok(error instanceof wanted, `it failed with ${inspect(error)}, not with ${wanted.name}`)
  return error
}

async function failureOf(call: () => PromiseLike<unknown>): Promise<unknown> {
  let value: unknown
  try {
    value = await call()
  } catch (error) {
    return error
  }
  return assert.fail(`it did not fail, but gave ${inspect(value)}`)
}

/** A call with a signal that has fired, and one whose signal fires at once: both reject with the signal's reason. */
export async function endsOnAbort(call: (options: CallOptions) => PromiseLike<unknown>): Promise<void> {
  const before = new Error('aborted before')
  assert.equal(await failureOf(() => call({ signal: AbortSignal.abort(before) })), before, 'aborted before the call')
  const during = new Error('aborted during')
  const controller = new AbortController()
  const failed = failureOf(() => call({ signal: controller.signal }))
  controller.abort(during)
  assert.equal(await failed, during, 'aborted during the call')
}

/** What another provider's driver made. */
export const foreign = (fields: object): never =>
  Object.defineProperty({ ...fields }, 'driver', { value: { provider: 'some-other-provider' } }) as never

/** Every call is refused as a bad argument. */
export async function refuses(calls: readonly (() => PromiseLike<unknown>)[]): Promise<void> {
  for (const call of calls) {
    const error = (await rejectsWith(call, InvalidRequestError)) as InvalidRequestError
    assert.ok(error.argument, `the error names the argument: ${error.message}`)
  }
}

/** So many calls at the same time. */
export async function parallel<T>(count: number, call: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => call(index)))
}
