import type { Node, RunningNode, WaitUntilRunningOptions } from '../compute/types.js'
import { InvalidRequestError, TimeoutError } from '../errors.js'
import type { CallOptions } from '../options.js'
import { type Look, poll } from '../poller.js'
import { HostKeyError } from './errors.js'

/** A driver that can be waited with. */
export interface Waiting {
  readonly provider: string
  waitUntilRunning(nodes: readonly Node[], options?: WaitUntilRunningOptions): Promise<RunningNode[]>
}

/** How to reach a node that was made just now, or was started. */
export interface Arrival {
  readonly sshInterface?: 'publicIps' | 'privateIps' | undefined
  readonly bootTimeout?: number | undefined
  readonly sshTimeout?: number | undefined
  readonly waitPeriod?: number | undefined
  /** Told after every look that found the node not there yet. */
  readonly onWait?: ((phase: 'waiting' | 'connecting', state: string | undefined) => void) | undefined
}

/** Waits until a node runs and has an address. */
export async function waitForNode(
  driver: Waiting,
  node: Node,
  { bootTimeout, waitPeriod, sshInterface, onWait }: Arrival,
  options: CallOptions,
): Promise<RunningNode> {
  const [running] = await driver.waitUntilRunning([node], {
    ...options,
    timeout: bootTimeout,
    interval: waitPeriod,
    sshInterface,
    onProgress: ({ state }) => onWait?.('waiting', state),
  })
  return running as RunningNode
}

/** Tries every user name, again and again, until one is let in. */
export async function logInAs<C>(
  provider: string,
  where: string,
  usernames: readonly string[],
  connect: (username: string, options: CallOptions) => Promise<C>,
  { sshTimeout = 300_000, waitPeriod, onWait }: Arrival,
  options: CallOptions,
): Promise<C> {
  let last: unknown
  const look = async (looking: CallOptions): Promise<Look<C>> => {
    for (const username of usernames) {
      try {
        return { done: true, value: await connect(username, looking) }
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
  const subject = { provider, what: `a login at ${where}`, interval: waitPeriod }
  const onProgress = ({ state }: { readonly state: string | undefined }): void => onWait?.('connecting', state)
  return poll(look, subject, { ...options, timeout: sshTimeout, onProgress })
}
