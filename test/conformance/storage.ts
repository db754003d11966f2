import { STORAGE, type StorageMethod } from '../../lib/storage/api.js'
import { StorageDriver } from '../../lib/storage/driver.js'
import { Container, StorageObject } from '../../lib/storage/types.js'
import type { Harness, Runner } from './harness.js'
import {
  checker,
  date,
  list,
  maybe,
  nothing,
  number,
  object,
  owned,
  resource,
  type Shape,
  some,
  string,
} from './shapes.js'
import { type ApiSuite, describeDriver } from './suite.js'

const container = resource(Container, { name: some, extra: object })
const stored = resource(StorageObject, {
  name: some,
  size: number,
  hash: maybe(some),
  contentType: maybe(some),
  lastModified: maybe(date),
  metaData: object,
  container: object,
  extra: object,
})

const SHAPES: Readonly<Record<StorageMethod, Shape>> = {
  listContainers: list(container),
  getContainer: container,
  createContainer: owned(container),
  deleteContainer: nothing,
  listContainerObjects: list(stored),
  getObject: stored,
  uploadObject: stored,
  uploadObjectViaStream: stored,
  downloadObject: nothing,
  downloadObjectAsStream: string,
  downloadObjectRange: nothing,
  downloadObjectRangeAsStream: string,
  deleteObject: nothing,
  getContainerCdnUrl: some,
  getObjectCdnUrl: some,
  enableContainerCdn: nothing,
  enableObjectCdn: nothing,
  getObjectSignedUrl: some,
}
const suite: ApiSuite = {
  description: STORAGE,
  base: StorageDriver.prototype,
  checkShape: checker(SHAPES),
  missing: {
    getContainer: 'ContainerDoesNotExistError',
    deleteContainer: 'ContainerDoesNotExistError',
    listContainerObjects: 'ContainerDoesNotExistError',
    getObject: 'ObjectDoesNotExistError',
    downloadObjectAsStream: 'ObjectDoesNotExistError',
    deleteObject: 'ObjectDoesNotExistError',
  },
}

/** Runs the suite of the storage API on a driver. */
export function storageConformance(runner: Runner, harness: Harness): void {
  describeDriver(runner, harness, suite)
}
