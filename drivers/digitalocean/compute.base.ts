import { NodeDriver } from '../../lib/compute/driver.js'
import { type CreateNodeOptions, Node, NodeState } from '../../lib/compute/types.js'
import { NodeDoesNotExistError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { numberOrText, toDate } from './account.js'
import { type RawImage, type RawRegion, type RawSize, toImage, toSize } from './compute.shared.js'
import type { DigitalOceanConnection } from './connection.js'
import type { RawReply } from './reply.js'
import { withKey } from './ssh-keys.js'

/** An archived droplet is gone: it cannot be started again. */
const STATES: Readonly<Record<string, NodeState>> = {
  new: NodeState.PENDING,
  active: NodeState.RUNNING,
  off: NodeState.STOPPED,
  archive: NodeState.TERMINATED,
}

/** The error of a request about one droplet. */
export const NO_NODE: ErrorTable = { 404: NodeDoesNotExistError }

export interface RawBackupPolicy {
  readonly plan?: 'daily' | 'weekly'
  readonly weekday?: DigitalOceanWeekday
  readonly hour?: number
  readonly window_length_hours?: number
  readonly retention_period_days?: number
}
export interface RawWindow {
  readonly start: string
  readonly end: string
}
interface RawNetwork {
  readonly ip_address: string
  readonly type: 'public' | 'private'
}
export interface RawDroplet {
  readonly id: number
  readonly name: string
  readonly memory: number
  readonly vcpus: number
  readonly disk: number
  readonly locked: boolean
  readonly status: string
  readonly created_at: string
  readonly features: readonly string[]
  readonly backup_ids: readonly number[]
  readonly next_backup_window: RawWindow | null
  readonly snapshot_ids: readonly number[]
  readonly image: RawImage
  readonly volume_ids: readonly string[]
  readonly size: RawSize
  readonly size_slug: string
  readonly networks: { readonly v4?: readonly RawNetwork[]; readonly v6?: readonly RawNetwork[] }
  readonly region: RawRegion
  readonly tags: readonly string[]
  readonly vpc_uuid?: string
}
export type DigitalOceanWeekday = 'SUN' | 'MON' | 'TUE' | 'WED' | 'THU' | 'FRI' | 'SAT'

/** When a droplet is backed up. */
export interface DigitalOceanBackupPolicy {
  /** @defaultValue 'daily' */
  readonly plan?: 'daily' | 'weekly' | undefined
  /** Of a weekly plan. */
  readonly weekday?: DigitalOceanWeekday | undefined
  /** When the backup's window begins, in UTC: 0, 4, 8, 12, 16 or 20. */
  readonly hour?: number | undefined
}
/** From when to when. */
export interface DigitalOceanWindow {
  readonly start: Date
  readonly end: Date
}

/** What only DigitalOcean tells of a droplet. */
export interface DigitalOceanNodeExtra {
  /** The provider's own word: `'new'`, `'active'`, `'off'` or `'archive'`. */
  readonly state: string
  /** Slug of the region. */
  readonly region: string
  /** MiB. */
  readonly memory: number
  readonly vcpus: number
  /** GiB. */
  readonly disk: number
  /** An action goes on: there can be no other before it ends. */
  readonly locked: boolean
  readonly features: readonly string[]
  readonly tags: readonly string[]
  readonly vpcId: string | undefined
  readonly volumeIds: readonly string[]
  readonly snapshotIds: readonly string[]
  readonly backupIds: readonly string[]
  readonly nextBackupWindow: DigitalOceanWindow | undefined
  /** The action that makes the droplet; only in what `createNode` gives. */
  readonly actionId: string | undefined
}

/** What a droplet may be made with. */
export interface DigitalOceanDropletOptions {
  /** Ids or fingerprints of keys that the account has; that of `auth` is added to them. */
  ex_sshKeys?: readonly string[] | undefined
  /** @defaultValue false */
  ex_backups?: boolean | undefined
  /** When to back up, where `ex_backups` is true. */
  ex_backupPolicy?: DigitalOceanBackupPolicy | undefined
  /** @defaultValue false */
  ex_ipv6?: boolean | undefined
  /** Installs the agent that measures. @defaultValue false */
  ex_monitoring?: boolean | undefined
  ex_tags?: readonly string[] | undefined
  /** Cloud-init's configuration, or a script: up to 64 KiB. */
  ex_userData?: string | undefined
  /** Volumes of the same region, attached from the beginning. */
  ex_volumes?: readonly Ref[] | undefined
  /** @defaultValue the region's default VPC */
  ex_vpc?: Ref | undefined
  /** Installs the agent of the web console; given as true, the creation fails where it cannot be had. */
  ex_withDropletAgent?: boolean | undefined
  /** Whether the droplet has public addresses. @defaultValue true */
  ex_publicNetworking?: boolean | undefined
  /** @deprecated every droplet lies in a VPC */
  ex_privateNetworking?: boolean | undefined
}
/** What `createNode` takes: an image is known by its id or its slug, a location by its slug. */
export interface DigitalOceanCreateNodeOptions extends CreateNodeOptions, DigitalOceanDropletOptions {}
/** Several droplets alike, but for their names. */
export interface DigitalOceanCreateNodesOptions extends Omit<CreateNodeOptions, 'name'>, DigitalOceanDropletOptions {
  names: readonly string[]
}
export interface DigitalOceanListNodesOptions extends CallOptions {
  ex_tagName?: string | undefined
  ex_name?: string | undefined
  /** Only droplets with, or only those without, graphics processors. */
  ex_type?: 'droplets' | 'gpus' | undefined
}

/** Droplets. A power action resolves when it is accepted, and goes on: `ex_waitForAction` waits for it. */
export abstract class DigitalOceanComputeBase extends NodeDriver {
  declare readonly connection: DigitalOceanConnection

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_list */
  listNodes(options?: DigitalOceanListNodesOptions): Pager<Node<DigitalOceanNodeExtra>> {
    const query = { tag_name: options?.ex_tagName, name: options?.ex_name, type: options?.ex_type }
    const keep = (raw: RawDroplet): boolean => this.region === undefined || raw.region.slug === this.region
    const map = (raw: RawDroplet): Node<DigitalOceanNodeExtra> => toNode(this, raw)
    return this.connection.list({ path: '/v2/droplets', member: 'droplets', map, keep, query }, options)
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_get */
  async getNode(nodeId: string, options?: CallOptions): Promise<Node<DigitalOceanNodeExtra>> {
    const map = (raw: RawDroplet): Node<DigitalOceanNodeExtra> => toNode(this, raw)
    const at = path`/v2/droplets/${nodeId}`
    return this.connection.one({ path: at, errors: NO_NODE, member: 'droplet', map }, options)
  }

  /**
   * The key of `auth` is found in the account by its fingerprint, or added to it, where it stays; it is removed again
   * only when the droplet cannot be made.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_create
   */
  async createNode(
    node: DigitalOceanCreateNodeOptions,
    options?: CallOptions,
  ): Promise<Owned<Node<DigitalOceanNodeExtra>>> {
    return withKey(this, node.auth, options, key => {
      const map = (raw: RawDroplet, body: RawReply) => toNode(this, raw, body.links?.actions?.[0]?.id)
      const json = { name: node.name, ...toRawOptions(node, this.region, key) }
      const spec = { method: 'POST', path: '/v2/droplets', json, member: 'droplet', map } as const
      return this.connection.one(spec, options).then(made => owned(made, () => this.destroyNode(made)))
    })
  }

  /**
   * Makes several droplets at once, alike but for their names: either all of them or none.
   *
   * @example
   * ```ts
   * const size = { id: 's-1vcpu-1gb' }
   * const image = { id: 'ubuntu-24-04-x64' }
   * const nodes = await driver.ex_createNodes({ names: ['web-1', 'web-2'], size, image, location: { id: 'fra1' } })
   * await driver.waitUntilRunning(nodes)
   * ```
   * @throws QuotaExceededError when the account may not have so many.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_create
   */
  async ex_createNodes(
    nodes: DigitalOceanCreateNodesOptions,
    options?: CallOptions,
  ): Promise<Owned<Node<DigitalOceanNodeExtra>>[]> {
    return withKey(this, nodes.auth, options, key => {
      const map = (raw: readonly RawDroplet[], { links }: RawReply) =>
        raw.map((each, index) => {
          const made = toNode(this, each, links?.actions?.[index]?.id)
          return owned(made, () => this.destroyNode(made))
        })
      const json = { names: nodes.names, ...toRawOptions(nodes, this.region, key) }
      return this.connection.one({ method: 'POST', path: '/v2/droplets', json, member: 'droplets', map }, options)
    })
  }

  /** Asks the system in the droplet to restart; `ex_hardReboot` does not ask.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post */
  async rebootNode(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { type: 'reboot' }, options)
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post */
  async startNode(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { type: 'power_on' }, options)
  }

  /** Asks the system in the droplet to shut down, which it may not do; `ex_powerOffNode` does not ask.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/dropletActions_post */
  async stopNode(node: Ref, options?: CallOptions): Promise<void> {
    await act(this, node, { type: 'shutdown' }, options)
  }

  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_destroy */
  async destroyNode(node: Ref, options?: CallOptions): Promise<void> {
    const at = path`/v2/droplets/${node.id}`
    await this.connection.request({ method: 'DELETE', path: at, errors: NO_NODE, read: readNothing }, options)
  }
}

/** Asks for a change of a droplet. */
export function act(
  driver: DigitalOceanComputeBase,
  node: Ref,
  action: { readonly type: string } & Readonly<Record<string, unknown>>,
  options: CallOptions | undefined,
): ReturnType<DigitalOceanConnection['act']> {
  return driver.connection.act(path`/v2/droplets/${node.id}/actions`, action, NO_NODE, options)
}

function toRawOptions(
  node: Omit<DigitalOceanCreateNodeOptions, 'name'>,
  region: string | undefined,
  key: number | undefined,
): object {
  const keys = node.ex_sshKeys?.map(numberOrText)
  return {
    region: node.location?.id ?? region,
    size: node.size.id,
    image: numberOrText(node.image.id),
    ssh_keys: key === undefined ? keys : [...(keys ?? []), key],
    backups: node.ex_backups,
    backup_policy: node.ex_backupPolicy,
    ipv6: node.ex_ipv6,
    monitoring: node.ex_monitoring,
    tags: node.ex_tags,
    user_data: node.ex_userData,
    volumes: node.ex_volumes?.map(volume => volume.id),
    vpc_uuid: node.ex_vpc?.id,
    with_droplet_agent: node.ex_withDropletAgent,
    public_networking: node.ex_publicNetworking,
    private_networking: node.ex_privateNetworking,
  }
}

export function toNode(
  driver: DigitalOceanComputeBase,
  raw: RawDroplet,
  actionId?: number,
): Node<DigitalOceanNodeExtra> {
  const v4 = raw.networks.v4 ?? []
  const all = [...v4, ...(raw.networks.v6 ?? [])]
  return new Node(driver, {
    id: String(raw.id),
    name: raw.name,
    state: STATES[raw.status] ?? NodeState.UNKNOWN,
    publicIps: all.filter(each => each.type === 'public').map(each => each.ip_address),
    privateIps: all.filter(each => each.type === 'private').map(each => each.ip_address),
    size: toSize(driver, raw.size),
    image: toImage(driver, raw.image),
    createdAt: toDate(raw.created_at),
    extra: {
      state: raw.status,
      region: raw.region.slug,
      memory: raw.memory,
      vcpus: raw.vcpus,
      disk: raw.disk,
      locked: raw.locked,
      features: raw.features,
      tags: raw.tags,
      vpcId: raw.vpc_uuid,
      volumeIds: raw.volume_ids,
      snapshotIds: raw.snapshot_ids.map(String),
      backupIds: raw.backup_ids.map(String),
      nextBackupWindow: toWindow(raw.next_backup_window),
      actionId: actionId === undefined ? undefined : String(actionId),
    },
  })
}

export function toWindow(raw: RawWindow | null | undefined): DigitalOceanWindow | undefined {
  return raw ? { start: new Date(raw.start), end: new Date(raw.end) } : undefined
}
