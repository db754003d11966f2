import { InvalidCredentialsError } from '../../lib/errors.js'
import type { LXDConnection } from '../lxd/connection.js'
import { refuse } from '../lxd/names.js'
import type { LXDCallOptions } from '../lxd/types.js'

/** Who may do something. */
export interface IncusAccess {
  /** A certificate's fingerprint, or a user's name. */
  readonly identifier: string
  /** `'admin'`, `'operator'`, `'view'` … */
  readonly role: string
  /** `'tls'`, `'oidc'`, `'unix'`. */
  readonly provider: string
}

/** Sends a token; what is none is not sent. */
export async function authenticate(connection: LXDConnection, token: string, options?: LXDCallOptions): Promise<void> {
  connection.conceal(token)
  const isToken = /^[A-Za-z0-9+/]{40,}={0,2}$/.test(token)
  if (!isToken) throw refuse(connection.provider, 'token', {}, 'a token in Base64: Incus knows no password')
  const json = { type: 'client', trust_token: token }
  const errors = { 403: InvalidCredentialsError }
  await connection.change({ method: 'POST', path: '/1.0/certificates', json, errors }, options)
}

/** Who may do what with something. */
export async function readAccess(
  connection: LXDConnection,
  at: string,
  options?: LXDCallOptions,
): Promise<readonly IncusAccess[]> {
  return (await connection.get<readonly IncusAccess[] | undefined>(at, options)) ?? []
}
