import { NotFoundError } from './errors.js'

/** What a `create…` call returns: `await using` destroys it when the block is left, unless `keep()` was called. That it is gone
 * already is no error. */
export type Owned<T> = T & AsyncDisposable & { keep(): T }

/** Gives a resource to its creator. Disposing twice, or after `keep()`, does nothing. */
export function owned<T extends object>(resource: T, destroy: () => Promise<unknown>): Owned<T> {
  let armed = true
  const dispose = async (): Promise<void> => {
    if (!armed) return
    armed = false
    try {
      await destroy()
    } catch (error) {
      // Somebody destroyed it already: what was wanted is so.
      if (!(error instanceof NotFoundError)) throw error
    }
  }
  const keep = (): T => {
    armed = false
    return resource
  }
  // Not enumerable: copies, JSON, printing and deep comparison see the resource alone.
  return Object.defineProperties(resource, {
    keep: { value: keep, configurable: true },
    [Symbol.asyncDispose]: { value: dispose, configurable: true },
  }) as Owned<T>
}
