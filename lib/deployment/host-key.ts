import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { InvalidRequestError } from '../errors.js'
import { openSshFingerprint, parsePublicKey } from '../keys.js'
import { HostKeyError } from './errors.js'
import {
  type HostVerdict,
  judgeHostKey,
  type KnownHost,
  knownHostName,
  knownTypes,
  parseKnownHosts,
} from './known-hosts.js'
import type { SSHHostKey, SSHTarget } from './types.js'

/** Judges the key that a server shows, and knows what to ask it for. */
export interface HostKeyJudge {
  /** Key types that the server should be asked for first. */
  readonly preferred: readonly string[]
  /** Whether a server's other keys are worth a look when this one is wrong: a fingerprint does not tell its type. */
  readonly tryOthers: boolean
  /** Rejects with HostKeyError. */
  judge(key: SSHHostKey): Promise<void>
}

/** A key as the server sent it. */
export function hostKeyOf(blob: Uint8Array): SSHHostKey {
  const length = Buffer.from(blob).readUInt32BE(0)
  const type = Buffer.from(blob.subarray(4, 4 + length)).toString('latin1')
  const base64 = Buffer.from(blob).toString('base64')
  return { type, fingerprint: openSshFingerprint({ type, blob, comment: '' }), publicKey: `${type} ${base64}` }
}

/** Reads the policy, and the files that it needs. */
export async function hostKeyJudge(target: SSHTarget): Promise<HostKeyJudge> {
  const { host, port, hostKey = 'accept-new' } = target
  const where = `${host}:${port}`
  const refuse = (key: SSHHostKey, reason: HostKeyError['reason'], why: string): HostKeyError =>
    new HostKeyError(`The host key of ${where} (${key.type} ${key.fingerprint}) is not trusted: ${why}`, {
      reason,
      fingerprint: key.fingerprint,
    })
  const always = { preferred: [], tryOthers: false }
  if (hostKey === 'accept-any') return { ...always, judge: async () => {} }
  if (typeof hostKey === 'function') {
    const judge = async (key: SSHHostKey): Promise<void> => {
      if ((await hostKey(key)) !== true) throw refuse(key, 'refused', 'hostKey() refused it')
    }
    return { ...always, judge }
  }
  if (typeof hostKey === 'object' && hostKey !== null) return pinned(hostKey.pinned, refuse)
  if (hostKey !== 'accept-new' && hostKey !== 'strict') {
    const allowed = "'accept-new', 'strict', 'accept-any', { pinned } or a function"
    throw new InvalidRequestError(`'hostKey' must be ${allowed}`, { argument: 'hostKey', allowed })
  }
  const files = filesOf(target)
  const entries = (await Promise.all(files.map(readEntries))).flat()
  const judge = async (key: SSHHostKey): Promise<void> => {
    const verdict: HostVerdict = judgeHostKey(entries, host, port, key.publicKey.split(' ')[1]!)
    if (verdict === 'known') return
    if (verdict === 'revoked') throw refuse(key, 'revoked', `it is marked as revoked in ${files.join(', ')}`)
    if (verdict === 'changed') throw refuse(key, 'changed', `another one is known in ${files.join(', ')}`)
    if (hostKey === 'strict') throw refuse(key, 'unknown', `the host is not known in ${files.join(', ')}`)
    await remember(files[0]!, `${knownHostName(host, port)} ${key.publicKey}\n`)
  }
  return { preferred: knownTypes(entries, host, port), tryOthers: false, judge }
}

function pinned(
  pins: string | readonly string[],
  refuse: (key: SSHHostKey, reason: HostKeyError['reason'], why: string) => HostKeyError,
): HostKeyJudge {
  const given = typeof pins === 'string' ? [pins] : [...pins]
  const prints = given.filter(pin => pin.startsWith('SHA256:')).map(pin => pin.replace(/=+$/, ''))
  const keys = given.filter(pin => !pin.startsWith('SHA256:')).map(parsePublicKey)
  if (given.length === 0 || prints.some(print => !/^SHA256:[A-Za-z0-9+/]{43}$/.test(print))) {
    const allowed = "a fingerprint 'SHA256:…', a public key, or a list of these"
    throw new InvalidRequestError(`'hostKey.pinned' must be ${allowed}`, { argument: 'hostKey.pinned', allowed })
  }
  const good = new Set([...prints, ...keys.map(key => openSshFingerprint(key))])
  const judge = async (key: SSHHostKey): Promise<void> => {
    if (!good.has(key.fingerprint)) throw refuse(key, 'changed', `pinned is ${[...good].join(', ')}`)
  }
  return { preferred: keys.map(key => key.type), tryOthers: prints.length > 0, judge }
}

function filesOf({ knownHosts }: SSHTarget): string[] {
  if (knownHosts === undefined) return [join(homedir(), '.ssh', 'known_hosts')]
  const files = typeof knownHosts === 'string' ? [knownHosts] : [...knownHosts]
  if (files.length > 0 && files.every(file => typeof file === 'string' && file !== '')) return files
  const allowed = 'the path of a file, or a list of these that is not empty'
  throw new InvalidRequestError(`'knownHosts' must be ${allowed}`, { argument: 'knownHosts', allowed })
}

async function readEntries(file: string): Promise<KnownHost[]> {
  try {
    return parseKnownHosts(await readFile(file, 'utf8'))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new InvalidRequestError(`'knownHosts' cannot be read: ${file}`, { argument: 'knownHosts', cause })
  }
}

/** A key that is accepted but not remembered would be accepted the next time too, whosever it is: so that is an error. */
async function remember(file: string, line: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const before = await readFile(file, 'utf8').catch(() => '')
    await appendFile(file, before === '' || before.endsWith('\n') ? line : `\n${line}`, { mode: 0o600 })
  } catch (cause) {
    const allowed = "a file that can be written, or another 'hostKey' policy"
    const message = `The new host key could not be added to ${file}; 'knownHosts' must be ${allowed}`
    throw new InvalidRequestError(message, { argument: 'knownHosts', allowed, cause })
  }
}
