// Workload identity federation: another issuer's token for one of Google's. https://google.aip.dev/auth/4117
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { CallOptions } from '../../lib/options.js'
import type { GoogleConnection } from './connection.js'
import { at, exchange, impersonate, secretText, unusable } from './credentials.exchange.js'
import type { TokenSource } from './credentials.js'
import { emailOf, need, type RawCredentialSource, type RawCredentials, signBlob } from './credentials.sources.js'
import { CLOUD_PLATFORM } from './options.js'

/** Credentials of another issuer, with or without a service account in whose name they act. */
export function externalAccount(connection: GoogleConnection, raw: RawCredentials): TokenSource {
  const audience = need(connection, raw, 'audience')
  const kind = need(connection, raw, 'subject_token_type')
  const address = need(connection, raw, 'token_url')
  const account = raw.service_account_impersonation_url
  const exchanged = async (options: CallOptions) => {
    const subject = await subjectToken(connection, raw.credential_source ?? {}, audience, options)
    connection.conceal(subject)
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience,
      scope: account === undefined ? connection.scopes.join(' ') : CLOUD_PLATFORM,
      subject_token_type: kind,
      subject_token: subject,
      options: raw.workforce_pool_user_project && JSON.stringify({ userProject: raw.workforce_pool_user_project }),
    }
    return exchange(connection, address, form, options)
  }
  const about = { quotaProject: raw.quota_project_id, project: async () => raw.project_id ?? raw.quota_project_id }
  if (account === undefined) return { ...about, fetch: exchanged }
  const email = emailOf(account)
  return {
    ...about,
    async fetch(options) {
      const { value: token } = await exchanged(options)
      const lifetime = raw.service_account_impersonation?.token_lifetime_seconds
      return impersonate(connection, account, { token, scopes: connection.scopes, lifetime }, options)
    },
    signer: async options => ({
      email,
      sign: text => signBlob(connection, email, text, connection.credentials.token(options), options),
    }),
  }
}

async function subjectToken(
  connection: GoogleConnection,
  source: RawCredentialSource,
  audience: string,
  options: CallOptions,
): Promise<string> {
  if (source.environment_id?.startsWith('aws')) {
    const { awsSubjectToken } = await import('./credentials.external.aws.js')
    return awsSubjectToken(connection, source, audience, options)
  }
  if (source.file !== undefined) return fromText(connection, source, await fileText(connection, source.file))
  if (source.url !== undefined) {
    const spec = { ...at(source.url, connection), headers: source.headers, unsigned: true } as const
    return fromText(connection, source, await secretText(connection, spec, options))
  }
  if (source.executable !== undefined) return fromExecutable(connection, source.executable)
  throw unusable(connection, 'credential_source has none of file, url, environment_id and executable')
}

/** It is written anew now and then, so it is read each time. */
async function fileText(connection: GoogleConnection, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw unusable(connection, `credential_source.file cannot be read (${(cause as NodeJS.ErrnoException).code})`)
  }
}

function fromText(connection: GoogleConnection, { format }: RawCredentialSource, text: string): string {
  let token: unknown = text.trim()
  if (format?.type === 'json') {
    try {
      token = (JSON.parse(text) as Record<string, unknown>)[format.subject_token_field_name ?? '']
    } catch {
      token = undefined
    }
  }
  if (typeof token === 'string' && token !== '') return token
  throw unusable(connection, 'credential_source gives no token')
}

interface RawExecutable {
  readonly version?: number
  readonly success?: boolean
  readonly id_token?: string
  readonly saml_response?: string
  readonly expiration_time?: number
  readonly code?: string
  readonly message?: string
}

/** A program that gives the token. No shell reads its command; quotes keep words together. */
async function fromExecutable(
  connection: GoogleConnection,
  {
    command = '',
    timeout_millis: timeout = 30_000,
    output_file: cache,
  }: NonNullable<RawCredentialSource['executable']>,
): Promise<string> {
  if (process.env['GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES'] !== '1')
    throw unusable(connection, 'a program may give tokens only where GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES is 1')
  const kept = cache === undefined ? undefined : await readFile(cache, 'utf8').catch(() => undefined)
  const known = kept === undefined ? undefined : parsedReply(kept)
  if (known?.success && (known.expiration_time ?? 0) * 1000 > Date.now()) return tokenOf(connection, known)
  const words = [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')
  const [file = '', ...args] = words
  const { stdout } = await promisify(execFile)(file, args, { timeout, windowsHide: true }).catch(({ code }) => {
    throw unusable(connection, `the program that gives tokens has failed (${code})`)
  })
  return tokenOf(connection, parsedReply(stdout) ?? {})
}

function parsedReply(text: string): RawExecutable | undefined {
  try {
    return JSON.parse(text) as RawExecutable
  } catch {
    return undefined
  }
}

function tokenOf(connection: GoogleConnection, reply: RawExecutable): string {
  const token = reply.id_token ?? reply.saml_response
  if (reply.success && token) return token
  throw unusable(connection, `the program that gives tokens says: ${reply.code ?? ''} ${reply.message ?? 'nothing'}`)
}
