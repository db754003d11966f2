import type { BigIntStats } from 'node:fs'
import { resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { optionsOf } from '../../lib/credentials.js'
import { ContainerIsNotEmptyError, InvalidRequestError } from '../../lib/errors.js'
import { type CallOptions, type DriverOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import type { StorageApi } from '../../lib/storage/api.js'
import { StorageDriver } from '../../lib/storage/driver.js'
import { guessContentType, type HashType, reported, uploadSource } from '../../lib/storage/transfer.js'
import {
  type BodySource,
  type ByteRange,
  Container,
  type ListObjectsOptions,
  type ObjectRef,
  StorageObject,
  type StreamOptions,
  type UploadOptions,
} from '../../lib/storage/types.js'
import { boundsOf, ContentStream, fill, removeUnfinished, withTemporary } from './content.js'
import { type Description, removeDescriptions } from './descriptions.js'
import { ABSENT, type About, codeOf, missing, NOT_EMPTY, noContainer, noObject, translate } from './errors.js'
import { allDone, type Limits, limitsOf, unlessAborted } from './limits.js'
import { meta } from './meta.js'
import { checkContainerName, compareNames, isContainerName, objectParts } from './names.js'
import {
  inPlace,
  type Known,
  lookAt,
  lookAtBatch,
  makeContainer,
  type Place,
  putInPlace,
  removeEmptyTree,
  removeObject,
} from './objects.js'
import { inFolder, lookAtFolder } from './tree.js'
import { readNames, take, type Walk, walk } from './walk.js'

/** `key` is the path of a folder that exists: each folder in it is a container, each file in those an object. */
export interface LocalOptions extends DriverOptions {
  /** Waits for the disk before an upload is done, so that it outlives a power failure. @defaultValue false */
  sync?: boolean | undefined
}

/** What the file system tells of a file or folder. */
export interface LocalExtra {
  readonly creationTime: Date
  readonly modifyTime: Date
  readonly accessTime: Date
}

const PAGE = 1000
const TIMEOUT = 300_000
const TIDY_EVERY = 3_600_000

/**
 * Files in folders, as objects in containers. A folder `.libcloud` in the root keeps content types, metadata and
 * checksums, and uploads that are not complete; it can be deleted at any time for the price of these. Files that
 * other programs put into a container are objects too. Any number of processes may work on the same root.
 *
 * An object's name is its path: its parts are not empty and at most 255 bytes long, `a` and `a/b` exclude each other
 * (ConflictError), and where the file system ignores case or the form of accents, so does this driver. Symbolic links,
 * pipes, sockets and devices are no objects, and no link below the root is ever followed.
 */
export class LocalStorageDriver extends StorageDriver implements Partial<StorageApi> {
  readonly provider = 'local'
  override readonly hashType: HashType = 'md5'
  readonly #root: string
  readonly #sync: boolean
  #tidied = Number.NEGATIVE_INFINITY

  /** @throws InvalidRequestError when `key` is no path. Whether it exists is seen at the first call. */
  constructor(options: LocalOptions) {
    super(meta, options)
    const { key, sync } = optionsOf<LocalOptions>(this)
    if (typeof key !== 'string' || key.includes('\0')) {
      const allowed = 'the path of a folder'
      throw new InvalidRequestError(`The option 'key' must be ${allowed}`, {
        provider: 'local',
        argument: 'key',
        allowed,
      })
    }
    this.#root = resolve(key)
    this.#sync = sync ?? false
  }

  /** @see https://nodejs.org/api/fs.html#fspromisesopendirpath-options */
  listContainers(options?: CallOptions): Pager<Container<LocalExtra>> {
    return pager(async token => {
      return this.#call(options, async () => {
        const wanted = (entry: string): boolean => entry.endsWith('/') && isContainerName(entry.slice(0, -1))
        return inFolder(this.#root, [], async folder => {
          const { names } = await readNames(folder, wanted, Number.POSITIVE_INFINITY)
          const all = names.map(entry => entry.slice(0, -1)).sort(compareNames)
          const left = all.filter(name => token === undefined || compareNames(name, token) > 0)
          const page = left.slice(0, PAGE)
          const stats = await allDone(page.map(name => lookAtFolder(folder, name)))
          const items = page.flatMap((name, index) => {
            const found = stats[index]
            return found ? [this.#toContainer(name, found)] : []
          })
          return { items, next: left.length > PAGE ? page.at(-1) : undefined }
        })
      })
    }, options)
  }

  /** @see https://nodejs.org/api/fs.html#fspromiseslstatpath-options */
  async getContainer(containerName: string, options?: CallOptions): Promise<Container<LocalExtra>> {
    return this.#call(options, () => this.#getContainer(containerName, options))
  }

  /** Of several processes that make the same container, one succeeds.
   * @see https://nodejs.org/api/fs.html#fspromisesmkdirpath-options */
  async createContainer(containerName: string, options?: CallOptions): Promise<Owned<Container<LocalExtra>>> {
    return this.#call(options, async () => {
      checkContainerName(containerName, this.#about(options))
      await inFolder(this.#root, [], folder => makeContainer(folder, containerName, this.#about(options)))
      const container = await this.#getContainer(containerName, options)
      return owned(container, () => this.deleteContainer(container))
    })
  }

  /** Folders without objects count for nothing. An upload that ends at the same time either keeps the container, which
   * is then not empty, or finds it gone: what was reported as uploaded is never removed.
   * @see https://nodejs.org/api/fs.html#fspromisesrmdirpath-options */
  async deleteContainer(container: NamedRef, options?: CallOptions): Promise<void> {
    await this.#call(options, async () => {
      const { name } = container
      const about = this.#about(options)
      checkContainerName(name, about)
      const notEmpty = (what: string): ContainerIsNotEmptyError =>
        new ContainerIsNotEmptyError(`${about.operation}: '${name}' holds ${what}`, about)
      try {
        for await (const first of walk(this.#root, name, '', '')) throw notEmpty(`objects, such as '${first.name}'`)
        await inFolder(this.#root, [], folder => removeEmptyTree(folder, name))
      } catch (error) {
        const code = codeOf(error)
        if (NOT_EMPTY.has(code)) throw notEmpty('something: a new object, a link, or a file that can be no object')
        throw ABSENT.has(code) ? noContainer(name, about, error) : missing(error, name, undefined, about)
      }
      await removeDescriptions(this.#root, name)
      await this.#tidy()
    })
  }

  /** In the order of the names' UTF-8. Content types and metadata are told too; contents are not read.
   * @see https://nodejs.org/api/fs.html#fspromisesopendirpath-options */
  listContainerObjects(container: NamedRef, options?: ListObjectsOptions): Pager<StorageObject<LocalExtra>> {
    // The walk goes on where the last page ended, unless someone asks for another page.
    let kept: Walk | undefined
    return pager(async token => {
      return this.#call(options, async () => {
        const { name } = container
        checkContainerName(name, this.#about(options))
        const start = (): Walk => ({ ahead: [], files: walk(this.#root, name, token ?? '', options?.prefix ?? '') })
        const { ahead, files } = kept && kept.token === token ? kept : start()
        kept = undefined
        try {
          const batch = await take(files, ahead, PAGE + 1)
          const rest = batch.splice(PAGE)
          const items = (await lookAtBatch(this.#root, name, batch)).map(known => this.#toObject(known, container))
          const next = rest.length > 0 ? batch.at(-1)?.name : undefined
          kept = next === undefined ? undefined : { token: next, ahead: rest, files }
          return { items, next }
        } catch (error) {
          throw missing(error, name, undefined, this.#about(options))
        }
      })
    }, options)
  }

  /** The `hash` is of the bytes as they were uploaded: a file that another program wrote or changed has none.
   * @see https://nodejs.org/api/fs.html#fspromiseslstatpath-options */
  async getObject(
    containerName: string,
    objectName: string,
    options?: CallOptions,
  ): Promise<StorageObject<LocalExtra>> {
    return this.#call(options, () => this.#getObject({ name: objectName, container: { name: containerName } }, options))
  }

  /** The file appears under its name when it is complete, with its description: readers see the old or the new one.
   * Of several at the same time the last one wins. `headers` mean nothing here; without `verifyHash` no `hash` is kept.
   * @throws ConflictError when the name is that of a folder with objects, or leads through an object.
   * @throws QuotaExceededError when the disk is full.
   * @see https://nodejs.org/api/fs.html#fspromisesrenameoldpath-newpath */
  async uploadObjectViaStream(
    source: BodySource,
    container: NamedRef,
    objectName: string,
    options?: UploadOptions,
  ): Promise<StorageObject<LocalExtra>> {
    const about = this.#about(options)
    const stream = source instanceof Readable ? source : undefined
    // A stream may fail before it is read, and without a listener that would end the process. Reading it tells the error.
    stream?.on('error', () => {})
    const limits = limitsOf(options, undefined, about)
    try {
      const place = this.#place({ name: objectName, container }, about)
      await inFolder(this.#root, [container.name], async () => {})
      await this.#tidy()
      const upload = uploadSource(source, { ...options, signal: limits.signal }, this.hashType)
      return await withTemporary(this.#root, async (path, file) => {
        const identity = await fill(path, file, upload, limits.signal, this.#sync)
        const description: Description = {
          contentType: options?.contentType ?? guessContentType(objectName),
          metaData: lowerCased(options?.metaData),
          hash: upload.digest(),
        }
        await putInPlace(path, place, identity, description, { about, sync: this.#sync })
        return this.#toObject({ name: objectName, stats: identity, description }, container)
      })
    } catch (error) {
      stream?.destroy()
      options?.signal?.throwIfAborted()
      throw translate(missing(error, container.name, undefined, about), about)
    } finally {
      limits.end()
    }
  }

  /** @see https://nodejs.org/api/fs.html#fspromisesopenpath-flags-mode */
  async downloadObjectAsStream(object: ObjectRef, options?: StreamOptions): Promise<Readable> {
    return this.#read(object, undefined, options)
  }

  /** @throws InvalidRequestError when the object ends before `range.start`.
   * @see https://nodejs.org/api/fs.html#filehandlereadbuffer-offset-length-position */
  async downloadObjectRangeAsStream(object: ObjectRef, range: ByteRange, options?: StreamOptions): Promise<Readable> {
    return this.#read(object, range, options)
  }

  /** Folders that become empty go too.
   * @see https://nodejs.org/api/fs.html#fspromisesunlinkpath */
  async deleteObject(object: ObjectRef, options?: CallOptions): Promise<void> {
    await this.#call(options, async () => {
      const about = this.#about(options)
      const place = this.#place(object, about)
      const removed = await removeObject(place).catch(error => {
        throw missing(error, object.container.name, object.name, about)
      })
      if (!removed) throw noObject(object.container.name, object.name, about)
    })
  }

  /** A `file:` address.
   * @see https://nodejs.org/api/url.html#urlpathtofileurlpath-options */
  async getContainerCdnUrl(container: NamedRef, options?: CallOptions): Promise<string> {
    return this.#call(options, async () => {
      await this.#getContainer(container.name, options)
      return pathToFileURL(this.#root + sep + container.name).href
    })
  }

  /** A `file:` address.
   * @see https://nodejs.org/api/url.html#urlpathtofileurlpath-options */
  async getObjectCdnUrl(object: ObjectRef, options?: CallOptions): Promise<string> {
    return this.#call(options, async () => {
      await this.#getObject(object, options)
      return pathToFileURL([this.#root, object.container.name, ...object.name.split('/')].join(sep)).href
    })
  }

  /** Who may read the files is left as it is: this only looks whether the container exists.
   * @see https://nodejs.org/api/fs.html#fspromiseslstatpath-options */
  async enableContainerCdn(container: NamedRef, options?: CallOptions): Promise<void> {
    await this.#call(options, () => this.#getContainer(container.name, options))
  }

  /** Who may read the file is left as it is: this only looks whether the object exists.
   * @see https://nodejs.org/api/fs.html#fspromiseslstatpath-options */
  async enableObjectCdn(object: ObjectRef, options?: CallOptions): Promise<void> {
    await this.#call(options, () => this.#getObject(object, options))
  }

  /** Limits a call's time, and gives its failures the form of this library's. */
  async #call<T>(options: CallOptions | undefined, work: () => Promise<T>): Promise<T> {
    const about = this.#about(options)
    const limits = limitsOf(options, optionsOf(this).timeout ?? TIMEOUT, about)
    try {
      return await unlessAborted(work(), limits.signal)
    } catch (error) {
      options?.signal?.throwIfAborted()
      throw translate(error, about)
    } finally {
      limits.end()
    }
  }

  async #getContainer(name: string, options: CallOptions | undefined): Promise<Container<LocalExtra>> {
    const about = this.#about(options)
    checkContainerName(name, about)
    const stats = await inFolder(this.#root, [], folder => lookAtFolder(folder, name))
    if (!stats) throw noContainer(name, about)
    return this.#toContainer(name, stats)
  }

  async #getObject(object: ObjectRef, options: CallOptions | undefined): Promise<StorageObject<LocalExtra>> {
    const { container, name } = object
    const about = this.#about(options)
    try {
      const known = await lookAt(this.#place(object, about))
      if (!known) throw noObject(container.name, name, about)
      return this.#toObject(known, container)
    } catch (error) {
      throw missing(error, container.name, name, about)
    }
  }

  async #read(object: ObjectRef, range: ByteRange | undefined, options: StreamOptions | undefined): Promise<Readable> {
    const about = this.#about(options)
    const limits: Limits = limitsOf(options, undefined, about)
    try {
      const place = this.#place(object, about)
      const file = await inPlace(place, folder => folder.openFile(place.file))
      try {
        const stats = await file.stat({ bigint: true })
        if (!stats.isFile()) throw noObject(object.container.name, object.name, about)
        const { start, end } = boundsOf(range, Number(stats.size), about)
        limits.signal.throwIfAborted()
        return reported(new ContentStream(file, stats, start, end, limits, about), end - start, options)
      } catch (error) {
        await file.close()
        throw error
      }
    } catch (error) {
      limits.end()
      options?.signal?.throwIfAborted()
      throw translate(missing(error, object.container.name, object.name, about), about)
    }
  }

  /** Now and then, what crashed processes left is removed. */
  async #tidy(): Promise<void> {
    const now = performance.now()
    if (now - this.#tidied < TIDY_EVERY) return
    this.#tidied = now
    await removeUnfinished(this.#root)
  }

  #about(options: CallOptions | undefined): About {
    return { provider: this.provider, operation: operationOf(options) }
  }

  #place({ name, container }: ObjectRef, about: About): Place {
    checkContainerName(container.name, about)
    const folders = objectParts(name, about)
    const file = folders.pop() as string
    return { root: this.#root, container: container.name, name, folders, file }
  }

  #toContainer(name: string, stats: BigIntStats): Container<LocalExtra> {
    return new Container(this, { name, extra: toExtra(stats) })
  }

  #toObject({ name, stats, description }: Known, container: NamedRef): StorageObject<LocalExtra> {
    return new StorageObject(this, {
      name,
      size: Number(stats.size),
      hash: description?.hash,
      contentType: description?.contentType ?? guessContentType(name),
      lastModified: stats.mtime,
      metaData: description?.metaData ?? {},
      container,
      extra: toExtra(stats),
    })
  }
}

function lowerCased(metaData: UploadOptions['metaData']): Record<string, string> {
  return Object.fromEntries(Object.entries(metaData ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
}

function toExtra({ birthtime, mtime, atime }: BigIntStats): LocalExtra {
  return { creationTime: birthtime, modifyTime: mtime, accessTime: atime }
}
