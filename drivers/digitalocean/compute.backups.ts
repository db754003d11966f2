import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { type DigitalOceanAction, toDate } from './account.js'
import { DigitalOceanComputeActions } from './compute.actions.js'
import {
  act,
  type DigitalOceanBackupPolicy,
  type DigitalOceanWeekday,
  type DigitalOceanWindow,
  NO_NODE,
  type RawBackupPolicy,
  type RawWindow,
  toWindow,
} from './compute.base.js'

interface RawNodeImage {
  readonly id: number
  readonly name: string
  readonly created_at: string
  readonly regions: readonly string[]
  readonly min_disk_size: number
  readonly size_gigabytes: number
  readonly type: 'snapshot' | 'backup'
}
interface RawPolicyRecord {
  readonly droplet_id: number
  readonly backup_enabled: boolean
  readonly backup_policy?: RawBackupPolicy
  readonly next_backup_window?: RawWindow | null
}
interface RawSupportedPolicy {
  readonly name: 'daily' | 'weekly'
  readonly possible_window_starts: readonly number[]
  readonly window_length_hours: number
  readonly retention_period_days: number
  readonly possible_days: readonly DigitalOceanWeekday[]
}
/** A backup or snapshot of a droplet. Its id is that of an image. */
export interface DigitalOceanNodeImage {
  readonly id: string
  readonly name: string
  readonly type: 'snapshot' | 'backup'
  readonly createdAt: Date | undefined
  /** Slugs of the regions that it lies in. */
  readonly regions: readonly string[]
  /** The smallest disk that it fits on, in GiB. */
  readonly minDiskSize: number
  /** GiB. */
  readonly size: number
}
/** How a droplet is backed up. */
export interface DigitalOceanNodeBackups {
  readonly nodeId: string
  readonly enabled: boolean
  readonly policy: (DigitalOceanBackupPolicy & DigitalOceanRetention) | undefined
  readonly nextWindow: DigitalOceanWindow | undefined
}
/** How long a backup may take to begin, and how long it is kept. */
export interface DigitalOceanRetention {
  readonly windowLengthHours: number | undefined
  readonly retentionPeriodDays: number | undefined
}
/** What a backup plan allows. */
export interface DigitalOceanBackupPlan extends DigitalOceanRetention {
  readonly name: 'daily' | 'weekly'
  /** Hours, in UTC. */
  readonly windowStarts: readonly number[]
  /** None of a daily plan. */
  readonly weekdays: readonly DigitalOceanWeekday[]
}
export interface DigitalOceanBackupOptions extends CallOptions {
  /** @defaultValue every day, at an hour that DigitalOcean chooses */
  ex_backupPolicy?: DigitalOceanBackupPolicy | undefined
}
/** Backups and snapshots of droplets. */
export abstract class DigitalOceanComputeBackups extends DigitalOceanComputeActions {
  /**
   * Lets a droplet be backed up regularly, which is charged for.
   *
   * @example
   * ```ts
   * await driver.ex_enableBackups(node, { ex_backupPolicy: { plan: 'weekly', weekday: 'SUN', hour: 20 } })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async ex_enableBackups(node: Ref, options?: DigitalOceanBackupOptions): Promise<DigitalOceanAction> {
    return act(this, node, { type: 'enable_backups', backup_policy: options?.ex_backupPolicy }, options)
  }

  /**
   * Makes no more backups of a droplet. Those that it has are kept.
   *
   * @example
   * ```ts
   * await driver.ex_disableBackups(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async ex_disableBackups(node: Ref, options?: CallOptions): Promise<DigitalOceanAction> {
    return act(this, node, { type: 'disable_backups' }, options)
  }

  /**
   * Lets a droplet be backed up at other times.
   *
   * @example
   * ```ts
   * await driver.ex_changeBackupPolicy(node, { plan: 'daily', hour: 4 })
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async ex_changeBackupPolicy(
    node: Ref,
    policy: DigitalOceanBackupPolicy,
    options?: CallOptions,
  ): Promise<DigitalOceanAction> {
    return act(this, node, { type: 'change_backup_policy', backup_policy: policy }, options)
  }

  /**
   * How a droplet is backed up.
   *
   * @example
   * ```ts
   * const { enabled, nextWindow } = await driver.ex_getBackupPolicy(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_get_backup_policy
   */
  async ex_getBackupPolicy(node: Ref, options?: CallOptions): Promise<DigitalOceanNodeBackups> {
    const at = path`/v2/droplets/${node.id}/backups/policy`
    return this.connection.one({ path: at, errors: NO_NODE, member: 'policy', map: toNodeBackups }, options)
  }

  /**
   * How each droplet of the account is backed up.
   *
   * @example
   * ```ts
   * for await (const { nodeId, enabled } of driver.ex_listBackupPolicies()) console.log(nodeId, enabled)
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_list_backup_policies
   */
  ex_listBackupPolicies(options?: CallOptions): Pager<DigitalOceanNodeBackups> {
    return this.connection.list(
      { path: '/v2/droplets/backups/policies', member: 'policies', map: toNodeBackups },
      options,
    )
  }

  /**
   * The backup plans there are.
   *
   * @example
   * ```ts
   * const plans = await driver.ex_listSupportedBackupPolicies()
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_list_supported_backup_policies
   */
  ex_listSupportedBackupPolicies(options?: CallOptions): Pager<DigitalOceanBackupPlan> {
    const map = (raw: RawSupportedPolicy): DigitalOceanBackupPlan => ({
      name: raw.name,
      windowStarts: raw.possible_window_starts,
      weekdays: raw.possible_days,
      windowLengthHours: raw.window_length_hours,
      retentionPeriodDays: raw.retention_period_days,
    })
    return this.connection.listWhole(
      { path: '/v2/droplets/backups/supported_policies', member: 'supported_policies', map },
      options,
    )
  }

  /**
   * A droplet's backups.
   *
   * @example
   * ```ts
   * for await (const backup of driver.ex_listNodeBackups(node)) console.log(backup.id, backup.createdAt)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_list_backups
   */
  ex_listNodeBackups(node: Ref, options?: CallOptions): Pager<DigitalOceanNodeImage> {
    const at = path`/v2/droplets/${node.id}/backups`
    return this.connection.list({ path: at, errors: NO_NODE, member: 'backups', map: toNodeImage }, options)
  }

  /**
   * A droplet's snapshots. Each is an image that `getImage` knows.
   *
   * @example
   * ```ts
   * const snapshots = await driver.ex_listNodeSnapshots(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_list_snapshots
   */
  ex_listNodeSnapshots(node: Ref, options?: CallOptions): Pager<DigitalOceanNodeImage> {
    const at = path`/v2/droplets/${node.id}/snapshots`
    return this.connection.list({ path: at, errors: NO_NODE, member: 'snapshots', map: toNodeImage }, options)
  }

  /**
   * Begins a snapshot of a droplet, and does not wait for it: `createImage` does.
   *
   * @example
   * ```ts
   * await driver.ex_waitForAction(await driver.ex_snapshotNode(node, 'before the upgrade'))
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post
   */
  async ex_snapshotNode(node: Ref, name: string, options?: CallOptions): Promise<DigitalOceanAction> {
    return act(this, node, { type: 'snapshot', name }, options)
  }
}

function toNodeImage(raw: RawNodeImage): DigitalOceanNodeImage {
  return {
    id: String(raw.id),
    name: raw.name,
    type: raw.type,
    createdAt: toDate(raw.created_at),
    regions: raw.regions,
    minDiskSize: raw.min_disk_size,
    size: raw.size_gigabytes,
  }
}

function toNodeBackups(raw: RawPolicyRecord): DigitalOceanNodeBackups {
  const policy = raw.backup_policy && {
    plan: raw.backup_policy.plan,
    weekday: raw.backup_policy.weekday,
    hour: raw.backup_policy.hour,
    windowLengthHours: raw.backup_policy.window_length_hours,
    retentionPeriodDays: raw.backup_policy.retention_period_days,
  }
  return {
    nodeId: String(raw.droplet_id),
    enabled: raw.backup_enabled,
    policy,
    nextWindow: toWindow(raw.next_backup_window),
  }
}
