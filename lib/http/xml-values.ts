import type { XmlShape } from './xml-shape.js'

// Shapes in the form that the reader works with, and the conversion of their values.

export const SKIP = 0
export const STRING = 1
export const NUMBER = 2
export const BOOLEAN = 3
export const DATE = 4
export const OBJECT = 5
export const ARRAY = 6
export const MAP = 7
export const ELEMENT = 8

/** How a value joins its parent. */
export const SET = 0
export const PUSH_MEMBER = 1
export const PUSH = 2
export const ENTRY = 3
export const CHILD = 4
export const ROOT = 5
export const NOWHERE = 6

/** A compiled shape. */
export interface XmlNode {
  readonly kind: number
  /** Whether the element's own text matters. */
  readonly wantsText: boolean
  /** The children that matter, by local or qualified name; `'*'` takes any. */
  readonly children: ReadonlyMap<string, XmlMember>
  readonly attributes: ReadonlyMap<string, XmlMember> | undefined
  readonly text: XmlMember | undefined
  readonly collections: readonly XmlMember[]
}

/** A place in a node that a value goes to. */
export interface XmlMember {
  readonly key: string
  readonly node: XmlNode
  readonly how: number
}

const NONE: ReadonlyMap<string, XmlMember> = new Map()

function node(kind: number, wantsText: boolean, children: ReadonlyMap<string, XmlMember> = NONE): XmlNode {
  return { kind, wantsText, children, attributes: undefined, text: undefined, collections: [] }
}

/** What is in no shape. */
export const SKIPPED: XmlMember = { key: '', node: node(SKIP, false), how: NOWHERE }

const LEAVES: ReadonlyMap<string, XmlNode> = new Map([
  ['string', node(STRING, true)],
  ['number', node(NUMBER, true)],
  ['boolean', node(BOOLEAN, true)],
  ['date', node(DATE, true)],
  ['element', elementNode()],
])

function elementNode(): XmlNode {
  const children = new Map<string, XmlMember>()
  const result = node(ELEMENT, true, children)
  children.set('*', { key: '', node: result, how: CHILD })
  return result
}

function objectNode(shape: XmlShape<unknown>): XmlNode {
  const children = new Map<string, XmlMember>()
  const attributes = new Map<string, XmlMember>()
  const collections: XmlMember[] = []
  let text: XmlMember | undefined
  for (const [key, member] of Object.entries(shape.members!)) {
    const { kind, wire = key, of } = member
    const compiled = { key, node: compile(kind === 'list' || kind === 'text' || kind === 'attribute' ? of! : member) }
    if (kind === 'text') text = { ...compiled, how: SET }
    else if (kind === 'attribute') attributes.set(wire, { ...compiled, how: SET })
    else children.set(wire, { ...compiled, how: kind === 'list' ? PUSH_MEMBER : SET })
    if (kind === 'list' || kind === 'wrapped' || kind === 'map') collections.push(children.get(wire)!)
  }
  const withAttributes = attributes.size > 0 ? attributes : undefined
  return { kind: OBJECT, wantsText: text !== undefined, children, attributes: withAttributes, text, collections }
}

function mapNode(shape: XmlShape<unknown>): XmlNode {
  const [entry, key, value] = shape.names as [string, string, string]
  const pair = node(
    OBJECT,
    false,
    new Map([
      [key, { key: 'key', node: LEAVES.get('string')!, how: SET }],
      [value, { key: 'value', node: compile(shape.of!), how: SET }],
    ]),
  )
  return node(MAP, false, new Map([[entry, { key: '', node: pair, how: ENTRY }]]))
}

const compiled = new WeakMap<XmlShape<unknown>, XmlNode>()

/** The node of a shape, made once. */
export function compile(shape: XmlShape<unknown>): XmlNode {
  const leaf = LEAVES.get(shape.kind)
  if (leaf !== undefined) return leaf
  let result = compiled.get(shape)
  if (result === undefined) {
    if (shape.kind === 'object') result = objectNode(shape)
    else if (shape.kind === 'map') result = mapNode(shape)
    else if (shape.kind === 'wrapped') {
      const item = { key: '', node: compile(shape.of!), how: PUSH }
      result = node(ARRAY, false, new Map([[shape.names![0]!, item]]))
    } else throw new TypeError(`A shape of kind ${shape.kind} can only be a member of an object`)
    compiled.set(shape, result)
  }
  return result
}

/** The node above the root. */
export function documentNode(shape: XmlShape<unknown>): XmlNode {
  return node(OBJECT, false, new Map([[shape.wire ?? '*', { key: '', node: compile(shape), how: ROOT }]]))
}

const ZERO = 0x30

// Replies are mostly short values, so the usual forms are read from the bytes, without a string in between.

/** `undefined`: empty. NaN: no number. */
export function toNumber(bytes: Uint8Array, from: number, to: number): number | undefined {
  // Fifteen digits are always exact.
  if (to - from > 0 && to - from <= 15) {
    let value = 0
    let at = from
    while (at < to) {
      const digit = bytes[at]! - ZERO
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
      at++
    }
    if (at === to) return value
  }
  const text = latin1(bytes, from, to)
  if (text === '') return undefined
  if (!/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number.NaN
  const value = Number(text)
  return Number.isFinite(value) && (Math.abs(value) <= Number.MAX_SAFE_INTEGER || /[.eE]/.test(text))
    ? value
    : Number.NaN
}

/** `undefined`: empty. `null`: no boolean. */
export function toBoolean(bytes: Uint8Array, from: number, to: number): boolean | null | undefined {
  const text = latin1(bytes, from, to)
  if (text === 'true' || text === '1') return true
  if (text === 'false' || text === '0') return false
  return text === '' ? undefined : null
}

/** `undefined`: empty. An invalid date: no date. */
export function toDate(bytes: Uint8Array, from: number, to: number): Date | undefined {
  const length = to - from
  // 2024-01-31T10:00:00Z, with or without milliseconds.
  if ((length === 20 || length === 24) && bytes[to - 1] === 0x5a && bytes[from + 10] === 0x54) {
    const milliseconds = length === 20 ? 0 : bytes[from + 19] === 0x2e ? digits(bytes, from + 20, 3) : Number.NaN
    if (
      bytes[from + 4] === 0x2d &&
      bytes[from + 7] === 0x2d &&
      bytes[from + 13] === 0x3a &&
      bytes[from + 16] === 0x3a
    ) {
      const time = utc(
        digits(bytes, from, 4),
        digits(bytes, from + 5, 2),
        digits(bytes, from + 8, 2),
        digits(bytes, from + 11, 2),
        digits(bytes, from + 14, 2),
        digits(bytes, from + 17, 2),
      )
      return new Date(time + milliseconds)
    }
  }
  const text = latin1(bytes, from, to)
  return text === '' ? undefined : new Date(unusualDate(text))
}

function digits(bytes: Uint8Array, from: number, count: number): number {
  let value = 0
  for (let at = from; at < from + count; at++) {
    const digit = bytes[at]! - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Milliseconds since 1970, or NaN: unlike `Date.UTC`, it does not let 31 April be 1 May. */
function utc(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  const valid = month >= 1 && month <= 12 && day >= 1 && day <= MONTH_DAYS[month - 1]! && hour < 24 && minute < 60
  if (!valid || !(second < 60) || !(year >= 100)) return Number.NaN
  if (month === 2 && day === 29 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0))) return Number.NaN
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(?:Z|([+-])(\d\d):?(\d\d))?)?$/
const HTTP = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|UTC)$/
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function unusualDate(text: string): number {
  const http = HTTP.exec(text)
  if (http !== null) {
    const [, day, month, year, hour, minute, second] = http
    return utc(Number(year), MONTHS.indexOf(month!) + 1, Number(day), Number(hour), Number(minute), Number(second))
  }
  const iso = ISO.exec(text)
  if (iso === null) return Number.NaN
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = '.', sign, offsetHour = 0, offsetMinute = 0] =
    iso
  if (Number(offsetHour) > 14 || Number(offsetMinute) > 59) return Number.NaN
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -60_000 : 60_000)
  const time = utc(Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second))
  return time + Number(`${fraction}000`.slice(1, 4)) - offset
}

/** The text without the spaces around it; none of the values read from it has characters beyond ASCII. */
function latin1(bytes: Uint8Array, from: number, to: number): string {
  // A value that is so long is none of those read here, and is not worth a copy.
  if (to - from > 256) return '?'
  return String.fromCharCode(...bytes.subarray(from, to)).replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
}
