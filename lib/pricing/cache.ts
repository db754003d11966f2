import { loadDocument, loadDocumentSync, type PricingFile, pricingFiles, reading } from './files.js'
import { type PricingDocument, tableIn } from './format.js'
import type { PriceTable, PricingDriverType } from './types.js'

/** Tables given to setPricing. */
const given = new Map<string, PriceTable>()
/** Tables read from files; `undefined` for those that no file has. */
const tables = new Map<string, PriceTable | undefined>()
/** Tables that are being read. */
const pending = new Map<string, Promise<PriceTable | undefined>>()
/** Whole files, where `cacheAll` asked for them. */
const documents = new Map<string, PricingDocument | undefined>()
/** What began to be read in an earlier generation is handed to those who wait for it, but not kept. */
let generation = 0

/** A table to be looked up. */
export interface TableQuery {
  readonly driverType: PricingDriverType
  readonly driverName: string
  /** This file and no other. */
  readonly pricingFilePath?: string | undefined
  readonly cacheAll?: boolean | undefined
}

const keyOf = ({ driverType, driverName, pricingFilePath = '' }: TableQuery): string =>
  `${driverType}\0${driverName}\0${pricingFilePath}`

/** A table, from memory or from its file. Those who ask at the same time share one reading. */
export async function lookUp(query: TableQuery): Promise<PriceTable | undefined> {
  const key = keyOf(query)
  if (given.has(key)) return given.get(key)
  if (tables.has(key)) return tables.get(key)
  const waiting = pending.get(key)
  if (waiting) return waiting
  const work = read(query, key)
  pending.set(key, work)
  try {
    return await work
  } finally {
    if (pending.get(key) === work) pending.delete(key)
  }
}

async function read(query: TableQuery, key: string): Promise<PriceTable | undefined> {
  const began = generation
  let table: PriceTable | undefined
  for (const file of pricingFiles(query.pricingFilePath)) {
    const document = documents.has(file.path) ? documents.get(file.path) : await loadDocument(file)
    if (query.cacheAll && began === generation) documents.set(file.path, document)
    table = tableOf(document, file, query)
    if (table) break
  }
  if (began === generation) tables.set(key, table)
  return table
}

/** A table at once: its file is read while everything waits, if it was not before. */
export function lookUpSync(query: TableQuery): PriceTable | undefined {
  const key = keyOf(query)
  if (given.has(key)) return given.get(key)
  if (tables.has(key)) return tables.get(key)
  let table: PriceTable | undefined
  for (const file of pricingFiles(query.pricingFilePath)) {
    const document = documents.has(file.path) ? documents.get(file.path) : loadDocumentSync(file)
    table = tableOf(document, file, query)
    if (table) break
  }
  tables.set(key, table)
  return table
}

function tableOf(
  document: PricingDocument | undefined,
  { path }: PricingFile,
  { driverType, driverName }: TableQuery,
): PriceTable | undefined {
  return document && reading(path, () => tableIn(document, driverType, driverName, path))
}

/** Puts a table before those of all files. */
export function keep(table: PriceTable): void {
  given.set(keyOf(table), table)
}

/** Forgets what was read from files. */
export function forgetFiles(): void {
  generation += 1
  tables.clear()
  pending.clear()
  documents.clear()
}

/** Forgets everything. */
export function forgetAll(): void {
  forgetFiles()
  given.clear()
}

/** Forgets a table, of whatever file. */
export function forget(query: TableQuery): void {
  generation += 1
  const prefix = keyOf({ ...query, pricingFilePath: '' })
  for (const cache of [given, tables, pending]) {
    for (const key of cache.keys()) if (key.startsWith(prefix)) cache.delete(key)
  }
  documents.clear()
}
