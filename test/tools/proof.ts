// How each method was proven: by a real server, by the provider's description, or by documentation only.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ApiName, DriverMeta, VendorMeta } from '../../lib/meta.js'
import { type Contract, loadContract } from '../conformance/contract.js'
import type { Fixture } from '../conformance/fixture.js'
import { readFixtures } from '../conformance/harness.js'
import { root } from './vendors.js'

/** What a real suite recorded of a method. */
export interface RealProof {
  /** Such as `pdns-server 4.7.4`. */
  readonly server: string
  /** Such as `2026-11-20`. */
  readonly date: string
}
/** A vendor's `proof.json`. */
export type ProofFile = Partial<Record<ApiName, Record<string, RealProof>>>

/** A method's proof, as words and as a letter. */
export interface Proof {
  readonly letter: 'R' | 'D' | 'd' | 'E'
  readonly text: string
}

export function readProofFile(vendor: string): ProofFile {
  const file = join(root, 'fixtures', vendor, 'proof.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ProofFile) : {}
}

/** A function that tells the proof of each of a driver's methods. */
export function proofs(meta: VendorMeta, driver: DriverMeta): (method: string) => Proof {
  if (driver.transport === 'memory' || driver.transport === 'files') return () => ({ letter: 'E', text: 'embedded' })
  const real = readProofFile(meta.vendor)[driver.api] ?? {}
  const fixtures = readFixtures({
    meta,
    driver,
    driverClass: undefined as never,
    fixtures: join(root, 'fixtures', meta.vendor),
  })
  const path = join(root, 'fixtures/contracts', `${meta.vendor}.json`)
  const contract = existsSync(path) ? loadContract(readFileSync(path, 'utf8')) : undefined
  return method => {
    const found = real[method]
    if (found) return { letter: 'R', text: `real server (${found.server}, ${found.date})` }
    const own = fixtures.calls.filter(fixture => fixture.method === method)
    return own.length > 0 && own.every(fixture => isDescribed(fixture, contract))
      ? { letter: 'D', text: "provider's description" }
      : { letter: 'd', text: 'documentation only' }
  }
}

function isDescribed({ exchanges }: Fixture, contract: Contract | undefined): boolean {
  return exchanges.every(({ request }) => {
    const sent = { ...request, path: request.target }
    return contract?.operation(sent) !== undefined
  })
}
