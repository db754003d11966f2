import { type LocationOptions, NodeLocation, NodeSize } from '../../lib/compute/types.js'
import * as xml from '../../lib/http/xml-shape.js'
import type { CallOptions } from '../../lib/options.js'
import { type Page, type Pager, pager } from '../../lib/pager.js'
import { EC2Base } from './ec2.base.js'
import { type EC2Connection, type EC2Filters, listing } from './ec2.connection.js'
import { needed, PAGE, toFilters } from './ec2.shared.js'

const WORDS = xml.wrapped('item', xml.string)
const SIZE = xml.object({
  instanceType: xml.string,
  currentGeneration: xml.boolean,
  freeTierEligible: xml.boolean,
  supportedUsageClasses: WORDS,
  supportedRootDeviceTypes: WORDS,
  supportedVirtualizationTypes: WORDS,
  bareMetal: xml.boolean,
  hypervisor: xml.string,
  processorInfo: xml.object({ supportedArchitectures: WORDS, sustainedClockSpeedInGhz: xml.number }),
  vCpuInfo: xml.object({ defaultVCpus: xml.number, defaultCores: xml.number, defaultThreadsPerCore: xml.number }),
  memoryInfo: xml.object({ sizeInMiB: xml.number }),
  instanceStorageInfo: xml.object({ totalSizeInGB: xml.number }),
  networkInfo: xml.object({
    networkPerformance: xml.string,
    maximumNetworkInterfaces: xml.number,
    ipv4AddressesPerInterface: xml.number,
    ipv6AddressesPerInterface: xml.number,
    ipv6Supported: xml.boolean,
  }),
  gpuInfo: xml.object({
    gpus: xml.wrapped('item', xml.object({ name: xml.string, manufacturer: xml.string, count: xml.number })),
  }),
  hibernationSupported: xml.boolean,
  burstablePerformanceSupported: xml.boolean,
  dedicatedHostsSupported: xml.boolean,
})
type RawSize = xml.Infer<typeof SIZE>
const SIZES = listing('DescribeInstanceTypes', 'instanceTypeSet', SIZE, 100)
const OFFERINGS = listing(
  'DescribeInstanceTypeOfferings',
  'instanceTypeOfferingSet',
  xml.object({ instanceType: xml.string }),
  PAGE,
)

const ZONE = xml.object({
  zoneName: xml.string,
  zoneId: xml.string,
  zoneState: xml.string,
  zoneType: xml.string,
  regionName: xml.string,
  groupName: xml.string,
  optInStatus: xml.string,
  parentZoneName: xml.string,
  messageSet: xml.wrapped('item', xml.object({ message: xml.string })),
})
type RawZone = xml.Infer<typeof ZONE>
const ZONES = listing('DescribeAvailabilityZones', 'availabilityZoneInfo', ZONE)
const REGIONS = listing(
  'DescribeRegions',
  'regionInfo',
  xml.object({ regionName: xml.string, regionEndpoint: xml.string, optInStatus: xml.string }),
)
const ATTRIBUTES = listing(
  'DescribeAccountAttributes',
  'accountAttributeSet',
  xml.object({
    attributeName: xml.string,
    attributeValueSet: xml.wrapped('item', xml.object({ attributeValue: xml.string })),
  }),
)

/** ISO 3166 codes by the beginnings of zones' names: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html */
const COUNTRIES: Readonly<Record<string, string>> = {
  'af-south-1': 'ZA',
  'ap-east-1': 'HK',
  'ap-east-2': 'TW',
  'ap-northeast-1': 'JP',
  'ap-northeast-2': 'KR',
  'ap-northeast-3': 'JP',
  'ap-south-1': 'IN',
  'ap-south-2': 'IN',
  'ap-southeast-1': 'SG',
  'ap-southeast-2': 'AU',
  'ap-southeast-3': 'ID',
  'ap-southeast-4': 'AU',
  'ap-southeast-5': 'MY',
  'ap-southeast-6': 'NZ',
  'ap-southeast-7': 'TH',
  'ca-central-1': 'CA',
  'ca-west-1': 'CA',
  'cn-north-1': 'CN',
  'cn-northwest-1': 'CN',
  'eu-central-1': 'DE',
  'eu-central-2': 'CH',
  'eu-north-1': 'SE',
  'eu-south-1': 'IT',
  'eu-south-2': 'ES',
  'eu-west-1': 'IE',
  'eu-west-2': 'GB',
  'eu-west-3': 'FR',
  'eusc-de-east-1': 'DE',
  'il-central-1': 'IL',
  'me-central-1': 'AE',
  'me-south-1': 'BH',
  'mx-central-1': 'MX',
  'sa-east-1': 'BR',
  'us-east-1': 'US',
  'us-east-2': 'US',
  'us-gov-east-1': 'US',
  'us-gov-west-1': 'US',
  'us-west-1': 'US',
  'us-west-2': 'US',
}

/** What only EC2 tells of a size. */
export interface EC2SizeExtra {
  readonly currentGeneration: boolean | undefined
  readonly freeTierEligible: boolean | undefined
  /** `'on-demand'`, `'spot'` and others. */
  readonly usageClasses: readonly string[]
  readonly rootDeviceTypes: readonly string[]
  readonly virtualizationTypes: readonly string[]
  readonly bareMetal: boolean | undefined
  /** `'nitro'` or `'xen'`; nothing on bare metal. */
  readonly hypervisor: string | undefined
  readonly architectures: readonly string[]
  readonly clockSpeedGhz: number | undefined
  readonly cores: number | undefined
  readonly threadsPerCore: number | undefined
  /** `'Up to 5 Gigabit'` */
  readonly networkPerformance: string | undefined
  readonly maximumNetworkInterfaces: number | undefined
  readonly ipv4AddressesPerInterface: number | undefined
  readonly ipv6AddressesPerInterface: number | undefined
  readonly ipv6Supported: boolean | undefined
  readonly gpus: readonly EC2Gpu[]
  readonly hibernationSupported: boolean | undefined
  readonly burstable: boolean | undefined
  readonly dedicatedHostsSupported: boolean | undefined
}
/** Graphics processors of one kind. */
export interface EC2Gpu {
  readonly name: string | undefined
  readonly manufacturer: string | undefined
  readonly count: number | undefined
}
/** What only EC2 tells of a zone. */
export interface EC2LocationExtra {
  /** The same for all accounts, which names are not: `'use1-az4'`. */
  readonly zoneId: string | undefined
  readonly regionName: string
  /** `'available'`, `'impaired'`, `'unavailable'` or `'information'`. */
  readonly state: string
  /** `'availability-zone'`, `'local-zone'` or `'wavelength-zone'`. */
  readonly zoneType: string | undefined
  readonly groupName: string | undefined
  /** `'opt-in-not-required'`, `'opted-in'` or `'not-opted-in'`. */
  readonly optInStatus: string | undefined
  readonly parentZone: string | undefined
  readonly messages: readonly string[]
}
/** A zone, as the older methods give it. */
export interface EC2AvailabilityZone {
  readonly name: string
  readonly state: string
  readonly regionName: string
}
export interface EC2Region {
  readonly name: string
  /** A host name. */
  readonly endpoint: string | undefined
  /** `'opt-in-not-required'`, `'opted-in'` or `'not-opted-in'`. */
  readonly optInStatus: string | undefined
}
export interface EC2ListSizesOptions extends LocationOptions {
  /** See EC2's page on `DescribeInstanceTypes`. */
  ex_filters?: EC2Filters | undefined
}
export interface EC2ListLocationsOptions extends CallOptions {
  /** Also zones that the account has not opted into. @defaultValue false */
  ex_all?: boolean | undefined
  ex_filters?: EC2Filters | undefined
}
export interface EC2ListZonesOptions extends CallOptions {
  /** Only zones where all is well. @defaultValue true */
  ex_onlyAvailable?: boolean | undefined
}
export interface EC2ListRegionsOptions extends CallOptions {
  /** Also regions that the account has not opted into. @defaultValue false */
  ex_all?: boolean | undefined
}
export interface EC2LimitsOptions extends CallOptions {
  ex_attributeNames?: readonly string[] | undefined
}

/** Sizes, zones and regions. */
export abstract class EC2Sizes extends EC2Base {
  /** What the region offers, or the zone that is the location, with prices of Linux on demand where they are known.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html */
  listSizes(options?: EC2ListSizesOptions): Pager<NodeSize<EC2SizeExtra>> {
    const { location, ex_filters: filters } = options ?? {}
    const params = { Filter: toFilters(filters) }
    let there: ReadonlySet<string> | undefined
    return pager(async token => {
      const { getPricing } = await import('../../lib/pricing.js')
      const prices = await getPricing('compute', 'ec2_linux')
      if (location !== undefined && (there === undefined || token === undefined))
        there = await offeredIn(this.connection, location.id, options)
      const only = there
      const map = (raw: RawSize): NodeSize<EC2SizeExtra> => toSize(this, raw, prices?.prices)
      const { items, next }: Page<NodeSize<EC2SizeExtra>> = await this.connection.some(
        SIZES,
        map,
        params,
        token,
        options,
      )
      return { items: only === undefined ? items : items.filter(({ id }) => only.has(id)), next }
    }, options)
  }

  /** The zones of the region that the account may use.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html */
  listLocations(options?: EC2ListLocationsOptions): Pager<NodeLocation<EC2LocationExtra>> {
    const params = { AllAvailabilityZones: options?.ex_all, Filter: toFilters(options?.ex_filters) }
    return this.connection.all(ZONES, raw => toLocation(this, raw), params, options)
  }

  /**
   * The region's zones.
   *
   * @example
   * ```ts
   * const [zone] = await driver.ex_listAvailabilityZones()
   * ```
   * @deprecated use `listLocations`
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html
   */
  ex_listAvailabilityZones(options?: EC2ListZonesOptions): Pager<EC2AvailabilityZone> {
    const state = options?.ex_onlyAvailable === false ? undefined : 'available'
    const map = (raw: RawZone): EC2AvailabilityZone => ({
      name: needed(raw.zoneName, 'zoneName'),
      state: raw.zoneState ?? '',
      regionName: raw.regionName ?? '',
    })
    const params = { Filter: toFilters({ 'region-name': this.region }, { state }) }
    return this.connection.all(ZONES, map, params, options)
  }

  /**
   * Regions that the account may use.
   *
   * @example
   * ```ts
   * for await (const { name } of driver.ex_listRegions()) console.log(name)
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html
   */
  ex_listRegions(options?: EC2ListRegionsOptions): Pager<EC2Region> {
    const map = (raw: { regionName?: string; regionEndpoint?: string; optInStatus?: string }): EC2Region => ({
      name: needed(raw.regionName, 'regionName'),
      endpoint: raw.regionEndpoint,
      optInStatus: raw.optInStatus,
    })
    return this.connection.all(REGIONS, map, { AllRegions: options?.ex_all }, options)
  }

  /**
   * The account's attributes and limits, each with its values: `'max-instances'`, `'vpc-max-elastic-ips'`,
   * `'default-vpc'` and others.
   *
   * @example
   * ```ts
   * const limits = await driver.ex_getLimits()
   * console.log(limits['vpc-max-elastic-ips'])
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAccountAttributes.html
   */
  async ex_getLimits(options?: EC2LimitsOptions): Promise<Readonly<Record<string, readonly string[]>>> {
    const map = (raw: { attributeName?: string; attributeValueSet: { attributeValue?: string }[] }) =>
      [
        needed(raw.attributeName, 'attributeName'),
        raw.attributeValueSet.map(({ attributeValue }) => attributeValue ?? ''),
      ] as const
    const params = { AttributeName: options?.ex_attributeNames }
    return Object.fromEntries(await this.connection.all(ATTRIBUTES, map, params, options))
  }
}

/** The sizes that there are in a zone. */
async function offeredIn(
  connection: EC2Connection,
  zone: string,
  options: CallOptions | undefined,
): Promise<ReadonlySet<string>> {
  const LocationType = /[a-z]$/.test(zone) ? 'availability-zone' : 'region'
  const params = { LocationType, Filter: toFilters({ location: zone }) }
  const map = (raw: { instanceType?: string }): string => needed(raw.instanceType, 'instanceType')
  return new Set(await connection.all(OFFERINGS, map, params, options))
}

type Prices = Readonly<Record<string, number | Readonly<Record<string, number>>>>

function toSize(driver: EC2Sizes, raw: RawSize, prices: Prices | undefined): NodeSize<EC2SizeExtra> {
  const id = needed(raw.instanceType, 'instanceType')
  const price = prices !== undefined && Object.hasOwn(prices, id) ? prices[id] : undefined
  const { vCpuInfo, processorInfo, networkInfo } = raw
  return new NodeSize(driver, {
    id,
    name: id,
    ram: needed(raw.memoryInfo?.sizeInMiB, 'sizeInMiB'),
    disk: raw.instanceStorageInfo?.totalSizeInGB ?? 0,
    vcpus: vCpuInfo?.defaultVCpus,
    price: typeof price === 'object' ? price[driver.region] : price,
    extra: {
      currentGeneration: raw.currentGeneration,
      freeTierEligible: raw.freeTierEligible,
      usageClasses: raw.supportedUsageClasses,
      rootDeviceTypes: raw.supportedRootDeviceTypes,
      virtualizationTypes: raw.supportedVirtualizationTypes,
      bareMetal: raw.bareMetal,
      hypervisor: raw.hypervisor,
      architectures: processorInfo?.supportedArchitectures ?? [],
      clockSpeedGhz: processorInfo?.sustainedClockSpeedInGhz,
      cores: vCpuInfo?.defaultCores,
      threadsPerCore: vCpuInfo?.defaultThreadsPerCore,
      networkPerformance: networkInfo?.networkPerformance,
      maximumNetworkInterfaces: networkInfo?.maximumNetworkInterfaces,
      ipv4AddressesPerInterface: networkInfo?.ipv4AddressesPerInterface,
      ipv6AddressesPerInterface: networkInfo?.ipv6AddressesPerInterface,
      ipv6Supported: networkInfo?.ipv6Supported,
      gpus: (raw.gpuInfo?.gpus ?? []).map(({ name, manufacturer, count }) => ({ name, manufacturer, count })),
      hibernationSupported: raw.hibernationSupported,
      burstable: raw.burstablePerformanceSupported,
      dedicatedHostsSupported: raw.dedicatedHostsSupported,
    },
  })
}

function toLocation(driver: EC2Sizes, raw: RawZone): NodeLocation<EC2LocationExtra> {
  const id = needed(raw.zoneName, 'zoneName')
  const regionName = raw.regionName ?? driver.region
  return new NodeLocation(driver, {
    id,
    name: id,
    country: Object.hasOwn(COUNTRIES, regionName) ? COUNTRIES[regionName] : undefined,
    extra: {
      zoneId: raw.zoneId,
      regionName,
      state: raw.zoneState ?? '',
      zoneType: raw.zoneType,
      groupName: raw.groupName,
      optInStatus: raw.optInStatus,
      parentZone: raw.parentZoneName || undefined,
      messages: raw.messageSet.map(({ message }) => message ?? ''),
    },
  })
}
