import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises'
import { join, posix } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { InvalidRequestError, MalformedResponseError } from '../../lib/errors.js'
import { type BodySource, isBodySource, lengthOf } from '../../lib/http/body.js'
import type { ReplyHead } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { operationOf } from '../../lib/options.js'
import { instanceOf, instancePath, refuse } from './names.js'
import { LXDServer } from './server.js'
import type { LXDCallOptions, LXDName } from './types.js'

/** What lies at a path of an instance. */
export interface LXDFile {
  readonly type: 'file' | 'directory' | 'symlink'
  /** Permissions, as in `0o644`. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Of a directory: the names in it. */
  readonly entries: readonly string[] | undefined
  /** Of a link: where it leads; servers tell the whole path, also of a relative one. */
  readonly target: string | undefined
}
/** A file, and its bytes. */
export interface LXDFileStream extends LXDFile {
  /** To be read to its end, or destroyed. */
  readonly stream: Readable
}
/** Whose something is, and who may use it. */
export interface LXDFileOptions extends LXDCallOptions {
  /** As in `0o644`. @defaultValue the instance's own choice: 0o644 of files, 0o755 of directories */
  ex_mode?: number | undefined
  /** @defaultValue 0 */
  ex_uid?: number | undefined
  /** @defaultValue 0 */
  ex_gid?: number | undefined
}
/** What `ex_pushFile` takes. */
export interface LXDPushOptions extends LXDFileOptions {
  /** Adds to what is there. @defaultValue false */
  ex_append?: boolean | undefined
  /** Bytes of a stream, where known. */
  ex_contentLength?: number | undefined
}
/** What is sent and fetched with all that lies below. */
export interface LXDTreeOptions extends LXDFileOptions {
  /** Told of every file, directory and link: its path inside of the tree. */
  ex_onEntry?: ((path: string) => void) | undefined
}

/** Files of instances, running or not. Paths are absolute; links are not followed out of the instance. */
export class LXDFiles extends LXDServer {
  /**
   * What lies at a path; of a directory what lies in it. Of a file nothing is transferred.
   * @example const { entries } = await driver.ex_statFile('web-1', '/etc')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_files_get
   */
  async ex_statFile(instance: LXDName, at: string, options?: LXDCallOptions): Promise<LXDFile> {
    const { stream, ...file } = await this.ex_openFile(instance, at, options)
    stream.on('error', () => {}).destroy()
    return file
  }

  /**
   * A file's bytes, as they come.
   * @example
   * ```ts
   * const { stream } = await driver.ex_openFile('web-1', '/var/log/syslog')
   * await pipeline(stream, createWriteStream('syslog'))
   * ```
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_files_get
   */
  async ex_openFile(instance: LXDName, at: string, options?: LXDCallOptions): Promise<LXDFileStream> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const query = { ...this.connection.query(found), path: instancePath(this.provider, at) }
    const spec = { path: path`/1.0/instances/${name}/files`, query }
    const reply = await this.connection.stream(spec, found)
    const head = fileOf(reply, this.connection.places.headers.toLowerCase())
    if (head.type === 'file') return { ...head, entries: undefined, target: undefined, stream: reply.body }
    const bytes = await all(reply.body)
    const text = bytes.toString()
    if (head.type === 'symlink') return { ...head, entries: undefined, target: text.trim(), stream: reply.body }
    return { ...head, entries: entriesOf(this.provider, text, options), target: undefined, stream: reply.body }
  }

  /**
   * A file's bytes.
   * @example const hosts = (await driver.ex_pullFile('web-1', '/etc/hosts')).toString()
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_files_get
   */
  async ex_pullFile(instance: LXDName, at: string, options?: LXDCallOptions): Promise<Buffer> {
    return all((await openRegular(this, instance, at, options)).stream)
  }

  /**
   * Fetches a file into one of this machine, with its permissions.
   * @example await driver.ex_downloadFile('web-1', '/var/log/syslog', 'syslog')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_files_get
   */
  async ex_downloadFile(instance: LXDName, at: string, localPath: string, options?: LXDCallOptions): Promise<LXDFile> {
    const { stream, ...file } = await openRegular(this, instance, at, options)
    await pipeline(stream, createWriteStream(localPath, { mode: file.mode }))
    return file
  }

  /**
   * Writes a file: all of it, or adds to it.
   * @example await driver.ex_pushFile('web-1', '/etc/motd', 'Hello\n', { ex_mode: 0o644 })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_files_post
   */
  async ex_pushFile(instance: LXDName, at: string, data: BodySource, options?: LXDPushOptions): Promise<void> {
    if (!isBodySource(data)) throw refuse(this.provider, 'data', data, 'text, bytes, a stream or an iterable of bytes')
    const write = options?.ex_append ? 'append' : 'overwrite'
    const contentLength = lengthOf(data) ?? options?.ex_contentLength
    await post(this, instance, at, { type: 'file', write }, options, { body: data, contentLength })
  }

  /**
   * Sends a file of this machine.
   * @example await driver.ex_uploadFile('web-1', 'site.tar', '/root/site.tar')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_files_post
   */
  async ex_uploadFile(instance: LXDName, localPath: string, at: string, options?: LXDPushOptions): Promise<void> {
    const { size, mode } = await lstat(localPath).catch(cause => {
      throw unreadable(this.provider, localPath, cause)
    })
    const stream = createReadStream(localPath)
    await this.ex_pushFile(instance, at, stream, { ex_mode: mode & 0o7777, ...options, ex_contentLength: size })
  }

  /**
   * Makes a directory; the one that it lies in must be there.
   * @example await driver.ex_makeDirectory('web-1', '/srv/site', { ex_uid: 33, ex_gid: 33 })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_files_post
   */
  async ex_makeDirectory(instance: LXDName, at: string, options?: LXDFileOptions): Promise<void> {
    await post(this, instance, at, { type: 'directory' }, options)
  }

  /**
   * Makes a link.
   * @example await driver.ex_makeSymlink('web-1', '/srv/current', '/srv/site-2')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_files_post
   */
  async ex_makeSymlink(instance: LXDName, at: string, target: string, options?: LXDFileOptions): Promise<void> {
    await post(this, instance, at, { type: 'symlink' }, options, { body: target })
  }

  /**
   * Deletes a file, a link, or an empty directory.
   * @example await driver.ex_deleteFile('web-1', '/etc/motd')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_files_delete
   */
  async ex_deleteFile(instance: LXDName, at: string, options?: LXDCallOptions): Promise<void> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const query = { path: instancePath(this.provider, at) }
    await this.connection.change({ method: 'DELETE', path: path`/1.0/instances/${name}/files`, query }, found)
  }

  /**
   * Sends a directory of this machine with all that lies in it: files, directories and links, with their permissions.
   * Owners are those of the options.
   * @example await driver.ex_pushDirectory('web-1', 'site', '/srv/site', { ex_uid: 33, ex_gid: 33 })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_files_post
   */
  async ex_pushDirectory(instance: LXDName, localPath: string, at: string, options?: LXDTreeOptions): Promise<void> {
    const send = async (local: string, remote: string, inside: string): Promise<void> => {
      options?.signal?.throwIfAborted()
      const entry = await lstat(local).catch(cause => {
        throw unreadable(this.provider, local, cause)
      })
      const also = { ...options, ex_mode: options?.ex_mode ?? entry.mode & 0o7777 }
      options?.ex_onEntry?.(inside)
      if (entry.isSymbolicLink()) return this.ex_makeSymlink(instance, remote, await readlink(local), options)
      if (entry.isFile()) return this.ex_uploadFile(instance, local, remote, also)
      if (!entry.isDirectory()) return
      // What makes a file of mode 0o644 would make a directory that nobody can enter.
      await this.ex_makeDirectory(instance, remote, { ...options, ex_mode: entry.mode & 0o7777 })
      for (const name of (await readdir(local)).sort())
        await send(
          join(local, name),
          `${remote === '/' ? '' : remote}/${name}`,
          inside === '' ? name : `${inside}/${name}`,
        )
    }
    await send(localPath, instancePath(this.provider, at).replace(/(?<=.)\/+$/, ''), '')
  }

  /**
   * Fetches a directory with all that lies in it, with permissions. Names that would lead out of `localPath` are refused.
   * @example await driver.ex_pullDirectory('web-1', '/etc/nginx', 'nginx')
   * @throws MalformedResponseError for a name that no directory can have
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_files_get
   */
  async ex_pullDirectory(instance: LXDName, at: string, localPath: string, options?: LXDTreeOptions): Promise<void> {
    const root = instancePath(this.provider, at).replace(/(?<=.)\/+$/, '')
    const fetch = async (remote: string, local: string, inside: string): Promise<void> => {
      options?.signal?.throwIfAborted()
      const file = await this.ex_openFile(instance, remote, options)
      options?.ex_onEntry?.(inside)
      const mode = options?.ex_mode ?? file.mode
      if (file.type === 'file') return pipeline(file.stream, createWriteStream(local, { flags: 'wx', mode }))
      if (file.type === 'symlink') return symlink(within(root, remote, file.target as string), local)
      await mkdir(local, { recursive: inside === '' })
      for (const name of file.entries ?? [])
        await fetch(
          `${remote === '/' ? '' : remote}/${name}`,
          join(local, name),
          inside === '' ? name : `${inside}/${name}`,
        )
      // Last: a directory that may not be written could not be filled.
      await chmod(local, file.mode)
    }
    await fetch(root, localPath, '')
  }
}

/** Servers tell absolute targets also of relative links: what stays in the tree is to stay there in the copy too. */
function within(root: string, link: string, target: string): string {
  const inside = target === root || target.startsWith(root === '/' ? '/' : `${root}/`)
  return inside ? posix.relative(posix.dirname(link), target) || '.' : target
}

/** A file, and nothing else. */
async function openRegular(
  driver: LXDFiles,
  instance: LXDName,
  at: string,
  options: LXDCallOptions | undefined,
): Promise<LXDFileStream> {
  const file = await driver.ex_openFile(instance, at, options)
  if (file.type === 'file') return file
  file.stream.on('error', () => {}).destroy()
  throw refuse(driver.provider, 'path', at, `that of a file, and there is a ${file.type}`)
}

async function post(
  { connection, provider }: LXDFiles,
  instance: LXDName,
  at: string,
  about: { readonly type: LXDFile['type']; readonly write?: string },
  options: LXDFileOptions | undefined,
  content: { readonly body?: BodySource; readonly contentLength?: number | undefined } = {},
): Promise<void> {
  const [name, found] = instanceOf(provider, instance, options)
  const { headers: prefix } = connection.places
  const { ex_mode: mode, ex_uid: uid, ex_gid: gid } = options ?? {}
  const headers = {
    'content-type': 'application/octet-stream',
    [`${prefix}type`]: about.type,
    [`${prefix}write`]: about.write,
    [`${prefix}mode`]: mode === undefined ? undefined : `0${mode.toString(8)}`,
    [`${prefix}uid`]: uid?.toString(),
    [`${prefix}gid`]: gid?.toString(),
  }
  const query = { path: instancePath(provider, at) }
  const spec = { method: 'POST', path: path`/1.0/instances/${name}/files`, query, headers, ...content } as const
  await connection.change(spec, found)
}

function entriesOf(provider: string, text: string, options: LXDCallOptions | undefined): readonly string[] {
  const details = { provider, operation: operationOf(options) }
  let names: unknown
  try {
    names = (JSON.parse(text) as { metadata?: unknown }).metadata
  } catch (cause) {
    throw new MalformedResponseError(`'${provider}' answered what is not JSON`, { ...details, cause })
  }
  const isName = (each: unknown): boolean => typeof each === 'string' && each !== '' && !/^\.{1,2}$|[/\0]/.test(each)
  if (names === null || names === undefined) return []
  if (Array.isArray(names) && names.every(isName)) return names as string[]
  throw new MalformedResponseError(`'${provider}' lists a directory with names that no file can have`, details)
}

async function all(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function fileOf({ headers }: ReplyHead, prefix: string): Pick<LXDFile, 'type' | 'mode' | 'uid' | 'gid'> {
  const type = headers[`${prefix}type`]
  return {
    type: type === 'directory' || type === 'symlink' ? type : 'file',
    mode: Number.parseInt(headers[`${prefix}mode`] ?? '0', 8) & 0o7777,
    uid: Number(headers[`${prefix}uid`] ?? 0),
    gid: Number(headers[`${prefix}gid`] ?? 0),
  }
}

function unreadable(provider: string, file: string, cause: unknown): InvalidRequestError {
  const allowed = 'the path of something readable'
  const message = `'localPath' must be ${allowed}, not ${JSON.stringify(file)} (${(cause as NodeJS.ErrnoException).code})`
  return new InvalidRequestError(message, { provider, argument: 'localPath', allowed, cause })
}
