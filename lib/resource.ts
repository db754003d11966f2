import type { BaseDriver } from './driver.js'

/** Wherever a resource is expected, its id will do. */
export interface Ref {
  readonly id: string
}
/** A resource that is known by its name. */
export interface NamedRef {
  readonly name: string
}

/** What all resources share: a reference to their driver, which printing, JSON, spread and deep equality do not see. */
export abstract class Resource {
  declare readonly driver: BaseDriver // `declare`, or the emitted field makes it enumerable
  constructor(driver: BaseDriver) {
    Object.defineProperty(this, 'driver', { value: driver })
  }
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
