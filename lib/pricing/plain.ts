// Apache Libcloud's own form of a pricing file: names, sizes and figures, and one date for all of them. Its users have
// it at the same place in their home directory, so it is read there as well.
import type { Price, PriceTableInput } from './types.js'

type Prices = Record<string, Price>
type Raw = Readonly<Record<string, unknown>>

/** What is wrong with a table, without the file's name. */
export class PricingProblem extends Error {}

export const isObject = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** https://libcloud.readthedocs.io/en/stable/compute/pricing.html: US dollars, for an hour of a node. */
const CURRENCY = 'USD'

/**
 * What stands in one table there, but has different units: each part becomes a table of its own. Prices of a machine
 * as a whole (shared-core families have a 'cpu' and no 'ram') keep the name.
 */
const PARTS: Readonly<Record<string, { of: string; unit: string; read: (raw: Raw) => Prices }>> = {
  gce_instances: { of: 'gce_instances', unit: 'hour', read: raw => families(raw, 'cpu', false) },
  gce_instances_cpu: { of: 'gce_instances', unit: 'vCPU-hour', read: raw => families(raw, 'cpu', true) },
  gce_instances_ram: { of: 'gce_instances', unit: 'GiB-hour', read: raw => families(raw, 'ram', true) },
  gce_disks: { of: 'gce_disks', unit: 'GiB-hour', read: disks },
  gce_images: { of: 'gce_images', unit: 'hour', read: raw => images(raw, false) },
  gce_images_cpu: { of: 'gce_images', unit: 'vCPU-hour', read: raw => images(raw, true) },
}

/** The names of the tables that a file of this form gives. */
export function plainNames(tables: Raw): string[] {
  const parts = Object.keys(PARTS).filter(name => Object.hasOwn(tables, (PARTS[name] as { of: string }).of))
  return [...new Set([...Object.keys(tables), ...parts])]
}

/**
 * One table of a file of this form; `undefined` if it is not there. A price of 0 says there that it is not known.
 * @throws PricingProblem where the structure is none that is known: nothing is guessed.
 */
export function plainTable(tables: Raw, name: string, updated: unknown, source: string): PriceTableInput | undefined {
  const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined
  const of = part?.of ?? name
  if (!Object.hasOwn(tables, of)) return undefined
  const raw = tables[of]
  if (!isObject(raw)) throw new PricingProblem(`'${of}' must be an object of prices`)
  const prices = part === undefined ? sizes(raw, of) : part.read(raw)
  return { currency: CURRENCY, unit: part?.unit ?? 'hour', date: dateOf(updated), source, prices }
}

function dateOf(updated: unknown): string {
  if (typeof updated !== 'number' || !(updated > 0 && updated < 1e11)) {
    throw new PricingProblem("'updated' must be the seconds since 1970 at which its prices were taken")
  }
  return new Date(updated * 1000).toISOString().slice(0, 10)
}

/** A figure, which may be text; `undefined` where it is not known. */
function figure(value: unknown, where: string): number | undefined {
  if (value === 'n/a') return undefined
  const price = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof price !== 'number' || !Number.isFinite(price) || price < 0) {
    throw new PricingProblem(`${where} must be a price`)
  }
  return price === 0 ? undefined : price
}

function sizes(raw: Raw, name: string): Prices {
  const known = Object.entries(raw).map(([size, value]) => {
    const where = `'${name}' → '${size}'`
    return [size, isObject(value) ? regions(value, where) : figure(value, where)] as const
  })
  return withoutGaps(known)
}

function regions(
  raw: Raw,
  where: string,
  inner = (value: unknown): unknown => value,
): Readonly<Record<string, number>> {
  const known = Object.entries(raw).map(([region, value]) => {
    return [region, figure(inner(value), `${where} → '${region}'`)] as const
  })
  return withoutGaps(known) as Record<string, number>
}

function withoutGaps(entries: readonly (readonly [string, Price | undefined])[]): Prices {
  const there = ([, price]: readonly [string, Price | undefined]): boolean =>
    price !== undefined && (typeof price === 'number' || Object.keys(price).length > 0)
  // Not by assignment: a name such as __proto__ is a name like any other.
  return Object.fromEntries(entries.filter(there)) as Prices
}

const priceOf = (value: unknown): unknown => (isObject(value) ? value['price'] : value)

/** `on_demand` is what a size's name alone means; other terms follow the name. */
function terms(raw: Raw, name: string, where: string): [string, Readonly<Record<string, number>>][] {
  return Object.entries(raw)
    .filter(([term]) => term !== 'description')
    .map(([term, value]) => {
      if (!isObject(value)) throw new PricingProblem(`${where} → '${term}' must be an object of regions`)
      const id = term === 'on_demand' ? name : `${name} ${term}`
      return [id, regions(value, `${where} → '${term}'`, priceOf)]
    })
}

function families(raw: Raw, part: 'cpu' | 'ram', apart: boolean): Prices {
  const all = Object.entries(raw).flatMap(([family, value]) => {
    const where = `'gce_instances' → '${family}'`
    const parts = isObject(value) ? value : {}
    const unknown = Object.keys(parts).some(key => key !== 'cpu' && key !== 'ram')
    if (unknown || !isObject(parts['cpu']) || !(isObject(parts['ram']) || parts['ram'] === undefined)) {
      throw new PricingProblem(`${where} must have 'cpu', and 'ram' where it is charged apart`)
    }
    const chosen = parts[part]
    if ((parts['ram'] !== undefined) !== apart || !isObject(chosen)) return []
    return terms(chosen, family, `${where} → '${part}'`)
  })
  return withoutGaps(all)
}

function disks(raw: Raw): Prices {
  const all = Object.entries(raw).flatMap(([disk, value]) => {
    const where = `'gce_disks' → '${disk}'`
    if (!isObject(value)) throw new PricingProblem(`${where} must be an object of terms`)
    return terms(value, disk, where)
  })
  return withoutGaps(all)
}

/** Licences of SQL Server and Windows Server are charged by core, but those of shared-core machines. */
function images(raw: Raw, byCore: boolean): Prices {
  const all = Object.entries(raw).flatMap(([family, value]) => {
    const where = `'gce_images' → '${family}'`
    if (!isObject(value)) throw new PricingProblem(`${where} must be an object of prices`)
    return Object.entries(value)
      .filter(([kind]) => kind !== 'description' && byCore === isByCore(family, kind))
      .map(([kind, price]) => [`${family} ${kind}`, figure(priceOf(price), `${where} → '${kind}'`)] as const)
  })
  return withoutGaps(all)
}

function isByCore(family: string, kind: string): boolean {
  return family === 'SQL Server' || (family === 'Windows Server' && kind === 'any')
}
