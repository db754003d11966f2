// What machines tell of themselves: containers and instances. Nothing of it leaves the machine, nor goes through a proxy.
import { readFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import type { CredentialContext, Found } from './credentials.chain.js'
import { type Env, profileName, readSharedFiles } from './credentials.files.js'
import { parseJson, type RawCredentials, toCredentials } from './credentials.process.js'
import type { AwsCredentials } from './signature.js'

interface Answer {
  readonly status: number
  readonly text: string
}

const CONTAINER = 'http://169.254.170.2'
/** Hosts to which a container's token may go without TLS: those of ECS and EKS. Loopback may have it too. */
const CONTAINER_HOSTS: ReadonlySet<string> = new Set(['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]'])
const MOST_BYTES = 1024 * 1024

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
export async function containerCredentials({ env }: CredentialContext): Promise<Found> {
  const url = containerUrl(env)
  if (url === undefined) {
    return 'the environment has no AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and no AWS_CONTAINER_CREDENTIALS_FULL_URI'
  }
  const authorization = await containerToken(env)
  const headers = authorization === undefined ? {} : { authorization }
  const where = `the container's endpoint ${url.origin}`
  const { status, text } = await askAgain(() => send(url, 'GET', headers, patience(env)), attempts(env), where)
  if (status !== 200) throw new Error(`${where} answered ${status}`)
  return toCredentials(parseJson<RawCredentials>(text, where), where)
}

const parsed = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined)

/** Where the container's endpoint is. */
export function containerUrl(env: Env): URL | undefined {
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']
  const full = env['AWS_CONTAINER_CREDENTIALS_FULL_URI']
  if (relative) {
    const url = parsed(`${CONTAINER}${relative}`)
    if (relative.startsWith('/') && url?.origin === CONTAINER) return url
    throw new Error('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path')
  }
  if (!full) return undefined
  const url = parsed(full)
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Error('AWS_CONTAINER_CREDENTIALS_FULL_URI is no URL')
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'https:' || isLoopback || CONTAINER_HOSTS.has(url.hostname)) return url
  const allowed = `https, loopback, ${[...CONTAINER_HOSTS].join(' or ')}`
  throw new Error(`AWS_CONTAINER_CREDENTIALS_FULL_URI leads to ${url.host}, which is not ${allowed}`)
}

async function containerToken(env: Env): Promise<string | undefined> {
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']
  const token = file
    ? await readFile(file, 'utf8').catch(({ code }) => {
        throw new Error(`the container's token file ${file} cannot be read (${code})`)
      })
    : env['AWS_CONTAINER_AUTHORIZATION_TOKEN']
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (token !== undefined && /[\u0000-\u001f\u007f]/.test(token.replace(/\r?\n$/, ''))) {
    throw new Error("the container's token has control characters")
  }
  return token?.replace(/\r?\n$/, '') || undefined
}

const ROLE = '/latest/meta-data/iam/security-credentials/'

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html */
export async function instanceCredentials({ env, profile }: CredentialContext): Promise<Found> {
  if (/^true$/i.test(env['AWS_EC2_METADATA_DISABLED'] ?? '')) {
    return "AWS_EC2_METADATA_DISABLED keeps from asking the instance's metadata"
  }
  const settings = readSharedFiles(env).profiles.get(profileName(profile, env))
  const base = metadataUrl(
    env,
    settings?.get('ec2_metadata_service_endpoint'),
    settings?.get('ec2_metadata_service_endpoint_mode'),
  )
  const where = `the instance's metadata at ${base}`
  const strict = env['AWS_EC2_METADATA_V1_DISABLED'] || settings?.get('ec2_metadata_v1_disabled')
  try {
    return await instanceRole(base, where, env, /^true$/i.test(strict ?? ''))
  } catch (error) {
    // It is the last place, and on most machines there is none.
    return (error as Error).message
  }
}

function metadataUrl(env: Env, given: string | undefined, givenMode: string | undefined): string {
  const endpoint = env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || given
  const mode = env['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE'] || givenMode || 'IPv4'
  const usual = /^ipv6$/i.test(mode) ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254'
  const url = parsed(endpoint || usual)
  if (url === undefined) throw new Error('AWS_EC2_METADATA_SERVICE_ENDPOINT is no URL')
  return url.origin
}

async function instanceRole(base: string, where: string, env: Env, strict: boolean): Promise<AwsCredentials> {
  const get = (path: string, headers: OutgoingHttpHeaders): Promise<Answer> =>
    askAgain(() => send(new URL(path, base), 'GET', headers, patience(env)), attempts(env), where)
  for (const isLast of [false, true]) {
    const headers = await metadataToken(base, where, env, strict)
    const role = await get(ROLE, headers)
    if (role.status === 401 && !isLast) continue // the token has ended
    if (role.status === 404) throw new Error(`${where} has no role: the instance has no instance profile`)
    const name = role.text.trim().split('\n')[0] ?? ''
    if (role.status !== 200 || !/^[\w+=,.@-]+$/.test(name))
      throw new Error(`${where} answered ${role.status} for its role`)
    const answer = await get(`${ROLE}${encodeURIComponent(name)}`, headers)
    if (answer.status === 401 && !isLast) continue
    if (answer.status !== 200) throw new Error(`${where} answered ${answer.status} for the role ${name}`)
    const raw = parseJson<RawCredentials & { Code?: unknown }>(answer.text, where)
    if (raw.Code !== undefined && raw.Code !== 'Success')
      throw new Error(`${where} answered '${String(raw.Code).slice(0, 60)}'`)
    return toCredentials(raw, where)
  }
  throw new Error(`${where} refused its own token`)
}

/** The second version wants a token; where there is only the first, none is needed. */
async function metadataToken(base: string, where: string, env: Env, strict: boolean): Promise<OutgoingHttpHeaders> {
  const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' }
  const hint = `${where}, asked for a token`
  const { status, text } = await askAgain(
    () => send(new URL('/latest/api/token', base), 'PUT', ttl, patience(env)),
    attempts(env),
    hint,
  ).catch((error: Error & { timedOut?: boolean }) => {
    // The answer does not come through another network hop, such as a container's bridge, unless the instance allows it.
    const hop = error.timedOut ? ' (in a container the instance needs a hop limit of 2 or more)' : ''
    throw new Error(`${error.message}${hop}`)
  })
  if (status === 200 && text.trim() !== '') return { 'x-aws-ec2-metadata-token': text.trim() }
  if ([403, 404, 405].includes(status) && !strict) return {}
  throw new Error(`${hint}, answered ${status}`)
}

const patience = (env: Env): number => 1000 * (positive(env['AWS_METADATA_SERVICE_TIMEOUT']) ?? 1)
const attempts = (env: Env): number => positive(env['AWS_METADATA_SERVICE_NUM_ATTEMPTS']) ?? 2

function positive(text: string | undefined): number | undefined {
  const number = Number(text)
  return text && number > 0 && number <= 1000 ? number : undefined
}

/** Asks again where nothing came, or only that the service is in trouble. */
async function askAgain(ask: () => Promise<Answer>, most: number, where: string): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await ask()
      if (answer.status < 500 || attempt >= most) return answer
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      // Nobody is there: asking again would only take time.
      if (attempt < most && code !== 'ECONNREFUSED' && code !== 'EHOSTUNREACH' && code !== 'ENETUNREACH') continue
      throw Object.assign(new Error(`${where} is not to be reached (${code ?? message})`), {
        timedOut: code === 'TIMEOUT',
      })
    }
  }
}

async function send(url: URL, method: string, headers: OutgoingHttpHeaders, timeout: number): Promise<Answer> {
  const request = url.protocol === 'https:' ? (await import('node:https')).request : httpRequest
  return new Promise((resolve, reject) => {
    const fail = (): void => void sent.destroy(Object.assign(new Error('no answer in time'), { code: 'TIMEOUT' }))
    const timer = setTimeout(fail, timeout)
    const sent = request(url, { method, headers, agent: false }, response => void read(response))
    const read = async (response: IncomingMessage): Promise<void> => {
      try {
        let text = ''
        for await (const chunk of response.setEncoding('utf8')) {
          text += chunk
          if (text.length > MOST_BYTES) throw new Error('an answer that is too long')
        }
        resolve({ status: response.statusCode ?? 0, text })
      } catch (error) {
        sent.destroy()
        reject(error)
      } finally {
        clearTimeout(timer)
      }
    }
    sent.on('error', error => {
      clearTimeout(timer)
      reject(error)
    })
    sent.end()
  })
}
