import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InvalidRequestError } from '../errors.js'
import { type PricingDocument, parseDocument } from './format.js'
import { PricingProblem } from './plain.js'

/** A file that prices are looked for in. */
export interface PricingFile {
  readonly path: string
  /** That it is absent is no error. */
  readonly optional: boolean
}

/** `~/.libcloud/pricing.json`; `undefined` where the user has no home directory. */
export function homeFile(): string | undefined {
  try {
    return join(homedir(), '.libcloud', 'pricing.json')
  } catch {
    return undefined
  }
}

/** The file that comes with the package: two directories up from the built module, one from its source. */
export function bundledFile(): string {
  const paths = ['../../pricing.json', '../../../pricing.json'].map(path =>
    fileURLToPath(new URL(path, import.meta.url)),
  )
  return paths.find(path => existsSync(path)) ?? (paths[1] as string)
}

/** Where prices are looked for, in this order. */
export function pricingFiles(pricingFilePath: string | undefined): readonly PricingFile[] {
  if (pricingFilePath !== undefined) return [{ path: pricingFilePath, optional: false }]
  const home = homeFile()
  const bundled = { path: bundledFile(), optional: true }
  return home === undefined ? [bundled] : [{ path: home, optional: true }, bundled]
}

/** The error of a file that cannot be used. */
export function fileError(path: string, cause: unknown): InvalidRequestError {
  const why = cause instanceof Error ? cause.message : 'it cannot be read'
  const allowed = 'a readable file of prices'
  const message = `The pricing file '${path}' cannot be used: ${why}`
  return new InvalidRequestError(message, { argument: 'pricingFilePath', allowed, cause })
}

/** Runs what reads a file's content, with the file's name in its errors. */
export function reading<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw cause instanceof PricingProblem ? fileError(path, cause) : cause
  }
}

/** A file's content; `undefined` if it is absent and may be. */
export async function loadDocument(file: PricingFile): Promise<PricingDocument | undefined> {
  let text: string
  try {
    text = await readFile(file.path, 'utf8')
  } catch (error) {
    return absent(file, error)
  }
  return reading(file.path, () => parseDocument(text))
}

/** The same, at once. */
export function loadDocumentSync(file: PricingFile): PricingDocument | undefined {
  let text: string
  try {
    text = readFileSync(file.path, 'utf8')
  } catch (error) {
    return absent(file, error)
  }
  return reading(file.path, () => parseDocument(text))
}

function absent({ path, optional }: PricingFile, error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException
  if (optional && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined
  throw fileError(path, error)
}
