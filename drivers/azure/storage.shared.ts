import { ContainerDoesNotExistError, InvalidRequestError, ObjectDoesNotExistError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { type ReplyHead, readNothing } from '../../lib/http/message.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { NamedRef } from '../../lib/resource.js'
import type { StorageDriver } from '../../lib/storage/driver.js'
import { guessContentType } from '../../lib/storage/transfer.js'
import { Container, type ObjectRef, StorageObject } from '../../lib/storage/types.js'
import { type AzureBlobsConnection, checkContainerName } from './storage.connection.js'
import { metadataOf, nameOf, type RawBlob, type RawContainer } from './storage.shapes.js'
import type {
  AzureBlob,
  AzureBlobExtra,
  AzureContainerExtra,
  AzureReadOptions,
  AzureUploadOptions,
} from './storage.types.js'

export const NO_CONTAINER: ErrorTable = { 404: ContainerDoesNotExistError }
export const NO_BLOB: ErrorTable = { ContainerNotFound: ContainerDoesNotExistError, 404: ObjectDoesNotExistError }

export type Headers = Readonly<Record<string, string | undefined>>

/** Refuses an argument before anything is sent. */
export function refuse(driver: StorageDriver, argument: string, allowed: string, options?: CallOptions): never {
  const operation = operationOf(options)
  const message = `${operation ?? 'request'}: '${argument}' must be ${allowed}`
  throw new InvalidRequestError(message, { provider: driver.provider, operation, argument, allowed })
}

/** `x-ms-meta-…`: names are C# identifiers, values ASCII. */
export function metadataHeaders(
  driver: StorageDriver,
  metaData: Readonly<Record<string, string>> | undefined,
  options: CallOptions | undefined,
): Headers {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(metaData ?? {})) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || !/^[\x20-\x7e]*$/.test(value))
      refuse(
        driver,
        `options.metaData.${name.slice(0, 60)}`,
        'ASCII, and its name letters, digits and underscores',
        options,
      )
    headers[`x-ms-meta-${name.toLowerCase()}`] = value.trim()
  }
  return headers
}

/** What a blob is to have beside its bytes. */
export function blobHeaders(driver: StorageDriver, name: string, options: AzureUploadOptions): Headers {
  const { contentType, metaData, headers, ex_accessTier, ex_leaseId, ex_onlyNew, ex_ifMatch, ex_tags } = options
  const tags = new URLSearchParams(ex_tags).toString()
  return {
    'x-ms-blob-content-type': contentType ?? guessContentType(name),
    ...metadataHeaders(driver, metaData, options),
    'x-ms-access-tier': ex_accessTier,
    'x-ms-lease-id': ex_leaseId,
    'if-none-match': ex_onlyNew ? '*' : undefined,
    'if-match': ex_ifMatch === undefined ? undefined : `"${ex_ifMatch}"`,
    'x-ms-tags': tags || undefined,
    ...headers,
  }
}

/** Which blob of this name is meant. */
export function versionQuery(options: AzureReadOptions | undefined): Record<string, string | undefined> {
  return { snapshot: options?.ex_snapshot, versionid: options?.ex_versionId }
}
export function leaseHeaders(options: { ex_leaseId?: string | undefined } | undefined): Headers {
  return { 'x-ms-lease-id': options?.ex_leaseId }
}

const plain = (tag: string | undefined): string | undefined => tag?.replace(/^W\/|"/g, '')

/** Base64 as hexadecimal, as hashes are here. */
export function hexOf(md5: string | undefined): string | undefined {
  return md5 ? Buffer.from(md5, 'base64').toString('hex') : undefined
}
const dateOf = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text))

export function toContainer(driver: StorageDriver, raw: RawContainer): Container<AzureContainerExtra> {
  const { Name = '', Properties: about = {}, Metadata } = raw
  return new Container<AzureContainerExtra>(driver, {
    name: Name,
    extra: {
      etag: plain(about.Etag),
      lastModified: about['Last-Modified'],
      leaseStatus: about.LeaseStatus,
      leaseState: about.LeaseState,
      publicAccess: about.PublicAccess,
      metaData: metadataOf(Metadata),
    },
  })
}

/** A container by the headers of a reply that tells of it. */
export function containerOf(driver: StorageDriver, name: string, headers: Headers): Container<AzureContainerExtra> {
  return new Container<AzureContainerExtra>(driver, {
    name,
    extra: {
      etag: plain(headers['etag']),
      lastModified: dateOf(headers['last-modified']),
      leaseStatus: headers['x-ms-lease-status'],
      leaseState: headers['x-ms-lease-state'],
      publicAccess: headers['x-ms-blob-public-access'],
      metaData: metadataIn(headers),
    },
  })
}

export function toBlob(driver: StorageDriver, raw: RawBlob, container: NamedRef): AzureBlob {
  const { Properties: about = {}, Metadata } = raw
  const etag = plain(about.Etag)
  return new StorageObject<AzureBlobExtra>(driver, {
    name: nameOf(raw.Name),
    size: about['Content-Length'] ?? 0,
    hash: hexOf(about['Content-MD5']) ?? etag,
    contentType: about['Content-Type'],
    lastModified: about['Last-Modified'],
    metaData: metadataOf(Metadata),
    container,
    extra: {
      etag,
      blobType: about.BlobType,
      accessTier: about.AccessTier,
      archiveStatus: about.ArchiveStatus,
      contentEncoding: about['Content-Encoding'] || undefined,
      createdAt: about['Creation-Time'],
      leaseStatus: about.LeaseStatus,
      leaseState: about.LeaseState,
      snapshot: raw.Snapshot,
      versionId: raw.VersionId,
      isDeleted: raw.Deleted,
    },
  })
}

/** A blob by the headers of a reply that tells of it. */
export function blobOf(driver: StorageDriver, name: string, container: NamedRef, headers: Headers): AzureBlob {
  const etag = plain(headers['etag'])
  return new StorageObject<AzureBlobExtra>(driver, {
    name,
    size: Number(headers['content-length'] ?? 0),
    hash: hexOf(headers['x-ms-blob-content-md5'] ?? headers['content-md5']) ?? etag,
    contentType: headers['content-type'],
    lastModified: dateOf(headers['last-modified']),
    metaData: metadataIn(headers),
    container,
    extra: {
      etag,
      blobType: headers['x-ms-blob-type'],
      accessTier: headers['x-ms-access-tier'],
      archiveStatus: headers['x-ms-archive-status'],
      contentEncoding: headers['content-encoding'],
      createdAt: dateOf(headers['x-ms-creation-time']),
      leaseStatus: headers['x-ms-lease-status'],
      leaseState: headers['x-ms-lease-state'],
      copyStatus: headers['x-ms-copy-status'],
      copyId: headers['x-ms-copy-id'],
      versionId: headers['x-ms-version-id'],
    },
  })
}

export function metadataIn(headers: ReplyHead['headers']): Record<string, string> {
  const prefix = 'x-ms-meta-'
  const own: [string, string][] = Object.entries(headers)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => [name.slice(prefix.length), value ?? ''])
  return Object.fromEntries(own)
}

/** A request about one blob. */
export interface BlobRequest {
  readonly object: ObjectRef
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined
  readonly headers?: Headers | undefined
  readonly body?: string | Uint8Array | undefined
  readonly idempotent?: boolean | undefined
}

/** Sends a change of one blob. */
export async function changeBlob(
  { connection, provider }: StorageDriver & { readonly connection: AzureBlobsConnection },
  { object, query, headers, body, idempotent }: BlobRequest,
  options: CallOptions | undefined,
): Promise<Headers> {
  checkContainerName(object.container.name, provider)
  const path = connection.pathOf(object.container.name, object.name)
  const spec = { method: 'PUT', path, query, headers, body, idempotent, errors: NO_BLOB, read: readNothing } as const
  return (await connection.request(spec, options)).headers
}

/** Refuses a number that the service would. */
export function checkNumber(
  driver: StorageDriver,
  argument: string,
  value: number,
  allowed: string,
  isGood: boolean,
  options: CallOptions | undefined,
): void {
  if (!Number.isSafeInteger(value) || !isGood) refuse(driver, argument, allowed, options)
}
