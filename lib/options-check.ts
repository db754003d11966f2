import * as check from './check.js'
import type { CredentialSource } from './credentials.js'
import { meant } from './near.js'
import type { DriverOptions } from './options.js'

type Given = Readonly<Record<string, unknown>>
const context: check.CheckContext = { provider: '' }

const host: check.Check = (value, path) =>
  typeof value === 'string' && /^(\[[0-9a-fA-F:.]+\]|[\w-]+(\.[\w-]+)*\.?)$/.test(value)
    ? undefined
    : { path, value, allowed: 'a host name or address, without scheme, port or path' }

const userAgent: check.Check = (value, path) =>
  typeof value === 'string' && /^[\x20-\x7e]+$/.test(value)
    ? undefined
    : { path, value, allowed: 'a string of printable ASCII characters' }

const proxy: check.Check = (value, path) => {
  if (value === false) return undefined
  const good = typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
  const allowed =
    'http://host:port or https://host:port, with user:password@ before the host where needed; or false for none'
  return good ? undefined : { path, value, allowed }
}

const pem: check.Check = (value, path) => {
  const good =
    value instanceof Uint8Array ? value.length > 0 : typeof value === 'string' && value.includes('-----BEGIN ')
  return good ? undefined : { path, value, allowed: 'PEM (the text, not the path of its file), as a string or bytes' }
}
const authorities: check.Check = (value, path) =>
  Array.isArray(value) ? check.listOf(pem, 1)(value, path, context) : pem(value, path, context)

const fingerprint: check.Check = (value, path) =>
  typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value.replaceAll(':', ''))
    ? undefined
    : { path, value, allowed: 'the SHA-256 of a certificate: 64 hexadecimal digits' }

const dispatcher: check.Check = (value, path) =>
  typeof (value as { dispatch?: unknown } | null)?.dispatch === 'function'
    ? undefined
    : { path, value, allowed: 'a Dispatcher of undici' }

const pacing: check.Check = (value, path) => {
  if (value === false) return undefined
  const { requests, period, burst } = (value ?? {}) as Given
  const positive = (each: unknown): boolean => typeof each === 'number' && each > 0 && Number.isFinite(each)
  const good =
    positive(requests) && positive(period) && (burst === undefined || (positive(burst) && Number(burst) >= 1))
  return good ? undefined : { path, value, allowed: 'false, or { requests, period, burst? } with numbers above 0' }
}

const CHECKS: { readonly [O in keyof Required<DriverOptions>]: check.Check } = {
  host,
  port: check.integer(1, 65_535),
  secure: check.flag,
  apiVersion: check.name,
  dispatcher,
  timeout: check.milliseconds,
  attemptTimeout: check.milliseconds,
  retry: check.retry,
  pacing,
  maxResponseBytes: check.integer(1),
  userAgent,
  proxy,
  ca: authorities,
  clientCert: pem,
  clientKey: pem,
  clientKeyPassphrase: check.text,
  verifyTls: check.flag,
  serverFingerprint: fingerprint,
  socketPath: check.filePath,
  region: check.name,
  // What a key must be is the vendor's: resolveOptions checks those that it has.
  key: () => undefined,
  secret: () => undefined,
}

/** What is wrong with a constructor's options. Names that nobody knows are a vendor's own, unless they are slips. */
export function optionsComplaint(
  options: unknown,
  credentials: readonly CredentialSource[],
): check.Complaint | undefined {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    return { path: 'options', value: options, allowed: 'an object of options' }
  }
  const known = [...Object.keys(CHECKS), ...credentials.map(({ option }) => option)]
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (Object.hasOwn(CHECKS, name)) {
      const complaint = CHECKS[name as keyof DriverOptions](value, name, context)
      if (complaint) return complaint
    } else if (!known.includes(name)) {
      const near = meant(name, known)
      if (near !== undefined) return { path: name, value, allowed: `written '${near}'` }
    } else if (
      typeof value === 'string' &&
      credentials.some(({ option, secret }) => option === name && secret === false)
    ) {
      const complaint = check.line(value, name, context)
      if (complaint) return complaint
    }
  }
  return undefined
}
