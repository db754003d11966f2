// Compares a value with a schema as contracts hold them: JSON Schema as descriptions of APIs use it.

/** A schema in a contract. Words have their JSON Schema meaning; `nullable`, `readOnly`, `writeOnly` OpenAPI's. */
export interface Schema {
  /** A name in the contract's `schemas`. */
  $ref?: string
  type?: string | string[]
  nullable?: boolean
  enum?: unknown[]
  const?: unknown
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  items?: Schema
  oneOf?: Schema[]
  anyOf?: Schema[]
  allOf?: Schema[]
  not?: Schema
  discriminator?: { propertyName: string; mapping?: Record<string, string> }
  readOnly?: boolean
  writeOnly?: boolean
  /** How a list, a map or an attribute is written in XML and in forms. */
  xml?: { item?: string; flattened?: boolean; attribute?: boolean; key?: string; value?: string }
}

/** What does not fit, and where: `body.rules[0].ports`. */
export interface Problem {
  pointer: string
  problem: string
}

/** What a value is checked with. */
export interface SchemaContext {
  schemas: Record<string, Schema>
  /** In requests members that the schema does not know are refused; in responses only where it says so. */
  where: 'request' | 'response'
  /** Whether numbers and booleans come as text, as they do in queries, forms and XML. */
  text: boolean
}

/** What the parts of one schema (`allOf` and its like) know of an object's members together. */
interface Known {
  names: Set<string>
  extra: Schema[]
  open: boolean
  closed: boolean
}

function nothingKnown(): Known {
  return { names: new Set(), extra: [], open: false, closed: false }
}

/** The schema itself, where it names another. */
export function resolve(schema: Schema, schemas: Record<string, Schema>): Schema {
  let found = schema
  for (let hops = 0; found.$ref !== undefined; hops++) {
    const next = schemas[found.$ref]
    if (!next || hops > 20) throw new Error(`the contract has no schema '${found.$ref}'`)
    found = next
  }
  return found
}

/** Checks a value, and everything in it. */
export function checkSchema(schema: Schema, value: unknown, pointer: string, context: SchemaContext): Problem[] {
  const out: Problem[] = []
  const known = nothingKnown()
  visit({ schema, root: schema, value, pointer, context, out, known })
  if (isObject(value)) checkUnknown(value, known, pointer, context, out)
  return out
}

interface Visit {
  schema: Schema
  /** The schema with all its parts, of which `schema` is one. */
  root: Schema
  value: unknown
  pointer: string
  context: SchemaContext
  out: Problem[]
  known: Known
}

function visit(at: Visit): void {
  const { context, pointer, out } = at
  const schema = resolve(at.schema, context.schemas)
  const types = schema.type === undefined ? [] : [schema.type].flat()
  if (at.value === null && (schema.nullable || schema.enum?.includes(null))) return
  const value = context.text ? fromText(at.value, types) : at.value
  if (types.length > 0 && !types.some(type => isType(value, type))) {
    out.push({ pointer, problem: `${types.join(' or ')} expected, not ${show(value)}` })
    return
  }
  for (const problem of scalarProblems(schema, value)) out.push({ pointer, problem })
  if (Array.isArray(value)) checkItems(schema, value, at)
  if (isObject(value)) checkMembers(schema, value, at)
  for (const part of schema.allOf ?? []) visit({ ...at, schema: part, value })
  for (const branches of [schema.oneOf, schema.anyOf]) if (branches) checkBranches(schema, branches, { ...at, value })
  if (schema.not && checkSchema(schema.not, value, pointer, { ...context, where: 'response' }).length === 0) {
    out.push({ pointer, problem: 'what the description excludes' })
  }
}

function checkItems(schema: Schema, value: unknown[], { pointer, context, out }: Visit): void {
  if (value.length < (schema.minItems ?? 0)) out.push({ pointer, problem: `fewer than ${schema.minItems} elements` })
  if (value.length > (schema.maxItems ?? Infinity))
    out.push({ pointer, problem: `more than ${schema.maxItems} elements` })
  const items = schema.items
  if (items) value.forEach((item, index) => void out.push(...checkSchema(items, item, `${pointer}[${index}]`, context)))
}

function checkMembers(schema: Schema, value: Record<string, unknown>, at: Visit): void {
  const { pointer, context, out, known } = at
  const hidden = context.where === 'request' ? 'readOnly' : 'writeOnly'
  for (const name of schema.required ?? []) {
    if (value[name] !== undefined) continue
    const property = schema.properties?.[name] ?? findProperty(at.root, name, context.schemas)
    if (!property || !has(property, hidden, context.schemas))
      out.push({ pointer: `${pointer}.${name}`, problem: 'missing' })
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    known.names.add(name)
    if (value[name] === undefined) continue
    const member = `${pointer}.${name}`
    if (has(property, hidden, context.schemas))
      out.push({ pointer: member, problem: `${hidden}, so not in a ${context.where}` })
    else out.push(...checkSchema(property, value[name], member, context))
  }
  if (schema.additionalProperties === true) known.open = true
  else if (schema.additionalProperties === false) known.closed = true
  else if (schema.additionalProperties) known.extra.push(schema.additionalProperties)
}

/**
 * At least one branch has to fit, whatever `oneOf` says: real descriptions are not exact enough for exactly one.
 * Members are known that a branch which fits knows, or the nearest, where none does.
 */
function checkBranches(schema: Schema, branches: Schema[], at: Visit): void {
  const tag = schema.discriminator && isObject(at.value) ? at.value[schema.discriminator.propertyName] : undefined
  const named = typeof tag === 'string' ? schema.discriminator?.mapping?.[tag] : undefined
  const tried = (named === undefined ? branches : [{ $ref: named }]).map(branch => {
    const part = { out: [] as Problem[], known: nothingKnown() }
    visit({ ...at, schema: branch, ...part })
    return part
  })
  const least = Math.min(...tried.map(({ out }) => out.length))
  const fitting = tried.filter(({ out }) => out.length === least)
  for (const { known } of least === 0 ? fitting : fitting.slice(0, 1)) {
    for (const name of known.names) at.known.names.add(name)
    at.known.extra.push(...known.extra)
    at.known.open ||= known.open
    at.known.closed ||= known.closed
  }
  if (least > 0) at.out.push(...(fitting[0]?.out ?? []))
}

function checkUnknown(
  value: Record<string, unknown>,
  { names, extra, open, closed }: Known,
  pointer: string,
  context: SchemaContext,
  out: Problem[],
): void {
  const [rest] = extra
  if (open) return
  for (const [name, member] of Object.entries(value)) {
    if (names.has(name) || member === undefined) continue
    if (rest) out.push(...checkSchema(rest, member, `${pointer}.${name}`, context))
    else if (closed || (context.where === 'request' && names.size > 0)) {
      out.push({ pointer: `${pointer}.${name}`, problem: 'not in the description' })
    }
  }
}

function findProperty(schema: Schema, name: string, schemas: Record<string, Schema>): Schema | undefined {
  const found = resolve(schema, schemas)
  if (found.properties?.[name]) return found.properties[name]
  for (const part of [...(found.allOf ?? []), ...(found.oneOf ?? []), ...(found.anyOf ?? [])]) {
    const property = findProperty(part, name, schemas)
    if (property) return property
  }
  return undefined
}

function has(schema: Schema, word: 'readOnly' | 'writeOnly', schemas: Record<string, Schema>): boolean {
  const found = resolve(schema, schemas)
  return schema[word] === true || found[word] === true || (found.allOf ?? []).some(part => has(part, word, schemas))
}

function fromText(value: unknown, types: string[]): unknown {
  if (typeof value !== 'string' || types.includes('string')) return value
  if (types.includes('boolean') && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
  const numeric = types.includes('integer') || types.includes('number')
  return numeric && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? Number(value) : value
}

function isType(value: unknown, type: string): boolean {
  if (type === 'object') return isObject(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'null') return value === null
  return typeof value === type
}

function* scalarProblems(schema: Schema, value: unknown): Generator<string> {
  if (schema.enum && !schema.enum.some(allowed => same(allowed, value))) {
    yield `one of ${schema.enum.map(show).join(', ').slice(0, 300)} expected, not ${show(value)}`
  }
  if (schema.const !== undefined && !same(schema.const, value))
    yield `${show(schema.const)} expected, not ${show(value)}`
  if (typeof value === 'number') {
    if (value < (schema.minimum ?? -Infinity)) yield `${value} is less than ${schema.minimum}`
    if (value > (schema.maximum ?? Infinity)) yield `${value} is more than ${schema.maximum}`
    if (value <= (schema.exclusiveMinimum ?? -Infinity)) yield `${value} is not more than ${schema.exclusiveMinimum}`
    if (value >= (schema.exclusiveMaximum ?? Infinity)) yield `${value} is not less than ${schema.exclusiveMaximum}`
  }
  if (typeof value !== 'string') return
  const { length } = [...value]
  if (length < (schema.minLength ?? 0)) yield `shorter than ${schema.minLength} characters`
  if (length > (schema.maxLength ?? Infinity)) yield `longer than ${schema.maxLength} characters`
  if (schema.pattern && !expression(schema.pattern)?.test(value))
    yield `${show(value)} does not match ${schema.pattern}`
  if (schema.format && !(FORMATS[schema.format]?.test(value) ?? true)) yield `${show(value)} is not a ${schema.format}`
}

const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?$/
const IPV4 = /^(\d{1,3}\.){3}\d{1,3}$/
const IPV6 = /^[\da-fA-F:]*:[\da-fA-F:.]*$/
const CIDR = /^[\da-fA-F.:]+\/\d{1,3}$/
/** Loose on purpose: they tell a date from a number of seconds, not a leap day from an ordinary one. */
const FORMATS: Record<string, RegExp> = {
  'date-time': DATE_TIME,
  date: /^\d{4}-\d\d-\d\d$/,
  uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
  ipv4: IPV4,
  ipv6: IPV6,
  cidr: CIDR,
  int64: /^-?\d+$/,
  uint64: /^\d+$/,
}

const expressions = new Map<string, RegExp>()

/** Patterns of other dialects that JavaScript cannot read match everything. */
function expression(pattern: string): RegExp | undefined {
  let found = expressions.get(pattern)
  for (const flags of ['u', '']) {
    try {
      found ??= new RegExp(pattern, flags)
    } catch {}
  }
  found ??= /(?:)/
  expressions.set(pattern, found)
  return found
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Whether a value is an object with members, neither a list nor `null`. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
