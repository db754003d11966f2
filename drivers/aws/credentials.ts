import { InvalidCredentialsError } from '../../lib/errors.js'
import type { CallOptions } from '../../lib/options.js'
import type { AwsOptions } from './connection.js'
import type { AwsCredentials } from './signature.js'

/** Where credentials come from: asked before every request, so it must keep what it has until it ends. */
export interface CredentialProvider {
  /** What is known now, without waiting; `undefined` when it must be fetched. */
  current(): AwsCredentials | undefined
  /** Fetches credentials once for any number of parallel calls. */
  fetch(options: CallOptions): Promise<AwsCredentials>
  /** These were refused. True where others can be had. */
  renew(refused: AwsCredentials): boolean
}

/** The usual places, in the usual order. */
export function credentialProvider(options: AwsOptions, provider: string): CredentialProvider {
  const { key, secret, sessionToken } = options
  if (key !== undefined && secret !== undefined) {
    const credentials: AwsCredentials = { key, secret, sessionToken }
    return { current: () => credentials, fetch: async () => credentials, renew: () => false }
  }
  const message = `No credentials for '${provider}': give 'key' and 'secret', or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`
  const none = (): never => {
    throw new InvalidCredentialsError(message, { provider })
  }
  return { current: () => undefined, fetch: async () => none(), renew: () => false }
}
