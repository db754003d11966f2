import { type LocationOptions, NodeLocation, NodeSize } from '../../lib/compute/types.js'
import type { CallOptions } from '../../lib/options.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { inRegion, metadataOf, type RawMetadata, zoneScope } from './compute.base.js'
import { sizeName } from './compute.create.js'
import { GCENodes } from './compute.nodes.js'
import { lastPart, placeOf, refused, regionFor, zoneFor } from './compute.refs.js'
import { type GCEResource, type RawResource, resource } from './compute.shared.js'
import { type GCEChangeOptions, type GCEOperation, toOperation } from './operations.js'

interface RawSize {
  readonly id: string
  readonly name: string
  readonly description?: string
  readonly guestCpus: number
  readonly memoryMb: number
  readonly zone?: string
  readonly isSharedCpu?: boolean
  readonly maximumPersistentDisks?: number
  readonly maximumPersistentDisksSizeGb?: string
  readonly architecture?: string
  readonly deprecated?: object
}
interface RawPlace {
  readonly id: string
  readonly name: string
  readonly description?: string
  readonly status?: string
  readonly region?: string
  readonly selfLink: string
  readonly availableCpuPlatforms?: readonly string[]
}
/** What only Google tells of a machine type. */
export interface GCESizeExtra {
  readonly description: string
  readonly zone: string | undefined
  /** Whether its processors are shared with others. */
  readonly isShared: boolean
  readonly architecture: string | undefined
  readonly maxDisks: number | undefined
  readonly isDeprecated: boolean
}
/** What only Google tells of a zone. */
export interface GCELocationExtra {
  readonly region: string
  /** `'UP'` or `'DOWN'`. */
  readonly status: string
  readonly cpuPlatforms: readonly string[]
}
/** A region. */
export interface GCERegion extends GCEResource {
  readonly status: 'UP' | 'DOWN'
  /** Addresses of its zones. */
  readonly zones: readonly string[]
  /** How much of each there may be, and is. */
  readonly quotas: readonly { readonly metric: string; readonly limit: number; readonly usage: number }[]
}
/** A kind of disk. */
export interface GCEDiskType extends GCEResource {
  readonly validDiskSize?: string | undefined
  readonly defaultDiskSizeGb?: string | undefined
  readonly zone?: string | undefined
}
/** A kind of graphics processor, or of another helper. */
export interface GCEAcceleratorType extends GCEResource {
  readonly maximumCardsPerInstance: number
  readonly zone?: string | undefined
}
/** A licence that images carry. */
export interface GCELicense extends GCEResource {
  /** Whether its use is paid for. */
  readonly chargesUseFee?: boolean | undefined
}
/** A project as Compute Engine knows it. */
export interface GCEProject {
  readonly id: string
  readonly number: string
  readonly metadata: Readonly<Record<string, string>>
  readonly defaultServiceAccount: string | undefined
  readonly quotas: readonly { readonly metric: string; readonly limit: number; readonly usage: number }[]
}
export interface GCEListSizesOptions extends LocationOptions {
  /** Google's own filter: `'guestCpus >= 4'`. */
  ex_filter?: string | undefined
}
export interface GCEListTypesOptions extends CallOptions {
  /** Only this zone's; `'all'` for all. @defaultValue the driver's zone, else all */
  ex_zone?: string | undefined
}

/** What there is to choose from. */
export abstract class GCECatalog extends GCENodes {
  /** Those of a zone: the location's, or the driver's, else those of all zones. Disks are made apart from them.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/machineTypes/list */
  listSizes(options?: GCEListSizesOptions): Pager<NodeSize<GCESizeExtra>> {
    const { location } = options ?? {}
    const scope = zoneScope(this, { ex_zone: location && zoneFor(this, location, 'options.location', options) })
    const map = (raw: RawSize): NodeSize<GCESizeExtra> => toSize(this, raw)
    const spec = { map, keep: inRegion(this), query: { filter: options?.ex_filter } }
    return this.connection.listIn(scope, 'machineTypes', spec, options)
  }

  /** Zones.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/zones/list */
  listLocations(options?: CallOptions): Pager<NodeLocation<GCELocationExtra>> {
    const at = (project: string): string => `/compute/v1/projects/${project}/zones`
    return this.connection.list({ path: at, map: (raw: RawPlace) => toLocation(this, raw) }, options)
  }

  /**
   * One size of a zone.
   * @example const { ram, vcpus } = await driver.ex_getSize('e2-small')
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/machineTypes/get
   */
  async ex_getSize(name: string, options?: LocationOptions): Promise<NodeSize<GCESizeExtra>> {
    const zone = zoneFor(this, options?.location, 'options.location', options)
    const place = { scope: `zones/${zone}`, name: sizeName(this, { id: name }, 'name', options) }
    return this.connection.get(place, 'machineTypes', (raw: RawSize) => toSize(this, raw), undefined, options)
  }

  /**
   * Zones, as `listLocations` has them.
   * @example for await (const { name, extra } of driver.ex_listZones()) console.log(name, extra.status)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/zones/list
   */
  ex_listZones(options?: CallOptions): Pager<NodeLocation<GCELocationExtra>> {
    return this.listLocations(options)
  }

  /**
   * One zone.
   * @example const { extra } = await driver.ex_getZone('europe-west3-a')
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/zones/get
   */
  async ex_getZone(name: string, options?: CallOptions): Promise<NodeLocation<GCELocationExtra>> {
    const zone = zoneFor(this, { id: name }, 'name', options)
    const at = (project: string): string => `/compute/v1/projects/${project}/zones/${zone}`
    return this.connection.one({ path: at }, (raw: RawPlace) => toLocation(this, raw), options)
  }

  /**
   * All regions, with their quotas.
   * @example for await (const { name, quotas } of driver.ex_listRegions()) console.log(name, quotas)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/regions/list
   */
  ex_listRegions(options?: CallOptions): Pager<GCERegion> {
    const at = (project: string): string => `/compute/v1/projects/${project}/regions`
    return this.connection.list({ path: at, map: (raw: RawResource<GCERegion>) => toRegion(raw) }, options)
  }

  /**
   * One region, with its quotas.
   * @example const { quotas } = await driver.ex_getRegion('europe-west3')
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/regions/get
   */
  async ex_getRegion(name: string, options?: CallOptions): Promise<GCERegion> {
    const region = regionFor(this, { id: name }, 'name', options)
    const at = (project: string): string => `/compute/v1/projects/${project}/regions/${region}`
    return this.connection.one({ path: at }, (raw: RawResource<GCERegion>) => toRegion(raw), options)
  }

  /**
   * Kinds of disks.
   * @example for await (const { name, validDiskSize } of driver.ex_listDisktypes()) console.log(name, validDiskSize)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/diskTypes/list
   */
  ex_listDisktypes(options?: GCEListTypesOptions): Pager<GCEDiskType> {
    const spec = { map: resource<GCEDiskType>('zone'), keep: inRegion(this) }
    return this.connection.listIn(zoneScope(this, options), 'diskTypes', spec, options)
  }

  /**
   * One kind of disk.
   * @example const { defaultDiskSizeGb } = await driver.ex_getDisktype({ id: 'europe-west3-a/pd-ssd' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/diskTypes/get
   */
  async ex_getDisktype(diskType: Ref, options?: CallOptions): Promise<GCEDiskType> {
    const place = placeOf(this, diskType, 'zone', 'diskType', options)
    return this.connection.get(place, 'diskTypes', resource<GCEDiskType>('zone'), undefined, options)
  }

  /**
   * Kinds of graphics processors and other helpers.
   * @example for await (const { id, maximumCardsPerInstance } of driver.ex_listAcceleratorTypes()) console.log(id)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/acceleratorTypes/list
   */
  ex_listAcceleratorTypes(options?: GCEListTypesOptions): Pager<GCEAcceleratorType> {
    const spec = { map: resource<GCEAcceleratorType>('zone'), keep: inRegion(this) }
    return this.connection.listIn(zoneScope(this, options), 'acceleratorTypes', spec, options)
  }

  /**
   * One kind of graphics processor.
   * @example const { description } = await driver.ex_getAcceleratorType({ id: 'europe-west3-b/nvidia-tesla-t4' })
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/acceleratorTypes/get
   */
  async ex_getAcceleratorType(acceleratorType: Ref, options?: CallOptions): Promise<GCEAcceleratorType> {
    const place = placeOf(this, acceleratorType, 'zone', 'acceleratorType', options)
    return this.connection.get(place, 'acceleratorTypes', resource<GCEAcceleratorType>('zone'), undefined, options)
  }

  /**
   * The project, with its quotas and the metadata that all instances have.
   * @example const { quotas, metadata } = await driver.ex_getProject()
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/projects/get
   */
  async ex_getProject(options?: CallOptions): Promise<GCEProject> {
    return this.connection.one({ path: project => `/compute/v1/projects/${project}` }, toProject, options)
  }

  /**
   * Replaces the metadata that all instances of the project have.
   * @example await driver.ex_setCommonInstanceMetadata({ ...project.metadata, 'enable-oslogin': 'TRUE' })
   * @throws ConflictError when others change it at the same time.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/projects/setCommonInstanceMetadata
   */
  async ex_setCommonInstanceMetadata(
    metadata: Readonly<Record<string, string>>,
    options?: GCEChangeOptions,
  ): Promise<void> {
    const { fingerprint } = await commonMetadata(this, options)
    await setCommonMetadata(this, metadata, fingerprint, options)
  }

  /**
   * A licence that images carry, which the project of their maker has.
   * @example const { chargesUseFee } = await driver.ex_getLicense('debian-cloud', 'debian-12-bookworm')
   * @throws NotFoundError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/licenses/get
   */
  async ex_getLicense(project: string, name: string, options?: CallOptions): Promise<GCELicense> {
    const link = `projects/${project}/global/licenses/${name}`
    const place = placeOf(this, { id: link }, 'global', 'name', options)
    return this.connection.get(place, 'licenses', resource<GCELicense>('global'), undefined, options)
  }

  /**
   * Lets reports of the project's use be written to a bucket of Cloud Storage.
   * @example await driver.ex_setUsageExportBucket('usage', 'gce')
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/projects/setUsageExportBucket
   */
  async ex_setUsageExportBucket(bucketName: string, prefix: string, options?: GCEChangeOptions): Promise<void> {
    const at = (project: string): string => `/compute/v1/projects/${project}/setUsageExportBucket`
    await this.connection.change({ path: at, json: { bucketName, reportNamePrefix: prefix } }, options)
  }

  /**
   * Operations of a zone, a region or the whole project, newest first.
   * @example for await (const { type, status } of driver.ex_listOperations('zones/europe-west3-a')) console.log(type, status)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/zoneOperations/list
   */
  ex_listOperations(scope: string, options?: CallOptions): Pager<GCEOperation> {
    if (!/^(?:global|(?:zones|regions)\/[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)$/.test(scope))
      throw refused(this, 'scope', "'global', 'regions/<region>' or 'zones/<zone>'", options)
    const query = { orderBy: 'creationTimestamp desc' }
    return this.connection.listIn(scope, 'operations', { map: toOperation, query }, options)
  }

  /**
   * Waits for an operation that somebody else has begun.
   * @example const { endedAt } = await driver.ex_waitForOperation(operation, { onProgress: console.log })
   * @throws LibcloudError of the class that the operation's error says.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/zoneOperations/get
   */
  async ex_waitForOperation(operation: Ref, options?: GCEChangeOptions): Promise<GCEOperation> {
    const form =
      /^(?:global|(?:zones|regions)\/[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)\/operations\/[a-z0-9][-a-z0-9_]{0,127}$/
    if (!form.test(operation.id)) throw refused(this, 'operation.id', 'the id of an operation', options)
    return this.connection.waitFor(operation.id, undefined, options)
  }
}

const toRegion = resource<GCERegion>('global')

interface RawProject {
  readonly id: string
  readonly name: string
  readonly commonInstanceMetadata?: RawMetadata
  readonly defaultServiceAccount?: string
  readonly quotas?: GCEProject['quotas']
}

function toProject(raw: RawProject): GCEProject {
  return {
    id: raw.name,
    number: raw.id,
    metadata: metadataOf(raw.commonInstanceMetadata),
    defaultServiceAccount: raw.defaultServiceAccount,
    quotas: raw.quotas ?? [],
  }
}

/** The metadata that all instances of the project have, and what a change of it must name. */
export async function commonMetadata(
  driver: GCECatalog,
  options: CallOptions | undefined,
): Promise<{ metadata: Record<string, string>; fingerprint: string | undefined }> {
  const read = (raw: RawProject) => ({
    metadata: metadataOf(raw.commonInstanceMetadata),
    fingerprint: raw.commonInstanceMetadata?.fingerprint,
  })
  return driver.connection.one({ path: project => `/compute/v1/projects/${project}` }, read, options)
}

export async function setCommonMetadata(
  driver: GCECatalog,
  metadata: Readonly<Record<string, string>>,
  fingerprint: string | undefined,
  options: GCEChangeOptions | undefined,
): Promise<void> {
  const json = { fingerprint, items: Object.entries(metadata).map(([key, value]) => ({ key, value })) }
  const at = (project: string): string => `/compute/v1/projects/${project}/setCommonInstanceMetadata`
  await driver.connection.change({ path: at, json }, options)
}

function toSize(driver: GCECatalog, raw: RawSize): NodeSize<GCESizeExtra> {
  if (typeof raw.name !== 'string') throw new Error('The reply is no machine type')
  return new NodeSize(driver, {
    id: raw.name,
    name: raw.name,
    ram: raw.memoryMb,
    disk: 0,
    vcpus: raw.guestCpus,
    extra: {
      description: raw.description ?? '',
      zone: lastPart(raw.zone),
      isShared: raw.isSharedCpu ?? false,
      architecture: raw.architecture,
      maxDisks: raw.maximumPersistentDisks,
      isDeprecated: raw.deprecated !== undefined,
    },
  })
}

function toLocation(driver: GCECatalog, raw: RawPlace): NodeLocation<GCELocationExtra> {
  if (typeof raw.name !== 'string') throw new Error('The reply is no zone')
  const extra = {
    region: lastPart(raw.region) ?? '',
    status: raw.status ?? '',
    cpuPlatforms: raw.availableCpuPlatforms ?? [],
  }
  return new NodeLocation(driver, { id: raw.name, name: raw.name, extra })
}
