import { createSecretKey } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Algorithms, Client } from 'ssh2'
import {
  ConnectionError,
  InvalidCredentialsError,
  InvalidRequestError,
  LibcloudError,
  TimeoutError,
} from '../errors.js'
import { type CallOptions, operationOf } from '../options.js'
import { HostKeyError } from './errors.js'
import { type HostKeyJudge, hostKeyJudge, hostKeyOf } from './host-key.js'
import { attemptsOf, handOut, hostKeyAlgorithms, settings, silence } from './login.js'
import { keyOf } from './private-key.js'
import { redactorFor, type Session, Slots, traceBegin, traceEnd } from './session.js'
import { SSHSocket } from './socket.js'
import type { SSHHostKey, SSHTarget } from './types.js'
import { within } from './within.js'

type Ssh2 = typeof import('ssh2')
/** A session, and the key that its server showed. */
export interface Opened {
  readonly session: Session
  readonly hostKey: SSHHostKey
}
/** A socket through another machine. */
export type Through = ((host: string, port: number, signal: AbortSignal) => Promise<Duplex>) | undefined

const TIMEOUT = 20_000

/** Logs in, once; again only to see the server's other host keys, where a pinned fingerprint does not tell its type. */
export async function open(target: SSHTarget, through: Through, options: CallOptions | undefined): Promise<Opened> {
  checkTarget(target)
  const ssh2 = await load()
  const judge = await hostKeyJudge(target)
  const timeout = Math.min(target.connectTimeout ?? TIMEOUT, options?.timeout ?? Number.POSITIVE_INFINITY)
  const label = labelOf(target)
  const work = async (signal: AbortSignal): Promise<Opened> => {
    const excluded = new Set<string>()
    for (let first: unknown; ; ) {
      try {
        const sock = await through?.(target.host, target.port, signal)
        return await logIn(ssh2, { target, judge, excluded, sock, signal, timeout, options })
      } catch (error) {
        if (!judge.tryOthers || !(error instanceof HostKeyError || first)) throw error
        first ??= error
        if (!(error instanceof HostKeyError) || excluded.size > 4) throw first
      }
    }
  }
  return within(`logging in to ${label}`, { ...options, timeout }, work)
}

/** Why a private key cannot be used, without a connection; `undefined` when it can. */
export async function checkKey(key: string, passphrase: string | undefined): Promise<string | undefined> {
  const { utils } = await load()
  const read = keyOf(utils.parseKey as Parameters<typeof keyOf>[0], key, passphrase)
  return typeof read === 'string' ? read : undefined
}

/** Loaded at the first connection: most programs make none. */
async function load(): Promise<Ssh2> {
  const loaded = await import('ssh2')
  return ((loaded as { default?: Ssh2 }).default ?? loaded) as Ssh2
}

const labelOf = ({ username, host, port }: SSHTarget): string => `${username}@${host}:${port}`

function checkTarget(target: SSHTarget): void {
  const good = (value: unknown): boolean => typeof value === 'string' && value !== '' && !value.includes('\0')
  const refuse = (argument: string, allowed: string): never => {
    throw new InvalidRequestError(`connectSsh: '${argument}' must be ${allowed}`, { argument, allowed })
  }
  if (!good(target.host)) refuse('host', 'a string that is not empty')
  if (!good(target.username)) refuse('username', 'a string that is not empty')
  if (!(Number.isInteger(target.port) && target.port > 0 && target.port < 65536)) refuse('port', '1 to 65535')
}

interface Login {
  readonly target: SSHTarget
  readonly judge: HostKeyJudge
  /** Types of host keys that are known to be wrong. */
  readonly excluded: Set<string>
  readonly sock: Duplex | undefined
  readonly signal: AbortSignal
  readonly timeout: number
  readonly options: CallOptions | undefined
}

async function logIn(ssh2: Ssh2, login: Login): Promise<Opened> {
  const { target, judge, excluded, sock, signal } = login
  const tried = new Set<string>()
  let hostKey: SSHHostKey | undefined
  let refusal: unknown
  const ssh = new ssh2.Client()
  prepareKeys(ssh)
  const fail = (error: unknown): void => {
    refusal ??= error
    ssh.end()
  }
  const verify = (blob: Buffer, done: (good: boolean) => void): void => {
    const shown = hostKeyOf(blob)
    hostKey = shown
    const bad = (error: unknown): void => {
      if (error instanceof HostKeyError) excluded.add(shown.type)
      refusal = error
      done(false)
    }
    judge.judge(shown).then(() => done(true), bad)
  }
  const authHandler = handOut(attemptsOf(ssh2, target, fail), tried)
  const serverHostKey = hostKeyAlgorithms(judge.preferred, excluded) as NonNullable<Algorithms['serverHostKey']>
  const config = { ...settings(target, login.timeout), authHandler, algorithms: { serverHostKey } }
  const session = newSession(ssh, target)
  const id = traceBegin(session, `# log in as ${session.label}`)
  try {
    await ready(ssh, signal, () => {
      const socket = sock ?? dial(ssh, target)
      ssh.connect({ ...config, hostVerifier: verify, sock: socket as never })
    })
    traceEnd(session, id, `# logged in; host key ${hostKey?.type} ${hostKey?.fingerprint}`)
    watch(session)
    return { session, hostKey: hostKey as SSHHostKey }
  } catch (error) {
    silence(ssh)
    ssh.destroy()
    const told = refusal ?? explain(error, session.label, tried, login)
    traceEnd(session, id, `# ${told instanceof Error ? told.message : told}`)
    throw told
  }
}

type Internals = Client & {
  _protocol?: { _cipher?: { _encKey?: unknown }; _decipher?: { _decipherKey?: unknown } }
}

/** With AES-GCM, ssh2 makes a cipher for each packet: from a key that Node has prepared, that takes a tenth of the time. */
function prepareKeys(ssh: Client): void {
  ssh.on('handshake', () => {
    const { _cipher, _decipher } = (ssh as Internals)._protocol ?? {}
    if (_cipher && _cipher._encKey instanceof Uint8Array) _cipher._encKey = createSecretKey(_cipher._encKey)
    if (_decipher && _decipher._decipherKey instanceof Uint8Array) {
      _decipher._decipherKey = createSecretKey(_decipher._decipherKey)
    }
  })
}

function dial(ssh: Client, { host, port }: SSHTarget): SSHSocket {
  const socket = new SSHSocket()
  ssh.once('handshake', () => {
    socket.encrypted = true
  })
  // Requests are small, and each waits for its reply: Nagle's algorithm would cost 40 ms a piece.
  return socket.setNoDelay().connect({ host, port })
}

/** Resolves when the login is done, rejects with the error that ended it. */
function ready(ssh: Client, signal: AbortSignal, begin: () => void): Promise<void> {
  let noted: unknown
  return new Promise<void>((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    ssh.on('error', (error: Error & { level?: string }) => {
      // The next way to log in follows these by itself.
      if (error.level === 'agent' || /^Error (?:while )?signing/.test(error.message)) noted = error
      else if (error.level === 'client-authentication' && noted) reject(Object.assign(error, { cause: noted }))
      else reject(error)
    })
    ssh.once('close', () => reject(new Error('The server closed the connection')))
    ssh.once('ready', () => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
    begin()
  })
}

function newSession(ssh: Client, target: SSHTarget): Session {
  return {
    ssh,
    target,
    label: labelOf(target),
    redactor: redactorFor(target),
    accepts: new Map(),
    running: new Map(),
    asking: new Set(),
    slots: new Slots(),
    sftp: undefined,
    ended: undefined,
  }
}

/** Notes the end of a connection, whoever ends it. */
function watch(session: Session): void {
  session.ssh.setMaxListeners(0)
  let cause: unknown
  session.ssh.on('error', error => {
    cause = error
  })
  session.ssh.on('close', () => {
    session.ended ??= new ConnectionError(`The connection to ${session.label} was lost`, { cause })
    for (const lose of session.asking) lose(session.ended)
  })
}

/** The error of ssh2 as one of ours: with host, port and user, and nothing secret. */
function explain(error: unknown, label: string, tried: ReadonlySet<string>, { options, target }: Login): unknown {
  if (!(error instanceof Error) || error instanceof LibcloudError || error === options?.signal?.reason) return error
  const { level, code } = error as Error & { level?: string; code?: unknown }
  const details = { cause: error, operation: operationOf(options) }
  if (level === 'client-authentication' || /too many authentication failures/i.test(error.message) || code === 14) {
    const ways = tried.size > 0 ? `tried: ${[...tried].join(', ')}` : 'the server takes none of the credentials given'
    const none =
      target.privateKeys.length === 0 && target.password === undefined ? '; no key or password was given' : ''
    return new InvalidCredentialsError(`${label} refused the login (${ways}${none})`, details)
  }
  if (level === 'client-timeout') return new TimeoutError(`${label} did not answer in time`, details)
  return new ConnectionError(`No connection to ${label}: ${error.message}`, { ...details, retryable: true })
}
