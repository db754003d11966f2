import type { CallOptions } from '../../lib/options.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { NamedRef } from '../../lib/resource.js'
import type { ObjectRef } from '../../lib/storage/types.js'
import { checkContainerName } from './storage.connection.js'
import { escaped, readXml, TAGS } from './storage.shapes.js'
import { changeBlob, leaseHeaders, metadataHeaders, NO_BLOB, refuse, versionQuery } from './storage.shared.js'
import type { AzureAccessTier, AzureBlob, AzureLeaseOptions, AzureReadOptions } from './storage.types.js'
import { AzureBlobsUpload } from './storage.upload.js'

/** What a blob's headers can be set to. */
export interface AzureBlobProperties {
  contentType?: string | undefined
  contentEncoding?: string | undefined
  contentLanguage?: string | undefined
  contentDisposition?: string | undefined
  cacheControl?: string | undefined
}
export interface AzureCopyOptions extends WaitOptions {
  ex_accessTier?: AzureAccessTier | undefined
  /** In place of the source's. */
  ex_metaData?: Readonly<Record<string, string>> | undefined
}

/** What can be done to blobs that are there. */
export abstract class AzureBlobsBlobs extends AzureBlobsUpload {
  /**
   * Replaces what a blob has of one's own names and values.
   *
   * @example
   * ```ts
   * await driver.ex_setMetaData(object, { owner: 'ops' })
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/set-blob-metadata
   */
  async ex_setMetaData(
    object: ObjectRef,
    metaData: Readonly<Record<string, string>>,
    options?: AzureLeaseOptions,
  ): Promise<void> {
    const headers = { ...leaseHeaders(options), ...metadataHeaders(this, metaData, options) }
    await changeBlob(this, { object, query: { comp: 'metadata' }, headers }, options)
  }

  /**
   * Sets headers that a blob is served with. Those that are not given are removed, as the service has it.
   *
   * @example
   * ```ts
   * await driver.ex_setProperties(object, { contentType: 'text/html', cacheControl: 'max-age=60' })
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/set-blob-properties
   */
  async ex_setProperties(
    object: ObjectRef,
    properties: AzureBlobProperties,
    options?: AzureLeaseOptions,
  ): Promise<void> {
    const headers = {
      ...leaseHeaders(options),
      'x-ms-blob-content-type': properties.contentType,
      'x-ms-blob-content-encoding': properties.contentEncoding,
      'x-ms-blob-content-language': properties.contentLanguage,
      'x-ms-blob-content-disposition': properties.contentDisposition,
      'x-ms-blob-cache-control': properties.cacheControl,
    }
    await changeBlob(this, { object, query: { comp: 'properties' }, headers }, options)
  }

  /**
   * Moves a blob to a warmer or colder tier. What is archived takes hours to be read again.
   *
   * @example
   * ```ts
   * await driver.ex_setTier(object, 'Cool')
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/set-blob-tier
   */
  async ex_setTier(object: ObjectRef, tier: AzureAccessTier, options?: AzureReadOptions): Promise<void> {
    const query = { comp: 'tier', ...versionQuery(options) }
    await changeBlob(this, { object, query, headers: { ...leaseHeaders(options), 'x-ms-access-tier': tier } }, options)
  }

  /**
   * Keeps a blob as it is now, beside what becomes of it. Tells the snapshot's time, by which it is known.
   *
   * @example
   * ```ts
   * const snapshot = await driver.ex_createSnapshot(object)
   * const old = await driver.downloadObjectAsStream(object, { ex_snapshot: snapshot })
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/snapshot-blob
   */
  async ex_createSnapshot(object: ObjectRef, options?: AzureLeaseOptions): Promise<string> {
    const request = { object, query: { comp: 'snapshot' }, headers: leaseHeaders(options), idempotent: false }
    return (await changeBlob(this, request, options))['x-ms-snapshot'] ?? ''
  }

  /**
   * Brings a deleted blob back, where the account keeps them for a while.
   *
   * @example
   * ```ts
   * await driver.ex_undelete(object)
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/undelete-blob
   */
  async ex_undelete(object: ObjectRef, options?: CallOptions): Promise<void> {
    await changeBlob(this, { object, query: { comp: 'undelete' } }, options)
  }

  /**
   * The index tags of a blob.
   *
   * @example
   * ```ts
   * const { project } = await driver.ex_getTags(object)
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/get-blob-tags
   */
  async ex_getTags(object: ObjectRef, options?: AzureReadOptions): Promise<Record<string, string>> {
    checkContainerName(object.container.name, this.provider)
    const path = this.connection.pathOf(object.container.name, object.name)
    const query = { comp: 'tags', ...versionQuery(options) }
    const { body } = await this.connection.request({ path, query, errors: NO_BLOB, read: readXml(TAGS) }, options)
    return Object.fromEntries(body.TagSet.map(({ Key = '', Value = '' }) => [Key, Value]))
  }

  /**
   * Replaces the index tags of a blob: at most ten.
   *
   * @example
   * ```ts
   * await driver.ex_setTags(object, { project: 'apollo' })
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/set-blob-tags
   */
  async ex_setTags(
    object: ObjectRef,
    tags: Readonly<Record<string, string>>,
    options?: AzureReadOptions,
  ): Promise<void> {
    const all = Object.entries(tags)
    if (all.length > 10) refuse(this, 'tags', 'at most 10 names and values', options)
    const set = all.map(([key, value]) => `<Tag><Key>${escaped(key)}</Key><Value>${escaped(value)}</Value></Tag>`)
    const body = `<?xml version="1.0" encoding="utf-8"?><Tags><TagSet>${set.join('')}</TagSet></Tags>`
    const headers = { ...leaseHeaders(options), 'content-type': 'application/xml' }
    await changeBlob(this, { object, query: { comp: 'tags', ...versionQuery(options) }, headers, body }, options)
  }

  /**
   * Copies a blob of the same account within the service, whatever its size, and waits until that is done.
   *
   * @example
   * ```ts
   * const copy = await driver.ex_copyObject(object, { name: 'archive' }, 'copy.txt')
   * ```
   * @throws WaitError when the copy was aborted, or failed
   * @see https://learn.microsoft.com/rest/api/storageservices/copy-blob
   */
  async ex_copyObject(
    source: ObjectRef,
    container: NamedRef,
    objectName: string,
    options?: AzureCopyOptions,
  ): Promise<AzureBlob> {
    const { connection } = this
    checkContainerName(source.container.name, this.provider)
    const from = connection.origin + connection.pathOf(source.container.name, source.name)
    const object = { name: objectName, container }
    const headers = {
      'x-ms-copy-source': from,
      'x-ms-access-tier': options?.ex_accessTier,
      ...metadataHeaders(this, options?.ex_metaData, options),
    }
    await changeBlob(this, { object, headers, idempotent: false }, options)
    const look = async (lookOptions: CallOptions) => {
      const value = await this.getObject(container.name, objectName, lookOptions)
      const state = value.extra.copyStatus ?? 'success'
      if (state === 'success') return { done: true, value } as const
      return state === 'pending' ? { state } : { failed: `the copy of '${source.name}' ended as '${state}'`, state }
    }
    return connection.poll(`the copy to '${objectName}'`, look, options)
  }

  /**
   * Ends a copy that goes on. What it has copied is removed.
   *
   * @example
   * ```ts
   * await driver.ex_abortCopy(object, copyId)
   * ```
   * @see https://learn.microsoft.com/rest/api/storageservices/abort-copy-blob
   */
  async ex_abortCopy(object: ObjectRef, copyId: string, options?: AzureLeaseOptions): Promise<void> {
    const headers = { ...leaseHeaders(options), 'x-ms-copy-action': 'abort' }
    await changeBlob(this, { object, query: { comp: 'copy', copyid: copyId }, headers }, options)
  }
}
