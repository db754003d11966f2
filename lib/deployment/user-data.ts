import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { InvalidRequestError } from '../errors.js'
import { checkScript } from './script.js'

/** What cloud-init does with a part. The first line of most tells it. */
export type UserDataType =
  | 'cloud-config'
  | 'cloud-config-archive'
  | 'shellscript'
  | 'shellscript-per-boot'
  | 'shellscript-per-instance'
  | 'shellscript-per-once'
  | 'cloud-boothook'
  | 'include'
  | 'include-once'
  | 'part-handler'
  | 'jinja'

const MIME: Readonly<Record<UserDataType, string>> = {
  'cloud-config': 'text/cloud-config',
  'cloud-config-archive': 'text/cloud-config-archive',
  shellscript: 'text/x-shellscript',
  'shellscript-per-boot': 'text/x-shellscript-per-boot',
  'shellscript-per-instance': 'text/x-shellscript-per-instance',
  'shellscript-per-once': 'text/x-shellscript-per-once',
  'cloud-boothook': 'text/cloud-boothook',
  include: 'text/x-include-url',
  'include-once': 'text/x-include-once-url',
  'part-handler': 'text/part-handler',
  jinja: 'text/jinja2',
}
/** First lines, and what cloud-init takes the text for. */
const BEGINNINGS: readonly (readonly [string, UserDataType])[] = [
  ['#cloud-config-archive', 'cloud-config-archive'],
  ['#cloud-config', 'cloud-config'],
  ['#cloud-boothook', 'cloud-boothook'],
  ['#include-once', 'include-once'],
  ['#include', 'include'],
  ['#part-handler', 'part-handler'],
  ['## template: jinja', 'jinja'],
  ['#!', 'shellscript'],
]

/** One part of what cloud-init is told. */
export interface UserDataPart {
  /** Text that begins as cloud-init wants it, or the settings of a `#cloud-config` as an object. */
  readonly content: string | Readonly<Record<string, unknown>>
  /** @defaultValue what the content's first line says */
  readonly type?: UserDataType | undefined
  /** Its name on the machine, for scripts: letters, digits, `.`, `_` and `-`. @defaultValue `part-001` and so on */
  readonly filename?: string | undefined
  /** How a `#cloud-config` is joined to those before, such as `'list(append)+dict(recurse_array)+str()'`. */
  readonly mergeType?: string | undefined
}

/** How user data is built. */
export interface UserDataOptions {
  /** `'auto'` compresses what is too large otherwise. Compressed data is no text: hand over its Base64. @defaultValue false */
  gzip?: boolean | 'auto' | undefined
  /** What the provider takes at most, in bytes, before Base64. @defaultValue no limit */
  maxBytes?: number | undefined
  /** What the provider takes at most, in characters of Base64. @defaultValue no limit */
  maxBase64Length?: number | undefined
}

/** What a machine gets to read at its first boot. Printing shows no content, which may hold secrets. */
export class UserData {
  readonly gzipped: boolean
  readonly size: number
  readonly #bytes: Buffer
  constructor(bytes: Uint8Array, gzipped: boolean) {
    this.#bytes = Buffer.from(bytes)
    this.size = bytes.length
    this.gzipped = gzipped
  }
  /** As it is. */
  toBytes(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }
  /** For providers whose API takes Base64, and for what is compressed. */
  toBase64(): string {
    return this.#bytes.toString('base64')
  }
  /** For providers whose API takes text. @throws InvalidRequestError when it is compressed */
  toText(): string {
    if (!this.gzipped) return this.#bytes.toString('utf8')
    throw refused('options.gzip', 'false where text is wanted: what is compressed is none')
  }
}

function refused(argument: string, allowed: string, why = ''): InvalidRequestError {
  return new InvalidRequestError(`buildUserData: '${argument}' must be ${allowed}${why}`, { argument, allowed })
}

/** Text whose first line tells what it is, the settings of a `#cloud-config`, or a part with more about it. */
export type UserDataSource = string | UserDataPart | { readonly cloudConfig: Readonly<Record<string, unknown>> }

/**
 * Builds what cloud-init reads at a machine's first boot, and checks what can be checked before there is a machine: cloud-init
 * passes over what it does not understand, and the machine comes up without it.
 *
 * @param parts One part stays as it is; several become a multi-part MIME message.
 * @throws InvalidRequestError which names the part, and when the result is larger than the provider takes.
 * @see https://cloudinit.readthedocs.io/en/latest/explanation/format.html
 * @example
 * ```ts
 * const data = buildUserData([{ cloudConfig: { packages: ['nginx'] } }, '#!/bin/sh\necho ready >/run/ready\n'], { maxBytes: 65_536 })
 * ```
 */
export function buildUserData(
  parts: UserDataSource | readonly UserDataSource[],
  options: UserDataOptions = {},
): UserData {
  const list: readonly UserDataSource[] = Array.isArray(parts) ? parts : [parts as UserDataSource]
  if (list.length === 0) throw refused('parts', 'one part or more')
  const { gzip = false } = options
  const read = list.map((part, index) => readPart(part, list.length === 1 ? 'parts' : `parts[${index}]`))
  const first = read[0] as Part
  const isPlain = read.length === 1 && first.plain
  const bytes = Buffer.from(isPlain ? first.content : multipart(read))
  const plain = new UserData(bytes, false)
  const reason = gzip === true ? undefined : tooLarge(plain, options)
  if (gzip === false || (gzip === 'auto' && reason === undefined)) {
    if (reason !== undefined) throw reason
    return plain
  }
  const packed = new UserData(gzipSync(bytes, { level: 9 }), true)
  const still = tooLarge(packed, options)
  if (still !== undefined) throw still
  return packed
}

function tooLarge(data: UserData, { maxBytes, maxBase64Length }: UserDataOptions): InvalidRequestError | undefined {
  const kind = data.gzipped ? ', compressed' : ''
  if (maxBytes !== undefined && data.size > maxBytes) {
    return refused('parts', `at most ${maxBytes} bytes`, `: it is ${data.size}${kind}`)
  }
  const length = Math.ceil(data.size / 3) * 4
  if (maxBase64Length === undefined || length <= maxBase64Length) return undefined
  return refused('parts', `at most ${maxBase64Length} characters of Base64`, `: it is ${length}${kind}`)
}

interface Part {
  readonly content: string
  readonly type: UserDataType
  /** Needs no MIME headers: its first line says all. */
  readonly plain: boolean
  readonly filename: string | undefined
  readonly mergeType: string | undefined
}

function readPart(source: UserDataSource, argument: string): Part {
  const given: UserDataPart =
    typeof source === 'string'
      ? { content: source }
      : typeof source === 'object' && source !== null && 'cloudConfig' in source
        ? { content: source.cloudConfig }
        : (source as UserDataPart)
  const { content, type, filename, mergeType } = given ?? {}
  if (filename !== undefined && !/^[\w.-]+$/.test(filename))
    throw refused(`${argument}.filename`, 'letters, digits, . _ and -')
  if (mergeType !== undefined && !/^[\w()+,]+$/.test(mergeType))
    throw refused(`${argument}.mergeType`, "such as 'list(append)+dict()+str()'")
  if (type !== undefined && !(type in MIME)) throw refused(`${argument}.type`, Object.keys(MIME).join(', '))
  const more = { filename, mergeType }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
    if (type !== undefined && type !== 'cloud-config') throw refused(`${argument}.type`, "'cloud-config' for settings")
    // JSON is YAML, without the traps of its spaces and bare words.
    const text = `#cloud-config\n${JSON.stringify(content, null, 2)}\n`
    return { content: text, type: 'cloud-config', plain: mergeType === undefined, ...more }
  }
  if (typeof content !== 'string') throw refused(argument, 'text, or the settings of a cloud-config')
  const found = beginningOf(content)
  if (type === undefined && found === undefined) {
    const allowed = `text that begins with ${BEGINNINGS.map(([text]) => text).join(', ')}`
    throw refused(argument, allowed, misspelt(content))
  }
  const is = type ?? (found as UserDataType)
  checkContent(content, is, found, argument)
  return { content, type: is, plain: is === found && mergeType === undefined, ...more }
}

function beginningOf(content: string): UserDataType | undefined {
  const line = content.slice(0, 80).split(/\r?\n/, 1)[0] as string
  // A script's interpreter follows at once; the others are words.
  const isAs = (text: string): boolean =>
    text === '#!'
      ? line.startsWith(text)
      : line === text || (line.startsWith(text) && /^\s/.test(line.slice(text.length)))
  return BEGINNINGS.find(([text]) => isAs(text))?.[1]
}

function misspelt(content: string): string {
  if (content.startsWith('\ufeff')) return '; a byte order mark stands before it'
  if (/^\s+#/.test(content)) return '; there are spaces or lines before it'
  return /^#\s+cloud-config/i.test(content) || /^#cloud_config/i.test(content)
    ? '; there it reads #cloud-config, without spaces'
    : ''
}

function checkContent(content: string, type: UserDataType, found: UserDataType | undefined, argument: string): void {
  if (content.includes('\0')) throw refused(argument, 'text without NUL')
  if (type.startsWith('shellscript')) {
    if (found !== 'shellscript') throw refused(argument, 'a script that begins with #! for its type')
    checkScript(content, argument)
    return
  }
  if (type === 'cloud-config' && found !== 'cloud-config' && found !== 'jinja') {
    throw refused(argument, 'text that begins with #cloud-config for its type', misspelt(content))
  }
  // YAML knows no tabs in front; in JSON, which begins with a bracket, they are spaces.
  if (type === 'cloud-config' && !/^#[^\n]*\n(?:\s*#[^\n]*\n)*\s*[{[]/.test(content)) {
    const at = content.split('\n').findIndex(line => line.startsWith('\t'))
    if (at >= 0) throw refused(argument, 'YAML, which is not indented with tabs', `: line ${at + 1}`)
  }
  if (type !== 'include' && type !== 'include-once') return
  for (const line of content.split(/\r?\n/).slice(found === type ? 1 : 0)) {
    if (line.trim() === '' || line.startsWith('#') || URL.canParse(line.trim())) continue
    throw refused(argument, 'a list of URLs, each on a line of its own')
  }
}

/** RFC 2046, section 5.1. The boundary is the same for the same parts: what a machine was told can be compared. */
function multipart(parts: readonly Part[]): string {
  const sum = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  const boundary = `==libcloud-${sum.slice(0, 32)}==`
  const bodies = parts.map(({ content, type, filename, mergeType }, index) => {
    // Text of long lines or other letters would be changed on its way by whatever still follows the rules of mail.
    const isPlain = /^[\t\n\x20-\x7e]*$/.test(content) && !/[^\n]{998}/.test(content)
    const headers = [
      `Content-Type: ${MIME[type]}; charset="utf-8"`,
      'MIME-Version: 1.0',
      `Content-Transfer-Encoding: ${isPlain ? '7bit' : 'base64'}`,
      `Content-Disposition: attachment; filename="${filename ?? `part-${String(index + 1).padStart(3, '0')}`}"`,
      ...(mergeType === undefined ? [] : [`X-Merge-Type: ${mergeType}`]),
    ]
    const body = isPlain
      ? content
      : (
          Buffer.from(content)
            .toString('base64')
            .match(/.{1,76}/g) ?? []
        ).join('\n')
    return `--${boundary}\n${headers.join('\n')}\n\n${body}`
  })
  const head = `Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\n\n`
  return `${head}${bodies.join('\n')}\n--${boundary}--\n`
}
