// What the recorder plays: each method of the driver, in a cloud that has what it needs.
import type { OpenStackNodeDriver } from '../../../drivers/openstack/compute.js'
import type { Ref } from '../../../lib/resource.js'
import { DISK, gone, QUICK, until, type World } from './world.js'

/** What there is during all scenes. */
export interface Stage extends World {
  readonly node: Ref
  readonly volume: Ref
  readonly snapshot: Ref
  readonly group: Ref
  readonly port: Ref
  readonly floating: Ref & { readonly ipAddress: string }
  readonly serverGroup: Ref
  readonly otherProject: string
  readonly project: string
  readonly user: string
  /** Of a second server, which is changed and put right again. */
  readonly other: Ref
}
export interface Scene {
  readonly method: string
  /** For a second fixture of a method. */
  readonly name?: string
  /** Arguments; what it makes for them is undone by `undo`. */
  readonly args: (stage: Stage) => readonly unknown[] | Promise<readonly unknown[]>
  /** After the call, whatever it gave. */
  readonly undo?: (stage: Stage, result: unknown, args: readonly unknown[]) => Promise<unknown>
  readonly throws?: string
  /** Seen in the result, beside what JSON shows. */
  readonly hidden?: (result: unknown) => object
  readonly as?: 'admin'
}

export const PUBLIC_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOapjQw8JxJ5kE/TMghcTTFLSCcdsaAHoKiX/79wYUyc deploy'
const id = ({ id: it }: Ref): Ref => ({ id: it })
const NOWHERE = '00000000-0000-4000-8000-00000000dead'

const active = (driver: OpenStackNodeDriver, node: Ref) => driver.ex_waitForState(node, 'ACTIVE', QUICK)
const destroyNode = async ({ demo }: Stage, made: unknown): Promise<void> => {
  const node = made as Ref
  await until(
    () => demo.getNode(node.id),
    ({ extra }) => extra.state !== 'BUILD',
  )
  await demo.destroyNode(node)
  await gone(() => demo.getNode(node.id))
}
const settled = async ({ demo }: Stage, volume: Ref, state: string): Promise<unknown> =>
  until(
    () => demo.getVolume(volume.id),
    ({ extra }) => extra.state === state,
  )
const destroyVolume = async (stage: Stage, made: unknown): Promise<void> => {
  const volume = made as Ref
  await settled(stage, volume, 'available')
  await stage.demo.destroyVolume(volume, { ex_cascade: true })
  await gone(() => stage.demo.getVolume(volume.id))
}
const newVolume = async (stage: Stage, name = 'scratch'): Promise<Ref> => {
  const made = await stage.demo.createVolume({ name, size: 1 })
  await settled(stage, made, 'available')
  return id(made)
}

/** Does something to the second server, and puts it right again. */
const changes = (
  method: string,
  args: (stage: Stage) => readonly unknown[],
  state: string,
  back?: (driver: OpenStackNodeDriver, node: Ref) => Promise<unknown>,
  before?: (stage: Stage) => Promise<unknown>,
): Scene => ({
  method,
  args: async stage => {
    await before?.(stage)
    return [id(stage.other), ...args(stage)]
  },
  undo: async ({ demo, other }) => {
    if (state !== '') await demo.ex_waitForState(other, state, QUICK)
    await back?.(demo, other)
    await active(demo, other)
  },
})
const none = (): readonly unknown[] => []
const into =
  (work: (driver: OpenStackNodeDriver, node: Ref) => Promise<unknown>, state: string) =>
  async ({ demo, other }: Stage): Promise<void> => {
    await work(demo, other)
    await demo.ex_waitForState(other, state, QUICK)
  }
/** Nothing is to be undone but what the call itself made. */
const plain = (method: string, args: Scene['args'] = none, more: Partial<Scene> = {}): Scene => ({
  method,
  args,
  ...more,
})

const NODES: readonly Scene[] = [
  plain('listNodes', () => [{ ex_limit: 2 }]),
  plain('listNodes', () => [{ ex_name: 'web-1', ex_status: 'ACTIVE' }], { name: 'filtered' }),
  plain('getNode', ({ node }) => [node.id]),
  plain('getNode', () => [NOWHERE], { name: 'missing', throws: 'NodeDoesNotExistError' }),
  {
    method: 'createNode',
    args: ({ sizes, image, network }) => [
      {
        name: 'made-1',
        size: sizes[0],
        image: id(image),
        ex_networks: [id(network)],
        ex_metadata: { role: 'web' },
        ex_userData: '#cloud-config\n',
        ex_description: 'a description',
        ex_securityGroups: ['default'],
      },
    ],
    undo: destroyNode,
  },
  {
    method: 'createNode',
    name: 'tagged',
    args: ({ sizes, image }) => [
      { name: 'made-2', size: sizes[0], image: id(image), ex_networks: 'none', ex_tags: ['blue'], ex_hostname: 'made' },
    ],
    undo: destroyNode,
  },
  {
    method: 'createNode',
    name: 'volume',
    args: ({ sizes, image }) => [
      { name: 'made-3', size: sizes[0], image: id(image), ex_networks: 'none', ex_bootVolumeSize: 1 },
    ],
    undo: destroyNode,
  },
  {
    method: 'createNode',
    name: 'quota',
    args: async ({ admin, sizes, image, project }) => {
      await quota(admin, project, { instances: 3 })
      return [{ name: 'made-4', size: sizes[0], image: id(image), ex_networks: 'none' }]
    },
    undo: ({ admin, project }) => quota(admin, project, { instances: 1000 }),
    throws: 'QuotaExceededError',
  },
  changes('rebootNode', none, ''),
  changes('stopNode', none, 'SHUTOFF', (demo, node) => demo.startNode(node)),
  changes(
    'startNode',
    none,
    '',
    undefined,
    into((demo, node) => demo.stopNode(node), 'SHUTOFF'),
  ),
  {
    method: 'destroyNode',
    args: async ({ demo, sizes, image }) => {
      const made = await demo.createNode({ name: 'gone', size: sizes[0] as Ref, image, ex_networks: 'none' })
      await active(demo, made)
      return [id(made)]
    },
    undo: ({ demo }, _result, [node]) => gone(() => demo.getNode((node as Ref).id)),
  },
  plain('listSizes', () => [{ ex_limit: 2 }]),
  plain('listLocations'),
  plain('ex_getSize', ({ sizes }) => [sizes[0]?.id]),
  plain('ex_getSizeExtraSpecs', ({ sizes }) => [sizes[0]]),
]

export async function quota(admin: OpenStackNodeDriver, project: string, quota_set: object): Promise<unknown> {
  return admin.connection.request({ method: 'PUT', path: `/os-quota-sets/${project}`, json: { quota_set } })
}

const member = async ({ demo, image, otherProject }: Stage): Promise<readonly unknown[]> => {
  await demo.ex_createImageMember(image, otherProject)
  return [id(image), otherProject]
}
const noMember = ({ demo, image, otherProject }: Stage): Promise<void> => demo.ex_deleteImageMember(image, otherProject)

const IMAGES: readonly Scene[] = [
  plain('listImages', () => [{ ex_limit: 2 }]),
  plain('getImage', ({ image }) => [image.id]),
  {
    method: 'createImage',
    args: ({ node }) => [id(node), { name: 'snap', description: 'before the change' }],
    undo: async ({ demo, node }, result) => {
      await active(demo, node)
      await demo.deleteImage(result as Ref)
    },
  },
  {
    method: 'deleteImage',
    args: async ({ demo }) => [id(await demo.ex_uploadImage(DISK, { name: 'gone', diskFormat: 'raw' }))],
  },
  plain('ex_updateImage', ({ image }) => [id(image), [{ op: 'add', path: '/os_distro', value: 'debian' }]]),
  {
    method: 'ex_uploadImage',
    args: () => [
      { $text: 'tiny' },
      { name: 'up', diskFormat: 'raw', minDisk: 1, tags: ['a'], properties: { os_distro: 'debian' } },
    ],
    undo: ({ demo }, result) => demo.deleteImage(result as Ref),
  },
  plain('ex_downloadImage', ({ image }) => [id(image)]),
  { method: 'ex_listImageMembers', args: async stage => (await member(stage)).slice(0, 1), undo: noMember },
  { method: 'ex_createImageMember', args: ({ image, otherProject }) => [id(image), otherProject], undo: noMember },
  { method: 'ex_getImageMember', args: member, undo: noMember },
  { method: 'ex_deleteImageMember', args: member },
  { method: 'ex_acceptImageMember', args: member, undo: noMember, as: 'admin' },
]

const attached = async (stage: Stage): Promise<Ref> => {
  const volume = await newVolume(stage, 'attached')
  await stage.demo.attachVolume(stage.node, volume)
  await settled(stage, volume, 'in-use')
  return volume
}
const newSnapshot = async ({ demo, volume }: Stage): Promise<Ref> => {
  const made = await demo.createVolumeSnapshot(volume, { name: 'scratch' })
  await until(
    () => demo.ex_getSnapshot(made.id),
    ({ extra }) => extra.state === 'available',
  )
  return id(made)
}
const destroySnapshot = async ({ demo }: Stage, made: unknown): Promise<void> => {
  const snapshot = made as Ref
  await until(
    () => demo.ex_getSnapshot(snapshot.id),
    ({ extra }) => extra.state === 'available',
  )
  await demo.destroyVolumeSnapshot(snapshot)
  await gone(() => demo.ex_getSnapshot(snapshot.id))
}
const noSnapshot = ({ demo }: Stage, _result: unknown, [snapshot]: readonly unknown[]): Promise<void> =>
  gone(() => demo.ex_getSnapshot((snapshot as Ref).id))

const VOLUMES: readonly Scene[] = [
  plain('listVolumes', () => [{ ex_limit: 2 }]),
  plain('getVolume', ({ volume }) => [volume.id]),
  plain('ex_getVolume', ({ volume }) => [volume.id]),
  {
    method: 'createVolume',
    args: ({ snapshot }) => [
      { name: 'made', size: 2, snapshot: id(snapshot), ex_description: 'a copy', ex_metadata: { a: 'b' } },
    ],
    undo: destroyVolume,
  },
  {
    method: 'createVolume',
    name: 'quota',
    args: () => [{ name: 'huge', size: 1_000_000 }],
    throws: 'QuotaExceededError',
  },
  {
    method: 'attachVolume',
    args: async stage => [id(stage.node), await newVolume(stage)],
    undo: async (stage, _result, [, volume]) => {
      await settled(stage, volume as Ref, 'in-use')
      await stage.demo.detachVolume(volume as Ref)
      await destroyVolume(stage, volume)
    },
  },
  {
    method: 'detachVolume',
    args: async stage => [await attached(stage)],
    undo: (stage, _result, [volume]) => destroyVolume(stage, volume),
  },
  {
    method: 'detachVolume',
    name: 'free',
    args: ({ volume }) => [id(volume)],
    throws: 'ConflictError',
  },
  {
    method: 'destroyVolume',
    args: async stage => [await newVolume(stage)],
    undo: ({ demo }, _result, [volume]) => gone(() => demo.getVolume((volume as Ref).id)),
  },
  plain('listVolumeSnapshots', ({ volume }) => [id(volume), { ex_limit: 2 }]),
  {
    method: 'createVolumeSnapshot',
    args: ({ volume }) => [id(volume), { name: 'made', ex_force: true }],
    undo: destroySnapshot,
  },
  { method: 'destroyVolumeSnapshot', args: async stage => [await newSnapshot(stage)], undo: noSnapshot },
  {
    method: 'ex_resizeVolume',
    args: async stage => [await newVolume(stage), 2],
    undo: (stage, _result, [volume]) => destroyVolume(stage, volume),
  },
  plain('ex_listVolumeTypes'),
  plain('ex_listSnapshots'),
  plain('ex_getSnapshot', ({ snapshot }) => [snapshot.id]),
  { method: 'ex_createSnapshot', args: ({ volume }) => [id(volume), { name: 'made' }], undo: destroySnapshot },
  { method: 'ex_deleteSnapshot', args: async stage => [await newSnapshot(stage)], undo: noSnapshot },
]

const newKey = async ({ demo }: Stage): Promise<readonly unknown[]> => {
  await demo.importKeyPairFromString('gone', PUBLIC_KEY)
  return [{ name: 'gone' }]
}
const deleteKey = ({ demo }: Stage, result: unknown): Promise<void> => demo.deleteKeyPair(result as { name: string })
const privateKey = (result: unknown): object => ({ privateKey: (result as { privateKey: string }).privateKey })

const KEYS: readonly Scene[] = [
  plain('listKeyPairs', () => [{ ex_limit: 2 }]),
  plain('ex_listKeypairs', () => [{ ex_limit: 2 }]),
  plain('getKeyPair', () => ['key-1']),
  { method: 'createKeyPair', args: () => [{ name: 'made' }], undo: deleteKey, hidden: privateKey },
  { method: 'ex_createKeypair', args: () => ['made'], undo: deleteKey, hidden: privateKey },
  { method: 'importKeyPairFromString', args: () => ['made', PUBLIC_KEY], undo: deleteKey },
  {
    method: 'importKeyPairFromString',
    name: 'twice',
    args: () => ['key-1', PUBLIC_KEY],
    throws: 'KeyPairAlreadyExistsError',
  },
  { method: 'ex_importKeypairFromString', args: () => ['made', PUBLIC_KEY], undo: deleteKey },
  { method: 'deleteKeyPair', args: newKey },
  { method: 'ex_deleteKeypair', args: newKey },
]

const resized = async ({ demo, other, sizes }: Stage): Promise<void> => {
  await demo.ex_resize(other, sizes[1] as Ref)
  await demo.ex_waitForState(other, 'VERIFY_RESIZE', QUICK)
}

const ACTIONS: readonly Scene[] = [
  plain('ex_getNodeDetails', ({ node }) => [node.id]),
  changes('ex_updateNode', () => [{ name: 'web-2', description: 'changed', accessIPv4: '192.0.2.7' }], ''),
  changes('ex_setServerName', () => ['web-2'], ''),
  changes('ex_setPassword', () => ['correct horse'], ''),
  changes('ex_softRebootNode', none, ''),
  changes('ex_hardRebootNode', none, ''),
  changes('ex_stopNode', none, 'SHUTOFF', (demo, node) => demo.startNode(node)),
  changes(
    'ex_startNode',
    none,
    '',
    undefined,
    into((demo, node) => demo.stopNode(node), 'SHUTOFF'),
  ),
  changes('ex_rebuild', ({ image }) => [id(image), { ex_description: 'rebuilt' }], ''),
  changes(
    'ex_resize',
    ({ sizes }) => [sizes[1]],
    'VERIFY_RESIZE',
    (demo, node) => demo.ex_revertResize(node),
  ),
  {
    method: 'ex_confirmResize',
    args: async stage => {
      await resized(stage)
      return [id(stage.other)]
    },
    undo: async ({ demo, other, sizes }) => {
      await active(demo, other)
      await demo.ex_resize(other, sizes[0] as Ref)
      await demo.ex_waitForState(other, 'VERIFY_RESIZE', QUICK)
      await demo.ex_confirmResize(other)
      await active(demo, other)
    },
  },
  changes('ex_revertResize', none, '', undefined, resized),
  changes('ex_pauseNode', none, 'PAUSED', (demo, node) => demo.ex_unpauseNode(node)),
  changes(
    'ex_unpauseNode',
    none,
    '',
    undefined,
    into((demo, node) => demo.ex_pauseNode(node), 'PAUSED'),
  ),
  changes('ex_suspendNode', none, 'SUSPENDED', (demo, node) => demo.ex_resumeNode(node)),
  changes(
    'ex_resumeNode',
    none,
    '',
    undefined,
    into((demo, node) => demo.ex_suspendNode(node), 'SUSPENDED'),
  ),
  changes('ex_shelveNode', none, 'SHELVED_OFFLOADED', (demo, node) => demo.ex_unshelveNode(node)),
  changes(
    'ex_unshelveNode',
    none,
    '',
    undefined,
    into((demo, node) => demo.ex_shelveNode(node), 'SHELVED_OFFLOADED'),
  ),
  changes('ex_rescue', none, 'RESCUE', (demo, node) => demo.ex_unrescue(node)),
  changes(
    'ex_unrescue',
    none,
    '',
    undefined,
    into((demo, node) => demo.ex_rescue(node), 'RESCUE'),
  ),
  changes(
    'ex_lockNode',
    () => [{ ex_reason: 'payroll runs' }],
    '',
    (demo, node) => demo.ex_unlockNode(node),
  ),
  changes('ex_unlockNode', none, '', undefined, ({ demo, other }) => demo.ex_lockNode(other)),
  plain('ex_getMetadata', ({ node }) => [id(node)]),
  plain('ex_getMetadataForNode', ({ node }) => [id(node)]),
  plain('ex_setMetadata', ({ other }) => [id(other), { role: 'web', tier: 'front' }]),
  plain('ex_setTags', ({ other }) => [id(other), ['blue', 'green']]),
  plain('ex_waitForState', ({ node }) => [id(node), 'ACTIVE']),
  plain('ex_getConsoleOutput', ({ node }) => [id(node), 10]),
  plain('ex_getConsoleUrl', ({ node }) => [id(node), 'novnc']),
  plain('ex_listServerActions', ({ node }) => [id(node)]),
  plain('ex_getServerAction', async ({ demo, node }) => [
    id(node),
    (await demo.ex_listServerActions(node)).find(({ action }) => action === 'create')?.id,
  ]),
]

const GROUPS: readonly Scene[] = [
  plain('ex_listServerGroups'),
  plain('ex_getServerGroup', ({ serverGroup }) => [serverGroup.id]),
  {
    method: 'ex_addServerGroup',
    args: () => [{ name: 'made', policy: 'anti-affinity', maxServersPerHost: 3 }],
    undo: ({ demo }, result) => demo.ex_delServerGroup(result as Ref),
  },
  plain('ex_delServerGroup', async ({ demo }) => [
    id(await demo.ex_addServerGroup({ name: 'gone', policy: 'affinity' })),
  ]),
  plain('ex_getLimits'),
  plain('ex_getQuotaSet', ({ project }) => [project]),
  plain('ex_getVolumeQuotas', ({ project }) => [project]),
  plain('ex_getNetworkQuotas', ({ project }) => [project]),
  plain('ex_getQuotaSet', ({ otherProject }) => [otherProject], { name: 'denied', throws: 'PermissionDeniedError' }),
]

const deleteNetwork: Scene['undo'] = ({ demo }, result) => demo.ex_deleteNetwork(result as Ref)
const newRule = async ({ demo, group }: Stage): Promise<Ref> =>
  id(await demo.ex_createSecurityGroupRule(group, { protocol: 'udp', fromPort: 53 }))

const NETWORKS: readonly Scene[] = [
  plain('ex_listNetworks', () => [{ ex_external: false }]),
  plain('ex_getNetwork', ({ network }) => [network.id]),
  {
    method: 'ex_createNetwork',
    args: () => [{ name: 'made', description: 'for the database', mtu: 1400 }],
    undo: deleteNetwork,
  },
  plain('ex_deleteNetwork', async ({ demo }) => [id(await demo.ex_createNetwork({ name: 'gone' }))]),
  plain('ex_listSubnets'),
  plain('ex_getSubnet', ({ subnet }) => [subnet.id]),
  {
    method: 'ex_createSubnet',
    args: ({ network }) => [
      {
        name: 'six',
        network: id(network),
        cidr: '2001:db8::/64',
        ipv6AddressMode: 'slaac',
        ipv6RaMode: 'slaac',
        dnsNameservers: ['2001:db8::53'],
      },
    ],
    undo: ({ demo }, result) => demo.ex_deleteSubnet(result as Ref),
  },
  plain('ex_updateSubnet', ({ subnet }) => [id(subnet), { dnsNameservers: ['9.9.9.9'], description: 'with names' }]),
  plain('ex_deleteSubnet', async ({ demo, network }) => [
    id(await demo.ex_createSubnet({ network, cidr: '10.2.0.0/24' })),
  ]),
  plain('ex_listPorts', ({ network }) => [{ ex_network: id(network) }]),
  plain('ex_getNodePorts', ({ node }) => [id(node)]),
  plain('ex_getPort', ({ port }) => [port.id]),
  {
    method: 'ex_createPort',
    args: ({ network, group }) => [
      { network: id(network), name: 'made', fixedIps: [{ address: '10.1.0.200' }], securityGroups: [id(group)] },
    ],
    undo: ({ demo }, result) => demo.ex_deletePort(result as Ref),
  },
  plain('ex_updatePort', ({ port }) => [id(port), { name: 'spare', allowedAddressPairs: [{ address: '10.1.0.250' }] }]),
  plain('ex_deletePort', async ({ demo, network }) => [id(await demo.ex_createPort({ network }))]),
  plain('ex_listInterfaces', ({ node }) => [id(node)]),
  {
    method: 'ex_addInterface',
    args: ({ other, network }) => [id(other), { network: id(network), fixedIp: '10.1.0.201' }],
    undo: ({ demo, other }, result) =>
      demo.ex_detachPortInterface(other, { id: (result as { portId: string }).portId }),
  },
  {
    method: 'ex_attachPortInterface',
    args: async ({ demo, other, network }) => [id(other), id(await demo.ex_createPort({ network, name: 'plug' }))],
    undo: async ({ demo, other }, _result, [, port]) => {
      await demo.ex_detachPortInterface(other, port as Ref)
      await until(
        () => demo.ex_getPort((port as Ref).id),
        ({ deviceId }) => deviceId === undefined,
      )
      await demo.ex_deletePort(port as Ref)
    },
  },
  plain('ex_detachPortInterface', async ({ demo, other, network }) => {
    const { portId } = await demo.ex_addInterface(other, { network })
    return [id(other), { id: portId }]
  }),
  plain('ex_listRouters'),
  plain('ex_getRouter', ({ router }) => [router.id]),
  {
    method: 'ex_createRouter',
    args: ({ outside }) => [{ name: 'made', externalNetwork: id(outside) }],
    undo: ({ demo }, result) => demo.ex_deleteRouter(result as Ref),
  },
  plain('ex_deleteRouter', async ({ demo }) => [id(await demo.ex_createRouter({ name: 'gone' }))]),
  ...(['ex_addRouterSubnet', 'ex_delRouterSubnet'] as const).map(
    (method): Scene => ({
      method,
      args: async ({ demo, router, later }) => {
        const made = (await demo.ex_createNetwork({ name: method })).keep()
        const undo = method === 'ex_addRouterSubnet'
        const subnet = await demo.ex_createSubnet({ network: made, cidr: undo ? '10.3.0.0/24' : '10.6.0.0/24' })
        if (!undo) await demo.ex_addRouterSubnet(router, subnet)
        later(async () => {
          if (undo) await demo.ex_delRouterSubnet(router, subnet)
          await demo.ex_deleteNetwork(made)
        })
        return [id(router), id(subnet)]
      },
    }),
  ),
  ...(['ex_addRouterPort', 'ex_delRouterPort'] as const).map(
    (method): Scene => ({
      method,
      args: async ({ demo, router, later }) => {
        const made = (await demo.ex_createNetwork({ name: method })).keep()
        const cidr = method === 'ex_addRouterPort' ? '10.4.0.0/24' : '10.5.0.0/24'
        await demo.ex_createSubnet({ network: made, cidr })
        const port = await demo.ex_createPort({ network: made })
        const undo = method === 'ex_addRouterPort'
        if (!undo) await demo.ex_addRouterPort(router, port)
        later(async () => {
          if (undo) await demo.ex_delRouterPort(router, port)
          await demo.ex_deleteNetwork(made)
        })
        return [id(router), id(port)]
      },
    }),
  ),
  plain('ex_listSecurityGroups', () => [{ ex_name: 'web' }]),
  plain('ex_getSecurityGroup', ({ group }) => [group.id]),
  plain('ex_getNodeSecurityGroups', ({ node }) => [id(node)]),
  {
    method: 'ex_createSecurityGroup',
    args: () => ['made', 'for mail'],
    undo: ({ demo }, result) => demo.ex_deleteSecurityGroup(result as Ref),
  },
  plain('ex_deleteSecurityGroup', async ({ demo }) => [id(await demo.ex_createSecurityGroup('gone', ''))]),
  {
    method: 'ex_createSecurityGroupRule',
    args: ({ group }) => [
      id(group),
      { protocol: 'tcp', fromPort: 22, cidr: '192.0.2.0/24', description: 'the office' },
    ],
    undo: ({ demo }, result) => demo.ex_deleteSecurityGroupRule(result as Ref),
  },
  plain('ex_deleteSecurityGroupRule', async stage => [await newRule(stage)]),
  {
    method: 'ex_addSecurityGroupToNode',
    args: ({ group, other }) => [id(group), id(other)],
    undo: ({ demo, group, other }) => demo.ex_removeSecurityGroupFromNode(group, other),
  },
  plain('ex_removeSecurityGroupFromNode', async ({ demo, group, other }) => {
    await demo.ex_addSecurityGroupToNode(group, other)
    return [id(group), id(other)]
  }),
]

const led = async ({ demo, floating, node }: Stage): Promise<unknown> => demo.ex_attachFloatingIpToNode(node, floating)

const ADDRESSES: readonly Scene[] = [
  plain('ex_listFloatingIpPools'),
  plain('ex_listFloatingIps'),
  plain('ex_getFloatingIp', ({ floating }) => [floating.ipAddress]),
  plain('ex_getFloatingIp', () => ['203.0.113.254'], { name: 'missing', throws: 'NotFoundError' }),
  {
    method: 'ex_createFloatingIp',
    args: ({ outside }) => [id(outside), { description: 'for the web' }],
    undo: ({ demo }, result) => demo.ex_deleteFloatingIp(result as Ref),
  },
  plain('ex_deleteFloatingIp', async ({ demo, outside }) => [id(await demo.ex_createFloatingIp(outside))]),
  {
    method: 'ex_attachFloatingIpToNode',
    args: ({ node, floating }) => [id(node), id(floating)],
    undo: ({ demo, node, floating }) => demo.ex_detachFloatingIpFromNode(node, floating),
  },
  plain('ex_detachFloatingIpFromNode', async stage => {
    await led(stage)
    return [id(stage.node), id(stage.floating)]
  }),
]

const newCredential = async ({ demo }: Stage) => demo.ex_createEc2Credential()
const IDENTITY: readonly Scene[] = [
  plain('ex_listServices'),
  plain('ex_listEc2Credentials', ({ user }) => [user]),
  {
    method: 'ex_createEc2Credential',
    args: ({ project, user }) => [project, user],
    undo: ({ demo }, result) => demo.ex_deleteEc2Credential((result as Ref).id),
  },
  plain('ex_deleteEc2Credential', async stage => [(await newCredential(stage)).id, stage.user]),
]

export const SCENES: readonly Scene[] = [
  ...NODES,
  ...IMAGES,
  ...VOLUMES,
  ...KEYS,
  ...ACTIONS,
  ...GROUPS,
  ...NETWORKS,
  ...ADDRESSES,
  ...IDENTITY,
]
