// Reduces schemas of OpenAPI 3.0, 3.1, Swagger 2.0 and Google Discovery to what the checker reads.
import type { Schema } from '../../conformance/contract.js'
import { type Documents, entries, isRaw, type Raw } from './documents.js'
import type { SchemaStore } from './names.js'

const NUMBERS = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'] as const
/** A scalar that is shared stands where it is used, unless it is long. */
const LONG_ENUM = 8

export class SchemaReducer {
  private readonly documents: Documents
  private readonly store: SchemaStore
  /** Discovery writes patterns that are meant for the whole text. */
  private readonly anchored: boolean

  constructor(documents: Documents, store: SchemaStore, anchored = false) {
    this.documents = documents
    this.store = store
    this.anchored = anchored
  }

  reduce(raw: unknown, file: string): Schema {
    if (raw === false) return { not: {} }
    if (!isRaw(raw)) return {}
    if (typeof raw['$ref'] === 'string') return this.reference(raw, raw['$ref'], file)
    const schema: Schema = { ...this.scalar(raw), ...this.structure(raw, file), ...this.composition(raw, file) }
    return simplify(schema)
  }

  private reference(raw: Raw, ref: string, file: string): Schema {
    const { node, file: there, identity } = this.documents.target(ref, file)
    const beside = { ...flags(raw) }
    const target = { ...this.refer(node, there, identity) }
    if (Object.keys(beside).length === 0) return target
    return target.$ref === undefined ? { ...target, ...beside } : { allOf: [target], ...beside }
  }

  private refer(node: Raw, file: string, identity: string): Schema {
    if (typeof node['$ref'] === 'string') return this.reference(node, node['$ref'], file)
    const compound = ['properties', 'items', 'allOf', 'oneOf', 'anyOf', 'additionalProperties'].some(key => key in node)
    const long = Array.isArray(node['enum']) && node['enum'].length > LONG_ENUM
    if (!compound && !long) return this.reduce(node, file)
    return { $ref: this.store.name(identity, nameOf(identity), () => this.reduce(node, file)) }
  }

  private scalar(raw: Raw): Schema {
    const schema: Schema = flags(raw)
    if (typeof raw['type'] === 'string') schema.type = TYPES[raw['type']] ?? raw['type']
    if (Array.isArray(raw['type'])) schema.type = raw['type'].map(type => TYPES[String(type)] ?? String(type))
    if (schema.type === 'any' || schema.type === 'file') delete schema.type
    if (Array.isArray(raw['enum'])) {
      // Unquoted words of YAML, such as 1.0 or no, are texts where the type says so.
      schema.enum = raw['enum'].map(value => (schema.type === 'string' && value !== null ? String(value) : value))
    }
    if (raw['const'] !== undefined) schema.const = raw['const']
    if (typeof raw['format'] === 'string') schema.format = FORMATS[raw['format']] ?? raw['format']
    if (typeof raw['pattern'] === 'string') schema.pattern = this.anchored ? `^(?:${raw['pattern']})$` : raw['pattern']
    for (const word of NUMBERS) if (isNumeric(raw[word])) schema[word] = Number(raw[word])
    for (const [word, limit] of [
      ['exclusiveMinimum', 'minimum'],
      ['exclusiveMaximum', 'maximum'],
    ] as const) {
      if (typeof raw[word] === 'number') schema[word] = raw[word]
      // Until OpenAPI 3.0 it is a flag beside the limit.
      else if (raw[word] === true && schema[limit] !== undefined) {
        schema[word] = schema[limit]
        delete schema[limit]
      }
    }
    return schema
  }

  private structure(raw: Raw, file: string): Schema {
    const schema: Schema = {}
    if (isRaw(raw['properties'])) {
      // Members may be kept in a file of their own, all together.
      const at = this.documents.follow(raw['properties'], file)
      schema.properties = Object.fromEntries(
        entries(at.node).map(([name, property]) => [name, this.reduce(property, at.file)]),
      )
    }
    if (Array.isArray(raw['required']) && raw['required'].length > 0)
      schema.required = raw['required'].map(String).sort()
    const additional = raw['additionalProperties']
    if (typeof additional === 'boolean') schema.additionalProperties = additional
    else if (isRaw(additional)) {
      const reduced = this.reduce(additional, file)
      schema.additionalProperties = Object.keys(reduced).length === 0 ? true : reduced
    }
    if (isRaw(raw['patternProperties'])) schema.additionalProperties = true
    if (isRaw(raw['items'])) schema.items = this.reduce(raw['items'], file)
    if (raw['type'] === undefined && schema.properties) schema.type = 'object'
    if (raw['type'] === undefined && schema.items) schema.type = 'array'
    return schema
  }

  private composition(raw: Raw, file: string): Schema {
    const schema: Schema = {}
    for (const word of ['allOf', 'oneOf', 'anyOf'] as const) {
      const parts = raw[word]
      if (Array.isArray(parts) && parts.length > 0) schema[word] = parts.map(part => this.reduce(part, file))
    }
    if (isRaw(raw['not'])) schema.not = this.reduce(raw['not'], file)
    const discriminator = raw['discriminator']
    // Swagger 2.0 names the member that tells derived schemas apart, and they may have any members more.
    if (typeof discriminator === 'string') schema.additionalProperties = true
    else if (isRaw(discriminator) && isRaw(discriminator['mapping']) && (schema.oneOf || schema.anyOf)) {
      schema.discriminator = {
        propertyName: String(discriminator['propertyName']),
        mapping: this.mapping(discriminator['mapping'], file),
      }
    }
    return schema
  }

  private mapping(mapping: Raw, file: string): Record<string, string> {
    const found: Record<string, string> = {}
    for (const [value, ref] of entries(mapping)) {
      const pointer = /[#./]/.test(String(ref)) ? String(ref) : `#/components/schemas/${ref}`
      const { $ref } = this.reduce({ $ref: pointer }, file)
      if ($ref !== undefined) found[value] = $ref
    }
    return found
  }
}

/** Names of types in other languages, which slip into descriptions. */
const TYPES: Record<string, string> = { float: 'number', double: 'number', int: 'integer', bool: 'boolean' }

/** Other names of formats that descriptions use. */
const FORMATS: Record<string, string> = { dateTime: 'date-time', CIDR: 'cidr', 'ip/netmask': 'cidr' }

function isNumeric(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value))
}

function flags(raw: Raw): Schema {
  return {
    ...(raw['nullable'] === true || raw['x-nullable'] === true ? { nullable: true } : {}),
    ...(raw['readOnly'] === true || saysReadOnly(raw['description']) ? { readOnly: true } : {}),
    ...(raw['writeOnly'] === true ? { writeOnly: true } : {}),
  }
}

/** Discovery says in words what is never sent: `[Output Only]`, `Output only.`, `defined by the server (output only)`. */
function saysReadOnly(description: unknown): boolean {
  return typeof description === 'string' && /^\[?output[- ]only\b|\(output only\)/i.test(description)
}

/** One part alone is the schema; parts that say members only are one part. */
function simplify(schema: Schema): Schema {
  if (!schema.allOf) return schema
  const plain = (part: Schema) =>
    Object.keys(part).every(key => /^(type|properties|required)$/.test(key)) && (part.type ?? 'object') === 'object'
  const merged: Schema = {}
  const rest = schema.allOf.filter(part => !plain(part))
  for (const part of schema.allOf.filter(plain)) {
    for (const name of Object.keys(part.properties ?? {})) if (merged.properties?.[name]) return schema
    if (part.type !== undefined) merged.type = part.type
    if (part.properties) merged.properties = { ...merged.properties, ...part.properties }
    if (part.required) merged.required = [...new Set([...(merged.required ?? []), ...part.required])].sort()
  }
  const parts = [...rest, ...(Object.keys(merged).length > 0 ? [merged] : [])]
  const { allOf, ...others } = schema
  const [only] = parts
  if (parts.length === 1 && only && Object.keys(others).every(key => key === 'type')) {
    return only.$ref === undefined ? { ...others, ...only } : only
  }
  return { ...others, allOf: parts }
}

/** Names for what stands at `resources/droplets/models/droplet.yml#/`, shortest first. */
function nameOf(identity: string): string[] {
  const words = identity
    .replace(/\.(ya?ml|json)(?=#|$)/, '')
    .split(/[#/]/)
    .filter(word => word && !/^(components|schemas|definitions|properties|models|specification|\.\.)$/.test(word))
  const names = words.map((_, index) => words.slice(words.length - 1 - index).join('.'))
  return [...names, identity]
}
