import {
  ConflictError,
  InvalidCredentialsError,
  type LibcloudErrorClass,
  NotFoundError,
  QuotaExceededError,
  ServiceError,
} from '../../lib/errors.js'
import type { ErrorTable, ProviderProblem } from '../../lib/http/errors.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import type { LXDOperation } from './types.js'

/** The daemon answers 400 or 500 to much that has a class of its own: only the words tell. */
const SAID: readonly (readonly [RegExp, LibcloudErrorClass])[] = [
  [/already exists|already in use|UNIQUE constraint|duplicate/i, ConflictError],
  [
    /already (running|stopped|frozen|started)|is (running|busy|not running|in use|being used)|in use by/i,
    ConflictError,
  ],
  [/(isn't|is not|not) (running|frozen|empty)|only empty|currently (in use|used|being)|is currently/i, ConflictError],
  [/reached maximum|maximum (aggregate|number)|no space left|quota exceeded/i, QuotaExceededError],
]
const MISSING = /not found|no such|(doesn't|does not) exist|(couldn't|could not|cannot) be found/i

/** What an error's words say, where its status says too little. */
export function classOf(status: number, message: string): LibcloudErrorClass | undefined {
  const said = status === 400 || status === 500 ? SAID.find(([words]) => words.test(message))?.[1] : undefined
  return said ?? (status === 500 && MISSING.test(message) ? NotFoundError : undefined)
}

const UNTRUSTED =
  'this client is not trusted: give clientCert and clientKey of a certificate that the server trusts, or have the server trust it: call ex_authenticate with a token that `config trust add` has made, or let an administrator call ex_createCertificate'

/** An error as the daemon writes it. */
export function readProblem(plain: ProviderProblem, text: string, status: number): ProviderProblem {
  let said: { readonly error?: unknown } = {}
  try {
    said = JSON.parse(text) as typeof said
  } catch {
    // A proxy's page, or an older daemon's plain text.
  }
  const message = typeof said?.error === 'string' && said.error !== '' ? said.error : plain.message
  if (status === 401 || (status === 403 && /^(not authorized|forbidden)$/i.test(message ?? ''))) {
    return { message: `${message ?? 'not authorized'}: ${UNTRUSTED}`, errorClass: InvalidCredentialsError }
  }
  return { message, errorClass: classOf(status, message ?? '') }
}

/** The error of an operation that has failed: of the class that the same failure has when a request is answered with it. */
export function operationError(
  provider: string,
  operation: LXDOperation,
  errors: ErrorTable | undefined,
  options: CallOptions | undefined,
): Error {
  const { err, statusCode, errCode } = operation
  const status = errCode || statusCode
  const said = classOf(400, err) ?? (MISSING.test(err) ? (errors?.[404] ?? NotFoundError) : undefined)
  const ErrorClass = said ?? (errCode ? errors?.[errCode] : undefined) ?? ServiceError
  const name = operationOf(options)
  const what = operation.description || 'the operation'
  const reason = err || operation.status
  return new ErrorClass(`${name ?? 'request'}: '${provider}' failed in the background (${what}): ${reason}`, {
    provider,
    operation: name,
    status,
    providerCode: operation.status,
    requestId: operation.id,
  })
}
