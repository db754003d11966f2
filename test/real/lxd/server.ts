// A real daemon for one suite.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { LXDNodeDriver, type LXDOptions } from '../../../drivers/lxd/compute.js'
import { fingerprintOf } from '../../../drivers/lxd/connection.js'
import { LXDContainerDriver } from '../../../drivers/lxd/container.js'

const run = promisify(execFile)
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** What `up.sh` tells. */
export interface RealServer {
  readonly dir: string
  readonly socket: string
  readonly port: number
  readonly password: string
  /** The server's certificate: a file. */
  readonly certificate: string
  readonly version: string
  readonly network: string
  readonly subnet: string
}

export async function startServer({ debian = false } = {}): Promise<RealServer> {
  const args = [script('up.sh'), ...(debian ? ['--debian'] : [])]
  const { stdout } = await run('bash', args, { timeout: 900_000, maxBuffer: 1 << 24 })
  return JSON.parse(stdout) as RealServer
}

export async function stopServer(server: RealServer | undefined): Promise<void> {
  if (server) await run('bash', [script('down.sh'), server.dir], { timeout: 300_000 })
}

export function nodesOf({ socket }: RealServer, options: LXDOptions = {}): LXDNodeDriver {
  return new LXDNodeDriver({ socketPath: socket, ...options })
}
export function containersOf({ socket }: RealServer, options: LXDOptions = {}): LXDContainerDriver {
  return new LXDContainerDriver({ socketPath: socket, ...options })
}
/** Over HTTPS, with the server's certificate pinned. */
export function remoteOf({ port, certificate }: RealServer, options: LXDOptions = {}): LXDNodeDriver {
  const serverFingerprint = fingerprintOf(readFileSync(certificate, 'utf8'))
  return new LXDNodeDriver({ host: '127.0.0.1', port, serverFingerprint, proxy: false, ...options })
}

/** Ends the daemon without a word; its containers go on. */
export async function killServer({ dir }: RealServer): Promise<void> {
  process.kill(Number(readFileSync(`${dir}.pid`, 'utf8')), 'SIGKILL')
}
/** Starts the daemon again. */
export async function resumeServer({ dir }: RealServer): Promise<void> {
  await run('bash', [script('up.sh'), '--resume', dir], { timeout: 120_000 })
}

/** What the command-line client says. */
export async function lxc({ dir }: RealServer, ...args: readonly string[]): Promise<string> {
  return (await run('lxc', [...args], { env: { ...process.env, LXD_DIR: dir } })).stdout
}
/** What a program in Python says that has a pylxd client called `client`; it prints JSON. */
export async function pylxd({ socket }: RealServer, program: string): Promise<unknown> {
  const lines = [
    'import json, pylxd',
    `client = pylxd.Client(endpoint="http+unix://${encodeURIComponent(socket)}")`,
    program,
  ]
  const env = { ...process.env, PYLXD_WARNINGS: 'none' }
  const { stdout } = await run('/usr/bin/python3', ['-W', 'ignore', '-c', lines.join('\n')], {
    env,
    maxBuffer: 1 << 24,
  })
  return JSON.parse(stdout)
}
