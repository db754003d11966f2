import { connect } from '../../lib/driver.js'
import type { FamilyMember } from '../../lib/meta.js'
import type { StorageApi } from '../../lib/storage/api.js'
import { meta } from './meta.js'
import { type OpenStackSwiftOptions, SwiftAddresses } from './storage.addresses.js'
import { SwiftConnection } from './storage.connection.js'
import type { SwiftVendor } from './storage.vendors.js'

export type { OpenStackOptions } from './options.js'
export type * from './storage.account.js'
export type * from './storage.addresses.js'
export type * from './storage.base.js'
export type * from './storage.large.js'
export type * from './storage.objects.js'
export type { SwiftListOptions } from './storage.requests.js'
export type { SwiftContainerExtra, SwiftObjectExtra } from './storage.shared.js'
export type * from './storage.versions.js'

/** What the constructors of vendors' Swift take. */
export interface SwiftVendorOptions<R extends string = string> extends OpenStackSwiftOptions {
  region?: R | undefined
}

/**
 * OpenStack Swift, behind keystone or behind an authentication of its own: an `authUrl` that ends with `/auth/v1.0` means that
 * one. Objects of more than 5 GiB, and streams of unknown length that have more than 16 MiB, are sent as segments, which are kept
 * in a container of their own: see {@link SwiftUploadOptions}.
 */
export class OpenStackSwiftStorageDriver extends SwiftAddresses implements Partial<StorageApi> {
  readonly provider = 'openstack_swift'
  readonly hasCdn = false

  constructor(options: OpenStackSwiftOptions = {}) {
    super(meta, options)
    connect(this, new SwiftConnection(this))
  }
}

/** The same of one vendor, whose addresses are known. */
export abstract class OpenStackVendorStorageDriver<P extends string>
  extends SwiftAddresses
  implements Partial<StorageApi>
{
  readonly provider: P
  readonly hasCdn: boolean

  constructor(vendor: SwiftVendor & FamilyMember<P>, options: SwiftVendorOptions) {
    super(meta, { region: vendor.region, ...options })
    this.provider = vendor.provider
    this.hasCdn = vendor.hasCdn ?? false
    connect(this, new SwiftConnection(this, vendor.preset))
  }
}
