import { InvalidRequestError, NotFoundError } from '../../lib/errors.js'
import type { LXDCallOptions, LXDName } from './types.js'

/** Refuses an argument, before anything is asked. */
export function refuse(provider: string, argument: string, value: unknown, allowed: string): InvalidRequestError {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : typeof value
  return new InvalidRequestError(`'${argument}' must be ${allowed}, not ${shown}`, { provider, argument, allowed })
}

const INSTANCE = /^(?!\d+$)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/
const INSTANCE_ALLOWED =
  'a host name: 1 to 63 letters, digits and hyphens, not only digits, without a hyphen at either end'
const PLAIN = /^[^\s/\\'"<>*?&|%#:\p{C}]{1,190}$/u
const PLAIN_ALLOWED =
  "a name without spaces, slashes, quotes, and the characters < > * ? & | % # : that is not '.' or '..'"

/** The name of what is given by its name, or as itself. */
export function nameOf(provider: string, value: LXDName, argument: string): string {
  const name = typeof value === 'string' ? value : (value as { id?: unknown } | undefined)?.id
  if (typeof name === 'string' && PLAIN.test(name) && name !== '.' && name !== '..') return name
  throw refuse(provider, argument, name, PLAIN_ALLOWED)
}

/** The name of an instance, checked as the daemon does. */
export function instanceName(provider: string, name: unknown, argument = 'name'): string {
  if (typeof name === 'string' && INSTANCE.test(name)) return name
  throw refuse(provider, argument, name, INSTANCE_ALLOWED)
}

/** An instance's name and options that name its project: its id says `project/name` where that is not the driver's. */
export function instanceOf<O extends LXDCallOptions>(
  provider: string,
  value: LXDName,
  options: O | undefined,
  argument = 'instance',
): [name: string, options: O] {
  const id = typeof value === 'string' ? value : (value as { id?: unknown } | undefined)?.id
  if (typeof id !== 'string') throw refuse(provider, argument, id, `${INSTANCE_ALLOWED}; or an object with such an id`)
  const slash = id.indexOf('/')
  const name = instanceName(provider, slash < 0 ? id : id.slice(slash + 1), argument)
  if (slash < 0) return [name, options as O]
  return [name, { ...options, ex_project: nameOf(provider, id.slice(0, slash), argument) } as O]
}

/** A path inside an instance: absolute, and one that stays inside. */
export function instancePath(provider: string, value: unknown, argument = 'path'): string {
  const good = typeof value === 'string' && value.startsWith('/') && !value.includes('\0') && value.isWellFormed()
  if (good && !value.split('/').includes('..')) return value
  throw refuse(provider, argument, value, "an absolute path without '..' and NUL")
}

const KEY = /^[a-zA-Z0-9._/-]+$/

/** Keys of configuration, and devices, as the daemon takes them. */
export function checkConfig(
  provider: string,
  config: Readonly<Record<string, unknown>> | undefined,
  argument: string,
): void {
  for (const [key, value] of Object.entries(config ?? {})) {
    if (!KEY.test(key)) throw refuse(provider, argument, key, 'keyed by letters, digits, dots, hyphens and slashes')
    if (typeof value !== 'string') throw refuse(provider, `${argument}.${key}`, value, 'a string, as all values are')
  }
}

/** Devices by name, each with its type. */
export function checkDevices(
  provider: string,
  devices: Readonly<Record<string, unknown>> | undefined,
  argument: string,
): void {
  for (const [name, device] of Object.entries(devices ?? {})) {
    if (name === '' || name.length > 64 || /[\s/\p{C}]/u.test(name) || name.startsWith('.'))
      throw refuse(provider, argument, name, 'keyed by names of 1 to 64 characters without spaces and slashes')
    if (typeof device !== 'object' || device === null)
      throw refuse(provider, `${argument}.${name}`, device, "an object: { type: 'disk', … }")
    checkConfig(provider, device as Record<string, unknown>, `${argument}.${name}`)
  }
}

/** Whether what is looked for is there. */
export async function exists(search: Promise<unknown>): Promise<boolean> {
  return search.then(
    () => true,
    error => {
      if (error instanceof NotFoundError) return false
      throw error
    },
  )
}
