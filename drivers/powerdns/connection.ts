import { optionsOf } from '../../lib/credentials.js'
import type { BaseDriver } from '../../lib/driver.js'
import { InvalidRequestError, MalformedResponseError } from '../../lib/errors.js'
import { Connection } from '../../lib/http/connection.js'
import type { ProviderProblem } from '../../lib/http/errors.js'
import type { OutgoingRequest, ReplyHead, RequestSpec } from '../../lib/http/message.js'
import { EncodedPath, path } from '../../lib/http/url.js'
import { type CallOptions, type DriverOptions, operationOf } from '../../lib/options.js'
import { meta } from './meta.js'

/**
 * `key` is the server's `api-key`. Requests go to `http://127.0.0.1:8081` unless `host`, `port` and `secure` say
 * otherwise: the server itself speaks plain HTTP, so that anything but loopback wants a proxy with TLS before it.
 */
export interface PowerDNSOptions extends DriverOptions {
  /** The server's name in its own API. @defaultValue 'localhost', the only one that an authoritative server has */
  serverId?: string | undefined
}

/** https://doc.powerdns.com/authoritative/http-api/ */
export class PowerDNSConnection extends Connection {
  /** Where all servers stand: `/api/v1/servers`. */
  readonly servers: EncodedPath
  /** Where everything of this server stands: `/api/v1/servers/localhost`. */
  readonly root: EncodedPath

  constructor(driver: BaseDriver) {
    super(driver, { baseUrl: 'http://127.0.0.1:8081', meta })
    const { serverId = 'localhost', apiVersion = 'v1' } = optionsOf<PowerDNSOptions>(this)
    this.servers = new EncodedPath(path`/api/${apiVersion}/servers`)
    this.root = new EncodedPath(path`${this.servers}/${serverId}`)
  }

  override sign(request: OutgoingRequest): void {
    // The server decodes what it has decoded: `%2541` would be taken for `A`, and so name another zone.
    if (request.target.includes('%25')) {
      const allowed = "without '%'"
      const details = { provider: this.provider, argument: 'path', allowed }
      throw new InvalidRequestError(`A part of the request's path or query must be ${allowed}`, details)
    }
    request.headers['x-api-key'] = optionsOf(this).key as string
  }

  /** A reply with a secret that its member's name does not tell: it is read as a stream, which no trace shows. */
  async unseen<T>(spec: RequestSpec, options?: CallOptions): Promise<T> {
    const { status, body } = await this.stream(spec, options)
    const chunks: Buffer[] = []
    for await (const chunk of body) chunks.push(chunk as Buffer)
    try {
      return JSON.parse(Buffer.concat(chunks).toString()) as T
    } catch {
      const operation = operationOf(options)
      const message = `${operation ?? 'request'}: '${this.provider}' answered what is not JSON`
      throw new MalformedResponseError(message, { provider: this.provider, operation, status })
    }
  }

  /** A message, and now and then the several errors that it sums up. */
  override problem(text: string, reply: ReplyHead): ProviderProblem {
    const plain = super.problem(text, reply)
    if (plain.message === undefined) return plain
    try {
      const { errors } = JSON.parse(text) as { errors?: unknown }
      const all = Array.isArray(errors) ? errors.filter(each => typeof each === 'string') : []
      return all.length > 0 ? { message: [plain.message, ...all].join('; ') } : plain
    } catch {
      return plain
    }
  }
}
