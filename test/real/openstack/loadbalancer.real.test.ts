import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OpenStackNodeDriver } from '../../../drivers/openstack/compute.js'
import { OctaviaLBDriver } from '../../../drivers/openstack/loadbalancer.js'
import { LoadBalancerImmutableError } from '../../../lib/errors.js'
import type { Ref } from '../../../lib/resource.js'
import { loadBalancerLifecycle } from '../../conformance/lifecycle/loadbalancer.js'
import { prove } from '../proof.js'
import { openstack } from './client.js'
import { balancerStage } from './scenes.loadbalancer.js'
import { type RealCloud, stopCloud } from './server.js'
import { cloudFor, methods, optionsFor, restart, USER } from './services.js'

const proof = prove('openstack', 'loadbalancer')
const cloud = await cloudFor('OCTAVIA')
const QUICK = { ex_wait: { interval: 200 } } as const

describe.skipIf(cloud === undefined)('OCTAVIA', () => {
  const running = cloud as RealCloud
  let driver: OctaviaLBDriver
  let nodes: OpenStackNodeDriver
  let network: Ref
  const vip: { id: string } = { id: '' }
  let before: string[]
  const all = async (): Promise<string[]> => [
    ...(await driver.listBalancers()).map(({ name }) => name),
    ...(await nodes.ex_listNetworks()).map(({ name }) => name),
    ...(await nodes.ex_listPorts()).map(({ id }) => id),
  ]

  beforeAll(async () => {
    driver = proof.watch(new OctaviaLBDriver(optionsFor(running)))
    nodes = new OpenStackNodeDriver(optionsFor(running))
    before = await all()
    network = (await nodes.ex_createNetwork({ name: 'balancers' })).keep()
    vip.id = (await nodes.ex_createSubnet({ network, cidr: '10.91.0.0/24' })).id
  })
  afterAll(async () => {
    await driver.close()
    await nodes.close()
    await stopCloud(running)
  })

  loadBalancerLifecycle({
    describe,
    it: (name, body) => it(name, context => body(context)),
    driver: async () => driver,
    interval: 300,
    timeout: 180_000,
    balancer: { ex_vipSubnet: vip },
    members: [
      { ip: '10.91.0.10', port: 80 },
      { ip: '10.91.0.11', port: 8080 },
    ],
    secrets: [running?.password ?? ''],
  })

  it("a balancer of three members, and all its parts, are as Debian's own client says", async () => {
    const members = [1, 2, 3].map(last => ({ ip: `10.91.0.${20 + last}`, port: 8000 + last }))
    const order = {
      name: 'three',
      port: 80,
      protocol: 'http',
      members,
      ex_vipSubnet: vip,
      ex_healthMonitor: { type: 'HTTP', delay: 5, timeout: 3, maxRetries: 2, urlPath: '/health' },
    } as const
    await using balancer = await driver.createBalancer(order, QUICK)
    expect(balancer).toMatchObject({
      name: 'three',
      state: 'running',
      port: 80,
      ip: expect.stringMatching(/^10\.91\./),
    })
    const found = await driver.balancerListMembers(balancer)
    expect(found.map(({ ip, port }) => `${ip}:${port}`).sort()).toEqual(members.map(({ ip, port }) => `${ip}:${port}`))
    const [listener] = await driver.ex_listListeners(balancer)
    const [pool] = await driver.ex_listPools(balancer)
    const monitor = await driver.ex_getHealthMonitor(pool?.healthMonitorId ?? '')
    const [lb, theirListener, theirPool, theirMembers, theirMonitor] = (await openstack(running, USER, [
      ['loadbalancer show', balancer.id],
      ['loadbalancer listener show', listener?.id ?? ''],
      ['loadbalancer pool show', pool?.id ?? ''],
      ['loadbalancer member list', pool?.id ?? ''],
      ['loadbalancer healthmonitor show', monitor.id],
    ])) as [Shown, Shown, Shown, Shown[], Shown]
    expect([lb['id'], lb['name'], lb['vip_address'], lb['provisioning_status'], lb['operating_status']]).toEqual([
      balancer.id,
      balancer.name,
      balancer.ip,
      balancer.extra.state,
      balancer.extra.operatingStatus,
    ])
    expect([theirListener['protocol'], theirListener['protocol_port'], theirListener['default_pool_id']]).toEqual([
      listener?.protocol,
      listener?.protocolPort,
      listener?.defaultPoolId,
    ])
    expect([theirPool['lb_algorithm'], theirPool['protocol'], theirPool['healthmonitor_id']]).toEqual([
      pool?.algorithm,
      pool?.protocol,
      pool?.healthMonitorId,
    ])
    const places = theirMembers.map(
      each => `${each['id']} ${each['address']}:${each['protocol_port']} ${each['weight']}`,
    )
    expect(places.sort()).toEqual(found.map(({ id, ip, port, extra }) => `${id} ${ip}:${port} ${extra.weight}`).sort())
    expect([
      theirMonitor['type'],
      theirMonitor['delay'],
      theirMonitor['max_retries'],
      theirMonitor['url_path'],
    ]).toEqual([monitor.type, monitor.delay, monitor.maxRetries, monitor.urlPath])
    await driver.balancerAttachMember(balancer, { ip: '10.91.0.30', port: 80 })
    const busy = driver.balancerAttachMember(balancer, { ip: '10.91.0.31', port: 80 })
    await expect(busy).rejects.toThrow(LoadBalancerImmutableError)
    const waited = await driver.balancerAttachMember(balancer, { ip: '10.91.0.32', port: 80 }, QUICK)
    await driver.balancerDetachMember(balancer, waited, QUICK)
  })

  it('balancers are reached although the API stops and starts again under load', async context => {
    if (running.dir === '') return context.skip('this cloud is not ours to stop')
    const options = optionsFor(running, USER, { retry: { retries: 60, maxTimeout: 1000 }, timeout: 120_000 })
    await using steady = new OctaviaLBDriver(options)
    let going = true
    let count = 0
    const load = Array.from({ length: 3 }, async () => {
      while (going) {
        expect(await steady.ex_listProviders()).not.toHaveLength(0)
        count += 1
      }
    })
    await restart(running, 'octavia-api')
    const then = count
    while (count < then + 8) await new Promise(resolve => setTimeout(resolve, 100))
    going = false
    await Promise.all(load)
  })

  describe('methods', () => methods(running, balancerStage, proof))

  describe('in the end', () => {
    it('the cloud is as it was', async () => {
      await balancerStage.close(new OctaviaLBDriver(optionsFor(running)))
      // Octavia gives its ports back a little later.
      for (let tries = 0; tries < 100; tries++) {
        const left = (await nodes.ex_listPorts()).filter(({ networkId }) => networkId === network.id)
        if (left.length === 0) break
        await new Promise(resolve => setTimeout(resolve, 300))
      }
      await nodes.ex_deleteNetwork(network)
      expect(await all()).toEqual(before)
    })
    it('proof is kept', () => proof.settle(running.version))
  })
})

type Shown = Readonly<Record<string, unknown>>
