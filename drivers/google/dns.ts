import type { DNSApi } from '../../lib/dns/api.js'
import { connect } from '../../lib/driver.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { GoogleConnection } from './connection.js'
import { NO_ZONE, zonePath } from './dns.base.js'
import { GoogleDNSRecords } from './dns.records.js'
import { meta } from './meta.js'
import { type GoogleOptions, googleOptions } from './options.js'

export type * from './dns.base.js'
export type * from './dns.changes.js'
export type * from './dns.records.js'
export type { GoogleRouting } from './dns.shared.js'
export type { GoogleOptions } from './options.js'

interface RawKey {
  readonly id: string
  readonly type: 'keySigning' | 'zoneSigning'
  readonly algorithm: string
  readonly keyTag: number
  readonly isActive: boolean
  readonly publicKey: string
  readonly digests?: readonly { readonly type: string; readonly digest: string }[]
}
/** A key that a zone is signed with. */
export interface GoogleDnsKey {
  readonly id: string
  readonly type: 'keySigning' | 'zoneSigning'
  /** `'rsasha256'`, `'ecdsap256sha256'` … */
  readonly algorithm: string
  readonly keyTag: number
  readonly isActive: boolean
  /** In Base64. */
  readonly publicKey: string
  /** Of key signing keys: what the domain's registrar has to be told, in hexadecimal. */
  readonly digests: readonly { readonly type: string; readonly digest: string }[]
}
/** A project as Cloud DNS knows it. */
export interface GoogleDnsProject {
  readonly id: string
  readonly number: string
  /** How much of each there may be, by Google's names. */
  readonly quota: Readonly<Record<string, number>>
}

/**
 * Zones and records of Google Cloud DNS. A zone's id is its own name; a record's is its name, type and data, so that a
 * change of these changes it.
 *
 * Google stores record sets: the records of one name and type share their TTL, and are written together. A change names
 * what it replaces, so that of two writers neither loses anything. Names are relative to a domain, which a mere id does
 * not tell: with `{ id }` in a zone's place one request more is sent.
 */
export class GoogleDNSDriver extends GoogleDNSRecords implements Partial<DNSApi> {
  readonly provider = 'google'

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  constructor(options: GoogleOptions = {}) {
    super(meta, googleOptions(options, 'google'))
    connect(this, new GoogleConnection(this, 'https://dns.googleapis.com'))
  }

  /**
   * The keys that a zone is signed with.
   *
   * @example
   * ```ts
   * for await (const { type, digests } of driver.ex_listDnsKeys(zone)) console.log(type, digests)
   * ```
   * @throws ZoneDoesNotExistError
   * @see https://cloud.google.com/dns/docs/reference/rest/v1/dnsKeys/list
   */
  ex_listDnsKeys(zone: Ref, options?: CallOptions): Pager<GoogleDnsKey> {
    const at = (project: string): string => `${zonePath(zone.id)(project)}/dnsKeys`
    const map = ({ id, type, algorithm, keyTag, isActive, publicKey, digests = [] }: RawKey): GoogleDnsKey => ({
      ...{ id, type, algorithm, keyTag, isActive, publicKey },
      digests: digests.map(each => ({ type: each.type, digest: each.digest })),
    })
    return this.connection.list({ path: at, member: 'dnsKeys', map, errors: NO_ZONE }, options)
  }

  /**
   * The project, with its quotas.
   *
   * @example
   * ```ts
   * const { quota } = await driver.ex_getProject()
   * ```
   * @see https://cloud.google.com/dns/docs/reference/rest/v1/projects/get
   */
  async ex_getProject(options?: CallOptions): Promise<GoogleDnsProject> {
    const at = (project: string): string => path`/dns/v1/projects/${project}`
    const map = (raw: { id: string; number: string; quota?: Readonly<Record<string, unknown>> }): GoogleDnsProject => {
      const counts = Object.entries(raw.quota ?? {}).filter(
        (each): each is [string, number] => typeof each[1] === 'number',
      )
      return { id: raw.id, number: raw.number, quota: Object.fromEntries(counts) }
    }
    return this.connection.one({ path: at }, map, options)
  }
}
