import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, stat } from 'node:fs/promises'
import { ABSENT, Blocked, codeOf } from './errors.js'

/** Absent on Windows, where links are looked for beforehand. */
const NOFOLLOW = constants.O_NOFOLLOW ?? 0
const DIRECTORY = constants.O_DIRECTORY ?? 0
/** Without it, opening a named pipe would wait for its other end. */
const NONBLOCK = constants.O_NONBLOCK ?? 0

let anchoring: Promise<boolean> | undefined

/**
 * Whether `/proc/self/fd/<number>/name` leads to a file of an open folder, wherever that folder's path leads by now.
 * Node has no openat(2); this is as good: no link that is planted on the way can lead elsewhere.
 */
async function canAnchor(root: FileHandle): Promise<boolean> {
  const [there, here] = await Promise.all([
    stat(`/proc/self/fd/${root.fd}/.`, { bigint: true }).catch(() => undefined),
    root.stat({ bigint: true }),
  ])
  return there?.ino === here.ino && there.dev === here.dev
}

/** A folder whose files can be named without passing through a symbolic link. */
export class Folder {
  readonly #path: string
  readonly #handle: FileHandle | undefined
  /** Where the folder is not held open: what it was, to see whether it still is. */
  readonly #seen: { readonly dev: bigint; readonly ino: bigint } | undefined
  readonly #parent: Folder | undefined

  private constructor(
    path: string,
    handle: FileHandle | undefined,
    seen?: { readonly dev: bigint; readonly ino: bigint },
    parent?: Folder,
  ) {
    this.#path = path
    this.#handle = handle
    this.#seen = seen
    this.#parent = parent
  }

  /** The root: its own path may lead through links, for whoever made the driver gave it. */
  static async root(path: string): Promise<Folder> {
    if (process.platform !== 'linux') return Folder.#unanchored(path)
    const handle = await open(path, constants.O_RDONLY | DIRECTORY)
    anchoring ??= canAnchor(handle)
    if (await anchoring) return new Folder(`/proc/self/fd/${handle.fd}`, handle)
    await handle.close()
    return Folder.#unanchored(path)
  }

  static async #unanchored(path: string): Promise<Folder> {
    const found = await stat(path, { bigint: true })
    if (!found.isDirectory()) throw notFolder()
    return new Folder(path, undefined)
  }

  /** A path for a system call, good while the folder is open. */
  at(name: string): string {
    return `${this.#path}/${name}`
  }
  /** The same for the folder itself. */
  get here(): string {
    return `${this.#path}/.`
  }

  /** Enters a folder, not through a link. The errors are those of open(2). */
  async enter(name: string): Promise<Folder> {
    const path = this.at(name)
    if (this.#handle) {
      const handle = await open(path, constants.O_RDONLY | DIRECTORY | NOFOLLOW)
      return new Folder(`/proc/self/fd/${handle.fd}`, handle)
    }
    const found = await lstat(path, { bigint: true })
    if (!found.isDirectory()) throw notFolder()
    return new Folder(path, undefined, found, this)
  }

  /** The same, after making it where there is none. */
  async make(name: string): Promise<Folder> {
    try {
      return await this.enter(name)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
    await mkdir(this.at(name)).catch(error => {
      if (codeOf(error) !== 'EEXIST') throw error
    })
    return this.enter(name)
  }

  /** Opens a file for reading, not through a link. */
  async openFile(name: string): Promise<FileHandle> {
    const path = this.at(name)
    if (NOFOLLOW === 0 && (await lstat(path)).isSymbolicLink()) throw notFolder()
    const file = await open(path, constants.O_RDONLY | NOFOLLOW | NONBLOCK)
    try {
      await this.verify()
      return file
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Fails where a folder on the way has been exchanged since it was entered. Needless where folders are held open. */
  async verify(): Promise<void> {
    if (!this.#seen) return
    const now = await lstat(this.#path, { bigint: true })
    if (now.dev !== this.#seen.dev || now.ino !== this.#seen.ino || !now.isDirectory()) throw notFolder()
    await this.#parent?.verify()
  }

  /** Has the folder's entries written to the disk. */
  async sync(): Promise<void> {
    if (this.#handle) return this.#handle.sync()
    const handle = await open(this.#path, 'r').catch(() => undefined) // Windows opens no folders
    await handle?.sync().finally(() => handle.close())
  }

  async close(): Promise<void> {
    await this.#handle?.close()
  }
}

function notFolder(): Error {
  return Object.assign(new Error('not a folder'), { code: 'ENOTDIR', syscall: 'open' })
}

/** Calls `work` with a folder, which is open for as long. Folders from the index `makeFrom` on are made where missing. */
export async function inFolder<T>(
  root: string,
  parts: readonly string[],
  work: (folder: Folder) => Promise<T>,
  makeFrom: number = Number.POSITIVE_INFINITY,
): Promise<T> {
  const closing: Promise<void>[] = []
  let folder: Folder | undefined
  try {
    folder = await descend(root, parts, makeFrom, closing)
    return await work(folder)
  } finally {
    await folder?.close()
    await Promise.all(closing)
  }
}

/** Each folder is closed as soon as the next one is open, which nothing waits for until the end. */
async function descend(
  root: string,
  parts: readonly string[],
  makeFrom: number,
  closing: Promise<void>[],
): Promise<Folder> {
  let at = -1
  try {
    let folder = await Folder.root(root)
    for (const part of parts) {
      at += 1
      const above: Folder = folder
      folder = await (at < makeFrom ? above.enter(part) : above.make(part)).finally(() => {
        closing.push(above.close())
      })
    }
    return folder
  } catch (error) {
    throw new Blocked(at, error)
  }
}

/** What is known of a folder in a folder; `undefined` where there is none. A link to one is none. */
export async function lookAtFolder(above: Folder, name: string): Promise<BigIntStats | undefined> {
  try {
    const stats = await lstat(above.at(name), { bigint: true })
    return stats.isDirectory() ? stats : undefined
  } catch (error) {
    if (ABSENT.has(codeOf(error))) return undefined
    throw error
  }
}
