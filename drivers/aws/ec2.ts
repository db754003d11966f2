import type { ComputeApi } from '../../lib/compute/api.js'
import type { CreateNodeFeature } from '../../lib/compute/types.js'
import { connect } from '../../lib/driver.js'
import type { FamilyMember } from '../../lib/meta.js'
import type { AwsOptions } from './connection.js'
import { EC2Connection } from './ec2.connection.js'
import { EC2Spot } from './ec2.spot.js'
import type { EC2Vendor } from './ec2.vendors.js'

export type { AwsOptions } from './connection.js'
export type * from './ec2.addresses.js'
export type * from './ec2.attributes.js'
export type * from './ec2.base.js'
export type { EC2Filters, EC2Place } from './ec2.connection.js'
export type * from './ec2.finders.js'
export type * from './ec2.gateways.js'
export type * from './ec2.images.js'
export type * from './ec2.instances.js'
export type * from './ec2.interfaces.js'
export type * from './ec2.keys.js'
export type * from './ec2.networks.js'
export type * from './ec2.reserved.js'
export type * from './ec2.routes.js'
export type * from './ec2.security.js'
export type * from './ec2.shared.js'
export type * from './ec2.sizes.js'
export type * from './ec2.snapshots.js'
export type * from './ec2.spot.js'
export type * from './ec2.types.js'
export type * from './ec2.volumes.js'

/** Options of a cloud that speaks EC2's API. */
export interface EC2LikeOptions<Region extends string = string> extends Omit<AwsOptions, 'region'> {
  region?: Region | undefined
}

const FEATURES: { readonly createNode: readonly CreateNodeFeature[] } = { createNode: ['sshKey'] }

/**
 * Instances of Amazon's Elastic Compute Cloud and what belongs to them, in one region: `us-east-1`, unless another is
 * given.
 *
 * Names are tags, and are given in the request that makes the thing. Actions on nodes, volumes and images resolve when
 * EC2 has accepted them, and go on: methods that begin with `ex_waitFor` wait. What EC2 knows again by a token, it is
 * asked for again when an answer is lost; nothing else that makes something is.
 */
export class EC2NodeDriver extends EC2Spot implements Partial<ComputeApi> {
  readonly provider = 'ec2'
  override readonly features: { readonly createNode: readonly CreateNodeFeature[] } = FEATURES

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  constructor(options: AwsOptions = {}) {
    super(options)
    connect(this, new EC2Connection(this, this.region))
  }
}

/** The same API elsewhere: not all of it is there everywhere. */
export abstract class EC2LikeNodeDriver<P extends string> extends EC2Spot implements Partial<ComputeApi> {
  readonly provider: P
  override readonly features: { readonly createNode: readonly CreateNodeFeature[] } = FEATURES

  constructor(vendor: EC2Vendor & FamilyMember<P>, options: EC2LikeOptions) {
    super(options, vendor)
    this.provider = vendor.provider
    connect(this, new EC2Connection(this, this.region, vendor))
  }
}
