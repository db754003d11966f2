import { randomBytes } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientChannel, PseudoTtyOptions } from 'ssh2'
import { ConnectionError, InvalidCredentialsError, InvalidRequestError, MalformedResponseError } from '../errors.js'
import { shellQuote } from './quote.js'
import { asTyped, lost, requireOpen, type Session, traceBegin, traceEnd } from './session.js'
import type { CommandResult, PtyOptions, RunOptions, SudoOptions } from './types.js'
import { within } from './within.js'

const MAX_OUTPUT = 16 * 1024 * 1024
/** Linux takes no longer argument (MAX_ARG_STRLEN), and a shell gets the command as one. */
const MAX_COMMAND = 131_071
/** Milliseconds between asking a command to end and making it. */
const GRACE = 1000
/** How often a server without other sessions is asked for one. */
const PATIENCE = 5
const SECRET_NAME = /pass|secret|token|key|credential|auth/i

/** What goes to the server for one command. */
interface Order {
  readonly line: string
  readonly env: Readonly<Record<string, string>>
  readonly pty: PseudoTtyOptions | undefined
  /** Speaks with sudo, until the command has begun. */
  readonly sudo: SudoTalk | undefined
}

/** Runs one command. */
export async function runCommand(session: Session, command: string, options: RunOptions = {}): Promise<CommandResult> {
  requireOpen(session)
  check(command, options)
  const sudo = options.sudo === true ? {} : options.sudo || undefined
  for (const [name, value] of Object.entries(options.env ?? {}))
    if (SECRET_NAME.test(name)) session.redactor.conceal(value)
  if (sudo?.password !== undefined) session.redactor.conceal(sudo.password)
  const { description, noLog } = options
  const what = description === undefined ? 'a command' : `'${description}'`
  return within(`${what} on ${session.label}`, options, async signal => {
    const release = await session.slots.take(signal)
    try {
      const order = await prepare(session, command, options, sudo, signal)
      const typed = noLog ? '' : asTyped(session, order.line)
      const note = noLog || description !== undefined ? `# ${session.label}: ${what}` : ''
      const id = traceBegin(session, [note, typed].filter(Boolean).join('\n'))
      const result = await execute(session, order, options, signal).catch(error => {
        traceEnd(session, id, `# ${error instanceof Error ? error.message : error}`)
        throw error
      })
      traceEnd(session, id, describe(noLog ? { ...result, stdout: '', stderr: '' } : result))
      // A command that closing put an end to may still tell so before the connection goes.
      if (result.signal !== undefined && session.ended) throw session.ended
      return result
    } finally {
      release()
    }
  })
}

const MAX_SHOWN = 65_536
function describe({ exitStatus, signal, stdout, stderr }: CommandResult): string {
  const cut = (text: string): string =>
    text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}\n# … ${text.length - MAX_SHOWN} more` : text
  const end = signal === undefined ? `# exit status ${exitStatus}` : `# ended by signal ${signal}`
  return [end, stdout && cut(stdout), stderr && `# stderr\n${cut(stderr)}`].filter(Boolean).join('\n')
}

function check(command: string, { env = {}, maxOutputBytes, pty, sudo }: RunOptions): void {
  const refuse = (argument: string, allowed: string): never => {
    throw new InvalidRequestError(`run: '${argument}' must be ${allowed}`, { argument, allowed })
  }
  if (typeof command !== 'string' || command.includes('\0')) refuse('command', 'a string without NUL')
  if (Buffer.byteLength(command) > MAX_COMMAND)
    refuse('command', `at most ${MAX_COMMAND} bytes; put() a script instead`)
  for (const [name, value] of Object.entries(env)) {
    if (!/^[A-Za-z_]\w*$/.test(name)) refuse('options.env', 'variables named with letters, digits and _')
    if (typeof value !== 'string' || value.includes('\0')) refuse(`options.env.${name}`, 'a string without NUL')
  }
  // A terminal would show the password among the output.
  if (pty && sudo) refuse('options.pty', 'absent where sudo is used')
  if (maxOutputBytes !== undefined && !(maxOutputBytes >= 0)) refuse('options.maxOutputBytes', 'a number of bytes')
}

async function prepare(
  session: Session,
  command: string,
  { env = {}, pty }: RunOptions,
  sudo: SudoOptions | undefined,
  signal: AbortSignal,
): Promise<Order> {
  const names = Object.keys(env)
  const terminal = pty ? terminalOf(pty === true ? {} : pty) : undefined
  if (sudo) {
    const talk = new SudoTalk(session.label, sudo)
    return {
      line: talk.wrap(names.length > 0 ? withEnv(command, env, 'sh -c') : command),
      env: {},
      pty: terminal,
      sudo: talk,
    }
  }
  const accepted = await acceptedOf(session, names, signal)
  const entries = Object.entries(env)
  const refused = Object.fromEntries(entries.filter(([name]) => !accepted.has(name)))
  const line = Object.keys(refused).length > 0 ? withEnv(command, refused) : command
  return {
    line,
    env: Object.fromEntries(entries.filter(([name]) => accepted.has(name))),
    pty: terminal,
    sudo: undefined,
  }
}

function terminalOf({ rows = 24, columns = 80, term = 'xterm' }: PtyOptions): PseudoTtyOptions {
  return { rows, cols: columns, height: 0, width: 0, term }
}

/** The variables in front of the command, which the user's own shell still runs. */
function withEnv(command: string, env: Readonly<Record<string, string>>, shell?: string): string {
  const set = Object.entries(env).map(([name, value]) => `${name}=${shellQuote(value)}`)
  const run = shell
    ? `${shell} ${shellQuote(command)}`
    : `sh -c 'exec "\${SHELL:-/bin/sh}" -c "$1"' sh ${shellQuote(command)}`
  return `env ${set.join(' ')} ${run}`
}

/** A server says nothing when it drops a variable; so a marker is sent under each name, once a connection. */
async function acceptedOf(session: Session, names: readonly string[], signal: AbortSignal): Promise<Set<string>> {
  const unknown = names.filter(name => !session.accepts.has(name))
  if (unknown.length > 0) {
    const marker = `libcloud-${randomBytes(8).toString('hex')}`
    // A marker as PATH or LD_PRELOAD would break the question itself, and no server takes these anyway.
    const asked = unknown.filter(
      name => !/^(?:PATH|HOME|SHELL|USER|LOGNAME|ENV|BASH_ENV|IFS|LD_.*|DYLD_.*)$/.test(name),
    )
    const env = Object.fromEntries(asked.map(name => [name, marker]))
    const order: Order = { line: '/usr/bin/env', env, pty: undefined, sudo: undefined }
    const { stdout } = await execute(session, order, {}, signal)
    const seen = new Set(stdout.split('\n'))
    for (const name of unknown) session.accepts.set(name, seen.has(`${name}=${marker}`))
  }
  return new Set(names.filter(name => session.accepts.get(name)))
}

type Requests = { signal?: (channel: number, name: string) => void }
type Internals = ClientChannel & { outgoing?: { id: number }; _client?: { _protocol?: Requests } }

/** ssh2's own `signal()` does nothing once the standard input has ended, although the server would still obey. */
function sendSignal(channel: ClientChannel, name: string): void {
  const { outgoing, _client } = channel as Internals
  if (outgoing && _client?._protocol?.signal) _client._protocol.signal(outgoing.id, name)
  else channel.signal(name)
}

/** Asks the command to end, and makes it, when it does not, after a second. */
function stop(session: Session, channel: ClientChannel): void {
  const kill = (): void => {
    try {
      sendSignal(channel, 'KILL')
      channel.close()
    } catch {
      // The connection ended first, and the command with it.
    }
  }
  session.running.set(channel, kill)
  // What it still prints is nobody's any more, and its end comes only behind it.
  for (const stream of [channel, channel.stderr]) stream.removeAllListeners('data').resume()
  try {
    sendSignal(channel, 'TERM')
  } catch {
    return
  }
  const timer = setTimeout(kill, GRACE)
  timer.unref()
  channel.once('close', () => clearTimeout(timer))
}

/**
 * A server counts a session for a moment after it told of its end, and may allow fewer than usual: then it is asked again.
 * Nothing has been run by then.
 */
async function openPatiently(session: Session, order: Order, signal: AbortSignal): Promise<Running> {
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted()
    try {
      return await openChannel(session, order)
    } catch (error) {
      const { reason } = ((error as Error).cause ?? {}) as { reason?: unknown }
      const isFull = typeof reason === 'number' && (session.running.size > 0 || tries < PATIENCE)
      if (session.ended || !isFull) throw error
      await sleep(Math.min(25 * 2 ** tries, 400))
    }
  }
}

/** A command under way. */
interface Running {
  readonly channel: ClientChannel
  /** Resolves with the channel's end; to nothing when the connection went first. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | undefined } | undefined>
}

/** Its end may stand in the same packet as its beginning: so it is listened for before anything else happens. */
function watchEnd(channel: ClientChannel): Running {
  const ended = new Promise<Awaited<Running['ended']>>(resolve => {
    let end: Awaited<Running['ended']>
    channel.on('exit', (code: number | null, name?: string) => {
      end = { code, signal: name?.replace(/^SIG/, '') }
    })
    // ssh2 waits with this for the end of one output only.
    let open = 2
    const close = (): void => {
      open -= 1
      if (open === 0) resolve(end)
    }
    channel.once('close', close).on('error', () => {})
    channel.stderr.once('close', close).on('error', () => {})
  })
  return { channel, ended }
}

async function openChannel(session: Session, order: Order): Promise<Running> {
  const { line, env, pty } = order
  return new Promise<Running>((resolve, reject) => {
    const failed = (cause: Error): ConnectionError =>
      session.ended ?? new ConnectionError(`${session.label} did not run the command: ${cause.message}`, { cause })
    try {
      session.ssh.exec(line, { env: env as NodeJS.ProcessEnv, ...(pty ? { pty } : {}) }, (error, channel) =>
        error ? reject(failed(error)) : resolve(watchEnd(channel)),
      )
    } catch (error) {
      reject(failed(error as Error))
    }
  })
}

async function execute(
  session: Session,
  order: Order,
  options: RunOptions,
  signal: AbortSignal,
): Promise<CommandResult> {
  const { channel, ended } = await openPatiently(session, order, signal)
  const kill = (): void => stop(session, channel)
  session.running.set(channel, kill)
  void ended.then(() => session.running.delete(channel))
  if (signal.aborted) kill()
  else signal.addEventListener('abort', kill, { once: true })
  const limit = options.maxOutputBytes ?? MAX_OUTPUT
  return new Promise<CommandResult>((resolve, reject) => {
    const fail = (error: unknown): void => {
      reject(error)
      kill()
    }
    const stdout = collect(channel, 'standard output', options.stdout, limit, fail)
    const talk = order.sudo
    const feedIn = (): void => feed(channel, options.stdin, fail)
    const watch = talk?.listen(channel, feedIn, fail)
    const stderr = collect(channel.stderr, 'standard error', options.stderr, limit, fail, watch)
    void ended.then(end => {
      signal.removeEventListener('abort', kill)
      if (!end) return reject(signal.aborted ? signal.reason : lost(session))
      const refused = talk?.refusal(end.code)
      if (refused) return reject(refused)
      resolve({ stdout: stdout(), stderr: stderr(), exitStatus: end.code ?? undefined, signal: end.signal })
    })
    if (!talk) feedIn()
  })
}

/** Gathers a stream, up to a limit, or hands it on at the pace of who takes it. */
function collect(
  stream: Readable,
  what: string,
  sink: Writable | undefined,
  limit: number,
  fail: (error: unknown) => void,
  filter: (chunk: Buffer) => Buffer = chunk => chunk,
): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  sink?.once('error', fail)
  stream.on('data', (raw: Buffer) => {
    const chunk = filter(raw)
    if (chunk.length === 0) return
    if (sink) {
      if (sink.write(chunk)) return
      stream.pause()
      sink.once('drain', () => stream.resume())
      return
    }
    bytes += chunk.length
    if (bytes <= limit) return void chunks.push(chunk)
    const message = `The command's ${what} is more than ${limit} bytes: raise 'maxOutputBytes', or give a stream for it`
    fail(
      new MalformedResponseError(message, {
        body: Buffer.concat([...chunks, chunk])
          .subarray(0, Math.min(limit, 2000))
          .toString(),
      }),
    )
  })
  stream.once('close', () => sink?.removeListener('error', fail))
  return () => Buffer.concat(chunks).toString('utf8')
}

function feed(channel: ClientChannel, stdin: RunOptions['stdin'], fail: (error: unknown) => void): void {
  if (stdin === undefined) return void channel.end()
  if (typeof stdin === 'string' || stdin instanceof Uint8Array) return void channel.end(stdin)
  stdin.once('error', fail)
  stdin.pipe(channel)
  // A command need not read all of it.
  channel.once('close', () => {
    stdin.unpipe(channel)
    stdin.removeListener('error', fail)
    stdin.on('error', () => {}).destroy()
  })
}

/**
 * The talk with sudo before the command begins. The password is said only when sudo asks for it, by a prompt that nobody
 * can guess: said too early, it would become the command's input on machines where sudo does not ask.
 */
class SudoTalk {
  readonly label: string
  readonly options: SudoOptions
  readonly prompt: string
  readonly mark: string
  said = ''
  asked = 0
  begun = false
  constructor(label: string, options: SudoOptions) {
    this.label = label
    this.options = options
    const code = randomBytes(8).toString('hex')
    this.prompt = `[libcloud-${code}-password]`
    this.mark = `[libcloud-${code}-begun]`
  }

  wrap(command: string): string {
    const { user = 'root', password } = this.options
    const ask = password === undefined ? '-n' : `-S -p ${shellQuote(this.prompt)}`
    const begin = `printf %s ${shellQuote(this.mark)} >&2; exec sh -c "$1"`
    return `sudo ${ask} -u ${shellQuote(user)} -- sh -c ${shellQuote(begin)} sh ${shellQuote(command)}`
  }

  /** Answers prompts; what is returned filters the command's own standard error out of the stream. */
  listen(channel: ClientChannel, begin: () => void, fail: (error: unknown) => void): (chunk: Buffer) => Buffer {
    const hear = (chunk: Buffer): Buffer => {
      if (this.begun) return chunk
      this.said += chunk.toString('latin1')
      const at = this.said.indexOf(this.mark)
      if (at >= 0) {
        this.begun = true
        begin()
        return Buffer.from(this.said.slice(at + this.mark.length), 'latin1')
      }
      const prompts = this.said.split(this.prompt).length - 1
      if (prompts > this.asked) {
        this.asked = prompts
        if (prompts > 1) fail(this.#refused('the password is wrong'))
        else channel.write(`${this.options.password}\n`)
      }
      return Buffer.alloc(0)
    }
    return hear
  }

  /** What sudo said, when the command never began. */
  refusal(status: number | null): InvalidCredentialsError | undefined {
    if (this.begun || status === 0) return undefined
    const said = this.said.replaceAll(this.prompt, '').replace(/\s+/g, ' ').trim()
    return this.#refused(said || `status ${status}`)
  }

  #refused(why: string): InvalidCredentialsError {
    const { user = 'root' } = this.options
    return new InvalidCredentialsError(`${this.label} did not let sudo act as ${user}: ${why}`)
  }
}
