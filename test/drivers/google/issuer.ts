// A Google of one's own on loopback: it gives tokens to those who prove who they are, and takes them at its APIs.
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { importSPKI, jwtVerify } from 'jose'
import { Agent, type Dispatcher } from 'undici'

export const EMAIL = 'robot@my-project.iam.gserviceaccount.com'
export const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
export const REFRESH_TOKEN = '1//refresh-me-not-in-logs'
export const CLIENT_SECRET = 'client-secret-not-in-logs'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** What an issuer may be told to do. */
export interface Issuer extends AsyncDisposable {
  readonly origin: string
  readonly port: number
  /** A key that it knows, in PEM. */
  readonly privateKey: string
  readonly asked: Asked[]
  /** The tokens that it has given, in their order. */
  readonly given: string[]
  /** Those that it takes. */
  readonly good: Set<string>
  /** Seconds that a token is good for, as it says. */
  lifetime: number
  /** Leads every request here, whatever host it is meant for. */
  readonly dispatcher: Dispatcher
  /** Called before a token is given. */
  before: () => Promise<void>
  /** Requests to the path. */
  count(path: string): number
}

interface Grant {
  readonly status: number
  readonly body: object | string
}
type Give = () => string

/** A pair of keys as Google makes them. */
export function keyPair(): { privateKey: string; publicKey: KeyObject } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })), publicKey }
}

const refused = (error: string, error_description: string): Grant => ({
  status: 400,
  body: { error, error_description },
})

/** A service account's statement, verified to the letter by another implementation than the one that made it. */
async function serviceAccount(
  form: URLSearchParams,
  publicKey: KeyObject,
  audience: string,
  give: Give,
  lifetime: number,
) {
  try {
    const key = await importSPKI(String(publicKey.export({ type: 'spki', format: 'pem' })), 'RS256')
    const { payload, protectedHeader } = await jwtVerify(form.get('assertion') ?? '', key, {
      audience,
      issuer: EMAIL,
      algorithms: ['RS256'],
      typ: 'JWT',
      requiredClaims: ['iat', 'exp', 'scope'],
      maxTokenAge: '5m',
    })
    if (Number(payload.exp) - Number(payload.iat) > 3600)
      return refused('invalid_grant', 'Invalid JWT: too long a life')
    if (payload['scope'] !== SCOPE) return refused('invalid_scope', 'Empty or missing scope not allowed.')
    if (protectedHeader.kid !== undefined && protectedHeader.kid !== 'key-1')
      return refused('invalid_grant', 'Unknown kid')
    return { status: 200, body: { access_token: give(), expires_in: lifetime, token_type: 'Bearer' } }
  } catch (error) {
    return refused('invalid_grant', `Invalid JWT Signature. ${(error as Error).name}`)
  }
}

function refreshed(form: URLSearchParams, give: Give, lifetime: number): Grant {
  const right = form.get('refresh_token') === REFRESH_TOKEN && form.get('client_secret') === CLIENT_SECRET
  if (!right || form.get('client_id') !== 'client-1')
    return refused('invalid_grant', 'Token has been expired or revoked.')
  return { status: 200, body: { access_token: give(), expires_in: lifetime, token_type: 'Bearer', scope: SCOPE } }
}

function exchanged(form: URLSearchParams, give: Give, lifetime: number): Grant {
  const subject = form.get('subject_token') ?? ''
  const isAws = form.get('subject_token_type') === 'urn:ietf:params:aws:token-type:aws4_request'
  const right = isAws ? isSigned(subject) : subject === 'token-of-another-issuer'
  if (!right) return refused('invalid_grant', 'The subject token is not known.')
  if (form.get('audience') !== '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x')
    return refused('invalid_target', 'The target service is not known.')
  if (form.get('scope') !== SCOPE) return refused('invalid_scope', 'No scope.')
  return { status: 200, body: { access_token: give(), expires_in: lifetime, issued_token_type: 'access_token' } }
}

/** The request that AWS would be asked with: signed, with the audience among what is signed. */
function isSigned(subject: string): boolean {
  const { url, method, headers } = JSON.parse(decodeURIComponent(subject)) as {
    url: string
    method: string
    headers: { key: string; value: string }[]
  }
  const found = new Map(headers.map(({ key, value }) => [key.toLowerCase(), value]))
  const signature = found.get('authorization') ?? ''
  return (
    method === 'POST' &&
    url === 'https://sts.eu-central-1.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15' &&
    signature.startsWith('AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/') &&
    signature.includes('/eu-central-1/sts/aws4_request') &&
    /SignedHeaders=host;x-amz-date;x-amz-security-token;x-goog-cloud-target-resource/.test(signature) &&
    found.has('x-goog-cloud-target-resource')
  )
}

const AWS: Readonly<Record<string, string>> = {
  '/latest/api/token': 'imds-session',
  '/latest/meta-data/placement/availability-zone': 'eu-central-1b',
  '/latest/meta-data/iam/security-credentials': 'web-role',
  '/latest/meta-data/iam/security-credentials/web-role': JSON.stringify({
    AccessKeyId: 'AKIAEXAMPLE',
    SecretAccessKey: 'aws-secret-not-in-logs',
    Token: 'aws-session-not-in-logs',
  }),
}

/** Starts one. */
export async function startIssuer(): Promise<Issuer> {
  const { privateKey, publicKey } = keyPair()
  const asked: Asked[] = []
  const given: string[] = []
  const good = new Set<string>()
  const give = (): string => {
    const token = `ya29.token-${given.length + 1}-not-in-logs`
    given.push(token)
    good.add(token)
    return token
  }
  const answer = async (request: Asked): Promise<Grant> => {
    const { url, headers } = request
    const [path = ''] = url.split('?')
    const bearer = headers.authorization?.replace('Bearer ', '') ?? ''
    if (path === '/token') {
      await issuer.before()
      const form = new URLSearchParams(request.body)
      const kind = form.get('grant_type')
      if (kind === 'refresh_token') return refreshed(form, give, issuer.lifetime)
      if (kind?.endsWith(':token-exchange')) return exchanged(form, give, issuer.lifetime)
      return serviceAccount(form, publicKey, form.get('assertion') ? issuer.audience : '', give, issuer.lifetime)
    }
    if (path.startsWith('/computeMetadata/')) return metadata(path, headers, give)
    if (path === '/subject.txt') return { status: 200, body: 'token-of-another-issuer' }
    if (AWS[path] !== undefined) return { status: 200, body: AWS[path] ?? '' }
    if (path === '/subject') return { status: 200, body: { id: { ignored: true }, token: 'token-of-another-issuer' } }
    if (!good.has(bearer)) {
      const errors = [{ reason: 'authError', message: 'Invalid Credentials', domain: 'global' }]
      return {
        status: 401,
        body: { error: { code: 401, message: 'Invalid Credentials', errors, status: 'UNAUTHENTICATED' } },
      }
    }
    if (path.endsWith(':generateAccessToken')) {
      const { scope } = JSON.parse(request.body) as { scope: string[] }
      if (scope.join() !== SCOPE) return refused('invalid_scope', 'No scope.')
      return { status: 200, body: { accessToken: give(), expireTime: '2999-01-01T00:00:00Z' } }
    }
    return { status: 200, body: { managedZones: [], project: path } }
  }
  const server = createServer((incoming, response) => void serve(incoming, response, asked, answer))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  class Here extends Agent {
    override dispatch(options: Agent.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      return super.dispatch({ ...options, origin }, handler)
    }
  }
  const dispatcher = new Here()
  const issuer = {
    ...{ origin, port, privateKey, asked, given, good, dispatcher },
    lifetime: 3600,
    audience: `${origin}/token`,
    before: async () => {},
    count: (path: string) => asked.filter(({ url }) => url.startsWith(path)).length,
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return issuer
}

function metadata(path: string, headers: IncomingMessage['headers'], give: Give): Grant {
  if (headers['metadata-flavor'] !== 'Google') return { status: 403, body: 'Missing Metadata-Flavor:Google header.' }
  if (path.endsWith('/token'))
    return { status: 200, body: { access_token: give(), expires_in: 3599, token_type: 'Bearer' } }
  if (path.endsWith('/email')) return { status: 200, body: EMAIL }
  return path.endsWith('/project-id') ? { status: 200, body: 'metadata-project' } : { status: 404, body: 'Not Found' }
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  asked: Asked[],
  answer: (request: Asked) => Promise<Grant>,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const { method = '', url = '', headers } = incoming
  const request = { method, url, headers, body: Buffer.concat(chunks).toString() }
  asked.push(request)
  const { status, body } = await answer(request)
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' }).end(text)
}
