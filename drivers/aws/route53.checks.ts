import { NotFoundError } from '../../lib/errors.js'
import { idempotencyToken } from '../../lib/http/message.js'
import { path } from '../../lib/http/url.js'
import { xml } from '../../lib/http/xml.js'
import type { CallOptions } from '../../lib/options.js'
import { type Owned, owned } from '../../lib/owned.js'
import { type Pager, pager } from '../../lib/pager.js'
import type { Ref } from '../../lib/resource.js'
import { Route53Changes } from './route53.changes.js'
import { bareId } from './route53.sets.js'

const CHECK = xml.object({
  Id: xml.string,
  CallerReference: xml.string,
  HealthCheckConfig: xml.object({
    IPAddress: xml.string,
    Port: xml.number,
    Type: xml.string,
    ResourcePath: xml.string,
    FullyQualifiedDomainName: xml.string,
    SearchString: xml.string,
    RequestInterval: xml.number,
    FailureThreshold: xml.number,
    MeasureLatency: xml.boolean,
    Inverted: xml.boolean,
    Disabled: xml.boolean,
    HealthThreshold: xml.number,
    ChildHealthChecks: xml.wrapped('ChildHealthCheck', xml.string),
    EnableSNI: xml.boolean,
    Regions: xml.wrapped('Region', xml.string),
  }),
  HealthCheckVersion: xml.number,
})
const ONE_CHECK = xml.object({ HealthCheck: CHECK })
const CHECKS = xml.object({
  HealthChecks: xml.wrapped('HealthCheck', CHECK),
  IsTruncated: xml.boolean,
  NextMarker: xml.string,
})
const OBSERVATIONS = xml.object({
  HealthCheckObservations: xml.wrapped(
    'HealthCheckObservation',
    xml.object({
      Region: xml.string,
      IPAddress: xml.string,
      StatusReport: xml.object({ Status: xml.string, CheckedTime: xml.date }),
    }),
  ),
})
const NOTHING = xml.object({})

/** What a health check looks at. */
export interface Route53HealthCheckSettings {
  /** The address that is asked; without it the domain's are. */
  readonly ip?: string | undefined
  readonly port?: number | undefined
  /** The domain that is asked for. */
  readonly domain?: string | undefined
  /** Of HTTP: begins with a slash. */
  readonly path?: string | undefined
  /** The text that the beginning of an answer must have. */
  readonly searchString?: string | undefined
  /** Failures in a row, or successes, that change its state: 1 to 10. @defaultValue 3 */
  readonly failureThreshold?: number | undefined
  /** Takes healthy for unhealthy. */
  readonly isInverted?: boolean | undefined
  /** Takes it for healthy without a look. */
  readonly isDisabled?: boolean | undefined
  /** Sends the domain's name in TLS. */
  readonly enableSni?: boolean | undefined
  /** The regions that look: at least three. */
  readonly regions?: readonly string[] | undefined
  /** Of a calculated one: the others that it is made of. */
  readonly children?: readonly Ref[] | undefined
  /** Of a calculated one: how many of the others must be healthy. */
  readonly healthThreshold?: number | undefined
}
/** What `ex_createHealthCheck` takes. */
export interface Route53CreateHealthCheckOptions extends Route53HealthCheckSettings {
  readonly type: 'HTTP' | 'HTTPS' | 'HTTP_STR_MATCH' | 'HTTPS_STR_MATCH' | 'TCP' | 'CALCULATED'
  /** Seconds between two looks from one place: 10 or 30. @defaultValue 30 */
  readonly interval?: 10 | 30 | undefined
  readonly measureLatency?: boolean | undefined
  /** Tells this creation from others: a second one with the same makes none. @defaultValue a random one */
  readonly callerReference?: string | undefined
}
/** A health check, which decides whether a record is given. */
export interface Route53HealthCheck extends Omit<Route53HealthCheckSettings, 'children'> {
  readonly id: string
  readonly type: string
  readonly interval: number | undefined
  readonly measureLatency: boolean
  readonly childIds: readonly string[]
  /** Counted up with every change. */
  readonly version: number
}
/** What one of the places that look has seen. */
export interface Route53HealthCheckObservation {
  readonly region: string
  readonly ip: string
  readonly status: string
  readonly checkedAt: Date | undefined
}

/** Health checks. */
export abstract class Route53HealthChecks extends Route53Changes {
  /**
   * Begins to look whether something is healthy. Sets of records whose `policy.healthCheckId` it is are given while it is.
   *
   * @example
   * ```ts
   * const check = await driver.ex_createHealthCheck({ type: 'HTTPS', domain: 'www.example.com', path: '/health' })
   * ```
   * @throws QuotaExceededError
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHealthCheck.html
   */
  async ex_createHealthCheck(
    check: Route53CreateHealthCheckOptions,
    options?: CallOptions,
  ): Promise<Owned<Route53HealthCheck>> {
    const { callerReference = idempotencyToken(), type, interval, measureLatency } = check
    const { IPAddress, Port, ResourcePath, FullyQualifiedDomainName, SearchString, FailureThreshold, ...rest } =
      toRaw(check)
    const content = {
      CallerReference: callerReference,
      HealthCheckConfig: {
        IPAddress,
        Port,
        Type: type,
        ResourcePath,
        FullyQualifiedDomainName,
        SearchString,
        RequestInterval: interval,
        FailureThreshold,
        MeasureLatency: measureLatency,
        ...rest,
      },
    }
    const request = {
      method: 'POST',
      document: ['CreateHealthCheckRequest', content],
      shape: ONE_CHECK,
      // With the same reference and settings the service gives the one that is there.
      idempotent: true,
    } as const
    const { HealthCheck } = await this.connection.ask('/2013-04-01/healthcheck', request, options)
    const made = toCheck(HealthCheck ?? {})
    return owned(made, () => this.ex_deleteHealthCheck(made))
  }

  /**
   * All health checks.
   *
   * @example
   * ```ts
   * for await (const check of driver.ex_listHealthChecks()) console.log(check.id, check.domain)
   * ```
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHealthChecks.html
   */
  ex_listHealthChecks(options?: CallOptions): Pager<Route53HealthCheck> {
    return pager(async marker => {
      const page = await this.connection.ask('/2013-04-01/healthcheck', { query: { marker }, shape: CHECKS }, options)
      return { items: page.HealthChecks.map(toCheck), next: page.IsTruncated ? page.NextMarker : undefined }
    }, options)
  }

  /**
   * One health check.
   *
   * @example
   * ```ts
   * const { version } = await driver.ex_getHealthCheck('abcdef11-2222-3333-4444-555555fedcba')
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHealthCheck.html
   */
  async ex_getHealthCheck(healthCheckId: string, options?: CallOptions): Promise<Route53HealthCheck> {
    const { HealthCheck } = await this.connection.ask(at(healthCheckId), { shape: ONE_CHECK, errors: MISSING }, options)
    return toCheck(HealthCheck ?? {})
  }

  /**
   * Changes what a health check looks at; what is absent stays. Its type and interval stay for ever.
   *
   * @example
   * ```ts
   * await driver.ex_updateHealthCheck(check, { path: '/status', failureThreshold: 5 })
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html
   */
  async ex_updateHealthCheck(
    check: Ref,
    changes: Route53HealthCheckSettings,
    options?: CallOptions,
  ): Promise<Route53HealthCheck> {
    const request = {
      method: 'POST',
      document: ['UpdateHealthCheckRequest', toRaw(changes)],
      shape: ONE_CHECK,
      errors: MISSING,
      idempotent: true,
    } as const
    const { HealthCheck } = await this.connection.ask(at(check.id), request, options)
    return toCheck(HealthCheck ?? {})
  }

  /**
   * Looks no longer.
   *
   * @example
   * ```ts
   * await driver.ex_deleteHealthCheck(check)
   * ```
   * @throws NotFoundError
   * @throws ConflictError while another health check is made of it
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_DeleteHealthCheck.html
   */
  async ex_deleteHealthCheck(check: Ref, options?: CallOptions): Promise<void> {
    await this.connection.ask(at(check.id), { method: 'DELETE', shape: NOTHING, errors: MISSING }, options)
  }

  /**
   * What each of the places that look has seen last.
   *
   * @example
   * ```ts
   * const seen = await driver.ex_listHealthCheckObservations(check)
   * const isHealthy = seen.some(({ status }) => status.startsWith('Success'))
   * ```
   * @throws NotFoundError
   * @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHealthCheckStatus.html
   */
  async ex_listHealthCheckObservations(
    check: Ref,
    options?: CallOptions,
  ): Promise<readonly Route53HealthCheckObservation[]> {
    const where = path`/2013-04-01/healthcheck/${bareId(check.id)}/status`
    const seen = await this.connection.ask(where, { shape: OBSERVATIONS, errors: MISSING }, options)
    return seen.HealthCheckObservations.map(({ Region = '', IPAddress = '', StatusReport: report }) => ({
      region: Region,
      ip: IPAddress,
      status: report?.Status ?? '',
      checkedAt: report?.CheckedTime,
    }))
  }
}

const MISSING = { 404: NotFoundError }
const at = (id: string): string => path`/2013-04-01/healthcheck/${bareId(id)}`

/** In the order of the service's schema. */
function toRaw(check: Route53HealthCheckSettings) {
  return {
    IPAddress: check.ip,
    Port: check.port,
    ResourcePath: check.path,
    FullyQualifiedDomainName: check.domain,
    SearchString: check.searchString,
    FailureThreshold: check.failureThreshold,
    Inverted: check.isInverted,
    Disabled: check.isDisabled,
    HealthThreshold: check.healthThreshold,
    ChildHealthChecks: check.children && { ChildHealthCheck: check.children.map(({ id }) => bareId(id)) },
    EnableSNI: check.enableSni,
    Regions: check.regions && { Region: check.regions },
  }
}

function toCheck({
  Id = '',
  HealthCheckConfig: raw,
  HealthCheckVersion = 0,
}: xml.Infer<typeof CHECK>): Route53HealthCheck {
  return {
    id: Id,
    type: raw?.Type ?? '',
    ip: raw?.IPAddress,
    port: raw?.Port,
    domain: raw?.FullyQualifiedDomainName,
    path: raw?.ResourcePath,
    searchString: raw?.SearchString,
    interval: raw?.RequestInterval,
    failureThreshold: raw?.FailureThreshold,
    measureLatency: raw?.MeasureLatency ?? false,
    isInverted: raw?.Inverted,
    isDisabled: raw?.Disabled,
    enableSni: raw?.EnableSNI,
    regions: raw?.Regions,
    healthThreshold: raw?.HealthThreshold,
    childIds: raw?.ChildHealthChecks ?? [],
    version: HealthCheckVersion,
  }
}
