import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import {
  type Check,
  filePath as filePathCheck,
  integer,
  invalidArgument,
  optional,
  options as optionsCheck,
} from '../check.js'
import { keepOptions } from '../credentials.js'
import type { BaseDriver } from '../driver.js'
import { InvalidRequestError, MalformedResponseError } from '../errors.js'
import { type CallOptions, type ConnectionOptions, OPERATION } from '../options.js'
import { forgetFiles } from './cache.js'
import { homeFile } from './files.js'
import { parseDocument, tableIn, tableNames } from './format.js'
import { PricingProblem } from './plain.js'

const NAME = 'downloadPricingFile'
const MAX_BYTES = 16 * 1024 * 1024

/** Where a pricing file comes from and goes to, and how. */
export interface DownloadPricingFileOptions
  extends CallOptions,
    Pick<ConnectionOptions, 'dispatcher' | 'ca' | 'proxy' | 'userAgent'> {
  /** `https://…`; there is no default, because the project keeps no server. */
  fileUrl: string
  /** Where it is kept. @defaultValue `~/.libcloud/pricing.json` */
  filePath?: string | undefined
  /** The SHA-256 that the file must have, in hexadecimal. */
  sha256?: string | undefined
  /** A larger file is refused. @defaultValue 16777216 (16 MiB) */
  maxResponseBytes?: number | undefined
}

/** A pricing file that was downloaded. */
export interface DownloadedPricingFile {
  readonly filePath: string
  readonly bytes: number
  /** In hexadecimal. */
  readonly sha256: string
  /** How many tables it has. */
  readonly tables: number
}

/**
 * Downloads a pricing file, in this library's form or Apache Libcloud's, checks all of it, and only then puts it in the
 * place of the old one, which stays if anything fails. Prices that were read from files before are forgotten.
 * @throws MalformedResponseError if the file is too large, has another SHA-256, or is no pricing file.
 * @throws InvalidRequestError if `fileUrl` is not https, or the file cannot be written.
 */
export async function downloadPricingFile(options: DownloadPricingFileOptions): Promise<DownloadedPricingFile> {
  const url = checkOptions(options)
  const target = options.filePath ?? homeFile()
  if (target === undefined) {
    throw invalidArgument(
      { path: 'filePath', value: target, allowed: 'given: there is no home directory' },
      undefined,
      NAME,
    )
  }
  const body = await fetchFile(url, options)
  const sha256 = createHash('sha256').update(body).digest('hex')
  if (options.sha256 !== undefined && options.sha256.toLowerCase() !== sha256) {
    throw malformed(url, `has the SHA-256 ${sha256}, not the one that was expected`)
  }
  const tables = countTables(body, url)
  const filePath = resolve(target)
  await replaceFile(filePath, body)
  forgetFiles()
  return { filePath, bytes: body.length, sha256, tables }
}

const httpsUrl: Check = (value, path) => {
  const allowed = 'an address that begins with https://, without user name and password'
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  const good = url?.protocol === 'https:' && url.username === '' && url.password === ''
  // An address may carry a signature: it is not shown.
  return good ? undefined : { path, value: typeof value === 'string' ? url?.protocol : value, allowed }
}
const sha256Hex: Check = (value, path) =>
  typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value)
    ? undefined
    : { path, value, allowed: '64 hexadecimal digits' }
const checkAll = optionsCheck({
  fileUrl: httpsUrl,
  filePath: optional(filePathCheck),
  sha256: optional(sha256Hex),
  maxResponseBytes: optional(integer(1)),
})

function checkOptions(options: DownloadPricingFileOptions): URL {
  const complaint = checkAll(options ?? {}, 'options', { provider: '' })
  if (complaint) throw invalidArgument(complaint, undefined, NAME)
  return new URL(options.fileUrl)
}

/** Through the connection of all drivers: its limits, retries, proxies, and no redirect to what is not https. */
async function fetchFile(url: URL, options: DownloadPricingFileOptions): Promise<Buffer> {
  // At its first use: most programs never download prices.
  const { Connection } = await import('../http/connection.js')
  const { readBytes } = await import('../http/message.js')
  const { dispatcher, ca, proxy, userAgent, signal, timeout, retry, maxResponseBytes = MAX_BYTES } = options
  const owner = { provider: url.host } as BaseDriver
  keepOptions(owner, { dispatcher, ca, proxy, userAgent, maxResponseBytes })
  const meta = { name: 'pricing', credentials: [], pacing: undefined }
  const connection = new Connection(owner, { baseUrl: url.origin, meta })
  for (const value of url.searchParams.values()) connection.conceal(value)
  try {
    const call = { signal, timeout, retry, [OPERATION]: NAME }
    const path = url.pathname + url.search
    const { body } = await connection.request({ path, read: readBytes, unsigned: true }, call)
    return body
  } finally {
    await connection.close()
  }
}

function countTables(body: Buffer, url: URL): number {
  try {
    const document = parseDocument(body.toString())
    let count = 0
    for (const driverType of ['compute', 'storage'] as const) {
      for (const name of tableNames(document, driverType)) {
        const table = tableIn(document, driverType, name, url.origin + url.pathname)
        if (table && Object.keys(table.prices).length > 0) count += 1
      }
    }
    if (count === 0) throw new PricingProblem('it has no prices')
    return count
  } catch (cause) {
    if (!(cause instanceof PricingProblem)) throw cause
    throw malformed(url, `is no pricing file: ${cause.message}`, cause)
  }
}

function malformed(url: URL, what: string, cause?: unknown): MalformedResponseError {
  const message = `${NAME}: what '${url.origin}${url.pathname}' sent ${what}. Nothing was replaced.`
  return new MalformedResponseError(message, { operation: NAME, ...(cause === undefined ? {} : { cause }) })
}

/** Whoever reads meanwhile, sees the old file or the new one, whole. */
async function replaceFile(filePath: string, body: Buffer): Promise<void> {
  const temporary = `${filePath}.${randomUUID()}.part`
  try {
    await mkdir(dirname(filePath), { recursive: true })
    try {
      const file = await open(temporary, 'wx')
      try {
        await file.writeFile(body)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, filePath)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  } catch (cause) {
    const allowed = 'a path that can be written to'
    const why = cause instanceof Error ? cause.message : ''
    const message = `${NAME}: 'filePath' must be ${allowed}: ${why}`
    throw new InvalidRequestError(message, { operation: NAME, argument: 'filePath', allowed, cause })
  }
}
