const KIND: unique symbol = Symbol.for('libcloud.error.kind')

/** Gives a class a marker that its instances inherit, in this copy of the package and in every other. */
function register(errorClass: abstract new (...args: never[]) => LibcloudError, kind: string): void {
  const marker = Symbol.for(`libcloud.error.${kind}`)
  Object.defineProperty(errorClass, KIND, { value: marker })
  Object.defineProperty(errorClass.prototype, marker, { value: true })
  Object.defineProperty(errorClass.prototype, 'name', { value: kind, configurable: true, writable: true })
}

/** What is known about a failure. Everything is optional: a bad argument has no status, a lost connection no request id. */
export interface ErrorDetails {
  /** The provider constant of the driver, such as `'digital_ocean'`. */
  provider?: string | undefined
  /** The driver's method that failed, such as `'createNode'`. */
  operation?: string | undefined
  /** The HTTP status of the reply. */
  status?: number | undefined
  /** The provider's own code, such as `'NoSuchBucket'`, as it was sent. */
  providerCode?: string | undefined
  /** The id that the provider gave to the request; its support staff will ask for it. */
  requestId?: string | undefined
  /** Whether the same call may succeed when it is made again. */
  retryable?: boolean | undefined
  /** How long the provider asked to wait, in milliseconds. */
  retryAfter?: number | undefined
  /** The beginning of the reply, without secrets. */
  body?: string | undefined
  /** What lies beneath, such as the socket's error. */
  cause?: unknown
}

/**
 * Every error of this library. `code` tells the branches apart where `instanceof` is not at hand: logs, JSON, `switch`.
 * A caller's abort is the one exception: the signal's reason is passed on as it is.
 */
export class LibcloudError extends Error {
  readonly code: string = 'LIBCLOUD'
  readonly provider: string | undefined
  readonly operation: string | undefined
  readonly status: number | undefined
  readonly providerCode: string | undefined
  readonly requestId: string | undefined
  readonly retryable: boolean
  /** Milliseconds, from the provider's `Retry-After`. */
  readonly retryAfter: number | undefined
  /** The beginning of the provider's reply, without secrets. */
  readonly body: string | undefined
  static {
    register(LibcloudError, 'LibcloudError')
  }
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.provider = details.provider
    this.operation = details.operation
    this.status = details.status
    this.providerCode = details.providerCode
    this.requestId = details.requestId
    this.retryable = details.retryable ?? false
    this.retryAfter = details.retryAfter
    this.body = details.body
  }

  /** What a log wants to keep: everything but the stack, as plain values. */
  toJSON(): Record<string, unknown> {
    return { ...Object.fromEntries(Object.entries(this)), name: this.name, message: this.message }
  }

  // Subclasses inherit this method, hence the marker of `this`; a user's own subclass has none and is compared plainly.
  static override [Symbol.hasInstance]<T>(this: abstract new (...args: never[]) => T, value: unknown): value is T {
    if (!Object.hasOwn(this, KIND)) return Function.prototype[Symbol.hasInstance].call(this, value)
    return typeof value === 'object' && value !== null && (this as unknown as { [KIND]: symbol })[KIND] in value
  }
}

/** The class of an error that a table maps a provider's code or status to. */
export type LibcloudErrorClass = new (message: string, details?: ErrorDetails) => LibcloudError

/** The credentials are missing, malformed, unknown or expired (401). */
export class InvalidCredentialsError extends LibcloudError {
  override readonly code = 'INVALID_CREDENTIALS'
  static {
    register(InvalidCredentialsError, 'InvalidCredentialsError')
  }
}

/** The credentials are good, but do not permit this (403). */
export class PermissionDeniedError extends LibcloudError {
  override readonly code = 'PERMISSION_DENIED'
  static {
    register(PermissionDeniedError, 'PermissionDeniedError')
  }
}

/** There is no such thing (404, 410). */
export class NotFoundError extends LibcloudError {
  override readonly code = 'NOT_FOUND'
  /** What was not found: a leaf class says it. */
  readonly resource: string | undefined
  static {
    register(NotFoundError, 'NotFoundError')
  }
}

/** It exists already, or is in a state that forbids this (409, 412, 423). */
export class ConflictError extends LibcloudError {
  override readonly code = 'CONFLICT'
  /** What it conflicts with: a leaf class says it. */
  readonly resource: string | undefined
  static {
    register(ConflictError, 'ConflictError')
  }
}

/** What a refused argument was called, what it held, and what it may hold. */
export interface InvalidRequestDetails extends ErrorDetails {
  argument?: string | undefined
  value?: unknown
  allowed?: string | undefined
}

/** An argument was refused, by this library before any request was sent, or by the provider (400, 405, 422 …). */
export class InvalidRequestError extends LibcloudError {
  override readonly code = 'INVALID_REQUEST'
  /** The argument at fault, as its path: `'node.size'`. */
  readonly argument: string | undefined
  /** What would have been accepted. */
  readonly allowed: string | undefined
  static {
    register(InvalidRequestError, 'InvalidRequestError')
  }
  constructor(message: string, details: InvalidRequestDetails = {}) {
    super(message, details)
    this.argument = details.argument
    this.allowed = details.allowed
  }
}

/** The account's limit is reached; asking again does not help. */
export class QuotaExceededError extends LibcloudError {
  override readonly code = 'QUOTA_EXCEEDED'
  static {
    register(QuotaExceededError, 'QuotaExceededError')
  }
}

/** Too many requests (429): `retryAfter` says how long to wait, where the provider told. */
export class RateLimitError extends LibcloudError {
  override readonly code = 'RATE_LIMIT'
  static {
    register(RateLimitError, 'RateLimitError')
  }
}

/** The provider failed (5xx). */
export class ServiceError extends LibcloudError {
  override readonly code = 'SERVICE'
  static {
    register(ServiceError, 'ServiceError')
  }
}

/** Whether the provider may have acted on a request although no reply came. */
export interface ConnectionErrorDetails extends ErrorDetails {
  mayHaveHappened?: boolean | undefined
}

/** No reply, or half of one: name resolution, connection, TLS, a socket closed too early. */
export class ConnectionError extends LibcloudError {
  override readonly code = 'CONNECTION'
  /** The request, or part of it, had left: the provider may have done what was asked. Look before asking again. */
  readonly mayHaveHappened: boolean
  static {
    register(ConnectionError, 'ConnectionError')
  }
  constructor(message: string, details: ConnectionErrorDetails = {}) {
    super(message, details)
    this.mayHaveHappened = details.mayHaveHappened ?? false
  }
}

/** The call's `timeout`, or the time for one attempt, ran out. */
export class TimeoutError extends LibcloudError {
  override readonly code = 'TIMEOUT'
  /** The request, or part of it, had left: the provider may have done what was asked. Look before asking again. */
  readonly mayHaveHappened: boolean
  static {
    register(TimeoutError, 'TimeoutError')
  }
  constructor(message: string, details: ConnectionErrorDetails = {}) {
    super(message, details)
    this.mayHaveHappened = details.mayHaveHappened ?? false
  }
}

/** The reply is not what it says it is, or is larger than `maxResponseBytes`. */
export class MalformedResponseError extends LibcloudError {
  override readonly code = 'MALFORMED_RESPONSE'
  static {
    register(MalformedResponseError, 'MalformedResponseError')
  }
}

/** The driver, or its provider, has no such thing. Nothing was sent. */
export class NotSupportedError extends LibcloudError {
  override readonly code = 'NOT_SUPPORTED'
  static {
    register(NotSupportedError, 'NotSupportedError')
  }
}

/** A wait ended in a failure state, or in time. */
export class WaitError extends LibcloudError {
  override readonly code = 'WAIT'
  /** The last state seen. */
  readonly lastState: string | undefined
  static {
    register(WaitError, 'WaitError')
  }
  constructor(message: string, details: ErrorDetails & { lastState?: string | undefined } = {}) {
    super(message, details)
    this.lastState = details.lastState
  }
}

/** What a deployment had come to when it failed. */
export interface DeploymentErrorDetails<N> extends ErrorDetails {
  node?: N | undefined
  step?: string | undefined
  stdout?: string | undefined
  stderr?: string | undefined
  exitStatus?: number | undefined
}

/** A deployment failed after its node was made. `node` is that node: yours to inspect or to destroy. */
export class DeploymentError<N = unknown> extends LibcloudError {
  override readonly code = 'DEPLOYMENT'
  declare readonly node: N | undefined
  /** The name of the step that failed; `undefined` when it was before the first. */
  readonly step: string | undefined
  /** What the step's command wrote, where it was a command. */
  readonly stdout: string | undefined
  readonly stderr: string | undefined
  readonly exitStatus: number | undefined
  static {
    register(DeploymentError, 'DeploymentError')
  }
  constructor(message: string, details: DeploymentErrorDetails<N> = {}) {
    super(message, details)
    this.step = details.step
    this.stdout = details.stdout
    this.stderr = details.stderr
    this.exitStatus = details.exitStatus
    Object.defineProperty(this, 'node', { value: details.node })
  }
}

/** Something could not be cleaned up: `errors` holds each failure. */
export class CleanupError extends LibcloudError {
  override readonly code = 'CLEANUP'
  readonly errors: readonly unknown[]
  static {
    register(CleanupError, 'CleanupError')
  }
  constructor(message: string, details: ErrorDetails & { errors?: readonly unknown[] } = {}) {
    super(message, details)
    this.errors = details.errors ?? []
  }
}

// A leaf keeps its branch's `code`, which is a literal type, and is told apart by `resource` and its class.

/** There is no such node. */
export class NodeDoesNotExistError extends NotFoundError {
  override readonly resource = 'node'
  static {
    register(NodeDoesNotExistError, 'NodeDoesNotExistError')
  }
}
/** There is no such volume. */
export class VolumeDoesNotExistError extends NotFoundError {
  override readonly resource = 'volume'
  static {
    register(VolumeDoesNotExistError, 'VolumeDoesNotExistError')
  }
}
/** There is no such snapshot. */
export class SnapshotDoesNotExistError extends NotFoundError {
  override readonly resource = 'snapshot'
  static {
    register(SnapshotDoesNotExistError, 'SnapshotDoesNotExistError')
  }
}
/** There is no such image. */
export class ImageDoesNotExistError extends NotFoundError {
  override readonly resource = 'image'
  static {
    register(ImageDoesNotExistError, 'ImageDoesNotExistError')
  }
}
/** There is no such key pair. */
export class KeyPairDoesNotExistError extends NotFoundError {
  override readonly resource = 'keyPair'
  static {
    register(KeyPairDoesNotExistError, 'KeyPairDoesNotExistError')
  }
}
/** A key pair of this name exists already. */
export class KeyPairAlreadyExistsError extends ConflictError {
  override readonly resource = 'keyPair'
  static {
    register(KeyPairAlreadyExistsError, 'KeyPairAlreadyExistsError')
  }
}
/** There is no such container (bucket). */
export class ContainerDoesNotExistError extends NotFoundError {
  override readonly resource = 'container'
  static {
    register(ContainerDoesNotExistError, 'ContainerDoesNotExistError')
  }
}
/** A container (bucket) of this name exists already. */
export class ContainerAlreadyExistsError extends ConflictError {
  override readonly resource = 'container'
  static {
    register(ContainerAlreadyExistsError, 'ContainerAlreadyExistsError')
  }
}
/** A container (bucket) must be empty to be deleted. */
export class ContainerIsNotEmptyError extends ConflictError {
  override readonly resource = 'container'
  static {
    register(ContainerIsNotEmptyError, 'ContainerIsNotEmptyError')
  }
}
/** The provider allows no such container (bucket) name. */
export class InvalidContainerNameError extends InvalidRequestError {
  readonly resource = 'container'
  static {
    register(InvalidContainerNameError, 'InvalidContainerNameError')
  }
}
/** There is no such object. */
export class ObjectDoesNotExistError extends NotFoundError {
  override readonly resource = 'object'
  static {
    register(ObjectDoesNotExistError, 'ObjectDoesNotExistError')
  }
}
/** What was transferred is not what was sent: the checksums differ. Nothing of it was kept. */
export class ObjectHashMismatchError extends LibcloudError {
  override readonly code = 'HASH_MISMATCH'
  readonly resource = 'object'
  static {
    register(ObjectHashMismatchError, 'ObjectHashMismatchError')
  }
}
/** There is no such zone. */
export class ZoneDoesNotExistError extends NotFoundError {
  override readonly resource = 'zone'
  static {
    register(ZoneDoesNotExistError, 'ZoneDoesNotExistError')
  }
}
/** A zone of this domain exists already. */
export class ZoneAlreadyExistsError extends ConflictError {
  override readonly resource = 'zone'
  static {
    register(ZoneAlreadyExistsError, 'ZoneAlreadyExistsError')
  }
}
/** There is no such record. */
export class RecordDoesNotExistError extends NotFoundError {
  override readonly resource = 'record'
  static {
    register(RecordDoesNotExistError, 'RecordDoesNotExistError')
  }
}
/** Such a record exists already. */
export class RecordAlreadyExistsError extends ConflictError {
  override readonly resource = 'record'
  static {
    register(RecordAlreadyExistsError, 'RecordAlreadyExistsError')
  }
}
/** There is no such load balancer. */
export class LoadBalancerDoesNotExistError extends NotFoundError {
  override readonly resource = 'balancer'
  static {
    register(LoadBalancerDoesNotExistError, 'LoadBalancerDoesNotExistError')
  }
}
/** The load balancer cannot be changed now: it is being built, changed or deleted. */
export class LoadBalancerImmutableError extends ConflictError {
  override readonly resource = 'balancer'
  static {
    register(LoadBalancerImmutableError, 'LoadBalancerImmutableError')
  }
}
