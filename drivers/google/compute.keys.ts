import { KeyPair } from '../../lib/compute/types.js'
import { KeyPairAlreadyExistsError, KeyPairDoesNotExistError } from '../../lib/errors.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { onePage, type Pager } from '../../lib/pager.js'
import type { NamedRef } from '../../lib/resource.js'
import { commonMetadata, GCECatalog, setCommonMetadata } from './compute.catalog.js'
import { refused } from './compute.refs.js'
import type { GCEChangeOptions } from './operations.js'

/** What only Google tells of a key. */
export interface GCEKeyPairExtra {
  /** The key's comment. */
  readonly comment: string
}

/** Where the project's metadata has keys: `<user>:<key>`, each in a line of its own. */
const MEMBER = 'ssh-keys'
const USER = /^[a-z_][-a-z0-9_.]{0,31}$/

/**
 * SSH keys. Google keeps them in the project's metadata, each for a user, who is made on all instances that do not refuse
 * the project's keys: the key pair's name is that user's. Google makes no key pairs.
 */
export abstract class GCEKeys extends GCECatalog {
  /** @see https://cloud.google.com/compute/docs/connect/add-ssh-keys#metadata */
  listKeyPairs(options?: CallOptions): Pager<KeyPair<GCEKeyPairExtra>> {
    return onePage(async () => {
      const { metadata } = await commonMetadata(this, options)
      return Promise.all(linesIn(metadata).map(line => toKeyPair(this, line)))
    }, options)
  }

  /** @see https://cloud.google.com/compute/docs/connect/add-ssh-keys#metadata */
  async getKeyPair(name: string, options?: CallOptions): Promise<KeyPair<GCEKeyPairExtra>> {
    const { metadata } = await commonMetadata(this, options)
    const line = linesIn(metadata).find(each => userOf(each) === name)
    if (line === undefined) throw this.#missing(options)
    return toKeyPair(this, line)
  }

  /** For the user that is called like the key pair. What others change at the same time is not lost.
   * @see https://cloud.google.com/compute/docs/connect/add-ssh-keys#metadata */
  async importKeyPairFromString(
    name: string,
    publicKey: string,
    options?: GCEChangeOptions,
  ): Promise<Owned<KeyPair<GCEKeyPairExtra>>> {
    if (!USER.test(name))
      throw refused(this, 'name', "a user's name: a lower case letter, and up to 31 of them, digits, hyphens", options)
    const line = `${name}:${publicKey.trim()}`
    const made = await toKeyPair(this, line).catch(() => {
      throw refused(this, 'publicKey', "a public key in OpenSSH's form", options)
    })
    const { metadata, fingerprint } = await commonMetadata(this, options)
    const lines = linesIn(metadata)
    if (lines.some(each => userOf(each) === name)) {
      const operation = operationOf(options)
      const message = `${operation ?? 'request'}: '${this.provider}' has a key of the user '${name}' already`
      throw new KeyPairAlreadyExistsError(message, { provider: this.provider, operation })
    }
    await setCommonMetadata(this, { ...metadata, [MEMBER]: [...lines, line].join('\n') }, fingerprint, options)
    return owned(made, () => this.deleteKeyPair(made))
  }

  /** All keys of the user.
   * @see https://cloud.google.com/compute/docs/connect/restrict-ssh-keys#remove-project-key */
  async deleteKeyPair(keyPair: NamedRef, options?: GCEChangeOptions): Promise<void> {
    const { metadata, fingerprint } = await commonMetadata(this, options)
    const lines = linesIn(metadata)
    const others = lines.filter(each => userOf(each) !== keyPair.name)
    if (others.length === lines.length) throw this.#missing(options)
    const { [MEMBER]: _, ...rest } = metadata
    const left = others.length > 0 ? { ...rest, [MEMBER]: others.join('\n') } : rest
    await setCommonMetadata(this, left, fingerprint, options)
  }

  #missing(options: CallOptions | undefined): KeyPairDoesNotExistError {
    const operation = operationOf(options)
    const message = `${operation ?? 'request'}: '${this.provider}' has no such key pair in the project's metadata`
    return new KeyPairDoesNotExistError(message, { provider: this.provider, operation })
  }
}

function linesIn(metadata: Readonly<Record<string, string>>): string[] {
  return (metadata[MEMBER] ?? '').split('\n').filter(line => line.includes(':'))
}

const userOf = (line: string): string => line.slice(0, line.indexOf(':'))

async function toKeyPair(driver: GCEKeys, line: string): Promise<KeyPair<GCEKeyPairExtra>> {
  const { openSshFingerprint, publicKeyComment } = await import('../../lib/keys.js')
  const publicKey = line.slice(line.indexOf(':') + 1)
  const fields = { name: userOf(line), publicKey }
  return new KeyPair(driver, {
    ...fields,
    fingerprint: openSshFingerprint(publicKey),
    extra: { comment: publicKeyComment(publicKey) },
  })
}
