import * as xml from '../../lib/http/xml-shape.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { answer, type EC2Filters, listing } from './ec2.connection.js'
import { EC2Gateways } from './ec2.gateways.js'
import { type EC2Tagged, type EC2Tags, named, needed, TAGGED, tagged, toFilters } from './ec2.shared.js'
import type { QueryParams } from './query.js'

const TABLE = xml.object({
  routeTableId: xml.string,
  vpcId: xml.string,
  routeSet: xml.wrapped(
    'item',
    xml.object({
      destinationCidrBlock: xml.string,
      destinationIpv6CidrBlock: xml.string,
      destinationPrefixListId: xml.string,
      gatewayId: xml.string,
      natGatewayId: xml.string,
      egressOnlyInternetGatewayId: xml.string,
      instanceId: xml.string,
      instanceOwnerId: xml.string,
      networkInterfaceId: xml.string,
      transitGatewayId: xml.string,
      vpcPeeringConnectionId: xml.string,
      origin: xml.string,
      state: xml.string,
    }),
  ),
  associationSet: xml.wrapped(
    'item',
    xml.object({
      routeTableAssociationId: xml.string,
      routeTableId: xml.string,
      subnetId: xml.string,
      gatewayId: xml.string,
      main: xml.boolean,
    }),
  ),
  propagatingVgwSet: xml.wrapped('item', xml.object({ gatewayId: xml.string })),
  ownerId: xml.string,
  tagSet: TAGGED,
})
type RawTable = xml.Infer<typeof TABLE>
const TABLES = listing('DescribeRouteTables', 'routeTableSet', TABLE, 100)
const CREATED = answer('CreateRouteTable', { routeTable: TABLE })
const ASSOCIATED = answer('AssociateRouteTable', { associationId: xml.string })
const REPLACED = answer('ReplaceRouteTableAssociation', { newAssociationId: xml.string })

/** Where packets to some addresses go. One of the targets is there. */
export interface EC2Route {
  /** `'0.0.0.0/0'`, `'::/0'`, or the id of a prefix list. */
  readonly destination: string
  /** Of an Internet gateway, a virtual private gateway, or `'local'`. */
  readonly gatewayId: string | undefined
  readonly natGatewayId: string | undefined
  readonly egressOnlyGatewayId: string | undefined
  readonly nodeId: string | undefined
  readonly networkInterfaceId: string | undefined
  readonly transitGatewayId: string | undefined
  readonly vpcPeeringConnectionId: string | undefined
  /** `'CreateRouteTable'`, `'CreateRoute'` or `'EnableVgwRoutePropagation'`. */
  readonly origin: string | undefined
  /** `'active'`, or `'blackhole'` where the target is gone. */
  readonly state: string | undefined
}
/** That a subnet goes by a route table. */
export interface EC2SubnetAssociation {
  readonly id: string
  readonly routeTableId: string
  /** Nothing where it is the VPC's main table. */
  readonly subnetId: string | undefined
  readonly gatewayId: string | undefined
  readonly main: boolean
}
export interface EC2RouteTable extends EC2Tagged {
  readonly vpcId: string
  readonly routes: readonly EC2Route[]
  readonly associations: readonly EC2SubnetAssociation[]
  /** Ids of virtual private gateways that add routes. */
  readonly propagatingGatewayIds: readonly string[]
  readonly ownerId: string | undefined
}
/** Where a route leads: one of these. */
export interface EC2RouteTarget {
  internetGateway?: Ref | undefined
  natGateway?: Ref | undefined
  egressOnlyGateway?: Ref | undefined
  node?: Ref | undefined
  networkInterface?: Ref | undefined
  transitGateway?: Ref | undefined
  vpcPeeringConnection?: Ref | undefined
}
export interface EC2CreateRouteTableOptions extends CallOptions {
  ex_name?: string | undefined
  ex_tags?: EC2Tags | undefined
}
export interface EC2ListRouteTablesOptions extends CallOptions {
  ex_routeTableIds?: readonly string[] | undefined
  ex_filters?: EC2Filters | undefined
}

/** Route tables. */
export abstract class EC2Routes extends EC2Gateways {
  /**
   * The region's route tables.
   *
   * @example
   * ```ts
   * const [main] = await driver.ex_listRouteTables({ ex_filters: { 'vpc-id': network.id, 'association.main': 'true' } })
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html
   */
  ex_listRouteTables(options?: EC2ListRouteTablesOptions): Pager<EC2RouteTable> {
    const params = { RouteTableId: options?.ex_routeTableIds, Filter: toFilters(options?.ex_filters) }
    return this.connection.all(TABLES, toTable, params, options)
  }

  /**
   * Makes a route table, which leads within the VPC only.
   *
   * @example
   * ```ts
   * const table = await driver.ex_createRouteTable(network, { ex_name: 'public' })
   * await driver.ex_createRoute(table, '0.0.0.0/0', { internetGateway: gateway })
   * await driver.ex_associateRouteTable(table, subnet)
   * ```
   * @throws QuotaExceededError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html
   */
  async ex_createRouteTable(network: Ref, options?: EC2CreateRouteTableOptions): Promise<Owned<EC2RouteTable>> {
    const TagSpecification = tagged('route-table', options?.ex_name, options?.ex_tags)
    const map = ({ routeTable }: { routeTable?: RawTable }) => toTable(needed(routeTable, 'routeTable'))
    const params = { VpcId: network.id, TagSpecification }
    const spec = { action: 'CreateRouteTable', params, shape: CREATED, map, idempotent: false }
    const made = await this.connection.query(spec, options)
    return owned(made, () => this.ex_deleteRouteTable(made))
  }

  /**
   * Deletes a route table.
   *
   * @example
   * ```ts
   * await driver.ex_deleteRouteTable({ id: 'rtb-1122334455' })
   * ```
   * @throws ConflictError while subnets go by it.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRouteTable.html
   */
  async ex_deleteRouteTable(table: Ref, options?: CallOptions): Promise<void> {
    await this.connection.set('DeleteRouteTable', { RouteTableId: table.id }, options)
  }

  /**
   * Lets a subnet go by a route table, in place of the VPC's main one.
   *
   * @example
   * ```ts
   * const associationId = await driver.ex_associateRouteTable(table, subnet)
   * ```
   * @returns the association's id.
   * @throws ConflictError when it goes by another one.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateRouteTable.html
   */
  async ex_associateRouteTable(table: Ref, subnet: Ref, options?: CallOptions): Promise<string> {
    const map = ({ associationId }: { associationId?: string }) => needed(associationId, 'associationId')
    const params = { RouteTableId: table.id, SubnetId: subnet.id }
    const spec = { action: 'AssociateRouteTable', params, shape: ASSOCIATED, map, idempotent: false }
    return this.connection.query(spec, options)
  }

  /**
   * Lets a subnet go by the VPC's main route table again.
   *
   * @example
   * ```ts
   * const [association] = table.associations
   * if (association) await driver.ex_dissociateRouteTable(association)
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateRouteTable.html
   */
  async ex_dissociateRouteTable(association: Ref, options?: CallOptions): Promise<void> {
    await this.connection.set('DisassociateRouteTable', { AssociationId: association.id }, options)
  }

  /**
   * Lets what goes by one route table go by another, or makes another one the VPC's main table.
   *
   * @example
   * ```ts
   * const associationId = await driver.ex_replaceRouteTableAssociation(association, table)
   * ```
   * @returns the new association's id.
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceRouteTableAssociation.html
   */
  async ex_replaceRouteTableAssociation(association: Ref, table: Ref, options?: CallOptions): Promise<string> {
    const map = ({ newAssociationId }: { newAssociationId?: string }) => needed(newAssociationId, 'newAssociationId')
    const params = { AssociationId: association.id, RouteTableId: table.id }
    const spec = { action: 'ReplaceRouteTableAssociation', params, shape: REPLACED, map, idempotent: false }
    return this.connection.query(spec, options)
  }

  /**
   * Adds a route.
   *
   * @example
   * ```ts
   * await driver.ex_createRoute(table, '0.0.0.0/0', { natGateway: gateway })
   * ```
   * @param destination a range of IPv4 or IPv6 addresses, or the id of a prefix list.
   * @throws ConflictError when the table has a route for them.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html
   */
  async ex_createRoute(table: Ref, destination: string, target: EC2RouteTarget, options?: CallOptions): Promise<void> {
    const params = { RouteTableId: table.id, ...fromDestination(destination), ...fromTarget(target) }
    await this.connection.act('CreateRoute', params, options)
  }

  /**
   * Takes a route away.
   *
   * @example
   * ```ts
   * await driver.ex_deleteRoute(table, '0.0.0.0/0')
   * ```
   * @param destination a range of IPv4 or IPv6 addresses, or the id of a prefix list.
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRoute.html
   */
  async ex_deleteRoute(table: Ref, destination: string, options?: CallOptions): Promise<void> {
    await this.connection.set('DeleteRoute', { RouteTableId: table.id, ...fromDestination(destination) }, options)
  }

  /**
   * Lets a route lead elsewhere.
   *
   * @example
   * ```ts
   * await driver.ex_replaceRoute(table, '10.1.0.0/16', { vpcPeeringConnection: { id: 'pcx-11112222' } })
   * ```
   * @param destination a range of IPv4 or IPv6 addresses, or the id of a prefix list.
   * @throws InvalidRequestError when the table has no such route.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceRoute.html
   */
  async ex_replaceRoute(table: Ref, destination: string, target: EC2RouteTarget, options?: CallOptions): Promise<void> {
    const params = { RouteTableId: table.id, ...fromDestination(destination), ...fromTarget(target) }
    await this.connection.set('ReplaceRoute', params, options)
  }
}

function fromDestination(destination: string): QueryParams {
  if (destination.startsWith('pl-')) return { DestinationPrefixListId: destination }
  return destination.includes(':') ? { DestinationIpv6CidrBlock: destination } : { DestinationCidrBlock: destination }
}

function fromTarget(target: EC2RouteTarget): QueryParams {
  return {
    GatewayId: target.internetGateway?.id,
    NatGatewayId: target.natGateway?.id,
    EgressOnlyInternetGatewayId: target.egressOnlyGateway?.id,
    InstanceId: target.node?.id,
    NetworkInterfaceId: target.networkInterface?.id,
    TransitGatewayId: target.transitGateway?.id,
    VpcPeeringConnectionId: target.vpcPeeringConnection?.id,
  }
}

function toTable(raw: RawTable): EC2RouteTable {
  const tagged = named(raw.routeTableId, raw.tagSet, 'routeTableId')
  return {
    ...tagged,
    vpcId: needed(raw.vpcId, 'vpcId'),
    routes: raw.routeSet.map(toRoute),
    associations: raw.associationSet.map(each => ({
      id: needed(each.routeTableAssociationId, 'routeTableAssociationId'),
      routeTableId: each.routeTableId ?? tagged.id,
      subnetId: each.subnetId,
      gatewayId: each.gatewayId,
      main: each.main ?? false,
    })),
    propagatingGatewayIds: raw.propagatingVgwSet.map(({ gatewayId }) => needed(gatewayId, 'gatewayId')),
    ownerId: raw.ownerId,
  }
}

function toRoute(raw: RawTable['routeSet'][number]): EC2Route {
  const destination = raw.destinationCidrBlock ?? raw.destinationIpv6CidrBlock ?? raw.destinationPrefixListId
  return {
    destination: needed(destination, 'destinationCidrBlock'),
    gatewayId: raw.gatewayId,
    natGatewayId: raw.natGatewayId,
    egressOnlyGatewayId: raw.egressOnlyInternetGatewayId,
    nodeId: raw.instanceId,
    networkInterfaceId: raw.networkInterfaceId,
    transitGatewayId: raw.transitGatewayId,
    vpcPeeringConnectionId: raw.vpcPeeringConnectionId,
    origin: raw.origin,
    state: raw.state,
  }
}
