import { type CreateKeyPairOptions, KeyPair } from '../../lib/compute/types.js'
import { KeyPairAlreadyExistsError } from '../../lib/errors.js'
import { openSshFingerprint, parsePublicKey } from '../../lib/keys.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import { checkNewName, groupOf, idPath, type ResourceId, refused } from './arm.ids.js'
import { below } from './compute.base.js'
import { COMPUTE_VERSION, KEYS, NO_KEY } from './compute.shared.js'
import { AzureComputeVolumes } from './compute.volumes.js'

const version = COMPUTE_VERSION

interface RawKey {
  readonly id: string
  readonly name: string
  readonly location?: string
  readonly properties?: { readonly publicKey?: string }
}
interface RawGenerated {
  readonly privateKey?: string
  readonly publicKey?: string
}
/** What only Azure tells of a key pair. */
export interface AzureKeyPairExtra {
  readonly id: string
  readonly location: string | undefined
  readonly resourceGroup: string
}

/** SSH keys, of the driver's resource group and others. */
export abstract class AzureComputeKeys extends AzureComputeVolumes {
  /** @see https://learn.microsoft.com/rest/api/compute/ssh-public-keys/list-by-subscription */
  listKeyPairs(options?: CallOptions): Pager<KeyPair<AzureKeyPairExtra>> {
    return this.connection.list({ path: below(KEYS), version, map: (raw: RawKey) => this.#toKeyPair(raw) }, options)
  }

  /** Of the driver's resource group, or by its id.
   * @see https://learn.microsoft.com/rest/api/compute/ssh-public-keys/get */
  async getKeyPair(name: string, options?: CallOptions): Promise<KeyPair<AzureKeyPairExtra>> {
    const at = await this.connection.pathTo(name, KEYS, 'name', options)
    return this.connection.one({ path: at, version, errors: NO_KEY }, (raw: RawKey) => this.#toKeyPair(raw), options)
  }

  /** Azure makes the key, and keeps the public one only.
   * @see https://learn.microsoft.com/rest/api/compute/ssh-public-keys/generate-key-pair */
  async createKeyPair(
    keyPair: CreateKeyPairOptions,
    options?: CallOptions,
  ): Promise<Owned<KeyPair<AzureKeyPairExtra>>> {
    const { at, raw } = await this.#put(keyPair.name, 'keyPair.name', undefined, options)
    const path = idPath(at)
    try {
      const spec = { method: 'POST', path: `${path}/generateKeyPair`, version } as const
      const made = await this.connection.one(
        spec,
        ({ privateKey, publicKey }: RawGenerated) => {
          if (privateKey === undefined || publicKey === undefined) throw new Error('The reply has no key')
          this.connection.conceal(privateKey)
          return this.#toKeyPair({ ...raw, properties: { publicKey } }, privateKey)
        },
        options,
      )
      return owned(made, () => this.deleteKeyPair({ name: made.extra.id }))
    } catch (error) {
      // A place without a key is of use to nobody.
      await this.deleteKeyPair({ name: keyPair.name }).catch(() => {})
      throw error
    }
  }

  /** @see https://learn.microsoft.com/rest/api/compute/ssh-public-keys/create */
  async importKeyPairFromString(
    name: string,
    publicKey: string,
    options?: CallOptions,
  ): Promise<Owned<KeyPair<AzureKeyPairExtra>>> {
    try {
      parsePublicKey(publicKey)
    } catch {
      throw refused(this.provider, operationOf(options), 'publicKey', 'a public key in the one-line form of OpenSSH')
    }
    const { raw } = await this.#put(name, 'name', publicKey.trim(), options)
    const made = this.#toKeyPair(raw)
    return owned(made, () => this.deleteKeyPair({ name: made.extra.id }))
  }

  /** @see https://learn.microsoft.com/rest/api/compute/ssh-public-keys/delete */
  async deleteKeyPair(keyPair: NamedRef, options?: CallOptions): Promise<void> {
    const at = await this.connection.pathTo(keyPair.name, KEYS, 'keyPair.name', options)
    await this.connection.operate({ method: 'DELETE', path: at, version, errors: NO_KEY }, () => undefined, options)
  }

  async #put(
    name: string,
    argument: string,
    publicKey: string | undefined,
    options: CallOptions | undefined,
  ): Promise<{ at: ResourceId; raw: RawKey }> {
    checkNewName(this.provider, operationOf(options), argument, name)
    const group = this.connection.group(undefined, 'resourceGroup', options)
    const location = this.connection.location(undefined, 'region', options)
    const at = { subscription: await this.connection.subscription(options), group, type: KEYS, names: [name] }
    const json = { location, ...(publicKey === undefined ? {} : { properties: { publicKey } }) }
    const errors = { 409: KeyPairAlreadyExistsError, 412: KeyPairAlreadyExistsError }
    const spec = { method: 'PUT', path: idPath(at), version, json, headers: { 'if-none-match': '*' }, errors } as const
    const read = (raw: RawKey): RawKey => {
      if (typeof raw.id !== 'string' || typeof raw.name !== 'string') throw new Error('The reply is no key')
      return raw
    }
    return { at, raw: await this.connection.one(spec, read, options) }
  }

  #toKeyPair({ id, name, location, properties = {} }: RawKey, privateKey?: string): KeyPair<AzureKeyPairExtra> {
    const { publicKey } = properties
    const extra = { id, location, resourceGroup: groupOf(id) }
    return new KeyPair(this, {
      name,
      fingerprint: fingerprintOf(publicKey),
      publicKey: publicKey?.trim(),
      privateKey,
      extra,
    })
  }
}

function fingerprintOf(publicKey: string | undefined): string {
  try {
    return publicKey === undefined ? '' : openSshFingerprint(publicKey.trim())
  } catch {
    return ''
  }
}
