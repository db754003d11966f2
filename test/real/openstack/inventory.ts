// All that a cloud has: what a suite leaves behind is seen by comparing two of these.
import { type CloudUser, driverFor, type RealCloud } from './server.js'

/** Names and ids of everything that projects have. */
export async function inventory(cloud: RealCloud): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const user of ['admin', 'demo', 'other'] satisfies CloudUser[]) {
    await using driver = driverFor(cloud, user)
    const lists = {
      nodes: driver.listNodes(),
      images: driver.listImages({ ex_onlyActive: false }),
      volumes: driver.listVolumes(),
      snapshots: driver.ex_listSnapshots(),
      keyPairs: driver.listKeyPairs(),
      sizes: driver.listSizes(),
      networks: driver.ex_listNetworks(),
      subnets: driver.ex_listSubnets(),
      ports: driver.ex_listPorts(),
      routers: driver.ex_listRouters(),
      securityGroups: driver.ex_listSecurityGroups(),
      floatingIps: driver.ex_listFloatingIps(),
      serverGroups: driver.ex_listServerGroups(),
      credentials: driver.ex_listEc2Credentials(),
    }
    for (const [name, list] of Object.entries(lists)) {
      const ids: string[] = []
      for await (const each of list as AsyncIterable<{ id?: string; name?: string; rules?: readonly unknown[] }>) {
        // Neutron makes a project's first group when it is first asked for one.
        if (name !== 'securityGroups' || each.name !== 'default') ids.push(`${each.name ?? ''} ${each.id ?? ''}`)
      }
      found[`${user}: ${name}`] = ids.sort()
    }
  }
  return found
}
