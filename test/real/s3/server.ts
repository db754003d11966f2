// A real server for one suite: OpenStack Swift, whose S3 interface verifies signatures.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { S3FamilyStorageDriver, type S3Options, type S3Vendor } from '../../../drivers/aws/s3.js'

const run = promisify(execFile)
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** What `up.sh` tells. */
export interface RealServer {
  readonly dir: string
  readonly port: number
  readonly key: string
  readonly secret: string
  readonly region: string
  readonly version: string
}

export async function startServer(): Promise<RealServer> {
  const { stdout } = await run('bash', [script('up.sh')], { timeout: 900_000, maxBuffer: 1 << 24 })
  return JSON.parse(stdout) as RealServer
}

export async function stopServer(server: RealServer | undefined): Promise<void> {
  if (server) await run('bash', [script('down.sh'), server.dir])
}

/** As Swift is found: S3's own constant, so that what it shows is S3's proof, with the checksum that Swift has. */
const SWIFT: S3Vendor<'s3'> = {
  provider: 's3',
  class: 'S3StorageDriver',
  name: 'OpenStack Swift',
  docs: 'https://docs.openstack.org/swift/latest/s3_compat.html',
  endpoint: 'http://127.0.0.1',
}

export function driverFor({ port, key, secret }: RealServer, options: S3Options = {}): S3FamilyStorageDriver<'s3'> {
  const where = { host: '127.0.0.1', port, secure: false, proxy: false as const }
  return new S3FamilyStorageDriver(SWIFT, { key, secret, ...where, ...options })
}
