// What both generations of load balancers share.
import { optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import {
  CleanupError,
  ConflictError,
  InvalidRequestError,
  type LibcloudError,
  LoadBalancerDoesNotExistError,
  NotFoundError,
  PermissionDeniedError,
} from '../../lib/errors.js'
import type { ErrorTable, ProviderProblem } from '../../lib/http/errors.js'
import type { ReplyHead } from '../../lib/http/message.js'
import { xml } from '../../lib/http/xml.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { AWS_ERRORS, type AwsOptions } from './connection.js'
import { AwsQueryConnection, type QueryParams } from './query.js'
import { regionalEndpoint } from './regions.js'

const BALANCER_ERRORS: ErrorTable = {
  ...AWS_ERRORS,
  DependencyThrottle: AWS_ERRORS['Throttling'] as NonNullable<ErrorTable[string]>,
  IncompatibleProtocols: InvalidRequestError,
  InvalidInstance: InvalidRequestError,
  LoadBalancerNotFound: LoadBalancerDoesNotExistError,
  OperationNotPermitted: PermissionDeniedError,
  PriorityInUse: ConflictError,
  ResourceInUse: ConflictError,
}

/** Both generations have one host; the version tells which is meant. */
export class BalancerConnection extends AwsQueryConnection {
  override readonly errors: ErrorTable = BALANCER_ERRORS

  constructor(driver: BaseDriver, version: string) {
    const options = optionsOf<AwsOptions>(driver)
    const region = driver.region ?? 'us-east-1'
    const baseUrl = regionalEndpoint('elasticloadbalancing', region, options)
    super(driver, { signingName: 'elasticloadbalancing', region, baseUrl, version, listMember: '.member' })
  }

  override problem(text: string, reply: ReplyHead): ProviderProblem {
    const problem = super.problem(text, reply)
    // What cannot be a balancer is not there.
    const isNone = problem.code === 'ValidationError' && /not a valid load balancer ARN/.test(problem.message ?? '')
    return isNone ? { ...problem, errorClass: LoadBalancerDoesNotExistError } : problem
  }
}

/** A reply that tells nothing. */
export const NOTHING: xml.XmlShape<object> = xml.object({})

/** A list as this protocol has it. */
export const members = <T>(of: xml.XmlShape<T>): xml.XmlList<T> => xml.wrapped('member', of)

/** Names and values, as the service has them. */
export interface RawPair {
  readonly Key?: string
  readonly Value?: string
}
export const PAIRS: xml.XmlList<RawPair> = members(xml.object({ Key: xml.string, Value: xml.string }))

/** Names and values. */
export type Pairs = Readonly<{ [key: string]: string }>

export const toPairs = (raw: readonly RawPair[]): Pairs =>
  Object.fromEntries(raw.map(({ Key = '', Value = '' }) => [Key, Value]))
export const toRawPairs = (pairs: Pairs | undefined): { Key: string; Value: string }[] | undefined =>
  pairs && Object.entries(pairs).map(([Key, Value]) => ({ Key, Value }))

/** Runs what a creation still needs; when it fails, what was made is taken away again. */
export async function orUndo<T>(
  driver: Pick<BaseDriver, 'provider'>,
  what: string,
  work: () => Promise<T>,
  undo: () => Promise<void>,
  options: CallOptions | undefined,
): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    try {
      await undo()
    } catch (error) {
      const operation = operationOf(options)
      const message = `${operation}: '${driver.provider}' failed, and ${what} could not be deleted: ${(cause as LibcloudError).message}`
      throw new CleanupError(message, { provider: driver.provider, operation, cause, errors: [error] })
    }
    throw cause
  }
}

/** The options of a call that cleans up: the caller's signal and time may be over. */
export const afterwards = (options: CallOptions | undefined): CallOptions => {
  return { ...options, signal: undefined, timeout: 120_000 }
}

/** The first of what an action gives, which one thing was asked for. */
export function one<T>(
  { provider }: Pick<BaseDriver, 'provider'>,
  what: string,
  items: readonly T[] | undefined,
  options: CallOptions | undefined,
): T {
  const [item] = items ?? []
  if (item !== undefined) return item
  const operation = operationOf(options)
  throw new NotFoundError(`${operation ?? 'request'}: '${provider}' has no such ${what}`, { provider, operation })
}

/** Asks for an action that gives nothing. Most say what is to be in the end: twice is no more than once. */
export async function act(
  connection: BalancerConnection,
  action: string,
  params: QueryParams,
  options: CallOptions | undefined,
  idempotent = true,
): Promise<void> {
  await connection.query({ action, params, shape: NOTHING, idempotent }, options)
}
