import { DNS, type DNSMethod } from '../../lib/dns/api.js'
import { DNSDriver } from '../../lib/dns/driver.js'
import { Record as DNSRecord, RecordType, Zone, ZoneType } from '../../lib/dns/types.js'
import type { Harness, Runner } from './harness.js'
import {
  checker,
  list,
  maybe,
  nothing,
  number,
  object,
  oneOf,
  owned,
  resource,
  type Shape,
  some,
  string,
} from './shapes.js'
import { type ApiSuite, describeDriver } from './suite.js'

const zone = resource(Zone, {
  id: some,
  domain: some,
  type: oneOf(ZoneType),
  ttl: maybe(number),
  extra: object,
})
const record = resource(DNSRecord, {
  id: some,
  name: string,
  type: oneOf(RecordType),
  data: string,
  ttl: maybe(number),
  priority: maybe(number),
  zone: object,
  extra: object,
})

const SHAPES: Readonly<Record<DNSMethod, Shape>> = {
  listRecordTypes: list(oneOf(RecordType)),
  listZones: list(zone),
  getZone: zone,
  createZone: owned(zone),
  updateZone: zone,
  deleteZone: nothing,
  listRecords: list(record),
  getRecord: record,
  createRecord: owned(record),
  updateRecord: record,
  deleteRecord: nothing,
  exportZoneToBindFormat: some,
  exportZoneToBindZoneFile: nothing,
}
const suite: ApiSuite = {
  description: DNS,
  base: DNSDriver.prototype,
  checkShape: checker(SHAPES),
  missing: {
    getZone: 'ZoneDoesNotExistError',
    updateZone: 'ZoneDoesNotExistError',
    deleteZone: 'ZoneDoesNotExistError',
    listRecords: 'ZoneDoesNotExistError',
    createRecord: 'ZoneDoesNotExistError',
    getRecord: ['RecordDoesNotExistError', 'ZoneDoesNotExistError'],
    updateRecord: ['RecordDoesNotExistError', 'ZoneDoesNotExistError'],
    deleteRecord: ['RecordDoesNotExistError', 'ZoneDoesNotExistError'],
  },
}

/** Runs the suite of the DNS API on a driver. */
export function dnsConformance(runner: Runner, harness: Harness): void {
  describeDriver(runner, harness, suite)
}
