import { queryString } from '../../lib/http/url.js'
import { hmacOf, type SharedKey } from './storage.shared-key.js'

/** What an address that carries its own signature is good for. */
export interface SasGrant {
  readonly container: string
  /** Without it, the grant is for the whole container. */
  readonly blob?: string | undefined
  /** Letters in the order of the documentation: `racwd…`. */
  readonly permissions: string
  readonly expires: Date
  readonly starts?: Date | undefined
  /** `https`, or `https,http`. */
  readonly protocol: string
  readonly version: string
  /** An address, or a range: `198.51.100.10-198.51.100.20`. */
  readonly ip?: string | undefined
  /** Headers that the reply is to have. */
  readonly contentDisposition?: string | undefined
  readonly contentType?: string | undefined
}

/** `2026-01-31T23:59:59Z` */
const seconds = (date: Date | undefined): string => (date === undefined ? '' : `${date.toISOString().slice(0, 19)}Z`)

/**
 * The query of a service SAS.
 * @see https://learn.microsoft.com/rest/api/storageservices/create-service-sas
 */
export function sasQuery(grant: SasGrant, { account, key }: SharedKey): string {
  const { container, blob, permissions, expires, starts, protocol, version, ip } = grant
  const { contentDisposition, contentType } = grant
  const resource = `/blob/${account}/${container}${blob === undefined ? '' : `/${blob}`}`
  const kind = blob === undefined ? 'c' : 'b'
  const [start, end] = [seconds(starts), seconds(expires)]
  const signed = [
    permissions,
    start,
    end,
    resource,
    '', // a stored policy's name
    ip ?? '',
    protocol,
    version,
    kind,
    '', // a snapshot's time
    '', // an encryption scope
    '', // Cache-Control
    contentDisposition ?? '',
    '', // Content-Encoding
    '', // Content-Language
    contentType ?? '',
  ].join('\n')
  return queryString({
    sv: version,
    st: start || undefined,
    se: end,
    sr: kind,
    sp: permissions,
    sip: ip,
    spr: protocol,
    rscd: contentDisposition,
    rsct: contentType,
    sig: hmacOf(key, signed),
  }).slice(1)
}
