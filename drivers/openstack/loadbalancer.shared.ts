// Octavia's things are alike: made, listed, changed and deleted in the same way, each in a state of its own.
import type { BaseDriver } from '../../lib/driver.js'
import {
  InvalidRequestError,
  LoadBalancerDoesNotExistError,
  LoadBalancerImmutableError,
  type NotFoundError,
} from '../../lib/errors.js'
import type { ErrorTable, ProviderProblem } from '../../lib/http/errors.js'
import { type ReplyHead, readNothing } from '../../lib/http/message.js'
import { EncodedPath as Place, path, type QueryValues } from '../../lib/http/url.js'
import type { LoadBalancerDriver } from '../../lib/loadbalancer/driver.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { Pager } from '../../lib/pager.js'
import type { Look, WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { OpenStackConnection } from './connection.js'

/** https://docs.openstack.org/api-ref/load-balancer/v2/ */
export class OctaviaConnection extends OpenStackConnection {
  constructor(driver: BaseDriver) {
    super(driver, { service: 'load-balancer' })
  }

  /** Octavia calls every error 'Client': its words tell them apart. */
  override problem(text: string, head: ReplyHead): ProviderProblem {
    const problem = super.problem(text, head)
    const { message = '' } = problem
    if (/^(load balancer|loadbalancer) \S+ not found/i.test(message))
      return { ...problem, errorClass: LoadBalancerDoesNotExistError }
    return /immutable and cannot be updated/i.test(message)
      ? { ...problem, errorClass: LoadBalancerImmutableError }
      : problem
  }
}

/** As much of the driver as these functions need. */
export type OctaviaHolder = LoadBalancerDriver & { readonly connection: OctaviaConnection }

/** What can be said of every change: whether one waits until the balancer can be changed, and until it has been. */
export interface OctaviaChangeOptions extends CallOptions {
  /**
   * Octavia refuses every change to a balancer that is being changed. With `true` the call waits until it is ACTIVE, both
   * before and after the change; with milliseconds in `interval` it looks as often.
   * @defaultValue false: LoadBalancerImmutableError
   */
  ex_wait?: boolean | { readonly interval?: number | undefined } | undefined
}

/** How Octavia calls a thing in paths and bodies. */
export interface Kind {
  readonly path: string
  readonly one: string
  readonly many: string
}
const kind = (one: string, many: string): Kind => ({ path: `/lbaas/${many}`, one, many })
export const KINDS: Readonly<Record<'balancer' | 'listener' | 'pool' | 'healthMonitor' | 'l7Policy', Kind>> = {
  balancer: kind('loadbalancer', 'loadbalancers'),
  listener: kind('listener', 'listeners'),
  pool: kind('pool', 'pools'),
  healthMonitor: kind('healthmonitor', 'healthmonitors'),
  l7Policy: kind('l7policy', 'l7policies'),
}
/** The members of a pool. */
export const membersOf = (pool: Ref): Kind => ({
  path: path`/lbaas/pools/${pool.id}/members`,
  one: 'member',
  many: 'members',
})
/** The rules of a policy. */
export const rulesOf = (policy: Ref): Kind => ({
  path: path`/lbaas/l7policies/${policy.id}/rules`,
  one: 'rule',
  many: 'rules',
})
/** The error of a request about one balancer. */
export const NO_BALANCER: ErrorTable = { 404: LoadBalancerDoesNotExistError }

type Raw = Readonly<Record<string, unknown>>

const toCamel = (name: string): string => name.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase())
const toSnake = (name: string): string => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
/** What Octavia writes otherwise than its name in this library would say. */
const NAMES: Readonly<Record<string, string>> = {
  healthmonitor_id: 'healthMonitorId',
  l7policies: 'l7PolicyIds',
  lb_algorithm: 'algorithm',
  listeners: 'listenerIds',
  loadbalancers: 'balancerIds',
  members: 'memberIds',
  pools: 'poolIds',
  provisioning_status: 'state',
  rules: 'ruleIds',
}
const RAW_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(NAMES).map(([raw, name]) => [name, raw]),
)
/** Members whose own names follow the same rule. */
const NESTED = new Set(['session_persistence'])

/** A thing of Octavia's in this library's form: names in camelCase, moments as dates, lists of things as their ids. */
export function fromRaw<T>(raw: object): T {
  const found: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(raw)) {
    if (name === 'tenant_id') continue
    found[NAMES[name] ?? toCamel(name)] = plainValue(name, value)
  }
  return found as T
}

function plainValue(name: string, value: unknown): unknown {
  if (value === null) return undefined
  if (name.endsWith('_at') && typeof value === 'string') return new Date(/\d$/.test(value) ? `${value}Z` : value)
  if (Array.isArray(value) && Object.hasOwn(NAMES, name)) return value.map(each => (each as Ref).id)
  return NESTED.has(name) ? fromRaw(value as object) : value
}

/** Settings as Octavia has them: what is absent stays out, `null` goes back to what it was. */
export function toRaw(settings: object): Raw {
  const found: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(settings)) {
    const raw = RAW_NAMES[name] ?? toSnake(name)
    found[raw] = NESTED.has(raw) && typeof value === 'object' && value !== null ? toRaw(value) : value
  }
  return found
}

/** All things of a kind. */
export function listThings<T>(
  { connection }: OctaviaHolder,
  { path: at, many }: Kind,
  options: CallOptions | undefined,
  query?: QueryValues,
  map: (raw: object) => T = fromRaw<T>,
): Pager<T> {
  return connection.list({ path: at, member: many, query, map, errors: NO_BALANCER }, options)
}

/** One thing. */
export function getThing<T>(
  { connection }: OctaviaHolder,
  { path: at, one }: Kind,
  id: string,
  options: CallOptions | undefined,
  map: (raw: object) => T = fromRaw<T>,
  errors?: ErrorTable,
): Promise<T> {
  return connection.one({ path: path`${new Place(at)}/${id}`, member: one, map, errors }, options)
}

/** Makes a thing. It is made once, or not at all. */
export function createThing<T>(
  { connection }: OctaviaHolder,
  { path: at, one }: Kind,
  settings: object,
  options: CallOptions | undefined,
  map: (raw: object) => T = fromRaw<T>,
): Promise<T> {
  const json = { [one]: toRaw(settings) }
  return connection.one({ method: 'POST', path: at, json, member: one, map, errors: NO_BALANCER }, options)
}

/** Changes a thing. */
export function updateThing<T>(
  { connection }: OctaviaHolder,
  { path: at, one }: Kind,
  { id }: Ref,
  changes: object,
  options: CallOptions | undefined,
  map: (raw: object) => T = fromRaw<T>,
  errors?: ErrorTable,
): Promise<T> {
  const json = { [one]: toRaw(changes) }
  return connection.one({ method: 'PUT', path: path`${new Place(at)}/${id}`, json, member: one, map, errors }, options)
}

/** Deletes a thing. */
export async function deleteThing(
  { connection }: OctaviaHolder,
  { path: at }: Kind,
  { id }: Ref,
  options: CallOptions | undefined,
  errors?: ErrorTable,
): Promise<void> {
  const spec = { method: 'DELETE', path: path`${new Place(at)}/${id}`, errors, read: readNothing } as const
  await connection.request(spec, options)
}

/** Waits until a balancer can be changed. @throws WaitError when it is in an error */
export async function waitUntilActive(driver: OctaviaHolder, { id }: Ref, options: WaitOptions = {}): Promise<void> {
  const look = async (lookOptions: CallOptions): Promise<Look<undefined>> => {
    const state = await getThing(driver, KINDS.balancer, id, lookOptions, raw => (raw as Raw)['provisioning_status'])
    if (state === 'ACTIVE') return { done: true, value: undefined }
    if (state === 'ERROR' || state === 'DELETED') return { failed: `it is ${state}`, state }
    return { state: typeof state === 'string' ? state : undefined }
  }
  await driver.connection.poll(`load balancer ${id} to be ACTIVE`, look, { interval: 1000, ...options })
}

/** Waits until a balancer is gone. */
export async function waitUntilGone(driver: OctaviaHolder, { id }: Ref, options: WaitOptions): Promise<void> {
  const look = async (lookOptions: CallOptions): Promise<Look<undefined>> => {
    const state = await getThing(
      driver,
      KINDS.balancer,
      id,
      lookOptions,
      raw => (raw as Raw)['provisioning_status'],
    ).catch((error: NotFoundError) => {
      if (error.code === 'NOT_FOUND') return 'DELETED'
      throw error
    })
    if (state === 'DELETED') return { done: true, value: undefined }
    return state === 'ERROR' ? { failed: 'it is ERROR', state } : { state: String(state) }
  }
  await driver.connection.poll(`load balancer ${id} to be gone`, look, { interval: 1000, ...options })
}

/** How one waits for what `ex_wait` says. */
export const waitOf = (options: OctaviaChangeOptions | undefined): WaitOptions => {
  const { ex_wait: wait } = options ?? {}
  return typeof wait === 'object' ? { ...options, interval: wait.interval ?? 1000 } : { ...options }
}

/** Makes a change, and waits before it and after it where that is wanted. */
export async function changing<T>(
  driver: OctaviaHolder,
  balancerOf: Ref | (() => Promise<Ref | undefined>),
  options: OctaviaChangeOptions | undefined,
  change: () => Promise<T>,
): Promise<T> {
  if (!options?.ex_wait) return change()
  const balancer = typeof balancerOf === 'function' ? await balancerOf() : balancerOf
  if (balancer === undefined) return change()
  const wait = waitOf(options)
  for (let tries = 0; ; tries++) {
    await waitUntilActive(driver, balancer, wait)
    try {
      const changed = await change()
      await waitUntilActive(driver, balancer, wait)
      return changed
    } catch (error) {
      // Somebody else was faster: nothing was done.
      if (!(error instanceof LoadBalancerImmutableError) || tries >= 20) throw error
    }
  }
}

/** As {@link changing}, for the balancer's end. */
export async function ending(
  driver: OctaviaHolder,
  balancer: Ref,
  options: OctaviaChangeOptions | undefined,
  end: () => Promise<void>,
): Promise<void> {
  if (options?.ex_wait) {
    const wait = waitOf(options)
    // One that is in an error can be deleted.
    await waitUntilActive(driver, balancer, wait).catch((error: { code?: string }) => {
      if (error.code !== 'WAIT') throw error
    })
    await end()
    await waitUntilGone(driver, balancer, wait)
  } else await end()
}

/** The error of an argument that Octavia could not take. */
export function refused(
  { provider }: BaseDriver,
  argument: string,
  allowed: string,
  options: CallOptions | undefined,
): InvalidRequestError {
  const operation = operationOf(options)
  const details = { provider, operation, argument, allowed }
  return new InvalidRequestError(`${operation}: '${argument}' must be ${allowed}`, details)
}
