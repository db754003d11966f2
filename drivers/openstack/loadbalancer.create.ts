// How a balancer comes to be: it, its listener, its pool, its members and its monitor.

import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { Algorithm, type CreateBalancerOptions } from '../../lib/loadbalancer/types.js'
import type { CallOptions } from '../../lib/options.js'
import type { Ref } from '../../lib/resource.js'
import { asIs, toNewMember, toSettings } from './loadbalancer.mapping.js'
import {
  changing,
  createThing,
  ending,
  KINDS,
  membersOf,
  NO_BALANCER,
  type OctaviaChangeOptions,
  type OctaviaHolder,
  refused,
  toRaw,
  waitOf,
  waitUntilActive,
} from './loadbalancer.shared.js'
import type {
  OctaviaAlgorithm,
  OctaviaBalancerSettings,
  OctaviaListenerSettings,
  OctaviaNewHealthMonitor,
  OctaviaPoolProtocol,
  OctaviaPoolSettings,
} from './loadbalancer.types.js'

/** What a balancer speaks, and what its members do then. */
const SPOKEN: Readonly<Record<string, OctaviaPoolProtocol>> = {
  http: 'HTTP',
  https: 'HTTPS',
  tcp: 'TCP',
  udp: 'UDP',
  sctp: 'SCTP',
  terminated_https: 'HTTP',
}
const CHOSEN: Readonly<Partial<Record<Algorithm, OctaviaAlgorithm>>> = {
  [Algorithm.ROUND_ROBIN]: 'ROUND_ROBIN',
  [Algorithm.LEAST_CONNECTIONS]: 'LEAST_CONNECTIONS',
  [Algorithm.PERSISTENT_IP]: 'SOURCE_IP',
}

/** What balancers may speak, as the base methods say it. */
export const PROTOCOLS: readonly string[] = Object.keys(SPOKEN)
export const ALGORITHMS: readonly Algorithm[] = Object.keys(CHOSEN) as Algorithm[]

/** What Octavia's `createBalancer` takes. One of `ex_vipSubnet`, `ex_vipNetwork` and `ex_vipPort` must be given. */
export interface OctaviaCreateBalancerOptions extends CreateBalancerOptions, OctaviaBalancerSettings {
  /** Where its address is taken from. */
  ex_vipSubnet?: Ref | undefined
  ex_vipNetwork?: Ref | undefined
  ex_vipPort?: Ref | undefined
  /** @defaultValue any of the subnet or network */
  ex_vipAddress?: string | undefined
  /** @defaultValue the cloud's: `amphora` for most */
  ex_provider?: string | undefined
  ex_flavor?: Ref | undefined
  ex_availabilityZone?: string | undefined
  /** More about its listener, such as certificates: see `ex_createListener`. */
  ex_listener?: OctaviaListenerSettings | undefined
  /** More about its pool, such as session persistence, and what it speaks to members. */
  ex_pool?: (OctaviaPoolSettings & { readonly protocol?: OctaviaPoolProtocol | undefined }) | undefined
  /** How its members are found to be well. @defaultValue nobody looks */
  ex_healthMonitor?: OctaviaNewHealthMonitor | undefined
  /** How its members are reached. @defaultValue through the network of the balancer's address */
  ex_memberSubnet?: Ref | undefined
  /**
   * Asks for the balancer and all its parts at once, and does not wait. Quicker, but releases of Octavia are known to leave
   * such parts PENDING for ever. @defaultValue false: the balancer is made, then its listener, its pool and its members
   */
  ex_inOneRequest?: boolean | undefined
}

/** What a pool behind such a listener speaks. @throws InvalidRequestError */
export function poolProtocolOf(
  driver: OctaviaHolder,
  argument: string,
  protocol: string,
  options: CallOptions | undefined,
): OctaviaPoolProtocol {
  const found = Object.hasOwn(SPOKEN, protocol) ? SPOKEN[protocol] : undefined
  if (found === undefined) throw refused(driver, argument, `one of ${PROTOCOLS.join(', ')}`, options)
  return found
}

/** Octavia's word for an algorithm. @throws InvalidRequestError */
export function algorithmOf(
  driver: OctaviaHolder,
  argument: string,
  algorithm: Algorithm,
  options: CallOptions | undefined,
): OctaviaAlgorithm {
  const found = CHOSEN[algorithm]
  if (found === undefined) throw refused(driver, argument, `one of ${ALGORITHMS.join(', ')}`, options)
  return found
}

/** All parts of a balancer that is wanted. */
interface Order {
  readonly balancer: object
  readonly listener: object
  readonly pool: object
  readonly members: readonly object[]
  readonly monitor: OctaviaNewHealthMonitor | undefined
}

/** Checks what is wanted, and takes it apart. @throws InvalidRequestError */
export function orderOf(
  driver: OctaviaHolder,
  wanted: OctaviaCreateBalancerOptions,
  options: CallOptions | undefined,
): Order {
  const { name, port, protocol = 'http', members = [], algorithm = Algorithm.ROUND_ROBIN } = wanted
  if (!wanted.ex_vipSubnet && !wanted.ex_vipNetwork && !wanted.ex_vipPort)
    throw refused(driver, 'balancer.ex_vipSubnet', 'given, or else ex_vipNetwork or ex_vipPort', options)
  const poolProtocol = poolProtocolOf(driver, 'balancer.protocol', protocol, options)
  return {
    balancer: {
      ...toSettings(wanted),
      name,
      vipSubnetId: wanted.ex_vipSubnet?.id,
      vipNetworkId: wanted.ex_vipNetwork?.id,
      vipPortId: wanted.ex_vipPort?.id,
      vipAddress: wanted.ex_vipAddress,
      provider: wanted.ex_provider,
      flavorId: wanted.ex_flavor?.id,
      availabilityZone: wanted.ex_availabilityZone,
    },
    listener: { name, protocol: protocol.toUpperCase(), protocolPort: port, ...wanted.ex_listener },
    pool: {
      name,
      protocol: poolProtocol,
      algorithm: algorithmOf(driver, 'balancer.algorithm', algorithm, options),
      ...wanted.ex_pool,
    },
    members: members.map(each => toNewMember(each, wanted.ex_memberSubnet)),
    monitor: wanted.ex_healthMonitor,
  }
}

/** All parts in one request. */
export async function createAtOnce(
  { connection }: OctaviaHolder,
  { balancer, listener, pool, members, monitor }: Order,
  options: CallOptions | undefined,
): Promise<object> {
  const default_pool = {
    ...toRaw(pool),
    members: members.map(toRaw),
    ...(monitor === undefined ? {} : { healthmonitor: toRaw(monitor) }),
  }
  const json = { loadbalancer: { ...toRaw(balancer), listeners: [{ ...toRaw(listener), default_pool }] } }
  const { path: at, one } = KINDS.balancer
  return connection.one({ method: 'POST', path: at, json, member: one, map: asIs }, options)
}

/** One part after the other; all of them, or none. */
export async function createByParts(
  driver: OctaviaHolder,
  order: Order,
  options: OctaviaChangeOptions | undefined,
): Promise<object> {
  const raw = await createThing(driver, KINDS.balancer, order.balancer, options, asIs)
  const balancer = raw as Ref
  try {
    await addParts(driver, balancer, order, options)
    return raw
  } catch (error) {
    const own: OctaviaChangeOptions = { ...options, signal: undefined, timeout: undefined, ex_wait: true }
    await destroy(driver, balancer, own).catch(() => {})
    throw error
  }
}

async function addParts(
  driver: OctaviaHolder,
  balancer: Ref,
  { listener, pool, members, monitor }: Order,
  options: OctaviaChangeOptions | undefined,
): Promise<void> {
  const wait = waitOf(options)
  const active = (): Promise<void> => waitUntilActive(driver, balancer, wait)
  await active()
  const listening = await createThing<Ref>(
    driver,
    KINDS.listener,
    { ...listener, loadbalancerId: balancer.id },
    options,
  )
  await active()
  const made = await createThing<Ref>(driver, KINDS.pool, { ...pool, listenerId: listening.id }, options)
  if (members.length > 0) {
    await active()
    const spec = {
      method: 'PUT',
      path: membersOf(made).path,
      json: { members: members.map(toRaw) },
      read: readNothing,
    } as const
    await changing(driver, balancer, options, () => driver.connection.request(spec, options))
  }
  if (monitor === undefined) return
  await active()
  const settings = { ...monitor, poolId: made.id }
  await changing(driver, balancer, options, () => createThing(driver, KINDS.healthMonitor, settings, options))
}

/** Destroys a balancer with all its parts. */
export async function destroy(
  driver: OctaviaHolder,
  balancer: Ref,
  options: (OctaviaChangeOptions & { readonly ex_cascade?: boolean | undefined }) | undefined,
): Promise<void> {
  const spec = {
    method: 'DELETE',
    path: path`/lbaas/loadbalancers/${balancer.id}`,
    query: { cascade: (options?.ex_cascade ?? true) || undefined },
    errors: NO_BALANCER,
    read: readNothing,
  } as const
  await ending(driver, balancer, options, async () => {
    await driver.connection.request(spec, options)
  })
}
