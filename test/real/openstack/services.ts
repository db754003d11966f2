// What the suites of Swift, Designate and Octavia share.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import type { OpenStackConnection } from '../../../drivers/openstack/connection.js'
import type { OpenStackOptions } from '../../../drivers/openstack/options.js'
import type { BaseDriver } from '../../../lib/driver.js'
import type { Proving } from '../proof.js'
import { type CloudUser, type RealCloud, startCloud } from './server.js'
import type { ServiceStage } from './service-scenes.js'

const run = promisify(execFile)

/** Whose things are made: nobody else's, where a cloud is shared. */
export const USER = (process.env['LIBCLOUD_RECORD_USER'] ?? 'demo') as CloudUser

/** Known before the tests are: where there is no cloud, there are none. */
export async function cloudFor(name: string): Promise<RealCloud | undefined> {
  return startCloud().catch((error: unknown) => {
    console.error(`!!! ${name}: ALL TESTS ARE SKIPPED, because there is no cloud: ${error}`)
    return undefined
  })
}

/** How a driver of any service is made. */
export function optionsFor(
  { authUrl, password, region }: RealCloud,
  user: CloudUser = USER,
  options: OpenStackOptions = {},
): OpenStackOptions {
  return { key: user, secret: password, project: user, authUrl, region, proxy: false, ...options }
}

/** Ends one service of a cloud of ours, and starts it again. */
export async function restart({ dir }: RealCloud, service: string): Promise<void> {
  await run('bash', [fileURLToPath(new URL('again.sh', import.meta.url)), dir, service])
}

/** Calls every method as the recorder does. */
export function methods<D extends BaseDriver & { readonly connection: OpenStackConnection }>(
  cloud: RealCloud,
  stage: ServiceStage<D>,
  proof: Proving,
): void {
  for (const scene of stage.scenes) {
    const { method, name, throws, as } = scene
    it(name === undefined ? method : `${method}: ${name}`, async () => {
      await using helper = stage.make(optionsFor(cloud))
      await using admin = stage.make(optionsFor(cloud, 'admin'))
      if (as === undefined) await stage.reset(helper)
      const driver = as === 'admin' ? admin : helper
      await scene.before?.(driver)
      const args = typeof scene.args === 'function' ? await scene.args(driver) : scene.args
      const given = args.map(each => (typeof Object(each).$text === 'string' ? Buffer.from(Object(each).$text) : each))
      const call = Reflect.get(proof.watch(driver), method) as (...all: unknown[]) => Promise<unknown>
      const outcome = await Promise.resolve(Reflect.apply(call, driver, given)).then(
        async value => {
          // What streams must be read.
          if (typeof Object(value)[Symbol.asyncIterator] === 'function')
            for await (const _chunk of value as AsyncIterable<unknown>);
          return value
        },
        (error: unknown) => error,
      )
      if (throws === undefined && outcome instanceof Error) throw outcome
      expect(outcome instanceof Error ? outcome.name : undefined).toBe(throws)
      await scene.after?.(driver, outcome as never)
    })
  }
}

/** Digs in the cloud's own name server. */
export async function dig({ dnsPort }: RealCloud, name: string, type: string): Promise<string[]> {
  const how = ['+tcp', '+norecurse', '+short', '+time=5', '+tries=3']
  const { stdout } = await run('dig', ['@127.0.0.1', '-p', String(dnsPort), ...how, '-q', name, '-t', type])
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .sort()
}
