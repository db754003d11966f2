import type { Client, ClientChannel, SFTPWrapper } from 'ssh2'
import { ConnectionError } from '../errors.js'
import { Redactor } from '../http/redact.js'
import { traceId, traceSink } from '../http/trace.js'
import { shellQuote } from './quote.js'
import type { SSHTarget } from './types.js'

/** Sessions that a server allows on one connection: OpenSSH's `MaxSessions` is 10, and SFTP takes one. */
const SESSIONS = 9

/** What stands behind a client. */
export interface Session {
  readonly ssh: Client
  /** `user@host:port`, for errors. */
  readonly label: string
  readonly target: SSHTarget
  readonly redactor: Redactor
  /** Names of variables that the server was seen to accept, or not. */
  readonly accepts: Map<string, boolean>
  /** Channels of running commands, and how each is ended at once. */
  readonly running: Map<ClientChannel, () => void>
  /** What each file request without an answer is to be told when none will come: ssh2 forgets them. */
  readonly asking: Set<(cause: Error) => void>
  readonly slots: Slots
  sftp: Promise<SFTPWrapper> | undefined
  /** Why nothing more can be sent. */
  ended: ConnectionError | undefined
}

/** Lets so many in at a time. */
export class Slots {
  free: number = SESSIONS
  readonly waiting: (() => void)[] = []

  /** Resolves to what gives the place back. */
  async take(signal: AbortSignal): Promise<() => void> {
    if (this.free > 0) this.free -= 1
    else await new Promise<void>(resolve => this.waiting.push(resolve))
    let held = true
    const release = (): void => {
      if (!held) return
      held = false
      const next = this.waiting.shift()
      if (next) next()
      else this.free += 1
    }
    // Whoever gave up while waiting passes the place on.
    if (signal.aborted) release()
    signal.throwIfAborted()
    return release
  }
}

/** Where the session ends: nothing is sent after this. */
export function requireOpen(session: Session): void {
  if (session.ended) throw session.ended
}

/** The connection is gone: what was running may have happened. */
export function lost(session: Session, cause?: unknown): ConnectionError {
  if (session.ended && cause === undefined) cause = session.ended
  return new ConnectionError(`The connection to ${session.label} was lost`, { cause, mayHaveHappened: true })
}

const show = (session: Session, text: string): string =>
  process.env['LIBCLOUD_DEBUG_UNREDACTED'] === '1' ? text : session.redactor.body(text)

/** Prints what is about to be done, as a command line where there is one; returns its id. */
export function traceBegin(session: Session, what: string): string {
  const write = traceSink()
  if (!write) return ''
  const id = traceId()
  write(`# -------- begin ${id} ssh ----------\n${show(session, what)}\n`)
  return id
}

/** Prints what came of it. */
export function traceEnd(session: Session, id: string, outcome: string): void {
  if (id === '') return
  const reply = `${id}:${traceId()}`
  traceSink()?.(
    `# -------- begin ${reply} ssh result ----------\n${show(session, outcome)}\n# -------- end ${reply} ssh result ----------\n`,
  )
}

/** The command that a person would type for the same. */
export function asTyped({ target }: Session, command: string): string {
  const port = target.port === 22 ? '' : `-p ${target.port} `
  return `ssh ${port}${shellQuote(`${target.username}@${target.host}`)} ${shellQuote(command)}`
}

/** What of a target must never be seen. */
export function redactorFor(target: SSHTarget): Redactor {
  const secrets = [target.password, target.passphrase, ...target.privateKeys]
  return new Redactor(secrets.filter(secret => typeof secret === 'string'))
}
