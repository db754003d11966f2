// What is recorded of a real daemon: calls, and what has to be there before each of them.
import type { LXDNodeDriver } from '../../../drivers/lxd/compute.js'
import type { RealServer } from './server.js'

/** What is there. */
export interface World {
  readonly driver: LXDNodeDriver
  readonly server: RealServer
  readonly fingerprint: string
  /** Of a certificate that the daemon trusts. */
  readonly trusted: string
}
type Step = (world: World) => Promise<unknown>
export interface Scene {
  readonly method: string
  /** For a second fixture of a method. */
  readonly name?: string
  readonly args: (world: World) => readonly unknown[]
  readonly before?: Step
  readonly after?: Step
  readonly throws?: string
  /** In place of the result. */
  readonly expect?: unknown
}

const busybox = { id: 'busybox' }
const size = { id: 'default' }
const WEB = 'web-1'
/** Does not run. */
const REST = 'web-2'

/** Two instances, one of which runs, and one of everything else. */
export async function prepare(server: RealServer, driver: LXDNodeDriver): Promise<World> {
  for (const { name, status } of await driver.ex_listInstances()) {
    if (status !== 'Stopped') await driver.ex_stopInstance(name, { ex_force: true })
    await driver.ex_deleteInstance(name)
  }
  const { fingerprint } = await driver.ex_getImageByAlias('busybox')
  await driver.createNode({ name: WEB, size, image: busybox, ex_description: 'Web server' }).then(made => made.keep())
  await driver.createNode({ name: REST, size, image: busybox, ex_stopped: true }).then(made => made.keep())
  await driver.waitUntilRunning([{ id: WEB }], { interval: 200 })
  await driver.ex_createSnapshot(REST, 'before')
  await driver.ex_pushFile(WEB, '/root/motd', 'Hello\n', { ex_mode: 0o640, ex_uid: 1000, ex_gid: 100 })
  await ignore(driver.ex_createProfile({ name: 'small', config: { 'limits.cpu': '1', 'limits.memory': '256MiB' } }))
  await ignore(
    driver.ex_createProject({ name: 'test', config: { 'features.images': 'false', 'features.profiles': 'false' } }),
  )
  await ignore(
    driver.ex_createNetwork({ name: 'net0', config: { 'ipv4.address': '10.99.7.1/24', 'ipv6.address': 'none' } }),
  )
  await ignore(
    driver.ex_createNetworkAcl({
      name: 'web',
      ingress: [{ action: 'allow', state: 'enabled', protocol: 'tcp', destinationPort: '80' }],
    }),
  )
  await ignore(driver.ex_createNetworkZone({ name: 'lxd.example.net' }))
  await ignore(
    driver.ex_createNetworkZoneRecord('lxd.example.net', {
      name: 'www',
      entries: [{ type: 'A', value: '192.0.2.1', ttl: 300 }],
    }),
  )
  await ignore(
    driver.ex_createNetworkForward('net0', {
      listenAddress: '192.0.2.7',
      ports: [{ protocol: 'tcp', listenPort: '80', targetAddress: '10.99.7.2' }],
    }),
  )
  await ignore(driver.ex_createStoragePool({ name: 'second', driver: 'dir' }))
  await ignore(
    driver.ex_createStorageVolume('default', { name: 'data', config: { size: '1GiB' }, description: 'Data' }),
  )
  await ignore(driver.ex_createStorageVolumeSnapshot('default', 'data', 'monday'))
  await ignore(driver.ex_createImageAlias({ name: 'box', target: fingerprint, description: 'Busybox' }))
  const { certificate } = await driver.ex_generateClientCertificate('fixture')
  const trusted = await driver.ex_createCertificate({ certificate, name: 'ci' })
  return { driver, server, fingerprint, trusted: trusted.fingerprint }
}

/** It may be there from an earlier run. */
async function ignore(step: Promise<unknown>): Promise<void> {
  await step.catch(error => {
    if ((error as { code?: string }).code !== 'CONFLICT') throw error
  })
}

const d =
  (step: (driver: LXDNodeDriver, world: World) => Promise<unknown>): Step =>
  world =>
    step(world.driver, world)
const kept = (made: Promise<{ keep(): unknown }>): Promise<unknown> => made.then(each => each.keep())
const fresh = d(driver => kept(driver.createNode({ name: 'new', size, image: busybox, ex_stopped: true })))
const freshRuns = d(driver => kept(driver.createNode({ name: 'new', size, image: busybox })))
const gone = d(driver => driver.destroyNode({ id: 'new' }))
const start = d(driver => driver.ex_startInstance(WEB))
const stop = d(driver => driver.ex_stopInstance(WEB, { ex_force: true }))
const call = (method: string, ...args: readonly unknown[]): Scene => ({ method, args: () => args })
const scene = (method: string, args: readonly unknown[], also: Omit<Scene, 'method' | 'args'>): Scene => ({
  method,
  args: () => args,
  ...also,
})
const ofImage = (method: string, ...args: readonly unknown[]): Scene => ({
  method,
  args: ({ fingerprint }) => [fingerprint, ...args],
})
const copyOfImage = d((driver, { fingerprint }) => driver.ex_createImageAlias({ name: 'copy', target: fingerprint }))

const nodes: readonly Scene[] = [
  call('listNodes'),
  { method: 'listNodes', name: 'filtered', args: () => [{ ex_filter: 'status eq Running' }] },
  call('getNode', WEB),
  scene('getNode', ['missing'], { name: 'missing', throws: 'NodeDoesNotExistError' }),
  scene('createNode', [{ name: 'new', size: { id: 'small' }, image: busybox, ex_userData: '#cloud-config\n{}' }], {
    after: gone,
  }),
  scene('createNode', [{ name: WEB, size, image: busybox }], { name: 'twice', throws: 'ConflictError' }),
  scene('createNode', [{ name: 'new', size, image: { id: 'no-such' } }], { name: 'image', throws: 'NotFoundError' }),
  call('rebootNode', { id: WEB }),
  scene('stopNode', [{ id: WEB }], { after: start }),
  scene('stopNode', [{ id: REST }], { name: 'stopped', throws: 'ConflictError' }),
  scene('startNode', [{ id: WEB }], { before: stop }),
  scene('destroyNode', [{ id: 'new' }], { before: freshRuns }),
  call('listSizes'),
  call('listLocations'),
  call('listImages'),
  ofImage('getImage'),
  scene('createImage', [{ id: REST }, { name: 'web-image', description: 'Web' }], {
    after: d(async driver => driver.deleteImage({ id: (await driver.ex_getImageByAlias('web-image')).fingerprint })),
  }),
  {
    method: 'deleteImage',
    args: ({ fingerprint }) => [{ id: fingerprint }],
    after: d((driver, { server }) => reimport(driver, server)),
  },
  call('listVolumes'),
  call('getVolume', 'default/data'),
  scene('createVolume', [{ name: 'more', size: 2 }], {
    after: d(driver => driver.destroyVolume({ id: 'default/more' })),
  }),
  scene('createVolume', [{ name: 'more', size: 1, snapshot: { id: 'default/data/monday' } }], {
    name: 'snapshot',
    after: d(driver => driver.destroyVolume({ id: 'default/more' })),
  }),
  scene('attachVolume', [{ id: WEB }, { id: 'default/data' }], {
    after: d(driver => driver.detachVolume({ id: 'default/data' })),
  }),
  scene('detachVolume', [{ id: 'default/data' }], {
    before: d(driver => driver.attachVolume({ id: WEB }, { id: 'default/data' })),
  }),
  scene('destroyVolume', [{ id: 'default/more' }], {
    before: d(driver => kept(driver.createVolume({ name: 'more', size: 1 }))),
  }),
  call('listVolumeSnapshots', { id: 'default/data' }),
  scene('createVolumeSnapshot', [{ id: 'default/data' }, { name: 'tuesday' }], {
    after: d(driver => driver.destroyVolumeSnapshot({ id: 'default/data/tuesday' })),
  }),
  scene('destroyVolumeSnapshot', [{ id: 'default/data/tuesday' }], {
    before: d(driver => kept(driver.createVolumeSnapshot({ id: 'default/data' }, { name: 'tuesday' }))),
  }),
]

async function reimport(driver: LXDNodeDriver, _server: RealServer): Promise<void> {
  const { openAsBlob } = await import('node:fs')
  const folder = process.env['LIBCLOUD_LXD_IMAGES'] ?? '/var/tmp/libcloud-lxd-images'
  await driver.ex_uploadImage(await openAsBlob(`${folder}/busybox.tar.gz`), { ex_aliases: ['busybox', 'box'] })
}

const server: readonly Scene[] = [
  call('ex_getServer'),
  call('ex_isTrusted'),
  call('ex_hasApiExtension', 'network_forward'),
  call('ex_assertApiExtension', 'network_forward'),
  call('ex_updateServerConfig', { 'images.auto_update_interval': '0' }),
  call('ex_getResources'),
  scene('ex_getMetrics', [], { expect: { $match: 'lxd_' } }),
  call('ex_query', 'GET', '/1.0/instances'),
  call('ex_listOperations'),
  call('ex_listWarnings'),
  call('ex_listCertificates'),
  { method: 'ex_getCertificate', args: ({ trusted }) => [trusted] },
  { method: 'ex_updateCertificate', args: ({ trusted }) => [trusted, { name: 'ci-2' }] },
  { method: 'ex_deleteCertificate', args: ({ trusted }) => [trusted] },
  call('ex_getCluster'),
]

const files: readonly Scene[] = [
  call('ex_statFile', WEB, '/root'),
  scene('ex_openFile', [WEB, '/root/motd'], { expect: { type: 'file', mode: 0o640, uid: 1000, gid: 100 } }),
  scene('ex_pullFile', [WEB, '/root/motd'], { expect: { $text: 'Hello' } }),
  call('ex_pushFile', WEB, '/root/new', 'Hello\n', { ex_mode: 0o600 }),
  call('ex_makeDirectory', WEB, '/root/dir', { ex_mode: 0o700 }),
  call('ex_makeSymlink', WEB, '/root/link', '/root/motd'),
  call('ex_deleteFile', WEB, '/root/link'),
  scene('ex_getConsoleLog', [WEB], { expect: { $match: 'udhcpc' } }),
  call('ex_clearConsoleLog', WEB),
]

const instances: readonly Scene[] = [
  call('ex_listInstances'),
  call('ex_listInstancesFull'),
  call('ex_listInstanceNames'),
  call('ex_getInstance', WEB),
  call('ex_hasInstance', WEB),
  scene('ex_hasInstance', ['missing'], { name: 'none' }),
  call('ex_getInstanceState', WEB),
  scene('ex_createInstance', [{ name: 'new', source: { type: 'none' } }], { after: gone }),
  scene('ex_copyInstance', [REST, 'new'], { after: gone }),
  call('ex_updateInstance', WEB, { description: 'Web', config: { 'user.role': 'web' } }),
  scene('ex_updateInstance', [WEB, { description: 'Lost' }, { ex_etag: 'stale' }], {
    name: 'lost',
    throws: 'ConflictError',
  }),
  call('ex_setLimits', WEB, { cpu: 1, memory: '512MiB' }),
  call('ex_addDevice', WEB, 'data', { type: 'disk', pool: 'default', source: 'data', path: '/mnt/data' }),
  call('ex_removeDevice', WEB, 'data'),
  scene('ex_renameInstance', ['new', 'other'], {
    before: fresh,
    after: d(driver => driver.destroyNode({ id: 'other' })),
  }),
  scene('ex_moveInstance', ['new', { ex_pool: 'second' }], { before: fresh, after: gone }),
  scene('ex_deleteInstance', ['new'], { before: fresh }),
  scene('ex_deleteInstance', [WEB], { name: 'running', throws: 'ConflictError' }),
  scene('ex_stopInstance', [WEB, { ex_force: true }], {}),
  call('ex_startInstance', WEB),
  call('ex_restartInstance', WEB, { ex_force: true }),
  call('ex_freezeInstance', WEB),
  call('ex_unfreezeInstance', WEB),
  scene('ex_changeAllInstances', ['stop', { ex_force: true, ex_project: 'test' }], {}),
  call('ex_listInstanceLogs', WEB),
  scene('ex_getInstanceLog', [WEB, 'lxc.conf'], { expect: { $match: 'lxc' } }),
  call('ex_getInstanceMetadata', WEB),
  {
    method: 'ex_updateInstanceMetadata',
    args: () => [
      REST,
      { architecture: 'x86_64', creationDate: 1_700_000_000, expiryDate: 0, properties: { os: 'mine' }, templates: {} },
    ],
  },
  call('ex_listTemplates', WEB),
  scene('ex_getTemplate', [WEB, 'greeting.tpl'], {
    before: d(driver => driver.ex_putTemplate(WEB, 'greeting.tpl', 'Hello {{ container.name }}')),
  }),
  call('ex_putTemplate', WEB, 'new.tpl', '{{ container.name }}'),
  call('ex_deleteTemplate', WEB, 'new.tpl'),
]

const snapshots: readonly Scene[] = [
  call('ex_listSnapshots', REST),
  call('ex_getSnapshot', REST, 'before'),
  scene('ex_createSnapshot', [REST, 'after', {}], {}),
  call('ex_updateSnapshot', REST, 'after', { expiresAt: new Date('2030-01-01T00:00:00Z') }),
  call('ex_renameSnapshot', REST, 'after', 'later'),
  call('ex_restoreSnapshot', REST, 'before'),
  call('ex_deleteSnapshot', REST, 'later'),
  call('ex_createBackup', REST, 'monday', { ex_compression: 'gzip', ex_instanceOnly: true }),
  call('ex_listBackups', REST),
  call('ex_getBackup', REST, 'monday'),
  call('ex_renameBackup', REST, 'monday', 'tuesday'),
  call('ex_deleteBackup', REST, 'tuesday'),
]

const images: readonly Scene[] = [
  call('ex_listImages'),
  ofImage('ex_getImage'),
  call('ex_getImageByAlias', 'busybox'),
  ofImage('ex_hasImage'),
  scene('ex_publishInstance', [REST, { ex_aliases: ['published'], ex_properties: { os: 'busybox' } }], {
    after: d(async driver => driver.ex_deleteImage((await driver.ex_getImageByAlias('published')).fingerprint)),
  }),
  ofImage('ex_updateImage', { public: false, properties: { os: 'busybox', description: 'busybox' } }),
  ofImage('ex_createImageSecret'),
  { ...ofImage('ex_deleteImage'), after: d((driver, world) => reimport(driver, world.server)) },
  call('ex_listImageAliases'),
  call('ex_getImageAlias', 'box'),
  {
    method: 'ex_createImageAlias',
    args: ({ fingerprint }) => [{ name: 'copy', target: fingerprint, description: 'Copy' }],
    after: d(driver => driver.ex_deleteImageAlias('copy')),
  },
  { method: 'ex_deleteImageAlias', args: () => ['copy'], before: copyOfImage },
]

const networks: readonly Scene[] = [
  call('ex_listNetworks'),
  call('ex_getNetwork', 'net0'),
  call('ex_hasNetwork', 'net0'),
  call('ex_createNetwork', { name: 'net1', config: { 'ipv4.address': 'none', 'ipv6.address': 'none' } }),
  call('ex_updateNetwork', 'net1', { description: 'Second' }),
  call('ex_renameNetwork', 'net1', 'net2'),
  call('ex_deleteNetwork', 'net2'),
  call('ex_getNetworkState', 'net0'),
  call('ex_listNetworkLeases', 'net0'),
  call('ex_listNetworkForwards', 'net0'),
  call('ex_getNetworkForward', 'net0', '192.0.2.7'),
  call('ex_hasNetworkForward', 'net0', '192.0.2.7'),
  call('ex_createNetworkForward', 'net0', { listenAddress: '192.0.2.8', config: { target_address: '10.99.7.3' } }),
  call('ex_updateNetworkForward', 'net0', '192.0.2.8', { description: 'All' }),
  call('ex_deleteNetworkForward', 'net0', '192.0.2.8'),
  call('ex_listNetworkAcls'),
  call('ex_getNetworkAcl', 'web'),
  call('ex_hasNetworkAcl', 'web'),
  call('ex_createNetworkAcl', { name: 'db', egress: [{ action: 'drop', state: 'enabled' }] }),
  call('ex_updateNetworkAcl', 'db', { description: 'Databases' }),
  call('ex_renameNetworkAcl', 'db', 'database'),
  call('ex_deleteNetworkAcl', 'database'),
  call('ex_listNetworkZones'),
  call('ex_getNetworkZone', 'lxd.example.net'),
  call('ex_hasNetworkZone', 'lxd.example.net'),
  call('ex_createNetworkZone', { name: 'other.example.net' }),
  call('ex_updateNetworkZone', 'other.example.net', { description: 'Other' }),
  call('ex_deleteNetworkZone', 'other.example.net'),
  call('ex_listNetworkZoneRecords', 'lxd.example.net'),
  call('ex_getNetworkZoneRecord', 'lxd.example.net', 'www'),
  call('ex_hasNetworkZoneRecord', 'lxd.example.net', 'www'),
  call('ex_createNetworkZoneRecord', 'lxd.example.net', {
    name: 'ftp',
    entries: [{ type: 'A', value: '192.0.2.2', ttl: 60 }],
  }),
  call('ex_updateNetworkZoneRecord', 'lxd.example.net', 'ftp', { description: 'Files' }),
  call('ex_deleteNetworkZoneRecord', 'lxd.example.net', 'ftp'),
]

const projects: readonly Scene[] = [
  call('ex_listProfiles'),
  call('ex_getProfile', 'small'),
  call('ex_hasProfile', 'small'),
  call('ex_createProfile', { name: 'large', config: { 'limits.cpu': '4' } }),
  call('ex_updateProfile', 'large', { config: { 'limits.memory': '8GiB' } }),
  call('ex_renameProfile', 'large', 'huge'),
  call('ex_deleteProfile', 'huge'),
  call('ex_listProjects'),
  call('ex_getProject', 'test'),
  call('ex_hasProject', 'test'),
  call('ex_createProject', { name: 'stage', description: 'Staging' }),
  call('ex_updateProject', 'stage', { description: 'Stage' }),
  call('ex_renameProject', 'stage', 'staging'),
  call('ex_deleteProject', 'staging'),
  call('ex_getProjectState', 'test'),
]

const storage: readonly Scene[] = [
  call('ex_listStoragePools'),
  call('ex_getStoragePool', 'default'),
  call('ex_hasStoragePool', 'default'),
  call('ex_createStoragePool', { name: 'third', driver: 'dir' }),
  call('ex_updateStoragePool', 'third', { description: 'Third' }),
  call('ex_deleteStoragePool', 'third'),
  call('ex_getStoragePoolResources', 'default'),
  call('ex_listStorageVolumes', 'default'),
  call('ex_getStorageVolume', 'default', 'data'),
  call('ex_hasStorageVolume', 'default', 'data'),
  call('ex_createStorageVolume', 'default', { name: 'more', config: { size: '1GiB' } }),
  call('ex_updateStorageVolume', 'default', 'more', { description: 'More' }),
  call('ex_renameStorageVolume', 'default', 'more', 'most', { ex_toPool: 'second' }),
  call('ex_deleteStorageVolume', 'second', 'most'),
  call('ex_listStorageVolumeSnapshots', 'default', 'data'),
  call('ex_getStorageVolumeSnapshot', 'default', 'data', 'monday'),
  call('ex_hasStorageVolumeSnapshot', 'default', 'data', 'monday'),
  call('ex_createStorageVolumeSnapshot', 'default', 'data', 'wednesday'),
  call('ex_updateStorageVolumeSnapshot', 'default', 'data', 'wednesday', { description: 'Middle' }),
  call('ex_renameStorageVolumeSnapshot', 'default', 'data', 'wednesday', 'thursday'),
  call('ex_restoreStorageVolume', 'default', 'data', 'thursday'),
  call('ex_deleteStorageVolumeSnapshot', 'default', 'data', 'thursday'),
  call('ex_createStorageVolumeBackup', 'default', 'data', 'weekly', { ex_compression: 'gzip', ex_volumeOnly: true }),
  call('ex_listStorageVolumeBackups', 'default', 'data'),
  call('ex_getStorageVolumeBackup', 'default', 'data', 'weekly'),
  call('ex_deleteStorageVolumeBackup', 'default', 'data', 'weekly'),
]

const editing: readonly Scene[] = [
  call('ex_editInstance', WEB),
  call('ex_editProfile', 'small'),
  ofImage('ex_editImage'),
  call('ex_editNetwork', 'net0'),
  call('ex_editNetworkAcl', 'web'),
  call('ex_editProject', 'test'),
  call('ex_editStoragePool', 'default'),
  call('ex_editStorageVolume', 'default', 'data'),
]

/** Certificates are edited before the last of them is deleted. */
const trust: Scene = { method: 'ex_editCertificate', args: ({ trusted }) => [trusted] }

export const compute: readonly Scene[] = [
  ...nodes,
  trust,
  ...server,
  ...files,
  ...instances,
  ...snapshots,
  ...images,
  ...networks,
  ...projects,
  ...storage,
  ...editing,
]

export const containers: readonly Scene[] = [
  call('installImage', 'busybox'),
  call('listImages'),
  call('listContainers'),
  { method: 'listContainers', name: 'cluster', args: () => [{ cluster: { id: 'test' } }] },
  call('getContainer', WEB),
  scene('getContainer', ['missing'], { name: 'missing', throws: 'NotFoundError' }),
  scene('deployContainer', [{ name: 'new', image: busybox }], { after: gone }),
  scene('stopContainer', [{ id: WEB }], {}),
  call('startContainer', { id: WEB }),
  call('restartContainer', { id: WEB }),
  scene('destroyContainer', [{ id: 'new' }], { before: freshRuns }),
  call('listLocations'),
  call('listClusters'),
  call('getCluster', 'test'),
  call('createCluster', { name: 'prod' }),
  call('destroyCluster', { id: 'prod' }),
]
