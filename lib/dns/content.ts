// Names and data between the two forms that they have: relative, plain and without final dots in this library; absolute, and
// as in a zone file, with most servers.
import { InvalidRequestError } from '../errors.js'
import { Fields, joinName, Malformed, readName, unescapeText } from './presentation.js'
import { type RecordType, RecordType as Type } from './types.js'

/** A record's data as this library has it. */
export interface PlainData {
  readonly data: string
  readonly priority?: number | undefined
}

/** Types whose data is plain text. */
export const TEXT: ReadonlySet<string> = new Set([Type.TXT, Type.SPF])
export const SERVICE: ReadonlySet<string> = new Set([Type.SVCB, Type.HTTPS])
/** Types whose data loses its first field, because it is the record's priority. */
export const PRIORITY: ReadonlySet<string> = new Set([Type.MX, Type.SRV, Type.URI, ...SERVICE])
/** Types with host names, and which fields of the data, less the priority, are some. */
const HOSTS: Readonly<Record<string, readonly number[]>> = {
  AFSDB: [1],
  ALIAS: [0],
  CNAME: [0],
  DNAME: [0],
  HTTPS: [0],
  MX: [0],
  NS: [0],
  NSEC: [0],
  PTR: [0],
  RP: [0, 1],
  RRSIG: [7],
  SOA: [0, 1],
  SRV: [2],
  SVCB: [0],
}

/** Runs what may find a name or data malformed, and says in which argument. */
export function checked<T>(provider: string, argument: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    throw new InvalidRequestError(`'${argument}' cannot be sent: ${error.message}`, { provider, argument })
  }
}

/** A name with its dot, in lower case, U-labels as A-labels. */
export function absoluteName(text: string): string {
  return plainEscapes(joinName(readName(text).labels)).toLowerCase()
}

/** The absolute form of a name that is relative to a domain; a final dot says that it is not. */
export function nameWithin(domain: string, text: string): string {
  if (text === '' || text === '@') return absoluteName(domain)
  const { labels, absolute } = readName(text)
  return plainEscapes(joinName(absolute ? labels : [...labels, ...readName(domain).labels])).toLowerCase()
}

/** An absolute name, relative to a domain; empty for the domain's own. */
export function relativeName(domain: string, name: string): string {
  const origin = absoluteName(domain)
  const lower = name.toLowerCase()
  if (lower === origin) return ''
  if (origin === '.') return lower.slice(0, -1)
  return lower.endsWith(`.${origin}`) ? lower.slice(0, -origin.length - 1) : lower
}

/** A record of a zone file as data: final dots, quotes of texts and priorities are not part of it. */
export function fromContent(type: RecordType, content: string): PlainData {
  if (TEXT.has(type)) return { data: plainText(content) }
  const [, first = '', rest = content] = (PRIORITY.has(type) && /^(\d+)\s+(.*)$/s.exec(content)) || []
  const data = withoutDots(type, rest)
  return first === '' ? { data } : { data, priority: Number(first) }
}

function withoutDots(type: RecordType, text: string): string {
  const strip = (field: string): string => field.replace(/(?<=.)\.$/, '')
  // Its strings may hold blanks: only the end is sure to be the host.
  if (type === Type.NAPTR) return text.replace(/\S+$/, strip)
  const hosts = HOSTS[type] ?? []
  let index = 0
  return hosts.length === 0 ? text : text.replace(/\S+/g, field => (hosts.includes(index++) ? strip(field) : field))
}

/** The strings of a text, joined. What is not UTF-8 cannot be plain text: it stays as it is. */
function plainText(content: string): string {
  try {
    const fields = new Fields(content)
    const parts: Buffer[] = []
    while (!fields.done) parts.push(unescapeText(fields.next().text))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts))
  } catch {
    return content
  }
}

/** Names with dots, backslashes and what cannot be printed escaped, and no more. */
export function plainEscapes(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\\(["();@$])/g, (whole, char?: string) => char ?? whole)
}
