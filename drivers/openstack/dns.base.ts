import { absoluteName, checked } from '../../lib/dns/content.js'
import { DNSDriver } from '../../lib/dns/driver.js'
import { type CreateZoneOptions, type RecordType, type UpdateZoneOptions, Zone, ZoneType } from '../../lib/dns/types.js'
import { InvalidRequestError, NotFoundError } from '../../lib/errors.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Look, WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { type DesignateConnection, NO_ZONE, RECORD_TYPES } from './dns.recordsets.js'

export interface RawZone {
  readonly id: string
  readonly name: string
  readonly pool_id: string
  readonly project_id: string
  readonly email: string | null
  readonly description: string | null
  readonly ttl: number | null
  readonly serial: number
  readonly status: string
  readonly action: string
  readonly version: number
  readonly type: string
  readonly masters: readonly string[]
  readonly attributes: Readonly<Record<string, string>>
  readonly created_at: string | null
  readonly updated_at: string | null
  readonly transferred_at: string | null
}

/** What only Designate tells of a zone. */
export interface DesignateZoneExtra {
  /** `ACTIVE`, `PENDING` while name servers are told, `ERROR`. */
  readonly state: string
  /** What is being done: `CREATE`, `UPDATE`, `DELETE`, or `NONE`. */
  readonly action: string
  readonly email: string | undefined
  readonly description: string | undefined
  /** The SOA's serial number. */
  readonly serial: number
  /** How often it has changed. */
  readonly version: number
  /** The servers that a copy comes from. */
  readonly masters: readonly string[]
  /** What chose the pool of name servers. */
  readonly attributes: Readonly<Record<string, string>>
  readonly poolId: string
  readonly projectId: string
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
  /** When a copy was last fetched. */
  readonly transferredAt: Date | undefined
}
/** What Designate's calls take that change something. */
export interface DesignateChangeOptions extends CallOptions {
  /**
   * Waits until all name servers have the change. With milliseconds in `interval` it looks as often.
   * @defaultValue true for zones that are made or deleted, else false
   */
  ex_wait?: boolean | { readonly interval?: number | undefined } | undefined
}
/** What Designate's `createZone` takes. */
export interface DesignateCreateZoneOptions extends CreateZoneOptions {
  /** Who is responsible. @defaultValue hostmaster at the domain */
  ex_email?: string | undefined
  ex_description?: string | undefined
  /** For slaves: the servers that it comes from, as addresses, with a port after a colon where it is not 53. */
  ex_masters?: readonly string[] | undefined
  /** Chooses a pool of name servers. */
  ex_attributes?: Readonly<Record<string, string>> | undefined
}
/** What Designate's `updateZone` takes. */
export interface DesignateUpdateZoneOptions extends UpdateZoneOptions {
  ex_email?: string | undefined
  ex_description?: string | null | undefined
  ex_masters?: readonly string[] | undefined
}
/** What Designate's `listZones` takes. */
export interface DesignateListZonesOptions extends CallOptions {
  /** Only the zone of this domain; `*` stands for any text. */
  ex_domain?: string | undefined
  /** Only zones in this state. */
  ex_state?: string | undefined
  /** Zones in a page. @defaultValue the server's: 20 for most */
  ex_pageSize?: number | undefined
}

/** Zones. */
export abstract class DesignateZones extends DNSDriver {
  readonly recordTypes: readonly RecordType[] = RECORD_TYPES
  declare readonly connection: DesignateConnection

  /** @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#list-zones */
  listZones(options?: DesignateListZonesOptions): Pager<Zone<DesignateZoneExtra>> {
    const { ex_domain: domain, ex_state: status, ex_pageSize: limit } = options ?? {}
    const name = domain === undefined || domain.endsWith('.') ? domain : `${domain}.`
    const map = (raw: RawZone): Zone<DesignateZoneExtra> => toZone(this, raw)
    return this.connection.list({ path: '/zones', member: 'zones', query: { name, status }, limit, map }, options)
  }

  /** @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#show-a-zone */
  async getZone(zoneId: string, options?: CallOptions): Promise<Zone<DesignateZoneExtra>> {
    return this.#one({ path: path`/zones/${zoneId}` }, options)
  }

  /** Waits until all name servers have it, unless `ex_wait` is `false`.
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#create-zone */
  async createZone(
    zone: DesignateCreateZoneOptions,
    options?: DesignateChangeOptions,
  ): Promise<Owned<Zone<DesignateZoneExtra>>> {
    const name = checked(this.provider, 'zone.domain', () => absoluteName(zone.domain))
    const isSlave = zone.type === ZoneType.SLAVE
    if (isSlave && (zone.ex_masters?.length ?? 0) === 0) {
      const allowed = 'given for a slave: at least one address'
      const details = { provider: this.provider, operation: operationOf(options), argument: 'zone.ex_masters', allowed }
      throw new InvalidRequestError(`createZone: 'zone.ex_masters' must be ${allowed}`, details)
    }
    const json = {
      name,
      type: isSlave ? 'SECONDARY' : 'PRIMARY',
      email: isSlave ? undefined : (zone.ex_email ?? `hostmaster@${name.slice(0, -1)}`),
      ttl: zone.ttl,
      description: zone.ex_description,
      masters: zone.ex_masters,
      attributes: zone.ex_attributes,
    }
    const made = await this.#one({ method: 'POST', path: '/zones', json }, options)
    const giveBack = (): Promise<void> => this.deleteZone({ id: made.id })
    if (options?.ex_wait === false) return owned(made, giveBack)
    try {
      return owned(await waitForZone(this, made, waitOf(options)), giveBack)
    } catch (error) {
      await this.deleteZone({ id: made.id }, { ex_wait: false }).catch(() => {})
      throw error
    }
  }

  /** Its name and its type cannot be changed.
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#update-a-zone */
  async updateZone(
    zone: Ref,
    changes: DesignateUpdateZoneOptions,
    options?: DesignateChangeOptions,
  ): Promise<Zone<DesignateZoneExtra>> {
    for (const member of ['domain', 'type'] as const) {
      if (changes[member] === undefined) continue
      const argument = `changes.${member}`
      const allowed = `absent: a zone keeps its ${member}`
      const details = { provider: this.provider, operation: operationOf(options), argument, allowed }
      throw new InvalidRequestError(`updateZone: '${argument}' must be ${allowed}`, details)
    }
    const { ttl, ex_email: email, ex_description: description, ex_masters: masters } = changes
    const json = { ttl, email, description, masters }
    const changed = await this.#one({ method: 'PATCH', path: path`/zones/${zone.id}`, json }, options)
    return options?.ex_wait ? waitForZone(this, zone, waitOf(options)) : changed
  }

  /** Waits until no name server has it any more, unless `ex_wait` is `false`.
   * @see https://docs.openstack.org/api-ref/dns/dns-api-v2-index.html#delete-a-zone */
  async deleteZone(zone: Ref, options?: DesignateChangeOptions): Promise<void> {
    await this.#one({ method: 'DELETE', path: path`/zones/${zone.id}` }, options)
    if (options?.ex_wait === false) return
    const look = async (lookOptions: CallOptions): Promise<Look<undefined>> => {
      try {
        const { extra } = await this.getZone(zone.id, lookOptions)
        return extra.state === 'ERROR' ? { failed: 'it is in an error', state: 'ERROR' } : { state: extra.state }
      } catch (error) {
        if (error instanceof NotFoundError) return { done: true, value: undefined }
        throw error
      }
    }
    await this.connection.poll(`zone ${zone.id} to be gone`, look, waitOf(options))
  }

  #one(
    spec: { method?: 'POST' | 'PATCH' | 'DELETE'; path: string; json?: object },
    options: CallOptions | undefined,
  ): Promise<Zone<DesignateZoneExtra>> {
    const map = (raw: RawZone): Zone<DesignateZoneExtra> => toZone(this, raw)
    return this.connection.one({ ...spec, map, errors: NO_ZONE }, options)
  }
}

/** How one waits for what `ex_wait` says. */
export function waitOf(options: DesignateChangeOptions | undefined): WaitOptions {
  const { ex_wait: wait } = options ?? {}
  return { ...options, interval: typeof wait === 'object' ? (wait.interval ?? 1000) : 1000 }
}

/** Waits until all name servers have what a zone is now. @throws WaitError when one of them fails */
export function waitForZone(
  driver: DesignateZones,
  zone: Ref,
  options: WaitOptions = {},
): Promise<Zone<DesignateZoneExtra>> {
  const look = async (lookOptions: CallOptions): Promise<Look<Zone<DesignateZoneExtra>>> => {
    const value = await driver.getZone(zone.id, lookOptions)
    const { state } = value.extra
    if (state === 'ACTIVE') return { done: true, value }
    return state === 'ERROR' ? { failed: 'it is in an error', state } : { state }
  }
  return driver.connection.poll(`zone ${zone.id} to be ACTIVE`, look, { interval: 1000, ...options })
}

/** Designate gives times without a zone: it is UTC. */
export const dateOf = (value: string | null | undefined): Date | undefined =>
  value ? new Date(/\d$/.test(value) ? `${value}Z` : value) : undefined

function toZone(driver: DesignateZones, raw: RawZone): Zone<DesignateZoneExtra> {
  return new Zone(driver, {
    id: raw.id,
    domain: raw.name.replace(/(?<=.)\.$/, ''),
    type: raw.type === 'SECONDARY' ? ZoneType.SLAVE : ZoneType.MASTER,
    ttl: raw.ttl ?? undefined,
    extra: {
      state: raw.status,
      action: raw.action,
      email: raw.email ?? undefined,
      description: raw.description ?? undefined,
      serial: raw.serial,
      version: raw.version,
      masters: raw.masters,
      attributes: raw.attributes ?? {},
      poolId: raw.pool_id,
      projectId: raw.project_id,
      createdAt: dateOf(raw.created_at),
      updatedAt: dateOf(raw.updated_at),
      transferredAt: dateOf(raw.transferred_at),
    },
  })
}
