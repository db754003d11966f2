// Requests that are unusual in every part, the same ones for the same seed, and how they are signed.
import {
  type AwsCredentials,
  EMPTY_HASH,
  presign,
  type SigningScope,
  sha256,
  signHeaders,
} from '../../../drivers/aws/signature.js'
import type { HttpMethod } from '../../../lib/http/message.js'

/** A request, and what it is signed for. */
export interface SignedRequest {
  readonly kind: 'headers' | 'query'
  readonly method: HttpMethod
  readonly host: string
  /** As it is sent. */
  readonly path: string
  /** Names and values before they are encoded. */
  readonly query: readonly (readonly [string, string])[]
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly scope: SigningScope
  readonly credentials: AwsCredentials
  /** Milliseconds. */
  readonly date: number
  readonly expires: number
}

/** Numbers below one, always the same for a seed. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const CHARACTERS = [
  ...'abcXYZ019-._~',
  ...' !"#$%&\'()*+,/:;<=>?@[\\]^`{|}',
  'ä',
  'ß',
  '漢',
  '字',
  '😀',
  'e\u0301',
  '\u00a0',
  '\u0001',
]
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'] as const
const SERVICES = ['s3', 'ec2', 'route53', 'elasticloadbalancing', 'sts'] as const
const REGIONS = ['us-east-1', 'eu-west-1', 'cn-north-1', 'us-gov-west-1', 'ap-southeast-2'] as const

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

export function* signedRequests(seed: number, count: number): Generator<SignedRequest> {
  const next = numbers(seed)
  const upTo = (most: number): number => Math.floor(next() * (most + 1))
  const one = <T>(all: readonly T[]): T => all[upTo(all.length - 1)] as T
  const text = (most: number): string => Array.from({ length: upTo(most) }, () => one(CHARACTERS)).join('')
  const word = (): string => Array.from({ length: 1 + upTo(8) }, () => one([...'abcdefghij-0123'])).join('')
  const segment = (): string => one([() => encoded(text(6)), () => one(['', '.', '..', '...']), word])()
  const value = (): string => {
    const parts = Array.from({ length: upTo(4) }, () => one([word(), ' ', '  ', '\t', ',', '"x"', ' a  b ']))
    return parts.join('').trim() || word()
  }
  for (let at = 0; at < count; at++) {
    const kind = next() < 0.7 ? 'headers' : 'query'
    const service = one(SERVICES)
    const names = new Set(Array.from({ length: upTo(5) }, () => `${word()}${text(3)}`))
    const query = [...names].map(name => [name, text(8)] as const)
    const repeated = kind === 'headers' && query[0] && next() < 0.3 ? [[query[0][0], text(4)] as const] : []
    const headers: Record<string, string> = {}
    if (kind === 'headers') for (let left = upTo(5); left > 0; left--) headers[`x-${word()}q`] = value()
    yield {
      kind,
      method: one(METHODS),
      host: `${word()}0.example.com${next() < 0.2 ? ':8443' : ''}`,
      path: `/${Array.from({ length: upTo(5) }, segment).join('/')}`,
      query: [...query, ...repeated],
      headers,
      body: kind === 'headers' && next() < 0.5 ? text(40) : '',
      scope: { service, region: one(REGIONS) },
      credentials: {
        key: `AKID${word()}`,
        secret: `${word()}/+${word()}`,
        ...(next() < 0.4 ? { sessionToken: `${text(20)}token==`.replace(/[^\x21-\x7e]/g, '') } : {}),
      },
      date: 1_400_000_000_000 + upTo(600_000_000) * 1000,
      expires: 1 + upTo(604_799),
    }
  }
}

export const queryOf = ({ query }: SignedRequest): string =>
  query.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')

/** This library's signature. */
export function ourSignature(request: SignedRequest): string {
  const { kind, method, host, path, headers, body, scope, credentials, date, expires } = request
  const query = queryOf(request)
  const target = query === '' ? path : `${path}?${query}`
  const encodesPath = scope.service !== 's3'
  const payloadHash = kind === 'headers' ? sha256(body) : encodesPath ? EMPTY_HASH : 'UNSIGNED-PAYLOAD'
  const options = { date: new Date(date), payloadHash, encodesPath }
  if (kind === 'query') {
    const signed = presign({ method, target, headers: { host } }, credentials, scope, { ...options, expires })
    return /X-Amz-Signature=([0-9a-f]{64})$/.exec(signed)?.[1] ?? signed
  }
  const sent = { ...headers, host, 'x-amz-content-sha256': payloadHash, accept: '*/*', 'user-agent': 'any' }
  const { signature } = signHeaders(
    { method, origin: `https://${host}`, target, headers: sent, body },
    credentials,
    scope,
    options,
  )
  return signature
}
