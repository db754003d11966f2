import {
  ContainerDoesNotExistError,
  InvalidRequestError,
  LibcloudError,
  type LibcloudErrorClass,
  ObjectDoesNotExistError,
  PermissionDeniedError,
  QuotaExceededError,
  ServiceError,
} from '../../lib/errors.js'

/** Who failed, for every error. */
export interface About {
  readonly provider: string
  readonly operation: string | undefined
}

/** https://man7.org/linux/man-pages/man3/errno.3.html */
const ERRORS: Readonly<Record<string, readonly [LibcloudErrorClass, string]>> = {
  EACCES: [PermissionDeniedError, 'permission denied'],
  EPERM: [PermissionDeniedError, 'not permitted'],
  EROFS: [PermissionDeniedError, 'the file system is read-only'],
  ENOSPC: [QuotaExceededError, 'no space is left'],
  EDQUOT: [QuotaExceededError, 'the disk quota is used up'],
  EFBIG: [QuotaExceededError, 'the file would be too large'],
  ENAMETOOLONG: [InvalidRequestError, 'the name is too long for this file system'],
  EINVAL: [InvalidRequestError, 'this file system refuses the name'],
  EILSEQ: [InvalidRequestError, 'this file system refuses the name'],
  EXDEV: [ServiceError, 'it lies on another file system than the root folder, where nothing can be placed whole'],
}
/** What may be gone when the same is asked again. */
const PASSING = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'EBUSY', 'EINTR', 'ENOMEM', 'ETIMEDOUT'])

/** There is no such thing, or what has its name is no file or folder of ours: a link, or a file where a folder should be. */
export const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EISDIR'])
/** What removing a folder says that is not empty, by file system. */
export const NOT_EMPTY: ReadonlySet<string> = new Set(['ENOTEMPTY', 'EEXIST'])

/** The code of a failed system call, such as `'ENOENT'`. */
export function codeOf(error: unknown): string {
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown }
  return typeof code === 'string' && typeof syscall === 'string' ? code : ''
}

/** A folder on the way to something could not be entered. `at` counts from the root folder, which is -1. */
export class Blocked extends Error {
  readonly at: number
  readonly code: string
  constructor(at: number, cause: unknown) {
    super('A folder cannot be entered', { cause })
    this.at = at
    this.code = codeOf(cause)
  }
}

/** What the caller's own source threw: not a failure of the file system that is written to. */
export class SourceFailure extends Error {}

/** Any failure as one of this library's errors, without the machine's paths in its text. */
export function translate(error: unknown, about: About): unknown {
  if (error instanceof LibcloudError) return error
  if (error instanceof SourceFailure) return sourceError(error.cause, about)
  const cause = error instanceof Blocked ? error.cause : error
  const code = codeOf(cause)
  if (code === '') return cause
  const { operation = 'files', provider } = about
  const details = { provider, operation: about.operation, providerCode: code, cause }
  if (error instanceof Blocked && error.at < 0 && ABSENT.has(code)) {
    const allowed = 'the path of a folder that exists'
    return new InvalidRequestError(`${operation}: the option 'key' must be ${allowed} (${code})`, {
      ...details,
      argument: 'key',
      allowed,
    })
  }
  const [Class, text] = ERRORS[code] ?? [ServiceError, 'the file system failed']
  return new Class(`${operation}: ${text} (${code})`, { ...details, retryable: PASSING.has(code) })
}

/** A source's own error is the caller's and stays as it is; one of a file that was to be sent says so. */
function sourceError(cause: unknown, about: About): unknown {
  const code = codeOf(cause)
  if (code === '') return cause
  const details = { ...about, providerCode: code, cause, argument: 'source', allowed: 'something that can be read' }
  return new InvalidRequestError(`${about.operation ?? 'upload'}: the source cannot be read (${code})`, details)
}

/** What a failure on the way to a container, or to an object in it, means. */
export function missing(error: unknown, container: string, object: string | undefined, about: About): unknown {
  if (error instanceof Blocked) {
    if (!ABSENT.has(error.code) || error.at < 0) return error
    if (error.at === 0) return noContainer(container, about, error.cause)
  } else if (!ABSENT.has(codeOf(error))) return error
  const cause = error instanceof Blocked ? error.cause : error
  return object === undefined ? error : noObject(container, object, about, cause)
}

export function noContainer(name: string, about: About, cause?: unknown): ContainerDoesNotExistError {
  const text = `${about.operation}: there is no container '${name}'`
  return new ContainerDoesNotExistError(text, cause === undefined ? about : { ...about, cause })
}

export function noObject(container: string, name: string, about: About, cause?: unknown): ObjectDoesNotExistError {
  const text = `${about.operation}: there is no object '${name}' in '${container}'`
  return new ObjectDoesNotExistError(text, cause === undefined ? about : { ...about, cause })
}
