import { asApi, type Node } from '../compute/types.js'
import { NotSupportedError } from '../errors.js'
import type { CallOptions } from '../options.js'
import { shellQuote } from './quote.js'
import type { Deployment, RunOptions, SSHClient } from './types.js'

/** How a machine is restarted. `timeout` (300000 by default) bounds it until the machine is back. */
export interface RebootOptions extends CallOptions {
  /** Who does it: the provider, or the machine itself. @defaultValue 'driver', where its driver can restart nodes */
  via?: 'driver' | 'machine' | undefined
  /** Runs the machine's own `reboot` through sudo. @defaultValue false */
  sudo?: RunOptions['sudo']
  /** Milliseconds between two tries to log in again. @defaultValue 1000 */
  interval?: number | undefined
}

/** In the background: the command's own end should still be told. */
const REBOOT = `sh -c ${shellQuote(
  `sync; nohup sh -c 'sleep 1; systemctl reboot || reboot || shutdown -r now' </dev/null >/dev/null 2>&1 &`,
)}`

/** Has a machine restart, and resolves at once: to the id of the boot that ends now. */
export async function beginReboot(
  node: Node,
  client: SSHClient,
  { via, sudo, signal }: RebootOptions,
): Promise<string> {
  if (!client.bootId) throw new NotSupportedError('This SSH client does not tell boots apart')
  const calls: CallOptions = { signal }
  const before = await client.bootId(calls)
  if (via === 'machine' || (via === undefined && !node.driver.supports('rebootNode'))) {
    await client.run(REBOOT, { ...calls, sudo, timeout: 30_000 })
  } else {
    // A provider may pull the plug: what is not on the disk by then is lost.
    await client.run('sync', { ...calls, timeout: 60_000 })
    await asApi(node.driver).rebootNode(node, calls)
  }
  return before
}

/**
 * Restarts a machine, and resolves when it is back: to the id of its new boot, which is another one.
 * @throws NotSupportedError when the client cannot come back, or the machine does not tell its boots apart.
 * @throws TimeoutError when it is not back in time, or never went.
 */
export async function rebootMachine(node: Node, client: SSHClient, options: RebootOptions = {}): Promise<string> {
  const { interval, timeout = 300_000, signal } = options
  if (!client.reconnect || !client.bootId)
    throw new NotSupportedError('This SSH client cannot come back after a restart')
  const began = performance.now()
  const before = await beginReboot(node, client, options)
  const left = Math.max(1, timeout - (performance.now() - began))
  await client.reconnect({ signal, timeout: left, otherThan: before, interval })
  return client.bootId({ signal })
}

/** Restarts the node between two steps, and goes on when it is back. That it was away is proved by its boot id. */
export class RebootDeployment implements Deployment {
  readonly name: string = 'RebootDeployment'
  readonly #options: Omit<RebootOptions, 'signal'>
  constructor(options: Omit<RebootOptions, 'signal'> = {}) {
    this.#options = options
  }

  async run(node: Node, client: SSHClient, options: CallOptions = {}): Promise<Node> {
    await rebootMachine(node, client, {
      ...this.#options,
      ...options,
      timeout: this.#options.timeout ?? options.timeout,
    })
    return node
  }
}
