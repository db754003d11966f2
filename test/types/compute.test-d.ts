// What the types promise, checked by the compiler: `npm run typecheck`.
import type { DigitalOceanDNSDriver } from '../../drivers/digitalocean/dns.js'
import type { ComputeApi } from '../../lib/compute/api.js'
import { NodeDriver } from '../../lib/compute/driver.js'
import type { ComputeMethod, CreateNodeOptions, Node, NodeDriverClass, ProviderName } from '../../lib/compute/index.js'
import { getDriver, Provider, setDriver } from '../../lib/compute/index.js'
import type { CreateVolumeOptions, StorageVolume } from '../../lib/compute/types.js'
import type { DNSDriver } from '../../lib/dns/driver.js'
import type { DNSMethod } from '../../lib/dns/index.js'
import {
  type CallOptions,
  type LibcloudError,
  NotFoundError,
  type Owned,
  type Pager,
  type Ref,
} from '../../lib/index.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function expectType<Expected>(): <Actual>(value: Actual, same: Equal<Actual, Expected>) => void {
  return () => {}
}

interface OneExtra {
  readonly keyName?: string
}
interface OneCreateNodeOptions extends CreateNodeOptions {
  ex_keyName?: string
}
declare class OneDriver extends NodeDriver implements Partial<ComputeApi> {
  readonly provider = 'one'
  constructor(options: { key: string })
  listNodes(options?: CallOptions): Pager<Node<OneExtra>>
  getNode(nodeId: string, options?: CallOptions): Promise<Node<OneExtra>>
  createNode(node: OneCreateNodeOptions, options?: CallOptions): Promise<Owned<Node<OneExtra>>>
  destroyNode(node: Ref, options?: CallOptions): Promise<void>
  ex_tag(node: Ref, options?: CallOptions): Promise<void>
}
declare class TwoDriver extends NodeDriver implements Partial<ComputeApi> {
  readonly provider = 'two'
  constructor(options: { key: string })
  createVolume(volume: CreateVolumeOptions, options?: CallOptions): Promise<Owned<StorageVolume>>
}

declare module '../../lib/compute/index.js' {
  interface ComputeDrivers {
    one: typeof OneDriver
    two: typeof TwoDriver
  }
}

declare const name: string
declare const known: ProviderName
declare const either: 'listNodes' | 'createVolume'
declare const several: ComputeMethod[]
declare const any: NodeDriver
declare const one: OneDriver
declare const two: TwoDriver
declare const union: OneDriver | TwoDriver
const server = { name: 'n', size: { id: 'small' }, image: { id: 'debian' } }

export async function registry(): Promise<void> {
  expectType<typeof OneDriver>()(await getDriver('one'), true)
  expectType<NodeDriverClass[]>()([await getDriver(name), await getDriver(known)], true)
  expectType<never>()(await getDriver(Provider.SLICEHOST), true)
  // @ts-expect-error no such provider
  await getDriver('ec3')
  // @ts-expect-error a known name takes its own class only
  setDriver('one', async () => TwoDriver)
  setDriver('three', async () => TwoDriver)
}

export async function gaps(): Promise<void> {
  // @ts-expect-error this driver has no volumes
  await one.createVolume({ name: 'v', size: 1 })
  if (any.supports('createVolume', 'listNodes'))
    await Promise.all([any.createVolume({ name: 'v', size: 1 }), any.listNodes()])
  else expectType<NodeDriver>()(any, true)
  if (!two.supports('createVolume')) expectType<TwoDriver>()(two, true)
  if (union.supports('createVolume')) await union.createVolume({ name: 'v', size: 1 })
  else expectType<OneDriver | TwoDriver>()(union, true)
  if (one.supports('createVolume', 'createNode')) await one.createNode({ ...server, ex_keyName: 'me' })
  // @ts-expect-error one of two was asked about, so neither is proved
  if (any.supports(either)) any.createVolume
  // @ts-expect-error asking about nothing proves nothing
  any.supports()
  // @ts-expect-error a list of unknown length proves nothing
  any.supports(...several)
}

export async function options(generic: NodeDriver & Pick<ComputeApi, 'createNode'>): Promise<void> {
  // @ts-expect-error ex_ options belong to a driver
  await generic.createNode({ ...server, ex_keyName: 'me' })
  // @ts-expect-error a typing mistake
  await one.createNode({ ...server, ex_keyNam: 'me' })
  const deploy = { run: async () => {} }
  expectType<Owned<Node<OneExtra>>>()(await one.deployNode({ ...server, ex_keyName: 'me', deploy }), true)
  // @ts-expect-error 'this' lacks createNode
  await two.deployNode({ ...server, deploy })
  expectType<Node<OneExtra> | undefined>()((await one.waitUntilRunning([{ id: '1' }]))[0]?.node, true)
  // @ts-expect-error what is listed is not owned
  await using listed: Node = (await one.listNodes())[0]
  await one.destroyNode({ id: listed.id }, { signal: AbortSignal.timeout(5), retry: false })
}

/** A driver may not ask for more than the interface gives. */
export class Greedy extends NodeDriver implements Partial<ComputeApi> {
  readonly provider = 'greedy'
  // @ts-expect-error ex_must is required
  async createVolume(volume: { size: number; ex_must: string }): Promise<never> {
    throw new Error(String(volume))
  }
}

/** `instanceof` narrows, although `Symbol.hasInstance` is ours. */
export const code = (error: LibcloudError): string =>
  error instanceof NotFoundError ? (error.code satisfies 'NOT_FOUND') : error.code

/** Base methods or `ex_`, and nothing else: `listNode` would slip through `Partial<ComputeApi>`. */
type Stray<D, Base, M> = Exclude<keyof D, keyof Base | M | `ex_${string}`>
expectType<never>()(null as never as Stray<OneDriver, NodeDriver, ComputeMethod>, true)
expectType<never>()(null as never as Stray<DigitalOceanDNSDriver, DNSDriver, DNSMethod>, true)
