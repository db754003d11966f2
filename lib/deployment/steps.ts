import { randomBytes } from 'node:crypto'
import { createReadStream, type Stats } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { posix } from 'node:path'
import type { Readable } from 'node:stream'
import type { Node } from '../compute/types.js'
import { InvalidRequestError, ServiceError } from '../errors.js'
import type { CallOptions } from '../options.js'
import { ScriptError } from './errors.js'
import { shellJoin, shellQuote } from './quote.js'
import { checkScript } from './script.js'
import type { Deployment, SSHClient } from './types.js'

/** A text, its bytes, or a stream of it, which is read once. */
export type TextSource = string | Uint8Array | Readable

const refused = (argument: string, allowed: string, cause?: unknown, why: string = ''): InvalidRequestError =>
  new InvalidRequestError(`'${argument}' must be ${allowed}${why}`, { argument, allowed, cause })

interface Kept {
  readonly read: () => Promise<Buffer>
  readonly env?: ScriptOptions['env']
}
/** What steps do not show when they are printed: scripts and variables may hold secrets. */
const kept = new WeakMap<object, Kept>()

function keptBy(step: object): Kept {
  const found = kept.get(step)
  if (!found) throw refused('this', 'a step that its constructor made')
  return found
}

/** Reads a source when it is wanted, and keeps what it held: a step may run more than once. */
function reader(source: TextSource, argument: string): () => Promise<Buffer> {
  const readable = typeof source === 'object' && source !== null && Symbol.asyncIterator in source
  if (typeof source !== 'string' && !(source instanceof Uint8Array) && !readable) {
    throw refused(argument, 'a string, bytes or a readable stream')
  }
  let held: Promise<Buffer> | undefined
  return () => {
    held ??= (async () => {
      if (typeof source === 'string' || source instanceof Uint8Array) return Buffer.from(source as string)
      const chunks: Buffer[] = []
      for await (const chunk of source) chunks.push(Buffer.from(chunk as string))
      return Buffer.concat(chunks)
    })()
    return held
  }
}

async function readLocal(path: string, argument: string): Promise<Buffer> {
  await statLocal(path, argument)
  return readFile(path).catch(cause => {
    throw refused(argument, 'the path of a readable file', cause, `: ${path} cannot be read`)
  })
}

async function statLocal(path: string, argument: string): Promise<Stats> {
  const stats = await stat(path).catch(cause => {
    const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read'
    throw refused(argument, 'the path of a readable file', cause, `: ${path} ${why}`)
  })
  if (stats.isFile()) return stats
  throw refused(
    argument,
    'the path of a file',
    undefined,
    `: ${path} is ${stats.isDirectory() ? 'a folder' : 'no file'}`,
  )
}

function checkPath(path: unknown, argument: string): asserts path is string {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw refused(argument, 'a path, without NUL')
  }
}

/** Lets a key in: adds it to the user's `~/.ssh/authorized_keys`, unless it is in there. */
export class SSHKeyDeployment implements Deployment {
  readonly name: string = 'SSHKeyDeployment'

  /** @param key One public key or several, each on a line of its own. */
  constructor(key: TextSource) {
    kept.set(this, { read: reader(key, 'key') })
  }

  /** @throws InvalidRequestError when it is no public key. */
  async prepare(): Promise<void> {
    await keysOf(this)
  }

  async run(node: Node, client: SSHClient, options?: CallOptions): Promise<Node> {
    const lines = await keysOf(this)
    const result = await client.run(ADD_KEYS, { ...options, stdin: `${lines.join('\n')}\n` })
    if (result.exitStatus !== 0) {
      const why = result.stderr.trim() || `status ${result.exitStatus ?? result.signal}`
      throw new ServiceError(`The key could not be added to ~/.ssh/authorized_keys: ${why}`)
    }
    return node
  }
}

async function keysOf(step: SSHKeyDeployment): Promise<string[]> {
  const text = (await keptBy(step).read()).toString('utf8')
  if (/PRIVATE KEY|^PuTTY-User-Key-File/m.test(text)) throw refused('key', 'a public key, not a private one')
  const lines = text.split(/\r?\n/).filter(line => line.trim() !== '')
  if (lines.length === 0) throw refused('key', 'a public key; it is empty')
  for (const [index, line] of lines.entries()) {
    // Options may stand in front of a key.
    const isKey = /(?:^|\s)(?:ssh-|ecdsa-|sk-)\S+\s+[A-Za-z0-9+/]+={0,2}(?:\s|$)/.test(line)
    if (!isKey && !line.startsWith('#'))
      throw refused('key', 'public keys, each on a line', undefined, `: line ${index + 1} is none`)
  }
  return lines
}

/** A file that does not end with a line break would swallow the first key. */
const ADD_KEYS = `sh -c ${shellQuote(`set -e
umask 077
mkdir -p "$HOME/.ssh"
file=$HOME/.ssh/authorized_keys
touch "$file"
if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then echo >>"$file"; fi
while IFS= read -r key; do
  grep -qxF -e "$key" "$file" || printf '%s\\n' "$key" >>"$file"
done`)}`

/** Copies a local file to the node, with its permission bits. */
export class FileDeployment implements Deployment {
  readonly name: string
  readonly source: string
  readonly target: string

  /**
   * @param source The local file.
   * @param target Its path on the node; relative ones lie in the user's home.
   */
  constructor(source: string, target: string) {
    checkPath(source, 'source')
    checkPath(target, 'target')
    this.name = `FileDeployment ${target}`
    this.source = source
    this.target = target
  }

  /** @throws InvalidRequestError when there is no such file. */
  async prepare(): Promise<void> {
    await statLocal(this.source, 'source')
  }

  async run(node: Node, client: SSHClient, options?: CallOptions): Promise<Node> {
    const stats = await statLocal(this.source, 'source')
    await client.put(this.target, createReadStream(this.source), { ...options, mode: stats.mode & 0o777 })
    return node
  }
}

/** How a script is put on the node and run. */
export interface ScriptOptions {
  /** The command line's arguments: each reaches the script as it is, whatever stands in it. */
  args?: readonly string[] | undefined
  /** The script's path on the node; relative ones lie in the user's home. @defaultValue `libcloud_deployment_<8 hex digits>.sh` */
  name?: string | undefined
  /** Removes the script afterwards, also when it failed. @defaultValue false */
  delete?: boolean | undefined
  /** Milliseconds that it may run. @defaultValue none */
  timeout?: number | undefined
  /** A status other than 0, or a signal, fails the step. Without it they are kept, and that is all. @defaultValue false */
  check?: boolean | undefined
  /** Variables for the script's environment. */
  env?: Readonly<Record<string, string>> | undefined
}

/** Puts a script on the node, with mode 755, and runs it. What it printed is kept on the step. */
export class ScriptDeployment implements Deployment {
  readonly name: string
  readonly args: readonly string[]
  readonly delete: boolean
  readonly timeout: number | undefined
  readonly check: boolean
  /** Of the last run; `undefined` before the first. */
  stdout: string | undefined
  /** Of the last run; `undefined` before the first. */
  stderr: string | undefined
  /** Of the last run; `undefined` before the first, and when a signal ended it. */
  exitStatus: number | undefined

  /** @param script Its text: with a first line such as `#!/bin/sh`. */
  constructor(script: TextSource, options: ScriptOptions = {}) {
    const { name = `libcloud_deployment_${randomBytes(4).toString('hex')}.sh`, args = [], timeout } = options
    checkPath(name, 'options.name')
    if (!Array.isArray(args) || args.some(arg => typeof arg !== 'string' || arg.includes('\0'))) {
      throw refused('options.args', 'a list of strings without NUL')
    }
    this.name = name
    this.args = args
    this.timeout = timeout
    this.delete = options.delete ?? false
    this.check = options.check ?? false
    kept.set(this, { read: reader(script, 'script'), env: options.env })
  }

  /** Reads the script. @throws InvalidRequestError when no machine could run it */
  async prepare(): Promise<void> {
    await scriptOf(this)
  }

  async run(node: Node, client: SSHClient, options: CallOptions = {}): Promise<Node> {
    const { env } = keptBy(this)
    const script = await scriptOf(this)
    this.stdout = this.stderr = this.exitStatus = undefined
    const path = await client.put(this.name, script, { ...options, mode: 0o755 })
    // Its full path: a relative one would be looked for in PATH.
    const file = path.startsWith('/') ? path : this.name.startsWith('/') ? this.name : `./${posix.normalize(path)}`
    try {
      const timeout = this.timeout ?? options.timeout
      const result = await client.run(shellJoin([file, ...this.args]), { ...options, timeout, env })
      this.stdout = result.stdout
      this.stderr = result.stderr
      this.exitStatus = result.exitStatus
      if (this.check && result.exitStatus !== 0) throw failed(this.name, result)
    } finally {
      // The script's own failure is the one to tell.
      if (this.delete) await client.delete(path, { timeout: 10_000 }).catch(() => {})
    }
    return node
  }
}

async function scriptOf(step: ScriptDeployment & { readonly scriptFile?: string }): Promise<Buffer> {
  const script = await keptBy(step).read()
  checkScript(script, step.scriptFile ?? step.name)
  return script
}

function failed(step: string, result: Awaited<ReturnType<SSHClient['run']>>): ScriptError {
  const { exitStatus, signal, stdout, stderr } = result
  const end = exitStatus === undefined ? `was ended by signal ${signal}` : `ended with status ${exitStatus}`
  const tail = (stderr.trim() || stdout.trim()).slice(-500)
  return new ScriptError(`${step} ${end}${tail ? `: ${tail}` : ''}`, { step, exitStatus, signal, stdout, stderr })
}

/** Puts a local file on the node as a script, and runs it. The file is read when the step runs. */
export class ScriptFileDeployment extends ScriptDeployment {
  readonly scriptFile: string

  constructor(scriptFile: string, options: ScriptOptions = {}) {
    checkPath(scriptFile, 'scriptFile')
    super('', options)
    this.scriptFile = scriptFile
    kept.set(this, { ...keptBy(this), read: () => readLocal(scriptFile, 'scriptFile') })
  }
}

/** Several steps that are one, run in order. */
export class MultiStepDeployment implements Deployment {
  readonly name: string = 'MultiStepDeployment'
  readonly steps: Deployment[] = []

  constructor(add?: Deployment | readonly Deployment[]) {
    if (add !== undefined) this.add(add)
  }

  /** Adds a step, or several, at the end. */
  add(add: Deployment | readonly Deployment[]): void {
    const steps = Array.isArray(add) ? (add as readonly Deployment[]) : [add as Deployment]
    for (const step of steps) {
      if (typeof step?.run !== 'function') throw refused('add', 'a Deployment, or a list of these')
    }
    this.steps.push(...steps)
  }

  async prepare(options?: CallOptions): Promise<void> {
    for (const step of this.steps) await step.prepare?.(options)
  }

  async run(node: Node, client: SSHClient, options?: CallOptions): Promise<Node> {
    for (const step of this.steps) await step.run(node, client, options)
    return node
  }
}
