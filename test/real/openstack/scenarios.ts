// What users do with a cloud over hours, in minutes.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import type { OpenStackNodeDriver } from '../../../drivers/openstack/compute.js'
import {
  InvalidCredentialsError,
  InvalidRequestError,
  NotSupportedError,
  PermissionDeniedError,
  QuotaExceededError,
} from '../../../lib/errors.js'
import { readNothing } from '../../../lib/http/message.js'
import { agree } from './readback.js'
import { quota, type Stage } from './scenes.js'
import { driverFor } from './server.js'
import { gone, QUICK, until } from './world.js'

const MANY = 30

/** Does something with each of several, a few at a time. */
async function each<T, R>(all: readonly T[], work: (one: T) => Promise<R>, width = 8): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const run = async (): Promise<void> => {
    while (next < all.length) {
      const at = next++
      results[at] = await work(all[at] as T)
    }
  }
  await Promise.all(Array.from({ length: width }, run))
  return results
}

/** Ends a token before its time. */
async function revoke(admin: OpenStackNodeDriver, token: string): Promise<void> {
  const headers = { 'x-subject-token': token }
  const spec = { service: 'identity', method: 'DELETE', path: '/auth/tokens', headers, read: readNothing } as const
  await admin.connection.request(spec)
}

export function servers(get: () => Stage, watch: <D extends OpenStackNodeDriver>(driver: D) => D): void {
  it(`${MANY} are made at once, listed page by page, and the token may end in the midst of that`, async () => {
    const { cloud, admin, sizes, image } = get()
    await using driver = driverFor(cloud)
    const watched = watch(driver)
    const names = Array.from({ length: MANY }, (_, index) => `many-${String(index).padStart(3, '0')}`)
    const size = sizes[0] as { id: string }
    const made = await each(names, name => watched.createNode({ name, size, image, ex_networks: 'none' }))
    try {
      expect(new Set(made.map(({ id }) => id)).size).toBe(MANY)
      // Nova keeps those that are still being built elsewhere, and may miss some while they move.
      await each(made, node => driver.ex_waitForState(node, 'ACTIVE', { ...QUICK, timeout: 300_000 }))
      const seen: string[] = []
      let pages = 0
      for await (const page of watched.listNodes({ ex_name: '^many-', ex_limit: 7 }).pages()) {
        pages += 1
        seen.push(...page.items.map(({ id }) => id))
        if (pages === 2) await revoke(admin, (await driver.connection.session()).token)
      }
      expect(pages).toBe(Math.ceil(MANY / 7))
      expect([...seen].sort()).toEqual(made.map(({ id }) => id).sort())
      const tokens = new Set([(await driver.connection.session()).token])
      await Promise.all(made.slice(0, 10).map(({ id }) => watched.getNode(id)))
      tokens.add((await driver.connection.session()).token)
      expect(tokens.size).toBe(1)
    } finally {
      await each(made, node =>
        until(
          () => driver.getNode(node.id),
          ({ extra }) => extra.state !== 'BUILD',
        ).then(() => driver.destroyNode(node)),
      )
      await each(made, node => gone(() => driver.getNode(node.id)))
    }
  }, 600_000)

  it('boot from volumes, snapshots and images that become volumes, and say what they have', async () => {
    const { demo, sizes, image } = get()
    const watched = watch(demo)
    const available = (id: string): Promise<unknown> =>
      until(
        () => demo.getVolume(id),
        ({ extra }) => extra.state === 'available',
      )
    await using volume = await watched.createVolume({ name: 'bootable', size: 1, ex_image: image })
    await available(volume.id)
    const snapshot = await watched.createVolumeSnapshot(volume, { name: 'bootable' })
    await until(
      () => demo.ex_getSnapshot(snapshot.id),
      ({ extra }) => extra.state === 'available',
    )
    const base = { name: 'boots', size: sizes[0] as { id: string }, image, ex_networks: 'none' } as const
    try {
      for (const source of ['image', 'snapshot', 'volume'] as const) {
        const id = { image, snapshot, volume }[source].id
        const deleteOnTermination = source !== 'volume'
        const node = await watched.createNode({
          ...base,
          ex_blockDevices: [{ source, id, size: 1, deleteOnTermination }],
        })
        const running = await demo.ex_waitForState(node, 'ACTIVE', QUICK)
        expect(running.image).toBeUndefined()
        const [volumeId = ''] = running.extra.volumeIds
        expect(volumeId === volume.id).toBe(source === 'volume')
        expect((await demo.getVolume(volumeId)).extra.attachments[0]?.nodeId).toBe(node.id)
        await demo.destroyNode(node)
        await gone(() => demo.getNode(node.id))
        if (deleteOnTermination) await gone(() => demo.getVolume(volumeId))
        else await available(volumeId)
      }
    } finally {
      await demo.destroyVolumeSnapshot(snapshot)
      await gone(() => demo.ex_getSnapshot(snapshot.id))
    }
  }, 300_000)

  it('are asked for as the quota allows, and as the policy allows', async () => {
    const { cloud, admin, demo, sizes, image, project, node } = get()
    await quota(admin, project, { instances: 3 })
    try {
      const order = { name: 'too-many', size: sizes[0] as { id: string }, image, ex_networks: 'none' } as const
      await expect(demo.createNode(order)).rejects.toThrow(QuotaExceededError)
      await expect(demo.createNode(order)).rejects.toThrow(
        /Quota exceeded for instances: Requested 1, but already used 3 of 3/,
      )
    } finally {
      await quota(admin, project, { instances: 2000 })
    }
    await expect(demo.ex_createNetwork({ name: 'x', isExternal: true })).rejects.toThrow(PermissionDeniedError)
    await expect(demo.ex_getQuotaSet('0123456789abcdef0123456789abcdef')).rejects.toThrow(/Policy doesn't allow/)
    await using stranger = driverFor(cloud, 'other')
    await expect(stranger.getNode(node.id)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      requestId: expect.stringMatching(/^req-/),
    })
  })

  it("and what belongs to them are as Debian's own client says", () => agree(get()))

  it('are reached although the service stops and starts again under load', async context => {
    const { cloud, node } = get()
    if (cloud.dir === '') return context.skip('this cloud is not ours to stop')
    await using driver = driverFor(cloud, 'demo', { retry: { retries: 60, maxTimeout: 1000 }, timeout: 120_000 })
    let going = true
    let count = 0
    const load = Array.from({ length: 4 }, async () => {
      while (going) {
        expect((await driver.getNode(node.id)).id).toBe(node.id)
        count += 1
      }
    })
    const again = fileURLToPath(new URL('again.sh', import.meta.url))
    await promisify(execFile)('bash', [again, cloud.dir, 'nova-api'])
    const before = count
    await until(
      async () => count,
      seen => seen >= before + 8,
    )
    going = false
    await Promise.all(load)
  })
}

export function identities(get: () => Stage): void {
  it('are passwords, tokens, application credentials, trusts, domains and the whole system', async () => {
    const { cloud, admin, demo, project } = get()
    const { authUrl, region, password } = cloud
    const common = { authUrl, region, proxy: false } as const
    const named = await openCredential(demo, project)
    try {
      await using app = driverFor(cloud, 'demo', {
        ...named,
        project: undefined,
        authType: 'applicationCredential',
      })
      expect((await app.connection.session()).projectId).toBe(project)
      expect(await app.listNodes()).toHaveLength(3)
    } finally {
      await named.close()
    }
    const { token } = await demo.connection.session()
    for (const options of [{ token }, { token, project: 'demo' }]) {
      await using given = driverFor(cloud, 'demo', {
        key: undefined,
        secret: undefined,
        project: undefined,
        ...options,
      })
      expect(await given.listNodes()).toHaveLength(3)
    }
    await using system = driverFor(cloud, 'admin', { project: undefined, scope: 'system' })
    expect((await system.connection.session()).projectId).toBeUndefined()
    const { body } = await system.connection.request({ service: 'identity', path: '/projects' })
    expect(JSON.stringify(body)).toContain(project)
    await using byId = driverFor(cloud, 'demo', {
      key: undefined,
      userId: (await demo.connection.session()).userId,
      project: undefined,
      projectId: project,
    })
    expect(await byId.listNodes()).toHaveLength(3)
    await using trusted = await openTrust(admin, demo, { ...common, key: 'admin', secret: password }, project)
    expect((await trusted.connection.session()).projectId).toBe(project)
    expect(await trusted.listNodes()).toHaveLength(3)
  })

  it('that are wrong are told as keystone tells it', async () => {
    const { cloud } = get()
    await using wrong = driverFor(cloud, 'demo', { secret: 'not the password' })
    await expect(wrong.listNodes()).rejects.toThrow(InvalidCredentialsError)
    await expect(wrong.listNodes()).rejects.toMatchObject({
      operation: 'listNodes',
      status: 401,
      requestId: expect.stringMatching(/^req-/),
    })
    await using nowhere = driverFor(cloud, 'demo', { region: 'RegionNine' })
    await expect(nowhere.listNodes()).rejects.toThrow(/'RegionOne'/)
    await expect(nowhere.listNodes()).rejects.toThrow(InvalidRequestError)
    await using lacking = driverFor(cloud)
    const reservations = lacking.connection.request({ service: 'reservation', path: '/leases' })
    await expect(reservations).rejects.toThrow(NotSupportedError)
    await expect(reservations).rejects.toThrow(/no service 'reservation'.*'compute'/)
  })

  it('come from clouds.yaml and secure.yaml', async () => {
    const { cloud } = get()
    const folder = mkdtempSync(join(tmpdir(), 'libcloud-openstack-test-'))
    const names = ['OS_CLIENT_CONFIG_FILE', 'OS_CLIENT_SECURE_FILE'] as const
    const before = names.map(name => process.env[name])
    try {
      const auth = `{auth_url: '${cloud.authUrl}', username: demo, project_name: demo, user_domain_id: default, project_domain_id: default}`
      writeFileSync(join(folder, 'clouds.yaml'), `clouds: {real: {auth: ${auth}, region_name: ${cloud.region}}}`)
      writeFileSync(join(folder, 'secure.yaml'), `clouds: {real: {auth: {password: '${cloud.password}'}}}`)
      process.env['OS_CLIENT_CONFIG_FILE'] = join(folder, 'clouds.yaml')
      process.env['OS_CLIENT_SECURE_FILE'] = join(folder, 'secure.yaml')
      const none = { key: undefined, secret: undefined, project: undefined, authUrl: undefined, region: undefined }
      await using driver = driverFor(cloud, 'demo', { ...none, cloud: 'real' })
      expect(await driver.listNodes()).toHaveLength(3)
    } finally {
      for (const [index, name] of names.entries()) {
        if (before[index] === undefined) delete process.env[name]
        else process.env[name] = before[index]
      }
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('find the newest microversions that both sides know', async () => {
    const { demo } = get()
    expect(await demo.connection.microversion({ wanted: '2.46' })).toBe('2.46')
    const newest = await demo.connection.microversion({ wanted: '2.999' })
    expect(newest).toMatch(/^2\.\d+$/)
    await expect(demo.connection.microversion({ wanted: '2.999', least: '2.999' })).rejects.toThrow(newest)
  })
}

async function openCredential(
  demo: OpenStackNodeDriver,
  project: string,
): Promise<{ key: string; secret: string; close(): Promise<unknown> }> {
  const { userId = '' } = await demo.connection.session()
  const path = `/users/${userId}/application_credentials`
  const json = { application_credential: { name: `test-${project}` } }
  const map = (raw: { id: string; secret: string }) => ({ key: raw.id, secret: raw.secret })
  const spec = { service: 'identity', method: 'POST', path, json, member: 'application_credential', map } as const
  const made = await demo.connection.one(spec)
  const close = () =>
    demo.connection.request({ service: 'identity', method: 'DELETE', path: `${path}/${made.key}`, read: readNothing })
  return { ...made, close }
}

/** A driver of one user that acts for another. */
async function openTrust(
  admin: OpenStackNodeDriver,
  demo: OpenStackNodeDriver,
  options: object,
  project: string,
): Promise<OpenStackNodeDriver> {
  const [trustor, trustee] = [await demo.connection.session(), await admin.connection.session()]
  const json = {
    trust: {
      trustor_user_id: trustor.userId,
      trustee_user_id: trustee.userId,
      project_id: project,
      impersonation: true,
      roles: [{ name: 'member' }, { name: 'reader' }],
    },
  }
  const map = (raw: { id: string }): string => raw.id
  const spec = { service: 'identity', method: 'POST', path: '/OS-TRUST/trusts', json, member: 'trust', map } as const
  const trustId = await demo.connection.one(spec)
  const driver = Reflect.construct(Object.getPrototypeOf(admin).constructor, [
    { ...options, trustId },
  ]) as OpenStackNodeDriver
  const close = driver.close.bind(driver)
  driver.close = async () => {
    await close()
    await demo.connection.request({
      service: 'identity',
      method: 'DELETE',
      path: `/OS-TRUST/trusts/${trustId}`,
      read: readNothing,
    })
  }
  return driver
}
