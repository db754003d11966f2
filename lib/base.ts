import { InvalidRequestError } from './errors.js'
import type { ApiName } from './meta.js'

/** The six APIs, for code that chooses one at run time. */
export const DriverType = {
  COMPUTE: 'compute',
  STORAGE: 'storage',
  DNS: 'dns',
  LOADBALANCER: 'loadbalancer',
  CONTAINER: 'container',
  BACKUP: 'backup',
} as const
export type DriverType = (typeof DriverType)[keyof typeof DriverType]

/** The registries, and through them every driver's class. */
interface Apis {
  compute: typeof import('./compute/providers.js')
  storage: typeof import('./storage/providers.js')
  dns: typeof import('./dns/providers.js')
  loadbalancer: typeof import('./loadbalancer/providers.js')
  container: typeof import('./container/providers.js')
  backup: typeof import('./backup/providers.js')
}
const apis: { readonly [A in ApiName]: () => Promise<Apis[A]> } = {
  compute: () => import('./compute/providers.js'),
  storage: () => import('./storage/providers.js'),
  dns: () => import('./dns/providers.js'),
  loadbalancer: () => import('./loadbalancer/providers.js'),
  container: () => import('./container/providers.js'),
  backup: () => import('./backup/providers.js'),
}

/**
 * Loads a driver class of any API: `getDriver(DriverType.COMPUTE, 'digital_ocean')`.
 * Where the API is known, its own `getDriver` knows the class's type too.
 * @throws InvalidRequestError for an unknown API or provider.
 */
export async function getDriver<T extends DriverType>(
  type: T,
  provider: string,
): Promise<Awaited<ReturnType<Apis[T]['getDriver']>>> {
  if (!Object.hasOwn(apis, type)) {
    const allowed = `one of ${Object.keys(apis).join(', ')}`
    throw new InvalidRequestError(`'type' must be ${allowed}`, { argument: 'type', allowed })
  }
  const { getDriver } = (await apis[type]()) as { getDriver: (provider: string) => Promise<unknown> }
  return (await getDriver(provider)) as Awaited<ReturnType<Apis[T]['getDriver']>>
}
