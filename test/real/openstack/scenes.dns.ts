// What the recorder plays of Designate: each begins with the zone example.com alone.
import { DesignateDNSDriver } from '../../../drivers/openstack/dns.js'
import type { Ref } from '../../../lib/resource.js'
import type { ServiceScene, ServiceStage } from './service-scenes.js'

type Driver = DesignateDNSDriver
const QUICK = { ex_wait: { interval: 200 } } as const
let zone: Ref & { readonly domain: string } = { id: '', domain: 'example.com' }
const ref = (): Ref => ({ id: zone.id })

const www = (driver: Driver, data: string) =>
  driver.createRecord(zone, { name: 'www', type: 'A', data, ttl: 300 }).then(record => record.keep())
const two = async (driver: Driver): Promise<void> => {
  await www(driver, '192.0.2.1')
  await www(driver, '192.0.2.2')
}
const first = async (driver: Driver): Promise<{ id: string; zone: Ref }> => {
  const found = (await driver.listRecords(zone, { name: 'www', type: 'A' })).find(each => each.data === '192.0.2.1')
  return { id: found?.id ?? '', zone: ref() }
}
const setOf = async (driver: Driver): Promise<Ref> => ({ id: (await first(driver)).id.replace(/\/.*$/, '') })
const offer = (driver: Driver) => driver.ex_createTransferRequest(zone, { description: 'moving' })
const offered = async (driver: Driver): Promise<Ref> => ({
  id: (await driver.ex_listTransferRequests()).find(({ zoneId }) => zoneId === zone.id)?.id ?? '',
})
const NOWHERE = '00000000-0000-4000-8000-00000000dead'
const ZONE_FILE = `$ORIGIN example.net.
$TTL 300
@ IN SOA ns1.example.net. hostmaster.example.net. 1 3600 600 86400 300
@ IN NS ns1.example.net.
www IN A 192.0.2.8
`

const SCENES: readonly ServiceScene<Driver>[] = [
  {
    method: 'listZones',
    args: [{ ex_pageSize: 1 }],
    before: driver => driver.createZone({ domain: 'example.org' }, QUICK),
  },
  { method: 'getZone', args: () => [zone.id] },
  { method: 'getZone', name: 'missing', args: [NOWHERE], throws: 'ZoneDoesNotExistError' },
  { method: 'createZone', args: [{ domain: 'example.org', ttl: 7200, ex_description: 'for tests' }] },
  { method: 'createZone', name: 'unwaited', args: [{ domain: 'example.org' }, { ex_wait: false }] },
  { method: 'createZone', name: 'twice', args: [{ domain: 'example.com' }], throws: 'ZoneAlreadyExistsError' },
  { method: 'updateZone', args: () => [ref(), { ttl: 7200, ex_email: 'dns@example.com' }] },
  { method: 'deleteZone', args: () => [ref()] },
  { method: 'listRecords', args: () => [ref(), { ex_pageSize: 2 }], before: two },
  { method: 'listRecords', name: 'name', args: () => [zone, { name: 'www', type: 'A' }], before: two },
  { method: 'getRecord', args: async driver => [zone.id, (await first(driver)).id], before: two },
  { method: 'getRecord', name: 'missing', args: () => [zone.id, NOWHERE], throws: 'RecordDoesNotExistError' },
  {
    method: 'createRecord',
    args: () => [
      { id: zone.id, domain: zone.domain },
      { name: '', type: 'MX', data: 'mail.example.com', priority: 10, ttl: 300 },
    ],
  },
  {
    method: 'createRecord',
    name: 'second',
    more: true,
    args: () => [ref(), { name: 'www', type: 'A', data: '192.0.2.3' }, { ex_wait: true }],
    before: two,
  },
  {
    method: 'createRecord',
    name: 'twice',
    args: () => [ref(), { name: 'www', type: 'A', data: '192.0.2.1' }],
    before: two,
    throws: 'RecordAlreadyExistsError',
  },
  { method: 'updateRecord', args: async driver => [await first(driver), { data: '192.0.2.9', ttl: 60 }], before: two },
  { method: 'updateRecord', name: 'moved', args: async driver => [await first(driver), { name: 'web' }], before: two },
  { method: 'deleteRecord', args: async driver => [await first(driver)], before: two },
  {
    method: 'deleteRecord',
    name: 'last',
    args: async driver => [await first(driver)],
    before: driver => www(driver, '192.0.2.1'),
  },
  { method: 'ex_waitUntilActive', args: () => [ref()] },
  {
    method: 'ex_transferZoneFromMaster',
    args: async driver => {
      const slave = { domain: 'slave.example', type: 'slave', ex_masters: ['192.0.2.53'] } as const
      const made = await driver.createZone(slave, { ex_wait: false })
      return [{ id: made.keep().id }]
    },
  },
  { method: 'ex_listNameServers', args: () => [ref()] },
  {
    method: 'ex_exportZone',
    args: () => [ref()],
    before: two,
    match: 'www\\.example\\.com\\. 300 IN A 192\\.0\\.2\\.2',
  },
  { method: 'ex_importZone', args: [ZONE_FILE] },
  { method: 'ex_listRecordsets', args: () => [ref()], before: two },
  { method: 'ex_searchRecordsets', args: [{ ex_data: '192.0.2.1', ex_type: 'A' }], before: two },
  { method: 'ex_getRecordset', args: async driver => [ref(), (await setOf(driver)).id], before: two },
  {
    method: 'ex_createRecordset',
    args: () => [
      { id: zone.id, domain: zone.domain },
      { name: 'web', type: 'A', ttl: 60, records: ['192.0.2.1', '192.0.2.2'] },
    ],
  },
  {
    method: 'ex_updateRecordset',
    args: async driver => [ref(), await setOf(driver), { records: ['192.0.2.9'], ttl: null }],
    before: two,
  },
  { method: 'ex_deleteRecordset', args: async driver => [ref(), await setOf(driver)], before: two },
  { method: 'ex_listTransferRequests', args: [], before: offer },
  { method: 'ex_getTransferRequest', args: async driver => [(await offered(driver)).id], before: offer },
  { method: 'ex_createTransferRequest', args: () => [ref(), { description: 'moving' }] },
  { method: 'ex_deleteTransferRequest', args: async driver => [await offered(driver)], before: offer },
  {
    method: 'ex_acceptTransfer',
    args: async driver => {
      const { id, key = '' } = await offer(driver)
      return [{ id }, key]
    },
  },
  { method: 'ex_listPtrs', args: [] },
  { method: 'ex_getPtr', args: ['RegionOne', { id: NOWHERE }], throws: 'NotFoundError' },
  { method: 'ex_setPtr', args: ['RegionOne', { id: NOWHERE }, { name: 'mail.example.com' }], throws: 'NotFoundError' },
  { method: 'ex_getQuota', args: async driver => [(await driver.connection.session()).projectId] },
  {
    method: 'ex_updateQuota',
    as: 'admin',
    args: async driver => [(await driver.connection.session()).projectId, { zones: 20 }],
  },
]

async function clear(driver: Driver): Promise<void> {
  for (const each of await driver.ex_listTransferRequests()) await driver.ex_deleteTransferRequest(each)
  const zones = await driver.listZones()
  await Promise.all(zones.map(each => driver.deleteZone(each, QUICK)))
}

/** Looks until a zone or a task is no longer PENDING, so that the recording shows what became of it. */
async function settle(driver: Driver, method: string, url: string): Promise<void> {
  if (method !== 'GET' || !/\/(zones\/[0-9a-f-]{36}|tasks\/(imports|exports)\/[0-9a-f-]{36})$/.test(url)) return
  const path = url.slice(url.indexOf('/zones'))
  for (let tries = 0; tries < 300; tries++) {
    const { body } = await driver.connection.request<{ status?: string }>({ path, accept: [404] })
    if (body.status !== 'PENDING') return
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

export const dnsStage: ServiceStage<Driver> = {
  folder: 'dns',
  service: 'dns',
  make: options => new DesignateDNSDriver(options),
  scenes: SCENES,
  reset: async driver => {
    await clear(driver)
    const { id, domain } = await driver.createZone({ domain: 'example.com' }, QUICK)
    zone = { id, domain }
  },
  close: clear,
  settle,
}
