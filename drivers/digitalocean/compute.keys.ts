import { KeyPair } from '../../lib/compute/types.js'
import { KeyPairDoesNotExistError } from '../../lib/errors.js'
import { readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import { DigitalOceanComputeImages } from './compute.images.js'
import type { RawKey } from './ssh-keys.js'

const NO_KEY = { 404: KeyPairDoesNotExistError } as const

/** What only DigitalOcean tells of a key. */
export interface DigitalOceanKeyExtra {
  readonly id: string
}

/** SSH keys. DigitalOcean knows them by their ids and fingerprints, and lets several have the same name. */
export abstract class DigitalOceanComputeKeys extends DigitalOceanComputeImages {
  /** @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/sshKeys_list */
  listKeyPairs(options?: CallOptions): Pager<KeyPair<DigitalOceanKeyExtra>> {
    const map = (raw: RawKey): KeyPair<DigitalOceanKeyExtra> => toKeyPair(this, raw)
    return this.connection.list({ path: '/v2/account/keys', member: 'ssh_keys', map }, options)
  }

  /** Of several with this name, the first in the list: the list is walked until it is found.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/sshKeys_list */
  async getKeyPair(name: string, options?: CallOptions): Promise<KeyPair<DigitalOceanKeyExtra>> {
    for await (const each of this.listKeyPairs(options)) if (each.name === name) return each
    const operation = operationOf(options)
    throw new KeyPairDoesNotExistError(`${operation}: there is no key pair '${name}'`, {
      provider: this.provider,
      operation,
    })
  }

  /** Fails when the account has this key already, under whatever name.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/sshKeys_create */
  async importKeyPairFromString(
    name: string,
    publicKey: string,
    options?: CallOptions,
  ): Promise<Owned<KeyPair<DigitalOceanKeyExtra>>> {
    const json = { name, public_key: publicKey }
    const map = (raw: RawKey): KeyPair<DigitalOceanKeyExtra> => toKeyPair(this, raw)
    const spec = { method: 'POST', path: '/v2/account/keys', json, member: 'ssh_key', map } as const
    const made = await this.connection.one(spec, options)
    return owned(made, () => this.deleteKeyPair(made))
  }

  /** What `listKeyPairs` and the others give is deleted by its id; a mere name is looked up first.
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/sshKeys_delete */
  async deleteKeyPair(keyPair: NamedRef, options?: CallOptions): Promise<void> {
    const known = (keyPair as { readonly extra?: Partial<DigitalOceanKeyExtra> }).extra?.id
    const id = known ?? (await this.getKeyPair(keyPair.name, options)).extra.id
    const at = path`/v2/account/keys/${id}`
    await this.connection.request({ method: 'DELETE', path: at, errors: NO_KEY, read: readNothing }, options)
  }

  /**
   * Gives a key another name.
   *
   * @example
   * ```ts
   * const key = await driver.ex_renameKeyPair(await driver.getKeyPair('laptop'), 'old laptop')
   * ```
   * @throws KeyPairDoesNotExistError
   * @see https://docs.digitalocean.com/reference/api/digitalocean/#operation/sshKeys_update
   */
  async ex_renameKeyPair(
    keyPair: NamedRef,
    name: string,
    options?: CallOptions,
  ): Promise<KeyPair<DigitalOceanKeyExtra>> {
    const known = (keyPair as { readonly extra?: Partial<DigitalOceanKeyExtra> }).extra?.id
    const id = known ?? (await this.getKeyPair(keyPair.name, options)).extra.id
    const map = (raw: RawKey): KeyPair<DigitalOceanKeyExtra> => toKeyPair(this, raw)
    const spec = { method: 'PUT', path: path`/v2/account/keys/${id}`, json: { name }, errors: NO_KEY } as const
    return this.connection.one({ ...spec, member: 'ssh_key', map }, options)
  }
}

function toKeyPair(driver: DigitalOceanComputeKeys, raw: RawKey): KeyPair<DigitalOceanKeyExtra> {
  return new KeyPair(driver, {
    name: raw.name,
    fingerprint: raw.fingerprint,
    publicKey: raw.public_key,
    extra: { id: String(raw.id) },
  })
}
