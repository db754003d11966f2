import type { ComputeApi } from '../../lib/compute/api.js'
import type { CreateNodeFeature } from '../../lib/compute/types.js'
import { connect } from '../../lib/driver.js'
import type { FamilyMember } from '../../lib/meta.js'
import { OpenStackComputeIdentity } from './compute.identity.js'
import type { OpenStackVendor } from './compute.vendors.js'
import { OpenStackConnection } from './connection.js'
import { meta } from './meta.js'
import type { OpenStackOptions } from './options.js'

export type * from './catalog.js'
export type * from './compute.actions.js'
export type * from './compute.addresses.js'
export type * from './compute.base.js'
export type * from './compute.groups.js'
export type * from './compute.identity.js'
export type * from './compute.images.js'
export type * from './compute.keys.js'
export type * from './compute.networks.js'
export type * from './compute.ports.js'
export type * from './compute.routers.js'
export type * from './compute.security.js'
export type * from './compute.shared.js'
export type * from './compute.sizes.js'
export type * from './compute.states.js'
export type * from './compute.volumes.js'
export type * from './options.js'
export type * from './server.js'
export type * from './server-addresses.js'
export type * from './server-create.js'
export type * from './volume.js'

/** Options of a public cloud. */
export interface OpenStackVendorOptions<Region extends string = string> extends Omit<OpenStackOptions, 'region'> {
  region?: Region | undefined
}

const FEATURES: { readonly createNode: readonly CreateNodeFeature[] } = {
  createNode: ['sshKey', 'password', 'generatedPassword'],
}

/**
 * Nova's servers, and what belongs to them: Glance's images, Cinder's volumes, Neutron's networks. Works with every cloud
 * that has Nova's API v2.1; what needs a newer microversion than the cloud has is refused, telling both.
 *
 * What changes a server resolves when the cloud has accepted it, and goes on: `waitUntilRunning` and `ex_waitForState` wait.
 */
export class OpenStackNodeDriver extends OpenStackComputeIdentity implements Partial<ComputeApi> {
  readonly provider = 'openstack'
  override readonly features: { readonly createNode: readonly CreateNodeFeature[] } = FEATURES

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  constructor(options: OpenStackOptions = {}) {
    super(meta, options)
    connect(this, new OpenStackConnection(this, { service: 'compute' }))
  }
}

/** The same of one vendor, whose addresses are known. */
export abstract class OpenStackVendorNodeDriver<P extends string>
  extends OpenStackComputeIdentity
  implements Partial<ComputeApi>
{
  readonly provider: P
  override readonly features: { readonly createNode: readonly CreateNodeFeature[] } = FEATURES

  constructor(vendor: OpenStackVendor & FamilyMember<P>, options: OpenStackVendorOptions) {
    super(meta, { region: vendor.region, ...options })
    this.provider = vendor.provider
    connect(this, new OpenStackConnection(this, { service: 'compute', preset: vendor.preset }))
  }
}
