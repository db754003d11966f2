import type { BaseDriver } from '../../lib/driver.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import type { xml } from '../../lib/http/xml.js'
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
  /** Whether asking twice does no more than asking once. @defaultValue true for what only reads */
  readonly idempotent?: boolean | undefined
  readonly errors?: ErrorTable | undefined
}

/** A list that comes in pages. */
export interface QueryListSpec<Reply, T> extends QuerySpec<Reply> {
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
    { action, params = {}, shape, map, idempotent = READS.test(action), errors }: QuerySpec<Reply, T>,
    options?: CallOptions,
  ): Promise<T> {
    const { version, listMember, path = '/' } = this.#dialect
    const form = { Action: action, Version: version, ...flatten(this.known(params), listMember) }
    const parse = readXml(shape)
    const read = (body: Buffer): T => {
      const reply = parse(body)
      return map === undefined ? (reply as unknown as T) : map(reply)
    }
    return (await this.request({ method: 'POST', path, form, read, idempotent, errors }, options)).body
  }

  /** A list, page by page. */
  list<Reply, T>(spec: QueryListSpec<Reply, T>, options?: CallOptions): Pager<T> {
    const { items, next, token = 'NextToken', params } = spec
    // An empty token, as some look-alikes send it, is none.
    const map = (reply: Reply): Page<T> => ({ items: items(reply), next: next(reply) || undefined })
    return pager(page => this.query({ ...spec, params: { ...params, [token]: page }, map }, options), options)
  }
}
