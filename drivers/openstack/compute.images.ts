import type { Readable } from 'node:stream'
import { type CreateImageOptions, NodeImage, NodeImageMember, NodeImageMemberState } from '../../lib/compute/types.js'
import { CleanupError, ImageDoesNotExistError } from '../../lib/errors.js'
import type { BodySource } from '../../lib/http/body.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { type ReplyHead, readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf, type Progress } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { uploadSource } from '../../lib/storage/transfer.js'
import { NO_NODE } from './compute.base.js'
import { type OpenStackListOptions, orNothing, toDate } from './compute.shared.js'
import { OpenStackComputeSizes } from './compute.sizes.js'

interface RawImage {
  readonly id: string
  readonly name: string | null
  readonly status: string
  readonly visibility?: string
  readonly protected?: boolean
  readonly os_hidden?: boolean
  readonly owner?: string | null
  readonly size?: number | null
  readonly virtual_size?: number | null
  readonly min_disk?: number
  readonly min_ram?: number
  readonly checksum?: string | null
  readonly os_hash_algo?: string | null
  readonly os_hash_value?: string | null
  readonly disk_format?: string | null
  readonly container_format?: string | null
  readonly tags?: readonly string[]
  readonly created_at?: string
  readonly updated_at?: string
  readonly [property: string]: unknown
}
interface RawMember {
  readonly image_id: string
  readonly member_id: string
  readonly status: string
  readonly created_at: string
  readonly updated_at: string
}

export type OpenStackVisibility = 'public' | 'private' | 'shared' | 'community'

/** What only OpenStack tells of an image. */
export interface OpenStackImageExtra {
  /** The cloud's own word: `'active'`, `'queued'`, `'saving'`, `'deactivated'` … */
  readonly state: string
  readonly visibility: string | undefined
  readonly isProtected: boolean
  readonly isHidden: boolean
  /** The project that it belongs to. */
  readonly owner: string | undefined
  /** Bytes. */
  readonly size: number | undefined
  /** Bytes of the disk that it is when it is unpacked. */
  readonly virtualSize: number | undefined
  /** GiB that a size must have at least. */
  readonly minDisk: number
  /** MiB that a size must have at least. */
  readonly minRam: number
  /** MD5, in hexadecimal. */
  readonly checksum: string | undefined
  /** `'sha512'`, mostly. */
  readonly hashType: string | undefined
  readonly hash: string | undefined
  readonly diskFormat: string | undefined
  readonly containerFormat: string | undefined
  readonly tags: readonly string[]
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
  /** All others, under the names that the cloud has for them: `os_distro`, `hw_disk_bus` … */
  readonly properties: Readonly<Record<string, unknown>>
}
export type OpenStackImage = NodeImage<OpenStackImageExtra>
/** What only OpenStack tells of one whom an image is shared with. */
export interface OpenStackImageMemberExtra {
  readonly state: string
  readonly updatedAt: Date | undefined
}
export type OpenStackImageMember = NodeImageMember<OpenStackImageMemberExtra>

export interface OpenStackListImagesOptions extends OpenStackListOptions {
  /** Only images that can be booted now. @defaultValue true */
  ex_onlyActive?: boolean | undefined
  ex_name?: string | undefined
  ex_visibility?: OpenStackVisibility | undefined
  /** The project that they belong to. */
  ex_owner?: string | undefined
  /** Images that this project was offered, and has or has not taken. */
  ex_memberStatus?: 'accepted' | 'pending' | 'rejected' | 'all' | undefined
}
export interface OpenStackCreateImageOptions extends CreateImageOptions {
  /** What stands in the image's properties beside its description. */
  ex_metadata?: Readonly<Record<string, string>> | undefined
}
/** One change of an image's members: https://datatracker.ietf.org/doc/html/rfc6902 */
export interface OpenStackImagePatch {
  readonly op: 'add' | 'replace' | 'remove'
  /** `'/name'`, `'/visibility'`, `'/os_distro'` … */
  readonly path: string
  readonly value?: unknown
}
export interface OpenStackUploadImageOptions {
  name: string
  /** `'qcow2'`, `'raw'`, `'iso'`, `'vmdk'` … */
  diskFormat: string
  /** @defaultValue 'bare' */
  containerFormat?: string | undefined
  /** @defaultValue 'shared': the project's own, until it is shared */
  visibility?: OpenStackVisibility | undefined
  /** GiB. */
  minDisk?: number | undefined
  /** MiB. */
  minRam?: number | undefined
  tags?: readonly string[] | undefined
  isProtected?: boolean | undefined
  /** Further members: `{ os_distro: 'debian' }`. */
  properties?: Readonly<Record<string, string>> | undefined
}
export interface OpenStackTransferOptions extends CallOptions {
  /** Bytes, where a stream does not tell. */
  contentLength?: number | undefined
  onProgress?: ((progress: Progress) => void) | undefined
}

const NO_IMAGE: ErrorTable = { 404: ImageDoesNotExistError }
const image = { service: 'image' } as const
const MEMBER_STATES: Readonly<Record<string, NodeImageMemberState>> = {
  accepted: NodeImageMemberState.ACCEPTED,
  pending: NodeImageMemberState.PENDING,
  rejected: NodeImageMemberState.REJECTED,
}

/** Images, and who may use them. */
export abstract class OpenStackComputeImages extends OpenStackComputeSizes {
  /** @see https://docs.openstack.org/api-ref/image/v2/#list-images */
  listImages(options?: OpenStackListImagesOptions): Pager<OpenStackImage> {
    const query = {
      status: options?.ex_onlyActive === false ? undefined : 'active',
      name: options?.ex_name,
      visibility: options?.ex_visibility,
      owner: options?.ex_owner,
      member_status: options?.ex_memberStatus,
    }
    const map = (raw: RawImage): OpenStackImage => toImage(this, raw)
    const spec = { ...image, path: '/images', member: 'images', map, query, limit: options?.ex_limit }
    return this.connection.list(spec, options)
  }

  /** @see https://docs.openstack.org/api-ref/image/v2/#show-image */
  async getImage(imageId: string, options?: CallOptions): Promise<OpenStackImage> {
    const map = (raw: RawImage): OpenStackImage => toImage(this, raw)
    return this.connection.one({ ...image, path: path`/images/${imageId}`, errors: NO_IMAGE, map }, options)
  }

  /** Resolves when the snapshot is ordered; its image is `'queued'` or `'saving'` until it is made. Of a server that runs
   * from a volume, a snapshot of the volume is made too.
   * @see https://docs.openstack.org/api-ref/compute/#create-image-createimage-action */
  async createImage(
    node: Ref,
    { name, description, ex_metadata }: OpenStackCreateImageOptions,
    options?: CallOptions,
  ): Promise<Owned<OpenStackImage>> {
    const metadata = description === undefined ? ex_metadata : { description, ...ex_metadata }
    const json = { createImage: { name, metadata } }
    // Before 2.45 the image's id stood in a header only, at the end of an address.
    const read = (bytes: Buffer, head: ReplyHead): OpenStackImage => {
      const { image_id } = (this.connection.read(bytes, head) ?? {}) as { image_id?: string }
      const id = image_id ?? /\/images\/([^/?]+)$/.exec(head.headers['location'] ?? '')?.[1]
      if (id === undefined) throw new Error("The reply has no 'image_id'")
      return toImage(this, { id, name, status: 'queued', ...metadata })
    }
    const at = path`/servers/${node.id}/action`
    const spec = { method: 'POST', path: at, json, errors: NO_NODE, microversion: '2.45', read } as const
    const { body: made } = await this.connection.request(spec, options)
    return owned(made, () => this.deleteImage(made))
  }

  /** @see https://docs.openstack.org/api-ref/image/v2/#delete-image */
  async deleteImage(which: Ref, options?: CallOptions): Promise<void> {
    const spec = { ...image, method: 'DELETE', path: path`/images/${which.id}`, errors: NO_IMAGE } as const
    await this.connection.request({ ...spec, read: readNothing }, options)
  }

  /**
   * Changes an image's members.
   *
   * @example
   * ```ts
   * await driver.ex_updateImage(image, [{ op: 'replace', path: '/visibility', value: 'shared' }])
   * ```
   * @throws ImageDoesNotExistError
   * @see https://docs.openstack.org/api-ref/image/v2/#update-image
   */
  async ex_updateImage(
    which: Ref,
    changes: readonly OpenStackImagePatch[],
    options?: CallOptions,
  ): Promise<OpenStackImage> {
    const map = (raw: RawImage): OpenStackImage => toImage(this, raw)
    const headers = { 'content-type': 'application/openstack-images-v2.1-json-patch' }
    const spec = { ...image, method: 'PATCH', path: path`/images/${which.id}`, errors: NO_IMAGE, map } as const
    return this.connection.one({ ...spec, json: changes, headers }, options)
  }

  /**
   * Makes an image of bytes. What was begun is deleted when the upload fails.
   *
   * @example
   * ```ts
   * import { createReadStream } from 'node:fs'
   *
   * const file = createReadStream('debian-12.qcow2')
   * const image = await driver.ex_uploadImage(file, { name: 'debian-12', diskFormat: 'qcow2' })
   * ```
   * @throws CleanupError where what was begun could not be deleted
   * @see https://docs.openstack.org/api-ref/image/v2/#upload-binary-image-data
   */
  async ex_uploadImage(
    source: BodySource,
    what: OpenStackUploadImageOptions,
    options?: OpenStackTransferOptions,
  ): Promise<Owned<OpenStackImage>> {
    const map = (raw: RawImage): OpenStackImage => toImage(this, raw)
    const json = {
      ...what.properties,
      name: what.name,
      disk_format: what.diskFormat,
      container_format: what.containerFormat ?? 'bare',
      visibility: what.visibility,
      min_disk: what.minDisk,
      min_ram: what.minRam,
      tags: what.tags,
      protected: what.isProtected,
    }
    const begun = await this.connection.one({ ...image, method: 'POST', path: '/images', json, map }, options)
    try {
      const { body, length } = uploadSource(source, options)
      const at = path`/images/${begun.id}/file`
      const headers = { 'content-type': 'application/octet-stream' }
      const spec = { ...image, method: 'PUT', path: at, body, contentLength: length, headers } as const
      await this.connection.request({ ...spec, read: readNothing }, options)
      const made = await this.getImage(begun.id, options)
      return owned(made, () => this.deleteImage(made))
    } catch (error) {
      await this.#forget(begun, error, options)
      throw error
    }
  }

  /** The caller's signal and timeout may have ended already: they do not hold for cleaning up. */
  async #forget(begun: Ref, cause: unknown, options: CallOptions | undefined): Promise<void> {
    try {
      await this.deleteImage(begun, { ...options, signal: undefined, timeout: 30_000 })
    } catch (error) {
      const message = `The image could not be uploaded, and '${begun.id}', which was begun, could not be deleted`
      const { provider } = this
      throw new CleanupError(message, { provider, operation: operationOf(options), cause, errors: [error] })
    }
  }

  /**
   * An image's bytes, as they come. The stream must be read, or destroyed.
   *
   * @example
   * ```ts
   * import { createWriteStream } from 'node:fs'
   * import { pipeline } from 'node:stream/promises'
   *
   * await pipeline(await driver.ex_downloadImage(image), createWriteStream('backup.qcow2'))
   * ```
   * @throws ImageDoesNotExistError
   * @see https://docs.openstack.org/api-ref/image/v2/#download-binary-image-data
   */
  async ex_downloadImage(which: Ref, options?: CallOptions): Promise<Readable> {
    const headers = { accept: 'application/octet-stream' }
    const spec = { ...image, path: path`/images/${which.id}/file`, errors: NO_IMAGE, headers }
    return (await this.connection.stream(spec, options)).body
  }

  /**
   * Whom an image is shared with.
   *
   * @example
   * ```ts
   * const members = await driver.ex_listImageMembers(image)
   * ```
   * @throws ImageDoesNotExistError
   * @see https://docs.openstack.org/api-ref/image/v2/#list-image-members
   */
  ex_listImageMembers(which: Ref, options?: CallOptions): Pager<OpenStackImageMember> {
    const map = (raw: RawMember): OpenStackImageMember => toMember(this, raw)
    const spec = { ...image, path: path`/images/${which.id}/members`, member: 'members', map, errors: NO_IMAGE }
    return this.connection.listWhole(spec, options)
  }

  /**
   * Offers an image to another project, which may take it: `ex_acceptImageMember`.
   *
   * @example
   * ```ts
   * const member = await driver.ex_createImageMember(image, '8989447062e04a818baf9e073fd04fa7')
   * ```
   * @throws ImageDoesNotExistError
   * @throws ConflictError where it was offered already
   * @see https://docs.openstack.org/api-ref/image/v2/#create-image-member
   */
  async ex_createImageMember(
    which: Ref,
    projectId: string,
    options?: CallOptions,
  ): Promise<Owned<OpenStackImageMember>> {
    const map = (raw: RawMember): OpenStackImageMember => toMember(this, raw)
    const at = path`/images/${which.id}/members`
    const spec = { ...image, method: 'POST', path: at, json: { member: projectId }, map, errors: NO_IMAGE } as const
    const made = await this.connection.one(spec, options)
    return owned(made, () => this.ex_deleteImageMember(which, projectId))
  }

  /**
   * Whether a project has taken an image.
   *
   * @example
   * ```ts
   * const { state } = await driver.ex_getImageMember(image, '8989447062e04a818baf9e073fd04fa7')
   * ```
   * @throws ImageDoesNotExistError
   * @see https://docs.openstack.org/api-ref/image/v2/#show-image-member-details
   */
  async ex_getImageMember(which: Ref, projectId: string, options?: CallOptions): Promise<OpenStackImageMember> {
    const map = (raw: RawMember): OpenStackImageMember => toMember(this, raw)
    const at = path`/images/${which.id}/members/${projectId}`
    return this.connection.one({ ...image, path: at, map, errors: NO_IMAGE }, options)
  }

  /**
   * Takes an image that the project was offered, so that it is listed.
   *
   * @example
   * ```ts
   * await driver.ex_acceptImageMember({ id: imageId }, myProjectId)
   * ```
   * @throws ImageDoesNotExistError
   * @see https://docs.openstack.org/api-ref/image/v2/#update-image-member
   */
  async ex_acceptImageMember(which: Ref, projectId: string, options?: CallOptions): Promise<OpenStackImageMember> {
    const map = (raw: RawMember): OpenStackImageMember => toMember(this, raw)
    const at = path`/images/${which.id}/members/${projectId}`
    const json = { status: 'accepted' }
    return this.connection.one({ ...image, method: 'PUT', path: at, json, map, errors: NO_IMAGE }, options)
  }

  /**
   * Shares an image with a project no more.
   *
   * @example
   * ```ts
   * await driver.ex_deleteImageMember(image, '8989447062e04a818baf9e073fd04fa7')
   * ```
   * @throws ImageDoesNotExistError
   * @see https://docs.openstack.org/api-ref/image/v2/#delete-image-member
   */
  async ex_deleteImageMember(which: Ref, projectId: string, options?: CallOptions): Promise<void> {
    const at = path`/images/${which.id}/members/${projectId}`
    const spec = { ...image, method: 'DELETE', path: at, errors: NO_IMAGE, read: readNothing } as const
    await this.connection.request(spec, options)
  }
}

function propertiesOf(raw: RawImage): Record<string, unknown> {
  const known =
    /^(?:id|name|status|visibility|protected|os_hidden|owner|size|virtual_size|min_disk|min_ram|checksum|os_hash_\w+|disk_format|container_format|tags|created_at|updated_at|self|file|schema)$/
  return Object.fromEntries(Object.entries(raw).filter(([name]) => !known.test(name)))
}

function toImage(driver: OpenStackComputeImages, raw: RawImage): OpenStackImage {
  return new NodeImage(driver, {
    id: raw.id,
    name: raw.name ?? '',
    extra: {
      state: raw.status,
      visibility: raw.visibility,
      isProtected: raw.protected ?? false,
      isHidden: raw.os_hidden ?? false,
      owner: orNothing(raw.owner),
      size: raw.size ?? undefined,
      virtualSize: raw.virtual_size ?? undefined,
      minDisk: raw.min_disk ?? 0,
      minRam: raw.min_ram ?? 0,
      checksum: orNothing(raw.checksum),
      hashType: orNothing(raw.os_hash_algo),
      hash: orNothing(raw.os_hash_value),
      diskFormat: orNothing(raw.disk_format),
      containerFormat: orNothing(raw.container_format),
      tags: raw.tags ?? [],
      createdAt: toDate(raw.created_at),
      updatedAt: toDate(raw.updated_at),
      properties: propertiesOf(raw),
    },
  })
}

function toMember(driver: OpenStackComputeImages, raw: RawMember): OpenStackImageMember {
  return new NodeImageMember(driver, {
    id: raw.member_id,
    imageId: raw.image_id,
    state: MEMBER_STATES[raw.status] ?? NodeImageMemberState.PENDING,
    created: toDate(raw.created_at),
    extra: { state: raw.status, updatedAt: toDate(raw.updated_at) },
  })
}
