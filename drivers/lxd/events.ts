import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionError } from '../../lib/errors.js'
import { openWebSocket, type WebSocketChannel } from '../../lib/http/websocket.js'
import type { LXDConnection } from './connection.js'
import { fromRaw } from './convert.js'
import type { LXDCallOptions } from './types.js'

/** What a daemon tells of: its operations, what it logs, what happens to things, network rules that were hit. */
export type LXDEventType = 'operation' | 'logging' | 'lifecycle' | 'network-acl'

/** Something that has happened. */
export interface LXDEvent {
  readonly type: string
  readonly timestamp: Date | undefined
  /** Of a lifecycle event `{ action, source, … }`, of an operation the operation, of a log `{ level, message, context }`. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly location: string
  readonly project: string
}
/** What `ex_events` takes. */
export interface LXDEventsOptions extends LXDCallOptions {
  /** @defaultValue all that there are */
  ex_types?: readonly LXDEventType[] | undefined
  /** Of all projects. @defaultValue false */
  ex_allProjects?: boolean | undefined
  /** Connects again where the daemon goes away; what happens meanwhile is not told. @defaultValue true */
  ex_reconnect?: boolean | undefined
  /** Called whenever events begin to come: what happens from then on is told. */
  ex_onConnect?: (() => void) | undefined
}

/** Milliseconds between two tries to reach a daemon that has gone. */
const PAUSE = 500

/** What happens, as it happens, until the loop is left or the signal fires. */
export async function* events(
  connection: LXDConnection,
  options: LXDEventsOptions = {},
): AsyncGenerator<LXDEvent, void> {
  const { signal, ex_reconnect: reconnect = true } = options
  let isFirst = true
  for (;;) {
    signal?.throwIfAborted()
    try {
      const channel = await open(connection, options)
      isFirst = false
      yield* follow(channel, options)
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof ConnectionError) || isFirst || !reconnect) throw error
    }
    if (!reconnect) return
    await sleep(PAUSE, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted())
  }
}

function open(connection: LXDConnection, options: LXDEventsOptions): Promise<WebSocketChannel> {
  const { ex_types: types, ex_allProjects: all } = options
  const query = {
    ...connection.query(options),
    project: all ? undefined : connection.query(options).project,
    'all-projects': all || undefined,
    type: types && types.length > 0 ? types.join(',') : undefined,
  }
  return openWebSocket(connection, { path: '/1.0/events', query }, options)
}

async function* follow(
  channel: WebSocketChannel,
  { signal, ex_onConnect }: LXDEventsOptions,
): AsyncGenerator<LXDEvent, void> {
  const abort = (): void => channel.destroy()
  signal?.addEventListener('abort', abort)
  try {
    ex_onConnect?.()
    for await (const { data } of channel.messages()) {
      signal?.throwIfAborted()
      yield fromRaw<LXDEvent>(JSON.parse(data.toString()))
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    channel.close()
  }
}
