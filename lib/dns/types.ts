import type { BaseDriver } from '../driver.js'
import type { CallOptions } from '../options.js'
import type { Owned } from '../owned.js'
import type { Pager } from '../pager.js'
import { type Ref, Resource } from '../resource.js'
import type { DNSApi } from './api.js'
import type { DNSDriver } from './driver.js'

export const RecordType = {
  A: 'A',
  AAAA: 'AAAA',
  AFSDB: 'AFSDB',
  ALIAS: 'ALIAS',
  CAA: 'CAA',
  CERT: 'CERT',
  CNAME: 'CNAME',
  DNAME: 'DNAME',
  DNSKEY: 'DNSKEY',
  DS: 'DS',
  GEO: 'GEO',
  HINFO: 'HINFO',
  HTTPS: 'HTTPS',
  KEY: 'KEY',
  LOC: 'LOC',
  MX: 'MX',
  NAPTR: 'NAPTR',
  NS: 'NS',
  NSEC: 'NSEC',
  OPENPGPKEY: 'OPENPGPKEY',
  PTR: 'PTR',
  REDIRECT: 'REDIRECT',
  RP: 'RP',
  RRSIG: 'RRSIG',
  SOA: 'SOA',
  SPF: 'SPF',
  SRV: 'SRV',
  SSHFP: 'SSHFP',
  SVCB: 'SVCB',
  TLSA: 'TLSA',
  TXT: 'TXT',
  URI: 'URI',
  URL: 'URL',
  WKS: 'WKS',
} as const
/** ALIAS, GEO, REDIRECT and URL are providers' own inventions; the rest are DNS. */
export type RecordType = (typeof RecordType)[keyof typeof RecordType]

export const ZoneType = { MASTER: 'master', SLAVE: 'slave' } as const
/** Whether the provider keeps the zone, or copies it from another server. */
export type ZoneType = (typeof ZoneType)[keyof typeof ZoneType]

/** The driver with every base method: at run time the base class has them all, as stubs. */
export function asApi(driver: BaseDriver): DNSApi {
  return driver as unknown as DNSApi
}

/** A record, known by its id and its zone's. */
export interface RecordRef extends Ref {
  readonly zone: Ref
}

/** What every driver's `createZone` takes. */
export interface CreateZoneOptions {
  /** The domain, without a final dot. */
  domain: string
  /** @defaultValue 'master' */
  type?: ZoneType | undefined
  /** Seconds; the default of its records. */
  ttl?: number | undefined
}
/** What is to change; what is absent stays. */
export interface UpdateZoneOptions {
  domain?: string | undefined
  type?: ZoneType | undefined
  ttl?: number | undefined
}
/** What every driver's `createRecord` takes. */
export interface CreateRecordOptions {
  /** Relative to the zone; empty for the zone's own name. */
  name: string
  type: RecordType
  /**
   * As in a zone file, but without the priority of MX, SRV and the like: `'192.0.2.1'`, `'mail.example.com'`, `'10 5060 sip.example.com'`.
   * Host names are whole; their final dot may be left out. Text is plain, without quotes.
   */
  data: string
  /** Seconds. @defaultValue the zone's, or the provider's */
  ttl?: number | undefined
  /** Of MX, SRV, URI, SVCB and HTTPS. @defaultValue 0 */
  priority?: number | undefined
}
/** What is to change; what is absent stays. */
export interface UpdateRecordOptions {
  name?: string | undefined
  type?: RecordType | undefined
  data?: string | undefined
  ttl?: number | undefined
  priority?: number | undefined
}
export interface ListRecordsOptions extends CallOptions {
  /** Only records of this type. */
  type?: RecordType | undefined
  /** Only records of this name, relative to the zone; empty for the zone's own. */
  name?: string | undefined
}

export interface ZoneFields<Extra extends object> {
  id: string
  domain: string
  type: ZoneType
  ttl?: number | undefined
  extra: Extra
}
/** A domain's records. */
export class Zone<Extra extends object = object> extends Resource implements Ref {
  declare readonly driver: DNSDriver
  readonly id: string
  /** Without a final dot. */
  readonly domain: string
  readonly type: ZoneType
  /** Seconds. */
  readonly ttl: number | undefined
  readonly extra: Extra
  constructor(driver: DNSDriver, fields: ZoneFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.domain = fields.domain
    this.type = fields.type
    this.ttl = fields.ttl
    this.extra = fields.extra
  }
  listRecords(options?: ListRecordsOptions): Pager<Record> {
    return asApi(this.driver).listRecords(this, options)
  }
  createRecord(record: CreateRecordOptions, options?: CallOptions): Promise<Owned<Record>> {
    return asApi(this.driver).createRecord(this, record, options)
  }
  update(changes: UpdateZoneOptions, options?: CallOptions): Promise<Zone> {
    return asApi(this.driver).updateZone(this, changes, options)
  }
  delete(options?: CallOptions): Promise<void> {
    return asApi(this.driver).deleteZone(this, options)
  }
  exportToBindFormat(options?: CallOptions): Promise<string> {
    return asApi(this.driver).exportZoneToBindFormat(this, options)
  }
  exportToBindZoneFile(filePath: string, options?: CallOptions): Promise<void> {
    return asApi(this.driver).exportZoneToBindZoneFile(this, filePath, options)
  }
}

export interface RecordFields<Extra extends object> {
  id: string
  name: string
  type: RecordType
  data: string
  ttl?: number | undefined
  priority?: number | undefined
  zone: Zone | Ref
  extra: Extra
}
/** One record of a zone. */
export class Record<Extra extends object = object> extends Resource implements RecordRef {
  declare readonly driver: DNSDriver
  readonly id: string
  /** Relative to the zone; empty for the zone's own name. */
  readonly name: string
  readonly type: RecordType
  /** See {@link CreateRecordOptions.data}. */
  readonly data: string
  /** Seconds; `undefined` where the zone's holds. */
  readonly ttl: number | undefined
  readonly priority: number | undefined
  /** The zone, or what was given as the zone. */
  readonly zone: Ref
  readonly extra: Extra
  constructor(driver: DNSDriver, fields: RecordFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.name = fields.name
    this.type = fields.type
    this.data = fields.data
    this.ttl = fields.ttl
    this.priority = fields.priority
    this.zone = fields.zone
    this.extra = fields.extra
  }
  update(changes: UpdateRecordOptions, options?: CallOptions): Promise<Record> {
    return asApi(this.driver).updateRecord(this, changes, options)
  }
  delete(options?: CallOptions): Promise<void> {
    return asApi(this.driver).deleteRecord(this, options)
  }
}
