import type { CopyImageOptions, CreateImageOptions, LocationOptions, NodeImage } from '../../lib/compute/types.js'
import { ImageDoesNotExistError, InvalidRequestError, MalformedResponseError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import type { DigitalOceanAction } from './account.js'
import { type DigitalOceanImageExtra, type RawImage, toImage } from './compute.shared.js'
import { DigitalOceanComputeSizes } from './compute.sizes.js'

const NO_IMAGE: ErrorTable = { 404: ImageDoesNotExistError }

export interface DigitalOceanListImagesOptions extends LocationOptions {
  ex_type?: 'application' | 'distribution' | undefined
  /** Only images of one's own. */
  ex_private?: boolean | undefined
  ex_tagName?: string | undefined
}
export interface DigitalOceanCopyImageOptions extends CopyImageOptions {
  /** Slug of the region that the image goes to. @defaultValue the driver's region */
  ex_region?: string | undefined
}
/** A disk image that DigitalOcean fetches. */
export interface DigitalOceanCustomImageOptions {
  name: string
  /** Where it is: raw, qcow2, VHDX, VDI or VMDK, plain or compressed. */
  url: string
  /** Slug. @defaultValue the driver's region */
  region?: string | undefined
  /** @defaultValue 'Unknown' */
  distribution?: string | undefined
  description?: string | undefined
  tags?: readonly string[] | undefined
}
/** What is to change; what is absent stays. */
export interface DigitalOceanUpdateImageOptions {
  name?: string | undefined
  description?: string | undefined
  distribution?: string | undefined
}

/** Public images, snapshots, backups and custom images. */
export abstract class DigitalOceanComputeImages extends DigitalOceanComputeSizes {
  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/images_list */
  listImages(options?: DigitalOceanListImagesOptions): Pager<NodeImage<DigitalOceanImageExtra>> {
    const location = options?.location?.id
    const query = { type: options?.ex_type, private: options?.ex_private, tag_name: options?.ex_tagName }
    const keep = (raw: RawImage): boolean => location === undefined || raw.regions.includes(location)
    const map = (raw: RawImage): NodeImage<DigitalOceanImageExtra> => toImage(this, raw)
    return this.connection.list({ path: '/v2/images', member: 'images', map, keep, query }, options)
  }

  /** Also a public image's slug will do.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/images_get */
  async getImage(imageId: string, options?: CallOptions): Promise<NodeImage<DigitalOceanImageExtra>> {
    const map = (raw: RawImage): NodeImage<DigitalOceanImageExtra> => toImage(this, raw)
    const at = path`/v2/images/${imageId}`
    return this.connection.one({ path: at, errors: NO_IMAGE, member: 'image', map }, options)
  }

  /**
   * Makes a snapshot of the droplet, and waits until it is made: before that it has no id. `interval` and `timeout` say
   * how; `ex_snapshotNode` does not wait.
   * @throws WaitError when the snapshot has failed.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async createImage(
    node: Ref,
    image: CreateImageOptions,
    options?: WaitOptions,
  ): Promise<Owned<NodeImage<DigitalOceanImageExtra>>> {
    const action = await this.ex_snapshotNode(node, image.name, options)
    await this.ex_waitForAction(action, options)
    let newest: { readonly id: string; readonly createdAt: Date | undefined } | undefined
    for await (const each of this.ex_listNodeSnapshots(node, options)) {
      const later = (each.createdAt?.getTime() ?? 0) >= (newest?.createdAt?.getTime() ?? 0)
      if (each.name === image.name && later) newest = each
    }
    if (newest === undefined) {
      const details = { provider: this.provider, operation: operationOf(options) }
      throw new MalformedResponseError(`createImage: action ${action.id} is completed, but left no snapshot`, details)
    }
    const { description } = image
    const made =
      description === undefined
        ? await this.getImage(newest.id, options)
        : await this.ex_updateImage(newest, { name: image.name, description }, options)
    return owned(made, () => this.deleteImage(made))
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/images_delete */
  async deleteImage(image: Ref, options?: CallOptions): Promise<void> {
    const at = path`/v2/images/${image.id}`
    await this.connection.request({ method: 'DELETE', path: at, errors: NO_IMAGE, read: readNothing }, options)
  }

  /**
   * Lets the image lie in a further region too, and waits until it does: `interval` and `timeout` say how. It stays
   * one image with one id, name and description. So those of the copy are not used, and `await using` leaves it alone.
   * @throws InvalidRequestError when there is no region, here or of the driver.
   * @throws WaitError when the transfer has failed.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/imageActions_post
   */
  async copyImage(
    copy: DigitalOceanCopyImageOptions,
    options?: WaitOptions,
  ): Promise<Owned<NodeImage<DigitalOceanImageExtra>>> {
    const region = copy.ex_region ?? this.region
    if (region === undefined) {
      const details = { provider: this.provider, operation: operationOf(options), argument: 'copy.ex_region' }
      const allowed = "a region's slug: the driver has no region"
      throw new InvalidRequestError(`copyImage: '${details.argument}' must be ${allowed}`, { ...details, allowed })
    }
    const action = await this.ex_transferImage(copy.image, region, options)
    await this.ex_waitForAction(action, options)
    return owned(await this.getImage(copy.image.id, options), async () => undefined)
  }

  /**
   * Begins to copy an image to another region, where it has the same id.
   *
   * @example
   * ```ts
   * await driver.ex_waitForAction(await driver.ex_transferImage(image, 'nyc3'))
   * ```
   * @throws ImageDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/imageActions_post
   */
  async ex_transferImage(image: Ref, region: string, options?: CallOptions): Promise<DigitalOceanAction> {
    const at = path`/v2/images/${image.id}/actions`
    return this.connection.act(at, { type: 'transfer', region }, NO_IMAGE, options)
  }

  /**
   * Makes a snapshot of a backup, so that it is kept when its droplet is destroyed.
   *
   * @example
   * ```ts
   * await driver.ex_convertImage(backup)
   * ```
   * @throws ImageDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/imageActions_post
   */
  async ex_convertImage(image: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    return this.connection.act(path`/v2/images/${image.id}/actions`, { type: 'convert' }, NO_IMAGE, options)
  }

  /**
   * What was done to an image.
   *
   * @example
   * ```ts
   * const actions = await driver.ex_listImageActions(image)
   * ```
   * @throws ImageDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/imageActions_list
   */
  ex_listImageActions(image: Ref, options?: CallOptions): Pager<DigitalOceanAction> {
    return this.connection.listActions(
      { path: path`/v2/images/${image.id}/actions`, errors: NO_IMAGE, perPage: false },
      options,
    )
  }

  /**
   * Lets DigitalOcean fetch a disk image. It can be used when its `extra.status` is `'available'`.
   *
   * @example
   * ```ts
   * const url = 'https://cloud-images.ubuntu.com/minimal/releases/noble/release/ubuntu-24.04-minimal-cloudimg-amd64.img'
   * const image = await driver.ex_createCustomImage({ name: 'noble-minimal', url, region: 'fra1', distribution: 'Ubuntu' })
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/images_create_custom
   */
  async ex_createCustomImage(
    image: DigitalOceanCustomImageOptions,
    options?: CallOptions,
  ): Promise<Owned<NodeImage<DigitalOceanImageExtra>>> {
    const json = { ...image, region: image.region ?? this.region }
    const map = (raw: RawImage): NodeImage<DigitalOceanImageExtra> => toImage(this, raw)
    const made = await this.connection.one({ method: 'POST', path: '/v2/images', json, member: 'image', map }, options)
    return owned(made, () => this.deleteImage(made))
  }

  /**
   * Changes what is said of an image of one's own.
   *
   * @example
   * ```ts
   * await driver.ex_updateImage(image, { description: 'before the upgrade' })
   * ```
   * @throws ImageDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/images_update
   */
  async ex_updateImage(
    image: Ref,
    changes: DigitalOceanUpdateImageOptions,
    options?: CallOptions,
  ): Promise<NodeImage<DigitalOceanImageExtra>> {
    const { name, description, distribution } = changes
    const json = { name, description, distribution }
    const map = (raw: RawImage): NodeImage<DigitalOceanImageExtra> => toImage(this, raw)
    const at = path`/v2/images/${image.id}`
    return this.connection.one({ method: 'PUT', path: at, json, errors: NO_IMAGE, member: 'image', map }, options)
  }
}
