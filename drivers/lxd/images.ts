import type { Readable } from 'node:stream'
import { type BodySource, isBodySource, lengthOf } from '../../lib/http/body.js'
import { path } from '../../lib/http/url.js'
import type { Pager } from '../../lib/pager.js'
import { toRaw } from './convert.js'
import { LXDImageAliases } from './images.aliases.js'
import { fingerprintIn, imageId, type LXDImage, uploadImage } from './images.shared.js'
import type { LXDImageSource } from './instances.shared.js'
import { exists, instanceOf, nameOf, refuse } from './names.js'
import type { LXDCallOptions, LXDChangeOptions, LXDConfig, LXDListOptions, LXDName, LXDUpdateOptions } from './types.js'

/** What of an image can be changed. */
export interface LXDImageChange {
  readonly autoUpdate?: boolean | undefined
  readonly public?: boolean | undefined
  readonly properties?: LXDConfig | undefined
  readonly profiles?: readonly string[] | undefined
  readonly expiresAt?: Date | undefined
}
/** What images take that are made here. */
export interface LXDNewImageOptions extends LXDChangeOptions {
  /** Anyone who reaches the server may have it. @defaultValue false */
  ex_public?: boolean | undefined
  ex_properties?: LXDConfig | undefined
  /** Names that it gets. */
  ex_aliases?: readonly string[] | undefined
}
/** What `ex_uploadImage` takes. */
export interface LXDUploadImageOptions extends LXDNewImageOptions {
  /** What the file is called. */
  ex_filename?: string | undefined
  /** SHA-256 of what is uploaded: the server refuses anything else. */
  ex_fingerprint?: string | undefined
  /** Bytes of a stream, where known. */
  ex_contentLength?: number | undefined
}
/** What `ex_uploadSplitImage` takes. */
export interface LXDSplitImageOptions extends LXDNewImageOptions {
  /** The root is a virtual machine's disk. @defaultValue false */
  ex_virtualMachine?: boolean | undefined
}
/** What `ex_fetchImage` takes. */
export interface LXDFetchImageOptions extends LXDNewImageOptions, LXDImageSource {
  /** Looks for newer versions at where it comes from. @defaultValue false */
  ex_autoUpdate?: boolean | undefined
  /** @defaultValue 'container' */
  ex_type?: 'container' | 'virtual-machine' | undefined
}
/** What `ex_publishInstance` takes. */
export interface LXDPublishOptions extends LXDNewImageOptions {
  /** One of the instance's snapshots, in place of itself. */
  ex_snapshot?: string | undefined
  /** @defaultValue the server's choice */
  ex_compression?: 'none' | 'gzip' | 'bzip2' | 'xz' | 'lzma' | 'zstd' | undefined
  ex_expiresAt?: Date | undefined
}
/** What `ex_copyImage` takes. */
export interface LXDCopyImageOptions extends LXDNewImageOptions {
  /** Looks for newer versions at where it came from. @defaultValue as the original */
  ex_autoUpdate?: boolean | undefined
}
/** An image's bytes. */
export interface LXDImageExport {
  readonly stream: Readable
  readonly filename: string | undefined
  readonly contentType: string | undefined
}

/** Images. */
export class LXDImages extends LXDImageAliases {
  /**
   * Images.
   * @example for await (const { fingerprint, properties } of driver.ex_listImages()) console.log(fingerprint, properties)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_get_recursion1
   */
  ex_listImages(options?: LXDListOptions): Pager<LXDImage> {
    return this.connection.list('/1.0/images', options)
  }

  /**
   * One image, by its fingerprint or the beginning of it.
   * @example const { size, aliases } = await driver.ex_getImage('f2d226579108')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/image_get
   */
  async ex_getImage(fingerprint: LXDName, options?: LXDCallOptions): Promise<LXDImage> {
    const at = path`/1.0/images/${imageId(this.provider, fingerprint)}`
    return this.connection.get(at, options)
  }

  /**
   * One image, by a name that it has.
   * @example const { fingerprint } = await driver.ex_getImageByAlias('debian')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/image_alias_get
   */
  async ex_getImageByAlias(alias: string, options?: LXDCallOptions): Promise<LXDImage> {
    const { target } = await this.ex_getImageAlias(alias, options)
    return this.ex_getImage(target, options)
  }

  /**
   * Whether there is such an image.
   * @example if (await driver.ex_hasImage('f2d226579108')) console.log('there')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/image_get
   */
  async ex_hasImage(fingerprint: LXDName, options?: LXDCallOptions): Promise<boolean> {
    return exists(this.ex_getImage(fingerprint, options))
  }

  /**
   * Uploads an image that is one file: a tarball of metadata and root file system.
   * @example await driver.ex_uploadImage(createReadStream('busybox.tar.gz'), { ex_aliases: ['busybox'] })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_post
   */
  async ex_uploadImage(source: BodySource, options?: LXDUploadImageOptions): Promise<LXDImage> {
    if (!isBodySource(source)) throw refuse(this.provider, 'source', source, 'bytes, a stream or an iterable of bytes')
    const {
      ex_filename: filename,
      ex_public,
      ex_properties: properties,
      ex_fingerprint,
      ex_contentLength,
    } = options ?? {}
    const contentLength = lengthOf(source) ?? ex_contentLength
    const about = { filename, public: ex_public, properties, fingerprint: ex_fingerprint, contentLength }
    return named(this, await uploadImage(this.connection, source, about, options), options)
  }

  /**
   * Uploads an image that is two files. The root is not held in memory: `fs.openAsBlob` reads it as it is sent.
   * @example await driver.ex_uploadSplitImage(await readFile('lxd.tar.xz'), await openAsBlob('rootfs.squashfs'))
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_post
   */
  async ex_uploadSplitImage(metadata: Uint8Array, root: Blob, options?: LXDSplitImageOptions): Promise<LXDImage> {
    const { ex_virtualMachine: isVm, ex_public, ex_properties: properties } = options ?? {}
    const boundary = `libcloud-${crypto.randomUUID()}`
    const part = (name: string, file: string): string =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${file}"\r\nContent-Type: application/octet-stream\r\n\r\n`
    const [rootName, rootFile] = isVm ? ['rootfs.img', 'root.qcow2'] : ['rootfs', 'root.squashfs']
    const body = new Blob([
      part('metadata', 'metadata.tar.gz'),
      metadata as Uint8Array<ArrayBuffer>,
      `\r\n${part(rootName as string, rootFile as string)}`,
      root,
      `\r\n--${boundary}--\r\n`,
    ])
    const contentType = `multipart/form-data; boundary=${boundary}`
    const about = { public: ex_public, properties, contentType, contentLength: body.size }
    return named(this, await uploadImage(this.connection, body, about, options), options)
  }

  /**
   * Lets the server fetch an image from an address whose reply names it in `LXD-Image-URL` and `LXD-Image-Hash`.
   * @example await driver.ex_importImageFromUrl('https://example.com/images/busybox')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_post
   */
  async ex_importImageFromUrl(url: string, options?: LXDFetchImageOptions): Promise<LXDImage> {
    if (!URL.canParse(url)) throw refuse(this.provider, 'url', url, 'an address: https://…')
    const { ex_public, ex_autoUpdate: autoUpdate, ex_properties: properties } = options ?? {}
    const json = { source: { type: 'url', mode: 'pull', url }, public: ex_public, auto_update: autoUpdate, properties }
    const { metadata } = await this.connection.change({ method: 'POST', path: '/1.0/images', json }, options)
    return named(this, fingerprintIn(metadata), options)
  }

  /**
   * Lets the server fetch an image from another server: one that speaks simplestreams, or LXD.
   * @example
   * ```ts
   * await driver.ex_fetchImage('ubuntu:24.04', { ex_aliases: ['noble'] })
   * await driver.ex_fetchImage('alpine/3.20', { ex_server: 'https://images.example.com', ex_protocol: 'simplestreams' })
   * ```
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_post
   */
  async ex_fetchImage(image: string, options?: LXDFetchImageOptions): Promise<LXDImage> {
    const { ex_public, ex_autoUpdate: autoUpdate, ex_properties: properties, ex_type: image_type } = options ?? {}
    const source = { ...this.connection.imageSource(image, options ?? {}), image_type }
    if (!Object.hasOwn(source, 'server'))
      throw refuse(
        this.provider,
        'image',
        image,
        "an image of a public server, as 'ubuntu:24.04', or of the one of `ex_server`",
      )
    const json = { source, public: ex_public, auto_update: autoUpdate, properties }
    const { metadata } = await this.connection.change({ method: 'POST', path: '/1.0/images', json }, options)
    return named(this, fingerprintIn(metadata), options)
  }

  /**
   * Makes an image of an instance that does not run, or of one of its snapshots.
   * @example await driver.ex_publishInstance('web-1', { ex_snapshot: 'before', ex_aliases: ['web'] })
   * @throws ConflictError while it runs
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_post
   */
  async ex_publishInstance(instance: LXDName, options?: LXDPublishOptions): Promise<LXDImage> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const { ex_public, ex_properties: properties, ex_snapshot: snapshot, ex_compression, ex_expiresAt } = options ?? {}
    const source =
      snapshot === undefined
        ? { type: 'instance', name }
        : { type: 'snapshot', name: `${name}/${nameOf(this.provider, snapshot, 'ex_snapshot')}` }
    const json = {
      source,
      public: ex_public,
      properties,
      compression_algorithm: ex_compression,
      expires_at: ex_expiresAt?.toISOString(),
    }
    const { metadata } = await this.connection.change({ method: 'POST', path: '/1.0/images', json }, found)
    return named(this, fingerprintIn(metadata), found)
  }

  /**
   * Changes some of what an image is; what is not named stays.
   * @example await driver.ex_updateImage('f2d226579108', { public: true })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/image_patch
   */
  async ex_updateImage(fingerprint: LXDName, changes: LXDImageChange, options?: LXDUpdateOptions): Promise<void> {
    const at = path`/1.0/images/${imageId(this.provider, fingerprint)}`
    await this.connection.change({ method: 'PATCH', path: at, json: toRaw(changes) }, options)
  }

  /**
   * Deletes an image. What was made of it stays.
   * @example await driver.ex_deleteImage('f2d226579108')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/image_delete
   */
  async ex_deleteImage(fingerprint: LXDName, options?: LXDChangeOptions): Promise<void> {
    const at = path`/1.0/images/${imageId(this.provider, fingerprint)}`
    await this.connection.change({ method: 'DELETE', path: at }, options)
  }

  /**
   * Looks for a newer version where an image came from; tells whether there was one.
   * @example const isNewer = await driver.ex_refreshImage('f2d226579108')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_refresh_post
   */
  async ex_refreshImage(fingerprint: LXDName, options?: LXDChangeOptions): Promise<boolean> {
    const at = path`/1.0/images/${imageId(this.provider, fingerprint)}`
    const { metadata } = await this.connection.change({ method: 'POST', path: `${at}/refresh` }, options)
    return metadata?.['refreshed'] === true
  }

  /**
   * An image's bytes, as they come: one file, or of a split image both as `multipart/form-data`. The stream must be read, or destroyed.
   * @example
   * ```ts
   * const { stream } = await driver.ex_exportImage('f2d226579108')
   * await pipeline(stream, createWriteStream('image.tar.gz'))
   * ```
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/image_export_get
   */
  async ex_exportImage(fingerprint: LXDName, options?: LXDCallOptions): Promise<LXDImageExport> {
    const at = path`/1.0/images/${imageId(this.provider, fingerprint)}`
    const spec = { path: `${at}/export`, query: this.connection.query(options) }
    const { body: stream, headers } = await this.connection.stream(spec, options)
    const filename = /filename="?([^";]+)"?/.exec(headers['content-disposition'] ?? '')?.[1]
    return { stream, filename, contentType: headers['content-type'] }
  }

  /**
   * A secret with which another server may fetch an image that is not public.
   * @example
   * ```ts
   * const ex_secret = await driver.ex_createImageSecret('f2d226579108')
   * await other.ex_fetchImage('f2d226579108', { ex_server: 'https://10.0.0.1:8443', ex_secret })
   * ```
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_secret_post
   */
  async ex_createImageSecret(fingerprint: LXDName, options?: LXDCallOptions): Promise<string> {
    const at = path`/1.0/images/${imageId(this.provider, fingerprint)}`
    const { metadata } = await this.connection.change(
      { method: 'POST', path: `${at}/secret` },
      { ...options, ex_wait: false },
    )
    const secret = String(metadata?.['secret'] ?? '')
    this.connection.conceal(secret)
    return secret
  }
}

/** What was made gets its names, and is told. */
async function named(
  driver: LXDImages,
  fingerprint: string,
  options: LXDNewImageOptions | undefined,
): Promise<LXDImage> {
  for (const name of options?.ex_aliases ?? []) await driver.ex_createImageAlias({ name, target: fingerprint }, options)
  return driver.ex_getImage(fingerprint, options)
}
