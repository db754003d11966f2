import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidRequestError } from '../../../lib/errors.js'
import {
  generateKeyPair,
  openSshFingerprint,
  type PublicKey,
  parsePublicKey,
  privateKeyFingerprint,
  spkiFingerprint,
} from '../../../lib/keys.js'
import { VECTORS } from './vectors.js'

const BLOBS = VECTORS.map(({ line }) => Buffer.from(line.split(' ')[1]!, 'base64'))

/** What a call gives, or nothing where it was refused as it should be. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof InvalidRequestError) return undefined
    throw error
  }
}
const parseBlob = (blob: Buffer): PublicKey | undefined => {
  const type = blob.length >= 4 ? blob.subarray(4, 4 + blob.readUInt32BE()).toString('latin1') : 'x'
  return attempt(() => parsePublicKey(`${type.replace(/\s/g, '') || 'x'} ${blob.toString('base64')}`))
}

describe('keys, fuzzed', () => {
  it('no blob that was cut short or grew is a key', () => {
    for (const blob of BLOBS) {
      expect(parseBlob(blob)).toBeDefined()
      for (let length = 0; length < blob.length; length++) expect(parseBlob(blob.subarray(0, length))).toBeUndefined()
      expect(parseBlob(Buffer.concat([blob, Buffer.of(0)]))).toBeUndefined()
    }
  })

  it('any change of a blob is refused, or is another key of the same type', () => {
    const change = fc.record({ at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 5 }), cut: fc.nat(5) })
    fc.assert(
      fc.property(fc.constantFrom(...BLOBS), fc.array(change, { minLength: 1, maxLength: 3 }), (blob, changes) => {
        for (const { at, bytes, cut } of changes) {
          const start = at % blob.length
          blob = Buffer.concat([blob.subarray(0, start), bytes, blob.subarray(start + cut)])
        }
        const key = parseBlob(blob)
        attempt(() => openSshFingerprint({ type: 'ssh-rsa', blob, comment: '' }))
        if (!key) return
        expect(Buffer.from(key.blob).equals(blob)).toBe(true)
        expect(openSshFingerprint(key)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/)
        if (!key.type.startsWith('sk-')) expect(spkiFingerprint(key)).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/)
      }),
      { numRuns: 3000 },
    )
  })

  it('any wrong length inside of a blob is refused', () => {
    for (const blob of BLOBS) {
      for (let at = 0; at + 4 <= blob.length; at += 4 + blob.readUInt32BE(at)) {
        for (const wrong of [0, 1, 0x7fffffff, 0xffffffff, blob.readUInt32BE(at) + 1, blob.readUInt32BE(at) - 1]) {
          if (wrong === blob.readUInt32BE(at)) continue
          const copy = Buffer.from(blob)
          copy.writeUInt32BE(wrong, at)
          expect(attempt(() => openSshFingerprint({ type: '', blob: copy, comment: '' }))).toBeUndefined()
        }
      }
    }
  })

  it('any text is refused as it should be', () => {
    const part = fc.constantFrom(
      ...VECTORS.map(vector => vector.line),
      '-----BEGIN PUBLIC KEY-----\n',
      '-----END PUBLIC KEY-----',
      '-----BEGIN RSA PUBLIC KEY-----\n',
      '-----BEGIN OPENSSH PRIVATE KEY-----\n',
      '-----END OPENSSH PRIVATE KEY-----\n',
      '---- BEGIN SSH2 PUBLIC KEY ----\n',
      '\n---- END SSH2 PUBLIC KEY ----',
      'Comment: \\',
      'MCowBQYDK2VwAyEA',
      'ssh-rsa ',
      '\n',
    )
    const text = fc.array(fc.oneof(part, fc.string(), fc.base64String()), { maxLength: 6 }).map(parts => parts.join(''))
    fc.assert(
      fc.property(text, given => {
        for (const run of [parsePublicKey, openSshFingerprint, spkiFingerprint, privateKeyFingerprint]) {
          attempt(() => run(given))
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('any change of a private key is refused, or is a key, and is never repeated', async () => {
    const pairs = [await generateKeyPair(), await generateKeyPair({ type: 'ecdsa' })]
    pairs.push(await generateKeyPair({ type: 'rsa', bits: 2048 }))
    const files = pairs.map(pair => Buffer.from(pair.privateKey.split('\n').slice(1, -2).join(''), 'base64'))
    const wrap = (file: Buffer): string =>
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${file.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.nat(),
        fc.uint8Array({ maxLength: 4 }),
        fc.nat(8),
        (file, at, add, cut) => {
          const start = at % file.length
          const text = wrap(Buffer.concat([file.subarray(0, start), add, file.subarray(start + cut)]))
          try {
            privateKeyFingerprint(text)
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidRequestError)
            expect(String((error as Error).stack)).not.toContain(text.split('\n')[1]!.slice(60, 90))
          }
        },
      ),
      { numRuns: 600 },
    )
    for (const file of files) {
      for (let length = 0; length < file.length; length += 7) {
        expect(attempt(() => privateKeyFingerprint(wrap(file.subarray(0, length))))).toBeUndefined()
      }
    }
  })
})
