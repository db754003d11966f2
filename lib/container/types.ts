import type { BaseDriver } from '../driver.js'
import type { CallOptions } from '../options.js'
import type { Owned } from '../owned.js'
import type { Pager } from '../pager.js'
import { type Ref, Resource } from '../resource.js'
import type { ContainerApi } from './api.js'
import type { ContainerDriver } from './driver.js'

export const ContainerState = {
  RUNNING: 'running',
  REBOOTING: 'rebooting',
  TERMINATED: 'terminated',
  PENDING: 'pending',
  UNKNOWN: 'unknown',
  STOPPED: 'stopped',
  SUSPENDED: 'suspended',
  ERROR: 'error',
  PAUSED: 'paused',
} as const
/** What a container is doing. */
export type ContainerState = (typeof ContainerState)[keyof typeof ContainerState]

/** The driver with every base method: at run time the base class has them all, as stubs. */
export function asApi(driver: BaseDriver): ContainerApi {
  return driver as unknown as ContainerApi
}

/** What every driver's `deployContainer` takes. */
export interface DeployContainerOptions {
  name: string
  image: Ref
  cluster?: Ref | undefined
  /** @defaultValue true */
  start?: boolean | undefined
}
/** What every driver's `createCluster` takes. */
export interface CreateClusterOptions {
  name: string
  location?: Ref | undefined
}
export interface ListContainersOptions extends CallOptions {
  /** Only containers of this image. */
  image?: Ref | undefined
  /** Only containers of this cluster. */
  cluster?: Ref | undefined
}
export interface ListClustersOptions extends CallOptions {
  /** Only clusters of this place. */
  location?: Ref | undefined
}

export interface ContainerFields<Extra extends object> {
  id: string
  name: string
  state: ContainerState
  image?: Ref | undefined
  ipAddresses: readonly string[]
  createdAt?: Date | undefined
  extra: Extra
}
/** A container: a process with a file system of its own. */
export class Container<Extra extends object = object> extends Resource implements Ref {
  declare readonly driver: ContainerDriver
  readonly id: string
  readonly name: string
  readonly state: ContainerState
  readonly image: Ref | undefined
  readonly ipAddresses: readonly string[]
  readonly createdAt: Date | undefined
  readonly extra: Extra
  constructor(driver: ContainerDriver, fields: ContainerFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.name = fields.name
    this.state = fields.state
    this.image = fields.image
    this.ipAddresses = fields.ipAddresses
    this.createdAt = fields.createdAt
    this.extra = fields.extra
  }
  start(options?: CallOptions): Promise<Container> {
    return asApi(this.driver).startContainer(this, options)
  }
  stop(options?: CallOptions): Promise<Container> {
    return asApi(this.driver).stopContainer(this, options)
  }
  restart(options?: CallOptions): Promise<Container> {
    return asApi(this.driver).restartContainer(this, options)
  }
  destroy(options?: CallOptions): Promise<void> {
    return asApi(this.driver).destroyContainer(this, options)
  }
}

export interface ContainerImageFields<Extra extends object> {
  id: string
  name: string
  path: string
  version: string
  extra: Extra
}
/** What containers are made from. */
export class ContainerImage<Extra extends object = object> extends Resource implements Ref {
  declare readonly driver: ContainerDriver
  readonly id: string
  readonly name: string
  /** Where it comes from: `library/debian`. */
  readonly path: string
  /** The tag: `12`. */
  readonly version: string
  readonly extra: Extra
  constructor(driver: ContainerDriver, fields: ContainerImageFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.name = fields.name
    this.path = fields.path
    this.version = fields.version
    this.extra = fields.extra
  }
  deploy(container: Omit<DeployContainerOptions, 'image'>, options?: CallOptions): Promise<Owned<Container>> {
    return asApi(this.driver).deployContainer({ ...container, image: this }, options)
  }
}

export interface ContainerClusterFields<Extra extends object> {
  id: string
  name: string
  extra: Extra
}
/** A group of containers: an ECS cluster, a Kubernetes namespace, a project. */
export class ContainerCluster<Extra extends object = object> extends Resource implements Ref {
  declare readonly driver: ContainerDriver
  readonly id: string
  readonly name: string
  readonly extra: Extra
  constructor(driver: ContainerDriver, fields: ContainerClusterFields<Extra>) {
    super(driver)
    this.id = fields.id
    this.name = fields.name
    this.extra = fields.extra
  }
  listContainers(options?: CallOptions): Pager<Container> {
    return asApi(this.driver).listContainers({ ...options, cluster: this })
  }
  destroy(options?: CallOptions): Promise<void> {
    return asApi(this.driver).destroyCluster(this, options)
  }
}

export interface ClusterLocationFields {
  id: string
  name: string
  country?: string | undefined
}
/** Where a cluster can be made. */
export class ClusterLocation extends Resource implements Ref {
  declare readonly driver: ContainerDriver
  readonly id: string
  readonly name: string
  /** ISO 3166 code of two letters, where known. */
  readonly country: string | undefined
  constructor(driver: ContainerDriver, fields: ClusterLocationFields) {
    super(driver)
    this.id = fields.id
    this.name = fields.name
    this.country = fields.country
  }
}
