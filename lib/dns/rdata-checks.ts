import { isIPv4, isIPv6 } from 'node:net'
import { Malformed } from './presentation.js'

// A server that refuses one record refuses the zone, and BIND then goes on reading in the middle of that line: so what
// it looks into is looked into here too.

const bad = (what: string): Malformed => new Malformed(`its data has no valid ${what}`)

const DIGESTS = {
  // RFC 4255, RFC 6594
  SSHFP: { '1': 20, '2': 32 },
  // RFC 4034, RFC 4509, RFC 6605
  DS: { '1': 20, '2': 32, '4': 48 },
} satisfies Record<string, Record<string, number>>

/**
 * Digests have the length that their type gives them.
 * @internal
 */
export function checkDigest(type: 'SSHFP' | 'DS', data: string): string {
  const [, , digestType = '', hex = ''] = type === 'DS' ? data.split(' ') : ['', ...data.split(' ')]
  const lengths: Record<string, number> = DIGESTS[type]
  const length = lengths[digestType]
  if (length !== undefined && hex.length !== length * 2) throw bad('digest')
  return data
}

/**
 * The zone that signed has no more labels than what it signed (RFC 4034, section 3.1.3).
 * @internal
 */
export function checkSignature(data: string): string {
  const fields = data.split(' ')
  const signer = (fields[7] ?? '').match(/(?:\\\d{3}|\\.|[^\\.])+/g) ?? []
  if (signer.length > Number(fields[2])) throw bad("signer's name")
  return data
}

const ANGLE = String.raw`(\d{1,3})(?: (\d{1,2})(?: (\d{1,2})(?:\.\d{1,3})?)?)?`
const LENGTH = String.raw`\d{1,8}(?:\.\d{1,2})?`
const LOCATION = new RegExp(`^${ANGLE} [NS] ${ANGLE} [EW] (-?${LENGTH})m?((?: ${LENGTH}m?){0,3})$`)

/** From 0 to `most` degrees, and nothing beyond that. */
function isAngle(most: number, degrees = '', minutes = '0', seconds = '0'): boolean {
  return (
    Number(minutes) < 60 &&
    Number(seconds) < 60 &&
    Number(degrees) <= (Number(minutes) + Number(seconds) ? most - 1 : most)
  )
}

/**
 * A place on earth (RFC 1876, section 3), in degrees and metres.
 * @internal
 */
export function checkLocation(text: string): void {
  const [whole, d1, m1, s1, d2, m2, s2, altitude, sizes = ''] = LOCATION.exec(text) ?? []
  if (whole === undefined || !isAngle(90, d1, m1, s1) || !isAngle(180, d2, m2, s2)) throw bad('location')
  if (Number(altitude) < -100000 || Number(altitude) > 42849672.95) throw bad('location')
  if (sizes.split(' ').some(size => Number.parseFloat(size) > 90000000)) throw bad('location')
}

/**
 * The substitution of NAPTR (RFC 3402, section 3.2): delimiter, extended regular expression, delimiter, replacement,
 * delimiter, flags.
 * @internal
 */
export function checkSubstitution(text: string): void {
  if (text === '') return
  const delimiter = text[0]!
  if (/[\\0-9i]/.test(delimiter) || text.includes('\0')) throw bad('substitution')
  const parts = splitEscaped(text.slice(1), delimiter, true)
  const [expression = '', replacement = '', flags] = parts
  if (parts.length !== 3 || (flags !== '' && flags !== 'i')) throw bad('substitution')
  const groups = countGroups(expression)
  for (const [, digit] of replacement.matchAll(/\\([\s\S])?/g)) {
    if ((digit === undefined || /[0-9]/.test(digit)) && !(Number(digit) >= 1 && Number(digit) <= groups))
      throw bad('substitution')
  }
}

/** Splits at a separator that no backslash stands before; the backslashes are kept or removed. */
function splitEscaped(text: string, separator: string, keep: boolean): string[] {
  const parts: string[] = []
  let part = ''
  for (let at = 0; at < text.length; at++) {
    if (text[at] === separator) {
      parts.push(part)
      part = ''
    } else if (text[at] !== '\\') part += text[at]
    else if (text[++at] === undefined) throw bad('escape')
    else part += keep ? `\\${text[at]}` : text[at]
  }
  return [...parts, part]
}

/** JavaScript is more lenient than POSIX is; what it has beyond POSIX is refused. */
function countGroups(expression: string): number {
  try {
    new RegExp(expression)
  } catch {
    throw bad('regular expression')
  }
  const plain = expression.replace(/\\[\s\S]/g, 'x').replace(/\[\^?\]?(?:\[([:.=])[^\]]*\1\]|[^\]])*\]/g, 'x')
  const bounds = plain.replace(/\{(\d{1,3})(?:,(\d{0,3}))?\}/g, (whole, low: string, high?: string) => {
    const max = high ? Number(high) : 255
    return Number(low) <= max && max <= 255 ? '*' : whole
  })
  if (/\\[0-9]/.test(expression)) throw bad('regular expression')
  if (expression === '' || /[[\]{}]/.test(bounds)) throw bad('regular expression')
  // An operator needs something to work on, and an alternative is not empty.
  if (/(?:^|[(|*+?])[*+?]|(?:^|[(|])(?:[|)]|$)/.test(bounds)) throw bad('regular expression')
  return bounds.split('(').length - 1
}

/** The items of a list in a service parameter, where `\,` is a comma of an item (RFC 9460, appendix A.1). */
const items = (value: string): string[] => splitEscaped(value, ',', false)

const isNumber = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) <= 0xffff
const isBase64 = (text: string): boolean => text !== '' && Buffer.from(text, 'base64').toString('base64') === text
const SERVICE_KEYS: Record<string, (value: string | undefined) => boolean> = {
  mandatory: value => value !== undefined,
  alpn: value => value !== undefined && items(value).every(item => item.length > 0 && item.length < 256),
  'no-default-alpn': value => value === undefined,
  port: value => value !== undefined && isNumber(value),
  ipv4hint: value => value?.split(',').every(item => isIPv4(item)) ?? false,
  ech: value => value !== undefined && isBase64(value),
  ipv6hint: value => value?.split(',').every(item => isIPv6(item) && !item.includes('%')) ?? false,
  dohpath: value => value !== undefined && /^\/[\x21-\x7e]*\{\?dns\}$/.test(value),
}

/** The keys without a name; those below 8 have one. */
const isNumberedKey = (key: string): boolean => {
  const number = /^key([1-9]\d{0,4})$/.exec(key)?.[1]
  return number !== undefined && Number(number) > 7 && Number(number) < 65535
}

/**
 * The parameters of SVCB and HTTPS (RFC 9460, sections 2.2, 7 and 8; RFC 9461 for `dohpath`), decoded.
 * @internal
 */
export function checkServiceParams(params: ReadonlyMap<string, string | undefined>): void {
  for (const [key, value] of params) {
    if (Object.hasOwn(SERVICE_KEYS, key) ? !SERVICE_KEYS[key]?.(value) : !isNumberedKey(key)) {
      throw bad('service parameter')
    }
  }
  if (params.has('no-default-alpn') && !params.has('alpn')) throw bad('service parameter')
  const mandatory = params.get('mandatory')?.split(',') ?? []
  if (new Set(mandatory).size < mandatory.length || mandatory.some(key => key === 'mandatory' || !params.has(key))) {
    throw bad('service parameter')
  }
}
