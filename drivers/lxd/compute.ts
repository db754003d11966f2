import type { ComputeApi } from '../../lib/compute/api.js'
import { connect } from '../../lib/driver.js'
import type { VendorMeta } from '../../lib/meta.js'
import { LXDComputeVolumes } from './compute.volumes.js'
import { LXDConnection, type LXDOptions } from './connection.js'
import { meta } from './meta.js'

export type * from './compute.base.js'
export type * from './compute.volumes.js'
export type { LXDOptions } from './connection.js'
export type * from './extensions.js'

/**
 * Instances of an LXD server: containers and virtual machines, over its unix socket or HTTPS. All that the API can do
 * beside are `ex_` methods, which the container driver has too. They take names, or things with their names as ids.
 */
export class LXDNodeDriver extends LXDComputeVolumes implements Partial<ComputeApi> {
  readonly provider: string = 'lxd'

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  /** `vendor` is for subclasses, which give themselves their own connection. */
  constructor(options: LXDOptions = {}, vendor: VendorMeta = meta) {
    super(vendor, options)
    if (vendor === meta) connect(this, new LXDConnection(this))
  }
}
