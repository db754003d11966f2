import { createPublicKey } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { InvalidRequestError } from '../../../lib/errors.js'
import {
  generateKeyPair,
  openSshFingerprint,
  parsePublicKey,
  privateKeyFingerprint,
  publicKeyComment,
  spkiFingerprint,
} from '../../../lib/keys.js'
import { VECTORS } from './vectors.js'

const [RSA, , ECDSA, , , ED25519] = VECTORS.map(vector => vector.line) as [string, ...string[]]
const base64Of = (line: string): string => line.split(' ')[1]!
const pem = (label: string, body: string): string => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`
/** The example of RFC 8410, section 10.3. */
const RFC8410 = pem('PRIVATE KEY', 'MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC')

function refusal(run: () => unknown): InvalidRequestError {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidRequestError)
    return error as InvalidRequestError
  }
  throw new Error('nothing was refused')
}

describe('parsePublicKey', () => {
  it.each(VECTORS)('reads $line', ({ line }) => {
    const [type, base64, ...comment] = line.split(' ')
    const key = parsePublicKey(`\n${line}\r\n`)
    expect({ ...key, blob: Buffer.from(key.blob).toString('base64') }).toEqual({
      type,
      blob: base64,
      comment: comment.join(' '),
    })
  })

  it('reads lines without a comment, and beside comment lines', () => {
    expect(parsePublicKey(`ssh-ed25519\t${base64Of(ED25519!)}`).comment).toBe('')
    expect(parsePublicKey(`# mine\n\n${ED25519}  two  words \n`).comment).toBe('user@host ed25519-256  two  words')
  })

  it('reads SSH2 keys with headers and continued lines', () => {
    const body = base64Of(RSA).match(/.{1,70}/g)!
    const lines = ['Subject: me', 'x-note: a \\', '  b: c', 'COMMENT: "2048-bit RSA, \\', 'of mine"', ...body]
    for (const end of ['\n', '\r\n', '\r']) {
      const text = ['---- BEGIN SSH2 PUBLIC KEY ----', ...lines, '---- END SSH2 PUBLIC KEY ----', ''].join(end)
      const key = parsePublicKey(text)
      expect([key.type, key.comment]).toEqual(['ssh-rsa', '2048-bit RSA, of mine'])
      expect(Buffer.from(key.blob).toString('base64')).toBe(base64Of(RSA))
    }
  })

  it('reads PEM', async () => {
    for (const type of ['rsa', 'ecdsa', 'ed25519'] as const) {
      const { publicKey } = await generateKeyPair({ type })
      // The private half is of no use here: the SPKI of the public one is written by Node from its JSON form.
      const { type: name, blob } = parsePublicKey(publicKey)
      const spki = parsePublicKey(pemOf(name, blob))
      expect(Buffer.from(spki.blob).equals(blob)).toBe(true)
      expect([spki.type, spki.comment]).toEqual([name, ''])
    }
    const rfc8410 = pem('PUBLIC KEY', 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=')
    expect(parsePublicKey(rfc8410).type).toBe('ssh-ed25519')
  })

  it.each([
    ['nothing', '', 'empty'],
    ['a comment alone', '# ssh-rsa AAAA', 'empty'],
    ['a word', 'hello', 'not a public key'],
    ['no string', 42 as unknown as string, 'not a string'],
    ['far too much', 'ssh-rsa '.padEnd(70000, 'A'), 'too long'],
    ['two keys', `${RSA}\n${ED25519}`, 'not one public key'],
    ['another type before it', RSA.replace('ssh-rsa', 'ssh-dss'), 'type'],
    ['an unknown type', `x ${Buffer.from('00000001', 'hex').toString('base64')}`, 'ends too early'],
    ['unpadded Base64', `ecdsa-sha2-nistp256 ${base64Of(ECDSA!).replace(/=+$/, '')}`, 'not a public key'],
    ['an SSH2 key without end', `---- BEGIN SSH2 PUBLIC KEY ----\n${base64Of(RSA)}`, 'end is missing'],
    ['a damaged PEM', pem('PUBLIC KEY', 'AAAA'), 'damaged'],
    ['an X.509 certificate', pem('CERTIFICATE', 'AAAA'), 'certificate'],
    ['other PEM', pem('DH PARAMETERS', 'AAAA'), 'not a public key'],
    ['a PuTTY key', 'PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nAAAA', 'private key'],
    ['a bare private blob', `x ${Buffer.from('openssh-key-v1\0AAAA').toString('base64')}`, 'private key'],
    ['an SSH2 private key', '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nAAAA', 'private key'],
  ])('refuses %s', (_, text, part) => {
    const error = refusal(() => parsePublicKey(text))
    expect(error.message).toContain(part)
    expect(error.argument).toBe('text')
  })

  it('refuses blobs that are not exactly one key of their type', () => {
    const blob = Buffer.from(base64Of(RSA), 'base64')
    const say = (bytes: Buffer, line: string): string =>
      refusal(() => parsePublicKey(`${line.split(' ')[0]} ${bytes.toString('base64')}`)).message
    expect(say(Buffer.concat([blob, Buffer.of(0)]), RSA)).toContain('goes on after its end')
    const negative = Buffer.from(blob)
    negative[15] = 0x80
    expect(say(negative, RSA)).toContain('not positive')
    const ec = Buffer.from(base64Of(ECDSA!), 'base64')
    const off = Buffer.from(ec)
    off[off.length - 1]! ^= 1
    expect(say(off, ECDSA!)).toContain('not on its curve')
    const curve = Buffer.from(ec)
    curve.write('nistp384', 27)
    expect(say(curve, ECDSA!)).toContain('curve')
    const application = Buffer.from(base64Of(VECTORS.at(-1)!.line), 'base64')
    expect(say(application.subarray(0, -8), VECTORS.at(-1)!.line)).toContain('ends too early')
  })

  it('refuses certificates and says what to give', () => {
    const type = 'ssh-ed25519-cert-v01@openssh.com'
    const blob = Buffer.concat([Buffer.from([0, 0, 0, type.length]), Buffer.from(type), Buffer.alloc(40)])
    expect(refusal(() => parsePublicKey(`${type} ${blob.toString('base64')}`)).message).toContain('it is a certificate')
  })

  it('never repeats a private key, and says that it is one', async () => {
    const { privateKey } = await generateKeyPair()
    for (const text of [privateKey, RFC8410, privateKey.replace('OPENSSH ', 'RSA '), `x\n${privateKey}`]) {
      for (const run of [parsePublicKey, openSshFingerprint, spkiFingerprint, publicKeyComment]) {
        const error = refusal(() => run(text))
        expect(error.message).toContain('private key')
        const shown = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)
        for (const line of text.split('\n').filter(line => !line.includes('-----') && line.length > 8)) {
          expect(shown).not.toContain(line.slice(0, 12))
        }
      }
    }
    for (const damaged of [privateKey.slice(0, 200), privateKey.replace(/A/g, 'B'), RFC8410.replace('MC4C', 'MC4D')]) {
      const error = refusal(() => privateKeyFingerprint(damaged))
      expect(error.argument).toBe('privateKey')
      expect(inspect(error, { depth: 9 })).not.toContain(damaged.split('\n')[1]!.slice(8, 24))
    }
  })
})

function pemOf(type: string, blob: Uint8Array): string {
  const at = (index: number): Buffer => {
    let rest = Buffer.from(blob)
    for (; index > 0; index--) rest = rest.subarray(4 + rest.readUInt32BE())
    return rest.subarray(4, 4 + rest.readUInt32BE())
  }
  const url = (bytes: Buffer): string => bytes.toString('base64url')
  const jwk =
    type === 'ssh-rsa'
      ? { kty: 'RSA', e: url(at(1)), n: url(at(2).subarray(1)) }
      : type === 'ssh-ed25519'
        ? { kty: 'OKP', crv: 'Ed25519', x: url(at(1)) }
        : { kty: 'EC', crv: 'P-256', x: url(at(2).subarray(1, 33)), y: url(at(2).subarray(33)) }
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'pem', type: 'spki' }).toString()
}

describe('fingerprints', () => {
  it.each(VECTORS)('are those of ssh-keygen and openssl for $line', ({ line, md5, sha256, spki }) => {
    for (const key of [line, parsePublicKey(line)]) {
      expect(openSshFingerprint(key)).toBe(sha256)
      expect(openSshFingerprint(key, 'sha256')).toBe(sha256)
      expect(openSshFingerprint(key, 'md5')).toBe(md5)
      if (spki) expect(spkiFingerprint(key)).toBe(spki)
      else expect(refusal(() => spkiFingerprint(key)).argument).toBe('key')
    }
  })

  it('of a private key is the SHA-1 of its PKCS#8 form', () => {
    expect(privateKeyFingerprint(RFC8410)).toBe('f0:79:bf:74:93:22:e6:1d:a0:b2:79:25:31:10:2c:6d:c1:e8:5d:67')
  })

  it('refuse what is no key, and unknown hashes', () => {
    expect(refusal(() => openSshFingerprint('x')).argument).toBe('key')
    expect(refusal(() => openSshFingerprint(RSA, 'sha1' as 'md5')).argument).toBe('hash')
    expect(refusal(() => spkiFingerprint(RSA, 'sha512' as 'md5')).argument).toBe('hash')
    expect(refusal(() => openSshFingerprint({ type: 'x', blob: Buffer.alloc(3), comment: '' })).argument).toBe('key')
    expect(refusal(() => privateKeyFingerprint(RSA)).message).toContain('it is a public key')
    expect(refusal(() => privateKeyFingerprint('x')).message).toContain('not a private key')
  })
})

describe('publicKeyComment', () => {
  it('gives the comment, or the fallback', () => {
    expect(publicKeyComment(RSA)).toBe('user@host rsa-2048')
    expect(publicKeyComment(parsePublicKey(RSA))).toBe('user@host rsa-2048')
    expect(publicKeyComment(`ssh-rsa ${base64Of(RSA)}`)).toBe('')
    expect(publicKeyComment(`ssh-rsa ${base64Of(RSA)}`, 'none')).toBe('none')
  })
})

describe('generateKeyPair', () => {
  it.each([
    [{}, 'ssh-ed25519'],
    [{ type: 'ecdsa' }, 'ecdsa-sha2-nistp256'],
    [{ type: 'ecdsa', bits: 521 }, 'ecdsa-sha2-nistp521'],
    [{ type: 'rsa', bits: 2048, comment: 'é me' }, 'ssh-rsa'],
  ] as const)('makes %j', async (options, type) => {
    const pair = await generateKeyPair(options)
    const key = parsePublicKey(pair.publicKey)
    expect([key.type, key.comment]).toEqual([type, 'comment' in options ? options.comment : ''])
    expect(pair.fingerprint).toBe(openSshFingerprint(pair.publicKey))
    expect(privateKeyFingerprint(pair.privateKey)).toMatch(/^([0-9a-f]{2}:){19}[0-9a-f]{2}$/)
    const secret = pair.privateKey.split('\n')[3]!
    expect(inspect(pair) + JSON.stringify(pair) + JSON.stringify({ ...pair })).not.toContain(secret)
  })

  it.each([
    ['options.bits', { type: 'rsa', bits: 1024 }],
    ['options.bits', { type: 'rsa', bits: Number.NaN }],
    ['options.bits', { type: 'ecdsa', bits: 128 }],
    ['options.bits', { type: 'ed25519', bits: 512 }],
    ['options.type', { type: 'dsa' as 'rsa' }],
    ['options.comment', { comment: 'a\nssh-rsa AAAA' }],
    ['options.comment', { comment: 'a\0' }],
  ] as const)('refuses the %s of %j', async (argument, options) => {
    const error = await generateKeyPair(options).catch(reason => reason)
    expect(error).toBeInstanceOf(InvalidRequestError)
    expect(error.argument).toBe(argument)
  })
})
