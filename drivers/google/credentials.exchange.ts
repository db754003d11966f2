// Exchanges of what proves who one is for a token.
import { createPrivateKey, createSign, type KeyObject } from 'node:crypto'
import { InvalidCredentialsError } from '../../lib/errors.js'
import type { RequestSpec } from '../../lib/http/message.js'
import { readJson } from '../../lib/http/message.js'
import type { QueryValues } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import type { GoogleConnection } from './connection.js'
import type { GoogleToken } from './credentials.js'

interface RawToken {
  readonly access_token?: string
  readonly expires_in?: number
  readonly refresh_token?: string
}

/** Milliseconds that a token is good for when nobody says. */
const HOUR = 3_600_000

/** Asks an issuer for a token. https://datatracker.ietf.org/doc/html/rfc6749#section-5.1 */
export async function exchange(
  connection: GoogleConnection,
  address: string,
  form: QueryValues,
  options: CallOptions,
): Promise<GoogleToken> {
  const started = Date.now()
  const spec = { ...at(address, connection), method: 'POST', form, unsigned: true, idempotent: true } as const
  const { body } = await connection.request({ ...spec, read: readJson }, options)
  const { access_token: value, expires_in: seconds } = (body ?? {}) as RawToken
  if (!value) throw unusable(connection, `${new URL(address).host} answered without an access token`)
  connection.conceal(value)
  return { value, expiresAt: started + (seconds === undefined ? HOUR : seconds * 1000) }
}

/** An address as a request takes it. */
export function at(address: string, connection: GoogleConnection): { origin: string; path: string } {
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol))
    throw unusable(connection, 'an address in it is not one')
  const { origin, pathname, search } = new URL(address)
  return { origin, path: pathname + search }
}

/** Credentials that are of no use: what is wrong with them, and nothing of what they are. */
export function unusable(connection: GoogleConnection, problem: string, cause?: unknown): InvalidCredentialsError {
  const { provider } = connection
  const details = cause === undefined ? { provider } : { provider, cause }
  return new InvalidCredentialsError(`Bad credentials for '${provider}': ${problem}`, details)
}

/** A private key in PEM; line breaks may be written as `\n`. */
export function privateKeyOf(connection: GoogleConnection, pem: string): KeyObject {
  connection.conceal(pem)
  let key: KeyObject
  try {
    key = createPrivateKey(pem.replaceAll('\\n', '\n'))
  } catch {
    // Its own error may quote the key.
    throw unusable(connection, 'the private key is not one in PEM')
  }
  if (key.asymmetricKeyType !== 'rsa') throw unusable(connection, 'the private key is not one of RSA')
  return key
}

/** The RSA signature of a text with SHA-256. */
export function signature(key: KeyObject, text: string): Buffer {
  return createSign('RSA-SHA256').update(text).sign(key)
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A signed statement: https://datatracker.ietf.org/doc/html/rfc7519 */
export function signedJwt(claims: object, key: KeyObject, keyId: string | undefined): string {
  const text = `${part({ alg: 'RS256', typ: 'JWT', kid: keyId })}.${part(claims)}`
  return `${text}.${signature(key, text).toString('base64url')}`
}

/** A token in the name of a service account, for one who may have it. */
export async function impersonate(
  connection: GoogleConnection,
  address: string,
  { token, scopes, lifetime = 3600, delegates }: Impersonation,
  options: CallOptions,
): Promise<GoogleToken> {
  const spec = {
    ...at(address, connection),
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    json: { scope: scopes, lifetime: `${lifetime}s`, delegates },
    unsigned: true,
    idempotent: true,
    read: readJson,
  } as const
  const { body } = await connection.request(spec, options)
  const { accessToken, expireTime } = (body ?? {}) as { accessToken?: string; expireTime?: string }
  const expiresAt = Date.parse(expireTime ?? '')
  if (!accessToken || Number.isNaN(expiresAt))
    throw unusable(connection, 'the service account that was to be impersonated gave no token')
  connection.conceal(accessToken)
  return { value: accessToken, expiresAt }
}

/** Who impersonates, and how. */
export interface Impersonation {
  readonly token: string
  readonly scopes: readonly string[]
  /** Seconds. @defaultValue 3600 */
  readonly lifetime?: number | undefined
  readonly delegates?: readonly string[] | undefined
}

/** A reply that is a secret from its first letter to its last: unlike a parsed one, a streamed one is in no trace. */
export async function secretText(
  connection: GoogleConnection,
  spec: RequestSpec,
  options: CallOptions,
): Promise<string> {
  const { body } = await connection.stream(spec, options)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.byteLength
    if (size > 1_048_576) throw unusable(connection, 'a token has more than a MiB')
    chunks.push(Buffer.from(chunk))
  }
  const text = Buffer.concat(chunks).toString()
  connection.conceal(text.trim())
  return text
}
