import { InvalidRequestError } from '../../lib/errors.js'
import type { DriverOptions } from '../../lib/options.js'

/**
 * How a driver of Google's is made. Where no credentials are given, the usual places are read, in the order of Google's
 * own libraries: the file that `GOOGLE_APPLICATION_CREDENTIALS` names, gcloud's, and the metadata server.
 *
 * @see https://cloud.google.com/docs/authentication/application-default-credentials
 */
export interface GoogleOptions extends DriverOptions {
  /**
   * A JSON file of credentials, by its path or as its text: a service account's key, what `gcloud auth
   * application-default login` has written, or a configuration of workload identity federation. Or a service
   * account's e-mail address; then `secret` is its private key.
   */
  key?: string | undefined
  /** The private key in PEM, where `key` is a service account's e-mail address. */
  secret?: string | undefined
  /** A token that is used as it is, before everything else; nothing renews it. */
  accessToken?: string | undefined
  /** The project's id. @defaultValue the one that the credentials, or the metadata server, tell */
  project?: string | undefined
  /** The zone that is meant where none is said, such as `'europe-west3-a'`. */
  zone?: string | undefined
  /** The region that is meant where none is said. @defaultValue the zone's */
  region?: string | undefined
  /** The project that requests are counted for. @defaultValue the one that the credentials tell */
  quotaProject?: string | undefined
  /** The user for whom a service account acts, where the domain lets it. */
  subject?: string | undefined
  /** What a token may be used for. @defaultValue `['https://www.googleapis.com/auth/cloud-platform']` */
  scopes?: readonly string[] | undefined
}

/** Everything that the signed-in may do. */
export const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform'

const PROJECT =
  /^(?:(?:[-a-z0-9]{1,63}\.)*[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?:)?(?:[0-9]{1,19}|[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)$/
const PLACE = /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/
const FORMS: Readonly<Record<string, readonly [RegExp, string]>> = {
  project: [PROJECT, "a project's id or number, such as 'my-project-123'"],
  quotaProject: [PROJECT, "a project's id or number, such as 'my-project-123'"],
  zone: [PLACE, "a zone's name, such as 'europe-west3-a'"],
  region: [PLACE, "a region's name, such as 'europe-west3'"],
}

/**
 * Options in which what is given by hand does not mix with what the environment has, and whose secrets stand in one line.
 * @throws InvalidRequestError for a project, zone or region that cannot be one.
 */
export function googleOptions<O extends GoogleOptions>(options: O, provider: string): O {
  if (typeof options !== 'object' || options === null) return options
  const { key, secret, accessToken, zone, region, scopes } = options
  checkForms(options, provider)
  if (scopes !== undefined && (!Array.isArray(scopes) || !scopes.every(each => /^[!-~]+$/.test(String(each))))) {
    throw refused(provider, 'scopes', "an array of scopes, such as 'https://www.googleapis.com/auth/compute'")
  }
  const given: O = { ...options }
  // A key of one's own is not to be outdone by a token that happens to be in the environment.
  if (key !== undefined && accessToken === undefined) given.accessToken = ''
  if (accessToken !== undefined && key === undefined) given.key = ''
  if (typeof key === 'string') given.key = oneLine(key)
  if (typeof secret === 'string') given.secret = secret.trim().replace(/\r?\n/g, '\\n')
  if (region === undefined && typeof zone === 'string') given.region = regionOf(zone)
  return given
}

/** @throws InvalidRequestError for what the environment, or a file, has in place of a project, zone or region. */
export function checkForms(options: GoogleOptions, provider: string): void {
  for (const [name, [form, allowed]] of Object.entries(FORMS)) {
    const value = (options as Readonly<Record<string, unknown>>)[name]
    if (value !== undefined && value !== '' && !(typeof value === 'string' && form.test(value)))
      throw refused(provider, name, allowed)
  }
}

function refused(provider: string, argument: string, allowed: string): InvalidRequestError {
  return new InvalidRequestError(`'${argument}' must be ${allowed}`, { provider, argument, allowed })
}

/** JSON may be written over many lines. What is none is left to whoever reads it. */
function oneLine(key: string): string {
  if (!/^\s*\{/.test(key)) return key
  try {
    return JSON.stringify(JSON.parse(key))
  } catch {
    return key.replace(/\s+/g, ' ')
  }
}

/** `'europe-west3'`, of `'europe-west3-a'`. */
export function regionOf(zone: string): string {
  return zone.replace(/-[^-]*$/, '')
}
