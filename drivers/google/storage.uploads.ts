import type { BodySource } from '../../lib/http/body.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { NamedRef } from '../../lib/resource.js'
import { uploadSource, verifyHash } from '../../lib/storage/transfer.js'
import type { StorageObject, UploadOptions } from '../../lib/storage/types.js'
import { GoogleStorageBase } from './storage.base.js'
import {
  abort,
  abortable,
  allOf,
  arrived,
  askStatus,
  checkedUri,
  chunkSize,
  inChunks,
  SMALL,
  sendParts,
  sendWhole,
  startSession,
} from './storage.parts.js'
import { type GoogleObjectExtra, type GooglePreconditions, type RawObject, toObject } from './storage.shared.js'

/** What only Google can be told of an object. */
export interface GoogleObjectDescription {
  ex_cacheControl?: string | undefined
  ex_contentDisposition?: string | undefined
  ex_contentEncoding?: string | undefined
  ex_contentLanguage?: string | undefined
  /** @defaultValue the bucket's */
  ex_storageClass?: 'STANDARD' | 'NEARLINE' | 'COLDLINE' | 'ARCHIVE' | undefined
  /** A moment of one's own, by which the bucket's rules can go. */
  ex_customTime?: Date | undefined
}
/** Who may read an object from the beginning, in a bucket without uniform access. */
export type GooglePredefinedAcl =
  | 'authenticatedRead'
  | 'bucketOwnerFullControl'
  | 'bucketOwnerRead'
  | 'private'
  | 'projectPrivate'
  | 'publicRead'
export interface GoogleUploadOptions extends UploadOptions, GooglePreconditions, GoogleObjectDescription {
  ex_predefinedAcl?: GooglePredefinedAcl | undefined
  /** `projects/<project>/locations/<location>/keyRings/<ring>/cryptoKeys/<key>`. @defaultValue the bucket's */
  ex_kmsKeyName?: string | undefined
  /** Bytes of a part, which is held until it has arrived: a multiple of 262144. @defaultValue 16777216 */
  ex_chunkSize?: number | undefined
}
/** An upload in parts that goes on. */
export interface GoogleUploadSession {
  /** Where its parts go. It needs no further credentials, and is good for a week: a secret. */
  readonly uri: string
}
/** How far an upload has come. */
export interface GoogleUploadStatus {
  readonly isDone: boolean
  /** Bytes that have arrived. */
  readonly received: number
}

/** Uploads: small ones in one request, others in parts, each of which is sent again when it has not arrived. */
export abstract class GoogleStorageUploads extends GoogleStorageBase {
  /**
   * What is longer than a MiB, or of unknown length, is sent in parts of `ex_chunkSize` bytes; of one that does not arrive,
   * the rest is sent again. What cannot be completed is taken back, and does not appear.
   * @see https://cloud.google.com/storage/docs/resumable-uploads
   */
  async uploadObjectViaStream(
    source: BodySource,
    container: NamedRef,
    objectName: string,
    options?: GoogleUploadOptions,
  ): Promise<StorageObject<GoogleObjectExtra>> {
    const size = chunkSize(this, options)
    const upload = uploadSource(source, options, 'md5')
    const target = { container, objectName, options }
    const { length } = upload
    const chunks = abortable(upload.chunks, source, options?.signal)
    const raw =
      length !== undefined && length <= SMALL
        ? await sendWhole(this.connection, target, await allOf(this, inChunks(chunks, length || 1), options))
        : await sendParts(this.connection, target, inChunks(chunks, size), length)
    const made = toObject(this, raw, container)
    try {
      verifyHash(upload.digest(), made.hash, { provider: this.provider, operation: operationOf(options) })
    } catch (error) {
      const { generation } = made.extra
      await this.deleteObject(made, { ex_generation: generation }).catch(() => {})
      throw error
    }
    return made
  }

  /**
   * Begins an upload whose parts somebody else sends: a browser, or another process. No credentials are needed for that.
   *
   * @example
   * ```ts
   * const { uri } = await driver.ex_startUpload({ name: 'photos' }, 'cat.jpg', { contentType: 'image/jpeg' })
   * await fetch(uri, { method: 'PUT', body: picture })
   * ```
   * @throws ContainerDoesNotExistError
   * @see https://cloud.google.com/storage/docs/performing-resumable-uploads#initiate-session
   */
  async ex_startUpload(
    container: NamedRef,
    objectName: string,
    options?: GoogleUploadOptions,
  ): Promise<GoogleUploadSession> {
    const uri = await startSession(this.connection, { container, objectName, options }, options?.contentLength)
    return { uri }
  }

  /**
   * How far an upload has come.
   *
   * @example
   * ```ts
   * const { isDone, received } = await driver.ex_getUploadStatus(session)
   * ```
   * @throws NotFoundError when it is over for a week, or was given up.
   * @see https://cloud.google.com/storage/docs/performing-resumable-uploads#status-check
   */
  async ex_getUploadStatus(session: GoogleUploadSession, options?: CallOptions): Promise<GoogleUploadStatus> {
    const { status, headers, body } = await askStatus(this.connection, checkedUri(this, session, options), options)
    if (status === 308) return { isDone: false, received: arrived(headers['range']) }
    return { isDone: true, received: Number((body as RawObject | undefined)?.size ?? 0) }
  }

  /**
   * Gives an upload up: nothing is kept of it.
   *
   * @example
   * ```ts
   * await driver.ex_abortUpload(session)
   * ```
   * @see https://cloud.google.com/storage/docs/performing-resumable-uploads#cancel-upload
   */
  async ex_abortUpload(session: GoogleUploadSession, options?: CallOptions): Promise<void> {
    await abort(this.connection, checkedUri(this, session, options), options)
  }
}
