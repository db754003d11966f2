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
 * Reasons whose class the status does not tell. Those of operations have no status at all.
 * https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-vm-creation
 */
export const ERRORS: ErrorTable = {
  rateLimitExceeded: RateLimitError,
  userRateLimitExceeded: RateLimitError,
  RATE_LIMIT_EXCEEDED: RateLimitError,
  quotaExceeded: QuotaExceededError,
  dailyLimitExceeded: QuotaExceededError,
  limitExceeded: QuotaExceededError,
  QUOTA_EXCEEDED: QuotaExceededError,
  LIMIT_EXCEEDED: QuotaExceededError,
  ZONE_RESOURCE_POOL_EXHAUSTED: ServiceError,
  ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS: ServiceError,
  accessNotConfigured: PermissionDeniedError,
  SERVICE_DISABLED: PermissionDeniedError,
  PERMISSIONS_ERROR: PermissionDeniedError,
  resourceInUseByAnotherResource: ConflictError,
  resourceNotReady: ConflictError,
  RESOURCE_IN_USE_BY_ANOTHER_RESOURCE: ConflictError,
  RESOURCE_NOT_READY: ConflictError,
  RESOURCE_ALREADY_EXISTS: ConflictError,
  CONDITION_NOT_MET: ConflictError,
  RESOURCE_NOT_FOUND: NotFoundError,
  INVALID_FIELD_VALUE: InvalidRequestError,
  INVALID_USAGE: InvalidRequestError,
  UNSUPPORTED_OPERATION: InvalidRequestError,
  INTERNAL_ERROR: ServiceError,
  // Of the exchange of tokens: https://datatracker.ietf.org/doc/html/rfc6749#section-5.2
  invalid_grant: InvalidCredentialsError,
  invalid_client: InvalidCredentialsError,
  unauthorized_client: InvalidCredentialsError,
  invalid_scope: InvalidCredentialsError,
  access_denied: InvalidCredentialsError,
  invalid_target: InvalidCredentialsError,
}

interface RawError {
  readonly code?: number
  readonly message?: string
  readonly status?: string
  readonly errors?: readonly { readonly reason?: string; readonly message?: string; readonly location?: string }[]
  readonly details?: readonly {
    readonly reason?: string
    readonly metadata?: Readonly<Record<string, string>>
    readonly links?: readonly { readonly url?: string }[]
  }[]
}

/** https://cloud.google.com/apis/design/errors#http_mapping and, with a plain word, RFC 6749. */
export function problemOf(text: string): ProviderProblem {
  const { error, error_description: described } = JSON.parse(text) as {
    error?: RawError | string
    error_description?: string
  }
  if (typeof error === 'string') return { code: error, message: described ?? error }
  if (typeof error !== 'object' || error === null) return {}
  const detail = error.details?.find(each => each.reason !== undefined)
  const [first] = error.errors ?? []
  const where = first?.location === undefined || first.location === 'Authorization' ? '' : ` (${first.location})`
  // The one reason is Google's newer word for the other; where both are there, the tables know at least one.
  const known = [detail?.reason, first?.reason].find(each => each !== undefined && Object.hasOwn(ERRORS, each))
  return {
    code: known ?? detail?.reason ?? first?.reason ?? error.status,
    message: `${error.message ?? first?.message ?? ''}${where}` || undefined,
  }
}
