import { InvalidCredentialsError } from '../../lib/errors.js'
import type { CallOptions } from '../../lib/options.js'
import { type Lasting, Renewed } from '../../lib/renewed.js'
import type { AwsConnection, AwsOptions } from './connection.js'
import { regionOfProfile } from './credentials.files.js'
import type { AwsCredentials } from './signature.js'

/** Where credentials come from: asked before every request, so it must keep what it has until it ends. */
export interface CredentialProvider {
  /** What is known now, without waiting; `undefined` when it must be fetched. */
  current(): AwsCredentials | undefined
  /** Fetches credentials, once for any number of calls at the same time. */
  fetch(options?: CallOptions): Promise<AwsCredentials>
  /** These were refused. True where others can be had. */
  renew(refused: AwsCredentials): boolean
}

/**
 * Options in which what is given by hand does not mix with what the environment has: a key of one's own goes without
 * the environment's session token, and a profile of one's own without its keys. A region that neither has is that of
 * the profile.
 * @throws InvalidCredentialsError when a key is empty: then nobody else's may take its place.
 */
export function awsOptions<O extends AwsOptions>(options: O, provider: string): O {
  if (typeof options !== 'object' || options === null) return options
  const { key, secret, sessionToken, profile, region } = options
  for (const [name, value] of Object.entries({ key, secret })) {
    if (value === '')
      throw new InvalidCredentialsError(`No credentials for '${provider}': '${name}' is empty`, { provider })
  }
  const given = { ...options }
  if (key !== undefined || secret !== undefined || profile !== undefined) {
    given.key = key ?? ''
    given.secret = secret ?? ''
    given.sessionToken = sessionToken ?? ''
  }
  const { env } = process
  if (region === undefined && !env['AWS_REGION'] && !env['AWS_DEFAULT_REGION']) {
    const found = regionOfProfile(typeof profile === 'string' ? profile : undefined, env)
    if (found !== undefined) given.region = found
  }
  return given
}

/** The credentials of the options, or else the usual places in the usual order. */
export function credentialProvider(
  { key, secret, sessionToken, profile }: AwsOptions,
  connection: AwsConnection,
): CredentialProvider {
  if (key && secret) {
    const credentials: AwsCredentials = { key, secret, sessionToken: sessionToken || undefined }
    return { current: () => credentials, fetch: async () => credentials, renew: () => false }
  }
  const { provider } = connection
  if (key || secret) {
    const missing = key ? 'secret' : 'key'
    const message = `No credentials for '${provider}': '${missing}' is missing beside '${key ? 'key' : 'secret'}'`
    throw new InvalidCredentialsError(message, { provider })
  }
  // Where a profile was given, the environment's key was kept out.
  const isGiven = Boolean(profile) && key === ''
  const lookUp = async (): Promise<AwsCredentials> => {
    const { findCredentials } = await import('./credentials.chain.js')
    return findCredentials({ connection, profile: profile || undefined, isGiven, env: process.env })
  }
  return new RenewedCredentials(lookUp, () => connection.now().getTime(), provider)
}

/** Milliseconds before their end in which new credentials are fetched while the old ones are used. */
const ADVISORY = 15 * 60_000
/** Milliseconds before their end in which calls wait for new ones. */
const MANDATORY = 5 * 60_000

/** Credentials that end, and are renewed before. */
export class RenewedCredentials implements CredentialProvider {
  readonly #held: Renewed<AwsCredentials>

  constructor(lookUp: () => Promise<AwsCredentials>, now: () => number, provider = 'aws') {
    const fetch = async (): Promise<Lasting<AwsCredentials>> => {
      const value = await lookUp()
      return { value, expiresAt: value.expiration?.getTime() }
    }
    this.#held = new Renewed({ provider, what: 'credentials', fetch, early: MANDATORY, ahead: ADVISORY, now })
  }

  current(): AwsCredentials | undefined {
    return this.#held.current()
  }
  fetch(options?: CallOptions): Promise<AwsCredentials> {
    return this.#held.get(options)
  }
  renew(refused: AwsCredentials): boolean {
    this.#held.refuse(refused)
    return true
  }
}
