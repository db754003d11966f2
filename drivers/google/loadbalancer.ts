import { connect } from '../../lib/driver.js'
import {
  CleanupError,
  ConflictError,
  LibcloudError,
  LoadBalancerDoesNotExistError,
  NotFoundError,
} from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import type { LoadBalancerApi } from '../../lib/loadbalancer/api.js'
import { LoadBalancerDriver } from '../../lib/loadbalancer/driver.js'
import {
  Algorithm,
  type CreateBalancerOptions,
  LoadBalancer,
  LoadBalancerState,
  Member,
  type MemberAddress,
  type MemberRef,
} from '../../lib/loadbalancer/types.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { NO_NODE, type RawInstance } from './compute.base.js'
import { type GCEForwardingRule, toForwardingRule } from './compute.forwarding.js'
import { type GCEListRegionalOptions, regionScope } from './compute.lists.js'
import {
  checkLink,
  type GCECreateHttpHealthCheckOptions,
  type GCEHttpHealthCheck,
  type GCETargetPool,
  nodeLink,
  toTargetPool,
} from './compute.pools.js'
import { checkName, idOf, lastPart, type Place, placeOf, refused, regionFor } from './compute.refs.js'
import { resource } from './compute.shared.js'
import { meta } from './meta.js'
import { type GCEChangeOptions, GoogleComputeConnection } from './operations.js'
import { type GoogleOptions, googleOptions } from './options.js'

export type { GCEListRegionalOptions } from './compute.lists.js'
export type { GCECreateHttpHealthCheckOptions, GCEHttpHealthCheck } from './compute.pools.js'
export type { GCEResource } from './compute.shared.js'
export type { GCEChangeOptions } from './operations.js'
export type { GoogleOptions } from './options.js'

/** The error of a request about one balancer. */
const NO_BALANCER: ErrorTable = { 404: LoadBalancerDoesNotExistError }

/** Whether those who come again get the same instance. */
const AFFINITY: Readonly<Record<string, string>> = {
  [Algorithm.RANDOM]: 'NONE',
  [Algorithm.PERSISTENT_IP]: 'CLIENT_IP',
}
const PROTOCOLS = ['tcp', 'udp']

const toHealthCheck = resource<GCEHttpHealthCheck>('global')

/** What only Google tells of a balancer. */
export interface GCEBalancerExtra {
  readonly region: string
  readonly protocol: string
  /** As Google has it: `'80-80'`. */
  readonly portRange: string
  /** The id of the target pool that has the members. */
  readonly targetPool: string
  readonly description: string
  readonly createdAt: Date | undefined
  readonly selfLink: string
}
/** What only Google tells of a member. */
export interface GCEMemberExtra {
  readonly name: string
  readonly zone: string
}
/** What `createBalancer` takes. A member is an instance: its `id` must be given. */
export interface GCECreateBalancerOptions extends CreateBalancerOptions {
  /** @defaultValue the driver's */
  ex_region?: Ref | undefined
  /** An address that was reserved. @defaultValue any */
  ex_address?: string | undefined
  /** Of the old kind: one at most. */
  ex_healthchecks?: readonly Ref[] | undefined
  ex_description?: string | undefined
}

/**
 * Balancers of Google that pass packets on as they come: a forwarding rule, which is the balancer, and a target pool, which
 * has its members. Balancers with proxies are made of the parts that `GCENodeDriver` has.
 */
export class GCELBDriver extends LoadBalancerDriver implements Partial<LoadBalancerApi> {
  readonly provider = 'gce'
  declare readonly connection: GoogleComputeConnection
  override readonly algorithms: readonly Algorithm[] = [Algorithm.RANDOM, Algorithm.PERSISTENT_IP]

  // Not in the base class: the connection must know `provider`, which is set after `super`.
  constructor(options: GoogleOptions = {}) {
    super(meta, googleOptions(options, 'gce'))
    connect(this, new GoogleComputeConnection(this))
  }

  /** Nothing is asked.
   * @see https://cloud.google.com/load-balancing/docs/network */
  listProtocols(options?: CallOptions): Pager<string> {
    return onePage(async () => [...PROTOCOLS], options)
  }

  /** Of the driver's region, or of all.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/forwardingRules/list */
  listBalancers(options?: GCEListRegionalOptions): Pager<LoadBalancer<GCEBalancerExtra>> {
    const isBalancer = ({ target = '' }: { readonly target?: string | undefined }): boolean =>
      target.includes('/targetPools/')
    const map = (raw: Parameters<typeof toForwardingRule>[0]) => toBalancer(this, toForwardingRule(raw))
    const spec = { map, keep: isBalancer, query: { filter: options?.ex_filter } }
    return this.connection.listIn(regionScope(this, options), 'forwardingRules', spec, options)
  }

  /** @see https://cloud.google.com/compute/docs/reference/rest/v1/forwardingRules/get */
  async getBalancer(balancerId: string, options?: CallOptions): Promise<LoadBalancer<GCEBalancerExtra>> {
    return toBalancer(this, await ruleOf(this, { id: balancerId }, 'balancerId', options))
  }

  /**
   * Makes a target pool called `<name>-tp`, and a forwarding rule to it. When the rule is refused, the pool is deleted; when
   * the connection is lost meanwhile, both may be there.
   * @throws CleanupError when that fails too.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/forwardingRules/insert
   */
  async createBalancer(
    balancer: GCECreateBalancerOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<LoadBalancer<GCEBalancerExtra>>> {
    const { name, port } = balancer
    checkName(this, name, 'balancer.name', options)
    if (name.length > 60) throw refused(this, 'balancer.name', 'of at most 60 characters: its pool has 3 more', options)
    const protocol = (balancer.protocol ?? 'tcp').toLowerCase()
    if (!PROTOCOLS.includes(protocol)) throw refused(this, 'balancer.protocol', "'tcp' or 'udp'", options)
    const scope = `regions/${regionFor(this, balancer.ex_region, 'balancer.ex_region', options)}`
    const pool = { scope, name: `${name}-tp` }
    await this.connection.insert(scope, 'targetPools', toRawPool(this, pool.name, balancer, options), options)
    const json = {
      name,
      description: balancer.ex_description,
      IPAddress: balancer.ex_address,
      IPProtocol: protocol.toUpperCase(),
      portRange: String(port),
      target: `${scope}/targetPools/${pool.name}`,
    }
    try {
      await this.connection.insert(scope, 'forwardingRules', json, options)
    } catch (error) {
      options?.signal?.throwIfAborted()
      // Then nobody knows whether there is a rule, which would need the pool.
      if (error instanceof LibcloudError && error.retryable) throw error
      await this.connection.remove(pool, 'targetPools', undefined, { timeout: 120_000 }).catch((failure: unknown) => {
        const operation = operationOf(options)
        const message = `createBalancer: the target pool ${pool.name} is left, and could not be deleted`
        throw new CleanupError(message, { provider: this.provider, operation, errors: [error, failure], cause: error })
      })
      throw error
    }
    const made = await this.getBalancer(`${scope}/forwardingRules/${name}`, options)
    return owned(made, () => this.destroyBalancer(made))
  }

  /** Its target pool goes with it, unless others use that too.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/forwardingRules/delete */
  async destroyBalancer(balancer: Ref, options?: GCEChangeOptions): Promise<void> {
    const rule = await ruleOf(this, balancer, 'balancer', options)
    const pool = poolOf(this, rule, options)
    await this.connection.remove(
      placeOf(this, rule, 'regionOrGlobal', 'balancer', options),
      'forwardingRules',
      NO_BALANCER,
      options,
    )
    await this.connection.remove(pool, 'targetPools', undefined, options).catch((error: unknown) => {
      if (!(error instanceof ConflictError || error instanceof NotFoundError)) throw error
    })
  }

  /** @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/get */
  balancerListMembers(balancer: Ref, options?: CallOptions): Pager<Member<GCEMemberExtra>> {
    return onePage(async () => {
      const rule = await ruleOf(this, balancer, 'balancer', options)
      const { instances = [] } = await readPool(this, rule, options)
      const members: Member<GCEMemberExtra>[] = []
      for (const link of instances) members.push(await readMember(this, link, rule, options))
      return members
    }, options)
  }

  /** An instance gets the traffic at the balancer's own port: its `id` must be given, `ip` and `port` are not sent.
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/addInstance */
  async balancerAttachMember(
    balancer: Ref,
    member: MemberAddress,
    options?: GCEChangeOptions,
  ): Promise<Member<GCEMemberExtra>> {
    const instance = memberLink(this, member, 'member', options)
    const rule = await ruleOf(this, balancer, 'balancer', options)
    const json = { instances: [{ instance }] }
    await this.connection.act(poolOf(this, rule, options), 'targetPools:addInstance', { json }, options)
    const { ip } = member
    const id = idOf(instance, 'zone')
    const [zone = '', name = ''] = id.split('/')
    return new Member(this, { id, ip, port: portOf(rule), balancer: { id: rule.id }, extra: { name, zone } })
  }

  /** @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/removeInstance */
  async balancerDetachMember(balancer: Ref, member: MemberRef, options?: GCEChangeOptions): Promise<void> {
    const rule = await ruleOf(this, balancer, 'balancer', options)
    const found = 'id' in member ? member : await findMember(this, rule, member, options)
    const json = { instances: [{ instance: nodeLink(this, found, 'member', options) }] }
    await this.connection.act(poolOf(this, rule, options), 'targetPools:removeInstance', { json }, options)
  }

  /**
   * Health checks of the old kind, which balancers can have.
   * @example for await (const { name, requestPath } of driver.ex_listHealthchecks()) console.log(name, requestPath)
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/httpHealthChecks/list
   */
  ex_listHealthchecks(options?: CallOptions): Pager<GCEHttpHealthCheck> {
    return this.connection.listIn('global', 'httpHealthChecks', { map: toHealthCheck }, options)
  }

  /**
   * Makes a health check of the old kind.
   * @example const check = await driver.ex_createHealthcheck({ name: 'web', port: 80, requestPath: '/health' })
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/httpHealthChecks/insert
   */
  async ex_createHealthcheck(
    healthCheck: GCECreateHttpHealthCheckOptions,
    options?: GCEChangeOptions,
  ): Promise<Owned<GCEHttpHealthCheck>> {
    checkName(this, healthCheck.name, 'healthCheck.name', options)
    await this.connection.insert('global', 'httpHealthChecks', { ...healthCheck }, options)
    const place = { scope: 'global', name: healthCheck.name }
    const made = await this.connection.get(place, 'httpHealthChecks', toHealthCheck, undefined, options)
    return owned(made, () => this.connection.remove(place, 'httpHealthChecks'))
  }

  /**
   * The health checks that a balancer has.
   * @example const [check] = await driver.ex_balancerListHealthchecks(balancer)
   * @throws LoadBalancerDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/get
   */
  ex_balancerListHealthchecks(balancer: Ref, options?: CallOptions): Pager<GCEHttpHealthCheck> {
    return onePage(async () => {
      const rule = await ruleOf(this, balancer, 'balancer', options)
      const { healthChecks = [] } = await readPool(this, rule, options)
      const found: GCEHttpHealthCheck[] = []
      for (const link of healthChecks) {
        const place = placeOf(this, { id: link }, 'global', 'healthCheck', options)
        found.push(await this.connection.get(place, 'httpHealthChecks', toHealthCheck, undefined, options))
      }
      return found
    }, options)
  }

  /**
   * Checks a balancer's members, which may have one check.
   * @example await driver.ex_balancerAttachHealthcheck(balancer, { id: 'web' })
   * @throws LoadBalancerDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/addHealthCheck
   */
  async ex_balancerAttachHealthcheck(balancer: Ref, healthCheck: Ref, options?: GCEChangeOptions): Promise<void> {
    await changeChecks(this, 'addHealthCheck', balancer, healthCheck, options)
  }

  /**
   * Checks a balancer's members no more.
   * @example await driver.ex_balancerDetachHealthcheck(balancer, { id: 'web' })
   * @throws LoadBalancerDoesNotExistError
   * @see https://cloud.google.com/compute/docs/reference/rest/v1/targetPools/removeHealthCheck
   */
  async ex_balancerDetachHealthcheck(balancer: Ref, healthCheck: Ref, options?: GCEChangeOptions): Promise<void> {
    await changeChecks(this, 'removeHealthCheck', balancer, healthCheck, options)
  }
}

async function changeChecks(
  driver: GCELBDriver,
  verb: 'addHealthCheck' | 'removeHealthCheck',
  balancer: Ref,
  healthCheck: Ref,
  options: GCEChangeOptions | undefined,
): Promise<void> {
  const check = checkLink(driver, healthCheck, 'healthCheck', options)
  const rule = await ruleOf(driver, balancer, 'balancer', options)
  const json = { healthChecks: [{ healthCheck: check }] }
  await driver.connection.act(poolOf(driver, rule, options), `targetPools:${verb}`, { json }, options)
}

function toRawPool(
  driver: GCELBDriver,
  name: string,
  { members, algorithm, ex_healthchecks }: GCECreateBalancerOptions,
  options: CallOptions | undefined,
): object {
  if (algorithm !== undefined && AFFINITY[algorithm] === undefined)
    throw refused(driver, 'balancer.algorithm', `one of ${Object.keys(AFFINITY).join(', ')}`, options)
  return {
    name,
    sessionAffinity: algorithm && AFFINITY[algorithm],
    instances: members?.map((each, index) => memberLink(driver, each, `balancer.members[${index}]`, options)),
    healthChecks: ex_healthchecks?.map(each => checkLink(driver, each, 'balancer.ex_healthchecks', options)),
  }
}

/** Pools have instances: an address alone does not tell which. */
function memberLink(
  driver: GCELBDriver,
  { id }: MemberAddress,
  argument: string,
  options: CallOptions | undefined,
): string {
  if (id === undefined) throw refused(driver, `${argument}.id`, "given: the instance's id", options)
  return nodeLink(driver, { id }, argument, options)
}

async function ruleOf(
  driver: GCELBDriver,
  balancer: Ref,
  argument: string,
  options: CallOptions | undefined,
): Promise<GCEForwardingRule> {
  const place = placeOf(driver, balancer, 'region', argument, options)
  return driver.connection.get(place, 'forwardingRules', toForwardingRule, NO_BALANCER, options)
}

function poolOf(driver: GCELBDriver, { target = '' }: GCEForwardingRule, options: CallOptions | undefined): Place {
  if (!target.includes('/targetPools/')) throw refused(driver, 'balancer', 'a balancer with a target pool', options)
  return placeOf(driver, { id: target }, 'region', 'balancer', options)
}

function readPool(
  driver: GCELBDriver,
  rule: GCEForwardingRule,
  options: CallOptions | undefined,
): Promise<GCETargetPool> {
  return driver.connection.get(poolOf(driver, rule, options), 'targetPools', toTargetPool, undefined, options)
}

async function readMember(
  driver: GCELBDriver,
  link: string,
  rule: GCEForwardingRule,
  options: CallOptions | undefined,
): Promise<Member<GCEMemberExtra>> {
  const place = placeOf(driver, { id: link }, 'zone', 'member', options)
  const toMember = (raw: RawInstance): Member<GCEMemberExtra> => {
    const [card] = raw.networkInterfaces ?? []
    const ip = card?.accessConfigs?.[0]?.natIP ?? card?.networkIP ?? ''
    const extra = { name: raw.name, zone: lastPart(raw.zone) }
    return new Member(driver, { id: idOf(link, 'zone'), ip, port: portOf(rule), balancer: { id: rule.id }, extra })
  }
  return driver.connection.get(place, 'instances', toMember, NO_NODE, options)
}

async function findMember(
  driver: GCELBDriver,
  rule: GCEForwardingRule,
  { ip }: { readonly ip: string },
  options: CallOptions | undefined,
): Promise<Ref> {
  const { instances = [] } = await readPool(driver, rule, options)
  for (const link of instances) {
    const member = await readMember(driver, link, rule, options)
    if (member.ip === ip) return member
  }
  const operation = operationOf(options)
  throw new NotFoundError(`${operation ?? 'request'}: the balancer has no member '${ip}'`, {
    provider: driver.provider,
    operation,
  })
}

const portOf = ({ portRange = '' }: GCEForwardingRule): number => Number(portRange.split('-')[0] ?? 0)

function toBalancer(driver: GCELBDriver, rule: GCEForwardingRule): LoadBalancer<GCEBalancerExtra> {
  return new LoadBalancer(driver, {
    id: rule.id,
    name: rule.name,
    // A rule that is there works: Google tells no state.
    state: LoadBalancerState.RUNNING,
    ip: rule.IPAddress,
    port: portOf(rule),
    extra: {
      region: lastPart(rule.region) ?? '',
      protocol: (rule.IPProtocol ?? '').toLowerCase(),
      portRange: rule.portRange ?? '',
      targetPool: idOf(rule.target ?? '', 'region'),
      description: rule.description ?? '',
      createdAt: rule.createdAt,
      selfLink: rule.selfLink,
    },
  })
}
