import { type CreateKeyPairOptions, KeyPair } from '../../lib/compute/types.js'
import { KeyPairDoesNotExistError } from '../../lib/errors.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import { type EC2Filters, itself } from './ec2.connection.js'
import { EC2Images } from './ec2.images.js'
import { findOrImportKey, IMPORTED, KEY_PAIR, KEY_PAIRS, type RawKeyPair } from './ec2.keypairs.js'
import { type EC2Tags, needed, tagged, toFilters, toTags } from './ec2.shared.js'
import type { QueryParams } from './query.js'

const CREATED = itself('CreateKeyPair', KEY_PAIR)

/** What only EC2 tells of a key pair. */
export interface EC2KeyPairExtra {
  readonly id: string | undefined
  /** `'rsa'` or `'ed25519'`. */
  readonly keyType: string | undefined
  readonly createdAt: Date | undefined
  readonly tags: EC2Tags
}
export interface EC2CreateKeyPairOptions extends CreateKeyPairOptions {
  /** Windows needs RSA. @defaultValue 'rsa' */
  ex_keyType?: 'rsa' | 'ed25519' | undefined
  /** How the private key is written: PEM, or as PuTTY has it. @defaultValue 'pem' */
  ex_keyFormat?: 'pem' | 'ppk' | undefined
  ex_tags?: EC2Tags | undefined
}
export interface EC2ListKeyPairsOptions extends CallOptions {
  ex_names?: readonly string[] | undefined
  ex_filters?: EC2Filters | undefined
}
/** A key as EC2 knows it again. */
export interface EC2KeyFingerprint {
  readonly keyName: string
  readonly keyFingerprint: string
}

/** Key pairs of the region. */
export abstract class EC2Keys extends EC2Images {
  /** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeKeyPairs.html */
  listKeyPairs(options?: EC2ListKeyPairsOptions): Pager<KeyPair<EC2KeyPairExtra>> {
    const params = { KeyName: options?.ex_names, Filter: toFilters(options?.ex_filters) }
    return describe(this, params, options)
  }

  /** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeKeyPairs.html */
  async getKeyPair(name: string, options?: CallOptions): Promise<KeyPair<EC2KeyPairExtra>> {
    const [found] = await describe(this, { KeyName: [name] }, options)
    if (found !== undefined) return found
    const operation = operationOf(options)
    const message = `${operation}: there is no key pair '${name}'`
    throw new KeyPairDoesNotExistError(message, { provider: this.provider, operation })
  }

  /** @throws KeyPairAlreadyExistsError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateKeyPair.html */
  async createKeyPair(
    keyPair: EC2CreateKeyPairOptions,
    options?: CallOptions,
  ): Promise<Owned<KeyPair<EC2KeyPairExtra>>> {
    const params = {
      KeyName: keyPair.name,
      KeyType: keyPair.ex_keyType,
      KeyFormat: keyPair.ex_keyFormat,
      TagSpecification: tagged('key-pair', undefined, keyPair.ex_tags),
    }
    const map = (raw: RawKeyPair) => toKeyPair(this, raw)
    const made = await this.connection.query({ action: 'CreateKeyPair', params, shape: CREATED, map }, options)
    if (made.privateKey !== undefined) this.connection.conceal(made.privateKey)
    return owned(made, () => this.deleteKeyPair(made))
  }

  /** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportKeyPair.html */
  async importKeyPairFromString(
    name: string,
    publicKey: string,
    options?: CallOptions,
  ): Promise<Owned<KeyPair<EC2KeyPairExtra>>> {
    const params = { KeyName: name, PublicKeyMaterial: Buffer.from(publicKey).toString('base64') }
    const map = (raw: RawKeyPair) => toKeyPair(this, raw)
    const made = await this.connection.query({ action: 'ImportKeyPair', params, shape: IMPORTED, map }, options)
    return owned(made, () => this.deleteKeyPair(made))
  }

  /** EC2 takes no notice of a key pair that is not there.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteKeyPair.html */
  async deleteKeyPair(keyPair: NamedRef, options?: CallOptions): Promise<void> {
    await this.connection.set('DeleteKeyPair', { KeyName: keyPair.name }, options)
  }

  /**
   * The names of all key pairs.
   *
   * @example
   * ```ts
   * const names = await driver.ex_listKeypairs()
   * ```
   * @deprecated use `listKeyPairs`
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeKeyPairs.html
   */
  ex_listKeypairs(options?: CallOptions): Pager<string> {
    return this.connection.all(KEY_PAIRS, raw => needed(raw.keyName, 'keyName'), {}, options)
  }

  /**
   * The names of all key pairs: the same as `ex_listKeypairs`.
   *
   * @example
   * ```ts
   * const names = await driver.ex_describeAllKeypairs()
   * ```
   * @deprecated use `listKeyPairs`
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeKeyPairs.html
   */
  ex_describeAllKeypairs(options?: CallOptions): Pager<string> {
    return this.ex_listKeypairs(options)
  }

  /**
   * A key pair's name and fingerprint.
   *
   * @example
   * ```ts
   * const { keyFingerprint } = await driver.ex_describeKeypairs('laptop')
   * ```
   * @deprecated use `getKeyPair`
   * @throws KeyPairDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeKeyPairs.html
   */
  async ex_describeKeypairs(name: string, options?: CallOptions): Promise<EC2KeyFingerprint> {
    const { name: keyName, fingerprint: keyFingerprint } = await this.getKeyPair(name, options)
    return { keyName, keyFingerprint }
  }

  /**
   * A key pair's name and fingerprint: the same as `ex_describeKeypairs`.
   *
   * @example
   * ```ts
   * const { keyFingerprint } = await driver.ex_describeKeypair('laptop')
   * ```
   * @deprecated use `getKeyPair`
   * @throws KeyPairDoesNotExistError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeKeyPairs.html
   */
  async ex_describeKeypair(name: string, options?: CallOptions): Promise<EC2KeyFingerprint> {
    return this.ex_describeKeypairs(name, options)
  }

  /**
   * Makes a key pair: the same as `createKeyPair`, by its name alone.
   *
   * @example
   * ```ts
   * const { privateKey } = await driver.ex_createKeypair('laptop')
   * ```
   * @deprecated use `createKeyPair`
   * @throws KeyPairAlreadyExistsError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateKeyPair.html
   */
  async ex_createKeypair(name: string, options?: CallOptions): Promise<Owned<KeyPair<EC2KeyPairExtra>>> {
    return this.createKeyPair({ name }, options)
  }

  /**
   * Deletes a key pair: the same as `deleteKeyPair`, by its name alone.
   *
   * @example
   * ```ts
   * await driver.ex_deleteKeypair('laptop')
   * ```
   * @deprecated use `deleteKeyPair`
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteKeyPair.html
   */
  async ex_deleteKeypair(name: string, options?: CallOptions): Promise<void> {
    await this.deleteKeyPair({ name }, options)
  }

  /**
   * Uploads a public key: the same as `importKeyPairFromString`.
   *
   * @example
   * ```ts
   * await driver.ex_importKeypairFromString('laptop', publicKey)
   * ```
   * @deprecated use `importKeyPairFromString`
   * @throws KeyPairAlreadyExistsError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportKeyPair.html
   */
  async ex_importKeypairFromString(
    name: string,
    publicKey: string,
    options?: CallOptions,
  ): Promise<Owned<KeyPair<EC2KeyPairExtra>>> {
    return this.importKeyPairFromString(name, publicKey, options)
  }

  /**
   * Uploads a public key that a file holds: the same as `importKeyPairFromFile`.
   *
   * @example
   * ```ts
   * await driver.ex_importKeypair('laptop', '/home/me/.ssh/id_ed25519.pub')
   * ```
   * @deprecated use `importKeyPairFromFile`
   * @throws KeyPairAlreadyExistsError
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportKeyPair.html
   */
  async ex_importKeypair(name: string, path: string, options?: CallOptions): Promise<Owned<KeyPair<EC2KeyPairExtra>>> {
    return this.importKeyPairFromFile(name, path, options) as Promise<Owned<KeyPair<EC2KeyPairExtra>>>
  }

  /**
   * The key pair that a public key belongs to. Where there is none it is uploaded, under a name made of its comment and
   * its fingerprint.
   *
   * @example
   * ```ts
   * const { keyName } = await driver.ex_findOrImportKeypairByKeyMaterial(publicKey)
   * ```
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportKeyPair.html
   */
  async ex_findOrImportKeypairByKeyMaterial(publicKey: string, options?: CallOptions): Promise<EC2KeyFingerprint> {
    const { name: keyName, fingerprint: keyFingerprint } = await findOrImportKey(this, publicKey, options)
    return { keyName, keyFingerprint }
  }
}

function describe(
  driver: EC2Keys,
  params: QueryParams,
  options: CallOptions | undefined,
): Pager<KeyPair<EC2KeyPairExtra>> {
  const also = { ...params, IncludePublicKey: true }
  return driver.connection.all(KEY_PAIRS, raw => toKeyPair(driver, raw), also, options)
}

function toKeyPair(driver: EC2Keys, raw: RawKeyPair): KeyPair<EC2KeyPairExtra> {
  return new KeyPair(driver, {
    name: needed(raw.keyName, 'keyName'),
    fingerprint: raw.keyFingerprint ?? '',
    publicKey: raw.publicKey?.trim(),
    privateKey: raw.keyMaterial,
    extra: { id: raw.keyPairId, keyType: raw.keyType, createdAt: raw.createTime, tags: toTags(raw.tagSet) },
  })
}
