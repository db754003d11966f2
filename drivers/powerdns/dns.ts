import type { DNSApi } from '../../lib/dns/api.js'
import { absoluteName, checked } from '../../lib/dns/content.js'
import { connect } from '../../lib/driver.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { onePage, type Pager } from '../../lib/pager.js'
import { PowerDNSConnection, type PowerDNSOptions } from './connection.js'
import { PowerDNSViews } from './dns.views.js'
import { meta } from './meta.js'

export type { PowerDNSOptions } from './connection.js'
export type * from './dns.base.js'
export type * from './dns.keys.js'
export type * from './dns.records.js'
export type * from './dns.rrsets.js'
export type * from './dns.views.js'
export type * from './dns.zones.js'

/** A server that the API speaks for. */
export interface PowerDNSServer {
  /** `localhost`, of an authoritative server. */
  readonly id: string
  /** `authoritative` or `recursor`. */
  readonly daemonType: string
  readonly version: string
}
/** A number that the server counts, or a table or ring of them. */
export interface PowerDNSStatistic {
  readonly name: string
  readonly type: string
  /** Text, and for tables and rings a list. */
  readonly value: string | readonly { readonly name: string; readonly value: string }[]
}
/** What `ex_listStatistics` takes. */
export interface PowerDNSStatisticsOptions extends CallOptions {
  /** Only this one. */
  ex_statistic?: string | undefined
  /** Whether rings are told too, which hold the latest queries and log messages. @defaultValue true */
  ex_includeRings?: boolean | undefined
}
/** Something that a search has found. */
export interface PowerDNSSearchResult {
  readonly kind: 'zone' | 'record' | 'comment'
  /** With its final dot. */
  readonly name: string
  readonly zoneId: string
  /** A record's or RRset's. */
  readonly type: string | undefined
  /** A record's, in the server's form, or a comment's text. */
  readonly content: string | undefined
  /** Seconds. */
  readonly ttl: number | undefined
  readonly isDisabled: boolean
}
/** What `ex_searchData` takes. */
export interface PowerDNSSearchOptions extends CallOptions {
  /** How many results there may be. @defaultValue 100 */
  ex_max?: number | undefined
  /** @defaultValue 'all' */
  ex_objectType?: 'all' | 'zone' | 'record' | 'comment' | undefined
}
/** A server whose notifications make slave zones here. */
export interface PowerDNSAutoprimary {
  /** Its address. */
  readonly ip: string
  /** Its host name, which must be among the zone's NS records. */
  readonly nameserver: string
  readonly account: string
}

interface RawServer {
  readonly id: string
  readonly daemon_type: string
  readonly version: string
}
interface RawSearchResult {
  readonly object_type: 'zone' | 'record' | 'comment'
  readonly name: string
  readonly zone_id: string
  readonly type?: string
  readonly content?: string
  readonly ttl?: number
  readonly disabled?: boolean
}

/**
 * Zones and records of a PowerDNS authoritative server, 4.7 or later. A zone's id is its name as the server writes it into
 * paths; a record's is its name, type and data, so that a change of these changes it.
 *
 * PowerDNS stores RRsets: the records of one name and type share their TTL, and are written together. A driver keeps its
 * own calls from overwriting each other; nothing keeps other programs from it, for which `ex_extendRRset` is there.
 */
export class PowerDNSDriver extends PowerDNSViews implements Partial<DNSApi> {
  readonly provider = 'powerdns'

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  constructor(options: PowerDNSOptions = {}) {
    super(meta, options)
    connect(this, new PowerDNSConnection(this))
  }

  /**
   * The servers that the API speaks for: of an authoritative server itself alone.
   * @example const [{ version }] = await driver.ex_listServers()
   * @see https://doc.powerdns.com/authoritative/http-api/server.html
   */
  ex_listServers(options?: CallOptions): Pager<PowerDNSServer> {
    return onePage(async () => {
      const spec = { path: this.connection.servers.text }
      const { body } = await this.connection.request<readonly RawServer[]>(spec, options)
      return body.map(toServer)
    }, options)
  }

  /**
   * This driver's server.
   * @example const { version } = await driver.ex_getServer()
   * @see https://doc.powerdns.com/authoritative/http-api/server.html
   */
  async ex_getServer(options?: CallOptions): Promise<PowerDNSServer> {
    const { body } = await this.connection.request<RawServer>({ path: this.connection.root.text }, options)
    return toServer(body)
  }

  /**
   * The server's settings, by name; its passwords are not among them.
   * @example const { 'default-ttl': ttl } = await driver.ex_getConfig()
   * @see https://doc.powerdns.com/authoritative/http-api/server.html
   */
  async ex_getConfig(options?: CallOptions): Promise<{ readonly [name: string]: string }> {
    const spec = { path: path`${this.connection.root}/config` }
    const { body } = await this.connection.request<readonly { name: string; value: string }[]>(spec, options)
    return Object.fromEntries(body.map(({ name, value }) => [name, value]))
  }

  /**
   * What the server counts.
   * @example const [uptime] = await driver.ex_listStatistics({ ex_statistic: 'uptime' })
   * @see https://doc.powerdns.com/authoritative/http-api/statistics.html
   * @throws InvalidRequestError for a name that there is not
   */
  ex_listStatistics(options?: PowerDNSStatisticsOptions): Pager<PowerDNSStatistic> {
    return onePage(async () => {
      const { ex_statistic: statistic, ex_includeRings: includerings } = options ?? {}
      const spec = { path: path`${this.connection.root}/statistics`, query: { statistic, includerings } }
      const { body } = await this.connection.request<readonly PowerDNSStatistic[]>(spec, options)
      return body.map(({ name, type, value }) => ({ name, type, value }))
    }, options)
  }

  /**
   * Zones, records and comments in which a text occurs; `*` stands for any characters, `?` for one, and has
   * to stand for `%`, which the server takes for an encoding.
   * @example for await (const { name } of driver.ex_searchData('*.example.com')) console.log(name)
   * @see https://doc.powerdns.com/authoritative/http-api/search.html
   * @throws InvalidRequestError for a `%`
   */
  ex_searchData(query: string, options?: PowerDNSSearchOptions): Pager<PowerDNSSearchResult> {
    return onePage(async () => {
      const { ex_max: max = 100, ex_objectType } = options ?? {}
      const spec = {
        path: path`${this.connection.root}/search-data`,
        query: { q: query, max, object_type: ex_objectType },
      }
      const { body } = await this.connection.request<readonly RawSearchResult[]>(spec, options)
      return body.map(toSearchResult)
    }, options)
  }

  /**
   * Forgets what the server has cached of a domain and all below it; gives how much that was.
   * @example await driver.ex_flushCache('example.com')
   * @see https://doc.powerdns.com/authoritative/http-api/cache.html
   */
  async ex_flushCache(domain: string, options?: CallOptions): Promise<number> {
    const name = checked(this.provider, 'domain', () => absoluteName(domain))
    const spec = { method: 'PUT', path: path`${this.connection.root}/cache/flush`, query: { domain: name } } as const
    const { body } = await this.connection.request<{ count: number }>(spec, options)
    return body.count
  }

  /**
   * The servers whose notifications make slave zones here.
   * @example for await (const { ip } of driver.ex_listAutoprimaries()) console.log(ip)
   * @see https://doc.powerdns.com/authoritative/http-api/autoprimaries.html
   */
  ex_listAutoprimaries(options?: CallOptions): Pager<PowerDNSAutoprimary> {
    return onePage(async () => {
      const spec = { path: path`${this.connection.root}/autoprimaries` }
      const { body } = await this.connection.request<readonly Partial<PowerDNSAutoprimary>[]>(spec, options)
      return body.map(({ ip = '', nameserver = '', account = '' }) => ({ ip, nameserver, account }))
    }, options)
  }

  /**
   * Lets a server's notifications make slave zones here. For one that is there already the server answers 500.
   * @example await driver.ex_createAutoprimary({ ip: '192.0.2.53', nameserver: 'ns1.example.com', account: '' })
   * @see https://doc.powerdns.com/authoritative/http-api/autoprimaries.html
   */
  async ex_createAutoprimary(server: PowerDNSAutoprimary, options?: CallOptions): Promise<void> {
    const { ip, nameserver, account } = server
    const spec = {
      method: 'POST',
      path: path`${this.connection.root}/autoprimaries`,
      json: { ip, nameserver, account },
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  /**
   * No longer lets a server's notifications make zones. It is no error when there is no such server.
   * @example await driver.ex_deleteAutoprimary({ ip: '192.0.2.53', nameserver: 'ns1.example.com' })
   * @see https://doc.powerdns.com/authoritative/http-api/autoprimaries.html
   */
  async ex_deleteAutoprimary(
    server: Pick<PowerDNSAutoprimary, 'ip' | 'nameserver'>,
    options?: CallOptions,
  ): Promise<void> {
    const at = path`${this.connection.root}/autoprimaries/${server.ip}/${server.nameserver}`
    await this.connection.request({ method: 'DELETE', path: at, read: readNothing }, options)
  }
}

function toServer({ id, daemon_type: daemonType, version }: RawServer): PowerDNSServer {
  return { id, daemonType, version }
}

function toSearchResult(raw: RawSearchResult): PowerDNSSearchResult {
  return {
    kind: raw.object_type,
    name: raw.name,
    zoneId: raw.zone_id,
    type: raw.type,
    content: raw.content,
    ttl: raw.ttl,
    isDisabled: raw.disabled ?? false,
  }
}
