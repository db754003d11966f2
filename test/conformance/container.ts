import { CONTAINER, type ContainerMethod } from '../../lib/container/api.js'
import { ContainerDriver } from '../../lib/container/driver.js'
import {
  ClusterLocation,
  Container,
  ContainerCluster,
  ContainerImage,
  ContainerState,
} from '../../lib/container/types.js'
import type { Harness, Runner } from './harness.js'
import {
  checker,
  date,
  list,
  maybe,
  nothing,
  object,
  oneOf,
  owned,
  resource,
  type Shape,
  some,
  string,
} from './shapes.js'
import { type ApiSuite, describeDriver } from './suite.js'

const container = resource(Container, {
  id: some,
  name: string,
  state: oneOf(ContainerState),
  ipAddresses: list(some),
  createdAt: maybe(date),
  extra: object,
})
const image = resource(ContainerImage, {
  id: some,
  name: string,
  path: string,
  version: string,
  extra: object,
})
const cluster = resource(ContainerCluster, {
  id: some,
  name: string,
  extra: object,
})
const location = resource(ClusterLocation, {
  id: some,
  name: string,
  country: maybe(some),
})

const SHAPES: Readonly<Record<ContainerMethod, Shape>> = {
  installImage: image,
  listImages: list(image),
  listContainers: list(container),
  getContainer: container,
  deployContainer: owned(container),
  startContainer: container,
  stopContainer: container,
  restartContainer: container,
  destroyContainer: nothing,
  listLocations: list(location),
  listClusters: list(cluster),
  getCluster: cluster,
  createCluster: owned(cluster),
  destroyCluster: nothing,
}
const suite: ApiSuite = {
  description: CONTAINER,
  base: ContainerDriver.prototype,
  checkShape: checker(SHAPES),
}

/** Runs the suite of the container API on a driver. */
export function containerConformance(runner: Runner, harness: Harness): void {
  describeDriver(runner, harness, suite)
}
