// What the recorder plays of Octavia: each begins with the same balancer, which has a listener, a pool and two members.

import { OpenStackNodeDriver } from '../../../drivers/openstack/compute.js'
import type { OpenStackConnection } from '../../../drivers/openstack/connection.js'
import { OctaviaLBDriver } from '../../../drivers/openstack/loadbalancer.js'
import { NotFoundError } from '../../../lib/errors.js'
import type { Ref } from '../../../lib/resource.js'
import type { ServiceScene, ServiceStage } from './service-scenes.js'

type Driver = OctaviaLBDriver
const W = { ex_wait: { interval: 200 } } as const
const MEMBERS = [
  { ip: '10.92.0.10', port: 80 },
  { ip: '10.92.0.11', port: 8080 },
]
const NOWHERE = '00000000-0000-4000-8000-00000000dead'
let [network, subnet] = ['', '']
let balancer: Ref = { id: '' }
let listener: Ref = { id: '' }
let pool: Ref = { id: '' }
let monitor: Ref = { id: '' }
let policy: Ref = { id: '' }
let rule: Ref = { id: '' }

const ref = ({ id }: Ref): Ref => ({ id })
const request = (name: string) => ({ name, port: 80, members: MEMBERS, ex_vipSubnet: { id: subnet } })
const destroy = (driver: Driver, made: Ref) => driver.destroyBalancer(made, W)
const firstMember = async (driver: Driver): Promise<Ref> => ref((await driver.ex_listMembers(pool))[0] ?? { id: '' })
const active = (driver: Driver) => driver.ex_waitUntilActive(balancer, { interval: 200 })
const unlisten = async (driver: Driver, made: Ref) => {
  await active(driver)
  await driver.ex_deleteListener(made, W)
}

const SCENES: readonly ServiceScene<Driver>[] = [
  { method: 'listBalancers', args: [] },
  { method: 'getBalancer', args: () => [balancer.id] },
  { method: 'getBalancer', name: 'missing', args: [NOWHERE], throws: 'LoadBalancerDoesNotExistError' },
  { method: 'createBalancer', args: () => [request('web')], after: destroy },
  {
    method: 'createBalancer',
    name: 'monitored',
    args: () => [
      {
        ...request('web'),
        algorithm: 'least_connections',
        ex_healthMonitor: { type: 'HTTP', delay: 5, timeout: 3, maxRetries: 2, urlPath: '/health' },
        ex_pool: { sessionPersistence: { type: 'APP_COOKIE', cookieName: 'sid' } },
        ex_listener: { insertHeaders: { 'X-Forwarded-For': 'true' } },
        ex_tags: ['test'],
      },
      { ex_wait: true },
    ],
    after: destroy,
  },
  {
    method: 'createBalancer',
    name: 'at-once',
    args: () => [{ ...request('web'), ex_inOneRequest: true }],
    after: destroy,
  },
  {
    method: 'updateBalancer',
    args: () => [ref(balancer), { name: 'shop', ex_description: 'the shop' }],
    after: active,
  },
  {
    method: 'updateBalancer',
    name: 'port',
    more: true,
    args: async driver => [ref((await driver.createBalancer(request('old'), W)).keep()), { port: 81 }],
    after: destroy,
  },
  {
    method: 'updateBalancer',
    name: 'algorithm',
    args: () => [ref(balancer), { algorithm: 'persistent_ip' }],
    after: active,
  },
  {
    method: 'destroyBalancer',
    args: async driver => [ref((await driver.createBalancer(request('old'), W)).keep())],
  },
  { method: 'balancerListMembers', args: () => [ref(balancer)] },
  {
    method: 'balancerAttachMember',
    args: () => [ref(balancer), { ip: '10.92.0.12', port: 80, ex_settings: { weight: 5 } }],
    after: async (driver, made: never) => {
      await active(driver)
      await driver.balancerDetachMember(balancer, made, W)
    },
  },
  {
    method: 'balancerDetachMember',
    args: async driver => {
      await driver.balancerAttachMember(balancer, { ip: '10.92.0.13', port: 80 }, W)
      return [ref(balancer), { ip: '10.92.0.13', port: 80 }]
    },
    after: active,
  },
  { method: 'ex_waitUntilActive', args: () => [ref(balancer)] },
  { method: 'ex_getBalancerStatus', args: () => [ref(balancer)] },
  { method: 'ex_getBalancerStatistics', args: () => [ref(balancer)] },
  { method: 'ex_failOverBalancer', args: () => [ref(balancer)], throws: 'PermissionDeniedError' },
  { method: 'ex_listListeners', args: () => [ref(balancer)] },
  { method: 'ex_getListener', args: () => [listener.id] },
  {
    method: 'ex_createListener',
    args: () => [ref(balancer), { name: 'other', protocol: 'TCP', protocolPort: 82, allowedCidrs: ['10.0.0.0/8'] }],
    after: unlisten,
  },
  {
    method: 'ex_updateListener',
    args: () => [ref(listener), { connectionLimit: 100, timeoutClientData: null }],
    after: active,
  },
  {
    method: 'ex_deleteListener',
    args: async driver => {
      const made = await driver.ex_createListener(balancer, { protocol: 'TCP', protocolPort: 83 }, W)
      return [ref(made.keep())]
    },
    after: active,
  },
  { method: 'ex_getListenerStatistics', args: () => [ref(listener)] },
  { method: 'ex_listPools', args: () => [ref(balancer)] },
  { method: 'ex_getPool', args: () => [pool.id] },
  {
    method: 'ex_createPool',
    args: () => [ref(balancer), { name: 'images', protocol: 'HTTP', algorithm: 'ROUND_ROBIN' }],
    after: async (driver, made: never) => {
      await active(driver)
      await driver.ex_deletePool(made, W)
    },
  },
  {
    method: 'ex_updatePool',
    args: () => [ref(pool), { sessionPersistence: { type: 'SOURCE_IP' } }],
    after: active,
  },
  {
    method: 'ex_deletePool',
    args: async driver => {
      const made = await driver.ex_createPool(balancer, { protocol: 'HTTP', algorithm: 'ROUND_ROBIN' }, W)
      return [ref(made.keep())]
    },
    after: active,
  },
  { method: 'ex_listMembers', args: () => [ref(pool)] },
  { method: 'ex_getMember', args: async driver => [ref(pool), (await firstMember(driver)).id] },
  {
    method: 'ex_createMember',
    args: () => [ref(pool), { address: '10.92.0.14', protocolPort: 80, weight: 3 }],
    after: async (driver, made: never) => {
      await active(driver)
      await driver.ex_deleteMember(pool, made, W)
    },
  },
  {
    method: 'ex_updateMember',
    args: async driver => [ref(pool), await firstMember(driver), { weight: 7 }],
    after: active,
  },
  {
    method: 'ex_deleteMember',
    args: async driver => {
      const made = await driver.ex_createMember(pool, { address: '10.92.0.15', protocolPort: 80 }, W)
      return [ref(pool), ref(made.keep())]
    },
    after: active,
  },
  {
    method: 'ex_replaceMembers',
    args: () => [ref(pool), MEMBERS.map(({ ip, port }) => ({ address: ip, protocolPort: port }))],
    after: active,
  },
  { method: 'ex_listHealthMonitors', args: [] },
  { method: 'ex_getHealthMonitor', args: () => [monitor.id] },
  {
    method: 'ex_createHealthMonitor',
    before: driver => driver.ex_deleteHealthMonitor(monitor, W),
    args: () => [ref(pool), { type: 'TCP', delay: 5, timeout: 3, maxRetries: 2 }],
    after: async (driver, made: never) => {
      await active(driver)
      monitor = ref(made)
    },
  },
  { method: 'ex_updateHealthMonitor', args: () => [ref(monitor), { delay: 10 }], after: active },
  {
    method: 'ex_deleteHealthMonitor',
    args: () => [ref(monitor)],
    after: async driver => {
      await active(driver)
      const settings = { type: 'TCP', delay: 5, timeout: 3, maxRetries: 2 } as const
      monitor = ref((await driver.ex_createHealthMonitor(pool, settings, W)).keep())
    },
  },
  { method: 'ex_listL7Policies', args: () => [ref(listener)] },
  { method: 'ex_getL7Policy', args: () => [policy.id] },
  {
    method: 'ex_createL7Policy',
    args: () => [ref(listener), { name: 'no', action: 'REJECT' }],
    after: async (driver, made: never) => {
      await active(driver)
      await driver.ex_deleteL7Policy(made, W)
    },
  },
  { method: 'ex_updateL7Policy', args: () => [ref(policy), { redirectHttpCode: 308 }], after: active },
  {
    method: 'ex_deleteL7Policy',
    args: async driver => [ref((await driver.ex_createL7Policy(listener, { action: 'REJECT' }, W)).keep())],
    after: active,
  },
  { method: 'ex_listL7Rules', args: () => [ref(policy)] },
  { method: 'ex_getL7Rule', args: () => [ref(policy), rule.id] },
  {
    method: 'ex_createL7Rule',
    args: () => [ref(policy), { type: 'HEADER', compareType: 'EQUAL_TO', key: 'X-Old', value: 'yes', invert: true }],
    after: async (driver, made: never) => {
      await active(driver)
      await driver.ex_deleteL7Rule(policy, made, W)
    },
  },
  { method: 'ex_updateL7Rule', args: () => [ref(policy), ref(rule), { value: '/pictures' }], after: active },
  {
    method: 'ex_deleteL7Rule',
    args: async driver => {
      const wanted = { type: 'PATH', compareType: 'EQUAL_TO', value: '/x' } as const
      return [ref(policy), ref((await driver.ex_createL7Rule(policy, wanted, W)).keep())]
    },
    after: active,
  },
  { method: 'ex_listProviders', args: [] },
  { method: 'ex_listFlavors', args: [] },
  { method: 'ex_listAvailabilityZones', args: [] },
  { method: 'ex_getQuota', args: async driver => [(await driver.connection.session()).projectId] },
  {
    method: 'ex_updateQuota',
    as: 'admin',
    args: async driver => [(await driver.connection.session()).projectId, { loadBalancer: 20, member: 100 }],
  },
  { method: 'ex_resetQuota', as: 'admin', args: async driver => [(await driver.connection.session()).projectId] },
  { method: 'ex_listAmphorae', as: 'admin', args: () => [ref(balancer)] },
]

async function clear(driver: Driver): Promise<void> {
  for (const each of await driver.listBalancers()) await destroy(driver, each).catch(ignoreGone)
  if (network === '') return
  await nodes(driver).ex_deleteNetwork({ id: network }).catch(ignoreGone)
  network = ''
}
const ignoreGone = (error: unknown): void => {
  if (!(error instanceof NotFoundError)) throw error
}

/** Networks are another service's. */
function nodes(driver: Driver): OpenStackNodeDriver {
  const found = new OpenStackNodeDriver({ token: 'another', endpoints: { network: 'http://127.0.0.1' }, proxy: false })
  Object.defineProperty(found, 'connection', { value: driver.connection satisfies OpenStackConnection })
  return found
}

/** Made once: building one takes longer than all else. */
async function prepare(driver: Driver): Promise<void> {
  if (balancer.id !== '') return
  const made = await nodes(driver).ex_createNetwork({ name: 'balanced' })
  network = made.keep().id
  subnet = (await nodes(driver).ex_createSubnet({ network: { id: network }, cidr: '10.92.0.0/24' })).id
  balancer = ref((await driver.createBalancer(request('shop'), W)).keep())
  listener = ref((await driver.ex_listListeners(balancer))[0] ?? listener)
  pool = ref((await driver.ex_listPools(balancer))[0] ?? pool)
  const settings = { type: 'HTTP', delay: 5, timeout: 3, maxRetries: 2, urlPath: '/health' } as const
  monitor = ref((await driver.ex_createHealthMonitor(pool, settings, W)).keep())
  // Its listener is not replaced in the scenes: policies belong to another one.
  const other = await driver.ex_createListener(balancer, { name: 'secure', protocol: 'HTTP', protocolPort: 8443 }, W)
  listener = ref(other.keep())
  const redirect = { name: 'redirect', action: 'REDIRECT_TO_URL', redirectUrl: 'https://example.com/' } as const
  policy = ref((await driver.ex_createL7Policy(listener, redirect, W)).keep())
  const images = { type: 'PATH', compareType: 'STARTS_WITH', value: '/images' } as const
  rule = ref((await driver.ex_createL7Rule(policy, images, W)).keep())
}

/** Looks until a balancer is no longer PENDING, so that the recording shows what became of it. */
async function settle(driver: Driver, method: string, url: string): Promise<void> {
  const [, path] = /^\/v2[^/]*(\/lbaas\/loadbalancers\/[0-9a-f-]{36})$/.exec(url) ?? []
  if (method !== 'GET' || path === undefined) return
  for (let tries = 0; tries < 600; tries++) {
    const { body } = await driver.connection.request<{ loadbalancer?: { provisioning_status: string } }>({
      path,
      accept: [404],
    })
    if (!body.loadbalancer?.provisioning_status.startsWith('PENDING')) return
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

export const balancerStage: ServiceStage<Driver> = {
  folder: 'loadbalancer',
  service: 'load-balancer',
  make: options => new OctaviaLBDriver(options),
  scenes: SCENES,
  reset: prepare,
  close: async driver => {
    await clear(driver)
    balancer = { id: '' }
  },
  settle,
}
