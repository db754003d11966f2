import * as xml from '../../lib/http/xml-shape.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { answer, type EC2Filters, listing } from './ec2.connection.js'
import { EC2Reserved } from './ec2.reserved.js'
import {
  type EC2Reason,
  type EC2Tagged,
  type EC2Tags,
  named,
  needed,
  PAGE,
  TAGGED,
  tagged,
  toFilters,
  toReason,
  toTags,
} from './ec2.shared.js'
import type { EC2CreateNodeOptions } from './ec2.types.js'
import type { QueryParams } from './query.js'

const REQUEST = xml.object({
  spotInstanceRequestId: xml.string,
  state: xml.string,
  status: xml.object({ code: xml.string, message: xml.string }),
  type: xml.string,
  spotPrice: xml.string,
  instanceId: xml.string,
  launchedAvailabilityZone: xml.string,
  createTime: xml.date,
  tagSet: TAGGED,
})
type RawRequest = xml.Infer<typeof REQUEST>
const REQUESTS = listing('DescribeSpotInstanceRequests', 'spotInstanceRequestSet', REQUEST, PAGE)
const REQUESTED = answer('RequestSpotInstances', { spotInstanceRequestSet: xml.wrapped('item', REQUEST) })
const PRICE = xml.object({
  instanceType: xml.string,
  productDescription: xml.string,
  spotPrice: xml.number,
  timestamp: xml.date,
  availabilityZone: xml.string,
})
type RawPrice = xml.Infer<typeof PRICE>
const PRICES = listing('DescribeSpotPriceHistory', 'spotPriceHistorySet', PRICE, PAGE)
const TEMPLATE = xml.object({
  launchTemplateId: xml.string,
  launchTemplateName: xml.string,
  createTime: xml.date,
  createdBy: xml.string,
  defaultVersionNumber: xml.number,
  latestVersionNumber: xml.number,
  tagSet: TAGGED,
})
type RawTemplate = xml.Infer<typeof TEMPLATE>
const TEMPLATES = listing('DescribeLaunchTemplates', 'launchTemplates', TEMPLATE, 200)
const TEMPLATE_CREATED = answer('CreateLaunchTemplate', { launchTemplate: TEMPLATE })

/** That a node is wanted when there is one to be had. */
export interface EC2SpotRequest {
  readonly id: string
  /** `'open'`, `'active'`, `'closed'`, `'cancelled'` or `'failed'`. */
  readonly state: string
  readonly status: EC2Reason | undefined
  /** `'one-time'` or `'persistent'`. */
  readonly type: string | undefined
  /** The most to be paid for an hour, in dollars. */
  readonly maxPrice: number | undefined
  /** When it is fulfilled. */
  readonly nodeId: string | undefined
  readonly zone: string | undefined
  readonly createdAt: Date | undefined
  readonly tags: EC2Tags
}
/** What an hour has cost. */
export interface EC2SpotPrice {
  readonly size: string
  /** `'Linux/UNIX'` and others. */
  readonly productDescription: string | undefined
  /** Dollars an hour. */
  readonly price: number
  /** From when on. */
  readonly timestamp: Date
  readonly zone: string | undefined
}
/** What nodes are made of, kept at EC2. */
export interface EC2LaunchTemplate extends EC2Tagged {
  readonly defaultVersion: number | undefined
  readonly latestVersion: number | undefined
  readonly createdAt: Date | undefined
  readonly createdBy: string | undefined
}
/** Nodes that are wanted. */
export interface EC2RequestSpot extends Omit<EC2CreateNodeOptions, 'auth' | 'ex_metadata'> {
  /** @defaultValue 1 */
  ex_count?: number | undefined
  /** `'persistent'` asks again when the node is taken away. @defaultValue 'one-time' */
  ex_type?: 'one-time' | 'persistent' | undefined
  ex_validUntil?: Date | undefined
}
export interface EC2ListSpotRequestsOptions extends CallOptions {
  ex_requestIds?: readonly string[] | undefined
  ex_filters?: EC2Filters | undefined
}
export interface EC2SpotPriceOptions extends CallOptions {
  ex_sizes?: readonly string[] | undefined
  ex_zone?: string | undefined
  /** `'Linux/UNIX'` and others. */
  ex_productDescriptions?: readonly string[] | undefined
  /** @defaultValue now: only the present prices */
  ex_start?: Date | undefined
  ex_end?: Date | undefined
}
export interface EC2CreateLaunchTemplate {
  name: string
  versionDescription?: string | undefined
  /** What `RunInstances` takes, by EC2's own names. */
  data: QueryParams
  tags?: EC2Tags | undefined
  /** What EC2 knows the request by. @defaultValue one of its own */
  clientToken?: string | undefined
}
export interface EC2ListLaunchTemplatesOptions extends CallOptions {
  ex_templateIds?: readonly string[] | undefined
  ex_names?: readonly string[] | undefined
  ex_filters?: EC2Filters | undefined
}

/** Spot requests and launch templates. */
export abstract class EC2Spot extends EC2Reserved {
  /**
   * Asks for nodes when they are to be had at a price. `createNode` with `ex_spot` asks for one now or never.
   *
   * @example
   * ```ts
   * const [request] = await driver.ex_requestSpotNodes({ name: 'batch', size, image, ex_spotMaxPrice: 0.05 })
   * ```
   * @throws QuotaExceededError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestSpotInstances.html
   */
  async ex_requestSpotNodes(nodes: EC2RequestSpot, options?: CallOptions): Promise<EC2SpotRequest[]> {
    const { ex_spotMaxPrice, ex_clientToken: token, ex_count, ex_type, ex_validUntil, ...node } = nodes
    const { fromInstanceOptions } = await import('./ec2.instances.js')
    const { TagSpecification: _, ...params } = await fromInstanceOptions(this, node, options)
    return this.connection.create(
      {
        action: 'RequestSpotInstances',
        params: {
          SpotPrice: ex_spotMaxPrice,
          InstanceCount: ex_count,
          Type: ex_type,
          ValidUntil: ex_validUntil,
          LaunchSpecification: { ...params, KeyName: node.ex_keyName },
          TagSpecification: tagged('spot-instances-request', node.name, undefined),
        },
        shape: REQUESTED,
        map: ({ spotInstanceRequestSet }) => spotInstanceRequestSet.map(toRequest),
        token,
      },
      options,
    )
  }

  /**
   * Requests for nodes, those fulfilled too.
   *
   * @example
   * ```ts
   * const open = await driver.ex_listSpotRequests({ ex_filters: { state: 'open' } })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotInstanceRequests.html
   */
  ex_listSpotRequests(options?: EC2ListSpotRequestsOptions): Pager<EC2SpotRequest> {
    const params = { SpotInstanceRequestId: options?.ex_requestIds, Filter: toFilters(options?.ex_filters) }
    return this.connection.all(REQUESTS, toRequest, params, options)
  }

  /**
   * Asks for nodes no longer. Those that were made stay.
   *
   * @example
   * ```ts
   * await driver.ex_cancelSpotRequest({ id: 'sir-08b93456' })
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CancelSpotInstanceRequests.html
   */
  async ex_cancelSpotRequest(request: Ref, options?: CallOptions): Promise<void> {
    await this.connection.set('CancelSpotInstanceRequests', { SpotInstanceRequestId: [request.id] }, options)
  }

  /**
   * What nodes cost while they may be taken away: the present prices, unless a time is asked for.
   *
   * @example
   * ```ts
   * const prices = await driver.ex_listSpotPrices({ ex_sizes: ['m5.large'], ex_productDescriptions: ['Linux/UNIX'] })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html
   */
  ex_listSpotPrices(options?: EC2SpotPriceOptions): Pager<EC2SpotPrice> {
    // The same moment for all pages of a list.
    const now = new Date()
    const params = {
      InstanceType: options?.ex_sizes,
      AvailabilityZone: options?.ex_zone,
      ProductDescription: options?.ex_productDescriptions,
      StartTime: options?.ex_start ?? now,
      EndTime: options?.ex_end,
    }
    return this.connection.all(PRICES, toPrice, params, options)
  }

  /**
   * Keeps at EC2 what nodes are to be made of.
   *
   * @example
   * ```ts
   * const data = { ImageId: 'ami-0abcdef1234567890', InstanceType: 't3.micro' }
   * const template = await driver.ex_createLaunchTemplate({ name: 'web', data })
   * ```
   * @throws ConflictError when there is one of this name.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
   */
  async ex_createLaunchTemplate(
    template: EC2CreateLaunchTemplate,
    options?: CallOptions,
  ): Promise<Owned<EC2LaunchTemplate>> {
    const params = {
      LaunchTemplateName: template.name,
      VersionDescription: template.versionDescription,
      LaunchTemplateData: template.data,
      TagSpecification: tagged('launch-template', undefined, template.tags),
    }
    const map = (raw: { launchTemplate?: RawTemplate }) => toTemplate(needed(raw.launchTemplate, 'launchTemplate'))
    const spec = { action: 'CreateLaunchTemplate', params, shape: TEMPLATE_CREATED, map, token: template.clientToken }
    const made = await this.connection.create(spec, options)
    return owned(made, () => this.ex_deleteLaunchTemplate(made))
  }

  /**
   * The region's launch templates.
   *
   * @example
   * ```ts
   * const [template] = await driver.ex_listLaunchTemplates({ ex_names: ['web'] })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplates.html
   */
  ex_listLaunchTemplates(options?: EC2ListLaunchTemplatesOptions): Pager<EC2LaunchTemplate> {
    const params = {
      LaunchTemplateId: options?.ex_templateIds,
      LaunchTemplateName: options?.ex_names,
      Filter: toFilters(options?.ex_filters),
    }
    return this.connection.all(TEMPLATES, toTemplate, params, options)
  }

  /**
   * Deletes a launch template and all its versions.
   *
   * @example
   * ```ts
   * await driver.ex_deleteLaunchTemplate({ id: 'lt-0a20c965061f64abc' })
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteLaunchTemplate.html
   */
  async ex_deleteLaunchTemplate(template: Ref, options?: CallOptions): Promise<void> {
    await this.connection.set('DeleteLaunchTemplate', { LaunchTemplateId: template.id }, options)
  }
}

function toRequest(raw: RawRequest): EC2SpotRequest {
  const maxPrice = Number(raw.spotPrice)
  return {
    id: needed(raw.spotInstanceRequestId, 'spotInstanceRequestId'),
    state: raw.state ?? '',
    status: toReason(raw.status),
    type: raw.type,
    maxPrice: raw.spotPrice === undefined || Number.isNaN(maxPrice) ? undefined : maxPrice,
    nodeId: raw.instanceId || undefined,
    zone: raw.launchedAvailabilityZone,
    createdAt: raw.createTime,
    tags: toTags(raw.tagSet),
  }
}

function toPrice(raw: RawPrice): EC2SpotPrice {
  return {
    size: needed(raw.instanceType, 'instanceType'),
    productDescription: raw.productDescription,
    price: needed(raw.spotPrice, 'spotPrice'),
    timestamp: needed(raw.timestamp, 'timestamp'),
    zone: raw.availabilityZone,
  }
}

function toTemplate(raw: RawTemplate): EC2LaunchTemplate {
  return {
    ...named(raw.launchTemplateId, raw.tagSet, 'launchTemplateId'),
    name: needed(raw.launchTemplateName, 'launchTemplateName'),
    defaultVersion: raw.defaultVersionNumber,
    latestVersion: raw.latestVersionNumber,
    createdAt: raw.createTime,
    createdBy: raw.createdBy,
  }
}
