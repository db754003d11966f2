import type { BaseDriver } from '../../lib/driver.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import type * as xml from '../../lib/http/xml-shape.js'
import type { CallOptions } from '../../lib/options.js'
import { type Page, type Pager, pager } from '../../lib/pager.js'
import { AwsConnection, type AwsService, readXml } from './connection.js'

/** A parameter of an action: lists and structures are flattened as the protocol wants it. */
export type QueryParam =
  | string
  | number
  | boolean
  | Date
  | undefined
  | readonly QueryParam[]
  | { readonly [name: string]: QueryParam }
export type QueryParams = Readonly<Record<string, QueryParam>>

/** One action. `Reply` is what its reply holds, `T` what is made of it. */
export interface QuerySpec<Reply, T = Reply> {
  readonly action: string
  readonly params?: QueryParams | undefined
  /** What its reply holds. */
  readonly shape: xml.XmlShape<Reply>
  /** What is made of it: a reply that this cannot read is malformed. */
  readonly map?: ((reply: Reply) => T) | undefined
  /** Reads the reply in place of `shape` and `map`. */
  readonly read?: ((body: Buffer) => T) | undefined
  /** Whether asking twice does no more than asking once. @defaultValue true for what only reads */
  readonly idempotent?: boolean | undefined
  readonly errors?: ErrorTable | undefined
}

/** A list that comes in pages. */
export interface QueryListSpec<Reply, T> extends Omit<QuerySpec<Reply>, 'map' | 'read'> {
  readonly items: (reply: Reply) => T[]
  /** The token of the next page. */
  readonly next: (reply: Reply) => string | undefined
  /** The parameter that takes it. @defaultValue 'NextToken' */
  readonly token?: string | undefined
}

/** How a service writes parameters. */
export interface QueryDialect extends AwsService {
  readonly version: string
  /** What stands between a list's name and its numbers: nothing for EC2. */
  readonly listMember: '' | '.member'
  /** @defaultValue '/' */
  readonly path?: string | undefined
}

const READS = /^(Describe|Get|List|Search)/
/** What is gone the second time was deleted the first time. */
const DELETES = /^(Delete|Deregister|Release|Terminate)/

/** `Filter.1.Name=…`: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html */
export function flatten(params: QueryParams, listMember: QueryDialect['listMember']): Record<string, string> {
  const flat: Record<string, string> = {}
  const put = (name: string, value: QueryParam): void => {
    if (value === undefined) return
    if (Array.isArray(value)) {
      for (const [at, each] of value.entries()) put(`${name}${listMember}.${at + 1}`, each)
    } else if (value instanceof Date) flat[name] = value.toISOString()
    else if (typeof value === 'object') for (const [key, each] of Object.entries(value)) put(`${name}.${key}`, each)
    else flat[name] = String(value)
  }
  for (const [name, value] of Object.entries(params)) put(name, value)
  return flat
}

/** The services that take actions as forms and answer in XML: EC2, Elastic Load Balancing, IAM, STS. */
export class AwsQueryConnection extends AwsConnection {
  readonly #dialect: QueryDialect

  constructor(driver: BaseDriver, dialect: QueryDialect) {
    super(driver, dialect)
    this.#dialect = dialect
  }

  /** Parameters as the service knows them. */
  protected known(params: QueryParams): QueryParams {
    return params
  }

  /** Asks for an action. */
  async query<Reply, T = Reply>(
    { action, params = {}, shape, map, read: whole, idempotent = READS.test(action), errors }: QuerySpec<Reply, T>,
    options?: CallOptions,
  ): Promise<T> {
    const { version, listMember, path = '/' } = this.#dialect
    const form = { Action: action, Version: version, ...flatten(this.known(params), listMember) }
    const read = whole ?? reader(shape, map)
    const intent = READS.test(action) ? 'read' : DELETES.test(action) ? 'delete' : undefined
    return (await this.request({ method: 'POST', path, form, read, idempotent, intent, errors }, options)).body
  }

  /** A list, page by page. */
  list<Reply, T>(spec: QueryListSpec<Reply, T>, options?: CallOptions): Pager<T> {
    const { items, next, token = 'NextToken', params } = spec
    // An empty token, as some look-alikes send it, is none.
    const map = (reply: Reply): Page<T> => ({ items: items(reply), next: next(reply) || undefined })
    return pager(page => this.query({ ...spec, params: { ...params, [token]: page }, map }, options), options)
  }
}

function reader<Reply, T>(shape: xml.XmlShape<Reply>, map: ((reply: Reply) => T) | undefined): (body: Buffer) => T {
  const parse = readXml(shape)
  return map === undefined ? (parse as unknown as (body: Buffer) => T) : body => map(parse(body))
}

/**
 * Reads a reply whose list is long, and makes of each item what is wanted as soon as it is read: what it was read into
 * does not live as long as the list.
 */
export function readItems<Reply, Raw, T>(
  shape: xml.XmlShape<Reply>,
  path: string,
  map: (raw: Raw) => T,
): (body: Buffer) => { items: T[]; reply: Reply } {
  return body => {
    const items: T[] = []
    const onItem = (raw: unknown): void => void items.push(map(raw as Raw))
    // The whole body is limited already.
    return { items, reply: readXml(shape, { maxItemBytes: Number.POSITIVE_INFINITY }, { path, onItem })(body) }
  }
}
