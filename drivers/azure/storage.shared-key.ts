import { createHmac } from 'node:crypto'
import type { OutgoingRequest } from '../../lib/http/message.js'

/** An account of Azure Storage and one of its two keys. */
export interface SharedKey {
  readonly account: string
  /** In base64. */
  readonly key: string
}

export function hmacOf(key: string, text: string): string {
  return createHmac('sha256', Buffer.from(key, 'base64')).update(text, 'utf8').digest('base64')
}

const SIGNED = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
]

/**
 * What is signed of a request. The resource is the path as it is sent, after the account's name.
 * @see https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
 */
export function stringToSign({ method, target, headers }: OutgoingRequest, account: string): string {
  const standard = SIGNED.map(name => {
    const value = headers[name] ?? ''
    return name === 'content-length' && value === '0' ? '' : value
  })
  const own = Object.keys(headers)
    .filter(name => name.startsWith('x-ms-'))
    .sort()
    .map(name => `${name}:${(headers[name] as string).trim()}`)
  return [method, ...standard, ...own, `/${account}${canonicalResource(target)}`].join('\n')
}

function canonicalResource(target: string): string {
  const [path = '', query = ''] = target.split('?', 2)
  const values = new Map<string, string[]>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const at = pair.indexOf('=')
    const name = decodeURIComponent(at < 0 ? pair : pair.slice(0, at)).toLowerCase()
    const value = at < 0 ? '' : decodeURIComponent(pair.slice(at + 1))
    values.set(name, [...(values.get(name) ?? []), value])
  }
  const lines = [...values.keys()].sort().map(name => `\n${name}:${(values.get(name) as string[]).sort().join(',')}`)
  return path + lines.join('')
}

/** Signs a request by its headers. */
export function signSharedKey(request: OutgoingRequest, { account, key }: SharedKey): void {
  request.headers['authorization'] = `SharedKey ${account}:${hmacOf(key, stringToSign(request, account))}`
}
