import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { NamedRef, Ref } from '../../lib/resource.js'
import { DigitalOceanComputeFirewalls } from './compute.firewalls.js'

interface RawTag {
  readonly name: string
  readonly resources?: { readonly count?: number } & Readonly<Record<string, { readonly count?: number } | number>>
}

/** A name that droplets and other things share. */
export interface DigitalOceanTag {
  readonly name: string
  /** How many things have it. */
  readonly count: number
  /** How many of each kind have it: `droplets`, `volumes`, `databases` … */
  readonly counts: Readonly<Record<string, number>>
}
/** Something that can have tags. */
export interface DigitalOceanTaggable extends Ref {
  readonly type: 'droplet' | 'image' | 'volume' | 'volume_snapshot' | 'database'
}

/** Tags. */
export abstract class DigitalOceanComputeTags extends DigitalOceanComputeFirewalls {
  /**
   * All tags.
   *
   * @example
   * ```ts
   * for await (const { name, count } of driver.ex_listTags()) console.log(name, count)
   * ```
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/tags_list
   */
  ex_listTags(options?: CallOptions): Pager<DigitalOceanTag> {
    return this.connection.list({ path: '/v2/tags', member: 'tags', map: toTag }, options)
  }

  /**
   * One tag.
   *
   * @example
   * ```ts
   * const { counts } = await driver.ex_getTag('web')
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/tags_get
   */
  async ex_getTag(name: string, options?: CallOptions): Promise<DigitalOceanTag> {
    return this.connection.one({ path: path`/v2/tags/${name}`, member: 'tag', map: toTag }, options)
  }

  /**
   * Makes a tag, or does nothing where it exists.
   *
   * @example
   * ```ts
   * await driver.ex_createTag('env:staging')
   * ```
   * @param name Letters, digits, `_`, `-` and `:`; up to 255.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/tags_create
   */
  async ex_createTag(name: string, options?: CallOptions): Promise<Owned<DigitalOceanTag>> {
    const spec = { method: 'POST', path: '/v2/tags', json: { name }, member: 'tag', map: toTag } as const
    const made = await this.connection.one(spec, options)
    return owned(made, () => this.ex_deleteTag(made))
  }

  /**
   * Deletes a tag, and takes it from everything that has it.
   *
   * @example
   * ```ts
   * await driver.ex_deleteTag({ name: 'env:staging' })
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/tags_delete
   */
  async ex_deleteTag(tag: NamedRef, options?: CallOptions): Promise<void> {
    await this.connection.request({ method: 'DELETE', path: path`/v2/tags/${tag.name}`, read: readNothing }, options)
  }

  /**
   * Gives a tag to droplets and other things.
   *
   * @example
   * ```ts
   * await driver.ex_tagResources({ name: 'web' }, [{ type: 'droplet', id: node.id }])
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/tags_assign_resources
   */
  async ex_tagResources(
    tag: NamedRef,
    resources: readonly DigitalOceanTaggable[],
    options?: CallOptions,
  ): Promise<void> {
    return change(this, 'POST', tag, resources, options)
  }

  /**
   * Takes a tag from droplets and other things.
   *
   * @example
   * ```ts
   * await driver.ex_untagResources({ name: 'web' }, [{ type: 'droplet', id: node.id }])
   * ```
   * @throws NotFoundError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/tags_unassign_resources
   */
  async ex_untagResources(
    tag: NamedRef,
    resources: readonly DigitalOceanTaggable[],
    options?: CallOptions,
  ): Promise<void> {
    return change(this, 'DELETE', tag, resources, options)
  }
}

async function change(
  { connection }: DigitalOceanComputeTags,
  method: 'POST' | 'DELETE',
  tag: NamedRef,
  resources: readonly DigitalOceanTaggable[],
  options: CallOptions | undefined,
): Promise<void> {
  const json = { resources: resources.map(({ type, id }) => ({ resource_id: id, resource_type: type })) }
  const at = path`/v2/tags/${tag.name}/resources`
  await connection.request({ method, path: at, json, read: readNothing }, options)
}

function toTag({ name, resources = {} }: RawTag): DigitalOceanTag {
  const counts: Record<string, number> = {}
  for (const [kind, of] of Object.entries(resources)) if (typeof of === 'object') counts[kind] = of.count ?? 0
  return { name, count: resources.count ?? 0, counts }
}
