import type { Body, Operation, Parameter, Schema } from '../../conformance/contract.js'
import { type Documents, entries, isRaw, type Raw } from './documents.js'
import type { SchemaStore } from './names.js'
import { SchemaReducer } from './schemas.js'

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/** Operations of an OpenAPI 3 or Swagger 2 description. */
export function readOpenApi(file: string, documents: Documents, store: SchemaStore, base?: string): Operation[] {
  return new OpenApi(file, documents, store).operations(base)
}

interface At {
  node: Raw
  file: string
}

class OpenApi {
  private readonly file: string
  private readonly root: Raw
  private readonly documents: Documents
  private readonly schemas: SchemaReducer

  constructor(file: string, documents: Documents, store: SchemaStore) {
    this.file = file
    this.root = documents.read(file)
    this.documents = documents
    this.schemas = new SchemaReducer(documents, store)
  }

  operations(base: string | undefined): Operation[] {
    const found: Operation[] = []
    const paths = [...entries(this.root['paths']), ...entries(this.root['x-ms-paths'])]
    for (const [path, item] of paths) {
      const at = this.documents.follow(item, this.file)
      for (const method of METHODS) {
        if (at.node[method] === undefined) continue
        const operation = this.documents.follow(at.node[method], at.file)
        found.push(this.operation(method, path, at, operation, base))
      }
    }
    return found
  }

  private operation(method: string, path: string, item: At, at: At, base: string | undefined): Operation {
    const { node } = at
    const parameters = new Map<string, At>()
    for (const from of [item, at]) {
      const list = from.node['parameters']
      for (const raw of Array.isArray(list) ? list : []) {
        const parameter = this.documents.follow(raw, from.file)
        parameters.set(`${parameter.node['in']} ${parameter.node['name']}`, parameter)
      }
    }
    const all = [...parameters.values()]
    const servers = node['servers'] ?? item.node['servers'] ?? this.root['servers']
    const prefix = base ?? basePath(servers) ?? String(this.root['basePath'] ?? '').replace(/\/$/, '')
    const full =
      prefix +
      greedy(
        path,
        all.map(one => one.node),
      )
    const request = this.root['swagger'] ? this.swaggerRequest(node, all) : this.request(at)
    return {
      id: typeof node['operationId'] === 'string' ? node['operationId'] : `${method} ${path}`,
      method: method.toUpperCase(),
      path: full,
      parameters: [...all.flatMap(one => this.parameter(one)), ...this.keys(node)],
      ...(request ? { request } : {}),
      responses: this.responses(at),
    }
  }

  private parameter({ node, file }: At): Parameter[] {
    const place = node['in']
    if (place !== 'path' && place !== 'query' && place !== 'header') return []
    const content = entries(node['content'])[0]?.[1]
    const schema = this.schemas.reduce(
      this.root['swagger']
        ? { ...node, required: undefined }
        : (node['schema'] ?? (isRaw(content) ? content['schema'] : undefined)),
      file,
    )
    const required = place === 'path' || node['required'] === true
    return [
      {
        in: place,
        name: String(node['name']),
        ...(required ? { required } : {}),
        schema,
        ...this.style(node, place, schema),
      },
    ]
  }

  private style(node: Raw, place: string, schema: Schema): Pick<Parameter, 'explode' | 'separator'> {
    const style = String(node['collectionFormat'] ?? node['style'] ?? 'csv')
    const separators: Record<string, string> = {
      ssv: ' ',
      tsv: '\t',
      pipes: '|',
      spaceDelimited: ' ',
      pipeDelimited: '|',
    }
    const separator = separators[style] ? { separator: separators[style] } : {}
    if (this.root['swagger']) return style === 'multi' ? { explode: true } : separator
    const compound =
      schema.$ref !== undefined || /array|object/.test(String(schema.type)) || schema.oneOf || schema.anyOf
    const explode = compound && place === 'query' && node['explode'] !== false && style !== 'deepObject'
    return explode ? { explode: true } : separator
  }

  /** Keys that a security scheme puts into the query. */
  private keys(operation: Raw): Parameter[] {
    const components = isRaw(this.root['components']) ? this.root['components'] : {}
    const schemes = entries(components['securitySchemes'] ?? this.root['securityDefinitions'])
    const wanted = operation['security'] ?? this.root['security']
    const names = (Array.isArray(wanted) ? wanted : []).flatMap(one => entries(one).map(([name]) => name))
    return schemes
      .map(([name, scheme]) => ({ name, scheme: this.documents.follow(scheme, this.file).node }))
      .filter(({ name, scheme }) => names.includes(name) && scheme['type'] === 'apiKey' && scheme['in'] === 'query')
      .map(({ scheme }) => ({ in: 'query' as const, name: String(scheme['name']), schema: { type: 'string' } }))
  }

  private request({ node, file }: At): Body | undefined {
    if (node['requestBody'] === undefined) return undefined
    const body = this.documents.follow(node['requestBody'], file)
    const content = this.content(body)
    return { ...(body.node['required'] === true ? { required: true } : {}), ...(content ? { content } : {}) }
  }

  private swaggerRequest(node: Raw, parameters: At[]): Body | undefined {
    const types = this.mediaTypes(node, 'consumes')
    const body = parameters.find(one => one.node['in'] === 'body')
    const required = (one: At) => one.node['required'] === true
    if (body) {
      const schema = this.schemas.reduce(body.node['schema'], body.file)
      const content = Object.fromEntries(types.map(type => [type, readable(type, schema)]))
      return { ...(required(body) ? { required: true } : {}), content }
    }
    const form = parameters.filter(one => one.node['in'] === 'formData')
    if (form.length === 0) return undefined
    const schema: Schema = {
      type: 'object',
      properties: Object.fromEntries(
        form.map(({ node: one, file }) => [one['name'], this.schemas.reduce({ ...one, required: undefined }, file)]),
      ),
      required: form.filter(required).map(one => String(one.node['name'])),
    }
    return { content: Object.fromEntries(types.map(type => [type, readable(type, schema)])) }
  }

  private responses({ node, file }: At): Record<string, Body> {
    const found: Record<string, Body> = {}
    for (const [status, raw] of entries(node['responses'])) {
      if (!/^(\d{3}|\dXX|default)$/i.test(status)) continue
      const at = this.documents.follow(raw, file)
      const schema = at.node['schema']
      const swagger = schema === undefined ? undefined : this.swaggerResponse(node, schema, at.file)
      const content = this.root['swagger'] ? swagger : this.content(at)
      found[status === 'default' ? status : status.toUpperCase()] = content ? { content } : {}
    }
    return found
  }

  private swaggerResponse(node: Raw, raw: unknown, file: string): Record<string, Schema> {
    const schema = this.schemas.reduce(raw, file)
    return Object.fromEntries(this.mediaTypes(node, 'produces').map(type => [type, readable(type, schema)]))
  }

  private mediaTypes(node: Raw, word: 'consumes' | 'produces'): string[] {
    const types = node[word] ?? this.root[word]
    return Array.isArray(types) && types.length > 0 ? types.map(String) : ['application/json']
  }

  private content({ node, file }: At): Record<string, Schema> | undefined {
    const media = this.documents.follow(node['content'], file)
    const types = entries(media.node)
    if (types.length === 0) return undefined
    return Object.fromEntries(
      types.map(([type, raw]) => {
        const one = this.documents.follow(raw, media.file)
        return [type, readable(type, this.schemas.reduce(one.node['schema'], one.file))]
      }),
    )
  }
}

/** Schemas of media types that the checker does not read are left out. */
function readable(type: string, schema: Schema): Schema {
  return /json|urlencoded/.test(type) ? schema : {}
}

/** The path of the first server, whose address may be relative and have variables. */
function basePath(servers: unknown): string | undefined {
  const [first] = Array.isArray(servers) ? servers : []
  if (!isRaw(first)) return undefined
  return String(first['url'])
    .replace(/^https?:\/\/[^/]*/, '')
    .replace(/\/$/, '')
}

/** A parameter that is sent as it is may hold slashes. */
function greedy(path: string, parameters: Raw[]): string {
  return parameters
    .filter(one => one['in'] === 'path' && one['x-ms-skip-url-encoding'] === true)
    .reduce((text, one) => text.replace(`{${one['name']}}`, `{${one['name']}+}`), path)
}
