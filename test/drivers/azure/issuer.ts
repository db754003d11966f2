// An Azure of one's own on loopback: it gives tokens to those who prove who they are, and takes them at its resource manager.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importX509,
  type JWTVerifyResult,
  jwtVerify,
  SignJWT,
} from 'jose'
import { Agent, type Dispatcher } from 'undici'

export const TENANT = '00000000-0000-0000-0000-0000000000aa'
export const CLIENT = '00000000-0000-0000-0000-0000000000bb'
export const SECRET = 'client-secret-not-in-logs'
export const PASSPHRASE = 'open-sesame-17'
export const RESOURCE = 'https://management.azure.com'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object | string
}

/** What an issuer may be told to do. */
export interface Issuer extends AsyncDisposable {
  readonly origin: string
  readonly asked: Asked[]
  /** The tokens that it takes, and those that it has given. */
  readonly good: Set<string>
  readonly given: string[]
  /** Certificate and key of the service principal, the key encrypted in the second. */
  readonly pem: string
  readonly lockedPem: string
  /** Hosts that requests were meant for, in their order. */
  readonly hosts: string[]
  readonly dispatcher: Dispatcher
  lifetime: number
  audience: string
  readonly scopes: string[]
  /** Whether the machine has an identity. */
  identity: boolean
  /** What the resource manager answers. */
  answer: (request: Asked) => Answer
  /** A statement of the issuer that the service principal trusts. */
  federated(claims?: object, expires?: string): Promise<string>
  count(path: string): number
}

const refused = (error: string, error_description: string): Answer => ({
  status: error === 'invalid_client' ? 401 : 400,
  body: {
    error,
    error_description: `${error_description}\r\nTrace ID: t\r\nCorrelation ID: c`,
    error_codes: [7000215],
    trace_id: 'trace-1',
  },
})

/** A certificate, made with openssl. */
function certificate(...more: string[]): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'libcloud-'))
  try {
    const files = ['-keyout', 'a.key', '-out', 'a.crt']
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-subj', '/CN=robot', '-days', '36500', ...more, ...files],
      { cwd: folder, stdio: 'pipe' },
    )
    return { cert: readFileSync(join(folder, 'a.crt'), 'utf8'), key: readFileSync(join(folder, 'a.key'), 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

type Pair = ReturnType<typeof certificate>
let made: readonly [Pair, Pair] | undefined

/** Starts one. */
export async function startIssuer(): Promise<Issuer> {
  made ??= [certificate('-nodes'), certificate('-passout', `pass:${PASSPHRASE}`)]
  const [open, locked] = made
  const other = await generateKeyPair('RS256')
  const jwk = await exportJWK(other.publicKey)
  const seen = new Set<unknown>()
  const give = (): Answer => {
    const token = `eyJ0.token-${issuer.given.length + 1}-not-in-logs`
    issuer.given.push(token)
    issuer.good.add(token)
    return {
      body: { token_type: 'Bearer', expires_in: issuer.lifetime, ext_expires_in: issuer.lifetime, access_token: token },
    }
  }
  /** A statement, verified to the letter by another implementation than the one that made it. */
  const asserted = async (assertion: string): Promise<Answer | undefined> => {
    try {
      const { alg } = decodeProtectedHeader(assertion)
      const requiredClaims = ['exp', 'jti', 'iat', 'nbf']
      const checks = {
        audience: issuer.audience,
        issuer: CLIENT,
        subject: CLIENT,
        requiredClaims,
        maxTokenAge: '5m',
        typ: 'JWT',
      }
      let verified: JWTVerifyResult | undefined
      if (alg === 'RS256')
        verified = await jwtVerify(assertion, other.publicKey, {
          issuer: 'https://other.example',
          audience: 'api://AzureADTokenExchange',
          subject: 'workload',
        })
      else
        for (const { cert } of [open, locked])
          verified ??= await jwtVerify(assertion, await importX509(cert, 'PS256'), {
            ...checks,
            algorithms: ['PS256'],
          }).catch(() => undefined)
      if (!verified)
        return refused(
          'invalid_client',
          'AADSTS700027: The certificate used to sign the client assertion is not known.',
        )
      if (alg === 'PS256') {
        const { payload, protectedHeader } = verified
        if (
          typeof protectedHeader['x5t#S256'] !== 'string' ||
          seen.has(payload.jti) ||
          Number(payload.exp) - Number(payload.nbf) > 600
        )
          return refused('invalid_client', 'AADSTS700024: The assertion is used twice, or lives too long.')
        seen.add(payload.jti)
      }
      return undefined
    } catch (error) {
      return refused('invalid_client', `AADSTS700024: ${(error as Error).name}`)
    }
  }
  const token = async (form: URLSearchParams): Promise<Answer> => {
    if (form.get('grant_type') !== 'client_credentials' || form.get('client_id') !== CLIENT)
      return refused('unauthorized_client', 'AADSTS700016: No such application.')
    if (!issuer.scopes.includes(form.get('scope') ?? ''))
      return refused('invalid_scope', 'AADSTS70011: The scope is not valid.')
    const assertion = form.get('client_assertion')
    if (assertion) {
      if (form.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
        return refused('invalid_request', 'AADSTS90014')
      return (await asserted(assertion)) ?? give()
    }
    return form.get('client_secret') === SECRET
      ? give()
      : refused('invalid_client', 'AADSTS7000215: Invalid client secret provided.')
  }
  const machine = ({ url, headers }: Asked): Answer => {
    const { searchParams } = new URL(url, 'http://x')
    if (
      url.startsWith('/msi/token')
        ? headers['x-identity-header'] !== 'header-not-in-logs'
        : headers['metadata'] !== 'true'
    )
      return { status: 400, body: { error: 'invalid_request' } }
    if (searchParams.get('resource') !== RESOURCE) return { status: 400, body: { error: 'invalid_resource' } }
    if (!issuer.identity)
      return { status: 400, body: { error: 'invalid_request', error_description: 'Identity not found' } }
    const { access_token } = give().body as { access_token: string }
    const expires_on = String(Math.floor(Date.now() / 1000) + issuer.lifetime)
    return { body: { access_token, expires_on, resource: RESOURCE, token_type: 'Bearer' } }
  }
  const answer = async (request: Asked): Promise<Answer> => {
    if (request.url.endsWith('/oauth2/v2.0/token')) return token(new URLSearchParams(request.body))
    if (/^\/(metadata\/identity|msi)\//.test(request.url)) return machine(request)
    if (!issuer.good.has(request.headers.authorization?.replace('Bearer ', '') ?? ''))
      return {
        status: 401,
        body: { error: { code: 'ExpiredAuthenticationToken', message: 'The access token expiry is past.' } },
      }
    return issuer.answer(request)
  }
  const server = createServer((incoming, response) => void serve(incoming, response, issuer.asked, answer))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  class Here extends Agent {
    override dispatch(options: Agent.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      issuer.hosts.push(new URL(String(options.origin)).host)
      return super.dispatch({ ...options, origin }, handler)
    }
  }
  const dispatcher = new Here()
  const issuer = {
    ...{
      origin,
      dispatcher,
      asked: [] as Asked[],
      good: new Set<string>(),
      given: [] as string[],
      hosts: [] as string[],
    },
    pem: open.cert + open.key,
    lockedPem: locked.key + locked.cert,
    lifetime: 3600,
    identity: false,
    audience: `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`,
    scopes: [
      `${RESOURCE}/.default`,
      'https://storage.azure.com/.default',
      'https://management.chinacloudapi.cn/.default',
    ],
    answer: (_request: Asked): Answer => ({ body: { value: [] } }),
    federated: (claims: object = {}, expires = '5m') =>
      new SignJWT({ iss: 'https://other.example', aud: 'api://AzureADTokenExchange', sub: 'workload', ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: String(jwk.n).slice(0, 8) })
        .setIssuedAt()
        .setExpirationTime(expires)
        .sign(other.privateKey),
    count: (path: string) => issuer.asked.filter(({ url }) => url.includes(path)).length,
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return issuer
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  asked: Asked[],
  answer: (request: Asked) => Promise<Answer>,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const { method = '', url = '', headers } = incoming
  const request = { method, url, headers, body: Buffer.concat(chunks).toString() }
  asked.push(request)
  const { status = 200, headers: more = {}, body } = await answer(request)
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', ...more }).end(text)
}
