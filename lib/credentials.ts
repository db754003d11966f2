import { InvalidCredentialsError } from './errors.js'
import type { DriverOptions } from './options.js'

/** Where one of a vendor's constructor options comes from when it is not given, in the order of look-up. */
export interface CredentialSource {
  /** The constructor option. */
  readonly option: string
  /** Environment variables, the first that is set. */
  readonly env?: readonly string[] | undefined
  /** The vendor's own file that holds it, for the error's text; its reader is the vendor's. */
  readonly file?: string | undefined
  /** Used when nothing else gives it. */
  readonly fallback?: string | undefined
  /** Without it no driver can be made. @defaultValue true */
  readonly required?: boolean | undefined
  /** Shown nowhere. @defaultValue true */
  readonly secret?: boolean | undefined
}

const stores = new WeakMap<object, DriverOptions>() // not `#private`: that would make two copies' types incompatible

/** Remembers the options of a driver or connection where nothing that prints can find them. */
export function keepOptions(holder: object, options: DriverOptions): void {
  stores.set(holder, options)
}

/** For connections only; no entry point exports it. */
export function optionsOf<O extends DriverOptions = DriverOptions>(holder: object): O {
  return (stores.get(holder) ?? {}) as O
}

/**
 * Fills absent options from the vendor's usual places.
 * @throws InvalidCredentialsError naming the option, and every variable and file that was looked for.
 */
export function resolveOptions<O extends DriverOptions>(
  options: O,
  sources: readonly CredentialSource[],
  provider: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): O {
  const resolved = { ...options } as unknown as Record<string, unknown>
  for (const source of sources) {
    const { option, required = true } = source
    if (resolved[option] === undefined) {
      const variable = source.env?.find(each => env[each])
      resolved[option] = variable === undefined ? source.fallback : env[variable]
    }
    // A secret read from a file often ends with a line break, which no header can carry.
    const value = typeof resolved[option] === 'string' ? resolved[option].replace(/\r?\n$/, '') : resolved[option]
    resolved[option] = value
    if (value === undefined || value === '') {
      if (!required) continue
      throw new InvalidCredentialsError(`No credentials for '${provider}': ${lookedFor(source)}`, { provider })
    }
    const isSecret = source.secret !== false
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    if (isSecret && (typeof value !== 'string' || /[\u0000-\u001f\u007f]/.test(value))) {
      const message = `Bad credentials for '${provider}': the option '${option}' must be a string without control characters`
      throw new InvalidCredentialsError(message, { provider })
    }
  }
  return resolved as unknown as O
}

function lookedFor({ option, env = [], file }: CredentialSource): string {
  const places = [`the option '${option}' is not given`]
  if (env.length > 0) places.push(`the environment has no ${env.join(' or ')}`)
  if (file) places.push(`${file} has none`)
  return `${places.join(', ')}.`
}

/** The values that must appear nowhere: of the options that the vendor calls secret. */
export function secretsIn(options: DriverOptions, sources: readonly CredentialSource[]): string[] {
  const values = options as unknown as Readonly<Record<string, unknown>>
  const found = sources.filter(source => source.secret !== false).map(source => values[source.option])
  found.push(options.clientKeyPassphrase, options.clientKey, ...proxyPassword(options.proxy))
  return found.filter((value): value is string => typeof value === 'string' && value.length >= 4)
}

/** As it was written, and as it is sent. */
function proxyPassword(proxy: unknown): string[] {
  if (typeof proxy !== 'string' || !URL.canParse(proxy)) return []
  const { password } = new URL(proxy)
  try {
    return [password, decodeURIComponent(password)]
  } catch {
    return [password]
  }
}
