import type { BaseDriver } from '../../lib/driver.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import type { xml } from '../../lib/http/xml.js'
import type { CallOptions } from '../../lib/options.js'
import { type Pager, pager } from '../../lib/pager.js'
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

/** One action. */
export interface QuerySpec<T> {
  readonly action: string
  readonly params?: QueryParams | undefined
  /** What its reply holds. */
  readonly shape: xml.XmlShape<T>
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

  /** Asks for an action. */
  async query<T>(
    { action, params = {}, shape, idempotent = READS.test(action), errors }: QuerySpec<T>,
    options?: CallOptions,
  ): Promise<T> {
    const { version, listMember } = this.#dialect
    const form = { Action: action, Version: version, ...flatten(params, listMember) }
    const read = readXml(shape)
    return (await this.request({ method: 'POST', path: '/', form, read, idempotent, errors }, options)).body
  }

  /** A list, page by page. */
  list<Reply, T>(spec: QueryListSpec<Reply, T>, options?: CallOptions): Pager<T> {
    const { items, next, token = 'NextToken', params } = spec
    return pager(async page => {
      const reply = await this.query({ ...spec, params: { ...params, [token]: page } }, options)
      // An empty token, as some look-alikes send it, is none.
      return { items: items(reply), next: next(reply) || undefined }
    }, options)
  }
}
