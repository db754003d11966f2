import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject, randomBytes } from 'node:crypto'
import { curveBy, ecPoint, readBlob, toBlob } from './public.js'
import { decodeBase64, MalformedKey, uint32, WireReader, wireInteger, wireString } from './wire.js'

/** @internal */
export const OPENSSH_MAGIC = 'openssh-key-v1\0'
const BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----'
const END = '-----END OPENSSH PRIVATE KEY-----'
/** Without a cipher the private part is padded to a multiple of this. */
const BLOCK = 8

const fromUrl = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url')
const toUrl = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** A key's fields in the order in which an SSH agent is given them. */
function privateFields(key: KeyObject): Buffer[] {
  const jwk = key.export({ format: 'jwk' })
  if (jwk.kty === 'RSA') {
    return [jwk.n, jwk.e, jwk.d, jwk.qi, jwk.p, jwk.q].map(number => wireInteger(fromUrl(number)))
  }
  if (jwk.kty === 'OKP') {
    const point = fromUrl(jwk.x)
    return [wireString(point), wireString(Buffer.concat([fromUrl(jwk.d), point]))]
  }
  const curve = curveBy('jwk', jwk.crv)!
  return [wireString(curve.name), wireString(ecPoint(jwk)), wireInteger(fromUrl(jwk.d))]
}

/**
 * An unencrypted private key file as OpenSSH writes it (its PROTOCOL.key).
 * @internal
 */
export function formatPrivateKey(key: KeyObject, publicKey: KeyObject, comment: string): string {
  const blob = toBlob(publicKey)
  const check = randomBytes(4)
  const fields = [wireString(readBlob(blob).type), ...privateFields(key), wireString(comment)]
  const secret = Buffer.concat([check, check, ...fields])
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (BLOCK - (secret.length % BLOCK)) % BLOCK))
  const file = Buffer.concat([
    Buffer.from(OPENSSH_MAGIC, 'latin1'),
    wireString('none'),
    wireString('none'),
    wireString(''),
    uint32(1),
    wireString(blob),
    wireString(Buffer.concat([secret, padding])),
  ])
  return [BEGIN, ...(file.toString('base64').match(/.{1,70}/g) ?? []), END, ''].join('\n')
}

/**
 * Reads a private key: PEM, encrypted or not, or an unencrypted one of OpenSSH.
 * @internal
 */
export function readPrivateKey(text: string, passphrase: string | undefined): KeyObject {
  if (text.includes(BEGIN)) return readOpenSsh(text)
  if (!/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)) {
    throw new MalformedKey(
      /PUBLIC KEY|^(?:ssh|ecdsa|sk)-/m.test(text) ? 'it is a public key' : 'it is not a private key',
    )
  }
  try {
    return createPrivateKey(passphrase === undefined ? text : { key: text, passphrase })
  } catch {
    const encrypted = /ENCRYPTED/.test(text)
    throw new MalformedKey(encrypted ? 'its passphrase is missing or wrong' : 'it is damaged or of an unknown type')
  }
}

function readOpenSsh(text: string): KeyObject {
  const body = text.slice(text.indexOf(BEGIN) + BEGIN.length, text.includes(END) ? text.indexOf(END) : 0)
  const reader = new WireReader(decodeBase64(body.replace(/\s/g, '')) ?? Buffer.alloc(0))
  const magic = reader.take(OPENSSH_MAGIC.length).toString('latin1')
  const [cipher] = [reader.string().toString('latin1'), reader.string(), reader.string()]
  if (magic !== OPENSSH_MAGIC || reader.uint32() !== 1) throw new MalformedKey('it is damaged')
  if (cipher !== 'none') throw new MalformedKey("it is encrypted in OpenSSH's own format, which is not read here")
  const blob = reader.string()
  const secret = new WireReader(reader.string())
  reader.end()
  if (!secret.take(4).equals(secret.take(4))) throw new MalformedKey('it is damaged')
  const key = readSecret(secret)
  if (!toBlob(createPublicKey(key)).equals(blob)) throw new MalformedKey('its two halves do not belong together')
  return key
}

function readSecret(secret: WireReader): KeyObject {
  const type = secret.string().toString('latin1')
  const jwk = readJwk(type, secret)
  secret.string()
  const padding = secret.rest()
  if (padding.length >= BLOCK || padding.some((byte, index) => byte !== index + 1)) {
    throw new MalformedKey('it is damaged')
  }
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' })
  } catch {
    throw new MalformedKey('it is damaged')
  }
}

function readJwk(type: string, secret: WireReader): JsonWebKey {
  if (type === 'ssh-rsa') {
    const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => secret.mpint()) as [Buffer, ...Buffer[]]
    return rsaJwk(n, e!, d!, qi!, p!, q!)
  }
  if (type === 'ssh-ed25519') {
    const point = secret.string()
    return { kty: 'OKP', crv: 'Ed25519', x: toUrl(point), d: toUrl(secret.string().subarray(0, 32)) }
  }
  const curve = curveBy('name', type.replace('ecdsa-sha2-', ''))
  if (!curve) throw new MalformedKey('its type is not read here')
  const [, point, number] = [secret.string(), secret.string(), secret.mpint()]
  if (point.length !== 1 + 2 * curve.bytes || number.length > curve.bytes) throw new MalformedKey('it is damaged')
  const [x, y] = [point.subarray(1, 1 + curve.bytes), point.subarray(1 + curve.bytes)]
  const d = Buffer.concat([Buffer.alloc(curve.bytes - number.length), number])
  return { kty: 'EC', crv: curve.jwk, x: toUrl(x), y: toUrl(y), d: toUrl(d) }
}

function rsaJwk(n: Buffer, e: Buffer, d: Buffer, qi: Buffer, p: Buffer, q: Buffer): JsonWebKey {
  const exponent = (prime: Buffer): string => {
    const modulus = BigInt(`0x${prime.toString('hex')}`) - 1n
    if (modulus < 2n) throw new MalformedKey('it is damaged')
    const hex = (BigInt(`0x${d.toString('hex')}`) % modulus).toString(16)
    return toUrl(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'))
  }
  const [dp, dq] = [exponent(p), exponent(q)]
  return { kty: 'RSA', n: toUrl(n), e: toUrl(e), d: toUrl(d), p: toUrl(p), q: toUrl(q), dp, dq, qi: toUrl(qi) }
}
