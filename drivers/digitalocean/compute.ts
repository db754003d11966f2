import type { ComputeApi } from '../../lib/compute/api.js'
import type { CreateNodeFeature } from '../../lib/compute/types.js'
import { connect } from '../../lib/driver.js'
import { DigitalOceanComputeTags } from './compute.tags.js'
import { DigitalOceanConnection, type DigitalOceanOptions } from './connection.js'
import { meta } from './meta.js'

export type * from './account.js'
export type * from './compute.actions.js'
export type * from './compute.addresses.js'
export type * from './compute.associated.js'
export type * from './compute.backups.js'
export type * from './compute.base.js'
export type * from './compute.firewalls.js'
export type * from './compute.images.js'
export type * from './compute.keys.js'
export type * from './compute.networks.js'
export type * from './compute.shared.js'
export type * from './compute.sizes.js'
export type * from './compute.tags.js'
export type * from './compute.volumes.js'
export type { DigitalOceanOptions } from './connection.js'

/**
 * Droplets and what belongs to them. Where the driver has a region, it is where things are made, and the only one whose
 * droplets and volumes are listed; else all are.
 *
 * Power actions, attaching and detaching resolve when DigitalOcean has accepted them, and go on: `ex_waitForAction`
 * waits. `createImage` and `copyImage` do wait, because there is no image before. DigitalOcean makes no key pairs.
 */
export class DigitalOceanNodeDriver extends DigitalOceanComputeTags implements Partial<ComputeApi> {
  readonly provider = 'digital_ocean'
  override readonly features: { readonly createNode: readonly CreateNodeFeature[] } = { createNode: ['sshKey'] }

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  constructor(options: DigitalOceanOptions = {}) {
    super(meta, options)
    connect(this, new DigitalOceanConnection(this))
  }
}
