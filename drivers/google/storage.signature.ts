// Addresses that carry their own signature. https://cloud.google.com/storage/docs/access-control/signing-urls-manually
import { createHash } from 'node:crypto'
import { encode, slashed } from '../../lib/http/url.js'
import type { Signer } from './credentials.js'

/** What a signed address is for. */
export interface SignedRequest {
  readonly origin: string
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD'
  readonly bucket: string
  /** Absent for the bucket itself. */
  readonly object?: string | undefined
  /** Seconds: at most seven days. */
  readonly expiresIn: number
  readonly date: Date
  /** Headers that the request must then have. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly query?: Readonly<Record<string, string>> | undefined
}

/** Seconds: seven days. */
export const LONGEST = 604_800

const byName = (a: readonly [string, string], b: readonly [string, string]): number => (a[0] < b[0] ? -1 : 1)

/** https://cloud.google.com/storage/docs/authentication/canonical-requests */
export async function signedUrl(request: SignedRequest, signer: Signer): Promise<string> {
  const { origin, method, bucket, object, expiresIn, date } = request
  const time = date.toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${time.slice(0, 8)}/auto/storage/goog4_request`
  const host = origin.slice(origin.indexOf('//') + 2)
  const headers = Object.entries({ host, ...request.headers })
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/\s+/g, ' ')] as const)
    .sort(byName)
  const names = headers.map(([name]) => name).join(';')
  const query = Object.entries({
    ...request.query,
    'X-Goog-Algorithm': 'GOOG4-RSA-SHA256',
    'X-Goog-Credential': `${signer.email}/${scope}`,
    'X-Goog-Date': time,
    'X-Goog-Expires': String(expiresIn),
    'X-Goog-SignedHeaders': names,
  })
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(byName)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  const path = `/${encode(bucket)}${object === undefined ? '' : `/${slashed(object).text}`}`
  const hashOf = Object.fromEntries(headers)['x-goog-content-sha256'] ?? 'UNSIGNED-PAYLOAD'
  const lines = [method, path, query, ...headers.map(each => each.join(':')), '', names, hashOf]
  const digest = createHash('sha256').update(lines.join('\n')).digest('hex')
  const signature = await signer.sign(`GOOG4-RSA-SHA256\n${time}\n${scope}\n${digest}`)
  return `${origin}${path}?${query}&X-Goog-Signature=${signature.toString('hex')}`
}
