// Making and deleting a VPC with all that is in it: many requests each, loaded when they are asked for.
import type { CallOptions } from '../../lib/options.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { giveBack } from './ec2.cleanup.js'
import type { EC2CreateVpc, EC2Interfaces, EC2Vpc } from './ec2.interfaces.js'
import type { EC2Network, EC2Subnet } from './ec2.networks.js'
import { needed } from './ec2.shared.js'

export async function createVpc(
  driver: EC2Interfaces,
  vpc: EC2CreateVpc,
  options: WaitOptions | undefined,
): Promise<EC2Vpc> {
  const { name, cidrBlock = '192.168.0.0/20' } = vpc
  const made = await driver.ex_createNetwork({ name, cidrBlock, ipv6: true }, options)
  try {
    const network = await driver.ex_waitForNetwork(made, options)
    await driver.ex_modifyNetworkAttribute(network, { dnsHostnames: true }, options)
    await openToInternet(driver, network, name, options)
    const subnet = await createSubnet(driver, network, vpc, options)
    const group = await openGroup(driver, network, name, options)
    return { id: network.id, network, subnets: [subnet], securityGroupIds: [group.id] }
  } catch (error) {
    return giveBack(driver, `the network ${made.id}`, error, options, cleaning => deleteVpc(driver, made, cleaning))
  }
}

async function openToInternet(
  driver: EC2Interfaces,
  network: EC2Network,
  ex_name: string,
  options: CallOptions | undefined,
): Promise<void> {
  const gateway = await driver.ex_createInternetGateway({ ...options, ex_name })
  try {
    await driver.ex_attachInternetGateway(gateway, network, options)
  } catch (error) {
    // Deleting the network would not find it.
    await giveBack(driver, `the Internet gateway ${gateway.id}`, error, options, cleaning =>
      driver.ex_deleteInternetGateway(gateway, cleaning),
    )
  }
  const ex_filters = { 'vpc-id': network.id, 'association.main': 'true' }
  const [table] = await driver.ex_listRouteTables({ ...options, ex_filters })
  const main = needed(table, 'routeTableSet')
  await driver.ex_createRoute(main, '0.0.0.0/0', { internetGateway: gateway }, options)
  await driver.ex_createRoute(main, '::/0', { internetGateway: gateway }, options)
}

async function createSubnet(
  driver: EC2Interfaces,
  network: EC2Network,
  { name, availabilityZone }: EC2CreateVpc,
  options: CallOptions | undefined,
): Promise<EC2Subnet> {
  const { cidrBlock, ipv6CidrBlocks } = network
  // Of the VPC's 56 bits a subnet has 64.
  const ipv6CidrBlock = ipv6CidrBlocks[0]?.replace(/\/\d+$/, '/64')
  const subnet = await driver.ex_createSubnet(network, { name, cidrBlock, ipv6CidrBlock, availabilityZone }, options)
  const onLaunch = { publicIpOnLaunch: true, ipv6OnLaunch: ipv6CidrBlock === undefined ? undefined : true }
  await driver.ex_modifySubnetAttribute(subnet, onLaunch, options)
  return subnet
}

async function openGroup(
  driver: EC2Interfaces,
  network: EC2Network,
  name: string,
  options: CallOptions | undefined,
): Promise<Ref> {
  const description = `Everything into ${name}`
  const group = await driver.ex_createSecurityGroup({ name, description, vpcId: network.id }, options)
  const everything = { protocol: '-1', cidrIps: ['0.0.0.0/0'], cidrIpv6s: ['::/0'] }
  await driver.ex_authorizeSecurityGroupIngress(group, everything, options)
  return group
}

export async function deleteVpc(driver: EC2Interfaces, vpc: Ref, options: WaitOptions | undefined): Promise<void> {
  const within = { ...options, ex_filters: { 'vpc-id': vpc.id } }
  await deleteNodes(driver, within, options)
  const nats = (await driver.ex_listNatGateways(within)).filter(({ state }) => state !== 'deleted')
  for (const nat of nats) if (nat.state !== 'deleting') await driver.ex_deleteNatGateway(nat, options)
  for (const nat of nats) await driver.ex_waitForNatGateway(nat, 'deleted', options)
  for (const network of await driver.ex_listNetworkInterfaces(within)) {
    if (network.requesterManaged || network.state !== 'available') continue
    await driver.ex_deleteNetworkInterface(network, options)
  }
  await deleteGateways(driver, vpc, options)
  for (const subnet of await driver.ex_listSubnets(within)) await driver.ex_deleteSubnet(subnet, options)
  for (const table of await driver.ex_listRouteTables(within)) {
    if (!table.associations.some(({ main }) => main)) await driver.ex_deleteRouteTable(table, options)
  }
  await deleteGroups(driver, within, options)
  await driver.ex_deleteNetwork(vpc, options)
}

async function deleteNodes(
  driver: EC2Interfaces,
  within: CallOptions,
  options: WaitOptions | undefined,
): Promise<void> {
  const nodes = (await driver.listNodes(within)).filter(({ extra }) => extra.state !== 'terminated')
  for (const node of nodes) await driver.destroyNode(node, options)
  await Promise.all(nodes.map(node => driver.ex_waitForNode(node, 'terminated', options)))
}

async function deleteGateways(driver: EC2Interfaces, vpc: Ref, options: CallOptions | undefined): Promise<void> {
  const ex_filters = { 'attachment.vpc-id': vpc.id }
  for (const gateway of await driver.ex_listInternetGateways({ ...options, ex_filters })) {
    await driver.ex_detachInternetGateway(gateway, vpc, options)
    await driver.ex_deleteInternetGateway(gateway, options)
  }
}

/** Groups that name each other cannot be deleted: their rules go first. */
async function deleteGroups(
  driver: EC2Interfaces,
  within: CallOptions,
  options: CallOptions | undefined,
): Promise<void> {
  const groups = (await driver.ex_getSecurityGroups(within)).filter(({ name }) => name !== 'default')
  for (const group of groups) {
    for (const rule of group.ingress.filter(each => each.groups.length > 0)) {
      const { protocol, fromPort, toPort, groups: groupPairs } = rule
      await driver.ex_revokeSecurityGroupIngress(group, { protocol, fromPort, toPort, groupPairs }, options)
    }
  }
  for (const { id } of groups) await driver.ex_deleteSecurityGroupById(id, options)
}
