import { path } from '../../lib/http/url.js'
import type { LXDCertificate } from './certificates.js'
import { imageId, type LXDImage } from './images.shared.js'
import type { LXDInstance } from './instances.shared.js'
import { LXDMigration } from './migration.js'
import { instanceOf, nameOf } from './names.js'
import type { LXDNetwork } from './networks.js'
import type { LXDNetworkAcl } from './networks.parts.js'
import type { LXDProfile, LXDProject } from './profiles.js'
import { type LXDRecord, openRecord } from './record.js'
import type { LXDStoragePool, LXDStorageVolume, LXDVolumeOptions } from './storage.js'
import { volumePath } from './storage.shared.js'
import type { LXDCallOptions, LXDName } from './types.js'

/** Things of the server that are edited and then saved. */
export class LXDEditing extends LXDMigration {
  /**
   * An instance to be edited: with `dirty`, `rollback`, `sync`, and a `save` that does not undo what others change.
   * @example
   * ```ts
   * const record = await driver.ex_editInstance('web-1')
   * record.value.config['limits.memory'] = '1GiB'
   * await record.save()
   * ```
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/instances/instance_put
   */
  async ex_editInstance(instance: LXDName, options?: LXDCallOptions): Promise<LXDRecord<LXDInstance>> {
    const [name, found] = instanceOf(this.provider, instance, options)
    const at = path`/1.0/instances/${name}`
    return openRecord(
      this.connection,
      at,
      ['architecture', 'config', 'devices', 'description', 'ephemeral', 'profiles', 'stateful'],
      found,
    )
  }

  /**
   * A profile to be edited: with `dirty`, `rollback`, `sync`, and a `save` that does not undo what others change.
   * @example
   * ```ts
   * const record = await driver.ex_editProfile('small')
   * record.value.config['security.nesting'] = 'true'
   * await record.save()
   * ```
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/profiles/profile_put
   */
  async ex_editProfile(profile: LXDName, options?: LXDCallOptions): Promise<LXDRecord<LXDProfile>> {
    const at = path`/1.0/profiles/${nameOf(this.provider, profile, 'profile')}`
    return openRecord(this.connection, at, ['config', 'description', 'devices'], options)
  }

  /**
   * An image to be edited: with `dirty`, `rollback`, `sync`, and a `save` that does not undo what others change.
   * @example
   * ```ts
   * const record = await driver.ex_editImage('f2d226579108')
   * record.value.public = true
   * await record.save()
   * ```
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/images/image_put
   */
  async ex_editImage(fingerprint: LXDName, options?: LXDCallOptions): Promise<LXDRecord<LXDImage>> {
    const at = path`/1.0/images/${imageId(this.provider, fingerprint)}`
    return openRecord(this.connection, at, ['autoUpdate', 'properties', 'public', 'expiresAt', 'profiles'], options)
  }

  /**
   * A network to be edited: with `dirty`, `rollback`, `sync`, and a `save` that does not undo what others change.
   * @example
   * ```ts
   * const record = await driver.ex_editNetwork('lxdbr0')
   * record.value.config['ipv4.nat'] = 'true'
   * await record.save()
   * ```
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/networks/network_put
   */
  async ex_editNetwork(network: LXDName, options?: LXDCallOptions): Promise<LXDRecord<LXDNetwork>> {
    const at = path`/1.0/networks/${nameOf(this.provider, network, 'network')}`
    return openRecord(this.connection, at, ['config', 'description'], options)
  }

  /**
   * An access list to be edited: with `dirty`, `rollback`, `sync`, and a `save` that does not undo what others change.
   * @example
   * ```ts
   * const record = await driver.ex_editNetworkAcl('web')
   * record.value.description = 'Web servers'
   * await record.save()
   * ```
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/network-acls/network_acl_put
   */
  async ex_editNetworkAcl(acl: LXDName, options?: LXDCallOptions): Promise<LXDRecord<LXDNetworkAcl>> {
    const at = path`/1.0/network-acls/${nameOf(this.provider, acl, 'acl')}`
    return openRecord(this.connection, at, ['config', 'description', 'ingress', 'egress'], options)
  }

  /**
   * A project to be edited: with `dirty`, `rollback`, `sync`, and a `save` that does not undo what others change.
   * @example
   * ```ts
   * const record = await driver.ex_editProject('test')
   * record.value.description = 'For tests'
   * await record.save()
   * ```
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/projects/project_put
   */
  async ex_editProject(project: LXDName, options?: LXDCallOptions): Promise<LXDRecord<LXDProject>> {
    const at = path`/1.0/projects/${nameOf(this.provider, project, 'project')}`
    return openRecord(this.connection, at, ['config', 'description'], options)
  }

  /**
   * A storage pool to be edited: with `dirty`, `rollback`, `sync`, and a `save` that does not undo what others change.
   * @example
   * ```ts
   * const record = await driver.ex_editStoragePool('default')
   * record.value.description = 'Slow'
   * await record.save()
   * ```
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_put
   */
  async ex_editStoragePool(pool: LXDName, options?: LXDCallOptions): Promise<LXDRecord<LXDStoragePool>> {
    const at = path`/1.0/storage-pools/${nameOf(this.provider, pool, 'pool')}`
    return openRecord(this.connection, at, ['config', 'description'], options)
  }

  /**
   * A certificate to be edited: with `dirty`, `rollback`, `sync`, and a `save` that does not undo what others change.
   * @example
   * ```ts
   * const record = await driver.ex_editCertificate('fd200419b271')
   * record.value.name = 'ci'
   * await record.save()
   * ```
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/certificates/certificate_put
   */
  async ex_editCertificate(fingerprint: LXDName, options?: LXDCallOptions): Promise<LXDRecord<LXDCertificate>> {
    const at = path`/1.0/certificates/${imageId(this.provider, fingerprint)}`
    return openRecord(this.connection, at, ['name', 'type', 'restricted', 'projects', 'certificate'], options)
  }

  /**
   * A volume to be edited: with `dirty`, `rollback`, `sync`, and a `save` that does not undo what others change.
   * @example
   * ```ts
   * const record = await driver.ex_editStorageVolume('default', 'data')
   * record.value.config['size'] = '10GiB'
   * await record.save()
   * ```
   * @throws NotFoundError
   * @see https://documentation.ubuntu.com/lxd/latest/api/#/storage/storage_pool_volume_type_put
   */
  async ex_editStorageVolume(
    pool: LXDName,
    volume: LXDName,
    options?: LXDVolumeOptions,
  ): Promise<LXDRecord<LXDStorageVolume>> {
    const at = volumePath(this.provider, pool, volume, options)
    return openRecord(this.connection, at, ['config', 'description'], options)
  }
}
