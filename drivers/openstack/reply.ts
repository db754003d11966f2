import type { ErrorTable } from '../../lib/http/errors.js'
import type { RequestSpec } from '../../lib/http/message.js'
import type { QueryValues } from '../../lib/http/url.js'

/** A request to one of the cloud's services. */
export interface ServiceSpec<T = unknown> extends RequestSpec<T> {
  /** Its name in the table of services, or its type in the catalog. @defaultValue the connection's own */
  readonly service?: string | undefined
  /** The newest microversion whose replies are understood; with `least`, one without which the request makes no sense. */
  readonly microversion?: string | { readonly wanted: string; readonly least?: string } | undefined
}

/** A reply: what was asked for stands in a member named after it, and a list's next page beside it. */
export type RawReply = Readonly<Record<string, unknown>>

/** A request, the member of its reply that is wanted, and what becomes of it. */
export interface OneSpec<Raw, T> extends Omit<ServiceSpec, 'read'> {
  /** Absent where the reply is the thing itself. */
  readonly member?: string | undefined
  readonly map: (raw: Raw) => T
}

/** The request of a list; `map` and `keep` are given each item. */
export interface ListSpec<Raw, T> {
  readonly service?: string | undefined
  readonly microversion?: ServiceSpec['microversion']
  readonly path: string
  readonly member: string
  readonly map: (raw: Raw) => T
  /** Which items are wanted, where the service cannot be asked for them alone. */
  readonly keep?: ((raw: Raw) => boolean) | undefined
  readonly query?: QueryValues | undefined
  /** How many a page has. @defaultValue what the service gives */
  readonly limit?: number | undefined
  readonly errors?: ErrorTable | undefined
}

export function itemsOf<Raw, T>(
  { member, map, keep }: Pick<ListSpec<Raw, T>, 'member' | 'map' | 'keep'>,
  body: RawReply,
): T[] {
  const items = body[member]
  if (!Array.isArray(items)) throw new Error(`The reply has no list '${member}'`)
  const wanted = keep === undefined ? (items as Raw[]) : (items as Raw[]).filter(each => keep(each))
  return wanted.map(each => map(each))
}

/** Of the next page's address only the marker is taken: requests go where the driver says. */
export function nextOf(member: string, body: RawReply): string | undefined {
  const listed = body[`${member}_links`]
  const link = Array.isArray(listed) ? listed.find(each => each?.rel === 'next')?.href : undefined
  const { links } = body as { links?: { next?: unknown } }
  const next: unknown = link ?? links?.next ?? body['next']
  if (typeof next !== 'string') return undefined
  return new URL(next, 'http://localhost').searchParams.get('marker') ?? undefined
}
