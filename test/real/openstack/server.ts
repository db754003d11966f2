// A real cloud for one suite.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { OpenStackNodeDriver } from '../../../drivers/openstack/compute.js'
import type { OpenStackOptions } from '../../../drivers/openstack/options.js'

const run = promisify(execFile)
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** What `up.sh` tells. */
export interface RealCloud {
  /** Empty where scripts of other people's started it. */
  readonly dir: string
  /** It was there before, and stays. */
  readonly stays?: boolean
  readonly authUrl: string
  readonly region: string
  /** Of the users admin, demo and other, each of whom has a project of the same name. */
  readonly password: string
  readonly version: string
  /** Where Designate's zones are served. */
  readonly dnsPort?: number
}

/** Starts a cloud, or takes the one that the environment tells of: for those who develop, one start takes minutes. */
export async function startCloud(): Promise<RealCloud> {
  const running = process.env['LIBCLOUD_TEST_OPENSTACK']
  if (running === '') throw new Error('it was tried already')
  if (running !== undefined) return { ...(JSON.parse(running) as RealCloud), stays: true }
  const { stdout } = await run('bash', [script('up.sh')], { timeout: 1_500_000, maxBuffer: 1 << 26 })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as RealCloud
}

export async function stopCloud(cloud: RealCloud | undefined): Promise<void> {
  if (cloud?.dir && !cloud.stays) await run('bash', [script('down.sh'), cloud.dir])
}

export type CloudUser = 'admin' | 'demo' | 'other'

export function driverFor(
  cloud: RealCloud,
  user: CloudUser = 'demo',
  options: OpenStackOptions = {},
): OpenStackNodeDriver {
  const { authUrl, password, region } = cloud
  return new OpenStackNodeDriver({
    key: user,
    secret: password,
    project: user,
    authUrl,
    region,
    proxy: false,
    ...options,
  })
}
