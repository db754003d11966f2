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
  type ListContainersOptions,
} from '../../lib/container/types.js'
import { connect } from '../../lib/driver.js'
import { path } from '../../lib/http/url.js'
import type { VendorMeta } from '../../lib/meta.js'
import type { CallOptions, DriverOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { LXDConnection, type LXDOptions } from './connection.js'
import { extended, type LXDExtensions } from './extensions.js'
import { imageName, installImage, type LXDImage } from './images.shared.js'
import {
  addressesOf,
  createInstance,
  inProject,
  type LXDInstance,
  type LXDInstanceOptions,
  power,
  readInstance,
  removeInstance,
  shutDown,
  startNew,
} from './instances.shared.js'
import { listPlaces } from './locations.js'
import { meta } from './meta.js'
import { instanceOf, nameOf } from './names.js'
import type { LXDConfig, LXDDevices, LXDListOptions } from './types.js'

export type { LXDOptions } from './connection.js'
export type * from './extensions.js'

const STATES: Readonly<Record<string, ContainerState>> = {
  Running: ContainerState.RUNNING,
  Ready: ContainerState.RUNNING,
  Thawed: ContainerState.RUNNING,
  Stopped: ContainerState.STOPPED,
  Frozen: ContainerState.PAUSED,
  Starting: ContainerState.PENDING,
  Error: ContainerState.ERROR,
}

/** What only LXD tells of a container. */
export interface LXDContainerExtra {
  /** The daemon's word: `'Running'`, `'Stopped'`, `'Frozen'`, `'Error'`. */
  readonly state: string
  /** `'container'` or `'virtual-machine'`. */
  readonly type: string
  readonly architecture: string
  readonly description: string
  readonly project: string
  /** The cluster member; `'none'` where there is no cluster. */
  readonly location: string
  readonly profiles: readonly string[]
  /** With what its profiles say. */
  readonly config: LXDConfig
  /** With what its profiles say. */
  readonly devices: LXDDevices
  readonly ephemeral: boolean
  readonly lastUsedAt: Date | undefined
}
/** What only LXD tells of a cluster, which is a project. */
export interface LXDClusterExtra {
  readonly description: string
  readonly config: LXDConfig
}
/** What `deployContainer` takes: an image is known by fingerprint, alias, or as a public server's `ubuntu:24.04`. */
export interface LXDDeployContainerOptions extends DeployContainerOptions, LXDInstanceOptions {
  /** The cluster member. @defaultValue the server's choice */
  ex_location?: string | undefined
}
/** What `createCluster` takes. */
export interface LXDCreateClusterOptions extends CreateClusterOptions {
  ex_description?: string | undefined
  /** @defaultValue images and profiles are shared with the project 'default' */
  ex_config?: LXDConfig | undefined
}
interface RawProject {
  readonly name: string
  readonly description: string
  readonly config: LXDConfig
}

// Declared with its type: a class cannot extend an expression whose type is not written down.
const Base: abstract new (
  ...args: [vendor: Pick<VendorMeta, 'vendor' | 'credentials'>, options: DriverOptions]
) => ContainerDriver & LXDExtensions = extended(ContainerDriver)

/**
 * Containers of an LXD server, over its unix socket or HTTPS. A container's id is its name, `project/name` in another
 * project than the driver's; projects are the clusters. All that the API can do beside are `ex_` methods, which the
 * compute driver has too. They take names, or things with their names as ids.
 */
export class LXDContainerDriver extends Base implements Partial<ContainerApi> {
  readonly provider: string = 'lxd'
  override readonly supportsClusters = true

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  /** `vendor` is for subclasses, which give themselves their own connection. */
  constructor(options: LXDOptions = {}, vendor: VendorMeta = meta) {
    super(vendor, options)
    if (vendor === meta) connect(this, new LXDConnection(this))
  }

  /**
   * An image's alias or fingerprint, a public server's image as `ubuntu:24.04`, or the path of a file that is uploaded. What
   * is there already is not fetched again.
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_post
   */
  async installImage(imagePath: string, options?: CallOptions): Promise<ContainerImage<LXDImage>> {
    return toImage(this, await installImage(this.connection, imagePath, options))
  }

  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_get_recursion1 */
  listImages(options?: LXDListOptions): Pager<ContainerImage<LXDImage>> {
    return this.connection.list('/1.0/images', options, { map: (raw: LXDImage) => toImage(this, raw) })
  }

  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instances_get_recursion2 */
  listContainers(options?: ListContainersOptions & LXDListOptions): Pager<Container<LXDContainerExtra>> {
    const { image, cluster, ...rest } = options ?? {}
    return onePage(async () => {
      const query = { recursion: 2 }
      const raw = await this.connection.list<LXDInstance>('/1.0/instances', inProject(rest, cluster), { query })
      const all = raw.map(each => this.#container(each))
      return image === undefined ? all : all.filter(each => each.image?.id === image.id)
    }, options)
  }

  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_get_recursion1 */
  async getContainer(containerId: string, options?: CallOptions): Promise<Container<LXDContainerExtra>> {
    const [name, found] = instanceOf(this.provider, containerId, options, 'containerId')
    return this.#container(await readInstance(this.connection, name, found))
  }

  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instances_post */
  async deployContainer(
    container: LXDDeployContainerOptions,
    options?: CallOptions,
  ): Promise<Owned<Container<LXDContainerExtra>>> {
    const { name, image, cluster, start = true, ex_location: target } = container
    const inside = inProject(options, cluster)
    const source = this.connection.imageSource(image.id, container)
    const place = target === undefined ? {} : { ex_target: target }
    await createInstance(this.connection, { name, source, profiles: ['default'] }, container, { ...inside, ...place })
    if (start) await startNew(this.connection, name, inside)
    const made = this.#container(await readInstance(this.connection, name, inside))
    return owned(made, () => this.destroyContainer(made))
  }

  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_state_put */
  async startContainer(container: Ref, options?: CallOptions): Promise<Container<LXDContainerExtra>> {
    const [name, found] = instanceOf(this.provider, container, options, 'container')
    await power(this.connection, name, 'start', found)
    return this.getContainer(container.id, options)
  }

  /**
   * Asks it to shut down, and ends it when it has not after 30 seconds.
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_state_put
   */
  async stopContainer(container: Ref, options?: CallOptions): Promise<Container<LXDContainerExtra>> {
    const [name, found] = instanceOf(this.provider, container, options, 'container')
    await shutDown(this.connection, name, found)
    return this.getContainer(container.id, options)
  }

  /** Without asking it to shut down. @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_state_put */
  async restartContainer(container: Ref, options?: CallOptions): Promise<Container<LXDContainerExtra>> {
    const [name, found] = instanceOf(this.provider, container, options, 'container')
    await power(this.connection, name, 'restart', { ...found, ex_force: true })
    return this.getContainer(container.id, options)
  }

  /** @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_delete */
  async destroyContainer(container: Ref, options?: CallOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, container, options, 'container')
    await removeInstance(this.connection, name, found)
  }

  /** The members of the LXD cluster; the server itself where there is none. @see https://documentation.ubuntu.com/lxd/latest/api/#/cluster/cluster_members_get_recursion1 */
  listLocations(options?: CallOptions): Pager<ClusterLocation> {
    const map = ({ id, name }: { id: string; name: string }): ClusterLocation => new ClusterLocation(this, { id, name })
    return onePage(async () => (await listPlaces(this.connection, options)).map(map), options)
  }

  /** Projects. @see https://documentation.ubuntu.com/lxd/latest/api/#/projects/projects_get_recursion1 */
  listClusters(options?: CallOptions): Pager<ContainerCluster<LXDClusterExtra>> {
    const map = (raw: RawProject): ContainerCluster<LXDClusterExtra> => toCluster(this, raw)
    return this.connection.list('/1.0/projects', options, { query: { project: undefined }, map })
  }

  /** A project. @see https://documentation.ubuntu.com/lxd/latest/api/#/projects/project_get */
  async getCluster(clusterId: string, options?: CallOptions): Promise<ContainerCluster<LXDClusterExtra>> {
    const at = path`/1.0/projects/${nameOf(this.provider, clusterId, 'clusterId')}`
    return toCluster(this, await this.connection.get<RawProject>(at, options, { query: { project: undefined } }))
  }

  /**
   * A project, which has its own instances, and shares images and profiles with the project 'default'.
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/projects/projects_post
   */
  async createCluster(
    cluster: LXDCreateClusterOptions,
    options?: CallOptions,
  ): Promise<Owned<ContainerCluster<LXDClusterExtra>>> {
    const name = nameOf(this.provider, cluster.name, 'cluster.name')
    const shared = { 'features.images': 'false', 'features.profiles': 'false' }
    const json = { name, description: cluster.ex_description, config: { ...shared, ...cluster.ex_config } }
    await this.connection.change({ method: 'POST', path: '/1.0/projects', json }, options)
    return owned(await this.getCluster(name, options), () => this.destroyCluster({ id: name }))
  }

  /** Only of a project that is empty. @see https://documentation.ubuntu.com/lxd/latest/api/#/projects/project_delete */
  async destroyCluster(cluster: Ref, options?: CallOptions): Promise<void> {
    const at = path`/1.0/projects/${nameOf(this.provider, cluster, 'cluster')}`
    await this.connection.change({ method: 'DELETE', path: at }, options)
  }

  #container(raw: LXDInstance): Container<LXDContainerExtra> {
    return toContainer(this, raw, this.connection.project ?? 'default')
  }
}

function toContainer(driver: ContainerDriver, raw: LXDInstance, project: string): Container<LXDContainerExtra> {
  const base = raw.config['volatile.base_image']
  return new Container(driver, {
    id: raw.project === undefined || raw.project === project ? raw.name : `${raw.project}/${raw.name}`,
    name: raw.name,
    state: STATES[raw.status] ?? ContainerState.UNKNOWN,
    image: base === undefined ? undefined : { id: base },
    ipAddresses: addressesOf(raw),
    createdAt: raw.createdAt,
    extra: {
      state: raw.status,
      type: raw.type,
      architecture: raw.architecture,
      description: raw.description,
      project: raw.project,
      location: raw.location,
      profiles: raw.profiles,
      config: raw.expandedConfig ?? raw.config,
      devices: raw.expandedDevices ?? raw.devices,
      ephemeral: raw.ephemeral,
      lastUsedAt: raw.lastUsedAt,
    },
  })
}

function toImage(driver: ContainerDriver, raw: LXDImage): ContainerImage<LXDImage> {
  const name = imageName(raw)
  return new ContainerImage(driver, {
    id: raw.fingerprint,
    name,
    path: raw.aliases?.[0]?.name ?? raw.fingerprint,
    version: raw.properties?.['version'] ?? 'latest',
    extra: raw,
  })
}

function toCluster(
  driver: ContainerDriver,
  { name, description, config }: RawProject,
): ContainerCluster<LXDClusterExtra> {
  return new ContainerCluster(driver, { id: name, name, extra: { description, config } })
}
