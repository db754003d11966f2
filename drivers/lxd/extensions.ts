import type { BaseDriver } from '../../lib/driver.js'
import { LXDServer } from './server.js'

export type * from './events.js'
export type * from './images.shared.js'
export type * from './instances.shared.js'
export type * from './server.js'
export type * from './types.js'

/** Every `ex_` method: the last of their chain. */
export class LXDExtensions extends LXDServer {}

type DriverClass<D extends BaseDriver, A extends unknown[]> = abstract new (...args: A) => D

/**
 * The base class of an API with every `ex_` method: compute and container drivers have different ancestors and the same
 * daemon, and a class has one ancestor only.
 */
export function extended<D extends BaseDriver, A extends unknown[]>(
  Base: DriverClass<D, A>,
): DriverClass<D & LXDExtensions, A> {
  abstract class Extended extends (Base as unknown as DriverClass<BaseDriver, unknown[]>) {}
  for (let at: object = LXDExtensions.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, found] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (name !== 'constructor' && !Object.hasOwn(Extended.prototype, name))
        Object.defineProperty(Extended.prototype, name, found)
    }
  }
  return Extended as unknown as DriverClass<D & LXDExtensions, A>
}
