import { NodeLocation, NodeSize } from '../../lib/compute/types.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { OpenStackComputeBase } from './compute.base.js'
import type { OpenStackListOptions } from './compute.shared.js'

interface RawFlavor {
  readonly id: string
  readonly name: string
  readonly ram: number
  readonly disk: number
  readonly vcpus: number
  /** An empty text where there is none. */
  readonly swap?: number | ''
  readonly rxtx_factor?: number
  readonly description?: string | null
  readonly extra_specs?: Readonly<Record<string, string>>
  readonly 'OS-FLV-EXT-DATA:ephemeral'?: number
  readonly 'OS-FLV-DISABLED:disabled'?: boolean
  readonly 'os-flavor-access:is_public'?: boolean
}
interface RawZone {
  readonly zoneName: string
  readonly zoneState: { readonly available: boolean }
}

/** What only OpenStack tells of a size (flavor). */
export interface OpenStackSizeExtra {
  readonly description: string | undefined
  /** GiB of a second disk that goes with the server. */
  readonly ephemeralDisk: number
  /** MiB. */
  readonly swap: number
  readonly rxtxFactor: number | undefined
  readonly isPublic: boolean | undefined
  readonly isDisabled: boolean
  /** What the hypervisor is told; `undefined` where the cloud is too old to tell it here: see `ex_getSizeExtraSpecs`. */
  readonly extraSpecs: Readonly<Record<string, string>> | undefined
}
export type OpenStackSize = NodeSize<OpenStackSizeExtra>
/** What only OpenStack tells of an availability zone. */
export interface OpenStackLocationExtra {
  readonly isAvailable: boolean
}

/** With its description, and what the hypervisor is told. */
const FLAVOR_VERSION = '2.61'

/** Flavors and availability zones. */
export abstract class OpenStackComputeSizes extends OpenStackComputeBase {
  /** @see https://docs.openstack.org/api-ref/compute/#list-flavors-with-details */
  listSizes(options?: OpenStackListOptions): Pager<OpenStackSize> {
    const map = (raw: RawFlavor): OpenStackSize => toSize(this, raw)
    const spec = { path: '/flavors/detail', member: 'flavors', map, microversion: FLAVOR_VERSION }
    return this.connection.list({ ...spec, limit: options?.ex_limit }, options)
  }

  /** Availability zones.
   * @see https://docs.openstack.org/api-ref/compute/#get-availability-zone-information */
  listLocations(options?: CallOptions): Pager<NodeLocation<OpenStackLocationExtra>> {
    const map = ({ zoneName, zoneState }: RawZone): NodeLocation<OpenStackLocationExtra> =>
      new NodeLocation(this, { id: zoneName, name: zoneName, extra: { isAvailable: zoneState.available } })
    return this.connection.listWhole({ path: '/os-availability-zone', member: 'availabilityZoneInfo', map }, options)
  }

  /**
   * One size.
   *
   * @example
   * ```ts
   * const { vcpus, ram } = await driver.ex_getSize('42')
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/compute/#show-flavor-details
   */
  async ex_getSize(sizeId: string, options?: CallOptions): Promise<OpenStackSize> {
    const map = (raw: RawFlavor): OpenStackSize => toSize(this, raw)
    const spec = { path: path`/flavors/${sizeId}`, member: 'flavor', map, microversion: FLAVOR_VERSION }
    return this.connection.one(spec, options)
  }

  /**
   * What the hypervisor is told of a size's servers.
   *
   * @example
   * ```ts
   * const { 'hw:cpu_policy': policy } = await driver.ex_getSizeExtraSpecs({ id: '42' })
   * ```
   * @throws NotFoundError
   * @see https://docs.openstack.org/api-ref/compute/#list-extra-specs-for-a-flavor
   */
  async ex_getSizeExtraSpecs(size: Ref, options?: CallOptions): Promise<Record<string, string>> {
    const map = (raw: Record<string, string>): Record<string, string> => ({ ...raw })
    return this.connection.one({ path: path`/flavors/${size.id}/os-extra_specs`, member: 'extra_specs', map }, options)
  }
}

function toSize(driver: OpenStackComputeSizes, raw: RawFlavor): OpenStackSize {
  return new NodeSize(driver, {
    id: raw.id,
    name: raw.name,
    ram: raw.ram,
    disk: raw.disk,
    vcpus: raw.vcpus,
    extra: {
      description: raw.description ?? undefined,
      ephemeralDisk: raw['OS-FLV-EXT-DATA:ephemeral'] ?? 0,
      swap: raw.swap || 0,
      rxtxFactor: raw.rxtx_factor,
      isPublic: raw['os-flavor-access:is_public'],
      isDisabled: raw['OS-FLV-DISABLED:disabled'] ?? false,
      extraSpecs: raw.extra_specs,
    },
  })
}
