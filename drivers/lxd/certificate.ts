import { refuse } from './names.js'

/** A certificate and its key, both in PEM. */
export interface LXDKeyPair {
  readonly certificate: string
  readonly privateKey: string
}

/** A certificate's bytes in Base64, as the API wants them. */
export function derOf(provider: string, pem: unknown): string {
  const [, body] =
    /^\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/.exec(String(pem)) ?? []
  if (body === undefined) throw refuse(provider, 'certificate', typeof pem, 'a certificate in PEM')
  return body.replace(/\s+/g, '')
}

// Node can read certificates, but makes none: these are the parts of DER that a certificate is made of.
const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const { length } = body
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), body])
  const bytes = length < 256 ? [length] : [length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length, ...bytes]), body])
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
const oid = (...bytes: readonly number[]): Buffer => der(0x06, Buffer.from(bytes))
const time = (date: Date): Buffer => der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, '')))

const COMMON_NAME = oid(0x55, 0x04, 0x03)
const ORGANIZATION = oid(0x55, 0x04, 0x0a)
const ECDSA_SHA384 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03))
const KEY_USAGE = oid(0x55, 0x1d, 0x0f)
const EXTENDED_KEY_USAGE = oid(0x55, 0x1d, 0x25)
const CLIENT_AUTH = oid(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02)
const TRUE = der(0x01, Buffer.from([0xff]))
const TEN_YEARS = 10 * 365 * 86_400_000

const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text))
const octets = (...parts: readonly Uint8Array[]): Buffer => der(0x04, ...parts)

function tbs(name: string, publicKey: Uint8Array, serial: Uint8Array): Buffer {
  const subject = sequence(
    der(0x31, sequence(ORGANIZATION, utf8('libcloud'))),
    der(0x31, sequence(COMMON_NAME, utf8(name))),
  )
  const now = Date.now()
  const usage = sequence(KEY_USAGE, TRUE, octets(der(0x03, Buffer.from([5, 0xa0]))))
  const extended = sequence(EXTENDED_KEY_USAGE, octets(sequence(CLIENT_AUTH)))
  return sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ECDSA_SHA384,
    subject,
    // Clocks differ: one that is slow must not find it too early.
    sequence(time(new Date(now - 86_400_000)), time(new Date(now + TEN_YEARS))),
    subject,
    publicKey,
    der(0xa3, sequence(usage, extended)),
  )
}

/** Makes a key on the curve P-384 and a certificate that it has signed itself. */
export async function generateClientCertificate(name: string): Promise<LXDKeyPair> {
  const { generateKeyPairSync, randomBytes, sign } = await import('node:crypto')
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
  const serial = randomBytes(16)
  // Positive, and without a leading zero.
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40
  const body = tbs(name, publicKey.export({ type: 'spki', format: 'der' }), serial)
  const signature = sign('sha384', body, privateKey)
  const bytes = sequence(body, ECDSA_SHA384, der(0x03, Buffer.from([0]), signature))
  const lines = bytes.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}
