// What is known to be wrong is said before a node is made.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DummyNodeDriver } from '../../../drivers/dummy/compute.js'
import { NodeAuthPassword, NodeAuthSSHKey } from '../../../lib/compute/types.js'
import {
  type ConnectSSH,
  FileDeployment,
  MultiStepDeployment,
  ScriptDeployment,
  ScriptFileDeployment,
  SSHKeyDeployment,
} from '../../../lib/deployment/index.js'
import type { DeployNodeOptions } from '../../../lib/deployment/types.js'
import { DeploymentError, InvalidRequestError, TimeoutError } from '../../../lib/errors.js'

let folder: string
let good: string
let locked: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'libcloud-before-'))
  good = join(folder, 'good')
  locked = join(folder, 'locked')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', good])
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'open sesame', '-f', locked])
  writeFileSync(join(folder, 'windows.sh'), '#!/bin/sh\r\necho\r\n')
  writeFileSync(join(folder, 'utf16.sh'), Buffer.from('\ufeff#!/bin/sh\n', 'utf16le'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const driver = new DummyNodeDriver()
const base = async () => ({
  name: 'web-1',
  size: (await driver.listSizes())[0] as { id: string },
  image: (await driver.listImages())[0] as { id: string },
})
const noop = new ScriptDeployment('#!/bin/sh\n')
/** The message, of what was refused without a node. */
async function refusal(more: Partial<DeployNodeOptions> & Record<string, unknown>): Promise<string> {
  const error = await driver.deployNode({ ...(await base()), deploy: noop, ...more }).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(InvalidRequestError)
  expect(await driver.listNodes()).toEqual([])
  return (error as Error).message
}

describe('before a node is made, deployNode refuses', () => {
  it('keys: that are none, that are public, that need a passphrase, that are folders or missing', async () => {
    expect(await refusal({ sshKey: 'nonsense' })).toMatch(
      /'node\.sshKey' must be a private key.*: it is not a private key/,
    )
    expect(await refusal({ sshKeyFile: `${good}.pub` })).toContain(`${good}.pub: it is a public key`)
    expect(await refusal({ sshKeyFile: [good, locked] })).toContain(`${locked}: its passphrase is missing or wrong`)
    expect(await refusal({ sshKeyFile: folder })).toContain(`${folder} is a folder`)
    expect(await refusal({ sshKeyFile: join(folder, 'none') })).toContain(`${join(folder, 'none')} cannot be read`)
  })

  it('an image that does not exist: the provider does, and names it', async () => {
    const given = { ...(await base()), deploy: noop, sshKeyFile: good, image: { id: 'no-such-image' } }
    await expect(driver.deployNode(given)).rejects.toThrow(/no-such-image/)
    expect(await driver.listNodes()).toEqual([])
  })

  it('scripts that no machine could run, by their names', async () => {
    const sshKeyFile = good
    const windows = join(folder, 'windows.sh')
    expect(await refusal({ sshKeyFile, deploy: new ScriptFileDeployment(windows) })).toBe(
      `The script '${windows}' must have the line ends of Unix (LF): it has those of Windows (CR LF)`,
    )
    const utf16 = new MultiStepDeployment([noop, new ScriptFileDeployment(join(folder, 'utf16.sh'))])
    expect(await refusal({ sshKeyFile, deploy: utf16 })).toMatch(/must be UTF-8: it is UTF-16/)
    const relative = new ScriptDeployment('#!python3\n', { name: 'install.py' })
    expect(await refusal({ sshKeyFile, deploy: relative })).toMatch(
      /'install\.py' must name its interpreter by a full path/,
    )
    const late = new ScriptDeployment('\n#!/bin/sh\n', { name: 'late.sh' })
    expect(await refusal({ sshKeyFile, deploy: late })).toMatch(
      /'late\.sh' must begin with #!: there are spaces or lines/,
    )
    const marked = new ScriptDeployment('\ufeff#!/bin/sh\n')
    expect(await refusal({ sshKeyFile, deploy: marked })).toMatch(/byte order mark/)
  })

  it('files that are folders or missing, and keys for the node that are none', async () => {
    const sshKeyFile = good
    expect(await refusal({ sshKeyFile, deploy: new FileDeployment(folder, 'x') })).toContain(`${folder} is a folder`)
    expect(await refusal({ sshKeyFile, deploy: new ScriptFileDeployment(folder) })).toContain(`${folder} is a folder`)
    const missing = join(folder, 'missing')
    expect(await refusal({ sshKeyFile, deploy: new FileDeployment(missing, 'x') })).toContain(
      `${missing} does not exist`,
    )
    expect(await refusal({ sshKeyFile, deploy: new SSHKeyDeployment('hello') })).toMatch(
      /'key' must be public keys.*line 1/,
    )
    expect(await refusal({ sshKeyFile, deploy: [noop, {} as never] })).toMatch(/'node\.deploy\[1\]'/)
  })

  it('a way to log in that the provider does not offer, and none at all', async () => {
    class Plain extends DummyNodeDriver {
      override readonly features = { createNode: [] }
    }
    const plain = new Plain()
    const given = { name: 'x', size: { id: '1' }, image: { id: '1' }, deploy: noop }
    const auth = new NodeAuthSSHKey('ssh-ed25519 AAAA')
    await expect(plain.deployNode({ ...given, auth })).rejects.toThrow(/'node\.auth' must be absent/)
    await expect(plain.deployNode({ ...given, auth: new NodeAuthPassword('x') })).rejects.toThrow(
      /cannot set a password/,
    )
    await expect(plain.deployNode(given)).rejects.toThrow(/sshKey, sshKeyFile, sshPassword or connectSsh/)
    expect(await plain.listNodes()).toEqual([])
  })
})

describe('deployNode', () => {
  const refusing: ConnectSSH = async () => {
    throw new Error('nobody is at home')
  }

  it('tells each phase; atExit sees the node before it is destroyed', async () => {
    const phases: string[] = []
    const seen: string[] = []
    const slow = new DummyNodeDriver({ transition: 100 })
    const error = await slow
      .deployNode({
        ...(await base()),
        deploy: noop,
        connectSsh: refusing,
        waitPeriod: 20,
        sshTimeout: 150,
        destroyOnFailure: true,
        onProgress: ({ phase, state, elapsed, node }) => {
          expect(elapsed).toBeGreaterThanOrEqual(0)
          expect(node.name).toBe('web-1')
          if (phase === 'connecting') expect(state).toBe('nobody is at home')
          phases.push(phase)
        },
        atExit: async node => seen.push((await slow.getNode(node.id)).state),
      })
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(DeploymentError)
    expect([...new Set(phases)]).toEqual(['created', 'waiting', 'running', 'connecting', 'failed', 'destroyed'])
    expect(seen).toEqual(['running'])
  })

  it("a listener or an atExit that fails does not keep the node; the call's own timeout bounds all of it", async () => {
    const failing = { ...(await base()), deploy: noop, connectSsh: refusing, waitPeriod: 20, destroyOnFailure: true }
    const broken = new Error('the listener is broken')
    const error = await driver
      .deployNode({
        ...failing,
        onProgress: () => {
          throw broken
        },
      })
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'DeploymentError', cause: broken })
    expect((error as Error).message).toContain('The node was destroyed.')
    const late = await driver.deployNode(failing, { timeout: 300 }).catch((caught: unknown) => caught)
    expect((late as DeploymentError).cause).toBeInstanceOf(TimeoutError)
    expect((late as Error).message).toContain('The node was destroyed.')
  })

  it('sets a password of its own where nothing else was given', async () => {
    const auths: unknown[] = []
    class Setting extends DummyNodeDriver {
      override readonly features = { createNode: ['password'] as const }
      override createNode(...[node, options]: Parameters<DummyNodeDriver['createNode']>) {
        auths.push(node.auth)
        return super.createNode(node, options)
      }
    }
    const setting = new Setting()
    // Nobody listens there: what was sent is looked at, not what came of it.
    const given = { ...(await base()), deploy: noop, sshPort: 1, sshTimeout: 20, waitPeriod: 10 }
    for (let times = 0; times < 2; times++) await setting.deployNode(given).catch(() => undefined)
    const [first, second] = auths as NodeAuthPassword[]
    expect(first).toBeInstanceOf(NodeAuthPassword)
    expect(first?.generated).toBe(true)
    expect(first?.password).toMatch(/^[\w-]{24}$/)
    expect(first?.password).not.toBe(second?.password)
  })
})
