import { isUtf8 } from 'node:buffer'
import type { BodySource } from './body.js'
import type { ErrorTable } from './errors.js'
import type { QueryValues } from './url.js'

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** Turns the bytes of a successful reply into what the caller gets. */
export type BodyReader<T> = (body: Buffer, reply: ReplyHead) => T

/** A request, as a driver says it. */
export interface RequestSpec<T = unknown> {
  /** @defaultValue 'GET' */
  readonly method?: HttpMethod | undefined
  /** Begins with a slash and has no query; made by the `path` tag, which encodes what is put into it. */
  readonly path: string
  /** Another origin than the connection's own: `https://eu.example.com`. Credentials go there too. */
  readonly origin?: string | undefined
  readonly query?: QueryValues | undefined
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  /** Sent as JSON; members that are `undefined` are left out. */
  readonly json?: unknown
  /** Sent as a form. */
  readonly form?: QueryValues | undefined
  /** Sent as it is. A function is asked again for each attempt; any other stream can be sent once only. */
  readonly body?: BodySource | (() => BodySource) | undefined
  /** Bytes of a streamed body, where known; else it is sent in chunks. */
  readonly contentLength?: number | undefined
  /** Turns a successful reply into the result. @defaultValue the connection's own, JSON for most */
  readonly read?: BodyReader<T> | undefined
  /** Whether sending it twice does no more than sending it once. @defaultValue by method: not POST, not PATCH */
  readonly idempotent?: boolean | undefined
  /**
   * What it is, where the method does not tell: some protocols ask for everything by POST. What was asked to be deleted,
   * and is not found the second time because the first answer was lost, has been deleted.
   */
  readonly intent?: 'read' | 'delete' | undefined
  /** Errors of this request that are more precise than the vendor's table, by status or provider's code. */
  readonly errors?: ErrorTable | undefined
  /** Statuses above 299 that are answers, not errors. */
  readonly accept?: readonly number[] | undefined
  /** `'manual'` hands a redirect to the caller, `'error'` takes it for a failure. @defaultValue 'follow' for GET and HEAD */
  readonly redirect?: 'follow' | 'manual' | 'error' | undefined
  /** Sends no credentials: for addresses that carry their own signature. */
  readonly unsigned?: boolean | undefined
}

/** A reply without its body. */
export interface ReplyHead {
  readonly status: number
  /** Names in lower case; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The provider's id of the request. */
  readonly requestId: string | undefined
}
/** A reply. */
export interface Reply<T> extends ReplyHead {
  readonly body: T
}

/** A request before it is signed: a signer changes headers or the target, or where it goes. */
export interface OutgoingRequest {
  readonly method: HttpMethod
  origin: string
  /** Path and query. */
  target: string
  /** Names in lower case. */
  readonly headers: Record<string, string>
  /** `null` for a stream, which is not read beforehand. */
  readonly body: string | Uint8Array | null | undefined
}

/** A reply by which a provider refused a request. */
export interface Refusal extends ReplyHead {
  /** What was sent, as it was signed. */
  readonly request: OutgoingRequest
  /** The body: as it came, secrets and all. */
  readonly text: string
}

// Names that are read wrongly would be asked for wrongly.
function utf8(body: Buffer): string {
  if (!isUtf8(body)) throw new TypeError('it is not UTF-8')
  const text = body.toString()
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

/** Reads JSON, with or without a byte order mark; no body is `undefined`. */
export const readJson: BodyReader<unknown> = body => (body.length === 0 ? undefined : JSON.parse(utf8(body)))
/** The body as text. */
export const readText: BodyReader<string> = body => body.toString()
/** The body as bytes. */
export const readBytes: BodyReader<Buffer> = body => body
/** Takes no notice of the body. */
export const readNothing: BodyReader<void> = () => undefined

/** A token by which the provider knows a creation that it has seen before. */
export function idempotencyToken(): string {
  return crypto.randomUUID()
}
