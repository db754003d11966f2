import { createPublicKey } from 'node:crypto'
import type { ParsedKey } from 'ssh2'
import { InvalidRequestError } from '../errors.js'
import { formatPrivateKey, readPrivateKey } from '../keys/private.js'
import { MalformedKey } from '../keys/wire.js'

type ParseKey = (data: string, passphrase?: string) => ParsedKey | ParsedKey[] | Error

/**
 * Reads a private key of any form that is in use: OpenSSH's own and PuTTY's (by ssh2), PEM and PKCS#8 (by Node).
 * @throws InvalidRequestError which repeats nothing of the key.
 */
export function readKey(parseKey: ParseKey, text: string, passphrase: string | undefined, argument: string): ParsedKey {
  const key = keyOf(parseKey, text, passphrase)
  if (typeof key !== 'string') return key
  throw new InvalidRequestError(`'${argument}' cannot be used: ${key}`, { argument, allowed: 'a private key, as text' })
}

/** The key, or why it is none. */
export function keyOf(parseKey: ParseKey, text: string, passphrase: string | undefined): ParsedKey | string {
  if (typeof text !== 'string') return 'it is not a string'
  // Windows' line ends, and spaces around, come with keys that were pasted.
  let given = `${text.replaceAll('\r\n', '\n').trim()}\n`
  if (/^-----BEGIN (?!OPENSSH)[A-Z0-9 ]*PRIVATE KEY-----/.test(given)) {
    try {
      const key = readPrivateKey(given, passphrase)
      given = formatPrivateKey(key, createPublicKey(key), '')
    } catch (error) {
      return error instanceof MalformedKey ? error.message : 'SSH has no keys of its type'
    }
  } else if (!/^-----BEGIN OPENSSH PRIVATE KEY-----|^PuTTY-User-Key-File/.test(given)) {
    return /PUBLIC KEY|^(?:ssh|ecdsa|sk)-/m.test(given) ? 'it is a public key' : 'it is not a private key'
  }
  const parsed = parseKey(given, passphrase)
  const key = Array.isArray(parsed) ? parsed[0] : parsed
  if (key instanceof Error || key === undefined || !key.isPrivateKey()) return reason(key)
  // OpenSSH has not taken these since version 7, and a signature of SHA-1 proves little.
  return key.type === 'ssh-dss' ? 'DSA keys are not supported: servers no longer take them' : key
}

function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  if (/passphrase|integrity|bad decrypt|authenticate/i.test(message)) return 'its passphrase is missing or wrong'
  const type = /Unsupported OpenSSH private key type: ([\w@.-]+)/.exec(message)?.[1]
  if (type?.startsWith('sk-')) return `keys of type ${type} are not supported: they need the security key itself`
  return type ? `keys of type ${type} are not supported` : 'it is damaged or of an unknown type'
}
