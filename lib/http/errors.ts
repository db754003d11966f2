import {
  ConflictError,
  InvalidCredentialsError,
  InvalidRequestError,
  type LibcloudErrorClass,
  MalformedResponseError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServiceError,
} from '../errors.js'

/** A provider's codes, or statuses, and the classes they mean. */
export type ErrorTable = Readonly<Record<string | number, LibcloudErrorClass>>

/** What a provider says of a failure. */
export interface ProviderProblem {
  readonly code?: string | undefined
  readonly message?: string | undefined
  readonly requestId?: string | undefined
  /** The class of the error, where only the provider's words tell it; else the tables do. */
  readonly errorClass?: LibcloudErrorClass | undefined
  /** The class that the code seems to mean, where no table has it. */
  readonly likelyClass?: LibcloudErrorClass | undefined
}

const BY_STATUS: ErrorTable = {
  401: InvalidCredentialsError,
  402: PermissionDeniedError,
  403: PermissionDeniedError,
  404: NotFoundError,
  408: ServiceError,
  409: ConflictError,
  410: NotFoundError,
  412: ConflictError,
  423: ConflictError,
  429: RateLimitError,
}

function classIn(
  table: ErrorTable | undefined,
  status: number,
  code: string | undefined,
): LibcloudErrorClass | undefined {
  if (table === undefined) return undefined
  if (code !== undefined && Object.hasOwn(table, code)) return table[code]
  return Object.hasOwn(table, status) ? table[status] : undefined
}

/**
 * The class of an error: by what the provider's words tell, by the request's own table, by the vendor's, by what the code
 * seems to mean, and at last by what the status means in HTTP.
 */
export function errorClass(
  status: number,
  { code, errorClass: told, likelyClass }: ProviderProblem,
  own: ErrorTable | undefined,
  vendors: ErrorTable,
): LibcloudErrorClass {
  const found = told ?? classIn(own, status, code) ?? classIn(vendors, status, code) ?? likelyClass
  if (found !== undefined) return found
  if (status < 400) return MalformedResponseError // a redirect that leads nowhere
  return BY_STATUS[status] ?? (status >= 500 ? ServiceError : InvalidRequestError)
}

/** Statuses after which the same request may be sent again. */
export function isRetryable(status: number): boolean {
  return status === 429 || status === 500 || (status >= 502 && status <= 504)
}

/** Milliseconds, of a `Retry-After` in seconds or as a date; `undefined` if it is neither. */
export function parseRetryAfter(value: string | undefined, now: number = Date.now()): number | undefined {
  const text = value?.trim()
  if (!text) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), Number.MAX_SAFE_INTEGER)
  // A date of HTTP begins with the day's name. Date.parse would also read numbers with a sign, as years.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined
  // All dates of HTTP are in GMT; its oldest form does not say so.
  const date = Date.parse(/[a-z]$|[+-]\d{4}$/i.test(text) ? text : `${text} GMT`)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

const text = (value: unknown): string | undefined => {
  if (typeof value === 'string' && value !== '') return value
  return typeof value === 'number' ? String(value) : undefined
}

/** Reads the forms of an error in JSON that most providers use. */
export function commonProblem(body: unknown): ProviderProblem {
  if (typeof body === 'string') return { message: text(body) }
  if (typeof body !== 'object' || body === null) return {}
  const top = body as Record<string, unknown>
  const first = Array.isArray(top['errors']) ? top['errors'][0] : top['errors']
  const inner = [top['error'], first].find(value => typeof value === 'object' && value !== null)
  const from = (inner ?? top) as Record<string, unknown>
  const plain = text(top['error']) ?? text(first)
  return {
    code: text(from['code']) ?? text(from['type']) ?? text(from['id']),
    message: text(from['message']) ?? text(from['detail']) ?? text(from['reason']) ?? plain,
    requestId: text(top['request_id']) ?? text(top['requestId']),
  }
}
