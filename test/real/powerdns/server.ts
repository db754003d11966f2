// A real server for one suite.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PowerDNSDriver, type PowerDNSOptions } from '../../../drivers/powerdns/dns.js'

const run = promisify(execFile)
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** What `up.sh` tells. */
export interface RealServer {
  readonly dir: string
  readonly api: string
  readonly port: number
  readonly dnsPort: number
  readonly key: string
  readonly version: string
}

export async function startServer(): Promise<RealServer> {
  const { stdout } = await run('bash', [script('up.sh')], { timeout: 900_000, maxBuffer: 1 << 24 })
  return JSON.parse(stdout) as RealServer
}

export async function stopServer(server: RealServer | undefined): Promise<void> {
  if (server) await run('bash', [script('down.sh'), server.dir])
}

export function driverFor({ key, port }: RealServer, options: PowerDNSOptions = {}): PowerDNSDriver {
  return new PowerDNSDriver({ key, host: '127.0.0.1', port, secure: false, proxy: false, ...options })
}

/** What the server answers to a query, as dig prints it. */
export async function answer(
  { dnsPort }: RealServer,
  name: string,
  type: string,
  ...more: readonly string[]
): Promise<string> {
  const args = ['@127.0.0.1', '-p', String(dnsPort), '+tcp', '+norecurse', '+noall', '+answer', '+time=5', '+tries=2']
  const { stdout } = await run('dig', [...args, ...more, '-q', name, '-t', type])
  return stdout
}

/** The data of the answers to a query, sorted. */
export async function dig(server: RealServer, name: string, type: string): Promise<string[]> {
  return (await answer(server, name, type))
    .split('\n')
    .map(line => /^\S+\s+\d+\s+IN\s+(\S+)\s+(.*)$/.exec(line))
    .filter(match => match?.[1] === type)
    .map(match => match?.[2] ?? '')
    .sort()
}
