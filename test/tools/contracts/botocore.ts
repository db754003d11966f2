import type { Body, Operation, Parameter, Schema, Service } from '../../conformance/contract.js'
import { type Documents, entries, isRaw, type Raw } from './documents.js'
import type { SchemaStore } from './names.js'

/** Operations of a botocore service description, and the service. */
export function readBotocore(file: string, documents: Documents, store: SchemaStore): [Operation[], string, Service] {
  const root = documents.read(file)
  const metadata = isRaw(root['metadata']) ? root['metadata'] : {}
  const protocol = metadata['protocol']
  if (protocol !== 'ec2' && protocol !== 'query' && protocol !== 'rest-xml') {
    throw new Error(`the protocol ${protocol} is not known here`)
  }
  const version = String(metadata['apiVersion'])
  const name = String(metadata['uid'] ?? metadata['endpointPrefix']).replace(/-\d{4}-\d\d-\d\d$/, '')
  const prefix = String(metadata['endpointPrefix'])
  // A bucket may be the first label of the host instead of the first segment of the path.
  const host = prefix === 's3' ? '^(?:(?<Bucket>.+?)\\.)?s3[.-]' : `^${prefix}(-fips)?[.-]`
  const reader = new Botocore(root, name, protocol, store)
  // What is deprecated shares its path with what took its place.
  const current = entries(root['operations']).filter(([, raw]) => !isRaw(raw) || raw['deprecated'] !== true)
  const operations = current.map(([id, raw]) => reader.operation(id, isRaw(raw) ? raw : {}))
  return [operations, name, { protocol, version, host }]
}

type Direction = 'request' | 'response'

class Botocore {
  private readonly shapes: Raw
  private readonly service: string
  private readonly protocol: Service['protocol']
  private readonly store: SchemaStore

  constructor(root: Raw, service: string, protocol: Service['protocol'], store: SchemaStore) {
    this.shapes = isRaw(root['shapes']) ? root['shapes'] : {}
    this.service = service
    this.protocol = protocol
    this.store = store
  }

  operation(id: string, raw: Raw): Operation {
    const http = isRaw(raw['http']) ? raw['http'] : {}
    const input = isRaw(raw['input']) ? raw['input'] : undefined
    const output = isRaw(raw['output']) ? raw['output'] : undefined
    const rest = this.protocol === 'rest-xml'
    const request = rest ? this.restBody(input, 'request') : this.form(input)
    const response = rest ? this.restBody(output, 'response') : this.answer(id, output)
    return {
      id,
      service: this.service,
      method: String(http['method']),
      path: String(http['requestUri']),
      parameters: rest && input ? this.parameters(input) : [],
      ...(request ? { request } : {}),
      responses: { '2XX': response ?? {} },
    }
  }

  private shape(name: unknown): Raw {
    const shape = this.shapes[String(name)]
    if (!isRaw(shape)) throw new Error(`no shape ${name}`)
    return shape
  }

  private form(input: Raw | undefined): Body | undefined {
    if (!input) return undefined
    return { content: { 'application/x-www-form-urlencoded': this.refer(input, 'request') } }
  }

  private answer(id: string, output: Raw | undefined): Body {
    const root = `${id}Response`
    if (!output) return { root, content: { 'text/xml': { type: 'object' } } }
    const wrapper = output['resultWrapper']
    return {
      root,
      ...(typeof wrapper === 'string' ? { wrapper } : {}),
      content: { 'text/xml': this.refer(output, 'response') },
    }
  }

  private parameters(input: Raw): Parameter[] {
    const shape = this.shape(input['shape'])
    const required = Array.isArray(shape['required']) ? shape['required'] : []
    return entries(shape['members']).flatMap(([name, raw]): Parameter[] => {
      const member = isRaw(raw) ? raw : {}
      const place = { uri: 'path', querystring: 'query', header: 'header' }[String(member['location'])]
      const target = this.shape(member['shape'])
      if (!place || target['type'] === 'map') return []
      const schema = this.scalar(target)
      // Dates in headers and queries are written in ways of their own.
      if (target['type'] === 'timestamp') delete schema.format
      const list = target['type'] === 'list' ? { schema: this.refer(member, 'request'), explode: true } : { schema }
      const needed = required.includes(name) ? { required: true } : {}
      return [{ in: place as Parameter['in'], name: String(member['locationName'] ?? name), ...needed, ...list }]
    })
  }

  /** The body in REST with XML: one member that is the payload, or all that are nowhere else. */
  private restBody(at: Raw | undefined, direction: Direction): Body | undefined {
    if (!at) return undefined
    const shape = this.shape(at['shape'])
    const members = entries(shape['members']).map(([name, raw]) => [name, isRaw(raw) ? raw : {}] as const)
    const payload = members.find(([name]) => name === shape['payload'])
    const required = Array.isArray(shape['required']) ? shape['required'] : []
    if (payload) {
      const [name, member] = payload
      const target = this.shape(member['shape'])
      if (target['type'] !== 'structure' || target['eventstream']) return { content: { '*/*': {} } }
      const root = direction === 'request' ? { root: String(member['locationName'] ?? member['shape']) } : {}
      const needed = required.includes(name) ? { required: true } : {}
      return { ...needed, ...root, content: { 'application/xml': this.refer(member, direction) } }
    }
    if (members.every(([, member]) => member['location'] !== undefined)) return undefined
    const root = direction === 'request' ? { required: true, root: String(at['locationName'] ?? at['shape']) } : {}
    return { ...root, content: { 'application/xml': this.refer(at, direction) } }
  }

  /** A shape where it is used: scalars as they are, all else by name. */
  private refer(use: Raw, direction: Direction): Schema {
    const name = String(use['shape'])
    const shape = this.shape(name)
    const beside = use['xmlAttribute'] === true ? { xml: { attribute: true } } : {}
    const long = Array.isArray(shape['enum']) && shape['enum'].length > 8
    if (!/^(structure|list|map)$/.test(String(shape['type'])) && !long) return { ...this.scalar(shape), ...beside }
    if (use['flattened'] === true && shape['type'] === 'list')
      return this.list({ ...shape, flattened: true }, direction)
    const wire = this.protocol === 'ec2' && !long ? `${name}:${direction}` : name
    const names = [wire, `${this.service}.${wire}`]
    const $ref = this.store.name(`${this.service}#${wire}`, names, () => this.reduce(shape, direction))
    return Object.keys(beside).length > 0 ? { allOf: [{ $ref }], ...beside } : { $ref }
  }

  private reduce(shape: Raw, direction: Direction): Schema {
    if (shape['type'] === 'structure') return this.structure(shape, direction)
    if (shape['type'] === 'list') return this.list(shape, direction)
    if (shape['type'] !== 'map') return this.scalar(shape)
    const [key, value] = [shape['key'], shape['value']].map(one => (isRaw(one) ? one : {}))
    return {
      type: 'object',
      additionalProperties: this.refer(value ?? {}, direction),
      xml: {
        key: String(key?.['locationName'] ?? 'key'),
        value: String(value?.['locationName'] ?? 'value'),
        ...(shape['flattened'] === true ? { flattened: true } : {}),
      },
    }
  }

  private structure(shape: Raw, direction: Direction): Schema {
    const members = entries(shape['members']).flatMap(([name, raw]) => (isRaw(raw) ? [{ name, raw }] : []))
    const inBody = members.filter(({ raw }) => raw['location'] === undefined)
    const wire = new Map(inBody.map(({ name, raw }) => [name, this.wireName(name, raw, direction)]))
    const needed = Array.isArray(shape['required']) ? shape['required'].map(String) : []
    const required = needed.flatMap(name => wire.get(name) ?? []).sort()
    return {
      type: 'object',
      properties: Object.fromEntries(
        inBody.map(({ name, raw }) => [wire.get(name) ?? name, this.refer(raw, direction)]),
      ),
      ...(required.length > 0 ? { required } : {}),
      // Without members it would pass for one that may have any.
      ...(direction === 'request' && inBody.length === 0 ? { additionalProperties: false } : {}),
    }
  }

  private wireName(name: string, member: Raw, direction: Direction): string {
    const location = typeof member['locationName'] === 'string' ? member['locationName'] : undefined
    if (this.protocol !== 'ec2' || direction === 'response') {
      // A list without an element around it is named by its items in forms.
      const list = this.shape(member['shape'])
      const item = isRaw(list['member']) ? list['member']['locationName'] : undefined
      const flat = this.protocol === 'query' && direction === 'request' && list['flattened'] === true
      return flat && typeof item === 'string' ? item : (location ?? name)
    }
    if (typeof member['queryName'] === 'string') return member['queryName']
    return location === undefined ? name : location.charAt(0).toUpperCase() + location.slice(1)
  }

  private list(shape: Raw, direction: Direction): Schema {
    const member = isRaw(shape['member']) ? shape['member'] : {}
    const flattened = shape['flattened'] === true || (this.protocol === 'ec2' && direction === 'request')
    return {
      type: 'array',
      items: this.refer(member, direction),
      ...limits(shape, 'Items'),
      xml: flattened ? { flattened } : { item: String(member['locationName'] ?? 'member') },
    }
  }

  private scalar(shape: Raw): Schema {
    const type = String(shape['type'])
    if (type === 'integer' || type === 'long') return { type: 'integer', ...limits(shape, '') }
    if (type === 'float' || type === 'double') return { type: 'number', ...limits(shape, '') }
    if (type === 'boolean') return { type }
    if (type === 'timestamp') return { type: 'string', format: 'date-time' }
    if (type === 'blob') return { type: 'string' }
    return {
      type: 'string',
      ...(Array.isArray(shape['enum']) ? { enum: shape['enum'] } : {}),
      ...(typeof shape['pattern'] === 'string' ? { pattern: shape['pattern'] } : {}),
      ...limits(shape, 'Length'),
    }
  }
}

function limits(shape: Raw, of: 'Items' | 'Length' | ''): Schema {
  const [least, most] = of === '' ? (['minimum', 'maximum'] as const) : ([`min${of}`, `max${of}`] as const)
  return {
    ...(typeof shape['min'] === 'number' ? { [least]: shape['min'] } : {}),
    ...(typeof shape['max'] === 'number' ? { [most]: shape['max'] } : {}),
  }
}
