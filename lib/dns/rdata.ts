import { isIPv4, isIPv6 } from 'node:net'
import { Fields, hostName, Malformed, mailbox, quote, textStrings, unescapeText } from './presentation.js'
import { checkDigest, checkLocation, checkServiceParams, checkSignature, checkSubstitution } from './rdata-checks.js'

/** Reads what is its own from the fields and gives it back as it stands in a zone file. */
type Reader = (fields: Fields, origin: string) => string

/** Algorithm and certificate mnemonics, written as numbers because a server knows only those of its own time. */
const ALGORITHMS: Record<string, number> = {
  RSAMD5: 1,
  DH: 2,
  DSA: 3,
  RSASHA1: 5,
  'DSA-NSEC3-SHA1': 6,
  NSEC3DSA: 6,
  'RSASHA1-NSEC3-SHA1': 7,
  NSEC3RSASHA1: 7,
  RSASHA256: 8,
  RSASHA512: 10,
  'ECC-GOST': 12,
  ECCGOST: 12,
  ECDSAP256SHA256: 13,
  ECDSAP384SHA384: 14,
  ED25519: 15,
  ED448: 16,
  INDIRECT: 252,
  PRIVATEDNS: 253,
  PRIVATEOID: 254,
}
const CERTIFICATES: Record<string, number> = {
  PKIX: 1,
  SPKI: 2,
  PGP: 3,
  IPKIX: 4,
  ISPKI: 5,
  IPGP: 6,
  ACPKIX: 7,
  IACPKIX: 8,
  URI: 253,
  OID: 254,
}
const PROTOCOLS: Record<string, number> = { TCP: 6, UDP: 17 }
/** Types that only the data of NSEC and RRSIG names. */
const SIGNED_TYPES = new Set([
  'NSEC3',
  'NSEC3PARAM',
  'CDS',
  'CDNSKEY',
  'SMIMEA',
  'CSYNC',
  'EUI48',
  'EUI64',
  'KX',
  'APL',
])
const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 }
/** WKS is obsolete, and servers look its services up in a table of their machine: only these are read by name. */
const SERVICES: Record<string, number> = { FTP: 21, SSH: 22, TELNET: 23, SMTP: 25, DOMAIN: 53, HTTP: 80, HTTPS: 443 }

function integer(text: string, max: number, what: string): string {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= max)) throw new Malformed(`its ${what} is no number from 0 to ${max}`)
  return String(value)
}
const number =
  (max: number, what: string): Reader =>
  fields =>
    integer(fields.word(/^/, what), max, what)
const u8 = (what: string): Reader => number(0xff, what)
const u16 = (what: string): Reader => number(0xffff, what)
const u32 = (what: string): Reader => number(0xffffffff, what)

const mnemonic =
  (names: Record<string, number>, max: number, what: string): Reader =>
  fields => {
    const word = fields.word(/^/, what)
    return integer(String(Object.hasOwn(names, word.toUpperCase()) ? names[word.toUpperCase()] : word), max, what)
  }
const algorithm: Reader = mnemonic(ALGORITHMS, 0xff, 'algorithm')

/** SOA timers may be written with units, as in `1h30m`. */
const seconds: Reader = fields => {
  const word = fields.word(/^(?:\d{1,10}|(?:\d{1,10}[wdhms])+)$/i, 'time in seconds').toLowerCase()
  let sum = 0
  for (const [, count, unit] of word.matchAll(/(\d+)([wdhms]?)/g)) sum += Number(count) * (UNITS[unit || 's'] ?? 1)
  return integer(String(sum), 0x7fffffff, 'time in seconds')
}

const host: Reader = (fields, origin) => hostName(fields.word(/^/, 'host name'), origin)
const mbox: Reader = (fields, origin) => mailbox(fields.word(/^/, 'mailbox'), origin)

/** A character string of at most 255 octets, which a check may look at. */
const checkedString =
  (check: (text: string) => void): Reader =>
  fields => {
    const bytes = unescapeText(fields.next().text)
    if (bytes.length > 255) throw new Malformed('a string in its data has more than 255 octets')
    check(bytes.toString('latin1'))
    return quote(bytes)
  }
const string: Reader = checkedString(() => {})
const substitution: Reader = checkedString(checkSubstitution)
const naptrFlags: Reader = checkedString(text => {
  if (!/^[A-Za-z0-9]*$/.test(text)) throw new Malformed('its data has no valid flags')
})
/** The last value of CAA and URI, whose length the record's own length gives. */
const value: Reader = fields => {
  const bytes = unescapeText(fields.rest().text)
  if (bytes.length > 65000) throw new Malformed('its data has more than 65000 octets')
  return quote(bytes)
}

/** Everything that is left, without the blanks that it may be divided by. */
function joined(fields: Fields, pattern: RegExp, what: string): string {
  let text = ''
  do text += fields.word(/^[A-Za-z0-9+/=]+$/, what)
  while (!fields.done)
  if (!pattern.test(text)) throw new Malformed(`its data has no valid ${what}`)
  return text
}
const hex: Reader = fields => {
  const text = joined(fields, /^[0-9A-Fa-f]+$/, 'hexadecimal value')
  if (text.length % 2 === 1) throw new Malformed('its data has no valid hexadecimal value')
  return text.toUpperCase()
}
const base64: Reader = fields => {
  const text = joined(fields, /^[A-Za-z0-9+/]+={0,2}$/, 'Base64 value')
  if (Buffer.from(text, 'base64').toString('base64') !== text) throw new Malformed('its data has no valid Base64 value')
  return text
}

const address =
  (valid: (text: string) => boolean, what: string): Reader =>
  fields => {
    const word = fields.word(/^[0-9A-Fa-f:.]+$/, what)
    if (!valid(word)) throw new Malformed(`its data has no valid ${what}`)
    return word
  }
const ip4: Reader = address(isIPv4, 'IPv4 address')
const ip6: Reader = address(isIPv6, 'IPv6 address')

const recordType: Reader = fields => {
  const word = fields.word(/^[A-Za-z0-9]+$/, 'record type').toUpperCase()
  if (Object.hasOwn(RDATA, word) || SIGNED_TYPES.has(word)) return word
  if (/^TYPE\d{1,5}$/.test(word) && Number(word.slice(4)) <= 0xffff) return word
  throw new Malformed('its data has no valid record type')
}
const timestamp: Reader = fields => {
  const word = fields.word(/^\d{1,14}$/, 'time')
  if (/^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])[0-5]\d[0-5]\d$/.test(word)) return word
  return integer(word, 0xffffffff, 'time')
}
const serviceParams: Reader = fields => {
  const params = new Map<string, string | undefined>()
  const written: string[] = []
  while (!fields.done) {
    const { key, value } = fields.param()
    if (params.has(key)) throw new Malformed('its data has a service parameter twice')
    const bytes = value === undefined ? undefined : unescapeText(value)
    params.set(key, bytes?.toString('latin1'))
    written.push(bytes === undefined ? key : `${key}=${quote(bytes)}`)
  }
  checkServiceParams(params)
  return written.join(' ')
}
const location: Reader = fields => {
  const words: string[] = []
  while (!fields.done) words.push(fields.word(/^[0-9A-Za-z.-]+$/, 'location'))
  const text = words.join(' ')
  checkLocation(text)
  return text
}

const all =
  (...readers: Reader[]): Reader =>
  (fields, origin) =>
    readers.map(read => read(fields, origin)).join(' ')
const each =
  (reader: Reader): Reader =>
  (fields, origin) => {
    const parts: string[] = []
    while (!fields.done) parts.push(reader(fields, origin))
    return parts.join(' ')
  }
const optional =
  (reader: Reader): Reader =>
  (fields, origin) =>
    fields.done ? '' : reader(fields, origin)

const key: Reader = all(u16('flags'), u8('protocol'), algorithm, base64)
const ds: Reader = all(u16('key tag'), algorithm, u8('digest type'), hex)
const sshfp: Reader = all(u8('algorithm'), u8('fingerprint type'), hex)
const rrsig: Reader = all(
  all(recordType, algorithm, u8('number of labels'), u32('TTL')),
  all(timestamp, timestamp, u16('key tag'), host, base64),
)
const serviceBinding: Reader = all(host, serviceParams)

const RDATA: Record<string, Reader> = {
  A: ip4,
  AAAA: ip6,
  AFSDB: host,
  CAA: all(u8('flags'), fields => fields.word(/^[A-Za-z0-9]{1,255}$/, 'tag'), value),
  CERT: all(mnemonic(CERTIFICATES, 0xffff, 'certificate type'), u16('key tag'), algorithm, base64),
  CNAME: host,
  DNAME: host,
  DNSKEY: key,
  DS: (fields, origin) => checkDigest('DS', ds(fields, origin)),
  HINFO: all(string, string),
  HTTPS: serviceBinding,
  KEY: all(u16('flags'), u8('protocol'), algorithm, optional(base64)),
  LOC: location,
  MX: host,
  NAPTR: all(u16('preference'), naptrFlags, string, substitution, host),
  NS: host,
  NSEC: all(host, recordType, each(recordType)),
  OPENPGPKEY: base64,
  PTR: host,
  RP: all(mbox, host),
  RRSIG: (fields, origin) => checkSignature(rrsig(fields, origin)),
  SOA: all(host, mbox, u32('serial'), seconds, seconds, seconds, seconds),
  SRV: all(u16('weight'), u16('port'), host),
  SSHFP: (fields, origin) => checkDigest('SSHFP', sshfp(fields, origin)),
  SVCB: serviceBinding,
  TLSA: all(u8('usage'), u8('selector'), u8('matching type'), hex),
  URI: all(u16('weight'), value),
  WKS: all(ip4, mnemonic(PROTOCOLS, 0xff, 'protocol'), each(mnemonic(SERVICES, 0xffff, 'service'))),
}

/** Types that begin with a preference, and how many fields they have with it; service bindings have any number. */
const PREFERRED: Record<string, number> = { AFSDB: 2, HTTPS: 0, MX: 2, NAPTR: 6, SRV: 4, SVCB: 0, URI: 3 }

function preference(type: string, data: string, fields: Fields, priority: number | undefined): string {
  const full = PREFERRED[type]
  if (full === undefined) return ''
  const inData = full === 0 ? /^[ \t]*\d+(?:[ \t]|$)/.test(data) : fields.count >= full
  if (inData) return `${u16('priority')(fields, '')}\t`
  if (priority === undefined) throw new Malformed('it has no priority')
  return `${integer(String(priority), 0xffff, 'priority')}\t`
}

/**
 * Whether zone files know the type.
 * @internal
 */
export const isDnsType = (type: string): boolean => type === 'TXT' || type === 'SPF' || Object.hasOwn(RDATA, type)

/**
 * A record's data as it stands in a zone file: every field is read, checked and written anew, so that nothing gets
 * through that means more there than it did before.
 * @internal
 */
export function formatData(type: string, data: string, priority: number | undefined, origin: string): string {
  if (/\p{Surrogate}/u.test(data)) throw new Malformed('its data is not well-formed Unicode')
  if (type === 'TXT' || type === 'SPF') return textStrings(data)
  const fields = new Fields(data)
  const lead = preference(type, data, fields, priority)
  const text = RDATA[type]!(fields, origin)
  if (!fields.done) throw new Malformed('its data has too many fields')
  return lead + text.trimEnd()
}
