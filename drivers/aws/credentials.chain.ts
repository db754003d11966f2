// The usual places for credentials, in the usual order. Loaded when the first request needs them.
import { InvalidCredentialsError } from '../../lib/errors.js'
import type { AwsConnection } from './connection.js'
import { type Env, profileName, readSharedFiles } from './credentials.files.js'
import { containerCredentials, instanceCredentials } from './credentials.metadata.js'
import { profileCredentials } from './credentials.profile.js'
import { assumeRoleWithToken } from './credentials.sts.js'
import type { AwsCredentials } from './signature.js'

/** What the places need to be asked. */
export interface CredentialContext {
  /** Sends what has to be asked over the Internet, with the driver's proxy, certificates and retries. */
  readonly connection: AwsConnection
  /** The profile that is meant, where it is not the usual one. */
  readonly profile: string | undefined
  /** Whether the driver was given it, not the environment. */
  readonly isGiven: boolean
  readonly env: Env
}

/** What a place has, or why it has nothing. */
export type Found = AwsCredentials | string

/** A place that is set up but fails ends the look-up: nobody else's credentials are taken then.
 * @throws InvalidCredentialsError that names every place, and what was wrong with it. */
export async function findCredentials(context: CredentialContext): Promise<AwsCredentials> {
  const { provider } = context.connection
  const seen: string[] = []
  for (const place of placesOf(context)) {
    try {
      const found = await place(context)
      if (typeof found !== 'string') return found
      seen.push(found)
    } catch (cause) {
      if (!(cause instanceof Error)) throw cause
      const also = seen.length > 0 ? ` Before it: ${seen.join('; ')}.` : ''
      const message = `No credentials for '${provider}': ${cause.message}.${also}`
      throw new InvalidCredentialsError(message, { provider, cause })
    }
  }
  throw new InvalidCredentialsError(`No credentials for '${provider}': ${seen.join('; ')}.`, { provider })
}

type Place = (context: CredentialContext) => Promise<Found>

function placesOf({ isGiven }: CredentialContext): Place[] {
  // Who gives a profile means it, whatever the environment says.
  const first: Place[] = isGiven ? [] : [environment, webIdentity]
  return [...first, sharedFiles, containerCredentials, instanceCredentials]
}

/** The keys themselves were looked for when the driver was made. */
async function environment(): Promise<Found> {
  return "the options 'key' and 'secret' are not given, and the environment has no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html */
async function webIdentity({ connection, env }: CredentialContext): Promise<Found> {
  const tokenFile = env['AWS_WEB_IDENTITY_TOKEN_FILE']
  const roleArn = env['AWS_ROLE_ARN']
  if (!tokenFile) return 'the environment has no AWS_WEB_IDENTITY_TOKEN_FILE'
  if (!roleArn) throw new Error('the environment has AWS_WEB_IDENTITY_TOKEN_FILE, but no AWS_ROLE_ARN')
  return assumeRoleWithToken(connection, { roleArn, tokenFile, sessionName: env['AWS_ROLE_SESSION_NAME'] })
}

async function sharedFiles(context: CredentialContext): Promise<Found> {
  const files = readSharedFiles(context.env)
  const name = profileName(context.profile, context.env)
  const found = await profileCredentials(context, files, name)
  return typeof found === 'string' ? [...files.problems, found].join('; ') : found
}
