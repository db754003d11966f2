import {
  type CopyImageOptions,
  type CreateImageOptions,
  type LocationOptions,
  NodeImage,
} from '../../lib/compute/types.js'
import { ImageDoesNotExistError } from '../../lib/errors.js'
import * as xml from '../../lib/http/xml-shape.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { answer, type EC2Filters, listing } from './ec2.connection.js'
import {
  type EC2BlockDevice,
  type EC2Reason,
  type EC2Tags,
  fromBlockDevices,
  needed,
  PAGE,
  REASON,
  refused,
  TAGGED,
  tagged,
  toFilters,
  toReason,
  toTags,
} from './ec2.shared.js'
import { type EC2PermissionChange, fromPermissions } from './ec2.snapshots.js'
import { EC2Volumes } from './ec2.volumes.js'
import type { QueryParams } from './query.js'

const IMAGE = xml.object({
  imageId: xml.string,
  name: xml.string,
  imageLocation: xml.string,
  imageState: xml.string,
  imageOwnerId: xml.string,
  imageOwnerAlias: xml.string,
  isPublic: xml.boolean,
  architecture: xml.string,
  imageType: xml.string,
  platform: xml.string,
  platformDetails: xml.string,
  creationDate: xml.date,
  deprecationTime: xml.date,
  description: xml.string,
  rootDeviceType: xml.string,
  rootDeviceName: xml.string,
  virtualizationType: xml.string,
  hypervisor: xml.string,
  enaSupport: xml.boolean,
  bootMode: xml.string,
  imdsSupport: xml.string,
  stateReason: REASON,
  blockDeviceMapping: xml.wrapped(
    'item',
    xml.object({
      deviceName: xml.string,
      virtualName: xml.string,
      ebs: xml.object({
        snapshotId: xml.string,
        volumeSize: xml.number,
        volumeType: xml.string,
        deleteOnTermination: xml.boolean,
        encrypted: xml.boolean,
        iops: xml.number,
        throughput: xml.number,
        kmsKeyId: xml.string,
      }),
    }),
  ),
  tagSet: TAGGED,
})
type RawImage = xml.Infer<typeof IMAGE>
const IMAGES = listing('DescribeImages', 'imagesSet', IMAGE, PAGE)
const MADE = { imageId: xml.string }
const CREATED = answer('CreateImage', MADE)
const COPIED = answer('CopyImage', MADE)
const REGISTERED = answer('RegisterImage', MADE)

/** What only EC2 tells of an image. What an image was just made of is all that is known of it. */
export interface EC2ImageExtra {
  /** EC2's own word: `'pending'`, `'available'`, `'failed'` and others. */
  readonly state: string
  readonly reason: EC2Reason | undefined
  readonly ownerId: string | undefined
  /** `'amazon'`, `'aws-marketplace'`. */
  readonly ownerAlias: string | undefined
  readonly isPublic: boolean | undefined
  /** `'x86_64'`, `'arm64'`, `'i386'` and others. */
  readonly architecture: string | undefined
  readonly imageType: string | undefined
  /** `'windows'`, or nothing. */
  readonly platform: string | undefined
  readonly platformDetails: string | undefined
  readonly location: string | undefined
  readonly description: string | undefined
  readonly createdAt: Date | undefined
  readonly deprecatedAt: Date | undefined
  readonly rootDeviceName: string | undefined
  readonly rootDeviceType: string | undefined
  readonly virtualizationType: string | undefined
  readonly hypervisor: string | undefined
  readonly enaSupport: boolean | undefined
  readonly bootMode: string | undefined
  readonly imdsSupport: string | undefined
  readonly blockDevices: readonly EC2BlockDevice[]
  readonly tags: EC2Tags
}
export interface EC2ListImagesOptions extends LocationOptions {
  /**
   * Ids of accounts, `'self'`, `'amazon'` or `'aws-marketplace'`. There are hundreds of thousands of public images:
   * an empty list asks for them all. @defaultValue one's own and Amazon's
   */
  ex_owners?: readonly string[] | undefined
  /** Only images that this account may boot: an id, `'self'`, or `'all'` for public ones. */
  ex_executableBy?: string | undefined
  ex_imageIds?: readonly string[] | undefined
  /** See EC2's page on `DescribeImages`. */
  ex_filters?: EC2Filters | undefined
  /** Also those that their owner advises against. @defaultValue false, but for one's own */
  ex_includeDeprecated?: boolean | undefined
}
export interface EC2CreateImageOptions extends CreateImageOptions {
  /** Whether the node is stopped meanwhile, so that its file systems are consistent. @defaultValue true */
  ex_reboot?: boolean | undefined
  ex_blockDeviceMappings?: readonly EC2BlockDevice[] | undefined
  /** Of the image and of its snapshots. */
  ex_tags?: EC2Tags | undefined
}
export interface EC2CopyImageOptions extends CopyImageOptions {
  /** @defaultValue as the image is */
  ex_encrypted?: boolean | undefined
  ex_kmsKeyId?: string | undefined
  /** @defaultValue false */
  ex_copyTags?: boolean | undefined
  /** What EC2 knows the request by. @defaultValue one of its own */
  ex_clientToken?: string | undefined
}
export interface EC2DeleteImageOptions extends CallOptions {
  /** The snapshots that the image was made of too, which cost money. @defaultValue false */
  ex_deleteSnapshots?: boolean | undefined
}
/** An image that is made of snapshots, or of a manifest in S3. */
export interface EC2RegisterImage {
  name: string
  description?: string | undefined
  /** @defaultValue 'i386', of images of snapshots */
  architecture?: 'i386' | 'x86_64' | 'arm64' | 'x86_64_mac' | 'arm64_mac' | undefined
  /** The manifest's place in S3, of an image of an instance store. */
  imageLocation?: string | undefined
  rootDeviceName?: string | undefined
  blockDeviceMappings?: readonly EC2BlockDevice[] | undefined
  kernelId?: string | undefined
  ramdiskId?: string | undefined
  /** @defaultValue 'paravirtual' */
  virtualizationType?: 'hvm' | 'paravirtual' | undefined
  enaSupport?: boolean | undefined
  billingProducts?: readonly string[] | undefined
  sriovNetSupport?: 'simple' | undefined
  bootMode?: 'legacy-bios' | 'uefi' | undefined
  /** `'v2.0'`: nodes ask for metadata with tokens only. */
  imdsSupport?: 'v2.0' | undefined
}
/** What is to change of an image. */
export interface EC2ModifyImage extends EC2PermissionChange {
  description?: string | undefined
}

/** Amazon machine images. */
export abstract class EC2Images extends EC2Volumes {
  /** One's own images and Amazon's, unless others are asked for. All zones of a region have the same.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html */
  listImages(options?: EC2ListImagesOptions): Pager<NodeImage<EC2ImageExtra>> {
    const { location, ex_imageIds: ImageId, ex_executableBy: by } = options ?? {}
    if (location !== undefined && !location.id.startsWith(this.region)) {
      throw refused(this, 'options.location', `a zone of ${this.region}, where the driver is`, options)
    }
    const owners = ImageId === undefined && by === undefined ? this.connection.imageOwners : undefined
    const params = {
      ImageId,
      Owner: options?.ex_owners ?? owners,
      ExecutableBy: by === undefined ? undefined : [by],
      Filter: toFilters(options?.ex_filters),
      IncludeDeprecated: options?.ex_includeDeprecated,
    }
    return findImages(this, params, options)
  }

  /** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html */
  async getImage(imageId: string, options?: CallOptions): Promise<NodeImage<EC2ImageExtra>> {
    const [image] = await findImages(this, { ImageId: [imageId] }, options)
    if (image !== undefined) return image
    const operation = operationOf(options)
    const message = `${operation}: there is no image ${imageId}`
    throw new ImageDoesNotExistError(message, { provider: this.provider, operation })
  }

  /** Resolves when the image has begun, with what is known of it: `ex_waitForImage` waits for it. Disposing of it
   * deletes its snapshots too.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html */
  async createImage(
    node: Ref,
    image: EC2CreateImageOptions,
    options?: CallOptions,
  ): Promise<Owned<NodeImage<EC2ImageExtra>>> {
    const tags = [tagged('image', undefined, image.ex_tags), tagged('snapshot', undefined, image.ex_tags)].flat()
    const params = {
      InstanceId: node.id,
      Name: image.name,
      Description: image.description,
      NoReboot: image.ex_reboot === undefined ? undefined : !image.ex_reboot,
      BlockDeviceMapping: fromBlockDevices(image.ex_blockDeviceMappings),
      TagSpecification: image.ex_tags === undefined ? undefined : tags,
    }
    const map = (raw: { imageId?: string }) => newImage(this, raw.imageId, image)
    const spec = { action: 'CreateImage', params, shape: CREATED, map, idempotent: false }
    return ownedImage(this, await this.connection.query(spec, options))
  }

  /** Its snapshots stay, unless `ex_deleteSnapshots` is true.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeregisterImage.html */
  async deleteImage(image: Ref, options?: EC2DeleteImageOptions): Promise<void> {
    const snapshots = options?.ex_deleteSnapshots
      ? (await this.getImage(image.id, options)).extra.blockDevices.map(({ ebs }) => ebs?.snapshotId)
      : []
    await this.connection.set('DeregisterImage', { ImageId: image.id }, options)
    for (const SnapshotId of snapshots) {
      if (SnapshotId !== undefined) await this.connection.set('DeleteSnapshot', { SnapshotId }, options)
    }
  }

  /** Resolves when the copy has begun, with what is known of it: `ex_waitForImage` waits for it.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopyImage.html */
  async copyImage(copy: EC2CopyImageOptions, options?: CallOptions): Promise<Owned<NodeImage<EC2ImageExtra>>> {
    const params = {
      SourceRegion: copy.sourceRegion,
      SourceImageId: copy.image.id,
      Name: copy.name,
      Description: copy.description,
      Encrypted: copy.ex_encrypted ?? (copy.ex_kmsKeyId === undefined ? undefined : true),
      KmsKeyId: copy.ex_kmsKeyId,
      CopyImageTags: copy.ex_copyTags,
    }
    const map = (raw: { imageId?: string }) => newImage(this, raw.imageId, copy)
    const spec = { action: 'CopyImage', params, shape: COPIED, map, token: copy.ex_clientToken }
    return ownedImage(this, await this.connection.create(spec, options))
  }

  /**
   * Makes an image of snapshots, or of a manifest in S3.
   *
   * @example
   * ```ts
   * const image = await driver.ex_registerImage({
   *   name: 'appliance',
   *   architecture: 'x86_64',
   *   virtualizationType: 'hvm',
   *   rootDeviceName: '/dev/xvda',
   *   blockDeviceMappings: [{ deviceName: '/dev/xvda', ebs: { snapshotId: 'snap-0123456789abcdef0' } }],
   * })
   * ```
   * @throws ConflictError when the account has an image of this name.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html
   */
  async ex_registerImage(image: EC2RegisterImage, options?: CallOptions): Promise<Owned<NodeImage<EC2ImageExtra>>> {
    const params = {
      Name: image.name,
      Description: image.description,
      Architecture: image.architecture,
      ImageLocation: image.imageLocation,
      RootDeviceName: image.rootDeviceName,
      BlockDeviceMapping: fromBlockDevices(image.blockDeviceMappings),
      KernelId: image.kernelId,
      RamdiskId: image.ramdiskId,
      VirtualizationType: image.virtualizationType,
      EnaSupport: image.enaSupport,
      BillingProduct: image.billingProducts,
      SriovNetSupport: image.sriovNetSupport,
      BootMode: image.bootMode,
      ImdsSupport: image.imdsSupport,
    }
    const map = (raw: { imageId?: string }) => newImage(this, raw.imageId, image)
    const spec = { action: 'RegisterImage', params, shape: REGISTERED, map, idempotent: false }
    const made = await this.connection.query(spec, options)
    // The snapshots were there before it.
    return owned(made, () => this.deleteImage(made))
  }

  /**
   * Says who may boot an image, or describes it otherwise.
   *
   * @example
   * ```ts
   * await driver.ex_modifyImageAttribute(image, { addUserIds: ['123456789012'] })
   * ```
   * @throws ImageDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyImageAttribute.html
   */
  async ex_modifyImageAttribute(image: Ref, changes: EC2ModifyImage, options?: CallOptions): Promise<void> {
    const { description } = changes
    if (description !== undefined) {
      const params = { ImageId: image.id, Description: { Value: description } }
      await this.connection.set('ModifyImageAttribute', params, options)
    }
    const LaunchPermission = fromPermissions(changes) as { Add: readonly []; Remove: readonly [] }
    if (LaunchPermission.Add.length + LaunchPermission.Remove.length === 0) return
    await this.connection.set('ModifyImageAttribute', { ImageId: image.id, LaunchPermission }, options)
  }

  /**
   * Waits until an image can be booted.
   *
   * @example
   * ```ts
   * const image = await driver.createImage(node, { name: 'golden' })
   * await driver.ex_waitForImage(image, { timeout: 1_800_000 })
   * ```
   * @throws WaitError when it has failed.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html
   */
  async ex_waitForImage(image: Ref, options?: WaitOptions): Promise<NodeImage<EC2ImageExtra>> {
    const look = async (lookOptions: CallOptions) => {
      const value = await this.getImage(image.id, lookOptions)
      const { state, reason } = value.extra
      if (state === 'available') return { done: true, value } as const
      return /^(failed|error|invalid|deregistered)$/.test(state)
        ? { failed: reason?.message ?? `it is ${state}`, state }
        : { state }
    }
    return this.connection.poll(`image ${image.id} to be available`, look, options)
  }
}

/** Images, as whatever parameters say. */
export function findImages(
  driver: EC2Images,
  params: QueryParams,
  options: CallOptions | undefined,
): Pager<NodeImage<EC2ImageExtra>> {
  return driver.connection.all(IMAGES, raw => toImage(driver, raw), params, options)
}

/** The snapshots of what was made for it alone go with it. */
function ownedImage(driver: EC2Images, made: NodeImage<EC2ImageExtra>): Owned<NodeImage<EC2ImageExtra>> {
  return owned(made, () => driver.deleteImage(made, { ex_deleteSnapshots: true }))
}

/** What is known of an image of which only the id was told. */
function newImage(
  driver: EC2Images,
  imageId: string | undefined,
  { name, description }: { readonly name: string; readonly description?: string | undefined },
): NodeImage<EC2ImageExtra> {
  return toImage(driver, {
    imageId: needed(imageId, 'imageId'),
    name,
    ...(description === undefined ? {} : { description }),
    imageState: 'pending',
    blockDeviceMapping: [],
    tagSet: new Map(),
  })
}

function toImage(driver: EC2Images, raw: RawImage): NodeImage<EC2ImageExtra> {
  const id = needed(raw.imageId, 'imageId')
  return new NodeImage(driver, {
    id,
    name: raw.name || id,
    extra: {
      state: raw.imageState ?? '',
      reason: toReason(raw.stateReason),
      ownerId: raw.imageOwnerId,
      ownerAlias: raw.imageOwnerAlias,
      isPublic: raw.isPublic,
      architecture: raw.architecture,
      imageType: raw.imageType,
      platform: raw.platform,
      platformDetails: raw.platformDetails,
      location: raw.imageLocation,
      description: raw.description || undefined,
      createdAt: raw.creationDate,
      deprecatedAt: raw.deprecationTime,
      rootDeviceName: raw.rootDeviceName,
      rootDeviceType: raw.rootDeviceType,
      virtualizationType: raw.virtualizationType,
      hypervisor: raw.hypervisor,
      enaSupport: raw.enaSupport,
      bootMode: raw.bootMode,
      imdsSupport: raw.imdsSupport,
      blockDevices: raw.blockDeviceMapping as readonly EC2BlockDevice[],
      tags: toTags(raw.tagSet),
    },
  })
}
