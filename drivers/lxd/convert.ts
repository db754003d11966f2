/** Members whose keys users choose, and whose values are the user's too. */
const VERBATIM = new Set([
  'config',
  'expandedConfig',
  'devices',
  'expandedDevices',
  'properties',
  'localconfig',
  'labels',
])
/** Members whose keys are names or paths; their values are the API's. */
const NAMED = new Set(['disk', 'network', 'templates', 'entities'])

const camel = (name: string): string => name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
const snake = (name: string): string => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/

/** A moment. 'Never' is the year 1, or the epoch. */
function moment(text: string): Date | undefined {
  const date = new Date(text)
  return Number.isNaN(date.getTime()) || date.getTime() <= 0 ? undefined : date
}

/**
 * What the API tells, under the names that this library uses: `created_at` becomes `createdAt`, and a Date. Keys that users
 * choose stay: of `config`, `devices` and `properties`, and the names of disks and network interfaces.
 */
export function fromRaw<T>(raw: unknown): T {
  return read(raw) as T
}

function read(raw: unknown, name = ''): unknown {
  if (raw === null) return undefined
  if (Array.isArray(raw)) return raw.map(each => read(each))
  if (typeof raw === 'string') return /(At|^expiry|^timestamp)$/.test(name) && MOMENT.test(raw) ? moment(raw) : raw
  if (!isObject(raw)) return raw
  if (NAMED.has(name)) return Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, read(value)]))
  return Object.fromEntries(
    Object.entries(raw).map(([key, value]) => {
      const own = camel(key)
      return [own, VERBATIM.has(own) && isObject(value) ? value : read(value, own)]
    }),
  )
}

/** The same back: what the caller gives, under the API's names. */
export function toRaw(value: unknown): unknown {
  return write(value)
}

function write(value: unknown, name = ''): unknown {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(each => write(each))
  if (!isObject(value) || VERBATIM.has(name)) return value
  if (NAMED.has(name)) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, write(each)]))
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [snake(key), write(each, key)]))
}
