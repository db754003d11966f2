import * as crypto from 'node:crypto'
import type { OutgoingRequest } from '../../lib/http/message.js'
import { encode } from '../../lib/http/url.js'

/** What requests are signed with. */
export interface AwsCredentials {
  /** The access key's id. */
  readonly key: string
  readonly secret: string
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined
  /** When temporary credentials end. */
  readonly expiration?: Date | undefined
}

/** What a signature is good for. */
export interface SigningScope {
  readonly region: string
  /** The service's name in signatures: `ec2`, `s3`, `elasticloadbalancing`, `route53`. */
  readonly service: string
}

export interface SigningOptions {
  /** The time on the service's clock. */
  readonly date: Date
  /** The payload's SHA-256 in hex, or what stands for it. */
  readonly payloadHash: string
  /** Whether the path is encoded a second time: by all services but S3. */
  readonly encodesPath: boolean
}

export const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD'
export const ALGORITHM = 'AWS4-HMAC-SHA256'

/** Headers that whatever is between may change, that carry the signature, or that only traces use. */
const UNSIGNED_HEADERS = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'expect',
  'transfer-encoding',
  'user-agent',
  'x-amzn-trace-id',
  'x-lc-request-id',
])

export function sha256(data: string | Uint8Array): string {
  return crypto.hash('sha256', data, 'hex')
}

const BLOCK = 64
const ROOM = 1024

/**
 * HMAC-SHA-256 with one key, of ASCII text. With the key's two blocks at hand it is two hashes; `crypto.createHmac` makes
 * an object and a key of each call, which costs ten times as much.
 */
export class HmacKey {
  readonly #inner = Buffer.alloc(BLOCK + ROOM, 0x36)
  readonly #outer = Buffer.alloc(BLOCK + 32, 0x5c)

  constructor(key: Uint8Array) {
    const short = key.length > BLOCK ? crypto.hash('sha256', key, 'buffer') : key
    for (const [at, byte] of short.entries()) {
      this.#inner[at] = byte ^ 0x36
      this.#outer[at] = byte ^ 0x5c
    }
  }

  /** In hexadecimal. */
  hex(text: string): string {
    this.#hash(text)
    return crypto.hash('sha256', this.#outer, 'hex')
  }

  /** As the key of another. */
  derive(text: string): HmacKey {
    this.#hash(text)
    return new HmacKey(crypto.hash('sha256', this.#outer, 'buffer'))
  }

  #hash(text: string): void {
    const fits = text.length <= ROOM
    const length = fits ? this.#inner.write(text, BLOCK, 'latin1') : 0
    const data = fits
      ? this.#inner.subarray(0, BLOCK + length)
      : Buffer.concat([this.#inner.subarray(0, BLOCK), Buffer.from(text)])
    this.#outer.write(crypto.hash('sha256', data, 'binary'), BLOCK, 'latin1')
  }
}

let lastSecond = Number.NaN
let lastTimestamp = ''
/** `20260131T235959Z` */
export function timestamp(date: Date): string {
  const second = Math.floor(date.getTime() / 1000)
  if (second !== lastSecond) {
    lastTimestamp = `${date.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
    lastSecond = second
  }
  return lastTimestamp
}

export function scopeText(day: string, { region, service }: SigningScope): string {
  return `${day}/${region}/${service}/aws4_request`
}

// A signing key is good for a day; nobody has many at once.
const keys = new Map<string, HmacKey>()
const MOST_KEYS = 64

/** The key of a day, region and service: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export function signingKey(secret: string, day: string, { region, service }: SigningScope): HmacKey {
  const name = `${day}/${region}/${service}/${secret}`
  let key = keys.get(name)
  if (key === undefined) {
    key = new HmacKey(Buffer.from(`AWS4${secret}`)).derive(day).derive(region).derive(service).derive('aws4_request')
    if (keys.size >= MOST_KEYS) keys.delete(keys.keys().next().value as string)
    keys.set(name, key)
  }
  return key
}

/** The query as it is signed: sorted by encoded name, then by value. */
export function canonicalQuery(query: string): string {
  if (query === '') return ''
  const pairs = query.split('&').filter(pair => pair !== '')
  for (let at = 0; at < pairs.length; at++) if (!pairs[at]!.includes('=')) pairs[at] += '='
  if (pairs.length === 1) return pairs[0] as string
  // '=' sorts after '-', '.' and digits: names must be compared before values are.
  return pairs
    .map(pair => [pair, pair.slice(0, pair.indexOf('='))] as const)
    .sort(([one, name], [other, otherName]) => {
      if (name !== otherName) return name < otherName ? -1 : 1
      return one < other ? -1 : one > other ? 1 : 0
    })
    .map(([pair]) => pair)
    .join('&')
}

/** The path as it is signed: without dots and empty parts, and encoded once more, for all services but S3. */
export function canonicalPath(path: string, encodesPath: boolean): string {
  if (!encodesPath) return path
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(encode(part))
  }
  const slash = path.endsWith('/') && parts.length > 0 ? '/' : ''
  return `/${parts.join('/')}${slash}`
}

/** The names and the lines of the headers that are signed. */
function signedHeaders(headers: Readonly<Record<string, string>>): { names: string; lines: string } {
  const signed: string[] = []
  for (const name in headers) if (!UNSIGNED_HEADERS.has(name)) signed.push(name)
  signed.sort()
  let lines = ''
  for (const name of signed) lines += `${name}:${plain(headers[name] as string)}\n`
  return { names: signed.join(';'), lines }
}

/** A header's value without white space around it and with single spaces inside. */
function plain(value: string): string {
  return /\s\s|^\s|[^\S ]|\s$/.test(value) ? value.trim().replace(/\s+/g, ' ') : value
}

/** What a request's signature is made of, and made with. */
export interface Signature {
  readonly signature: string
  readonly signedHeaders: string
  readonly scope: string
  readonly key: HmacKey
}

/** The signature of a request as it stands. */
export function signatureOf(
  { method, target, headers }: Pick<OutgoingRequest, 'method' | 'target' | 'headers'>,
  { secret }: AwsCredentials,
  signingScope: SigningScope,
  { date, payloadHash, encodesPath }: SigningOptions,
): Signature {
  const time = timestamp(date)
  const day = time.slice(0, 8)
  const scope = scopeText(day, signingScope)
  const mark = target.indexOf('?')
  const path = canonicalPath(mark < 0 ? target : target.slice(0, mark), encodesPath)
  const query = mark < 0 ? '' : canonicalQuery(target.slice(mark + 1))
  const { names, lines } = signedHeaders(headers)
  const canonical = `${method}\n${path}\n${query}\n${lines}\n${names}\n${payloadHash}`
  const key = signingKey(secret, day, signingScope)
  const text = `${ALGORITHM}\n${time}\n${scope}\n${sha256(canonical)}`
  return {
    signature: key.hex(text),
    signedHeaders: names,
    scope,
    key,
  }
}

/** Signs a request by its headers. */
export function signHeaders(
  request: OutgoingRequest,
  credentials: AwsCredentials,
  scope: SigningScope,
  options: SigningOptions,
): Signature {
  const { headers } = request
  headers['x-amz-date'] = timestamp(options.date)
  if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken
  const signature = signatureOf(request, credentials, scope, options)
  headers['authorization'] =
    `${ALGORITHM} Credential=${credentials.key}/${signature.scope}, ` +
    `SignedHeaders=${signature.signedHeaders}, Signature=${signature.signature}`
  return signature
}

/** A request's target with a signature in its query, good for so many seconds. */
export function presign(
  request: Pick<OutgoingRequest, 'method' | 'target' | 'headers'>,
  credentials: AwsCredentials,
  scope: SigningScope,
  { expires, ...options }: SigningOptions & { readonly expires: number },
): string {
  const time = timestamp(options.date)
  const { names } = signedHeaders(request.headers)
  const added: Record<string, string> = {
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${credentials.key}/${scopeText(time.slice(0, 8), scope)}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(expires),
    'X-Amz-SignedHeaders': names,
  }
  if (credentials.sessionToken !== undefined) added['X-Amz-Security-Token'] = credentials.sessionToken
  const query = Object.entries(added)
    .map(([name, value]) => `${name}=${encode(value)}`)
    .join('&')
  const target = `${request.target}${request.target.includes('?') ? '&' : '?'}${query}`
  const { signature } = signatureOf({ ...request, target }, credentials, scope, options)
  return `${target}&X-Amz-Signature=${signature}`
}
