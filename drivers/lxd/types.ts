import type { CallOptions } from '../../lib/options.js'
import type { Ref } from '../../lib/resource.js'

/** Keys and values, as the daemon documents them: `{ 'limits.cpu': '2' }`. */
export type LXDConfig = Readonly<Record<string, string>>
/** Devices by name: `{ root: { type: 'disk', path: '/', pool: 'default' } }`. */
export type LXDDevices = Readonly<Record<string, LXDConfig>>
/** Something known by its name, or by itself. */
export type LXDName = string | Ref

/** What every `ex_` call takes. */
export interface LXDCallOptions extends CallOptions {
  /** Another project than the driver's. */
  ex_project?: string | undefined
  /** The cluster member that is asked, or where something is made. */
  ex_target?: string | undefined
}
/** What lists take. */
export interface LXDListOptions extends LXDCallOptions {
  /** The daemon's own filter: `"status eq Running and config.user.role eq web"`. */
  ex_filter?: string | undefined
  /** Of all projects. */
  ex_allProjects?: boolean | undefined
}
/** What calls take that go on in the background: they resolve when it is done, and an abort cancels it where it can be. */
export interface LXDChangeOptions extends LXDCallOptions {
  /** Told of the operation when it has begun, and now and then while it goes on. */
  ex_onOperation?: ((operation: LXDOperation) => void) | undefined
  /** `false` resolves as soon as the operation has begun. @defaultValue true */
  ex_wait?: boolean | undefined
}
/** What changes take that must not undo somebody else's. */
export interface LXDUpdateOptions extends LXDChangeOptions {
  /** Only if it is still as it was when this was told with it. @throws ConflictError if it is not */
  ex_etag?: string | undefined
}

/** Something that goes on in the background. */
export interface LXDOperation {
  readonly id: string
  /** `'task'`, `'websocket'` or `'token'`. */
  readonly class: string
  readonly description: string
  readonly createdAt: Date | undefined
  readonly updatedAt: Date | undefined
  /** The daemon's word: `'Running'`, `'Success'`, `'Failure'`, `'Cancelled'`. */
  readonly status: string
  readonly statusCode: number
  /** Addresses of what it works on, by kind. */
  readonly resources: Readonly<Record<string, readonly string[]>> | undefined
  /** What it tells beside: progress, results. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined
  readonly mayCancel: boolean
  /** What it has failed with, or nothing. */
  readonly err: string
  /** The status that a reply with this failure would have had; only of newer servers. */
  readonly errCode?: number | undefined
  readonly location: string
}
