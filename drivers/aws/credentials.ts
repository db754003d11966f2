import { InvalidCredentialsError } from '../../lib/errors.js'
import type { AwsConnection, AwsOptions } from './connection.js'
import { regionOfProfile } from './credentials.files.js'
import type { AwsCredentials } from './signature.js'

/** Where credentials come from: asked before every request, so it must keep what it has until it ends. */
export interface CredentialProvider {
  /** What is known now, without waiting; `undefined` when it must be fetched. */
  current(): AwsCredentials | undefined
  /** Fetches credentials, once for any number of calls at the same time. */
  fetch(): Promise<AwsCredentials>
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
  return new RenewedCredentials(lookUp, () => connection.now().getTime())
}

/** Milliseconds before their end in which new credentials are fetched while the old ones are used. */
const ADVISORY = 15 * 60_000
/** Milliseconds before their end in which calls wait for new ones. */
const MANDATORY = 5 * 60_000
/** Milliseconds between two attempts while the old ones are good. */
const PAUSE = 30_000

/** Credentials that end, and are renewed before. */
export class RenewedCredentials implements CredentialProvider {
  readonly #lookUp: () => Promise<AwsCredentials>
  readonly #now: () => number
  #known: AwsCredentials | undefined
  #pending: Promise<AwsCredentials> | undefined
  /** Milliseconds that they were good for when they came. */
  #life = 0
  /** When renewing may be tried again. */
  #pausedUntil = 0

  constructor(lookUp: () => Promise<AwsCredentials>, now: () => number) {
    this.#lookUp = lookUp
    this.#now = now
  }

  current(): AwsCredentials | undefined {
    const known = this.#known
    if (known?.expiration === undefined) return known
    const now = this.#now()
    const left = known.expiration.getTime() - now
    // Those that live a quarter of an hour only are not renewed all the time.
    if (left > Math.min(ADVISORY, this.#life / 4)) return known
    if (now < this.#pausedUntil) return left > 0 || this.#life <= 0 ? known : undefined
    if (left <= Math.min(MANDATORY, this.#life / 12)) return undefined
    this.fetch().catch(() => {}) // a call that has to wait will hear of it
    return known
  }

  fetch(): Promise<AwsCredentials> {
    this.#pending ??= this.#renewed().finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  renew(refused: AwsCredentials): boolean {
    if (this.#known === refused) this.#known = undefined
    return true
  }

  async #renewed(): Promise<AwsCredentials> {
    try {
      const found = await this.#lookUp()
      const now = this.#now()
      this.#known = found
      this.#life = (found.expiration?.getTime() ?? now) - now
      // A metadata service in trouble gives old ones, which other services may take all the same.
      this.#pausedUntil = this.#life > 0 ? 0 : now + ADVISORY / 3
      return found
    } catch (error) {
      const known = this.#known
      this.#pausedUntil = this.#now() + PAUSE
      if (known?.expiration !== undefined && known.expiration.getTime() > this.#now()) return known
      throw error
    }
  }
}
