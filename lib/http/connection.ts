import type { Readable } from 'node:stream'
import { keepOptions, optionsOf, secretsIn } from '../credentials.js'
import type { BaseDriver } from '../driver.js'
import { InvalidRequestError, type LibcloudError } from '../errors.js'
import type { VendorMeta } from '../meta.js'
import type { CallOptions, DriverOptions, Pacing } from '../options.js'
import type { Look, WaitOptions } from '../poller.js'
import { VERSION } from '../version.js'
import { expectFailure } from './body.js'
import { commonProblem, type ErrorTable, type ProviderProblem } from './errors.js'
import {
  type OutgoingRequest,
  type Refusal,
  type Reply,
  type ReplyHead,
  type RequestSpec,
  readJson,
} from './message.js'
import { keepSecrets, redactorOf } from './redact.js'
import type { Upgraded, UpgradeSpec } from './upgrade.js'

/** What a vendor's connection says of itself. */
export interface ConnectionSettings {
  /** `https://api.example.com`, without a path; the options `host`, `port` and `secure` change it. */
  readonly baseUrl: string
  readonly meta: Pick<VendorMeta, 'name' | 'credentials' | 'pacing'>
}

const MAX_RESPONSE_BYTES = 64 * 1024 * 1024

type Engine = typeof import('./call.js')
// Loaded at the first request, with all that only requests need. Kept, because import() itself costs time.
let engine: Engine | undefined
async function load(): Promise<Engine> {
  if (process.env['DEBUG']?.includes('libcloud')) {
    logging ??= import('./log.js').then(({ startLog }) => startLog())
    await logging
  }
  engine ??= await import('./call.js')
  return engine
}
let logging: Promise<void> | undefined

/**
 * What all of a vendor's drivers send their requests through. A vendor's own connection says where requests go
 * (`super`), how they are signed (`sign`), and how its errors read (`errors`, `problem`); the rest is the same for all,
 * in this order from outside: total timeout, retry, pacing, signing, tracing, sending. Each attempt is signed and
 * traced afresh.
 */
export class Connection {
  readonly provider: string
  /** Where requests go: `https://api.example.com`. */
  readonly origin: string
  readonly userAgent: string
  readonly maxResponseBytes: number
  /** What the provider documents as its limit. */
  readonly pacing: Pacing | undefined
  /** The vendor's error codes. */
  readonly errors: ErrorTable = {}
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>> = { accept: 'application/json' }

  constructor(driver: BaseDriver, { baseUrl, meta }: ConnectionSettings) {
    const options = optionsOf(driver)
    keepOptions(this, options)
    keepSecrets(this, secretsIn(options, meta.credentials))
    this.provider = driver.provider
    this.origin = originOf(baseUrl, options)
    this.maxResponseBytes = options.maxResponseBytes ?? MAX_RESPONSE_BYTES
    this.pacing = meta.pacing
    const base = `libcloud/${VERSION} (${meta.name.replace(/[^\x20-\x7e]/g, '?')})`
    this.userAgent = options.userAgent === undefined ? base : `${base} ${options.userAgent}`
  }

  /** Adds credentials. Called for every attempt. */
  sign(_request: OutgoingRequest, _options: CallOptions): void | Promise<void> {}

  /**
   * Mends what a request was refused for: a token that was revoked, a clock that is wrong, another region. When it says
   * true, the request is signed and sent again: once in a call, and only where its body can be sent again.
   */
  mend(_error: LibcloudError, _refusal: Refusal, _options: CallOptions): boolean | Promise<boolean> {
    return false
  }

  /** Reads a successful reply that the request gives no reader for. */
  read(body: Buffer, reply: ReplyHead): unknown {
    return readJson(body, reply)
  }

  /** Reads what the provider says of a failure. */
  problem(text: string, _reply: ReplyHead): ProviderProblem {
    try {
      return commonProblem(JSON.parse(text))
    } catch {
      return commonProblem(/^\s*</.test(text) ? undefined : text.trim().slice(0, 300))
    }
  }

  /**
   * Sends a request and reads its reply.
   * @throws LibcloudError of the class that the vendor's table, or the status, says.
   */
  async request<T = unknown>(spec: RequestSpec<T>, options: CallOptions = {}): Promise<Reply<T>> {
    expectFailure(spec.body)
    return (engine ?? (await load())).sendParsed(this, spec, options)
  }

  /** Sends a request and hands over its reply as it comes. The stream must be read, or destroyed. */
  async stream(spec: RequestSpec, options: CallOptions = {}): Promise<Reply<Readable>> {
    return (engine ?? (await load())).sendStreamed(this, spec, options)
  }

  /**
   * Asks for another protocol on the socket that the reply comes by: a websocket's, or one of the provider's own. Sent once.
   * @throws LibcloudError of the class that the vendor's table, or the status, says.
   */
  async upgrade(spec: UpgradeSpec, options: CallOptions = {}): Promise<Upgraded> {
    await load()
    return (await import('./upgrade.js')).sendUpgrade(this, spec, options)
  }

  /** Looks again and again until something is done: as the package's `poll`, and published for observers. */
  async poll<T>(what: string, look: (options: CallOptions) => Promise<Look<T>>, options: WaitOptions = {}): Promise<T> {
    const { poll } = await import('../poller.js')
    return poll(look, { provider: this.provider, what }, options)
  }

  /** A value that must appear in no trace, error or log: a token that was exchanged, a password that was made. */
  conceal(secret: string): void {
    redactorOf(this).conceal(secret)
  }

  /** Gives the connection's own sockets back. A dispatcher of the user's is left alone. */
  async close(): Promise<void> {
    await engine?.closeSockets(this)
  }
}

function originOf(baseUrl: string, options: DriverOptions): string {
  const url = new URL(baseUrl)
  if (options.secure !== undefined) url.protocol = options.secure ? 'https:' : 'http:'
  if (options.host !== undefined) {
    url.hostname = options.host
    // Of a host that it cannot read (999.1.1.1) a URL takes no notice: requests would go to the old one, with the key.
    if (!URL.canParse(`${url.protocol}//${options.host}`)) {
      const allowed = 'a host name or address, without scheme, port or path'
      throw new InvalidRequestError(`'host' must be ${allowed}`, { argument: 'host', allowed })
    }
  }
  if (options.port !== undefined) url.port = String(options.port)
  return url.origin
}
