import { readNothing } from '../../lib/http/message.js'
import type { CallOptions } from '../../lib/options.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import type { ObjectRef, StorageObject } from '../../lib/storage/types.js'
import { SwiftAccounts } from './storage.account.js'
import { listPage, removeObject, type SwiftListOptions } from './storage.requests.js'
import {
  containerPath,
  NO_CONTAINER,
  NO_OBJECT,
  objectPath,
  type RawObject,
  type SwiftObjectExtra,
  toObject,
} from './storage.shared.js'

/** One version of an object. */
export interface SwiftObjectVersion {
  readonly object: StorageObject<SwiftObjectExtra>
  readonly versionId: string
  /** Whether it is what the name stands for now. */
  readonly isLatest: boolean
  /** Whether it is not an object, but the mark that it was deleted. */
  readonly isDeleteMarker: boolean
}
/** What `ex_listObjectVersions` takes. */
export interface SwiftListVersionsOptions extends SwiftListOptions {
  /** Only objects whose names begin with this. */
  ex_prefix?: string | undefined
}

/** https://docs.openstack.org/swift/latest/middleware.html#module-swift.common.middleware.versioned_writes.object_versioning */
const DELETED = 'application/x-deleted;swift_versions_deleted=1'

/** Versions of objects. */
export abstract class SwiftVersions extends SwiftAccounts {
  /**
   * Keeps what is replaced or deleted in a container from now on.
   * @example await driver.ex_enableVersioning(container)
   * @see https://docs.openstack.org/swift/latest/api/object_versioning.html
   * @throws ContainerDoesNotExistError
   */
  async ex_enableVersioning(container: NamedRef, options?: CallOptions): Promise<void> {
    await this.#versioning(container, true, options)
  }

  /**
   * Keeps no further versions; those that there are stay.
   * @example await driver.ex_disableVersioning(container)
   * @see https://docs.openstack.org/swift/latest/api/object_versioning.html
   * @throws ContainerDoesNotExistError
   */
  async ex_disableVersioning(container: NamedRef, options?: CallOptions): Promise<void> {
    await this.#versioning(container, false, options)
  }

  async #versioning(container: NamedRef, enabled: boolean, options: CallOptions | undefined): Promise<void> {
    const spec = {
      method: 'POST',
      path: containerPath(this, container, options),
      headers: { 'x-versions-enabled': String(enabled) },
      idempotent: true,
      errors: NO_CONTAINER,
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  /**
   * All versions of a container's objects, by name, the newest first.
   * @example for await (const { versionId, isLatest } of driver.ex_listObjectVersions(container)) console.log(versionId)
   * @see https://docs.openstack.org/swift/latest/api/object_versioning.html
   * @throws ContainerDoesNotExistError
   */
  ex_listObjectVersions(container: NamedRef, options?: SwiftListVersionsOptions): Pager<SwiftObjectVersion> {
    const at = containerPath(this, container, options)
    const map = (raw: RawObject): SwiftObjectVersion => ({
      object: toObject(this, raw, container),
      versionId: raw.version_id ?? 'null',
      isLatest: raw.is_latest ?? false,
      isDeleteMarker: raw.content_type === DELETED,
    })
    const token = ({ name, version_id: id = 'null' }: RawObject): string => `${id} ${name}`
    return pager(page => {
      const [, version, marker] = /^(\S+) (.*)$/s.exec(page ?? '') ?? []
      const query = { versions: '', prefix: options?.ex_prefix || undefined, marker, version_marker: version }
      return listPage(this, at, query, map, options, token)
    }, options)
  }

  /**
   * Makes an older version the newest one.
   * @example await driver.ex_restoreObjectVersion(object, versionId)
   * @see https://docs.openstack.org/swift/latest/api/object_versioning.html
   * @throws ObjectDoesNotExistError
   */
  async ex_restoreObjectVersion(object: ObjectRef, versionId: string, options?: CallOptions): Promise<void> {
    const at = objectPath(this, object, options)
    const query = { 'version-id': versionId }
    const spec = { method: 'PUT', path: at, query, errors: NO_OBJECT, read: readNothing } as const
    await this.connection.request(spec, options)
  }

  /**
   * Removes one version for good.
   * @example await driver.ex_deleteObjectVersion(object, versionId)
   * @see https://docs.openstack.org/swift/latest/api/object_versioning.html
   * @throws ObjectDoesNotExistError
   */
  async ex_deleteObjectVersion(object: ObjectRef, versionId: string, options?: CallOptions): Promise<void> {
    await removeObject(this, object, options, { 'version-id': versionId })
  }
}
