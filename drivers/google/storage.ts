import { invalidArgument } from '../../lib/check.js'
import { connect } from '../../lib/driver.js'
import { InvalidCredentialsError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path, slashed } from '../../lib/http/url.js'
import { readXml, xml } from '../../lib/http/xml.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Page, type Pager, pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import type { StorageApi } from '../../lib/storage/api.js'
import type { Container, ObjectRef, SignedUrlOptions } from '../../lib/storage/types.js'
import type { Signer } from './credentials.js'
import { meta } from './meta.js'
import { type GoogleOptions, googleOptions } from './options.js'
import { GoogleStorageObjects } from './storage.objects.js'
import {
  bucketPath,
  type GoogleBucketExtra,
  type GooglePreconditions,
  GoogleStorageConnection,
  NO_BUCKET,
  NO_OBJECT,
  objectPath,
  type RawBucket,
  toContainer,
} from './storage.shared.js'

export type { GoogleOptions } from './options.js'
export type * from './storage.base.js'
export type * from './storage.objects.js'
export type {
  GoogleBucketExtra,
  GoogleObjectExtra,
  GooglePreconditions,
} from './storage.shared.js'
export type * from './storage.uploads.js'

/** Who may do what, by a bucket's policy. */
export interface GooglePolicy {
  readonly version?: number | undefined
  /** By which Google knows that nobody has changed it meanwhile. */
  readonly etag?: string | undefined
  readonly bindings: readonly {
    /** `'roles/storage.objectViewer'` … */
    readonly role: string
    /** `'allUsers'`, `'user:<address>'`, `'serviceAccount:<address>'` … */
    readonly members: readonly string[]
    readonly condition?: object | undefined
  }[]
}
/** What is to change of a bucket, in Google's form; what is absent stays. */
export interface GoogleBucketChanges {
  readonly labels?: Readonly<Record<string, string | null>> | undefined
  readonly versioning?: { readonly enabled: boolean } | undefined
  readonly lifecycle?: { readonly rule: readonly object[] } | undefined
  readonly cors?: readonly object[] | undefined
  readonly storageClass?: string | undefined
  readonly website?: { readonly mainPageSuffix?: string; readonly notFoundPage?: string } | undefined
  readonly iamConfiguration?: object | undefined
  readonly retentionPolicy?: { readonly retentionPeriod: string } | null | undefined
  readonly softDeletePolicy?: { readonly retentionDurationSeconds: string } | undefined
}
export interface GoogleSignedUrlOptions extends SignedUrlOptions {
  /** The service account in whose name it is signed. @defaultValue the driver's */
  ex_serviceAccount?: string | undefined
  /** Headers that the request must then have. */
  ex_headers?: Readonly<Record<string, string>> | undefined
  /** Further parameters of the address, such as `response-content-disposition`. */
  ex_query?: Readonly<Record<string, string>> | undefined
}
/** An upload in the manner of S3 that was begun, and neither completed nor given up. */
export interface GoogleMultipartUpload {
  readonly id: string
  readonly objectName: string
  readonly createdAt: Date | undefined
}
export interface GoogleMultipartUploadsOptions extends CallOptions {
  /** Only of objects whose names begin with this. */
  ex_prefix?: string | undefined
}

const UPLOADS = xml.object({
  Upload: xml.list(xml.object({ Key: xml.string, UploadId: xml.string, Initiated: xml.date })),
  NextKeyMarker: xml.string,
  NextUploadIdMarker: xml.string,
  IsTruncated: xml.boolean,
})

/** Reads what anybody may. */
const PUBLIC = { role: 'roles/storage.objectViewer', member: 'allUsers' } as const

/**
 * Google Cloud Storage by its JSON API. Everything that it does with an object can be tied to the object's generation, so
 * that of two writers neither loses anything.
 *
 * The manner of S3, with keys of HMAC, is another driver's: the interoperability mode of that family.
 */
export class GoogleStorageDriver extends GoogleStorageObjects implements Partial<StorageApi> {
  readonly provider = 'google_storage'

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  constructor(options: GoogleOptions = {}) {
    super(meta, googleOptions(options, 'google_storage'))
    connect(this, new GoogleStorageConnection(this, 'https://storage.googleapis.com'))
  }

  /** Nothing is asked: whoever may read the bucket finds its objects below this address.
   * @see https://cloud.google.com/storage/docs/request-endpoints */
  async getContainerCdnUrl(container: NamedRef, _options?: CallOptions): Promise<string> {
    return this.connection.origin + path`/${container.name}`
  }

  /** Nothing is asked: whoever may read the object finds it there.
   * @see https://cloud.google.com/storage/docs/request-endpoints */
  async getObjectCdnUrl(object: ObjectRef, _options?: CallOptions): Promise<string> {
    return this.connection.origin + path`/${object.container.name}/${slashed(object.name)}`
  }

  /** Lets everybody read all objects, by the bucket's policy.
   * @see https://cloud.google.com/storage/docs/access-control/making-data-public */
  async enableContainerCdn(container: NamedRef, options?: CallOptions): Promise<void> {
    const policy = await this.ex_getIamPolicy(container, options)
    const { role, member } = PUBLIC
    const found = policy.bindings.find(each => each.role === role && each.condition === undefined)
    if (found?.members.includes(member)) return
    const others = policy.bindings.filter(each => each !== found)
    const bindings = [...others, { role, members: [...(found?.members ?? []), member] }]
    await this.ex_setIamPolicy(container, { ...policy, bindings }, options)
  }

  /** Lets everybody read the object, by its own list: the bucket must not have uniform access.
   * @see https://cloud.google.com/storage/docs/json_api/v1/objectAccessControls/insert */
  async enableObjectCdn(object: ObjectRef, options?: CallOptions): Promise<void> {
    const json = { entity: 'allUsers', role: 'READER' }
    // Once or twice: the list says the same.
    const spec = {
      method: 'POST',
      path: `${objectPath(object)}/acl`,
      json,
      errors: NO_OBJECT,
      idempotent: true,
    } as const
    await this.connection.one(spec, () => undefined, options)
  }

  /**
   * Signed (V4) with the service account's own key; of credentials without one, Google signs in the name of the account
   * that they stand for, or of `ex_serviceAccount`, if they may do so.
   * @throws InvalidCredentialsError when the credentials are nobody's in whose name can be signed.
   * @see https://cloud.google.com/storage/docs/access-control/signed-urls
   */
  async getObjectSignedUrl(object: ObjectRef, options?: GoogleSignedUrlOptions): Promise<string> {
    const { signedUrl, LONGEST } = await import('./storage.signature.js')
    const { method = 'GET', expiresIn = 3600, contentType, ex_headers, ex_query: query } = options ?? {}
    if (expiresIn > LONGEST) {
      const complaint = { path: 'options.expiresIn', value: expiresIn, allowed: `at most ${LONGEST}: seven days` }
      throw invalidArgument(complaint, this.provider, operationOf(options))
    }
    const headers = { ...(contentType !== undefined && { 'content-type': contentType }), ...ex_headers }
    const { origin } = this.connection
    const about = { bucket: object.container.name, object: object.name, date: new Date() }
    return signedUrl({ origin, method, expiresIn, headers, query, ...about }, await this.#signer(options))
  }

  async #signer(options: GoogleSignedUrlOptions | undefined): Promise<Signer> {
    const { credentials, provider } = this.connection
    const email = options?.ex_serviceAccount
    if (email !== undefined) {
      if (!/^[\w.-]+@[a-z0-9.-]+$/.test(email)) {
        const complaint = { path: 'options.ex_serviceAccount', value: email, allowed: "a service account's address" }
        throw invalidArgument(complaint, provider, operationOf(options))
      }
      const { signBlob } = await import('./credentials.sources.js')
      const call = options ?? {}
      return { email, sign: text => signBlob(this.connection, email, text, credentials.token(call), call) }
    }
    const source = await credentials.source(options ?? {})
    if (source.signer) return source.signer(options ?? {})
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: only a service account can sign for '${provider}': ex_serviceAccount names one that the credentials may use`
    throw new InvalidCredentialsError(message, { provider, operation })
  }

  /**
   * Changes a bucket.
   *
   * @example
   * ```ts
   * const rule = [{ action: { type: 'Delete' }, condition: { age: 30 } }]
   * await driver.ex_updateContainer({ name: 'logs' }, { lifecycle: { rule }, versioning: { enabled: true } })
   * ```
   * @throws ContainerDoesNotExistError
   * @see https://cloud.google.com/storage/docs/json_api/v1/buckets/patch
   */
  async ex_updateContainer(
    container: NamedRef,
    changes: GoogleBucketChanges,
    options?: CallOptions & Pick<GooglePreconditions, 'ex_ifMetagenerationMatch'>,
  ): Promise<Container<GoogleBucketExtra>> {
    const { labels, versioning, lifecycle, cors, storageClass, website } = changes
    const { iamConfiguration, retentionPolicy, softDeletePolicy } = changes
    const policies = { iamConfiguration, retentionPolicy, softDeletePolicy }
    const json = { labels, versioning, lifecycle, cors, storageClass, website, ...policies }
    const query = { ifMetagenerationMatch: options?.ex_ifMetagenerationMatch }
    const at = bucketPath(container.name)
    const spec = { method: 'PATCH', path: at, json, query, errors: NO_BUCKET, idempotent: true } as const
    return this.connection.one(spec, (raw: RawBucket) => toContainer(this, raw), options)
  }

  /**
   * A bucket's policy.
   *
   * @example
   * ```ts
   * const { bindings } = await driver.ex_getIamPolicy({ name: 'photos' })
   * ```
   * @throws ContainerDoesNotExistError
   * @see https://cloud.google.com/storage/docs/json_api/v1/buckets/getIamPolicy
   */
  async ex_getIamPolicy(container: NamedRef, options?: CallOptions): Promise<GooglePolicy> {
    const spec = {
      path: `${bucketPath(container.name)}/iam`,
      query: { optionsRequestedPolicyVersion: 3 },
      errors: NO_BUCKET,
    }
    return this.connection.one(spec, toPolicy, options)
  }

  /**
   * Replaces a bucket's policy. With the `etag` of the one that was read, nobody's change is lost.
   *
   * @example
   * ```ts
   * const policy = await driver.ex_getIamPolicy(container)
   * const viewer = { role: 'roles/storage.objectViewer', members: ['user:ada@example.com'] }
   * await driver.ex_setIamPolicy(container, { ...policy, bindings: [...policy.bindings, viewer] })
   * ```
   * @throws ContainerDoesNotExistError
   * @throws ConflictError when it was changed meanwhile.
   * @see https://cloud.google.com/storage/docs/json_api/v1/buckets/setIamPolicy
   */
  async ex_setIamPolicy(container: NamedRef, policy: GooglePolicy, options?: CallOptions): Promise<GooglePolicy> {
    const { version, etag, bindings } = policy
    const json = { version, etag, bindings }
    // Its etag is of use once: a second time it would be refused.
    const spec = {
      method: 'PUT',
      path: `${bucketPath(container.name)}/iam`,
      json,
      errors: NO_BUCKET,
      idempotent: false,
    } as const
    return this.connection.one(spec, toPolicy, options)
  }

  /**
   * Uploads in the manner of S3 that were begun, and neither completed nor given up. What they have sent is paid for.
   *
   * @example
   * ```ts
   * for await (const { objectName, createdAt } of driver.ex_iterateMultipartUploads({ name: 'photos' }))
   *   console.log(objectName, createdAt)
   * ```
   * @throws ContainerDoesNotExistError
   * @see https://cloud.google.com/storage/docs/xml-api/get-bucket-uploads
   */
  ex_iterateMultipartUploads(
    container: NamedRef,
    options?: GoogleMultipartUploadsOptions,
  ): Pager<GoogleMultipartUpload> {
    return pager(async token => {
      const [keyMarker, uploadIdMarker] = token === undefined ? [] : (JSON.parse(token) as [string, string])
      const query = {
        uploads: '',
        prefix: options?.ex_prefix,
        'key-marker': keyMarker,
        'upload-id-marker': uploadIdMarker,
      }
      const at = path`/${container.name}`
      const read = (body: Buffer): Page<GoogleMultipartUpload> => toUploads(readXml(body, UPLOADS))
      return (await this.connection.request({ path: at, query, errors: NO_BUCKET, read }, options)).body
    }, options)
  }

  /**
   * Gives up all uploads in the manner of S3 that were begun; gives how many they were.
   *
   * @example
   * ```ts
   * const count = await driver.ex_cleanupAllMultipartUploads({ name: 'photos' }, { ex_prefix: 'incoming/' })
   * ```
   * @throws ContainerDoesNotExistError
   * @see https://cloud.google.com/storage/docs/xml-api/delete-multipart
   */
  async ex_cleanupAllMultipartUploads(container: NamedRef, options?: GoogleMultipartUploadsOptions): Promise<number> {
    let count = 0
    for (const { id, objectName } of await this.ex_iterateMultipartUploads(container, options)) {
      const at = path`/${container.name}/${slashed(objectName)}`
      const spec = {
        method: 'DELETE',
        path: at,
        query: { uploadId: id },
        errors: NO_BUCKET,
        read: readNothing,
      } as const
      await this.connection.request(spec, options)
      count++
    }
    return count
  }
}

function toPolicy({ version, etag, bindings = [] }: Partial<GooglePolicy>): GooglePolicy {
  return { version, etag, bindings }
}

function toUploads(raw: xml.Infer<typeof UPLOADS>): Page<GoogleMultipartUpload> {
  const items = raw.Upload.map(({ Key = '', UploadId = '', Initiated }) => ({
    id: UploadId,
    objectName: Key,
    createdAt: Initiated,
  }))
  const { NextKeyMarker = '', NextUploadIdMarker = '', IsTruncated } = raw
  return { items, next: IsTruncated ? JSON.stringify([NextKeyMarker, NextUploadIdMarker]) : undefined }
}
