import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  openAsBlob,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import type { LXDNodeDriver } from '../../../drivers/lxd/compute.js'
import type { LXDContainerDriver } from '../../../drivers/lxd/container.js'
import {
  ConflictError,
  ConnectionError,
  InvalidCredentialsError,
  InvalidRequestError,
  NotFoundError,
} from '../../../lib/errors.js'
import { computeLifecycle } from '../../conformance/lifecycle/compute.js'
import { containerLifecycle } from '../../conformance/lifecycle/container.js'
import { prove } from '../proof.js'
import { useServer } from '../use-server.js'
import { compute, prepare, type Scene } from './scenes.js'
import {
  containersOf,
  killServer,
  lxc,
  nodesOf,
  pylxd,
  type RealServer,
  remoteOf,
  resumeServer,
  startServer,
  stopServer,
} from './server.js'

const proof = prove('lxd', 'compute')
const containerProof = prove('lxd', 'container')
const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'libcloud-lxd-test-'))
const images = process.env['LIBCLOUD_LXD_IMAGES'] ?? '/var/tmp/libcloud-lxd-images'
const busybox = { id: 'busybox' }
const size = { id: 'default' }
let server: RealServer
let driver: LXDNodeDriver
let containers: LXDContainerDriver

useServer(
  'LXD',
  async () => {
    server = await startServer({ debian: true })
    driver = proof.watch(nodesOf(server))
    containers = containerProof.watch(containersOf(server))
  },
  async () => {
    await driver?.close()
    await containers?.close()
    await stopServer(server)
  },
)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A container that ends with its test. */
async function withNode<T>(name: string, work: (name: string) => Promise<T>, options: object = {}): Promise<T> {
  await using _node = await driver.createNode({ name, size, image: busybox, ...options })
  return await work(name)
}

/** Both drivers have the same `ex_` methods. */
const BOTH = ['compute', 'container'] as const
/** A driver of another server: what it shows is shown of the one under test. */
function watched(api: (typeof BOTH)[number], other: LXDNodeDriver): LXDNodeDriver {
  return (api === 'compute' ? proof : containerProof).watch(other)
}

describe('LXD: compute', () => {
  computeLifecycle({
    describe,
    it,
    driver: async () => driver,
    size,
    image: busybox,
    volumeSize: 1,
    interval: 100,
    many: 3,
  })
})

describe('LXD: container', () => {
  containerLifecycle({ describe, it, driver: async () => containers, imagePath: 'busybox', interval: 100 })
})

describe('LXD: every method', () => {
  const playAll = async (played: object, scenes: readonly Scene[]): Promise<void> => {
    const world = await prepare(server, nodesOf(server))
    const play = async ({ method, args, before, after, throws }: Scene): Promise<void> => {
      await before?.(world)
      const call = Reflect.get(played, method) as (...given: unknown[]) => Promise<unknown>
      const outcome = await Promise.resolve(call.apply(played, [...args(world)])).then(
        value => value,
        (error: unknown) => error,
      )
      ;(outcome as { stream?: Readable } | undefined)?.stream?.destroy()
      if (outcome instanceof Error && outcome.name !== throws) throw new Error(`${method} failed`, { cause: outcome })
      expect(throws === undefined || outcome instanceof Error, `${method} is to fail`).toBe(true)
      await after?.(world)
    }
    for (const scene of scenes) await play(scene)
    for (const { name } of await driver.ex_listInstances()) await driver.destroyNode({ id: name })
    await driver.ex_deleteNetwork('net0')
  }
  it('does what the fixtures show', () => playAll(driver, compute), 300_000)

  it('does the same in the container driver', async () => {
    await playAll(
      containers,
      compute.filter(({ method }) => method.startsWith('ex_')),
    )
    await withNode('shared', async name => {
      expect((await containers.ex_execute(name, ['hostname'])).stdout.trim()).toBe(name)
      await using session = await containers.ex_openExec(name, ['true'])
      expect(await session.exitCode).toBe(0)
      await using _console = await containers.ex_openConsole(name)
      for await (const _event of containers.ex_events({ ex_onConnect: () => void driver.ex_execute(name, ['true']) }))
        break
      writeFileSync(join(folder, 'plain'), 'plain')
      await containers.ex_uploadFile(name, join(folder, 'plain'), '/root/plain')
      await containers.ex_downloadFile(name, '/root/plain', join(folder, 'plain-2'))
      mkdirSync(join(folder, 'small'))
      await containers.ex_pushDirectory(name, join(folder, 'small'), '/root/small')
      await containers.ex_pullDirectory(name, '/root/small', join(folder, 'small-2'))
    })
  }, 300_000)
})

describe('LXD: commands', () => {
  it('have environment, user, directory, exit code and three streams', () =>
    withNode('exec', async name => {
      const script = 'echo $WHO; id -u; id -g; pwd; cat; echo oops >&2; exit 7'
      const result = await driver.ex_execute(name, ['sh', '-c', script], {
        ex_environment: { WHO: 'world' },
        ex_user: 1000,
        ex_group: 100,
        ex_cwd: '/tmp',
        ex_stdin: 'in\n',
      })
      expect(result).toMatchObject({ exitCode: 7, stdout: 'world\n1000\n100\n/tmp\nin\n', stderr: 'oops\n' })
      expect((await driver.ex_execute(name, ['sh', '-c', 'kill -TERM $$'])).exitCode).toBe(143)
      await expect(driver.ex_execute(name, ['no-such-command'])).rejects.toThrow(NotFoundError)
    }))

  it('take and give any bytes, and wait for slow readers', () =>
    withNode('bytes', async name => {
      const bytes = randomBytes(3_000_000)
      const echoed = await driver.ex_execute(name, ['cat'], {
        ex_stdin: Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]),
      })
      expect(echoed.stdoutBytes.equals(bytes)).toBe(true)
      const hash = createHash('sha256')
      let size = 0
      const { exitCode, stdout } = await driver.ex_execute(name, ['head', '-c', '50000000', '/dev/zero'], {
        ex_onStdout: async chunk => {
          hash.update(chunk)
          size += chunk.length
          await new Promise(resolve => setImmediate(resolve))
        },
      })
      expect([exitCode, stdout, size]).toEqual([0, '', 50_000_000])
    }))

  it('have a terminal with a size, and can be sent signals', () =>
    withNode('tty', async name => {
      await using shell = await driver.ex_openExec(name, ['sh'], { ex_terminal: { width: 90, height: 30 } })
      let shown = ''
      shell.stdout.on('data', chunk => {
        shown += chunk
      })
      await shell.resize({ width: 100, height: 40 })
      shell.stdin.write('stty size; tty\n')
      await expect.poll(() => shown).toMatch(/40 100[\s\S]*\/dev\/pts\//)
      shell.stdin.write('exit 3\n')
      expect(await shell.exitCode).toBe(3)
      await finished(shell.stdout)
      await using sleeping = await driver.ex_openExec(name, ['sleep', '1000'])
      await sleeping.kill('SIGTERM')
      expect(await sleeping.exitCode).toBe(143)
    }))

  it('end with the signal, and nothing of them is left', () =>
    withNode('abort', async name => {
      const controller = new AbortController()
      const reason = new Error('enough')
      const running = driver.ex_execute(name, ['sh', '-c', 'echo begun; exec sleep 7654'], {
        signal: controller.signal,
        ex_onStdout: () => controller.abort(reason),
      })
      await expect(running).rejects.toBe(reason)
      await expect.poll(async () => (await driver.ex_execute(name, ['ps'])).stdout).not.toContain('sleep 7654')
      await expect
        .poll(async () =>
          (await driver.ex_listOperations()).filter(each => each.class === 'websocket' && each.statusCode < 200),
        )
        .toEqual([])
    }))

  it('have a console that is typed into', () =>
    withNode('console', async name => {
      await using console = await driver.ex_openConsole(name)
      console.stdin.write('\n')
      await console.close()
      expect(await driver.ex_getConsoleLog(name)).toContain('udhcpc')
    }))
})

describe('LXD: files', () => {
  it('go both ways with modes, owners and links, whole trees of them', () =>
    withNode('files', async name => {
      const tree = join(folder, 'tree')
      mkdirSync(join(tree, 'empty'), { recursive: true })
      mkdirSync(join(tree, 'deep/er'), { recursive: true })
      writeFileSync(join(tree, 'deep/er/ä b.txt'), 'text')
      writeFileSync(join(tree, 'tool'), randomBytes(100_000))
      chmodSync(join(tree, 'tool'), 0o751)
      symlinkSync('deep/er', join(tree, 'link'))
      await driver.ex_pushDirectory(name, tree, '/srv', { ex_uid: 1000, ex_gid: 100 })
      expect(await driver.ex_statFile(name, '/srv/tool')).toMatchObject({
        type: 'file',
        mode: 0o751,
        uid: 1000,
        gid: 100,
      })
      expect(await driver.ex_statFile(name, '/srv/link')).toMatchObject({ type: 'symlink', target: '/srv/deep/er' })
      const back = join(folder, 'back')
      await driver.ex_pullDirectory(name, '/srv', back)
      await run('diff', ['-r', '--no-dereference', tree, back])
      expect(statSync(join(back, 'tool')).mode & 0o777).toBe(0o751)
      await driver.ex_uploadFile(name, join(tree, 'tool'), '/srv/tool-2', { ex_uid: 5 })
      expect(await driver.ex_statFile(name, '/srv/tool-2')).toMatchObject({ mode: 0o751, uid: 5 })
      await driver.ex_deleteFile(name, '/srv/tool-2')
      await driver.ex_pushFile(name, '/srv/tool', 'more', { ex_append: true })
      expect((await driver.ex_pullFile(name, '/srv/tool')).length).toBe(100_004)
      await driver.ex_downloadFile(name, '/srv/deep/er/ä b.txt', join(folder, 'one'))
      expect(readFileSync(join(folder, 'one'), 'utf8')).toBe('text')
      await expect(driver.ex_pullFile(name, '/nowhere')).rejects.toThrow(NotFoundError)
      await expect(driver.ex_pullFile(name, '/srv')).rejects.toThrow(InvalidRequestError)
      for (const path of ['etc/passwd', '/srv/../../etc', '', '/a\0b'])
        await expect(driver.ex_pushFile(name, path, 'x')).rejects.toThrow(InvalidRequestError)
    }))

  it(
    'of 1 GiB go both ways in constant memory',
    () =>
      withNode('large', async name => {
        const chunk = randomBytes(1 << 20)
        const sum = createHash('sha256')
        let most = 0
        const watch = setInterval(() => {
          most = Math.max(most, process.memoryUsage.rss())
        }, 50)
        const before = process.memoryUsage.rss()
        try {
          const source = async function* (): AsyncGenerator<Buffer> {
            for (let left = 1024; left > 0; left--) {
              sum.update(chunk)
              yield chunk
            }
          }
          await driver.ex_pushFile(name, '/root/large', source(), { ex_contentLength: 1 << 30 })
          const { stream } = await driver.ex_openFile(name, '/root/large')
          const back = createHash('sha256')
          for await (const part of stream) back.update(part as Buffer)
          expect(back.digest('hex')).toBe(sum.digest('hex'))
        } finally {
          clearInterval(watch)
        }
        expect(most - before).toBeLessThan(256 * 1024 * 1024)
      }),
    300_000,
  )
})

describe('LXD: a cloud instance', () => {
  it('is launched with user data, and cloud-init comes to its end', async () => {
    const userData =
      '#cloud-config\nwrite_files:\n  - {path: /root/made, content: by cloud-init}\nruncmd: [touch /root/ran]\n'
    await using node = await driver.createNode({ name: 'cloud', size, image: { id: 'debian' }, ex_userData: userData })
    // Systemd is not there at once.
    await expect
      .poll(
        () =>
          driver.ex_execute(node, ['cloud-init', 'status']).then(
            ({ exitCode }) => exitCode,
            () => -1,
          ),
        { timeout: 60_000, interval: 500 },
      )
      .toBeGreaterThanOrEqual(0)
    const { stdout } = await driver.ex_execute(node, ['cloud-init', 'status', '--wait', '--long'], { timeout: 100_000 })
    expect(stdout).toContain('status: done')
    expect((await driver.ex_pullFile(node, '/root/made')).toString()).toBe('by cloud-init')
    expect((await driver.ex_statFile(node, '/root/ran')).type).toBe('file')
    const [running] = await driver.waitUntilRunning([node], { interval: 500 })
    expect(running?.addresses[0]).toContain(server.subnet)
  })
})

describe('LXD: many at once', () => {
  it('fifty containers are launched, executed in and deleted', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `many-${index}`)
    let next = 0
    const worker = async (): Promise<void> => {
      for (let name = names[next++]; name !== undefined; name = names[next++]) {
        const wanted = name
        await withNode(wanted, async () => {
          const { stdout } = await driver.ex_execute(wanted, ['hostname'])
          expect(stdout.trim()).toBe(wanted)
        })
      }
    }
    await Promise.all(Array.from({ length: 10 }, worker))
    const left = (await driver.ex_listInstanceNames()).filter(name => name.startsWith('many-'))
    expect(left).toEqual([])
  }, 600_000)

  it('a hundred instances stand in one list', async () => {
    // Without a source they take no time.
    const names = Array.from({ length: 100 }, (_, index) => `none-${index}`)
    for (const name of names) await driver.ex_createInstance({ name, source: { type: 'none' } })
    const listed = await driver.ex_listInstances({ ex_filter: 'name eq none-.*' })
    expect(listed.length).toBe(100)
    for (const name of names) await driver.ex_deleteInstance(name)
  }, 300_000)
})

describe('LXD: trust', () => {
  it.each(BOTH)('comes by password, by token and by an administrator; others are told how (%s)', async api => {
    const shared = api === 'compute' ? driver : containers
    const key = async () => {
      const { certificate: clientCert, privateKey: clientKey } = await shared.ex_generateClientCertificate('suite')
      return { clientCert, clientKey }
    }
    const stranger = watched(api, remoteOf(server, await key()))
    expect(await stranger.ex_isTrusted()).toBe(false)
    const error = await stranger.listNodes().catch((caught: Error) => caught)
    expect(error).toBeInstanceOf(InvalidCredentialsError)
    expect(String(error)).toMatch(/not trusted[\s\S]*ex_authenticate/)
    await expect(stranger.ex_authenticate('wrong')).rejects.toThrow(InvalidCredentialsError)
    await stranger.ex_authenticate(server.password)
    expect(await stranger.ex_isTrusted()).toBe(true)
    const token = await shared.ex_createCertificateToken({ name: 'invited' })
    const invited = remoteOf(server, await key())
    await invited.ex_authenticate(token)
    expect(await invited.ex_isTrusted()).toBe(true)
    const { clientCert, clientKey } = await key()
    const { fingerprint } = await shared.ex_createCertificate({ certificate: clientCert, name: 'admitted' })
    const admitted = remoteOf(server, { clientCert, clientKey })
    await withNode('far', async name => {
      expect((await admitted.ex_execute(name, ['hostname'])).stdout.trim()).toBe('far')
    })
    await shared.ex_deleteCertificate(fingerprint)
    const other = remoteOf(server, { serverFingerprint: 'ab'.repeat(32), retry: false })
    await expect(other.ex_getServer()).rejects.toThrow(/another certificate/)
    for (const each of [stranger, invited, admitted, other]) await each.close()
  })
})

describe('LXD: events', () => {
  it('tell what happens, until the loop is left or the signal fires', async () => {
    const seen: unknown[] = []
    const events = driver.ex_events({
      ex_types: ['lifecycle'],
      ex_onConnect: () => void driver.ex_createProfile({ name: 'told' }).catch(() => {}),
    })
    for await (const { metadata } of events) {
      seen.push(metadata['action'])
      break
    }
    expect(seen).toEqual(['profile-created'])
    await driver.ex_deleteProfile('told')
    const controller = new AbortController()
    const reason = new Error('enough')
    const endless = async (): Promise<void> => {
      for await (const _event of driver.ex_events({
        signal: controller.signal,
        ex_onConnect: () => controller.abort(reason),
      }));
    }
    await expect(endless()).rejects.toBe(reason)
  })
})

describe('LXD: transactional objects', () => {
  it('are edited, rolled back and saved; a lost update is an error', () =>
    withNode('edited', async name => {
      const record = await driver.ex_editInstance(name)
      expect(record.dirty).toBe(false)
      record.value.config['user.role'] = 'web'
      expect(record.dirty).toBe(true)
      expect(record.rollback().dirty).toBe(false)
      record.value.description = 'Mine'
      await driver.ex_updateInstance(name, { config: { 'user.other': 'theirs' } })
      await expect(record.save()).rejects.toThrow(ConflictError)
      await record.sync()
      expect([record.dirty, record.value.config['user.other']]).toEqual([true, 'theirs'])
      await record.save()
      expect(record.dirty).toBe(false)
      expect(await driver.ex_getInstance(name)).toMatchObject({ description: 'Mine' })
    }))
})

describe('LXD: what pylxd reads', () => {
  it('is what was written', () =>
    withNode('read', async name => {
      await driver.ex_createSnapshot(name, 'one')
      await driver.ex_pushFile(name, '/root/file', 'content')
      const program = [
        `i = client.containers.get(${JSON.stringify(name)})`,
        'r = i.execute(["hostname"])',
        'print(json.dumps({"name": i.name, "status": i.status, "profiles": i.profiles, "config": dict(i.config),',
        '  "snapshots": [s.name for s in i.snapshots.all()], "file": i.files.get("/root/file").decode(),',
        '  "exec": r.stdout.strip(), "images": [m.fingerprint for m in client.images.all()],',
        '  "pools": [p.name for p in client.storage_pools.all()], "networks": sorted(n.name for n in client.networks.all()),',
        '  "all": sorted(x.name for x in client.containers.all())}))',
      ]
      const theirs = (await pylxd(server, program.join('\n'))) as Record<string, unknown>
      const ours = await driver.ex_getInstance(name)
      expect(theirs).toMatchObject({ name, status: ours.status, profiles: ours.profiles, config: ours.config })
      expect(theirs).toMatchObject({ snapshots: ['one'], file: 'content', exec: name })
      expect(theirs['images']).toEqual((await driver.ex_listImages()).map(({ fingerprint }) => fingerprint))
      expect(theirs['pools']).toEqual((await driver.ex_listStoragePools()).map(each => each.name))
      expect(theirs['networks']).toEqual((await driver.ex_listNetworks()).map(each => each.name).sort())
      expect(theirs['all']).toEqual([...(await driver.ex_listInstanceNames())].sort())
      expect(JSON.parse(await lxc(server, 'list', '--format', 'json'))).toHaveLength((theirs['all'] as string[]).length)
    }))
})

describe('LXD: images', () => {
  it.each(BOTH)(
    'are uploaded, exported, split and unified, and backups go out and in (%s)',
    async api => {
      const shared = api === 'compute' ? driver : containers
      const file = join(images, 'busybox.tar.gz')
      const { fingerprint } = await shared.ex_getImageByAlias('busybox')
      const { stream } = await shared.ex_exportImage(fingerprint)
      const sum = createHash('sha256')
      for await (const chunk of stream) sum.update(chunk as Buffer)
      expect(sum.digest('hex')).toBe(fingerprint)
      await shared.ex_deleteImage(fingerprint)
      await expect(shared.ex_uploadImage(await openAsBlob(file), { ex_fingerprint: 'ab'.repeat(32) })).rejects.toThrow()
      const options = { ex_aliases: ['busybox'], ex_filename: 'busybox.tar.gz', ex_fingerprint: fingerprint }
      expect((await shared.ex_uploadImage(createReadStream(file), options)).fingerprint).toBe(fingerprint)
      await run('tar', ['-C', folder, '-xzf', file])
      await run('tar', ['-C', folder, '-czf', join(folder, 'meta.tar.gz'), 'metadata.yaml', 'templates'])
      await run('mksquashfs', [join(folder, 'rootfs'), join(folder, 'root.squashfs'), '-noappend', '-comp', 'gzip'])
      const metadata = readFileSync(join(folder, 'meta.tar.gz'))
      const split = await shared.ex_uploadSplitImage(metadata, await openAsBlob(join(folder, 'root.squashfs')), {
        ex_aliases: ['split'],
      })
      await withNode('of-split', async name => expect((await shared.ex_execute(name, ['true'])).exitCode).toBe(0), {
        image: { id: 'split' },
      })
      await shared.ex_deleteImage(split.fingerprint)
      await withNode('backed', async name => {
        await shared.ex_pushFile(name, '/root/kept', 'kept')
        await shared.ex_createBackup(name, 'full')
        await shared.ex_importBackup(await shared.ex_exportBackup(name, 'full'), { ex_name: 'restored' })
        expect((await shared.ex_pullFile('restored', '/root/kept')).toString()).toBe('kept')
        await shared.ex_deleteInstance('restored')
      })
      await shared.ex_createStorageVolume('default', { name: 'vol' })
      await shared.ex_createStorageVolumeBackup('default', 'vol', 'full')
      await shared.ex_importStorageVolume(
        'default',
        await shared.ex_exportStorageVolumeBackup('default', 'vol', 'full'),
        { ex_name: 'vol-2' },
      )
      for (const name of ['vol', 'vol-2']) await shared.ex_deleteStorageVolume('default', name)
    },
    300_000,
  )
})

describe('LXD: two servers', () => {
  it.each(BOTH)(
    'give each other instances and images, and one becomes a cluster (%s)',
    async api => {
      const shared = api === 'compute' ? driver : containers
      const second = await startServer()
      try {
        const other = watched(api, nodesOf(second))
        await withNode('wanderer', async name => {
          await shared.ex_pushFile(name, '/root/file', 'carried')
          await shared.ex_stopInstance(name, { ex_force: true })
          await shared.ex_createSnapshot(name, 'one')
          await shared.ex_copyInstanceTo(name, other, { ex_newName: 'copied' })
          expect((await other.ex_pullFile('copied', '/root/file')).toString()).toBe('carried')
          expect((await other.ex_listSnapshots('copied')).map(each => each.name)).toEqual(['one'])
          await shared.ex_copyInstance(name, 'leaving')
          await shared.ex_migrateInstance('leaving', other)
          expect(await shared.ex_hasInstance('leaving')).toBe(false)
          await other.ex_startInstance('leaving')
          expect((await other.ex_execute('leaving', ['cat', '/root/file'])).stdout).toBe('carried')
          const { fingerprint } = await shared.ex_publishInstance(name, { ex_aliases: ['made'] })
          await shared.ex_copyImageTo(fingerprint, other, { ex_aliases: ['made'] })
          expect((await other.ex_getImageByAlias('made')).fingerprint).toBe(fingerprint)
          await shared.ex_deleteImage(fingerprint)
        })
        await other.ex_enableCluster('one')
        expect(await other.ex_getCluster()).toMatchObject({ enabled: true, serverName: 'one' })
        expect((await other.ex_listClusterMembers()).map(each => each.serverName)).toEqual(['one'])
        expect((await other.listLocations()).map(({ id }) => id)).toEqual(['one'])
        expect(Buffer.from(await other.ex_createClusterToken('two'), 'base64').toString()).toContain(
          '"server_name":"two"',
        )
        await other.ex_updateClusterMember('one', { description: 'First' })
        expect(await other.ex_getClusterMember('one')).toMatchObject({ description: 'First', status: 'Online' })
        await other.ex_createClusterGroup({ name: 'all', members: ['one'] })
        await other.ex_updateClusterGroup('all', { description: 'All of them' })
        await other.ex_renameClusterGroup('all', 'every')
        expect(await other.ex_hasClusterGroup('every')).toBe(true)
        expect((await other.ex_listClusterGroups()).map(each => each.name).sort()).toEqual(['default', 'every'])
        await other.close()
      } finally {
        await stopServer(second)
      }
    },
    300_000,
  )
})

describe('LXD: a daemon that is killed', () => {
  it('fails what it was doing, and everything goes on when it is back', async () => {
    await using node = await driver.createNode({ name: 'survivor', size, image: busybox })
    const running = driver.ex_execute(node, ['sleep', '7654'])
    const outcome = running.catch((error: unknown) => error)
    await expect.poll(async () => (await driver.ex_execute(node, ['ps'])).stdout).toContain('sleep 7654')
    const begun = new Promise<void>(resolve => {
      void driver.ex_createBackup(node, 'slow', { ex_compression: 'xz', ex_onOperation: () => resolve() }).then(
        () => settled.push('done'),
        error => settled.push(error),
      )
    })
    const settled: unknown[] = []
    await begun
    await killServer(server)
    await resumeServer(server)
    expect(await outcome).toBeInstanceOf(ConnectionError)
    await expect.poll(() => settled.length, { timeout: 60_000 }).toBe(1)
    // It may have been quicker than the signal.
    if (settled[0] !== 'done') expect(settled[0]).toBeInstanceOf(ConnectionError)
    expect((await driver.getNode(node.id)).state).toBe('running')
    expect((await driver.ex_execute(node, ['echo', 'alive'])).stdout).toBe('alive\n')
  })
})

describe("LXD: pylxd's examples", () => {
  it('containers: config with no source, wait, freeze, delete', async () => {
    const config = { name: 'my-container', source: { type: 'none' } }
    const container = await driver.ex_createInstance(config)
    expect(container).toMatchObject({ name: 'my-container', status: 'Stopped', ephemeral: false })
    expect((await driver.ex_getInstance('my-container')).name).toBe('my-container')
    expect((await driver.ex_listInstances()).map(({ name }) => name)).toContain('my-container')
    await driver.ex_renameInstance('my-container', 'an-container')
    await driver.ex_deleteInstance('an-container')
    await withNode('frozen', async name => {
      await driver.ex_freezeInstance(name)
      expect((await driver.ex_getInstanceState(name)).status).toBe('Frozen')
      await driver.ex_unfreezeInstance(name)
    })
  })

  it('images: public, and updated', async () => {
    const { fingerprint } = await driver.ex_getImageByAlias('busybox')
    const image = await driver.ex_editImage(fingerprint)
    expect(image.value.public).toBe(false)
    image.value.public = true
    await image.save()
    expect((await driver.ex_getImage(fingerprint)).public).toBe(true)
    await driver.ex_updateImage(fingerprint, { public: false })
  })

  it('profiles: config and devices, updated, renamed', async () => {
    const devices = { root: { path: '/', size: '10GB', type: 'disk', pool: 'default' } }
    await driver.ex_createProfile({ name: 'an-profile', config: { 'security.nesting': 'true' }, devices })
    const profile = await driver.ex_editProfile('an-profile')
    profile.value.config['security.nesting'] = 'false'
    await profile.save()
    expect(await driver.ex_getProfile('an-profile')).toMatchObject({ config: { 'security.nesting': 'false' }, devices })
    await driver.ex_renameProfile('an-profile', 'the-profile')
    await driver.ex_deleteProfile('the-profile')
  })

  it.each(BOTH)('operations: waited for by their id (%s)', async api => {
    const shared = api === 'compute' ? driver : containers
    let id = ''
    await shared.ex_createInstance(
      { name: 'waited', source: { type: 'none' } },
      {
        ex_onOperation: each => {
          id = each.id
        },
      },
    )
    expect(await shared.ex_waitForOperation(id)).toMatchObject({ id, status: 'Success' })
    await shared.ex_deleteInstance('waited')
    await withNode('cancelled', async name => {
      const session = await shared.ex_openExec(name, ['sleep', '7654'])
      const running = (await shared.ex_listOperations()).find(each => each.class === 'websocket')
      expect((await shared.ex_getOperation(running?.id ?? '')).class).toBe('websocket')
      await session.close()
    })
  })
})

describe('LXD: bad input', () => {
  it('is refused before anything is asked', async () => {
    const far = nodesOf({ ...server, socket: '/var/run/no-such.socket' }, { retry: false })
    for (const name of ['', 'a b', '-a', 'a-', 'a_b', '1234', 'x'.repeat(64), 'a/b/c', '../a'])
      await expect(far.ex_getInstance(name)).rejects.toThrow(InvalidRequestError)
    for (const device of ['', 'a b', 'a/b'])
      await expect(far.ex_addDevice('a', device, { type: 'none' })).rejects.toThrow(InvalidRequestError)
    await expect(far.ex_updateInstance('a', { config: { 'limits.cpu': 2 as never } })).rejects.toThrow(
      InvalidRequestError,
    )
    await expect(far.ex_execute('a', [])).rejects.toThrow(InvalidRequestError)
    const error = await far.listNodes().catch((caught: Error) => caught)
    expect(String(error)).toMatch(/no-such\.socket[\s\S]*group 'lxd'/)
    await far.close()
  })
})

describe('LXD: proof', () => {
  it('is what it was', async () => {
    const { environment } = await driver.ex_getServer()
    proof.settle(`lxd ${environment.serverVersion}`)
    containerProof.settle(`lxd ${environment.serverVersion}`)
  })
})
