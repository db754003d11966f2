import { createHmac, timingSafeEqual } from 'node:crypto'

/** One line of a known_hosts file. */
export interface KnownHost {
  readonly marker: 'revoked' | 'cert-authority' | undefined
  /** Names and patterns as they stand in the file. */
  readonly hosts: readonly string[]
  readonly type: string
  /** Base64. */
  readonly key: string
}
/** What a file says of a key that a host has shown. */
export type HostVerdict = 'known' | 'unknown' | 'changed' | 'revoked'

/**
 * Reads a known_hosts file: plain, hashed and pattern entries with their markers. Lines that are none are left out, as
 * OpenSSH does.
 * @see https://man.openbsd.org/sshd.8#SSH_KNOWN_HOSTS_FILE_FORMAT
 */
export function parseKnownHosts(text: string): KnownHost[] {
  const entries: KnownHost[] = []
  for (const line of text.split(/\r?\n/)) {
    const words = line.trim().split(/[ \t]+/)
    if (words[0] === '' || words[0]!.startsWith('#')) continue
    const marked = words[0]!.startsWith('@') ? words.shift()!.slice(1) : undefined
    const [hosts, type, key] = words
    if (hosts === undefined || type === undefined || !key || !/^[A-Za-z0-9+/]+={0,2}$/.test(key)) continue
    if (marked !== undefined && marked !== 'revoked' && marked !== 'cert-authority') continue
    entries.push({ marker: marked, hosts: hosts.split(','), type, key })
  }
  return entries
}

/** The name under which a host stands in such a file. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase()
  return port === 22 ? name : `[${name}]:${port}`
}

/**
 * What the entries say of a key. Certificate authorities are passed over, since host certificates are not asked for.
 * A host that is known by a key of another type only counts as changed: accepting one would let a stranger in.
 */
export function judgeHostKey(entries: readonly KnownHost[], host: string, port: number, key: string): HostVerdict {
  const name = knownHostName(host, port)
  const bare = host.toLowerCase()
  const of = (wanted: string): KnownHost[] => entries.filter(entry => matches(entry.hosts, wanted))
  if ([...of(name), ...of(bare)].some(entry => entry.marker === 'revoked' && entry.key === key)) return 'revoked'
  const own = of(name).filter(entry => entry.marker === undefined)
  if (own.some(entry => entry.key === key)) return 'known'
  if (own.length > 0) return 'changed'
  // OpenSSH, too, trusts a key on another port that it knows from the usual one; a different one proves nothing.
  return of(bare).some(entry => entry.marker === undefined && entry.key === key) ? 'known' : 'unknown'
}

/** The types of the keys that a host is known by, so that the server can be asked for one of these. */
export function knownTypes(entries: readonly KnownHost[], host: string, port: number): string[] {
  const names = [knownHostName(host, port), host.toLowerCase()]
  for (const name of names) {
    const found = entries.filter(entry => entry.marker === undefined && matches(entry.hosts, name))
    if (found.length > 0) return [...new Set(found.map(entry => entry.type))]
  }
  return []
}

function matches(hosts: readonly string[], name: string): boolean {
  let found = false
  for (const host of hosts) {
    const negated = host.startsWith('!')
    const pattern = negated ? host.slice(1) : host
    if (!(pattern.startsWith('|') ? hashed(pattern, name) : like(pattern.toLowerCase(), name))) continue
    if (negated) return false
    found = true
  }
  return found
}

/** `|1|salt|HMAC-SHA1(salt, name)`. */
function hashed(entry: string, name: string): boolean {
  const [, kind, salt, sum] = entry.split('|')
  if (kind !== '1' || !salt || !sum) return false
  const wanted = Buffer.from(sum, 'base64')
  const made = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest()
  return wanted.length === made.length && timingSafeEqual(wanted, made)
}

/** `*` is any text, `?` any one character. Linear in time: a regular expression of many stars is not. */
function like(pattern: string, name: string): boolean {
  let [at, star, mark] = [0, -1, 0]
  for (let index = 0; index < name.length; ) {
    if (pattern[at] === '*') [star, mark] = [at++, index]
    else if (pattern[at] === '?' || pattern[at] === name[index]) {
      at++
      index++
    } else if (star >= 0) {
      at = star + 1
      index = ++mark
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
