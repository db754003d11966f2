import { createHash, createPublicKey, generateKeyPair as generateKeys, type KeyPairKeyObjectResult } from 'node:crypto'
import { promisify } from 'node:util'
import { InvalidRequestError } from './errors.js'
import { formatPrivateKey, OPENSSH_MAGIC, readPrivateKey } from './keys/private.js'
import { type Parts, readBlob, toBlob, toSpki } from './keys/public.js'
import { decodeBase64, MalformedKey } from './keys/wire.js'

/** A public key, whatever it was written in. */
export interface PublicKey {
  /** SSH's name for it, such as `'ssh-ed25519'`. */
  type: string
  /** What an OpenSSH line holds in Base64. */
  blob: Uint8Array
  /** `''` where there is none. */
  comment: string
}

/** Far more than the largest key needs. */
const TEXT_MAX = 65536
const PRIVATE = /BEGIN [A-Z0-9 ]*PRIVATE KEY|^PuTTY-User-Key-File|^Private-Lines:/m

const generate = promisify(generateKeys)

/** Runs what may find a key malformed, and says which argument it was. */
function checked<T>(argument: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof MalformedKey)) throw error
    throw new InvalidRequestError(`The ${argument} cannot be used: ${error.message}`, { argument })
  }
}

/**
 * Reads a public key: an OpenSSH line (`ssh-ed25519 AAAA… comment`), an SSH2 key (RFC 4716), or PEM
 * (`BEGIN PUBLIC KEY`, `BEGIN RSA PUBLIC KEY`).
 *
 * @throws InvalidRequestError when it is anything else, also a private key or a certificate. The message does not
 * repeat what was given.
 */
export function parsePublicKey(text: string): PublicKey {
  return checked('text', () => parse(text))
}

function parse(text: string): PublicKey {
  if (typeof text !== 'string') throw new MalformedKey('it is not a string')
  if (text.length > TEXT_MAX) throw new MalformedKey('it is too long for a public key')
  if (PRIVATE.test(text)) throw new MalformedKey('it is a private key, where the public one is wanted')
  const trimmed = text.trim()
  if (trimmed.startsWith('---- BEGIN SSH2 PUBLIC KEY ----')) return parseSsh2(trimmed)
  if (trimmed.startsWith('-----BEGIN')) return parsePem(trimmed)
  return parseLine(trimmed)
}

function parseLine(text: string): PublicKey {
  const lines = text.split(/\r\n|\n|\r/).filter(line => line.trim() !== '' && !line.startsWith('#'))
  if (lines.length !== 1) throw new MalformedKey(lines.length === 0 ? 'it is empty' : 'it is not one public key')
  const [, type, base64 = '', comment = ''] = /^(\S+)[ \t]+(\S+)(.*)$/s.exec(lines[0]!.trim()) ?? []
  return { ...fromBase64(base64, type), comment: comment.trim() }
}

function fromBase64(base64: string, type?: string): PublicKey {
  const blob = decodeBase64(base64)
  if (!blob) throw new MalformedKey('it is not a public key')
  if (blob.toString('latin1', 0, OPENSSH_MAGIC.length) === OPENSSH_MAGIC) {
    throw new MalformedKey('it is a private key, where the public one is wanted')
  }
  const read = readBlob(blob)
  if (type !== undefined && read.type !== type) throw new MalformedKey('its type is not the one that it says')
  return { type: read.type, blob, comment: '' }
}

/** RFC 4716, section 3: headers, which a backslash continues on the next line, then Base64. */
function parseSsh2(text: string): PublicKey {
  const lines = text.split(/\r\n|\n|\r/).map(line => line.trimEnd())
  if (lines.at(-1) !== '---- END SSH2 PUBLIC KEY ----') throw new MalformedKey('its end is missing')
  let comment = ''
  let base64 = ''
  for (let at = 1; at < lines.length - 1; at++) {
    let line = lines[at]!
    const header = /^([^:\s]{1,64}):[ \t]?/.exec(line)
    while (header && line.endsWith('\\') && at < lines.length - 2) line = line.slice(0, -1) + lines[++at]!
    if (!header) base64 += line.trim()
    else if (header[1]!.toLowerCase() === 'comment') comment = line.slice(header[0].length).replace(/^"(.*)"$/, '$1')
  }
  return { ...fromBase64(base64), comment }
}

function parsePem(text: string): PublicKey {
  const label = /^-----BEGIN ([A-Z0-9 ]+)-----/.exec(text)?.[1]
  if (label === 'CERTIFICATE') throw new MalformedKey('it is a certificate, not a public key')
  if (label !== 'PUBLIC KEY' && label !== 'RSA PUBLIC KEY') throw new MalformedKey('it is not a public key')
  if (text.split('-----BEGIN').length > 2) throw new MalformedKey('it is not one public key')
  const blob = toBlob(readPem(text))
  return { type: readBlob(blob).type, blob, comment: '' }
}

function readPem(text: string): ReturnType<typeof createPublicKey> {
  try {
    return createPublicKey(text)
  } catch {
    throw new MalformedKey('it is damaged or of an unknown type')
  }
}

/** A key that was parsed before is checked again: anybody can make such an object. */
function partsOf(key: string | PublicKey): { parts: Parts; blob: Uint8Array } {
  if (typeof key === 'string') key = parse(key)
  if (!(key?.blob instanceof Uint8Array)) throw new MalformedKey('it is not a public key')
  return { parts: readBlob(key.blob), blob: key.blob }
}

const colons = (digest: Buffer): string => digest.toString('hex').replace(/..(?!$)/g, '$&:')

/**
 * The fingerprint over the SSH blob. `'sha256'` gives `SHA256:…` in Base64 without padding, as `ssh-keygen -l` prints
 * it; `'md5'` gives `aa:bb:…`, without the `MD5:` that `ssh-keygen -l -E md5` puts before it.
 *
 * @throws InvalidRequestError when the key is not a public key.
 */
export function openSshFingerprint(key: string | PublicKey, hash: 'md5' | 'sha256' = 'sha256'): string {
  const { blob } = checked('key', () => partsOf(key))
  if (hash === 'md5') return colons(createHash('md5').update(blob).digest())
  if (hash === 'sha256') return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
  throw new InvalidRequestError('The hash is unknown', { argument: 'hash', allowed: "'md5' or 'sha256'" })
}

/**
 * The fingerprint over the key's DER form (SubjectPublicKeyInfo), as `aa:bb:…`. With MD5 it is what EC2 shows for an
 * RSA key that was imported.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html
 * @throws InvalidRequestError when the key is not a public key, or is held by a security key and has no such form.
 */
export function spkiFingerprint(key: string | PublicKey, hash: 'md5' | 'sha1' | 'sha256' = 'md5'): string {
  if (!['md5', 'sha1', 'sha256'].includes(hash)) {
    throw new InvalidRequestError('The hash is unknown', { argument: 'hash', allowed: "'md5', 'sha1' or 'sha256'" })
  }
  const spki = checked('key', () => {
    const { parts } = partsOf(key)
    if (parts.sk) throw new MalformedKey('a key that a security key holds has no DER form')
    return toSpki(parts)
  })
  return colons(createHash(hash).update(spki).digest())
}

/**
 * The SHA-1 over the private key's DER form (PKCS#8), as `aa:bb:…`: what EC2 shows for an RSA key that it generated.
 * For an ED25519 key it shows `openSshFingerprint` of the public half instead.
 *
 * @param privateKey PEM, or OpenSSH's own format without encryption.
 * @param options `passphrase` opens an encrypted PEM.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html
 * @throws InvalidRequestError when it is not a private key, or cannot be opened. The message repeats nothing of it.
 */
export function privateKeyFingerprint(privateKey: string, options: { passphrase?: string | undefined } = {}): string {
  const key = checked('privateKey', () => readPrivateKey(String(privateKey), options.passphrase))
  return colons(
    createHash('sha1')
      .update(key.export({ format: 'der', type: 'pkcs8' }))
      .digest(),
  )
}

/**
 * The comment of a public key, or `fallback` where it has none.
 * @throws InvalidRequestError when the key is not a public key.
 */
export function publicKeyComment(key: string | PublicKey, fallback = ''): string {
  return checked('key', () => (typeof key === 'string' ? parse(key) : key).comment || fallback)
}

/** What to generate. */
export interface KeyPairOptions {
  /** Default: `'ed25519'`. */
  type?: 'ed25519' | 'rsa' | 'ecdsa' | undefined
  /** RSA: 2048 to 16384, default 3072. ECDSA: 256, 384 or 521, default 256. ED25519 has no choice. */
  bits?: number | undefined
  /** One line. Default: none. */
  comment?: string | undefined
}

/** A generated key pair. The private half is not enumerable, so that it is neither printed nor serialised. */
export class GeneratedKeyPair {
  /** One OpenSSH line, without a line break. */
  readonly publicKey: string
  /** As `openSshFingerprint` gives it. */
  readonly fingerprint: string
  /** OpenSSH's own format, unencrypted: keep it in a file that only its owner can read. */
  declare readonly privateKey: string
  constructor(publicKey: string, privateKey: string) {
    this.publicKey = publicKey
    this.fingerprint = openSshFingerprint(publicKey)
    Object.defineProperty(this, 'privateKey', { value: privateKey })
  }
}

/**
 * Generates a key pair in the forms that OpenSSH reads and providers import.
 * @throws InvalidRequestError when the type has no such size, or the comment is more than a line.
 */
export async function generateKeyPair(options: KeyPairOptions = {}): Promise<GeneratedKeyPair> {
  const { type = 'ed25519', bits, comment = '' } = options
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\0-\x1f\x7f\u0085\u2028\u2029]/.test(comment) || comment !== comment.trim() || comment.length > 1024) {
    throw new InvalidRequestError('The comment is not one short line of text', { argument: 'options.comment' })
  }
  const { publicKey, privateKey } = await generateObjects(type, bits)
  const blob = toBlob(publicKey)
  const line = `${readBlob(blob).type} ${blob.toString('base64')} ${comment}`.trimEnd()
  return new GeneratedKeyPair(line, formatPrivateKey(privateKey, publicKey, comment))
}

async function generateObjects(type: string, bits: number | undefined): Promise<KeyPairKeyObjectResult> {
  const refuse = (allowed: string): InvalidRequestError =>
    new InvalidRequestError('There is no key of that size', { argument: 'options.bits', allowed })
  if (type === 'rsa') {
    if (bits !== undefined && !(Number.isInteger(bits) && bits >= 2048 && bits <= 16384)) throw refuse('2048 to 16384')
    return generate('rsa', { modulusLength: bits ?? 3072 })
  }
  if (type === 'ecdsa') {
    if (![256, 384, 521].includes(bits ?? 256)) throw refuse('256, 384 or 521')
    return generate('ec', { namedCurve: `P-${bits ?? 256}` })
  }
  if (type !== 'ed25519') {
    const allowed = "'ed25519', 'rsa' or 'ecdsa'"
    throw new InvalidRequestError('There is no such type of key', { argument: 'options.type', allowed })
  }
  if (bits !== undefined && bits !== 256) throw refuse('none')
  return generate('ed25519')
}
