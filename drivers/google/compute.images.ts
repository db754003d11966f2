import { type CreateImageOptions, type LocationOptions, NodeImage } from '../../lib/compute/types.js'
import { ImageDoesNotExistError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { imageLink, imageOf } from './compute.create.js'
import { GCEKeys } from './compute.keys.js'
import { rawNode } from './compute.nodes.js'
import { checkName, lastPart, type Place, placeOf, refused } from './compute.refs.js'
import { date } from './compute.shared.js'
import type { GCEChangeOptions } from './operations.js'

const NO_IMAGE: ErrorTable = { 404: ImageDoesNotExistError }

/** Whose images everybody may boot. https://cloud.google.com/compute/docs/images/os-details */
const PUBLIC = [
  'centos-cloud',
  'cos-cloud',
  'debian-cloud',
  'fedora-coreos-cloud',
  'opensuse-cloud',
  'rhel-cloud',
  'rocky-linux-cloud',
  'suse-cloud',
  'ubuntu-os-cloud',
  'windows-cloud',
]

interface RawImage {
  readonly id: string
  readonly name: string
  readonly selfLink: string
  readonly description?: string
  readonly family?: string
  readonly status?: string
  readonly architecture?: string
  readonly diskSizeGb?: string
  readonly archiveSizeBytes?: string
  readonly creationTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly labelFingerprint?: string
  readonly storageLocations?: readonly string[]
  readonly deprecated?: { readonly state?: GCEDeprecation; readonly replacement?: string }
}
/** Whether an image should be used still. */
export type GCEDeprecation = 'ACTIVE' | 'DEPRECATED' | 'OBSOLETE' | 'DELETED'
/** What only Google tells of an image. */
export interface GCEImageExtra {
  /** Whose it is. */
  readonly project: string
  readonly description: string
  /** What stands for the newest of its kind. */
  readonly family: string | undefined
  /** `'READY'`, `'PENDING'`, `'FAILED'` or `'DELETING'`. */
  readonly status: string
  readonly architecture: string | undefined
  /** GiB of the smallest disk that it fits on. */
  readonly diskSize: number | undefined
  /** Bytes that are paid for. */
  readonly archiveSize: number | undefined
  readonly createdAt: Date | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly locations: readonly string[]
  readonly deprecation: GCEDeprecation
  /** Address of the image to use in its place. */
  readonly replacement: string | undefined
  readonly selfLink: string
}
export interface GCEListImagesOptions extends LocationOptions {
  /** Only images of these. @defaultValue the driver's own project, and those of the makers of systems */
  ex_projects?: readonly string[] | undefined
  /** Also those that should not be used any more. @defaultValue false */
  ex_includeDeprecated?: boolean | undefined
  /** Google's own filter: `'family = debian-12'`. */
  ex_filter?: string | undefined
}
export interface GCECreateImageOptions extends CreateImageOptions {
  ex_family?: string | undefined
  ex_labels?: Readonly<Record<string, string>> | undefined
  /** Where it is kept: one region, or a group of them. @defaultValue near the disk */
  ex_storageLocations?: readonly string[] | undefined
  /** Also of an instance that runs, whose disk may be in the middle of something. @defaultValue false */
  ex_force?: boolean | undefined
}
/** What an image is made of: one thing of these. */
export interface GCEImageSource {
  readonly volume?: Ref | undefined
  readonly snapshot?: Ref | undefined
  readonly image?: Ref | undefined
  /** Address of a tar file in Cloud Storage. */
  readonly url?: string | undefined
}
/** What `ex_dailyImage` and `ex_releasedImage` look for. */
export interface GCEUbuntuImageOptions extends CallOptions {
  /** @defaultValue 'X86_64' */
  ex_arch?: 'X86_64' | 'ARM64' | undefined
  /** `'minimal'`, `'pro'`, `'pro-fips'` or the plain server. @defaultValue 'server' */
  ex_imageType?: 'server' | 'minimal' | 'pro' | 'pro-fips' | undefined
}

/** Images: ids are `'<project>/<name>'`; wherever one is asked for, a family does: `'<project>/family/<family>'`. */
export abstract class GCEImages extends GCEKeys {
  /** Images are everywhere, whatever the location. One project after another is asked for.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/images/list */
  listImages(options?: GCEListImagesOptions): Pager<NodeImage<GCEImageExtra>> {
    const { ex_filter: filter, ex_includeDeprecated = false } = options ?? {}
    return pager(async token => {
      const projects = options?.ex_projects ?? [await this.connection.projectId(options), ...PUBLIC]
      const [at = 0, pageToken] = token === undefined ? [] : (JSON.parse(token) as [number, string | undefined])
      const project = imageOf(this, { id: `${projects[at] ?? ''}/x` }, 'options.ex_projects', options).project ?? ''
      const spec = {
        path: `/compute/v1/projects/${project}/global/images`,
        query: { filter },
        map: (raw: RawImage) => toImage(this, raw),
        keep: (raw: RawImage) => ex_includeDeprecated || deprecationOf(raw) === 'ACTIVE',
      }
      const { items, next } = await this.connection.page(spec, pageToken || undefined, options)
      if (next !== undefined) return { items, next: JSON.stringify([at, next]) }
      return { items, next: at + 1 < projects.length ? JSON.stringify([at + 1, '']) : undefined }
    }, options)
  }

  /** @see https://cloud.google.com/compute/docs/reference/rest/v1/images/get */
  async getImage(imageId: string, options?: CallOptions): Promise<NodeImage<GCEImageExtra>> {
    const { project, name, isFamily } = imageOf(this, { id: imageId }, 'imageId', options)
    const collection = isFamily ? 'images/family' : 'images'
    const place = { project, scope: 'global', name }
    return this.connection.get(place, collection, (raw: RawImage) => toImage(this, raw), NO_IMAGE, options)
  }

  /** Of the instance's boot disk. It should be stopped: see `ex_force`.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/images/insert */
  async createImage(
    node: Ref,
    image: GCECreateImageOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<NodeImage<GCEImageExtra>>> {
    checkName(this, image.name, 'image.name', options)
    const { disks = [] } = await rawNode(this, node, options)
    const source = disks.find(each => each.boot)?.source
    if (source === undefined) throw refused(this, 'node', 'an instance that has a boot disk of its own', options)
    return insertImage(this, image, { sourceDisk: source }, options)
  }

  /** @see https://cloud.google.com/compute/docs/reference/rest/v1/images/delete */
  async deleteImage(image: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(placeOfImage(this, image, options), 'images', NO_IMAGE, options)
  }

  /**
   * The newest image of a family.
   * @example const image = await driver.ex_getImageFromFamily('debian-12', 'debian-cloud')
   * @throws ImageDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/images/getFromFamily
   */
  async ex_getImageFromFamily(
    family: string,
    project: string | null | undefined,
    options?: CallOptions,
  ): Promise<NodeImage<GCEImageExtra>> {
    const id = project ? `${project}/family/${family}` : `family/${family}`
    return this.getImage(id, options)
  }

  /**
   * One image, as `getImage` finds it.
   * @example const { extra } = await driver.ex_getImage('debian-cloud/family/debian-12')
   * @throws ImageDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/images/get
   */
  async ex_getImage(imageId: string, options?: CallOptions): Promise<NodeImage<GCEImageExtra>> {
    return this.getImage(imageId, options)
  }

  /**
   * Images of some projects only.
   * @example for await (const { name } of driver.ex_listProjectImages(['debian-cloud'])) console.log(name)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/images/list
   */
  ex_listProjectImages(
    projects: readonly string[],
    options?: Omit<GCEListImagesOptions, 'ex_projects'>,
  ): Pager<NodeImage<GCEImageExtra>> {
    return this.listImages({ ...options, ex_projects: projects })
  }

  /**
   * Makes an image of a volume, a snapshot, another image or a file.
   * @example const image = await driver.ex_createImage({ name: 'web-1' }, { volume: { id: 'europe-west3-a/web-1' } })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/images/insert
   */
  async ex_createImage(
    image: GCECreateImageOptions,
    source: GCEImageSource,
    options?: GCEChangeOptions,
  ): Promise<Owned<NodeImage<GCEImageExtra>>> {
    checkName(this, image.name, 'image.name', options)
    return insertImage(this, image, toRawSource(this, source, options), options)
  }

  /**
   * Copies an image, also of another project, into one's own.
   * @example await driver.ex_copyImage({ name: 'base' }, { id: 'debian-cloud/family/debian-12' })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/images/insert
   */
  async ex_copyImage(
    image: GCECreateImageOptions,
    source: Ref,
    options?: GCEChangeOptions,
  ): Promise<Owned<NodeImage<GCEImageExtra>>> {
    checkName(this, image.name, 'image.name', options)
    return insertImage(this, image, toRawSource(this, { image: source }, options), options)
  }

  /**
   * Deletes an image of one's own.
   * @example await driver.ex_deleteImage({ id: 'old' })
   * @throws ImageDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/images/delete
   */
  async ex_deleteImage(image: Ref, options?: GCEChangeOptions): Promise<void> {
    await this.connection.remove(placeOfImage(this, image, options), 'images', NO_IMAGE, options)
  }

  /**
   * Says that an image should not be used any more, and which in its place.
   * @example await driver.ex_deprecateImage({ id: 'old' }, 'DEPRECATED', { id: 'new' })
   * @throws ImageDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/images/deprecate
   */
  async ex_deprecateImage(
    image: Ref,
    state: GCEDeprecation,
    replacement: Ref | null | undefined,
    options?: GCEChangeOptions,
  ): Promise<void> {
    const project = await this.connection.projectId(options)
    const link = replacement ? imageLink(this, replacement, 'replacement', options) : undefined
    const whole = link?.startsWith('projects/') ? link : link && `projects/${project}/${link}`
    const json = { state, replacement: whole && `https://www.googleapis.com/compute/v1/${whole}` }
    const place = placeOfImage(this, image, options)
    await this.connection.act(place, 'images:deprecate', { json, errors: NO_IMAGE }, options)
  }

  /**
   * Replaces an image's labels.
   * @example await driver.ex_setImageLabels({ id: 'base' }, { env: 'prod' })
   * @throws ImageDoesNotExistError
   * @throws ConflictError when others change them at the same time.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/images/setLabels
   */
  async ex_setImageLabels(
    image: Ref,
    labels: Readonly<Record<string, string>>,
    options?: GCEChangeOptions,
  ): Promise<void> {
    const place = placeOfImage(this, image, options)
    const read = (raw: RawImage): string | undefined => raw.labelFingerprint
    const labelFingerprint = await this.connection.get(place, 'images', read, NO_IMAGE, options)
    const json = { labelFingerprint, labels }
    await this.connection.act(place, 'images:setLabels', { json, errors: NO_IMAGE, hasId: false }, options)
  }

  /**
   * The newest image that Ubuntu builds each day of a release that is to come, or is out.
   * @example const image = await driver.ex_dailyImage('noble')
   * @throws ImageDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/images/list
   */
  async ex_dailyImage(release: string, options?: GCEUbuntuImageOptions): Promise<NodeImage<GCEImageExtra>> {
    return newest(this, 'ubuntu-os-cloud-devel', `daily-ubuntu-*-${release}-*`, release, options)
  }

  /**
   * The newest image that Ubuntu has released.
   * @example const image = await driver.ex_releasedImage('noble', { ex_imageType: 'minimal' })
   * @throws ImageDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/images/list
   */
  async ex_releasedImage(release: string, options?: GCEUbuntuImageOptions): Promise<NodeImage<GCEImageExtra>> {
    const isPro = options?.ex_imageType?.startsWith('pro')
    return newest(this, isPro ? 'ubuntu-os-pro-cloud' : 'ubuntu-os-cloud', `ubuntu-*-${release}-*`, release, options)
  }
}

async function newest(
  driver: GCEImages,
  project: string,
  pattern: string,
  release: string,
  options: GCEUbuntuImageOptions | undefined,
): Promise<NodeImage<GCEImageExtra>> {
  if (!/^[a-z]{3,20}$/.test(release))
    throw refused(driver, 'release', "the name of a release, such as 'noble'", options)
  const { ex_arch: arch = 'X86_64', ex_imageType: kind = 'server' } = options ?? {}
  const filter = `(name = ${pattern}) (architecture = ${arch})`
  let found: NodeImage<GCEImageExtra> | undefined
  for await (const image of driver.listImages({ ...options, ex_projects: [project], ex_filter: filter })) {
    const isMinimal = image.name.includes('minimal')
    const isFips = image.name.includes('fips')
    if (isMinimal !== (kind === 'minimal') || isFips !== (kind === 'pro-fips')) continue
    if (found === undefined || Number(image.extra.createdAt ?? 0) > Number(found.extra.createdAt ?? 0)) found = image
  }
  if (found) return found
  const { provider } = driver
  throw new ImageDoesNotExistError(`'${provider}' has no ${kind} image of '${release}' for ${arch} in ${project}`, {
    provider,
  })
}

function placeOfImage(driver: GCEImages, image: Ref, options: CallOptions | undefined): Place {
  const { project, name, isFamily } = imageOf(driver, image, 'image', options)
  if (isFamily) throw refused(driver, 'image.id', 'one image, not a family', options)
  return { project, scope: 'global', name }
}

function toRawSource(driver: GCEImages, source: GCEImageSource, options: CallOptions | undefined): object {
  const { volume, snapshot, image, url } = source
  if (volume) {
    const { scope, name } = placeOf(driver, volume, 'zone', 'source.volume', options)
    return { sourceDisk: `${scope}/disks/${name}` }
  }
  if (snapshot)
    return {
      sourceSnapshot: `global/snapshots/${placeOf(driver, snapshot, 'global', 'source.snapshot', options).name}`,
    }
  if (image) return { sourceImage: imageLink(driver, image, 'source.image', options) }
  if (url !== undefined) return { rawDisk: { source: url } }
  throw refused(driver, 'source', 'one of volume, snapshot, image and url', options)
}

async function insertImage(
  driver: GCEImages,
  image: GCECreateImageOptions,
  source: object,
  options: GCEChangeOptions | undefined,
): Promise<Owned<NodeImage<GCEImageExtra>>> {
  const json = {
    name: image.name,
    description: image.description,
    family: image.ex_family,
    labels: image.ex_labels,
    storageLocations: image.ex_storageLocations,
    ...source,
  }
  await driver.connection.insert('global', 'images', json, options, { query: { forceCreate: image.ex_force } })
  const made = await driver.getImage(image.name, options)
  return owned(made, () => driver.deleteImage(made))
}

const deprecationOf = ({ deprecated }: RawImage): GCEDeprecation => deprecated?.state ?? 'ACTIVE'

function toImage(driver: GCEImages, raw: RawImage): NodeImage<GCEImageExtra> {
  const project = /\/projects\/([^/]+)\//.exec(raw.selfLink)?.[1] ?? ''
  return new NodeImage(driver, {
    id: `${project}/${raw.name}`,
    name: raw.name,
    extra: {
      project,
      description: raw.description ?? '',
      family: raw.family,
      status: raw.status ?? '',
      architecture: raw.architecture,
      diskSize: raw.diskSizeGb === undefined ? undefined : Number(raw.diskSizeGb),
      archiveSize: raw.archiveSizeBytes === undefined ? undefined : Number(raw.archiveSizeBytes),
      createdAt: date(raw.creationTimestamp),
      labels: raw.labels ?? {},
      locations: raw.storageLocations ?? [],
      deprecation: deprecationOf(raw),
      replacement: lastPart(raw.deprecated?.replacement),
      selfLink: raw.selfLink,
    },
  })
}
