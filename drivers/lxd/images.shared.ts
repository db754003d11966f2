import { createReadStream, existsSync } from 'node:fs'
import { basename } from 'node:path'
import { NotFoundError } from '../../lib/errors.js'
import type { RequestSpec } from '../../lib/http/message.js'
import { formBody, path } from '../../lib/http/url.js'
import type { LXDConnection } from './connection.js'
import type { LXDInstance } from './instances.shared.js'
import { refuse } from './names.js'
import type { LXDChangeOptions, LXDConfig, LXDName } from './types.js'

/** Another name of an image. */
export interface LXDImageAliasName {
  readonly name: string
  readonly description: string
}
/** An image. */
export interface LXDImage {
  /** SHA-256 of what it is made of. */
  readonly fingerprint: string
  readonly aliases: readonly LXDImageAliasName[]
  readonly properties: LXDConfig
  readonly filename: string
  /** Bytes. */
  readonly size: number
  /** `'container'` or `'virtual-machine'`. */
  readonly type: string
  readonly architecture: string
  /** Anyone who reaches the server may have it. */
  readonly public: boolean
  /** Looks for newer versions at where it came from. */
  readonly autoUpdate: boolean
  /** Came by itself with an instance, and goes when it is not used any more. */
  readonly cached: boolean
  readonly profiles: readonly string[]
  readonly project?: string | undefined
  readonly createdAt: Date | undefined
  readonly expiresAt: Date | undefined
  readonly lastUsedAt: Date | undefined
  readonly uploadedAt: Date | undefined
  /** Where it came from. */
  readonly updateSource?: LXDImageOrigin | undefined
}
/** Where an image came from. */
export interface LXDImageOrigin {
  readonly alias: string
  readonly certificate: string
  readonly protocol: string
  readonly server: string
}

/** What people call an image. */
export function imageName({ aliases, properties, filename, fingerprint }: LXDImage): string {
  return aliases?.[0]?.name || properties?.['description'] || filename || fingerprint
}

/** The fingerprint that an operation has made. */
export function fingerprintIn(metadata: Readonly<Record<string, unknown>> | undefined): string {
  return String(metadata?.['fingerprint'] ?? '')
}

/** What an image of an instance is to be called. */
export interface NewImage {
  readonly name: string
  readonly description?: string | undefined
}

/** Makes an image of an instance, and gives its fingerprint. One that runs cannot be published: its snapshot can. */
export async function publishImage(
  connection: LXDConnection,
  name: string,
  { name: alias, description = '' }: NewImage,
  options?: LXDChangeOptions,
): Promise<string> {
  if (/[\s?#%\\]/.test(alias)) throw refuse(connection.provider, 'image.name', alias, 'without spaces and ? # % \\')
  const at = path`/1.0/instances/${name}`
  const { status } = await connection.get<LXDInstance>(at, options)
  const publish = async (source: object): Promise<string> => {
    const json = { source, aliases: [{ name: alias, description }], properties: description ? { description } : {} }
    const { metadata } = await connection.change({ method: 'POST', path: '/1.0/images', json }, options)
    return fingerprintIn(metadata)
  }
  if (status === 'Stopped') return publish({ type: 'instance', name })
  const snapshot = `libcloud-${crypto.randomUUID().slice(0, 8)}`
  await connection.change({ method: 'POST', path: `${at}/snapshots`, json: { name: snapshot } }, options)
  try {
    return await publish({ type: 'snapshot', name: `${name}/${snapshot}` })
  } finally {
    const spec = { method: 'DELETE', path: `${at}${path`/snapshots/${snapshot}`}` } as const
    await connection.change(spec, { ...options, signal: undefined, timeout: 60_000 })
  }
}

/** What headers tell of an image that is uploaded. */
export interface LXDImageUpload {
  readonly filename?: string | undefined
  readonly public?: boolean | undefined
  readonly properties?: LXDConfig | undefined
  readonly fingerprint?: string | undefined
}

/** Uploads an image in one file, and gives its fingerprint. */
export async function uploadImage(
  connection: LXDConnection,
  body: RequestSpec['body'],
  about: LXDImageUpload & { readonly contentType?: string; readonly contentLength?: number | undefined },
  options?: LXDChangeOptions,
): Promise<string> {
  const { headers: prefix } = connection.places
  const headers = {
    'content-type': about.contentType ?? 'application/octet-stream',
    [`${prefix}filename`]: about.filename,
    [`${prefix}public`]: about.public ? '1' : undefined,
    [`${prefix}fingerprint`]: about.fingerprint,
    [`${prefix}properties`]: about.properties && formBody(about.properties),
  }
  const { contentLength } = about
  const spec = { method: 'POST', path: '/1.0/images', body, contentLength, headers, idempotent: false } as const
  return fingerprintIn((await connection.change(spec, options)).metadata)
}

/** Fetches, uploads or just finds an image. */
export async function installImage(
  connection: LXDConnection,
  named: string,
  options?: LXDChangeOptions,
): Promise<LXDImage> {
  const known = await findImage(connection, named, options)
  if (known) return known
  const alias = named.includes('/') && existsSync(named) ? basename(named) : named
  const source = connection.imageSource(named, {})
  let fingerprint: string
  if (alias !== named) {
    const again = await findImage(connection, alias, options)
    if (again) return again
    fingerprint = await uploadImage(connection, () => createReadStream(named), { filename: alias }, options)
  } else if (source['server'] === undefined) {
    const allowed =
      "an alias or fingerprint that the server has, a public server's image such as 'ubuntu:24.04', or a file's path"
    throw refuse(connection.provider, 'path', named, allowed)
  } else {
    const { metadata } = await connection.change({ method: 'POST', path: '/1.0/images', json: { source } }, options)
    fingerprint = fingerprintIn(metadata)
  }
  // Whoever asks for it again by this name is to find it.
  const json = { name: alias, target: fingerprint }
  await connection.change({ method: 'POST', path: '/1.0/images/aliases', json }, options)
  return connection.get(path`/1.0/images/${fingerprint}`, options)
}

/** An image of this server, by alias or fingerprint. */
async function findImage(
  connection: LXDConnection,
  named: string,
  options?: LXDChangeOptions,
): Promise<LXDImage | undefined> {
  const missing = (error: unknown): undefined => {
    if (!(error instanceof NotFoundError)) throw error
  }
  if (/^[0-9a-f]{12,64}$/.test(named)) {
    const found = await connection.get<LXDImage>(path`/1.0/images/${named}`, options).catch(missing)
    if (found) return found
  }
  const alias = await connection.get<{ target: string }>(path`/1.0/images/aliases/${named}`, options).catch(missing)
  return alias && connection.get<LXDImage>(path`/1.0/images/${alias.target}`, options)
}

/** An image's fingerprint, or the beginning of it. */
export function imageId(provider: string, value: LXDName, argument = 'fingerprint'): string {
  const id = typeof value === 'string' ? value : (value as { id?: unknown } | undefined)?.id
  if (typeof id === 'string' && /^[0-9a-f]{1,64}$/.test(id)) return id
  throw refuse(provider, argument, id, "an image's fingerprint, or the beginning of it, in hexadecimal")
}

/** A name of an image: with slashes, if anybody likes. */
export function aliasOf(provider: string, value: unknown, argument = 'alias'): string {
  const good =
    typeof value === 'string' && /^[^\s?#%\\\p{C}]{1,255}$/u.test(value) && !/(^|\/)\.{0,2}(\/|$)/.test(value)
  if (good) return value
  throw refuse(
    provider,
    argument,
    value,
    "a name without spaces, ? # % \\, and with no part that is empty, '.' or '..'",
  )
}
