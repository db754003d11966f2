// A small SSH server in this process, in front of this machine's own shell, that can be restarted.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { Connection, ServerChannel } from 'ssh2'
import ssh2 from 'ssh2'
import { DummyNodeDriver } from '../../../drivers/dummy/compute.js'
import { Node } from '../../../lib/compute/types.js'
import { generateKeyPair } from '../../../lib/keys.js'
import type { CallOptions } from '../../../lib/options.js'
import type { Ref } from '../../../lib/resource.js'

export class Machine {
  bootId: string = randomUUID()
  readonly password = 'open sesame'
  /** What was run, in this order. */
  readonly commands: string[] = []
  readonly #connections: Set<Connection> = new Set()
  readonly #server: ssh2.Server
  private constructor(hostKey: string) {
    this.#server = new ssh2.Server({ hostKeys: [hostKey] }, connection => this.#serve(connection))
  }

  static async start(): Promise<Machine> {
    const { privateKey } = await generateKeyPair()
    const machine = new Machine(privateKey)
    await new Promise<void>(resolve => machine.#server.listen(0, '127.0.0.1', resolve))
    return machine
  }
  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** All connections end; with another boot id, unless it only looks so. */
  restart(really = true): void {
    if (really) this.bootId = randomUUID()
    for (const connection of this.#connections) connection.end()
  }
  async stop(): Promise<void> {
    this.restart()
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
  }

  #serve(connection: Connection): void {
    this.#connections.add(connection)
    connection.on('error', () => {}).on('close', () => this.#connections.delete(connection))
    connection.on('authentication', context => {
      if (context.method === 'password' && context.password === this.password) context.accept()
      else context.reject(['password'])
    })
    connection.on('session', accept => {
      accept().on('exec', (take, _refuse, { command }) => {
        this.commands.push(command)
        this.#run(take(), command)
      })
    })
  }

  #run(channel: ServerChannel, command: string): void {
    if (command.includes('random/boot_id')) {
      channel.write(`${this.bootId}\n`)
      channel.exit(0)
      channel.end()
      return
    }
    const child = spawn('sh', ['-c', command])
    channel.pipe(child.stdin)
    child.stdin.on('error', () => {})
    child.stdout.pipe(channel, { end: false })
    child.stderr.pipe(channel.stderr, { end: false })
    child.on('close', code => {
      channel.exit(code ?? 1)
      channel.end()
    })
  }
}

/** DUMMY, whose nodes are that machine. */
export class MachineDriver extends DummyNodeDriver {
  readonly machine: Machine
  /** Whether a reboot is one. */
  reboots = true
  constructor(machine: Machine) {
    super()
    this.machine = machine
  }
  override async getNode(nodeId: string, options?: CallOptions): Promise<Node<never>> {
    const node = await super.getNode(nodeId, options)
    const publicIps = node.publicIps.length > 0 ? ['127.0.0.1'] : []
    return new Node(this, { ...node, publicIps }) as Node<never>
  }
  override async rebootNode(node: Ref, options?: CallOptions): Promise<void> {
    await super.rebootNode(node, options)
    this.machine.restart(this.reboots)
  }
}
