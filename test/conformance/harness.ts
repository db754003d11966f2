// What the suites need to know of a driver, and how its methods are called.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { ApiDescription, BaseDriver } from '../../lib/driver.js'
import type { DriverMeta, VendorMeta } from '../../lib/meta.js'
import type { DriverOptions } from '../../lib/options.js'
import { type Contract, loadContract } from './contract.js'
import { type ErrorFixture, type Fixture, parseErrorFixture, parseFixture } from './fixture.js'

/** A test runner's two functions: those of vitest, node:test, mocha or jest. */
export interface Runner {
  readonly describe: (name: string, body: () => void) => unknown
  readonly it: (name: string, body: () => Promise<void>) => unknown
}

export type AnyDriverClass = new (options: DriverOptions) => BaseDriver

/** A driver that is tested. */
export interface Harness {
  readonly meta: VendorMeta
  /** Which of the vendor's drivers. */
  readonly driver: DriverMeta
  readonly driverClass: AnyDriverClass
  /** The vendor's folder of fixtures: `<driver file>/<method>.http` and `errors/<status>.http`. */
  readonly fixtures: string | URL
  /** The vendor's contract: a file that `npm run contracts` made. */
  readonly contract?: string | URL | undefined
  /** Constructor options beside `key` and `secret`, which are `test-key` and `test-secret`. */
  readonly options?: DriverOptions | undefined
}

/** What the fixtures' requests carry. */
export const TEST_KEY = 'test-key'
export const TEST_SECRET = 'test-secret'

/** A vendor's fixtures for one driver. */
export interface Fixtures {
  readonly calls: readonly Fixture[]
  readonly errors: readonly ErrorFixture[]
  readonly contract: Contract | undefined
}

const pathOf = (place: string | URL): string => (typeof place === 'string' ? place : fileURLToPath(place))

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(name => name.endsWith('.http'))
      .sort()
      .map(name => join(folder, name))
  } catch {
    return []
  }
}

/** Reads what there is; a folder that is missing is empty. */
export function readFixtures(harness: Harness): Fixtures {
  const root = pathOf(harness.fixtures)
  const calls = filesIn(join(root, harness.driver.file)).map(file => parseFixture(readFileSync(file, 'utf8'), file))
  const errors = filesIn(join(root, 'errors')).map(file => parseErrorFixture(readFileSync(file, 'utf8'), file))
  const contract =
    harness.contract === undefined
      ? undefined
      : loadContract(JSON.parse(readFileSync(pathOf(harness.contract), 'utf8')))
  return { calls, errors, contract }
}

/** The names of a driver's methods, down to the API's base class: base methods and `ex_`, and whatever should not be there. */
export function ownMethods(driverClass: AnyDriverClass, base: object): string[] {
  const names = new Set<string>()
  for (let at: object | null = driverClass.prototype; at && at !== base; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) if (name !== 'constructor') names.add(name)
  }
  return [...names]
}

/** Where a method's options stand among its arguments. */
export function optionsIndex(driver: BaseDriver, method: string, { rules }: ApiDescription): number {
  const rule = Object.hasOwn(rules, method) ? rules[method] : undefined
  return rule ? rule.args.length : Math.max(0, (Reflect.get(driver, method) as { length: number }).length - 1)
}

/** Calls a method with a fixture's arguments, and further options. What it returns is not awaited. */
export function invoke(
  driver: BaseDriver,
  method: string,
  args: readonly unknown[],
  description: ApiDescription,
  options: object = {},
): unknown {
  const at = optionsIndex(driver, method, description)
  const given = [...args]
  while (given.length < at) given.push(undefined)
  given[at] = { ...(given[at] as object | undefined), ...options }
  const found: unknown = Reflect.get(driver, method)
  if (typeof found !== 'function') throw new Error(`The driver has no method ${method}`)
  return Reflect.apply(found, driver, given)
}

/** What a call gave, as plain values: a list as an array, a stream as its text. */
export async function settle(result: unknown): Promise<unknown> {
  const value = await result
  if (value instanceof Readable) {
    const chunks: Buffer[] = []
    for await (const chunk of value) chunks.push(Buffer.from(chunk))
    return Buffer.concat(chunks).toString()
  }
  return value
}

/** Whether a call gave a list that comes page by page. */
export function isPager(value: unknown): value is AsyncIterable<unknown> & {
  pages(token?: string): AsyncGenerator<{ items: readonly unknown[]; next?: string }>
} {
  return typeof value === 'object' && value !== null && 'pages' in value && Symbol.asyncIterator in value
}
