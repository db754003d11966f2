// A user's program: every entry point, types as they promise, and no work at import.
import assert from 'node:assert/strict'
import {
  getDriver as anyDriver,
  DriverType,
  InvalidRequestError,
  LibcloudError,
  NotSupportedError,
  VERSION,
} from 'libcloud'
import { getDriver as backupDriver } from 'libcloud/backup'
import { getDriver, type NodeDriverClass, Provider, setDriver } from 'libcloud/compute'
import { getDriver as containerDriver } from 'libcloud/container'
import { Provider as DNSProvider, getDriver as dnsDriver } from 'libcloud/dns'
import { DigitalOceanDNSDriver } from 'libcloud/drivers/digitalocean'
import { DummyNodeDriver } from 'libcloud/drivers/dummy'
import { getDriver as balancerDriver } from 'libcloud/loadbalancer'
import { getSizePrice } from 'libcloud/pricing'
import { getDriver as storageDriver } from 'libcloud/storage'
import { computeConformance } from 'libcloud/testing'

declare module 'libcloud/compute' {
  interface ComputeDrivers {
    mine: typeof DummyNodeDriver
  }
}

assert.match(VERSION, /^\d+\.\d+\.\d+$/)
setDriver('mine', async () => DummyNodeDriver)
const Mine = await getDriver('mine')
const mine: DummyNodeDriver = new Mine()
assert.equal((await mine.listNodes()).length, 0)

// @ts-expect-error no such provider
await assert.rejects(getDriver('dummi'), InvalidRequestError)
await assert.rejects(getDriver(Provider.SLICEHOST), NotSupportedError)
const generic: NodeDriverClass = await getDriver(String('dummy'))
assert.equal(generic, await anyDriver(DriverType.COMPUTE, 'dummy'))
assert.equal(await dnsDriver(DNSProvider.DIGITAL_OCEAN), DigitalOceanDNSDriver)
for (const driverClass of [
  await backupDriver('dummy'),
  await containerDriver('dummy'),
  await balancerDriver('dummy'),
  await storageDriver('dummy'),
]) {
  assert.equal(typeof driverClass, 'function')
}
assert.equal(await getSizePrice('compute', 'nobody', 'nothing'), undefined)
assert.equal(typeof computeConformance, 'function')
try {
  new DigitalOceanDNSDriver({ key: 'secret\n\nvalue' })
  assert.fail('it was made')
} catch (error) {
  assert.ok(error instanceof LibcloudError && !error.message.includes('value'))
}
console.log(`libcloud ${VERSION} on Node ${process.version}: all entry points are there`)
