// Where tokens come from: loaded when the first one is needed.
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { optionsOf } from '../../lib/credentials.js'
import { InvalidCredentialsError } from '../../lib/errors.js'
import { readJson } from '../../lib/http/message.js'
import type { CallOptions } from '../../lib/options.js'
import type { GoogleConnection } from './connection.js'
import { at, exchange, impersonate, privateKeyOf, signature, signedJwt, unusable } from './credentials.exchange.js'
import type { Signer, TokenSource } from './credentials.js'
import type { GoogleOptions } from './options.js'

const TOKEN_URI = 'https://oauth2.googleapis.com/token'

/** What the files of credentials hold. https://google.aip.dev/auth/4110 */
export interface RawCredentials {
  readonly type?: string
  readonly project_id?: string
  readonly quota_project_id?: string
  readonly client_email?: string
  readonly private_key?: string
  readonly private_key_id?: string
  readonly token_uri?: string
  readonly client_id?: string
  readonly client_secret?: string
  readonly refresh_token?: string
  readonly source_credentials?: RawCredentials
  readonly service_account_impersonation_url?: string
  readonly service_account_impersonation?: { readonly token_lifetime_seconds?: number }
  readonly delegates?: readonly string[]
  readonly audience?: string
  readonly subject_token_type?: string
  readonly token_url?: string
  readonly workforce_pool_user_project?: string
  readonly credential_source?: RawCredentialSource
}
/** Where the token of another issuer comes from. */
export interface RawCredentialSource {
  readonly file?: string
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly format?: { readonly type?: 'text' | 'json'; readonly subject_token_field_name?: string }
  readonly environment_id?: string
  readonly region_url?: string
  readonly regional_cred_verification_url?: string
  readonly imdsv2_session_token_url?: string
  readonly executable?: {
    readonly command?: string
    readonly timeout_millis?: number
    readonly output_file?: string
  }
}

/** The options' credentials, else those of the usual places. @throws InvalidCredentialsError telling where there are none */
export async function findSource(connection: GoogleConnection, options: CallOptions): Promise<TokenSource> {
  const { key, secret, accessToken } = optionsOf<GoogleOptions>(connection)
  if (accessToken) return givenToken()
  if (key && secret) return serviceAccount(connection, { client_email: key, private_key: secret })
  if (secret) throw unusable(connection, "'secret' is given without the service account's address as 'key'")
  if (key?.startsWith('{')) return sourceOf(connection, parsed(connection, key, "the text in 'key'"))
  if (key) return sourceOf(connection, await readKeyFile(connection, key))
  const file = wellKnownFile(process.env)
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text !== undefined) return sourceOf(connection, parsed(connection, text, file))
  const { metadataSource } = await import('./credentials.metadata.js')
  const source = await metadataSource(connection, options)
  if (source) return source
  const { provider } = connection
  const places = `'key' is not given, the environment has no GOOGLE_APPLICATION_CREDENTIALS, there is no ${file}, and no metadata server answers.`
  throw new InvalidCredentialsError(`No credentials for '${provider}': ${places}`, { provider })
}

function givenToken(): TokenSource {
  return {
    fetch: () => Promise.reject(new Error('a token that was given is not renewed')),
    project: async () => undefined,
  }
}

/** What gcloud keeps. https://cloud.google.com/docs/authentication/application-default-credentials#personal */
export function wellKnownFile(env: Readonly<Record<string, string | undefined>>): string {
  const windows = process.platform === 'win32' && env['APPDATA']
  const folder = env['CLOUDSDK_CONFIG'] || (windows ? join(windows, 'gcloud') : join(homedir(), '.config/gcloud'))
  return join(folder, 'application_default_credentials.json')
}

async function readKeyFile(connection: GoogleConnection, file: string): Promise<RawCredentials> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if (/^[^/\\\s]+@[^/\\\s]+$/.test(file))
      throw unusable(connection, "'key' is a service account's address, and 'secret', its private key, is not given")
    const { code } = cause as NodeJS.ErrnoException
    throw unusable(connection, `the file that 'key' or GOOGLE_APPLICATION_CREDENTIALS names cannot be read (${code})`)
  }
  return parsed(connection, text, "the file that 'key' or GOOGLE_APPLICATION_CREDENTIALS names")
}

function parsed(connection: GoogleConnection, text: string, where: string): RawCredentials {
  try {
    const raw: unknown = JSON.parse(text)
    if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return raw
  } catch {
    // The parser's error quotes what it read.
  }
  throw unusable(connection, `${where} is not JSON of credentials`)
}

/** Whatever kind of credentials it is. */
export async function sourceOf(connection: GoogleConnection, raw: RawCredentials): Promise<TokenSource> {
  switch (raw.type) {
    case 'service_account':
      return serviceAccount(connection, raw)
    case 'authorized_user':
      return authorizedUser(connection, raw)
    case 'impersonated_service_account':
      return impersonated(connection, raw)
    case 'external_account': {
      const { externalAccount } = await import('./credentials.external.js')
      return externalAccount(connection, raw)
    }
    default: {
      const known = 'service_account, authorized_user, impersonated_service_account or external_account'
      throw unusable(connection, `the type of the credentials must be ${known}, not '${String(raw.type).slice(0, 60)}'`)
    }
  }
}

/** @throws InvalidCredentialsError naming the member that is missing */
export function need(connection: GoogleConnection, raw: RawCredentials, member: keyof RawCredentials): string {
  const value = raw[member]
  if (typeof value === 'string' && value !== '') return value
  throw unusable(connection, `the credentials have no ${member}`)
}

/** https://developers.google.com/identity/protocols/oauth2/service-account#httprest */
function serviceAccount(connection: GoogleConnection, raw: RawCredentials): TokenSource {
  const email = need(connection, raw, 'client_email')
  const key = privateKeyOf(connection, need(connection, raw, 'private_key'))
  const audience = raw.token_uri ?? TOKEN_URI
  const { subject: sub } = optionsOf<GoogleOptions>(connection)
  const signer: Signer = { email, sign: text => signature(key, text) }
  return {
    quotaProject: raw.quota_project_id,
    project: async () => raw.project_id,
    signer: async () => signer,
    fetch(options) {
      const iat = Math.floor(Date.now() / 1000)
      const claims = { iss: email, sub, aud: audience, scope: connection.scopes.join(' '), iat, exp: iat + 3600 }
      const assertion = signedJwt(claims, key, raw.private_key_id)
      connection.conceal(assertion)
      const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
      return exchange(connection, audience, form, options)
    },
  }
}

/** What `gcloud auth application-default login` writes. https://google.aip.dev/auth/4113 */
function authorizedUser(connection: GoogleConnection, raw: RawCredentials): TokenSource {
  const form = {
    grant_type: 'refresh_token',
    client_id: need(connection, raw, 'client_id'),
    client_secret: need(connection, raw, 'client_secret'),
    refresh_token: need(connection, raw, 'refresh_token'),
  }
  for (const secret of [form.client_secret, form.refresh_token]) connection.conceal(secret)
  return {
    quotaProject: raw.quota_project_id,
    project: async () => raw.project_id ?? raw.quota_project_id,
    fetch: options => exchange(connection, raw.token_uri ?? TOKEN_URI, form, options),
  }
}

/** A service account in whose name another acts. https://google.aip.dev/auth/4118 */
async function impersonated(connection: GoogleConnection, raw: RawCredentials): Promise<TokenSource> {
  const address = need(connection, raw, 'service_account_impersonation_url')
  const source = await sourceOf(connection, raw.source_credentials ?? {})
  const fetch: TokenSource['fetch'] = async options => {
    const { value: token } = await source.fetch(options)
    return impersonate(connection, address, { token, scopes: connection.scopes, delegates: raw.delegates }, options)
  }
  const email = emailOf(address)
  return {
    quotaProject: raw.quota_project_id,
    project: async options => (await source.project(options)) ?? /@(.+)\.iam\.gserviceaccount\.com$/.exec(email)?.[1],
    fetch,
    signer: async () => ({ email, sign: text => signBlob(connection, email, text, connection.credentials.token({})) }),
  }
}

/** The account that an address of impersonation names. */
export function emailOf(address: string): string {
  return decodeURIComponent(/\/serviceAccounts\/([^/:]+)/.exec(address)?.[1] ?? '')
}

/** Signs by Google's hand. https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signBlob */
export async function signBlob(
  connection: GoogleConnection,
  email: string,
  text: string,
  token: Promise<string>,
  options: CallOptions = {},
): Promise<Buffer> {
  const address = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:signBlob`
  const spec = {
    ...at(address, connection),
    method: 'POST',
    headers: { authorization: `Bearer ${await token}` },
    json: { payload: Buffer.from(text).toString('base64') },
    unsigned: true,
    idempotent: true,
    read: readJson,
  } as const
  const { body } = await connection.request(spec, options)
  const { signedBlob } = (body ?? {}) as { signedBlob?: string }
  if (!signedBlob) throw unusable(connection, `nothing was signed in the name of ${email}`)
  return Buffer.from(signedBlob, 'base64')
}
