// A machine of AWS proves who it is by a request that it has signed and not sent. https://google.aip.dev/auth/4117
import { readText } from '../../lib/http/message.js'
import type { CallOptions } from '../../lib/options.js'
import { sha256, signHeaders } from '../aws/signature.js'
import type { GoogleConnection } from './connection.js'
import { at, secretText, unusable } from './credentials.exchange.js'
import type { RawCredentialSource } from './credentials.sources.js'

interface AwsKeys {
  readonly key: string
  readonly secret: string
  readonly sessionToken: string | undefined
}
type Ask = (address: string, init?: { method?: 'GET' | 'PUT'; headers?: Record<string, string> }) => Promise<string>

/** The request as text, by which Google's token service asks AWS whose it is. */
export async function awsSubjectToken(
  connection: GoogleConnection,
  source: RawCredentialSource,
  audience: string,
  options: CallOptions,
): Promise<string> {
  if (source.environment_id !== 'aws1')
    throw unusable(connection, "credential_source.environment_id must be 'aws1', the version that is known here")
  const ask: Ask = async (address, init = {}) => {
    const spec = { ...at(address, connection), ...init, unsigned: true } as const
    if (init.method === 'PUT') return (await secretText(connection, spec, options)).trim()
    return (await connection.request({ ...spec, read: readText }, options)).body.trim()
  }
  const session = await sessionOf(source, ask)
  const region = await regionOf(connection, source, session, ask)
  const keys = await keysOf(connection, source, session, ask)
  for (const secret of [keys.secret, keys.sessionToken]) if (secret) connection.conceal(secret)
  const template = source.regional_cred_verification_url
  if (template === undefined) throw unusable(connection, 'credential_source has no regional_cred_verification_url')
  const address = template.replaceAll('{region}', region)
  const { origin, path: target } = at(address, connection)
  const headers: Record<string, string> = {
    host: origin.slice(origin.indexOf('//') + 2),
    'x-goog-cloud-target-resource': audience,
  }
  const signing = { date: new Date(), payloadHash: sha256(''), encodesPath: true }
  signHeaders({ method: 'POST', origin, target, headers, body: undefined }, keys, { service: 'sts', region }, signing)
  const list = Object.entries(headers).map(([key, value]) => ({ key, value }))
  return encodeURIComponent(JSON.stringify({ url: address, method: 'POST', headers: list }))
}

async function sessionOf(source: RawCredentialSource, ask: Ask): Promise<Record<string, string>> {
  const address = source.imdsv2_session_token_url
  if (address === undefined || fromEnvironment(process.env) !== undefined) return {}
  const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '300' }
  return { 'x-aws-ec2-metadata-token': await ask(address, { method: 'PUT', headers }) }
}

function fromEnvironment(env: NodeJS.ProcessEnv): AwsKeys | undefined {
  const { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: sessionToken } = env
  return key && secret ? { key, secret, sessionToken: sessionToken || undefined } : undefined
}

async function regionOf(
  connection: GoogleConnection,
  source: RawCredentialSource,
  headers: Record<string, string>,
  ask: Ask,
): Promise<string> {
  const given = process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION']
  if (given) return given
  if (source.region_url === undefined) throw unusable(connection, 'neither AWS_REGION nor region_url tells a region')
  // What is told is the zone.
  return (await ask(source.region_url, { headers })).replace(/[a-z]$/, '')
}

async function keysOf(
  connection: GoogleConnection,
  source: RawCredentialSource,
  headers: Record<string, string>,
  ask: Ask,
): Promise<AwsKeys> {
  const own = fromEnvironment(process.env)
  if (own) return own
  if (source.url === undefined) throw unusable(connection, 'neither the environment nor credential_source.url has keys')
  const role = await ask(source.url, { headers })
  const text = await ask(`${source.url.replace(/\/$/, '')}/${encodeURIComponent(role)}`, { headers })
  const raw = JSON.parse(text) as { AccessKeyId?: string; SecretAccessKey?: string; Token?: string }
  if (!raw.AccessKeyId || !raw.SecretAccessKey) throw unusable(connection, 'the metadata service of AWS gave no keys')
  return { key: raw.AccessKeyId, secret: raw.SecretAccessKey, sessionToken: raw.Token }
}
