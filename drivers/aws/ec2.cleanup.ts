import { CleanupError } from '../../lib/errors.js'
import { type CallOptions, operationOf } from '../../lib/options.js'

/** What may be done to give back what was made for nothing: the caller's signal and timeout do not hold for it. */
export async function giveBack(
  { provider }: { readonly provider: string },
  what: string,
  cause: unknown,
  options: CallOptions | undefined,
  undo: (options: CallOptions) => Promise<unknown>,
): Promise<never> {
  try {
    await undo({ ...options, signal: undefined, timeout: 120_000 })
  } catch (error) {
    const operation = operationOf(options)
    const message = `${operation}: it could not be done, and ${what} could not be removed again`
    throw new CleanupError(message, { provider, operation, cause, errors: [error] })
  }
  throw cause
}
