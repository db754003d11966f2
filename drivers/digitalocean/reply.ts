import type { ErrorTable } from '../../lib/http/errors.js'
import type { RequestSpec } from '../../lib/http/message.js'
import type { QueryValues } from '../../lib/http/url.js'

/** A reply: what was asked for stands in a member named after it, and a list's next page beside it. */
export type RawReply = Readonly<Record<string, unknown>> & {
  readonly links?: {
    readonly pages?: { readonly next?: string }
    readonly actions?: readonly { readonly id: number }[]
  }
}
/** A request, the member of its reply that is wanted, and what becomes of it. */
export interface OneSpec<Raw, T> extends Omit<RequestSpec, 'read'> {
  readonly member: string
  readonly map: (raw: Raw, body: RawReply) => T
}
/** The request of a list; `map` and `keep` are given each item. */
export interface ListSpec<Raw, T> {
  readonly path: string
  readonly member: string
  readonly map: (raw: Raw) => T
  /** Which items are wanted, where the provider cannot be asked for them alone. */
  readonly keep?: ((raw: Raw) => boolean) | undefined
  readonly query?: QueryValues | undefined
  readonly errors?: ErrorTable | undefined
  /** `false` where no parameters for pages are documented: then the first page is asked for without them. */
  readonly perPage?: false | undefined
}

/** Some lists come as an object, each item under its id, and some that are empty come as `null`. */
export function itemsOf<Raw, T>({ member, map, keep = () => true }: ListSpec<Raw, T>, body: RawReply): T[] {
  const items: Raw[] = Object.values((body[member] ?? []) as readonly Raw[] | Readonly<Record<string, Raw>>)
  return items.filter(each => keep(each)).map(each => map(each))
}

/** Of the next page's address only the number is taken: requests go where the driver says. */
export function pageOf(next: string | undefined): string | undefined {
  return next === undefined ? undefined : (new URL(next).searchParams.get('page') ?? undefined)
}
