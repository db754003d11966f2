// What was made a moment ago is not known to all of EC2 yet: it may be told that there is no such instance.
// https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html

import type { Node } from '../../lib/compute/types.js'
import { LibcloudError } from '../../lib/errors.js'
import type { CallOptions } from '../../lib/options.js'
import type { EC2Connection } from './ec2.connection.js'
import type { EC2NodeExtra } from './ec2.types.js'

/** Milliseconds after which everything is known everywhere. */
const YOUTH = 120_000

interface Made {
  readonly node: Node<EC2NodeExtra>
  readonly until: number
}
const made = new WeakMap<EC2Connection, Map<string, Made>>()

/** Notes a node that was just made. */
export function remember(connection: EC2Connection, node: Node<EC2NodeExtra>): void {
  const now = performance.now()
  const known = made.get(connection) ?? new Map<string, Made>()
  for (const [id, { until }] of known) if (until < now) known.delete(id)
  known.set(node.id, { node, until: now + YOUTH })
  made.set(connection, known)
}

/** A node as it was made, if that was a moment ago. */
export function youngNode(connection: EC2Connection, id: string): Node<EC2NodeExtra> | undefined {
  const known = made.get(connection)?.get(id)
  return known !== undefined && known.until > performance.now() ? known.node : undefined
}

export function isUnknownYet(error: unknown): boolean {
  return error instanceof LibcloudError && error.providerCode === 'InvalidInstanceID.NotFound'
}

/** Asks for a change of a node; again, where EC2 does not know the node yet. */
export async function onceKnown(
  connection: EC2Connection,
  id: string,
  change: (options: CallOptions | undefined) => Promise<void>,
  options: CallOptions | undefined,
): Promise<void> {
  if (youngNode(connection, id) === undefined) return change(options)
  const look = async (lookOptions: CallOptions) => {
    try {
      await change(lookOptions)
      return { done: true, value: undefined } as const
    } catch (error) {
      if (!isUnknownYet(error) || youngNode(connection, id) === undefined) throw error
      return { state: 'not known yet' }
    }
  }
  await connection.poll(`instance ${id} to be known`, look, { interval: 1000, ...options })
}
