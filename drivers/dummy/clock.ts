interface Sleeper {
  readonly until: number
  readonly wake: () => void
}

/** The time of a world: the machine's, or one that moves only when something waits for it or says so. */
export class DummyClock {
  readonly virtual: boolean
  #now: number
  #offset = 0
  #pumping = false
  readonly #sleepers = new Set<Sleeper>()

  constructor(virtual: boolean, start: number) {
    this.virtual = virtual
    this.#now = start
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.virtual ? this.#now : Date.now() + this.#offset
  }

  /** Lets time pass at once, and wakes whoever slept until then, in the order of their moments. */
  advance(ms: number): void {
    const target = this.now() + ms
    if (!this.virtual) this.#offset += ms
    for (const sleeper of this.#inOrder()) {
      if (sleeper.until > target) break
      if (this.virtual) this.#now = Math.max(this.#now, sleeper.until)
      sleeper.wake()
    }
    if (this.virtual) this.#now = target
  }

  /** Sets the time back. */
  reset(start: number): void {
    this.#now = start
    this.#offset = 0
  }

  /** Waits. The signal ends it at once, with its reason. On the virtual clock it takes no real time. */
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (ms <= 0) return
    await new Promise<void>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      const end = (settle: () => void): void => {
        this.#sleepers.delete(sleeper)
        clearTimeout(timer)
        signal?.removeEventListener('abort', aborted)
        settle()
      }
      const aborted = (): void => end(() => reject(signal?.reason))
      const sleeper: Sleeper = { until: this.now() + ms, wake: () => end(resolve) }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', aborted, { once: true })
      if (this.virtual) this.#pump()
      else timer = setTimeout(sleeper.wake, ms)
    })
  }

  #inOrder(): Sleeper[] {
    return [...this.#sleepers].sort((a, b) => a.until - b.until)
  }

  /** One sleeper a turn of the event loop, so that whoever was woken may go on before the next one is. */
  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    const step = (): void => {
      const next = this.#inOrder()[0]
      if (next) {
        this.#now = Math.max(this.#now, next.until)
        next.wake()
      }
      this.#pumping = this.#sleepers.size > 0
      if (this.#pumping) setImmediate(step)
    }
    setImmediate(step)
  }
}
