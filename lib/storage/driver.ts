import type { Readable } from 'node:stream'
import { BaseDriver, implementedMethods, installStubs, isImplemented, type Supporting } from '../driver.js'
import { InvalidRequestError } from '../errors.js'
import type { BodySource } from '../http/body.js'
import type { VendorMeta } from '../meta.js'
import { type CallOptions, type DriverOptions, operationOf } from '../options.js'
import type { NamedRef } from '../resource.js'
import { STORAGE, type StorageApi, type StorageMethod } from './api.js'
import type { HashType } from './transfer.js'
import type { ByteRange, DownloadOptions, ObjectRef, StorageObject, StreamOptions, UploadOptions } from './types.js'

/** Its type has no base methods: a driver writes those its provider supports. At run time stubs stand for the rest. */
export abstract class StorageDriver extends BaseDriver {
  /** What an object's `hash` is; `undefined` where it is not a checksum of the bytes. */
  readonly hashType: HashType | undefined = undefined

  constructor(vendor: Pick<VendorMeta, 'vendor' | 'credentials'>, options: DriverOptions) {
    super(STORAGE, vendor, options)
  }

  /** Whether the driver has all of these methods. */
  supports<D extends StorageDriver, const M extends readonly [StorageMethod, ...StorageMethod[]]>(
    this: D,
    ...methods: M
  ): this is D & Supporting<StorageApi, M> {
    return methods.every(method => isImplemented(this, method, STORAGE))
  }

  /**
   * Sends a local file.
   * @throws InvalidRequestError when the file cannot be read.
   */
  async uploadObject<O, Options extends UploadOptions>(
    this: StorageDriver & {
      uploadObjectViaStream: (
        source: BodySource,
        container: NamedRef,
        objectName: string,
        options?: Options,
      ) => Promise<O>
    },
    filePath: string,
    container: NamedRef,
    objectName: string,
    options?: Options,
  ): Promise<O> {
    const { size, file } = await openFile(filePath, this.provider, operationOf(options))
    try {
      const given = { ...options, contentLength: size } as Options
      return await this.uploadObjectViaStream(file, container, objectName, given)
    } finally {
      file.destroy()
    }
  }

  /**
   * Saves an object to a file, which appears only when it is whole and its checksum is right.
   * @throws ObjectHashMismatchError
   * @throws InvalidRequestError when the file exists and `overwriteExisting` is not set, or cannot be written.
   */
  async downloadObject(
    this: StorageDriver & {
      getObject: (containerName: string, objectName: string, options?: CallOptions) => Promise<StorageObject>
      downloadObjectAsStream: (object: ObjectRef, options?: StreamOptions) => Promise<Readable>
    },
    object: ObjectRef,
    destinationPath: string,
    options?: DownloadOptions,
  ): Promise<void> {
    // A resource knows its size and checksum; of a mere name they must be asked for.
    const known =
      'size' in object ? (object as StorageObject) : await this.getObject(object.container.name, object.name, options)
    const { provider, hashType } = this
    const hash = hashType === undefined || !looksLike(hashType, known.hash) ? undefined : known.hash
    const { saveToFile } = await import('./transfer.js')
    await saveToFile(
      () => this.downloadObjectAsStream(object, options),
      destinationPath,
      { provider, size: known.size, hash, hashType },
      options,
    )
  }

  /** Saves a part of an object to a file. */
  async downloadObjectRange(
    this: StorageDriver & {
      downloadObjectRangeAsStream: (object: ObjectRef, range: ByteRange, options?: StreamOptions) => Promise<Readable>
    },
    object: ObjectRef,
    destinationPath: string,
    range: ByteRange,
    options?: DownloadOptions,
  ): Promise<void> {
    const { provider } = this
    const { saveToFile } = await import('./transfer.js')
    await saveToFile(
      () => this.downloadObjectRangeAsStream(object, range, options),
      destinationPath,
      { provider },
      options,
    )
  }
}

const HEX: Readonly<Record<HashType, number>> = { md5: 32, sha1: 40, sha256: 64 }
/** A multipart upload's ETag, for one, is no checksum of the bytes. */
function looksLike(type: HashType, hash: string | undefined): boolean {
  return hash !== undefined && hash.length === HEX[type] && /^[0-9a-f]+$/i.test(hash)
}

async function openFile(
  path: string,
  provider: string,
  operation: string | undefined,
): Promise<{ size: number; file: Readable }> {
  const details = { provider, operation, argument: 'filePath', allowed: 'the path of a readable file' }
  const { createReadStream, promises } = await import('node:fs')
  const found = await promises.stat(path).catch(cause => {
    throw new InvalidRequestError(`'filePath' must be ${details.allowed} (${(cause as NodeJS.ErrnoException).code})`, {
      ...details,
      cause,
    })
  })
  if (!found.isFile())
    throw new InvalidRequestError(`'filePath' must be ${details.allowed}, not a folder or a device`, details)
  return { size: found.size, file: createReadStream(path, { highWaterMark: 256 * 1024 }) }
}

installStubs(StorageDriver, STORAGE)

/** Any storage driver's class, for code that knows the provider only at run time. */
export type StorageDriverClass = new (options: DriverOptions) => StorageDriver

/** The base methods that a driver class has. */
export function supportedMethods(driverClass: { readonly prototype: StorageDriver }): StorageMethod[] {
  return implementedMethods(driverClass, STORAGE) as StorageMethod[]
}
