import { InvalidRequestError } from '../../lib/errors.js'

/** What an element holds; a list is an element for each item, and what is `undefined` is left out. */
export type XmlContent =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlContent[]
  | { readonly [name: string]: XmlContent }

/**
 * An XML document, of plain values. Names are the caller's own, and trusted; values are not.
 * @throws InvalidRequestError for a text that no XML can hold.
 */
export function xmlDocument(root: string, namespace: string, content: XmlContent): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${namespace}">${inner(content, root)}</${root}>`
}

function inner(content: XmlContent, name: string): string {
  if (content === undefined) return ''
  if (typeof content !== 'object') return escaped(String(content), name)
  if (Array.isArray(content)) return content.map(each => inner(each, name)).join('')
  let text = ''
  for (const [member, value] of Object.entries(content)) {
    if (value === undefined) continue
    for (const each of Array.isArray(value) ? value : [value]) text += `<${member}>${inner(each, member)}</${member}>`
  }
  return text
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }

function escaped(text: string, name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text) || !text.isWellFormed()) {
    const allowed = 'text without control characters'
    throw new InvalidRequestError(`'${name}' must be ${allowed}`, { argument: name, allowed })
  }
  return text.replace(/[&<>\r]/g, char => ENTITIES[char] as string)
}
