import { InvalidRequestError } from '../../lib/errors.js'
import { type BodyReader, readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { toDate } from './account.js'
import { DigitalOceanComputeBackups } from './compute.backups.js'
import { NO_NODE } from './compute.base.js'

const ASSOCIATIONS: readonly DigitalOceanAssociation[] = ['reserved_ip', 'snapshot', 'volume', 'volume_snapshot']

interface RawPart {
  readonly id: string
  readonly name: string
  readonly cost?: string
  readonly destroyed_at?: string | null
  readonly error_message?: string
}
type RawParts = Partial<
  Readonly<Record<'reserved_ips' | 'snapshots' | 'volumes' | 'volume_snapshots', readonly RawPart[]>>
>
interface RawDestroyStatus {
  readonly droplet: RawPart
  readonly resources: RawParts
  readonly completed_at: string | null
  readonly failures: number
}

/** The kinds of thing that belong to a droplet, and can be destroyed with it. */
export type DigitalOceanAssociation = 'reserved_ip' | 'snapshot' | 'volume' | 'volume_snapshot'
/** Something that belongs to a droplet. */
export interface DigitalOceanAssociated {
  readonly type: DigitalOceanAssociation
  readonly id: string
  readonly name: string
  /** A month's price in US dollars, as text; absent once it is being destroyed. */
  readonly cost: string | undefined
  /** Absent until it is destroyed. */
  readonly destroyedAt: Date | undefined
  /** Why it could not be destroyed. */
  readonly error: string | undefined
}
/** How far the destruction of a droplet and of what belongs to it has come. */
export interface DigitalOceanDestroyStatus {
  readonly nodeId: string
  readonly nodeDestroyedAt: Date | undefined
  readonly resources: readonly DigitalOceanAssociated[]
  /** Absent while it goes on. */
  readonly completedAt: Date | undefined
  readonly failures: number
}

/** What belongs to droplets, and can be destroyed with them. */
export abstract class DigitalOceanComputeAssociated extends DigitalOceanComputeBackups {
  /**
   * What belongs to a droplet, and would be left and charged for when it is destroyed alone.
   *
   * @example
   * ```ts
   * const left = await driver.ex_listAssociatedResources(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_list_associatedResources
   */
  ex_listAssociatedResources(node: Ref, options?: CallOptions): Pager<DigitalOceanAssociated> {
    const at = path`/v2/droplets/${node.id}/destroy_with_associated_resources`
    // The reply has a member for each kind.
    const read: BodyReader<DigitalOceanAssociated[]> = (bytes, reply) =>
      toAssociated(this.connection.read(bytes, reply) as RawParts)
    return onePage(
      async () => (await this.connection.request({ path: at, errors: NO_NODE, read }, options)).body,
      options,
    )
  }

  /**
   * Destroys a droplet together with those things of `ex_listAssociatedResources` that are given, or with all of them.
   * It goes on when this resolves: `ex_getDestroyStatus` tells how far it has come.
   *
   * @example
   * ```ts
   * const all = await driver.ex_listAssociatedResources(node)
   * await driver.ex_destroyNodeWithResources(node, all.filter(each => each.type === 'volume'))
   * await driver.ex_destroyNodeWithResources(other, 'all')
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_destroy_withAssociatedResourcesSelective
   */
  async ex_destroyNodeWithResources(
    node: Ref,
    resources: 'all' | readonly Pick<DigitalOceanAssociated, 'type' | 'id'>[],
    options?: CallOptions,
  ): Promise<void> {
    const common = { method: 'DELETE', errors: NO_NODE, read: readNothing } as const
    if (resources === 'all') {
      const at = path`/v2/droplets/${node.id}/destroy_with_associated_resources/dangerous`
      await this.connection.request({ ...common, path: at, headers: { 'x-dangerous': 'true' } }, options)
      return
    }
    if (!Array.isArray(resources)) {
      const details = { provider: this.provider, operation: operationOf(options), argument: 'resources' }
      const allowed = "'all', or a list"
      throw new InvalidRequestError(`${details.operation}: 'resources' must be ${allowed}`, { ...details, allowed })
    }
    const ids = (type: DigitalOceanAssociation): string[] =>
      resources.filter(each => each.type === type).map(each => each.id)
    const json = Object.fromEntries(ASSOCIATIONS.map(type => [`${type}s`, ids(type)]))
    const at = path`/v2/droplets/${node.id}/destroy_with_associated_resources/selective`
    await this.connection.request({ ...common, path: at, json }, options)
  }

  /**
   * How far the destruction of a droplet with what belongs to it has come.
   *
   * @example
   * ```ts
   * const { completedAt, failures } = await driver.ex_getDestroyStatus(node)
   * ```
   * @throws NodeDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_get_DestroyAssociatedResourcesStatus
   */
  async ex_getDestroyStatus(node: Ref, options?: CallOptions): Promise<DigitalOceanDestroyStatus> {
    const at = path`/v2/droplets/${node.id}/destroy_with_associated_resources/status`
    const read: BodyReader<DigitalOceanDestroyStatus> = (bytes, reply) =>
      toDestroyStatus(this.connection.read(bytes, reply) as RawDestroyStatus)
    return this.connection.request({ path: at, errors: NO_NODE, read }, options).then(({ body }) => body)
  }

  /**
   * Tries once more to destroy what could not be destroyed with its droplet.
   *
   * @example
   * ```ts
   * if ((await driver.ex_getDestroyStatus(node)).failures > 0) await driver.ex_retryDestroy(node)
   * ```
   * @throws NodeDoesNotExistError
   * @throws ConflictError when there is nothing to be tried again.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/droplets_destroy_retryWithAssociatedResources
   */
  async ex_retryDestroy(node: Ref, options?: CallOptions): Promise<void> {
    const at = path`/v2/droplets/${node.id}/destroy_with_associated_resources/retry`
    await this.connection.request({ method: 'POST', path: at, errors: NO_NODE, read: readNothing }, options)
  }
}

function toAssociated(raw: RawParts): DigitalOceanAssociated[] {
  return ASSOCIATIONS.flatMap(type =>
    (raw[`${type}s`] ?? []).map(each => ({
      type,
      id: each.id,
      name: each.name,
      cost: each.cost,
      destroyedAt: toDate(each.destroyed_at),
      error: each.error_message || undefined,
    })),
  )
}

function toDestroyStatus(raw: RawDestroyStatus): DigitalOceanDestroyStatus {
  return {
    nodeId: raw.droplet.id,
    nodeDestroyedAt: toDate(raw.droplet.destroyed_at),
    resources: toAssociated(raw.resources),
    completedAt: toDate(raw.completed_at),
    failures: raw.failures,
  }
}
