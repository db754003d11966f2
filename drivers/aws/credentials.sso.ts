// Single sign-on: https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
import { createHash, randomUUID } from 'node:crypto'
import { readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readJson } from '../../lib/http/message.js'
import type { CredentialContext } from './credentials.chain.js'
import { type Env, homeFolder, type Section, type SharedFiles } from './credentials.files.js'
import { parseJson, toCredentials } from './credentials.process.js'
import { step } from './credentials.sts.js'
import { checkRegion, partitionOf } from './regions.js'
import type { AwsCredentials } from './signature.js'

/** What `aws sso login` leaves behind. */
interface CachedToken {
  readonly accessToken?: string
  readonly expiresAt?: string
  readonly refreshToken?: string
  readonly clientId?: string
  readonly clientSecret?: string
  readonly registrationExpiresAt?: string
}
interface RawRole {
  readonly roleCredentials?: {
    readonly accessKeyId?: string
    readonly secretAccessKey?: string
    readonly sessionToken?: string
    /** Milliseconds since 1970. */
    readonly expiration?: number
  }
}
interface RawToken {
  readonly accessToken?: string
  readonly refreshToken?: string
  /** Seconds. */
  readonly expiresIn?: number
}
/** What a profile says of it. */
interface SignOn {
  readonly account: string
  readonly role: string
  readonly region: string
  readonly file: string
  /** What a person has to run. */
  readonly login: string
}

/** The token is renewed this many milliseconds before its end. */
const EARLY = 5 * 60_000

/** The credentials of a role that single sign-on gives. */
export async function singleSignOn(
  context: CredentialContext,
  files: SharedFiles,
  name: string,
  profile: Section,
): Promise<AwsCredentials> {
  const { connection, env } = context
  const signOn = settings(context, files, name, profile)
  const token = await accessToken(context, signOn)
  connection.conceal(token)
  const spec = {
    origin: endpointOf('SSO', 'portal.sso', signOn.region, env),
    path: '/federation/credentials',
    query: { account_id: signOn.account, role_name: signOn.role },
    headers: { 'x-amz-sso_bearer_token': token },
    unsigned: true,
    read: readJson,
  } as const
  const { body } = await connection.request(spec, step('GetRoleCredentials'))
  const raw = (body as RawRole | undefined)?.roleCredentials
  const where = `single sign-on, for the role ${signOn.role}`
  const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken } = raw ?? {}
  return toCredentials({ AccessKeyId, SecretAccessKey, SessionToken, Expiration: raw?.expiration }, where)
}

function settings(
  { connection: { provider }, env }: CredentialContext,
  { sessions }: SharedFiles,
  name: string,
  profile: Section,
): SignOn {
  const session = profile.get('sso_session')
  const section = session ? sessions.get(session) : profile
  if (section === undefined) throw new Error(`the profile '${name}' has sso_session '${session}', which there is not`)
  const need = (of: Section, setting: string): string => {
    const value = of.get(setting)
    if (!value) throw new Error(`the profile '${name}' is for single sign-on, but has no ${setting}`)
    return value
  }
  const url = need(section, 'sso_start_url')
  const file = `${createHash('sha1')
    .update(session ?? url)
    .digest('hex')}.json`
  return {
    account: need(profile, 'sso_account_id'),
    role: need(profile, 'sso_role_name'),
    region: checkRegion(need(section, 'sso_region'), provider),
    file: join(homeFolder(env), '.aws/sso/cache', file),
    login: session ? `aws sso login --sso-session ${session}` : `aws sso login --profile ${name}`,
  }
}

async function accessToken(context: CredentialContext, signOn: SignOn): Promise<string> {
  const { file, login } = signOn
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Error(`nobody has signed on: there is no ${file}, which '${login}' makes`)
  })
  const cached = parseJson<CachedToken>(text, file)
  const now = context.connection.now().getTime()
  // Older tools end it with 'UTC'.
  const left = Date.parse((cached.expiresAt ?? '').replace(/UTC$/, 'Z')) - now
  const isGood = Boolean(cached.accessToken) && left > 0
  if (isGood && left > EARLY) return cached.accessToken as string
  const { refreshToken, clientId, clientSecret, registrationExpiresAt } = cached
  const canRenew = refreshToken && clientId && clientSecret && !(Date.parse(registrationExpiresAt ?? '') <= now)
  if (canRenew) {
    try {
      return await renewed(context, signOn, cached)
    } catch (error) {
      if (!isGood) throw error
    }
  }
  if (!isGood) throw new Error(`the single sign-on in ${file} has ended: '${login}' begins another`)
  return cached.accessToken as string
}

/** https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html */
async function renewed({ connection, env }: CredentialContext, signOn: SignOn, cached: CachedToken): Promise<string> {
  const { refreshToken = '', clientId, clientSecret = '' } = cached
  for (const secret of [refreshToken, clientSecret]) connection.conceal(secret)
  const spec = {
    method: 'POST',
    origin: endpointOf('SSO_OIDC', 'oidc', signOn.region, env),
    path: '/token',
    json: { clientId, clientSecret, grantType: 'refresh_token', refreshToken },
    unsigned: true,
    read: readJson,
  } as const
  const { body } = await connection.request(spec, step('CreateToken'))
  const { accessToken, expiresIn = 0, refreshToken: next = refreshToken } = (body ?? {}) as RawToken
  if (!accessToken) throw new Error(`single sign-on gave no token: '${signOn.login}' begins another`)
  connection.conceal(accessToken)
  connection.conceal(next)
  const expiresAt = new Date(connection.now().getTime() + expiresIn * 1000).toISOString()
  await keep(signOn.file, { ...cached, accessToken, expiresAt: expiresAt.replace(/\.\d+Z$/, 'Z'), refreshToken: next })
  return accessToken
}

/** Others read the file too: it is whole at every moment. That it cannot be written is no reason to fail. */
async function keep(file: string, token: CachedToken): Promise<void> {
  const draft = `${file}.${randomUUID()}`
  try {
    await writeFile(draft, JSON.stringify(token), { mode: 0o600, flag: 'wx' })
    await rename(draft, file)
  } catch {
    await unlink(draft).catch(() => {})
  }
}

function endpointOf(variable: 'SSO' | 'SSO_OIDC', host: string, region: string, env: Env): string {
  const given = env[`AWS_ENDPOINT_URL_${variable}`] || env['AWS_ENDPOINT_URL']
  return given ? new URL(given).origin : `https://${host}.${region}.${partitionOf(region).suffix}`
}
