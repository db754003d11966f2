import { checked, nameWithin } from '../../lib/dns/content.js'
import type { Zone } from '../../lib/dns/types.js'
import { ConflictError } from '../../lib/errors.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import type { Pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { GoogleDNSZones, NO_ZONE, zonePath } from './dns.base.js'
import { type RawRecordSet, shortName } from './dns.shared.js'

interface RawChange {
  readonly id: string
  readonly status: string
  readonly startTime?: string
  readonly isServing?: boolean
  readonly additions?: readonly RawRecordSet[]
  readonly deletions?: readonly RawRecordSet[]
}

/** All records of one name and type, in Google's form: host names absolute, texts in quotes, the priority first. */
export interface GoogleRecordSet {
  /** Relative to the zone; empty for the zone's own. */
  readonly name: string
  readonly type: string
  /** Seconds. */
  readonly ttl: number
  /** Absent where a routing policy has the data. */
  readonly rrdatas?: readonly string[] | undefined
  /** Whom which data is given, as Google has it. */
  readonly routingPolicy?: object | undefined
}
/** A change: its sets were written all at once, or none of them. */
export interface GoogleChange {
  readonly id: string
  /** `'done'` when all of Google's servers have it. */
  readonly status: string
  readonly startedAt: Date | undefined
  readonly additions: readonly GoogleRecordSet[]
  readonly deletions: readonly GoogleRecordSet[]
}
/** What is written at once. What is deleted must be as it stands, with its TTL and all its data. */
export interface GoogleChangeRequest {
  readonly additions?: readonly GoogleRecordSet[] | undefined
  readonly deletions?: readonly GoogleRecordSet[] | undefined
}
export interface GoogleRecordSetsOptions extends CallOptions {
  /** Relative to the zone; empty for the zone's own. */
  ex_name?: string | undefined
  /** Needs `ex_name` beside it. */
  ex_type?: string | undefined
}

/** Record sets as Google has them, and changes of several at once. */
export abstract class GoogleDNSChanges extends GoogleDNSZones {
  /**
   * Writes and deletes record sets, all at once or none of them, and waits until all servers have them.
   *
   * @example
   * ```ts
   * const www = { name: 'www', type: 'A', ttl: 300, rrdatas: ['192.0.2.1', '192.0.2.2'] }
   * const { id, status } = await driver.ex_bulkRecordChanges(zone, { additions: [www] })
   * ```
   * @throws ZoneDoesNotExistError
   * @throws ConflictError when what is deleted is not as it is said to be, or what is added is there.
   * @see https://cloud.google.com/dns/docs/reference/rest/v1/changes/create
   */
  async ex_bulkRecordChanges(zone: Ref, changes: GoogleChangeRequest, options?: WaitOptions): Promise<GoogleChange> {
    const domain = await domainOf(this, zone, options)
    const toRaw = (sets: readonly GoogleRecordSet[] = []): RawRecordSet[] => sets.map(set => this.#toRaw(set, domain))
    return change(
      this,
      zone,
      domain,
      { additions: toRaw(changes.additions), deletions: toRaw(changes.deletions) },
      options,
    )
  }

  /**
   * Changes of a zone, newest first.
   *
   * @example
   * ```ts
   * for await (const { startedAt, additions } of driver.ex_listChanges(zone)) console.log(startedAt, additions.length)
   * ```
   * @throws ZoneDoesNotExistError
   * @see https://cloud.google.com/dns/docs/reference/rest/v1/changes/list
   */
  ex_listChanges(zone: Zone | (Ref & { readonly domain: string }), options?: CallOptions): Pager<GoogleChange> {
    const at = (project: string): string => `${zonePath(zone.id)(project)}/changes`
    const query = { sortBy: 'changeSequence', sortOrder: 'descending' }
    const map = (raw: RawChange): GoogleChange => toChange(raw, zone.domain)
    return this.connection.list({ path: at, member: 'changes', query, map, errors: NO_ZONE }, options)
  }

  /**
   * One change.
   *
   * @example
   * ```ts
   * const { status } = await driver.ex_getChange(zone, '7')
   * ```
   * @throws NotFoundError
   * @see https://cloud.google.com/dns/docs/reference/rest/v1/changes/get
   */
  async ex_getChange(zone: Ref, changeId: string, options?: CallOptions): Promise<GoogleChange> {
    const domain = await domainOf(this, zone, options)
    return readChange(this, zone, domain, changeId, options)
  }

  /**
   * Record sets as Google has them, with those whose data a routing policy has.
   *
   * @example
   * ```ts
   * for await (const { name, type, rrdatas } of driver.ex_listRecordSets(zone)) console.log(name, type, rrdatas)
   * ```
   * @throws ZoneDoesNotExistError
   * @see https://cloud.google.com/dns/docs/reference/rest/v1/resourceRecordSets/list
   */
  ex_listRecordSets(
    zone: Zone | (Ref & { readonly domain: string }),
    options?: GoogleRecordSetsOptions,
  ): Pager<GoogleRecordSet> {
    const { ex_name: relative, ex_type: type } = options ?? {}
    const { domain } = zone
    const name = relative === undefined ? undefined : fullName(this, 'options.ex_name', domain, relative)
    const at = (project: string): string => `${zonePath(zone.id)(project)}/rrsets`
    const map = (raw: RawRecordSet): GoogleRecordSet => toSet(raw, domain)
    return this.connection.list({ path: at, member: 'rrsets', query: { name, type }, map, errors: NO_ZONE }, options)
  }

  /**
   * Replaces the data, the TTL or the routing policy of one set, or makes it.
   *
   * @example
   * ```ts
   * const items = [{ weight: 9, rrdatas: ['192.0.2.1'] }, { weight: 1, rrdatas: ['192.0.2.2'] }]
   * await driver.ex_replaceRecordSet(zone, { name: 'www', type: 'A', ttl: 60, routingPolicy: { wrr: { items } } })
   * ```
   * @throws ZoneDoesNotExistError
   * @see https://cloud.google.com/dns/docs/reference/rest/v1/changes/create
   */
  async ex_replaceRecordSet(zone: Ref, set: GoogleRecordSet, options?: WaitOptions): Promise<GoogleChange> {
    const domain = await domainOf(this, zone, options)
    const added = this.#toRaw(set, domain)
    return rewrite(options, async () => {
      const old = await readSet(this, zone, added, options)
      return () => change(this, zone, domain, { additions: [added], deletions: old ? [bare(old)] : [] }, options)
    })
  }

  /**
   * Deletes all records of a name and type.
   *
   * @example
   * ```ts
   * await driver.ex_deleteRecordSet(zone, { name: 'www', type: 'A' })
   * ```
   * @throws ZoneDoesNotExistError
   * @throws NotFoundError when there is none.
   * @see https://cloud.google.com/dns/docs/reference/rest/v1/resourceRecordSets/delete
   */
  async ex_deleteRecordSet(
    zone: Ref,
    set: Pick<GoogleRecordSet, 'name' | 'type'>,
    options?: CallOptions,
  ): Promise<void> {
    const domain = await domainOf(this, zone, options)
    const name = fullName(this, 'set.name', domain, set.name)
    const at = (project: string): string =>
      path`/dns/v1/projects/${project}/managedZones/${zone.id}/rrsets/${name}/${set.type}`
    await this.connection.one({ method: 'DELETE', path: at }, () => undefined, options)
  }

  #toRaw({ name, ttl, type, rrdatas, routingPolicy }: GoogleRecordSet, domain: string): RawRecordSet {
    const full = fullName(this, 'name', domain, name)
    return { name: full, type, ttl, ...(rrdatas && { rrdatas }), ...(routingPolicy && { routingPolicy }) }
  }
}

/** A zone's domain. Of a mere id it must be asked for. */
export async function domainOf(driver: GoogleDNSZones, zone: Ref, options?: CallOptions): Promise<string> {
  if ('domain' in zone && typeof zone.domain === 'string') return (zone as Zone).domain
  return (await driver.getZone(zone.id, options)).domain
}

export function fullName(driver: GoogleDNSZones, argument: string, domain: string, name: string): string {
  return checked(driver.provider, argument, () => nameWithin(domain, name))
}

/** One set, as it stands; `undefined` where there is none. */
export async function readSet(
  driver: GoogleDNSZones,
  zone: Ref,
  { name, type }: Pick<RawRecordSet, 'name' | 'type'>,
  options: CallOptions | undefined,
): Promise<RawRecordSet | undefined> {
  const at = (project: string): string => `${zonePath(zone.id)(project)}/rrsets`
  const spec = { path: at, query: { name, type }, errors: NO_ZONE }
  const first = (raw: { readonly rrsets?: readonly RawRecordSet[] }): RawRecordSet | undefined => raw.rrsets?.[0]
  return driver.connection.one(spec, first, options)
}

/** A set as a deletion names it. */
export function bare({ name, type, ttl, rrdatas, routingPolicy }: RawRecordSet): RawRecordSet {
  return {
    name,
    type,
    ...(ttl !== undefined && { ttl }),
    ...(rrdatas && { rrdatas }),
    ...(routingPolicy && { routingPolicy }),
  }
}

/** Writes a change, and waits until all servers have it. */
export async function change(
  driver: GoogleDNSZones,
  zone: Ref,
  domain: string,
  { additions, deletions }: { additions: readonly RawRecordSet[]; deletions: readonly RawRecordSet[] },
  options: WaitOptions | undefined,
): Promise<GoogleChange> {
  const at = (project: string): string => `${zonePath(zone.id)(project)}/changes`
  const spec = { method: 'POST', path: at, json: { additions, deletions }, errors: NO_ZONE } as const
  const made = await driver.connection.one(spec, (raw: RawChange) => toChange(raw, domain), options)
  if (made.status === 'done') return made
  return driver.connection.poll(
    `change ${made.id} of zone ${zone.id} to be served`,
    async look => {
      const value = await readChange(driver, zone, domain, made.id, look)
      return value.status === 'done' ? { done: true, value } : { state: value.status }
    },
    { interval: 1000, ...options },
  )
}

/**
 * A change names what it replaces, so that nobody's is lost: when somebody else was faster, it is prepared again.
 * @throws ConflictError when others are faster each time.
 */
export async function rewrite<T>(
  options: CallOptions | undefined,
  prepare: () => Promise<() => Promise<T>>,
): Promise<T> {
  for (let left = options?.retry === false ? 0 : 3; ; left--) {
    const write = await prepare()
    try {
      return await write()
    } catch (error) {
      const isLate = error instanceof ConflictError && error.status !== undefined
      if (!isLate || left === 0) throw error
    }
  }
}

async function readChange(
  driver: GoogleDNSZones,
  zone: Ref,
  domain: string,
  id: string,
  options: CallOptions | undefined,
): Promise<GoogleChange> {
  const at = (project: string): string => path`/dns/v1/projects/${project}/managedZones/${zone.id}/changes/${id}`
  return driver.connection.one({ path: at }, (raw: RawChange) => toChange(raw, domain), options)
}

function toSet({ name, type, ttl = 0, rrdatas, routingPolicy }: RawRecordSet, domain: string): GoogleRecordSet {
  return { name: shortName(domain, name), type, ttl, rrdatas, routingPolicy }
}

function toChange(raw: RawChange, domain: string): GoogleChange {
  if (typeof raw.id !== 'string') throw new Error('The reply is no change')
  return {
    id: raw.id,
    status: raw.status,
    startedAt: raw.startTime === undefined ? undefined : new Date(raw.startTime),
    additions: (raw.additions ?? []).map(each => toSet(each, domain)),
    deletions: (raw.deletions ?? []).map(each => toSet(each, domain)),
  }
}
