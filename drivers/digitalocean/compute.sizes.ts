import { type LocationOptions, NodeLocation, type NodeSize } from '../../lib/compute/types.js'
import type { CallOptions } from '../../lib/options.js'
import type { Pager } from '../../lib/pager.js'
import { DigitalOceanComputeAssociated } from './compute.associated.js'
import { type DigitalOceanSizeExtra, type RawRegion, type RawSize, toSize } from './compute.shared.js'

/** By a region's slug without its number: the API does not tell countries. */
const COUNTRIES: Readonly<Record<string, string>> = {
  ams: 'NL',
  atl: 'US',
  blr: 'IN',
  fra: 'DE',
  lon: 'GB',
  nyc: 'US',
  sfo: 'US',
  sgp: 'SG',
  syd: 'AU',
  tor: 'CA',
}

/** What only DigitalOcean tells of a region. */
export interface DigitalOceanLocationExtra {
  /** Whether new droplets can be made there. */
  readonly available: boolean
  /** What droplets can have there: `'backups'`, `'ipv6'`, `'metadata'` … */
  readonly features: readonly string[]
  /** Slugs of the sizes that can be had there. */
  readonly sizes: readonly string[]
}

/** Plans and regions. */
export abstract class DigitalOceanComputeSizes extends DigitalOceanComputeAssociated {
  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/sizes_list */
  listSizes(options?: LocationOptions): Pager<NodeSize<DigitalOceanSizeExtra>> {
    const location = options?.location?.id
    const keep = (raw: RawSize): boolean => location === undefined || raw.regions.includes(location)
    const map = (raw: RawSize): NodeSize<DigitalOceanSizeExtra> => toSize(this, raw)
    return this.connection.list({ path: '/v2/sizes', member: 'sizes', map, keep }, options)
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/regions_list */
  listLocations(options?: CallOptions): Pager<NodeLocation<DigitalOceanLocationExtra>> {
    const map = (raw: RawRegion): NodeLocation<DigitalOceanLocationExtra> =>
      new NodeLocation(this, {
        id: raw.slug,
        name: raw.name,
        country: COUNTRIES[raw.slug.replace(/\d+$/, '')],
        extra: { available: raw.available, features: raw.features, sizes: raw.sizes },
      })
    return this.connection.list({ path: '/v2/regions', member: 'regions', map }, options)
  }
}
