import type { ContainerApi } from '../../lib/container/api.js'
import { ContainerDriver } from '../../lib/container/driver.js'
import {
  ClusterLocation,
  Container,
  ContainerCluster,
  ContainerImage,
  ContainerState,
  type CreateClusterOptions,
  type DeployContainerOptions,
  type ListClustersOptions,
  type ListContainersOptions,
} from '../../lib/container/types.js'
import { ConflictError, ImageDoesNotExistError, NotFoundError } from '../../lib/errors.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { meta } from './meta.js'
import { addressOf, badArgument, type Course, course, isBroken, stateAt, Table } from './state.js'
import {
  aboutCall,
  type DummyError,
  type DummyFailing,
  type DummyFailOptions,
  type DummyOptions,
  type DummyWorld,
  enterWorld,
  perform,
  performList,
  worldOf,
} from './world.js'

/** What only this driver tells of a container. */
export interface DummyContainerExtra {
  readonly clusterId: string | undefined
}
/** What only this driver tells of a cluster. */
export interface DummyClusterExtra {
  readonly location: string
  readonly status: 'pending' | 'active'
}

interface ImageRow {
  readonly id: string
  readonly path: string
  readonly version: string
}
interface LocationRow {
  readonly id: string
  readonly name: string
  readonly country: string
}
interface ClusterRow {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly course: Course<'pending' | 'active'>
}
interface ContainerRow {
  readonly id: string
  readonly name: string
  readonly imageId: string
  readonly clusterId: string | undefined
  readonly createdAt: Date
  readonly number: number
  course: Course<ContainerState>
}
interface State {
  readonly images: Table<ImageRow>
  readonly locations: Table<LocationRow>
  readonly clusters: Table<ClusterRow>
  readonly containers: Table<ContainerRow>
}

/** `[registry/]path[:tag]`, as container registries name images. */
const IMAGE = /^((?:[A-Za-z0-9][\w.-]*(?::\d+)?\/)*[a-z0-9]+(?:[._-]+[a-z0-9]+)*)(?::([\w][\w.-]{0,127}))?$/

/** Containers, clusters and images in memory. An image has to be installed before it is deployed. */
export class DummyContainerDriver extends ContainerDriver implements Partial<ContainerApi> {
  readonly provider = 'dummy'
  override readonly supportsClusters: boolean = true

  constructor(options: DummyOptions = {}) {
    super(meta, options)
    enterWorld(this, 'container', options)
  }

  /** `path` is `library/debian:12`; without a tag it is `latest`. An image that is there already is given again. */
  async installImage(path: string, options?: CallOptions): Promise<ContainerImage> {
    return perform(this, 'installImage', path, options, () => {
      const [, name, version = 'latest'] = IMAGE.exec(path) ?? []
      if (name === undefined) throw badArgument('path', "an image's name, such as 'library/debian:12'", options)
      const { images } = stateOf(this)
      const [existing] = images.all(row => row.path === name && row.version === version)
      return this.#toImage(existing ?? images.insert({ path: name, version }))
    })
  }

  listImages(options?: CallOptions): Pager<ContainerImage> {
    return performList(
      this,
      'listImages',
      undefined,
      options,
      token => stateOf(this).images.page(token, worldOf(this).pageSize, options),
      row => this.#toImage(row),
    )
  }

  listContainers(options?: ListContainersOptions): Pager<Container<DummyContainerExtra>> {
    const { image, cluster } = options ?? {}
    const isWanted = ({ imageId, clusterId }: ContainerRow): boolean =>
      (image === undefined || imageId === image.id) && (cluster === undefined || clusterId === cluster.id)
    return performList(
      this,
      'listContainers',
      cluster?.id ?? image?.id,
      options,
      token => stateOf(this).containers.page(token, worldOf(this).pageSize, options, isWanted),
      row => this.#toContainer(row),
    )
  }

  async getContainer(containerId: string, options?: CallOptions): Promise<Container<DummyContainerExtra>> {
    return perform(this, 'getContainer', containerId, options, () =>
      this.#toContainer(stateOf(this).containers.get(containerId, options)),
    )
  }

  /** A container whose name or image's version ends with `-broken` ends in the state ERROR.
   * @throws ConflictError for a name that is taken in its cluster. */
  async deployContainer(
    container: DeployContainerOptions,
    options?: CallOptions,
  ): Promise<Owned<Container<DummyContainerExtra>>> {
    const deployed = await perform(this, 'deployContainer', container.name, options, () => {
      const { images, clusters, containers } = stateOf(this)
      const image = images.get(container.image.id, options)
      const cluster = container.cluster && clusters.get(container.cluster.id, options)
      const { name, start = true } = container
      const [same] = containers.all(row => row.name === name && row.clusterId === cluster?.id)
      if (same) throw new ConflictError(`There is a container '${name}' already`, aboutCall(options))
      const end = isBroken(name, image.version) ? ContainerState.ERROR : ContainerState.RUNNING
      const row = containers.insert({
        name,
        imageId: image.id,
        clusterId: cluster?.id,
        createdAt: worldOf(this).now,
        number: containers.count,
        course: start ? this.#course(ContainerState.PENDING, end) : { steps: [], end: ContainerState.STOPPED },
      })
      return this.#toContainer(row)
    })
    return owned(deployed, () => this.destroyContainer({ id: deployed.id }))
  }

  async startContainer(container: Ref, options?: CallOptions): Promise<Container<DummyContainerExtra>> {
    const { STOPPED, PENDING, RUNNING } = ContainerState
    return this.#change('startContainer', container, STOPPED, () => this.#course(PENDING, RUNNING), options)
  }

  async stopContainer(container: Ref, options?: CallOptions): Promise<Container<DummyContainerExtra>> {
    const { RUNNING, STOPPED } = ContainerState
    return this.#change('stopContainer', container, RUNNING, () => this.#course(RUNNING, STOPPED), options)
  }

  async restartContainer(container: Ref, options?: CallOptions): Promise<Container<DummyContainerExtra>> {
    const { RUNNING, REBOOTING } = ContainerState
    return this.#change('restartContainer', container, RUNNING, () => this.#course(REBOOTING, RUNNING), options)
  }

  async destroyContainer(container: Ref, options?: CallOptions): Promise<void> {
    await perform(this, 'destroyContainer', container.id, options, () => {
      const { containers } = stateOf(this)
      containers.remove(containers.get(container.id, options).id)
    })
  }

  listLocations(options?: CallOptions): Pager<ClusterLocation> {
    return performList(
      this,
      'listLocations',
      undefined,
      options,
      token => stateOf(this).locations.page(token, worldOf(this).pageSize, options),
      row => new ClusterLocation(this, row),
    )
  }

  listClusters(options?: ListClustersOptions): Pager<ContainerCluster<DummyClusterExtra>> {
    const { location } = options ?? {}
    const isWanted = (row: ClusterRow): boolean => location === undefined || row.location === location.id
    return performList(
      this,
      'listClusters',
      location?.id,
      options,
      token => stateOf(this).clusters.page(token, worldOf(this).pageSize, options, isWanted),
      row => this.#toCluster(row),
    )
  }

  async getCluster(clusterId: string, options?: CallOptions): Promise<ContainerCluster<DummyClusterExtra>> {
    return perform(this, 'getCluster', clusterId, options, () =>
      this.#toCluster(stateOf(this).clusters.get(clusterId, options)),
    )
  }

  async createCluster(
    cluster: CreateClusterOptions,
    options?: CallOptions,
  ): Promise<Owned<ContainerCluster<DummyClusterExtra>>> {
    const created = await perform(this, 'createCluster', cluster.name, options, () => {
      const { locations, clusters } = stateOf(this)
      const location = cluster.location?.id ?? 'east'
      if (!locations.find(location)) throw badArgument('cluster.location', 'one of listLocations', options)
      const world = worldOf(this)
      const pending = course<'pending' | 'active'>(world.now, world.duration('cluster'), ['pending'], 'active')
      return this.#toCluster(clusters.insert({ name: cluster.name, location, course: pending }))
    })
    return owned(created, () => this.destroyCluster({ id: created.id }))
  }

  /** @throws ConflictError while it has containers. */
  async destroyCluster(cluster: Ref, options?: CallOptions): Promise<void> {
    await perform(this, 'destroyCluster', cluster.id, options, () => {
      const { clusters, containers } = stateOf(this)
      const { id } = clusters.get(cluster.id, options)
      const { length } = containers.all(({ clusterId }) => clusterId === id)
      if (length > 0) throw new ConflictError(`Cluster '${id}' has ${length} containers`, aboutCall(options))
      clusters.remove(id)
    })
  }

  /**
   * Puts a container into a state, whatever it was doing: to see what becomes of an application when one dies.
   * @throws NotFoundError
   * @example await driver.ex_setContainerState(container, ContainerState.ERROR)
   */
  async ex_setContainerState(
    container: Ref,
    state: ContainerState,
    options?: CallOptions,
  ): Promise<Container<DummyContainerExtra>> {
    return perform(this, 'ex_setContainerState', container.id, options, () => {
      const row = stateOf(this).containers.get(container.id, options)
      row.course = { steps: [], end: state }
      return this.#toContainer(row)
    })
  }

  /**
   * The world that the driver is in: to be shared with another driver, or to be looked at.
   * @example new DummyNodeDriver({ world: driver.ex_world() })
   */
  ex_world(_options?: CallOptions): DummyWorld {
    return worldOf(this)
  }
  /**
   * Lets time pass in the driver's world, in milliseconds: at once, also before the promise is awaited.
   * @example await driver.ex_advance(60_000)
   */
  async ex_advance(ms: number, _options?: CallOptions): Promise<void> {
    worldOf(this).advance(ms)
  }
  /**
   * Lets the next calls of a method fail: see {@link DummyWorld.fail}.
   * @example await driver.ex_fail('deployContainer', ServiceError, { times: 2 })
   */
  async ex_fail(operation: DummyFailing, error: DummyError, options?: DummyFailOptions): Promise<void> {
    worldOf(this).fail(operation, error, options)
  }

  async #change(
    operation: string,
    { id }: Ref,
    from: ContainerState,
    going: () => Course<ContainerState>,
    options: CallOptions | undefined,
  ): Promise<Container<DummyContainerExtra>> {
    return perform(this, operation, id, options, () => {
      const row = stateOf(this).containers.get(id, options)
      const state = stateAt(row.course, worldOf(this).now)
      if (state !== from) throw new ConflictError(`Container '${id}' is ${state}, not ${from}`, aboutCall(options))
      row.course = going()
      return this.#toContainer(row)
    })
  }

  #course(through: ContainerState, end: ContainerState): Course<ContainerState> {
    const world = worldOf(this)
    return course(world.now, world.duration('container'), [through], end)
  }

  #toImage({ id, path, version }: ImageRow): ContainerImage {
    return new ContainerImage(this, { id, name: path.split('/').at(-1) ?? path, path, version, extra: {} })
  }

  #toCluster({ id, name, location, course: going }: ClusterRow): ContainerCluster<DummyClusterExtra> {
    const status = stateAt(going, worldOf(this).now)
    return new ContainerCluster(this, { id, name, extra: { location, status } })
  }

  #toContainer({ id, name, createdAt, ...row }: ContainerRow): Container<DummyContainerExtra> {
    const state = stateAt(row.course, worldOf(this).now)
    const ipAddresses = state === ContainerState.RUNNING ? [addressOf('10.0', row.number)] : []
    const extra = { clusterId: row.clusterId }
    return new Container(this, { id, name, state, image: { id: row.imageId }, ipAddresses, createdAt, extra })
  }
}

function stateOf(driver: DummyContainerDriver): State {
  return worldOf(driver).part('container', () => {
    const locations = new Table<LocationRow>('location', NotFoundError)
    locations.insert({ id: 'east', name: 'East', country: 'JP' })
    locations.insert({ id: 'west', name: 'West', country: 'US' })
    return {
      locations,
      images: new Table<ImageRow>('image', ImageDoesNotExistError),
      clusters: new Table<ClusterRow>('cluster', NotFoundError),
      containers: new Table<ContainerRow>('container', NotFoundError),
    }
  })
}
