import {
  type CopyImageOptions,
  type CreateImageOptions,
  type LocationOptions,
  NodeImage,
  NodeState,
} from '../../lib/compute/types.js'
import { ConflictError, PermissionDeniedError } from '../../lib/errors.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { DummyNodeDriverBase, nodeRow } from './compute.base.js'
import { type ImageRow, placeOf, sees, stateOf } from './compute.state.js'
import { badArgument, course, stateAt } from './state.js'
import { aboutCall, perform, performList, worldOf } from './world.js'

/** What only this driver tells of an image. */
export interface DummyImageExtra {
  /** The provider's, for everybody. */
  readonly isPublic: boolean
  readonly status: 'pending' | 'available'
  /** Where it lies; `undefined` for everywhere. */
  readonly location: string | undefined
  readonly description: string | undefined
}

/** Images. */
export abstract class DummyNodeDriverImages extends DummyNodeDriverBase {
  listImages(options?: LocationOptions): Pager<NodeImage<DummyImageExtra>> {
    const { location } = options ?? {}
    return performList(
      this,
      'listImages',
      location?.id,
      options,
      token => {
        const at = location && placeOf(this, location, options)
        const isWanted = (row: ImageRow): boolean =>
          sees(this, row.location) && (at === undefined || row.location === undefined || row.location === at)
        return stateOf(this).images.page(token, worldOf(this).pageSize, options, isWanted)
      },
      row => this.#toImage(row),
    )
  }

  async getImage(imageId: string, options?: CallOptions): Promise<NodeImage<DummyImageExtra>> {
    return perform(this, 'getImage', imageId, options, () => this.#toImage(this.#row(imageId, options)))
  }

  async createImage(
    node: Ref,
    image: CreateImageOptions,
    options?: CallOptions,
  ): Promise<Owned<NodeImage<DummyImageExtra>>> {
    return this.#make('createImage', options, () => {
      const row = nodeRow(this, node.id, options)
      const state = stateAt(row.course, worldOf(this).now)
      if (state !== NodeState.RUNNING && state !== NodeState.STOPPED)
        throw new ConflictError(`Node '${row.id}' is ${state}: it must run, or be stopped`, aboutCall(options))
      return { ...image, location: row.location }
    })
  }

  /** @throws PermissionDeniedError for an image of the provider's. */
  async deleteImage(image: Ref, options?: CallOptions): Promise<void> {
    await perform(this, 'deleteImage', image.id, options, () => {
      const row = this.#row(image.id, options)
      if (row.location === undefined)
        throw new PermissionDeniedError(`Image '${row.id}' is the provider's`, aboutCall(options))
      stateOf(this).images.remove(row.id)
    })
  }

  async copyImage(copy: CopyImageOptions, options?: CallOptions): Promise<Owned<NodeImage<DummyImageExtra>>> {
    return this.#make('copyImage', options, () => {
      const { images, locations } = stateOf(this)
      if (!locations.find(copy.sourceRegion)) throw badArgument('copy.sourceRegion', 'one of listLocations', options)
      const lies = ({ location }: ImageRow): boolean => location === undefined || location === copy.sourceRegion
      const source = images.get(copy.image.id, options, lies)
      if (stateAt(source.course, worldOf(this).now) !== 'available')
        throw new ConflictError(`Image '${source.id}' is not ready yet`, aboutCall(options))
      return {
        name: copy.name,
        description: copy.description ?? source.description,
        location: placeOf(this, undefined, options),
      }
    })
  }

  async #make(
    operation: string,
    options: CallOptions | undefined,
    describe: () => { name: string; description?: string | undefined; location: string },
  ): Promise<Owned<NodeImage<DummyImageExtra>>> {
    const made = await perform(this, operation, undefined, options, () => {
      const { name, description, location } = describe()
      const world = worldOf(this)
      const pending = course<'pending' | 'available'>(world.now, world.duration('image'), ['pending'], 'available')
      const row = stateOf(this).images.insert({ name, description, location, course: pending })
      return this.#toImage(row)
    })
    return owned(made, () => this.deleteImage({ id: made.id }))
  }

  #row(id: string, options: CallOptions | undefined): ImageRow {
    return stateOf(this).images.get(id, options, ({ location }) => sees(this, location))
  }

  #toImage({ id, name, location, description, course: going }: ImageRow): NodeImage<DummyImageExtra> {
    const status = stateAt(going, worldOf(this).now)
    const extra = { isPublic: location === undefined, status, location, description }
    return new NodeImage(this, { id, name, extra })
  }
}
