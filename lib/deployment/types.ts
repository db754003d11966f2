import type { Readable, Writable } from 'node:stream'
import type { Node } from '../compute/types.js'
import type { CallOptions, Progress } from '../options.js'

/** What a remote command left behind. */
export interface CommandResult {
  readonly stdout: string
  readonly stderr: string
  /** `undefined` when a signal ended it. */
  readonly exitStatus: number | undefined
  /** The signal that ended it, such as `'TERM'`. */
  readonly signal?: string | undefined
}
/** A terminal for a command. */
export interface PtyOptions {
  /** @defaultValue 24 */
  rows?: number | undefined
  /** @defaultValue 80 */
  columns?: number | undefined
  /** The value of `TERM`. @defaultValue 'xterm' */
  term?: string | undefined
}
/** As whom a command is run. */
export interface SudoOptions {
  /** @defaultValue 'root' */
  user?: string | undefined
  /** What sudo asks for. Without it, a sudo that asks is an error. */
  password?: string | undefined
}
/** How a remote command is run. `timeout` bounds it. */
export interface RunOptions extends CallOptions {
  /** Written to the command's standard input, which is then closed. */
  stdin?: string | Uint8Array | Readable | undefined
  /**
   * Variables for the command's environment. Names that the server does not accept become part of the command
   * line, where other users of that machine can read their values while it runs.
   */
  env?: Readonly<Record<string, string>> | undefined
  /** Gets the standard output as it comes, in place of the result's `stdout`. It is not ended. */
  stdout?: Writable | undefined
  /** Gets the standard error as it comes, in place of the result's `stderr`. It is not ended. */
  stderr?: Writable | undefined
  /** Runs it in a terminal: both outputs come as `stdout`. @defaultValue false */
  pty?: boolean | PtyOptions | undefined
  /** Runs it through sudo. @defaultValue false */
  sudo?: boolean | SudoOptions | undefined
  /** More output than this, of either kind, ends the command. @defaultValue 16777216 (16 MiB) */
  maxOutputBytes?: number | undefined
  /** Leaves the command and what it prints out of the trace of LIBCLOUD_DEBUG. @defaultValue false */
  noLog?: boolean | undefined
  /** Says what the command is for, in the trace and in errors. */
  description?: string | undefined
}
/** How a remote file is written. */
export interface PutOptions extends CallOptions {
  /** Permission bits, such as `0o755`. @defaultValue 0o644 */
  mode?: number | undefined
  /** Told while bytes are sent. */
  onProgress?: ((progress: Progress) => void) | undefined
}

/** How to come back to a machine. `timeout` (300000 by default) bounds all of it. */
export interface ReconnectOptions extends CallOptions {
  /** The id of a boot that must be over: what `bootId()` told before the restart. */
  otherThan?: string | undefined
  /** Milliseconds between two tries. @defaultValue 1000 */
  interval?: number | undefined
}

/** A connection to a machine, as deployment steps use it. */
export interface SSHClient {
  /** Runs a command in the login shell. A status other than 0 is a result, not an error. */
  run(command: string, options?: RunOptions): Promise<CommandResult>
  /** Writes a file; its name appears only when it is whole. Resolves to its path. */
  put(path: string, content: string | Uint8Array | Readable, options?: PutOptions): Promise<string>
  /** Removes a file. */
  delete(path: string, options?: CallOptions): Promise<void>
  /** Ends the connection. */
  close(): Promise<void>
  /** Whether commands can be sent. */
  readonly connected?: boolean
  /** Logs in again, until the server lets us. */
  reconnect?(options?: ReconnectOptions): Promise<void>
  /** Which boot of the machine this is. */
  bootId?(options?: CallOptions): Promise<string>
}

/** How files and trees are transferred. */
export interface TransferOptions extends CallOptions {
  /** Told while bytes go; `total` is that of the file named. */
  onProgress?: ((progress: Progress & { readonly path: string }) => void) | undefined
  /** Permission bits of every file. @defaultValue those of the source */
  mode?: number | undefined
  /**
   * Goes on where an earlier transfer of the same file ended, and leaves what it has for a later one when it fails: beside
   * the target, as `.libcloud-….part`. Goes on only where size and time of the source are as they were and both files begin
   * with the same bytes, by their SHA-256; else it begins anew.
   * @defaultValue false
   */
  resume?: boolean | undefined
}
/** What of a remote file is read. */
export interface GetOptions extends CallOptions {
  /** Bytes to leave out at the beginning. @defaultValue 0 */
  start?: number | undefined
}
/** What was transferred. */
export interface Transferred {
  readonly files: number
  readonly bytes: number
  /** Source paths of what is neither file nor folder: links, sockets, devices. */
  readonly skipped: readonly string[]
}
/** A port of this machine that leads through the connection. */
export interface Forwarding extends AsyncDisposable {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}
/** Where a forwarded port listens. */
export interface ListenOptions {
  /** @defaultValue '127.0.0.1' */
  host?: string | undefined
  /** @defaultValue one that is free */
  port?: number | undefined
}

/** A question of the server, in keyboard-interactive login. */
export interface SSHPrompt {
  readonly prompt: string
  /** Whether the answer may be shown while it is typed. */
  readonly echo: boolean
}
/** A host key as the server showed it. */
export interface SSHHostKey {
  /** Such as `'ssh-ed25519'`. */
  readonly type: string
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string
  /** A line as in a file of public keys. */
  readonly publicKey: string
}
/**
 * Which host keys are good.
 * - `'accept-new'`: what `knownHosts` says of this host, and for a host that is not in there the key that it shows, which
 *   is then added to the first file.
 * - `'strict'`: only what `knownHosts` says.
 * - `'accept-any'`: every key, without a look at `knownHosts`. Whoever sits between can read and change everything.
 * - fingerprints (`SHA256:…`) or public keys: only these.
 * - a function: what it says.
 */
export type SSHHostKeyPolicy =
  | 'accept-new'
  | 'strict'
  | 'accept-any'
  | { readonly pinned: string | readonly string[] }
  | ((key: SSHHostKey) => boolean | Promise<boolean>)

/** Where and as whom to log in. */
export interface SSHTarget {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password?: string | undefined
  /** Private keys, as text. */
  readonly privateKeys: readonly string[]
  readonly passphrase?: string | undefined
  /** The socket of an SSH agent; `true` for the one in `SSH_AUTH_SOCK`. @defaultValue true without key and password */
  readonly agent?: string | boolean | undefined
  /** Answers the server's questions in keyboard-interactive login. @defaultValue the password, once */
  readonly onPrompt?:
    | ((prompts: readonly SSHPrompt[], title: string) => readonly string[] | Promise<readonly string[]>)
    | undefined
  /** @defaultValue 'accept-new' */
  readonly hostKey?: SSHHostKeyPolicy | undefined
  /** Files of known hosts. @defaultValue '~/.ssh/known_hosts' */
  readonly knownHosts?: string | readonly string[] | undefined
  /** The machine through which this one is reached; it may have a `jump` itself. */
  readonly jump?: SSHTarget | undefined
  /** Milliseconds until one login must be done. @defaultValue 20000 */
  readonly connectTimeout?: number | undefined
  /** Milliseconds of silence until the server is asked whether it is there; three silences end it. 0 for never. @defaultValue 15000 */
  readonly keepAliveInterval?: number | undefined
}
/** Opens a connection, or fails: once, without trying again. */
export type ConnectSSH = (target: SSHTarget, options?: CallOptions) => Promise<SSHClient>

/** One step of a deployment, or a list of steps that is one. */
export interface Deployment {
  /** Shown in errors and progress. */
  readonly name?: string | undefined
  /** Called before the node is made: rejects where the step is known to fail, for a file that is missing. */
  prepare?(options?: CallOptions): Promise<void>
  /** Does its work on a node, or rejects. */
  run(node: Node, client: SSHClient, options?: CallOptions): Promise<unknown>
}

/**
 * A phase of `deployNode`, in this order. `'waiting'` comes after every look at a node that does not run yet, `'connecting'`
 * after every login that failed, `'retry'` after a step that failed and is tried again. The last one is `'done'`, or
 * `'failed'`, and after that `'destroyed'` where that was asked for and done.
 */
export type DeployPhase =
  | 'created'
  | 'waiting'
  | 'running'
  | 'connecting'
  | 'connected'
  | 'step'
  | 'retry'
  | 'stepDone'
  | 'done'
  | 'failed'
  | 'destroyed'

/** What `deployNode` tells while it goes on. */
export interface DeployProgress {
  readonly phase: DeployPhase
  readonly node: Node
  /** Milliseconds since `deployNode` was called. */
  readonly elapsed: number
  /** The step's name, in the phases of a step. */
  readonly step?: string | undefined
  /** Counts from 1: the try of a step. */
  readonly attempt?: number | undefined
  /** What was seen in `'waiting'` and `'connecting'`: the node's state, or why the login failed. */
  readonly state?: string | undefined
  /** In `'retry'` and `'failed'`. */
  readonly error?: unknown
}

/** What `deployNode` takes beside the arguments of `createNode`. The timeout of the call bounds all of it. */
export interface DeployNodeOptions {
  /** What is done on the node, in this order. */
  deploy: Deployment | readonly Deployment[]
  /** @defaultValue 'root' */
  sshUsername?: string | undefined
  /** Tried in turn when `sshUsername` is refused. */
  sshAlternateUsernames?: readonly string[] | undefined
  /** @defaultValue 22 */
  sshPort?: number | undefined
  /** A private key, as text. */
  sshKey?: string | undefined
  /** Files of private keys. */
  sshKeyFile?: string | readonly string[] | undefined
  /** Opens the private key. */
  sshKeyPassphrase?: string | undefined
  /** @defaultValue the password of `auth`, or the one that the provider made */
  sshPassword?: string | undefined
  /** Which address is used. @defaultValue 'publicIps' */
  sshInterface?: 'publicIps' | 'privateIps' | undefined
  /** Milliseconds until the node must run. @defaultValue 600000 */
  bootTimeout?: number | undefined
  /** Milliseconds, after that, until a login must succeed. @defaultValue 300000 */
  sshTimeout?: number | undefined
  /** Milliseconds for each step. @defaultValue none */
  stepTimeout?: number | undefined
  /** How often a step is tried. @defaultValue 1 */
  maxTries?: number | undefined
  /** Milliseconds between two looks at the node, or two tries to log in. @defaultValue 5000 */
  waitPeriod?: number | undefined
  /** Called in the end, whatever happened, while the node still exists. Where it fails, so does the deployment. */
  atExit?: ((node: Node) => unknown) | undefined
  /** Destroys the node when the deployment fails. @defaultValue false */
  destroyOnFailure?: boolean | undefined
  onProgress?: ((progress: DeployProgress) => void) | undefined
  /** Opens connections. @defaultValue the library's own SSH client */
  connectSsh?: ConnectSSH | undefined
}
