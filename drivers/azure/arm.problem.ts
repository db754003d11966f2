import {
  ConflictError,
  InvalidCredentialsError,
  InvalidRequestError,
  NotFoundError,
  PermissionDeniedError,
  QuotaExceededError,
  RateLimitError,
  ServiceError,
} from '../../lib/errors.js'
import type { ErrorTable, ProviderProblem } from '../../lib/http/errors.js'

/**
 * Codes whose class the status does not tell. Those of operations have no status at all.
 * https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
 */
export const ERRORS: ErrorTable = {
  AllocationFailed: ServiceError,
  AnotherOperationInProgress: ConflictError,
  AttachDiskWhileBeingDetached: ConflictError,
  AuthorizationFailed: PermissionDeniedError,
  CanceledAndSupersededDueToAnotherOperation: ConflictError,
  DisallowedOperation: PermissionDeniedError,
  ImageNotFound: NotFoundError,
  InUseSubnetCannotBeDeleted: ConflictError,
  InternalExecutionError: ServiceError,
  InternalServerError: ServiceError,
  InvalidParameter: InvalidRequestError,
  InvalidSubscriptionId: InvalidRequestError,
  LinkedAuthorizationFailed: PermissionDeniedError,
  MissingSubscriptionRegistration: PermissionDeniedError,
  NetworkingInternalOperationError: ServiceError,
  NicInUse: ConflictError,
  OSProvisioningClientError: ServiceError,
  OSProvisioningInternalError: ServiceError,
  OSProvisioningTimedOut: ServiceError,
  OperationNotAllowed: ConflictError,
  OverconstrainedAllocationRequest: ServiceError,
  OverconstrainedZonalAllocationRequest: ServiceError,
  ParentResourceNotFound: NotFoundError,
  PrivateIPAddressInUse: ConflictError,
  PropertyChangeNotAllowed: ConflictError,
  PublicIPAddressInUse: ConflictError,
  PublicIPCountLimitReached: QuotaExceededError,
  QuotaExceeded: QuotaExceededError,
  ReadOnlyDisabledSubscription: PermissionDeniedError,
  RequestDisallowedByPolicy: PermissionDeniedError,
  ResourceCountExceedsLimitDueToTemplate: QuotaExceededError,
  ResourceGroupNotFound: NotFoundError,
  ResourceNotFound: NotFoundError,
  ResourceQuotaExceeded: QuotaExceededError,
  RetryableError: ConflictError,
  RetryableErrorDueToAnotherOperation: ConflictError,
  ScopeLocked: PermissionDeniedError,
  SkuNotAvailable: InvalidRequestError,
  StorageAccountAlreadyTaken: ConflictError,
  SubnetIsFull: QuotaExceededError,
  SubscriptionNotFound: NotFoundError,
  SubscriptionRequestsThrottled: RateLimitError,
  TooManyRequests: RateLimitError,
  ZonalAllocationFailed: ServiceError,
  // Of the exchange of tokens: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
  access_denied: InvalidCredentialsError,
  invalid_client: InvalidCredentialsError,
  invalid_grant: InvalidCredentialsError,
  invalid_request: InvalidCredentialsError,
  invalid_resource: InvalidCredentialsError,
  invalid_scope: InvalidCredentialsError,
  unauthorized_client: InvalidCredentialsError,
}

/** What the resource manager says of a failure: https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations */
export interface RawError {
  readonly code?: string
  readonly message?: string
  readonly target?: string | null
  readonly details?: readonly RawError[] | null
  readonly innererror?: {
    readonly code?: string
    readonly exceptiontype?: string
    readonly errordetail?: string
  } | null
}

/** Reads `{ error: { code, message, details } }`, the same without `error`, and what the exchange of tokens answers. */
export function problemOf(text: string): ProviderProblem {
  const body = JSON.parse(text) as RawError & {
    error?: RawError | string
    error_description?: string
    trace_id?: string
  }
  if (typeof body !== 'object' || body === null) return {}
  const { error, error_description: described } = body
  if (typeof error === 'string')
    return { code: error, message: firstLine(described) ?? error, requestId: body.trace_id }
  return told(error ?? body)
}

/** The code that tells most, and all messages. */
export function told(error: RawError): { code: string | undefined; message: string | undefined } {
  const all = [...within(error, 0)]
  // What is outermost often says only that something was wrong.
  const known = all.findLast(({ code }) => code !== undefined && Object.hasOwn(ERRORS, code))
  const [first, ...others] = all
  const more = others
    .filter(({ message }) => message !== undefined && message !== first?.message)
    .map(({ code, message, target }) => `${code ?? 'because'}${target ? ` (${target})` : ''}: ${message}`)
  const target = first?.target ? ` (${first.target})` : ''
  const message =
    first?.message === undefined && more.length === 0
      ? undefined
      : [`${first?.message ?? first?.code ?? ''}${target}`, ...more].join(' ')
  return { code: known?.code ?? first?.code, message: message?.slice(0, 2000) }
}

/** An error, and what lies in it. Some have their details as JSON in their message. */
function* within(error: RawError, depth: number): Generator<RawError> {
  const inner = nested(error.message)
  yield inner ? { ...error, message: undefined as never } : error
  if (depth > 5) return
  if (inner) yield* within(inner, depth + 1)
  for (const detail of Array.isArray(error.details) ? error.details : [])
    if (detail) yield* within(detail as RawError, depth + 1)
  const { innererror } = error
  if (innererror?.errordetail) yield { code: innererror.exceptiontype ?? 'innererror', message: innererror.errordetail }
  else if (innererror?.code) yield { code: innererror.code, message: innererror.code }
}

function nested(message: string | undefined): RawError | undefined {
  if (!message?.trimStart().startsWith('{')) return undefined
  try {
    const parsed = JSON.parse(message) as RawError & { error?: RawError }
    const found = parsed.error ?? parsed
    return typeof found === 'object' && (found.code ?? found.message) !== undefined ? found : undefined
  } catch {
    return undefined
  }
}

function firstLine(text: string | undefined): string | undefined {
  return text?.split(/\r?\n/)[0]
}
