import * as xml from '../../lib/http/xml-shape.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import { answer, type EC2Filters, listing } from './ec2.connection.js'
import { EC2Interfaces } from './ec2.interfaces.js'
import { type EC2Tags, needed, TAGGED, tagged, toFilters, toTags } from './ec2.shared.js'

const PLACEMENT = xml.object({
  groupName: xml.string,
  groupId: xml.string,
  state: xml.string,
  strategy: xml.string,
  partitionCount: xml.number,
  spreadLevel: xml.string,
  tagSet: TAGGED,
})
type RawPlacement = xml.Infer<typeof PLACEMENT>
// Neither of these lists has pages.
const PLACEMENTS = listing('DescribePlacementGroups', 'placementGroupSet', PLACEMENT)
const PLACEMENT_CREATED = answer('CreatePlacementGroup', { placementGroup: PLACEMENT })
const RESERVED = xml.object({
  reservedInstancesId: xml.string,
  instanceType: xml.string,
  instanceCount: xml.number,
  state: xml.string,
  availabilityZone: xml.string,
  scope: xml.string,
  start: xml.date,
  end: xml.date,
  duration: xml.number,
  fixedPrice: xml.number,
  usagePrice: xml.number,
  currencyCode: xml.string,
  productDescription: xml.string,
  offeringClass: xml.string,
  offeringType: xml.string,
  tagSet: TAGGED,
})
type RawReserved = xml.Infer<typeof RESERVED>
const RESERVED_LIST = listing('DescribeReservedInstances', 'reservedInstancesSet', RESERVED)

/** How nodes stand to each other. */
export interface EC2PlacementGroup {
  readonly name: string
  readonly id: string | undefined
  /** `'pending'`, `'available'`, `'deleting'` or `'deleted'`. */
  readonly state: string
  /** `'cluster'`: near each other; `'spread'`: on different hardware; `'partition'`: in groups of such. */
  readonly strategy: string | undefined
  readonly partitionCount: number | undefined
  /** `'host'` or `'rack'`. */
  readonly spreadLevel: string | undefined
  readonly tags: EC2Tags
}
/** Nodes that are paid for beforehand. */
export interface EC2ReservedNode {
  readonly id: string
  readonly size: string
  readonly count: number | undefined
  /** `'payment-pending'`, `'active'`, `'payment-failed'`, `'retired'` and others. */
  readonly state: string
  /** Nothing where it is the region that it holds for. */
  readonly zone: string | undefined
  /** `'Availability Zone'` or `'Region'`. */
  readonly scope: string | undefined
  readonly start: Date | undefined
  readonly end: Date | undefined
  /** Seconds. */
  readonly duration: number | undefined
  readonly fixedPrice: number | undefined
  /** For an hour. */
  readonly usagePrice: number | undefined
  readonly currency: string | undefined
  /** `'Linux/UNIX'`, `'Windows'` and others. */
  readonly productDescription: string | undefined
  /** `'standard'` or `'convertible'`. */
  readonly offeringClass: string | undefined
  /** `'No Upfront'`, `'Partial Upfront'` or `'All Upfront'`. */
  readonly offeringType: string | undefined
  readonly tags: EC2Tags
}
export interface EC2CreatePlacementGroupOptions extends CallOptions {
  /** @defaultValue 'cluster' */
  ex_strategy?: 'cluster' | 'spread' | 'partition' | undefined
  /** Of the strategy `'partition'`: up to 7 in a zone. */
  ex_partitionCount?: number | undefined
  ex_tags?: EC2Tags | undefined
}
export interface EC2ListPlacementGroupsOptions extends CallOptions {
  ex_names?: readonly string[] | undefined
  ex_filters?: EC2Filters | undefined
}
export interface EC2ListReservedOptions extends CallOptions {
  ex_filters?: EC2Filters | undefined
}

/** Placement groups and reservations. */
export abstract class EC2Reserved extends EC2Interfaces {
  /**
   * Makes a placement group.
   *
   * @example
   * ```ts
   * const group = await driver.ex_createPlacementGroup('hpc')
   * await driver.createNode({ name: 'hpc-1', size, image, ex_placementGroup: group.name })
   * ```
   * @throws ConflictError when there is one of this name.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreatePlacementGroup.html
   */
  async ex_createPlacementGroup(
    name: string,
    options?: EC2CreatePlacementGroupOptions,
  ): Promise<Owned<EC2PlacementGroup>> {
    const params = {
      GroupName: name,
      Strategy: options?.ex_strategy ?? 'cluster',
      PartitionCount: options?.ex_partitionCount,
      TagSpecification: tagged('placement-group', undefined, options?.ex_tags),
    }
    const map = ({ placementGroup }: { placementGroup?: RawPlacement }) =>
      toPlacement(needed(placementGroup, 'placementGroup'))
    const spec = { action: 'CreatePlacementGroup', params, shape: PLACEMENT_CREATED, map, idempotent: false }
    const made = await this.connection.query(spec, options)
    return owned(made, () => this.ex_deletePlacementGroup(made))
  }

  /**
   * Deletes a placement group.
   *
   * @example
   * ```ts
   * await driver.ex_deletePlacementGroup({ name: 'hpc' })
   * ```
   * @throws ConflictError while nodes are in it.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeletePlacementGroup.html
   */
  async ex_deletePlacementGroup(group: NamedRef, options?: CallOptions): Promise<void> {
    await this.connection.set('DeletePlacementGroup', { GroupName: group.name }, options)
  }

  /**
   * The region's placement groups.
   *
   * @example
   * ```ts
   * const [hpc] = await driver.ex_listPlacementGroups({ ex_names: ['hpc'] })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribePlacementGroups.html
   */
  ex_listPlacementGroups(options?: EC2ListPlacementGroupsOptions): Pager<EC2PlacementGroup> {
    const params = { GroupName: options?.ex_names, Filter: toFilters(options?.ex_filters) }
    return this.connection.all(PLACEMENTS, toPlacement, params, options)
  }

  /**
   * Nodes that are paid for beforehand, those of the past too.
   *
   * @example
   * ```ts
   * const active = await driver.ex_listReservedNodes({ ex_filters: { state: 'active' } })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeReservedInstances.html
   */
  ex_listReservedNodes(options?: EC2ListReservedOptions): Pager<EC2ReservedNode> {
    return this.connection.all(RESERVED_LIST, toReserved, { Filter: toFilters(options?.ex_filters) }, options)
  }
}

function toPlacement(raw: RawPlacement): EC2PlacementGroup {
  return {
    name: needed(raw.groupName, 'groupName'),
    id: raw.groupId,
    state: raw.state ?? '',
    strategy: raw.strategy,
    partitionCount: raw.partitionCount,
    spreadLevel: raw.spreadLevel,
    tags: toTags(raw.tagSet),
  }
}

function toReserved(raw: RawReserved): EC2ReservedNode {
  return {
    id: needed(raw.reservedInstancesId, 'reservedInstancesId'),
    size: needed(raw.instanceType, 'instanceType'),
    count: raw.instanceCount,
    state: raw.state ?? '',
    zone: raw.availabilityZone,
    scope: raw.scope,
    start: raw.start,
    end: raw.end,
    duration: raw.duration,
    fixedPrice: raw.fixedPrice,
    usagePrice: raw.usagePrice,
    currency: raw.currencyCode,
    productDescription: raw.productDescription,
    offeringClass: raw.offeringClass,
    offeringType: raw.offeringType,
    tags: toTags(raw.tagSet),
  }
}
