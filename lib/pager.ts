import { MalformedResponseError } from './errors.js'
import { type CallOptions, operationOf, providerOf } from './options.js'

/** One page of a list. `next` asks for the one after it, also in another process; it is absent on the last. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next?: string | undefined
}
/** Asks for the page that `token` names, or for the first. */
export type FetchPage<T> = (token: string | undefined) => Promise<Page<T>>

/**
 * A list not yet asked for. Nothing is sent, and nothing can fail unseen, until it is awaited or iterated.
 * Awaiting collects all items, once; every iteration starts afresh.
 * Being thenable, it becomes the array when an async function returns it: see {@link Pager.stream}.
 */
export interface Pager<T> extends Promise<T[]>, AsyncIterable<T> {
  /** Page by page, from `token` if given: the `next` of an earlier page. */
  pages(token?: string): AsyncGenerator<Page<T>, void, undefined>
  /** The same list, lazy and not thenable: safe to return from an async function or to put in a Promise. */
  stream(): AsyncIterable<T> & Pick<Pager<T>, 'pages'>
}

/** Makes a list of a function that fetches one page. It never ends silently at one page, and never asks for one twice. */
export function pager<T>(fetchPage: FetchPage<T>, options: CallOptions = {}): Pager<T> {
  const { signal } = options
  async function* pages(token?: string): AsyncGenerator<Page<T>, void, undefined> {
    const seen = new Set<string>()
    let next = token
    do {
      signal?.throwIfAborted()
      if (next) seen.add(next)
      const page = await fetchPage(next)
      if (page.next && seen.has(page.next)) {
        const [operation, provider] = [operationOf(options), providerOf(options)]
        const where = `${operation ?? 'list'}: ${provider === undefined ? '' : `'${provider}' says that `}`
        const message = `${where}the next page is one that was read already: the list would never end`
        throw new MalformedResponseError(message, { operation, provider })
      }
      yield page
      next = page.next
    } while (next)
  }
  async function* items(): AsyncGenerator<T, void, undefined> {
    for await (const page of pages()) {
      for (const item of page.items) {
        signal?.throwIfAborted()
        yield item
      }
    }
  }
  async function collect(): Promise<T[]> {
    const all: T[] = []
    for await (const page of pages()) for (const item of page.items) all.push(item)
    signal?.throwIfAborted()
    return all
  }
  let collected: Promise<T[]> | undefined
  const all = (): Promise<T[]> => {
    collected ??= collect()
    return collected
  }
  return {
    [Symbol.toStringTag]: 'Pager',
    [Symbol.asyncIterator]: items,
    pages,
    stream: () => ({ [Symbol.asyncIterator]: items, pages }),
    // biome-ignore lint/suspicious/noThenProperty: being awaitable is the point
    then: (onFulfilled, onRejected) => all().then(onFulfilled, onRejected),
    catch: onRejected => all().catch(onRejected),
    finally: onFinally => all().finally(onFinally),
  }
}

/** A list that needs one request only, or none. */
export function onePage<T>(fetch: () => Promise<readonly T[]>, options: CallOptions = {}): Pager<T> {
  return pager(async () => ({ items: await fetch() }), options)
}
