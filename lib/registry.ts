import { InvalidRequestError, NotSupportedError } from './errors.js'
import type { ApiName } from './meta.js'
import { distance } from './near.js'
import type { DriverOptions } from './options.js'

/** Why a provider that is known has no driver. */
export interface Unavailable {
  readonly status: 'closed' | 'renamed' | 'planned'
  readonly name: string
  /** When it closed or was renamed. */
  readonly year?: number | undefined
  /** What replaced it, or what it is called now. */
  readonly note?: string | undefined
}

type Loader = () => Promise<unknown>

/** One API's drivers by provider. */
export interface Registry {
  get(provider: string): Promise<unknown>
  set(provider: string, load: Loader): void
}

/** Nothing is loaded until it is asked for. */
export function createRegistry(
  api: ApiName,
  loaders: Readonly<Record<string, Loader>>,
  unavailable: Readonly<Record<string, Unavailable>>,
): Registry {
  const known = new Map<string, Loader>(Object.entries(loaders))
  return {
    async get(provider) {
      const load = known.get(provider)
      if (load) return load()
      if (typeof provider === 'string' && Object.hasOwn(unavailable, provider)) {
        throw new NotSupportedError(explain(provider, unavailable[provider] as Unavailable, api), { provider })
      }
      throw new InvalidRequestError(unknownProvider(provider, api, [...known.keys(), ...Object.keys(unavailable)]), {
        argument: 'provider',
        allowed: 'a provider constant, or a name given to setDriver',
      })
    },
    set(provider, load) {
      if (typeof provider !== 'string' || !/^[\w.-]{1,64}$/.test(provider)) {
        const allowed = '1 to 64 letters, digits, dots, hyphens and underscores'
        throw new InvalidRequestError(`'provider' must be ${allowed}`, { argument: 'provider', allowed })
      }
      if (typeof load !== 'function') {
        const allowed = "a function that loads the class: () => import('…').then(m => m.MyDriver)"
        throw new InvalidRequestError(`'load' must be ${allowed}`, { argument: 'load', allowed })
      }
      if (known.has(provider) || Object.hasOwn(unavailable, provider)) {
        const message = `'${provider}' is already a ${api} provider; choose another name`
        throw new InvalidRequestError(message, { provider, argument: 'provider', allowed: 'a name that is not taken' })
      }
      known.set(provider, load)
    },
  }
}

function explain(provider: string, { status, name, year, note }: Unavailable, api: ApiName): string {
  const when = year === undefined ? '' : ` in ${year}`
  const what = note === undefined ? '' : `: ${note}`
  if (status === 'planned') return `The ${api} driver for '${provider}' (${name}) is still to be written${what}`
  return status === 'closed'
    ? `'${provider}' (${name}) was closed${when}${what}`
    : `'${provider}' (${name}) was renamed${when}${what}`
}

function unknownProvider(provider: unknown, api: ApiName, names: readonly string[]): string {
  if (typeof provider !== 'string') return `'provider' must be a ${api} provider's name, not ${typeof provider}`
  const shown = provider.length > 64 ? `${provider.slice(0, 64)}…` : provider
  const wanted = normal(shown)
  const far = (name: string): number => distance(normal(name), wanted)
  const most = names.some(name => far(name) === 0) ? 0 : Math.max(1, Math.floor(wanted.length / 3))
  const near = names
    .filter(name => wanted !== '' && far(name) <= most)
    .sort((one, other) => far(one) - far(other)) // stable: of the equally near ones, those with a driver come first
    .slice(0, 3)
  const hint = near.length > 0 ? ` Did you mean ${near.map(name => `'${name}'`).join(' or ')}?` : ''
  return `No ${api} provider is called ${JSON.stringify(shown)}.${hint}`
}

const normal = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

const presets = new Map<string, unknown>()

/** A regional alias: the class with its region given. A subclass, so statics and `instanceof` hold; one for each alias. */
export function preset<C extends new (options: never) => object>(
  driverClass: C,
  api: ApiName,
  alias: string,
  region: string,
): C {
  const Base = driverClass as unknown as new (options: DriverOptions) => object // a mixin's base takes anything
  const key = `${api}:${alias}`
  const existing = presets.get(key)
  if (existing) return existing as C
  process.emitWarning(`The provider '${alias}' is deprecated: use the driver's own provider with region '${region}'`, {
    type: 'DeprecationWarning',
    code: `LIBCLOUD_${alias.toUpperCase()}`,
  })
  const Preset = class extends Base {
    constructor(options: DriverOptions = {}) {
      super({ ...options, region: options.region ?? region })
    }
  }
  presets.set(key, Object.defineProperty(Preset, 'name', { value: driverClass.name, configurable: true }))
  return Preset as unknown as C
}
