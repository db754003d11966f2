import { isUtf8 } from 'node:buffer'
import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { ABSENT, Blocked, codeOf } from './errors.js'
import { compareNames } from './names.js'
import { type Folder, inFolder } from './tree.js'

/** So many names of one folder are held at once; of a larger folder the next ones are read when these are done. */
const WINDOW = 50_000

/** An entry of a folder: a file, or a folder, whose name ends in a slash so that it sorts as what lies in it. */
export interface Names {
  readonly names: readonly string[]
  /** There are more beyond the last one. */
  readonly more: boolean
}

/**
 * The names in a folder that `wanted` accepts, in order: folders end in a slash; links, pipes and the like, and names
 * that are not Unicode, are left out. Only the first `most`, or up to twice as many, are ever held.
 */
export async function readNames(
  folder: Folder,
  wanted: (name: string) => boolean,
  most: number = WINDOW,
): Promise<Names> {
  const names: string[] = []
  let more = false
  const first = (): void => {
    names.sort(compareNames)
    if (names.length > most) {
      names.length = most
      more = true
    }
  }
  for await (const entry of await entriesOf(folder)) {
    if (!(entry.isFile() || entry.isDirectory()) || !isUtf8(entry.name)) continue
    const name = entry.isFile() ? entry.name.toString() : `${entry.name}/`
    if (!wanted(name)) continue
    names.push(name)
    if (names.length >= most * 2) first()
  }
  first()
  return { names, more }
}

/** All that lies in a folder. Leaving the loop closes it. Names come as bytes: a decoded one may name something else. */
export async function entriesOf(folder: Folder): Promise<AsyncIterable<Dirent<Buffer>>> {
  const options = { encoding: 'buffer', bufferSize: 512 } as unknown as { bufferSize: number }
  return (await opendir(folder.here, options)) as unknown as AsyncIterable<Dirent<Buffer>>
}

/** An object's name, and the folders of its container that it lies in. */
export interface Found {
  readonly folders: readonly string[]
  readonly file: string
  readonly name: string
}

interface Level {
  readonly folders: readonly string[]
  /** The folders, each with its slash. */
  readonly base: string
  names: readonly string[]
  next: number
  more: boolean
}

/**
 * The files below a folder in the order of their whole names, from the first one after `after`, of those whose names
 * begin with `prefix`. Nothing is open while it waits: a loop may be left, or continued much later.
 */
export async function* walk(
  root: string,
  container: string,
  after: string,
  prefix: string,
): AsyncGenerator<Found, void, undefined> {
  const levels: Level[] = [await enter([], '')]
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    const name = level.names[level.next++]
    if (name === undefined) {
      if (level.more) Object.assign(level, await read(level.folders, level.base, level.names.at(-1) ?? ''), { next: 0 })
      else levels.pop()
    } else if (name.endsWith('/')) {
      levels.push(await enter([...level.folders, name.slice(0, -1)], level.base + name))
    } else yield { folders: level.folders, file: name, name: level.base + name }
  }

  async function enter(folders: readonly string[], base: string): Promise<Level> {
    return { folders, base, next: 0, ...(await read(folders, base, '')) }
  }

  /** A folder may be gone by now; not so the container. */
  async function read(folders: readonly string[], base: string, last: string): Promise<Names> {
    const wanted = (name: string): boolean => {
      const whole = base + name
      const isFolder = name.endsWith('/')
      if (last !== '' && compareNames(name, last) <= 0) return false
      if (!whole.startsWith(prefix) && !(isFolder && prefix.startsWith(whole))) return false
      return compareNames(whole, after) > 0 || (isFolder && after.startsWith(whole))
    }
    const only = onlyFolder(base, prefix)
    if (only !== undefined) return { names: wanted(only) ? [only] : [], more: false }
    try {
      return await inFolder(root, [container, ...folders], folder => readNames(folder, wanted))
    } catch (error) {
      const code = error instanceof Blocked ? (error.at > 0 ? error.code : '') : codeOf(error)
      if (folders.length > 0 && ABSENT.has(code)) return { names: [], more: false }
      throw error
    }
  }
}

/** The one folder that can hold what begins with the prefix: its siblings need not be read. */
function onlyFolder(base: string, prefix: string): string | undefined {
  if (base === '' || !prefix.startsWith(base)) return undefined // the container itself is always read: it may be missing
  const end = prefix.indexOf('/', base.length)
  if (end < 0) return undefined
  const name = prefix.slice(base.length, end)
  // What no folder can be called must not be entered either.
  return name === '' || name === '.' || name === '..' ? undefined : `${name}/`
}

/** A walk that stands at the end of a page, and the file that it has already seen beyond it. */
export interface Walk {
  readonly token?: string
  readonly ahead: readonly Found[]
  readonly files: AsyncGenerator<Found, void, undefined>
}

/** The next files of a walk, those seen already first; fewer than `most` at its end. */
export async function take(files: Walk['files'], ahead: readonly Found[], most: number): Promise<Found[]> {
  const batch = [...ahead]
  while (batch.length < most) {
    const next = await files.next()
    if (next.done) break
    batch.push(next.value)
  }
  return batch
}
