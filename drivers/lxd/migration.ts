import { ConflictError, InvalidRequestError } from '../../lib/errors.js'
import { path } from '../../lib/http/url.js'
import { LXDClusters } from './cluster.js'
import type { LXDCopyImageOptions, LXDImages } from './images.js'
import type { LXDImage } from './images.shared.js'
import type { LXDInstance } from './instances.shared.js'
import { instanceName, instanceOf } from './names.js'
import type { LXDCallOptions, LXDChangeOptions, LXDName } from './types.js'

/** Another server, as a driver of it. */
export type LXDPeer = LXDImages
/** What `ex_copyInstanceTo` and `ex_migrateInstance` take. */
export interface LXDMigrateOptions extends LXDChangeOptions {
  /** @defaultValue the same */
  ex_newName?: string | undefined
  /** While it runs: with its memory, where both servers can. @defaultValue false */
  ex_live?: boolean | undefined
  /** Without its snapshots. @defaultValue false */
  ex_instanceOnly?: boolean | undefined
  /** @defaultValue those of the original */
  ex_profiles?: readonly string[] | undefined
  /** Where the other server reaches this one. @defaultValue the first address that this one tells */
  ex_address?: string | undefined
}
/** What another server needs to fetch an instance. */
export interface LXDMigrationSource {
  readonly type: 'migration'
  readonly mode: 'pull'
  readonly operation: string
  readonly certificate: string
  readonly secrets: Readonly<Record<string, string>>
  readonly live: boolean
  readonly instance_only: boolean
}
/** What `ex_copyImageTo` takes. */
export interface LXDCopyImageToOptions extends LXDCopyImageOptions {
  /** Where the other server reaches this one. @defaultValue the first address that this one tells */
  ex_address?: string | undefined
}

/** What goes from one server to another. */
export class LXDMigration extends LXDClusters {
  /**
   * Offers an instance to another server, as the `source` of what it makes.
   * @example
   * ```ts
   * const source = await driver.ex_createMigrationSource('web-1')
   * await other.ex_createInstance({ name: 'web-1', source })
   * ```
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_post
   */
  async ex_createMigrationSource(instance: LXDName, options?: LXDMigrateOptions): Promise<LXDMigrationSource> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const { ex_live: live = false, ex_instanceOnly: only = false, ex_address } = options ?? {}
    const { address, certificate } = await reach(this, ex_address, options)
    const json = { name, migration: true, live, instance_only: only }
    const spec = { method: 'POST', path: path`/1.0/instances/${name}`, json } as const
    const { id, metadata } = await this.connection.change(spec, { ...found, ex_wait: false })
    const secrets = metadata as Readonly<Record<string, string>>
    for (const secret of Object.values(secrets)) this.connection.conceal(secret)
    const operation = `https://${address}/1.0/operations/${id}`
    return { type: 'migration', mode: 'pull', operation, certificate, secrets, live, instance_only: only }
  }

  /**
   * Copies an instance to another server, which fetches it from this one.
   * @example await driver.ex_copyInstanceTo('web-1', new LXDNodeDriver({ host: '10.0.0.2' }))
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instances_post
   */
  async ex_copyInstanceTo(instance: LXDName, other: LXDPeer, options?: LXDMigrateOptions): Promise<LXDInstance> {
    const original = await this.ex_getInstance(instance, options)
    const name = instanceName(this.provider, options?.ex_newName ?? original.name, 'ex_newName')
    const source = await this.ex_createMigrationSource(instance, options)
    const { architecture, description, config, devices, ephemeral } = original
    // What the daemon keeps of an instance for itself is not its copy's.
    const kept = Object.fromEntries(Object.entries(config).filter(([key]) => !key.startsWith('volatile.')))
    const profiles = options?.ex_profiles ?? original.profiles
    const json = {
      name,
      type: original.type,
      source,
      architecture,
      description,
      config: { ...kept, 'volatile.base_image': config['volatile.base_image'] ?? '' },
      devices,
      ephemeral,
      profiles,
    }
    const { signal, timeout, ex_onOperation } = options ?? {}
    const there = { signal, timeout, ex_onOperation }
    await other.connection.change({ method: 'POST', path: '/1.0/instances', json }, there)
    return other.ex_getInstance(name, there)
  }

  /**
   * Moves an instance to another server: copies it, and deletes it here.
   * @example await driver.ex_migrateInstance('web-1', new LXDNodeDriver({ host: '10.0.0.2' }))
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_post
   */
  async ex_migrateInstance(instance: LXDName, other: LXDPeer, options?: LXDMigrateOptions): Promise<LXDInstance> {
    const moved = await this.ex_copyInstanceTo(instance, other, options)
    await this.ex_stopInstance(instance, { ...options, ex_force: true }).catch(error => {
      if (!(error instanceof ConflictError)) throw error
    })
    await this.ex_deleteInstance(instance, options)
    return moved
  }

  /**
   * Copies an image to another server, which fetches it from this one.
   * @example await driver.ex_copyImageTo('f2d226579108', new LXDNodeDriver({ host: '10.0.0.2' }), { ex_aliases: ['busybox'] })
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/images_post
   */
  async ex_copyImageTo(fingerprint: LXDName, other: LXDPeer, options?: LXDCopyImageToOptions): Promise<LXDImage> {
    const image = await this.ex_getImage(fingerprint, options)
    const { address: ex_server, certificate: ex_certificate } = await reach(this, options?.ex_address, options)
    const ex_secret = image.public ? undefined : await this.ex_createImageSecret(image.fingerprint, options)
    const { signal, timeout, ex_onOperation, ex_aliases, ex_public = image.public } = options ?? {}
    const ex_autoUpdate = options?.ex_autoUpdate ?? image.autoUpdate
    const given = { signal, timeout, ex_onOperation, ex_aliases, ex_public, ex_autoUpdate }
    const from = { ex_server: `https://${ex_server}`, ex_certificate, ex_secret, ex_protocol: 'lxd' as const }
    return other.ex_fetchImage(image.fingerprint, { ...given, ...from })
  }
}

/** Where another server reaches this one, and the certificate that it shows. */
async function reach(
  driver: LXDImages,
  given: string | undefined,
  options: LXDCallOptions | undefined,
): Promise<{ address: string; certificate: string }> {
  const { environment } = await driver.ex_getServer(options)
  const address = given ?? environment.addresses?.[0]
  if (address !== undefined) return { address, certificate: environment.certificate }
  const { provider } = driver
  const message = `This '${provider}' server has no address that another could reach it at: set its core.https_address`
  throw new InvalidRequestError(message, { provider, argument: 'ex_address', allowed: "'host:port'" })
}
