// Finds what is named as a secret in texts that need not be whole, nor well-formed: a body may have been cut.
import { isSecretName, REDACTED } from './secret-names.js'

const MEMBER = /"((?:[^"\\]|\\.){1,100})"\s*:\s*/g
/** JSON within a string of JSON. */
const ESCAPED_MEMBER = /(\\"([^"\\]{1,100})\\"\s*:\s*)\\"(?:[^"\\]|\\\\.)*(?:\\"|$)/g
const TAG = /<([\w:.-]{1,100})((?:\s[^<>]*)?)>/g
const ATTRIBUTE = /([\w:.-]{1,100})(\s*=\s*)("[^"]*"|'[^']*')/g

/** Hides the members of JSON that are named as secrets, whatever their value is: text, number, list or object. */
export function hideMembers(text: string): string {
  if (!text.includes('"')) return text
  let shown = ''
  let from = 0
  MEMBER.lastIndex = 0
  for (let found = MEMBER.exec(text); found !== null; found = MEMBER.exec(text)) {
    if (!isSecretName(found[1] as string)) continue
    const start = MEMBER.lastIndex
    const end = valueEnd(text, start)
    if (tellsNothing(text.slice(start, Math.min(end, start + 8)))) continue
    shown += `${text.slice(from, start)}"${REDACTED}"`
    from = end
    MEMBER.lastIndex = end
  }
  const whole = shown + text.slice(from)
  if (!whole.includes('\\"')) return whole
  return whole.replace(ESCAPED_MEMBER, (all, start: string, name: string) =>
    isSecretName(name) ? `${start}\\"${REDACTED}\\"` : all,
  )
}

/** Whether there is a password, or none, is no secret. */
const tellsNothing = (value: string): boolean => /^(?:true|false|null|""|\[\]|\{\})/.test(value)

/** Where a value ends that begins here; the end of the text if it is cut. */
function valueEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const char = text[at]
    if (char === '"') {
      at = stringEnd(text, at)
      if (depth === 0) return at + 1
    } else if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') {
      if (depth === 0) return at
      depth -= 1
      if (depth === 0) return at + 1
    } else if (depth === 0 && (char === ',' || char === '\n')) return at
  }
  return text.length
}

/** Where the quote stands that closes the one that stands here. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '"') return at
  }
  return text.length
}

/** Hides the elements and attributes of XML that are named as secrets, with all that is within. */
export function hideXml(text: string): string {
  if (!text.includes('<')) return text
  let shown = ''
  let from = 0
  TAG.lastIndex = 0
  for (let found = TAG.exec(text); found !== null; found = TAG.exec(text)) {
    const [whole, name = '', attributes = ''] = found
    const start = found.index
    shown += text.slice(from, start) + (attributes.includes('=') ? whole.replace(attributes, hideAttributes) : whole)
    from = start + whole.length
    if (whole.endsWith('/>') || !isSecretName(name.replace(/^.*:/, ''))) continue
    const close = text.indexOf(`</${name}>`, from)
    const end = close < 0 ? text.length : close
    if (end > from) shown += REDACTED
    from = end
    TAG.lastIndex = end
  }
  return shown + text.slice(from)
}

function hideAttributes(attributes: string): string {
  return attributes.replace(ATTRIBUTE, (all, name: string, equals: string, value: string) =>
    isSecretName(name.replace(/^.*:/, '')) ? `${name}${equals}${value[0]}${REDACTED}${value[0]}` : all,
  )
}
