// deployNode on real OpenSSH servers: what goes well, and what goes wrong at each place where it can.
import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Node } from '../../../lib/compute/types.js'
import {
  type ConnectSSH,
  connectNode,
  connectSsh,
  type Deployment,
  HostKeyError,
  RebootDeployment,
  ScriptDeployment,
  ScriptError,
  type SSH2Client,
} from '../../../lib/deployment/index.js'
import type { DeployProgress } from '../../../lib/deployment/types.js'
import {
  DeploymentError,
  InvalidCredentialsError,
  InvalidRequestError,
  NotFoundError,
  TimeoutError,
} from '../../../lib/errors.js'
import { Sshd } from '../ssh/server.js'
import { useServer } from '../use-server.js'
import { expectUnchanged, MACHINES, MachineDriver, traces } from './machines.js'

const exec = promisify(execFile)
const MIB = 1_048_576

let sshd: Sshd
let driver: MachineDriver
let before: Record<string, unknown>
useServer(
  'OpenSSH',
  async () => {
    sshd = await Sshd.start(MACHINES)
    driver = new MachineDriver(sshd)
    before = await traces(driver)
  },
  async () => {
    await sshd?.stop()
  },
)
beforeEach(() => {
  if (driver !== undefined) driver.address = undefined
})
// Whatever happened: nothing of it is left, on either side.
afterEach(() => (before === undefined ? undefined : expectUnchanged(driver, before)))

const caught = async (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    error => error,
  )
const expectGone = async ({ id }: { readonly id: string }) =>
  expect.poll(() => caught(driver.getNode(id))).toBeInstanceOf(NotFoundError)
const order = async () => ({
  name: 'web-1',
  size: (await driver.listSizes())[0] as { id: string },
  image: (await driver.listImages())[0] as { id: string },
  sshPassword: sshd.password,
  sshUsername: sshd.user,
  sshPort: sshd.port,
  waitPeriod: 50,
  destroyOnFailure: true,
})
const script = (text: string, more: object = {}): ScriptDeployment =>
  new ScriptDeployment(`#!/bin/sh\n${text}\n`, { check: true, delete: true, ...more })
const clean = script('rm -rf -- "$HOME"/left*', { name: 'left-clean.sh' })

describe('a deployment', () => {
  it('of a server that answers', async () => {
    const page = script(
      `mkdir -p left-www && echo 'it works' >left-www/index.html
      cat >left-serve.mjs <<'EOF'
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
createServer((_, reply) => reply.end(readFileSync('left-www/index.html'))).listen(process.argv[2], '127.77.0.9')
EOF
      nohup "${process.execPath}" left-serve.mjs 18099 >left.log 2>&1 </dev/null & echo $! >left.pid`,
    )
    driver.address = '127.77.0.9'
    await using node = await driver.deployNode({ ...(await order()), deploy: page })
    let body = ''
    await expect
      .poll(
        async () => {
          body = await fetch('http://127.77.0.9:18099/').then(
            reply => reply.text(),
            error => String(error),
          )
          return body
        },
        { timeout: 20_000 },
      )
      .toBe('it works\n')
    const login = { ...sshd.target(), username: sshd.user, waitPeriod: 50 }
    await using instance = await connectNode(node, login)
    expect(instance.ip).toBe('127.77.0.9')
    await instance.execute('kill "$(cat left.pid)"; rm -rf -- left*', { check: true })
  })

  it('that fails at its third step: step, status and output are told, the fourth does not run', async () => {
    const deploy = ['one', 'two', 'three', 'four'].map(name =>
      script(`echo ${name} out; echo ${name} err >&2; ${name === 'three' ? 'exit 7' : ''}`, { name: `${name}.sh` }),
    )
    const error = await caught(driver.deployNode({ ...(await order()), deploy }))
    expect(error).toBeInstanceOf(DeploymentError)
    expect(error).toMatchObject({ step: 'three.sh', exitStatus: 7, stdout: 'three out\n', stderr: 'three err\n' })
    expect(error.cause).toBeInstanceOf(ScriptError)
    expect(error.message).toContain('The node was destroyed.')
    expect(deploy.map(step => step.exitStatus)).toEqual([0, 0, 7, undefined])
  })

  it('to a machine that never answers: within its own time, whatever the others are', async () => {
    const silent = createServer(() => {})
    await new Promise<void>(resolve => silent.listen(0, '127.77.0.200', resolve))
    try {
      driver.address = '127.77.0.200'
      const given = {
        ...(await order()),
        deploy: clean,
        sshPort: (silent.address() as AddressInfo).port,
        sshTimeout: 700,
      }
      const began = performance.now()
      const error = await caught(driver.deployNode({ ...given, bootTimeout: 300_000, stepTimeout: 300_000 }))
      expect(error).toBeInstanceOf(DeploymentError)
      expect(error.cause).toBeInstanceOf(TimeoutError)
      expect(error.message).toMatch(/waiting for a login at 127\.77\.0\.200/)
      expect(performance.now() - began).toBeLessThan(60_000)
      driver.address = '127.77.0.201'
      const nobody = await caught(driver.deployNode(given))
      expect(nobody.message).toMatch(/ECONNREFUSED/)
    } finally {
      silent.close()
    }
  })

  it('with a wrong password, then as the alternate user', async () => {
    const whoami = script('id -un')
    const phases: DeployProgress[] = []
    const given = { ...(await order()), deploy: whoami, onProgress: (told: DeployProgress) => phases.push(told) }
    await using _node = await driver.deployNode({
      ...given,
      sshUsername: 'root',
      sshAlternateUsernames: ['nobody-here', sshd.user],
    })
    expect(whoami.stdout).toBe(`${sshd.user}\n`)
    const error = await caught(driver.deployNode({ ...given, sshPassword: 'wrong', sshTimeout: 5000 }))
    expect(error.cause).toBeInstanceOf(TimeoutError)
    expect(error.message).toMatch(/refused the login/)
    expect(JSON.stringify(error)).not.toContain(sshd.password)
    const refusals = phases.filter(({ phase }) => phase === 'connecting')
    expect(refusals.at(-1)?.state).toMatch(/libcloud-test@.* refused the login \(tried: password\)/)
  })

  it('to a machine with another host key than the known one: at once, and nothing is sent', async () => {
    const file = join(sshd.folder, 'known_hosts')
    const other = (await sshd.hostLine('rsa')).split(' ').slice(0, 2).join(' ')
    await exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(sshd.folder, 'other')])
    const { stdout } = await exec('cut', ['-d', ' ', '-f', '1,2', join(sshd.folder, 'other.pub')])
    expect(other).not.toBe(stdout.trim())
    driver.address = '127.77.0.5'
    await writeFile(file, `[127.77.0.5]:${sshd.port} ${stdout}`)
    const strict: ConnectSSH = (target, options) =>
      connectSsh({ ...target, hostKey: 'strict', knownHosts: file }, options)
    const error = await caught(driver.deployNode({ ...(await order()), deploy: clean, connectSsh: strict }))
    expect(error).toBeInstanceOf(DeploymentError)
    expect(error.cause).toBeInstanceOf(HostKeyError)
    expect(error.cause.reason).toBe('changed')
    expect(await sshd.log()).not.toMatch(/password.*127\.77\.0\.5/)
    await rm(file)
  })

  it('whose connection is cut in the middle of 1 GiB: the step is tried again, and goes on where it ended', async () => {
    const local = join(sshd.folder, 'gib')
    await exec('openssl', ['rand', '-out', local, String(1024 * MIB)])
    const begins: number[] = []
    const send: Deployment = {
      name: 'send 1 GiB',
      async run(_node, client, options) {
        const own = client as SSH2Client
        const pid = Number((await own.run('echo $PPID', options)).stdout)
        let first = true
        const isFirstTry = begins.length === 0
        let cut = false
        await own.upload(local, 'left-gib', {
          ...options,
          resume: true,
          onProgress: ({ transferred }) => {
            if (first) begins.push(transferred)
            first = false
            if (!isFirstTry || cut || transferred < 512 * MIB) return
            cut = true
            process.kill(pid, 'SIGKILL')
          },
        })
      },
    }
    const sum = script('sha256sum <left-gib')
    const phases: string[] = []
    const given = { ...(await order()), deploy: [send, sum, clean], maxTries: 2 }
    await using _node = await driver.deployNode({
      ...given,
      onProgress: ({ phase, step }) => phases.push(`${phase} ${step ?? ''}`),
    })
    expect(phases).toContain('retry send 1 GiB')
    expect(begins).toHaveLength(2)
    expect(begins[0]).toBeLessThan(MIB)
    expect(begins[1]).toBeGreaterThan(256 * MIB)
    expect(sum.stdout).toBe(`${(await exec('sha256sum', [local])).stdout.split(' ')[0]}  -\n`)
    await rm(local)
  })

  it('with a reboot in the middle, proved by the boot id', async () => {
    const ids = [script('cat /proc/sys/kernel/random/boot_id'), script('cat /proc/sys/kernel/random/boot_id')]
    const deploy = [ids[0] as Deployment, new RebootDeployment({ interval: 50 }), ids[1] as Deployment]
    await using _node = await driver.deployNode({ ...(await order()), deploy })
    expect(ids[0]?.stdout).toMatch(/^[0-9a-f-]{36}\n$/)
    expect(ids[1]?.stdout).toMatch(/^[0-9a-f-]{36}\n$/)
    expect(ids[1]?.stdout).not.toBe(ids[0]?.stdout)
  })

  it('a reboot that does not come is an error', async () => {
    class Lazy extends MachineDriver {
      override async rebootNode(): Promise<void> {}
    }
    const lazy = new Lazy(sshd)
    const deploy = new RebootDeployment({ interval: 50, timeout: 5000 })
    const error = await caught(lazy.deployNode({ ...(await order()), deploy }))
    expect(error).toMatchObject({ name: 'DeploymentError', step: 'RebootDeployment' })
    expect(error.message).toMatch(/it has not restarted yet/)
    await expect.poll(() => lazy.listNodes()).toEqual([])
  })
})

describe('abort', () => {
  const phases = ['created', 'waiting', 'running', 'connecting', 'connected', 'step', 'retry', 'stepDone'] as const
  it.each(phases)("in phase '%s': ends at once, with the reason, the node, and nothing left", async phase => {
    const reason = new Error('the caller has changed its mind')
    const controller = new AbortController()
    const seen: string[] = []
    let tries = 0
    const flaky: Deployment = {
      name: 'flaky',
      async run(_node, client, options) {
        await client.run('sleep 600', { ...options, timeout: 200 })
      },
    }
    const shaky: ConnectSSH = async (target, options) => {
      tries += 1
      if (tries === 1) throw new InvalidCredentialsError('not yet')
      return connectSsh({ ...target, hostKey: 'accept-any' }, options)
    }
    const given = {
      ...(await order()),
      deploy: phase === 'retry' ? [flaky] : [script('true'), script('sleep 600')],
      connectSsh: shaky,
      maxTries: 5,
      onProgress: (told: DeployProgress) => {
        seen.push(told.phase)
        if (told.phase === phase) controller.abort(reason)
      },
    }
    const error = await caught(driver.deployNode(given, { signal: controller.signal }))
    expect(error).toBeInstanceOf(DeploymentError)
    expect(error.cause).toBe(reason)
    expect(error.message).toContain('The node was destroyed.')
    await expectGone(error.node)
    expect(seen.slice(-3)).toEqual([phase, 'failed', 'destroyed'])
  })

  it('before the node is made: with the reason alone', async () => {
    const reason = new Error('no')
    const given = { ...(await order()), deploy: clean }
    expect(await caught(driver.deployNode(given, { signal: AbortSignal.abort(reason) }))).toBe(reason)
  })

  it('while a script runs: the script ends, too', async () => {
    const controller = new AbortController()
    const waiting = script('echo begun >left-begun; sleep 613; echo late >left-late')
    const running = caught(driver.deployNode({ ...(await order()), deploy: waiting }, { signal: controller.signal }))
    await expect.poll(async () => (await traces(driver))['home'], { timeout: 20_000 }).toContain('left-begun')
    controller.abort()
    expect((await running).cause.name).toBe('AbortError')
    await expect.poll(() => sshd.running(), { timeout: 20_000 }).toEqual([])
    await rm(join(sshd.home, 'left-begun'))
  })
})

describe('many at once', () => {
  it(`${MACHINES} machines in parallel: every third one's script is too slow, and not one timeout is missed`, async () => {
    const plain = await order()
    const deployOne = async (
      number: number,
    ): Promise<[DeploymentError | undefined, Node | undefined, ScriptDeployment]> => {
      const isSlow = number % 3 === 2
      const hello = script(`echo machine ${number}`, { name: `left-hello-${number}.sh` })
      const work = script(isSlow ? 'sleep 600' : 'sleep 0.2', { name: `left-work-${number}.sh` })
      const given = { ...plain, name: `web-${number}`, deploy: [hello, work], stepTimeout: isSlow ? 15_000 : 240_000 }
      try {
        return [undefined, await driver.deployNode(given), hello]
      } catch (error) {
        return [error as DeploymentError, undefined, hello]
      }
    }
    const done = await Promise.all(Array.from({ length: MACHINES }, (_, number) => deployOne(number)))
    for (const [number, [error, node, hello]] of done.entries()) {
      expect(hello.stdout).toBe(`machine ${number}\n`)
      if (number % 3 === 2) {
        expect(error?.step).toBe(`left-work-${number}.sh`)
        expect(error?.cause).toBeInstanceOf(TimeoutError)
      } else {
        expect(error).toBeUndefined()
        expect(node?.name).toBe(`web-${number}`)
      }
    }
    const addresses = new Set(done.flatMap(([, node]) => (node ? [node.id] : [])))
    expect(addresses.size).toBe((MACHINES / 3) * 2)
    await Promise.all(done.map(([, node]) => node && driver.destroyNode(node)))
  })
})

describe('a remote instance', () => {
  it('executes, runs scripts, moves files, restarts, stops, starts and goes', async () => {
    const made = await driver.createNode({ ...(await order()), name: 'remote' })
    const login = { ...sshd.target(), username: 'root', alternateUsernames: [sshd.user], waitPeriod: 50 }
    await using instance = await connectNode(made, login)
    expect(instance.name).toBe('remote')
    expect(await instance.execute(['printf', '%s|', 'a b', "it's", '$HOME'])).toMatchObject({
      ok: true,
      stdout: "a b|it's|$HOME|",
    })
    expect(await instance.execute('exit 3')).toMatchObject({ ok: false, exitStatus: 3 })
    const failed = await caught(instance.execute('echo no >&2; exit 4', { check: true, description: 'the fourth' }))
    expect(failed).toBeInstanceOf(ScriptError)
    expect(failed.message).toBe('the fourth ended with status 4: no')
    expect((await instance.execute('id -un', { sudo: true })).stdout).toBe('root\n')
    expect(await instance.runScript('#!/bin/sh\necho "$0 $1"\n', { args: ['x'] })).toMatchObject({
      ok: true,
      stdout: expect.stringMatching(/\.sh x\n$/),
    })
    const local = join(sshd.folder, 'pushed')
    await writeFile(local, 'content')
    expect(await instance.pushFile(local, 'left-pushed')).toMatchObject({ files: 1, bytes: 7 })
    expect(await instance.pullFile('left-pushed', `${local}-back`)).toMatchObject({ files: 1, bytes: 7 })
    await instance.execute('rm left-pushed')
    expect(await caught(instance.install('--evil'))).toBeInstanceOf(InvalidRequestError)
    expect(await caught(instance.install([]))).toBeInstanceOf(InvalidRequestError)

    const first = await instance.bootId()
    await instance.restart({ cloudInit: false })
    const second = await instance.bootId()
    expect(second).not.toBe(first)
    const rebooting = sshd.reboot(0.3)
    await instance.waitForRestart(second, { cloudInit: false })
    await rebooting
    await instance.shutdown()
    expect(instance.node.state).toBe('stopped')
    expect(instance.client.connected).toBe(false)
    await instance.start({ cloudInit: false })
    expect((await instance.execute('echo back')).stdout).toBe('back\n')
    await instance.wait({ cloudInit: false })
    await instance.delete()
    await expectGone(made)
  })
})
