import { type CreateKeyPairOptions, type CreateNodeOptions, KeyPair, NodeAuthSSHKey } from '../../lib/compute/types.js'
import { CleanupError, KeyPairDoesNotExistError } from '../../lib/errors.js'
import * as xml from '../../lib/http/xml-shape.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import type { Pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import { type EC2Connection, type EC2Filters, itself, type Listing, listing } from './ec2.connection.js'
import { EC2Images } from './ec2.images.js'
import { type EC2Tags, needed, refused, TAGGED, tagged, toFilters, toTags } from './ec2.shared.js'
import type { QueryParams } from './query.js'

/** A key pair as EC2 tells it. */
interface RawKeyPair {
  keyPairId?: string
  keyFingerprint?: string
  keyName?: string
  keyType?: string
  tagSet: Map<string, string>
  publicKey?: string
  createTime?: Date
  /** The private key, when it is made. */
  keyMaterial?: string
}
const KEY_PAIR: xml.XmlShape<RawKeyPair> = xml.object({
  keyPairId: xml.string,
  keyFingerprint: xml.string,
  keyName: xml.string,
  keyType: xml.string,
  tagSet: TAGGED,
  publicKey: xml.string,
  createTime: xml.date,
  keyMaterial: xml.string,
})
// There are no pages of key pairs.
const KEY_PAIRS: Listing<RawKeyPair> = listing('DescribeKeyPairs', 'keySet', KEY_PAIR)
const IMPORTED: xml.XmlShape<RawKeyPair> = itself('ImportKeyPair', KEY_PAIR)
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

/** A driver, as far as keys need it. */
interface KeyHolder {
  readonly provider: string
  readonly connection: EC2Connection
}

/** Does `work` with the name of a key that the account has, or is given; one given for nothing is taken away again. */
export async function withKey<T>(
  driver: KeyHolder,
  auth: CreateNodeOptions['auth'],
  keyName: string | undefined,
  options: CallOptions | undefined,
  work: (keyName: string | undefined) => Promise<T>,
): Promise<T> {
  if (auth === undefined) return work(keyName)
  if (!(auth instanceof NodeAuthSSHKey)) {
    const allowed = 'a NodeAuthSSHKey: passwords of Windows are made by EC2, and told by ex_getPasswordData'
    throw refused(driver, 'node.auth', allowed, options)
  }
  if (keyName !== undefined) throw refused(driver, 'node.ex_keyName', "absent beside 'auth'", options)
  const { name, imported } = await findOrImportKey(driver, auth.publicKey, options)
  try {
    return await work(name)
  } catch (error) {
    if (imported) await removeKey(driver, name, error, options)
    throw error
  }
}

/** The key of the account's that this public key is, or one made of it, called after its comment and fingerprint. */
async function findOrImportKey(
  { connection }: KeyHolder,
  publicKey: string,
  options: CallOptions | undefined,
): Promise<{ name: string; fingerprint: string; imported: boolean }> {
  const { openSshFingerprint, publicKeyComment, spkiFingerprint } = await import('../../lib/keys.js')
  const md5 = openSshFingerprint(publicKey, 'md5').replaceAll(':', '')
  const isRsa = publicKey.trimStart().startsWith('ssh-rsa') || !publicKey.trimStart().startsWith('ssh-')
  // EC2 shows other fingerprints of RSA keys than of others, and those of others with padding, or without.
  const shown = isRsa ? spkiFingerprint(publicKey, 'md5') : openSshFingerprint(publicKey).replace(/^SHA256:/, '')
  const plain = (fingerprint: string | undefined): string => (fingerprint ?? '').replace(/=+$/, '')
  for await (const each of connection.all(KEY_PAIRS, raw => raw, {}, options)) {
    if (plain(each.keyFingerprint) === shown)
      return { name: needed(each.keyName, 'keyName'), fingerprint: shown, imported: false }
  }
  const comment = publicKeyComment(publicKey, 'libcloud').replace(/[^\x20-\x7e]/g, '')
  const name = `${comment.slice(0, 200)}-${md5}`
  return { ...(await importKey(connection, name, publicKey, options)), imported: true }
}

async function importKey(
  connection: EC2Connection,
  KeyName: string,
  publicKey: string,
  options: CallOptions | undefined,
): Promise<{ name: string; fingerprint: string }> {
  const params = { KeyName, PublicKeyMaterial: Buffer.from(publicKey).toString('base64') }
  const map = (raw: RawKeyPair) => ({
    name: needed(raw.keyName, 'keyName'),
    fingerprint: needed(raw.keyFingerprint, 'keyFingerprint'),
  })
  return connection.query({ action: 'ImportKeyPair', params, shape: IMPORTED, map }, options)
}

/** The caller's signal and timeout may have ended already: they do not hold for cleaning up. */
async function removeKey(
  { connection, provider }: KeyHolder,
  name: string,
  cause: unknown,
  options: CallOptions | undefined,
): Promise<void> {
  try {
    await connection.set('DeleteKeyPair', { KeyName: name }, { ...options, signal: undefined, timeout: 30_000 })
  } catch (error) {
    const message = `The node could not be made, and the key '${name}' that was imported for it could not be removed`
    throw new CleanupError(message, { provider, operation: operationOf(options), cause, errors: [error] })
  }
}
