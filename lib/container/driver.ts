import { BaseDriver, implementedMethods, installStubs, isImplemented, type Supporting } from '../driver.js'
import type { VendorMeta } from '../meta.js'
import type { DriverOptions } from '../options.js'
import { CONTAINER, type ContainerApi, type ContainerMethod } from './api.js'

/** Its type has no base methods: a driver writes those its provider supports. At run time stubs stand for the rest. */
export abstract class ContainerDriver extends BaseDriver {
  /** Whether the cluster methods mean anything. */
  readonly supportsClusters: boolean = false

  constructor(vendor: Pick<VendorMeta, 'vendor' | 'credentials'>, options: DriverOptions) {
    super(CONTAINER, vendor, options)
  }

  /** Whether the driver has all of these methods. */
  supports<D extends ContainerDriver, const M extends readonly [ContainerMethod, ...ContainerMethod[]]>(
    this: D,
    ...methods: M
  ): this is D & Supporting<ContainerApi, M> {
    return methods.every(method => isImplemented(this, method, CONTAINER))
  }
}

installStubs(ContainerDriver, CONTAINER)

/** Any container driver's class, for code that knows the provider only at run time. */
export type ContainerDriverClass = new (options: DriverOptions) => ContainerDriver

/** The base methods that a driver class has. */
export function supportedMethods(driverClass: { readonly prototype: ContainerDriver }): ContainerMethod[] {
  return implementedMethods(driverClass, CONTAINER) as ContainerMethod[]
}
