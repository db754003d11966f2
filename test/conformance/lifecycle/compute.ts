import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import type { ComputeApi, ComputeMethod } from '../../../lib/compute/api.js'
import type { NodeDriver } from '../../../lib/compute/driver.js'
import { type CreateNodeOptions, type Node, NodeState } from '../../../lib/compute/types.js'
import { ImageDoesNotExistError, LibcloudError, NodeDoesNotExistError } from '../../../lib/errors.js'
import type { Owned } from '../../../lib/owned.js'
import type { Ref } from '../../../lib/resource.js'
import { describeKeyPairs, describeLogins } from './compute.keys.js'
import { describeVolumes } from './compute.volumes.js'
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

/** What the suite of the compute API takes. */
export interface ComputeLifecycleOptions extends LifecycleOptions<NodeDriver> {
  /** What nodes are made of. @defaultValue the first of the list */
  readonly size?: Ref | undefined
  /** @defaultValue the first of the list */
  readonly image?: Ref | undefined
  /** Where things are made. @defaultValue the driver's or the provider's choice */
  readonly location?: Ref | undefined
  /** What `createNode` is given beside: a driver's own `ex_` options. */
  readonly node?: object | undefined
  /** GiB of the volumes that are made. @defaultValue 10 */
  readonly volumeSize?: number | undefined
  /** Nodes made to be listed. @defaultValue 2 */
  readonly many?: number | undefined
  /** A region that `image` can be copied from. Without it `copyImage` is left out. */
  readonly sourceRegion?: string | undefined
}

/** The suite of compute, with what it is made on. */
export class ComputeLifecycle extends Lifecycle<NodeDriver, ComputeApi> {
  readonly choices: ComputeLifecycleOptions
  constructor(choices: ComputeLifecycleOptions) {
    super(choices)
    this.choices = choices
  }

  /** What a node is made of. */
  async request(api: ComputeApi, name: string): Promise<CreateNodeOptions> {
    const size = this.choices.size ?? (await first(api.listSizes()))
    const image = this.choices.image ?? (await first(api.listImages()))
    return { name, size, image, location: this.choices.location, ...this.choices.node }
  }

  /** A node that is destroyed when the test ends. */
  async open(api: ComputeApi, defer: Defer, also: Partial<CreateNodeOptions> = {}): Promise<Node> {
    const request = { ...(await this.request(api, this.name())), ...also }
    const node: Owned<Node> = await api.createNode(request)
    defer(() => this.discard(api, node))
    return node.keep()
  }

  /** A node that runs. */
  async openRunning(api: ComputeApi, defer: Defer, also: Partial<CreateNodeOptions> = {}): Promise<Node> {
    return this.untilState(api, await this.open(api, defer, also), NodeState.RUNNING)
  }

  async untilState(api: ComputeApi, { id }: Ref, state: NodeState): Promise<Node> {
    return this.until(
      () => api.getNode(id),
      node => {
        if (state !== NodeState.ERROR) assert.notEqual(node.state, NodeState.ERROR, `node ${id} failed`)
        return node.state === state
      },
      `that node ${id} is ${state}`,
    )
  }

  async nodeIsGone(api: ComputeApi, { id }: Ref): Promise<void> {
    await this.gone(
      () => api.getNode(id),
      NodeDoesNotExistError,
      node => node.state === NodeState.TERMINATED,
    )
  }

  /** Some providers destroy nothing that is still being made. */
  async discard(api: ComputeApi, node: Ref): Promise<void> {
    const found = await api.getNode(node.id)
    if (found.state === NodeState.TERMINATED) return
    await this.until(
      () =>
        api.destroyNode(node).then(
          () => true,
          error => {
            if (error instanceof NodeDoesNotExistError) return true
            if (error instanceof LibcloudError && error.code === 'CONFLICT') return false
            throw error
          },
        ),
      done => done,
      'the removal of a node',
    )
  }
}

async function first<T extends Ref>(list: AsyncIterable<T>): Promise<Ref> {
  for await (const { id } of list) return { id }
  return assert.fail('the list is empty')
}

/** What most tests need. */
export const NODES: readonly ComputeMethod[] = [
  'createNode',
  'getNode',
  'listNodes',
  'destroyNode',
  'listSizes',
  'listImages',
]
const byId = ({ id }: Ref): string => id

/** Runs the compute API on a driver that keeps what it is given. Nodes are made: that may cost money. */
export function computeLifecycle(options: ComputeLifecycleOptions): void {
  const suite = new ComputeLifecycle(options)
  options.describe(options.title ?? 'compute', () => {
    describeCatalogue(suite)
    describeNodes(suite)
    describePower(suite)
    describeLogins(suite)
    describeKeyPairs(suite)
    describeImages(suite)
    describeVolumes(suite)
    describeRefusals(suite)
    describeParallel(suite)
  })
}

function describeCatalogue(suite: ComputeLifecycle): void {
  suite.test('sizes: are plans that differ', ['listSizes'], async api => {
    const sizes = await suite.walk(() => api.listSizes(), byId, 1)
    for (const size of sizes)
      assert.ok(size.ram >= 0 && size.disk >= 0, `${size.id}: ${size.ram} MiB, ${size.disk} GiB`)
    suite.assertPrivate(sizes[0] as object)
  })
  suite.test('images: are listed, and found by their ids', ['listImages', 'getImage'], async api => {
    const [image] = await suite.walk(() => api.listImages(), byId, 1)
    assert.ok(image)
    const found = await api.getImage(image.id)
    assert.deepEqual([found.id, found.name], [image.id, image.name])
  })
  suite.test('locations: are listed', ['listLocations'], async api => {
    for (const { id, country } of await suite.walk(() => api.listLocations(), byId, 1)) {
      assert.notEqual(id, '')
      if (country !== undefined) assert.match(country, /^[A-Z]{2}$/)
    }
  })
}

function describeNodes(suite: ComputeLifecycle): void {
  suite.test(
    'node: is created, found, listed, runs, and is gone when it was destroyed',
    [...NODES, 'waitUntilRunning'],
    async (api, defer) => {
      const request = await suite.request(api, suite.name())
      const created = await api.createNode(request)
      defer(() => suite.discard(api, created))
      assert.equal(created.name, request.name)
      assert.equal((await api.getNode(created.id)).name, request.name)
      assert.ok((await suite.walk(() => api.listNodes(), byId, 1)).some(({ id }) => id === created.id))
      const seen: unknown[] = []
      const { interval, timeout } = suite.options
      const wait = { interval, timeout, onProgress: ({ state }: { state: string | undefined }) => seen.push(state) }
      const [running] = await api.waitUntilRunning([created], wait)
      assert.equal(running?.node.state, NodeState.RUNNING, `after ${seen}`)
      for (const address of running.addresses) assert.notEqual(isIP(address), 0, address)
      assert.ok(running.addresses.length > 0)
      assert.equal((await created.refresh()).state, NodeState.RUNNING)
      suite.assertPrivate(running.node)
      await created.destroy()
      await suite.nodeIsGone(api, created)
      const rest = (await api.listNodes()).filter(
        ({ id, state }) => id === created.id && state !== NodeState.TERMINATED,
      )
      assert.deepEqual(rest, [])
    },
  )
  suite.test('node: `await using` destroys it, and keep() keeps it', NODES, async (api, defer) => {
    const [one, other] = [await suite.request(api, suite.name()), await suite.request(api, suite.name())]
    const ids: string[] = []
    {
      await using lost = await api.createNode(one)
      defer(() => suite.discard(api, lost))
      await using kept = await api.createNode(other)
      defer(() => suite.discard(api, kept))
      kept.keep()
      ids.push(lost.id, kept.id)
      await suite.untilState(api, lost, NodeState.RUNNING) // some providers destroy nothing that is still being made
    }
    await suite.nodeIsGone(api, { id: ids[0] as string })
    assert.equal((await api.getNode(ids[1] as string)).name, other.name)
  })
  suite.test('nodes: the list is whole, and can be gone on with', NODES, async (api, defer) => {
    const made: string[] = []
    for (let left = suite.choices.many ?? 2; left > 0; left--) made.push((await suite.open(api, defer)).id)
    const listed = (await suite.walk(() => api.listNodes(), byId, made.length)).map(byId)
    assert.deepEqual(
      made.filter(id => !listed.includes(id)),
      [],
    )
  })
}

function describePower(suite: ComputeLifecycle): void {
  suite.test(
    'node: stops, starts and reboots',
    [...NODES, 'stopNode', 'startNode', 'rebootNode'],
    async (api, defer) => {
      const node = await suite.openRunning(api, defer)
      await node.stop()
      await suite.untilState(api, node, NodeState.STOPPED)
      await node.start()
      await suite.untilState(api, node, NodeState.RUNNING)
      await node.reboot()
      const again = await suite.untilState(api, node, NodeState.RUNNING)
      assert.deepEqual([again.id, again.name], [node.id, node.name])
    },
  )
  suite.test(
    'node: that is gone can be neither found nor changed',
    [...NODES, 'stopNode', 'rebootNode'],
    async (api, defer) => {
      const node = await suite.openRunning(api, defer)
      await api.destroyNode(node)
      await suite.gone(() => api.getNode(node.id), NodeDoesNotExistError)
      for (const call of [() => api.stopNode(node), () => api.rebootNode(node), () => api.destroyNode(node)])
        await rejectsWith(call, NodeDoesNotExistError)
    },
  )
  suite.test('wait: ends on abort, and in time', [...NODES, 'waitUntilRunning'], async (api, defer) => {
    const node = await suite.open(api, defer)
    await endsOnAbort(options => api.waitUntilRunning([node], { interval: 50, ...options }))
    await api.destroyNode(await suite.untilState(api, node, NodeState.RUNNING))
    // What is gone never runs: whether as a failed wait, or as a node that is not there.
    await rejectsWith(() => api.waitUntilRunning([node], { interval: 50, timeout: 60_000 }), LibcloudError)
  })
}

function describeImages(suite: ComputeLifecycle): void {
  suite.test(
    'image: of a node is made, found, and gone when it was deleted',
    [...NODES, 'createImage', 'getImage', 'deleteImage'],
    async (api, defer) => {
      const node = await suite.openRunning(api, defer)
      const name = suite.name()
      const image = await api.createImage(node, { name })
      defer(() => api.deleteImage(image))
      assert.equal(image.name, name)
      assert.equal((await api.getImage(image.id)).name, name)
      assert.ok((await api.listImages()).some(({ id }) => id === image.id))
      await api.deleteImage(image)
      await suite.gone(() => api.getImage(image.id), ImageDoesNotExistError)
    },
  )
  suite.test(
    'image: is copied from another region',
    ['copyImage', 'getImage', 'deleteImage', 'listImages'],
    async (api, defer) => {
      const { sourceRegion } = suite.choices
      if (sourceRegion === undefined) return
      const image = suite.choices.image ?? (await first(api.listImages()))
      const copy = await api.copyImage({ sourceRegion, image, name: suite.name() })
      defer(() => api.deleteImage(copy))
      assert.notEqual(copy.id, image.id)
      assert.equal((await api.getImage(copy.id)).name, copy.name)
    },
  )
}

function describeRefusals(suite: ComputeLifecycle): void {
  suite.test('node: of a size or image that is not there is refused, and none is made', NODES, async (api, defer) => {
    const good = await suite.request(api, suite.name())
    defer(async () => {
      for (const node of await api.listNodes()) if (node.name === good.name) await suite.discard(api, node)
    })
    const missing = { id: 'no-such-thing' }
    for (const part of ['size', 'image']) {
      const error = (await rejectsWith(
        () => api.createNode({ ...good, [part]: missing }),
        LibcloudError,
      )) as LibcloudError
      assert.ok(['INVALID_REQUEST', 'NOT_FOUND'].includes(error.code), error.code)
    }
    await refuses([
      () => api.createNode({ ...good, name: '' }),
      () => api.createNode({ ...good, name: 'a\nb' }),
      () => api.createNode({ ...good, size: 'small' as never }),
      () => api.createNode({ ...good, auth: 'password' as never }),
      () => api.createNode({ ...good, image: foreign({ id: good.image.id }) }),
      () => api.createNode(good, { timeout: Number.NaN }),
    ])
    assert.deepEqual(
      (await api.listNodes()).filter(({ name }) => name === good.name),
      [],
    )
  })
  suite.test("another provider's resources: are refused", [...NODES, 'stopNode', 'rebootNode'], async (api, defer) => {
    const node = await suite.openRunning(api, defer)
    const theirs = foreign({ id: node.id })
    await refuses([() => api.destroyNode(theirs), () => api.stopNode(theirs), () => api.rebootNode(theirs)])
    assert.equal((await api.getNode(node.id)).state, NodeState.RUNNING)
  })
  suite.test('abort: ends calls with its reason', NODES, async (api, defer) => {
    const node = await suite.open(api, defer)
    const request = await suite.request(api, suite.name())
    // An order that was under way when the signal fired may have been taken.
    defer(async () => {
      for (const each of await api.listNodes()) if (each.name === request.name) await suite.discard(api, each)
    })
    await endsOnAbort(options => api.listNodes(options))
    await endsOnAbort(options => api.getNode(node.id, options))
    await endsOnAbort(options => api.createNode(request, options))
    await rejectsWith(() => api.destroyNode(node, { signal: AbortSignal.abort(new Error('stop')) }), Error)
    assert.equal((await api.getNode(node.id)).id, node.id)
  })
}

function describeParallel(suite: ComputeLifecycle): void {
  suite.test('parallel: nodes that are made at once do not mix', NODES, async (api, defer) => {
    const names = Array.from({ length: suite.choices.many ?? 2 }, () => suite.name())
    const { name: _name, ...rest } = await suite.request(api, 'unused')
    const made = await parallel(names.length, async index => {
      const node = await api.createNode({ ...rest, name: names[index] as string })
      defer(() => suite.discard(api, node))
      return node
    })
    assert.deepEqual(
      made.map(({ name }) => name),
      names,
    )
    assert.equal(new Set(made.map(byId)).size, names.length)
    const found = await parallel(20, async index => api.getNode(made[index % made.length]?.id as string))
    for (const [index, { name }] of found.entries()) assert.equal(name, names[index % names.length])
  })
}
