import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  generateKeyPair,
  openSshFingerprint,
  parsePublicKey,
  privateKeyFingerprint,
  spkiFingerprint,
} from '../../../lib/keys.js'
import { VECTORS } from './vectors.js'

const installed = (command: string, ...args: string[]): boolean => {
  const found = spawnSync(command, args).error === undefined
  if (!found) console.warn(`${command} is not installed: keys are NOT compared with what it says`)
  return found
}
const hasTools = [installed('ssh-keygen', '-?'), installed('openssl', 'version')].every(Boolean)

describe.skipIf(!hasTools)('ssh-keygen and openssl', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'libcloud-keys-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  function run(command: string, args: string[], input?: Buffer): Buffer {
    const { status, stdout, stderr } = spawnSync(command, args, input ? { input } : {})
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  const keygen = (...args: string[]): string => run('ssh-keygen', args).toString().trim()
  const digest = (hash: string, bytes: Buffer): string =>
    run('openssl', [hash, '-c'], bytes).toString().trim().split('= ')[1]!
  function file(text: string): string {
    const path = join(folder, `f${Math.random()}`)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }

  function compare(line: string): void {
    const path = file(`${line}\n`)
    expect(openSshFingerprint(line)).toBe(keygen('-l', '-f', path).split(' ')[1])
    expect(`MD5:${openSshFingerprint(line, 'md5')}`).toBe(keygen('-l', '-E', 'md5', '-f', path).split(' ')[1])
    const ssh2 = parsePublicKey(keygen('-e', '-f', path))
    expect(Buffer.from(ssh2.blob).equals(parsePublicKey(line).blob)).toBe(true)
    expect(ssh2.comment).toContain('-bit ')
    if (/^ssh-(ed|sk)|^sk-/.test(line)) return
    const pem = file(keygen('-e', '-m', 'PKCS8', '-f', path))
    expect(spkiFingerprint(line)).toBe(digest('md5', run('openssl', ['pkey', '-pubin', '-in', pem, '-outform', 'DER'])))
    expect(openSshFingerprint(readFileSync(pem, 'utf8'))).toBe(openSshFingerprint(line))
    if (line.startsWith('ssh-rsa')) {
      const pkcs1 = keygen('-e', '-m', 'PEM', '-f', path)
      expect(pkcs1).toContain('BEGIN RSA PUBLIC KEY')
      expect(openSshFingerprint(pkcs1)).toBe(openSshFingerprint(line))
    }
  }

  it.each(VECTORS)('agree on the fixed key $line', ({ line }) => compare(line))

  it.each([
    ['rsa', 2048],
    ['rsa', 3072],
    ['dsa', 1024],
    ['ecdsa', 256],
    ['ecdsa', 384],
    ['ecdsa', 521],
    ['ed25519', 256],
  ])('agree on a fresh %s key of %i bits', (type, bits) => {
    const path = join(folder, `${type}${bits}`)
    // Newer versions of OpenSSH have no DSA any more.
    const made = spawnSync('ssh-keygen', ['-q', '-t', type, '-b', String(bits), '-N', '', '-C', 'a b', '-f', path])
    if (made.status !== 0 && type === 'dsa') return console.warn('this ssh-keygen has no DSA: not compared')
    const line = readFileSync(`${path}.pub`, 'utf8')
    expect(parsePublicKey(line).comment).toBe('a b')
    compare(line.trim())
    if (type === 'dsa') return
    const pkcs8 = keygenToPkcs8(path)
    expect(privateKeyFingerprint(readFileSync(path, 'utf8'))).toBe(digest('sha1', pkcs8))
  })

  /** OpenSSH writes no PKCS#8 of an ED25519 key; all others go through PEM. */
  function keygenToPkcs8(path: string): Buffer {
    const text = readFileSync(path, 'utf8')
    const type = keygen('-l', '-f', path)
    if (type.endsWith('(ED25519)')) {
      const secret = Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64')
      const point = parsePublicKey(keygen('-y', '-f', path)).blob.slice(-32)
      const seed = secret.subarray(secret.lastIndexOf(point) - 32, secret.lastIndexOf(point))
      return Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
    }
    const copy = file(text)
    keygen('-p', '-m', 'PEM', '-N', '', '-f', copy)
    return run('openssl', ['pkcs8', '-topk8', '-nocrypt', '-in', copy, '-outform', 'DER'])
  }

  it('agree on PEM from openssl, plain and encrypted', () => {
    for (const options of [['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'], ['ED25519']]) {
      const plain = run('openssl', ['genpkey', '-algorithm', ...options])
      const path = file(plain.toString())
      const der = run('openssl', ['pkcs8', '-topk8', '-nocrypt', '-in', path, '-outform', 'DER'])
      expect(privateKeyFingerprint(plain.toString())).toBe(digest('sha1', der))
      const pub = run('openssl', ['pkey', '-in', path, '-pubout', '-outform', 'DER'])
      const pem = run('openssl', ['pkey', '-in', path, '-pubout']).toString()
      expect(spkiFingerprint(pem)).toBe(digest('md5', pub))
      expect(spkiFingerprint(pem, 'sha1')).toBe(digest('sha1', pub))
      const locked = run('openssl', ['pkcs8', '-topk8', '-in', path, '-passout', 'pass:open sesame']).toString()
      expect(privateKeyFingerprint(locked, { passphrase: 'open sesame' })).toBe(digest('sha1', der))
      expect(() => privateKeyFingerprint(locked)).toThrow('passphrase is missing or wrong')
      expect(() => privateKeyFingerprint(locked, { passphrase: 'no' })).toThrow('passphrase is missing or wrong')
    }
  })

  it.each([
    { type: 'ed25519', comment: 'me@here, é' },
    { type: 'ed25519' },
    { type: 'ecdsa', bits: 256, comment: 'x' },
    { type: 'ecdsa', bits: 384, comment: 'xy' },
    { type: 'ecdsa', bits: 521, comment: 'xyz' },
    { type: 'rsa', bits: 2048, comment: 'a longer comment' },
    { type: 'rsa' },
  ] as const)('read the generated pair %j', async options => {
    const pair = await generateKeyPair(options)
    const path = file(pair.privateKey)
    expect(keygen('-y', '-f', path)).toBe(pair.publicKey)
    expect(keygen('-l', '-f', path).split(' ')[1]).toBe(pair.fingerprint)
    compare(pair.publicKey)
    expect(privateKeyFingerprint(pair.privateKey)).toBe(digest('sha1', keygenToPkcs8(path)))
    if (pair.publicKey.startsWith('ssh-rsa')) {
      // A wrong CRT coefficient makes signing slow, not wrong: only a check of the numbers themselves finds it.
      const copy = file(pair.privateKey)
      keygen('-p', '-m', 'PEM', '-N', '', '-f', copy)
      expect(run('openssl', ['rsa', '-in', copy, '-check', '-noout']).toString()).toContain('RSA key ok')
    }
    // A signature that verifies proves that the private numbers are right, which reading the public half does not.
    const signed = run('ssh-keygen', ['-Y', 'sign', '-f', path, '-n', 'test'], Buffer.from('hello'))
    const signers = file(`me ${pair.publicKey}`)
    const check = ['-Y', 'verify', '-f', signers, '-I', 'me', '-n', 'test', '-s', file(signed.toString())]
    expect(run('ssh-keygen', check, Buffer.from('hello')).toString()).toContain('Good "test" signature')
  })

  it('certificates of ssh-keygen are refused by name', () => {
    const ca = join(folder, 'ca')
    const user = join(folder, 'user')
    keygen('-q', '-t', 'ed25519', '-N', '', '-f', ca)
    keygen('-q', '-t', 'ed25519', '-N', '', '-f', user)
    keygen('-q', '-s', ca, '-I', 'id', '-n', 'me', `${user}.pub`)
    expect(() => parsePublicKey(readFileSync(`${user}-cert.pub`, 'utf8'))).toThrow('it is a certificate')
  })

  it("OpenSSH's own encryption is told", () => {
    const path = join(folder, 'locked')
    keygen('-q', '-t', 'ed25519', '-N', 'secret words', '-f', path)
    expect(() => privateKeyFingerprint(readFileSync(path, 'utf8'))).toThrow("encrypted in OpenSSH's own format")
  })
})
