import type { Readable } from 'node:stream'
import type { Owned } from '../../../lib/owned.js'
import type { StorageApi, StorageMethod } from '../../../lib/storage/api.js'
import type { StorageDriver } from '../../../lib/storage/driver.js'
import type { Container, ObjectRef } from '../../../lib/storage/types.js'
import type { Defer, Lifecycle, LifecycleOptions } from './tools.js'

/** What the suite of the storage API takes. */
export interface StorageLifecycleOptions extends LifecycleOptions<StorageDriver> {
  /** Objects made to be listed: give more than a page has where that is possible. @defaultValue 7 */
  readonly many?: number | undefined
  /** Bytes of the large object: give more than one part has where uploads have parts. @defaultValue 3000017 */
  readonly large?: number | undefined
  /** Lists come in the order of the names' UTF-8 bytes. @defaultValue true */
  readonly ordered?: boolean | undefined
  /** An object may be called as another's path begins: `a` beside `a/b`. File systems cannot. @defaultValue true */
  readonly nested?: boolean | undefined
  /** Signed and public addresses can be fetched from here. @defaultValue false */
  readonly reachable?: boolean | undefined
  /** Headers that an upload to a signed address must have. @defaultValue none */
  readonly uploadHeaders?: Readonly<Record<string, string>> | undefined
  /** Names of objects that the provider cannot have. @defaultValue none */
  readonly impossible?: RegExp | undefined
  /** What is kept beside an object. @defaultValue names with hyphens, too */
  readonly metaData?: Readonly<Record<string, string>> | undefined
}

/** The suite of storage. */
export type Suite = Lifecycle<StorageDriver, StorageApi>
/** What most tests need. */
export const UP: readonly StorageMethod[] = [
  'createContainer',
  'deleteContainer',
  'deleteObject',
  'getObject',
  'uploadObjectViaStream',
  'listContainerObjects',
  'downloadObjectAsStream',
]

/** A container that a test may fill: it is emptied and deleted when the test ends. */
export async function openContainer(suite: Suite, api: StorageApi, defer: Defer): Promise<Owned<Container>> {
  const name = suite.name()
  defer(() => discard(api, name))
  const container = await api.createContainer(name)
  container.keep()
  return container
}

async function discard(api: StorageApi, name: string): Promise<void> {
  for (const object of await api.listContainerObjects({ name })) await api.deleteObject(object)
  await api.deleteContainer({ name })
}

/** A stream's bytes. */
export async function read(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}
/** An object's bytes. */
export const bytesOf = async (api: StorageApi, object: ObjectRef): Promise<Buffer> =>
  read(await api.downloadObjectAsStream(object))
/** An object by its name. */
export const at = (container: { readonly name: string }, name: string): ObjectRef => ({ name, container })
/** What is listed, in its order. */
export const names = async (api: StorageApi, container: Container, prefix?: string): Promise<string[]> =>
  (await api.listContainerObjects(container, { prefix })).map(({ name }) => name)
/** The order of UTF-8 bytes. */
export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
