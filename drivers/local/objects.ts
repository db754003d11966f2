import type { BigIntStats } from 'node:fs'
import { type FileHandle, lstat, mkdir, rename, rmdir, unlink } from 'node:fs/promises'
import { ConflictError, ContainerAlreadyExistsError, ServiceError } from '../../lib/errors.js'
import {
  type Description,
  type Identity,
  readDescriptions,
  removeDescription,
  removeLitter,
  writeDescription,
} from './descriptions.js'
import { ABSENT, type About, Blocked, codeOf, NOT_EMPTY } from './errors.js'
import { allDone } from './limits.js'
import { type Folder, inFolder } from './tree.js'
import { entriesOf, type Found } from './walk.js'

/** Where an object lies. */
export interface Place {
  readonly root: string
  readonly container: string
  /** The object's name, and its parts. */
  readonly name: string
  readonly folders: readonly string[]
  readonly file: string
}

/** What is known of a file and of what is kept beside it. */
export interface Known {
  readonly name: string
  readonly stats: BigIntStats
  readonly description: Description | undefined
}

/** A folder that a deletion removes is made again so many times. */
const ATTEMPTS = 100

/** Calls `work` with the folder that an object lies in. */
export function inPlace<T>(place: Place, work: (folder: Folder) => Promise<T>): Promise<T> {
  return inFolder(place.root, [place.container, ...place.folders], work)
}

/** Makes a container's folder: mkdir(2) succeeds once. */
export async function makeContainer(above: Folder, name: string, about: About): Promise<void> {
  try {
    await mkdir(above.at(name))
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw cause
    const found = await lstat(above.at(name)).catch(() => undefined)
    if (found && !found.isDirectory()) throw inTheWay(about, `what has the name '${name}' is no folder`, cause)
    throw new ContainerAlreadyExistsError(`${about.operation}: '${name}' exists already`, { ...about, cause })
  }
}

/** Puts a complete file where its object is to be: the description first, then the rename that makes both visible. */
export async function putInPlace(
  temporary: string,
  place: Place,
  identity: Identity,
  description: Description,
  options: { readonly about: About; readonly sync: boolean },
): Promise<void> {
  const { root, container, folders, name } = place
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        await writeDescription(root, container, name, identity, description, options.sync)
        await inFolder(root, [container, ...folders], folder => replace(temporary, folder, place, options), 1)
        return
      } catch (error) {
        const gone = error instanceof Blocked ? error.at > 0 && error.code === 'ENOENT' : codeOf(error) === 'ENOENT'
        if (!gone || attempt === ATTEMPTS) throw conflict(error, place, options.about)
        await refuseLost(temporary, options.about)
      }
    }
  } catch (error) {
    await removeDescription(root, container, name, identity)
    await removeEmptyFolders(place)
    throw error
  }
}

async function replace(
  temporary: string,
  folder: Folder,
  place: Place,
  { about, sync }: { readonly about: About; readonly sync: boolean },
): Promise<void> {
  const { root, container, file, name } = place
  const old = await hold(folder, file)
  try {
    if (old === 'folder') await removeEmptyTree(folder, file)
    else if (old === 'other') throw inTheWay(about, `what has the name '${name}' is neither an object nor a folder`)
    await folder.verify()
    await rename(temporary, folder.at(file))
    if (typeof old === 'object') {
      await removeDescription(root, container, name, old.identity)
      await removeLitter(root, container, name)
    }
    if (sync) await folder.sync()
  } finally {
    if (typeof old === 'object') await old.release()
  }
}

interface Held {
  readonly identity: Identity
  release(): Promise<void>
}

/**
 * Looks at what is to be replaced or deleted, and holds it open: as long as it is, no new file can get its inode, and
 * with it its identity, so that the description to be removed is surely its own.
 */
async function hold(folder: Folder, name: string): Promise<Held | 'folder' | 'other' | undefined> {
  let stats: BigIntStats
  try {
    stats = await lstat(folder.at(name), { bigint: true })
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  if (stats.isDirectory()) return 'folder'
  if (!stats.isFile()) return 'other'
  let file: FileHandle | undefined
  try {
    file = await folder.openFile(name)
    stats = await file.stat({ bigint: true })
  } catch {
    // Gone, or not for us to read: replacing and deleting need leave for the folder only.
  }
  return { identity: stats, release: async () => file?.close() }
}

/** Deletes an object's file; `false` where there is none. */
export async function removeObject(place: Place): Promise<boolean> {
  const { root, container, file, name } = place
  const removed = await inPlace(place, async folder => {
    const old = await hold(folder, file)
    if (typeof old !== 'object') return false
    try {
      await folder.verify()
      await unlink(folder.at(file))
      await removeDescription(root, container, name, old.identity)
      await removeLitter(root, container, name)
      return true
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false
      throw error
    } finally {
      await old.release()
    }
  })
  if (removed) await removeEmptyFolders(place)
  return removed
}

/** Removes the folders that lead to an object, from the last one up, as far as nothing is in them. */
async function removeEmptyFolders({ root, container, folders }: Place): Promise<void> {
  try {
    for (let count = folders.length; count > 0; count--) {
      const above = [container, ...folders.slice(0, count - 1)]
      await inFolder(root, above, folder => rmdir(folder.at(folders[count - 1] as string)))
    }
  } catch {
    // Not empty, or someone else's: rmdir(2) removes no file, whoever puts one there meanwhile.
  }
}

/** Removes a folder that holds folders only. Fails with ENOTEMPTY where there is anything else. */
export async function removeEmptyTree(above: Folder, name: string): Promise<void> {
  const inside: string[] = []
  const folder = await above.enter(name)
  try {
    for await (const entry of await entriesOf(folder)) {
      if (!entry.isDirectory()) throw notEmpty()
      inside.push(entry.name.toString())
    }
    for (const each of inside) {
      await removeEmptyTree(folder, each).catch(error => {
        // What was a folder a moment ago is something else, or gone.
        if (codeOf(error) !== 'ENOENT') throw ABSENT.has(codeOf(error)) ? notEmpty() : error
      })
    }
  } finally {
    await folder.close()
  }
  await above.verify()
  await rmdir(above.at(name))
}

function notEmpty(): Error {
  return Object.assign(new Error('not empty'), { code: 'ENOTEMPTY', syscall: 'rmdir' })
}

/** What stands in the way of an upload: `a` and `a/b` cannot both be files. */
function conflict(error: unknown, { name, folders }: Place, about: About): unknown {
  if (error instanceof Blocked && error.at > 0 && ABSENT.has(error.code) && error.code !== 'ENOENT') {
    const part = folders.slice(0, error.at).join('/')
    return inTheWay(about, `'${part}' is an object or a link, so that nothing can lie in it`, error.cause)
  }
  const code = error instanceof Blocked ? '' : codeOf(error)
  if (NOT_EMPTY.has(code) || code === 'EISDIR') {
    return inTheWay(about, `'${name}' is a folder that is not empty: objects lie in it`, error)
  }
  return error
}

function inTheWay(about: About, what: string, cause?: unknown): ConflictError {
  const text = `${about.operation ?? 'upload'}: ${what}`
  return new ConflictError(text, cause === undefined ? about : { ...about, cause })
}

async function refuseLost(temporary: string, about: About): Promise<void> {
  const found = await lstat(temporary).catch(() => undefined)
  if (!found) throw new ServiceError(`${about.operation}: the unfinished upload was removed by another program`, about)
}

/** A file and its own description; `undefined` where there is no such object. */
export async function lookAt(place: Place): Promise<Known | undefined> {
  const { root, container, folders, name } = place
  const found = await lookAtAll(root, container, folders, [{ name, file: place.file }])
  return found[0]
}

/** The same of several files of one folder; those that are gone are left out. */
export async function lookAtAll(
  root: string,
  container: string,
  folders: readonly string[],
  files: readonly { readonly name: string; readonly file: string }[],
): Promise<Known[]> {
  const known = new Map<string, Known>()
  let waiting = await statAll(root, container, folders, files)
  for (let attempt = 1; waiting.length > 0; attempt++) {
    const seen = waiting.map(({ name, stats }) => ({ name, identity: stats }))
    const descriptions = await readDescriptions(root, container, seen, false)
    for (const [index, { name, stats }] of waiting.entries()) {
      known.set(name, { name, stats, description: descriptions?.[index] })
    }
    if (descriptions === undefined) break
    const bare = waiting.filter((_, index) => descriptions[index] === undefined)
    if (bare.length === 0) break
    // Another program's file, or one that was replaced between the two looks, with its description gone: look again.
    const now = new Map((await statAll(root, container, folders, bare)).map(each => [each.name, each]))
    for (const { name } of bare) if (!now.has(name)) known.delete(name)
    const still = bare.filter(({ name, stats }) => isSame(now.get(name)?.stats, stats))
    await lookForCopies(root, container, still, known)
    waiting = [...now.values()].filter(each => !isSame(each.stats, known.get(each.name)?.stats))
    if (attempt === ATTEMPTS) break
  }
  return files.map(({ name }) => known.get(name)).filter(each => each !== undefined)
}

/** The same of files of any folders of a container, in their order. */
export async function lookAtBatch(root: string, container: string, batch: readonly Found[]): Promise<Known[]> {
  const all: Known[] = []
  for (let from = 0, to = 0; from < batch.length; from = to) {
    const { folders } = batch[from] as Found
    while (batch[to]?.folders === folders) to++
    all.push(...(await lookAtAll(root, container, folders, batch.slice(from, to))))
  }
  return all
}

async function lookForCopies(
  root: string,
  container: string,
  files: readonly Located[],
  known: Map<string, Known>,
): Promise<void> {
  if (files.length === 0) return
  const seen = files.map(({ name, stats }) => ({ name, identity: stats }))
  const descriptions = await readDescriptions(root, container, seen, true)
  for (const [index, { name, stats }] of files.entries()) {
    known.set(name, { name, stats, description: descriptions?.[index] })
  }
}

interface Located {
  readonly name: string
  readonly file: string
  readonly stats: BigIntStats
}

async function statAll(
  root: string,
  container: string,
  folders: readonly string[],
  files: readonly { readonly name: string; readonly file: string }[],
): Promise<Located[]> {
  try {
    return await inFolder(root, [container, ...folders], async folder => {
      const found = await allDone(files.map(each => statOne(folder, each)))
      await folder.verify()
      return found.filter(each => each !== undefined)
    })
  } catch (error) {
    const code = error instanceof Blocked ? (error.at > 0 ? error.code : '') : codeOf(error)
    if (folders.length > 0 && ABSENT.has(code)) return []
    throw error
  }
}

async function statOne(folder: Folder, { name, file }: Omit<Located, 'stats'>): Promise<Located | undefined> {
  try {
    const stats = await lstat(folder.at(file), { bigint: true })
    return stats.isFile() ? { name, file, stats } : undefined
  } catch (error) {
    if (ABSENT.has(codeOf(error))) return undefined
    throw error
  }
}

function isSame(a: Identity | undefined, b: Identity | undefined): boolean {
  return a !== undefined && b !== undefined && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs
}
