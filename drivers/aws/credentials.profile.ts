// What a profile says of credentials: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
import type { CredentialContext, Found } from './credentials.chain.js'
import type { Section, SharedFiles } from './credentials.files.js'
import { containerCredentials, instanceCredentials } from './credentials.metadata.js'
import { processCredentials } from './credentials.process.js'
import { singleSignOn } from './credentials.sso.js'
import { assumeRole, assumeRoleWithToken, type RoleRequest } from './credentials.sts.js'
import type { AwsCredentials } from './signature.js'

/** What goes through a chain of roles. */
interface Walk extends CredentialContext {
  readonly files: SharedFiles
  /** The profiles that led here. */
  readonly visited: readonly string[]
}

/** The credentials of a profile, or why it has none. */
export async function profileCredentials(context: CredentialContext, files: SharedFiles, name: string): Promise<Found> {
  const profile = files.profiles.get(name)
  if (profile === undefined) {
    const isNamed = name !== 'default'
    if (!isNamed) return "there is no profile 'default'"
    throw new Error(`there is no profile '${name}': ${files.problems.join('; ') || 'neither file has it'}`)
  }
  const walk = { ...context, files, visited: [name] }
  const found = isRole(profile) ? await roleOf(walk, name, profile) : await ownOf(walk, name, profile)
  return found ?? `the profile '${name}' says nothing of credentials`
}

const isRole = (profile: Section): boolean =>
  Boolean(profile.get('role_arn')) && !profile.get('web_identity_token_file')

/** What a profile has by itself, without another's credentials. */
async function ownOf(walk: Walk, name: string, profile: Section): Promise<AwsCredentials | undefined> {
  const { connection, env } = walk
  const tokenFile = profile.get('web_identity_token_file')
  if (tokenFile) {
    const roleArn = profile.get('role_arn')
    if (!roleArn) throw new Error(`the profile '${name}' has web_identity_token_file, but no role_arn`)
    return assumeRoleWithToken(connection, { ...roleRequest(walk, profile, roleArn), tokenFile })
  }
  if (profile.get('sso_session') || profile.get('sso_start_url')) return singleSignOn(walk, walk.files, name, profile)
  const key = profile.get('aws_access_key_id')
  const secret = profile.get('aws_secret_access_key')
  if (key && secret) return { key, secret, sessionToken: profile.get('aws_session_token') || undefined }
  if (key || secret) {
    const [has, lacks] = key
      ? ['aws_access_key_id', 'aws_secret_access_key']
      : ['aws_secret_access_key', 'aws_access_key_id']
    throw new Error(`the profile '${name}' has ${has}, but no ${lacks}`)
  }
  const command = profile.get('credential_process')
  return command ? processCredentials(command, name, env) : undefined
}

async function roleOf(walk: Walk, name: string, profile: Section): Promise<AwsCredentials> {
  const roleArn = profile.get('role_arn') as string
  if (profile.get('mfa_serial')) {
    throw new Error(`the profile '${name}' has mfa_serial: its role needs a code, for which nobody can be asked here`)
  }
  const source = profile.get('source_profile')
  const place = profile.get('credential_source')
  if (source && place) throw new Error(`the profile '${name}' has both source_profile and credential_source`)
  if (!source && !place) {
    throw new Error(`the profile '${name}' has role_arn, but neither source_profile nor credential_source`)
  }
  const credentials = source ? await sourceOf(walk, name, source) : await placeOf(walk, name, place as string)
  return assumeRole(walk.connection, roleRequest(walk, profile, roleArn), credentials)
}

/** The credentials of the profile that a role is taken with. */
async function sourceOf(walk: Walk, name: string, source: string): Promise<AwsCredentials> {
  const profile = walk.files.profiles.get(source)
  if (profile === undefined) throw new Error(`the profile '${name}' has source_profile '${source}', which there is not`)
  const isStatic = Boolean(profile.get('aws_access_key_id'))
  if (walk.visited.includes(source) && !(isStatic && source === name)) {
    throw new Error(`the profiles '${[...walk.visited, source].join("', '")}' lead in a circle by source_profile`)
  }
  const further = { ...walk, visited: [...walk.visited, source] }
  // Keys of its own are stronger than a role, where a profile is another's source.
  if (isRole(profile) && !isStatic) return roleOf(further, source, profile)
  const found = await ownOf(further, source, profile)
  if (found === undefined)
    throw new Error(`the profile '${source}', source_profile of '${name}', says nothing of credentials`)
  return found
}

async function placeOf(walk: Walk, name: string, place: string): Promise<AwsCredentials> {
  const { env } = walk
  const where = `the profile '${name}' has credential_source '${place}'`
  let found: Found
  if (place === 'Environment') {
    const key = env['AWS_ACCESS_KEY_ID']
    const secret = env['AWS_SECRET_ACCESS_KEY']
    const sessionToken = env['AWS_SESSION_TOKEN'] || undefined
    found =
      key && secret
        ? { key, secret, sessionToken }
        : 'the environment has no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
  } else if (place === 'EcsContainer') found = await containerCredentials(walk)
  else if (place === 'Ec2InstanceMetadata') found = await instanceCredentials(walk)
  else throw new Error(`${where}, which is none of Environment, EcsContainer and Ec2InstanceMetadata`)
  if (typeof found === 'string') throw new Error(`${where}, but ${found}`)
  return found
}

function roleRequest({ env }: Walk, profile: Section, roleArn: string): RoleRequest {
  const duration = Number(profile.get('duration_seconds'))
  return {
    roleArn,
    sessionName: profile.get('role_session_name') || env['AWS_ROLE_SESSION_NAME'],
    externalId: profile.get('external_id') || undefined,
    duration: Number.isInteger(duration) && duration > 0 ? duration : undefined,
    region: profile.get('region'),
  }
}
