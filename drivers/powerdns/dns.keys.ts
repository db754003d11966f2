import { randomBytes } from 'node:crypto'
import { ConflictError, NotFoundError, ZoneDoesNotExistError } from '../../lib/errors.js'
import { type Reply, readNothing } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { PowerDNSZoneActions } from './dns.zones.js'

/** Signs keys (`ksk`), signs records (`zsk`), or both (`csk`). */
export type PowerDNSKeyType = 'ksk' | 'zsk' | 'csk'

/** A key that signs a zone. Its private part is hidden from printing, JSON and spread. */
export interface PowerDNSCryptoKey {
  /** Unique in its zone. */
  readonly id: string
  readonly type: PowerDNSKeyType
  /** Whether it signs. */
  readonly isActive: boolean
  /** Whether its DNSKEY is served. */
  readonly isPublished: boolean
  /** Such as `ECDSAP256SHA256`. */
  readonly algorithm: string
  readonly bits: number
  /** The data of its DNSKEY record. */
  readonly dnskey: string
  /** The data of the DS records that the zone above needs: one a digest, of which one is enough. */
  readonly ds: readonly string[]
  /** In BIND's form; not enumerable, and `undefined` in lists. */
  readonly privateKey: string | undefined
}
/** What `ex_createCryptoKey` takes. */
export interface PowerDNSNewCryptoKey {
  readonly type: PowerDNSKeyType
  /** @defaultValue true */
  readonly isActive?: boolean | undefined
  /** @defaultValue true */
  readonly isPublished?: boolean | undefined
  /** @defaultValue the server's: ECDSAP256SHA256 */
  readonly algorithm?: string | undefined
  /** The size of an RSA key. @defaultValue what the algorithm says */
  readonly bits?: number | undefined
  /** A private key in BIND's form, for a key that is there already. */
  readonly privateKey?: string | undefined
}
/** A key that two servers share to sign what they say to each other. Its secret is hidden from printing, JSON and spread. */
export interface PowerDNSTsigKey {
  readonly id: string
  readonly name: string
  /** Such as `hmac-sha256`. */
  readonly algorithm: string
  /** In Base64; not enumerable, and `undefined` in lists. */
  readonly secret: string | undefined
}
/** What `ex_createTsigKey` takes. */
export interface PowerDNSNewTsigKey {
  /** A domain name. */
  readonly name: string
  /** @defaultValue 'hmac-sha256' */
  readonly algorithm?: string | undefined
  /** In Base64. @defaultValue 64 random bytes */
  readonly secret?: string | undefined
}
/** What `ex_updateTsigKey` takes; what is absent stays. */
export interface PowerDNSTsigKeyChanges {
  /** It becomes the key's id. */
  readonly name?: string | undefined
  readonly algorithm?: string | undefined
  readonly secret?: string | undefined
}

interface RawCryptoKey {
  readonly id: number
  readonly keytype: PowerDNSKeyType
  readonly active: boolean
  readonly published?: boolean
  readonly algorithm?: string
  readonly bits?: number
  readonly dnskey: string
  readonly ds?: readonly string[]
  readonly privatekey?: string
}
interface RawTsigKey {
  readonly id: string
  readonly name: string
  readonly algorithm: string
  readonly key?: string
}

/** Keys: of DNSSEC, and between servers. */
export abstract class PowerDNSKeys extends PowerDNSZoneActions {
  /**
   * Signs a zone, and gives its keys, whose `ds` the zone above needs. A zone that is signed stays as it is.
   * @example const [key] = await driver.ex_enableDnssec(zone)
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#put--servers-server_id-zones-zone_id
   * @throws ZoneDoesNotExistError
   */
  async ex_enableDnssec(zone: Ref, options?: CallOptions): Promise<PowerDNSCryptoKey[]> {
    // Without the second, what is added later has no proof that it is there.
    await this.updateZone(zone, { ex_dnssec: true, ex_apiRectify: true }, options)
    return this.ex_listCryptoKeys(zone, options)
  }

  /**
   * Removes a zone's signatures and keys. The DS records must be gone from the zone above for as long as they are cached,
   * or the zone does not resolve.
   * @example await driver.ex_disableDnssec(zone)
   * @see https://doc.powerdns.com/authoritative/http-api/zone.html#put--servers-server_id-zones-zone_id
   * @throws ZoneDoesNotExistError
   */
  async ex_disableDnssec(zone: Ref, options?: CallOptions): Promise<void> {
    await this.updateZone(zone, { ex_dnssec: false }, options)
  }

  /**
   * The keys that sign a zone, without their private parts.
   * @example for await (const key of driver.ex_listCryptoKeys(zone)) console.log(key.id, key.ds)
   * @see https://doc.powerdns.com/authoritative/http-api/cryptokey.html
   * @throws ZoneDoesNotExistError
   */
  ex_listCryptoKeys(zone: Ref, options?: CallOptions): Pager<PowerDNSCryptoKey> {
    return onePage(async () => {
      const spec = {
        path: path`${this.connection.root}/zones/${zone.id}/cryptokeys`,
        errors: { 404: ZoneDoesNotExistError },
      }
      const { body } = await this.connection.request<readonly RawCryptoKey[]>(spec, options)
      return body.map(raw => this.#toCryptoKey(raw))
    }, options)
  }

  /**
   * One of a zone's keys, with its private part.
   * @example const { privateKey } = await driver.ex_getCryptoKey(zone, '1')
   * @see https://doc.powerdns.com/authoritative/http-api/cryptokey.html
   * @throws NotFoundError
   */
  async ex_getCryptoKey(zone: Ref, keyId: string, options?: CallOptions): Promise<PowerDNSCryptoKey> {
    const spec = { path: path`${this.connection.root}/zones/${zone.id}/cryptokeys/${keyId}` }
    const { body } = await this.connection.request<RawCryptoKey>(spec, options)
    return this.#toCryptoKey(body)
  }

  /**
   * Adds a key to a zone, new or given.
   * @example const key = await driver.ex_createCryptoKey(zone, { type: 'csk', algorithm: 'ED25519' })
   * @see https://doc.powerdns.com/authoritative/http-api/cryptokey.html
   * @throws ZoneDoesNotExistError
   */
  async ex_createCryptoKey(
    zone: Ref,
    key: PowerDNSNewCryptoKey,
    options?: CallOptions,
  ): Promise<Owned<PowerDNSCryptoKey>> {
    const { type, isActive = true, isPublished = true, algorithm, bits, privateKey } = key
    if (privateKey !== undefined) this.connection.conceal(privateKey)
    const spec = {
      method: 'POST',
      path: path`${this.connection.root}/zones/${zone.id}/cryptokeys`,
      json: { keytype: type, active: isActive, published: isPublished, algorithm, bits, privatekey: privateKey },
      errors: { 404: ZoneDoesNotExistError },
    } as const
    const { body } = await this.connection.request<RawCryptoKey>(spec, options)
    const made = this.#toCryptoKey(body)
    return owned(made, () => this.ex_deleteCryptoKey(zone, made.id))
  }

  /**
   * Lets a key sign.
   * @example await driver.ex_activateCryptoKey(zone, key.id)
   * @see https://doc.powerdns.com/authoritative/http-api/cryptokey.html
   * @throws NotFoundError
   */
  async ex_activateCryptoKey(zone: Ref, keyId: string, options?: CallOptions): Promise<void> {
    await this.#changeKey(zone, keyId, { active: true }, options)
  }

  /**
   * Keeps a key without letting it sign.
   * @example await driver.ex_deactivateCryptoKey(zone, key.id)
   * @see https://doc.powerdns.com/authoritative/http-api/cryptokey.html
   * @throws NotFoundError
   */
  async ex_deactivateCryptoKey(zone: Ref, keyId: string, options?: CallOptions): Promise<void> {
    await this.#changeKey(zone, keyId, { active: false }, options)
  }

  /**
   * Serves a key's DNSKEY.
   * @example await driver.ex_publishCryptoKey(zone, key.id)
   * @see https://doc.powerdns.com/authoritative/http-api/cryptokey.html
   * @throws NotFoundError
   */
  async ex_publishCryptoKey(zone: Ref, keyId: string, options?: CallOptions): Promise<void> {
    await this.#changeKey(zone, keyId, { published: true }, options)
  }

  /**
   * No longer serves a key's DNSKEY.
   * @example await driver.ex_unpublishCryptoKey(zone, key.id)
   * @see https://doc.powerdns.com/authoritative/http-api/cryptokey.html
   * @throws NotFoundError
   */
  async ex_unpublishCryptoKey(zone: Ref, keyId: string, options?: CallOptions): Promise<void> {
    await this.#changeKey(zone, keyId, { published: false }, options)
  }

  /**
   * Deletes a key.
   * @example await driver.ex_deleteCryptoKey(zone, key.id)
   * @see https://doc.powerdns.com/authoritative/http-api/cryptokey.html
   * @throws NotFoundError
   */
  async ex_deleteCryptoKey(zone: Ref, keyId: string, options?: CallOptions): Promise<void> {
    const spec = {
      method: 'DELETE',
      path: path`${this.connection.root}/zones/${zone.id}/cryptokeys/${keyId}`,
      read: readNothing,
    } as const
    await this.connection.request(spec, options)
  }

  /**
   * The server's TSIG keys, without their secrets.
   * @example for await (const { name } of driver.ex_listTsigKeys()) console.log(name)
   * @see https://doc.powerdns.com/authoritative/http-api/tsigkey.html
   */
  ex_listTsigKeys(options?: CallOptions): Pager<PowerDNSTsigKey> {
    return onePage(async () => {
      const spec = { path: path`${this.connection.root}/tsigkeys` }
      const { body } = await this.connection.request<readonly RawTsigKey[]>(spec, options)
      return body.map(raw => this.#toTsigKey(raw))
    }, options)
  }

  /**
   * A TSIG key, with its secret.
   * @example const { secret } = await driver.ex_getTsigKey('transfer.')
   * @see https://doc.powerdns.com/authoritative/http-api/tsigkey.html
   * @throws NotFoundError
   */
  async ex_getTsigKey(keyId: string, options?: CallOptions): Promise<PowerDNSTsigKey> {
    const spec = { path: path`${this.connection.root}/tsigkeys/${keyId}` }
    return this.#toTsigKey(await this.connection.unseen<RawTsigKey>(spec, options))
  }

  /**
   * Makes a TSIG key. Its secret is made here where none is given, and not by the server: so it is known beforehand, and
   * shown in no trace.
   * @example const key = await driver.ex_createTsigKey({ name: 'transfer' })
   * @see https://doc.powerdns.com/authoritative/http-api/tsigkey.html
   * @throws ConflictError when there is one of that name
   */
  async ex_createTsigKey(key: PowerDNSNewTsigKey, options?: CallOptions): Promise<Owned<PowerDNSTsigKey>> {
    const { name, algorithm = 'hmac-sha256', secret = randomBytes(64).toString('base64') } = key
    this.connection.conceal(secret)
    const spec = {
      method: 'POST',
      path: path`${this.connection.root}/tsigkeys`,
      json: { name, algorithm, key: secret },
      errors: { 409: ConflictError },
    } as const
    const { body } = await this.connection.request<RawTsigKey>(spec, options)
    const made = this.#toTsigKey(body)
    return owned(made, () => this.ex_deleteTsigKey(made.id))
  }

  /**
   * Changes a TSIG key. A new name is a new id. Where the algorithm alone changes, servers of 4.7 keep the old key beside
   * the new one, under the same name; deleting that name deletes both.
   * @example await driver.ex_updateTsigKey('transfer.', { algorithm: 'hmac-sha512' })
   * @see https://doc.powerdns.com/authoritative/http-api/tsigkey.html
   * @throws NotFoundError
   * @throws ConflictError when there is one of the new name
   */
  async ex_updateTsigKey(
    keyId: string,
    changes: PowerDNSTsigKeyChanges,
    options?: CallOptions,
  ): Promise<PowerDNSTsigKey> {
    const { name, algorithm, secret } = changes
    if (secret !== undefined) this.connection.conceal(secret)
    const spec = {
      method: 'PUT',
      path: path`${this.connection.root}/tsigkeys/${keyId}`,
      json: { name, algorithm, key: secret },
      errors: { 404: NotFoundError, 409: ConflictError },
    } as const
    return this.#toTsigKey(await this.connection.unseen<RawTsigKey>(spec, options))
  }

  /**
   * Deletes a TSIG key.
   * @example await driver.ex_deleteTsigKey('transfer.')
   * @see https://doc.powerdns.com/authoritative/http-api/tsigkey.html
   * @throws NotFoundError
   */
  async ex_deleteTsigKey(keyId: string, options?: CallOptions): Promise<void> {
    const spec = { method: 'DELETE', path: path`${this.connection.root}/tsigkeys/${keyId}`, read: readNothing } as const
    await this.connection.request(spec, options)
  }

  async #changeKey(zone: Ref, keyId: string, change: object, options?: CallOptions): Promise<Reply<void>> {
    // Both must be sent: the server refuses a change without `active`, and takes an absent `published` for true.
    const key = (await this.ex_listCryptoKeys(zone, options)).find(({ id }) => id === keyId)
    const spec = {
      method: 'PUT',
      path: path`${this.connection.root}/zones/${zone.id}/cryptokeys/${keyId}`,
      json: { active: key?.isActive ?? false, published: key?.isPublished ?? true, ...change },
      read: readNothing,
    } as const
    return this.connection.request(spec, options)
  }

  #toCryptoKey(raw: RawCryptoKey): PowerDNSCryptoKey {
    const shown = {
      id: String(raw.id),
      type: raw.keytype,
      isActive: raw.active,
      isPublished: raw.published ?? true,
      algorithm: raw.algorithm ?? '',
      bits: raw.bits ?? 0,
      dnskey: raw.dnskey,
      ds: raw.ds ?? [],
    }
    return this.#withSecret(shown, 'privateKey', raw.privatekey)
  }

  #toTsigKey({ id, name, algorithm, key }: RawTsigKey): PowerDNSTsigKey {
    return this.#withSecret({ id, name, algorithm }, 'secret', key)
  }

  #withSecret<T extends object, N extends string>(
    shown: T,
    name: N,
    secret: string | undefined,
  ): T & { readonly [K in N]: string | undefined } {
    const value = secret || undefined
    if (value !== undefined) this.connection.conceal(value)
    return Object.defineProperty(shown, name, { value, configurable: true }) as never
  }
}
