import assert from 'node:assert/strict'
import { LibcloudError, LoadBalancerDoesNotExistError, NotFoundError } from '../../../lib/errors.js'
import type { LoadBalancerApi } from '../../../lib/loadbalancer/api.js'
import type { LoadBalancerDriver } from '../../../lib/loadbalancer/driver.js'
import {
  type CreateBalancerOptions,
  type LoadBalancer,
  LoadBalancerState,
  type MemberAddress,
} from '../../../lib/loadbalancer/types.js'
import type { Ref } from '../../../lib/resource.js'
import {
  type Defer,
  endsOnAbort,
  foreign,
  Lifecycle,
  type LifecycleOptions,
  parallel,
  refuses,
  rejectsWith,
} from './tools.js'

/** What the suite of the load balancer API takes. */
export interface LoadBalancerLifecycleOptions extends LifecycleOptions<LoadBalancerDriver> {
  /** What `createBalancer` is given beside name, port and members: a protocol, an algorithm, `ex_` options. */
  readonly balancer?: object | undefined
  /** The port that balancers listen on. @defaultValue 80 */
  readonly port?: number | undefined
  /** Two places that can be members. @defaultValue 192.0.2.10:80 and 192.0.2.11:8080 */
  readonly members?: readonly [MemberAddress, MemberAddress] | undefined
  /** Balancers made to be listed. @defaultValue 2 */
  readonly many?: number | undefined
}

const MEMBERS: readonly [MemberAddress, MemberAddress] = [
  { ip: '192.0.2.10', port: 80 },
  { ip: '192.0.2.11', port: 8080 },
]
const BALANCERS = ['createBalancer', 'getBalancer', 'listBalancers', 'destroyBalancer'] as const
const CHANGES = [...BALANCERS, 'balancerListMembers', 'balancerAttachMember', 'balancerDetachMember'] as const
const byId = ({ id }: Ref): string => id
const place = ({ ip, port }: MemberAddress): string => `${ip}:${port}`

class Suite extends Lifecycle<LoadBalancerDriver, LoadBalancerApi> {
  readonly choices: LoadBalancerLifecycleOptions
  readonly members: readonly [MemberAddress, MemberAddress]
  constructor(choices: LoadBalancerLifecycleOptions) {
    super(choices)
    this.choices = choices
    this.members = choices.members ?? MEMBERS
  }

  request(members: readonly MemberAddress[] = []): CreateBalancerOptions {
    return { name: this.name(), port: this.choices.port ?? 80, members, ...this.choices.balancer }
  }

  /** A balancer that is destroyed when the test ends. */
  async open(api: LoadBalancerApi, defer: Defer, members: readonly MemberAddress[] = []): Promise<LoadBalancer> {
    const balancer = await api.createBalancer(this.request(members))
    defer(() => this.discard(api, balancer))
    balancer.keep()
    return this.untilRunning(api, balancer)
  }

  async untilRunning(api: LoadBalancerApi, { id }: Ref): Promise<LoadBalancer> {
    return this.until(
      () => api.getBalancer(id),
      ({ state }) => {
        assert.notEqual(state, LoadBalancerState.ERROR)
        return state === LoadBalancerState.RUNNING
      },
      `that balancer ${id} runs`,
    )
  }

  /** Some providers destroy nothing that is being changed. */
  async discard(api: LoadBalancerApi, { id }: Ref): Promise<void> {
    const isGone = (): Promise<boolean> =>
      api.destroyBalancer({ id }).then(
        () => true,
        error => {
          if (error instanceof LibcloudError && error.code === 'CONFLICT') return false
          throw error
        },
      )
    await this.until(isGone, done => done, 'the removal of a balancer')
  }

  async isGone(api: LoadBalancerApi, { id }: Ref): Promise<void> {
    await this.gone(
      () => api.getBalancer(id),
      LoadBalancerDoesNotExistError,
      ({ state }) => state === LoadBalancerState.DELETED,
    )
  }

  async places(api: LoadBalancerApi, balancer: Ref): Promise<string[]> {
    return (await api.balancerListMembers(balancer)).map(place).sort()
  }
}

/** Runs the load balancer API on a driver that keeps what it is given. Balancers are made: that may cost money. */
export function loadBalancerLifecycle(options: LoadBalancerLifecycleOptions): void {
  const suite = new Suite(options)
  options.describe(options.title ?? 'loadbalancer', () => {
    describeBalancers(suite)
    describeMembers(suite)
    describeRefusals(suite)
  })
}

function describeBalancers(suite: Suite): void {
  suite.test('protocols and algorithms: are told', ['listProtocols', 'listSupportedAlgorithms'], async api => {
    const protocols = await api.listProtocols()
    assert.ok(protocols.length > 0 && new Set(protocols).size === protocols.length)
    const algorithms = api.listSupportedAlgorithms()
    assert.ok(algorithms.length > 0 && new Set(algorithms).size === algorithms.length)
  })
  suite.test(
    'balancer: is created, found, listed, runs, and is gone when it was destroyed',
    BALANCERS,
    async (api, defer) => {
      const request = suite.request(suite.members)
      const created = await api.createBalancer(request)
      defer(() => suite.discard(api, created))
      assert.equal(created.name, request.name)
      const running = await suite.untilRunning(api, created)
      assert.deepEqual([running.name, running.port], [request.name, request.port])
      assert.notEqual(running.ip, '')
      const listed = await suite.walk(() => api.listBalancers(), byId, 1)
      assert.equal(listed.find(({ id }) => id === created.id)?.name, request.name)
      suite.assertPrivate(running)
      await running.destroy()
      await suite.isGone(api, created)
      const left = (await api.listBalancers()).filter(
        ({ id, state }) => id === created.id && state !== LoadBalancerState.DELETED,
      )
      assert.deepEqual(left, [])
    },
  )
  suite.test('balancer: `await using` destroys it, and keep() keeps it', BALANCERS, async (api, defer) => {
    const ids: string[] = []
    {
      await using lost = await api.createBalancer(suite.request())
      await using kept = await api.createBalancer(suite.request())
      defer(() => suite.discard(api, kept))
      kept.keep()
      ids.push(lost.id, kept.id)
      await suite.untilRunning(api, lost)
    }
    await suite.isGone(api, { id: ids[0] as string })
    assert.equal((await api.getBalancer(ids[1] as string)).id, ids[1])
  })
  suite.test(
    'balancer: is changed, and what was not given stays',
    [...CHANGES, 'updateBalancer'],
    async (api, defer) => {
      const balancer = await suite.open(api, defer, [suite.members[0]])
      const name = suite.name()
      assert.equal((await balancer.update({ name })).name, name)
      const found = await suite.untilRunning(api, balancer)
      assert.deepEqual([found.name, found.port], [name, balancer.port])
      assert.deepEqual(await suite.places(api, balancer), [place(suite.members[0])])
    },
  )
  suite.test('balancers: the list is whole, and can be gone on with', BALANCERS, async (api, defer) => {
    const { many = 2 } = suite.choices
    const made = await parallel(many, async () => (await suite.open(api, defer)).id)
    const listed = (await suite.walk(() => api.listBalancers(), byId, many)).map(byId)
    assert.deepEqual(
      made.filter(id => !listed.includes(id)),
      [],
    )
  })
}

function describeMembers(suite: Suite): void {
  const [one, two] = suite.members
  suite.test('members: come with the balancer, and are attached and detached', CHANGES, async (api, defer) => {
    const balancer = await suite.open(api, defer, [one])
    assert.deepEqual(await suite.places(api, balancer), [place(one)])
    const attached = await balancer.attachMember(two)
    assert.equal(place(attached), place(two))
    await suite.untilRunning(api, balancer)
    assert.deepEqual(await suite.places(api, balancer), [place(one), place(two)].sort())
    const members = await suite.walk(() => api.balancerListMembers(balancer), byId, 2)
    suite.assertPrivate(members[0] as object)
    await balancer.detachMember(members.find(each => place(each) === place(one)) as Ref)
    await suite.untilRunning(api, balancer)
    assert.deepEqual(await suite.places(api, balancer), [place(two)])
    await balancer.detachMember({ ip: two.ip, port: two.port })
    await suite.untilRunning(api, balancer)
    assert.deepEqual(await suite.places(api, balancer), [])
    await rejectsWith(() => api.balancerDetachMember(balancer, two), NotFoundError)
  })
  suite.test('members: are told apart by their ports', CHANGES, async (api, defer) => {
    const other = { ip: one.ip, port: one.port + 1 }
    const balancer = await suite.open(api, defer, [one, other])
    await balancer.detachMember(other)
    await suite.untilRunning(api, balancer)
    assert.deepEqual(await suite.places(api, balancer), [place(one)])
  })
  suite.test(
    'members: a compute node is one, by its address',
    [...CHANGES, 'balancerAttachComputeNode'],
    async (api, defer) => {
      const balancer = await suite.open(api, defer)
      const node = { id: 'node-of-another-driver', publicIps: [two.ip], driver: { provider: 'another' } }
      assert.equal(place(await balancer.attachComputeNode(node)), place({ ip: two.ip, port: balancer.port }))
      await suite.untilRunning(api, balancer)
      assert.deepEqual(await suite.places(api, balancer), [place({ ip: two.ip, port: balancer.port })])
      await refuses([() => balancer.attachComputeNode({ id: 'nowhere', publicIps: [] })])
    },
  )
}

function describeRefusals(suite: Suite): void {
  suite.test('bad input: is refused, and nothing comes of it', CHANGES, async (api, defer) => {
    const balancer = await suite.open(api, defer)
    const request = suite.request()
    const theirs = foreign({ id: balancer.id })
    await refuses([
      () => api.createBalancer({ ...request, name: '' }),
      () => api.createBalancer({ ...request, port: 0 }),
      () => api.createBalancer({ ...request, port: 65_536 }),
      () => api.createBalancer({ ...request, algorithm: 'fairest' as never }),
      () => api.createBalancer({ ...request, members: [{ ip: '', port: 80 }] }),
      () => api.balancerAttachMember(balancer, { ip: '192.0.2.1', port: -1 }),
      () => api.balancerAttachMember(theirs, suite.members[0]),
      () => api.balancerListMembers(theirs),
      () => api.destroyBalancer(theirs),
    ])
    assert.deepEqual(await suite.places(api, balancer), [])
    assert.ok(!(await api.listBalancers()).some(({ name }) => name === request.name))
  })
  suite.test('balancer: that is gone can be neither found nor changed', CHANGES, async (api, defer) => {
    const balancer = await suite.open(api, defer)
    await api.destroyBalancer(balancer)
    await suite.gone(() => api.getBalancer(balancer.id), LoadBalancerDoesNotExistError)
    for (const call of [
      () => api.destroyBalancer(balancer),
      () => api.balancerListMembers(balancer),
      () => api.balancerAttachMember(balancer, suite.members[0]),
    ])
      await rejectsWith(call, LoadBalancerDoesNotExistError)
  })
  suite.test('abort: ends calls with its reason', CHANGES, async (api, defer) => {
    const balancer = await suite.open(api, defer)
    const request = suite.request()
    // An order that was under way when the signal fired may have been taken.
    defer(async () => {
      for (const each of await api.listBalancers()) if (each.name === request.name) await suite.discard(api, each)
    })
    await endsOnAbort(options => api.listBalancers(options))
    await endsOnAbort(options => api.getBalancer(balancer.id, options))
    await endsOnAbort(options => api.balancerListMembers(balancer, options))
    await endsOnAbort(options => api.createBalancer(request, options))
    await rejectsWith(() => api.destroyBalancer(balancer, { signal: AbortSignal.abort(new Error('stop')) }), Error)
    assert.equal((await api.getBalancer(balancer.id)).id, balancer.id, 'a call that never began did nothing')
  })
  suite.test('parallel: 20 calls on one driver do not mix', BALANCERS, async (api, defer) => {
    const [a, b] = [await suite.open(api, defer), await suite.open(api, defer)]
    const found = await parallel(20, index => api.getBalancer(index % 2 === 0 ? a.id : b.id))
    for (const [index, { id, name }] of found.entries())
      assert.deepEqual([id, name], index % 2 === 0 ? [a.id, a.name] : [b.id, b.name])
  })
}
