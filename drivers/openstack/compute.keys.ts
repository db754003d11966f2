import { type CreateKeyPairOptions, KeyPair } from '../../lib/compute/types.js'
import { KeyPairAlreadyExistsError, KeyPairDoesNotExistError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import { type OpenStackListOptions, toDate } from './compute.shared.js'
import { OpenStackComputeVolumes } from './compute.volumes.js'

interface RawKeyPair {
  readonly name: string
  readonly fingerprint: string
  readonly public_key: string
  readonly private_key?: string
  readonly type?: string
  readonly user_id?: string
  readonly created_at?: string
}

/** What only OpenStack tells of a key pair. */
export interface OpenStackKeyPairExtra {
  /** `'ssh'` or `'x509'`. */
  readonly type: string
  readonly userId: string | undefined
  /** Not told in lists. */
  readonly createdAt: Date | undefined
}
export type OpenStackKeyPair = KeyPair<OpenStackKeyPairExtra>

const NO_KEY: ErrorTable = { 404: KeyPairDoesNotExistError }
const KEY_THERE: ErrorTable = { 409: KeyPairAlreadyExistsError }
/** With their types, page by page, and made by the cloud: 2.92 ends that. */
const KEY_VERSION = '2.35'

/** SSH keys, which belong to users, not to projects. */
export abstract class OpenStackComputeKeys extends OpenStackComputeVolumes {
  /** @see https://docs.openstack.org/api-ref/compute/#list-keypairs */
  listKeyPairs(options?: OpenStackListOptions): Pager<OpenStackKeyPair> {
    const map = ({ keypair }: { keypair: RawKeyPair }): OpenStackKeyPair => toKeyPair(this, keypair)
    const spec = { path: '/os-keypairs', member: 'keypairs', map, microversion: KEY_VERSION }
    return this.connection.list({ ...spec, limit: options?.ex_limit }, options)
  }

  /** @see https://docs.openstack.org/api-ref/compute/#show-keypair-details */
  async getKeyPair(name: string, options?: CallOptions): Promise<OpenStackKeyPair> {
    const map = (raw: RawKeyPair): OpenStackKeyPair => toKeyPair(this, raw)
    const spec = { path: path`/os-keypairs/${name}`, errors: NO_KEY, member: 'keypair', map, microversion: KEY_VERSION }
    return this.connection.one(spec, options)
  }

  /** @see https://docs.openstack.org/api-ref/compute/#import-or-create-keypair */
  async createKeyPair({ name }: CreateKeyPairOptions, options?: CallOptions): Promise<Owned<OpenStackKeyPair>> {
    return this.#makeKeyPair({ name }, options)
  }

  /** @see https://docs.openstack.org/api-ref/compute/#import-or-create-keypair */
  async importKeyPairFromString(
    name: string,
    publicKey: string,
    options?: CallOptions,
  ): Promise<Owned<OpenStackKeyPair>> {
    return this.#makeKeyPair({ name, public_key: publicKey }, options)
  }

  async #makeKeyPair(keypair: object, options: CallOptions | undefined): Promise<Owned<OpenStackKeyPair>> {
    const map = (raw: RawKeyPair): OpenStackKeyPair => toKeyPair(this, raw)
    const spec = { method: 'POST', path: '/os-keypairs', json: { keypair }, errors: KEY_THERE } as const
    const made = await this.connection.one({ ...spec, member: 'keypair', map, microversion: KEY_VERSION }, options)
    return owned(made, () => this.deleteKeyPair(made))
  }

  /** @see https://docs.openstack.org/api-ref/compute/#delete-keypair */
  async deleteKeyPair(keyPair: NamedRef, options?: CallOptions): Promise<void> {
    const at = path`/os-keypairs/${keyPair.name}`
    await this.connection.request({ method: 'DELETE', path: at, errors: NO_KEY, read: readNothing }, options)
  }

  /**
   * All key pairs of the user.
   *
   * @example
   * ```ts
   * const keys = await driver.ex_listKeypairs()
   * ```
   * @deprecated `listKeyPairs` is the same
   * @see https://docs.openstack.org/api-ref/compute/#list-keypairs
   */
  ex_listKeypairs(options?: OpenStackListOptions): Pager<OpenStackKeyPair> {
    return this.listKeyPairs(options)
  }

  /**
   * Lets the cloud make a key pair.
   *
   * @example
   * ```ts
   * const { privateKey } = await driver.ex_createKeypair('deploy')
   * ```
   * @deprecated `createKeyPair` is the same
   * @throws KeyPairAlreadyExistsError
   * @see https://docs.openstack.org/api-ref/compute/#import-or-create-keypair
   */
  async ex_createKeypair(name: string, options?: CallOptions): Promise<Owned<OpenStackKeyPair>> {
    return this.#makeKeyPair({ name }, options)
  }

  /**
   * Uploads a public key that a file holds.
   *
   * @example
   * ```ts
   * await driver.ex_importKeypair('deploy', '/home/me/.ssh/id_ed25519.pub')
   * ```
   * @deprecated `importKeyPairFromFile` is the same
   * @throws KeyPairAlreadyExistsError
   * @see https://docs.openstack.org/api-ref/compute/#import-or-create-keypair
   */
  async ex_importKeypair(name: string, file: string, options?: CallOptions): Promise<Owned<OpenStackKeyPair>> {
    return this.importKeyPairFromFile(name, file, options)
  }

  /**
   * Uploads a public key.
   *
   * @example
   * ```ts
   * await driver.ex_importKeypairFromString('deploy', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI… me@example.com')
   * ```
   * @deprecated `importKeyPairFromString` is the same
   * @throws KeyPairAlreadyExistsError
   * @see https://docs.openstack.org/api-ref/compute/#import-or-create-keypair
   */
  async ex_importKeypairFromString(
    name: string,
    publicKey: string,
    options?: CallOptions,
  ): Promise<Owned<OpenStackKeyPair>> {
    return this.#makeKeyPair({ name, public_key: publicKey }, options)
  }

  /**
   * Deletes a key pair.
   *
   * @example
   * ```ts
   * await driver.ex_deleteKeypair({ name: 'deploy' })
   * ```
   * @deprecated `deleteKeyPair` is the same
   * @throws KeyPairDoesNotExistError
   * @see https://docs.openstack.org/api-ref/compute/#delete-keypair
   */
  async ex_deleteKeypair(keyPair: NamedRef, options?: CallOptions): Promise<void> {
    await this.deleteKeyPair(keyPair, options)
  }
}

function toKeyPair(driver: OpenStackComputeKeys, raw: RawKeyPair): OpenStackKeyPair {
  return new KeyPair(driver, {
    name: raw.name,
    fingerprint: raw.fingerprint,
    publicKey: raw.public_key,
    privateKey: raw.private_key,
    extra: { type: raw.type ?? 'ssh', userId: raw.user_id, createdAt: toDate(raw.created_at) },
  })
}
