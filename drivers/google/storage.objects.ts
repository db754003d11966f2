import { invalidArgument } from '../../lib/check.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf, type Progress } from '../../lib/options.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import { guessContentType } from '../../lib/storage/transfer.js'
import type { ObjectRef, StorageObject } from '../../lib/storage/types.js'
import { toRawDescription } from './storage.parts.js'
import {
  bucketPath,
  conditions,
  type GoogleObjectExtra,
  type GooglePreconditions,
  NO_BUCKET,
  NO_OBJECT,
  objectPath,
  type RawObject,
  toObject,
} from './storage.shared.js'
import { type GoogleObjectDescription, GoogleStorageUploads } from './storage.uploads.js'

/** An object may be composed of so many. */
const MOST_SOURCES = 32

/** What is to be known of an object; what is absent stays. */
export interface GoogleObjectChanges extends GoogleObjectDescription {
  readonly contentType?: string | undefined
  /** In place of all that there was. */
  readonly metaData?: Readonly<Record<string, string>> | undefined
}
export interface GoogleChangeObjectOptions extends CallOptions, GooglePreconditions {
  ex_generation?: string | undefined
}
export interface GoogleComposeOptions extends CallOptions, GooglePreconditions {
  /** @defaultValue guessed from the object's name */
  contentType?: string | undefined
  metaData?: Readonly<Record<string, string>> | undefined
}
export interface GoogleCopyOptions extends CallOptions, GooglePreconditions {
  /** Copies this version, not the newest. */
  ex_sourceGeneration?: string | undefined
  /** What is to be known of the copy. @defaultValue what is known of the original */
  ex_changes?: GoogleObjectChanges | undefined
  ex_kmsKeyName?: string | undefined
  onProgress?: ((progress: Progress) => void) | undefined
}
/** Who may do what, by a bucket's or an object's own list. */
export interface GooglePermission {
  /** `'user-<address>'`, `'group-<address>'`, `'domain-<domain>'`, `'project-owners-<number>'`, `'allUsers'` … */
  readonly entity: string
  /** `'READER'`, `'WRITER'` of buckets only, or `'OWNER'`. */
  readonly role: string
  readonly email: string | undefined
}
export interface GoogleListPrefixesOptions extends CallOptions {
  /** Only below this, which ends with the delimiter. */
  ex_prefix?: string | undefined
  /** @defaultValue '/' */
  ex_delimiter?: string | undefined
}

interface RawPermission {
  readonly entity: string
  readonly role: string
  readonly email?: string
}
interface RawRewrite {
  readonly done: boolean
  readonly rewriteToken?: string
  readonly objectSize?: string
  readonly totalBytesRewritten?: string
  readonly resource?: RawObject
}

/** Objects made of others, descriptions, and lists of who may do what. */
export abstract class GoogleStorageObjects extends GoogleStorageUploads {
  /**
   * Makes an object of up to 32 others of the same bucket, one behind the other, without their bytes being sent.
   *
   * @example
   * ```ts
   * await driver.ex_composeObjects({ name: 'logs' }, [{ name: 'part-1' }, { name: 'part-2' }], 'day.log')
   * ```
   * @throws ObjectDoesNotExistError
   * @see https://cloud.google.com/storage/docs/json_api/v1/objects/compose
   */
  async ex_composeObjects(
    container: NamedRef,
    sources: readonly NamedRef[],
    objectName: string,
    options?: GoogleComposeOptions,
  ): Promise<StorageObject<GoogleObjectExtra>> {
    const allowed = `a list of 1 to ${MOST_SOURCES} objects`
    if (!Array.isArray(sources) || sources.length === 0 || sources.length > MOST_SOURCES)
      throw invalidArgument({ path: 'sources', value: sources, allowed }, this.provider, operationOf(options))
    const contentType = options?.contentType ?? guessContentType(objectName)
    const json = {
      sourceObjects: sources.map(({ name }) => ({ name })),
      destination: { contentType, metadata: options?.metaData },
    }
    const { ex_ifGenerationMatch: ifGenerationMatch, ex_ifMetagenerationMatch: ifMetagenerationMatch } = options ?? {}
    const spec = {
      method: 'POST',
      path: `${objectPath({ name: objectName, container })}/compose`,
      query: { ifGenerationMatch, ifMetagenerationMatch },
      json,
      errors: NO_OBJECT,
    } as const
    return this.connection.one(spec, (raw: RawObject) => toObject(this, raw, container), options)
  }

  /**
   * Copies an object, also to other places and classes, without its bytes being sent. Large ones take several requests.
   *
   * @example
   * ```ts
   * await driver.ex_copyObject(object, { name: 'archive' }, 'old/cat.jpg', { ex_changes: { ex_storageClass: 'ARCHIVE' } })
   * ```
   * @throws ObjectDoesNotExistError
   * @see https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite
   */
  async ex_copyObject(
    object: ObjectRef,
    container: NamedRef,
    objectName: string,
    options?: GoogleCopyOptions,
  ): Promise<StorageObject<GoogleObjectExtra>> {
    const { ex_changes: changes, ex_sourceGeneration: sourceGeneration, ex_kmsKeyName } = options ?? {}
    const to = path`/b/${container.name}/o/${objectName}`
    const query = { sourceGeneration, destinationKmsKeyName: ex_kmsKeyName, ...conditions(options) }
    // Without a description the copy has the original's.
    const json = changes && { contentType: changes.contentType, ...toRawDescription(changes) }
    let rewriteToken: string | undefined
    for (;;) {
      const spec = {
        method: 'POST',
        path: `${objectPath(object)}/rewriteTo${to}`,
        query: { ...query, rewriteToken },
        ...(json && { json }),
        errors: NO_OBJECT,
      } as const
      const { done, resource, ...step } = await this.connection.one(spec, checkedRewrite, options)
      options?.onProgress?.({ transferred: Number(step.totalBytesRewritten ?? 0), total: Number(step.objectSize ?? 0) })
      if (done && resource) return toObject(this, resource, container)
      rewriteToken = step.rewriteToken
    }
  }

  /**
   * Changes what is known of an object.
   *
   * @example
   * ```ts
   * await driver.ex_updateObject(object, { contentType: 'text/plain', ex_cacheControl: 'no-store' })
   * ```
   * @throws ObjectDoesNotExistError
   * @see https://cloud.google.com/storage/docs/json_api/v1/objects/patch
   */
  async ex_updateObject(
    object: ObjectRef,
    changes: GoogleObjectChanges,
    options?: GoogleChangeObjectOptions,
  ): Promise<StorageObject<GoogleObjectExtra>> {
    const json = { contentType: changes.contentType, ...toRawDescription(changes) }
    const query = { generation: options?.ex_generation, ...conditions(options) }
    const spec = {
      method: 'PATCH',
      path: objectPath(object),
      json,
      query,
      errors: NO_OBJECT,
      idempotent: true,
    } as const
    return this.connection.one(spec, (raw: RawObject) => toObject(this, raw, object.container), options)
  }

  /**
   * What names of objects have before the next delimiter: 'folders'.
   *
   * @example
   * ```ts
   * for await (const folder of driver.ex_listPrefixes({ name: 'photos' }, { ex_prefix: '2026/' })) console.log(folder)
   * ```
   * @throws ContainerDoesNotExistError
   * @see https://cloud.google.com/storage/docs/json_api/v1/objects/list
   */
  ex_listPrefixes(container: NamedRef, options?: GoogleListPrefixesOptions): Pager<string> {
    const { ex_prefix: prefix, ex_delimiter: delimiter = '/' } = options ?? {}
    const query = { prefix, delimiter }
    const spec = { path: `${bucketPath(container.name)}/o`, member: 'prefixes', query, errors: NO_BUCKET }
    return this.connection.list({ ...spec, map: (each: string) => each }, options)
  }

  /**
   * Who may do what with a bucket, or with an object. Buckets with uniform access have no such lists.
   *
   * @example
   * ```ts
   * for await (const { entity, role } of driver.ex_getPermissions('photos', 'cat.jpg')) console.log(entity, role)
   * ```
   * @throws ContainerDoesNotExistError
   * @see https://cloud.google.com/storage/docs/json_api/v1/objectAccessControls/list
   */
  ex_getPermissions(
    containerName: string,
    objectName: string | null | undefined,
    options?: CallOptions,
  ): Pager<GooglePermission> {
    return onePage(async () => {
      const take = ({ items = [] }: { items?: readonly RawPermission[] }): GooglePermission[] => items.map(toPermission)
      return this.connection.one(permissions(containerName, objectName), take, options)
    }, options)
  }

  /**
   * Lets somebody do something with a bucket, or with an object.
   *
   * @example
   * ```ts
   * await driver.ex_setPermissions('photos', 'cat.jpg', { entity: 'allUsers', role: 'READER' })
   * ```
   * @throws ContainerDoesNotExistError
   * @see https://cloud.google.com/storage/docs/json_api/v1/objectAccessControls/insert
   */
  async ex_setPermissions(
    containerName: string,
    objectName: string | null | undefined,
    permission: Pick<GooglePermission, 'entity' | 'role'>,
    options?: CallOptions,
  ): Promise<GooglePermission> {
    const { entity, role } = permission
    // Once or twice: the list says the same.
    const spec = {
      ...permissions(containerName, objectName),
      method: 'POST',
      json: { entity, role },
      idempotent: true,
    } as const
    return this.connection.one(spec, toPermission, options)
  }

  /**
   * Takes somebody from the list of a bucket, or of an object.
   *
   * @example
   * ```ts
   * await driver.ex_deletePermissions('photos', 'cat.jpg', 'allUsers')
   * ```
   * @throws ContainerDoesNotExistError
   * @see https://cloud.google.com/storage/docs/json_api/v1/objectAccessControls/delete
   */
  async ex_deletePermissions(
    containerName: string,
    objectName: string | null | undefined,
    entity: string,
    options?: CallOptions,
  ): Promise<void> {
    const { path: list, errors } = permissions(containerName, objectName)
    const at = path`/${entity}`
    await this.connection.request({ method: 'DELETE', path: list + at, errors, read: () => undefined }, options)
  }
}

function permissions(container: string, object: string | null | undefined) {
  return object === undefined || object === null
    ? { path: `${bucketPath(container)}/acl`, errors: NO_BUCKET }
    : { path: `${objectPath({ name: object, container: { name: container } })}/acl`, errors: NO_OBJECT }
}

function toPermission({ entity, role, email }: RawPermission): GooglePermission {
  return { entity, role, email }
}

function checkedRewrite(raw: RawRewrite): RawRewrite {
  if (raw.done ? raw.resource === undefined : raw.rewriteToken === undefined)
    throw new Error('The reply tells neither the copy nor how to go on')
  return raw
}
