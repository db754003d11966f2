// What there is in the cloud while scenes are played.
import { PUBLIC_KEY, type Stage } from './scenes.js'
import { DISK, gone, QUICK, until, type World } from './world.js'

/** Makes it; the world undoes it. */
export async function setStage(world: World): Promise<Stage> {
  const { admin, demo, sizes, image, network, outside, later } = world
  const [size] = sizes
  const nodes: { id: string }[] = []
  for (const name of ['web-1', 'web-2', 'web-3']) {
    const made = (await demo.createNode({ name, size: size as { id: string }, image, ex_networks: [network] })).keep()
    nodes.push({ id: made.id })
    later(async () => {
      await demo.destroyNode(made)
      await gone(() => demo.getNode(made.id))
    })
    await demo.ex_waitForState(made, 'ACTIVE', QUICK)
  }
  const [node, other] = nodes as [{ id: string }, { id: string }]
  await demo.ex_setMetadata(node, { role: 'web' })
  for (const name of ['debian', 'alpine']) {
    const made = (await demo.ex_uploadImage(DISK, { name, diskFormat: 'raw' })).keep()
    later(() => demo.deleteImage(made))
  }
  for (const name of ['key-1', 'key-2', 'key-3']) {
    const made = (await demo.importKeyPairFromString(name, PUBLIC_KEY)).keep()
    later(() => demo.deleteKeyPair(made))
  }
  const volumes: { id: string }[] = []
  for (const name of ['data-1', 'data-2', 'data-3']) {
    const made = (await demo.createVolume({ name, size: 1 })).keep()
    volumes.push(made)
    later(() => demo.destroyVolume(made, { ex_cascade: true }))
    await until(
      () => demo.getVolume(made.id),
      ({ extra }) => extra.state === 'available',
    )
  }
  const [volume] = volumes as [{ id: string }]
  const snapshots: { id: string }[] = []
  for (const name of ['monday', 'tuesday', 'wednesday']) {
    const made = (await demo.createVolumeSnapshot(volume, { name })).keep()
    snapshots.push(made)
    await until(
      () => demo.ex_getSnapshot(made.id),
      ({ extra }) => extra.state === 'available',
    )
  }
  const group = (await demo.ex_createSecurityGroup('web', 'HTTP from everywhere')).keep()
  later(() => demo.ex_deleteSecurityGroup(group))
  await demo.ex_createSecurityGroupRule(group, { protocol: 'tcp', fromPort: 80, toPort: 80 })
  const port = (await demo.ex_createPort({ network, name: 'spare' })).keep()
  later(() => demo.ex_deletePort(port))
  const floating = (await demo.ex_createFloatingIp(outside)).keep()
  later(() => demo.ex_deleteFloatingIp(floating))
  const serverGroup = (await demo.ex_addServerGroup({ name: 'apart', policy: 'anti-affinity' })).keep()
  later(() => demo.ex_delServerGroup(serverGroup))
  const credential = (await demo.ex_createEc2Credential()).keep()
  later(() => demo.ex_deleteEc2Credential(credential.id))
  const { projectId: project = '', userId: user = '' } = await demo.connection.session()
  const { projectId: otherProject = '' } = await admin.connection.session()
  const snapshot = snapshots[0] as { id: string }
  return { ...world, node, other, volume, snapshot, group, port, floating, serverGroup, project, user, otherProject }
}
