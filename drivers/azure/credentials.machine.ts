// What a machine of Azure's is by itself, and what `az` knows.
import { execFile } from 'node:child_process'
import { optionsOf } from '../../lib/credentials.js'
import { ConnectionError, LibcloudError, TimeoutError } from '../../lib/errors.js'
import type { Connection } from '../../lib/http/connection.js'
import { type RequestSpec, readJson } from '../../lib/http/message.js'
import type { QueryValues } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import type { Lasting } from '../../lib/renewed.js'
import type { Principal, TokenSource } from './credentials.js'
import { tokenOf, unusable } from './credentials.shared.js'
import type { AzureSignInOptions } from './options.js'

/** Milliseconds to find out whether the metadata service is there: off Azure nobody answers. */
const PATIENCE = 3000

/** The managed identity of an App Service, a function or a virtual machine; `undefined` where there is none. */
export async function machineSource(
  connection: Connection,
  principal: Principal,
  options: CallOptions,
): Promise<TokenSource | undefined> {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = process.env
  if (endpoint && header) return appService(connection, principal, endpoint, header)
  return virtualMachine(connection, principal, options)
}

function at(
  connection: Connection,
  address: string,
  query: QueryValues,
): Pick<RequestSpec, 'origin' | 'path' | 'query'> {
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol))
    throw unusable(connection, 'IDENTITY_ENDPOINT or AZURE_POD_IDENTITY_AUTHORITY_HOST is not an address')
  const { origin, pathname, searchParams } = new URL(address)
  return { origin, path: pathname, query: { ...Object.fromEntries(searchParams), ...query } }
}

/** https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference */
function appService(
  connection: Connection,
  { clientId, resource }: Principal,
  endpoint: string,
  secret: string,
): TokenSource {
  connection.conceal(secret)
  const query = { 'api-version': '2019-08-01', resource, client_id: clientId || undefined }
  const headers = { 'x-identity-header': secret, accept: 'application/json' }
  const spec = { ...at(connection, endpoint, query), headers, unsigned: true, read: readJson }
  return {
    async fetch(options) {
      const started = Date.now()
      return tokenOf(connection, (await connection.request(spec, options)).body, started)
    },
  }
}

/** https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#get-a-token-using-http */
async function virtualMachine(
  connection: Connection,
  { clientId, resource }: Principal,
  options: CallOptions,
): Promise<TokenSource | undefined> {
  const host = process.env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] || 'http://169.254.169.254'
  const query = { 'api-version': '2018-02-01', resource, client_id: clientId || undefined }
  const address = `${host.replace(/\/$/, '')}/metadata/identity/oauth2/token`
  const headers = { metadata: 'true', accept: 'application/json' }
  const spec = { ...at(connection, address, query), headers, unsigned: true, read: readJson }
  const fetch = async (limits: CallOptions): Promise<Lasting<string>> => {
    const started = Date.now()
    return tokenOf(connection, (await connection.request(spec, limits)).body, started)
  }
  let first: Lasting<string> | undefined
  try {
    first = await fetch({ ...options, timeout: PATIENCE, retry: 1 })
  } catch (error) {
    // Nobody there, or a machine without an identity.
    const absent = error instanceof ConnectionError || error instanceof TimeoutError
    const none =
      error instanceof LibcloudError && (error.status === 400 || error.status === 404 || error.status === 403)
    if (absent || (none && !clientId)) return undefined
    throw error
  }
  return {
    async fetch(limits) {
      const known = first
      first = undefined
      return known ?? fetch(limits)
    },
  }
}

interface CliToken {
  readonly accessToken?: string
  /** Seconds since 1970. */
  readonly expires_on?: number
  readonly subscription?: string
}

/**
 * The token of whoever is signed in to Azure's command line; `undefined` where there is none, or nobody is.
 * @see https://learn.microsoft.com/cli/azure/account#az-account-get-access-token
 */
export async function cliSource(
  connection: Connection,
  { resource }: Principal,
  options: CallOptions,
): Promise<TokenSource | undefined> {
  const { tenantId } = optionsOf<AzureSignInOptions>(connection)
  const fetch = async (): Promise<CliToken | undefined> => {
    const text = await az(
      [
        'account',
        'get-access-token',
        '--output',
        'json',
        '--resource',
        resource,
        ...(tenantId ? ['--tenant', tenantId] : []),
      ],
      options,
    )
    if (text === undefined) return undefined
    try {
      const token = JSON.parse(text) as CliToken
      if (token.accessToken) connection.conceal(token.accessToken)
      return token
    } catch {
      throw unusable(connection, "'az account get-access-token' gave no JSON")
    }
  }
  let first = await fetch()
  if (first === undefined) return undefined
  const { subscription } = first
  return {
    subscription: async () => subscription,
    async fetch() {
      const found = first ?? (await fetch())
      first = undefined
      if (found === undefined) throw unusable(connection, "'az' is signed in no more")
      return tokenOf(connection, { access_token: found.accessToken, expires_on: found.expires_on }, Date.now())
    },
  }
}

/** What `az` writes; `undefined` where it is not there, or fails. No shell is between. */
function az(args: readonly string[], { signal }: CallOptions): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const limits = { timeout: 30_000, windowsHide: true, maxBuffer: 1024 * 1024, ...(signal ? { signal } : {}) }
    execFile('az', args, limits, (error, stdout) => {
      if (signal?.aborted) reject(signal.reason)
      else resolve(error ? undefined : stdout)
    })
  })
}
