// Every change of Rackspace's DNS is a job, whose end is waited for.
import type { BaseDriver } from '../../lib/driver.js'
import {
  ConflictError,
  InvalidRequestError,
  type LibcloudErrorClass,
  NotFoundError,
  QuotaExceededError,
  ServiceError,
} from '../../lib/errors.js'
import type { ErrorTable } from '../../lib/http/errors.js'
import { path } from '../../lib/http/url.js'
import { type CallOptions, operationOf } from '../../lib/options.js'
import { OpenStackConnection } from './connection.js'
import type { ServiceSpec } from './reply.js'

interface RawJob<T> {
  readonly jobId: string
  readonly status: string
  readonly response?: T
  readonly error?: { readonly message?: string; readonly code?: number; readonly details?: string }
}

const BY_CODE: Readonly<Record<number, LibcloudErrorClass>> = {
  400: InvalidRequestError,
  404: NotFoundError,
  409: ConflictError,
  413: QuotaExceededError,
}

/** https://docs-ospc.rackspace.com/cloud-dns/v1 */
export class RackspaceDNSConnection extends OpenStackConnection {
  constructor(driver: BaseDriver) {
    super(driver, {
      service: 'rax:dns',
      preset: { authUrl: 'https://identity.api.rackspacecloud.com/v2.0', authType: 'rackspaceApiKey' },
    })
  }

  /**
   * Asks for a change, and waits until it is made.
   * @see https://docs-ospc.rackspace.com/cloud-dns/v1/general-api-info/synchronous-and-asynchronous-responses
   * @throws LibcloudError of the class that the job's error says
   */
  async change<T>(spec: ServiceSpec & { readonly errors: ErrorTable }, options?: CallOptions): Promise<T | undefined> {
    const { body: job } = await this.request<RawJob<T>>(spec as ServiceSpec<RawJob<T>>, options)
    const at = path`/status/${job.jobId}`
    const done = await this.poll(
      `job ${job.jobId} to be COMPLETED`,
      async lookOptions => {
        const look = { path: at, query: { showDetails: true } }
        const { body: value } = await this.request<RawJob<T>>(look, lookOptions)
        const isOver = value.status === 'COMPLETED' || value.status === 'ERROR'
        return isOver ? { done: true, value } : { state: value.status }
      },
      { ...options, interval: 1000 },
    )
    if (done.status === 'COMPLETED') return done.response
    throw this.#failure(done, spec.errors, options)
  }

  #failure({ jobId, error = {} }: RawJob<unknown>, errors: ErrorTable, options: CallOptions | undefined): Error {
    const { code = 500, message, details } = error
    const ErrorClass = errors[code] ?? BY_CODE[code] ?? ServiceError
    const operation = operationOf(options)
    const said = [message, details].filter(each => each !== undefined && each !== '').join(': ')
    const { provider } = this
    return new ErrorClass(`${operation}: '${provider}' says of job ${jobId} (${code}): ${said}`, {
      provider,
      operation,
      status: code,
      requestId: jobId,
    })
  }
}
