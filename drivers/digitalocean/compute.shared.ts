import type { NodeDriver } from '../../lib/compute/driver.js'
import { NodeImage, NodeSize } from '../../lib/compute/types.js'
import { toDate } from './account.js'

// Regions, sizes and images stand by themselves, and within droplets and volumes.

export interface RawRegion {
  readonly slug: string
  readonly name: string
  readonly features: readonly string[]
  readonly available: boolean
  readonly sizes: readonly string[]
}
export interface RawSize {
  readonly slug: string
  readonly memory: number
  readonly vcpus: number
  readonly disk: number
  readonly transfer: number
  readonly price_monthly: number
  readonly price_hourly: number
  readonly regions: readonly string[]
  readonly available: boolean
  readonly description: string
}
export interface RawImage {
  readonly id: number
  readonly name: string
  readonly type?: string
  readonly distribution: string
  readonly slug?: string | null
  readonly public?: boolean
  readonly regions: readonly string[]
  readonly created_at: string
  readonly min_disk_size?: number | null
  readonly size_gigabytes?: number | null
  readonly description?: string | null
  readonly tags?: readonly string[] | null
  readonly status: string
  readonly error_message?: string | null
}
/** What only DigitalOcean tells of a size. */
export interface DigitalOceanSizeExtra {
  readonly description: string
  /** A month's price in US dollars; the size's own `price` is an hour's. */
  readonly priceMonthly: number
  /** Slugs of the regions that have it. */
  readonly regions: readonly string[]
  /** Whether new droplets can be made of it. */
  readonly available: boolean
}
/** What only DigitalOcean tells of an image. */
export interface DigitalOceanImageExtra {
  /** The public image's other name: it can be given in place of the id. */
  readonly slug: string | undefined
  /** `'Ubuntu'`, `'Debian'` … */
  readonly distribution: string
  /** `'base'`, `'snapshot'`, `'backup'`, `'custom'` or `'admin'`. */
  readonly type: string | undefined
  readonly public: boolean
  /** Slugs of the regions that it lies in. */
  readonly regions: readonly string[]
  readonly createdAt: Date | undefined
  /** The smallest disk that it fits on, in GiB. */
  readonly minDiskSize: number | undefined
  /** GiB. */
  readonly size: number | undefined
  readonly description: string | undefined
  readonly tags: readonly string[]
  /** `'available'`, `'pending'`, `'deleted'`, `'retired'`, or `'NEW'` for a custom image that is being fetched. */
  readonly status: string
  /** Why a custom image could not be fetched. */
  readonly errorMessage: string | undefined
}
export function toSize(driver: NodeDriver, raw: RawSize): NodeSize<DigitalOceanSizeExtra> {
  return new NodeSize(driver, {
    id: raw.slug,
    name: raw.slug,
    ram: raw.memory,
    disk: raw.disk,
    vcpus: raw.vcpus,
    bandwidth: raw.transfer * 1000, // the API tells TB
    price: raw.price_hourly,
    extra: {
      description: raw.description,
      priceMonthly: raw.price_monthly,
      regions: raw.regions,
      available: raw.available,
    },
  })
}

export function toImage(driver: NodeDriver, raw: RawImage): NodeImage<DigitalOceanImageExtra> {
  return new NodeImage(driver, {
    id: String(raw.id),
    name: raw.name,
    extra: {
      slug: raw.slug ?? undefined,
      distribution: raw.distribution,
      type: raw.type,
      public: raw.public ?? false,
      regions: raw.regions,
      createdAt: toDate(raw.created_at),
      minDiskSize: raw.min_disk_size ?? undefined,
      size: raw.size_gigabytes ?? undefined,
      description: raw.description || undefined,
      tags: raw.tags ?? [],
      status: raw.status,
      errorMessage: raw.error_message || undefined,
    },
  })
}
