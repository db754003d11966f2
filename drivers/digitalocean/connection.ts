import { optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import {
  ConflictError,
  InvalidRequestError,
  KeyPairAlreadyExistsError,
  type LibcloudErrorClass,
  LoadBalancerImmutableError,
  QuotaExceededError,
} from '../../lib/errors.js'
import { Connection } from '../../lib/http/connection.js'
import type { ErrorTable, ProviderProblem } from '../../lib/http/errors.js'
import type { OutgoingRequest, ReplyHead, RequestSpec } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import type { CallOptions, DriverOptions } from '../../lib/options.js'
import { onePage, type Page, type Pager, pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import type { Ref } from '../../lib/resource.js'
import { type DigitalOceanAccount, type DigitalOceanAction, toAccount, toAction } from './account.js'
import { meta } from './meta.js'
import { itemsOf, type ListSpec, type OneSpec, pageOf, type RawReply } from './reply.js'

/** `key` is a personal access token. */
export interface DigitalOceanOptions extends DriverOptions {}

const ERRORS: ErrorTable = { conflict: ConflictError, unprocessable_entity: InvalidRequestError }

/** Failures whose code and status are those of any bad request: only the words tell them apart. */
const SAID: readonly (readonly [RegExp, LibcloudErrorClass])[] = [
  [/ssh key is already in use/i, KeyPairAlreadyExistsError],
  [/will exceed your \w+ limit/i, QuotaExceededError],
  [/already has a pending event/i, ConflictError],
  [/while it processes previous actions/i, LoadBalancerImmutableError],
]

/** https://docs.digitalocean.com/reference/api/digitalocean/ */
export class DigitalOceanConnection extends Connection {
  override readonly errors: ErrorTable = ERRORS

  constructor(driver: BaseDriver) {
    super(driver, { baseUrl: 'https://api.digitalocean.com', meta })
  }

  override sign(request: OutgoingRequest): void {
    request.headers['authorization'] = `Bearer ${optionsOf(this).key}`
  }

  override problem(text: string, head: ReplyHead): ProviderProblem {
    const problem = super.problem(text, head)
    const known = head.status < 500 && SAID.find(([words]) => words.test(problem.message ?? ''))
    return known ? { ...problem, errorClass: known[1] } : problem
  }

  /** A reply's one thing. */
  one<Raw, T>({ member, map, ...spec }: OneSpec<Raw, T>, options?: CallOptions): Promise<T> {
    return reply(this, spec, options, body => {
      if (body[member] === undefined || body[member] === null) throw new Error(`The reply has no '${member}'`)
      return map(body[member] as Raw, body)
    })
  }

  /** One page of a list. */
  page<Raw, T>(spec: ListSpec<Raw, T>, token: string | undefined, options?: CallOptions): Promise<Page<T>> {
    const paging = spec.perPage === false ? { page: token } : { page: token ?? 1, per_page: 200 }
    const query = { ...spec.query, ...paging }
    return reply(this, { path: spec.path, query, errors: spec.errors }, options, body => ({
      items: itemsOf(spec, body),
      next: pageOf(body.links?.pages?.next),
    }))
  }

  /** A list, page by page. */
  list<Raw, T>(spec: ListSpec<Raw, T>, options?: CallOptions): Pager<T> {
    return pager(token => this.page(spec, token, options), options)
  }

  /** A list that comes as a whole. */
  listWhole<Raw, T>(spec: ListSpec<Raw, T>, options?: CallOptions): Pager<T> {
    const { path: at, query, errors } = spec
    return onePage(() => reply(this, { path: at, query, errors }, options, body => itemsOf(spec, body)), options)
  }

  /** Asks for a change. It goes on when this resolves. */
  act(at: string, json: object, errors: ErrorTable, options?: CallOptions): Promise<DigitalOceanAction> {
    return this.one({ method: 'POST', path: at, json, errors, member: 'action', map: toAction }, options)
  }

  /** What was done, newest first. */
  listActions(spec: Omit<ListSpec<never, never>, 'member' | 'map'>, options?: CallOptions): Pager<DigitalOceanAction> {
    return this.list({ ...spec, keep: undefined, member: 'actions', map: toAction }, options)
  }

  getAction(actionId: string, options?: CallOptions): Promise<DigitalOceanAction> {
    return this.one({ path: path`/v2/actions/${actionId}`, member: 'action', map: toAction }, options)
  }

  /** Waits until a change is made. @throws WaitError when it has failed */
  waitForAction(action: Ref, options?: WaitOptions): Promise<DigitalOceanAction> {
    const look = async (lookOptions: CallOptions) => {
      const value = await this.getAction(action.id, lookOptions)
      if (value.status === 'completed') return { done: true, value } as const
      return value.status === 'errored'
        ? { failed: `${value.type} has failed`, state: value.status }
        : { state: value.status }
    }
    return this.poll(`action ${action.id} to be completed`, look, options)
  }

  account(options?: CallOptions): Promise<DigitalOceanAccount> {
    return this.one({ path: '/v2/account', member: 'account', map: toAccount }, options)
  }
}

/** Sends a request and maps its reply while it is read: a reply of another form is malformed. */
async function reply<T>(
  connection: DigitalOceanConnection,
  spec: Omit<RequestSpec, 'read'>,
  options: CallOptions | undefined,
  map: (body: RawReply) => T,
): Promise<T> {
  const read = (bytes: Buffer, head: ReplyHead): T => map(connection.read(bytes, head) as RawReply)
  return (await connection.request<T>({ ...spec, read }, options)).body
}
