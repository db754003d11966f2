import { CleanupError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import type { ObjectRef } from '../../lib/storage/types.js'
import { readXml } from './connection.js'
import { S3CopyStorageDriver } from './s3.copy.js'
import { abortUpload } from './s3.multipart.js'
import {
  DELETED,
  decoded,
  document,
  escaped,
  fitsXml,
  POLICY,
  plainTag,
  type RawPolicy,
  type RawVersion,
  TAGGING,
  UPLOADS,
  VERSIONING,
  VERSIONS,
} from './s3.shapes.js'
import { listPage, NO_BUCKET, NO_OBJECT, toListed } from './s3.shared.js'
import type {
  S3Acl,
  S3CannedAcl,
  S3DeleteFailure,
  S3Folder,
  S3Grant,
  S3ListOptions,
  S3ReadOptions,
  S3Upload,
  S3Version,
} from './s3.types.js'

/** Names that one request may delete. */
const MOST_DELETED = 1000
/** Joins two markers to one token of a page: no key has it, and no URL. */
const BETWEEN = '\n'

/** An object that is to be deleted, or one version of it. */
export interface S3Deletion {
  readonly name: string
  readonly versionId?: string | undefined
}

/** What only S3 has: folders, many deletions at once, versions, tags, access control, uploads that were left open. */
export abstract class S3ManageStorageDriver<P extends string> extends S3CopyStorageDriver<P> {
  /**
   * What stands in a folder: the objects whose names have no further slash after the prefix, and the prefixes of those
   * that have. Each item is a page of the service.
   *
   * @example
   * for await (const { objects, prefixes } of driver.ex_listFolder({ name: 'bucket' }, { prefix: 'photos/' })) …
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
   */
  ex_listFolder(container: NamedRef, options?: S3ListOptions): Pager<S3Folder> {
    const given = { ...options, ex_delimiter: options?.ex_delimiter ?? '/' }
    return pager(async token => {
      const { Contents, CommonPrefixes, EncodingType, NextContinuationToken } = await listPage(
        this.connection,
        container,
        token,
        given,
      )
      const objects = Contents.map(raw => toListed(this, raw, EncodingType, container))
      const prefixes = CommonPrefixes.map(({ Prefix = '' }) => decoded(Prefix, EncodingType))
      return { items: [{ objects, prefixes }], next: NextContinuationToken || undefined }
    }, options)
  }

  /**
   * Deletes any number of objects, a thousand with each request; those whose names no document can hold, one by one. That
   * one is not there is no error.
   *
   * @returns Those that could not be deleted, and why.
   * @example
   * const failures = await driver.ex_deleteObjects({ name: 'bucket' }, [{ name: 'a' }, { name: 'b', versionId: '7' }])
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
   */
  async ex_deleteObjects(
    container: NamedRef,
    objects: readonly S3Deletion[],
    options?: CallOptions,
  ): Promise<S3DeleteFailure[]> {
    const failures: S3DeleteFailure[] = []
    const listed = objects.filter(({ name }) => fitsXml(name))
    for (const { name, versionId } of objects.filter(each => !fitsXml(each.name)))
      await this.deleteObject({ name, container }, { ...options, ex_versionId: versionId })
    for (let at = 0; at < listed.length; at += MOST_DELETED) {
      const list = listed.slice(at, at + MOST_DELETED).map(({ name, versionId }) => {
        const version = versionId === undefined ? '' : `<VersionId>${escaped(versionId)}</VersionId>`
        return `<Object><Key>${escaped(name)}</Key>${version}</Object>`
      })
      const { body } = await this.connection.ask(
        {
          method: 'POST',
          bucket: container.name,
          query: { delete: '' },
          xml: document('Delete', `${list.join('')}<Quiet>true</Quiet>`),
          read: readXml(DELETED),
          errors: NO_BUCKET,
          idempotent: true,
        },
        options,
      )
      for (const { Key = '', VersionId, Code = '', Message = '' } of body.Error)
        failures.push({ name: Key, versionId: VersionId, code: Code, message: Message })
    }
    return failures
  }

  /**
   * All versions of a bucket's objects, and the marks of their deletion; those of one name newest first.
   *
   * @example
   * for await (const { name, versionId, isDeleteMarker } of driver.ex_listVersions({ name: 'bucket' })) …
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
   */
  ex_listVersions(container: NamedRef, options?: S3ListOptions): Pager<S3Version> {
    return pager(async token => {
      const [key, version] = token?.split(BETWEEN) ?? []
      const query = {
        versions: '',
        'encoding-type': this.connection.vendor.listsPlain ? undefined : 'url',
        prefix: options?.prefix || undefined,
        delimiter: options?.ex_delimiter,
        'max-keys': options?.ex_pageSize,
        'key-marker': key,
        'version-id-marker': version || undefined,
      }
      const spec = { bucket: container.name, query, read: readXml(VERSIONS), errors: NO_BUCKET }
      const { body } = await this.connection.ask(spec, options)
      const { EncodingType: encoding, NextKeyMarker = '', NextVersionIdMarker = '' } = body
      const items = [
        ...body.Version.map(raw => toVersion(raw, encoding, false)),
        ...body.DeleteMarker.map(raw => toVersion(raw, encoding, true)),
      ]
      const next = [decoded(NextKeyMarker, encoding), NextVersionIdMarker].join(BETWEEN)
      return { items, next: body.IsTruncated ? next : undefined }
    }, options)
  }

  /**
   * Whether a bucket keeps versions: `undefined` where it never did.
   *
   * @example
   * const versioning = await driver.ex_getVersioning({ name: 'bucket' })
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html
   */
  async ex_getVersioning(container: NamedRef, options?: CallOptions): Promise<'Enabled' | 'Suspended' | undefined> {
    const query = { versioning: '' }
    const spec = { bucket: container.name, query, read: readXml(VERSIONING), errors: NO_BUCKET }
    const { Status } = (await this.connection.ask(spec, options)).body
    return Status === 'Enabled' || Status === 'Suspended' ? Status : undefined
  }

  /**
   * Begins or suspends the keeping of versions.
   *
   * @example
   * await driver.ex_setVersioning({ name: 'bucket' }, 'Enabled')
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
   */
  async ex_setVersioning(container: NamedRef, status: 'Enabled' | 'Suspended', options?: CallOptions): Promise<void> {
    await this.connection.ask(
      {
        method: 'PUT',
        bucket: container.name,
        query: { versioning: '' },
        xml: document('VersioningConfiguration', `<Status>${escaped(status)}</Status>`),
        read: readNothing,
        errors: NO_BUCKET,
      },
      options,
    )
  }

  /**
   * An object's tags.
   *
   * @example
   * const { project } = await driver.ex_getObjectTags({ name: 'a', container: { name: 'bucket' } })
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
   */
  async ex_getObjectTags(object: ObjectRef, options?: S3ReadOptions): Promise<Record<string, string>> {
    const query = { tagging: '', versionId: options?.ex_versionId }
    const spec = { bucket: object.container.name, key: object.name, query, read: readXml(TAGGING), errors: NO_OBJECT }
    const { TagSet } = (await this.connection.ask(spec, options)).body
    return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]))
  }

  /**
   * Gives an object these tags and no others.
   *
   * @example
   * await driver.ex_setObjectTags({ name: 'a', container: { name: 'bucket' } }, { project: 'apollo' })
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
   */
  async ex_setObjectTags(
    object: ObjectRef,
    tags: Readonly<Record<string, string>>,
    options?: S3ReadOptions,
  ): Promise<void> {
    const list = Object.entries(tags).map(
      ([name, value]) => `<Tag><Key>${escaped(name)}</Key><Value>${escaped(value)}</Value></Tag>`,
    )
    await this.connection.ask(
      {
        method: 'PUT',
        bucket: object.container.name,
        key: object.name,
        query: { tagging: '', versionId: options?.ex_versionId },
        xml: document('Tagging', `<TagSet>${list.join('')}</TagSet>`),
        read: readNothing,
        errors: NO_OBJECT,
      },
      options,
    )
  }

  /**
   * Takes all tags from an object.
   *
   * @example
   * await driver.ex_deleteObjectTags({ name: 'a', container: { name: 'bucket' } })
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html
   */
  async ex_deleteObjectTags(object: ObjectRef, options?: S3ReadOptions): Promise<void> {
    const query = { tagging: '', versionId: options?.ex_versionId }
    const { name: key, container } = object
    const spec = { method: 'DELETE', bucket: container.name, key, query, read: readNothing, errors: NO_OBJECT } as const
    await this.connection.ask(spec, options)
  }

  /**
   * Who may do what with a bucket.
   *
   * @example
   * const { grants } = await driver.ex_getContainerAcl({ name: 'bucket' })
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html
   */
  async ex_getContainerAcl(container: NamedRef, options?: CallOptions): Promise<S3Acl> {
    const spec = { bucket: container.name, query: { acl: '' }, read: readXml(POLICY), errors: NO_BUCKET }
    return toAcl((await this.connection.ask(spec, options)).body)
  }

  /**
   * Lets others do what a named access control list says.
   *
   * @example
   * await driver.ex_setContainerAcl({ name: 'bucket' }, 'private')
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html
   */
  async ex_setContainerAcl(container: NamedRef, acl: S3CannedAcl, options?: CallOptions): Promise<void> {
    await this.connection.ask(
      {
        method: 'PUT',
        bucket: container.name,
        query: { acl: '' },
        headers: { 'x-amz-acl': acl },
        read: readNothing,
        errors: NO_BUCKET,
      },
      options,
    )
  }

  /**
   * Who may do what with an object.
   *
   * @example
   * const { owner } = await driver.ex_getObjectAcl({ name: 'a', container: { name: 'bucket' } })
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAcl.html
   */
  async ex_getObjectAcl(object: ObjectRef, options?: S3ReadOptions): Promise<S3Acl> {
    const query = { acl: '', versionId: options?.ex_versionId }
    const spec = { bucket: object.container.name, key: object.name, query, read: readXml(POLICY), errors: NO_OBJECT }
    return toAcl((await this.connection.ask(spec, options)).body)
  }

  /**
   * Lets others do what a named access control list says.
   *
   * @example
   * await driver.ex_setObjectAcl({ name: 'a', container: { name: 'bucket' } }, 'public-read')
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html
   */
  async ex_setObjectAcl(object: ObjectRef, acl: S3CannedAcl, options?: S3ReadOptions): Promise<void> {
    await this.connection.ask(
      {
        method: 'PUT',
        bucket: object.container.name,
        key: object.name,
        query: { acl: '', versionId: options?.ex_versionId },
        headers: { 'x-amz-acl': acl },
        read: readNothing,
        errors: NO_OBJECT,
      },
      options,
    )
  }

  /**
   * Uploads in parts that are not complete: their parts are paid for, and appear nowhere else.
   *
   * @example
   * for await (const { id, name, created } of driver.ex_iterateMultipartUploads({ name: 'bucket' })) …
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
   */
  ex_iterateMultipartUploads(container: NamedRef, options?: S3ListOptions): Pager<S3Upload> {
    return pager(async token => {
      const [key, upload] = token?.split(BETWEEN) ?? []
      const query = {
        uploads: '',
        'encoding-type': this.connection.vendor.listsPlain ? undefined : 'url',
        prefix: options?.prefix || undefined,
        delimiter: options?.ex_delimiter,
        'max-uploads': options?.ex_pageSize,
        'key-marker': key,
        'upload-id-marker': upload || undefined,
      }
      const spec = { bucket: container.name, query, read: readXml(UPLOADS), errors: NO_BUCKET }
      const { body } = await this.connection.ask(spec, options)
      const { EncodingType: encoding, NextKeyMarker = '', NextUploadIdMarker = '' } = body
      const items = body.Upload.map(({ Key = '', UploadId = '', Initiated, StorageClass }) => ({
        id: UploadId,
        name: decoded(Key, encoding),
        created: Initiated,
        storageClass: StorageClass,
      }))
      const next = [decoded(NextKeyMarker, encoding), NextUploadIdMarker].join(BETWEEN)
      return { items, next: body.IsTruncated ? next : undefined }
    }, options)
  }

  /**
   * Gives up an upload in parts: what was sent of it is deleted.
   *
   * @example
   * await driver.ex_abortMultipartUpload({ name: 'a', container: { name: 'bucket' } }, uploadId)
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
   */
  async ex_abortMultipartUpload(object: ObjectRef, uploadId: string, options?: CallOptions): Promise<void> {
    await abortUpload(this.connection, { bucket: object.container.name, key: object.name, uploadId }, options)
  }

  /**
   * Gives up all uploads in parts that a bucket has, or those of names with a prefix.
   *
   * @returns How many there were.
   * @throws CleanupError when some could not be given up; the others are.
   * @example
   * await driver.ex_cleanupAllMultipartUploads({ name: 'bucket' }, { prefix: 'backups/' })
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
   */
  async ex_cleanupAllMultipartUploads(container: NamedRef, options?: S3ListOptions): Promise<number> {
    const errors: unknown[] = []
    const uploads = await this.ex_iterateMultipartUploads(container, options)
    for (const { id, name } of uploads) {
      options?.signal?.throwIfAborted()
      await this.ex_abortMultipartUpload({ name, container }, id, options).catch(error => void errors.push(error))
    }
    options?.signal?.throwIfAborted()
    if (errors.length === 0) return uploads.length
    const { provider } = this
    const message = `${errors.length} of ${uploads.length} uploads of '${container.name}' could not be given up`
    throw new CleanupError(message, { provider, operation: operationOf(options), errors, cause: errors[0] })
  }
}

function toVersion(raw: RawVersion, encoding: string | undefined, isDeleteMarker: boolean): S3Version {
  return {
    name: decoded(raw.Key ?? '', encoding),
    versionId: raw.VersionId ?? 'null',
    isLatest: raw.IsLatest ?? false,
    isDeleteMarker,
    size: raw.Size ?? 0,
    etag: plainTag(raw.ETag),
    lastModified: raw.LastModified,
    storageClass: raw.StorageClass,
  }
}

function toAcl({ Owner, AccessControlList }: RawPolicy): S3Acl {
  const grants = AccessControlList.map(({ Grantee = {}, Permission = '' }): S3Grant => {
    const { ID, URI, EmailAddress } = Grantee
    const type = URI !== undefined ? 'Group' : EmailAddress !== undefined ? 'AmazonCustomerByEmail' : 'CanonicalUser'
    return { permission: Permission, grantee: URI ?? EmailAddress ?? ID ?? '', type }
  })
  return { owner: Owner?.ID, grants }
}
