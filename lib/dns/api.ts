import * as check from '../check.js'
import { type ApiDescription, type ApiRules, calls, lists, provided, tells } from '../driver.js'
import type { CallOptions } from '../options.js'
import type { Owned } from '../owned.js'
import type { Pager } from '../pager.js'
import type { Ref } from '../resource.js'
import {
  type CreateRecordOptions,
  type CreateZoneOptions,
  type ListRecordsOptions,
  type Record,
  type RecordRef,
  RecordType,
  type UpdateRecordOptions,
  type UpdateZoneOptions,
  type Zone,
  ZoneType,
} from './types.js'

/**
 * Every base method; see the note on `ComputeApi` for what all of them reject with.
 * Those that name a zone also reject with ZoneDoesNotExistError, those that name a record with RecordDoesNotExistError.
 */
export interface DNSApi {
  /** The types of records that the provider has. Nothing is asked. */
  readonly listRecordTypes: () => RecordType[]
  /** All zones. */
  readonly listZones: (options?: CallOptions) => Pager<Zone>
  /** One zone. @throws ZoneDoesNotExistError */
  readonly getZone: (zoneId: string, options?: CallOptions) => Promise<Zone>
  /** Makes a zone. @throws ZoneAlreadyExistsError */
  readonly createZone: (zone: CreateZoneOptions, options?: CallOptions) => Promise<Owned<Zone>>
  /** Changes a zone. */
  readonly updateZone: (zone: Ref, changes: UpdateZoneOptions, options?: CallOptions) => Promise<Zone>
  /** Deletes a zone with its records. */
  readonly deleteZone: (zone: Ref, options?: CallOptions) => Promise<void>
  /** The records of a zone. */
  readonly listRecords: (zone: Ref, options?: ListRecordsOptions) => Pager<Record>
  /** One record. @throws RecordDoesNotExistError */
  readonly getRecord: (zoneId: string, recordId: string, options?: CallOptions) => Promise<Record>
  /** Adds a record. @throws RecordAlreadyExistsError */
  readonly createRecord: (zone: Ref, record: CreateRecordOptions, options?: CallOptions) => Promise<Owned<Record>>
  /** Changes a record. Its id may change with it. */
  readonly updateRecord: (record: RecordRef, changes: UpdateRecordOptions, options?: CallOptions) => Promise<Record>
  /** Deletes a record. */
  readonly deleteRecord: (record: RecordRef, options?: CallOptions) => Promise<void>
  /** A master zone as the text of a BIND zone file. */
  readonly exportZoneToBindFormat: (zone: Ref, options?: CallOptions) => Promise<string>
  /** The same, written to a file as it comes; the file appears when it is whole, in place of one that is there. */
  readonly exportZoneToBindZoneFile: (zone: Ref, filePath: string, options?: CallOptions) => Promise<void>
}
export type DNSMethod = keyof DNSApi

// RFC 1035: 63 bytes a label, 253 in all. Characters are left to the provider: underscores, stars and escapes are in use.
const domainName: check.Check = (value, path, context) => {
  const complaint = check.name(value, path, context)
  if (complaint) return complaint
  const text = (value as string).replace(/\.$/, '')
  const good =
    text.length <= 253 && !/\s|^\.|\.\./.test(text) && text.split('.').every(label => Buffer.byteLength(label) <= 63)
  return good
    ? undefined
    : { path, value, allowed: 'a domain name of at most 253 characters, with labels of at most 63' }
}
const recordName: check.Check = (value, path, context) =>
  value === '' || value === '@' ? undefined : domainName(value, path, context)
const ttl = check.optional(check.integer(0, 2_147_483_647))
const priority = check.optional(check.integer(0, 65_535))
const type = check.oneOf(RecordType)
const zoneType = check.optional(check.oneOf(ZoneType))
const record = check.refWithin('id', 'zone', check.ref)

/** How each method answers, and what its arguments must be. */
export const DNS_METHODS: ApiRules<DNSApi> = {
  listRecordTypes: provided(tells(), 'listRecords'),
  listZones: lists(),
  getZone: calls({ zoneId: check.name }),
  createZone: calls({ zone: check.members({ domain: domainName, type: zoneType, ttl }) }),
  updateZone: calls({
    zone: check.ref,
    changes: check.members({ domain: check.optional(domainName), type: zoneType, ttl }),
  }),
  deleteZone: calls({ zone: check.ref }),
  listRecords: lists({ zone: check.ref }, { type: check.optional(type), name: check.optional(recordName) }),
  getRecord: calls({ zoneId: check.name, recordId: check.name }),
  createRecord: calls({
    zone: check.ref,
    record: check.members({ name: recordName, type, data: check.line, ttl, priority }),
  }),
  updateRecord: calls({
    record,
    changes: check.members({
      name: check.optional(recordName),
      type: check.optional(type),
      data: check.optional(check.line),
      ttl,
      priority,
    }),
  }),
  deleteRecord: calls({ record }),
  exportZoneToBindFormat: provided(calls({ zone: check.ref }), 'getZone', 'listRecords'),
  exportZoneToBindZoneFile: provided(calls({ zone: check.ref, filePath: check.filePath }), 'getZone', 'listRecords'),
}

export const DNS: ApiDescription = { api: 'dns', rules: DNS_METHODS }
