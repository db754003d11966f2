import { InvalidRequestError } from './errors.js'
import { meant } from './near.js'

/** What is wrong with an argument: where, and what may stand there. */
export interface Complaint {
  readonly path: string
  readonly value: unknown
  readonly allowed: string
}
/** Who asks: resources of another provider's driver are refused. */
export interface CheckContext {
  readonly provider: string
}
/** Tells what is wrong with a value, or nothing. */
export type Check = (value: unknown, path: string, context: CheckContext) => Complaint | undefined

const refuse = (path: string, value: unknown, allowed: string): Complaint => ({ path, value, allowed })
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/

/** Text in one line: no control characters, nothing that is not Unicode. May be empty. */
export const line: Check = (value, path) => {
  const allowed = 'a string without control characters'
  return typeof value === 'string' && !CONTROL.test(value) && value.isWellFormed()
    ? undefined
    : refuse(path, value, allowed)
}

/** Text in one line that is not empty: a name, an id. */
export const name: Check = (value, path) => {
  const allowed = 'a string that is not empty and has no control characters'
  const good = typeof value === 'string' && value !== '' && !CONTROL.test(value) && value.isWellFormed()
  return good ? undefined : refuse(path, value, allowed)
}

/** Text of any form, also over many lines, but not NUL. */
export const text: Check = (value, path) => {
  const good = typeof value === 'string' && !value.includes('\0') && value.isWellFormed()
  return good ? undefined : refuse(path, value, 'a string without NUL')
}

/** An object's name in a container: any Unicode but NUL, and not one that a URL would resolve away. */
export const objectName: Check = (value, path) => {
  const allowed = "a string that is not empty, without NUL, and with no part that is '.' or '..'"
  const good = typeof value === 'string' && value !== '' && !value.includes('\0') && value.isWellFormed()
  return good && !/(^|\/)\.{1,2}(\/|$)/.test(value) ? undefined : refuse(path, value, allowed)
}

/** A path on this machine. */
export const filePath: Check = (value, path) => {
  const good = typeof value === 'string' && value !== '' && !value.includes('\0')
  return good ? undefined : refuse(path, value, 'the path of a file, without NUL')
}

/** A whole number in a range. */
export function integer(least = 0, most: number = Number.MAX_SAFE_INTEGER): Check {
  const top = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`
  return (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : refuse(path, value, `a whole number from ${least}${top}${top ? '' : ' up'}`)
}

/** A number of milliseconds. */
export const milliseconds: Check = (value, path) => {
  const good = typeof value === 'number' && value >= 0 && value <= 2_147_483_647
  return good ? undefined : refuse(path, value, 'milliseconds: a number from 0 to 2147483647')
}

/** Yes or no. */
export const flag: Check = (value, path) =>
  typeof value === 'boolean' ? undefined : refuse(path, value, 'true or false')

/** A function. */
export const callback: Check = (value, path) =>
  typeof value === 'function' ? undefined : refuse(path, value, 'a function')

/** Anything that is there. */
export const something: Check = (value, path) =>
  value === undefined || value === null ? refuse(path, value, 'a value') : undefined

/** A moment. */
export const date: Check = (value, path) =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? undefined : refuse(path, value, 'a valid Date')

/** One of a few words. */
export function oneOf(words: Readonly<Record<string, string>> | readonly string[]): Check {
  const allowed: readonly string[] = Array.isArray(words) ? words : Object.values(words)
  return (value, path) =>
    allowed.includes(value as string)
      ? undefined
      : refuse(path, value, `one of ${allowed.map(word => `'${word}'`).join(', ')}`)
}

/** May be absent. */
export function optional(check: Check): Check {
  return (value, path, context) => (value === undefined ? undefined : check(value, path, context))
}

/** May be `null` too: 'none of it'. */
export function nullable(check: Check): Check {
  return (value, path, context) => (value === undefined || value === null ? undefined : check(value, path, context))
}

/** A list, each item of which is checked. */
export function listOf(check: Check, least = 0): Check {
  return (value, path, context) => {
    if (!Array.isArray(value) || value.length < least) {
      return refuse(path, value, least > 0 ? 'an array that is not empty' : 'an array')
    }
    for (const [index, item] of value.entries()) {
      const complaint = check(item, `${path}[${index}]`, context)
      if (complaint) return complaint
    }
    return undefined
  }
}

/** An object with these members, and others that a driver may know. */
export function members(checks: Readonly<Record<string, Check>>): Check {
  const entries = Object.entries(checks)
  return (value, path, context) => {
    if (!isObject(value)) return refuse(path, value, `an object with ${Object.keys(checks).join(', ')}`)
    for (const [member, check] of entries) {
      const complaint = check(value[member], `${path}.${member}`, context)
      if (complaint) return complaint
    }
    return undefined
  }
}

/** The driver that a resource came from, if it tells. */
function providerOf(value: Record<string, unknown>): string | undefined {
  const driver = value['driver']
  return isObject(driver) && typeof driver['provider'] === 'string' ? driver['provider'] : undefined
}

function resource(key: string, own: boolean, also: Readonly<Record<string, Check>> = {}): Check {
  const checks = Object.entries({ [key]: name, ...also })
  return (value, path, context) => {
    if (!isObject(value)) return refuse(path, value, `a resource, or an object with its ${key}: { ${key}: '…' }`)
    for (const [member, check] of checks) {
      const complaint = check(value[member], `${path}.${member}`, context)
      if (complaint) return complaint
    }
    const provider = providerOf(value)
    if (own && provider !== undefined && provider !== context.provider) {
      return refuse(path, `a resource of '${provider}'`, `a resource of '${context.provider}'`)
    }
    return undefined
  }
}

/** A resource of this provider, or an object with its id. */
export const ref: Check = resource('id', true)
/** A resource of any provider. */
export const anyRef: Check = resource('id', false)
/** A resource known by its name: a container, a key pair. */
export const namedRef: Check = resource('name', true)
/** A resource that lies within another. */
export function refWithin(key: 'id' | 'name', parent: string, parentCheck: Check, ownCheck: Check = name): Check {
  return resource(key, true, { [key]: ownCheck, [parent]: parentCheck })
}

/** How often a call is repeated. */
export const retry: Check = (value, path, context) => {
  if (value === undefined || value === false) return undefined
  if (typeof value === 'number') return integer(0, 100)(value, path, context)
  const time = optional(milliseconds)
  const checks = { retries: optional(integer(0, 100)), minTimeout: time, maxTimeout: time, maxRetryAfter: time }
  return members(checks)(value, path, context)
}
const signalCheck: Check = (value, path) =>
  value === undefined || (isObject(value) && typeof value['throwIfAborted'] === 'function')
    ? undefined
    : refuse(path, value, 'an AbortSignal')

/** The last argument of every call, and what else a method takes there. */
export function options(also: Readonly<Record<string, Check>> = {}): Check {
  const known = { signal: signalCheck, timeout: optional(milliseconds), retry, ...also }
  const names = Object.keys(known)
  const check = members(known)
  return (value, path, context) => {
    if (value === undefined) return undefined
    if (!isObject(value) || Array.isArray(value)) return refuse(path, value, 'an object of options')
    for (const name of Object.keys(value)) {
      // A limit that is misspelt is no limit, and nobody would notice.
      const near = Object.hasOwn(known, name) || name.startsWith('ex_') ? undefined : meant(name, names)
      if (near !== undefined) return refuse(`${path}.${name}`, value[name], `written '${near}'`)
    }
    return check(value, path, context)
  }
}

/** How a refused value is shown: short, and never whole when it may be a secret. */
export function show(value: unknown, path = ''): string {
  if (
    /(key|secret|password|passphrase|token|material|private|proxy)\w*$|^argument \d+$/i.test(path) &&
    typeof value !== 'undefined' &&
    value !== null
  ) {
    return `a ${Array.isArray(value) ? 'list' : typeof value} that is not shown`
  }
  if (typeof value === 'string') {
    return value.length > 60 ? `a string of ${value.length} characters` : JSON.stringify(value)
  }
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (value instanceof Date) return 'an invalid Date'
  if (isObject(value)) return `an object with ${Object.keys(value).slice(0, 8).join(', ') || 'no members'}`
  return String(value)
}

/** The error of a refused argument. */
export function invalidArgument(complaint: Complaint, provider?: string, operation?: string): InvalidRequestError {
  const { path, value, allowed } = complaint
  const shown = typeof value === 'string' && value.startsWith('a resource of') ? value : show(value, path)
  const of = operation ? `${operation}: ` : ''
  return new InvalidRequestError(`${of}'${path}' must be ${allowed}, not ${shown}`, {
    provider,
    operation,
    argument: path,
    allowed,
  })
}
