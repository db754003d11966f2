import { InvalidRequestError } from '../../lib/errors.js'

// What belongs to no one driver: the account, and the actions that change things.

export interface RawAction {
  readonly id: number
  readonly status: DigitalOceanActionStatus
  readonly type: string
  readonly started_at: string
  readonly completed_at: string | null
  readonly resource_id?: number | null
  readonly resource_type: string
  readonly region_slug?: string | null
}
export interface RawAccount {
  readonly droplet_limit: number
  readonly floating_ip_limit: number
  readonly email: string
  readonly name?: string
  readonly uuid: string
  readonly email_verified: boolean
  readonly status: string
  readonly status_message: string
  readonly team?: { readonly uuid: string; readonly name: string }
}

export type DigitalOceanActionStatus = 'in-progress' | 'completed' | 'errored'

/** A change that DigitalOcean has accepted, and makes or has made. */
export interface DigitalOceanAction {
  readonly id: string
  readonly status: DigitalOceanActionStatus
  /** What is done: `'power_off'`, `'attach_volume'` … */
  readonly type: string
  readonly startedAt: Date | undefined
  /** Absent while it goes on. */
  readonly completedAt: Date | undefined
  /** The id of the droplet, image … that is changed; DigitalOcean gives none for things whose ids are not numbers. */
  readonly resourceId: string | undefined
  /** What is changed: `'droplet'`, `'image'`, `'volume'` … */
  readonly resourceType: string
  /** The region's slug. */
  readonly region: string | undefined
}

/** Whose token it is, and what it may have. */
export interface DigitalOceanAccount {
  readonly id: string
  readonly name: string | undefined
  readonly email: string
  readonly emailVerified: boolean
  /** `'active'`, `'warning'` or `'locked'`. */
  readonly status: string
  readonly statusMessage: string
  /** Droplets that the account may have at a time. */
  readonly dropletLimit: number
  /** Reserved IP addresses that the account may have at a time. */
  readonly reservedIpLimit: number
  readonly team: { readonly id: string; readonly name: string } | undefined
}

export function toAction(raw: RawAction): DigitalOceanAction {
  return {
    id: String(raw.id),
    status: raw.status,
    type: raw.type,
    startedAt: toDate(raw.started_at),
    completedAt: toDate(raw.completed_at),
    resourceId: raw.resource_id ? String(raw.resource_id) : undefined,
    resourceType: raw.resource_type,
    region: raw.region_slug ?? undefined,
  }
}

export function toAccount(raw: RawAccount): DigitalOceanAccount {
  return {
    id: raw.uuid,
    name: raw.name,
    email: raw.email,
    emailVerified: raw.email_verified,
    status: raw.status,
    statusMessage: raw.status_message,
    dropletLimit: raw.droplet_limit,
    reservedIpLimit: raw.floating_ip_limit,
    team: raw.team && { id: raw.team.uuid, name: raw.team.name },
  }
}

/** A moment, where the provider tells one. */
export function toDate(text: string | null | undefined): Date | undefined {
  return text ? new Date(text) : undefined
}

/** Droplets, their images and their actions have numbers for ids, and request bodies want them as numbers. */
export function toNumber(id: string, argument: string): number {
  if (/^\d{1,15}$/.test(id)) return Number(id)
  const allowed = 'a whole number, in digits'
  throw new InvalidRequestError(`'${argument}' must be ${allowed}`, { argument, allowed })
}

/** Ids are numbers in JSON; slugs and fingerprints are text. */
export function numberOrText(id: string): number | string {
  return /^\d+$/.test(id) ? toNumber(id, 'id') : id
}
