import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { DummyBackupDriver } from '../../../drivers/dummy/backup.js'
import { DummyNodeDriver, type DummyOptions, DummyWorld } from '../../../drivers/dummy/compute.js'
import { DummyContainerDriver } from '../../../drivers/dummy/container.js'
import { DummyDNSDriver } from '../../../drivers/dummy/dns.js'
import { DummyLBDriver } from '../../../drivers/dummy/loadbalancer.js'
import { DummyStorageDriver } from '../../../drivers/dummy/storage.js'
import {
  ConnectionError,
  InvalidRequestError,
  LibcloudError,
  NodeDoesNotExistError,
  QuotaExceededError,
  RateLimitError,
  ServiceError,
  TimeoutError,
} from '../../../lib/errors.js'

const node = { name: 'web', size: { id: 'small' }, image: { id: 'debian-12' } }
const virtual: DummyOptions = { clock: 'virtual', transition: 1000 }

describe('DUMMY: worlds', () => {
  it('each driver has its own, unless one is shared', async () => {
    const world = new DummyWorld()
    const [a, b, alone] = [new DummyNodeDriver({ world }), new DummyNodeDriver({ world }), new DummyNodeDriver()]
    const { id } = await a.createNode(node)
    expect((await b.getNode(id)).name).toBe('web')
    await expect(alone.getNode(id)).rejects.toBeInstanceOf(NodeDoesNotExistError)
    expect(b.ex_world()).toBe(world)
    expect(alone.ex_world()).not.toBe(world)
  })

  it('a shared one joins the APIs: a balancer serves a node, a backup protects a container', async () => {
    const compute = new DummyNodeDriver({ key: 'anything' })
    const world = compute.ex_world()
    const balancers = new DummyLBDriver({ world })
    const files = new DummyStorageDriver({ world })
    const backups = new DummyBackupDriver({ world })
    const created = await compute.createNode(node)
    const balancer = await balancers.createBalancer({ name: 'front', port: 80 })
    const member = await balancer.attachComputeNode(created)
    expect(member).toMatchObject({ id: created.id, ip: created.publicIps[0], port: 80 })
    const container = await files.createContainer('photos')
    const target = await backups.createTargetFromStorageContainer(container)
    expect(target).toMatchObject({ name: 'photos', address: await container.getCdnUrl(), type: 'Object' })
    expect(world.calls.map(({ api, operation }) => `${api}.${operation}`)).toEqual([
      'compute.createNode',
      'loadbalancer.createBalancer',
      'loadbalancer.balancerAttachMember',
      'storage.createContainer',
      'storage.getContainerCdnUrl',
      'backup.createTarget',
      'storage.getContainerCdnUrl',
    ])
  })

  it('is the same every time: ids, addresses, passwords and times', async () => {
    const run = async (seed: number): Promise<unknown> => {
      const driver = new DummyNodeDriver({ clock: 'virtual', seed })
      const one = await driver.createNode(node)
      await driver.ex_advance(5000)
      const two = await driver.createNode(node)
      const volume = await driver.createVolume({ name: 'data', size: 10 })
      return [one, one.extra.password, two, two.extra.password, volume].map(each => JSON.stringify(each))
    }
    expect(await run(7)).toEqual(await run(7))
    expect(await run(7)).not.toEqual(await run(8))
    const driver = new DummyNodeDriver({ clock: 'virtual' })
    expect(await driver.createNode(node)).toMatchObject({
      id: 'node-1',
      publicIps: ['198.18.0.1'],
      createdAt: new Date('2026-01-01T00:00:00Z'),
    })
  })

  it('reset() brings the beginning back', async () => {
    const failures = [{ operation: 'listNodes', error: ServiceError }]
    const driver = new DummyNodeDriver({ ...virtual, failures })
    const { extra, ...first } = await driver.createNode(node)
    await expect(driver.listNodes()).rejects.toBeInstanceOf(ServiceError)
    await driver.ex_fail('createNode', ServiceError)
    await driver.ex_advance(60_000)
    driver.ex_world().reset()
    expect(driver.ex_world().calls).toEqual([])
    expect(driver.ex_world().now).toEqual(new Date('2026-01-01T00:00:00Z'))
    await expect(driver.listNodes()).rejects.toBeInstanceOf(ServiceError)
    expect(await driver.listNodes()).toEqual([])
    const again = await driver.createNode(node)
    expect(again).toMatchObject(first)
    expect(again.extra.password).toBe(extra.password)
  })

  it('a world and what a world is like are not given at once, and nonsense is refused', () => {
    const world = new DummyWorld()
    for (const options of [
      { world, pageSize: 3 },
      { world: {} as DummyWorld },
      { pageSize: 0 },
      { clock: 'sun' as 'real' },
    ])
      expect(() => new DummyNodeDriver(options), inspect(options)).toThrow(InvalidRequestError)
    expect(() => world.advance(-1)).toThrow(InvalidRequestError)
  })

  it('a driver with a region sees that region, whatever its name', async () => {
    const world = new DummyWorld()
    const [east, west] = [
      new DummyNodeDriver({ world, region: 'east' }),
      new DummyNodeDriver({ world, region: 'eu-9' }),
    ]
    const here = await east.createNode(node)
    const there = await west.createNode(node)
    expect(there.extra.location).toBe('eu-9')
    expect((await east.listNodes()).map(({ id }) => id)).toEqual([here.id])
    await expect(east.getNode(there.id)).rejects.toBeInstanceOf(NodeDoesNotExistError)
    expect(await new DummyNodeDriver({ world }).listNodes()).toHaveLength(2)
    expect((await west.listLocations()).map(({ id }) => id)).toContain('eu-9')
  })
})

describe('DUMMY: failures', () => {
  it('a call fails as often as arranged, and has done nothing', async () => {
    const driver = new DummyNodeDriver()
    const full = new QuotaExceededError('Ten nodes are enough')
    await driver.ex_fail('createNode', full, { times: 2 })
    await expect(driver.createNode(node)).rejects.toBe(full)
    await expect(driver.createNode(node)).rejects.toBe(full)
    expect(await driver.listNodes()).toEqual([])
    expect((await driver.createNode(node)).id).toBe('node-1')
  })

  it('a class makes an error that names provider and operation', async () => {
    const driver = new DummyNodeDriver()
    await driver.ex_fail('listNodes', RateLimitError)
    await expect(driver.listNodes()).rejects.toMatchObject({
      name: 'RateLimitError',
      provider: 'dummy',
      operation: 'listNodes',
    })
  })

  it('a call whose reply is lost has done its work', async () => {
    const driver = new DummyNodeDriver()
    await driver.ex_fail('createNode', ConnectionError, { after: true })
    await expect(driver.createNode(node)).rejects.toMatchObject({ name: 'ConnectionError', mayHaveHappened: true })
    expect(await driver.listNodes()).toHaveLength(1)
  })

  it('failures of the same calls come in their order, and a function chooses among calls', async () => {
    const driver = new DummyNodeDriver()
    await driver.ex_fail('*', new ServiceError('first'))
    await driver.ex_fail(
      ({ operation, about }) => operation === 'getNode' && about === 'node-2',
      call => {
        return new ServiceError(`no ${call.about}`)
      },
      { times: Number.POSITIVE_INFINITY },
    )
    await expect(driver.createNode(node)).rejects.toThrow('first')
    for (let made = 0; made < 2; made++) await driver.createNode(node)
    expect((await driver.getNode('node-1')).id).toBe('node-1')
    for (let tried = 0; tried < 3; tried++) await expect(driver.getNode('node-2')).rejects.toThrow('no node-2')
  })

  it('a failure in the middle of a list ends it there', async () => {
    const driver = new DummyNodeDriver({ pageSize: 2 })
    for (let made = 0; made < 5; made++) await driver.createNode(node)
    let pages = 0
    await driver.ex_fail(({ operation }) => operation === 'listNodes' && ++pages === 2, ServiceError)
    const seen: string[] = []
    const walk = async (): Promise<void> => {
      for await (const { id } of driver.listNodes()) seen.push(id)
    }
    await expect(walk()).rejects.toBeInstanceOf(ServiceError)
    expect(seen).toEqual(['node-1', 'node-2'])
  })

  it('a method of the base class fails by its own name, and by that of what it is made of', async () => {
    const driver = new DummyNodeDriver()
    const { id } = await driver.createNode(node)
    for (const name of ['waitUntilRunning', 'getNode']) {
      await driver.ex_fail(name, ServiceError)
      await expect(driver.waitUntilRunning([{ id }])).rejects.toMatchObject({
        name: 'ServiceError',
        operation: 'waitUntilRunning',
      })
    }
  })

  it('calls are noted with their outcome', async () => {
    const driver = new DummyNodeDriver({ clock: 'virtual', latency: 100 })
    await driver.createNode(node)
    const pending = driver.getNode('node-9').catch((error: unknown) => error)
    expect(driver.ex_world().calls.at(-1)).toMatchObject({ operation: 'getNode', about: 'node-9', outcome: 'pending' })
    const error = await pending
    const at = new Date('2026-01-01T00:00:00.100Z')
    expect(driver.ex_world().calls.at(-1)).toMatchObject({ outcome: 'failed', error, at })
    expect(driver.ex_world().calls[0]).toMatchObject({ api: 'compute', operation: 'createNode', outcome: 'done' })
  })

  it('what is broken by its name fails by itself', async () => {
    const driver = new DummyNodeDriver(virtual)
    const broken = await driver.createNode({ ...node, image: { id: 'debian-12-broken' } })
    await driver.ex_advance(1000)
    await expect(driver.waitUntilRunning([broken])).rejects.toMatchObject({ name: 'WaitError', lastState: 'error' })
    const containers = new DummyContainerDriver({ world: driver.ex_world() })
    const image = await containers.installImage('library/debian:12')
    const { id } = await containers.deployContainer({ name: 'web-broken', image })
    await driver.ex_advance(1000)
    expect((await containers.getContainer(id)).state).toBe('error')
  })
})

describe('DUMMY: time', () => {
  it('states follow the clock, and nothing else', async () => {
    const driver = new DummyNodeDriver(virtual)
    const created = await driver.createNode(node)
    const state = async (): Promise<string> => (await driver.getNode(created.id)).state
    expect([created.state, created.publicIps]).toEqual(['pending', []])
    const seen: string[] = []
    for (let ms = 0; ms <= 1000; ms += 250) {
      seen.push(await state())
      await driver.ex_advance(250)
    }
    expect(seen).toEqual(['pending', 'pending', 'starting', 'starting', 'running'])
    await driver.stopNode(created)
    expect(await state()).toBe('stopping')
    await expect(driver.startNode(created)).rejects.toMatchObject({ code: 'CONFLICT' })
    await driver.ex_advance(1000)
    expect(await state()).toBe('stopped')
    await driver.destroyNode(created)
    expect(await state()).toBe('terminated')
    await driver.ex_advance(1000)
    await expect(state()).rejects.toBeInstanceOf(NodeDoesNotExistError)
    expect(await driver.listNodes()).toEqual([])
  })

  it('latency takes no real time on the virtual clock, and passes once for calls that are made together', async () => {
    const driver = new DummyNodeDriver({ clock: 'virtual', latency: { getNode: 60_000, '*': 1000 } })
    const { id } = await driver.createNode(node)
    await Promise.all(Array.from({ length: 20 }, () => driver.getNode(id)))
    expect(driver.ex_world().now).toEqual(new Date('2026-01-01T00:01:01Z'))
  })

  it('quick calls overtake slow ones, in the order of their ends', async () => {
    const driver = new DummyNodeDriver({
      clock: 'virtual',
      latency: { listNodes: 300, listSizes: 100, listImages: 200 },
    })
    const order: string[] = []
    const note = (name: string) => (): void => void order.push(name)
    await Promise.all([
      driver.listNodes().then(note('listNodes')),
      driver.listSizes().then(note('listSizes')),
      driver.listImages().then(note('listImages')),
    ])
    expect(order).toEqual(['listSizes', 'listImages', 'listNodes'])
  })

  it('latency takes real time on the real clock, which advance() shortens', async () => {
    const driver = new DummyNodeDriver({ latency: { listSizes: 40, listNodes: 200_000 } })
    await driver.listSizes()
    const slow = driver.listNodes()
    const all = slow.then(nodes => nodes.length)
    setTimeout(() => driver.ex_advance(200_000), 5)
    expect(await all).toBe(0)
  })

  it('advance() wakes nobody too early', async () => {
    const driver = new DummyNodeDriver({ latency: 60_000 })
    let nodes: number | undefined
    const call = driver.listNodes().then(all => {
      nodes = all.length
    })
    await driver.ex_advance(59_000)
    await new Promise(resolve => setTimeout(resolve, 10))
    expect(nodes).toBeUndefined()
    await driver.ex_advance(1000)
    await call
    expect(nodes).toBe(0)
  })

  it.each(['real', 'virtual'] as const)('a timeout ends a call before it does anything (%s)', async clock => {
    const driver = new DummyNodeDriver({ clock, latency: { createNode: 30_000 }, timeout: 60_000 })
    await expect(driver.createNode(node, { timeout: 10 })).rejects.toBeInstanceOf(TimeoutError)
    expect(await driver.listNodes()).toEqual([])
    const hasty = new DummyNodeDriver({ clock, latency: 30_000, timeout: 10 })
    await expect(hasty.listNodes()).rejects.toBeInstanceOf(TimeoutError)
  })

  it('a signal ends a call at once, with its reason, before it does anything', async () => {
    const driver = new DummyNodeDriver({ latency: { createNode: 60_000 } })
    const reason = new Error('enough')
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 10)
    await expect(driver.createNode(node, { signal: controller.signal })).rejects.toBe(reason)
    expect(await driver.listNodes()).toEqual([])
    expect(driver.ex_world().calls[0]).toMatchObject({ outcome: 'failed', error: reason })
  })

  it('a change takes as long as its kind', async () => {
    const driver = new DummyNodeDriver({ clock: 'virtual', transition: { volume: 5000 } })
    expect((await driver.createNode(node)).state).toBe('running')
    const { id } = await driver.createVolume({ name: 'data', size: 1 })
    await driver.ex_advance(4999)
    expect((await driver.getVolume(id)).state).toBe('creating')
    await driver.ex_advance(1)
    expect((await driver.getVolume(id)).state).toBe('available')
  })
})

describe('DUMMY: every driver', () => {
  const all = [
    DummyNodeDriver,
    DummyStorageDriver,
    DummyDNSDriver,
    DummyLBDriver,
    DummyContainerDriver,
    DummyBackupDriver,
  ]
  it.each(all)('%s shows neither key nor world, and fails on request', async Driver => {
    const driver = new Driver({ key: 'never-shown', secret: 'never-shown-either' })
    expect(inspect(driver, { depth: 9, showHidden: true }) + JSON.stringify(driver)).not.toMatch(/never-shown/)
    await driver.ex_fail('*', ServiceError)
    await driver.ex_advance(1)
    const list = driver as unknown as Record<string, () => Promise<unknown>>
    const method = ['listNodes', 'listZones', 'listBalancers', 'listTargets', 'listContainers'].find(name => {
      return (driver as unknown as { supports(name: string): boolean }).supports(name)
    })
    const error = await list[method as string]?.().catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(LibcloudError)
    expect(driver.ex_world().calls).toHaveLength(1)
  })
})
