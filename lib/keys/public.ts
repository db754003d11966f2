import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { integerBytes, MalformedKey, WireReader, wireInteger, wireString } from './wire.js'

/** A curve as SSH, JSON Web Keys and DER (its object identifier) name it. */
interface Curve {
  name: string
  jwk: string
  oid: string
  bytes: number
}
const CURVES: readonly Curve[] = [
  { name: 'nistp256', jwk: 'P-256', oid: '06082a8648ce3d030107', bytes: 32 },
  { name: 'nistp384', jwk: 'P-384', oid: '06052b81040022', bytes: 48 },
  { name: 'nistp521', jwk: 'P-521', oid: '06052b81040023', bytes: 66 },
]
const OIDS = {
  rsa: '06092a864886f70d0101010500',
  dsa: '06072a8648ce380401',
  ec: '06072a8648ce3d0201',
  ed25519: '06032b6570',
}

/**
 * A blob taken apart. `numbers` are those of RSA (e, n) and DSA (p, q, g, y); `point` is that of an elliptic curve.
 * @internal
 */
export interface Parts {
  type: string
  kind: 'rsa' | 'dsa' | 'ec' | 'ed25519'
  /** Held by a security key: there is more to it than its point. */
  sk: boolean
  numbers: Buffer[]
  point: Buffer
  curve: Curve | undefined
}

/** @internal */
export const curveBy = (key: 'name' | 'jwk', value: string | undefined): Curve | undefined =>
  CURVES.find(curve => curve[key] === value)

/**
 * Takes a public key blob apart (RFC 4253, section 6.6; RFC 5656, section 3.1; RFC 8709, section 4; OpenSSH's
 * PROTOCOL.u2f), and refuses what is not exactly one.
 * @internal
 */
export function readBlob(blob: Uint8Array): Parts {
  const reader = new WireReader(blob)
  const type = reader.string().toString('latin1')
  const parts = readParts(type, reader)
  if (parts.sk && reader.string().length === 0) throw new MalformedKey('it names no application')
  reader.end()
  if (parts.kind === 'ec') checkPoint(parts)
  return parts
}

function readParts(type: string, reader: WireReader): Parts {
  if (type.includes('-cert-v0')) throw new MalformedKey('it is a certificate: give the public key that it was made for')
  const none = { numbers: [], point: Buffer.alloc(0), curve: undefined }
  const sk = type.startsWith('sk-')
  const name = sk ? /^sk-(.+)@openssh\.com$/.exec(type)?.[1] : type
  if (type === 'ssh-rsa') return { ...none, type, kind: 'rsa', sk, numbers: rsaNumbers(reader) }
  if (type === 'ssh-dss') return { ...none, type, kind: 'dsa', sk, numbers: [1, 2, 3, 4].map(() => reader.mpint()) }
  if (name === 'ssh-ed25519') {
    const point = reader.string()
    if (point.length !== 32) throw new MalformedKey('its point has not 32 bytes')
    return { ...none, type, kind: 'ed25519', sk, point }
  }
  const curve = curveBy('name', /^ecdsa-sha2-(nistp\d+)$/.exec(name ?? '')?.[1])
  if (!curve || (sk && curve.name !== 'nistp256')) throw new MalformedKey('its type is unknown')
  if (reader.string().toString('latin1') !== curve.name) throw new MalformedKey('its curve is not that of its type')
  return { ...none, type, kind: 'ec', sk, point: reader.string(), curve }
}

function rsaNumbers(reader: WireReader): Buffer[] {
  const numbers = [reader.mpint(), reader.mpint()]
  if (numbers.some(number => number.length > 2048)) throw new MalformedKey('it has more than 16384 bits')
  return numbers
}

function checkPoint(parts: Parts): void {
  try {
    if (parts.point[0] === 4) createPublicKey({ key: toSpki(parts), format: 'der', type: 'spki' })
    else throw new MalformedKey('its point is compressed')
  } catch (error) {
    throw error instanceof MalformedKey ? error : new MalformedKey('its point is not on its curve')
  }
}

function der(tag: number, ...contents: Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const length = integerBytes(Buffer.from(content.length.toString(16).padStart(8, '0'), 'hex'))
  const digits = length[0] === 0 && length.length > 1 ? length.subarray(1) : length
  const head = content.length < 0x80 ? [content.length] : [0x80 | digits.length, ...digits]
  return Buffer.concat([Buffer.of(tag, ...head), content])
}
const sequence = (...contents: Uint8Array[]): Buffer => der(0x30, ...contents)
const bitString = (content: Uint8Array): Buffer => der(0x03, Buffer.of(0), content)
const integer = (magnitude: Uint8Array): Buffer => der(0x02, integerBytes(magnitude))

/**
 * The DER form, SubjectPublicKeyInfo (RFC 5280, section 4.1; RFC 3279, section 2.3; RFC 8410).
 * @internal
 */
export function toSpki({ kind, numbers, point, curve }: Parts): Buffer {
  const oid = Buffer.from(OIDS[kind], 'hex')
  if (kind === 'ec') return sequence(sequence(oid, Buffer.from(curve!.oid, 'hex')), bitString(point))
  if (kind === 'ed25519') return sequence(sequence(oid), bitString(point))
  const [first, second, third, fourth] = numbers.map(integer) as [Buffer, Buffer, Buffer, Buffer]
  if (kind === 'rsa') return sequence(sequence(oid), bitString(sequence(second, first)))
  return sequence(sequence(oid, sequence(first, second, third)), bitString(fourth))
}

const fromUrl = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url')

/** @internal */
export const ecPoint = (jwk: JsonWebKey): Buffer => Buffer.concat([Buffer.of(4), fromUrl(jwk.x), fromUrl(jwk.y)])

/**
 * The blob of a key that Node has read.
 * @internal
 */
export function toBlob(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'dsa') return dsaBlob(key.export({ format: 'der', type: 'spki' }))
  if (!/^(?:rsa|ec|ed25519)$/.test(key.asymmetricKeyType ?? '')) throw new MalformedKey('its type is unknown to SSH')
  const jwk = exportJwk(key)
  if (jwk.kty === 'RSA') {
    return Buffer.concat([wireString('ssh-rsa'), wireInteger(fromUrl(jwk.e)), wireInteger(fromUrl(jwk.n))])
  }
  if (jwk.kty === 'OKP') return Buffer.concat([wireString('ssh-ed25519'), wireString(fromUrl(jwk.x))])
  const curve = curveBy('jwk', jwk.crv)
  if (!curve) throw new MalformedKey('its curve is unknown to SSH')
  return Buffer.concat([wireString(`ecdsa-sha2-${curve.name}`), wireString(curve.name), wireString(ecPoint(jwk))])
}

function exportJwk(key: KeyObject): JsonWebKey {
  try {
    return key.export({ format: 'jwk' })
  } catch {
    throw new MalformedKey('its curve is unknown to SSH')
  }
}

/** DSA alone has no JSON form. What is read here was written by Node. */
function dsaBlob(spki: Buffer): Buffer {
  const [algorithm, key] = children(children(spki)[0]!)
  const numbers = children(children(algorithm!)[1]!)
  const y = children(key!.subarray(1))
  return Buffer.concat([wireString('ssh-dss'), ...[...numbers, ...y].map(wireInteger)])
}

/** The contents of the DER values that stand one after another. */
function children(bytes: Buffer): Buffer[] {
  const reader = new WireReader(bytes)
  const contents: Buffer[] = []
  for (let left = bytes.length; left > 0; ) {
    const [, first] = reader.take(2)
    const digits = first! < 0x80 ? 0 : first! & 0x7f
    const length = digits === 0 ? first! : reader.take(digits).readUIntBE(0, digits)
    contents.push(reader.take(length))
    left -= 2 + digits + length
  }
  return contents
}
