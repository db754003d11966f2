import {
  type CreateImageOptions,
  type LocationOptions,
  NodeImage,
  NodeLocation,
  NodeSize,
} from '../../lib/compute/types.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { groupOf, type ResourceId, readId, refused } from './arm.ids.js'
import { AzureComputeNodes, below, readVm } from './compute.base.js'
import { COMPUTE_VERSION, IMAGES, Made, NO_IMAGE, RESOURCES_VERSION, type Tags } from './compute.shared.js'

const version = COMPUTE_VERSION

interface RawSize {
  readonly name: string
  readonly numberOfCores?: number
  readonly memoryInMB?: number
  readonly osDiskSizeInMB?: number
  readonly resourceDiskSizeInMB?: number
  readonly maxDataDiskCount?: number
}
interface RawLocation {
  readonly name: string
  readonly displayName?: string
  readonly regionalDisplayName?: string
  readonly metadata?: {
    readonly regionType?: string
    readonly geographyGroup?: string
    readonly physicalLocation?: string
    readonly pairedRegion?: readonly { readonly name?: string }[]
  }
}
interface RawImage {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly tags?: Tags
  readonly properties?: {
    readonly provisioningState?: string
    readonly hyperVGeneration?: string
    readonly sourceVirtualMachine?: Ref
    readonly storageProfile?: { readonly osDisk?: { readonly osType?: string; readonly osState?: string } }
  }
}
interface RawNamed {
  readonly id: string
  readonly name: string
  readonly location?: string
  readonly properties?: {
    readonly plan?: { readonly name?: string; readonly publisher?: string; readonly product?: string }
    readonly osDiskImage?: { readonly operatingSystem?: string }
    readonly hyperVGeneration?: string
  }
}

/** What only Azure tells of a size. */
export interface AzureSizeExtra {
  readonly maxDataDisks: number | undefined
  /** GiB of the disk that is lost when the machine is given back. */
  readonly temporaryDisk: number | undefined
}
/** What only Azure tells of a location. */
export interface AzureLocationExtra {
  readonly geography: string | undefined
  readonly physicalLocation: string | undefined
  readonly pairedWith: string | undefined
}
/** What only Azure tells of an image. */
export interface AzureImageExtra {
  readonly location: string | undefined
  readonly resourceGroup: string | undefined
  readonly osType: string | undefined
  readonly generation: string | undefined
  readonly sourceNodeId: string | undefined
  readonly tags: Tags
  /** What `ex_plan` must say for an image of the marketplace that has a price. */
  readonly plan: { readonly name: string; readonly publisher: string; readonly product: string } | undefined
}
export interface AzureListImagesOptions extends LocationOptions {
  /** Whose offers of the marketplace; with `ex_offer` and `ex_sku` beside it. */
  ex_publisher?: string | undefined
  ex_offer?: string | undefined
  ex_sku?: string | undefined
}
/** A thing of the marketplace: a publisher, an offer, a kind of offer, a version. */
export interface AzureMarketplaceItem {
  readonly id: string
  readonly name: string
  readonly location: string | undefined
}

/** Sizes, locations and images. */
export abstract class AzureComputeImages extends AzureComputeNodes {
  /** Of the location, or the driver's region.
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machine-sizes/list */
  listSizes(options?: LocationOptions): Pager<NodeSize<AzureSizeExtra>> {
    const location = this.connection.location(options?.location?.id, 'options.location', options)
    const at = (subscription: string): string =>
      path`/subscriptions/${subscription}/providers/Microsoft.Compute/locations/${location}/vmSizes`
    const gib = (mib: number | undefined): number | undefined =>
      mib === undefined ? undefined : Math.round(mib / 1024)
    const map = (raw: RawSize): NodeSize<AzureSizeExtra> =>
      new NodeSize(this, {
        id: raw.name,
        name: raw.name,
        ram: raw.memoryInMB ?? 0,
        // The image says how large the disk is.
        disk: 0,
        vcpus: raw.numberOfCores,
        extra: { maxDataDisks: raw.maxDataDiskCount, temporaryDisk: gib(raw.resourceDiskSizeInMB) },
      })
    return this.connection.list({ path: at, version, map }, options)
  }

  /** @see https://learn.microsoft.com/rest/api/resources/subscriptions/list-locations */
  listLocations(options?: CallOptions): Pager<NodeLocation<AzureLocationExtra>> {
    const at = (subscription: string): string => path`/subscriptions/${subscription}/locations`
    const keep = ({ metadata }: RawLocation): boolean => (metadata?.regionType ?? 'Physical') === 'Physical'
    const map = ({ name, displayName, metadata = {} }: RawLocation): NodeLocation<AzureLocationExtra> =>
      new NodeLocation(this, {
        id: name,
        name: displayName ?? name,
        extra: {
          geography: metadata.geographyGroup,
          physicalLocation: metadata.physicalLocation,
          pairedWith: metadata.pairedRegion?.[0]?.name,
        },
      })
    return this.connection.list({ path: at, version: RESOURCES_VERSION, map, keep }, options)
  }

  /** Images of one's own; or the versions of an offer of the marketplace, whose images are too many to be listed.
   * @see https://learn.microsoft.com/rest/api/compute/images/list */
  listImages(options?: AzureListImagesOptions): Pager<NodeImage<AzureImageExtra>> {
    const { ex_publisher: publisher, ex_offer: offer, ex_sku: sku } = options ?? {}
    if (publisher !== undefined || offer !== undefined || sku !== undefined) {
      const missing = [
        ['ex_publisher', publisher],
        ['ex_offer', offer],
        ['ex_sku', sku],
      ].find(([, value]) => value === undefined)?.[0]
      if (missing !== undefined)
        throw refused(
          this.provider,
          operationOf(options),
          `options.${missing}`,
          'given beside the others: of all three the marketplace tells versions',
        )
      const parts = [publisher, offer, sku] as string[]
      const map = (raw: RawNamed): NodeImage<AzureImageExtra> => this.#offered(raw, [...parts, raw.name])
      return onePage(async () => (await this.#market(parts, options)).map(map), options)
    }
    const only = options?.location?.id
    const keep = ({ location }: RawImage): boolean => only === undefined || location === only
    return this.connection.list(
      { path: below(IMAGES), version, map: (raw: RawImage) => this.#toImage(raw), keep },
      options,
    )
  }

  /** The id is `'publisher:offer:sku:version'`, or that of an image of one's own.
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machine-images/get */
  async getImage(imageId: string, options?: CallOptions): Promise<NodeImage<AzureImageExtra>> {
    const parts = imageId.split(':')
    if (parts.length === 1) {
      const at = await this.connection.pathTo(imageId, IMAGES, 'imageId', options)
      return this.connection.one(
        { path: at, version, errors: NO_IMAGE },
        (raw: RawImage) => this.#toImage(raw),
        options,
      )
    }
    if (parts.length !== 4 || !parts.every(isWord))
      throw refused(
        this.provider,
        operationOf(options),
        'imageId',
        "'publisher:offer:sku:version', or the id of an image of one's own",
      )
    const spec = { path: this.#marketPath(parts, options), version, errors: NO_IMAGE }
    return this.connection.one(spec, (raw: RawNamed) => this.#offered(raw, parts), options)
  }

  /** The node must be given back and generalized: see `ex_generalizeNode`. It can be started no more. It is awaited.
   * @see https://learn.microsoft.com/rest/api/compute/images/create-or-update */
  async createImage(
    node: Ref,
    image: CreateImageOptions,
    options?: WaitOptions,
  ): Promise<Owned<NodeImage<AzureImageExtra>>> {
    if (!isWord(image.name))
      throw refused(
        this.provider,
        operationOf(options),
        'image.name',
        'letters, digits, underscores, periods and hyphens',
      )
    const vm = await readVm(this, node.id, 'node.id', options)
    const place = await this.connection.locate(vm.id, 'Microsoft.Compute/virtualMachines', 'node.id', options)
    const at: ResourceId = { ...place, type: IMAGES, names: [image.name] }
    const made = new Made(this.connection)
    const tags = image.description === undefined ? undefined : { description: image.description }
    const json = { location: vm.location, tags, properties: { sourceVirtualMachine: { id: vm.id } } }
    try {
      const raw = await made.put<RawImage>(at, version, json, options)
      const created = this.#toImage(raw)
      return owned(created, () => this.deleteImage(created))
    } catch (error) {
      return made.undo(error, options)
    }
  }

  /** It is awaited.
   * @see https://learn.microsoft.com/rest/api/compute/images/delete */
  async deleteImage(image: Ref, options?: WaitOptions): Promise<void> {
    const at = await this.connection.pathTo(image.id, IMAGES, 'image.id', options)
    await this.connection.operate({ method: 'DELETE', path: at, version, errors: NO_IMAGE }, () => undefined, options)
  }

  /**
   * Who offers images in the marketplace of a location.
   *
   * @example
   * ```ts
   * const publishers = await driver.ex_listPublishers()
   * ```
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machine-images/list-publishers
   */
  ex_listPublishers(options?: LocationOptions): Pager<AzureMarketplaceItem> {
    return onePage(async () => (await this.#market([], options)).map(toItem), options)
  }

  /**
   * What a publisher offers.
   *
   * @example
   * ```ts
   * const offers = await driver.ex_listOffers('Canonical')
   * ```
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machine-images/list-offers
   */
  ex_listOffers(publisher: string, options?: LocationOptions): Pager<AzureMarketplaceItem> {
    return onePage(async () => (await this.#market([publisher], options)).map(toItem), options)
  }

  /**
   * Of which kinds an offer is.
   *
   * @example
   * ```ts
   * const kinds = await driver.ex_listSkus('Canonical', 'ubuntu-24_04-lts')
   * ```
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machine-images/list-skus
   */
  ex_listSkus(publisher: string, offer: string, options?: LocationOptions): Pager<AzureMarketplaceItem> {
    return onePage(async () => (await this.#market([publisher, offer], options)).map(toItem), options)
  }

  /**
   * The versions of an image.
   *
   * @example
   * ```ts
   * const versions = await driver.ex_listImageVersions('Canonical', 'ubuntu-24_04-lts', 'server')
   * ```
   * @see https://learn.microsoft.com/rest/api/compute/virtual-machine-images/list
   */
  ex_listImageVersions(
    publisher: string,
    offer: string,
    sku: string,
    options?: LocationOptions,
  ): Pager<AzureMarketplaceItem> {
    return onePage(async () => (await this.#market([publisher, offer, sku], options)).map(toItem), options)
  }

  #marketPath(parts: readonly string[], options: LocationOptions | undefined): (subscription: string) => string {
    const location = this.connection.location(options?.location?.id, 'options.location', options)
    const [publisher, offer, sku, of] = parts
    const steps = [
      publisher && path`/${publisher}/artifacttypes/vmimage/offers`,
      offer && path`/${offer}/skus`,
      sku && path`/${sku}/versions`,
      of && path`/${of}`,
    ]
    return subscription =>
      path`/subscriptions/${subscription}/providers/Microsoft.Compute/locations/${location}/publishers` +
      steps.filter(Boolean).join('')
  }

  async #market(parts: readonly string[], options: LocationOptions | undefined): Promise<readonly RawNamed[]> {
    const at = parts.findIndex(each => !isWord(each))
    if (at >= 0)
      throw refused(
        this.provider,
        operationOf(options),
        ['publisher', 'offer', 'sku'][at] ?? 'version',
        'letters, digits, underscores, periods and hyphens',
      )
    const read = (raw: unknown): readonly RawNamed[] => {
      if (!Array.isArray(raw)) throw new Error('The reply is no list')
      return raw
    }
    return this.connection.one({ path: this.#marketPath(parts, options), version, errors: NO_IMAGE }, read, options)
  }

  #offered(raw: RawNamed, parts: readonly string[]): NodeImage<AzureImageExtra> {
    const { plan, osDiskImage, hyperVGeneration } = raw.properties ?? {}
    const [publisher = '', offer = '', sku = ''] = parts
    return new NodeImage<AzureImageExtra>(this, {
      id: parts.join(':'),
      name: `${publisher} ${offer} ${sku} ${parts[3]}`,
      extra: {
        location: raw.location,
        resourceGroup: undefined,
        osType: osDiskImage?.operatingSystem,
        generation: hyperVGeneration,
        sourceNodeId: undefined,
        tags: {},
        plan:
          plan?.name === undefined
            ? undefined
            : { name: plan.name, publisher: plan.publisher ?? publisher, product: plan.product ?? offer },
      },
    })
  }

  #toImage({ id, name, location, tags = {}, properties = {} }: RawImage): NodeImage<AzureImageExtra> {
    if (!readId(id)) throw new Error('The reply is no image')
    const extra = {
      location,
      resourceGroup: groupOf(id),
      osType: properties.storageProfile?.osDisk?.osType,
      generation: properties.hyperVGeneration,
      sourceNodeId: properties.sourceVirtualMachine?.id,
      tags,
      plan: undefined,
    }
    return new NodeImage<AzureImageExtra>(this, { id, name, extra })
  }
}

const isWord = (text: string): boolean => /^[A-Za-z0-9_][\w.-]*$/.test(text)
const toItem = ({ id, name, location }: RawNamed): AzureMarketplaceItem => ({ id, name, location })
