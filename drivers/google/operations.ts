import { optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import { LibcloudError, type LibcloudErrorClass, ServiceError } from '../../lib/errors.js'
import { type ErrorTable, errorClass } from '../../lib/http/errors.js'
import { idempotencyToken } from '../../lib/http/message.js'
import type { QueryValues } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { type Page, type Pager, pager } from '../../lib/pager.js'
import type { WaitOptions } from '../../lib/poller.js'
import { lastPart, type Place, pathTo } from './compute.refs.js'
import { GoogleConnection, type ListSpec } from './connection.js'
import { type GoogleOptions, regionOf } from './options.js'
import { ERRORS } from './problem.js'

/** Something that Google notes beside a success. */
export interface GCEWarning {
  /** `'DISK_SIZE_LARGER_THAN_IMAGE_SIZE'`, `'DEPRECATED_RESOURCE_USED'` … */
  readonly code: string
  readonly message: string
}
/** A change that Google makes. */
export interface GCEOperation {
  /** Its address from its place on: `'zones/europe-west3-a/operations/operation-1'`. */
  readonly id: string
  /** `'insert'`, `'delete'`, `'start'` … */
  readonly type: string
  /** `'PENDING'`, `'RUNNING'` or `'DONE'`. */
  readonly status: string
  /** Percent. */
  readonly progress: number
  /** Address of what is changed. */
  readonly targetLink: string | undefined
  readonly user: string | undefined
  readonly startedAt: Date | undefined
  readonly endedAt: Date | undefined
  readonly warnings: readonly GCEWarning[]
  /** What went wrong: more than one thing may. */
  readonly errors: readonly { readonly code: string; readonly message: string }[]
}
/** How a change is waited for. `timeout` bounds it with the wait. */
export interface GCEChangeOptions extends WaitOptions {
  /** Told of what Google notes beside a success. */
  ex_onWarning?: ((warning: GCEWarning) => void) | undefined
}
/** A change that is asked for. */
export interface ChangeSpec {
  /** @defaultValue 'POST' */
  readonly method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE' | undefined
  readonly path: (project: string) => string
  readonly query?: QueryValues | undefined
  readonly json?: object | undefined
  readonly errors?: ErrorTable | undefined
  /** Some changes take no `requestId`: then nothing is sent again. @defaultValue true */
  readonly hasId?: boolean | undefined
}

interface RawOperation {
  readonly name: string
  readonly operationType?: string
  readonly status: string
  readonly progress?: number
  readonly targetLink?: string
  readonly zone?: string
  readonly region?: string
  readonly user?: string
  readonly startTime?: string
  readonly endTime?: string
  readonly httpErrorStatusCode?: number
  readonly warnings?: readonly { readonly code?: string; readonly message?: string }[]
  readonly error?: {
    readonly errors?: readonly { readonly code?: string; readonly message?: string; readonly location?: string }[]
  }
}

/**
 * Compute Engine. A change is asked for with a `requestId`, by which Google knows one that it has seen before; it answers
 * with an operation, which is awaited.
 *
 * @see https://cloud.google.com/compute/docs/api/how-tos/api-requests-responses
 */
export class GoogleComputeConnection extends GoogleConnection {
  readonly region: string | undefined

  constructor(driver: BaseDriver) {
    super(driver, 'https://compute.googleapis.com')
    const { region } = optionsOf<GoogleOptions>(driver)
    this.region = region || (this.zone === undefined ? undefined : regionOf(this.zone))
  }

  /** Makes a change, and waits for its end. @throws LibcloudError of the class that the operation's error says */
  async change(spec: ChangeSpec, options?: GCEChangeOptions): Promise<GCEOperation> {
    const { method = 'POST', path, json, errors, hasId = true } = spec
    const query = hasId ? { ...spec.query, requestId: idempotencyToken() } : spec.query
    const request = { method, path, query, json, errors, idempotent: hasId }
    const started = await this.one(request, (raw: RawOperation) => this.#read(raw, errors, options), options)
    const done = started.status === 'DONE' ? started : await this.waitFor(started.id, errors, options)
    for (const warning of done.warnings) options?.ex_onWarning?.(warning)
    return done
  }

  /** Waits for an operation. */
  async waitFor(id: string, errors: ErrorTable | undefined, options?: WaitOptions): Promise<GCEOperation> {
    return this.poll(
      `operation ${lastPart(id)} to be done`,
      async look => {
        const spec = { path: (project: string) => `/compute/v1/projects/${project}/${id}` }
        const value = await this.one(spec, (raw: RawOperation) => this.#read(raw, errors, options), look)
        if (value.status === 'DONE') return { done: true, value }
        return { state: value.status, percent: value.progress }
      },
      { interval: 1000, ...options },
    )
  }

  /** @throws the error that the operation ended with */
  #read(raw: RawOperation, errors: ErrorTable | undefined, options: CallOptions | undefined): GCEOperation {
    const operation = toOperation(raw)
    const [first] = operation.errors
    if (first === undefined) return operation
    const status = raw.httpErrorStatusCode
    const said = operation.errors.map(({ code, message }) => `${code}: ${message}`).join('; ')
    const name = operationOf(options)
    const details = { provider: this.provider, operation: name, status, providerCode: first.code, requestId: raw.name }
    throw new (failureClass(status, first.code, errors))(`${name ?? 'request'}: ${said}`, details)
  }

  /** A resource, by its place. */
  get<Raw, T>(
    place: Place,
    collection: string,
    map: (raw: Raw) => T,
    errors?: ErrorTable,
    options?: CallOptions,
  ): Promise<T> {
    const checked = (raw: Raw): T => {
      if (typeof (raw as { name?: unknown }).name !== 'string') throw new Error('The reply is no resource')
      return map(raw)
    }
    return this.one({ path: pathTo(place, collection), errors }, checked, options)
  }

  /** Deletes a resource, and waits until it is gone. */
  remove(place: Place, collection: string, errors?: ErrorTable, options?: GCEChangeOptions): Promise<GCEOperation> {
    return this.change({ method: 'DELETE', path: pathTo(place, collection), errors }, options)
  }

  /** Makes a resource, and waits until it is there. */
  insert(
    scope: string,
    collection: string,
    json: object,
    options?: GCEChangeOptions,
    more: Pick<ChangeSpec, 'query' | 'errors'> = {},
  ): Promise<GCEOperation> {
    return this.change(
      { ...more, path: project => `/compute/v1/projects/${project}/${scope}/${collection}`, json },
      options,
    )
  }

  /** Does something with a resource. */
  act(place: Place, action: string, spec: Omit<ChangeSpec, 'path'>, options?: GCEChangeOptions): Promise<GCEOperation> {
    const [collection = '', verb] = action.split(':')
    const at = pathTo(place, collection)
    return this.change({ ...spec, path: project => at(project) + (verb === undefined ? '' : `/${verb}`) }, options)
  }

  /** What lies in one place, or in all of them. */
  listIn<Raw, T>(
    scope: string | undefined,
    collection: string,
    spec: Pick<ListSpec<Raw, T>, 'map' | 'keep' | 'query'>,
    options?: CallOptions,
  ): Pager<T> {
    const at = (project: string): string => `/compute/v1/projects/${project}/${scope ?? 'aggregated'}/${collection}`
    if (scope !== undefined) return this.list({ ...spec, path: at }, options)
    const { map, keep = () => true, query } = spec
    type Scoped = { readonly [member: string]: readonly Raw[] | object }
    const inScope = (each: Scoped): T[] =>
      ((each[collection] as readonly Raw[] | undefined) ?? []).filter(raw => keep(raw)).map(raw => map(raw))
    return pager(async token => {
      const take = (body: { items?: Readonly<Record<string, Scoped>>; nextPageToken?: string }): Page<T> => ({
        items: Object.values(body.items ?? {}).flatMap(inScope),
        next: body.nextPageToken || undefined,
      })
      return this.one({ path: at, query: { ...query, pageToken: token } }, take, options)
    }, options)
  }
}

/** The class of what an operation ended with: its own code tells more than the status. */
function failureClass(status: number | undefined, code: string, errors: ErrorTable | undefined): LibcloudErrorClass {
  if (Object.hasOwn(ERRORS, code) && ERRORS[code] !== undefined && code !== 'RESOURCE_NOT_FOUND') return ERRORS[code]
  if (status === undefined) return code === 'RESOURCE_NOT_FOUND' ? (errors?.[404] ?? LibcloudError) : ServiceError
  return errorClass(status, { code }, errors, ERRORS)
}

/** An operation's place and name. */
function operationId({ name, zone, region }: RawOperation): string {
  if (zone !== undefined) return `zones/${lastPart(zone)}/operations/${name}`
  return region === undefined ? `global/operations/${name}` : `regions/${lastPart(region)}/operations/${name}`
}

export function toOperation(raw: RawOperation): GCEOperation {
  if (typeof raw.name !== 'string' || typeof raw.status !== 'string') throw new Error('The reply is no operation')
  const errors = raw.error?.errors ?? []
  const at = (location: string | undefined): string =>
    location === undefined || location === '' ? '' : ` (${location})`
  return {
    id: operationId(raw),
    type: raw.operationType ?? '',
    status: raw.status,
    progress: raw.progress ?? 0,
    targetLink: raw.targetLink,
    user: raw.user,
    startedAt: raw.startTime === undefined ? undefined : new Date(raw.startTime),
    endedAt: raw.endTime === undefined ? undefined : new Date(raw.endTime),
    warnings: (raw.warnings ?? []).map(({ code = '', message = '' }) => ({ code, message })),
    errors: errors.map(({ code = '', message = '', location }) => ({ code, message: message + at(location) })),
  }
}
