// DUMMY, whose nodes are real OpenSSH servers on addresses of this machine.
import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { DummyNodeDriver } from '../../../drivers/dummy/compute.js'
import { Node } from '../../../lib/compute/types.js'
import type { CallOptions } from '../../../lib/options.js'
import type { Ref } from '../../../lib/resource.js'
import type { Sshd } from '../ssh/server.js'

const exec = promisify(execFile)

/** How many machines there are. */
export const MACHINES = 30

export class MachineDriver extends DummyNodeDriver {
  readonly sshd: Sshd
  /** The address of the nodes that are made next. @defaultValue one of its own for each node */
  address: string | undefined
  readonly #given: Map<string, string> = new Map()
  constructor(sshd: Sshd) {
    super({ transition: 30 })
    this.sshd = sshd
  }
  override async getNode(nodeId: string, options?: CallOptions): Promise<Node<never>> {
    const node = await super.getNode(nodeId, options)
    const address = this.#given.get(nodeId) ?? this.address ?? `127.77.0.${(this.#given.size % MACHINES) + 1}`
    this.#given.set(nodeId, address)
    return new Node(this, { ...node, publicIps: node.publicIps.length > 0 ? [address] : [] }) as Node<never>
  }
  override async rebootNode(node: Ref, options?: CallOptions): Promise<void> {
    await super.rebootNode(node, options)
    await this.sshd.reboot(0.3)
  }
}

/** What must be the same before and after: nodes, connections, processes of the machines, files in the home. */
export async function traces(driver: MachineDriver): Promise<Record<string, unknown>> {
  const { stdout } = await exec('ss', ['-Htn', 'state', 'established', `( sport = :${driver.sshd.port} )`])
  return {
    nodes: (await driver.listNodes()).length,
    connections: stdout.split('\n').filter(Boolean).length,
    processes: await driver.sshd.running(),
    home: (await readdir(driver.sshd.home)).sort(),
  }
}

/** The server notices an end a moment after us. */
export async function expectUnchanged(driver: MachineDriver, before: Record<string, unknown>): Promise<void> {
  await expect.poll(() => traces(driver), { timeout: 20_000, interval: 100 }).toEqual(before)
}
