// Where tokens come from: loaded when the first one is needed.
import { readFile } from 'node:fs/promises'
import { optionsOf } from '../../lib/credentials.js'
import { InvalidCredentialsError } from '../../lib/errors.js'
import type { Connection } from '../../lib/http/connection.js'
import { readJson } from '../../lib/http/message.js'
import { path, type QueryValues } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import type { Lasting } from '../../lib/renewed.js'
import { clientAssertion, readCertificate } from './credentials.assertion.js'
import type { Principal, TokenSource } from './credentials.js'
import { cliSource, machineSource } from './credentials.machine.js'
import { tokenOf, unusable } from './credentials.shared.js'
import { type AzureSignInOptions, cloudOf } from './options.js'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** The options' credentials, else those of the usual places. @throws InvalidCredentialsError telling where there are none */
export async function findSource(
  connection: Connection,
  principal: Principal,
  options: CallOptions,
): Promise<TokenSource> {
  const { certificate, federatedTokenFile } = optionsOf<AzureSignInOptions>(connection)
  if (principal.clientSecret) return bySecret(connection, principal, principal.clientSecret)
  if (certificate) return byCertificate(connection, principal, certificate)
  if (federatedTokenFile) return byFederation(connection, principal, federatedTokenFile)
  const machine = await machineSource(connection, principal, options)
  if (machine) return machine
  const cli = await cliSource(connection, principal, options)
  if (cli) return cli
  const { provider } = connection
  const places =
    "no secret, certificate, federated token or token is given, the environment has no AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH or AZURE_FEDERATED_TOKEN_FILE, the machine has no identity, and there is no 'az' that is signed in."
  throw new InvalidCredentialsError(`No credentials for '${provider}': ${places}`, { provider })
}

interface Issuer {
  readonly origin: string
  readonly path: string
  readonly clientId: string
}
function issuerOf(connection: Connection, { clientId }: Principal): Issuer {
  const options = optionsOf<AzureSignInOptions>(connection)
  if (!options.tenantId)
    throw unusable(connection, "'tenantId' is not given, and the environment has no AZURE_TENANT_ID")
  if (!clientId)
    throw unusable(
      connection,
      "the service principal's client id is not given, and the environment has no AZURE_CLIENT_ID",
    )
  return { origin: cloudOf(options).login, path: path`/${options.tenantId}/oauth2/v2.0/token`, clientId }
}

/** https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#first-case-access-token-request-with-a-shared-secret */
function bySecret(connection: Connection, principal: Principal, secret: string): TokenSource {
  const issuer = issuerOf(connection, principal)
  return { fetch: options => exchange(connection, issuer, principal, { client_secret: secret }, options) }
}

/** https://learn.microsoft.com/entra/identity-platform/certificate-credentials */
async function byCertificate(connection: Connection, principal: Principal, given: string): Promise<TokenSource> {
  const issuer = issuerOf(connection, principal)
  const { certificatePassword } = optionsOf<AzureSignInOptions>(connection)
  const certificate = await readCertificate(connection, given, certificatePassword)
  return {
    fetch(options) {
      const assertion = clientAssertion(certificate, issuer.clientId, issuer.origin + issuer.path)
      connection.conceal(assertion)
      return exchange(
        connection,
        issuer,
        principal,
        { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion },
        options,
      )
    },
  }
}

/** https://learn.microsoft.com/entra/workload-id/workload-identity-federation */
function byFederation(connection: Connection, principal: Principal, file: string): TokenSource {
  const issuer = issuerOf(connection, principal)
  return {
    async fetch(options) {
      // Whoever writes it renews it: it is read each time.
      const assertion = (
        await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
          throw unusable(
            connection,
            `the file that 'federatedTokenFile' or AZURE_FEDERATED_TOKEN_FILE names cannot be read (${cause.code})`,
          )
        })
      ).trim()
      if (!/^[!-~]+$/.test(assertion))
        throw unusable(connection, `the file that 'federatedTokenFile' names holds no token`)
      connection.conceal(assertion)
      return exchange(
        connection,
        issuer,
        principal,
        { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion },
        options,
      )
    },
  }
}

/** Asks Microsoft Entra for a token. */
async function exchange(
  connection: Connection,
  { origin, path: at, clientId }: Issuer,
  { resource }: Principal,
  proof: QueryValues,
  options: CallOptions,
): Promise<Lasting<string>> {
  const form = { grant_type: 'client_credentials', client_id: clientId, scope: `${resource}/.default`, ...proof }
  const headers = { accept: 'application/json' }
  const spec = {
    method: 'POST',
    origin,
    path: at,
    form,
    headers,
    unsigned: true,
    idempotent: true,
    read: readJson,
  } as const
  const started = Date.now()
  const { body } = await connection.request(spec, options)
  return tokenOf(connection, body, started)
}
