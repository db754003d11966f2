// Buckets and objects as Google tells them, and what its requests have in common.
import { ContainerDoesNotExistError, ObjectDoesNotExistError } from '../../lib/errors.js'
import type { ErrorTable, ProviderProblem } from '../../lib/http/errors.js'
import type { ReplyHead } from '../../lib/http/message.js'
import { path, type QueryValues } from '../../lib/http/url.js'
import type { NamedRef } from '../../lib/resource.js'
import type { StorageDriver } from '../../lib/storage/driver.js'
import { Container, type ObjectRef, StorageObject } from '../../lib/storage/types.js'
import { GoogleConnection } from './connection.js'

/** The error of a request about a bucket. */
export const NO_BUCKET: ErrorTable = { 404: ContainerDoesNotExistError }
/** The error of a request about an object. */
export const NO_OBJECT: ErrorTable = { 404: ObjectDoesNotExistError }

/** Cloud Storage, whose words tell a bucket that is missing from an object. */
export class GoogleStorageConnection extends GoogleConnection {
  override problem(text: string, head: ReplyHead): ProviderProblem {
    const problem = super.problem(text, head)
    const isBucket = head.status === 404 && /bucket does not exist/i.test(problem.message ?? '')
    return isBucket ? { ...problem, errorClass: ContainerDoesNotExistError } : problem
  }
}

export interface RawBucket {
  readonly name: string
  readonly location?: string
  readonly locationType?: string
  readonly storageClass?: string
  readonly timeCreated?: string
  readonly updated?: string
  readonly metageneration?: string
  readonly projectNumber?: string
  readonly versioning?: { readonly enabled?: boolean }
  readonly labels?: Readonly<Record<string, string>>
  readonly lifecycle?: { readonly rule?: readonly object[] }
  readonly cors?: readonly object[]
  readonly iamConfiguration?: {
    readonly uniformBucketLevelAccess?: { readonly enabled?: boolean }
    readonly publicAccessPrevention?: string
  }
}
export interface RawObject {
  readonly name: string
  readonly bucket: string
  readonly size?: string
  readonly md5Hash?: string
  readonly crc32c?: string
  readonly etag?: string
  readonly generation?: string
  readonly metageneration?: string
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly contentDisposition?: string
  readonly contentLanguage?: string
  readonly cacheControl?: string
  readonly storageClass?: string
  readonly timeCreated?: string
  readonly timeDeleted?: string
  readonly updated?: string
  readonly customTime?: string
  readonly componentCount?: number
  readonly kmsKeyName?: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** What only Google tells of a bucket. */
export interface GoogleBucketExtra {
  /** `'EU'`, `'EUROPE-WEST3'` … */
  readonly location: string | undefined
  /** `'multi-region'`, `'dual-region'` or `'region'`. */
  readonly locationType: string | undefined
  /** `'STANDARD'`, `'NEARLINE'`, `'COLDLINE'` or `'ARCHIVE'`. */
  readonly storageClass: string | undefined
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
  readonly metageneration: string | undefined
  /** Whether objects that are replaced or deleted are kept. */
  readonly isVersioned: boolean
  readonly labels: Readonly<Record<string, string>>
  /** What happens to objects by their age, in Google's form. */
  readonly lifecycleRules: readonly object[]
  /** In Google's form. */
  readonly cors: readonly object[]
  /** Whether the bucket's policy alone says who may do what, and no object's own list. */
  readonly hasUniformAccess: boolean
  /** `'enforced'` where nothing can be made public. */
  readonly publicAccessPrevention: string | undefined
}
/** What only Google tells of an object. */
export interface GoogleObjectExtra {
  /** Which of its contents this is. */
  readonly generation: string | undefined
  /** Which description of that content. */
  readonly metageneration: string | undefined
  readonly etag: string | undefined
  /** CRC32C in Base64: composed objects have this checksum only. */
  readonly crc32c: string | undefined
  readonly storageClass: string | undefined
  readonly createdAt: Date | undefined
  /** When it was replaced or deleted, of old versions. */
  readonly deletedAt: Date | undefined
  readonly customTime: Date | undefined
  readonly contentEncoding: string | undefined
  readonly contentDisposition: string | undefined
  readonly contentLanguage: string | undefined
  readonly cacheControl: string | undefined
  /** Of how many objects it was composed. */
  readonly componentCount: number | undefined
  readonly kmsKeyName: string | undefined
}

/** When a request is to be taken: otherwise it is a ConflictError, and nothing happens. */
export interface GooglePreconditions {
  /** Only if this is the object's generation; `'0'` if there is no such object. */
  ex_ifGenerationMatch?: string | undefined
  /** Only if this is not the object's generation. */
  ex_ifGenerationNotMatch?: string | undefined
  ex_ifMetagenerationMatch?: string | undefined
  ex_ifMetagenerationNotMatch?: string | undefined
}

/** The preconditions as parameters. */
export function conditions(options: GooglePreconditions | undefined): QueryValues {
  return {
    ifGenerationMatch: options?.ex_ifGenerationMatch,
    ifGenerationNotMatch: options?.ex_ifGenerationNotMatch,
    ifMetagenerationMatch: options?.ex_ifMetagenerationMatch,
    ifMetagenerationNotMatch: options?.ex_ifMetagenerationNotMatch,
  }
}

export const bucketPath = (name: string): string => path`/storage/v1/b/${name}`
/** An object's name is one part of the path, whatever slashes it has. */
export const objectPath = ({ name, container }: ObjectRef): string => path`/storage/v1/b/${container.name}/o/${name}`

const date = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text))

export function toContainer(driver: StorageDriver, raw: RawBucket): Container<GoogleBucketExtra> {
  if (typeof raw.name !== 'string') throw new Error('The reply is no bucket')
  return new Container(driver, {
    name: raw.name,
    extra: {
      location: raw.location,
      locationType: raw.locationType,
      storageClass: raw.storageClass,
      createdAt: date(raw.timeCreated),
      updatedAt: date(raw.updated),
      metageneration: raw.metageneration,
      isVersioned: raw.versioning?.enabled ?? false,
      labels: raw.labels ?? {},
      lifecycleRules: raw.lifecycle?.rule ?? [],
      cors: raw.cors ?? [],
      hasUniformAccess: raw.iamConfiguration?.uniformBucketLevelAccess?.enabled ?? false,
      publicAccessPrevention: raw.iamConfiguration?.publicAccessPrevention,
    },
  })
}

export function toObject(driver: StorageDriver, raw: RawObject, container: NamedRef): StorageObject<GoogleObjectExtra> {
  if (typeof raw.name !== 'string') throw new Error('The reply is no object')
  const metaData = Object.entries(raw.metadata ?? {}).map(([name, value]) => [name.toLowerCase(), value])
  return new StorageObject(driver, {
    name: raw.name,
    size: Number(raw.size ?? 0),
    container,
    // Given in Base64; this library writes checksums in hexadecimal.
    hash: raw.md5Hash === undefined ? undefined : Buffer.from(raw.md5Hash, 'base64').toString('hex'),
    contentType: raw.contentType,
    lastModified: date(raw.updated),
    metaData: Object.fromEntries(metaData),
    extra: {
      generation: raw.generation,
      metageneration: raw.metageneration,
      etag: raw.etag,
      crc32c: raw.crc32c,
      storageClass: raw.storageClass,
      createdAt: date(raw.timeCreated),
      deletedAt: date(raw.timeDeleted),
      customTime: date(raw.customTime),
      contentEncoding: raw.contentEncoding,
      contentDisposition: raw.contentDisposition,
      contentLanguage: raw.contentLanguage,
      cacheControl: raw.cacheControl,
      componentCount: raw.componentCount,
      kmsKeyName: raw.kmsKeyName,
    },
  })
}
