import type { Dispatcher } from 'undici'
import { optionsOf } from '../credentials.js'
import type { Connection } from './connection.js'
import { createDispatcher } from './dispatcher.js'

/** Options of a request, and who wants to know when its first byte is about to leave. */
export interface WatchedRequest extends Dispatcher.RequestOptions {
  readonly onSending: () => void
}

/** A connection's dispatcher, and how many calls are using it. */
export class Sockets {
  /** At hand, once it has been made. */
  dispatcher: Promise<Dispatcher> | Dispatcher
  /** The connection's own dispatcher with nothing around it, once it has been made. */
  direct: Dispatcher | undefined
  readonly #own: Promise<Dispatcher> | undefined
  #calls = 0
  #idle: (() => void) | undefined

  constructor(given: Dispatcher | undefined, make: () => Promise<Dispatcher>) {
    if (given !== undefined) {
      this.dispatcher = watched(given)
      return
    }
    this.#own = make()
    const made = this.#own.then(own => {
      this.direct = own
      return watched(own)
    })
    this.dispatcher = made
    made.then(
      dispatcher => {
        this.dispatcher = dispatcher
      },
      () => {},
    )
  }

  enter(): void {
    this.#calls += 1
  }

  leave(): void {
    this.#calls -= 1
    if (this.#calls === 0) this.#idle?.()
  }

  /**
   * Waits for the calls under way, and closes what is left: undici itself would wait for connections that nobody wants
   * any more, for as long as a silent proxy keeps them.
   */
  async close(): Promise<void> {
    if (this.#own === undefined) return
    if (this.#calls > 0) {
      await new Promise<void>(resolve => {
        this.#idle = resolve
      })
    }
    const dispatcher = await this.#own.catch(() => undefined)
    await dispatcher?.destroy()
  }
}

/**
 * undici starts a request when it has a connection for it: only then can anything have happened. Not by `compose`, whose
 * interceptors have every chunk translated, there and back.
 */
function watched(dispatcher: Dispatcher): Dispatcher {
  const dispatch: Dispatcher['dispatch'] = (options, handler) => {
    const { onSending } = options as Partial<WatchedRequest>
    if (onSending === undefined) return dispatcher.dispatch(options, handler)
    // Handlers are of the older or of the newer kind.
    for (const name of ['onConnect', 'onRequestStart'] as const) {
      const start = handler[name] as ((...args: unknown[]) => void) | undefined
      if (start === undefined) continue
      handler[name] = (...args: unknown[]): void => {
        onSending()
        start.apply(handler, args)
      }
    }
    return dispatcher.dispatch(options, handler)
  }
  return Object.create(dispatcher, { dispatch: { value: dispatch } }) as Dispatcher
}

const sockets = new WeakMap<Connection, Sockets>()

/** The sockets of a connection; its own are made at the first request. */
export function socketsOf(connection: Connection): Sockets {
  const existing = sockets.get(connection)
  if (existing !== undefined) return existing
  const options = optionsOf(connection)
  const made = new Sockets(options.dispatcher, async () => {
    try {
      return await createDispatcher(options)
    } catch (error) {
      sockets.delete(connection) // the next call tries again
      throw error
    }
  })
  sockets.set(connection, made)
  return made
}

/** Gives the connection's own sockets back, as soon as the calls under way are over. */
export async function closeSockets(connection: Connection): Promise<void> {
  const own = sockets.get(connection)
  sockets.delete(connection)
  await own?.close()
}
