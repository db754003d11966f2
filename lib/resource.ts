import type { BaseDriver } from './driver.js'

/** Wherever a resource is expected, its id will do. */
export interface Ref {
  readonly id: string
}
/** A resource that is known by its name. */
export interface NamedRef {
  readonly name: string
}

// A property that is not enumerable would take as long to define as all others together.
class DriverHolder {
  readonly #driver: BaseDriver
  constructor(driver: BaseDriver) {
    this.#driver = driver
  }
  get driver(): BaseDriver {
    return this.#driver
  }
}
// Not the class itself: `#driver` would make the types of two copies of this package incompatible.
const Held: abstract new (driver: BaseDriver) => { readonly driver: BaseDriver } = DriverHolder

/** What all resources share: a reference to their driver, which printing, JSON, spread and deep equality do not see. */
export abstract class Resource extends Held {
  /** The same for the same resource in every process: the SHA-1 of its id (or name) and its provider. */
  get uuid(): string {
    const { id, name } = this as { id?: string; name?: string }
    // Not imported: few ask for it, and loading it costs as much as all the rest.
    return process
      .getBuiltinModule('node:crypto')
      .createHash('sha1')
      .update(`${id ?? name}:${this.driver.provider}`)
      .digest('hex')
  }
}
