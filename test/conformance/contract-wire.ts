// Turns what is on the wire as text into values that a schema can be compared with: forms, queries, XML.
import type { XmlElement } from '../../lib/http/xml.js'
import { isObject, type Problem, resolve, type Schema } from './contract-schema.js'

interface Context {
  schemas: Record<string, Schema>
  out: Problem[]
}

/** The value of an element as its schema reads it. */
export function fromXml(element: XmlElement, given: Schema, pointer: string, context: Context): unknown {
  const schema = resolve(given, context.schemas)
  if (schema.type === 'array') {
    return element.children.map((child, index) => {
      const item = schema.xml?.item ?? 'member'
      if (child.name !== item) context.out.push({ pointer, problem: `<${item}> expected, not <${child.name}>` })
      return fromXml(child, schema.items ?? {}, `${pointer}[${index}]`, context)
    })
  }
  if (schema.xml?.key) {
    const text = (entry: XmlElement, name: string) => entry.children.find(child => child.name === name)?.text ?? ''
    const { key = 'key', value = 'value' } = schema.xml
    return Object.fromEntries(element.children.map(entry => [text(entry, key), text(entry, value)]))
  }
  if (schema.type === 'object' || element.children.length > 0) return membersFromXml(element, schema, pointer, context)
  // An empty element of these says that there is no value.
  if (element.text === '' && (schema.type !== 'string' || schema.enum)) return undefined
  return element.text
}

function membersFromXml(element: XmlElement, schema: Schema, pointer: string, context: Context): unknown {
  const found: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const attribute = property.xml?.attribute ? element.attributes.get(name) : undefined
    if (attribute !== undefined) found[name] = attribute
  }
  for (const child of element.children) {
    const property = schema.properties?.[child.name] ?? {}
    const list = resolve(property, context.schemas)
    const member = `${pointer}.${child.name}`
    if (list.type === 'array' && list.xml?.flattened) {
      const items = (found[child.name] ?? []) as unknown[]
      found[child.name] = [...items, fromXml(child, list.items ?? {}, `${member}[${items.length}]`, context)]
    } else {
      const known = schema.properties?.[child.name] !== undefined
      if (child.name in found && known) context.out.push({ pointer: member, problem: 'more than once' })
      found[child.name] = fromXml(child, property, member, context)
    }
  }
  return found
}

interface Branch {
  value?: string
  children: Map<string, Branch>
}

/** The value of `Filter.1.Name=…` and its like, as the query and ec2 protocols write structures. */
export function fromForm(pairs: Iterable<[string, string]>, schema: Schema, context: Context): unknown {
  const root: Branch = { children: new Map() }
  for (const [name, value] of pairs) {
    let branch = root
    for (const part of name.split('.')) {
      const next: Branch = branch.children.get(part) ?? { children: new Map() }
      branch.children.set(part, next)
      branch = next
    }
    if (branch.value !== undefined) context.out.push({ pointer: `body.${name}`, problem: 'more than once' })
    branch.value = value
  }
  return fromBranch(root, schema, 'body', context)
}

function fromBranch(branch: Branch, given: Schema, pointer: string, context: Context): unknown {
  const schema = resolve(given, context.schemas)
  if (schema.type === 'array') {
    const item = schema.xml?.flattened ? undefined : (schema.xml?.item ?? 'member')
    const list = item === undefined ? branch : branch.children.get(item)
    if (!list) {
      const [wrong] = branch.children.keys()
      if (wrong) context.out.push({ pointer, problem: `.${item}.1 expected, not .${wrong}` })
      return wrong ? undefined : []
    }
    return [...list.children].map(([index, child], at) => {
      if (index !== String(at + 1)) context.out.push({ pointer, problem: `.${at + 1} expected, not .${index}` })
      return fromBranch(child, schema.items ?? {}, `${pointer}[${at}]`, context)
    })
  }
  if (branch.children.size === 0) return schema.type === 'object' && !branch.value ? {} : branch.value
  if (schema.xml?.key) {
    const entries = schema.xml.flattened ? branch : (branch.children.get(schema.xml.item ?? 'entry') ?? branch)
    const { key = 'key', value = 'value' } = schema.xml
    const text = (entry: Branch, name: string) => entry.children.get(name)?.value ?? ''
    return Object.fromEntries([...entries.children.values()].map(entry => [text(entry, key), text(entry, value)]))
  }
  return Object.fromEntries(
    [...branch.children].map(([name, child]) => [
      name,
      fromBranch(child, schema.properties?.[name] ?? {}, `${pointer}.${name}`, context),
    ]),
  )
}

/** How a parameter that is a list is written. */
export interface ListStyle {
  /** `?tag=a&tag=b`, against `?tag=a,b`. */
  explode?: boolean
  /** A comma unless told. */
  separator?: string
}

/** The value of a parameter that came as these texts. */
export function fromParameter(
  texts: string[],
  given: Schema,
  style: ListStyle,
  schemas: Record<string, Schema>,
): unknown {
  const schema = resolve(given, schemas)
  const list = [schema, ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].some(
    part => resolve(part, schemas).type === 'array',
  )
  if (list && style.explode) return texts
  if (texts.length > 1) return texts
  const [text = ''] = texts
  if (list) return text === '' ? [] : text.split(style.separator ?? ',')
  if (isObject(schema.properties) && text.startsWith('{')) return JSON.parse(text)
  return text
}
