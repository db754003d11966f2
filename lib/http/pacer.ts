import { setTimeout as sleep } from 'node:timers/promises'
import type { Pacing } from '../options.js'

/** Spreads requests over time: a bucket of turns that fills again at the provider's pace. */
export class Pacer {
  readonly #pause: number
  readonly #burst: number
  /** When the bucket would be full again. */
  #full = 0
  /** Nobody goes before this moment: the provider said so. */
  #barrier = 0

  constructor(pacing: Pacing | false | undefined) {
    this.#pause = pacing ? pacing.period / pacing.requests : 0
    this.#burst = pacing ? (pacing.burst ?? pacing.requests) : 0
  }

  /** Milliseconds until the caller's turn, which is now taken. */
  #take(): number {
    const now = performance.now()
    const barrier = this.#barrier - now
    if (this.#pause === 0) return barrier
    this.#full = Math.max(this.#full, now) + this.#pause
    return Math.max(barrier, this.#full - now - this.#burst * this.#pause)
  }

  /** Waits for a turn; `undefined` when there is nothing to wait for. */
  turn(signal: () => AbortSignal): Promise<void> | undefined {
    const wait = this.#take()
    return wait > 0 ? sleep(wait, undefined, { signal: signal() }) : undefined
  }

  /** The provider asked for a pause: it holds for every call of this connection. */
  hold(milliseconds: number): void {
    this.#barrier = Math.max(this.#barrier, performance.now() + milliseconds)
  }
}
