// Adding and removing network interfaces of nodes that run: several requests each, loaded when they are asked for.
import type { CallOptions } from '../../lib/options.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import type { EC2ElasticIp } from './ec2.addresses.js'
import { giveBack } from './ec2.cleanup.js'
import type { EC2AddNetworkInterface, EC2Interfaces, EC2NetworkInterface } from './ec2.interfaces.js'
import { needed } from './ec2.shared.js'

/** What is to be given back, last thing first. */
type Undo = (options: CallOptions) => Promise<unknown>

export async function addInterface(
  driver: EC2Interfaces,
  node: Ref,
  network: EC2AddNetworkInterface,
  options: CallOptions | undefined,
): Promise<EC2NetworkInterface> {
  const { ipv4AddressCount = 1, ipv6AddressCount, ipv4PublicIpCount = 0 } = network
  const { name, extra } = await driver.getNode(node.id, options)
  const index = Math.max(0, ...(await indexesOf(driver, node, options))) + 1
  const subnet = network.subnet ?? { id: needed(extra.subnetId, 'subnetId') }
  const undo: Undo[] = []
  try {
    const made = await driver.ex_createNetworkInterface(
      subnet,
      {
        name: `${name} ${index}`,
        securityGroupIds: extra.groups.map(({ id }) => id),
        secondaryPrivateIpAddressCount: ipv4AddressCount > 1 ? ipv4AddressCount - 1 : undefined,
        ipv6AddressCount,
      },
      options,
    )
    undo.unshift(cleaning => driver.ex_deleteNetworkInterface(made, cleaning))
    const attachment = await driver.ex_attachNetworkInterfaceToNode(made, node, index, options)
    undo.unshift(cleaning => detach(driver, made, attachment, cleaning))
    const params = {
      NetworkInterfaceId: made.id,
      Attachment: { AttachmentId: attachment, DeleteOnTermination: true },
    }
    await driver.connection.set('ModifyNetworkInterfaceAttribute', params, options)
    for (const { ip } of made.privateIps.slice(0, ipv4PublicIpCount)) {
      const address = await driver.ex_allocateAddress({ ...options, ex_name: `${name} ${index}` })
      undo.unshift(cleaning => driver.ex_releaseAddress(address, cleaning))
      await associate(driver, made, ip, address, options)
    }
    const [added] = await driver.ex_listNetworkInterfaces({ ...options, ex_interfaceIds: [made.id] })
    return needed(added, 'networkInterfaceSet')
  } catch (error) {
    return giveBack(driver, `what was made for instance ${node.id}`, error, options, async cleaning => {
      for (const step of undo) await step(cleaning)
    })
  }
}

async function indexesOf(
  driver: EC2Interfaces,
  node: Ref,
  options: CallOptions | undefined,
): Promise<readonly number[]> {
  const ex_filters = { 'attachment.instance-id': node.id }
  const all = await driver.ex_listNetworkInterfaces({ ...options, ex_filters })
  return all.map(({ attachment }) => attachment?.deviceIndex ?? 0)
}

async function associate(
  { connection }: EC2Interfaces,
  network: Ref,
  ip: string,
  { allocationId: AllocationId }: EC2ElasticIp,
  options: CallOptions | undefined,
): Promise<void> {
  const params = { AllocationId, NetworkInterfaceId: network.id, PrivateIpAddress: ip }
  await connection.set('AssociateAddress', params, options)
}

/** Detaches an interface, and waits until it is. */
async function detach(
  driver: EC2Interfaces,
  network: Ref,
  attachmentId: string,
  options: WaitOptions | undefined,
): Promise<void> {
  await driver.ex_detachNetworkInterface(attachmentId, { ...options, ex_force: true })
  const look = async (lookOptions: CallOptions) => {
    const [seen] = await driver.ex_listNetworkInterfaces({ ...lookOptions, ex_interfaceIds: [network.id] })
    const { state } = needed(seen, 'networkInterfaceSet')
    return state === 'available' ? ({ done: true, value: undefined } as const) : { state }
  }
  await driver.connection.poll(`network interface ${network.id} to be detached`, look, options)
}

export async function removeInterface(
  driver: EC2Interfaces,
  network: EC2NetworkInterface,
  options: WaitOptions | undefined,
): Promise<void> {
  for (const { publicIp, allocationId, associationId } of network.privateIps) {
    // An address without an allocation is the subnet's, and goes with the interface.
    if (publicIp === undefined || allocationId === undefined) continue
    await driver.ex_disassociateAddress({ ip: publicIp, associationId }, options)
    await driver.ex_releaseAddress({ ip: publicIp, allocationId }, options)
  }
  if (network.attachment !== undefined) await detach(driver, network, network.attachment.id, options)
  await driver.ex_deleteNetworkInterface(network, options)
}
