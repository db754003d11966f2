import type { DNSApi } from '../../lib/dns/api.js'
import { DNSDriver } from '../../lib/dns/driver.js'
import { Malformed } from '../../lib/dns/presentation.js'
import { formatData, isDnsType } from '../../lib/dns/rdata.js'
import {
  type CreateRecordOptions,
  type CreateZoneOptions,
  type ListRecordsOptions,
  Record,
  type RecordRef,
  RecordType,
  type UpdateRecordOptions,
  type UpdateZoneOptions,
  Zone,
  ZoneType,
} from '../../lib/dns/types.js'
import {
  ConflictError,
  RecordAlreadyExistsError,
  RecordDoesNotExistError,
  ZoneAlreadyExistsError,
  ZoneDoesNotExistError,
} from '../../lib/errors.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { meta } from './meta.js'
import { badArgument, Table } from './state.js'
import {
  aboutCall,
  type DummyError,
  type DummyFailing,
  type DummyFailOptions,
  type DummyOptions,
  type DummyWorld,
  enterWorld,
  perform,
  performList,
  worldOf,
} from './world.js'

/** What only this driver tells of a zone. */
export interface DummyZoneExtra {
  /** Grows with every change of the zone's records. */
  readonly serial: number
}

interface ZoneRow {
  readonly id: string
  domain: string
  type: ZoneType
  ttl: number
  serial: number
}
interface RecordRow {
  readonly id: string
  readonly zoneId: string
  name: string
  type: RecordType
  data: string
  ttl: number | undefined
  priority: number | undefined
}
interface State {
  readonly zones: Table<ZoneRow>
  readonly records: Table<RecordRow>
}

const NAME_SERVERS = ['ns1.dummy.example', 'ns2.dummy.example'] as const
const WITH_PRIORITY: readonly RecordType[] = ['MX', 'SRV', 'URI', 'SVCB', 'HTTPS']

/** Zones and records in memory. A new master zone has its SOA and two NS records; data is read as a name server reads it. */
export class DummyDNSDriver extends DNSDriver implements Partial<DNSApi> {
  readonly provider = 'dummy'
  readonly recordTypes: readonly RecordType[] = Object.values(RecordType)

  constructor(options: DummyOptions = {}) {
    super(meta, options)
    enterWorld(this, 'dns', options)
  }

  listZones(options?: CallOptions): Pager<Zone<DummyZoneExtra>> {
    return performList(
      this,
      'listZones',
      undefined,
      options,
      token => stateOf(this).zones.page(token, worldOf(this).pageSize, options),
      row => this.#toZone(row),
    )
  }

  async getZone(zoneId: string, options?: CallOptions): Promise<Zone<DummyZoneExtra>> {
    return perform(this, 'getZone', zoneId, options, () => this.#toZone(stateOf(this).zones.get(zoneId, options)))
  }

  async createZone(zone: CreateZoneOptions, options?: CallOptions): Promise<Owned<Zone<DummyZoneExtra>>> {
    const created = await perform(this, 'createZone', zone.domain, options, () => {
      const { zones, records } = stateOf(this)
      const { type = ZoneType.MASTER, ttl = 3600 } = zone
      const row = zones.insert({ domain: this.#freeDomain(zone.domain, undefined, options), type, ttl, serial: 1 })
      if (type === ZoneType.MASTER) {
        const own = { zoneId: row.id, name: '', ttl: undefined, priority: undefined }
        records.insert({ ...own, type: RecordType.SOA, data: '' }) // follows from the zone
        for (const data of NAME_SERVERS) records.insert({ ...own, type: RecordType.NS, data })
      }
      return this.#toZone(row)
    })
    return owned(created, () => this.deleteZone({ id: created.id }))
  }

  async updateZone(zone: Ref, changes: UpdateZoneOptions, options?: CallOptions): Promise<Zone<DummyZoneExtra>> {
    return perform(this, 'updateZone', zone.id, options, () => {
      const row = stateOf(this).zones.get(zone.id, options)
      if (changes.domain !== undefined) row.domain = this.#freeDomain(changes.domain, row, options)
      row.type = changes.type ?? row.type
      row.ttl = changes.ttl ?? row.ttl
      row.serial += 1
      return this.#toZone(row)
    })
  }

  async deleteZone(zone: Ref, options?: CallOptions): Promise<void> {
    await perform(this, 'deleteZone', zone.id, options, () => {
      const { zones, records } = stateOf(this)
      const { id } = zones.get(zone.id, options)
      for (const row of records.all(({ zoneId }) => zoneId === id)) records.remove(row.id)
      zones.remove(id)
    })
  }

  listRecords(zone: Ref, options?: ListRecordsOptions): Pager<Record> {
    const { type, name } = options ?? {}
    const wanted = name === '@' ? '' : name?.toLowerCase()
    const isWanted = (row: RecordRow): boolean =>
      row.zoneId === zone.id &&
      (type === undefined || row.type === type) &&
      (wanted === undefined || row.name === wanted)
    return performList(
      this,
      'listRecords',
      zone.id,
      options,
      token => {
        const { zones, records } = stateOf(this)
        zones.get(zone.id, options)
        return records.page(token, worldOf(this).pageSize, options, isWanted)
      },
      row => this.#toRecord(row, zone),
    )
  }

  async getRecord(zoneId: string, recordId: string, options?: CallOptions): Promise<Record> {
    const ref = { id: recordId, zone: { id: zoneId } }
    return perform(this, 'getRecord', recordId, options, () => this.#toRecord(this.#row(ref, options), ref.zone))
  }

  /** @throws ConflictError for a CNAME beside other records of its name. */
  async createRecord(zone: Ref, record: CreateRecordOptions, options?: CallOptions): Promise<Owned<Record>> {
    const created = await perform(this, 'createRecord', record.name, options, () => {
      const { zones, records } = stateOf(this)
      const parent = zones.get(zone.id, options)
      const row = { ttl: undefined, priority: undefined, ...record, zoneId: parent.id, id: undefined }
      const { id: _id, ...checked } = this.#checked(row, parent, options)
      parent.serial += 1
      return this.#toRecord(records.insert(checked), zone)
    })
    return owned(created, () => this.deleteRecord({ id: created.id, zone: { id: zone.id } }))
  }

  async updateRecord(record: RecordRef, changes: UpdateRecordOptions, options?: CallOptions): Promise<Record> {
    return perform(this, 'updateRecord', record.id, options, () => {
      const row = this.#changeable(record, options)
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
      const parent = stateOf(this).zones.get(row.zoneId, options)
      Object.assign(row, this.#checked({ ...row, ...given }, parent, options))
      parent.serial += 1
      return this.#toRecord(row, record.zone)
    })
  }

  async deleteRecord(record: RecordRef, options?: CallOptions): Promise<void> {
    await perform(this, 'deleteRecord', record.id, options, () => {
      const { zones, records } = stateOf(this)
      records.remove(this.#changeable(record, options).id)
      zones.get(record.zone.id, options).serial += 1
    })
  }

  /**
   * The world that the driver is in: to be shared with another driver, or to be looked at.
   * @example new DummyNodeDriver({ world: driver.ex_world() })
   */
  ex_world(_options?: CallOptions): DummyWorld {
    return worldOf(this)
  }
  /**
   * Lets time pass in the driver's world, in milliseconds: at once, also before the promise is awaited.
   * @example await driver.ex_advance(60_000)
   */
  async ex_advance(ms: number, _options?: CallOptions): Promise<void> {
    worldOf(this).advance(ms)
  }
  /**
   * Lets the next calls of a method fail: see {@link DummyWorld.fail}.
   * @example await driver.ex_fail('createRecord', ServiceError, { times: 2 })
   */
  async ex_fail(operation: DummyFailing, error: DummyError, options?: DummyFailOptions): Promise<void> {
    worldOf(this).fail(operation, error, options)
  }

  #freeDomain(given: string, own: ZoneRow | undefined, options: CallOptions | undefined): string {
    const domain = given.replace(/\.$/, '').toLowerCase()
    const [other] = stateOf(this).zones.all(row => row !== own && row.domain === domain)
    if (other) throw new ZoneAlreadyExistsError(`There is a zone of '${domain}' already`, aboutCall(options))
    return domain
  }

  #row({ id, zone }: RecordRef, options: CallOptions | undefined): RecordRow {
    const { zones, records } = stateOf(this)
    zones.get(zone.id, options)
    return records.get(id, options, ({ zoneId }) => zoneId === zone.id)
  }

  #changeable(record: RecordRef, options: CallOptions | undefined): RecordRow {
    const row = this.#row(record, options)
    if (row.type !== RecordType.SOA) return row
    throw new ConflictError('The SOA record belongs to its zone', aboutCall(options))
  }

  /** What is to be kept of a record, or an error: of its form, or because of what there is already. */
  #checked<R extends Omit<RecordRow, 'id'> & { id: string | undefined }>(
    row: R,
    zone: ZoneRow,
    options: CallOptions | undefined,
  ): R {
    if (zone.type === ZoneType.SLAVE)
      throw badArgument('zone', 'a master zone: a slave has the records of its master', options)
    const name = row.name === '@' ? '' : row.name.toLowerCase()
    const priority = WITH_PRIORITY.includes(row.type) ? (row.priority ?? 0) : undefined
    const whole = { ...row, name, priority }
    const data = normalized(whole, zone, options)
    const beside = stateOf(this).records.all(
      each => each.zoneId === zone.id && each.name === name && each.id !== row.id,
    )
    const same = beside.find(
      each => each.type === row.type && (row.type === RecordType.SOA || normalized(each, zone, options) === data),
    )
    if (same)
      throw new RecordAlreadyExistsError(`There is such a ${row.type} record of '${name}' already`, aboutCall(options))
    const [other] = beside
    if (other && [row.type, other.type].includes(RecordType.CNAME))
      throw new ConflictError(`A CNAME cannot stand beside the ${other.type} record of '${name}'`, aboutCall(options))
    return whole
  }

  #toZone({ id, domain, type, ttl, serial }: ZoneRow): Zone<DummyZoneExtra> {
    return new Zone(this, { id, domain, type, ttl, extra: { serial } })
  }

  #toRecord({ id, name, type, data, ttl, priority, zoneId }: RecordRow, zone: Ref): Record {
    const serial = stateOf(this).zones.find(zoneId)?.serial ?? 1
    const shown = type === RecordType.SOA ? soaData(serial) : data
    return new Record(this, { id, name, type, data: shown, ttl, priority, zone, extra: {} })
  }
}

function stateOf(driver: DummyDNSDriver): State {
  return worldOf(driver).part('dns', () => ({
    zones: new Table<ZoneRow>('zone', ZoneDoesNotExistError),
    records: new Table<RecordRow>('record', RecordDoesNotExistError),
  }))
}

const soaData = (serial: number): string =>
  `${NAME_SERVERS[0]} hostmaster.dummy.example ${serial} 7200 3600 1209600 300`

/** The data in one form, so that the same data is known again. What DNS does not know is taken as it is. */
function normalized(
  { type, data, priority }: Pick<RecordRow, 'type' | 'data' | 'priority'>,
  zone: ZoneRow,
  options: CallOptions | undefined,
): string {
  if (!isDnsType(type) || (type === RecordType.SOA && data === '')) return data
  try {
    return formatData(type, data, priority, `${zone.domain}.`).toLowerCase()
  } catch (error) {
    if (error instanceof Malformed)
      throw badArgument('record.data', `the data of a ${type} record (${error.message})`, options)
    throw error
  }
}
