import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import type { Node } from '../../../lib/compute/types.js'
import {
  type CommandResult,
  FileDeployment,
  MultiStepDeployment,
  type PutOptions,
  type RunOptions,
  ScriptDeployment,
  ScriptError,
  ScriptFileDeployment,
  type SSHClient,
  SSHKeyDeployment,
} from '../../../lib/deployment/index.js'
import { InvalidRequestError, NotFoundError, ServiceError } from '../../../lib/errors.js'

/** Keeps what it is told, and answers as it was told to. */
class FakeClient implements SSHClient {
  readonly calls: unknown[][] = []
  readonly result: CommandResult
  readonly deleteFails: boolean
  constructor(result: Partial<CommandResult> = {}, deleteFails = false) {
    this.result = { stdout: '', stderr: '', exitStatus: 0, ...result }
    this.deleteFails = deleteFails
  }
  async run(command: string, { stdin, timeout }: RunOptions = {}): Promise<CommandResult> {
    this.calls.push(['run', command, stdin, timeout])
    return this.result
  }
  async put(path: string, content: string | Uint8Array | Readable, options: PutOptions = {}): Promise<string> {
    const held = content instanceof Readable ? await text(content) : Buffer.from(content as string).toString()
    this.calls.push(['put', path, held, options.mode])
    return path.startsWith('/') ? path : `/home/me/${path}`
  }
  async delete(path: string): Promise<void> {
    this.calls.push(['delete', path])
    if (this.deleteFails) throw new NotFoundError('gone')
  }
  async close(): Promise<void> {}
}
const node = { id: '1' } as Node

describe('ScriptDeployment', () => {
  it('puts the script, runs it, keeps what it printed, and resolves to the node', async () => {
    const client = new FakeClient({ stdout: 'out', stderr: 'err', exitStatus: 3 })
    const step = new ScriptDeployment('#!/bin/sh\n')
    expect(step.name).toMatch(/^libcloud_deployment_[0-9a-f]{8}\.sh$/)
    expect(new ScriptDeployment('').name).not.toBe(step.name)
    expect(step).toMatchObject({ stdout: undefined, stderr: undefined, exitStatus: undefined })
    expect(await step.run(node, client, { timeout: 7 })).toBe(node)
    expect(client.calls).toEqual([
      ['put', step.name, '#!/bin/sh\n', 0o755],
      ['run', `/home/me/${step.name}`, undefined, 7],
    ])
    expect(step).toMatchObject({ stdout: 'out', stderr: 'err', exitStatus: 3 })
  })

  it('quotes its path and arguments; its own timeout counts', async () => {
    const client = new FakeClient()
    await new ScriptDeployment('x', { name: '/tmp/a b.sh', args: ['$x', "it's"], timeout: 5 }).run(node, client, {
      timeout: 7,
    })
    expect(client.calls[1]).toEqual(['run', `'/tmp/a b.sh' '$x' 'it'\\''s'`, undefined, 5])
  })

  it('deletes the script in the end, also after a failure, and hides no failure behind that', async () => {
    const client = new FakeClient({ exitStatus: 9, stderr: 'disk is full' }, true)
    const step = new ScriptDeployment('x', { name: 'install.sh', delete: true, check: true })
    const error = await step.run(node, client).catch(caught => caught)
    expect(error).toBeInstanceOf(ScriptError)
    expect(error).toMatchObject({ code: 'SCRIPT', step: 'install.sh', exitStatus: 9, stderr: 'disk is full' })
    expect(error.message).toBe('install.sh ended with status 9: disk is full')
    expect(client.calls.at(-1)).toEqual(['delete', '/home/me/install.sh'])
    expect(step.exitStatus).toBe(9)
    const killed = new ScriptDeployment('x', { check: true }).run(
      node,
      new FakeClient({ exitStatus: undefined, signal: 'KILL' }),
    )
    await expect(killed).rejects.toThrow(/was ended by signal KILL/)
  })

  it('reads streams once, for every try', async () => {
    const client = new FakeClient()
    const step = new ScriptDeployment(Readable.from(['a', Buffer.from('b')]), { name: 's' })
    await step.run(node, client)
    await step.run(node, client)
    expect(client.calls.filter(([call]) => call === 'put').map(call => call[2])).toEqual(['ab', 'ab'])
  })

  it('refuses what is no script', () => {
    expect(() => new ScriptDeployment(undefined as never)).toThrow(InvalidRequestError)
    expect(() => new ScriptDeployment('', { args: [1] as never })).toThrow(/options\.args/)
    expect(() => new ScriptDeployment('', { name: '' })).toThrow(/options\.name/)
    expect(() => new ScriptFileDeployment('')).toThrow(/scriptFile/)
  })
})

describe('the other steps', () => {
  it('files are read when the step runs', async () => {
    const client = new FakeClient()
    await new ScriptFileDeployment(import.meta.filename, { name: 's' }).run(node, client)
    expect(client.calls[0]?.[2]).toContain('files are read when the step runs')
    await new FileDeployment(import.meta.filename, 'copy').run(node, client)
    expect(client.calls.at(-1)).toMatchObject([
      'put',
      'copy',
      expect.stringContaining('FileDeployment'),
      expect.any(Number),
    ])
    for (const missing of [new ScriptFileDeployment('/no/such'), new FileDeployment('/no/such', 'x')]) {
      await expect(missing.run(node, client)).rejects.toBeInstanceOf(InvalidRequestError)
    }
  })

  it('a key goes to the standard input of what adds it; a private one goes nowhere', async () => {
    const client = new FakeClient()
    await new SSHKeyDeployment(Readable.from(['ssh-ed25519 AAAA me\r\n\n'])).run(node, client)
    expect(client.calls[0]?.[2]).toBe('ssh-ed25519 AAAA me\n')
    for (const bad of ['-----BEGIN OPENSSH PRIVATE KEY-----\nx', ' \n']) {
      await expect(new SSHKeyDeployment(bad).run(node, client)).rejects.toBeInstanceOf(InvalidRequestError)
    }
    expect(client.calls.length).toBe(1)
    const full = new FakeClient({ exitStatus: 1, stderr: 'disk is full' })
    await expect(new SSHKeyDeployment('ssh-rsa A').run(node, full)).rejects.toBeInstanceOf(ServiceError)
  })

  it('several steps run in order, up to the first that fails', async () => {
    const client = new FakeClient({ exitStatus: 1 })
    const [first, second, third] = ['1', '2', '3'].map(name => new ScriptDeployment('x', { name, check: name === '2' }))
    const steps = new MultiStepDeployment(first)
    steps.add([second as ScriptDeployment, third as ScriptDeployment])
    await expect(steps.run(node, client)).rejects.toThrow(/^2 ended/)
    expect(client.calls.map(call => call[1])).toEqual(['1', '/home/me/1', '2', '/home/me/2'])
    expect(() => steps.add({} as never)).toThrow(InvalidRequestError)
  })
})
