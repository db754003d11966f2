// Nothing is read at import: a file is, when a price is first asked for.
import { existsSync } from 'node:fs'
import { type Check, filePath, flag, integer, invalidArgument, members, name, oneOf, optional } from './check.js'
import { InvalidRequestError } from './errors.js'
import { forget, forgetAll, keep, lookUp, lookUpSync } from './pricing/cache.js'
import { bundledFile, homeFile } from './pricing/files.js'
import { readTable } from './pricing/format.js'
import { gceImagePrice } from './pricing/images.js'
import { PricingProblem } from './pricing/plain.js'
import type { PriceTable, PriceTableInput, PricingDriverType } from './pricing/types.js'

export {
  type DownloadedPricingFile,
  type DownloadPricingFileOptions,
  downloadPricingFile,
} from './pricing/download.js'
export type { Price, PriceTable, PriceTableInput, PriceTableMeta, PricingDriverType } from './pricing/types.js'

/** How a table is looked up. */
export interface PricingOptions {
  /** This file and no other. @defaultValue `~/.libcloud/pricing.json` for what it has, else what the package brings */
  pricingFilePath?: string | undefined
  /** Keeps the whole file in memory, not only the table asked for: for programs that ask for many. @defaultValue false */
  cacheAll?: boolean | undefined
}

/**
 * A provider's prices, with currency, unit, date and source; `undefined` if none are known. What was given to
 * {@link setPricing} comes first, then `~/.libcloud/pricing.json`, then what the package brings.
 * @param driverName - the table's name: `'ec2_linux'`
 * @throws InvalidRequestError if a file is there, but cannot be read.
 */
export async function getPricing(
  driverType: PricingDriverType,
  driverName: string,
  options: PricingOptions = {},
): Promise<PriceTable | undefined> {
  check('getPricing', { driverType, driverName, options })
  return lookUp({ driverType, driverName, ...options })
}

/**
 * A size's price in its table's currency and unit, which {@link getPricing} tells; `undefined` if it is not known.
 * @param region - needed where the table has prices by region, and not to be given where it has not
 * @throws InvalidRequestError if a pricing file is there, but cannot be read.
 */
export async function getSizePrice(
  driverType: PricingDriverType,
  driverName: string,
  sizeId: string,
  region?: string,
): Promise<number | undefined> {
  check('getSizePrice', { driverType, driverName, sizeId, region })
  return priceIn(await lookUp({ driverType, driverName }), sizeId, region)
}

/**
 * The same at once, for mapping a list of sizes. The first call for a table reads its file and blocks meanwhile, some
 * milliseconds, unless {@link getPricing} has done it before; all further ones answer from memory.
 * @throws InvalidRequestError if a pricing file is there, but cannot be read.
 */
export function getSizePriceSync(
  driverType: PricingDriverType,
  driverName: string,
  sizeId: string,
  region?: string,
): number | undefined {
  check('getSizePriceSync', { driverType, driverName, sizeId, region })
  return priceIn(lookUpSync({ driverType, driverName }), sizeId, region)
}

function priceIn(table: PriceTable | undefined, sizeId: string, region: string | undefined): number | undefined {
  if (table === undefined || !Object.hasOwn(table.prices, sizeId)) return undefined
  const price = table.prices[sizeId]
  if (typeof price !== 'object') return region === undefined ? price : undefined
  return region !== undefined && Object.hasOwn(price, region) ? price[region] : undefined
}

/**
 * What an image's licence costs for an hour, on top of the size's price; `undefined` if it is not known, and for images
 * that cost nothing. A SQL Server image's price does not contain the Windows Server licence that it may need too.
 * @param driverName - `'gce_images'`; of any other table the price of the image's name is told
 * @param sizeName - the machine type: `'n1-standard-4'`
 * @param cores - of the machine; 1 if it is not given
 * @throws InvalidRequestError if a pricing file is there, but cannot be read.
 */
export async function getImagePrice(
  driverName: string,
  imageName: string,
  sizeName?: string,
  cores?: number,
): Promise<number | undefined> {
  check('getImagePrice', { driverName, imageName, sizeName, cores })
  const whole = await lookUp({ driverType: 'compute', driverName })
  if (driverName !== 'gce_images') return priceIn(whole, imageName, undefined)
  const byCore = await lookUp({ driverType: 'compute', driverName: 'gce_images_cpu' })
  return gceImagePrice({ whole, byCore }, imageName, sizeName ?? '', cores ?? 1)
}

/**
 * Gives a provider's prices, in place of those of any file, until they are invalidated. They are copied.
 * @throws InvalidRequestError if a price is not a number above 0, or currency, unit, date or source are missing.
 */
export function setPricing(driverType: PricingDriverType, driverName: string, pricing: PriceTableInput): void {
  check('setPricing', { driverType, driverName, pricing })
  try {
    // Lines of figures are a matter of files.
    keep(readTable({ ...pricing, regions: undefined }, driverType, driverName))
  } catch (cause) {
    if (!(cause instanceof PricingProblem)) throw cause
    const allowed = 'a table with currency, unit, date, source and prices above 0'
    const message = `setPricing: 'pricing' must be ${allowed}: ${cause.message}`
    throw new InvalidRequestError(message, { operation: 'setPricing', argument: 'pricing', allowed, cause })
  }
}

/** Forgets all prices, also those given to {@link setPricing}: the next look-up reads its file again. */
export function invalidatePricingCache(): void {
  forgetAll()
}

/** The same as {@link invalidatePricingCache}. */
export function clearPricingData(): void {
  forgetAll()
}

/** Forgets one provider's prices, also if they were given to {@link setPricing}. */
export function invalidateModulePricingCache(driverType: PricingDriverType, driverName: string): void {
  check('invalidateModulePricingCache', { driverType, driverName })
  forget({ driverType, driverName })
}

/** The file that is looked into first: `~/.libcloud/pricing.json` if it is there, else the one that the package brings. */
export function getPricingFilePath(): string {
  const home = homeFile()
  return home !== undefined && existsSync(home) ? home : bundledFile()
}

const CHECKS: Readonly<Record<string, Check>> = {
  driverType: oneOf(['compute', 'storage']),
  driverName: name,
  sizeId: name,
  region: optional(name),
  imageName: name,
  sizeName: optional(name),
  cores: optional(integer(1)),
  options: members({ pricingFilePath: optional(filePath), cacheAll: optional(flag) }),
  pricing: members({ prices: members({}) }),
}

function check(operation: string, values: Readonly<Record<string, unknown>>): void {
  for (const argument of Object.keys(values)) {
    const complaint = CHECKS[argument]?.(values[argument], argument, { provider: '' })
    if (complaint) throw invalidArgument(complaint, undefined, operation)
  }
}
