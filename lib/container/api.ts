import * as check from '../check.js'
import { type ApiDescription, type ApiRules, calls, lists } from '../driver.js'
import type { CallOptions } from '../options.js'
import type { Owned } from '../owned.js'
import type { Pager } from '../pager.js'
import type { Ref } from '../resource.js'
import type {
  ClusterLocation,
  Container,
  ContainerCluster,
  ContainerImage,
  CreateClusterOptions,
  DeployContainerOptions,
  ListClustersOptions,
  ListContainersOptions,
} from './types.js'

/** Every base method; see the note on `ComputeApi` for what all of them reject with. */
export interface ContainerApi {
  /** Fetches an image by its registry name, or loads it from a path, as the driver's own page says. */
  readonly installImage: (path: string, options?: CallOptions) => Promise<ContainerImage>
  /** The images that are there. */
  readonly listImages: (options?: CallOptions) => Pager<ContainerImage>
  /** Containers, of one image or cluster if asked. */
  readonly listContainers: (options?: ListContainersOptions) => Pager<Container>
  /** One container. @throws NotFoundError */
  readonly getContainer: (containerId: string, options?: CallOptions) => Promise<Container>
  /** Makes a container from an image, and starts it. */
  readonly deployContainer: (container: DeployContainerOptions, options?: CallOptions) => Promise<Owned<Container>>
  /** Starts a container; resolves to what it is then. */
  readonly startContainer: (container: Ref, options?: CallOptions) => Promise<Container>
  /** Stops a container; resolves to what it is then. */
  readonly stopContainer: (container: Ref, options?: CallOptions) => Promise<Container>
  /** Restarts a container; resolves to what it is then. */
  readonly restartContainer: (container: Ref, options?: CallOptions) => Promise<Container>
  /** Removes a container, running or not. */
  readonly destroyContainer: (container: Ref, options?: CallOptions) => Promise<void>
  /** Where a cluster can be made. */
  readonly listLocations: (options?: CallOptions) => Pager<ClusterLocation>
  /** Clusters. */
  readonly listClusters: (options?: ListClustersOptions) => Pager<ContainerCluster>
  /** One cluster. @throws NotFoundError */
  readonly getCluster: (clusterId: string, options?: CallOptions) => Promise<ContainerCluster>
  /** Makes a cluster. */
  readonly createCluster: (cluster: CreateClusterOptions, options?: CallOptions) => Promise<Owned<ContainerCluster>>
  /** Deletes a cluster. */
  readonly destroyCluster: (cluster: Ref, options?: CallOptions) => Promise<void>
}
export type ContainerMethod = keyof ContainerApi

const maybeRef = check.optional(check.ref)
const deploy = { name: check.name, image: check.ref, cluster: maybeRef, start: check.optional(check.flag) }

/** How each method answers, and what its arguments must be. */
export const CONTAINER_METHODS: ApiRules<ContainerApi> = {
  installImage: calls({ path: check.name }),
  listImages: lists(),
  listContainers: lists({}, { image: maybeRef, cluster: maybeRef }),
  getContainer: calls({ containerId: check.name }),
  deployContainer: calls({ container: check.members(deploy) }),
  startContainer: calls({ container: check.ref }),
  stopContainer: calls({ container: check.ref }),
  restartContainer: calls({ container: check.ref }),
  destroyContainer: calls({ container: check.ref }),
  listLocations: lists(),
  listClusters: lists({}, { location: maybeRef }),
  getCluster: calls({ clusterId: check.name }),
  createCluster: calls({ cluster: check.members({ name: check.name, location: maybeRef }) }),
  destroyCluster: calls({ cluster: check.ref }),
}

export const CONTAINER: ApiDescription = { api: 'container', rules: CONTAINER_METHODS }
