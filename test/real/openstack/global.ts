// One cloud for all suites of this folder: they find it in the environment.
import { startCloud, stopCloud } from './server.js'

/** Called before the first suite. Where no cloud can be started, each suite says so. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['LIBCLOUD_TEST_OPENSTACK'] !== undefined) return undefined
  try {
    const cloud = await startCloud()
    process.env['LIBCLOUD_TEST_OPENSTACK'] = JSON.stringify(cloud)
    return () => stopCloud(cloud)
  } catch (error) {
    console.error(`OPENSTACK: no cloud could be started: ${error}`)
    process.env['LIBCLOUD_TEST_OPENSTACK'] = ''
    return undefined
  }
}
