import type { BaseDriver } from '../../lib/driver.js'
import { LXDEditing } from './editing.js'

export type * from './certificate.js'
export type * from './certificates.js'
export type * from './cluster.js'
export type * from './events.js'
export type * from './exec.js'
export type * from './files.js'
export type * from './images.aliases.js'
export type * from './images.js'
export type * from './images.shared.js'
export type * from './instances.js'
export type * from './instances.parts.js'
export type * from './instances.shared.js'
export type * from './migration.js'
export type * from './networks.js'
export type * from './networks.parts.js'
export type * from './profiles.js'
export type * from './record.js'
export type * from './server.js'
export type * from './session.js'
export type * from './snapshots.js'
export type * from './storage.js'
export type * from './storage.parts.js'
export type * from './types.js'

/** Every `ex_` method: the last of their chain. */
export class LXDExtensions extends LXDEditing {}

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
