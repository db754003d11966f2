import type { Name } from './xml-bytes.js'
import { type Frame, MEBIBYTE, XmlLexer, type XmlLimits } from './xml-lexer.js'
import { element, type Infer, XmlElement, type XmlItemAt, type XmlListPath, type XmlShape } from './xml-shape.js'
import type { XmlMember, XmlNode } from './xml-values.js'
import * as values from './xml-values.js'

export type { XmlLimits } from './xml-lexer.js'
export * as xml from './xml-shape.js'
export { XmlElement, type XmlShape } from './xml-shape.js'

/** Hands over the items of one list as they end, instead of collecting them. */
export interface XmlItemOptions {
  /** The member names, joined by dots, that lead to the list. */
  path: string
  onItem: (item: unknown) => void
}

function memberOf(node: XmlNode, name: Name): XmlMember {
  const { children } = node
  name.member = children.get(name.name) ?? children.get(name.local) ?? children.get('*') ?? values.SKIPPED
  name.owner = node
  return name.member
}

/**
 * Reads one XML document, chunk by chunk, into the values of a shape. The document may be cut anywhere.
 * It is refused as a {@link MalformedResponseError} where it is not well-formed, is neither UTF-8 nor US-ASCII, has a
 * document type or an entity other than the five that XML has by itself, exceeds a limit, or where a value does not
 * fit the shape. Elements outside the shape are checked and skipped.
 */
export class XmlReader<T> extends XmlLexer {
  #result: unknown
  readonly #itemPath: readonly XmlMember[] = []
  readonly #item: XmlMember | undefined
  readonly #onItem: ((item: unknown) => void) | undefined
  /** Where the item that is being read starts, or -1. */
  #itemStart = -1

  constructor(shape: XmlShape<T>, limits: XmlLimits = {}, items?: XmlItemOptions) {
    const start = values.documentNode(shape)
    super(limits, start)
    if (items !== undefined) {
      this.#itemPath = itemPath(start, items.path)
      this.#item = this.#itemPath.at(-1)
      this.#onItem = items.onItem
    }
  }

  /** The document is at its end: gives its value. */
  end(): T {
    this.finish()
    return this.#result as T
  }

  protected override pause(at: number): void {
    if (this.#itemStart >= 0 && this.offset + at - this.#itemStart > this.limits.maxItemBytes) this.#itemTooLarge(at)
  }

  protected override open(name: Name, at: number): void {
    const above = this.top
    if (this.complete && this.depth === 0) this.fail('several root elements', at)
    if (this.depth === this.limits.maxDepth) this.fail(`elements more than ${this.limits.maxDepth} deep`, at)
    this.flush()
    const member = name.owner === above.node ? name.member : memberOf(above.node, name)
    if (this.depth === 0 && member === values.SKIPPED) this.fail('an unexpected root element', at)
    let frame = this.frames[++this.depth]
    if (frame === undefined) {
      frame = { name, node: member.node, member, target: undefined, text: '' }
      this.frames.push(frame)
    } else {
      frame.name = name
      frame.node = member.node
      frame.member = member
      frame.text = ''
    }
    this.top = frame
    if (member.node.kind >= values.OBJECT) this.#begin(frame, at)
    if (member === this.#item && this.#itemStart < 0 && this.#isItem()) this.#itemStart = this.offset + at
  }

  #begin(frame: Frame, at: number): void {
    const { kind, collections, attributes } = frame.node
    if (kind === values.OBJECT) {
      const target: Record<string, unknown> = {}
      frame.target = target
      for (const { key, node, how } of collections) {
        target[key] = node.kind === values.MAP && how === values.SET ? new Map() : []
      }
      if (attributes !== undefined && this.attributeNames.length > 0) this.#takeAttributes(target, attributes, at)
    } else if (kind === values.ELEMENT) {
      const attributes = new Map<string, string>()
      for (let index = 0; index < this.attributeNames.length; index++) {
        attributes.set(this.attributeNames[index]!.name, this.attributeValues[index]!)
      }
      frame.target = new XmlElement(frame.name.name, attributes)
    } else if (frame.member.how === values.SET) {
      const above = this.frames[this.depth - 1]!.target as Record<string, unknown>
      // A pair of a map, unlike a declared object, has not made it yet.
      frame.target = above[frame.member.key] ??= kind === values.MAP ? new Map() : []
    } else frame.target = kind === values.MAP ? new Map() : []
  }

  #takeAttributes(target: Record<string, unknown>, wanted: ReadonlyMap<string, XmlMember>, at: number): void {
    for (const [index, { name, local }] of this.attributeNames.entries()) {
      const member = wanted.get(name) ?? (name.startsWith('xmlns:') ? undefined : wanted.get(local))
      if (member === undefined) continue
      const value = this.#convertString(member.node.kind, this.attributeValues[index]!, at)
      if (value !== undefined) target[member.key] = value
    }
  }

  protected override close(at: number): void {
    const frame = this.top
    const { kind } = frame.node
    if (kind === values.SKIP) {
      this.top = this.frames[--this.depth]!
      return
    }
    const value = kind >= values.OBJECT ? this.#finish(frame, at) : this.#convert(kind, frame, at)
    const item = this.#itemStart >= 0 && frame.member === this.#item && this.#isItem()
    if (item && this.offset + at - this.#itemStart > this.limits.maxItemBytes) this.#itemTooLarge(at)
    this.top = this.frames[this.depth - 1]!
    if (item) {
      this.#itemStart = -1
      this.depth--
      this.#onItem?.(value)
    } else {
      this.#attach(frame.member, this.top, value, at)
      this.depth--
    }
    frame.target = undefined
  }

  #finish(frame: Frame, at: number): unknown {
    const { kind, text } = frame.node
    if (kind === values.ELEMENT) {
      this.flush()
      ;(frame.target as { text: string }).text = frame.text
    } else if (text !== undefined) {
      this.flush()
      const value = this.#convertString(text.node.kind, frame.text, at)
      if (value !== undefined) (frame.target as Record<string, unknown>)[text.key] = value
    }
    return frame.target
  }

  #attach({ how, key }: XmlMember, above: Frame, value: unknown, at: number): void {
    if (how === values.SET) {
      if (value === undefined) return
      const target = above.target as Record<string, unknown>
      if (target[key] === undefined || !Object.hasOwn(target, key)) target[key] = value
      // A wrapped list, or a map, may come in parts: they all fill what the object began with.
      else if (typeof value !== 'object' || target[key] !== value) this.#failAt('is there more than once', at)
      return
    }
    if (value === undefined) this.#failAt('is empty', at)
    if (how === values.PUSH_MEMBER) ((above.target as Record<string, unknown>)[key] as unknown[]).push(value)
    else if (how === values.PUSH) (above.target as unknown[]).push(value)
    else if (how === values.CHILD) (above.target as { children: XmlElement[] }).children.push(value as XmlElement)
    else if (how === values.ENTRY) {
      const entry = value as { key?: string; value?: unknown }
      if (entry.key === undefined || entry.value === undefined) this.#failAt('has no key or no value', at)
      ;(above.target as Map<string, unknown>).set(entry.key!, entry.value)
    } else {
      this.#result = value
      this.complete = true
    }
  }

  #convert(kind: number, frame: Frame, at: number): unknown {
    const { text } = frame
    if (kind === values.STRING) {
      const rest = this.from === this.to ? '' : this.slice(this.from, this.to, this.beyondAscii)
      this.from = this.to = 0
      return text === '' ? rest : text + rest
    }
    if (text !== '') {
      this.flush()
      return this.#convertString(kind, frame.text, at)
    }
    const value = this.#convertBytes(kind, this.bytes, this.from, this.to, at)
    this.from = this.to = 0
    return value
  }

  #convertString(kind: number, text: string, at: number): unknown {
    if (kind === values.STRING) return text
    const bytes = Buffer.from(text)
    return this.#convertBytes(kind, bytes, 0, bytes.length, at)
  }

  #convertBytes(kind: number, bytes: Buffer, from: number, to: number, at: number): unknown {
    if (kind === values.NUMBER) {
      const value = values.toNumber(bytes, from, to)
      return value !== undefined && Number.isNaN(value)
        ? this.#failAt('is not a number, or too large a one', at)
        : value
    }
    if (kind === values.BOOLEAN) {
      const value = values.toBoolean(bytes, from, to)
      return value === null ? this.#failAt('is neither true nor false', at) : value
    }
    const value = values.toDate(bytes, from, to)
    return value !== undefined && Number.isNaN(value.getTime()) ? this.#failAt('is not a date', at) : value
  }

  /** Whether the topmost frame is the item's, and not one of the same shape elsewhere. */
  #isItem(): boolean {
    const path = this.#itemPath
    if (this.depth !== path.length) return false
    return path.every((member, index) => this.frames[index + 1]!.member === member)
  }

  #itemTooLarge(at: number): never {
    return this.#failAt(`is larger than ${this.limits.maxItemBytes} bytes`, at)
  }

  #failAt(reason: string, at: number): never {
    const path = this.frames.slice(1, this.depth + 1).map(({ name }) => name.local.slice(0, 64))
    return this.fail(`${path.join('.').slice(-256)} ${reason}`, at)
  }
}

/** The members from the document down to the items of a list. */
function itemPath(start: XmlNode, path: string): XmlMember[] {
  const members = [...start.children.values()]
  for (const key of path.split('.')) {
    const { node } = members.at(-1)!
    const member = [...node.children.values()].find(child => child.key === key)
    if (node.kind !== values.OBJECT || member === undefined) throw new TypeError(`The shape has no list ${path}`)
    members.push(member)
  }
  const last = members.at(-1)!
  if (last.how === values.PUSH_MEMBER) return members
  if (last.node.kind !== values.ARRAY) throw new TypeError(`The shape has no list ${path}`)
  return [...members, ...last.node.children.values()]
}

/**
 * Reads a whole document into the values of a shape.
 *
 * @throws {@link MalformedResponseError} as {@link XmlReader} says.
 * @example
 * const Listing = xml.object({ Name: xml.string, Contents: xml.list(xml.object({ Key: xml.string, Size: xml.number })) })
 * const { Contents } = readXml(body, Listing)
 */
export function readXml<T>(document: string | Uint8Array, shape: XmlShape<T>, limits: XmlLimits = {}): T {
  const reader = new XmlReader(shape, limits)
  reader.write(document)
  return reader.end()
}

/** Reads a whole document of unknown form, such as an error. */
export function parseXml(document: string | Uint8Array, limits: XmlLimits = {}): XmlElement {
  return readXml(document, element, limits)
}

/**
 * Reads a document as it arrives. `maxBytes` is 64 MiB unless it is given.
 *
 * @throws {@link MalformedResponseError} as {@link XmlReader} says; what the source throws is passed on.
 */
export async function readXmlStream<T>(
  source: AsyncIterable<string | Uint8Array>,
  shape: XmlShape<T>,
  limits: XmlLimits = {},
): Promise<T> {
  const reader = new XmlReader(shape, { maxBytes: 64 * MEBIBYTE, ...limits })
  for await (const chunk of source) reader.write(chunk)
  return reader.end()
}

/** The items of one list of a document, as they arrive, and then the rest of it. Can be walked once. */
export class XmlItems<T, Item> implements AsyncIterable<Item> {
  readonly #items: AsyncGenerator<Item, void, undefined>
  #value: { readonly value: T } | undefined

  constructor(source: AsyncIterable<string | Uint8Array>, shape: XmlShape<T>, path: string, limits: XmlLimits) {
    let items: Item[] = []
    const onItem = (item: unknown) => items.push(item as Item)
    const reader = new XmlReader(shape, limits, { path, onItem })
    const walk = async function* (this: XmlItems<T, Item>): AsyncGenerator<Item, void, undefined> {
      for await (const chunk of source) {
        reader.write(chunk)
        const arrived = items
        items = []
        yield* arrived
      }
      this.#value = { value: reader.end() }
    }
    this.#items = walk.call(this)
  }

  [Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    return this.#items
  }

  /** The document's value, in which the list is empty: known when all items have been taken. */
  get value(): T {
    if (this.#value === undefined) throw new TypeError('The document has not been read to its end')
    return this.#value.value
  }
}

/**
 * Reads the list at `path` item by item: no more than a chunk's worth, and one item of `maxItemBytes`, is held.
 * Leaving the loop early closes the source.
 *
 * @throws {@link MalformedResponseError} as {@link XmlReader} says; what the source throws is passed on.
 * @example
 * const items = streamXml(body, Listing, 'Contents')
 * for await (const { Key } of items) console.log(Key)
 * console.log(items.value.NextContinuationToken)
 */
export function streamXml<S extends XmlShape<unknown>, const P extends string & XmlListPath<S>>(
  source: AsyncIterable<string | Uint8Array>,
  shape: S,
  path: P,
  limits: XmlLimits = {},
): XmlItems<Infer<S>, XmlItemAt<S, P>> {
  return new XmlItems(source, shape as XmlShape<Infer<S>>, path, limits)
}
