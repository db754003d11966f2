import { InvalidCredentialsError } from '../../lib/errors.js'
import type { Connection } from '../../lib/http/connection.js'
import type { Lasting } from '../../lib/renewed.js'

/** Credentials that are of no use: what is wrong with them, and nothing of what they are. */
export function unusable({ provider }: Connection, problem: string): InvalidCredentialsError {
  return new InvalidCredentialsError(`Bad credentials for '${provider}': ${problem}`, { provider })
}

/** What the services that give tokens answer: the seconds that are left, or when it ends. */
export function tokenOf(connection: Connection, body: unknown, started: number): Lasting<string> {
  const raw = (body ?? {}) as { access_token?: unknown; expires_in?: number | string; expires_on?: number | string }
  const { access_token: value, expires_in: left, expires_on: end } = raw
  if (typeof value !== 'string' || value === '')
    throw unusable(connection, 'the answer to the request for a token has none')
  connection.conceal(value)
  const seconds = Number(left)
  const ends = Number(end) * 1000
  if (left !== undefined && Number.isFinite(seconds)) return { value, expiresAt: started + seconds * 1000 }
  return { value, expiresAt: end !== undefined && Number.isFinite(ends) ? ends : started + 3_600_000 }
}
