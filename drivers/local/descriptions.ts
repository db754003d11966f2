import { createHash } from 'node:crypto'
import { type BigIntStats, constants } from 'node:fs'
import { lstat, open, readFile, rmdir, unlink } from 'node:fs/promises'
import { ABSENT, Blocked, codeOf } from './errors.js'
import { allDone } from './limits.js'
import { HIDDEN } from './names.js'
import { type Folder, inFolder } from './tree.js'
import { entriesOf } from './walk.js'

/*
 * Where an object's content type, metadata and checksum are kept: in a file of their own, whose name holds the
 * object's name (hashed) and what tells its file from every other: size, time and inode. An upload writes it before it
 * puts the object in its place, so that one rename makes both visible, and a reader who looks for the description of
 * the very file it has seen cannot find another's. What no reader can reach any more is only litter.
 */

/** What is kept beside an object's bytes. */
export interface Description {
  readonly contentType: string
  readonly metaData: Readonly<Record<string, string>>
  /** The MD5 of the bytes, where it was taken. */
  readonly hash: string | undefined
}

/** Tells one version of a file from another. */
export type Identity = Pick<BigIntStats, 'size' | 'mtimeNs' | 'ino'>

/** Older than this, what no object refers to is no upload's that is just about to end. */
const LITTER_AGE = 900_000

function keyOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 40)
}
const alike = ({ size, mtimeNs }: Identity): string => `${size}.${mtimeNs}.`
const suffix = (identity: Identity): string => `${alike(identity)}${identity.ino}`
const shardOf = (container: string, key: string): string[] => [HIDDEN, 'meta', container, key.slice(0, 2)]

/** Writes the description of a file that is about to become the object. */
export async function writeDescription(
  root: string,
  container: string,
  name: string,
  identity: Identity,
  description: Description,
  sync: boolean,
): Promise<void> {
  const key = keyOf(name)
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW = 0 } = constants
  await inFolder(
    root,
    shardOf(container, key),
    async folder => {
      const file = await open(folder.at(`${key}.${suffix(identity)}`), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o666)
      try {
        await file.writeFile(JSON.stringify({ version: 1, name, ...description }))
        if (sync) await file.sync()
      } finally {
        await file.close()
      }
      if (sync) await folder.sync()
    },
    0,
  )
}

/** Forgets the description of a file that is no object any more, or did not become one. */
export async function removeDescription(
  root: string,
  container: string,
  name: string,
  identity: Identity,
): Promise<void> {
  const key = keyOf(name)
  await ignoring(inFolder(root, shardOf(container, key), folder => unlink(folder.at(`${key}.${suffix(identity)}`))))
}

/**
 * Removes the old descriptions of a name whose object has just been replaced or deleted: uploads at the same time, and
 * processes that end between two steps, leave some.
 */
export async function removeLitter(root: string, container: string, name: string): Promise<void> {
  const key = keyOf(name)
  await ignoring(
    inFolder(root, shardOf(container, key), folder => removeOld(folder, LITTER_AGE, file => file.startsWith(key))),
  )
}

/** Of a container that is gone. Young files stay: they may belong to a new container of the same name. */
export async function removeDescriptions(root: string, container: string): Promise<void> {
  const above = [HIDDEN, 'meta']
  await ignoring(
    inFolder(root, [...above, container], async shards => {
      for await (const shard of await entriesOf(shards)) {
        const name = shard.name.toString()
        await ignoring(inFolder(root, [...above, container, name], folder => removeOld(folder, LITTER_AGE)))
        await ignoring(rmdir(shards.at(name)))
      }
    }),
  )
  await ignoring(inFolder(root, above, folder => rmdir(folder.at(container))))
}

/** Removes the files of a folder that nobody has touched for so many milliseconds. */
export async function removeOld(
  folder: Folder,
  age: number,
  concerns: (file: string) => boolean = () => true,
): Promise<void> {
  const before = Date.now() - age
  for await (const entry of await entriesOf(folder)) {
    const file = entry.name.toString()
    if (!entry.isFile() || !concerns(file)) continue
    const path = folder.at(file)
    const found = await lstat(path).catch(() => undefined)
    if (found && found.mtimeMs < before) await ignoring(unlink(path))
  }
}

/** Tidying up is no reason for a call to fail. */
async function ignoring(work: Promise<unknown>): Promise<void> {
  await work.catch(() => {})
}

/** A file that was seen, and where its name is. */
export interface Seen {
  readonly name: string
  readonly identity: Identity
}

/**
 * The descriptions of files that were seen: `undefined` for one that has none, be it another program's, or changed or
 * replaced since, and for all where the container has none. `copies` accepts those of files with other inodes.
 */
export async function readDescriptions(
  root: string,
  container: string,
  seen: readonly Seen[],
  copies: boolean,
): Promise<(Description | undefined)[] | undefined> {
  const found: (Description | undefined)[] = seen.map(() => undefined)
  const shards = new Map<string, { index: number; key: string; seen: Seen }[]>()
  for (const [index, each] of seen.entries()) {
    const key = keyOf(each.name)
    const shard = shards.get(key.slice(0, 2)) ?? []
    shard.push({ index, key, seen: each })
    shards.set(key.slice(0, 2), shard)
  }
  const readShard = async (all: Folder, shard: string): Promise<void> => {
    const folder = await all.enter(shard)
    try {
      const siblings = copies ? await namesIn(folder) : []
      for (const { index, key, seen } of shards.get(shard) ?? []) {
        // A copy of the whole tree has other inodes, but the same sizes and times.
        const copy = siblings.find(name => name.startsWith(`${key}.${alike(seen.identity)}`))
        if (copy !== undefined || !copies) {
          found[index] = await readOne(folder, copy ?? `${key}.${suffix(seen.identity)}`, seen.name)
        }
      }
    } finally {
      await folder.close()
    }
  }
  try {
    return await inFolder(root, [HIDDEN, 'meta', container], async all => {
      const waiting = [...shards.keys()]
      const worker = async (): Promise<void> => {
        for (let shard = waiting.pop(); shard !== undefined; shard = waiting.pop()) {
          await readShard(all, shard).catch(absent)
        }
      }
      await allDone(Array.from({ length: 4 }, worker))
      return found
    })
  } catch (error) {
    return absent(error)
  }
}

function absent(error: unknown): undefined {
  const code = error instanceof Blocked && error.at >= 0 ? error.code : codeOf(error)
  if (!ABSENT.has(code)) throw error
}

async function namesIn(folder: Folder): Promise<string[]> {
  const names: string[] = []
  for await (const entry of await entriesOf(folder)) names.push(entry.name.toString())
  return names
}

async function readOne(folder: Folder, file: string, name: string): Promise<Description | undefined> {
  let text: string
  try {
    const handle = await folder.openFile(file)
    try {
      text = await readFile(handle, 'utf8')
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (ABSENT.has(codeOf(error))) return undefined
    throw error
  }
  return parse(text, name)
}

/** A file that is damaged, or another name's, describes nothing. */
function parse(text: string, name: string): Description | undefined {
  let raw: Readonly<Record<string, unknown>>
  try {
    raw = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof raw !== 'object' || raw === null || raw['version'] !== 1 || raw['name'] !== name) return undefined
  const { contentType, metaData, hash } = raw
  if (typeof contentType !== 'string' || typeof metaData !== 'object' || metaData === null) return undefined
  if (!Object.values(metaData).every(value => typeof value === 'string')) return undefined
  return {
    contentType,
    metaData: metaData as Readonly<Record<string, string>>,
    hash: typeof hash === 'string' ? hash : undefined,
  }
}
