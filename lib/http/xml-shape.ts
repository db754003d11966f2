// What an XML document holds, told as plain data. `xml.ts` exports this module as `xml`, so that a driver writes
// `xml.object({ Key: xml.string })` and `xml.Infer<typeof Listing>`.

/** What an element, an attribute or a list becomes: a value of type `T`. Made by the functions of this module. */
export interface XmlShape<T> {
  readonly kind:
    | 'string'
    | 'number'
    | 'boolean'
    | 'date'
    | 'element'
    | 'object'
    | 'list'
    | 'wrapped'
    | 'map'
    | 'attribute'
    | 'text'
  /** The name in the document, where it is not the member's own. */
  readonly wire?: string
  /** What a list's items, a map's values, an attribute or a text hold. */
  readonly of?: XmlShape<unknown>
  /** The names of a wrapped list's items, or of a map's entries, keys and values. */
  readonly names?: readonly string[]
  readonly members?: Readonly<Record<string, XmlShape<unknown>>>
  /** Never set: it carries the type. */
  readonly type?: T
}

/** An element whose children and attributes are told apart by name. */
export interface XmlObject<M extends XmlMembers> extends XmlShape<XmlObjectValue<M>> {
  readonly kind: 'object'
  readonly members: M
}

/** A list: `[]` where the document has none. */
export interface XmlList<T> extends XmlShape<T[]> {
  readonly kind: 'list' | 'wrapped'
}

/** A map: empty where the document has none. */
export interface XmlMap<T> extends XmlShape<Map<string, T>> {
  readonly kind: 'map'
}

export type XmlMembers = Readonly<Record<string, XmlShape<unknown>>>

/** The type of the values that a shape gives. */
export type Infer<S extends XmlShape<unknown>> = S extends XmlShape<infer T> ? T : never

type Collection = XmlList<unknown> | XmlMap<unknown>
type Simplify<T> = { [K in keyof T]: T[K] }

/** Every member is optional, because any may be missing from a reply, but lists and maps, which are empty then. */
export type XmlObjectValue<M extends XmlMembers> = Simplify<
  { -readonly [K in keyof M as M[K] extends Collection ? K : never]: Infer<M[K]> } & {
    -readonly [K in keyof M as M[K] extends Collection ? never : K]?: Infer<M[K]>
  }
>

/** The paths, such as `'Contents'` or `'Result.Items'`, of the lists in an object shape. */
export type XmlListPath<S> =
  S extends XmlObject<infer M>
    ? {
        [K in keyof M & string]: M[K] extends XmlList<unknown> ? K : `${K}.${XmlListPath<M[K]>}`
      }[keyof M & string]
    : never

/** The type of the items of the list at a path. */
export type XmlItemAt<S, P extends string> =
  S extends XmlObject<infer M>
    ? P extends `${infer K}.${infer Rest}`
      ? XmlItemAt<M[K], Rest>
      : M[P] extends XmlList<infer T>
        ? T
        : never
    : never

/**
 * An element of a document of unknown form. `name` is as it was sent, prefix and all. Attributes are a `Map`, so that
 * no name that a server sends can reach an object's prototype.
 */
export class XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[] = []
  /** The element's own text, without that of its children. */
  readonly text: string = ''
  constructor(name: string, attributes: ReadonlyMap<string, string>) {
    this.name = name
    this.attributes = attributes
  }

  /** The first child of this name, whatever its prefix. */
  child(name: string): XmlElement | undefined {
    return this.children.find(child => child.name === name || child.name.endsWith(`:${name}`))
  }
}

/** The text as it is, spaces and all. */
export const string: XmlShape<string> = { kind: 'string' }

/**
 * A decimal number; an integer beyond 2^53 is refused rather than rounded (read it as `string`).
 * An empty element has no value, here and for booleans and dates.
 */
export const number: XmlShape<number> = { kind: 'number' }

/** `true`, `false`, `1` or `0`. */
export const boolean: XmlShape<boolean> = { kind: 'boolean' }

/** ISO 8601 (`2024-01-31T10:00:00.000Z`; in UTC where no offset is given) or HTTP's (`Wed, 31 Jan 2024 10:00:00 GMT`). */
export const date: XmlShape<Date> = { kind: 'date' }

/** The element with everything in it, for parts of unknown form. */
export const element: XmlShape<XmlElement> = { kind: 'element' }

/** An element with named members. What is not declared is skipped. A member that is no list may come only once. */
export function object<const M extends XmlMembers>(members: M): XmlObject<M> {
  // Assigning to it would change the prototype of the values.
  if (Object.hasOwn(members, '__proto__')) throw new TypeError('A shape cannot have a member __proto__')
  return { kind: 'object', members }
}

/** A list whose items stand directly in the object, each under the member's name: `<Contents/><Contents/>`. */
export function list<T>(of: XmlShape<T>): XmlList<T> {
  refuseBare(of)
  return { kind: 'list', of }
}

/** A list with an element of its own around the items: `<instancesSet><item/><item/></instancesSet>`. */
export function wrapped<T>(itemName: string, of: XmlShape<T>): XmlList<T> {
  refuseBare(of)
  return { kind: 'wrapped', names: [itemName], of }
}

/** A map from text to values: `<tags><entry><key>a</key><value>b</value></entry></tags>`; the names may be others. */
export function map<T>(of: XmlShape<T>, names: { entry?: string; key?: string; value?: string } = {}): XmlMap<T> {
  refuseBare(of)
  return { kind: 'map', names: [names.entry ?? 'entry', names.key ?? 'key', names.value ?? 'value'], of }
}

/** A member of an object that is an attribute of its element: `xml.attribute('xsi:type')`. */
export function attribute(name: string): XmlShape<string>
export function attribute<T extends string | number | boolean | Date>(name: string, of: XmlShape<T>): XmlShape<T>
export function attribute(name: string, of: XmlShape<unknown> = string): XmlShape<unknown> {
  refuseBranch(of)
  return { kind: 'attribute', wire: name, of }
}

/** A member of an object that is the own text of its element, for elements with text and attributes. */
export function text(): XmlShape<string>
export function text<T extends string | number | boolean | Date>(of: XmlShape<T>): XmlShape<T>
export function text(of: XmlShape<unknown> = string): XmlShape<unknown> {
  refuseBranch(of)
  return { kind: 'text', of }
}

/**
 * The same shape under another name in the document: `xml.object({ id: xml.named('instanceId', xml.string) })`. On the
 * shape of a whole document it is the name that the root must have. Prefixes do not count, unless the name has one.
 */
export function named<S extends XmlShape<unknown>>(name: string, shape: S): S {
  return { ...shape, wire: name }
}

function refuseBare(shape: XmlShape<unknown>): void {
  if (shape.kind === 'list' || shape.kind === 'attribute' || shape.kind === 'text') {
    throw new TypeError(`A shape of kind ${shape.kind} can only be a member of an object`)
  }
}

function refuseBranch(shape: XmlShape<unknown>): void {
  if (!['string', 'number', 'boolean', 'date'].includes(shape.kind)) {
    throw new TypeError(`An attribute or a text cannot hold a shape of kind ${shape.kind}`)
  }
}
