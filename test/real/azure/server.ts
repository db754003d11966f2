// A real server for one suite: Microsoft's emulator.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { AzureBlobsOptions } from '../../../drivers/azure/storage.connection.js'
import { AzureBlobsStorageDriver } from '../../../drivers/azure/storage.js'

const run = promisify(execFile)
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** What `up.sh` tells. */
export interface RealServer {
  readonly dir: string
  readonly port: number
  readonly account: string
  readonly key: string
  readonly version: string
}

export async function startServer(): Promise<RealServer> {
  const { stdout } = await run('bash', [script('up.sh')], { timeout: 600_000, maxBuffer: 1 << 24 })
  return JSON.parse(stdout) as RealServer
}

export async function stopServer(server: RealServer | undefined): Promise<void> {
  if (server) await run('bash', [script('down.sh'), server.dir])
}

export function driverFor(
  { account, key, port }: Pick<RealServer, 'account' | 'key' | 'port'>,
  options: AzureBlobsOptions = {},
): AzureBlobsStorageDriver {
  const where = { host: '127.0.0.1', port, secure: false, proxy: false } as const
  return new AzureBlobsStorageDriver({ key: account, secret: key, ...where, ...options })
}
