import { InvalidRequestError } from '../../lib/errors.js'
import type { CallOptions } from '../../lib/options.js'
import { operationOf } from '../../lib/options.js'

/** What every list takes: how many items one of its pages has. */
export interface OpenStackListOptions extends CallOptions {
  /** Items asked for in one request. @defaultValue as many as the cloud gives */
  ex_limit?: number | undefined
}

/** A moment, where the cloud tells one. All of its times are in UTC, and some do not say so. */
export function toDate(text: string | null | undefined): Date | undefined {
  if (!text) return undefined
  return new Date(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`)
}

/** The error of an argument that only the driver can judge. */
export function refused(
  { provider }: { readonly provider: string },
  argument: string,
  allowed: string,
  options: CallOptions | undefined,
): InvalidRequestError {
  const operation = operationOf(options)
  const message = `${operation}: '${argument}' must be ${allowed}`
  return new InvalidRequestError(message, { provider, operation, argument, allowed })
}

/** A text that may be absent, and is sometimes empty where it is. */
export function orNothing(text: string | null | undefined): string | undefined {
  return text ? text : undefined
}
