import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Node } from '../../../lib/compute/types.js'
import {
  connectNode,
  type NodeLogin,
  RebootDeployment,
  type RemoteInstance,
  ScriptError,
} from '../../../lib/deployment/index.js'
import { DeploymentError, InvalidRequestError, NotFoundError, TimeoutError } from '../../../lib/errors.js'
import { Machine, MachineDriver } from './machine.js'

let machine: Machine
let driver: MachineDriver
let node: Node
let instance: RemoteInstance
let login: NodeLogin
const order = async () => ({
  name: 'inside',
  size: (await driver.listSizes())[0] as { id: string },
  image: (await driver.listImages())[0] as { id: string },
})
beforeAll(async () => {
  machine = await Machine.start()
  driver = new MachineDriver(machine)
  node = await driver.createNode(await order())
  const { port, password } = machine
  login = { port, password, hostKey: 'accept-any', waitPeriod: 20 }
  instance = await connectNode(node, login)
})
afterAll(async () => {
  await instance?.close()
  await machine?.stop()
})
const caught = async (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    error => error,
  )

describe('RemoteInstance', () => {
  it('knows its node, and shows no credentials', () => {
    expect(instance).toMatchObject({
      id: node.id,
      name: 'inside',
      ip: '127.0.0.1',
      privateIp: instance.node.privateIps[0],
    })
    expect(inspect(instance, { depth: 9, showHidden: true })).not.toContain(machine.password)
  })

  it('executes words as they are, and text in the shell', async () => {
    const words = ['printf', '%s|', 'a b', '$HOME', "it's", '*']
    expect(await instance.execute(words)).toMatchObject({ ok: true, exitStatus: 0, stdout: "a b|$HOME|it's|*|" })
    expect(await instance.execute('cat; exit 3', { stdin: 'in' })).toMatchObject({
      ok: false,
      exitStatus: 3,
      stdout: 'in',
    })
    const failed = await caught(instance.execute('echo why >&2; exit 4', { check: true, description: 'the fourth' }))
    expect(failed).toBeInstanceOf(ScriptError)
    expect(failed).toMatchObject({ message: 'the fourth ended with status 4: why', exitStatus: 4 })
    const hidden = await caught(instance.execute('echo secret-word >/dev/null; exit 5', { check: true, noLog: true }))
    expect(inspect(hidden)).not.toContain('secret-word')
  })

  it('installs what has the name of a package, and nothing else', async () => {
    const before = machine.commands.length
    for (const bad of ['', [], '--evil', ['a', '-o'], 'a;b', '$(id)']) {
      const error = await caught(instance.install(bad))
      expect(error).toBeInstanceOf(InvalidRequestError)
      expect(error.argument).toBe('packages')
    }
    expect(machine.commands.length).toBe(before)
  })

  it('a restart is one when the boot id is another', async () => {
    const first = await instance.bootId()
    const { client } = instance
    await instance.restart({ cloudInit: false, interval: 20 })
    expect(await instance.bootId()).not.toBe(first)
    expect(instance.client).toBe(client)
    expect(machine.commands).toContain('sync')
    driver.reboots = false
    const error = await caught(instance.restart({ cloudInit: false, interval: 20, timeout: 4000 }))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.message).toMatch(/to be back; last state: it has not restarted yet/)
    driver.reboots = true
    await instance.client.reconnect({ interval: 20 })
    const third = await instance.bootId()
    machine.restart()
    await instance.waitForRestart(third, { cloudInit: false })
    expect(await instance.bootId()).not.toBe(third)
  })

  it('a deployment goes on after a restart, and not without one', async () => {
    const { port, sshPassword } = { port: machine.port, sshPassword: machine.password }
    const steps: string[] = []
    const note = (name: string) => ({ name, run: async () => steps.push(name) })
    const given = { ...(await order()), sshPort: port, sshPassword, waitPeriod: 20, destroyOnFailure: true }
    const deploy = [note('before'), new RebootDeployment({ interval: 20 }), note('after')]
    await using _made = await driver.deployNode({ ...given, deploy })
    expect(steps).toEqual(['before', 'after'])
    driver.reboots = false
    const lazy = new RebootDeployment({ interval: 20, timeout: 300 })
    const error = await caught(driver.deployNode({ ...given, deploy: [lazy, note('never')] }))
    driver.reboots = true
    expect(error).toBeInstanceOf(DeploymentError)
    expect(error.step).toBe('RebootDeployment')
    expect(steps).toEqual(['before', 'after'])
  })

  it('waits until it is off, ready, and gone; a closed one comes back', async () => {
    await instance.shutdown()
    expect(instance.node.state).toBe('stopped')
    expect(instance.client.connected).toBe(false)
    await instance.start({ cloudInit: false })
    expect(instance.client.connected).toBe(true)
    await instance.close()
    await instance.wait({ cloudInit: false })
    expect((await instance.execute('echo back')).stdout).toBe('back\n')
    const reason = new Error('enough')
    expect(await caught(instance.waitForStop({ signal: AbortSignal.abort(reason) }))).toBe(reason)
    await instance.delete()
    expect(await caught(driver.getNode(node.id))).toBeInstanceOf(NotFoundError)
    expect(await caught(connectNode(node, login))).toBeInstanceOf(NotFoundError)
  })
})
