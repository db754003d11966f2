import type { ComputeApi } from '../../lib/compute/api.js'
import type { CreateNodeFeature } from '../../lib/compute/types.js'
import { connect } from '../../lib/driver.js'
import { GCEProxies } from './compute.proxies.js'
import { meta } from './meta.js'
import { GoogleComputeConnection } from './operations.js'
import { type GoogleOptions, googleOptions } from './options.js'

export type * from './compute.base.js'
export type * from './compute.catalog.js'
export type * from './compute.create.js'
export type * from './compute.firewalls.js'
export type * from './compute.forwarding.js'
export type * from './compute.groups.js'
export type * from './compute.images.js'
export type * from './compute.keys.js'
export type * from './compute.lists.js'
export type * from './compute.managers.js'
export type * from './compute.networks.js'
export type * from './compute.nodes.js'
export type * from './compute.pools.js'
export type * from './compute.proxies.js'
export type { GCEResource } from './compute.shared.js'
export type * from './compute.volumes.js'
export type * from './compute.web.js'
export type { GCEChangeOptions, GCEOperation, GCEWarning } from './operations.js'
export type { GoogleOptions } from './options.js'

/**
 * Google Compute Engine. What lies in a zone has the id `'<zone>/<name>'`, what lies in a region `'<region>/<name>'`, and
 * everything else its name; a name alone is one in the driver's zone or region, and Google's own addresses do as well.
 * Where the driver has a zone, its instances and disks are listed; `ex_zone: 'all'` lists all.
 *
 * Changes are awaited: `timeout` bounds the wait, `onProgress` hears of it, `ex_onWarning` of what Google notes beside it.
 * Each carries a token by which Google knows one that it has seen before, so that it is sent again when it may be lost.
 */
export class GCENodeDriver extends GCEProxies implements Partial<ComputeApi> {
  readonly provider = 'gce'
  override readonly features: { readonly createNode: readonly CreateNodeFeature[] } = { createNode: ['sshKey'] }

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  constructor(options: GoogleOptions = {}) {
    super(meta, googleOptions(options, 'gce'))
    connect(this, new GoogleComputeConnection(this))
  }
}
