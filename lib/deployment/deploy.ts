import { readFile } from 'node:fs/promises'
import type { NodeDriver } from '../compute/driver.js'
import { type Node, NodeAuthPassword, type RunningNode } from '../compute/types.js'
import { DeploymentError, InvalidRequestError, TimeoutError } from '../errors.js'
import type { CallOptions } from '../options.js'
import type { Owned } from '../owned.js'
import { type Look, poll } from '../poller.js'
import type { ScriptError } from './errors.js'
import { HostKeyError } from './errors.js'
import type { ConnectSSH, Deployment, DeployNodeOptions, SSHClient, SSHTarget } from './types.js'

interface Creator<O, N extends Node> extends NodeDriver {
  createNode: (node: O, options?: CallOptions) => Promise<Owned<N>>
  getNode: (nodeId: string, options?: CallOptions) => Promise<Node>
}

/** The work of `NodeDriver.deployNode`. */
export async function deployNode<O, N extends Node>(
  driver: Creator<O, N>,
  given: O & DeployNodeOptions,
  operation: string | undefined,
  options?: CallOptions,
): Promise<Owned<N>> {
  const {
    deploy,
    sshUsername,
    sshAlternateUsernames,
    sshPort,
    sshKey,
    sshKeyFile,
    sshKeyPassphrase,
    sshPassword,
    sshInterface,
    ...others
  } = given
  const {
    bootTimeout,
    sshTimeout,
    stepTimeout,
    maxTries,
    waitPeriod,
    atExit,
    destroyOnFailure,
    onProgress,
    connectSsh,
    ...rest
  } = others
  const steps: readonly Deployment[] = Array.isArray(deploy) ? deploy : [deploy as Deployment]
  for (const [index, step] of steps.entries()) {
    if (typeof step?.run === 'function') continue
    const details = {
      provider: driver.provider,
      operation,
      argument: `node.deploy[${index}]`,
      allowed: 'a Deployment: an object with run()',
    }
    throw new InvalidRequestError(`deployNode: '${details.argument}' must be ${details.allowed}`, details)
  }
  const privateKeys = await readKeys(given)
  const connect = connectSsh ?? (await ownClient(privateKeys, sshKeyPassphrase))
  const node = await driver.createNode(rest as unknown as O, options)
  try {
    onProgress?.({ phase: 'created', node })
    const [running] = (await driver.waitUntilRunning([node], {
      ...options,
      timeout: bootTimeout,
      interval: waitPeriod,
      sshInterface,
    })) as [RunningNode]
    onProgress?.({ phase: 'running', node: running.node })
    const target: Omit<SSHTarget, 'username'> = {
      host: running.addresses[0] as string,
      port: sshPort ?? 22,
      password: sshPassword ?? passwordOf(rest, node),
      privateKeys,
      passphrase: sshKeyPassphrase,
    }
    const usernames = [sshUsername ?? 'root', ...(sshAlternateUsernames ?? [])]
    const client = await logIn(
      driver.provider,
      connect,
      target,
      usernames,
      { ...options, timeout: sshTimeout ?? 300_000 },
      waitPeriod,
    )
    try {
      onProgress?.({ phase: 'connected', node: running.node })
      for (const [index, step] of steps.entries()) {
        const name = step.name ?? `step ${index + 1}`
        onProgress?.({ phase: 'step', node: running.node, step: name })
        await runStep(step, name, running.node, client, maxTries ?? 1, { ...options, timeout: stepTimeout })
      }
    } finally {
      await client.close()
    }
    onProgress?.({ phase: 'done', node: running.node })
    return node
  } catch (error) {
    const left = destroyOnFailure ? await destroy(node) : 'The node still exists: it is in `node` of this error.'
    const message = `Deployment to node ${node.id} failed: ${error instanceof Error ? error.message : String(error)} ${left}`
    const failed =
      error instanceof StepFailure
        ? { cause: error.cause, step: error.step, ...outputOf(error.cause) }
        : { cause: error }
    throw new DeploymentError(message, { provider: driver.provider, operation, ...failed, node })
  } finally {
    await atExit?.(node)
  }
}

async function destroy(node: Owned<Node>): Promise<string> {
  try {
    await node[Symbol.asyncDispose]()
    return 'The node was destroyed.'
  } catch {
    return 'The node could not be destroyed: it is in `node` of this error.'
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

async function runStep(
  step: Deployment,
  name: string,
  node: Node,
  client: SSHClient,
  tries: number,
  options: CallOptions,
): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await step.run(node, client, options)
      return
    } catch (cause) {
      options.signal?.throwIfAborted()
      if (tried >= tries) throw new StepFailure(name, cause)
    }
  }
}

/** Tries every user name, again and again, until one is let in. */
async function logIn(
  provider: string,
  connect: ConnectSSH,
  target: Omit<SSHTarget, 'username'>,
  usernames: readonly string[],
  options: CallOptions,
  interval: number | undefined,
): Promise<SSHClient> {
  let last: unknown
  const look = async (looking: CallOptions): Promise<Look<SSHClient>> => {
    for (const username of usernames) {
      try {
        return { done: true, value: await connect({ ...target, username }, looking) }
      } catch (error) {
        options.signal?.throwIfAborted()
        // What is wrong with a key stays wrong; a refused login may be the machine's first boot.
        if (error instanceof InvalidRequestError || error instanceof HostKeyError) throw error
        // The attempt that time cut short says less than the one before.
        if (last === undefined || !(error instanceof TimeoutError)) last = error
      }
    }
    return { state: last instanceof Error ? last.message : String(last) }
  }
  return poll(look, { provider, what: `a login at ${target.host}:${target.port}`, interval }, options)
}

function passwordOf(request: unknown, node: Node): string | undefined {
  const { auth } = request as { auth?: unknown }
  if (auth instanceof NodeAuthPassword) return auth.password
  const { password } = node.extra as { password?: unknown }
  return typeof password === 'string' ? password : undefined
}

async function readKeys({ sshKey, sshKeyFile }: DeployNodeOptions): Promise<string[]> {
  const files = sshKeyFile === undefined ? [] : typeof sshKeyFile === 'string' ? [sshKeyFile] : sshKeyFile
  const read = files.map(async file => {
    try {
      return await readFile(file, 'utf8')
    } catch (cause) {
      const details = { argument: 'node.sshKeyFile', allowed: 'the path of a readable file', cause }
      throw new InvalidRequestError(`deployNode: 'node.sshKeyFile' must be ${details.allowed}`, details)
    }
  })
  return [...(sshKey === undefined ? [] : [sshKey]), ...(await Promise.all(read))]
}

/**
 * A node that was just made has a host key that nobody can know yet, and often an address that another machine had
 * before: so its first key is taken, whatever the user's known hosts say, and is not written there.
 */
async function ownClient(privateKeys: readonly string[], passphrase: string | undefined): Promise<ConnectSSH> {
  const [{ connectSsh }, { checkKeys }] = await Promise.all([import('./ssh.js'), import('./connect.js')])
  // A key that cannot be used is told before the node is made, and paid for.
  await checkKeys({ host: '', port: 22, username: '', privateKeys, passphrase, agent: false })
  return (target, options) => connectSsh({ hostKey: 'accept-any', agent: false, ...target }, options)
}
