import type { DriverClassOf, ProvidersHaving } from '../driver.js'
import { createRegistry } from '../registry.js'
import type { ComputeMethod } from './api.js'
import type { NodeDriver, NodeDriverClass } from './driver.js'
import type { ComputeDrivers } from './index.js'
import { loaders, type UnavailableName, unavailable } from './providers.gen.js'

/** The name of a driver that exists: `Provider`'s values, and what third parties declare. */
export type ProviderName = keyof ComputeDrivers
/** The providers whose driver has the method, or all the methods of a union. */
export type ProvidersWith<M extends ComputeMethod> = ProvidersHaving<ComputeDrivers, M>
/** A provider's concrete class; of several possible ones the portable class. */
export type DriverClass<P extends ProviderName> = DriverClassOf<ComputeDrivers, P, NodeDriverClass>

const registry = createRegistry('compute', loaders, unavailable)

/**
 * Loads a provider's driver class, and nothing else.
 * @throws InvalidRequestError for an unknown name, with the near ones.
 * @throws NotSupportedError for a provider that was closed or renamed, or whose driver is still to be written.
 */
export function getDriver<P extends ProviderName>(provider: P): Promise<DriverClass<P>>
/** A provider without a driver: the promise rejects and says why. */
export function getDriver(provider: UnavailableName): Promise<never>
/** For a name known only at run time; a literal that no provider has is a compile error. */
export function getDriver<S extends string>(provider: string extends S ? S : ProviderName): Promise<NodeDriverClass>
export async function getDriver(provider: string): Promise<unknown> {
  return registry.get(provider)
}

/** Registers a third party's driver. Its own package says `import(…)`, so that resolution starts there. */
export function setDriver<P extends string>(
  provider: P,
  load: () => Promise<P extends ProviderName ? ComputeDrivers[P] : new (options: never) => NodeDriver>,
): void {
  registry.set(provider, load)
}
