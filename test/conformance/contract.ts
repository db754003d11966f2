// Checks exchanges against a provider's contract: its own description of its API, reduced to what drivers use.
import { parseXml } from '../../lib/http/xml.js'
import { checkSchema, type Problem, resolve, type Schema } from './contract-schema.js'
import { fromForm, fromParameter, fromXml, type ListStyle } from './contract-wire.js'

export type { Schema } from './contract-schema.js'

/** A parameter of an operation. */
export interface Parameter extends ListStyle {
  in: 'path' | 'query' | 'header'
  name: string
  required?: boolean
  schema: Schema
}

/** A request's or a response's body. */
export interface Body {
  required?: boolean
  /** Name of the XML document's element. */
  root?: string
  /** Name of the element in `root` that holds the result. */
  wrapper?: string
  /** By media type. */
  content?: Record<string, Schema>
}

/** What can be asked of the provider. */
export interface Operation {
  id: string
  /** One of the contract's `services`. */
  service?: string
  method: string
  /** Path template, `{name}` standing for a segment and `{name+}` for several, and the query that belongs to it. */
  path: string
  parameters: Parameter[]
  request?: Body
  /** By status, class of statuses (`4XX`) or `default`. */
  responses: Record<string, Body>
}

/** A part of a provider's API that has its own protocol and hosts. */
export interface Service {
  protocol: 'ec2' | 'query' | 'rest-xml'
  version: string
  /** Pattern of its hosts; the groups that it names stand for the path's first segments. */
  host: string
}

/** What a provider has that is newer than the contract. */
export interface Newer {
  method: string
  path: string
  /** The operation's id, where several share method and path. */
  operation?: string
  /** As a violation's pointer says it: `body.rules[].ports`, `query.name`. The whole operation, where it is absent. */
  member?: string
  /** The provider's page that tells of it. */
  page: string
  reason: string
}

/** A contract as it stands in `fixtures/contracts/`. */
export interface ContractFile {
  vendor: string
  source: string
  date: string
  version: string
  format: string
  services?: Record<string, Service>
  operations: Operation[]
  schemas: Record<string, Schema>
  newer: Newer[]
}

/** Header fields as most things hold them. */
export type HeadersLike = Iterable<readonly [string, string]> | Record<string, string | string[] | undefined>

/** A request as it was sent. */
export interface SentRequest {
  method: string
  /** Path with its query. */
  path: string
  headers: HeadersLike
  body?: string | Uint8Array | undefined
}

/** A response as it came. */
export interface ReceivedResponse {
  status: number
  headers: HeadersLike
  body?: string | Uint8Array | undefined
}

/** What the provider's description does not allow. */
export interface Violation {
  where: 'request' | 'response'
  /** `path.id`, `query.per_page`, `header.if-match`, `body.rules[0].ports`, `status`; `operation` where there is none. */
  pointer: string
  problem: string
}

/** A provider's contract, ready to check exchanges with. */
export interface Contract {
  file: ContractFile
  /** Everything about an exchange that the provider's description does not allow. */
  check(exchange: { request: SentRequest; response: ReceivedResponse }): Violation[]
  /** The operation that a request asks for, as far as can be told. */
  operation(request: SentRequest): Operation | undefined
}

/**
 * Makes a contract of its JSON.
 *
 * @param json The content of `fixtures/contracts/<vendor>.json`, parsed or not.
 * @param options `hosts`: patterns of further hosts by service, for vendors that speak another's protocol:
 *   `{ s3: '^(?<Bucket>.+)\\.nyc3\\.example\\.com$' }`.
 */
export function loadContract(json: string | ContractFile, options: { hosts?: Record<string, string> } = {}): Contract {
  const file = typeof json === 'string' ? (JSON.parse(json) as ContractFile) : json
  const routes = file.operations.map(operation => route(operation, file))
  const best = (request: SentRequest): Checked | undefined =>
    nearest(file, candidates(file, routes, parse(request, file, options.hosts)))
  return {
    file,
    operation: request => best(request)?.found.route.operation,
    check: ({ request, response }) => {
      const match = best(request)
      const path = request.path.split('?')[0] ?? ''
      if (!match) {
        const action = parse(request, file).form.find(([name]) => name === 'Action')?.[1] ?? ''
        const problem = `${`${request.method} ${path} ${action}`.trim()} is not in the description`
        const known = file.newer.some(entry => isEntry(entry, action || undefined, request.method, path))
        return known ? [] : [{ where: 'request', pointer: 'operation', problem }]
      }
      const { operation } = match.found.route
      const violations: Violation[] = [
        ...match.problems.map(problem => ({ where: 'request' as const, ...problem })),
        ...checkResponse(file, operation, request.method, response).map(problem => ({
          where: 'response' as const,
          ...problem,
        })),
      ]
      const newer = file.newer.filter(entry => isEntry(entry, operation.id, operation.method, operation.path, path))
      return violations.filter(({ pointer }) => !newer.some(({ member }) => isMember(pointer, member)))
    },
  }
}

interface Route {
  operation: Operation
  /** Matches paths; each parameter is a group. */
  pattern: RegExp
  names: string[]
  flags: [string, string][]
  /** Sorts templates with more literal segments first. */
  rank: string
}

interface Parsed {
  method: string
  path: string
  query: [string, string][]
  headers: Map<string, string>
  body: string | Uint8Array | undefined
  /** Services that the host is one of; all, where it is none's. */
  services: Set<string> | undefined
  /** Fields of a form, from the query or the body. */
  form: [string, string][]
}

interface Candidate {
  route: Route
  values: string[]
  request: Parsed
}

interface Checked {
  found: Candidate
  problems: Problem[]
}

function route(operation: Operation, file: ContractFile): Route {
  const [path = '', query = ''] = operation.path.split('?')
  const names: string[] = []
  const source = path.replace(/\{([^}]+)\}|[.*+?^$()[\]\\|]/g, (literal, name: string | undefined) => {
    if (name === undefined) return `\\${literal}`
    names.push(name.replace(/\+$/, ''))
    return name.endsWith('+') ? '(.+)' : '([^/]+)'
  })
  // REST with XML ends paths with a slash or without, and servers take both.
  const end = protocol(operation, file) === 'rest-xml' ? '/?$' : '$'
  const pattern = new RegExp(`^${end === '$' ? source : source.replace(/(?<=.)\/$/, '')}${end}`)
  const flags = [...new URLSearchParams(query)]
  const ranks = path.split('/').map(part => (part.includes('+}') ? '0' : part.includes('{') ? '1' : '2'))
  return { operation, pattern, names, flags, rank: `${ranks.join('')}.${flags.length}` }
}

function protocol({ service }: Operation, file: ContractFile): string | undefined {
  return service === undefined ? undefined : file.services?.[service]?.protocol
}

function parse(request: SentRequest, file: ContractFile, hosts: Record<string, string> = {}): Parsed {
  const [path = '', query = ''] = request.path.split(/\?(.*)/s)
  const headers = fields(request.headers)
  const pairs = [...new URLSearchParams(query)]
  const form = /urlencoded/.test(headers.get('content-type') ?? '') ? [...new URLSearchParams(text(request.body))] : []
  const parsed = { method: request.method, path, query: pairs, headers, body: request.body, form: [...pairs, ...form] }
  const services = new Set<string>()
  let full = path
  for (const [name, service] of Object.entries(file.services ?? {})) {
    const host = headers.get('host') ?? ''
    const match = new RegExp(service.host).exec(host) ?? (hosts[name] ? new RegExp(hosts[name]).exec(host) : null)
    if (!match) continue
    services.add(name)
    const first = Object.values(match.groups ?? {}).filter(Boolean)
    if (first.length > 0) full = `/${first.join('/')}${path}`
  }
  return { ...parsed, path: full, services: services.size > 0 ? services : undefined }
}

function candidates(file: ContractFile, routes: Route[], request: Parsed): Candidate[] {
  const [action, version] = ['Action', 'Version'].map(key => request.form.find(([name]) => name === key)?.[1])
  const found: Candidate[] = []
  for (const known of routes) {
    const { operation, pattern, flags } = known
    if (operation.service && request.services && !request.services.has(operation.service)) continue
    if (/^(ec2|query)$/.test(protocol(operation, file) ?? '')) {
      if (operation.id === action) found.push({ route: known, values: [], request })
      continue
    }
    const match = operation.method === request.method ? pattern.exec(request.path) : null
    const flagged = flags.every(([name, value]) => request.query.some(pair => pair[0] === name && pair[1] === value))
    if (match && flagged) found.push({ route: known, values: match.slice(1), request })
  }
  const dated = found.filter(one => file.services?.[one.route.operation.service ?? '']?.version === version)
  if (action !== undefined && dated.length > 0) return dated
  const best = found
    .map(({ route: { rank } }) => rank)
    .sort()
    .at(-1)
  return found.filter(candidate => candidate.route.rank === best)
}

/** Where several operations share a path (`PUT` of an object, of a part, of a copy), the one that fits best. */
function nearest(file: ContractFile, found: Candidate[]): Checked | undefined {
  const checked = found.map(candidate => ({ found: candidate, problems: checkRequest(file, candidate) }))
  return checked.sort((a, b) => a.problems.length - b.problems.length)[0]
}

/** What every request to these protocols may carry: who asks, when, and the signature. */
const SIGNATURE =
  /^(X-Amz-.*|AWSAccessKeyId|Signature|SignatureMethod|SignatureVersion|Timestamp|Expires|SecurityToken)$/i
const NOTHING: Schema = { type: 'object', additionalProperties: false }
/** Fields that HTTP itself governs. */
const HTTP_FIELDS = /^(accept|authorization|content-(type|length|encoding)|date|host|user-agent|expect)$/i

function checkRequest(file: ContractFile, { route: known, values, request }: Candidate): Problem[] {
  const { operation } = known
  const service = operation.service === undefined ? undefined : file.services?.[operation.service]
  if (service && service.protocol !== 'rest-xml') return checkForm(file, operation, service, request)
  const problems = checkParameters(file, known, values, request, service)
  const type = request.headers.get('content-type')
  const empty = request.body === undefined || request.body.length === 0
  if (empty && operation.request?.required) problems.push({ pointer: 'body', problem: 'missing' })
  if (empty) return problems
  if (!operation.request) return [...problems, { pointer: 'body', problem: 'the description has none here' }]
  const schema = mediaSchema(operation.request, type, service !== undefined)
  if (!schema) problems.push({ pointer: 'header.content-type', problem: `${type} is not in the description` })
  else problems.push(...checkBody(file, operation.request, schema, request.body, 'request'))
  return problems
}

function checkForm(file: ContractFile, operation: Operation, service: Service, request: Parsed): Problem[] {
  const out: Problem[] = []
  const version = request.form.find(([name]) => name === 'Version')?.[1]
  if (version !== service.version) {
    out.push({ pointer: 'body.Version', problem: `${service.version} expected, not ${version}` })
  }
  const fieldsLeft = request.form.filter(([name]) => !/^(Action|Version)$/.test(name) && !SIGNATURE.test(name))
  const [schema = NOTHING] = Object.values(operation.request?.content ?? {})
  const value = fromForm(fieldsLeft, schema, { schemas: file.schemas, out })
  return [...out, ...checkSchema(schema, value, 'body', { schemas: file.schemas, where: 'request', text: true })]
}

function checkParameters(
  { schemas }: ContractFile,
  { operation, names, flags }: Route,
  values: string[],
  request: Parsed,
  service: Service | undefined,
): Problem[] {
  const out: Problem[] = []
  const known = new Set(flags.map(([name]) => name))
  for (const parameter of operation.parameters) {
    if (parameter.in === 'header' && HTTP_FIELDS.test(parameter.name)) continue
    const name = parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name
    const pointer = `${parameter.in}.${name}`
    const texts = parameterTexts(parameter, name, names, values, request, known)
    const members = Object.keys(resolve(parameter.schema, schemas).properties ?? {})
    if (parameter.in === 'query' && parameter.explode) for (const member of members) known.add(member)
    else if (texts.length === 0 && parameter.required) out.push({ pointer, problem: 'missing' })
    if (texts.length === 0) continue
    const value = fromParameter(texts, parameter.schema, parameter, schemas)
    out.push(...checkSchema(parameter.schema, value, pointer, { schemas, where: 'request', text: true }))
  }
  for (const name of new Set(request.query.map(pair => pair[0]))) {
    if (known.has(name) || (service && (SIGNATURE.test(name) || name === 'x-id'))) continue
    out.push({ pointer: `query.${name}`, problem: 'not in the description' })
  }
  return out
}

function parameterTexts(
  parameter: Parameter,
  name: string,
  names: string[],
  values: string[],
  request: Parsed,
  known: Set<string>,
): string[] {
  if (parameter.in === 'path') return values.filter((_, index) => names[index] === name).map(decode)
  if (parameter.in === 'header') return request.headers.has(name) ? [request.headers.get(name) ?? ''] : []
  // `filter[name]=…`, where the parameter is an object that is written so.
  const deep = request.query.filter(pair => pair[0].startsWith(`${name}[`)).map(pair => pair[0])
  for (const key of [name, ...deep]) known.add(key)
  return request.query.filter(pair => pair[0] === name).map(pair => pair[1])
}

function checkResponse(
  file: ContractFile,
  operation: Operation,
  method: string,
  response: ReceivedResponse,
): Problem[] {
  const { responses } = operation
  const { status } = response
  const body = responses[status] ?? responses[`${Math.floor(status / 100)}XX`] ?? responses['default']
  if (!body) return status >= 400 ? [] : [{ pointer: 'status', problem: `${status} is not in the description` }]
  if (method === 'HEAD') return []
  const service = protocol(operation, file)
  if (response.body === undefined || response.body.length === 0) {
    const needed =
      status < 400 && service === undefined && Object.keys(body.content ?? {}).some(type => /json/.test(type))
    return needed ? [{ pointer: 'body', problem: 'missing' }] : []
  }
  if (!body.content) {
    const wrong = status < 400 && service === undefined
    return wrong ? [{ pointer: 'body', problem: 'the description has none here' }] : []
  }
  const type = fields(response.headers).get('content-type')
  const schema = mediaSchema(body, type, service !== undefined)
  if (schema) return checkBody(file, body, schema, response.body, 'response')
  return status < 400 ? [{ pointer: 'header.content-type', problem: `${type} is not in the description` }] : []
}

function checkBody(
  { schemas }: ContractFile,
  body: Body,
  [type, schema]: [string, Schema],
  bytes: string | Uint8Array | undefined,
  where: 'request' | 'response',
): Problem[] {
  const out: Problem[] = []
  const context = { schemas, where }
  try {
    if (/json/.test(type)) return checkSchema(schema, JSON.parse(text(bytes)), 'body', { ...context, text: false })
    if (/urlencoded/.test(type)) {
      const value = Object.fromEntries(new URLSearchParams(text(bytes)))
      return checkSchema(schema, value, 'body', { ...context, text: true })
    }
    if (!/xml/.test(type) || Object.keys(schema).length === 0) return []
    const root = parseXml(text(bytes))
    if (body.root && root.name !== body.root) {
      return [{ pointer: 'body', problem: `<${body.root}> expected, not <${root.name}>` }]
    }
    const element = body.wrapper ? root.child(body.wrapper) : root
    if (!element) return [{ pointer: 'body', problem: `no <${body.wrapper}>` }]
    const value = fromXml(element, schema, 'body', { schemas, out })
    return [...out, ...checkSchema(schema, value, 'body', { ...context, text: true })]
  } catch (error) {
    return [{ pointer: 'body', problem: (error as Error).message }]
  }
}

/** The schema for a media type, with the type's name; `lenient` takes the only one whatever the type. */
function mediaSchema(body: Body, given: string | undefined, lenient: boolean): [string, Schema] | undefined {
  const content = Object.entries(body.content ?? {})
  const type = given?.split(';')[0]?.trim().toLowerCase()
  const general = content.find(([name]) => name === '*/*' || name === `${type?.split('/')[0]}/*`)
  const sameType = content.find(([name]) => name.split(';')[0]?.toLowerCase() === type)
  return sameType ?? general ?? (lenient || type === undefined ? content[0] : undefined)
}

function isEntry(entry: Newer, operation: string | undefined, method: string, ...paths: string[]): boolean {
  if (entry.operation !== undefined && entry.operation !== operation) return false
  const template = new RegExp(`^${entry.path.replace(/[.*+?^$()[\]\\|]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`)
  return entry.method === method && paths.some(path => path === entry.path || template.test(path))
}

function isMember(pointer: string, member: string | undefined): boolean {
  const plain = pointer.replace(/\[\d+\]/g, '[]')
  return member === undefined || plain === member || plain.startsWith(`${member}.`) || plain.startsWith(`${member}[`)
}

function fields(headers: HeadersLike): Map<string, string> {
  const pairs = isIterable(headers) ? [...headers] : Object.entries(headers)
  return new Map(pairs.map(([name, value]) => [name.toLowerCase(), [value].flat().join(', ')]))
}

function isIterable(headers: HeadersLike): headers is Iterable<readonly [string, string]> {
  return Symbol.iterator in headers
}

function text(body: string | Uint8Array | undefined): string {
  return typeof body === 'string' ? body : Buffer.from(body ?? []).toString()
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
