import { optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import {
  ConflictError,
  InvalidRequestError,
  NotFoundError,
  PermissionDeniedError,
  QuotaExceededError,
  RateLimitError,
  RecordAlreadyExistsError,
  RecordDoesNotExistError,
  ZoneAlreadyExistsError,
  ZoneDoesNotExistError,
} from '../../lib/errors.js'
import type { ErrorTable, ProviderProblem } from '../../lib/http/errors.js'
import type { HttpMethod, ReplyHead } from '../../lib/http/message.js'
import type { QueryValues } from '../../lib/http/url.js'
import { xml } from '../../lib/http/xml.js'
import type { CallOptions, Pacing } from '../../lib/options.js'
import { AWS_ERRORS, AwsConnection, type AwsOptions, readXml } from './connection.js'
import { type XmlContent, xmlDocument } from './document.js'
import { globalEndpoint, partitionOf } from './regions.js'

const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/'

const ROUTE53_ERRORS: ErrorTable = {
  ...AWS_ERRORS,
  ConflictingDomainExists: ZoneAlreadyExistsError,
  DelegationSetNotAvailable: QuotaExceededError,
  DelegationSetNotReusable: InvalidRequestError,
  HealthCheckAlreadyExists: ConflictError,
  HealthCheckInUse: ConflictError,
  HealthCheckVersionMismatch: ConflictError,
  HostedZoneAlreadyExists: ZoneAlreadyExistsError,
  HostedZoneNotEmpty: ConflictError,
  HostedZoneNotFound: ZoneDoesNotExistError,
  InvalidVPCId: InvalidRequestError,
  LastVPCAssociation: ConflictError,
  LimitsExceeded: QuotaExceededError,
  NoSuchHostedZone: ZoneDoesNotExistError,
  NotAuthorizedException: PermissionDeniedError,
  PriorRequestNotComplete: RateLimitError,
  PublicZoneVPCAssociation: InvalidRequestError,
  TooManyHealthChecks: QuotaExceededError,
  TooManyHostedZones: QuotaExceededError,
  VPCAssociationNotFound: NotFoundError,
}

/** What a request is, beside its path. */
export interface Route53Request<T> {
  readonly method?: HttpMethod | undefined
  readonly query?: QueryValues | undefined
  /** Sent as a document: the name of its element, and what it holds. */
  readonly document?: readonly [root: string, content: XmlContent] | undefined
  readonly shape: xml.XmlShape<T>
  readonly idempotent?: boolean | undefined
  readonly errors?: ErrorTable | undefined
}

/** https://docs.aws.amazon.com/Route53/latest/APIReference/Welcome.html */
export class Route53Connection extends AwsConnection {
  override readonly errors: ErrorTable = ROUTE53_ERRORS
  /** Of all requests of an account: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html */
  override readonly pacing: Pacing = { requests: 5, period: 1000 }

  /** The domains of zones, by their ids: neither ever changes. */
  readonly domains: Map<string, string> = new Map()

  constructor(driver: BaseDriver) {
    const options = optionsOf<AwsOptions>(driver)
    const region = driver.region ?? 'us-east-1'
    const baseUrl = globalEndpoint('route53', region, options)
    super(driver, { signingName: 'route53', region: partitionOf(region).globalRegion, baseUrl })
  }

  /** Sends a request, and reads its reply by a shape. */
  async ask<T>(path: string, request: Route53Request<T>, options: CallOptions | undefined): Promise<T> {
    const { method, query, document, shape, idempotent, errors } = request
    const spec = {
      method,
      path,
      query,
      idempotent,
      errors,
      body: document && xmlDocument(document[0], NAMESPACE, document[1]),
      headers: document && { 'content-type': 'application/xml' },
      read: readXml(shape),
    }
    return (await this.request(spec, options)).body
  }

  override problem(text: string, reply: ReplyHead): ProviderProblem {
    const batch = /<InvalidChangeBatch[\s>]/.test(text) ? refusedBatch(text) : undefined
    const problem = batch ?? super.problem(text, reply)
    if (problem.code !== 'InvalidChangeBatch') return problem
    return { ...problem, errorClass: batchError(problem.message ?? '') }
  }
}

const REFUSED = xml.object({ Messages: xml.wrapped('Message', xml.string), RequestId: xml.string })

/** Why a batch of changes was refused, each change for itself. */
function refusedBatch(text: string): ProviderProblem {
  const { Messages, RequestId } = readXml(REFUSED)(Buffer.from(text))
  return { code: 'InvalidChangeBatch', message: Messages.join('; '), requestId: RequestId }
}

/** The service has one code for all of it, and words that have not changed for years. */
function batchError(message: string): NonNullable<ProviderProblem['errorClass']> {
  if (/values provided do not match the current values/.test(message)) return ConflictError
  if (/but it already exists/.test(message)) return RecordAlreadyExistsError
  return /but it was not found/.test(message) ? RecordDoesNotExistError : InvalidRequestError
}
