import { isObject, PricingProblem, plainNames, plainTable } from './plain.js'
import type { Price, PriceTable, PriceTableMeta, PricingDriverType } from './types.js'

type Raw = Readonly<Record<string, unknown>>

/** A pricing file, parsed; its tables are read when they are asked for. */
export interface PricingDocument {
  readonly updated: unknown
  readonly compute: Raw
  readonly storage: Raw
}

/**
 * Reads a pricing file.
 * @throws PricingProblem
 */
export function parseDocument(text: string): PricingDocument {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (cause) {
    throw new PricingProblem(`it is not JSON: ${cause instanceof Error ? cause.message : ''}`, { cause })
  }
  if (!isObject(raw) || !(isObject(raw['compute']) || isObject(raw['storage']))) {
    throw new PricingProblem("it must be an object with 'compute', 'storage' or both")
  }
  const { compute = {}, storage = {}, updated } = raw
  if (!isObject(compute) || !isObject(storage)) {
    throw new PricingProblem("'compute' and 'storage' must be objects of tables")
  }
  return { updated, compute, storage }
}

/**
 * One of a file's tables, in this library's form or in Apache Libcloud's; `undefined` if it is not there.
 * @throws PricingProblem
 */
export function tableIn(
  document: PricingDocument,
  driverType: PricingDriverType,
  driverName: string,
  source: string,
): PriceTable | undefined {
  const tables = document[driverType]
  const raw = Object.hasOwn(tables, driverName) ? tables[driverName] : undefined
  if (isObject(raw) && (Object.hasOwn(raw, 'prices') || Object.hasOwn(raw, 'currency')))
    return readTable(raw, driverType, driverName)
  const plain = plainTable(tables, driverName, document.updated, source)
  return plain && frozen({ driverType, driverName, ...plain })
}

/** The names of a file's tables. */
export function tableNames(document: PricingDocument, driverType: PricingDriverType): string[] {
  return plainNames(document[driverType])
}

/**
 * A table in this library's form. `prices` has, by size: a number; an object of numbers by region; or, where the table
 * has a list of `regions`, a line with a figure for each of them, and `-` for those that are not known.
 * @throws PricingProblem
 */
export function readTable(raw: Raw, driverType: PricingDriverType, driverName: string): PriceTable {
  const where = `'${driverName}'`
  const meta = readMeta(raw, where)
  const rawPrices = raw['prices']
  if (!isObject(rawPrices)) throw new PricingProblem(`${where} → 'prices' must be an object`)
  const regions = raw['regions']
  const isList = Array.isArray(regions) && regions.every(region => typeof region === 'string' && region !== '')
  if (regions !== undefined && !isList) throw new PricingProblem(`${where} → 'regions' must be a list of names`)
  const prices = Object.entries(rawPrices).map(([size, value]) => {
    return [size, readPrice(value, `${where} → '${size}'`, regions as string[] | undefined)] as const
  })
  return frozen({ driverType, driverName, ...meta, prices: Object.fromEntries(prices) })
}

function readMeta(raw: Raw, where: string): PriceTableMeta {
  const { currency, unit, date, source, provider, note } = raw
  const refuse = (member: string, must: string): never => {
    throw new PricingProblem(`${where} → '${member}' must be ${must}`)
  }
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) refuse('currency', "three letters, such as 'USD'")
  if (!isText(unit)) refuse('unit', "what one price buys, such as 'hour'")
  if (typeof date !== 'string' || !isDate(date)) refuse('date', "a day or a month, such as '2023-08-06'")
  if (!isText(source)) refuse('source', 'where the prices come from')
  if (provider !== undefined && !isText(provider)) refuse('provider', "a provider constant, such as 'EC2'")
  if (note !== undefined && !isText(note)) refuse('note', 'text')
  const also = { ...(provider === undefined ? {} : { provider }), ...(note === undefined ? {} : { note }) }
  return { currency, unit, date, source, ...also } as PriceTableMeta
}

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== ''

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}(-\d{2})?$/.test(text)) return false
  const date = new Date(text)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

function readPrice(value: unknown, where: string, regions: readonly string[] | undefined): Price {
  if (typeof value === 'number') return checked(value, where)
  if (typeof value === 'string' && regions) return Object.freeze(readLine(value, where, regions))
  if (!isObject(value)) {
    const line = regions ? ', or a line of them' : ''
    throw new PricingProblem(`${where} must be a price, or prices by region${line}`)
  }
  const prices = Object.entries(value).map(([region, price]) => [region, checked(price, `${where} → '${region}'`)])
  return Object.freeze(Object.fromEntries(prices)) as Price
}

function readLine(line: string, where: string, regions: readonly string[]): Record<string, number> {
  const figures = line.split(' ')
  if (figures.length !== regions.length) {
    throw new PricingProblem(`${where} has ${figures.length} figures for ${regions.length} regions`)
  }
  const known: [string, number][] = []
  for (const [index, figure] of figures.entries()) {
    const region = regions[index] as string
    if (figure !== '-')
      known.push([region, checked(figure === '' ? Number.NaN : Number(figure), `${where} → '${region}'`)])
  }
  return Object.fromEntries(known)
}

function checked(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
  throw new PricingProblem(`${where} must be a price above 0; one that is not known is left out`)
}

/** Tables are kept and handed out again: nobody may change them. */
function frozen(table: PriceTable): PriceTable {
  for (const price of Object.values(table.prices)) Object.freeze(price)
  Object.freeze(table.prices)
  return Object.freeze(table)
}
