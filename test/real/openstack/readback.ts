// The same state as the driver and as Debian's own client tell it, field by field.
import { expect } from 'vitest'
import { openstack } from './client.js'
import type { Stage } from './scenes.js'
import { QUICK, until } from './world.js'

type Told = Readonly<Record<string, unknown>>
const time = (date: Date | undefined): string | undefined => date?.toISOString().slice(0, 19)
const moment = (text: unknown): string => String(text).slice(0, 19)
const sorted = (texts: readonly unknown[]): unknown[] => [...texts].sort()

/** Compares servers, volumes, networks and what belongs to them. */
export async function agree(stage: Stage): Promise<void> {
  const { demo, cloud, node, volume, snapshot, network, subnet, port, router, image, group, floating } = stage
  await demo.attachVolume(node, volume)
  await until(
    () => demo.getVolume(volume.id),
    ({ extra }) => extra.state === 'in-use',
  )
  await demo.ex_attachFloatingIpToNode(node, floating)
  try {
    await demo.ex_waitForState(node, 'ACTIVE', QUICK)
    const told = await openstack(cloud, 'demo', [
      ['server', 'show', node.id],
      ['volume', 'show', volume.id],
      ['volume', 'snapshot', 'show', snapshot.id],
      ['network', 'show', network.id],
      ['subnet', 'show', subnet.id],
      ['port', 'show', port.id],
      ['router', 'show', router.id],
      ['image', 'show', image.id],
      ['security', 'group', 'show', group.id],
      ['floating', 'ip', 'show', floating.id],
      ['keypair', 'show', 'key-1'],
      ['server', 'list'],
    ])
    const [server, vol, snap, net, sub, prt, rtr, img, grp, fip, key, servers] = told as Told[]
    await serverAgrees(stage, server as Told)
    await storageAgrees(stage, vol as Told, snap as Told)
    await networksAgree(stage, net as Told, sub as Told, prt as Told, rtr as Told)
    await restAgrees(stage, img as Told, grp as Told, fip as Told, key as Told)
    const listed = await demo.listNodes()
    expect(sorted(listed.map(each => `${each.id} ${each.name} ${each.extra.state}`))).toEqual(
      sorted((servers as unknown as Told[]).map(each => `${each['ID']} ${each['Name']} ${each['Status']}`)),
    )
  } finally {
    await demo.ex_detachFloatingIpFromNode(node, floating)
    await demo.detachVolume(volume)
    await until(
      () => demo.getVolume(volume.id),
      ({ extra }) => extra.state === 'available',
    )
  }
}

async function serverAgrees({ demo, node }: Stage, told: Told): Promise<void> {
  const found = await demo.getNode(node.id)
  const { extra } = found
  expect({
    id: found.id,
    name: found.name,
    status: extra.state,
    created: time(found.createdAt),
    key_name: extra.keyName ?? null,
    project_id: extra.projectId,
    user_id: extra.userId,
    zone: extra.availabilityZone,
    vm: extra.vmState,
    power: extra.powerState,
    hostId: extra.hostId,
    config_drive: extra.configDrive,
    disk: extra.diskConfig,
    properties: extra.metadata,
    volumes: extra.volumeIds,
    addresses: Object.fromEntries(
      Object.entries(extra.addresses).map(([name, all]) => [name, sorted(all.map(({ address }) => address))]),
    ),
    // The client tells the name, and the id in brackets.
    flavor: String(told['flavor']).includes(`(${found.size?.id})`),
    image: String(told['image']).includes(`(${found.image?.id})`),
    groups: sorted(extra.securityGroups),
  }).toEqual({
    id: told['id'],
    name: told['name'],
    status: told['status'],
    created: moment(told['created']),
    key_name: told['key_name'],
    project_id: told['project_id'],
    user_id: told['user_id'],
    zone: told['OS-EXT-AZ:availability_zone'],
    vm: told['OS-EXT-STS:vm_state'],
    power: powerState(told['OS-EXT-STS:power_state']),
    hostId: told['hostId'],
    config_drive: told['config_drive'] === 'True' || told['config_drive'] === true,
    disk: told['OS-DCF:diskConfig'],
    properties: told['properties'],
    volumes: (told['volumes_attached'] as { id: string }[]).map(({ id }) => id),
    addresses: Object.fromEntries(
      Object.entries(told['addresses'] as Record<string, string[]>).map(([name, all]) => [name, sorted(all)]),
    ),
    flavor: true,
    image: true,
    groups: sorted([...new Set((told['security_groups'] as { name: string }[]).map(({ name }) => name))]),
  })
}

/** The client has words for them. */
function powerState(told: unknown): unknown {
  const words = ['NOSTATE', 'Running', '', 'Paused', 'Shutdown', '', 'Crashed', 'Suspended']
  return typeof told === 'string' && words.includes(told) ? words.indexOf(told) : told
}

async function storageAgrees({ demo, volume, snapshot }: Stage, vol: Told, snap: Told): Promise<void> {
  const { id, name, size, extra } = await demo.getVolume(volume.id)
  const { attachments, ...rest } = extra
  expect([id, name, size, rest.state, rest.type, rest.availabilityZone, rest.isBootable, rest.isMultiattach]).toEqual([
    vol['id'],
    vol['name'],
    vol['size'],
    vol['status'],
    vol['type'],
    vol['availability_zone'],
    vol['bootable'] === 'true',
    vol['multiattach'],
  ])
  expect(attachments.map(each => [each.id, each.nodeId, each.device])).toEqual(
    (vol['attachments'] as Told[]).map(each => [each['attachment_id'], each['server_id'], each['device']]),
  )
  const found = await demo.ex_getSnapshot(snapshot.id)
  expect([found.id, found.name, found.size, found.extra.state, found.extra.volumeId, time(found.created)]).toEqual([
    snap['id'],
    snap['name'],
    snap['size'],
    snap['status'],
    snap['volume_id'],
    moment(snap['created_at']),
  ])
}

async function networksAgree({ demo, ...stage }: Stage, net: Told, sub: Told, prt: Told, rtr: Told): Promise<void> {
  const network = await demo.ex_getNetwork(stage.network.id)
  expect([network.id, network.name, network.state, network.isEnabled, network.isShared, network.mtu]).toEqual([
    net['id'],
    net['name'],
    net['status'],
    net['admin_state_up'],
    net['shared'],
    net['mtu'],
  ])
  expect(sorted(network.subnetIds)).toEqual(sorted(net['subnets'] as unknown[]))
  const subnet = await demo.ex_getSubnet(stage.subnet.id)
  expect([
    subnet.id,
    subnet.cidr,
    subnet.gatewayIp,
    subnet.version,
    subnet.isDhcpEnabled,
    subnet.allocationPools,
  ]).toEqual([
    sub['id'],
    sub['cidr'],
    sub['gateway_ip'],
    sub['ip_version'],
    sub['enable_dhcp'],
    sub['allocation_pools'],
  ])
  const port = await demo.ex_getPort(stage.port.id)
  expect([port.id, port.name, port.macAddress, port.networkId, port.state, port.securityGroupIds]).toEqual([
    prt['id'],
    prt['name'],
    prt['mac_address'],
    prt['network_id'],
    prt['status'],
    prt['security_group_ids'],
  ])
  expect(port.fixedIps.map(({ address, subnetId }) => ({ ip_address: address, subnet_id: subnetId }))).toEqual(
    prt['fixed_ips'],
  )
  const router = await demo.ex_getRouter(stage.router.id)
  expect([router.id, router.name, router.state, router.isEnabled, router.gateway?.networkId]).toEqual([
    rtr['id'],
    rtr['name'],
    rtr['status'],
    rtr['admin_state_up'],
    (rtr['external_gateway_info'] as { network_id: string }).network_id,
  ])
}

async function restAgrees({ demo, ...stage }: Stage, img: Told, grp: Told, fip: Told, key: Told): Promise<void> {
  const image = await demo.getImage(stage.image.id)
  const { extra } = image
  expect([
    image.id,
    image.name,
    extra.state,
    extra.checksum,
    extra.size,
    extra.diskFormat,
    extra.visibility,
    extra.owner,
  ]).toEqual([
    img['id'],
    img['name'],
    img['status'],
    img['checksum'],
    img['size'],
    img['disk_format'],
    img['visibility'],
    img['owner'],
  ])
  const group = await demo.ex_getSecurityGroup(stage.group.id)
  expect([group.id, group.name, group.description, sorted(group.rules.map(({ id }) => id))]).toEqual([
    grp['id'],
    grp['name'],
    grp['description'],
    sorted((grp['rules'] as { id: string }[]).map(({ id }) => id)),
  ])
  const floating = await demo.ex_getFloatingIp(stage.floating.ipAddress)
  expect([floating.id, floating.ipAddress, floating.state, floating.portId, floating.fixedIpAddress]).toEqual([
    fip['id'],
    fip['floating_ip_address'],
    fip['status'],
    fip['port_id'],
    fip['fixed_ip_address'],
  ])
  expect(floating.nodeId).toBe(stage.node.id)
  const { name, fingerprint } = await demo.getKeyPair('key-1')
  expect([name, fingerprint]).toEqual([key['name'], key['fingerprint']])
}
