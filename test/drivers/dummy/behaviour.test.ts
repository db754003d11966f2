// What only DUMMY does, API by API; what all stateful drivers do is in the lifecycle suites.
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { DummyBackupDriver } from '../../../drivers/dummy/backup.js'
import { DummyNodeDriver } from '../../../drivers/dummy/compute.js'
import { DummyContainerDriver } from '../../../drivers/dummy/container.js'
import { DummyDNSDriver } from '../../../drivers/dummy/dns.js'
import { DummyLBDriver } from '../../../drivers/dummy/loadbalancer.js'
import { DummyStorageDriver } from '../../../drivers/dummy/storage.js'
import {
  ConflictError,
  ConnectionError,
  ImageDoesNotExistError,
  InvalidContainerNameError,
  InvalidRequestError,
  KeyPairDoesNotExistError,
  LoadBalancerImmutableError,
  NotFoundError,
  ObjectHashMismatchError,
  PermissionDeniedError,
  RecordAlreadyExistsError,
  TimeoutError,
} from '../../../lib/errors.js'

const node = { name: 'web', size: { id: 'small' }, image: { id: 'debian-12' } }
const virtual = { clock: 'virtual', transition: 1000 } as const

describe('DUMMY: compute', () => {
  it('a node takes only what its place has, and keys that are there', async () => {
    const driver = new DummyNodeDriver()
    const north = { location: { id: 'north' } }
    expect((await driver.listSizes(north)).map(({ id }) => id)).not.toContain('large')
    await expect(driver.createNode({ ...node, ...north, size: { id: 'large' } })).rejects.toMatchObject({
      argument: 'node.size',
    })
    await expect(driver.createNode({ ...node, location: { id: 'moon' } })).rejects.toBeInstanceOf(InvalidRequestError)
    await expect(driver.createNode({ ...node, ex_keyName: 'none' })).rejects.toBeInstanceOf(KeyPairDoesNotExistError)
    await driver.createKeyPair({ name: 'mine' })
    const made = await driver.createNode({ ...node, ex_keyName: 'mine' })
    expect([made.extra.keyName, made.extra.password]).toEqual(['mine', undefined])
    expect(await driver.listNodes()).toHaveLength(1)
  })

  it("images: the provider's stay, one's own lie in their region until they are copied", async () => {
    const west = new DummyNodeDriver({ ...virtual, region: 'west' })
    const east = new DummyNodeDriver({ world: west.ex_world(), region: 'east' })
    await expect(west.deleteImage({ id: 'debian-12' })).rejects.toBeInstanceOf(PermissionDeniedError)
    const { id } = await west.createNode(node)
    await expect(west.createImage({ id }, { name: 'early' })).rejects.toBeInstanceOf(ConflictError)
    await west.ex_advance(1000)
    const image = await west.createImage({ id }, { name: 'mine', description: 'as it was' })
    await expect(west.createNode({ ...node, image })).rejects.toBeInstanceOf(ConflictError)
    await west.ex_advance(1000)
    await expect(east.getImage(image.id)).rejects.toBeInstanceOf(ImageDoesNotExistError)
    await expect(east.createNode({ ...node, image: { id: image.id } })).rejects.toBeInstanceOf(ImageDoesNotExistError)
    const copy = await east.copyImage({ sourceRegion: 'west', image: { id: image.id }, name: 'here' })
    expect(copy.extra).toMatchObject({ location: 'east', description: 'as it was', isPublic: false })
    await east.ex_advance(1000)
    expect((await east.createNode({ ...node, image: copy })).image).toEqual({ id: copy.id })
  })

  it('volumes: devices, places and sizes have to fit; a node that goes lets them go', async () => {
    const driver = new DummyNodeDriver()
    const made = await driver.createNode(node)
    const [a, b, far] = [
      await driver.createVolume({ name: 'a', size: 5 }),
      await driver.createVolume({ name: 'b', size: 5 }),
      await driver.createVolume({ name: 'far', size: 5, location: { id: 'west' } }),
    ]
    await driver.attachVolume(made, a)
    await expect(driver.attachVolume(made, b, { device: '/dev/vdb' })).rejects.toBeInstanceOf(ConflictError)
    await driver.attachVolume(made, b)
    await expect(driver.attachVolume(made, far)).rejects.toBeInstanceOf(InvalidRequestError)
    expect((await driver.getVolume(b.id)).extra).toMatchObject({ nodeId: made.id, device: '/dev/vdc' })
    expect((await driver.getNode(made.id)).extra.volumeIds).toEqual([a.id, b.id])
    const snapshot = await driver.createVolumeSnapshot(a)
    await expect(driver.createVolume({ name: 'c', size: 4, snapshot })).rejects.toMatchObject({
      argument: 'volume.size',
    })
    await driver.destroyNode(made)
    expect((await driver.getVolume(a.id)).state).toBe('available')
    await driver.destroyVolume(a)
    expect(await driver.listVolumeSnapshots(a)).toHaveLength(1)
  })

  it('ex_setNodeState lets a node die', async () => {
    const driver = new DummyNodeDriver()
    const made = await driver.createNode(node)
    expect((await driver.ex_setNodeState(made, 'error')).state).toBe('error')
    await expect(driver.rebootNode(made)).rejects.toBeInstanceOf(ConflictError)
    await driver.destroyNode(made)
  })

  it('deployNode destroys the node when nobody can log in, if that is wanted', async () => {
    const driver = new DummyNodeDriver({ transition: 20 })
    const connectSsh = (): Promise<never> => Promise.reject(new InvalidRequestError('The key is unreadable'))
    const how = { deploy: { run: async () => {} }, connectSsh, waitPeriod: 5 }
    const left = await driver.deployNode({ ...node, ...how }).catch((error: unknown) => error)
    expect(left).toMatchObject({ name: 'DeploymentError', node: { id: 'node-1' } })
    await expect(driver.deployNode({ ...node, ...how, destroyOnFailure: true })).rejects.toThrow(/destroyed/)
    expect((await driver.listNodes()).filter(({ state }) => state === 'running').map(({ id }) => id)).toEqual([
      'node-1',
    ])
  })
})

describe('DUMMY: storage', () => {
  it('container names are as strict as those of S3', async () => {
    const driver = new DummyStorageDriver()
    for (const name of ['ab', 'Upper', 'under_score', '-a-', 'a..b', 'a'.repeat(64)])
      await expect(driver.createContainer(name), name).rejects.toBeInstanceOf(InvalidContainerNameError)
    for (const name of ['abc', 'a.b-c', '0'.repeat(63)]) await driver.createContainer(name)
    const container = { name: 'abc' }
    await expect(driver.uploadObjectViaStream('x', container, 'ü'.repeat(513))).rejects.toMatchObject({
      argument: 'objectName',
    })
    await driver.uploadObjectViaStream('x', container, 'ü'.repeat(512))
  })

  it('a signed address holds for its time and its object', async () => {
    const driver = new DummyStorageDriver({ clock: 'virtual' })
    const container = await driver.createContainer('files')
    const object = await container.uploadObjectViaStream('x', 'a b/ü?.txt')
    const url = await object.getSignedUrl({ expiresIn: 60 })
    expect(await driver.ex_checkSignedUrl(url)).toEqual({
      containerName: 'files',
      objectName: 'a b/ü?.txt',
      method: 'GET',
      expires: new Date('2026-01-01T00:01:00Z'),
      contentType: undefined,
    })
    for (const other of [
      url.replace('/files/', '/others/'),
      url.replace('=GET', '=PUT'),
      url.slice(0, -1),
      'https://x/',
    ])
      await expect(driver.ex_checkSignedUrl(other), other).rejects.toBeInstanceOf(PermissionDeniedError)
    await driver.ex_advance(60_000)
    await expect(driver.ex_checkSignedUrl(url)).rejects.toThrow(/expired/)
    const put = { name: 'new', container }
    await expect(driver.getObjectSignedUrl(put)).rejects.toMatchObject({ name: 'ObjectDoesNotExistError' })
    const to = await driver.getObjectSignedUrl(put, { method: 'PUT', contentType: 'text/x-own' })
    expect(await driver.ex_checkSignedUrl(to)).toMatchObject({ method: 'PUT', contentType: 'text/x-own' })
  })

  it('a damaged object, and a download that breaks off, leave no file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dummy-'))
    try {
      const driver = new DummyStorageDriver()
      const container = await driver.createContainer('files')
      const object = await driver.uploadObjectViaStream(randomBytes(300_000), container, 'o')
      await driver.ex_fail('downloadObjectAsStream', ConnectionError, { after: true })
      await expect(driver.downloadObject(object, join(folder, 'o'))).rejects.toMatchObject({ mayHaveHappened: true })
      await driver.ex_corruptObject(object)
      await expect(driver.downloadObject(object, join(folder, 'o'))).rejects.toBeInstanceOf(ObjectHashMismatchError)
      expect(await readdir(folder)).toEqual([])
      await driver.downloadObject(object, join(folder, 'o'), { verifyHash: false })
      expect(await readdir(folder)).toEqual(['o'])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('what is given and what is taken out are copies', async () => {
    const driver = new DummyStorageDriver()
    const container = await driver.createContainer('files')
    const bytes = Buffer.from('as it was')
    const object = await driver.uploadObjectViaStream(bytes, container, 'o')
    bytes.fill(0)
    const read = async (): Promise<Buffer> =>
      Buffer.concat(await (await driver.downloadObjectAsStream(object)).toArray())
    const first = await read()
    expect(first.toString()).toBe('as it was')
    for (const chunk of await (await driver.downloadObjectAsStream(object)).toArray()) (chunk as Buffer).fill(0)
    expect((await read()).toString()).toBe('as it was')
  })

  it('a source may use its buffer again', async () => {
    const driver = new DummyStorageDriver()
    const container = await driver.createContainer('files')
    async function* reusing(): AsyncGenerator<Buffer> {
      const buffer = Buffer.alloc(3)
      for (const text of ['one', 'two', 'six']) {
        buffer.write(text)
        yield buffer
      }
    }
    const object = await driver.uploadObjectViaStream(reusing(), container, 'o')
    expect(Buffer.concat(await (await object.asStream()).toArray()).toString()).toBe('onetwosix')
  })

  it('an upload whose source stalls ends with its timeout, and the source is let go', async () => {
    const driver = new DummyStorageDriver()
    const container = await driver.createContainer('files')
    const source = new Readable({ read() {} })
    source.push('the beginning')
    await expect(driver.uploadObjectViaStream(source, container, 'o', { timeout: 30 })).rejects.toBeInstanceOf(
      TimeoutError,
    )
    expect(source.destroyed).toBe(true)
    expect(await driver.listContainerObjects(container)).toEqual([])
  })

  it('an object that is not there cannot be deleted', async () => {
    const driver = new DummyStorageDriver()
    const container = await driver.createContainer('files')
    await expect(driver.deleteObject({ name: 'o', container })).rejects.toMatchObject({
      name: 'ObjectDoesNotExistError',
    })
  })

  it('what is made public says so', async () => {
    const driver = new DummyStorageDriver()
    const container = await driver.createContainer('files')
    const object = await container.uploadObjectViaStream('x', 'o')
    expect([container.extra.isPublic, object.extra]).toEqual([false, { isPublic: false }])
    await container.enableCdn()
    await object.enableCdn()
    expect((await driver.getContainer('files')).extra.isPublic).toBe(true)
    expect((await driver.getObject('files', 'o')).extra.isPublic).toBe(true)
  })
})

describe('DUMMY: dns', () => {
  it('a new zone has its SOA and NS, which the export shows, and the serial grows', async () => {
    const driver = new DummyDNSDriver()
    const zone = await driver.createZone({ domain: 'Example.COM.' })
    expect(zone.domain).toBe('example.com')
    expect((await driver.listRecords(zone)).map(({ type }) => type)).toEqual(['SOA', 'NS', 'NS'])
    const record = await driver.createRecord(zone, { name: 'www', type: 'A', data: '192.0.2.1' })
    await driver.updateRecord(record, { data: '192.0.2.2' })
    await driver.deleteRecord(record)
    expect((await driver.getZone(zone.id)).extra.serial).toBe(4)
    const text = await driver.exportZoneToBindFormat(zone)
    expect(text).toContain('example.com.\t3600\tIN\tSOA\tns1.dummy.example. hostmaster.dummy.example. 4 ')
    const [soa] = await driver.listRecords(zone, { type: 'SOA' })
    await expect(driver.deleteRecord(soa as never)).rejects.toBeInstanceOf(ConflictError)
  })

  it('the same data is known again in another form, and a CNAME stands alone', async () => {
    const driver = new DummyDNSDriver()
    const zone = await driver.createZone({ domain: 'example.com' })
    await driver.createRecord(zone, { name: 'mx', type: 'MX', data: 'Mail.example.net', priority: 5 })
    await expect(
      driver.createRecord(zone, { name: 'MX', type: 'MX', data: 'mail.example.net.', priority: 5 }),
    ).rejects.toBeInstanceOf(RecordAlreadyExistsError)
    await driver.createRecord(zone, { name: 'mx', type: 'MX', data: 'mail.example.net', priority: 6 })
    const cname = { name: 'mx', type: 'CNAME', data: 'other.example.net' } as const
    await expect(driver.createRecord(zone, cname)).rejects.toBeInstanceOf(ConflictError)
    await driver.createRecord(zone, { ...cname, name: 'alias' })
    await expect(driver.createRecord(zone, { name: 'alias', type: 'A', data: '192.0.2.1' })).rejects.toBeInstanceOf(
      ConflictError,
    )
    const one = await driver.createRecord(zone, { name: 'a', type: 'A', data: '192.0.2.1' })
    await driver.createRecord(zone, { name: 'a', type: 'A', data: '192.0.2.2' })
    await expect(one.update({ data: '192.0.2.2' })).rejects.toBeInstanceOf(RecordAlreadyExistsError)
    await expect(one.update({ data: '::1' })).rejects.toMatchObject({ argument: 'record.data' })
    expect((await driver.getRecord(zone.id, one.id)).data).toBe('192.0.2.1')
  })

  it('a slave zone has the records of its master', async () => {
    const driver = new DummyDNSDriver()
    const zone = await driver.createZone({ domain: 'example.com', type: 'slave' })
    expect(await driver.listRecords(zone)).toEqual([])
    await expect(driver.createRecord(zone, { name: 'a', type: 'A', data: '192.0.2.1' })).rejects.toBeInstanceOf(
      InvalidRequestError,
    )
  })
})

describe('DUMMY: load balancers', () => {
  it('a balancer cannot be changed while it is being made or changed, but destroyed', async () => {
    const driver = new DummyLBDriver(virtual)
    const balancer = await driver.createBalancer({ name: 'front', port: 80 })
    const member = { ip: '192.0.2.1', port: 80 }
    expect(balancer.state).toBe('pending')
    for (const call of [
      () => driver.balancerAttachMember(balancer, member),
      () => driver.balancerDetachMember(balancer, member),
      () => driver.updateBalancer(balancer, { port: 81 }),
    ])
      await expect(call()).rejects.toBeInstanceOf(LoadBalancerImmutableError)
    await driver.ex_advance(1000)
    await driver.balancerAttachMember(balancer, member)
    expect((await driver.getBalancer(balancer.id)).state).toBe('pending')
    await expect(driver.balancerAttachMember(balancer, member)).rejects.toBeInstanceOf(LoadBalancerImmutableError)
    await driver.ex_advance(1000)
    await expect(driver.balancerAttachMember(balancer, member)).rejects.toThrow(/is member 'member-1' already/)
    const drained = await driver.ex_setMemberCondition(balancer, member, 'draining')
    expect(drained.extra.condition).toBe('draining')
    await driver.updateBalancer(balancer, { algorithm: 'random' })
    await driver.destroyBalancer(balancer)
    expect(await driver.listBalancers()).toEqual([])
  })

  it('takes the protocols and algorithms that it tells of', async () => {
    const driver = new DummyLBDriver()
    for (const protocol of await driver.listProtocols())
      for (const algorithm of driver.listSupportedAlgorithms()) {
        const made = await driver.createBalancer({ name: 'x', port: 80, protocol, algorithm })
        expect(made.extra).toMatchObject({ protocol, algorithm })
      }
    await expect(driver.createBalancer({ name: 'x', port: 80, protocol: 'gopher' })).rejects.toMatchObject({
      argument: 'balancer.protocol',
    })
    await expect(driver.createBalancer({ name: 'x', port: 80, algorithm: 'observed_node' })).rejects.toMatchObject({
      argument: 'balancer.algorithm',
    })
  })
})

describe('DUMMY: containers', () => {
  it('images are named as registries name them', async () => {
    const driver = new DummyContainerDriver()
    expect(await driver.installImage('library/debian:12')).toMatchObject({
      name: 'debian',
      path: 'library/debian',
      version: '12',
    })
    expect(await driver.installImage('registry.example:5000/a/b')).toMatchObject({
      path: 'registry.example:5000/a/b',
      version: 'latest',
    })
    for (const bad of ['Debian Linux', 'debian:', ':12', 'a//b', '../up'])
      await expect(driver.installImage(bad), bad).rejects.toBeInstanceOf(InvalidRequestError)
  })

  it('a name is taken once in a cluster, and a cluster with containers stays', async () => {
    const driver = new DummyContainerDriver(virtual)
    const image = await driver.installImage('nginx')
    const cluster = await driver.createCluster({ name: 'web', location: { id: 'west' } })
    expect(cluster.extra).toEqual({ location: 'west', status: 'pending' })
    const container = await driver.deployContainer({ name: 'one', image, cluster })
    await expect(driver.deployContainer({ name: 'one', image, cluster })).rejects.toBeInstanceOf(ConflictError)
    await driver.deployContainer({ name: 'one', image })
    await expect(driver.destroyCluster(cluster)).rejects.toBeInstanceOf(ConflictError)
    expect(container.state).toBe('pending')
    await expect(driver.stopContainer(container)).rejects.toBeInstanceOf(ConflictError)
    await driver.ex_advance(1000)
    expect((await driver.restartContainer(container)).state).toBe('rebooting')
    expect((await driver.ex_setContainerState(container, 'error')).state).toBe('error')
    expect(await driver.listClusters({ location: { id: 'east' } })).toEqual([])
    await expect(driver.deployContainer({ name: 'x', image: { id: 'image-9' } })).rejects.toBeInstanceOf(
      ImageDoesNotExistError,
    )
  })
})

describe('DUMMY: backup', () => {
  it('a job goes on with the clock, not while it is suspended, and its point is where it ended', async () => {
    const driver = new DummyBackupDriver({ clock: 'virtual', transition: { job: 10_000 } })
    const target = await driver.createTarget({ name: 'db', address: '192.0.2.1' })
    const job = await target.createJob()
    const look = async (): Promise<unknown[]> => {
      const { status, progress } = await driver.getTargetJob(target, job.id)
      return [status, progress]
    }
    await driver.ex_advance(2500)
    expect(await look()).toEqual(['Running', 25])
    await job.suspend()
    await driver.ex_advance(60_000)
    expect(await look()).toEqual(['Pending', 25])
    await job.resume()
    await driver.ex_advance(7499)
    expect(await look()).toEqual(['Running', 99])
    expect(await target.listRecoveryPoints()).toEqual([])
    await driver.ex_advance(60_000)
    expect(await look()).toEqual(['Completed', 100])
    const [point] = await target.listRecoveryPoints()
    expect(point).toMatchObject({ id: 'point-1', date: new Date(Date.UTC(2026, 0, 1) + 70_000) })
    const restore = await point?.recover({ path: '/etc' })
    expect(restore).toMatchObject({
      status: 'Running',
      extra: { kind: 'recovery', recoveryPointId: 'point-1', path: '/etc' },
    })
    await driver.ex_advance(10_000)
    expect(await target.listRecoveryPoints(), 'a restore leaves no point').toHaveLength(1)
  })

  it('a broken target fails half way, and a target takes its jobs with it', async () => {
    const driver = new DummyBackupDriver({ clock: 'virtual', transition: 1000 })
    const target = await driver.createTarget({ name: 'db-broken', address: '192.0.2.1' })
    const job = await target.createJob()
    await driver.ex_advance(500)
    expect(await driver.getTargetJob(target, job.id)).toMatchObject({ status: 'Failed', progress: 50 })
    await driver.ex_advance(5000)
    expect(await target.listRecoveryPoints()).toEqual([])
    await target.delete()
    await expect(driver.listTargetJobs(target)).rejects.toBeInstanceOf(NotFoundError)
  })
})
