/** Runs work one at a time for each key; work for different keys goes on side by side. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<void>>()

  /** Waits until no earlier work with one of the keys is left. A caller whose signal fires waits no longer. */
  async run<T>(keys: readonly string[], work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = keys.map(key => this.#tails.get(key))
    let done = (): void => {}
    const own = new Promise<void>(resolve => {
      done = resolve
    })
    // Those who come later wait for this work and, should it give up early, for those that it waited for.
    const tail = Promise.all([...before, own]).then(() => {})
    for (const key of keys) this.#tails.set(key, tail)
    void tail.then(() => {
      for (const key of keys) if (this.#tails.get(key) === tail) this.#tails.delete(key)
    })
    try {
      if (before.some(Boolean)) await unlessAborted(Promise.all(before), signal)
      return await work()
    } finally {
      done()
    }
  }
}

function unlessAborted(waiting: Promise<unknown>, signal: AbortSignal | undefined): Promise<unknown> {
  if (signal === undefined) return waiting
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    void waiting.then(value => {
      signal.removeEventListener('abort', abort)
      resolve(value)
    })
  })
}
