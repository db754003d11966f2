import type { Body, Operation, Parameter, Schema } from '../../conformance/contract.js'
import { type Documents, entries, isRaw, type Raw } from './documents.js'
import type { SchemaStore } from './names.js'
import { SchemaReducer } from './schemas.js'

/** Operations of a Google Discovery document. */
export function readDiscovery(file: string, documents: Documents, store: SchemaStore): Operation[] {
  const root = documents.read(file)
  const schemas = new SchemaReducer(discoveryReferences(documents), store, true)
  return methods(root).flatMap(method => operations(method, root, file, schemas))
}

/** References are bare names of schemas here. */
function discoveryReferences(documents: Documents): Documents {
  const target = (reference: string, from: string) => documents.target(`#/schemas/${reference}`, from)
  return Object.assign(Object.create(documents) as Documents, { target })
}

function methods(node: Raw): Raw[] {
  const own = entries(node['methods']).flatMap(([, method]) => (isRaw(method) ? [method] : []))
  return [...own, ...entries(node['resources']).flatMap(([, inner]) => (isRaw(inner) ? methods(inner) : []))]
}

function operations(method: Raw, root: Raw, file: string, schemas: SchemaReducer): Operation[] {
  const parameters = [...entries(root['parameters']), ...entries(method['parameters'])].map(([name, raw]) =>
    parameter(name, isRaw(raw) ? raw : {}, file, schemas),
  )
  const json = (raw: unknown): Record<string, Schema> => ({ 'application/json': schemas.reduce(raw, file) })
  const request: Body | undefined = isRaw(method['request'])
    ? { required: true, content: withRequired(json(method['request']), method, root) }
    : undefined
  const operation: Operation = {
    id: String(method['id']),
    method: String(method['httpMethod']),
    path: `/${root['servicePath']}${template(String(method['path']))}`,
    parameters,
    ...(request ? { request } : {}),
    responses: { '2XX': isRaw(method['response']) ? { content: json(method['response']) } : {} },
  }
  return [operation, ...downloads(method, operation), ...uploads(method, operation)]
}

/** What is stored, in place of what is known of it. */
function downloads(method: Raw, operation: Operation): Operation[] {
  if (method['supportsMediaDownload'] !== true) return []
  const parameters = operation.parameters.filter(({ name }) => name !== 'alt')
  const responses = { '2XX': { content: { '*/*': {} } } }
  return [{ ...operation, id: `${operation.id}:media`, path: `${operation.path}?alt=media`, parameters, responses }]
}

/** Uploads have paths of their own, and carry what is uploaded, with or without its description. */
function uploads(method: Raw, operation: Operation): Operation[] {
  const protocols = isRaw(method['mediaUpload']) ? method['mediaUpload']['protocols'] : undefined
  const simple = isRaw(protocols) && isRaw(protocols['simple']) ? protocols['simple'] : undefined
  if (!simple) return []
  const path = template(String(simple['path']))
  const id = { in: 'query' as const, name: 'upload_id', schema: { type: 'string' } }
  const parameters = [...operation.parameters.filter(({ name }) => name !== 'uploadType'), id]
  const any: Body = { content: { '*/*': {} } }
  const upload = (type: string, more: Partial<Operation>): Operation => ({
    ...{ ...operation, parameters, request: any, ...more },
    id: `${operation.id}:${type}${more.method === 'PUT' ? ':part' : ''}`,
    path: `${path}?uploadType=${type}`,
  })
  const { required: _, ...about } = operation.request ?? {}
  return [
    upload('media', {}),
    upload('multipart', {}),
    // This one begins with what is said of the object, and is answered with where its parts go.
    upload('resumable', { request: about, responses: { '2XX': {} } }),
    upload('resumable', { method: 'PUT', responses: { ...operation.responses, '308': {} } }),
  ]
}

/** Members that this method needs, which schemas of several methods note beside each member. */
function withRequired(content: Record<string, Schema>, method: Raw, root: Raw): Record<string, Schema> {
  const name = isRaw(method['request']) ? String(method['request']['$ref']) : ''
  const schema = isRaw(root['schemas']) ? root['schemas'][name] : undefined
  const required = entries(isRaw(schema) ? schema['properties'] : undefined)
    .filter(([, property]) => {
      const notes = isRaw(property) && isRaw(property['annotations']) ? property['annotations']['required'] : undefined
      return Array.isArray(notes) && notes.includes(method['id'])
    })
    .map(([member]) => member)
    .sort()
  if (required.length === 0) return content
  return Object.fromEntries(Object.entries(content).map(([type, one]) => [type, { allOf: [one, { required }] }]))
}

function parameter(name: string, raw: Raw, file: string, schemas: SchemaReducer): Parameter {
  const { required, repeated, location, ...rest } = raw
  const one = schemas.reduce(rest, file)
  return {
    in: location === 'path' ? 'path' : 'query',
    name,
    ...(required === true ? { required: true } : {}),
    ...(repeated === true ? { explode: true, schema: { type: 'array', items: one } } : { schema: one }),
  }
}

/** `{+name}` may hold slashes. */
function template(path: string): string {
  return path.replace(/\{\+([^}]+)\}/g, '{$1+}')
}
