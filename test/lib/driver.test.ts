import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { ComputeApi } from '../../lib/compute/api.js'
import { NodeDriver, supportedMethods } from '../../lib/compute/driver.js'
import { asApi, KeyPair, Node, NodeAuthPassword } from '../../lib/compute/types.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'

const meta = {
  vendor: 'rig',
  credentials: [
    { option: 'key', env: ['RIG_KEY', 'RIG_TOKEN'], file: '~/.rig' },
    {
      option: 'account',
      env: ['RIG_ACCOUNT'],
      required: false,
      secret: false,
      fallback: 'main',
    },
  ],
} as const

class RigNodeDriver extends NodeDriver implements Partial<ComputeApi> {
  readonly provider: string = 'rig'
  readonly calls: [string, unknown[]][] = []
  constructor(options: { key?: string; region?: string } = {}) {
    super(meta, options)
  }
  listNodes(options?: CallOptions): Pager<Node> {
    return pager(async () => ({ items: [this.#node('1', operationOf(options) ?? '?')] }), options)
  }
  async getNode(nodeId: string, options?: CallOptions): Promise<Node> {
    this.calls.push([operationOf(options) ?? '?', [nodeId]])
    return this.#node(nodeId, 'web')
  }
  async createNode(node: { name: string }, options?: CallOptions): Promise<Owned<Node>> {
    this.calls.push([operationOf(options) ?? '?', [node.name]])
    const made = this.#node('9', node.name)
    return owned(made, () => this.destroyNode(made))
  }
  async destroyNode(node: Ref, options?: CallOptions): Promise<void> {
    this.calls.push([operationOf(options) ?? '?', [node.id]])
  }
  async ex_tag(node: Ref, tag: string, options?: CallOptions): Promise<string> {
    return `${node.id} ${tag} ${operationOf(options)}`
  }
  #node(id: string, name: string): Node {
    return new Node(this, {
      id,
      name,
      state: 'running',
      publicIps: ['192.0.2.1'],
      privateIps: [],
      extra: {},
    })
  }
}
class OtherNodeDriver extends RigNodeDriver {
  override readonly provider = 'other'
}
const server = { name: 'web', size: { id: 's' }, image: { id: 'i' } }

describe('a driver', () => {
  it('supports what it has, and what the base class makes of it', () => {
    const driver = new RigNodeDriver({ key: 'secret' })
    expect(supportedMethods(RigNodeDriver)).toEqual([
      'listNodes',
      'getNode',
      'createNode',
      'destroyNode',
      'waitUntilRunning',
      'deployNode',
    ])
    expect(driver.supports('listNodes', 'waitUntilRunning')).toBe(true)
    expect(driver.supports('listNodes', 'createVolume')).toBe(false)
    expect(driver.supports('importKeyPairFromFile')).toBe(false)
  })

  it('rejects the rest, and does not throw', async () => {
    const api = asApi(new RigNodeDriver({ key: 'secret' }))
    const error = await api.createVolume({ name: 'v', size: 1 }).catch(caught => caught)
    expect(error).toMatchObject({
      name: 'NotSupportedError',
      code: 'NOT_SUPPORTED',
      provider: 'rig',
      operation: 'createVolume',
    })
    expect(error.message).toContain('ex_tag')
    await expect(api.listVolumes()).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
    })
    await expect(api.importKeyPairFromFile('k', '/etc/hostname')).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
  })

  it('checks arguments before anything else, and names what is wrong', async () => {
    const driver = new RigNodeDriver({ key: 'secret' })
    const api = asApi(driver) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
    const other = (await new OtherNodeDriver({ key: 'secret' }).listNodes())[0]
    const cases: [string, unknown[], string][] = [
      ['getNode', [], 'nodeId'],
      ['getNode', [7], 'nodeId'],
      ['getNode', ['a\r\nb'], 'nodeId'],
      ['getNode', ['a\ud800'], 'nodeId'],
      ['getNode', ['1', 'soon'], 'options'],
      ['getNode', ['1', { timeout: -1 }], 'options.timeout'],
      ['getNode', ['1', { signal: {} }], 'options.signal'],
      ['getNode', ['1', { retry: { retries: 1.5 } }], 'options.retry.retries'],
      ['createNode', [{ ...server, name: '' }], 'node.name'],
      ['createNode', [{ ...server, size: 't3.micro' }], 'node.size'],
      ['createNode', [{ ...server, auth: 'password' }], 'node.auth'],
      ['createNode', [{ ...server, auth: new NodeAuthPassword('') }], 'node.auth.password'],
      ['destroyNode', [{}], 'node.id'],
      ['destroyNode', [other], 'node'],
      ['listNodes', [{ timeout: 'x' }], 'options.timeout'],
      ['waitUntilRunning', [[]], 'nodes'],
      ['waitUntilRunning', [[{ id: 1 }]], 'nodes[0].id'],
      ['ex_tag', [other, 'a'], 'argument 1'],
      ['ex_tag', [{ id: '1' }, 'a\0'], 'argument 2'],
    ]
    for (const [method, args, argument] of cases) {
      await expect(api[method]?.(...args), `${method} ${argument}`).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        argument,
        operation: method,
      })
    }
    expect(driver.calls).toEqual([])
  })

  it('supports nothing that is no method of its API', () => {
    const driver = new RigNodeDriver({ key: 'secret' })
    const supports = (name: string): boolean => driver.supports(name as 'listNodes')
    expect(['constructor', 'toString', 'supports', 'close', 'provider', '__proto__', 'nope'].filter(supports)).toEqual(
      [],
    )
  })

  it('says what is wrong when a method was taken off its driver', async () => {
    const api = asApi(new RigNodeDriver({ key: 'secret' })) as unknown as Record<string, () => Promise<unknown>>
    for (const name of ['listNodes', 'getNode', 'createVolume', 'listVolumes', 'waitUntilRunning', 'ex_tag']) {
      const loose = api[name] as () => Promise<unknown>
      await expect(loose(), name).rejects.toMatchObject({ code: 'INVALID_REQUEST', operation: name, argument: 'this' })
    }
  })

  it('refuses constructor options that cannot be what was meant', () => {
    const refused: [string, unknown][] = [
      ['host', 5],
      ['host', 'http://x'],
      ['host', 'a..b'],
      ['host', ''],
      ['port', '80'],
      ['port', 0],
      ['secure', 'no'],
      ['timeout', 'x'],
      ['timeout', -1],
      ['timeout', Number.NaN],
      ['attemptTimeout', '5'],
      ['retry', 'often'],
      ['retry', true],
      ['retry', { retries: 'x' }],
      ['proxy', 'ftp://x'],
      ['proxy', true],
      ['ca', '/etc/ssl/ca.pem'],
      ['ca', []],
      ['clientCert', 3],
      ['clientKey', {}],
      ['clientKeyPassphrase', 3],
      ['verifyTls', 'no'],
      ['verifyTls', 0],
      ['socketPath', ''],
      ['pacing', 3],
      ['pacing', { requests: 0, period: 1 }],
      ['maxResponseBytes', -1],
      ['userAgent', 'a\r\nb'],
      ['dispatcher', {}],
      ['apiVersion', 5],
      ['region', 5],
      ['region', 'a\nb'],
      ['account', 'a\nb'],
      // Slips of the pen, which would go unnoticed.
      ['timout', 5],
      ['timeOut', 5],
      ['verifyTLS', false],
      ['Region', 'x'],
    ]
    for (const [option, value] of refused) {
      const make = (): unknown => new RigNodeDriver({ key: 'secret', [option]: value })
      expect(make, `${option}: ${String(value)}`).toThrow(
        expect.objectContaining({ code: 'INVALID_REQUEST', argument: expect.stringMatching(`^${option}`) }),
      )
    }
    const withProxy = (): unknown => new RigNodeDriver({ key: 'secret', proxy: 'ftp://u:hunter2@h' } as object)
    expect(withProxy).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter2') }))
    for (const odd of [null, 'key', 7, []]) {
      expect(() => new RigNodeDriver(odd as never)).toThrow(expect.objectContaining({ argument: 'options' }))
    }
    const good = { key: 'secret', port: 80, proxy: false, retry: false, pacing: false, account: 'a', ownThing: 1 }
    expect(() => new RigNodeDriver({ ...good, timeout: undefined } as object)).not.toThrow()
  })

  it('refuses a call option that is misspelt', async () => {
    const driver = new RigNodeDriver({ key: 'secret' })
    for (const slip of ['timout', 'timeOut', 'Signal', 'retrys']) {
      await expect(driver.getNode('1', { [slip]: 5 })).rejects.toMatchObject({ argument: `options.${slip}` })
    }
    await expect(driver.getNode('1', { ex_timeout: 5, other: 1 } as object)).resolves.toBeDefined()
  })

  it('does not show a refused secret', async () => {
    const api = asApi(new RigNodeDriver({ key: 'secret' }))
    const error = await api.createNode({ ...server, auth: new NodeAuthPassword('hunter2\n') }).catch(caught => caught)
    expect(error.argument).toBe('node.auth.password')
    expect(error.message).not.toContain('hunter2')
    const driver = new RigNodeDriver({ key: 'secret' })
    const refused = await driver.ex_tag({ id: '1' }, 'hunter2\0').catch(caught => caught)
    expect(refused.argument).toBe('argument 2')
    expect(refused.message).not.toContain('hunter2')
  })

  it("carries the method's name to what it calls, the outermost first", async () => {
    const driver = new RigNodeDriver({ key: 'secret' })
    await driver.waitUntilRunning([{ id: '1' }])
    await driver.getNode('2')
    expect(driver.calls).toEqual([
      ['waitUntilRunning', ['1']],
      ['getNode', ['2']],
    ])
    expect(await driver.ex_tag({ id: '1' }, 'x')).toBe('1 x ex_tag')
    expect((await driver.listNodes())[0]?.name).toBe('listNodes')
  })

  it('gives what it creates to its creator', async () => {
    const driver = new RigNodeDriver({ key: 'secret' })
    let kept: Node
    {
      await using node = await driver.createNode(server)
      kept = (
        await driver.createNode({
          name: `${node.name}-2`,
          size: { id: 's' },
          image: { id: 'i' },
        } as typeof server)
      ).keep()
    }
    expect(driver.calls.map(([name]) => name)).toEqual(['createNode', 'createNode', 'destroyNode'])
    await (kept as Owned<Node>)[Symbol.asyncDispose]()
    expect(driver.calls).toHaveLength(3)
    expect(Object.keys(kept)).not.toContain('keep')
  })

  it('shows no secret when it, or what it gives, is printed', async () => {
    const driver = new RigNodeDriver({ key: 'very-secret', region: 'r-1' })
    const [node] = await driver.listNodes()
    const keyPair = new KeyPair(driver, {
      name: 'k',
      fingerprint: 'f',
      privateKey: 'PRIVATE',
      extra: {},
    })
    const password = new NodeAuthPassword('hunter2')
    const all = { driver, node, keyPair, password }
    expect(inspect(all, { depth: 9, showHidden: true }) + JSON.stringify(all)).not.toMatch(
      /very-secret|PRIVATE|hunter2/,
    )
    expect(keyPair.privateKey).toBe('PRIVATE')
    expect(password.password).toBe('hunter2')
    expect(inspect(driver)).toBe("RigNodeDriver { provider: 'rig', region: 'r-1' }")
    expect({ ...node }).not.toHaveProperty('driver')
    expect(node?.driver).toBe(driver)
    expect(node?.uuid).toMatch(/^[0-9a-f]{40}$/)
  })

  it('reads what it is not given from the environment, and says where it looked', () => {
    process.env['RIG_TOKEN'] = 'from-env'
    try {
      expect(() => new RigNodeDriver()).not.toThrow()
    } finally {
      delete process.env['RIG_TOKEN']
    }
    expect(() => new RigNodeDriver()).toThrow(
      /option 'key' is not given, the environment has no RIG_KEY or RIG_TOKEN, ~\/.rig has none/,
    )
    expect(() => new RigNodeDriver({ key: 'a\nb' })).toThrow(/'key' must be a string without control characters/)
    expect(() => new RigNodeDriver({ key: 'trailing line break\n' })).not.toThrow()
  })
})
