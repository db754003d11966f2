// What Google tells its own machines. https://cloud.google.com/compute/docs/metadata/querying-metadata
import { LibcloudError } from '../../lib/errors.js'
import { readJson, readText } from '../../lib/http/message.js'
import type { CallOptions } from '../../lib/options.js'
import type { GoogleConnection } from './connection.js'
import { unusable } from './credentials.exchange.js'
import type { TokenSource } from './credentials.js'
import { signBlob } from './credentials.sources.js'

const ACCOUNT = '/computeMetadata/v1/instance/service-accounts/default'
/** Milliseconds to find out whether it is there: off Google's machines nobody answers. */
const PATIENCE = 3000

/** The metadata server's tokens; `undefined` where there is none. */
export async function metadataSource(
  connection: GoogleConnection,
  options: CallOptions,
): Promise<TokenSource | undefined> {
  const { GCE_METADATA_HOST: host, NO_GCE_CHECK: none } = process.env
  if (none === 'true' && !host) return undefined
  const origin = `http://${host || 'metadata.google.internal'}`
  const ask = async (path: string, limits: CallOptions = {}): Promise<string> => {
    const headers = { 'metadata-flavor': 'Google' }
    const spec = { origin, path, headers, unsigned: true, read: readText } as const
    return (await connection.request(spec, { ...options, ...limits })).body
  }
  try {
    await ask('/computeMetadata/v1/instance/service-accounts/default/email', { timeout: PATIENCE, retry: 1 })
  } catch (error) {
    if (error instanceof LibcloudError && error.status === 404)
      throw unusable(connection, 'the machine has no service account', error)
    return undefined
  }
  return sourceAt(connection, ask)
}

function sourceAt(connection: GoogleConnection, ask: (path: string) => Promise<string>): TokenSource {
  return {
    project: () => ask('/computeMetadata/v1/project/project-id'),
    async fetch() {
      const started = Date.now()
      const text = await ask(`${ACCOUNT}/token?scopes=${encodeURIComponent(connection.scopes.join(','))}`)
      const raw = readJson(Buffer.from(text), { status: 200, headers: {}, requestId: undefined }) as {
        access_token?: string
        expires_in?: number
      }
      if (!raw.access_token) throw unusable(connection, 'the metadata server gave no token')
      connection.conceal(raw.access_token)
      return { value: raw.access_token, expiresAt: started + (raw.expires_in ?? 0) * 1000 }
    },
    async signer(options) {
      const email = await ask(`${ACCOUNT}/email`)
      return { email, sign: text => signBlob(connection, email, text, connection.credentials.token(options), options) }
    },
  }
}
