import { type CreateNodeOptions, NodeAuthSSHKey } from '../../lib/compute/types.js'
import { CleanupError } from '../../lib/errors.js'
import { xml } from '../../lib/http/xml.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type EC2Connection, itself, type Listing, listing } from './ec2.connection.js'
import { needed, refused, TAGGED } from './ec2.shared.js'

/** A key pair as EC2 tells it. */
export interface RawKeyPair {
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
export const KEY_PAIR: xml.XmlShape<RawKeyPair> = xml.object({
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
export const KEY_PAIRS: Listing<RawKeyPair> = listing('DescribeKeyPairs', 'keySet', KEY_PAIR)
export const IMPORTED: xml.XmlShape<RawKeyPair> = itself('ImportKeyPair', KEY_PAIR)

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
export async function findOrImportKey(
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
