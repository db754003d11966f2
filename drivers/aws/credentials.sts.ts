// Roles: https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
import { readFile } from 'node:fs/promises'
import { optionsOf } from '../../lib/credentials.js'
import { formBody, type QueryValues } from '../../lib/http/url.js'
import { xml } from '../../lib/http/xml.js'
import { OPERATION } from '../../lib/options.js'
import { type AwsConnection, type AwsOptions, readXml } from './connection.js'
import { expanded } from './credentials.files.js'
import { regionalEndpoint } from './regions.js'
import { type AwsCredentials, sha256, signHeaders } from './signature.js'

/** A step of the look-up under its own name in errors and traces. */
export const step = (name: string): object => ({ [OPERATION]: name })

/** A role that is asked for. */
export interface RoleRequest {
  readonly roleArn: string
  /** What the role's use is called in logs. @defaultValue a name of this package, with the time */
  readonly sessionName?: string | undefined
  readonly externalId?: string | undefined
  /** Seconds. @defaultValue the service's, an hour */
  readonly duration?: number | undefined
  /** @defaultValue the driver's */
  readonly region?: string | undefined
}

const CREDENTIALS = xml.object({
  Credentials: xml.object({
    AccessKeyId: xml.string,
    SecretAccessKey: xml.string,
    SessionToken: xml.string,
    Expiration: xml.date,
  }),
})
const REPLY = xml.object({ AssumeRoleResult: CREDENTIALS, AssumeRoleWithWebIdentityResult: CREDENTIALS })

/** Takes a role with other credentials. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export async function assumeRole(
  connection: AwsConnection,
  role: RoleRequest,
  source: AwsCredentials,
): Promise<AwsCredentials> {
  const form = { ExternalId: role.externalId }
  return ask(connection, 'AssumeRole', role, form, source)
}

/** Takes a role with a token of another's. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export async function assumeRoleWithToken(
  connection: AwsConnection,
  role: RoleRequest & { readonly tokenFile: string },
): Promise<AwsCredentials> {
  const file = expanded(role.tokenFile, process.env)
  // It is written anew now and then, so it is read each time.
  const token = await readFile(file, 'utf8').then(
    text => text.trim(),
    ({ code }) => {
      throw new Error(`the web identity's token file ${file} cannot be read (${code})`)
    },
  )
  if (token === '') throw new Error(`the web identity's token file ${file} is empty`)
  connection.conceal(token)
  return ask(connection, 'AssumeRoleWithWebIdentity', role, { WebIdentityToken: token }, undefined)
}

async function ask(
  connection: AwsConnection,
  action: 'AssumeRole' | 'AssumeRoleWithWebIdentity',
  role: RoleRequest,
  more: QueryValues,
  signer: AwsCredentials | undefined,
): Promise<AwsCredentials> {
  const { roleArn, sessionName = `libcloud-${Date.now()}`, duration } = role
  const { origin, region } = endpoint(connection, role.region)
  const body = formBody({
    Action: action,
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    DurationSeconds: duration,
    ...more,
  })
  const headers: Record<string, string> = {
    host: origin.slice(origin.indexOf('//') + 2),
    'content-type': 'application/x-www-form-urlencoded',
  }
  if (signer !== undefined) {
    connection.conceal(signer.secret)
    if (signer.sessionToken !== undefined) connection.conceal(signer.sessionToken)
    const options = { date: connection.now(), payloadHash: sha256(body), encodesPath: true }
    signHeaders({ method: 'POST', origin, target: '/', headers, body }, signer, { service: 'sts', region }, options)
  }
  const spec = { method: 'POST', origin, path: '/', headers, body, unsigned: true, idempotent: true } as const
  const reply = await connection.request({ ...spec, read: readXml(REPLY) }, step(action))
  const found = (reply.body.AssumeRoleResult ?? reply.body.AssumeRoleWithWebIdentityResult)?.Credentials
  if (!found?.AccessKeyId || !found.SecretAccessKey) throw new Error(`${origin} gave no credentials for ${roleArn}`)
  const { AccessKeyId: key, SecretAccessKey: secret, SessionToken: sessionToken, Expiration: expiration } = found
  return { key, secret, sessionToken, expiration }
}

/** https://docs.aws.amazon.com/general/latest/gr/sts.html */
function endpoint(connection: AwsConnection, wanted: string | undefined): { origin: string; region: string } {
  const { region, ...options } = optionsOf<AwsOptions>(connection)
  const chosen = region ?? wanted ?? connection.scope.region
  const given = process.env['AWS_ENDPOINT_URL_STS'] || process.env['AWS_ENDPOINT_URL']
  return { origin: given ? new URL(given).origin : regionalEndpoint('sts', chosen, options), region: chosen }
}
