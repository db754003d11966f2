import {
  ConflictError,
  LoadBalancerDoesNotExistError,
  LoadBalancerImmutableError,
  NotFoundError,
} from '../../lib/errors.js'
import type { LoadBalancerApi } from '../../lib/loadbalancer/api.js'
import { LoadBalancerDriver } from '../../lib/loadbalancer/driver.js'
import {
  Algorithm,
  type CreateBalancerOptions,
  LoadBalancer,
  LoadBalancerState,
  Member,
  type MemberAddress,
  MemberCondition,
  type MemberRef,
  type UpdateBalancerOptions,
} from '../../lib/loadbalancer/types.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { meta } from './meta.js'
import { addressOf, badArgument, type Course, course, isBroken, stateAt, Table } from './state.js'
import {
  aboutCall,
  type DummyError,
  type DummyFailing,
  type DummyFailOptions,
  type DummyOptions,
  type DummyWorld,
  enterWorld,
  perform,
  performList,
  worldOf,
} from './world.js'

/** What only this driver tells of a balancer. */
export interface DummyBalancerExtra {
  readonly protocol: string
  readonly algorithm: Algorithm
  readonly createdAt: Date
}
/** What only this driver tells of a member. */
export interface DummyMemberExtra {
  readonly condition: MemberCondition
}

interface BalancerRow {
  readonly id: string
  readonly createdAt: Date
  readonly number: number
  readonly members: Table<MemberRow>
  name: string
  port: number
  protocol: string
  algorithm: Algorithm
  course: Course<LoadBalancerState>
}
interface MemberRow {
  readonly id: string
  readonly ip: string
  readonly port: number
  condition: MemberCondition
}
interface State {
  readonly balancers: Table<BalancerRow>
}

const PROTOCOLS: readonly string[] = ['http', 'https', 'tcp', 'udp']
const ALGORITHMS: readonly Algorithm[] = [
  Algorithm.ROUND_ROBIN,
  Algorithm.LEAST_CONNECTIONS,
  Algorithm.RANDOM,
  Algorithm.PERSISTENT_IP,
]

/** Balancers in memory. A change takes as long as the making, and meanwhile nothing else can be changed. */
export class DummyLBDriver extends LoadBalancerDriver implements Partial<LoadBalancerApi> {
  readonly provider = 'dummy'
  readonly algorithms: readonly Algorithm[] = ALGORITHMS

  constructor(options: DummyOptions = {}) {
    super(meta, options)
    enterWorld(this, 'loadbalancer', options)
  }

  listProtocols(options?: CallOptions): Pager<string> {
    const page = (): { items: readonly string[] } => ({ items: PROTOCOLS })
    return performList(this, 'listProtocols', undefined, options, page, protocol => protocol)
  }

  listBalancers(options?: CallOptions): Pager<LoadBalancer<DummyBalancerExtra>> {
    return performList(
      this,
      'listBalancers',
      undefined,
      options,
      token => stateOf(this).balancers.page(token, worldOf(this).pageSize, options),
      row => this.#toBalancer(row),
    )
  }

  async getBalancer(balancerId: string, options?: CallOptions): Promise<LoadBalancer<DummyBalancerExtra>> {
    return perform(this, 'getBalancer', balancerId, options, () => this.#toBalancer(this.#row(balancerId, options)))
  }

  /** A balancer whose name ends with `-broken` ends in the state ERROR. */
  async createBalancer(
    balancer: CreateBalancerOptions,
    options?: CallOptions,
  ): Promise<Owned<LoadBalancer<DummyBalancerExtra>>> {
    const created = await perform(this, 'createBalancer', balancer.name, options, () => {
      checkKnown(balancer, 'balancer', options)
      const { balancers } = stateOf(this)
      const members = new Table<MemberRow>('member', NotFoundError)
      for (const member of balancer.members ?? []) addMember(members, member, options)
      const row = balancers.insert({
        name: balancer.name,
        port: balancer.port,
        protocol: balancer.protocol ?? 'http',
        algorithm: balancer.algorithm ?? Algorithm.ROUND_ROBIN,
        createdAt: worldOf(this).now,
        number: balancers.count,
        members,
        course: this.#pending(balancer.name),
      })
      return this.#toBalancer(row)
    })
    return owned(created, () => this.destroyBalancer({ id: created.id }))
  }

  async updateBalancer(
    balancer: Ref,
    changes: UpdateBalancerOptions,
    options?: CallOptions,
  ): Promise<LoadBalancer<DummyBalancerExtra>> {
    return perform(this, 'updateBalancer', balancer.id, options, () => {
      checkKnown(changes, 'changes', options)
      const row = this.#changeable(balancer.id, options)
      row.name = changes.name ?? row.name
      row.port = changes.port ?? row.port
      row.protocol = changes.protocol ?? row.protocol
      row.algorithm = changes.algorithm ?? row.algorithm
      row.course = this.#pending(row.name)
      return this.#toBalancer(row)
    })
  }

  /** Also one that is still being made. */
  async destroyBalancer(balancer: Ref, options?: CallOptions): Promise<void> {
    await perform(this, 'destroyBalancer', balancer.id, options, () => {
      stateOf(this).balancers.remove(this.#row(balancer.id, options).id)
    })
  }

  balancerListMembers(balancer: Ref, options?: CallOptions): Pager<Member<DummyMemberExtra>> {
    return performList(
      this,
      'balancerListMembers',
      balancer.id,
      options,
      token => this.#row(balancer.id, options).members.page(token, worldOf(this).pageSize, options),
      row => this.#toMember(row, balancer),
    )
  }

  /** @throws ConflictError for an address and port, or an id, that is a member already. */
  async balancerAttachMember(
    balancer: Ref,
    member: MemberAddress,
    options?: CallOptions,
  ): Promise<Member<DummyMemberExtra>> {
    return perform(this, 'balancerAttachMember', balancer.id, options, () => {
      const row = this.#changeable(balancer.id, options)
      const added = addMember(row.members, member, options)
      row.course = this.#pending(row.name)
      return this.#toMember(added, balancer)
    })
  }

  /** @throws NotFoundError for what is not a member. */
  async balancerDetachMember(balancer: Ref, member: MemberRef, options?: CallOptions): Promise<void> {
    await perform(this, 'balancerDetachMember', balancer.id, options, () => {
      const row = this.#changeable(balancer.id, options)
      row.members.remove(findMember(row.members, member, options).id)
      row.course = this.#pending(row.name)
    })
  }

  /**
   * Sets whether a member gets traffic: to see what becomes of an application when one drops out.
   * @throws NotFoundError for what is not a member.
   * @example await driver.ex_setMemberCondition(balancer, member, MemberCondition.DRAINING)
   */
  async ex_setMemberCondition(
    balancer: Ref,
    member: MemberRef,
    condition: MemberCondition,
    options?: CallOptions,
  ): Promise<Member<DummyMemberExtra>> {
    return perform(this, 'ex_setMemberCondition', balancer.id, options, () => {
      const row = findMember(this.#row(balancer.id, options).members, member, options)
      row.condition = condition
      return this.#toMember(row, balancer)
    })
  }

  /**
   * The world that the driver is in: to be shared with another driver, or to be looked at.
   * @example new DummyNodeDriver({ world: driver.ex_world() })
   */
  ex_world(_options?: CallOptions): DummyWorld {
    return worldOf(this)
  }
  /**
   * Lets time pass in the driver's world, in milliseconds: at once, also before the promise is awaited.
   * @example await driver.ex_advance(60_000)
   */
  async ex_advance(ms: number, _options?: CallOptions): Promise<void> {
    worldOf(this).advance(ms)
  }
  /**
   * Lets the next calls of a method fail: see {@link DummyWorld.fail}.
   * @example await driver.ex_fail('createBalancer', ServiceError, { times: 2 })
   */
  async ex_fail(operation: DummyFailing, error: DummyError, options?: DummyFailOptions): Promise<void> {
    worldOf(this).fail(operation, error, options)
  }

  #row(id: string, options: CallOptions | undefined): BalancerRow {
    return stateOf(this).balancers.get(id, options)
  }

  #changeable(id: string, options: CallOptions | undefined): BalancerRow {
    const row = this.#row(id, options)
    const state = stateAt(row.course, worldOf(this).now)
    if (state === LoadBalancerState.RUNNING) return row
    throw new LoadBalancerImmutableError(`Balancer '${id}' is ${state}`, aboutCall(options))
  }

  #pending(name: string): Course<LoadBalancerState> {
    const world = worldOf(this)
    const end = isBroken(name) ? LoadBalancerState.ERROR : LoadBalancerState.RUNNING
    return course<LoadBalancerState>(world.now, world.duration('balancer'), [LoadBalancerState.PENDING], end)
  }

  #toBalancer({
    id,
    name,
    port,
    protocol,
    algorithm,
    createdAt,
    ...row
  }: BalancerRow): LoadBalancer<DummyBalancerExtra> {
    const state = stateAt(row.course, worldOf(this).now)
    const extra = { protocol, algorithm, createdAt }
    return new LoadBalancer(this, { id, name, state, ip: addressOf('198.19', row.number), port, extra })
  }

  #toMember({ id, ip, port, condition }: MemberRow, balancer: Ref): Member<DummyMemberExtra> {
    return new Member(this, { id, ip, port, balancer, extra: { condition } })
  }
}

function stateOf(driver: DummyLBDriver): State {
  return worldOf(driver).part('loadbalancer', () => ({
    balancers: new Table<BalancerRow>('balancer', LoadBalancerDoesNotExistError),
  }))
}

function checkKnown(
  { protocol, algorithm }: UpdateBalancerOptions,
  argument: string,
  options: CallOptions | undefined,
): void {
  if (protocol !== undefined && !PROTOCOLS.includes(protocol))
    throw badArgument(`${argument}.protocol`, `one of ${PROTOCOLS.join(', ')}`, options)
  if (algorithm !== undefined && !ALGORITHMS.includes(algorithm))
    throw badArgument(`${argument}.algorithm`, `one of ${ALGORITHMS.join(', ')}`, options)
}

function addMember(
  members: Table<MemberRow>,
  { id, ip, port }: MemberAddress,
  options: CallOptions | undefined,
): MemberRow {
  const [same] = members.all(row => row.id === id || (row.ip === ip && row.port === port))
  if (same) throw new ConflictError(`${ip}:${port} is member '${same.id}' already`, aboutCall(options))
  const row = { ip, port, condition: MemberCondition.ENABLED }
  return members.insert(id === undefined ? row : { ...row, id })
}

function findMember(members: Table<MemberRow>, member: MemberRef, options: CallOptions | undefined): MemberRow {
  if ('id' in member) return members.get(member.id, options)
  const [found] = members.all(({ ip, port }) => ip === member.ip && port === member.port)
  if (found) return found
  throw new NotFoundError(`There is no member ${member.ip}:${member.port}`, aboutCall(options))
}
