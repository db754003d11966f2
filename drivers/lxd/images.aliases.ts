import { path } from '../../lib/http/url.js'
import type { Pager } from '../../lib/pager.js'
import { aliasOf } from './images.shared.js'
import { LXDSnapshots } from './snapshots.js'
import type { LXDCallOptions, LXDListOptions, LXDUpdateOptions } from './types.js'

/** A name, and the image that it stands for. */
export interface LXDImageAlias {
  readonly name: string
  readonly description: string
  /** The image's fingerprint. */
  readonly target: string
  readonly type: string
}
/** A name that is given to an image. */
export interface LXDNewImageAlias {
  readonly name: string
  readonly target: string
  readonly description?: string | undefined
}

/** Names of images. */
export class LXDImageAliases extends LXDSnapshots {
  /**
   * Names of images.
   * @example for await (const { name, target } of driver.ex_listImageAliases()) console.log(name, target)
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_aliases_get_recursion1
   */
  ex_listImageAliases(options?: LXDListOptions): Pager<LXDImageAlias> {
    return this.connection.list('/1.0/images/aliases', options)
  }

  /**
   * What a name stands for.
   * @example const { target } = await driver.ex_getImageAlias('debian')
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/image_alias_get
   */
  async ex_getImageAlias(alias: string, options?: LXDCallOptions): Promise<LXDImageAlias> {
    const at = path`/1.0/images/aliases/${aliasOf(this.provider, alias)}`
    return this.connection.get(at, options)
  }

  /**
   * Gives an image a name.
   * @example await driver.ex_createImageAlias({ name: 'debian', target: fingerprint })
   * @throws ConflictError where the name stands for another
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_aliases_post
   */
  async ex_createImageAlias(alias: LXDNewImageAlias, options?: LXDCallOptions): Promise<void> {
    const json = { description: '', ...alias, name: aliasOf(this.provider, alias.name) }
    await this.connection.change({ method: 'POST', path: '/1.0/images/aliases', json }, options)
  }

  /**
   * Changes what a name stands for, or its description.
   * @example await driver.ex_updateImageAlias('debian', { target: fingerprint })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_alias_patch
   */
  async ex_updateImageAlias(
    alias: string,
    changes: { readonly target?: string; readonly description?: string },
    options?: LXDUpdateOptions,
  ): Promise<void> {
    const at = path`/1.0/images/aliases/${aliasOf(this.provider, alias)}`
    await this.connection.change({ method: 'PATCH', path: at, json: changes }, options)
  }

  /**
   * Changes the name itself.
   * @example await driver.ex_renameImageAlias('debian', 'debian/12')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_alias_post
   */
  async ex_renameImageAlias(alias: string, newName: string, options?: LXDCallOptions): Promise<void> {
    const at = path`/1.0/images/aliases/${aliasOf(this.provider, alias)}`
    const json = { name: aliasOf(this.provider, newName, 'newName') }
    await this.connection.change({ method: 'POST', path: at, json }, options)
  }

  /**
   * Takes a name from its image.
   * @example await driver.ex_deleteImageAlias('debian')
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/image_alias_delete
   */
  async ex_deleteImageAlias(alias: string, options?: LXDCallOptions): Promise<void> {
    const at = path`/1.0/images/aliases/${aliasOf(this.provider, alias)}`
    await this.connection.change({ method: 'DELETE', path: at }, options)
  }
}
