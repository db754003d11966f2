import { asApi, type Node, NodeState } from '../compute/types.js'
import { InvalidRequestError, NotFoundError, NotSupportedError, WaitError } from '../errors.js'
import type { CallOptions } from '../options.js'
import { type Look, poll, type WaitOptions } from '../poller.js'
import { type Arrival, logInAs, waitForNode } from './arrive.js'
import { type CloudInitStatus, waitForCloudInit } from './cloud-init.js'
import { HostKeyError, ScriptError } from './errors.js'
import { CLEAN, INSTALL, UPDATE } from './instance.scripts.js'
import { shellJoin, shellQuote } from './quote.js'
import { beginReboot, type RebootOptions, rebootMachine } from './reboot.js'
import { type ConnectOptions, connectSsh, type SSH2Client } from './ssh.js'
import { ScriptDeployment, type ScriptOptions, type TextSource } from './steps.js'
import type { CommandResult, RunOptions, SSHTarget, SudoOptions, TransferOptions, Transferred } from './types.js'

/** How to log in to a node. */
export interface NodeLogin extends Omit<ConnectOptions, 'host' | 'username'> {
  /** @defaultValue 'root' */
  readonly username?: string | undefined
  /** Tried in turn when `username` is refused. */
  readonly alternateUsernames?: readonly string[] | undefined
  /** Which address is used. @defaultValue 'publicIps' */
  readonly sshInterface?: 'publicIps' | 'privateIps' | undefined
  /** What sudo asks users other than root for. @defaultValue `password` */
  readonly sudoPassword?: string | undefined
  /** Milliseconds until the node must run. @defaultValue 600000 */
  readonly bootTimeout?: number | undefined
  /** Milliseconds, after that, until a login must succeed. @defaultValue 300000 */
  readonly sshTimeout?: number | undefined
  /** Milliseconds between two looks at the node, or two tries to log in. @defaultValue 5000 */
  readonly waitPeriod?: number | undefined
}

/** What a command left behind, and whether it succeeded. */
export interface ExecuteResult extends CommandResult {
  /** It ended with status 0. */
  readonly ok: boolean
}
/** How a command is run on an instance. */
export interface ExecuteOptions extends RunOptions {
  /** A status other than 0, or a signal, is an error. @defaultValue false */
  check?: boolean | undefined
}
/** How to wait for an instance to be ready. */
export interface ReadyOptions extends CallOptions {
  /** Waits for cloud-init, too, where the machine has it. @defaultValue true */
  cloudInit?: boolean | undefined
}
/** How an instance is restarted. */
export interface RestartOptions extends RebootOptions, Pick<ReadyOptions, 'cloudInit'> {}
/** What is removed before a disk becomes an image. */
export interface CleanOptions extends CallOptions {
  /** Removes the host keys, too: cloud-init makes new ones at the first boot, and without it nobody does. @defaultValue false */
  sshHostKeys?: boolean | undefined
}

interface Behind {
  readonly login: NodeLogin
  client: SSH2Client
}
/** Apart, so that printing an instance shows no credentials. */
const behind = new WeakMap<RemoteInstance, Behind>()

function behindOf(instance: RemoteInstance): Behind {
  const found = behind.get(instance)
  if (found) return found
  throw new NotSupportedError('This instance has no connection: connectNode() makes those that have')
}

/**
 * A node with a login: its power by the provider's API, its inside by SSH. Of any compute driver; {@link connectNode} makes it.
 * Leaving an `await using` block closes the connection; the node stays.
 */
export class RemoteInstance implements AsyncDisposable {
  /** As it was last seen. */
  node: Node
  #isCleaned = false

  constructor(node: Node) {
    this.node = node
  }

  /** The connection: the same one over restarts, but for one after `clean()`, or a start. */
  get client(): SSH2Client {
    return behindOf(this).client
  }
  get id(): string {
    return this.node.id
  }
  get name(): string {
    return this.node.name
  }
  /** The address that it is reached at. */
  get ip(): string {
    return this.client.host
  }
  /** Its first private address; `undefined` where it has none. */
  get privateIp(): string | undefined {
    return this.node.privateIps[0]
  }

  /**
   * Runs a command: text for the login shell, or words, each of which reaches the program as it is.
   * @throws ScriptError when it fails and `check` is set.
   * @example
   * ```ts
   * const { ok, stdout } = await instance.execute(['cat', '/etc/os-release'])
   * await instance.execute('systemctl restart nginx', { sudo: true, check: true })
   * ```
   */
  async execute(command: string | readonly string[], options: ExecuteOptions = {}): Promise<ExecuteResult> {
    const { check, ...rest } = options
    const line = typeof command === 'string' ? command : shellJoin(command)
    const sudo = rest.sudo === true ? this.#sudo() : rest.sudo
    const result = await this.client.run(line, { ...rest, sudo })
    if (check && result.exitStatus !== 0)
      throw failure(options.description ?? (options.noLog ? 'The command' : line), result)
    return { ...result, ok: result.exitStatus === 0 }
  }

  /** Puts a script on the machine, runs it, and removes it. A status other than 0 is a result, unless `check` is set. */
  async runScript(script: TextSource, options: ScriptOptions & CallOptions = {}): Promise<ExecuteResult> {
    const { signal, timeout, ...rest } = options
    const step = new ScriptDeployment(script, { ...rest, timeout, delete: rest.delete ?? true })
    await step.run(this.node, this.client, { signal })
    const { stdout = '', stderr = '', exitStatus } = step
    return { stdout, stderr, exitStatus, ok: exitStatus === 0 }
  }

  /**
   * Installs packages with what the machine has: apt-get, dnf, yum, zypper, apk or pacman; as root.
   * @throws ScriptError with what it printed.
   */
  async install(packages: string | readonly string[], options: CallOptions = {}): Promise<CommandResult> {
    const list = typeof packages === 'string' ? packages.split(/\s+/).filter(Boolean) : [...packages]
    if (list.length === 0 || list.some(name => !/^[\w@][\w.+:=~/@-]*$/.test(name))) {
      const allowed = 'names of packages'
      throw new InvalidRequestError(`install: 'packages' must be ${allowed}`, { argument: 'packages', allowed })
    }
    return this.#asRoot('install', INSTALL, list, options)
  }

  /** Brings the list of packages, and the packages, up to date; as root. @throws ScriptError with what it printed */
  async update(options: CallOptions = {}): Promise<CommandResult> {
    return this.#asRoot('update', UPDATE, [], options)
  }

  /** Sends a file, or a folder: see {@link SSH2Client.upload}. */
  async pushFile(localPath: string, remotePath: string, options?: TransferOptions): Promise<Transferred> {
    return this.client.upload(localPath, remotePath, options)
  }

  /** Fetches a file, or a folder: see {@link SSH2Client.download}. */
  async pullFile(remotePath: string, localPath: string, options?: TransferOptions): Promise<Transferred> {
    return this.client.download(remotePath, localPath, options)
  }

  /** Which boot this is: another one after each restart. */
  async bootId(options?: CallOptions): Promise<string> {
    return this.client.bootId(options)
  }

  /** What cloud-init says of itself, at once or when it is done. */
  async cloudInit(options: CallOptions & { wait?: boolean | undefined } = {}): Promise<CloudInitStatus> {
    return waitForCloudInit(this.client, { ...options, sudo: this.#isRoot() ? undefined : this.#sudo() })
  }

  /**
   * Waits until it runs, lets us in, and cloud-init is done.
   * @throws WaitError when the node fails, or cloud-init does: what failed is in the message.
   */
  async wait(options: ReadyOptions = {}): Promise<void> {
    const { cloudInit = true, ...calls } = options
    const { login, client } = behindOf(this)
    this.node = (await waitForNode(waitingOf(this.node), this.node, arrivalOf(login), calls)).node
    if (!client.connected)
      await client.reconnect({ ...calls, timeout: calls.timeout ?? login.sshTimeout, interval: login.waitPeriod })
    if (cloudInit) await this.#cloudInitDone(calls)
  }

  async #cloudInitDone(options: CallOptions): Promise<void> {
    const { state, errors } = await this.cloudInit(options)
    if (state !== 'error') return
    const why = errors.length > 0 ? `: ${errors.join('; ')}` : ''
    throw new WaitError(`cloud-init failed on node ${this.id}${why}`, {
      provider: this.node.driver.provider,
      lastState: state,
    })
  }

  /**
   * Restarts it and waits until it is back and ready. That it restarted is proved by its boot id. It must show the host key
   * that it had; but after `clean()` it is a new machine, with another key and perhaps another address, and `hostKey` of the login
   * says what of that is good.
   */
  async restart(options: RestartOptions = {}): Promise<void> {
    const { cloudInit = true, ...reboot } = options
    const { client, login } = behindOf(this)
    const sudo = reboot.sudo ?? (this.#isRoot() ? undefined : this.#sudo())
    const given = { interval: login.waitPeriod ?? 1000, ...reboot, sudo }
    if (this.#isCleaned) {
      const before = await beginReboot(this.node, client, given)
      const { node, client: fresh } = await enterAfter(this.node, login, client.username, before, given)
      await client.close()
      behind.set(this, { login, client: fresh })
      this.node = node
      this.#isCleaned = false
    } else {
      await rebootMachine(this.node, client, given)
      if (this.node.driver.supports('getNode')) this.node = await this.node.refresh({ signal: options.signal })
    }
    if (cloudInit) await this.#cloudInitDone({ signal: options.signal })
  }

  /** Waits for a restart that somebody else began, and until it is ready. `before` is what `bootId()` told then. */
  async waitForRestart(before: string, options: ReadyOptions = {}): Promise<void> {
    const { cloudInit = true, ...calls } = options
    const { client, login } = behindOf(this)
    await client.reconnect({ ...calls, otherThan: before, interval: login.waitPeriod ?? 1000 })
    if (cloudInit) await this.#cloudInitDone(calls)
  }

  /** Stops it, and waits until it is off. */
  async shutdown(options: WaitOptions = {}): Promise<void> {
    await this.client.close()
    await asApi(this.node.driver).stopNode(this.node, { signal: options.signal })
    await this.waitForStop(options)
  }

  /** Waits until it is off. */
  async waitForStop(options: WaitOptions = {}): Promise<void> {
    await this.#waitFor('to be off', [NodeState.STOPPED, NodeState.SUSPENDED], options)
  }

  /** Starts it, and waits until it is ready. The address may be another one: then a new connection takes the old one's place. */
  async start(options: ReadyOptions = {}): Promise<void> {
    await asApi(this.node.driver).startNode(this.node, { signal: options.signal })
    const { login } = behindOf(this)
    const { node, client } = await enter(this.node, login, options)
    this.node = node
    behind.set(this, { login, client })
    if (options.cloudInit ?? true) await this.#cloudInitDone(options)
  }

  /** Destroys the node, and waits until it is gone. */
  async delete(options: WaitOptions = {}): Promise<void> {
    await this.client.close()
    await asApi(this.node.driver).destroyNode(this.node, { signal: options.signal })
    await this.waitForDelete(options)
  }

  /** Waits until the provider knows it no more, or as terminated. */
  async waitForDelete(options: WaitOptions = {}): Promise<void> {
    await this.#waitFor('to be gone', [NodeState.TERMINATED], options)
  }

  async #waitFor(what: string, states: readonly NodeState[], options: WaitOptions): Promise<void> {
    const { driver, id } = this.node
    const gone = states.includes(NodeState.TERMINATED)
    await poll<void>(
      async looking => {
        try {
          this.node = await asApi(driver).getNode(id, looking)
        } catch (error) {
          if (gone && error instanceof NotFoundError) return { done: true, value: undefined }
          throw error
        }
        const { state } = this.node
        if (states.includes(state)) return { done: true, value: undefined }
        return state === NodeState.ERROR && !gone ? { failed: 'it is in error', state } : { state }
      },
      { provider: driver.provider, what: `node ${id} ${what}` },
      { interval: behindOf(this).login.waitPeriod, ...options },
    )
  }

  /**
   * Removes what makes the machine this one, so that its disk can become an image: cloud-init's state and logs, the machine's
   * id, histories and package caches; as root. The next boot is a first one.
   * @throws ScriptError with what it printed.
   */
  async clean(options: CleanOptions = {}): Promise<void> {
    const { sshHostKeys = false, ...calls } = options
    await this.#asRoot('clean', CLEAN, [sshHostKeys ? 'host-keys' : ''], calls)
    this.#isCleaned = true
  }

  #isRoot(): boolean {
    return this.client.username === 'root'
  }

  #sudo(): SudoOptions {
    const { sudoPassword, password } = behindOf(this).login
    return { password: sudoPassword ?? password }
  }

  async #asRoot(what: string, script: string, words: readonly string[], options: CallOptions): Promise<CommandResult> {
    const line = `sh -c ${shellQuote(script)} ${shellJoin([what, ...words])}`
    const sudo = this.#isRoot() ? undefined : this.#sudo()
    const result = await this.client.run(line, { ...options, sudo, description: what })
    if (result.exitStatus !== 0) throw failure(what, result)
    return result
  }

  /** Closes the connection. The node stays. */
  async close(): Promise<void> {
    await this.client.close()
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function failure(step: string, { exitStatus, signal, stdout, stderr }: CommandResult): ScriptError {
  const end = exitStatus === undefined ? `was ended by signal ${signal}` : `ended with status ${exitStatus}`
  const tail = (stderr.trim() || stdout.trim()).slice(-500)
  return new ScriptError(`${step} ${end}${tail ? `: ${tail}` : ''}`, { step, exitStatus, signal, stdout, stderr })
}

const waitingOf = (node: Node): Parameters<typeof waitForNode>[0] => asApi(node.driver) as never

function arrivalOf({ sshInterface, bootTimeout, sshTimeout, waitPeriod }: NodeLogin): Arrival {
  return { sshInterface, bootTimeout, sshTimeout, waitPeriod }
}

async function enter(node: Node, login: NodeLogin, options: CallOptions): Promise<{ node: Node; client: SSH2Client }> {
  const { alternateUsernames = [], username = 'root', sudoPassword: _, ...target } = login
  const arrival = arrivalOf(login)
  const running = await waitForNode(waitingOf(node), node, arrival, options)
  const host = running.addresses[0] as string
  const connect = (name: string, looking: CallOptions): Promise<SSH2Client> =>
    connectSsh({ ...(target as Partial<SSHTarget>), jump: login.jump, host, username: name }, looking)
  const where = `${host}:${login.port ?? 22}`
  const client = await logInAs(
    node.driver.provider,
    where,
    [username, ...alternateUsernames],
    connect,
    arrival,
    options,
  )
  return { node: running.node, client }
}

/** Logs in after a restart that may have changed the address: it is asked for before each try. */
async function enterAfter(
  node: Node,
  login: NodeLogin,
  username: string,
  before: string,
  { signal, timeout = 300_000, interval }: RebootOptions,
): Promise<{ node: Node; client: SSH2Client }> {
  const { alternateUsernames: _, sudoPassword: __, ...target } = login
  const { driver, id } = node
  const look = async (looking: CallOptions): Promise<Look<{ node: Node; client: SSH2Client }>> => {
    const seen = await asApi(driver).getNode(id, looking)
    const host = seen[login.sshInterface ?? 'publicIps'].find(address => !address.includes(':'))
    if (host === undefined) return { state: `${seen.state}, without an address` }
    try {
      const client = await connectSsh({ ...target, host, username }, looking)
      if ((await client.bootId(looking).catch(() => before)) !== before)
        return { done: true, value: { node: seen, client } }
      await client.close()
      return { state: 'it has not restarted yet' }
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof HostKeyError || error instanceof InvalidRequestError) throw error
      return { state: error instanceof Error ? error.message : String(error) }
    }
  }
  return poll(look, { provider: driver.provider, what: `node ${id} to be back` }, { signal, timeout, interval })
}

/**
 * Waits until a node of any driver runs, logs in, and gives what can be done with it from there.
 *
 * @throws InvalidRequestError when a key cannot be read or its passphrase is wrong.
 * @throws HostKeyError when the node's key is not trusted: of a node that was just made, nobody can know it, and an address may
 * have been another's; `hostKey: 'accept-any'` takes what comes.
 * @throws TimeoutError when it does not run, or lets nobody in, in time: with the last refusal.
 * @example
 * ```ts
 * await using instance = await connectNode(node, { username: 'debian', privateKeys: [key], hostKey: 'accept-any' })
 * await instance.wait()
 * await instance.install('nginx')
 * await instance.restart()
 * ```
 */
export async function connectNode(node: Node, login: NodeLogin, options: CallOptions = {}): Promise<RemoteInstance> {
  const entered = await enter(node, login, options)
  const instance = new RemoteInstance(entered.node)
  behind.set(instance, { login, client: entered.client })
  return instance
}
