import { optionsOf } from '../../lib/credentials.js'
import { ConnectionError, type LibcloudError, NotFoundError, TimeoutError } from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { path } from '../../lib/http/url.js'
import { operationOf } from '../../lib/options.js'
import type { LXDConnection } from './connection.js'
import { operationError } from './errors.js'
import type { LXDChangeOptions, LXDOperation } from './types.js'

/** Seconds that the daemon is asked to hold a reply back: well below the time that an attempt has. */
const HOLD = 20
const RUNNING = (code: number): boolean => code < 200

/** Waits for one operation: it ends with it, with the caller's signal, or in time. What can be cancelled is cancelled then. */
export class OperationWait {
  readonly #connection: LXDConnection
  readonly #options: LXDChangeOptions
  readonly #errors: ErrorTable | undefined
  readonly #deadline: number
  readonly #limit: number

  constructor(connection: LXDConnection, options: LXDChangeOptions = {}, errors?: ErrorTable) {
    this.#connection = connection
    this.#options = options
    this.#errors = errors
    this.#limit = options.timeout ?? optionsOf(connection).timeout ?? 3_600_000
    this.#deadline = performance.now() + this.#limit
  }

  /** @throws LibcloudError when the operation has failed, or was lost with the daemon. */
  async end(begun: LXDOperation): Promise<LXDOperation> {
    let operation = begun
    try {
      while (RUNNING(operation.statusCode)) operation = await this.#look(begun)
    } catch (error) {
      await this.#cancel(begun, error)
      throw error
    }
    if (operation.statusCode === 200) return operation
    throw operationError(this.#connection.provider, operation, this.#errors, this.#options)
  }

  async #look({ id, description }: LXDOperation): Promise<LXDOperation> {
    const { ex_onOperation: told, signal } = this.#options
    signal?.throwIfAborted()
    const left = this.#deadline - performance.now()
    if (left <= 0) throw this.#timedOut(description)
    const seconds = Math.max(1, Math.min(told ? 1 : HOLD, Math.floor(left / 1000)))
    const at = path`/1.0/operations/${id}/wait`
    // A driver's own timeout is for a request: the wait is longer.
    const options = { ...this.#options, timeout: left, ex_project: undefined, ex_target: undefined }
    const also = { query: { timeout: seconds, project: undefined, target: undefined } }
    const seen = await this.#connection.get<LXDOperation>(at, options, also).catch(error => {
      throw error instanceof NotFoundError ? this.#lost(id, description, error) : error
    })
    told?.(seen)
    return seen
  }

  /** The daemon forgets its operations when it ends. */
  #lost(id: string, description: string, cause: LibcloudError): ConnectionError {
    const { provider } = this.#connection
    const operation = operationOf(this.#options)
    const message = `${operation ?? 'request'}: '${provider}' knows nothing of its operation any more (${description}): it was restarted. It may have done what was asked: look before asking again.`
    return new ConnectionError(message, { provider, operation, requestId: id, cause, mayHaveHappened: true })
  }

  #timedOut(description: string): TimeoutError {
    const { provider } = this.#connection
    const operation = operationOf(this.#options)
    const message = `${operation ?? 'request'}: '${provider}' was not done within ${this.#limit} ms (${description})`
    return new TimeoutError(message, { provider, operation, mayHaveHappened: true })
  }

  /** Whoever does not wait any more does not want it any more. */
  async #cancel({ id, mayCancel }: LXDOperation, error: unknown): Promise<void> {
    const given = this.#options.signal?.aborted || error instanceof TimeoutError
    if (!given || !mayCancel) return
    const spec = { method: 'DELETE', path: path`/1.0/operations/${id}` } as const
    // It may be over by now, or be past the point where it can be cancelled.
    await this.#connection.request(spec, { timeout: 5000, retry: false }).catch(() => {})
  }
}
