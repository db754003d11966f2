import type { BaseDriver } from '../../lib/driver.js'
import { InvalidRequestError } from '../../lib/errors.js'
import { type CallOptions, operationOf } from '../../lib/options.js'

/** The error of an argument that the service could not take. */
export function refused(
  { provider }: Pick<BaseDriver, 'provider'>,
  argument: string,
  allowed: string,
  options: CallOptions | undefined,
): InvalidRequestError {
  const operation = operationOf(options)
  const message = `${operation ?? 'request'}: '${argument}' must be ${allowed}`
  return new InvalidRequestError(message, { provider, operation, argument, allowed })
}
