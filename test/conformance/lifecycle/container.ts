import assert from 'node:assert/strict'
import type { ContainerApi } from '../../../lib/container/api.js'
import type { ContainerDriver } from '../../../lib/container/driver.js'
import {
  type Container,
  type ContainerCluster,
  type ContainerImage,
  ContainerState,
  type DeployContainerOptions,
} from '../../../lib/container/types.js'
import { LibcloudError, NotFoundError } from '../../../lib/errors.js'
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

/** What the suite of the container API takes. */
export interface ContainerLifecycleOptions extends LifecycleOptions<ContainerDriver> {
  /** An image that can be installed, whose containers go on until they are stopped. @defaultValue 'library/debian:12' */
  readonly imagePath?: string | undefined
  /** What `deployContainer` is given beside: a driver's own `ex_` options. */
  readonly container?: object | undefined
  /** Containers are deployed into a cluster: one is made for them. @defaultValue false */
  readonly needsCluster?: boolean | undefined
  /** Where clusters are made. @defaultValue the provider's choice */
  readonly location?: Ref | undefined
  /** Containers made to be listed. @defaultValue 4 */
  readonly many?: number | undefined
}

const IMAGES = ['installImage', 'listImages'] as const
const CONTAINERS = [...IMAGES, 'deployContainer', 'getContainer', 'listContainers', 'destroyContainer'] as const
const POWER = [...CONTAINERS, 'startContainer', 'stopContainer', 'restartContainer'] as const
const CLUSTERS = ['createCluster', 'getCluster', 'listClusters', 'destroyCluster'] as const
const byId = ({ id }: Ref): string => id

class Suite extends Lifecycle<ContainerDriver, ContainerApi> {
  readonly choices: ContainerLifecycleOptions
  constructor(choices: ContainerLifecycleOptions) {
    super(choices)
    this.choices = choices
  }

  async image(api: ContainerApi): Promise<ContainerImage> {
    return api.installImage(this.choices.imagePath ?? 'library/debian:12')
  }

  async cluster(api: ContainerApi, defer: Defer): Promise<ContainerCluster> {
    const cluster = await api.createCluster({ name: this.name(), location: this.choices.location })
    defer(() => this.discard(() => api.destroyCluster(cluster)))
    return cluster.keep()
  }

  async request(api: ContainerApi, defer: Defer): Promise<DeployContainerOptions> {
    const image = await this.image(api)
    const cluster = this.choices.needsCluster ? await this.cluster(api, defer) : undefined
    return { name: this.name(), image, cluster, ...this.choices.container }
  }

  /** A container that is destroyed when the test ends. */
  async open(api: ContainerApi, defer: Defer, also: Partial<DeployContainerOptions> = {}): Promise<Container> {
    const container = await api.deployContainer({ ...(await this.request(api, defer)), ...also })
    defer(() => this.discard(() => api.destroyContainer(container)))
    container.keep()
    const wanted = also.start === false ? ContainerState.STOPPED : ContainerState.RUNNING
    return this.untilState(api, container, wanted)
  }

  async untilState(api: ContainerApi, { id }: Ref, wanted: ContainerState): Promise<Container> {
    return this.until(
      () => api.getContainer(id),
      ({ state }) => {
        assert.notEqual(state, ContainerState.ERROR)
        return state === wanted
      },
      `that container ${id} is ${wanted}`,
    )
  }

  /** Not while it is being changed. */
  async discard(destroy: () => Promise<void>): Promise<void> {
    const isGone = (): Promise<boolean> =>
      destroy().then(
        () => true,
        error => {
          if (error instanceof LibcloudError && error.code === 'CONFLICT') return false
          throw error
        },
      )
    await this.until(isGone, done => done, 'the removal')
  }

  async isGone(api: ContainerApi, { id }: Ref): Promise<void> {
    await this.gone(
      () => api.getContainer(id),
      NotFoundError,
      ({ state }) => state === ContainerState.TERMINATED,
    )
  }
}

/** Runs the container API on a driver that keeps what it is given. */
export function containerLifecycle(options: ContainerLifecycleOptions): void {
  const suite = new Suite(options)
  options.describe(options.title ?? 'container', () => {
    describeImages(suite)
    describeContainers(suite)
    describeClusters(suite)
    describeRefusals(suite)
  })
}

function describeImages(suite: Suite): void {
  suite.test('image: is installed once, and listed', IMAGES, async api => {
    const image = await suite.image(api)
    const [, path = '', version = ''] =
      /^(.*?)(?::([^:/]*))?$/.exec(suite.choices.imagePath ?? 'library/debian:12') ?? []
    assert.ok(path.endsWith(image.name.split('/').at(-1) as string), image.name)
    assert.equal(image.version, version || 'latest')
    suite.assertPrivate(image)
    assert.equal((await suite.image(api)).id, image.id, 'a second time gives the same')
    const listed = await suite.walk(() => api.listImages(), byId, 1)
    assert.equal(listed.filter(({ id }) => id === image.id).length, 1)
  })
}

function describeContainers(suite: Suite): void {
  suite.test(
    'container: is deployed, found, listed, runs, and is gone when it was destroyed',
    CONTAINERS,
    async (api, defer) => {
      const container = await suite.open(api, defer)
      const found = await api.getContainer(container.id)
      assert.deepEqual([found.name, found.state], [container.name, ContainerState.RUNNING])
      suite.assertPrivate(found)
      const listed = await suite.walk(() => api.listContainers(), byId, 1)
      assert.equal(listed.find(({ id }) => id === container.id)?.name, container.name)
      const ofImage = await api.listContainers({ image: await suite.image(api) })
      assert.ok(ofImage.some(({ id }) => id === container.id))
      await container.destroy()
      await suite.isGone(api, container)
      assert.ok(
        !(await api.listContainers()).some(({ id, state }) => id === container.id && state === ContainerState.RUNNING),
      )
    },
  )
  suite.test('container: `await using` destroys it, and keep() keeps it', CONTAINERS, async (api, defer) => {
    const [one, other] = [await suite.request(api, defer), await suite.request(api, defer)]
    const ids: string[] = []
    {
      await using lost = await api.deployContainer(one)
      await using kept = await api.deployContainer(other)
      defer(() => api.destroyContainer(kept))
      kept.keep()
      ids.push(lost.id, kept.id)
    }
    await suite.isGone(api, { id: ids[0] as string })
    assert.equal((await api.getContainer(ids[1] as string)).id, ids[1])
  })
  suite.test('container: stops, starts and restarts', POWER, async (api, defer) => {
    const container = await suite.open(api, defer)
    assert.equal((await container.stop()).id, container.id)
    await suite.untilState(api, container, ContainerState.STOPPED)
    assert.equal((await container.start()).id, container.id)
    await suite.untilState(api, container, ContainerState.RUNNING)
    assert.equal((await container.restart()).id, container.id)
    const again = await suite.untilState(api, container, ContainerState.RUNNING)
    assert.deepEqual([again.id, again.name], [container.id, container.name])
  })
  suite.test('container: is deployed without being started', POWER, async (api, defer) => {
    const container = await suite.open(api, defer, { start: false })
    await api.startContainer(container)
    await suite.untilState(api, container, ContainerState.RUNNING)
  })
  suite.test('containers: the list is whole, and can be gone on with', CONTAINERS, async (api, defer) => {
    const { many = 4 } = suite.choices
    const made = await parallel(many, async () => suite.open(api, defer))
    assert.equal(new Set(made.map(byId)).size, many)
    const listed = (await suite.walk(() => api.listContainers(), byId, many)).map(byId)
    assert.deepEqual(
      made.map(byId).filter(id => !listed.includes(id)),
      [],
    )
    const found = await parallel(20, index => api.getContainer(made[index % many]?.id as string))
    for (const [index, { name }] of found.entries()) assert.equal(name, made[index % many]?.name)
  })
}

function describeClusters(suite: Suite): void {
  suite.test('locations: are listed', ['listLocations'], async api => {
    await suite.walk(() => api.listLocations(), byId, 1)
  })
  suite.test('cluster: is created, found, listed, and gone when it was destroyed', CLUSTERS, async (api, defer) => {
    const cluster = await suite.cluster(api, defer)
    assert.equal((await api.getCluster(cluster.id)).name, cluster.name)
    const listed = await suite.walk(() => api.listClusters(), byId, 1)
    assert.ok(listed.some(({ id }) => id === cluster.id))
    suite.assertPrivate(cluster)
    await cluster.destroy()
    await suite.gone(() => api.getCluster(cluster.id), NotFoundError)
    await rejectsWith(() => api.destroyCluster(cluster), NotFoundError)
  })
  suite.test('cluster: `await using` destroys it, and keep() keeps it', CLUSTERS, async (api, defer) => {
    const { location } = suite.choices
    const ids: string[] = []
    {
      await using lost = await api.createCluster({ name: suite.name(), location })
      await using kept = await api.createCluster({ name: suite.name(), location })
      defer(() => api.destroyCluster(kept))
      kept.keep()
      ids.push(lost.id, kept.id)
    }
    await suite.gone(() => api.getCluster(ids[0] as string), NotFoundError)
    assert.equal((await api.getCluster(ids[1] as string)).id, ids[1])
  })
  suite.test('cluster: has its containers, and no others', [...CLUSTERS, ...CONTAINERS], async (api, defer) => {
    const [a, b] = [await suite.cluster(api, defer), await suite.cluster(api, defer)]
    const container = await suite.open(api, defer, { cluster: a })
    assert.deepEqual((await a.listContainers()).map(byId), [container.id])
    assert.deepEqual((await b.listContainers()).map(byId), [])
  })
}

function describeRefusals(suite: Suite): void {
  suite.test('bad input: is refused, and nothing comes of it', CONTAINERS, async (api, defer) => {
    const request = await suite.request(api, defer)
    const container = await suite.open(api, defer)
    const theirs = foreign({ id: container.id })
    await refuses([
      () => api.installImage(''),
      () => api.deployContainer({ ...request, name: '' }),
      () => api.deployContainer({ ...request, name: 'a\nb' }),
      () => api.deployContainer({ ...request, image: 'debian' as never }),
      () => api.deployContainer({ ...request, image: foreign({ id: request.image.id }) }),
      () => api.deployContainer({ ...request, start: 'yes' as never }),
      () => api.destroyContainer(theirs),
      () => api.listContainers({ image: foreign({ id: request.image.id }) }),
    ])
    const missing = { id: 'no-such-image' }
    await rejectsWith(() => api.deployContainer({ ...request, image: missing }), LibcloudError)
    assert.ok(!(await api.listContainers()).some(({ name }) => name === request.name))
    assert.equal((await api.getContainer(container.id)).state, ContainerState.RUNNING)
  })
  suite.test('container: that is gone can be neither found nor changed', POWER, async (api, defer) => {
    const container = await suite.open(api, defer)
    await api.destroyContainer(container)
    await suite.gone(() => api.getContainer(container.id), NotFoundError)
    for (const call of [
      () => api.startContainer(container),
      () => api.stopContainer(container),
      () => api.destroyContainer(container),
    ])
      await rejectsWith(call, NotFoundError)
  })
  suite.test('abort: ends calls with its reason', CONTAINERS, async (api, defer) => {
    const container = await suite.open(api, defer)
    const request = await suite.request(api, defer)
    // What was under way when the signal fired may have been done.
    defer(async () => {
      for (const each of await api.listContainers()) if (each.name === request.name) await api.destroyContainer(each)
    })
    await endsOnAbort(options => api.listContainers(options))
    await endsOnAbort(options => api.listImages(options))
    await endsOnAbort(options => api.getContainer(container.id, options))
    await endsOnAbort(options => api.deployContainer(request, options))
    await rejectsWith(() => api.destroyContainer(container, { signal: AbortSignal.abort(new Error('stop')) }), Error)
    assert.equal((await api.getContainer(container.id)).id, container.id, 'a call that never began did nothing')
  })
}
