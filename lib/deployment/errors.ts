import { ConnectionError, type ErrorDetails, LibcloudError } from '../errors.js'

/** The server's host key is not one that may be trusted. Nothing was sent to it, no password either. */
export class HostKeyError extends ConnectionError {
  /** `'changed'`: another key is known. `'unknown'`: none is. `'revoked'`: this one is marked so. `'refused'`: by your function. */
  readonly reason: 'changed' | 'unknown' | 'revoked' | 'refused'
  /** `SHA256:…` of the key that was shown. */
  readonly fingerprint: string
  constructor(message: string, details: ErrorDetails & Pick<HostKeyError, 'reason' | 'fingerprint'>) {
    super(message, details)
    this.reason = details.reason
    this.fingerprint = details.fingerprint
  }
  static {
    Object.defineProperty(HostKeyError.prototype, 'name', { value: 'HostKeyError', configurable: true, writable: true })
  }
}

/** What a failed script left behind. */
export interface ScriptErrorDetails extends ErrorDetails {
  step: string
  stdout: string
  stderr: string
  exitStatus: number | undefined
  signal?: string | undefined
}

/** A deployment's command ended with a status other than 0, or by a signal. */
export class ScriptError extends LibcloudError {
  override readonly code = 'SCRIPT'
  /** The step's name. */
  readonly step: string
  readonly stdout: string
  readonly stderr: string
  /** `undefined` when a signal ended it. */
  readonly exitStatus: number | undefined
  readonly signal: string | undefined
  constructor(message: string, details: ScriptErrorDetails) {
    super(message, details)
    this.step = details.step
    this.stdout = details.stdout
    this.stderr = details.stderr
    this.exitStatus = details.exitStatus
    this.signal = details.signal
  }
  static {
    Object.defineProperty(ScriptError.prototype, 'name', { value: 'ScriptError', configurable: true, writable: true })
  }
}
