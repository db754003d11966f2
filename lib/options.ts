import type { Dispatcher } from 'undici'

/** How failed attempts are repeated. Only what can be repeated without harm is: see the guide's page on retries. */
export interface RetryOptions {
  /** Attempts after the first. @defaultValue 4 */
  retries?: number | undefined
  /** Milliseconds before the second attempt; doubled for each further one, with jitter. @defaultValue 500 */
  minTimeout?: number | undefined
  /** The longest pause between two attempts, in milliseconds. @defaultValue 8000 */
  maxTimeout?: number | undefined
  /** A provider's `Retry-After` longer than this, in milliseconds, ends the call at once. @defaultValue 60000 */
  maxRetryAfter?: number | undefined
}

/** What every call takes as its last argument. */
export interface CallOptions {
  /** Ends the call, and everything it waits for, at once. The call rejects with the signal's reason. */
  signal?: AbortSignal | undefined
  /** Milliseconds from the call to its result, all attempts and pauses included. @defaultValue the driver's `timeout` */
  timeout?: number | undefined
  /** Attempts after the first, or more about them; `false` for none. @defaultValue the driver's `retry` */
  retry?: number | RetryOptions | false | undefined
}

/** Told now and then while something long goes on. Both are bytes; `total` is unknown for streams without a length. */
export interface Progress {
  readonly transferred: number
  readonly total: number | undefined
}

/** A pause between requests, for providers that count them. */
export interface Pacing {
  /** Requests allowed in each period. */
  readonly requests: number
  /** The period in milliseconds. */
  readonly period: number
  /** How many may be sent at once before pacing begins. @defaultValue `requests` */
  readonly burst?: number | undefined
}

/** How the network is reached: the same for every driver that speaks HTTP. */
export interface ConnectionOptions {
  /** Another host than the provider's own. */
  host?: string | undefined
  /** Another port than the scheme's own. */
  port?: number | undefined
  /** `false` for plain HTTP. @defaultValue true, for providers on the Internet */
  secure?: boolean | undefined
  /** Another version of the provider's API than the one this driver was written for. */
  apiVersion?: string | undefined
  /** Sends the requests instead of the connection's own undici Agent: for pools, mocks, or several drivers sharing one. */
  dispatcher?: Dispatcher | undefined
  /** Milliseconds from a call to its result. @defaultValue 300000; none for streamed bodies */
  timeout?: number | undefined
  /** Milliseconds for one attempt: to the end of a parsed reply, between two chunks of a stream. @defaultValue 60000 */
  attemptTimeout?: number | undefined
  /** Attempts after the first, or more about them; `false` for none. @defaultValue 4 */
  retry?: number | RetryOptions | false | undefined
  /** Requests in a period; `false` for no pacing. @defaultValue what the provider documents */
  pacing?: Pacing | false | undefined
  /** A parsed reply larger than this is refused. @defaultValue 67108864 (64 MiB) */
  maxResponseBytes?: number | undefined
  /** Appended to the `User-Agent` header. */
  userAgent?: string | undefined
  /** `http://user:password@host:port`; `false` ignores `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. */
  proxy?: string | false | undefined
  /** Certificate authorities in PEM, in place of the system's. @defaultValue the file named by `SSL_CERT_FILE` */
  ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined
  /** The client's certificate in PEM. */
  clientCert?: string | Uint8Array | undefined
  /** The client certificate's private key in PEM. */
  clientKey?: string | Uint8Array | undefined
  /** Opens `clientKey`. */
  clientKeyPassphrase?: string | undefined
  /** `false` accepts any server certificate: whoever sits between can read and change everything. @defaultValue true */
  verifyTls?: boolean | undefined
  /**
   * SHA-256 of the one server certificate that is accepted, in hexadecimal, with colons or without: for servers whose
   * certificate nobody signed. Names, dates and authorities are not looked at then.
   */
  serverFingerprint?: string | undefined
  /** Connects to a unix socket in place of host and port. */
  socketPath?: string | undefined
}

/** What every driver's constructor takes. Where an option is absent, the vendor's usual places are read. */
export interface DriverOptions extends ConnectionOptions {
  /** The one secret, or the first of a pair. */
  key?: string | undefined
  /** The second of a pair. */
  secret?: string | undefined
  /** The provider's name of the region. */
  region?: string | undefined
}

/** The driver's method that a call belongs to; set by the base class, read by the connection. */
export const OPERATION: unique symbol = Symbol.for('libcloud.operation')

/** The provider of that method's driver; set and read with {@link OPERATION}. */
export const PROVIDER: unique symbol = Symbol.for('libcloud.provider')

/** The provider of the driver that these options were given to. */
export function providerOf(options: CallOptions | undefined): string | undefined {
  return (options as { [PROVIDER]?: string } | undefined)?.[PROVIDER]
}

/** The name of the driver's method that these options were given to. */
export function operationOf(options: CallOptions | undefined): string | undefined {
  return (options as { [OPERATION]?: string } | undefined)?.[OPERATION]
}
