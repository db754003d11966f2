// Exchanges of several requests, as they were with a real cloud: those that the conformance suite, which counts requests, has no room for.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DesignateDNSDriver } from '../../../drivers/openstack/dns.js'
import { OctaviaLBDriver } from '../../../drivers/openstack/loadbalancer.js'
import type { OpenStackOptions } from '../../../drivers/openstack/options.js'
import { OpenStackSwiftStorageDriver } from '../../../drivers/openstack/storage.js'
import fixtureOptions from '../../../fixtures/openstack/options.json' with { type: 'json' }
import type { BaseDriver } from '../../../lib/driver.js'
import { matchPartial, parseFixture } from '../../conformance/fixture.js'
import { startReplay } from '../../conformance/replay.js'

const folder = join(import.meta.dirname, '../../../fixtures/openstack')
const DRIVERS: Readonly<Record<string, (options: OpenStackOptions) => BaseDriver>> = {
  'storage.more': options => new OpenStackSwiftStorageDriver(options),
  'dns.more': options => new DesignateDNSDriver(options),
  'loadbalancer.more': options => new OctaviaLBDriver(options),
}

for (const [name, make] of Object.entries(DRIVERS)) {
  describe(name, () => {
    for (const file of readdirSync(join(folder, name))) {
      const fixture = parseFixture(readFileSync(join(folder, name, file), 'utf8'), file)
      it(`${file}: sends and reads what the fixture shows`, async () => {
        const server = await startReplay()
        await using driver = make({ ...fixtureOptions, dispatcher: server.dispatcher, retry: false })
        server.play(fixture.exchanges)
        const call = Reflect.get(driver, fixture.method) as (...args: unknown[]) => Promise<unknown>
        const result = await Reflect.apply(call, driver, fixture.args)
        expect(server.problems).toEqual([])
        expect(server.requests).toHaveLength(fixture.exchanges.length)
        expect(matchPartial(result, fixture.expect)).toEqual([])
        await server.close()
      })
    }
  })
}
