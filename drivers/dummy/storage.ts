import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Readable } from 'node:stream'
import {
  ContainerAlreadyExistsError,
  ContainerDoesNotExistError,
  ContainerIsNotEmptyError,
  InvalidContainerNameError,
  InvalidRequestError,
  ObjectDoesNotExistError,
  PermissionDeniedError,
} from '../../lib/errors.js'
import type { BodySource } from '../../lib/http/body.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Page, Pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import type { StorageApi } from '../../lib/storage/api.js'
import { StorageDriver } from '../../lib/storage/driver.js'
import { guessContentType, type HashType, reported, uploadSource, verifyHash } from '../../lib/storage/transfer.js'
import {
  type ByteRange,
  Container,
  type ListObjectsOptions,
  type ObjectRef,
  type SignedUrlOptions,
  StorageObject,
  type StreamOptions,
  type UploadOptions,
} from '../../lib/storage/types.js'
import { collect, streamOf } from './bytes.js'
import { meta } from './meta.js'
import { badToken, Table } from './state.js'
import {
  aboutCall,
  arrive,
  type DummyError,
  type DummyFailing,
  type DummyFailOptions,
  type DummyOptions,
  type DummyWorld,
  enterWorld,
  perform,
  performList,
  worldOf,
} from './world.js'

/** What only this driver tells of a container or an object. */
export interface DummyStorageExtra {
  /** It was made public with `enableContainerCdn` or `enableObjectCdn`. */
  readonly isPublic: boolean
}
/** What a signed address permits. */
export interface DummySignedUrl {
  readonly containerName: string
  readonly objectName: string
  readonly method: 'GET' | 'PUT'
  readonly expires: Date
  /** The type that an upload must have. */
  readonly contentType: string | undefined
}

interface ObjectRow {
  readonly name: string
  readonly bytes: Buffer
  readonly hash: string
  readonly contentType: string
  readonly metaData: Readonly<Record<string, string>>
  readonly lastModified: Date
  isPublic: boolean
}
interface ContainerRow {
  /** Its name. */
  readonly id: string
  readonly objects: Map<string, ObjectRow>
  isPublic: boolean
}
interface State {
  readonly containers: Table<ContainerRow>
  readonly signingKey: string
}

const CONTAINER_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const NAME_BYTES = 1024

/** Objects in memory. Container names are 3 to 63 lower-case letters, digits, dots and hyphens; object names have at most 1024 bytes. */
export class DummyStorageDriver extends StorageDriver implements Partial<StorageApi> {
  readonly provider = 'dummy'
  override readonly hashType: HashType = 'md5'

  constructor(options: DummyOptions = {}) {
    super(meta, options)
    enterWorld(this, 'storage', options)
  }

  listContainers(options?: CallOptions): Pager<Container<DummyStorageExtra>> {
    const page = (token: string | undefined): Page<ContainerRow> =>
      stateOf(this).containers.page(token, worldOf(this).pageSize, options)
    return performList(this, 'listContainers', undefined, options, page, row => this.#toContainer(row))
  }

  async getContainer(containerName: string, options?: CallOptions): Promise<Container<DummyStorageExtra>> {
    return perform(this, 'getContainer', containerName, options, () =>
      this.#toContainer(this.#container(containerName, options)),
    )
  }

  async createContainer(containerName: string, options?: CallOptions): Promise<Owned<Container<DummyStorageExtra>>> {
    if (!CONTAINER_NAME.test(containerName) || containerName.includes('..')) {
      const allowed = '3 to 63 lower-case letters, digits, dots and hyphens, that begin and end with a letter or digit'
      const details = { ...aboutCall(options), argument: 'containerName', allowed }
      throw new InvalidContainerNameError(`createContainer: 'containerName' must be ${allowed}`, details)
    }
    const row = await perform(this, 'createContainer', containerName, options, () => {
      const { containers } = stateOf(this)
      if (containers.find(containerName)) {
        throw new ContainerAlreadyExistsError(`There is a container '${containerName}' already`, aboutCall(options))
      }
      return containers.insert({ id: containerName, objects: new Map(), isPublic: false })
    })
    return owned(this.#toContainer(row), () => this.deleteContainer({ name: containerName }))
  }

  async deleteContainer(container: NamedRef, options?: CallOptions): Promise<void> {
    await perform(this, 'deleteContainer', container.name, options, () => {
      const { objects } = this.#container(container.name, options)
      if (objects.size > 0) {
        const message = `The container '${container.name}' holds ${objects.size} objects`
        throw new ContainerIsNotEmptyError(message, aboutCall(options))
      }
      stateOf(this).containers.remove(container.name)
    })
  }

  /** In the order of the names' UTF-8 bytes. */
  listContainerObjects(container: NamedRef, options?: ListObjectsOptions): Pager<StorageObject<DummyStorageExtra>> {
    const { prefix = '' } = options ?? {}
    const page = (token: string | undefined): Page<ObjectRow> => {
      const after = token === undefined ? undefined : nameOf(token, options)
      const rows = [...this.#container(container.name, options).objects.values()]
        .filter(({ name }) => name.startsWith(prefix) && (after === undefined || byBytes(name, after) > 0))
        .sort((a, b) => byBytes(a.name, b.name))
      const items = rows.slice(0, worldOf(this).pageSize)
      const last = items.at(-1)
      const next = last && rows.length > items.length ? Buffer.from(last.name).toString('base64url') : undefined
      return { items, next }
    }
    return performList(this, 'listContainerObjects', container.name, options, page, row =>
      this.#toObject(row, container),
    )
  }

  async getObject(
    containerName: string,
    objectName: string,
    options?: CallOptions,
  ): Promise<StorageObject<DummyStorageExtra>> {
    const ref = { name: objectName, container: { name: containerName } }
    return perform(this, 'getObject', objectName, options, () =>
      this.#toObject(this.#object(ref, options), ref.container),
    )
  }

  async uploadObjectViaStream(
    source: BodySource,
    container: NamedRef,
    objectName: string,
    options?: UploadOptions,
  ): Promise<StorageObject<DummyStorageExtra>> {
    if (Buffer.byteLength(objectName) > NAME_BYTES) {
      const details = { ...aboutCall(options), argument: 'objectName', allowed: `at most ${NAME_BYTES} bytes of UTF-8` }
      throw new InvalidRequestError(`uploadObjectViaStream: 'objectName' must be ${details.allowed}`, details)
    }
    const row = await perform(this, 'uploadObjectViaStream', objectName, options, async () => {
      this.#container(container.name, options) // before anything is read
      const upload = uploadSource(source, options, 'md5')
      const bytes = await collect(source, upload, options)
      const stored = toRow(objectName, bytes, worldOf(this).now, options)
      verifyHash(upload.digest(), stored.hash, { provider: this.provider })
      this.#container(container.name, options).objects.set(objectName, stored)
      return stored
    })
    return this.#toObject(row, container)
  }

  /** A failure that was arranged with `after` breaks the stream in its middle. */
  async downloadObjectAsStream(object: ObjectRef, options?: StreamOptions): Promise<Readable> {
    return this.#open('downloadObjectAsStream', object, { start: 0 }, options)
  }

  async downloadObjectRangeAsStream(object: ObjectRef, range: ByteRange, options?: StreamOptions): Promise<Readable> {
    return this.#open('downloadObjectRangeAsStream', object, range, options)
  }

  async deleteObject(object: ObjectRef, options?: CallOptions): Promise<void> {
    await perform(this, 'deleteObject', object.name, options, () => {
      this.#object(object, options)
      this.#container(object.container.name, options).objects.delete(object.name)
    })
  }

  async getContainerCdnUrl(container: NamedRef, options?: CallOptions): Promise<string> {
    return perform(this, 'getContainerCdnUrl', container.name, options, () => {
      this.#container(container.name, options)
      return `https://${container.name}.cdn.dummy.example/`
    })
  }

  async getObjectCdnUrl(object: ObjectRef, options?: CallOptions): Promise<string> {
    return perform(this, 'getObjectCdnUrl', object.name, options, () => {
      this.#object(object, options)
      return `https://${object.container.name}.cdn.dummy.example/${inPath(object.name)}`
    })
  }

  async enableContainerCdn(container: NamedRef, options?: CallOptions): Promise<void> {
    await perform(this, 'enableContainerCdn', container.name, options, () => {
      this.#container(container.name, options).isPublic = true
    })
  }

  async enableObjectCdn(object: ObjectRef, options?: CallOptions): Promise<void> {
    await perform(this, 'enableObjectCdn', object.name, options, () => {
      this.#object(object, options).isPublic = true
    })
  }

  /** An address that nothing listens at; {@link DummyStorageDriver.ex_checkSignedUrl} tells whether it is good. */
  async getObjectSignedUrl(object: ObjectRef, options?: SignedUrlOptions): Promise<string> {
    const { method = 'GET', expiresIn = 3600, contentType } = options ?? {}
    return perform(this, 'getObjectSignedUrl', object.name, options, () => {
      this.#container(object.container.name, options)
      if (method === 'GET') this.#object(object, options)
      const url = new URL(`https://storage.dummy.example/${object.container.name}/${inPath(object.name)}`)
      url.searchParams.set('method', method)
      url.searchParams.set('expires', String(Math.floor(worldOf(this).now.getTime() / 1000) + expiresIn))
      if (contentType !== undefined) url.searchParams.set('contentType', contentType)
      url.searchParams.set('signature', signatureOf(url, stateOf(this).signingKey))
      return url.href
    })
  }

  /**
   * What a signed address permits, as long as it does.
   * @throws PermissionDeniedError for an address that this world has not signed, or that has expired by its clock.
   * @example (await driver.ex_checkSignedUrl(await object.getSignedUrl())).objectName
   */
  async ex_checkSignedUrl(url: string, options?: CallOptions): Promise<DummySignedUrl> {
    const parsed = new URL(url)
    const given = Buffer.from(parsed.searchParams.get('signature') ?? '')
    parsed.searchParams.delete('signature')
    const right = Buffer.from(signatureOf(parsed, stateOf(this).signingKey))
    if (given.length !== right.length || !timingSafeEqual(given, right)) {
      throw new PermissionDeniedError('The signature does not match the address', aboutCall(options))
    }
    const expires = new Date(Number(parsed.searchParams.get('expires')) * 1000)
    if (expires <= worldOf(this).now) throw new PermissionDeniedError('The address has expired', aboutCall(options))
    const [containerName = '', ...rest] = parsed.pathname.slice(1).split('/')
    return {
      containerName,
      objectName: rest.map(decodeURIComponent).join('/'),
      method: parsed.searchParams.get('method') as 'GET' | 'PUT',
      expires,
      contentType: parsed.searchParams.get('contentType') ?? undefined,
    }
  }

  /**
   * Changes an object's bytes but not its checksum: a download must notice it.
   * @throws ObjectDoesNotExistError
   * @throws InvalidRequestError for an object without bytes.
   * @example await driver.ex_corruptObject({ name: 'a.txt', container })
   */
  async ex_corruptObject(object: ObjectRef, options?: CallOptions): Promise<void> {
    await perform(this, 'ex_corruptObject', object.name, options, () => {
      const { bytes } = this.#object(object, options)
      if (bytes.length === 0) {
        const details = { ...aboutCall(options), argument: 'object', allowed: 'an object that has bytes' }
        throw new InvalidRequestError(`ex_corruptObject: 'object' must be ${details.allowed}`, details)
      }
      bytes.writeUInt8(bytes.readUInt8(0) ^ 0xff, 0)
    })
  }

  /**
   * The world that the driver is in: to be shared with another driver, or to be looked at.
   * @example new DummyBackupDriver({ world: driver.ex_world() })
   */
  ex_world(_options?: CallOptions): DummyWorld {
    return worldOf(this)
  }
  /**
   * Lets time pass in the driver's world, in milliseconds: at once, also before the promise is awaited.
   * @example await driver.ex_advance(60_000)
   */
  async ex_advance(ms: number, _options?: CallOptions): Promise<void> {
    worldOf(this).advance(ms)
  }
  /**
   * Lets the next calls of a method fail: see {@link DummyWorld.fail}.
   * @example await driver.ex_fail('uploadObjectViaStream', ConnectionError, { after: true })
   */
  async ex_fail(operation: DummyFailing, error: DummyError, options?: DummyFailOptions): Promise<void> {
    worldOf(this).fail(operation, error, options)
  }

  async #open(operation: string, object: ObjectRef, range: ByteRange, options: StreamOptions = {}): Promise<Readable> {
    const { noted, lost } = await arrive(this, operation, object.name, options)
    try {
      const { bytes } = this.#object(object, options)
      const { start, end = bytes.length } = range
      if (start > 0 && start >= bytes.length) {
        const details = { ...aboutCall(options), argument: 'range.start', allowed: `less than ${bytes.length}` }
        throw new InvalidRequestError(`${operation}: 'range.start' must be ${details.allowed}`, details)
      }
      const part = bytes.subarray(start, Math.min(end, bytes.length))
      noted.outcome = lost ? 'failed' : 'done'
      return reported(streamOf(part, lost, options.signal), part.length, options)
    } catch (error) {
      Object.assign(noted, { outcome: 'failed', error })
      throw error
    }
  }

  #container(name: string, options: CallOptions | undefined): ContainerRow {
    return stateOf(this).containers.get(name, options)
  }
  #object({ name, container }: ObjectRef, options: CallOptions | undefined): ObjectRow {
    const row = this.#container(container.name, options).objects.get(name)
    if (row) return row
    throw new ObjectDoesNotExistError(`There is no object '${name}' in '${container.name}'`, aboutCall(options))
  }

  #toContainer({ id, isPublic }: ContainerRow): Container<DummyStorageExtra> {
    return new Container(this, { name: id, extra: { isPublic } })
  }
  #toObject({ bytes, isPublic, ...row }: ObjectRow, container: NamedRef): StorageObject<DummyStorageExtra> {
    return new StorageObject(this, { ...row, size: bytes.length, container, extra: { isPublic } })
  }
}

function stateOf(driver: DummyStorageDriver): State {
  const world = worldOf(driver)
  return world.part('storage', () => ({
    containers: new Table<ContainerRow>('container', ContainerDoesNotExistError),
    signingKey: world.randomText(32),
  }))
}

function toRow(name: string, bytes: Buffer, lastModified: Date, options: UploadOptions = {}): ObjectRow {
  const metaData = Object.fromEntries(
    Object.entries(options.metaData ?? {}).map(([key, value]) => [key.toLowerCase(), value]),
  )
  const contentType = options.contentType ?? guessContentType(name)
  const hash = createHash('md5').update(bytes).digest('hex')
  return { name, bytes, hash, contentType, metaData, lastModified, isPublic: false }
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

function nameOf(token: string, options: CallOptions | undefined): string {
  if (!/^[\w-]+$/.test(token)) throw badToken(options)
  return Buffer.from(token, 'base64url').toString()
}

const inPath = (name: string): string => name.split('/').map(encodeURIComponent).join('/')

function signatureOf(url: URL, key: string): string {
  return createHmac('sha256', key).update(`${url.pathname}?${url.searchParams}`).digest('hex')
}
