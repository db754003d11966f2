import type { NodeDriver } from '../compute/driver.js'
import { type Node, NodeAuthPassword } from '../compute/types.js'
import { DeploymentError } from '../errors.js'
import type { CallOptions } from '../options.js'
import { type Owned, owned } from '../owned.js'
import { type Arrival, logInAs, type Waiting, waitForNode } from './arrive.js'
import { checkBefore } from './before.js'
import type { ScriptError } from './errors.js'
import type {
  ConnectSSH,
  Deployment,
  DeployNodeOptions,
  DeployPhase,
  DeployProgress,
  SSHClient,
  SSHTarget,
} from './types.js'
import { lifetime } from './within.js'

interface Creator<O, N extends Node> extends NodeDriver {
  createNode: (node: O, options?: CallOptions) => Promise<Owned<N>>
  getNode: (nodeId: string, options?: CallOptions) => Promise<Node>
}

type More = Partial<Omit<DeployProgress, 'phase' | 'elapsed'>>

/** One deployment under way. */
interface Run {
  readonly provider: string
  readonly given: DeployNodeOptions
  readonly steps: readonly Deployment[]
  readonly options: CallOptions
  readonly arrival: Arrival
  /** As it was last seen: that which createNode returned may have no address yet. */
  node: Owned<Node>
  tell(phase: DeployPhase, more?: More): void
}

/** What is deployNode's, and not createNode's. */
const OWN: Readonly<Record<keyof DeployNodeOptions, true>> = {
  deploy: true,
  sshUsername: true,
  sshAlternateUsernames: true,
  sshPort: true,
  sshKey: true,
  sshKeyFile: true,
  sshKeyPassphrase: true,
  sshPassword: true,
  sshInterface: true,
  bootTimeout: true,
  sshTimeout: true,
  stepTimeout: true,
  maxTries: true,
  waitPeriod: true,
  atExit: true,
  destroyOnFailure: true,
  onProgress: true,
  connectSsh: true,
}

/** The work of `NodeDriver.deployNode`. */
export async function deployNode<O, N extends Node>(
  driver: Creator<O, N>,
  given: O & DeployNodeOptions,
  operation: string | undefined,
  options: CallOptions = {},
): Promise<Owned<N>> {
  const began = performance.now()
  const life = lifetime('deployNode', options)
  try {
    const during: CallOptions = { ...options, signal: life.signal }
    const { steps, privateKeys, auth } = await checkBefore(driver, given, during)
    const rest = Object.fromEntries(Object.entries(given as object).filter(([name]) => !(name in OWN)))
    const request = auth === undefined ? rest : { ...rest, auth }
    const node = await driver.createNode(request as unknown as O, during)
    const tell = (phase: DeployPhase, more: More = {}): void =>
      given.onProgress?.({ phase, node: run.node, elapsed: performance.now() - began, ...more })
    const { sshInterface, bootTimeout, sshTimeout, waitPeriod } = given
    const arrival: Arrival = {
      ...{ sshInterface, bootTimeout, sshTimeout, waitPeriod },
      onWait: (phase, state) => tell(phase, { state }),
    }
    const run: Run = { provider: driver.provider, given, steps, options: during, arrival, node, tell }
    try {
      await configure(driver as unknown as Waiting, run, request, privateKeys)
      await given.atExit?.(run.node)
      tell('done')
      return run.node as Owned<N>
    } catch (error) {
      throw await failed(run, operation, error)
    }
  } finally {
    life.done()
  }
}

/** Waits, logs in, and runs the steps. */
async function configure(driver: Waiting, run: Run, request: object, privateKeys: readonly string[]): Promise<void> {
  const { given, arrival, options, tell } = run
  tell('created')
  const running = await waitForNode(driver, run.node, arrival, options)
  const made = run.node
  // What destroys the one destroys the other.
  run.node = owned(running.node, async () => made[Symbol.asyncDispose]())
  tell('running')
  const target: Omit<SSHTarget, 'username'> = {
    host: running.addresses[0] as string,
    port: given.sshPort ?? 22,
    password: given.sshPassword ?? passwordOf(request, made),
    privateKeys,
    passphrase: given.sshKeyPassphrase,
  }
  const usernames = [given.sshUsername ?? 'root', ...(given.sshAlternateUsernames ?? [])]
  const connect = given.connectSsh ?? (await ownClient())
  const enter = (username: string, looking: CallOptions): Promise<SSHClient> =>
    connect({ ...target, username }, looking)
  const client = await logInAs(run.provider, `${target.host}:${target.port}`, usernames, enter, arrival, options)
  try {
    tell('connected')
    for (const [index, step] of run.steps.entries()) await runStep(run, step, step.name ?? `step ${index + 1}`, client)
  } finally {
    await client.close()
  }
}

async function runStep(run: Run, step: Deployment, name: string, client: SSHClient): Promise<void> {
  const { given, node, tell } = run
  const options = { ...run.options, timeout: given.stepTimeout }
  for (let attempt = 1; ; attempt++) {
    run.options.signal?.throwIfAborted()
    tell('step', { step: name, attempt })
    try {
      // A step that failed with its connection is worth another only over a new one.
      if (attempt > 1 && client.connected === false) {
        await client.reconnect?.({ ...run.options, timeout: given.sshTimeout, interval: given.waitPeriod })
      }
      await step.run(node, client, options)
      return tell('stepDone', { step: name, attempt })
    } catch (error) {
      if (run.options.signal?.aborted || attempt >= (given.maxTries ?? 1)) throw new StepFailure(name, error)
      tell('retry', { step: name, attempt, error })
    }
  }
}

/** Ends what has failed, and makes the error for the caller. */
async function failed(run: Run, operation: string | undefined, error: unknown): Promise<DeploymentError> {
  const { given, node, tell, provider } = run
  // Whoever listens may fail, too; the first failure is the one to tell, and the node is destroyed all the same.
  await quietly(() => tell('failed', { error, ...(error instanceof StepFailure ? { step: error.step } : {}) }))
  await quietly(() => given.atExit?.(node))
  let left = 'The node still exists: it is in `node` of this error.'
  if (given.destroyOnFailure) {
    const gone = await quietly(() => node[Symbol.asyncDispose]())
    left = gone ? 'The node was destroyed.' : 'The node could not be destroyed: it is in `node` of this error.'
    if (gone) await quietly(() => tell('destroyed'))
  }
  const message = `Deployment to node ${node.id} failed: ${error instanceof Error ? error.message : String(error)} ${left}`
  const more =
    error instanceof StepFailure ? { cause: error.cause, step: error.step, ...outputOf(error.cause) } : { cause: error }
  return new DeploymentError(message, { provider, operation, ...more, node })
}

async function quietly(work: () => unknown): Promise<boolean> {
  try {
    await work()
    return true
  } catch {
    return false
  }
}

/** Tells which step failed, until the error for the caller is made. */
class StepFailure extends Error {
  readonly step: string
  constructor(step: string, cause: unknown) {
    super(`'${step}' failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.step = step
  }
}

function outputOf(cause: unknown): Pick<DeploymentError, 'stdout' | 'stderr' | 'exitStatus'> {
  const { stdout, stderr, exitStatus } = (cause ?? {}) as Partial<ScriptError>
  return { stdout, stderr, exitStatus }
}

function passwordOf(request: object, node: Node): string | undefined {
  const { auth } = request as { auth?: unknown }
  if (auth instanceof NodeAuthPassword) return auth.password
  const { password } = node.extra as { password?: unknown }
  return typeof password === 'string' ? password : undefined
}

/**
 * A node that was just made has a host key that nobody can know yet, and often an address that another machine had
 * before: so its first key is taken, whatever the user's known hosts say, and is not written there.
 */
async function ownClient(): Promise<ConnectSSH> {
  const { connectSsh } = await import('./ssh.js')
  return (target, options) => connectSsh({ hostKey: 'accept-any', agent: false, ...target }, options)
}
