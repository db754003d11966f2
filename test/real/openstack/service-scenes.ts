// Calls of Swift's, Designate's and Octavia's drivers: the recorder plays them, and so do the suites.
import type { OpenStackConnection } from '../../../drivers/openstack/connection.js'
import type { OpenStackOptions } from '../../../drivers/openstack/options.js'
import type { BaseDriver } from '../../../lib/driver.js'
import type { RecorderOptions } from './recorder.js'

/** A call that is recorded. */
export interface ServiceScene<D> {
  readonly method: string
  /** For a second fixture of a method. */
  readonly name?: string
  readonly args: readonly unknown[] | ((driver: D) => readonly unknown[] | Promise<readonly unknown[]>)
  readonly before?: (driver: D) => Promise<unknown>
  readonly after?: (driver: D, result: never) => Promise<unknown>
  readonly throws?: string
  /** A pattern for a result that is text with the time in it. */
  readonly match?: string
  /** Seen in the result, beside what JSON shows. */
  readonly hidden?: (result: never) => object
  readonly as?: 'admin'
  /** Of several requests that clean up after a failure: kept beside those of the suite, which counts requests. */
  readonly more?: true
}
/** All calls of a driver. */
export interface ServiceStage<D extends BaseDriver & { readonly connection: OpenStackConnection }> {
  readonly folder: string
  readonly service: string
  readonly make: (options: OpenStackOptions) => D
  readonly scenes: readonly ServiceScene<D>[]
  readonly recorder?: Partial<RecorderOptions>
  /** Before each scene. */
  readonly reset: (driver: D) => Promise<unknown>
  readonly close: (driver: D) => Promise<unknown>
  readonly settle?: (driver: D, method: string, url: string) => Promise<void>
}
