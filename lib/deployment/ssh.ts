import { type Duplex, Readable } from 'node:stream'
import { ConnectionError, InvalidRequestError, NotSupportedError, TimeoutError } from '../errors.js'
import type { CallOptions } from '../options.js'
import { type Look, poll } from '../poller.js'
import { open } from './connect.js'
import { HostKeyError } from './errors.js'
import { runCommand } from './exec.js'
import { forwardLocal, forwardOut, forwardRemote } from './forward.js'
import { shellQuote } from './quote.js'
import type { Session } from './session.js'
import { requireOpen, traceBegin, traceEnd } from './session.js'
import { openFile, putFile, readAhead, remotePath, removePath } from './sftp.js'
import { download, upload } from './trees.js'
import type {
  CommandResult,
  Forwarding,
  GetOptions,
  ListenOptions,
  PutOptions,
  ReconnectOptions,
  RunOptions,
  SSHClient,
  SSHHostKey,
  SSHTarget,
  TransferOptions,
  Transferred,
} from './types.js'
import { lifetime, within } from './within.js'

/** What stands behind each client: kept apart, so that printing one shows no credentials. */
const sessions = new WeakMap<SSH2Client, Session>()
const jumps = new WeakMap<SSH2Client, SSH2Client>()
const targets = new WeakMap<SSH2Client, ConnectOptions>()

function sessionOf(client: SSH2Client): Session {
  const session = sessions.get(client)
  if (session) return session
  throw new ConnectionError('This client has no connection: connectSsh() makes clients that have')
}

/** Runs a transfer, within its time, and traces it. */
async function traced<T>(
  client: SSH2Client,
  what: string,
  options: CallOptions | undefined,
  work: (session: Session, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const session = sessionOf(client)
  requireOpen(session)
  const id = traceBegin(session, `# ${session.label}: ${what}`)
  try {
    const result = await within(`${what} on ${session.label}`, options, signal => work(session, signal))
    traceEnd(session, id, '# done')
    return result
  } catch (error) {
    traceEnd(session, id, `# ${error instanceof Error ? error.message : error}`)
    throw error
  }
}

/** A connection to an SSH server. Any number of commands and transfers may run on it at once. */
export class SSH2Client implements SSHClient, AsyncDisposable {
  readonly host: string
  readonly port: number
  readonly username: string
  /** The key that the server showed. */
  readonly hostKey: SSHHostKey
  constructor(target: Pick<SSHTarget, 'host' | 'port' | 'username'>, hostKey: SSHHostKey) {
    this.host = target.host
    this.port = target.port
    this.username = target.username
    this.hostKey = hostKey
  }

  /** Whether commands can be sent: the connection was neither closed nor lost. */
  get connected(): boolean {
    return sessionOf(this).ended === undefined
  }

  /**
   * Runs a command in the user's login shell. A status other than 0 is a result, not an error. When time runs out or the
   * signal fires, the command is sent TERM, and KILL a second later.
   *
   * @throws MalformedResponseError when it prints more than `maxOutputBytes`.
   * @throws InvalidCredentialsError when sudo refuses.
   * @throws ConnectionError when the connection is lost; the command may have run.
   */
  async run(command: string, options?: RunOptions): Promise<CommandResult> {
    return runCommand(sessionOf(this), command, options)
  }

  /**
   * Writes a file, by SFTP. It is written under another name beside its own and renamed when it is whole, so that a link
   * of that name is replaced, not followed. Paths that do not begin with / lie in the user's home. Resolves to the full path.
   */
  async put(path: string, content: string | Uint8Array | Readable, options: PutOptions = {}): Promise<string> {
    const what = `writing ${path}`
    const { path: full } = await traced(this, what, options, (session, signal) =>
      putFile(session, path, content, options, signal),
    )
    return full
  }

  /** Reads a file, by SFTP. `timeout` and `signal` hold until its end. */
  async get(path: string, options: GetOptions = {}): Promise<Readable> {
    const { start = 0 } = options
    if (!(Number.isSafeInteger(start) && start >= 0)) {
      const allowed = 'a number of bytes'
      throw new InvalidRequestError(`get: 'options.start' must be ${allowed}`, { argument: 'options.start', allowed })
    }
    const life = lifetime(`reading ${path}`, options)
    try {
      const open = (session: Session): ReturnType<typeof openFile> => openFile(session, path)
      const file = await traced(this, `reading ${path}`, options, open)
      const chunks = readAhead(sessionOf(this), file, start, life.signal)
      const stream = Readable.from(chunks, { objectMode: false })
      life.signal.addEventListener('abort', () => stream.destroy(life.signal.reason as Error), { once: true })
      // A stream that is never read to its end, or not at all, still holds a file of the server open.
      return stream.once('close', () => {
        life.done()
        void chunks.return(undefined).catch(() => {})
        void file.close()
      })
    } catch (error) {
      life.done()
      throw error
    }
  }

  /** Sends a local file, or a folder with all that it holds; modes are kept, links inside are skipped. */
  async upload(localPath: string, path: string, options: TransferOptions = {}): Promise<Transferred> {
    const what = `sending ${localPath} to ${path}`
    return traced(this, what, options, (session, signal) => upload(session, localPath, path, options, signal))
  }

  /** Fetches a file, or a folder with all that it holds; modes are kept, links inside are skipped. */
  async download(path: string, localPath: string, options: TransferOptions = {}): Promise<Transferred> {
    const what = `fetching ${path} to ${localPath}`
    return traced(this, what, options, (session, signal) => download(session, path, localPath, options, signal))
  }

  /** Removes a file; with `recursive` also a folder with all that it holds. Links are removed, not followed. */
  async delete(path: string, options: CallOptions & { recursive?: boolean | undefined } = {}): Promise<void> {
    await traced(this, `deleting ${path}`, options, (session, signal) =>
      removePath(session, remotePath(path), options.recursive === true, signal),
    )
  }

  /** A connection from the server to a host and port, as a stream. */
  async connect(host: string, port: number, options?: CallOptions): Promise<Duplex> {
    return traced(this, `connecting to ${host}:${port}`, options, session => forwardOut(session, host, port))
  }

  /** A port of this machine that leads to a host and port as the server sees them. It closes with this connection. */
  async forward(host: string, port: number, listen: ListenOptions = {}): Promise<Forwarding> {
    return traced(this, `forwarding to ${host}:${port}`, undefined, session =>
      forwardLocal(session, host, port, listen),
    )
  }

  /**
   * A port of the server that leads to a host and port as this machine sees them. It closes with this connection. The server
   * may refuse other hosts to listen on than its own loopback.
   */
  async forwardRemote(host: string, port: number, listen: ListenOptions = {}): Promise<Forwarding> {
    return traced(this, `listening for ${host}:${port}`, undefined, session =>
      forwardRemote(session, host, port, listen),
    )
  }

  /**
   * Which boot of the machine this is: another one after each. Linux tells it by `boot_id`, others by when they started.
   * @throws NotSupportedError when the machine tells neither.
   */
  async bootId(options?: CallOptions): Promise<string> {
    const { stdout } = await this.run(BOOT_ID, options)
    const id = stdout.trim()
    if (id !== '') return id
    throw new NotSupportedError(`${sessionOf(this).label} does not tell which boot this is`)
  }

  /**
   * Logs in again, over and over until the server lets us: when the connection was lost, or the machine restarts. What still
   * ran on the old connection ends with it. The server must show the same host key.
   *
   * @throws HostKeyError when it is another machine, or another installation.
   * @throws TimeoutError with the last refusal.
   */
  async reconnect(options: ReconnectOptions = {}): Promise<void> {
    const target = { ...targets.get(this), hostKey: { pinned: this.hostKey.publicKey } } as ConnectOptions
    const { otherThan, interval = 1000, timeout = 300_000, signal } = options
    let state: string | undefined
    const look = async (looking: CallOptions): Promise<Look<SSH2Client>> => {
      try {
        const again = await connectSsh(target, looking)
        try {
          const old = otherThan !== undefined && (await again.bootId(looking)) === otherThan
          if (!old) return { done: true, value: again }
        } catch (error) {
          await again.close()
          throw error
        }
        await again.close()
        state = 'it has not restarted yet'
      } catch (error) {
        signal?.throwIfAborted()
        if (error instanceof HostKeyError || error instanceof InvalidRequestError || error instanceof NotSupportedError)
          throw error
        // The attempt that time cut short says less than the one before.
        if (state === undefined || !(error instanceof TimeoutError))
          state = error instanceof Error ? error.message : String(error)
      }
      return { state }
    }
    const what = `${this.username}@${this.host}:${this.port} to be back`
    const again = await poll(look, { provider: 'ssh', what, interval }, { ...options, timeout })
    await end(sessionOf(this), jumps.get(this)).catch(() => {})
    sessions.set(this, sessionOf(again))
    const jump = jumps.get(again)
    if (jump) jumps.set(this, jump)
  }

  /** Ends the connection, what runs on it, and the jumps that led to it. Closing twice does nothing. */
  async close(): Promise<void> {
    await end(sessionOf(this), jumps.get(this))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

async function end(session: Session, jump: SSH2Client | undefined): Promise<void> {
  if (!session.ended) {
    session.ended = new ConnectionError(`The connection to ${session.label} was closed`)
    for (const kill of session.running.values()) kill()
    const gone = new Promise<void>(resolve => session.ssh.once('close', () => resolve()))
    session.ssh.end()
    const timer = setTimeout(() => session.ssh.destroy(), 2000)
    await gone
    clearTimeout(timer)
  }
  await jump?.close()
}

const BOOT_ID = `sh -c ${shellQuote('cat /proc/sys/kernel/random/boot_id 2>/dev/null || sysctl -n kern.boottime 2>/dev/null')}`

/** Where and as whom to log in; what is usual may be left out. */
export interface ConnectOptions extends Omit<SSHTarget, 'port' | 'privateKeys' | 'jump'> {
  /** @defaultValue 22 */
  readonly port?: number | undefined
  /** Private keys, as text. @defaultValue none */
  readonly privateKeys?: readonly string[] | undefined
  /** The machine through which this one is reached; it may have a `jump` itself. */
  readonly jump?: ConnectOptions | undefined
}

/**
 * Opens a connection to an SSH server.
 *
 * Keys are tried first, then the agent, the password, and the server's questions.
 *
 * @throws InvalidRequestError when a key cannot be read or its passphrase is wrong.
 * @throws HostKeyError when the server's key is not trusted. Nothing was sent to it.
 * @throws InvalidCredentialsError when the server refuses the login.
 * @throws ConnectionError when it cannot be reached; TimeoutError when it does not answer in time.
 * @example
 * ```ts
 * await using client = await connectSsh({ host: '192.0.2.7', username: 'root', privateKeys: [key] })
 * const { stdout } = await client.run('uname -a')
 * ```
 */
export async function connectSsh(target: ConnectOptions, options?: CallOptions): Promise<SSH2Client> {
  const { jump, ...rest } = target
  const whole: SSHTarget = { ...rest, port: target.port ?? 22, privateKeys: target.privateKeys ?? [] }
  const first = jump ? await connectSsh(jump, options) : undefined
  try {
    const through = first && ((host: string, port: number) => forwardOut(sessionOf(first), host, port))
    const { session, hostKey } = await open(whole, through, options)
    const client = new SSH2Client(whole, hostKey)
    sessions.set(client, session)
    targets.set(client, target)
    if (first) {
      jumps.set(client, first)
      session.ssh.once('close', () => void first.close().catch(() => {}))
    }
    return client
  } catch (error) {
    await first?.close()
    throw error
  }
}
