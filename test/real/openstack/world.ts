// What a cloud must have before a user can do anything in it, and its removal.
import type { OpenStackNodeDriver } from '../../../drivers/openstack/compute.js'
import { NotFoundError } from '../../../lib/errors.js'
import { readNothing } from '../../../lib/http/message.js'
import type { Ref } from '../../../lib/resource.js'
import { driverFor, type RealCloud } from './server.js'

/** Quick looks: the hypervisor is none, and is quick. */
export const QUICK = { interval: 300, timeout: 120_000 } as const

/** Small, and big enough to be copied. */
export const DISK = Buffer.from('This is not much of a disk, but it is one.')

export interface World {
  readonly cloud: RealCloud
  readonly admin: OpenStackNodeDriver
  readonly demo: OpenStackNodeDriver
  /** Three sizes. */
  readonly sizes: readonly Ref[]
  /** Leads out of the cloud. */
  readonly outside: Ref
  readonly network: Ref
  readonly subnet: Ref
  readonly router: Ref
  readonly image: Ref
  /** Undone in the end, the last first. */
  later(undo: () => Promise<unknown>): void
  close(): Promise<void>
}

export async function gone(look: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    try {
      await look()
    } catch (error) {
      if (error instanceof NotFoundError) return
      throw error
    }
    await new Promise(resolve => setTimeout(resolve, 250))
  }
  throw new Error('it does not go away')
}

export async function until<T>(look: () => Promise<T>, fits: (value: T) => boolean): Promise<T> {
  let value = await look()
  for (let tries = 0; tries < 400 && !fits(value); tries++) {
    await new Promise(resolve => setTimeout(resolve, 250))
    value = await look()
  }
  if (!fits(value)) throw new Error(`it does not become so: ${JSON.stringify(value)}`)
  return value
}

interface Flavor {
  readonly name: string
  readonly ram: number
  readonly vcpus: number
  readonly disk: number
}
const FLAVORS: readonly Flavor[] = [
  { name: 'small', ram: 512, vcpus: 1, disk: 1 },
  { name: 'medium', ram: 1024, vcpus: 2, disk: 1 },
  { name: 'large', ram: 2048, vcpus: 4, disk: 2 },
]

async function makeFlavor({ connection }: OpenStackNodeDriver, flavor: Flavor): Promise<Ref> {
  const map = ({ id }: Ref): Ref => ({ id })
  const made = await connection.one({ method: 'POST', path: '/flavors', json: { flavor }, member: 'flavor', map })
  const json = { extra_specs: { 'hw:watchdog_action': 'reset' } }
  await connection.request({ method: 'POST', path: `/flavors/${made.id}/os-extra_specs`, json, read: readNothing })
  return made
}

/** Makes it. */
export async function makeWorld(cloud: RealCloud): Promise<World> {
  const admin = driverFor(cloud, 'admin')
  const demo = driverFor(cloud, 'demo')
  const undo: (() => Promise<unknown>)[] = []
  const later = (work: () => Promise<unknown>): void => void undo.push(work)
  const close = async (): Promise<void> => {
    const errors: unknown[] = []
    for (const work of undo.splice(0).reverse()) await work().catch(error => errors.push(error))
    await admin.close()
    await demo.close()
    if (errors.length > 0) throw new AggregateError(errors, 'not all could be undone')
  }
  const sizes: Ref[] = []
  for (const flavor of FLAVORS) {
    const { id } = await makeFlavor(admin, flavor)
    sizes.push({ id })
    const spec = { method: 'DELETE', path: `/flavors/${id}`, read: readNothing } as const
    later(() => admin.connection.request(spec))
  }
  const outside = (await admin.ex_createNetwork({ name: 'outside', isExternal: true })).keep()
  later(() => admin.ex_deleteNetwork(outside))
  await admin.ex_createSubnet({ network: outside, cidr: '203.0.113.0/24', isDhcpEnabled: false })
  const network = (await demo.ex_createNetwork({ name: 'inside' })).keep()
  later(() => demo.ex_deleteNetwork(network))
  const subnet = await demo.ex_createSubnet({ name: 'inside', network, cidr: '10.1.0.0/24' })
  const router = await demo.ex_createRouter({ name: 'way-out', externalNetwork: outside })
  later(() => demo.ex_deleteRouter(router))
  await demo.ex_addRouterSubnet(router, subnet)
  later(() => demo.ex_delRouterSubnet(router, subnet))
  const image = await demo.ex_uploadImage(DISK, { name: 'tiny', diskFormat: 'raw', tags: ['test'] })
  later(() => demo.deleteImage(image))
  return { cloud, admin, demo, sizes, outside, network, subnet, router, image, later, close }
}
