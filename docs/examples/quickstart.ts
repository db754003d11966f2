// The main job on embedded drivers, without an account: npm run quickstart
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Provider as Compute, getDriver as computeDriver } from 'libcloud/compute'
import { Provider as DNS, getDriver as dnsDriver } from 'libcloud/dns'
import { Provider as Storage, getDriver as storageDriver } from 'libcloud/storage'

const Dummy = await computeDriver(Compute.DUMMY)
const cloud = new Dummy()

// A node, destroyed when this block is left, whatever happens in it.
{
  const [size] = await cloud.listSizes()
  const [image] = await cloud.listImages()
  if (!size || !image) throw new Error('The embedded cloud has no sizes or images')
  await using node = await cloud.createNode({ name: 'web-1', size, image })
  console.log(`${node.name} is ${node.state}`)
  const [running] = await cloud.waitUntilRunning([node], { interval: 10 })
  console.log(`${node.name} is ${running?.node.state} at ${running?.addresses[0]}`)

  // Its name.
  const zones = new (await dnsDriver(DNS.DUMMY))()
  const zone = await zones.createZone({ domain: 'example.com' })
  await zone.createRecord({ name: 'www', type: 'A', data: running?.addresses[0] ?? '', ttl: 300 })
  console.log(await zones.exportZoneToBindFormat(zone))
}
console.log(`${(await cloud.listNodes()).length} nodes are left`)

// Files on this machine, in the same way as in any cloud.
const root = await mkdtemp(join(tmpdir(), 'libcloud-'))
try {
  const files = new (await storageDriver(Storage.LOCAL))({ key: root })
  const backups = await files.createContainer('backups')
  await backups.uploadObjectViaStream('hello', 'notes/hello.txt', { metaData: { from: 'quickstart' } })
  for await (const object of backups.listObjects({ prefix: 'notes/' }))
    console.log(object.name, object.size, object.hash)
  for await (const chunk of await backups.downloadObjectAsStream('notes/hello.txt')) console.log(String(chunk))
} finally {
  await rm(root, { recursive: true })
}
