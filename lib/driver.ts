import { type Check, type CheckContext, type Complaint, invalidArgument, options as optionsCheck } from './check.js'
import { keepOptions, resolveOptions } from './credentials.js'
import { InvalidRequestError, NotSupportedError } from './errors.js'
import type { Connection } from './http/connection.js'
import type { ApiName, VendorMeta } from './meta.js'
import { type DriverOptions, OPERATION, PROVIDER } from './options.js'
import { optionsComplaint } from './options-check.js'
import { type Pager, pager } from './pager.js'

const STUB: unique symbol = Symbol.for('libcloud.stub') // registered symbols: other copies of the package know them too
const GUARDED: unique symbol = Symbol.for('libcloud.guarded')

/** What the base class knows of a method: how it answers, and what its arguments must be. */
export interface MethodRule {
  /** A list, a promise, or a plain value that needs no request. */
  readonly kind: 'pager' | 'promise' | 'value'
  /** Name and check of each argument but the last, which is always `options`. */
  readonly args: readonly (readonly [string, Check])[]
  /** The check of `options`. */
  readonly options: Check
  /** The base class has it for every driver that has these methods. */
  readonly needs?: readonly string[] | undefined
}
type Args = Readonly<Record<string, Check>>
const rule = (kind: MethodRule['kind'], args: Args, also: Args, needs?: readonly string[]): MethodRule => ({
  kind,
  args: Object.entries(args),
  options: optionsCheck(also),
  needs,
})
/** A method that answers with a list. */
export const lists = (args: Args = {}, also: Args = {}): MethodRule & { kind: 'pager' } =>
  rule('pager', args, also) as MethodRule & { kind: 'pager' }
/** A method that answers with a promise. */
export const calls = (args: Args = {}, also: Args = {}): MethodRule & { kind: 'promise' } =>
  rule('promise', args, also) as MethodRule & { kind: 'promise' }
/** A method that answers at once. */
export const tells = (args: Args = {}): MethodRule & { kind: 'value' } =>
  rule('value', args, {}) as MethodRule & { kind: 'value' }
/** A method of the base class, there for every driver that has what it needs. */
export const provided = <R extends MethodRule>(method: R, ...needs: string[]): R => ({ ...method, needs })

/** How a method of an API's interface answers. */
export type Kind<M> = M extends (...args: never[]) => Pager<unknown>
  ? 'pager'
  : M extends (...args: never[]) => Promise<unknown>
    ? 'promise'
    : 'value'
/** The rules of all methods of an API: the type makes the table complete and right. */
export type ApiRules<Api> = { readonly [M in keyof Api]: MethodRule & { readonly kind: Kind<Api[M]> } }

export type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never
/** The methods surely asked about: a variable of type `'a' | 'b'` names one of them, so it proves neither. */
type Asked<Api, M extends readonly (keyof Api)[]> = {
  [I in keyof M]: IsUnion<M[I]> extends true ? never : M[I]
}[number]
/** What `supports` proves. No driver's type has the last property, so a 'no' never narrows a driver to `never`. */
export type Supporting<Api, M extends readonly (keyof Api)[]> = Pick<Api, Asked<Api, M>> & {
  readonly 'libcloud:checked': true
}
/** One name gives its class; several possible names give the portable class, not a union of 60 constructors. */
export type DriverClassOf<Drivers, P extends keyof Drivers, Portable> = IsUnion<P> extends true ? Portable : Drivers[P]
/** The providers whose driver has the method, or all the methods of a union. */
export type ProvidersHaving<Drivers, M extends PropertyKey> = {
  [P in keyof Drivers]: Drivers[P] extends abstract new (
    ...args: never[]
  ) => infer D
    ? [M] extends [keyof D]
      ? P
      : never
    : never
}[keyof Drivers]

/** One of the six APIs, as its base class knows it. */
export interface ApiDescription {
  readonly api: ApiName
  readonly rules: Readonly<Record<string, MethodRule>>
}

/** What the base classes of all six APIs share. */
export abstract class BaseDriver {
  /** The provider constant's value. */
  abstract readonly provider: string
  /** The region, for providers that have several. */
  readonly region: string | undefined
  /** Sends whatever no method covers: `driver.connection.request({ path: '/v2/account' })`. Absent where there is no HTTP. */
  declare readonly connection: Connection | undefined

  // Reads no field of a subclass: those are set after it.
  constructor(description: ApiDescription, vendor: Pick<VendorMeta, 'vendor' | 'credentials'>, options: DriverOptions) {
    guard(new.target, description)
    const complaint = optionsComplaint(options, vendor.credentials)
    if (complaint) throw invalidArgument(complaint, vendor.vendor)
    const resolved = resolveOptions(options, vendor.credentials, vendor.vendor)
    keepOptions(this, resolved)
    this.region = resolved.region
  }

  /** What a log may show. */
  toJSON(): object {
    return { provider: this.provider, region: this.region }
  }
  /** Gives sockets back. Calls under way are let finish. */
  async close(): Promise<void> {
    await this.connection?.close()
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Gives a driver its connection, hidden from printing. */
export function connect(driver: BaseDriver, connection: Connection): void {
  Object.defineProperty(driver, 'connection', { value: connection, configurable: true })
}

// Not a class member: TypeScript 7 refuses the computed name under isolatedDeclarations (TS9038), 5.9 and 6 allow it.
Object.defineProperty(BaseDriver.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: BaseDriver) {
    const region = this.region === undefined ? '' : `, region: '${this.region}'`
    return `${this.constructor.name} { provider: '${this.provider}'${region} }`
  },
})

type AnyMethod = (this: BaseDriver, ...args: unknown[]) => unknown

/** Puts a stub for every base method on an API's base class. A stub rejects; it does not throw, so `.catch()` works. */
export function installStubs(
  base: abstract new (...args: never[]) => BaseDriver,
  { api, rules }: ApiDescription,
): void {
  for (const [method, { kind, needs }] of Object.entries(rules)) {
    if (needs) continue
    const stub: AnyMethod = function () {
      const error = isDriver(this) ? notSupported(this, method, api) : withoutDriver(method)
      if (kind === 'pager') return pager(() => Promise.reject(error))
      return kind === 'promise' ? Promise.reject(error) : raise(error)
    }
    Object.defineProperty(stub, STUB, { value: true })
    Object.defineProperty(base.prototype, method, { value: stub, configurable: true, writable: true })
  }
}

function notSupported(driver: BaseDriver, method: string, api: string): NotSupportedError {
  const { provider } = driver
  const extensions = methodNames(driver).filter(name => name.startsWith('ex_'))
  const hint =
    extensions.length > 0 ? ` What only '${provider}' has are its ex_ methods, such as ${extensions[0]}.` : ''
  return new NotSupportedError(
    `'${provider}' does not support ${method} (${api}). driver.supports('${method}') tells beforehand.${hint}`,
    { provider, operation: method },
  )
}
/** Not `instanceof`: another copy of the package has another class. */
function isDriver(value: unknown): value is BaseDriver {
  return typeof (value as { provider?: unknown } | null | undefined)?.provider === 'string'
}
function withoutDriver(method: string): InvalidRequestError {
  const allowed = `called on its driver: driver.${method}(…)`
  return new InvalidRequestError(`'${method}' must be ${allowed}`, { operation: method, argument: 'this', allowed })
}
function raise(error: unknown): never {
  throw error
}

/** Every method of a driver, base and `ex_`, down to the API's base class. */
function methodNames(driver: object): string[] {
  const names = new Set<string>()
  for (let at = Object.getPrototypeOf(driver); at && at !== BaseDriver.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name)
  }
  return [...names]
}

/** Whether a driver, or a driver class's prototype, has a base method: its own, or one of the base class with all it needs. */
export function isImplemented(driver: object, method: string, { rules }: ApiDescription): boolean {
  if (!Object.hasOwn(rules, method) && !method.startsWith('ex_')) return false
  const found: unknown = Reflect.get(driver, method)
  if (typeof found !== 'function' || Object.hasOwn(found, STUB)) return false
  const needs = Object.hasOwn(rules, method) ? rules[method]?.needs : undefined
  const isBase = (found as { [GUARDED]?: 'base' | 'own' })[GUARDED] === 'base'
  return !needs || !isBase || needs.every(needed => isImplemented(driver, needed, { rules } as ApiDescription))
}

/**
 * Wraps the methods of a driver class, once, with what all of them share: arguments are checked before anything else
 * happens, and the call's options carry the method's name to errors and traces.
 */
function guard(driverClass: abstract new (...args: never[]) => BaseDriver, description: ApiDescription): void {
  const { rules } = description
  let prototype: object = driverClass.prototype
  while (prototype !== BaseDriver.prototype && !Object.hasOwn(prototype, GUARDED)) {
    Object.defineProperty(prototype, GUARDED, { value: true })
    const above: object = Object.getPrototypeOf(prototype)
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const method: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value
      const known = Object.hasOwn(rules, name) ? rules[name] : undefined
      if (typeof method !== 'function' || Object.hasOwn(method, STUB) || !(known || name.startsWith('ex_'))) continue
      const wrapped = guarded(name, method as AnyMethod, known, description)
      Object.defineProperty(wrapped, GUARDED, { value: above === BaseDriver.prototype ? 'base' : 'own' })
      Object.defineProperty(prototype, name, { value: wrapped, configurable: true, writable: true })
    }
    prototype = above
  }
}

/** Every method's last argument is its options, and none has a default value: so `length` tells where they stand. */
function guarded(
  name: string,
  method: AnyMethod,
  known: MethodRule | undefined,
  description: ApiDescription,
): AnyMethod {
  const at = known ? known.args.length : Math.max(0, method.length - 1)
  const kind = known?.kind ?? 'pager' // a list that rejects can be awaited like a promise
  const reject = (error: unknown): unknown => {
    if (kind === 'pager') return pager(() => Promise.reject(error))
    return kind === 'promise' ? Promise.reject(error) : raise(error)
  }
  const wrapped: AnyMethod = function (...args) {
    if (!isDriver(this)) return reject(withoutDriver(name))
    const complaint = known ? complaintOf(known, args, this) : extensionComplaint(args, at, this)
    if (complaint) return reject(invalidArgument(complaint, this.provider, name))
    if (known?.needs && !isImplemented(this, name, description))
      return reject(notSupported(this, name, description.api))
    if (kind !== 'value' || args.length > at) {
      const given = args[at] as { [OPERATION]?: string } | undefined
      // A driver's method that calls another one passes its options on: the first name stays.
      if (given?.[OPERATION] === undefined) args[at] = { ...given, [OPERATION]: name, [PROVIDER]: this.provider }
    }
    try {
      return method.apply(this, args)
    } catch (error) {
      return reject(error) // a list builds its path before anything is asked
    }
  }
  return Object.defineProperties(wrapped, { name: { value: name }, length: { value: method.length } })
}

function complaintOf(known: MethodRule, args: readonly unknown[], context: CheckContext): Complaint | undefined {
  for (const [index, [name, check]] of known.args.entries()) {
    const complaint = check(args[index], name, context)
    if (complaint) return complaint
  }
  return known.options(args[known.args.length], 'options', context)
}

const extensionOptions = optionsCheck()

/** What can be said of the arguments of a method that only its driver knows. */
function extensionComplaint(args: readonly unknown[], at: number, context: CheckContext): Complaint | undefined {
  for (const [index, value] of args.entries()) {
    const path = `argument ${index + 1}`
    if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) {
      return { path, value, allowed: 'a string without NUL' }
    }
    if (typeof value !== 'object' || value === null) continue
    const owner = (value as { driver?: { provider?: unknown } }).driver?.provider
    if (typeof owner === 'string' && owner !== context.provider) {
      return { path, value: `a resource of '${owner}'`, allowed: `a resource of '${context.provider}'` }
    }
  }
  return extensionOptions(args[at], 'options', context)
}

/** The base methods that a driver class has. */
export function implementedMethods(driverClass: { readonly prototype: object }, description: ApiDescription): string[] {
  guard(driverClass as unknown as abstract new () => BaseDriver, description)
  return Object.keys(description.rules).filter(method => isImplemented(driverClass.prototype, method, description))
}
