import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import type { ApiName } from '../../lib/meta.js'
import {
  backupConformance,
  computeConformance,
  containerConformance,
  dnsConformance,
  type Harness,
  loadBalancerConformance,
  type Runner,
  storageConformance,
} from '../conformance/index.js'
import { loadDriver, readVendors, root } from '../tools/vendors.js'

const SUITES: Readonly<Record<ApiName, (runner: Runner, harness: Harness) => void>> = {
  compute: computeConformance,
  storage: storageConformance,
  dns: dnsConformance,
  loadbalancer: loadBalancerConformance,
  container: containerConformance,
  backup: backupConformance,
}

/** A share of an API's drivers, where they are too many for one worker. */
export interface Share {
  /** From 1. */
  readonly part: number
  readonly of: number
}

/** Every driver of an API runs its suite, without being asked. */
export async function describeDriversOf(api: ApiName, { part, of }: Share = { part: 1, of: 1 }): Promise<void> {
  let count = 0
  for (const meta of await readVendors()) {
    for (const driver of meta.drivers.filter(each => each.api === api)) {
      if (count++ % of !== part - 1) continue
      // What a driver needs beside `key` and `secret` to be made for its fixtures: addresses that others find in a catalog.
      const options = join(root, 'fixtures', meta.vendor, 'options.json')
      const contract = join(root, 'fixtures/contracts', `${meta.vendor}.json`)
      const driverClass = (await loadDriver(meta.vendor, driver)) as Harness['driverClass']
      SUITES[api](
        { describe, it },
        {
          meta,
          driver,
          driverClass,
          fixtures: join(root, 'fixtures', meta.vendor),
          contract: existsSync(contract) ? contract : undefined,
          options: existsSync(options) ? JSON.parse(readFileSync(options, 'utf8')) : undefined,
        },
      )
    }
  }
}
