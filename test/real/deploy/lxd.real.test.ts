// deployNode, instances and cloud-init on LXD: Debian containers that boot as an instance of a cloud does.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import type { LXDNodeDriver } from '../../../drivers/lxd/compute.js'
import { NodeAuthSSHKey } from '../../../lib/compute/types.js'
import {
  buildUserData,
  type CloudInitStatus,
  connectNode,
  type Deployment,
  RebootDeployment,
  ScriptDeployment,
  waitForCloudInit,
} from '../../../lib/deployment/index.js'
import { DeploymentError, NotFoundError, WaitError } from '../../../lib/errors.js'
import { lxc, nodesOf, type RealServer, startServer, stopServer } from '../lxd/server.js'
import { useServer } from '../use-server.js'
import { Archive } from './packages.js'

const exec = promisify(execFile)
/** How many are made at once: each is a Debian with its own systemd. */
const AT_ONCE = Number(process.env['LIBCLOUD_DEPLOY_NODES'] ?? 3)

let server: RealServer
let driver: LXDNodeDriver
let archive: Archive
let folder: string
let key: string
let auth: NodeAuthSSHKey
useServer(
  'LXD',
  async () => {
    server = await startServer({ debian: true })
    driver = nodesOf(server)
    folder = await mkdtemp(join(tmpdir(), 'libcloud-deploy-'))
    key = join(folder, 'key')
    await exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    auth = new NodeAuthSSHKey((await readFile(`${key}.pub`, 'utf8')).trim())
    archive = await Archive.start(`${server.subnet}.1`, 'nginx', 'nginx-common')
    await lxc(server, 'profile', 'create', 'debian')
    // Debian shuts down by another signal than what else runs there.
    await lxc(server, 'profile', 'set', 'debian', 'raw.lxc', 'lxc.cgroup.relative = 1')
  },
  async () => {
    await archive?.stop()
    driver?.close()
    await stopServer(server)
    if (folder) await rm(folder, { recursive: true, force: true })
  },
)
// Whatever happened: no machine is left.
afterEach(async () => {
  if (driver !== undefined) expect(await driver.listNodes()).toEqual([])
})

const caught = async (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    error => error,
  )
const script = (text: string, more: object = {}): ScriptDeployment =>
  new ScriptDeployment(`#!/bin/sh\n${text}\n`, { check: true, delete: true, ...more })

/** Settings, and a script that counts first boots. */
const userData = (more = ''): string =>
  buildUserData([
    {
      cloudConfig: {
        bootcmd: ['rm -f /etc/apt/sources.list'],
        write_files: [{ path: '/etc/apt/sources.list.d/here.list', content: `deb [trusted=yes] ${archive.url} ./\n` }],
      },
    },
    `#!/bin/sh\necho boot >>/var/tmp/first-boots\n${more}\n`,
  ]).toText()

const order = (name: string) => ({
  name,
  size: { id: 'debian' },
  image: { id: 'debian' },
  auth,
  sshKeyFile: key,
  sshUsername: 'debian',
  waitPeriod: 300,
  ex_userData: userData(),
  destroyOnFailure: true,
})
const ready: Deployment & { status?: CloudInitStatus } = {
  name: 'cloud-init',
  async run(_node, client, options) {
    ready.status = await waitForCloudInit(client, options)
  },
}

describe('from nothing to a configured machine', () => {
  it('deploys nginx, fetches its page; and the machine can be restarted, cleaned and removed', async () => {
    const install = script('exec sudo apt-get install -qy nginx', {
      timeout: 300_000,
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    })
    const update = script('exec sudo apt-get update -q')
    const phases: string[] = []
    await using node = await driver.deployNode({
      ...order('web-1'),
      sshUsername: 'nobody-here',
      sshAlternateUsernames: ['debian'],
      deploy: [ready, update, new RebootDeployment({ interval: 200 }), install],
      onProgress: ({ phase, step }) => phases.push(phase === 'step' ? `${phase} ${step}` : phase),
    })
    expect(phases.at(-1)).toBe('done')
    expect(phases).toContain('step RebootDeployment')
    const page = await (await fetch(`http://${node.publicIps[0]}/`)).text()
    // A container that was just restarted may have another address: it is the same here, by its lease.
    expect(page).toContain('Welcome to nginx!')
    expect(ready.status).toMatchObject({ state: 'done', datasource: 'DataSourceLXD', errors: [] })
    expect(ready.status?.seconds).toBeGreaterThan(0)
    expect(ready.status?.stages.map(({ name }) => name)).toEqual([
      'init-local',
      'init',
      'modules-config',
      'modules-final',
    ])
    expect(ready.status?.version).toMatch(/^2\d\.\d/)

    const login = {
      username: 'debian',
      privateKeys: [await readFile(key, 'utf8')],
      hostKey: 'accept-any',
      waitPeriod: 300,
    } as const
    await using instance = await connectNode(node, login)
    await instance.wait()
    const boots = async (): Promise<string> => (await instance.execute('cat /var/tmp/first-boots')).stdout
    expect(await boots()).toBe('boot\n')
    const first = await instance.bootId()
    await instance.restart()
    expect(await instance.bootId()).not.toBe(first)
    expect(await boots()).toBe('boot\n')
    await instance.restart({ via: 'machine' })
    await instance.update()
    await instance.install('nginx')
    expect(await caught(instance.install('no-such-package'))).toMatchObject({ name: 'ScriptError', step: 'install' })
    await instance.clean()
    expect((await instance.execute('cat /etc/machine-id')).stdout).toBe('')
    expect((await instance.execute('ls /var/log/cloud-init.log')).ok).toBe(false)
    await instance.restart()
    // Its next boot is a first one.
    expect(await boots()).toBe('boot\nboot\n')
    await instance.shutdown()
    expect(instance.node.state).toBe('stopped')
    await instance.start()
    expect((await instance.cloudInit({ wait: false })).state).toBe('done')
    await instance.delete()
    await expect(driver.getNode('web-1')).rejects.toBeInstanceOf(NotFoundError)
  }, 600_000)

  it('fails at the third step: the machine is destroyed', async () => {
    const deploy = ['true', 'echo two', 'echo three; exit 5'].map((text, at) =>
      script(text, { name: `step-${at + 1}.sh` }),
    )
    const error = await caught(driver.deployNode({ ...order('web-2'), deploy }))
    expect(error).toBeInstanceOf(DeploymentError)
    expect(error).toMatchObject({ step: 'step-3.sh', exitStatus: 5, stdout: 'three\n' })
  }, 300_000)

  it('tells what of cloud-init failed, by the machine itself', async () => {
    const order_ = { ...order('web-3'), ex_userData: userData('exit 3'), deploy: ready }
    await using node = await driver.deployNode(order_)
    expect(ready.status?.state).toBe('error')
    expect(ready.status?.errors.join()).toMatch(/scripts_user|scripts-user/)
    const login = { username: 'debian', privateKeys: [await readFile(key, 'utf8')], hostKey: 'accept-any' } as const
    await using instance = await connectNode(node, login)
    const error = await caught(instance.wait())
    expect(error).toBeInstanceOf(WaitError)
    expect(error.message).toMatch(/cloud-init failed on node web-3: .*scripts/)
  }, 300_000)

  it.each(['created', 'connecting', 'connected'] as const)(
    "an abort in phase '%s' leaves no machine",
    async phase => {
      const controller = new AbortController()
      const onProgress = (told: { readonly phase: string }): void => {
        if (told.phase === phase) controller.abort(new Error('enough'))
      }
      const given = {
        ...order('web-4'),
        sshUsername: 'nobody-here',
        sshAlternateUsernames: phase === 'connecting' ? [] : ['debian'],
      }
      const error = await caught(
        driver.deployNode({ ...given, deploy: ready, onProgress }, { signal: controller.signal }),
      )
      expect(error.cause.message).toBe('enough')
      expect(error.message).toContain('The node was destroyed.')
    },
    300_000,
  )

  it('an image that does not exist is refused before there is a machine', async () => {
    const error = await caught(driver.deployNode({ ...order('web-5'), image: { id: 'no-such-image' }, deploy: ready }))
    expect(error).toBeInstanceOf(NotFoundError)
  })

  it(`${AT_ONCE} at once`, async () => {
    const names = Array.from({ length: AT_ONCE }, (_, at) => `many-${at}`)
    const done = await Promise.all(
      names.map(async name => {
        const hostname = script('hostname')
        const given = { ...order(name), deploy: hostname, bootTimeout: 900_000, sshTimeout: 900_000 }
        const node = await driver.deployNode(given).catch((error: unknown) => error as Error)
        return { node, said: hostname.stdout }
      }),
    )
    await Promise.all(names.map(id => driver.destroyNode({ id }).catch(() => undefined)))
    expect(done.map(({ said }) => said)).toEqual(names.map(name => `${name}\n`))
    for (const { node } of done) expect(node).not.toBeInstanceOf(Error)
  }, 1_800_000)
})
